"""Answers to questions that decide as parts of a report: when is it so, what to measure next, which package holds up.

Each command leaves what it found as NAME.json in its folder. A chapter is made of that record alone, in any language:
as a page of its own, NAME.html, and within report.html where the folder is that of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcsim.ranking.question import parse_question
from mcsim.report.answers import cell_words, in_words
from mcsim.report.bars import Bar, bars
from mcsim.report.draw import write
from mcsim.report.language import say, speaking, spoken
from mcsim.report.remarks import remarks_told
from mcsim.report.style import share
from mcsim.report.templating import render
from mcsim.store.whole import read_json, write_json
from mcsim.study import Study
from mcsim.study.language import in_language
from mcsim.study.select import Cell, parse_cell

Record = Mapping[str, Any]
FIRST = 6  # inputs in a table
FEW = 0.1


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a report.

    Parameters
    ----------
    name, title, question : str
        Its anchor, its heading, and what is asked.
    lines : tuple of str
        Its sentences.
    tables : tuple of (list of str, list of list of str)
        Heads and rows.
    picture, alt : str
        The picture as an address, and what it shows; empty for none.
    notes : tuple of str
        What the reader has to know.
    """

    name: str
    title: str
    question: str
    lines: tuple[str, ...]
    tables: tuple[tuple[list[str], list[list[str]]], ...]
    picture: str = ""
    alt: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """What a command left in its folder.

    Parameters
    ----------
    files : tuple of str
        Names of the record and of the page.
    text : str
        The chapter as lines for a terminal.
    """

    files: tuple[str, ...]
    text: str


def leave(name: str, record: Record, study: Study, folder: Path, language: str) -> Left:
    """Write what was found and its page into a folder."""
    write_json(folder / f"{name}.json", dict(record))
    study = in_language(study, language)
    with speaking(language):
        found = BUILDERS[name](read_json(folder / f"{name}.json", ""), study)
        html, text = render("chapter.html", study=study, chapters=[found], language=spoken()), _plain(found, study)
    write(folder / f"{name}.html", html.encode("utf-8"))
    return Left((f"{name}.json", f"{name}.html"), text)


def _plain(found: Chapter, study: Study) -> str:
    lines = [f"{study.title}: {found.question}", found.title, *(f"  {line}" for line in found.lines)]
    for heads, rows in found.tables:
        lines += [f"  {', '.join(heads)}", *(f"    {'; '.join(row)}" for row in rows)]
    lines += [f"  {say('warning: {what}', what=note)}" for note in found.notes]
    return "\n".join(lines)


def chapters_in(folder: Path, study: Study) -> list[Chapter]:
    """Return what was asked of a run directory, in the language that is spoken."""
    there = [name for name in BUILDERS if (folder / f"{name}.json").is_file()]
    return [BUILDERS[name](read_json(folder / f"{name}.json", "ask again"), study) for name in there]


def number(value: float) -> str:
    """Return a number with three digits, and without an exponent where people write none.

    Examples
    --------
    >>> number(22912.4), number(0.01234), number(3.0e-7), number(float("nan"))
    ('22,900', '0.0123', '3e-07', '-')
    """
    if value is None or value != value:
        return "-"
    text = f"{value:.3g}"
    return f"{float(text):,.0f}" if 1e3 <= abs(value) < 1e15 else text


def _with_unit(value: float, unit: str) -> str:
    told = in_words("" if unit in ("1", "-") else unit)
    return f"{number(value)} {told}".strip()


def _percent(value: float | None) -> str:
    return "-" if value is None or value != value else f"{100.0 * value:.3g} %"


def _ends(found: Record) -> str:
    return say("{low} to {high}", low=_percent(found["low"]), high=_percent(found["high"]))


def _named(study: Study, name: str) -> str:
    return study.labels.name(name, name)


