"""Quantiles of one element as a box (the summary holds no more)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcsim.report.keys import COMMON
from mcsim.report.kind import QUANTILES, Figure, Kind
from mcsim.report.style import WIDTH, colour, scale, unit_words

if TYPE_CHECKING:
    import pandas as pd


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    picture, axis = plt.subplots(figsize=(WIDTH, 1.6))
    row = rows.iloc[0]
    divisor, words = scale(str(row["unit"]), abs(float(row["p97.5"])))
    for low, high, width in (("p2.5", "p97.5", 0.2), ("p5", "p95", 0.35), ("p25", "p75", 0.5)):
        axis.barh(0, (row[high] - row[low]) / divisor, width, left=row[low] / divisor, color=colour(0), alpha=0.3)
    axis.plot([row["p50"] / divisor], [0], "k|", markersize=18)
    axis.set_yticks([])
    axis.set_xlabel(unit_words(words) or figure.named(figure.output.name))
    return picture


KIND = Kind(
    name="interval",
    shows="How sure one number is.",
    caption="Line: median; bars: the middle 50, 90 and 95 % of the draws",
    keys=COMMON,
    reads=QUANTILES,
    draw=_draw,
    example="""\
kind = "interval"
output = "mass"
where = { year = 2050, origin = "new", material = "lithium" }
""",
)
