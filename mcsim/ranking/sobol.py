"""Sobol' indices of a study: run the design, read the sums, judge, and go on until the verdicts stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mcsim.kernels.statistics.sobol import poisson_counts
from mcsim.ranking.indices import Estimate, Indices, Sums, bootstrap_estimate, indices, replicate_estimate
from mcsim.ranking.plan import Plan, Progress, failed_lines, reference_values, split
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.saltelli import Tree, planned, reduce_rows
from mcsim.ranking.verdicts import UNRESOLVED, rank_probabilities, verdicts
from mcsim.study import FloatArray, InputError, Output, Study

_SLAB = 256
# Sums of one pass; the tree holds up to three times as much.
_MOST_SUMS = 256e6
Scores = dict[str, FloatArray]
_RANK_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Judgement:
    """How certain a verdict has to be and what counts as influence.

    Parameters
    ----------
    confidence : str
        ``bootstrap`` or ``replicates``.
    level : float
        Confidence level of the intervals.
    threshold : float
        Total-order index below which an input does not matter.
    max_failed : float
        Share of base rows that may fail.
    """

    confidence: str = "bootstrap"
    level: float = 0.95
    threshold: float = 0.05
    max_failed: float = 0.05


def sobol_ranking(
    plan: Plan,
    judgement: Judgement,
    until: str | None = None,
    budget: int | None = None,
    progress: Progress | None = None,
) -> Ranking:
    """Return the Sobol' indices of a study, from as many base rows as asked for or as the verdicts need.

    Parameters
    ----------
    plan : Plan
        What to evaluate.
    judgement : Judgement
        Intervals and verdicts.
    until : str, optional
        Such as ``ranking(y) resolved`` or ``ranking(stock@2050) resolved``: double the base rows until no verdict on
        these elements is open.
    budget : int, optional
        Most base rows; 16 times the base by default.
    progress : callable, optional
        Told the base rows done and wanted.
    """
    plan = planned(plan)
    wanted = None if until is None else parse_until(until, plan.outputs)
    parts = [replace(plan, window=window) for window in windows(plan)]
    if wanted is None:
        passes = [Pass(part, judgement, progress) for part in parts]
        return _joined_ranking(plan, judgement, passes)
    if len(parts) > 1:
        raise InputError(f"until: too many elements to go on with (got {plan.n_values}); name fewer outputs to rank")
    found, most = Pass(plan, judgement, progress), plan.base * 16 if budget is None else budget
    while True:
        ranking = _joined_ranking(found.plan, judgement, [found])
        if 2 * found.plan.base > most or _resolved(ranking, *wanted):
            return _with_ending(ranking, wanted, str(until))
        found.extend()


class Pass:
    """The model at all base rows, reduced for a window of the output elements; may be extended.

    Parameters
    ----------
    plan : Plan
        From `planned`, with its window.
    judgement : Judgement
        Intervals and verdicts.
    progress : callable, optional
        Told the base rows done and wanted.
    """

    __slots__ = ("dropped", "history", "judgement", "plan", "progress", "tree")

    def __init__(self, plan: Plan, judgement: Judgement, progress: Progress | None) -> None:
        self.plan, self.judgement, self.progress = plan, judgement, progress
        self.tree, self.dropped = Tree(), list[int]()
        self.history: dict[int, Scores] = {}
        self._reduce(0)

    def extend(self) -> None:
        """Double the base rows."""
        done, self.plan = self.plan.base, replace(self.plan, base=2 * self.plan.base)
        self._reduce(done)

    def _reduce(self, done: int) -> None:
        plan = self.plan
        leaves = range(done // plan.leaf, plan.base // plan.leaf)
        self.dropped += reduce_rows(plan, self.tree, leaves, self.progress, self._remember)

    def _remember(self, leaf: int) -> None:
        found = self.tree.prefix()
        if found is not None and found[0] == leaf + 1:
            points = indices(found[1], 1)
            self.history[found[0] * self.plan.leaf] = {"S1": points.first[0], "ST": points.total[0]}

    def scores(self) -> tuple[Scores, Scores]:
        """Return the measures of the window's elements, first and total order, then second order."""
        return slab_scores(self.plan, self.judgement, self.tree.whole())


