"""Throughput of the second-hand vehicle: full evaluations, one scenario, sampled lives, threads and memory.

Run as ``python benchmarks/vehicle.py``: prints one row per claim. Times are the best of several repeats.
"""

import resource
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mcsim.load import load
from mcsim.study import Context

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
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def evaluations(name):
    study = load(name)
    inputs = drawn(study, DRAWS)
    context = Context(dict(study.options), 1, np.arange(DRAWS), 0)
    seconds = best(lambda: study.model.evaluate(inputs, context))
    return {"what": f"{name}: full evaluations per second per core", "value": DRAWS / seconds, "target": 5000.0}


def lives_per_second(n_lives=20_000, draws=10):
    study = load("second-hand-ev").set(evaluation="lives")
    inputs = drawn(study, draws)
    context = Context(dict(study.options), 1, np.arange(draws), n_lives)
    seconds = best(lambda: study.model.evaluate(inputs, context))
    cells = study.output("lifetime_distance").n_packed
    per_life = seconds / (draws * n_lives * cells) * 1e9
    return {"what": "sampled lives: ns per life and scenario per core, all 69 scenarios paired", "value": per_life}


def two_threads(n_lives=20_000, draws=8):
    study = load("second-hand-ev").set(evaluation="lives")
    inputs = drawn(study, draws)

    def run(part):
        context = Context(dict(study.options), 1, part, n_lives)
        study.model.evaluate({name: values[part] for name, values in inputs.items()}, context)

    parts = np.array_split(np.arange(draws), 2)
    one = best(lambda: [run(part) for part in parts])
    with ThreadPoolExecutor(2) as pool:
        two = best(lambda: list(pool.map(run, parts)))
    return {"what": "sampled lives: speed-up from one thread to two", "value": one / two, "target": 1.8}


def memory(few=100_000, many=5_000_000):
    study = load("second-hand-ev").set(evaluation="lives")
    inputs = drawn(study, 1)
    peaks = []
    for n_lives in (few, many):
        study.model.evaluate(inputs, Context(dict(study.options), 1, np.arange(1), n_lives))
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)
    return {
        "what": f"peak memory added from {few:.0e} to {many:.0e} lives, MB",
        "value": peaks[1] - peaks[0],
        "target": 30.0,
    }


def rows():
    """Return one row per claim: what, value, and the target where there is one."""
    return [
        evaluations("second-hand-ev"),
        evaluations("second-hand-ev-field"),
        lives_per_second(),
        two_threads(),
        memory(),
    ]


def main():
    for row in rows():
        target = f"  (target {row['target']:g})" if "target" in row else ""
        print(f"{row['what']}: {row['value']:.4g}{target}")


if __name__ == "__main__":
    main()
