"""The fleet against the history of 2005-2023: stock, second-hand share and fleet age under both import clocks.

Usage: python docs/scripts/fleet_hindcast.py [--draws N] [--seed S] [--out DIR]

Nothing is fitted here. The one calibration behind the shipped priors, of the host's survival to the stock and the
second-hand share of 2005-2022, is `calibration`: it shows how well each pair of Weibull parameters meets the history.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import mcsim
from mcsim.engine.evaluation import evaluate_centre
from mcsim.studies.fleet.series import YEARS

CLOCKS = ("renewed", "conditional")
# Quantities compared -> axes that are summed.
SHOWN: dict[str, tuple[int, ...]] = {
    "stock": (2, 3),
    "second_hand_share": (),
    "mean_fleet_age": (),
    "deregistrations": (2, 3),
    "us_stock": (2,),
    "us_deregistrations": (2,),
}
Series = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One observation beside the model's band under one import clock; error is median over observed, less 1."""

    quantity: str
    year: int
    clock: str
    observed: float
    low: float
    high: float
    median: float
    p5: float
    p95: float
    error: float
    meets: bool


def read_observed() -> list[tuple[str, int, float, float, float]]:
    """Return the observations that are compared: quantity, year, value, low, high."""
    text = resources.files("mcsim.studies.fleet").joinpath("data/observed.csv").read_text(encoding="utf-8")
    return [
        (row["quantity"], int(row["year"]), float(row["value"]), float(row["low"]), float(row["high"]))
        for row in csv.DictReader(text.splitlines())
        if row["quantity"] in SHOWN
    ]


def simulate(draws: int, seed: int) -> dict[str, Series]:
    """Return clock -> quantity -> (draws, years)."""
    study = mcsim.load("fleet")
    found = {}
    for clock in CLOCKS:
        result = mcsim.run(study.set(import_clock=clock), draws=draws, seed=seed, keep=list(SHOWN))
        found[clock] = {name: result.values(name).sum(axis=axes) for name, axes in SHOWN.items()}
    return found


def compare(series: Mapping[str, Series]) -> list[Comparison]:
    """Return every observation beside the 90 % band of each clock; they meet where band and range overlap."""
    rows = []
    for quantity, year, value, low, high in read_observed():
        for clock, found in series.items():
            column = found[quantity][:, year - YEARS[0]]
            p5, median, p95 = (float(part) for part in np.quantile(column, [0.05, 0.5, 0.95]))
            meets = p5 <= high and p95 >= low
            error = median / value - 1.0
            rows.append(Comparison(quantity, year, clock, value, low, high, median, p5, p95, error, meets))
    return rows


def calibration(
    shapes: Sequence[float] = (2.0, 2.5, 3.0, 4.0), scales: Sequence[float] = (22.0, 24.0, 26.0, 28.0, 31.0)
) -> list[tuple[float, float, float]]:
    """Return (shape, scale, misfit) of the host's Weibull survival against the history, best first.

    The misfit is the root mean square of (simulated - observed) over the half-range of the observation, for stock and
    second-hand share; at the medians of all other inputs. Only observed history enters, never a projection.
    """
    study = mcsim.load("fleet")
    observed = [row for row in read_observed() if row[0] in ("stock", "second_hand_share") and row[1] > YEARS[0]]
    ranked = []
    for shape in shapes:
        for scale in scales:
            found = evaluate_centre(study.set(mx_survival_shape=shape, mx_survival_scale=scale))
            totals = {name: found[name].sum(axis=axes)[0] for name, axes in SHOWN.items()}
            misses = [
                (totals[name][year - YEARS[0]] - value) / (0.5 * (high - low))
                for name, year, value, low, high in observed
            ]
            ranked.append((shape, scale, float(np.sqrt(np.mean(np.square(misses))))))
    return sorted(ranked, key=lambda row: row[2])


def lines(rows: Sequence[Comparison]) -> list[str]:
    """Return the table of errors as text."""
    shown = [f"{'quantity':<20} {'year':<5} {'clock':<12} {'observed':>12} {'model, 90 % band':>32} {'error':>7} meets"]
    for row in rows:
        band = f"{row.median:.5g} ({row.p5:.5g} to {row.p95:.5g})"
        shown.append(
            f"{row.quantity:<20} {row.year:<5} {row.clock:<12} {row.observed:>12.5g} {band:>32} {row.error:>+7.1%} "
            + ("yes" if row.meets else "no")
        )
    return shown


def figure(series: Mapping[str, Series], path: Path) -> None:
    """Write the picture: stock, second-hand share and fleet age, 2005-2023, with bands and observations."""
    from matplotlib.figure import Figure

    panels = {"stock": ("stock, million", 1e-6), "second_hand_share": ("second-hand share", 1.0)}
    panels |= {"mean_fleet_age": ("mean age, yr", 1.0)}
    years = np.arange(2005, 2024)
    canvas = Figure(figsize=(11, 3.4), layout="constrained")
    axes = canvas.subplots(1, 3)
    for axis, (quantity, (label, factor)) in zip(axes, panels.items(), strict=True):
        for clock, colour in zip(CLOCKS, ("#1b6ca8", "#c8553d"), strict=True):
            values = series[clock][quantity][:, : years.size] * factor
            low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
            axis.fill_between(years, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.plot(years, middle, color=colour, label=clock)
        for name, year, value, bottom, top in read_observed():
            if name == quantity:
                spread = [[(value - bottom) * factor], [(top - value) * factor]]
                axis.errorbar([year], [value * factor], yerr=spread, color="black", marker="o", capsize=3)
        axis.set_ylabel(label)
        axis.set_xticks([2005, 2010, 2015, 2020])
    axes[0].legend(title="import clock", frameon=False)
    canvas.savefig(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of errors and the calibration; with a folder, write the table and the picture there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000, help="draws of the inputs (default 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for hindcast.csv and hindcast.svg")
    chosen = parser.parse_args(arguments)
    series = simulate(chosen.draws, chosen.seed)
    rows = compare(series)
    print("\n".join(lines(rows)))
    print("\nHost's survival against stock and second-hand share (misfit in half-ranges; the prior is not refitted)")
    for shape, scale, misfit in calibration()[:5]:
        print(f"  Weibull({shape:g}, {scale:g} yr)  {misfit:.2f}")
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
        with (chosen.out / "hindcast.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(field.name for field in fields(Comparison))
            writer.writerows([getattr(row, field.name) for field in fields(Comparison)] for row in rows)
        figure(series, chosen.out / "hindcast.svg")


if __name__ == "__main__":
    main()
