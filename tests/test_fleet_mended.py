"""Figures of the fleet that were wrong once: each against the value that is right."""

import math

import numpy as np
import pytest

import mcsim
from mcsim.engine.evaluation import evaluate_centre
from mcsim.kernels.cohorts.arrivals import add_arriving_packs
from mcsim.kernels.cohorts.packs import fill_starts, quarter_age
from mcsim.kernels.cohorts.records import EV, SECOND_HAND
from mcsim.kernels.cohorts.repaired import add_repaired_packs, fill_renewal_law, fill_repaired
from mcsim.kernels.cohorts.room import Coming, Entries, Fitted, Members, Retiring
from mcsim.kernels.cohorts.second_hand import PackLaw, fill_came, fill_ends, sample_law
from mcsim.kernels.cohorts.space import ArrivalSpace, CameSpace, FittedSpace, RenewalSpace, SampledLaw, Traded
from mcsim.kernels.cohorts.stock import fill_weibull_steps, row_of
from mcsim.kernels.cohorts.trade import allocate
from mcsim.studies.common.ageing import life_shape
from mcsim.studies.fleet.charging import losses, read_losses

Y = 2005


@pytest.fixture(scope="module")
def fleet():
    return mcsim.load("fleet")


@pytest.fixture(scope="module")
def centre(fleet):
    return evaluate_centre(fleet)


def median(study, name):
    return float(next(item for item in study.inputs if item.name == name).distribution.median())


def test_charging_generates_what_the_grid_loses(fleet, centre):
    # 2023 is observed: 11.1 %; 2030 of the central path 10.3 %.
    table = fleet.tables["grid_losses"]
    weights = read_losses(table, "mx")
    drawn = {"grid_losses": np.tile(table.value, (3, 1)), "host_loss_position": np.array([0.0, 0.5, 1.0])}
    lost = losses(weights, drawn)
    np.testing.assert_allclose(lost[:, 2023 - Y], 0.111)
    np.testing.assert_allclose(lost[:, 2030 - Y], [0.088, 0.103, 0.12])
    evs = centre["stock"][0, :, :, EV].sum(axis=1)
    at_plug = evs * median(fleet, "mx_annual_distance") * median(fleet, "ev_energy_use") / 1e9
    intensity = centre["ev_charging_emissions"][0, 2023 - Y] / at_plug[2023 - Y]
    assert intensity == pytest.approx(median(fleet, "mx_grid_intensity_2025") / (1 - 0.111))


def test_vehicles_spread_within_the_law_of_lives_and_ignorance_outside_of_it(fleet):
    # Rates that differ by a factor e^0.29 between vehicles: lives to a given loss differ as much, in logarithms.
    assert life_shape(0.29) == pytest.approx(math.pi / math.sqrt(6) / 0.29)
    lives = np.random.default_rng(1).weibull(life_shape(0.29), 200_000)
    assert np.log(lives).std() == pytest.approx(0.29, rel=0.02)
    shape = next(item for item in fleet.inputs if item.name == "pack_life_shape").distribution
    low, high = shape.support()
    assert low < life_shape(0.29) < high
    for name in ("fleet", "battery-circularity", "battery-circularity-mexico"):
        found = next(item for item in mcsim.load(name).inputs if item.name == "annual_degradation").distribution
        quantiles = np.log(found.ppf(np.array([0.1586552539, 0.5, 0.8413447461])))
        np.testing.assert_allclose(np.diff(quantiles), 0.20, rtol=1e-6)


@pytest.mark.parametrize("share", [0.009, 0.016, 0.03])
def test_imports_join_their_history_and_reach_their_share_in_2030(fleet, share):
    found = evaluate_centre(fleet.set(us_retirement_share_to_mx=share))
    imports = found["registrations"][0, :, SECOND_HAND].sum(axis=1)
    # Observed imports came whatever the border's rule says; later ones it may refuse.
    imports[2024 - Y :] += found["used_ev_exports_refused"][0, 2024 - Y :]
    ratio = imports / found["us_pool"][0]
    last = ratio[2023 - Y]
    np.testing.assert_allclose(np.diff(ratio[2023 - Y : 2031 - Y]), (share - last) / 7, rtol=1e-9)
    np.testing.assert_allclose(ratio[2030 - Y :], share, rtol=1e-9)
    assert 0.009 < last < 0.018


@pytest.mark.parametrize(("name", "share"), [("import-share-busch", 0.05), ("import-share-ncst", 0.15)])
def test_higher_shares_are_named_scenarios(name, share):
    assert median(mcsim.load(name), "us_retirement_share_to_mx") == share


