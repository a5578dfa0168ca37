"""Rankings by methods that take draws, of a run of their own: those of a Sobol' sequence as long as the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcsim.engine.asked import Asked, Stored
from mcsim.engine.folder import merge
from mcsim.engine.run import run_asked
from mcsim.ranking.factors import Groups
from mcsim.ranking.givendata import given_data
from mcsim.ranking.method import GivenData
from mcsim.ranking.place import keep
from mcsim.ranking.ranking import Ranking
from mcsim.store.whole import read_json, write_json
from mcsim.study import InputError, Study

RUN, RECORD = "run", "method.json"  # within the folder of the ranking


def rank_draws(
    study: Study, asked: Asked, chosen: GivenData, outputs: tuple[str, ...] | None, groups: Groups = False
) -> Ranking | None:
    """Return the ranking, with the run in a folder within the ranking's own; of a shard the run alone."""
    how, stored = asked.ranked, asked.stored
    method = chosen.name
    if how.base < chosen.fewest:
        enough = 1 << (chosen.fewest - 1).bit_length()
        raise InputError(f"base: too few draws for {method} (got {how.base}); {enough} or more")
    drawn = replace(asked.drawn, draws=how.base, design="sobol")
    inside = None if stored.out is None else stored.out / RUN
    result = run_asked(study, Asked(drawn, Stored(inside, stored.resume, outputs or ()), asked.computed))
    settings: dict[str, Any] = {"outputs": outputs, "level": how.level, "resamples": how.resamples, "seed": drawn.seed}
    settings |= {} if how.threshold is None else {"threshold": how.threshold}
    settings |= {"groups": groups} if chosen.grouped else {}
    if stored.out is not None:
        write_json(stored.out / RECORD, {"method": method, **settings})
    if asked.computed.shard is not None:
        return None
    ranking = given_data(result, method, **settings, jobs=asked.computed.workers)
    if stored.out is not None:
        keep(ranking, stored.out, {"method": method})
    return ranking


def of_draws(folder: Path) -> bool:
    """Return whether a folder holds a ranking by a method that takes draws."""
    return (folder / RECORD).is_file()


def merge_draws(folders: Sequence[Path], out: Path) -> tuple[Study, Ranking]:
    """Return the study and the ranking of the draws of all shards, and write it to a folder.

    Raises
    ------
    InputError
        When the folders are not shards of one ranking.
    """
    if out.exists():
        raise InputError(f"{out}: exists; another --out")
    remedy = "run the shard again"
    records = [read_json(folder / RECORD, remedy) for folder in folders if of_draws(folder)]
    if len(records) < len(folders) or any(record != records[0] for record in records):
        raise InputError(f"merge: not shards of one ranking (got {', '.join(map(str, folders))}); shards of one")
    result = merge([folder / RUN for folder in folders], out / RUN)
    ranking = given_data(result, **records[0])
    write_json(out / RECORD, records[0])
    keep(ranking, out, {"method": records[0]["method"]})
    return result.study, ranking
