"""A Saltelli design through a model, reduced to sums as it goes: nothing of it is stored.

Base rows are cut into leaves of a fixed size; the sums of a leaf are added up row by row, and leaves are merged in
pairs like the nodes of a binary tree. So every sum has the same bits whatever the chunks, threads or shards, and the
sums over the first half, quarter, ... of the rows, from which convergence is read, come for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mcsim.indices import Rows, Sums, add_rows, padded
from mcsim.kernels.sobol import poisson_counts
from mcsim.study import FloatArray, InputError, IntArray, Output, Study

_BLOCK_BYTES = 64e6
_CHUNK_VALUES = 4e6
_LARGE_SUMS = 128e6
BoolArray = NDArray[np.bool_]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a Sobol' analysis evaluates and how its resamples are made.

    Parameters
    ----------
    study : Study
        What is ranked.
    factors : dict
        Factor -> members.
    outputs : tuple of Output
        Ranked outputs.
    base, seed : int
        Base rows, a power of two, and the seed.
    versus : Study, optional
        Rank the difference of the outputs to this study's, on the same points.
    second : bool
        Sample the second order too.
    resamples, replicates : int
        Bootstrap resamples, or independent scrambles (then no bootstrap); one of them is 0.
    lives : int
        Vehicle lives per evaluation, for models that sample.
    debias : bool
        Evaluate everything under two inner seeds.
    jobs : int
        Threads.
    leaf : int
        Base rows per leaf.
    """

    study: Study
    factors: dict[str, tuple[str, ...]]
    outputs: tuple[Output, ...]
    base: int
    seed: int
    versus: Study | None = None
    second: bool = False
    resamples: int = 100
    replicates: int = 0
    lives: int = 0
    debias: bool = False
    jobs: int = 1
    leaf: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the design: the uncertain inputs of the study, then those that only the other study has."""
        return tuple(_places(self.study, self.versus))

    @property
    def places(self) -> list[list[int]]:
        """Columns of each factor."""
        place = _places(self.study, self.versus)
        return [[place[name] for name in members] for members in self.factors.values()]

    @property
    def n_values(self) -> int:
        """Distinct elements of all ranked outputs together."""
        return sum(output.n_packed for output in self.outputs)

    @property
    def n_weights(self) -> int:
        """Resamples, the unweighted one included."""
        return 1 + self.resamples + self.replicates

    @property
    def evaluations(self) -> int:
        """Model evaluations of one base row."""
        points = 2 + len(self.factors) * (2 if self.second else 1)
        return points * (2 if self.debias else 1) * (2 if self.versus is not None else 1)


@lru_cache(maxsize=16)
def _places(study: Study, versus: Study | None) -> dict[str, int]:
    """Return the columns of a design by name; a study with a thousand table cells asks all of them, hence once."""
    names = [item.name for item in study.uncertain]
    if versus is not None:
        known = set(names)
        names += [item.name for item in versus.uncertain if item.name not in known]
    return {name: place for place, name in enumerate(names)}


def check_base(base: int) -> None:
    """Refuse a number of base rows that would break the balance of a Sobol' sequence.

    Raises
    ------
    InputError
        With the two nearest powers of two.
    """
    if isinstance(base, bool) or not isinstance(base, int) or base < 4 or base & (base - 1):
        low = max(4, 1 << max(0, int(base).bit_length() - 1))
        raise InputError(
            f"base: not a power of two (got {base}); {low} or {2 * low}, since a Sobol' sequence is balanced only there"
        )


def planned(plan: Plan) -> Plan:
    """Return the plan with the size of its leaves, a function of the study and the base rows alone."""
    check_base(plan.base)
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
    groups = plan.places
    points = [unit_a, unit_b, *(_swapped(unit_a, unit_b, group) for group in groups)]
    if plan.second:
        points += [_swapped(unit_b, unit_a, group) for group in groups]
    values, failed = evaluate_outputs(plan, np.concatenate(points), np.tile(numbers, len(points)), plan.seed)
    twin_values = values
    if plan.debias:
        twin_values, twin_failed = evaluate_outputs(
            plan, np.concatenate(points), np.tile(numbers, len(points)), inner_seed(plan.seed)
        )
        failed |= twin_failed
    bad = np.asarray(failed.reshape(len(points), -1).any(axis=0))
    weights = _weights(plan, leaf, numbers)
    weights[:, bad] = 0.0
    shaped = _rows(plan, values, reference, bad, len(points))
    twin = _rows(plan, twin_values, reference, bad, len(points)) if plan.debias else None
    add_rows(sums, weights, shaped, twin, plan.jobs)
    return numbers[bad].tolist()  # type: ignore[no-any-return]


def inner_seed(seed: int) -> int:
    """Return the seed of the second set of vehicle lives of a debiased analysis."""
    from mcsim.kernels.streams import stream_key, stream_of

    return int(stream_key(np.uint64(seed), np.uint64(stream_of("sensitivity/twin"))))


def _points(plan: Plan, leaf: int, rows: IntArray) -> tuple[FloatArray, FloatArray]:
    from mcsim.design import saltelli_points

    if not plan.replicates:
        start = leaf * plan.leaf + int(rows[0])
        return saltelli_points(plan.columns, plan.base, plan.seed, start, start + len(rows))
    # Leaves take turns among the scrambles, so that a longer run adds rows to each.
    replicate, turn = leaf % plan.replicates, leaf // plan.replicates
    start = turn * plan.leaf + int(rows[0])
    size = plan.base // plan.replicates
    return saltelli_points(plan.columns, size, plan.seed, start, start + len(rows), replicate=replicate + 1)


def _swapped(unit: FloatArray, other: FloatArray, columns: list[int]) -> FloatArray:
    mixed = unit.copy()
    mixed[:, columns] = other[:, columns]
    return mixed


def _weights(plan: Plan, leaf: int, numbers: IntArray) -> FloatArray:
    ones = np.ones((1, len(numbers)))
    if not plan.replicates:
        return padded(np.concatenate([ones, poisson_counts(plan.seed, numbers, plan.resamples)]))
    turns = np.zeros((plan.replicates, len(numbers)))
    turns[leaf % plan.replicates] = 1.0
    return padded(np.concatenate([ones, turns]))


def _rows(plan: Plan, values: FloatArray, reference: FloatArray, bad: BoolArray, n_points: int) -> Rows:
    shaped = values.reshape(n_points, -1, plan.n_values)
    shaped -= reference
    shaped[:, bad] = 0.0
    n = len(plan.factors)
    return Rows(shaped[0], shaped[1], shaped[2 : 2 + n], shaped[2 + n :] if plan.second else None)


def reference_values(plan: Plan) -> FloatArray:
    """Return the outputs at the centre of all inputs, shape (n_values,): sums are of differences to them.

    Squares of numbers far from zero would cancel; where the centre fails, nothing is subtracted.
    """
    centre = np.full((1, len(plan.columns)), 0.5)
    values, failed = evaluate_outputs(plan, centre, np.zeros(1, np.int64), plan.seed)
    return np.zeros(plan.n_values) if failed[0] else values[0].copy()


def evaluate_outputs(plan: Plan, unit: FloatArray, numbers: IntArray, seed: int) -> tuple[FloatArray, BoolArray]:
    """Return the ranked outputs side by side (n, n_values), and which rows failed (n,)."""
    values, failed = _evaluated(plan, plan.study, unit, numbers, seed)
    if plan.versus is not None:
        others, failed_too = _evaluated(plan, plan.versus, unit, numbers, seed)
        values -= others
        failed |= failed_too
    return values, failed


def _evaluated(
    plan: Plan, study: Study, unit: FloatArray, numbers: IntArray, seed: int
) -> tuple[FloatArray, BoolArray]:
    place = _places(plan.study, plan.versus)
    own = [place[name] for name in _places(study, None)]
    values = np.empty((len(unit), plan.n_values))
    failed = np.zeros(len(unit), bool)
    total = sum(output.n_packed for output in study.outputs)
    chunk = int(min(max(_CHUNK_VALUES / total, 16.0), 1024.0))

    def fill(start: int) -> None:
        from mcsim.evaluation import evaluate_points

        part = slice(start, start + chunk)
        found = evaluate_points(study, np.ascontiguousarray(unit[part][:, own]), numbers[part], seed, plan.lives)
        failed[part] = ~found.complete
        left = 0
        for output in plan.outputs:
            right = left + output.n_packed
            values[part, left:right] = found.outputs[output.name].reshape(-1, right - left)
            left = right

    starts = range(0, len(unit), chunk)
    if plan.jobs == 1 or len(starts) == 1:
        for start in starts:
            fill(start)
    else:
        from joblib import Parallel, delayed

        Parallel(n_jobs=plan.jobs, backend="threading")(delayed(fill)(start) for start in starts)
    return values, failed


def split(plan: Plan, measures: Mapping[str, FloatArray]) -> dict[str, dict[str, FloatArray]]:
    """Return the measures (n, n_values) output by output, each (n, *packed_shape)."""
    parts: dict[str, dict[str, FloatArray]] = {}
    left = 0
    for output in plan.outputs:
        right = left + output.n_packed
        parts[output.name] = {
            name: values[:, left:right].reshape(len(values), *output.packed_shape) for name, values in measures.items()
        }
        left = right
    return parts


def failed_lines(plan: Plan, n_failed: int, measure: FloatArray) -> tuple[str, ...]:
    """Return what the reader has to know: rows that failed, and outputs whose measure (n_factors, n_values) is NaN."""
    lines = []
    if n_failed:
        lines.append(
            f"{n_failed} of {plan.base} base rows failed and were left out with all their evaluations; "
            f"the indices rest on {plan.base - n_failed}"
        )
    left = 0
    for output in plan.outputs:
        constant = int(np.isnan(measure[0, left : left + output.n_packed]).sum())
        left += output.n_packed
        if constant:
            which = "does" if output.n_packed == 1 else f"{constant} of its {output.n_packed} elements do"
            lines.append(f"{output.name}: {which} not vary, so the indices are undefined there")
    return tuple(lines)
