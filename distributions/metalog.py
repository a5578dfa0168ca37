"""Three quantiles and two bounds, as an expert states them, with a smooth curve through them: the bounded metalog.

Source: Keelin T. W. 2016, The Metalog Distributions, Decision Analysis 13(4), 243-277, doi:10.1287/deca.2016.0338:
the quantile function with three terms, its logit transform for two bounds, and the triplet of symmetric percentiles,
which fixes the three coefficients in closed form.
"""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, pin, refusal, require_order, settle, shown, text
from mcsim.distributions.registry import family

_LOGIT_95 = log(0.95 / 0.05)

# The slope of the quantile function is positive everywhere iff |a3| / a2 stays below 1 / max h, where
# h(y) = (y - 1/2) + y (1 - y) logit(y), largest where (2 y - 1) logit(y) = 2. Keelin's rounded value is 1.66711.
_LARGEST_SKEW = 1.6671131192019295

# Steps of the trapezoidal rule in t = logit(u) for the mean; the weights fall as exp(-|t|), hence 1e-17 at 40.
_MEAN_STEPS = 2561
_MEAN_REACH = 40.0


@dataclass(frozen=True, slots=True)
class Metalog:
    """Bounded metalog with three terms through the 5 %, 50 % and 95 % quantiles.

    Parameters
    ----------
    p5, p50, p95 : float
        Values that are exceeded with probability 95 %, 50 % and 5 %, in the unit of the input.
    low, high : float
        Bounds, low < p5 < p50 < p95 < high.

    Raises
    ------
    ValueError
        Also for quantiles so lopsided within the bounds that no such curve rises everywhere.
    """

    p5: float
    p50: float
    p95: float
    low: float
    high: float

    def __post_init__(self) -> None:
        settle(self, "metalog")
        require_order("metalog", low=self.low, p5=self.p5, p50=self.p50, p95=self.p95, high=self.high)
        _, spread, skew = self._coefficients()
        if not abs(skew) < _LARGEST_SKEW * spread:
            got = ", ".join(f"{name}={shown(getattr(self, name))}" for name in ("p5", "p50", "p95", "low", "high"))
            low, high = self._feasible_medians()
            remedy = f"keep p50 between {low:.6g} and {high:.6g}, or use elicited(...), which takes any rising values"
            raise refusal("metalog", "no smooth curve rises through these values", got, remedy)

    def _to_line(self, x: ArrayLike) -> Array:
        """Return the logit of values within the bounds, infinite at them."""
        values = np.asarray(x, dtype=np.float64)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(values - self.low) - np.log(self.high - values), dtype=np.float64)

    def _to_bounds(self, z: ArrayLike) -> Array:
        """Return the values within the bounds that have the logit `z`."""
        from scipy.special import expit

        return np.asarray(self.low + (self.high - self.low) * expit(z), dtype=np.float64)

    def _coefficients(self) -> tuple[float, float, float]:
        """Return a1, a2, a3 of M(y) = a1 + a2 logit(y) + a3 (y - 1/2) logit(y) through the three quantiles."""
        z5, z50, z95 = self._to_line([self.p5, self.p50, self.p95]).tolist()
        return z50, (z95 - z5) / (2.0 * _LOGIT_95), (z95 + z5 - 2.0 * z50) / (0.9 * _LOGIT_95)

    def _feasible_medians(self) -> tuple[float, float]:
        """Return the bounds within which p50 would have to lie for the same other numbers."""
        z5, _, z95 = self._to_line([self.p5, self.p50, self.p95]).tolist()
        reach = 0.5 * 0.9 * _LARGEST_SKEW * 0.5 * (z95 - z5)
        low, high = self._to_bounds([0.5 * (z5 + z95) - reach, 0.5 * (z5 + z95) + reach]).tolist()
        return low, high

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        from scipy.special import logit

        unit = as_unit(u)
        a1, a2, a3 = self._coefficients()
        z = a1 + (a2 + a3 * (unit - 0.5)) * logit(unit)
        return pin(self._to_bounds(z), unit, self.low, self.high)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`, by bisection of the quantile function."""
        from scipy.special import expit

        a1, a2, a3 = self._coefficients()
        goal = self._to_line(np.clip(np.asarray(x, dtype=np.float64), self.low, self.high))
        # In t = logit(u) the curve is a1 + (a2 + a3 (expit(t) - 1/2)) t. Its factor of t is at least
        # a2 (1 - 1.667 / 2) > 0, so the root lies within |goal - a1| over that of zero; 0 and 1 lie beyond |t| = 745.
        reach = np.minimum(np.abs(goal - a1) / (a2 - 0.5 * abs(a3)), 800.0)
        below, above = -reach, reach
        for _ in range(70):  # 2^-70 of at most 1600 is below the spacing of doubles near the root
            middle = 0.5 * (below + above)
            short = a1 + (a2 + a3 * (expit(middle) - 0.5)) * middle < goal
            below, above = np.where(short, middle, below), np.where(short, above, middle)
        return np.asarray(expit(0.5 * (below + above)), dtype=np.float64)

    def mean(self) -> float:
        """Return the mean, by the trapezoidal rule in logit(u), which converges exponentially for such integrands."""
        from scipy.special import expit

        a1, a2, a3 = self._coefficients()
        t = np.linspace(-_MEAN_REACH, _MEAN_REACH, _MEAN_STEPS)
        u = expit(t)
        weights = u * expit(-t)
        return float(np.average(self._to_bounds(a1 + (a2 + a3 * (u - 0.5)) * t), weights=weights))

    def median(self) -> float:
        """Return p50."""
        return self.p50

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def __str__(self) -> str:
        return text("metalog", self.p5, self.p50, self.p95, self.low, self.high)


@family("metalog(8, 10, 15, 5, 20)", "metalog(1, 2, 3, 0, 4)", unit_arguments=("p5", "p50", "p95", "low", "high"))
def metalog(p5: float, p50: float, p95: float, low: float, high: float) -> Metalog:
    """Return the bounded metalog through three quantiles, refusing those that allow none.

    Examples
    --------
    >>> print(metalog(8, 10, 15, 5, 20).ppf([0, 0.05, 0.5, 0.95, 1]).round(9))
    [ 5.  8. 10. 15. 20.]
    """
    return Metalog(p5, p50, p95, low, high)
