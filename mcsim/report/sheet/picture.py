"""A sheet with panels, and what stands below them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mcsim.report.sheet.colours import ScalarMappable
from mcsim.report.sheet.marks import Mark

POINTS = 72.0  # per inch


class Bar(NamedTuple):
    """Which colour stands for which value."""

    shades: ScalarMappable
    label: str
    shrink: float
    aspect: float


@dataclass(slots=True)
class Sheet:
    """A picture.

    Parameters
    ----------
    size : tuple of float
        Width and height, inches.
    grid : ndarray of Axes, shape (rows, columns)
        Its panels.
    sharex : bool
        All panels have one horizontal axis, whose numbers stand under the lowest of each column.
    named : list of (Mark, str)
        What the legend below tells apart.
    columns : int
        Of the legend, at most.
    bar : Bar, optional
        Colours of values, below.
    """

    size: tuple[float, float]
    grid: Any
    sharex: bool = False
    named: list[tuple[Mark, str]] = field(default_factory=list)
    columns: int = 1
    bar: Bar | None = None

    @property
    def axes(self) -> list[Any]:
        """Its panels, row by row."""
        return list(self.grid.flat)

    def legend(self, handles: list[Mark], names: list[str], loc: str, ncols: int) -> None:
        """Tell marks apart by names, below the panels."""
        assert loc == "outside lower center"
        self.named, self.columns = list(zip(handles, names, strict=True)), ncols

    def colorbar(
        self, shades: ScalarMappable, ax: Any, location: str, shrink: float, aspect: float, pad: float, label: str
    ) -> None:
        """Tell below the panels which colour stands for which value."""
        assert location == "bottom"
        self.bar = Bar(shades, label, shrink, aspect)

    def get_size_inches(self) -> tuple[float, float]:
        """Return width and height."""
        return self.size

    def set_size_inches(self, width: float, height: float) -> None:
        """Set width and height; all is laid out when it is written."""
        self.size = (width, height)
