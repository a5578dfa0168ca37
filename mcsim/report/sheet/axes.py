"""A panel: the marks that stand in it and its two axes, by the names that matplotlib gives to what adds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from mcsim.report.sheet.ink import Look
from mcsim.report.sheet.marks import Area, Boxes, Curve, Level, Mark, Segments, Words
from mcsim.report.style import LINE_WIDTH
from mcsim.study import FloatArray

ROOM = 0.05  # left beyond what is drawn, of its reach
COLOURS = {"k": "black"}


@dataclass(slots=True)
class Ruler:
    """An axis of a panel: what stands at it, and its ends.

    Parameters
    ----------
    label : str
        What it measures.
    places, words : sequence, optional
        Where texts stand along it, and which; round numbers and their digits where it says nothing.
    turn : float
        Degrees by which they are turned.
    whole : bool
        Whole numbers alone.
    grid : bool
        With lines across the panel.
    low, high : float, optional
        Ends that were asked for.
    turned : bool
        From the other end.
    tick : float
        Points of the short lines at it.
    worded : callable, optional
        ``worded(value, place)``: the text of a value.
    """

    label: str = ""
    places: FloatArray | None = None
    words: list[str] | None = None
    turn: float = 0.0
    whole: bool = False
    grid: bool = True
    low: float | None = None
    high: float | None = None
    turned: bool = False
    tick: float = 3.5
    worded: Callable[[float, int], str] | None = None

    def get_major_locator(self) -> Ruler:
        """Return what says where its numbers stand: itself."""
        return self

    def set_params(self, integer: bool) -> None:
        """Say whether whole numbers alone stand at it."""
        self.whole = integer

    def set_major_formatter(self, worded: Callable[[float, int], str]) -> None:
        """Say how its numbers are written."""
        self.worded = worded

    def put(self, places: Any, words: Sequence[str] | None, turn: float = 0.0) -> None:
        """Say what stands where."""
        self.places, self.turn = np.asarray(places, float), turn
        self.words = None if words is None else list(words)

    def bound(self, low: float | None, high: float | None) -> None:
        """Set its ends, the first to the left or below."""
        self.low = self.low if low is None else float(low)
        self.high = self.high if high is None else float(high)

    def ends(self, reach: FloatArray, rests: FloatArray) -> tuple[float, float]:
        """Return both ends: those asked for, or what is reached with some room beyond that on which nothing stands."""
        known = reach[np.isfinite(reach)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        if not high > low:
            more = ROOM * abs(low) or ROOM
            low, high = low - more, high + more
        room, slack = ROOM * (high - low), 1e-9 * (high - low)
        below, above = rests[rests <= low + slack], rests[rests >= high - slack]
        first = max(low - room, float(below.max()) if below.size else -np.inf)
        last = min(high + room, float(above.min()) if above.size else np.inf)
        first, last = first if self.low is None else self.low, last if self.high is None else self.high
        return (last, first) if self.turned else (first, last)


@dataclass(slots=True)
class Beside:
    """Texts at the right side of a panel, and what they tell."""

    ruler: Ruler = field(default_factory=lambda: Ruler(tick=0.0, grid=False))
    spines: dict[str, Any] = field(default_factory=lambda: {"right": SimpleNamespace(set_visible=bool)})

    def set_yticks(self, places: Any, words: Sequence[str]) -> None:
        """Put texts at places of the vertical axis."""
        self.ruler.put(places, words)

    def tick_params(self, length: float) -> None:
        """Set the length of the short lines at it."""
        self.ruler.tick = length

    def set_ylabel(self, words: str) -> None:
        """Say what it tells."""
        self.ruler.label = words


@dataclass(slots=True)
class Axes:
    """A panel. Its methods are those of matplotlib's axes that the report uses, with the same arguments."""

    marks: list[Mark] = field(default_factory=list)
    xaxis: Ruler = field(default_factory=Ruler)
    yaxis: Ruler = field(default_factory=Ruler)
    title: str = ""
    framed: bool = True
    equal: bool = False
    visible: bool = True
    beside: Beside | None = None

    def get_visible(self) -> bool:
        """Return whether it is shown."""
        return self.visible

    def set_visible(self, shown: bool) -> None:
        """Show it or not."""
        self.visible = shown

    def set_title(self, words: str) -> None:
        """Put a text over it."""
        self.title = words

    def set_xlabel(self, words: str) -> None:
        """Say what the horizontal axis measures."""
        self.xaxis.label = words

    def set_ylabel(self, words: str) -> None:
        """Say what the vertical axis measures."""
        self.yaxis.label = words

    def set_xticks(self, places: Any, labels: Sequence[str] | None = None, rotation: float = 0.0, ha: str = "") -> None:
        """Put texts at places of the horizontal axis; turned ones end there."""
        assert (ha == "right") == (rotation > 0) or not ha or ha == "center"
        self.xaxis.put(places, labels, rotation)

    def set_yticks(self, places: Any, labels: Sequence[str] | None = None) -> None:
        """Put texts at places of the vertical axis."""
        self.yaxis.put(places, labels)

    def set_xlim(self, left: float | None = None, right: float | None = None) -> None:
        """Set ends of the horizontal axis."""
        self.xaxis.bound(left, right)

    def set_ylim(self, bottom: float | None = None, top: float | None = None) -> None:
        """Set ends of the vertical axis."""
        self.yaxis.bound(bottom, top)

    def invert_yaxis(self) -> None:
        """Turn the vertical axis round."""
        self.yaxis.turned = True

    def set_aspect(self, how: str) -> None:
        """Give both axes one scale."""
        assert how == "equal"
        self.equal = True

    def set_axis_off(self) -> None:
        """Leave out both axes."""
        self.framed = False

    def axis(self, how: str) -> None:
        """Leave out both axes."""
        assert how == "off"
        self.framed = False

    def grid(self, axis: str, visible: bool) -> None:
        """Draw the lines across the panel at an axis, or not."""
        (self.xaxis if axis == "x" else self.yaxis).grid = visible

    def secondary_yaxis(self, side: str) -> Beside:
        """Return what stands at the right side."""
        assert side == "right"
        self.beside = Beside()
        return self.beside

    def get_legend_handles_labels(self) -> tuple[list[Mark], list[str]]:
        """Return what a legend tells apart, and by which words."""
        found = [mark for mark in self.marks if mark.label]
        return found, [mark.label for mark in found]

    def plot(
        self, xs: Any, ys: Any, how: str = "", marker: str = "", markersize: float = 6.0, label: str | None = None,
        linestyle: Any = "-", **look: Any,
    ) -> None:  # fmt: skip
        """Draw a line, or signs: `how` is a sign alone, with the letter of a colour before it where it has one."""
        if how:
            marker, linestyle = how[-1], ""
            look = {"color": COLOURS[how[:-1]]} if how[:-1] else look
        drawn = Look(linestyle=linestyle, **look)
        self.marks.append(Curve(drawn, label or "", _flat(xs), _flat(ys), marker, markersize))

    def fill_between(self, xs: Any, low: Any, high: Any = 0.0, label: str | None = None, **look: Any) -> None:
        """Fill what lies between two curves."""
        xs = _flat(xs)
        self.marks.append(Area(Look(**look), label or "", xs, *(_flat(end) + 0.0 * xs for end in (low, high))))

    def stackplot(self, xs: Any, *layers: Any, colors: Sequence[str], labels: Sequence[str]) -> None:
        """Fill layers over one another, the first from zero on."""
        xs, edges = _flat(xs), np.cumsum([np.zeros(len(_flat(xs))), *map(_flat, layers)], axis=0)
        for low, high, colour, label in zip(edges[:-1], edges[1:], colors, labels, strict=True):
            self.marks.append(Area(Look(colour), label, xs, low, high, np.zeros(1)))

    def bar(
        self, xs: Any, heights: Any, width: Any = 0.8, bottom: Any = 0.0, label: str | None = None,
        edgecolor: Any = None, **look: Any,
    ) -> None:  # fmt: skip
        """Draw upright rectangles around places."""
        across, upward = _spans(xs, width, 0.5), _spans(bottom, heights, 0.0)
        across, upward = np.broadcast_arrays(across, upward)
        self.marks.append(Boxes(Look(**look), label or "", across, upward, edgecolor))

    def barh(
        self, ys: Any, widths: Any, height: Any = 0.8, left: Any = 0.0, label: str | None = None, **look: Any
    ) -> None:
        """Draw lying rectangles around places."""
        across, upward = np.broadcast_arrays(_spans(left, widths, 0.0), _spans(ys, height, 0.5))
        self.marks.append(Boxes(Look(**look), label or "", across, upward, upright=False))

    def vlines(self, xs: Any, low: Any, high: Any, **look: Any) -> None:
        """Draw upright lines."""
        xs = _flat(xs)
        self.marks.append(Segments(Look(**look), "", np.array([xs, xs]), np.array([_flat(low), _flat(high)])))

    def hlines(self, ys: Any, low: Any, high: Any, **look: Any) -> None:
        """Draw lying lines."""
        ys = _flat(ys)
        self.marks.append(Segments(Look(**look), "", np.array([_flat(low), _flat(high)]), np.array([ys, ys])))

    def errorbar(
        self, xs: Any, ys: Any, yerr: Any = None, xerr: Any = None, capsize: float = 0.0, marker: str = "",
        markersize: float = 6.0, label: str | None = None, color: Any = "black", ecolor: Any = None,
        linewidth: float = LINE_WIDTH, elinewidth: float | None = None, fmt: str = "",
    ) -> None:  # fmt: skip
        """Draw how far values may reach to both sides, and a sign at each where one is named."""
        assert fmt in ("", "none")
        xs, ys = _flat(xs), _flat(ys)
        look = Look(color if ecolor is None else ecolor, linewidth=linewidth if elinewidth is None else elinewidth)
        for axis, reach in ((0, xerr), (1, yerr)):
            if reach is not None:
                ends, still = (xs, ys)[axis] + np.array([-1.0, 1.0])[:, None] * np.asarray(reach, float), (ys, xs)[axis]
                pair = (ends, np.array([still, still]))
                across, upward = pair if axis == 0 else pair[::-1]
                self.marks.append(Segments(look, "", across, upward, capsize))
        if marker:
            self.marks.append(Curve(Look(color, linestyle=""), label or "", xs, ys, marker, markersize))

    def axhline(self, value: float, **look: Any) -> None:
        """Draw a lying line through the whole panel."""
        self.marks.append(Level(Look(**look), "", value))

    def axvline(self, value: float, **look: Any) -> None:
        """Draw an upright line through the whole panel."""
        self.marks.append(Level(Look(**look), "", value, upright=True))

    def text(
        self, x: float, y: float, words: str, fontsize: float = 8.5, ha: str = "left", va: str = "baseline",
        color: Any = "black", fontweight: str = "",
    ) -> None:  # fmt: skip
        """Write a text at a place."""
        self.marks.append(Words(Look(color), "", words, (x, y), fontsize, ha, va, fontweight == "bold"))

    def annotate(self, words: str, at: tuple[float, float], **look: Any) -> None:
        """Write a text at a place."""
        self.text(*at, words, **look)


def _flat(values: Any) -> FloatArray:
    return np.atleast_1d(np.asarray(values, float)).ravel()


def _spans(start: Any, size: Any, before: float) -> FloatArray:
    """Return both ends of stretches, of which a part lies before where they start."""
    start, size = np.broadcast_arrays(_flat(start), _flat(size))
    return np.array([start - before * size, start + (1.0 - before) * size])
