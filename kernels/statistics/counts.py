"""Counts of the values of many elements at once, for quantiles; they merge in any order to the same bits.

A value x falls into a bin by the bits of 1 + abs(x - c) / s, with the sign of x - c, where the frame of its element
says c and s: bins are equally wide within s of c and of equal relative width beyond, eight times wider from 2**8 s on,
rise with x, and halve their number exactly when neighbours are joined, so that the resolution an element ends with
depends on the range of its values alone and not on their order. A bin knows how many values it has, the least and the
greatest of them. Values that many draws share are no bin's: each has a tally, which is exact.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import inline_kernel, kernel

Reals = NDArray[Any]
Integers = NDArray[Any]

FINEST_BITS = 32  # bins per doubling at the finest level: 2**32
FAR_OCTAVES, FAR_SHIFT = 8, 3  # from so many doublings on bins are 2**3 times wider
LUMPS = 32  # values per element that have a tally
_DROPPED = np.int64(52 - FINEST_BITS)
_ONE = np.int64(0x3FF0000000000000)  # the bits of 1.0
_FAR = np.int64(FAR_OCTAVES << 52)
# What a window holds: the first bin of the counts and their level; lowest and highest occupied bin of the finest level.
FIRST, LEVEL, LOWEST, HIGHEST = range(4)
_STRIP = 64


class Frame(NamedTuple):
    """Where the bins of each element lie.

    Parameters
    ----------
    centre, scale : ndarray, shape (cells,)
        The middle of the values, and a power of two of the size of their spread.
    lumps : ndarray, shape (cells, LUMPS)
        Values that have a tally, rising; infinity where there are fewer.
    """

    centre: Reals
    scale: Reals
    lumps: Reals


class Counts(NamedTuple):
    """What is counted of each element.

    Parameters
    ----------
    bins : ndarray of int32, shape (cells, bins)
        Values in each bin of the window.
    least, greatest : ndarray, shape (cells, bins)
        Of the values in each bin; infinities where there is none.
    windows : ndarray of int64, shape (cells, 4)
        See `fit_window`.
    tallies : ndarray of int64, shape (cells, LUMPS)
        Values equal to each lump.
    lowest, highest : ndarray, shape (cells,)
        The exact range of all values.
    """

    bins: Integers
    least: Reals
    greatest: Reals
    windows: Integers
    tallies: Integers
    lowest: Reals
    highest: Reals


def no_counts(cells: int, bins: int) -> Counts:
    """Return counts of nothing.

    Examples
    --------
    >>> no_counts(2, 128).bins.shape
    (2, 128)
    """
    return Counts(
        np.zeros((cells, bins), np.int32),
        np.full((cells, bins), np.inf),
        np.full((cells, bins), -np.inf),
        np.tile(np.array([0, -1, 0, 0], np.int64), (cells, 1)),
        np.zeros((cells, LUMPS), np.int64),
        np.full(cells, np.inf),
        np.full(cells, -np.inf),
    )


@kernel
def fit_window(counts: Counts, cell: int, low: int, high: int) -> None:
    """Make the window of one element cover the bins low..high of the finest level, joining neighbours where it must.

    Parameters
    ----------
    counts : Counts
        Changed. A window holds its first bin and its level; lowest and highest occupied bin of the finest level. A
        level below zero marks an element without values.
    cell : int
        The element.
    low, high : int
        Bins of the finest level to cover.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.counts import fit_window, no_counts
    >>> counts = no_counts(1, 4)
    >>> fit_window(counts, 0, 10, 11)
    >>> counts.bins[0, 10 - counts.windows[0, 0]] = 5
    >>> fit_window(counts, 0, 10, 16)
    >>> int(counts.windows[0, 1]), int(counts.bins[0, (10 >> 1) - counts.windows[0, 0]])
    (1, 5)
    """
    window, n_bins = counts.windows[cell], counts.bins.shape[1]
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
    bins, least, greatest = counts.bins[cell].copy(), counts.least[cell].copy(), counts.greatest[cell].copy()
    counts.bins[cell] = 0
    counts.least[cell] = np.inf
    counts.greatest[cell] = -np.inf
    # Only bins between the lowest and the highest occupied one hold values: the others need no move.
    for at in range((old_low >> old_level) - old_first, (old_high >> old_level) - old_first + 1):
        to = ((old_first + at) >> (level - old_level)) - first
        _put(counts, cell, to, bins[at], least[at], greatest[at])
    window[FIRST] = first
    window[LEVEL] = level


@inline_kernel
def _put(counts: Counts, cell: int, at: int, number: int, least: float, greatest: float) -> None:
    counts.bins[cell, at] += number
    counts.least[cell, at] = min(counts.least[cell, at], least)
    counts.greatest[cell, at] = max(counts.greatest[cell, at], greatest)


@kernel
def count_values(rows: Reals, frame: Frame, counts: Counts, gaps: bool) -> None:
    """Count the values of every column.

    Parameters
    ----------
    rows : ndarray of float64, shape (n, cells)
        Finite values, and NaN where there are gaps.
    frame : Frame
        Where the bins lie.
    counts : Counts
        Changed.
    gaps : bool
        Whether a value may be NaN, which is not counted.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.counts import LUMPS, Frame, count_values, no_counts
    >>> lumps = np.full((1, LUMPS), np.inf)
    >>> lumps[0, 0] = 2.0
    >>> counts = no_counts(1, 8)
    >>> count_values(np.array([[1.0], [2.0], [2.0]]), Frame(np.array([2.0]), np.array([1.0]), lumps), counts, False)
    >>> int(counts.bins[0].sum()), int(counts.tallies[0, 0]), float(counts.lowest[0])
    (1, 2, 1.0)
    """
    n_rows, n_cells = rows.shape
    if n_rows == 0:
        return
    columns = np.empty((_STRIP, n_rows))
    sizes = np.empty(n_rows)
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
            _note_range(column[:n_values], counts, cell)
            if frame.lumps[cell, 0] < np.inf:
                n_values = _take_lumps(column[:n_values], frame.lumps[cell], counts.tallies[cell])
            if n_values > 0:
                _count_column(column[:n_values], frame, counts, cell, sizes, keys)


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
def _note_range(values: Reals, counts: Counts, cell: int) -> None:
    small, large = values[0], values[0]
    for row in range(1, values.size):
        small = values[row] if values[row] < small else small
        large = values[row] if values[row] > large else large
    counts.lowest[cell] = min(counts.lowest[cell], small)
    counts.highest[cell] = max(counts.highest[cell], large)


@kernel
def _take_lumps(values: Reals, lumps: Reals, tallies: Integers) -> int:
    """Tally the values that are lumps, move the others to the front, and return their number."""
    n_values = 0
    for row in range(values.size):
        value = values[row]
        low, high = 0, LUMPS
        while low < high:
            middle = (low + high) >> 1
            if lumps[middle] < value:
                low = middle + 1
            else:
                high = middle
        if low < LUMPS and lumps[low] == value:
            tallies[low] += 1
        else:
            values[n_values] = value
            n_values += 1
    return n_values


@kernel
def find_keys(values: Reals, centre: float, scale: float, sizes: Reals, keys: Integers) -> None:
    """Fill the finest bin of each value."""
    # Separate loops over the rows, each of one kind of work, so that the compiler vectorises them.
    inverse = 1.0 / scale
    for row in range(values.size):
        sizes[row] = 1.0 + np.abs(values[row] - centre) * inverse
    bits = sizes.view(np.int64)
    for row in range(values.size):
        size = bits[row] - _ONE
        size = size if size <= _FAR else _FAR + ((size - _FAR) >> np.int64(FAR_SHIFT))
        keys[row] = (size if values[row] >= centre else -size) >> _DROPPED


@kernel
def _count_column(values: Reals, frame: Frame, counts: Counts, cell: int, sizes: Reals, keys: Integers) -> None:
    find_keys(values, frame.centre[cell], frame.scale[cell], sizes, keys)
    low, high = keys[0], keys[0]
    for row in range(1, values.size):
        low = min(low, keys[row])
        high = max(high, keys[row])
    fit_window(counts, cell, low, high)
    first, level = counts.windows[cell, FIRST], counts.windows[cell, LEVEL]
    bins, least, greatest = counts.bins[cell], counts.least[cell], counts.greatest[cell]
    for row in range(values.size):
        at, value = (keys[row] >> level) - first, values[row]
        bins[at] += 1
        least[at] = value if value < least[at] else least[at]
        greatest[at] = value if value > greatest[at] else greatest[at]


@kernel
def merge_counts(counts: Counts, other: Counts) -> None:
    """Add the counts of a second set, in the same frame, to those of a first one, in place.

    Parameters
    ----------
    counts, other : Counts
        The first is changed.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.counts import merge_counts, no_counts
    >>> first, other = no_counts(1, 2), no_counts(1, 2)
    >>> first.bins[0, 0], first.windows[0] = 1, (5, 0, 5, 5)
    >>> other.bins[0, 0], other.windows[0] = 2, (6, 0, 6, 6)
    >>> merge_counts(first, other)
    >>> first.bins
    array([[1, 2]], dtype=int32)
    """
    for cell in range(counts.bins.shape[0]):
        for lump in range(LUMPS):
            counts.tallies[cell, lump] += other.tallies[cell, lump]
        counts.lowest[cell] = min(counts.lowest[cell], other.lowest[cell])
        counts.highest[cell] = max(counts.highest[cell], other.highest[cell])
        window, theirs = counts.windows[cell], other.windows[cell]
        if theirs[LEVEL] < 0:
            continue
        fit_window(counts, cell, theirs[LOWEST], theirs[HIGHEST])
        # The window now covers both ranges, hence is at the coarser level of the two.
        shift = window[LEVEL] - theirs[LEVEL]
        for at in range(other.bins.shape[1]):
            if other.bins[cell, at] > 0:
                to = ((theirs[FIRST] + at) >> shift) - window[FIRST]
                _put(counts, cell, to, other.bins[cell, at], other.least[cell, at], other.greatest[cell, at])
