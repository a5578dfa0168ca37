"""Scrambled Sobol' sequences: the points of scipy's, scrambled where they are needed.

Point n of a Sobol' dimension is the exclusive or of those of its direction numbers whose bit is set in the Gray code of
n, and from one point to the next a single one changes. A scramble (Matousek 1998, "On the L2-discrepancy for anchored
boxes", J. Complexity 14, 527-556) multiplies all of them, as columns of bits, by one random lower triangular matrix
with ones on the diagonal, and adds a random shift. The random bits are scipy's, word by word, and so are the points;
scipy's own product takes every bit of every direction number of every dimension one by one, which takes 5 ms for 160
dimensions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import inline_kernel, kernel

BITS = 32  # of a direction number
WORDS = BITS // 2  # random words of 64 bits for the shift of a dimension; as many for each row of its matrix
_HALF = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
# Multiplier of NumPy's PCG64, O'Neill (2014), "PCG: a family of simple fast space-efficient statistically good
# algorithms for random number generation", Harvey Mudd College HMC-CS-2014-0905.
_TIMES = np.uint64(2549297995355413924), np.uint64(4865540595714422341)


@inline_kernel
def _product(a_high, a_low, b_high, b_low):
    """Return the product of two numbers of 128 bits modulo 2**128, in halves."""
    # The product of the lower halves has 128 bits: by quarters, whose products fit.
    a1, a0, b1, b0 = a_low >> _HALF, a_low & _LOW_HALF, b_low >> _HALF, b_low & _LOW_HALF
    middle = a1 * b0 + ((a0 * b0) >> _HALF)
    other = a0 * b1 + (middle & _LOW_HALF)
    return a1 * b1 + (middle >> _HALF) + (other >> _HALF) + a_low * b_high + a_high * b_low, a_low * b_low


@inline_kernel
def _step(high, low, times_high, times_low, plus_high, plus_low):
    """Return a state times a number plus another, modulo 2**128."""
    high, low = _product(high, low, times_high, times_low)
    total = low + plus_low
    return high + plus_high + np.uint64(total < low), total


@kernel
def _leap(steps, plus_high, plus_low):
    """Return by which factor and which term so many steps of the generator take a state, in halves."""
    factor_high, factor_low, term_high, term_low = _ZERO, _ONE, _ZERO, _ZERO
    times_high, times_low = _TIMES
    while steps > 0:
        if steps & 1:
            factor_high, factor_low = _product(factor_high, factor_low, times_high, times_low)
            term_high, term_low = _step(term_high, term_low, times_high, times_low, plus_high, plus_low)
        # Two steps as one: x -> t (t x + p) + p.
        plus_high, plus_low = _step(plus_high, plus_low, times_high, times_low, plus_high, plus_low)
        times_high, times_low = _product(times_high, times_low, times_high, times_low)
        steps >>= 1
    return factor_high, factor_low, term_high, term_low


@inline_kernel
def _bits_of(high, low):
    """Return the two random bits of a state's word: the last of its lower half and the last of its upper half."""
    turn, mixed = high >> np.uint64(58), high ^ low
    # The word is `mixed` turned to the right: bit i of it is bit i + turn of `mixed`.
    first = (mixed >> ((np.uint64(31) + turn) & np.uint64(63))) & _ONE
    return first, (mixed >> ((np.uint64(63) + turn) & np.uint64(63))) & _ONE


