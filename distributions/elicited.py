"""Three quantiles and two bounds, as an expert states them, with straight cumulative lines between.

See also `metalog`, the smooth curve through the same numbers, which some judgements do not allow; which of the two is
used is the author's choice by name, never ours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, require_order, settle, text
from mcsim.distributions.registry import family

# Probabilities of the bounds and of the three quantiles.
_LEVELS = (0.0, 0.05, 0.5, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Elicited:
    """Piecewise uniform distribution through stated quantiles: the least informative one that has them.

    Minimum information with respect to the uniform background between the bounds: Cooke R. M. 1991, *Experts in
    Uncertainty*, Oxford University Press (the classical model). Its density jumps at the quantiles.

    Parameters
    ----------
    p5, p50, p95 : float
        Values that are exceeded with probability 95 %, 50 % and 5 %, in the unit of the input.
    low, high : float
        Bounds, low < p5 < p50 < p95 < high.
    """

    p5: float
    p50: float
    p95: float
    low: float
    high: float

    def __post_init__(self) -> None:
        settle(self, "elicited")
        require_order("elicited", low=self.low, p5=self.p5, p50=self.p50, p95=self.p95, high=self.high)

    def _knots(self) -> tuple[float, ...]:
        return self.low, self.p5, self.p50, self.p95, self.high

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        return np.asarray(np.interp(as_unit(u), _LEVELS, self._knots()), dtype=np.float64)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        return np.asarray(np.interp(np.asarray(x, dtype=np.float64), self._knots(), _LEVELS), dtype=np.float64)

    def mean(self) -> float:
        """Return the middles of the four pieces weighted by their probabilities."""
        knots = np.array(self._knots())
        return float(np.dot(np.diff(_LEVELS), 0.5 * (knots[1:] + knots[:-1])))

    def median(self) -> float:
        """Return p50."""
        return self.p50

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def __str__(self) -> str:
        return text("elicited", self.p5, self.p50, self.p95, self.low, self.high)


@family("elicited(8, 10, 15, 5, 20)", unit_arguments=("p5", "p50", "p95", "low", "high"))
def elicited(p5: float, p50: float, p95: float, low: float, high: float) -> Elicited:
    """Return the piecewise uniform distribution through three quantiles and two bounds.

    Examples
    --------
    >>> print(elicited(8, 10, 15, 5, 20).ppf([0, 0.05, 0.5, 0.95, 1]))
    [ 5.  8. 10. 15. 20.]
    """
    return Elicited(p5, p50, p95, low, high)
