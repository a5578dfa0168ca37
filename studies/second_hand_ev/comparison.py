"""What an export changes: impacts of two lives compared, at every age and at the trade's, draw by draw."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.life.records import DISTANCE, SMALLEST_SHARE

IntArray = npt.NDArray[np.int64]


class Side(NamedTuple):
    """Lives that are compared."""

    total: FloatArray  # (n, n_cells, n_categories) impacts per life
    activity: FloatArray  # (m, n_cells, 14)
    row: IntArray  # (n,) row of the activity that a draw takes
    cells: IntArray  # (n_exported, n_ages) cell that stands for each export


class Compared(NamedTuple):
    """What an export changes; without draws (0, ...) where it is not wanted."""

    change: FloatArray  # (n, n_exported, 2, n_ages, n_categories) relative change
    difference: FloatArray  # the same shape: difference per km
    traded: FloatArray  # (n, n_exported, 2, n_categories) relative change at the age of the trade


@inline_kernel
def _change(impact: float, distance: float, reference: float, reference_distance: float, per_life: bool) -> float:
    """Relative change, per life or per km; NaN where the reference is not positive (the draw then counts as failed)."""
    if per_life:
        return (impact - reference) / reference if reference > 0.0 else np.nan
    base = reference / reference_distance
    return (impact / distance - base) / base if base > 0.0 else np.nan


@kernel
def compare_lives(
    exported: Side, stays: Side, other: int, trade_ages: FloatArray, per_life: bool, compared: Compared
) -> None:
    """Fill what an export changes against the vehicle that stays and against one other cell.

    Parameters
    ----------
    exported, stays : Side
        The exports at the ages 0, 1, ..., and the vehicles that stay.
    other : int
        Cell of the other reference, among those of the exports.
    trade_ages : ndarray, shape (n, n_exported)
        Age at the trade [yr]; between whole ages it is a share of the trade at either.
    per_life : bool
        Relative changes per life instead of per km.
    compared : Compared
        Filled, as far as it is wanted.
    """
    n, n_exported = trade_ages.shape
    n_ages, n_categories = exported.cells.shape[1], exported.total.shape[2]
    change, difference, traded = compared.change, compared.difference, compared.traded
    total, sweep, stay = exported.total, exported.cells, stays.cells
    for i in range(n):
        activity, stayed = exported.activity[exported.row[i]], stays.activity[stays.row[i]]
        for e in range(n_exported):
            for r in range(2):
                totals, lived = (stays.total, stayed) if r == 0 else (total, activity)
                for age in range(n_ages):
                    cell, against = sweep[e, age], stay[e, age] if r == 0 else other
                    distance, reference_distance = activity[cell, DISTANCE], lived[against, DISTANCE]
                    if difference.shape[0] > 0:
                        for k in range(n_categories):
                            impact, reference = total[i, cell, k], totals[i, against, k]
                            difference[i, e, r, age, k] = impact / distance - reference / reference_distance
                    if change.shape[0] > 0:
                        for k in range(n_categories):
                            impact, reference = total[i, cell, k], totals[i, against, k]
                            change[i, e, r, age, k] = _change(impact, distance, reference, reference_distance, per_life)
            if traded.shape[0] == 0:
                continue
            below = min(int(trade_ages[i, e]), n_ages - 2)
            late = trade_ages[i, e] - below
            early = 1.0 - late
            # At a whole age the next one has no part in it, and may be one at which nobody crosses.
            second_age = below + 1 if late > 0.0 else below
            here, after = sweep[e, below], sweep[e, second_age]
            driven = early * activity[here, DISTANCE] + late * activity[after, DISTANCE]
            for r in range(2):
                totals, lived = (stays.total, stayed) if r == 0 else (total, activity)
                first, second = (stay[e, below], stay[e, second_age]) if r == 0 else (other, other)
                apart = early * lived[first, DISTANCE] + late * lived[second, DISTANCE]
                for k in range(n_categories):
                    impact = early * total[i, here, k] + late * total[i, after, k]
                    reference = early * totals[i, first, k] + late * totals[i, second, k]
                    traded[i, e, r, k] = _change(impact, driven, reference, apart, per_life)


@kernel
def crossing_age(change: FloatArray, share: FloatArray) -> FloatArray:
    """Return the first age at which a change by export age turns its sign, linear between whole ages.

    Over a whole cohort a change falls to 0, give or take a rounding, as fewer are left to export: no sign turns by
    exports of next to nobody.

    Parameters
    ----------
    change : ndarray, shape (n, n_exported, 2, n_ages, n_categories)
        Changes at the ages 0, 1, ...; NaN at ages at which nobody crosses.
    share : ndarray, shape (n, n_exported, n_ages)
        Share of the vehicles bought that is exported.

    Returns
    -------
    ndarray, shape (n, n_exported, 2, n_categories)
        Age [yr], NaN where the sign never turns while `SMALLEST_SHARE` or more are exported.
    """
    n, n_exported, _, n_ages, n_categories = change.shape
    ages = np.full((n, n_exported, 2, n_categories), np.nan)
    for i in range(n):
        for e in range(n_exported):
            last = n_ages
            while last > 0 and share[i, e, last - 1] < SMALLEST_SHARE:
                last -= 1
            for r in range(2):
                for k in range(n_categories):
                    for age in range(1, last):
                        before, here = change[i, e, r, age - 1, k], change[i, e, r, age, k]
                        if (before < 0.0 and here >= 0.0) or (before > 0.0 and here <= 0.0):
                            ages[i, e, r, k] = age - 1 + before / (before - here)
                            break
    return ages
