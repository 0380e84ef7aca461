"""Small functions that trace, and some that do not: data of test_traced.py."""

import datetime
import math
import random
import time
from datetime import timedelta
from math import log as natural
from typing import Optional

import numpy as np
import pandas as pd

LIMIT = 7
NAMES = {"male": 1.5, "female": 2.5, "a": 0.25}
ALLOWED = ["a", "male", "yes"]
counter = 0


# ---- rows that trace ----------------------------------------------------------------------------------------------------


def plus(x: float, y: float) -> float:
    return x + y * 2 - 0.5


def quotient(x: float, y: float) -> float:
    return x / y


def int_quotient(x: int, y: int) -> float:
    return x / y


def floor_quotient(x: float, y: float) -> float:
    return x // y


def int_floor_quotient(x: int, y: int) -> int:
    return x // y


def rest(x: float, y: float) -> float:
    return x % y


def int_rest(x: int, y: int) -> int:
    return x % y


def rest_of_seven(x: int) -> int:
    return x % -7 + x // 7


def mixed_quotient(x: int, y: float) -> float:
    return x / y + x // 2


def int_arithmetic(x: int, y: int) -> int:
    return x + y * 3 - (-x)


def int_result_as_float(x: int) -> float:
    return x + 1


def power(x: float, y: float) -> float:
    return x**y


def square(x: float) -> float:
    return x**2 + x**0.5


def int_power(x: int) -> int:
    return x**3


def int_power_down(x: int) -> float:
    return x**-2


def absolute(x: float, y: int) -> float:
    return abs(x) + abs(y)


def rounded(x: float) -> int:
    return round(x)


def rounded_to_two(x: float) -> float:
    return round(x, 2)


def rounded_to_none(x: float) -> float:
    return round(x, 0)


def int_of(x: float) -> int:
    return int(x)


def floor_ceil(x: float) -> int:
    return math.floor(x) + math.ceil(x) - math.trunc(x)


def logarithm(x: float) -> float:
    return math.log(x)


def logarithm_of_int(x: int) -> float:
    return math.log(x, 10) + natural(2)


def square_root(x: float) -> float:
    return math.sqrt(x)


def exponential(x: float) -> float:
    return math.exp(x)


def sines(x: float) -> float:
    return math.sin(x) + math.cos(x) * math.tan(x)


def arcs(x: float, y: float) -> float:
    return math.atan2(x, y) + math.atan(x) + math.tanh(y)


def arc_sine(x: float) -> float:
    return math.asin(x)


def hyperbolic(x: float) -> float:
    return math.sinh(x) + math.cosh(x)


def math_rest(x: float, y: float) -> float:
    return math.fmod(x, y)


def math_power(x: float, y: float) -> float:
    return math.pow(x, y)


def angles(x: float) -> float:
    return math.degrees(x) - math.radians(x) + math.pi


def kinds(x: float) -> bool:
    return math.isnan(x) or math.isinf(x)


def finite_or(x: float) -> float:
    return x if math.isfinite(x) else math.copysign(1.0, x)


def compared(x: float, y: float) -> bool:
    return x < y


def compared_exactly(x: int, y: float) -> bool:
    return x == y or x < y


def compared_not(x: int, y: float) -> bool:
    return x != y and y >= x


def chained(x: float) -> bool:
    return 0 < x <= 3


def both(x: float, y: float) -> bool:
    return x > 0 and not y > 0


def either(x: bool, y: bool) -> bool:
    return x or y


def negated(x: bool) -> bool:
    return not x


def bools_as_numbers(x: bool, y: int) -> int:
    return x + y


def truth_of_number(x: float) -> bool:
    return bool(x)


def truth_of_text(s: str) -> bool:
    return bool(s)


def steps(x: float) -> float:
    if x < 0:
        return 0
    if x > 10:
        return 10.0
    return x * 2


def early_none(x: float) -> Optional[float]:
    if x < 0:
        return None
    return x


def guarded(x: float, y: float) -> float:
    return x / y if y != 0 else 0.0


def guarded_log(x: float) -> float:
    if x > 0:
        return math.log(x)
    return -1.0


def unused_on_a_path(x: float, y: float, z: float) -> float:
    if z > 0:
        return x
    return y


def trap_beside_null(x: int, y: int, z: float) -> float:
    return x // y + z


def optional(x: Optional[float], y: float) -> float:
    return y if x is None else x + y


def optional_both(x: Optional[float], y: Optional[int]) -> float:
    if x is None and y is None:
        return -1.0
    if x is not None:
        return x
    return y * 2


