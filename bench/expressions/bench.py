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
        mine = {line["impl"]: line for line in harness.ours("bench_expressions", path)}
        weft = mine["weft"]
        case = f"memory {rows}"
        harness.report("expressions", case, weft["seconds"], "hand", mine["hand"]["seconds"], "s",
                       equal(weft["summary"], mine["hand"]["summary"]))
        for peer in peers.PEERS:
            table = peer.load(path)
            seconds, result = harness.timed(lambda: peer.run(table), repeat=5 if rows > 1e6 else 50)
            harness.report("expressions", case, weft["seconds"], peer.name, seconds, "s",
                           equal(weft["summary"], peer.summary(result)))
            del table, result


def equal(left, right):
    """Sums and nulls of every output. pandas has one sort of missing value, so it counts NaN too."""
    return all(harness.close(left[n][0], right[n][0], 1e-7) and left[n][1] == right[n][1]
               for n in peers.OUTPUTS)


main()
