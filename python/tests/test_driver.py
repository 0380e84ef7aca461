"""Features in Python, run over tables, micro-batches and requests."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
import threading
import types
from datetime import datetime, timedelta
from pathlib import Path
from typing import Optional

import pytest

import weft
from weft import _weft
from weft.features import module_of, source_of, version_of
from weft.notebook import module_of_cell

AGES = {"age": [20.0, 30.0, 70.0]}


def is_adult(age: float) -> bool:
    """Of age by law."""
    return age >= 18


def age_mean(age: weft.Column[float]) -> weft.Scalar[float]:
    return weft.mean(age)


def age_stddev(age: weft.Column[float]) -> weft.Scalar[float]:
    return weft.stddev(age)


@weft.tag(owner="growth")
@weft.check(weft.in_range(-6, 6))
def age_normalized(age: float, age_mean: float, age_stddev: float) -> float:
    return (age - age_mean) / age_stddev


def or_unknown(name: Optional[str]) -> str:
    return "unknown" if name is None else name


def only_long(name: str) -> str | None:
    return name if len(name) > 3 else None


def model(age_mean: float, offset: int = 5) -> dict:
    return {"mean": age_mean, "offset": offset}


def scored(model: dict, bonus: float) -> float:
    return model["mean"] + model["offset"] + bonus


FEATURES = [is_adult, age_mean, age_stddev, age_normalized, or_unknown, only_long, model, scored]


@pytest.fixture(scope="module")
def driver() -> weft.Driver:
    return weft.Driver(FEATURES)


def test_row_and_column_functions_over_a_table(driver: weft.Driver) -> None:
    result = driver.execute(["is_adult", "age_normalized", "age_mean"], AGES)
    assert result["age_mean"] == 40.0
    assert list(result["is_adult"]) == [True, True, True]
    assert list(result["age_normalized"]) == [(a - 40.0) / 26.457513110645905 for a in AGES["age"]]
    assert result.table().names == ["is_adult", "age_normalized", "age_mean"]


def test_nulls_are_not_seen_but_by_optional_parameters(driver: weft.Driver) -> None:
    result = driver.execute(["or_unknown", "only_long"], {"name": ["Anna", None, "Bo"]})
    assert list(result["or_unknown"]) == ["Anna", "unknown", "Bo"]
    assert list(result["only_long"]) == ["Anna", None, None]


def test_object_functions_pass_objects_and_defaults(driver: weft.Driver) -> None:
    assert driver.execute("scored", {"bonus": 0.5}, {"age_mean": 1.0})["scored"] == 6.5
    assert driver.execute(["model"], {**AGES, "offset": 7})["model"] == {"mean": 40.0, "offset": 7}


def test_a_request_gives_what_the_batch_gives(driver: weft.Driver) -> None:
    batch = driver.execute(["age_normalized", "is_adult"], AGES)
    fit = batch.fit("survey")
    assert set(fit.values) == {"age_mean", "age_stddev"}
    rows = driver.plan(["age_normalized", "is_adult"], context="online", choice="fitted", fit=fit).rows()
    for i, age in enumerate(AGES["age"]):
        assert rows({"age": age}) == {"age_normalized": batch["age_normalized"][i], "is_adult": True}
    assert rows({"age": None}) == {"age_normalized": None, "is_adult": None}
    with pytest.raises(weft.InvalidArgumentError, match="the request has no age"):
        rows({})
    with pytest.raises(weft.InvalidArgumentError, match="takes no input called agee"):
        rows({"age": 1.0, "agee": 2})
    with pytest.raises(weft.TypeMismatchError, match="input age: expected double, found 'x'"):
        rows({"age": "x"})


def test_a_stream_keeps_running_values(driver: weft.Driver) -> None:
    stream = weft.StreamRunner(driver.plan(["age_mean"], context="stream", choice="stream"))
    assert stream.feed({"age": [1.0, 3.0]})["age_mean"] == 2.0
    assert stream.feed({"age": [8.0]})["age_mean"] == 4.0


def test_a_window_over_time() -> None:
    def mean_3h(x: weft.Column[float], at: weft.Column[datetime]) -> weft.Column[float]:
        return weft.mean(x).over(weft.last(timedelta(hours=3))).on(at).by()

    mean_3h.__annotations__ = {"x": weft.Column[float], "at": weft.Column[datetime], "return": weft.Column[float]}
    at = [datetime(2020, 1, 1, hour) for hour in (1, 2, 3, 9)]
    found = weft.Driver([mean_3h]).execute("mean_3h", {"x": [1.0, 2.0, 6.0, 1.0], "at": at})["mean_3h"]
    assert list(found) == [None, 1.0, 1.5, None]


def test_a_symbol_cannot_decide() -> None:
    def bad(x: weft.Column[float]) -> weft.Column[float]:
        return x if x > 1 else -x

    bad.__annotations__ = {"x": weft.Column[float], "return": weft.Column[float]}
    with pytest.raises(weft.UnsupportedError, match="use if_else"):
        weft.Driver([bad]).execute("bad", {"x": [1.0]})


def test_every_operator_has_pythons_meaning_for_whole_numbers() -> None:
    def mixed(a: weft.Column[int], b: weft.Column[int]) -> weft.Column[float]:
        return (a // b) + (a % b) + a / b - b * 2 + abs(-a)

    mixed.__annotations__ = {"a": weft.Column[int], "b": weft.Column[int], "return": weft.Column[float]}
    a, b = [7, -7, 7, -7], [2, 2, -2, -2]
    found = weft.Driver([mixed]).execute("mixed", {"a": a, "b": b})["mixed"]
    assert list(found) == [x // y + x % y + x / y - y * 2 + abs(-x) for x, y in zip(a, b)]


def test_the_graph_tells_of_its_functions(driver: weft.Driver) -> None:
    node = driver.graph["is_adult"]
    assert (node.doc, node.role, node.type.name, node.language) == ("Of age by law.", "function", "bool", "Python")
    assert node.where[0] == __file__
    assert "return age >= 18" in node.source_text
    assert driver.graph["age_normalized"].tags["owner"] == ["growth"]
    assert driver.graph.tagged("owner", "growth") == ["age_normalized"]
    assert set(driver.graph.upstream(["age_normalized"])) >= {"age", "age_mean", "age_normalized"}
    assert driver.graph.dot().startswith("digraph")


def test_checks_fail_the_run_or_tell(driver: weft.Driver) -> None:
    assert [c["passed"] for c in driver.execute("age_normalized", AGES).checks] == [True]

    @weft.check(weft.fail(weft.in_range(0, 50)))
    def age_checked(age: float) -> float:
        return age

    age_checked.__annotations__ = {"age": float, "return": float}
    with pytest.raises(weft.CheckFailedError, match="1 of 3 rows outside"):
        weft.Driver([age_checked]).execute("age_checked", AGES)


# ---- what is wrong with definitions ---------------------------------------------------------------------------------


def no_types(a, b):  # noqa: ANN001, ANN201
    return a


def no_result(a: int):  # noqa: ANN201
    return a


def any_number(*a: int) -> int:
    return a[0]


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (no_types, "no_types does not say of what type a is"),
        (no_result, "no_result does not say what it gives"),
        (any_number, "any_number takes any number of arguments"),
    ],
)
def test_a_signature_that_says_too_little_is_refused_with_its_place(function: object, text: str) -> None:
    with pytest.raises(weft.TypeMismatchError) as raised:
        weft.Driver([function])
    assert text in str(raised.value)
    assert f"{__file__}:" in str(raised.value)


def test_a_wrong_name_is_told_with_the_nearest(driver: weft.Driver) -> None:
    with pytest.raises(weft.NotFoundError, match="did you mean 'is_adult'"):
        driver.execute("is_adul", AGES)
    problems = driver.validate(["is_adult"], inputs=["aeg"])
    assert any("age" in problem["message"] for problem in problems)


# ---- errors of functions ------------------------------------------------------------------------------------------------


class OwnError(Exception):
    pass


def raises(age: float) -> float:
    if age > 25:
        raise OwnError("too old")
    return age


def raises_once(age_total: float) -> dict:
    raise OwnError("never")


@pytest.mark.parametrize(("output", "inputs"), [("raises", AGES), ("raises_once", {"age_total": 1.0})])
def test_what_a_function_raises_reaches_the_caller_as_itself(output: str, inputs: dict) -> None:
    with pytest.raises(OwnError) as raised:
        weft.Driver([raises, raises_once]).execute(output, inputs)
    frames = [entry.name for entry in raised.traceback]
    assert frames[-1] == output
    assert any(output in note and __file__ in note for note in raised.value.__notes__)


def test_the_note_tells_the_row_and_what_it_was_given() -> None:
    with pytest.raises(OwnError) as raised:
        weft.Driver([raises]).execute("raises", AGES)
    assert "row 1" in raised.value.__notes__[0]
    assert "age = 30" in raised.value.__notes__[0]


def test_on_error_null() -> None:
    quiet = weft.on_error_null(types.FunctionType(raises.__code__, globals(), "quiet"))
    quiet.__annotations__ = {"age": float, "return": float}
    assert list(weft.Driver([quiet]).execute("quiet", AGES)["quiet"]) == [20.0, None, None]


# ---- modules, texts and fingerprints ------------------------------------------------------------------------------------


def test_a_modules_features_are_its_own_public_functions() -> None:
    module = module_of_cell(
        "own_functions",
        "from math import sqrt\nfrom weft.features import source_of\n\ndef b(x: int) -> int:\n    return x\n\n"
        "def _hidden(x: int) -> int:\n    return x\n\ndef a(b: int) -> int:\n    return b\n",
    )
    assert [definition.name for definition in module_of(module).definitions] == ["b", "a"]


VERSIONS = [
    ("def f(x: int) -> int:\n    return x + 1\n", "def f(x: int) -> int:\n    # more\n    return  x+1\n", True),
    ("def f(x: int) -> int:\n    return x + 1\n", 'def f(x: int) -> int:\n    """Doc."""\n\n    return x + 1\n', True),
    ("def f(x: int) -> int:\n    return x + 1\n", "def f(x: int) -> int:\n    return x + 2\n", False),
    ("def f(x: str) -> str:\n    return x + '# 1'\n", "def f(x: str) -> str:\n    return x + '# 2'\n", False),
    ("K = 1\ndef f(x: int) -> int:\n    return x + K\n", "K = 2\ndef f(x: int) -> int:\n    return x + K\n", False),
    (
        "def _g(x):\n    return x\ndef f(x: int) -> int:\n    return _g(x)\n",
        "def _g(x):\n    return -x\ndef f(x: int) -> int:\n    return _g(x)\n",
        False,
    ),
    ("def f(x: int) -> int:\n    if x:\n        x = 1\n    return x\n", "def f(x: int) -> int:\n    if x:\n        x = 1\n        return x\n", False),
]


@pytest.mark.parametrize(("before", "after", "same"), VERSIONS)
def test_a_fingerprint_hangs_on_what_counts_of_the_text(before: str, after: str, same: bool) -> None:
    def fingerprint(text: str) -> str:
        return weft.Driver(module_of_cell("versions", text)).graph["f"].fingerprint

    assert (fingerprint(before) == fingerprint(after)) == same


def test_text_and_version_of_a_function_without_a_file() -> None:
    scope: dict = {}
    exec("def f(x: int) -> int:\n    return x + 1\n", scope)
    assert source_of(scope["f"]) == ""
    assert version_of(scope["f"]) != ""
    assert list(weft.Driver([scope["f"]]).execute("f", {"x": [1]})["f"]) == [2]


# ---- threads, processes, loops ------------------------------------------------------------------------------------------


def test_one_driver_in_many_threads(driver: weft.Driver) -> None:
    failures = []

    def work() -> None:
        for _ in range(50):
            if list(driver.execute("is_adult", {"age": [10.0, 20.0]})["is_adult"]) != [False, True]:
                failures.append("differs")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_driver_is_pickled_as_what_it_was_made_of() -> None:
    sys.modules["pickled_features"] = module_of_cell("pickled_features", "def f(x: int) -> int:\n    return x + 1\n")
    again = pickle.loads(pickle.dumps(weft.Driver(sys.modules["pickled_features"], config={"a": 1})))
    assert list(again.execute("f", {"x": [1]})["f"]) == [2]
    with pytest.raises(weft.UnsupportedError, match="made in this process"):
        pickle.dumps(weft.Driver(_weft.Module("mine", [])))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_the_child_of_a_fork_goes_on(driver: weft.Driver) -> None:
    driver.execute("is_adult", {"age": [1.0] * 100_000})
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            adults = sum(driver.execute("is_adult", {"age": [1.0, 20.0] * 100_000})["is_adult"])
            os.write(write, str(adults).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"100000"


def test_async_functions_run_at_once_and_are_awaited() -> None:
    under_way: list[str] = []
    both = threading.Event()

    async def left(n: int) -> int:
        under_way.append("left")
        while len(under_way) < 2:
            await asyncio.sleep(0.001)
        return n + 1

    async def right(n: int) -> int:
        under_way.append("right")
        while len(under_way) < 2:
            await asyncio.sleep(0.001)
        both.set()
        return n + 2

    def total(left: int, right: int) -> int:
        return left + right

    for function in (left, right):
        function.__annotations__ = {"n": int, "return": int}
    total.__annotations__ = {"left": int, "right": int, "return": int}
    driver = weft.Driver([left, right, total])
    assert asyncio.run(driver.execute_async("total", {"n": 1}))["total"] == 5
    assert both.is_set()


def test_ctrl_c_ends_a_run() -> None:
    read, write = os.pipe()
    begun: list[bool] = []

    # No lock in it: KeyboardInterrupt may come anywhere, and would leave it taken.
    def endless(x: float) -> float:
        if not begun:
            begun.append(True)
            os.write(write, b"!")
        return x

    endless.__annotations__ = {"x": float, "return": float}
    driver = weft.Driver([endless], compile=False)

    def interrupt() -> None:
        os.read(read, 1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            driver.execute("endless", {"x": [1.0] * 500_000})


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    weft.Driver([is_adult]).execute("is_adult", {"age": [1.0] * 300_000}, progress=lambda *what: told.append(what))
    assert told[-1][1:] == (300_000, 300_000)


def test_notebooks_draw(driver: weft.Driver) -> None:
    assert driver._repr_svg_().startswith("<svg")
    assert "age_mean" in driver.plan(["age_mean"])._repr_html_()
    page = weft.Table({"a": ["<b>", None] * 50})._repr_html_()
    assert "&lt;b&gt;" in page
    assert "80 more rows" in page


def test_compiled_and_python_features_in_one_graph(tmp_path: Path) -> None:
    compiled = Path(os.environ.get("WEFT_BUILD_DIR", "")) / "modules" / "cli_survey.so"
    if not compiled.exists():
        pytest.skip(f"{compiled} is not built")
    names = [d.name for d in module_of(str(compiled)).definitions if "__" not in d.name]  # the others hang on the config
    assert names
    assert set(names) <= set(weft.Driver(str(compiled), [or_unknown]).graph.names)