def test_old_packs_are_heavy_and_those_of_today_are_not(fleet, centre):
    table = fleet.tables["pack_mass_factor"]
    assert dict(zip(table.index, table.value, strict=True)) == {("2012",): 1.35, ("2018",): 1.1, ("2022",): 1.0}
    plain = evaluate_centre(fleet.set(**{f"pack_mass_factor[{year}]": 1.0 for year in (2012, 2018, 2022)}))
    ratio = centre["retired_battery_mass"][0] / np.maximum(plain["retired_battery_mass"][0], 1e-30)
    # Packs that retire in 2016 were made in 2011-2016, those of 2050 nearly all after 2022.
    assert 1.1 < ratio[2016 - Y, 0] < 1.35
    assert ratio[2050 - Y, 0] == pytest.approx(median(fleet, "pack_mass_factor[2022]"), rel=2e-3)
    # Materials and mass keep one composition.
    heavier = centre["material_contained"][0] / np.maximum(plain["material_contained"][0], 1e-30)
    found = plain["material_contained"][0, 2020 - Y :, :, 6] > 0
    np.testing.assert_allclose(heavier[2020 - Y :, :, 6][found], ratio[2020 - Y :][found], rtol=2e-3)


def fitted_space(years):
    early, late, entering, made = (np.empty(years) for _ in range(4))
    return FittedSpace(early, late, entering, np.empty(row_of(years)), np.empty(row_of(years)), made)


def test_a_replacement_holds_what_its_vehicles_pack_held():
    # One traded vehicle of 2015 (place 10) whose packs, its own and one fitted two years later, retire in 2020.
    years, ages, shifts = 16, 6, 3
    empty = np.zeros((1, ages, years))
    retired = np.zeros((1, ages, years, shifts))
    retired[0, 5, 0, 0], retired[0, 5, 0, 2] = 0.5, 0.25
    cells, number = retired.reshape(1, ages, years * shifts), retired.sum(axis=3)
    none = Fitted(*(np.zeros((1, ages, 0)) for _ in range(4)), np.zeros((1, 2, years + 1)))
    dead = np.zeros((1, ages, shifts))
    entries = Entries(np.ones((1, ages)), empty, empty, number, retired, cells, none, dead)
    coming = Coming(np.zeros((1, years, ages)), np.zeros((1, years, ages)))
    coming.working[0, 15, 5] = 4.0
    packs = Retiring(np.zeros((1, years)), np.zeros((1, row_of(years))))
    capacity = np.tile(np.arange(20.0, 20.0 + years), (1, 2, 1))
    space = ArrivalSpace(np.empty(years * shifts), fitted_space(years))
    one = Members(*(np.zeros(1, np.int64) for _ in Members._fields))
    add_arriving_packs(one, coming, entries, True, capacity, space, packs)
    assert packs.number[0, 15] == pytest.approx(3.0)
    # 30 kWh, the vehicle's, for both: not the 32 of vehicles sold when the second was fitted.
    np.testing.assert_allclose(packs.energy[0, row_of(15) + np.array([10, 12])], [60.0, 30.0])


def test_steeper_survival_goes_with_a_shorter_scale(fleet):
    found = mcsim.run(fleet, draws=400, seed=1, keep=["mean_fleet_age"]).inputs
    shape, scale = (np.argsort(np.argsort(found[f"mx_survival_{name}"])) for name in ("shape", "scale"))
    # Spearman's coefficient of 400 draws: its error is (1 - 0.25) / 20.
    assert np.corrcoef(shape, scale)[0, 1] == pytest.approx(-0.5, abs=0.12)


def test_recyclers_take_hardly_any_pack_today_and_a_lever_never_less(fleet):
    capacity = next(item for item in fleet.inputs if item.name == "recycling_capacity").distribution
    assert capacity.support() == (0.0, 2000.0)
    found = mcsim.run(fleet, draws=32, seed=1, keep=["battery_destination"]).values("battery_destination")
    assert found[..., 2].sum(axis=2).max() <= 2000.0 * (1 + 1e-9)
    lever = next(item for item in mcsim.load("recycling-mexico").inputs if item.name == "recycling_capacity")
    assert lever.distribution.support()[0] > 2000.0


