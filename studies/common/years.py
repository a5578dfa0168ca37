"""Figures tabulated for some years: which are known, and what holds between and outside of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcsim.study import FloatArray, InputError, IntArray
from mcsim.study.tables import Table, cell_name


@dataclass(frozen=True, slots=True, eq=False)
class KnownYears:
    """Years for which a table has a figure, and where these stand.

    Parameters
    ----------
    years : ndarray, shape (n_known,)
        Rising.
    rows : ndarray of int64, shape (n_known,)
        Row of each.
    place : str
        Table and keys, for messages.
    """

    years: FloatArray
    rows: IntArray
    place: str

    def refuse_gap(self, first: float, last: float) -> None:
        """Refuse years that do not reach from the first to the last one wanted.

        Raises
        ------
        InputError
            Naming the years known.
        """
        if self.years[0] > first or self.years[-1] < last:
            known = [f"{year:g}" for year in self.years]
            raise InputError(
                f"{self.place}: years {first:g} to {last:g} are not covered (got {known}); "
                "a row before or at the first and one at or after the last"
            )

    def linear(self, years: Sequence[int] | FloatArray, values: FloatArray) -> FloatArray:
        """Return a series that is linear between the years known and constant outside, from a table's values."""
        return np.asarray(np.interp(np.asarray(years, float), self.years, values[self.rows]))

    def growing(self, years: Sequence[int] | FloatArray, values: FloatArray) -> FloatArray:
        """Return a series that grows at a constant rate between the years known: 0 before the first, then constant.

        Raises
        ------
        InputError
            When a value is not positive: a rate of growth reaches no 0.
        """
        known = values[self.rows]
        if np.any(known <= 0.0):
            raise InputError(f"{self.place}: values must be above 0; leave out empty years")
        path = np.exp(np.interp(np.asarray(years, float), self.years, np.log(known)))
        return np.asarray(np.where(np.asarray(years, float) >= self.years[0], path, 0.0))

    def weights(self, years: Sequence[int] | FloatArray, n_rows: int) -> FloatArray:
        """Return the weights (n_rows, years) of a table's rows in `linear`: a drawn table times these is its series."""
        found = np.zeros((n_rows, len(years)))
        for column, row in enumerate(self.rows):
            found[row] = np.interp(np.asarray(years, float), self.years, np.eye(len(self.rows))[column])
        return found


def known_years(table: Table, *key: str | None) -> KnownYears:
    """Return the years for which a table has a figure.

    Parameters
    ----------
    table : Table
        One key column is the year.
    *key : str or None
        Values of the key columns, None for the year.

    Raises
    ------
    InputError
        When no row has these keys.

    Examples
    --------
    >>> from mcsim.study.tables import table_from_rows
    >>> rows = [{"year": y, "value": v, "unit": "-", "source": "x"} for y, v in (("2010", "4"), ("2000", "1"))]
    >>> table = table_from_rows("demo", rows)
    >>> known = known_years(table, None)
    >>> known.linear((1990, 2005, 2020), table.value).tolist()
    [1.0, 2.5, 4.0]
    >>> (table.value @ known.weights((1990, 2005, 2020), 2)).tolist()
    [1.0, 2.5, 4.0]
    >>> known.growing((1990, 2005, 2020), table.value).round(9).tolist()
    [0.0, 2.0, 4.0]
    """
    year = key.index(None)
    found = sorted(
        (int(cell[year]), row)
        for row, cell in enumerate(table.index)
        if all(wanted is None or wanted == got for wanted, got in zip(key, cell, strict=True))
    )
    place = cell_name(table.name, ["*" if part is None else part for part in key])
    place = f"{table.origin or table.name}: {place}"
    if not found:
        raise InputError(f"{place}: no rows; a row for at least one year")
    return KnownYears(np.array([y for y, _ in found], float), np.array([row for _, row in found], np.int64), place)


def neighbours(known: FloatArray, year: float) -> tuple[int, int, float]:
    """Return the places of the known years at or before and at or after a year, and the weight of the later one.

    A year outside those known has the nearest one on both sides.

    Examples
    --------
    >>> neighbours(np.array([2020.0, 2030.0]), 2025), neighbours(np.array([2020.0, 2030.0]), 2040)
    ((0, 1, 0.5), (1, 1, 0.0))
    """
    after = min(int(np.searchsorted(known, year)), len(known) - 1)
    before = after if known[after] <= year else max(after - 1, 0)
    if after == before:
        return before, after, 0.0
    return before, after, float((year - known[before]) / (known[after] - known[before]))
