"""The questions that decide, held against closed forms, brute force and what peers print.

Usage: python docs/scripts/questions_checked.py [--write]
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from blocks import table, tell
from scipy.stats import norm

import mcsim
from mcsim.ranking.ancova import covariances
from mcsim.ranking.hsic import independence_criterion
from mcsim.ranking.learning import worth_with_interval
from mcsim.ranking.neighbours import rank_based
from mcsim.ranking.subsets import subset_simulation
from mcsim.ranking.transport import transport_indices
from mcsim.result.matrix import SEVERAL, TODAY, Matrix
from mcsim.result.robust import Packages
from mcsim.study.outcomes import Outcome
from mcsim.study.select import Cell
from mcsim.study.survey import Survey

SEEDS = 100
CHANCES = (1e-3, 3e-5, 1e-6)
SIDES = {1: "one", 2: "two, opposite"}
# OpenTURNS 1.27: HSICEstimatorGlobalSensitivity with HSICVStat, SquaredExponential of the sample's standard deviations,
# getR2HSICIndices and getPValuesAsymptotic of the 200 draws of `hsic_rows`.
PEER_R2 = (0.738563, 0.0212427, 0.0277659, 0.0104177)
PEER_P = (1.57147e-52, 0.0679318, 0.0249307, 0.342199)
HSIC = ["input", "R2-HSIC, ours", "OpenTURNS", "p-value, ours", "OpenTURNS"]


def margin(z: np.ndarray, sides: int, bound: float) -> np.ndarray:
    """Return how far the sum of standard normals, as one of them, lies beyond a bound; 0 where it begins."""
    along = z.sum(axis=1) / math.sqrt(z.shape[1])
    return (np.abs(along) if sides == 2 else along) - bound


def rare_row(chance: float, sides: int) -> list[str]:
    """Return how subset simulation does on a probability that is known, over the seeds."""
    beyond = partial(margin, sides=sides, bound=float(norm.isf(chance / sides)))
    found = [subset_simulation(beyond, 4, seed) for seed in range(SEEDS)]
    ratios = np.array([one.value for one in found]) / chance
    ends = np.array([one.interval() for one in found])
    inside = int(((ends[:, 0] <= chance) & (chance <= ends[:, 1])).sum())
    error = ratios.std(ddof=1) / math.sqrt(SEEDS)
    cells = [f"{chance:.0e}", SIDES[sides], f"{ratios.mean():.3f} ± {1.96 * error:.3f}", f"{ratios.std(ddof=1):.2f}"]
    return [*cells, f"{inside} of {SEEDS}", f"{np.mean([one.evaluations for one in found]):,.0f}"]


def rare_table() -> str:
    """Return subset simulation beside what is known."""
    header = ["P", "failing sides", "mean of estimate / P", "spread of one", "95 % interval holds P", "evaluations"]
    return table(header, [rare_row(chance, sides) for sides in SIDES for chance in CHANCES], 2)


def unit_loss(mean: float, scale: float) -> float:
    """Return E[max(m, 0)] of a normal m."""
    return float(scale * norm.pdf(mean / scale) + mean * norm.cdf(mean / scale))


def act(x: np.ndarray) -> np.ndarray:
    """Return what acting gains where x + y + 0.5 is below 0."""
    return -(x.sum(axis=1) + 0.5)[:, None, None]


def choose(x: np.ndarray) -> np.ndarray:
    """Return what x + y + 0.5 and twice that, and 9, save beside doing nothing."""
    cost = x.sum(axis=1) + 0.5
    return -np.stack([cost, 2.0 * cost, np.full(len(x), 9.0)], axis=1)[:, :, None]


DECISIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    "act below a threshold": (act, 1.0),
    "the least of four choices": (choose, 2.0),
}
DRAWN = 40  # samples of 1,500 draws


def learning_table() -> str:
    """Return EVPPI beside the unit normal loss: x of standard deviation 1 and y of 2."""
    rows = []
    for name, (gains, size) in DECISIONS.items():
        samples = [np.random.default_rng(seed).normal(size=(1500, 2)) * [1.0, 2.0] for seed in range(DRAWN)]
        found = [worth_with_interval(x, gains(x)) for x in samples]
        for place, scale in enumerate((1.0, 2.0)):
            exact = unit_loss(-0.5 * size, scale * size)
            told = np.array([[one[key][place, 0] for key in ("evppi", "evppi_low", "evppi_high")] for one in found])
            inside = int(((told[:, 1] <= exact) & (exact <= told[:, 2])).sum())
            cells = [f"{exact:.4f}", f"{told[:, 0].mean():.4f}", f"{told[:, 0].std(ddof=1):.4f}"]
            rows.append([name, "xy"[place], *cells, f"{inside} of {DRAWN}"])
    return table(["decision", "learned", "closed form", "mean", "spread of one", "95 % interval holds it"], rows, 2)


SURVEYS = ((1, 1.0, 0.0), (25, 1.0, 0.0), (25, 1.0, 0.5), (10_000, 0.5, 0.0))


def outcome(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    """Return 3 a + b + 1."""
    return {"y": 3.0 * a + b + 1.0}


def survey_table() -> str:
    """Return EVSI beside the conjugate closed form: y = 3 a + b + 1, act where less than 0 is expected."""
    model = mcsim.Model.from_function(
        outcome, inputs={"a": mcsim.normal(0, 1), "b": mcsim.normal(0, 2)}, outputs={"y": "1"}
    )
    asked = [
        Survey(f"s{place}", "", "a", count, spread, bias, False, math.nan, "assumption")
        for place, (count, spread, bias) in enumerate(SURVEYS)
    ]
    study = replace(mcsim.study_of(model, title="Linear"), surveys=tuple(asked))
    plan = mcsim.plan_surveys(mcsim.run(study, 4000, seed=2), "y", threshold=0.0)
    worths, rows = {one.survey.name: one for one in plan.worths}, []
    for survey in asked:
        # Of a prior variance 1 the mean after n measurements has variance 1 / (1 + error**2); of y that takes 9 of 13.
        after, one = 9.0 / (1.0 + survey.error**2), worths[survey.name]
        cells = [f"{1.0 - math.sqrt(1.0 - after / 13.0):.3f}", f"{one.narrows:.3f}"]
        cells += [f"{unit_loss(-1.0, math.sqrt(after)):.3f}", f"{one.evsi:.3f} ± {1.96 * one.evsi_error:.3f}"]
        rows.append([f"{survey.count:,}", f"{survey.spread:g}", f"{survey.bias:g}", *cells])
    return table(["n", "sd", "bias", "narrows", "ours", "EVSI", "ours"], rows, 0)


MEMBERS = ((), ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c"))
CASES = 20


def package_table() -> str:
    """Return regret, the Pareto set and what holds up beside loops over every package, outcome and draw."""
    outcomes = tuple(
        Outcome(Cell(mcsim.Output(name, "t", name), {}), side, "t") for name, side in (("x", -1), ("y", 1))
    )
    names, sides = tuple(" + ".join(one) or "none" for one in MEMBERS), (-1, 1)
    regrets, pareto, holding = [], 0, 0
    for seed in range(CASES):
        v = np.random.default_rng(seed).normal(size=(8, 2, 41))
        found = Packages(MEMBERS, ("",), (Matrix(names, ("",) * 8, (TODAY, *[SEVERAL] * 7), outcomes, v),))
        slow = [
            [
                [max(s * v[p, at, d] for p in range(8)) - s * v[own, at, d] for d in range(41)]
                for at, s in enumerate(sides)
            ]
            for own in range(8)
        ]
        regrets.append(np.abs(found.pooled.regret() - np.array(slow)).max())
        gains = np.median(v - v[:1], axis=2) * sides
        beaten = [any((gains[p] >= gains[o]).all() and (gains[p] > gains[o]).any() for p in range(8)) for o in range(8)]
        pareto += found.pareto.tolist() == [not one for one in beaten]
        missed = np.quantile(np.array(slow), 0.9, axis=2) / np.ptp(gains, axis=0)
        holding += found.holding == int(np.argmin(missed.max(axis=1)))
    rows = [
        ["regret of each draw", "equal to 1e-12" if max(regrets) < 1e-12 else f"{max(regrets):.0e} apart"],
        ["the same Pareto set", f"{pareto} of {CASES}"],
        ["the same package that holds up", f"{holding} of {CASES}"],
    ]
    return table(["8 packages, 2 outcomes, 41 draws", "against brute force"], rows)


def transport_table() -> str:
    """Return optimal transport beside the closed form of a linear model of normal inputs, 8,000 draws."""
    slopes = np.array([3.0, 2.0, 0.0])
    drawn = np.random.default_rng(1).normal(size=(8000, 4))
    found = transport_indices(drawn[:, :3], (drawn[:, :3] @ slopes + drawn[:, 3])[:, None])
    whole = slopes @ slopes + 1.0
    exact = (slopes**2 + (math.sqrt(whole) - np.sqrt(whole - slopes**2)) ** 2) / (2.0 * whole)
    told = zip(slopes, exact, found["transport"][:, 0], found["transport_noise"][:, 0], strict=True)
    rows = [[f"{slope:g}", *(f"{value:.3f}" for value in values)] for slope, *values in told]
    return table(["slope", "closed form", "ours", "what chance alone reads"], rows, 0)


def hsic_table() -> str:
    """Return HSIC beside what OpenTURNS prints of the same 200 draws."""
    x = np.random.default_rng(3).random((200, 4))
    found = independence_criterion(x, (np.sin(6.0 * x[:, 0]) + 0.3 * x[:, 1] + 0.6 * x[:, 2] ** 2)[:, None])
    told = zip(found["hsic_r2"][:, 0], PEER_R2, found["hsic_p"][:, 0], PEER_P, strict=True)
    return table(HSIC, [[f"x{place}", *(f"{one:.4g}" for one in row)] for place, row in enumerate(told, 1)])


def ranks_table() -> str:
    """Return rank-based first-order indices of the Ishigami function beside the exact ones, 1,024 draws."""
    variance = 49 / 8 + math.pi**4 / 50 + math.pi**8 / 1800 + 0.5
    exact = np.array([0.5 * (1 + math.pi**4 / 50) ** 2, 49 / 8, 0.0]) / variance
    estimates, inside = [], np.zeros(3, int)
    for seed in range(SEEDS):
        u = np.random.default_rng(seed).random((1024, 3))
        x = math.pi * (2.0 * u - 1.0)
        y = np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
        found = rank_based(u, y[:, None])
        estimates.append(found["S1"][:, 0])
        inside += (found["S1_low"][:, 0] <= exact) & (exact <= found["S1_high"][:, 0])
    mean, spread = np.mean(estimates, axis=0), np.std(estimates, axis=0, ddof=1)
    told = zip(exact, mean, spread, inside, strict=True)
    rows = [[f"x{n}", f"{e:.3f}", f"{m:.3f}", f"{s:.3f}", f"{i} of {SEEDS}"] for n, (e, m, s, i) in enumerate(told, 1)]
    return table(["input", "exact S1", "mean", "spread of one", "95 % interval holds it"], rows)


def ancova_table() -> str:
    """Return ANCOVA shares of a linear model of correlated normals beside the closed form, 500 draws."""
    correlation = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 1.0]])
    factor, slopes = np.linalg.cholesky(correlation).T, np.array([2.0, 1.0, -1.0])
    own, whole = slopes**2, slopes * (correlation @ slopes)
    others = np.random.default_rng(99).normal(size=(4000, 3)) @ factor
    samples = (np.random.default_rng(seed).normal(size=(500, 3)) @ factor for seed in range(20))
    found = [covariances(x, (x @ slopes)[:, None], others) for x in samples]
    told = {part: np.mean([one[part][:, 0] for one in found], axis=0) for part in ("structural", "correlative", "S")}
    exact = {"structural": own, "correlative": whole - own, "S": whole}
    rows = [
        ["abc"[at], *(f"{value:.3f}" for part in told for value in (exact[part][at] / whole.sum(), told[part][at]))]
        for at in range(3)
    ]
    return table(["input", "structural", "ours", "correlative", "ours", "S", "ours"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "rare": rare_table,
    "learning": learning_table,
    "survey": survey_table,
    "packages": package_table,
    "transport": transport_table,
    "hsic": hsic_table,
    "ranks": ranks_table,
    "ancova": ancova_table,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the tables into questions-checked.md")
    tell("questions-checked.md", {name: build() for name, build in TABLES.items()}, parser.parse_args().write)
