"""Cohort arithmetic: exact accounts, closed forms, plain-Python twins, vehicles drawn one by one."""

import math

import naive_fleet as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from mcsim.kernels.cohorts.home import fill_unit_leavers, fill_unit_replacements
from mcsim.kernels.cohorts.materials import WORK, fill_retired
from mcsim.kernels.cohorts.packs import fill_new_vehicles, fill_states, in_service
from mcsim.kernels.cohorts.records import MASS, ORIGINS, Contents, Policy
from mcsim.kernels.cohorts.room import Packs, Places, Retiring
from mcsim.kernels.cohorts.second_hand import fill_entry_survival
from mcsim.kernels.cohorts.space import PackSpace, StateSpace
from mcsim.kernels.cohorts.stock import fill_stock, fill_table_halves, fill_weibull_steps, push_ages, year_of_half
from mcsim.kernels.cohorts.trade import allocate, ev_share_of_pool, spread_ages
from mcsim.studies.fleet import stages

HALVES, QUARTERS = 164, 344
LAW = {"shape": 4.5, "warranty_scale": 17.0, "end_scale": 14.0, "hazard": 0.002}


def tables(cover, repair=0.0, law=LAW, classes=None):
    warranty, end, defects = np.empty(QUARTERS), np.empty(QUARTERS), np.empty(QUARTERS)
    fill_weibull_steps(law["shape"], law["warranty_scale"], 0.25, warranty)
    fill_weibull_steps(law["shape"], law["end_scale"], 0.25, end)
    fill_weibull_steps(1.0, 1 / max(law["hazard"], 1e-12), 0.25, defects)
    state = np.empty((HALVES, classes or (HALVES if repair else cover + 1)))
    running = np.empty(HALVES)
    space = StateSpace(*np.empty((5, len(running))))
    fill_states(warranty, end, defects, cover, repair, space, state, running)
    return warranty, end, defects, state, running


def test_stock_changes_by_inflow_less_outflow_in_every_year():
    rng = np.random.default_rng(1)
    inflow = rng.uniform(0, 1e6, (5, 46))
    left = np.sort(rng.random((5, 46)))[:, ::-1].copy()
    stock, gone = np.empty_like(inflow), np.empty_like(inflow)
    fill_stock(inflow, left, stock, gone)
    before = np.concatenate([np.zeros((5, 1)), stock[:, :-1]], axis=1)
    np.testing.assert_allclose(stock - before, inflow - gone, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("exposure", "rule"), [(0, "left"), (1, "middle"), (2, "right")])
def test_stationary_stock_is_inflow_times_mean_life_up_to_the_timing(exposure, rule):
    shape, scale, years = 2.5, 12.0, 80
    alive = np.empty(2 * years + 2)
    fill_weibull_steps(shape, scale, 0.5, alive)
    left = alive[exposure::2][:years].copy()[None]
    stock, gone = np.empty((1, years)), np.empty((1, years))
    fill_stock(np.full((1, years), 1000.0), left, stock, gone)
    mean_life = scale * math.gamma(1 + 1 / shape)
    # Entering at the end of the year adds half a year of full survival, at the start it takes half a year away.
    shift = {"left": 0.5, "middle": 0.0, "right": -0.5}[rule]
    assert stock[0, -1] == pytest.approx(1000.0 * (mean_life + shift), rel=2e-4)


def test_convolution_equals_the_sum_over_entry_years():
    rng = np.random.default_rng(2)
    inflow, left = rng.random(30), np.sort(rng.random(30))[::-1].copy()
    stock, gone = np.empty((1, 30)), np.empty((1, 30))
    fill_stock(inflow[None], left[None], stock, gone)
    expected = [sum(inflow[m] * left[y - m] for m in range(y + 1)) for y in range(30)]
    np.testing.assert_allclose(stock[0], expected, rtol=1e-13)


def test_age_groups_sum_to_the_stock_and_ages_to_its_mean():
    left = np.linspace(1.0, 0.2, 12)
    total, groups = np.zeros(12), np.zeros((5, 12))
    push_ages(10.0, left, 0, 3, 1, total, groups)
    np.testing.assert_allclose(groups.sum(axis=0), 10.0 * left)
    np.testing.assert_allclose(total, 10.0 * left * (3.5 + np.arange(12)))


