"""Symbols of a pandas.Series. Missing is NaN among floats, as in pandas; integers and bools are never missing: with a missing
value among them pandas makes another type of the whole column, so what would depend on the data is not traced."""

from __future__ import annotations

import datetime
import math
from typing import Any

from weft.tracing import scalars
from weft.tracing.paths import Trace, Untraceable, current
from weft.tracing.scalars import Symbol, lift

# pandas' dtypes: float64, int64, int32 (of .dt), bool, str, datetime64[us, UTC], timedelta64[us].
TYPES = {"f": "double", "i": "int64", "h": "int32", "b": "bool", "s": "string", "M": "timestamp", "m": "duration"}
_OF_TYPE = {"double": "f", "int64": "i", "int32": "h", "bool": "b", "string": "s", "timestamp": "M", "duration": "m"}
_OF_SCALAR = {"float": "f", "int": "i", "bool": "b", "str": "s", "time": "M", "duration": "m"}
_NAMES = {"f": "float64", "i": "int64", "h": "int32", "b": "bool", "s": "str", "M": "datetime64", "m": "timedelta64"}
_FUNCTIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_div", "%": "modulo"}
_INT32 = 1 << 31


def _steps() -> Any:
    return current().steps


def _fn(name: str, *args: int) -> int:
    return current().steps.function(name, *args)


def _nan() -> int:
    return _steps().value("double", math.nan)


def _refuse(what: str) -> Any:
    raise Untraceable(what)


class _Operand:
    """What stands beside a Series: its kind, its step, whether it is a plain Python value (which takes the Series' type), and
    whether it is a Series, which makes one of what it meets even if that is a NumPy array."""

    __slots__ = ("kind", "number", "weak", "missing", "series")

    def __init__(self, kind: str, number: int, weak: bool = False, missing: bool = False, series: bool = False) -> None:
        self.kind, self.number, self.weak, self.missing, self.series = kind, number, weak, missing, series


def _made(kind: str, number: int, *operands: _Operand, missing: bool = False) -> Series:
    return Series(kind, number, missing, not any(x.series for x in operands))


def _operand(x: Any, what: str) -> _Operand:
    if isinstance(x, Series):
        return _Operand(x.kind, x.number, False, x.missing, not x.array)
    if type(x).__module__.startswith("pandas") and type(x).__name__ in ("Timestamp", "Timedelta"):
        x = x.to_pydatetime(warn=False) if type(x).__name__ == "Timestamp" else x.to_pytimedelta()
    made = lift(x)
    if made is None:
        return _refuse(f"{what} of a Series and a {type(x).__name__}")
    return _Operand(_OF_SCALAR[made.kind], made.number, True)


def _float(x: _Operand) -> int:
    if x.kind == "f":
        return x.number
    is_value, value = _steps().literal(x.number)
    return _steps().value("double", float(value)) if is_value else _fn("cast_double", x.number)


def _to(kind: str, x: _Operand) -> int:
    """A number as another kind that holds it."""
    if x.kind == kind:
        return x.number
    if kind == "f":
        return _float(x)
    is_value, value = _steps().literal(x.number)
    if is_value:
        if kind == "h" and not -_INT32 <= value < _INT32:
            return _refuse("a number beyond 32 bits beside an int32")
        return _steps().value(TYPES[kind], int(value))
    return _fn("cast_" + TYPES[kind], x.number)


def _common(a: _Operand, b: _Operand, op: str) -> str:
    kinds = {a.kind, b.kind}
    if not kinds <= set("fihb"):
        return _refuse(f"{op} of {_NAMES[a.kind]} and {_NAMES[b.kind]}")
    if "f" in kinds:
        return "f"
    if kinds == {"b"}:
        return _refuse(f"{op} of bools")
    for one, other in ((a, b), (b, a)):
        if one.weak and not other.weak and other.kind in "ih":
            if one.kind == "i" and not _steps().literal(one.number)[0] and other.kind == "h":
                return _refuse("an int that is not known beside an int32")
            return other.kind
    return "i" if "i" in kinds else "h" if kinds == {"h"} else "h" if kinds == {"h", "b"} else "i"


def arithmetic(op: str, left: Any, right: Any) -> Any:
    a, b = _operand(left, op), _operand(right, op)
    if {a.kind, b.kind} & {"M", "m"}:
        return _times(op, a, b)
    if "s" in (a.kind, b.kind):
        if op == "+" and a.kind == b.kind == "s":
            return _made("s", _fn("add", a.number, b.number), a, b, missing=a.missing or b.missing)
        return _refuse(f"{op} of texts")
    kind = _common(a, b, op)
    trace = current()
    if op == "/":
        if kind == "f":
            return _made("f", _fn("divide", _float(a), _float(b)), a, b)
        return _made("f", _fn("divide", _to("i", a), _to("i", b)), a, b)
    name = _FUNCTIONS[op]
    if kind == "f":
        return _made("f", _fn(name, _float(a), _float(b)), a, b)
    if op in ("//", "%"):
        is_value, value = _steps().literal(b.number)
        if not is_value or value == 0:
            return _refuse(f"{op} of integers by what may be 0, where the type depends on the data")
    return _made(kind, trace.trap(name, _to(kind, a), _to(kind, b), only_overflow=True), a, b)


