"""Medians over numbers such as years, with their bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcsim.report.keys import COMMON, DIM_OF_NUMBERS, LINE, PANEL, Key
from mcsim.report.kind import QUANTILES, Figure, Kind
from mcsim.report.panels import Panel, over_lines, part_of, value_axis, zero_line
from mcsim.report.style import colour, label, line

if TYPE_CHECKING:
    import pandas as pd


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    def each(panel: Panel, lines: Sequence[Any]) -> None:
        divisor = value_axis(panel, float(panel.rows[["p2.5", "p97.5"]].abs().max().max()))
        for place, one in enumerate(lines):
            curve = part_of(panel.rows, figure.get("line"), one)
            if not curve.empty:
                _band(panel.axis, curve, figure["x"], divisor, place, label(one) if one is not None else None)
        if str(panel.rows["unit"].iloc[0]) == "relative":
            zero_line(panel.axis)

    return over_lines(plt, rows, figure, each)


def _band(axis: Any, curve: pd.DataFrame, x: str, divisor: float, place: int, name: str | None) -> None:
    at = curve[x].astype(float).to_numpy()
    get = {key: curve[key].to_numpy(float) / divisor for key in ("p2.5", "p25", "p50", "p75", "p97.5")}
    axis.fill_between(at, get["p2.5"], get["p97.5"], color=colour(place), alpha=0.13, linewidth=0)
    axis.fill_between(at, get["p25"], get["p75"], color=colour(place), alpha=0.25, linewidth=0)
    axis.plot(at, get["p50"], color=colour(place), linestyle=line(place), label=name)


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
