"""Symbolic columns: what a column function is given and what it gives back.

    def age_normalized(age: Column[float]) -> Column[float]:
        return (age - weft.mean(age)) / weft.stddev(age)

The function is called once, when the plan is made; what it gives runs over tables, streams and requests. Operators have
Weft's own meaning: a null makes a null, two integers divide to a float, `//` and `%` have Python's signs, comparisons
with NaN are false. `and`, `or`, `not` and `if` cannot be recorded: use `&`, `|`, `~` and `if_else`.
"""

from __future__ import annotations

import datetime
import typing
from typing import Any, Generic, TypeVar

from weft import _weft

T = TypeVar("T")


def _expr(x: Any) -> Any:
    return x._expression if isinstance(x, Symbol) else x


def _call(name: str, *args: Any) -> Any:
    return wrapped(_weft.function_expr(name, [_expr(a) for a in args]))


def wrapped(expression: Any) -> Any:
    """A `_weft.Expression` as a Column or a Scalar; anything else as it is."""
    if not isinstance(expression, _weft.Expression):
        return expression
    return Scalar(expression) if expression.is_scalar else Column(expression)


class Symbol:
    """A value that is not known yet."""

    __slots__ = ("_expression",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, expression: _weft.Expression) -> None:
        self._expression = expression

    @property
    def type(self) -> str:
        return self._expression.type.name

    def __repr__(self) -> str:
        return repr(self._expression)

    def __bool__(self) -> typing.NoReturn:
        raise _weft.UnsupportedError(f"{self!r} is not known yet when the plan is made: use if_else(), &, | and ~ instead of if, and, or, not")

    def __add__(self, other: Any) -> Any:
        return _call("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _call("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _call("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _call("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return _call("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _call("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _call("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _call("divide", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _call("floor_div", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _call("floor_div", other, self)

    def __mod__(self, other: Any) -> Any:
        return _call("modulo", self, other)

    def __rmod__(self, other: Any) -> Any:
        return _call("modulo", other, self)

    def __pow__(self, other: Any) -> Any:
        return _call("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _call("pow", other, self)

    def __neg__(self) -> Any:
        return _call("negate", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return _call("abs", self)

    def __eq__(self, other: Any) -> Any:  # type: ignore[override]
        return _call("equal", self, other)

    def __ne__(self, other: Any) -> Any:  # type: ignore[override]
        return _call("not_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return _call("less", self, other)

    def __le__(self, other: Any) -> Any:
        return _call("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return _call("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return _call("greater_equal", self, other)

    def __and__(self, other: Any) -> Any:
        return _call("and", self, other)

    def __rand__(self, other: Any) -> Any:
        return _call("and", other, self)

    def __or__(self, other: Any) -> Any:
        return _call("or", self, other)

    def __ror__(self, other: Any) -> Any:
        return _call("or", other, self)

    def __invert__(self) -> Any:
        return _call("not", self)

    def cast(self, type: str) -> Any:
        """The value as another type ("int64", ...); one that does not fit is an error."""
        return _call(f"cast_{type}", self)

    def try_cast(self, type: str) -> Any:
        """The same; a value that does not fit is null."""
        return _call(f"try_cast_{type}", self)


class Column(Symbol, Generic[T]):
    """All rows, symbolic: `Column[float]` as an annotation."""

    __slots__ = ()


class Scalar(Symbol, Generic[T]):
    """One value for all rows, symbolic."""

    __slots__ = ()


class Window:
    """Which rows before a row an aggregate sees: made by last(), last_rows() and all_before()."""

    def __init__(self, **options: Any) -> None:
        self._options = options

    def closed(self, which: str) -> Window:
        """left: t - width <= event < t; right: t - width < event <= t; both; neither."""
        return Window(**{**self._options, "closed": which})

    def include_current(self) -> Window:
        """Adds the row itself, and no other of its time."""
        return Window(**{**self._options, "include_current": True})

    def resolution(self, step: datetime.timedelta) -> Window:
        """Rounds the start of the window down to a multiple of `step` since the epoch."""
        return Window(**{**self._options, "resolution": step})


def last(width: datetime.timedelta) -> Window:
    """The events of the last 3 hours: t - 3h <= event time < t."""
    return Window(width=width)


def last_rows(n: int) -> Window:
    """The n rows before; with include_current() the n rows that end with this one."""
    return Window(rows=n)


def all_before() -> Window:
    """Every event before."""
    return Window()


class Aggregate(Scalar[T]):
    """An aggregate of all rows: one value, unless `.by` or `.over` makes a column of it."""

    __slots__ = ("_call",)

    def __init__(self, name: str, args: tuple[Any, ...], options: dict[str, Any], where: Any = None) -> None:
        self._call = (name, [_expr(a) for a in args], options, where)
        super().__init__(_weft.aggregate_expr(name, self._call[1], options, where))

    def by(self, *keys: Any) -> Grouped:
        """Of the rows of equal keys, at each of them. A null is a key like others."""
        return Grouped(self._call, [_expr(k) for k in keys])

    def over(self, window: Window) -> Windowed:
        """Of the rows before each row. No such row: null, or 0 of a count."""
        return Windowed(self._call, window)

    def where(self, condition: Any) -> Aggregate:
        """Only of the rows where the condition is true."""
        name, args, options, _ = self._call
        return Aggregate(name, tuple(args), options, _expr(condition))


class Grouped(Column[T]):
    __slots__ = ("_call", "_keys")

    def __init__(self, call: Any, keys: list[Any]) -> None:
        self._call, self._keys = call, keys
        name, args, options, where = call
        super().__init__(_weft.grouped_expr(name, args, options, keys, where))

    def over(self, window: Window) -> Windowed:
        return Windowed(self._call, window, self._keys)

    def where(self, condition: Any) -> Grouped:
        return Grouped((*self._call[:3], _expr(condition)), self._keys)


class Windowed(Column[T]):
    """An aggregate over a window. Its time and keys are those of the rows' source unless given here."""

    __slots__ = ("_call", "_window", "_keys", "_time")

    def __init__(self, call: Any, window: Window, keys: Any = None, time: Any = None) -> None:
        self._call, self._window, self._keys, self._time = call, window, keys, time
        name, args, options, where = call
        super().__init__(_weft.window_expr(name, args, options, keys=keys, time=time, where=where, **window._options))

    def by(self, *keys: Any) -> Windowed:
        return Windowed(self._call, self._window, [_expr(k) for k in keys], self._time)

    def on(self, time: Any) -> Windowed:
        return Windowed(self._call, self._window, self._keys, _expr(time))

    def where(self, condition: Any) -> Windowed:
        return Windowed((*self._call[:3], _expr(condition)), self._window, self._keys, self._time)


class OfRows(Column[T]):
    """A column computed from all rows, in the order in which they lie, or of `.on(time)`, within `.by(keys)`."""

    __slots__ = ("_call",)

    def __init__(self, name: str, args: tuple[Any, ...], options: dict[str, Any], keys: Any = (), time: Any = None) -> None:
        self._call = (name, tuple(_expr(a) for a in args), options, list(keys), time)
        super().__init__(_weft.operator_expr(name, list(self._call[1]), options, self._call[3], time))

    def by(self, *keys: Any) -> OfRows:
        name, args, options, _, time = self._call
        return OfRows(name, args, options, [_expr(k) for k in keys], time)

    def on(self, time: Any) -> OfRows:
        name, args, options, keys, _ = self._call
        return OfRows(name, args, options, keys, _expr(time))


# ---- aggregates --------------------------------------------------------------------------------------------------------


def _aggregate(name: str, doc: str) -> Any:
    def make(x: Any) -> Aggregate:
        return Aggregate(name, (x,), {})

    make.__name__ = make.__qualname__ = name
    make.__doc__ = doc
    return make


mean = _aggregate("mean", "Of a bool: the fraction that is true. Exact, rounded once.")
sum = _aggregate("sum", "Of integers an int, of floats the exact sum, rounded once.")
count = _aggregate("count", "How many are not null.")
distinct = _aggregate("distinct", "How many are different.")
min = _aggregate("min", "The smallest; NaN is beyond all.")
max = _aggregate("max", "The largest; NaN is beyond all.")
first = _aggregate("first", "The first that is not null, in the order of rows.")
last_value = _aggregate("last", "The last that is not null, in the order of rows.")
mode = _aggregate("mode", "The most frequent value; the smallest of equally frequent ones.")
list_of = _aggregate("list", "All values in the order of rows.")
var = _aggregate("var", "The sample variance (n - 1); of one value null.")
stddev = _aggregate("stddev", "The sample standard deviation (n - 1); of one value null.")
skew = _aggregate("skew", "As pandas: without bias.")
kurtosis = _aggregate("kurtosis", "As pandas: the excess, without bias.")
any_of = _aggregate("any", "Is one of them true?")
all_of = _aggregate("all", "Are all of them true?")
median = _aggregate("median", "The middle value, or the mean of the two in the middle.")


def count_all(x: Any) -> Aggregate:
    """How many rows there are, nulls included."""
    return count(_call("is_valid", x))


def quantile(x: Any, q: float) -> Aggregate:
    """Linear between the two nearest values; 0 <= q <= 1."""
    return Aggregate("quantile", (x,), {"q": float(q)})


def nth(x: Any, n: int) -> Aggregate:
    """The n-th that is not null: 0 is the first, -1 the last."""
    return Aggregate("nth", (x,), {"n": n})


def distinct_approx(x: Any, precision: int = 12) -> Aggregate:
    """About how many are different (HyperLogLog with 2^precision registers)."""
    return Aggregate("distinct_approx", (x,), {"precision": precision})


def top_k(x: Any, k: int) -> Aggregate:
    """The k most frequent values, the most frequent first."""
    return Aggregate("top_k", (x,), {"k": k})


def min_by(x: Any, by: Any) -> Aggregate:
    """x where `by` is smallest; the earliest row of equal ones."""
    return Aggregate("min_by", (x, by), {})


def max_by(x: Any, by: Any) -> Aggregate:
    """x where `by` is largest; the earliest row of equal ones."""
    return Aggregate("max_by", (x, by), {})


def covariance(x: Any, y: Any) -> Aggregate:
    """Sample covariance (n - 1) of the rows where neither is null."""
    return Aggregate("covariance", (x, y), {})


def correlation(x: Any, y: Any) -> Aggregate:
    """Pearson's correlation of the rows where neither is null."""
    return Aggregate("correlation", (x, y), {})


def zscore(x: Any, *keys: Any) -> Any:
    """(x - mean) / stddev of all rows, or within rows of equal keys."""
    if keys:
        return (x - mean(x).by(*keys)) / stddev(x).by(*keys)
    return (x - mean(x)) / stddev(x)


# ---- over all rows -------------------------------------------------------------------------------------------------------


def rank(x: Any, *, ties: str = "average", descending: bool = False, fraction: bool = False) -> OfRows:
    """From 1; NaN comes last; null where x is. ties: average, min, max, dense or ordinal."""
    return OfRows("rank", (x,), {"ties": ties, "descending": descending, "fraction": fraction})


class WindowRank(Column[float]):
    """The rank of a value in its window. Its time and keys are those of the rows' source unless given here."""

    __slots__ = ("_call",)

    def __init__(self, x: Any, window: Window, fraction: bool, keys: Any = None, time: Any = None) -> None:
        self._call = (x, window, fraction, keys, time)
        options = {"fraction": True} if fraction else {}
        super().__init__(
            _weft.window_expr("window_rank", [_expr(x)], options, keys=keys, time=time, aggregate=False, **window._options)
        )

    def by(self, *keys: Any) -> WindowRank:
        return WindowRank(*self._call[:3], [_expr(k) for k in keys], self._call[4])

    def on(self, time: Any) -> WindowRank:
        return WindowRank(*self._call[:4], _expr(time))


def window_rank(x: Any, window: Window, *, fraction: bool = False) -> WindowRank:
    """The rank of x among the values of its window and itself, ties at the average; as a fraction of their number if asked for."""
    return WindowRank(x, window, fraction)


def row_number(x: Any) -> OfRows:
    """From 1. `x` only says which rows, and may be null."""
    return OfRows("row_number", (x,), {})


def shift(x: Any, n: int = 1) -> OfRows:
    """The value n rows before (n < 0: after); null where there is none."""
    return OfRows("shift", (x,), {"n": n})


def lag(x: Any, n: int = 1) -> OfRows:
    """The value n rows before."""
    return shift(x, n)


def lead(x: Any, n: int = 1) -> OfRows:
    """The value n rows after."""
    return shift(x, -n)


def diff(x: Any, n: int = 1) -> OfRows:
    """x less the value n rows before; of times a duration."""
    return OfRows("diff", (x,), {"n": n})


def pct_change(x: Any, n: int = 1) -> OfRows:
    """x divided by the value n rows before, less 1."""
    return OfRows("pct_change", (x,), {"n": n})


def _cumulative(aggregate: str) -> Any:
    def make(x: Any) -> OfRows:
        return OfRows("cumulative", (x,), {"aggregate": aggregate})

    make.__name__ = make.__qualname__ = f"cumulative_{aggregate}"
    make.__doc__ = f"The {aggregate} of all rows up to this one; null where x is."
    return make


cumulative_sum = _cumulative("sum")
cumulative_mean = _cumulative("mean")
cumulative_min = _cumulative("min")
cumulative_max = _cumulative("max")
cumulative_count = _cumulative("count")


def cumulative_prod(x: Any) -> OfRows:
    """Rounded at each row, unlike sums."""
    return OfRows("cumulative_prod", (x,), {})


def fill_forward(x: Any, limit: int | None = None) -> OfRows:
    """Nulls take the last value that is not null; at most `limit` in a row."""
    return OfRows("fill_forward", (x,), {} if limit is None else {"limit": limit})


def fill_backward(x: Any, limit: int | None = None) -> OfRows:
    """The next value that is not null, at most `limit` rows ahead."""
    return OfRows("fill_backward", (x,), {} if limit is None else {"limit": limit})


def interpolate(x: Any) -> OfRows:
    """Nulls between two values lie on the line between them."""
    return OfRows("interpolate", (x,), {})


def quantile_bins(x: Any, n: int) -> OfRows:
    """Which of n bins of equal size, from 0."""
    return OfRows("quantile_bins", (x,), {"n": n})


def ordinal_encode(x: Any) -> OfRows:
    """The position of the value among all different ones, sorted; null for null."""
    return OfRows("ordinal_encode", (x,), {})


# ---- choice -------------------------------------------------------------------------------------------------------------


def if_else(condition: Any, then: Any, otherwise: Any) -> Any:
    """`then` where the condition is true, `otherwise` where it is false, null where it is null."""
    return _call("if_else", condition, then, otherwise)


def fill_null(x: Any, value: Any) -> Any:
    """x, and `value` where x is null."""
    return _call("coalesce", x, value)


coalesce = fill_null


def between(x: Any, low: Any, high: Any) -> Any:
    """low <= x <= high, both ends included."""
    return (x >= low) & (x <= high)


def lookup(table: Any, field: str, type: Any, *, time: Any = None, event_time: str = "", ttl: datetime.timedelta | None = None,
           duplicates: str = "error", **keys: Any) -> Any:
    """A field of another table's row of the same key, now or as of `time`: `lookup(drivers, "rating", float, driver_id=driver_id)`."""
    from weft.annotations import row_type

    return wrapped(
        _weft.lookup_expr(
            _expr(table), field, row_type(type), {name: _expr(k) for name, k in keys.items()}, time=_expr(time),
            event_time=event_time, ttl=ttl, duplicates=duplicates,
        )
    )


def __getattr__(name: str) -> Any:
    # Every other row function by its name: log, lower, hour, ...
    if name.startswith("_") or name not in _weft.function_names():
        raise AttributeError(f"module 'weft' has no attribute {name!r}")

    def call(*args: Any) -> Any:
        if any(isinstance(a, Symbol) for a in args):
            return _call(name, *args)
        return _weft.call_function(name, *args)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = _weft.function_doc(name)
    globals()[name] = call
    return call


def __dir__() -> list[str]:
    return sorted({*globals(), *_weft.function_names()})
