"""Cheap looks before a Sobol' analysis: Morris' elementary effects, and the one-at-a-time tornado."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from mcsim.kernels.statistics.sobol import add_values, poisson_counts
from mcsim.ranking.indices import padded
from mcsim.ranking.plan import BoolArray, Plan, evaluate_outputs, failed_lines, split
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.sobol import Judgement, check_failed
from mcsim.study import FloatArray, InputError, IntArray

TORNADO_LOW, TORNADO_HIGH = 0.05, 0.95
# Outermost levels of Morris' grid: the ends themselves would be infinite for unbounded inputs.
MORRIS_TAIL = 0.01


def morris_ranking(plan: Plan, judgement: Judgement, levels: int = 4) -> Ranking:
    """Return Morris' elementary effects of every factor; the plan's base is the number of trajectories.

    ``mu_star`` is the mean size of an effect per step from 0 to 1 of the unit cube, ``mu`` its mean with sign and
    ``sigma`` its spread, which tells curvature and interactions. A group moves as one, and has no sign. Its D + 1
    evaluations per trajectory find what does not matter; the sizes are no shares of variance.

    Source: Morris (1991), "Factorial sampling plans for preliminary computational experiments", Technometrics 33,
    161-174; mu_star and groups: Campolongo, Cariboni and Saltelli (2007), "An effective screening design for
    sensitivity analysis of large models", Environmental Modelling and Software 22, 1509-1518.

    Parameters
    ----------
    plan : Plan
        Study, factors, outputs, trajectories, seed and resamples.
    judgement : Judgement
        Level of the interval and how many trajectories may fail.
    levels : int
        Even number of levels of each input.
    """
    unit, order, upward, step = _trajectories(plan, levels)
    n_steps = len(plan.factors)
    numbers = np.repeat(np.arange(plan.base), n_steps + 1)
    values, failed = evaluate_outputs(plan, unit, numbers, plan.seed)
    shaped = values.reshape(plan.base, n_steps + 1, plan.n_values)
    bad = failed.reshape(plan.base, n_steps + 1).any(axis=1)
    check_failed(plan, judgement, int(bad.sum()))
    change = np.diff(shaped, axis=1) / step
    effects = np.empty((n_steps, plan.base, plan.n_values))
    effects[order.T, np.arange(plan.base)] = change.swapaxes(0, 1)
    effects *= np.where(upward, 1.0, -1.0).T[:, :, None]
    kept = effects[:, ~bad]
    half = _half_width(plan, judgement, np.abs(kept), np.flatnonzero(~bad))
    star = np.abs(kept).mean(axis=1)
    single = np.array([len(members) == 1 for members in plan.factors.values()])
    measures = {"mu_star": star, "mu_star_low": star - half, "mu_star_high": star + half}
    measures |= {"mu": np.where(single[:, None], kept.mean(axis=1), np.nan)}
    measures |= {"sigma": np.where(single[:, None], kept.std(axis=1, ddof=1), np.nan)}
    return Ranking(
        study=plan.study.name,
        method="morris",
        factors=tuple(plan.factors),
        outputs=plan.outputs,
        scores=split(plan, measures),
        n=int((~bad).sum()),
        order_by="mu_star",
        dropped=np.flatnonzero(bad),
        warnings=failed_lines(plan, int(bad.sum()), star),
        settings={"trajectories": plan.base, "seed": plan.seed, "levels": levels, "level": judgement.level},
    )


def _half_width(plan: Plan, judgement: Judgement, sizes: FloatArray, numbers: IntArray) -> FloatArray:
    weights = padded(poisson_counts(plan.seed, numbers, plan.resamples))
    spread = np.empty((len(sizes), plan.n_values))
    totals = np.maximum(weights.sum(axis=1)[: plan.resamples, None], 1.0)
    for factor, values in enumerate(sizes):
        sums = np.zeros((len(weights), plan.n_values))
        add_values(weights, np.ascontiguousarray(values), sums)
        spread[factor] = (sums[: plan.resamples] / totals).std(axis=0, ddof=1)
    return spread * NormalDist().inv_cdf(0.5 + judgement.level / 2.0)


def _trajectories(plan: Plan, levels: int) -> tuple[FloatArray, IntArray, BoolArray, float]:
    """Return the points, the order of the factors in each trajectory, whether each moves up, and the step.

    Each column has its own two levels per trajectory; the factors say in which order they are moved.
    """
    from mcsim.engine.design import morris_trajectories

    n = len(plan.factors)
    columns, _ = morris_trajectories(plan.columns, plan.base, plan.seed, levels)
    paths, _ = morris_trajectories(tuple(plan.factors), plan.base, plan.seed, levels)
    # Steps of p / 2 among p - 1 gaps, as Morris chose: half the range exactly would miss whatever repeats after it.
    columns = MORRIS_TAIL + (1.0 - 2.0 * MORRIS_TAIL) * (columns * levels - 0.5) / (levels - 1)
    step = (1.0 - 2.0 * MORRIS_TAIL) * 0.5 * levels / (levels - 1)
    ends = columns.reshape(plan.base, len(plan.columns) + 1, -1)[:, [0, -1]]
    moves = np.diff(paths.reshape(plan.base, n + 1, n), axis=1) != 0.0
    order = np.argmax(moves, axis=2)
    moved = np.concatenate([np.zeros((plan.base, 1, n), bool), np.cumsum(moves, axis=1) > 0], axis=1)
    unit = np.empty((plan.base, n + 1, len(plan.columns)))
    for factor, places in enumerate(plan.places):
        for place in places:
            unit[:, :, place] = np.where(moved[:, :, factor], ends[:, 1:, place], ends[:, :1, place])
    first = [places[0] for places in plan.places]
    upward = (ends[:, 1] > ends[:, 0])[:, first]
    return unit.reshape(-1, len(plan.columns)), order, upward, step


def tornado_ranking(plan: Plan) -> Ranking:
    """Return the outputs with one factor at a time at its 5th and 95th percentile, the others at their medians.

    The reader's familiar picture, and a limited one: it sees no interaction, and of a curved response only two points.
    A group's members are moved together. An uncertain option is moved through its words in their order.

    Parameters
    ----------
    plan : Plan
        Study, factors and outputs.
    """
    n = len(plan.factors)
    unit = np.full((1 + 2 * n, len(plan.columns)), 0.5)
    for factor, places in enumerate(plan.places):
        unit[1 + factor, places] = TORNADO_LOW
        unit[1 + n + factor, places] = TORNADO_HIGH
    values, failed = evaluate_outputs(plan, unit, np.zeros(len(unit), np.int64), plan.seed)
    if failed.any():
        where = int(np.argmax(failed))
        which = "the centre" if where == 0 else list(plan.factors)[(where - 1) % n]
        raise InputError(f"{plan.study.name}: tornado: the model failed at {which}; check its range, or another method")
    centre, low, high = values[0], values[1 : 1 + n], values[1 + n :]
    measures = {"at_low": low, "at_high": high, "swing": high - low, "centre": np.broadcast_to(centre, low.shape)}
    return Ranking(
        study=plan.study.name,
        method="tornado",
        factors=tuple(plan.factors),
        outputs=plan.outputs,
        scores=split(plan, measures),
        n=len(unit),
        order_by="swing",
        settings={"low": TORNADO_LOW, "high": TORNADO_HIGH, "seed": plan.seed},
    )
