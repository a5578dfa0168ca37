"""How much of a spread is not knowing, and how much is chance: the variance between draws and between vehicles.

By the law of total variance the variance of a vehicle's distance, over everything, is the variance over draws of its
mean plus the mean over draws of its variance between vehicles. The first part shrinks when one learns more, the second
does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mcsim.study import FloatArray, InputError

# Outputs that tell the mean over vehicles of a draw, and their standard deviation.
SPLIT = {
    "lifetime_distance": ("lifetime_distance", "lifetime_distance_sd"),
    "lifetime_years": ("lifetime_years", "lifetime_years_sd"),
    "gwp_per_km": ("vehicle_gwp_per_km", "vehicle_gwp_per_km_sd"),
}


class Drawn(Protocol):
    """What is read of a result."""

    @property
    def lives(self) -> int:
        """Lives per draw."""

    def values(self, output: str, **labels: object) -> NDArray[Any]:
        """Return the draws of an output."""


@dataclass(frozen=True, slots=True, eq=False)
class VarianceSplit:
    """Variance of single vehicles over all draws, in two parts.

    Parameters
    ----------
    between_draws : ndarray
        Variance over draws of the mean over vehicles: what is not known.
    between_vehicles : ndarray
        Mean over draws of the variance between vehicles: chance.
    """

    between_draws: FloatArray
    between_vehicles: FloatArray

    @property
    def share_of_chance(self) -> FloatArray:
        """Share of the whole variance that is between vehicles; NaN where nothing varies."""
        total = self.between_draws + self.between_vehicles
        share: FloatArray = np.divide(self.between_vehicles, total, out=np.full_like(total, np.nan), where=total > 0.0)
        return share


def split_variance(mean: FloatArray, sd: FloatArray, lives: int) -> VarianceSplit:
    """Return the two parts of the variance of single vehicles.

    Parameters
    ----------
    mean, sd : ndarray, shape (n, ...)
        Mean and standard deviation over the vehicles of each of n draws.
    lives : int
        Vehicles sampled per draw: their error of the mean is taken out of the variance over draws.

    Raises
    ------
    InputError
        Where fewer than two draws are given.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.studies.second_hand_ev.spread import split_variance
    >>> parts = split_variance(np.array([1.0, 3.0]), np.array([2.0, 2.0]), 10**9)
    >>> round(float(parts.between_draws), 6), float(parts.between_vehicles)
    (2.0, 4.0)
    """
    if len(mean) < 2:
        raise InputError(f"draws: too few for a variance (got {len(mean)}); give at least 2")
    chance = np.asarray((sd**2).mean(axis=0))
    over_draws = np.asarray(mean.var(axis=0, ddof=1))
    return VarianceSplit(np.maximum(over_draws - chance / lives, 0.0), chance)


def variance_split(result: Drawn, quantity: str, **labels: object) -> VarianceSplit:
    """Return the two parts of the variance of a quantity in a result run with ``evaluation = "lives"``.

    Parameters
    ----------
    result : Result
        With the draws of the two outputs in `SPLIT` kept.
    quantity : str
        One of `SPLIT`.
    **labels
        Dim = one label, which drops the dim.

    Raises
    ------
    InputError
        For another quantity, or where the draws are not there.
    """
    if quantity not in SPLIT:
        raise InputError(f"{quantity}: no such quantity (got {quantity!r}); one of {', '.join(SPLIT)}")
    mean, sd = SPLIT[quantity]
    return split_variance(result.values(mean, **labels), result.values(sd, **labels), result.lives)
