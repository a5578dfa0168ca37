"""How well modelled cells meet what was observed, sources that disagree pooled.

The sources of a group are each off by an amount of their own, common to all that a source says: r_i = b_s + e_i with
b_s ~ N(0, tau^2) and e_i ~ N(0, sd_i^2). A source's offset is integrated in closed form, the spread tau between sources
over its half-normal prior, on points that are equally probable. One source alone has no offset that could be told from
the model's: there tau is 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from mcsim.study import FloatArray, InputError, IntArray
from mcsim.study.observation import Observation, Pooling

POINTS = 40  # of the prior of tau
LOG_2_PI = math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What one source says within a group.

    Parameters
    ----------
    name : str
        The source.
    columns : ndarray of int64, shape (k,)
        Its observations among all.
    precision : ndarray, shape (k,)
        1 / sd^2 of their errors.
    """

    name: str
    columns: IntArray
    precision: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Observations whose sources are pooled.

    Parameters
    ----------
    name : str
        The group.
    columns : ndarray of int64
        Its observations among all.
    sources : tuple of Source
        Who observed them.
    taus : ndarray, shape (p,)
        Equally probable values of the spread between sources; the one value 0 where there is none.
    """

    name: str
    columns: IntArray
    sources: tuple[Source, ...]
    taus: FloatArray

    @property
    def pooled(self) -> bool:
        """Whether its sources may disagree."""
        return len(self.taus) > 1


class Offset(NamedTuple):
    """Mean and standard deviation of a source's offset, (n,) each, given the residuals and tau."""

    mean: FloatArray
    sd: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """All observations and how their sources go together.

    Parameters
    ----------
    observations : tuple of Observation
        One per column of cells.
    groups : tuple of Group
        Each observation is in one.
    """

    observations: tuple[Observation, ...]
    groups: tuple[Group, ...]

    @property
    def spreads(self) -> FloatArray:
        """Standard deviations of the errors, (k,), on the scale of each."""
        return np.array([item.spread for item in self.observations])

    def scaled(self, cells: FloatArray) -> FloatArray:
        """Return cells (n, k) on the scale of their errors: as they are, or their logarithms; NaN where none exists."""
        found = np.array(cells, np.float64)
        for column, item in enumerate(self.observations):
            if item.lognormal:
                with np.errstate(divide="ignore", invalid="ignore"):
                    found[:, column] = np.where(cells[:, column] > 0, np.log(cells[:, column]), np.nan)
        return found

    def unscaled(self, values: FloatArray) -> FloatArray:
        """Return what `scaled` took."""
        found = np.array(values)
        for column, item in enumerate(self.observations):
            if item.lognormal:
                found[:, column] = np.exp(values[:, column])
        return found

    def residuals(self, cells: FloatArray) -> FloatArray:
        """Return observed less modelled, (n, k), on the scale of the errors."""
        observed = np.array([[item.value for item in self.observations]])
        return self.scaled(observed) - self.scaled(cells)

    def log(self, cells: FloatArray) -> FloatArray:
        """Return the log likelihood (n,) of modelled cells (n, k), offsets and their spread integrated.

        A row in which an observed cell has no value cannot have given the observation: -inf.
        """
        residuals = self.residuals(cells)
        total = np.zeros(len(cells))
        for group in self.groups:
            by_tau = sum(source_log(source, residuals, group.taus) for source in group.sources)
            total += _log_mean(np.asarray(by_tau))
        return np.where(np.isfinite(total), total, -np.inf)

    def taus(self, cells: FloatArray, uniforms: FloatArray) -> FloatArray:
        """Return a draw of every group's tau (n, groups) given the cells, from uniform numbers (n, groups)."""
        residuals = self.residuals(cells)
        found = np.zeros((len(cells), len(self.groups)))
        for place, group in enumerate(self.groups):
            if not group.pooled:
                continue
            by_tau = np.asarray(sum(source_log(source, residuals, group.taus) for source in group.sources))
            weights = np.exp(by_tau - by_tau.max(axis=1, keepdims=True))
            reached = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
            at = (reached < uniforms[:, place, np.newaxis]).sum(axis=1)
            found[:, place] = group.taus[np.minimum(at, len(group.taus) - 1)]
        return found


