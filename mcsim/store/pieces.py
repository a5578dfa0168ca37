"""Draws start..stop-1 of a run, as they come from a worker and as they lie on a shelf."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study import FloatArray, IntArray
from mcsim.study.failure import Failure

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Draws start..stop-1 of a run, failed ones apart.

    Parameters
    ----------
    start, stop : int
        Global draws.
    draws : ndarray of int64, shape (n,)
        Those that are complete, rising.
    inputs : ndarray, shape (n, D)
        Values of the uncertain inputs.
    outputs : dict of ndarray (n, *packed_shape)
        Of every output, float64 as the model gave them.
    failures : tuple of Failure
        The others.
    """

    start: int
    stop: int
    draws: IntArray
    inputs: FloatArray
    outputs: Arrays
    failures: tuple[Failure, ...]


def joined(parts: Sequence[Piece]) -> Piece:
    """Return neighbouring pieces, given in order, as one."""
    if len(parts) == 1:
        return parts[0]
    return Piece(
        parts[0].start,
        parts[-1].stop,
        np.concatenate([part.draws for part in parts]),
        np.concatenate([part.inputs for part in parts]),
        {name: np.concatenate([part.outputs[name] for part in parts]) for name in parts[0].outputs},
        tuple(failure for part in parts for failure in part.failures),
    )


def cut(piece: Piece, stop: int) -> Piece:
    """Return the draws of a piece before `stop`."""
    keep = int(np.searchsorted(piece.draws, stop))
    return Piece(
        piece.start,
        stop,
        piece.draws[:keep],
        piece.inputs[:keep],
        {name: array[:keep] for name, array in piece.outputs.items()},
        tuple(failure for failure in piece.failures if failure.draw < stop),
    )


def in_steps(parts: Iterable[tuple[int, NDArray[Any]]], step: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield (row, rows) of neighbouring parts, joined and cut to `step` rows each, but for the last.

    Examples
    --------
    >>> [(row, rows.tolist()) for row, rows in in_steps([(0, np.array([1, 2, 3])), (3, np.array([4, 5]))], 2)]
    [(0, [1, 2]), (2, [3, 4]), (4, [5])]
    """
    row, waiting, count = 0, list[NDArray[Any]](), 0
    for _, part in parts:
        at = 0
        while count + len(part) - at >= step:
            waiting.append(part[at : at + step - count])
            yield row, waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
            at, row = at + step - count, row + step
            waiting, count = [], 0
        if at < len(part):
            waiting.append(part[at:])
            count += len(part) - at
    if count:
        yield row, np.concatenate(waiting)
