"""Files that are whole or not there."""

from __future__ import annotations

import csv
import io
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
    if header:
        stream.write(_line(escaped_text(str(name)) for name in table))
    columns = [_texts(table[str(name)]) for name in table]
    if len(columns) == 1:  # an empty cell alone is no empty line
        stream.writelines(_line([cell]) for cell in columns[0])
    else:
        stream.writelines(f"{row}{os.linesep}" for row in map(",".join, zip(*columns, strict=False)))


def _line(cells: Iterable[str]) -> str:
    """Return a line of a table as the csv module writes it, with its end."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator=os.linesep).writerow(cells)
    return line.getvalue()


def _texts(column: Any) -> Iterable[str]:
    """Return what stands in the cells of a column, nothing in those that stay empty; of one value as often as asked.

    Values come again and again, labels and what an output shows at several places: each is made a text once.
    """
    if isinstance(column, str | int | float):
        return repeat(_text(column))
    values = column if isinstance(column, np.ndarray) else column.to_numpy()
    items = values.tolist()
    if values.dtype.kind == "f" and (np.signbit(values) & (values == 0.0)).any():
        return map(_text, items)  # of two zeros that are equal one has a sign
    if values.dtype.kind not in "fiub" and set(map(type, items)) != {str}:
        return map(_text, items)
    return map({item: _text(item) for item in set(items)}.__getitem__, items)


def _text(item: Any) -> str:
    """Return one cell; what is missing is no number, and not itself."""
    if isinstance(item, float):
        return repr(item) if item == item else ""
    if isinstance(item, int):
        return str(item)
    if item is None or item != item:
        return ""
    cell = escaped_text(item) if isinstance(item, str) else item
    return _line([cell, ""]).removesuffix(f",{os.linesep}")


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
