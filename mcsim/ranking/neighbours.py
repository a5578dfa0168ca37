"""First-order indices from draws alone, by what an output still varies between neighbours in the order of an input."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from mcsim.ranking.method import FIRST_SHARES, Analysis, GivenData, Measures
from mcsim.study import FloatArray, IntArray

_VALUES = 256  # outputs at a time


def rank_based(x: FloatArray, y: FloatArray, level: float = 0.95, seed: int = 1) -> Measures:
    """Return the first-order Sobol' indices of inputs from draws that know nothing of them.

    In the order of an input, neighbours have nearly the same value of it, and what they differ by in the output is due
    to the others: half the mean square of differences is the variance that stays when the input is known. An input
    without effect reads 0 on average, whatever the number of draws; of a smooth effect 1/n**2 is lost.

    Source: Gamboa, Gremaud, Klein and Lagnoux (2022), "Global sensitivity analysis: a novel generation of mighty
    estimators based on rank statistics", Bernoulli 28(4), equation (9), here with differences in place of products
    (von Neumann's ratio), whose mean is exact where the input does nothing. Interval: normal, from the derivative of
    the ratio; differences that share a draw are correlated, those two places apart share only the slow change along the
    input, which independent draws of it do not: variance = c_0 + 2 (c_1 - c_2), c the autocovariances.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs, in any order; equal values are put in an order of chance, keyed by the seed.
    y : ndarray, shape (n, n_values)
        Outputs.
    level : float
        Confidence level.
    seed : int
        Of the order of equal values.

    Returns
    -------
    dict
        ``S1``, ``S1_low``, ``S1_high``, each (n_inputs, n_values).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).random((4000, 2))
    >>> found = rank_based(x, (2.0 * x[:, 0] + x[:, 1])[:, None])
    >>> found["S1"][:, 0].round(1)
    array([0.8, 0.2])
    """
    shape = (x.shape[1], y.shape[1])
    found = {name: np.empty(shape) for name in ("S1", "S1_low", "S1_high")}
    quantile = NormalDist().inv_cdf(0.5 + level / 2.0)
    orders = [_order(column, seed, place) for place, column in enumerate(x.T)]
    for start in range(0, shape[1], _VALUES):
        part = slice(start, start + _VALUES)
        centred = y[:, part] - y[:, part].mean(axis=0)
        variance = (centred**2).sum(axis=0) / (len(y) - 1)
        scaled = centred / np.sqrt(variance)
        for place, order in enumerate(orders):
            value, error = _of_one(scaled[order])
            found["S1"][place, part] = value
            found["S1_low"][place, part] = value - quantile * error
            found["S1_high"][place, part] = value + quantile * error
    return found


def _order(column: FloatArray, seed: int, place: int) -> IntArray:
    """Return the order of an input's values, equal ones by chance."""
    from mcsim.kernels.streams import stream_of, uniforms_at

    chance = uniforms_at(seed, stream_of(f"neighbours/{place}"), np.arange(len(column)))
    return np.asarray(np.lexsort((chance, column)), np.int64)


def _of_one(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return index and standard error of outputs of variance 1 in the order of an input."""
    half = 0.5 * np.diff(z, axis=0) ** 2
    left = half.mean(axis=0)
    # d(1 - left / variance) = -(half - left) + left (z**2 - 1), the square that of both neighbours.
    change = left * (0.5 * (z[1:] ** 2 + z[:-1] ** 2) - 1.0) - (half - left)
    change -= change.mean(axis=0)
    n = len(change)
    covariances = [(change[lag:] * change[: n - lag]).sum(axis=0) / n for lag in range(3)]
    spread = covariances[0] + 2.0 * (covariances[1] - covariances[2])
    return 1.0 - left, np.sqrt(np.maximum(spread, 0.25 * covariances[0]) / n)


def _analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    return rank_based(x, y, about.level, about.seed)


RANK_BASED = GivenData(
    "rank_based",
    "first order from draws alone, without bias and with an interval (neighbours in the input's order)",
    "S1",
    _analysis,
    neighbours=True,
    telling=FIRST_SHARES,
)
