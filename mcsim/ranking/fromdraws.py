"""Rankings by methods that take draws, of a run of their own: those of a Sobol' sequence as long as the base.

Random draws where the method compares neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.engine.asked import Asked, Stored
from mcsim.engine.folder import merge
from mcsim.engine.identity import compare_identities
from mcsim.engine.run import begun, run_asked
from mcsim.ranking.givendata import deciding, given_data
from mcsim.ranking.method import GivenData
from mcsim.ranking.place import keep, of_study
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.repeat import Request, record_of
from mcsim.store.claim import claimed
from mcsim.store.joining import joining, refuse_unfinished
from mcsim.store.record import study_record
from mcsim.store.whole import read_json, write_json
from mcsim.study import InputError, Study

if TYPE_CHECKING:
    from mcsim.result.result import Result

RUN, RECORD = "run", "method.json"  # within the folder of the ranking


def rank_draws(study: Study, asked: Asked, chosen: GivenData, request: Request) -> Ranking | None:
    """Return the ranking, with the run in a folder within the ranking's own; of a shard the run alone."""
    how, stored, method, outputs = asked.ranked, asked.stored, chosen.name, request.outputs
    if how.base < chosen.fewest:
        enough = 1 << (chosen.fewest - 1).bit_length()
        raise InputError(f"base: too few draws for {method} (got {how.base}); {enough} or more")
    if how.choices is not None:
        deciding(study, chosen, outputs, how.choices)  # before anything is run
    drawn = replace(asked.drawn, draws=how.base, design="random" if chosen.neighbours or chosen.at_random else "sobol")
    settings: dict[str, Any] = {"outputs": outputs, "level": how.level, "resamples": how.resamples, "seed": drawn.seed}
    settings |= {} if how.threshold is None else {"threshold": how.threshold}
    settings |= {} if how.choices is None else {"choices": how.choices}
    settings |= {"groups": request.groups} if chosen.grouped else {}
    out = stored.out
    if out is None:
        result = run_asked(study, Asked(drawn, Stored(None, False, outputs or ()), asked.computed))
        return given_data(result, method, **settings, jobs=asked.computed.workers)
    about = {"method": method, **settings, "asked": record_of(asked, request)}
    about = json.loads(json.dumps(about))
    with claimed(out):
        refuse_unfinished(out)
        if of_draws(out):
            compare_identities(out, _about(out), about)
        kept = Stored(out / RUN, stored.resume, outputs or (), exact=True)
        with begun(study, Asked(drawn, kept, asked.computed)) as draw:
            result = draw().finish()
        write_json(out / RECORD, about)
        if asked.computed.shard is not None:
            return None
        ranking = given_data(result, method, **settings, jobs=asked.computed.workers)
        _keep(ranking, result, out, about)
    return ranking


def _keep(ranking: Ranking, result: Result, out: Path, about: Mapping[str, Any]) -> None:
    facts = {**of_study(result.study), "method": about["method"]}
    keep(ranking, out, facts, study_record(result.study), about["asked"])


def _about(folder: Path) -> dict[str, Any]:
    return read_json(folder / RECORD, "run the shard again, or rank anew in another --out")


def of_draws(folder: Path) -> bool:
    """Return whether a folder holds a ranking by a method that takes draws."""
    return (folder / RECORD).is_file()


def merge_draws(folders: Sequence[Path], out: Path, part: bool = False) -> tuple[Study, Ranking | None]:
    """Return the study and the ranking of the draws of all shards, and write it to a folder; of a part no ranking.

    Raises
    ------
    InputError
        When the folders are not shards of one ranking.
    """
    records = [_about(folder) for folder in folders if of_draws(folder)]
    if len(records) < len(folders) or any(record != records[0] for record in records):
        raise InputError(f"merge: not shards of one ranking (got {', '.join(map(str, folders))}); shards of one")
    about = records[0]
    with joining(folders, out):
        result = merge([folder / RUN for folder in folders], out / RUN, part=part)
        write_json(out / RECORD, about)
        if result.shard is not None:
            return result.study, None
        ranking = given_data(result, **{name: value for name, value in about.items() if name != "asked"})
        _keep(ranking, result, out, about)
    return result.study, ranking
