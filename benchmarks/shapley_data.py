"""Shapley effects from draws: how far from closed forms, how often intervals hold them, how fast; nearest neighbours.

Run: python benchmarks/shapley_data.py speed | coverage | neighbours [--draws 500 2000] [--repeats 40] [--only NAME ...]

`coverage` draws samples of laws whose effects are known and prints, per law and number of draws: the share of the
variance that the fit explains in unseen draws, the root mean square error of the effects, the largest bias of an
effect, the share of 95 % intervals that hold the truth (and that of the worst input), and the mean half width.
`neighbours` sets the same estimates beside those of nearest neighbours (Broto, Bachoc and Depecker 2020, section 4.2:
the variance of the outputs of the 3 nearest draws in the known inputs, with random orders). Seconds are the
processor's, of one thread (OPENBLAS_NUM_THREADS=1), so that other work on the machine does not count.
"""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mcsim.ranking.method import Analysis
from mcsim.ranking.shapleydata import effects
from mcsim.studies.examples.functions import linear_gaussian_shapley

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], tuple[Array, Array, Array | None]]


@dataclass(frozen=True)
class Law:
    """Inputs and an output whose Shapley effects are known.

    Parameters
    ----------
    draw : callable
        ``draw(generator, n)``: inputs (n, D), output (n,), weights (n,) or None.
    truth : ndarray, shape (D,)
        The effects.
    """

    draw: Draw
    truth: Array


def shares(won: Array) -> Array:
    """Return Shapley's value of a game from what every subset wins, over the whole."""
    dims = int(won.size).bit_length() - 1
    found = np.zeros(dims)
    for place in range(dims):
        for subset in range(won.size):
            if not subset >> place & 1:
                weight = 1.0 / (dims * math.comb(dims - 1, subset.bit_count()))
                found[place] += weight * (won[subset | 1 << place] - won[subset])
    return found / won[-1]


def members(subset: int, dims: int) -> list[int]:
    return [place for place in range(dims) if subset >> place & 1]


def by_quadrature(function: Callable[[Array], Array], matrix: Array, nodes: int) -> Array:
    """Return the effects of a function of a few dependent normal inputs, by Gauss-Hermite sums."""
    dims = len(matrix)
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    grid = np.stack(np.meshgrid(*[x] * dims, indexing="ij"), -1).reshape(-1, dims)
    weight = np.prod(np.stack(np.meshgrid(*[w / w.sum()] * dims, indexing="ij"), -1).reshape(-1, dims), axis=1)
    won = np.zeros(1 << dims)
    for subset in range(1, 1 << dims):
        known = members(subset, dims)
        order = known + [place for place in range(dims) if place not in known]
        z = np.empty_like(grid)
        z[:, order] = grid @ np.linalg.cholesky(matrix[np.ix_(order, order)]).T
        y, own = function(z).reshape(nodes ** len(known), -1), weight.reshape(nodes ** len(known), -1)
        total = own.sum(axis=1)
        mean = (y * own).sum(axis=1) / total
        won[subset] = total @ mean**2 - (total @ mean) ** 2
    return shares(won)


def even(rho: float, dims: int) -> Array:
    return np.full((dims, dims), rho) + (1.0 - rho) * np.eye(dims)


def normal_blocks() -> Law:
    """Return 20 inputs in 5 blocks of correlated ones, weighted and added; one block does nothing."""
    slopes = np.array([1, 2, 0, 1, 1, 0, 0, 0.5, 3, 1, 1, 1, 0.2, 0.2, 0.2, 0.2, 0, 0, 0, 0.0])
    matrix, truth = np.zeros((20, 20)), np.zeros(20)
    for block, rho in enumerate((0.5, 0.8, 0.3, 0.6, 0.9)):
        own = slice(4 * block, 4 * block + 4)
        matrix[own, own] = even(rho, 4)
        if slopes[own].any():
            part = slopes[own] @ matrix[own, own] @ slopes[own]
            truth[own] = linear_gaussian_shapley(slopes[own], matrix[own, own]) * part
    factor = np.linalg.cholesky(matrix).T

    def draw(generator: np.random.Generator, n: int) -> tuple[Array, Array, None]:
        x = generator.normal(size=(n, 20)) @ factor
        return x, x @ slopes, None

    return Law(draw, truth / truth.sum())


def few(function: Callable[[Array], Array], matrix: Array, nodes: int, idle: int, uniform: bool = False) -> Law:
    """Return a function of a few dependent inputs, beside others that do nothing."""
    factor = np.linalg.cholesky(matrix).T

    def draw(generator: np.random.Generator, n: int) -> tuple[Array, Array, None]:
        z = generator.normal(size=(n, len(matrix))) @ factor
        shown = (2.0 * ndtr(z) - 1.0) * np.pi if uniform else z
        return np.hstack([shown, generator.random((n, idle))]), function(z), None

    return Law(draw, np.concatenate([by_quadrature(function, matrix, nodes), np.zeros(idle)]))


