"""`--from DIR`: a run, a ranking or a comparison once more, to the bit, from what its folder says of it.

What it was made from is compared first: a study, table or model that changed is refused by the names of its files. What
is said beside `--from` holds in the place of what was recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.engine.asked import Asked
from mcsim.engine.identity import together, unlike
from mcsim.engine.until import acts_on
from mcsim.ranking.repeat import Request, asked_again
from mcsim.result.shards import shown
from mcsim.store.record import code_record, file_hash, fingerprint, made_with, study_of
from mcsim.study import InputError, Study

if TYPE_CHECKING:
    from mcsim.engine.design import Design

NOT_RANKED = ("draws", "design", "keep", "exact", "until")  # what is said of a run and means nothing to its ranking


@dataclass(frozen=True, slots=True)
class Again:
    """What a folder says of what is in it.

    Parameters
    ----------
    study : Study
        Loaded again, and unchanged but for what the user said.
    drawn : mapping
        Arguments of `Asked.of` for the run; empty where there is none.
    ranked : mapping, optional
        The same for the ranking; None where there is none.
    request : Request
        What else was asked of the ranking.
    lines : tuple of str
        What the user has to know: other versions than those that it was made with.
    """

    study: Study
    drawn: Mapping[str, Any]
    ranked: Mapping[str, Any] | None
    request: Request
    lines: tuple[str, ...]


def recorded(folder: Path, other: Study | None = None, data: Path | None = None) -> Again:
    """Return what a run directory, or the folder of a ranking, says of what is in it.

    Parameters
    ----------
    folder : Path
        The folder.
    other : Study, optional
        Another study, which is run as the recorded one was.
    data : Path, optional
        Other tables.

    Raises
    ------
    InputError
        When it is no such folder, is not complete, or was made from what has changed since.
    """
    record = _record(folder)
    if other is not None:
        study = other
    elif data is not None:
        study = study_of({"study": {**record["study"], "data": str(data)}})
    else:
        study = study_of(record)
        _refuse_changes(folder, record, study)
    ranked, request = asked_again(record["ranking"]) if "ranking" in record else (None, Request())
    lines = [f"{folder}: {line}" for line in unlike(together([made_with(record), made_with()]))]
    drawn = _drawn(folder, record, study) if "draws" in record else {}
    if ranked is not None and not study.samples_lives:
        ranked.pop("lives", None)
    return Again(study, drawn, ranked, request, tuple(lines))


def _record(folder: Path) -> dict[str, Any]:
    from mcsim.store.directory import MANIFEST, RECORD, read_manifest, read_record
    from mcsim.store.joining import refuse_unfinished

    refuse_unfinished(folder)
    alone = (folder / RECORD).is_file() and not (folder / MANIFEST).is_file()
    return read_record(folder) if alone else read_manifest(folder)


def _drawn(folder: Path, record: Mapping[str, Any], study: Study) -> dict[str, Any]:
    design: str | Design = record["design"]
    if design == "given":
        from mcsim.engine.design import Design
        from mcsim.engine.points import design_columns
        from mcsim.store.directory import read_samples

        values = read_samples(folder)
        design = Design("given", record["seed"], len(values), design_columns(study), values)
    words = {"draws": record["draws"], "design": design, "seed": record["seed"], "keep": tuple(record["kept"])}
    words |= {"exact": record["identity"].get("exact", False)}
    if record.get("shard") is not None and len(record["shard"]) > 2:
        raise InputError(f"{folder}: merged of shards {shown(record['shard'])}; --from one of them, or from the whole")
    words |= {name: record[name] for name in ("until", "max_failed", "shard") if record.get(name) is not None}
    return words | ({"lives": record["lives"]} if study.samples_lives else {})


def unchanged(folder: Path, record: Mapping[str, Any]) -> Study:
    """Return the study of a record, loaded again.

    Raises
    ------
    InputError
        When it changed since, naming the files.
    """
    study = study_of(record)
    _refuse_changes(folder, record, study)
    return study


def _refuse_changes(folder: Path, record: Mapping[str, Any], study: Study) -> None:
    there, about = record["identity"], record["study"]
    same = there["fingerprint"] == fingerprint(study) and there["code"] == code_record(study)
    if same and there["version"] == study.version:
        return
    files = {path: digest for path, digest in about["files"].items() if Path(path).is_file()}
    changed = [path for path, digest in files.items() if file_hash(Path(path)) != digest]
    gone = [path for path in about["files"] if path not in files]
    what = ", ".join([*changed, *(f"{path} gone" for path in gone)]) or "what it is built on"
    raise InputError(
        f"{folder}: study {study.name} changed since this was made ({what}); put it back as it was, or run the study "
        "anew without --from"
    )


def runs_again(
    again: Again, words: Mapping[str, Any], samples: Path | None, ranked: bool
) -> tuple[Asked, Asked | None]:
    """Return what is asked of the run and of its ranking, where there is one, with what the user said in its place."""
    from mcsim.command.jobs import asked_of

    drawn, own = dict(again.drawn), dict(words)
    until = own.pop("until", None)
    of_ranking = until is not None and acts_on(until) == "ranking"
    if until is not None and not of_ranking:
        drawn["until"] = until
    if samples is not None:
        drawn = {name: value for name, value in drawn.items() if name not in ("draws", "design")}
    said = {**drawn, **own}
    run = asked_of(said, [again.study], samples)[0] if samples is not None else Asked.of(**_reseeded(said))
    rankings = again.ranked if again.ranked is not None or not ({"base"} & own.keys() or of_ranking) else {}
    if not ranked or rankings is None:
        return run, None
    said = {**rankings, **{name: value for name, value in own.items() if name not in NOT_RANKED}}
    said |= {"shard": drawn["shard"]} if "shard" in drawn and "shard" not in own else {}
    return run, Asked.of(**said, **({"until": until} if of_ranking else {}))


def _reseeded(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words with samples that were recorded under the seed that holds now; their rows are the draws."""
    design = said.get("design")
    if isinstance(design, str) or design is None:
        return dict(said)
    if said["draws"] != design.draws:
        raise InputError(f"--draws: with samples of one's own (got {said['draws']}); their {design.draws} rows")
    return {**said, "design": replace(design, seed=said["seed"])}


def compared_again(folder: Path, words: Mapping[str, Any]) -> tuple[list[Again], list[Asked]]:
    """Return the studies of a comparison, and what is asked of each.

    Raises
    ------
    InputError
        As `recorded`, for any of its runs.
    """
    from mcsim.command.compared import recorded as runs_of

    found: Sequence[Again] = [recorded(folder / run) for run in runs_of(folder)]
    return list(found), [runs_again(again, words, None, False)[0] for again in found]
