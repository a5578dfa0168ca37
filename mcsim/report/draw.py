"""Figures as files, and as the page holds them."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.report.answers import first_large, input_words
from mcsim.report.check import read_picture
from mcsim.report.choose import figures_of
from mcsim.report.kind import Figure
from mcsim.report.style import drawing
from mcsim.store.files import atomically
from mcsim.study import InputError, Study

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


NARROW = 3.6  # inches: the text then is 11 px high on a screen 390 px wide
OURS = re.compile(r"\d{2,}-[a-z0-9-]+\.(svg|png)")  # the names of files that a report draws


def draw_figures(result: Result, ranking: Ranking | None, folder: Path, png: bool = False) -> list[Picture]:
    """Draw the study's figures into `folder` as SVG, as PNG too where asked; the first is that of page one.

    A figure without a value to show (no ranking was made; the output is undefined in every draw) is left out. Page one
    has the picture that the study names, or else the first of its figures.

    Raises
    ------
    InputError
        For a folder that is a link: a report writes into its run directory and nowhere else.
    """
    if folder.is_symlink():
        raise InputError(f"{folder}: a link to {folder.readlink()}; a folder of the run directory, or none")
    study = result.study
    named = read_picture(study)
    first = [] if named is None or named.output.name not in result.bands else [named]
    pictures: list[Picture] = []
    for number, figure in enumerate((*first, *figures_of(study)), start=1 - len(first)):
        assert figure.kind.draw is not None
        rows = figure.kind.reads.rows(figure, result, ranking)
        if rows is None or rows.empty or _undefined(rows):
            continue
        name = f"{number:02d}-{figure.name}"
        figure = replace(figure, labels=study.labels)
        wide, narrow = _draw(_worded(rows, figure, study), figure, folder / name, png)
        pictures.append(Picture(name, figure.title, figure.caption(rows), wide, narrow if not pictures else ""))
    suffixes = (".svg", ".png") if png else (".svg",)
    drawn = {f"{picture.name}{suffix}" for picture in pictures for suffix in suffixes}
    for old in folder.glob("*.*"):
        if old.name not in drawn and OURS.fullmatch(old.name):
            old.unlink()  # drawn by an earlier report that asked for other figures
    return pictures


def _worded(rows: pd.DataFrame, figure: Figure, study: Study) -> pd.DataFrame:
    """Return the rows with long names in the place of codes, of dims that the figure tells apart by words."""
    renamed = {}
    for key in figure.kind.dims:
        dim = figure.get(key)
        if dim in rows and dim in study.labels.dims:
            renamed[dim] = [study.labels.word(dim, code) for code in rows[dim]]
    if "input" in rows:
        renamed["input"] = [first_large(input_words(study, name)) for name in rows["input"]]
    return rows.assign(**renamed) if renamed else rows


def _undefined(rows: pd.DataFrame) -> bool:
    return "mean" in rows and bool(rows["mean"].isna().all())


def _draw(rows: pd.DataFrame, figure: Figure, path: Path, png: bool) -> tuple[str, str]:
    """Draw a figure into its files, and return it as addresses: for a page and, of one panel, for a narrow screen."""
    assert figure.kind.draw is not None
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = path.name  # the same run draws the same bytes
        picture = figure.kind.draw(plt, rows, figure)
        vector, pixels, small = io.BytesIO(), io.BytesIO(), io.BytesIO()
        picture.savefig(vector, format="svg", metadata={"Date": None})
        if png:
            picture.savefig(pixels, format="png", dpi=150)
        if sum(axis.get_visible() for axis in picture.axes) == 1:
            picture.set_size_inches(NARROW, NARROW)
            # A legend is laid out when it is made: it is made again, its labels below one another.
            for legend in list(picture.legends):
                names = [text.get_text() for text in legend.get_texts()]
                legend.remove()
                picture.legend(legend.legend_handles, names, loc="outside lower center", ncols=1)
            picture.savefig(small, format="svg", metadata={"Date": None})
    write(path.with_suffix(".svg"), vector.getvalue())
    if png:
        write(path.with_suffix(".png"), pixels.getvalue())
    return address(vector.getvalue()), address(small.getvalue())


def address(svg: bytes) -> str:
    """Return a picture as a page holds it; nothing for none."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii") if svg else ""


def write(path: Path, content: bytes) -> None:
    """Write a file whole, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomically(path, lambda partial: partial.write_bytes(content))
