"""Sobol' indices by SALib itself: its points, its estimators, its resampled intervals, through this engine.

For who compares, or has to say "SALib": the points are those of ``SALib.sample.sobol`` in the unit cube, laid on the
study's distributions, and every element of every ranked output goes through ``SALib.analyze.sobol``, one by one (some
ten milliseconds each). Its estimators are those of the method ``sobol``, to rounding on the same points; its intervals
resample rows of a Sobol' sequence as if they were independent, and its design shares some columns of A and B.

Source: Iwanaga, Usher and Herman (2022), "Toward SALib 2.0: Advancing the accessibility and interpretability of global
sensitivity analyses", Socio-Environmental Systems Modelling 4, 18155.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from mcsim.engine.asked import checked
from mcsim.engine.reduce import Portion, Reduced
from mcsim.ranking.factors import check_independent
from mcsim.ranking.gathered import Gathered
from mcsim.ranking.leaves import LeafRows
from mcsim.ranking.method import Designed, Judgement, Measures, check_failed
from mcsim.ranking.plan import Plan, evaluated, failed_lines, split, values_at
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.salib import seed_of
from mcsim.study import FloatArray, IntArray

N_LEAVES = 16
Problem = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class SalibRows(LeafRows):
    """Base rows of SALib's design: A, every AB, every BA where the second order is wanted, B.

    Parameters
    ----------
    plan : Plan
        From `planned`.
    """

    unit: ClassVar[str] = "base rows"

    plan: Plan

    def compute(self, start: int, stop: int) -> Portion:
        """Return the outputs of each base row (n, evaluations, n_values)."""
        parts, failed = [], list[int]()
        for first in range(start, stop, self.plan.leaf):
            numbers = np.arange(first, min(first + self.plan.leaf, stop))
            values, bad = self._values(numbers)
            parts.append(values)
            failed += numbers[bad].tolist()
        return Portion(start, stop, np.array(failed, np.int64), {"values": np.concatenate(parts)})

    def _values(self, numbers: IntArray) -> tuple[FloatArray, Any]:
        plan, per_row = self.plan, self.plan.evaluations
        unit = points(plan)[numbers[0] * per_row : (numbers[-1] + 1) * per_row]
        draws = np.repeat(numbers, per_row)
        values, bad = evaluated(plan, lambda study: [values_at(plan, study, unit)], draws, plan.seed)
        return values.reshape(len(numbers), per_row, plan.n_values), bad.reshape(len(numbers), per_row).any(axis=1)


def problem_of(plan: Plan) -> Problem:
    """Return the problem that SALib samples: the unit cube, and the factors as its groups where they hold several."""
    problem: Problem = {"num_vars": len(plan.columns), "names": list(plan.columns)}
    problem["bounds"] = [[0.0, 1.0]] * len(plan.columns)
    if any(len(members) > 1 for members in plan.factors.values()):
        of = {name: factor for factor, members in plan.factors.items() for name in members}
        problem["groups"] = [of[name] for name in plan.columns]
    return problem


def points(plan: Plan) -> FloatArray:
    """Return SALib's points of the whole design in the unit cube (base * evaluations, n_columns)."""
    groups = tuple(problem_of(plan).get("groups", ()))
    return _points(plan.columns, groups, plan.base, plan.seed, plan.second)


@lru_cache(maxsize=2)
def _points(columns: tuple[str, ...], groups: tuple[str, ...], base: int, seed: int, second: bool) -> FloatArray:
    from SALib.sample import sobol

    problem: Problem = {"num_vars": len(columns), "names": list(columns), "bounds": [[0.0, 1.0]] * len(columns)}
    if groups:
        problem["groups"] = list(groups)
    return np.asarray(sobol.sample(problem, base, calc_second_order=second, seed=seed_of(seed)), np.float64)


