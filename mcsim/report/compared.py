"""A comparison in words: what each lever changes, helps and costs, which does most, and the page that holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.ranking.ranking import Ranking
from mcsim.report.answers import (
    MORE_OR_LESS,
    Told,
    cell_words,
    chance,
    change,
    first_large,
    input_words,
    per_cent,
)
from mcsim.report.language import retold, say
from mcsim.report.shares import shares_of
from mcsim.result.matrix import SEVERAL, SINGLE, Matrix, unit_of
from mcsim.result.moved import Moved
from mcsim.study import BoolArray, FloatArray, Study
from mcsim.study.language import in_language as study_in
from mcsim.study.outcomes import Outcome
from mcsim.study.select import Cell

if TYPE_CHECKING:
    import pandas as pd

MOST_LIKELY = 0.5  # share of the draws from which on a lever helps, or costs
FIRST = 9  # outcomes that are told at once, as the study has them in order; the others stand folded up
SHOWN = 3  # inputs that are told of each difference
TINY = 0.002  # of the largest end of an outcome's bands: what is less is told as about 0


@dataclass(frozen=True, slots=True, eq=False)
class Lever:
    """What is compared with the baseline.

    Parameters
    ----------
    study : Study
        Its study.
    kind : str
        As in `mcsim.result.matrix`.
    moved : tuple of Moved
        Outputs that it moves most, those of the outcomes apart.
    notes : tuple of str
        Lines that the reader has to know.
    """

    study: Study
    kind: str
    moved: tuple[Moved, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A whole comparison.

    Parameters
    ----------
    first : Study
        The baseline.
    headline : str
        How many draws stand behind it.
    seed : int
        Of the draws.
    design : str
        Of the draws.
    matrix : Matrix
        Outcomes, draw by draw.
    levers : tuple of Lever
        In the order of the matrix, the baseline apart.
    deltas : DataFrame
        Bands of every output's difference.
    rankings, ladders : mapping
        Place in the matrix -> what decides the differences; -> outcomes (n_steps, n_outcomes, n_draws).
    notes : tuple of str
        Lines that the reader has to know.
    """

    first: Study
    headline: str
    seed: int
    design: str
    matrix: Matrix
    levers: tuple[Lever, ...]
    deltas: pd.DataFrame
    rankings: Mapping[int, Ranking] = field(default_factory=dict)
    ladders: Mapping[int, FloatArray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def in_language(found: Compared, language: str) -> Compared:
    """Return a comparison whose studies and outcomes are told in a language; numbers and names stay."""
    first = study_in(found.first, language)
    levers = tuple(
        replace(
            lever,
            study=study_in(lever.study, language),
            moved=tuple(replace(one, cell=_said_of(one.cell, first)) for one in lever.moved),
        )
        for lever in found.levers
    )
    titles = (first.title, *(lever.study.title for lever in levers))
    labels = {outcome.name: outcome.label for outcome in first.outcomes}
    outcomes = tuple(replace(one, label=labels.get(one.name, one.label)) for one in found.matrix.outcomes)
    return replace(found, first=first, levers=levers, matrix=replace(found.matrix, titles=titles, outcomes=outcomes))


def _said_of(cell: Cell, study: Study) -> Cell:
    """Return a cell whose output has the meaning that a study has for it."""
    meanings = {output.name: output.meaning for output in study.declared}
    return replace(cell, output=replace(cell.output, meaning=meanings.get(cell.output.name, cell.output.meaning)))


def _more_or_less() -> tuple[str, ...]:
    return tuple(map(say, MORE_OR_LESS))


def outcome_words(study: Study, outcome: Outcome) -> str:
    """Return an outcome as a reader reads it."""
    return outcome.label or cell_words(study, outcome.cell)


def told_of_delta(matrix: Matrix, place: int, at: int) -> Told:
    """Return what the draws say of a difference."""
    values = matrix.deltas[place, at]
    known = values[~np.isnan(values)]
    if not len(known):
        return Told(np.nan, np.nan, np.nan, np.nan, 1.0, unit_of(matrix.outcomes[at]))
    low, middle, high = np.quantile(known, (0.025, 0.5, 0.975)).tolist()
    missing = 1.0 - len(known) / len(values)
    return Told(middle, low, high, float(known.mean()), missing, unit_of(matrix.outcomes[at]))


def nearly_still(matrix: Matrix) -> BoolArray:
    """Return where a difference is about 0 beside those that others make, (n_studies, n_outcomes)."""
    low, _, high = np.abs(matrix.bands())
    ends = np.fmax(low, high)
    most = np.fmax.reduce(ends[1:], axis=0)
    return np.asarray(ends < TINY * most, np.bool_)


def sentence(found: Compared, place: int) -> str:
    """Return what a lever helps, what it costs and what else it moves, in a sentence each."""
    told = effects(found, place)
    parts = [f"{kind}: {'; '.join(listed)}." for kind, listed in told.by_kind]
    parts += [told.nothing] if told.nothing else []
    parts += [say("Beside these it moves most: {what}.", what="; ".join(told.most))] if told.most else []
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a lever does.

    Parameters
    ----------
    by_kind : tuple of (str, tuple of str)
        Helps, costs, moves: the word for it, and what, each with its numbers; kinds of nothing are left out.
    nothing : str
        Said where all of these are.
    most : tuple of str
        Outputs beside the outcomes that it moves most.
    helped, worse : int
        Outcomes that it helps, and those that it makes worse, in most draws.
    """

    by_kind: tuple[tuple[str, tuple[str, ...]], ...]
    nothing: str
    most: tuple[str, ...]
    helped: int
    worse: int


def effects(found: Compared, place: int) -> Effects:
    """Return what a lever helps, what it costs and what else it moves, each told with its numbers."""
    matrix, study, still = found.matrix, found.first, nearly_still(found.matrix)
    lever = found.levers[place - 1]
    helps, costs, moves = [], [], []
    for at, outcome in enumerate(matrix.outcomes):
        told = told_of_delta(matrix, place, at)
        if told.nowhere or told.median == told.low == told.high == 0.0 or still[place, at]:
            continue
        words = f"{outcome_words(study, outcome)} {change(told, _more_or_less())}"
        better, worse = matrix.p_better[place, at], matrix.p_worse[place, at]
        if better >= MOST_LIKELY:
            helps.append(f"{words}, {say('better {often}', often=chance(float(better)))}")
        elif worse >= MOST_LIKELY:
            costs.append(f"{words}, {say('worse {often}', often=chance(float(worse)))}")
        elif outcome.better == 0 or max(better, worse) > 0.0:
            moves.append(words)
    kinds = ((say("Helps"), helps), (say("Costs"), costs), (say("Moves"), moves))
    by_kind = tuple((kind, tuple(listed)) for kind, listed in kinds if listed)
    nothing = ""
    if not by_kind:
        never = not np.nan_to_num(matrix.deltas[place]).any()
        changes = say("Changes nothing of what is compared here in any draw."), say("Changes next to nothing of it.")
        nothing = changes[0 if never else 1]
    most = tuple(moved_words(lever.study, one) for one in lever.moved)
    return Effects(by_kind, nothing, most, len(helps), len(costs))


def moved_words(study: Study, moved: Moved) -> str:
    """Return an output that a lever moves, in words."""
    told = Told(moved.median, moved.low, moved.high, moved.median, 0.0, moved.unit)
    return f"{cell_words(study, moved.cell)} {change(told, _more_or_less())}"


def drivers(found: Compared, place: int) -> str:
    """Return what decides the difference that a lever makes first, or nothing where it was not ranked."""
    return "; ".join(driven(found, place))


def driven(found: Compared, place: int) -> list[str]:
    """Return what decides the difference that a lever makes in each outcome."""
    ranking = found.rankings.get(place)
    if ranking is None:
        return []
    lines = []
    for at, outcome in enumerate(found.matrix.outcomes):
        told = told_of_delta(found.matrix, place, at)
        if told.nowhere or told.low == told.high:
            continue
        rows = ranking.table(outcome.name)
        shares = shares_of(rows)
        if not shares or rows[shares[0].key].isna().all():
            continue
        key = shares[0].key
        leading = rows.dropna(subset=[key]).sort_values(key, ascending=False).head(SHOWN).to_dict("records")
        named = [
            f"{input_words(found.levers[place - 1].study, row['input'])} ({per_cent(row[key])})" for row in leading
        ]
        lines.append(f"{outcome_words(found.first, outcome)}: {', '.join(named)}")
    return lines


def leaders(matrix: Matrix, kind: str) -> list[tuple[int, int]]:
    """Return (outcome, place) of the lever of a kind that is best in most draws, where it helps in most."""
    pairs = []
    rows = [place for place, one in enumerate(matrix.kinds) if one == kind]
    for at, outcome in enumerate(matrix.outcomes):
        if outcome.better == 0 or not rows:
            continue
        best = max(rows, key=lambda place: (matrix.p_best[place, at], matrix.p_better[place, at]))
        if matrix.p_better[best, at] >= MOST_LIKELY:
            pairs.append((at, best))
    return pairs


@dataclass(frozen=True, slots=True)
class Answer:
    """A lever that does most for something.

    Parameters
    ----------
    place : int
        In the matrix.
    kind, title : str
        Of the lever.
    helps, costs : tuple of str
        What it is best of its kind for, and what it makes worse, each with the numbers.
    """

    place: int
    kind: str
    title: str
    helps: tuple[str, ...]
    costs: tuple[str, ...]


def answers(found: Compared) -> list[Answer]:
    """Return which levers help most with what, levers before packages, and what each of these costs elsewhere."""
    told = []
    for kind in (SINGLE, SEVERAL):
        leading: dict[int, list[int]] = {}
        for at, place in leaders(found.matrix, kind):
            if at < FIRST:
                leading.setdefault(place, []).append(at)
        told += [_answer(found, place, outcomes) for place, outcomes in leading.items()]
    return told


def _answer(found: Compared, place: int, outcomes: Sequence[int]) -> Answer:
    """Return what a lever is best of its kind for, and what it costs elsewhere."""
    matrix, still = found.matrix, nearly_still(found.matrix)
    kind = matrix.kinds[place]

    def told(at: int) -> str:
        words = change(told_of_delta(matrix, place, at), _more_or_less())
        return f"{outcome_words(found.first, matrix.outcomes[at])}: {words}"

    alone = matrix.kinds.count(kind) == 1
    helps = [
        told(at) if alone else f"{told(at)}, {say('best {often}', often=chance(float(matrix.p_best[place, at])))}"
        for at in outcomes
    ]
    worse = (matrix.p_worse[place] >= MOST_LIKELY) & ~still[place]
    costs = [told(int(at)) for at in np.flatnonzero(worse[:FIRST])]
    more = int(worse[FIRST:].sum())
    costs += [say("{count} of the other outcomes, below", count=more)] if more else []
    return Answer(place, kind, matrix.titles[place], tuple(helps), tuple(costs))


def title(found: Compared) -> str:
    """Return the answer in a line."""
    matrix = found.matrix
    for kind in (SINGLE, SEVERAL):
        for at, place in leaders(matrix, kind):
            words = change(told_of_delta(matrix, place, at), _more_or_less())
            others, what = matrix.kinds.count(kind), first_small(outcome_words(found.first, matrix.outcomes[at]))
            if others == 1:
                return f"{matrix.titles[place]}: {what} {words}"
            slots = {"count": others, "lever": matrix.titles[place], "what": what, "words": words}
            if kind == SINGLE:
                return say("Of {count} levers “{lever}” does most for {what}: {words}", **slots)
            return say("Of {count} packages “{lever}” does most for {what}: {words}", **slots)
    if any(outcome.better for outcome in matrix.outcomes):
        return say("Nothing that is compared helps {study} in most draws", study=found.first.title)
    others_told = say(" and ").join(matrix.titles[1:])
    return say("{levers} against {study}", levers=others_told, study=found.first.title)


def first_small(text: str) -> str:
    """Return a text with a small first letter, but for a word of capitals."""
    return text[:1].lower() + text[1:] if not text[:2].isupper() else text


def sentences(found: Compared) -> list[str]:
    """Return a comparison as lines of text for a terminal."""
    count = say("{count} draws", count=f"{found.matrix.values.shape[-1]:,}")
    lines = [say("against {study}, draw by draw ({count})", study=found.first.title, count=count)]
    for place, lever in enumerate(found.levers, start=1):
        lines.append(f"{found.matrix.titles[place]}")
        lines += [f"  {say('warning: {what}', what=retold(note))}" for note in lever.notes]
        lines.append(f"  {sentence(found, place)}")
        decided = drivers(found, place)
        lines += [f"  {say('what decides it: {what}', what=decided)}"] if decided else []
    return lines + [say("warning: {what}", what=retold(note)) for note in found.notes]


def ladder_table(found: Compared) -> pd.DataFrame:
    """Return the ladders as a tidy table: lever, strength, outcome, unit and the band of the difference."""
    import pandas as pd

    from mcsim.engine.ladder import STEPS
    from mcsim.result.matrix import quantiles

    rows = []
    for place, values in found.ladders.items():
        low, middle, high = quantiles(values - values[:1])
        for step, strength in enumerate(STEPS):
            for at, outcome in enumerate(found.matrix.outcomes):
                numbers = (middle[step, at], low[step, at], high[step, at])
                rows.append([found.matrix.names[place], strength, outcome.name, unit_of(outcome), *numbers])
    return pd.DataFrame(rows, columns=["lever", "strength", "outcome", "unit", "median", "p2.5", "p97.5"])


def repeated(found: Compared) -> str:
    """Return the command that makes a comparison like this one, without a path of this machine."""
    names: Sequence[str] = [_name(study) for study in (found.first, *(lever.study for lever in found.levers))]
    draws = found.matrix.values.shape[-1]
    parts = [f"mcsim compare {' '.join(names)} --draws {draws} --seed {found.seed}"]
    parts += [f"--design {found.design}"] if found.design != "random" else []
    parts += ["--ladder"] if found.ladders else []
    parts += [] if found.rankings else ["--no-sensitivity"]
    return " ".join(parts)


def _name(study: Study) -> str:
    return Path(study.origin.replace("\\", "/")).stem if study.origin else study.name


def about(found: Compared) -> dict[str, Any]:
    """Return what stands at the foot of the page."""
    import mcsim

    return {
        "made": say(
            "mcsim {version}, study {name}, version {number}",
            version=mcsim.__version__,
            name=found.first.name,
            number=found.first.version,
        ),
        "licence": found.first.brief.licence,
        "repeat": repeated(found),
        "first_large": first_large,
    }
