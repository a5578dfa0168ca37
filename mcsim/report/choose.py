"""Which figures a report holds: those that the study asks for, or plain ones for its headline outputs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from mcsim.report.check import figure_of, read_figures
from mcsim.report.keys import of_numbers
from mcsim.report.kind import Figure
from mcsim.report.style import label
from mcsim.study import Dim, Output, Study
from mcsim.study.declared import INDICATOR
from mcsim.study.select import Cell, selection

MOST_LINES, MOST_PANELS = 6, 12  # of a plain figure
MOST_ROWS = 8  # of the table on page one
FEW = 4  # numbers of which all are told


def figures_of(study: Study) -> list[Figure]:
    """Return the figures to draw, of outputs that exist under the study's options.

    Raises
    ------
    InputError
        For a figure that cannot be, as `mcsim.report.check` says.
    """
    asked = [figure for figure in read_figures(study) if figure.kind.draw is not None]
    return [figure for figure in asked or _plain(study) if _exists(figure, study)]


def numbers_of(study: Study) -> list[Figure]:
    """Return the lines of the table of numbers: those that the study asks for, or all of its headline outputs."""
    asked = [figure for figure in read_figures(study) if figure.kind.draw is None and _exists(figure, study)]
    names = study.headline or tuple(output.name for output in study.outputs if output.rank)
    return asked or [_checked(study, {"kind": "numbers", "output": name}) for name in names]


def telling_cells(study: Study, most: int = MOST_ROWS) -> list[Cell]:
    """Return the elements that page one tells where a study names none: a few of each headline output, by meaning."""
    figures = numbers_of(study)
    each = max(1, most // max(1, len(figures)))
    cells = [cell for figure in figures for cell in cells_of(figure, study)[:each]]
    return cells[:most]


def cells_of(figure: Figure, study: Study) -> list[Cell]:
    """Return elements of a figure's output by meaning: all words, of numbers those that `telling` names."""
    output = figure.output
    places = np.argwhere(output.mask & selection(output, figure.where))
    kept = {}
    for axis, dim in enumerate(output.dims):
        shown = [dim.coords[at] for at in sorted(set(places[:, axis].tolist()))]
        kept[dim.name] = set(shown if dim.name in figure.where else telling(dim.name, shown, study))
    cells = [
        Cell(output, {dim.name: dim.coords[at] for dim, at in zip(output.dims, place, strict=True)})
        for place in places.tolist()
    ]
    return [cell for cell in cells if all(label in kept[dim] for dim, label in cell.labels.items())]


def telling(dim: str, labels: Sequence[Any], study: Study) -> list[Any]:
    """Return the labels of a dim that say most: of words all; of years the last one observed and the decades after it.

    Of other numbers, such as ages, multiples of five; the last label where none of these is there.
    """
    if len(labels) <= FEW or not all(isinstance(label, int | float) for label in labels):
        return list(labels)
    if min(labels) < 1000:
        return [label for label in labels if label and label % 5 == 0] or [labels[-1]]
    seen = [
        float(observation.cell.labels[dim])
        for observation in study.calibration.observations
        if dim in observation.cell.labels
    ]
    last = max(seen, default=-math.inf)
    return [label for label in labels if label == last or (label % 10 == 0 and label > last)] or [labels[-1]]


def _exists(figure: Figure, study: Study) -> bool:
    return figure.output.name in {output.name for output in study.outputs}


def _checked(study: Study, entry: dict[str, Any]) -> Figure:
    name = entry["output"]
    return figure_of(entry, {name: study.output(name)}, f"{study.name}: {name}", study.labels)


def _plain(study: Study) -> Iterator[Figure]:
    names = study.headline or tuple(output.name for output in study.outputs if output.rank) or (study.outputs[0].name,)
    for name in names:
        output = study.output(name)
        if output.dims or output.unit != INDICATOR:  # one chance is a number, not a picture
            yield _checked(study, plain_figure(output))
        if output.rank:
            where = leading_element(output)
            title = f"What drives {label(name)}"
            yield _checked(study, {"kind": "ranking", "output": name, "where": where, "title": title})


def plain_figure(output: Output, fixed: Mapping[str, Any] = MappingProxyType({}), title: str = "") -> dict[str, Any]:
    """Return what [[report.figures]] would say to show an output plainly.

    Parameters
    ----------
    output : Output
        What to show.
    fixed : mapping
        Dim -> label, or labels, that are shown; other dims become axis, lines and panels as far as they go, and of the
        rest the leading element is shown.
    title : str
        The title.
    """
    named = label(output.name)
    title = title or (named if output.meaning in (output.name, named) else f"{named}: {output.meaning}")
    free = [dim for dim in output.dims if not _single(dim.name, fixed)]
    if not free:
        kind = "interval" if output.unit != INDICATOR else "numbers"
        return {"kind": kind, "output": output.name, "title": title, **({"where": dict(fixed)} if fixed else {})}
    numeric = [dim.name for dim in free if of_numbers(dim) and len(dim) > 2]
    x = numeric[0] if numeric else max(free, key=len).name
    others = [dim for dim in free if dim.name != x]
    kind = "probability" if output.unit == INDICATOR else "bands" if numeric else "bars"
    figure: dict[str, Any] = {"kind": kind, "output": output.name, "x": x, "title": title}
    if others and _shown(others[-1], fixed) <= MOST_LINES:
        figure["line"] = others.pop().name
    if others and _shown(others[-1], fixed) <= MOST_PANELS:
        figure["panel"] = others.pop().name
    first = leading_element(output)
    where = {**{dim.name: first[dim.name] for dim in others if dim.name not in fixed}, **fixed}
    return figure | ({"where": where} if where else {})


def _single(dim: str, fixed: Mapping[str, Any]) -> bool:
    return dim in fixed and not (isinstance(fixed[dim], list) and len(fixed[dim]) > 1)


def _shown(dim: Dim, fixed: Mapping[str, Any]) -> int:
    return len(fixed[dim.name]) if dim.name in fixed else len(dim)


def leading_element(output: Output) -> dict[str, str]:
    """Return the labels of the element to show where one must do: the first words, and the last of numbers (2050)."""
    order = [
        range(len(dim))[::-1] if isinstance(dim.coords[0], int | float) else range(len(dim)) for dim in output.dims
    ]
    mask = output.mask
    place = next(place for place in itertools.product(*order) if mask[place])
    return {dim.name: str(dim.coords[position]) for dim, position in zip(output.dims, place, strict=True)}
