"""Building a driver of 1,000 and 10,000 nodes from functions that are loaded, against Hamilton."""
import graphs
import harness


def main():
    with harness.Ours("bench_build") as ours:
        for shape in graphs.SHAPES:
            for size in (1_000, 10_000):
                functions = graphs.module(shape, size)
                harness.compare("build", f"{shape} {size}", ours.timed("driver", shape, size),
                                "hamilton", harness.clocked(lambda: graphs.build(functions)),
                                lambda mine, other: size <= mine["nodes"] <= size + 2 and
                                size <= len(other.graph.nodes) <= size + 2, rounds=5)


graphs.with_room(main)
