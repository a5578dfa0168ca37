"""Sobol' indices: speed against a loop over SALib (and OpenTURNS, if there), and how often intervals hold the truth.

Run: python benchmarks/sensitivity.py speed | coverage | study [--repeats 200] [--base 1024] [--json FILE]
"""

import argparse
import json
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.distributions import parse
from mcsim.ranking.indices import Rows, analyze
from mcsim.ranking.sensitivity import sensitivity
from mcsim.studies.examples import functions
from mcsim.study import Input, Model, Output, Parameter, Study

LEVEL = 0.95


def machine() -> dict[str, Any]:
    from importlib.metadata import version

    versions = {name: version(name) for name in ("numpy", "numba", "scipy", "SALib")}
    return {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()} | versions


# Speed


def speed(n_outputs: int = 100, dims: int = 20, base: int = 4096, resamples: int = 100) -> list[dict[str, Any]]:
    from SALib.analyze import sobol as salib

    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, base, dims))
    mixing = generator.normal(size=(dims, n_outputs))
    swapped = []
    for factor in range(dims):
        mixed = a.copy()
        mixed[:, factor] = b[:, factor]
        swapped.append(np.sin(mixed) @ mixing)
    rows = Rows(np.sin(a) @ mixing, np.sin(b) @ mixing, np.array(swapped))
    chosen = np.random.default_rng(5).integers(base, size=(base, resamples))
    problem = {"num_vars": dims, "names": [f"x{i}" for i in range(dims)], "bounds": [[0.0, 1.0]] * dims}
    flat = np.concatenate([rows.f_a[None], rows.f_ab, rows.f_b[None]]).transpose(2, 1, 0).reshape(n_outputs, -1)

    start = time.perf_counter()
    theirs = [salib.analyze(problem, y, calc_second_order=False, num_resamples=resamples, seed=5) for y in flat[:, :]]
    salib_time = time.perf_counter() - start
    table = [
        {
            "what": f"SALib {n_outputs} outputs, loop",
            "seconds": salib_time,
            "times SALib": 1.0,
            "largest difference": 0.0,
        }
    ]
    for jobs in (1, os.cpu_count() or 1):
        for label, given in (("same resamples", chosen), ("own resamples", resamples)):
            seconds = best(lambda given=given, jobs=jobs: analyze(rows, resamples=given, jobs=jobs))
            ours = analyze(rows, resamples=given, jobs=jobs)
            names = ("S1", "ST", "S1_conf", "ST_conf") if given is chosen else ("S1", "ST")
            gap = max(np.abs(ours[name] - np.array([one[name] for one in theirs]).T).max() for name in names)
            what = f"mcsim {n_outputs} outputs, {label}, {jobs} threads"
            table.append(
                {
                    "what": what,
                    "seconds": seconds,
                    "times SALib": salib_time / seconds,
                    "largest difference": float(gap),
                }
            )
    one = Rows(*(np.ascontiguousarray(part[..., :1]) for part in (rows.f_a, rows.f_b, rows.f_ab)))
    seconds = best(lambda: analyze(one, resamples=resamples))
    table.append(
        {"what": "mcsim 1 output with interval", "seconds": seconds, "times SALib": salib_time / n_outputs / seconds}
    )
    return table + openturns(rows)


def openturns(rows: Rows) -> list[dict[str, Any]]:
    try:
        import openturns as ot
    except ImportError:
        return [{"what": "OpenTURNS: not installed here"}]
    base, dims = len(rows.f_a), len(rows.f_ab)
    inputs = ot.Sample(np.zeros(((dims + 2) * base, dims)))
    outputs = ot.Sample(np.concatenate([rows.f_a[:, :1], rows.f_b[:, :1], *rows.f_ab[:, :, :1]]))

    def indices() -> None:
        found = ot.SaltelliSensitivityAlgorithm(inputs, outputs, base)
        found.getFirstOrderIndices()
        found.getTotalOrderIndices()

    return [{"what": "OpenTURNS 1 output without interval", "seconds": best(indices)}]


def best(function: Callable[[], Any], repeats: int = 5) -> float:
    function()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


# Coverage


