"""Sobol' indices of one output, model included: the g function of 20 inputs, 1,024 base rows, 22,528 evaluations."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np
from peers import Missing, agree, best, need, show, told

import mcsim
from mcsim.distributions import uniform
from mcsim.study import Input, Model, Study

DIMS, BASE, RESAMPLES = 20, 1024, 100
WEIGHT = np.arange(DIMS, dtype=float)
NAMES = [f"x{number}" for number in range(DIMS)]
# Largest error of an index relative to the largest index that may pass: five standard errors of 1,024 random base rows.
WITHIN = 0.5
Indices = tuple[Any, Any]


def g_function(columns: Any) -> Any:
    """Return Sobol's g function of the columns of points (DIMS, n), vectorised."""
    found: Any = 1.0
    for weight, column in zip(WEIGHT, columns, strict=True):
        found = found * ((np.abs(4.0 * column - 2.0) + weight) / (1.0 + weight))
    return found


def known() -> Indices:
    """Return the exact first-order and total indices."""
    parts = 1.0 / 3.0 / (1.0 + WEIGHT) ** 2
    whole = np.prod(1.0 + parts)
    return parts / (whole - 1.0), parts * whole / (1.0 + parts) / (whole - 1.0)


def ours(confidence: str) -> tuple[str, Callable[[], Indices]]:
    """Return our analysis with its intervals, ranks and verdicts; every call has a design of its own."""

    def function(**columns: Any) -> Any:
        return g_function([columns[name] for name in NAMES])

    model = Model.from_function(function, inputs=dict.fromkeys(NAMES, "1"), outputs={"y": "1"})
    study = Study("g", "g", "?", "1", model, tuple(Input(n, "1", n, uniform(0, 1), n) for n in NAMES), {})
    seeds = count(1)

    def call() -> Indices:
        found = mcsim.sensitivity(study, base=BASE, seed=next(seeds), confidence=confidence, outputs=["y"], jobs=1)
        return found.values("y", "S1"), found.values("y", "ST")

    return f"{told('mcsim')}, intervals by {confidence}", call


def openturns(interval: str, through: str) -> tuple[str, Callable[[], Indices]]:
    """Return OpenTURNS' Saltelli estimator; the model as its function of samples, or called by us through NumPy."""
    ot = need("openturns")
    law = ot.JointDistribution([ot.Uniform(0, 1)] * DIMS)
    function = ot.PythonFunction(DIMS, 1, func_sample=lambda points: g_function(np.asarray(points).T)[:, np.newaxis])

    def call() -> Indices:
        points = ot.SobolIndicesExperiment(law, BASE).generate()
        if through == "its function":
            values = function(points)
        else:
            values = ot.Sample.BuildFromPoint(g_function(np.asarray(points).T))
        found = ot.SaltelliSensitivityAlgorithm(points, values, BASE)
        found.setBootstrapSize(RESAMPLES)
        found.setUseAsymptoticDistribution(interval == "asymptotic")
        indices = np.array(found.getFirstOrderIndices()), np.array(found.getTotalOrderIndices())
        if interval != "none":
            found.getFirstOrderIndicesInterval()
            found.getTotalOrderIndicesInterval()
        return indices

    return f"{told('openturns')}, model through {through}, interval: {interval}", call


def salib() -> tuple[str, Callable[[], Indices]]:
    """Return SALib, its own scrambled sample and its bootstrap."""
    sample, analyze = need("SALib.sample.sobol", "SALib"), need("SALib.analyze.sobol", "SALib")
    problem = {"num_vars": DIMS, "names": NAMES, "bounds": [[0.0, 1.0]] * DIMS}
    seeds = count(1)

    def call() -> Indices:
        points = sample.sample(problem, BASE, calc_second_order=False, seed=next(seeds))
        values = g_function(points.T)
        found = analyze.analyze(problem, values, calc_second_order=False, num_resamples=RESAMPLES, seed=1)
        return found["S1"], found["ST"]

    return f"{told('SALib')}, bootstrap of {RESAMPLES}", call


def scipy(resamples: int) -> tuple[str, Callable[[], Indices]]:
    """Return scipy.stats.sobol_indices, with or without its bootstrap."""
    from scipy import stats

    laws, seeds = [stats.uniform()] * DIMS, count(1)

    def call() -> Indices:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = stats.sobol_indices(func=g_function, n=BASE, dists=laws, rng=np.random.default_rng(next(seeds)))
            if resamples:
                found.bootstrap(n_resamples=resamples)
        return found.first_order, found.total_order

    return f"{told('scipy')} sobol_indices, " + (f"bootstrap of {resamples}" if resamples else "interval: none"), call


def makers() -> Iterator[Callable[[], tuple[str, Callable[[], Indices]]]]:
    """Yield the analyses."""
    for confidence in ("replicates", "bootstrap", "none"):
        yield lambda confidence=confidence: ours(confidence)
    for through in ("its function", "NumPy"):
        for interval in ("none", "asymptotic", "bootstrap"):
            yield lambda interval=interval, through=through: openturns(interval, through)
    yield salib
    for resamples in (0, RESAMPLES):
        yield lambda resamples=resamples: scipy(resamples)


def sobol() -> None:
    """Print the table."""
    print(f"Sobol' indices of one output, D = {DIMS}, N = {BASE:,}, model and design included")
    first, total = known()
    names, calls, errors, absent = [], [], [], set()
    for make in makers():
        try:
            name, call = make()
        except Missing as error:
            absent.add(str(error))
            continue
        found = call()
        agree(name, found[0], first, WITHIN)
        agree(name, found[1], total, WITHIN)
        runs = [call() for _ in range(3)]
        errors.append(np.sqrt(np.mean([(run[1] - total) ** 2 for run in runs])))
        names.append(name)
        calls.append(call)
    seconds = best(*calls, rounds=9, seconds=20.0)
    rows = [("", "ms", "ours is faster", "rmse of the total indices")]
    for name, each, error in zip(names, seconds, errors, strict=True):
        rows.append((name, f"{each * 1e3:.1f}", f"{each / seconds[0]:.2f} x", f"{error:.4f}"))
    show(rows)
    print(*(f"  {line}" for line in sorted(absent)), sep="\n", end="\n" if absent else "")
    print("  chaospy: indices of polynomials only (its Saltelli class takes no function), so no row here")