def test_halves_of_the_table_are_linear_between_years():
    table, out = np.array([1.0, 0.9, 0.5, 0.0]), np.empty(9)
    fill_table_halves(table, 1.25, out)
    expected = [naive.tabulated(0.5 * half, table, 1.25) for half in range(9)]
    np.testing.assert_allclose(out, expected, atol=1e-15)


@pytest.mark.parametrize("exposure", [0, 1, 2])
def test_half_years_fall_into_the_year_that_contains_them(exposure):
    for year in range(1, 5):
        inside = [half for half in range(1, 12) if 2 * (year - 1) + exposure < half <= 2 * year + exposure]
        assert {year_of_half(half, exposure) for half in inside} == {year}


@pytest.mark.parametrize(("cover", "repair"), [(16, 0.0), (0, 0.0), (16, 0.4), (7, 0.0)])
def test_pack_states_equal_the_plain_twin(cover, repair):
    *_, state, running = tables(cover, repair)
    twin = naive.pack_states(60, cover, repair, LAW["shape"], LAW["warranty_scale"], LAW["end_scale"], LAW["hazard"])
    for half in range(60):
        assert running[half] == pytest.approx(sum(twin[half].values()), abs=1e-13)
        for fitted, share in twin[half].items():
            assert state[half, fitted] == pytest.approx(share, abs=1e-13)


@given(
    cover=st.integers(0, 40),
    repair=st.sampled_from([0.0, 1.0]) | st.floats(0, 1),
    shape=st.floats(0.5, 10),
    warranty_scale=st.floats(2, 60),
    ratio=st.floats(0.3, 2),
    hazard=st.floats(0, 0.5),
)
@settings(max_examples=40, deadline=None)
def test_the_rule_of_warranty_and_repair_is_the_statement_of_the_plain_twin(
    cover, repair, shape, warranty_scale, ratio, hazard
):
    law = {"shape": shape, "warranty_scale": warranty_scale, "end_scale": ratio * warranty_scale, "hazard": hazard}
    *_, state, running = tables(cover, repair, law, HALVES)
    twin = naive.pack_states(60, cover, repair, *law.values())
    for half in range(60):
        # No defects are a hazard of 1e-12 in the grid, and a share below 1e-16 is nobody.
        assert running[half] == pytest.approx(sum(twin[half].values()), abs=1e-10)
        for fitted, share in twin[half].items():
            assert state[half, fitted] == pytest.approx(share, abs=1e-10)


def test_no_vehicle_is_lost_to_its_pack_under_warranty():
    *_, running = tables(16)
    np.testing.assert_allclose(running[:17], 1.0, rtol=1e-13)


def test_a_pack_already_past_its_end_of_life_leaves_when_the_cover_ends():
    law = np.linspace(1.0, 0.0, 21)
    assert in_service(4, 0, 4, law, law**4) == law[8]
    assert in_service(5, 0, 4, law, law**4) == law[10] ** 4


@pytest.mark.parametrize("repair", [0.0, 0.5])
@pytest.mark.parametrize("exposure", [0, 1, 2])
def test_packs_fitted_are_packs_retired_and_packs_in_use(repair, exposure):
    cover, years = 16, 46
    *_, state, running = tables(cover, repair)
    alive = np.empty(HALVES)
    fill_weibull_steps(2.5, 28.0, 0.5, alive)
    left, shifts = np.empty(years), 60
    covered, later, replaced = (np.empty((years, shifts)) for _ in range(3))
    by_class = np.empty(state.shape[1])
    fill_new_vehicles(alive, state, running, cover, exposure, by_class, left, covered, later, replaced)
    twin = naive.pack_states(96, cover, repair, LAW["shape"], LAW["warranty_scale"], LAW["end_scale"], LAW["hazard"])
    expected_left, expected, expected_replaced = naive.new_vehicle(alive, twin, cover, repair, exposure, years)
    np.testing.assert_allclose(left, expected_left, atol=1e-13)
    assert replaced.sum() == pytest.approx(expected_replaced, abs=1e-13)
    for (year, shift), packs in expected.items():
        assert covered[year, shift] + later[year, shift] == pytest.approx(packs, abs=1e-13)
    fitted = 1.0
    for half in range(1, 2 * (years - 1) + exposure + 1):
        failed = sum(twin[half - 1].values()) - sum(share for at, share in twin[half].items() if at < half)
        fitted += failed * (1.0 if half <= cover else repair) * (alive[half - 1] + alive[half]) / 2
    assert covered.sum() + later.sum() + left[-1] == pytest.approx(fitted, abs=1e-12)


