"""What stands around a run: async drivers, tasks, the cache, loaders and savers, pictures."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import pathlib
import textwrap

import pytest
from weft.hamilton import ad_hoc_utils, async_driver, base, driver
from weft.hamilton.caching import fingerprinting
from weft.hamilton.execution import executors
from weft.hamilton.io.materialization import from_, to
from weft.hamilton.lifecycle import GracefulErrorAdapter
from weft.hamilton.plugins.h_threadpool import FutureAdapter


def module_of(text: str):
    return ad_hoc_utils.module_from_source(textwrap.dedent(text))


# ---- async -----------------------------------------------------------------------------------------------


def async_driver_of(text: str, *adapters) -> async_driver.AsyncDriver:
    builder = async_driver.Builder().with_modules(module_of(text)).with_adapters(*adapters)
    return builder.build_without_init()


MEETING = """
    import asyncio
    here = []
    async def left(x: int) -> int:
        here.append("left")
        while "right" not in here: await asyncio.sleep(0)
        return x
    async def right(x: int) -> int:
        here.append("right")
        while "left" not in here: await asyncio.sleep(0)
        return x * 10
    def both(left: int, right: int, y: int = 1) -> int: return left + right + y
"""


def test_async_nodes_wait_at_the_same_time_and_mix_with_plain_ones() -> None:
    built = async_driver_of(MEETING)
    found = asyncio.run(asyncio.wait_for(built.execute(["both", "left"], inputs={"x": 2}), 20))
    assert found == {"both": 23, "left": 2}


def test_an_async_failure_cancels_the_rest() -> None:
    built = async_driver_of(
        """
        import asyncio
        cancelled = []
        async def fails() -> int:
            await asyncio.sleep(0)
            raise KeyError("no")
        async def waits() -> int:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise
        def both(fails: int, waits: int) -> int: return 1
        """
    )
    with pytest.raises(KeyError, match="no"):
        asyncio.run(asyncio.wait_for(built.execute(["both"]), 20))
    assert built.graph_modules[0].cancelled == [True]


def test_async_checks_inputs_as_the_plain_driver_does() -> None:
    built = async_driver_of("async def a(x: int) -> int: return x")
    for inputs in ({}, {"x": "text"}):
        with pytest.raises(ValueError, match="x"):
            asyncio.run(built.execute(["a"], inputs=inputs))


# ---- tasks -----------------------------------------------------------------------------------------------


PARALLEL = """
    from weft.hamilton.htypes import Collect, Parallelizable
    def each(n: int) -> Parallelizable[int]:
        yield from range(n)
    def squared(each: int) -> int: return each * each
    def cubed(squared: int, each: int) -> int: return squared * each
    def squares(squared: Collect[int]) -> list: return list(squared)
    def cubes(cubed: Collect[int], squares: list) -> list: return [list(cubed), squares]