def with_default(x: float, factor: float = 2.0) -> float:
    return x * factor


def local_loop(x: float) -> float:
    total = 0.0
    for weight in (0.5, 0.25, 0.125):
        total += weight * x
    return total


def comprehended(x: float) -> float:
    return sum([x * k for k in range(3)])


def least(x: float, y: float) -> float:
    return min(x, y)


def most(x: float, y: float) -> float:
    return max(x, y, 0.5)


def most_with_int(x: float) -> float:
    return max(0, x)


def most_then_whole(x: float) -> str:
    return str(min(3, x))


def least_of_ints(x: int, y: int) -> int:
    return min(x, y, 5)


def bounded(x: float) -> float:
    return max(0, min(x, 100)) / 3


def by_constant(x: int) -> int:
    return x + LIMIT


def _helper(x: float) -> float:
    return x * 2 if x > 1 else x


def by_helper(x: float) -> float:
    return _helper(x) + _helper(-x)


def by_lambda(x: float) -> float:
    twice = lambda v: v * 2  # noqa: E731
    return twice(x)


def text_of_int(x: int) -> str:
    return str(x)


def text_of_float(x: float) -> str:
    return str(x)


def text_of_bool(x: bool) -> str:
    return str(x)


def formatted(x: int, s: str) -> str:
    return f"{s}-{x}!"


def upper(s: str) -> str:
    return s.upper()


def lower(s: str) -> str:
    return s.lower()


def stripped(s: str) -> str:
    return s.strip() + "|" + s.lstrip("a") + s.rstrip("b.")


def tested(s: str) -> bool:
    return s.startswith("a") or s.endswith(("b", "B"))


def contained(s: str) -> bool:
    return "a" in s


def one_of(s: str) -> bool:
    return s in ("a", "male", "")


def one_of_set(s: str) -> int:
    return 1 if s in {"a", "yes"} else 0


def one_of_global(s: str) -> bool:
    return s in ALLOWED


def looked_up(s: str) -> float:
    return NAMES.get(s, 0.0) if s in NAMES else -1.0


def looked_up_or_none(s: str) -> Optional[float]:
    return NAMES.get(s)


def replaced(s: str) -> str:
    return s.replace("a", "bb")


def length(s: str) -> int:
    return len(s)


def first_three(s: str) -> str:
    return s[:3]


def middle(s: str) -> str:
    return s[1:-1] + s[-2:]


def from_the_end(s: str) -> str:
    return s[-3:-1] + s[:-2]


def first_character(s: str) -> str:
    return s[0]


def last_character(s: str) -> str:
    return s[-1]


def joined(s: str, t: str) -> str:
    return s + "/" + t


def repeated(s: str) -> str:
    return s * 3


def ordered(s: str, t: str) -> bool:
    return s < t


def is_male(s: str) -> bool:
    return s == "male"


def hour(t: datetime.datetime) -> int:
    return t.hour


def parts(t: datetime.datetime) -> int:
    return t.year * 10000 + t.month * 100 + t.day + t.minute - t.second


def weekend(t: datetime.datetime) -> bool:
    return t.weekday() >= 5 or t.isoweekday() == 1


def stamp(t: datetime.datetime) -> float:
    return t.timestamp()


def later(t: datetime.datetime) -> datetime.datetime:
    return t + timedelta(days=1, seconds=5)


def between(t: datetime.datetime, u: datetime.datetime) -> float:
    return (t - u).total_seconds() / 60


def whole_days(t: datetime.datetime, u: datetime.datetime) -> int:
    return (t - u).days


def seconds_part(d: datetime.timedelta) -> int:
    return d.seconds + d.microseconds


def ratio(d: datetime.timedelta) -> float:
    return d / timedelta(hours=1)


def after(t: datetime.datetime) -> bool:
    return t > datetime.datetime(2020, 5, 1, tzinfo=datetime.timezone.utc)


def kind_of(x: float) -> float:
    return x if isinstance(x, float) else 0.0


def missing_or(x: float) -> float:
    return 0.0 if pd.isna(x) else x


def numpy_log(x: float) -> float:
    return np.log(x) + np.sqrt(x)


def numpy_quotient(x: float, y: float) -> float:
    return np.float64(x) / y


def numpy_bounds(x: float, y: float) -> float:
    return np.maximum(x, y) - np.minimum(x, 0.0) + np.abs(x)


def numpy_tests(x: float) -> bool:
    return np.isnan(x) | np.isinf(x)


def matched(x: int) -> int:
    match x:
        case 0:
            return 10
        case 1 | 2:
            return 20
        case _:
            return x


