"""Sobol' indices of a study: sums over a Saltelli design, read and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from mcsim.engine.asked import FEWEST_SCRAMBLE_ROWS, Ranked
from mcsim.engine.reduce import Reduced
from mcsim.ranking.factors import check_independent
from mcsim.ranking.indices import LEFT_OUT, Indices, Sums, indices, total_indices
from mcsim.ranking.intervals import (
    Estimate,
    bootstrap_estimate,
    pseudo_values,
    skewed_estimate,
    student_estimate,
)
from mcsim.ranking.method import Designed, Judgement, check_failed
from mcsim.ranking.plan import Plan, failed_lines, reference_values, split
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.saltelli import SaltelliRows, check_drawn, planned
from mcsim.ranking.summed import Spare, Spool, Tree, joined, slabs, stacked
from mcsim.ranking.tails import Carried, carried, tail_lines, together
from mcsim.ranking.undefined import gap_lines
from mcsim.ranking.verdicts import UNDEFINED, UNRESOLVED, rank_shares, verdicts
from mcsim.study import FloatArray, InputError, Output, Study, remarks
from mcsim.study.select import Cell
from mcsim.study.units import output_factors

# Sums of resamples in one pass; the tree holds up to three times as much.
_MOST_SUMS = 256e6
Scores = dict[str, FloatArray]
_RANK_RESAMPLES = 200


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What one pass over the model gives, for a window of the output elements.

    Parameters
    ----------
    base : int
        Base rows.
    scores, second : dict
        Measures (n_factors, n_values), and those of the pairs.
    failed : list of int
        Base rows that failed.
    history : dict
        Number of base rows -> S1 and ST from the first rows alone.
    few : Carried
        How few evaluations carry the variance.
    variance : ndarray, shape (n_values,)
        Of each element, 0 where it does not vary.
    left_out : ndarray, shape (n_values,)
        Base rows in which an element is undefined that the pilot saw defined.
    """

    base: int
    scores: Scores
    second: Scores
    failed: list[int]
    history: Mapping[int, Scores]
    few: Carried
    variance: FloatArray
    left_out: FloatArray


def passes(plan: Plan, judgement: Judgement) -> list[Reduced]:
    """Return the collectors of the sums: one for independent scrambles, whatever the number of output elements.

    Resamples take a hundred sums for each of theirs: where these are too many they are taken in windows of the
    elements, and each costs its own pass over the model.
    """
    check_drawn(plan)
    parts = [plan] if plan.replicates else [replace(plan, window=window) for window in windows(plan)]
    found = []
    for part in parts:
        spare = Spare()
        grains = part.leaf // part.grain if part.grain else 1
        state = Spool(part, spare) if part.spooled else Tree(part.replicates, grains, spare=spare)
        found.append(Reduced(SaltelliRows(part, reference_values(part), spare), state))
    if len(found) == 1 and not plan.spooled:
        found[0].open_verdicts = lambda cell: open_verdicts(ranking(plan, judgement, [read(judgement, found[0])]), cell)
    return found


def read(judgement: Judgement, collector: Reduced) -> Window:
    """Return what the sums of a complete pass give."""
    from mcsim.kernels.statistics.sobol import variance

    work, tree = collector.work, collector.state
    scores, second, base = slab_scores(work.plan, judgement, tree, work.reference)
    few = carried(tree.extremes, base[0] + base[1], base[2] + base[3], 2 * (work.rows - len(collector.failed)))
    scores["verdict"][:, few.events > 0] = UNRESOLVED
    left = work.rows - len(collector.failed)
    too_many = base[LEFT_OUT] > judgement.max_failed * left
    for name, values in (*scores.items(), *second.items()):
        values[:, too_many] = UNDEFINED if name == "verdict" else np.nan
    history = {leaves * work.plan.leaf: points for leaves, points in sorted(tree.history.items())}
    means = base / np.maximum(1, left - base[LEFT_OUT])
    spread = np.where(np.isfinite(scores["ST"]).any(axis=0), variance(*means[:4]), 0.0)
    return Window(work.rows, scores, second, collector.failed, history, few, spread, base[LEFT_OUT])


