"""From the kernels' flows to the model's outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.cohorts.flows import Amounts, Flows, Retired
from mcsim.kernels.cohorts.materials import fill_by_route
from mcsim.kernels.cohorts.records import (
    ENERGY,
    EV,
    HEV,
    LANDFILL,
    MASS,
    NEW,
    NUMBER,
    RECYCLING,
    SECOND_HAND,
    TAKE_BACK,
    Contents,
)
from mcsim.studies.fleet.declared import FIRST_PACKS
from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray

# Below this on both sides no crossing is told: tens of tonnes decide nothing [t/yr].
CROSSING_FLOOR = 1000.0
# Outputs about how much retires, whatever is in it.
AMOUNTS = (
    "retired_packs", "retired_battery_mass", "retired_battery_mass_total", "second_hand_share_of_retired_mass",
    "second_hand_share_of_cumulative_retired_mass", "retired_battery_energy", "cumulative_retired_packs",
    "cumulative_retired_battery_mass", "cumulative_retired_battery_energy", "cumulative_retired_battery_mass_total",
    "warranty_packs", "warranty_battery_energy", "warranty_battery_mass", "crossover_year", "crossover_censored",
    "crossover_never",
)  # fmt: skip
# Years of shares of what retires.
FIRST_TOLD = slice(FIRST_PACKS - YEARS[0], None)

# Output name -> what computes it: who asks for one output does not pay for the others.
Outputs = Mapping[str, Callable[[], NDArray[np.float64]]]


def told(outputs: Outputs, wanted: frozenset[str] | None) -> dict[str, NDArray[np.float64]]:
    """Return the outputs that are wanted, computed; all of them for None.

    Examples
    --------
    >>> told({"one": lambda: np.ones(1), "two": lambda: np.full(1, 2.0)}, frozenset({"two"}))
    {'two': array([2.])}
    """
    return {name: compute() for name, compute in outputs.items() if wanted is None or name in wanted}


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide, 0 where there is nothing to divide."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _total(values: FloatArray) -> FloatArray:
    """Return the sum over a short last axis: NumPy's own begins anew for every few numbers."""
    total = values[..., 0].copy()
    for place in range(1, values.shape[-1]):
        total += values[..., place]
    return total


def _second_hand(by_origin: FloatArray) -> FloatArray:
    """Return the share of second-hand vehicles (n, years) in what is told by origin, (n, years, origins)."""
    return _share(np.ascontiguousarray(by_origin[:, :, SECOND_HAND]), _total(by_origin))


def _so_far(by_origin: FloatArray) -> FloatArray:
    """Return the sum over both origins and all years up to each, (n, years, m), of (n, years, origins, m)."""
    both = by_origin[:, :, NEW] + by_origin[:, :, SECOND_HAND]
    np.cumsum(both, axis=1, out=both)
    return both


def _by_year(series: FloatArray) -> FloatArray:
    """Turn (n, origin, powertrain, years) into (n, years, origin, powertrain)."""
    return np.ascontiguousarray(series.transpose(0, 3, 1, 2))


def vehicle_outputs(flows: Flows) -> Outputs:
    """Return the outputs about vehicles, and `evs` and `hybrids_gone` for the steps after.

    Parameters
    ----------
    flows : Flows
        Filled by the kernels.

    Returns
    -------
    mapping
        Output name -> what gives (n, *dims).
    """
    host, home = flows.host, flows.home

    @cache
    def registrations() -> FloatArray:
        return _by_year(host.registrations)

    @cache
    def gone() -> FloatArray:
        return _by_year(host.gone)

    @cache
    def stock() -> FloatArray:
        return _by_year(host.stock)

    @cache
    def total() -> FloatArray:
        return _total(stock().reshape(*stock().shape[:2], -1))

    @cache
    def gone_by_origin() -> FloatArray:
        return _total(gone())

    @cache
    def pool() -> FloatArray:
        return _total(home.gone)

    @cache
    def evs() -> FloatArray:
        return _total(stock()[:, :, :, EV])

    @cache
    def imports() -> FloatArray:
        return _total(registrations()[:, :, SECOND_HAND])

    def age_groups() -> FloatArray:
        whole = np.repeat(total()[:, :, None], host.age_groups.shape[1], axis=2)
        return _share(np.ascontiguousarray(host.age_groups.transpose(0, 2, 1)), whole)

    def exported() -> FloatArray:
        return np.ascontiguousarray(registrations()[:, :, SECOND_HAND, EV])

    return {
        "registrations": registrations,
        "deregistrations": gone,
        "stock": stock,
        "stock_total": total,
        "cumulative_imports": lambda: np.cumsum(imports(), axis=1),
        "cumulative_deregistrations": lambda: np.cumsum(gone(), axis=1),
        "home_stock": lambda: home.stock,
        # An EV leaves with its pack or because of it: one powertrain.
        "home_deregistrations": lambda: np.concatenate(
            [home.gone[:, :, :EV], _total(home.gone[:, :, EV:])[:, :, None]], axis=2
        ),
        "mean_fleet_age": lambda: _share(host.age_total, total()),
        "fleet_age_distribution": age_groups,
        "second_hand_share": lambda: _share(_total(stock()[:, :, SECOND_HAND]), total()),
        "second_hand_share_of_deregistrations": lambda: _second_hand(gone_by_origin()),
        "second_hand_share_of_cumulative_deregistrations": lambda: _second_hand(np.cumsum(gone_by_origin(), axis=1)),
        "ev_share": lambda: _share(evs(), total()),
        "ev_share_of_new_sales": lambda: _share(registrations()[:, :, NEW, EV], _total(registrations()[:, :, NEW])),
        "ev_share_of_imports": lambda: _share(registrations()[:, :, SECOND_HAND, EV], imports()),
        "used_ev_exports": exported,
        "cumulative_used_ev_exports": lambda: np.cumsum(registrations()[:, :, SECOND_HAND, EV], axis=1),
        "home_retired_packs": lambda: _total(home.gone[:, :, EV:]) + home.replaced - exported(),
        "home_pool": pool,
        "home_pool_share_exported": lambda: _share(imports(), pool()),
        "imports_unfilled": lambda: flows.counts.unfilled,
        "imports_outside_pool": lambda: flows.counts.outside,
        "used_ev_exports_refused": lambda: flows.counts.refused,
        "evs": evs,
        "hybrids_gone": lambda: np.ascontiguousarray(gone()[:, :, :, HEV]),
    }


