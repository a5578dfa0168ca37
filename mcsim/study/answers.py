"""What a report answers: the sentences of [[report.answers]], texts with named slots, read before anything is run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcsim.study.declared import INDICATOR, Output
from mcsim.study.errors import InputError, one_of
from mcsim.study.model import Model
from mcsim.study.select import Cell, parse_cell

STATISTICS = ("low", "high", "probability", "undefined")
DRIVERS = ("driver", "driver2", "drivers")
FIRST = "first"  # the labels of the one dim that is open that stand highest among one another
MANY = 3  # of which so many are named
FORMS = ("value", "band", "change", "chance")
FORMS_OF_DRIVERS = ("name", "share")
SLOT = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of a sentence.

    Parameters
    ----------
    cell : Cell
        The one element that it speaks of; of `FIRST` all those along one dim.
    part : str
        Its median where empty; a word of `STATISTICS`, or of `DRIVERS`, or `FIRST`.
    form : str
        A word of `FORMS`, the format of a number such as ``.0%``, or empty: what its part takes by itself. Of `FIRST`
        how many are named, `MANY` where empty.
    words : tuple of str
        Instead of a number: the words for above zero, below zero and, where there are three, for undecided.
    """

    cell: Cell
    part: str = ""
    form: str = ""
    words: tuple[str, ...] = ()


