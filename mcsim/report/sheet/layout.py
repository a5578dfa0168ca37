"""Where panels, words and legends lie on a sheet: words are measured, panels of one size take what is left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mcsim.report.sheet import write
from mcsim.report.sheet.letters import fold, height, width
from mcsim.report.sheet.marks import Scale, Words
from mcsim.report.sheet.ticks import MOST, ticks, words_of
from mcsim.report.sheet.write import BETWEEN, Frame, Line, Side
from mcsim.report.style import LEGEND, LETTERS, TITLE

if TYPE_CHECKING:
    from mcsim.report.sheet.axes import Axes, Ruler
    from mcsim.report.sheet.picture import Sheet
    from mcsim.study import FloatArray

PAD = 3.0  # points around a panel with its words, and at the edge of the sheet
ROUNDS = 3  # words fold to the width of panels, whose width is what words leave
APART = 0.7 * LETTERS  # between the texts of an axis, at least
SLANT = 35.0  # degrees: of texts that would run into each other
SMALLEST = 12.0  # points: of a panel that has no room
USUAL = (38.0, 8.0, 30.0, 16.0)  # points around a panel, from which folding begins


class Edges(NamedTuple):
    """What stands around a panel, in points."""

    left: float
    right: float
    below: float
    above: float


@dataclass(slots=True)
class Grid:
    """Panels of one size, and the room around each row and column."""

    left: FloatArray
    right: FloatArray
    below: FloatArray
    above: FloatArray
    wide: float = SMALLEST
    high: float = SMALLEST
    frames: list[Frame] = field(default_factory=list)

    def size(self, whole: tuple[float, float], foot: float) -> None:
        """Give the panels what is left of the sheet."""
        for name, beside, over, room in (
            ("wide", self.left, self.right, whole[0]),
            ("high", self.below, self.above, whole[1] - foot),
        ):
            rest = room - float(beside.sum() + over.sum()) - PAD * (len(beside) + 1)
            setattr(self, name, max(rest / len(beside), SMALLEST))

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """Return where a panel begins."""
        x = PAD * (1 + column) + float((self.left + self.right)[:column].sum() + self.left[column]) + column * self.wide
        y = PAD * (1 + row) + float((self.below + self.above)[:row].sum() + self.above[row]) + row * self.high
        return x, y

    def reach(self, column: int) -> tuple[float, float]:
        """Return how far a text may reach beyond both sides of a panel: half of the gap, all of it at the edge."""
        last = len(self.left) - 1
        before = 0.5 * (self.left[column] + self.right[column - 1]) if column else self.left[column]
        behind = 0.5 * (self.right[column] + self.left[column + 1]) if column < last else self.right[column]
        return float(before) + 0.5 * PAD, float(behind) + 0.5 * PAD

    def line(self, words: str, size: float, column: int) -> Line:
        """Return a text for the middle of a panel: folded to its reach, and moved where it is nearer to one side."""
        before, behind = self.reach(column)
        folded = fold(words, self.wide + before + behind, size)
        beyond = 0.5 * (width(folded, size) - self.wide)
        return Line(folded, max(beyond - before, 0.0) - max(beyond - behind, 0.0))


def svg(sheet: Sheet) -> str:
    """Return a sheet as SVG."""
    whole = (72.0 * sheet.size[0], 72.0 * sheet.size[1])
    legend = laid_legend(sheet, whole[0])
    foot = write.legend_height(legend) + write.bar_height(sheet.bar)
    rows, columns = sheet.grid.shape
    left, right, below, above = USUAL
    grid = Grid(np.full(columns, left), np.full(columns, right), np.full(rows, below), np.full(rows, above))
    grid.size(whole, foot)
    for _ in range(ROUNDS):
        grid.frames = []
        sides = np.zeros((4, rows, columns))
        for row, column in np.ndindex(rows, columns):
            panel = sheet.grid[row, column]
            if panel.visible:
                frame, edges = measured(sheet, (row, column), grid)
                grid.frames.append(frame)
                sides[:, row, column] = edges
        grid.left, grid.right = sides[0].max(axis=0), sides[1].max(axis=0)
        grid.below, grid.above = sides[2].max(axis=1), sides[3].max(axis=1)
        grid.size(whole, foot)
    return write.sheet(sheet, grid.frames, [_scale(sheet, frame, grid) for frame in grid.frames], legend, whole)


def _scale(sheet: Sheet, frame: Frame, grid: Grid) -> Scale:
    x, y = grid.corner(*frame.place)
    wide, high = grid.wide, grid.high
    if frame.panel.equal:
        across, upward = abs(frame.xlim[1] - frame.xlim[0]), abs(frame.ylim[1] - frame.ylim[0])
        unit = min(wide / across, high / upward)
        x, y = x + 0.5 * (wide - unit * across), y + 0.5 * (high - unit * upward)
        wide, high = unit * across, unit * upward
    return Scale(x, y, wide, high, frame.xlim, frame.ylim)


def measured(sheet: Sheet, place: tuple[int, int], grid: Grid) -> tuple[Frame, Edges]:
    """Return a panel's axes with their words in the room that there is, and what these take around it."""
    panel: Axes = sheet.grid[place]
    row, column = place
    together = [one for one in sheet.axes if one.visible] if sheet.sharex else [panel]
    xlim, ylim = _ends(together, 0), _ends([panel], 1)
    under = [one for one in sheet.grid[row + 1 :, column] if one.visible] if sheet.sharex else []
    lowest = not under
    x = along(panel.xaxis, xlim, grid.wide, lowest)
    y = upward(panel.yaxis, ylim, grid.high)
    told = panel.xaxis.label if lowest or under[0].xaxis.label != panel.xaxis.label else ""
    tall = grid.high + 2.0 * min(grid.above[row], grid.below[row])
    frame = Frame(
        panel, place, xlim, ylim, x, y,
        title=grid.line(panel.title, TITLE, column),
        xlabel=grid.line(told if panel.framed else "", LETTERS, column),
        ylabel=fold(panel.yaxis.label, tall, LETTERS) if panel.framed else "",
        beside="" if panel.beside is None else fold(panel.beside.ruler.label, tall, LETTERS),
    )  # fmt: skip
    return frame, _around(frame, grid)


