"""Traced functions give what Python gives: the functions of traced_functions.py, and drawn ones."""

import inspect
import math
import types

import numpy as np
import pandas as pd
import pytest
import traced_functions
import weft
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from weft import _weft, tracing
from weft.testing import compare_traced
from weft.tracing.compare import same

FUNCTIONS = weft.features.functions_of(traced_functions)
TRACED = [f for f in FUNCTIONS if f.__name__ not in traced_functions.STAYS]
SOME = [traced_functions.quotient, traced_functions.upper, traced_functions.stays_prints, traced_functions.guarded]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("function", TRACED, ids=lambda f: f.__name__)
def test_traces_and_gives_the_same(function):
    report = compare_traced(function, 12, types=traced_functions.SERIES_TYPES)
    assert report.traced == [function.__name__], report.untraced
    assert not report.differences, "\n".join(map(str, report.differences[:5]))
    assert report.compared > 0


@pytest.mark.parametrize("name", traced_functions.STAYS)
def test_stays_in_python_and_says_why(name):
    function = getattr(traced_functions, name)
    made = weft.traced(function, **dict.fromkeys(inspect.signature(function).parameters, "int64"))
    assert not made
    assert traced_functions.STAYS[name] in made.reason


def test_a_wrong_answer_is_found():
    # The comparison itself: an expression that is not the function's.
    def third(x: float) -> float:
        return x / 3

    wrong = tracing.Traced('{"result": 2, "steps": [["input", "x", "double"], ["value", "double", 3.1], ["function", "divide", [0, 1]]]}')
    arguments = (tracing.Argument("x", "double"),)
    tracing._cache[(third.__code__, arguments, ("None",), "double", "row")] = (wrong, third, tracing.Bodies())
    assert compare_traced(third, 2).differences


def test_off_and_on_have_the_same_fingerprints():
    on, off = weft.Driver(SOME), weft.Driver(SOME, compile=False)
    assert [n.fingerprint for n in on.graph.nodes] == [n.fingerprint for n in off.graph.nodes]


def test_explain_says_what_is_called_and_why():
    plan = weft.Driver(SOME).plan(["quotient", "stays_prints"])
    assert "Python: stays_prints (it calls print())" in plan.explain()
    assert "Python: quotient" not in plan.explain()
    plan = weft.Driver(SOME, compile=False).plan(["quotient"])
    assert "Python: quotient (compile is off)" in plan.explain()


def test_errors_are_pythons_own_and_name_the_feature():
    with pytest.raises(ZeroDivisionError, match="quotient") as raised:
        weft.Driver([traced_functions.quotient]).execute(["quotient"], {"x": [1.0, 2.0], "y": [1.0, 0.0]})
    assert isinstance(raised.value, weft.FunctionFailedError)
    with pytest.raises(OverflowError):
        weft.Driver([traced_functions.int_arithmetic]).execute(["int_arithmetic"], {"x": [2**63 - 1], "y": [1]})


@pytest.mark.parametrize(
    ("name", "row", "error"),
    [
        ("quotient", {"x": 1.0, "y": 0.0}, ZeroDivisionError),
        ("int_rest", {"x": 1, "y": 0}, ZeroDivisionError),
        ("power", {"x": 0.0, "y": -1.0}, ZeroDivisionError),
        ("power", {"x": 1e300, "y": 2.0}, OverflowError),
        ("logarithm", {"x": 0.0}, ValueError),
        ("exponential", {"x": 1e9}, OverflowError),
        ("rounded", {"x": math.nan}, ValueError),
        ("int_of", {"x": math.inf}, OverflowError),
        ("first_character", {"s": ""}, IndexError),
    ],
)
def test_errors_are_of_the_same_kind(name, row, error):
    for compile in (True, False):
        runner = weft.Driver([getattr(traced_functions, name)], compile=compile).plan([name], context="online").rows()
        with pytest.raises(error):
            runner(row)


def test_a_row_on_another_path_does_not_fail():
    driver = weft.Driver([traced_functions.guarded])
    assert list(driver.execute(["guarded"], {"x": [1.0, 2.0], "y": [0.0, 4.0]})["guarded"]) == [0.0, 0.5]


def test_on_error_null_stays_null_by_rows():
    @weft.on_error_null
    def risky(x: float, y: float) -> float:
        return 0.0 if x / y > 1 else 1.0

    assert list(weft.Driver([risky]).execute(["risky"], {"x": [1.0, 3.0], "y": [0.0, 1.0]})["risky"]) == [None, 0.0]


def test_series_are_traced_by_the_types_of_the_data():
    def doubled(x: pd.Series) -> pd.Series:
        return x * 2

    driver = weft.Driver([doubled])
    assert driver.execute(["doubled"], {"x": np.array([1, 2])})["doubled"].type == "int64"
    assert driver.execute(["doubled"], {"x": np.array([1.5])})["doubled"].type == "double"
    # Among integers a null makes floats of them all, in pandas and here.
    missing = driver.execute(["doubled"], {"x": _weft.ColumnData([1, None], "int64")})["doubled"]
    assert missing.type == "double" and math.isnan(missing[1])


