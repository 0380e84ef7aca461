"""What every bench shares: our side as a process that answers, timing the two in turn, and the line."""
import json
import os
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("WEFT_BENCH_BIN", ROOT / "build/release/bin"))
DATA = ROOT / "bench/.data"


def peak_bytes():
    """The most memory that this process has held. Not getrusage's: that goes on from whoever started it."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


class Ours:
    """One of our programs. ask("held", "chain", 100) sends a line and returns its JSON answer."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([str(BIN / program), *map(str, arguments)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} ended at {words}")
        return json.loads(line)

    def timed(self, *words):
        """For compare(): the task's seconds and its whole answer."""
        def run():
            answer = self.ask(*words)
            return answer["seconds"], answer
        return run

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def clocked(function):
    """For compare(): the seconds of one call, and its result."""
    def run():
        begin = time.perf_counter()
        result = function()
        return time.perf_counter() - begin, result
    return run


def least(function, budget=0.02):
    """For compare(): the least seconds of one call among as many as fit into `budget`."""
    def run():
        seconds, spent = float("inf"), 0.0
        while spent < budget:
            begin = time.perf_counter()
            result = function()
            took = time.perf_counter() - begin
            seconds, spent = min(seconds, took), spent + took
        return seconds, result
    return run


def in_turn(ours, theirs, rounds=15, budget=10.0):
    """The least value of each, called in turn, so that whatever else the machine does strikes both; and
    the last answer of each. At least three rounds, after one that does not count; but that one counts
    where it alone takes longer than the budget, and then it is the only one."""
    started = time.perf_counter()
    mine, our_answer = ours()
    other, their_answer = theirs()
    if time.perf_counter() - started > budget:
        return [mine, other], our_answer, their_answer
    best = [float("inf"), float("inf")]
    started = time.perf_counter()
    for done in range(rounds):
        if done >= 3 and time.perf_counter() - started > budget:
            break
        mine, our_answer = ours()
        other, their_answer = theirs()
        best = [min(best[0], mine), min(best[1], other)]
    return best, our_answer, their_answer


def compare(bench, case, ours, peer, theirs, equal, rounds=15, budget=10.0):
    """Times the two in turn and reports. Each returns (seconds, answer); `equal` takes both answers."""
    (mine, other), our_answer, their_answer = in_turn(ours, theirs, rounds, budget)
    report(bench, case, mine, peer, other, "s", bool(equal(our_answer, their_answer)))


def report(bench, case, ours_value, peer, theirs_value, unit, equal, more_is_better=False):
    """One comparison. ratio = theirs / ours, or ours / theirs of what should be large: above 1 means that
    ours is better."""
    ratio = ours_value / theirs_value if more_is_better else theirs_value / ours_value
    print(json.dumps({
        "bench": bench, "case": case, "ours": significant(ours_value), "peer": peer,
        "theirs": significant(theirs_value), "unit": unit,
        "ratio": significant(ratio), "equal": equal}), flush=True)


def significant(value, digits=4):
    return float(f"{value:.{digits}g}")


def close(left, right, relative=1e-9):
    """Equal but for the last bits, in which vector maths of several libraries differ."""
    if left == right:
        return True
    return abs(left - right) <= relative * max(abs(left), abs(right))
