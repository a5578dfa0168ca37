"""Maps of colours for values, with the names that matplotlib gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Brewer (2002), ColorBrewer: from light to dark; and from purple over white to orange.
BREWER = {
    "Blues": "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b",
    "PuOr": "7f3b08 b35806 e08214 fdb863 fee0b6 f7f7f7 d8daeb b2abd2 8073ac 542788 2d004b",
}
Rgba = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Normalize:
    """A value's place between two ends, from zero to one."""

    vmin: float
    vmax: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; an end for what lies beyond it."""
        return min(1.0, max(0.0, (value - self.vmin) / (self.vmax - self.vmin)))


@dataclass(frozen=True, slots=True)
class Map:
    """Colours between which a place from zero to one is mixed.

    Examples
    --------
    >>> [round(255 * part) for part in cmap("Blues")(1.0)], cmap("Blues").reversed()(1.0) == cmap("Blues")(0.0)
    ([8, 48, 107, 255], True)
    """

    stops: Sequence[str]

    def __call__(self, place: float) -> Rgba:
        """Return the colour at a place."""
        far = place * (len(self.stops) - 1)
        first = min(int(far), len(self.stops) - 2)
        ends = [[int(stop[at : at + 2], 16) / 255.0 for at in (0, 2, 4)] for stop in self.stops[first : first + 2]]
        red, green, blue = (low + (far - first) * (high - low) for low, high in zip(*ends, strict=True))
        return red, green, blue, 1.0

    def reversed(self) -> Map:
        """Return the same from its end."""
        return Map(self.stops[::-1])


def cmap(name: str) -> Map:
    """Return a map by its name; ``_r`` behind it turns it round."""
    found = Map(BREWER[name.removesuffix("_r")].split())
    return found.reversed() if name.endswith("_r") else found


@dataclass(frozen=True, slots=True)
class ScalarMappable:
    """Values and the colours that stand for them."""

    norm: Normalize
    cmap: Map

    def to_rgba(self, value: float) -> Rgba:
        """Return the colour of a value."""
        return self.cmap(self.norm(value))


def paint(colour: str | Sequence[float]) -> str:
    """Return a colour as SVG has it.

    Examples
    --------
    >>> paint("k"), paint((1.0, 0.5, 0.0, 1.0))
    ('black', '#ff8000')
    """
    if isinstance(colour, str):
        return {"k": "black", "w": "white"}.get(colour, colour)
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])
