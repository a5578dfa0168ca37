"""One chunk of a run: which draws, what is computed, what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.design import Design
from mcsim.engine.evaluation import bytes_per_draw, evaluate_points, evaluate_values
from mcsim.store.pieces import Piece, joined, stored_type
from mcsim.study import InputError, Output, Study
from mcsim.study.failure import Failure

CALL_BYTES = 32 * 2**20  # what one call of a model may take, inputs and outputs together
CHUNK_BYTES = 64 * 2**20
SMALLEST_CALL, LARGEST_CALL = 64, 1024
MOST_CALLS = 4  # per chunk
ROWS_ALONE, MOST_CHUNKS = 64, 2000  # of a model that is evaluated row by row


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What every chunk of a run shares.

    Parameters
    ----------
    study, design : Study, Design
        What is run and where.
    lives : int
        Lives per draw.
    stored : tuple of str
        Outputs whose draws are kept.
    """

    study: Study
    design: Design
    lives: int
    stored: tuple[str, ...]


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

    Whole calls of the model that fit 64 MiB, few enough to keep all workers busy. A model that is evaluated row by row
    is likely to be slow, and no cut can change its bits: its chunks are small.

    Parameters
    ----------
    study : Study
        What is run.
    draws, workers : int
        How much there is to do, and for how many.
    chunk : int or None
        What the user said, which holds.
    """
    if chunk is not None:
        return chunk
    if getattr(study.model.evaluate, "row_by_row", False):
        return max(1, min(ROWS_ALONE, -(-draws // (8 * workers))), draws // MOST_CHUNKS)
    rows = call_rows(study)
    calls = CHUNK_BYTES // max(1, bytes_per_draw(study) * rows)
    return rows * max(1, min(calls, MOST_CALLS, draws // (2 * workers * rows)))


def compute(job: Job, start: int, stop: int) -> Piece:
    """Return the draws start..stop-1.

    Parameters
    ----------
    job : Job
        The run.
    start, stop : int
        Global draws.

    Returns
    -------
    Piece
    """
    rows = call_rows(job.study)
    edges = [start, *range((start // rows + 1) * rows, stop, rows), stop]
    return joined([_one_call(job, low, high) for low, high in pairwise(edges)])


def _one_call(job: Job, start: int, stop: int) -> Piece:
    draws = np.arange(start, stop, dtype=np.int64)
    design, study = job.design, job.study
    if design.values is not None:
        columns = {name: design.values[start:stop, place] for place, name in enumerate(design.columns)}
        found = evaluate_values(study, columns, draws, design.seed, job.lives)
    else:
        found = evaluate_points(study, design.points(start, stop), draws, design.seed, job.lives)
    inputs = np.column_stack([np.empty((stop - start, 0)), *(found.inputs[name] for name in design.columns)])
    failures = tuple(
        Failure(start + row, reason, dict(zip(design.columns, inputs[row].tolist(), strict=True)))
        for row, reason in found.reasons.items()
    )
    good = found.complete
    outputs = {item.name: _as_stored(study, item, found.outputs[item.name]) for item in study.outputs}
    if failures:
        outputs = {name: array[good] for name, array in outputs.items()}
        draws, inputs = draws[good], inputs[good]
    return Piece(start, stop, draws, inputs, outputs, failures)


def _as_stored(study: Study, output: Output, array: NDArray[Any]) -> NDArray[Any]:
    try:
        with np.errstate(over="raise"):
            return array.astype(stored_type(output), copy=False)
    except FloatingPointError:
        raise InputError(
            f"{study.name}: model: output {output.name}: too large for the float32 of large outputs; a larger unit"
        ) from None
