"""Figures 4 and 5 of the source with bands: stocks and deregistrations, and the battery mass and materials that retire.

python -m mcsim.studies.fleet.figures --out DIR [--draws N]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcsim.studies.common.labels import MATERIALS, POWERTRAINS
from mcsim.studies.fleet.priors import read_priors
from mcsim.studies.fleet.series import YEARS

ORIGINS = ("new", "second-hand")
COLOURS = ("#1b6ca8", "#6aa84f", "#c8553d")


def _band(axis: object, values: NDArray[np.float64], label: str, colour: str) -> None:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
    axis.fill_between(YEARS, low, high, color=colour, alpha=0.2, linewidth=0)  # type: ignore[attr-defined]
    axis.plot(YEARS, middle, color=colour, label=label)  # type: ignore[attr-defined]


def stocks(outputs: Mapping[str, NDArray[np.float64]], path: Path) -> None:
    """Write stock in use and cumulated deregistrations by origin and powertrain, with 90 % bands.

    Parameters
    ----------
    outputs : mapping
        Of the fleet.
    path : Path
        File to write; its suffix is the format.
    """
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(10, 6), layout="constrained")
    axes = canvas.subplots(2, 2, sharex=True)
    for row, (name, label) in enumerate(
        (("stock", "in use, million"), ("cumulative_deregistrations", "left, million"))
    ):
        for column, origin in enumerate(ORIGINS):
            for place, powertrain in enumerate(POWERTRAINS):
                _band(axes[row, column], outputs[name][:, :, column, place] / 1e6, powertrain, COLOURS[place])
            axes[row, column].set_title(f"{origin}: {label}")
    axes[0, 0].legend(frameon=False)
    canvas.savefig(path)


def batteries(outputs: Mapping[str, NDArray[np.float64]], path: Path) -> None:
    """Write retired battery mass by origin, flow and cumulated, and the materials in it, with 90 % bands.

    Parameters
    ----------
    outputs, path
        As in `stocks`.
    """
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(12, 4), layout="constrained")
    axes = canvas.subplots(1, 3, sharex=True)
    for column, origin in enumerate(ORIGINS):
        colour = COLOURS[2 * column]
        _band(axes[0], outputs["retired_battery_mass"][:, :, column] / 1e3, origin, colour)
        _band(axes[1], outputs["cumulative_retired_battery_mass"][:, :, column] / 1e6, origin, colour)
    axes[0].set_title("retired packs, thousand t a year")
    axes[1].set_title("cumulated, million t")
    for place, material in enumerate(MATERIALS[:3]):
        both = outputs["material_contained"][:, :, :, place].sum(axis=2)
        _band(axes[2], np.cumsum(both, axis=1) / 1e3, material, COLOURS[place])
    axes[2].set_title("contained, cumulated, thousand t")
    axes[0].legend(frameon=False)
    axes[2].legend(frameon=False)
    canvas.savefig(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both figures into a folder."""
    parser = argparse.ArgumentParser(prog="figures", description="The fleet's figures with bands.")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder for stocks.svg and batteries.svg")
    chosen = parser.parse_args(arguments)
    outputs = read_priors().evaluate(chosen.draws, chosen.seed)
    chosen.out.mkdir(parents=True, exist_ok=True)
    stocks(outputs, chosen.out / "stocks.svg")
    batteries(outputs, chosen.out / "batteries.svg")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