@kernel
def scramble(
    state: NDArray[np.uint64],
    directions: NDArray[np.uint64],
    places: NDArray[np.int64],
    shifts: NDArray[np.uint64],
    scrambled: NDArray[np.uint64],
) -> None:
    """Fill in the shift and the scrambled direction numbers of some dimensions.

    A generator of NumPy's PCG64 gives the random bits, two of each word: those of the shifts of all dimensions, then
    those of their matrices. What no wanted number meets is leapt over.

    Parameters
    ----------
    state : ndarray of uint64, shape (4,)
        State and increment of the generator, upper halves first.
    directions : ndarray of uint64, shape (n_dims, n_columns)
        Direction numbers of all dimensions.
    places : ndarray of int64, shape (n,)
        Dimensions wanted.
    shifts : ndarray of uint64, shape (n,)
        Filled in.
    scrambled : ndarray of uint64, shape (n, n_columns)
        Filled in.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.sequence import scramble
    >>> state, numbers = np.arange(1, 5).astype(np.uint64), np.array([[1 << 31, 3 << 30]], np.uint64)
    >>> shifts, scrambled = np.empty(1, np.uint64), np.empty((1, 2), np.uint64)
    >>> scramble(state, numbers, np.zeros(1, np.int64), shifts, scrambled)
    >>> (scrambled >> np.uint64(31)).tolist()  # the first digit stays: the first row of the matrix is 1, 0, 0, ...
    [[1, 1]]
    """
    n_dims, n_columns = directions.shape
    plus_high, plus_low = state[2], state[3]
    # Number c has no digit behind its (c + 1)th, so of each row of a matrix the first columns count, two to a word.
    used = min((n_columns + 1) // 2, WORDS)
    rest = _leap(WORDS - used, plus_high, plus_low)
    for k in range(places.size):
        # A shift has its first random bit last: bit i of it is number i.
        leap = _leap(places[k] * WORDS, plus_high, plus_low)
        high, low = _step(state[0], state[1], leap[0], leap[1], leap[2], leap[3])
        shift = _ZERO
        for i in range(WORDS):
            high, low = _step(high, low, _TIMES[0], _TIMES[1], plus_high, plus_low)
            first, second = _bits_of(high, low)
            shift |= first << np.uint64(2 * i) | second << np.uint64(2 * i + 1)
        shifts[k] = shift
        for c in range(n_columns):
            scrambled[k, c] = _ZERO
        leap = _leap((n_dims + places[k] * BITS) * WORDS, plus_high, plus_low)
        high, low = _step(state[0], state[1], leap[0], leap[1], leap[2], leap[3])
        for row in range(BITS):
            # Row p of the matrix makes digit p behind the point, bit 31 - p of a number; its column q meets digit q.
            mask = _ZERO
            for i in range(used):
                high, low = _step(high, low, _TIMES[0], _TIMES[1], plus_high, plus_low)
                first, second = _bits_of(high, low)
                mask |= first << np.uint64(BITS - 1 - 2 * i) | second << np.uint64(BITS - 2 - 2 * i)
            high, low = _step(high, low, rest[0], rest[1], rest[2], rest[3])
            digit = np.uint64(BITS - 1 - row)
            mask = (mask >> digit | _ONE) << digit
            for c in range(n_columns):
                # Whether an odd number of bits is set: halves folded onto each other.
                bits = mask & directions[places[k], c]
                bits ^= bits >> np.uint64(16)
                bits ^= bits >> np.uint64(8)
                bits ^= bits >> np.uint64(4)
                bits ^= bits >> np.uint64(2)
                bits ^= bits >> np.uint64(1)
                scrambled[k, c] |= (bits & _ONE) << digit


@kernel
def fill_points(shifts: NDArray[np.uint64], numbers: NDArray[np.uint64], start: Any, unit: NDArray[Any]) -> None:
    """Fill in the points from a global row on, in the middle of their cells of 2**-32, off 0 and 1.

    Parameters
    ----------
    shifts : ndarray of uint64, shape (n,)
        Of each dimension.
    numbers : ndarray of uint64, shape (n, n_columns)
        Direction numbers of each dimension, enough for the last row.
    start : int
        First row.
    unit : ndarray, shape (n, n_rows)
        Filled in.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.sequence import fill_points
    >>> unit = np.empty((1, 3))
    >>> fill_points(np.zeros(1, np.uint64), np.array([[1 << 31, 3 << 30]], np.uint64), 1, unit)
    >>> unit.round(6).tolist()
    [[0.5, 0.25, 0.75]]
    """
    scale, half = 2.0**-BITS, 2.0 ** -(BITS + 1)
    for k in range(shifts.size):
        point, gray, column = shifts[k], start ^ (start >> 1), 0
        while gray > 0:
            if gray & 1:
                point ^= numbers[k, column]
            gray >>= 1
            column += 1
        for i in range(unit.shape[1]):
            unit[k, i] = point * scale + half
            # The Gray codes of a row and the next differ in the last zero of the row's number.
            row, column = start + i, 0
            while row & 1:
                row >>= 1
                column += 1
            # Behind the last row that the numbers suffice for stands no other.
            if column < numbers.shape[1]:
                point ^= numbers[k, column]
