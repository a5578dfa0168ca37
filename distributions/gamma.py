"""A positive number, such as a waiting time of several stages. See also `scipy.stats.gamma`."""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, require_positive, settle, text
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma distribution.

    Parameters
    ----------
    shape : float
        Shape, above 0.
    scale : float
        Scale, above 0, in the unit of the input; the mean is shape * scale.
    """

    shape: float
    scale: float

    def __post_init__(self) -> None:
        settle(self, "gamma")
        require_positive("gamma", "shape", self.shape)
        require_positive("gamma", "scale", self.scale)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        from scipy.special import gammaincinv

        return np.asarray(self.scale * gammaincinv(self.shape, as_unit(u)), dtype=np.float64)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        from scipy.special import gammainc

        inside = np.maximum(np.asarray(x, dtype=np.float64) / self.scale, 0.0)
        return np.asarray(gammainc(self.shape, inside), dtype=np.float64)

    def mean(self) -> float:
        """Return shape * scale."""
        return self.shape * self.scale

    def median(self) -> float:
        """Return the value at probability one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, inf

    def __str__(self) -> str:
        return text("gamma", self.shape, self.scale)


@family("gamma(4, 2.5)", "gamma(0.3, 1)", unit_arguments=("scale",))
def gamma(shape: float, scale: float) -> Gamma:
    """Return the gamma distribution.

    Examples
    --------
    >>> print(gamma(4, 2.5), gamma(4, 2.5).mean())
    gamma(4, 2.5) 10.0
    """
    return Gamma(shape, scale)
