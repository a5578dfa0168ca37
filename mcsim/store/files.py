"""Files that are whole or not there."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Columns: TypeAlias = "pd.DataFrame | Mapping[str, Any]"
SIGNS = ("=", "+", "-", "@")  # a text that begins so is computed by spreadsheets


def atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its final name, then move it there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text atomically, on the disk when this returns."""

    def write(partial: Path) -> None:
        with partial.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())

    atomically(path, write)


def write_table(path: Path, *parts: Columns) -> None:
    """Write a table as CSV, atomically; texts that a spreadsheet would compute begin with an apostrophe there.

    It may come in parts of the same columns, one below the other.

    Numbers, and texts that are numbers or a sign alone, stay as they are; `plain_text` takes the apostrophe away.
    """

    def write(partial: Path) -> None:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            for number, part in enumerate(parts):
                write_rows(stream, part, number == 0)

    atomically(path, write)


def write_rows(stream: IO[str], table: Columns, header: bool = True) -> None:
    """Write the rows of a table as `write_table` does, to the byte what pandas writes of a table without formulas.

    Parameters
    ----------
    stream : file
        Open for text, with ``newline=""``.
    table : DataFrame or mapping
        Column by name, without an index: arrays, or one value for all rows.
    header : bool
        Whether the names of the columns come first.

    Examples
    --------
    >>> import sys
    >>> write_rows(sys.stdout, {"name": np.array(["=a", "b"], object), "value": np.array([0.1, np.nan]), "n": 3})
    name,value,n
    '=a,0.1,3
    b,,3
    """
    writer = csv.writer(stream, lineterminator=os.linesep)
    if header:
        writer.writerow([escaped_text(str(name)) for name in table])
    writer.writerows(zip(*(_cells(table[str(name)]) for name in table), strict=False))


def _cells(column: Any) -> Iterable[Any]:
    """Return what stands in the cells of a column, None in those that stay empty; of one value as often as asked."""
    if isinstance(column, str | int | float):
        return repeat(escaped_text(column) if isinstance(column, str) else column)
    values = column if isinstance(column, np.ndarray) else column.to_numpy()
    if values.dtype.kind == "f":
        items = values.tolist()
        return [None if item != item else item for item in items] if np.isnan(values).any() else list(items)
    if values.dtype.kind in "iub":
        return list(values.tolist())
    items = values.tolist()
    # Labels come again and again: each is looked at once. What is missing is no number, and not itself.
    known = {text: escaped_text(text) for text in {item for item in items if isinstance(item, str)}}
    return [known[item] if isinstance(item, str) else item if item == item else None for item in items]


def escaped_text(text: str) -> str:
    """Return a text as a CSV cell that no spreadsheet computes.

    Examples
    --------
    >>> [escaped_text(text) for text in ("=1+1", "-5", "+10 %", "-", "kg")]
    ["'=1+1", '-5', "'+10 %", '-', 'kg']
    """
    core = text.lstrip("'\t\r ")
    if not core.startswith(SIGNS) or (text == core and (len(core) == 1 or _is_number(core))):
        return text
    return f"'{text}"


def plain_text(cell: str) -> str:
    """Return the text of a CSV cell that `escaped_text` wrote.

    Examples
    --------
    >>> plain_text("'=1+1"), plain_text("'s")
    ('=1+1', "'s")
    """
    return cell[1:] if cell.startswith("'") and cell.lstrip("'\t\r ").startswith(SIGNS) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