def test_series_answer_requests():
    driver = weft.Driver([traced_functions.s_filled, traced_functions.s_hour])
    row = driver.plan(["s_filled"], context="online", types={"x": "double"}).rows()
    assert row({"x": 7.5}) == {"s_filled": 5.0}
    assert row({"x": None}) == {"s_filled": 0.0}
    row = driver.plan(["s_hour"], context="online", types={"t": "timestamp"}).rows()
    with pytest.raises(weft.WeftError, match="null"):
        row({"t": None})


def test_a_chain_runs_without_python():
    def shifted(s_standard: pd.Series) -> pd.Series:
        return s_standard + 1

    driver = weft.Driver([traced_functions.s_standard, shifted])
    plan = driver.plan(["shifted"], types={"x": "double"})
    assert "Python:" not in plan.explain()


def test_what_runs_for_each_element_is_traced_too():
    def part(n: int) -> weft.Parallel[float]:
        return [float(i) for i in range(n)]

    def doubled(part: float) -> float:
        return part * 2

    def all_of_them(doubled: weft.Collect[float]) -> float:
        return sum(doubled)

    driver = weft.Driver([part, doubled, all_of_them])
    assert driver.execute(["all_of_them"], {"n": 4})["all_of_them"] == 12.0
    text = driver.plan(["all_of_them"]).explain()
    assert "Python: part" in text and "Python: doubled" not in text


def test_globals_are_read_anew():
    module = types.ModuleType("with_globals")
    exec("FACTOR = [2.0]\ndef scaled(x: float) -> float:\n    return x * FACTOR[0]\n", module.__dict__)
    assert weft.traced(module.scaled).expression.to_json().count("2.0") == 1
    module.FACTOR[0] = 3.0
    assert "3.0" in weft.traced(module.scaled).json


def test_expressions_are_data():
    made = weft.traced(traced_functions.steps)
    again = _weft.expression_from_json(made.json)
    assert _weft.expression_from_json(again.to_json()).to_json() == again.to_json()
    assert repr(again) == repr(made.expression)


@pytest.mark.parametrize("text", ["", "{}", '{"result": 3, "steps": []}', '{"result": 0, "steps": [["value", "nothing", 1]]}',
                                  '{"result": 0, "steps": [["function", "add", [0, 0]]]}', '{"result": 0, "steps": [["what", "x", "double"]]}',
                                  '{"result": 1, "steps": [["input", "x", "double"], ["function", "no_such", [0]]]}'])
def test_damaged_expressions_are_errors(text):
    with pytest.raises(weft.WeftError):
        _weft.expression_from_json(text)


# ---- drawn functions -------------------------------------------------------------------------------------------------

ARITHMETIC = st.sampled_from(["+", "-", "*", "/", "//", "%"])
COMPARISON = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
LEAVES = st.sampled_from(["x", "y", "z", "n", "2", "0.5", "-3", "0", "1e9"])


def _bodies(children):
    binary = st.tuples(children, ARITHMETIC, children).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    choice = st.tuples(children, children, COMPARISON, children, children).map(
        lambda t: f"({t[0]} if {t[1]} {t[2]} {t[3]} else {t[4]})"
    )
    call = st.tuples(st.sampled_from(["abs", "float", "math.floor", "math.sqrt", "round"]), children).map(lambda t: f"{t[0]}({t[1]})")
    two = st.tuples(st.sampled_from(["min", "max"]), children, children).map(lambda t: f"{t[0]}({t[1]}, {t[2]})")
    return st.one_of(binary, choice, call, two)


def _function(body):
    scope = {"math": math}
    exec(f"def drawn(x: float, y: float, z: int, n: int) -> float:\n    return float({body})\n", scope)
    return scope["drawn"]


@settings(max_examples=150, deadline=None)
@given(st.recursive(LEAVES, _bodies, max_leaves=6), st.integers(0, 10_000))
def test_traced_equals_untraced_and_batch_equals_request(body, seed):
    report = compare_traced(_function(body), [seed], rows=25)
    assert not report.differences, f"{body}\n" + "\n".join(map(str, report.differences[:3]))


NUMBERS = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, 0.0, 1.0, 1.0])), max_size=30)
METHODS = ["fillna(1)", "clip(-2, 3)", "abs()", "shift(2)", "rank()", "cumsum()", "rolling(3, min_periods=1).mean()", "round(1)", "diff()",
           "where(X > 0)", "mask(X > 1, 0)", "isna().astype(float)", "between(0, 1).astype(int)", "rolling(2).max()"]


@settings(max_examples=100, deadline=None)
@given(NUMBERS, st.lists(st.sampled_from(METHODS), min_size=1, max_size=3))
def test_chains_of_methods_are_pandas(values, methods):
    text = "x"
    for method in methods:
        text = f"({text}).{method.replace('X', 'x')}"
    scope = {"pd": pd}
    exec(f"def drawn(x: pd.Series) -> pd.Series:\n    return {text}\n", scope)
    column = _weft.ColumnData(values, "double")
    traced = weft.Driver([scope["drawn"]]).execute(["drawn"], {"x": column})["drawn"]
    called = weft.Driver([scope["drawn"]], compile=False).execute(["drawn"], {"x": column})["drawn"]
    assume(weft.traced(scope["drawn"], x="double"))
    assert len(traced) == len(called) and (traced.type == called.type or not values)
    for a, b in zip(traced, called):
        assert same(a, b, True), (text, values, list(traced), list(called))