def _condition(one: Record, study: Study) -> str:
    name, unit = _named(study, one["input"]), str(one.get("unit", ""))
    if "words" in one:
        words = [study.labels.word(one["input"], word) for word in one["words"]]
        return say("{what} is {words}", what=name, words=say(" or ").join(words))
    low, high = one.get("above"), one.get("at_most")
    if low is not None and high is not None:
        return say("{what} from {low} to {high}", what=name, low=number(low), high=_with_unit(high, unit))
    if low is not None:
        return say("{what} above {low}", what=name, low=_with_unit(low, unit))
    return say("{what} up to {high}", what=name, high=_with_unit(high or 0.0, unit))


def _box(found: Record, study: Study) -> list[str]:
    """Return where it is so in sentences."""
    box = found.get("box") or {}
    if not box.get("conditions"):
        return []
    where = say(" and ").join(_condition(one, study) for one in box["conditions"])
    told = box["aside"]
    slots = {"density": _percent(told["density"]["value"]), "lift": number(told["lift"])}
    slots |= {"coverage": _percent(told["coverage"]["value"])}
    line = say(
        "Of the draws kept aside that lie there it is so in {density}, {lift} times as often as anywhere; {coverage} "
        "of all in which it is so lie there.",
        **slots,
    )
    return [say("Where: {where}.", where=where), line]


def _rare(found: Record, study: Study) -> list[str]:
    rare = found.get("rare")
    if not rare:
        return []
    told = {name: f"{rare[name]:.2g}" for name in ("value", "low", "high")}
    lines = [say("By subset simulation its probability is {value} ({low} to {high}).", **told)]
    box = rare.get("box") or {}
    if box.get("conditions"):
        where = say(" and ").join(_condition(one, study) for one in box["conditions"])
        slots = {"where": where, "coverage": _percent(box["coverage"]["value"])}
        slots |= {"density": _percent(box["density"]["value"])}
        lines.append(
            say("Then: {where}; this holds {coverage} of such cases, and there it is so in {density}.", **slots)
        )
    return lines


def _explain(found: Record, study: Study) -> Chapter:
    chance = found["probability"]
    lines = [
        say(
            "It is so in {share} of the draws ({ends}, 95 %): {hits} of {draws}.",
            share=_percent(chance["value"]),
            ends=_ends(chance),
            hits=f"{chance['true']:,}",
            draws=f"{chance['draws']:,}",
        ),
        *_rare(found, study),
        *_box(found, study),
    ]
    ranked = found.get("decides_whether") or []
    rows = [
        [
            _named(study, one["input"]),
            f"{one['share']:.2f}",
            say("{low} to {high}", low=f"{one['low']:.2f}", high=f"{one['high']:.2f}"),
        ]
        for one in ranked[:FIRST]
    ]
    told = [Bar(_named(study, one["input"]), one["share"], one["low"], one["high"]) for one in ranked[:FIRST]]
    alt = say("What decides whether it is so: share of the variance")
    tables = (([say("What decides whether it is so"), say("share"), "95 %"], rows),) if rows else ()
    return Chapter(
        "explain",
        say("When is it so?"),
        _asked(study, parse_question(found["question"], study.output).cell, found["question"]),
        tuple(lines),
        tables,
        bars(told, alt),
        alt,
        tuple(remarks_told(found["notes"], study)),
    )


def _asked(study: Study, cell: Cell, text: str) -> str:
    """Return what was asked, in words and as it was typed."""
    return f"{cell_words(study, cell)} ({text})"


def _in(texts: Record, otherwise: str) -> str:
    """Return a text of a record in the language that is spoken."""
    return str(texts.get(spoken()) or texts.get("en") or otherwise)


