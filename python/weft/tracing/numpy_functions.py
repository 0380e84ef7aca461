"""NumPy's functions on symbols. Elementary ones are Weft's own, which are within an ulp as NumPy's are: NumPy's last bit
differs from CPU to CPU, so there is no other answer to be equal to."""

from __future__ import annotations

import math
import sys
from typing import Any

from weft.tracing import scalars
from weft.tracing.paths import Untraceable, current
from weft.tracing.scalars import Symbol, as_float, lift, symbol

# Of one number: NumPy's name, Weft's, and whether the last bit is Weft's own.
_UNARY = {
    "log": ("log", True), "log2": ("log2", True), "log10": ("log10", True), "log1p": ("log1p", True), "exp": ("exp", True),
    "exp2": ("exp2", True), "expm1": ("expm1", True), "cbrt": ("cbrt", True), "sin": ("sin", True), "cos": ("cos", True),
    "tan": ("tan", True), "arcsin": ("asin", True), "arccos": ("acos", True), "arctan": ("atan", True), "tanh": ("tanh", True),
    "asin": ("asin", True), "acos": ("acos", True), "atan": ("atan", True), "sqrt": ("sqrt", False), "fabs": ("abs", False),
    "floor": ("floor", False), "ceil": ("ceil", False), "trunc": ("trunc", False), "rint": ("round", False),
}
_TESTS = {"isnan": "is_nan", "isinf": "is_inf", "isfinite": "is_finite"}
_OPERATORS = {
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b, "divide": lambda a, b: a / b,
    "true_divide": lambda a, b: a / b, "floor_divide": lambda a, b: a // b, "remainder": lambda a, b: a % b, "mod": lambda a, b: a % b,
    "power": lambda a, b: a**b, "equal": lambda a, b: a == b, "not_equal": lambda a, b: a != b, "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b, "greater": lambda a, b: a > b, "greater_equal": lambda a, b: a >= b,
    "logical_and": lambda a, b: a & b, "logical_or": lambda a, b: a | b, "bitwise_and": lambda a, b: a & b,
    "bitwise_or": lambda a, b: a | b, "logical_not": lambda a: ~a, "invert": lambda a: ~a, "negative": lambda a: -a,
    "positive": lambda a: +a, "absolute": lambda a: abs(a), "abs": lambda a: abs(a), "square": lambda a: a * a,
}
_BINARY = {"maximum": "numpy_maximum", "minimum": "numpy_minimum"}
_CONSTANTS = ("nan", "inf", "pi", "e", "euler_gamma")
_TYPES = {"float64": "float", "double": "float"}
_METHODS = {"mean": "mean", "sum": "sum", "max": "max", "min": "min", "amax": "max", "amin": "min"}


def _is_series(x: Any) -> bool:
    return hasattr(type(x), "_weft_series")


def find(name: str) -> Any:
    import numpy as np

    if name in _CONSTANTS:
        return getattr(np, name)
    plain = getattr(np, name, None)
    known = name in _UNARY or name in _TESTS or name in _OPERATORS or name in _BINARY or name in _METHODS
    if not (known or name in _TYPES or name in ("where", "clip", "sign", "round", "around", "degrees", "radians", "rad2deg", "deg2rad")):
        return np.int64 if name == "int64" else None

    def function(*args: Any, **options: Any) -> Any:
        if not any(isinstance(a, Symbol) or _is_series(a) for a in args):
            return plain(*args, **options)
        if options:
            raise Untraceable(f"np.{name}() with named arguments")
        return traced(name, args)

    function.__name__ = name
    return function


def ufunc_of(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if method != "__call__" or options:
        raise Untraceable(f"np.{ufunc.__name__}.{method} or with options")
    return traced(ufunc.__name__, inputs)


def traced(name: str, args: tuple[Any, ...]) -> Any:
    if any(_is_series(a) for a in args):
        from weft.tracing import series

        return series.numpy_call(name, args)
    if name in _OPERATORS:
        return _OPERATORS[name](*(_scalar(a) for a in args))
    if name in _TYPES and len(args) == 1:
        return _scalar(scalars.to_float(args[0]))
    if len(args) == 1:
        return _unary(name, _scalar(args[0]))
    x = [_scalar(a) for a in args]
    if name in _BINARY and len(x) == 2:
        return _float(_BINARY[name], x[0], x[1])
    raise Untraceable(f"it calls np.{name}() of single values")


def _scalar(x: Any) -> Symbol:
    """As NumPy takes it: a float64. Its integers would wrap where Python's do not."""
    made = lift(x)
    if made is None or made.kind not in ("float", "int", "bool"):
        raise Untraceable("NumPy's functions of something that is no number")
    if made.kind == "bool":
        return symbol("bool", made.number, numpy=True)
    if made.kind == "int" and not current().steps.literal(made.number)[0]:
        raise Untraceable("NumPy's functions of a Python int, which make it NumPy's")
    return symbol("float", as_float(made).number, numpy=True)


def _float(name: str, *args: Symbol) -> Symbol:
    return symbol("float", current().steps.function(name, *(as_float(a).number for a in args)), numpy=True)


def _unary(name: str, x: Symbol) -> Any:
    if name in _UNARY:
        function, rounds = _UNARY[name]
        current().rounds |= rounds
        return _float(function, x)
    if name in _TESTS:
        return symbol("bool", current().steps.function(_TESTS[name], as_float(x).number), numpy=True)
    if name == "sign":
        return _float("sign", x)
    if name in ("degrees", "rad2deg", "radians", "deg2rad"):
        current().rounds = True
        factor = 180.0 / math.pi if name in ("degrees", "rad2deg") else math.pi / 180.0
        return _float("multiply", x, lift(factor))
    raise Untraceable(f"it calls np.{name}() of single values")


def loaded() -> bool:
    return "numpy" in sys.modules