def _around(frame: Frame, grid: Grid) -> Edges:
    """Return what stands around a panel."""
    panel = frame.panel
    left = right = below = above = 0.0
    for mark in panel.marks:
        if isinstance(mark, Words):
            out = mark.beyond(Scale(0.0, 0.0, grid.wide, grid.high, frame.xlim, frame.ylim))
            left, right, below, above = map(max, (left, right, below, above), out)
    if panel.framed:
        left = max(left, write.side_width(frame.y, frame.ylabel))
        below = max(below, write.side_height(frame.x, frame.xlabel.words))
        first, last = _overhang(frame.x, frame.xlim, grid.wide)
        left, right = max(left, first), max(right, last)
        half = 0.5 * LETTERS if frame.y.words else 0.0
        below, above = max(below, half), max(above, half)
    if panel.beside is not None:
        told = panel.beside.ruler
        beside = Side(told.places, told.words or [], 0.0, told.tick)
        right = max(right, write.side_width(beside, frame.beside))
    if frame.title.words:
        above = max(above, height(frame.title.words, TITLE) + BETWEEN)
    # A word that is wider than its panel with its room: there is more room in the next round.
    before, behind = grid.reach(frame.place[1])
    for line, size in ((frame.title, TITLE), (frame.xlabel, LETTERS)):
        spare = 0.5 * max(width(line.words, size) - grid.wide - before - behind, 0.0)
        left, right = max(left, before + spare if spare else 0.0), max(right, behind + spare if spare else 0.0)
    return Edges(left, right, below, above)


def _overhang(side: Side, ends: tuple[float, float], wide: float) -> tuple[float, float]:
    """Return how far the texts below a panel reach beyond its left and right side."""
    if side.places is None or not len(side.places) or not side.words:
        return 0.0, 0.0
    at = (side.places - ends[0]) * (wide / (ends[1] - ends[0]))
    long = np.array([width(word, LETTERS) for word in side.words])
    if side.turn:
        cosine, sine = math.cos(math.radians(side.turn)), math.sin(math.radians(side.turn))
        return float((long * cosine - at).max()), float((at + LETTERS * sine - wide).max())
    return float((0.5 * long - at).max()), float((at + 0.5 * long - wide).max())


