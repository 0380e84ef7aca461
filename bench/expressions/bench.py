"""Thirty chained map features, seven outputs, over 10 million rows and over 1,000, in memory: against
Polars lazy, DuckDB, pandas and pyarrow.compute, and against one hand-fused loop on the same threads."""
import sys

import harness

sys.path.insert(0, str(harness.ROOT / "bench/expressions"))
import data  # noqa: E402
import peers  # noqa: E402


def main():
    for rows in (10_000_000, 1_000):
        path = harness.DATA / f"expressions-{rows}.parquet"
        if not path.exists():
            data.make(rows, path)
        case = f"memory {rows}"
        with harness.Ours("bench_expressions", path) as ours:
            harness.compare("expressions", case, ours.timed("weft"), "hand", ours.timed("hand"),
                            lambda a, b: equal(a["summary"], b["summary"], rows), rounds=30)
            for peer in peers.PEERS:
                table = peer.load(path)
                run = (lambda: peer.run(table))
                timed = harness.clocked(run) if rows > 1e6 else harness.least(run)
                harness.compare("expressions", case, ours.timed("weft"), peer.name, timed,
                                lambda a, b: equal(a["summary"], peer.summary(b), rows))
                del table


def equal(left, right, rows):
    """Sums and nulls of every output: all values are of the order of 1, and some sums cancel, so they
    are compared by their share of a row. pandas has one sort of missing value and counts NaN too."""
    return all(abs(left[n][0] - right[n][0]) <= 1e-9 * rows and left[n][1] == right[n][1]
               for n in peers.OUTPUTS)


main()
