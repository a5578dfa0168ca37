"""Shards of a ranking into one, with the bits of the undivided ranking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcsim.engine.identity import Made, difference, together
from mcsim.engine.reduce import Reduced
from mcsim.ranking.factors import outputs_of
from mcsim.ranking.method import Designed, Judgement
from mcsim.ranking.methods import method_of
from mcsim.ranking.place import FOLDER, RankingFolder, check_parts, of_study, part_file, read_plan
from mcsim.ranking.plan import Plan, with_noise
from mcsim.ranking.ranking import Ranking
from mcsim.result.shards import Shard, held, joined
from mcsim.store.chunks import PLAN
from mcsim.store.claim import claimed
from mcsim.store.record import study_of
from mcsim.study import InputError, Study


def has_part(folder: Path) -> bool:
    """Return whether a folder holds a shard's part of a ranking."""
    return (folder / FOLDER / PLAN).is_file()


def merge_rankings(
    folders: Sequence[Path], out: Path, study: Study | None = None, part: bool = False
) -> tuple[Study, Ranking | None]:
    """Return the study and the ranking of all shards, and write it to a folder.

    Parameters
    ----------
    folders : sequence of Path
        The folders of all shards, in any order; a merged part is one like any other.
    out : Path
        Where the ranking goes; it may be the run directory that the same shards' draws were merged into.
    study : Study, optional
        The study, where it was built in Python.
    part : bool
        Whether neighbouring shards without the others will do: their sums are then left for another merge, and no
        ranking is returned.

    Raises
    ------
    InputError
        Where a part is missing, twice there, not complete, or of another ranking.
    """
    first, made, shard = checked_parts(folders, part)
    facts = {**first["identity"], "shard": None}
    study = study if study is not None else study_of(first)
    for name, mine in of_study(study).items():
        if mine != facts[name]:
            what = difference(name, facts[name], mine)
            raise InputError(f"{folders[0]}: {what} since this ranking; repeat it with the study as it is")
    method = method_of(facts["method"])
    assert isinstance(method, Designed)  # the others have no parts of their own, but shards of a run
    plan, judgement = _plan_of(study, facts), _judgement_of(facts)
    with claimed(out) as claim:
        place = RankingFolder(claim, out, plan, facts, shard, first.get("asked", {}))
        place.made = [made]
        ranking = place.finished(joined=True)
        if ranking is not None:
            return study, ranking
        try:
            passes = _loaded(folders, method.passes(plan, judgement), shard)
            if shard is None:
                return study, _joined(passes, place, method, plan, judgement)
            _keep(passes, place)
            return study, None
        except InputError as error:
            place.stopped(error)
            raise


def _loaded(folders: Sequence[Path], passes: Sequence[Reduced], shard: Shard | None) -> Iterator[Reduced]:
    """Yield what each pass over the model gave to all parts; a part is in memory only while it is taken in."""
    # Neighbours after neighbours: what they hold is summed up at once, in whatever order they were named.
    ordered = sorted(folders, key=lambda folder: held(read_plan(folder)["identity"]["shard"]))
    for number, collector in enumerate(passes):
        for folder in ordered:
            collector.load(part_file(folder, number))
        low, high = collector.work.part(shard)
        if collector.spans() != [(low, high)]:
            told = ", ".join(f"{first} to {last - 1}" for first, last in collector.spans()) or "none"
            raise InputError(
                f"{collector.work.name}: not complete (got rows {told} of {low} to {high - 1}); go on with each shard "
                "and --resume"
            )
        yield collector


def _keep(passes: Iterator[Reduced], place: RankingFolder) -> None:
    """Write what several parts hold together as one part."""
    for number, collector in enumerate(passes):
        collector.place = part_file(place.folder, number)
        collector.save()
    place.finish_part()


def _joined(
    passes: Iterator[Reduced], place: RankingFolder, method: Designed, plan: Plan, judgement: Judgement
) -> Ranking:
    """Return the ranking of all parts, after writing it to its place."""
    found = [method.read(judgement, collector) for collector in passes]
    ranking = with_noise(method.ranking(plan, judgement, found), plan)
    ranking = replace(ranking, warnings=(*ranking.warnings, *place.told()))
    place.write_tables(ranking)
    place.finish(ranking)
    return ranking


def checked_parts(folders: Sequence[Path], part: bool = False) -> tuple[dict[str, Any], Made, Shard | None]:
    """Return the first plan of parts of one ranking, what all were made with, and what they are together.

    Of thousands of parts no plan is held but the first.

    Raises
    ------
    InputError
        Where they do not make one ranking, or a part of one.
    """
    first = read_plan(folders[0])
    facts, made, shards = first["identity"], dict[str, list[str]](), []
    for folder in folders:
        check_parts(folder)
        plan = read_plan(folder)
        for name, mine in plan["identity"].items():
            if name != "shard" and mine != facts.get(name):
                what = difference(name, facts.get(name), mine)
                raise InputError(f"{folder}: part of another ranking than {folders[0]} ({what}); shards of one")
        made = together([made, plan.get("made_with", {})])
        shards.append(plan["identity"]["shard"])
    return first, made, joined(folders, shards, part)


def _plan_of(study: Study, facts: Mapping[str, Any]) -> Plan:
    if facts["versus"] is not None:
        raise InputError(f"{facts['study']}: a difference of two studies has no shards (got {facts['versus'][0]})")
    factors = {name: tuple(members) for name, members in facts["factors"].items()}
    plan = Plan(study, factors, outputs_of(study, facts["outputs"]), facts["base"], facts["seed"])
    settings = ("second", "resamples", "replicates", "lives", "debias", "leaf", "grain", "spooled")
    return replace(plan, **{name: facts[name] for name in settings}, candidates=facts.get("candidates", 0))


def _judgement_of(facts: Mapping[str, Any]) -> Judgement:
    return Judgement(facts["confidence"], facts["level"], facts["threshold"], facts["max_failed"])