def _times(op: str, a: _Operand, b: _Operand) -> Any:
    missing = a.missing or b.missing
    kinds = (a.kind, b.kind)
    overflow = {"only_overflow": True}
    if op == "-" and kinds == ("M", "M"):
        return Series("m", current().trap("subtract", a.number, b.number, **overflow), missing)
    if op in "+-" and kinds == ("M", "m") or op == "+" and kinds == ("m", "M"):
        return Series("M", current().trap(_FUNCTIONS[op], a.number, b.number, **overflow), missing)
    if op in "+-" and kinds == ("m", "m"):
        return Series("m", current().trap(_FUNCTIONS[op], a.number, b.number, **overflow), missing)
    if op == "/" and kinds == ("m", "m"):
        quotient = _fn("divide", a.number, b.number)
        current().rounds = True
        return Series("f", _fn("coalesce", quotient, _nan()) if missing else quotient)
    return _refuse(f"{op} of {_NAMES[a.kind]} and {_NAMES[b.kind]}")


def power(left: Any, right: Any) -> Any:
    a, b = _operand(left, "**"), _operand(right, "**")
    kind = _common(a, b, "**")
    if "b" in (a.kind, b.kind):
        return _refuse("** of bools")
    is_value, exponent = _steps().literal(b.number)
    if kind in "ih":
        if kind == "h" or not is_value or not b.weak or exponent < 0:
            return _refuse("** of integers, where the exponent is not known or below 0")
        return _made("i", current().trap("python_power", _to("i", a), b.number, only_overflow=True), a, b)
    x = _float(a)
    if is_value and b.weak:
        if exponent == 2:
            return _made("f", _fn("multiply", x, x), a, b)
        if exponent == 0.5:
            return _made("f", _fn("sqrt", x), a, b)
        if exponent == 1:
            return _made("f", x, a, b)
        if exponent == -1:
            return _made("f", _fn("divide", _steps().value("double", 1.0), x), a, b)
    current().rounds = True
    return _made("f", _fn("pow", x, _float(b)), a, b)


def compare(name: str, left: Any, right: Any) -> Any:
    a, b = _operand(left, "a comparison"), _operand(right, "a comparison")
    if {a.kind, b.kind} <= set("fihb"):
        kind = "b" if a.kind == b.kind == "b" else "f" if "f" in (a.kind, b.kind) else "i"
        return _made("b", _fn(name, _to(kind, a), _to(kind, b)), a, b)
    if a.kind != b.kind or (a.kind == "s" and name not in ("equal", "not_equal")):
        return _refuse(f"a comparison of {_NAMES[a.kind]} with {_NAMES[b.kind]}")
    return _made("b", _known(_fn(name, a.number, b.number), a.missing or b.missing, name == "not_equal"), a, b)


def _known(number: int, missing: bool, otherwise: bool = False) -> int:
    """Of what is missing a comparison is false, and only != is true."""
    return _fn("coalesce", number, _steps().value("bool", otherwise)) if missing else number


def logic(name: str, left: Any, right: Any) -> Any:
    a, b = _operand(left, "& | ^"), _operand(right, "& | ^")
    if a.kind != "b" or b.kind != "b":
        return _refuse("& | ^ of anything but bools")
    return _made("b", _fn(name, a.number, b.number), a, b)


