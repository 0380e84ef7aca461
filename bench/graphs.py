"""The graphs of the benches nodes and build, for Hamilton: modules of plain functions. The same graphs
for Weft are in graphs.cc."""
import math
import sys
import threading

from hamilton import ad_hoc_utils, driver

SHAPES = ("chain", "wide", "layered", "fan")


def source_text(shape, size):
    """Functions n0 .. n{size-1} over the input x."""
    lines = ["from hamilton.function_modifiers import group, inject, source"]
    width = math.isqrt(size)
    for i in range(size):
        if shape == "wide" or i == 0 or (shape == "layered" and i < width):
            lines.append(f"def n{i}(x: float) -> float: return x * 0.5 + {i % 7}.0")
        elif shape == "chain":
            lines.append(f"def n{i}(n{i - 1}: float) -> float: return n{i - 1} * 0.5 + {i % 7}.0")
        elif shape == "layered":
            left, right = above(i, width)
            lines.append(f"def n{i}(n{left}: float, n{right}: float) -> float: "
                         f"return n{left} * 0.25 + n{right} * 0.5")
        elif i < size - 1:
            lines.append(f"def n{i}(n0: float) -> float: return n0 * 0.5 + {i % 7}.0")
        else:
            parts = ", ".join(f"source('n{k}')" for k in range(1, i))
            lines.append(f"@inject(parts=group({parts}))")
            lines.append(f"def n{i}(parts: list[float]) -> float: return sum(parts)")
    return "\n".join(lines)


def above(i, width):
    """The two nodes of the layer before that node i of a layered graph takes."""
    layer, place = divmod(i, width)
    return (layer - 1) * width + place, (layer - 1) * width + (place + 1) % width


def outputs(shape, size):
    """All nodes that no other takes."""
    first = {"wide": 0, "layered": size - math.isqrt(size)}.get(shape, size - 1)
    return [f"n{i}" for i in range(first, size)]


def module(shape, size):
    return ad_hoc_utils.module_from_source(source_text(shape, size))


def build(functions):
    return driver.Builder().with_modules(functions).build()


def with_room(function):
    """Runs it where Hamilton's recursion has room for the deepest of these graphs."""
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(1 << 30)
    failures = []

    def run():
        try:
            function()
        except BaseException as failure:  # noqa: BLE001: it is raised again below
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
