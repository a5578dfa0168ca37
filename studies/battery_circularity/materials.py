"""Materials of packs, what recycling recovers, and the EU's targets by year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcsim.studies.common.labels import CHEMISTRIES
from mcsim.studies.common.years import known_years
from mcsim.study import FloatArray, IntArray
from mcsim.study.tables import Table

REFERENCE_YEAR = 2025  # of the recovery figures


def yearly_path(table: Table, quantity: str, years: Sequence[int]) -> FloatArray:
    """Return a positive quantity by year, growing at a constant rate between the years given.

    Parameters
    ----------
    table : Table
        Keys quantity, year.
    quantity : str
        Which quantity.
    years : sequence of int
        Years wanted; before the first year given nothing, after the last its value.

    Examples
    --------
    >>> from mcsim.study.tables import table_from_rows
    >>> rows = [{"quantity": "packs", "year": year, "value": value, "unit": "1", "source": "made up"}
    ...         for year, value in (("2030", "1"), ("2032", "4"))]
    >>> yearly_path(table_from_rows("series", rows), "packs", (2029, 2030, 2031, 2032, 2033)).round(6).tolist()
    [0.0, 1.0, 2.0, 4.0, 4.0]
    """
    return known_years(table, quantity, None).growing(years, table.value)


def chemistry_path(table: Table, years: Sequence[int]) -> FloatArray:
    """Return the shares of the chemistries by model year, (years, 5), linear between the years given.

    Raises
    ------
    InputError
        When the shares of a year do not sum to 1.
    """
    table.check_sums("chemistry")
    series = [known_years(table, name, None).linear(years, table.value) for name in CHEMISTRIES]
    return np.stack(series, axis=1)


def shifted_shares(shares: FloatArray, years: Sequence[int], lfp_shift: FloatArray) -> FloatArray:
    """Return chemistry shares (n, years, 5) with LFP gaining `lfp_shift` of the others by 2050, linear from 2025."""
    ramp = np.clip((np.array(years, float) - 2025.0) / 25.0, 0.0, 1.0)
    moved = lfp_shift[:, None, None] * ramp[None, :, None]
    lfp = np.array([chemistry == "LFP" for chemistry in CHEMISTRIES], float)
    return np.asarray((1.0 - moved) * shares + moved * lfp)


def aged_shares(shares: FloatArray, age: FloatArray) -> FloatArray:
    """Return the shares (n, years, 5) of packs built `age` years earlier; before the first year, those of the first."""
    years = shares.shape[-2]
    place = np.clip(np.arange(years)[None, :] - age[:, None], 0.0, years - 1.0)
    low = np.floor(place).astype(np.int64)
    part = (place - low)[:, :, None]
    high = np.minimum(low + 1, years - 1)
    if shares.ndim == 2:
        return np.asarray((1.0 - part) * shares[low] + part * shares[high])
    rows = np.arange(len(age))[:, None]
    return np.asarray((1.0 - part) * shares[rows, low] + part * shares[rows, high])


def recovery_by_year(recovery: FloatArray, improvement: FloatArray, years: Sequence[int]) -> FloatArray:
    """Return the recovered share by year: losses fall by `improvement` a year after 2025.

    Parameters
    ----------
    recovery : ndarray, shape (n, routes, materials)
        Share recovered in 2025 [kg/kg].
    improvement : ndarray, shape (n, routes)
        Yearly fall of the losses [1/yr].
    years : sequence of int
        Years wanted.

    Returns
    -------
    ndarray, shape (n, years, routes, materials)

    Examples
    --------
    >>> recovery_by_year(np.array([[[0.9]]]), np.array([[0.5]]), (2025, 2026)).round(6).ravel().tolist()
    [0.9, 0.95]
    """
    ahead = np.maximum(np.array(years, float) - REFERENCE_YEAR, 0.0)
    factor = (1.0 - improvement[:, None, :]) ** ahead[None, :, None]
    return np.asarray(1.0 - (1.0 - recovery[:, None]) * factor[..., None])


def target_levels(
    table: Table, kind: str, materials: Sequence[str], years: Sequence[int]
) -> tuple[FloatArray, IntArray]:
    """Return the target in force by year and material, and the packed positions of those that exist.

    Parameters
    ----------
    table : Table
        Keys kind, material, year; a target holds from its year until the next one of its material.
    kind : str
        ``recovery``, ``content`` or ``mass``.
    materials, years : sequences
        Axes wanted.

    Returns
    -------
    ndarray, shape (years, materials)
        Target; 0 where none is in force.
    ndarray of int, shape (years, materials)
        Running number of the cells with a target, -1 elsewhere: the layout of an output.
    """
    levels = np.zeros((len(years), len(materials)))
    for (row_kind, material, year), value in sorted(
        zip(table.index, table.value, strict=True), key=lambda row: row[0][2]
    ):
        if row_kind == kind and material in materials:
            levels[np.array(years) >= int(year), materials.index(material)] = value
    numbers = np.cumsum(levels > 0).reshape(levels.shape) - 1
    return levels, np.where(levels > 0, numbers, -1)
