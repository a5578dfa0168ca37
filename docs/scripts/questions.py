"""Three questions for the shipped studies: what their commands print, below each on the page.

Usage: python docs/scripts/questions.py [--write]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shlex
import tempfile
from dataclasses import replace
from pathlib import Path

from mcsim.command.main import main as mcsim
from mcsim.engine.run import run
from mcsim.ranking.explain import explained
from mcsim.ranking.explained import lines as lines_of_explanation
from mcsim.ranking.question import parse_question
from mcsim.ranking.surveyed import lines as lines_of_plan
from mcsim.ranking.worth import plan_surveys, planned_of
from mcsim.result.result import Result
from mcsim.study import Study
from mcsim.study.load import load

PAGE = Path(__file__).resolve().parent.parent / "questions.md"
INDENT, COMMAND = "    ", "    mcsim "
FILES = ("explanation: ", "plan: ", "packages: ", "page: ")  # lines that say where something lies


def commands(page: str) -> dict[str, list[str]]:
    """Return every command of the page and the lines that stand below it."""
    found: dict[str, list[str]] = {}
    for block in page.split("\n\n"):
        if block.startswith(COMMAND):
            command, *shown = [line.removeprefix(INDENT) for line in block.rstrip().splitlines()]
            found[command] = shown
    return found


def printed(command: str) -> list[str]:
    """Run a command in an empty folder and return the lines that it prints."""
    here, told = Path.cwd(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(told):
                code = mcsim([*shlex.split(command)[1:], "--jobs", "1"])
        finally:
            os.chdir(here)
    if code != 0:
        raise SystemExit(f"{command}: exit code {code}")
    return told.getvalue().splitlines()


def answered(command: str) -> list[str]:
    """Return the lines of `printed` but those of files: of a run in memory that computes what is asked for alone."""
    _, verb, name, asked, *words = shlex.split(command)
    if verb == "combine":
        return [line for line in printed(command) if not line.startswith(FILES)]
    study, draws = load(name), int(words[words.index("--draws") + 1])
    if verb == "explain":
        question = parse_question(asked, study.output)
        return lines_of_explanation(explained(_lean(study, draws, {question.cell.output.name}), question))
    cell, _ = planned_of(study, asked, None)
    needed = {cell.output.name, *(output for one in study.surveys for output in one.outputs)}
    return lines_of_plan(plan_surveys(_lean(study, draws, needed), asked))


def _lean(study: Study, draws: int, needed: set[str]) -> Result:
    """Return a run of a study that computes some of its outputs, with the bits of one that computes them all."""
    left = frozenset(output.name for output in study.declared if output.name not in needed)
    return run(replace(study, headline=(), left_out=left), draws, seed=1, jobs=1, quiet=True, keep=tuple(needed))


def main() -> None:
    """Print the commands of the page and what each prints, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the lines into the page")
    write, page = parser.parse_args().write, PAGE.read_text(encoding="utf-8")
    for command, shown in commands(page).items():
        lines = printed(command)
        print("\n".join([command, *lines, ""]))
        old, new = ("".join(f"{INDENT}{line}\n" for line in (command, *part)) for part in (shown, lines))
        page = page.replace(old, new)
    if write:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
