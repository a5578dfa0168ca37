"""Where a ranking lives while it is computed: nowhere, or a folder with what its collectors hold, to be gone on with.

``ranking/plan.json`` says what is ranked and how; ``ranking/part-0.npz``, ... hold what each pass over the model has
given so far. A complete ranking leaves ``ranking.npz`` and ``sensitivity.csv`` and takes that folder away; of a shard
it stays, for `mcsim.ranking.merge`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mcsim
from mcsim.engine.backends import RunFailed
from mcsim.engine.identity import Made, compare_identities, together, unlike
from mcsim.engine.pairing import layout
from mcsim.engine.progress import tell
from mcsim.engine.reduce import Reduced
from mcsim.ranking.method import Judgement
from mcsim.ranking.plan import Plan
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.stored import identity_of, save
from mcsim.result.shards import Shard
from mcsim.store.chunks import PLAN
from mcsim.store.claim import Claim, go_on, remedy
from mcsim.store.directory import MANIFEST, PAIRS, RANKING, RECORD, TABLE, WITHIN, add_files, check_files, check_ranking
from mcsim.store.files import atomically
from mcsim.store.joining import refuse_unfinished
from mcsim.store.record import code_record, file_hash, fingerprint, machine, made_with, study_record, versions
from mcsim.store.whole import read_json, write_json
from mcsim.study import InputError, Study

FOLDER, PARTS = "ranking", "parts.json"
PLANNED = ("base", "seed", "second", "resamples", "replicates", "lives", "debias", "leaf", "grain", "spooled")


def identity(plan: Plan, method: str, judgement: Judgement, until: str | None) -> dict[str, Any]:
    """Return what makes two parts belong to one ranking."""
    other = plan.versus
    facts: dict[str, Any] = {
        **of_study(plan.study),
        "versus": None if other is None else [other.name, fingerprint(other), code_record(other)],
        "method": method,
        "until": until,
        "factors": {name: list(members) for name, members in plan.factors.items()},
        "outputs": [output.name for output in plan.outputs],
    }
    if method in ("sobol", "shapley"):
        # Parts made with another order of the dimensions are of another design.
        facts["design"] = layout(len(plan.columns))
    if method == "sobol":
        facts["left_out"] = "by element"  # sums of an earlier mcsim have no place for it
    for name in PLANNED:
        facts[name] = getattr(plan, name)
    if plan.candidates:
        facts["candidates"] = plan.candidates
    for name in ("confidence", "level", "threshold", "max_failed"):
        facts[name] = getattr(judgement, name)
    return facts


def of_study(study: Study) -> dict[str, Any]:
    """Return what two rankings of one study have in common."""
    return {
        "study": study.name,
        "version": study.version,
        "fingerprint": fingerprint(study),
        "code": code_record(study),
        "mcsim": mcsim.__version__,
    }


class Nowhere:
    """A ranking that leaves nothing on disk."""

    advice = ""

    def finished(self) -> Ranking | None:
        """Return nothing: there is no earlier ranking."""
        return None

    def attach(self, collector: Reduced, number: int) -> None:
        """Leave the collector alone."""

    def stopped(self, error: BaseException) -> None:
        """Leave nothing."""

    def told(self) -> list[str]:
        """Return nothing: all of it was computed here and now."""
        return []

    def failed(self, error: OSError) -> RunFailed:
        """Return what to tell of an error of the system."""
        return RunFailed(remedy(error))

    def write_tables(self, ranking: Ranking) -> None:
        """Leave nothing."""

    def finish(self, ranking: Ranking) -> None:
        """Leave nothing."""

    def finish_part(self) -> None:
        """Leave nothing."""


class RankingFolder:
    """A folder while its ranking goes on.

    Parameters
    ----------
    claim : Claim
        The run directory, held.
    folder : Path
        The same, as the user named it.
    plan : Plan
        What is ranked.
    facts : mapping
        Its `identity`.
    shard : (int, int), optional
        Which part of how many is computed.
    asked : mapping
        Its `mcsim.ranking.repeat.record_of`.
    """

    def __init__(
        self,
        claim: Claim,
        folder: Path,
        plan: Plan,
        facts: Mapping[str, Any],
        shard: Shard | None,
        asked: Mapping[str, Any],
    ) -> None:
        self.folder, self._plan, self._shard = folder, plan, shard
        self._claim, self._asked = claim, asked
        self.made: list[Made] = [made_with()]  # by this process and those before it
        self._facts = json.loads(json.dumps({**facts, "shard": shard}))
        self._inside = folder / FOLDER
        self.advice = go_on(folder)

    def finished(self, joined: bool = False) -> Ranking | None:
        """Return the ranking where it is complete, after leaving a plan where it is not.

        Parameters
        ----------
        joined : bool
            Whether the ranking is joined from parts, which may happen in a folder where other parts are being joined.

        Raises
        ------
        InputError
            When the folder holds another ranking, or cannot be written.
        """
        if not joined:
            refuse_unfinished(self.folder)
        if is_ranked(self.folder):
            check_ranking(self.folder)
            compare_identities(self.folder, identity_of(self.folder / RANKING), self._facts)
            return Ranking.load(self.folder / RANKING)
        try:
            self._inside.mkdir(parents=True, exist_ok=True)
            rows = self._plan.base
            if (self._inside / PLAN).is_file():
                there = read_plan(self.folder)
                compare_identities(self.folder, there["identity"], self._facts)
                rows = there["rows"]
                self.made.insert(0, there.get("made_with", {}))
            else:
                self._drop_parts()
            self._write_plan(rows)
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be written ({error.strerror}); another --out") from None
        return None

    def _drop_parts(self) -> None:
        """Remove the sums of a ranking of which nobody knows what it was."""
        parts = list(self._inside.glob("part-*.npz"))
        for part in parts:
            part.unlink()
        if parts:
            tell(f"{self._inside / PLAN}: missing; what the folder held is of an unknown ranking and is computed again")

    def _write_plan(self, rows: int) -> None:
        about = {"identity": self._facts, "rows": rows, "study": study_record(self._plan.study)}
        about |= {"asked": dict(self._asked), "made_with": together(self.made)}
        write_json(self._inside / PLAN, about)

    def attach(self, collector: Reduced, number: int) -> None:
        """Give a collector the place of its state, and what is there already."""
        rows = read_plan(self.folder)["rows"]
        if rows > collector.work.rows:
            collector.work = collector.work.extended(rows)
        collector.place = part_file(self.folder, number).absolute()  # a model may change the current directory
        collector.load(collector.place)
        collector.guard = self._claim.check
        collector.note = lambda: self._write_plan(collector.work.rows)

    def stopped(self, error: BaseException) -> None:
        """Leave nothing behind where the user's input is wrong and nothing is there yet."""
        if isinstance(error, InputError) and not list(self._inside.glob("part-*.npz")):
            shutil.rmtree(self._inside, ignore_errors=True)

    def told(self) -> list[str]:
        """Return a line for each thing that parts of the ranking were computed with and that was not the same."""
        return unlike(together(self.made))

    def failed(self, error: OSError) -> RunFailed:
        """Return what to tell of an error of the system."""
        return RunFailed(f"{self.folder}: {remedy(error, self.advice)}")

    def finish_part(self) -> None:
        """List a shard's sums and their hashes in run.json, or beside them where there is none."""
        # The plan holds a hash of its own, and may be written again by a process on another machine.
        files = sorted(path.name for path in self._inside.glob("part-*.npz"))
        if not (self.folder / MANIFEST).is_file():
            write_json(self._inside / PARTS, {"files": {name: file_hash(self._inside / name) for name in files}})
        else:
            add_files(self.folder, [f"{FOLDER}/{name}" for name in files], ranking=dict(self._asked))

    def write_tables(self, ranking: Ranking) -> None:
        """Write the tables of a ranking, which stand for nothing before it is finished."""
        try:
            self._claim.check()
            write_tables(ranking, self.folder)
        except OSError as error:
            raise self.failed(error) from None

    def finish(self, ranking: Ranking) -> None:
        """Write the ranking, list it and its tables in run.json where there is one, and take the sums away."""
        try:
            self._claim.check()
            keep(ranking, self.folder, self._facts, study_record(self._plan.study), self._asked, tabled=True)
            # It loses its name first, so that a kill leaves no half of it.
            hidden = self.folder / f".{FOLDER}-done"
            shutil.rmtree(hidden, ignore_errors=True)
            os.rename(self._inside, hidden)
            shutil.rmtree(hidden, ignore_errors=True)
        except OSError as error:
            raise self.failed(error) from None


