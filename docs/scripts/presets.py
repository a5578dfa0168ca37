"""The two presets of the second-hand vehicle side by side, and beside what was measured in the field.

Usage: python docs/scripts/presets.py [--write] [--draws 2000]
"""

import argparse
import csv
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from blocks import DOCS, percent, table, tell

import mcsim
from mcsim.kernels.laws.health import KNEES, fill_age_at_loss, fill_state_of_health
from mcsim.kernels.life.records import PackLaw, PackLaws
from mcsim.report.style import COLOURS, drawing
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev.curves import LITHIUM, pack_laws
from mcsim.studies.second_hand_ev.vehicle import INPUT_NAMES

PRESETS = {"report": "second-hand-ev", "field": "second-hand-ev-field"}
AGES = np.linspace(0.0, 20.0, 201)
YEARS = range(0, 21, 4)
TOLD = (2, 4, 6, 8, 10, 12, 15)
EXPORT_AGES = (3, 5, 9)
RETENTION_KM = 321_869.0
LEVELS = (2.5, 25, 50, 75, 97.5)
EVIDENCE = Path(__file__).with_name("field_evidence.csv")


@dataclass(frozen=True, slots=True, eq=False)
class Preset:
    """Draws of one preset: state of health and share of packs failed (n, n_ages), failed under cover (n,), the run."""

    health: np.ndarray
    failed: np.ndarray
    covered: np.ndarray
    crossing: np.ndarray
    result: mcsim.Result


def evidence(quantity: str) -> list[dict[str, str]]:
    """Return the rows of the field's evidence on a quantity."""
    with EVIDENCE.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["quantity"] == quantity]


def inputs_of(result: mcsim.Result) -> dict[str, np.ndarray]:
    """Return every scalar input of a run's draws, constants repeated."""
    names = {item.name for item in result.study.inputs if item.table is None}
    fixed = {item.name: item.distribution.median() for item in result.study.inputs if item.name in names}
    n = result.complete
    return {name: np.ascontiguousarray(result.inputs.get(name, np.full(n, fixed.get(name)))) for name in names}


def compute(name: str, draws: int) -> Preset:
    """Return the draws of a preset: health and failures of a pack in the US, and what the study gives."""
    study = mcsim.load(name)
    result = mcsim.run(study, draws=draws, seed=1, keep=("impact_change", "packs_produced"), quiet=True)
    given = inputs_of(result)
    ageing = [
        given[key]
        for key in ("annual_degradation", "degradation_exponent", "knee_age", "knee_factor", "knee_sharpness")
    ]
    knee = KNEES.index(str(study.options["knee"]))
    health, crossing = np.empty((result.complete, len(AGES))), np.empty(result.complete)
    fill_state_of_health(AGES, *ageing, knee, 0.0, health)
    fill_age_at_loss(np.full(result.complete, 0.25), *ageing, knee, crossing)
    laws = pack_laws(Corridor("us", "mx").neutral(given, INPUT_NAMES), study.options)
    warranty = given["warranty_years"]
    covered = cumulative(laws.home_covered, warranty[:, np.newaxis])[:, 0]
    return Preset(health, share_failed(laws, warranty), covered, crossing, result)


def cumulative(law: PackLaw, ages: np.ndarray) -> np.ndarray:
    """Return P(a lithium-ion pack has failed by the ages) under Weibull laws with defects, shape (n, n_ages)."""
    shape, scale, defects = (column[:, LITHIUM, np.newaxis] for column in law)
    return -np.expm1(-((ages / scale) ** shape) - defects * ages)


def share_failed(laws: PackLaws, warranty: np.ndarray) -> np.ndarray:
    """Return P(a first pack at home has left by each age): by the warranty's loss first, by the end of life's after."""
    return np.where(warranty[:, np.newaxis] > AGES, cumulative(laws.home_covered, AGES), cumulative(laws.home, AGES))


def band(values: np.ndarray, digits: int = 3, relative: bool = False) -> str:
    """Return the median and the 95 % interval of draws as text."""
    middle, low, high = np.nanpercentile(values, (50, 2.5, 97.5))
    if relative:
        return f"{percent(middle)} ({percent(low)} to {percent(high)})"
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def at(age: float) -> int:
    """Return the place of an age on the grid."""
    return int(np.argmin(np.abs(AGES - age)))


