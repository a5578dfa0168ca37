"""Every factor between two positive bounds is equally likely. See also `scipy.stats.loguniform`."""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, pin, require_order, require_positive, settle, text
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Loguniform:
    """Uniform in the logarithm between `low` and `high`.

    Parameters
    ----------
    low, high : float
        Bounds, 0 < low < high, in the unit of the input.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        settle(self, "loguniform")
        require_positive("loguniform", "low", self.low)
        require_order("loguniform", low=self.low, high=self.high)

    def _span(self) -> float:
        return log(self.high) - log(self.low)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        unit = as_unit(u)
        return pin(np.exp(log(self.low) + unit * self._span()), unit, self.low, self.high)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        inside = np.clip(x, self.low, self.high)
        return np.asarray((np.log(inside) - log(self.low)) / self._span(), dtype=np.float64)

    def mean(self) -> float:
        """Return the logarithmic mean of the bounds."""
        return (self.high - self.low) / self._span()

    def median(self) -> float:
        """Return the geometric mean of the bounds."""
        return sqrt(self.low) * sqrt(self.high)

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def __str__(self) -> str:
        return text("loguniform", self.low, self.high)


@family("loguniform(0.01, 100)", unit_arguments=("low", "high"))
def loguniform(low: float, high: float) -> Loguniform:
    """Return the distribution that is uniform in the logarithm on [low, high].

    Examples
    --------
    >>> print(round(loguniform(1, 100).median(), 6))
    10.0
    """
    return Loguniform(low, high)
