"""Electricity of both countries by year: what the vehicle study's model gives per kWh generated, and what is published.

Usage: python docs/scripts/grid.py [--write] [--draws 2000]
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from blocks import percent, table, tell

import mcsim
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import centre_values, model_inputs
from mcsim.engine.points import design_columns, transform
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev.grid import FIRST_YEAR, KG_TO_G, impact_at_plug, prepare_grid
from mcsim.studies.second_hand_ev.lca import CATEGORIES
from mcsim.studies.second_hand_ev.vehicle import INPUT_NAMES, TABLE_NAMES

PUBLISHED = Path(__file__).with_name("grid_published.csv")
CORRIDOR = Corridor("us", "mx")
REGIONS = ("us", "mx")
SPLIT = ("mx", "gas", "gas_combined_cycle", "gas_conventional")
SPLITS = (0.85, 0.75, 0.5, 0.25)
SPLIT_YEARS = (2014, 2018, 2020, 2022, 2024, 2025)


def published(kind: str) -> dict[tuple[str, int], tuple[float, float, float]]:
    """Return value, low and high by region and year [g CO2e/kWh generated]."""
    with PUBLISHED.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    return {
        (row["region"], int(row["year"])): (float(row["value"]), float(row["low"]), float(row["high"])) for row in rows
    }


def intensity(study: mcsim.Study, draws: int, corridor: Corridor = CORRIDOR) -> np.ndarray:
    """Return g CO2e per kWh generated, shape (n, 2, n_years from 2010); one row at the centre where draws are 0."""
    grid = prepare_grid(corridor.neutral(study.tables, TABLE_NAMES), tuple(CATEGORIES), corridor)
    columns = design_columns(study)
    if draws:
        values = transform(study, make_design("random", columns, draws, 1).points(0, draws), columns)
    else:
        values = centre_values(study)
    inputs = corridor.neutral(model_inputs(study, values, max(draws, 1)), INPUT_NAMES)
    # A kWh at the plug without losses is a kWh generated.
    inputs["grid_losses"] = np.zeros_like(inputs["grid_losses"])
    at_plug = impact_at_plug(grid, inputs, FIRST_YEAR)
    return KG_TO_G * at_plug[..., tuple(CATEGORIES).index("gwp")]


def years_table(study: mcsim.Study, region: str, draws: int) -> str:
    """Return modelled against published intensity by year of one country."""
    found = intensity(study, draws)[:, REGIONS.index(region)]
    life_cycle, stack = published("life cycle"), published("stack")
    rows = []
    for year in sorted(year for where, year in life_cycle if where == region):
        middle, low, high = np.percentile(found[:, year - FIRST_YEAR], (50, 2.5, 97.5))
        value, least, most = life_cycle[region, year]
        official = f"{stack[region, year][0]:.0f}" if (region, year) in stack else ""
        rows.append([f"{year}", f"{middle:.0f} ({low:.0f} to {high:.0f})", f"{value:.0f} ({least:.0f} to {most:.0f})"])
        rows[-1] += [percent(middle / value - 1.0)] + ([official] if region == "mx" else [])
    last = ["official factor, stacks only"] if region == "mx" else []
    return table(["year", "modelled, 95 %", "published, range", "difference [%]", *last], rows)


def split_table(study: mcsim.Study) -> str:
    """Return what the share of combined cycle among Mexican gas does, other inputs at their centre."""
    life_cycle = published("life cycle")
    rows = []
    for share in SPLITS:
        changed = study.set(**{f"grid_sources[{','.join(SPLIT)}]": share})
        found = intensity(changed, 0)[0, REGIONS.index("mx")]
        cells = [found[year - FIRST_YEAR] for year in SPLIT_YEARS]
        told = [
            f"{value:.0f} ({percent(value / life_cycle['mx', year][0] - 1.0)})"
            for value, year in zip(cells, SPLIT_YEARS, strict=True)
        ]
        rows.append([f"{share:g}", *told])
    return table(["share of combined cycle", *(f"{year}" for year in SPLIT_YEARS)], rows)


def blocks(draws: int) -> dict[str, str]:
    """Return every table of the page."""
    study = mcsim.load("second-hand-ev")
    found = {f"grid {region}": years_table(study, region, draws) for region in REGIONS}
    return {**found, "grid split": split_table(study)}


def main() -> None:
    """Print the tables, or write them into docs/electricity.md."""
    parser = argparse.ArgumentParser(description="Modelled against published electricity.")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/electricity.md")
    parser.add_argument("--draws", type=int, default=2000)
    arguments = parser.parse_args()
    found = blocks(arguments.draws)
    tell("electricity.md", found, arguments.write)


if __name__ == "__main__":
    main()
