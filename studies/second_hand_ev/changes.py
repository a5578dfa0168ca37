"""Impacts of all cells by stage, and what an export changes: from lives to the outputs that compare them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.life.records import DISTANCE, EXPORTED
from mcsim.studies.second_hand_ev.assembly import STAGES, Factors, Impacts, Lived, life_impacts
from mcsim.studies.second_hand_ev.comparison import Compared, Side, compare_lives, crossing_age
from mcsim.studies.second_hand_ev.curves import end_of_cover
from mcsim.studies.second_hand_ev.outputs import EXPORT_AGES, REFERENCE_VEHICLE, Cells
from mcsim.study import FloatArray, IntArray, OptionValue

DETAILED = frozenset(("impact_per_km", "impact_per_life"))
TOTAL_PER_KM = "total_per_km"  # (n, n_cells, n_categories) impacts of all stages per km
COMPARED = frozenset(
    ("impact_change", "impact_difference", "impact_change_at_trade", "crossover_age", "share_exported_at_trade")
)


def cell_impacts(
    lived: Lived,
    vehicles: IntArray,
    abroad: FloatArray,
    collected: FloatArray,
    found: Mapping[str, FloatArray],
    detailed: bool = False,
    summed: bool = False,
) -> Impacts:
    """Return the impacts of cells: their totals, if detailed by stage, and if `summed` the totals per km."""
    n, n_cells = len(lived.activity_row), lived.activity.shape[1]
    n_categories = found["landfill"].shape[-1]
    stages, per_km = (np.empty((n, n_cells * len(STAGES) * n_categories if detailed else 0)) for _ in range(2))
    total, total_per_km = (np.empty((rows, n_cells, n_categories)) for rows in (n, n if summed else 0))
    impacts = Impacts(stages, per_km, total, total_per_km)
    factors = Factors(*(np.ascontiguousarray(found[name]) for name in Factors._fields))
    life_impacts(lived, vehicles, abroad, np.ascontiguousarray(collected), factors, impacts)
    return impacts


def ends_abroad(cells: Cells, given_export: bool) -> FloatArray:
    """Return the share of each cell's vehicles that end in the host country; NaN where the share exported says."""
    ends, index = np.zeros(cells.count), cells.index()
    ends[np.unique(index[:, 1][index[:, 1] >= 0])] = 1.0 if given_export else np.nan
    ends[np.unique(index[:, 2][index[:, 2] >= 0])] = 1.0
    return ends


def impacts_of_cells(
    cells: Cells,
    lived: Lived,
    given_export: bool,
    collected: FloatArray,
    found: Mapping[str, FloatArray],
    wanted: frozenset[str],
) -> dict[str, NDArray[Any]]:
    """Return the impacts of all cells: their ``total``, and what is wanted of `DETAILED` and of totals per km."""
    ends, detailed = ends_abroad(cells, given_export), not wanted.isdisjoint(DETAILED)
    told = cell_impacts(lived, cells.vehicle_of, ends, collected, found, detailed, TOTAL_PER_KM in wanted)
    values: dict[str, NDArray[Any]] = {"total": told.total}
    if detailed:
        if given_export:
            # Where nobody crosses there is no life, nor the production of its vehicle, which no activity scales.
            nobody = np.isnan(lived.activity[lived.activity_row, :, DISTANCE])
            told.stages.reshape(*told.total.shape[:2], -1)[nobody] = np.nan
        values |= {"impact_per_km": told.per_km, "impact_per_life": told.stages}
    return values | ({TOTAL_PER_KM: told.total_per_km} if TOTAL_PER_KM in wanted else {})


def changes(
    cells: Cells,
    exported: Side,
    stays: Side,
    ages: FloatArray,
    per_life: bool,
    wanted: frozenset[str],
) -> dict[str, NDArray[Any]]:
    """Return those of `COMPARED` that are wanted: against both references, at every export age and at the trade's.

    Parameters
    ----------
    cells : Cells
        The cells.
    exported, stays : Side
        What is compared, from `sides`.
    ages : ndarray, shape (n, n_exported)
        Age at the trade [yr].
    per_life : bool
        Relative changes per life instead of per km.
    wanted : frozenset of str
        Names of outputs.
    """
    n, _, n_categories = exported.total.shape
    n_exported = len(cells.exported)

    def room(*names: str) -> int:
        return 0 if wanted.isdisjoint(names) else n

    each = (n_exported, 2, EXPORT_AGES, n_categories)
    compared = Compared(
        np.empty((room("impact_change", "crossover_age"), *each)),
        np.empty((room("impact_difference"), *each)),
        np.empty((room("impact_change_at_trade"), n_exported, 2, n_categories)),
    )
    other = int(cells.index()[cells.vehicles.index(REFERENCE_VEHICLE), 2, 0])
    compare_lives(exported, stays, other, np.ascontiguousarray(ages), per_life, compared)
    values = {"impact_change": compared.change, "impact_difference": compared.difference}
    values |= {"impact_change_at_trade": compared.traded}
    if wanted & {"crossover_age", "share_exported_at_trade"}:
        share = exported.activity[exported.row][:, exported.cells, EXPORTED]
        values["share_exported_at_trade"] = share_at(ages, share)
        if "crossover_age" in wanted:
            values["crossover_age"] = crossing_age(compared.change, np.ascontiguousarray(share))
    return {name: values[name].reshape(n, -1) for name in COMPARED & wanted}


def sides(
    cells: Cells, total: FloatArray, activity: tuple[FloatArray, IntArray], stays: tuple[FloatArray, FloatArray] | None
) -> tuple[Side, Side]:
    """Return what is compared: the exports, and the vehicles that stay, whose total and activity are given where told.

    Parameters
    ----------
    cells : Cells
        The cells.
    total : ndarray, shape (n, n_cells, n_categories)
        Impacts per life.
    activity : tuple of two ndarrays
        Activity (m, n_cells, 14), and the row that each draw takes (n,).
    stays : tuple of two ndarrays, optional
        Impacts (n, n_vehicles * n_ages, n_categories) and activity (m, n_vehicles * n_ages, 14) of the vehicles that
        could cross, kept at home; without, all those bought stay.
    """
    exported, index = cells.exported, cells.index()
    crossing = Side(total, *activity, np.ascontiguousarray(index[exported, 1]))
    if stays is None:
        return crossing, crossing._replace(cells=np.repeat(index[exported, 0, :1], EXPORT_AGES, axis=1))
    places = exported[:, np.newaxis] * EXPORT_AGES + np.arange(EXPORT_AGES)
    return crossing, Side(stays[0], stays[1], activity[1], places)


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
    cells: Cells,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    found: Mapping[str, FloatArray],
) -> FloatArray:
    """Return the age at the trade of each exported vehicle, (n, n_exported): given, or when an odometer is reached.

    An odometer that is reached after 20 years counts as a trade at 20.
    """
    if options["export_trigger"] == "age":
        return np.repeat(inputs["trade_age"][:, np.newaxis], len(cells.exported), axis=1)
    return ages_at_odometer(cells, inputs["trade_odometer"], found["home_rate"])


def ages_at_odometer(cells: Cells, odometer: FloatArray, home_rate: FloatArray) -> FloatArray:
    """Return the age at which each exported vehicle reaches an odometer (n,), at most 20 yr: (n, n_exported)."""
    latest = np.full(len(odometer), EXPORT_AGES - 1.0)
    return np.stack([end_of_cover(latest, odometer, home_rate[:, v]) for v in cells.exported], axis=1)
