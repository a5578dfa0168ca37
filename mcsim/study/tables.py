"""CSV tables of figures: keys, value, range, unit, distribution, source; and how a user's own table replaces one.

A table's key columns are those that are not reserved. Every row names its source, and every uncertain row becomes an
input named ``table[key,key]``. A word in the column `distribution` uses the row's own numbers, as the family of this
name declares: ``triangular`` and ``pert`` (low, value, high), ``uniform`` (low, high), ``normal`` (mean = value, low to
high a 95 % interval, cut at the valid range of the table) and ``lognormal`` (median = value, the same interval).
Anything with brackets is the text of a distribution.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcsim.distributions import FAMILIES, Constant, Distribution, parse
from mcsim.study.declared import TableSpec
from mcsim.study.errors import InputError, nearest
from mcsim.study.inputs import Input
from mcsim.study.setting import check_share
from mcsim.study.types import FloatArray, IntArray
from mcsim.study.unfilled import refuse_unfilled

RESERVED = ("value", "low", "high", "unit", "distribution", "source", "status", "note", "group")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of figures, found by their keys.

    Parameters
    ----------
    name : str
        Name of the table in the study.
    keys : tuple of str
        Names of the key columns.
    index : tuple of tuple of str
        Key values of each row, as text.
    value : ndarray, shape (n_rows,)
        Central values.
    distributions : tuple of Distribution
        What is known of each row.
    units, sources, groups, notes : tuple of str
        One per row.
    origin : str
        The file it was read from.

    Examples
    --------
    >>> from mcsim.study.tables import read_rows
    >>> rows = [{"source": "gas", "value": "0.4", "unit": "kg/kWh", "source_": ""}]
    >>> table = table_from_rows("factor", [
    ...     {"fuel": "gas", "value": "0.4", "low": "0.3", "high": "0.5", "unit": "kg/kWh", "distribution": "uniform",
    ...      "source": "a report"}])
    >>> table.position("gas"), str(table.distributions[0])
    (0, 'uniform(0.3, 0.5)')
    """

    name: str
    keys: tuple[str, ...]
    index: tuple[tuple[str, ...], ...]
    value: FloatArray
    distributions: tuple[Distribution, ...]
    units: tuple[str, ...]
    sources: tuple[str, ...]
    groups: tuple[str, ...]
    notes: tuple[str, ...]
    origin: str

    def position(self, *key: str | float) -> int:
        """Return the row of a key.

        Raises
        ------
        InputError
            Naming the missing cell.
        """
        wanted = tuple(str(part) for part in key)
        try:
            return self.index.index(wanted)
        except ValueError:
            raise InputError(
                f"{self.origin}: {cell_name(self.name, wanted)}: no such row; a row with "
                + ", ".join(f"{name} = {part}" for name, part in zip(self.keys, wanted, strict=False))
            ) from None

    def labels(self, column: str) -> tuple[str, ...]:
        """Return the distinct values of a key column, in order of appearance."""
        place = self.keys.index(column)
        return tuple(dict.fromkeys(key[place] for key in self.index))

    def positions(self, *axes: str | Sequence[str | int]) -> IntArray:
        """Return the rows of every combination of labels, one axis per key column.

        Parameters
        ----------
        *axes
            For each key column the labels wanted, or one label (which gives no axis).

        Returns
        -------
        ndarray of int64
            Shape: the lengths of the axes that were lists.

        Raises
        ------
        InputError
            Naming the first missing cell.
        """
        rows = {key: row for row, key in enumerate(self.index)}
        lists = [[axis] if isinstance(axis, str) else [str(label) for label in axis] for axis in axes]
        found = np.empty([len(labels) for labels in lists], np.int64)
        for place, key in enumerate(itertools.product(*lists)):
            if key not in rows:
                self.position(*key)
            found.flat[place] = rows[key]
        return found.reshape([len(axis) for axis in axes if not isinstance(axis, str)])

    def check_sums(self, *over: str, tolerance: float = 1e-6) -> None:
        """Refuse central shares that do not sum to 1 over key columns.

        Parameters
        ----------
        *over : str
            Key columns over whose labels the shares sum to 1, for every combination of the others.
        tolerance : float
            Of a sum: rounding of the figures as printed.

        Raises
        ------
        InputError
            Naming the keys of the first sum that is off.
        """
        within = [place for place, key in enumerate(self.keys) if key not in over]
        sums: dict[tuple[str, ...], float] = {}
        for key, value in zip(self.index, self.value, strict=True):
            group = tuple(key[place] for place in within)
            sums[group] = sums.get(group, 0.0) + float(value)
        for group, total in sums.items():
            if abs(total - 1.0) > tolerance:
                raise InputError(
                    f"{self.origin or self.name}: {cell_name(self.name, group)}: shares do not sum to 1 over "
                    f"{', '.join(over)} (got {total:.6g}); 1 within {tolerance:g}"
                )

    def inputs(self) -> tuple[Input, ...]:
        """Return one input per row."""
        return tuple(
            Input(
                cell_name(self.name, key),
                self.units[row],
                f"{self.name}: {', '.join(key)}",
                self.distributions[row],
                self.groups[row],
                self.sources[row],
                self.notes[row],
                table=(self.name, row),
            )
            for row, key in enumerate(self.index)
        )


