"""What a run costs a node: chains, wide, layered and fan graphs of 10 to 10,000 nodes, a held plan and
plain execute() against Hamilton, outputs read; and ours alone to 100,000 nodes, outputs not read, where a
node costs what it costs in a graph of a tenth of the size (peer "weft")."""
import graphs
import harness


def main():
    with harness.Ours("bench_nodes") as ours:
        for shape in graphs.SHAPES:
            each = {}
            for size in (10, 100, 1_000, 10_000, 100_000):
                ours.ask("load", shape, size)
                if size <= 10_000:
                    against_hamilton(ours, shape, size)
                each[size] = {way: min(ours.ask(way)["run_seconds"] for _ in range(20)) / size
                              for way in ("held", "execute")}
                if size < 10_000:
                    continue
                for way in ("held", "execute"):
                    harness.report("nodes", f"{way} {shape} {size} a node", each[size][way], "weft",
                                   each[size // 10][way], "s", True)


def against_hamilton(ours, shape, size):
    outputs = graphs.outputs(shape, size)
    theirs = graphs.build(graphs.module(shape, size))
    run = harness.least(lambda: sum(theirs.execute(outputs, inputs={"x": 3.0}).values()))
    for way in ("held", "execute"):
        harness.compare("nodes", f"{way} {shape} {size}", ours.timed(way), "hamilton", run,
                        lambda mine, other: harness.close(mine["sum"], other),
                        budget=4.0)


graphs.with_room(main)
