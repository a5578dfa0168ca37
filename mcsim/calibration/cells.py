"""The observed cells of draws, through the one engine; and which inputs move them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mcsim.calibration.likelihood import Likelihood
from mcsim.engine.design import Design
from mcsim.engine.evaluation import evaluate_values
from mcsim.engine.points import design_columns, transform, values_of
from mcsim.engine.reduce import Portion, Reduced
from mcsim.engine.session import Session
from mcsim.engine.work import call_rows, chunk_rows
from mcsim.ranking.gathered import Gathered
from mcsim.study import FloatArray, InputError, IntArray, Study
from mcsim.study.observation import TOUCHES, Observation

if TYPE_CHECKING:
    from mcsim.engine.asked import Computed

BASES = 8  # points at which every input is moved once


@dataclass(frozen=True, slots=True, eq=False)
class CellRows:
    """The observed cells of a design's draws, as work for the session.

    Parameters
    ----------
    study : Study
        What is evaluated.
    design : Design
        Where.
    observations : tuple of Observation
        Whose cells.
    lives : int
        Lives per draw.
    draws : ndarray of int64, optional
        Numbers of the rows for models that sample; by default each row is a draw of its own.
    """

    unit: ClassVar[str] = "draws"

    study: Study
    design: Design
    observations: tuple[Observation, ...]
    lives: int
    draws: IntArray | None = None

    @property
    def name(self) -> str:
        """What is calibrated."""
        return f"calibration {self.study.name}"

    @property
    def rows(self) -> int:
        """Draws of the design."""
        return self.design.draws

    def part(self, shard: tuple[int, int] | None) -> tuple[int, int]:
        """Return all rows: a calibration has no parts."""
        return 0, self.rows

    def step(self, rows: int, how: Computed) -> int:
        """Return the rows of a task."""
        return chunk_rows(self.study, rows, how.workers, how.chunk)

    def warm(self) -> None:
        """Load or compile the kernels of the distributions."""
        if self.design.values is None:
            values_of(self.study, self.design, 0, 1)

    def extended(self, rows: int) -> CellRows:
        """Return the same with more draws."""
        return replace(self, design=replace(self.design, draws=rows))

    def compute(self, start: int, stop: int) -> Portion:
        """Return the cells of the draws start..stop-1, NaN where one failed."""
        rows = call_rows(self.study)
        edges = [start, *range((start // rows + 1) * rows, stop, rows), stop]
        parts, failed = [], list[int]()
        for low, high in pairwise(edges):
            draws = np.arange(low, high, dtype=np.int64) if self.draws is None else self.draws[low:high]
            values = values_of(self.study, self.design, low, high)
            cells, bad = observed_cells(self.study, self.observations, values, draws, self.design.seed, self.lives)
            parts.append(cells)
            failed += [low + row for row in bad]
        return Portion(start, stop, np.array(failed, np.int64), {"cells": np.concatenate(parts)})


def observed_cells(
    study: Study,
    observations: tuple[Observation, ...],
    values: Mapping[str, FloatArray],
    draws: IntArray,
    seed: int,
    lives: int,
) -> tuple[FloatArray, list[int]]:
    """Return the modelled cell of each observation (n, k), several elements summed, and the rows that failed."""
    wanted = frozenset(item.cell.output.name for item in observations)
    found = evaluate_values(study, values, draws, seed, lives, wanted)
    cells = np.empty((len(draws), len(observations)))
    expanded = {name: study.output(name).expand(array) for name, array in found.outputs.items()}
    for column, item in enumerate(observations):
        full = expanded[item.cell.output.name]
        cells[:, column] = full[:, item.cell.mask].sum(axis=1) if full.ndim > 1 else full
    return cells, sorted(found.reasons)


def gather(work: CellRows, how: Computed) -> FloatArray:
    """Return the cells of all draws (n, k); failed ones are NaN.

    Raises
    ------
    InputError
        When more draws failed than may.
    """
    collector = Reduced(work, Gathered())
    Session(how).fill(collector)
    failed = len(collector.failed)
    if failed > how.max_failed * work.rows:
        raise InputError(f"{work.study.name}: {failed:,} of {work.rows:,} draws failed; mend the model or its ranges")
    return np.asarray(collector.state.whole("cells"))


def moved_by(study: Study, likelihood: Likelihood, seed: int, lives: int, how: Computed) -> tuple[str, ...]:
    """Return the inputs that move an observed cell, in their order: those that observations can speak of.

    Every input jumps once from each of `BASES` random points to another random value of its own. One whose jumps never
    move a cell by `TOUCHES` of its observation's error keeps its prior. What depends on an input that moves a cell, by
    a rank correlation, goes with it.

    Raises
    ------
    InputError
        When no input moves any of the cells.
    """
    columns = design_columns(study)
    points = Design("random", seed, 2 * BASES, columns).points(0, 2 * BASES)
    here, there = points[:BASES], points[BASES:]
    unit = np.repeat(here[:, np.newaxis, :], 1 + len(columns), axis=1)
    for place in range(len(columns)):
        unit[:, 1 + place, place] = there[:, place]
    unit = unit.reshape(-1, len(columns))
    values = transform(study, unit, columns)
    design = Design("given", seed, len(unit), columns, np.column_stack([values[name] for name in columns]))
    draws = np.repeat(np.arange(BASES, dtype=np.int64), 1 + len(columns))
    cells = gather(CellRows(study, design, likelihood.observations, lives, draws), how)
    scaled = likelihood.scaled(cells).reshape(BASES, 1 + len(columns), -1)
    with np.errstate(invalid="ignore"):
        jumps = np.abs(scaled[:, 1:] - scaled[:, :1]) / likelihood.spreads
    # A jump into or out of the undefined moves a cell; from undefined to undefined says nothing.
    gone = np.isnan(scaled[:, 1:]) != np.isnan(scaled[:, :1])
    reach = np.where(gone, np.inf, np.nan_to_num(jumps, nan=0.0)).max(axis=(0, 2))
    found = {name for name, most in zip(columns, reach.tolist(), strict=True) if most >= TOUCHES}
    if not found:
        raise InputError(f"{study.name}: observation: no uncertain input moves an observed cell; nothing to calibrate")
    return tuple(name for name in columns if name in _with_dependents(study, found))


def _with_dependents(study: Study, names: set[str]) -> set[str]:
    found, size = set(names), 0
    while size < len(found):
        size = len(found)
        for first, second, _ in study.tied:
            if first in found or second in found:
                found |= {first, second}
    return found
