"""memory/peers.py PEER CHAIN NODES ROWS: what bench_memory prints, for hamilton, pandas or polars."""
import json
import sys

import numpy as np
import pandas as pd
import polars as pl


def status_bytes(field):
    for line in open("/proc/self/status", encoding="ascii"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(field)


def peak_bytes(run):
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # the peak starts again from here
    before = status_bytes("VmRSS")
    result = run()
    return status_bytes("VmHWM") - before, result


def numbers(rows):
    return (np.arange(rows) % 1000).astype(float)


def run_pandas(chain, nodes, rows):
    """By hand: each series is dropped when the next is there."""
    first = pd.Series(numbers(rows))

    def run():
        series = first
        for _ in range(nodes):
            if chain == "row":
                series = series * 0.5 + 1
            else:
                series = series * 0.5 + series.shift(1) * 0.25
        return series
    return run, lambda series: (series.sum(), series.isna().sum())


def run_hamilton(chain, nodes, rows):
    from hamilton import ad_hoc_utils, driver

    body = "n{0} * 0.5 + 1" if chain == "row" else "n{0} * 0.5 + n{0}.shift(1) * 0.25"
    text = "import pandas as pd\n" + "\n".join(
        f"def n{i}(n{i - 1}: pd.Series) -> pd.Series: return {body.format(i - 1)}"
        for i in range(1, nodes + 1))
    built = driver.Builder().with_modules(ad_hoc_utils.module_from_source(text)).build()
    first = pd.Series(numbers(rows))
    last = f"n{nodes}"
    return (lambda: built.execute([last], inputs={"n0": first})[last],
            lambda series: (series.sum(), series.isna().sum()))


def run_polars(chain, nodes, rows):
    """Lazy, a column a node."""
    first = pl.DataFrame({"n0": numbers(rows)})
    step = pl.col("n")
    step = step * 0.5 + 1 if chain == "row" else step * 0.5 + step.shift(1) * 0.25

    def run():
        lazy = first.lazy().select(n="n0")
        for _ in range(nodes):
            lazy = lazy.with_columns(n=step)
        return lazy.collect()["n"]
    return run, lambda series: (series.sum(), series.null_count())


def main():
    peer, chain, nodes, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    run, summary = globals()[f"run_{peer}"](chain, nodes, rows)
    size, result = peak_bytes(run)
    total, nulls = summary(result)
    print(json.dumps({"bytes": size, "sum": float(total), "nulls": int(nulls)}))


main()
