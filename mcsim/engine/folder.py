"""A run in a run directory: begun, resumed, extended; and shards merged into one."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import mcsim
from mcsim.engine.backends import RunFailed
from mcsim.engine.collect import Collector
from mcsim.engine.design import Design
from mcsim.engine.evaluation import centre_or_zero, design_columns
from mcsim.engine.session import Session, shard_range
from mcsim.engine.work import Job, call_rows
from mcsim.result.result import Result
from mcsim.store.chunks import PLAN, DiskShelf
from mcsim.store.directory import (
    CHUNKS,
    FAILED,
    MANIFEST,
    STATE,
    check,
    read,
    read_manifest,
    write,
    write_failures,
)
from mcsim.store.files import write_json
from mcsim.store.netcdf import rows_of
from mcsim.store.pieces import Piece
from mcsim.store.record import fingerprint, study_of
from mcsim.study import InputError, Study


def run_in(session: Session, folder: Path, resume: bool, how: Mapping[str, Any], began: float) -> Result:
    """Return the result of a run kept in a folder.

    Parameters
    ----------
    session : Session
        Who computes.
    folder : Path
        The run directory; it must not exist unless `resume`.
    resume : bool
        Go on with what is there.
    how : mapping
        For run.json.
    began : float
        Monotonic time at which the run began.

    Raises
    ------
    InputError
        When the folder exists, cannot be written, or holds another run.
    """
    if folder.exists() and not resume:
        raise InputError(f"{folder}: exists; --resume goes on with it, another --out leaves it alone")
    session.note = lambda: _write_plan(session.job, session.how.shard, chunks)
    session.advice = f"; what is complete is kept, go on with the same command and --resume --out {folder}"
    chunks = folder / CHUNKS
    fresh = not folder.exists()
    if resume and (folder / MANIFEST).is_file() and not (chunks / PLAN).is_file():
        tidy(folder)
        finished = _finished(session, folder)
        if finished is not None:
            return finished
    # A model that returns what it should not is found before anything is written.
    centre_or_zero(session.job.study)
    try:
        chunks.mkdir(parents=True, exist_ok=True)
        shelf = DiskShelf(chunks, session.job.design.columns)
        collector = _collector(session, shelf, folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); another --out") from None
    try:
        session.fill(collector)
    except InputError:
        if fresh and collector.done == 0:
            # The user's input is wrong: nothing of the run is worth keeping, so nothing is left behind.
            shelf.remove()
            folder.rmdir()
        raise
    except RunFailed:
        if collector.failures:
            write_failures(collector.failures, folder / FAILED)
        raise
    return finish(session.job, session.how.shard, collector, folder, {**how, "wall": time.monotonic() - began})


def finish(
    job: Job, shard: tuple[int, int] | None, collector: Collector, folder: Path, how: Mapping[str, Any]
) -> Result:
    """Write the run directory of complete draws, and remove the chunks.

    Raises
    ------
    InputError
        When draws are missing.
    """
    low, high = shard_range(job, shard)
    try:
        result = collector.finish(low, high, shard)
        collector.save_state(folder)
        written = write(result, folder, {**how, "identity": identity(job, shard)})
    except OSError as error:
        raise RunFailed(f"{folder}: {error.strerror or error}; free space and go on with --resume") from None
    if isinstance(collector.shelf, DiskShelf):
        collector.shelf.remove()
    tidy(folder)
    return written


def tidy(folder: Path) -> None:
    """Remove what a killed process left half-written in a run directory."""
    for path in folder.glob(".*.part"):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder / f".{CHUNKS}-done", ignore_errors=True)


def identity(job: Job, shard: tuple[int, int] | None) -> dict[str, Any]:
    """Return what must be the same for two parts of one run, `draws` apart."""
    values = job.design.values
    return {
        "study": job.study.name,
        "version": job.study.version,
        "fingerprint": fingerprint(job.study),
        "mcsim": mcsim.__version__,
        "seed": job.design.seed,
        "design": job.design.kind,
        "samples": "" if values is None else hashlib.sha256(values.tobytes()).hexdigest(),
        "lives": job.lives,
        "kept": sorted(job.stored),
        "shard": None if shard is None else list(shard),
    }


def _write_plan(job: Job, shard: tuple[int, int] | None, chunks: Path) -> None:
    write_json(chunks / PLAN, {**identity(job, shard), "draws": job.design.draws})


def _compare(folder: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    for name, mine in here.items():
        if there.get(name) != mine:
            what = "study changed" if name == "fingerprint" else f"another {name} (got {mine}, there {there.get(name)})"
            raise InputError(f"{folder}: {what}; resume with what the run began with, or another --out")


def _collector(session: Session, shelf: DiskShelf, folder: Path) -> Collector:
    """Return a collector with what is in the folder already, and leave a plan there."""
    plan = shelf.folder / PLAN
    collector = Collector(session.job, shelf)
    if not plan.is_file():
        _write_plan(session.job, session.how.shard, shelf.folder)
        return collector
    there = json.loads(plan.read_text(encoding="utf-8"))
    draws = there.pop("draws")
    _compare(folder, there, identity(session.job, session.how.shard))
    wanted = session.job.design.draws
    collector.restore()
    if wanted == draws:
        return collector
    if wanted < draws and session.rule is None:
        raise InputError(f"{folder}: fewer draws than there (got {wanted}, there {draws}); {draws} or more")
    _grow(session, collector, folder, draws, max(draws, wanted))
    return collector


def _grow(session: Session, collector: Collector, folder: Path, draws: int, wanted: int) -> None:
    """Extend a run of `draws` to the draws wanted."""
    _check_extends(session.job.design, session.how.shard, folder, draws, wanted)
    session.job = replace(session.job, design=replace(session.job.design, draws=draws))
    collector.job = session.job
    if wanted > draws:
        session.extend(collector, wanted)


def _check_extends(design: Design, shard: tuple[int, int] | None, folder: Path, draws: int, wanted: int) -> None:
    if wanted > draws and not design.extends:
        raise InputError(f"{folder}: design {design.kind} does not extend (got {wanted}, there {draws}); a new run")
    if wanted > draws and shard is not None:
        raise InputError(f"{folder}: a shard does not extend (got {wanted}, there {draws}); merge first, then extend")


def _finished(session: Session, folder: Path) -> Result | None:
    """Return the result of a complete run, or None after laying its draws out as chunks to be extended."""
    record = read_manifest(folder)
    _compare(folder, record["identity"], identity(session.job, session.how.shard))
    draws, wanted = record["draws"], session.job.design.draws
    if wanted < draws and session.rule is None:
        raise InputError(f"{folder}: fewer draws than there (got {wanted}, there {draws}); {draws} or more")
    if wanted <= draws and session.rule is None:
        return read(folder, session.job.study)
    _check_extends(session.job.design, session.how.shard, folder, draws, wanted)
    job = replace(session.job, design=replace(session.job.design, draws=draws))
    lay_out([folder], job, folder / CHUNKS)
    _write_plan(job, session.how.shard, folder / CHUNKS)
    return None


def lay_out(folders: Sequence[Path], job: Job, chunks: Path) -> None:
    """Make chunks of the draws of complete run directories."""
    chunks.mkdir(parents=True, exist_ok=True)
    shelf = DiskShelf(chunks, job.design.columns)
    state = Collector(job, shelf)
    for folder in folders:
        state.load_state(folder / STATE)
    state.save_state()
    for folder in folders:
        result = read(folder, job.study)
        _copy(result, job, shelf, *shard_range(job, result.shard))


def _copy(result: Result, job: Job, shelf: DiskShelf, low: int, high: int) -> None:
    step = 16 * call_rows(job.study)
    for start in range(low, high, step):
        stop = min(start + step, high)
        first, last = np.searchsorted(result.draw, (start, stop)).tolist()
        columns = [result.inputs[name][first:last] for name in job.design.columns]
        inputs = np.column_stack([np.empty((last - first, 0)), *columns])
        outputs = {name: rows_of(result.kept, name, first, last) for name in job.stored}
        failures = tuple(failure for failure in result.failures if start <= failure.draw < stop)
        shelf.put(Piece(start, stop, result.draw[first:last], inputs, outputs, failures), {})


def merge(folders: Sequence[Path], out: Path, study: Study | None = None) -> Result:
    """Merge shards into one run directory, identical to that of the unsharded run.

    Parameters
    ----------
    folders : sequence of Path
        The run directories of all shards, in any order.
    out : Path
        The new run directory.
    study : Study, optional
        The study, where it was built in Python.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        When shards overlap, one is missing, or they come from different runs.
    """
    began = time.monotonic()
    if out.exists():
        raise InputError(f"{out}: exists; another --out")
    records = [check(Path(folder)) for folder in folders]
    shards = _check_shards(folders, records)
    first = records[0]
    study = study if study is not None else study_of(first)
    design = Design(first["design"], first["seed"], first["draws"], design_columns(study))
    job = Job(study, design, first["lives"], tuple(item.name for item in study.outputs if item.name in first["kept"]))
    _compare(
        Path(folders[0]),
        {**first["identity"], "shard": None},
        {**identity(job, None), "samples": first["identity"]["samples"]},
    )
    chunks = out / CHUNKS
    lay_out([Path(folder) for folder in folders], job, chunks)
    collector = Collector(job, DiskShelf(chunks, design.columns))
    collector.restore()
    how = {"jobs": 1, "backend": "merge", "shards": shards, "wall": time.monotonic() - began}
    return finish(job, None, collector, out, how)


def _check_shards(folders: Sequence[Path], records: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """Return the shards after refusing those that do not make one run."""
    first = records[0]
    seen: dict[int, Path] = {}
    for folder, record in zip(folders, records, strict=True):
        if record["shard"] is None:
            raise InputError(f"{folder}: a whole run, not a shard; folders made with --shard I/N")
        for name in ("draws", *(key for key in first["identity"] if key != "shard")):
            mine = record.get(name) if name == "draws" else record["identity"].get(name)
            theirs = first.get(name) if name == "draws" else first["identity"].get(name)
            if mine != theirs:
                raise InputError(
                    f"{folder}: another {name} than {folders[0]} (got {mine}, there {theirs}); shards of one run"
                )
        part, parts = record["shard"]
        if parts != first["shard"][1]:
            raise InputError(
                f"{folder}: one of {parts} shards, {folders[0]} one of {first['shard'][1]}; shards of one run"
            )
        if part in seen:
            raise InputError(f"{folder}: shard {part}/{parts} given twice (also {seen[part]}); each once")
        seen[part] = Path(folder)
    missing = [f"{part}/{first['shard'][1]}" for part in range(1, first["shard"][1] + 1) if part not in seen]
    if missing:
        raise InputError(f"merge: shard {', '.join(missing)} missing; run it with --shard {missing[0]}")
    return [list(record["shard"]) for record in records]
