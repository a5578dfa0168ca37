"""Sentences that answer: templates of the study filled with the numbers of a run, signs and words chosen by them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mcsim.report.language import say
from mcsim.report.shares import shares_of
from mcsim.report.style import number, scale, share, unit_words
from mcsim.result.pairs import POINTS
from mcsim.study import Study
from mcsim.study.answers import FIRST, MANY, Slot, Template, slots
from mcsim.study.declared import INDICATOR
from mcsim.study.select import Cell

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

CERTAIN = 0.95  # share of the draws from which on a chance is decided
MORE_OR_LESS = ("more", "less")


@dataclass(frozen=True, slots=True)
class Told:
    """What a run says of one element.

    Parameters
    ----------
    median, low, high, mean : float
        Of the draws that have a value; NaN where none has.
    undefined : float
        Share of the draws that have none.
    unit : str
        Of the element.
    """

    median: float
    low: float
    high: float
    mean: float
    undefined: float
    unit: str

    @property
    def nowhere(self) -> bool:
        """Whether the element has a value in no draw."""
        return self.undefined >= 1.0

    @property
    def sign(self) -> int:
        """1 above zero (of a chance: in most draws), -1 below, 0 undecided: the 95 % band holds zero."""
        if self.unit == INDICATOR:
            return 1 if self.mean >= CERTAIN else -1 if self.mean <= 1.0 - CERTAIN else 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    @property
    def leaning(self) -> int:
        """1 or -1: the side on which most draws are."""
        return 1 if (self.mean >= 0.5 if self.unit == INDICATOR else self.median >= 0) else -1


def told_of(result: Result, cell: Cell) -> Told:
    """Return what a run says of one element."""
    row = result.row(cell.output.name, **cell.labels)
    low, middle, high = (float(row[key]) for key in ("p2.5", "p50", "p97.5"))
    return Told(middle, low, high, float(row["mean"]), float(row["undefined"]), str(row["unit"]))


class Piece(NamedTuple):
    """A piece of a sentence.

    Parameters
    ----------
    text : str
        As a reader reads it.
    cell : Cell, optional
        The element whose number it tells.
    """

    text: str
    cell: Cell | None = None


Sentence = list[Piece]


def plain_text(sentence: Sentence) -> str:
    """Return a sentence as text."""
    return "".join(piece.text for piece in sentence)


def answers_of(result: Result, ranking: Ranking | None) -> list[Sentence]:
    """Return the sentences that answer the study's question, of outputs that exist and are ranked in this run."""
    told = (_sentence(result, ranking, text, otherwise) for text, otherwise in result.study.brief.answers)
    return [sentence for sentence in told if sentence]


def title_of(result: Result, ranking: Ranking | None) -> Sentence:
    """Return the answer in a line, or the study's title where it gives none or its elements have no value."""
    return _filled(result, ranking, result.study.brief.title) or [Piece(result.study.title)]


def _sentence(result: Result, ranking: Ranking | None, text: Template, otherwise: Template) -> Sentence:
    if not _exist(result, text):
        return []
    elements = [slot for slot in slots(text) if slot.part != FIRST]
    nowhere = [slot.cell for slot in elements if told_of(result, slot.cell).nowhere]
    if nowhere:
        if otherwise:
            return _filled(result, ranking, otherwise)
        return [Piece(say("{what}: undefined in all draws.", what=cell_words(result.study, nowhere[0])), nowhere[0])]
    found = _filled(result, ranking, text)
    if not found or any(slot.part == "undefined" for slot in elements):
        return found
    parts = [(told_of(result, slot.cell).undefined, slot.cell) for slot in elements]
    missing, cell = max(parts, key=lambda part: part[0], default=(0.0, None))
    told = Piece(say("Undefined in {part} of the draws.", part=share(missing)), cell)
    return [*found, Piece(" "), told] if missing > 0 else found


def _exist(result: Result, text: Template) -> bool:
    return all(slot.cell.output.name in result.bands for slot in slots(text))


def _filled(result: Result, ranking: Ranking | None, text: Template) -> Sentence:
    """Return a template with its slots filled, or nothing where one of them has nothing to say in this run."""
    if not text or not _exist(result, text):
        return []
    parts: Sentence = []
    for part in text:
        if isinstance(part, str):
            parts.append(Piece(part))
            continue
        told = _first(result, part) if part.part == FIRST else _slot(result, ranking, part)
        if not told:
            return []
        parts += told
    first, *rest = parts
    parts = [first._replace(text=first_large(first.text.lstrip())), *rest]
    return [*parts[:-1], parts[-1]._replace(text=parts[-1].text.rstrip())]


def _slot(result: Result, ranking: Ranking | None, slot: Slot) -> Sentence:
    said = _drivers(result.study, ranking, slot) if slot.part.startswith("driver") else _said(result, slot)
    counts = not slot.words or slot.form == "change"
    return [Piece(said, slot.cell if counts else None)] if said else []


