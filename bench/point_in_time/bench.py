"""A spine of a million rows with the features of views of ten million, a hundred thousand keys, a ttl of
a week: from memory and from Parquet, against DuckDB's ASOF join and Polars' join_asof on as many threads.
Peers may give their rows in any order; ours are the spine's. bench.py [SPINE_ROWS [VIEW_ROWS [KEYS]]]"""
import json
import os
import subprocess
import sys
import time

import harness

THREADS = int(os.environ.get("WEFT_BENCH_THREADS", os.cpu_count()))
os.environ["POLARS_MAX_THREADS"] = str(THREADS)
TTL_HOURS = 7 * 24

import data  # noqa: E402
import duckdb  # noqa: E402
import polars as pl  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

# kind of keys, spread, clustered by (key, time), views
CASES = [("integer", "uniform", False, 1), ("integer", "uniform", False, 3), ("integer", "uniform", True, 1),
         ("wide", "uniform", False, 1), ("string", "uniform", False, 1), ("string", "uniform", True, 1),
         ("integer", "zipf", False, 1)]


class Files:
    """The spine and views of one case, made when they are first asked for."""

    def __init__(self, sizes, kind, spread, clustered, views):
        spine_rows, view_rows, keys = sizes
        stem = f"pit-{spine_rows}-{view_rows}-{keys}-{kind}-{spread}"
        self.spine = harness.DATA / f"{stem}-spine.parquet"
        if not self.spine.exists():
            data.spine(self.spine, spine_rows, keys, kind, spread)
        self.views = []
        for i in range(views):
            path = harness.DATA / f"{stem}-v{i}{'-clustered' if clustered else ''}.parquet"
            if not path.exists():
                data.view(path, i, view_rows, keys, kind, spread, clustered)
            self.views.append(path)

    def paths(self):
        return [self.spine, *self.views]


def read(path):
    return pq.read_table(path).combine_chunks()


class DuckDB:
    name = "duckdb"

    def __init__(self, files, mode):
        self.connection = duckdb.connect()
        # It takes sources of unknown size for tiny ones, and would join them by nested loops.
        self.connection.execute(f"SET threads = {THREADS}; SET preserve_insertion_order = false; "
                                "SET asof_loop_join_threshold = 0")
        names = [f"'{p}'" for p in files.paths()]
        if mode == "memory":
            for i, name in enumerate(names):
                self.connection.execute(f"CREATE TABLE t{i} AS FROM {name}")
            names = [f"t{i}" for i in range(len(names))]
        columns, joins = [], []
        for i in range(len(files.views)):
            fresh = f"v{i}.at >= s.at - INTERVAL {TTL_HOURS} HOUR"
            columns += [f"CASE WHEN {fresh} THEN v{i}.f{k} END AS v{i}__f{k}" for k in range(data.FEATURES)]
            joins.append(f"ASOF LEFT JOIN {names[i + 1]} v{i} ON s.entity = v{i}.entity AND s.at >= v{i}.at")
        self.query = f"SELECT s.*, {', '.join(columns)} FROM {names[0]} s {' '.join(joins)}"

    def join(self):
        return self.connection.execute(self.query).to_arrow_table()


class Polars:
    name = "polars"

    def __init__(self, files, mode):
        self.sources = [pl.from_arrow(read(p)).lazy() if mode == "memory" else pl.scan_parquet(p)
                        for p in files.paths()]

    def join(self):
        joined = self.sources[0].sort("at")
        for i, view in enumerate(self.sources[1:]):
            view = view.rename({f"f{k}": f"v{i}__f{k}" for k in range(data.FEATURES)}).sort("at")
            joined = joined.join_asof(view, on="at", by="entity", tolerance=f"{TTL_HOURS}h",
                                      strategy="backward", check_sortedness=False, coalesce=True)
        return joined.collect().to_arrow()


def summary_of(joined):
    frame = pl.from_arrow(joined)
    names = [n for n in frame.columns if "__f" in n]
    weight = pl.col("row") % 1009
    sums = frame.select([(pl.col(n) * weight).sum() for n in names]).row(0)
    counts = frame.select([pl.col(n).count() for n in names]).row(0)
    return {n: [s, c] for n, s, c in zip(names, sums, counts)}


def same(left, right):
    return left.keys() == right.keys() and all(
        left[n][1] == right[n][1] and harness.close(left[n][0], right[n][0], 1e-6) for n in left)


def alone(peer, mode, paths_json):
    """Peak bytes of one join in a process of its own."""
    files = Files.__new__(Files)
    files.spine, *files.views = json.loads(paths_json)
    joined = {"duckdb": DuckDB, "polars": Polars}[peer](files, mode).join()
    assert joined.num_rows > 0
    print(harness.peak_bytes())


def in_turn(ours, theirs, rounds=7, budget=60.0):
    """The least seconds and CPU seconds of each, called in turn, and the last answers. CPU seconds also
    tell something on a machine that has other things to do."""
    mine, other = [float("inf")] * 2, [float("inf")] * 2
    started = time.perf_counter()
    for done in range(rounds):
        if done >= 2 and time.perf_counter() - started > budget:
            break
        answer = ours()
        mine = [min(mine[0], answer["seconds"]), min(mine[1], answer["cpu_seconds"])]
        begin, cpu = time.perf_counter(), time.process_time()
        joined = theirs()
        other = [min(other[0], time.perf_counter() - begin), min(other[1], time.process_time() - cpu)]
    return mine, other, answer, joined


def peak_of(peer, mode, files):
    return int(subprocess.run([sys.executable, __file__, "alone", peer, mode,
                               json.dumps([str(p) for p in files.paths()])],
                              check=True, text=True, capture_output=True).stdout)


def run_case(sizes, case, mode, peers=(DuckDB, Polars)):
    kind, spread, clustered, views = case
    files = Files(sizes, *case)
    title = f"{mode} {kind} {spread}{' clustered' if clustered else ''} {views} view{'s' if views > 1 else ''}"
    words = ["join", mode, THREADS, TTL_HOURS, *files.paths()]
    with harness.Ours("bench_point_in_time") as ours:
        for peer in peers:
            theirs = peer(files, mode)
            mine, other, answer, joined = in_turn(lambda: ours.ask(*words), theirs.join)
            equal = same(answer["summary"], summary_of(joined))
            for unit, a, b in zip(("s", "cpu s"), mine, other):
                harness.report("point_in_time", title, a, peer.name, b, unit, equal)
            del theirs, joined
    with harness.Ours("bench_point_in_time") as ours:
        peak = ours.ask(*words)["peak_bytes"]
    harness.report("point_in_time", title, peak, "duckdb", peak_of("duckdb", mode, files), "bytes", True)


def main(arguments):
    sizes = [int(float(a)) for a in arguments] + [1_000_000, 10_000_000, 100_000][len(arguments):]
    for case in CASES:
        for mode in ("memory", "parquet"):
            run_case(sizes, case, mode)


if sys.argv[1:2] == ["alone"]:
    alone(*sys.argv[2:])
else:
    main(sys.argv[1:])
