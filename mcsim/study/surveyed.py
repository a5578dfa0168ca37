"""What a study file says could be measured: [[survey]], checked against the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcsim.study.errors import InputError, nearest
from mcsim.study.select import Cell, parse_cell
from mcsim.study.study import Study
from mcsim.study.survey import Survey
from mcsim.study.units import conversion


def surveys_of(raw: Sequence[Mapping[str, Any]], study: Study, path: Path) -> tuple[Survey, ...]:
    """Return the surveys of a study file.

    Parameters
    ----------
    raw : sequence of mappings
        Its [[survey]] entries, their keys and types checked.
    study : Study
        What the rest of the file says.
    path : Path
        The file, for messages.

    Raises
    ------
    InputError
        Naming the file, the key, the value and what would be right.
    """
    found: dict[str, Survey] = {}
    for entry in raw:
        survey = _survey(entry, study, f"{path}: survey.{entry['name']}")
        if survey.name in found:
            raise InputError(f"{path}: survey.{survey.name}: there twice (got {survey.name!r}); a name of its own")
        found[survey.name] = survey
    return tuple(found.values())


def _survey(entry: Mapping[str, Any], study: Study, place: str) -> Survey:
    observes, units = _observed(entry["observes"], study, f"{place}.observes")
    relative = "cv" in entry
    if relative == ("sd" in entry):
        given = "both" if relative else "neither"
        raise InputError(f"{place}: sd and cv: how far off one measurement is (got {given}); one of them")
    factor = 1.0
    if "unit" in entry and not relative:
        if len(set(units)) > 1:
            raise InputError(f"{place}.unit: elements of unlike units (got {', '.join(units)}); cv, a share of each")
        factor = conversion(entry["unit"], units[0], f"{place}.unit")
    spread, bias = float(entry["cv" if relative else "sd"]) * factor, float(entry.get("bias", 0.0)) * factor
    label = str(entry.get("label", entry["name"]))
    price = float(entry.get("cost", float("nan")))
    texts = str(entry["source"]), str(entry.get("note", ""))
    return Survey(str(entry["name"]), label, observes, int(entry["n"]), spread, bias, relative, price, *texts, entry)


def _observed(listed: Sequence[str], study: Study, place: str) -> tuple[str | tuple[Cell, ...], list[str]]:
    """Return what is observed and the units: one input, or elements of outputs."""
    inputs = {item.name: item for item in study.inputs}
    if len(listed) == 1 and listed[0] in inputs:
        return listed[0], [inputs[listed[0]].unit]
    cells = [_cell(text, study, [*inputs], place) for text in listed]
    return tuple(cells), [cell.unit for cell in cells]


def _cell(text: str, study: Study, inputs: Sequence[str], place: str) -> Cell:
    known, name = [output.name for output in study.declared], text.partition("@")[0].strip()
    if name not in known:
        raise InputError(
            f"{place}: no input or output of this name (got {text!r}); one input, or OUTPUT@LABEL,..."
            f"{nearest(name, [*inputs, *known])}"
        )
    try:
        cell = parse_cell(text, study.output)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    if len(cell.packed) != 1:
        raise InputError(f"{place}: not one element (got {text!r}); a label of each dim")
    return cell
