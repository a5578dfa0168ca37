"""Throughput of the second-hand vehicle: full evaluations, what a ranking reads of them, and one scenario beside NumPy.

Run as ``python benchmarks/vehicle.py``: prints one row per claim. Processor time, the best of several repeats. The
model is called as a run calls it: as many draws at a time, and what is freed is kept for what comes next.
"""

import time
from dataclasses import replace

import numpy as np
from numpy_twin import after_export, routes

from mcsim.engine.design import make_design, saltelli_points
from mcsim.engine.evaluation import model_inputs
from mcsim.engine.points import design_columns, transform
from mcsim.engine.sets import Sets
from mcsim.engine.staged import evaluate_sets
from mcsim.engine.work import call_rows
from mcsim.kernels.life.expectation import expected_activity, room_for
from mcsim.kernels.life.records import DISTANCE
from mcsim.store.heap import keep_freed
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev.lived import bodies, lives_of
from mcsim.studies.second_hand_ev.plan import prepare
from mcsim.studies.second_hand_ev.vehicle import INPUT_NAMES, OPTION_NAMES
from mcsim.study import Context
from mcsim.study.load import load

DRAWS = 1024  # in each round
REPEATS = 5


def drawn(study, n, seed=0):
    """Return inputs of n draws, as a run hands them to the model."""
    columns = design_columns(study)
    return model_inputs(study, transform(study, make_design("random", columns, n, seed).points(0, n), columns), n)


def best(function):
    function()
    times = []
    for _ in range(REPEATS):
        start = time.thread_time()
        function()
        times.append(time.thread_time() - start)
    return min(times)


def per_draw(study, inputs, wanted):
    """Return the seconds of a draw of a model, called as often as some draws of a run take."""
    count = len(next(iter(inputs.values())))
    context = Context(dict(study.options), 1, np.arange(count), 0, wanted)
    calls = range(max(1, DRAWS // count))

    def called():
        for _ in calls:
            study.model.evaluate(inputs, context)

    return best(called) / (len(calls) * count)


def evaluations(name, target):
    """Time what a run computes, and that with the outputs on request."""
    study = load(name)
    inputs, found = drawn(study, call_rows(study)), []
    asked = frozenset(output.name for output in study.outputs if not output.on_request)
    for wanted, what in ((asked, "full evaluations"), (None, "evaluations with places")):
        found.append({"what": f"{name}: {what} per second per core", "value": 1.0 / per_draw(study, inputs, wanted)})
    found[0]["target"] = target
    return found


def scenario(name="second-hand-ev", draws=512):
    """Time one vehicle's expectation at home and at all export ages beside its plain-NumPy twin; both must agree."""
    study = load(name)
    corridor = Corridor("us", "mx")
    plan, inputs = prepare(study.tables, corridor), corridor.neutral(drawn(study, draws), INPUT_NAMES)
    options = corridor.neutral(study.options, OPTION_NAMES)
    lives = lives_of(plan, bodies(plan, inputs), inputs, options)
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
        {"what": "exact expectation, us per draw and scenario per core", "value": per_draw, "target": 1.2},
        {"what": "exact expectation: times the NumPy twin's speed", "value": best(twin) / kernel, "target": 2.0},
    ]


def ranked(name):
    """Return the evaluations of a Sobol' analysis, which reads the changes only."""
    study = load(name)
    seconds = per_draw(study, drawn(study, call_rows(study)), frozenset(("impact_change",)))
    return {"what": f"{name}: evaluations of impact_change per second per core", "value": 1.0 / seconds}


def staged(name, base=64):
    """Time the points of a Saltelli design by stages, beside every stage at every point; both must agree to the bit."""
    study, wanted = load(name), frozenset(("impact_change",))
    columns = design_columns(study)
    a, b = saltelli_points(columns, base, 1, 0, base)
    first, second = (transform(study, np.ascontiguousarray(unit), columns) for unit in (a, b))
    points = [first, second, *({**first, **{m: second[m] for m in members}} for members in study.groups.values())]
    evaluate, numbers, whole = study.model.evaluate, np.arange(base), slice(0, base)
    plain = replace(study, model=replace(study.model, evaluate=lambda inputs, context: evaluate(inputs, context)))
    calls = [
        lambda one=one: evaluate_sets(one, Sets(one, points), whole, numbers, 1, 0, wanted).outputs["impact_change"]
        for one in (study, plain)
    ]
    if not np.array_equal(calls[0](), calls[1](), equal_nan=True):
        raise ValueError(f"staged: {name}: stages and whole evaluations differ; one of them is wrong")
    by_stage, without = map(best, calls)
    n = base * len(points)
    return [
        {"what": f"{name}: points of a Saltelli design per second per core, by stages", "value": n / by_stage},
        {"what": f"{name}: the same without stages", "value": n / without},
    ]


def rows():
    """Return one row per claim: what, value, and the target where there is one."""
    keep_freed()
    return [
        *evaluations("second-hand-ev", 9000.0),
        *evaluations("second-hand-ev-field", 6000.0),
        evaluations("trade", 1500.0)[0],
        ranked("second-hand-ev"),
        ranked("second-hand-ev-field"),
        *staged("second-hand-ev"),
        *staged("second-hand-ev-field"),
        *scenario(),
    ]


def main():
    for row in rows():
        target = f"  (target {row['target']:g})" if "target" in row else ""
        print(f"{row['what']}: {row['value']:.4g}{target}")


if __name__ == "__main__":
    main()
