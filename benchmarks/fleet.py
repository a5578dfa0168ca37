"""Throughput of the fleet: a full draw, what a ranking and a calibration read of it, and its plain-Python twin.

    python benchmarks/fleet.py

The twin in the tests states the same accounting in loops. Times are CPU seconds of one thread, the best of several
rounds, so that other work on the machine disturbs the ratio little. The stock models of others: `benchmarks/peers.py`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

import mcsim
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, evaluate_values, model_inputs, transform
from mcsim.engine.sets import Sets
from mcsim.engine.staged import evaluate_sets
from mcsim.kernels.cohorts.records import SECOND_HAND
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet.model import NAMES, read, records, rules
from mcsim.study import Context


def best(function: Callable[[], object], rounds: int = 5) -> float:
    """Return the least CPU seconds of one call."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def rows() -> list[dict[str, object]]:
    """Return one row per measurement: claim, value, unit, target, and whether it is met."""
    study, n = mcsim.load("fleet"), 256
    columns = design_columns(study)
    inputs = model_inputs(study, transform(study, make_design("random", columns, n, 1).points(0, n), columns), n)
    context = Context(study.options, 1, np.arange(n))
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    import naive_fleet

    corridor = Corridor("us", "mx")
    parts = read(corridor.neutral(study.tables, NAMES), corridor)
    drawn = corridor.neutral({name: values[:1] for name, values in inputs.items()}, NAMES)
    fleet, shared = records(parts, drawn, study.options)
    options, capacity = rules(study.options), fleet.contents.capacity[0, SECOND_HAND]
    twin = best(lambda: naive_fleet.supply(fleet.vehicles, fleet.laws, fleet.trade, shared, options, capacity, 0), 2)
    study.model.evaluate(inputs, context)
    per_draw = best(lambda: study.model.evaluate(inputs, context), 15) / n
    other, by_states = (per_evaluation(mcsim.load(name), n) for name in ("fleet-jp-nz", "fleet-states"))
    unrepaired = per_evaluation(study.set(mx_repair_probability=0.0), n)
    whole, shared = ranking_points(study)
    ranked = replace(context, wanted=frozenset(output.name for output in study.outputs if output.rank))
    per_ranked = best(lambda: study.model.evaluate(inputs, ranked)) / n
    vehicles = replace(context, wanted=frozenset({"stock", "second_hand_share", "mean_fleet_age"}))
    per_vehicles = best(lambda: study.model.evaluate(inputs, vehicles)) / n

    return [
        row("fleet: full draws per second and core", 1 / per_draw, "1/s", 5000),
        row("fleet: the same without repairs in the host country", 1 / unrepaired, "1/s", 5000),
        row("fleet-jp-nz: full draws per second and core", 1 / other, "1/s", None),
        row("fleet-jp-nz: time of a draw over fleet's", other / per_draw, "x", None, digits=2),
        row(
            "fleet-states: time of a draw (its own outputs) over fleet's (all)",
            by_states / per_draw,
            "x",
            None,
            digits=2,
        ),
        row("fleet: points of its ranking per second and core, each evaluated whole", 1 / whole, "1/s", None),
        row("fleet: points of its ranking per second and core, steps shared", 1 / shared, "1/s", None),
        row("fleet: steps shared against each point whole, same bits", whole / shared, "x", None, digits=2),
        row("fleet: the outputs of its ranking, per second and core", 1 / per_ranked, "1/s", None),
        row("fleet: the outputs that it is calibrated on, per second and core", 1 / per_vehicles, "1/s", None),
        row("fleet: against its plain-Python twin (stock and second-hand packs)", twin / per_draw, "x", None),
    ]


def per_evaluation(study: mcsim.Study, n: int) -> float:
    """Return the CPU seconds of one evaluation of a study with all its outputs."""
    columns = design_columns(study)
    inputs = model_inputs(study, transform(study, make_design("random", columns, n, 1).points(0, n), columns), n)
    context = Context(study.options, 1, np.arange(n))
    study.model.evaluate(inputs, context)
    return best(lambda: study.model.evaluate(inputs, context), 15) / n


def ranking_points(study: mcsim.Study, base: int = 16) -> tuple[float, float]:
    """Return the CPU seconds of one point of the study's Sobol' design, evaluated whole and with shared steps.

    The points are the base rows, and the base rows with one factor at a time from elsewhere; ranked outputs only.
    """
    columns = design_columns(study)
    points = make_design("random", columns, 2 * base, 1).points(0, 2 * base)
    here, there = (transform(study, np.ascontiguousarray(part), columns) for part in (points[:base], points[base:]))
    values = [here, *({**here, **{name: there[name] for name in members}} for members in study.groups.values())]
    wanted, numbers = frozenset(output.name for output in study.outputs if output.rank), np.arange(base)
    sets, every = Sets(study, values), slice(0, base)
    flat, draws = sets.flat(every), np.tile(numbers, len(values))

    def whole() -> Mapping[str, np.ndarray]:
        return evaluate_values(study, flat, draws, 1, 1, wanted).outputs

    def shared() -> Mapping[str, np.ndarray]:
        return evaluate_sets(study, sets, every, numbers, 1, 1, wanted).outputs

    first, second = whole(), shared()
    for name in wanted:
        np.testing.assert_array_equal(first[name], second[name])
    return best(whole) / len(draws), best(shared) / len(draws)


def row(claim: str, value: float, unit: str, target: float | None, digits: int = 0) -> dict[str, object]:
    """Return one measurement; `digits` behind the point are printed."""
    return {
        "digits": digits,
        "claim": claim,
        "value": float(value),
        "unit": unit,
        "target": target,
        "met": None if target is None else bool(value >= target),
    }


def main() -> None:
    """Print the table."""
    for found in rows():
        target = (
            "" if found["target"] is None else f"  (target {found['target']:g}, {'met' if found['met'] else 'NOT met'})"
        )
        print(f"{found['claim']:<72} {found['value']:>12,.{found['digits']}f} {found['unit']}{target}")


if __name__ == "__main__":
    main()
