"""Sobol' indices of many outputs at once: weighted sums over the rows of a Saltelli design, and the estimators.

A Saltelli design has base rows; row i gives f_A, f_B and, for each factor, f_AB: the model at row i of A with the
factor's columns taken from B. All estimators are ratios of means over base rows, and a bootstrapped mean is a mean with
random weights. So everything that is needed are sums of a few products with the weights of every resample: one product
of matrices, whose rows may be summed piece by piece and elsewhere.

Sources: Saltelli et al. (2010), "Variance based sensitivity analysis of model output", Computer Physics Communications
181, 259-270, table 2, rows (b) (first order) and (f) (total order, Jansen); Saltelli (2002), "Making best use of model
evaluations", Computer Physics Communications 145, 280-297, theorem 2 (second order).
"""

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import kernel
from mcsim.kernels.streams import stream_key, stream_of, unit32, vehicle_words

Array = npt.NDArray[np.float64]

# A tile of products has to stay in the first-level cache while all resamples pass over it.
_TILE_COLUMNS = 128
_TILE_ROWS = 64
# A Poisson(1) number above 12 has probability 6e-11, below the step of a 32-bit uniform number.
_LARGEST_COUNT = 12


@kernel
def _fill_counts(key, rows, n_resamples, counts):
    zero = np.uint64(0)
    for i in range(rows.size):
        for first in range(0, n_resamples, 4):
            words = vehicle_words(key, np.uint64(rows[i]), np.uint64(first), zero)
            for offset in range(min(4, n_resamples - first)):
                uniform = unit32(words[offset])
                # Inversion: p(k) = p(k - 1) / k, from p(0) = exp(-1), summed until the sum passes the uniform number.
                probability = np.exp(-1.0)
                cumulative = probability
                count = 0
                while uniform > cumulative and count < _LARGEST_COUNT:
                    count += 1
                    probability /= count
                    cumulative += probability
                counts[first + offset, i] = count


def poisson_counts(seed: int, rows: npt.NDArray[np.int64], n_resamples: int) -> Array:
    """Return how often each base row occurs in each bootstrap resample, independent Poisson(1) numbers.

    A count depends on (seed, row, resample) alone, so chunks, shards and extensions of a run see the same resamples.
    The number of rows of a resample is then random; the estimators are ratios, which do not mind.

    Parameters
    ----------
    seed : int
        The run's seed.
    rows : ndarray of int64, shape (n,)
        Global numbers of the base rows.
    n_resamples : int
        Number of resamples.

    Returns
    -------
    ndarray, shape (n_resamples, n)
        Counts as floats, ready for products.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.sobol import poisson_counts
    >>> counts = poisson_counts(1, np.arange(4000), 3)
    >>> bool((counts[:, 7:9] == poisson_counts(1, np.arange(7, 9), 3)).all())
    True
    """
    counts = np.empty((n_resamples, rows.size))
    key = stream_key(np.uint64(seed), np.uint64(stream_of("sensitivity/bootstrap")))
    _fill_counts(key, rows, n_resamples, counts)
    return counts


