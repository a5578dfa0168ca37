"""History of a corridor: its priors, calibrated to 2019 and predicted, calibrated on all; for docs/corridor.md.

Usage: python docs/scripts/corridor_history.py --calibrate | --picture
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from blocks import percent, table
from numpy.typing import NDArray

import mcsim
from mcsim.calibration.calibrate import rows_of
from mcsim.report.style import number, span
from mcsim.store.posterior import write_rows
from mcsim.studies import japan_new_zealand
from mcsim.study import Study
from mcsim.study.observation import Observation

STUDY = Path(japan_new_zealand.__path__[0]) / "fleet-jp-nz.toml"
SEED = 1
SPLIT = 2020  # history before it, and from it on
EARLY = Path(__file__).with_name("corridor_to_2019.csv")  # posterior of what was observed before, and of packs
ROWS, DIGITS = 500, 6  # of that table
PICTURE = Path(__file__).resolve().parents[1] / "fleet" / "corridor-hindcast.svg"
# Imports and the fleet of EVs: what the bands are asked to hold.
ASKED = ("used_ev_exports", "ev_share")
# The step of 2024: the register of August 2026 over exp(-0.022 t), as in the study file, and used PHEVs as they stand.
STEP, STEP_SEEN = 2024, 1_025 * np.exp(0.022 * 2.17) + 1_067
Points = tuple[float, float, float]


def year_of(item: Observation) -> int | None:
    """Return the year of what was observed; None where it has none."""
    year = item.cell.labels.get("year")
    return None if year is None else int(year)


def calibrate_to_split() -> None:
    """Calibrate the study on what was observed before the split, and what has no year; write its table."""
    study = mcsim.load(STUDY)
    early = tuple(item for item in study.calibration.observations if (year_of(item) or 0) < SPLIT)
    posterior = mcsim.calibrate(replace(study, calibration=replace(study.calibration, observations=early)))
    write_rows(rows_of(posterior, ROWS), EARLY, DIGITS)
    print(f"{EARLY.name}: {len(early)} observations, r-hat {posterior.inputs['r_hat'].max():.2f}")


def observed_in(result: mcsim.Result, item: Observation) -> NDArray[np.float64]:
    """Return the drawn values of what was observed: an element of an output, or the sum of several."""
    values = result.values(item.cell.output.name)
    return np.asarray(values[:, item.cell.mask].sum(axis=1), np.float64)


def counted(result: mcsim.Result, item: Observation, seed: int) -> NDArray[np.float64]:
    """Return draws of what would be counted: what the model says, with the error of the count."""
    values = observed_in(result, item)
    noise = item.spread * np.random.default_rng([seed, *item.name.encode()]).standard_normal(len(values))
    return values * np.exp(noise) if item.lognormal else values + noise


def band(values: NDArray[np.float64]) -> Points:
    """Return the 5, 50 and 95 % points."""
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return float(low), float(middle), float(high)


def held_by(item: Observation, points: Points) -> bool:
    """Return whether a band holds what was observed."""
    return points[0] <= item.value <= points[2]


def runs(study: Study, draws: int, seed: int) -> dict[str, mcsim.Result]:
    """Return the study on its priors, calibrated to the split, and calibrated on all; of another study its priors."""
    names = tuple({item.cell.output.name for item in study.calibration.observations})
    posteriors: dict[str, str | None] = {"priors": None}
    if study.name == "fleet-jp-nz":
        posteriors |= {"to 2019": str(EARLY), "all": "shipped"}
    return {
        name: mcsim.run(study, draws, seed=seed, keep=names, posterior=posterior)
        for name, posterior in posteriors.items()
    }


def history_table(study: Study, results: Mapping[str, mcsim.Result]) -> str:
    """Return what was observed beside bands of 90 %: the priors', and those of a calibration to the split."""
    shown = [name for name in ("priors", "to 2019") if name in results]
    rows = []
    for item in study.calibration.observations:
        if year_of(item) is None:
            continue
        unit = item.cell.output.unit
        cells = [f"`{item.cell}`", f"{number(item.value, unit)} ({span(*item.range(0.9), unit)})"]
        for name in shown:
            points = low, middle, high = band(counted(results[name], item, SEED))
            held = "" if held_by(item, points) else f", **missed** by {percent(middle / item.value - 1.0, 0)} %"
            cells.append(f"{number(middle, unit)} ({span(low, high, unit)}){held}")
        rows.append(cells)
    heads = ["observed", "value (90 %)", "priors (90 %)", "calibrated to 2019, predicted from 2020 on (90 %)"]
    return table(heads[: 2 + len(shown)], rows)


