"""Do traced functions give what Python gives? Both are run on drawn values: nulls, NaN, infinities, negative and huge integers,
ties, odd texts, empty columns."""

from __future__ import annotations

import datetime
import math
import random
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from weft import _weft, annotations, features
from weft.driver import Driver

_UTC = datetime.timezone.utc
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 2.675, 0.1, 1e-5, 1e16, 123456.789, 3.0, -7.0, 1e22, 5e-324, 1e308, 2.0**53 + 2)
TAME = (0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 100.25, 3.0, -7.0, 12.0, 3.0, 3.0)
ODD = (math.nan, math.inf, -math.inf)
INTS = (0, 1, -1, 2, 3, 7, -7, 10, 100, 2**31, -(2**31) - 1, 2**53 + 1, 2**62, 2**63 - 1, -(2**63))
TEXTS = ("", "a", "A", " a b ", "straße", "ΟΔΟΣ", "ΣΑΣ.", "İx", "naïve", "日本語", "😀x", "a-b-c", "abc", "male", "\x1cq\u2003", "ﬁn", "yes")


@dataclass(frozen=True)
class Difference:
    """Where the two are not the same."""

    function: str
    inputs: dict[str, Any]
    traced: Any
    untraced: Any
    where: str  # "request", "batch", "column"

    def __str__(self) -> str:
        return f"{self.function}({self.inputs}): traced {self.traced!r}, untraced {self.untraced!r} ({self.where})"


@dataclass
class TracedReport:
    """What compare_traced() saw. `differences` is empty if all is well."""

    traced: list[str] = field(default_factory=list)
    untraced: dict[str, str] = field(default_factory=dict)  # why
    compared: int = 0  # values
    differences: list[Difference] = field(default_factory=list)


def compare_traced(functions: Any, seeds: int | Iterable[int] = 10, *, rows: int = 60, types: dict[str, str] | None = None) -> TracedReport:
    """Compares every function of a module or a list, each by itself, on `rows` drawn rows for each seed. `types` are those of
    pd.Series parameters by name; without them each is drawn."""
    report = TracedReport()
    listed = features.functions_of(functions) if isinstance(functions, types_module) else [functions] if callable(functions) else functions
    for function in listed:
        for seed in range(seeds) if isinstance(seeds, int) else seeds:
            _compare(function, random.Random(f"{function.__name__} {seed}"), rows, types or {}, report)
    report.traced = list(dict.fromkeys(report.traced))
    report.untraced = {name: why for name, why in report.untraced.items() if name not in report.traced}
    return report


types_module = types.ModuleType


def _compare(function: Callable[..., Any], random_: random.Random, rows: int, types_: dict[str, str], report: TracedReport) -> None:
    hints = features._hints(function)
    passings = {name: annotations.passing(hint) for name, hint in hints.items() if name != "return"}
    if any(p.shape == "series" for p in passings.values()):
        _compare_columns(function, passings, random_, rows, types_, report)
    else:
        _compare_rows(function, passings, random_, rows, report)


# ---- rows ---------------------------------------------------------------------------------------------------------------


def _compare_rows(function: Callable[..., Any], passings: dict[str, Any], random_: random.Random, rows: int, report: TracedReport) -> None:
    name = function.__name__
    made = features.traced(function, {})
    if not made:
        report.untraced[name] = made.reason
        return
    report.traced.append(name)
    drivers = Driver([function]), Driver([function], compile=False)
    runners = [driver.plan([name], context="online").rows() for driver in drivers]
    drawn = [{p: draw(passing.type.name, random_, made.rounds) for p, passing in passings.items()} for _ in range(rows)]
    good, answers = [], []
    for row in drawn:
        traced, untraced = (_outcome(lambda: runner(row)[name]) for runner in runners)  # noqa: B023
        report.compared += 1
        if not same(traced, untraced, made.rounds):
            report.differences.append(Difference(name, row, traced, untraced, "request"))
        if not isinstance(traced, Exception):
            good.append(row)
            answers.append(traced)
    if not passings:
        return
    columns = {p: _weft.ColumnData([row[p] for row in good], passing.type.name) for p, passing in passings.items()}
    batch = list(drivers[0].execute([name], columns)[name])
    for row, traced, request in zip(good, batch, answers):
        if not same(traced, request):
            report.differences.append(Difference(name, row, traced, request, "batch"))


def _outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:  # noqa: BLE001  the outcome
        return error


