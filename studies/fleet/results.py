"""From the kernels' flows to the model's outputs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.cohorts.imports import EXPORTED_EV, OUTSIDE, REFUSED, UNFILLED
from mcsim.kernels.cohorts.materials import ENERGY, FIRST_DESTINATION, FIRST_REPLACED, MASS, NUMBER, RETURNED
from mcsim.kernels.cohorts.records import Contents, Flows, Retired, Vehicles
from mcsim.studies.fleet.declared import FIRST_PACKS
from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray

Outputs = dict[str, NDArray[np.float64]]


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide, 0 where there is nothing to divide."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _by_origin(series: FloatArray) -> FloatArray:
    """Turn (n, 6, years) into (n, years, origin, powertrain)."""
    n, _, years = series.shape
    return np.ascontiguousarray(series.reshape(n, 2, 3, years).transpose(0, 3, 1, 2))


def vehicle_outputs(flows: Flows, inputs: Mapping[str, FloatArray]) -> Outputs:
    """Return the outputs about vehicles.

    Parameters
    ----------
    flows : Flows
        Filled by the kernels.
    inputs : mapping
        As the model gets them.

    Returns
    -------
    dict
        Output name -> (n, *dims).
    """
    registrations, gone, stock = _by_origin(flows.registrations), _by_origin(flows.gone), _by_origin(flows.stock)
    total = stock.sum(axis=(2, 3))
    gone_total = gone.sum(axis=(2, 3))
    pool = flows.us_gone.sum(axis=2)
    us_gone = np.concatenate([flows.us_gone[:, :, :2], flows.us_gone[:, :, 2:].sum(axis=2, keepdims=True)], axis=2)
    evs = stock[:, :, :, 2].sum(axis=2)
    imports = registrations[:, :, 1].sum(axis=2)
    return {
        "registrations": registrations,
        "deregistrations": gone,
        "stock": stock,
        "cumulative_deregistrations": np.cumsum(gone, axis=1),
        "us_stock": flows.us_stock,
        "us_deregistrations": us_gone,
        "mean_fleet_age": _share(flows.ages[:, 0], total),
        "fleet_age_distribution": _share(
            np.ascontiguousarray(flows.ages[:, 1:].transpose(0, 2, 1)),
            np.repeat(total[:, :, None], flows.ages.shape[1] - 1, axis=2),
        ),
        "second_hand_share": _share(stock[:, :, 1].sum(axis=2), total),
        "second_hand_share_of_deregistrations": _share(gone[:, :, 1].sum(axis=2), gone_total),
        "ev_share": _share(evs, total),
        "ev_share_of_new_sales": _share(registrations[:, :, 0, 2], registrations[:, :, 0].sum(axis=2)),
        "ev_share_of_imports": _share(registrations[:, :, 1, 2], imports),
        "used_ev_exports": flows.counts[:, EXPORTED_EV],
        "us_pool": pool,
        "us_pool_share_exported": _share(imports, pool),
        "imports_unfilled": flows.counts[:, UNFILLED],
        "imports_outside_pool": flows.counts[:, OUTSIDE],
        "used_ev_exports_refused": flows.counts[:, REFUSED],
        "ev_charging_emissions": _charging(evs, inputs),
    }


def _charging(evs: FloatArray, inputs: Mapping[str, FloatArray]) -> FloatArray:
    after = np.maximum(np.asarray(YEARS) - 2025, 0)
    intensity = inputs["mx_grid_intensity_2025"][:, None] * (1.0 - inputs["mx_grid_decline"][:, None]) ** after
    per_vehicle = inputs["mx_annual_distance"] * inputs["ev_energy_use"]
    return np.asarray(evs * per_vehicle[:, None] * intensity * 1e-9, np.float64)


def crossover(mass: FloatArray) -> FloatArray:
    """Return the last year in which second-hand vehicles' packs outweigh new ones', 2004 where there is none.

    Parameters
    ----------
    mass : ndarray, shape (n, years, 2)
        Retired mass of new and second-hand vehicles.

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> mass = np.zeros((1, 46, 2)); mass[0, 10, 1] = 1.0
    >>> crossover(mass).tolist()
    [2015.0]
    """
    more = mass[:, :, 1] > mass[:, :, 0]
    last = len(YEARS) - 1 - np.argmax(more[:, ::-1], axis=1)
    return np.asarray(np.where(more.any(axis=1), YEARS[0] + last, YEARS[0] - 1), np.float64)


def pack_outputs(
    retired: Retired,
    flows: Flows,
    vehicles: Vehicles,
    contents: Contents,
    routes: FloatArray,
    inputs: Mapping[str, FloatArray],
) -> Outputs:
    """Return the outputs about packs.

    Parameters
    ----------
    retired, flows, vehicles, contents
        The kernels' records, filled.
    routes : ndarray, shape (n, 3, materials)
        Recovery by route.
    inputs : mapping
        As the model gets them.

    Returns
    -------
    dict
        Output name -> (n, *packed_shape).
    """
    totals = retired.totals
    packs, energy, mass = (np.ascontiguousarray(totals[:, :, :, row]) for row in (NUMBER, ENERGY, MASS))
    replaced = [np.ascontiguousarray(totals[:, :, 0, FIRST_REPLACED + row]) for row in range(3)]
    destination = np.ascontiguousarray(totals[:, :, :, FIRST_DESTINATION:RETURNED])
    year = crossover(mass)
    landfilled = destination[:, :, :, 3].sum(axis=2)
    leaving = (mass + totals[:, :, :, RETURNED]).sum(axis=2)
    contained = retired.contained.sum(axis=2)
    nimh = _by_origin(flows.gone)[:, :, :, 1] * inputs["nimh_pack_mass"][:, None, None] / 1000.0
    sold = vehicles.mx_sales[:, :, 2] * contents.capacity[:, 0] * 1e-6
    offer = inputs["triage_share"] * (1.0 - inputs["end_of_life_loss"])
    return {
        "retired_packs": packs,
        "retired_battery_mass": mass,
        "retired_battery_energy": energy,
        "cumulative_retired_packs": np.cumsum(packs, axis=1),
        "cumulative_retired_battery_mass": np.cumsum(mass, axis=1),
        "cumulative_retired_battery_energy": np.cumsum(energy, axis=1),
        "warranty_packs": replaced[0],
        "warranty_battery_energy": replaced[1],
        "warranty_battery_mass": replaced[2],
        "retired_nimh_mass": nimh,
        "material_contained": retired.contained,
        "material_recoverable": retired.contained * contents.home_recovery[:, None, None, :],
        "material_recoverable_by_route": contained[:, :, :, None] * routes.transpose(0, 2, 1)[:, None],
        "material_recovered": retired.recovered,
        "material_lost": retired.lost,
        "material_in_second_use": retired.held,
        "battery_destination": destination,
        "landfilled_battery_mass": landfilled,
        "landfilled_share": _share(landfilled, leaving)[:, FIRST_PACKS - YEARS[0] :],
        "second_life_on_offer": energy.sum(axis=2) * offer[:, None],
        "new_battery_energy": sold,
        "new_battery_material": 1000.0 * sold[:, :, None] * contents.composition,
        "crossover_year": year,
        "crossover_censored": (year == YEARS[-1]).astype(np.float64),
        "crossover_never": (year < YEARS[0]).astype(np.float64),
    }
