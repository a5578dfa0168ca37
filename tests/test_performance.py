"""What an export changes of a vehicle's doing, by age and odometer, and when production is paid back."""

import numpy as np
import pytest
from test_vehicle import evaluate, inputs_of, told

from mcsim.studies.second_hand_ev.performance import METRICS, ODOMETERS
from mcsim.study.load import load

PLUGGED, HOME, EXPORT, HOST = ("ev-suv", "ev-compact", "ev-compact-mx"), 0, 1, 2
DRAWS = 40


@pytest.fixture(scope="module")
def study():
    return load("second-hand-ev")


@pytest.fixture(scope="module")
def inputs(study):
    return inputs_of(study, np.random.default_rng(3).random((DRAWS, len(study.inputs))))


@pytest.fixture(scope="module")
def values(study, inputs):
    return evaluate(study, inputs)


@pytest.fixture(scope="module")
def of_cohort(study, inputs):
    return evaluate(study, inputs, condition="cohort")


def rows(study, names):
    labels = next(output for output in study.model.outputs if output.name == "lifetime_distance").dims[0].coords
    return [labels.index(name) for name in names]


def test_electricity_at_the_plant_is_that_at_the_plug_over_what_is_not_lost(study, inputs, values):
    lost = evaluate(study, {**inputs, "grid_losses": np.full_like(inputs["grid_losses"], 0.1)})
    plug, plant = (told(study, lost, name) for name in ("energy_per_km", "energy_per_km_at_plant"))
    np.testing.assert_allclose(plant * 0.9, plug, rtol=1e-12)
    plug, plant = (
        told(study, values, name)[:, rows(study, PLUGGED)] for name in ("energy_per_km", "energy_per_km_at_plant")
    )
    shown = np.isfinite(plug)
    assert (plant[shown] > 1.02 * plug[shown]).all()
    assert (plant[shown] < 1.3 * plug[shown]).all()


def test_packs_are_recycled_or_landfilled(study, values):
    recycled = told(study, values, "packs_recycled_us") + told(study, values, "packs_recycled_mx")
    ended = recycled + told(study, values, "packs_landfilled")
    np.testing.assert_allclose(told(study, values, "recycling_probability"), recycled / ended, rtol=1e-12)
    # Invariant of every life: what is made ends.
    np.testing.assert_allclose(ended, told(study, values, "packs_produced"), rtol=1e-9)


def test_the_change_of_a_metric_is_that_of_the_outputs_that_tell_it(study, of_cohort):
    change = told(study, of_cohort, "performance_change")
    for place, metric in enumerate(METRICS):
        whole = told(study, of_cohort, metric)
        stays = np.where(whole[:, :, HOME] > 0.0, whole[:, :, HOME], np.nan)
        by_hand = (whole[:, :, EXPORT] - stays) / stays
        shown = np.isfinite(change[..., place])
        np.testing.assert_allclose(change[..., place][shown], by_hand[shown], rtol=1e-9, atol=1e-12)
        assert np.isfinite(by_hand[~shown]).sum() == 0
    assert np.isnan(change[:, rows(study, ["hev-compact"])[0], :, METRICS.index("energy_per_km")]).all()
    assert np.isfinite(change[:, rows(study, ["hev-compact"])[0], :, METRICS.index("packs_produced")]).any()


def test_vehicles_that_cross_are_compared_with_the_same_vehicles_kept(study, inputs, values):
    """Past the crossing nothing differs where nothing is left to differ: one country on both sides of the border."""
    change = told(study, values, "performance_change")[:, rows(study, ["ev-suv"])[0]]
    late = change[:, 16:19, METRICS.index("lifetime_distance")]
    early = change[:, :3, METRICS.index("lifetime_distance")]
    assert np.nanmedian(np.abs(late)) < 0.5 * np.nanmedian(np.abs(early))
    shown = np.isfinite(change[..., METRICS.index("replacement_probability")])
    assert (change[..., METRICS.index("replacement_probability")][shown] >= -1.0 - 1e-12).all()


@pytest.mark.parametrize("odometer", [80000, 160000])
def test_a_trade_at_an_odometer_is_the_trade_triggered_by_it(study, inputs, values, odometer):
    at = {**inputs, "trade_odometer": np.full(DRAWS, float(odometer))}
    triggered = told(study, evaluate(study, at, export_trigger="odometer"), "impact_change_at_trade")
    swept = told(study, values, "impact_change_by_odometer")[:, :, :, ODOMETERS.index(odometer)]
    np.testing.assert_array_equal(swept, triggered)


