"""The latest features of some keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from weft.feast import codec
from weft.feast.types import FeastType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STATUSES = ("PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE", "INVALID")


class OnlineResponse:
    """Columns in the order asked for, join keys first; rows in the order of the request."""

    __slots__ = ("_columns", "_dtypes", "_names", "_rows", "_statuses", "_times")

    def __init__(
        self,
        names: list[str],
        dtypes: list[FeastType],
        columns: list[list[Any]],
        rows: int,
        statuses: bytes,
        times: Any,
    ):
        self._names = names
        self._dtypes = dtypes
        self._columns = columns
        self._rows = rows
        self._statuses = statuses  # [column][row], indices of STATUSES
        self._times = times  # the same: microseconds since the epoch

    def to_dict(self, include_event_timestamps: bool = False) -> dict[str, list[Any]]:
        """Values by name. With timestamps also those of their rows, in whole seconds, as name__ts."""
        out = dict(zip(self._names, self._columns, strict=True))
        if include_event_timestamps:
            for name, times in self._event_times():
                out[f"{name}__ts"] = [us // 1_000_000 for us in times]
        return out

    def to_df(self, include_event_timestamps: bool = False):
        import pandas as pd

        return pd.DataFrame(self.to_dict(include_event_timestamps))

    def to_arrow(self, include_event_timestamps: bool = False):
        import pyarrow as pa

        columns = [codec.to_arrow(d, c) for d, c in zip(self._dtypes, self._columns, strict=True)]
        names = list(self._names)
        if include_event_timestamps:
            for name, times in self._event_times():
                names.append(f"{name}__ts")
                columns.append(pa.array([us // 1_000_000 for us in times], pa.int64()))
        return pa.table(columns, names=names)

    def to_tensor(self, kind: str = "torch", default_value: Any = float("nan")) -> dict[str, Any]:
        """Numbers as torch tensors, nulls as the default value; other columns as lists."""
        return tensors(self.to_dict(), kind, default_value)

    @property
    def statuses(self) -> dict[str, list[str]]:
        """PRESENT, NULL_VALUE, NOT_FOUND, OUTSIDE_MAX_AGE or INVALID of each value, by name."""
        rows = self._rows
        return {
            name: [STATUSES[s] for s in self._statuses[i * rows : (i + 1) * rows]]
            for i, name in enumerate(self._names)
        }

    @property
    def event_timestamps(self) -> dict[str, list[datetime]]:
        """The event time of the row that each value is from; the epoch where there is none."""
        return {
            name: [_EPOCH + timedelta(microseconds=us) for us in times] for name, times in self._event_times()
        }

    def _event_times(self):
        times = memoryview(self._times).cast("q")
        for i, name in enumerate(self._names):
            yield name, times[i * self._rows : (i + 1) * self._rows]


def tensors(columns: dict[str, list[Any]], kind: str, default_value: Any) -> dict[str, Any]:
    """Columns of numbers as torch tensors, nulls as the default value; the others as they are."""
    if kind != "torch":
        raise ValueError(f"tensors of kind {kind!r}: only torch")
    import torch

    out: dict[str, Any] = {}
    for name, values in columns.items():
        known = [v for v in values if v is not None]
        if all(isinstance(v, (bool, int, float)) for v in known):
            out[name] = torch.tensor([default_value if v is None else v for v in values])
        else:
            out[name] = values
    return out