@kernel
def add_weighted(weights, top, tile, n_rows, sums, left, right):
    """Add the weighted sums of a tile of rows, one row after the other.

    ``sums[:, left:right] += weights[:, top : top + n_rows] @ tile[:n_rows, : right - left]``. The order of the
    additions is fixed, unlike that of a BLAS, so results have the same bits for any number of threads and any division
    of the rows into pieces. Four resamples and four rows at a time keep the vector units busy.

    Parameters
    ----------
    weights : ndarray, shape (n_resamples, n)
        Weights of the rows.
    top : int
        The row to which the first row of the tile belongs.
    tile : ndarray, shape (at least n_rows, at least right - left)
        What is summed.
    n_rows : int
        Number of rows in the tile.
    sums : ndarray, shape (n_resamples, n_values)
        Added to, in place.
    left, right : int
        Columns of `sums` to which the tile belongs.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.sobol import add_weighted
    >>> sums = np.zeros((4, 1))
    >>> add_weighted(np.ones((4, 3)), 0, np.array([[1.0], [2.0], [4.0]]), 3, sums, 0, 1)
    >>> sums[:, 0]
    array([7., 7., 7., 7.])
    """
    whole = n_rows - n_rows % 4
    in_fours = weights.shape[0] - weights.shape[0] % 4
    for r in range(0, in_fours, 4):
        # Slices of one contiguous row: only then does the compiler know that neighbours lie side by side.
        s0, s1 = sums[r][left:right], sums[r + 1][left:right]
        s2, s3 = sums[r + 2][left:right], sums[r + 3][left:right]
        w0, w1 = weights[r][top : top + n_rows], weights[r + 1][top : top + n_rows]
        w2, w3 = weights[r + 2][top : top + n_rows], weights[r + 3][top : top + n_rows]
        for k in range(0, whole, 4):
            x0, x1, x2, x3 = tile[k], tile[k + 1], tile[k + 2], tile[k + 3]
            w00, w01, w02, w03 = w0[k], w0[k + 1], w0[k + 2], w0[k + 3]
            w10, w11, w12, w13 = w1[k], w1[k + 1], w1[k + 2], w1[k + 3]
            w20, w21, w22, w23 = w2[k], w2[k + 1], w2[k + 2], w2[k + 3]
            w30, w31, w32, w33 = w3[k], w3[k + 1], w3[k + 2], w3[k + 3]
            for j in range(right - left):
                y0, y1, y2, y3 = x0[j], x1[j], x2[j], x3[j]
                s0[j] = s0[j] + w00 * y0 + w01 * y1 + w02 * y2 + w03 * y3
                s1[j] = s1[j] + w10 * y0 + w11 * y1 + w12 * y2 + w13 * y3
                s2[j] = s2[j] + w20 * y0 + w21 * y1 + w22 * y2 + w23 * y3
                s3[j] = s3[j] + w30 * y0 + w31 * y1 + w32 * y2 + w33 * y3
        for k in range(whole, n_rows):
            x0 = tile[k]
            for j in range(right - left):
                s0[j] += w0[k] * x0[j]
                s1[j] += w1[k] * x0[j]
                s2[j] += w2[k] * x0[j]
                s3[j] += w3[k] * x0[j]
    # What is left over one by one, with the additions of the same row in the same order.
    for r in range(in_fours, weights.shape[0]):
        s0, w0 = sums[r][left:right], weights[r][top : top + n_rows]
        for k in range(0, whole, 4):
            x0, x1, x2, x3 = tile[k], tile[k + 1], tile[k + 2], tile[k + 3]
            w00, w01, w02, w03 = w0[k], w0[k + 1], w0[k + 2], w0[k + 3]
            for j in range(right - left):
                s0[j] = s0[j] + w00 * x0[j] + w01 * x1[j] + w02 * x2[j] + w03 * x3[j]
        for k in range(whole, n_rows):
            x0 = tile[k]
            for j in range(right - left):
                s0[j] += w0[k] * x0[j]


@kernel
def add_values(weights, values, sums):
    """Add the weighted sums of plain values: ``sums += weights @ values`` in a fixed order.

    Parameters
    ----------
    weights : ndarray, shape (n_resamples, n)
        Weights of the rows.
    values : ndarray, shape (n, n_values)
        What is summed.
    sums : ndarray, shape (n_resamples, n_values)
        Added to, in place.
    """
    n_rows, n_values = values.shape
    tile = np.empty((_TILE_ROWS, _TILE_COLUMNS))
    for left in range(0, n_values, _TILE_COLUMNS):
        right = min(left + _TILE_COLUMNS, n_values)
        for top in range(0, n_rows, _TILE_ROWS):
            height = min(_TILE_ROWS, n_rows - top)
            for i in range(height):
                for j in range(right - left):
                    tile[i, j] = values[top + i, left + j]
            add_weighted(weights, top, tile, height, sums, left, right)


@kernel
def add_base(weights, f_a, f_b, g_a, g_b, sums):
    """Add the sums that need A and B alone: of A, B, A**2, B**2 and A*B.

    Parameters
    ----------
    weights : ndarray, shape (n_resamples, n)
        Weights of the base rows.
    f_a, f_b : ndarray, shape (n, n_values)
        The model at A and B.
    g_a, g_b : ndarray, shape (n, n_values)
        The same under another inner seed, so that noise does not correlate; `f_a`, `f_b` themselves without noise.
    sums : ndarray, shape (5, n_resamples, n_values)
        Added to, in place.
    """
    n_rows, n_values = f_a.shape
    tiles = np.empty((5, _TILE_ROWS, _TILE_COLUMNS))
    for left in range(0, n_values, _TILE_COLUMNS):
        right = min(left + _TILE_COLUMNS, n_values)
        width = right - left
        for top in range(0, n_rows, _TILE_ROWS):
            height = min(_TILE_ROWS, n_rows - top)
            # f and g differ in their inner seed alone. A product of one with the other has no variance of the noise in
            # it, and the mean of both ways round uses all four outputs; without noise g is f and the halves add up.
            for i in range(height):
                for j in range(width):
                    a, b = f_a[top + i, left + j], f_b[top + i, left + j]
                    c, d = g_a[top + i, left + j], g_b[top + i, left + j]
                    tiles[0, i, j] = 0.5 * (a + c)
                    tiles[1, i, j] = 0.5 * (b + d)
                    tiles[2, i, j] = a * c
                    tiles[3, i, j] = b * d
                    tiles[4, i, j] = 0.5 * (a * d + b * c)
            for m in range(5):
                add_weighted(weights, top, tiles[m], height, sums[m], left, right)


