"""Data of the bench point_in_time: a spine of rows at random times of a month, and views of five
features of which three in a hundred values are null."""
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START = 1_700_000_000_000_000
MONTH = 30 * 86_400_000_000
FEATURES = 5
GROUP_ROWS = 262_144


def entities(random, rows, keys, kind, spread):
    if spread == "zipf":
        numbers = (random.zipf(1.3, rows) - 1) % keys
    else:
        numbers = random.integers(0, keys, rows)
    if kind == "string":
        names = pa.array([f"user-{i:08d}" for i in range(keys)])
        return names.take(pa.array(numbers))
    if kind == "wide":  # integers far apart
        numbers = (numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(1)).astype(np.int64)
    return pa.array(numbers)


def times(random, rows):
    return pa.array(START + random.integers(0, MONTH, rows), pa.timestamp("us"))


def spine(path, rows, keys, kind, spread):
    random = np.random.default_rng(1)
    pq.write_table(pa.table({"entity": entities(random, rows, keys, kind, spread),
                             "at": times(random, rows), "row": np.arange(rows)}),
                   path, compression="zstd", row_group_size=GROUP_ROWS)


def view(path, number, rows, keys, kind, spread, clustered):
    random = np.random.default_rng(2 + number)
    table = pa.table({"entity": entities(random, rows, keys, kind, spread), "at": times(random, rows)})
    if clustered:
        table = table.sort_by([("entity", "ascending"), ("at", "ascending")])
    for i in range(FEATURES):
        values = pa.array(random.normal(0, 1, rows), mask=random.random(rows) < 0.03)
        table = table.append_column(f"f{i}", values)
    pq.write_table(table, path, compression="zstd", row_group_size=GROUP_ROWS)
