"""Means of parts stacked to their sum; means add up, medians do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.keys import COMMON, DIM, PANEL, Key
from mcsim.report.kind import MEANS, Figure, Kind
from mcsim.report.language import say
from mcsim.report.panels import Panel, labels_of, legend, panels, value_axis, zero_line
from mcsim.report.style import colour, label

if TYPE_CHECKING:
    import pandas as pd

STACK = Key("stack", "the dim whose labels are stacked", DIM, required=True)


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    x, part_dim = figure["x"], figure["stack"]
    picture, found = panels(plt, rows, figure, height=2.6)
    labels, parts = labels_of(rows, x), labels_of(rows, part_dim)
    numeric = all(isinstance(value, int | float | np.integer | np.floating) for value in labels)
    at = np.array(labels, float) if numeric else np.arange(len(labels), dtype=float)
    for panel in found:
        table = panel.rows.pivot_table(index=x, columns=part_dim, values="mean", sort=False)
        _stacked(panel, table.reindex(index=labels, columns=parts).fillna(0.0), at)
        if numeric:
            panel.axis.set_xlabel(figure.named(x))
        else:
            panel.axis.set_xticks(at, [label(word) for word in labels], rotation=20, ha="right")
        panel.axis.grid(axis="x", visible=False)
    legend(picture, found[0].axis, len(parts) + 1)
    return picture


def _stacked(panel: Panel, table: pd.DataFrame, at: Any) -> None:
    """Draw columns at `at`: what is positive upwards from zero, what is negative downwards, and their net."""
    divisor = value_axis(panel, float(table.abs().sum(axis=1).max()))
    width = 0.7 * (np.diff(at).min() if len(at) > 1 else 1.0)
    above, below = np.zeros(len(at)), np.zeros(len(at))
    for place, one in enumerate(table.columns):
        values = table[one].to_numpy(float) / divisor
        base = np.where(values >= 0, above, below)
        look = {"color": colour(place), "edgecolor": "white", "linewidth": 0.3}
        panel.axis.bar(at, values, width, bottom=base, label=label(one), **look)
        above, below = above + np.maximum(values, 0), below + np.minimum(values, 0)
    panel.axis.plot(at, above + below, "D", color="black", markersize=3.5, label=say("net"))
    zero_line(panel.axis)


KIND = Kind(
    name="stack",
    shows="What a sum is made of, over numbers or words; burdens upwards, credits downwards, and the net.",
    caption="Means over all draws; they add up, where medians would not",
    keys=(Key("x", "the dim along the horizontal axis", DIM, required=True), STACK, PANEL, *COMMON),
    reads=MEANS,
    draw=_draw,
    example="""\
kind = "stack"
output = "mass"
x = "year"
stack = "material"
panel = "origin"
""",
)
