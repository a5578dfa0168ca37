"""What a study refuses in its tables: those that are missing, and labels that it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mcsim.study import InputError, TableSpec, nearest
from mcsim.study.tables import Table, cell_name


def required(tables: Mapping[str, Table], specs: Sequence[TableSpec]) -> dict[str, Table]:
    """Return the tables that a model needs, their keys in the order that it declares.

    Parameters
    ----------
    tables : mapping
        Tables of the study.
    specs : sequence of TableSpec
        What the model needs.

    Raises
    ------
    InputError
        When a table or one of its key columns is missing.
    """
    found = {}
    for spec in specs:
        if spec.name not in tables:
            raise InputError(f"tables.{spec.name}: missing; a table of {', '.join(spec.keys)} ({spec.meaning})")
        table = tables[spec.name]
        if set(table.keys) != set(spec.keys):
            raise InputError(
                f"{table.origin}: {spec.name}: key columns (got {', '.join(table.keys)}); {', '.join(spec.keys)}"
            )
        places = [table.keys.index(key) for key in spec.keys]
        index = tuple(tuple(key[place] for place in places) for key in table.index)
        found[spec.name] = replace(table, keys=spec.keys, index=index)
    return found


def known_labels(table: Table, column: str, known: Sequence[str], what: str) -> None:
    """Refuse a table with a label that the model does not know.

    Parameters
    ----------
    table : Table
        The table.
    column : str
        Its key column.
    known : sequence of str
        Labels that the model knows.
    what : str
        What a label names, for the message.

    Raises
    ------
    InputError
        Naming the row and the closest known label.
    """
    place = table.keys.index(column)
    for key in table.index:
        if key[place] not in known:
            raise InputError(
                f"{table.origin}: {cell_name(table.name, key)}: unknown {what} (got {key[place]!r}); "
                f"one of {', '.join(known)}{nearest(key[place], known)}"
            )
