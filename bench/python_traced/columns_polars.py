"""The thirty features as functions of polars.Series, for Hamilton."""
import math

import polars as pl


def a_mean(a: pl.Series) -> float: return a.mean()
def a_stddev(a: pl.Series) -> float: return a.std()
def f01(a: pl.Series, b: pl.Series) -> pl.Series: return a - b
def f02(f01: pl.Series, c: pl.Series) -> pl.Series: return f01 / c
def f03(a: pl.Series, b: pl.Series) -> pl.Series: return a > b
def f04(f03: pl.Series, f01: pl.Series, d: pl.Series) -> pl.Series: return f01.zip_with(f03, d)
def f05(f04: pl.Series) -> pl.Series: return f04.abs()
def f06(f05: pl.Series) -> pl.Series: return f05.log1p()
def f07(f02: pl.Series) -> pl.Series: return f02.clip(-10, 10)
def f08(d: pl.Series, f07: pl.Series) -> pl.Series: return d.zip_with(d.is_not_null(), f07)
def f09(ts: pl.Series) -> pl.Series: return ts.dt.weekday() - 1
def f10(ts: pl.Series) -> pl.Series: return ts.dt.hour()
def f11(f09: pl.Series) -> pl.Series: return f09 >= 5
def f12(s: pl.Series) -> pl.Series: return s == "US"
def f13(f12: pl.Series, f03: pl.Series) -> pl.Series: return f12 & f03
def f14(f11: pl.Series, f06: pl.Series, f07: pl.Series) -> pl.Series: return f06.zip_with(f11, f07)
def f15(f14: pl.Series, f06: pl.Series) -> pl.Series: return f14 * f06
def f16(a: pl.Series, a_mean: float) -> pl.Series: return a - a_mean
def f17(f16: pl.Series, a_stddev: float) -> pl.Series: return f16 / a_stddev
def f18(f17: pl.Series) -> pl.Series: return f17 * f17
def f19(f18: pl.Series, f15: pl.Series) -> pl.Series: return f18 + f15
def f20(f05: pl.Series) -> pl.Series: return f05.sqrt()
def f21(f20: pl.Series, f06: pl.Series) -> pl.Series: return f20.zip_with(f20 < f06, f06)
def f22(f21: pl.Series) -> pl.Series: return f21 + 0.5
def f23(d: pl.Series) -> pl.Series: return d.is_null()
def f24(f23: pl.Series, f02: pl.Series) -> pl.Series: return pl.zeros(len(f02), eager=True).zip_with(f23, f02)
def f25(f24: pl.Series) -> pl.Series: return f24 * 0.1
def f26(f25: pl.Series, f22: pl.Series) -> pl.Series: return f25 + f22
def f27(f25: pl.Series, f08: pl.Series) -> pl.Series: return f25 < f08
def f28(f27: pl.Series, f26: pl.Series, f08: pl.Series) -> pl.Series: return f26.zip_with(f27, f08)
def f29(f10: pl.Series) -> pl.Series: return (f10.cast(pl.Float64) * (2 * math.pi / 24)).sin()
def f30(f28: pl.Series, f29: pl.Series) -> pl.Series: return f28 + f29
