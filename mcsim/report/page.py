"""The brief: one HTML file with its figures inside, and the figures as files beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mcsim.report import words
from mcsim.report.answers import first_large, input_words
from mcsim.report.brief import markdown
from mcsim.report.chapters import chapters_in
from mcsim.report.choose import figures_of
from mcsim.report.crate import write_crate
from mcsim.report.draw import Drawings, draw_figures, write
from mcsim.report.explorer import PAGE as EXPLORER
from mcsim.report.explorer import write_explorer
from mcsim.report.first import draws_told, footer, page_one
from mcsim.report.kinds.ranking import KIND as RANKING
from mcsim.report.language import say, speaking
from mcsim.report.over import over_told
from mcsim.report.panels import labels_of, part_of
from mcsim.report.printed import printed_lines
from mcsim.report.remarks import remarks_told
from mcsim.report.shares import hundredths, marks_of, members_told, method_told, shares_of, strongest
from mcsim.report.tables import write_labels, write_standings
from mcsim.report.templating import render
from mcsim.report.trail import Trail
from mcsim.study import Study
from mcsim.study.labels import ENGLISH
from mcsim.study.language import in_language

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking
    from mcsim.report.kind import Figure
    from mcsim.result.result import Result

TOP = 10  # rows of a ranking table
_JUDGED = ("ST", "S1")  # of which too few rows are told


def write_report(
    result: Result,
    ranking: Ranking | None,
    folder: Path,
    png: bool = False,
    language: str = ENGLISH,
    early: Drawings = MappingProxyType({}),
) -> Path:
    """Write ``report.html``, ``report.md``, ``figures/`` and ``ro-crate-metadata.json`` into a run directory.

    Parameters
    ----------
    result : Result
        The run.
    ranking : Ranking, optional
        What drives it.
    folder : Path
        The run directory.
    png : bool
        Figures as PNG too.
    language : str
        In which it is written.
    early : mapping
        Figures that are drawn already, of `mcsim.report.draw.early_drawings`.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputError
        For a language in which the study has no labels.
    """
    result = replace(result, study=in_language(result.study, language))
    with speaking(language):
        return _write(result, ranking, folder, png, early)


def _write(result: Result, ranking: Ranking | None, folder: Path, png: bool, early: Drawings) -> Path:
    study = result.study
    pictures = draw_figures(result, ranking, folder / "figures", png, early)
    printed = printed_lines(folder)
    trail = Trail(result, ranking)
    one = page_one(result, ranking, printed, trail)
    places = [{"at": trail.at(cell)} for cell in words.headline_cells(study)]
    headlines = [line | place for line, place in zip(words.headlines(result), places, strict=True)]
    foot = footer(result, ranking)
    html = render(
        "report.html",
        study=study,
        explorer="" if write_explorer(result, ranking, folder) is None else EXPLORER,
        count=draws_told(result),
        language=study.labels.language,
        seed=result.seed,
        design=result.design,
        warnings=_warnings(result),
        remarks=[] if ranking is None else remarks_told(ranking.warnings, study),
        headlines=words.by_output(headlines),
        one=one,
        foot=foot,
        answer=pictures[0] if pictures else None,
        pictures=pictures[1:],
        ranking=_ranking_blocks(result, ranking),
        printed=printed,
        chapters=chapters_in(folder, study),
        trail=trail.rows(),
        ranking_told="" if ranking is None else method_told(ranking),
        inputs=words.inputs(study),
        options=[
            {"name": option.name, "value": study.options[option.name], "meaning": option.meaning}
            for option in study.model.options
        ],
        failures=result.failures,
        provenance=words.provenance(result.record),
    )
    write_labels(study, folder)
    write_standings(result, folder)
    path = folder / "report.html"
    write(path, html.encode("utf-8"))
    write(
        folder / "report.md",
        markdown(result, one, foot, pictures, printed).encode("utf-8"),
    )
    write_crate(result, foot, folder)
    return path


def _warnings(result: Result) -> list[str]:
    study = result.study
    lines = remarks_told(study.model.warn(study.options) if study.model.warn is not None else (), study)
    if result.complete < result.asked:
        lines.append(say("Incomplete: {what}.", what=draws_told(result)))
    return lines + remarks_told(result.notes, result.study)


def _ranking_blocks(result: Result, ranking: Ranking | None) -> list[dict[str, Any]]:
    """Return the ranking tables: those of the study's ranking figures, label by label."""
    blocks = []
    for figure in figures_of(result.study):
        rows = figure.kind.reads.rows(figure, result, ranking) if figure.kind is RANKING else None
        if rows is None:
            continue
        panel = figure.get("panel")
        for value in labels_of(rows, panel):
            part = part_of(rows, panel, value)
            marks = marks_of(part)
            if not marks:  # an output that never varies has none
                continue
            inner = None if ranking is None or ranking.within is None else _within(figure, result, ranking, value)
            title = figure.title
            if value is not None:
                title += f": {words.label_words(result.study.labels, str(panel), value)}"
            leading = strongest(part, marks[0].key).head(TOP)
            block = _block(title, leading, result.study)
            lines = []
            if ranking is not None:
                told = members_told(ranking, inner, partial(input_words, result.study))
                lines = [*map(first_large, told), *over_told(ranking, figure, value)]
            blocks.append(block | {"members": lines})
    return [block for block in blocks if block["rows"]]


def _within(figure: Figure, result: Result, ranking: Ranking, value: Any) -> pd.DataFrame | None:
    """Return the rows of the members of dependent groups, of one label of the figure's panel."""
    rows = figure.kind.reads.rows(figure, result, ranking.within)
    return None if rows is None else part_of(rows, figure.get("panel"), value)


def _number(value: float) -> str:
    """Return a share with three decimals, and what may be of any size with four digits where that says more."""
    return f"{value:.3f}" if abs(value) < 10.0 else f"{value:,.4g}"


def _block(title: str, rows: pd.DataFrame, study: Study) -> dict[str, Any]:
    marks = marks_of(rows)
    spans = {key for key, *_ in marks if f"{key}_low" in rows and (key in _JUDGED or rows[f"{key}_low"].notna().any())}
    lines = []
    # As the sentences above: a share of the variance in per cent.
    shown, unit = (hundredths, " %") if shares_of(rows) else (_number, "")
    for row in rows.to_dict("records"):
        cells = []
        for key, *_ in marks:
            cells.append({"value": f"{shown(row[key])}{unit}"})
            if key in spans:
                low, high = row[f"{key}_low"], row[f"{key}_high"]
                ends = say("{low} to {high}", low=shown(low), high=shown(high))
                cells[-1]["interval"] = say("too few rows to tell") if low != low else ends
        what = first_large(input_words(study, row["input"]))
        lines.append({"input": row["input"], "what": what, "verdict": say(row.get("verdict", "")), "cells": cells})
    heads = [{"word": say(mark.head), "interval": mark.key in spans} for mark in marks]
    return {"title": title, "heads": heads, "rows": lines, "verdicts": "verdict" in rows}
