"""What running a graph promises: order, memory, long and wide graphs, errors, what is ignored and what is not."""

from __future__ import annotations

import functools
import gc
import subprocess
import sys
import textwrap
import weakref

import hypothesis
import pytest
from hypothesis import strategies as st
from weft.hamilton import ad_hoc_utils, base, driver, function_modifiers, lifecycle


def module_of(text: str):
    return ad_hoc_utils.module_from_source(textwrap.dedent(text))


def driver_of(text: str, config: dict | None = None, strict: bool = False) -> driver.Driver:
    return driver.Builder(strict=strict).with_modules(module_of(text)).with_config(config or {}).build()


# ---- shapes of graphs ---------------------------------------------------------------------------------


def test_a_chain_of_ten_thousand_runs_without_recursion() -> None:
    n = 10_000
    lines = ["def n0(x: int) -> int: return x"]
    lines += [f"def n{i}(n{i - 1}: int) -> int: return n{i - 1} + 1" for i in range(1, n)]
    built = driver_of("\n".join(lines))
    assert built.execute([f"n{n - 1}"], inputs={"x": 5}) == {f"n{n - 1}": n + 4}
    assert len(built.what_is_upstream_of(f"n{n - 1}")) == n + 1


def test_a_function_of_two_thousand_parameters() -> None:
    n = 2_000
    names = [f"n{i}" for i in range(n)]
    lines = [f"def {name}(x: int) -> int: return x + {i}" for i, name in enumerate(names)]
    lines.append(f"def total({', '.join(f'{name}: int' for name in names)}) -> int: return {' + '.join(names)}")
    assert driver_of("\n".join(lines)).execute(["total"], inputs={"x": 1}) == {"total": n + n * (n - 1) // 2}


@hypothesis.given(st.data())
@hypothesis.settings(max_examples=60, deadline=None)
def test_random_graphs_give_what_plain_calls_give(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 12))
    sources = [
        data.draw(st.lists(st.sampled_from(["x", "y", *(f"n{j}" for j in range(i))]), unique=True, max_size=4))
        for i in range(n)
    ]
    text = "\n".join(
        f"def n{i}({', '.join(f'{s}: int' for s in taken)}) -> int: return {' + '.join(['1', *(f'{k + 2} * {s}' for k, s in enumerate(taken))])}"
        for i, taken in enumerate(sources)
    )
    overrides = data.draw(st.dictionaries(st.sampled_from([f"n{i}" for i in range(n)]), st.integers(-5, 5), max_size=2))
    given = {"x": data.draw(st.integers(-9, 9)), "y": data.draw(st.integers(-9, 9))}
    values = dict(given)
    for i, taken in enumerate(sources):
        values[f"n{i}"] = overrides.get(f"n{i}", 1 + sum((k + 2) * values[s] for k, s in enumerate(taken)))
    finals = data.draw(st.lists(st.sampled_from([f"n{i}" for i in range(n)]), unique=True, min_size=1))
    built = driver_of(text)
    plain = built.execute(finals, inputs=given, overrides=overrides)
    assert plain == {name: values[name] for name in finals}
    assert list(plain) == finals
    watched = driver.Builder().with_modules(*built.graph_modules).with_adapters(Watch()).build()
    assert watched.execute(finals, inputs=given, overrides=overrides) == plain


class Watch(lifecycle.NodeExecutionHook):
    def __init__(self) -> None:
        self.seen: list[tuple] = []

    def run_before_node_execution(self, *, node_name: str, **kwargs) -> None:
        self.seen.append(("before", node_name))

    def run_after_node_execution(self, *, node_name: str, success: bool, **kwargs) -> None:
        self.seen.append(("after", node_name, success))


# ---- values ---------------------------------------------------------------------------------------------


def test_objects_keep_their_identity() -> None:
    thing = object()
    built = driver_of("def a(x: object) -> object: return x\ndef b(a: object) -> object: return a")
    assert built.execute(["b"], inputs={"x": thing})["b"] is thing
    big = 10**30
    assert built.execute(["b"], inputs={"x": big})["b"] is big


class Held:
    pass


def test_a_value_goes_after_its_last_use_in_this_run() -> None:
    seen: list[bool] = []
    made: list[weakref.ref] = []

    def first(x: int) -> object:
        held = Held()
        made.append(weakref.ref(held))
        return held

    def second(first: object) -> int:
        return 1

    def third(second: int) -> int:
        gc.collect()
        seen.append(made[-1]() is None)
        return second

    def nobody_asks(first: object, third: int) -> int:
        return 0

    module = ad_hoc_utils.create_temporary_module(first, second, third, nobody_asks)
    built = driver.Builder().with_modules(module).build()
    built.execute(["third"], inputs={"x": 1})
    built.execute(["third", "first"], inputs={"x": 1})
    assert seen == [True, False]


def test_a_driver_may_run_within_a_run() -> None:
    inner = driver_of("def a(x: int) -> int: return x + 1")

    def outer(x: int) -> int:
        return inner.execute(["a"], inputs={"x": x})["a"] * 10

    built = driver.Builder().with_modules(ad_hoc_utils.create_temporary_module(outer)).build()
    assert built.execute(["outer"], inputs={"x": 1}) == {"outer": 20}


def test_one_variant_serves_two_drivers() -> None:
    module = module_of(
        """
        from weft.hamilton.function_modifiers import config
        @config.when(k=1)
        def f__one() -> int: return 1
        @config.when(k=2)
        def f__two() -> int: return 2
        """
    )
    first = driver.Builder().with_modules(module).with_config({"k": 1}).build()
    second = driver.Builder().with_modules(module).with_config({"k": 2}).build()
    assert (first.execute(["f"]), second.execute(["f"])) == ({"f": 1}, {"f": 2})
    assert module.f__one.__name__ == "f__one"
    assert first.execute([module.f__one]) == {"f": 1}


