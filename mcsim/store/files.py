"""Files that are whole or not there."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

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


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, atomically; texts that a spreadsheet would compute begin with an apostrophe there.

    Numbers, and texts that are numbers or a sign alone, stay as they are; `plain_text` takes the apostrophe away.
    """

    def write(partial: Path) -> None:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            write_rows(stream, table)

    atomically(path, write)


def write_rows(stream: IO[str], table: pd.DataFrame, header: bool = True) -> None:
    """Write the rows of a table as `write_table` does, to the byte what pandas writes of a table without formulas.

    Parameters
    ----------
    stream : file
        Open for text, with ``newline=""``.
    table : DataFrame
        Without its index.
    header : bool
        Whether the names of the columns come first.

    Examples
    --------
    >>> import sys
    >>> import pandas as pd
    >>> write_rows(sys.stdout, pd.DataFrame({"name": ["=a", "b"], "value": [0.1, float("nan")]}))
    name,value
    '=a,0.1
    b,
    """
    writer = csv.writer(stream, lineterminator=os.linesep)
    if header:
        writer.writerow([escaped_text(str(name)) for name in table.columns])
    writer.writerows(zip(*(_cells(table[name]) for name in table.columns), strict=True))


def _cells(column: pd.Series[Any]) -> list[Any]:
    """Return what stands in the cells of a column, None in those that stay empty."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy()
        if values.dtype.kind != "f":
            return list(values.tolist())
        missing = np.isnan(values)
        return list((np.where(missing, None, values) if missing.any() else values).tolist())
    items, empty = column.to_numpy(dtype=object), column.isna().to_numpy()
    # Labels come again and again: each is looked at once.
    known: dict[Any, Any] = {}
    for item in items[~empty].tolist():
        if item not in known:
            known[item] = escaped_text(item) if isinstance(item, str) else item
    return [None if blank else known[item] for item, blank in zip(items.tolist(), empty.tolist(), strict=True)]


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
