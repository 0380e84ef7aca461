"""Memory of chains of a hundred columns of two million rows, of which only the last is asked for: peak
resident memory above what was there before the run, each in a process of its own. Against Hamilton and
pandas and Polars lazy, and (for whole-column operators) against a loop that holds but two columns."""
import json
import subprocess
import sys

import harness

NODES, ROWS = 100, 2_000_000


def bytes_of(*command):
    """The least of three runs."""
    lines = [json.loads(subprocess.run([str(word) for word in command], check=True, text=True,
                                       capture_output=True).stdout) for _ in range(3)]
    return min(lines, key=lambda line: line["bytes"])


def main():
    program, peers = harness.BIN / "bench_memory", harness.ROOT / "bench/memory/peers.py"
    for chain in ("row", "operator"):
        ours = bytes_of(program, chain, NODES, ROWS)
        theirs = {peer: bytes_of(sys.executable, peers, peer, chain, NODES, ROWS)
                  for peer in ("hamilton", "pandas", "polars")}
        if chain == "operator":
            theirs["hand"] = bytes_of(program, "hand", NODES, ROWS)
        for peer, line in theirs.items():
            harness.report("memory", f"{chain} chain {NODES}x{ROWS}", ours["bytes"], peer,
                           line["bytes"], "bytes",
                           ours["nulls"] == line["nulls"] and
                           harness.close(ours["sum"], line["sum"], 1e-7))


main()