def ranking(plan: Plan, judgement: Judgement, found: list[Window]) -> Ranking:
    """Return the ranking that all windows make together."""
    plan = replace(plan, base=found[0].base)
    history = {n: split(plan, joined([dict(one.history[n]) for one in found])) for n in found[0].history}
    scores, second = joined([one.scores for one in found]), joined([one.second for one in found])
    ranked = ranking_of(plan, judgement, scores, second, found[0].failed, history)
    few = together([one.few for one in found])
    left_out, rows = np.concatenate([one.left_out for one in found]), plan.base - len(ranked.dropped)
    # Elements without a value too often are no outputs that do not vary.
    too_many = left_out > judgement.max_failed * rows
    lines = (
        *failed_lines(plan, len(ranked.dropped), np.where(too_many, 0.0, scores["ST"]), few.varies),
        *gap_lines(plan.outputs, left_out, rows, judgement.max_failed),
        *tail_lines(plan.outputs, few, undecided=True),
    )
    spread = split(plan, {"variance": np.concatenate([one.variance for one in found])[None]})
    variances = {name: part["variance"][0] for name, part in spread.items()}
    return replace(ranked, warnings=(*lines, *_resampled_lines(plan.base, judgement)), variances=variances)


def _resampled_lines(base: int, judgement: Judgement) -> list[str]:
    """Return what to tell of intervals where there are too few rows for those of independent scrambles."""
    enough = FEWEST_SCRAMBLE_ROWS * Ranked().replicates
    if judgement.confidence != "bootstrap" or base >= enough:
        return []
    return [remarks.RESAMPLED(base=base, enough=enough)]


def open_verdicts(ranking: Ranking, cell: Cell) -> int:
    """Return how many verdicts on some elements of an output are open."""
    return int((ranking.values(cell.output.name, "verdict")[:, cell.mask] == UNRESOLVED).sum())


