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

from mcsim.kernels._jit import kernel

BITS = 32  # of a direction number
WORDS = BITS // 2  # random words of 64 bits for the shift of a dimension; as many for each row of its matrix
_UPPER = np.uint64(1 << 63)
_LOWER = np.uint64(1 << 31)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@kernel
def scramble(
    words: NDArray[np.uint64],
    directions: NDArray[np.uint64],
    places: NDArray[np.int64],
    shifts: NDArray[np.uint64],
    scrambled: NDArray[np.uint64],
) -> None:
    """Fill in the shift and the scrambled direction numbers of some dimensions.

    Parameters
    ----------
    words : ndarray of uint64, shape (n_dims * WORDS * (1 + BITS),)
        Random words: those of all shifts, then those of all matrices. Each holds two random bits, the last of its lower
        half and the last of its upper half.
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
    >>> from mcsim.kernels.statistics.sequence import BITS, WORDS, scramble
    >>> words, numbers = np.zeros(WORDS * (1 + BITS), np.uint64), np.array([[1 << 31, 3 << 30]], np.uint64)
    >>> shifts, scrambled = np.empty(1, np.uint64), np.empty((1, 2), np.uint64)
    >>> scramble(words, numbers, np.zeros(1, np.int64), shifts, scrambled)  # no random bit set: the unit matrix
    >>> bool((scrambled == numbers).all()), shifts.tolist()
    (True, [0])
    """
    n_dims, n_columns = directions.shape
    for k in range(places.size):
        # A shift has its first random bit last: bit i of it is number i.
        shift, first = _ZERO, places[k] * WORDS
        for i in range(WORDS):
            word = words[first + i]
            shift |= ((word & _LOWER) >> np.uint64(31)) << np.uint64(2 * i)
            shift |= ((word & _UPPER) >> np.uint64(63)) << np.uint64(2 * i + 1)
        shifts[k] = shift
        for c in range(n_columns):
            scrambled[k, c] = _ZERO
        first = (n_dims + places[k] * BITS) * WORDS
        for row in range(BITS):
            # Row p of the matrix makes digit p behind the point, bit 31 - p of a number; its column q meets digit q.
            mask = _ZERO
            for i in range(WORDS):
                word = words[first + row * WORDS + i]
                mask |= ((word & _LOWER) >> np.uint64(31)) << np.uint64(BITS - 1 - 2 * i)
                mask |= ((word & _UPPER) >> np.uint64(63)) << np.uint64(BITS - 2 - 2 * i)
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
    [[0.5, 0.75, 0.25]]
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
