"""Lines of the table of numbers that the report begins with."""

from __future__ import annotations

from dataclasses import replace

from mcsim.report.keys import WHERE
from mcsim.report.kind import MEANS, Kind

KIND = Kind(
    name="numbers",
    shows="Lines of the table that the report begins with: one for each element, with its median and bands.",
    caption="Median, the middle half of the draws, and 95 % of them",
    keys=(WHERE,),
    reads=replace(MEANS, words="the summary"),
    draw=None,
    example="""\
kind = "numbers"
output = "mass"
where = { year = [2030, 2050], origin = "new", material = "lithium" }
""",
)