class Series:
    """All rows of a column. `missing`: of texts and times, whether some may be missing. `array`: it is a NumPy array."""

    _weft_series = True
    __slots__ = ("kind", "number", "missing", "array")
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 2000

    def __init__(self, kind: str, number: int, missing: bool = False, array: bool = False) -> None:
        self.kind, self.number, self.missing, self.array = kind, number, missing and kind in "sMm", array
        if array:
            self.__class__ = Array

    def __bool__(self) -> bool:
        raise Untraceable("it asks whether a Series is true")

    def __iter__(self) -> Any:
        raise Untraceable("it loops over a Series")

    def __len__(self) -> int:
        raise Untraceable("a function that cannot be traced takes the length of a Series")

    def __contains__(self, x: Any) -> bool:
        raise Untraceable("`in` a Series")

    def __getitem__(self, at: Any) -> Any:
        raise Untraceable("it takes items of a Series")

    def __setitem__(self, at: Any, value: Any) -> None:
        raise Untraceable("it changes a Series")

    def __repr__(self) -> str:
        raise Untraceable("it makes a text of a Series")

    __str__ = __repr__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Untraceable(f"it uses .{name} of a {_NAMES[self.kind]} Series")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from weft.tracing.numpy_functions import ufunc_of

        return ufunc_of(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if options:
            raise Untraceable(f"np.{function.__name__}() with named arguments")
        return numpy_call(function.__name__, args)

    def __add__(self, other: Any) -> Any:
        return arithmetic("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return arithmetic("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return arithmetic("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return arithmetic("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return arithmetic("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return arithmetic("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return arithmetic("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic("/", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return arithmetic("//", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return arithmetic("//", other, self)

    def __mod__(self, other: Any) -> Any:
        return arithmetic("%", self, other)

    def __rmod__(self, other: Any) -> Any:
        return arithmetic("%", other, self)

    def __pow__(self, other: Any) -> Any:
        return power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return power(other, self)

    def __neg__(self) -> Any:
        if self.kind == "f":
            return Series("f", _fn("negate", self.number), array=self.array)
        if self.kind in "ihm":
            return Series(self.kind, current().trap("negate", self.number, only_overflow=True), self.missing, self.array)
        return _refuse("- of bools or texts")

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self._absolute()

    def __invert__(self) -> Any:
        return Series("b", _fn("not", self._need("b", "~").number), array=self.array)

    def __and__(self, other: Any) -> Any:
        return logic("and", self, other)

    def __or__(self, other: Any) -> Any:
        return logic("or", self, other)

    def __xor__(self, other: Any) -> Any:
        return logic("not_equal", self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __eq__(self, other: Any) -> Any:  # type: ignore[override]
        return compare("equal", self, other)

    def __ne__(self, other: Any) -> Any:  # type: ignore[override]
        return compare("not_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return compare("less", self, other)

    def __le__(self, other: Any) -> Any:
        return compare("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return compare("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return compare("greater_equal", self, other)

    # ---- helpers ---------------------------------------------------------------------------------------------------------

    def _need(self, kinds: str, what: str) -> Series:
        if self.kind not in kinds:
            raise Untraceable(f"{what} of {_NAMES[self.kind]}")
        return self

    def _present(self) -> int:
        """What is missing as null, which aggregates leave out."""
        return _fn("null_if_nan", self.number) if self.kind == "f" else self.number

    def _floats(self) -> Series:
        return Series("f", _float(_operand(self, "a number")))

    # ---- missing ---------------------------------------------------------------------------------------------------------

    def isna(self) -> Series:
        if self.kind == "f":
            return Series("b", _fn("is_nan", self.number))
        return Series("b", _fn("is_null", self.number))

    def notna(self) -> Series:
        return ~self.isna()

    isnull, notnull = isna, notna

    def fillna(self, value: Any) -> Series:
        if self.kind in "ihb":
            return self
        x = _operand(value, ".fillna")
        if self.kind == "f":
            if x.kind not in "fihb" or (x.kind == "b"):
                return _refuse(".fillna of float64 with something that is no number")
            return Series("f", _fn("coalesce", self._present(), _float(x)))
        if x.kind != self.kind:
            return _refuse(f".fillna of {_NAMES[self.kind]} with {_NAMES[x.kind]}")
        return Series(self.kind, _fn("coalesce", self.number, x.number), self.missing and x.missing)

    def where(self, cond: Any, other: Any = math.nan) -> Series:
        return self._choose(cond, other, True)

    def mask(self, cond: Any, other: Any = math.nan) -> Series:
        return self._choose(cond, other, False)

    def _choose(self, cond: Any, other: Any, keep: bool) -> Series:
        if not isinstance(cond, Series) or cond.kind != "b":
            return _refuse(".where with a condition that is no Series of bools")
        if self.kind in "sMm" and isinstance(other, float) and other != other:
            kept = cond.number if keep else _fn("not", cond.number)
            return Series(self.kind, _fn("keep_if", self.number, kept), True)
        x = _operand(other, ".where")
        if self.kind == "f" and x.kind in "fi":
            pair = (self.number, _float(x))
        elif x.kind == self.kind and self.kind != "h":
            pair = (self.number, x.number)
        else:
            return _refuse(f".where of {_NAMES[self.kind]} with {_NAMES[x.kind]}, where the type depends on the data")
        return Series(self.kind, _fn("if_else", cond.number, *(pair if keep else pair[::-1])), self.missing or x.missing)

    # ---- numbers ---------------------------------------------------------------------------------------------------------

    def abs(self) -> Series:
        return self._absolute()

    def _absolute(self) -> Series:
        self._need("fihm", "abs")
        if self.kind == "f":
            return Series("f", _fn("abs", self.number), array=self.array)
        return Series(self.kind, current().trap("abs", self.number, only_overflow=True), self.missing, self.array)

    def round(self, decimals: Any = 0) -> Series:
        self._need("fi", ".round")
        if type(decimals) is not int:
            return _refuse(".round to a number of digits that is not known")
        if self.kind == "i":
            return self if decimals >= 0 else _refuse(".round of integers to tens")
        if decimals == 0:
            return Series("f", _fn("round", self.number))
        return Series("f", _fn("round", self.number, _steps().value("int64", decimals)))

    def clip(self, lower: Any = None, upper: Any = None) -> Series:
        self._need("fi", ".clip")
        for bound in (lower, upper):
            if bound is not None and (type(bound) not in (int, float) or bound != bound or (self.kind == "i" and type(bound) is float)):
                return _refuse(".clip with bounds that are not known, or floats for integers")
        if lower is not None and upper is not None and lower > upper:
            lower, upper = upper, lower
        type_ = TYPES[self.kind]
        bounds = [_steps().value(type_, None if b is None else float(b) if self.kind == "f" else b) for b in (lower, upper)]
        return Series(self.kind, _fn("clip", self.number, *bounds))

    def between(self, left: Any, right: Any, inclusive: str = "both") -> Series:
        low = self >= left if inclusive in ("both", "left") else self > left
        high = self <= right if inclusive in ("both", "right") else self < right
        return low & high

    def astype(self, dtype: Any) -> Series:
        name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", "")
        if not isinstance(dtype, str):
            from weft.tracing.bodies import _CLASSES

            name = getattr(_CLASSES.get(dtype), "__name__", name)
        self._need("fihb", ".astype")
        if name in ("float", "float64"):
            return self._floats()
        if name in ("int", "int64"):
            if self.kind == "f":
                return Series("i", current().trap("pandas_int", self.number))
            return Series("i", _to("i", _operand(self, ".astype")))
        if name == "bool":
            if self.kind == "b":
                return self
            return Series("b", _fn("not_equal", self.number, _to(self.kind, _Operand("i", _steps().value("int64", 0)))))
        return _refuse(f".astype({name})")

    def isin(self, values: Any) -> Series:
        values = list(values) if isinstance(values, (list, tuple, set, frozenset)) else _refuse(".isin of what is no list")
        kinds = {type(v) for v in values}
        if self.kind == "f" and kinds <= {int, float} and not any(v != v for v in values):
            listed = ("list<double>", [float(v) for v in values])
        elif self.kind == "i" and kinds <= {int}:
            listed = ("list<int64>", values)
        elif self.kind == "s" and kinds <= {str}:
            listed = ("list<string>", values)
        else:
            return _refuse(".isin of other values than the Series holds, or of NaN")
        if not values:
            return Series("b", _fn("not", _fn("or", self.isna().number, self.notna().number)))
        found = _fn("is_in_sorted", self.number, _steps().value(listed[0], sorted(listed[1])))
        return Series("b", _known(found, self.missing))

    def map(self, mapping: Any) -> Series:
        if not hasattr(mapping, "items"):
            return _refuse(".map with a function")
        keys = list(mapping)
        if not keys or {type(k) for k in keys} != {{"s": str, "i": int}.get(self.kind)}:
            return _refuse(f".map of {_NAMES[self.kind]} with these keys")
        values = [mapping[k] for k in sorted(keys)]
        kinds = {type(v) for v in values}
        if kinds <= {float, int} and float in kinds:
            found = self._mapped(keys, "list<double>", [float(v) for v in values])
            return Series("f", _fn("coalesce", found, _nan()))
        if kinds == {str}:
            return Series("s", self._mapped(keys, "list<string>", values), True)
        return _refuse(".map to integers or bools, where the type depends on whether every key is found")

    def _mapped(self, keys: list[Any], type_: str, values: list[Any]) -> int:
        own = _steps().value(f"list<{TYPES[self.kind]}>", sorted(keys))
        return _fn("map_value", self.number, own, _steps().value(type_, values))

    # ---- over all rows ------------------------------------------------------------------------------------------------------

    def _aggregate(self, name: str, empty: float | None, options: dict[str, Any] | None = None) -> Symbol:
        self._need("fihb", f".{name}()")
        current().rounds = True
        x = self._present() if self.kind == "f" else _float(_operand(self, name))
        number = _steps().aggregate(name, (x,), options)
        return scalars.symbol("float", _fn("coalesce", number, _steps().value("double", math.nan if empty is None else empty)), numpy=True)

    def mean(self) -> Symbol:
        return self._aggregate("mean", None)

    def median(self) -> Symbol:
        return self._aggregate("median", None)

    def std(self, ddof: int = 1) -> Symbol:
        return self._aggregate("stddev", None) if ddof == 1 else _refuse(".std with another ddof than 1")

    def var(self, ddof: int = 1) -> Symbol:
        return self._aggregate("var", None) if ddof == 1 else _refuse(".var with another ddof than 1")

    def quantile(self, q: float = 0.5) -> Symbol:
        self._need("fi", ".quantile()")
        if type(q) not in (float, int) or not 0 <= q <= 1:
            return _refuse(".quantile that is not known, or several")
        # Where it is an infinity, or between one and a number, pandas' interpolation may be NaN.
        made = self._aggregate("quantile", None, {"q": ("double", float(q))})
        return scalars.symbol("float", current().trap("need_finite", made.number), numpy=True)

    def sum(self) -> Symbol:
        if self.kind == "f":
            return self._aggregate("sum", 0.0)
        self._need("ihb", ".sum()")
        number = _steps().aggregate("sum", (_to("i", _operand(self, "sum")),))
        return scalars.symbol("int", _fn("coalesce", number, _steps().value("int64", 0)), numpy=True)

    def min(self) -> Symbol:
        return self._extreme("min")

    def max(self) -> Symbol:
        return self._extreme("max")

    def _extreme(self, name: str) -> Symbol:
        self._need("f", f".{name}()")
        number = _steps().aggregate(name, (self._present(),))
        return scalars.symbol("float", _fn("coalesce", number, _nan()), numpy=True)

    def count(self) -> Symbol:
        return self._counted("count", self._present())

    def nunique(self) -> Symbol:
        return self._counted("distinct", self._present())

    def _length(self) -> Symbol:
        return self._counted("count", _fn("is_valid", self.number))

    def _counted(self, name: str, x: int) -> Symbol:
        number = _steps().aggregate(name, (x,))
        return scalars.symbol("int", number)

    @property
    def size(self) -> Symbol:
        return self._length()

    def any(self) -> Symbol:
        return self._tested("any", False)

    def all(self) -> Symbol:
        return self._tested("all", True)

    def _tested(self, name: str, empty: bool) -> Symbol:
        number = _steps().aggregate(name, (self._need("b", f".{name}()").number,))
        return scalars.symbol("bool", _fn("coalesce", number, _steps().value("bool", empty)), numpy=True)

    # ---- in the order of rows -----------------------------------------------------------------------------------------------

    def shift(self, periods: Any = 1) -> Series:
        n = self._whole(periods, ".shift")
        if self.kind in "hb" or (self.kind == "i" and n == 0):
            return self if n == 0 else _refuse(f".shift of {_NAMES[self.kind]}")
        moved = _steps().operator("shift", (self._floats().number if self.kind in "fi" else self.number,), {"n": ("int64", n)})
        if self.kind in "fi":
            return Series("f", _fn("coalesce", moved, _nan()))
        return Series(self.kind, moved, True)

    def diff(self, periods: Any = 1) -> Series:
        n = self._whole(periods, ".diff")
        self._need("fi", ".diff")
        before = _steps().operator("shift", (self.number,), {"n": ("int64", n)})
        if self.kind == "f":
            return Series("f", _fn("subtract", self.number, _fn("coalesce", before, _nan())))
        less = current().trap("subtract", self.number, before, only_overflow=True)
        return Series("f", _fn("coalesce", _fn("cast_double", less), _nan()))

    def pct_change(self, periods: Any = 1, fill_method: Any = None) -> Series:
        if fill_method is not None or not _no_fill():
            return _refuse(".pct_change that fills first")
        x = self._need("fi", ".pct_change")._floats()
        return x / x.shift(periods) - 1

    def _whole(self, n: Any, what: str) -> int:
        return n if type(n) is int else _refuse(f"{what} by a number that is not known")

    def _cumulative(self, name: str) -> Series:
        self._need("fi", f".cum{name}()")
        number = _steps().operator("cumulative", (self._present(),), {"aggregate": ("string", name)})
        current().rounds = True
        return Series("f", _fn("coalesce", number, _nan())) if self.kind == "f" else Series("i", number)

    def cumsum(self) -> Series:
        return self._cumulative("sum")

    def cummax(self) -> Series:
        return self._cumulative("max")

    def cummin(self) -> Series:
        return self._cumulative("min")

    def rank(self, method: str = "average", ascending: bool = True, pct: bool = False) -> Series:
        ties = {"average": "average", "min": "min", "max": "max", "dense": "dense", "first": "ordinal"}.get(method)
        if ties is None or type(ascending) is not bool or type(pct) is not bool or (pct and method == "dense"):
            return _refuse(".rank in a way that is not known")
        self._need("fi", ".rank")
        options = {"method": ("string", ties), "descending": ("bool", not ascending), "fraction": ("bool", pct)}
        return Series("f", _fn("coalesce", _steps().operator("rank", (self._present(),), options), _nan()))

    def rolling(self, window: Any, min_periods: Any = None) -> Rolling:
        self._need("fi", ".rolling")
        if type(window) is not int or window < 1 or (min_periods is not None and (type(min_periods) is not int or min_periods < 0)):
            return _refuse(".rolling over a window that is not known, or of time")
        return Rolling(self, window, window if min_periods is None else min_periods)

    def groupby(self, by: Any) -> Grouped:
        self._need("f", ".groupby")
        if not isinstance(by, Series) or by.kind not in "sib":
            return _refuse(".groupby by anything but a Series of texts, integers or bools")
        return Grouped(self, by)

    @property
    def dt(self) -> Times:
        self._need("Mm", ".dt")
        return Times(self)

    @property
    def str(self) -> Texts:
        self._need("s", ".str")
        return Texts(self)

    def to_numpy(self) -> Series:
        return Series(self.kind, self.number, self.missing, True) if self.kind in "fib" else _refuse(".to_numpy() of this")

    @property
    def values(self) -> Series:
        return self.to_numpy()

    def copy(self) -> Series:
        return self


class Array(Series):
    """A NumPy array: its operators are a Series' own, its methods are not (its mean() knows no missing values)."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name in ("kind", "number", "missing", "array"):
            return object.__getattribute__(self, name)
        raise Untraceable(f"it uses .{name} of a NumPy array")


def _method(op: Any) -> Any:
    def method(self: Series, other: Any) -> Any:
        return op(self, other)

    return method


for _name, _op in {"add": "+", "sub": "-", "mul": "*", "div": "/", "truediv": "/", "floordiv": "//", "mod": "%"}.items():
    setattr(Series, _name, _method(lambda a, b, op=_op: arithmetic(op, a, b)))
for _name, _op in {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.items():
    setattr(Series, _name, _method(lambda a, b, op=_op: compare(op, a, b)))
Series.pow = _method(power)  # type: ignore[attr-defined]


def _no_fill() -> bool:
    import pandas

    return int(pandas.__version__.partition(".")[0]) >= 3


class Rolling:
    """The rows that end with each row. pandas takes infinities for missing here."""

    def __init__(self, x: Series, window: int, least: int) -> None:
        number = x._floats().number
        self._x = _fn("keep_if", number, _fn("is_finite", number))
        self._window, self._least = window, least

    def _over(self, name: str) -> int:
        options = {"aggregate": ("string", name), "last_rows": ("int64", self._window), "include_current": ("bool", True)}
        return _steps().operator("over", (self._x,), options)

    def _of(self, name: str) -> Series:
        current().rounds = True
        enough = _fn("greater_equal", self._over("count"), _steps().value("int64", max(self._least, 1)))
        return Series("f", _fn("coalesce", _fn("keep_if", self._over(name), enough), _nan()))

    def mean(self) -> Series:
        return self._of("mean")

    def min(self) -> Series:
        return self._of("min")

    def max(self) -> Series:
        return self._of("max")

    def median(self) -> Series:
        return self._of("median")

    def std(self) -> Series:
        return self._of("stddev")

    def var(self) -> Series:
        return self._of("var")

    def sum(self) -> Series:
        if self._least > 0:
            return self._of("sum")
        current().rounds = True
        return Series("f", _fn("coalesce", self._over("sum"), _steps().value("double", 0.0)))

    def __getattr__(self, name: str) -> Any:
        raise Untraceable(f"it uses .rolling().{name}")


class Grouped:
    """Rows of equal keys; a missing key is in no group."""

    def __init__(self, x: Series, by: Series) -> None:
        self._x, self._by = x, by

    def transform(self, function: Any) -> Series:
        names = {"mean": "mean", "sum": "sum", "min": "min", "max": "max", "std": "stddev", "var": "var", "median": "median"}
        if not isinstance(function, str) or function not in names:
            return _refuse(".groupby().transform() with this function")
        current().rounds = True
        options = {"aggregate": ("string", names[function]), "keys": ("int64", 1)}
        number = _steps().operator("group", (self._x._present(), self._by.number), options)
        if function == "sum":
            number = _fn("coalesce", number, _steps().value("double", 0.0))
        if self._by.missing:
            number = _fn("keep_if", number, _fn("is_valid", self._by.number))
        return Series("f", _fn("coalesce", number, _nan()))

    def __getattr__(self, name: str) -> Any:
        raise Untraceable(f"it uses .groupby().{name}")


_PARTS = {
    "year": "year", "month": "month", "day": "day", "hour": "hour", "minute": "minute", "second": "second", "microsecond": "microsecond",
    "dayofweek": "day_of_week", "day_of_week": "day_of_week", "weekday": "day_of_week", "dayofyear": "day_of_year",
    "day_of_year": "day_of_year", "quarter": "quarter", "days_in_month": "days_in_month", "daysinmonth": "days_in_month",
}
_FLAGS = {"is_leap_year": "is_leap_year", "is_month_start": "is_month_start", "is_month_end": "is_month_end"}


class Times:
    """Series.dt: int32, or float64 where some are missing."""

    def __init__(self, x: Series) -> None:
        self._x = x

    def __getattr__(self, name: str) -> Any:
        x = self._x
        if x.kind == "M" and name in _PARTS:
            return self._number(_fn(_PARTS[name], x.number), "h")
        if x.kind == "M" and name in _FLAGS:
            return Series("b", _known(_fn(_FLAGS[name], x.number), x.missing))
        if x.kind == "m" and name in ("days", "seconds", "microseconds"):
            return self._part(name)
        raise Untraceable(f"it uses .dt.{name}")

    def _number(self, number: int, kind: str) -> Series:
        if self._x.missing:
            return Series("f", _fn("coalesce", _fn("cast_double", number), _nan()))
        return Series(kind, _fn("cast_int32", number) if kind == "h" else number)

    def _part(self, name: str) -> Series:
        us = self._microseconds()
        value = _steps().value
        day, second = value("int64", 86_400_000_000), value("int64", 1_000_000)
        if name == "days":
            return self._number(_fn("floor_div", us, day), "i")
        if name == "seconds":
            return self._number(_fn("floor_div", _fn("modulo", us, day), second), "h")
        return self._number(_fn("modulo", us, second), "h")

    def _microseconds(self) -> int:
        return _fn("floor_div", self._x.number, _steps().value("duration", 1))

    def total_seconds(self) -> Series:
        if self._x.kind != "m":
            return _refuse("it uses .dt.total_seconds of times")
        number = _fn("divide", self._microseconds(), _steps().value("int64", 1_000_000))
        return Series("f", _fn("coalesce", number, _nan()) if self._x.missing else number)

    def normalize(self) -> Series:
        if self._x.kind != "M":
            return _refuse("it uses .dt.normalize of durations")
        return Series("M", _fn("truncate", self._x.number, _steps().value("string", "day")), self._x.missing)


class Texts:
    """Series.str: what is missing stays so; a test of it is false."""

    def __init__(self, x: Series) -> None:
        self._x = x

    def __getattr__(self, name: str) -> Any:
        raise Untraceable(f"it uses .str.{name}")

    def _text(self, name: str, *args: int) -> Series:
        return Series("s", _fn(name, self._x.number, *args), self._x.missing)

    def _test(self, name: str, part: Any) -> Series:
        if type(part) is not str:
            return _refuse(f".str.{name} of what is not known")
        return Series("b", _known(_fn(name, self._x.number, _steps().value("string", part)), self._x.missing))

    def upper(self) -> Series:
        return self._text("upper")

    def lower(self) -> Series:
        return self._text("lower")

    def _strip(self, name: str, chars: Any) -> Series:
        if chars is not None and type(chars) is not str:
            return _refuse(".str.strip of characters that are not known")
        return self._text(name, _steps().value("string", scalars._SPACES if chars is None else chars))

    def strip(self, to_strip: Any = None) -> Series:
        return self._strip("trim", to_strip)

    def lstrip(self, to_strip: Any = None) -> Series:
        return self._strip("ltrim", to_strip)

    def rstrip(self, to_strip: Any = None) -> Series:
        return self._strip("rtrim", to_strip)

    def len(self) -> Series:
        number = _fn("length", self._x.number)
        if self._x.missing:
            return Series("f", _fn("coalesce", _fn("cast_double", number), _nan()))
        return Series("i", number)

    def contains(self, pat: Any, regex: bool = True) -> Series:
        if type(pat) is not str or (regex and any(c in r".^$*+?{}[]\|()" for c in pat)):
            return _refuse(".str.contains of a regular expression, or of what is not known")
        return self._test("contains", pat)

    def startswith(self, pat: Any) -> Series:
        return self._test("starts_with", pat)

    def endswith(self, pat: Any) -> Series:
        return self._test("ends_with", pat)

    def replace(self, pat: Any, repl: Any, regex: bool = False) -> Series:
        if type(pat) is not str or type(repl) is not str or regex or pat == "":
            return _refuse(".str.replace of a regular expression, or of what is not known")
        return self._text("replace", _steps().value("string", pat), _steps().value("string", repl))

    def slice(self, start: Any = None, stop: Any = None) -> Series:
        return self[slice(start, stop)]

    def __getitem__(self, at: Any) -> Series:
        if not isinstance(at, slice):
            return _refuse(".str[i]")
        made = scalars._slice(scalars.symbol("str", self._x.number), at)
        return Series("s", made.number, self._x.missing)


# ---- NumPy and pandas on Series ---------------------------------------------------------------------------------------------


def numpy_call(name: str, args: tuple[Any, ...]) -> Any:
    from weft.tracing import numpy_functions as np

    if name == "where" and len(args) == 3:
        return _numpy_where(*args)
    if name in np._OPERATORS:
        return np._OPERATORS[name](*args)
    if name in np._METHODS and len(args) == 1:
        return getattr(args[0], np._METHODS[name])()
    if name == "clip" and len(args) == 3:
        return args[0].clip(*args[1:])
    if name in ("round", "around") and isinstance(args[0], Series):
        return args[0].round(*args[1:])
    x = [_operand(a, f"np.{name}") for a in args]
    array = all(a.array for a in args if isinstance(a, Series))
    if any(a.kind not in "fihb" for a in x):
        return _refuse(f"np.{name} of something that is no number")
    if len(x) == 2 and name in np._BINARY:
        if _common(x[0], x[1], name) != "f":
            return _refuse(f"np.{name} of integers")
        return Series("f", _fn(np._BINARY[name], _float(x[0]), _float(x[1])), array=array)
    if len(x) == 1 and x[0].kind != "b":
        if name in np._UNARY and not (x[0].kind != "f" and name in ("floor", "ceil", "trunc", "rint", "fabs")):
            function, rounds = np._UNARY[name]
            current().rounds |= rounds
            return Series("f", _fn(function, _float(x[0])), array=array)
        if name in np._TESTS:
            return Series("b", _fn(np._TESTS[name], _float(x[0])), array=array)
        if name == "sign" and x[0].kind in "fi":
            return Series(x[0].kind, _fn("sign", x[0].number), array=array)
        if name in ("degrees", "rad2deg", "radians", "deg2rad"):
            current().rounds = True
            factor = 180.0 / math.pi if name in ("degrees", "rad2deg") else math.pi / 180.0
            return Series("f", _fn("multiply", _float(x[0]), _steps().value("double", factor)), array=array)
    return _refuse(f"it calls np.{name}()")


def _numpy_where(cond: Any, left: Any, right: Any) -> Series:
    test, a, b = _operand(cond, "np.where"), _operand(left, "np.where"), _operand(right, "np.where")
    if test.kind != "b":
        return _refuse("np.where with a condition that is no Series of bools")
    if a.kind == b.kind and a.kind in "fib":
        kind = a.kind
    elif {a.kind, b.kind} <= set("fib") and "f" in (a.kind, b.kind):
        kind = "f"
    elif {a.kind, b.kind} == {"s"} and a.weak and b.weak:
        kind = "s"
    else:
        return _refuse(f"np.where of {_NAMES[a.kind]} and {_NAMES[b.kind]}")
    return Series(kind, _fn("if_else", test.number, _to(kind, a) if kind != "s" else a.number, _to(kind, b) if kind != "s" else b.number), array=True)


def find(name: str) -> Any:
    """Names of the module pandas that may be used in a body."""
    import pandas

    if name in ("isna", "isnull", "notna", "notnull"):

        def test(x: Any) -> Any:
            missing = name in ("isna", "isnull")
            if isinstance(x, Series):
                return x.isna() if missing else x.notna()
            if isinstance(x, Symbol):
                if x.kind != "float":
                    return not missing
                nan = _fn("is_nan", x.number)
                return scalars.symbol("bool", nan if missing else _fn("not", nan))
            return getattr(pandas, name)(x)

        return test
    if name in ("Timestamp", "Timedelta"):
        from weft.tracing.bodies import any_symbol

        def make(*args: Any, **options: Any) -> Any:
            if any_symbol((*args, *options.values())) or (args and args[0] in ("now", "today")):
                raise Untraceable(f"pd.{name} of what is not known")
            return getattr(pandas, name)(*args, **options)

        return make
    return None


# ---- arguments and results ------------------------------------------------------------------------------------------------------


def series_argument(trace: Trace, a: Any) -> Any:
    if a.nullable:
        raise Untraceable(f"{a.name} may be None")
    if a.type is None:
        raise Untraceable(f"the type of {a.name} is known only from the data")
    kind = _OF_TYPE.get(a.type)
    if kind is None:
        raise Untraceable(f"{a.name} is {a.type}")
    steps = trace.steps
    number = steps.input(a.name, a.type)
    trace.inputs[a.name] = number
    if kind == "f":
        number = steps.function("coalesce", number, steps.value("double", math.nan))
    elif kind == "i" and a.missing == 2:
        kind = "f"
        number = steps.function("coalesce", steps.function("cast_double", number), steps.value("double", math.nan))
    elif kind != "s" and a.missing != 1:
        raise Untraceable(f"{a.name} is {a.type} and may have nulls, of which pandas makes another type")
    return lambda: Series(kind, number, a.missing != 1)


class SeriesResult:
    """Combines what paths give: Series of one type, or single values."""

    def __init__(self, trace: Trace, shape: str, result: str | None) -> None:
        self._trace, self._shape, self._result = trace, shape, result
        self._kind: str | None = None
        self._missing = False

    def leaf(self, x: Any) -> int:
        if self._shape == "scalar":
            if self._result not in scalars.KINDS:
                raise Untraceable("it gives a Python object")
            kind = scalars.KINDS[self._result]
            number = scalars.leaf(x, kind, self._trace)
            if x is None:
                raise Untraceable("it gives None")
            return number
        if not isinstance(x, Series):
            raise Untraceable("it does not give a Series on every way")
        if self._kind not in (None, x.kind):
            raise Untraceable(f"it gives {_NAMES[x.kind]} on one way and {_NAMES[self._kind]} on another")
        self._kind = x.kind
        self._missing |= x.missing
        return x.number

    def combine(self, condition: int, true: int, false: int) -> int:
        return self._trace.steps.function("if_else", condition, true, false)

    def done(self, number: int) -> tuple[int, int]:
        step = self._trace.steps.steps[number]
        if self._shape == "series" and step[0] in ("value", "aggregate"):
            raise Untraceable("its Series does not depend on its rows")
        return number, 0 if self._missing else 1
