"""Python functions as native expressions.

A function is run with symbols in place of values, once for each way through it; what it does with them is written down as
steps of an expression, which C++ runs fused in batch, in streams and for each request, without Python. The answer is the same:
where Weft's own function of a name means something else than Python's or pandas', another one stands in the expression, and what
cannot be the same stays in Python, with the reason.

    trace(function, ["double", "int64"])  ->  Traced(json=..., reason="")
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from weft.tracing import scalars
from weft.tracing.bodies import Bodies
from weft.tracing.paths import NeedsForks, Trace, Untraceable

UNKNOWN, NEVER, SOME = 0, 1, 2  # may it be missing? (Missing in definition.h)


@dataclass(frozen=True)
class Traced:
    """What a function means as an expression, or why it means none."""

    json: str | None  # the expression; None: it stays in Python
    reason: str = ""
    missing: int = UNKNOWN  # may the result be null?
    rounds: bool = False  # sums or elementary functions of NumPy's: equal but for the last bits

    def __bool__(self) -> bool:
        return self.json is not None

    @functools.cached_property
    def expression(self) -> Any:
        """As a `_weft.Expression`, which prints; None if it stays in Python."""
        from weft import _weft

        return None if self.json is None else _weft.expression_from_json(self.json)

    def __str__(self) -> str:
        return self.reason if self.json is None else repr(self.expression)


@dataclass(frozen=True)
class Argument:
    """A parameter of a traced function: how its values come."""

    name: str
    type: str | None  # a row type's name; None: not known
    shape: str = "row"  # "row", "series" (pandas.Series), "scalar" (one value in a function of Series)
    nullable: bool = False  # None may come
    missing: int = UNKNOWN
    constant: Any = None  # a value that is known


def untraced(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: the function stays in Python."""
    function.__weft_untraced__ = True
    function.__dict__.pop("__weft_definition__", None)
    return function


def traced(function: Callable[..., Any], **types: str) -> Traced:
    """What a feature function becomes, or why it stays in Python. Of a pd.Series parameter say its type: `traced(f, fare="double")`."""
    from weft import features

    return features.traced(function, types)


def trace(function: Callable[..., Any], types: Sequence[str | Argument], result: str | None = None, shape: str = "row") -> Traced:
    """Traces a function. `types` are those of its parameters in order; `result` is the type it says it gives (of a row function
    always needed; read from the annotation if it is a plain one), `shape` "row", "series" or "scalar"."""
    if getattr(function, "__weft_untraced__", False):
        return Traced(None, "it is marked @untraced")
    if all(isinstance(t, Argument) for t in types):
        arguments: list[Any] = list(types)
    else:
        names = list(inspect.signature(function).parameters)
        arguments = [t if isinstance(t, Argument) else Argument(n, t, "row" if shape == "row" else "series") for n, t in zip(names, types)]
    if result is None and shape == "row":
        result = _type_of(function)
    # 1, 1.0 and True are equal and are not the same constant.
    key = (function.__code__, tuple(arguments), tuple(repr(a.constant) for a in arguments), result, shape)
    try:
        known = _cache.get(key)
    except TypeError:  # a constant that has no hash
        return _traced(function, arguments, result, shape)[0]
    if known is None or known[1] is not function or not known[2].unchanged():
        made, bodies = _traced(function, arguments, result, shape)
        if len(_cache) >= _CACHED_MAX:
            _cache.clear()
        known = _cache[key] = (made, function, bodies)
    return known[0]


_CACHED_MAX = 100_000
_cache: dict[Any, tuple[Traced, Any, Bodies]] = {}


def _type_of(function: Callable[..., Any]) -> str | None:
    from weft.annotations import passing

    annotation = typing.get_type_hints(function).get("return")
    found = passing(annotation)
    return found.type.name if found.is_row_value else None


