"""Figures 4 and 5 of the fleet's source with bands: stocks and deregistrations; retired battery mass and materials.

Usage: python docs/scripts/fleet_figures.py --out DIR [--draws N] [--seed S]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import mcsim
from mcsim.kernels.cohorts.records import ORIGINS, POWERTRAINS
from mcsim.studies.common.labels import MATERIALS
from mcsim.studies.fleet.series import YEARS

COLOURS = ("#1b6ca8", "#6aa84f", "#c8553d")
SHOWN = ("stock", "cumulative_deregistrations", "retired_battery_mass", "cumulative_retired_battery_mass")


def band(axis: Any, values: Any, label: str, colour: str) -> None:
    """Draw the median and the 90 % band of draws by year."""
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
    axis.fill_between(YEARS, low, high, color=colour, alpha=0.2, linewidth=0)
    axis.plot(YEARS, middle, color=colour, label=label)


def stocks(result: mcsim.Result, path: Path) -> None:
    """Write stock in use and cumulated deregistrations by origin and powertrain."""
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(10, 6), layout="constrained")
    axes = canvas.subplots(2, 2, sharex=True)
    labels = {"stock": "in use, million", "cumulative_deregistrations": "left, million"}
    for row, (name, label) in enumerate(labels.items()):
        values = result.values(name)
        for column, origin in enumerate(ORIGINS):
            for place, powertrain in enumerate(POWERTRAINS):
                band(axes[row, column], values[:, :, column, place] / 1e6, powertrain, COLOURS[place])
            axes[row, column].set_title(f"{origin}: {label}")
    axes[0, 0].legend(frameon=False)
    canvas.savefig(path)


def batteries(result: mcsim.Result, path: Path) -> None:
    """Write retired battery mass by origin, flow and cumulated, and the materials in it."""
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(12, 4), layout="constrained")
    axes = canvas.subplots(1, 3, sharex=True)
    for column, origin in enumerate(ORIGINS):
        colour = COLOURS[2 * column]
        band(axes[0], result.values("retired_battery_mass")[:, :, column] / 1e3, origin, colour)
        band(axes[1], result.values("cumulative_retired_battery_mass")[:, :, column] / 1e6, origin, colour)
    axes[0].set_title("retired packs, thousand t a year")
    axes[1].set_title("cumulated, million t")
    for place, material in enumerate(MATERIALS[:3]):
        both = result.values("material_contained")[:, :, :, place].sum(axis=2)
        band(axes[2], np.cumsum(both, axis=1) / 1e3, material, COLOURS[place])
    axes[2].set_title("contained, cumulated, thousand t")
    axes[0].legend(frameon=False)
    axes[2].legend(frameon=False)
    canvas.savefig(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write both figures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder for stocks.svg and batteries.svg")
    chosen = parser.parse_args(arguments)
    keep = [*SHOWN, "material_contained"]
    result = mcsim.run(mcsim.load("fleet"), draws=chosen.draws, seed=chosen.seed, keep=keep)
    chosen.out.mkdir(parents=True, exist_ok=True)
    stocks(result, chosen.out / "stocks.svg")
    batteries(result, chosen.out / "batteries.svg")


if __name__ == "__main__":
    main()
