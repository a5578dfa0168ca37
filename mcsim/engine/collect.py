"""Pieces of a run, in any order and from any worker, into one result."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.backends import RunFailed
from mcsim.engine.progress import tell
from mcsim.engine.streaming import BandStream
from mcsim.engine.work import Job, call_rows
from mcsim.result.bands import Bands, exact_bands
from mcsim.result.result import Result
from mcsim.result.shards import Shard
from mcsim.store.chunks import DiskShelf, Shelf, Span, check_complete, united
from mcsim.store.directory import STATE
from mcsim.store.heap import Tide
from mcsim.store.ondisk import OnDisk
from mcsim.store.pieces import Arrays, Piece
from mcsim.store.whole import Damaged, read_arrays, save_arrays
from mcsim.study import FloatArray, IntArray, Output
from mcsim.study.failure import Failure

EXACT_BYTES = 256 * 2**20  # kept draws of one output up to which its bands come from all of them at once
WINDOW_BYTES = 64 * 2**20  # of these in memory at once
STATE_BYTES = 16 * 2**20  # of the bands' state up to which a whole run always keeps it
PENDING_BYTES = 2**30  # of draws that bands have taken in, before the bands' state is written
FAST_BYTES = 32 * 2**20  # of draws a second, from which on they are computed again sooner than written and read


class Collector:
    """What has come back of a run so far.

    Parameters
    ----------
    work : Job
        The run.
    shelf : Shelf
        Where pieces wait.
    """

    def __init__(self, work: Job, shelf: Shelf) -> None:
        self.work, self.shelf = work, shelf
        self._streamed = [output for output in work.study.outputs if output.name not in work.stored]
        self._streams: dict[str, BandStream] = {}
        self._counted: list[Span] = []
        self._pending: dict[Span, int] = {}
        self._began, self._passed = time.monotonic(), 0
        self._lock = threading.Lock()
        self._gate = threading.Condition()
        self._writers = 0
        self._closed = False
        self._tide = Tide()
        self._first: Piece | None = None
        self.failures: list[Failure] = []
        self.done = 0
        self.note: Callable[[], None] = lambda: None  # told when the run grew
        for output in self._streamed:
            self._streams[output.name] = self._new_stream(output)

    def _new_stream(self, output: Output) -> BandStream:
        first = partial(self._first_block, output)
        return BandStream(output.n_packed, call_rows(self.work.study), first, bool(output.may_be_undefined))

    def _first_block(self, output: Output) -> FloatArray:
        """Return the complete draws of the first call of the whole run, computed here: they belong to another shard."""
        if self._first is None:
            self._first = self.work.compute(0, min(self.work.rows, call_rows(self.work.study)))
        return self._first.outputs[output.name].reshape(-1, output.n_packed)

    @property
    def edges(self) -> list[int]:
        """Global draws at which new pieces have to end, because bands have taken in one side already."""
        return [edge for span in self._counted for edge in span]

    def spans(self) -> list[Span]:
        """Return the draws that are there."""
        return self.shelf.spans()

    def accept(self, piece: Piece) -> int:
        """Take a piece in; safe to call from threads. Return the number of draws it covers, 0 once closed."""
        with self._gate:
            if self._closed:
                return 0
            self._writers += 1
        try:
            self._take(piece)
        finally:
            with self._gate:
                self._writers -= 1
                self._gate.notify_all()
        return piece.stop - piece.start

    def close(self) -> None:
        """Take nothing in any more: a thread that is late must not write into what a next run goes on with."""
        with self._gate:
            self._closed = True
            self._gate.wait_for(lambda: self._writers == 0)

    def check(self, max_failed: float, rows: int) -> None:
        """Refuse a run more of whose draws failed than a share of so many.

        Raises
        ------
        RunFailed
            With the first draw that failed, and why.
        """
        failed = len(self.failures)
        if failed > max_failed * rows:
            first = min(self.failures, key=lambda failure: failure.draw)
            raise RunFailed(
                f"{self.work.name}: {failed:,} of {self.done:,} draws failed (first: draw {first.draw}: "
                f"{first.reason}); mend the model or its ranges, or allow more with --max-failed"
            )

    def extend(self, work: Job) -> None:
        """Let the run have more draws; those of a call that was cut short are computed again."""
        rows = call_rows(self.work.study)
        self.drop_from(self.work.rows // rows * rows)
        self.work = work
        self.note()

    def _take(self, piece: Piece) -> None:
        streamed = {name: piece.outputs[name] for name in self._streams}
        kept = {name: piece.outputs[name] for name in self.work.stored}
        slim = Piece(piece.start, piece.stop, piece.draws, piece.inputs, kept, piece.failures)
        self.shelf.put(slim, {} if self._fast(streamed) else streamed)
        with self._lock:
            self._note(slim)
            self._count(piece, streamed)
            if sum(self._pending.values()) > PENDING_BYTES:
                self.save_state()
            self._tide.add(sum(array.nbytes for array in piece.outputs.values()))

    def _fast(self, streamed: Arrays) -> bool:
        """Return whether draws of which bands are kept come so fast that none are left on disk for the case of a kill.

        A run that goes on computes again what the bands' state does not hold, a few seconds' draws. Those of a slow
        model may have taken hours.
        """
        self._passed += sum(rows.nbytes for rows in streamed.values())
        return self._passed > FAST_BYTES * (time.monotonic() - self._began)

    def _note(self, piece: Piece) -> None:
        self.failures.extend(piece.failures)
        self.done += piece.stop - piece.start

    def _count(self, piece: Piece, streamed: Arrays) -> None:
        span = (piece.start, piece.stop)
        if any(low <= span[0] and span[1] <= high for low, high in self._counted):
            return
        for name, rows in streamed.items():
            self._streams[name].add(*span, piece.draws, rows.reshape(len(rows), math.prod(rows.shape[1:])))
        self._counted = united([*self._counted, span])
        self._pending[span] = sum(rows.nbytes for rows in streamed.values())

    def save_state(self, folder: Path | None = None) -> None:
        """Write what the bands have taken in, and remove the draws on disk that they do not need any more."""
        if not self._streams or not isinstance(self.shelf, DiskShelf):
            return
        save_arrays((folder or self.shelf.folder) / STATE, self._state())
        if folder is None:
            self.shelf.discard_streamed(list(self._pending))
            self._pending = {}

    def _state(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield what the bands remember, one array after the other: an output's counts take a hundred megabytes."""
        yield "counted", np.array(self._counted, np.int64).reshape(-1, 2)
        for name, stream in self._streams.items():
            yield from ((f"{name}/{key}", array) for key, array in stream.arrays())

    def state_pays(self) -> bool:
        """Return whether the state of a whole run is worth its place on the disk.

        Only an extension reads it, and computes the draws again where there is none. That is cheap where few draws of a
        vectorised model have a large state, and then a few bytes are not worth keeping for each that is.
        """
        study, design = self.work.study, self.work.design
        if not design.extends:
            return False
        if getattr(study.model.evaluate, "row_by_row", False):
            return True
        cells = len(design.columns) + sum(study.output(name).n_packed for name in self.work.stored)
        size = sum(array.nbytes for _, array in self._state())
        return size <= max(STATE_BYTES, 8 * cells * self.done // 2)

    def restore(self) -> None:
        """Take in what an earlier process left on disk."""
        if not isinstance(self.shelf, DiskShelf):
            return
        damaged = self.shelf.discard_damaged()
        if damaged:
            tell(f"{self.shelf.folder}: {damaged} damaged files; their draws are computed again")
        if self._streams:
            self.load_state(self.shelf.folder / STATE)
        for span in self.shelf.spans():
            piece = self.shelf.read(span, (), inputs=False)
            counted = any(low <= span[0] and span[1] <= high for low, high in self._counted)
            if self._streams and not counted:
                streamed = self.shelf.read_streamed(span)
                if streamed is None or set(streamed) != set(self._streams):
                    self.shelf.discard(span)
                    continue
                self._count(piece, streamed)
            self._note(piece)

    def load_state(self, path: Path) -> None:
        """Take in the state of the bands, merging it with what is there; a damaged file counts as none."""
        try:
            content = read_arrays(path, "its draws are computed again")
        except Damaged:
            return
        for output in self._streamed:
            stream = self._new_stream(output)
            prefix = f"{output.name}/"
            stream.load_arrays({key.removeprefix(prefix): a for key, a in content.items() if key.startswith(prefix)})
            self._streams[output.name].merge(stream)
        self._counted = united([*self._counted, *((int(low), int(high)) for low, high in content["counted"])])

    def drop_from(self, draw: int) -> None:
        """Forget everything from a draw on, the first of a call of the model, because it will be computed again."""
        for stream in self._streams.values():
            stream.drop_loose(draw)
        self._counted = [(low, min(high, draw)) for low, high in self._counted if low < draw]
        self.save_state()
        self.shelf.drop_from(draw)
        self.failures = [failure for failure in self.failures if failure.draw < draw]
        self.done = sum(high - low for low, high in self.shelf.spans())

    def bands(self, name: str) -> Bands:
        """Return the bands of an output over all that is there."""
        if name in self._streams:
            return self._streams[name].bands()
        output = self.work.study.output(name)
        size = self.done * output.n_packed * 8
        if size <= EXACT_BYTES:
            return self._exact(output)
        stream = self._new_stream(output)
        for piece in self.shelf.pieces((name,), inputs=False):
            stream.add(piece.start, piece.stop, piece.draws, piece.outputs[name].reshape(-1, output.n_packed))
            self._tide.add(piece.outputs[name].nbytes)
        return stream.bands()

    def _exact(self, output: Output) -> Bands:
        """Return the bands of all draws of an output, some of its elements at a time: each is sorted by itself."""
        draws, tide = Draws(self.shelf, self.work), self._tide
        width = max(1, WINDOW_BYTES // (8 * max(1, self.done)))
        starts = range(0, max(1, output.n_packed), width)
        parts = []
        for start in starts:
            parts.append(exact_bands(draws.some(output.name, start, start + width)))
            tide.add(8 * self.done * output.n_packed)  # a window reads all of it
        return Bands.joined(parts)

    def finish(self, start: int, stop: int, shard: Shard | None) -> Result:
        """Return the result of the draws start..stop-1.

        Raises
        ------
        InputError
            When draws are missing.
        """
        check_complete(self.shelf.spans(), start, stop)
        design, study = self.work.design, self.work.study
        draws: list[IntArray] = []
        failures: list[Failure] = []
        for piece in self.shelf.pieces((), inputs=False):
            draws.append(piece.draws)
            failures += piece.failures
        inputs: Mapping[str, FloatArray] = Inputs(self.shelf, self.work)
        kept: Mapping[str, NDArray[Any]] = Draws(self.shelf, self.work)
        if not isinstance(self.shelf, DiskShelf):
            inputs, kept = dict(inputs), {name: kept[name] for name in kept}
        return Result(
            study,
            design.draws,
            np.concatenate(draws),
            design.seed,
            self.work.lives,
            design.kind,
            inputs,
            kept,
            {output.name: self.bands(output.name) for output in study.outputs},
            tuple(failures),
            shard,
        )


class Inputs(OnDisk[FloatArray]):
    """Inputs of the pieces on a shelf, joined when asked for, and drawn again where the shelf holds none."""

    def __init__(self, shelf: Shelf, job: Job) -> None:
        self._shelf, self._job = shelf, job

    def __getitem__(self, name: str) -> FloatArray:
        columns = self._job.design.columns
        if name not in columns:
            raise KeyError(name)
        place = columns.index(name)
        return np.concatenate([part[:, place] for _, part in self.stream()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._job.design.columns)

    def __len__(self) -> int:
        return len(self._job.design.columns)

    def stream(self) -> Iterator[tuple[int, FloatArray]]:
        """Yield (row, all inputs (n, D)), piece by piece."""
        row = 0
        for piece in self._shelf.pieces(()):
            yield row, self._job.inputs_of(piece)
            row += len(piece.draws)


class Draws(OnDisk[NDArray[Any]]):
    """Kept draws of the pieces on a shelf, joined when asked for."""

    def __init__(self, shelf: Shelf, job: Job) -> None:
        self._shelf, self._job = shelf, job

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._job.stored:
            raise KeyError(name)
        output = self._job.study.output(name)
        whole = self.some(name, 0, output.n_packed)
        return whole.reshape(len(whole), *output.packed_shape)

    def some(self, name: str, first: int, last: int) -> FloatArray:
        """Return the packed elements first..last-1 of an output (n, elements), one piece in memory beside them."""
        packed = self._job.study.output(name).n_packed
        last = min(last, packed)
        whole = np.empty((sum(high - low for low, high in self._shelf.spans()), last - first))
        row = 0
        for array in self._shelf.column(name):
            whole[row : row + len(array)] = array.reshape(len(array), packed)[:, first:last]
            row += len(array)
        return whole[:row]

    def __iter__(self) -> Iterator[str]:
        return iter(self._job.stored)

    def __len__(self) -> int:
        return len(self._job.stored)

    def stream(self, name: str, step: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield (row, packed draws), at most `step` rows each."""
        row = 0
        for array in self._shelf.column(name):
            for start in range(0, len(array), step):
                yield row + start, array[start : start + step]
            row += len(array)
