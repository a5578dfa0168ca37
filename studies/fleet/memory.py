"""Memory of the fleet's stages: how far tables reach, room for them, and working space."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mcsim.kernels.cohorts import room, space
from mcsim.kernels.cohorts.materials import WORK
from mcsim.kernels.cohorts.records import (
    EV,
    FIRST_MATERIAL,
    HALVES,
    ORIGINS,
    POWERTRAINS,
    STYLES,
    Array,
    Gate,
    Laws,
    Trade,
    Vehicles,
)
from mcsim.study import IntArray

# Cells of one run of a loop of vector instructions.
_RUN = 16
# Quarter-years of a year, and those beyond the oldest age that are looked at.
_QUARTERS, _MORE = 4, 16


class Sizes(NamedTuple):
    """How far the tables of the stages reach.

    Parameters
    ----------
    years, ages : int
        Years, and ages at entry.
    home_years : int
        Model years at home.
    home_halves, host_halves : int
        Half-years of age of the oldest EV in either country.
    home_classes, host_classes : int
        Half-years in which a pack can be fitted.
    home_shifts, host_shifts : int
        Model years of packs since that of their vehicle: fitted at home, and in vehicles sold new in the host country.
    repaired : bool
        Whether imports are repaired.
    cover_years : int
        Years in which a warranty of the host country replaces packs.
    reach : ndarray of int64, shape (ages,)
        Years since entry that anybody asks of EVs of each age; 0 at ages at which no vehicle enters.
    unruled : bool
        Whether some EVs meet no rule on state of health.
    """

    years: int
    ages: int
    home_years: int
    home_halves: int
    host_halves: int
    home_classes: int
    host_classes: int
    home_shifts: int
    host_shifts: int
    repaired: bool
    cover_years: int
    reach: IntArray
    unruled: bool


def sizes(vehicles: Vehicles, laws: Laws, trade: Trade, ever: Gate, beyond: bool = False) -> Sizes:
    """Return the sizes that these draws need: the longest warranty, repairs where there are any, the oldest EV.

    Parameters
    ----------
    vehicles, laws, trade : Vehicles, Laws, Trade
        Of all draws.
    ever : ndarray of bool, shape (ages,)
        Ages that may enter in any year.
    beyond : bool
        Whether lives of imports are read beyond the last year.
    """
    home_sales, ages = vehicles.home.sales, ever.size
    years, home_years = vehicles.host.sales.shape[1], home_sales.shape[1]
    sold = np.flatnonzero((home_sales[:, :, EV] > 0.0).any(axis=0))
    oldest = home_years - int(sold[0]) if sold.size else 0
    # An EV of an age enters as soon as the first model year is as old, and is followed to the last year.
    entered = np.maximum(years - oldest + np.arange(ages), 0)
    reach = np.full(ages, years) if beyond else np.clip(years - entered, 1, years)
    # The last half-year ends with the exposure of the year of sale, up to two, and one more is looked at.
    home_halves, host_halves = 2 * max(oldest, ages) + 4, 2 * years + 4
    # A warranty fits packs up to its end, repairs as long as vehicles live: a class each half-year, a shift a year.
    home_cover, host_cover = int(laws.home.cover.max()), int(laws.host.cover.max())
    shifts = max(home_cover, host_cover) // 2 + 2
    home_repair, host_repair = bool(laws.home.repair.max() > 0), bool(laws.host.repair.max() > 0)
    return Sizes(
        years=years,
        ages=ages,
        home_years=home_years,
        home_halves=home_halves,
        host_halves=host_halves,
        home_classes=home_halves if home_repair else home_cover + 1,
        host_classes=host_halves if host_repair else host_cover + 1,
        home_shifts=max(ages + 2, shifts) if home_repair else shifts,
        host_shifts=max(years, shifts) if host_repair else shifts,
        repaired=host_repair,
        cover_years=min(host_cover // 2 + 2, years),
        reach=np.where(ever, reach, 0).astype(np.int64),
        unruled=bool((trade.checked < 1.0).any()),
    )


def longest_curve(size: Sizes) -> int:
    """Return the quarter-years of the oldest pack."""
    # An import is older than a vehicle of the host's own by its age at entry.
    return max(2 * size.home_halves, 2 * size.host_halves + _QUARTERS * size.ages) + _MORE


def make_tables(n: int, size: Sizes) -> room.Tables:
    """Return room for what the stages of n draws leave each other."""
    years, ages = size.years, size.ages
    home_quarters, host_quarters = 2 * size.home_halves + _MORE, 2 * size.host_halves + _MORE
    longest = longest_curve(size)

    def curve(quarters: int) -> Array:
        return np.empty((n, quarters))

    def states(halves: int, classes: int) -> room.PackStates:
        return room.PackStates(np.empty((n, halves, classes)), np.empty((n, halves)))

    def imports() -> room.Entries:
        shifts, fitted_years = size.home_shifts, years if size.repaired else 0
        retired = np.zeros((n, ages, years, shifts))
        fitted = [np.zeros((n, ages, fitted_years)) for _ in range(4)]
        return room.Entries(
            passing=np.empty((n, ages)),
            left=np.zeros((n, ages, years)),
            ev_left=np.zeros((n, ages, years)),
            number=np.zeros((n, ages, years)),
            retired=retired,
            retired_cells=retired.reshape(n, ages, years * shifts),
            fitted=room.Fitted(fitted[0], fitted[1], fitted[2], fitted[3], np.zeros((n, 2, years + 1))),
            dead=np.zeros((n, ages, shifts)),
        )

    def coming() -> room.Coming:
        return room.Coming(np.zeros((n, years, ages)), np.zeros((n, years, ages)))

    entries, held = imports(), coming()
    combustion = room.Combustion(np.zeros((n, years, ages)), np.zeros((n, years, ages)))
    leavers = room.Leavers(*(np.empty((n, len(STYLES), size.home_years)) for _ in room.Leavers._fields))
    return room.Tables(
        curves=room.Curves(
            room.CountryCurves(curve(home_quarters), curve(home_quarters)),
            room.CountryCurves(curve(host_quarters), curve(host_quarters)),
            curve(longest),
            curve(_QUARTERS * ages + _MORE),
            curve(longest),
        ),
        states=room.States(states(size.home_halves, size.home_classes), states(size.host_halves, size.host_classes)),
        leavers=leavers,
        new=room.NewVehicles(
            alive=np.empty((n, HALVES)),
            left=np.empty((n, years)),
            ev_left=np.empty((n, years)),
            covered=np.empty((n, size.cover_years, size.host_shifts)),
            later=np.empty((n, years, size.host_shifts)),
            replaced=np.empty((n, size.cover_years, size.host_shifts)),
        ),
        pool=np.empty((n, len(POWERTRAINS) + 1, years, ages)),
        entries=entries,
        free=imports() if size.unruled else entries,
        arrivals=room.Arrivals(held, coming() if size.unruled else held, combustion),
        packs=empty_packs(n, years),
    )


def make_space(size: Sizes, aged: bool = True) -> space.Space:
    """Return working space for one draw after the other; `aged` where ages of the stock are asked for."""
    years, ages = size.years, size.ages
    halves, triangle, kinds = 2 * years, years * (years + 1) // 2, len(POWERTRAINS)
    classes = max(size.home_halves, size.host_halves)
    by_age: dict[str, Any] = {name: np.empty(ages) for name in space.ImportSpace._fields}
    by_age |= {name: np.empty(ages, np.bool_) for name in ("may_give", "ev_may_give")}
    by_age |= {"in_use": np.empty((years + ages - 1, years if aged else 0))}
    by_year = [np.empty(years) for _ in range(4)]
    return space.Space(
        owners=space.OwnerSpace(
            np.empty(longest_curve(size)),
            space.StateSpace(*(np.empty(classes) for _ in space.StateSpace._fields)),
            np.empty(classes),
        ),
        home=space.HomeSpace(
            np.empty(HALVES), np.empty(HALVES), np.empty((kinds, years)), np.empty((kinds + 1, years)), np.empty(years)
        ),
        entry=space.EntrySpace(
            alive=np.empty(halves + 1),
            others=np.empty(years + 1),
            traded=space.Traded(np.empty(size.home_classes), np.empty(size.home_classes)),
            yearly=space.SampledLaw(*(np.empty((_QUARTERS, ages + years + 2)) for _ in range(2))),
            came=space.CameSpace(np.empty(years + 1), np.empty(years + 1), np.empty(years), np.empty(years + 1)),
            renewal=space.RenewalSpace(np.empty(halves + 1), np.empty(halves), np.empty(halves), np.empty(years)),
        ),
        imports=space.ImportSpace(**by_age),
        arrivals=space.ArrivalSpace(
            np.empty(years * size.home_shifts),
            space.FittedSpace(by_year[0], by_year[1], by_year[2], np.empty(triangle), np.empty(triangle), by_year[3]),
        ),
        years=np.empty(years),
        per_vehicle=space.PerVehicle(*(np.empty(years) for _ in space.PerVehicle._fields)),
    )


def empty_packs(n: int, years: int) -> room.Packs:
    """Return room for the packs that retire in n draws."""
    triangle = years * (years + 1) // 2
    return room.Packs(*(room.Retiring(np.empty((n, years)), np.empty((n, triangle))) for _ in room.Packs._fields))


def pack_space(years: int, materials: int) -> space.PackSpace:
    """Return working space for the vectors of packs."""
    origins = len(ORIGINS)
    # Whole runs of the loop over places: what is left over of one costs as much as a run.
    width = -(-(FIRST_MATERIAL + materials) // _RUN) * _RUN
    return space.PackSpace(
        np.empty((years, width)), np.empty((origins, years, width)), np.empty((origins, WORK, width))
    )