# ---- columns that trace -------------------------------------------------------------------------------------------------


def s_arithmetic(x: pd.Series, y: pd.Series) -> pd.Series:
    return x * 2 + y / 3 - 1


def s_quotient(x: pd.Series, y: pd.Series) -> pd.Series:
    return x / y


def s_floor(x: pd.Series) -> pd.Series:
    return x // 3 + x % 3


def s_standard(x: pd.Series) -> pd.Series:
    return (x - x.mean()) / x.std()


def s_filled(x: pd.Series) -> pd.Series:
    return x.fillna(0).clip(-5, 5)


def s_filled_by_mean(x: pd.Series) -> pd.Series:
    return x.fillna(x.mean())


def s_clipped_turned(x: pd.Series) -> pd.Series:
    return x.clip(3, -1)


def s_compared(x: pd.Series) -> pd.Series:
    return (x > 1) & (x <= 50) | (x == -7)


def s_unequal(x: pd.Series) -> pd.Series:
    return ~(x != 3)


def s_between(x: pd.Series) -> pd.Series:
    return x.between(-3, 3)


def s_isin(x: pd.Series) -> pd.Series:
    return x.isin([1, 3, -7])


def s_missing(x: pd.Series) -> pd.Series:
    return x.isna()


def s_present(x: pd.Series) -> pd.Series:
    return x.notna().astype(int)


def s_where(x: pd.Series) -> pd.Series:
    return x.where(x > 0, 0).abs()


def s_mask(x: pd.Series) -> pd.Series:
    return x.mask(x > 1)


def s_round(x: pd.Series) -> pd.Series:
    return x.round(1)


def s_log(x: pd.Series) -> pd.Series:
    return np.log(x.abs() + 1)


def s_exp(x: pd.Series) -> pd.Series:
    return np.exp(x / 100) + np.sin(x)


def s_numpy_where(x: pd.Series) -> pd.Series:
    return np.where(x > 0, 1, 0)


def s_numpy_texts(x: pd.Series) -> pd.Series:
    return np.where(x > 0, "up", "down")


def s_numpy_bounds(x: pd.Series, y: pd.Series) -> pd.Series:
    return np.maximum(x, y) + np.minimum(x, 1.5)


def s_shift(x: pd.Series) -> pd.Series:
    return x.shift(1) - x.shift(-2)


def s_diff(x: pd.Series) -> pd.Series:
    return x.diff()


def s_change(x: pd.Series) -> pd.Series:
    return x.pct_change()


def s_cumsum(x: pd.Series) -> pd.Series:
    return x.cumsum()


def s_cummax(x: pd.Series) -> pd.Series:
    return x.cummax() - x.cummin()


def s_rank(x: pd.Series) -> pd.Series:
    return x.rank()


def s_rank_dense(x: pd.Series) -> pd.Series:
    return x.rank(method="dense", ascending=False)


def s_rank_part(x: pd.Series) -> pd.Series:
    return x.rank(pct=True, method="min")


def s_rolling(x: pd.Series) -> pd.Series:
    return x.rolling(3).mean()


def s_rolling_least(x: pd.Series) -> pd.Series:
    return x.rolling(4, min_periods=1).sum() + x.rolling(2).max() - x.rolling(2).min()


def s_rolling_std(x: pd.Series) -> pd.Series:
    return x.clip(-100, 100).rolling(5, min_periods=2).std()


def s_grouped(price: pd.Series, key: pd.Series) -> pd.Series:
    return price - price.groupby(key).transform("mean")


def s_mapped(name: pd.Series) -> pd.Series:
    return name.map(NAMES)


def s_mapped_filled(name: pd.Series) -> pd.Series:
    return name.map({"a": "x", "yes": "y"}).fillna("none")


def s_upper(name: pd.Series) -> pd.Series:
    return name.str.upper()


def s_text(name: pd.Series) -> pd.Series:
    return name.str.strip().str.replace("a", "o").str[:3]


def s_length(name: pd.Series) -> pd.Series:
    return name.str.len()


def s_contains(name: pd.Series) -> pd.Series:
    return name.str.contains("a") | name.str.startswith("A")


def s_is_male(name: pd.Series) -> pd.Series:
    return (name == "male").astype(int)


def s_hour(t: pd.Series) -> pd.Series:
    return t.dt.hour


def s_calendar(t: pd.Series) -> pd.Series:
    return t.dt.year * 100 + t.dt.month + t.dt.day_of_week


