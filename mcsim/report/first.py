"""Page one: the answer, its table, what decides it, how sure it is; and the same rows for the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.answers import (
    answers_of,
    cell_words,
    first_large,
    input_words,
    leading,
    per_cent,
    plain_text,
    row_numbers,
    title_of,
    told_of,
)
from mcsim.report.choose import telling_cells
from mcsim.report.language import say
from mcsim.report.shares import shares_of
from mcsim.report.trail import Trail
from mcsim.report.words import aside, beside, beside_cell, usual
from mcsim.result.shards import shown
from mcsim.study import Study
from mcsim.study.answers import Row, slots
from mcsim.study.declared import INDICATOR
from mcsim.study.select import Cell

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

SHOWN = 5  # inputs that page one ranks
GOOD = ("inside", "overlaps", "holds")  # verdicts on printed figures


def page_one(
    result: Result, ranking: Ranking | None, printed: Sequence[Mapping[str, str]], trail: Trail
) -> dict[str, Any]:
    """Return what page one says, in words, every number with the place of its row in the trail.

    Parameters
    ----------
    result : Result
        The run.
    ranking : Ranking, optional
        What drives it.
    printed : sequence of mapping
        Printed figures against ours, as `mcsim.report.printed` tells them.
    trail : Trail
        Where each number comes from.

    Returns
    -------
    dict
        title, answers, rows, note (told of all rows), drivers, sure; keys of templates/report.html; of sentences
        their pieces too, and where an element is told, `at` its row in the trail.
    """
    rows, note = rows_of(result)
    title, answers = title_of(result, ranking), answers_of(result, ranking)
    cells = [row.cell for row in _rows(result)]
    others = [beside_cell(result, cell) for cell in cells]
    told = [other if row["beside"] else None for row, other in zip(rows, others, strict=True)]
    places = [{"at": trail.at(cell), "beside_at": trail.at(other)} for cell, other in zip(cells, told, strict=True)]
    return {
        "title": plain_text(title),
        "title_pieces": trail.pieces(title),
        "answers": [plain_text(sentence) for sentence in answers],
        "answers_pieces": [trail.pieces(sentence) for sentence in answers],
        "rows": [row | place for row, place in zip(rows, places, strict=True)],
        "note": note,
        "note_at": trail.at(next(filter(None, others), None)) if note else "",
        "drivers": _drivers(result.study, ranking, trail),
        "sure": [*_sure(result), *_settled(result.study, ranking), *_held(printed)],
    }


def rows_of(result: Result) -> tuple[list[dict[str, str]], str]:
    """Return the rows of page one, those that the study names or else chosen by meaning, and what is told of all."""
    rows, besides, asked = [], [], _rows(result)
    own = {aside(result, row.cell) for row in asked}  # what is a row of its own is not told beside the others again
    for row in asked:
        middle, band, missing = row_numbers(told_of(result, row.cell))
        what = row.label or cell_words(result.study, row.cell)
        other = beside(result, row.cell)
        besides.append("" if other in own else other)
        found = {"what": what, "number": middle, "band": band, "cell": str(row.cell)}
        rows.append(found | {"missing": missing, "beside": besides[-1]})
    told = usual([text for text in besides if text])  # the same of most rows that have one is told once
    return [row | {"beside": ""} if row["beside"] == told else row for row in rows], told


def _rows(result: Result) -> list[Row]:
    asked = result.study.brief.rows or tuple(Row(cell) for cell in telling_cells(result.study))
    return [row for row in asked if row.cell.output.name in result.bands]


def sentences_of_rows(result: Result) -> list[str]:
    """Return the rows of page one as lines of text for a terminal."""
    rows, note = rows_of(result)
    lines = []
    for row in rows:
        band = f" (95 %: {row['band']})" if row["band"] else ""
        lines.append(
            "; ".join(filter(None, (f"  {row['what']}: {row['number']}{band}", row["missing"], row["beside"])))
        )
    return lines + ([f"  {note}"] if note else [])


def _drivers(study: Study, ranking: Ranking | None, trail: Trail) -> dict[str, Any] | None:
    """Return what decides the element that the answers speak of first, or the first ranked row or output."""
    cell = _decided(study, ranking)
    found = [] if cell is None else leading(ranking, cell, 1000)
    if cell is None or not found:
        return None
    rest = [row["share"] for row in found[SHOWN:]]
    bars = [
        {
            "what": first_large(input_words(study, row["input"])),
            "share": per_cent(row["share"]),
            "bar": f"{_percent(row['share']):.1f}",
            "low": f"{_percent(row['low']):.1f}",
            "high": f"{_percent(row['high']):.1f}",
            "band": ""
            if row["low"] != row["low"]
            else say("{low} to {high}", low=f"{_percent(row['low']):.0f}", high=f"{_percent(row['high']):.0f}"),
        }
        for row in found[:SHOWN]
    ]
    assert ranking is not None
    share = shares_of(ranking.table(cell.output.name, **cell.labels))[0]
    return {
        "of": cell_words(study, cell),
        "at": trail.at(cell),
        "share": say(share.words),
        "bars": bars,
        "others": len(rest),
        "most": "" if not rest else f"{max(1, int(np.ceil(100 * max(rest))))} %",
    }


def _percent(part: float) -> float:
    return 0.0 if part != part else 100 * min(max(float(part), 0.0), 1.0)


def _decided(study: Study, ranking: Ranking | None) -> Cell | None:
    if ranking is None:
        return None
    ranked = {output.name for output in ranking.outputs}
    asked = [slot.cell for text, _ in study.brief.answers for slot in slots(text) if slot.part.startswith("driver")]
    for cell in (*asked, *(row.cell for row in study.brief.rows), *telling_cells(study)):
        if cell.output.name in ranked and leading(ranking, cell, 1):
            return cell
    return None


def _sure(result: Result) -> list[str]:
    rows, _ = rows_of(result)
    lines = [f"{draws_told(result)}."]
    worst = 0.0
    for row in _rows(result):
        found = result.row(row.cell.output.name, **row.cell.labels)
        width = found["p97.5"] - found["p2.5"]
        if found["unit"] != INDICATOR and width > 0 and found["mcse_mean"] == found["mcse_mean"]:
            worst = max(worst, found["mcse_mean"] / width)
    if worst > 0 and rows:
        lines.append(
            say(
                "Another set of random numbers would move the means above by {part} of their 95 % bands (standard "
                "error).",
                part=_small(worst),
            )
        )
    failed = len(result.failures)
    lines.append(
        say("{count} draws failed and are left out.", count=f"{failed:,}") if failed else say("No draw failed.")
    )
    return lines


def draws_told(result: Result) -> str:
    """Return how many draws stand behind a result, of how many asked."""
    if result.complete == result.asked:
        return say("{count} draws", count=f"{result.complete:,}")
    failed = len(result.failures)
    missing = result.asked - result.complete - failed
    told = [say("{count} missing", count=f"{missing:,}")] if missing else []
    told += [say("{count} failed", count=f"{failed:,}")] if failed else []
    if result.shard is not None:
        number, _, count = shown(result.shard).partition("/")
        told.append(say("shard {number} of {count} alone", number=number, count=count))
    asked = say("{count} of {asked} draws asked", count=f"{result.complete:,}", asked=f"{result.asked:,}")
    return f"{asked} ({', '.join(told)})"


def _small(part: float) -> str:
    return say("less than 1 %") if part < 0.01 else say("at most {value}", value=f"{100 * part:.0f} %")


def _settled(study: Study, ranking: Ranking | None) -> list[str]:
    """Return how far the ranking still moves: the leading input's share from fewer rows beside that of all."""
    cell = _decided(study, ranking)
    if ranking is None or cell is None or not ranking.convergence:
        return []
    (first,) = leading(ranking, cell, 1)
    table = ranking.convergence_table(cell.output.name, **cell.labels)
    table = table[(table["input"] == first["input"]) & (table["n"] < ranking.n)].dropna(subset=["ST"])
    if table.empty:
        return []
    before, now = per_cent(table.iloc[-1]["ST"]), per_cent(first["share"])
    rows, fewer = f"{ranking.n:,}", f"{int(table.iloc[-1]['n']):,}"
    if before == now:
        return [
            say(
                "The ranking rests on {rows} base rows; {fewer} of them give the leading input the same share, {now}.",
                rows=rows,
                fewer=fewer,
                now=now,
            )
        ]
    return [
        say(
            "The ranking rests on {rows} base rows; from {fewer} of them the leading input's share would be {before} "
            "in the place of {now}.",
            rows=rows,
            fewer=fewer,
            before=before,
            now=now,
        )
    ]


