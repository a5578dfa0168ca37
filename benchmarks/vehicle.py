"""Throughput of the second-hand vehicle: full evaluations.

Run as ``python benchmarks/vehicle.py``: prints one row per claim. Times are the best of several repeats.
"""

import time

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


def rows():
    """Return one row per claim: what, value, and the target where there is one."""
    return [
        evaluations("second-hand-ev"),
        evaluations("second-hand-ev-field"),
    ]


def main():
    for row in rows():
        target = f"  (target {row['target']:g})" if "target" in row else ""
        print(f"{row['what']}: {row['value']:.4g}{target}")


if __name__ == "__main__":
    main()
