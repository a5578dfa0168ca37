"""What the page on the fleet prints of the states is what the command beside it prints."""

import re
from pathlib import Path

import mcsim
from mcsim.report.first import sentences_of_rows

PAGE = Path(__file__).resolve().parent.parent / "docs" / "fleet.md"
BLOCK = re.compile(r"    mcsim run (\S+) --draws (\d+) --seed (\d+) --no-sensitivity\n\nprints\n\n((?:    .+\n)+)")


def test_the_page_prints_the_states_as_their_command_does():
    study, draws, seed, printed = BLOCK.search(PAGE.read_text(encoding="utf-8")).groups()
    result = mcsim.run(mcsim.load(study), draws=int(draws), seed=int(seed))
    assert [line.strip() for line in printed.splitlines()] == [line.strip() for line in sentences_of_rows(result)]