def held_table(study: Study, results: Mapping[str, mcsim.Result]) -> str:
    """Return how many observations the bands of 90 % hold, by output, to 2019 and from 2020 on."""
    shown = [name for name in ("priors", "to 2019") if name in results]
    items = [item for item in study.calibration.observations if year_of(item)]

    def row(outputs: Sequence[str], alone: bool = False) -> list[str]:
        cells = []
        for name in shown:
            for late in (False, True):
                part = [item for item in items if item.cell.output.name in outputs]
                part = [item for item in part if ((year_of(item) or 0) >= SPLIT) == late]
                held = 0
                for item in part:
                    one = results[name]
                    held += held_by(item, band(observed_in(one, item) if alone else counted(one, item, SEED)))
                cells.append(f"{held} of {len(part)}")
        return cells

    names = list(dict.fromkeys(item.cell.output.name for item in items))
    rows = [[f"`{name}`", *row([name])] for name in names]
    if set(ASKED) <= set(names):
        asked = ["**imports and EV fleet**", *row(ASKED)]
        rows = [asked, ["the model alone, without the count's error", *row(ASKED, alone=True)], *rows]
    heads = ["priors, to 2019", "2020-2023", "calibrated to 2019", "predicted 2020-2023"]
    return table(["output", *heads[: 2 * len(shown)]], rows)


def packs_table(study: Study, results: Mapping[str, mcsim.Result]) -> str:
    """Return loss and survival as observed beside the priors and the calibration on all."""
    shown = [name for name in ("priors", "all") if name in results]
    told = {
        "pack_capacity_loss@second-hand,2.0": "capacity lost at 2 years, Leaf of 24 kWh",
        "pack_capacity_loss@second-hand,4.5": "at 4.5 years",
        "pack_capacity_loss@new,5.0": "other packs at 5 years (Geotab)",
        "pack_capacity_loss@new,10.0": "other packs at 10 years (Tesla)",
        "imported_ev_survival@8.5": "used BEVs of early 2018 registered 8.4 years later (83 or more)",
    }
    rows = []
    for item in study.calibration.observations:
        if str(item.cell) not in told:
            continue
        low, high = item.range(0.9)
        cells = [told[str(item.cell)], f"{100 * item.value:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"]
        for name in shown:
            points = band(observed_in(results[name], item))
            cells.append("{1:.1f} % ({0:.1f} to {2:.1f} %)".format(*(100 * point for point in points)))
        rows.append(cells)
    return table(["", "observed (90 %)", "priors (90 %)", "calibrated (90 %)"][: 2 + len(shown)], rows)


def learned_table(results: Mapping[str, mcsim.Result]) -> str:
    """Return what the calibration on all says of the inputs that decide packs and trade."""
    rows = []
    for name in (
        "annual_degradation", "nz_design_multiplier", "nz_end_of_life_loss", "second_hand_ev_life_multiplier",
        "second_hand_life_multiplier", "nz_survival_scale", "ev_selection_ratio", "ev_demand_spread",
        "ev_rebate_change", "ev_price_elasticity",
    ):  # fmt: skip
        cells = [f"`{name}`"]
        for which in ("priors", "all"):
            low, middle, high = band(results[which].inputs[name])
            cells.append(f"{middle:.3g} ({low:.3g} to {high:.3g})")
        rows.append(cells)
    return table(["input", "prior (90 %)", "calibrated (90 %)"], rows)