@kernel
def add_factor(weights, f_a, f_b, f_ab, g_a, g_b, g_ab, sums):
    """Add the sums of one factor: of d, d**2 and B*d with d = AB - A.

    Parameters
    ----------
    weights : ndarray, shape (n_resamples, n)
        Weights of the base rows.
    f_a, f_b, f_ab : ndarray, shape (n, n_values)
        The model at A, at B, and at A with the factor's columns of B.
    g_a, g_b, g_ab : ndarray, shape (n, n_values)
        The same under another inner seed; the first three themselves without noise.
    sums : ndarray, shape (3, n_resamples, n_values)
        Added to, in place.
    """
    n_rows, n_values = f_a.shape
    tiles = np.empty((3, _TILE_ROWS, _TILE_COLUMNS))
    for left in range(0, n_values, _TILE_COLUMNS):
        right = min(left + _TILE_COLUMNS, n_values)
        width = right - left
        for top in range(0, n_rows, _TILE_ROWS):
            height = min(_TILE_ROWS, n_rows - top)
            for i in range(height):
                for j in range(width):
                    # d = AB - A: half the mean of d**2 is the variance of total order, the mean of B d that of first
                    # order, since B and AB share this factor alone.
                    p = f_ab[top + i, left + j] - f_a[top + i, left + j]
                    q = g_ab[top + i, left + j] - g_a[top + i, left + j]
                    tiles[0, i, j] = 0.5 * (p + q)
                    tiles[1, i, j] = p * q
                    tiles[2, i, j] = 0.5 * (f_b[top + i, left + j] * q + g_b[top + i, left + j] * p)
            for m in range(3):
                add_weighted(weights, top, tiles[m], height, sums[m], left, right)


@kernel
def add_products(weights, f_a, f_b, f_ba, f_ab, sums):
    """Add the sums of a pair of factors: of BA_j * AB_k - A * B.

    Parameters
    ----------
    weights : ndarray, shape (n_resamples, n)
        Weights of the base rows.
    f_a, f_b, f_ba, f_ab : ndarray, shape (n, n_values)
        The model at A, at B, at B with the columns of factor j of A, and at A with the columns of factor k of B.
    sums : ndarray, shape (n_resamples, n_values)
        Added to, in place.
    """
    # A and B share nothing, so that the mean of A * B is the square of the outputs' mean, which the product carries.
    add_values(weights, f_ba * f_ab - f_a * f_b, sums)


@kernel
def add_difference(weights, f_b, f_ba, sums):
    """Add the sums of BA - B of one factor, which the second order needs to be free of the outputs' mean.

    Parameters
    ----------
    weights : ndarray, shape (n_resamples, n)
        Weights of the base rows.
    f_b, f_ba : ndarray, shape (n, n_values)
        The model at B, and at B with the factor's columns of A.
    sums : ndarray, shape (n_resamples, n_values)
        Added to, in place.
    """
    add_values(weights, f_ba - f_b, sums)


def variance(mean_a: Array, mean_b: Array, square_a: Array, square_b: Array) -> Array:
    """Return the variance of A and B together, from their means and mean squares.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.sobol import variance
    >>> float(variance(np.float64(1.0), np.float64(3.0), np.float64(1.0), np.float64(9.0)))
    1.0
    """
    return np.asarray(0.5 * (square_a + square_b) - (0.5 * (mean_a + mean_b)) ** 2)


def first_order(mean_difference: Array, mean_product: Array, centre: Array, total: Array) -> Array:
    """Return the first-order index: mean of (B - centre) (AB - A) over the variance.

    Source: Saltelli et al. (2010), table 2, row (b). `centre` is the mean of all outputs, which the estimator is
    subtracted by because it is biased for outputs far from zero.
    """
    return np.asarray((mean_product - centre * mean_difference) / total)


def total_order(mean_square: Array, total: Array) -> Array:
    """Return the total-order index: half the mean of (A - AB)**2 over the variance.

    Source: Saltelli et al. (2010), table 2, row (f), after Jansen (1999).
    """
    return np.asarray(0.5 * mean_square / total)


def second_order(
    mean_product: Array, difference_j: Array, difference_k: Array, centre: Array, total: Array, s_j: Array, s_k: Array
) -> Array:
    """Return the second-order index of two factors.

    Mean of (BA_j - c) (AB_k - c) - (A - c) (B - c) over the variance, less the two first-order indices.

    Source: Saltelli (2002), theorem 2; c is the mean of all outputs.
    """
    return np.asarray((mean_product - centre * (difference_j + difference_k)) / total - s_j - s_k)
