"""What a study asks of its report, read and checked against the kinds of figures before anything is drawn or run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcsim.report.kind import Figure, Kind
from mcsim.report.kinds import KINDS
from mcsim.report.panels import MOST_PANELS
from mcsim.study import InputError, Output, Study
from mcsim.study.errors import one_of
from mcsim.study.labels import Labels
from mcsim.study.select import selection

NO_LABELS = Labels()
FIRST = ("kind", "output")  # the keys that every figure has


def check_figures(study: Study) -> None:
    """Refuse a study whose report cannot be written as ``[[report.figures]]`` asks.

    Parameters
    ----------
    study : Study
        Loaded, with its options set.

    Raises
    ------
    InputError
        In one line: file, place (figures count from 1, as they stand in the file), key, what is wrong, the value, what
        would be right.
    """
    read_figures(study)
    read_picture(study)


def read_picture(study: Study) -> Figure | None:
    """Return the picture of page one, checked; None where the study leaves it to its first figure."""
    entry = study.brief.picture
    if entry is None:
        return None
    place = f"{study.origin or study.name}: report.picture"
    figure = figure_of(entry, {output.name: output for output in study.model.outputs}, place, study.labels)
    if figure.kind.draw is None:
        raise InputError(f"{place}: kind: no picture (got {figure.kind.name!r}); {one_of(KINDS)}")
    return figure


def read_figures(study: Study) -> list[Figure]:
    """Return the figures that a study asks for, checked, whether or not its options leave their outputs."""
    outputs = {output.name: output for output in study.model.outputs}
    return [
        figure_of(entry, outputs, f"{study.origin or study.name}: report.figures[{number}]", study.labels)
        for number, entry in enumerate(study.figures, start=1)
    ]


def figure_of(entry: Any, outputs: Mapping[str, Output], place: str, labels: Labels = NO_LABELS) -> Figure:
    """Return one figure from an entry of ``[[report.figures]]``.

    Parameters
    ----------
    entry : mapping
        As the study file holds it.
    outputs : mapping
        Name -> output of the model.
    place : str
        What an error begins with.
    labels : Labels
        Long names of what it shows, and maps of tiles.

    Raises
    ------
    InputError
        As `check_figures` says.
    """
    if not isinstance(entry, Mapping):
        raise InputError(f"{place}: not a section (got {entry!r}); [[report.figures]] with kind and output below it")
    for key, known, words in (("kind", KINDS, "kind"), ("output", outputs, "output")):
        if key not in entry:
            raise InputError(f"{place}: {key}: missing; {one_of(known)}")
        if not isinstance(entry[key], str) or entry[key] not in known:
            raise InputError(f"{place}: {key}: no such {words} (got {entry[key]!r}); {one_of(known, str(entry[key]))}")
    kind, output = KINDS[entry["kind"]], outputs[entry["output"]]
    figure = Figure(kind, output, _read_keys(kind, output, entry, place), labels)
    _check_dims(figure, place)
    lacks = kind.reads.lacks(output)
    if lacks:
        raise InputError(f"{place}: output: {output.name} gives a {kind.name} figure nothing to read: {lacks}")
    wants = "" if kind.wants is None else kind.wants(figure)
    if wants:
        raise InputError(f"{place}: {wants}")
    return figure


def _read_keys(kind: Kind, output: Output, entry: Mapping[str, Any], place: str) -> dict[str, Any]:
    known = [*FIRST, *(key.name for key in kind.keys)]
    for name in entry:
        if name not in known:
            raise InputError(f"{place}: {name}: unknown key of a {kind.name} figure; {one_of(known, str(name))}")
    found = {}
    for key in kind.keys:
        if key.name in entry:
            found[key.name] = key.holds.read(entry[key.name], output, f"{place}: {key.name}", entry)
        elif key.required:
            dims = one_of(dim.name for dim in output.dims)
            raise InputError(f"{place}: {key.name}: missing; a {kind.name} figure needs it: {key.meaning}, {dims}")
    return found


def _check_dims(figure: Figure, place: str) -> None:
    """Refuse labels that no mark of the figure would tell apart, and elements that have no meaning."""
    output, kind = figure.output, figure.kind
    used: dict[str, str] = {}
    for key in kind.dims:
        dim = figure.get(key)
        if dim in used:
            raise InputError(f"{place}: {key}: the {used[dim]} already (got {dim!r}); another dim, or no {key}")
        if dim is not None:
            used[dim] = key
    shown = output.mask & selection(output, figure.where)
    if not shown.any():
        raise InputError(f"{place}: where: no element of {output.name} has these labels together (got {figure.where})")
    for axis, dim in enumerate(output.dims):
        others = tuple(other for other in range(shown.ndim) if other != axis)
        count = int(shown.any(axis=others).sum())
        if dim.name not in used and dim.name not in figure.get("total", ()) and count > 1 and kind.draw is not None:
            keys = "".join(f', or {key} = "{dim.name}"' for key in kind.dims if figure.get(key) is None)
            raise InputError(
                f"{place}: where.{dim.name}: {count} labels that the figure would not tell apart; "
                f"one of them{keys}: {one_of(dim.coords)}"
            )
        if dim.name == figure.get("panel") and count > MOST_PANELS:
            raise InputError(
                f"{place}: panel: {count} panels, at most {MOST_PANELS} (got {dim.name!r}); "
                f"where.{dim.name} = [...] with fewer of its labels"
            )