def test_packs_that_end_in_the_host_leave_at_its_own_loss(fleet):
    loss = next(item for item in fleet.inputs if item.name == "mx_end_of_life_loss").distribution
    assert loss.support() == (0.25, 0.50)
    assert float(loss.median()) == pytest.approx(0.35)
    # The later a pack leaves, the fewer have left; nothing at home moves with it.
    early, late = (evaluate_centre(fleet.set(mx_end_of_life_loss=value)) for value in (0.25, 0.40))
    for name in ("us_deregistrations", "us_stock", "used_ev_exports"):
        np.testing.assert_array_equal(early[name], late[name])
    packs = "cumulative_retired_battery_mass"
    assert np.all(late[packs][0, 2030 - Y :] < early[packs][0, 2030 - Y :])
    ratio = late["second_life_on_offer"] / np.maximum(late["retired_battery_energy"].sum(axis=2), 1e-30)
    np.testing.assert_allclose(ratio[0, 2030 - Y :], median(fleet, "triage_share") * (1 - 0.40))


@pytest.mark.parametrize("host_scale", [12.0, 16.0, 24.0])
def test_a_pack_that_crosses_fails_no_earlier_than_its_quantile_does_in_the_host(host_scale):
    # Lives of shape 4 and 14 yr at home, and of another scale in the host; one quantile for both. At 8 years the best
    # exp(-(8 / 14)^4) of packs cross; of these those run at age t whose quantile fails later than t in the host - or,
    # where the host is harsher than home, that outlast t given that they serve at 8.
    age, shape, home_scale = 8, 4.0, 14.0
    home, host, start = np.empty(200), np.empty(200), np.empty(60)
    fill_weibull_steps(shape, home_scale, 0.25, home)
    fill_weibull_steps(shape, host_scale, 0.25, host)
    fill_starts(age, home, home, np.ones(200), 0, host, start[:1])
    yearly = SampledLaw(np.empty((4, 30)), np.ones((4, 30)))
    sample_law(host, yearly.end)
    space = CameSpace(np.ones(13), np.empty(13), np.empty(12), np.empty(13))
    left, number, retired = np.empty(12), np.empty(12), np.zeros((12, 1))
    fill_came(age, 2, yearly, Traded(np.ones(1), start), space, left, number, retired)
    crossed = math.exp(-((age / home_scale) ** shape))
    known = min(crossed, math.exp(-((age / host_scale) ** shape)))
    expected = [min(math.exp(-((t / host_scale) ** shape)), known) / known for t in range(age + 1, age + 13)]
    np.testing.assert_allclose(left, expected, rtol=1e-9, atol=1e-12)


