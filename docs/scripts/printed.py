"""Every figure that the sources print beside every preset, and the way from the sources' assumptions to ours.

Usage: python docs/scripts/printed.py [--write] [--draws 500]

The figures stand in the study files ([[published]]); what is computed here are runs of the presets at equal seeds, and,
for a study with a replication preset, what it gives at the centre of its inputs while its assumptions go over to ours,
one group after the other.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from blocks import DOCS, table, tell

import mcsim
from mcsim.engine.evaluation import evaluate_centre
from mcsim.report.printed import our_words, printed_words
from mcsim.report.style import COLOURS, drawing, number
from mcsim.result.printed import AGREES
from mcsim.study import Study
from mcsim.study.published import Published
from mcsim.study.select import Cell

DRAWS = 500
CALIBRATED = ", calibrated"  # behind a study's name: a run on its shipped posterior
# Block of the page -> presets, the replication of the source first; reasons are told of the last.
PRESETS: Mapping[str, tuple[str, ...]] = {
    "fleet": ("fleet-ncst", f"fleet{CALIBRATED}", "fleet"),
    "vehicle": ("second-hand-ev-ncst", "second-hand-ev", "second-hand-ev-field"),
    "cell": ("cell-onshoring",),
    "circularity": (f"battery-circularity{CALIBRATED}", "battery-circularity"),
    "export": ("export-check",),
}


class Step(NamedTuple):
    """One group of assumptions that goes over from the source's to ours, and its members by name or beginning."""

    words: str
    members: tuple[str, ...]


class Way(NamedTuple):
    """The way from a replication preset to the shipped one: steps in order, the figures told, the one drawn."""

    source: str
    ours: str
    steps: tuple[Step, ...]
    shown: tuple[str, ...]
    drawn: str


WAYS: Mapping[str, Way] = {
    "fleet": Way(
        "fleet-ncst",
        "fleet",
        (
            Step("uptake", ("us_ev_ceiling", "us_ev_midpoint", "mx_ev_ceiling", "mx_ev_midpoint")),
            Step("tradability", ("tradable",)),
            Step("selection", ("ev_selection_ratio",)),
            Step("ageing", ("battery_law", "mx_end_of_life_loss")),
            Step("pack mass", ("pack_mass_factor",)),
            Step("share of US retirements", ("us_retirement_share_to_mx",)),
            Step("collection", ("covered_collection", "collection_rate")),
            Step("repair", ("mx_repair_probability", "us_repair_probability")),
        ),
        (
            "crossover_year",
            "second_hand_share@2050",
            "second_hand_share_of_cumulative_retired_mass@2030",
            "ev_share@2050",
            "ev_share_of_imports@2050",
        ),
        "second_hand_share_of_cumulative_retired_mass@2030",
    ),
    "vehicle": Way(
        "second-hand-ev-ncst",
        "second-hand-ev",
        (
            Step("the car is counted", ("boundary",)),
            Step("housing of the pack", ("vehicle_factors",)),
            Step("gasoline car as ours", ("icev_operation",)),
            Step("brake wear", ("brake_wear", "ev_brake_wear_ratio")),
            Step("export age", ("trade_age",)),
        ),
        (
            "impact_change_at_trade@ev-suv,stay-us,gwp",
            "impact_change_at_trade@ev-suv,stay-us,htpnc",
            "impact_change_at_trade@ev-suv,stay-us,tetp",
        ),
        "impact_change_at_trade@ev-suv,stay-us,htpnc",
    ),
}


def rows_of(preset: str, draws: int) -> pd.DataFrame:
    """Return the figures of a preset beside a run; those of another option beside a run under that option.

    On a posterior these stay out of reach.
    """
    study = mcsim.load(preset.removesuffix(CALIBRATED))
    how = {"draws": draws, "seed": 1, "keep": (), "quiet": True}
    how |= {"posterior": "shipped"} if preset.endswith(CALIBRATED) else {}
    bound = {tuple(figure.options.items()): figure.options for figure in study.published}
    found = [mcsim.printed(mcsim.run(study, **how))]
    for options in bound.values():
        if options and "posterior" not in how:  # a posterior is of one state of its study
            names = [figure.name for figure in study.published if figure.options == options]
            rows = mcsim.printed(mcsim.run(study.set(**options), **how))
            under = f"under {', '.join(f'`{name} = {word}`' for name, word in options.items())}"
            rows["where"] = [f"{where}; {under}" for where in rows["where"]]
            found[0][found[0]["figure"].isin(names)] = rows[rows["figure"].isin(names)]
    return found[0]


def cell_of(row: Mapping[str, object]) -> str:
    """Return ours and the verdict as a cell of the page's table."""
    ours = our_words(row)
    return f"{ours}: **{row['verdict']}**" if ours else "unreached"


def title_of(preset: str) -> str:
    """Return the heading of a preset's column."""
    name = preset.removesuffix(CALIBRATED)
    return f"`{name}`{preset.removeprefix(name)}"


