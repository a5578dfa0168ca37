"""What stands in a panel: lines, areas, boxes, segments, words; each knows its reach and writes itself as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from mcsim.report.sheet.ink import Look, number, path, points, sign, text
from mcsim.report.sheet.letters import width
from mcsim.study import FloatArray

NOTHING = np.zeros(0)
HANDLE = 16.0  # points of a mark in a legend


class Scale(NamedTuple):
    """Where a panel lies on the sheet, in points from its upper left corner, and the ends of its axes."""

    left: float
    top: float
    wide: float
    high: float
    xlim: tuple[float, float]
    ylim: tuple[float, float]

    def x(self, values: Any) -> Any:
        """Return where values of the horizontal axis lie."""
        return self.left + (values - self.xlim[0]) * (self.wide / (self.xlim[1] - self.xlim[0]))

    def y(self, values: Any) -> Any:
        """Return where values of the vertical axis lie."""
        return self.top + (self.ylim[1] - values) * (self.high / (self.ylim[1] - self.ylim[0]))


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing in a panel.

    Parameters
    ----------
    look : Look
        How it looks.
    label : str
        In the legend; none where empty.
    """

    look: Look = field(default_factory=Look)
    label: str = ""
    over = 2.0  # what is drawn over what: areas below lines below words

    def reach(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes that must be seen."""
        return NOTHING, NOTHING

    def rests(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes on which it stands: no room is left beyond them."""
        return NOTHING, NOTHING

    def drawn(self, at: Scale) -> str:
        """Return it as SVG."""
        raise NotImplementedError

    def sample(self, x: float, y: float) -> str:
        """Return it as SVG for a legend: `HANDLE` wide from x, around y."""
        return path(f"M{number(x)} {number(y)}h{number(HANDLE)}", self.look.stroke())


@dataclass(frozen=True, slots=True)
class Curve(Mark):
    """A line through points, a sign at each, or both."""

    xs: FloatArray = field(default_factory=lambda: NOTHING)
    ys: FloatArray = field(default_factory=lambda: NOTHING)
    marker: str = ""
    size: float = 6.0

    def reach(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes that must be seen."""
        return self.xs, self.ys

    def drawn(self, at: Scale) -> str:
        """Return it as SVG."""
        xs, ys = at.x(self.xs), at.y(self.ys)
        line = path("".join(_through(xs, ys)), self.look.stroke()) if self.look.linestyle else ""
        return line + self._signs(xs, ys)

    def _signs(self, xs: FloatArray, ys: FloatArray) -> str:
        if not self.marker:
            return ""
        shape = sign(self.marker, self.size)
        seen = np.isfinite(xs) & np.isfinite(ys)
        places = zip(xs[seen].tolist(), ys[seen].tolist(), strict=True)
        look = self.look.fill() if self.marker != "|" else Look(self.look.color, linewidth=1.0).stroke()
        return path("".join(f"M{number(x)} {number(y)}{shape}" for x, y in places), look)

    def sample(self, x: float, y: float) -> str:
        """Return it as SVG for a legend."""
        xs, ys = np.array([x, x + HANDLE]), np.array([y, y])
        line = path("".join(_through(xs, ys)), self.look.stroke()) if self.look.linestyle else ""
        return line + self._signs(xs[:1] + 0.5 * HANDLE, ys[:1])


@dataclass(frozen=True, slots=True)
class Area(Mark):
    """What lies between two curves."""

    xs: FloatArray = field(default_factory=lambda: NOTHING)
    low: FloatArray = field(default_factory=lambda: NOTHING)
    high: FloatArray = field(default_factory=lambda: NOTHING)
    stands: FloatArray = field(default_factory=lambda: NOTHING)
    over = 1.0

    def reach(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes that must be seen."""
        return self.xs, np.concatenate([self.low, self.high])

    def rests(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes on which it stands."""
        return NOTHING, self.stands

    def drawn(self, at: Scale) -> str:
        """Return it as SVG."""
        xs, low, high = at.x(self.xs), at.y(self.low), at.y(self.high)
        parts = []
        for run in _runs(np.isfinite(low) & np.isfinite(high)):
            there, back = points(xs[run], low[run]), points(xs[run][::-1], high[run][::-1])
            parts.append(f"M{' '.join([*there, *back])}z")
        return path("".join(parts), self.look.fill())

    def sample(self, x: float, y: float) -> str:
        """Return it as SVG for a legend."""
        return path(f"M{number(x)} {number(y - 2.8)}h{number(HANDLE)}v5.6h-{number(HANDLE)}z", self.look.fill())


@dataclass(frozen=True, slots=True)
class Boxes(Mark):
    """Rectangles, each from one corner to the other; of one colour, or of one each."""

    xs: FloatArray = field(default_factory=lambda: np.zeros((2, 0)))
    ys: FloatArray = field(default_factory=lambda: np.zeros((2, 0)))
    edge: Any = None
    upright: bool = True
    over = 1.0

    def reach(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes that must be seen."""
        return self.xs.ravel(), self.ys.ravel()

    def rests(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes on which it stands."""
        return (NOTHING, self.ys[0]) if self.upright else (self.xs[0], NOTHING)

    def drawn(self, at: Scale) -> str:
        """Return it as SVG."""
        (x, beyond), (y, over) = at.x(self.xs), at.y(self.ys)
        known: Any = np.isfinite([x, y, beyond, over]).all(axis=0)
        corners = np.column_stack([x, y, beyond - x, over - y])
        shapes = [f"M{number(a)} {number(b)}h{number(w)}v{number(h)}h{number(-w)}z" for a, b, w, h in corners[known]]
        if isinstance(self.look.color, list):
            colours = [one for one, seen in zip(self.look.color, known.tolist(), strict=True) if seen]
            looks = [Look(one, self.look.alpha, self.look.linewidth) for one in colours]
            return "".join(path(one, look.fill(self.edge)) for one, look in zip(shapes, looks, strict=True))
        return path("".join(shapes), self.look.fill(self.edge))

    def sample(self, x: float, y: float) -> str:
        """Return it as SVG for a legend."""
        shape = f"M{number(x)} {number(y - 2.8)}h{number(HANDLE)}v5.6h-{number(HANDLE)}z"
        return path(shape, self.look.fill())


@dataclass(frozen=True, slots=True)
class Segments(Mark):
    """Lines from one point to another, with a short cap at each end where one is wanted."""

    xs: FloatArray = field(default_factory=lambda: np.zeros((2, 0)))
    ys: FloatArray = field(default_factory=lambda: np.zeros((2, 0)))
    cap: float = 0.0

    def reach(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes that must be seen."""
        return self.xs.ravel(), self.ys.ravel()

    def drawn(self, at: Scale) -> str:
        """Return it as SVG."""
        ends = np.column_stack([*at.x(self.xs), *at.y(self.ys)])
        shapes = []
        for x, beyond, y, over in ends[np.isfinite(ends).all(axis=1)].tolist():
            shapes.append(f"M{number(x)} {number(y)}L{number(beyond)} {number(over)}")
            if self.cap:
                for a, b in ((x, y), (beyond, over)):
                    upright = x == beyond
                    start = (a - self.cap, b) if upright else (a, b - self.cap)
                    step = ("h" if upright else "v") + number(2.0 * self.cap)
                    shapes.append(f"M{number(start[0])} {number(start[1])}{step}")
        return path("".join(shapes), self.look.stroke().replace(' stroke-linecap="square"', ""))


@dataclass(frozen=True, slots=True)
class Level(Mark):
    """A line across the whole panel, at a value of one axis."""

    value: float = 0.0
    upright: bool = False

    def reach(self) -> tuple[FloatArray, FloatArray]:
        """Return the values of both axes that must be seen."""
        here = np.array([self.value])
        return (here, NOTHING) if self.upright else (NOTHING, here)

    def drawn(self, at: Scale) -> str:
        """Return it as SVG."""
        if self.upright:
            shape = f"M{number(at.x(self.value))} {number(at.top)}v{number(at.high)}"
        else:
            shape = f"M{number(at.left)} {number(at.y(self.value))}h{number(at.wide)}"
        return path(shape, self.look.stroke())


@dataclass(frozen=True, slots=True)
class Words(Mark):
    """A text at a place."""

    text: str = ""
    place: tuple[float, float] = (0.0, 0.0)
    size: float = 8.5
    across: str = "left"
    upward: str = "baseline"
    bold: bool = False
    over = 3.0

    def drawn(self, at: Scale) -> str:
        """Return it as SVG."""
        x, y = float(at.x(self.place[0])), float(at.y(self.place[1]))
        return text(self.text, (x, y), self.size, self.across, self.upward, ink=self.look.color, bold=self.bold)

    def beyond(self, at: Scale) -> tuple[float, float, float, float]:
        """Return how far it reaches beyond the left, right, lower and upper side of the panel, in points."""
        wide, x, y = width(self.text, self.size), float(at.x(self.place[0])), float(at.y(self.place[1]))
        left = x - wide * {"left": 0.0, "center": 0.5, "right": 1.0}[self.across]
        top = y - self.size * {"top": 0.0, "center": 0.5}.get(self.upward, 1.0)
        low = top + self.size
        return at.left - left, left + wide - at.left - at.wide, low - at.top - at.high, at.top - top


def _runs(known: Any) -> Iterator[slice]:
    """Yield the stretches of what is known."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
    yield from (slice(first, last) for first, last in edges.reshape(-1, 2).tolist())


def _through(xs: FloatArray, ys: FloatArray) -> Iterator[str]:
    for run in _runs(np.isfinite(xs) & np.isfinite(ys)):
        yield "M" + "L".join(points(xs[run], ys[run]))
