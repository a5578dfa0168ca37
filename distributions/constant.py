"""A number that is known. See also `scipy.stats.rv_discrete` with one value."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, settle, text
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Constant:
    """One sure value.

    Parameters
    ----------
    value : float
        The value, in the unit of the input.
    """

    value: float

    def __post_init__(self) -> None:
        settle(self, "constant")

    def ppf(self, u: ArrayLike) -> Array:
        """Return the value, once for each probability in `u`."""
        return np.full(as_unit(u).shape, self.value)

    def cdf(self, x: ArrayLike) -> Array:
        """Return 0 below the value and 1 from it on."""
        return np.where(np.asarray(x) >= self.value, 1.0, 0.0)

    def mean(self) -> float:
        """Return the value."""
        return self.value

    def median(self) -> float:
        """Return the value."""
        return self.value

    def support(self) -> tuple[float, float]:
        """Return the value twice."""
        return self.value, self.value

    def __str__(self) -> str:
        return text("constant", self.value)


@family("constant(8)", unit_arguments=("value",))
def constant(value: float) -> Constant:
    """Return a sure value.

    Examples
    --------
    >>> print(constant(8))
    constant(8)
    """
    return Constant(value)
