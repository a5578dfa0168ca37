"""Where the numbers of an axis stand, and how they are written."""

from __future__ import annotations

import math
from itertools import pairwise

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # between two numbers, times a power of ten
NEAR = 1e-9  # of a step: what rounding leaves
MOST = 9  # intervals
PLAIN, SMALL = 1e4, 1e-5  # from where on thousands are parted, and until where a number is told by its digits


def ticks(low: float, high: float, most: int, whole: bool = False) -> list[float]:
    """Return round numbers from `low` to `high`, with at most that many intervals between them.

    Parameters
    ----------
    low, high : float
        Ends of the axis, of whatever unit.
    most : int
        Intervals.
    whole : bool
        Whole numbers alone.

    Examples
    --------
    >>> ticks(0.0, 1.0, 5), ticks(2005.0, 2050.0, 5, whole=True)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [2010.0, 2020.0, 2030.0, 2040.0, 2050.0])
    """
    low, high = min(low, high), max(low, high)
    if not high > low:
        return [low]
    least = (high - low) / max(1, most)
    power = math.floor(math.log10(least))
    steps = [part * 10.0**exponent for exponent in (power - 1, power, power + 1) for part in STEPS]
    if whole:
        steps = [step for step in steps if step >= 1.0 and step == round(step)] or [1.0]
    large = [step for step in steps if step >= least * (1.0 - NEAR)]
    # The first that is large enough; a smaller one where not even two of its numbers lie inside.
    for step in (*large[:1], *reversed(steps[: len(steps) - len(large)])):
        first, last = math.ceil(low / step - NEAR), math.floor(high / step + NEAR)
        if last > first or most < 2:
            break
    return [round(step * place, 12 - power) + 0.0 for place in range(first, last + 1)]


def words_of(numbers: list[float]) -> list[str]:
    """Return the numbers of an axis with as many decimals as tell them apart, the sign as it is printed.

    Examples
    --------
    >>> words_of([-0.5, 0.0, 0.5]), words_of([2010.0, 2020.0]), words_of([0.0, 25000.0])
    (['−0.5', '0.0', '0.5'], ['2010', '2020'], ['0', '25,000'])
    """
    largest = max(map(abs, numbers), default=0.0)
    step = min((b - a for a, b in pairwise(numbers)), default=largest or 1.0)
    if step < SMALL:
        return [_signed(f"{number:.12f}".rstrip("0").rstrip(".")) for number in numbers]
    decimals = 0
    while decimals < 12 and abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6 * step * 10**decimals:
        decimals += 1
    parted = "," if largest >= PLAIN else ""
    return [_signed(f"{number:{parted}.{decimals}f}") for number in numbers]


def _signed(word: str) -> str:
    return word.replace("-", "\N{MINUS SIGN}")
