"""compare.html: the matrix as a table, a sentence for each lever, ladders and regret; in the look of the report."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.answers import first_large, in_words, rounded
from mcsim.report.compared import (
    FIRST,
    Compared,
    about,
    answers,
    driven,
    effects,
    nearly_still,
    outcome_words,
    title,
)
from mcsim.report.compared_picture import ladder_picture
from mcsim.report.draw import write
from mcsim.report.language import say, spoken
from mcsim.report.remarks import remarks_told
from mcsim.report.style import scale, share
from mcsim.report.templating import render
from mcsim.result.matrix import SEVERAL, SINGLE, Matrix, quantile, quantiles, unit_of

if TYPE_CHECKING:
    from mcsim.study import FloatArray

SELDOM = 0.05  # of the draws, from which on a cell tells in how many a lever is the best of its kind
STILL = "\N{EN DASH}"


def page(found: Compared) -> str:
    """Return the page of a comparison as HTML."""
    matrix = found.matrix
    levers = [
        {"title": matrix.titles[place], "effects": effects(found, place), "drivers": driven(found, place)}
        | {
            "question": found.levers[place - 1].study.question,
            "notes": remarks_told(found.levers[place - 1].notes, found.first),
        }
        for place in range(1, len(matrix.names))
    ]
    blocks = _blocks(len(matrix.outcomes))
    return render(
        "compare.html",
        title=title(found),
        first=found.first,
        answers=answers(found),
        blocks=[{"heads": _heads(found, part), "groups": _groups(found, part)} for part in blocks],
        others=len(matrix.outcomes) - len(blocks[0]),
        levers=levers,
        regret=_regret(found) or [],
        picture=ladder_picture(found),
        notes=remarks_told(found.notes, found.first),
        count=say("{count} draws", count=f"{found.matrix.values.shape[-1]:,}"),
        language=spoken(),
        ranked=bool(found.rankings),
        seed=found.seed,
        design=found.design,
        foot=about(found),
    )


def write_page(found: Compared, path: Path) -> Path:
    """Write compare.html: one file, no network."""
    write(path, page(found).encode("utf-8"))
    return path


def _kinds() -> dict[str, str]:
    return {SINGLE: say("Levers"), SEVERAL: say("Packages")}


def _scales(matrix: Matrix) -> list[tuple[float, str]]:
    """Return the divisor and the unit of each outcome's column, which all of its cells share."""
    low, middle, high = matrix.bands()
    found = []
    for at, outcome in enumerate(matrix.outcomes):
        column = np.abs(np.stack([low[1:, at], middle[1:, at], high[1:, at]]))
        largest = float(np.nanmax(column)) if not np.isnan(column).all() else 0.0
        divisor, unit = scale(unit_of(outcome), largest)
        found.append((divisor, in_words(unit)))
    return found


