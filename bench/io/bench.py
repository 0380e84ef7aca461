"""CSV and Parquet in and out, two million rows of six columns, against Polars and pyarrow. Types of CSV
are inferred by all. Files written are on disk when the clock stops: ours always are, the peers' are
synced. Parquet is zstd at level 1, in row groups of one size."""
import os

import harness
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

ROWS = 2_000_000
GROUP_ROWS = 262_144


def make(parquet, csv):
    random = np.random.default_rng(11)
    price = random.normal(100, 20, ROWS)
    table = pa.table({
        "id": random.integers(0, 1 << 40, ROWS),
        "price": pa.array(price, mask=random.random(ROWS) < 0.1),
        "amount": np.round(random.uniform(0, 1000, ROWS), 2),
        "at": pa.array(random.integers(1_600_000_000, 1_700_000_000, ROWS) * 1_000_000,
                       pa.timestamp("us")),
        "city": pa.array(np.array(["Lisbon", "Oslo", "Rome", "Porto, PT", "Bern"])[
            random.integers(0, 5, ROWS)]),
        "paid": random.random(ROWS) < 0.5,
    })
    pq.write_table(table, parquet, compression="zstd", row_group_size=GROUP_ROWS)
    pa.csv.write_csv(table, csv)


class Polars:
    name = "polars"

    def __init__(self, parquet):
        self.table = pl.read_parquet(parquet)

    def read_csv(self, path):
        return pl.read_csv(path, try_parse_dates=True)

    def read_parquet(self, path):
        return pl.read_parquet(path)

    def write_csv(self, path):
        self.table.write_csv(path)

    def write_parquet(self, path):
        self.table.write_parquet(path, compression="zstd", compression_level=1,
                                 row_group_size=GROUP_ROWS)

    def arrow(self, table):
        return table.to_arrow()


class PyArrow:
    name = "pyarrow"

    def __init__(self, parquet):
        self.table = pq.read_table(parquet)

    def read_csv(self, path):
        return pa.csv.read_csv(path)

    def read_parquet(self, path):
        return pq.read_table(path)

    def write_csv(self, path):
        pa.csv.write_csv(self.table, path)

    def write_parquet(self, path):
        pq.write_table(self.table, path, compression="zstd", compression_level=1,
                       row_group_size=GROUP_ROWS)

    def arrow(self, table):
        return table


def summary(table):
    """As bench_io has it: {column: [sum, nulls]}; texts by length, times in seconds."""
    sums = {}
    for name, column in zip(table.column_names, table.columns):
        if pa.types.is_timestamp(column.type):
            column = pc.cast(pc.cast(column, pa.timestamp("s"), safe=False), pa.int64())
        elif not pa.types.is_floating(column.type) and not pa.types.is_integer(column.type):
            column = (pc.cast(column, pa.int8()) if pa.types.is_boolean(column.type) else
                      pc.binary_length(column))
        sums[name] = [float(pc.sum(pc.cast(column, pa.float64())).as_py()), column.null_count]
    return sums


def same_summary(mine, other):
    return mine.keys() == other.keys() and all(
        harness.close(mine[n][0], other[n][0]) and mine[n][1] == other[n][1] for n in mine)


def synced(write, path):
    def run():
        write(path)
        with open(path, "rb") as file:
            os.fsync(file.fileno())
    return run


def main():
    parquet, csv = harness.DATA / "io.parquet", harness.DATA / "io.csv"
    if not csv.exists():
        make(parquet, csv)
    files = {"csv": csv, "parquet": parquet}
    read = {"csv": pa.csv.read_csv, "parquet": pq.read_table}
    with harness.Ours("bench_io", parquet) as ours:
        for peer in (Polars(parquet), PyArrow(parquet)):
            for form, file in files.items():
                task = f"read_{form}"
                harness.compare(
                    "io", f"read {form} {ROWS}", ours.timed(task, file), peer.name,
                    harness.clocked(lambda: getattr(peer, task)(file)),
                    lambda mine, other: same_summary(mine["summary"], summary(peer.arrow(other))))
            for form in files:
                task = f"write_{form}"
                mine, other = (harness.DATA / f"io-{side}.{form}" for side in ("ours", "theirs"))
                harness.compare(
                    "io", f"write {form} {ROWS}", ours.timed(task, mine), peer.name,
                    harness.clocked(synced(getattr(peer, task), other)),
                    lambda *_: same_summary(summary(read[form](mine)), summary(read[form](other))))


main()
