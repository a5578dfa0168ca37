"""What sources print: the figures of [[published]], read against a study's outputs and inputs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mcsim.study.declared import INDICATOR, Option, Output
from mcsim.study.errors import InputError, one_of
from mcsim.study.inputs import Input
from mcsim.study.model import Model
from mcsim.study.select import Cell, packed_cells, parse_cell, selection
from mcsim.study.types import OptionValue
from mcsim.study.units import conversion
from mcsim.study.values import is_number

Form = Literal["amount", "range", "sign", "ordering"]
SIGNS = ("above", "below")
CELLS = ("every", "most")
HOLDERS = ("output", "input", "unreached")


@dataclass(frozen=True, slots=True)
class PrintedKind:
    """What a source's figure is.

    Parameters
    ----------
    meaning : str
        In a phrase, for documents.
    form : str
        How ours is held against it: as an ``amount``, a ``range``, a ``sign`` or an ``ordering``.
    """

    meaning: str
    form: Form


KINDS: Mapping[str, PrintedKind] = {
    "stated": PrintedKind("a figure of the past or present that the source tells", "amount"),
    "result": PrintedKind("what the source computes", "amount"),
    "projection": PrintedKind("what the source computes for a year to come", "amount"),
    "input": PrintedKind("what the source takes in", "amount"),
    "observed": PrintedKind("what somebody counted or measured", "amount"),
    "range": PrintedKind("two ends, or one", "range"),
    "sign": PrintedKind("that something lies above or below zero", "sign"),
    "ordering": PrintedKind("what is largest, or the order from the largest", "ordering"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """One figure that a source prints.

    Parameters
    ----------
    name, kind, where, source : str
        What it is called, its kind, page or figure, and what prints it.
    form : str
        How ours is held against it; a number told by its ends alone is a ``range``.
    target : Cell, str or None
        Elements of an output, the name of an input, or nothing in the study.
    value, low, high : float, optional
        Printed number and what it may mean, in the target's unit; ends that are not given are None.
    words : tuple of str
        Of a sign ``above`` or ``below``, of an ordering the largest labels of `dim`, in their order.
    dim : str
        Of an ordering.
    cells : str
        Of a sign: ``every`` or ``most``.
    unit : str
        Of the numbers.
    options : mapping
        Options under which alone the figure is of the study.
    why, unreached : str
        Why ours lies elsewhere; why nothing speaks to it.
    entry : mapping
        As the study file writes it, with its place.
    """

    name: str
    kind: str
    where: str
    source: str
    form: Form
    target: Cell | str | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    dim: str = ""
    cells: str = "every"
    unit: str = ""
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    why: str = ""
    unreached: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict)


def published_of(entries: Sequence[Mapping[str, Any]], model: Model, inputs: Sequence[Input]) -> tuple[Published, ...]:
    """Return the figures of [[published]], checked against a model and the inputs of its study.

    Parameters
    ----------
    entries : sequence of mapping
        As the schema reads them; ``place`` is what an error begins with.
    model : Model
        What gives the outputs.
    inputs : sequence of Input
        Of the study.

    Raises
    ------
    InputError
        One line: file and number of the figure, key, what is wrong, the value, what would be right.
    """
    found: list[Published] = []
    for entry in entries:
        figure = _read(entry, model, inputs, entry["place"])
        if figure.name in (other.name for other in found):
            raise InputError(f"{entry['place']}.name: twice there (got {figure.name!r}); a name for each figure")
        found.append(figure)
    return tuple(found)


def _read(entry: Mapping[str, Any], model: Model, inputs: Sequence[Input], place: str) -> Published:
    holders = [key for key in HOLDERS if key in entry]
    if len(holders) != 1:
        got = " and ".join(holders) or "nothing"
        raise InputError(f"{place}: one of {', '.join(HOLDERS)} (got {got}); what speaks to the figure, or why nothing")
    texts = {key: entry[key] for key in ("name", "kind", "where", "source")}
    texts |= {key: entry.get(key, "") for key in ("why", "unreached")}
    own: dict[str, Any] = {**texts, "entry": entry}
    options = _options(entry.get("options", {}), model, place)
    form = KINDS[entry["kind"]].form
    if form == "amount" and "value" not in entry and holders != ["unreached"]:
        form = "range"
    if "cells" in entry and form != "sign":
        raise InputError(f"{place}.cells: of a sign only (got kind {entry['kind']!r}); no cells")
    if "unreached" in entry:
        return Published(**own, form=form, target=None, options=options, **_untouched(entry, place))
    target = _target(entry, model, inputs, place)
    if form in ("amount", "range"):
        return Published(**own, form=form, target=target, options=options, **_numbers(entry, inputs, target, place))
    if not isinstance(target, Cell):
        raise InputError(f"{place}.input: of a number only (got kind {entry['kind']!r}); output")
    for key in ("low", "high", "unit"):
        if key in entry:
            raise InputError(f"{place}.{key}: of a number only (got kind {entry['kind']!r}); no {key}")
    claim = _sign(entry, place) if form == "sign" else _ordering(entry, target, place)
    return Published(**own, form=form, target=target, options=options, **claim)


def _options(given: Mapping[str, Any], model: Model, place: str) -> dict[str, OptionValue]:
    known: dict[str, Option] = {option.name: option for option in model.options}
    for name in given:
        if name not in known:
            raise InputError(f"{place}.options.{name}: no such option; {one_of(known, name)}")
    try:
        return {name: known[name].check(word) for name, word in given.items()}
    except InputError as error:
        raise InputError(f"{place}.options.{error}") from None


def _untouched(entry: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return what is printed as it is printed: no output says its unit."""
    value = entry.get("value")
    numbers = {key: float(entry[key]) for key in ("value", "low", "high") if is_number(entry.get(key))}
    _check_ends(numbers, place)
    words = () if value is None or is_number(value) else tuple(value) if isinstance(value, list) else (str(value),)
    return {**numbers, "words": words, "unit": entry.get("unit", "")}


