"""Tables beside a report: what its codes mean, and a workbook of summary, sensitivity and inputs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.report.choose import figures_of
from mcsim.report.draw import write
from mcsim.report.kinds.standings import KIND, standings_of
from mcsim.result.standings import TOP
from mcsim.store.files import atomically
from mcsim.study.errors import InputError
from mcsim.study.labels import COLUMNS, ENGLISH, LANGUAGES, Labels

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result
    from mcsim.study import Study

LABELS, STANDINGS, WORKBOOK = "labels.csv", "standings.csv", "report.xlsx"
MOST_ROWS = 1_048_575  # of a sheet below its head


def write_labels(study: Study, folder: Path) -> Path:
    """Write ``labels.csv``, the long names of every code of summary.csv and sensitivity.csv, and return it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(_labels(study))
    path = folder / LABELS
    write(path, text.getvalue().encode("utf-8"))
    return path


def _labels(study: Study) -> Iterator[tuple[str, ...]]:
    """Yield dim (empty of a thing), code and its long name in every language; English where a language has none."""
    told = [Labels(study.labels.names, study.labels.dims, language=code) for code in (ENGLISH, *_others())]
    meanings = {output.name: output.meaning for output in study.outputs}
    meanings |= {item.name: item.meaning for item in study.inputs if item.table is None}
    meanings |= dict.fromkeys((*study.groups, *study.tables), "")
    dims = {dim.name: dim.coords for output in study.outputs for dim in output.dims}
    for name in dict.fromkeys((*meanings, *dims)):
        yield "", name, *(labels.name(name, meanings.get(name, "")) for labels in told)
    for dim, coords in dims.items():
        for code in (code for code in coords if isinstance(code, str)):
            yield dim, code, *(labels.word(dim, code) for labels in told)


def _others() -> list[str]:
    return [code for code in LANGUAGES if code != ENGLISH]


def write_standings(result: Result, folder: Path) -> Path | None:
    """Write ``standings.csv``, a row per label of every figure of the kind `standings`; None where there is none.

    Its columns: ``output``, then every dim of these outputs (empty where an output has none such), then those of
    `mcsim.Result.standings`, and ``top``, how many ranks ``p_top`` counts.
    """
    import pandas as pd

    shown = [figure for figure in figures_of(result.study) if figure.kind is KIND]
    if not shown:
        return None
    dims = dict.fromkeys(dim.name for figure in shown for dim in figure.output.dims)
    tables = [
        standings_of(figure, result).assign(output=figure.output.name, top=figure.get("top", TOP)) for figure in shown
    ]
    rows = pd.concat(tables, ignore_index=True)
    ends = [name for name in rows if name not in dims and name not in ("output", "top", "n")]
    text = rows[["output", *dims, *ends, "top", "n"]].to_csv(index=False, lineterminator="\n", float_format="%.6g")
    path = folder / STANDINGS
    write(path, text.encode("utf-8"))
    return path


def write_workbook(result: Result, ranking: Ranking | None, folder: Path) -> Path:
    """Write ``report.xlsx``: summary, sensitivity and inputs with their sources, a sheet each, and return it.

    Raises
    ------
    InputError
        Where the extra is not installed, or a table has more rows than a sheet holds.
    """
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise InputError(f"--xlsx: openpyxl is not usable here ({error}); pip install 'mcsim[xlsx]'") from None
    book = Workbook(write_only=True)
    tables = {"summary": result.summary(), **({} if ranking is None else {"sensitivity": ranking.table()})}
    for name, table in (*tables.items(), ("inputs", _inputs(result.study))):
        if len(table) > MOST_ROWS:
            raise InputError(f"--xlsx: {name}: {len(table):,} rows, more than a sheet holds; {name}.csv has them")
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        sheet.append(list(table.columns))
        for row in table.astype(object).where(table.notna(), None).itertuples(index=False):
            sheet.append([_cell(value) for value in row])
    path = folder / WORKBOOK
    atomically(path, lambda partial: book.save(partial))
    return path


def _cell(value: object) -> object:
    """Return a value as a sheet holds it: a text that begins as a formula is a text all the same."""
    return f"'{value}" if isinstance(value, str) and value.startswith("=") else value


def _inputs(study: Study) -> pd.DataFrame:
    """Return every input, cells of tables too, with what is known of it and its source."""
    import pandas as pd

    return pd.DataFrame(
        {
            "input": item.name,
            "label": study.labels.name(item.name, item.meaning),
            "distribution": str(item.distribution),
            "unit": item.unit,
            "group": item.group,
            "source": item.source,
            "note": item.note,
        }
        for item in study.inputs
    )
