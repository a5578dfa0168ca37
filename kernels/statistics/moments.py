"""Streaming statistics of many elements at once: moments of a block that merge like a tree, and counts for quantiles.

Counts are integers and merge in any order to the same bits. A value x falls into a bin by the bits of
1 + abs(x) / scale, with the sign of x: bins are equally wide below the scale of an element and of equal relative width
above it, rise with x through zero, and halve their number exactly when neighbours are joined, so that the resolution
an element ends with depends on the range of its values alone and not on their order.

Source of the merged moments: Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance", The
American Statistician 37(3), equations 2.1a and 2.1b.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import inline_kernel, kernel

Reals = NDArray[Any]
Integers = NDArray[Any]

FINEST_BITS = 12  # bins per doubling at the finest level: 2**12
_DROPPED = np.int64(52 - FINEST_BITS)
_ONE = np.int64(0x3FF0000000000000)  # the bits of 1.0
# What a window holds: the first bin of the counts and their level; lowest and highest occupied bin of the finest level.
FIRST, LEVEL, LOWEST, HIGHEST = range(4)
_TILE = 256
_STRIP = 64


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


@inline_kernel
def bin_edge(key: int, scale: float) -> float:
    """Return the lower edge of a bin of the finest level.

    Parameters
    ----------
    key : int64
        Number of the bin; 0 begins at zero.
    scale : float
        Scale of the element.

    Returns
    -------
    float
        In the unit of the scale.

    Examples
    --------
    >>> from mcsim.kernels.statistics.moments import bin_edge
    >>> bin_edge(0, 2.0), bin_edge(4096, 2.0), bin_edge(-4096, 2.0)
    (0.0, 2.0, -2.0)
    """
    # The key is the top bits of 1 + abs(x) / scale less those of 1.0, hence exponent and leading part of the mantissa.
    size = np.abs(np.int64(key))
    octave = size >> FINEST_BITS
    part = np.float64(size & ((1 << FINEST_BITS) - 1)) / np.float64(1 << FINEST_BITS)
    edge: float = (2.0**octave * (1.0 + part) - 1.0) * scale
    return edge if key >= 0 else -edge


@kernel
def fit_window(counts: Integers, window: Integers, low: int, high: int) -> None:
    """Make the window of one element cover the bins low..high of the finest level, joining neighbours where it must.

    Parameters
    ----------
    counts : ndarray of int32, shape (bins,)
        Changed: counts of the bins in the window.
    window : ndarray of int64, shape (4,)
        Changed: first bin of the window and its level; lowest and highest occupied bin of the finest level. A level
        below zero marks an element without values.
    low, high : int
        Bins of the finest level to cover.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.moments import fit_window
    >>> counts, window = np.zeros(4, np.int32), np.array([0, -1, 0, 0])
    >>> fit_window(counts, window, 10, 11)
    >>> counts[10 - window[0]] = 5
    >>> fit_window(counts, window, 10, 16)
    >>> int(window[1]), int(counts[(10 >> 1) - window[0]])
    (1, 5)
    """
    n_bins = counts.size
    # A bin of level l is 2**l of the finest ones, key >> l: joining neighbours is a shift, exact and in any order.
    if window[LEVEL] < 0:
        window[LEVEL] = 0
        window[LOWEST] = low
        window[HIGHEST] = high
        while (window[HIGHEST] >> window[LEVEL]) - (window[LOWEST] >> window[LEVEL]) >= n_bins:
            window[LEVEL] += 1
        window[FIRST] = window[LOWEST] >> window[LEVEL]
        return
    old_first, old_level, old_low, old_high = window[FIRST], window[LEVEL], window[LOWEST], window[HIGHEST]
    window[LOWEST] = min(old_low, low)
    window[HIGHEST] = max(old_high, high)
    first, level = window[FIRST], window[LEVEL]
    if (window[LOWEST] >> level) >= first and (window[HIGHEST] >> level) < first + n_bins:
        return
    while (window[HIGHEST] >> level) - (window[LOWEST] >> level) >= n_bins:
        level += 1
    # Spare bins on both sides, so that the next few outliers find room.
    spare = (n_bins - 1 - ((window[HIGHEST] >> level) - (window[LOWEST] >> level))) // 2
    first = (window[LOWEST] >> level) - spare
    # Only bins between the lowest and the highest occupied one hold counts: the others need no move.
    kept = counts.copy()
    counts[:] = 0
    for at in range((old_low >> old_level) - old_first, (old_high >> old_level) - old_first + 1):
        counts[((old_first + at) >> (level - old_level)) - first] += kept[at]
    window[FIRST] = first
    window[LEVEL] = level


@kernel
def count_values(
    rows: Reals, scale: Reals, counts: Integers, windows: Integers, lowest: Reals, highest: Reals, gaps: bool
) -> None:
    """Count the values of every column.

    Parameters
    ----------
    rows : ndarray of float64 or float32, shape (n, cells)
        Finite values, and NaN where there are gaps.
    scale : ndarray, shape (cells,)
        Powers of two: where bins go from equal width to equal relative width.
    counts : ndarray of int32, shape (cells, bins)
        Changed.
    windows : ndarray of int64, shape (cells, 4)
        Changed; see `fit_window`.
    lowest, highest : ndarray, shape (cells,)
        Changed: the exact range of the values.
    gaps : bool
        Whether a value may be NaN, which is not counted.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.moments import count_values
    >>> counts, windows = np.zeros((1, 8), np.int32), np.array([[0, -1, 0, 0]])
    >>> lowest, highest = np.array([np.inf]), np.array([-np.inf])
    >>> count_values(np.array([[1.0], [2.0], [2.0]]), np.array([1.0]), counts, windows, lowest, highest, False)
    >>> int(counts[0].sum()), float(lowest[0]), float(highest[0])
    (3, 1.0, 2.0)
    """
    n_rows, n_cells = rows.shape
    if n_rows == 0:
        return
    columns = np.empty((_STRIP, n_rows))
    sizes = np.empty(n_rows)
    bits = sizes.view(np.int64)
    keys = np.empty(n_rows, np.int64)
    for start in range(0, n_cells, _STRIP):
        stop = min(start + _STRIP, n_cells)
        # A strip of columns is turned first: rows lie far apart, and every read of one would miss the cache.
        for row in range(n_rows):
            for cell in range(start, stop):
                columns[cell - start, row] = rows[row, cell]
        for cell in range(start, stop):
            column = columns[cell - start]
            n_values = _closed_up(column) if gaps else n_rows
            if n_values == 0:
                continue
            _count_column(
                column[:n_values],
                scale[cell],
                counts[cell],
                windows[cell],
                lowest,
                highest,
                cell,
                sizes,
                bits,
                keys,
            )


@kernel
def _closed_up(values: Reals) -> int:
    """Move the values that are no NaN to the front, in their order, and return their number."""
    n_values = 0
    for row in range(values.size):
        if not np.isnan(values[row]):
            values[n_values] = values[row]
            n_values += 1
    return n_values


@kernel
def _count_column(
    values: Reals,
    scale: float,
    counts: Integers,
    window: Integers,
    lowest: Reals,
    highest: Reals,
    cell: int,
    sizes: Reals,
    bits: Integers,
    keys: Integers,
) -> None:
    # Separate loops over the rows, each of one kind of work, so that the compiler vectorises them.
    inverse = 1.0 / scale
    for row in range(values.size):
        sizes[row] = 1.0 + np.abs(values[row]) * inverse
    for row in range(values.size):
        size = bits[row] - _ONE
        keys[row] = (size if values[row] >= 0.0 else -size) >> _DROPPED
    low, high = keys[0], keys[0]
    small, large = values[0], values[0]
    for row in range(1, values.size):
        low = min(low, keys[row])
        high = max(high, keys[row])
        small = values[row] if values[row] < small else small
        large = values[row] if values[row] > large else large
    lowest[cell] = min(lowest[cell], small)
    highest[cell] = max(highest[cell], large)
    fit_window(counts, window, low, high)
    first, level = window[FIRST], window[LEVEL]
    for row in range(values.size):
        counts[(keys[row] >> level) - first] += 1


@kernel
def merge_counts(counts: Integers, windows: Integers, other_counts: Integers, other_windows: Integers) -> None:
    """Add the counts of a second set to those of a first one, in place.

    Parameters
    ----------
    counts, other_counts : ndarray of int32, shape (cells, bins)
        The first is changed.
    windows, other_windows : ndarray of int64, shape (cells, 4)
        The first is changed; see `fit_window`.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.moments import merge_counts
    >>> first, other = np.array([[1, 0]], np.int32), np.array([[2, 0]], np.int32)
    >>> merge_counts(first, np.array([[5, 0, 5, 5]]), other, np.array([[6, 0, 6, 6]]))
    >>> first
    array([[1, 2]], dtype=int32)
    """
    for cell in range(counts.shape[0]):
        if other_windows[cell, LEVEL] < 0:
            continue
        fit_window(counts[cell], windows[cell], other_windows[cell, LOWEST], other_windows[cell, HIGHEST])
        # The first set may be finer than the second: then it takes the second's level.
        while windows[cell, LEVEL] < other_windows[cell, LEVEL]:
            _join_neighbours(counts[cell], windows[cell])
        # Now the first set is at the coarser level of the two, whichever was merged into which.
        shift = windows[cell, LEVEL] - other_windows[cell, LEVEL]
        for at in range(counts.shape[1]):
            if other_counts[cell, at] > 0:
                place = ((other_windows[cell, FIRST] + at) >> shift) - windows[cell, FIRST]
                counts[cell, place] += other_counts[cell, at]


@kernel
def _join_neighbours(counts: Integers, window: Integers) -> None:
    kept = counts.copy()
    counts[:] = 0
    first = window[FIRST] >> 1
    for at in range(counts.size):
        if kept[at] > 0:
            counts[((window[FIRST] + at) >> 1) - first] += kept[at]
    window[FIRST] = first
    window[LEVEL] += 1


@kernel
def count_quantiles(
    counts: Integers,
    windows: Integers,
    scale: Reals,
    lowest: Reals,
    highest: Reals,
    total: Integers,
    probabilities: Reals,
    out: Reals,
) -> None:
    """Fill the quantiles of every element, interpolated within bins and kept inside the exact range.

    Parameters
    ----------
    counts, windows, scale, lowest, highest
        As in `count_values`.
    total : ndarray of int64, shape (cells,)
        Values counted per element; the quantiles of an element without any are NaN.
    probabilities : ndarray, shape (k,)
        In [0, 1].
    out : ndarray, shape (k, cells)
        Filled; wrong by no more than the width of a bin.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.moments import count_quantiles, count_values
    >>> rows = np.linspace(1.0, 2.0, 1001).reshape(-1, 1)
    >>> counts, windows = np.zeros((1, 1024), np.int32), np.array([[0, -1, 0, 0]])
    >>> lowest, highest, scale = np.array([np.inf]), np.array([-np.inf]), np.array([0.0625])
    >>> count_values(rows, scale, counts, windows, lowest, highest, False)
    >>> out = np.empty((1, 1))
    >>> count_quantiles(counts, windows, scale, lowest, highest, np.array([1001]), np.array([0.5]), out)
    >>> bool(abs(out[0, 0] - 1.5) < 0.002)
    True
    """
    for cell in range(counts.shape[0]):
        if total[cell] == 0:
            out[:, cell] = np.nan
            continue
        level = windows[cell, LEVEL]
        width = 1 << level
        for number in range(probabilities.size):
            rank = probabilities[number] * (total[cell] - 1)
            seen = 0
            at = 0
            while at < counts.shape[1] - 1 and seen + counts[cell, at] <= rank:
                seen += counts[cell, at]
                at += 1
            left = bin_edge((windows[cell, FIRST] + at) * width, scale[cell])
            right = bin_edge((windows[cell, FIRST] + at + 1) * width, scale[cell])
            # The c values of a bin are taken to lie at the middles of c equal parts of it.
            inside = (rank - seen + 0.5) / max(1, counts[cell, at])
            value = left + min(inside, 1.0) * (right - left)
            out[number, cell] = min(max(value, lowest[cell]), highest[cell])
