"""The posteriors that ``--posterior shipped`` reads, as compact tables of draws and weights.

Usage: python docs/scripts/shipped_posteriors.py [--write] [--only STUDY]

Without ``--write`` it says of each table whether the studies as they are still take it.
"""

import argparse
from pathlib import Path

import mcsim
from mcsim.calibration.calibrate import rows_of
from mcsim.engine.conditioned import condition
from mcsim.store.posterior import write_rows

STUDIES = Path(__file__).resolve().parents[2] / "studies"
# Study that is calibrated -> its table.
TABLES = {
    "battery-law": STUDIES / "common" / "data" / "posterior_battery_law.csv",
    "fleet": STUDIES / "fleet" / "data" / "posterior_history.csv",
    "fleet-jp-nz": STUDIES / "japan_new_zealand" / "data" / "posterior_corridor.csv",
}
ROWS = 1000  # draws taken of the posterior's, of which the same ones share a row
DIGITS = 6


def write(only: str | None) -> None:
    """Calibrate the studies, or one of them, and write their tables."""
    for name, path in TABLES.items():
        if only not in (None, name):
            continue
        posterior = mcsim.calibrate(mcsim.load(name))
        rows = rows_of(posterior, ROWS)
        write_rows(rows, path, DIGITS)
        sample = posterior.sample
        print(
            f"{path.name}: {len(rows.weights)} rows of {len(rows.columns)} inputs of {name}; {sample.method}, "
            f"k-hat {sample.khat:.2f}, {sample.ess:,.0f} effective draws"
        )


def takers() -> list[str]:
    """Return the shipped studies that have a shipped posterior."""
    return [name for name in mcsim.find_studies() if mcsim.load(name).calibration.shipped]


def main() -> None:
    """Write the tables where asked, and say who takes them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="calibrate, and write the tables")
    parser.add_argument("--only", choices=sorted(TABLES), help="calibrate this study alone")
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments.only)
    for name in takers():
        try:
            study = condition(mcsim.load(name), "shipped")
        except mcsim.InputError as error:
            print(f"{name}: refused: {error}")
            continue
        told = ", ".join(f"{len(rows.columns)} inputs from {rows.name}" for rows in study.posterior)
        print(f"{name}: {told}")


if __name__ == "__main__":
    main()
