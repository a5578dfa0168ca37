"""Probabilities far below what plain draws reach, by subset simulation in the space of normal deviates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcsim.study import BoolArray, FloatArray, IntArray

STEP = 0.1  # probability of a level given the one before
_LEVELS = 20  # at most: down to 1e-20
_WANTED = 0.44  # share of proposals that should be taken
_FEWEST = 0.2  # of the points wanted beyond a bar; where fewer are, the rest share its value and levels lead nowhere

Margin = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Subsets:
    """What independent repetitions of a subset simulation found.

    Parameters
    ----------
    estimates : ndarray, shape (repetitions,)
        Probability by each; 0 where one found nothing.
    inside : ndarray, shape (m, D)
        Normal deviates of points of the last levels at which it is true; neighbours in a chain are alike.
    owner : ndarray of int64, shape (m,)
        The repetition of each.
    ends : ndarray of bool, shape (m,)
        Whether it is the last of its chain, or of no chain.
    evaluations : int
        Of the model.
    plateau : bool
        Whether the way ended where too many points share one value.
    """

    estimates: FloatArray
    inside: FloatArray
    owner: IntArray
    ends: BoolArray
    evaluations: int
    plateau: bool

    @property
    def value(self) -> float:
        """The mean of the repetitions, which is without bias but for 1/n."""
        return float(self.estimates.mean())

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return both ends: Student's on the scale of logarithms, from the spread of the repetitions.

        Where a repetition found nothing the lower end is 0.
        """
        return log_interval(self.estimates, level)

    @property
    def units(self) -> FloatArray:
        """The points of `inside` as points strictly inside the unit cube."""
        from scipy.special import ndtr

        return np.asarray(np.clip(ndtr(self.inside), np.finfo(float).tiny, 1.0 - 2.0**-53), np.float64)


def log_interval(estimates: FloatArray, level: float) -> tuple[float, float]:
    """Return both ends of the interval of a mean of probabilities: Student's on the scale of logarithms.

    Where one of the estimates is 0 the lower end is 0.

    Examples
    --------
    >>> low, high = log_interval(np.array([1e-6, 2e-6, 3e-6]), 0.95)
    >>> 0.0 < low < 2e-6 < high < 1e-4
    True
    """
    from scipy.special import stdtrit

    count, value = len(estimates), float(estimates.mean())
    if value == 0.0:
        return 0.0, STEP**_LEVELS
    error = float(estimates.std(ddof=1)) / value / math.sqrt(count)
    spread = math.exp(float(stdtrit(count - 1, 0.5 + level / 2.0)) * error)
    return (0.0 if (estimates == 0.0).any() else value / spread), min(1.0, value * spread)


@dataclass(frozen=True, slots=True, eq=False)
class _Route:
    """What a first descent leaves for the others: every level's bar, and the size of the steps beyond it."""

    bars: tuple[float, ...]
    scales: tuple[float, ...]


def subset_simulation(margin: Margin, dims: int, seed: int, *, points: int = 500, repetitions: int = 20) -> Subsets:
    """Return how likely a margin of independent normal deviates is 0 or more, however rare that is.

    A rare event is a chain of events that are not: the tenth of the points that come closest, the tenth of the points
    beyond those, and so on. Points beyond a level are walked from those that are there, by steps that keep the normal
    law (y = sqrt(1 - s**2) x + s z) and are undone where they leave it. A first descent sets the levels and the steps;
    those of the repetitions are then given numbers, with which the product of the shares is without bias (levels set by
    the points that are counted read a few per cent too much each). Repetitions share nothing else, so that their spread
    tells the error, correlations along the chains included.

    Source: Au and Beck (2001), "Estimation of small failure probabilities in high dimensions by subset simulation",
    Probabilistic Engineering Mechanics 16; the walk: Papaioannou, Betz, Zwirglmaier and Straub (2015), "MCMC algorithms
    for subset simulation", ibid. 41, section 4.

    Parameters
    ----------
    margin : callable
        ``margin(z)``: (m, D) normal deviates -> (m,), 0 or more where the event is true; -inf where there is none.
    dims : int
        D.
    seed : int
        Every deviate is a function of (seed, level, step, dimension, point).
    points, repetitions : int
        Points of a level in each repetition, and repetitions.

    Examples
    --------
    >>> found = subset_simulation(lambda z: z.sum(axis=1) / 2.0 - 3.7190165, 4, seed=1)
    >>> low, high = found.interval()
    >>> bool(low < 1e-4 < high), bool(high / low < 2.5)
    (True, True)
    """
    route, plateau, first = _first_descent(margin, dims, seed, points)
    estimates, (inside, owner, ends), cost = _descents(margin, dims, seed, route, points, repetitions)
    return Subsets(estimates, inside, owner, ends, first + cost, plateau)