def _ends(panels: Sequence[Axes], axis: int) -> tuple[float, float]:
    rulers = [(panel.xaxis, panel.yaxis)[axis] for panel in panels]
    reach = [mark.reach()[axis] for panel in panels for mark in panel.marks]
    rests = [mark.rests()[axis] for panel in panels for mark in panel.marks]
    asked = next((ruler for ruler in rulers if ruler.low is not None or ruler.high is not None), rulers[0])
    return asked.ends(np.concatenate([*reach, np.zeros(0)]), np.concatenate([*rests, np.zeros(0)]))


def _inside(ruler: Ruler, ends: tuple[float, float]) -> tuple[FloatArray, list[str]]:
    """Return the texts that were put at an axis, of places that are seen."""
    assert ruler.places is not None
    words = ruler.words if ruler.words is not None else words_of(ruler.places.tolist())
    slack = 1e-9 * abs(ends[1] - ends[0])
    seen = (ruler.places >= min(ends) - slack) & (ruler.places <= max(ends) + slack)
    return ruler.places[seen], [word for word, shown in zip(words, seen.tolist(), strict=True) if shown]


def _rounded(ruler: Ruler, ends: tuple[float, float], most: int) -> tuple[FloatArray, list[str]]:
    numbers = ticks(*ends, most, ruler.whole)
    if ruler.worded is None:
        return np.array(numbers), words_of(numbers)
    return np.array(numbers), [ruler.worded(value, place) for place, value in enumerate(numbers)]


def along(ruler: Ruler, ends: tuple[float, float], wide: float, worded: bool) -> Side:
    """Return what stands at a horizontal axis of a width: fewer numbers, or slanted words, where they would meet."""
    if ruler.places is not None:
        places, words = _inside(ruler, ends)
        turn = ruler.turn or (0.0 if _apart(places, words, ends, wide) else SLANT)
        if turn and len(places) > 1:
            step = float(np.diff(places).min()) * wide / abs(ends[1] - ends[0])
            turn = max(turn, math.degrees(math.asin(min(1.0, 1.15 * LETTERS / step))))
        return Side(places, words if worded else [], turn, ruler.tick)
    most = int(min(max(wide // (3.0 * LETTERS), 1), MOST))
    while True:
        places, words = _rounded(ruler, ends, most)
        if most <= 1 or _apart(places, words, ends, wide):
            return Side(places, words if worded else [], 0.0, ruler.tick)
        most -= 1


def _apart(places: FloatArray, words: list[str], ends: tuple[float, float], wide: float) -> bool:
    at = places * wide / abs(ends[1] - ends[0])
    half = 0.5 * np.array([width(word, LETTERS) for word in words])
    return bool((np.abs(np.diff(at)) >= half[:-1] + half[1:] + APART).all())


def upward(ruler: Ruler, ends: tuple[float, float], high: float) -> Side:
    """Return what stands at a vertical axis of a height."""
    if ruler.places is not None:
        return Side(*_inside(ruler, ends), 0.0, ruler.tick)
    most = int(min(max(high // (2.0 * LETTERS), 1), MOST))
    return Side(*_rounded(ruler, ends, most), 0.0, ruler.tick)


def laid_legend(sheet: Sheet, wide: float) -> list[list[tuple[int, str]]]:
    """Return the columns of a legend, each of (number of a mark, its words), that fit a width: as low as it can be."""
    found: list[list[tuple[int, str]]] = []
    for count in range(1, min(sheet.columns, len(sheet.named)) + 1):
        room = (wide - 2.0 * PAD + write.GAP) / count - write.GAP - write.HANDLED
        whole = [name for _, name in sheet.named]
        for names in (whole, [fold(name, room, LEGEND) for name in whole]):
            parts = np.array_split(np.arange(len(names)), count)
            laid = [[(at, names[at]) for at in part.tolist()] for part in parts]
            fits = sum(write.column_widths(laid)) <= wide - 2.0 * PAD
            lower = not found or write.legend_height(laid) < write.legend_height(found) - 1.0
            if (fits and lower) or (count == 1 and not fits):
                found = laid
    return found
