"""What the study refuses in its tables: shares that do not sum to 1, and names that it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mcsim.study import InputError, TableSpec, nearest
from mcsim.study.tables import Table

TOLERANCE = 1e-6  # of a sum of shares: rounding of the figures as printed


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
                f"{table.origin}: {table.name}[{','.join(key)}]: unknown {what} (got {key[place]!r}); "
                f"one of {', '.join(known)}{nearest(key[place], known)}"
            )


def shares_sum_to_one(table: Table, columns: Sequence[str]) -> None:
    """Refuse a table whose central shares do not sum to 1 within each combination of the key columns named.

    Parameters
    ----------
    table : Table
        The table of shares.
    columns : sequence of str
        Key columns within which the shares sum to 1.

    Raises
    ------
    InputError
        Naming the combination and its sum.
    """
    places = [table.keys.index(column) for column in columns]
    sums: dict[tuple[str, ...], float] = {}
    for key, value in zip(table.index, table.value, strict=True):
        group = tuple(key[place] for place in places)
        sums[group] = sums.get(group, 0.0) + float(value)
    for group, total in sums.items():
        if abs(total - 1.0) > TOLERANCE:
            raise InputError(
                f"{table.origin}: {table.name}[{','.join(group)}]: shares do not sum to 1 (got {total:.6g}); "
                "shares that add up to 1"
            )


def splits_leave_room(table: Table) -> None:
    """Refuse parts of a component's burden that can reach 1 together, which leaves nothing for its resources.

    Raises
    ------
    InputError
        Naming the component and the highest sum.
    """
    for component in table.labels("component"):
        highest = sum(
            distribution.support()[1]
            for key, distribution in zip(table.index, table.distributions, strict=True)
            if key[table.keys.index("component")] == component
        )
        if highest >= 1.0:
            raise InputError(
                f"{table.origin}: {table.name}[{component}]: parts reach {highest:.6g} together; below 1, "
                "the rest is resources"
            )
