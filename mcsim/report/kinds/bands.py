"""Medians over numbers such as years, with their bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcsim.report.keys import COMMON, DIM_OF_NUMBERS, LINE, PANEL, Key
from mcsim.report.kind import QUANTILES, Figure, Kind
from mcsim.report.panels import Panel, draw_band, over_lines, part_of, value_axis, zero_line
from mcsim.report.style import label

if TYPE_CHECKING:
    import pandas as pd


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    def each(panel: Panel, lines: Sequence[Any]) -> None:
        divisor = value_axis(panel, float(panel.rows[["p2.5", "p97.5"]].abs().max().max()))
        for place, one in enumerate(lines):
            curve = part_of(panel.rows, figure.get("line"), one)
            if not curve.empty:
                draw_band(panel.axis, curve, figure["x"], divisor, place, label(one) if one is not None else None)
        if str(panel.rows["unit"].iloc[0]) == "relative":
            zero_line(panel.axis)

    return over_lines(plt, rows, figure, each)


KIND = Kind(
    name="bands",
    shows="How an output moves over years, ages or other numbers, and how sure that is.",
    caption="Line: median; bands: the middle 50 % and 95 % of the draws",
    keys=(Key("x", "the dim along the horizontal axis", DIM_OF_NUMBERS, required=True), LINE, PANEL, *COMMON),
    reads=QUANTILES,
    draw=_draw,
    example="""\
kind = "bands"
output = "mass"
x = "year"
line = "origin"
where = { material = "lithium" }
""",
)
