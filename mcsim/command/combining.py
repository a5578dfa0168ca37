"""`mcsim combine`: every combination of levers, over draws and readings of the model, and which of them hold up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.command.compared import outcomes_asked
from mcsim.command.jobs import asked_of, new_folder
from mcsim.command.loading import conditioned, loaded, settled
from mcsim.command.told import Told
from mcsim.engine.asked import Asked, Stored
from mcsim.report.chapters import leave
from mcsim.result.matrix import SEVERAL, TODAY, Column, column_of, matrix
from mcsim.result.robust import Packages, subsets
from mcsim.study import InputError, Study
from mcsim.study.labels import ENGLISH, LANGUAGES
from mcsim.study.language import in_language, told_in
from mcsim.study.outcomes import Outcome
from mcsim.study.overlay import Overlay, each_once, laid_over, read_overlay

if TYPE_CHECKING:
    from mcsim.engine.remembered import Memory

MOST_LEVERS, MOST_OUTCOMES = 10, 3
FEWEST_DRAWS = 10
NEARLY = 0.1  # of what lies between the best and the worst package
TABLE, PICTURE = "packages.csv", "packages.svg"


def combine(named: str, levers: Sequence[str], words: dict[str, Any]) -> Told:
    """Run every combination of levers and return which hold up.

    Raises
    ------
    InputError
        For fewer than two levers or more than ten, one that is none or stands twice, an outcome without a better side.
    """
    settings, data, posterior = words.pop("settings", ()), words.pop("data", None), words.pop("posterior", None)
    readings = _readings(words.pop("readings", ()))
    wanted, language = words.pop("outputs", ()), words.pop("language", ENGLISH)
    overlays = [_overlay(name) for name in levers]
    each_once(overlays, "combine")
    if not 2 <= len(overlays) <= MOST_LEVERS:
        raise InputError(f"combine: levers to combine (got {len(overlays)}); from 2 to {MOST_LEVERS}")
    plain = loaded(named, (), data)
    in_language(plain, language)  # refused before anything is run
    worlds = [settled(plain, [*settings, *reading]) for reading in readings]
    outcomes = _outcomes(worlds[0], wanted, overlays)
    asked = _keeping(asked_of({"draws": 500, **words}, worlds)[0], outcomes)
    if asked.drawn.draws < FEWEST_DRAWS:
        raise InputError(
            f"combine: draws (got {asked.drawn.draws}); {FEWEST_DRAWS} or more, since the worst tenth of them decides"
        )
    members = subsets([overlay.name for overlay in overlays])
    with new_folder(asked, f"combine-{plain.name}") as folder:
        found = []
        for world in worlds:
            columns = _columns(conditioned(world, posterior), overlays, members, outcomes, asked)
            found.append(matrix(columns, outcomes))
        titles = tuple(", ".join(reading) or "as the study has it" for reading in readings)
        packages = Packages(tuple(members), titles, tuple(found))
        refuse_unshared(packages)
        told = _written(plain, packages, folder)
        texts = {"levers": {one.name: _titles(one) for one in overlays}}
        texts["outcomes"] = {one.name: _labels(plain, one) for one in outcomes}
        left = leave("combine", {**told.record, **texts}, plain, folder, language)
        told = told if language == ENGLISH else Told(f"{left.text}\npackages: {folder / TABLE}", told.record)
        return told.more(f"page: {folder / left.files[-1]}", **texts)


def _titles(overlay: Overlay) -> dict[str, str]:
    """Return what a lever is called, by language."""
    others = {code: overlay.texts.get(f"title_{code}", "") for code in LANGUAGES if code != ENGLISH}
    return {ENGLISH: overlay.title} | {code: title for code, title in others.items() if title}


def _labels(study: Study, outcome: Outcome) -> dict[str, str]:
    """Return what an outcome is called, by language."""
    from mcsim.report.compared import outcome_words
    from mcsim.report.language import speaking

    found = {}
    for code in LANGUAGES:
        try:
            other = in_language(study, code)
        except InputError:  # the study says nothing in it
            continue
        with speaking(code):
            label = told_in(outcome.entry, code).get("label", "")
            found[code] = outcome_words(other, replace(outcome, label=label))
    return found


def _overlay(name: str) -> Overlay:
    found = read_overlay(name)
    if found is None:
        raise InputError(f"combine: {name}: no lever (got a study of its own); an overlay, such as lever-take-back")
    return found


def _readings(said: Sequence[str]) -> list[tuple[str, ...]]:
    """Return every combination of what options are said to be: ``NAME=WORD,WORD``."""
    each = []
    for text in said:
        name, equals, listed = text.partition("=")
        values = [value.strip() for value in listed.split(",") if value.strip()]
        if not equals or len(values) < 2:
            raise InputError(f"--reading: no two ways to read it (got {text!r}); NAME=WORD,WORD")
        each.append([f"{name.strip()}={value}" for value in values])
    return list(product(*each))


def _outcomes(study: Study, wanted: Sequence[str], overlays: Sequence[Overlay]) -> tuple[Outcome, ...]:
    """Return the outcomes that packages are held against: the named ones, or the first that have a better side."""
    known = [outcome for outcome in outcomes_asked(study) if outcome.better]
    if not known:
        laid_over(study, overlays[0])  # what these levers do not fit is refused for that
        raise InputError(
            f"{study.name}: compare.outcomes: none says which way is better (got {len(study.outcomes)} outcomes); "
            '[[compare.outcomes]] with output and better = "less" or "more", in a file that extends it'
        )
    if not wanted:
        return tuple(known[:MOST_OUTCOMES])
    by_name = {outcome.name: outcome for outcome in known}
    by_output: dict[str, list[Outcome]] = {}
    for outcome in known:
        by_output.setdefault(outcome.cell.output.name, []).append(outcome)
    found = []
    for name in wanted:
        hits = [by_name[name]] if name in by_name else by_output.get(name, [])
        if len(hits) != 1:
            raise InputError(f"--output: no outcome of {study.name} (got {name!r}); one of {', '.join(by_name)}")
        found += hits
    return tuple(found)


def refuse_unshared(packages: Packages) -> None:
    """Refuse an outcome that no draw has under every package: nothing can be held against it.

    Raises
    ------
    InputError
        Naming it, and the reading in which that is so.
    """
    for reading, one in zip(packages.readings, packages.by_reading, strict=True):
        known = np.isfinite(one.values)
        for at, outcome in enumerate(one.outcomes):
            if not known[:, at].all(axis=0).any():
                raise InputError(
                    f"combine: {outcome.name}: undefined under some package in every draw (got 0 of "
                    f"{one.values.shape[2]} draws, {reading}); --output with an outcome that all packages have"
                )


def _keeping(asked: Asked, outcomes: Sequence[Outcome]) -> Asked:
    keep = tuple(dict.fromkeys(outcome.cell.output.name for outcome in outcomes))
    return replace(asked, stored=Stored(asked.stored.out, False, keep))


def _columns(
    world: Study,
    overlays: Sequence[Overlay],
    members: Sequence[tuple[str, ...]],
    outcomes: Sequence[Outcome],
    asked: Asked,
) -> list[Column]:
    """Return the outcomes of every package under one reading, on the same draws."""
    from mcsim.engine.remembered import Memory

    by_name, memory = {overlay.name: overlay for overlay in overlays}, Memory(world)
    columns = []
    for chosen in members:
        study = world
        for name in chosen:
            study = laid_over(study, by_name[name])
        columns.append(_column(replace(study, name=" + ".join(chosen) or "none"), outcomes, asked, memory))
        memory.keep_no_more()
    memory.forget()
    return columns


def _column(study: Study, outcomes: Sequence[Outcome], asked: Asked, memory: Memory) -> Column:
    from mcsim.engine.run import run_asked

    keep = {outcome.cell.output.name for outcome in outcomes}
    lean = replace(
        study, headline=(), left_out=frozenset(output.name for output in study.declared if output.name not in keep)
    )
    study = memory.lent(lean) if asked.computed.backend == "threads" else lean
    stored = Stored(None, False, tuple(keep))
    return column_of(
        run_asked(study, replace(asked, stored=stored)), outcomes, SEVERAL if study.name != "none" else TODAY
    )


def _written(study: Study, packages: Packages, folder: Path) -> Told:
    from mcsim.report.packages import picture
    from mcsim.store.files import write_table

    write_table(folder / TABLE, packages.table())
    picture(packages, folder / PICTURE)
    return Told("\n".join([*lines(study, packages), f"packages: {folder / TABLE}"]), record(study, packages))


def lines(study: Study, packages: Packages) -> list[str]:
    """Return what packages come to in words."""
    pooled, table = packages.pooled, packages.table()
    held, names = packages.holding, [" + ".join(one) or "none" for one in packages.members]
    count = pooled.values.shape[2]
    told = [
        f"{study.title}: {len(names)} packages of {max(map(len, packages.members))} levers, {count:,} draws"
        + (f" under {len(packages.readings)} readings" if len(packages.readings) > 1 else ""),
        f"holds up: {names[held]}; in the worst tenth of the draws it misses at most "
        f"{100 * packages.regret_share[held]:.0f} % of what lies between the best and the worst package in any outcome",
    ]
    if not table["regret_worst"].any():
        told.append("no lever changes any of these outcomes: all packages are equal")
    near = packages.fewest_within(NEARLY)
    if near != held:
        told.append(f"nearly as well with fewer: {names[near]} (misses {100 * packages.regret_share[near]:.0f} %)")
    for outcome in pooled.outcomes:
        own = table[table["outcome"] == outcome.name]
        best = own.iloc[int(own["p_best"].argmax())]
        mine = own.iloc[held]
        told += [
            f"{outcome.label or outcome.name} [{mine['unit']}], {mine['better']} is better",
            f"  most often the best: {best['package']} (in {100 * best['p_best']:.0f} % of the draws)",
            f"  holds up: {mine['change']:+.3g} in the median; regret {mine['regret_mean']:.3g} on average, "
            f"{mine['regret_p90']:.3g} in the worst tenth, {mine['regret_worst']:.3g} at the worst",
        ]
        if len(packages.readings) > 1:
            told.append(f"  helps least where {mine['worst_reading']}: {mine['change_worst_reading']:+.3g}")
    front = [name for name, there in zip(names, packages.pareto, strict=True) if there]
    told.append(f"no package is better in one outcome without being worse in another: {len(front)} of {len(names)}")
    return told + [f"  {name}" for name in front[:8]] + ([f"  and {len(front) - 8} more"] if len(front) > 8 else [])


def record(study: Study, packages: Packages) -> dict[str, Any]:
    """Return every number as JSON holds it."""
    held, rows = list(packages.members[packages.holding]), packages.table().to_dict(orient="records")
    near = " + ".join(packages.members[packages.fewest_within(NEARLY)]) or "none"
    about = {"study": study.name, "readings": list(packages.readings), "holds_up": held, "nearly": near}
    return about | {"packages": rows}
