"""Morris' elementary effects: a cheap look before a Sobol' analysis; the base is the number of trajectories.

``mu_star`` is the mean size of an effect per step from 0 to 1 of the unit cube, ``mu`` its mean with sign and ``sigma``
its spread, which tells curvature and interactions. A group moves as one, and has no sign. D + 1 evaluations per
trajectory find what does not matter; the sizes are no shares of variance.

Source: Morris (1991), "Factorial sampling plans for preliminary computational experiments", Technometrics 33, 161-174;
mu_star and groups: Campolongo, Cariboni and Saltelli (2007), "An effective screening design for sensitivity analysis of
large models", Environmental Modelling and Software 22, 1509-1518, which also takes those of many trajectories that lie
farthest apart (`candidates`; by default they are taken as drawn).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import Any, ClassVar, NamedTuple

import numpy as np

from mcsim.engine.reduce import Portion, Reduced
from mcsim.ranking.factors import check_independent
from mcsim.ranking.gathered import Gathered
from mcsim.ranking.indices import padded
from mcsim.ranking.leaves import LeafRows
from mcsim.ranking.method import Designed, Judgement, Mark, Telling, check_failed
from mcsim.ranking.plan import BoolArray, Plan, evaluated, failed_lines, gaps_of, split, values_at
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.spread import path_distances, spread_out
from mcsim.ranking.tails import Carried, carried_by, tail_lines
from mcsim.ranking.undefined import gap_lines
from mcsim.study import FloatArray, InputError, IntArray, remarks

# Outermost levels of Morris' grid: the ends themselves would be infinite for unbounded inputs.
TAIL = 0.01
LEVELS = 4
N_LEAVES = 16


class Trajectories(NamedTuple):
    """Paths through the unit cube.

    Parameters
    ----------
    unit : ndarray, shape (n * (n_factors + 1), n_columns)
        Points, path after path.
    order : ndarray, shape (n, n_factors)
        Which factor is moved at each step.
    upward : ndarray, shape (n, n_factors)
        Whether it moves up.
    step : float
        Length of a step.
    """

    unit: FloatArray
    order: IntArray
    upward: BoolArray
    step: float


@dataclass(frozen=True, slots=True, eq=False)
class MorrisRows(LeafRows):
    """Trajectories, a row each.

    Parameters
    ----------
    plan : Plan
        From `planned`.
    """

    unit: ClassVar[str] = "trajectories"

    plan: Plan

    def compute(self, start: int, stop: int) -> Portion:
        """Return the effect of every factor along each trajectory (n, n_factors, n_values)."""
        parts, failed = [], list[int]()
        for first in range(start, stop, self.plan.leaf):
            numbers = np.arange(first, min(first + self.plan.leaf, stop))
            effects, bad = self._effects(numbers)
            parts.append(effects)
            failed += numbers[bad].tolist()
        return Portion(start, stop, np.array(failed, np.int64), {"effects": np.concatenate(parts)})

    def _effects(self, numbers: IntArray) -> tuple[FloatArray, BoolArray]:
        plan, n_steps = self.plan, len(self.plan.factors)
        paths = chosen_trajectories(plan, numbers)
        points = np.repeat(numbers, n_steps + 1)
        values, failed = evaluated(
            plan, lambda study: [values_at(plan, study, paths.unit)], points, plan.seed, given=True
        )
        gaps = gaps_of(plan, values, failed, len(points))
        shaped = values.reshape(len(numbers), n_steps + 1, plan.n_values)
        if gaps is not None:  # a trajectory on which an element is undefined somewhere tells nothing of it
            here = gaps.reshape(shaped.shape).any(axis=1)
            shaped.transpose(0, 2, 1)[here] = np.nan
        effects = np.empty((len(numbers), n_steps, plan.n_values))
        effects[np.arange(len(numbers))[:, None], paths.order] = np.diff(shaped, axis=1) / paths.step
        effects *= np.where(paths.upward, 1.0, -1.0)[:, :, None]
        return effects, np.asarray(failed.reshape(len(numbers), n_steps + 1).any(axis=1))


def planned(plan: Plan) -> Plan:
    """Return the plan with the size of its leaves, a function of the base alone.

    Raises
    ------
    InputError
        For fewer candidates than trajectories.
    """
    if 0 < plan.candidates <= plan.base:
        raise InputError(
            f"candidates: nothing to choose from (got {plan.candidates} for {plan.base} trajectories); "
            f"{16 * plan.base}, or leave it out"
        )
    return replace(plan, leaf=max(1, plan.base // N_LEAVES))


def passes(plan: Plan, judgement: Judgement) -> list[Reduced]:
    """Return the one collector that a ranking needs."""
    return [Reduced(MorrisRows(plan), Gathered())]


def read(judgement: Judgement, collector: Reduced) -> tuple[FloatArray, IntArray]:
    """Return the effects (n_factors, n, n_values), and the trajectories that failed."""
    effects = np.ascontiguousarray(collector.state.whole("effects").swapaxes(0, 1))
    return effects, np.array(sorted(collector.failed), np.int64)


def ranking(plan: Plan, judgement: Judgement, found: list[Any]) -> Ranking:
    """Return the ranking that the effects make."""
    ((effects, dropped),) = found
    check_failed(plan, judgement, len(dropped))
    good = np.ones(plan.base, bool)
    good[dropped] = False
    kept = effects[:, good]
    left_out = np.isnan(kept[0]).sum(axis=0)
    kept[:, :, left_out > judgement.max_failed * kept.shape[1]] = np.nan
    star, mean, sigma = moments(kept)
    half = _half_width(plan, judgement, np.abs(kept), np.flatnonzero(good))
    single = np.array([len(members) == 1 for members in plan.factors.values()])
    measures = {"mu_star": star, "mu_star_low": star - half, "mu_star_high": star + half}
    measures |= {"mu": np.where(single[:, None], mean, np.nan)}
    measures |= {"sigma": np.where(single[:, None], sigma, np.nan)}
    return Ranking(
        study=plan.study.name,
        method="morris",
        factors=tuple(plan.factors),
        outputs=plan.outputs,
        scores=split(plan, measures),
        n=int(good.sum()),
        order_by="mu_star",
        dropped=dropped,
        warnings=(
            *failed_lines(plan, len(dropped), np.where(left_out > 0, 0.0, star)),
            *gap_lines(plan.outputs, left_out, kept.shape[1], judgement.max_failed),
            *_few_lines(plan, np.nan_to_num(kept)),
            *_chosen_lines(plan),
        ),
        settings={
            **({"candidates": plan.candidates} if plan.candidates else {}),
            "trajectories": plan.base,
            "seed": plan.seed,
            "levels": LEVELS,
            "level": judgement.level,
        },
    )


def moments(effects: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean size, the mean and the standard deviation of effects along their middle axis, NaN left out.

    Examples
    --------
    >>> [float(found[0, 0]) for found in moments(np.array([[[1.0], [np.nan], [-3.0]]]))]
    [2.0, -1.0, 2.8284271247461903]
    """
    there = ~np.isnan(effects[0])
    if there.all():
        return np.abs(effects).mean(axis=1), effects.mean(axis=1), effects.std(axis=1, ddof=1)
    known, count = np.where(there, effects, 0.0), there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = known.sum(axis=1) / count
        square = (np.where(there, effects - mean[:, None], 0.0) ** 2).sum(axis=1)
        return np.abs(known).sum(axis=1) / count, mean, np.sqrt(square / (count - 1.0))


