"""Room for words around panels: each panel's words are measured once, where matplotlib's own layout does it twice.

Half of the time of a figure goes into measuring its words, and the constrained layout of matplotlib measures them for a
first guess and again for a second. Panels of one size in a grid need no guess: where they lie without their words is
nearly known, so what stands around each is measured there, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.layout_engine import LayoutEngine

from mcsim.report.sheet.letters import fold

PAD = 3.0  # points around each panel with its words, and around a legend
# Points that the words of a plain panel take: left, right, below, above. From there it is measured.
USUAL = (38.0, 8.0, 30.0, 16.0)
POINTS = 72.0  # per inch
TRIES = 3  # a panel that gives room to its title is smaller, and its title then reaches further


class Margins(NamedTuple):
    """What the words around the panels of a grid take, in pixels.

    Parameters
    ----------
    left, right : ndarray, shape (n_columns,)
        Beside the panels of a column.
    below, above : ndarray, shape (n_rows,)
        Of a row, from the top.
    middle : ndarray, shape (n_columns,)
        Width of the widest words that stand over or under the middle of a panel, wherever its sides will be.
    """

    left: Any
    right: Any
    below: Any
    above: Any
    middle: Any

    @staticmethod
    def of(sides: Sequence[float], rows: int, columns: int) -> Margins:
        """Return margins that are equal in all columns and rows."""
        (left, right, below, above), beside = sides, np.ones(columns)
        tall = np.ones(rows)
        return Margins(left * beside, right * beside, below * tall, above * tall, 0.0 * beside)


class Room(LayoutEngine):
    """Lays out a grid of panels of one size, and legends of the picture below them."""

    _adjust_compatible = True
    _colorbar_gridspec = True

    def execute(self, fig: Any) -> None:
        """Place the panels of a picture."""
        renderer = fig._get_renderer()  # as the engines of matplotlib itself do
        panels = [axis for axis in fig.axes if axis.get_subplotspec() is not None]
        if not panels:
            return
        rows, columns = panels[0].get_subplotspec().get_gridspec().get_geometry()
        point = fig.dpi / POINTS
        foot = sum(legend.get_window_extent(renderer).height + 2.0 * PAD * point for legend in fig.legends)
        pad = PAD * point
        _place(fig, panels, Margins.of([usual * point for usual in USUAL], rows, columns), foot, pad)
        margins = Margins.of((0.0, 0.0, 0.0, 0.0), rows, columns)
        for axis in panels:
            if axis.get_visible():
                told = axis.yaxis.label
                told.set_text(fold(told.get_text(), axis.bbox.height / point, told.get_size()))
                _measure(axis, renderer, margins)
        for _ in range(TRIES):
            beyond = np.maximum(0.5 * (margins.middle - _wide(fig, margins, pad)), 0.0)
            for side in (margins.left, margins.right):
                np.maximum(side, beyond, out=side)
        _place(fig, panels, margins, foot, pad)


def _measure(axis: Any, renderer: Any, margins: Margins) -> None:
    """Widen margins to what stands around a panel."""
    spec, inside = axis.get_subplotspec(), axis.bbox
    row, column = spec.rowspan.start, spec.colspan.start
    boxes = [side.get_tightbbox(renderer, for_layout_only=True) for side in (axis.xaxis, axis.yaxis)]
    boxes += [text.get_window_extent(renderer) for text in axis.texts if text.get_visible() and text.get_text()]
    for text in (axis.title, axis.xaxis.label):
        if text.get_text():
            box = text.get_window_extent(renderer)
            margins.middle[column] = max(margins.middle[column], box.width)
            margins.above[row] = max(margins.above[row], box.y1 - inside.y1)
    for box in boxes:
        if box is None or not np.isfinite(box.extents).all():
            continue
        if box.width > 0.0:
            margins.left[column] = max(margins.left[column], inside.x0 - box.x0)
            margins.right[column] = max(margins.right[column], box.x1 - inside.x1)
        if box.height > 0.0:
            margins.below[row] = max(margins.below[row], inside.y0 - box.y0)
            margins.above[row] = max(margins.above[row], box.y1 - inside.y1)


def _wide(fig: Any, margins: Margins, pad: float) -> float:
    """Return the width of a panel without its words."""
    columns = len(margins.left)
    return float((fig.bbox.width - margins.left.sum() - margins.right.sum() - 2 * pad * columns) / columns)


def _place(fig: Any, panels: list[Any], margins: Margins, foot: float, pad: float) -> None:
    """Give all panels one size, and each its place."""
    whole_width, whole_height, rows = fig.bbox.width, fig.bbox.height, len(margins.below)
    wide = _wide(fig, margins, pad)
    high = (whole_height - foot - margins.below.sum() - margins.above.sum() - 2 * pad * rows) / rows
    if wide <= 0.0 or high <= 0.0:
        return  # no room for anything: as it is
    for axis in panels:
        spec = axis.get_subplotspec()
        row, column = spec.rowspan.start, spec.colspan.start
        before, over = slice(0, column), slice(0, row)
        left = (margins.left[before] + margins.right[before] + wide + 2 * pad).sum() + margins.left[column] + pad
        top = (margins.below[over] + margins.above[over] + high + 2 * pad).sum() + margins.above[row] + pad
        bottom = whole_height - top - high
        axis.set_position((left / whole_width, bottom / whole_height, wide / whole_width, high / whole_height))
