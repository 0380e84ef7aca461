"""Answering requests for latest values: requests of one shape are resolved once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from weft import _weft
from weft.feast import codec
from weft.feast.engine import Engine
from weft.feast.errors import RequestDataNotFoundInEntityRowsException
from weft.feast.feature_service import FeatureService
from weft.feast.on_demand import compute
from weft.feast.on_demand_feature_view import OnDemandFeatureView
from weft.feast.online_response import OnlineResponse
from weft.feast.request import ResolvedRequest

# Shapes of requests that are kept.
_PLANS_MAX = 256


class OnlineRequests:
    """The plans of a project's requests, made anew when somebody applies. Thread-safe."""

    def __init__(self, engine: Engine, load_code: Callable[[OnDemandFeatureView], OnDemandFeatureView]):
        self._engine = engine
        self._load_code = load_code
        self._lock = threading.Lock()
        self._store: Any = None
        self._plans: dict[Any, PreparedRequest] = {}

    def clear(self):
        with self._lock:
            self._plans, self._store = {}, None

    def answer(self, features: Any, entity_rows: Any, full_names: bool) -> OnlineResponse:
        return self.prepared(features, full_names).answer(entity_rows)

    def prepared(self, features: Any, full_names: bool) -> PreparedRequest:
        store = self._engine.store()
        if isinstance(features, FeatureService):
            key = (features.name, full_names)
        elif isinstance(features, (list, tuple)):
            key = (tuple(features), full_names)
        else:
            key = None
        if store is self._store and key in self._plans:
            return self._plans[key]
        request = ResolvedRequest(self._engine.objects(), features, full_names, self._engine.config.project)
        for view in request.on_demand:
            self._load_code(view)
        plan = PreparedRequest(store, request, self._engine.config.compat)
        with self._lock:
            if store is not self._store or len(self._plans) >= _PLANS_MAX:
                self._plans, self._store = {}, store
            self._plans[key] = plan
        return plan


class PreparedRequest:
    """How requests of one shape are answered. Thread-safe: each thread takes a reader of its own."""

    def __init__(self, store: Any, request: ResolvedRequest, compat: str | None):
        self._request = request
        self._keep_null_status = compat != "feast"
        asked = request.asked
        reads = bool(asked.get("service") or asked.get("features"))
        self._plan = store.online_plan(_weft.FeatureRequest(**asked)) if reads else None
        self._readers: list[Any] = []
        self._keys = [i.name for i in self._plan.inputs if i.is_key] if self._plan else []
        columns = [output.name for output in self._plan.outputs] if self._plan else []
        self._at = {name: i for i, name in enumerate(columns)}
        self._names = [*self._keys, *(output.name for output in request.outputs)]
        self._dtypes = [*(request.join_keys[key] for key in self._keys), *(o.dtype for o in request.outputs)]
        self._decoders = [codec.decoder(output.dtype) for output in request.outputs]
        self._column_types = {
            output.name: codec.arrow_of_weft(output.type)
            for output in (self._plan.outputs if request.on_demand and self._plan else ())
        }
        self._plain = (
            not request.on_demand
            and columns == [o.column for o in request.outputs]
            and not any(self._decoders)
        )

    def answer(self, rows: Any) -> OnlineResponse:
        if not isinstance(rows, (dict, list)):
            rows = {name: list(rows[name]) for name in rows} if hasattr(rows, "keys") else list(rows)
        count, keys, values, statuses, times = (
            self._read(rows) if self._plan else (_row_count(rows), [], [], b"", b"")
        )
        if not self._keep_null_status:
            statuses = statuses.replace(b"\x01", b"\x00")
        none = bytes(count * len(self._keys))
        if self._plain:
            return OnlineResponse(
                self._names,
                self._dtypes,
                [*keys, *values],
                count,
                none + statuses,
                bytes(8 * len(none)) + times,
            )
        return self._with_computed(rows, count, keys, values, statuses, times)

    def _read(self, rows: Any):
        try:
            reader = self._readers.pop()
        except IndexError:
            reader = _weft.FeatureReader(self._plan)
        try:
            return reader.answer(rows)
        except _weft.TypeMismatchError:
            # A key may be given as the text or the float of its number.
            numbers = self._with_numbers(rows)
            if numbers is None:
                raise
            return reader.answer(numbers)
        except _weft.NotFoundError as e:
            raise KeyError(e.message) from None
        finally:
            self._readers.append(reader)

    def _with_numbers(self, rows: Any) -> Any:
        wanted = {i.name for i in self._plan.inputs if i.is_key and i.type.startswith("int")}
        try:
            if isinstance(rows, dict):
                return {name: [_number(v) for v in vs] if name in wanted else vs for name, vs in rows.items()}
            return [{name: _number(v) if name in wanted else v for name, v in row.items()} for row in rows]
        except (ValueError, TypeError):
            return None

    def _with_computed(self, rows: Any, count: int, keys: Any, values: Any, statuses: bytes, times: bytes):
        computed = {
            view.name: compute(view, self._request.inputs[view.name], self._inputs(view, rows, values))
            for view in self._request.on_demand
        }
        columns, all_statuses, all_times = [*keys], [bytes(count * len(keys))], [bytes(8 * count * len(keys))]
        for output, decode in zip(self._request.outputs, self._decoders, strict=True):
            if output.on_demand is not None:
                column = computed[output.on_demand][output.column].to_pylist()
                present = bytes(0 if v is not None or not self._keep_null_status else 1 for v in column)
                all_statuses.append(present)
                all_times.append(bytes(8 * count))
            else:
                i = self._at[output.column]
                column = values[i]
                all_statuses.append(statuses[i * count : (i + 1) * count])
                all_times.append(times[8 * i * count : 8 * (i + 1) * count])
            columns.append([None if v is None else decode(v) for v in column] if decode else column)
        return OnlineResponse(
            self._names, self._dtypes, columns, count, b"".join(all_statuses), b"".join(all_times)
        )

    def _inputs(self, view: OnDemandFeatureView, rows: Any, values: Any) -> list[Any]:
        import pyarrow as pa

        out, missing = [], []
        for given in self._request.inputs[view.name]:
            if given.column is not None:
                out.append(pa.array(values[self._at[given.column]], self._column_types[given.column]))
                continue
            name = given.names[0]
            try:
                column = rows[name] if isinstance(rows, dict) else [row[name] for row in rows]
            except KeyError:
                missing.append(name)
                continue
            array = pa.array(column, from_pandas=True) if codec.is_plain(given.dtype) else _Objects(column)
            out.append(codec.to_store(name, array, given.dtype, codec.weft_type(given.dtype)))
        if missing:
            raise RequestDataNotFoundInEntityRowsException(missing)
        return out


class _Objects:
    def __init__(self, values: Any):
        self._values = values

    def to_pylist(self) -> list[Any]:
        return list(self._values)


def _number(value: Any) -> Any:
    if isinstance(value, str):
        return int(value)
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError(value)
        return int(value)
    return value


def _row_count(rows: Any) -> int:
    if isinstance(rows, list):
        return len(rows)
    sizes = {len(values) for values in rows.values()}
    if len(sizes) > 1:
        raise ValueError(
            f"the lists differ in length: {', '.join(f'{n} has {len(v)}' for n, v in rows.items())}"
        )
    return sizes.pop() if sizes else 1
