"""What every bench shares: timing, the line it prints, and running our own side."""
import json
import os
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("WEFT_BENCH_BIN", ROOT / "build/release/bin"))
DATA = ROOT / "bench/.data"


def timed(function, repeat=5, seconds=8.0):
    """The median of up to `repeat` calls after one that does not count, and the last result."""
    result = function()
    times = []
    started = time.perf_counter()
    while len(times) < repeat and (not times or time.perf_counter() - started < seconds):
        begin = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - begin)
    return statistics.median(times), result


def ours(program, *arguments):
    """Runs one of our programs; it prints one JSON object a line."""
    done = subprocess.run([str(BIN / program), *map(str, arguments)], check=True,
                          capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def report(bench, case, ours_value, peer, theirs_value, unit, equal):
    """One comparison. ratio = theirs / ours: above 1 means that ours is better."""
    print(json.dumps({
        "bench": bench, "case": case, "ours": significant(ours_value), "peer": peer,
        "theirs": significant(theirs_value), "unit": unit,
        "ratio": significant(theirs_value / ours_value), "equal": equal}), flush=True)


def significant(value, digits=4):
    return float(f"{value:.{digits}g}")


def close(left, right, relative=1e-9):
    """Equal but for the last bits, in which vector maths of several libraries differ."""
    if left == right:
        return True
    return abs(left - right) <= relative * max(abs(left), abs(right))