def source_log(source: Source, residuals: FloatArray, taus: FloatArray) -> FloatArray:
    """Return the log density (n, p) of a source's residuals at each tau, its offset integrated.

    The covariance is diag(sd^2) + tau^2 1 1'; Sherman and Morrison give its inverse, the matrix determinant lemma its
    determinant: with a = sum 1 / sd^2, det = prod sd^2 (1 + tau^2 a).

    Parameters
    ----------
    source : Source
        Which columns.
    residuals : ndarray, shape (n, k)
        Of all observations.
    taus : ndarray, shape (p,)
        Spreads between sources, or (n, 1) one for each row.
    """
    r, precision = residuals[:, source.columns], source.precision
    square = np.asarray(taus) ** 2
    a = float(precision.sum())
    plain = (r * r * precision).sum(axis=1)[:, np.newaxis]
    shared = (r * precision).sum(axis=1)[:, np.newaxis]
    quadratic = plain - square * shared**2 / (1.0 + square * a)
    logs = len(precision) * LOG_2_PI - float(np.log(precision).sum()) + np.log1p(square * a)
    return np.asarray(-0.5 * (quadratic + logs))


def offset(source: Source, residuals: FloatArray, taus: FloatArray) -> Offset:
    """Return what is known of a source's offset given its residuals and a tau (n,) for each row."""
    shared = (residuals[:, source.columns] * source.precision).sum(axis=1)
    square = taus**2
    share = square / (1.0 + square * float(source.precision.sum()))
    return Offset(share * shared, np.sqrt(share))


def likelihood_of(observations: Sequence[Observation], poolings: dict[str, Pooling]) -> Likelihood:
    """Return how observations are met.

    Parameters
    ----------
    observations : sequence of Observation
        At least one.
    poolings : dict
        Group -> how its sources go together; by default random.

    Raises
    ------
    InputError
        Where sources with errors on unlike scales are to be pooled.
    """
    names = list(dict.fromkeys(item.group for item in observations))
    groups = tuple(_group(name, observations, poolings.get(name, Pooling())) for name in names)
    return Likelihood(tuple(observations), groups)


def _group(name: str, observations: Sequence[Observation], pooling: Pooling) -> Group:
    columns = [at for at, item in enumerate(observations) if item.group == name]
    mine = [observations[at] for at in columns]
    who = [item.source for item in mine]
    sources = []
    for source in dict.fromkeys(who):
        held = [at for at in columns if observations[at].source == source]
        precision = np.array([observations[at].spread ** -2.0 for at in held])
        sources.append(Source(source, np.array(held, np.int64), precision))
    taus = np.zeros(1)
    if pooling.how == "random" and len(sources) > 1:
        if len({item.distribution for item in mine}) > 1:
            raise InputError(
                f'observation: group {name}: normal and lognormal errors (got both); one of them, or pooling = "none"'
            )
        scale = pooling.between or 2.0 * float(np.median([item.spread for item in mine]))
        taus = scale * half_normal(POINTS)
    return Group(name, np.array(columns, np.int64), tuple(sources), taus)


def half_normal(points: int) -> FloatArray:
    """Return equally probable points of the standard half-normal distribution, rising.

    Examples
    --------
    >>> half_normal(2).round(2).tolist()
    [0.32, 1.15]
    """
    normal = NormalDist()
    return np.array([normal.inv_cdf(0.5 + 0.5 * (at + 0.5) / points) for at in range(points)])


def _log_mean(by_point: FloatArray) -> FloatArray:
    top = by_point.max(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(top + np.log(np.exp(by_point - top[:, np.newaxis]).mean(axis=1)))
