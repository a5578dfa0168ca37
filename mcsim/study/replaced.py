"""A user's own table in the place of another: the same keys, its figures in the units of the one it replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mcsim.study.declared import TableSpec
from mcsim.study.errors import InputError, closest
from mcsim.study.tables import Table, cell_name, number_in, read_rows, table_from_rows
from mcsim.study.units import conversion


def replace_table(shipped: Table, path: Path, spec: TableSpec | None, group: str | None = None) -> Table:
    """Return the user's table in the place of a shipped one, in the shipped units.

    Every key of the shipped table must be there; more keys (a vehicle of one's own) may be.

    Raises
    ------
    InputError
        Naming the first missing cell, or the unit that does not convert.
    """
    rows = read_rows(path)
    spec = spec if spec is not None else TableSpec(shipped.name, shipped.keys)
    _refuse_other_keys(rows, spec, path)
    keys = [tuple(row[column] for column in spec.keys) for row in rows]
    have = set(keys)
    for key in shipped.index:
        if key not in have:
            meant = _meant(key, keys, shipped)
            raise InputError(f"{path}: {cell_name(shipped.name, key)}: missing cell; a row with this key{meant}")
    converted = in_units_of(shipped, rows, spec.keys, path)
    groups = set(shipped.groups)
    inherited = group or (next(iter(groups)) if len(groups) == 1 else None)
    return table_from_rows(shipped.name, converted, spec=spec, group=inherited, origin=str(path))


def in_units_of(
    shipped: Table, rows: Sequence[dict[str, str]], keys: Sequence[str], path: Path
) -> list[dict[str, str]]:
    """Return the rows of a user's table in the units of the table whose place they take.

    Raises
    ------
    InputError
        Naming the cell whose unit does not convert.
    """
    quantities = {key[-1] for key in shipped.index}
    converted = []
    for row in rows:
        key = tuple(row[column] for column in keys)
        where = f"{path}: {cell_name(shipped.name, key)}"
        unit = _expected_unit(shipped, key)
        given = row.get("unit", "")
        try:
            factor = conversion(given, unit, f"{where}: unit")
        except InputError:
            # A quantity that the table did not have is of its own kind: no row there says what its unit should be.
            if key[-1] in quantities:
                raise
            factor, unit = 1.0, given
        converted.append(row if given == unit else _scaled(row, factor, unit, where))
    return converted


def _meant(key: tuple[str, ...], keys: Sequence[tuple[str, ...]], shipped: Table) -> str:
    """Return the label of a user's table that may be a misspelt one of a missing key, as an error tells it."""
    for place, label in enumerate(key):
        known = {other[place] for other in shipped.index}
        strange = dict.fromkeys(other[place] for other in keys if other[place] not in known)
        close = closest(label, strange)
        if close is not None:
            return f"; did {close!r} mean it?"
    return ""


def _refuse_other_keys(rows: Sequence[Mapping[str, str]], spec: TableSpec, path: Path) -> None:
    for column in spec.keys:
        if column not in rows[0]:
            raise InputError(
                f"{path}: {column}: column missing (got {', '.join(rows[0])}); key columns {', '.join(spec.keys)}"
            )


def _expected_unit(shipped: Table, key: tuple[str, ...]) -> str:
    def likeness(row: int) -> int:
        return sum(mine == theirs for mine, theirs in zip(key, shipped.index[row], strict=True))

    return shipped.units[max(range(len(shipped.index)), key=likeness)]


def _scaled(row: Mapping[str, str], factor: float, unit: str, where: str) -> dict[str, str]:
    if "(" in row.get("distribution", "") and factor != 1.0:
        raise InputError(
            f"{where}: unit: a distribution written out is not converted (got {row['unit']}); write it in {unit}"
        )
    scaled = dict(row)
    for column in ("value", "low", "high"):
        if row.get(column, "") and factor != 1.0:
            scaled[column] = repr(number_in(where, row, column) * factor)
    scaled["unit"] = unit
    return scaled
