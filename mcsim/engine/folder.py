"""A run in a run directory: begun, resumed, extended; and shards merged into one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.engine.backends import RunFailed
from mcsim.engine.collect import Collector
from mcsim.engine.design import Design
from mcsim.engine.evaluation import centre_or_zero, design_columns
from mcsim.engine.identity import compare_identities, difference, identity, together, unlike
from mcsim.engine.progress import tell
from mcsim.engine.work import Job, call_rows, requested
from mcsim.result.result import Result
from mcsim.result.shards import Shard, held, joined
from mcsim.store.chunks import PLAN, DiskShelf, MemoryShelf
from mcsim.store.claim import Claim, go_on, remedy
from mcsim.store.described import STUDY, write_study
from mcsim.store.directory import (
    CHUNKS,
    FAILED,
    MANIFEST,
    RANKING,
    REPORTS,
    SAMPLES,
    STATE,
    check,
    read,
    read_manifest,
    read_samples,
    refuse_older,
    write,
    write_failures,
)
from mcsim.store.inputs import inputs_of, roundable
from mcsim.store.joining import joining, refuse_unfinished
from mcsim.store.netcdf import rows_of
from mcsim.store.pieces import Arrays, Piece
from mcsim.store.record import made_with, study_of
from mcsim.store.rounding import ALL_WHOLE, Rounding, near_enough
from mcsim.store.unrounded import UNROUNDED, first_rows, leave_unrounded, not_as_computed, ranked_among
from mcsim.store.whole import read_json, save_arrays, write_json
from mcsim.study import BoolArray, InputError, Study

SEEN = 256  # draws among which values that come again are looked for


class InMemory:
    """A run that leaves nothing on disk, and that cannot be gone on with."""

    advice = ""

    def __init__(self, job: Job, shard: Shard | None) -> None:
        self._job, self._shard = job, shard

    def open(self, resume: bool) -> Collector | Result:
        """Return a collector for the draws."""
        return Collector(self._job, MemoryShelf())

    def stopped(self, collector: Collector, error: BaseException) -> None:
        """Leave everything as it is."""

    def finish(self, collector: Collector, how: Mapping[str, Any]) -> Result:
        """Return the result."""
        result = collector.finish(*collector.work.part(self._shard), self._shard)
        return replace(result, record={"notes": how["notes"]}) if how["notes"] else result


class HeldShelf(DiskShelf):
    """Pieces in a folder that is ours: nothing is put into another that came to stand in its place."""

    def __init__(self, folder: Path, job: Job, claim: Claim) -> None:
        # What the file of a complete run does not hold whole is drawn again: a fifth of the pieces of second-hand-ev.
        super().__init__(folder, job.design.columns, not roundable(job.study, job.design.kind))
        self._claim = claim

    def put(self, piece: Piece, streamed: Arrays) -> None:
        """Write a piece."""
        self._claim.check()
        super().put(piece, streamed)


class RunFolder:
    """A run directory while its run goes on.

    Parameters
    ----------
    claim : Claim
        The run directory, held.
    folder : Path
        The same, as the user named it.
    job : Job
        The run.
    shard : (int, int), optional
        Which part of how many is computed.
    grows : bool
        Whether a stop rule decides how many draws there are.
    """

    def __init__(self, claim: Claim, folder: Path, job: Job, shard: Shard | None, grows: bool) -> None:
        self.folder, self._job, self._shard, self._grows = folder, job, shard, grows
        self._claim, self._chunks = claim, folder / CHUNKS
        self._fresh = claim.empty
        self._made = [made_with()]  # by this process and those before it
        self.advice = go_on(folder)

    def open(self, resume: bool) -> Collector | Result:
        """Return a collector with what is there already, or the result where nothing is missing.

        Raises
        ------
        InputError
            When the folder exists and `resume` is not said, cannot be written, or holds another run.
        """
        if not self._fresh and not resume:
            raise InputError(f"{self.folder}: exists; --resume goes on with it, another --out leaves it alone")
        refuse_unfinished(self.folder)
        if resume and self._complete:
            tidy(self.folder)
            finished = self._finished()
            if finished is not None:
                return finished
        # A model that returns what it should not is found before anything is written.
        centre_or_zero(self._job.study)
        try:
            self._chunks.mkdir(parents=True, exist_ok=True)
            return self._collector(HeldShelf(self._chunks, self._job, self._claim))
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be written ({error.strerror}); another --out") from None

    def stopped(self, collector: Collector, error: BaseException) -> None:
        """Leave nothing behind where the user's input is wrong, and a list of failed draws where too many failed."""
        if isinstance(error, InputError) and self._fresh and collector.done == 0:
            shutil.rmtree(self._chunks, ignore_errors=True)
            (self.folder / STUDY).unlink(missing_ok=True)
        if isinstance(error, RunFailed) and collector.failures:
            with suppress(OSError):  # which may be what stopped the run
                self._claim.check()
                write_failures(collector.failures, self.folder / FAILED)

    def finish(self, collector: Collector, how: Mapping[str, Any]) -> Result:
        """Write the run directory, where no other process of this run has, and return the result as read from it."""
        if self._complete:
            return read(self.folder, collector.work.study)
        try:
            self._claim.check()
        except OSError as error:
            raise RunFailed(f"{self._job.name}: {remedy(error)}") from None
        made = together(self._made)
        return finish(collector, self._shard, self.folder, with_made(how, made))

    def _write_plan(self, job: Job) -> None:
        if not (self.folder / STUDY).is_file():
            write_study(job.study, self.folder)
        made = together(self._made)
        write_json(self._chunks / PLAN, {**identity(job, self._shard), "draws": job.design.draws, "made_with": made})

    @property
    def _complete(self) -> bool:
        """Whether the folder holds a run whose draws nobody is computing."""
        return (self.folder / MANIFEST).is_file() and not (self._chunks / PLAN).is_file()

    def _collector(self, shelf: DiskShelf) -> Collector:
        """Return a collector with what is in the folder already, and leave a plan there."""
        plan = shelf.folder / PLAN
        collector = Collector(self._job, shelf)
        collector.note = lambda: self._write_plan(collector.work)
        if not plan.is_file():
            if shelf.clear():
                tell(f"{plan}: missing; what the folder held is of an unknown run and is computed again")
            self._write_plan(self._job)
            return collector
        there = read_json(plan, f"remove {shelf.folder} to compute its draws again, or another --out")
        draws, wanted = there["draws"], self._job.design.draws
        compare_identities(self.folder, there, identity(self._job, self._shard))
        self._made.insert(0, there.get("made_with", {}))
        self._write_plan(self._job.extended(draws))
        collector.restore()
        if wanted == draws:
            return collector
        self._check_draws(draws, wanted)
        collector.work = self._job.extended(draws)
        if wanted > draws:
            collector.extend(self._job)
        return collector

    def _check_draws(self, draws: int, wanted: int) -> None:
        """Refuse to go on from `draws` to the draws wanted where that cannot be."""
        kind = self._job.design.kind
        if wanted < draws and not self._grows:
            raise InputError(f"{self.folder}: fewer draws than there (got {wanted}, there {draws}); {draws} or more")
        if wanted > draws and not self._job.design.extends:
            raise InputError(f"{self.folder}: design {kind} does not extend (got {wanted}, there {draws}); a new run")
        if wanted > draws and self._shard is not None:
            raise InputError(
                f"{self.folder}: a shard does not extend (got {wanted}, there {draws}); merge first, then extend"
            )

    def _finished(self) -> Result | None:
        """Return the result of a complete run, or None after laying its draws out as chunks to be extended."""
        record = read_manifest(self.folder)
        refuse_older(self.folder, record)
        compare_identities(self.folder, record["identity"], identity(self._job, self._shard))
        draws, wanted = record["draws"], self._job.design.draws
        self._check_draws(draws, wanted)
        rounded = not_as_computed(record)
        if wanted <= draws and not self._grows and not self._lacks_unrounded(record, rounded):
            return read(self.folder, self._job.study)
        job = self._job.extended(draws)
        if rounded:
            more = "" if len(rounded) == 1 else f" and {len(rounded) - 1} more outputs"
            tell(f"{self.folder}: {rounded[0]}{more}: stored in float32; all draws are computed again")
            self._chunks.mkdir(parents=True, exist_ok=True)
        else:
            lay_out([self.folder], job, self._chunks)
        self._made.insert(0, made_with(record))
        self._write_plan(job)
        return None

    def _lacks_unrounded(self, record: Mapping[str, Any], rounded: Sequence[str]) -> bool:
        """Return whether a ranking by draws follows of which the folder holds neither it nor what it needs."""
        needed = self._job.for_ranking and RANKING not in record["files"]
        return needed and bool(ranked_among(self._job.study, rounded)) and not (self.folder / UNROUNDED).is_file()