def _traced(function: Any, arguments: list[Argument], result: str | None, shape: str) -> tuple[Traced, Bodies]:
    bodies = Bodies()
    try:
        body = bodies.prepared(function)
        try:
            return _run(body, arguments, result, shape, False), bodies
        except NeedsForks:
            return _run(body, arguments, result, shape, True), bodies
    except Untraceable as why:
        return Traced(None, str(why)), bodies
    except NeedsForks:
        return Traced(None, "it needs to know whether a number is an int or a float"), bodies
    except RecursionError:
        return Traced(None, "it calls itself without an end that is known"), bodies
    except Exception as error:  # noqa: BLE001  the body's own
        return Traced(None, f"it raises {type(error).__name__}: {error}"), bodies


def _run(body: Any, arguments: list[Argument], result: str | None, shape: str, forks: bool) -> Traced:
    row = shape == "row"
    trace = Trace(frozenset(a.name for a in arguments if row and not a.nullable), forks)
    trace.inputs = {}
    makers = [_argument(trace, a) for a in arguments]
    if row:
        if result not in scalars.KINDS:
            raise Untraceable(f"it gives {result}" if result else "it gives a Python object")
        finish: Any = _RowResult(trace, scalars.KINDS[result])
    else:
        from weft.tracing.series import SeriesResult

        finish = SeriesResult(trace, shape, result)
    names = [a.name for a in arguments]
    kinds = _keyword_only(body)
    positional = [m for m, n in zip(makers, names) if n not in kinds]
    named = {n: m for m, n in zip(makers, names) if n in kinds}
    made = trace.explore(
        lambda: finish.leaf(body(*(m() for m in positional), **{n: m() for n, m in named.items()})), finish.combine
    )
    number, missing = finish.done(made)
    reached = set(trace.steps.reached(number))
    if not trace.trapping_steps() <= reached:
        raise Untraceable("it computes what may raise, and does not use it")
    return Traced(trace.steps.to_json(number), "", missing, trace.rounds)


def _keyword_only(body: Any) -> set[str]:
    code = body.__code__
    return set(code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount])


def _argument(trace: Trace, a: Argument) -> Callable[[], Any]:
    """What makes the argument, on each path anew."""
    if a.shape == "series":
        from weft.tracing.series import series_argument

        return series_argument(trace, a)
    if a.constant is not None:
        constant = a.constant
        if isinstance(constant, (bool, int, float, str)):
            return lambda: constant
        raise Untraceable(f"{a.name} is a {type(constant).__name__}")
    if a.type not in scalars.KINDS:
        raise Untraceable(f"{a.name} is {a.type or 'a Python object'}")
    kind = scalars.KINDS[a.type]
    number = trace.steps.input(a.name, a.type, a.shape == "scalar")
    trace.inputs[a.name] = number
    if a.shape == "scalar":
        if a.nullable:
            raise Untraceable(f"{a.name} may be None")
        number = trace.steps.function("need_value", number)
        return lambda: scalars.symbol(kind, number)
    if not a.nullable:
        return lambda: scalars.symbol(kind, number)
    is_null = trace.steps.function("is_null", number)
    return lambda: None if trace.decide(is_null) else scalars.symbol(kind, number)


class _RowResult:
    """Combines what paths give; where a parameter that is not Optional is null, so is the result."""

    def __init__(self, trace: Trace, kind: str) -> None:
        self._trace, self._kind = trace, kind

    def leaf(self, x: Any) -> int:
        return scalars.leaf(x, self._kind, self._trace)

    def combine(self, condition: int, true: int, false: int) -> int:
        return self._trace.steps.function("if_else", condition, true, false)

    def done(self, number: int) -> tuple[int, int]:
        steps = self._trace.steps
        strict = steps.strict(number)
        valid = None
        for name in sorted(self._trace.required - strict) if strict is not None else ():
            here = steps.function("is_valid", self._trace.inputs[name])
            valid = here if valid is None else steps.function("and", valid, here)
        return (number if valid is None else steps.function("keep_if", number, valid)), UNKNOWN
