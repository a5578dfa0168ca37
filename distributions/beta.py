"""A share, or a number between two bounds, with two shapes. See also `scipy.stats.beta`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, pin, require_order, require_positive, settle, text
from mcsim.distributions.beta_quantile import beta_quantile
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Beta:
    """Beta distribution, stretched to [low, high].

    Parameters
    ----------
    alpha, beta : float
        Shapes, above 0: the density goes as x^(alpha - 1) (1 - x)^(beta - 1) on [0, 1].
    low, high : float
        Bounds, low < high, in the unit of the input; 0 and 1 by default.
    """

    alpha: float
    beta: float
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        settle(self, "beta")
        require_positive("beta", "alpha", self.alpha)
        require_positive("beta", "beta", self.beta)
        require_order("beta", low=self.low, high=self.high)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        unit = as_unit(u)
        share = beta_quantile(self.alpha, self.beta, unit)
        return pin(self.low + share * (self.high - self.low), unit, self.low, self.high)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        from scipy.special import betainc

        share = (np.asarray(x, dtype=np.float64) - self.low) / (self.high - self.low)
        return np.asarray(betainc(self.alpha, self.beta, np.clip(share, 0.0, 1.0)), dtype=np.float64)

    def mean(self) -> float:
        """Return low + (high - low) alpha / (alpha + beta)."""
        return self.low + (self.high - self.low) * self.alpha / (self.alpha + self.beta)

    def median(self) -> float:
        """Return the value at probability one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def __str__(self) -> str:
        bounds = () if (self.low, self.high) == (0.0, 1.0) else (self.low, self.high)
        return text("beta", self.alpha, self.beta, *bounds)


@family("beta(2, 6)", "beta(0.5, 0.5, -1, 3)")
def beta(alpha: float, beta: float, low: float = 0.0, high: float = 1.0) -> Beta:
    """Return the beta distribution on [low, high].

    Examples
    --------
    >>> print(beta(2, 6), beta(2, 6).mean())
    beta(2, 6) 0.25
    """
    return Beta(alpha, beta, low, high)
