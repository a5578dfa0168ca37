"""Tables beside a report: what its codes mean, and a workbook of summary, sensitivity and inputs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.report.draw import write
from mcsim.study.labels import COLUMNS, ENGLISH, LANGUAGES, Labels

if TYPE_CHECKING:
    from mcsim.study import Study

LABELS = "labels.csv"


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
