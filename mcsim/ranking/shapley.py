"""Shapley effects: each factor's fair share of the variance, for independent and for dependent inputs.

Every base row walks from one point to a fresh one, a random factor at a time: those changed so far are drawn anew
given the rest. Half the squared distance to the first point estimates what the changed factors explain together; a
factor's effect is the mean growth of it at its step. D + 1 evaluations per row; effects add up to one.

Source: Goda (2021), "A simple algorithm for global sensitivity analysis with Shapley effects", Reliability
Engineering and System Safety 213, 107702, algorithm 1, for independent inputs; Song, Nelson and Staum (2016),
"Shapley effects for global sensitivity analysis: theory and computation", SIAM/ASA Journal on Uncertainty
Quantification 4, theorem 1, for the cost that holds for dependent inputs too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from mcsim.engine.reduce import Portion, Reduced
from mcsim.ranking.factors import check_shares
from mcsim.ranking.gathered import InOrder
from mcsim.ranking.indices import padded
from mcsim.ranking.intervals import bootstrap_estimate
from mcsim.ranking.leaves import LeafRows
from mcsim.ranking.method import SHAPLEY_SHARES, Designed, Judgement, check_failed
from mcsim.ranking.plan import BoolArray, Plan, evaluated, failed_lines, reference_values, split, values_at
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.saltelli import block_rows
from mcsim.ranking.verdicts import rank_shares
from mcsim.study import FloatArray, InputError, IntArray, Study

N_LEAVES = 16


@dataclass(frozen=True, slots=True, eq=False)
class ShapleyRows(LeafRows):
    """Base rows, each a walk from one point to a fresh one.

    Parameters
    ----------
    plan : Plan
        From `planned`.
    reference : ndarray, shape (n_values,)
        What outputs are differences to.
    """

    unit: ClassVar[str] = "base rows"

    plan: Plan
    reference: FloatArray

    def compute(self, start: int, stop: int) -> Portion:
        """Return the growth of the explained variance in each row at each factor's step."""
        parts, failed = [], list[int]()
        for first in range(start, stop, self.plan.leaf):
            numbers = np.arange(first, min(first + self.plan.leaf, stop))
            values, order, bad = self._walked(numbers)
            parts.append(_growth(self.plan, values, order))
            # A row that failed grows by nothing; it is told apart from a row that does by its NaN.
            parts[-1][bad] = np.nan
            failed += numbers[bad].tolist()
        return Portion(start, stop, np.array(failed, np.int64), np.concatenate(parts))

    def _walked(self, numbers: IntArray) -> tuple[FloatArray, IntArray, BoolArray]:
        """Return the outputs at each step of each row (n_steps, n, n_values), the order of the factors, failed rows."""
        from mcsim.engine.design import saltelli_points

        plan = self.plan
        unit, fresh = saltelli_points(plan.columns, plan.base, plan.seed, int(numbers[0]), int(numbers[-1]) + 1)
        order = permutations(plan.seed, tuple(plan.factors), numbers)
        steps = [unit, *(_changed(plan, unit, fresh, order, step) for step in range(1, len(plan.factors) + 1))]
        values, failed = evaluated(
            plan, lambda study: [values_at(plan, study, step) for step in steps], numbers, plan.seed
        )
        return (
            values.reshape(len(steps), len(numbers), plan.n_values) - self.reference,
            order,
            np.asarray(failed.reshape(len(steps), -1).any(axis=0)),
        )


def _growth(plan: Plan, shaped: FloatArray, order: IntArray) -> FloatArray:
    """Return the growth of the explained variance at each factor's step (n, n_factors, n_values)."""
    explained = 0.5 * (shaped - shaped[0]) ** 2
    growth = np.empty((len(order), len(plan.factors), plan.n_values))
    rows = np.arange(len(order))
    for step in range(len(plan.factors)):
        growth[rows, order[:, step]] = explained[step + 1] - explained[step]
    return growth


def _add(plan: Plan, sums: FloatArray, start: int, growth: FloatArray) -> None:
    """Add rows to the sums (n_factors, n_resamples, n_values), row by row; failed ones have no weight."""
    from mcsim.kernels.statistics.sobol import add_values, poisson_counts

    numbers = np.arange(start, start + len(growth))
    bad = np.asarray(np.isnan(growth).any(axis=(1, 2)))
    weights = padded(np.concatenate([np.ones((1, len(numbers))), poisson_counts(plan.seed, numbers, plan.resamples)]))
    weights[:, bad] = 0.0
    growth = np.where(bad[:, None, None], 0.0, growth)
    for factor in range(len(sums)):
        add_values(weights, np.ascontiguousarray(growth[:, factor]), sums[factor])


def planned(plan: Plan) -> Plan:
    """Return the plan with the size of its leaves, a function of the study and the base rows alone."""
    return replace(plan, leaf=min(max(1, plan.base // N_LEAVES), block_rows(plan)))


def passes(plan: Plan, judgement: Judgement) -> list[Reduced]:
    """Return the one collector that a ranking needs."""
    n_weights = 1 + plan.resamples
    sums = np.zeros((len(plan.factors), n_weights + -n_weights % 4, plan.n_values))
    return [Reduced(ShapleyRows(plan, reference_values(plan)), InOrder(sums, partial(_add, plan)))]


def read(judgement: Judgement, collector: Reduced) -> tuple[FloatArray, IntArray]:
    """Return the effects of every resample (n_resamples, n_factors, n_values), and the rows that failed."""
    plan, reference = collector.work.plan, collector.work.reference
    check_failed(plan, judgement, len(collector.failed))
    resampled = collector.state.sums[:, : 1 + plan.resamples].swapaxes(0, 1)
    variance = resampled.sum(axis=1, keepdims=True)
    scale = np.maximum(np.abs(reference), np.sqrt(np.maximum(variance / plan.base, 0.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.where(variance / plan.base > (1e-13 * scale) ** 2, resampled / variance, np.nan)
    return effects, np.array(sorted(collector.failed), np.int64)


def ranking(plan: Plan, judgement: Judgement, found: list[Any]) -> Ranking:
    """Return the ranking that the effects make."""
    ((effects, dropped),) = found
    estimate = bootstrap_estimate(effects, judgement.level)
    rank, share = rank_shares(effects)
    measures = {"shapley": estimate.value, "shapley_low": estimate.low, "shapley_high": estimate.high}
    measures |= {"rank": rank, "rank_share": share}
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


def check_conditional(study: Study, factors: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse factors that cannot be drawn anew given the others: parts of a whole, and of an order.

    Raises
    ------
    InputError
        Naming them and the remedy.
    """
    check_shares(study, factors)
    home = {member: factor for factor, members in factors.items() for member in members}
    for first, second in (pair for order in study.ordered for pair in order.pairs):
        if first in home and second in home and home[first] != home[second]:
            raise InputError(
                f"{study.name}: {first}, {second}: method shapley draws inputs given the others (got an order, whose "
                f"law given them is not known); method = shapley_data, or groups = {{ name = [{first}, {second}] }}"
            )


SHAPLEY = Designed(
    "shapley",
    "base x (D + 1)",
    "fair shares of the variance that add up to one, dependent inputs too",
    check_conditional,
    planned,
    passes,
    read,
    ranking,
    telling=SHAPLEY_SHARES,
)
