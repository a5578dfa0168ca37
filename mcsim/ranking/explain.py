"""Inverse questions: how likely something is, under which inputs it holds, and what decides it; from draws alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.ranking.box import Told, box_of, told_of
from mcsim.ranking.cart import Node, tree_of
from mcsim.ranking.conditions import Columns, Condition
from mcsim.ranking.factors import factors_of
from mcsim.ranking.givendata import given_data
from mcsim.ranking.question import Question, Share, parse_question
from mcsim.ranking.rare import Rare, rare_chance
from mcsim.ranking.shapleydata import SHAPLEY_DATA
from mcsim.ranking.tails import FEW_EVENTS
from mcsim.ranking.target import Sign, signs_of
from mcsim.study import BoolArray, FloatArray, InputError, IntArray, Output, Study, Suggests, remarks, suggests
from mcsim.study.above import above
from mcsim.study.values import real

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

EVENT = "event"  # the output that says whether it is true
_RARER = {remarks.NEVER_OR_RARE: remarks.NEVER, remarks.ALWAYS_OR_RARE: remarks.ALWAYS}
WHETHER, HOW_FAR = remarks.WHETHER.text, remarks.HOW_FAR.text


@dataclass(frozen=True, slots=True)
class Box:
    """Few inputs and what they say.

    Parameters
    ----------
    conditions : tuple of Condition
        All of which hold inside; none where no input says anything.
    fitted, aside : Told
        What the box is worth in the draws that it was fitted to, and in those kept aside.
    """

    conditions: tuple[Condition, ...]
    fitted: Told
    aside: Told


@dataclass(frozen=True, slots=True, eq=False)
class Explanation(Suggests):
    """What draws say of an inverse question; shows itself as text, `table` and `record` hold every number.

    Parameters
    ----------
    study : Study
        Whose draws.
    question : Question
        What was asked.
    headline : str
        How many draws stand behind it.
    hits, draws : int
        Draws in which it is true, and in which the output has a value.
    chance : Share
        The first of the second, as many independent draws would tell.
    undefined : int
        Draws in which it has none.
    span : (float, float)
        Least and greatest value of the output, in its unit.
    box, tree : Box and Node, optional
        Where it holds; none where too few draws tell.
    decides, within : Ranking, optional
        Shares of inputs in the variance of whether it is true, and of the output among the draws in which it is.
    signs : tuple of Sign
        What each input by itself does to both; empty where nothing was searched for.
    rare : Rare, optional
        The same probability by subset simulation, where that was asked for.
    notes : tuple of str
        What the reader has to know.

    Examples
    --------
    >>> import mcsim
    >>> found = mcsim.explain(mcsim.run(mcsim.load("ishigami"), draws=2000, seed=1), "y > 8")
    >>> found.draws, 0 < found.hits < found.draws, found.decides.order_by
    (2000, True, 'shapley')
    """

    study: Study
    question: Question
    headline: str
    hits: int
    draws: int
    chance: Share
    undefined: int
    span: tuple[float, float]
    box: Box | None = None
    tree: Node | None = None
    decides: Ranking | None = None
    within: Ranking | None = None
    signs: tuple[Sign, ...] = ()
    rare: Rare | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "\n".join(above("Explanation.__repr__")(self))

    @property
    def table(self) -> Any:
        """Every number as a tidy pandas table: part, item, value, value_low, value_high, draws and what they are of."""
        return above("Explanation.table")(self)

    @property
    def record(self) -> dict[str, Any]:
        """Every number as JSON holds it."""
        found: dict[str, Any] = above("Explanation.record")(self)
        return found


@suggests
def explain(
    what: Result | Study,
    question: str,
    *,
    draws: int | None = None,
    seed: int | None = None,
    level: float = 0.95,
    jobs: int | None = None,
    rare: bool = False,
) -> Explanation:
    """Return when something is true: how likely, in which box of few inputs, and what decides it.

    Half of the draws, chosen at random, are kept aside: the box and the tree are fitted to the others, and told is what
    they are worth in both. What decides it is ranked by Shapley effects of the draws, which hold for inputs that depend
    on one another: among draws in which something is true, all inputs do.

    Parameters
    ----------
    what : Result or Study
        Draws that exist already, or a study to be run.
    question : str
        ``OUTPUT[@LABEL,...] < VALUE [UNIT]``, or with ``<=``, ``>``, ``>=``; of one element of an output.
    draws, seed : int, optional
        Of the run of a study, 2,000 and 1 by default.
    level : float
        Confidence level.
    jobs : int, optional
        Workers of that run.
    rare : bool
        Whether the probability is found by subset simulation too, some ten thousand evaluations for each factor of ten
        that it lies below one; of a study.

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        For an unknown output, label or unit, several elements, no comparison, or an output whose draws were not kept.

    Examples
    --------
    >>> import mcsim
    >>> found = mcsim.explain(mcsim.load("ishigami"), "y > 8", draws=2000)
    >>> bool(0.05 < found.chance.value < 0.15), found.draws
    (True, 2000)
    """
    level = real("level", level, 0.5, 0.9999, "share", "between 0.5 and 0.9999")
    if isinstance(what, Study):
        from mcsim.engine.run import run

        parsed = parse_question(question, what.output)
        count = 2000 if draws is None else draws
        result = run(what, count, seed=1 if seed is None else seed, jobs=jobs, keep=(parsed.cell.output.name,))
        found = explained(result, parsed, level)
        return with_rare(found, rare_chance(what, parsed, result.seed, level)) if rare else found
    for name, said in (("draws", draws), ("seed", seed), ("rare", rare or None)):
        if said is not None:
            raise InputError(f"explain: {name}: of a result that has its draws (got {said}); a study, or without")
    return explained(what, parse_question(question, what.study.output), level)


def with_rare(found: Explanation, rare: Rare) -> Explanation:
    """Return the explanation with the probability of something rare, and without the advice to ask for it."""
    return replace(found, rare=rare, notes=tuple(map(_without_advice, found.notes)))


def _without_advice(note: str) -> str:
    remark, values = remarks.read(note) or (None, {})
    return note if remark not in _RARER else _RARER[remark](**values)


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """The draws in which the output has a value.

    Parameters
    ----------
    result : Result
        The run.
    there : ndarray of int64, shape (n,)
        Which of its draws these are.
    x : Columns
        Their inputs.
    y : ndarray, shape (n,)
        The output.
    true : ndarray of bool, shape (n,)
        Whether it is as was asked.
    same : ndarray of int64, shape (n,)
        Number of the row of inputs: draws with one number repeat one another.
    """

    result: Result
    there: IntArray
    x: Columns
    y: FloatArray
    true: BoolArray
    same: IntArray

    @property
    def worth(self) -> float:
        """How many draws that do not repeat one another they are worth (Kish)."""
        counts = np.bincount(self.same).astype(np.float64)
        return float(counts.sum() ** 2 / (counts**2).sum())

    @property
    def aside(self) -> BoolArray:
        """Which half is kept aside; draws that repeat one another are on one side.

        Keyed by (seed, draw), so that the order of draws changes nothing.
        """
        from mcsim.kernels.streams import stream_of, uniforms_at

        first = np.full(int(self.same.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(first, self.same, np.asarray(self.result.draw, np.int64)[self.there])
        chances = uniforms_at(self.result.seed, stream_of("explain/aside"), first)
        aside = np.zeros(len(first), bool)
        aside[np.argsort(chances, kind="stable")[: len(first) // 2]] = True
        return np.asarray(aside[self.same])


def explained(result: Result, question: Question, level: float = 0.95) -> Explanation:
    """Return what the draws of a run say of a question; as `explain`, for what is parsed already."""
    cell = question.cell
    name = cell.output.name
    if name not in result.kept:
        raise InputError(f"explain: {name}: stored as bands only (got {question.text!r}); run again with --keep {name}")
    values = np.asarray(result.kept[name], np.float64).reshape(result.complete, -1)[:, cell.packed[0]]
    there = np.flatnonzero(np.isfinite(values))
    if len(there) == 0:
        raise InputError(f"explain: {cell}: undefined in all {len(values):,} draws; an output that has a value")
    x, y = Columns.of(result).rows(there), values[there]
    draws = _Draws(result, there, x, y, question.holds(y), _same_rows(result, x))
    scale, notes = draws.worth / len(y), list(result.notes)
    if scale < 1.0:
        notes.append(remarks.REPEATED_DRAWS(draws=f"{draws.worth:,.0f}"))
    if ":" in result.design:
        notes.append(remarks.OF_RANDOM_DRAWS(design=result.design))
    elif result.design not in ("random", "given"):
        notes.append(remarks.OF_RANDOM_DRAWS_WIDE(design=result.design))
    found = Explanation(
        result.study,
        question,
        result.headline,
        int(draws.true.sum()),
        len(y),
        Share(float(draws.true.sum()) * scale, len(y) * scale, level),
        len(values) - len(y),
        (float(y.min()), float(y.max())),
        notes=tuple(notes),
    )
    few = _few(int(draws.true.sum()), len(y))
    return replace(found, notes=(*found.notes, *few)) if few else _searched(found, draws)


def _same_rows(result: Result, x: Columns) -> IntArray:
    """Return for each draw the number of its row of inputs.

    Only rows of a table, of a posterior or of the user's own, repeat one another; draws of a few words that happen to
    be the same are independent nevertheless.
    """
    if x.values.shape[1] == 0 or not (result.study.posterior or result.design == "given"):
        return np.arange(len(x.values))
    return np.asarray(np.unique(x.values, axis=0, return_inverse=True)[1].ravel(), np.int64)


def _few(events: int, draws: int) -> list[str]:
    """Return what to tell where too few draws are of one kind to say when they happen; nothing where enough are."""
    fewer = min(events, draws - events)
    if fewer >= FEW_EVENTS:
        return []
    if fewer == 0:
        remark = remarks.NEVER_OR_RARE if events == 0 else remarks.ALWAYS_OR_RARE
        return [remark(draws=f"{draws:,}")]
    # Half of the draws are kept aside: on average twice the fewest are wanted.
    wanted = math.ceil(2 * FEW_EVENTS * draws / fewer / 1000) * 1000
    remark = remarks.SELDOM_TRUE if events == fewer else remarks.SELDOM_FALSE
    return [remark(fewer=fewer, draws=f"{draws:,}", few=FEW_EVENTS, wanted=f"{wanted:,}")]


def _searched(found: Explanation, draws: _Draws) -> Explanation:
    """Return the explanation with its box, its tree and its rankings."""
    level, true, y, aside = found.chance.level, draws.true, draws.y, draws.aside
    fit = ~aside
    train, test = draws.x.rows(fit), draws.x.rows(aside)
    conditions = box_of(train, true[fit])
    told = [told_of(conditions, part, true[rows], y[rows], level) for part, rows in ((train, fit), (test, aside))]
    tree = tree_of(train, true[fit], test, true[aside])
    decides, notes = _ranked(draws.result, draws.there, true.astype(np.float64), WHETHER, level)
    within, more = _ranked(draws.result, draws.there[true], y[true], HOW_FAR, level)
    notes = (*found.notes, *notes, *more)
    neighbours = draws.result.design.partition(":")[0] in ("random", "lhs")
    # A test takes draws that repeat one another for more than they are worth.
    alike = draws.worth < len(y)
    # Cells of tables are ranked by their group, and are too many to be tested one by one.
    single = [own[0] for own in factors_of(draws.result.study, False).values() if len(own) == 1]
    signs = () if alike else signs_of(draws.x.named(single), y, true, draws.result.seed, neighbours, level)
    box = Box(conditions, *told)
    return replace(found, box=box, tree=tree, decides=decides, within=within, signs=signs, notes=notes)


def _ranked(
    result: Result, rows: IntArray, values: FloatArray, what: str, level: float
) -> tuple[Ranking | None, tuple[str, ...]]:
    """Return the ranking of some values of some draws, and what the reader has to know of it."""
    factors, count = len(result.study.groups), len(values)
    if factors < 2:
        return None, (remarks.FEW_INPUTS(output=what, count=factors),)
    fewest = SHAPLEY_DATA.fewest_for(factors)
    if count < fewest:
        return None, (remarks.FEW_DRAWS(output=what, draws=f"{count:,}", count=factors, fewest=f"{fewest:,}"),)
    if np.ptp(values) == 0:
        return None, (remarks.SAME_VALUE(output=what, draws=f"{count:,}"),)
    output = Output(EVENT, "", what, rank=True)
    model = result.study.model.telling((output,))
    study = replace(result.study, model=model, headline=(), figures=(), published=())
    inputs = {name: np.asarray(column)[rows] for name, column in result.inputs.items()}
    part = replace(
        result,
        study=study,
        draw=result.draw[rows],
        inputs=inputs,
        kept={EVENT: values},
        bands={},
        failures=(),
        record={},
    )
    ranking = given_data(part, SHAPLEY_DATA.name, [EVENT], level=level, seed=result.seed)
    return ranking, tuple(f"{what}: {line.removeprefix(f'{EVENT}: ')}" for line in ranking.warnings)
