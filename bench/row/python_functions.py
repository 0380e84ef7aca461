"""The thirty features of expressions/features.cc as plain Python functions, called one after another."""
import math

ANGLE = 2 * math.pi / 24


def f01(a, b): return a - b
def f02(f01, c): return f01 / c
def f03(a, b): return a > b
def f04(f03, f01, d): return f01 if f03 else d
def f05(f04): return None if f04 is None else -f04 if f04 < 0 else f04
def f06(f05): return None if f05 is None else math.log1p(f05)
def f07(f02): return min(max(f02, -10.0), 10.0)
def f08(d, f07): return f07 if d is None else d
def f09(ts): return ts.weekday()
def f10(ts): return ts.hour
def f11(f09): return f09 >= 5
def f12(s): return s == "US"
def f13(f12, f03): return f12 and f03
def f14(f11, f06, f07): return f06 if f11 else f07
def f15(f14, f06): return None if f14 is None or f06 is None else f14 * f06
def f16(a, a_mean): return a - a_mean
def f17(f16, a_stddev): return f16 / a_stddev
def f18(f17): return f17 * f17
def f19(f18, f15): return None if f15 is None else f18 + f15
def f20(f05): return None if f05 is None else math.sqrt(f05)
def f21(f20, f06): return None if f20 is None else f20 if f20 < f06 else f06
def f22(f21): return None if f21 is None else f21 + 0.5
def f23(d): return d is None
def f24(f23, f02): return 0.0 if f23 else f02
def f25(f24): return f24 * 0.1
def f26(f25, f22): return None if f22 is None else f25 + f22
def f27(f25, f08): return f25 < f08
def f28(f27, f26, f08): return f26 if f27 else f08
def f29(f10): return math.sin(f10 * ANGLE)
def f30(f28, f29): return None if f28 is None else f28 + f29


def row(a, b, c, d, ts, s, a_mean, a_stddev):
    """The seven outputs of one row."""
    v01 = f01(a, b)
    v02 = f02(v01, c)
    v03 = f03(a, b)
    v05 = f05(f04(v03, v01, d))
    v06 = f06(v05)
    v07 = f07(v02)
    v08 = f08(d, v07)
    v13 = f13(f12(s), v03)
    v15 = f15(f14(f11(f09(ts)), v06, v07), v06)
    v17 = f17(f16(a, a_mean), a_stddev)
    v19 = f19(f18(v17), v15)
    v22 = f22(f21(f20(v05), v06))
    v25 = f25(f24(f23(d), v02))
    v28 = f28(f27(v25, v08), f26(v25, v22), v08)
    return v08, v13, v17, v19, v22, v28, f30(v28, f29(f10(ts)))
