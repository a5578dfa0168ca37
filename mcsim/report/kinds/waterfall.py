"""The way from one label's sum to another's, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcsim.report.keys import COMMON, DIM, ENDS, Key
from mcsim.report.kind import MEANS, Figure, Kind
from mcsim.report.panels import Panel, value_axis
from mcsim.report.style import WIDTH, colour, label

if TYPE_CHECKING:
    import pandas as pd

DOWN, UP, SUM = 2, 1, 6  # colours of a step down, a step up, and the sums at both ends


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    table = rows.pivot_table(index=figure["x"], columns=figure["stack"], values="mean", sort=False)
    first, last = figure.get("ends", [table.index[0], table.index[-1]])
    steps = table.loc[last] - table.loc[first]
    picture, axis = plt.subplots(figsize=(WIDTH, 3.2))
    divisor = value_axis(Panel(axis, rows), float(table.sum(axis=1).abs().max()))
    level = float(table.loc[first].sum()) / divisor
    axis.bar(0, level, 0.6, color=colour(SUM))
    for place, step in enumerate(steps, start=1):
        size = float(step) / divisor
        axis.bar(place, size, 0.6, bottom=level, color=colour(DOWN if size < 0 else UP))
        axis.annotate(f"{size:+.2g}", (place, level + max(size, 0)), ha="center", va="bottom", fontsize=8)
        level += size
    axis.bar(len(steps) + 1, level, 0.6, color=colour(SUM))
    words = [label(first), *(label(name) for name in steps.index), label(last)]
    axis.set_xticks(range(len(words)), words, rotation=20, ha="right")
    axis.grid(axis="x", visible=False)
    return picture


KIND = Kind(
    name="waterfall",
    shows="What makes the difference between two cases, part by part.",
    caption="Means over all draws",
    keys=(
        Key("x", "the dim whose labels are the two ends", DIM, required=True),
        Key("stack", "the dim whose labels are the steps", DIM, required=True),
        Key("ends", "from where to where; from the first label to the last where it says nothing", ENDS),
        *COMMON,
    ),
    reads=MEANS,
    draw=_draw,
    example="""\
kind = "waterfall"
output = "mass"
x = "origin"
stack = "material"
ends = ["new", "second-hand"]
where = { year = 2050 }
""",
)
