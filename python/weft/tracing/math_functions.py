"""The module math on symbols: libm's results, and errors outside of a function's domain, as in Python."""

from __future__ import annotations

import math
from typing import Any

from weft.tracing import scalars
from weft.tracing.paths import Untraceable
from weft.tracing.scalars import Symbol, as_float, call, lift, symbol, trapping

_TRAPPING = set("sqrt cbrt exp exp2 expm1 log2 log10 log1p sin cos tan asin acos sinh cosh".split())
_TESTS = {"isnan": "is_nan", "isinf": "is_inf", "isfinite": "is_finite"}


def find(name: str) -> Any:
    plain = getattr(math, name, None)
    if not callable(plain):
        return plain

    def function(*args: Any, **options: Any) -> Any:
        if not any(isinstance(a, Symbol) for a in args):
            return plain(*args, **options)
        if options:
            raise Untraceable(f"math.{name}() with named arguments")
        return _traced(name, args)

    return function


def _float(x: Any, name: str) -> Symbol:
    made = lift(x)
    if made is None or made.kind not in ("float", "int", "bool"):
        raise Untraceable(f"math.{name}() of something that is no number")
    return as_float(made)


def _traced(name: str, args: tuple[Any, ...]) -> Any:
    if name in ("floor", "ceil", "trunc") and len(args) == 1:
        made = lift(args[0])
        if made is not None and made.numpy and name == "trunc":
            raise Untraceable("math.trunc() of a NumPy scalar")
        return scalars.to_int(args[0], {"floor": "python_floor", "ceil": "python_ceil", "trunc": "python_int"}[name])
    x = [_float(a, name) for a in args]
    if len(x) == 1:
        if name in _TRAPPING or name == "log":
            return trapping("python_" + name, "float", *x)
        if name in ("atan", "tanh"):
            return call("python_" + name, "float", *x)
        if name in _TESTS:
            return call(_TESTS[name], "bool", *x)
        if name == "fabs":
            return call("abs", "float", *x)
        if name in ("degrees", "radians"):
            factor = 180.0 / math.pi if name == "degrees" else math.pi / 180.0
            return symbol("float", call("multiply", "float", x[0], _float(factor, name)).number)
    if len(x) == 2:
        if name == "log":
            parts = [trapping("python_log", "float", v) for v in x]
            return trapping("python_divide", "float", *parts)
        if name in ("fmod", "pow"):
            return trapping("python_" + name, "float", *x)
        if name in ("atan2", "copysign"):
            return call("python_" + name, "float", *x)
    raise Untraceable(f"it calls math.{name}()")
