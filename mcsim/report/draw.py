"""Figures as files, and as the page holds them."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.report.choose import figures_of
from mcsim.report.kind import Figure
from mcsim.report.style import drawing
from mcsim.store.files import atomically
from mcsim.study import InputError

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
    """

    name: str
    title: str
    caption: str
    data: str

    @property
    def alt(self) -> str:
        """Words for those who do not see it."""
        return f"{self.title}. {self.caption}"


OURS = re.compile(r"\d{2,}-[a-z0-9-]+\.(svg|png)")  # the names of files that a report draws


def draw_figures(result: Result, ranking: Ranking | None, folder: Path, png: bool = False) -> list[Picture]:
    """Draw the study's figures into `folder` as SVG, as PNG too where asked, and return them for the page.

    A figure without a value to show (no ranking was made; the output is undefined in every draw) is left out.

    Raises
    ------
    InputError
        For a folder that is a link: a report writes into its run directory and nowhere else.
    """
    if folder.is_symlink():
        raise InputError(f"{folder}: a link to {folder.readlink()}; a folder of the run directory, or none")
    pictures = []
    for number, figure in enumerate(figures_of(result.study), start=1):
        assert figure.kind.draw is not None
        rows = figure.kind.reads.rows(figure, result, ranking)
        if rows is None or rows.empty or _undefined(rows):
            continue
        name = f"{number:02d}-{figure.name}"
        pictures.append(Picture(name, figure.title, figure.caption(rows), _draw(rows, figure, folder / name, png)))
    suffixes = (".svg", ".png") if png else (".svg",)
    drawn = {f"{picture.name}{suffix}" for picture in pictures for suffix in suffixes}
    for old in folder.glob("*.*"):
        if old.name not in drawn and OURS.fullmatch(old.name):
            old.unlink()  # drawn by an earlier report that asked for other figures
    return pictures


def _undefined(rows: pd.DataFrame) -> bool:
    return "mean" in rows and bool(rows["mean"].isna().all())


def _draw(rows: pd.DataFrame, figure: Figure, path: Path, png: bool) -> str:
    assert figure.kind.draw is not None
    with drawing() as plt:
        plt.rcParams["svg.hashsalt"] = path.name  # the same run draws the same bytes
        picture = figure.kind.draw(plt, rows, figure)
        vector, pixels = io.BytesIO(), io.BytesIO()
        picture.savefig(vector, format="svg", metadata={"Date": None})
        if png:
            picture.savefig(pixels, format="png", dpi=150)
    write(path.with_suffix(".svg"), vector.getvalue())
    if png:
        write(path.with_suffix(".png"), pixels.getvalue())
    return "data:image/svg+xml;base64," + base64.b64encode(vector.getvalue()).decode("ascii")


def write(path: Path, content: bytes) -> None:
    """Write a file whole, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomically(path, lambda partial: partial.write_bytes(content))