def _few_lines(plan: Plan, effects: FloatArray) -> tuple[str, ...]:
    """Return what to tell of elements whose effects (n_factors, n, n_values) few trajectories hold."""
    sizes = np.abs(effects).sum(axis=0)
    # Of a linear model all trajectories are as large, but for rounding.
    cells = np.flatnonzero(np.ptp(sizes, axis=0) > 1e-10 * sizes.max(axis=0))
    found = Carried.nothing(plan.n_values, len(sizes))
    found.put(cells, carried_by(sizes[:, cells], usual=0.0))
    return tail_lines(plan.outputs, found, remedy=remarks.MORE_TRAJECTORIES)


def _chosen_lines(plan: Plan) -> tuple[str, ...]:
    """Return what to tell of trajectories that are not those of chance."""
    told = remarks.CHOSEN(base=plan.base, candidates=f"{plan.candidates:,}")
    return (told,) if plan.candidates else ()


def _half_width(plan: Plan, judgement: Judgement, sizes: FloatArray, numbers: IntArray) -> FloatArray:
    from mcsim.kernels.statistics.sobol import add_values, poisson_counts

    weights = padded(poisson_counts(plan.seed, numbers, plan.resamples))
    spread, there = np.empty((len(sizes), plan.n_values)), ~np.isnan(sizes[0])
    counts = np.zeros((len(weights), plan.n_values))
    add_values(weights, there.astype(np.float64), counts)
    totals = np.maximum(counts[: plan.resamples], 1.0)
    for factor, values in enumerate(sizes):
        sums = np.zeros((len(weights), plan.n_values))
        add_values(weights, np.where(there, values, 0.0), sums)
        spread[factor] = (sums[: plan.resamples] / totals).std(axis=0, ddof=1)
    return spread * NormalDist().inv_cdf(0.5 + judgement.level / 2.0)


