"""What drives an output over all its years: a sentence below the table of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcsim.report.keys import of_numbers
from mcsim.report.kind import Figure
from mcsim.report.language import say
from mcsim.report.shares import hundredths, shares_of

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking

LEADING = 4  # inputs told
_SERIES = 3  # labels, at least


def over_told(ranking: Ranking, figure: Figure, value: Any) -> list[str]:
    """Return a sentence for each dim of numbers that an output has: what drives it over all of them together.

    Parameters
    ----------
    ranking : Ranking
        Of the run.
    figure : Figure
        The picture of the ranking that stands beside it, whose other labels hold.
    value : label, optional
        Of its panel.
    """
    output, panel = figure.output, figure.get("panel")
    lines = []
    for dim in output.dims:
        last = value is None or panel != dim.name or value == dim.coords[-1]
        if not of_numbers(dim) or len(dim) < _SERIES or not last or output.name not in ranking.variances:
            continue
        labels = {**figure.where, **({} if panel is None else {panel: value})}
        labels.pop(dim.name, None)
        shares = shares_of(ranking.table(output.name, **labels))
        if not shares:
            continue
        key, parts = shares[0].key, []
        for row in ranking.over(output.name, dim.name, **labels).head(LEADING).to_dict("records"):
            low, high = row.get(f"{key}_low", float("nan")), row.get(f"{key}_high", float("nan"))
            span = {"low": hundredths(low), "high": hundredths(high)}
            ends = "" if low != low else f" ({say('{low} to {high}', **span)})"
            parts.append(f"{figure.named(row['input'])} {hundredths(row[key])} %{ends}")
        lines.append(
            say(
                "Over all of {dim} ({low} to {high}) together, each weighed by its variance: {parts}.",
                dim=figure.named(dim.name),
                low=dim.coords[0],
                high=dim.coords[-1],
                parts=", ".join(parts),
            )
        )
    return lines
