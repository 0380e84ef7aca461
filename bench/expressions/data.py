"""The table of the expressions bench: expressions/data.py ROWS FILE."""
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


CHUNK = 1 << 22


def chunk(random, rows):
    d = random.normal(0, 3, rows)
    return pa.table({
        "a": random.normal(10, 4, rows),
        "b": random.normal(9, 5, rows),
        "c": random.uniform(0.5, 4, rows),
        "d": pa.array(d, mask=random.random(rows) < 0.1),
        "ts": pa.array(random.integers(1_600_000_000, 1_700_000_000, rows) * 1_000_000,
                       pa.timestamp("us", tz="UTC")),
        "s": pa.array(np.array(["US", "DE", "FR", "GB", "JP"])[random.integers(0, 5, rows)]),
    })


def make(rows, path):
    """Written chunk by chunk: it may be larger than memory."""
    random = np.random.default_rng(7)
    path = pathlib.Path(path)
    part = path.with_name(path.name + ".part")
    writer = None
    for begin in range(0, rows, CHUNK):
        table = chunk(random, min(CHUNK, rows - begin))
        writer = writer or pq.ParquetWriter(part, table.schema, compression="lz4")
        writer.write_table(table, row_group_size=1 << 20)
    writer.close()
    part.rename(path)


if __name__ == "__main__":
    make(int(sys.argv[1]), sys.argv[2])
