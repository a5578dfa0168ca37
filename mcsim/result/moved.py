"""What a study moves against another: deltas with the side on which they lie, and the outputs that move most."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mcsim.result.errors import LEVEL, Error, chance_of, replicates_of, tells_errors
from mcsim.result.pairs import POINTS
from mcsim.result.result import Result
from mcsim.study import Output
from mcsim.study.select import Cell, packed_cells

if TYPE_CHECKING:
    import pandas as pd

MEDIAN, LOW, HIGH = 3, 0, 6  # rows of `mcsim.result.bands.COLUMNS`
MOST = 4


def lower(delta: Result) -> dict[str, Error]:
    """Return how likely each cell of a difference lies below zero, of the draws with a value, and how far off that is.

    The ends are NaN where the draws of a design tell no error.
    """
    known = tells_errors(delta.design)
    found = {}
    for name, draws in delta.kept.items():
        values = np.asarray(draws, np.float64).reshape(delta.complete, -1)
        with np.errstate(invalid="ignore"):
            share = chance_of(values < 0, ~np.isnan(values), replicates_of(delta) if known else None, LEVEL)
        nothing = np.full(len(share.value), np.nan)
        found[name] = share if known else Error(share.value, nothing, nothing, nothing)
    return found


def delta_table(delta: Result) -> pd.DataFrame:
    """Return the bands of a difference as a tidy table, with ``p_lower``: the share of the draws below zero.

    ``p_lower_low`` and ``p_lower_high`` are the ends of its 95 % interval.
    """
    table, shares = delta.summary(), lower(delta)
    cells = [packed_cells(output)[output.mask].ravel() for output in delta.study.outputs]
    for column, end in (("p_lower", "value"), ("p_lower_low", "low"), ("p_lower_high", "high")):
        parts = [getattr(shares[out.name], end)[part] for out, part in zip(delta.study.outputs, cells, strict=True)]
        table[column] = np.concatenate(parts)
    return table


@dataclass(frozen=True, slots=True)
class Moved:
    """An element that a study moves.

    Parameters
    ----------
    cell : Cell
        The element, of the difference's outputs.
    before : float
        Median of the baseline.
    median, low, high : float
        Of the difference, 2.5 and 97.5 % of the draws.
    unit : str
        Of all four.
    """

    cell: Cell
    before: float
    median: float
    low: float
    high: float
    unit: str

    @property
    def size(self) -> float:
        """Size of the median difference against what is there before and after: from 0 to 1, 1 out of or into nothing.

        Examples
        --------
        >>> from mcsim.study.declared import Output
        >>> there = Moved(Cell(Output("y", "t", "y"), {}), 100.0, -50.0, -60.0, -40.0, "t")
        >>> round(there.size, 3)
        0.333
        """
        whole = abs(self.before) + abs(self.before + self.median)
        return abs(self.median) / whole if whole > 0 else 0.0


def most_moved(first: Result, delta: Result, told: Collection[str] = (), most: int = MOST) -> list[Moved]:
    """Return the outputs that a study moves most, each by its element of the largest median difference.

    Outputs are ordered by `Moved.size`; one whose difference has both signs within 95 % of the draws moves nowhere.

    Parameters
    ----------
    first, delta : Result
        The baseline, and the difference to it.
    told : collection of str
        Outputs that are told elsewhere.
    most : int
        How many.
    """
    found = []
    for output in delta.study.outputs:
        if output.name in told or output.unit == POINTS or output.name not in first.bands:
            continue
        bands, before = delta.bands[output.name].quantiles, first.bands[output.name].quantiles
        low, high = bands[LOW], bands[HIGH]
        shown = np.unique(packed_cells(output)[output.mask])
        certain = np.zeros(bands.shape[1], bool)
        certain[shown] = ((low > 0) | (high < 0))[shown]
        if not certain.any():
            continue
        at = int(np.argmax(np.where(certain, np.abs(bands[MEDIAN]), -1.0)))
        numbers = (float(before[MEDIAN, at]), float(bands[MEDIAN, at]), float(low[at]), float(high[at]))
        found.append(Moved(element(output, at), *numbers, _unit(output, at)))
    return sorted(found, key=lambda moved: -moved.size)[:most]


def element(output: Output, at: int) -> Cell:
    """Return the first element that shows a packed cell."""
    if not output.dims:
        return Cell(output, {})
    place = np.unravel_index(int(np.argmax(packed_cells(output).ravel() == at)), output.shape)
    return Cell(output, {dim.name: dim.coords[spot] for dim, spot in zip(output.dims, place, strict=True)})


def _unit(output: Output, at: int) -> str:
    if output.coord_units is None or output.coord_units_dim is None:
        return output.unit
    return output.coord_units[str(element(output, at).labels[output.coord_units_dim])]
