"""A spine of a million rows with the features of views of ten million, a hundred thousand keys, a ttl of
a week: from memory, from Parquet and from tables such as stores have, against DuckDB's ASOF join and
Polars' join_asof on as many threads. Peers may give their rows in any order; ours are the spine's. For
tables they read the tables' own files, and then the Parquet files that these were made of. "small spine"
asks for ten keys of a table, and "within" is a limit of memory. bench.py [SPINE_ROWS [VIEW_ROWS [KEYS [CASE_TEXT]]]]; only cases whose title
has the text."""
import json
import os
import pathlib
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
SMALL_SPINE_KEYS = 10
LIMIT_MIB = 64


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

    def as_tables(self):
        """The same rows in tables of ours, clustered by key and time."""
        out = Files.__new__(Files)
        out.spine, out.views = self.spine, []
        with harness.Ours("bench_point_in_time") as ours:
            for path in self.views:
                table = path.with_suffix(".table")
                if not table.exists():
                    ours.ask("write", path, table)
                out.views.append(table)
        return out

    def with_small_spine(self):
        """The rows of a few keys of the spine."""
        out = Files.__new__(Files)
        out.spine, out.views = self.spine.with_suffix(".small.parquet"), self.views
        if not out.spine.exists():
            rows = pl.read_parquet(self.spine)
            few = rows["entity"].unique(maintain_order=True).head(SMALL_SPINE_KEYS)
            rows.filter(pl.col("entity").is_in(few.implode())).write_parquet(out.spine)
        return out


def parquet_of(path):
    """What other engines read: a file, or the files of a table that nobody has changed."""
    return f"{path}/*.parquet" if path.is_dir() else str(path)


def read(path):
    return pq.read_table(path).combine_chunks()


class DuckDB:
    name = "duckdb"

    def __init__(self, files, mode):
        self.connection = duckdb.connect()
        # It takes sources of unknown size for tiny ones, and would join them by nested loops.
        self.connection.execute(f"SET threads = {THREADS}; SET preserve_insertion_order = false; "
                                "SET asof_loop_join_threshold = 0")
        names = [f"'{parquet_of(p)}'" for p in files.paths()]
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
        self.sources = [pl.from_arrow(read(p)).lazy() if mode == "memory" else self.scan(p)
                        for p in files.paths()]

    @staticmethod
    def scan(path):
        rows = pl.scan_parquet(parquet_of(path))
        # Tables say that their times are UTC; joined are times without a zone.
        return rows.with_columns(pl.col("at").dt.replace_time_zone(None)) if path.is_dir() else rows

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
    files.spine, *files.views = map(pathlib.Path, json.loads(paths_json))
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


def compare(title, files, mode, others, suffix="", budget=60.0):
    """`others` are the files the peers read."""
    words = ["join", mode, THREADS, TTL_HOURS, *files.paths()]
    with harness.Ours("bench_point_in_time") as ours:
        for peer in (DuckDB, Polars):
            theirs = peer(others, mode)
            mine, other, answer, joined = in_turn(lambda: ours.ask(*words), theirs.join, budget=budget)
            equal = same(answer["summary"], summary_of(joined))
            for unit, a, b in zip(("s", "cpu s"), mine, other):
                harness.report("point_in_time", title, a, peer.name + suffix, b, unit, equal)
            del theirs, joined


def compare_memory(title, files, mode):
    with harness.Ours("bench_point_in_time") as ours:
        peak = ours.ask("join", mode, THREADS, TTL_HOURS, *files.paths())["peak_bytes"]
    harness.report("point_in_time", title, peak, "duckdb", peak_of("duckdb", mode, files), "bytes", True)


def compare_limited(title, files, mode):
    """Ours with a limit of memory, beside ours without."""
    answers = []
    for kind in (f"within:{LIMIT_MIB}", mode):
        with harness.Ours("bench_point_in_time") as ours:
            answers.append(ours.ask("join", kind, THREADS, TTL_HOURS, *files.paths()))
    limited, free = answers
    equal = same(limited["summary"], free["summary"])
    for name, unit in (("seconds", "s"), ("cpu_seconds", "cpu s"), ("peak_bytes", "bytes")):
        harness.report("point_in_time", f"{title} within {LIMIT_MIB} MiB", limited[name], "weft without a limit",
                       free[name], unit, equal)


def run_case(sizes, case, text=""):
    kind, spread, clustered, views = case
    title = f"{kind} {spread}{' clustered' if clustered else ''} {views} view{'s' if views > 1 else ''}"
    for mode in ("memory", "parquet"):
        if text in f"{mode} {title}":
            files = Files(sizes, *case)
            compare(f"{mode} {title}", files, mode, files)
            compare_memory(f"{mode} {title}", files, mode)
        if text in f"{mode} {title} within" and mode == "parquet":
            compare_limited(f"{mode} {title}", Files(sizes, *case), mode)
    if clustered:
        return
    if text in f"table {title} within":
        compare_limited(f"table {title}", Files(sizes, *case).as_tables(), "table")
    if text in f"table {title}":
        files = Files(sizes, *case)
        tables = files.as_tables()
        compare(f"table {title}", tables, "table", tables)
        compare(f"table {title}", tables, "table", files, " on plain Parquet")
        compare_memory(f"table {title}", tables, "table")
    if text in f"table {title} small spine" and views == 1:
        tables = Files(sizes, *case).as_tables().with_small_spine()
        compare(f"table {title} small spine", tables, "table", tables, budget=10.0)


def main(arguments):
    text = arguments.pop() if len(arguments) > 3 else ""
    sizes = [int(float(a)) for a in arguments] + [1_000_000, 10_000_000, 100_000][len(arguments):]
    for case in CASES:
        run_case(sizes, case, text)


if sys.argv[1:2] == ["alone"]:
    alone(*sys.argv[2:])
else:
    main(sys.argv[1:])