def step_table(draws: int, seed: int) -> str:
    """Return used EVs around the end of the rebate: as counted, predicted from 2019 on, and without either policy."""
    study = mcsim.load(STUDY)
    seen = {year_of(item): item.value for item in study.calibration.observations if item.name.startswith(ASKED[0])}
    seen[STEP] = float(STEP_SEEN)
    neither = study.set(ev_rebate_strength=0.0, ev_charge_strength=0.0)
    columns = []
    for one in (study, neither):
        result = mcsim.run(one, draws, seed=seed, keep=(ASKED[0],), posterior=str(EARLY))
        columns.append({year: result.values(ASKED[0], year=year) for year in range(2020, STEP + 1)})
    rows = []
    for year in range(2020, STEP + 1):
        bands = [band(column[year]) for column in columns]
        rows.append([f"{year}", f"{seen[year]:,.0f}", *(f"{b:,.0f} ({a:,.0f} to {c:,.0f})" for a, b, c in bands)])
    ratios = [band(column[STEP] / column[STEP - 1]) for column in columns]
    told = [f"{b:.2f} ({a:.2f} to {c:.2f})" for a, b, c in ratios]
    rows.append(["2024 over 2023", f"{seen[STEP] / seen[STEP - 1]:.2f}", *told])
    return table(["used EVs", "counted", "predicted (90 %)", "without rebate and charge (90 %)"], rows)


def blocks_of(study: Study, draws: int, seed: int) -> dict[str, str]:
    """Return the tables of history."""
    results = runs(study, draws, seed)
    found = {"corridor held": held_table(study, results), "corridor history": history_table(study, results)}
    if "all" in results:
        found["corridor packs"] = packs_table(study, results)
        found["corridor learned"] = learned_table(results)
        found["corridor step"] = step_table(draws, seed)
    return found


def picture(draws: int, seed: int) -> None:
    """Write the picture of history: what was counted, the priors, and the calibration to 2019 with what it predicts."""
    from matplotlib import pyplot as plt

    study = mcsim.load(STUDY)
    results = runs(study, draws, seed)
    figure, axes = plt.subplots(1, 2, figsize=(9.0, 3.4), layout="constrained")
    heads = {"used_ev_exports": "Used EVs registered, a year", "ev_share": "EVs in the light fleet [%]"}
    for axis, (output, head) in zip(axes, heads.items(), strict=True):
        items = [item for item in study.calibration.observations if item.cell.output.name == output]
        years, scale = [year_of(item) for item in items], 100.0 if output == "ev_share" else 1.0
        for name, colour in (("priors", "0.75"), ("to 2019", "#2a6f97")):
            points = scale * np.array([band(counted(results[name], item, SEED)) for item in items])
            label = "priors" if name == "priors" else "calibrated to 2019, then predicted"
            axis.fill_between(years, points[:, 0], points[:, 2], color=colour, alpha=0.35, lw=0, label=label)
            axis.plot(years, points[:, 1], color=colour)
        ends = scale * np.array([[item.value - item.range(0.9)[0], item.range(0.9)[1] - item.value] for item in items])
        values = [scale * item.value for item in items]
        axis.errorbar(years, values, ends.T, fmt="o", color="black", ms=3.5, lw=1, label="counted")
        axis.axvline(SPLIT - 0.5, color="0.5", ls=":", lw=1)
        axis.set_title(head, fontsize=10)
        axis.set_ylim(0.0)
    axes[0].legend(frameon=False, fontsize=8, loc="upper left")
    plt.rcParams["svg.hashsalt"] = PICTURE.stem
    figure.savefig(PICTURE, metadata={"Date": None})
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate to the split, or draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--calibrate", action="store_true", help="write the table of the posterior to 2019 anew")
    what.add_argument("--picture", action="store_true", help="draw the history into docs/fleet")
    chosen = parser.parse_args(arguments)
    if chosen.calibrate:
        calibrate_to_split()
    else:
        picture(2000, 1)


if __name__ == "__main__":
    main()