def planned(plan: Plan) -> Plan:
    """Return the plan with the size of its leaves; SALib orders factors by where their first column stands."""
    checked("base", plan.base)
    place = {name: number for number, name in enumerate(plan.columns)}
    order = sorted(plan.factors, key=lambda factor: min(place[name] for name in plan.factors[factor]))
    factors = {factor: plan.factors[factor] for factor in order}
    return replace(plan, factors=factors, leaf=max(1, plan.base // N_LEAVES))


def passes(plan: Plan, judgement: Judgement) -> list[Reduced]:
    """Return the one collector that a ranking needs."""
    return [Reduced(SalibRows(plan), Gathered())]


def read(judgement: Judgement, collector: Reduced) -> tuple[FloatArray, IntArray]:
    """Return the outputs (n, evaluations, n_values), and the base rows that failed."""
    return collector.state.whole("values"), np.array(sorted(collector.failed), np.int64)


def ranking(plan: Plan, judgement: Judgement, found: list[Any]) -> Ranking:
    """Return the ranking that SALib makes of the outputs."""
    ((values, dropped),) = found
    check_failed(plan, judgement, len(dropped))
    good = np.ones(plan.base, bool)
    good[dropped] = False
    kept = values[good]
    elements = [_element(plan, judgement, kept[:, :, place].ravel()) for place in range(plan.n_values)]
    measures = {name: np.stack([part[name] for part, _ in elements], axis=1) for name in elements[0][0]}
    second = {name: np.stack([part[name] for _, part in elements], axis=1) for name in elements[0][1]}
    names = list(plan.factors)
    return Ranking(
        study=plan.study.name,
        method="salib-sobol",
        factors=tuple(names),
        outputs=plan.outputs,
        scores=split(plan, measures),
        n=int(good.sum()),
        pairs=tuple((names[j], names[k]) for j, k in _pairs(plan)) if plan.second else (),
        second=split(plan, second) if plan.second else {},
        dropped=dropped,
        warnings=failed_lines(plan, len(dropped), measures["ST"]),
        settings={"base": plan.base, "seed": plan.seed, "level": judgement.level, "resamples": plan.resamples},
    )


def _pairs(plan: Plan) -> list[tuple[int, int]]:
    return [(j, k) for j in range(len(plan.factors)) for k in range(j + 1, len(plan.factors))]


def _element(plan: Plan, judgement: Judgement, outputs: FloatArray) -> tuple[Measures, Measures]:
    """Return SALib's indices of one output element, and those of the pairs."""
    found = _analysed(plan, judgement, outputs)
    pairs = _pairs(plan) if plan.second else []
    first = {name: values for key in ("S1", "ST") for name, values in _interval(key, found, plan).items()}
    upper = tuple(np.array(pairs, np.int64).reshape(-1, 2).T)
    second = _interval("S2", found, plan, upper) if pairs else {}
    return first, second


def _analysed(plan: Plan, judgement: Judgement, outputs: FloatArray) -> Mapping[str, Any] | None:
    from SALib.analyze import sobol

    if not np.ptp(outputs) > 0.0:  # SALib would divide by a deviation of zero
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told: Mapping[str, Any] = sobol.analyze(
            problem_of(plan),
            outputs,
            calc_second_order=plan.second,
            num_resamples=plan.resamples,
            conf_level=judgement.level,
            seed=seed_of(plan.seed),
        )
    return told


def _interval(key: str, found: Mapping[str, Any] | None, plan: Plan, where: Any = slice(None)) -> Measures:
    if found is None:
        value = half = np.full(len(plan.factors) if key != "S2" else len(_pairs(plan)), np.nan)
    else:
        value, half = np.asarray(found[key], float)[where], np.asarray(found[f"{key}_conf"], float)[where]
    return {key: value, f"{key}_low": value - half, f"{key}_high": value + half}


SALIB_SOBOL = Designed(
    "salib-sobol",
    "base x (D + 2)",
    "first- and total-order indices by SALib itself: its points, estimators and intervals, element by element",
    check_independent,
    planned,
    passes,
    read,
    ranking,
    frozenset({"second_order"}),
    unites=True,
)
