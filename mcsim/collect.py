"""Pieces of a run, in any order, into one result."""

from __future__ import annotations
import numpy as np
from mcsim.bands import exact_bands
from mcsim.result import Failure, Result
from mcsim.work import Job, Piece


class Collector:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.pieces: dict[int, Piece] = {}

    def add(self, piece: Piece) -> None:
        self.pieces[piece.start] = piece

    def finish(self) -> Result:
        pieces = [self.pieces[start] for start in sorted(self.pieces)]
        good = np.concatenate([p.complete for p in pieces])
        draws = np.concatenate([p.draws for p in pieces])
        inputs = np.concatenate([p.inputs for p in pieces])
        columns = self.job.design.columns
        failures = tuple(
            Failure(d, r, dict(zip(columns, p.inputs[d - p.start].tolist(), strict=True)))
            for p in pieces
            for d, r in p.reasons.items()
        )
        every = {o.name: np.concatenate([p.outputs[o.name] for p in pieces])[good] for o in self.job.study.outputs}
        d = self.job.design
        return Result(
            self.job.study,
            d.draws,
            draws[good],
            d.seed,
            self.job.lives,
            d.kind,
            {n: np.ascontiguousarray(inputs[good, j]) for j, n in enumerate(columns)},
            {n: every[n] for n in self.job.stored},
            {n: exact_bands(v) for n, v in every.items()},
            failures,
        )
