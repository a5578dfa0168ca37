"""A study's priors against what was observed of it, before anything is fitted: the tables of docs/corridor.md.

Usage: python docs/scripts/corridor.py [STUDY.toml] [--write] [--draws 2000]
"""

import argparse
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from blocks import percent, table, tell
from numpy.typing import NDArray

import mcsim
from mcsim.report.style import number, span
from mcsim.studies import japan_new_zealand
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet.failures import first_passage
from mcsim.studies.fleet.model import NAMES
from mcsim.study import Study
from mcsim.study.observation import Observation

STUDY = Path(japan_new_zealand.__path__[0]) / "fleet-jp-nz.toml"
# The vehicle studies of both corridors under one law of packs, and a car of each.
VEHICLES = {"vehicle-jp-nz": "ev-40kwh", "second-hand-ev-field": "ev-compact"}
LABELS = {"vehicle-jp-nz": Corridor("jp", "nz"), "second-hand-ev-field": Corridor("us", "mx")}
SEED = 1
SPLIT = 2020  # history before it, and from it on
STAY = 8.4  # years from the middle of early 2018 to August 2026
# What a corridor gives: heading, output, labels.
TOLD = (
    ("retired mass 2030, new", "retired_battery_mass", {"year": 2030, "origin": "new"}),
    ("retired mass 2030, second-hand", "retired_battery_mass", {"year": 2030, "origin": "second-hand"}),
    ("retired mass to 2050, new", "cumulative_retired_battery_mass", {"year": 2050, "origin": "new"}),
    ("retired mass to 2050, second-hand", "cumulative_retired_battery_mass", {"year": 2050, "origin": "second-hand"}),
    ("EV share 2030", "ev_share", {"year": 2030}),
    ("second-hand share 2030", "second_hand_share", {"year": 2030}),
)


def observed_in(result: mcsim.Result, item: Observation) -> NDArray[np.float64]:
    """Return the drawn values of what was observed: an element of an output, or the sum of several."""
    values = result.values(item.cell.output.name)
    return np.asarray(values[:, item.cell.mask].sum(axis=1), np.float64)


def against(study: Study, result: mcsim.Result) -> list[tuple[Observation, NDArray[np.float64]]]:
    """Return every observation with the 5, 50 and 95 % points of what the priors say of it."""
    return [
        (item, np.quantile(observed_in(result, item), (0.05, 0.5, 0.95))) for item in study.calibration.observations
    ]


def history_table(found: Sequence[tuple[Observation, NDArray[np.float64]]]) -> str:
    """Return what was observed beside the prior's band of 90 %."""
    rows = []
    for item, (low, middle, high) in found:
        unit = item.cell.output.unit
        ends = item.range(0.9)
        held = "yes" if low <= item.value <= high else f"no, {percent(middle / item.value - 1.0, 0)} %"
        rows.append(
            [
                f"`{item.cell}`",
                f"{number(item.value, unit)} ({span(*ends, unit)})",
                f"{number(middle, unit)} ({span(low, high, unit)})",
                held,
            ]
        )
    return table(["observed", "value (90 %)", "priors (90 %)", "held"], rows)


def held_table(found: Sequence[tuple[Observation, NDArray[np.float64]]]) -> str:
    """Return how many observations the bands of 90 % hold, by output, to 2019 and from 2020 on."""
    rows = []
    for name in dict.fromkeys(item.cell.output.name for item, _ in found):
        cells = [f"`{name}`"]
        for late in (False, True):
            part = [
                low <= item.value <= high
                for item, (low, _, high) in found
                if item.cell.output.name == name and (int(item.cell.labels["year"]) >= SPLIT) == late
            ]
            cells.append(f"{sum(part)} of {len(part)}")
        rows.append(cells)
    return table(["output", "to 2019", "2020-2023"], rows)


def labels_of(file: Path) -> Corridor:
    """Return the labels of a study file's two countries."""
    arguments = tomllib.loads(file.read_text(encoding="utf-8"))["study"]["arguments"]
    return Corridor(arguments["home"], arguments["host"])


def ageing_table(study: Study, result: mcsim.Result, corridor: Corridor) -> str:
    """Return what the priors say of packs by age, beside what was seen of used EVs; drivers decide, not capacity."""
    fixed = {item.name: item.distribution.ppf(np.array([0.5])) for item in study.inputs}
    drawn = {name: result.inputs.get(name, values) for name, values in fixed.items()}
    n = len(drawn["annual_degradation"])
    drawn = {name: np.ascontiguousarray(np.broadcast_to(values, n), np.float64) for name, values in drawn.items()}
    inputs = corridor.neutral(drawn, NAMES)
    lives = first_passage(inputs, np.full(n, 0.3))
    entry, stay = inputs["ev_export_age"], STAY
    kept = np.exp(-((entry / lives.home_end) ** lives.shape))
    later = np.minimum(np.exp(-(((entry + stay) / lives.host_end) ** lives.shape)), kept)
    packs = later / kept * np.exp(-lives.defects * stay)
    shape, scale = inputs["host_survival_shape"], inputs["host_survival_scale"]
    end = entry + stay / inputs["second_hand_life_multiplier"]
    vehicles = np.exp((entry / scale) ** shape - (end / scale) ** shape)
    told = (
        ("loss a year at two years of age, 24 kWh", "3.1 % (2.9 to 3.3 %)", inputs["annual_degradation"]),
        ("imports of early 2018 in use 8.4 years later", "83 % or more", packs * vehicles),
        ("of these, vehicles without regard to packs", "", vehicles),
    )
    rows = []
    for what, seen, values in told:
        low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
        rows.append([what, seen, f"{100 * middle:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"])
    return table(["", "observed", "priors (90 %)"], rows)


