"""A lowest, a most likely and a highest value, with straight lines between. See also `scipy.stats.triang`."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, pin, refusal, settle, shown, text
from mcsim.distributions.registry import family


def require_mode(family: str, low: float, mode: float, high: float) -> None:
    """Refuse three numbers that are not low <= mode <= high with low < high."""
    if not (low <= mode <= high and low < high):
        got = f"low={shown(low)}, mode={shown(mode)}, high={shown(high)}"
        raise refusal(family, "mode must lie between low and high, and low below high", got, "give low <= mode <= high")


@dataclass(frozen=True, slots=True)
class Triangular:
    """Triangular density that peaks at `mode`.

    Parameters
    ----------
    low, mode, high : float
        Lowest, most likely and highest value, low <= mode <= high and low < high, in the unit of the input.
    """

    STACKS: ClassVar[bool] = True

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        settle(self, "triangular")
        require_mode("triangular", self.low, self.mode, self.high)

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`."""
        unit = as_unit(u)
        width = self.high - self.low
        rising = self.low + np.sqrt(unit * (width * (self.mode - self.low)))
        falling = self.high - np.sqrt((1.0 - unit) * (width * (self.high - self.mode)))
        # Each branch is held on its own side of the mode, so that rounding cannot make the quantile fall there.
        below = unit * width <= self.mode - self.low
        values = np.where(below, np.minimum(rising, self.mode), np.maximum(falling, self.mode))
        return pin(values, unit, self.low, self.high)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        inside = np.clip(np.asarray(x, dtype=np.float64), self.low, self.high)
        width = self.high - self.low
        # A mode on a bound leaves one branch empty; a width of 1 there keeps the unused division defined.
        rise = width * ((self.mode - self.low) or 1.0)
        fall = width * ((self.high - self.mode) or 1.0)
        falling = 1.0 - (self.high - inside) ** 2 / fall
        if self.mode == self.low:
            return falling
        return np.where(inside <= self.mode, (inside - self.low) ** 2 / rise, falling)

    def mean(self) -> float:
        """Return the mean of the three values."""
        return (self.low + self.mode + self.high) / 3.0

    def median(self) -> float:
        """Return the value at probability one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return the lowest and the highest value."""
        return self.low, self.high

    def __str__(self) -> str:
        return text("triangular", self.low, self.mode, self.high)


def _from_row(low: float, value: float, high: float, _: tuple[float, float]) -> Triangular:
    """Return the distribution that peaks at the value of a row."""
    return Triangular(low, value, high)


@family(
    "triangular(0.02, 0.025, 0.03)",
    "triangular(0, 0, 1)",
    "triangular(-3, 7, 7)",
    unit_arguments=("low", "mode", "high"),
    from_row=_from_row,
)
def triangular(low: float, mode: float, high: float) -> Triangular:
    """Return the triangular distribution.

    Examples
    --------
    >>> print(triangular(0.02, 0.025, 0.03))
    triangular(0.02, 0.025, 0.03)
    """
    return Triangular(low, mode, high)
