"""Where something rare is so: a box of few inputs and a tree, from the points at which subset simulation ended.

Those points follow the law of the inputs given that it is so. They are held against points of the law itself, and what
separates the two is a box in which much of the one and little of the other lies. One condition alone leaves so little
of the law that a second could win nothing, however much oftener it is so where both hold: the search goes on against
points of the law within the box so far, as long as the box keeps most of what is so.

Half of the simulations are kept aside. With q_r the probability, by simulation r, that it is so and inside the box,
E[q_r] / E[p_r] is the share of all cases in which it is so that the box holds (coverage), and E[q_r] / P(box) how often
it is so inside (density).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mcsim.engine.design import make_design
from mcsim.engine.points import design_columns, transform
from mcsim.ranking.box import MOST_INPUTS, box_of
from mcsim.ranking.cart import leaves, tree_of
from mcsim.ranking.conditions import Columns, Condition, all_hold, in_words, together
from mcsim.ranking.subsets import Subsets, log_interval
from mcsim.ranking.tails import FEW_EVENTS
from mcsim.study import BoolArray, FloatArray, Study

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAW = 2048  # points of the law of the inputs, against which the others are held
_GRID = 1 << 19  # points of the law of inputs of a box, from which the share of all cases inside is taken
_KEPT = 0.8  # share of the points at which it is so that a further condition has to keep
_FEWEST = 200  # points of the law within a box, of inputs that depend on one another

Range = tuple[float, float, float]  # value and both ends of its interval


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of a tree.

    Parameters
    ----------
    text : str
        What leads there.
    so, aside : float
        Share of the points at which it is so: fitted to, and kept aside.
    cases : float
        Share of all cases.
    """

    text: str
    so: float
    aside: float
    cases: float


@dataclass(frozen=True, slots=True)
class RareBox:
    """Few inputs and what they say of something rare.

    Parameters
    ----------
    conditions : tuple of Condition
        All of which hold inside; none where no input says anything.
    coverage : (float, float, float)
        Share of the cases in which it is so that lie inside, by the simulations kept aside, with its interval.
    density : (float, float, float)
        How often it is so inside, by the same.
    fitted : float
        The coverage by the simulations that the box was fitted to.
    cases : float
        Share of all cases that lie inside.
    points : int
        At which it is so, that the box was fitted to.
    leaves : tuple of Leaf
        Of a tree; none where no cut tells more than chance might.
    """

    conditions: tuple[Condition, ...]
    coverage: Range
    density: Range
    fitted: float
    cases: float
    points: int
    leaves: tuple[Leaf, ...]


def rare_box(study: Study, found: Subsets, seed: int, level: float) -> RareBox | None:
    """Return where something rare is so; None where too few points say it.

    Parameters
    ----------
    study : Study
        Whose inputs.
    found : Subsets
        What subset simulation found.
    seed : int
        Of the points of the law.
    level : float
        Confidence level.
    """
    names = design_columns(study)
    there = _stacked(transform(study, found.units, names), names)
    half = len(found.estimates) // 2
    fit = found.owner < half
    # The ends of chains alone: what lies on one chain is alike, and a test of chance takes it for many.
    ends = found.ends
    if min(int((fit & ends).sum()), int((~fit & ends).sum())) < FEW_EVENTS:
        return None
    mine, others = there[fit & ends], there[~fit & ends]
    conditions, laws = _searched(study, mine, seed)
    inside = all_hold(conditions, there)
    aside = np.arange(half, len(found.estimates))
    both = _joint(found, inside)
    cases = _share_of_cases(study, conditions, seed)
    coverage, density = _worth(both[aside], found.estimates[aside], cases, level)
    fitted = float(both[:half].sum() / max(float(found.estimates[:half].sum()), 1e-300))
    tree = tree_of(*_against(study, mine, laws), *_against(study, others, laws))
    told = tuple(
        Leaf(
            in_words(path),
            leaf.hits / tree.hits,
            leaf.aside_hits / max(tree.aside_hits, 1),
            _share_of_cases(study, path, seed),
        )
        for path, leaf in leaves(tree)
    )
    return RareBox(conditions, coverage, density, fitted, cases, len(mine), told)