Template = tuple[str | Slot, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table on page one: an element, and what it is called where its labels do not say it well."""

    cell: Cell
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Brief:
    """What page one says.

    Parameters
    ----------
    entry : mapping
        As [report] of the study file holds it, with the place that errors begin with.
    title : Template
        The answer in a line; empty where the study gives none.
    answers : tuple of (Template, Template)
        Sentences, each with what stands in its place where one of its elements has a value in no draw.
    rows : tuple of Row
        Of the table.
    """

    entry: Mapping[str, Any] = field(default_factory=dict)
    title: Template = ()
    answers: tuple[tuple[Template, Template], ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def licence(self) -> str:
        """The licence of the data, in words."""
        return str(self.entry.get("licence", ""))

    @property
    def picture(self) -> Mapping[str, Any] | None:
        """The picture that answers, as an entry of [[report.figures]] says it."""
        found: Mapping[str, Any] | None = self.entry.get("picture")
        return found


def brief_of(entry: Mapping[str, Any], model: Model, place: str) -> Brief:
    """Return what [report] says of page one, checked against the outputs of a model.

    Parameters
    ----------
    entry : mapping
        As the schema reads it.
    model : Model
        What gives the outputs.
    place : str
        What an error begins with, such as ``study.toml: report``.

    Raises
    ------
    InputError
        One line for an unknown slot, label or format, with the nearest.
    """
    answers: list[tuple[Template, Template]] = []
    for number, answer in enumerate(entry.get("answers", ()), start=1):
        at = f"{place}.answers[{number}]"
        other = answer.get("undefined", "")
        answers.append((template(answer["text"], model, f"{at}.text"), template(other, model, f"{at}.undefined")))
    rows = [
        Row(one_cell(row["output"], model, f"{place}.rows[{number}].output"), row.get("label", ""))
        for number, row in enumerate(entry.get("rows", ()), start=1)
    ]
    return Brief(entry, template(entry.get("title", ""), model, f"{place}.title"), tuple(answers), tuple(rows))


def template(text: str, model: Model, place: str) -> Template:
    """Return a text with its slots read; doubled braces are braces."""
    parts: list[str | Slot] = []
    end = 0
    for found in SLOT.finditer(text):
        parts.append(text[end : found.start()])
        end = found.end()
        if found[0] in ("{{", "}}"):
            parts.append(found[0][0])
        elif found[1] is None:
            raise InputError(f"{place}: a brace without its other (got {text[found.start() :][:30]!r}); {{{{ or }}}}")
        else:
            parts.append(_slot(found[1].strip(), model, place))
    return tuple(part for part in (*parts, text[end:]) if part != "")


def one_cell(text: str, model: Model, place: str) -> Cell:
    """Return the one element that a text names."""
    cell = parse_cell(text, lambda name: _output(name, model, place), place)
    missing = [dim for dim in cell.output.dims if dim.name not in cell.labels]
    if missing:
        known = one_of(missing[0].coords)
        raise InputError(f"{place}: several elements (got {text!r}); a label of {missing[0].name} too: {known}")
    if not cell.mask.any():
        raise InputError(f"{place}: an element without a meaning (got {text!r}); other labels")
    return cell


def _output(name: str, model: Model, place: str) -> Output:
    known = {output.name: output for output in model.outputs}
    if name not in known:
        raise InputError(f"{place}: no such output (got {name!r}); {one_of(known, name)}")
    return known[name]


def _slot(text: str, model: Model, place: str) -> Slot:
    what, colon, form = text.rpartition(":")
    if not colon:
        what, form = text, ""
    if not what:
        raise InputError(f"{place}: an empty slot (got {'{' + text + '}'!r}); OUTPUT@LABEL,... and a format")
    first, blank, rest = what.partition(" ")
    driver = first if blank and "@" not in first else ""
    if driver == FIRST:
        return _first(rest.strip(), form.strip(), model, place)
    if driver and driver not in DRIVERS:
        raise InputError(f"{place}: no such slot (got {driver!r}); {one_of((*DRIVERS, FIRST), driver)}")
    part, named = driver, rest if driver else what
    if not driver:
        before, dot, after = what.rpartition(".")
        if dot and after.isidentifier() and before:
            if after not in STATISTICS:
                raise InputError(f"{place}: nothing is told of an element by this word (got {after!r}); "
                                 f"{one_of(STATISTICS, after)}")  # fmt: skip
            part, named = after, before
    cell = one_cell(named.strip(), model, place)
    _check_part(cell, part, place)
    return Slot(cell, part, *_form(form.strip(), part, cell, place))


def _first(text: str, form: str, model: Model, place: str) -> Slot:
    cell = parse_cell(text, lambda name: _output(name, model, place), place)
    open_dims = [dim.name for dim in cell.output.dims if dim.name not in cell.labels]
    if len(open_dims) != 1:
        raise InputError(f"{place}: {len(open_dims)} dims without a label (got {text!r}); {FIRST} names those of one")
    if not cell.output.keep:
        raise InputError(f"{place}: {cell.output.name}: stored as bands, not by draw (got {FIRST!r}); one that is kept")
    if form and not (form.isdecimal() and int(form) > 0):
        raise InputError(f"{place}: not a count (got {form!r}); how many are named, such as {MANY}")
    return Slot(cell, FIRST, form)


def _check_part(cell: Cell, part: str, place: str) -> None:
    output = cell.output
    if part in DRIVERS and not output.rank:
        raise InputError(f"{place}: {output.name}: not ranked (got {part!r}); an output declared with rank = true")
    if part == "probability" and output.unit != INDICATOR and not output.keep:
        raise InputError(f"{place}: {output.name}: stored as bands, not by draw (got {part!r}); low and high")
    if part in ("low", "high") and output.unit == INDICATOR:
        raise InputError(f"{place}: {output.name}: 0 or 1 in a draw has no band (got {part!r}); probability")


def _form(form: str, part: str, cell: Cell, place: str) -> tuple[str, tuple[str, ...]]:
    """Return the form of a slot and its words."""
    name, _, said = form.partition(" ")
    if part in DRIVERS:
        known = FORMS_OF_DRIVERS if part != "drivers" else ()
        if form and form not in known:
            raise InputError(f"{place}: no such format of {part} (got {form!r}); {one_of(known, form)}")
        return form, ()
    if name == "change" and said:
        return name, _words(said, place, 2)
    if "|" in form:
        return "", _words(form, place, 3)
    if form in FORMS or not form:
        if form in ("band", "change") and (part or cell.output.unit == INDICATOR):
            raise InputError(f"{place}: {form} is of an element with a band (got {cell}); no {form}")
        return form, ()
    try:
        format(0.5, form)
    except ValueError:
        remedy = f"{one_of((*FORMS, 'above|below|undecided'), form)}, or of a number such as .0%"
        raise InputError(f"{place}: no such format (got {form!r}); {remedy}") from None
    return form, ()


def _words(text: str, place: str, most: int) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split("|"))
    if not 2 <= len(words) <= most:
        raise InputError(f"{place}: {len(words)} words (got {text!r}); above|below{'|undecided' if most > 2 else ''}")
    return words


def slots(parts: Sequence[str | Slot]) -> list[Slot]:
    """Return the slots of a template."""
    return [part for part in parts if isinstance(part, Slot)]
