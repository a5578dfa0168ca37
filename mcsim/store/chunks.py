"""Pieces of a run until it is complete: in memory, or as files that survive a kill.

On disk every piece is one ``START-STOP.npz``, moved to its name when whole. Draws of outputs that are not kept stand
beside it (``.bands.npz``, written first) until ``state.npz`` says that the bands have taken them in. ``plan.json`` says
what run the pieces belong to. Whatever the moment of a kill, a piece is there and whole or it is computed again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mcsim.store.pieces import Arrays, Piece, cut
from mcsim.store.whole import Damaged, as_bytes, names_in, read_arrays, reading, save_arrays
from mcsim.study import InputError
from mcsim.study.failure import Failure

Span = tuple[int, int]
PLAN = "plan.json"
HELD_BYTES = 128 * 2**20  # of a folder's pieces up to which they stay in memory too: of a short run, none of a long one
PIECE = re.compile(r"(\d+)-(\d+)\.npz")
REMEDY = "the same command with --resume computes its draws again"


class Shelf(Protocol):
    """Where pieces wait for the end of a run."""

    def put(self, piece: Piece, streamed: Arrays) -> None:
        """Keep a piece; `streamed` are the draws of outputs that only bands are kept of."""

    def spans(self) -> list[Span]:
        """Return the global draws that are there, as rising intervals without overlap."""

    def pieces(self, names: Sequence[str], inputs: bool = True) -> Iterator[Piece]:
        """Yield the pieces in order, with these outputs only, and without inputs where none are wanted."""

    def column(self, name: str) -> Iterator[NDArray[Any]]:
        """Yield the draws of one output, piece by piece in order."""

    def drop_from(self, draw: int) -> None:
        """Forget everything from a global draw on."""


class MemoryShelf:
    """Pieces in memory."""

    def __init__(self) -> None:
        self._pieces: dict[int, Piece] = {}

    def put(self, piece: Piece, streamed: Arrays) -> None:
        """Keep a piece."""
        self._pieces[piece.start] = piece

    def spans(self) -> list[Span]:
        """Return the draws that are there."""
        return sorted((piece.start, piece.stop) for piece in self._pieces.values())

    def pieces(self, names: Sequence[str], inputs: bool = True) -> Iterator[Piece]:
        """Yield the pieces in order."""
        for start in sorted(self._pieces):
            yield self._pieces[start]

    def column(self, name: str) -> Iterator[NDArray[Any]]:
        """Yield the draws of one output."""
        for piece in self.pieces(()):
            yield piece.outputs[name]

    def drop_from(self, draw: int) -> None:
        """Forget everything from a global draw on."""
        kept = [piece for piece in self._pieces.values() if piece.start < draw]
        self._pieces = {piece.start: cut(piece, min(piece.stop, draw)) for piece in kept}


class DiskShelf:
    """Pieces as files in a folder.

    Parameters
    ----------
    folder : Path
        The folder, which exists.
    columns : tuple of str
        Names of the input columns.
    inputs : bool
        Whether files hold inputs: else pieces that are read have none (n, 0), and they are drawn again.
    """

    def __init__(self, folder: Path, columns: tuple[str, ...], inputs: bool = True) -> None:
        self.folder, self.columns = folder.absolute(), columns  # a model may change the current directory
        self._inputs = inputs
        self._held: dict[Span, Piece] = {}
        self._room, self._lock = HELD_BYTES, threading.Lock()

    def _path(self, span: Span, suffix: str = ".npz") -> Path:
        return self.folder / f"{span[0]:013d}-{span[1]:013d}{suffix}"

    def put(self, piece: Piece, streamed: Arrays) -> None:
        """Write a piece; it counts from the moment when its file has its name."""
        span = (piece.start, piece.stop)
        if streamed:
            save_arrays(self._path(span, ".bands.npz"), streamed)
        failures = [[item.draw, item.reason, list(item.inputs.values())] for item in piece.failures]
        arrays: Arrays = {"draws": piece.draws, "failures": as_bytes(json.dumps(failures))}
        if self._inputs:
            arrays["inputs"] = piece.inputs
        arrays.update({f"output/{name}": array for name, array in piece.outputs.items()})
        save_arrays(self._path(span), arrays)
        self._hold(span, piece)

    def _hold(self, span: Span, piece: Piece) -> None:
        """Remember a piece that was written, while all of them have room."""
        with self._lock:
            self._room -= piece.inputs.nbytes + sum(array.nbytes for array in piece.outputs.values())
            if self._room >= 0:
                self._held[span] = piece
            else:
                self._held.clear()

    def spans(self) -> list[Span]:
        """Return the draws that are there; of two files that overlap the one that reaches less far."""
        found: list[Span] = []
        for path in self.folder.glob("*-*.npz"):
            numbers = PIECE.fullmatch(path.name)
            if numbers is not None:
                found.append((int(numbers[1]), int(numbers[2])))
        chosen: list[Span] = []
        for span in sorted(found):
            if not chosen or span[0] >= chosen[-1][1]:
                chosen.append(span)
        return chosen

    def read(self, span: Span, names: Sequence[str], inputs: bool = True) -> Piece:
        """Return a piece with these outputs, its inputs (n, 0) where they are not wanted.

        Raises
        ------
        Damaged
            When the file is; its checksums are compared on the way.
        """
        held = self._held.get(span)
        if held is not None:
            return held
        path = self._path(span)
        own = ("draws", "inputs", "failures") if inputs and self._inputs else ("draws", "failures")
        arrays = read_arrays(path, REMEDY, [*own, *(f"output/{name}" for name in names)])
        with reading(path, REMEDY):
            failures = tuple(
                Failure(draw, reason, dict(zip(self.columns, values, strict=True)))
                for draw, reason, values in json.loads(bytes(arrays["failures"]))
            )
            outputs = {name: arrays[f"output/{name}"] for name in names}
            draws = arrays["draws"]
            columns = arrays.get("inputs", np.empty((len(draws), 0)))
            return Piece(*span, draws, columns, outputs, failures)

    def pieces(self, names: Sequence[str], inputs: bool = True) -> Iterator[Piece]:
        """Yield the pieces in order."""
        for span in self.spans():
            yield self.read(span, names, inputs)

    def column(self, name: str) -> Iterator[NDArray[Any]]:
        """Yield the draws of one output, reading nothing else."""
        for span in self.spans():
            held = self._held.get(span)
            if held is not None:
                yield held.outputs[name]
            else:
                yield read_arrays(self._path(span), REMEDY, [f"output/{name}"])[f"output/{name}"]

    def discard(self, span: Span) -> None:
        """Remove a piece."""
        self._held.pop(span, None)
        self._path(span).unlink(missing_ok=True)
        self._path(span, ".bands.npz").unlink(missing_ok=True)

    def names(self, span: Span) -> list[str]:
        """Return the outputs that a piece holds."""
        found = names_in(self._path(span), REMEDY)
        return [key.removeprefix("output/") for key in found if key.startswith("output/")]

    def drop_from(self, draw: int) -> None:
        """Forget everything from a global draw on."""
        for span in self.spans():
            if span[1] > draw:
                if span[0] < draw:
                    self.put(cut(self.read(span, self.names(span)), draw), {})
                self.discard(span)

    def discard_damaged(self) -> int:
        """Remove the pieces that cannot be read whole and return how many there were."""
        count = 0
        for span in self.spans():
            try:
                self.read(span, self.names(span))
            except Damaged:
                self.discard(span)
                count += 1
        return count

    def read_streamed(self, span: Span) -> Arrays | None:
        """Return the draws beside a piece that bands have to take in, or None where they are not whole."""
        try:
            return read_arrays(self._path(span, ".bands.npz"), REMEDY)
        except Damaged:
            return None

    def discard_streamed(self, spans: Sequence[Span]) -> None:
        """Remove the draws that bands have taken in."""
        for span in spans:
            self._path(span, ".bands.npz").unlink(missing_ok=True)

    def clear(self) -> int:
        """Remove all array files and return how many there were."""
        self._held.clear()
        files = list(self.folder.glob("*.npz"))
        for path in files:
            path.unlink()
        return len(files)

    def remove(self) -> None:
        """Remove the folder; it loses its name first, so that a kill leaves no half of it."""
        hidden = self.folder.with_name(f".{self.folder.name}-done")
        shutil.rmtree(hidden, ignore_errors=True)
        os.rename(self.folder, hidden)
        shutil.rmtree(hidden, ignore_errors=True)


def gaps(spans: Sequence[Span], start: int, stop: int, step: int, edges: Sequence[int] = ()) -> list[Span]:
    """Return the intervals of start..stop that no span covers, cut at multiples of `step` and at `edges`.

    Examples
    --------
    >>> gaps([(0, 4), (6, 8)], 0, 12, 3)
    [(4, 6), (8, 9), (9, 12)]
    """
    missing: list[Span] = []
    at = start
    for low, high in [*sorted(spans), (stop, stop)]:
        while at < min(low, stop):
            bounds = [(at // step + 1) * step, low, stop, *(edge for edge in edges if edge > at)]
            missing.append((at, min(bounds)))
            at = missing[-1][1]
        at = max(at, high)
    return missing


def check_complete(spans: Sequence[Span], start: int, stop: int) -> None:
    """Refuse pieces that do not cover all draws.

    Raises
    ------
    InputError
        Naming the first missing draws.
    """
    missing = gaps(spans, start, stop, stop - start + 1)
    if missing:
        raise InputError(f"draws: {missing[0][0]} to {missing[0][1] - 1} missing of {start} to {stop - 1}; --resume")


def united(spans: Sequence[Span]) -> list[Span]:
    """Return intervals with those that touch joined."""
    united: list[Span] = []
    for low, high in sorted(spans):
        if united and low <= united[-1][1]:
            united[-1] = (united[-1][0], max(high, united[-1][1]))
        else:
            united.append((low, high))
    return united
