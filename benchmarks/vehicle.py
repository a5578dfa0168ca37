"""Throughput of the second-hand vehicle: full evaluations, what a ranking reads of them, and one scenario beside NumPy.

Run as ``python benchmarks/vehicle.py``: prints one row per claim. Processor time, the best of several repeats.
"""

import time

import numpy as np
from numpy_twin import after_export, routes

from mcsim.kernels.life.expectation import expected_activity
from mcsim.kernels.life.sweep import ACTIVITIES, CHANNELS, DISTANCE, EXPORT_AGES
from mcsim.studies.second_hand_ev.lca import impacts
from mcsim.studies.second_hand_ev.vehicle import life_arguments, prepare
from mcsim.study import Context
from mcsim.study.load import load

DRAWS = 1000
REPEATS = 5


def drawn(study, n, seed=0):
    """Return inputs of n draws, as a run hands them to the model."""
    random = np.random.default_rng(seed)
    inputs, tables = {}, {}
    for item in study.inputs:
        values = np.asarray(item.distribution.ppf(random.random(n)))
        if item.table is None:
            inputs[item.name] = values
        else:
            tables.setdefault(item.table[0], {})[item.table[1]] = values
    for name, rows in tables.items():
        inputs[name] = np.ascontiguousarray(np.stack([rows[place] for place in range(len(rows))], axis=1))
    return inputs


def best(function):
    function()
    times = []
    for _ in range(REPEATS):
        start = time.thread_time()
        function()
        times.append(time.thread_time() - start)
    return min(times)


def evaluations(name):
    study = load(name)
    inputs = drawn(study, DRAWS)
    context = Context(dict(study.options), 1, np.arange(DRAWS), 0)
    seconds = best(lambda: study.model.evaluate(inputs, context))
    return {"what": f"{name}: full evaluations per second per core", "value": DRAWS / seconds, "target": 5000.0}


def scenario(name="second-hand-ev", draws=512):
    """Time one vehicle's expectation at home and at all export ages beside its plain-NumPy twin; both must agree."""
    study = load(name)
    plan, inputs = prepare(study.tables), drawn(study, draws)
    given = list(life_arguments(plan, inputs, study.options, impacts(plan.assessment, inputs, study.options)))
    only = np.arange(len(plan.cells.vehicles)) == 0
    given[4], given[5] = only & given[4], only & ~only
    shapes = [(plan.cells.count, ACTIVITIES), (plan.cells.count, CHANNELS), (0, EXPORT_AGES, ACTIVITIES)]
    filled = [np.zeros((draws, *shape)) for shape in (*shapes, (0, EXPORT_AGES, CHANNELS))]
    laws = [tuple(np.ascontiguousarray(given[20][:, 0, place].T)) for place in (0, 2)]
    rates, fade = (given[13][:, 0], given[14]), given[27][:, 0]
    ages = range(EXPORT_AGES)

    def twin():
        curves = after_export(given[7], given[11], ages)
        return routes(given[6][:, 0], curves, laws, 8, rates, fade, ages)

    # The twin reads the destination's curve between whole ages, the kernel its formula: same ages, same curve.
    given[8], given[10] = 1, given[7]
    kernel = best(lambda: expected_activity(*given, False, *filled))
    told, other = filled[0][:, : 1 + EXPORT_AGES, DISTANCE], twin()[0]
    if np.abs(told / other - 1.0).max() > 1e-10:
        raise ValueError("scenario: kernel and twin differ; one of them is wrong")
    per_draw = kernel / draws / (1 + EXPORT_AGES) * 1e6
    return [
        {"what": "exact expectation, us per draw and scenario per core", "value": per_draw, "target": 2.5},
        {"what": "exact expectation: times the NumPy twin's speed", "value": best(twin) / kernel, "target": 2.0},
    ]


def ranked(name):
    """Return the evaluations of a Sobol' analysis, which reads the changes only."""
    study = load(name)
    inputs = drawn(study, DRAWS)
    context = Context(dict(study.options), 1, np.arange(DRAWS), 0, frozenset(("impact_change",)))
    seconds = best(lambda: study.model.evaluate(inputs, context))
    return {"what": f"{name}: evaluations of impact_change per second per core", "value": DRAWS / seconds}


def rows():
    """Return one row per claim: what, value, and the target where there is one."""
    return [
        evaluations("second-hand-ev"),
        evaluations("second-hand-ev-field"),
        ranked("second-hand-ev"),
        ranked("second-hand-ev-field"),
        *scenario(),
    ]


def main():
    for row in rows():
        target = f"  (target {row['target']:g})" if "target" in row else ""
        print(f"{row['what']}: {row['value']:.4g}{target}")


if __name__ == "__main__":
    main()