def _plan(found: Record, study: Study) -> Chapter:
    unit = found["unit"]
    now = say(
        "Now {mean} on average, with a standard deviation of {sd} ({draws} draws).",
        mean=_with_unit(found["mean"], unit),
        sd=_with_unit(found["sd"], unit),
        draws=f"{found['draws']:,}",
    )
    lines, decided = [now], found["threshold"] is not None
    if decided:
        slots = {"bound": _with_unit(found["threshold"], unit), "perfect": _with_unit(found["perfect"], unit)}
        lines.append(
            say("One acts where less than {bound} is expected; knowing everything would gain {perfect}.", **slots)
        )
    rows, told = [], []
    for one in found["surveys"]:
        label = _in(found["labels"].get(one["survey"], {}), one["label"])
        row = [label, number(one["cost_usd"]), _percent(one["narrows"]), _with_unit(one["sd_left"], unit)]
        rows.append(row + ([_with_unit(one["evsi"], unit)] if decided else []))
        told.append(Bar(label, one["narrows"]))
    heads = [say("survey"), say("price [USD]"), say("takes off the standard deviation"), say("standard deviation left")]
    heads += [say("gains the decision")] if decided else []
    alt = say("What each survey takes off the standard deviation")
    told.sort(key=lambda bar: -bar.value)
    lines.append(say("The most useful for its price stands first."))
    picture = bars(told[:FIRST], alt)
    title = say("What to measure next?")
    outcome = _asked(study, parse_cell(found["outcome"], study.output, "plan"), found["outcome"])
    notes = remarks_told(
        found["notes"], study, lambda code: _in(found["labels"].get(code, {}), study.labels.name(code))
    )
    return Chapter("plan", title, outcome, tuple(lines), ((heads, rows),), picture, alt, tuple(notes))


def _combine(found: Record, study: Study) -> Chapter:
    titles = found["levers"]

    def package(name: str) -> str:
        return (
            say(" and ").join(_in(titles.get(one, {}), one) for one in name.split(" + "))
            if name != "none"
            else say("none of them")
        )

    rows = found["packages"]
    held = next(row for row in rows if row["package"] == (" + ".join(found["holds_up"]) or "none"))
    lines = [
        say(
            "Holds up: {package}. In the worst tenth of the draws it misses at most {missed} of what lies between the "
            "best and the worst package in any outcome.",
            package=package(held["package"]),
            missed=share(held["regret_share"]),
        )
    ]
    near = next(row for row in rows if row["package"] == found["nearly"])
    if near is not held and near["package"] != held["package"]:
        slots = {"package": package(near["package"]), "missed": share(near["regret_share"])}
        lines.append(say("Nearly as well with fewer: {package} (misses {missed}).", **slots))
    if not any(row["regret_worst"] for row in rows):
        lines.append(say("No lever changes any of these outcomes: all packages are equal."))
    outcomes = list(dict.fromkeys(row["outcome"] for row in rows))
    table = []
    for outcome in outcomes:
        own = [row for row in rows if row["outcome"] == outcome]
        best = max(own, key=lambda row: row["p_best"])
        mine = next(row for row in own if row["package"] == held["package"])
        words = _in(found["outcomes"].get(outcome, {}), outcome)
        change = _with_unit(mine["change"], mine["unit"])
        chance = say("{package}, in {part}", package=package(best["package"]), part=share(best["p_best"]))
        table.append([words, chance, change, _with_unit(mine["regret_p90"], mine["unit"])])
    seen = sorted((row for row in rows if row["outcome"] == outcomes[0]), key=lambda row: row["regret_share"])
    told = [Bar(package(row["package"]), row["regret_share"]) for row in seen[:FIRST]]
    heads = [say("outcome"), say("most often the best"), say("what holds up changes"), say("missed in the worst tenth")]
    alt = say("What packages miss in the worst tenth of the draws, the best first")
    question = ", ".join(_in(texts, name) for name, texts in titles.items())
    title = say("Which package holds up?")
    picture = bars(told, alt)
    return Chapter("combine", title, question, tuple(lines), ((heads, table),), picture, alt)


BUILDERS: Mapping[str, Callable[[Record, Study], Chapter]] = {"explain": _explain, "plan": _plan, "combine": _combine}
