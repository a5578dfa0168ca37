"""What the distributions with listed values share: checked probabilities, and steps up and down the cumulated ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.base import Array, as_unit, number, refusal, shown

# Written shares such as 0.333, 0.333, 0.334 pass; a forgotten value does not.
_SUM_TOLERANCE = 1e-6


def as_list(family: str, name: str, value: object) -> tuple[object, ...]:
    """Return a list argument as a tuple, refusing words, single numbers and empty lists."""
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)) or len(value) == 0:
        raise refusal(family, f"{name} must be a list with at least one item", shown(value), "write [1, 2, 3]")
    return tuple(value)


def as_numbers(family: str, name: str, value: object) -> tuple[float, ...]:
    """Return a list of numbers as a tuple of floats."""
    return tuple(number(family, f"each of {name}", item) for item in as_list(family, name, value))


def as_probabilities(family: str, value: object, count: int) -> tuple[float, ...]:
    """Return `count` probabilities, equal ones for None, refusing a wrong number, sign or sum."""
    if value is None:
        return (1.0 / count,) * count
    chances = as_numbers(family, "probabilities", value)
    if len(chances) != count:
        remedy = "give one probability for each"
        raise refusal(family, f"{count} values need {count} probabilities", str(len(chances)), remedy)
    if min(chances) <= 0.0:
        remedy = "leave out what cannot happen"
        raise refusal(family, "each probability must be above 0", shown(min(chances)), remedy)
    total = sum(chances)
    if abs(total - 1.0) > _SUM_TOLERANCE:
        remedy = f"divide each by {total:.6g}, or add the missing value"
        raise refusal(family, "probabilities must sum to 1", f"{total:.6g}", remedy)
    return chances


def cumulate(weights: ArrayLike) -> Array:
    """Return the cumulated weights (n,), scaled to end at exactly 1."""
    total = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.asarray(total / total[-1], dtype=np.float64)


def step_up(cumulated: Array, values: Array, u: ArrayLike) -> Array:
    """Return the lowest of the rising `values` (n,) whose cumulated probability reaches `u`."""
    return values[np.searchsorted(cumulated, as_unit(u), side="left")]


def step_down(cumulated: Array, values: Array, x: ArrayLike) -> Array:
    """Return the cumulated probability of the rising `values` (n,) that are not above `x`."""
    reached = np.searchsorted(values, np.asarray(x, dtype=np.float64), side="right")
    return np.concatenate(([0.0], cumulated))[reached]
