"""How a total splits among labels, as bands whose widths are means (a Sankey-like picture)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.keys import COMMON, DIM, PANEL, Key
from mcsim.report.kind import MEANS, Figure, Kind
from mcsim.report.panels import Panel, panels
from mcsim.report.style import colour, label, scale, unit_words

if TYPE_CHECKING:
    import pandas as pd

GAP = 0.06  # between two bands where they arrive, as a share of the total
# The edges of a band from left to right, and how far each has come from one height to the other: an S.
STEPS = np.linspace(0.0, 1.0, 41)
ACROSS, RISE = 1.5 * STEPS * (1.0 - STEPS) + STEPS**3, STEPS**2 * (3.0 - 2.0 * STEPS)


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    picture, found = panels(plt, rows, figure, height=2.8)
    for panel in found:
        _split(panel, panel.rows.set_index(figure["x"])["mean"].clip(lower=0))
    return picture


def _split(panel: Panel, sizes: pd.Series[float]) -> None:
    """Draw a band from the whole on the left to each part on the right, with its size in words."""
    axis = panel.axis
    total = float(sizes.sum()) or 1.0
    divisor, words = scale(str(panel.rows["unit"].iloc[0]), total)
    left, right = 0.0, 0.0
    for place, (one, size) in enumerate(sizes.items()):
        width, edge = float(size) / total, left + (right - left) * RISE
        axis.fill_between(ACROSS, edge, edge + width, color=colour(place), alpha=0.75, linewidth=0)
        text = f"{label(one)}: {float(size) / divisor:,.3g} {unit_words(words)} ({width:.0%})"
        axis.annotate(text, (1.02, right + width / 2), va="center", fontsize=8)
        left, right = left + width, right + width + GAP
    axis.set_xlim(0, 1.9)
    axis.set_ylim(max(right, 1.0) + 0.02, -0.02)
    axis.axis("off")


KIND = Kind(
    name="flow",
    shows="How a total splits among destinations.",
    caption="Means over all draws",
    keys=(Key("x", "the dim among whose labels the total splits", DIM, required=True), PANEL, *COMMON),
    reads=MEANS,
    draw=_draw,
    example="""\
kind = "flow"
output = "mass"
x = "material"
panel = "origin"
where = { year = 2050 }
""",
)
