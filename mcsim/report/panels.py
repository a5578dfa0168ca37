"""What the kinds of figures share: panels, axes in words, legends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcsim.report.kind import Figure
from mcsim.report.language import say
from mcsim.report.sheet import Sheet
from mcsim.report.style import WIDTH, Pencil, colour, label, line, scale, unit_words

if TYPE_CHECKING:
    import pandas as pd

MOST_PANELS = 12
ROOM, SIGN = 112, 8  # letters that a line of a legend takes, and of these a sign with the space around it


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: where to draw, and the rows to draw there.

    Parameters
    ----------
    axis : matplotlib Axes
        Where.
    rows : DataFrame
        What.
    """

    axis: Any
    rows: pd.DataFrame


def labels_of(rows: pd.DataFrame, dim: str | None) -> list[Any]:
    """Return the labels of a dim in their order; a single None where there is no dim."""
    return [None] if dim is None else list(dict.fromkeys(rows[dim]))


def part_of(rows: pd.DataFrame, dim: str | None, value: Any) -> pd.DataFrame:
    """Return the rows with one label of a dim; all of them where there is no dim."""
    return rows if dim is None else rows[rows[dim] == value]


def grid(count: int) -> tuple[int, int]:
    """Return rows and columns of that many panels.

    Examples
    --------
    >>> grid(1), grid(4), grid(5)
    ((1, 1), (2, 2), (2, 3))
    """
    columns = 1 if count == 1 else 2 if count in (2, 4) else 3
    return -(-count // columns), columns


def panels(plt: Any, rows: pd.DataFrame, figure: Figure, height: float = 2.3) -> tuple[Any, list[Panel]]:
    """Return a picture with a titled panel for each label of the figure's panel dim; `height` in inches of one row."""
    dim = figure.get("panel")
    names = labels_of(rows, dim)
    lines, columns = grid(len(names))
    size = (WIDTH, 3.4 if len(names) == 1 else height * lines + 0.4)
    picture, axes = plt.subplots(lines, columns, figsize=size, squeeze=False, sharex=True)
    if isinstance(plt, Pencil):
        from mcsim.report.room import Room

        picture.set_layout_engine(Room())  # no one adds anything that needs another one
    flat = list(axes.flat)
    for spare in flat[len(names) :]:
        spare.set_visible(False)
    found = []
    for axis, name in zip(flat, names, strict=False):
        if name is not None:
            # A bare number is told with its dim.
            axis.set_title(label(name) if isinstance(name, str) else f"{figure.named(str(dim))} {name}")
        found.append(Panel(axis, part_of(rows, dim, name)))
    return picture, found


def value_axis(panel: Panel, largest: float) -> float:
    """Label the vertical axis with the unit of the rows, and return the divisor of their values."""
    unit = str(panel.rows["unit"].iloc[0])
    divisor, words = scale(unit, largest)
    words = unit_words(words)
    panel.axis.set_ylabel(say("change, {unit}", unit=words) if unit == "relative" else words)
    return divisor


def zero_line(axis: Any) -> None:
    """Draw the line at zero."""
    axis.axhline(0, color="black", linewidth=0.8)


def draw_band(axis: Any, curve: pd.DataFrame, x: str, divisor: float, place: int, name: str | None) -> None:
    """Draw a median over x with the middle 50 % and 95 % of the draws, in the look of a place among the lines."""
    at = curve[x].astype(float).to_numpy()
    get = {key: curve[key].to_numpy(float) / divisor for key in ("p2.5", "p25", "p50", "p75", "p97.5")}
    axis.fill_between(at, get["p2.5"], get["p97.5"], color=colour(place), alpha=0.13, linewidth=0)
    axis.fill_between(at, get["p25"], get["p75"], color=colour(place), alpha=0.25, linewidth=0)
    axis.plot(at, get["p50"], color=colour(place), linestyle=line(place), label=name)


def legend(picture: Any, axis: Any, n_labels: int) -> None:
    """Put the labels of one panel below all of them."""
    handles, names = axis.get_legend_handles_labels()
    most = min(n_labels, 5)
    if not isinstance(picture, Sheet):  # a sheet measures the words and sees itself how many columns fit
        most = min(most, ROOM // (max(map(len, names), default=0) + SIGN))
    picture.legend(handles, names, loc="outside lower center", ncols=max(1, most))


def over_lines(plt: Any, rows: pd.DataFrame, figure: Figure, draw: Callable[[Panel, Sequence[Any]], None]) -> Any:
    """Return a picture of panels over a horizontal dim, with one legend where lines are told apart by colour.

    Parameters
    ----------
    plt, rows, figure
        As a kind's `draw` has them.
    draw : callable
        ``draw(panel, labels of the line dim)``.
    """
    picture, found = panels(plt, rows, figure)
    lines = labels_of(rows, figure.get("line"))
    whole = not any(isinstance(value, float) and not value.is_integer() for value in labels_of(rows, figure["x"]))
    for panel in found:
        draw(panel, lines)
        panel.axis.set_xlabel(figure.named(figure["x"]))
        panel.axis.xaxis.get_major_locator().set_params(integer=whole)  # no year and no age has a half
    if len(lines) > 1:
        legend(picture, found[0].axis, len(lines))
    return picture
