"""A lowest, a most likely and a highest value, as a smooth bell. See also `scipy.stats.beta`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, pin, settle, text
from mcsim.distributions.beta_quantile import beta_quantile
from mcsim.distributions.registry import family
from mcsim.distributions.triangular import require_mode

# Weight of the mode against the two bounds in the mean, (low + 4 mode + high) / 6: Malcolm D. G., Roseboom J. H.,
# Clark C. E., Fazar W. 1959, Operations Research 7(5), 646-669, the original PERT assumption.
_MODE_WEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class Pert:
    """Beta density on [low, high] whose mean is (low + 4 mode + high) / 6.

    Parameters
    ----------
    low, mode, high : float
        Lowest, most likely and highest value, low <= mode <= high and low < high, in the unit of the input.
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        settle(self, "pert")
        require_mode("pert", self.low, self.mode, self.high)

    def _shapes(self) -> tuple[float, float]:
        width = self.high - self.low
        return (
            1.0 + _MODE_WEIGHT * (self.mode - self.low) / width,
            1.0 + _MODE_WEIGHT * (self.high - self.mode) / width,
        )

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        unit = as_unit(u)
        share = beta_quantile(*self._shapes(), unit)
        return pin(self.low + share * (self.high - self.low), unit, self.low, self.high)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        from scipy.special import betainc

        share = (np.asarray(x, dtype=np.float64) - self.low) / (self.high - self.low)
        return np.asarray(betainc(*self._shapes(), np.clip(share, 0.0, 1.0)), dtype=np.float64)

    def mean(self) -> float:
        """Return (low + 4 mode + high) / 6."""
        return (self.low + _MODE_WEIGHT * self.mode + self.high) / (_MODE_WEIGHT + 2.0)

    def median(self) -> float:
        """Return the value at probability one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return the lowest and the highest value."""
        return self.low, self.high

    def __str__(self) -> str:
        return text("pert", self.low, self.mode, self.high)


def _from_row(low: float, value: float, high: float, _: tuple[float, float]) -> Pert:
    """Return the distribution whose mode is the value of a row."""
    return Pert(low, value, high)


@family(
    "pert(10, 12, 20)",
    "pert(0, 0, 1)",
    unit_arguments=("low", "mode", "high"),
    from_row=_from_row,
)
def pert(low: float, mode: float, high: float) -> Pert:
    """Return the PERT distribution.

    Examples
    --------
    >>> print(pert(10, 12, 20).mean())
    13.0
    """
    return Pert(low, mode, high)
