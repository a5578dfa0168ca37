"""What a kind of figure draws with: sheets, and colours for values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from mcsim.report.sheet.axes import Axes
from mcsim.report.sheet.colours import Map, Normalize, ScalarMappable, cmap
from mcsim.report.sheet.picture import Sheet


class Pen:
    """What pictures need of pyplot."""

    Normalize = Normalize
    cm = SimpleNamespace(ScalarMappable=ScalarMappable)

    @staticmethod
    def subplots(
        rows: int = 1, columns: int = 1, *, figsize: tuple[float, float], squeeze: bool = True, sharex: bool = False
    ) -> tuple[Sheet, Any]:
        r"""Return a sheet and its panels: the panel alone of one, where `squeeze` says so.

        Examples
        --------
        >>> from mcsim.report.sheet.layout import svg
        >>> sheet, axes = Pen.subplots(figsize=(4.0, 2.0))
        >>> axes.plot([0, 1], [2, 3], color="#0072B2")
        >>> svg(sheet).endswith("</svg>\n")
        True
        """
        axes = np.empty((rows, columns), dtype=object)
        for place in np.ndindex(rows, columns):
            axes[place] = Axes()
        sheet = Sheet(figsize, axes, sharex)
        return sheet, axes[0, 0] if squeeze and axes.size == 1 else axes

    @staticmethod
    def get_cmap(name: str) -> Map:
        """Return a map of colours."""
        return cmap(name)