def finish(collector: Collector, shard: Shard | None, folder: Path, how: Mapping[str, Any]) -> Result:
    """Write the run directory of complete draws, and remove the chunks.

    Raises
    ------
    InputError
        When draws are missing.
    """
    low, high = collector.work.part(shard)
    design = collector.work.design
    try:
        for name in REPORTS:  # of fewer draws
            (folder / name).unlink(missing_ok=True)
        result = collector.finish(low, high, shard)
        # A shard's draws are merged, and the bands of the whole come from them.
        rounding = ALL_WHOLE if shard is not None else _rounding(result, collector.work)
        rounded = [*rounding.coarse, *rounding.single]
        if shard is not None or (not rounded and collector.state_pays()):  # an extension computes rounded draws again
            collector.save_state(folder)
        else:
            (folder / STATE).unlink(missing_ok=True)
        if design.values is not None:
            save_arrays(folder / SAMPLES, {"columns": np.array(design.columns, np.str_), "values": design.values})
        if collector.work.for_ranking:
            leave_unrounded(result, rounded, folder)
        written = write(result, folder, {**how, "identity": identity(collector.work, shard)}, rounding)
    except OSError as error:
        raise RunFailed(f"{folder}: {remedy(error, go_on(folder))}") from None
    if isinstance(collector.shelf, DiskShelf):
        collector.shelf.remove()
    tidy(folder)
    return written


