"""Where labels such as states stand among one another, with the interval of each rank over the draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.keys import COMMON, DIM, WHOLE, Key
from mcsim.report.kind import Figure, Kind, Source, without_draws
from mcsim.report.language import say
from mcsim.report.style import WIDTH, colour, label
from mcsim.result.standings import TOP

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

LINE, ROOM = 0.17, 0.9  # inches: of a label, and of the axis with its words


def standings_of(figure: Figure, result: Result) -> pd.DataFrame:
    """Return the rows of the standings that a figure shows."""
    return result.standings(figure.output.name, figure["x"], top=figure.get("top", TOP), **figure.where)


def _rows(figure: Figure, result: Result, ranking: Ranking | None) -> pd.DataFrame:
    return standings_of(figure, result).rename(columns={"rank_mean": "mean"})  # none where no draw has a value


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    picture, axis = plt.subplots(figsize=(WIDTH, max(2.0, LINE * len(rows) + ROOM)))
    at = np.arange(len(rows))
    axis.hlines(at, rows["rank_p2.5"], rows["rank_p97.5"], color=colour(0), linewidth=1.2)
    axis.hlines(at, rows["rank_p25"], rows["rank_p75"], color=colour(0), linewidth=4, alpha=0.5)
    axis.plot(rows["rank_p50"], at, "o", color=colour(0), markersize=4)
    axis.set_yticks(at, [label(word) for word in rows[figure["x"]]])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0.5, len(rows) + 0.5)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.set_xlabel(say("rank, 1 the largest"))
    axis.grid(axis="y", visible=False)
    beside = axis.secondary_yaxis("right")
    beside.set_yticks(at, [f"{100 * part:.0f} %" for part in rows["p_top"]])
    beside.tick_params(length=0)
    beside.spines["right"].set_visible(False)
    beside.set_ylabel(say("share of the draws among the first {count}", count=figure.get("top", TOP)))
    return picture


KIND = Kind(
    name="standings",
    shows="Where labels such as states stand among one another, and how sure each rank is; rows in `standings.csv`.",
    caption="Rank by draw, 1 the largest. Dot: median; thick and thin lines: the middle 50 % and 95 % of the draws",
    keys=(
        Key("x", "the dim whose labels are held against one another", DIM, required=True),
        Key("top", "how many of the first the column at the right counts; 3 where it says nothing", WHOLE),
        *COMMON,
    ),
    reads=Source("the draws", without_draws, _rows),
    draw=_draw,
    example="""\
kind = "standings"
output = "mass"
x = "material"
top = 1
where = { year = 2050, origin = "new" }
""",
    narrow=lambda height: height,
)