"""


def tasks_of(text: str, executor, *adapters) -> driver.Driver:
    builder = driver.Builder().with_modules(module_of(text)).with_adapters(*adapters)
    return builder.enable_dynamic_execution(allow_experimental_mode=True).with_remote_executor(executor).build()


@pytest.mark.parametrize(
    "executor", [executors.SynchronousLocalTaskExecutor(), executors.MultiThreadingExecutor(max_tasks=3)]
)
def test_several_collects_and_inner_nodes(executor) -> None:
    built = tasks_of(PARALLEL, executor)
    found = built.execute(["cubes", "squared"], inputs={"n": 20})
    squares = [i * i for i in range(20)]
    assert found == {"cubes": [[i**3 for i in range(20)], squares], "squared": squares}
    assert built.execute(["cubes"], inputs={"n": 0}) == {"cubes": [[], []]}
    assert built.execute(["squared"], inputs={"n": 2}) == {"squared": [0, 1]}


def test_blocks_within_blocks_are_refused() -> None:
    text = PARALLEL + "\n    def again(squared: int) -> Parallelizable[int]:\n        yield squared\n"
    text += "    def end(again: Collect[int]) -> int: return 1\n"
    with pytest.raises(ValueError, match="'again' is Parallelizable and runs for each element of 'each'"):
        tasks_of(text, executors.SynchronousLocalTaskExecutor()).execute(["end"], inputs={"n": 2})


def test_graceful_errors_in_a_block() -> None:
    text = PARALLEL.replace("return each * each", "return 6 // each")
    graceful = GracefulErrorAdapter(ZeroDivisionError, None)
    built = tasks_of(text, executors.SynchronousLocalTaskExecutor(), graceful)
    assert built.execute(["squares"], inputs={"n": 4}) == {"squares": [None, 6, 3, 2]}


def test_threads_without_tasks() -> None:
    builder = driver.Builder().with_modules(module_of("def a(x: int) -> int: return x\ndef b(a: int) -> int: return -a"))
    assert builder.with_adapters(FutureAdapter()).build().execute(["b", "a"], inputs={"x": 3}) == {"b": -3, "a": 3}


# ---- the cache ---------------------------------------------------------------------------------------------


def test_the_cache_computes_what_changed(tmp_path: pathlib.Path) -> None:
    text = "calls = []\ndef a(x: int) -> int:\n    calls.append('a')\n    return x % 2\n"
    text += "def b(a: int, k: int = {k}) -> int:\n    calls.append('b')\n    return a + k\n"

    def run(k: int, x: int) -> tuple[dict, list]:
        module = ad_hoc_utils.module_from_source(text.replace("{k}", str(k)))
        built = driver.Builder().with_modules(module).with_cache(path=tmp_path).build()
        return built.execute(["b"], inputs={"x": x}), module.calls

    assert run(1, 1) == ({"b": 2}, ["a", "b"])
    assert run(1, 1) == ({"b": 2}, [])
    assert run(1, 3) == ({"b": 2}, ["a"])  # another input, and the same value of a
    assert run(5, 3) == ({"b": 6}, ["b"])  # other code of b


def test_a_damaged_result_is_computed_again(tmp_path: pathlib.Path) -> None:
    module = module_of("def a(x: int) -> list: return [x]")
    built = driver.Builder().with_modules(module).with_cache(path=tmp_path).build()
    built.execute(["a"], inputs={"x": 1})
    version = built.cache.data_versions[built.cache.last_run_id]["a"]
    (tmp_path / version).write_bytes(b"damaged")
    assert built.execute(["a"], inputs={"x": 1}) == {"a": [1]}
    assert built.cache.result_store.get(version) == [1]


def test_fingerprints_tell_values_apart() -> None:
    deep = lambda leaf: nested(leaf, 12)  # noqa: E731
    values = [1, 1.0, True, "1", b"1", None, [1], (1,), {1}, {"a": 1}, {"a": 2}, [[1], 2], [[1, 2]], deep(1), deep(2)]
    prints = [fingerprinting.hash_value(v) for v in values]
    assert len(set(prints)) == len(values)
    assert fingerprinting.hash_value({"a": 1, "b": 2}) == fingerprinting.hash_value({"b": 2, "a": 1})
    endless: list = []
    endless.append(endless)
    assert fingerprinting.hash_value(endless) == fingerprinting.UNHASHABLE


def nested(leaf: int, depth: int) -> object:
    value: object = leaf
    for _ in range(depth):
        value = [value]
    return value


# ---- loading and saving ---------------------------------------------------------------------------------------


def test_materializers(tmp_path: pathlib.Path) -> None:
    (tmp_path / "in.json").write_text('{"a": 2}')
    module = module_of("def f(data: dict) -> dict: return {k: v * 10 for k, v in data.items()}\ndef g() -> int: return 7")
    built = driver.Builder().with_modules(module).build()
    told, values = built.materialize(
        from_.json(target="data", path=str(tmp_path / "in.json")),
        to.json(id="kept", dependencies=["f"], path=str(tmp_path / "out.json")),
        to.pickle(id="both", dependencies=["f", "g"], combine=base.DictResult(), path=str(tmp_path / "out.pickle")),
        additional_vars=["g"],
    )
    assert json.loads((tmp_path / "out.json").read_text()) == {"a": 20}
    assert values == {"g": 7}
    assert set(told) == {"kept", "both"}
    assert told["kept"]["file_metadata"]["size"] == (tmp_path / "out.json").stat().st_size


def test_pandas_frames_through_files(tmp_path: pathlib.Path) -> None:
    import pandas

    module = module_of(
        """
        import pandas as pd
        from weft.hamilton.function_modifiers import extract_columns, load_from, save_to, source, value
        from weft.hamilton.plugins.h_pandas import with_columns
        def c(a: pd.Series, b: pd.Series) -> pd.Series: return a + b
        def d(c: pd.Series) -> pd.Series: return c * 2
        @save_to.csv(path=source("out"), output_name_="kept")
        @with_columns(c, d, columns_to_pass=["a", "b"], select=["d"])
        def frame(raw: pd.DataFrame) -> pd.DataFrame: return raw
        @extract_columns("a")
        def parts(frame: pd.DataFrame) -> pd.DataFrame: return frame
        @load_from.csv(path=source("out"), inject_="back")
        def again(back: pd.DataFrame) -> dict: return back.to_dict("list")
        """
    )
    built = driver.Builder().with_modules(module).build()
    raw = pandas.DataFrame({"a": [1, 2], "b": [3, 4]})
    out = str(tmp_path / "x.csv")
    saved = built.execute(["kept", "a"], inputs={"raw": raw, "out": out})
    assert saved["a"].tolist() == [1, 2]
    assert saved["kept"]["dataframe_metadata"]["rows"] == 2
    assert built.execute(["again"], inputs={"out": out})["again"] == {"a": [1, 2], "b": [3, 4], "d": [8, 12]}
    assert sorted(raw.columns) == ["a", "b"]


# ---- pictures ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("installed", [False, True] if importlib.util.find_spec("graphviz") else [False])
def test_pictures(installed: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    from weft.hamilton import visualization

    if not installed:
        monkeypatch.setattr(visualization, "_digraph_class", lambda: visualization.Digraph)
    built = driver.Builder().with_modules(module_of("def a(x: int) -> int: return x\ndef b(a: int) -> int: return a")).build()
    for picture in (
        built.display_all_functions(),
        built.visualize_execution(["b"], inputs={"x": 1}),
        built.visualize_path_between("a", "b"),
        built.display_upstream_of("b"),
        built.display_downstream_of("a"),
    ):
        assert "a -> b" in picture.source.replace('"', "")
    built.display_all_functions(str(tmp_path / "graph.dot"))
    assert "digraph" in (tmp_path / "graph.dot").read_text()
    with pytest.raises(ValueError, match="x"):
        built.visualize_execution(["b"], inputs={})


@pytest.mark.parametrize("format_", ["csv", "json", "parquet", "feather", "pickle", "html", "orc"])
def test_formats_of_pandas(format_: str, tmp_path: pathlib.Path) -> None:
    import pandas

    path = str(tmp_path / f"x.{format_}")
    name = {"json": "filepath_or_buffer", "html": "buf"}.get(format_, "path")
    module = module_of("import pandas as pd\ndef f(raw: pd.DataFrame) -> pd.DataFrame: return raw")
    built = driver.Builder().with_modules(module).build()
    saved = getattr(to, format_)(id="kept", dependencies=["f"], **{name: path})
    told, _ = built.materialize(saved, inputs={"raw": pandas.DataFrame({"a": [1, 2]})})
    assert told["kept"]["file_metadata"]["size"] == pathlib.Path(path).stat().st_size > 0
    if format_ == "html":
        return
    name = {"json": "filepath_or_buffer"}.get(format_, "path")
    loaded = getattr(from_, format_)(target="raw", **{name: path})
    _, found = built.materialize(loaded, additional_vars=["f"])
    assert found["f"]["a"].tolist() == [1, 2]
