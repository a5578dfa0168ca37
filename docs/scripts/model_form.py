"""How much the readings of the source matter beside the numbers: options as uncertain inputs of the ranking.

Usage: python docs/scripts/model_form.py [--write] [--base 512]
"""

import argparse

from blocks import table, tell

import mcsim

# Every word equally likely: an assumption, and a generous one to the readings that nobody defends.
READINGS = {
    "survival_junction": ("conditional", "printed", "renewed"),
    "knee": ("shifted", "none"),
    "battery_law": ("capacity_cdf", "first_passage"),
    "mx_survival_form": ("weibull", "logistic", "gompertz", "double_exponential"),
    "distance_basis": ("registered", "in_service"),
    "mileage_cap": ("off", "on"),
    "boundary": ("full", "without_vehicle"),
    "wear": ("on", "off"),
    "us_recycling_route": ("hydro", "pyro", "direct"),
    "landfill_model": ("leaching", "inert"),
    "credit_source": ("ecoinvent_scores", "greet"),
    "recycling_credit": ("substitution", "cut_off"),
}
AGES = (5, 9)
SHOWN = (("stay-us", "gwp"), ("mx-icev", "gwp"), ("mx-icev", "htpnc"))
TOP = 10


def study_with_readings() -> mcsim.Study:
    """Return the study with every reading as an input of equally likely words."""
    study = mcsim.load("second-hand-ev")
    return study.set(
        **{name: mcsim.categorical(words, [1.0 / len(words)] * len(words)) for name, words in READINGS.items()}
    )


def blocks(base: int) -> dict[str, str]:
    """Return the top of the rankings as Markdown tables, by reference, category and age."""
    ranking = mcsim.sensitivity(study_with_readings(), base=base, seed=1, outputs=("impact_change",))
    found = {}
    for reference, category in SHOWN:
        columns = []
        for age in AGES:
            frame = ranking.table(
                "impact_change", vehicle="ev-suv", reference=reference, export_age=age, category=category
            ).head(TOP)
            columns.append(
                [
                    (f"**{row.input}**" if row.input in READINGS else row.input, row.ST, row.ST_low, row.ST_high)
                    for row in frame.itertuples()
                ]
            )
        rows = [
            [str(place + 1), *(f"{name} {st:.2f} ({low:.2f} to {high:.2f})" for name, st, low, high in pair)]
            for place, pair in enumerate(zip(*columns, strict=True))
        ]
        title = ["", *(f"{category} against {reference}, age {age}: ST (95 %)" for age in AGES)]
        found[f"ranking {category} {reference.replace('-', ' ')}"] = table(title, rows, words=3)
    return found


def shares(base: int) -> dict[str, str]:
    """Return what all readings decide together, and what all other inputs do, as a Markdown table."""
    study = study_with_readings()
    others = [item.name for item in study.uncertain if item.name not in READINGS]
    groups = {"readings": list(READINGS), "numbers": others}
    ranking = mcsim.sensitivity(study, base=base, seed=1, outputs=("impact_change",), groups=groups)
    rows = []
    for reference, category in SHOWN:
        for age in AGES:
            frame = ranking.table(
                "impact_change", vehicle="ev-suv", reference=reference, export_age=age, category=category
            ).set_index("input")
            cells = [
                f"{frame.loc[name, index]:.2f} ({frame.loc[name, f'{index}_low']:.2f} to "
                f"{frame.loc[name, f'{index}_high']:.2f})"
                for name in groups
                for index in ("S1", "ST")
            ]
            rows.append([f"{category} against {reference}, age {age}", *cells])
    return {"readings together": table(["", "readings S1", "readings ST", "numbers S1", "numbers ST"], rows, words=5)}


def main() -> None:
    """Print the rankings, or write them into docs/options.md."""
    parser = argparse.ArgumentParser(description="Readings of the source as uncertain inputs.")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/options.md")
    parser.add_argument("--base", type=int, default=512, help="base rows, a power of two")
    arguments = parser.parse_args()
    found = blocks(arguments.base) | shares(arguments.base)
    tell("options.md", found, arguments.write)


if __name__ == "__main__":
    main()