def _first_descent(margin: Margin, dims: int, seed: int, points: int) -> tuple[_Route, bool, int]:
    """Return the levels on the way to the event, whether a plateau ended it, and the evaluations."""
    at = _normal(seed, "first/0", dims, points)
    reached = margin(at)
    bars: list[float] = []
    scales: list[float] = []
    scale, count = 0.6, points
    while (reached >= 0.0).mean() < STEP and len(bars) < _LEVELS:
        bar = float(np.sort(reached)[-round(STEP * points) - 1])
        if (reached > bar).mean() < _FEWEST * STEP:
            return _Route(tuple(bars), tuple(scales)), True, count
        place = f"first/{len(bars) + 1}"
        at, reached, scale = _walk(margin, at[None], reached[None], bar, seed, place, scale, adapts=True)
        at, reached = at[0], reached[0]
        bars.append(bar)
        scales.append(scale)
        count += points - round(STEP * points)
    return _Route(tuple(bars), tuple(scales)), False, count


def _descents(
    margin: Margin, dims: int, seed: int, route: _Route, points: int, repetitions: int
) -> tuple[FloatArray, tuple[FloatArray, IntArray, BoolArray], int]:
    """Return each repetition's estimate, points at which the event is true with whose they are and which end a chain.

    And the evaluations.
    """
    first = _normal(seed, "0", dims, repetitions * points)
    at, reached = first.reshape(repetitions, points, dims), margin(first).reshape(repetitions, points)
    estimates, count = np.ones(repetitions), repetitions * points
    left = np.arange(repetitions)
    for level, (bar, scale) in enumerate(zip(route.bars, route.scales, strict=True), 1):
        share = (reached > bar).mean(axis=1)
        estimates[left] *= share
        there = share > 0.0
        left, at, reached = left[there], at[there], reached[there]
        if len(left) == 0:
            return estimates, (np.empty((0, dims)), np.empty(0, np.int64), np.empty(0, bool)), count
        at, reached, _ = _walk(margin, at, reached, bar, seed, str(level), scale)
        count += len(left) * (points - round(STEP * points))
    estimates[left] *= (reached >= 0.0).mean(axis=1)
    true = reached >= 0.0
    # A walk puts the points of one step of all chains side by side, those of the last step at the end.
    ends = np.broadcast_to(np.arange(points) >= (points - round(STEP * points) if route.bars else 0), true.shape)
    return estimates, (at[true], np.broadcast_to(left[:, None], true.shape)[true], ends[true]), count


def _walk(
    margin: Margin,
    at: FloatArray,
    reached: FloatArray,
    bar: float,
    seed: int,
    place: str,
    scale: float,
    adapts: bool = False,
) -> tuple[FloatArray, FloatArray, float]:
    """Return as many points beyond a bar (repetitions, n, D), their margins, and the size that the steps came to.

    Some of those beyond begin a chain each, drawn with equal chances whatever their number (systematic sampling).
    """
    count, points, dims = at.shape
    chains = round(STEP * points)
    offset = _uniform(seed, f"{place}/begins", count)
    begins = np.empty((count, chains), np.int64)
    for own in range(count):
        beyond = np.flatnonzero(reached[own] > bar)
        begins[own] = beyond[((np.arange(chains) + offset[own]) * len(beyond) / chains).astype(np.int64)]
    rows = np.arange(count)[:, None]
    here, value = at[rows, begins], reached[rows, begins]
    kept, kept_values = [here], [value]
    for step in range(1, points // chains):
        moves = _normal(seed, f"{place}/{step}", dims, count * chains).reshape(count, chains, dims)
        tried = math.sqrt(1.0 - scale**2) * here + scale * moves
        new = margin(tried.reshape(-1, dims)).reshape(count, chains)
        taken = new > bar
        here, value = np.where(taken[:, :, None], tried, here), np.where(taken, new, value)
        kept.append(here)
        kept_values.append(value)
        if adapts:
            scale = min(max(scale * math.exp((taken.mean() - _WANTED) / math.sqrt(step)), 0.02), 1.0)
    return np.concatenate(kept, axis=1), np.concatenate(kept_values, axis=1), scale


def _uniform(seed: int, place: str, count: int) -> FloatArray:
    from mcsim.kernels.streams import stream_of, uniforms_at

    return uniforms_at(seed, stream_of(f"subsets/{place}"), np.arange(count))


def _normal(seed: int, place: str, dims: int, count: int) -> FloatArray:
    """Return normal deviates (count, dims), keyed by seed, place, dimension and number."""
    from scipy.special import ndtri

    return np.stack([ndtri(_uniform(seed, f"{place}/{dim}", count)) for dim in range(dims)], axis=1)
