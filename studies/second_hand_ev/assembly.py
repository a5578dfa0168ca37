"""From what a life consists of to its impacts by stage, and to changes between two lives: linear maps, draw by draw.

Stages and credits are those of NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Regionally Expanded Life
Cycle Assessment.
"""

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import FloatArray, kernel
from mcsim.kernels.sweep import (
    DISTANCE,
    EXPORTED,
    FUELLED_ABROAD,
    FUELLED_ABROAD_LATE,
    FUELLED_HOME,
    LANDFILLED,
    PRODUCED_DISCOUNTED,
    RECYCLED_ABROAD,
    RETIRED_HOME,
)

IntArray = npt.NDArray[np.int64]
STAGES = (
    "vehicle_production",
    "battery_production",
    "use",
    "maintenance",
    "vehicle_end_of_life",
    "battery_recycling",
    "recycling_credit",
    "landfill",
)
N_STAGES = 8


@kernel
def life_impacts(
    activity: FloatArray,
    energy: FloatArray,
    vehicles: IntArray,
    abroad: FloatArray,
    collected: FloatArray,
    litres_per_km: FloatArray,
    vehicle_production: FloatArray,
    battery_production: FloatArray,
    per_litre: FloatArray,
    wear: FloatArray,
    maintenance: FloatArray,
    end_of_life: FloatArray,
    recycling_home: FloatArray,
    recycling_abroad: FloatArray,
    credit_home: FloatArray,
    credit_abroad: FloatArray,
    landfill: FloatArray,
    stages: FloatArray,
    total: FloatArray,
) -> None:
    """Fill the impacts of each cell's life by stage and category, and their sum over stages.

    Parameters
    ----------
    activity, energy : ndarray, shape (n, n_cells, 14), (n, n_cells, 16)
        From `mcsim.kernels.expectation.expected_activity`; the first channels are the impacts of electricity.
    vehicles : ndarray of int, shape (n_cells,)
        Vehicle of each cell.
    abroad : ndarray, shape (n_cells,)
        Share of the vehicles that end abroad: 1 or 0, or -1 where the share exported says.
    collected : ndarray, shape (n,)
        Share of packs retired at home that is recycled; the rest is landfilled.
    litres_per_km : ndarray, shape (n, n_vehicles)
        Of a new car.
    vehicle_production, battery_production : ndarray, shape (n, n_vehicles, n_categories)
        Per vehicle, per pack.
    per_litre : ndarray, shape (n, n_vehicles, 3, n_categories)
        Per litre burned at home, abroad, and abroad by an old car.
    wear, maintenance : ndarray, shape (n, n_vehicles, n_categories)
        Per km.
    end_of_life : ndarray, shape (n, n_vehicles, 2, n_categories)
        Per vehicle, at home and abroad.
    recycling_home, recycling_abroad, credit_home, credit_abroad, landfill : ndarray
        Per pack, shape (n, n_vehicles, n_categories).
    stages : ndarray, shape (n, n_cells * 8 * n_categories) or (n, 0)
        Filled: stages in the order of `STAGES`, categories innermost; left alone where it is empty.
    total : ndarray, shape (n, n_cells, n_categories)
        Filled.
    """
    n, n_cells, n_categories = total.shape
    detailed = stages.shape[1] > 0
    for i in range(n):
        for cell in range(n_cells):
            v = vehicles[cell]
            lived = activity[i, cell]
            litres = litres_per_km[i, v]
            home = litres * lived[FUELLED_HOME]
            late = litres * lived[FUELLED_ABROAD_LATE]
            early = litres * lived[FUELLED_ABROAD] - late
            distance = lived[DISTANCE]
            away = abroad[cell] if abroad[cell] >= 0.0 else lived[EXPORTED]
            recycled = lived[RETIRED_HOME] * collected[i]
            buried = lived[LANDFILLED] + lived[RETIRED_HOME] - recycled
            smelted = lived[RECYCLED_ABROAD]
            made = lived[PRODUCED_DISCOUNTED]
            place = cell * N_STAGES * n_categories
            for k in range(n_categories):
                production = vehicle_production[i, v, k]
                battery = made * battery_production[i, v, k]
                use = energy[i, cell, k] + wear[i, v, k] * distance + home * per_litre[i, v, 0, k]
                use += early * per_litre[i, v, 1, k] + late * per_litre[i, v, 2, k]
                upkeep = distance * maintenance[i, v, k]
                end = (1.0 - away) * end_of_life[i, v, 0, k] + away * end_of_life[i, v, 1, k]
                burden = recycled * recycling_home[i, v, k] + smelted * recycling_abroad[i, v, k]
                credit = -(recycled * credit_home[i, v, k] + smelted * credit_abroad[i, v, k])
                buried_impact = buried * landfill[i, v, k]
                total[i, cell, k] = production + battery + use + upkeep + end + burden + credit + buried_impact
                if detailed:
                    stages[i, place + k] = production
                    stages[i, place + n_categories + k] = battery
                    stages[i, place + 2 * n_categories + k] = use
                    stages[i, place + 3 * n_categories + k] = upkeep
                    stages[i, place + 4 * n_categories + k] = end
                    stages[i, place + 5 * n_categories + k] = burden
                    stages[i, place + 6 * n_categories + k] = credit
                    stages[i, place + 7 * n_categories + k] = buried_impact


@kernel
def per_distance(stages: FloatArray, activity: FloatArray, per_km: FloatArray) -> None:
    """Fill the impacts per km: expected impact of a life over its expected distance, by stage and category.

    Parameters
    ----------
    stages, per_km : ndarray, shape (n, n_cells * m)
        Impacts per life; filled.
    activity : ndarray, shape (n, n_cells, 14)
        Distance per life in its first column.
    """
    n, n_cells = activity.shape[:2]
    width = stages.shape[1] // n_cells
    for i in range(n):
        for cell in range(n_cells):
            inverse = 1.0 / activity[i, cell, DISTANCE]
            for k in range(cell * width, (cell + 1) * width):
                per_km[i, k] = stages[i, k] * inverse


@kernel
def crossing_age(change: FloatArray, none: float) -> FloatArray:
    """Return the first age at which a change by export age turns its sign, linear between whole ages.

    Parameters
    ----------
    change : ndarray, shape (n, n_series, n_ages)
        Changes at the ages 0, 1, ...
    none : float
        What stands where the sign never turns.

    Returns
    -------
    ndarray, shape (n, n_series)
        Age [yr].
    """
    n, n_series, n_ages = change.shape
    ages: FloatArray = change[:, :, 0].copy()
    for i in range(n):
        for series in range(n_series):
            ages[i, series] = none
            for age in range(1, n_ages):
                before, here = change[i, series, age - 1], change[i, series, age]
                if (before < 0.0 and here >= 0.0) or (before > 0.0 and here <= 0.0):
                    ages[i, series] = age - 1 + before / (before - here)
                    break
    return ages
