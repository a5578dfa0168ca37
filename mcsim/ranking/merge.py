"""Shards of a ranking into one, with the bits of the undivided ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcsim.engine.identity import difference
from mcsim.ranking.factors import outputs_of
from mcsim.ranking.method import Designed, Judgement
from mcsim.ranking.methods import method_of
from mcsim.ranking.place import FOLDER, RankingFolder, check_parts, of_study, part_file, read_plan
from mcsim.ranking.plan import Plan, with_noise
from mcsim.ranking.ranking import Ranking
from mcsim.store.chunks import PLAN
from mcsim.store.claim import claimed
from mcsim.store.record import study_of
from mcsim.study import InputError, Study


def has_part(folder: Path) -> bool:
    """Return whether a folder holds a shard's part of a ranking."""
    return (folder / FOLDER / PLAN).is_file()


def merge_rankings(folders: Sequence[Path], out: Path, study: Study | None = None) -> tuple[Study, Ranking]:
    """Return the study and the ranking of all shards, and write it to a folder.

    Parameters
    ----------
    folders : sequence of Path
        The folders of all shards, in any order.
    out : Path
        Where the ranking goes; it may be the run directory that the same shards' draws were merged into.
    study : Study, optional
        The study, where it was built in Python.

    Raises
    ------
    InputError
        Where a part is missing, twice there, not complete, or of another ranking.
    """
    for folder in folders:
        check_parts(folder)
    plans = [read_plan(folder) for folder in folders]
    facts = {**plans[0]["identity"], "shard": None}
    _check_parts(folders, [plan["identity"] for plan in plans])
    study = study if study is not None else study_of(plans[0])
    for name, mine in of_study(study).items():
        if mine != facts[name]:
            what = difference(name, facts[name], mine)
            raise InputError(f"{folders[0]}: {what} since this ranking; repeat it with the study as it is")
    method = method_of(facts["method"])
    assert isinstance(method, Designed)  # the others have no parts of their own, but shards of a run
    plan, judgement = _plan_of(study, facts), _judgement_of(facts)
    with claimed(out) as claim:
        place = RankingFolder(claim, out, plan, facts, None, plans[0].get("asked", {}))
        place.made = [part.get("made_with", {}) for part in plans]
        ranking = place.finished(joined=True)
        try:
            return study, ranking or _joined(folders, place, method, plan, judgement)
        except InputError as error:
            place.stopped(error)
            raise


def _joined(
    folders: Sequence[Path], place: RankingFolder, method: Designed, plan: Plan, judgement: Judgement
) -> Ranking:
    """Return the ranking of all parts, after writing it to its place."""
    found = []
    for number, collector in enumerate(method.passes(plan, judgement)):
        for folder in folders:
            collector.load(part_file(folder, number))
        if collector.done != plan.base:
            shown = ", ".join(f"{low} to {high - 1}" for low, high in collector.spans()) or "none"
            raise InputError(
                f"{plan.study.name}: parts of a ranking: not complete (got {shown} of {plan.base} rows); go on with "
                "each shard and --resume"
            )
        found.append(method.read(judgement, collector))
    ranking = with_noise(method.ranking(plan, judgement, found), plan)
    ranking = replace(ranking, warnings=(*ranking.warnings, *place.told()))
    place.finish(ranking)
    return ranking


def _check_parts(folders: Sequence[Path], identities: Sequence[Mapping[str, Any]]) -> None:
    first = identities[0]
    for folder, own in zip(folders, identities, strict=True):
        if own["shard"] is None:
            raise InputError(f"{folder}: a whole ranking, not a shard; folders made with --shard I/N")
        for name, mine in own.items():
            if name != "shard" and mine != first.get(name):
                what = difference(name, first.get(name), mine)
                raise InputError(f"{folder}: part of another ranking than {folders[0]} ({what}); shards of one")
    shards = sorted(tuple(own["shard"]) for own in identities)
    count = first["shard"][1]
    if shards != [(number, count) for number in range(1, count + 1)]:
        shown = ", ".join(f"{number}/{parts}" for number, parts in shards)
        raise InputError(f"{first['study']}: parts of a ranking: not complete (got {shown}); each part once")


def _plan_of(study: Study, facts: Mapping[str, Any]) -> Plan:
    if facts["versus"] is not None:
        raise InputError(f"{facts['study']}: a difference of two studies has no shards (got {facts['versus'][0]})")
    factors = {name: tuple(members) for name, members in facts["factors"].items()}
    plan = Plan(study, factors, outputs_of(study, facts["outputs"]), facts["base"], facts["seed"])
    settings = ("second", "resamples", "replicates", "lives", "debias", "leaf", "grain", "spooled")
    return replace(plan, **{name: facts[name] for name in settings})


def _judgement_of(facts: Mapping[str, Any]) -> Judgement:
    return Judgement(facts["confidence"], facts["level"], facts["threshold"], facts["max_failed"])
