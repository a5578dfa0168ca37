"""Bands: mean, spread and quantiles of every element of an output, over the draws that did not fail.

Exact ones come from all values of an element at once, sorted, so that neither the order of draws nor the way they were
computed can change a bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study import FloatArray

PROBABILITIES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)
COLUMNS = ("p2.5", "p5", "p25", "p50", "p75", "p95", "p97.5")
SLICE_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Statistics of the packed elements of one output.

    Parameters
    ----------
    n : int
        Draws behind them.
    mean, sd : ndarray, shape (cells,)
        Mean and sample standard deviation (NaN for a single draw), in the output's unit.
    quantiles : ndarray, shape (7, cells)
        At `PROBABILITIES`.
    """

    n: int
    mean: FloatArray
    sd: FloatArray
    quantiles: FloatArray

    @property
    def mcse(self) -> FloatArray:
        """Standard error of the mean of independent draws, shape (cells,)."""
        return self.sd / math.sqrt(self.n) if self.n > 0 else np.full_like(self.sd, np.nan)


def exact_bands(values: NDArray[Any]) -> Bands:
    """Return the bands of values held in memory.

    Parameters
    ----------
    values : ndarray, shape (n, ...)
        Complete draws of one output.

    Returns
    -------
    Bands
        Quantiles interpolate linearly between order statistics (Hyndman and Fan 1996, type 7, NumPy's default).

    Examples
    --------
    >>> exact_bands(np.array([[1.0], [2.0], [3.0]])).quantiles[3]
    array([2.])
    """
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    n_draws, cells = flat.shape
    mean, sd = np.full(cells, np.nan), np.full(cells, np.nan)
    quantiles = np.full((len(PROBABILITIES), cells), np.nan)
    if n_draws == 0:
        return Bands(0, mean, sd, quantiles)
    width = max(1, SLICE_BYTES // (8 * n_draws))
    for start in range(0, cells, width):
        part = slice(start, min(start + width, cells))
        # A copy even where the transpose is contiguous already: the caller's draws stay in their order.
        ordered = np.array(flat[:, part].T, np.float64, order="C", copy=True)
        ordered.sort(axis=1)
        mean[part], sd[part] = _moments(ordered)
        quantiles[:, part] = _quantiles(ordered)
    return Bands(n_draws, mean, sd, quantiles)


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