def crossover(mass: FloatArray) -> FloatArray:
    """Return the last year in which second-hand vehicles' packs outweigh new ones', NaN where there is none.

    Parameters
    ----------
    mass : ndarray, shape (n, years, origins)
        Retired mass.

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> mass = np.zeros((1, 46, 2)); mass[0, 10, 1] = 1000.0
    >>> crossover(mass).tolist()
    [2015.0]
    """
    more = (mass[:, :, SECOND_HAND] > mass[:, :, NEW]) & (
        np.maximum(mass[:, :, NEW], mass[:, :, SECOND_HAND]) >= CROSSING_FLOOR
    )
    last = len(YEARS) - 1 - np.argmax(more[:, ::-1], axis=1)
    return np.asarray(np.where(more.any(axis=1), YEARS[0] + last, np.nan), np.float64)


def amount_outputs(amounts: Amounts) -> Outputs:
    """Return the outputs about how much retires, and `retired_energy` for the steps after; filled by the kernels.

    Returns
    -------
    mapping
        Output name -> what gives (n, *dims).
    """
    replaced = amounts.replaced[:, :, NEW]

    @cache
    def amount(place: int) -> FloatArray:
        return np.ascontiguousarray(amounts.amount[..., place])

    @cache
    def retired_so_far() -> FloatArray:
        return np.cumsum(amount(MASS), axis=1)

    @cache
    def year() -> FloatArray:
        return crossover(amount(MASS))

    return {
        "retired_packs": lambda: amount(NUMBER),
        "retired_battery_mass": lambda: amount(MASS),
        "retired_battery_mass_total": lambda: _total(amount(MASS)),
        "second_hand_share_of_retired_mass": lambda: _second_hand(amount(MASS))[:, FIRST_TOLD],
        "second_hand_share_of_cumulative_retired_mass": lambda: _second_hand(retired_so_far())[:, FIRST_TOLD],
        "retired_battery_energy": lambda: amount(ENERGY),
        "cumulative_retired_packs": lambda: np.cumsum(amount(NUMBER), axis=1),
        "cumulative_retired_battery_mass": retired_so_far,
        "cumulative_retired_battery_energy": lambda: np.cumsum(amount(ENERGY), axis=1),
        "cumulative_retired_battery_mass_total": lambda: _total(retired_so_far()),
        "warranty_packs": lambda: np.ascontiguousarray(replaced[:, :, NUMBER]),
        "warranty_battery_energy": lambda: np.ascontiguousarray(replaced[:, :, ENERGY]),
        "warranty_battery_mass": lambda: np.ascontiguousarray(replaced[:, :, MASS]),
        "retired_energy": lambda: amount(ENERGY),
        "crossover_year": year,
        "crossover_censored": lambda: (year() == YEARS[-1]).astype(np.float64),
        "crossover_never": lambda: np.isnan(year()).astype(np.float64),
    }


def pack_outputs(retired: Retired, contents: Contents, routes: FloatArray, sold: FloatArray) -> Outputs:
    """Return the outputs about what is in retired packs and where they go.

    Parameters
    ----------
    retired, contents
        The kernels' records, filled.
    routes : ndarray, shape (n, routes, materials)
        Recovery by route.
    sold : ndarray, shape (n, years)
        Packs in new vehicles [GWh].

    Returns
    -------
    mapping
        Output name -> what gives (n, *packed_shape).
    """

    @cache
    def landfilled() -> FloatArray:
        return _total(retired.destination[:, :, :, LANDFILL])

    @cache
    def ended() -> FloatArray:
        return _total(retired.amount[..., MASS] + retired.returned)

    @cache
    def contained_so_far() -> FloatArray:
        return _so_far(retired.contained)

    def recycled() -> FloatArray:
        return _total(retired.destination[..., RECYCLING] + retired.destination[..., TAKE_BACK])

    def by_route() -> FloatArray:
        found = np.empty((*retired.contained.shape[:2], *routes.shape[:0:-1]))
        fill_by_route(retired.contained, routes, found)
        return found

    return {
        "material_contained": lambda: retired.contained,
        "material_recoverable": lambda: retired.contained * contents.host_recovery[:, None, None, :],
        "material_recoverable_by_route": by_route,
        "material_recovered": lambda: retired.recovered,
        "material_lost": lambda: retired.lost,
        "cumulative_material_contained_total": contained_so_far,
        "cumulative_material_recoverable_total": lambda: contained_so_far() * contents.host_recovery[:, None, :],
        "cumulative_material_recovered_total": lambda: _so_far(retired.recovered),
        "material_in_second_use": lambda: retired.held,
        "battery_destination": lambda: retired.destination,
        "landfilled_battery_mass": landfilled,
        "landfilled_share": lambda: _share(landfilled(), ended())[:, FIRST_TOLD],
        "recycled_share": lambda: _share(recycled(), ended())[:, FIRST_TOLD],
        "new_battery_material": lambda: 1000.0 * sold[:, :, None] * contents.composition,
    }
