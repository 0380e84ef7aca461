"""Tables and columns between Weft and pyarrow, pandas, Polars and NumPy."""

from __future__ import annotations

import gc
from datetime import datetime, timezone

import pytest

import weft

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")

UTC = timezone.utc
COLUMNS = {
    "whole": [1, None, 3],
    "number": [1.5, None, float("inf")],
    "text": ["a", None, "ü"],
    "yes": [True, False, None],
    "at": [datetime(2020, 1, 1, tzinfo=UTC), None, datetime(1969, 12, 31, 23, 59, tzinfo=UTC)],
    "list": [[1, 2], [], None],
}


def rows(table: weft.Table) -> dict[str, list[object]]:
    return {name: list(table[name]) for name in table.names}


def test_a_table_of_lists_has_their_values_and_types() -> None:
    table = weft.Table(COLUMNS)
    assert rows(table) == COLUMNS
    assert table.schema == {
        "whole": "int64", "number": "double", "text": "string", "yes": "bool", "at": "timestamp", "list": "list<int64>",
    }  # fmt: skip
    assert (len(table), table.num_columns) == (3, 6)


def test_pyarrow_there_and_back() -> None:
    table = weft.Table(COLUMNS)
    assert weft.Table(table.to_arrow()).equals(table)
    assert table.to_arrow().column("whole").to_pylist() == COLUMNS["whole"]


def test_polars_there_and_back() -> None:
    pl = pytest.importorskip("polars")
    table = weft.Table(COLUMNS)
    assert weft.Table(table.to_polars()).equals(table)
    assert weft.Table(pl.LazyFrame({"a": [1]}).with_columns(b=pl.col("a") * 2)).schema == {"a": "int64", "b": "int64"}


def test_pandas_reads_nulls_as_it_reads_them_from_arrow() -> None:
    pd = pytest.importorskip("pandas")
    frame = weft.Table(COLUMNS).to_pandas()
    assert frame["whole"].isna().tolist() == [False, True, False]
    back = weft.Table(frame)
    assert back.schema["at"] == "timestamp"
    assert list(back["text"]) == COLUMNS["text"]
    assert list(back["at"]) == COLUMNS["at"]
    named = pd.DataFrame({"a": [1, 2]}, index=pd.Index([7, 8], name="key"))
    assert rows(weft.Table(named)) == {"key": [7, 8], "a": [1, 2]}
    with pytest.raises(weft.TypeMismatchError, match="names of columns are str, not 0"):
        weft.Table(pd.DataFrame([[1]]))


NUMPY = [
    (np.array([1, 2], "int8"), "int32", [1, 2]),
    (np.array([1, 2], "uint32"), "int64", [1, 2]),
    (np.array([1.5, np.nan]), "double", None),
    (np.array([1.5], "float32"), "float", [1.5]),
    (np.array([1.5], ">f8"), "double", [1.5]),
    (np.array([True, False]), "bool", [True, False]),
    (np.array(["2020-01-01", "NaT"], "datetime64[s]"), "timestamp", [datetime(2020, 1, 1, tzinfo=UTC), None]),
    (np.array(["a", "bc"]), "string", ["a", "bc"]),
    (np.arange(10)[::3], "int64", [0, 3, 6, 9]),
]


@pytest.mark.parametrize(("array", "type", "values"), NUMPY, ids=[str(a.dtype) for a, _, _ in NUMPY])
def test_numpy_arrays_become_columns(array: object, type: str, values: list[object] | None) -> None:
    column = weft.ColumnData(array)
    assert column.type == type
    assert values is None or list(column) == values


def test_numpy_memory_is_shared_and_lives_as_long_as_the_column() -> None:
    array = np.arange(1000, dtype="float64")
    column = weft.ColumnData(array)
    assert column.to_numpy().ctypes.data == array.ctypes.data
    address = array.ctypes.data
    del array
    gc.collect()
    assert list(column)[-1] == 999.0
    assert column.to_numpy().ctypes.data == address


def test_arrow_memory_is_shared() -> None:
    chunk = pa.array([1.0, 2.0, 3.0])
    column = weft.ColumnData(chunk)
    assert column.to_arrow().chunk(0).buffers()[1].address == chunk.buffers()[1].address


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(weft.TypeMismatchError, match="expected a table .*, found int"):
        weft.Table(3)
    with pytest.raises(weft.TypeMismatchError, match="an array of one dimension, found one of 2"):
        weft.ColumnData(np.zeros((2, 2)))
    with pytest.raises(weft.BadDataError, match="beyond int64"):
        weft.ColumnData(np.array([2**64 - 1], "uint64"))
    with pytest.raises(weft.TypeMismatchError, match="column b: expected a column"):
        weft.Table({"a": [1], "b": 2})
    with pytest.raises(weft.WeftError, match="no column"):
        weft.Table({"age": [1]}).column("aeg")


def test_a_table_is_cut_and_put_together() -> None:
    table = weft.Table({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    assert rows(table.select(["b"]).slice(1, 5)) == {"b": ["y", "z"]}
    assert rows(table.drop(["b"]).rename("a", "c").with_column("d", [0.5, 1.5, 2.5])) == {"c": [1, 2, 3], "d": [0.5, 1.5, 2.5]}
    assert len(weft.Table.concat([table, table])) == 6
