"""Running on-demand views over rows that were read."""

from __future__ import annotations

from typing import Any

from weft.feast import codec
from weft.feast.errors import SpecifiedFeaturesNotPresentError
from weft.feast.field import Field
from weft.feast.on_demand_feature_view import OnDemandFeatureView
from weft.feast.request import Input


def compute(view: OnDemandFeatureView, inputs: list[Input], columns: list[Any]) -> dict[str, Any]:
    """The view's features as Arrow columns, of Arrow columns of its inputs as they are kept. What the
    function raises goes on, with a note that names the view."""
    try:
        if view.mode == "pandas":
            given = _run_pandas(view, inputs, columns)
        elif view.singleton:
            given = _run_rows(view, inputs, columns)
        else:
            given = _run_lists(view, inputs, columns)
        rows = len(columns[0])
        return {field.name: _result(view, field, given, rows) for field in view.features}
    except Exception as e:
        e.add_note(f"in on-demand view {view.name}")
        raise


def _values(inputs: list[Input], columns: list[Any]) -> dict[str, list[Any]]:
    out = {}
    for given, column in zip(inputs, columns, strict=True):
        values = codec.decode_list(given.dtype, column.to_pylist())
        for name in given.names:
            out.setdefault(name, values)
    return out


def _run_pandas(view: OnDemandFeatureView, inputs: list[Input], columns: list[Any]):
    import pandas as pd

    made = {}
    for given, column in zip(inputs, columns, strict=True):
        if codec.is_plain(given.dtype):
            series = column.to_pandas()
        else:
            series = pd.Series(codec.decode_list(given.dtype, column.to_pylist()), dtype=object)
        for name in given.names:
            made.setdefault(name, series)
    result = view.feature_transformation.udf(pd.DataFrame(made))
    if not isinstance(result, pd.DataFrame):
        raise TypeError(f"mode pandas gives a DataFrame, found {type(result).__name__}")
    return result


def _run_lists(view: OnDemandFeatureView, inputs: list[Input], columns: list[Any]):
    result = view.feature_transformation.udf(_values(inputs, columns))
    if not isinstance(result, dict):
        raise TypeError(f"mode python gives a dict of lists, found {type(result).__name__}")
    return result


def _run_rows(view: OnDemandFeatureView, inputs: list[Input], columns: list[Any]):
    values = _values(inputs, columns)
    out: dict[str, list[Any]] = {}
    for row in zip(*values.values(), strict=True):
        result = view.feature_transformation.udf(dict(zip(values, row, strict=True)))
        if not isinstance(result, dict):
            raise TypeError(f"a singleton gives a dict of values, found {type(result).__name__}")
        for field in view.features:
            if field.name in result:
                out.setdefault(field.name, []).append(result[field.name])
    return out


def _result(view: OnDemandFeatureView, field: Field, given: Any, rows: int):
    import pyarrow as pa

    column = next((given[name] for name in (field.name, f"{view.name}__{field.name}") if name in given), None)
    if column is None:
        raise SpecifiedFeaturesNotPresentError([field], [_Named(str(name)) for name in given], view.name)
    if len(column) != rows:
        raise ValueError(f"{field.name}: {len(column)} values for {rows} rows")
    if hasattr(column, "to_numpy"):
        array = pa.Array.from_pandas(column) if codec.is_plain(field.dtype) else _ObjectColumn(column)
    elif codec.is_plain(field.dtype):
        array = pa.array(column, from_pandas=True)
    else:
        array = _ObjectColumn(column)
    return codec.to_store(field.name, array, field.dtype, codec.weft_type(field.dtype))


class _ObjectColumn:
    """Python objects that Arrow has no common type for."""

    def __init__(self, values):
        self.values = values

    def to_pylist(self) -> list[Any]:
        return [None if v is None or v != v else v for v in self.values]


class _Named:
    def __init__(self, name: str):
        self.name = name
