"""What of a number a file keeps: as much as its spread asks for, told by an attribute, and never what is computed from.

Of a double the last thirty bits or so are noise to any compression, and far below the spread that a draw comes from. An
output of many elements keeps multiples of a step, a power of two, of each element's own; an input keeps significant
bits, so that small values of a skewed distribution keep their digits. Either moves a draw by at most `SHARE_OF_SPREAD`
of the spread, a thousandth, which adds less than a millionth to a variance. Nothing is computed from these.

The other outputs of a run of many elements are float32, the nearest to each value: of what two runs have in common,
whatever their spreads, the same number stands in both files, and a difference that is zero is zero. It moves a draw by
at most a 16 millionth of itself and by `SHARE_SINGLE` of its spread. Elements that vary by less than it could tell, or
have values that come again (years, ones, shares of a few kinds) and that it does not hold, stay whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mcsim.distributions import Distribution
from mcsim.result.bands import FLOAT32_STEP, SHARE_OF_SPREAD, Bands
from mcsim.study import BoolArray, FloatArray

FEWEST_BITS, MOST_BITS = 10, 23  # of a mantissa, beside the one that is not written; float32 has 23
SPREAD = 0.025, 0.975  # quantiles four standard deviations of a normal distribution apart
STEPS = (
    "float32, each element a multiple of its own power of two: moved by at most "
    f"{SHARE_OF_SPREAD:g} of its standard deviation"
)
SHARE_SINGLE = 1e-4  # of a standard deviation, by which the nearest number of float32 may be off
SINGLE = (
    "the nearest number of float32: moved by at most 2**-24 of itself and "
    f"{SHARE_SINGLE:g} of its element's standard deviation; other elements whole"
)
BITS = "_QuantizeBitRoundNumberOfSignificantBits"  # as netCDF-C names it


@dataclass(frozen=True, slots=True)
class Rounding:
    """What of a run's draws its file does not hold as it was computed.

    Parameters
    ----------
    coarse : tuple of str
        Outputs in float32, as multiples of steps.
    single : mapping of str to ndarray of bool (n_packed,)
        Outputs that hold the numbers of float32 nearest to each value, but for some elements: which of them.
    bits : mapping of str to int
        Inputs in float32: their significant bits.
    """

    coarse: tuple[str, ...] = ()
    single: Mapping[str, BoolArray] = field(default_factory=dict)
    bits: Mapping[str, int] = field(default_factory=dict)

    def kind_of(self, output: str) -> type[np.float32 | np.float64]:
        """Return the type of an output's numbers."""
        small = output in self.coarse or (output in self.single and bool(self.single[output].all()))
        return np.float32 if small else np.float64

    def said_of(self, output: str) -> str:
        """Return what the file says of an output's numbers, nothing of those that are as they were computed."""
        return STEPS if output in self.coarse else SINGLE if output in self.single else ""

    def stored(self, output: str, bands: Bands, packed: FloatArray) -> NDArray[np.floating[Any]]:
        """Return draws (n, *packed_shape) of an output as the file holds them."""
        if output in self.coarse:
            return to_steps(packed, steps_of(bands.sd).reshape(packed.shape[1:]))
        if output not in self.single:
            return packed
        near = nearest(packed)
        if self.kind_of(output) == np.float32:
            return near
        return np.where(self.single[output].reshape(packed.shape[1:]), near, packed)


ALL_WHOLE = Rounding()