def ishigami(z: Array) -> Array:
    u = (2.0 * ndtr(z) - 1.0) * np.pi
    return np.asarray(np.sin(u[:, 0]) + 7.0 * np.sin(u[:, 1]) ** 2 + 0.1 * u[:, 2] ** 4 * np.sin(u[:, 0]))


def kink(z: Array) -> Array:
    return np.maximum(z @ np.array([1.0, 1.0, -1.0]) - 0.7, 0.0)


def step(z: Array) -> Array:
    return (z @ np.array([1.0, 1.0, -1.0]) > 0.7).astype(float)


def product(spread: float) -> Law:
    """Return a product of powers of 10 lognormal inputs, 4 of them correlated."""
    matrix = np.eye(10)
    matrix[:4, :4] = even(0.5, 4)
    slopes = spread * np.array([1, 1, 0.5, 0.5, 1, 0.5, 0.5, 0.2, 0.1, 0.0])
    won = np.zeros(1 << 10)
    for subset in range(1, 1 << 10):
        known = members(subset, 10)
        slope = (matrix @ slopes)[known]
        won[subset] = math.expm1(slope @ np.linalg.solve(matrix[np.ix_(known, known)], slope))
    factor = np.linalg.cholesky(matrix).T

    def draw(generator: np.random.Generator, n: int) -> tuple[Array, Array, None]:
        z = generator.normal(size=(n, 10)) @ factor
        return np.exp(z), np.exp(z @ slopes), None

    return Law(draw, shares(won))


def sobol_g() -> Law:
    """Return Sobol's G function of 8 independent inputs."""
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])
    alone = 1.0 / (3.0 * (1.0 + a) ** 2)
    won = np.array([np.prod(1.0 + alone[members(subset, 8)]) - 1.0 for subset in range(1 << 8)])

    def draw(generator: np.random.Generator, n: int) -> tuple[Array, Array, None]:
        x = generator.random((n, 8))
        return x, np.asarray(np.prod((np.abs(4.0 * x - 2.0) + a) / (1.0 + a), axis=1)), None

    return Law(draw, shares(won))


def posterior() -> Law:
    """Return 12 independent normal inputs with the importance weights of an observation of a sum of three of them."""
    slopes = np.array([1, 1, 0.5, 0.5, 0.2, 0, 0, 0, 0, 0, 0, 0.0])
    seen = np.zeros(12)
    seen[[0, 1, 3]] = 1.0, -0.5, 0.8
    matrix = np.linalg.inv(np.eye(12) + np.outer(seen, seen) / 0.25)
    truth = np.concatenate([linear_gaussian_shapley(slopes[:5], matrix[:5, :5]), np.zeros(7)])

    def draw(generator: np.random.Generator, n: int) -> tuple[Array, Array, Array]:
        x = generator.normal(size=(n, 12))
        return x, x @ slopes, np.exp(-0.5 * ((x @ seen - 0.4) / 0.5) ** 2)

    return Law(draw, truth)


def coupled(rho: float) -> Array:
    matrix = np.eye(3)
    matrix[0, 2] = matrix[2, 0] = rho
    return matrix


LAWS: dict[str, Callable[[], Law]] = {
    "normal blocks, D = 20": normal_blocks,
    "Ishigami and 2 idle": lambda: few(ishigami, coupled(0.0), 60, 2, uniform=True),
    "Ishigami, x1 with x3, and 2 idle": lambda: few(ishigami, coupled(0.7), 60, 2, uniform=True),
    "kink of dependent inputs and 6 idle": lambda: few(kink, even(0.5, 3), 120, 6),
    "step of dependent inputs and 6 idle": lambda: few(step, even(0.5, 3), 120, 6),
    "Sobol' G": sobol_g,
    "product of lognormals, sigma 0.2": lambda: product(0.2),
    "product of lognormals, sigma 0.4": lambda: product(0.4),
    "weighted draws of a posterior": posterior,
}


def named(count: int, **options: Any) -> Analysis:
    return Analysis(tuple(f"x{place:02d}" for place in range(count)), **options)


