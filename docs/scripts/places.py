"""Where the impacts of an exported electric SUV fall, what an export changes there, and what of it leaves in streets.

Usage: python docs/scripts/places.py [--write] [--draws 300]

One run of `second-hand-ev`, seed 1, exported at 8 years: the same as
`mcsim run second-hand-ev --draws 300 --seed 1 --no-sensitivity --keep impact_by_place --keep impact_difference_by_place
--keep urban_street_share`, whose summary.csv has every other vehicle, age and category.
"""

import argparse
from functools import cache
from typing import Any

import numpy as np
from blocks import table, tell
from numpy.typing import NDArray

import mcsim
from mcsim.studies.second_hand_ev.lca import CATEGORIES
from mcsim.studies.second_hand_ev.outputs import PLACE_DIFFERENCE, PLACED, STREET_CATEGORIES, STREET_SHARE

DRAWS, EXPORT_AGE = 300, 8
TOLD = ("gwp", "pmfp", "tap", "hofp", "htpc", "htpnc")
PLACES = {"us": "in the US", "mx": "in Mexico", "elsewhere": "elsewhere"}
LIVES = {
    "electric SUV, exported": {"vehicle": "ev-suv", "route": "export", "export_age": EXPORT_AGE},
    "gasoline compact, new in Mexico": {"vehicle": "icev-compact", "route": "mx", "export_age": 0},
}
REFERENCES = {"stay-us": "the same car kept in the US", "mx-icev": "a new gasoline compact in Mexico"}


@cache
def drawn(draws: int = DRAWS) -> Any:
    """Return the run."""
    keep = (PLACED[0], PLACE_DIFFERENCE, STREET_SHARE)
    return mcsim.run(mcsim.load("second-hand-ev"), draws=draws, seed=1, keep=keep, quiet=True)


def within(values: NDArray[np.float64], digits: int = 0) -> str:
    """Return the median of draws with the band that holds 95 % of them."""
    low, middle, high = np.quantile(values, (0.025, 0.5, 0.975))
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def share_table(draws: int = DRAWS) -> str:
    """Return where the impacts of two lives fall, in percent of each life's own."""
    lines = []
    for name, labels in LIVES.items():
        values = drawn(draws).values(PLACED[0], **labels)
        part = 100 * values / values.sum(axis=1, keepdims=True)
        for place, words in enumerate(PLACES.values()):
            cells = [within(part[:, place, list(CATEGORIES).index(category)]) for category in TOLD]
            lines.append([name if place == 0 else "", words, *cells])
    return table(["life", "%", *TOLD], lines, words=2)


def difference_table(draws: int = DRAWS) -> str:
    """Return what an export changes at each place, in percent of the whole impact of what it is held against."""
    result, lines = drawn(draws), []
    exported = result.values(PLACED[0], **next(iter(LIVES.values()))).sum(axis=1)
    for reference, name in REFERENCES.items():
        change = result.values(PLACE_DIFFERENCE, vehicle="ev-suv", reference=reference, export_age=EXPORT_AGE)
        whole = exported - change.sum(axis=1)  # of the reference, per km
        rows = [*enumerate(PLACES.values()), (None, "**in all**")]
        for number, (place, words) in enumerate(rows):
            moved = change.sum(axis=1) if place is None else change[:, place]
            cells = [within(100 * (moved / whole)[:, list(CATEGORIES).index(category)]) for category in TOLD]
            lines.append([name if number == 0 else "", words, *cells])
    return table(["against", "change, % of its whole", *TOLD], lines, words=2)


def street_table(draws: int = DRAWS) -> str:
    """Return what exhaust and wear in Mexican cities are of all that falls in Mexico."""
    lines = []
    for name, labels in LIVES.items():
        values = 100 * drawn(draws).values(STREET_SHARE, **labels)
        cells = [within(values[:, list(CATEGORIES).index(category)], 2) for category in STREET_CATEGORIES]
        lines.append([name, *cells])
    heads = [f"{CATEGORIES[category][0]} (`{category}`)" for category in STREET_CATEGORIES]
    return table(["%", *heads], lines)


def blocks(draws: int = DRAWS) -> dict[str, str]:
    """Return every block of the page."""
    return {
        "place shares": share_table(draws),
        "place changes": difference_table(draws),
        "street": street_table(draws),
    }


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/places.md")
    given = parser.parse_args()
    tell("places.md", blocks(given.draws), given.write)


if __name__ == "__main__":
    main()