def test_a_metric_at_an_odometer_mixes_the_amounts_of_the_ages_beside_it(study, of_cohort):
    suv = rows(study, ["ev-suv"])[0]
    ages = told(study, of_cohort, "trade_age_at_odometer")[:, suv]
    change = told(study, of_cohort, "performance_change_by_odometer")[:, suv]
    distance, years = (told(study, of_cohort, name)[:, suv] for name in ("lifetime_distance", "lifetime_years"))
    for i in range(DRAWS):
        for step in range(len(ODOMETERS)):
            below = min(int(ages[i, step]), 19)
            late = ages[i, step] - below
            km, yr = (
                (1 - late) * whole[i, EXPORT, below] + late * whole[i, EXPORT, below + 1] for whole in (distance, years)
            )
            stays = distance[i, HOME, 0], years[i, HOME, 0]
            assert change[i, step, METRICS.index("lifetime_distance")] == pytest.approx(km / stays[0] - 1, abs=1e-9)
            apart = (km / yr) / (stays[0] / stays[1]) - 1
            assert change[i, step, METRICS.index("annual_distance")] == pytest.approx(apart, abs=1e-9)
    assert (np.diff(ages, axis=1) >= 0.0).all()


def stages_of(study, values):
    """Return global warming of a life by stage, and what production and all that a km brings are of it."""
    life = told(study, values, "impact_per_life")[..., 0]  # gwp is first
    return life, life[..., 0] + life[..., 1], life[..., 2:5].sum(axis=-1)


def test_a_debt_is_paid_where_what_is_saved_per_km_makes_up_for_it(study, values):
    """Lives in one country have one rate: distance = debt / (saved per km), the closed form."""
    _, made, driven = stages_of(study, values)
    km, never = (told(study, values, f"payback_{name}") for name in ("distance", "never"))
    years, life, age = (told(study, values, n) for n in ("payback_years", "lifetime_distance", "lifetime_years"))
    gasoline = rows(study, ["icev-compact"])[0]
    against = driven[:, gasoline, HOST, 0] / life[:, gasoline, HOST, 0]
    paid = 0
    for v in rows(study, PLUGGED):
        for route in (HOME, HOST):
            if np.isnan(life[:, v, route, 0]).all():
                continue
            whole = life[:, v, route, 0]
            debt, saved = made[:, v, route, 0] - made[:, gasoline, HOST, 0], against - driven[:, v, route, 0] / whole
            by_hand = np.maximum(debt, 0.0) / saved
            unpaid = (debt > 0.0) & ((saved <= 0.0) | (by_hand > whole))
            np.testing.assert_array_equal(never[:, v, route, 0] == 1.0, unpaid)
            np.testing.assert_allclose(km[~unpaid, v, route, 0], by_hand[~unpaid], rtol=1e-9)
            at = (by_hand / whole * age[:, v, route, 0])[~unpaid]
            np.testing.assert_allclose(years[~unpaid, v, route, 0], at, rtol=1e-9)
            assert np.isnan(km[unpaid, v, route, 0]).all()
            paid += (~unpaid).sum()
    assert paid > DRAWS


def test_a_debt_is_paid_within_a_life_if_and_only_if_the_life_saves_as_much(study, values):
    _, made, driven = stages_of(study, values)
    never, life = told(study, values, "payback_never"), told(study, values, "lifetime_distance")
    km = told(study, values, "payback_distance")
    gasoline = rows(study, ["icev-compact"])[0]
    against = (driven[:, gasoline, HOST, 0] / life[:, gasoline, HOST, 0])[:, None]
    for v in rows(study, PLUGGED[:2]):
        net = made[:, v, EXPORT] - made[:, gasoline, HOST, :1] + driven[:, v, EXPORT] - against * life[:, v, EXPORT]
        told_here = np.isfinite(net)
        # A debt paid at home and run up again abroad is paid: rare, and left aside.
        dirtier_abroad = never[:, v, EXPORT] == 0.0
        assert (never[:, v, EXPORT][told_here & (net < -1e-6)] == 0.0).all()
        assert (km[:, v, EXPORT][told_here & dirtier_abroad] <= life[:, v, EXPORT][told_here & dirtier_abroad]).all()
        np.testing.assert_array_equal(np.isnan(never[:, v, EXPORT]), np.isnan(life[:, v, EXPORT]))


def test_what_is_paid_before_the_border_does_not_see_the_grid_behind_it(study, inputs, values):
    other = evaluate(study, {**inputs, "mx_grid_position": 1.0 - inputs["mx_grid_position"]})
    suv, age = rows(study, ["ev-suv"])[0], 12
    before, after = (told(study, found, "payback_distance")[:, suv, EXPORT] for found in (values, other))
    years = told(study, values, "payback_years")[:, suv, EXPORT]
    home = years[:, age] < age
    assert home.sum() > 5
    np.testing.assert_allclose(before[home, age], after[home, age], rtol=1e-12)
    assert (before[:, 0] != after[:, 0]).any()


def test_sampled_lives_pay_as_expected_ones(study, inputs, values):
    few = {name: array[:6] for name, array in inputs.items()}
    sampled = evaluate(study, few, evaluation="lives", lives=4000)
    for name, near in (("payback_distance", 0.1), ("recycling_probability", 0.05), ("energy_per_km_at_plant", 0.01)):
        suv = rows(study, ["ev-suv"])[0]
        exact, drawn = (told(study, found, name)[:6, suv, EXPORT, 5] for found in (values, sampled))
        np.testing.assert_allclose(drawn, exact, rtol=near, atol=0.01)
