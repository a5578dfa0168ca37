"""Impacts of all cells by stage, and what an export changes: from lives to the outputs that compare them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.life.records import DISTANCE, EXPORTED, Filled
from mcsim.studies.second_hand_ev.assembly import STAGES, Factors, Side, compare_lives, crossing_age, life_impacts
from mcsim.studies.second_hand_ev.curves import end_of_cover
from mcsim.studies.second_hand_ev.outputs import EXPORT_AGES, REFERENCE_VEHICLE, Cells
from mcsim.study import FloatArray, IntArray, OptionValue

DETAILED = frozenset(("impact_per_km", "impact_per_life"))
COMPARED = frozenset(
    ("impact_change", "impact_difference", "impact_change_at_trade", "crossover_age", "share_exported_at_trade")
)


def cell_impacts(
    activity: FloatArray,
    energy: FloatArray,
    vehicles: IntArray,
    abroad: FloatArray,
    inputs: Mapping[str, FloatArray],
    found: Mapping[str, FloatArray],
    detailed: bool,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the impacts of cells by stage, per life and per km (empty unless detailed), and their totals."""
    n, n_cells = activity.shape[:2]
    n_categories = found["landfill"].shape[-1]
    stages, per_km = (np.empty((n, n_cells * len(STAGES) * n_categories if detailed else 0)) for _ in range(2))
    total = np.empty((n, n_cells, n_categories))
    factors = Factors(*(np.ascontiguousarray(found[name]) for name in Factors._fields))
    collected = np.ascontiguousarray(inputs["home_collection_share"])
    life_impacts(activity, energy, vehicles, abroad, collected, factors, stages, per_km, total)
    return stages, per_km, total


def ends_abroad(cells: Cells, given_export: bool) -> FloatArray:
    """Return the share of each cell's vehicles that end in the host country; -1 where the share exported says."""
    ends, index = np.zeros(cells.count), cells.index()
    ends[np.unique(index[:, 1][index[:, 1] >= 0])] = 1.0 if given_export else -1.0
    ends[np.unique(index[:, 2][index[:, 2] >= 0])] = 1.0
    return ends


def impact_outputs(
    cells: Cells,
    lived: Filled,
    home_rate: FloatArray,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    found: Mapping[str, FloatArray],
    wanted: frozenset[str],
) -> dict[str, NDArray[Any]]:
    """Return those of the outputs `DETAILED` and `COMPARED` that are wanted."""
    if not wanted & (DETAILED | COMPARED):
        return {}
    given_export = lived.stay_activity.shape[1] > 0
    ends, detailed = ends_abroad(cells, given_export), bool(wanted & DETAILED)
    stages, per_km, total = cell_impacts(lived.activity, lived.energy, cells.vehicle_of, ends, inputs, found, detailed)
    values: dict[str, NDArray[Any]] = {}
    if wanted & DETAILED and given_export:
        # Where nobody crosses there is no life, nor the production of its vehicle, which no activity scales.
        stages.reshape(*lived.activity.shape[:2], -1)[np.isnan(lived.activity[..., DISTANCE])] = np.nan
    if wanted & DETAILED:
        values |= {"impact_per_km": per_km, "impact_per_life": stages}
    if wanted & COMPARED:
        values |= changes(cells, lived, total, trade_ages(cells, inputs, options, home_rate), inputs, options, found)
    return values


def changes(
    cells: Cells,
    lived: Filled,
    total: FloatArray,
    ages: FloatArray,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    found: Mapping[str, FloatArray],
) -> dict[str, NDArray[Any]]:
    """Return the changes against both references, at every export age and at the age of the trade, shape (n, ages)."""
    n, _, n_categories = total.shape
    exported, index = cells.exported, cells.index()
    if lived.stay_activity.shape[1] > 0:
        rows = np.repeat(exported, EXPORT_AGES)
        activity = np.ascontiguousarray(lived.stay_activity[:, exported].reshape(n, len(rows), -1))
        energy = np.ascontiguousarray(lived.stay_energy[:, exported].reshape(n, len(rows), -1))
        _, _, stay_total = cell_impacts(activity, energy, rows, np.zeros(len(rows)), inputs, found, detailed=False)
        stay = np.arange(len(rows)).reshape(len(exported), EXPORT_AGES)
    else:
        activity, stay_total = lived.activity, total
        stay = np.repeat(index[exported, 0, :1], EXPORT_AGES, axis=1)
    other = int(index[cells.vehicles.index(REFERENCE_VEHICLE), 2, 0])
    change, difference = (np.empty((n, len(exported), 2, EXPORT_AGES, n_categories)) for _ in range(2))
    traded = np.empty((n, len(exported), 2, n_categories))
    compare_lives(
        Side(total, lived.activity, np.ascontiguousarray(index[exported, 1])),
        Side(stay_total, activity, stay),
        other,
        np.ascontiguousarray(ages),
        options["functional_unit"] == "life",
        change,
        difference,
        traded,
    )
    share = np.ascontiguousarray(lived.activity[:, index[exported, 1], EXPORTED])
    crossing = crossing_age(change, share)
    return {
        "impact_change": change.reshape(n, -1),
        "impact_difference": difference.reshape(n, -1),
        "impact_change_at_trade": traded.reshape(n, -1),
        "crossover_age": crossing.reshape(n, -1),
        "share_exported_at_trade": share_at(ages, share),
    }


def share_at(ages: FloatArray, share: FloatArray) -> FloatArray:
    """Return the share exported at the age of each trade, linear between whole ages, as the trade is.

    Parameters
    ----------
    ages : ndarray, shape (n, n_exported)
        Ages [yr].
    share : ndarray, shape (n, n_exported, n_ages)
        Share at the ages 0, 1, ...

    Examples
    --------
    >>> share_at(np.array([[1.25]]), np.array([[[1.0, 0.8, 0.4]]]))
    array([[0.7]])
    """
    below = np.minimum(ages.astype(np.int64), share.shape[2] - 2)
    early, late = (np.take_along_axis(share, place[:, :, np.newaxis], axis=2)[:, :, 0] for place in (below, below + 1))
    found: FloatArray = early + (ages - below) * (late - early)
    return found


def trade_ages(
    cells: Cells, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], home_rate: FloatArray
) -> FloatArray:
    """Return the age at the trade of each exported vehicle, (n, n_exported): given, or when an odometer is reached.

    An odometer that is reached after 20 years counts as a trade at 20.
    """
    exported = cells.exported
    if options["export_trigger"] == "age":
        return np.repeat(inputs["trade_age"][:, np.newaxis], len(exported), axis=1)
    latest = np.full(len(inputs["trade_odometer"]), EXPORT_AGES - 1.0)
    columns = [end_of_cover(latest, inputs["trade_odometer"], home_rate[:, v]) for v in exported]
    return np.stack(columns, axis=1)
