"""Shapley effects from draws that exist already, of inputs that may depend on one another in any way.

A factor's effect is the mean, over all orders in which factors become known, of the variance that it explains when its
turn comes (Shapley's value of a game whose prize is Var E[Y | X_u]). For inputs that depend on one another neither
Sobol' indices nor variances of parts add up; these do, and share out what inputs explain together.

E[Y | X_u] is the best approximation of Y among functions of X_u, so what a set of inputs explains is estimated by least
squares on functions of these inputs alone; no conditional draw and no law of the inputs is needed. Least squares on p
functions explain p / n of a variance by chance; each step is freed of it by degrees of freedom, and what is left by the
jackknife. What the fit does not reach in unseen draws is told.

Sources: Owen (2014), "Sobol' indices and Shapley value", SIAM/ASA J. Uncertainty Quantification 2, 245-251; Owen and
Prieur (2017), "On Shapley value for measuring importance of dependent inputs", same journal 5, 986-1002; Song, Nelson
and Staum (2016), same journal 4, 1060-1083, for random orders; Mitchell, Cooper, Frank and Holmes (2022), "Sampling
permutations for Shapley value estimation", JMLR 23, for even ones. Nearest neighbours in the place of least squares
(Broto, Bachoc and Depecker 2020, same journal 8, 693-716) are what `benchmarks/shapley_data.py` compares with.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import permutations
from typing import NamedTuple

import numpy as np

from mcsim.engine.cores import side_by_side
from mcsim.ranking.fitted import Draws, fit
from mcsim.ranking.games import Game, Games, factors_of
from mcsim.ranking.intervals import pseudo_values, student_estimate
from mcsim.ranking.method import SHAPLEY_SHARES, Analysis, GivenData, Measures
from mcsim.ranking.verdicts import ranks
from mcsim.study import FloatArray, IntArray, remarks

FEWEST = 64
_OUTPUTS = 128  # at a time: one fit serves them together
_FEW = 4  # factors of which all orders are taken
# Orders: sets of points of a Sobol' sequence, each with its mirror; of the first set alone for the jackknife.
_SETS, _POINTS = 8, 16
_LEAST = 0.1  # share of the variance below which a fit says nothing
_GOOD = 0.9  # below which it is told
MEASURES = ("shapley", "shapley_low", "shapley_high", "rank", "explained")


class Orders(NamedTuple):
    """Orders in which factors become known.

    Parameters
    ----------
    every : ndarray of int64, shape (n_sets, n, n_factors)
        Factors by their turn.
    complete : bool
        Whether these are all orders there are, so that nothing was drawn by chance.
    """

    every: IntArray
    complete: bool


def orders_of(names: tuple[str, ...], seed: int) -> Orders:
    """Return orders of factors, keyed by their names: the order of columns changes nothing.

    Examples
    --------
    >>> orders_of(("a", "b"), 1).every.tolist()
    [[[0, 1], [1, 0]]]
    """
    from mcsim.engine.design import saltelli_points

    count = len(names)
    by_name = np.argsort(np.array(names))
    if count <= _FEW:
        return Orders(by_name[np.array(list(permutations(range(count))))][None], True)
    sets = []
    for replicate in range(_SETS):
        points = saltelli_points(tuple(sorted(names)), _POINTS, seed, 0, _POINTS, replicate)[0]
        order = np.argsort(points, axis=1, kind="stable")
        # Mirrored, every pair of factors comes in both orders equally often.
        sets.append(by_name[np.concatenate([order, order[:, ::-1]])])
    return Orders(np.array(sets), False)


def effects(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    """Return the Shapley effects of draws with their intervals.

    Parameters
    ----------
    x : ndarray, shape (n, n_columns)
        Inputs; they may depend on one another.
    y : ndarray, shape (n, V)
        Outputs, none of them constant.
    about : Analysis
        Names of the columns, the factors they make, weights of the draws, seed of the orders, level.

    Returns
    -------
    dict
        ``shapley, shapley_low, shapley_high, rank, explained``, each (n_factors, V); undefined where the fit explains
        too little, or the draws are worth too few.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(500, 2))
    >>> found = effects(x, 2.0 * x[:, :1] + x[:, 1:], Analysis(("a", "b")))
    >>> bool(abs(found["shapley"][0, 0] - 0.8) < 0.03)
    True
    """
    draws = _draws(x, about)
    count, names = len(about.measured), list(about.factors)
    if draws.effective < FEWEST or y.shape[1] == 0:
        # To so few a fit says nothing of others.
        return {name: np.full((count, y.shape[1]), 0.0 if name == "explained" else np.nan) for name in MEASURES}
    place = {name: number for number, members in enumerate(about.factors.values()) for name in members}
    factor_of = np.array([place[name] for name in about.inputs])
    single = np.bincount(factor_of)[factor_of] == 1
    groups = np.flatnonzero(draws.shares[:, 0] > 0.0).tolist()
    orders, of = orders_of(tuple(names), about.seed), [names.index(name) for name in about.measured]

    def block(start: int) -> list[FloatArray]:
        part = y[:, start : start + _OUTPUTS]
        found = fit(draws, part, single)
        left_out = list(found.moments.left_out())
        every = [found.moments.without(None), *(left_out[group] for group in groups)]
        members = factors_of(found.functions, factor_of)
        games = [Games(centred, members, of if about.wanted else ()) for centred in every]
        measures = [np.full((count, part.shape[1]), np.nan) for _ in MEASURES]
        for size in np.unique(found.sizes).tolist():
            columns = np.flatnonzero((found.sizes == size) & (found.unexplained <= 1.0 - _LEAST))
            if len(columns) > 0:
                whole, *without = (game.first(size, columns) for game in games)
                estimates = _estimated(found.unexplained[columns], whole, without, orders, of, about.level)
                for measure, values in zip(measures, estimates, strict=False):
                    measure[:, columns] = values
        measures[-1][:] = 1.0 - found.unexplained
        return measures

    blocks = side_by_side([partial(block, start) for start in range(0, y.shape[1], _OUTPUTS)], about.jobs)
    return {name: np.concatenate(parts, axis=1) for name, *parts in zip(MEASURES, *blocks, strict=True)}


def _draws(x: FloatArray, about: Analysis) -> Draws:
    """Return the draws, and what is known of them from another output that has a value in the same ones."""
    for known, held in about.fits:
        if known is x:
            assert isinstance(held, Draws)
            return held
    draws = Draws.of(x, about.weights)
    if not about.fits:
        about.fits.append((x, draws))
    return draws


def _estimated(
    unexplained: FloatArray, whole: Game, left_out: Iterable[Game], orders: Orders, of: Sequence[int], level: float
) -> list[FloatArray]:
    """Return the effects of some factors, both ends of their intervals, and ranks among them, each (n_factors, V).

    Jackknife over the groups of draws, whose bias correction takes off what chance adds to the fit; the error of the
    orders, where they were drawn, is that of the mean of their sets. What the fit leaves unexplained, a share m of the
    variance, may belong to any factor: as if all of it were one factor's, which one with the odds e of the effects, an
    effect is wrong by m sqrt(e (1 - e)) in standard deviation.
    """
    by_set = np.stack([whole.shares(order, of) for order in orders.every])
    without = np.array([game.shares(orders.every[0], of) for game in left_out])
    pseudo = pseudo_values(by_set[0], without) + (by_set.mean(axis=0) - by_set[0])
    estimate = student_estimate(pseudo.mean(axis=0), pseudo, level)
    half = estimate.half_width
    if not orders.complete:
        # A set has as many orders as the jackknife has groups or so: the same quantile serves both.
        quantile = half / np.maximum(np.std(pseudo, axis=0, ddof=1) / math.sqrt(len(pseudo)), 1e-300)
        half = np.hypot(half, quantile * np.std(by_set, axis=0, ddof=1) / math.sqrt(len(by_set)))
    odds = np.clip(estimate.value, 0.0, 1.0)
    half = np.hypot(half, np.maximum(unexplained, 0.0) * np.sqrt(odds * (1.0 - odds)))
    return [estimate.value, estimate.value - half, estimate.value + half, ranks(estimate.value)]


def _remarks(name: str, measures: Measures) -> list[str]:
    """Return what the reader has to know: how much of the variance the effects share out, and estimates below zero."""
    explained = measures["explained"][0]
    known = explained[np.isfinite(explained)]
    if len(known) == 0:
        return []
    lines = []
    one, total = len(known) == 1, len(explained)
    silent, poor = int((known <= _LEAST).sum()), int(((known > _LEAST) & (known < _GOOD)).sum())
    if silent > 0:
        remark = remarks.SILENT if one else remarks.SILENT_ELEMENTS
        lines.append(remark(output=name, least=f"{100 * _LEAST:.0f}", count=silent, total=total))
    if poor > 0:
        remark = remarks.SHARED_OUT if one else remarks.SHARED_OUT_ELEMENTS
        shares = {"explained": f"{100 * known[known > _LEAST].min():.0f}", "good": f"{100 * _GOOD:.0f}"}
        lines.append(remark(output=name, count=poor, total=total, **shares))
    below = int((measures["shapley_high"] < 0.0).any(axis=0).sum())
    if below > 0:
        remark = remarks.BELOW_ZERO if one else remarks.BELOW_ZERO_ELEMENTS
        lines.append(remark(output=name, count=below, total=total))
    return lines


SHAPLEY_DATA = GivenData(
    "shapley_data",
    "fair shares of the variance that add up to one, whatever the dependence of the inputs, from draws alone",
    "shapley",
    effects,
    fewest=FEWEST,
    grouped=True,
    remarks=_remarks,
    telling=SHAPLEY_SHARES,
)
