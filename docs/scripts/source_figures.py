"""Figures 4, 5 and 6 of NCST-UCD-RR-24-39 from its replication presets and from ours, with what it prints beside them.

Usage: python docs/scripts/source_figures.py [--write] [--draws 300]
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from blocks import DOCS, percent, table, tell
from printed import cell_of, printed_words

import mcsim
from mcsim.report.style import COLOURS, drawing
from mcsim.studies.common.labels import MATERIALS
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.second_hand_ev.performance import METRICS, ODOMETERS, PAYBACK

DRAWS = 300
FLEETS, VEHICLES = ("fleet-ncst", "fleet"), ("second-hand-ev-ncst", "second-hand-ev-field")
FATES = ("contained", "recoverable", "recovered")
# The same car is counted on both sides: under the source's reading only the gasoline car's own production is.
PAID = ("second-hand-ev", "second-hand-ev-field")
AGES, SHOWN_ODOMETERS = (3, 8, 12), (80000, 160000, 240000)
# Panel -> the printed figures that speak of it.
PANELS: Mapping[str, tuple[str, ...]] = {
    "a, vehicles in use": (
        "stock in use, 2005", "second-hand share of the stock, 2014 (its maximum)",
        "second-hand share of the stock, 2050 (its minimum)", "EV share of the stock, 2050",
    ),
    "b, vehicles retired to date": ("second-hand share of vehicles retired to date, 2035 (its maximum)",),
    "c, battery mass retired a year": ("last year of more second-hand than new battery mass",),
    "d, battery mass retired to date": ("second-hand share of battery mass retired to date, 2030",),
}  # fmt: skip
KEPT = (
    "stock", "cumulative_deregistrations", "retired_battery_mass", "cumulative_retired_battery_mass",
    "second_hand_share", "second_hand_share_of_cumulative_deregistrations",
    "second_hand_share_of_cumulative_retired_mass", *(f"cumulative_material_{fate}_total" for fate in FATES),
)  # fmt: skip
Runs = Mapping[str, Any]


def run_of(name: str, draws: int, keep: Sequence[str]) -> Any:
    """Return a run of a preset."""
    return mcsim.run(mcsim.load(name), draws=draws, seed=1, keep=list(keep), quiet=True)


def figure_4(runs: Runs) -> str:
    """Return what is printed of each panel beside what either preset gives."""
    told = {name: {row["figure"]: row for row in mcsim.printed(run).to_dict("records")} for name, run in runs.items()}
    lines = []
    for panel, figures in PANELS.items():
        for figure in figures:
            rows = [told[name][figure] for name in FLEETS]
            lines.append([panel, figure, printed_words(rows[0]), *(cell_of(row) for row in rows)])
    return table(["panel", "figure", "printed", *(f"`{name}`" for name in FLEETS)], lines, words=5)


def year_of(values: Any, first: int, highest: bool) -> str:
    """Return in which year the median of draws is highest or lowest, from a year on."""
    middle = np.nanmedian(values, axis=0)[first - YEARS[0] :]
    return str(first + int(middle.argmax() if highest else middle.argmin()))


def last_above(values: Any, level: float) -> str:
    """Return the last year in which the median of draws is above a level."""
    told = ~np.isnan(values).all(axis=0)
    above = np.flatnonzero(told)[np.nanmedian(values[:, told], axis=0) > level]
    return str(YEARS[-1] - (values.shape[1] - 1) + int(above[-1])) if above.size else "none"


def turns(runs: Runs) -> str:
    """Return when the lines of the panels turn, as the source says and as the medians of either preset have it."""
    stock, retired = "second_hand_share", "second_hand_share_of_cumulative_deregistrations"
    mass = "second_hand_share_of_cumulative_retired_mass"
    asked = (
        ("a: highest second-hand share of the stock", "2014", lambda run: year_of(run.values(stock), 2005, True)),
        ("a: lowest from then on", "2050", lambda run: year_of(run.values(stock), 2014, False)),
        ("b: highest second-hand share of the retired", "2035", lambda run: year_of(run.values(retired), 2005, True)),
        ("d: last year of more than half of the mass", "for decades", lambda run: last_above(run.values(mass), 0.5)),
    )
    lines = [[words, said, *(ask(runs[name]) for name in FLEETS)] for words, said, ask in asked]
    return table(["", "source", *(f"`{name}`" for name in FLEETS)], lines)


def band(values: Any, digits: int = 0) -> str:
    """Return median and 95 % band of draws."""
    low, middle, high = (f"{value:,.{digits}f}" for value in np.quantile(values, [0.025, 0.5, 0.975]))
    return f"{middle} ({low} to {high})"


def figure_5(runs: Runs) -> str:
    """Return cumulative materials to 2050 by what becomes of them, both origins together."""
    lines = []
    for place, material in enumerate(MATERIALS):
        cells = [
            band(runs[name].values(f"cumulative_material_{fate}_total")[:, -1, place] / 1e3, 1)
            for name in FLEETS
            for fate in FATES
        ]
        lines.append([material, *cells])
    return table(["kt", *(f"`{name}`: {fate}" for name in FLEETS for fate in FATES)], lines)


def figure_6(runs: Runs) -> str:
    """Return the change of every metric of the electric SUV, by age and by odometer at the export."""
    lines = []
    for place, metric in enumerate(METRICS):
        cells = []
        for name in VEHICLES:
            by_age = runs[name].values("performance_change", vehicle="ev-suv")
            by_km = runs[name].values("performance_change_by_odometer", vehicle="ev-suv")
            shown = [by_age[:, age, place] for age in AGES]
            shown += [by_km[:, ODOMETERS.index(km), place] for km in SHOWN_ODOMETERS]
            cells += [percent(float(np.nanmedian(values)), 0) for values in shown]
        lines.append([metric.replace("_", " "), *cells])
    at = (*(f"at {age} yr" for age in AGES), *(f"{km:,} km" for km in SHOWN_ODOMETERS))
    return table(["change, %", *(f"`{name}`: {word}" for name in VEHICLES for word in at)], lines)


def payback(runs: Runs) -> str:
    """Return when an exported electric car has paid back its production, and how often it never does."""
    lines = []
    for vehicle in ("ev-suv", "ev-compact"):
        for age in (0, *AGES):
            cells = []
            for name in PAID:
                at = {"vehicle": vehicle, "route": "export", "export_age": age}
                km, years, never = (
                    runs[name].values(f"payback_{what}", **at) for what in ("distance", "years", "never")
                )
                paid = ~np.isnan(km)
                cells += [band(km[paid] / 1e3), band(years[paid], 1), f"{np.nanmean(never):.3f}"]
            lines.append([f"{vehicle}, exported at {age} yr", *cells])
    heads = (f"`{name}`: {what}" for name in PAID for what in ("1,000 km", "yr", "P(never)"))
    return table(["", *heads], lines)


def _draw_bands(axis: Any, x: Sequence[float], values: Any, colour: str, label: str) -> None:
    low, middle, high = np.nanquantile(values, [0.025, 0.5, 0.975], axis=0)
    axis.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axis.plot(x, middle, color=colour, label=label)


def draw_4(runs: Runs, folder: Path) -> None:
    """Draw the four panels, a row for each preset."""
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = "source-4"
        picture, axes = plt.subplots(len(FLEETS), 4, figsize=(13, 5.6), sharex=True)
        for row, name in zip(axes, FLEETS, strict=True):
            run = runs[name]
            series = (
                (run.values("stock").sum(axis=3) / 1e6, "a: in use, million"),
                (run.values("cumulative_deregistrations").sum(axis=3) / 1e6, "b: retired to date, million"),
                (run.values("retired_battery_mass") / 1e3, "c: battery mass retired, kt/yr"),
                (run.values("cumulative_retired_battery_mass") / 1e6, "d: battery mass to date, Mt"),
            )
            for axis, (values, title) in zip(row, series, strict=True):
                for origin, words in enumerate(("new", "second-hand")):
                    _draw_bands(axis, YEARS, values[:, :, origin], COLOURS[origin], words)
                axis.set_title(f"{name}\n{title}", fontsize=9)
        axes[0, 0].legend(frameon=False, fontsize=8)
        picture.savefig(folder / "source-4.svg", metadata={"Date": None})


def draw_5(runs: Runs, folder: Path) -> None:
    """Draw cumulative materials recoverable, a panel for each preset."""
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = "source-5"
        picture, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True)
        for axis, name in zip(axes, FLEETS, strict=True):
            values = runs[name].values("cumulative_material_recoverable_total") / 1e3
            for place, material in enumerate(MATERIALS):
                _draw_bands(axis, YEARS, values[:, :, place], COLOURS[place % len(COLOURS)], material)
            axis.set_title(f"{name}: recoverable to date, kt", fontsize=9)
        axes[0].legend(frameon=False, fontsize=7, ncols=2)
        picture.savefig(folder / "source-5.svg", metadata={"Date": None})


def draw_6(runs: Runs, folder: Path) -> None:
    """Draw the change of every metric by age (above) and by odometer (below), both presets."""
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = "source-6"
        picture, axes = plt.subplots(2, len(METRICS), figsize=(19, 5))
        for row, output, x in (
            (axes[0], "performance_change", tuple(range(21))),
            (axes[1], "performance_change_by_odometer", tuple(km / 1000 for km in ODOMETERS)),
        ):
            for axis, (place, metric) in zip(row, enumerate(METRICS), strict=True):
                for colour, name in zip(COLOURS, VEHICLES, strict=False):
                    values = 100 * runs[name].values(output, vehicle="ev-suv")[:, :, place]
                    told = ~np.isnan(values).all(axis=0)
                    _draw_bands(axis, np.asarray(x)[told], values[:, told], colour, name)
                axis.axhline(0.0, color="black", linewidth=0.6)
                axis.set_title(metric.replace("_", " "), fontsize=8)
        axes[0, 0].set_ylabel("%, by export age")
        axes[1, 0].set_ylabel("%, by odometer, 1,000 km")
        axes[0, 0].legend(frameon=False, fontsize=7)
        picture.savefig(folder / "source-6.svg", metadata={"Date": None})


def runs_of(draws: int) -> tuple[Runs, Runs]:
    """Return the runs of fleets and of vehicles."""
    kept = ("performance_change", "performance_change_by_odometer", *PAYBACK)
    fleets = {name: run_of(name, draws, KEPT) for name in FLEETS}
    return fleets, {name: run_of(name, draws, kept) for name in dict.fromkeys((*VEHICLES, *PAID))}


def blocks(fleets: Runs, vehicles: Runs) -> dict[str, str]:
    """Return every block of the page."""
    return {
        "figure 4": figure_4(fleets),
        "turns": turns(fleets),
        "figure 5": figure_5(fleets),
        "figure 6": figure_6(vehicles),
        "payback": payback(vehicles),
    }


def main() -> None:
    """Print the tables, or write them and the pictures into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--write", action="store_true", help="write into docs/source-figures.md, and its pictures")
    given = parser.parse_args()
    fleets, vehicles = runs_of(given.draws)
    tell("source-figures.md", blocks(fleets, vehicles), given.write)
    if given.write:
        for draw, runs in ((draw_4, fleets), (draw_5, fleets), (draw_6, vehicles)):
            draw(runs, DOCS / "img")


if __name__ == "__main__":
    main()