def _rounding(result: Result, work: Job) -> Rounding:
    """Return what of a complete run's draws its file does not hold as it was computed."""
    coarse, single = list[str](), dict[str, BoolArray]()
    for name in work.in_float32:
        bands = result.bands[name]
        if not work.is_large(name):
            seen = first_rows(result.kept, name, SEEN)
            near = near_enough(bands, seen.reshape(len(seen), len(bands.mean)))
            single |= {name: near} if near.any() else {}
        elif bands.survive_float32:
            coarse.append(name)
    return Rounding(tuple(coarse), single, {} if work.exact else roundable(result.study, work.design.kind))


def with_made(how: Mapping[str, Any], made: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return what run.json says of how a run was computed, and where its parts were computed unlike."""
    lines = unlike(made)
    return {**how, "made_with": dict(made), "notes": [*how["notes"], *lines]} if lines else dict(how)


def tidy(folder: Path) -> None:
    """Remove the draws of a complete run that a killed process had begun to lay out anew."""
    if not (folder / CHUNKS / PLAN).is_file():
        shutil.rmtree(folder / CHUNKS, ignore_errors=True)


def lay_out(folders: Sequence[Path], job: Job, chunks: Path) -> None:
    """Make chunks of the draws of complete run directories."""
    chunks.mkdir(parents=True, exist_ok=True)
    shelf = DiskShelf(chunks, job.design.columns)
    shelf.discard_damaged()
    state = Collector(job, shelf)
    for folder in folders:
        state.load_state(folder / STATE)
    state.save_state()
    for folder in folders:
        result = read(folder, job.study)
        _copy(result, job, shelf, *job.part(result.shard))


def _copy(result: Result, job: Job, shelf: DiskShelf, low: int, high: int) -> None:
    step, there = 16 * call_rows(job.study), set(shelf.spans())
    for start in range(low, high, step):
        stop = min(start + step, high)
        if (start, stop) in there:
            continue
        first, last = np.searchsorted(result.draw, (start, stop)).tolist()
        columns = inputs_of(result.inputs, first, last)
        inputs = np.column_stack([np.empty((last - first, 0)), *(columns[name] for name in job.design.columns)])
        outputs = {name: rows_of(result.kept, name, first, last) for name in job.stored}
        failures = tuple(failure for failure in result.failures if start <= failure.draw < stop)
        shelf.put(Piece(start, stop, result.draw[first:last], inputs, outputs, failures), {})


def merge(
    folders: Sequence[Path], out: Path, study: Study | None = None, part: bool = False, for_ranking: bool = False
) -> Result:
    """Merge shards into one run directory, identical to that of the unsharded run.

    Parameters
    ----------
    folders : sequence of Path
        The run directories of all shards, in any order; a merged part is one like any other.
    out : Path
        The new run directory.
    study : Study, optional
        The study, where it was built in Python.
    part : bool
        Whether neighbouring shards without the others will do: what comes is a part, to be merged with other parts.
    for_ranking : bool
        Whether a ranking by the draws follows.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        When shards overlap, one is missing, or they come from different runs.
    """
    began = time.monotonic()
    records = [check(Path(folder)) for folder in folders]
    first = records[0]
    shards = [record["shard"] for record in records]
    _check_alike(folders, records)
    shard = joined(folders, shards, part)
    # Neighbours after neighbours: what their bands remember is summed up at once.
    places = [Path(folders[place]) for place in sorted(range(len(folders)), key=lambda place: held(shards[place]))]
    study = study if study is not None else study_of(first)
    values = None if first["design"] != "given" else read_samples(Path(folders[0]))
    design = Design(first["design"], first["seed"], first["draws"], design_columns(study), values)
    study = requested(study, first["kept"])
    kept = tuple(item.name for item in study.outputs if item.name in first["kept"])
    job = Job(study, design, first["lives"], kept, first["identity"].get("exact", False), for_ranking)
    compare_identities(Path(folders[0]), {**first["identity"], "shard": None}, identity(job, None))
    notes = dict.fromkeys(note for record in records for note in record.get("notes", ()))
    how = {"jobs": 1, "backend": "merge", "shards": shards, "max_failed": first.get("max_failed"), "notes": list(notes)}
    with joining([Path(folder) for folder in folders], out):
        if (out / MANIFEST).is_file() and not (out / CHUNKS).is_dir():
            tidy(out)
            return read(out, study)
        lay_out(places, job, out / CHUNKS)
        collector = Collector(job, DiskShelf(out / CHUNKS, design.columns))
        collector.restore()
        how = with_made(how, together(made_with(record) for record in records))
        return finish(collector, shard, out, {**how, "wall": time.monotonic() - began})


def _check_alike(folders: Sequence[Path], records: Sequence[Mapping[str, Any]]) -> None:
    """Refuse shards that are not of one run."""
    facts = [{"draws": record["draws"], **record["identity"]} for record in records]
    for folder, own in zip(folders, facts, strict=True):
        for name, theirs in facts[0].items():
            mine = own.get(name)
            if name != "shard" and mine != theirs:
                what = difference(name, theirs, mine)
                raise InputError(f"{folder}: not of the run of {folders[0]}: {what}; shards of one run")
