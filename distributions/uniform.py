"""Every value between two bounds is as likely as any other. See also `scipy.stats.uniform`."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, pin, require_order, settle, text
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform between `low` and `high`.

    Parameters
    ----------
    low, high : float
        Bounds, low < high, in the unit of the input.
    """

    STACKS: ClassVar[bool] = True

    low: float
    high: float

    def __post_init__(self) -> None:
        settle(self, "uniform")
        require_order("uniform", low=self.low, high=self.high)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        unit = as_unit(u)
        return pin(self.low + unit * (self.high - self.low), unit, self.low, self.high)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        return np.clip((np.asarray(x, dtype=np.float64) - self.low) / (self.high - self.low), 0.0, 1.0)

    def mean(self) -> float:
        """Return the middle of the bounds."""
        return 0.5 * (self.low + self.high)

    def median(self) -> float:
        """Return the middle of the bounds."""
        return self.mean()

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def __str__(self) -> str:
        return text("uniform", self.low, self.high)


def _from_row(low: float, _: float, high: float, __: tuple[float, float]) -> Uniform:
    """Return the distribution from the lowest to the highest figure of a row, whatever its value."""
    return Uniform(low, high)


@family(
    "uniform(0.02, 0.03)",
    "uniform(-5, 20)",
    unit_arguments=("low", "high"),
    from_row=_from_row,
)
def uniform(low: float, high: float) -> Uniform:
    """Return the uniform distribution on [low, high].

    Examples
    --------
    >>> print(uniform(0.02, 0.03), round(uniform(0.02, 0.03).mean(), 3))
    uniform(0.02, 0.03) 0.025
    """
    return Uniform(low, high)
