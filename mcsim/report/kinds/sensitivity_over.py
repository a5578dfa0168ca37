"""First-order indices, or Shapley effects, as stacked areas over numbers such as years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcsim.report.keys import COMMON, DIM_OF_NUMBERS, PANEL, Key
from mcsim.report.kind import RANKING, Figure, Kind
from mcsim.report.language import say
from mcsim.report.panels import legend, panels
from mcsim.report.shares import shares_of
from mcsim.report.style import colour, label

if TYPE_CHECKING:
    import pandas as pd

LEADING = 8  # inputs with a colour of their own
OTHERS = "#cccccc"


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    x, share = figure["x"], shares_of(rows)[-1]
    picture, found = panels(plt, rows, figure, height=2.8)
    leading = rows.groupby("input")[share.key].mean().sort_values(ascending=False).head(LEADING).index
    for panel in found:
        table = panel.rows.pivot_table(index=x, columns="input", values=share.key).clip(lower=0)
        kept = table.reindex(columns=leading).fillna(0.0)
        rest = table.drop(columns=[name for name in leading if name in table]).sum(axis=1)
        layers = [*(kept[name].to_numpy(float) for name in leading), rest.to_numpy(float)]
        colours = [*(colour(place) for place in range(len(leading))), OTHERS]
        words = [*(label(name) for name in leading), say("others")]
        panel.axis.stackplot(kept.index.astype(float), *layers, colors=colours, labels=words)
        panel.axis.set_ylim(0, 1)
        panel.axis.set_ylabel(
            say("first-order share of the variance" if share.key == "S1" else "Shapley share of the variance")
        )
        panel.axis.set_xlabel(figure.named(x))
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
