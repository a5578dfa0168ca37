"""What sources print against ours, in words: the lines of the report's section."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.report.language import say
from mcsim.report.style import number, share, span, within
from mcsim.store.directory import read_printed

if TYPE_CHECKING:
    import pandas as pd

HEAD = ("figure", "printed", "ours", "verdict", "where", "why")  # keys of a line


def printed_lines(folder: Path) -> list[dict[str, str]]:
    """Return a line per printed figure of a run, as printed.csv in its directory has them; none where it names none."""
    table = read_printed(folder)
    return [] if table is None else lines(table)


def lines(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return printed figures and ours in words.

    Parameters
    ----------
    table : DataFrame
        As `mcsim.printed` gives it.

    Returns
    -------
    list of dict
        Keys `HEAD`.
    """
    return [
        {
            "figure": row["figure"],
            "printed": printed_words(row),
            "ours": our_words(row),
            "verdict": say(row["verdict"]),
            "judged": row["verdict"],
            "where": f"{row['source']}, {row['where']}",
            "why": row["why"],
        }
        for row in table.to_dict("records")
    ]


def printed_words(row: Mapping[Any, Any]) -> str:
    """Return what a source prints, in words."""
    value, low, high, unit = row["printed"], row["printed_low"], row["printed_high"], row["unit"]
    if value != value:
        return row["claim"] or _ends(low, high, unit)
    if low != low and high != high:
        return number(value, unit)
    return within(value, value if low != low else low, value if high != high else high, unit)


def _ends(low: float, high: float, unit: str) -> str:
    if low != low:
        return say("at most {value}", value=number(high, unit))
    return say("at least {value}", value=number(low, unit)) if high != high else span(low, high, unit)


def our_words(row: Mapping[Any, Any]) -> str:
    """Return ours beside it, in words: median and 95 % band, or in how many draws the claim holds."""
    if row["verdict"] == "unreached":
        return ""
    missing = row["undefined"]
    told = say("undefined in {part} of the draws", part=share(missing)) if missing > 0 else ""
    if missing == 1:
        return told
    parts = []
    if row["claim"]:
        counted = row["p50"] == row["p50"]
        ends = say("{low} to {high}", low=format(row["p2.5"], ".0f"), high=format(row["p97.5"], ".0f"))
        band = "" if row["p2.5"] != row["p2.5"] else f" ({ends})"
        parts += [say("{count} of them", count=f"{row['p50']:.0f}{band}")] if counted else []
        parts.append(_held(row))
    else:
        parts.append(within(row["p50"], row["p2.5"], row["p97.5"], row["unit"]))
    return "; ".join([*parts, told] if told else parts)


def _held(row: Mapping[Any, Any]) -> str:
    if row["share"] == row["share"]:
        return say("true in {part} of the draws", part=share(row["share"]))
    return say("true of the medians") if row["verdict"] == "holds" else say("not true of the medians")
