"""From what a life consists of to its impacts by stage: linear maps, draw by draw.

Stages and credits are those of NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Regionally Expanded Life
Cycle Assessment.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import (
    FloatArray,
    apart_kernel,
    inline_borrowing_kernel,
    part_of_kernel,
    unrolling_kernel,
)
from mcsim.kernels.life.energy import LANES, padded
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
_LANES = np.uint64(LANES)


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
    energy: FloatArray  # (k, n_cells, n_channels) from `padded`; the first channels are the impacts of electricity
    activity_row: IntArray  # (n,) row that a draw takes
    energy_row: IntArray  # (n,)


class Impacts(NamedTuple):
    """Impacts of the cells' lives; arrays that are not wanted are empty."""

    stages: FloatArray  # (n, n_cells * 9 * n_categories) or (n, 0): in the order of `STAGES`, categories innermost
    per_km: FloatArray  # the same per km
    total: FloatArray  # (n, n_cells, n_categories) over the stages
    total_per_km: FloatArray  # the same shape or (0, ...): sum of `per_km` over the stages


class Amounts(NamedTuple):
    """What one life consists of, as impacts are counted."""

    made: float  # packs at the factors of their year
    distance: float  # [km]
    home: float  # litres burnt at home
    early: float  # in the host country while the catalyst is young
    late: float  # and afterwards
    away: float  # share that ends in the host country
    recycled: float  # packs recycled at home
    smelted: float  # packs recycled in the host country
    buried: float  # packs landfilled


class Rows(NamedTuple):
    """Factors of one vehicle by category, in rows of whole registers."""

    vehicle_production: FloatArray
    battery_production: FloatArray
    home_litre: FloatArray
    host_litre: FloatArray
    late_litre: FloatArray
    wear: FloatArray
    maintenance: FloatArray
    road: FloatArray
    end_home: FloatArray
    end_host: FloatArray
    recycling_home: FloatArray
    recycling_host: FloatArray
    credit_home: FloatArray
    credit_host: FloatArray
    landfill: FloatArray


class Space(NamedTuple):
    """Memory of one cell, `LANES` categories at a time: its stages, and a sum over them."""

    stages: FloatArray  # (9, LANES)
    sums: FloatArray  # (LANES,)


def life_impacts(
    lived: Lived, vehicles: IntArray, abroad: FloatArray, collected: FloatArray, factors: Factors, impacts: Impacts
) -> None:
    """Fill the impacts of each cell's life by stage and category, the same per km, and their sums over stages.

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
    impacts : Impacts
        Filled. Per km: expected impact of a life over its expected distance.
    """
    n_categories = impacts.total.shape[2]
    rows = Rows(*(np.zeros(padded(n_categories)) for _ in Rows._fields))
    space = Space(np.empty((N_STAGES, LANES)), np.empty(LANES))
    flat = Impacts(*(values.reshape(len(values), math.prod(values.shape[1:])) for values in impacts))
    _life_impacts(lived, vehicles, abroad, collected, factors, flat, rows, space)


@unrolling_kernel
def _life_impacts(lived, vehicles, abroad, collected, factors, impacts, rows, space):  # type: ignore[no-untyped-def]
    n, n_cells, n_categories = impacts.total.shape[0], vehicles.size, factors.landfill.shape[2]
    detailed, summed = impacts.stages.shape[1] > 0, impacts.total_per_km.shape[0] > 0
    for i in range(n):
        row, energy = lived.activity_row[i], lived.energy[lived.energy_row[i]]
        held = -1
        for cell in range(n_cells):
            v = vehicles[cell]
            if v < 0:
                continue
            if v != held:
                _rows_of(factors, i, v, n_categories, rows)
                held = v
            life = lived.activity[row, cell]
            away = life[EXPORTED] if np.isnan(abroad[cell]) else abroad[cell]
            amounts = _amounts(life, factors.litres_per_km[i, v], collected[i], away)
            inverse = 1.0 / life[DISTANCE]
            for part in range(np.uint64(0), np.uint64(rows.landfill.size), _LANES):
                _fill_stages(amounts, rows, energy[cell], part, space.stages)
                # A row is written in whole registers: what runs over is written again by the next one.
                _sum_stages(space.stages, 1.0, space.sums)
                _put(space.sums, 1.0, n_categories, cell, part, impacts.total[i])
                if summed:
                    _sum_stages(space.stages, inverse, space.sums)
                    _put(space.sums, 1.0, n_categories, cell, part, impacts.total_per_km[i])
                if detailed:
                    for stage in range(N_STAGES):
                        place = cell * N_STAGES + stage
                        _put(space.stages[stage], 1.0, n_categories, place, part, impacts.stages[i])
                        _put(space.stages[stage], inverse, n_categories, place, part, impacts.per_km[i])


