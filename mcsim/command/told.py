"""What a command tells: a text for a person, with the record of the same that `--json` prints for a program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result
    from mcsim.study import Study

NUMBERS = ("mean", "sd", "p2.5", "p5", "p25", "p50", "p75", "p95", "p97.5", "mcse_mean", "n", "undefined")


class Told(str):
    """A text for a person, and what a program reads in its place.

    Parameters
    ----------
    text : str
        Lines for a person.
    record : mapping
        The same for a program: names, numbers in full precision, paths.

    Examples
    --------
    >>> told = Told("y: 2", {"y": 2})
    >>> told.more("no ranking: one input", why="one input").record
    {'y': 2, 'why': 'one input'}
    """

    record: dict[str, Any]

    def __new__(cls, text: str, record: Mapping[str, Any]) -> Told:
        """Return the text with its record."""
        told = super().__new__(cls, text)
        told.record = dict(record)
        return told

    def more(self, line: str, **record: Any) -> Told:
        """Return what is told with one more line, and more for a program."""
        return Told(f"{self}\n{line}", {**self.record, **record})

    @property
    def as_json(self) -> str:
        """The record as JSON; what has no value is null."""
        from mcsim.command.show import finite

        return json.dumps(finite(self.record), indent=2, ensure_ascii=False)


def shard_told(study: Study, folder: Path, shard: tuple[int, int] | None) -> Told:
    """Return what is told of a part that `mcsim merge` joins to the others."""
    record = {"study": study.name, "folder": str(folder), "shard": None if shard is None else list(shard)}
    return Told(f"shard: {folder}; `mcsim merge` joins it to the others", record)


def run_record(result: Result, ranking: Ranking | None, folder: Path, report: Path) -> dict[str, Any]:
    """Return what `mcsim run --json` prints: where the files are, the numbers of page one, what drives them."""
    return {
        "study": result.study.name,
        "title": result.study.title,
        "folder": str(folder),
        "report": str(report),
        "seed": result.seed,
        "design": result.design,
        "asked": result.asked,
        "draws": result.complete,
        "failed": len(result.failures),
        "headline": headline(result),
        "ranking": None if ranking is None else ranking_record(ranking, result.study),
        "notes": list(result.notes),
    }


def headline(result: Result) -> list[dict[str, Any]]:
    """Return the numbers of page one, a record per element: output, labels, unit, mean, quantiles."""
    from mcsim.report.choose import telling_cells

    cells = [row.cell for row in result.study.brief.rows] or telling_cells(result.study)
    found = []
    for cell in (cell for cell in cells if cell.output.name in result.bands):
        row = result.row(cell.output.name, **cell.labels)
        about = {"output": cell.output.name, "labels": dict(cell.labels), "unit": row["unit"]}
        found.append(about | {name: row[name] for name in NUMBERS if name in row})
    return found


def leading_outputs(ranking: Ranking, study: Study) -> list[tuple[str, dict[str, str]]]:
    """Return the ranked outputs that a command tells, each with the labels of its leading element."""
    from mcsim.report.choose import leading_element

    outputs = [output for output in ranking.outputs if output.name in study.headline] or list(ranking.outputs)
    return [(output.name, leading_element(output)) for output in outputs[:3]]


def ranking_record(ranking: Ranking, study: Study) -> dict[str, Any]:
    """Return a ranking as a program reads it: the inputs of the leading elements, the strongest first."""
    drivers = []
    for output, labels in leading_outputs(ranking, study):
        frame = ranking.table(output, **labels)
        kept = frame.drop(columns=["output", *labels, "n", "method"]).to_dict("records")
        drivers.append({"output": output, "labels": dict(labels), "inputs": [_measured(row) for row in kept]})
    return {
        "method": ranking.method,
        "order_by": ranking.order_by,
        "n": ranking.n,
        "drivers": drivers,
        "warnings": list(ranking.warnings),
    }


def _measured(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the measures of an input that its method has."""
    return {str(name): value for name, value in row.items() if value == value}


def rank_told(ranking: Ranking, study: Study, text: str, folder: Path, table: Path) -> Told:
    """Return what is told of a ranking by itself."""
    about = {"study": study.name, "title": study.title, "folder": str(folder), "table": str(table)}
    return Told(f"{text}\nranking: {table}", {**about, "ranking": ranking_record(ranking, study)})
