"""A posterior as a compact table: rows of the inputs that it speaks of, each with its weight; and what it was made of.

A CSV file: lines that begin with # hold the record, one JSON value after each key; then a header and a row per distinct
draw. Words of an uncertain option stand as words.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.store.files import atomically
from mcsim.study import InputError
from mcsim.study.rows import Rows

WEIGHT = "weight"
NEEDED = ("study", "version", "fingerprint", "priors", "observations", "method", "khat", "ess")
TABLE = "rows.csv"  # in the folder that `mcsim calibrate` writes


def write_rows(rows: Rows, path: Path, digits: int = 17) -> None:
    """Write a table.

    Parameters
    ----------
    rows : Rows
        What to write.
    path : Path
        A CSV file.
    digits : int
        Significant digits of values; 17 keep every bit.
    """
    stream = io.StringIO()
    for key, value in rows.record.items():
        stream.write(f"# {key}: {json.dumps(value, ensure_ascii=False)}\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*rows.columns, WEIGHT])
    columns = [*rows.columns.values(), rows.weights]
    for at in range(len(rows.weights)):
        writer.writerow([_shown(column[at], digits) for column in columns])
    atomically(path, lambda partial: partial.write_text(stream.getvalue(), encoding="utf-8"))


def _shown(value: Any, digits: int) -> str:
    return value if isinstance(value, str) else f"{value:.{digits}g}"


def read_rows_of(place: str | Path) -> Rows:
    """Return the table in a file, or in the folder of a calibration.

    Raises
    ------
    InputError
        When it is none.
    """
    path = Path(place)
    path = path / TABLE if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"{place}: --posterior: no posterior here (no {TABLE}); a folder that `mcsim calibrate` wrote, or shipped"
        ) from None
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("# ")]
    try:
        record = {key[2:]: json.loads(value) for key, _, value in (line.partition(": ") for line in head)}
        names, *body = list(csv.reader(lines[len(head) :]))
        missing = [key for key in NEEDED if key not in record]
        if missing or names[-1] != WEIGHT or not body:
            raise ValueError(f"without {missing[0] if missing else WEIGHT}")
        columns = {name: _column([row[at] for row in body]) for at, name in enumerate(names)}
        weights = columns.pop(WEIGHT)
        if weights.dtype.kind != "f" or not (np.isfinite(weights).all() and (weights > 0).all()):
            raise ValueError("weights that are not above 0")
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{path}: cannot be read as a posterior ({error}); a table that `mcsim calibrate` wrote"
        ) from None
    return Rows(str(record.get("name", record["study"])), columns, weights, record, str(path))


def _column(cells: Sequence[str]) -> NDArray[Any]:
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        return np.array(cells)
    if not np.isfinite(values).all():
        raise ValueError("a value that is not finite")
    return values