def test_grid_agrees_with_single_vehicles_in_continuous_time():
    cover, count, years = 16, 40_000, 40
    *_, state, running = tables(cover)
    alive = np.empty(HALVES)
    fill_weibull_steps(2.5, 20.0, 0.5, alive)
    left, (covered, later, replaced) = np.empty(years), (np.empty((years, 10)) for _ in range(3))
    by_class = np.empty(state.shape[1])
    fill_new_vehicles(alive, state, running, cover, 1, by_class, left, covered, later, replaced)
    leaves, packs = naive.simulate_new_evs(count, 7, (2.5, 20.0), *LAW.values(), 8.0, 90.0)
    for year in (2, 7, 10, 15, 22):
        share = np.mean(leaves > year + 0.5)
        error = math.sqrt(share * (1 - share) / count)
        # Replacements sit in the middle of their half-year: a bias below 0.001.
        assert abs(left[year] - share) < 4 * error + 1e-3
    assert abs(1 + replaced.sum() - packs.mean()) < 4 * packs.std() / math.sqrt(count) + 1e-3


@pytest.mark.parametrize("renewed", [True, False])
def test_entry_survival_equals_the_plain_twin(renewed):
    alive = np.empty(60)
    fill_entry_survival(9, renewed, 2.5, 28.0, 0.9, alive)
    expected = [naive.import_survival(9, half / 2, renewed, 2.5, 28.0, 0.9) for half in range(60)]
    np.testing.assert_allclose(alive, expected, rtol=1e-12)


def test_unfilled_imports_move_to_the_nearest_open_age_and_the_rest_is_counted():
    weight, pool = np.array([0.0, 0.5, 0.5, 0.0]), np.array([9.0, 4.0, 1.0, 2.0])
    taken = np.empty(4)
    missing = allocate(12.0, weight, np.array([False, True, True, True]), pool, taken)
    assert missing == 5.0
    np.testing.assert_array_equal(taken, [0.0, 4.0, 1.0, 2.0])


