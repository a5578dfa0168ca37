"""A Saltelli design through a model, reduced to sums as it goes: nothing of it is stored.

Base rows are cut into leaves of a fixed size; the sums of a leaf are added up row by row, and leaves are merged in
pairs like the nodes of a binary tree. So every sum has the same bits whatever the chunks, threads or shards, and the
sums over the first half, quarter, ... of the rows, from which convergence is read, come for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from mcsim.engine.asked import checked
from mcsim.kernels.statistics.sobol import poisson_counts
from mcsim.ranking.indices import Rows, Sums, add_rows, padded
from mcsim.ranking.plan import BoolArray, Plan, Progress, evaluate_mixed, reference_values
from mcsim.study import FloatArray, InputError, IntArray

_BLOCK_BYTES = 64e6

_LARGE_SUMS = 128e6


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


@dataclass(slots=True, eq=False)
class Tree:
    """Sums of leaves merged in aligned pairs, in an order that no division of the work changes."""

    nodes: dict[tuple[int, int], Sums] = field(default_factory=dict)
    spare: list[Sums] = field(default_factory=list)

    def add(self, level: int, index: int, sums: Sums) -> None:
        """Put a node in its place and merge it with its neighbour, if there; the node becomes the tree's own."""
        while (level, index ^ 1) in self.nodes:
            neighbour = self.nodes.pop((level, index ^ 1))
            # A sum of two has the same bits either way round.
            neighbour.add(sums)
            self.spare.append(sums)
            sums, level, index = neighbour, level + 1, index >> 1
        self.nodes[level, index] = sums

    def empty(self, plan: Plan) -> Sums:
        """Return empty sums for a leaf, in memory that a merge has left over where there is some."""
        if not self.spare:
            return Sums.zeros(plan.n_weights, len(plan.factors), plan.n_values, plan.second)
        sums = self.spare.pop()
        sums.clear()
        return sums

    def whole(self) -> Sums:
        """Return the sums of all rows, left to right; the tree is used up."""
        nodes = [self.nodes[key] for key in sorted(self.nodes, key=lambda key: key[1] << key[0])]
        for node in nodes[1:]:
            nodes[0].add(node)
        return nodes[0]

    def prefix(self) -> tuple[int, Sums] | None:
        """Return the number of leaves and the sums where exactly the first 2**k leaves are complete."""
        if len(self.nodes) != 1:
            return None
        ((level, index), sums) = next(iter(self.nodes.items()))
        return (1 << level, sums) if index == 0 else None


def reduce_rows(
    plan: Plan,
    tree: Tree,
    leaves: Iterable[int],
    progress: Progress | None = None,
    after: Callable[[int], None] | None = None,
) -> list[int]:
    """Evaluate leaves and put their sums into the tree, in place; return the base rows that failed.

    Parameters
    ----------
    plan : Plan
        From `planned`.
    tree : Tree
        Where the sums go.
    leaves : iterable of int
        Numbers of the leaves, ascending.
    progress : callable, optional
        Told the base rows done and wanted.
    after : callable, optional
        Called with the number of the leaf after each.
    """
    reference = reference_values(plan)
    dropped: list[int] = []
    block = block_rows(plan)
    for leaf in leaves:
        sums = tree.empty(plan)
        for start in range(0, plan.leaf, block):
            rows = np.arange(start, min(start + block, plan.leaf))
            dropped += _reduce_block(plan, sums, leaf, rows, reference)
            if progress is not None:
                progress(leaf * plan.leaf + int(rows[-1]) + 1, plan.base)
        tree.add(0, leaf, sums)
        if after is not None:
            after(leaf)
    return dropped


def block_rows(plan: Plan) -> int:
    """Return how many base rows are evaluated at once: a power of two that keeps their outputs within 64 MB."""
    per_row = plan.evaluations * plan.n_values * 8
    return max(4, 1 << int(max(4.0, min(_BLOCK_BYTES / per_row, 4096.0))).bit_length() - 1)


def _reduce_block(plan: Plan, sums: Sums, leaf: int, rows: IntArray, reference: FloatArray) -> list[int]:
    numbers = leaf * plan.leaf + rows
    unit_a, unit_b = _points(plan, leaf, rows)
    values, failed = evaluate_mixed(plan, unit_a, unit_b, numbers, plan.seed)
    twin_values = values
    if plan.debias:
        twin_values, twin_failed = evaluate_mixed(plan, unit_a, unit_b, numbers, inner_seed(plan.seed))
        failed |= twin_failed
    bad = np.asarray(failed.any(axis=0))
    weights = _weights(plan, leaf, numbers)
    weights[:, bad] = 0.0
    shaped = _rows(plan, values, reference, bad)
    twin = _rows(plan, twin_values, reference, bad) if plan.debias else None
    add_rows(sums, weights, shaped, twin, plan.jobs)
    return numbers[bad].tolist()  # type: ignore[no-any-return]


def inner_seed(seed: int) -> int:
    """Return the seed of the second set of vehicle lives of a debiased analysis."""
    from mcsim.kernels.streams import stream_key, stream_of

    return int(stream_key(np.uint64(seed), np.uint64(stream_of("sensitivity/twin"))))


def _points(plan: Plan, leaf: int, rows: IntArray) -> tuple[FloatArray, FloatArray]:
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


def _rows(plan: Plan, shaped: FloatArray, reference: FloatArray, bad: BoolArray) -> Rows:
    shaped -= reference
    shaped[:, bad] = 0.0
    n = len(plan.factors)
    return Rows(shaped[0], shaped[1], shaped[2 : 2 + n], shaped[2 + n :] if plan.second else None)
