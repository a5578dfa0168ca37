"""The Saltelli design: its pairs, its error against plain random numbers, and how often intervals hold the truth.

Run: python benchmarks/saltelli_design.py [pairs] [rmse] [coverage] [verdicts] [truth] [--full] [--json FILE]

Without names: the first four. The short form takes less than a minute; --full takes 300 seeds and all sizes, in some 15
minutes of one core. Of more than 64 inputs, and of layouts other than ours, the errors of ST rest on fewer seeds: each
row says how many.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from saltelli_functions import NUMERIC, Array, Function, additive, all_functions, product_with_totals

from mcsim.engine.design import saltelli_points
from mcsim.engine.pairing import compare_pairs
from mcsim.kernels.statistics.sobol import poisson_counts
from mcsim.ranking.indices import Rows, Sums, add_rows, indices, padded
from mcsim.ranking.intervals import Estimate
from mcsim.ranking.sobol import of_replicates, of_resamples
from mcsim.ranking.verdicts import INFLUENTIAL, NOT, UNRESOLVED, verdicts

SIZES = (64, 128, 256, 512, 1024, 2048)
SHORT, FULL = 20, 300
LEVEL, SCRAMBLES = 0.95, 16
PLAIN = np.sqrt(1.4)  # sd of 6 (x - y)**2 of independent uniform x, y: 1.183
TOTALS = (0.01, 0.045, 0.055, 0.1)


def drawn(layout: str, dims: int, n: int, seed: int) -> tuple[Array, Array]:
    columns = tuple(map(str, range(dims)))
    if layout == "ours":
        return saltelli_points(columns, n, seed, 0, n)
    if layout == "ours, 16 scrambles":
        part = n // SCRAMBLES
        points = [saltelli_points(columns, part, seed, 0, part, replicate=1 + turn) for turn in range(SCRAMBLES)]
        a, b = (np.stack(both, axis=1).reshape(n, dims) for both in zip(*points, strict=True))
        return a, b  # one row of each scramble after the other, so that the first rows are those of a smaller design
    if layout == "next dimensions":  # SALib's: A takes the first D, B the next D
        from mcsim.engine.design import make_design

        unit = make_design("sobol", (*columns, *(f"b{name}" for name in columns)), n, seed).points(0, n)
    else:
        unit = np.random.default_rng([seed, dims]).random((n, 2 * dims))
    return unit[:, :dims], unit[:, dims:]


def prefix_means(rows: Array) -> Array:
    """Return the means over the first rows of each of the sizes, shape (n_sizes, ...)."""
    starts = [0, *SIZES[:-1]]
    return np.cumsum(np.add.reduceat(rows, starts, axis=0), axis=0) / np.array(SIZES).reshape(
        -1, *[1] * (rows.ndim - 1)
    )


# Pairs


def pairs(seeds: int, full: bool) -> list[dict[str, Any]]:
    grid = (2, 3, 5, 8, 12, 20, 33, 60, 100, 150, 220, 321, 450, 700) if full else (2, 8, 33, 60, 200)
    table = []
    for layout in ("next dimensions", "ours"):
        ratios = []
        refused = np.zeros(len(SIZES), int)
        for dims in grid:
            squares = np.zeros((len(SIZES), dims))
            for seed in range(seeds):
                a, b = drawn(layout, dims, SIZES[-1], seed)
                squares += (6.0 * prefix_means((a - b) ** 2) - 1.0) ** 2
                if seed < 5:
                    refused += [bool(compare_pairs(a[:n], b[:n], uniform=True).excess.max() > 1.0) for n in SIZES]
            ratios.append(np.sqrt(squares / seeds) * np.sqrt(SIZES)[:, None] / PLAIN)
        ratio = np.concatenate(ratios, axis=1)
        limit = 1.0 + 2.0 / np.sqrt(2.0 * seeds)
        for row, n in enumerate(SIZES):
            table.append(
                {
                    "layout": layout,
                    "rows": n,
                    "columns": ratio.shape[1],
                    "worst": ratio[row].max(),
                    "median": float(np.median(ratio[row])),
                    "worse than random": int((ratio[row] > limit).sum()),
                    "designs refused": f"{refused[row]} of {5 * len(grid)}",
                }
            )
    return table


# Error of ST


def terms(dims: int, seed: int = 5) -> dict[str, tuple[Callable[[Array], Array], Array, Array]]:
    """Return functions that are sums: the part of one input, its weights, and the exact total indices."""
    falling = np.random.default_rng([seed, dims]).permutation(1.0 / np.arange(1.0, dims + 1.0))
    shapes: dict[str, tuple[Callable[[Array], Array], Array]] = {
        "sum": (lambda u: u, np.ones(dims)),
        "sum, weights 1/k in any order": (lambda u: u, falling),
        "kinks": (lambda u: np.abs(u - 0.5), np.ones(dims)),
        "waves": (lambda u: np.sin(2.0 * np.pi * u), np.ones(dims)),
        "steps": (lambda u: (u > 0.3).astype(float), np.ones(dims)),
    }
    return {name: (shape, w, w**2 / (w**2).sum()) for name, (shape, w) in shapes.items()}


def errors(layout: str, dims: int, seeds: int) -> dict[str, Array]:
    """Return means of squares and fourth powers of the error of ST, (2, n_sizes, dims), function by function."""
    functions = terms(dims)
    slope = np.full(dims, np.sqrt(min(0.5, 1.5 / dims)))
    whole = np.prod(1.0 + slope**2 / 3.0)
    exact = slope**2 / 3.0 * whole / (1.0 + slope**2 / 3.0) / (whole - 1.0)
    found = {name: np.zeros((2, len(SIZES), dims)) for name in (*functions, "product")}

    def add(name: str, squares: Array) -> None:
        found[name] += np.stack([squares, squares**2])

    for seed in range(seeds):
        a, b = drawn(layout, dims, SIZES[-1], seed)
        for name, (shape, weights, truth) in functions.items():
            at_a, at_b = shape(a), shape(b)
            add(name, (total_index(at_a @ weights, at_b @ weights, (at_b - at_a) * weights) - truth) ** 2)
        at_a, at_b = (1.0 + slope * (2.0 * part - 1.0) for part in (a, b))
        f_a, f_b = at_a.prod(axis=1), at_b.prod(axis=1)
        add("product", (total_index(f_a, f_b, f_a[:, None] * (at_b / at_a - 1.0)) - exact) ** 2)
    return {name: sums / seeds for name, sums in found.items()}


def total_index(f_a: Array, f_b: Array, change: Array) -> Array:
    both = np.stack([f_a, f_b], axis=1)
    variance = prefix_means(both**2).mean(axis=1) - prefix_means(both).mean(axis=1) ** 2
    return np.asarray(0.5 * prefix_means(change**2) / variance[:, None])


def ratio_and_excess(mine: Array, plain: Array, seeds: tuple[int, int]) -> Array:
    """Return the ratio of two RMSE and by how many standard errors it exceeds 1, (2, n_sizes, dims)."""
    ratio = np.sqrt(mine[0] / plain[0])
    variances = [(part[1] / part[0] ** 2 - 1.0) / count for part, count in zip((mine, plain), seeds, strict=True)]
    return np.stack([ratio, (ratio - 1.0) / (ratio * 0.5 * np.sqrt(sum(variances)))])


def seeds_of(layout: str, dims: int, seeds: int) -> int:
    """Return how many seeds a count of inputs gets: what 300 seeds of 64 inputs cost, and less for other layouts."""
    share = 1.0 if dims <= 64 else 24.0 / dims
    other = {"random": 1.0, "ours": 1.0, "next dimensions": 0.2, "ours, 16 scrambles": 0.2}
    return max(15, int(seeds * share * other[layout]))


def rmse(seeds: int, full: bool) -> list[dict[str, Any]]:
    grid = (2, 3, 5, 8, 12, 16, 20, 24, 32, 45, 64, 100, 150, 250, 400, 700) if full else (2, 8, 33)
    found: dict[tuple[str, str], list[tuple[int, Array]]] = {}
    for dims in grid:
        count = seeds_of("random", dims, seeds)
        plain = errors("random", dims, count)
        for layout in ("next dimensions", "ours", "ours, 16 scrambles"):
            if layout == "ours, 16 scrambles" and dims > 64:
                continue
            mine = seeds_of(layout, dims, seeds)
            for name, sums in errors(layout, dims, mine).items():
                one = ratio_and_excess(sums, plain[name], (mine, count))
                for what in (name, f"D = {dims}"):
                    found.setdefault((layout, what), []).append((mine, one))
        print(f"D = {dims} done", file=sys.stderr, flush=True)
    table = []
    for (layout, what), parts in found.items():
        both = np.concatenate([one for _, one in parts], axis=2)
        counts = sorted({mine for mine, _ in parts})
        for row, n in enumerate(SIZES):
            if layout == "ours, 16 scrambles" and n < 256:
                continue
            ratio, excess = both[:, row]
            table.append(
                {
                    "layout": layout,
                    "of": what,
                    "rows": n,
                    "inputs": len(ratio),
                    "worst": ratio.max(),
                    "median": float(np.median(ratio)),
                    "worse than random": int((excess > 2.0).sum()),
                    "seeds": "-".join(map(str, dict.fromkeys((counts[0], counts[-1])))),
                }
            )
    return table


# Coverage


def evaluated(function: Function, a: Array, b: Array) -> Rows:
    points = np.repeat(a[None], 2 + function.dims, axis=0)
    points[1] = b
    for j in range(function.dims):
        points[2 + j, :, j] = b[:, j]
    y = function.evaluate(points.reshape(-1, function.dims)).reshape(2 + function.dims, -1, 1)
    return Rows(y[0], y[1], y[2:])


def cut(rows: Rows, keep: Any) -> Rows:
    return Rows(rows.f_a[keep], rows.f_b[keep], np.ascontiguousarray(rows.f_ab[:, keep]))


def judged(rows: Rows, weights: Array, replicates: int) -> dict[str, Estimate]:
    reference = rows.f_a[0]
    shifted = Rows(rows.f_a - reference, rows.f_b - reference, rows.f_ab - reference)
    weights = np.concatenate([np.ones((1, weights.shape[1])), weights])
    sums = Sums.zeros(len(weights), len(rows.f_ab), 1, False)
    add_rows(sums, padded(weights), shifted)
    told = of_replicates(sums, replicates, LEVEL) if replicates else of_resamples(indices(sums, len(weights)), LEVEL)
    first, total, *_ = told
    return {"S1": first, "ST": total}


def intervals(function: Function, sizes: tuple[int, ...], seed: int) -> Iterator[tuple[str, int, dict[str, Estimate]]]:
    """Yield both intervals at every size; rows of a smaller design are the first of a larger one."""
    columns, most = tuple(map(str, range(function.dims))), sizes[-1]
    long = evaluated(function, *saltelli_points(columns, most, seed, 0, most))
    part = most // SCRAMBLES
    points = [saltelli_points(columns, part, seed, 0, part, replicate=1 + turn) for turn in range(SCRAMBLES)]
    short = evaluated(function, *(np.concatenate(both) for both in zip(*points, strict=True)))
    for n in sizes:
        yield "bootstrap", n, judged(cut(long, slice(n)), poisson_counts(seed, np.arange(n), 100), 0)
        keep = np.flatnonzero(np.arange(most) % part < n // SCRAMBLES)
        turns = np.kron(np.eye(SCRAMBLES), np.ones((1, n // SCRAMBLES)))
        yield "replicates", n, judged(cut(short, keep), turns, SCRAMBLES)


def coverage(seeds: int, full: bool) -> list[dict[str, Any]]:
    sizes = (256, 512, 1024, 2048) if full else (256, 512)
    table = []
    for function in all_functions():
        tallies: dict[tuple[str, int, str], list[Array]] = {}
        for seed in range(seeds):
            for tool, n, found in intervals(function, sizes, seed):
                for name, truth in (("S1", function.first), ("ST", function.total)):
                    one = Estimate(*(part[:, 0] for part in (found[name].value, found[name].low, found[name].high)))
                    held = (one.low <= truth) & (truth <= one.high)
                    open_ = verdicts(one, 0.05) == UNRESOLVED
                    tallies.setdefault((tool, n, name), []).append(
                        np.array([held, one.half_width, (one.value - truth) ** 2, open_], float)
                    )
        for (tool, n, name), parts in tallies.items():
            held, half, squared, open_ = np.mean(parts, axis=0)
            row = {"function": function.name, "rows": n, "interval": tool, "index": name, "coverage": held.mean()}
            row |= {"least": held.min(), "half width": half.mean(), "rmse": float(np.sqrt(squared.mean()))}
            table.append(row | ({"open": open_.mean()} if name == "ST" else {}))
    return table


# Verdicts


def judged_verdicts(seeds: int, full: bool) -> list[dict[str, Any]]:
    sizes = (256, 512, 1024, 2048, 4096) if full else (256, 512)
    table = []
    for function in (
        additive((0.79, 0.1, 0.055, 0.045, 0.01, 0.0)),
        product_with_totals((0.1, 0.055, 0.045, 0.01, 0.0)),
    ):
        tallies: dict[tuple[str, int], list[Array]] = {}
        for seed in range(seeds):
            for tool, n, found in intervals(function, sizes, seed):
                codes = verdicts(found["ST"], 0.05)[:, 0]
                tallies.setdefault((tool, n), []).append(
                    np.array([codes == code for code in (NOT, UNRESOLVED, INFLUENTIAL)])
                )
        for (tool, n), parts in tallies.items():
            shares = np.mean(parts, axis=0)
            for place in range(1, function.dims):
                total = function.total[place]
                row = {"function": function.name, "rows": n, "interval": tool, "ST": round(float(total), 4)}
                wrong = shares[2 if total < 0.05 else 0, place]
                kind = "false positive" if total < 0.05 else "false negative"
                table.append(row | {"wrong": f"{kind} {wrong:.1%}", "open": shares[1, place]})
    return table


def truth(seeds: int, full: bool) -> list[dict[str, Any]]:
    table = []
    for name, (dims, evaluate) in NUMERIC.items():
        found = []
        n = 2**16 if full else 2**12
        for replicate in range(32):
            a, b = saltelli_points(tuple(map(str, range(dims))), n, 12345, 0, n, replicate=replicate)
            rows = evaluated(Function(name, dims, evaluate, np.empty(0), np.empty(0)), a, b)
            both = np.concatenate([rows.f_a, rows.f_b])
            change = rows.f_ab - rows.f_a
            first = np.mean((rows.f_b - both.mean()) * change, axis=(1, 2)) / both.var()
            found.append([first, np.mean(change**2, axis=(1, 2)) / 2.0 / both.var()])
        first, total = np.mean(found, axis=0)
        table += [{"function": name, "S1": str(first.tolist()), "ST": str(total.tolist())}]
    return table


def shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


PARTS = {"pairs": pairs, "rmse": rmse, "coverage": coverage, "verdicts": judged_verdicts, "truth": truth}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    tables = {}
    for name in asked.parts or ("pairs", "rmse", "coverage", "verdicts"):
        start = time.perf_counter()
        table = PARTS[name](asked.seeds or (FULL if asked.full else SHORT), asked.full)
        tables[name] = table
        keys = list(dict.fromkeys(key for row in table for key in row))
        print(f"\n## {name} ({time.perf_counter() - start:.0f} s)\n\n| {' | '.join(keys)} |\n|{'---|' * len(keys)}")
        for row in table:
            print(f"| {' | '.join(shown(row.get(key, '')) for key in keys)} |", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(tables, indent=1, default=float))


if __name__ == "__main__":
    main()