def windows(plan: Plan) -> list[tuple[int, int]]:
    """Return ranges of output elements whose sums fit into memory; each costs its own pass over the model."""
    factors = len(plan.factors)
    swapped = factors if plan.second else 0
    per_value = plan.n_weights * 8.0 * (5 + 3 * factors + swapped + swapped * (swapped - 1) // 2)
    size = max(1, int(_MOST_SUMS / per_value))
    return [(left, min(left + size, plan.n_values)) for left in range(0, plan.n_values, size)]


def _joined_ranking(plan: Plan, judgement: Judgement, passes: list[Pass]) -> Ranking:
    check_failed(plan, judgement, len(passes[0].dropped))
    found = [one.scores() for one in passes]
    history = {n: split(plan, _joined([one.history[n] for one in passes])) for n in passes[0].history}
    scores, second = (_joined([pair[which] for pair in found]) for which in (0, 1))
    return ranking_of(plan, judgement, scores, second, passes[0].dropped, history)


def parse_until(rule: str, outputs: tuple[Output, ...]) -> tuple[str, str | None]:
    """Return the output and the label that a stopping rule names.

    Raises
    ------
    InputError
        Where the rule is not one, or its output is not ranked.
    """
    match = re.fullmatch(r"\s*ranking\(\s*([^@)]+?)\s*(?:@\s*([^)]*?)\s*)?\)\s+resolved\s*", rule)
    if match is None:
        raise InputError(f'until: not a rule for a ranking (got {rule!r}); "ranking(OUTPUT) resolved"')
    names = [output.name for output in outputs]
    if match[1] not in names:
        raise InputError(f"until: {match[1]}: not ranked; one of {', '.join(names)}")
    output = next(item for item in outputs if item.name == match[1])
    labels = [str(coord) for dim in output.dims for coord in dim.coords]
    if match[2] is not None and match[2] not in labels:
        raise InputError(f"until: {match[1]}: no such label (got {match[2]!r}); one of {', '.join(labels)}")
    return match[1], match[2]


def _open_verdicts(ranking: Ranking, output: str, label: str | None) -> int:
    verdict = ranking.values(output, "verdict")
    for axis, dim in enumerate(ranking.output(output).dims, start=1):
        places = [place for place, coord in enumerate(dim.coords) if str(coord) == label]
        if places:
            verdict = np.take(verdict, places, axis=axis)
            break
    return int((verdict == UNRESOLVED).sum())


def _resolved(ranking: Ranking, output: str, label: str | None) -> bool:
    return _open_verdicts(ranking, output, label) == 0


def _with_ending(ranking: Ranking, wanted: tuple[str, str | None], rule: str) -> Ranking:
    left = _open_verdicts(ranking, *wanted)
    settings = {**ranking.settings, "until": rule, "resolved": left == 0}
    if left == 0:
        return replace(ranking, settings=settings)
    line = f"{rule}: {left} verdicts still open after {ranking.settings['base']} base rows; raise the budget"
    return replace(ranking, settings=settings, warnings=(*ranking.warnings, line))


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
    pairs = [(j, k) for number, j in enumerate(plan.factors) for k in list(plan.factors)[number + 1 :]]
    return Ranking(
        study=plan.study.name if plan.versus is None else f"{plan.study.name} - {plan.versus.name}",
        method="sobol",
        factors=tuple(plan.factors),
        outputs=plan.outputs,
        scores=split(plan, scores),
        n=plan.base - len(dropped),
        pairs=tuple(pairs) if plan.second else (),
        second=split(plan, second) if plan.second else {},
        convergence=dict(history or {}),
        dropped=np.array(sorted(dropped), np.int64),
        warnings=failed_lines(plan, len(dropped), scores["ST"]),
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


def check_failed(plan: Plan, judgement: Judgement, n_failed: int) -> None:
    """Refuse a ranking from too few of the rows asked for.

    Raises
    ------
    InputError
        With the numbers, and the share that may fail.
    """
    if n_failed == plan.base:
        raise InputError(f"{plan.study.name}: every base row failed (got {n_failed} of {plan.base}); mend the model")
    if n_failed > judgement.max_failed * plan.base:
        raise InputError(
            f"{plan.study.name}: too many base rows failed (got {n_failed} of {plan.base}); at most "
            f"{judgement.max_failed:g} of them (max_failed)"
        )


def slab_scores(plan: Plan, judgement: Judgement, sums: Sums) -> tuple[Scores, Scores]:
    """Return the measures that sums give (n_factors, n_values), and those of the pairs; slab by slab for memory."""
    magnitude = np.abs(reference_values(plan))
    slabs = [slice(left, left + _SLAB) for left in range(0, plan.n_values, _SLAB)]
    parts = [_slab_scores(plan, judgement, _part(sums, slab), magnitude[slab]) for slab in slabs]
    first, second = ([part[which] for part in parts] for which in (0, 1))
    return _joined(first), _joined(second)


def _joined(parts: list[Scores]) -> Scores:
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}


def _part(sums: Sums, slab: slice) -> Sums:
    return Sums(
        sums.weight, sums.base[..., slab], sums.factor[..., slab], sums.swapped[..., slab], sums.pairs[..., slab]
    )


def _slab_scores(plan: Plan, judgement: Judgement, sums: Sums, magnitude: FloatArray) -> tuple[Scores, Scores]:
    found = indices(sums, plan.n_weights, magnitude)
    estimate = replicate_estimate if plan.replicates else bootstrap_estimate
    with np.errstate(invalid="ignore"):
        first, total = estimate(found.first, judgement.level), estimate(found.total, judgement.level)
        pairs, dummy = estimate(found.second, judgement.level), estimate(found.dummy, judgement.level)
    rank, probability = rank_probabilities(_resampled(plan, sums, magnitude, found).total)
    floor = np.abs(dummy.value) + dummy.half_width
    scores = _named("S1", first) | _named("ST", total)
    scores |= {"rank": rank, "rank_probability": probability}
    scores |= {"verdict": verdicts(total, judgement.threshold)}
    scores |= {"S1_floor": np.broadcast_to(floor, total.value.shape)}
    return scores, _named("S2", pairs)


def _resampled(plan: Plan, sums: Sums, magnitude: FloatArray, found: Indices) -> Indices:
    if not plan.replicates:
        return found
    # Ranks of a single scramble's rows would be those of a smaller run: whole scrambles are resampled instead.
    turns = np.zeros((1 + _RANK_RESAMPLES, len(sums.weight)))
    turns[0, 0] = 1.0
    counts = poisson_counts(plan.seed, np.arange(plan.replicates), _RANK_RESAMPLES)
    # A resample that drew no scramble at all stands in for the whole.
    counts[counts.sum(axis=1) == 0.0] = 1.0
    turns[1:, 1 : 1 + plan.replicates] = counts
    return indices(sums.combined(turns), len(turns), magnitude)


def _named(name: str, estimate: Estimate) -> dict[str, FloatArray]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def check_pair(study: Study, versus: Study, outputs: tuple[Output, ...]) -> None:
    """Refuse two studies whose outputs cannot be subtracted element by element.

    Raises
    ------
    InputError
        Naming the output.
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
