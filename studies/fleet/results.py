"""From the kernels' flows to the model's outputs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.cohorts.flows import Flows, Retired
from mcsim.kernels.cohorts.records import (
    ENERGY,
    EV,
    HEV,
    LANDFILL,
    MASS,
    NEW,
    NUMBER,
    SECOND_HAND,
    Fleet,
)
from mcsim.studies.fleet.charging import charging_emissions
from mcsim.studies.fleet.declared import FIRST_PACKS
from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray

# Below this on both sides no crossing is told: tens of tonnes decide nothing [t/yr].
CROSSING_FLOOR = 1000.0

Outputs = dict[str, NDArray[np.float64]]


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide, 0 where there is nothing to divide."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _second_hand(by_origin: FloatArray) -> FloatArray:
    """Return the share of second-hand vehicles (n, years) in what is told by origin, (n, years, origins)."""
    return _share(np.ascontiguousarray(by_origin[:, :, SECOND_HAND]), by_origin.sum(axis=2))


def _by_year(series: FloatArray) -> FloatArray:
    """Turn (n, origin, powertrain, years) into (n, years, origin, powertrain)."""
    return np.ascontiguousarray(series.transpose(0, 3, 1, 2))


def vehicle_outputs(flows: Flows, loss: FloatArray, inputs: Mapping[str, FloatArray]) -> Outputs:
    """Return the outputs about vehicles.

    Parameters
    ----------
    flows : Flows
        Filled by the kernels.
    loss : ndarray
        From `read_losses`.
    inputs : mapping
        As the model gets them.

    Returns
    -------
    dict
        Output name -> (n, *dims).
    """
    registrations, gone, stock = (
        _by_year(flows.host.registrations),
        _by_year(flows.host.gone),
        _by_year(flows.host.stock),
    )
    total = stock.sum(axis=(2, 3))
    gone_by_origin = gone.sum(axis=3)
    pool = flows.home.gone.sum(axis=2)
    # An EV leaves with its pack or because of it: one powertrain.
    home_gone = np.concatenate(
        [flows.home.gone[:, :, :EV], flows.home.gone[:, :, EV:].sum(axis=2, keepdims=True)], axis=2
    )
    evs = stock[:, :, :, EV].sum(axis=2)
    imports = registrations[:, :, SECOND_HAND].sum(axis=2)
    return {
        "registrations": registrations,
        "deregistrations": gone,
        "stock": stock,
        "stock_total": total,
        "cumulative_imports": np.cumsum(imports, axis=1),
        "cumulative_deregistrations": np.cumsum(gone, axis=1),
        "home_stock": flows.home.stock,
        "home_deregistrations": home_gone,
        "mean_fleet_age": _share(flows.host.age_total, total),
        "fleet_age_distribution": _share(
            np.ascontiguousarray(flows.host.age_groups.transpose(0, 2, 1)),
            np.repeat(total[:, :, None], flows.host.age_groups.shape[1], axis=2),
        ),
        "second_hand_share": _share(stock[:, :, SECOND_HAND].sum(axis=2), total),
        "second_hand_share_of_deregistrations": _second_hand(gone_by_origin),
        "second_hand_share_of_cumulative_deregistrations": _second_hand(np.cumsum(gone_by_origin, axis=1)),
        "ev_share": _share(evs, total),
        "ev_share_of_new_sales": _share(registrations[:, :, NEW, EV], registrations[:, :, NEW].sum(axis=2)),
        "ev_share_of_imports": _share(registrations[:, :, SECOND_HAND, EV], imports),
        "used_ev_exports": np.ascontiguousarray(registrations[:, :, SECOND_HAND, EV]),
        "cumulative_used_ev_exports": np.cumsum(registrations[:, :, SECOND_HAND, EV], axis=1),
        "home_pool": pool,
        "home_pool_share_exported": _share(imports, pool),
        "imports_unfilled": flows.counts.unfilled,
        "imports_outside_pool": flows.counts.outside,
        "used_ev_exports_refused": flows.counts.refused,
        "ev_charging_emissions": charging_emissions(evs, loss, inputs),
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
    more = (mass[:, :, SECOND_HAND] > mass[:, :, NEW]) & (mass.max(axis=2) >= CROSSING_FLOOR)
    last = len(YEARS) - 1 - np.argmax(more[:, ::-1], axis=1)
    return np.asarray(np.where(more.any(axis=1), YEARS[0] + last, np.nan), np.float64)


def pack_outputs(
    retired: Retired, flows: Flows, fleet: Fleet, routes: FloatArray, inputs: Mapping[str, FloatArray]
) -> Outputs:
    """Return the outputs about packs.

    Parameters
    ----------
    retired, flows, fleet
        The kernels' records, filled.
    routes : ndarray, shape (n, routes, materials)
        Recovery by route.
    inputs : mapping
        As the model gets them.

    Returns
    -------
    dict
        Output name -> (n, *packed_shape).
    """
    contents = fleet.contents
    packs, energy, mass = (np.ascontiguousarray(retired.amount[..., place]) for place in (NUMBER, ENERGY, MASS))
    replaced = retired.replaced[:, :, NEW]
    year = crossover(mass)
    landfilled = retired.destination[:, :, :, LANDFILL].sum(axis=2)
    leaving = (mass + retired.returned).sum(axis=2)
    contained = retired.contained.sum(axis=2)
    nimh = _by_year(flows.host.gone)[:, :, :, HEV] * inputs["nimh_pack_mass"][:, None, None] / 1000.0
    sold = fleet.vehicles.host.sales[:, :, EV] * contents.capacity[:, NEW] * 1e-6
    retired_so_far = np.cumsum(mass, axis=1)
    told = slice(FIRST_PACKS - YEARS[0], None)
    offer = inputs["triage_share"] * (1.0 - inputs["host_end_of_life_loss"])
    return {
        "retired_packs": packs,
        "retired_battery_mass": mass,
        "retired_battery_mass_total": mass.sum(axis=2),
        "second_hand_share_of_retired_mass": _second_hand(mass)[:, told],
        "second_hand_share_of_cumulative_retired_mass": _second_hand(retired_so_far)[:, told],
        "retired_battery_energy": energy,
        "cumulative_retired_packs": np.cumsum(packs, axis=1),
        "cumulative_retired_battery_mass": retired_so_far,
        "cumulative_retired_battery_energy": np.cumsum(energy, axis=1),
        "warranty_packs": np.ascontiguousarray(replaced[:, :, NUMBER]),
        "warranty_battery_energy": np.ascontiguousarray(replaced[:, :, ENERGY]),
        "warranty_battery_mass": np.ascontiguousarray(replaced[:, :, MASS]),
        "retired_nimh_mass": nimh,
        "material_contained": retired.contained,
        "material_recoverable": retired.contained * contents.host_recovery[:, None, None, :],
        "material_recoverable_by_route": contained[:, :, :, None] * routes.transpose(0, 2, 1)[:, None],
        "material_recovered": retired.recovered,
        "material_lost": retired.lost,
        "material_in_second_use": retired.held,
        "battery_destination": retired.destination,
        "landfilled_battery_mass": landfilled,
        "landfilled_share": _share(landfilled, leaving)[:, told],
        "second_life_on_offer": energy.sum(axis=2) * offer[:, None],
        "new_battery_energy": sold,
        "new_battery_material": 1000.0 * sold[:, :, None] * contents.composition,
        "crossover_year": year,
        "crossover_censored": (year == YEARS[-1]).astype(np.float64),
        "crossover_never": np.isnan(year).astype(np.float64),
    }
