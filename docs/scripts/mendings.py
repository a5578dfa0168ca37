"""What each mending of the vehicle study's inputs and definitions moved: put back all of them, then mend one by one.

Usage: python docs/scripts/mendings.py [--write] [--draws 2000]
"""

import argparse

import numpy as np
from blocks import table, tell

import mcsim
from mcsim.studies.second_hand_ev.lca import CATEGORIES

STUDIES = {"report": "second-hand-ev", "field": "second-hand-ev-field"}
GAS = "grid_sources[mx,gas,gas_combined_cycle,gas_conventional]"
# What was before: name -> settings. The field's loss abroad is drawn apart from the one at home: before it was one.
BEFORE: dict[str, dict[str, object]] = {
    "of the vehicles that cross": {"condition": "cohort"},
    "Mexican gas at its published intensity": {GAS: "triangular(0.75, 0.85, 0.95)"},
    "long lives drive less": {"reference_distance": "independent"},
    "whole mass of the pack is made": {f"vehicle_factors[pack_housing,{category}]": 0.0 for category in CATEGORIES},
    "wear by mass": {"wear_mass": "off"},
}
FIELD: dict[str, dict[str, object]] = {
    "loss that ends a pack in Mexico": {"mx_end_of_life_loss": "uniform(0.20, 0.30)"},
    "spread of vehicles counted once": {"annual_degradation": "lognormal(0.0165, 0.35)"},
}
HEADLINES = (
    ("gwp", "stay-us", 5),
    ("gwp", "stay-us", 12),
    ("gwp", "stay-us", None),
    ("gwp", "mx-icev", None),
    ("htpnc", "stay-us", None),
    ("htpnc", "mx-icev", None),
)


def headline(result: mcsim.Result, category: str, reference: str, age: int | None) -> str:
    """Return the median and 95 % of a change [%] of the electric SUV, at an export age or at the trade's."""
    where = {"vehicle": "ev-suv", "reference": reference, "category": category}
    name = "impact_change_at_trade" if age is None else "impact_change"
    values = 100.0 * result.values(name, **where, **({} if age is None else {"export_age": age}))
    middle, low, high = np.nanpercentile(values, (50, 2.5, 97.5))
    return f"{middle:+.1f} ({low:+.1f} to {high:+.1f})"


def mendings_table(label: str, draws: int) -> str:
    """Return the headlines of a study as it was, and after each mending in turn."""
    before = BEFORE if label == "report" else {**BEFORE, **FIELD}
    rows = []
    for mended in range(len(before) + 1):
        put_back = {name: value for each in list(before.values())[mended:] for name, value in each.items()}
        study = mcsim.load(STUDIES[label]).set(**put_back)
        keep = ("impact_change", "impact_change_at_trade")
        result = mcsim.run(study, draws=draws, seed=1, keep=keep, quiet=True)
        rows.append([["as it was", *before][mended], *(headline(result, *which) for which in HEADLINES)])
    names = [f"{c}, {r}, {'trade' if age is None else f'age {age}'}" for c, r, age in HEADLINES]
    return table(["and then", *names], rows)


def main() -> None:
    """Print the tables, or write them into docs/presets.md."""
    parser = argparse.ArgumentParser(description="What each mending moved.")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/presets.md")
    parser.add_argument("--draws", type=int, default=2000)
    arguments = parser.parse_args()
    found = {f"mendings {label}": mendings_table(label, arguments.draws) for label in STUDIES}
    tell("presets.md", found, arguments.write)


if __name__ == "__main__":
    main()
