"""Yearly series from tables: complete, not negative, or interpolated between the years given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mcsim.studies.common.years import known_years
from mcsim.study import FloatArray, InputError, IntArray
from mcsim.study.tables import Table, cell_name

YEARS = tuple(range(2005, 2051))
AGE_GROUPS = ("0-4", "5-9", "10-14", "15-19", "20+")
HOME_MODEL_YEARS = tuple(range(1981, 2051))
# Which rows a table of `interpolation` needs.
FEW_YEARS = "some years: linear between those given, constant outside"


def refuse_negative(table: Table) -> None:
    """Refuse a flow or share below 0.

    Parameters
    ----------
    table : Table
        The rows.

    Raises
    ------
    InputError
        Naming the row.
    """
    for key, value in zip(table.index, table.value, strict=True):
        if value < 0:
            raise InputError(
                f"{table.origin or table.name}: {cell_name(table.name, key)}: negative (got {value:g}); 0 or more"
            )


def yearly_rows(table: Table, years: Sequence[int], *prefix: str) -> IntArray:
    """Return the row of every year, in order.

    Parameters
    ----------
    table : Table
        With `year` as its last key column.
    years : sequence of int
        Years that must be there.
    *prefix : str
        Values of the key columns before.

    Returns
    -------
    ndarray of int64, shape (len(years),)

    Raises
    ------
    InputError
        Naming the first missing year.
    """
    rows = {key: row for row, key in enumerate(table.index)}
    missing = [year for year in years if (*prefix, str(year)) not in rows]
    if missing:
        raise InputError(
            f"{table.origin or table.name}: {cell_name(table.name, (*prefix, str(missing[0])))}: missing year "
            f"(got {len(years) - len(missing)} of {len(years)}); every year from {years[0]} to {years[-1]}"
        )
    return np.array([rows[(*prefix, str(year))] for year in years], np.int64)


def interpolation(table: Table, years: Sequence[int], *key: str | None) -> FloatArray:
    """Return weights (n_rows, years) that turn drawn rows into a yearly series, linear between the years given."""
    return known_years(table, *key).weights(years, len(table.index))


def logistic_share(
    years: Sequence[int], ceiling: FloatArray, midpoint: FloatArray, anchor: FloatArray, anchor_year: int
) -> FloatArray:
    """Return shares on the logistic curve through an anchor, L / (1 + exp(-r (t - t0))).

    Parameters
    ----------
    years : sequence of int
        Years wanted.
    ceiling, midpoint, anchor : ndarray, shape (n,)
        L [share], t0 [yr], and the share in the anchor's year, from which r follows.
    anchor_year : int
        Year of the anchor.

    Returns
    -------
    ndarray, shape (n, len(years))

    Examples
    --------
    >>> one = np.ones(1)
    >>> logistic_share((2025, 2035), 0.8 * one, 2035 * one, 0.1 * one, 2025).round(3).tolist()
    [[0.1, 0.4]]
    """
    steps = np.asarray(years, float)
    reach = np.maximum(midpoint - anchor_year, 1e-9)
    rate = np.log(np.maximum(ceiling / anchor - 1.0, 1e-9)) / reach
    share = ceiling[:, None] / (1.0 + np.exp(np.clip(-rate[:, None] * (steps - midpoint[:, None]), -700.0, 700.0)))
    return np.asarray(share, np.float64)


def spread(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the yearly series (n, years) of a table's values (n, n_rows) under interpolation weights."""
    # A row alone would take another way through the matrix product than among others, with other last bits.
    rows = np.repeat(values, 2, axis=0) if len(values) == 1 else values
    return np.asarray((np.ascontiguousarray(rows) @ weights)[: len(values)], np.float64)


def rows_of(values: FloatArray, rows: NDArray[np.int64]) -> FloatArray:
    """Return the columns (n, len(rows)) of a table's values (n, n_rows)."""
    return np.ascontiguousarray(values[:, rows], np.float64)
