"""Figures as files, and as the page holds them."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mcsim.report.answers import first_large, input_words
from mcsim.report.check import read_picture
from mcsim.report.choose import figures_of
from mcsim.report.kind import RANKING, Figure
from mcsim.report.language import speaking
from mcsim.report.sheet import Pen, Sheet, svg
from mcsim.report.style import NARROW, drawing
from mcsim.store.files import atomically
from mcsim.study import InputError, Study
from mcsim.study.language import in_language

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure with its words.

    Parameters
    ----------
    name : str
        Of its files, without the suffix.
    title, caption : str
        As a reader sees them.
    data : str
        The SVG as a ``data:`` address.
    narrow : str
        The same drawn for a narrow screen, where it has one panel.
    """

    name: str
    title: str
    caption: str
    data: str
    narrow: str = ""

    @property
    def alt(self) -> str:
        """Words for those who do not see it."""
        return f"{self.title}. {self.caption}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture with the content of its files.

    Parameters
    ----------
    picture : Picture
        Narrow too, where it may be that of page one.
    svg, png : bytes
        Its files; the latter is empty where nobody asked for it.
    """

    picture: Picture
    svg: bytes
    png: bytes


OURS = re.compile(r"\d{2,}-[a-z0-9-]+\.(svg|png)")  # the names of files that a report draws
Drawings = Mapping[str, Drawing | None]


def draw_figures(
    result: Result, ranking: Ranking | None, folder: Path, png: bool = False, early: Drawings = MappingProxyType({})
) -> list[Picture]:
    """Draw the study's figures into `folder` as SVG, as PNG too where asked; the first is that of page one.

    A figure without a value to show (no ranking was made; the output is undefined in every draw) is left out. Page one
    has the picture that the study names, or else the first of its figures. Figures that are drawn already come in
    `early`, by name.

    Raises
    ------
    InputError
        For a folder that is a link: a report writes into its run directory and nowhere else.
    """
    if folder.is_symlink():
        raise InputError(f"{folder}: a link to {folder.readlink()}; a folder of the run directory, or none")
    pictures: list[Picture] = []
    drawn: set[str] = set()
    for name, figure in _named(result):
        made = early[name] if name in early else _drawing(name, figure, result, ranking, png, not pictures)
        if made is None:
            continue
        for suffix, content in ((".svg", made.svg), (".png", made.png)):
            if content:
                write(folder / (name + suffix), content)
                drawn.add(name + suffix)
        kept = not pictures or figure.kind.narrow is not None
        pictures.append(made.picture if kept else replace(made.picture, narrow=""))
    for old in folder.glob("*.*"):
        if old.name not in drawn and OURS.fullmatch(old.name):
            old.unlink()  # drawn by an earlier report that asked for other figures
    return pictures


def early_drawings(result: Result, png: bool, language: str) -> Drawings:
    """Draw the figures that need no ranking, for `draw_figures`.

    Parameters
    ----------
    result : Result
        The run.
    png : bool
        As PNG too.
    language : str
        In which they speak.

    Returns
    -------
    mapping
        Drawings by name.
    """
    spoken = replace(result, study=in_language(result.study, language))
    found: dict[str, Drawing | None] = {}
    with speaking(language):
        for name, figure in _named(spoken):
            if figure.kind.reads is not RANKING:
                # Of a ranking's figure before it nobody knows yet whether it will be drawn.
                found[name] = _drawing(name, figure, spoken, None, png, not any(found.values()))
    return found


def _named(result: Result) -> list[tuple[str, Figure]]:
    """Return the figures of a report with the names of their files."""
    study = result.study
    named = read_picture(study)
    first = [] if named is None or named.output.name not in result.bands else [named]
    figures = (*first, *figures_of(study))
    return [(f"{number:02d}-{figure.name}", figure) for number, figure in enumerate(figures, start=1 - len(first))]


def _drawing(
    name: str, figure: Figure, result: Result, ranking: Ranking | None, png: bool, narrow: bool
) -> Drawing | None:
    """Draw a figure, narrow too where asked and it has one panel; None where there is no value to show."""
    rows = figure.kind.reads.rows(figure, result, ranking)
    if rows is None or rows.empty or _undefined(rows):
        return None
    assert figure.kind.draw is not None
    worded, pixels = _worded(rows, figure, result.study), io.BytesIO()
    drawn = figure.kind.draw(Pen(), worded, figure)
    vector, small = _svg(drawn), b""
    shape = figure.kind.narrow
    if shape is not None or (narrow and sum(axis.get_visible() for axis in drawn.axes) == 1):
        drawn.set_size_inches(NARROW, NARROW if shape is None else shape(drawn.get_size_inches()[1]))
        small = _svg(drawn)
    if png:
        with drawing() as plt:
            figure.kind.draw(plt, worded, figure).savefig(pixels, format="png", dpi=150)
    picture = Picture(name, figure.title, figure.caption(rows), address(vector), address(small))
    return Drawing(picture, vector, pixels.getvalue())


def _worded(rows: pd.DataFrame, figure: Figure, study: Study) -> pd.DataFrame:
    """Return the rows with long names in the place of codes, of dims that the figure tells apart by words."""
    renamed = {}
    for key in figure.kind.dims:
        dim = figure.get(key)
        if dim in rows and dim in study.labels.dims:
            renamed[dim] = _each(rows[dim], partial(study.labels.word, dim))
    if "input" in rows:
        renamed["input"] = _each(rows["input"], lambda name: first_large(input_words(study, name)))
    return rows.assign(**renamed) if renamed else rows


def _each(codes: pd.Series[Any], words: Callable[[Any], str]) -> list[str]:
    """Return the words of codes, each looked up once."""
    names = codes.tolist()
    found = {code: words(code) for code in dict.fromkeys(names)}
    return [found[code] for code in names]


def _undefined(rows: pd.DataFrame) -> bool:
    return "mean" in rows and bool(rows["mean"].isna().all())


def _svg(picture: Sheet) -> bytes:
    return svg(picture).encode("utf-8")


def address(svg: bytes) -> str:
    """Return a picture as a page holds it; nothing for none."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii") if svg else ""


def write(path: Path, content: bytes) -> None:
    """Write a file whole, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomically(path, lambda partial: partial.write_bytes(content))