def first_large(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]


def _said(result: Result, slot: Slot) -> str:
    told = told_of(result, slot.cell)
    if slot.part == "undefined":
        return format_number(told.undefined, "share", slot.form) if slot.form else share(told.undefined)
    if told.nowhere:
        return ""
    if slot.form == "change":
        return change(told, slot.words or tuple(map(say, MORE_OR_LESS)))
    if slot.words:
        if told.sign == 0 and len(slot.words) > 2:
            return slot.words[2]
        return slot.words[0 if (told.sign or told.leaning) > 0 else 1]
    if slot.part == "probability" or slot.form == "chance" or (told.unit == INDICATOR and not slot.part):
        part = told.mean if told.unit == INDICATOR else _beyond(result, slot.cell, told.leaning)
        return chance(part) if slot.form in ("", "chance", "value") else format_number(part, "share", slot.form)
    if slot.form == "band":
        middle, low, high, unit = in_one_unit(told)
        band = say("{low} to {high}", low=low, high=spaced(high, short(unit)))
        return f"{spaced(middle, unit)} (95 %: {band})"
    value = {"low": told.low, "high": told.high}.get(slot.part, told.median)
    if slot.form in ("", "value"):
        texts = dict(zip(("", "low", "high", "unit"), in_one_unit(told), strict=True))
        return spaced(texts[slot.part], texts["unit"])
    return format_number(value, told.unit, slot.form)


def _first(result: Result, slot: Slot) -> Sentence:
    """Return the labels that stand highest, with the share of the draws in which each is among so many."""
    output = slot.cell.output
    (dim,) = (dim.name for dim in output.dims if dim.name not in slot.cell.labels)
    many = int(slot.form or MANY)
    rows = result.standings(output.name, dim, top=many, **slot.cell.labels).head(many).to_dict("records")
    if any(row["n"] == 0 for row in rows):
        return []
    pieces: Sentence = []
    for place, row in enumerate(rows):
        between = "" if place == 0 else say(" and ") if place == len(rows) - 1 else ", "
        labels = {**slot.cell.labels, dim: row[dim]}
        cell = Cell(output, {one.name: labels[one.name] for one in output.dims})
        text = f"{result.study.labels.word(dim, row[dim])} ({share(row['p_top'])})"
        pieces += [Piece(between), Piece(text, cell)] if between else [Piece(text, cell)]
    return pieces


def _beyond(result: Result, cell: Cell, side: int) -> float:
    """Return the share of the draws with a value that lie on a side of zero."""
    draws = np.asarray(result.values(cell.output.name, **cell.labels), float)
    return float((side * draws[np.isfinite(draws)] > 0).mean())


def chance(part: float) -> str:
    """Return a share of the draws as a chance.

    Examples
    --------
    >>> chance(0.43), chance(1.0), chance(0.0), chance(0.999)
    ('in 43 % of the draws', 'in all draws', 'in no draw', 'in more than 99 % of the draws')
    """
    if part in (0.0, 1.0):
        return say("in all draws") if part == 1.0 else say("in no draw")
    return say("in {part} of the draws", part=share(part))


def change(told: Told, words: Sequence[str]) -> str:
    """Return a change with the word for its sign, its band told by the same word or, where undecided, by both."""
    if told.low == told.high == 0.0:
        return say("no change")
    middle, low, high, unit = (text.removeprefix(MINUS) for text in in_one_unit(told))
    word = words[0 if told.leaning > 0 else 1]
    if told.low >= 0.0:
        band = say("{low} to {high}", low=low, high=spaced(high, short(unit)))
    elif told.high <= 0.0:
        band = say("{low} to {high}", low=high, high=spaced(low, short(unit)))
    else:
        ends = f"{spaced(low, unit)} {words[1]}", f"{spaced(high, unit)} {words[0]}"
        band = say("{low} to {high}", low=ends[0], high=ends[1])
    return f"{spaced(middle, unit)} {word} (95 %: {band})"


MINUS = "\u2212"


def in_one_unit(told: Told) -> tuple[str, str, str, str]:
    """Return median and both ends of the band in one unit, with the digits that the band's width leaves sense to.

    Examples
    --------
    >>> in_one_unit(Told(-0.3871, -0.491, -0.278, -0.38, 0.0, "relative"))
    ('\u221239', '\u221249', '\u221228', '%')
    >>> in_one_unit(Told(2041.0, 2036.0, 2048.0, 2041.0, 0.0, "yr"))
    ('2041', '2036', '2048', '')
    """
    if told.unit == "yr" and told.low >= 1000:
        first, second, third = (f"{value:.0f}" for value in (told.median, told.low, told.high))
        return first, second, third, ""
    divisor, unit = scale(told.unit, max(abs(told.median), abs(told.low), abs(told.high)))
    middle, low, high = (value / divisor for value in (told.median, told.low, told.high))
    width = high - low if high > low else abs(middle)
    decimals = max(0, 1 - math.floor(math.log10(width))) if width > 0 else 0
    first, second, third = (rounded(value, min(decimals, 9)) for value in (middle, low, high))
    return first, second, third, in_words(unit)


