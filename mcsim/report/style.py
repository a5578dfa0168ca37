"""How pictures look: colours that colour-blind readers tell apart and that print, sizes for A4, words for axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mcsim.report.language import say

# Okabe & Ito (2008), Color Universal Design; the yellow is left out, since it fades on paper.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#555555", "#882255", "#117733", "#999933")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (1, 1)))
WIDTH = 7.2  # inches: the text width of an A4 page
NARROW = 3.6  # inches: the text then is 11 px high on a screen 390 px wide

LETTERS, TITLE, LEGEND = 8.5, 9.0, 8.0  # points: of axes, of titles, of legends
GRID, GRID_WIDTH, LINE_WIDTH = "#dddddd", 0.6, 1.6

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": LETTERS,
    "axes.titlesize": TITLE,
    "axes.labelsize": LETTERS,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": GRID_WIDTH,
    "legend.frameon": False,
    "legend.fontsize": LEGEND,
    "lines.linewidth": LINE_WIDTH,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "path",
    "text.parse_math": False,  # names and units are texts: "US$ 1 to US$ 2" is no formula
    "savefig.facecolor": "white",
}

RELATIVE_UNITS = ("relative", "share", "probability", "fraction")
BARE_UNITS = ("1", "-", "")  # dimensionless: no word behind the number
SIZES = {"km": ((1e6, "million km"), (1e3, "thousand km")), "t": ((1e6, "Mt"), (1e3, "kt")), "vehicles": ()}


class Pencil:
    """What pictures need of pyplot, whose import takes longer than a picture and which remembers every figure."""

    def __init__(self) -> None:
        import matplotlib as mpl
        from matplotlib import cm
        from matplotlib.colors import Normalize

        self.rcParams, self.Normalize, self._maps, self.cm = mpl.rcParams, Normalize, mpl.colormaps, cm

    def subplots(
        self, rows: int = 1, columns: int = 1, *, figsize: tuple[float, float], **keys: Any
    ) -> tuple[Any, Any]:
        """Return a figure that no screen shows, and its axes."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=figsize)
        return figure, figure.subplots(rows, columns, **keys)

    def get_cmap(self, name: str) -> Any:
        """Return a map of colours."""
        return self._maps[name]


@contextmanager
def drawing() -> Iterator[Any]:
    """Yield what pictures are drawn with, under the house's settings and without a screen."""
    import matplotlib as mpl

    settings: Any = SETTINGS  # matplotlib types the name of every setting; these are checked by drawing
    with mpl.rc_context(settings):
        yield Pencil()


def colour(place: int) -> str:
    """Return the colour of the line at a place; places beyond the palette repeat it with another line style."""
    return COLOURS[place % len(COLOURS)]


def line(place: int) -> Any:
    """Return the line style of the line at a place: the second cue beside the colour."""
    return LINES[place % len(LINES)]


def scale(unit: str, largest: float) -> tuple[float, str]:
    """Return the divisor and the axis text for values of a unit, in words that a reader expects.

    Examples
    --------
    >>> scale("relative", 0.4)
    (0.01, '%')
    >>> scale("vehicles", 3.1e7), scale("million USD", 2000.0)
    ((1000000.0, 'million vehicles'), (1000.0, 'billion USD'))
    >>> scale("kg CO2e", 7900.0), scale("kg/km", 7900.0)
    ((1000.0, 't CO2e'), (1.0, 'kg/km'))
    """
    if unit in RELATIVE_UNITS:
        return 0.01, "%"
    unit = "" if unit in BARE_UNITS else unit
    if unit.startswith("million ") and largest >= 1e3:
        return 1e3, unit.replace("million", "billion", 1)
    if unit.partition(" ")[0] == "kg" and largest >= 1e3:
        divisor, words = scale(f"t{unit[2:]}", largest / 1e3)
        return 1e3 * divisor, words
    for size, words in SIZES.get(unit, ()):
        if largest >= size:
            return size, words
    for size, word in ((1e9, "billion"), (1e6, "million"), (1e4, "thousand")):
        if largest >= size:
            return (1e3 if word == "thousand" else size), f"{word} {unit}".strip()
    return 1.0, unit