def _target(entry: Mapping[str, Any], model: Model, inputs: Sequence[Input], place: str) -> Cell | str:
    if "input" in entry:
        name, known = entry["input"], [item.name for item in inputs]
        if name not in known:
            raise InputError(f"{place}.input: no such input (got {name!r}); {one_of(known, name)}")
        return str(name)
    outputs = {output.name: output for output in model.outputs}

    def lookup(name: str) -> Output:
        if name not in outputs:
            raise InputError(f"{place}.output: {name}: no such output; {one_of(outputs, name)}")
        return outputs[name]

    cell = parse_cell(entry["output"], lookup, f"{place}.output")
    if len(cell.packed) == 0:
        raise InputError(f"{place}.output: no element has a meaning (got {entry['output']!r}); labels that go together")
    return cell


def _numbers(entry: Mapping[str, Any], inputs: Sequence[Input], target: Cell | str, place: str) -> dict[str, Any]:
    """Return value and ends in the target's unit."""
    if isinstance(target, Cell):
        missing = [dim.name for dim in target.output.dims if dim.name not in target.labels]
        if missing:
            raise InputError(f"{place}.output: several elements (got {entry['output']!r}); a label of {missing[0]} too")
        unit = target.output.unit_of(target.labels)
        if unit == INDICATOR:
            raise InputError(f"{place}.output: 0 or 1 in a draw (got {entry['output']!r}); an output with a band")
    else:
        unit = next(item.unit for item in inputs if item.name == target)
    if not any(key in entry for key in ("value", "low", "high")):
        raise InputError(f"{place}.value: missing; the printed number, or low and high")
    if KINDS[entry["kind"]].form == "range" and "value" in entry:
        raise InputError(f"{place}.value: not of a range (got {entry['value']!r}); low, high or both")
    factor = conversion(entry["unit"], unit, f"{place}.unit") if "unit" in entry else 1.0
    numbers: dict[str, float] = {}
    for key in ("value", "low", "high"):
        if key in entry:
            if not is_number(entry[key]):
                raise InputError(f"{place}.{key}: not a number (got {entry[key]!r}); what the source prints")
            numbers[key] = float(entry[key]) * factor
    _check_ends(numbers, place)
    return {**numbers, "unit": unit}


def _check_ends(numbers: Mapping[str, float], place: str) -> None:
    listed = [(key, numbers[key]) for key in ("low", "value", "high") if key in numbers]
    for (before, less), (after, more) in itertools.pairwise(listed):
        if less > more:
            raise InputError(f"{place}.{before}: above {after} (got {less:g} and {more:g}); low <= value <= high")


def _sign(entry: Mapping[str, Any], place: str) -> dict[str, Any]:
    word = entry.get("value")
    if word not in SIGNS:
        raise InputError(f"{place}.value: no sign (got {word!r}); {one_of(SIGNS, str(word))}")
    return {"words": (word,), "cells": entry.get("cells", "every")}


def _ordering(entry: Mapping[str, Any], cell: Cell, place: str) -> dict[str, Any]:
    given = entry.get("value")
    if not isinstance(given, str | list) or not given:
        raise InputError(f"{place}.value: no label (got {given!r}); the largest, or a list from the largest")
    words = tuple(given) if isinstance(given, list) else (given,)
    free = {dim.name: [str(label) for label in dim.coords] for dim in cell.output.dims if dim.name not in cell.labels}
    dims = [name for name, labels in free.items() if set(words) <= set(labels)]
    if len(dims) != 1:
        known = [label for labels in free.values() for label in labels]
        wrong = next((word for word in words if word not in known), words[0])
        raise InputError(f"{place}.value: not labels of one open dim (got {wrong!r}); {one_of(known, wrong)}")
    for word in words:
        shown = selection(cell.output, {**cell.labels, dims[0]: word}) & (packed_cells(cell.output) >= 0)
        if not shown.any():
            raise InputError(f"{place}.value: no element has a meaning (got {word!r}); another label of {dims[0]}")
    return {"words": words, "dim": dims[0]}
