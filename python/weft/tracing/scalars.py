"""Symbols of one row's values. What they do is what Python does with a float, an int, a str, a bool, a datetime or a timedelta."""

from __future__ import annotations

import datetime
from typing import Any

from weft.tracing.paths import NeedsForks, Trace, Untraceable, current

TYPES = {"float": "double", "int": "int64", "bool": "bool", "str": "string", "time": "timestamp", "duration": "duration"}
KINDS = {type: kind for kind, type in TYPES.items()}
_NAMES = {"float": "float", "int": "int", "bool": "bool", "str": "str", "time": "datetime", "duration": "timedelta"}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_US = datetime.timedelta(microseconds=1)
_EXACT = 1 << 53  # integers up to here are floats without loss
# Characters that str.strip() removes.
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def steps() -> Any:
    return current().steps


def symbol(kind: str, number: int, **marks: bool) -> Symbol:
    return Symbol(kind, number, **marks)


class Symbol:
    """A value of each row. `numpy`: it is a NumPy scalar, whose arithmetic does not raise. `either`: an int on some rows."""

    __slots__ = ("kind", "number", "numpy", "either")

    def __init__(self, kind: str, number: int, numpy: bool = False, either: bool = False) -> None:
        self.kind, self.number, self.numpy, self.either = kind, number, numpy, either

    def __repr__(self) -> str:
        raise Untraceable("it makes a text of a value that is not known")

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        raise Untraceable("it formats a value that is not known")

    def __hash__(self) -> int:
        raise Untraceable("it takes a value that is not known as a key")

    def __bool__(self) -> bool:
        return current().decide(truth(self).number)

    def __iter__(self) -> Any:
        raise Untraceable("it loops over a value that is not known")

    def __float__(self) -> float:
        raise Untraceable("a function that cannot be traced takes the value as a float")

    def __int__(self) -> int:
        raise Untraceable("a function that cannot be traced takes the value as an int")

    __index__ = __int__
    __len__ = __int__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return attribute(self, name)

    def __getitem__(self, at: Any) -> Any:
        if self.kind != "str":
            raise Untraceable(f"it takes an item of a {_NAMES[self.kind]}")
        return _item(self, at)

    def __contains__(self, part: Any) -> bool:
        if self.kind != "str":
            raise Untraceable(f"`in` a {_NAMES[self.kind]}")
        return bool(call("contains", "bool", self, _need(part, "str")))

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

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: Any) -> Any:
        return power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return power(other, self)

    def __neg__(self) -> Any:
        x = _number(self, "-")
        if x.either:
            raise NeedsForks
        if x.kind == "float":
            return symbol("float", steps().function("negate", x.number), numpy=x.numpy)
        return symbol(x.kind, current().trap("negate", x.number, only_overflow=True))

    def __pos__(self) -> Any:
        return _number(self, "+")

    def __abs__(self) -> Any:
        x = _number(self, "abs")
        if x.kind == "float":
            return symbol("float", steps().function("abs", x.number), numpy=x.numpy, either=x.either)
        return symbol(x.kind, current().trap("abs", x.number, only_overflow=True))

    def __round__(self, digits: Any = None) -> Any:
        return rounded(self, digits)

    def __and__(self, other: Any) -> Any:
        return logic("and", self, other)

    def __or__(self, other: Any) -> Any:
        return logic("or", self, other)

    def __xor__(self, other: Any) -> Any:
        return logic("not_equal", self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        if self.kind == "bool" and self.numpy:
            return symbol("bool", steps().function("not", self.number), numpy=True)
        raise Untraceable(f"~ of a {_NAMES[self.kind]}")

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

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from weft.tracing.numpy_functions import ufunc_of

        return ufunc_of(ufunc, method, inputs, options)


# ---- values -----------------------------------------------------------------------------------------------------------


def lift(x: Any) -> Symbol | None:
    """A plain value or a symbol as a symbol; None if it is neither (None is none)."""
    if isinstance(x, Symbol):
        return x
    kind = type(x)
    if kind is bool:
        return symbol("bool", steps().value("bool", x))
    if kind is int:
        if not -(1 << 63) <= x < 1 << 63:
            raise Untraceable(f"{x} is beyond 64 bits")
        return symbol("int", steps().value("int64", x))
    if kind is float:
        return symbol("float", steps().value("double", x))
    if kind is str:
        return symbol("str", steps().value("string", _utf8(x)))
    if kind is datetime.timedelta:
        return symbol("duration", steps().value("duration", x // _US))
    if isinstance(x, datetime.datetime) and x.tzinfo is not None and kind.__module__ == "datetime":
        return symbol("time", steps().value("timestamp", (x - _EPOCH) // _US))
    if kind.__module__ == "numpy" and kind.__name__ == "float64":
        return symbol("float", steps().value("double", float(x)), numpy=True)
    return None


def _utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Untraceable("a text that is not Unicode") from None
    return text


def _lift(x: Any, where: str) -> Symbol:
    made = lift(x)
    if made is None:
        raise Untraceable(f"{where} of a {type(x).__name__}")
    return made


def _need(x: Any, kind: str) -> Symbol:
    made = lift(x)
    if made is None or made.kind != kind:
        raise Untraceable(f"a {_NAMES[kind]} was expected and something else found")
    return made


def call(name: str, kind: str, *args: Symbol) -> Symbol:
    return symbol(kind, steps().function(name, *(a.number for a in args)))


def trapping(name: str, kind: str, *args: Symbol) -> Symbol:
    return symbol(kind, current().trap(name, *(a.number for a in args)))


def as_float(x: Symbol) -> Symbol:
    if x.kind == "float":
        return x
    is_value, value = steps().literal(x.number)
    if is_value:
        return symbol("float", steps().value("double", float(value)))
    return call("cast_double", "float", x)


def as_int(x: Symbol) -> Symbol:
    if x.kind != "bool":
        return x
    if x.numpy:
        raise Untraceable("arithmetic of NumPy's bools")
    return call("cast_int64", "int", x)


def _number(x: Any, where: str) -> Symbol:
    made = _lift(x, where)
    if made.kind == "bool":
        return as_int(made)
    if made.kind not in ("int", "float") and not (made.kind == "duration" and where in ("-", "+", "abs")):
        raise Untraceable(f"{where} of a {_NAMES[made.kind]}")
    return made


def truth(x: Symbol) -> Symbol:
    """bool(x) as a symbol."""
    if x.kind == "bool":
        return x
    if x.kind in ("int", "float"):
        return call("not_equal", "bool", x, _lift(0 if x.kind == "int" else 0.0, "bool"))
    if x.kind == "str":
        return call("not_equal", "bool", x, _lift("", "bool"))
    if x.kind == "duration":
        return call("not_equal", "bool", x, _lift(datetime.timedelta(0), "bool"))
    raise Untraceable("bool() of a datetime")


# ---- arithmetic -------------------------------------------------------------------------------------------------------

_FUNCTIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_div", "%": "modulo"}


def arithmetic(op: str, left: Any, right: Any) -> Any:
    a, b = lift(left), lift(right)
    if a is None or b is None:
        other = right if a is not None else left
        if hasattr(type(other), "_weft_series"):
            return NotImplemented
        raise Untraceable(f"{op} with a {type(other).__name__}")
    if a.kind in ("time", "duration") or b.kind in ("time", "duration"):
        return _times(op, a, b)
    if a.kind == "str" or b.kind == "str":
        return _texts(op, a, b)
    numpy = a.numpy or b.numpy
    a, b = as_int(a), as_int(b)
    if a.kind == "int" and b.kind == "int":
        if numpy:
            raise Untraceable("arithmetic of NumPy's integers, which wrap")
        return _integers(op, a, b)
    either = a.either and (b.either or b.kind == "int") or b.either and a.kind == "int"
    if either:
        raise NeedsForks
    x, y = as_float(a), as_float(b)
    name = _FUNCTIONS[op]
    if op in "+-*" or numpy or _is_not_zero(y):
        return symbol("float", steps().function(name, x.number, y.number), numpy=numpy)
    return trapping("python_" + name, "float", x, y)


def _is_not_zero(x: Symbol) -> bool:
    is_value, value = steps().literal(x.number)
    return is_value and value != 0


def _integers(op: str, a: Symbol, b: Symbol) -> Symbol:
    name = _FUNCTIONS[op]
    if op in "+-*":
        return symbol("int", current().trap(name, a.number, b.number, only_overflow=True))
    if op == "/":
        return trapping("python_divide", "float", a, b)
    if _is_not_zero(b):
        if steps().literal(b.number)[1] != -1:
            return symbol("int", steps().function(name, a.number, b.number))
        return symbol("int", current().trap(name, a.number, b.number, only_overflow=True))
    return trapping("python_" + name, "int", a, b)


def _texts(op: str, a: Symbol, b: Symbol) -> Symbol:
    if op == "+" and a.kind == b.kind == "str":
        return call("add", "str", a, b)
    if op == "*" and "int" in (a.kind, b.kind):
        return call("repeat", "str", *((a, b) if a.kind == "str" else (b, a)))
    raise Untraceable(f"{op} of a {_NAMES[a.kind]} and a {_NAMES[b.kind]}")


def _times(op: str, a: Symbol, b: Symbol) -> Symbol:
    kinds = (a.kind, b.kind)
    if op == "-" and kinds == ("time", "time"):
        return symbol("duration", current().trap("subtract", a.number, b.number, only_overflow=True))
    if op in "+-" and kinds == ("time", "duration"):
        return symbol("time", current().trap(_FUNCTIONS[op], a.number, b.number, only_overflow=True))
    if op == "+" and kinds == ("duration", "time"):
        return symbol("time", current().trap("add", a.number, b.number, only_overflow=True))
    if op in "+-" and kinds == ("duration", "duration"):
        return symbol("duration", current().trap(_FUNCTIONS[op], a.number, b.number, only_overflow=True))
    if op == "*" and set(kinds) == {"duration", "int"}:
        return symbol("duration", current().trap("multiply", a.number, b.number, only_overflow=True))
    if op in ("/", "//") and kinds == ("duration", "duration"):
        return arithmetic(op, microseconds(a), microseconds(b))
    raise Untraceable(f"{op} of a {_NAMES[a.kind]} and a {_NAMES[b.kind]}")


def microseconds(x: Symbol) -> Symbol:
    return call("floor_div", "int", x, _lift(_US, "//"))


def power(left: Any, right: Any) -> Any:
    a, b = _number(left, "**"), _number(right, "**")
    if a.either or b.either:
        raise NeedsForks
    if a.numpy or b.numpy:
        if "float" not in (a.kind, b.kind):
            raise Untraceable("** of NumPy's integers, which wrap")
        current().rounds = True
        return symbol("float", steps().function("pow", as_float(a).number, as_float(b).number), numpy=True)
    if a.kind == "int" and b.kind == "int":
        is_value, exponent = steps().literal(b.number)
        if not is_value:
            raise Untraceable("an int to a power that is not known may be an int or a float")
        if exponent >= 0:
            return symbol("int", current().trap("python_power", a.number, b.number, only_overflow=True))
    return trapping("python_power", "float", as_float(a), as_float(b))


def rounded(x: Any, digits: Any = None) -> Any:
    a = _number(x, "round")
    if digits is None:
        if a.either:
            raise NeedsForks
        if a.numpy:
            raise Untraceable("round() of a NumPy scalar")
        return a if a.kind == "int" else trapping("python_round", "int", a)
    if a.either or a.numpy:
        raise NeedsForks if a.either else Untraceable("round() of a NumPy scalar")
    if type(digits) is not int or digits < 0:
        raise Untraceable("round() to a number of digits that is not known or below 0")
    return a if a.kind == "int" else call("python_round", "float", a, _lift(digits, "round"))


def logic(name: str, left: Any, right: Any) -> Any:
    a, b = lift(left), lift(right)
    if a is None or b is None or a.kind != "bool" or b.kind != "bool":
        if hasattr(type(right), "_weft_series"):
            return NotImplemented
        raise Untraceable("& | ^ of anything but bools")
    return symbol("bool", steps().function(name, a.number, b.number), numpy=a.numpy or b.numpy)


# ---- comparisons ------------------------------------------------------------------------------------------------------

_TURNED = {"equal": "equal", "not_equal": "not_equal", "less": "greater", "less_equal": "greater_equal", "greater": "less",
           "greater_equal": "less_equal"}


def compare(name: str, left: Any, right: Any) -> Any:
    a, b = lift(left), lift(right)
    if a is None or b is None:
        other = right if a is not None else left
        if hasattr(type(other), "_weft_series"):
            return NotImplemented
        if other is None or type(other) in (tuple, list, dict, bytes):
            return _different(name, "NoneType")
        raise Untraceable(f"a comparison with a {type(other).__name__}")
    numpy = a.numpy or b.numpy
    if a.kind != b.kind:
        numbers = {"bool", "int", "float"}
        if a.kind not in numbers or b.kind not in numbers:
            return _different(name, _NAMES[b.kind])
        a, b = as_int(a), as_int(b)
    if a.kind == b.kind:
        number = steps().function(name, a.number, b.number)
    else:
        number = _mixed(name, a, b, numpy)
    return symbol("bool", number, numpy=numpy)


def _different(name: str, kind: str) -> bool:
    if name == "equal":
        return False
    if name == "not_equal":
        return True
    raise Untraceable(f"an order between a value and a {kind}")


def _mixed(name: str, a: Symbol, b: Symbol, numpy: bool) -> int:
    if a.kind == "float":
        name, a, b = _TURNED[name], b, a
    is_value, value = steps().literal(a.number)
    if numpy or (is_value and abs(value) <= _EXACT):
        return steps().function(name, as_float(a).number, b.number)
    return steps().function("python_" + name, a.number, b.number)


def least(name: str, a: Any, b: Any) -> Any:
    """min and max of two, `name` being less or greater: the first, unless the second is beyond it."""
    x, y = lift(a), lift(b)
    if x is None or y is None:
        raise Untraceable("min or max of something that is no number, text or time")
    if not isinstance(a, Symbol) and not isinstance(b, Symbol):
        return b if (b < a if name == "less" else b > a) else a
    if x.kind != y.kind:
        small = [steps().literal(v.number) for v in (x, y) if v.kind == "int"]
        mergeable = {x.kind, y.kind} == {"int", "float"} and small[0][0] and abs(small[0][1]) <= _EXACT
        if current().forks or not mergeable:
            return b if compare(name, b, a) else a
        either = True
        x, y = as_float(x), as_float(y)
    else:
        either = x.either or y.either
    beyond = steps().function(name, y.number, x.number)
    chosen = steps().function("if_else", beyond, y.number, x.number)
    if x.numpy != y.numpy:
        return b if compare(name, b, a) else a
    return symbol(x.kind, chosen, numpy=x.numpy, either=either)


# ---- conversions ------------------------------------------------------------------------------------------------------


def to_float(x: Any) -> Any:
    a = _lift(x, "float()")
    if a.kind not in ("int", "float", "bool"):
        raise Untraceable(f"float() of a {_NAMES[a.kind]}")
    made = as_float(a)
    return symbol("float", made.number)


def to_int(x: Any, name: str = "python_int") -> Any:
    a = as_int(_lift(x, "int()"))
    if a.kind == "int":
        return symbol("int", a.number)
    if a.kind != "float":
        raise Untraceable(f"int() of a {_NAMES[a.kind]}")
    return trapping(name, "int", a)


def to_text(x: Any) -> Any:
    a = _lift(x, "str()")
    if a.kind == "str":
        return a
    if a.either:
        raise NeedsForks
    if a.kind == "int":
        return call("cast_string", "str", a)
    if a.kind in ("float", "bool"):
        return call("python_text", "str", a)
    raise Untraceable(f"str() of a {_NAMES[a.kind]}")


def joined(parts: tuple[Any, ...]) -> Any:
    """An f-string: texts, and (value, conversion, format) for what stands in braces."""
    out: Any = ""
    for part in parts:
        if isinstance(part, str):
            out = out + part
            continue
        value, conversion, spec = part
        if isinstance(value, Symbol):
            value = _formatted(value, conversion, spec)
        else:
            value = format({115: str, 114: repr, 97: ascii}.get(conversion, lambda v: v)(value), spec)
        out = out + value
    return out


def _formatted(value: Symbol, conversion: int, spec: Any) -> Any:
    if conversion not in (-1, 115) or not isinstance(spec, str):
        raise Untraceable("an f-string with !r or a format that is not known")
    if spec in ("", "s") and (spec == "" or value.kind == "str"):
        return to_text(value)
    if spec == "d" and value.kind == "int":
        return to_text(value)
    raise Untraceable(f"an f-string with the format {spec!r}")


# ---- attributes and methods -------------------------------------------------------------------------------------------

_CLOCK = {"year": "year", "month": "month", "day": "day", "hour": "hour", "minute": "minute", "second": "second",
          "microsecond": "microsecond"}


def attribute(x: Symbol, name: str) -> Any:
    if x.kind == "time" and name in _CLOCK:
        return call(_CLOCK[name], "int", x)
    if x.kind == "duration" and name in ("days", "seconds", "microseconds"):
        us, day, second = microseconds(x), 86_400_000_000, 1_000_000
        return {"days": lambda: us // day, "seconds": lambda: us % day // second, "microseconds": lambda: us % second}[name]()
    if x.kind in ("int", "float") and name == "real":
        return x
    method = _METHODS.get((x.kind, name))
    if method is None:
        raise Untraceable(f"it uses .{name} of a {_NAMES[x.kind]}")
    return lambda *args, **options: method(x, *args, **options)


def _strip(name: str) -> Any:
    def strip(x: Symbol, chars: Any = None) -> Symbol:
        return call(name, "str", x, _need(_SPACES if chars is None else chars, "str"))

    return strip


def _with(name: str) -> Any:
    def test(x: Symbol, prefix: Any, *rest: Any) -> Any:
        if rest:
            raise Untraceable(".startswith() from a place on")
        options = prefix if isinstance(prefix, tuple) else (prefix,)
        found = [call(name, "bool", x, _need(p, "str")) for p in options]
        out: Any = found[0] if found else False
        for one in found[1:]:
            out = symbol("bool", steps().function("or", out.number, one.number))
        return out

    return test


def _replace(x: Symbol, old: Any, new: Any, count: int = -1) -> Symbol:
    if type(old) is not str or old == "" or count != -1:
        raise Untraceable(".replace() of a text that is empty or not known, or of so many")
    return call("replace", "str", x, _need(old, "str"), _need(new, "str"))


def _is_integer(x: Symbol) -> Symbol:
    whole = call("equal", "bool", call("trunc", "float", x), x)
    return call("and", "bool", whole, call("is_finite", "bool", x))


def _timestamp(x: Symbol) -> Symbol:
    return arithmetic("/", call("to_epoch_microseconds", "int", x), 1_000_000)


def _weekday(first: int) -> Any:
    def weekday(x: Symbol) -> Any:
        day = call("day_of_week", "int", x)
        return day + first if first else day

    return weekday


def _total_seconds(x: Symbol) -> Symbol:
    return arithmetic("/", microseconds(x), 1_000_000)


def _case(name: str) -> Any:
    def change(x: Symbol) -> Symbol:
        return call(name, "str", x)

    return change


_METHODS = {
    ("str", "upper"): _case("python_upper"),
    ("str", "lower"): _case("python_lower"),
    ("str", "strip"): _strip("trim"),
    ("str", "lstrip"): _strip("ltrim"),
    ("str", "rstrip"): _strip("rtrim"),
    ("str", "startswith"): _with("starts_with"),
    ("str", "endswith"): _with("ends_with"),
    ("str", "replace"): _replace,
    ("float", "is_integer"): _is_integer,
    ("time", "weekday"): _weekday(0),
    ("time", "isoweekday"): _weekday(1),
    ("time", "timestamp"): _timestamp,
    ("duration", "total_seconds"): _total_seconds,
}


def _item(x: Symbol, at: Any) -> Symbol:
    if isinstance(at, slice):
        return _slice(x, at)
    return trapping("python_character", "str", x, _need(at, "int"))


def _slice(x: Symbol, at: slice) -> Symbol:
    """Between two places that are known; from the end where they are negative."""
    start, stop = at.start or 0, at.stop
    if at.step not in (None, 1) or any(v is not None and type(v) is not int for v in (start, stop)):
        raise Untraceable("a slice whose ends are not known, or with steps")
    if stop is None:
        return call("substr", "str", x, _lift(start, "[]"))
    if start >= 0 and stop >= 0:
        return call("substr", "str", x, _lift(start, "[]"), _lift(max(stop - start, 0), "[]"))
    if start >= 0:
        count = call("subtract", "int", call("length", "int", x), _lift(start - stop, "[]"))
        return call("substr", "str", x, _lift(start, "[]"), count)
    if stop < 0:
        kept = call("substr", "str", x, _lift(start, "[]"))
        count = call("subtract", "int", call("length", "int", kept), _lift(-stop, "[]"))
        return call("substr", "str", kept, _lift(0, "[]"), count)
    raise Untraceable("a slice from the end to a place from the start")


def leaf(x: Any, kind: str, trace: Trace) -> int:
    """What a function gives on one path, as a step of the type that it says it gives."""
    if x is None:
        return trace.steps.value(TYPES[kind], None)
    made = lift(x)
    if made is None:
        raise Untraceable(f"it gives a {type(x).__name__}")
    if kind == "float" and made.kind == "int":
        made = as_float(made)
    if made.kind != kind:
        raise Untraceable(f"it says that it gives {_NAMES[kind]}, and gives {_NAMES[made.kind]}")
    return made.number
