"""Which columns of a ranking are shares of an output's variance, and how a reader is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcsim.report.language import say

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking


class Share(NamedTuple):
    """A share of the variance.

    Parameters
    ----------
    key : str
        Its column; its interval stands in the columns with ``_low`` and ``_high``.
    head, words : str
        At the head of a table, and in a picture.
    """

    key: str
    head: str
    words: str


SOBOL = (Share("ST", "ST", "total"), Share("S1", "S1", "first order"))
SHAPLEY = (Share("shapley", "Shapley effect", "Shapley effect"),)


def shares_of(rows: pd.DataFrame) -> tuple[Share, ...]:
    """Return the shares that the rows of a ranking hold, the one that orders them first; none of other methods."""
    for shares in (SOBOL, SHAPLEY):
        if shares[0].key in rows and rows[shares[0].key].notna().any():
            return shares
    return ()


def told(rows: pd.DataFrame, of_sobol: str) -> str:
    """Return what a figure's marks mean, where they are not those of Sobol' indices."""
    if shares_of(rows) != SHAPLEY:
        return say(of_sobol)
    return say(
        "Shapley effects: shares of the variance that add up to one, whatever the dependence of the inputs, with 95 % "
        "intervals; an estimate below zero stands for no effect"
    )


def method_told(ranking: Ranking) -> str:
    """Return how a ranking was made, in words, for the head of its tables."""
    if ranking.order_by != SHAPLEY[0].key:
        return say(
            "The share of an output's variance that goes when an input is known (first order, S1), and the share that "
            "stays as long as it is not (total, ST), with 95 % intervals."
        )
    why = ranking.settings.get("why")
    own = say("from the draws of this run") if "design" in ranking.settings else say("from a design of their own")
    return say(
        "Ranked by Shapley effects {source}: each input's fair share of the output's variance, the mean of what it "
        "explains over all orders in which inputs become known. The shares add up to one, whatever the dependence of "
        "the inputs; inputs that tell the same share it. With 95 % intervals; an estimate below zero stands for no "
        "effect.",
        source=own + (say(", since {why}", why=why) if why else ""),
    )


def members_told(ranking: Ranking, rows: pd.DataFrame | None) -> list[str]:
    """Return a sentence per group of dependent inputs: how its members share what it explains.

    Parameters
    ----------
    ranking : Ranking
        With a ranking of the members within.
    rows : DataFrame, optional
        The members' rows of one element.
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
                low, high = (f"{row[key]:.2f}" for key in ("shapley_low", "shapley_high"))
                parts.append(f"{name} {row['shapley']:.2f} ({say('{low} to {high}', low=low, high=high)})")
        if parts:
            lines.append(
                say(
                    "{factor} depend on one another and rank as one; of the variance, Shapley effects from the draws "
                    "of this run give {parts}.",
                    factor=factor,
                    parts=", ".join(parts),
                )
            )
    return lines
