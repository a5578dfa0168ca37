"""What a ranking measures of the leading inputs: total and first-order indices, Shapley effects, or another measure."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.keys import COMMON, PANEL
from mcsim.report.kind import RANKING, Figure, Kind
from mcsim.report.language import say
from mcsim.report.panels import grid, legend, panels
from mcsim.report.shares import marks_of, strongest, telling_of
from mcsim.report.style import WIDTH, colour, label

if TYPE_CHECKING:
    import pandas as pd

TOP = 12  # inputs shown
LONGEST = 28  # letters on a line of the axis


def wrapped(name: str) -> str:
    """Return a name for an axis: inputs that are ranked together are many words, and leave a panel no room on one line.

    Examples
    --------
    >>> wrapped("mx_survival_shape + mx_survival_scale").splitlines()
    ['mx survival shape +', 'mx survival scale']
    """
    return " +\n".join(textwrap.fill(part, LONGEST) for part in label(name).split(" + "))


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    marks, telling = marks_of(rows), telling_of(rows)
    assert telling is not None  # rows without marks are no figure
    picture, found = panels(plt, rows, figure, height=3.2)
    lines, step = 0, 0.36 / max(2, len(marks))
    for panel in found:
        axis = panel.axis
        part = strongest(panel.rows, marks[0].key).head(TOP).iloc[::-1]
        lines = max(lines, int(part["input"].map(lambda word: 1 + wrapped(word).count("\n")).sum()))
        at = np.arange(len(part))
        for place, (key, _, words) in enumerate(marks):
            values = part[key].to_numpy(float)
            shift = step * (len(marks) - 1 - 2 * place)
            axis.barh(at + shift, values, 1.9 * step, color=colour(place), label=say(words), alpha=0.85)
            if f"{key}_low" in part:
                reach = np.abs(np.vstack([values - part[f"{key}_low"], part[f"{key}_high"] - values]).astype(float))
                axis.errorbar(values, at + shift, xerr=reach, fmt="none", ecolor="black", elinewidth=0.9, capsize=1.5)
        axis.set_yticks(at, [wrapped(word) for word in part["input"]])
        unit = figure.output.unit if telling.in_unit else ""
        axis.set_xlabel(say(telling.axis) + (f" ({unit})" if unit else ""))
        axis.axvline(0, color="black", linewidth=0.8)
        axis.grid(axis="y", visible=False)
    # As tall as the inputs of the longest panel need.
    picture.set_size_inches(WIDTH, 0.9 + (0.4 + 0.27 * lines) * grid(len(found))[0])
    legend(picture, found[0].axis, 2)
    return picture


KIND = Kind(
    name="ranking",
    shows="Which inputs make an output uncertain; the same numbers stand in a table of the report.",
    caption="Shares of the variance with 95 % intervals",
    keys=(PANEL, *COMMON),
    reads=RANKING,
    draw=_draw,
    example="""\
kind = "ranking"
output = "mass"
panel = "year"
where = { material = "lithium", origin = "new" }
""",
)
