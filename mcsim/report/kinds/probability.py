"""The share of the draws in which an output lies above a threshold, or in which a 0/1 output holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.keys import COMMON, DIM, LINE, NUMBER, PANEL, Key
from mcsim.report.kind import Figure, Kind, Source, without_draws
from mcsim.report.language import say
from mcsim.report.panels import Panel, labels_of, over_lines, part_of
from mcsim.report.style import colour, label, line
from mcsim.study import Output
from mcsim.study.declared import INDICATOR
from mcsim.study.select import selection

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result


def _without_draws(output: Output) -> str:
    return "" if output.unit == INDICATOR else without_draws(output)


def _shares(figure: Figure, result: Result, ranking: Ranking | None) -> pd.DataFrame:
    """Return the rows of the summary with the share `above`."""
    output = figure.output
    rows = result.summary(output.name, **figure.where)
    threshold = figure.get("threshold", 0.0)
    if output.unit == INDICATOR:  # the mean of zeros and ones is the share of the ones: no draws are needed
        return rows.assign(above=rows["mean"] if 0 <= threshold < 1 else float(threshold < 0))
    above = result.exceedance(output.name, threshold)
    return rows.assign(above=above[output.mask & selection(output, figure.where)])


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    labels = labels_of(rows, figure["x"])
    numeric = all(isinstance(value, int | float | np.integer | np.floating) for value in labels)
    chance = figure.output.unit == INDICATOR

    def each(panel: Panel, lines: Sequence[Any]) -> None:
        for place, one in enumerate(lines):
            curve = part_of(panel.rows, figure.get("line"), one)
            at = curve[figure["x"]].astype(float) if numeric else [labels.index(word) for word in curve[figure["x"]]]
            look = {"linestyle": line(place)} if numeric else {"linestyle": "", "marker": "osD^v"[place % 5]}
            panel.axis.plot(at, curve["above"], color=colour(place), label=label(one), **look)
        panel.axis.set_ylim(-0.02, 1.02)
        panel.axis.axhline(0.5, color="black", linewidth=0.6, linestyle=":")
        panel.axis.set_ylabel(
            say("share of the draws") if chance else say("P(above {value})", value=f"{figure.get('threshold', 0):g}")
        )
        if not numeric:
            panel.axis.set_xticks(range(len(labels)), [label(word) for word in labels], rotation=20, ha="right")

    return over_lines(plt, rows, figure, each)


KIND = Kind(
    name="probability",
    shows="How likely an output is above a threshold; of a 0/1 output (unit `indicator`): how likely it holds.",
    caption="Share of the draws above the threshold",
    keys=(
        Key("x", "the dim along the horizontal axis", DIM, required=True),
        Key("threshold", "what the output is held against, in its unit; 0 where it says nothing", NUMBER),
        LINE,
        PANEL,
        *COMMON,
    ),
    reads=Source("the draws", _without_draws, _shares),
    draw=_draw,
    example="""\
kind = "probability"
output = "mass"
x = "year"
line = "origin"
threshold = 1.5
where = { material = "lithium" }
""",
)
