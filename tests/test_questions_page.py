"""The page of three questions: its commands print what stands below them, and its sentences say no other number."""

import re
from pathlib import Path

import pytest
from test_docs_scripts import assert_same_digits, scripts_first  # noqa: F401 (a fixture that every test here takes)

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "questions.md").read_text(encoding="utf-8")
PLAN = (DOCS / "plan.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"(?<![\w-])-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?")
PRINTED = [line for line in f"{PAGE}\n{PLAN}".splitlines() if line.startswith("    ")]
COMMANDS = [line.strip() for line in PAGE.splitlines() if line.startswith("    mcsim ")]
SHOWN_BELOW = {"explain": ["explanation: "], "plan": ["plan: "], "combine": ["packages: ", "page: "]}
SAID = [part for part in PAGE.split("\n\n") if part.startswith("**")]
GIVEN = {"2050"}  # years that the question names


def value(text):
    return float(text.replace(",", ""))


def digits(text):
    return len(text.partition(".")[2])


@pytest.mark.parametrize("part", SAID, ids=lambda part: part[:60])
def test_every_number_of_a_sentence_is_printed_beside_it(part):
    printed = [abs(value(number)) for line in PRINTED for number in NUMBER.findall(line)]
    for text in NUMBER.findall(part):
        if text in GIVEN:
            continue
        wanted, near = abs(value(text)), 0.5 * 10.0 ** -digits(text)
        # A share may be printed as such or in per cent, 1,000 at a time or one by one.
        scaled = [one * factor for one in printed for factor in (1.0, 100.0)]
        assert any(abs(one - wanted) <= near * 1.000001 for one in scaled), text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_what_stands_below_it(command):
    """Of a run in memory of what is asked for alone; the pages on each command hold a run directory to the same."""
    from questions import FILES, answered, commands

    shown = commands(PAGE)[command]
    assert [line for line in shown if not line.startswith(FILES)] != []
    lines = [line for line in shown if line.startswith(FILES)]
    for line, begins in zip(lines, SHOWN_BELOW[command.split()[1]], strict=True):
        assert line.startswith(f"{begins}runs/")
    assert_same_digits("\n".join(line for line in shown if line not in lines), "\n".join(answered(command)))


def test_every_command_of_the_page_is_found():
    from questions import commands

    assert list(commands(PAGE)) == COMMANDS
    assert len(COMMANDS) == 6
