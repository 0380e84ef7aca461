#!/usr/bin/env python3
"""join_peers.py WEFT [SEED [ROUNDS]]: random tables, joined as of each row's time by `weft history` and by
DuckDB, have to give the same rows. Needs duckdb and pyarrow. Exits with 1 and the seed if they differ.

DuckDB's side is no ASOF join, which knows neither ttl nor ties, but the rule itself: of all rows of the key
with t - ttl <= event time <= t (and, as of known times, known <= t) the last by (event time, known time).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

TIMES = 60  # so few that ties and edges of the ttl come up
TYPES = {"int64": pa.int64(), "string": pa.string(), "timestamp": pa.timestamp("us", tz="UTC")}


def key_value(rng: random.Random, kind: str, spread: int):
    if rng.random() < 0.05:
        return None
    n = rng.randrange(spread)
    return n if kind == "int64" else f"k{n}"


def some_time(rng: random.Random, nulls: float = 0.05):
    return None if rng.random() < nulls else rng.randrange(TIMES) * 1_000_000


class Round:
    def __init__(self, seed: int, folder: Path):
        rng = self.rng = random.Random(seed)
        self.folder = folder
        self.kinds = [rng.choice(["int64", "string"]) for _ in range(rng.randrange(1, 3))]
        self.spread = rng.choice([1, 3, 20])
        self.ttl = rng.choice([None, 0, 1, 7, 30])
        self.known = rng.random() < 0.5
        self.write()

    def write(self) -> None:
        rng = self.rng
        keys = [f"key{i}" for i in range(len(self.kinds))]
        n = rng.choice([0, 1, 30, 400])
        rows = {k: [key_value(rng, kind, self.spread) for _ in range(n)] for k, kind in zip(keys, self.kinds)}
        rows["at"] = [some_time(rng) for _ in range(n)]
        # A row of its own for each value: rows that tie in both times would have no order in SQL.
        seen: set[tuple] = set()
        known = []
        for i in range(n):
            time = some_time(rng, 0)
            while (identity := tuple(rows[k][i] for k in [*keys, "at"]) + (time,)) in seen:
                time += 1
            seen.add(identity)
            known.append(time)
        rows["known"] = known
        rows["value"] = [None if rng.random() < 0.2 else rng.random() for _ in range(n)]
        m = rng.choice([1, 10, 300])
        spine = {k: [key_value(rng, kind, self.spread) for _ in range(m)] for k, kind in zip(keys, self.kinds)}
        spine["when"] = [some_time(rng) for _ in range(m)]
        spine["number"] = list(range(m))
        types = dict(zip(keys, self.kinds)) | {"at": "timestamp", "known": "timestamp", "when": "timestamp"}
        self.keys = keys
        for name, columns in (("rows", rows), ("spine", spine)):
            arrays = {c: pa.array(v, TYPES[types[c]]) if c in types else pa.array(v, pa.float64() if c == "value" else pa.int64())
                      for c, v in columns.items()}
            pq.write_table(pa.table(arrays), self.folder / f"{name}.parquet", row_group_size=64)
        declared = ", ".join(f"{k}: {kind}" for k, kind in zip(keys, self.kinds))
        ttl = "" if self.ttl is None else f", ttl: {self.ttl}s"
        (self.folder / "defs.yaml").write_text(
            f"entities:\n  e: {{keys: {{{declared}}}}}\n"
            "sources:\n  rows: {path: rows.parquet, time: at, known: known}\n"
            f"views:\n  v: {{entities: [e], source: rows, features: [value]{ttl}}}\n")
        (self.folder / "weft.yaml").write_text("project: random\ndefinitions: [defs.yaml]\n")

    def ours(self, weft: str) -> list:
        def run(*words: str) -> None:
            done = subprocess.run([weft, *words, "--project", str(self.folder)], capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(done.stderr)
        run("apply", "--allow-destructive")
        out = self.folder / "out.parquet"
        run("history", "v:value", "--spine", str(self.folder / "spine.parquet"), "--time", "when",
            "--to", str(out), *(["--as-of", "known"] if self.known else []))
        table = pq.read_table(out)
        return list(zip(table["number"].to_pylist(), table["value"].to_pylist()))

    def theirs(self) -> list:
        same = " and ".join(f"f.{k} = s.{k}" for k in self.keys)
        ttl = "" if self.ttl is None else f"and f.at >= s.when - interval {self.ttl} second"
        known = "and f.known <= s.when" if self.known else ""
        return duckdb.sql(f"""
            select number, value from (
              select s.number, f.value, row_number() over (
                partition by s.number order by f.at desc nulls last, f.known desc nulls last) as place
              from '{self.folder}/spine.parquet' s left join '{self.folder}/rows.parquet' f
                on {same} and f.at <= s."when" {ttl.replace('s.when', 's."when"')} {known.replace('s.when', 's."when"')})
            where place = 1 order by number""").fetchall()


def main() -> int:
    weft = sys.argv[1]
    default = int(os.environ.get("WEFT_SEEDS_FROM", random.randrange(10**9)))
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else default
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    for number in range(seed, seed + rounds):
        with tempfile.TemporaryDirectory() as folder:
            one = Round(number, Path(folder))
            ours, theirs = one.ours(weft), one.theirs()
            if ours != theirs:
                different = [(a, b) for a, b in zip(ours, theirs) if a != b][:5]
                print(f"seed {number}: {len(ours)} rows against {len(theirs)}; ttl {one.ttl}, known {one.known}; "
                      f"ours and DuckDB's: {different}")
                return 1
    print(f"{rounds} rounds from seed {seed}: the same rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
