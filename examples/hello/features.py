"""What marketing spend brings in: six weeks, seven features."""

import weft
from weft import Column, Scalar


def avg_3wk_spend(spend: Column[float]) -> Column[float]:
    """Mean spend of this week and the two before."""
    return weft.mean(spend).over(weft.last_rows(3).include_current())


def spend_per_signup(spend: float, signups: int) -> float:
    """What one signup cost."""
    return spend / signups


def spend_mean(spend: Column[float]) -> Scalar[float]:
    """Mean spend of all weeks."""
    return weft.mean(spend)


def spend_std_dev(spend: Column[float]) -> Scalar[float]:
    """How far the spend of all weeks is spread around its mean."""
    return weft.stddev(spend)


def spend_zero_mean(spend: float, spend_mean: float) -> float:
    """Spend above or below the mean."""
    return spend - spend_mean


@weft.check(weft.in_range(-3, 3))
def spend_zero_mean_unit_variance(spend_zero_mean: float, spend_std_dev: float) -> float:
    """Spend in standard deviations from the mean."""
    return spend_zero_mean / spend_std_dev
