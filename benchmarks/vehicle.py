"""Throughput of the second-hand vehicle: full evaluations, what a ranking reads of them, and one scenario beside NumPy.

Run as ``python benchmarks/vehicle.py``: prints one row per claim. Processor time, the best of several repeats.
"""

import time

import numpy as np
from numpy_twin import after_export, routes

from mcsim.kernels.life.expectation import expected_activity, room_for
from mcsim.kernels.life.records import DISTANCE
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev.lived import lives_of
from mcsim.studies.second_hand_ev.plan import prepare
from mcsim.studies.second_hand_ev.vehicle import INPUT_NAMES, OPTION_NAMES
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
    corridor = Corridor("us", "mx")
    plan, inputs = prepare(study.tables, corridor), corridor.neutral(drawn(study, draws), INPUT_NAMES)
    options = corridor.neutral(study.options, OPTION_NAMES)
    lives = lives_of(plan, inputs, options)
    only = np.arange(len(plan.cells.vehicles)) == 0
    cells = lives.cells._replace(sold_home=only & lives.cells.sold_home, sold_host=only & ~only)
    n_ages, filled = lives.n_ages, room_for(lives, plan.cells.count, False)
    laws = [
        tuple(np.ascontiguousarray(column[:, 0]) for column in law)
        for law in (lives.laws.home_covered, lives.laws.host_covered)
    ]
    rates, fade = (lives.use.home_rate[:, 0], lives.use.host_rate), lives.ageing.fade[:, 0]
    ages, host = range(n_ages), lives.survival.host
    destination = lives.survival.destination

    def twin():
        curves = after_export(host, destination.multiplier, ages)
        return routes(lives.survival.home[:, 0], curves, laws, 8, rates, fade, ages)

    # The twin reads the destination's curve between whole ages, the kernel its formula: same ages, same curve.
    survival = lives.survival._replace(destination=destination._replace(kind=1, table=host))
    one = lives._replace(cells=cells, survival=survival)
    kernel = best(lambda: expected_activity(one, False, filled))
    told, other = filled.activity[:, : 1 + n_ages, DISTANCE], twin()[0]
    if np.abs(told / other - 1.0).max() > 1e-10:
        raise ValueError("scenario: kernel and twin differ; one of them is wrong")
    per_draw = kernel / draws / (1 + n_ages) * 1e6
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
