"""An output over years beside what was observed of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.calibration.reweighed import reweighed, weighed_quantiles
from mcsim.report.keys import COMMON, DIM_OF_NUMBERS, DIMS, Key
from mcsim.report.kind import Figure, Kind, Source, without_draws
from mcsim.report.language import say
from mcsim.report.panels import draw_band, legend, panels, value_axis
from mcsim.study import BoolArray, FloatArray
from mcsim.study.select import selection

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

QUANTILES = {"p2.5": 0.025, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p97.5": 0.975}
MARKERS = "osD^vPX*"
APART = 0.18  # between observations of one year


def _rows(figure: Figure, result: Result, ranking: Ranking | None) -> pd.DataFrame | None:
    """Return a row for each label of x with the quantiles of the draws, then one for each observation."""
    import pandas as pd

    output, x = figure.output, figure["x"]
    place = [dim.name for dim in output.dims].index(x)
    shown = output.mask & selection(output, figure.where)
    seen = list(_seen(figure, result, shown))
    summary = result.summary(output.name, **figure.where)
    if not seen or summary["mean"].isna().all() or summary["unit"].nunique() > 1:
        return None
    lines = np.moveaxis(shown, place, 0).reshape(shown.shape[place], -1)
    full = np.moveaxis(result.values(output.name), place + 1, 1)
    totals = np.where(lines, full.reshape(len(full), *lines.shape), 0.0).sum(axis=2)
    rows = [
        {x: at, "series": series, "seen": False, **dict(zip(QUANTILES, bands[:, number], strict=True))}
        for series, bands in _bands(result, totals)
        for number, at in enumerate(output.dims[place].coords)
        if lines[number].any()
    ]
    return pd.DataFrame([*rows, *seen]).assign(unit=summary["unit"].iloc[0])


def _bands(result: Result, totals: FloatArray) -> Iterator[tuple[str, FloatArray]]:
    """Yield quantiles (quantiles, labels of x) of the run's draws, and of its draws weighed by what was observed."""
    shares = np.array(list(QUANTILES.values()))
    yield say("posterior") if result.study.posterior else say("prior"), np.nanquantile(totals, shares, axis=0)
    found = reweighed(result)
    if found is not None:
        yield (
            say("posterior ({count} effective draws)", count=f"{found.ess:,.0f}"),
            weighed_quantiles(totals, found.weights, shares),
        )


def _seen(figure: Figure, result: Result, shown: BoolArray) -> Iterator[dict[str, Any]]:
    """Yield the observations of what the figure shows: of the same elements at one label of x."""
    x = figure["x"]
    for item in result.study.calibration.observations:
        at = item.cell.labels.get(x)
        if item.cell.output.name != figure.output.name or at is None:
            continue
        if np.array_equal(item.cell.mask, shown & selection(figure.output, {x: at})):
            low, high = item.range()
            yield {
                x: at,
                "series": item.scope or item.source,
                "seen": True,
                "p2.5": low,
                "p50": item.value,
                "p97.5": high,
            }


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    picture, (panel,) = panels(plt, rows, figure)
    divisor = value_axis(panel, float(rows[["p2.5", "p97.5"]].abs().max().max()))
    x, axis = figure["x"], panel.axis
    seen = rows[rows["seen"]]
    for place, (series, curve) in enumerate(rows[~rows["seen"]].groupby("series", sort=False)):
        draw_band(axis, curve, x, divisor, place, str(series))
    scopes = list(dict.fromkeys(seen["series"]))
    taken: dict[float, int] = {}
    for row in seen.to_dict("records"):
        year = float(row[x])
        taken[year] = taken.get(year, 0) + 1
        value, low, high = (row[name] / divisor for name in ("p50", "p2.5", "p97.5"))
        scope = scopes.index(row["series"])
        axis.errorbar(
            [year + APART * (taken[year] - 1)],
            [value],
            yerr=[[value - low], [high - value]],
            color="black",
            marker=MARKERS[scope % len(MARKERS)],
            markersize=4,
            capsize=2,
            linewidth=1,
            label=row["series"] if row["series"] not in axis.get_legend_handles_labels()[1] else None,
        )
    axis.set_xlabel(figure.named(x))
    if all(float(value).is_integer() for value in rows[x]):
        axis.xaxis.get_major_locator().set_params(integer=True)  # no year has a half
    legend(picture, axis, rows["series"].nunique())
    return picture


KIND = Kind(
    name="hindcast",
    shows="How an output follows what was observed of it (`[[observation]]`), each observation with its scope.",
    caption=(
        "Lines: medians; bands: the middle 50 % and 95 %, of the draws (prior) and of the same draws weighed by all "
        "that was observed (posterior); marks: what was observed, with the 95 % range of its error, a sign a scope"
    ),
    keys=(
        Key("x", "the dim along the horizontal axis", DIM_OF_NUMBERS, required=True),
        Key("total", "the dims over whose labels the output is summed, as an observed total is", DIMS),
        *COMMON,
    ),
    reads=Source("the draws and the observations", without_draws, _rows),
    draw=_draw,
    example="""\
kind = "hindcast"
output = "mass"
x = "year"
total = ["origin"]
where = { material = "lithium" }
""",
)