def draw(type_: str, random_: random.Random, tame: bool = False) -> Any:
    """A value of a row type, or None."""
    if random_.random() < 0.08:
        return None
    if type_ == "double":
        if random_.random() < 0.12:
            return random_.choice(ODD)
        if tame:
            return random_.choice((random_.choice(TAME), random_.uniform(-100, 100)))
        return random_.choice((random_.choice(FLOATS), random_.uniform(-100, 100), float(random_.randint(-9, 9)), random_.gauss(0, 1) * 1e9))
    if type_ == "int32":
        return random_.randint(-9, 9)
    if type_ == "int64":
        return random_.choice((random_.choice(INTS[:9] if tame else INTS), random_.randint(-9, 9), random_.randint(-9, 9)))
    if type_ == "bool":
        return random_.random() < 0.5
    if type_ == "string":
        return random_.choice((random_.choice(TEXTS), "".join(random_.choices("abAB -.ßΣé", k=random_.randint(0, 6)))))
    if type_ == "timestamp":
        return datetime.datetime(2020, 1, 1, tzinfo=_UTC) + datetime.timedelta(microseconds=random_.randint(-(10**15), 10**15))
    if type_ == "duration":
        return datetime.timedelta(microseconds=random_.choice((0, 1, -1, random_.randint(-(10**13), 10**13))))
    raise _weft.UnsupportedError(f"no values of {type_} are drawn")


def same(a: Any, b: Any, rounds: bool = False) -> bool:
    """Equal to the bit, but for the last digits where `rounds`. An error is the same as an error: of several
    that a row makes either may be first. An integer that does not fit 64 bits, and a power that is complex,
    are errors where Python goes on."""
    if isinstance(a, Exception):
        if isinstance(a, OverflowError) and "integer overflow" in str(a):
            return True
        if "is complex" in str(a):
            return True  # Python goes on with a complex number, which here is an error
        if "a quantile is infinite" in str(a):
            return True
        return isinstance(b, (ArithmeticError, ValueError, TypeError, LookupError))
    if isinstance(b, Exception) or type(a) is not type(b):
        return False
    if isinstance(a, float):
        if a != a or b != b:
            return a != a and b != b
        if rounds and not math.isinf(a) and not math.isinf(b):
            return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-7)
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    return a == b


# ---- columns ------------------------------------------------------------------------------------------------------------

_TYPES = ("double", "double", "double", "int64", "int32", "bool", "string", "timestamp")


def _compare_columns(function: Callable[..., Any], passings: dict[str, Any], random_: random.Random, rows: int, types_: dict[str, str],
                     report: TracedReport) -> None:
    name = function.__name__
    drivers = Driver([function]), Driver([function], compile=False)
    n = random_.choice((0, 1, 2, rows, rows))
    inputs: dict[str, Any] = {}
    for parameter, passing in passings.items():
        if passing.shape != "series":
            inputs[parameter] = draw(passing.type.name, random_, True)
            if inputs[parameter] is None:
                inputs[parameter] = 1
            continue
        type_ = types_.get(parameter) or random_.choice(_TYPES)
        values = [draw(type_, random_, True) for _ in range(n)]
        if type_ != "double" and random_.random() < 0.5:
            values = [v if v is not None else _whole(type_, random_) for v in values]
        inputs[parameter] = _weft.ColumnData(values, type_)
    shapes = {p: "column" if passing.shape == "series" else "scalar" for p, passing in passings.items()}
    kinds = {p: v.type for p, v in inputs.items() if isinstance(v, _weft.ColumnData)}
    known = [
        (v.type, 2 if v.null_count else 1, None) if isinstance(v, _weft.ColumnData) else (passings[p].type.name, 0, None)
        for p, v in inputs.items()
    ]
    made = features.translation(function, known)
    if not made:
        report.untraced[name] = f"{made.reason} ({', '.join(f'{p} {t}' for p, t in kinds.items())}; {shapes and n} rows)"
        return
    report.traced.append(name)
    traced, untraced = (_outcome(lambda: _plain(driver.execute([name], inputs)[name])) for driver in drivers)  # noqa: B023
    report.compared += max(n, 1)
    shown = {p: list(v) if isinstance(v, _weft.ColumnData) else v for p, v in inputs.items()}
    if isinstance(traced, Exception) or isinstance(untraced, Exception) or not isinstance(traced, tuple):
        if not same(traced, untraced, made.rounds):
            report.differences.append(Difference(name, shown, traced, untraced, "column"))
        return
    if traced[0] != untraced[0] and n > 0:
        report.differences.append(Difference(name, shown, traced[0], untraced[0], "type"))
        return
    for i, (a, b) in enumerate(zip(traced[1], untraced[1])):
        if not same(a, b, made.rounds):
            report.differences.append(Difference(name, shown, a, b, f"row {i}"))
            return


def _whole(type_: str, random_: random.Random) -> Any:
    while (value := draw(type_, random_, True)) is None:
        pass
    return value


def _plain(x: Any) -> Any:
    return (x.type, list(x)) if isinstance(x, _weft.ColumnData) else x
