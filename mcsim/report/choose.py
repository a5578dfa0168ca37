"""Which figures a report holds: those that the study asks for, or plain ones for its headline outputs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from mcsim.report.figures import KINDS, NEEDS, OF_THE_RANKING
from mcsim.report.style import label
from mcsim.report.words import NUMBERS
from mcsim.study import InputError, Output, Study, nearest


def figures_of(study: Study) -> list[dict[str, Any]]:
    """Return the figures of a study's report, checked.

    Raises
    ------
    InputError
        For an unknown kind or output, or a kind that lacks a dim.
    """
    given = [dict(figure) for figure in study.figures if figure["kind"] != NUMBERS] or list(_plain(study))
    known = {output.name for output in study.outputs}
    chosen = []
    for figure in given:
        place = f"{study.origin or study.name}: report.figures: {figure['output']}"
        if figure["kind"] not in KINDS:
            words = ", ".join(KINDS)
            raise InputError(f"{place}: kind (got {figure['kind']!r}); one of {words}{nearest(figure['kind'], KINDS)}")
        for key in NEEDS.get(figure["kind"], ()):
            if key not in figure:
                raise InputError(f"{place}: {key}: missing; a {figure['kind']} figure needs it")
        if figure["output"] in known:
            chosen.append(figure)
        elif figure["output"] not in {output.name for output in study.model.outputs}:
            study.output(figure["output"])
    return chosen


def _plain(study: Study) -> Iterator[dict[str, Any]]:
    names = study.headline or tuple(output.name for output in study.outputs if output.rank) or (study.outputs[0].name,)
    for name in names:
        output = study.output(name)
        yield _plain_figure(output)
        if output.rank:
            yield {
                "kind": "ranking",
                "output": name,
                "where": leading_element(output),
                "title": f"What drives {label(name)}",
            }


def _plain_figure(output: Output) -> dict[str, Any]:
    title = f"{label(output.name)}: {output.meaning}"
    if not output.dims:
        return {"kind": "interval", "output": output.name, "title": title}
    numeric = [dim.name for dim in output.dims if all(isinstance(c, int | float) for c in dim.coords) and len(dim) > 2]
    x = numeric[0] if numeric else max(output.dims, key=len).name
    others = [dim for dim in output.dims if dim.name != x]
    figure: dict[str, Any] = {"kind": "bands" if numeric else "bars", "output": output.name, "x": x, "title": title}
    if others and len(others[-1]) <= 6:
        figure["line"] = others.pop().name
    if others and len(others[-1]) <= 12:
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


def of_the_ranking(figure: Mapping[str, Any]) -> bool:
    """Return whether a figure draws rows of the ranking rather than of the summary."""
    return figure["kind"] in OF_THE_RANKING