def study_of(known: functions.Known, dependence: tuple[tuple[str, str, float], ...] = ()) -> Study:
    names = [f"x{number}" for number in range(1, len(known.inputs) + 1)]

    def evaluate(inputs: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        return {"y": known.evaluate(np.column_stack([inputs[name] for name in names]))}

    model = Model(
        "known", tuple(Parameter(n, "1", n) for n in names), (), (Output("y", "1", "y", rank=True),), evaluate
    )
    inputs = tuple(Input(name, "1", name, parse(text), name) for name, text in zip(names, known.inputs, strict=True))
    return Study(known.name, known.name, "", "1", model, inputs, {}, dependence=dependence)


def shares() -> tuple[Study, functions.Known]:
    """Return the Dirichlet-weighted sum: three independent terms, and the shares as one group."""
    from mcsim.distributions import Dirichlet

    def evaluate(inputs: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        return {"y": sum(inputs["w"][:, i] * inputs[f"x{i}"] for i in range(3))}

    terms = ((1.0, 0.2), (2.0, 0.5), (4.0, 1.0))
    parameters = tuple(Parameter(f"x{i}", "1", f"x{i}") for i in range(3))
    vector = Parameter("w", "1", "shares", labels=("a", "b", "c"))
    model = Model("shares", (*parameters, vector), (), (Output("y", "1", "y", rank=True),), evaluate)
    inputs = [Input(f"x{i}", "1", "", parse(f"normal({m}, {s})"), f"x{i}") for i, (m, s) in enumerate(terms)]
    inputs += [Input(f"w[{i}]", "1", "", parse("uniform(0, 1)"), "w", vector=("w", i)) for i in range(2)]
    first, total = functions.known_weighted_sum()
    order = [1, 2, 3, 0]
    known = functions.Known("Dirichlet-weighted sum", (), lambda x: x, first[order], total[order], "")
    study = Study("shares", "", "", "1", model, tuple(inputs), {}, vectors={"w": Dirichlet((4.0, 2.0, 1.0))})
    return study, known


def correlated() -> tuple[Study, functions.Known, dict[str, list[str]]]:
    """Return a sum of four normal inputs, two of them dependent and ranked as one group."""
    coefficients = np.array([1.0, 2.0, -1.0, 0.5])
    correlation = 2.0 * np.sin(np.pi * 0.6 / 6.0)
    pair = 1.0 + 4.0 + 2.0 * 2.0 * correlation
    parts = np.array([pair, 1.0, 0.25])
    known = functions.Known(
        "linear Gaussian, pair grouped",
        ("normal(0, 1)",) * 4,
        lambda x: np.asarray(x @ coefficients),
        parts / parts.sum(),
        parts / parts.sum(),
        "closed form",
    )
    return study_of(known, (("x1", "x2", 0.6),)), known, {"pair": ["x1", "x2"]}


def oakley() -> functions.Known:
    # The published coefficients are not ours to ship; any coefficients have exact indices.
    generator = np.random.default_rng(7)
    a1, a2, a3 = generator.normal(size=(3, 6))
    return functions.known_oakley_ohagan(a1, a2, a3, 0.3 * generator.normal(size=(6, 6)))


def outputs_at(study: Study, factors: Mapping[str, tuple[str, ...]], base: int, seed: int) -> Rows:
    from mcsim.engine.design import saltelli_points
    from mcsim.engine.evaluation import evaluate_points

    columns = tuple(item.name for item in study.uncertain)
    a, b = saltelli_points(columns, base, seed, 0, base)
    points = [a, b]
    for members in factors.values():
        mixed = a.copy()
        for name in members:
            mixed[:, columns.index(name)] = b[:, columns.index(name)]
        points.append(mixed)
    y = [evaluate_points(study, part, np.arange(base), seed, 0).outputs["y"][:, None] for part in points]
    return Rows(y[0], y[1], np.array(y[2:]))


def salib_interval(rows: Rows, seed: int) -> dict[str, tuple[Any, Any]]:
    from SALib.analyze import sobol as salib

    dims = len(rows.f_ab)
    problem = {"num_vars": dims, "names": [f"x{i}" for i in range(dims)], "bounds": [[0.0, 1.0]] * dims}
    flat = np.concatenate([rows.f_a[None], rows.f_ab, rows.f_b[None]])[:, :, 0].T.ravel()
    found = salib.analyze(problem, flat, calc_second_order=False, seed=seed + 1, conf_level=LEVEL)
    return {name: (found[name], found[f"{name}_conf"]) for name in ("S1", "ST")}


def scipy_interval(rows: Rows, seed: int) -> dict[str, tuple[Any, Any, Any]]:
    from scipy.stats import sobol_indices

    values = {"f_A": rows.f_a.T, "f_B": rows.f_b.T, "f_AB": rows.f_ab.transpose(0, 2, 1)}
    found = sobol_indices(func=values, n=len(rows.f_a), rng=np.random.default_rng(seed))
    spread = found.bootstrap(confidence_level=LEVEL, n_resamples=100)
    first, total = spread.first_order.confidence_interval, spread.total_order.confidence_interval
    return {
        "S1": (found.first_order, first.low, first.high),
        "ST": (found.total_order, total.low, total.high),
    }


def our_interval(study: Study, base: int, seed: int, confidence: str, groups: Any) -> dict[str, tuple[Any, Any, Any]]:
    ranking = sensitivity(study, base=base, seed=seed, confidence=confidence, groups=groups, jobs=1)
    return {
        name: tuple(ranking.values("y", measure) for measure in (name, f"{name}_low", f"{name}_high"))
        for name in ("S1", "ST")
    }


def cases() -> list[tuple[functions.Known, Study, Any]]:
    makers = (
        functions.known_ishigami,
        functions.known_sobol_g,
        functions.known_g_star,
        functions.known_sobol_levitan,
        functions.known_bratley,
        functions.known_borgonovo,
        oakley,
    )
    found = [(known, study_of(known), False) for known in (make() for make in makers)]
    study, known = shares()
    found.append((known, study, False))
    study, known, groups = correlated()
    return [*found, (known, study, groups)]


def coverage(base: int, repeats: int) -> list[dict[str, Any]]:
    from mcsim.ranking.factors import factors_of

    table = []
    for known, study, groups in cases():
        factors = factors_of(study, groups)
        tallies: dict[tuple[str, str], list[Any]] = {}
        for seed in range(repeats):
            rows = outputs_at(study, factors, base, seed)
            for tool, found in intervals(study, rows, base, seed, groups).items():
                for name, truth in (("S1", known.first), ("ST", known.total)):
                    value, low, high = found[name]
                    hit = (low - 1e-12 <= truth) & (truth <= high + 1e-12)
                    tallies.setdefault((tool, name), []).append(
                        (hit.mean(), np.mean(high - low) / 2.0, np.mean((value - truth) ** 2))
                    )
        for (tool, name), rows_of in tallies.items():
            held, half, squared = np.mean(rows_of, axis=0)
            rmse = float(np.sqrt(squared))
            line = {"function": known.name, "tool": tool, "index": name, "coverage": held, "half width": half}
            table.append(line | {"rmse": rmse})
            print(
                f"{known.name:32} {tool:18} {name}  {held:6.3f}  {half:8.4f}  {rmse:8.4f}",
                flush=True,
            )
    return table


def intervals(study: Study, rows: Rows, base: int, seed: int, groups: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        "mcsim replicates": our_interval(study, base, seed, "replicates", groups),
        "mcsim bootstrap": our_interval(study, base, seed, "bootstrap", groups),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        salib = salib_interval(rows, seed)
        found["scipy bootstrap"] = scipy_interval(rows, seed)
    found["SALib bootstrap"] = {name: (v, v - half, v + half) for name, (v, half) in salib.items()}
    return found


# A whole study


def whole_study(base: int) -> list[dict[str, Any]]:
    import resource

    from mcsim.study.load import load

    study = load("second-hand-ev")
    sensitivity(study, base=16)
    table = []
    for label, outputs in (("ranked outputs", None), ("impact_change, every element", ["impact_change"])):
        start = time.perf_counter()
        ranking = sensitivity(study, base=base, outputs=outputs)
        seconds = time.perf_counter() - start
        elements = sum(output.n_packed for output in ranking.outputs)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        what = f"second-hand-ev, N = {base}, {label}: {elements} distinct elements, {len(ranking.factors)} factors"
        table.append({"what": what, "seconds": seconds, "peak MB": peak})
    return table


def show(table: list[dict[str, Any]]) -> None:
    for line in table:
        text = "  ".join(f"{key} {value:.4g}" for key, value in line.items() if isinstance(value, float))
        print(f"{line.get('what', ''):64} {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "coverage", "study"])
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--base", type=int, default=None)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    print(machine())
    if given.what == "speed":
        table = speed()
        show(table)
    elif given.what == "study":
        table = whole_study(given.base or 4096)
        show(table)
    else:
        print(f"{'function':32} {'tool':18} index  coverage of {LEVEL:.0%} intervals, half width, rmse")
        table = coverage(given.base or 1024, given.repeats)
    if given.json is not None:
        given.json.write_text(json.dumps({"machine": machine(), "table": table}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
