"""Trajectories that lie far apart: a few out of many candidates, so that they see more of the unit cube."""

from __future__ import annotations

import numpy as np

from mcsim.study import BoolArray, FloatArray, IntArray

_STARTS = 8  # sets from which exchanges begin
_NUMBERS = 4e6  # distances between points at a time


def path_distances(paths: FloatArray) -> FloatArray:
    """Return the distance of every two paths: the sum of the distances of each point of one to each of the other.

    Parameters
    ----------
    paths : ndarray, shape (n, n_points, n_columns)
        Points of the paths.

    Returns
    -------
    ndarray, shape (n, n)

    Examples
    --------
    >>> path_distances(np.array([[[0.0], [1.0]], [[0.0], [1.0]], [[0.0], [3.0]]])).tolist()
    [[0.0, 2.0, 6.0], [2.0, 0.0, 6.0], [6.0, 6.0, 0.0]]
    """
    from scipy.spatial.distance import cdist

    n, n_points, n_columns = paths.shape
    points, found = paths.reshape(-1, n_columns), np.empty((n, n))
    step = max(1, int(_NUMBERS / (n_points * len(points))))
    for first in range(0, n, step):
        part = paths[first : first + step]
        apart = cdist(part.reshape(-1, n_columns), points).reshape(len(part), n_points, n, n_points)
        found[first : first + step] = apart.sum(axis=(1, 3))
    np.fill_diagonal(found, 0.0)
    return found


def spread_of(distances: FloatArray, chosen: IntArray) -> float:
    """Return how far apart some paths lie: the root of the sum of the squared distances of all pairs."""
    return float(np.sqrt((distances[np.ix_(chosen, chosen)] ** 2).sum() / 2.0))


def spread_out(distances: FloatArray, count: int) -> IntArray:
    """Return which paths to take, so that `spread_of` them is as large as exchanges make it.

    From several sets, each grown by the path that is farthest from those in it, one path is exchanged for another as
    long as that gains: a local maximum, as is that of Ruano et al. (2012), "An improved sampling strategy based on
    trajectory design for application of the Morris method to systems with many input factors", Environmental Modelling
    and Software 37, 103-109. Criterion: Campolongo, Cariboni and Saltelli (2007), same journal 22, equations (10) and
    (11).

    Parameters
    ----------
    distances : ndarray, shape (n, n)
        From `path_distances`.
    count : int
        Paths to take, at most n.

    Returns
    -------
    ndarray of int64, shape (count,)
        In rising order.

    Examples
    --------
    >>> places = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    >>> spread_out(np.abs(np.subtract.outer(places, places)), 2).tolist()
    [0, 4]
    """
    squares = distances**2
    best, most = np.arange(count), -1.0
    for start in np.argsort(-squares.sum(axis=1), kind="stable")[:_STARTS]:
        inside = np.zeros(len(squares), bool)
        inside[start] = True
        gain = squares[start].copy()  # to the sum over pairs, of a path that is taken in
        for _ in range(count - 1):
            new = int(np.argmax(np.where(inside, -1.0, gain)))
            inside[new] = True
            gain += squares[new]
        inside, total = _exchanged(squares, inside, gain)
        if total > most:
            best, most = np.flatnonzero(inside), total
    return np.asarray(best, np.int64)


def _exchanged(squares: FloatArray, inside: BoolArray, gain: FloatArray) -> tuple[BoolArray, float]:
    """Return the set after exchanges, the best at each time, and its sum over pairs."""
    total = 0.5 * float(gain[inside].sum())
    while True:
        kept, out = np.flatnonzero(inside), np.flatnonzero(~inside)
        if len(out) == 0:
            return inside, total
        change = gain[out][None, :] - gain[kept][:, None] - squares[np.ix_(kept, out)]
        place = np.unravel_index(int(np.argmax(change)), change.shape)
        if change[place] <= 1e-12 * max(total, 1e-300):
            return inside, total
        old, new = kept[place[0]], out[place[1]]
        inside[old], inside[new] = False, True
        gain = gain + squares[new] - squares[old]
        total += float(change[place])
