"""Commands for questions that decide: when is it so, which package holds up, what to measure next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mcsim.command import completed
from mcsim.command.loading import loaded
from mcsim.command.options import Command, offers, said
from mcsim.command.voice import begin, tell, warn


@click.command(
    cls=Command,
    name="explain",
    short_help="Say when an outcome is so: how likely, under which inputs, what decides it.",
)
@click.argument("target", metavar="STUDY_OR_DIR", shell_complete=completed.studies)
@click.argument("question")
@offers("--draws", "--design", "--lives", "--seed", "--set", "--data", "--posterior", "--out", "--resume", "--jobs")
@offers("--rare", "--lang", "--quiet", "--json")
def explain_outcome(target: str, question: str, as_json: bool, **given: Any) -> None:
    """Say when "OUTPUT@LABEL,... > VALUE UNIT" is so: how likely, where, and what decides it."""
    from mcsim.command.explained import explain_directory, explain_study, is_directory

    words = said(given)
    spoken = as_json, words.get("quiet", False)
    if is_directory(target):
        tell(explain_directory(Path(target), question, words), *spoken)
        return
    asked = loaded(target, words.pop("settings", ()), words.pop("data", None), words.pop("posterior", None))
    begin(asked, words)
    tell(explain_study(asked, question, words), *spoken)


@click.command(cls=Command, name="combine", short_help="Say which combination of levers holds up, whatever is true.")
@click.argument("study", metavar="STUDY", shell_complete=completed.studies)
@click.argument("levers", nargs=-1, metavar="LEVER...", shell_complete=completed.studies)
@offers("--draws", "--design", "--lives", "--seed", "--set", "--data", "--posterior", "--out", "--jobs")
@offers("--reading", "--output", "--lang", "--quiet", "--json")
def combine_levers(study: str, levers: Sequence[str], as_json: bool, **given: Any) -> None:
    """Run every combination of levers on the same draws: regret, how often each is the best, and which none beats."""
    from mcsim.command.combining import combine

    words = said(given)
    spoken = as_json, words.get("quiet", False)
    tell(combine(study, levers, words), *spoken)


@click.command(
    cls=Command,
    name="plan",
    short_help="Say what to measure next: what each survey would tell of an outcome, and its price.",
)
@click.argument("study", metavar="STUDY", shell_complete=completed.studies)
@click.argument("outcome")
@offers("--draws", "--design", "--lives", "--seed", "--set", "--data", "--posterior", "--jobs")
@offers("--out", "--threshold", "--lang", "--quiet", "--json")
def plan_measurements(study: str, outcome: str, as_json: bool, **given: Any) -> None:
    """Say what the surveys of a study would tell of "OUTPUT@LABEL,...", the most useful for its price first."""
    from mcsim.command.planned import plan_study

    words = said(given)
    asked = loaded(study, words.pop("settings", ()), words.pop("data", None), words.pop("posterior", None))
    warn(asked)
    tell(plan_study(asked, outcome, words), as_json, words.get("quiet", False))
