"""A map of tiles: an equal square for each label of a dim, where the study puts it, coloured by the median."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.answers import rounded
from mcsim.report.keys import COMMON, DIM, PANEL, Key
from mcsim.report.kind import QUANTILES, Figure, Kind
from mcsim.report.panels import grid, labels_of, part_of
from mcsim.report.style import NARROW, WIDTH, label, scale, unit_words
from mcsim.study.labels import Tile

if TYPE_CHECKING:
    import pandas as pd

SIDE = 0.88  # of a tile, whose rest is left open around it
LETTERS = 8.5  # points; on a narrow screen a tile of ten columns holds three of them
# One hue from light to dark, for print and for every eye; of values on both sides of zero two, light between them.
ONE_SIDED, TWO_SIDED = "Blues", "PuOr_r"
NOTHING = "#eeeeee"


def _wants(figure: Figure) -> str:
    dim = figure["x"]
    if dim in figure.labels.tiles:
        return ""
    return f'x: no map of tiles for this dim (got {dim!r}); [labels.tiles] with {dim} = "FILE.csv"'


def _draw(plt: Any, rows: pd.DataFrame, figure: Figure) -> Any:
    tiles = figure.labels.tiles[figure["x"]]
    high, wide = 1 + max(tile[0] for tile in tiles.values()), 1 + max(tile[1] for tile in tiles.values())
    panels = labels_of(rows, figure.get("panel"))
    lines, columns = grid(len(panels))
    picture, axes = plt.subplots(
        lines, columns, figsize=(WIDTH, lines * (WIDTH / columns * high / wide + 0.2) + 0.6), squeeze=False
    )
    unit = str(rows["unit"].iloc[0])
    divisor, words = scale(unit, float(rows["p50"].abs().max()))
    shades = plt.cm.ScalarMappable(*_shades(plt, rows["p50"].to_numpy(float) / divisor))
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, panels, strict=False):
        if name is not None:
            axis.set_title(label(name) if isinstance(name, str) else f"{figure.named(figure['panel'])} {name}")
        part = part_of(rows, figure.get("panel"), name)
        codes = _codes(figure, part)
        values = dict(zip(codes, part["p50"].to_numpy(float) / divisor, strict=True))
        _map(axis, {code: tiles[code] for code in codes}, values, shades, LETTERS / columns**0.5)
        axis.set_xlim(-0.5, wide - 0.5)
        axis.set_ylim(high - 0.5, -0.5)
    picture.colorbar(
        shades, ax=[axis for axis in axes.flat if axis.get_visible()], location="bottom", shrink=0.5, aspect=28,
        pad=0.02, label=unit_words(words),
    )  # fmt: skip
    return picture


def _codes(figure: Figure, rows: pd.DataFrame) -> list[str]:
    """Return the codes of the labels of rows, whose long names may stand in their place."""
    tiles = figure.labels.tiles[figure["x"]]
    names = {figure.labels.word(figure["x"], code): code for code in tiles}
    return [str(word) if str(word) in tiles else names[str(word)] for word in rows[figure["x"]]]


def _shades(plt: Any, values: Any) -> tuple[Any, Any]:
    """Return limits and colours: from zero on where all values are on one side of it."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < 0.0 < high:
        most = max(-low, high)
        return plt.Normalize(-most, most), plt.get_cmap(TWO_SIDED)
    low, high = min(low, 0.0), max(high, 0.0)
    shades = plt.get_cmap(ONE_SIDED)
    return plt.Normalize(low, high if high > low else low + 1.0), shades if high > 0.0 else shades.reversed()


def _map(axis: Any, tiles: Mapping[str, Tile], values: dict[str, float], shades: Any, letters: float) -> None:
    fills: dict[str, Any] = {
        code: shades.to_rgba(value) if value == value else NOTHING for code, value in values.items()
    }
    places = np.array([(column, row) for row, column, _ in tiles.values()], float).T
    axis.bar(
        places[0], np.full(len(tiles), SIDE), SIDE, bottom=places[1] - 0.5 * SIDE, edgecolor="#999999", linewidth=0.4,
        color=[fills[code] for code in tiles],
    )  # fmt: skip
    for code, (row, column, short) in tiles.items():
        value = values[code]
        known = value == value
        ink = "white" if known and _dark(fills[code]) else "black"
        look = {"ha": "center", "va": "center", "color": ink, "fontsize": letters}
        axis.text(column, row - 0.17, short, fontweight="bold", **look)
        axis.text(column, row + 0.2, _short(value) if known else "–", **look)
    axis.set_aspect("equal")
    axis.set_axis_off()


def _dark(fill: tuple[float, ...]) -> bool:
    """Return whether white letters stand out more than black ones: by relative luminance, as WCAG has it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in fill[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return bool(1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05)


def _short(value: float) -> str:
    """Return a number with two digits, all of them before the point.

    Examples
    --------
    >>> [_short(value) for value in (0.0123, 1.26, 12.6, 126.0, 0.0)]
    ['0.012', '1.3', '13', '126', '0']
    """
    return rounded(value, max(0, 1 - int(np.floor(np.log10(abs(value)))))) if value else "0"


KIND = Kind(
    name="tiles",
    shows="An output over a country's states, or other labels that have a place, on a map of equal tiles.",
    caption="Number and colour: median of the draws; tiles are of one size, whatever the size of what they stand for",
    keys=(
        Key("x", "the dim whose labels are the tiles; `[labels.tiles]` says where they stand", DIM, required=True),
        PANEL,
        *COMMON,
    ),
    reads=QUANTILES,
    draw=_draw,
    example="""\
kind = "tiles"
output = "mass"
x = "material"
where = { year = 2050, origin = "new" }
""",
    wants=_wants,
    narrow=lambda height: height * NARROW / WIDTH + 0.35,
)