def coverage(sizes: list[int], repeats: int, only: list[str]) -> None:
    print("| law | draws | fit explains | rmse | largest bias | held (worst input) | half width |\n" + "|---" * 7 + "|")
    for name in only:
        law = LAWS[name]()
        for n in sizes:
            values, hits, widths, fits = [], [], [], []
            for repeat in range(repeats):
                x, y, weights = law.draw(np.random.default_rng([n, repeat]), n)
                found = effects(x, y[:, None], named(x.shape[1], seed=repeat, weights=weights))
                low, high = found["shapley_low"][:, 0], found["shapley_high"][:, 0]
                values.append(found["shapley"][:, 0])
                hits.append((low <= law.truth) & (law.truth <= high))
                widths.append(0.5 * (high - low))
                fits.append(found["explained"][0, 0])
            error = np.array(values) - law.truth
            held = np.mean(hits, axis=0)
            print(
                f"| {name} | {n:,} | {100 * np.mean(fits):.1f} % | {np.sqrt(np.mean(error**2)):.4f} | "
                f"{np.abs(error.mean(axis=0)).max():.4f} | {100 * held.mean():.0f} % ({100 * held.min():.0f} %) | "
                f"{np.mean(widths):.4f} |",
                flush=True,
            )


def nearest_neighbours(x: Array, y: Array, orders: int = 32, neighbours: int = 3, seed: int = 0) -> Array:
    """Return Shapley effects with the variance of the outputs of neighbours in the known inputs, over random orders."""
    from scipy.spatial import cKDTree
    from scipy.stats import rankdata

    ranks = rankdata(x, axis=0) / len(x)
    dims, generator, found = x.shape[1], np.random.default_rng(seed), np.zeros(x.shape[1])
    for _ in range(orders):
        order, before = generator.permutation(dims), float(np.var(y, ddof=1))
        for place in range(dims):
            left = 0.0
            if place < dims - 1:
                known = ranks[:, order[: place + 1]]
                near = cKDTree(known).query(known, k=neighbours)[1]
                left = float(np.var(y[near], axis=1, ddof=1).mean())
            found[order[place]] += (before - left) / orders
            before = left
    return found / found.sum()


def neighbours(sizes: list[int], repeats: int, only: list[str]) -> None:
    print(
        "| law | draws | rmse: neighbours | rmse: fit | seconds: neighbours | seconds: fit |\n|---|---|---|---|---|---|"
    )
    for name in only:
        law = LAWS[name]()
        for n in sizes:
            errors, seconds = np.zeros((2, repeats)), np.zeros(2)
            for repeat in range(repeats):
                x, y, weights = law.draw(np.random.default_rng([n, repeat]), n)
                if weights is not None:  # neighbours have no weights: resampled
                    rows = np.random.default_rng(repeat).choice(n, n, p=weights / weights.sum())
                    x_near, y_near = x[rows], y[rows]
                else:
                    x_near, y_near = x, y
                start = time.process_time()
                near = nearest_neighbours(x_near, y_near, seed=repeat)
                middle = time.process_time()
                ours = effects(x, y[:, None], named(x.shape[1], seed=repeat, weights=weights))["shapley"][:, 0]
                seconds += np.array([middle - start, time.process_time() - middle]) / repeats
                errors[:, repeat] = [np.mean((value - law.truth) ** 2) for value in (near, ours)]
            rmse = np.sqrt(errors.mean(axis=1))
            print(
                f"| {name} | {n:,} | {rmse[0]:.4f} | {rmse[1]:.4f} | {seconds[0]:.2f} | {seconds[1]:.2f} |", flush=True
            )


def speed() -> None:
    import tracemalloc

    print("| draws | inputs | output elements | seconds, 1 core | peak beyond the draws, MB |\n|---|---|---|---|---|")
    for n, dims, count in ((2000, 30, 1), (2000, 30, 100), (2000, 60, 100), (2000, 60, 1000), (20000, 30, 100)):
        generator = np.random.default_rng(1)
        x = generator.normal(size=(n, dims)) @ np.linalg.cholesky(even(0.3, dims)).T
        mixing = generator.normal(size=(dims, count)) * 0.8 ** np.arange(dims)[:, None]
        y = x @ mixing + 0.3 * (x[:, :1] * x[:, 1:2]) * generator.normal(size=count) + 0.2 * x[:, 2:3] ** 2
        about = named(dims)
        effects(x[:500], y[:500, :2], about)  # compiles
        start = time.process_time()
        effects(x, y, about)
        seconds = time.process_time() - start
        tracemalloc.start()
        effects(x, y, about)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"| {n:,} | {dims} | {count:,} | {seconds:.2f} | {peak:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "coverage", "neighbours"))
    parser.add_argument("--draws", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--only", nargs="+", choices=list(LAWS), default=list(LAWS))
    given = parser.parse_args()
    if given.what == "speed":
        speed()
    else:
        {"coverage": coverage, "neighbours": neighbours}[given.what](given.draws, given.repeats, given.only)


if __name__ == "__main__":
    main()