def s_weekend(t: pd.Series) -> pd.Series:
    return t.dt.day_of_week >= 5


def s_elapsed(t: pd.Series, u: pd.Series) -> pd.Series:
    return (t - u).dt.total_seconds() / 3600


def s_days(t: pd.Series, u: pd.Series) -> pd.Series:
    return (t - u).dt.days


def s_scaled(x: pd.Series, factor: float) -> pd.Series:
    return x * factor


def s_branch(x: pd.Series, factor: float) -> pd.Series:
    if factor > 1:
        return x * factor
    return x - 1


def s_mean(x: pd.Series) -> float:
    return x.mean()


def s_spread(x: pd.Series) -> float:
    return x.max() - x.min()


def s_sum(x: pd.Series) -> float:
    return x.sum()


def s_std(x: pd.Series) -> float:
    return x.std()


def s_median(x: pd.Series) -> float:
    return x.median()


def s_quantile(x: pd.Series) -> float:
    return x.quantile(0.9)


def s_arrays(x: pd.Series, y: pd.Series) -> pd.Series:
    return np.where(x > 0, x, 0.5) * 2 + np.where(y > 0, 1, 0)


def s_array_and_series(x: pd.Series, y: pd.Series) -> pd.Series:
    return (np.where(x > 0, 1.5, 0.5) * y).rank()


def s_counts(x: pd.Series) -> int:
    return x.count()


def s_distinct(x: pd.Series) -> int:
    return x.nunique()


def s_length_of(x: pd.Series) -> int:
    return len(x)


# ---- what stays in Python: the reason says why --------------------------------------------------------------------------


def stays_prints(x: float) -> float:
    print(x)
    return x


def stays_random(x: float) -> float:
    return x + random.random()


def stays_time(x: float) -> float:
    return x + time.time()


def stays_now(x: float) -> float:
    return x + datetime.datetime.now().hour


def stays_global(x: float) -> float:
    global counter
    counter += 1
    return x + counter


def stays_loop(x: int) -> int:
    total = 0
    while x > 0:
        total += x
        x = x - 1
    return total


def stays_catches(x: float) -> float:
    try:
        return 1 / x
    except ZeroDivisionError:
        return 0.0


def stays_raises(x: float) -> float:
    if x < 0:
        raise ValueError("negative")
    return x


def stays_unused(x: float) -> float:
    1 / x
    return 2.0


def stays_is(x: bool) -> bool:
    return x is True


def stays_int_power(x: int, y: int) -> float:
    return x**y


def stays_key(s: str) -> float:
    return NAMES[s]


def stays_parses(s: str) -> float:
    return float(s)


def stays_splits(s: str) -> str:
    return s.split("-")[0]


def stays_formatted(x: float) -> str:
    return f"{x:.2f}"


def stays_int_given_as_float(x: float) -> int:
    return x


def stays_numpy_int(x: int) -> float:
    return np.abs(x)


def stays_many_paths(x: int) -> int:
    total = 0
    for k in range(7):
        if x % (k + 2) == 0:
            total += 1
    return total


@__import__("weft").untraced
def stays_marked(x: float) -> float:
    return x


def stays_s_apply(x: pd.Series) -> pd.Series:
    return x.apply(lambda v: v + 1)


def stays_s_index(x: pd.Series) -> pd.Series:
    return x[x > 0]


def stays_s_changes(x: pd.Series) -> pd.Series:
    x[0] = 1
    return x


def stays_s_values(x: pd.Series) -> pd.Series:
    return x.map({1: 2})


def stays_s_array(x: pd.Series) -> float:
    return (np.where(x > 0, x, 1) * 2).mean()


STAYS = {
    "stays_prints": "print", "stays_random": "random", "stays_time": "time", "stays_now": "now", "stays_global": "global",
    "stays_loop": "decides more than", "stays_catches": "catches", "stays_raises": "ValueError", "stays_unused": "does not use",
    "stays_is": "`is`", "stays_int_power": "power", "stays_key": "key", "stays_parses": "float()", "stays_splits": "split",
    "stays_formatted": "format", "stays_int_given_as_float": "gives", "stays_numpy_int": "NumPy", "stays_many_paths": "ways",
    "stays_marked": "@untraced", "stays_s_apply": "apply", "stays_s_index": "items", "stays_s_changes": "changes",
    "stays_s_values": ".map", "stays_s_array": "NumPy array",
}
# Types of the Series of column functions by the names of parameters; others are drawn.
SERIES_TYPES = {"price": "double", "key": "string", "name": "string", "t": "timestamp", "u": "timestamp"}
