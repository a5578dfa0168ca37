"""Quantiles of many elements from their counts, and the frames in which they are counted."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import kernel
from mcsim.kernels.statistics.counts import (
    FIRST,
    LEVEL,
    LUMPS,
    Counts,
    Frame,
    count_values,
    find_keys,
    no_counts,
)

Reals = NDArray[Any]
Integers = NDArray[Any]

_SHARE_OF_CENTRE = 0.05  # of the draws, from which on a value that they share is the centre of its element
_FINE = 60  # doublings below an element's size where nothing else tells its scale


@kernel
def fill_frame(ordered: Reals, frame: Frame) -> None:
    """Fill the frame of every element from its first draws.

    Lumps are the values that at least two draws share, the most frequent ones where there are more than have a tally.
    The centre is the most frequent lump where it is a twentieth of the draws, so that no bin reaches across it, and
    else the median; the scale is the median distance of the values that are no lump from it.

    Parameters
    ----------
    ordered : ndarray, shape (cells, n)
        Values of each element, rising, NaN last.
    frame : Frame
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.counts import LUMPS, Frame
    >>> from mcsim.kernels.statistics.quantiles import fill_frame
    >>> frame = Frame(np.empty(1), np.empty(1), np.empty((1, LUMPS)))
    >>> fill_frame(np.array([[0.0, 0.0, 0.0, 3.0, 4.0, 5.0]]), frame)
    >>> frame.centre, frame.scale, frame.lumps[0, :2]
    (array([0.]), array([4.]), array([ 0., inf]))
    """
    n_cells, n_rows = ordered.shape
    distances = np.empty(n_rows)
    lengths = np.zeros(LUMPS, np.int64)
    for cell in range(n_cells):
        column, lumps = ordered[cell], frame.lumps[cell]
        lumps[:] = np.inf
        lengths[:] = 0
        known = n_rows
        while known > 0 and np.isnan(column[known - 1]):
            known -= 1
        start = 0
        while start < known:
            stop = start + 1
            while stop < known and column[stop] == column[start]:
                stop += 1
            least = np.argmin(lengths)
            if stop - start >= 2 and stop - start > lengths[least]:
                lumps[least] = column[start]
                lengths[least] = stop - start
            start = stop
        most = np.argmax(lengths)
        common = known > 0 and lengths[most] >= 2 and lengths[most] >= _SHARE_OF_CENTRE * known
        centre = lumps[most] if common else column[known // 2] if known > 0 else 0.0
        lumps.sort()
        n_apart = 0
        for row in range(known):
            place = np.searchsorted(lumps, column[row])
            if (place == LUMPS or lumps[place] != column[row]) and column[row] != centre:
                distances[n_apart] = np.abs(column[row] - centre)
                n_apart += 1
        if n_apart > 0:
            size = np.sort(distances[:n_apart])[n_apart // 2]
        else:
            # Nothing tells how far other values will lie: far below the centre's own size all scales serve.
            size = math.ldexp(np.abs(centre), -_FINE) if centre != 0.0 else math.ldexp(1.0, -4 * _FINE)
        exponent = min(max(math.frexp(size)[1] - 1, -900), 900)
        scale = math.ldexp(1.0, exponent)
        frame.scale[cell] = scale
        # A round number, so that processors that round a median unlike agree upon it.
        frame.centre[cell] = centre if common else np.rint(centre / scale * 4.0) * (scale / 4.0)


@kernel
def count_quantiles(counts: Counts, frame: Frame, total: Integers, probabilities: Reals, out: Reals) -> None:
    """Fill the quantiles of every element as of its values in order (type 7: linear between neighbours).

    Parameters
    ----------
    counts, frame : Counts, Frame
        What was counted where.
    total : ndarray of int64, shape (cells,)
        Values counted per element; the quantiles of an element without any are NaN.
    probabilities : ndarray, shape (k,)
        In [0, 1].
    out : ndarray, shape (k, cells)
        Filled; a value that has a tally is exact, another wrong by no more than the width of its bin.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.counts import LUMPS, Frame, count_values, no_counts
    >>> from mcsim.kernels.statistics.quantiles import count_quantiles
    >>> rows = np.linspace(1.0, 2.0, 1001).reshape(-1, 1)
    >>> frame = Frame(np.array([1.5]), np.array([0.25]), np.full((1, LUMPS), np.inf))
    >>> counts = no_counts(1, 1024)
    >>> count_values(rows, frame, counts, False)
    >>> out = np.empty((1, 1))
    >>> count_quantiles(counts, frame, np.array([1001]), np.array([0.25]), out)
    >>> bool(abs(out[0, 0] - 1.25) < 0.001)
    True
    """
    below = np.zeros(LUMPS, np.int64)
    upto = np.zeros(counts.bins.shape[1] + 1, np.int64)
    for cell in range(counts.bins.shape[0]):
        if total[cell] == 0:
            out[:, cell] = np.nan
            continue
        for at in range(counts.bins.shape[1]):
            upto[at + 1] = upto[at] + counts.bins[cell, at]
        _find_below(counts, frame, cell, upto, below)
        for number in range(probabilities.size):
            rank = probabilities[number] * (total[cell] - 1)
            whole = np.int64(rank)
            value = _in_order(counts, frame, cell, upto, below, whole, total[cell])
            if rank > whole:
                above = _in_order(counts, frame, cell, upto, below, whole + 1, total[cell])
                value += (rank - whole) * (above - value)
            out[number, cell] = value


@kernel
def _find_below(counts: Counts, frame: Frame, cell: int, upto: Integers, below: Integers) -> None:
    """Fill how many of the values in bins lie below each lump; within a bin they are taken to lie evenly."""
    n_bins, window = upto.size - 1, counts.windows[cell]
    sizes, keys = np.empty(LUMPS), np.empty(LUMPS, np.int64)
    find_keys(frame.lumps[cell], frame.centre[cell], frame.scale[cell], sizes, keys)
    for lump in range(LUMPS):
        if frame.lumps[cell, lump] == np.inf or window[LEVEL] < 0:
            below[lump] = upto[n_bins]
            continue
        at = (keys[lump] >> window[LEVEL]) - window[FIRST]
        if at < 0:
            below[lump] = 0
        elif at >= n_bins:
            below[lump] = upto[n_bins]
        else:
            left, right = counts.least[cell, at], counts.greatest[cell, at]
            share = 1.0 if right < frame.lumps[cell, lump] else 0.0
            if left < frame.lumps[cell, lump] < right:
                share = (frame.lumps[cell, lump] - left) / (right - left)
            below[lump] = upto[at] + np.int64((upto[at + 1] - upto[at]) * share + 0.5)


@kernel
def _in_order(
    counts: Counts, frame: Frame, cell: int, upto: Integers, below: Integers, number: int, total: int
) -> float:
    """Return the value that so many values do not exceed from below, 0 for the lowest one."""
    if number <= 0:
        return counts.lowest[cell]
    if number >= total - 1:
        return counts.highest[cell]
    # Lumps that end before the number leave it a place among the values in bins.
    tallied = 0
    least, most = counts.lowest[cell], counts.highest[cell]
    for lump in range(LUMPS):
        value = frame.lumps[cell, lump]
        if value == np.inf:
            break
        tally = counts.tallies[cell, lump]
        if number < below[lump] + tallied:
            most = min(most, value)
            break
        if number < below[lump] + tallied + tally:
            return value
        tallied += tally
        least = max(least, value) if tally > 0 else least
    place = number - tallied
    at = np.searchsorted(upto, place, side="right") - 1
    at = min(max(at, 0), upto.size - 2)  # type: ignore[arg-type]
    left, right = counts.least[cell, at], counts.greatest[cell, at]
    # The values of a bin are taken to lie evenly between its least and its greatest one, which they are exactly.
    steps = upto[at + 1] - upto[at] - 1
    value = left + (place - upto[at]) / steps * (right - left) if steps > 0 else left
    return min(max(value, least), most)


def moved_counts(counts: Counts, frame: Frame, other: Frame) -> Counts:
    """Return counts as if their values, each in the middle of its bin, had been counted in another frame.

    Parameters
    ----------
    counts, frame : Counts, Frame
        What was counted where.
    other : Frame
        Where it goes.

    Returns
    -------
    Counts
        The same numbers of values and the same range; each value is off by no more than half its bin.
    """
    moved = no_counts(*counts.bins.shape)
    for cell in range(len(counts.bins)):
        own = Frame(*(array[cell : cell + 1] for array in other))
        part = Counts(*(array[cell : cell + 1] for array in moved))
        there = np.flatnonzero(counts.bins[cell])
        middles = 0.5 * (counts.least[cell, there] + counts.greatest[cell, there])
        values = np.concatenate([middles, frame.lumps[cell]])
        weights = np.concatenate([counts.bins[cell, there], counts.tallies[cell]])
        values, weights = values[weights > 0], weights[weights > 0]
        count_values(np.repeat(values, weights)[:, np.newaxis], own, part, False)
    moved.lowest[:], moved.highest[:] = counts.lowest, counts.highest
    return moved
