"""Designs in leaves: where rows may be cut, how many a task takes, how they grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mcsim.engine.evaluation import transform
from mcsim.engine.points import design_columns
from mcsim.result.shards import Shard, held, shown
from mcsim.study import InputError

if TYPE_CHECKING:
    from mcsim.engine.asked import Computed
    from mcsim.ranking.plan import Plan


def part_of(plan: Plan, shard: Shard | None) -> tuple[int, int]:
    """Return the rows of a shard of a ranking: whole grains, or leaves where there are none.

    Raises
    ------
    InputError
        Where there are more parts than these.
    """
    rows, leaf = plan.base, plan.grain or plan.leaf
    if shard is None:
        return 0, rows
    first, last, count = held(shard)
    n_leaves = -(-rows // leaf)
    if count > n_leaves:
        raise InputError(
            f"shard: not a part of this ranking (got {shown(shard)}); 1/N to N/N with N at most {n_leaves}, or a run "
            "with --no-sensitivity"
        )
    return min(rows, n_leaves * (first - 1) // count * leaf), min(rows, n_leaves * last // count * leaf)


class LeafRows:
    """What all designs of rankings share as work: rows in leaves of `Plan.leaf`, the last of which may be shorter."""

    __slots__ = ()
    plan: Plan

    @property
    def name(self) -> str:
        """What is ranked."""
        return f"ranking {self.plan.study.name}"

    @property
    def rows(self) -> int:
        """Rows of the design."""
        return self.plan.base

    def part(self, shard: Shard | None) -> tuple[int, int]:
        """Return the rows of a shard: whole leaves.

        Raises
        ------
        InputError
            Where there are more parts than leaves.
        """
        return part_of(self.plan, shard)

    def step(self, rows: int, how: Computed) -> int:
        """Return the rows of a task: a leaf by default, else whole grains."""
        leaf, grain = self.plan.leaf, self.plan.grain or self.plan.leaf
        return leaf if how.chunk is None else max(grain, how.chunk // grain * grain)

    def warm(self) -> None:
        """Load or compile the kernels of the distributions."""
        columns = design_columns(self.plan.study)
        transform(self.plan.study, np.full((1, len(columns)), 0.5), columns)
