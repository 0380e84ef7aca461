"""Other engines at Delta Lake tables.

usage: delta_peers.py read TABLE EXPECTED.parquet    DuckDB, Polars and delta-rs read EXPECTED's rows, by `id`
       delta_peers.py make FOLDER                    delta-rs writes tables NAME with rows NAME.parquet
       delta_peers.py append TABLE                   delta-rs appends a row to a table of `id` alone, and deletes id 1
"""
import datetime
import decimal
import math
import os
import pathlib
import sys
import traceback

import deltalake
import duckdb
import duckdb_extension_delta
import polars
import pyarrow as pa
import pyarrow.parquet as pq


def read_duckdb(path):
    extension = next(pathlib.Path(duckdb_extension_delta.__file__).parent.rglob("delta.duckdb_extension"))
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"load '{extension}'")
    return connection.execute("select * from delta_scan($1)", [path]).to_arrow_table()


def read_polars(path):
    return polars.read_delta(path).to_arrow()


def read_delta_rs(path):
    return deltalake.DeltaTable(path).to_pyarrow_table()


def plain(value):
    """Engines differ in types of one meaning, and NaN differs from itself."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None) if value.tzinfo is None else value.astimezone(
            datetime.timezone.utc).replace(tzinfo=None)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, datetime.timedelta):
        return value // datetime.timedelta(microseconds=1)
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value


def rows_of(table, names):
    rows = [[plain(row[name]) for name in names] for row in table.select(names).to_pylist()]
    return sorted(rows, key=lambda row: row[0])


def read(path, expected):
    expected = pq.read_table(expected)
    names = ["id"] + [name for name in expected.column_names if name != "id"]
    wanted = rows_of(expected, names)
    for engine in (read_duckdb, read_polars, read_delta_rs):
        found = engine(path)
        assert set(found.column_names) == set(names), (engine.__name__, found.column_names, names)
        for have, want in zip(rows_of(found, names), wanted):
            assert have == want, f"{engine.__name__}: found {have}, expected {want}"
        assert found.num_rows == len(wanted), (engine.__name__, found.num_rows, len(wanted))
    print(f"{len(wanted)} rows, three engines")


def sample(first, n, extra=False):
    time = datetime.datetime(2020, 1, 1, 0, 0, 0, 123456, datetime.timezone.utc)
    numbers = range(first, first + n)

    def some(make):
        return [None if i % 4 == 3 else make(i) for i in numbers]

    columns = {
        "id": pa.array(numbers, pa.int64()),
        "i8": pa.array(some(lambda i: i % 100), pa.int8()),
        "i16": pa.array(some(lambda i: -i), pa.int16()),
        "i32": pa.array(some(lambda i: i), pa.int32()),
        "f": pa.array(some(lambda i: i / 8), pa.float32()),
        "d": pa.array(some(lambda i: [math.nan, math.inf, -0.5][i % 3]), pa.float64()),
        "b": pa.array(some(lambda i: i % 2 == 0)),
        "s": pa.array(some(lambda i: "x/y %20ä=" + str(i % 3))),
        "t": pa.array(some(lambda i: time + datetime.timedelta(hours=i)), pa.timestamp("us", "UTC")),
        "day": pa.array(some(lambda i: datetime.date(2020, 1, 1 + i % 3)), pa.date32()),
        "m": pa.array(some(lambda i: decimal.Decimal(i) / 4), pa.decimal128(10, 2)),
        "bin": pa.array(some(lambda i: b"ab"), pa.binary()),
        "l": pa.array(some(lambda i: [i, None]), pa.list_(pa.int32())),
        "st": pa.array(some(lambda i: {"a": i, "b": str(i)}), pa.struct([("a", pa.int64()), ("b", pa.utf8())])),
    }
    if extra:
        columns["late"] = pa.array(some(lambda i: i * 2), pa.int64())
    return pa.table(columns)


def make(folder):
    def done(name):
        path = f"{folder}/{name}"
        pq.write_table(read_delta_rs(path), path + ".parquet")

    write = deltalake.write_deltalake
    write(f"{folder}/plain", sample(0, 10))
    done("plain")

    write(f"{folder}/spaced", pa.table({"id": list(range(10)), "with space": ["a"] * 10}))
    done("spaced")

    path = f"{folder}/partitioned"
    write(path, sample(0, 20), partition_by=["s", "day"])
    write(path, sample(20, 10), mode="append")
    deltalake.DeltaTable(path).delete("i32 = 5")
    done("partitioned")

    path = f"{folder}/many"
    for i in range(13):
        write(path, sample(i * 10, 10), mode="append")
    table = deltalake.DeltaTable(path)
    table.create_checkpoint()
    table.delete("id < 12")
    table.optimize.compact()
    write(path, sample(130, 10, extra=True), mode="append", schema_mode="merge")
    done("many")

    path = f"{folder}/checkpointed"
    write(path, sample(0, 10), partition_by=["b"])
    write(path, sample(10, 10), mode="overwrite")
    table = deltalake.DeltaTable(path)
    table.create_checkpoint()
    for log in pathlib.Path(path, "_delta_log").glob("*.json"):
        log.unlink()
    done("checkpointed")


def append(path):
    table = deltalake.DeltaTable(path)
    deltalake.write_deltalake(table, pa.table({"id": pa.array([1000], pa.int64())}), mode="append")
    table = deltalake.DeltaTable(path)
    table.delete("id = 1")
    print(deltalake.DeltaTable(path).history(1)[0]["operation"])


if __name__ == "__main__":
    status = 0
    try:
        {"read": read, "make": make, "append": append}[sys.argv[1]](*sys.argv[2:])
    except Exception:  # told, and the exit status says it
        traceback.print_exc()
        status = 1
    # The engines' threads do not all end in order; what was to be said has been said.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