def in_words(unit: str) -> str:
    """Return a unit behind a number as a sentence has it.

    Examples
    --------
    >>> in_words("million vehicle/yr"), in_words("t/yr"), in_words("%")
    ('million vehicles a year', 't a year', '%')
    """
    things, slash, per = unit.partition("/")
    things = unit_words(things + "s" if things.rpartition(" ")[2] in COUNTED else things)
    return say("{things} a year", things=things) if slash and per == "yr" else f"{things}{slash}{unit_words(per)}"


COUNTED = ("vehicle", "pack")


def rounded(value: float, decimals: int) -> str:
    """Return a number with so many decimals and a true minus sign; a negative zero is zero."""
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.removeprefix("-")
    return text.replace("-", MINUS)


def spaced(text: str, unit: str) -> str:
    """Return a number with its unit behind it."""
    return f"{text} {unit}".strip()


def short(unit: str) -> str:
    """Return what is repeated of a unit in brackets behind it: per cent alone."""
    return unit if unit == "%" else ""


def format_number(value: float, unit: str, form: str) -> str:
    """Return a number in the format of a template; per cent as words write it."""
    text = format(value, form).replace("-", MINUS)
    return text[:-1] + " %" if text.endswith("%") else text


def leading(ranking: Ranking | None, cell: Cell, most: int) -> list[dict[str, Any]]:
    """Return the leading inputs of an element: ``input, share, low, high``; none where it was not ranked."""
    if ranking is None or cell.output.name not in {output.name for output in ranking.outputs}:
        return []
    rows = ranking.table(cell.output.name, **cell.labels)
    shares = shares_of(rows)
    if not shares:
        return []
    key = shares[0].key
    rows = rows.dropna(subset=[key]).sort_values(key, ascending=False).head(most)
    columns = (rows[name].tolist() for name in ("input", key, f"{key}_low", f"{key}_high"))
    return [dict(zip(("input", "share", "low", "high"), row, strict=True)) for row in zip(*columns, strict=True)]


def _drivers(study: Study, ranking: Ranking | None, slot: Slot) -> str:
    found = leading(ranking, slot.cell, 2)
    if slot.part == "drivers":
        told = [f"{input_words(study, row['input'])} ({per_cent(row['share'])})" for row in found]
        return say(" and ").join(told)
    place = 1 if slot.part == "driver2" else 0
    if place >= len(found):
        return ""
    name, part = input_words(study, found[place]["input"]), per_cent(found[place]["share"])
    return {"name": name, "share": part, "": f"{name} ({part})"}[slot.form]


def per_cent(part: float) -> str:
    """Return a share of the variance in per cent, from 0 to 100: an estimate beyond is the estimate's error.

    Examples
    --------
    >>> per_cent(0.234), per_cent(-0.02), per_cent(1.06)
    ('23 %', '0 %', '100 %')
    """
    return f"{100 * min(max(part, 0.0), 1.0):.0f} %"


def input_words(study: Study, name: str) -> str:
    """Return the long name of an input or group, of a group of dependent inputs those of its members."""
    meanings = _meanings(study)
    first, *others = (study.labels.name(part, meanings.get(part, "")) for part in name.split(" + "))
    return first + (say(" with ") + say(" and ").join(others) if others else "")


@lru_cache(2)
def _meanings(study: Study) -> dict[str, str]:
    """Return what the scalars of a study mean, by name."""
    return {item.name: item.meaning for item in study.inputs if item.table is None}


def cell_words(study: Study, cell: Cell) -> str:
    """Return an element in words: its output's long name, then those of its labels."""
    output = study.labels.name(cell.output.name, cell.output.meaning)
    words = [study.labels.word(dim, code) for dim, code in cell.labels.items()]
    return ", ".join([first_large(output), *words])


def row_numbers(told: Told) -> tuple[str, str, str]:
    """Return a row's number, its band (the unit once), and in how many draws there is none."""
    if told.nowhere:
        return say("undefined in all draws"), "", ""
    missing = say("undefined in {part} of the draws", part=share(told.undefined)) if told.undefined > 0 else ""
    if told.unit == INDICATOR:
        return chance(told.mean), "", missing
    if told.unit == POINTS:  # of -100, 0 and 100 the mean alone says something
        mean = f"{told.mean:+.3g} {unit_words(POINTS)}".replace("-", MINUS)
        return say("{value}, mean of the draws", value=mean), "", missing
    if not all(map(math.isfinite, (told.low, told.high))):
        return number(told.median, told.unit), "", missing
    middle, low, high, unit = in_one_unit(told)
    plus = "+" if told.unit == "relative" and told.median > 0 and middle.strip("0.,") else ""
    return spaced(plus + middle, unit), say("{low} to {high}", low=low, high=high), missing