def keep(
    ranking: Ranking,
    folder: Path,
    facts: Mapping[str, Any],
    study: Mapping[str, Any],
    asked: Mapping[str, Any],
    tabled: bool = False,
) -> None:
    """Write a ranking whole and as tables for its reader, and last what was asked and the hashes of the files.

    Parameters
    ----------
    ranking : Ranking
        What to write.
    folder : Path
        Where; a run directory has its run.json, any other folder gets a ranking.json.
    facts, study, asked : mapping
        The ranking's `identity`, the record of its study, and what was asked of it.
    tabled : bool
        Whether the tables of it, but for that of the ranking within it, lie there already.
    """
    if not tabled:
        write_tables(ranking, folder)
    if ranking.within is not None:
        atomically(folder / WITHIN, ranking.within.to_csv)
    save(ranking, folder / RANKING, facts)
    files = [name for name in (RANKING, TABLE, PAIRS, WITHIN) if (folder / name).is_file()]
    if (folder / MANIFEST).is_file():
        add_files(folder, files, ranking=dict(asked))
        return
    about = {"format": 1, "study": study, "identity": facts, "ranking": asked, "versions": versions()}
    about |= {"machine": machine(), "files": {name: file_hash(folder / name) for name in files}}
    write_json(folder / RECORD, about)


def is_ranked(folder: Path) -> bool:
    """Return whether a folder holds a ranking that nobody is making anew."""
    return (folder / RANKING).is_file() and not (folder / FOLDER / PLAN).is_file()


def write_tables(ranking: Ranking, folder: Path) -> None:
    """Write the tables of a ranking, but for that of the ranking within it."""
    atomically(folder / TABLE, ranking.to_csv)
    if ranking.pairs:
        atomically(folder / PAIRS, ranking.pairs_to_csv)


def part_file(folder: Path, number: int) -> Path:
    """Return the file with what a pass over the model gave."""
    return folder / FOLDER / f"part-{number}.npz"


def check_parts(folder: Path) -> None:
    """Compare the sums of a shard without a run with the hashes beside them, where it is complete.

    Raises
    ------
    InputError
        Naming the first file that is missing or was changed.
    """
    inside, remedy = folder / FOLDER, "run the shard again in another --out"
    if (inside / PARTS).is_file() and not (folder / MANIFEST).is_file():
        check_files(inside, read_json(inside / PARTS, remedy)["files"], remedy)


def read_plan(folder: Path) -> dict[str, Any]:
    """Return what a folder says of the ranking in it.

    Raises
    ------
    InputError
        Where there is none.
    """
    inside = folder / FOLDER
    return read_json(inside / PLAN, f"remove {inside} to rank from the start, or another --out")
