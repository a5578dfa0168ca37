"""What every option of second-hand-ev does to the headline changes, as Markdown tables.

Usage: python docs/scripts/options.py [--write]
"""

import argparse

import numpy as np
from blocks import percent, table, tell

import mcsim
from mcsim.engine.evaluation import evaluate_centre

AGES = (3, 5, 9)
COLUMNS = (("stay-us", "gwp"), ("mx-icev", "gwp"), ("mx-icev", "htpnc"))
CANCER = (("stay-us", "htpc"), ("mx-icev", "htpc"))
Columns = tuple[tuple[str, str], ...]
# Per option: what the rows are called, and what they set. An option that needs an input to show is shown with it.
KNEES = ("shifted", "printed", "rate", "none")
MEXICAN = ("weibull", "tabulated", "logistic", "gompertz", "double_exponential")
SETTINGS: dict[str, list[dict[str, object]]] = {
    "survival_junction": [{"survival_junction": word} for word in ("conditional", "printed", "renewed")],
    "condition": [{"condition": word} for word in ("exported", "cohort")],
    "knee": [
        *({"knee": word} for word in KNEES),
        *({"knee": word, "knee_factor": 0.9} for word in KNEES[:3]),
        *({"knee": word, "knee_factor": 1.1} for word in KNEES[:3]),
    ],
    "battery_law": [
        {"battery_law": "capacity_cdf"},
        {"battery_law": "first_passage"},
        {"battery_law": "first_passage", "end_of_life_loss": 0.3, "warranty_loss": 0.3},
        {"battery_law": "weibull"},
    ],
    "us_survival_form": [
        {"us_survival_form": word} for word in ("tabulated", "weibull", "logistic", "gompertz", "double_exponential")
    ],
    "mx_survival_form": [
        *({"mx_survival_form": word} for word in MEXICAN),
        *({"mx_survival_form": word, "knee": "none"} for word in MEXICAN if word != "tabulated"),
    ],
    "distance_basis": [{"distance_basis": word} for word in ("registered", "in_service")],
    "mileage_cap": [
        {"mileage_cap": "off"},
        {"mileage_cap": "on"},
        {"mileage_cap": "on", "warranty_distance": 100_000},
    ],
    "cover": [
        {"replacement_cover": 0},
        {"replacement_cover": 4},
        {"replacement_cover": 8},
        {"warranty_years": 10},
        {"repair_probability": 0.5},
    ],
    "functional_unit": [{"functional_unit": word} for word in ("km", "life")],
    "purchase_year": [{"purchase_year": year} for year in (2015, 2022, 2030, 2040)],
    "boundary": [{"boundary": word} for word in ("full", "without_vehicle", "battery_and_use")],
    "wear": [
        {"wear": "on"},
        {"wear": "off"},
        {"wear": "off", "icev_operation": "transport_dataset"},
    ],
    "icev_operation": [
        {"icev_operation": "fuel_and_tailpipe"},
        {"icev_operation": "transport_dataset"},
        {"icev_operation": "fuel_and_tailpipe", "boundary": "without_vehicle"},
        {"icev_operation": "transport_dataset", "boundary": "without_vehicle"},
    ],
    "wear_mass": [{"wear_mass": word} for word in ("scaled", "off")],
    "road_stage": [{"road_stage": word} for word in ("off", "on")],
    "us_recycling_route": [{"us_recycling_route": word} for word in ("hydro_share", "hydro", "pyro", "direct")],
    "landfill_model": [
        {"landfill_model": "leaching"},
        {"landfill_model": "inert"},
        {"landfill_model": "leaching", "leached_share": 0.1},
    ],
    "credit_source": [{"credit_source": word} for word in ("ecoinvent_scores", "greet")],
    "recycling_credit": [{"recycling_credit": word} for word in ("substitution", "cut_off")],
}
HYBRID = [{"hev_battery_law": word} for word in ("same", "weibull")]
TRIGGERS = [
    {"export_trigger": "age"},
    {"export_trigger": "odometer"},
    {"export_trigger": "odometer", "trade_odometer": 100_000},
    {"export_trigger": "odometer", "trade_odometer": 240_000},
]
LIVES = 20_000


def changes(study: mcsim.Study, vehicle: str = "ev-suv", columns: Columns = COLUMNS) -> np.ndarray:
    """Return the change of impact at the centre, shape (references and categories, export ages)."""
    output = study.output("impact_change")
    values = output.expand(evaluate_centre(study, lives=LIVES)["impact_change"])[0]
    labels = [list(map(str, dim.coords)) for dim in output.dims]
    v = labels[0].index(vehicle)
    ages = [labels[2].index(str(age)) for age in AGES]
    return np.array([values[v, labels[1].index(r), ages, labels[3].index(c)] for r, c in columns])


def name_of(setting: dict[str, object], study: mcsim.Study) -> str:
    """Return a setting as it is written after --set, with the default told."""
    text = ", ".join(f"`{name}={value}`" for name, value in setting.items())
    default = all(name in study.options and study.options[name] == value for name, value in setting.items())
    return f"{text} (default)" if default else text


