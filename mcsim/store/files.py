"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

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
    atomically(path, lambda partial: escaped_table(table).to_csv(partial, index=False))


def escaped_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts, headings too, are no formulas."""
    import pandas as pd

    changed = table.copy()
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            changed[name] = [escaped_text(item) if isinstance(item, str) else item for item in table[name]]
    return changed.rename(columns=lambda name: escaped_text(str(name)))


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
