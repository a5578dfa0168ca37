"""A few numbers, each with a probability. See also `scipy.stats.rv_discrete`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.atoms import as_numbers, as_probabilities, cumulate, step_down, step_up
from mcsim.distributions.base import Array, refusal, shown, text
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Discrete:
    """One of a few numbers.

    Parameters
    ----------
    values : tuple of float
        The numbers, all different, in the unit of the input; kept in rising order.
    probabilities : tuple of float
        Their probabilities, above 0, with sum 1 to within 1e-6 (then scaled to it).
    """

    values: tuple[float, ...]
    probabilities: tuple[float, ...]
    _values: Array = field(init=False, repr=False, compare=False)
    _cumulated: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        values = as_numbers("discrete", "values", self.values)
        chances = as_probabilities("discrete", self.probabilities, len(values))
        pairs = sorted(zip(values, chances, strict=True))
        if len(set(values)) < len(values):
            raise refusal("discrete", "values must differ", shown(values), "add the probabilities of equal values")
        object.__setattr__(self, "values", tuple(value for value, _ in pairs))
        object.__setattr__(self, "probabilities", tuple(chance for _, chance in pairs))
        object.__setattr__(self, "_values", np.array(self.values))
        object.__setattr__(self, "_cumulated", cumulate(self.probabilities))

    def ppf(self, u: ArrayLike) -> Array:
        """Return the lowest values whose cumulated probability reaches `u`."""
        return step_up(self._cumulated, self._values, u)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`."""
        return step_down(self._cumulated, self._values, x)

    def mean(self) -> float:
        """Return the probability-weighted mean."""
        return float(np.average(self._values, weights=self.probabilities))

    def median(self) -> float:
        """Return the lowest value whose cumulated probability reaches one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return the lowest and the highest value."""
        return self.values[0], self.values[-1]

    def __str__(self) -> str:
        return text("discrete", self.values, self.probabilities)


@family("discrete([8, 5, 6], [0.25, 0.5, 0.25])", list_first=True)
def discrete(values: Sequence[float], probabilities: Sequence[float] | None = None) -> Discrete:
    """Return the distribution over a few numbers, equally likely when no probabilities are given.

    Examples
    --------
    >>> print(discrete([8, 5], [0.25, 0.75]))
    discrete([5, 8], [0.75, 0.25])
    """
    numbers = as_numbers("discrete", "values", values)
    return Discrete(numbers, as_probabilities("discrete", probabilities, len(numbers)))