def nearest(values: FloatArray) -> NDArray[np.float32]:
    """Return the numbers of float32 nearest to values, infinity for those beyond them."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def near_enough(bands: Bands, values: FloatArray) -> BoolArray:
    """Return of which elements (n_packed,) float32 tells the draws apart, and holds what comes again.

    Parameters
    ----------
    bands : Bands
        Of all draws.
    values : ndarray, shape (n, n_packed)
        Some draws.

    Examples
    --------
    >>> from mcsim.result.bands import exact_bands
    >>> years_shares_chance = np.array([[3.0, 0.1, 0.1], [4.0, 0.2, 0.2], [3.0, 0.1, 0.3]])
    >>> near_enough(exact_bands(years_shares_chance), years_shares_chance).tolist()
    [True, False, True]
    """
    ordered = np.sort(values, axis=0)  # NaN last: none equals another
    again = (ordered[1:] == ordered[:-1]) & (nearest(ordered[1:]) != ordered[1:])
    return np.asarray(bands.told_by_float32(SHARE_SINGLE) & ~((bands.sd > 0.0) & again.any(axis=0)))


def steps_of(spread: ArrayLike) -> FloatArray:
    """Return the steps, powers of two, whose halves are at most `SHARE_OF_SPREAD` of a spread; 0 where there is none.

    Examples
    --------
    >>> steps_of([1.0, 0.0, np.nan]).tolist()
    [0.001953125, 0.0, 0.0]
    """
    spread = np.asarray(spread, np.float64)
    there = spread > 0.0  # of a single draw it is not a number
    exponent = np.floor(np.log2(2.0 * SHARE_OF_SPREAD * np.where(there, spread, 1.0)))
    return np.asarray(np.where(there, np.exp2(exponent), 0.0))


def to_steps(values: NDArray[np.float64], steps: FloatArray) -> NDArray[np.float32]:
    """Return values (n, ...) as the nearest multiples of steps (...), as they are in float32 where a step is 0.

    Examples
    --------
    >>> to_steps(np.array([[0.3, 0.3]]), np.array([0.25, 0.0])).tolist()
    [[0.25, 0.30000001192092896]]
    """
    stepped = steps > 0.0
    one = np.where(stepped, steps, 1.0)
    return np.where(stepped, np.rint(values / one) * one, values).astype(np.float32)


def bits_for(distribution: Distribution) -> int | None:
    """Return how many significant bits the draws of a distribution need, None of those that are kept whole.

    Numbers from a list, and words, are kept whole: they take next to nothing. So are those that float32 could not tell
    apart.

    Examples
    --------
    >>> from mcsim.distributions import discrete, normal
    >>> bits_for(normal(1.0, 0.1)), bits_for(normal(1.0, 1e-9)), bits_for(discrete([1, 2]))
    (13, None, None)
    """
    if hasattr(distribution, "values") or hasattr(distribution, "labels"):
        return None
    low, high = np.asarray(distribution.ppf(np.array(SPREAD)), np.float64).tolist()
    largest, spread = max(abs(low), abs(high)), (high - low) / 4.0
    if not (spread > 0.0 and 1e-30 < largest < 1e30):
        return None
    if FLOAT32_STEP * largest > SHARE_OF_SPREAD * spread:
        return None
    # Of b bits a number is moved by at most 2**-(b + 1) of itself.
    return min(MOST_BITS, max(FEWEST_BITS, math.ceil(math.log2(largest / (2.0 * SHARE_OF_SPREAD * spread)))))


def to_bits(values: ArrayLike, bits: int) -> NDArray[np.float32]:
    """Return numbers with so many bits of mantissa, rounded to the nearest, a half to even.

    Source: "bit rounding" of Kloewer et al. (2021), Nature Computational Science 1, 713-724.

    Examples
    --------
    >>> to_bits([1.0 + 2.0**-11, 3.0], 10).tolist(), to_bits([1.0 + 2.0**-10 + 2.0**-11], 10).tolist()
    ([1.0, 3.0], [1.001953125])
    """
    words = np.array(values, np.float32).view(np.uint32)
    drop = MOST_BITS - bits
    if drop > 0:
        half, last = np.uint32((1 << (drop - 1)) - 1), (words >> np.uint32(drop)) & np.uint32(1)
        words = (words + half + last) & np.uint32(0xFFFFFFFF << drop & 0xFFFFFFFF)
    return words.view(np.float32)
