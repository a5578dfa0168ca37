"""Air quality and toxicity of an exported electric SUV against a new gasoline compact: by boundary, by stage, by place.

Usage: python docs/scripts/air_quality.py [--write] [--draws 300]

Runs of `second-hand-ev`, seed 1, exported at 8 years. A boundary is a choice of stages of the same draws; the source's
is that of the study's own options, under common random numbers.
"""

import argparse
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from blocks import percent, table, tell
from numpy.typing import NDArray

import mcsim
from mcsim.report.style import label
from mcsim.studies.second_hand_ev.assembly import STAGES
from mcsim.studies.second_hand_ev.lca import CATEGORIES

DRAWS, EXPORT_AGE = 300, 8
CAR = ("vehicle_production", "vehicle_end_of_life")
DATA_SET = {"boundary": "without_vehicle", "icev_operation": "transport_dataset"}


class Boundary(NamedTuple):
    """What is counted: options of the study, and stages left out of the electric SUV and of the gasoline car."""

    options: tuple[tuple[str, str], ...] = ()
    electric: tuple[str, ...] = ()
    gasoline: tuple[str, ...] = ()


BOUNDARIES: Mapping[str, Boundary] = {
    "both cars counted (ours)": Boundary(),
    "neither car counted": Boundary(electric=CAR, gasoline=CAR),
    "the gasoline car counted, the electric one not": Boundary(electric=CAR),
    "the same, the gasoline car a transport data set with its road (the source's)": Boundary(tuple(DATA_SET.items())),
}
TOLD = ("gwp", "hofp", "tap", "pmfp", "htpc", "htpnc", "tetp")
# Where a stage falls: where things are made, where they are driven, where they end.
PLACES = {
    "mines, smelters, car and cell plants": ("vehicle_production", "battery_production", "recycling_credit"),
    "roads, refineries and power plants": ("use", "maintenance", "road"),
    "dismantlers, recyclers and landfills": ("vehicle_end_of_life", "battery_recycling", "landfill"),
}


class Drawn(NamedTuple):
    """Impact per km by stage and category of both cars, (n, stages, categories), and km driven in Mexico, (n,)."""

    electric: NDArray[np.float64]
    gasoline: NDArray[np.float64]
    abroad: NDArray[np.float64]


@cache
def drawn(draws: int = DRAWS, options: tuple[tuple[str, str], ...] = ()) -> Drawn:
    """Return the draws of both cars under options of the study."""
    study = mcsim.load("second-hand-ev").set(**dict(options))
    result = mcsim.run(study, draws=draws, seed=1, keep=("impact_per_km",), quiet=True)
    exported = {"vehicle": "ev-suv", "route": "export", "export_age": EXPORT_AGE}
    return Drawn(
        result.values("impact_per_km", **exported),
        result.values("impact_per_km", vehicle="icev-compact", route="mx", export_age=0),
        result.values("share_km_mx", **exported),
    )


def within(values: NDArray[np.float64], left_out: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the impact per km of the stages that a boundary counts, (n, categories)."""
    return values[:, [place for place, stage in enumerate(STAGES) if stage not in left_out]].sum(axis=1)


def sides(boundary: Boundary, draws: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the impact per km of the electric SUV and of the gasoline car within a boundary, (n, categories) each."""
    found = drawn(draws, boundary.options)
    return within(found.electric, boundary.electric), within(found.gasoline, boundary.gasoline)


def boundary_table(draws: int = DRAWS) -> str:
    """Return the change against the gasoline car, and P(below it), by category and boundary."""
    changes = [ours / theirs - 1.0 for ours, theirs in (sides(boundary, draws) for boundary in BOUNDARIES.values())]
    lines = []
    for place, (category, (name, _)) in enumerate(CATEGORIES.items()):
        line = [f"{name} (`{category}`)"]
        for change in changes:
            line += [percent(float(np.median(change[:, place])), 0), f"{np.mean(change[:, place] < 0):.2f}"]
        lines.append(line)
    heads = [head for number, _ in enumerate(BOUNDARIES, start=1) for head in (f"{number}: change, %", "P(below)")]
    return table(["category", *heads], lines)


def below_table(draws: int = DRAWS) -> str:
    """Return in how many of the ten categories the exported SUV lies below, by boundary."""
    lines = []
    for number, (name, boundary) in enumerate(BOUNDARIES.items(), start=1):
        ours, theirs = sides(boundary, draws)
        count = (ours < theirs).sum(axis=1)
        low, middle, high = np.quantile(count, (0.025, 0.5, 0.975))
        most = float(np.mean(count > len(CATEGORIES) / 2))
        lines.append([str(number), name, f"{middle:.0f} ({low:.0f} to {high:.0f})", f"{most:.2f}"])
    return table(
        ["", "boundary", f"of {len(CATEGORIES)} categories below, median (95 %)", "P(most of them)"], lines, words=2
    )


def stage_table(draws: int = DRAWS) -> str:
    """Return the mean of each stage of both cars over the mean of all stages of the gasoline car, in percent."""
    found, lines = drawn(draws), []
    places = [list(CATEGORIES).index(category) for category in TOLD]
    electric, gasoline = found.electric.mean(axis=0), found.gasoline.mean(axis=0)
    whole = gasoline.sum(axis=0)
    for row, stage in enumerate(STAGES):
        shares = [
            (100 * electric[row, place] / whole[place], 100 * gasoline[row, place] / whole[place]) for place in places
        ]
        lines.append([label(stage), *(f"{ours:.0f} / {theirs:.0f}" for ours, theirs in shares)])
    sums = [f"{100 * electric[:, place].sum() / whole[place]:.0f} / 100" for place in places]
    return table(["electric SUV / gasoline car", *TOLD], [*lines, ["**sum**", *sums]])


def place_table(draws: int = DRAWS) -> str:
    """Return the same by where the stages fall."""
    found, lines = drawn(draws), []
    places = [list(CATEGORIES).index(category) for category in TOLD]
    electric, gasoline = found.electric.mean(axis=0), found.gasoline.mean(axis=0)
    whole = gasoline.sum(axis=0)
    for words, stages in PLACES.items():
        rows = [STAGES.index(stage) for stage in stages]
        sums = [
            (electric[rows, place].sum() / whole[place], gasoline[rows, place].sum() / whole[place]) for place in places
        ]
        lines.append([words, *(f"{100 * ours:.0f} / {100 * theirs:.0f}" for ours, theirs in sums)])
    lines.append([f"km of the exported SUV in Mexico: {100 * found.abroad.mean():.0f} %", *[""] * len(places)])
    return table(["electric SUV / gasoline car", *TOLD], lines)


def blocks(draws: int = DRAWS) -> dict[str, str]:
    """Return every block of the page."""
    return {
        "air boundary": boundary_table(draws),
        "air below": below_table(draws),
        "air stages": stage_table(draws),
        "air places": place_table(draws),
    }


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/air-quality.md")
    given = parser.parse_args()
    found = blocks(given.draws)
    tell("air-quality.md", found, given.write)


if __name__ == "__main__":
    main()