def outcome_table(results: dict[str, mcsim.Result]) -> str:
    """Return what each corridor gives, side by side."""
    rows = []
    for what, output, labels in TOLD:
        cells = [what]
        for result in results.values():
            row = result.summary(output, **labels).iloc[0]
            low, middle, high = (float(row[name]) for name in ("p5", "p50", "p95"))
            cells.append(f"{number(middle, row['unit'])} ({span(low, high, row['unit'])})")
        rows.append(cells)
    return table(["median (90 %)", *results], rows)


def vehicle_table(draws: int) -> str:
    """Return what exporting a car changes on each corridor, and what it meets there."""
    columns: list[list[str]] = []
    for name, car in VEHICLES.items():
        study = mcsim.load(name)
        corridor = LABELS[name]
        home, host = corridor.home, corridor.host
        result = mcsim.run(study, draws, seed=SEED)
        stay, other = f"stay-{home}", f"{host}-icev"
        cells = []
        for output, labels in (
            ("impact_change_at_trade", {"vehicle": car, "reference": stay, "category": "gwp"}),
            ("impact_change_at_trade", {"vehicle": car, "reference": other, "category": "gwp"}),
            ("impact_change_at_trade", {"vehicle": car, "reference": stay, "category": "pmfp"}),
            ("impact_change_at_trade", {"vehicle": "hev-compact", "reference": stay, "category": "gwp"}),
            *(
                ("impact_change", {"vehicle": car, "reference": stay, "category": "gwp", "export_age": a})
                for a in (2, 8)
            ),
            ("mean_grid_intensity", {"vehicle": car, "route": home, "export_age": 0}),
            ("mean_grid_intensity", {"vehicle": car, "route": "export", "export_age": 0}),
            ("lifetime_distance", {"vehicle": car, "route": home, "export_age": 5}),
            ("lifetime_distance", {"vehicle": car, "route": "export", "export_age": 5}),
        ):
            row = result.summary(output, **labels).iloc[0]
            low, middle, high = (float(row[point]) for point in ("p5", "p50", "p95"))
            if output.startswith("impact_change"):
                cells.append(f"{percent(middle, 0)} % ({percent(low, 0)} to {percent(high, 0)} %)")
            else:
                cells.append(f"{number(middle, row['unit'])} ({span(low, high, row['unit'])})")
        columns.append(cells)
    what = (
        "global warming per km, electric car, against the same car kept",
        "against a new gasoline compact at the host",
        "fine particulates, against the same car kept",
        "global warming, used hybrid, against the same car kept",
        "global warming, electric car against the same kept, exported at 2 years",
        "exported at 8 years",
        "electricity met, car kept",
        "electricity met, car exported new",
        "distance of a life, car kept",
        "distance of a life, exported at 5 years",
    )
    heads = [f"`{name}`, {car}" for name, car in VEHICLES.items()]
    return table(["median (90 %)", *heads], [list(row) for row in zip(what, *columns, strict=True)])


def blocks(draws: int, file: Path = STUDY) -> dict[str, str]:
    """Return the tables of docs/corridor.md."""
    study = mcsim.load(file)
    names = {item.cell.output.name for item in study.calibration.observations} | {output for _, output, _ in TOLD}
    result = mcsim.run(study, draws, seed=SEED, keep=tuple(names))
    found = against(study, result)
    shipped = mcsim.run(mcsim.load("fleet"), draws, seed=SEED)
    vehicles = {"corridor vehicles": vehicle_table(draws)} if file == STUDY else {}
    return vehicles | {
        "corridor held": held_table(found),
        "corridor history": history_table(found),
        "corridor ageing": ageing_table(study, result, labels_of(file)),
        "corridor outcome": outcome_table({f"`{study.name}`": result, "`fleet`": shipped}),
    }


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", type=Path, default=STUDY)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/corridor.md")
    parser.add_argument("--draws", type=int, default=2000)
    arguments = parser.parse_args()
    found = blocks(arguments.draws, arguments.study)
    tell("corridor.md", found, arguments.write)


if __name__ == "__main__":
    main()
