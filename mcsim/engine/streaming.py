"""Bands of an output whose draws are not held: moments in a tree of aligned blocks, counts for quantiles.

The same draws give the same bits whatever the pieces they come in: a block of draws (a call of the model, see
``mcsim.engine.work``) is reduced when all of it is there, blocks are merged in aligned pairs, and counts are integers.
Up to as many draws as `HELD_BYTES` hold, quantiles come from the draws themselves. Then these are counted, in bins that
are laid around the values of the first block of the whole run: a shard that does not have it computes it once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.result.bands import PROBABILITIES, Bands, exact_bands
from mcsim.study import FloatArray, IntArray

if TYPE_CHECKING:
    from mcsim.kernels.statistics.counts import Counts, Frame

TABLE_BYTES = 64 * 2**20
HELD_BYTES = 16 * 2**20
SLAB_BYTES = 8 * 2**20  # of a table of counts, which are written together
BIN_BYTES = 20  # a count, the least and the greatest value
LARGEST_BINS, SMALLEST_BINS = 1024, 128


class Node(NamedTuple):
    """Moments of some draws: how many, and for each element the values that it has, their mean and squares."""

    draws: int
    defined: IntArray
    mean: FloatArray
    squares: FloatArray


class BandStream:
    """What is remembered of an output's draws.

    Parameters
    ----------
    cells : int
        Elements of a draw.
    block : int
        Draws per block.
    first_block : callable
        Gives the complete draws of the run's first block (n, cells), where they did not come.
    gaps : bool
        Whether an element may be NaN in a complete draw: then it is left out.
    """

    def __init__(self, cells: int, block: int, first_block: Callable[[], FloatArray], gaps: bool = False) -> None:
        bins = TABLE_BYTES // (BIN_BYTES * max(1, cells))
        self.cells, self.block, self.gaps = cells, block, gaps
        self.bins = min(LARGEST_BINS, max(SMALLEST_BINS, bins))
        self.most_held = max(block, HELD_BYTES // (8 * max(1, cells)))
        self.counted: tuple[Frame, Counts] | None = None
        self.held: dict[int, FloatArray] = {}  # blocks by their number, until there are too many draws
        self.nodes: dict[tuple[int, int], Node] = {}
        self.loose: dict[tuple[int, int], FloatArray] = {}  # parts of blocks: global draws -> complete rows
        self._first_block = first_block

    def add(self, start: int, stop: int, draws: IntArray, rows: FloatArray) -> None:
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

    def _take_block(self, number: int, rows: FloatArray) -> None:
        self._put(0, number, self._node(rows))
        if self.counted is not None:
            self._count(rows, self.counted)
            return
        self.held[number] = np.array(rows)
        self._count_too_many()

    def _count_too_many(self) -> None:
        """Count the draws that are held where there are too many of them."""
        if self.counted is None and sum(map(len, self.held.values())) > self.most_held:
            self.counted = self._begun(self.held)
            self.held = {}

    def _begun(self, blocks: Mapping[int, FloatArray]) -> tuple[Frame, Counts]:
        """Return the counts of some blocks, and where they are laid."""
        from mcsim.kernels.statistics.counts import LUMPS, Frame, no_counts
        from mcsim.kernels.statistics.quantiles import fill_frame

        first = blocks[0] if 0 in blocks else self._first_block()
        frame = Frame(np.empty(self.cells), np.empty(self.cells), np.empty((self.cells, LUMPS)))
        fill_frame(np.sort(np.array(first.reshape(-1, self.cells).T, order="C"), axis=1), frame)
        begun = frame, no_counts(self.cells, self.bins)
        for rows in blocks.values():
            self._count(rows, begun)
        return begun

    def _count(self, rows: FloatArray, counted: tuple[Frame, Counts]) -> None:
        from mcsim.kernels.statistics.counts import count_values

        count_values(np.ascontiguousarray(rows, np.float64), *counted, self.gaps)

    def _put(self, level: int, index: int, node: Node) -> None:
        while (level, index ^ 1) in self.nodes:
            other = self.nodes.pop((level, index ^ 1))
            node = _merged(other, node) if index & 1 else _merged(node, other)
            level, index = level + 1, index >> 1
        self.nodes[level, index] = node

    def merge(self, other: BandStream) -> None:
        """Take in what another stream of the same output remembers of other draws."""
        for (level, index), node in other.nodes.items():
            self._put(level, index, node)
        if self.counted is None and other.counted is not None:
            self.counted, held = other.counted, self.held
            self.held = {}
        else:
            held = {}
            if self.counted is not None and other.counted is not None:
                self._add_counts(self.counted, *other.counted)
        self.held |= other.held if self.counted is None else {}
        if self.counted is not None:
            for rows in (*held.values(), *other.held.values()):
                self._count(rows, self.counted)
        self._count_too_many()
        for part, rows in other.loose.items():
            self.loose[part] = rows
            self._join(part[0] // self.block * self.block)

    def _add_counts(self, own: tuple[Frame, Counts], frame: Frame, counts: Counts) -> None:
        from mcsim.kernels.statistics.counts import merge_counts
        from mcsim.kernels.statistics.quantiles import moved_counts

        if any(mine.tobytes() != theirs.tobytes() for mine, theirs in zip(own[0], frame, strict=True)):
            # Processors that round unlike may lay their bins unlike.
            counts = moved_counts(counts, frame, own[0])
        merge_counts(own[1], counts)

    def bands(self) -> Bands:
        """Return the bands of all draws taken in; the stream stays as it is."""
        loose = self._loose_runs()
        ordered = [(index * self.block << level, node) for (level, index), node in self.nodes.items()]
        ordered += [(low, self._node(rows)) for low, rows in loose]
        total = Node(0, np.zeros(self.cells, np.int64), np.zeros(self.cells), np.zeros(self.cells))
        for _, node in sorted(ordered, key=lambda item: item[0]):
            total = _merged(total, node)
        mean = np.where(total.defined > 0, total.mean, np.nan)
        freedom = np.where(total.defined > 1, total.defined - 1, np.nan)
        quantiles = self._quantiles([rows for _, rows in loose], total)
        return Bands(total.draws, total.defined, mean, np.sqrt(total.squares / freedom), quantiles)

    def _quantiles(self, loose: list[FloatArray], total: Node) -> FloatArray:
        from mcsim.kernels.statistics.counts import Counts
        from mcsim.kernels.statistics.quantiles import count_quantiles

        if self.counted is None and total.draws <= self.most_held:
            none = np.empty((0, self.cells))
            return exact_bands(np.concatenate([none, *self.held.values(), *loose])).quantiles
        if self.counted is None:
            frame, counts = self._begun(self.held)
        else:
            frame, counts = self.counted
            if loose:  # they are counted for these bands alone
                counts = Counts(*(part.copy() for part in counts))
        for rows in loose:
            self._count(rows, (frame, counts))
        quantiles = np.empty((len(PROBABILITIES), self.cells))
        count_quantiles(counts, frame, total.defined, np.array(PROBABILITIES), quantiles)
        return quantiles

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
        return dict(self.arrays())

    def arrays(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield the state as arrays with their names, one in memory after the other."""
        yield from ((f"held-{number}", rows) for number, rows in self.held.items())
        if self.counted is not None:
            frame, counts = self.counted
            yield "cell_counts", np.count_nonzero(counts.bins, axis=1).astype(np.int32)
            for number, cells in enumerate(_slabs(*counts.bins.shape)):
                bins = counts.bins[cells]
                there = np.flatnonzero(bins)
                yield f"place-{number}", (there % bins.shape[1]).astype(np.int16)
                yield f"count-{number}", bins.ravel()[there].astype(np.min_scalar_type(int(bins.max(initial=0))))
                yield (
                    f"ends-{number}",
                    np.stack([counts.least[cells].ravel()[there], counts.greatest[cells].ravel()[there]]),
                )
            yield "windows", counts.windows
            yield "tallies", counts.tallies
            yield "range", np.stack([counts.lowest, counts.highest])
            yield from ((f"frame-{name}", array) for name, array in frame._asdict().items())
        for (level, index), node in self.nodes.items():
            # Counts are whole numbers below 2**53, which float64 holds as they are.
            yield f"node-{level}-{index}-{node.draws}", np.stack([node.defined, node.mean, node.squares])
        yield from ((f"loose-{low}-{high}", rows) for (low, high), rows in self.loose.items())

    def load_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the state from the arrays of `to_arrays`."""
        if "windows" in arrays:
            self.counted = self._loaded_counts(arrays)
        for key, array in arrays.items():
            kind, *numbers = key.split("-")
            if kind == "node":
                level, index, draws = map(int, numbers)
                count, mean, squares = array
                self.nodes[level, index] = Node(draws, count.astype(np.int64), mean.copy(), squares.copy())
            elif kind == "loose":
                self.loose[int(numbers[0]), int(numbers[1])] = np.array(array)
            elif kind == "held":
                self.held[int(numbers[0])] = np.array(array)

    def _loaded_counts(self, arrays: Mapping[str, NDArray[Any]]) -> tuple[Frame, Counts]:
        from mcsim.kernels.statistics.counts import Frame, no_counts

        counts = no_counts(self.cells, self.bins)
        for number, cells in enumerate(_slabs(self.cells, self.bins)):
            own = np.repeat(np.arange(self.cells)[cells], arrays["cell_counts"][cells])
            there = own, arrays[f"place-{number}"]
            counts.bins[there] = arrays[f"count-{number}"]
            counts.least[there], counts.greatest[there] = arrays[f"ends-{number}"]
        counts.lowest[:], counts.highest[:] = arrays["range"]
        counts.windows[:], counts.tallies[:] = arrays["windows"], arrays["tallies"]
        return Frame(*(np.array(arrays[f"frame-{name}"]) for name in Frame._fields)), counts


def _slabs(cells: int, bins: int) -> list[slice]:
    """Return the elements whose counts go to a file together: all of them beside their table would double it."""
    rows = max(1, SLAB_BYTES // (BIN_BYTES * bins))
    return [slice(start, start + rows) for start in range(0, cells, rows)]


def _merged(first: Node, second: Node) -> Node:
    from mcsim.kernels.statistics.moments import merge_moments

    mean, squares = first.mean.copy(), first.squares.copy()
    merge_moments(first.defined, mean, squares, second.defined, second.mean, second.squares)
    return Node(first.draws + second.draws, first.defined + second.defined, mean, squares)
