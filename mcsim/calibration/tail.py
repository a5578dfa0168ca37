"""The tail of importance weights smoothed by a generalised Pareto distribution (PSIS).

Source: Vehtari, Simpson, Gelman, Yao and Gabry (2024), Pareto smoothed importance sampling, J. Mach. Learn. Res. 25
(72). The fit is that of Zhang and Stephens (2009), Technometrics 51, 316-325, with a prior on the shape. ArviZ has
both, and its import costs more than a report computes; the tests compare.
"""

from __future__ import annotations

import numpy as np

from mcsim.study import FloatArray

_MANY = 225  # log weights from which the tail is 3 sqrt(n) of them; of fewer it is a fifth
_FEWEST = 5  # of a tail that has a shape
_POINTS = 30  # of the grid on which the fit is averaged, and sqrt(n) more
# Weight of the prior on the shape, as so many points at one half; scale of the grid over the first quartile.
_PRIOR_POINTS, _PRIOR_SHAPE, _PRIOR_SCALE = 10, 0.5, 3


def smoothed_weights(log: FloatArray) -> tuple[FloatArray, float]:
    """Return Pareto smoothed log weights (n,), whose weights sum to 1, and the shape k-hat of their tail.

    A tail of fewer than five, or all alike, has no shape: it stays, and k-hat is infinite.

    Parameters
    ----------
    log : ndarray, shape (n,)
        Log weights.

    Examples
    --------
    >>> weights, khat = smoothed_weights(np.log(np.arange(1.0, 1001.0)))
    >>> round(float(np.exp(weights).sum()), 12), khat < 0.0
    (1.0, True)
    """
    found, n, khat = log - log.max(), len(log), np.inf
    count = int(3 * n**0.5) if n > _MANY else n // 5
    order = np.argsort(found)
    tail = order[n - count :]
    if count >= _FEWEST and found[tail[0]] < found[tail[-1]]:
        least = np.exp(found[order[n - count - 1]])
        khat, scale = pareto_fit(np.exp(found[tail]) - least)
        if np.isfinite(khat):
            found[tail] = np.minimum(np.log(least + _quantiles(count, khat, scale)), 0.0)
    top = found.max()
    return found - (top + np.log(np.exp(found - top).sum())), float(khat)


def pareto_fit(excess: FloatArray) -> tuple[float, float]:
    """Return shape and scale of the generalised Pareto distribution of sorted positive numbers.

    Parameters
    ----------
    excess : ndarray, shape (n,)
        Sorted, over the threshold.

    Returns
    -------
    (float, float)
        The mean of the posterior of 1 / (scale / shape) on a grid, as shape and scale; the shape drawn to one half.

    Examples
    --------
    >>> steps = np.arange(0.5, 1000.0) / 1000.0
    >>> shape, scale = pareto_fit(-np.log1p(-steps))  # exponential: shape 0, scale 1
    >>> abs(shape) < 0.02, round(scale, 1)
    (True, 1.0)
    """
    n = len(excess)
    points = _POINTS + int(n**0.5)
    grid = 1.0 - np.sqrt(points / (np.arange(1, points + 1) - 0.5))
    grid = grid / (_PRIOR_SCALE * excess[int(n / 4 + 0.5) - 1]) + 1.0 / excess[-1]
    shapes = np.log1p(-grid[:, None] * excess).mean(axis=1)
    likelihood = n * (np.log(-grid / shapes) - shapes - 1.0)
    weights = np.exp(likelihood - likelihood.max())
    weights /= weights.sum()
    weights = np.where(weights >= 10.0 * np.finfo(float).eps, weights, 0.0)
    mean = float((grid * weights).sum() / weights.sum())
    shape = float(np.log1p(-mean * excess).mean())
    return (n * shape + _PRIOR_POINTS * _PRIOR_SHAPE) / (n + _PRIOR_POINTS), -shape / mean


def _quantiles(count: int, shape: float, scale: float) -> FloatArray:
    """Return the middles of equal parts of a generalised Pareto distribution; none where it has no scale."""
    if not scale > 0.0:
        return np.full(count, np.nan)
    hazard = -np.log1p(-np.arange(0.5, count) / count)
    return np.asarray(scale * (hazard if shape == 0.0 else np.expm1(shape * hazard) / shape))