@inline_borrowing_kernel
def _amounts(life, litres, collected, away):  # type: ignore[no-untyped-def]
    """Return what a life consists of, as impacts are counted."""
    late = litres * life[FUELLED_HOST_LATE]
    recycled = life[RETIRED_HOME] * collected
    return Amounts(
        life[PRODUCED_DISCOUNTED],
        life[DISTANCE],
        litres * life[FUELLED_HOME],
        litres * life[FUELLED_HOST] - late,
        late,
        away,
        recycled,
        life[RECYCLED_HOST],
        life[LANDFILLED] + life[RETIRED_HOME] - recycled,
    )


@part_of_kernel
def _rows_of(factors, i, v, n, rows):  # type: ignore[no-untyped-def]
    """Fill the rows of one vehicle."""
    per_litre, end_of_life = factors.use_per_litre[i, v], factors.vehicle_end_of_life[i, v]
    _scale(factors.vehicle_production[i, v], n, 1.0, rows.vehicle_production)
    _scale(factors.battery_production[i, v], n, 1.0, rows.battery_production)
    _scale(per_litre[0], n, 1.0, rows.home_litre)
    _scale(per_litre[1], n, 1.0, rows.host_litre)
    _scale(per_litre[2], n, 1.0, rows.late_litre)
    _scale(factors.wear_per_km[i, v], n, 1.0, rows.wear)
    _scale(factors.maintenance_per_km[i, v], n, 1.0, rows.maintenance)
    _scale(factors.road_per_km[i, v], n, 1.0, rows.road)
    _scale(end_of_life[0], n, 1.0, rows.end_home)
    _scale(end_of_life[1], n, 1.0, rows.end_host)
    _scale(factors.recycling_home[i, v], n, 1.0, rows.recycling_home)
    _scale(factors.recycling_host[i, v], n, 1.0, rows.recycling_host)
    _scale(factors.credit_home[i, v], n, 1.0, rows.credit_home)
    _scale(factors.credit_host[i, v], n, 1.0, rows.credit_host)
    _scale(factors.landfill[i, v], n, 1.0, rows.landfill)


@apart_kernel
def _scale(source, n, factor, target):  # type: ignore[no-untyped-def]
    """Fill with a multiple; by 1 it is a copy of few numbers without the call that a plain copy becomes."""
    for k in range(np.uint64(n)):
        target[k] = source[k] * factor


@apart_kernel
def _put(row, factor, n, place, part, target):  # type: ignore[no-untyped-def]
    """Put a part of a row of n numbers, times a factor, in its place; in whole registers where there is room."""
    first = np.uint64(place * n) + part
    if first + _LANES <= np.uint64(target.size):
        for lane in range(_LANES):
            target[first + lane] = row[lane] * factor
    else:
        for k in range(min(np.uint64(n) - part, _LANES)):
            target[first + k] = row[k] * factor


@apart_kernel
def _sum_stages(stages, factor, sums):  # type: ignore[no-untyped-def]
    """Fill the sum over stages, each times a factor, in their order."""
    for lane in range(_LANES):
        sums[lane] = stages[0, lane] * factor
    for stage in range(1, N_STAGES):
        for lane in range(_LANES):
            sums[lane] += stages[stage, lane] * factor


@apart_kernel
def _fill_stages(amounts, rows, energy, part, stages):  # type: ignore[no-untyped-def]
    """Fill the impacts by stage, in the order of `STAGES`."""
    distance, recycled, smelted = amounts.distance, amounts.recycled, amounts.smelted
    for lane in range(_LANES):
        k = part + lane
        use = energy[k] + rows.wear[k] * distance + amounts.home * rows.home_litre[k]
        stages[0, lane] = rows.vehicle_production[k]
        stages[1, lane] = amounts.made * rows.battery_production[k]
        stages[2, lane] = use + (amounts.early * rows.host_litre[k] + amounts.late * rows.late_litre[k])
        stages[3, lane] = distance * rows.maintenance[k]
        stages[4, lane] = distance * rows.road[k]
        stages[5, lane] = (1.0 - amounts.away) * rows.end_home[k] + amounts.away * rows.end_host[k]
        stages[6, lane] = recycled * rows.recycling_home[k] + smelted * rows.recycling_host[k]
        stages[7, lane] = -recycled * rows.credit_home[k] + -smelted * rows.credit_host[k]
        stages[8, lane] = amounts.buried * rows.landfill[k]
