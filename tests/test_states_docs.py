"""What the pages on the states and on the trade print is what the commands beside them print."""

import re
import sys
from pathlib import Path

import pytest

import mcsim
from mcsim.report.first import sentences_of_rows

DOCS = Path(__file__).resolve().parent.parent / "docs"
BLOCK = re.compile(r"    mcsim run (\S+) --draws (\d+) --seed (\d+) --no-sensitivity\n\nprints\n\n((?:    .+\n)+)")


@pytest.mark.parametrize("page", ["fleet.md", "trade.md"])
def test_a_page_prints_the_rows_of_page_one_as_their_command_does(page):
    study, draws, seed, printed = BLOCK.search((DOCS / page).read_text(encoding="utf-8")).groups()
    result = mcsim.run(mcsim.load(study), draws=int(draws), seed=int(seed))
    assert [line.strip() for line in printed.splitlines()] == [line.strip() for line in sentences_of_rows(result)]


def test_the_page_for_a_ministry_is_what_its_two_commands_print(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "scripts"))
    import blocks
    import ministry

    text = (DOCS / "ministry.md").read_text(encoding="utf-8")
    found, fresh = blocks.find_blocks(text), ministry.blocks()
    assert found == fresh
    commands = [line.strip() for line in text.splitlines() if line.startswith("    mcsim ")]
    assert commands[0] == f"mcsim run trade --draws {ministry.RUN['draws']} --seed 1 --base {ministry.BASE}"
    assert commands[1] == f"mcsim {' '.join(ministry.COMPARE)}".removesuffix(" --quiet")
    for name in ("blocks", "ministry"):
        sys.modules.pop(name)
