"""Throughput of the fleet: one full draw, and the cohort convolution against Python loops and a NumPy FFT.

    python benchmarks/fleet.py

Baselines run in the same process: a dynamic_stock_model-style calculation (cohort by cohort, the lifetime law of
scipy.stats called per cohort and year), bare Python loops, the model's own plain-Python twin, and a vectorised FFT
convolution over all draws in NumPy. Times are CPU seconds of one thread, the best of several rounds, so that other work
on the machine disturbs the ratios little.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import mcsim
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, model_inputs, transform
from mcsim.kernels.cohorts.records import SECOND_HAND
from mcsim.kernels.cohorts.stock import fill_stock, fill_weibull_steps
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet.model import NAMES, read, records, rules
from mcsim.study import Context

YEARS = 46
STREAMS = 6


def best(function: Callable[[], object], rounds: int = 5) -> float:
    """Return the least CPU seconds of one call."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def python_loops(inflow: list[float], shape: float, scale: float) -> list[list[float]]:
    """Stock by year and cohort as dynamic_stock_model has it: a survival table, then cohort by cohort in Python."""
    years = len(inflow)
    survival = [[0.0] * years for _ in range(years)]
    for cohort in range(years):
        for year in range(cohort, years):
            survival[year][cohort] = math.exp(-(((year - cohort + 0.5) / scale) ** shape))
    return [[inflow[cohort] * survival[year][cohort] for cohort in range(year + 1)] for year in range(years)]


def dynamic_stock_model_style(inflow: list[float], shape: float, scale: float) -> list[list[float]]:
    """Return the same in the style of dynamic_stock_model: scipy's lifetime law once per cohort and year."""
    from scipy.stats import weibull_min

    years = len(inflow)
    stock = [[0.0] * years for _ in range(years)]
    for cohort in range(years):
        for year in range(cohort, years):
            stock[year][cohort] = inflow[cohort] * float(weibull_min.sf(year - cohort + 0.5, shape, 0, scale))
    return stock


def fft(inflow: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Stock of all draws by one FFT convolution."""
    size = 2 * inflow.shape[1]
    product = np.fft.rfft(inflow, size, axis=1) * np.fft.rfft(left, size, axis=1)
    return np.fft.irfft(product, size, axis=1)[:, : inflow.shape[1]]


def weibull_numpy(shape: np.ndarray, scale: np.ndarray) -> np.ndarray:
    ages = np.arange(YEARS) + 0.5
    return np.exp(-((ages / scale[:, None]) ** shape[:, None]))


def kernel_draws(inflow: np.ndarray, shape: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Stock of all draws by the cohort kernel, the Weibull redrawn per draw."""
    halves, left = np.empty(2 * YEARS), np.empty_like(inflow)
    for i in range(shape.size):
        fill_weibull_steps(shape[i], scale[i], 0.5, halves)
        left[i] = halves[1::2]
    stock, gone = np.empty_like(inflow), np.empty_like(inflow)
    fill_stock(inflow, left, stock, gone)
    return stock


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
    per_draw = best(lambda: study.model.evaluate(inputs, context)) / n
    ranked = replace(context, wanted=frozenset(output.name for output in study.outputs if output.rank))
    per_ranked = best(lambda: study.model.evaluate(inputs, ranked)) / n
    vehicles = replace(context, wanted=frozenset({"stock", "second_hand_share", "mean_fleet_age"}))
    per_vehicles = best(lambda: study.model.evaluate(inputs, vehicles)) / n

    rng = np.random.default_rng(1)
    inflow = rng.uniform(1e5, 1e6, (n, YEARS))
    shape, scale = rng.uniform(2, 4, n), rng.uniform(24, 31, n)
    left = weibull_numpy(shape, scale)
    stock, gone = np.empty_like(inflow), np.empty_like(inflow)
    fill_stock(inflow, left, stock, gone)
    reference = np.array([[sum(row) for row in python_loops(inflow[i].tolist(), shape[i], scale[i])] for i in range(3)])
    np.testing.assert_allclose(stock[:3], reference, rtol=1e-9)
    np.testing.assert_allclose(fft(inflow, left), stock, rtol=1e-9)
    loop = best(lambda: python_loops(inflow[0].tolist(), shape[0], scale[0]))
    peer = best(lambda: dynamic_stock_model_style(inflow[0].tolist(), shape[0], scale[0]), 2)
    convolution = best(lambda: fill_stock(inflow, left, stock, gone), 20) / n
    spectral = best(lambda: fft(inflow, left), 20) / n
    spectral_redrawn = best(lambda: fft(inflow, weibull_numpy(shape, scale)), 20) / n

    # A draw of the fleet holds cohorts by age of entry, two countries and three powertrains: the Python baseline is the
    # same accounting loop once for every stream of cohorts (home: 2 styles x 3; host: 3 new, 8 ages x 3 second-hand).
    streams = 6 + 3 + 24
    return [
        row("fleet: full draws per second and core", 1 / per_draw, "1/s", 3000),
        row("fleet: the outputs of its ranking, per second and core", 1 / per_ranked, "1/s", None),
        row("fleet: the outputs that it is calibrated on, per second and core", 1 / per_vehicles, "1/s", None),
        row("fleet: against dynamic_stock_model-style loops over its streams", streams * peer / per_draw, "x", 1000),
        row("fleet: against bare Python loops over its streams", streams * loop / per_draw, "x", None),
        row("fleet: against its plain-Python twin (stock and second-hand packs)", twin / per_draw, "x", None),
        row("convolution 46 x 46: kernel per second and core", 1 / convolution, "1/s", None),
        row("convolution: against dynamic_stock_model-style loops", peer / convolution, "x", 1000),
        row("convolution: against bare Python loops", loop / convolution, "x", None),
        row("convolution with its outflow: against NumPy FFT, stock alone", spectral / convolution, "x", None),
        row("convolution: NumPy FFT with survival redrawn, per second", 1 / spectral_redrawn, "1/s", None),
    ]


def row(claim: str, value: float, unit: str, target: float | None) -> dict[str, object]:
    """Return one measurement."""
    return {
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
        print(f"{found['claim']:<68} {found['value']:>14,.0f} {found['unit']}{target}")


if __name__ == "__main__":
    main()