def _blocks(columns: int) -> list[range]:
    """Return the columns of tables: of the first outcomes, then of the others as many as a page is wide."""
    first = min(columns, FIRST)
    tables = -(-(columns - first) // FIRST)
    edges = [first + place * (columns - first) // max(tables, 1) for place in range(tables + 1)]
    return [range(first), *(range(low, high) for low, high in pairwise(edges))]


def _heads(found: Compared, part: range) -> list[dict[str, str]]:
    matrix = found.matrix
    before = quantiles(matrix.values[0])[1]
    heads, scales = [], _scales(matrix)
    for at in part:
        outcome, (divisor, unit) = matrix.outcomes[at], scales[at]
        arrow = {1: say("more is better"), -1: say("less is better"), 0: ""}[outcome.better]
        today = _number(before[at] / divisor, abs(before[at] / divisor))
        heads.append(
            {"what": outcome_words(found.first, outcome), "unit": unit, "better": arrow, "today": today}
            | {"name": outcome.name}
        )
    return heads


def _number(value: float, width: float) -> str:
    """Return a number with two digits of a width."""
    if value != value:
        return say("undefined")
    decimals = max(0, 1 - int(np.floor(np.log10(width)))) if width > 0 else 0
    return rounded(value, min(decimals, 6))


def _groups(found: Compared, part: range) -> list[dict[str, Any]]:
    """Return the rows of the matrix under the title of their kind."""
    matrix = found.matrix
    titles = _kinds()
    places = {kind: [at for at, one in enumerate(matrix.kinds) if one == kind] for kind in titles}
    several = sum(bool(rows) for rows in places.values()) > 1
    return [
        {"title": titles[kind] if several else "", "rows": [_row(found, place, part) for place in rows]}
        for kind, rows in places.items()
        if rows
    ]


def _row(found: Compared, place: int, part: range) -> dict[str, Any]:
    matrix = found.matrix
    low, middle, high = matrix.bands()
    cells, still, scales = [], nearly_still(matrix), _scales(matrix)
    for at in part:
        divisor, _ = scales[at]
        numbers = [float(array[place, at]) / divisor for array in (middle, low, high)]
        cells.append(_cell(matrix, place, at, numbers, bool(still[place, at])))
    nothing = all(cell["side"] == "still" for cell in cells)
    return {"title": matrix.titles[place], "cells": cells, "nothing": nothing}


def _cell(matrix: Matrix, place: int, at: int, numbers: list[float], little: bool) -> dict[str, str]:
    middle, low, high = numbers
    if middle != middle:
        return {"median": say("undefined"), "band": "", "chance": "", "side": ""}
    if middle == low == high == 0.0:
        return {"median": STILL, "band": "", "chance": "", "side": "still"}
    if little:
        return {"median": say("about 0"), "band": "", "chance": "", "side": "little"}
    width = high - low if high > low else abs(middle)
    texts = [_number(value, width) for value in numbers]
    plus = "+" if middle > 0 and texts[0].strip("0.,") else ""
    better, worse = matrix.p_better[place, at], matrix.p_worse[place, at]
    side = "good" if better >= 0.975 else "bad" if worse >= 0.975 else ""
    told = "" if better != better else say("better: {part}", part=share(float(better)))
    best = float(matrix.p_best[place, at])
    if best >= SELDOM and matrix.kinds.count(matrix.kinds[place]) > 1:
        told += say("; best: {part}", part=share(best))
    band = say("{low} to {high}", low=texts[1], high=texts[2])
    return {"median": plus + texts[0], "band": band, "chance": told, "side": side}


def _regret(found: Compared) -> list[dict[str, Any]] | None:
    """Return what is missed by each lever of the first outcomes, where there are several to choose from."""
    matrix = found.matrix
    directed = [at for at, outcome in enumerate(matrix.outcomes[:FIRST]) if outcome.better]
    if not directed or len(matrix.names) < 3:
        return None
    regret, best = matrix.regret(), matrix.p_best
    tail = quantile(regret, 0.95)
    heads, columns = [], []
    for at in directed:
        mean = np.nanmean(regret[:, at], axis=1) if not np.isnan(regret[:, at]).all() else np.full(len(best), np.nan)
        divisor, unit = scale(unit_of(matrix.outcomes[at]), float(np.nanmax(tail[:, at], initial=0.0)))
        heads.append({"what": outcome_words(found.first, matrix.outcomes[at]), "unit": in_words(unit)})
        columns.append((mean / divisor, tail[:, at] / divisor, best[:, at]))
    tables = []
    for part in _blocks(len(directed)):
        rows = [
            {
                "title": name if place else say("Nothing: {study}", study=name),
                "cells": [_missed(columns[at], place) for at in part],
            }
            for place, name in enumerate(matrix.titles)
        ]
        tables.append({"heads": [heads[at] for at in part], "rows": rows})
    return tables


def _missed(column: tuple[FloatArray, FloatArray, FloatArray], place: int) -> dict[str, str]:
    mean, tail, best = (float(array[place]) for array in column)
    if mean != mean:
        return {"mean": "-", "tail": "", "best": ""}
    width = max(abs(mean), abs(tail))
    return {
        "mean": _number(mean, width),
        "tail": say("5 %: {value} or more", value=_number(tail, width)),
        "best": first_large(say("best in {part}", part=share(best))),
    }
