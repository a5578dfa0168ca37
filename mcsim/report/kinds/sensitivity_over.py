"""First-order indices, or Shapley effects, as stacked areas over numbers such as years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcsim.report.keys import COMMON, DIM_OF_NUMBERS, PANEL, Key
from mcsim.report.kind import RANKING, Figure, Kind
from mcsim.report.language import say
from mcsim.report.panels import legend, panels
from mcsim.report.shares import marks_of, telling_of
from mcsim.report.style import colour, label

if TYPE_CHECKING:
    import pandas as pd

LEADING = 8  # inputs with a colour of their own
OTHERS = "#cccccc"
# Shares of which no part is counted twice, with what is written along them.
STACKED = {"S1": "first-order share of the variance", "shapley": "Shapley share of the variance"}


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    x, telling, marks = figure["x"], telling_of(rows), marks_of(rows)
    assert telling is not None  # rows without marks are no figure
    share = next((mark for mark in marks if mark.key in STACKED), marks[0])
    picture, found = panels(plt, rows, figure, height=2.8)
    mean = rows.groupby("input")[share.key].mean()
    leading = mean.sort_values(ascending=False, key=abs if telling.signed else None).head(LEADING).index
    for panel in found:
        table = panel.rows.pivot_table(index=x, columns="input", values=share.key)
        panel.axis.set_xlabel(figure.named(x))
        if share.key not in STACKED:
            # What is no share of a whole does not stack: a line each.
            for place, name in enumerate(name for name in leading if name in table):
                panel.axis.plot(table.index.astype(float), table[name], color=colour(place), label=label(name))
            panel.axis.set_ylabel(say(telling.axis))
            continue
        table = table.clip(lower=0)
        kept = table.reindex(columns=leading).fillna(0.0)
        rest = table.drop(columns=[name for name in leading if name in table]).sum(axis=1)
        layers = [*(kept[name].to_numpy(float) for name in leading), rest.to_numpy(float)]
        colours = [*(colour(place) for place in range(len(leading))), OTHERS]
        words = [*(label(name) for name in leading), say("others")]
        panel.axis.stackplot(kept.index.astype(float), *layers, colors=colours, labels=words)
        panel.axis.set_ylim(0, 1)
        panel.axis.set_ylabel(say(STACKED[share.key]))
    legend(picture, found[0].axis, 4)
    return picture


KIND = Kind(
    name="sensitivity_over",
    shows="How the leading inputs change over years, ages or other numbers.",
    caption="First-order shares of the variance; what is missing to one are interactions",
    keys=(Key("x", "the dim along the horizontal axis", DIM_OF_NUMBERS, required=True), PANEL, *COMMON),
    reads=RANKING,
    draw=_draw,
    example="""\
kind = "sensitivity_over"
output = "mass"
x = "year"
panel = "origin"
where = { material = "lithium" }
""",
)
