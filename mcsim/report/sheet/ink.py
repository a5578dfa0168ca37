"""Shapes, looks and words as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from mcsim.report.sheet.colours import paint
from mcsim.report.sheet.letters import BELOW, CAPITALS, FAMILY, LINE, width
from mcsim.report.style import LINE_WIDTH
from mcsim.study import FloatArray

# Lengths of dashes and gaps, in widths of the line.
DASHES = {"--": (3.7, 1.6), "-.": (6.4, 1.6, 1.0, 1.6), ":": (1.0, 1.65)}


@dataclass(frozen=True, slots=True)
class Look:
    """How a mark looks: its colour, how much of it covers, the width of its line in points and its dashes."""

    color: Any = "black"
    alpha: float = 1.0
    linewidth: float = LINE_WIDTH
    linestyle: Any = "-"

    def stroke(self) -> str:
        """Return the attributes of a line."""
        pattern = self.linestyle[1] if isinstance(self.linestyle, tuple) else DASHES.get(self.linestyle, ())
        dashes = " ".join(number(part * self.linewidth) for part in pattern)
        return (
            f' fill="none" stroke="{paint(self.color)}" stroke-width="{number(self.linewidth)}"'
            + (f' stroke-dasharray="{dashes}"' if dashes else ' stroke-linecap="square"')
            + (f' stroke-opacity="{number(self.alpha)}"' if self.alpha < 1.0 else "")
        )

    def fill(self, edge: Any = None) -> str:
        """Return the attributes of an area, with a line around it where a colour for it is given."""
        line = "" if edge is None else f' stroke="{paint(edge)}" stroke-width="{number(self.linewidth)}"'
        opacity = f' fill-opacity="{number(self.alpha)}"' if self.alpha < 1.0 else ""
        return f' fill="{paint(self.color)}"{opacity}{line}'


def number(value: float) -> str:
    """Return a length or a place in points, to a hundredth.

    Examples
    --------
    >>> number(12.0), number(-0.001), number(3.456)
    ('12', '0', '3.46')
    """
    word = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if word == "-0" else word


def points(xs: FloatArray, ys: FloatArray) -> list[str]:
    """Return points as a path holds them."""
    return [f"{number(x)} {number(y)}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def path(shape: str, look: str) -> str:
    """Return a shape as SVG; nothing of none."""
    return f'<path d="{shape}"{look}/>\n' if shape else ""


def sign(marker: str, size: float) -> str:
    """Return the shape of a sign around where a path stands."""
    r = 0.5 * size + 0.5  # with the line around it that signs have elsewhere
    if marker == "o":
        turn = f"a{number(r)} {number(r)} 0 1 0 "
        return f"m{number(-r)} 0{turn}{number(2 * r)} 0{turn}{number(-2 * r)} 0z"
    corners = SIGNS[marker]
    steps = np.diff(np.array([(0.0, 0.0), *corners]), axis=0) * r
    return "".join(f"{'l' if at else 'm'}{number(x)} {number(y)}" for at, (x, y) in enumerate(steps.tolist())) + "z"


def _star(tips: int = 5, inner: float = 0.381966) -> list[tuple[float, float]]:
    turns = np.arange(2 * tips) * np.pi / tips
    far = np.where(np.arange(2 * tips) % 2, inner, 1.0)
    return list(zip((far * np.sin(turns)).tolist(), (-far * np.cos(turns)).tolist(), strict=True))


def _cross(turn: float) -> list[tuple[float, float]]:
    corners = np.array([(1, 3), (1, 1), (3, 1), (3, -1), (1, -1), (1, -3)]) / 3.0
    whole = np.concatenate([corners, -corners])
    turned = whole @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return [(float(x), float(y)) for x, y in turned]


# Corners of signs, in half their size.
SIGNS: dict[str, Sequence[tuple[float, float]]] = {
    "s": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "D": ((0, -1.41), (1.41, 0), (0, 1.41), (-1.41, 0)),
    "^": ((0, -1), (1, 1), (-1, 1)),
    "v": ((0, 1), (1, -1), (-1, -1)),
    "P": _cross(0.0),
    "X": _cross(np.pi / 4),
    "*": _star(),
    "|": ((0, -1), (0, 1)),
}


def text(
    words: str,
    at: tuple[float, float],
    size: float,
    across: str = "left",
    upward: str = "baseline",
    *,
    turn: float = 0.0,
    ink: Any = "black",
    bold: bool = False,
) -> str:
    """Return a text as SVG, as wide as it was measured whatever letters the reader has.

    Parameters
    ----------
    words : str
        Lines of text.
    at : tuple of float
        Where, in points.
    size : float
        Of its letters.
    across : str
        What of it lies there: left, center, right.
    upward : str
        The like: top, center, bottom of all lines, or the base line of the first.
    turn : float
        Degrees by which it is turned, against the clock.
    ink : colour
        Its colour.
    bold : bool
        Whether it is bold.
    """
    lines = words.split("\n")
    step, more = LINE * size, LINE * size * (len(lines) - 1)
    ends = {"baseline": 0.0, "top": CAPITALS * size, "center": 0.5 * (CAPITALS * size - more)}
    first = ends.get(upward, -BELOW * size - more)
    look = {"left": "", "center": ' text-anchor="middle"', "right": ' text-anchor="end"'}[across]
    look += f' fill="{paint(ink)}"' if paint(ink) != "black" else ""
    look += ' font-weight="bold"' if bold else ""
    look += f' font-size="{number(size)}"'
    where, (x, y) = "", at
    if turn:
        where, x, y = f' transform="translate({number(x)} {number(y)}) rotate({number(-turn)})"', 0.0, 0.0
    found = [_comment(words)] if words.strip() else []
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        held = (
            ""
            if bold or len(line) < 2
            else f' textLength="{number(width(line, size))}" lengthAdjust="spacingAndGlyphs"'
        )
        down = number(y + first + step * place)
        found.append(f'<text x="{number(x)}" y="{down}"{look}{held}{where}>{escape(line, quote=False)}</text>\n')
    return "".join(found)


def _comment(words: str) -> str:
    """Return a text on one line as a comment, as matplotlib writes it: a search finds what is folded too."""
    whole = " ".join(words.split())
    return f"<!-- {whole.replace('--', '- -').replace('--', '- -')} -->\n"  # XML allows no two hyphens in a comment


def head(wide: float, high: float) -> str:
    """Return how a picture of a size in points begins."""
    size = f'width="{number(wide)}pt" height="{number(high)}pt" viewBox="0 0 {number(wide)} {number(high)}"'
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'font-family="{FAMILY}" stroke-linejoin="round">\n<rect width="100%" height="100%" fill="white"/>\n'
    )
