"""Sums of grains of base rows merged in aligned pairs, in memory or on disk, scramble by scramble.

Grains are merged like the nodes of a binary tree, in an order that no division of the work changes. A node holds one
set of sums for each independent scramble that has rows in it, and one for all rows where rows are resampled. What all
rows give together is added up from the scrambles, in pairs again, when it is read. The sums over the first 1, 2, 4, ...
leaves, from which convergence is read, come for nothing.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.reduce import Portion
from mcsim.ranking.indices import Sums, indices
from mcsim.ranking.plan import Plan
from mcsim.ranking.tails import EXTREMES, Extremes
from mcsim.study import FloatArray

if TYPE_CHECKING:
    from mcsim.store.pieces import Arrays

SLAB = 256  # elements that are read at a time
_ARRAYS = ("weight", "base", "factor", "swapped", "pairs")
Node = dict[int, Sums]  # scramble -> sums over its rows; of resampled rows only 0
History = dict[int, dict[str, FloatArray]]


class Spare(list[Sums]):
    """Memory of sums that a merge has left over; new memory costs more than the additions. It does not travel."""

    def __reduce__(self) -> tuple[type[Spare], tuple[()]]:
        """Return an empty one, for another process."""
        return Spare, ()


def total(node: Node) -> Sums:
    """Return the sums over all rows of a node, its scrambles added in aligned pairs; the node stays as it is."""
    parts = [node[key] for key in sorted(node)]
    while len(parts) > 1:
        pairs = [_added(*parts[place : place + 2]) for place in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[len(pairs) * 2 :]
    return parts[0]


def _added(one: Sums, other: Sums) -> Sums:
    return Sums(*(getattr(one, name) + getattr(other, name) for name in _ARRAYS))


def stacked(node: Node) -> Sums:
    """Return sums with the weights of `Plan.n_weights`: all rows, then each scramble, padded to a multiple of 4."""
    n = 1 + len(node)
    whole, parts = total(node), [node[key] for key in sorted(node)]
    padding = [np.zeros_like(array) for array in (whole.base, whole.factor, whole.swapped, whole.pairs)]
    members = [whole, *parts]
    arrays = [
        np.concatenate([*(getattr(one, name) for one in members), *([zero] * (-n % 4))], axis=-2)
        for name, zero in zip(_ARRAYS[1:], padding, strict=True)
    ]
    weight = np.concatenate([*(one.weight for one in members), np.zeros(-n % 4)])
    return Sums(weight, *arrays)


def slabs(n_values: int) -> list[slice]:
    """Return ranges of elements to be read one after the other, for memory."""
    return [slice(left, min(left + SLAB, n_values)) for left in range(0, n_values, SLAB)]


def joined(parts: list[dict[str, FloatArray]]) -> dict[str, FloatArray]:
    """Return measures of neighbouring elements (n, n_values) side by side."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}


def _first_and_total(sums: Sums) -> dict[str, FloatArray]:
    found = indices(sums, 1)
    return {"S1": found.first[0], "ST": found.total[0]}