def ageing_table(presets: dict[str, Preset]) -> str:
    """Return state of health and share of packs failed by age."""
    rows = []
    for age in TOLD:
        cells = [band(preset.health[:, at(age)]) for preset in presets.values()]
        cells += [band(preset.failed[:, at(age)]) for preset in presets.values()]
        rows.append([str(age), *cells])
    names = [f"{what}, {name}" for what in ("state of health", "P(pack failed)") for name in presets]
    return table(["age [yr]", *names], rows, words=0)


def outcome_table(presets: dict[str, Preset]) -> str:
    """Return what follows: failures under warranty, packs, changes of impact with bands and probabilities."""
    rows = [
        ["P(pack fails within 8 yr)", *(band(preset.covered) for preset in presets.values())],
        ["age at 75 % state of health [yr]", *(band(preset.crossing, 1) for preset in presets.values())],
    ]
    for route, age in (("us", 0), *(("export", age) for age in EXPORT_AGES), ("mx", 0)):
        label = {"us": "kept in the US", "mx": "new in Mexico"}.get(route, f"exported at {age}")
        cells = [
            band(preset.result.values("packs_produced", vehicle="ev-suv", route=route, export_age=age))
            for preset in presets.values()
        ]
        rows.append([f"packs per vehicle, {label}", *cells])
    for reference, age in product(("stay-us", "mx-icev"), EXPORT_AGES):
        key = {"vehicle": "ev-suv", "reference": reference, "export_age": age, "category": "gwp"}
        draws = [preset.result.values("impact_change", **key) for preset in presets.values()]
        rows.append([f"gwp change [%], {reference}, age {age}", *(band(values, relative=True) for values in draws)])
        rows.append([f"P(change > 0), {reference}, age {age}", *(f"{(values > 0).mean():.2f}" for values in draws)])
    return table(["ev-suv", *presets], rows)


def crossing_table() -> str:
    """Return the age at which equation (2) reaches 75 % over the report's ranges, by reading and lambda."""
    rows = []
    for factors, words in (((1.0,), "1"), ((0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.3), "0.9 to 1.3")):
        grid = np.array(list(product(np.linspace(0.02, 0.03, 41), np.linspace(8, 10, 41), factors)))
        one, ages = np.ones(len(grid)), np.empty(len(grid))
        fade, knee_age, factor = (np.ascontiguousarray(column) for column in grid.T)
        cells = []
        for knee in range(len(KNEES)):
            fill_age_at_loss(0.25 * one, fade, one, knee_age, factor, one, knee, ages)
            cells.append(f"{ages.min():.1f} to {ages.max():.1f}")
        rows.append([words, *cells])
    return table(["knee_factor (lambda)", *(f"`knee={word}`" for word in KNEES)], rows)


def fill(axis: object, ages: np.ndarray, draws: np.ndarray, colour: str, label: str) -> None:
    """Draw the median with the middle 50 % and 95 % of draws."""
    told = np.isfinite(draws).any(axis=0)
    ages, draws = ages[told], draws[:, told]
    low, lower, middle, upper, high = np.nanpercentile(draws, LEVELS, axis=0)
    axis.fill_between(ages, low, high, color=colour, alpha=0.18, linewidth=0)
    axis.fill_between(ages, lower, upper, color=colour, alpha=0.35, linewidth=0)
    axis.plot(ages, middle, color=colour, label=label)


def points(axis: object, rows: list[dict[str, str]], marker: str, label: str) -> None:
    """Draw evidence as points with the ranges that they come with."""
    age, value, low, high = (np.array([float(row[key]) for row in rows]) for key in ("age", "value", "low", "high"))
    axis.errorbar(
        age,
        value,
        [value - low, high - value],
        fmt=marker,
        color="black",
        ms=4.5,
        lw=0.9,
        capsize=2,
        label=label,
        zorder=5,
    )


def geotab() -> dict[float, str]:
    """Return the rates of Geotab's studies with their years, equal rates as one."""
    years: dict[float, list[str]] = {}
    for row in evidence("annual_degradation"):
        years.setdefault(float(row["value"]), []).append(row["source"].split("(")[1][:4])
    return {rate: f"Geotab {'/'.join(told)}: {100 * rate:.1f} %/yr" for rate, told in years.items()}


