"""A corridor against its history, and both corridors side by side: the tables of docs/corridor.md.

Usage: python docs/scripts/corridor.py [STUDY.toml] [--write] [--draws 2000]
"""

import argparse
from pathlib import Path

import numpy as np
from blocks import percent, table, tell
from corridor_history import STUDY, blocks_of
from grid import intensity, published
from scipy.stats import rankdata

import mcsim
from mcsim.report.answers import answers_of, plain_text, title_of
from mcsim.report.first import repeated
from mcsim.report.style import number, span
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev.grid import FIRST_YEAR

# The vehicle studies of both corridors under one law of packs, and a car of each.
VEHICLES = {"vehicle-jp-nz": "ev-40kwh", "second-hand-ev-field": "ev-compact"}
LABELS = {"vehicle-jp-nz": Corridor("jp", "nz"), "second-hand-ev-field": Corridor("us", "mx")}
FLEETS = {"fleet-jp-nz": Corridor("jp", "nz"), "fleet": Corridor("us", "mx")}
COAL = 0.82  # kg CO2e/kWh: median of pulverised coal in IPCC (2014), AR5 WG3 annex III, which the publishers take
SEED = 1
# What a corridor gives: heading, output, labels.
TOLD = (
    ("retired mass 2030, new", "retired_battery_mass", {"year": 2030, "origin": "new"}),
    ("retired mass 2030, second-hand", "retired_battery_mass", {"year": 2030, "origin": "second-hand"}),
    ("retired mass to 2050, new", "cumulative_retired_battery_mass", {"year": 2050, "origin": "new"}),
    ("retired mass to 2050, second-hand", "cumulative_retired_battery_mass", {"year": 2050, "origin": "second-hand"}),
    ("EV share 2030", "ev_share", {"year": 2030}),
    ("second-hand share 2030", "second_hand_share", {"year": 2030}),
)
# What inputs are ranked on.
DRIVEN = (
    ("retired mass to 2050, second-hand", "cumulative_retired_battery_mass", {"year": 2050, "origin": "second-hand"}),
    ("retired mass to 2050, new", "cumulative_retired_battery_mass", {"year": 2050, "origin": "new"}),
    ("used EVs exported 2030", "used_ev_exports", {"year": 2030}),
)


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


def page_one(result: mcsim.Result) -> str:
    """Return the sentences with which page one of the report of a run begins, and its command."""
    sentences = [plain_text(sentence) for sentence in answers_of(result, None)]
    told = f"**{plain_text(title_of(result, None))}.** {' '.join(sentences)}"
    return f"{told}\n\n    {repeated(result, None)}"


def vehicle_results(draws: int) -> dict[str, mcsim.Result]:
    """Return a run of the vehicle study of each corridor."""
    return {name: mcsim.run(mcsim.load(name), draws, seed=SEED) for name in VEHICLES}


def vehicle_table(results: dict[str, mcsim.Result]) -> str:
    """Return what exporting a car changes on each corridor, and what it meets there."""
    columns: list[list[str]] = []
    for name, car in VEHICLES.items():
        result, corridor = results[name], LABELS[name]
        home, host = corridor.home, corridor.host
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


def drivers_table(results: dict[str, mcsim.Result]) -> str:
    """Return the five inputs whose ranks go most with those of each outcome, corridor beside corridor."""
    rows = []
    for what, output, labels in DRIVEN:
        columns = []
        for name, result in results.items():
            corridor = FLEETS[name.strip("`")]
            values = rankdata(result.values(output, **labels))
            shares = {}
            for key, drawn in result.inputs.items():
                if np.ptp(drawn) > 0.0:
                    shares[key] = float(np.corrcoef(rankdata(drawn), values)[0, 1]) ** 2
            best = sorted(shares, key=shares.__getitem__, reverse=True)[:5]
            columns.append([f"`{neutral(key, corridor)}` {100 * shares[key]:.0f} %" for key in best])
        rows += [[what if place == 0 else "", *cells] for place, cells in enumerate(zip(*columns, strict=True))]
    return table(["share of rank variance", *results], rows)


def neutral(name: str, corridor: Corridor) -> str:
    """Return the name of an input with `home` and `host` in the place of a corridor's labels."""
    words = {corridor.home: "home", corridor.host: "host"}
    return "_".join(words.get(word, word) for word in name.split("_"))


def grid_table() -> str:
    """Return Japan's electricity as modelled, per kWh generated, beside what is published, and with other coal."""
    study = mcsim.load("vehicle-jp-nz")
    corridor = LABELS["vehicle-jp-nz"]
    today = intensity(study, 0, corridor)[0, 0]
    other = intensity(study.set(**{"grid_factors[hard_coal,gwp]": COAL}), 0, corridor)[0, 0]
    seen = published("life cycle")
    rows = []
    for year in sorted(year for region, year in seen if region == corridor.home):
        value, low, high = seen[corridor.home, year]
        cells = [column[year - FIRST_YEAR] for column in (today, other)]
        told = [f"{cell:.0f} ({percent(cell / value - 1.0, 0)} %)" for cell in cells]
        rows.append([f"{year}", f"{value:.0f} ({low:.0f} to {high:.0f})", *told])
    return table(["g CO2e/kWh", "published, life cycle", "modelled", f"with coal at {1000 * COAL:.0f} g"], rows)


def mexico_table(draws: int) -> str:
    """Return what Mexico's fleet would be if packs were driven as far down as New Zealand's."""
    study = mcsim.load("fleet")
    told = tuple({output for _, output, _ in TOLD})
    prior = next(item for item in mcsim.load(STUDY).inputs if item.name == "nz_end_of_life_loss")
    learned = study.set(mx_end_of_life_loss=prior.distribution)
    pair = {"`fleet`": study, "learned from New Zealand": learned}
    return outcome_table({name: mcsim.run(one, draws, seed=SEED, keep=told) for name, one in pair.items()})


def blocks(draws: int, file: Path = STUDY) -> dict[str, str]:
    """Return the tables of docs/corridor.md."""
    study = mcsim.load(file)
    told = {output for _, output, _ in (*TOLD, *DRIVEN)}
    results = {
        f"`{one.name}`": mcsim.run(one, draws, seed=SEED, keep=tuple(told)) for one in (study, mcsim.load("fleet"))
    }
    found = blocks_of(study, draws, SEED) | {"corridor outcome": outcome_table(results)}
    if file == STUDY:
        vehicles = vehicle_results(draws)
        found |= {
            "corridor page one fleet": page_one(results[f"`{study.name}`"]),
            "corridor page one vehicle": page_one(vehicles["vehicle-jp-nz"]),
            "corridor drivers": drivers_table(results),
            "corridor vehicles": vehicle_table(vehicles),
            "corridor grid": grid_table(),
            "corridor mexico": mexico_table(draws),
        }
    return found


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
