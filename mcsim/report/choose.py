"""Which figures a report holds: those that the study asks for, or plain ones for its headline outputs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from mcsim.report.check import figure_of, read_figures
from mcsim.report.keys import of_numbers
from mcsim.report.kind import Figure
from mcsim.report.style import label
from mcsim.result.result import INDICATOR
from mcsim.study import Output, Study

MOST_LINES, MOST_PANELS = 6, 12  # of a plain figure


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


def _exists(figure: Figure, study: Study) -> bool:
    return figure.output.name in {output.name for output in study.outputs}


def _checked(study: Study, entry: dict[str, Any]) -> Figure:
    return figure_of(entry, {entry["output"]: study.output(entry["output"])}, f"{study.name}: {entry['output']}")


def _plain(study: Study) -> Iterator[Figure]:
    names = study.headline or tuple(output.name for output in study.outputs if output.rank) or (study.outputs[0].name,)
    for name in names:
        output = study.output(name)
        if output.dims or output.unit != INDICATOR:  # one chance is a number, not a picture
            yield _checked(study, _plain_figure(output))
        if output.rank:
            where = leading_element(output)
            title = f"What drives {label(name)}"
            yield _checked(study, {"kind": "ranking", "output": name, "where": where, "title": title})


def _plain_figure(output: Output) -> dict[str, Any]:
    title = f"{label(output.name)}: {output.meaning}"
    if not output.dims:
        return {"kind": "interval", "output": output.name, "title": title}
    numeric = [dim.name for dim in output.dims if of_numbers(dim) and len(dim) > 2]
    x = numeric[0] if numeric else max(output.dims, key=len).name
    others = [dim for dim in output.dims if dim.name != x]
    kind = "probability" if output.unit == INDICATOR else "bands" if numeric else "bars"
    figure: dict[str, Any] = {"kind": kind, "output": output.name, "x": x, "title": title}
    if others and len(others[-1]) <= MOST_LINES:
        figure["line"] = others.pop().name
    if others and len(others[-1]) <= MOST_PANELS:
        figure["panel"] = others.pop().name
    if others:
        first = leading_element(output)
        figure["where"] = {dim.name: first[dim.name] for dim in others}
    return figure


def leading_element(output: Output) -> dict[str, str]:
    """Return the labels of the element to show where one must do: the first words, and the last of numbers (2050)."""
    order = [
        range(len(dim))[::-1] if isinstance(dim.coords[0], int | float) else range(len(dim)) for dim in output.dims
    ]
    mask = output.mask
    place = next(place for place in itertools.product(*order) if mask[place])
    return {dim.name: str(dim.coords[position]) for dim, position in zip(output.dims, place, strict=True)}
