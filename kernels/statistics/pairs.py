"""Sums over the rows of two matrices, column by column, from which one sees whether they may be paired."""

import numpy as np

from mcsim.kernels._jit import kernel


@kernel
def pair_sums(a, b, table):
    """Return centred sums of two matrices column by column, and count the cells of each pair of columns.

    Parameters
    ----------
    a, b : ndarray, shape (n, D)
        Numbers from 0 to 1, rows in memory one after the other.
    table : ndarray of int64, shape (D, n_cells, n_cells)
        Zeros; how often a row falls into each cell of the square of columns a and b is added.

    Returns
    -------
    ndarray, shape (7, D)
        With x and y the two columns less the mean of both together: sums of x**2, y**2, x**4, y**4, (x - y)**2 and
        x y; then half the distance of the two columns' means, so that x has this mean and y its negative.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.pairs import pair_sums
    >>> table = np.zeros((1, 2, 2), np.int64)
    >>> pair_sums(np.array([[0.25], [1.0]]), np.array([[0.75], [0.0]]), table)[:, 0].round(3)
    array([ 0.312,  0.312,  0.066,  0.066,  1.25 , -0.312,  0.125])
    >>> table[0]
    array([[0, 1],
           [1, 0]])
    """
    n, n_columns = a.shape
    n_cells = table.shape[1]
    sums = np.zeros((7, n_columns))
    left, right, middle = np.zeros(n_columns), np.zeros(n_columns), np.empty(n_columns)
    for row in range(n):
        for j in range(n_columns):
            left[j] += a[row, j]
            right[j] += b[row, j]
    for j in range(n_columns):
        middle[j] = 0.5 * (left[j] + right[j]) / n
        sums[6, j] = 0.5 * (left[j] - right[j]) / n
    for row in range(n):
        for j in range(n_columns):
            x, y = a[row, j] - middle[j], b[row, j] - middle[j]
            sums[0, j] += x * x
            sums[1, j] += y * y
            sums[2, j] += (x * x) * (x * x)
            sums[3, j] += (y * y) * (y * y)
            sums[4, j] += (x - y) * (x - y)
            sums[5, j] += x * y
        for j in range(n_columns):
            across = min(np.int64(n_cells * a[row, j]), n_cells - 1)
            along = min(np.int64(n_cells * b[row, j]), n_cells - 1)
            table[j, across, along] += 1
    return sums
