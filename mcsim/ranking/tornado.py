"""The one-at-a-time tornado: the reader's familiar picture, and a limited one.

One factor at a time stands at its 5th and 95th percentile, the others at their medians: no interaction is seen, and of
a curved response only two points. A group's members are moved together. An uncertain option is moved through its words
in their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcsim.engine.reduce import Portion, Reduced
from mcsim.ranking.gathered import Gathered
from mcsim.ranking.leaves import LeafRows
from mcsim.ranking.method import Designed, Judgement, Mark, Telling
from mcsim.ranking.plan import Plan, evaluated, failed_lines, split, values_at
from mcsim.ranking.ranking import Ranking
from mcsim.study import FloatArray, InputError, Study

LOW, HIGH = 0.05, 0.95
N_LEAVES = 16


@dataclass(frozen=True, slots=True, eq=False)
class TornadoRows(LeafRows):
    """The centre, then each factor at its low end, then each at its high end.

    Parameters
    ----------
    plan : Plan
        From `planned`: its base is the number of points.
    """

    unit: ClassVar[str] = "points"

    plan: Plan

    def compute(self, start: int, stop: int) -> Portion:
        """Return the outputs at some of the points."""
        plan, parts, failed = self.plan, [], list[int]()
        for first in range(start, stop, plan.leaf):
            numbers = np.arange(first, min(first + plan.leaf, stop))
            unit = self._unit()[numbers]
            # All points are the one draw 0: what a model samples must not differ among them.
            draws = np.zeros(len(numbers), np.int64)

            def points(study: Study, unit: FloatArray = unit) -> list[Any]:
                return [values_at(plan, study, unit)]

            values, bad = evaluated(plan, points, draws, plan.seed)
            parts.append(values)
            failed += numbers[bad].tolist()
        return Portion(start, stop, np.array(failed, np.int64), {"values": np.concatenate(parts)})

    def _unit(self) -> FloatArray:
        n = len(self.plan.factors)
        unit = np.full((1 + 2 * n, len(self.plan.columns)), 0.5)
        for factor, places in enumerate(self.plan.places):
            unit[1 + factor, places] = LOW
            unit[1 + n + factor, places] = HIGH
        return unit


def check_nothing(study: Study, factors: Mapping[str, tuple[str, ...]]) -> None:
    """Take any factors: what depends on one another may be moved one at a time."""


def planned(plan: Plan) -> Plan:
    """Return the plan with its points in the place of base rows, and the size of its leaves."""
    points = 1 + 2 * len(plan.factors)
    return replace(plan, base=points, leaf=-(-points // N_LEAVES))


def passes(plan: Plan, judgement: Judgement) -> list[Reduced]:
    """Return the one collector that a ranking needs."""
    return [Reduced(TornadoRows(plan), Gathered())]


def read(judgement: Judgement, collector: Reduced) -> FloatArray:
    """Return the outputs at all points.

    Raises
    ------
    InputError
        Where the model failed at one of them.
    """
    plan = collector.work.plan
    if collector.failed:
        where = min(collector.failed)
        which = "the centre" if where == 0 else list(plan.factors)[(where - 1) % len(plan.factors)]
        raise InputError(f"{plan.study.name}: tornado: the model failed at {which}; check its range, or another method")
    return np.asarray(collector.state.whole("values"))


def ranking(plan: Plan, judgement: Judgement, found: list[Any]) -> Ranking:
    """Return the ranking that the points make."""
    (values,) = found
    n = len(plan.factors)
    centre, low, high = values[0], values[1 : 1 + n], values[1 + n :]
    measures = {"at_low": low, "at_high": high, "swing": high - low, "centre": np.broadcast_to(centre, low.shape)}
    return Ranking(
        study=plan.study.name,
        method="tornado",
        factors=tuple(plan.factors),
        outputs=plan.outputs,
        scores=split(plan, measures),
        n=len(values),
        order_by="swing",
        warnings=failed_lines(plan, 0, low),
        settings={"low": LOW, "high": HIGH, "seed": plan.seed},
    )


_TELLING = Telling(
    (Mark("swing", "swing", "swing"),),
    "By how much the output moves as one input goes from its 5th to its 95th percentile and all others stay at their "
    "medians: no interaction is seen, and two points of a curve.",
    "Change of the output from the 5th to the 95th percentile of an input, the others at their medians",
    "change of the output",
    of_variance=False,
    in_unit=True,
    signed=True,
)
TORNADO = Designed(
    "tornado",
    "2 D + 1",
    "the familiar picture; sees no interaction and two points of a curve",
    check_nothing,
    planned,
    passes,
    read,
    ranking,
    telling=_TELLING,
)