def cell_name(table: str, key: Sequence[str]) -> str:
    """Return the name of a table's cell as an input.

    Examples
    --------
    >>> cell_name("grid_mix", ("mx", "2030", "gas"))
    'grid_mix[mx,2030,gas]'
    """
    return f"{table}[{','.join(key)}]"


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as mappings of stripped text.

    Raises
    ------
    InputError
        When the file is missing, empty, or a row has more or fewer cells than the header.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; a CSV table") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); a CSV table in UTF-8") from None
    try:
        # Only the ends of lines that CSV knows end a row: a cell may hold U+2028 or, in quotes, a line break.
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InputError(f"{path}: cannot be read ({error}); a CSV table") from None
    if not lines:
        raise InputError(f"{path}: empty; a header and one row per figure")
    header = [name.strip() for name in lines[0]]
    separator = separator_of(header)
    if separator:
        raise InputError(f"{path}: columns separated by {separator!r}; by commas, with points in numbers")
    twice = next((name for place, name in enumerate(header) if name in header[:place]), None)
    if twice is not None:
        raise InputError(f"{path}: {twice or 'a column without a name'}: twice in the header; each column once")
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise InputError(
                f"{path}: row {number}: {len(cells)} cells under a header of {len(header)}; one per column"
            )
        rows.append({name: cell.strip() for name, cell in zip(header, cells, strict=True)})
    if not rows:
        raise InputError(f"{path}: no rows; one row per figure")
    return rows


def separator_of(header: Sequence[str]) -> str:
    """Return what separates the columns of a header that commas do not, or an empty text.

    Examples
    --------
    >>> separator_of(["key;value;unit"]), separator_of(["key", "value"])
    (';', '')
    """
    return next((mark for mark in (";", "\t", "|") if len(header) == 1 and mark in header[0]), "")


