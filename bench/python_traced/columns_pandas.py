"""The thirty features of expressions/features.cc as functions of pandas.Series: the same file runs in Hamilton and in Weft."""
import math

import numpy as np
import pandas as pd

OUTPUTS = ["f08", "f13", "f17", "f19", "f22", "f28", "f30"]


def a_mean(a: pd.Series) -> float: return a.mean()
def a_stddev(a: pd.Series) -> float: return a.std()
def f01(a: pd.Series, b: pd.Series) -> pd.Series: return a - b
def f02(f01: pd.Series, c: pd.Series) -> pd.Series: return f01 / c
def f03(a: pd.Series, b: pd.Series) -> pd.Series: return a > b
def f04(f03: pd.Series, f01: pd.Series, d: pd.Series) -> pd.Series: return f01.where(f03, d)
def f05(f04: pd.Series) -> pd.Series: return f04.abs()
def f06(f05: pd.Series) -> pd.Series: return np.log1p(f05)
def f07(f02: pd.Series) -> pd.Series: return f02.clip(-10, 10)
def f08(d: pd.Series, f07: pd.Series) -> pd.Series: return d.fillna(f07)
def f09(ts: pd.Series) -> pd.Series: return ts.dt.day_of_week
def f10(ts: pd.Series) -> pd.Series: return ts.dt.hour
def f11(f09: pd.Series) -> pd.Series: return f09 >= 5
def f12(s: pd.Series) -> pd.Series: return s == "US"
def f13(f12: pd.Series, f03: pd.Series) -> pd.Series: return f12 & f03
def f14(f11: pd.Series, f06: pd.Series, f07: pd.Series) -> pd.Series: return f06.where(f11, f07)
def f15(f14: pd.Series, f06: pd.Series) -> pd.Series: return f14 * f06
def f16(a: pd.Series, a_mean: float) -> pd.Series: return a - a_mean
def f17(f16: pd.Series, a_stddev: float) -> pd.Series: return f16 / a_stddev
def f18(f17: pd.Series) -> pd.Series: return f17 * f17
def f19(f18: pd.Series, f15: pd.Series) -> pd.Series: return f18 + f15
def f20(f05: pd.Series) -> pd.Series: return np.sqrt(f05)
def f21(f20: pd.Series, f06: pd.Series) -> pd.Series: return f20.where(f20 < f06, f06)
def f22(f21: pd.Series) -> pd.Series: return f21 + 0.5
def f23(d: pd.Series) -> pd.Series: return d.isna()
def f24(f23: pd.Series, f02: pd.Series) -> pd.Series: return f02.mask(f23, 0.0)
def f25(f24: pd.Series) -> pd.Series: return f24 * 0.1
def f26(f25: pd.Series, f22: pd.Series) -> pd.Series: return f25 + f22
def f27(f25: pd.Series, f08: pd.Series) -> pd.Series: return f25 < f08
def f28(f27: pd.Series, f26: pd.Series, f08: pd.Series) -> pd.Series: return f26.where(f27, f08)
def f29(f10: pd.Series) -> pd.Series: return np.sin(f10 * (2 * math.pi / 24))
def f30(f28: pd.Series, f29: pd.Series) -> pd.Series: return f28 + f29
