"""Which columns of a ranking are shares of an output's variance, and how a reader is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mcsim.ranking.method import Mark, Telling
from mcsim.ranking.methods import METHODS
from mcsim.report.language import retold, say

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking


def telling_of(rows: pd.DataFrame) -> Telling | None:
    """Return how the method of the rows of a ranking is told; None where nothing is ranked."""
    method = METHODS.get(str(rows["method"].iloc[0])) if len(rows) else None
    return None if method is None else method.telling


def marks_of(rows: pd.DataFrame) -> tuple[Mark, ...]:
    """Return the measures of the rows of a ranking that are shown, the one that orders them first."""
    telling = telling_of(rows)
    marks = () if telling is None else telling.marks
    shown = tuple(mark for mark in marks if mark.key in rows and rows[mark.key].notna().any())
    return shown if shown[:1] == marks[:1] else ()


def shares_of(rows: pd.DataFrame) -> tuple[Mark, ...]:
    """Return the shares of the variance among them; none of a method that measures something else."""
    telling = telling_of(rows)
    return marks_of(rows) if telling is not None and telling.of_variance else ()


def strongest(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the rows that have a measure, the strongest first: by size where its sign is a direction."""
    telling, known = telling_of(rows), rows.dropna(subset=[key])
    if telling is not None and telling.signed:
        return known.sort_values(key, ascending=False, key=abs)
    return known.sort_values(key, ascending=False)


def told(rows: pd.DataFrame, of_kind: str) -> str:
    """Return what a figure's marks mean: what its kind says of shares of the variance, or what the method does."""
    telling = telling_of(rows)
    return say(of_kind if telling is None or telling.caption == Telling._field_defaults["caption"] else telling.caption)


def method_told(ranking: Ranking) -> str:
    """Return how a ranking was made, in words, for the head of its tables."""
    why = ranking.settings.get("why")
    own = say("from the draws of this run") if "design" in ranking.settings else say("from a design of their own")
    return say(
        METHODS[ranking.method].telling.meaning,
        source=own + (say(", since {why}", why=retold(why, part=True)) if why else ""),
    )


def hundredths(part: float) -> str:
    """Return a share as a number of hundredths with one decimal, without a minus before zero.

    Examples
    --------
    >>> hundredths(0.0361), hundredths(-0.0001)
    ('3.6', '0.0')
    """
    text = f"{100.0 * part:.1f}"
    return "0.0" if text == "-0.0" else text


def members_told(ranking: Ranking, rows: pd.DataFrame | None, named: Callable[[str], str] = str) -> list[str]:
    """Return a sentence per group of dependent inputs: how its members share what it explains.

    Parameters
    ----------
    ranking : Ranking
        With a ranking of the members within.
    rows : DataFrame, optional
        The members' rows of one element.
    named : callable, optional
        Code of an input -> its long name.
    """
    if rows is None or ranking.within is None:
        return []
    lines = []
    by_input = {row["input"]: row for row in rows.to_dict("records")}
    for factor in ranking.factors:
        members = [name for name in factor.split(" + ") if name in by_input] if " + " in factor else []
        parts = []
        for name, row in ((name, by_input[name]) for name in members):
            if row["shapley"] == row["shapley"]:
                value, low, high = (hundredths(row[key]) for key in ("shapley", "shapley_low", "shapley_high"))
                parts.append(f"{named(name)} {value} % ({say('{low} to {high}', low=low, high=high)})")
        if parts:
            lines.append(
                say(
                    "{factor} depend on one another and rank as one; of the variance, Shapley effects from the draws "
                    "of this run give {parts}.",
                    factor=say(" and ").join(map(named, factor.split(" + "))),
                    parts=", ".join(parts),
                )
            )
    return lines
