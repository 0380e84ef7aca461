"""Training sets: the features of a request at the times of a spine's rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from weft import _weft
from weft.feast import codec
from weft.feast.engine import Engine
from weft.feast.errors import (
    EntityDFNotDateTime,
    EntityTimestampInferenceException,
    FeastEntityDFMissingColumnsError,
    FeatureNameCollisionError,
    InvalidEntityType,
    RequestDataNotFoundInEntityDfException,
)
from weft.feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from weft.feast.on_demand import compute
from weft.feast.request import ResolvedRequest
from weft.feast.types import Map, ScalarMap

_EVENT_TIME = "event_timestamp"
# In the store's question the spine has its keys and its time only, so that no other column's name can be
# in the way.
_SPINE_TIME = "weft_spine_time"


class TrainingSet:
    """One question for a training set."""

    def __init__(
        self,
        engine: Engine,
        request: ResolvedRequest,
        spine: Any,
        start: datetime | None,
        end: datetime | None,
        known_only: bool,
    ):
        self._engine = engine
        self._request = request
        self._as_of = "known" if known_only else "event"
        self._start, self._end = _utc(start), _utc(end)
        self._spine = None if spine is None else _spine_table(spine)
        if self._spine is not None and (start is not None or end is not None):
            raise ValueError("entity_df says the times: start_date and end_date are for questions without it")
        if self._spine is None:
            self._end = self._end or datetime.now(UTC)
            if self._start is not None and self._start > self._end:
                raise ValueError(f"start_date {self._start} is after end_date {self._end}")
            self._time = _EVENT_TIME
        else:
            self._time = _time_of(self._spine)
            self._check_columns()

    def job(self) -> RetrievalJob:
        asked = [o.name for o in self._request.outputs]
        low, high = self._start, self._end
        if self._spine is not None and self._spine.num_rows:
            import pyarrow.compute as pc

            times = codec.cast(self._time, self._spine.column(self._time), codec.arrow_of_weft("timestamp"))
            bounds = pc.min_max(times)
            low, high = bounds["min"].as_py(), bounds["max"].as_py()
        metadata = RetrievalMetadata(asked, list(self._request.join_keys), low, high)
        return RetrievalJob(
            self._table, self._request.full_names, metadata, list(self._request.on_demand), self._to_pandas
        )

    def _check_columns(self):
        names = self._spine.column_names
        missing = [key for key in self._request.join_keys if key not in names]
        if missing:
            raise FeastEntityDFMissingColumnsError(set(self._request.join_keys), set(missing))
        for view in self._request.on_demand:
            for given in self._request.inputs[view.name]:
                if given.column is None and given.names[0] not in names:
                    raise RequestDataNotFoundInEntityDfException(given.names[0], view.name)
        twice = sorted({output.name for output in self._request.outputs} & set(names))
        if twice:
            raise FeatureNameCollisionError(twice, self._request.full_names)

    # ---- the question --------------------------------------------------------------------------

    def _table(self):
        import pyarrow as pa

        asked = self._request.asked
        if asked.get("service") or asked.get("features"):
            request = _weft.FeatureRequest(**asked)
            found = self._joined(request) if self._spine is not None else self._snapshot(request)
        else:
            found = None
        spine = self._spine
        if spine is None:
            names = [*self._request.join_keys, _EVENT_TIME]
            spine = found.select([name for name in names if name in found.column_names])
        columns, names = [], []
        for name, column in zip(spine.column_names, spine.columns, strict=True):
            columns.append(_in_utc(column) if name == self._time else column)
            names.append(name)
        computed = {
            view.name: compute(view, self._request.inputs[view.name], self._inputs(view, found, spine))
            for view in self._request.on_demand
        }
        for output in self._request.outputs:
            column = (
                computed[output.on_demand][output.column] if output.on_demand else found.column(output.column)
            )
            columns.append(codec.from_store(output.dtype, column))
            names.append(output.name)
        return pa.table(columns, names=names)

    def _joined(self, request: Any):
        import pyarrow as pa

        columns, names = [], []
        for key, dtype in self._request.join_keys.items():
            if key in names:
                continue
            columns.append(
                codec.cast(key, self._spine.column(key), codec.arrow_of_weft(codec.weft_type(dtype)))
            )
            names.append(key)
        times = codec.cast(self._time, self._spine.column(self._time), codec.arrow_of_weft("timestamp"))
        rows = pa.table([*columns, times], names=[*names, _SPINE_TIME])
        store = self._engine.store()
        return pa.table(store.get_historical_features(request, rows, _SPINE_TIME, as_of=self._as_of))

    def _snapshot(self, request: Any):
        import pyarrow as pa
        import pyarrow.compute as pc

        store = self._engine.store()
        bounded = self._start is not None
        table = pa.table(
            store.get_historical_features(request, at=self._end, as_of=self._as_of, event_times=bounded)
        )
        if "event_time" in table.column_names:
            table = table.rename_columns(
                [_EVENT_TIME if n == "event_time" else n for n in table.column_names]
            )
        if not bounded:
            return table
        wanted = [*self._request.join_keys, _EVENT_TIME, *(o.column for o in self._request.outputs)]
        times = [n for n in table.column_names if n.endswith("__event_time") and n not in wanted]
        seen = None
        for name in times:
            since = pc.fill_null(pc.greater_equal(table.column(name), pa.scalar(self._start)), False)
            seen = since if seen is None else pc.or_(seen, since)
        return table.filter(seen)

    def _inputs(self, view: Any, found: Any, spine: Any) -> list[Any]:
        out = []
        for given in self._request.inputs[view.name]:
            name = given.names[0]
            if given.column is not None:
                out.append(found.column(given.column))
            elif name in spine.column_names:
                out.append(
                    codec.to_store(name, spine.column(name), given.dtype, codec.weft_type(given.dtype))
                )
            else:
                raise RequestDataNotFoundInEntityDfException(name, view.name)
        return out

    def _to_pandas(self, table: Any):
        frame = table.to_pandas()
        for output in self._request.outputs:
            if output.dtype in (Map, ScalarMap):
                frame[output.name] = codec.decode_list(output.dtype, table.column(output.name).to_pylist())
        return frame


def _utc(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _spine_table(spine: Any):
    from weft.feast.feature_store import arrow_table

    if isinstance(spine, str):
        raise NotImplementedError(
            "entity_df as a query: read it first, with FeatureStore.weft.sql, and give the table"
        )
    try:
        return arrow_table(spine)
    except TypeError:
        raise InvalidEntityType(type(spine)) from None


def _time_of(spine: Any) -> str:
    import pyarrow.types as at

    if _EVENT_TIME in spine.column_names:
        type_ = spine.schema.field(_EVENT_TIME).type
        if not at.is_timestamp(type_) and not at.is_date(type_):
            raise EntityDFNotDateTime(_EVENT_TIME, type_)
        return _EVENT_TIME
    times = [field.name for field in spine.schema if at.is_timestamp(field.type)]
    if len(times) != 1:
        raise EntityTimestampInferenceException(_EVENT_TIME)
    return times[0]


def _in_utc(column: Any):
    import pyarrow as pa
    import pyarrow.types as at

    if not at.is_timestamp(column.type):
        return column
    return column.cast(pa.timestamp(column.type.unit, "UTC"))
