"""Impacts of a life by stage against the sentence that each stage is, with factors that all differ."""

import numpy as np
import pytest

from mcsim.kernels.life import records
from mcsim.kernels.life.energy import padded
from mcsim.studies.second_hand_ev.assembly import N_STAGES, STAGES, Factors, Impacts, Lived, life_impacts

N, VEHICLES, CATEGORIES = 3, 2, 4
CELLS = np.array([0, 1, 0])  # the vehicle of each cell
ABROAD = np.array([0.0, 1.0, np.nan])  # kept at home, at home in the host country, exported with a chance


@pytest.fixture(scope="module")
def given():
    draw = np.random.default_rng(5)
    size = {"litres_per_km": (N, VEHICLES), "use_per_litre": (N, VEHICLES, 3, CATEGORIES)}
    size["vehicle_end_of_life"] = (N, VEHICLES, 2, CATEGORIES)
    factors = Factors(*(draw.random(size.get(name, (N, VEHICLES, CATEGORIES))) for name in Factors._fields))
    activity, energy = draw.random((N, len(CELLS), 14)), draw.random((N, len(CELLS), padded(CATEGORIES)))
    return activity, energy, draw.random(N), factors


def lived_as(activity, energy):
    """Return the lives of the draws in another order, and which row each draw takes."""
    turned, back = np.array([2, 0, 1]), np.array([1, 2, 0])
    return Lived(activity[turned], energy[back], back, turned)


def naive(activity, energy, collected, factors, draw, cell, category):
    """Return the impacts of one life by stage, in words."""
    vehicle = CELLS[cell]

    def lived(name):
        return activity[draw, cell, getattr(records, name)]

    def of(name):
        return getattr(factors, name)[draw, vehicle, category]

    litres = factors.litres_per_km[draw, vehicle]
    burned = factors.use_per_litre[draw, vehicle, :, category]
    gasoline = [lived("FUELLED_HOME"), lived("FUELLED_HOST") - lived("FUELLED_HOST_LATE"), lived("FUELLED_HOST_LATE")]
    crosses = {0.0: 0.0, 1.0: 1.0}.get(ABROAD[cell], lived("EXPORTED"))
    recycled = lived("RETIRED_HOME") * collected[draw]
    at_home, in_host = factors.vehicle_end_of_life[draw, vehicle, :, category]
    return {
        "vehicle_production": of("vehicle_production"),
        "battery_production": lived("PRODUCED_DISCOUNTED") * of("battery_production"),
        "use": energy[draw, cell, category]
        + of("wear_per_km") * lived("DISTANCE")
        + litres * sum(km * per for km, per in zip(gasoline, burned, strict=True)),
        "maintenance": of("maintenance_per_km") * lived("DISTANCE"),
        "road": of("road_per_km") * lived("DISTANCE"),
        "vehicle_end_of_life": at_home * (1 - crosses) + in_host * crosses,
        "battery_recycling": recycled * of("recycling_home") + lived("RECYCLED_HOST") * of("recycling_host"),
        "recycling_credit": -recycled * of("credit_home") - lived("RECYCLED_HOST") * of("credit_host"),
        "landfill": (lived("LANDFILLED") + lived("RETIRED_HOME") - recycled) * of("landfill"),
    }


def test_every_stage_is_what_its_sentence_says(given):
    activity, energy, collected, factors = given
    stages = np.full((N, len(CELLS) * N_STAGES * CATEGORIES), np.nan)
    per_km, total = np.full_like(stages, np.nan), np.full((N, len(CELLS), CATEGORIES), np.nan)
    impacts = Impacts(stages, per_km, total, np.full_like(total, np.nan))
    life_impacts(lived_as(activity, energy), CELLS, ABROAD, collected, factors, impacts)
    told = stages.reshape(N, len(CELLS), N_STAGES, CATEGORIES)
    for draw, cell, category in np.ndindex(N, len(CELLS), CATEGORIES):
        wanted = naive(activity, energy, collected, factors, draw, cell, category)
        assert tuple(wanted) == STAGES
        np.testing.assert_allclose(told[draw, cell, :, category], list(wanted.values()), rtol=1e-13)
        np.testing.assert_allclose(total[draw, cell, category], sum(wanted.values()), rtol=1e-13)
    distance = activity[:, :, records.DISTANCE][:, :, None, None]
    np.testing.assert_allclose(per_km.reshape(told.shape), told / distance, rtol=1e-13)
    np.testing.assert_allclose(impacts.total_per_km, per_km.reshape(told.shape).sum(axis=2), rtol=1e-13)


def test_totals_alone_are_the_same(given):
    activity, energy, collected, factors = given
    empty, total = np.empty((N, 0)), np.empty((N, len(CELLS), CATEGORIES))
    stages, both = np.empty((N, len(CELLS) * N_STAGES * CATEGORIES)), np.empty_like(total)
    for impacts in (
        Impacts(empty, empty, total, total[:0]),
        Impacts(stages, np.empty_like(stages), both, np.empty_like(total)),
    ):
        life_impacts(lived_as(activity, energy), CELLS, ABROAD, collected, factors, impacts)
    np.testing.assert_array_equal(total, both)
