"""Python functions, traced and called: thirty features over a million rows against Hamilton on pandas and on Polars, and of one
request against Hamilton. The functions of pandas and of single values are the same files on both sides."""
import os
import subprocess
import sys

import harness
import pandas as pd
import polars as pl
import pyarrow.parquet as pq

HERE = harness.ROOT / "bench/python_traced"
sys.path.insert(0, str(HERE))
sys.path.insert(1, str(harness.ROOT / "bench/expressions"))
import columns_pandas  # noqa: E402
import columns_polars  # noqa: E402
import data  # noqa: E402
import rows as row_functions  # noqa: E402

os.environ.setdefault("HAMILTON_TELEMETRY_ENABLED", "false")
from hamilton import base, driver  # noqa: E402

ROWS, REQUESTS = 1_000_000, 200
OUTPUTS = columns_pandas.OUTPUTS
MEAN, STDDEV = 10.0, 4.0
PYTHON = os.environ.get("WEFT_BENCH_PYTHON", str(harness.ROOT / ".venv/bin/python"))


class Ours(harness.Ours):
    def __init__(self, *arguments):
        environment = {**os.environ, "PYTHONPATH": str(harness.BIN.parent / "python")}
        self.process = subprocess.Popen([PYTHON, str(HERE / "ours.py"), *map(str, arguments)], text=True, env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def made(rows):
    path = harness.DATA / f"expressions-{rows}.parquet"
    if not path.exists():
        data.make(rows, path)
    return path


def hamilton(module):
    return driver.Builder().with_modules(module).with_adapters(base.DictResult()).build()


def equal(left, right):
    """Sums and missing values of every output."""
    return all(abs(left[n][0] - right[n][0]) <= 1e-9 * ROWS and left[n][1] == right[n][1] for n in OUTPUTS)


def pandas_summary(result):
    return {n: (float(result[n].sum()), int(result[n].isna().sum())) for n in OUTPUTS}


def polars_summary(result):
    return {n: (float(result[n].sum()), int(result[n].null_count())) for n in OUTPUTS}


def batch(ours, path):
    frame, table = pd.read_parquet(path), pl.read_parquet(path)
    pandas_driver, polars_driver = hamilton(columns_pandas), hamilton(columns_polars)
    pandas_inputs = {name: frame[name] for name in frame.columns}
    polars_inputs = {name: table[name] for name in table.columns}
    for kind in ("traced", "called"):
        case = f"{ROWS} rows x 30, {kind}"
        harness.compare("python_traced", case, ours.timed("pandas", kind), "hamilton on pandas",
                        harness.clocked(lambda: pandas_driver.execute(OUTPUTS, inputs=pandas_inputs)),
                        lambda a, b: equal(a["summary"], pandas_summary(b)))
        harness.compare("python_traced", case, ours.timed("polars", kind), "hamilton on polars",
                        harness.clocked(lambda: polars_driver.execute(OUTPUTS, inputs=polars_inputs)),
                        lambda a, b: equal(a["summary"], polars_summary(b)))


def requests(ours, path):
    peer = hamilton(row_functions)
    inputs = [{**row, "a_mean": MEAN, "a_stddev": STDDEV} for row in pq.read_table(path).to_pylist()]

    def run():
        return [list(peer.execute(OUTPUTS, inputs=one).values()) for one in inputs]

    def each():
        seconds, answers = harness.least(run, 0.2)()
        return seconds / len(inputs), answers

    def same(mine, theirs):
        return all(a == b for a, b in zip(mine["answers"], theirs)) and len(mine["answers"]) == len(theirs)

    for kind in ("traced", "called"):
        harness.compare("python_traced", f"one request of 30, {kind}", ours.timed("requests_of", kind), "hamilton", each, same)


def main():
    many, few = made(ROWS), made(REQUESTS)
    with Ours(many, few) as ours:
        requests(ours, few)
        batch(ours, many)


main()
