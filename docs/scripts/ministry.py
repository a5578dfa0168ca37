"""One page for a ministry: what the trade does, where, and what helps, from two commands alone.

Usage: python docs/scripts/ministry.py [--write]

mcsim run trade --draws 1000 --seed 1 --base 64
mcsim compare trade --levers --no-sensitivity --draws 200 --seed 1
"""

import argparse
import csv
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from blocks import table, tell

import mcsim
from mcsim.command.main import main as command
from mcsim.report.answers import MORE_OR_LESS, Told, answers_of, chance, change, plain_text, title_of
from mcsim.report.compared import MOST_LIKELY, outcome_words
from mcsim.report.first import rows_of
from mcsim.study import Study
from mcsim.study.outcomes import Outcome

RUN = {"draws": 1000, "seed": 1}
BASE = 64
COMPARE = ("compare", "trade", "--levers", "--no-sensitivity", "--draws", "200", "--seed", "1", "--quiet")
KINDS = {"lever": "one lever", "package": "several together"}
# What a ministry asks of a lever; compare.html has the rest.
OUTCOMES = (
    "landfilled_battery_mass", "recovered_value_total@nickel", "cumulative_impact@mx,gwp,as-is",
    "cumulative_impact@mx,pmfp,as-is", "cumulative_impact@mx,htpnc,as-is", "cumulative_impact@gwp,as-is",
    "cumulative_impact@htpnc,as-is", "stock@2050,ev",
)  # fmt: skip
SMALL = 1e-3  # of what is there without it: a cost below that is not told


@cache
def trade() -> Study:
    """Return the study."""
    return mcsim.load("trade")


@cache
def ran() -> tuple[mcsim.Result, mcsim.Ranking]:
    """Return the run and what drives it."""
    return mcsim.run(trade(), **RUN, quiet=True), mcsim.sensitivity(trade(), base=BASE, seed=RUN["seed"], quiet=True)


@cache
def matrix() -> tuple[dict[str, str], ...]:
    """Return the rows of ``matrix.csv`` of the comparison."""
    with tempfile.TemporaryDirectory() as folder:
        if command([*COMPARE, "--out", str(Path(folder) / "levers")]) != 0:
            raise RuntimeError(f"mcsim {' '.join(COMPARE)}: no comparison")
        with (Path(folder) / "levers" / "matrix.csv").open(encoding="utf-8") as file:
            return tuple(csv.DictReader(file))


def answers() -> str:
    """Return the title and the sentences of page one, but the one that names the other command."""
    told = [plain_text(sentence) for sentence in answers_of(*ran())]
    kept = [line for line in told if not line.startswith("What helps most")]
    return "\n\n".join([f"**{plain_text(title_of(*ran()))}.**", *kept])


def numbers() -> str:
    """Return the table of page one."""
    rows, _ = rows_of(ran()[0])
    lines = [[row["what"], row["number"], row["band"]] for row in rows]
    return table(["what", "median", "95 % of the draws"], lines, words=3)


def asked() -> list[Outcome]:
    """Return the outcomes of the study that the page tells, in its order."""
    by_name = {outcome.name: outcome for outcome in trade().outcomes}
    return [by_name[name] for name in OUTCOMES]


def best_of(kind: str, outcome: str) -> dict[str, str] | None:
    """Return the row of the lever, or package, that is best in most draws; None where it helps in fewer than half."""
    rows = [row for row in matrix() if row["kind"] == kind and row["outcome"] == outcome and row["better"]]
    if not rows:
        return None
    best = max(rows, key=lambda row: (float(row["p_best"]), float(row["p_better"])))
    return best if float(best["p_better"]) >= MOST_LIKELY else None


def changed(row: dict[str, str]) -> str:
    """Return a change in words, with its band."""
    middle, low, high = (float(row[key]) for key in ("median", "p2.5", "p97.5"))
    return change(Told(middle, low, high, middle, 0.0, row["unit"]), MORE_OR_LESS)


def named(row: dict[str, str]) -> str:
    """Return the title of a lever."""
    return mcsim.load(row["lever"]).title


def helps() -> str:
    """Return what helps most of each outcome: one lever, and a package."""
    lines = []
    for outcome in asked():
        told = []
        for kind in KINDS:
            best = best_of(kind, outcome.name)
            if best is None:
                told.append("nothing in most draws")
            else:
                told.append(f"{named(best)}: {changed(best)}; best {chance(float(best['p_best']))}")
        lines.append([outcome_words(trade(), outcome), *told])
    return table(["", *KINDS.values()], lines, words=3)


def costs() -> str:
    """Return what the levers that help most cost elsewhere."""
    words = {outcome.name: outcome_words(trade(), outcome) for outcome in asked()}
    found = (best_of(kind, outcome) for kind in KINDS for outcome in words)
    leading = {row["lever"]: row for row in found if row is not None}
    lines = [
        f"- **{named(row)}**: {'; '.join(_worse(lever, words)) or 'none of these'}." for lever, row in leading.items()
    ]
    return "\n".join(lines)


def _worse(lever: str, words: dict[str, str]) -> Iterable[str]:
    for row in matrix():
        told = row["lever"] == lever and row["outcome"] in words and float(row["p_worse"] or 0) >= MOST_LIKELY
        if told and abs(float(row["median"])) >= SMALL * abs(float(row["baseline"])):
            yield f"{words[row['outcome']]} {changed(row)}"


def blocks() -> dict[str, str]:
    """Return every block of the page."""
    return {
        "ministry answers": answers(),
        "ministry numbers": numbers(),
        "ministry helps": helps(),
        "ministry costs": costs(),
    }


def main() -> None:
    """Print the page's blocks, or write them into it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write them into docs/ministry.md")
    tell("ministry.md", blocks(), parser.parse_args().write)


if __name__ == "__main__":
    main()
