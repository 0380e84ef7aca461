"""The thirty features as functions of one row's values: the same file runs in Hamilton and in Weft."""
import datetime
import math
from typing import Optional


def f01(a: float, b: float) -> float: return a - b
def f02(f01: float, c: float) -> float: return f01 / c
def f03(a: float, b: float) -> bool: return a > b
def f04(f03: bool, f01: float, d: Optional[float]) -> Optional[float]: return f01 if f03 else d
def f05(f04: Optional[float]) -> Optional[float]: return None if f04 is None else abs(f04)
def f06(f05: Optional[float]) -> Optional[float]: return None if f05 is None else math.log1p(f05)
def f07(f02: float) -> float: return min(max(f02, -10.0), 10.0)
def f08(d: Optional[float], f07: float) -> float: return f07 if d is None else d
def f09(ts: datetime.datetime) -> int: return ts.weekday()
def f10(ts: datetime.datetime) -> int: return ts.hour
def f11(f09: int) -> bool: return f09 >= 5
def f12(s: str) -> bool: return s == "US"
def f13(f12: bool, f03: bool) -> bool: return f12 and f03
def f14(f11: bool, f06: Optional[float], f07: float) -> Optional[float]: return f06 if f11 else f07


def f15(f14: Optional[float], f06: Optional[float]) -> Optional[float]:
    return None if f14 is None or f06 is None else f14 * f06


def f16(a: float, a_mean: float) -> float: return a - a_mean
def f17(f16: float, a_stddev: float) -> float: return f16 / a_stddev
def f18(f17: float) -> float: return f17 * f17
def f19(f18: float, f15: Optional[float]) -> Optional[float]: return None if f15 is None else f18 + f15
def f20(f05: Optional[float]) -> Optional[float]: return None if f05 is None else math.sqrt(f05)


def f21(f20: Optional[float], f06: Optional[float]) -> Optional[float]:
    if f20 is None or f06 is None:
        return None
    return f20 if f20 < f06 else f06


def f22(f21: Optional[float]) -> Optional[float]: return None if f21 is None else f21 + 0.5
def f23(d: Optional[float]) -> bool: return d is None
def f24(f23: bool, f02: float) -> float: return 0.0 if f23 else f02
def f25(f24: float) -> float: return f24 * 0.1
def f26(f25: float, f22: Optional[float]) -> Optional[float]: return None if f22 is None else f25 + f22
def f27(f25: float, f08: float) -> bool: return f25 < f08
def f28(f27: bool, f26: Optional[float], f08: float) -> Optional[float]: return f26 if f27 else f08
def f29(f10: int) -> float: return math.sin(f10 * (2 * math.pi / 24))
def f30(f28: Optional[float], f29: float) -> Optional[float]: return None if f28 is None else f28 + f29
