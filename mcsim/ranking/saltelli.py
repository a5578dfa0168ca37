"""A Saltelli design through a model, reduced to sums as it goes: nothing of it is stored.

Base rows are cut into leaves of a fixed size; the sums of a leaf are added up row by row, and leaves are merged in
pairs like the nodes of a binary tree. So every sum has the same bits whatever the chunks, workers, shards or kills, and
the sums over the first half, quarter, ... of the rows, from which convergence is read, come for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.asked import checked
from mcsim.engine.reduce import Portion
from mcsim.kernels.statistics.sobol import poisson_counts
from mcsim.ranking.indices import Rows, Sums, add_rows, indices, padded
from mcsim.ranking.leaves import LeafRows
from mcsim.ranking.plan import BoolArray, Plan, Values, evaluated, values_at
from mcsim.ranking.tails import EXTREMES, Extremes
from mcsim.study import FloatArray, InputError, IntArray, Study

if TYPE_CHECKING:
    from mcsim.store.pieces import Arrays

_BLOCK_BYTES = 64e6
_LARGE_SUMS = 128e6
_CHECKED_NUMBERS = 2**20
_ARRAYS = ("weight", "base", "factor", "swapped", "pairs")


def planned(plan: Plan) -> Plan:
    """Return the plan with the size of its leaves, a function of the study and the base rows alone."""
    checked("base", plan.base)
    empty = Sums.zeros(plan.n_weights, 1, 1, False).n_bytes
    large = empty * len(plan.factors) * plan.n_values > _LARGE_SUMS
    # Pending nodes of the tree are as large as the sums themselves: fewer leaves where that matters.
    n_leaves = 4 if large else 16
    if plan.replicates:
        n_leaves = plan.replicates
        if plan.replicates < 2 or plan.replicates & (plan.replicates - 1) or plan.base < 4 * plan.replicates:
            raise InputError(
                f"replicates: not a power of two within a quarter of the base (got {plan.replicates} of {plan.base}); "
                "16 is usual"
            )
    return replace(plan, leaf=max(1, plan.base // n_leaves))


class Spare(list[Sums]):
    """Memory of sums that a merge has left over; new memory costs more than the additions. It does not travel."""

    def __reduce__(self) -> tuple[type[Spare], tuple[()]]:
        """Return an empty one, for another process."""
        return Spare, ()


@dataclass(slots=True, eq=False)
class Tree:
    """Sums of leaves merged in aligned pairs, in an order that no division of the work changes.

    Parameters
    ----------
    nodes : dict
        (level, index) -> sums over the leaves index * 2**level to (index + 1) * 2**level - 1.
    spare : Spare
        Where memory that a merge leaves over goes.
    history : dict
        Number of leaves -> S1 and ST from these leaves alone, the first 1, 2, 4, ... of them.
    extremes : Extremes, optional
        Of the evaluations at A and B, none before the first rows came.
    """

    nodes: dict[tuple[int, int], Sums] = field(default_factory=dict)
    spare: Spare = field(default_factory=Spare)
    history: dict[int, dict[str, FloatArray]] = field(default_factory=dict)
    extremes: Extremes | None = None

    def add(self, level: int, index: int, sums: Sums) -> None:
        """Put a node in its place and merge it with its neighbour, if there; the node becomes the tree's own."""
        self._remember(level, index, sums)
        while (level, index ^ 1) in self.nodes:
            neighbour = self.nodes.pop((level, index ^ 1))
            # A sum of two has the same bits either way round.
            neighbour.add(sums)
            self.spare.append(sums)
            sums, level, index = neighbour, level + 1, index >> 1
            self._remember(level, index, sums)
        self.nodes[level, index] = sums

    def _remember(self, level: int, index: int, sums: Sums) -> None:
        if index == 0 and 1 << level not in self.history:
            points = indices(sums, 1)
            self.history[1 << level] = {"S1": points.first[0], "ST": points.total[0]}

    def whole(self) -> Sums:
        """Return the sums of all rows, left to right; the tree is used up where they are not one node."""
        nodes = [self.nodes[key] for key in sorted(self.nodes, key=lambda key: key[1] << key[0])]
        for node in nodes[1:]:
            nodes[0].add(node)
        return nodes[0]

    def take(self, portion: Portion) -> None:
        """Take in the sums of some leaves."""
        leaves, extremes = portion.content
        for leaf, sums in leaves:
            self.add(0, leaf, sums)
        self._note(extremes)

    def _note(self, extremes: Extremes) -> None:
        self.extremes = extremes if self.extremes is None else self.extremes.merged(extremes)

    def arrays(self) -> Arrays:
        """Return the tree as arrays by name, for a file."""
        own = self.extremes
        arrays: Arrays = {} if own is None else {f"extremes|{name}": getattr(own, name) for name in EXTREMES}
        for (level, index), sums in self.nodes.items():
            arrays |= {f"node|{level}|{index}|{name}": getattr(sums, name) for name in _ARRAYS}
        for leaves, scores in self.history.items():
            arrays |= {f"history|{leaves}|{name}": values for name, values in scores.items()}
        return arrays

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take in the arrays of another tree over other leaves."""
        nodes: set[tuple[int, int]] = set()
        if f"extremes|{EXTREMES[0]}" in arrays:
            self._note(Extremes(*(arrays[f"extremes|{name}"] for name in EXTREMES)))
        for key, values in arrays.items():
            kind, *names = key.split("|")
            if kind == "history":
                self.history.setdefault(int(names[0]), {})[names[1]] = values
            elif kind == "node":
                nodes.add((int(names[0]), int(names[1])))
        for level, index in sorted(nodes):
            self.add(level, index, Sums(*(arrays[f"node|{level}|{index}|{name}"] for name in _ARRAYS)))


@dataclass(frozen=True, slots=True, eq=False)
class SaltelliRows(LeafRows):
    """The base rows of a Saltelli design, leaf by leaf.

    Parameters
    ----------
    plan : Plan
        From `planned`, with its window.
    reference : ndarray, shape (n_values,)
        What outputs are differences to, from `reference_values`.
    spare : Spare
        Memory of the tree that takes the sums.
    """

    unit: ClassVar[str] = "base rows"

    plan: Plan
    reference: FloatArray
    spare: Spare = field(default_factory=Spare)

    def compute(self, start: int, stop: int) -> Portion:
        """Return the sums of the leaves from a base row to another."""
        plan, leaves, failed = self.plan, [], list[int]()
        extremes = Extremes.of(np.empty((0, plan.n_values)))
        size, block = plan.leaf, block_rows(plan)
        for leaf in range(start // size, stop // size):
            sums = self._empty()
            for first in range(0, size, block):
                rows = np.arange(first, min(first + block, size))
                numbers = leaf * size + rows
                points = partial(_points, plan, *_unit(plan, leaf, rows))
                values, bad_calls = evaluated(plan, points, numbers, plan.seed)
                twin = values
                if plan.debias:
                    twin, more = evaluated(plan, points, numbers, inner_seed(plan.seed))
                    bad_calls |= more
                bad = np.asarray(bad_calls.reshape(-1, len(numbers)).any(axis=0))
                weights = _weights(plan, leaf, numbers)
                weights[:, bad] = 0.0
                shaped = _rows(plan, values, self.reference, bad)
                other = _rows(plan, twin, self.reference, bad) if plan.debias else None
                add_rows(sums, weights, shaped, other, plan.jobs)
                for good in (shaped.f_a[~bad], shaped.f_b[~bad]):
                    extremes = extremes.merged(Extremes.of(good))
                failed += numbers[bad].tolist()
            leaves.append((leaf, sums))
        return Portion(start, stop, np.array(failed, np.int64), (leaves, extremes))

    def extended(self, rows: int) -> SaltelliRows:
        """Return the design with more base rows; the first ones stay."""
        return replace(self, plan=replace(self.plan, base=rows))

    def _empty(self) -> Sums:
        plan = self.plan
        try:
            sums = self.spare.pop()
        except IndexError:
            return Sums.zeros(plan.n_weights, len(plan.factors), plan.n_values, plan.second)
        sums.clear()
        return sums


def _points(plan: Plan, unit_a: FloatArray, unit_b: FloatArray, study: Study) -> list[Values]:
    """Return the values at A, at B, at each AB, and for the second order at each BA.

    Only A and B pass through the distributions: each mixed matrix takes its values from both.
    """
    a, b = values_at(plan, study, unit_a), values_at(plan, study, unit_b)
    return [a, b, *_mixed(plan, a, b), *(_mixed(plan, b, a) if plan.second else ())]


def _mixed(plan: Plan, values: Values, other: Values) -> Iterator[Values]:
    for members in plan.factors.values():
        yield values | {name: other[name] for name in members if name in other}


def block_rows(plan: Plan) -> int:
    """Return how many base rows are evaluated at once: a power of two that keeps their outputs within 64 MB."""
    per_row = plan.evaluations * plan.n_values * 8
    return max(4, 1 << int(max(4.0, min(_BLOCK_BYTES / per_row, 4096.0))).bit_length() - 1)


def check_drawn(plan: Plan) -> None:
    """Refuse a design of which a column of B follows its column of A, before the model is run on it.

    It costs the points of the design, at most its first million numbers, and no evaluation.

    Raises
    ------
    InputError
        Naming the input.
    """
    from mcsim.engine.pairing import LIMITS, check_saltelli

    # Of fewer rows nothing is promised: the scrambles of a very small design are too short for it.
    if plan.replicates and plan.leaf < 1 << min(LIMITS):
        return
    most = max(1, _CHECKED_NUMBERS // (plan.leaf * len(plan.columns)))
    leaves = range(min(most, plan.base // plan.leaf))
    points = [_unit(plan, leaf, np.arange(plan.leaf)) for leaf in leaves]
    a, b = (np.concatenate(both) for both in zip(*points, strict=True))
    check_saltelli(a, b, plan.columns, uniform=True)


def inner_seed(seed: int) -> int:
    """Return the seed of the second set of vehicle lives of a debiased analysis."""
    from mcsim.kernels.streams import stream_key, stream_of

    return int(stream_key(np.uint64(seed), np.uint64(stream_of("sensitivity/twin"))))


def _unit(plan: Plan, leaf: int, rows: IntArray) -> tuple[FloatArray, FloatArray]:
    from mcsim.engine.design import saltelli_points

    if not plan.replicates:
        start = leaf * plan.leaf + int(rows[0])
        return saltelli_points(plan.columns, plan.base, plan.seed, start, start + len(rows))
    # Leaves take turns among the scrambles, so that a longer run adds rows to each.
    replicate, turn = leaf % plan.replicates, leaf // plan.replicates
    start = turn * plan.leaf + int(rows[0])
    size = plan.base // plan.replicates
    return saltelli_points(plan.columns, size, plan.seed, start, start + len(rows), replicate=replicate + 1)


def _weights(plan: Plan, leaf: int, numbers: IntArray) -> FloatArray:
    ones = np.ones((1, len(numbers)))
    if not plan.replicates:
        return padded(np.concatenate([ones, poisson_counts(plan.seed, numbers, plan.resamples)]))
    turns = np.zeros((plan.replicates, len(numbers)))
    turns[leaf % plan.replicates] = 1.0
    return padded(np.concatenate([ones, turns]))


def _rows(plan: Plan, values: FloatArray, reference: FloatArray, bad: BoolArray) -> Rows:
    shaped = values.reshape(-1, len(bad), plan.n_values)
    shaped -= reference
    shaped[:, bad] = 0.0
    n = len(plan.factors)
    return Rows(shaped[0], shaped[1], shaped[2 : 2 + n], shaped[2 + n :] if plan.second else None)
