"""From what a life consists of to its impacts by stage, and to changes between two lives: linear maps, draw by draw.

Stages and credits are those of NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Regionally Expanded Life
Cycle Assessment.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.life.records import (
    DISTANCE,
    EXPORTED,
    FUELLED_HOME,
    FUELLED_HOST,
    FUELLED_HOST_LATE,
    LANDFILLED,
    PRODUCED_DISCOUNTED,
    RECYCLED_HOST,
    RETIRED_HOME,
    SMALLEST_SHARE,
)

IntArray = npt.NDArray[np.int64]
STAGES = (
    "vehicle_production",
    "battery_production",
    "use",
    "maintenance",
    "road",
    "vehicle_end_of_life",
    "battery_recycling",
    "recycling_credit",
    "landfill",
)
N_STAGES = len(STAGES)


class Factors(NamedTuple):
    """Impacts per unit of what a life consists of, (n, n_vehicles, n_categories) unless said."""

    litres_per_km: FloatArray  # (n, n_vehicles) of a new car
    vehicle_production: FloatArray  # per vehicle
    battery_production: FloatArray  # per pack
    use_per_litre: FloatArray  # (n, n_vehicles, 3, n_categories), see `cars.BURNED`
    wear_per_km: FloatArray
    maintenance_per_km: FloatArray
    road_per_km: FloatArray
    vehicle_end_of_life: FloatArray  # (n, n_vehicles, 2, n_categories) per vehicle, at home and in the host country
    recycling_home: FloatArray  # per pack, as the next ones
    recycling_host: FloatArray
    credit_home: FloatArray
    credit_host: FloatArray
    landfill: FloatArray


class Lived(NamedTuple):
    """Lives of n draws, of which several may have one in common."""

    activity: FloatArray  # (m, n_cells, 14)
    energy: FloatArray  # (k, n_cells, n_channels); the first channels are the impacts of electricity
    activity_row: IntArray  # (n,) row that a draw takes
    energy_row: IntArray  # (n,)


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


@kernel
def life_impacts(
    lived: Lived,
    vehicles: IntArray,
    abroad: FloatArray,
    collected: FloatArray,
    factors: Factors,
    stages: FloatArray,
    per_km: FloatArray,
    total: FloatArray,
) -> None:
    """Fill the impacts of each cell's life by stage and category, the same per km, and their sum over stages.

    Parameters
    ----------
    lived : Lived
        From the kernels of lives and `mcsim.kernels.life.energy.fill_energy`.
    vehicles : ndarray of int, shape (n_cells,)
        Vehicle of each cell; -1 for a cell that is left out.
    abroad : ndarray, shape (n_cells,)
        Share of the vehicles that end in the host country: 1 or 0, or NaN where the share exported says.
    collected : ndarray, shape (n,)
        Share of packs retired at home that is recycled; the rest is landfilled.
    factors : Factors
        Impacts per unit.
    stages, per_km : ndarray, shape (n, n_cells * 9 * n_categories) or (n, 0)
        Filled: stages in the order of `STAGES`, categories innermost; left alone where they are empty. Per km: expected
        impact of a life over its expected distance.
    total : ndarray, shape (n, n_cells, n_categories)
        Filled.
    """
    n, n_cells, n_categories = total.shape
    detailed = stages.shape[1] > 0
    per_litre, end_of_life = factors.use_per_litre, factors.vehicle_end_of_life
    for i in range(n):
        row, energy = lived.activity_row[i], lived.energy[lived.energy_row[i]]
        for cell in range(n_cells):
            v = vehicles[cell]
            if v < 0:
                continue
            life = lived.activity[row, cell]
            litres = factors.litres_per_km[i, v]
            home = litres * life[FUELLED_HOME]
            late = litres * life[FUELLED_HOST_LATE]
            early = litres * life[FUELLED_HOST] - late
            distance = life[DISTANCE]
            inverse = 1.0 / distance
            away = life[EXPORTED] if np.isnan(abroad[cell]) else abroad[cell]
            recycled = life[RETIRED_HOME] * collected[i]
            buried = life[LANDFILLED] + life[RETIRED_HOME] - recycled
            smelted = life[RECYCLED_HOST]
            made = life[PRODUCED_DISCOUNTED]
            place = cell * N_STAGES * n_categories
            for k in range(n_categories):
                production = factors.vehicle_production[i, v, k]
                battery = made * factors.battery_production[i, v, k]
                use = energy[cell, k] + factors.wear_per_km[i, v, k] * distance + home * per_litre[i, v, 0, k]
                use += early * per_litre[i, v, 1, k] + late * per_litre[i, v, 2, k]
                upkeep = distance * factors.maintenance_per_km[i, v, k]
                road = distance * factors.road_per_km[i, v, k]
                end = (1.0 - away) * end_of_life[i, v, 0, k] + away * end_of_life[i, v, 1, k]
                burden = recycled * factors.recycling_home[i, v, k] + smelted * factors.recycling_host[i, v, k]
                credit = -(recycled * factors.credit_home[i, v, k] + smelted * factors.credit_host[i, v, k])
                buried_impact = buried * factors.landfill[i, v, k]
                total[i, cell, k] = production + battery + use + upkeep + road + end + burden + credit + buried_impact
                if detailed:
                    stages[i, place + k] = production
                    stages[i, place + n_categories + k] = battery
                    stages[i, place + 2 * n_categories + k] = use
                    stages[i, place + 3 * n_categories + k] = upkeep
                    stages[i, place + 4 * n_categories + k] = road
                    stages[i, place + 5 * n_categories + k] = end
                    stages[i, place + 6 * n_categories + k] = burden
                    stages[i, place + 7 * n_categories + k] = credit
                    stages[i, place + 8 * n_categories + k] = buried_impact
            if detailed:
                for k in range(place, place + N_STAGES * n_categories):
                    per_km[i, k] = stages[i, k] * inverse


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
