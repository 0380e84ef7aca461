"""The answers of retrievals: nothing is read before one of the `to_` functions is called."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from weft.feast.errors import SavedDatasetLocationAlreadyExists


class RetrievalMetadata:
    """What was asked: features, keys, and between which times (of the spine)."""

    def __init__(
        self,
        features: list[str],
        keys: list[str],
        min_event_timestamp: datetime | None = None,
        max_event_timestamp: datetime | None = None,
    ):
        self.features = features
        self.keys = keys
        self.min_event_timestamp = min_event_timestamp
        self.max_event_timestamp = max_event_timestamp


class RetrievalJob:
    """A training set that can be computed. Each `to_` function computes it anew."""

    def __init__(
        self,
        compute: Callable[[], Any],
        full_feature_names: bool = False,
        metadata: RetrievalMetadata | None = None,
        on_demand_feature_views: list | None = None,
        to_pandas: Callable[[Any], Any] | None = None,
    ):
        self._compute = compute
        self._to_pandas = to_pandas or (lambda table: table.to_pandas())
        self.full_feature_names = full_feature_names
        self.metadata = metadata
        self.on_demand_feature_views = on_demand_feature_views or []

    def to_arrow(self, validation_reference=None, timeout: int | None = None):
        """A table: the columns of entity_df as they were given, then the features."""
        _refuse(validation_reference, timeout)
        return self._compute()

    def to_df(self, validation_reference=None, timeout: int | None = None):
        """A DataFrame; maps and structs are dicts."""
        _refuse(validation_reference, timeout)
        return self._to_pandas(self._compute())

    def to_tensor(self, kind: str = "torch", default_value: Any = float("nan"), timeout: int | None = None):
        """Numbers as torch tensors, nulls as the default value; other columns as lists."""
        from weft.feast.online_response import tensors

        _refuse(None, timeout)
        table = self._compute()
        return tensors(
            {name: table.column(name).to_pylist() for name in table.column_names}, kind, default_value
        )

    def to_sql(self) -> str:
        raise NotImplementedError(
            "a training set is no query; `weft sql` and weft.FeatureStore.sql take queries"
        )

    def persist(self, storage, allow_overwrite: bool = False, timeout: int | None = None):
        """Writes the training set to where the storage says: a Parquet file."""
        import pyarrow.parquet as pq

        _refuse(None, timeout)
        path = storage.path
        if os.path.exists(path) and not allow_overwrite:
            raise SavedDatasetLocationAlreadyExists(path)
        table = self._compute()
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        # Nobody sees half a file.
        part = path + ".part"
        pq.write_table(table, part)
        os.replace(part, path)

    def supports_remote_storage_export(self) -> bool:
        return False


def _refuse(validation_reference, timeout):
    if validation_reference is not None:
        raise NotImplementedError(
            "validation_reference: checks of features are in the definitions of a Weft module"
        )
    if timeout is not None:
        raise NotImplementedError("timeout: run it in a process that you can end")