def chosen_trajectories(plan: Plan, numbers: IntArray) -> Trajectories:
    """Return some of the trajectories of a plan: as drawn, or of those of the candidates that lie farthest apart."""
    if not plan.candidates:
        return trajectories(plan, LEVELS, int(numbers[0]), int(numbers[-1]) + 1)
    paths, taken = trajectories(plan, LEVELS, 0, plan.candidates), _taken(plan)[numbers]
    unit = paths.unit.reshape(plan.candidates, -1, len(plan.columns))[taken]
    return Trajectories(unit.reshape(-1, len(plan.columns)), paths.order[taken], paths.upward[taken], paths.step)


@lru_cache(maxsize=4)
def _taken(plan: Plan) -> IntArray:
    paths = trajectories(plan, LEVELS, 0, plan.candidates)
    return spread_out(path_distances(paths.unit.reshape(plan.candidates, -1, len(plan.columns))), plan.base)


def trajectories(plan: Plan, levels: int, start: int, stop: int) -> Trajectories:
    """Return the trajectories start..stop-1.

    Each column has its own two levels per trajectory; the factors say in which order they are moved.
    """
    from mcsim.engine.design import morris_trajectories

    n, count = len(plan.factors), stop - start
    columns, _ = morris_trajectories(plan.columns, count, plan.seed, levels, start)
    paths, _ = morris_trajectories(tuple(plan.factors), count, plan.seed, levels, start)
    # Steps of p / 2 among p - 1 gaps, as Morris chose: half the range exactly would miss whatever repeats after it.
    columns = TAIL + (1.0 - 2.0 * TAIL) * (columns * levels - 0.5) / (levels - 1)
    step = (1.0 - 2.0 * TAIL) * 0.5 * levels / (levels - 1)
    ends = columns.reshape(count, len(plan.columns) + 1, -1)[:, [0, -1]]
    moves = np.diff(paths.reshape(count, n + 1, n), axis=1) != 0.0
    order = np.argmax(moves, axis=2)
    moved = np.concatenate([np.zeros((count, 1, n), bool), np.cumsum(moves, axis=1) > 0], axis=1)
    unit = np.empty((count, n + 1, len(plan.columns)))
    for factor, places in enumerate(plan.places):
        for place in places:
            unit[:, :, place] = np.where(moved[:, :, factor], ends[:, 1:, place], ends[:, :1, place])
    first = [places[0] for places in plan.places]
    upward = (ends[:, 1] > ends[:, 0])[:, first]
    return Trajectories(unit.reshape(-1, len(plan.columns)), order, upward, step)


_TELLING = Telling(
    (Mark("mu_star", "mean size", "mean size"), Mark("sigma", "spread", "spread")),
    "Elementary effects: by how much the output moves as one input goes from one end of its range to the other and "
    "all others stay. The mean size orders the inputs, with 95 % intervals; a spread as large as it shows curvature or "
    "interaction. They are no shares of the variance.",
    "Elementary effects over the range of an input: mean size with 95 % intervals, and spread",
    "elementary effect",
    of_variance=False,
    in_unit=True,
)
MORRIS = Designed(
    "morris",
    "base x (D + 1)",
    "elementary effects: screening of many inputs; `sigma` shows curvature and interaction",
    check_independent,
    planned,
    passes,
    read,
    ranking,
    frozenset({"candidates"}),
    unites=True,
    telling=_TELLING,
)