def header(columns: Columns = COLUMNS) -> list[str]:
    """Return the names of the columns: category, reference and export age."""
    first = [f"{category}, {reference}, age {AGES[0]}" for reference, category in columns]
    return ["setting", *(cell for name in first for cell in (name, *(str(age) for age in AGES[1:])))]


def option_table(settings: list[dict[str, object]], vehicle: str = "ev-suv", columns: Columns = COLUMNS) -> str:
    """Return the changes [%] of every setting as a Markdown table."""
    study = mcsim.load("second-hand-ev")
    rows = []
    for setting in settings:
        found = changes(study.set(**setting), vehicle, columns).ravel()
        rows.append([name_of(setting, study), *(percent(value) for value in found)])
    return table(header(columns), rows)


def trade_table() -> str:
    """Return the changes [%] at the trade of both electric vehicles under both triggers."""
    study = mcsim.load("second-hand-ev")
    wanted = [(v, r, c) for v in ("ev-suv", "ev-compact") for r, c in COLUMNS]
    rows = []
    for setting in TRIGGERS:
        changed = study.set(**setting)
        output = changed.output("impact_change_at_trade")
        values = output.expand(evaluate_centre(changed)["impact_change_at_trade"])[0]
        labels = [list(map(str, dim.coords)) for dim in output.dims]
        cells = [values[tuple(labels[axis].index(name) for axis, name in enumerate(key))] for key in wanted]
        rows.append([name_of(setting, study), *(percent(value) for value in cells)])
    return table(["setting", *(f"{v}, {c}, {r}" for v, r, c in wanted)], rows)


def steps_table() -> str:
    """Return what the coarseness of the time grid does, changes [%] and packs per vehicle."""
    study = mcsim.load("second-hand-ev")
    rows, packs = [], []
    for steps in (1, 4, 12):
        changed = study.set(steps_per_year=steps)
        output = changed.output("packs_produced")
        values = output.expand(evaluate_centre(changed)["packs_produced"])[0]
        labels = [list(map(str, dim.coords)) for dim in output.dims]
        v, route = labels[0].index("ev-suv"), labels[1].index("export")
        packs.append([values[v, labels[1].index("us"), 0], *(values[v, route, labels[2].index(str(a))] for a in AGES)])
        rows.append([f"`steps_per_year={steps}`", *(percent(x, 2) for x in changes(changed).ravel())])
        rows[-1] += [f"{value:.4f}" for value in packs[-1]]
    return table([*header(), "packs, us", *(f"packs, exported at {age}" for age in AGES)], rows)


def reference_table(draws: int = 2000) -> str:
    """Return what the dependence of distance and life does: medians with 95 % of draws, as no centre shows it."""
    study, rows = mcsim.load("second-hand-ev"), []
    for word in ("correlated", "correlated_weakly", "correlated_strongly", "independent"):
        setting = {"reference_distance": word}
        result = mcsim.run(
            study.set(**setting), draws=draws, seed=1, keep=("lifetime_distance", "impact_change"), quiet=True
        )
        driven = result.values("lifetime_distance", vehicle="icev-compact", route="mx", export_age=0) / 1000.0
        cells = [interval(driven, ".0f")]
        for category in ("gwp", "htpnc"):
            where = {"vehicle": "ev-suv", "reference": "mx-icev", "export_age": 9, "category": category}
            cells.append(interval(100.0 * result.values("impact_change", **where), "+.1f"))
        rows.append([name_of(setting, study), *cells])
    return table(
        ["setting", "life of the gasoline car [1,000 km]", "gwp, mx-icev, age 9", "htpnc, mx-icev, age 9"], rows
    )


def interval(values: np.ndarray, form: str) -> str:
    """Return the median and the 95 % interval of draws as text."""
    middle, low, high = np.nanpercentile(values, (50, 2.5, 97.5))
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def lives_table() -> str:
    """Return the exact means beside the means of sampled lives, changes [%]."""
    return option_table([{"evaluation": "expectation"}, {"evaluation": "lives"}])


def blocks() -> dict[str, str]:
    """Return every table of the page, by option."""
    found = {option: option_table(settings) for option, settings in SETTINGS.items()}
    found["hev_battery_law"] = option_table(HYBRID, "hev-compact")
    found["landfill_model cancer"] = option_table(SETTINGS["landfill_model"], columns=CANCER)
    found["export_trigger"] = trade_table()
    found["steps_per_year"] = steps_table()
    found["evaluation"] = lives_table()
    found["reference_distance"] = reference_table()
    return found


def main() -> None:
    """Print the tables, or write them into docs/options.md."""
    parser = argparse.ArgumentParser(description="What every option does to the headline changes.")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/options.md")
    tell("options.md", blocks(), parser.parse_args().write)


if __name__ == "__main__":
    main()
