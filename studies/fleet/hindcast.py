"""Hindcast 2005-2023: simulated against observed stock, second-hand share and fleet age, under both import clocks.

Nothing is fitted here. The one calibration behind the shipped priors, of Mexico's survival to the stock and the
second-hand share of 2005-2022, is `calibration`: it shows how well each pair of Weibull parameters meets the history.

    python -m mcsim.studies.fleet.hindcast [--draws N] [--out DIR]
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcsim.studies.fleet.priors import read_priors
from mcsim.studies.fleet.series import YEARS
from mcsim.study import Context, FloatArray, Model, OptionValue

CLOCKS = ("renewed", "conditional")
# Quantities compared -> how they follow from the outputs.
SHOWN = ("stock", "second_hand_share", "mean_fleet_age", "deregistrations", "us_stock", "us_deregistrations")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One observation beside the model's band under one import clock.

    Parameters
    ----------
    quantity, year, clock : str, int, str
        What, when, and which reading of the survival of imports.
    observed, low, high : float
        The observation and its range.
    median, p5, p95 : float
        The model's band.
    error : float
        Median over observed, less 1.
    meets : bool
        Whether the model's 90 % band and the observation's range overlap.
    """

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


def read_observed() -> list[tuple[str, int, float, float, float, str]]:
    """Return the observations: quantity, year, value, low, high, unit."""
    text = resources.files("mcsim.studies.fleet").joinpath("data/observed.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return [
        (row["quantity"], int(row["year"]), float(row["value"]), float(row["low"]), float(row["high"]), row["unit"])
        for row in rows
    ]


def totals(outputs: Mapping[str, NDArray[np.float64]]) -> dict[str, FloatArray]:
    """Return the yearly series that observations are compared with, each (n, 46)."""
    return {
        "stock": outputs["stock"].sum(axis=(2, 3)),
        "second_hand_share": outputs["second_hand_share"],
        "mean_fleet_age": outputs["mean_fleet_age"],
        "deregistrations": outputs["deregistrations"].sum(axis=(2, 3)),
        "us_stock": outputs["us_stock"].sum(axis=2),
        "us_deregistrations": outputs["us_deregistrations"].sum(axis=2),
    }


def simulate(
    model: Model, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> dict[str, dict[str, FloatArray]]:
    """Return the series of `totals` under each import clock.

    Parameters
    ----------
    model : Model
        The fleet.
    inputs : mapping
        Input name -> (n,), table name -> (n, n_rows).
    options : mapping
        Option name -> value; `import_clock` is set by both readings in turn.

    Returns
    -------
    dict
        Clock -> quantity -> (n, 46).
    """
    n = next(iter(inputs.values())).shape[0]
    return {
        clock: totals(model.evaluate(inputs, Context({**options, "import_clock": clock}, 1, np.arange(n))))
        for clock in CLOCKS
    }


def hindcast(model: Model, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]) -> list[Comparison]:
    """Return every observation beside the model's band, under both import clocks.

    Parameters
    ----------
    model, inputs, options
        As in `simulate`.

    Returns
    -------
    list of Comparison
    """
    return compare(simulate(model, inputs, options))


def compare(series: Mapping[str, Mapping[str, FloatArray]]) -> list[Comparison]:
    """Return the comparisons of `hindcast` from series that are there already."""
    rows = []
    for quantity, year, value, low, high, _ in read_observed():
        if quantity not in SHOWN:
            continue
        for clock, found in series.items():
            column = found[quantity][:, year - YEARS[0]]
            p5, median, p95 = (float(part) for part in np.quantile(column, [0.05, 0.5, 0.95]))
            meets = p5 <= high and p95 >= low
            rows.append(
                Comparison(quantity, year, clock, value, low, high, median, p5, p95, median / value - 1.0, meets)
            )
    return rows


def calibration(
    model: Model,
    centre: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    shapes: Sequence[float] = (2.0, 2.5, 3.0, 4.0),
    scales: Sequence[float] = (22.0, 24.0, 26.0, 28.0, 31.0),
) -> list[tuple[float, float, float]]:
    """Return (shape, scale, misfit) of Mexico's survival against the history, best first.

    The misfit is the root mean square of (simulated - observed) over the half-range of the observation, for stock and
    second-hand share; at the medians of all other inputs. Only observed history enters, never a projection.

    Parameters
    ----------
    model : Model
        The fleet.
    centre : mapping
        One draw of inputs.
    options : mapping
        Option name -> value.
    shapes, scales : sequence of float
        Weibull parameters to try [-] and [yr].

    Returns
    -------
    list of (float, float, float)
    """
    pairs = [(shape, scale) for shape in shapes for scale in scales]
    n = len(pairs)
    inputs = {name: np.repeat(values, n, axis=0) for name, values in centre.items()}
    inputs["mx_survival_shape"], inputs["mx_survival_scale"] = (np.array(column) for column in zip(*pairs, strict=True))
    found = totals(model.evaluate(inputs, Context(options, 1, np.arange(n))))
    misses = []
    for quantity, year, value, low, high, _ in read_observed():
        if quantity in ("stock", "second_hand_share") and year > YEARS[0]:
            misses.append((found[quantity][:, year - YEARS[0]] - value) / (0.5 * (high - low)))
    misfit = np.sqrt(np.mean(np.square(misses), axis=0))
    return sorted(
        ((shape, scale, float(value)) for (shape, scale), value in zip(pairs, misfit, strict=True)),
        key=lambda row: row[2],
    )


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


def figure(series: Mapping[str, Mapping[str, FloatArray]], path: Path) -> None:
    """Write the picture: stock, second-hand share and fleet age, 2005-2023, with bands and observations.

    Parameters
    ----------
    series : mapping
        From `simulate`.
    path : Path
        File to write; its suffix is the format.
    """
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
        for name, year, value, bottom, top, _ in read_observed():
            if name == quantity:
                spread = [[(value - bottom) * factor], [(top - value) * factor]]
                axis.errorbar([year], [value * factor], yerr=spread, color="black", marker="o", capsize=3)
        axis.set_ylabel(label)
        axis.set_xticks([2005, 2010, 2015, 2020])
    axes[0].legend(title="import clock", frameon=False)
    canvas.savefig(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of errors and the calibration; with a folder, write the table and the picture there."""
    parser = argparse.ArgumentParser(prog="hindcast", description="The fleet study against the history of 2005-2023.")
    parser.add_argument("--draws", type=int, default=1000, help="draws of the inputs (default 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for hindcast.csv and hindcast.svg")
    chosen = parser.parse_args(arguments)
    priors = read_priors()
    series = simulate(priors.model, priors.draw(chosen.draws, chosen.seed), priors.options)
    rows = compare(series)
    print("\n".join(lines(rows)))
    print("\nMexican survival against stock and second-hand share (misfit in half-ranges; the prior is not refitted)")
    for shape, scale, misfit in calibration(priors.model, priors.draw(0), priors.options)[:5]:
        print(f"  Weibull({shape:g}, {scale:g} yr)  {misfit:.2f}")
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
        with (chosen.out / "hindcast.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(field.name for field in fields(Comparison))
            writer.writerows([getattr(row, field.name) for field in fields(Comparison)] for row in rows)
        figure(series, chosen.out / "hindcast.svg")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
