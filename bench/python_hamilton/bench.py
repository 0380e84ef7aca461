"""The same Python modules with weft.hamilton and with Hamilton: driver builds, runs, one request, the import."""
import os
import pathlib
import subprocess
import sys
import time

import graphs
import harness

HERE = harness.ROOT / "bench/python_hamilton"
PYTHON = os.environ.get("WEFT_BENCH_PYTHON", str(harness.ROOT / ".venv/bin/python"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(harness.BIN.parent / "python")}
SIZES = {"chain": (10, 100, 1_000, 10_000), "wide": (10, 100, 1_000, 10_000),
         "layered": (100, 1_000, 10_000), "fan": (10, 100, 1_000)}
INPUTS = 10


class Ours(harness.Ours):
    def __init__(self):
        self.process = subprocess.Popen([PYTHON, str(HERE / "ours.py")], text=True, env=ENVIRONMENT,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def least(function, budget):
    """harness.least() in the processor's seconds, as ours.py measures."""
    def run():
        seconds, spent = float("inf"), 0.0
        while spent < budget:
            begin = time.process_time()
            result = function()
            took = time.process_time() - begin
            seconds, spent = min(seconds, took), spent + took
        return seconds, result
    return run


def request_text():
    """Thirty functions over ten inputs."""
    lines = []
    for i in range(30):
        other = f"f{i - 10}" if i >= 10 else f"r{(i + 1) % INPUTS}"
        lines.append(f"def f{i}(r{i % INPUTS}: float, {other}: float) -> float: return r{i % INPUTS} * 2.0 + {other}")
    return "\n".join(lines)


def written(name, text):
    path = harness.DATA / f"python_hamilton-{name}.py"
    path.write_text(text)
    return path


def compare(case, ours, theirs):
    harness.compare("python_hamilton", case, ours, "hamilton", theirs,
                    lambda a, b: a["answer"] == b, rounds=5, budget=60.0)


def nodes(ours, shape, size):
    path = written(f"{shape}-{size}", graphs.source_text(shape, size))
    finals = graphs.outputs(shape, size)
    module = graphs.module(shape, size)

    def built():
        begin = time.process_time()
        driver = graphs.build(module)
        return time.process_time() - begin, len(driver.graph.nodes)

    compare(f"build {shape} {size}", ours.timed("build", path), built)
    driver = graphs.build(module)
    compare(f"run {shape} {size}", ours.timed("run", path, ",".join(finals)),
            least(lambda: list(driver.execute(finals, inputs={"x": 2.0}).values()), 0.05))


def request(ours):
    text = request_text()
    path = written("request", text)
    driver = graphs.build(graphs.ad_hoc_utils.module_from_source(text))
    finals = [f"f{i}" for i in range(30)]
    inputs = {f"r{i}": float(i) for i in range(INPUTS)}
    compare("request of 30 functions", ours.timed("request", path),
            least(lambda: list(driver.execute(finals, inputs=inputs).values()), 0.2))


def imports():
    def of(python, environment, module):
        def run():
            begin = time.perf_counter()
            subprocess.run([python, "-c", f"import {module}"], check=True, env=environment)
            return time.perf_counter() - begin, {"answer": True}
        return run
    theirs = of(sys.executable, os.environ, "hamilton.driver")
    compare("import", of(PYTHON, ENVIRONMENT, "weft.hamilton.driver"), lambda: (theirs()[0], True))


def main():
    pathlib.Path(harness.DATA).mkdir(exist_ok=True)
    with Ours() as ours:
        for shape, sizes in SIZES.items():
            for size in sizes:
                nodes(ours, shape, size)
        request(ours)
    imports()


graphs.with_room(main)
