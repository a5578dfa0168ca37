"""How studies, results and rankings show themselves: a few lines of text, and tables for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report import words
from mcsim.report.choose import leading_element
from mcsim.report.style import number, share, span
from mcsim.report.templating import render
from mcsim.study import InputError, Output, Study
from mcsim.study.declared import INDICATOR
from mcsim.study.select import Cell, packed_cells

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

MOST_LINES, MOST_ROWS = 5, 12


def study_text(study: Study) -> str:
    """Return a study in a few lines: what it asks, what is uncertain, its options, its outputs."""
    scalars = sum(item.uncertain and item.table is None for item in study.inputs)
    cells = len(study.uncertain) - scalars
    tables = f", {cells} cells of {len(study.tables)} tables" if study.tables else ""
    options = ", ".join(f"{name} = {value}" for name, value in list(study.options.items())[:4])
    lines = [
        f"Study {study.name}: {study.title}",
        *([study.question] if study.question else []),
        f"uncertain: {scalars} inputs{tables}; {len(study.inputs) - len(study.uncertain)} fixed",
        *([f"options: {options}{_more(len(study.options) - 4)}"] if options else []),
        f"outputs: {_few([_shape(output) for output in study.outputs], 4)}",
    ]
    return "\n  ".join(lines)


def result_text(result: Result) -> str:
    """Return a result in a few lines: how many draws, the leading numbers with their bands, where it lies."""
    lines = [f"Result of {result.study.name}: {result.headline}, seed {result.seed} ({result.design})"]
    names = [name for name in result.study.headline if name in result.bands] or list(result.bands)
    lines += [_leading(result, result.study.output(name)) for name in names[:MOST_LINES]]
    if len(names) > MOST_LINES:
        lines.append(f"and {len(names) - MOST_LINES} more of the headline; .summary(output) tells all")
    if result.folder is not None:
        lines.append(f"in {result.folder}")
    return "\n  ".join(lines)


def ranking_text(ranking: Ranking) -> str:
    """Return a ranking in a few lines: the leading inputs of one element of each output."""
    lines = [f"Ranking of {ranking.study} by {ranking.method}, n = {ranking.n:,}: {len(ranking.factors)} inputs"]
    for output in ranking.outputs[:MOST_LINES]:
        measure, order = _order(ranking, output)
        leaders = [f"{ranking.factors[place]} {measure[place]:.2f}" for place in order[:3]]
        told = ", ".join(leaders) if leaders else "nothing to tell apart"
        lines.append(f"{_cell(output)}: {told} ({ranking.order_by})")
    lines += [f"warning: {text}" for text in ranking.warnings[:2]]
    return "\n  ".join(lines)


def study_html(study: Study) -> str:
    """Return a study for a notebook: its text, and its inputs with small pictures of their distributions."""
    tables = [
        (title, ("input", "distribution", "unit", "", "source"), [_input(line) for line in lines[:MOST_ROWS]])
        for title, lines in words.inputs(study)
    ]
    return _page(study_text(study), tables)


def result_html(result: Result) -> str:
    """Return a result for a notebook: its text and the headline with bands."""
    rows = [
        (f"{line['what']} {line['where']}".strip(), line["median"], line["half"], line["band"])
        for line in words.headlines(result)[:MOST_ROWS]
    ]
    return _page(result_text(result).split("\n")[0], [("Headline", ("output", "median", "50 %", "95 %"), rows)])


def ranking_html(ranking: Ranking) -> str:
    """Return a ranking for a notebook: the leading inputs of one element of each output."""
    tables = []
    for output in ranking.outputs[:MOST_LINES]:
        measure, order = _order(ranking, output)
        rows = [(ranking.factors[place], f"{measure[place]:.3f}") for place in order[:MOST_ROWS]]
        tables.append((_cell(output), ("input", ranking.order_by), rows))
    return _page(ranking_text(ranking).split("\n")[0], tables)


def report_of(result: Result, folder: str | Path | None, ranking: Ranking | None, png: bool) -> Path:
    """Write the brief of a result; see `mcsim.Result.report`."""
    from mcsim.ranking.ranking import Ranking as Ranked
    from mcsim.report.page import write_report

    place = result.folder if folder is None else Path(folder)
    if place is None:
        raise InputError("report: no folder (the result lies in memory); result.report('folder')")
    if ranking is None and result.folder is not None:
        ranking = Ranked.of(result.folder)
    place.mkdir(parents=True, exist_ok=True)
    return write_report(result, ranking, place, png)


def _leading(result: Result, output: Output) -> str:
    place = _place(output)
    cell = int(packed_cells(output)[place]) if output.dims else 0
    band = result.bands[output.name]
    unit = output.unit or _unit_at(output)
    if band.undefined[cell] == 1:
        told = "undefined in all draws"
    elif unit == INDICATOR:
        told = f"in {share(float(band.mean[cell]))} of the draws"
    else:
        low, middle, high = (float(band.quantiles[at, cell]) for at in (0, 3, 6))
        told = f"{number(middle, unit)} (95 %: {span(low, high, unit)})"
    return f"{_cell(output)}: {told}"


def _unit_at(output: Output) -> str:
    if output.coord_units is None or output.coord_units_dim is None:
        return ""
    return output.coord_units[leading_element(output)[output.coord_units_dim]]


def _place(output: Output) -> tuple[int, ...]:
    leading = leading_element(output)
    return tuple([str(word) for word in dim.coords].index(leading[dim.name]) for dim in output.dims)


def _cell(output: Output) -> str:
    return str(Cell(output, leading_element(output)))


def _order(ranking: Ranking, output: Output) -> tuple[Any, list[int]]:
    """Return the measure that orders the inputs at the leading element, and their places from the strongest on."""
    if ranking.order_by not in ranking.scores[output.name]:
        return np.empty(0), []
    where: tuple[Any, ...] = (slice(None), *_place(output))
    measure = ranking.values(output.name, ranking.order_by)[where]
    strength = np.nan_to_num(np.abs(measure), nan=-1.0)
    return measure, [int(place) for place in np.argsort(-strength, kind="stable") if measure[place] == measure[place]]


def _shape(output: Output) -> str:
    dims = ", ".join(f"{dim.name} {len(dim)}" for dim in output.dims)
    return f"{output.name} [{dims}]" if dims else output.name


def _few(texts: Sequence[str], most: int) -> str:
    return ", ".join(texts[:most]) + _more(len(texts) - most)


def _more(count: int) -> str:
    return f", and {count} more" if count > 0 else ""


def _input(line: dict[str, str]) -> tuple[Any, ...]:
    from markupsafe import Markup

    return line["name"], line["distribution"], line["unit"], Markup(line["curve"]), line["source"]


def _page(text: str, tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]) -> str:
    return render("object.html", lines=text.split("\n"), tables=tables)
