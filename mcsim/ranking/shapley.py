"""Shapley effects: each factor's fair share of the variance, for independent and for dependent inputs."""

from __future__ import annotations

import numpy as np

from mcsim.kernels.statistics.sobol import add_values, poisson_counts
from mcsim.ranking.indices import bootstrap_estimate, padded
from mcsim.ranking.plan import BoolArray, Plan, Progress, evaluate_outputs, failed_lines, reference_values, split
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.saltelli import block_rows
from mcsim.ranking.sobol import Judgement, check_failed
from mcsim.ranking.verdicts import rank_probabilities
from mcsim.study import FloatArray, IntArray, Study


def shapley_ranking(plan: Plan, judgement: Judgement, progress: Progress | None = None) -> Ranking:
    """Return the Shapley effects of every factor for every element of every ranked output.

    Every base row walks from one point to a fresh one, a random factor at a time: those changed so far are drawn anew
    given the rest. Half the squared distance to the first point estimates what the changed factors explain together; a
    factor's effect is the mean growth of it at its step. D + 1 evaluations per row; effects add up to one.

    Source: Goda (2021), "A simple algorithm for global sensitivity analysis with Shapley effects", Reliability
    Engineering and System Safety 213, 107702, algorithm 1, for independent inputs; Song, Nelson and Staum (2016),
    "Shapley effects for global sensitivity analysis: theory and computation", SIAM/ASA Journal on Uncertainty
    Quantification 4, theorem 1, for the cost that holds for dependent inputs too.

    Parameters
    ----------
    plan : Plan
        Study, factors, outputs, base rows, seed and resamples.
    judgement : Judgement
        Level of the intervals and how many rows may fail.
    progress : callable, optional
        Told the base rows done and wanted.
    """
    n_factors, n_values = len(plan.factors), plan.n_values
    sums = np.zeros((n_factors, 1 + plan.resamples + -(1 + plan.resamples) % 4, n_values))
    reference = reference_values(plan)
    dropped: list[int] = []
    block = block_rows(plan)
    for start in range(0, plan.base, block):
        numbers = np.arange(start, min(start + block, plan.base))
        growth, bad = _growth(plan, numbers, reference)
        weights = np.concatenate([np.ones((1, len(numbers))), poisson_counts(plan.seed, numbers, plan.resamples)])
        weights = padded(weights)
        weights[:, bad] = 0.0
        for factor in range(n_factors):
            add_values(weights, growth[factor], sums[factor])
        dropped += numbers[bad].tolist()
        if progress is not None:
            progress(int(numbers[-1]) + 1, plan.base)
    check_failed(plan, judgement, len(dropped))
    resampled = sums[:, : 1 + plan.resamples].swapaxes(0, 1)
    variance = resampled.sum(axis=1, keepdims=True)
    scale = np.maximum(np.abs(reference), np.sqrt(np.maximum(variance / plan.base, 0.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.where(variance / plan.base > (1e-12 * scale) ** 2, resampled / variance, np.nan)
    return _ranking(plan, judgement, effects, np.array(dropped, np.int64))


def _ranking(plan: Plan, judgement: Judgement, effects: FloatArray, dropped: IntArray) -> Ranking:
    estimate = bootstrap_estimate(effects, judgement.level)
    rank, probability = rank_probabilities(effects)
    measures = {"shapley": estimate.value, "shapley_low": estimate.low, "shapley_high": estimate.high}
    measures |= {"rank": rank, "rank_probability": probability}
    return Ranking(
        study=plan.study.name,
        method="shapley",
        factors=tuple(plan.factors),
        outputs=plan.outputs,
        scores=split(plan, measures),
        n=plan.base - len(dropped),
        order_by="shapley",
        dropped=dropped,
        warnings=failed_lines(plan, len(dropped), estimate.value),
        settings={"base": plan.base, "seed": plan.seed, "level": judgement.level, "resamples": plan.resamples},
    )


def _growth(plan: Plan, numbers: IntArray, reference: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the growth of the explained variance at each factor's step (n_factors, n, n_values), and failed rows."""
    from mcsim.engine.design import saltelli_points

    unit, fresh = saltelli_points(plan.columns, plan.base, plan.seed, int(numbers[0]), int(numbers[-1]) + 1)
    order = permutations(plan.seed, tuple(plan.factors), numbers)
    steps = [unit, *(_changed(plan, unit, fresh, order, step) for step in range(1, len(plan.factors) + 1))]
    values, failed = evaluate_outputs(plan, np.concatenate(steps), np.tile(numbers, len(steps)), plan.seed)
    shaped = values.reshape(len(steps), len(numbers), plan.n_values) - reference
    bad = np.asarray(failed.reshape(len(steps), -1).any(axis=0))
    shaped[:, bad] = 0.0
    explained = 0.5 * (shaped - shaped[0]) ** 2
    growth = np.empty((len(plan.factors), len(numbers), plan.n_values))
    rows = np.arange(len(numbers))
    for step in range(len(plan.factors)):
        growth[order[:, step], rows] = explained[step + 1] - explained[step]
    return growth, bad


def permutations(seed: int, factors: tuple[str, ...], numbers: IntArray) -> IntArray:
    """Return a random order of the factors for each row, shape (n, n_factors), keyed by the factors' names.

    Examples
    --------
    >>> import numpy as np
    >>> sorted(permutations(1, ("x", "y"), np.arange(3))[0].tolist())
    [0, 1]
    """
    from mcsim.kernels.streams import stream_of, uniforms_at

    keys = np.column_stack([uniforms_at(seed, stream_of(f"{name}/shapley"), numbers) for name in factors])
    return np.argsort(keys, axis=1, kind="stable")


def _changed(plan: Plan, unit: FloatArray, fresh: FloatArray, order: IntArray, step: int) -> FloatArray:
    """Return the points at which the first factors of each row's order are drawn anew, given the others.

    All in independent columns, as the run maps them to dependent values: what is kept keeps its value, not its column.
    """
    changed = np.zeros((len(unit), len(plan.factors)), bool)
    np.put_along_axis(changed, order[:, :step], True, axis=1)
    mixed = unit.copy()
    for factor, columns in enumerate(plan.places):
        mixed[:, columns] = np.where(changed[:, factor, None], fresh[:, columns], unit[:, columns])
    return _conditioned(plan, unit, fresh, mixed, changed)


def _conditioned(plan: Plan, unit: FloatArray, fresh: FloatArray, mixed: FloatArray, changed: BoolArray) -> FloatArray:
    copula_names = copula_columns(plan.study, plan.columns)
    if not copula_names:
        return mixed
    from mcsim.distributions.dependence import gaussian_copula

    pairs = [pair for pair in plan.study.dependence if pair[0] in copula_names and pair[1] in copula_names]
    copula = gaussian_copula(pairs)
    places = [plan.columns.index(name) for name in copula.names]
    home = {name: number for number, members in enumerate(plan.factors.values()) for name in members}
    free = changed[:, [home[name] for name in copula.names]]
    dependent, anew = copula.apply(unit[:, places]), copula.apply(fresh[:, places])
    # Rows with the same inputs drawn anew share one conditional law; there are few such patterns per block.
    for pattern in np.unique(free, axis=0):
        rows = np.flatnonzero((free == pattern).all(axis=1))
        if pattern.all():
            dependent[rows] = anew[rows]
        elif pattern.any():
            law = copula.conditional([name for name, new in zip(copula.names, pattern, strict=True) if not new])
            drawn = law.apply(dependent[np.ix_(rows, ~pattern)], fresh[np.ix_(rows, np.array(places)[pattern])])
            dependent[rows[:, None], np.flatnonzero(pattern)] = drawn
    mixed[:, places] = _independent(copula.correlation, dependent)
    return mixed


def copula_columns(study: Study, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that the study's rank correlations join."""
    pairs = [pair for pair in study.dependence if pair[0] in columns and pair[1] in columns]
    return tuple(dict.fromkeys(name for pair in pairs for name in pair[:2]))


def _independent(correlation: FloatArray, dependent: FloatArray) -> FloatArray:
    """Return the independent columns that a Gaussian copula maps to these dependent ones."""
    from mcsim.distributions.dependence import normal_scores, unit_scores

    factor = np.linalg.cholesky(correlation)
    return unit_scores(np.linalg.solve(factor, normal_scores(dependent).T).T)
