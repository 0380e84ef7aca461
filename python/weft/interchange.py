"""Between Weft's tables and columns and pandas, Polars, NumPy and pyarrow. None of them is imported before it is used.

What is copied: numbers, times and texts of pyarrow and Polars are shared both ways where they lie as Arrow lays them
out (64-bit and 32-bit numbers, microseconds in UTC). Other integers are widened, bools unpacked, other time units
converted: those are copied. NumPy's arrays of float64, float32, int64, int32 that lie in one piece are shared; pandas'
columns as far as their memory is NumPy's or Arrow's. A column becomes a NumPy array without a copy if it is of numbers, has no
null and lies in one piece.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from weft import _weft

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars
    import pyarrow

    from weft._weft import ColumnData, Table

# NumPy's types whose memory is Arrow's, and what others are widened to.
_SHARED = {"float64": "double", "float32": "float", "int64": "int64", "int32": "int32"}
_WIDENED = {"float16": "float32", "int8": "int32", "int16": "int32", "uint8": "int32", "uint16": "int32", "uint32": "int64"}


def numpy_column(array: numpy.ndarray) -> ColumnData:
    """One dimension of numbers, bools, times or texts; NaT is null, NaN a value."""
    import numpy as np

    if array.ndim != 1:
        raise _weft.TypeMismatchError(f"expected an array of one dimension, found one of {array.ndim}")
    name = array.dtype.name
    if name in _WIDENED:
        array = array.astype(_WIDENED[name])
        name = array.dtype.name
    if name == "uint64":
        if len(array) and array.max() > np.iinfo("int64").max:
            raise _weft.BadDataError(f"{array.max()} is beyond int64")
        array, name = array.astype("int64"), "int64"
    if name in _SHARED:
        array = np.ascontiguousarray(array)
        if array.dtype.byteorder not in "=|<":
            array = array.astype(array.dtype.newbyteorder("="))
        return _weft.column_of_buffer(array, _SHARED[name], len(array), array.ctypes.data)
    if name == "bool":
        import pyarrow as pa

        return _weft.ColumnData(pa.chunked_array([pa.array(array)]))
    if array.dtype.kind in "mM":
        unit = "datetime64[us]" if array.dtype.kind == "M" else "timedelta64[us]"
        whole = np.ascontiguousarray(array.astype(unit, copy=False).view("int64"))
        kind = "timestamp" if array.dtype.kind == "M" else "duration"
        column = _weft.column_of_buffer(whole, kind, len(whole), whole.ctypes.data)
        missing = np.isnat(array)
        return _without(column, missing) if missing.any() else column
    return _weft.ColumnData(array.tolist())


def _without(column: ColumnData, missing: numpy.ndarray) -> ColumnData:
    values = [None if gone else column[i] for i, gone in enumerate(missing)]
    return _weft.ColumnData(values, column.type)


def pandas_column(series: pandas.Series) -> Any:
    """What of a Series has Arrow's memory: itself, its NumPy array, or a list. The index is left out."""
    dtype = series.dtype
    if getattr(dtype, "kind", "O") in "fiu" and hasattr(dtype, "byteorder"):
        return numpy_column(series.to_numpy())
    if getattr(dtype, "kind", "O") in "mM" and hasattr(dtype, "byteorder"):
        return numpy_column(series.to_numpy())
    if dtype == "bool":
        return numpy_column(series.to_numpy())
    if getattr(dtype, "tz", None) is not None:
        return numpy_column(series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    if dtype != object and hasattr(series, "__arrow_c_stream__"):
        return series
    return _weft.ColumnData([_plain(value) for value in series.tolist()])


def _plain(value: Any) -> Any:
    if hasattr(value, "__len__") and hasattr(value, "tolist"):
        return value.tolist()
    return None if _is_gone(value) else value


def _is_gone(value: Any) -> bool:
    # Among objects pandas also takes NaN for a missing value.
    return value is None or type(value).__name__ in ("NaTType", "NAType") or (isinstance(value, float) and value != value)


def pandas_table(frame: pandas.DataFrame) -> Table:
    """The columns of a frame; an index with names becomes columns before them."""
    names = [name for name in frame.index.names if name is not None]
    if names:
        frame = frame.reset_index()
    columns: dict[str, ColumnData] = {}
    for at, name in enumerate(frame.columns):
        if not isinstance(name, str):
            raise _weft.TypeMismatchError(f"names of columns are str, not {name!r} ({type(name).__name__})")
        column = pandas_column(frame.iloc[:, at])
        columns[name] = column if isinstance(column, _weft.ColumnData) else _weft.ColumnData(column)
    return _weft.Table(columns)


def to_arrow(data: Table | ColumnData) -> pyarrow.Table | pyarrow.ChunkedArray:
    """The same memory as pyarrow's Table or ChunkedArray."""
    import pyarrow as pa

    return pa.table(data) if isinstance(data, _weft.Table) else pa.chunked_array(data)


def to_polars(data: Table | ColumnData) -> polars.DataFrame | polars.Series:
    import polars as pl

    return pl.DataFrame(data) if isinstance(data, _weft.Table) else pl.Series(data)


def to_numpy(column: ColumnData) -> numpy.ndarray:
    """Nulls become NaN among numbers, NaT among times, None among the rest."""
    import numpy as np

    if column.null_count == 0 and column.type in ("double", "float", "int64", "int32"):
        arrow = _chunked(column)
        if arrow is not None:
            return arrow.to_numpy()
    types = {"double": "float64", "float": "float32", "timestamp": "datetime64[us]", "duration": "timedelta64[us]"}
    values = [column[i] for i in range(len(column))]
    if column.type in types:
        if column.type == "timestamp":
            values = [None if value is None else value.replace(tzinfo=None) for value in values]
        return np.array(values, dtype=types[column.type])
    if column.null_count == 0 and column.type in ("int64", "int32", "bool"):
        return np.array(values, dtype=column.type)
    if column.type in ("int64", "int32"):
        return np.array([np.nan if value is None else value for value in values])
    return np.array(values, dtype=object)


def _chunked(column: ColumnData) -> pyarrow.ChunkedArray | None:
    # pyarrow is a dependency of the package: its library is loaded already, its module perhaps not.
    import pyarrow as pa

    return pa.chunked_array(column)


def to_pandas(data: Table | ColumnData) -> pandas.DataFrame | pandas.Series:
    """pandas' own types: nullable integers become float64 with NaN, as pandas reads them; texts its string type."""
    arrow = to_arrow(data)
    return arrow.to_pandas()


def frame_kind(annotation: Any) -> str | None:
    """"pandas.DataFrame", "polars.Series", "numpy.ndarray", ... if the annotation is a frame or a series of a known library."""
    if not isinstance(annotation, type):
        return None
    library = annotation.__module__.partition(".")[0]
    if library not in ("pandas", "polars", "numpy", "pyarrow"):
        return None
    return f"{library}.{annotation.__name__}"


_TABLES = {"pandas.DataFrame": to_pandas, "polars.DataFrame": to_polars, "pyarrow.Table": to_arrow}
_COLUMNS = {
    "pandas.Series": to_pandas,
    "polars.Series": to_polars,
    "numpy.ndarray": to_numpy,
    "pyarrow.ChunkedArray": to_arrow,
    "pyarrow.Array": lambda column: to_arrow(column).combine_chunks(),
}


def table_converter(annotation: Any) -> Any:
    """How a Table becomes what the annotation says; None if it is no frame."""
    if frame_kind(annotation) == "polars.LazyFrame":
        return lambda table: to_polars(table).lazy()
    return _TABLES.get(frame_kind(annotation))


def column_converter(annotation: Any) -> Any:
    """How a ColumnData becomes what the annotation says; None if it is no series."""
    return _COLUMNS.get(frame_kind(annotation))


def loaded(library: str) -> bool:
    return library in sys.modules
