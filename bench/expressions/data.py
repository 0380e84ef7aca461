"""The table of the expressions bench: expressions/data.py ROWS FILE."""
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def make(rows, path):
    random = np.random.default_rng(7)
    d = random.normal(0, 3, rows)
    table = pa.table({
        "a": random.normal(10, 4, rows),
        "b": random.normal(9, 5, rows),
        "c": random.uniform(0.5, 4, rows),
        "d": pa.array(d, mask=random.random(rows) < 0.1),
        "ts": pa.array(random.integers(1_600_000_000, 1_700_000_000, rows) * 1_000_000,
                       pa.timestamp("us", tz="UTC")),
        "s": pa.array(np.array(["US", "DE", "FR", "GB", "JP"])[random.integers(0, 5, rows)]),
    })
    pq.write_table(table, path, compression="lz4", row_group_size=1 << 20)


if __name__ == "__main__":
    make(int(sys.argv[1]), sys.argv[2])