@given(
    wanted=st.floats(0, 1e9),
    pool=st.lists(st.floats(0, 1e8), min_size=5, max_size=5),
    weights=st.lists(st.floats(0, 1), min_size=5, max_size=5),
    gates=st.lists(st.booleans(), min_size=5, max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_allocation_never_exceeds_the_pool_and_loses_nothing(wanted, pool, weights, gates):
    total = sum(weights)
    weight = np.array(weights) / total if total > 0 else np.zeros(5)
    taken, on_offer = np.empty(5), np.array(pool)
    missing = allocate(wanted, weight, np.array(gates), on_offer, taken)
    assert (taken <= on_offer * (1 + 1e-12)).all()
    assert (taken >= 0).all()
    assert taken.sum() + missing == pytest.approx(wanted, rel=1e-9, abs=1e-6)


def test_ev_ages_spread_around_their_centre_within_the_open_ages():
    weight = np.empty(15)
    gates = np.zeros(15, bool)
    gates[5:13] = True
    spread_ages(8.5, 2.0, gates, weight)
    assert weight.sum() == pytest.approx(1.0)
    assert weight @ np.arange(15) == pytest.approx(8.5)


def test_ev_share_of_an_empty_pool_is_none():
    assert ev_share_of_pool(np.ones(2) / 2, np.zeros(2), np.zeros(2)) == 0.0


def yearly(policy, years):
    """A policy of one draw from scalars, alike in all years."""
    shapes = {"second_years": (1,), "second_collection": (1,), "take_back": (1, years, len(ORIGINS))}
    return Policy(
        *(
            np.broadcast_to(value, shapes.get(name, (1, years))).copy()
            for name, value in zip(Policy._fields, policy, strict=True)
        )
    )


@pytest.mark.parametrize(
    "policy",
    [
        Policy(1.0, 0.0, 0.0, 0.0, 0.0, 8.0, 1.0, 1e9),
        Policy(0.9, 0.7, (0.0, 0.5), 0.1, 0.4, 8.3, 0.8, 1e9),
        Policy(0.9, 0.7, (0.3, 0.5), 0.1, 0.4, 8.3, 0.8, 1e9),
        Policy(0.9, 0.7, 0.0, 0.0, 1.0, 3.0, 1.0, 50.0),
    ],
)
def test_contained_materials_are_recovered_lost_or_still_in_use(policy):
    rng, years, materials = np.random.default_rng(3), 46, 8
    width = 3 + materials
    numbers = rng.uniform(0, 1e5, (4, 1, years, years)) * np.tri(years)
    up_to_the_year = np.tril_indices(years)
    packs = Packs(
        *(Retiring(number.sum(axis=2), number[:, *up_to_the_year] * rng.uniform(20, 80)) for number in numbers)
    )
    contents = Contents(
        rng.uniform(20, 80, (1, 2, years)), rng.uniform(4, 8, (1, years)), rng.random((1, years, materials)),
        rng.random((1, materials)), rng.random((1, materials)), yearly(policy, years),
    )  # fmt: skip
    space = PackSpace(np.empty((years, width)), np.empty((2, years, width)), np.empty((2, WORK, width)))
    found = stages.empty_retired(1, years, materials)
    places = Places(*np.zeros((2, 1), np.int64))
    fill_retired(packs, places, contents, space, found)
    contained, recovered, lost = (part.sum(axis=1) for part in (found.contained, found.recovered, found.lost))
    np.testing.assert_allclose(contained, recovered + lost + found.held[:, -1], rtol=1e-9)
    assert (lost >= 0).all()
    np.testing.assert_allclose(found.destination.sum(axis=-1), found.amount[..., MASS] + found.returned, rtol=1e-9)
    amounts = stages.run_amounts(packs, places, contents.mass)
    for alone, beside in zip(amounts, (found.amount, found.replaced), strict=True):
        np.testing.assert_allclose(alone, beside, rtol=1e-12)


def test_mean_life_of_the_half_year_grid_is_the_integral_of_survival():
    alive = np.empty(400)
    fill_weibull_steps(3.0, 15.0, 0.5, alive)
    exact, _ = integrate.quad(lambda age: math.exp(-((age / 15.0) ** 3.0)), 0, 100)
    assert 0.5 * (alive.sum() - 0.5) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("repair", [0.0, 0.4])
def test_packs_that_leave_with_their_vehicle_and_those_replaced_are_all_that_retire(repair):
    halves, years, cover, exposure = 40, 18, 16, 1
    alive, warranty, end, defects = (np.empty(2 * halves + 16) for _ in range(4))
    for (shape, scale, step), law in zip(
        [(3.0, 12.0, 0.5), (4.0, 11.0, 0.25), (4.0, 9.0, 0.25), (1.0, 90.0, 0.25)],
        [alive, warranty, end, defects],
        strict=True,
    ):
        fill_weibull_steps(shape, scale, step, law)
    state, running = np.empty((halves, halves)), np.empty(halves)
    space = StateSpace(*np.empty((5, len(running))))
    fill_states(warranty, end, defects, cover, repair, space, state, running)
    left, tables = np.empty(years), [np.empty((years, years)) for _ in range(3)]
    fill_new_vehicles(alive, state, running, cover, exposure, np.empty(halves), left, *tables)
    columns = [np.empty(years) for _ in range(5)]
    fill_unit_leavers(alive, alive, running, exposure, *columns[:4])
    fill_unit_replacements(alive, state, exposure, columns[4])
    died, failed, replaced = columns[0], columns[1], columns[4]
    assert replaced.sum() > 0.01
    np.testing.assert_allclose(died + failed + replaced, tables[0].sum(axis=1) + tables[1].sum(axis=1), rtol=1e-12)
