"""Inputs that are known to stand in an order, such as the age at sale before the age at retirement."""

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, Distribution, refusal, shown
from mcsim.distributions.dependence import LARGEST_UNIT, as_columns


@dataclass(frozen=True, slots=True)
class Ordered:
    """Several inputs of which none ever exceeds the next.

    Parameters
    ----------
    distributions : tuple of Distribution
        Their distributions before the order is imposed, lowest input first.
    method : {"sequential", "sorted"}
        "sequential": the first keeps its distribution; each next one follows its own, cut at the value of the one
        before (its unit is squeezed into [F(previous), 1]), so each input still answers to its own unit column.
        "sorted": independent values in rising order; for equal distributions this is their law given the order, for
        unequal ones an input may take a value that was drawn for its neighbour.
    """

    distributions: tuple[Distribution, ...]
    method: str = "sequential"

    def __post_init__(self) -> None:
        if self.method not in ("sequential", "sorted"):
            raise refusal("order", "method must be a known one", shown(self.method), "choose sequential or sorted")
        if len(self.distributions) < 2:
            raise refusal("order", "needs at least two inputs", str(len(self.distributions)), "leave the order out")
        for lower, upper in pairwise(self.distributions):
            if lower.support()[1] > upper.support()[1]:
                got = f"{lower} before {upper}"
                raise refusal("order", "the highest values must rise too", got, "lower the first or raise the second")

    def ppf(self, units: ArrayLike) -> Array:
        """Return values (n, K), rising along each row, from independent units (n, K)."""
        columns = as_columns(units, len(self.distributions), "order")
        values = np.empty(columns.shape)
        if self.method == "sorted":
            for column, distribution in enumerate(self.distributions):
                values[:, column] = distribution.ppf(columns[:, column])
            return np.sort(values, axis=1)
        values[:, 0] = self.distributions[0].ppf(columns[:, 0])
        for column, distribution in enumerate(self.distributions[1:], start=1):
            previous = values[:, column - 1]
            # Just below the previous value, so that a listed value which equals it stays possible; and just above the
            # probability reached there, so that a unit of 0 falls on no listed value that is lower.
            below = distribution.cdf(np.nextafter(previous, -np.inf))
            unit = np.maximum(below + columns[:, column] * (1.0 - below), np.nextafter(below, 2.0))
            top = 1.0 if isfinite(distribution.support()[1]) else LARGEST_UNIT
            # The maximum mends rounding: a quantile of a cumulated probability may fall an ulp short.
            values[:, column] = np.maximum(distribution.ppf(np.minimum(unit, top)), previous)
        return values
