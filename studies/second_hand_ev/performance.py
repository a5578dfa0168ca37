"""How an export changes what a vehicle does, by age and by odometer, and when its production is paid back.

The metrics are those of NCST-UCD-RR-24-39, section Regionally Expanded Life Cycle Assessment, figure 6: each a ratio of
expected amounts, so that between whole ages the amounts are mixed and divided afterwards, as a trade's impacts are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.life.records import (
    DISTANCE,
    DISTANCE_HOST,
    FUELLED_HOST,
    FUELLED_HOST_LATE,
    LANDFILLED,
    PRODUCED,
    PRODUCED_DISCOUNTED,
    RECYCLED_HOST,
    REPLACED,
    RETIRED_HOME,
    YEARS,
)
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev.comparison import Compared, Side, compare_lives
from mcsim.studies.second_hand_ev.lca import CATEGORIES
from mcsim.studies.second_hand_ev.outputs import (
    ELECTRICITY,
    EXPORT_AGES,
    GENERATED,
    HOME_WARMING,
    INTENSITY,
    NOBODY_CROSSES,
    REFERENCE_VEHICLE,
    REFERENCES,
    ROUTES,
    Cells,
    Declared,
    change_layout,
    labelled,
    packed,
    ratio,
)
from mcsim.study import Dim, FloatArray, IntArray, Layout, Output

METRICS = (
    "lifetime_distance",
    "lifetime_years",
    "annual_distance",
    "energy_per_km",
    "energy_per_km_at_plant",
    "mean_grid_intensity",
    "packs_produced",
    "replacement_probability",
    "recycling_probability",
)
OF_PLUGS = ("energy_per_km", "energy_per_km_at_plant", "mean_grid_intensity")
OF_PACKS = ("packs_produced", "replacement_probability", "recycling_probability")
ODOMETERS = (40000, 80000, 120000, 160000, 200000, 240000, 280000, 320000)  # km at the trade
BY_AGE, BY_ODOMETER = "performance_change", "performance_change_by_odometer"
IMPACT_BY_ODOMETER, AGE_AT_ODOMETER = "impact_change_by_odometer", "trade_age_at_odometer"
PAYBACK = ("payback_distance", "payback_years", "payback_never")
AT_ODOMETERS = (BY_ODOMETER, IMPACT_BY_ODOMETER, AGE_AT_ODOMETER)
WARMING = tuple(CATEGORIES).index("gwp")

Arrays = dict[str, NDArray[np.float64]]


def _metric_layout(cells: Cells, steps: int) -> tuple[Layout, IntArray]:
    """Return the layout of (vehicle, step, metric), none where a vehicle lacks what is measured, and what it keeps."""
    whole = change_layout(cells, (steps, len(METRICS))).index.copy()
    whole[cells.electric == 0] = np.where(np.isin(METRICS, OF_PLUGS), -1, whole[cells.electric == 0])
    whole[cells.packed == 0] = np.where(np.isin(METRICS, OF_PACKS), -1, whole[cells.packed == 0])
    return packed(whole)


def with_performance(declared: Declared, cells: Cells, corridor: Corridor) -> Declared:
    """Return what is declared, and the outputs of this file behind it.

    Parameters
    ----------
    declared : Declared
        From `mcsim.studies.second_hand_ev.outputs.declare`.
    cells : Cells
        Vehicles and the scenarios that they have.
    corridor : Corridor
        The two countries.
    """
    vehicle, ages = Dim("vehicle", cells.vehicles), Dim("export_age", tuple(range(EXPORT_AGES)))
    metric, odometer = Dim("metric", METRICS), Dim("odometer", ODOMETERS)
    category, reference = Dim("category", tuple(CATEGORIES)), Dim("reference", labelled(REFERENCES, corridor))
    route = Dim("route", labelled(ROUTES, corridor))
    by_age, kept_ages = _metric_layout(cells, EXPORT_AGES)
    by_odometer, kept_odometers = _metric_layout(cells, len(ODOMETERS))
    index = cells.index()
    charged, kept = packed(np.where(cells.electric[:, np.newaxis, np.newaxis] == 1, index, -1))
    shown = {BY_AGE: kept_ages, BY_ODOMETER: kept_odometers, **dict.fromkeys(PAYBACK, kept)}
    at, lives = "exported at an odometer, against the vehicle that stays", (vehicle, route, ages)
    outputs = (
        Output(
            BY_AGE, "relative", "what a vehicle does, exported at an age, against the vehicle that stays",
            (vehicle, ages, metric), by_age, keep=False, may_be_undefined=True,
        ),
        Output(
            BY_ODOMETER, "relative", f"what a vehicle does, {at}", (vehicle, odometer, metric), by_odometer,
            keep=False, may_be_undefined=True, on_request=True,
        ),
        Output(
            IMPACT_BY_ODOMETER, "relative", "change of impact against the reference, exported at an odometer",
            (vehicle, reference, odometer, category),
            change_layout(cells, (len(REFERENCES), len(ODOMETERS), len(category))),
            keep=False, may_be_undefined=NOBODY_CROSSES, on_request=True,
        ),
        Output(
            AGE_AT_ODOMETER, "yr", "age at which the odometer is reached, at most 20", (vehicle, odometer),
            change_layout(cells, (len(ODOMETERS),)), on_request=True,
        ),
        Output(
            PAYBACK[0], "km",
            "distance after which production is paid back against a gasoline car new in {host}; undefined where never",
            lives, charged, may_be_undefined=True,
        ),
        Output(
            PAYBACK[1], "yr", "age at which that distance is reached", lives, charged, may_be_undefined=True, keep=False
        ),
        Output(
            PAYBACK[2], "indicator", "whether production is not paid back within a mean life", lives, charged,
            may_be_undefined=NOBODY_CROSSES, keep=False,
        ),
    )  # fmt: skip
    return Declared((*declared.outputs, *outputs), declared.shown | shown)


# Expected amounts per life, of cells or of mixtures of cells (axis `amount`).
KM, AGE, POWER, AT_PLANT, MET, MADE, RENEWED, RECYCLED, ENDED = range(9)
AMOUNTS = 9


class Cell(NamedTuple):
    """What cells did, with the row that a draw takes: (m, n_cells, activities), (k, n_cells, channels), (n,) each."""

    activity: FloatArray
    energy: FloatArray
    activity_row: IntArray
    energy_row: IntArray


@kernel
def fill_amounts(lived: Cell, cells: IntArray, collected: FloatArray, first: int, amounts: FloatArray) -> None:
    """Fill the amounts of cells.

    Parameters
    ----------
    lived : Cell
        What they did.
    cells : ndarray of int, shape (n_exported, n_ages)
        Cell of each vehicle and export age.
    collected : ndarray, shape (n,)
        Share of packs retired at home that is recycled.
    first : int
        Channel after the impacts of electricity.
    amounts : ndarray, shape (n, n_exported, n_ages, amounts)
        Filled.
    """
    for i in range(amounts.shape[0]):
        activity, energy = lived.activity[lived.activity_row[i]], lived.energy[lived.energy_row[i]]
        for e in range(cells.shape[0]):
            for age in range(cells.shape[1]):
                done, brought, out = activity[cells[e, age]], energy[cells[e, age]], amounts[i, e, age]
                out[KM], out[AGE] = done[DISTANCE], done[YEARS]
                out[POWER], out[AT_PLANT] = brought[first + ELECTRICITY], brought[first + GENERATED]
                out[MET] = brought[first + INTENSITY]
                out[MADE], out[RENEWED] = done[PRODUCED], done[REPLACED]
                out[RECYCLED] = done[RETIRED_HOME] * collected[i] + done[RECYCLED_HOST]
                out[ENDED] = done[RETIRED_HOME] + done[RECYCLED_HOST] + done[LANDFILLED]


@inline_kernel
def _over(part: float, whole: float) -> float:
    """Divide, NaN where there is nothing to divide by."""
    return part / whole if whole > 0.0 else np.nan


@kernel
def fill_changes(exported: FloatArray, stays: FloatArray, change: FloatArray) -> None:
    """Fill the relative change of `METRICS`, in their order, NaN where the vehicle that stays has none.

    Parameters
    ----------
    exported, stays : ndarray, shape (n, n_exported, steps, amounts)
        Amounts of both.
    change : ndarray, shape (n, n_exported, steps, metrics)
        Filled.
    """
    n, n_exported, steps, n_metrics = change.shape
    pair = np.empty((2, n_metrics))
    for i in range(n):
        for e in range(n_exported):
            for step in range(steps):
                for side in range(2):
                    of = exported[i, e, step] if side == 0 else stays[i, e, step]
                    told = pair[side]
                    told[0], told[1], told[2] = of[KM], of[AGE], _over(of[KM], of[AGE])
                    told[3], told[4] = _over(of[POWER], of[KM]), _over(of[AT_PLANT], of[KM])
                    told[5] = _over(of[MET], of[POWER])
                    told[6], told[7], told[8] = of[MADE], of[RENEWED], _over(of[RECYCLED], of[ENDED])
                for k in range(n_metrics):
                    change[i, e, step, k] = _over(pair[0, k] - pair[1, k], pair[1, k])


def change_of(exported: FloatArray, stays: FloatArray) -> FloatArray:
    """Return what `fill_changes` fills."""
    change = np.empty((*exported.shape[:3], len(METRICS)))
    fill_changes(exported, stays, change)
    return change


def at_ages(amounts: FloatArray, ages: FloatArray) -> FloatArray:
    """Return amounts at ages between whole ones, linear between them, (n, n_exported, steps, amounts).

    Parameters
    ----------
    amounts : ndarray, shape (n, n_exported, n_ages, amounts)
        At the ages 0, 1, ...
    ages : ndarray, shape (n, n_exported, steps)
        Ages [yr].
    """
    below = np.minimum(ages.astype(np.int64), EXPORT_AGES - 2)[..., np.newaxis]
    late = ages[..., np.newaxis] - below
    # At a whole age the next one has no part, and may be one at which nobody crosses.
    above = np.where(late > 0.0, below + 1, below)
    early, later = (np.take_along_axis(amounts, place, axis=2) for place in (below, above))
    return np.asarray((1.0 - late) * early + late * later)


def impact_at_ages(exported: Side, stays: Side, other: int, ages: FloatArray, per_life: bool) -> FloatArray:
    """Return the relative change of impacts at some ages each, (n, n_exported, 2, steps, n_categories).

    Parameters
    ----------
    exported, stays : Side
        As `mcsim.studies.second_hand_ev.comparison.compare_lives` takes them.
    other : int
        Cell of the other reference.
    ages : ndarray, shape (n, n_exported, steps)
        Ages [yr].
    per_life : bool
        Relative changes per life instead of per km.
    """
    (n, n_exported, steps), n_categories = ages.shape, exported.total.shape[2]
    found = np.empty((n, n_exported, len(REFERENCES), steps, n_categories))
    none = np.empty((0, n_exported, len(REFERENCES), EXPORT_AGES, n_categories))
    for step in range(steps):
        traded = np.empty((n, n_exported, len(REFERENCES), n_categories))
        compared = Compared(none, none, traded)
        compare_lives(exported, stays, other, np.ascontiguousarray(ages[..., step]), per_life, compared)
        found[:, :, :, step] = traded
    return found


def payback(
    cells: Cells, activity: FloatArray, energy: FloatArray, found: Mapping[str, FloatArray], given_export: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return when production is paid back in global warming: distance [km], age [yr], whether never; (n, n_cells).

    The debt is what making the vehicle and all packs of its life emits beyond making the gasoline car. It is paid by
    what a km emits less than the gasoline car's, at the mean rates of the life in either country: first at home, then
    abroad. A debt below nothing is paid at 0; one that the mean life does not pay is never paid.

    Parameters
    ----------
    cells : Cells
        The cells.
    activity, energy : ndarray, shape (n, n_cells, activities), (n, n_cells, channels)
        What the vehicles do, and what electricity brings.
    found : mapping
        `mcsim.studies.second_hand_ev.assembly.Factors` by name.
    given_export : bool
        Whether all vehicles of a cell cross at its age; else years at home are in proportion to distance.
    """
    reference, vehicle_of = cells.vehicles.index(REFERENCE_VEHICLE), cells.vehicle_of
    wear, upkeep, road = (found[f"{name}_per_km"][..., WARMING] for name in ("wear", "maintenance", "road"))
    per_km = wear + upkeep + road
    made, pack = found["vehicle_production"][..., WARMING], found["battery_production"][..., WARMING]
    gasoline = activity[:, int(cells.index()[reference, 2, 0])]
    late = gasoline[:, FUELLED_HOST_LATE]
    litre = found["use_per_litre"][:, reference, 1:, WARMING] * found["litres_per_km"][:, [reference]]
    burnt = (gasoline[:, FUELLED_HOST] - late) * litre[:, 0] + late * litre[:, 1]
    against = (burnt / gasoline[:, DISTANCE] + per_km[:, reference])[:, np.newaxis]

    debt = made[:, vehicle_of] + activity[..., PRODUCED_DISCOUNTED] * pack[:, vehicle_of] - made[:, [reference]]
    distance, abroad = activity[..., DISTANCE], activity[..., DISTANCE_HOST]
    at_home, warming = distance - abroad, energy[..., len(CATEGORIES) + HOME_WARMING]
    own = per_km[:, vehicle_of]
    saved_home = against * at_home - warming - own * at_home
    saved_abroad = against * abroad - (energy[..., WARMING] - warming) - own * abroad

    years = activity[..., YEARS]
    first_years = years * ratio(at_home, distance)
    if given_export:
        ages, exported = np.arange(EXPORT_AGES), cells.index()[cells.exported, 1]
        first_years[:, exported] = np.where(np.isnan(distance[:, exported]), np.nan, ages)

    paid_home = np.clip(_part(debt, saved_home), 0.0, 1.0)
    left = debt - paid_home * saved_home
    paid_abroad = np.where(left > 1e-12 * np.abs(debt), _part(left, saved_abroad), 0.0)
    never = np.where(np.isnan(distance), np.nan, (paid_abroad > 1.0).astype(np.float64))
    told = never == 0.0
    # Where nothing is saved at home the whole way there lies behind; no infinite part is multiplied.
    paid_abroad = np.where(told, paid_abroad, np.nan)
    km = paid_home * at_home + paid_abroad * abroad
    age = paid_home * first_years + paid_abroad * (years - first_years)
    return km, age, never


def _part(debt: FloatArray, saved: FloatArray) -> FloatArray:
    """Return the part of a stretch that pays a debt: 0 of a debt of none, above 1 where the stretch does not."""
    part = np.divide(debt, saved, out=np.full_like(debt, np.inf), where=saved > 0.0)
    return np.where(debt <= 0.0, 0.0, part)