def half_by_half(age, exposure, end, defects, alive, share, start, repair, years):
    """An import's packs in plain Python: {(year, year of fitting since the vehicle's): retired} and share in use."""
    retired, left = {}, []
    packs = [  # (quarters since fitting at entry, share at a law of 1, earliest law, column, share running)
        [quarter_age(2 * age, fitted), part / (start[fitted] * defects[quarter_age(2 * age, fitted)]), start[fitted],
         0 if fitted == 0 else (fitted - exposure + 1) // 2, part]
        for fitted, part in enumerate(share) if part > 0.0
    ]  # fmt: skip
    for year in range(years):
        for half in range(max(2 * (year - 1) + exposure, 0), 2 * year + exposure):
            failed = 0.0
            for pack in packs:
                quarters = pack[0] + 2 * (half + 1)
                after = pack[1] * min(end[quarters], pack[2]) * defects[quarters]
                key = year, pack[3]
                retired[key] = retired.get(key, 0.0) + alive[half] * pack[4] - alive[half + 1] * after
                failed += pack[4] - after
                pack[4] = after
            if repair > 0.0:
                # In the middle of its half-year: a quarter old at the end of it, and all there by convention.
                packs.append([1 - 2 * (half + 1), repair * failed, 1.0, age + year, repair * failed])
                key = year, age + year
                retired[key] = retired.get(key, 0.0) + 0.5 * (alive[half] - alive[half + 1]) * repair * failed
        left.append(alive[2 * year + exposure] * sum(pack[4] for pack in packs))
    return retired, left


@pytest.mark.parametrize("exposure", [0, 1, 2])
@pytest.mark.parametrize("repair", [0.0, 0.3, 1.0])
def test_packs_of_an_import_and_those_of_its_repairs_are_those_of_its_half_years(exposure, repair):
    age, years, classes, shifts = 6, 10, 9, 6
    end, defects, alive = np.empty(200), np.empty(200), np.empty(2 * years + 1)
    fill_weibull_steps(3.5, 11.0, 0.25, end)
    fill_weibull_steps(1.0, 80.0, 0.25, defects)
    fill_weibull_steps(2.5, 12.0, 0.5, alive)
    share = np.array([0.5, 0.0, 0.2, 0.0, 0.0, 0.1, 0.0, 0.15, 0.05])
    start = np.array([end[quarter_age(2 * age, fitted)] for fitted in range(classes)])
    start[5] *= 0.9
    expected, expected_left = half_by_half(age, exposure, end, defects, alive, share, start, repair, years)
    yearly = SampledLaw(np.empty((4, 60)), np.empty((4, 60)))
    sample_law(end, yearly.end)
    sample_law(defects, yearly.defects)
    came = CameSpace(np.empty(years + 1), np.empty(years + 1), np.empty(years), np.empty(years + 1))
    fill_ends(alive, exposure, came.alive)
    left, number, retired = np.empty(years), np.empty(years), np.zeros((years, shifts))
    fill_came(age, exposure, yearly, Traded(share, start), came, left, number, retired)
    halves = 2 * years
    renewal = RenewalSpace(np.empty(halves + 1), np.empty(halves), np.empty(halves), np.empty(years))
    fitted = Fitted(*(np.empty((1, age + 1, years)) for _ in range(4)), np.empty((1, 2, years + 1)))
    fill_renewal_law(PackLaw(end, defects, repair), fitted.served[0], renewal.loss)
    one = Fitted(*(values[0, age] for values in fitted[:4]), fitted.served[0])
    fill_repaired(repair, exposure, alive, came, renewal, left, number, one)
    np.testing.assert_allclose(left, expected_left, rtol=1e-12)
    # One vehicle comes in the first year with a pack of 1 kWh: what retires is told by year and year of fitting.
    working = np.zeros((1, years, age + 1))
    working[0, 0, age] = 1.0
    none = np.empty((1, 0, 0, 0))
    entries = Entries(none, none, none, none, none, none, fitted, none)
    for renewed in (True, False):
        energy = np.zeros(row_of(years))
        add_repaired_packs(
            0, 0, Coming(working, working), entries, renewed, np.ones(years), fitted_space(years), energy
        )
        for year in range(years):
            for shift in range(shifts):
                assert retired[year, shift] == pytest.approx(expected.get((year, shift), 0.0), rel=1e-11, abs=1e-15)
            row = energy[row_of(year) : row_of(year + 1)]
            known = [expected.get((year, age + since), 0.0) for since in range(year + 1)]
            np.testing.assert_allclose(row, known, rtol=1e-11, atol=1e-15)
            assert number[year] == pytest.approx(row.sum() + retired[year].sum(), rel=1e-12, abs=1e-15)
        assert (energy.sum() > 0.01) == (repair > 0.0)


@pytest.mark.parametrize("renewed", [True, False])
def test_packs_fitted_in_imports_of_several_years_and_ages_are_the_sum_of_each(renewed):
    # Summing first what enters in one year must not mix ages whose vehicles live differently, or capacities.
    years, ages, rng = 8, 4, np.random.default_rng(3)
    fitted = Fitted(*rng.random((4, 1, ages, years)), rng.random((1, 2, years + 1)))
    if renewed:
        fitted.living[0] = fitted.living[0, 0]
    working, capacity = rng.random((1, years, ages)) * (rng.random((1, years, ages)) < 0.5), rng.uniform(20, 90, years)
    none = np.empty((1, 0, 0, 0))
    entries = Entries(none, none, none, none, none, none, fitted, none)

    def energy(came, summed):
        found = np.zeros(row_of(years))
        add_repaired_packs(0, 0, Coming(came, came), entries, summed, capacity, fitted_space(years), found)
        return found

    alone = np.zeros(row_of(years))
    for cell in zip(*np.nonzero(working), strict=True):
        one = np.zeros_like(working)
        one[cell] = working[cell]
        alone += energy(one, False)
    np.testing.assert_allclose(energy(working, renewed), alone, rtol=1e-11, atol=1e-9)


def test_what_one_age_sought_in_vain_no_other_age_finds():
    # 30 wanted of a pool of 6: all of it is taken, from the ages that have it, and the rest is missing.
    taken, open_age = np.empty(4), np.array([True, True, False, True])
    missing = allocate(30.0, np.array([0.25, 0.25, 0.25, 0.25]), open_age, np.array([1.0, 2.0, 9.0, 3.0]), taken)
    assert taken.tolist() == [1.0, 2.0, 0.0, 3.0]
    assert missing == pytest.approx(24.0)
