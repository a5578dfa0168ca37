"""A bell with heavier tails than the normal one. See also `scipy.stats.logistic`."""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, require_positive, settle, text
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic distribution.

    Parameters
    ----------
    location : float
        Mean and median, in the unit of the input.
    scale : float
        Scale, above 0, in the unit of the input; the standard deviation is scale * pi / sqrt(3).
    """

    location: float
    scale: float

    def __post_init__(self) -> None:
        settle(self, "logistic")
        require_positive("logistic", "scale", self.scale)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        from scipy.special import logit

        return np.asarray(self.location + self.scale * logit(as_unit(u)), dtype=np.float64)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        from scipy.special import expit

        return np.asarray(expit((np.asarray(x, dtype=np.float64) - self.location) / self.scale), dtype=np.float64)

    def mean(self) -> float:
        """Return the location."""
        return self.location

    def median(self) -> float:
        """Return the location."""
        return self.location

    def support(self) -> tuple[float, float]:
        """Return minus and plus infinity."""
        return -inf, inf

    def __str__(self) -> str:
        return text("logistic", self.location, self.scale)


@family("logistic(10, 2)", unit_arguments=("location", "scale"))
def logistic(location: float, scale: float) -> Logistic:
    """Return the logistic distribution.

    Examples
    --------
    >>> print(logistic(10, 2))
    logistic(10, 2)
    """
    return Logistic(location, scale)