def unit_words(unit: str) -> str:
    """Return a unit, with its size before it, in the language that is spoken; symbols are the same in all.

    Examples
    --------
    >>> from mcsim.report.language import speaking
    >>> with speaking("es"):
    ...     print(unit_words("million vehicles"), unit_words("kWh/km"), unit_words("vehicle/yr"), sep=", ")
    millones de vehículos, kWh/km, vehículo/año
    """
    size, blank, things = unit.partition(" ")
    if blank and size in ("thousand", "million", "billion"):
        return say(size + " {things}", things=unit_words(things))
    if unit in ("thousand", "million", "billion"):
        return say(unit)
    return "/".join(say(part) for part in unit.split("/"))


def number(value: float, unit: str = "") -> str:
    """Return a number as a sentence holds it: three digits, relative values in percent, a calendar year as one.

    Examples
    --------
    >>> number(-0.1234, "relative"), number(1234567.0, "t"), number(2042.0, "yr")
    ('-12.3 %', '1.23 Mt', '2042')
    """
    if value != value:
        return say("undefined")
    divisor, words = scale(unit, abs(value))
    return f"{_digits(value, divisor, unit)} {'' if _calendar(value, unit) else unit_words(words)}".strip()


def _calendar(value: float, unit: str) -> bool:
    """Return whether a value is a calendar year, no duration."""
    return unit == "yr" and value >= 1000


def _digits(value: float, divisor: float, unit: str) -> str:
    size = value / divisor
    if _calendar(value, unit):
        return f"{size:.0f}"
    digits = f"{size:,.3g}" if abs(size) < 1000 else f"{size:,.0f}"
    if "e" in digits and abs(size) >= 1e-4:
        digits = f"{size:.6f}".rstrip("0")
    return digits


def share(part: float) -> str:
    """Return a share of the draws as a sentence holds it; rare is not told as never, nor likely as sure.

    Examples
    --------
    >>> share(0.434), share(0.0), share(0.001), share(0.9996)
    ('43 %', 'none', 'less than 1 %', 'more than 99 %')
    """
    if part != part:
        return say("an undefined part")
    if part in (0.0, 1.0):
        return say("none") if part == 0.0 else say("all")
    if part < 0.01:
        return say("less than 1 %")
    return say("more than 99 %") if part > 0.99 else f"{100 * part:.0f} %"


def span(low: float, high: float, unit: str) -> str:
    """Return a band as a sentence holds it: both ends in the unit that the wider end asks for, named once.

    Examples
    --------
    >>> span(-0.12, 0.31, "relative"), span(990.0, 31000.0, "km")
    ('-12 to 31 %', '0.99 to 31 thousand km')
    """
    divisor, words = scale(unit, max(abs(low), abs(high)))
    ends = say("{low} to {high}", low=_digits(low, divisor, unit), high=_digits(high, divisor, unit))
    return f"{ends} {'' if _calendar(low, unit) else unit_words(words)}".strip()


def in_unit(values: Sequence[float], unit: str) -> tuple[list[str], str]:
    """Return numbers in the one unit that the largest of them asks for, and that unit; of years none.

    Examples
    --------
    >>> in_unit((990.0, 120.0, 31000.0), "km"), in_unit((2042.0, 2040.0), "yr")
    ((['0.99', '0.12', '31'], 'thousand km'), (['2042', '2040'], ''))
    """
    divisor, words = scale(unit, max(map(abs, values)))
    return [_digits(value, divisor, unit) for value in values], "" if _calendar(values[0], unit) else unit_words(words)


def within(middle: float, low: float, high: float, unit: str) -> str:
    """Return a number with its ends behind it, in one unit, named once.

    Examples
    --------
    >>> within(990.0, 120.0, 31000.0, "km"), within(2042.0, 2040.0, 2044.0, "yr")
    ('0.99 (0.12 to 31) thousand km', '2042 (2040 to 2044)')
    """
    (first, *ends), words = in_unit((middle, low, high), unit)
    return f"{first} ({say('{low} to {high}', low=ends[0], high=ends[1])}) {words}".strip()


def label(name: object) -> str:
    """Return a name as a reader reads it: underscores and hyphens of identifiers as blanks.

    Examples
    --------
    >>> label("retired_battery_mass")
    'retired battery mass'
    """
    return str(name).replace("_", " ")
