"""Bands: mean, spread and quantiles of every element of an output, over the draws in which it has a value.

Draws that failed have none, nor has an element that is undefined (NaN) in a draw that did not fail. Exact bands come
from all values of an element at once, sorted, so that neither the order of draws nor the way they were computed can
change a bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study import BoolArray, FloatArray, IntArray

PROBABILITIES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)
COLUMNS = ("p2.5", "p5", "p25", "p50", "p75", "p95", "p97.5")
SLICE_BYTES = 16 * 2**20  # of draws of elements whose bands are found together
SHARE_OF_SPREAD = 1e-3  # of the standard deviation of an element, by which rounding may move a draw at most
FLOAT32_STEP = 2.0**-24  # largest relative error of a number that is rounded to float32
FLOAT32_LEAST, FLOAT32_MOST = 1e-30, 1e37  # between which it is that


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Statistics of the packed elements of one output.

    Parameters
    ----------
    draws : int
        Draws that did not fail.
    n : ndarray of int64, shape (cells,)
        Draws in which the element has a value: those behind its statistics, which are NaN where there is none.
    mean, sd : ndarray, shape (cells,)
        Mean and sample standard deviation (NaN for a single value), in the output's unit.
    quantiles : ndarray, shape (7, cells)
        At `PROBABILITIES`.
    """

    draws: int
    n: IntArray
    mean: FloatArray
    sd: FloatArray
    quantiles: FloatArray

    @staticmethod
    def joined(parts: Sequence[Bands]) -> Bands:
        """Return the bands of neighbouring elements, given in order, as one."""
        if len(parts) == 1:
            return parts[0]
        n, mean, sd = (np.concatenate([getattr(part, name) for part in parts]) for name in ("n", "mean", "sd"))
        return Bands(parts[0].draws, n, mean, sd, np.concatenate([part.quantiles for part in parts], axis=1))

    @property
    def mcse(self) -> FloatArray:
        """Standard error of the mean of independent draws, shape (cells,)."""
        return np.asarray(self.sd / np.sqrt(np.where(self.n > 0, self.n, np.nan)), np.float64)

    def told_by_float32(self, share: float) -> BoolArray:
        """Return of which elements (cells,) float32 moves no draw by more than a share of their spread.

        No value lies farther from the mean than sd x sqrt(n - 1), so that none overflows either. What does not vary has
        no spread to lose.
        """
        varies = self.sd > 0.0
        farthest = np.abs(self.mean) + np.where(varies, self.sd, 0.0) * np.sqrt(self.n)
        told_apart = (share * self.sd > FLOAT32_STEP * np.abs(self.mean)) & (self.sd > FLOAT32_LEAST)
        return np.asarray((told_apart | ~varies) & ~(farthest > FLOAT32_MOST))

    @property
    def survive_float32(self) -> bool:
        """Whether float32 moves no draw by more than a thousandth of the spread of its element."""
        return bool(self.told_by_float32(SHARE_OF_SPREAD).all())

    @property
    def undefined(self) -> FloatArray:
        """Share of the draws in which the element has no value, shape (cells,)."""
        return np.asarray((self.draws - self.n) / max(1, self.draws), np.float64)


def exact_bands(values: NDArray[Any]) -> Bands:
    """Return the bands of values held in memory.

    Parameters
    ----------
    values : ndarray, shape (n, ...)
        Complete draws of one output, NaN where an element is undefined.

    Returns
    -------
    Bands
        Quantiles interpolate linearly between order statistics (Hyndman and Fan 1996, type 7, NumPy's default).

    Examples
    --------
    >>> bands = exact_bands(np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 5.0]]))
    >>> bands.quantiles[3], bands.n
    (array([2., 5.]), array([3, 1]))
    """
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    return Bands.joined([ordered_bands(in_order(flat[:, part])) for part in slices(*flat.shape[::-1])])


def slices(cells: int, n_draws: int) -> list[slice]:
    """Return the elements that are taken together, so that what is made of their draws on the way stays small."""
    width = max(1, SLICE_BYTES // (8 * max(1, n_draws)))
    return [slice(first, first + width) for first in range(0, max(1, cells), width)]


def in_order(values: FloatArray) -> FloatArray:
    """Return the draws (cells, n) of each element in ascending order, NaN at the end, of draws (n, cells)."""
    # A copy even where the transpose is contiguous already: the caller's draws stay in their order.
    ordered = np.array(values.T, np.float64, order="C", copy=True)
    ordered.sort(axis=1)
    return ordered


def ordered_bands(ordered: FloatArray) -> Bands:
    """Return the bands of draws `in_order`."""
    cells, n_draws = ordered.shape
    mean, sd, n = np.full(cells, np.nan), np.full(cells, np.nan), np.full(cells, n_draws, np.int64)
    quantiles = np.full((len(PROBABILITIES), cells), np.nan)
    for rows, defined in by_count(ordered):
        count = n[rows] = defined.shape[1]
        if count > 0:
            mean[rows], sd[rows] = _moments(defined)
            quantiles[:, rows] = _quantiles(defined)
    return Bands(n_draws, n, mean, sd, quantiles)


def by_count(ordered: FloatArray) -> Iterator[tuple[IntArray | slice, FloatArray]]:
    """Yield (elements, their values) of draws `in_order`: elements with as many values each are taken together."""
    n_draws = ordered.shape[1]
    if n_draws == 0 or not np.isnan(ordered[:, -1]).any():
        yield slice(None), ordered
        return
    n = n_draws - np.isnan(ordered).sum(axis=1)
    for count in np.unique(n).tolist():
        rows = np.flatnonzero(n == count)
        yield rows, np.ascontiguousarray(ordered[rows, :count])


def _moments(ordered: FloatArray) -> tuple[FloatArray, FloatArray]:
    n_draws = ordered.shape[1]
    # Means of identical values must be that value: deviations from the first one are then exactly zero.
    first = ordered[:, :1]
    shifted = ordered - first
    offset = shifted.mean(axis=1)
    if n_draws == 1:
        return ordered[:, 0].copy(), np.full(len(ordered), np.nan)
    spread = ((shifted - offset[:, np.newaxis]) ** 2).sum(axis=1) / (n_draws - 1)
    return first[:, 0] + offset, np.sqrt(spread)


def _quantiles(ordered: FloatArray) -> FloatArray:
    n_draws = ordered.shape[1]
    found = np.empty((len(PROBABILITIES), len(ordered)))
    for row, probability in enumerate(PROBABILITIES):
        place = probability * (n_draws - 1)
        below = min(int(place), n_draws - 1)
        above = min(below + 1, n_draws - 1)
        low, high = ordered[:, below], ordered[:, above]
        found[row] = low + (place - below) * (high - low)
    return found
