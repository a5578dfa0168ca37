"""Medians of words such as minerals, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.keys import COMMON, DIM, LINE, PANEL, Key
from mcsim.report.kind import QUANTILES, Figure, Kind
from mcsim.report.panels import labels_of, legend, panels, part_of, value_axis, zero_line
from mcsim.report.style import colour, label

if TYPE_CHECKING:
    import pandas as pd

MARKERS = "osD^v"


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    x, line_dim = figure["x"], figure.get("line")
    picture, found = panels(plt, rows, figure, height=2.6)
    labels, lines = labels_of(rows, x), labels_of(rows, line_dim)
    for panel in found:
        axis = panel.axis
        divisor = value_axis(panel, float(panel.rows[["p2.5", "p97.5"]].abs().max().max()))
        for place, one in enumerate(lines):
            shift = (place - (len(lines) - 1) / 2) * 0.8 / max(len(lines), 2)
            curve = part_of(panel.rows, line_dim, one).set_index(x).reindex(labels)
            at = np.arange(len(labels)) + shift
            axis.vlines(at, curve["p2.5"] / divisor, curve["p97.5"] / divisor, color=colour(place), linewidth=1.2)
            axis.vlines(at, curve["p25"] / divisor, curve["p75"] / divisor, color=colour(place), linewidth=4, alpha=0.5)
            marker = MARKERS[place % len(MARKERS)]
            axis.plot(at, curve["p50"] / divisor, marker, color=colour(place), markersize=4, label=label(one))
        zero_line(axis)
        _ticks(axis, labels, crowded=60 / (1 + (len(found) > 1)))
        axis.grid(axis="x", visible=False)
    if len(lines) > 1:
        legend(picture, found[0].axis, len(lines))
    return picture


def _ticks(axis: Any, labels: list[Any], crowded: float) -> None:
    """Put the words below the axis, slanted where their letters would run into each other."""
    words = [label(word) for word in labels]
    long = max(map(len, words)) * len(words) > crowded
    axis.set_xticks(range(len(words)), words, rotation=35 if long else 0, ha="right" if long else "center")


KIND = Kind(
    name="bars",
    shows="An output side by side for words such as vehicles or minerals.",
    caption="Dot: median; thick and thin lines: the middle 50 % and 95 % of the draws",
    keys=(Key("x", "the dim whose labels stand side by side", DIM, required=True), LINE, PANEL, *COMMON),
    reads=QUANTILES,
    draw=_draw,
    example="""\
kind = "bars"
output = "mass"
x = "material"
line = "origin"
where = { year = 2050 }
title = "Materials in 2050"
""",
)