def windows(plan: Plan) -> list[tuple[int, int]]:
    """Return ranges of output elements whose resampled sums fit into memory."""
    factors = len(plan.factors)
    swapped = factors if plan.second else 0
    per_value = plan.n_weights * 8.0 * (LEFT_OUT + 1 + 3 * factors + swapped + swapped * (swapped - 1) // 2)
    size = max(1, int(_MOST_SUMS / per_value))
    return [(left, min(left + size, plan.n_values)) for left in range(0, plan.n_values, size)]


def ranking_of(
    plan: Plan,
    judgement: Judgement,
    scores: Scores,
    second: Scores,
    dropped: Sequence[int],
    history: Mapping[int, Mapping[str, Scores]] | None = None,
) -> Ranking:
    """Return the ranking that the measures of all elements make.

    Raises
    ------
    InputError
        When more base rows failed than `max_failed` allows.
    """
    check_failed(plan, judgement, len(dropped))
    pairs = tuple(combinations(plan.factors, 2)) if plan.second else ()
    return Ranking(
        study=plan.study.name if plan.versus is None else f"{plan.study.name} - {plan.versus.name}",
        method="sobol",
        factors=tuple(plan.factors),
        outputs=plan.outputs,
        scores=split(plan, scores),
        n=plan.base - len(dropped),
        pairs=pairs,
        second=split(plan, second) if plan.second else {},
        convergence=dict(history or {}),
        dropped=np.array(sorted(dropped), np.int64),
        settings={
            "base": plan.base,
            "seed": plan.seed,
            "confidence": judgement.confidence,
            "level": judgement.level,
            "threshold": judgement.threshold,
            "resamples": plan.resamples,
            "replicates": plan.replicates,
            "evaluations": plan.base * plan.evaluations,
            "lives": plan.lives,
            "debias": plan.debias,
        },
    )


def slab_scores(
    plan: Plan, judgement: Judgement, state: Tree | Spool, reference: FloatArray
) -> tuple[Scores, Scores, FloatArray]:
    """Return the measures that sums give (n_factors, n_values), those of the pairs, and the sums of A and B alone."""
    magnitude, base = np.abs(reference), np.empty((LEFT_OUT + 1, plan.n_values))
    scores: Scores = {}
    second: Scores = {}
    for slab in slabs(plan.n_values):
        node = state.slab(slab)
        sums = stacked(node) if plan.replicates else node[0]
        base[:, slab] = sums.base[:, 0]
        for whole, part in zip((scores, second), _slab_scores(plan, judgement, sums, magnitude[slab]), strict=True):
            for name, values in part.items():
                if name not in whole:
                    whole[name] = np.empty((len(values), plan.n_values), values.dtype)
                whole[name][:, slab] = values
    return scores, second, base


def _slab_scores(plan: Plan, judgement: Judgement, sums: Sums, magnitude: FloatArray) -> tuple[Scores, Scores]:
    if plan.replicates:
        with np.errstate(invalid="ignore"):
            first, total, pairs, dummy = of_replicates(sums, plan.replicates, judgement.level, magnitude)
        totals = total_indices(sums, _turns(plan, sums), magnitude)
    else:
        found = indices(sums, plan.n_weights, magnitude)
        with np.errstate(invalid="ignore"):
            first, total, pairs, dummy = of_resamples(found, judgement.level)
        totals = found.total
    rank, share = rank_shares(totals)
    floor = np.abs(dummy.value) + dummy.half_width
    scores = _named("S1", first) | _named("ST", total)
    scores |= {"rank": rank, "rank_share": share}
    scores |= {"verdict": verdicts(total, judgement.threshold)}
    scores |= {"S1_floor": np.broadcast_to(floor, total.value.shape)}
    return scores, _named("S2", pairs)


def of_resamples(found: Indices, level: float) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    """Return first order, total order, pairs and dummy with the intervals of a bootstrap; none without resamples.

    Parameters
    ----------
    found : Indices
        The indices of every resample.
    level : float
        Confidence level.
    """
    four = (found.first, found.total, found.second, found.dummy)
    if len(found.first) == 1:  # nothing tells how far off they are; the floor is what the dummy reads
        first, total, pairs = (Estimate(one, *2 * (np.full_like(one, np.nan),)) for (one,) in four[:3])
        return first, total, pairs, Estimate(*3 * (found.dummy[0],))
    first, total, pairs, dummy = (bootstrap_estimate(values, level) for values in four)
    return first, total, pairs, dummy


def of_replicates(
    sums: Sums, replicates: int, level: float, magnitude: FloatArray | float = 0.0
) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    """Return first order, total order, pairs and dummy with the intervals that independent scrambles tell.

    Parameters
    ----------
    sums : Sums
        Sums over all base rows; the weights after the first pick the rows of one scramble each.
    replicates : int
        Number of scrambles.
    level : float
        Confidence level.
    magnitude : ndarray, shape (n_values,)
        As in `indices`.
    """
    # The first row stays whole: its mean centres the others too.
    without = np.zeros((1 + replicates, len(sums.weight)))
    without[:, 0] = 1.0
    without[1:, 1 : 1 + replicates] -= np.eye(replicates)
    rest = indices(sums.combined(without), len(without), magnitude)
    first, total, pairs, dummy = (
        estimate(values[0], pseudo_values(values[0], values[1:]), level)
        for estimate, values in (
            (student_estimate, rest.first),
            (skewed_estimate, rest.total),
            (student_estimate, rest.second),
            (student_estimate, rest.dummy),
        )
    )
    return first, total, pairs, dummy


def _turns(plan: Plan, sums: Sums) -> FloatArray:
    """Return the weights of resamples of whole scrambles, after those of all: one's rows rank as a smaller run's do."""
    from mcsim.kernels.statistics.sobol import poisson_counts

    turns = np.zeros((1 + _RANK_RESAMPLES, len(sums.weight)))
    turns[0, 0] = 1.0
    counts = poisson_counts(plan.seed, np.arange(plan.replicates), _RANK_RESAMPLES)
    # A resample that drew no scramble at all stands in for the whole.
    counts[counts.sum(axis=1) == 0.0] = 1.0
    turns[1:, 1 : 1 + plan.replicates] = counts
    return turns


def _named(name: str, estimate: Estimate) -> dict[str, FloatArray]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def check_pair(study: Study, versus: Study, outputs: tuple[Output, ...]) -> None:
    """Refuse two studies whose outputs cannot be subtracted element by element.

    Raises
    ------
    InputError
        Naming the output whose dims differ, or whose units do not convert.
    """
    for output in outputs:
        other = versus.output(output.name)
        same = other.packed_shape == output.packed_shape and [d.coords for d in other.dims] == [
            d.coords for d in output.dims
        ]
        if not same:
            raise InputError(
                f"{study.name}, {versus.name}: {output.name}: its dims differ between the two (got {other.shape} and "
                f"{output.shape}); studies of one model"
            )
        output_factors(other, output, f"{study.name}, {versus.name}")


SOBOL = Designed(
    "sobol",
    "base x (D + 2)",
    "first- and total-order indices of every output element, with verdicts; second order on request",
    check_independent,
    planned,
    passes,
    read,
    ranking,
    frozenset({"second_order", "versus", "until", "debias", "confidence", "threshold"}),
    unites=True,
)