def table_from_rows(
    name: str,
    rows: Sequence[Mapping[str, str]],
    *,
    spec: TableSpec | None = None,
    group: str | None = None,
    origin: str = "",
) -> Table:
    """Return a checked table.

    Parameters
    ----------
    name : str
        Name of the table in the study.
    rows : sequence of mappings
        Column -> text.
    spec : TableSpec, optional
        What the model needs of it.
    group : str, optional
        Group of rows that do not name their own; the spec's, else the table's name by default.
    origin : str
        File name for messages.

    Raises
    ------
    InputError
        Naming the file, the row's key, the column, the value and what would be right.
    """
    place = origin or name
    columns = tuple(rows[0])
    for needed in ("value", "unit", "source"):
        if needed not in columns:
            raise InputError(f"{place}: {needed}: column missing (got {', '.join(columns)}){nearest(needed, columns)}")
    keys = tuple(column for column in columns if column not in RESERVED)
    if spec is not None and set(keys) != set(spec.keys):
        wrong = next((key for key in keys if key not in spec.keys), None)
        missing = next((key for key in spec.keys if key not in keys), None)
        what = f"{wrong}: unknown column" if wrong is not None else f"{missing}: column missing"
        raise InputError(
            f"{place}: {what} (got {', '.join(keys)}); key columns {', '.join(spec.keys)}"
            + (nearest(wrong, [*spec.keys, *RESERVED]) if wrong is not None else "")
        )
    if spec is not None:
        keys = spec.keys
    refuse_unfilled(
        ((f"{place}: {cell_name(name, [cells[key] for key in keys])}", cells["source"]) for cells in rows), "rows"
    )
    default_group = group or (spec.group if spec is not None else None) or name
    valid = spec.valid if spec is not None else (-math.inf, math.inf)
    index: dict[tuple[str, ...], int] = {}
    distributions = []
    for row, cells in enumerate(rows):
        key = tuple(cells[column] for column in keys)
        where = f"{place}: {cell_name(name, key)}"
        if key in index:
            raise InputError(f"{where}: stands twice; one row per key")
        index[key] = row
        if not cells["source"]:
            raise InputError(f"{where}: source: empty; where the figure comes from ('assumption' will do)")
        distributions.append(_row_distribution(where, cells, valid))
    return Table(
        name,
        keys,
        tuple(index),
        np.array([float(cells["value"]) for cells in rows]),
        tuple(distributions),
        tuple(cells["unit"] for cells in rows),
        tuple(cells["source"] for cells in rows),
        tuple(cells.get("group", "") or default_group for cells in rows),
        tuple(cells.get("note", "") for cells in rows),
        origin,
    )


def number_in(where: str, cells: Mapping[str, str], column: str) -> float:
    """Return the number of a row's column, or raise `InputError`."""
    text = cells.get(column, "")
    try:
        number = float(text)
    except ValueError:
        remedy = text.replace(",", ".") if text.count(",") == 1 else "a number in the row's unit"
        raise InputError(f"{where}: {column}: not a number (got {text!r}); {remedy}") from None
    if not math.isfinite(number):
        raise InputError(f"{where}: {column}: not finite (got {text!r}); a number in the row's unit")
    return number


def _row_distribution(where: str, cells: Mapping[str, str], valid: tuple[float, float]) -> Distribution:
    value = number_in(where, cells, "value")
    word = cells.get("distribution", "") or "fixed"
    low, high = (number_in(where, cells, end) if cells.get(end, "") else value for end in ("low", "high"))
    if not low <= value <= high:
        raise InputError(f"{where}: low <= value <= high does not hold (got {low:g}, {value:g}, {high:g}); order them")
    if low < high and not cells.get("distribution", ""):
        raise InputError(
            f"{where}: distribution: empty beside a range (got {low:g} to {high:g}); a word such as triangular"
        )
    try:
        if word == "fixed":
            distribution: Distribution = Constant(value)
        elif "(" in word:
            distribution = parse(word)
        else:
            distribution = _from_word(where, word, value, cells, valid)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{where}: distribution: {error}") from None
    if getattr(distribution, "labels", None) is not None:
        raise InputError(f"{where}: distribution: words, not numbers (got {word!r}); discrete(...) has numbers")
    low, high = distribution.support()
    if low < valid[0] or high > valid[1]:
        raise InputError(
            f"{where}: outside the valid range (got {distribution}, from {low:g} to {high:g}); "
            f"between {valid[0]:g} and {valid[1]:g} {cells['unit']}"
        )
    check_share(where, distribution, cells["unit"])
    return distribution


def _from_word(
    where: str, word: str, value: float, cells: Mapping[str, str], valid: tuple[float, float]
) -> Distribution:
    words = {name: family.from_row for name, family in FAMILIES.items() if family.from_row is not None}
    if word not in words:
        raise InputError(
            f"{where}: distribution: unknown word (got {word!r}); one of fixed, {', '.join(words)}, or a text such as "
            "lognormal_gsd2(1.2, 1.5)" + nearest(word, words)
        )
    low, high = number_in(where, cells, "low"), number_in(where, cells, "high")
    return Constant(value) if low == high else words[word](low, value, high, valid)
