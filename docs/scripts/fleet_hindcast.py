"""The fleet against the history of 2005-2025: stocks, second-hand share, age, plug-ins sold, vehicles regularised.

Usage: python docs/scripts/fleet_hindcast.py [--draws N] [--seed S] [--out DIR]

Every observation stands beside three readings of the fleet: both import clocks with registered vehicles alone, and
`renewed` with unregistered ones. Its scope says which of them counts what it counted: two observations of one year and
quantity with different scopes are no series. Nothing is fitted here. The one calibration behind the shipped priors, of
the host's survival to the stock and the second-hand share of 2005-2022, is `calibration`: it shows how well each pair
of Weibull parameters meets the history.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import mcsim
from mcsim.engine.evaluation import evaluate_centre
from mcsim.kernels.cohorts.records import EV, NEW
from mcsim.studies.fleet.series import YEARS

Values = NDArray[np.float64]
# Reading of the fleet -> its options.
READINGS = {
    "renewed": {},
    "conditional": {"import_clock": "conditional"},
    "unregistered": {"unregistered": "on"},
}
# Outputs compared -> axes that are summed.
SUMMED: dict[str, tuple[int, ...]] = {
    "stock": (2, 3),
    "second_hand_share": (),
    "mean_fleet_age": (),
    "deregistrations": (2, 3),
    "us_stock": (2,),
    "us_deregistrations": (2,),
}
CALIBRATED = ("stock", "second_hand_share")
REGISTERED = "registered light vehicles"


class Observation(NamedTuple):
    """What was seen of one year, and what it counted; a lower bound has no high end."""

    quantity: str
    year: int
    value: float
    low: float
    high: float
    scope: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One observation beside the band of one reading; error is median over observed, less 1."""

    quantity: str
    year: int
    scope: str
    reading: str
    observed: float
    low: float
    high: float
    median: float
    p5: float
    p95: float
    error: float
    meets: bool


def read_observed() -> list[Observation]:
    """Return the observations that are compared."""
    text = resources.files("mcsim.studies.fleet").joinpath("data/observed.csv").read_text(encoding="utf-8")
    shown = {*SUMMED, "irregular_stock", "new_evs_to_date"}
    return [
        Observation(
            row["quantity"],
            int(row["year"]),
            float(row["value"]),
            float(row["low"]),
            float(row["high"] or "inf"),
            row["scope"],
        )
        for row in csv.DictReader(text.splitlines())
        if row["quantity"] in shown
    ]


def simulate(draws: int, seed: int) -> dict[str, dict[str, Values]]:
    """Return reading -> quantity -> (draws, years); the readings share their draws."""
    study = mcsim.load("fleet")
    found: dict[str, dict[str, Values]] = {}
    for reading, options in READINGS.items():
        result = mcsim.run(study.set(**options), draws=draws, seed=seed, keep=[*SUMMED, "registrations"])
        found[reading] = {name: result.values(name).sum(axis=axes) for name, axes in SUMMED.items()}
        found[reading]["new_evs_to_date"] = np.cumsum(result.values("registrations")[:, :, NEW, EV], axis=1)
    found["unregistered"]["irregular_stock"] = found["unregistered"]["stock"] - found["renewed"]["stock"]
    return found


def compare(series: Mapping[str, Mapping[str, Values]]) -> list[Comparison]:
    """Return every observation beside the 90 % band of each reading that has it; they meet where both overlap."""
    rows = []
    for quantity, year, value, low, high, scope in read_observed():
        for reading, found in series.items():
            if quantity not in found:
                continue
            column = found[quantity][:, year - YEARS[0]]
            p5, median, p95 = (float(part) for part in np.quantile(column, [0.05, 0.5, 0.95]))
            meets = p5 <= high and p95 >= low
            error = median / value - 1.0
            rows.append(Comparison(quantity, year, scope, reading, value, low, high, median, p5, p95, error, meets))
    return rows


def calibration(
    shapes: Sequence[float] = (2.0, 2.5, 3.0, 4.0), scales: Sequence[float] = (22.0, 24.0, 26.0, 28.0, 31.0)
) -> list[tuple[float, float, float]]:
    """Return (shape, scale, misfit) of the host's Weibull survival against the history, best first.

    The misfit is the root mean square of (simulated - observed) over the half-range of the observation, for the stock
    and the second-hand share of registered vehicles; at the medians of all other inputs. Only observed history enters,
    never a projection.
    """
    study = mcsim.load("fleet")
    observed = [row for row in read_observed() if row.quantity in CALIBRATED and row.scope == REGISTERED]
    ranked = []
    for shape in shapes:
        for scale in scales:
            found = evaluate_centre(study.set(mx_survival_shape=shape, mx_survival_scale=scale))
            totals = {name: found[name].sum(axis=axes)[0] for name, axes in SUMMED.items()}
            misses = [
                (totals[row.quantity][row.year - YEARS[0]] - row.value) / (0.5 * (row.high - row.low))
                for row in observed
            ]
            ranked.append((shape, scale, float(np.sqrt(np.mean(np.square(misses))))))
    return sorted(ranked, key=lambda row: row[2])


def lines(rows: Sequence[Comparison]) -> list[str]:
    """Return the table of errors as text."""
    shown = [
        f"{'quantity':<18} {'year':<5} {'scope':<40} {'reading':<12} {'observed':>10} {'model, 90 % band':>34} "
        f"{'error':>8} meets"
    ]
    for row in rows:
        band = f"{row.median:.5g} ({row.p5:.5g} to {row.p95:.5g})"
        shown.append(
            f"{row.quantity:<18} {row.year:<5} {row.scope:<40} {row.reading:<12} {row.observed:>10.5g} {band:>34} "
            f"{row.error:>+8.1%} " + ("yes" if row.meets else "no")
        )
    return shown


def figure(series: Mapping[str, Mapping[str, Values]], path: Path) -> None:
    """Write the picture: stock, second-hand share and fleet age, 2005-2025, with bands and observations by scope."""
    from matplotlib.figure import Figure

    panels = {"stock": ("stock, million", 1e-6), "second_hand_share": ("second-hand share", 1.0)}
    panels |= {"mean_fleet_age": ("mean age, yr", 1.0)}
    years = np.arange(2005, 2026)
    canvas = Figure(figsize=(11, 3.6), layout="constrained")
    axes = canvas.subplots(1, 3)
    for axis, (quantity, (label, factor)) in zip(axes, panels.items(), strict=True):
        for reading, colour in zip(READINGS, ("#1b6ca8", "#c8553d", "#6aa84f"), strict=True):
            values = series[reading][quantity][:, : years.size] * factor
            low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
            axis.fill_between(years, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.plot(years, middle, color=colour, label=reading)
        for row in read_observed():
            if row.quantity == quantity:
                spread = [[(row.value - row.low) * factor], [(row.high - row.value) * factor]]
                own = row.scope == REGISTERED
                axis.errorbar(
                    [row.year], [row.value * factor], yerr=spread, color="black", marker="o" if own else "x", capsize=3
                )
        axis.set_ylabel(label)
        axis.set_xticks([2005, 2010, 2015, 2020, 2025])
    axes[0].legend(frameon=False)
    axes[1].set_title("observed: registered vehicles (dot), another scope (cross)", fontsize=9)
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
