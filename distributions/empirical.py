"""Observed numbers, as they are, optionally weighted. See also `scipy.stats.ecdf`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.atoms import as_numbers, cumulate, step_down, step_up
from mcsim.distributions.base import Array, refusal, shown, text
from mcsim.distributions.registry import family


@dataclass(frozen=True, slots=True)
class Empirical:
    """Weighted observations, drawn again as they are: no value between two of them, none beyond.

    Parameters
    ----------
    samples : tuple of float
        Observations in any order, repeats allowed, in the unit of the input; kept in rising order.
    weights : tuple of float or None
        One weight above 0 for each observation, of any sum; None weighs all alike.
    """

    samples: tuple[float, ...]
    weights: tuple[float, ...] | None = None
    _values: Array = field(init=False, repr=False, compare=False)
    _cumulated: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        samples = np.array(as_numbers("empirical", "samples", self.samples))
        order = np.argsort(samples, kind="stable")
        object.__setattr__(self, "samples", tuple(samples[order].tolist()))
        object.__setattr__(self, "_values", samples[order])
        if self.weights is None:
            # n / n is exactly 1 and k / n correctly rounded, which a running sum of 1 / n is not.
            object.__setattr__(self, "_cumulated", np.arange(1, samples.size + 1) / samples.size)
            return
        weights = np.array(as_numbers("empirical", "weights", self.weights))
        if weights.size != samples.size:
            got, remedy = f"{weights.size} weights", "give one weight for each sample"
            raise refusal("empirical", f"{samples.size} samples need as many weights", got, remedy)
        if weights.min() <= 0.0:
            remedy = "leave out samples without weight"
            raise refusal("empirical", "each weight must be above 0", shown(float(weights.min())), remedy)
        object.__setattr__(self, "weights", tuple(weights[order].tolist()))
        object.__setattr__(self, "_cumulated", cumulate(weights[order]))

    def ppf(self, u: ArrayLike) -> Array:
        """Return the lowest observations whose cumulated weight reaches `u`."""
        return step_up(self._cumulated, self._values, u)

    def cdf(self, x: ArrayLike) -> Array:
        """Return the weight shares of observations not above `x`."""
        return step_down(self._cumulated, self._values, x)

    def mean(self) -> float:
        """Return the weighted mean."""
        return float(np.average(self._values, weights=self.weights))

    def median(self) -> float:
        """Return the lowest observation whose cumulated weight reaches one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return the lowest and the highest observation."""
        return self.samples[0], self.samples[-1]

    def __str__(self) -> str:
        return text("empirical", self.samples, *(() if self.weights is None else (self.weights,)))


@family("empirical([3, 1, 2])", "empirical([3, 1, 2], [1, 2, 5])", list_first=True)
def empirical(samples: Sequence[float], weights: Sequence[float] | None = None) -> Empirical:
    """Return the distribution of observations, optionally weighted.

    Examples
    --------
    >>> print(empirical([3, 1, 2]), empirical([3, 1, 2]).median())
    empirical([1, 2, 3]) 2.0
    """
    numbers = as_numbers("empirical", "samples", samples)
    return Empirical(numbers, None if weights is None else as_numbers("empirical", "weights", weights))


@family("empirical_table([5, 12], [8, 30])")
def empirical_table(*rows: Sequence[float]) -> Empirical:
    """Return the distribution of a table with rows [value, weight].

    Examples
    --------
    >>> print(empirical_table([5, 12], [8, 30]))
    empirical([5, 8], [12, 30])
    """
    pairs = [as_numbers("empirical_table", "row", row) for row in rows]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        got, remedy = shown(pairs), "write empirical_table([5, 12], [8, 30])"
        raise refusal("empirical_table", "each row must be [value, weight]", got, remedy)
    return Empirical(tuple(value for value, _ in pairs), tuple(weight for _, weight in pairs))
