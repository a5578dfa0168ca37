"""A lifetime whose hazard rises or falls as a power of age. See also `scipy.stats.weibull_min`."""

from dataclasses import dataclass
from math import exp, inf, lgamma, log

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, refusal, require_positive, settle, shown, text
from mcsim.distributions.registry import family

# Below this shape the mean is beyond any lifetime (more than 1e36 scales), and soon beyond double precision.
_LEAST_SHAPE = 0.03


@dataclass(frozen=True, slots=True)
class Weibull:
    """Weibull distribution.

    Parameters
    ----------
    shape : float
        Shape, above 0: the hazard rises with age above 1 and falls below 1.
    scale : float
        Scale, above 0, in the unit of the input: the age that 36.8 % outlive.
    """

    shape: float
    scale: float

    def __post_init__(self) -> None:
        settle(self, "weibull")
        require_positive("weibull", "shape", self.shape)
        require_positive("weibull", "scale", self.scale)
        if self.shape < _LEAST_SHAPE:
            remedy = "check that shape and scale are not swapped"
            raise refusal("weibull", f"shape must be at least {_LEAST_SHAPE}", shown(self.shape), remedy)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        # The logarithm of 0 is the upper end, infinity, and so is what overflows at a small shape.
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(self.scale * (-np.log1p(-as_unit(u))) ** (1.0 / self.shape), dtype=np.float64)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        age = np.maximum(np.asarray(x, dtype=np.float64) / self.scale, 0.0)
        with np.errstate(over="ignore"):  # an infinite hazard has been met for sure
            return np.asarray(-np.expm1(-(age**self.shape)), dtype=np.float64)

    def mean(self) -> float:
        """Return scale * Gamma(1 + 1 / shape)."""
        return self.scale * exp(lgamma(1.0 + 1.0 / self.shape))

    def median(self) -> float:
        """Return scale * ln(2)^(1 / shape)."""
        return float(self.scale * log(2.0) ** (1.0 / self.shape))

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, inf

    def __str__(self) -> str:
        return text("weibull", self.shape, self.scale)


@family("weibull(3.5, 17)", "weibull(0.7, 2)", unit_arguments=("scale",))
def weibull(shape: float, scale: float) -> Weibull:
    """Return the Weibull distribution.

    Examples
    --------
    >>> print(weibull(3.5, 17), round(weibull(1, 17).mean(), 9))
    weibull(3.5, 17) 17.0
    """
    return Weibull(shape, scale)
