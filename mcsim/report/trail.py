"""Where each printed number comes from: its row of summary.csv, what decides it, and the sources of those inputs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mcsim.report.answers import Sentence, cell_words, first_large, input_words, leading, per_cent
from mcsim.report.language import say
from mcsim.report.style import unit_words
from mcsim.report.words import lines_of
from mcsim.study.select import Cell

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

LEADING = 5  # inputs of an element
COLUMNS = ("mean", "p2.5", "p25", "p50", "p75", "p97.5", "undefined")  # of summary.csv


class Trail:
    """The rows behind the numbers of a page, each with the name by which the page links to it.

    Parameters
    ----------
    result : Result
        The run.
    ranking : Ranking, optional
        What drives it.
    """

    def __init__(self, result: Result, ranking: Ranking | None) -> None:
        self.result, self.ranking = result, ranking
        self._places: dict[tuple[object, ...], str] = {}
        self._cells: list[Cell] = []
        self._lines = cache(lambda name: lines_of(result.study, name))

    def at(self, cell: Cell | None) -> str:
        """Return the name of an element's row, which the trail then holds; nothing for none."""
        if cell is None:
            return ""
        key = cell.output.name, *(cell.labels[dim.name] for dim in cell.output.dims)
        if key not in self._places:
            self._cells.append(cell)
            self._places[key] = f"row-{len(self._cells)}"
        return self._places[key]

    def pieces(self, sentence: Sentence) -> list[tuple[str, str]]:
        """Return the pieces of a sentence, each with the name of the row whose number it tells, or nothing."""
        return [(piece.text, self.at(piece.cell)) for piece in sentence]

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows that were asked for.

        Returns
        -------
        list of dict
            at (its name), what (in words), cell (its codes), unit, numbers (column of summary.csv and value, six
            digits), drivers (what, share, band, lines of inputs with their sources).
        """
        return [self._row(cell) for cell in self._cells]

    def _row(self, cell: Cell) -> dict[str, Any]:
        study = self.result.study
        rows = self.result.summary(cell.output.name, **cell.labels)
        found = {name: rows[name].tolist()[0] for name in ("unit", *COLUMNS)}
        return {
            "at": self.at(cell),
            "what": cell_words(study, cell),
            "cell": str(cell),
            "unit": unit_words(str(found["unit"])),
            "numbers": [(name, _digits(found[name])) for name in COLUMNS],
            "drivers": [self._driver(row) for row in leading(self.ranking, cell, LEADING)],
        }

    def _driver(self, row: dict[str, Any]) -> dict[str, Any]:
        known = row["low"] == row["low"]
        band = say("{low} to {high}", low=per_cent(row["low"]), high=per_cent(row["high"])) if known else ""
        what = first_large(input_words(self.result.study, row["input"]))
        return {"what": what, "share": per_cent(row["share"]), "band": band, "lines": self._lines(row["input"])}


def _digits(value: float) -> str:
    if value != value:
        return say("undefined")
    text = f"{value:.6g}"
    return f"{float(text):.0f}" if "e+" in text else text  # all digits of large numbers: 1008950, no 1.00895e+06
