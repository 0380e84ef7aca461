"""Training sets that were kept, and what data is validated against."""

from __future__ import annotations

from weft.feast.definition import Definition, require_name, text_tags


class SavedDatasetStorage(Definition):
    """Where a dataset is kept."""


class SavedDataset(Definition):
    """A training set with its name; `to_df()` and `to_arrow()` read it again."""

    _fields = (
        "name",
        "features",
        "join_keys",
        "storage",
        "full_feature_names",
        "feature_service_name",
        "tags",
        "min_event_timestamp",
        "max_event_timestamp",
    )

    def __init__(
        self,
        *,
        name: str,
        features: list[str],
        join_keys: list[str],
        storage: SavedDatasetStorage,
        full_feature_names: bool = False,
        tags: dict[str, str] | None = None,
        feature_service_name: str | None = None,
    ):
        self.name = require_name("a dataset", name)
        self.features = list(features)
        self.join_keys = list(join_keys)
        self.storage = storage
        self.full_feature_names = full_feature_names
        self.tags = text_tags(f"dataset {name}", tags)
        self.feature_service_name = feature_service_name
        self.min_event_timestamp = None
        self.max_event_timestamp = None
        self._retrieval_job = None

    def with_retrieval_job(self, job):
        self._retrieval_job = job
        return self

    def _job(self):
        if self._retrieval_job is None:
            raise ValueError(
                f"dataset {self.name} was not kept yet: make it with FeatureStore.create_saved_dataset "
                "or get it with FeatureStore.get_saved_dataset"
            )
        return self._retrieval_job

    def to_df(self):
        return self._job().to_df()

    def to_arrow(self):
        return self._job().to_arrow()
