"""Sampled lives of the second-hand vehicle: the arguments of their kernel, and the spread between vehicles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.kernels.life.records import Filled, Lives
from mcsim.kernels.lives.draw import sampled_activity
from mcsim.kernels.lives.records import Sample
from mcsim.kernels.lives.spread import (
    SPREADS,
    UNIT_END_HOME,
    UNIT_END_HOST,
    UNIT_FUEL_HOME,
    UNIT_FUEL_HOST,
    UNIT_FUEL_LATE,
    UNIT_KM,
    UNIT_LANDFILLED,
    UNIT_PACK,
    UNIT_RECYCLED_HOST,
    UNIT_RETIRED_HOME,
    UNIT_VEHICLE,
    UNITS,
)
from mcsim.kernels.streams import stream_key, stream_of
from mcsim.studies.second_hand_ev.lca import CATEGORIES
from mcsim.studies.second_hand_ev.outputs import LEVELS
from mcsim.study import Context, FloatArray

LIVES_STREAM = "second_hand_ev/lives"
DEFAULT_LIVES = 1000
CATEGORY_BETWEEN_VEHICLES = "gwp"


def unit_impacts(found: Mapping[str, FloatArray], collected: FloatArray, category: str) -> FloatArray:
    """Return the impacts of one category per unit of what a life consists of.

    Parameters
    ----------
    found : mapping
        From `mcsim.studies.second_hand_ev.lca.impacts`.
    collected : ndarray, shape (n,)
        Share of the packs retired at home that is recycled; the others are landfilled.
    category : str
        Impact category.

    Returns
    -------
    ndarray, shape (n, n_vehicles, 11)
        Columns of `mcsim.kernels.lives.spread`.
    """
    k = tuple(CATEGORIES).index(category)
    litres = found["litres_per_km"]
    unit = np.empty((*litres.shape, UNITS))
    unit[..., UNIT_VEHICLE] = found["vehicle_production"][..., k]
    unit[..., UNIT_PACK] = found["battery_production"][..., k]
    unit[..., UNIT_KM] = sum(found[f"{stage}_per_km"][..., k] for stage in ("wear", "maintenance", "road"))
    for place, column in enumerate((UNIT_FUEL_HOME, UNIT_FUEL_HOST, UNIT_FUEL_LATE)):
        unit[..., column] = litres * found["use_per_litre"][:, :, place, k]
    for place, column in enumerate((UNIT_END_HOME, UNIT_END_HOST)):
        unit[..., column] = found["vehicle_end_of_life"][:, :, place, k]
    landfill, share = found["landfill"][..., k], collected[:, np.newaxis]
    recycled = found["recycling_home"][..., k] - found["credit_home"][..., k]
    unit[..., UNIT_RETIRED_HOME] = share * recycled + (1.0 - share) * landfill
    unit[..., UNIT_RECYCLED_HOST] = found["recycling_host"][..., k] - found["credit_host"][..., k]
    unit[..., UNIT_LANDFILLED] = landfill
    return unit


def sample_lives(
    lives: Lives,
    given_export: bool,
    context: Context,
    found: Mapping[str, FloatArray],
    collected: FloatArray,
    filled: Filled,
) -> FloatArray:
    """Fill the means of sampled lives, and return the spread between the vehicles of each cell.

    Parameters
    ----------
    lives, given_export, filled
        As `mcsim.kernels.life.expectation.expected_activity` takes them.
    context : Context
        Seed, draws and lives.
    found, collected
        As in `unit_impacts`.

    Returns
    -------
    ndarray, shape (n, n_cells * 66)
        Columns of `mcsim.kernels.lives.spread` by cell.
    """
    unit = unit_impacts(found, collected, CATEGORY_BETWEEN_VEHICLES)
    sample = Sample(
        stream_key(np.uint64(context.seed), np.uint64(stream_of(LIVES_STREAM))),
        np.ascontiguousarray(context.draws, np.int64),
        context.lives if context.lives > 0 else DEFAULT_LIVES,
        np.array(LEVELS),
        unit,
        np.ascontiguousarray(found["use_per_kwh"][..., tuple(CATEGORIES).index(CATEGORY_BETWEEN_VEHICLES)]),
        np.ascontiguousarray(found["energy_per_km"]),
    )
    spread = np.empty((*filled.activity.shape[:2], SPREADS))
    sampled_activity(lives, given_export, sample, filled, spread)
    return spread.reshape(len(spread), -1)
