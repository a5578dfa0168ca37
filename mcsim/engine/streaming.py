"""Bands of an output whose draws are not held: moments in a tree of aligned blocks, counts for quantiles.

The same draws give the same bits whatever the pieces they come in: a block of draws (a call of the model, see
``mcsim.engine.work``) is reduced when all of it is there, blocks are merged in aligned pairs, and counts are integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.result.bands import PROBABILITIES, Bands
from mcsim.study import FloatArray, IntArray

TABLE_BYTES = 64 * 2**20
LARGEST_BINS, SMALLEST_BINS = 1024, 128
SCALE_SHIFT = 4  # bins are of equal width below a sixteenth of an element's value at the centre


class Node(NamedTuple):
    """Moments of some draws: how many, and for each element the values that it has, their mean and squares."""

    draws: int
    defined: IntArray
    mean: FloatArray
    squares: FloatArray


def bin_scales(centre: FloatArray) -> FloatArray:
    """Return the scale of each element's bins, a power of two a little below its value at the centre.

    Parameters
    ----------
    centre : ndarray, shape (cells,)
        The output with every input at its centre; elements that are 0 there take the typical size of the others.
    """
    size = np.abs(np.asarray(centre, np.float64))
    known = size[(size > 0) & np.isfinite(size)]
    typical = float(np.median(known)) if len(known) > 0 else 1.0
    size = np.where((size > 0) & np.isfinite(size), size, typical)
    exponents = np.clip(np.frexp(size)[1] - 1 - SCALE_SHIFT, -900, 900)
    return np.asarray(np.ldexp(1.0, exponents), np.float64)


class BandStream:
    """What is remembered of an output's draws.

    Parameters
    ----------
    centre : ndarray, shape (cells,)
        The output at the centre; sets the scale of the bins.
    block : int
        Draws per block.
    gaps : bool
        Whether an element may be NaN in a complete draw: then it is left out.
    """

    def __init__(self, centre: FloatArray, block: int, gaps: bool = False) -> None:
        cells = len(centre)
        bins = TABLE_BYTES // (4 * max(1, cells))
        self.block, self.gaps = block, gaps
        self.scale = bin_scales(centre)
        bins = min(LARGEST_BINS, max(SMALLEST_BINS, 1 << max(0, bins.bit_length() - 1)))
        self.counts = np.zeros((cells, bins), np.int32)
        self.windows = np.tile(np.array([0, -1, 0, 0], np.int64), (cells, 1))
        self.lowest, self.highest = np.full(cells, np.inf), np.full(cells, -np.inf)
        self.nodes: dict[tuple[int, int], Node] = {}
        self.loose: dict[tuple[int, int], NDArray[Any]] = {}  # parts of blocks: global draws -> complete rows

    def add(self, start: int, stop: int, draws: IntArray, rows: NDArray[Any]) -> None:
        """Take in the complete draws among start..stop-1.

        Parameters
        ----------
        start, stop : int
            Global draws, each given once over the life of the stream.
        draws : ndarray of int64, shape (n,)
            Which of them are complete, rising.
        rows : ndarray, shape (n, cells)
            Their values.
        """
        for first in range(start // self.block * self.block, stop, self.block):
            low, high = max(first, start), min(first + self.block, stop)
            inside = slice(*np.searchsorted(draws, (low, high)).tolist())
            if high - low == self.block:
                self._take_block(first // self.block, rows[inside])
            else:
                self.loose[low, high] = np.array(rows[inside])
                self._join(first)

    def _join(self, first: int) -> None:
        parts = sorted(part for part in self.loose if first <= part[0] < first + self.block)
        if sum(high - low for low, high in parts) == self.block:
            self._take_block(first // self.block, np.concatenate([self.loose.pop(part) for part in parts]))

    def _take_block(self, number: int, rows: NDArray[Any]) -> None:
        from mcsim.kernels.statistics.moments import count_values

        rows = np.ascontiguousarray(rows)
        count_values(rows, self.scale, self.counts, self.windows, self.lowest, self.highest, self.gaps)
        self._put(0, number, self._node(rows))

    def _put(self, level: int, index: int, node: Node) -> None:
        while (level, index ^ 1) in self.nodes:
            other = self.nodes.pop((level, index ^ 1))
            node = _merged(other, node) if index & 1 else _merged(node, other)
            level, index = level + 1, index >> 1
        self.nodes[level, index] = node

    def merge(self, other: BandStream) -> None:
        """Take in what another stream of the same output remembers of other draws."""
        from mcsim.kernels.statistics.moments import merge_counts

        merge_counts(self.counts, self.windows, other.counts, other.windows)
        np.minimum(self.lowest, other.lowest, out=self.lowest)
        np.maximum(self.highest, other.highest, out=self.highest)
        for (level, index), node in other.nodes.items():
            self._put(level, index, node)
        for part, rows in other.loose.items():
            self.loose[part] = rows
            self._join(part[0] // self.block * self.block)

    def bands(self) -> Bands:
        """Return the bands of all draws taken in; the stream stays as it is."""
        from mcsim.kernels.statistics.moments import count_quantiles, count_values

        counts, windows = self.counts.copy(), self.windows.copy()
        lowest, highest = self.lowest.copy(), self.highest.copy()
        cells = len(self.scale)
        ordered = [(index * self.block << level, node) for (level, index), node in self.nodes.items()]
        for low, rows in self._loose_runs():
            count_values(np.ascontiguousarray(rows), self.scale, counts, windows, lowest, highest, self.gaps)
            ordered.append((low, self._node(rows)))
        total = Node(0, np.zeros(cells, np.int64), np.zeros(cells), np.zeros(cells))
        for _, node in sorted(ordered, key=lambda item: item[0]):
            total = _merged(total, node)
        quantiles = np.empty((len(PROBABILITIES), cells))
        count_quantiles(counts, windows, self.scale, lowest, highest, total.defined, np.array(PROBABILITIES), quantiles)
        mean = np.where(total.defined > 0, total.mean, np.nan)
        freedom = np.where(total.defined > 1, total.defined - 1, np.nan)
        return Bands(total.draws, total.defined, mean, np.sqrt(total.squares / freedom), quantiles)

    def _node(self, rows: NDArray[Any]) -> Node:
        from mcsim.kernels.statistics.moments import block_moments, defined_moments

        rows = np.ascontiguousarray(rows)
        cells = rows.shape[1]
        node = Node(len(rows), np.full(cells, len(rows), np.int64), np.empty(cells), np.empty(cells))
        if self.gaps:
            defined_moments(rows, *node[1:])
        else:
            block_moments(rows, node.mean, node.squares)
        return node

    def _loose_runs(self) -> list[tuple[int, NDArray[Any]]]:
        """Return the loose rows with neighbouring parts joined, so that no cut between pieces shows."""
        runs: list[tuple[int, int, list[NDArray[Any]]]] = []
        for low, high in sorted(self.loose):
            if runs and runs[-1][1] == low and low % self.block != 0:
                runs[-1] = (runs[-1][0], high, [*runs[-1][2], self.loose[low, high]])
            else:
                runs.append((low, high, [self.loose[low, high]]))
        return [(low, np.concatenate(parts)) for low, _, parts in runs]

    def drop_loose(self, start: int) -> None:
        """Forget the loose rows from a draw on, because they will be given again."""
        self.loose = {part: rows for part, rows in self.loose.items() if part[0] < start}

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state as arrays by name, for a file; counts without their zeros."""
        cell, place = np.nonzero(self.counts)
        counts = self.counts[cell, place]
        arrays: dict[str, NDArray[Any]] = {
            "cell_counts": np.bincount(cell, minlength=len(self.scale)).astype(np.int32),
            "place": place.astype(np.int16),
            "count": counts.astype(np.min_scalar_type(int(counts.max(initial=0)))),
            "windows": self.windows,
            "range": np.stack([self.lowest, self.highest]),
        }
        for (level, index), node in self.nodes.items():
            # Counts are whole numbers below 2**53, which float64 holds as they are.
            arrays[f"node-{level}-{index}-{node.draws}"] = np.stack([node.defined, node.mean, node.squares])
        for (low, high), rows in self.loose.items():
            arrays[f"loose-{low}-{high}"] = rows
        return arrays

    def load_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the state from the arrays of `to_arrays`."""
        self.counts[np.repeat(np.arange(len(self.scale)), arrays["cell_counts"]), arrays["place"]] = arrays["count"]
        self.windows = np.array(arrays["windows"])
        self.lowest, self.highest = np.array(arrays["range"])
        for key, array in arrays.items():
            kind, *numbers = key.split("-")
            if kind == "node":
                level, index, draws = map(int, numbers)
                count, mean, squares = array
                self.nodes[level, index] = Node(draws, count.astype(np.int64), mean.copy(), squares.copy())
            elif kind == "loose":
                self.loose[int(numbers[0]), int(numbers[1])] = np.array(array)


def _merged(first: Node, second: Node) -> Node:
    from mcsim.kernels.statistics.moments import merge_moments

    mean, squares = first.mean.copy(), first.squares.copy()
    merge_moments(first.defined, mean, squares, second.defined, second.mean, second.squares)
    return Node(first.draws + second.draws, first.defined + second.defined, mean, squares)