def draw_health(presets: dict[str, Preset], path: Path) -> None:
    """Draw the state of health by age of both presets with the field's evidence on top."""
    driven = distance_by_age(mcsim.load("second-hand-ev"))
    with drawing() as plt:
        figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.6), sharey=True)
        for place, (name, preset) in enumerate(presets.items()):
            axis = axes[place]
            fill(axis, AGES, preset.health, COLOURS[place], f"{name} preset")
            seen = evidence("state_of_health")
            points(axis, [row for row in seen if "Generational" in row["source"]], "o", "Generational 2025")
            points(axis, [row for row in seen if "Tesla" in row["source"]], "s", "Tesla Model 3 survey")
            for (rate, label), line in zip(geotab().items(), ("--", "-."), strict=True):
                axis.plot([0, 6], [1, 1 - 6 * rate], line, color="black", lw=1, label=label)
            kept = [{**row, "age": f"{np.interp(RETENTION_KM, driven, np.arange(len(driven)))}"}
                    for row in evidence("retention")]  # fmt: skip
            points(axis, kept, "^", "Tesla S/X at 322,000 km")
            axis.axhline(0.75, color="#777777", lw=0.8)
            axis.text(0.2, 0.755, "75 %", color="#777777", va="bottom")
            axis.set(title=f"{name} preset", xlabel="age of the pack [yr]", xlim=(0, 20), ylim=(0, 1.02), xticks=YEARS)
        axes[0].set_ylabel("state of health")
        axes[0].legend(loc="lower left", fontsize=6.5)
        figure.savefig(path, dpi=150)


def draw_failures(presets: dict[str, Preset], path: Path) -> None:
    """Draw the share of packs failed by age of both presets with the field's evidence on top."""
    middle, spread = 15.0, 4.0 * np.sqrt(3.0) / np.pi
    with drawing() as plt:
        figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.6), sharey=True)
        for place, (name, preset) in enumerate(presets.items()):
            axis = axes[place]
            fill(axis, AGES, preset.failed, COLOURS[place], f"{name} preset")
            points(axis, evidence("replaced_share"), "o", "Recurrent 2024")
            axis.plot(AGES, 1 / (1 + np.exp(-(AGES - middle) / spread)), "k--", lw=1, label="Busch et al. 2025")
            axis.axvline(8, color="#777777", lw=0.8)
            axis.text(7.8, 0.98, "end of\nwarranty", color="#777777", ha="right", va="top", fontsize=7)
            axis.set(title=f"{name} preset", xlabel="age of the pack [yr]", xlim=(0, 20), ylim=(0, 1), xticks=YEARS)
        axes[0].set_ylabel("P(pack failed)")
        axes[0].legend(loc="upper left", bbox_to_anchor=(0.0, 0.85), fontsize=6.5)
        figure.savefig(path, dpi=150)


def draw_change(presets: dict[str, Preset], path: Path) -> None:
    """Draw the change of global warming by export age of both presets against both references."""
    ages = np.arange(21)
    with drawing() as plt:
        figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.3))
        for axis, reference in zip(axes, ("stay-us", "mx-icev"), strict=True):
            for place, (name, preset) in enumerate(presets.items()):
                values = preset.result.values("impact_change", vehicle="ev-suv", reference=reference, category="gwp")
                fill(axis, ages, 100 * values, COLOURS[place], f"{name} preset")
            axis.axhline(0, color="black", lw=0.8)
            axis.set(title=f"against {reference}", xlabel="export age [yr]", xlim=(0, 20), xticks=YEARS)
        axes[0].set_ylabel("change of gwp per km [%]")
        axes[0].legend(loc="upper right")
        figure.savefig(path, dpi=150)


def distance_by_age(study: mcsim.Study) -> np.ndarray:
    """Return the distance that an electric SUV has driven at whole ages by the US schedule [km]."""
    schedule = study.tables["us_distance"]
    ages = [key[1] for key in schedule.index if key[0] == "suv"]
    yearly = schedule.value[schedule.positions("suv", ages)]
    ratio = next(item.distribution.median() for item in study.inputs if item.name == "ev_distance_ratio_suv")
    return np.concatenate([[0.0], np.cumsum(yearly * ratio)])


def main() -> None:
    """Print the tables or write them into docs/presets.md; draw the pictures in either case."""
    parser = argparse.ArgumentParser(description="The presets side by side.")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/presets.md")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--pictures", type=Path, default=DOCS / "img", help="folder of the pictures")
    arguments = parser.parse_args()
    presets = {label: compute(name, arguments.draws) for label, name in PRESETS.items()}
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    draw_health(presets, arguments.pictures / "presets-health.png")
    draw_failures(presets, arguments.pictures / "presets-failures.png")
    draw_change(presets, arguments.pictures / "presets-change.png")
    found = {
        "presets ageing": ageing_table(presets),
        "presets outcome": outcome_table(presets),
        "presets crossing": crossing_table(),
    }
    tell("presets.md", found, arguments.write)


if __name__ == "__main__":
    main()
