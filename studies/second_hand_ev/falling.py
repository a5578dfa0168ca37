"""Impacts of lives by where they fall, what an export changes there, and what of them leaves in city streets.

The map from a life to its impacts is linear in the factors, so that what falls at a place is the same map with each
factor times its share there (`places`). Two places are computed; elsewhere is what is left of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mcsim.kernels.life.records import DISTANCE, DISTANCE_HOST, LANDFILLED, RETIRED_HOME
from mcsim.studies.second_hand_ev.assembly import Factors, Lived
from mcsim.studies.second_hand_ev.cars import upstream_of_litre
from mcsim.studies.second_hand_ev.changes import cell_impacts
from mcsim.studies.second_hand_ev.lca import CATEGORIES, Assessment
from mcsim.studies.second_hand_ev.outputs import STREET_CATEGORIES
from mcsim.studies.second_hand_ev.places import COUNTRIES, Places, factors_by_place, shares
from mcsim.study import FloatArray, IntArray, OptionValue

Inputs = Mapping[str, FloatArray]
Options = Mapping[str, OptionValue]
STREET = [tuple(CATEGORIES).index(name) for name in STREET_CATEGORIES]


class Arm(NamedTuple):
    """Lives whose impacts are told by place.

    Parameters
    ----------
    lived : Lived
        What the vehicles did.
    by_place : ndarray, shape (n, n_cells, at least 2 * n_categories)
        What of electricity falls at home, then in the host country.
    vehicle_of : ndarray of int64, shape (n_cells,)
        Vehicle of each cell.
    ends : ndarray, shape (n_cells,)
        Share of the vehicles that end in the host country; NaN where the share exported says.
    """

    lived: Lived
    by_place: FloatArray
    vehicle_of: IntArray
    ends: FloatArray

    @property
    def activity(self) -> FloatArray:
        """What the vehicles of every draw did, (n, n_cells, 14)."""
        return self.lived.activity[self.lived.activity_row]

    def total(self, factors: Mapping[str, FloatArray], energy: FloatArray, collected: FloatArray) -> FloatArray:
        """Return the impacts per life, (n, n_cells, n_categories), of factors and of what electricity brings."""
        lived = self.lived._replace(energy=energy, energy_row=np.arange(len(energy)))
        return cell_impacts(lived, self.vehicle_of, self.ends, collected, factors).total


def _local(places: Places, arm: Arm, inputs: Inputs, found: Mapping[str, FloatArray]) -> FloatArray:
    """Return what is driven and buried in either country, by where it falls: (n, n_cells, n_categories, 2)."""
    activity, vehicle_of = arm.activity, arm.vehicle_of
    upkeep = (
        found["maintenance_per_km"][:, np.newaxis, :, :, np.newaxis]
        * shares(inputs, places.maintenance)[:, :, np.newaxis]
    )
    on_road = found["wear_per_km"] + found["road_per_km"]
    abroad = activity[..., DISTANCE_HOST]
    uncollected = activity[..., RETIRED_HOME] * (1.0 - inputs["home_collection_share"][:, np.newaxis])
    driven = (activity[..., DISTANCE] - abroad, abroad)
    buried = (uncollected, activity[..., LANDFILLED])
    falls = np.zeros((*activity.shape[:2], on_road.shape[-1], len(COUNTRIES)))
    for country in range(len(COUNTRIES)):
        falls += driven[country][..., np.newaxis, np.newaxis] * upkeep[:, country][:, vehicle_of]
        falls[..., country] += driven[country][..., np.newaxis] * on_road[:, vehicle_of]
        falls[..., country] += buried[country][..., np.newaxis] * found["landfill"][:, vehicle_of]
    return falls


def per_life_by_place(
    places: Places,
    assessment: Assessment,
    arm: Arm,
    inputs: Inputs,
    options: Options,
    found: Mapping[str, FloatArray],
) -> FloatArray:
    """Return the impacts of lives by place, (n, n_cells, 3, n_categories); places sum to the whole.

    Parameters
    ----------
    places, assessment
        From the study's tables.
    arm : Arm
        The lives.
    inputs, options, found : mapping
        As in `mcsim.studies.second_hand_ev.places.factors_by_place`.
    """
    n_categories, collected = len(assessment.categories), inputs["home_collection_share"]
    falls = _local(places, arm, inputs, found)
    for p, factors in enumerate(factors_by_place(places, assessment, inputs, options, found)):
        energy = np.ascontiguousarray(arm.by_place[..., p * n_categories : (p + 1) * n_categories])
        falls[..., p] += arm.total(factors, energy, collected)
    whole = arm.total(found, arm.lived.energy[arm.lived.energy_row], collected)
    at_home, in_host = falls[..., 0], falls[..., 1]
    return np.stack((at_home, in_host, whole - at_home - in_host), axis=2)


def per_km(arm: Arm, per_life: FloatArray) -> FloatArray:
    """Return impacts per life over the distance of a life, any further axes."""
    return np.asarray(per_life / arm.activity[..., DISTANCE].reshape(*per_life.shape[:2], *[1] * (per_life.ndim - 2)))


def difference_by_place(exported: FloatArray, stays: FloatArray, other: FloatArray) -> FloatArray:
    """Return what an export changes per km at every place, packed as ``impact_difference_by_place``.

    Parameters
    ----------
    exported : ndarray, shape (n, n_exported, n_ages, 3, n_categories)
        Of the exports, per km.
    stays : ndarray
        Of the vehicles that stay, of the same shape, or with one age for all.
    other : ndarray, shape (n, 3, n_categories)
        Of the vehicle that is sold in the host country.

    Examples
    --------
    >>> one = np.ones((1, 1, 1, 3, 1))
    >>> difference_by_place(3 * one, one, 2 * one[:, 0, 0]).tolist()
    [[2.0, 2.0, 2.0, 1.0, 1.0, 1.0]]
    """
    against = other[:, np.newaxis, np.newaxis]
    found = np.stack((exported - stays, exported - against), axis=2)
    return np.asarray(found.reshape(len(found), -1))


def street_share(
    assessment: Assessment, arm: Arm, per_life: FloatArray, inputs: Inputs, found: Mapping[str, FloatArray]
) -> FloatArray:
    """Return what leaves exhausts, tyres and brakes in cities of the host country, over all that falls in it.

    Parameters
    ----------
    assessment : Assessment
        Vehicles and categories.
    arm : Arm
        The lives.
    per_life : ndarray, shape (n, n_cells, 3, n_categories)
        From `per_life_by_place`.
    inputs, found : mapping
        As there; inputs with ``host_urban_share``, the distance driven in cities.

    Returns
    -------
    ndarray, shape (n, n_cells, categories of `STREET_CATEGORIES`)
        0 where nothing falls there.
    """
    none = {name: np.zeros_like(found[name]) for name in Factors._fields}
    burnt = found["use_per_litre"] - upstream_of_litre(assessment.cars, inputs)[:, :, np.newaxis]
    burnt[:, :, 0] = 0.0  # of `cars.BURNED`, the litres of the other country
    no_power = np.zeros((len(per_life), per_life.shape[1], per_life.shape[-1]))
    litres = {**none, "litres_per_km": found["litres_per_km"], "use_per_litre": burnt}
    street = arm.total(litres, no_power, inputs["home_collection_share"])
    street += arm.activity[..., DISTANCE_HOST][..., np.newaxis] * found["wear_per_km"][:, arm.vehicle_of]
    street *= inputs["host_urban_share"][:, np.newaxis, np.newaxis]
    part, whole = street[..., STREET], per_life[:, :, COUNTRIES.index("host")][..., STREET]
    return np.divide(part, whole, out=np.where(np.isnan(whole), np.nan, 0.0), where=whole > 0.0)
