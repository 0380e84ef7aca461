"""Thirty features of one row, in process: against calling the thirty functions by hand in C++ (and,
beyond that, where the compiler may melt them into one), and against plain Python functions. Seconds are
those of one row among 1,000."""
import sys

import harness
import pyarrow.parquet as pq

sys.path.insert(0, str(harness.ROOT / "bench/row"))
sys.path.insert(1, str(harness.ROOT / "bench/expressions"))
import data  # noqa: E402
import python_functions  # noqa: E402

ROWS = 1_000
MEAN, STDDEV = 10.0, 4.0


def main():
    path = harness.DATA / f"expressions-{ROWS}.parquet"
    if not path.exists():
        data.make(ROWS, path)
    rows = [tuple(row.values()) for row in pq.read_table(path).to_pylist()]

    def python():
        return [python_functions.row(*row, MEAN, STDDEV) for row in rows]

    def each():
        seconds, result = harness.least(python)()
        return seconds / ROWS, result

    with harness.Ours("bench_row", path, MEAN, STDDEV) as ours:
        for case, task in (("one row", "hand"), ("one row, inlined", "inlined")):
            harness.compare("row", case, ours.timed("weft"), "hand", ours.timed(task),
                            lambda mine, other: mine["sums"] == other["sums"], rounds=40)
        harness.compare("row", "one row", ours.timed("weft"), "python", each,
                        lambda mine, other: equal(mine["sums"], other))


def equal(sums, rows):
    return all(harness.close(sums[i], sum(row[i] or 0 for row in rows), 1e-7) for i in range(7))


main()