@dataclass(slots=True, eq=False)
class Tree:
    """Sums of grains in memory.

    Parameters
    ----------
    replicates : int
        Independent scrambles, or 0 where rows are resampled.
    grains : int
        Grains per leaf, a power of two; leaf i has rows of scramble i modulo the number of these.
    nodes : dict
        (level, index) -> sums over the grains index * 2**level to (index + 1) * 2**level - 1.
    spare : Spare
        Where memory that a merge leaves over goes.
    history : dict
        Number of leaves -> S1 and ST from these leaves alone, the first 1, 2, 4, ... of them.
    extremes : Extremes, optional
        Of the evaluations at A and B, none before the first rows came.
    """

    replicates: int = 0
    grains: int = 1
    nodes: dict[tuple[int, int], Node] = field(default_factory=dict)
    spare: Spare = field(default_factory=Spare)
    history: History = field(default_factory=dict)
    extremes: Extremes | None = None

    def add(self, level: int, index: int, node: Node) -> None:
        """Put a node in its place and merge it with its neighbour, if there; the node becomes the tree's own."""
        self._remember(level, index, node)
        while (level, index ^ 1) in self.nodes:
            node = self._merged(self.nodes.pop((level, index ^ 1)), node)
            level, index = level + 1, index >> 1
            self._remember(level, index, node)
        self.nodes[level, index] = node

    def _merged(self, one: Node, other: Node) -> Node:
        for key, sums in other.items():
            if key in one:
                # A sum of two has the same bits either way round.
                one[key].add(sums)
                self.spare.append(sums)
            else:
                one[key] = sums
        return one

    def _remember(self, level: int, index: int, node: Node) -> None:
        leaves = (1 << level) // self.grains
        if index == 0 and leaves > 0 and leaves not in self.history:
            some = slabs(next(iter(node.values())).base.shape[-1])
            parts = [_first_and_total(total({key: sums.part(slab) for key, sums in node.items()})) for slab in some]
            self.history[leaves] = joined(parts)

    def whole(self) -> Node:
        """Return the sums of all rows, left to right; the tree is used up where they are not one node."""
        keys = sorted(self.nodes, key=lambda key: key[1] << key[0])
        whole = self.nodes[keys[0]]
        for key in keys[1:]:
            whole = self._merged(whole, self.nodes[key])
        return whole

    def slab(self, slab: slice) -> Node:
        """Return the sums of all rows for some elements; every row has to be there."""
        return {key: sums.part(slab) for key, sums in self.whole().items()}

    def take(self, portion: Portion) -> None:
        """Take in the sums of some grains."""
        grains, extremes = portion.content
        for grain, sums in grains:
            key = grain // self.grains % self.replicates if self.replicates else 0
            self.add(0, grain, {key: sums})
        self._note(extremes)

    def _note(self, extremes: Extremes) -> None:
        self.extremes = extremes if self.extremes is None else self.extremes.merged(extremes)

    def arrays(self) -> Arrays:
        """Return the tree as arrays by name, for a file."""
        arrays = _extreme_arrays(self.extremes)
        for (level, index), node in self.nodes.items():
            for key, sums in node.items():
                arrays |= {f"node|{level}|{index}|{key}|{name}": getattr(sums, name) for name in _ARRAYS}
        for leaves, scores in self.history.items():
            arrays |= {f"history|{leaves}|{name}": values for name, values in scores.items()}
        return arrays

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take in the arrays of another tree over other grains."""
        nodes: dict[tuple[int, int], Node] = {}
        if f"extremes|{EXTREMES[0]}" in arrays:
            self._note(Extremes(*(arrays[f"extremes|{name}"] for name in EXTREMES)))
        for name, values in arrays.items():
            kind, *names = name.split("|")
            if kind == "history":
                self.history.setdefault(int(names[0]), {})[names[1]] = values
            elif kind == "node" and names[-1] == _ARRAYS[0]:
                sums = Sums(*(arrays["|".join([kind, *names[:-1], array])] for array in _ARRAYS))
                nodes.setdefault((int(names[0]), int(names[1])), {})[int(names[2])] = sums
        for level, index in sorted(nodes):
            self.add(level, index, nodes[level, index])


def _extreme_arrays(extremes: Extremes | None) -> Arrays:
    return {} if extremes is None else {f"extremes|{name}": getattr(extremes, name) for name in EXTREMES}


class Spool:
    """Sums of leaves on disk, a file each, where all of them would not fit into memory; read some elements at a time.

    The files lie in a folder for what is temporary (``TMPDIR`` says where) and go with the object. A leaf is all that a
    scramble has, so there is nothing to merge before they are read.

    Parameters
    ----------
    plan : Plan
        From `mcsim.ranking.saltelli.planned`.
    spare : Spare
        Where the memory of a leaf that was written goes.
    """

    def __init__(self, plan: Plan, spare: Spare) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mcsim-sums-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._n_values, self._spare = plan.n_values, spare
        one = Sums.zeros(1, len(plan.factors), 1, plan.second)
        self._shapes = [getattr(one, name).shape[:-1] for name in _ARRAYS[1:]]
        self._weights: dict[int, FloatArray] = {}
        self.extremes: Extremes | None = None

    def _file(self, leaf: int) -> Path:
        return self._folder / f"{leaf}.bin"

    def take(self, portion: Portion) -> None:
        """Take in the sums of some leaves."""
        leaves, extremes = portion.content
        for leaf, sums in leaves:
            self._put(leaf, sums.weight, [getattr(sums, name) for name in _ARRAYS[1:]])
            self._spare.append(sums)
        self.extremes = extremes if self.extremes is None else self.extremes.merged(extremes)

    def _put(self, leaf: int, weight: FloatArray, arrays: list[FloatArray]) -> None:
        with self._file(leaf).open("wb") as stream:
            for array in arrays:
                array.tofile(stream)
        self._weights[leaf] = weight.copy()

    def _leaf(self, leaf: int, slab: slice) -> Sums:
        width, step = slab.stop - slab.start, 8 * self._n_values
        rows = [math.prod(shape) for shape in self._shapes]
        handle = os.open(self._file(leaf), os.O_RDONLY)
        try:
            read = [os.pread(handle, 8 * width, row * step + 8 * slab.start) for row in range(sum(rows))]
        finally:
            os.close(handle)
        values = np.frombuffer(b"".join(read)).reshape(-1, width)
        parts = np.split(values, np.cumsum(rows)[:-1])
        arrays = [part.reshape(*shape, width) for part, shape in zip(parts, self._shapes, strict=True)]
        return Sums(self._weights[leaf], *arrays)

    def slab(self, slab: slice) -> Node:
        """Return the sums of all rows for some elements."""
        return {leaf: self._leaf(leaf, slab) for leaf in sorted(self._weights)}

    @property
    def history(self) -> History:
        """Number of leaves -> S1 and ST from these leaves alone."""
        counts = [1 << level for level in range(len(self._weights).bit_length())]
        shape = (self._shapes[1][0], self._n_values)
        found = {count: {"S1": np.empty(shape), "ST": np.empty(shape)} for count in counts}
        for slab in slabs(self._n_values):
            node = self.slab(slab)
            for count in counts:
                for name, values in _first_and_total(total({leaf: node[leaf] for leaf in range(count)})).items():
                    found[count][name][:, slab] = values
        return found

    def arrays(self) -> Arrays:
        """Return all of it as arrays by name, read from the disk when they are written elsewhere."""
        arrays = _extreme_arrays(self.extremes)
        rows = sum(math.prod(shape) for shape in self._shapes)
        for leaf, weight in self._weights.items():
            content = np.memmap(self._file(leaf), np.float64, "r", shape=(rows, self._n_values))
            arrays |= {f"leaf|{leaf}|weight": weight, f"leaf|{leaf}|rows": content}
        return arrays

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take in the arrays of other leaves."""
        if f"extremes|{EXTREMES[0]}" in arrays:
            extremes = Extremes(*(arrays[f"extremes|{name}"] for name in EXTREMES))
            self.extremes = extremes if self.extremes is None else self.extremes.merged(extremes)
        for name, values in arrays.items():
            kind, *names = name.split("|")
            if kind == "leaf" and names[1] == "rows":
                self._put(int(names[0]), arrays[f"leaf|{names[0]}|weight"], [np.asarray(values)])
