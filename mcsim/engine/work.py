"""One chunk of a run: which draws, what is computed, what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mcsim.engine.design import Design
from mcsim.engine.evaluation import Evaluation, bytes_per_draw, evaluate_values
from mcsim.engine.points import values_of
from mcsim.result.shards import Shard, held
from mcsim.store.pieces import Piece, joined
from mcsim.study import FloatArray, InputError, IntArray, Study, nearest
from mcsim.study.failure import Failure

if TYPE_CHECKING:
    from mcsim.engine.asked import Computed

CALL_BYTES = 32 * 2**20  # what one call of a model may take, inputs and outputs together
CHUNK_BYTES = 32 * 2**20
SMALLEST_CALL, LARGEST_CALL = 64, 1024
MOST_CALLS = 4  # per chunk
ROWS_ALONE, MOST_CHUNKS = 64, 2000  # of a model that is evaluated row by row
LARGE = 1000  # distinct elements of a run's outputs, above which draws are stored in float32; of one, further rounded


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """The draws of a run: what every chunk of it shares.

    Parameters
    ----------
    study, design : Study, Design
        What is run and where.
    lives : int
        Lives per draw.
    stored : tuple of str
        Outputs whose draws are kept.
    exact : bool
        Whether all draws stand on disk in float64.
    for_ranking : bool
        Whether a complete run leaves the first draws of ranked outputs beside those that it rounds.
    """

    unit: ClassVar[str] = "draws"

    study: Study
    design: Design
    lives: int
    stored: tuple[str, ...]
    exact: bool = False
    for_ranking: bool = False

    @property
    def in_float32(self) -> tuple[str, ...]:
        """Outputs whose draws a complete run may leave on disk in float32.

        All of a run that keeps many elements, of a model that takes many draws at once: where float64 is needed again,
        to extend the run, it computes them again in less time than a disk would take to hold them. Draws of a model
        that is evaluated row by row may have cost minutes each.
        """
        if self.exact or getattr(self.study.model.evaluate, "row_by_row", False):
            return ()
        elements = sum(self.study.output(name).n_packed for name in self.stored)
        return self.stored if elements > LARGE else ()

    def is_large(self, name: str) -> bool:
        """Return whether an output has so many elements alone that its draws are rounded further."""
        return self.study.output(name).n_packed > LARGE

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study.name

    @property
    def rows(self) -> int:
        """Draws of the whole run."""
        return self.design.draws

    def part(self, shard: Shard | None) -> tuple[int, int]:
        """Return the global draws of a part, cut between calls of the model where there are enough of them.

        Raises
        ------
        InputError
            When there are more parts than draws.
        """
        draws = self.design.draws
        if shard is None:
            return 0, draws
        first, last, parts = held(shard)
        if parts > draws:
            raise InputError(f"shard: more parts than draws (got {parts} of {draws}); at most {draws}")
        unit = call_rows(self.study)
        if parts * unit > draws:
            unit = 1
        units = -(-draws // unit)
        return min(draws, (first - 1) * units // parts * unit), min(draws, last * units // parts * unit)

    def step(self, rows: int, how: Computed) -> int:
        """Return the draws of a task."""
        return chunk_rows(self.study, rows, how.workers, how.chunk)

    def warm(self) -> None:
        """Load or compile the kernels of the distributions."""
        if self.design.values is None:
            values_of(self.study, self.design, 0, 1)

    def extended(self, rows: int) -> Job:
        """Return the run with more draws."""
        return replace(self, design=replace(self.design, draws=rows))

    def compute(self, start: int, stop: int) -> Piece:
        """Return the draws start..stop-1."""
        study, rows = self.study, call_rows(self.study)
        edges = [start, *range((start // rows + 1) * rows, stop, rows), stop]
        several = study.outputs if len(edges) > 2 else ()
        whole = {item.name: np.empty((stop - start, *item.packed_shape)) for item in several}
        slim, row = list[Piece](), 0
        for low, high in pairwise(edges):
            draws = np.arange(low, high, dtype=np.int64)
            values = values_of(study, self.design, low, high)
            part = self._piece(draws, evaluate_values(study, values, draws, self.design.seed, self.lives))
            if not several:
                return part
            # Outputs go where they stay at once: parts that wait for a concatenation take the memory twice.
            for name, found in part.outputs.items():
                whole[name][row : row + len(found)] = found
            row += len(part.draws)
            slim.append(replace(part, outputs={}))
        return replace(joined(slim), outputs={name: array[:row] for name, array in whole.items()})

    def inputs_of(self, piece: Piece) -> FloatArray:
        """Return the inputs (n, D) of the draws of a piece, drawn again where it was read without them."""
        columns = self.design.columns
        if piece.inputs.shape[1] == len(columns):
            return piece.inputs
        values = values_of(self.study, self.design, piece.start, piece.stop)
        return np.column_stack([values[name] for name in columns])[piece.draws - piece.start]

    def _piece(self, draws: IntArray, found: Evaluation) -> Piece:
        start, columns = int(draws[0]), self.design.columns
        inputs = np.column_stack([np.empty((len(draws), 0)), *(found.inputs[name] for name in columns)])
        failures = tuple(
            Failure(start + row, reason, dict(zip(columns, inputs[row].tolist(), strict=True)))
            for row, reason in found.reasons.items()
        )
        good, stop = found.complete, start + len(draws)
        outputs = {item.name: found.outputs[item.name] for item in self.study.outputs}
        if failures:
            outputs = {name: array[good] for name, array in outputs.items()}
            draws, inputs = draws[good], inputs[good]
        return Piece(start, stop, draws, inputs, outputs, failures)


def requested(study: Study, asked: Sequence[str]) -> Study:
    """Return the study of a run without the outputs on request that are not asked for by name or by ``all``.

    What the study leaves out already stays out.
    """
    named = {*asked, *study.headline}
    left = () if "all" in named else (item.name for item in study.declared if item.on_request)
    return replace(study, left_out=study.left_out | (frozenset(left) - named))


def stored(study: Study, keep: Sequence[str]) -> tuple[str, ...]:
    """Return the outputs whose draws are kept: those that the model keeps, and those that the user names, or all."""
    names = [output.name for output in study.declared]
    for name in keep:
        if name != "all" and name not in names:
            raise InputError(f"keep: {name}: no such output; all, or one of {', '.join(names)}{nearest(name, names)}")
    return tuple(item.name for item in study.outputs if item.keep or item.name in keep or "all" in keep)


def call_rows(study: Study) -> int:
    """Return how many draws one call of the model takes: a power of two that depends on the study alone.

    Calls begin at multiples of it, so that a model whose bits depend on the number of rows (a matrix product) meets the
    same rows whatever the chunks, workers and shards.
    """
    rows = LARGEST_CALL
    while rows > SMALLEST_CALL and rows * bytes_per_draw(study) > CALL_BYTES:
        rows //= 2
    return rows


def chunk_rows(study: Study, draws: int, workers: int, chunk: int | None) -> int:
    """Return the draws of a chunk, the part of a run that one worker takes and that a kill can lose.

    Whole calls of the model that fit 32 MiB, few enough to keep all workers busy. A model that is evaluated row by row
    is likely to be slow, and no cut can change its bits: its chunks are small, not below what it runs at once.

    Parameters
    ----------
    study : Study
        What is run.
    draws, workers : int
        How much there is to do, and for how many.
    chunk : int or None
        What the user said, which holds, but that it is cut to whole calls where it has some.
    """
    rows, alone = call_rows(study), getattr(study.model.evaluate, "row_by_row", False)
    if chunk is not None:
        return chunk if alone or chunk < rows else chunk // rows * rows
    if alone:
        at_once = getattr(study.model.evaluate, "at_once", 1)
        return max(at_once, min(ROWS_ALONE, -(-draws // (8 * workers))), draws // MOST_CHUNKS)
    calls = CHUNK_BYTES // max(1, bytes_per_draw(study) * rows)
    return rows * max(1, min(calls, MOST_CALLS, draws // (2 * workers * rows)))
