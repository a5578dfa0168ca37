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
from mcsim.engine.folder import compare_identities
from mcsim.engine.pairing import layout
from mcsim.engine.progress import tell
from mcsim.engine.reduce import Reduced
from mcsim.ranking.method import Judgement
from mcsim.ranking.plan import Plan
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.stored import identity_of, save
from mcsim.store.chunks import PLAN
from mcsim.store.directory import MANIFEST, PAIRS, RANKING, TABLE, add_files
from mcsim.store.files import atomically, write_table
from mcsim.store.record import code_record, fingerprint, study_record
from mcsim.store.whole import read_json, write_json
from mcsim.study import InputError

FOLDER = "ranking"
Shard = tuple[int, int] | None


def identity(plan: Plan, method: str, judgement: Judgement, until: str | None) -> dict[str, Any]:
    """Return what makes two parts belong to one ranking."""
    facts: dict[str, Any] = {
        "study": plan.study.name,
        "version": plan.study.version,
        "fingerprint": fingerprint(plan.study),
        "code": code_record(plan.study),
        "versus": None
        if plan.versus is None
        else [plan.versus.name, fingerprint(plan.versus), code_record(plan.versus)],
        "mcsim": mcsim.__version__,
        "method": method,
        "until": until,
        "factors": {name: list(members) for name, members in plan.factors.items()},
        "outputs": [output.name for output in plan.outputs],
    }
    if method in ("sobol", "shapley"):
        # Parts made with another order of the dimensions are of another design.
        facts["design"] = layout(len(plan.columns))
    for name in ("base", "seed", "second", "resamples", "replicates", "lives", "debias", "leaf"):
        facts[name] = getattr(plan, name)
    for name in ("confidence", "level", "threshold", "max_failed"):
        facts[name] = getattr(judgement, name)
    return facts


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

    def finish(self, ranking: Ranking) -> None:
        """Leave nothing."""

    def finish_part(self) -> None:
        """Leave nothing."""


class RankingFolder:
    """A folder while its ranking goes on.

    Parameters
    ----------
    folder : Path
        The run directory, which need not exist.
    plan : Plan
        What is ranked.
    facts : mapping
        Its `identity`.
    shard : (int, int), optional
        Which part of how many is computed.
    """

    def __init__(self, folder: Path, plan: Plan, facts: Mapping[str, Any], shard: Shard) -> None:
        self.folder, self._plan, self._shard = folder, plan, shard
        self._facts = json.loads(json.dumps({**facts, "shard": shard}))
        self._inside = folder / FOLDER
        self.advice = f"; what is complete is kept, go on with the same command and --resume --out {folder}"

    def finished(self) -> Ranking | None:
        """Return the ranking where it is complete, after leaving a plan where it is not.

        Raises
        ------
        InputError
            When the folder holds another ranking, or cannot be written.
        """
        if (self.folder / RANKING).is_file() and not self._inside.is_dir():
            compare_identities(self.folder, identity_of(self.folder / RANKING), self._facts)
            return Ranking.load(self.folder / RANKING)
        try:
            self._inside.mkdir(parents=True, exist_ok=True)
            if (self._inside / PLAN).is_file():
                compare_identities(self.folder, read_plan(self.folder)["identity"], self._facts)
            else:
                self._drop_parts()
                self._write_plan(self._plan.base)
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
        write_json(self._inside / PLAN, about)

    def attach(self, collector: Reduced, number: int) -> None:
        """Give a collector the place of its state, and what is there already."""
        rows = read_plan(self.folder)["rows"]
        if rows > collector.work.rows:
            collector.work = collector.work.extended(rows)
        collector.place = part_file(self.folder, number).absolute()  # a model may change the current directory
        collector.load(collector.place)
        collector.note = lambda: self._write_plan(collector.work.rows)

    def stopped(self, error: BaseException) -> None:
        """Leave nothing behind where the user's input is wrong and nothing is there yet."""
        if isinstance(error, InputError) and not list(self._inside.glob("part-*.npz")):
            shutil.rmtree(self._inside, ignore_errors=True)
            if not any(self.folder.iterdir()):
                self.folder.rmdir()

    def finish_part(self) -> None:
        """List a shard's sums in run.json, where there is one."""
        if (self.folder / MANIFEST).is_file():
            files = sorted(path.name for path in self._inside.iterdir() if not path.name.startswith("."))
            add_files(self.folder, [f"{FOLDER}/{name}" for name in files])

    def finish(self, ranking: Ranking) -> None:
        """Write the ranking and its table, list them in run.json where there is one, and take the sums away."""
        try:
            keep(ranking, self.folder, self._facts)
            # It loses its name first, so that a kill leaves no half of it.
            hidden = self.folder / f".{FOLDER}-done"
            shutil.rmtree(hidden, ignore_errors=True)
            os.rename(self._inside, hidden)
            shutil.rmtree(hidden, ignore_errors=True)
        except OSError as error:
            raise RunFailed(f"{self.folder}: {error.strerror or error}; free space{self.advice}") from None


def keep(ranking: Ranking, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write a ranking whole and as tables for its reader, and list the files in run.json where there is one."""
    atomically(folder / TABLE, ranking.to_csv)
    if ranking.pairs:
        import pandas as pd

        pairs = pd.concat([ranking.pair_table(output.name) for output in ranking.outputs], ignore_index=True)
        write_table(folder / PAIRS, pairs)
    save(ranking, folder / RANKING, facts)
    if (folder / MANIFEST).is_file():
        add_files(folder, (RANKING, TABLE, PAIRS))


def part_file(folder: Path, number: int) -> Path:
    """Return the file with what a pass over the model gave."""
    return folder / FOLDER / f"part-{number}.npz"


def read_plan(folder: Path) -> dict[str, Any]:
    """Return what a folder says of the ranking in it.

    Raises
    ------
    InputError
        Where there is none.
    """
    inside = folder / FOLDER
    return read_json(inside / PLAN, f"remove {inside} to rank from the start, or another --out")
