"""Our side of the bench, in a process with the package's own Python: answers tasks, a line each."""
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import columns_pandas  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import rows  # noqa: E402
import weft  # noqa: E402

OUTPUTS = columns_pandas.OUTPUTS
MEAN, STDDEV = 10.0, 4.0


def summary(frame):
    return {name: (float(frame[name].sum()), int(frame[name].isna().sum())) for name in OUTPUTS}


def polars_summary(frame):
    return {name: (float(frame[name].fill_nan(None).sum() if frame[name].dtype.is_float() else frame[name].sum()),
                   int(frame[name].is_null().sum() + (frame[name].is_nan().sum() if frame[name].dtype.is_float() else 0)))
            for name in OUTPUTS}


class Tasks:
    def __init__(self, path, few):
        self.table = pq.read_table(path)
        self.frame = self.table.to_pandas()
        self.columns = {name: self.frame[name] for name in self.frame.columns}
        self.requests = [{**row, "a_mean": MEAN, "a_stddev": STDDEV} for row in pq.read_table(few).to_pylist()]
        self.drivers = {kind: weft.Driver(columns_pandas, compile=kind == "traced") for kind in ("traced", "called")}
        self.runners = {kind: weft.Driver(rows, compile=kind == "traced").plan(OUTPUTS, context="online").rows()
                        for kind in ("traced", "called")}

    def pandas(self, kind):
        begin = time.perf_counter()
        frame = self.drivers[kind].execute(OUTPUTS, self.columns).to_pandas()
        return {"seconds": time.perf_counter() - begin, "summary": summary(frame)}

    def polars(self, kind):
        import polars as pl

        if not hasattr(self, "polars_columns"):
            frame = pl.from_arrow(self.table)
            self.polars_columns = {name: frame[name] for name in frame.columns}
        begin = time.perf_counter()
        frame = self.drivers[kind].execute(OUTPUTS, self.polars_columns).to_polars()
        return {"seconds": time.perf_counter() - begin, "summary": polars_summary(frame)}

    def requests_of(self, kind):
        run, requests = self.runners[kind], self.requests
        best, spent = float("inf"), 0.0
        while spent < 0.1:
            begin = time.perf_counter()
            answers = [run(request) for request in requests]
            took = time.perf_counter() - begin
            best, spent = min(best, took), spent + took
        return {"seconds": best / len(requests), "answers": [list(answer.values()) for answer in answers]}


def main():
    tasks = Tasks(sys.argv[1], sys.argv[2])
    for line in sys.stdin:
        task, kind = line.split()
        print(json.dumps(getattr(tasks, task)(kind)), flush=True)


main()