def _held(printed: Sequence[Mapping[str, str]]) -> list[str]:
    reached = [line for line in printed if line["judged"] != "unreached"]
    if not reached:
        return []
    good = sum(line["judged"] in GOOD for line in reached)
    return [
        say(
            "Of {count} figures that sources print, ours agrees with {good} (below); nothing is tuned to them.",
            count=len(reached),
            good=good,
        )
    ]


def repeated(result: Result, ranking: Ranking | None) -> str:
    """Return the command that repeats a run, of a study built in Python the call, without a path of this machine."""
    from mcsim.ranking.plain import plain
    from mcsim.study.load import find_studies

    study = result.study
    if not study.origin:  # built in Python: no command knows it
        design = f", design={result.design!r}" if result.design not in ("random", "given") else ""
        return f"mcsim.run(study, draws={result.asked}, seed={result.seed}{design})"
    file = PurePath(study.origin.replace("\\", "/")).name
    shipped = find_studies().get(study.name)
    name = study.name if shipped is not None and shipped.name == file else file or study.name
    parts = [f"mcsim run {name} --draws {result.asked} --seed {result.seed}"]
    parts += [f"--design {result.design}"] if result.design != "random" else []
    base = None if ranking is None else ranking.settings.get("base")
    parts += [f"--base {base}"] if base is not None else []
    usual = ranking is None or ranking.method in ("", plain(study, result.design, result.asked).method)
    parts += [] if usual or ranking is None else [f"--method {ranking.method}"]
    parts += [f"--set '{key}={value}'" for key, value in study.overrides]
    parts += [f"--data {PurePath(study.data).name}"] if study.data else []
    parts += ["--no-sensitivity"] if ranking is None else []
    return " ".join(parts)


def footer(result: Result, ranking: Ranking | None) -> dict[str, str]:
    """Return what stands at the foot: date, version, how to cite, the licence of the data, the command that repeats it.

    Returns
    -------
    dict
        date, made, cite, licence, repeat.
    """
    import mcsim

    study, record = result.study, result.record
    version = record.get("versions", {}).get("mcsim", mcsim.__version__)
    day = str(record.get("date", ""))[:10]
    said = say(", run of {day}", day=day) if day else ""
    made = say(
        "mcsim {version}, study {name}, version {number}", version=version, name=study.name, number=study.version
    )
    return {
        "date": day,
        "made": made,
        "cite": say("{made}, and the sources of its data", made=made + said),
        "licence": study.brief.licence,
        "repeat": repeated(result, ranking),
    }
