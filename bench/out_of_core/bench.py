"""10 GiB of rows (as Arrow holds them) through the thirty features of expressions, from Parquet to
Parquet, under a limit of 1 GiB: seconds, and peak resident memory. Against Polars' streaming engine,
without a limit. bench.py [GIB]."""
import itertools
import json
import pathlib
import re
import resource
import subprocess
import sys
import time

import harness
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(harness.ROOT / "bench/expressions"))
import data  # noqa: E402
import peers  # noqa: E402

GIB = 1 << 30
LIMIT = GIB
BYTES_A_ROW = 46
SUFFIX = ".parquet"


def limited():
    """Memory of its own that the process may have: heap, stacks and anonymous mappings."""
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))


def ours(source, target):
    """Seconds and peak bytes of `weft run`."""
    module = harness.ROOT / "build/release/modules/expressions.so"
    command = [harness.BIN / "weft", "run", "-m", module, *peers.OUTPUTS, "--rows", source, "--to", target,
               "--memory", "512MiB", "--stats"]
    begin = time.perf_counter()
    done = subprocess.run([str(word) for word in command], check=True, text=True, capture_output=True,
                          preexec_fn=limited)
    seconds = time.perf_counter() - begin
    peak = re.search(r"([\d,]+) MiB at most", done.stderr).group(1).replace(",", "")
    return seconds, int(peak) << 20


def theirs(source, target):
    """The same of Polars, in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "polars", source, target], check=True, text=True,
                          capture_output=True)
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["bytes"]


def polars(source, target):
    import polars as pl
    begin = time.perf_counter()
    peers.Polars.features(pl.scan_parquet(source)).sink_parquet(target)
    peak = harness.peak_bytes()
    print(json.dumps({"seconds": time.perf_counter() - begin, "bytes": peak}))


def blocks(path, rows=1 << 18):
    """The outputs in tables of so many rows, wherever the file's row groups end."""
    pending = []
    for batch in pq.ParquetFile(path).iter_batches(rows, columns=peers.OUTPUTS):
        pending.append(batch)
        table = pa.Table.from_batches(pending)
        if table.num_rows >= rows:
            yield table.slice(0, rows).combine_chunks()
            pending = table.slice(rows).to_batches()
    yield pa.Table.from_batches(pending).combine_chunks()


def same(left, right):
    """Every row: nulls, and values but for the last bits, in which vector maths of libraries differ."""
    for a, b in itertools.zip_longest(blocks(left), blocks(right)):
        if a is None or b is None or a.num_rows != b.num_rows:
            return False
        for name in peers.OUTPUTS:
            x, y = a[name], b[name]
            if not pc.is_valid(x).equals(pc.is_valid(y)):
                return False
            x, y = (np.asarray(pc.cast(pc.drop_null(v), "double")) for v in (x, y))
            if not np.allclose(x, y, rtol=1e-9, atol=1e-12, equal_nan=True):
                return False
    return True


def main(gib):
    rows = int(gib * GIB / BYTES_A_ROW)
    source = harness.DATA / f"expressions-{rows}{SUFFIX}"
    if not source.exists():
        data.make(rows, source)
    targets = [harness.DATA / f"out-of-core-{who}{SUFFIX}" for who in ("ours", "theirs")]
    mine = ours(str(source), str(targets[0]))
    other = theirs(str(source), str(targets[1]))
    equal = same(*targets)
    for unit, a, b in zip(("s", "bytes"), mine, other):
        harness.report("out_of_core", f"parquet {gib:g} GiB", a, "polars", b, unit, equal)
    for path in targets:
        pathlib.Path(path).unlink()


if sys.argv[1:2] == ["polars"]:
    polars(*sys.argv[2:])
else:
    main(float(sys.argv[1]) if sys.argv[1:] else 10)
