"""What observations leave of the shipped studies' inputs, and what that does to what they say.

Usage: python docs/scripts/calibration.py [--write] [--draws 2000]
"""

import argparse

import pandas as pd
from blocks import table, tell

import mcsim
from mcsim.report.style import number, share, span

LEADING = 6  # inputs that are shown of a calibration
MASS = "cumulative_retired_battery_mass"
# What is told of the fleet: heading, output, labels.
TOLD = (
    ("retired mass to 2050, new", MASS, {"year": 2050, "origin": "new"}),
    ("retired mass to 2050, second-hand", MASS, {"year": 2050, "origin": "second-hand"}),
    ("mean age 2030", "mean_fleet_age", {"year": 2030}),
    ("second-hand share 2030", "second_hand_share", {"year": 2030}),
    ("EV share 2050", "ev_share", {"year": 2050}),
)


def band(row: pd.Series, unit: str, before: str = "") -> str:
    """Return a median and its 95 % band as a cell."""
    low, middle, high = (float(row[f"{before}{name}"]) for name in ("p2.5", "p50", "p97.5"))
    return f"{number(middle, unit)} ({span(low, high, unit)})"


def inputs_table(posterior: mcsim.Posterior) -> str:
    """Return the inputs that narrowed most, and the options that were weighed."""
    rows = posterior.inputs
    rows = rows[~rows["input"].isin(posterior.words["option"])].sort_values("width").head(LEADING)
    cells = [
        [f"`{row['input']}`", band(row, row["unit"], "prior_"), band(row, row["unit"]), f"{row['width']:.2f}"]
        for _, row in rows.iterrows()
    ]
    cells += [
        [f"`{row['option']}` = {row['word']}", share(row["prior"]), share(row["posterior"]), ""]
        for _, row in posterior.words.iterrows()
    ]
    return table(["input", "prior (95 %)", "posterior (95 %)", "width left"], cells)


def observations_table(posterior: mcsim.Posterior) -> str:
    """Return what was observed beside what the model gives before and after."""
    cells = [
        [
            f"`{row['output']}`",
            f"{number(row['observed'], row['unit'])} ({span(row['low'], row['high'], row['unit'])})",
            band(row, row["unit"], "prior_"),
            band(row, row["unit"]),
            row["source"],
        ]
        for _, row in posterior.observations.iterrows()
    ]
    return table(["observed", "value (95 %)", "prior (95 %)", "posterior (95 %)", "source"], cells)


def how_table(posteriors: dict[str, mcsim.Posterior]) -> str:
    """Return how far each calibration can be trusted."""
    cells = []
    for name, posterior in posteriors.items():
        sample = posterior.sample
        worst = posterior.inputs["r_hat"].max()
        numbers = [f"{sample.evaluations:,}", f"{sample.khat:.2f}", f"{sample.ess:,.0f}", f"{worst:.3f}"]
        cells.append([name, str(len(posterior.observations)), sample.method, *numbers])
    return table(["study", "observations", "method", "evaluations", "k-hat", "effective draws", "r-hat"], cells)


def outcome_table(draws: int) -> str:
    """Return what the fleet says on its priors, on the shipped posteriors, and on each of the two alone."""
    fleet = mcsim.load("fleet")
    history = mcsim.calibrate(fleet)
    runs = {
        "priors": mcsim.run(fleet, draws),
        "history": mcsim.run(fleet, draws, posterior=history),
        "history and battery law": mcsim.run(fleet, draws, posterior="shipped"),
    }
    cells = []
    for what, output, labels in TOLD:
        rows = [result.summary(output, **labels).iloc[0] for result in runs.values()]
        widths = [float(row["p97.5"] - row["p2.5"]) for row in rows]
        cells.append([what, *(band(row, row["unit"]) for row in rows), f"{widths[-1] / widths[0]:.2f}"])
    return table(["", *runs, "width left"], cells)


def sources_table() -> str:
    """Return the battery law pooled, and on each source of the loss by itself."""
    study = mcsim.load("battery-law")
    sources = dict.fromkeys(item.source for item in study.calibration.observations if item.group == "capacity_loss")
    asked = {"all, pooled": ()} | {source: (f"capacity_loss:{source}", "replaced_share") for source in sources}
    cells = []
    for name, group in asked.items():
        posterior = mcsim.calibrate(study, group=group)
        row = posterior.inputs.set_index("input").loc["annual_degradation"]
        cells.append([name, band(row, row["unit"]), f"{row['width']:.2f}", f"{posterior.sample.khat:.2f}"])
    return table(["sources of the loss", "`annual_degradation` (95 %)", "width left", "k-hat"], cells)


def blocks(draws: int) -> dict[str, str]:
    """Return the tables of docs/calibration.md."""
    posteriors = {name: mcsim.calibrate(mcsim.load(name)) for name in ("battery-law", "fleet")}
    law, history = posteriors.values()
    return {
        "calibration how": how_table(posteriors),
        "calibration law": inputs_table(law),
        "calibration law seen": observations_table(law),
        "calibration sources": sources_table(),
        "calibration history": inputs_table(history),
        "calibration history seen": observations_table(history),
        "calibration outcome": outcome_table(draws),
    }


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/calibration.md")
    parser.add_argument("--draws", type=int, default=2000)
    arguments = parser.parse_args()
    found = blocks(arguments.draws)
    tell("calibration.md", found, arguments.write)


if __name__ == "__main__":
    main()
