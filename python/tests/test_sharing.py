"""What shares memory with what, and what is copied: docs/guides/python.md, type by type."""

from datetime import datetime, timedelta

import pytest

import weft

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")

N = 1000
TIMES = [datetime(2024, 1, 1) + timedelta(hours=i) for i in range(N)]
STEPS = [timedelta(seconds=i) for i in range(N)]
NUMBERS = {"double": pa.float64(), "float": pa.float32(), "int64": pa.int64(), "int32": pa.int32()}


def values_address(array) -> int:
    """Where the values of an Arrow array or of a chunk are; of texts, where their bytes are."""
    chunk = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    return chunk.buffers()[-1].address


def arrays():
    yield from ((f"{name}", pa.array(range(N)).cast(kind)) for name, kind in NUMBERS.items())
    yield "timestamp in µs, UTC", pa.array(TIMES, pa.timestamp("us", "UTC"))
    yield "duration in µs", pa.array(STEPS, pa.duration("us"))


def copied_arrays():
    yield "int16", pa.array(range(N), pa.int16())
    yield "uint32", pa.array(range(N), pa.uint32())
    yield "timestamp in ns", pa.array(TIMES, pa.timestamp("ns"))
    yield "date32", pa.array([t.date() for t in TIMES], pa.date32())


@pytest.mark.parametrize("array", [pytest.param(array, id=name) for name, array in arrays()])
def test_arrow_is_shared_both_ways(array):
    column = weft.ColumnData(array)
    assert values_address(column.to_arrow()) == values_address(array)


@pytest.mark.parametrize("array", [pytest.param(array, id=name) for name, array in copied_arrays()])
def test_other_arrow_types_are_converted(array):
    column = weft.ColumnData(array)
    assert len(column) == N
    assert values_address(column.to_arrow()) != values_address(array)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int32"])
def test_numpy_is_shared_both_ways(dtype):
    array = np.arange(N, dtype=dtype)
    column = weft.ColumnData(array)
    assert values_address(column.to_arrow()) == array.ctypes.data
    assert column.to_numpy().ctypes.data == array.ctypes.data


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint8", "uint16", "uint32", "float16", "bool"])
def test_other_numpy_types_are_widened(dtype):
    array = np.ones(N, dtype=dtype)
    assert weft.ColumnData(array).to_arrow().to_pylist() == array.tolist()


def test_numpy_times_in_microseconds_are_shared_unless_one_is_missing():
    array = np.array(TIMES, dtype="datetime64[us]")
    assert values_address(weft.ColumnData(array).to_arrow()) == array.ctypes.data
    array[0] = "NaT"
    column = weft.ColumnData(array)
    assert column.null_count == 1
    assert values_address(column.to_arrow()) != array.ctypes.data


def test_a_numpy_array_with_steps_is_copied():
    array = np.arange(2 * N)[::2]
    assert values_address(weft.ColumnData(array).to_arrow()) != array.ctypes.data


def test_a_column_with_nulls_becomes_numpy_by_copy():
    column = weft.ColumnData([1.0, None, 3.0])
    assert np.isnan(column.to_numpy()[1])


def test_pandas_numbers_are_shared_in():
    pd = pytest.importorskip("pandas")
    array = np.arange(N, dtype="float64")
    series = pd.Series(array, copy=False)
    assert values_address(weft.ColumnData(series).to_arrow()) == series.to_numpy().ctypes.data


def test_polars_numbers_are_shared_both_ways():
    pl = pytest.importorskip("polars")
    series = pl.Series("x", np.arange(N, dtype="float64"))
    column = weft.ColumnData(series)
    address = values_address(column.to_arrow())
    assert address == values_address(pa.chunked_array(series))
    assert values_address(pa.chunked_array(column.to_polars())) == address


def test_what_is_shared_outlives_its_owner():
    column = weft.ColumnData(np.arange(N, dtype="int64"))
    kept = column.to_numpy()
    del column
    assert kept.sum() == N * (N - 1) // 2