def _searched(study: Study, there: FloatArray, seed: int) -> tuple[tuple[Condition, ...], FloatArray]:
    """Return the conditions of a box, and the points of the law that were held against it on the way."""
    box: tuple[Condition, ...] = ()
    laws = []
    for _ in range(MOST_INPUTS):
        law = _law_within(study, box, seed)
        if len(law) < _FEWEST:
            break
        laws.append(law)
        mine = there[all_hold(box, there)]
        both, so = _against(study, mine, law)
        more = box_of(both, so)
        kept = float(all_hold(more, mine).mean())
        further = together((*box, *more))
        if not more or (box and kept < _KEPT) or len(further) > MOST_INPUTS:
            break
        box = further
    return box, np.concatenate(laws)


def _alone(study: Study, name: str) -> bool:
    """Return whether an input depends on no other one."""
    return not any(name in pair[:2] for pair in study.dependence)


def _units_within(study: Study, one: Condition) -> FloatArray:
    """Return those points of an even grid of the unit interval at which a condition on an input holds, rising."""
    even = (np.arange(_GRID) + 0.5) / _GRID
    alone = replace(study, dependence=())
    return even[one.holds_of(transform(alone, even[:, None], (one.name,))[one.name])]


def _law_within(study: Study, box: tuple[Condition, ...], seed: int) -> FloatArray:
    """Return points of the law of the inputs within a box.

    A condition on an input that depends on no other one narrows its column of the design; others take those of many
    points that lie inside.
    """
    names = design_columns(study)
    apart = [one for one in box if _alone(study, one.name)]
    many = _LAW if len(apart) == len(box) else 32 * _LAW
    unit = np.array(make_design("sobol", names, many, seed).points(0, many))
    for one in apart:
        allowed = _units_within(study, one)
        if len(allowed) == 0:
            return np.empty((0, len(names)))
        place = names.index(one.name)
        unit[:, place] = allowed[(unit[:, place] * len(allowed)).astype(np.int64)]
    law = _stacked(transform(study, unit, names), names)
    return law[all_hold(box, law)][:_LAW]


def _stacked(values: Mapping[str, FloatArray], names: tuple[str, ...]) -> FloatArray:
    return np.column_stack([values[name] for name in names])


def _against(study: Study, there: FloatArray, law: FloatArray) -> tuple[Columns, BoolArray]:
    """Return points at which it is so above points of the law, and which is which."""
    items = study.uncertain
    labels = tuple(tuple(getattr(item.distribution, "labels", ())) for item in items)
    names, units = tuple(item.name for item in items), tuple(item.unit for item in items)
    columns = Columns(names, units, labels, np.concatenate([there, law]))
    return columns, np.arange(len(columns.values)) < len(there)


def _joint(found: Subsets, inside: BoolArray) -> FloatArray:
    """Return, by each simulation, how likely it is so and inside."""
    count = np.bincount(found.owner, minlength=len(found.estimates))
    within = np.bincount(found.owner[inside], minlength=len(found.estimates))
    return np.asarray(found.estimates * within / np.maximum(count, 1))


def _share_of_cases(study: Study, conditions: tuple[Condition, ...], seed: int) -> float:
    """Return how much of the law of the inputs lies inside: of each alone, of those that depend together."""
    share = 1.0
    dependent = [one for one in conditions if not _alone(study, one.name)]
    for one in (one for one in conditions if _alone(study, one.name)):
        share *= len(_units_within(study, one)) / _GRID
    if dependent:
        names = tuple(dict.fromkeys(one.name for one in dependent))
        values = transform(study, make_design("sobol", names, _GRID, seed).points(0, _GRID), names)
        inside = np.ones(_GRID, bool)
        for one in dependent:
            inside &= one.holds_of(values[one.name])
        share *= float(inside.mean())
    return share


def _worth(both: FloatArray, chance: FloatArray, cases: float, level: float) -> tuple[Range, Range]:
    """Return coverage and density with their intervals, from the spread of simulations."""
    from scipy.special import stdtrit

    mean, count = float(chance.mean()), len(chance)
    covered = float(both.mean()) / mean if mean > 0.0 else float("nan")
    # A ratio of means: its error is that of what the one misses of the other (the delta method).
    error = float((both - covered * chance).std(ddof=1)) / mean / math.sqrt(count) if mean > 0.0 else float("nan")
    reach = float(stdtrit(count - 1, 0.5 + level / 2.0)) * error
    low, high = log_interval(both, level)
    if cases == 0.0:  # so few cases that none of the points is one
        return (covered, max(covered - reach, 0.0), min(covered + reach, 1.0)), (float("nan"),) * 3
    density = tuple(min(value / cases, 1.0) for value in (float(both.mean()), low, high))
    return (covered, max(covered - reach, 0.0), min(covered + reach, 1.0)), (density[0], density[1], density[2])
