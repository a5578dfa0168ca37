"""Horizontal bars of shares, with intervals where there are some: the picture of a chapter."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import NamedTuple

from mcsim.report.draw import address
from mcsim.report.sheet import Pen, svg
from mcsim.report.style import colour

WIDTH, LETTERS = 7.2, 44  # inches of the picture, letters of a line beside a bar


class Bar(NamedTuple):
    """A bar: what it is of, how long it is, and both ends of its interval where it has one."""

    what: str
    value: float
    low: float = float("nan")
    high: float = float("nan")


def bars(told: Sequence[Bar], axis: str) -> str:
    """Return the picture of shares as an address, nothing of none.

    Parameters
    ----------
    told : sequence of Bar
        From the top.
    axis : str
        What the length of a bar is.

    Examples
    --------
    >>> bars([Bar("x1", 0.5, 0.4, 0.6)], "share").startswith("data:image/svg+xml")
    True
    """
    if not told:
        return ""
    names = [fill(bar.what, LETTERS) for bar in told]
    lines = sum(name.count("\n") + 1 for name in names)
    picture, axes = Pen.subplots(figsize=(WIDTH, 0.9 + 0.28 * max(lines, len(told))))
    places = range(len(told))
    axes.barh(list(places), [bar.value for bar in told], color=colour(0), height=0.6)
    for place, bar in zip(places, told, strict=True):
        if bar.low == bar.low:
            axes.plot([max(bar.low, 0.0), bar.high], [place, place], color="#333333", linewidth=1.2)
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_xlim(left=0.0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    axes.set_xlabel(axis)
    return address(svg(picture).encode("utf-8"))
