"""The page of three questions: every number of its sentences is printed beside it; its commands ask what exists."""

import re
import shlex
from pathlib import Path

import pytest

import mcsim
from mcsim.ranking.question import parse_question
from mcsim.study.overlay import read_overlay
from mcsim.study.select import parse_cell

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "questions.md").read_text(encoding="utf-8")
PLAN = (DOCS / "plan.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"(?<![\w-])-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?")
PRINTED = [line for line in f"{PAGE}\n{PLAN}".splitlines() if line.startswith("    ")]
COMMANDS = [line.strip() for line in PAGE.splitlines() if line.startswith("    mcsim ")]
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
def test_its_commands_ask_what_exists(command):
    _, verb, name, *words = shlex.split(command)
    study = mcsim.load(name)
    if verb == "explain":
        assert parse_question(words[0], study.output).unit
    elif verb == "plan":
        assert len(parse_cell(words[0], study.output).packed) == 1
        assert study.surveys
    else:
        assert all(read_overlay(word) is not None for word in words if word.startswith("lever-"))
