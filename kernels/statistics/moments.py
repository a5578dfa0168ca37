"""Moments of many elements at once, of a block of draws, that merge like a tree.

Source of the merged moments: Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance", The
American Statistician 37(3), equations 2.1a and 2.1b.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import kernel

Reals = NDArray[Any]
Integers = NDArray[Any]

_TILE = 256


@kernel
def block_moments(rows: Reals, mean: Reals, squares: Reals) -> None:
    """Fill mean and sum of squared deviations of every column.

    Deviations are taken from the first row, so that equal values give exactly their value and zero.

    Parameters
    ----------
    rows : ndarray of float64 or float32, shape (n, cells)
        Values.
    mean, squares : ndarray, shape (cells,)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.moments import block_moments
    >>> mean, squares = np.empty(1), np.empty(1)
    >>> block_moments(np.array([[1.0], [2.0], [3.0]]), mean, squares)
    >>> mean, squares
    (array([2.]), array([2.]))
    """
    n_rows, n_cells = rows.shape
    # Two passes, the mean first: sum(x**2) - n mean**2 would lose the digits of a small spread about a large mean.
    # Tiles of columns keep both sums in the first-level cache while the rows pass.
    mean[:] = 0.0
    squares[:] = 0.0
    if n_rows == 0:
        return
    for low in range(0, n_cells, _TILE):
        high = min(low + _TILE, n_cells)
        for row in range(1, n_rows):
            for cell in range(low, high):
                mean[cell] += np.float64(rows[row, cell]) - np.float64(rows[0, cell])
        for cell in range(low, high):
            mean[cell] = mean[cell] / n_rows + np.float64(rows[0, cell])
        for row in range(n_rows):
            for cell in range(low, high):
                deviation = np.float64(rows[row, cell]) - mean[cell]
                squares[cell] += deviation * deviation


@kernel
def defined_moments(rows: Reals, count: Integers, mean: Reals, squares: Reals) -> None:
    """Fill number, mean and sum of squared deviations of the values of every column that are no NaN.

    Deviations are taken from a column's first value; a column without NaN gets the bits of `block_moments`, a column
    of NaN alone a mean and a sum of zero.

    Parameters
    ----------
    rows : ndarray of float64 or float32, shape (n, cells)
        Values.
    count : ndarray of int64, shape (cells,)
        Filled: values that are no NaN.
    mean, squares : ndarray, shape (cells,)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.moments import defined_moments
    >>> count, mean, squares = np.empty(1, np.int64), np.empty(1), np.empty(1)
    >>> defined_moments(np.array([[np.nan], [1.0], [3.0]]), count, mean, squares)
    >>> count, mean, squares
    (array([2]), array([2.]), array([2.]))
    """
    n_rows, n_cells = rows.shape
    count[:] = 0
    mean[:] = 0.0
    squares[:] = 0.0
    first = np.zeros(n_cells)
    # Row by row, as the values lie; a sum in the order of the rows, so that a NaN leaves the others' bits alone.
    for row in range(n_rows):
        for cell in range(n_cells):
            value = np.float64(rows[row, cell])
            if np.isnan(value):
                continue
            if count[cell] == 0:
                first[cell] = value
            else:
                mean[cell] += value - first[cell]
            count[cell] += 1
    for cell in range(n_cells):
        if count[cell] > 0:
            mean[cell] = mean[cell] / count[cell] + first[cell]
    for row in range(n_rows):
        for cell in range(n_cells):
            deviation = np.float64(rows[row, cell]) - mean[cell]
            if not np.isnan(deviation):
                squares[cell] += deviation * deviation


@kernel
def merge_moments(
    count: Integers, mean: Reals, squares: Reals, other_count: Integers, other_mean: Reals, other_squares: Reals
) -> None:
    """Merge the moments of a second set into those of a first one, in place; the caller adds the counts.

    Parameters
    ----------
    count, other_count : ndarray of int64, shape (cells,)
        Values behind each element: they differ between elements that are not defined in every draw.
    mean, squares : ndarray, shape (cells,)
        Changed.
    other_mean, other_squares : ndarray, shape (cells,)
        Of the second set.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.moments import merge_moments
    >>> one, mean, squares = np.array([1]), np.array([1.0]), np.array([0.0])
    >>> merge_moments(one, mean, squares, one, np.array([3.0]), np.array([0.0]))
    >>> mean, squares
    (array([2.]), array([2.]))
    """
    # With d the distance of the means: the mean moves by d n2 / (n1 + n2), and the squares about the new mean exceed
    # those about the old ones by d**2 n1 n2 / (n1 + n2) (equations 2.1a and 2.1b).
    for cell in range(mean.size):
        if other_count[cell] == 0:
            continue
        if count[cell] == 0:
            mean[cell] = other_mean[cell]
            squares[cell] = other_squares[cell]
            continue
        share = other_count[cell] / (count[cell] + other_count[cell])
        distance = other_mean[cell] - mean[cell]
        mean[cell] += distance * share
        squares[cell] += other_squares[cell] + distance * distance * (count[cell] * share)