def printed_table(names: Sequence[str], draws: int = DRAWS) -> str:
    """Return every figure of a source beside the presets of a study, with the reason where ours lies elsewhere."""
    runs = [rows_of(name, draws).to_dict("records") for name in names]
    several = len({row["source"] for row in runs[0]}) > 1
    lines = []
    for rows in zip(*runs, strict=True):
        last = rows[-1]
        why = last["why"] if last["verdict"] not in AGREES else ""
        cells = [cell_of(row) for row in rows]
        where = f"{last['source']}, {last['where']}" if several else last["where"]
        lines.append([last["figure"], f"{last['kind']}; {where}", printed_words(last), *cells, why])
    heads = ["figure", "kind, where", "printed", *(title_of(name) for name in names), "why ours lies elsewhere"]
    return table(heads, lines, words=len(heads))


def differing(source: Study, ours: Study) -> dict[str, object]:
    """Return the options and inputs that differ, with our values."""
    shipped = {item.name: item.distribution for item in ours.inputs}
    options: dict[str, object] = {name: word for name, word in ours.options.items() if source.options[name] != word}
    return options | {
        item.name: shipped[item.name] for item in source.inputs if str(item.distribution) != str(shipped[item.name])
    }


def way(asked: Way) -> Iterator[tuple[str, Study]]:
    """Yield a replication preset, then the same with one group of assumptions after the other as in ours.

    Raises
    ------
    ValueError
        When the studies differ in something that belongs to no step.
    """
    study, ours = mcsim.load(asked.source), mcsim.load(asked.ours)
    left = differing(study, ours)
    yield f"`{asked.source}`", study
    for step in asked.steps:
        names = [name for name in left if name.partition("[")[0] in step.members]
        study = study.set_items([(name, left.pop(name)) for name in names])
        yield step.words, study
    if left:
        raise ValueError(f"{asked.source}: in no step: {', '.join(left)}")


def figures_of(asked: Way) -> list[Published]:
    """Return the figures that are told along a way, in its order."""
    by_target = {str(figure.target): figure for figure in mcsim.load(asked.source).published}
    return [by_target[target] for target in asked.shown]


def at_centre(study: Study, figures: Sequence[Published]) -> list[float]:
    """Return what a study gives for figures at the centre of its inputs, NaN where undefined."""
    outputs = evaluate_centre(study)
    values = []
    for figure in figures:
        assert isinstance(figure.target, Cell)
        values.append(float(np.ravel(outputs[figure.target.output.name])[figure.target.packed[0]]))
    return values


def told(value: float, unit: str) -> str:
    """Return a value of a step in words."""
    return "none" if np.isnan(value) else number(value, unit)


def way_table(asked: Way) -> str:
    """Return the figures along a way, a row per step."""
    figures = figures_of(asked)
    lines = [["printed", *(told(figure.value, figure.unit) for figure in figures)]]
    for words, study in way(asked):
        values = at_centre(study, figures)
        lines.append([words, *(told(value, figure.unit) for value, figure in zip(values, figures, strict=True))])
    lines[-1][0] += f" = `{asked.ours}`"
    return table(["goes over to ours", *(figure.name for figure in figures)], lines)


def draw(name: str, asked: Way, folder: Path) -> None:
    """Draw the waterfall of one figure along a way."""
    (figure,) = [figure for figure in figures_of(asked) if str(figure.target) == asked.drawn]
    found = [(words.strip("`"), at_centre(study, [figure])[0]) for words, study in way(asked)]
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = name
        picture, axis = plt.subplots(figsize=(7.2, 3.4))
        level = 100 * found[0][1]
        axis.bar(0, level, 0.6, color=COLOURS[6])
        for place, (_, value) in enumerate(found[1:], start=1):
            step = 100 * value - level
            axis.bar(place, step, 0.6, bottom=level, color=COLOURS[1 if step > 0 else 2])
            axis.annotate(f"{step:+.1f}", (place, max(level, level + step)), ha="center", va="bottom", fontsize=8)
            level += step
        axis.bar(len(found), level, 0.6, color=COLOURS[6])
        axis.axhline(100 * figure.value, color="black", linestyle="--", linewidth=0.9)
        axis.annotate("printed", (len(found) + 0.35, 100 * figure.value), ha="right", va="bottom", fontsize=8)
        axis.set_ylabel("%")
        axis.set_title(figure.name)
        axis.set_xticks(range(len(found) + 1), [*(words for words, _ in found), asked.ours], rotation=20, ha="right")
        axis.grid(axis="x", visible=False)
        picture.savefig(folder / f"printed-{name}.svg", metadata={"Date": None})


def blocks(draws: int = DRAWS) -> dict[str, str]:
    """Return every block of the page."""
    found = {f"printed {name}": printed_table(names, draws) for name, names in PRESETS.items()}
    return found | {f"way {name}": way_table(asked) for name, asked in WAYS.items()}


def main() -> None:
    """Print the tables, or write them and the pictures into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/printed.md, and its pictures")
    given = parser.parse_args()
    found = blocks(given.draws)
    tell("printed.md", found, given.write)
    if given.write:
        for name, asked in WAYS.items():
            draw(name, asked, DOCS / "img")


if __name__ == "__main__":
    main()
