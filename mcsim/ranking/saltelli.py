"""A Saltelli design through a model, reduced to sums as it goes: nothing of it is stored.

Base rows are cut into grains of a fixed size; the sums of a grain are added up row by row, and grains are merged in
pairs like the nodes of a binary tree, see `mcsim.ranking.summed`. So every sum has the same bits whatever the chunks,
workers, shards or kills.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

import numpy as np

from mcsim.engine.asked import checked
from mcsim.engine.reduce import Portion
from mcsim.engine.sets import Moved, Values
from mcsim.ranking.indices import Rows, Sums, add_rows, padded
from mcsim.ranking.leaves import LeafRows
from mcsim.ranking.plan import BoolArray, Plan, evaluated, gaps_of, values_at
from mcsim.ranking.summed import Spare
from mcsim.ranking.tails import Extremes
from mcsim.study import FloatArray, InputError, IntArray, Study

_BLOCK_BYTES = 16e6  # of outputs: what stages make on the way to them is ten times as much, of each worker
_LARGE_SUMS = 128e6
_MOST_IN_MEMORY = 256e6  # of sums of all scrambles
GRAIN = 64  # base rows; fewer cost more in calls of the model than a finer division of the work gains
_CHECKED_NUMBERS = 2**20
_LEAF_EVALUATIONS = 2**15  # of a leaf without resamples, at least


def planned(plan: Plan) -> Plan:
    """Return the plan with the sizes of its leaves and grains, functions of the study and the base rows alone."""
    checked("base", plan.base)
    if plan.replicates:
        if plan.replicates < 2 or plan.replicates & (plan.replicates - 1) or plan.base < 4 * plan.replicates:
            raise InputError(
                f"replicates: not a power of two within a quarter of the base (got {plan.replicates} of {plan.base}); "
                "16 is usual"
            )
        leaf = plan.base // plan.replicates
        sums = Sums.zeros(1, len(plan.factors), 1, plan.second).n_bytes * plan.n_values
        spooled = sums * plan.replicates > _MOST_IN_MEMORY
        return replace(plan, leaf=leaf, grain=leaf if spooled else min(leaf, GRAIN), spooled=spooled)
    if not plan.resamples:
        # Sums of all rows alone: a leaf of few evaluations costs more in calls than in what it adds up.
        most = 1 << max(0, int(_LEAF_EVALUATIONS / plan.evaluations).bit_length() - 1)
        return replace(plan, leaf=max(1, min(plan.base, max(plan.base // 16, most))))
    empty = Sums.zeros(plan.n_weights, 1, 1, False).n_bytes
    # Pending nodes of the tree are as large as the sums themselves: fewer leaves where that matters.
    n_leaves = 4 if empty * len(plan.factors) * plan.n_values > _LARGE_SUMS else 16
    return replace(plan, leaf=max(1, plan.base // n_leaves))


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
        """Return the sums of the grains from a base row to another."""
        plan, grains, failed = self.plan, [], list[int]()
        extremes = Extremes.of(np.empty((0, plan.n_values)))
        size, block = plan.grain or plan.leaf, block_rows(plan)
        for grain in range(start // size, stop // size):
            sums = self._empty()
            leaf, low = divmod(grain * size, plan.leaf)
            for first in range(low, low + size, block):
                rows = np.arange(first, min(first + block, low + size))
                numbers = leaf * plan.leaf + rows
                points = partial(_points, plan, *_unit(plan, leaf, rows))
                values, bad_calls = evaluated(plan, points, numbers, plan.seed, given=True)
                gaps = gaps_of(plan, values, bad_calls, len(numbers))
                twin = values
                if plan.debias:
                    twin, more = evaluated(plan, points, numbers, inner_seed(plan.seed), given=True)
                    others = gaps_of(plan, twin, more, len(numbers))
                    bad_calls |= more
                    gaps = others if gaps is None else gaps if others is None else gaps | others
                bad = np.asarray(bad_calls.reshape(-1, len(numbers)).any(axis=0))
                weights = _weights(plan, numbers)
                weights[:, bad] = 0.0
                shaped = _rows(plan, values, self.reference, bad, gaps)
                other = _rows(plan, twin, self.reference, bad, gaps) if plan.debias else None
                add_rows(sums, weights, shaped, other, plan.jobs)
                for good in (shaped.f_a[~bad], shaped.f_b[~bad]):
                    extremes = extremes.merged(Extremes.of(good))
                failed += numbers[bad].tolist()
            grains.append((grain, sums))
        return Portion(start, stop, np.array(failed, np.int64), (grains, extremes))

    def extended(self, rows: int) -> SaltelliRows:
        """Return the design with more base rows; the first ones stay."""
        return replace(self, plan=replace(self.plan, base=rows))

    def _empty(self) -> Sums:
        plan = self.plan
        try:
            sums = self.spare.pop()
        except IndexError:
            n_weights = 1 if plan.replicates else plan.n_weights
            return Sums.zeros(n_weights, len(plan.factors), plan.n_values, plan.second)
        sums.clear()
        return sums


def _points(plan: Plan, unit_a: FloatArray, unit_b: FloatArray, study: Study) -> list[Values]:
    """Return the values at A, at B, at each AB, and for the second order at each BA.

    Only A and B pass through the distributions: each mixed matrix takes its values from both.
    """
    a, b = values_at(plan, study, unit_a), values_at(plan, study, unit_b)
    return [a, b, *_mixed(plan, a, b), *(_mixed(plan, b, a) if plan.second else ())]


def _mixed(plan: Plan, values: dict[str, FloatArray], other: dict[str, FloatArray]) -> Iterator[Values]:
    for members in plan.factors.values():
        yield Moved(values, {name: other[name] for name in members if name in other}, other)


def block_rows(plan: Plan) -> int:
    """Return how many base rows are evaluated at once: a power of two that keeps their outputs within 16 MB."""
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


def _weights(plan: Plan, numbers: IntArray) -> FloatArray:
    ones = np.ones((1, len(numbers)))
    if plan.replicates:  # a grain has rows of one scramble: its sums are all that this scramble needs of them
        return ones
    from mcsim.kernels.statistics.sobol import poisson_counts

    return padded(np.concatenate([ones, poisson_counts(plan.seed, numbers, plan.resamples)]))


def _rows(plan: Plan, values: FloatArray, reference: FloatArray, bad: BoolArray, gaps: BoolArray | None) -> Rows:
    shaped = values.reshape(-1, len(bad), plan.n_values)
    shaped -= reference
    shaped[:, bad] = 0.0
    if gaps is not None:
        gaps = gaps & ~bad[:, None]
        shaped[:, gaps] = 0.0
    n = len(plan.factors)
    return Rows(shaped[0], shaped[1], shaped[2 : 2 + n], shaped[2 + n :] if plan.second else None, gaps)
