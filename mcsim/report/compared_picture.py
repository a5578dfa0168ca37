"""Strength ladders as curves: what a part of each lever's way already brings."""

from __future__ import annotations

import io
from textwrap import fill
from typing import Any

import numpy as np

from mcsim.engine.ladder import STEPS
from mcsim.report.answers import in_words
from mcsim.report.compared import FIRST, Compared, outcome_words
from mcsim.report.draw import address
from mcsim.report.language import say
from mcsim.report.style import colour, drawing, line, scale
from mcsim.result.matrix import quantiles, unit_of

LINES, ACROSS = 5, 4  # curves that a panel tells apart; panels beside one another
WIDTH = 42  # letters of a line over a panel
HIGH = 3.3  # inches of a panel with its legend
WIDE = 9.7  # inches, at least: fewer panels are not blown up
NARROW = 3.6  # inches: the text then is 11 px high on a screen 390 px wide


def ladder_picture(found: Compared) -> dict[str, str] | None:
    """Return the curves of the first outcomes with a better side as addresses, wide and narrow; None without them."""
    first = found.matrix.outcomes[:FIRST]
    shown = [at for at, outcome in enumerate(first) if outcome.better and _moved(found, at)]
    if not found.ladders or not shown:
        return None
    what = ", ".join(outcome_words(found.first, found.matrix.outcomes[at]) for at in shown)
    alt = say("Change of {what} by strength", what=what)
    return {"wide": _drawn(found, shown, ACROSS), "narrow": _drawn(found, shown, 1, narrow=True), "alt": alt}


def _moved(found: Compared, at: int) -> list[int]:
    """Return the levers that move an outcome, those that help most first."""
    ends = {place: float(quantiles(values[-1, at] - values[0, at])[1]) for place, values in found.ladders.items()}
    sign = found.matrix.outcomes[at].better
    return sorted((place for place, end in ends.items() if end == end and end != 0.0), key=lambda p: -sign * ends[p])


def _drawn(found: Compared, shown: list[int], across: int, narrow: bool = False) -> str:
    across = min(across, len(shown))
    rows = -(-len(shown) // across)
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = "ladder"
        width = NARROW if narrow else max(3.2 * across, WIDE)
        picture, axes = plt.subplots(rows, across, figsize=(width, HIGH * rows), squeeze=False)
        for axis in axes.ravel()[len(shown) :]:
            axis.set_visible(False)
        for axis, at in zip(axes.ravel(), shown, strict=False):
            _panel(found, axis, at)
        vector = io.BytesIO()
        picture.savefig(vector, format="svg", metadata={"Date": None})
    return address(vector.getvalue())


def _panel(found: Compared, axis: Any, at: int) -> None:
    outcome, places = found.matrix.outcomes[at], _moved(found, at)
    curves = {place: quantiles(found.ladders[place][:, at] - found.ladders[place][0, at]) for place in places}
    divisor, unit = scale(unit_of(outcome), float(max(np.nanmax(np.abs(curve)) for curve in curves.values())))
    for place in places[LINES:]:
        axis.plot(STEPS, curves[place][1] / divisor, color="#bbbbbb", linewidth=0.8)
    for number, place in enumerate(places[:LINES]):
        low, middle, high = curves[place] / divisor
        look: dict[str, Any] = {"color": colour(number)}
        axis.plot(STEPS, middle, linestyle=line(number), label=_short(found.matrix.titles[place]), **look)
        axis.vlines(1.0 + 0.012 * (number + 1), low[-1], high[-1], alpha=0.6, linewidth=1.4, **look)
    axis.axhline(0.0, color="black", linewidth=0.6)
    axis.set_xticks(STEPS, ["0", "1/4", "1/2", "3/4", "1"])
    axis.set_xlabel(say("strength"))
    axis.set_ylabel(in_words(unit))
    axis.set_title(fill(outcome_words(found.first, outcome), WIDTH))
    axis.legend(loc="upper left", bbox_to_anchor=(-0.18, -0.2), fontsize=7)  # below: long names cover no curve


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
