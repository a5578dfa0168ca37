"""A sheet as SVG, when all that stands on it has its place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mcsim.report.sheet.ink import Look, head, number, path, text
from mcsim.report.sheet.letters import BELOW, CAPITALS, height, width
from mcsim.report.sheet.marks import HANDLE, Mark, Scale
from mcsim.report.sheet.ticks import ticks, words_of
from mcsim.report.style import GRID, GRID_WIDTH, LEGEND, LETTERS, TITLE

if TYPE_CHECKING:
    from mcsim.report.sheet.axes import Axes
    from mcsim.report.sheet.picture import Bar, Sheet

TO_WORDS, TO_LABEL, BETWEEN = 3.5, 4.0, 5.0  # points: from ticks to their texts, to what an axis measures, to a title
LATTICE = Look(GRID, linewidth=GRID_WIDTH)
SPINE = Look("black", linewidth=0.8)
HANDLED = HANDLE + 6.4  # of a line of a legend, before its words
GAP = 16.0  # between columns of a legend
LINE = 12.5  # of a legend
FOOT = 6.0  # around a legend and a bar of colours
BAR = 512  # points: the longest bar of colours
SHADES = 64  # steps of a bar of colours


class Side(NamedTuple):
    """What stands at an axis: places, texts, by how many degrees they are turned, and the length of the ticks."""

    places: Any
    words: list[str]
    turn: float
    tick: float


class Line(NamedTuple):
    """A text for the middle of a panel, and how far it is moved to the right, in points."""

    words: str
    moved: float


class Frame(NamedTuple):
    """A panel with its axes and texts, as they fit."""

    panel: Axes
    place: tuple[int, int]
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    x: Side
    y: Side
    title: Line
    xlabel: Line
    ylabel: str
    beside: str


def side_width(side: Side, label: str) -> float:
    """Return the width of what stands at a vertical axis."""
    wide = max((width(word, LETTERS) for word in side.words), default=0.0)
    shown = side.tick + TO_WORDS + wide if side.words else 0.0
    return shown + (TO_LABEL + height(label, LETTERS) if label else 0.0)


def side_height(side: Side, label: str) -> float:
    """Return the height of what stands at a horizontal axis."""
    return _words_height(side) + (TO_LABEL + height(label, LETTERS) if label else 0.0)


def _words_height(side: Side) -> float:
    if not side.words:
        return side.tick if side.places is not None and len(side.places) else 0.0
    turn = math.radians(side.turn)
    high = max(
        width(word, LETTERS) * math.sin(turn) + height(word, LETTERS) * math.cos(turn) * 0.85 for word in side.words
    )
    return side.tick + TO_WORDS + high


def legend_height(legend: list[list[tuple[int, str]]]) -> float:
    """Return the height of a legend with the room around it."""
    return FOOT + max(map(_tall, legend)) if legend else 0.0


def _tall(column: list[tuple[int, str]]) -> float:
    return sum(LINE + height(name, LEGEND) - height("", LEGEND) for _, name in column)


def column_widths(legend: list[list[tuple[int, str]]]) -> list[float]:
    """Return the widths of the columns of a legend, with the gaps between them."""
    wide = [HANDLED + max(width(name, LEGEND) for _, name in column) for column in legend if column]
    return [one + GAP for one in wide[:-1]] + wide[-1:]


def bar_height(bar: Bar | None) -> float:
    """Return the height of a bar of colours with its texts and the room around it."""
    return 0.0 if bar is None else 2.0 * FOOT + 8.0 + 7.0 + LETTERS + (TO_LABEL + LETTERS if bar.label else 0.0)


def sheet(
    of: Sheet, frames: list[Frame], scales: list[Scale], legend: list[list[tuple[int, str]]], whole: tuple[float, float]
) -> str:
    """Return a sheet as SVG.

    Parameters
    ----------
    of : Sheet
        With its marks.
    frames : list of Frame
        Its panels.
    scales : list of Scale
        Where each lies.
    legend : list of list
        Columns of (number of a mark, words).
    whole : tuple of float
        Width and height, points.
    """
    parts = [head(*whole)]
    for number_, (frame, scale) in enumerate(zip(frames, scales, strict=True)):
        parts += _panel(frame, scale, f"c{number_}")
    low = whole[1] - FOOT / 2
    if of.bar is not None:
        parts += _bar(of.bar, whole[0], low - bar_height(of.bar) + FOOT)
    if legend:
        parts += _legend(of.named, legend, whole[0], low)
    return "".join([*parts, "</svg>\n"])


def _panel(frame: Frame, at: Scale, name: str) -> list[str]:
    panel = frame.panel
    parts = _grid(frame, at) if panel.framed else []
    drawn = [mark.drawn(at) for mark in sorted(panel.marks, key=lambda mark: mark.over)]
    if _cut(panel.marks, at):
        corner = f'x="{number(at.left)}" y="{number(at.top)}" width="{number(at.wide)}" height="{number(at.high)}"'
        parts += [
            f'<clipPath id="{name}"><rect {corner}/></clipPath>\n<g clip-path="url(#{name})">\n',
            *drawn,
            "</g>\n",
        ]
    else:
        parts += drawn
    low, middle = at.top + at.high, at.left + 0.5 * at.wide
    if panel.framed:
        shape = f"M{number(at.left)} {number(at.top)}V{number(low)}H{number(at.left + at.wide)}"
        parts.append(path(shape, SPINE.stroke()))
        parts += _below(frame, at) + _beside(frame.y, at, frame.ylabel, right=False)
    if panel.beside is not None:
        told = panel.beside.ruler
        parts += _beside(Side(told.places, told.words or [], 0.0, told.tick), at, frame.beside, right=True)
    if frame.title.words:
        over = at.top - BETWEEN - BELOW * TITLE
        parts.append(_upwards(frame.title.words, (middle + frame.title.moved, over), TITLE))
    return parts


def _upwards(words: str, at: tuple[float, float], size: float) -> str:
    """Return a text whose last line stands at a place."""
    return text(words, (at[0], at[1] - height(words, size) + height("", size)), size, "center")


def _cut(marks: list[Mark], at: Scale) -> bool:
    """Return whether anything reaches beyond the panel."""
    for ends, axis in ((at.xlim, 0), (at.ylim, 1)):
        slack = 1e-9 * abs(ends[1] - ends[0])
        for mark in marks:
            seen = mark.reach()[axis]
            known = seen[np.isfinite(seen)]
            if known.size and (known.min() < min(ends) - slack or known.max() > max(ends) + slack):
                return True
    return False


def _grid(frame: Frame, at: Scale) -> list[str]:
    shape = ""
    if frame.panel.xaxis.grid:
        shape += "".join(f"M{number(x)} {number(at.top)}v{number(at.high)}" for x in at.x(frame.x.places).tolist())
    if frame.panel.yaxis.grid:
        shape += "".join(f"M{number(at.left)} {number(y)}h{number(at.wide)}" for y in at.y(frame.y.places).tolist())
    return [path(shape, LATTICE.stroke())]


def _below(frame: Frame, at: Scale) -> list[str]:
    """Return ticks and texts under a panel."""
    side, low = frame.x, at.top + at.high
    places = at.x(side.places).tolist()
    parts = [path("".join(f"M{number(x)} {number(low)}v{number(side.tick)}" for x in places), SPINE.stroke())]
    across = "right" if side.turn else "center"
    down = low + side.tick + TO_WORDS
    for x, word in zip(places if side.words else [], side.words, strict=True):
        if side.turn:
            # Its end lies under the tick, the upper edge of its letters at the line of the texts.
            right = x + 0.5 * CAPITALS * LETTERS * math.sin(math.radians(side.turn))
            drop = CAPITALS * LETTERS * math.cos(math.radians(side.turn))
            parts.append(text(word, (right, down + drop), LETTERS, across, turn=side.turn))
        else:
            parts.append(text(word, (x, down), LETTERS, across, "top"))
    if frame.xlabel.words:
        middle, under = at.left + 0.5 * at.wide + frame.xlabel.moved, low + _words_height(side) + TO_LABEL
        parts.append(text(frame.xlabel.words, (middle, under), LETTERS, "center", "top"))
    return parts


def _beside(side: Side, at: Scale, label: str, right: bool) -> list[str]:
    """Return ticks and texts at the left or the right of a panel."""
    edge, way = (at.left + at.wide, 1.0) if right else (at.left, -1.0)
    places = [] if side.places is None else at.y(side.places).tolist()
    ticked = "".join(f"M{number(edge)} {number(y)}h{number(way * side.tick)}" for y in places) if side.tick else ""
    parts = [path(ticked, SPINE.stroke())]
    far = edge + way * (side.tick + TO_WORDS)
    for y, word in zip(places if side.words else [], side.words, strict=True):
        parts.append(text(word, (far, y), LETTERS, "left" if right else "right", "center"))
    if label:
        # The upper edge of its first line lies away from a panel to its right, toward one to its left.
        wide = side_width(side, label)
        first = edge + way * (wide - CAPITALS * LETTERS if not right else wide - height(label, LETTERS) + LETTERS)
        parts.append(text(label, (first, at.top + 0.5 * at.high), LETTERS, "center", turn=90.0))
    return parts


def _legend(named: list[tuple[Mark, str]], legend: list[list[tuple[int, str]]], wide: float, low: float) -> list[str]:
    parts, widths = [], column_widths(legend)
    x, top = 0.5 * (wide - sum(widths)), low - max(map(_tall, legend))
    for column, across in zip(legend, widths, strict=True):
        y = top + 0.5 * LINE
        for at, words in column:
            parts.append(named[at][0].sample(x, y))
            parts.append(text(words, (x + HANDLED, y + 0.5 * CAPITALS * LEGEND), LEGEND))
            y += LINE + height(words, LEGEND) - height("", LEGEND)
        x += across
    return parts


def _bar(bar: Bar, wide: float, top: float) -> list[str]:
    """Return a bar of colours with its numbers and what they measure."""
    long = min(bar.shrink * wide, BAR)
    left, high = 0.5 * (wide - long), min(long / bar.aspect, 8.0)
    norm = bar.shades.norm
    ends = (norm.vmin, norm.vmax)
    at = Scale(left, top, long, high, ends, (0.0, 1.0))
    step = long / SHADES
    parts = []
    for place in range(SHADES):
        value = ends[0] + (place + 0.5) / SHADES * (ends[1] - ends[0])
        shape = f"M{number(left + place * step)} {number(top)}h{number(step + 0.3 * (place < SHADES - 1))}"
        shape += f"v{number(high)}h{number(-step)}z"
        parts.append(path(shape, Look(bar.shades.to_rgba(value)).fill()))
    parts.append(path(f"M{number(left)} {number(top)}h{number(long)}v{number(high)}h{number(-long)}z", SPINE.stroke()))
    numbers = ticks(*ends, int(max(2, long // (5.0 * LETTERS))))
    for x, word in zip(at.x(np.array(numbers)).tolist(), words_of(numbers), strict=True):
        parts.append(path(f"M{number(x)} {number(top + high)}v3.5", SPINE.stroke()))
        parts.append(text(word, (x, top + high + 7.0), LETTERS, "center", "top"))
    if bar.label:
        down = top + high + 7.0 + LETTERS + TO_LABEL
        parts.append(text(bar.label, (0.5 * wide, down), LETTERS, "center", "top"))
    return parts
