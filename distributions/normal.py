"""The bell curve, whole or cut at two bounds. See also `scipy.stats.norm` and `scipy.stats.truncnorm`."""

from dataclasses import dataclass
from math import exp, inf, isinf, pi, sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import (
    INTERVAL,
    Array,
    as_unit,
    pin,
    refusal,
    require_order,
    require_positive,
    settle,
    shown,
    text,
)
from mcsim.distributions.registry import family

# A cut that keeps less than this much of the bell is a slip of units, and beyond it double precision gives out.
_LEAST_MASS = 1e-300


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal distribution.

    Parameters
    ----------
    centre : float
        Mean, in the unit of the input.
    sd : float
        Standard deviation, above 0, in the unit of the input.
    """

    STACKS: ClassVar[bool] = True

    centre: float
    sd: float

    def __post_init__(self) -> None:
        settle(self, "normal")
        require_positive("normal", "sd", self.sd)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        from scipy.special import ndtri

        return np.asarray(self.centre + self.sd * ndtri(as_unit(u)), dtype=np.float64)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        from scipy.special import ndtr

        return np.asarray(ndtr((np.asarray(x, dtype=np.float64) - self.centre) / self.sd), dtype=np.float64)

    def mean(self) -> float:
        """Return the mean."""
        return self.centre

    def median(self) -> float:
        """Return the mean, which halves a symmetric curve."""
        return self.centre

    def support(self) -> tuple[float, float]:
        """Return minus and plus infinity."""
        return -inf, inf

    def __str__(self) -> str:
        return text("normal", self.centre, self.sd)


@dataclass(frozen=True, slots=True)
class TruncatedNormal:
    """Normal distribution conditioned on lying in [low, high].

    Parameters
    ----------
    centre, sd : float
        Mean and standard deviation (above 0) of the whole bell, before the cut, in the unit of the input.
    low, high : float
        Bounds, low < high; either may be infinite.
    """

    centre: float
    sd: float
    low: float
    high: float

    def __post_init__(self) -> None:
        settle(self, "truncated_normal", infinite=("low", "high"))
        require_positive("truncated_normal", "sd", self.sd)
        require_order("truncated_normal", low=self.low, high=self.high)
        if self._cut()[2] < _LEAST_MASS:
            got = f"mean={shown(self.centre)}, sd={shown(self.sd)}, low={shown(self.low)}, high={shown(self.high)}"
            remedy = "bring the bounds within 37 sd of the mean"
            raise refusal("truncated_normal", "the bounds must keep some of the bell", got, remedy)

    def _cut(self) -> tuple[float, float, float]:
        """Return the standardised bounds and the mass kept, from the lower tails, where `ndtr` is precise."""
        from scipy.special import ndtr

        a, b = (self.low - self.centre) / self.sd, (self.high - self.centre) / self.sd
        mass = ndtr(-a) - ndtr(-b) if a > 0.0 else ndtr(b) - ndtr(a)
        return a, b, float(mass)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        from scipy.special import ndtr, ndtri

        unit = as_unit(u)
        a, b, mass = self._cut()
        # Each half of the bell is inverted from its own tail: 1 - 1e-12 as a probability has lost four digits.
        below = ndtr(a) + unit * mass
        lower_half = below <= 0.5
        z = ndtri(np.where(lower_half, below, ndtr(-b) + (1.0 - unit) * mass))
        return pin(self.centre + self.sd * np.where(lower_half, z, -z), unit, self.low, self.high)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        from scipy.special import ndtr

        a, b, mass = self._cut()
        z = np.clip((np.asarray(x, dtype=np.float64) - self.centre) / self.sd, a, b)
        share = np.where(z <= 0.0, (ndtr(z) - ndtr(a)) / mass, 1.0 - (ndtr(-z) - ndtr(-b)) / mass)
        return np.asarray(np.clip(share, 0.0, 1.0), dtype=np.float64)

    def mean(self) -> float:
        """Return the mean after the cut."""
        a, b, mass = self._cut()
        shift = (exp(-0.5 * a * a) - exp(-0.5 * b * b)) / (sqrt(2.0 * pi) * mass)
        return min(max(self.centre + self.sd * shift, self.low), self.high)

    def median(self) -> float:
        """Return the value at probability one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def __str__(self) -> str:
        return text("truncated_normal", self.centre, self.sd, self.low, self.high)


def _from_row(low: float, value: float, high: float, valid: tuple[float, float]) -> Normal | TruncatedNormal:
    """Return the normal distribution about a value with a 95 % interval, cut where its table's range ends."""
    sd = (high - low) / INTERVAL
    if isinf(valid[0]) and isinf(valid[1]):
        return Normal(value, sd)
    return TruncatedNormal(value, sd, *valid)


@family("normal(12, 1.5)", "normal(0, 1)", unit_arguments=("mean", "sd"), from_row=_from_row)
def normal(mean: float, sd: float) -> Normal:
    """Return the normal distribution.

    Examples
    --------
    >>> print(normal(12, 1.5))
    normal(12, 1.5)
    """
    return Normal(mean, sd)


@family("truncated_normal(0, 1, -1, 2)", "truncated_normal(5, 2, 0, inf)", unit_arguments=("mean", "sd", "low", "high"))
def truncated_normal(mean: float, sd: float, low: float, high: float) -> TruncatedNormal:
    """Return the normal distribution cut to [low, high]; mean and sd are those before the cut.

    Examples
    --------
    >>> round(truncated_normal(0, 1, 0, float("inf")).mean(), 6)
    0.797885
    """
    return TruncatedNormal(mean, sd, low, high)