def test_wrapped_functions_and_partials() -> None:
    def logged(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            return function(*args, **kwargs) + 1

        return call

    @logged
    def a(x: int, y: int = 2) -> int:
        return x * y

    built = driver.Builder().with_modules(ad_hoc_utils.create_temporary_module(a)).build()
    assert built.execute(["a"], inputs={"x": 5}) == {"a": 11}
    assert built.execute(["a"], inputs={"x": 5, "y": 3}) == {"a": 16}


# ---- errors ----------------------------------------------------------------------------------------------


def test_an_exception_is_raised_as_itself_and_told_of(caplog: pytest.LogCaptureFixture) -> None:
    built = driver_of("def a(x: int) -> int: return 1 // x")
    with pytest.raises(ZeroDivisionError) as raised:
        built.execute(["a"], inputs={"x": 0})
    assert raised.traceback[-1].name == "a"
    assert "a [" in caplog.text and "'x': 0" in caplog.text
    assert not hasattr(raised.value, "__weft_node__")


def test_edges_of_wrong_types_tell_where_they_are() -> None:
    with pytest.raises(ValueError, match=r"'b' takes str 'a', but 'a' is int"):
        driver_of("def a() -> int: return 1\ndef b(a: str) -> str: return a")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"inputs": {"x": 1, "zz": 2}}, "nothing takes the input 'zz'"),
        ({"inputs": {"x": 1, "a": 2}}, "'a' is computed by a function"),
        ({"inputs": {"x": 1}, "overrides": {"zz": 2}}, "the override 'zz' is no node"),
    ],
)
def test_strict_refuses_what_would_be_ignored(asked: dict, told: str) -> None:
    text = "def a(x: int) -> int: return x\ndef b(a: int) -> int: return a"
    assert driver_of(text).execute(["b"], **asked) == {"b": 1}
    with pytest.raises(ValueError, match=told):
        driver_of(text, strict=True).execute(["b"], **asked)


def test_strict_refuses_config_in_a_functions_place_and_cycles() -> None:
    text = "def a() -> int: return 1"
    assert driver_of(text, {"a": 2}).execute(["a"]) == {"a": 2}
    with pytest.raises(ValueError, match="'a'"):
        driver_of(text, {"a": 2}, strict=True)
    with pytest.raises(ValueError, match="a cycle"):
        driver_of("def a(b: int) -> int: return b\ndef b(a: int) -> int: return a", strict=True)


# ---- adapters ----------------------------------------------------------------------------------------------


def test_hooks_see_each_node_and_its_failure() -> None:
    watch = Watch()
    built = driver.Builder().with_modules(module_of("def a(x: int) -> int: return 1 // x")).with_adapters(watch).build()
    built.execute(["a"], inputs={"x": 1})
    with pytest.raises(ZeroDivisionError):
        built.execute(["a"], inputs={"x": 0})
    assert watch.seen == [("before", "a"), ("after", "a", True), ("before", "a"), ("after", "a", False)]


def test_the_two_drivers_have_two_results() -> None:
    import pandas

    module = module_of("def a(x: int) -> int: return x")
    assert isinstance(driver.Driver({}, module).execute(["a"], inputs={"x": 1}), pandas.DataFrame)
    assert driver.Driver({}, module, adapter=base.DefaultAdapter()).execute(["a"], inputs={"x": 1}) == {"a": 1}


def test_decorators_of_ones_own() -> None:
    class doubled(function_modifiers.base.NodeTransformer):
        def __init__(self) -> None:
            super().__init__(target=None)

        def transform_node(self, node_, config, fn):
            return [node_.copy_with(callabl=lambda **kwargs: 2 * node_.callable(**kwargs))]

        def validate(self, fn) -> None:
            pass

    @doubled()
    def a(x: int) -> int:
        return x + 1

    built = driver.Builder().with_modules(ad_hoc_utils.create_temporary_module(a)).build()
    assert built.execute(["a"], inputs={"x": 1}) == {"a": 4}


# ---- the package ----------------------------------------------------------------------------------------------


def run_python(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, check=True)
    return done.stdout


def test_import_loads_no_data_frame_library() -> None:
    told = run_python(
        """
        import sys
        import weft.hamilton.driver, weft.hamilton.function_modifiers, weft.hamilton.base, weft.hamilton.lifecycle
        print([name for name in ("pandas", "polars", "numpy", "pyarrow") if name in sys.modules])
        """
    )
    assert told.strip() == "[]"


def test_install_makes_import_hamilton_this_package() -> None:
    told = run_python(
        """
        import weft.hamilton
        weft.hamilton.install()
        import hamilton.driver
        from hamilton.function_modifiers import tag
        from hamilton import htypes
        import weft.hamilton.driver, weft.hamilton.function_modifiers
        print(hamilton.driver is weft.hamilton.driver, tag is weft.hamilton.function_modifiers.tag, hamilton.driver.__name__)
        """
    )
    assert told.split() == ["True", "True", "weft.hamilton.driver"]


def test_drivers_are_pickled_by_the_names_of_their_modules() -> None:
    import pickle

    module = module_of("def a(x: int) -> int: return x + 1")
    built = driver.Builder().with_modules(module).build()
    again = pickle.loads(pickle.dumps(built))
    assert again.execute(["a"], inputs={"x": 1}) == {"a": 2}
