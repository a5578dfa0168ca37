import math
import random
import runpy
from pathlib import Path

import numpy as np
import pytest
from life_settings import (
    AGES,
    CASES,
    COLUMNS,
    HOME,
    HOST,
    alive_until,
    curve,
    energy,
    expected,
    exported_at,
    lives_of,
    rules,
    sampled,
    weibull,
)
from naive_life import Law, closed_form_produced, simulate

from mcsim.kernels.life.expectation import expected_activity, room_for
from mcsim.kernels.life.records import DISTANCE, EXPORTED, LANDFILLED, PRODUCED, RECYCLED_HOST, RETIRED_HOME, USED_PACKS
from mcsim.studies.second_hand_ev.curves import distance_in_service

NEVER = Law(1.0, 1e12)
ARMS = (("us", None, HOME), ("us", 9, exported_at(9)), ("mx", None, HOST))
LIVES = 2000


def lasting(years):
    """A pack that fails at an age, almost surely."""
    return Law(2000.0, years)


def packs(setting, cell):
    row = expected(setting, 12)[cell]
    return [round(float(row[column]), 2) for column in (PRODUCED, RETIRED_HOME, RECYCLED_HOST, LANDFILLED)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("home", "age", "cell"), ARMS)
def test_the_grid_agrees_with_single_lives_in_continuous_time(case, home, age, cell):
    draws = random.Random(7)
    lives = [simulate(CASES[case], age, home, draws.random) for _ in range(LIVES)]
    row = expected(CASES[case], 12)[cell]
    told = {**{name: row[column] for name, column in COLUMNS.items()}, "energy": row[-1]}
    for name, value in told.items():
        seen = np.array([life[name] for life in lives])
        error = seen.std() / math.sqrt(LIVES) + 1.0 / LIVES
        assert abs(value - seen.mean()) < 4.0 * error, name


@pytest.mark.parametrize(
    ("what", "law", "dies", "cell", "found"),
    [
        ("US only, vehicle first", 30.0, 6, HOME, [1, 1, 0, 0]),
        ("US only, pack fails after the warranty", 9.0, 20, HOME, [1, 1, 0, 0]),
        ("US only, pack fails within the warranty", 5.04, 20, HOME, [2, 2, 0, 0]),
        ("fails within the warranty, then exported", 5.04, 20, exported_at(7), [2, 1, 0, 1]),
        ("fails after the warranty before the export age", 9.0, 20, exported_at(12), [1, 1, 0, 0]),
        ("exported at 5, pack fails at 6", 6.04, 20, exported_at(5), [1, 0, 0, 1]),
        ("new in Mexico, pack fails within the warranty", 5.04, 20, HOST, [2, 0, 1, 1]),
        ("new in Mexico, the second ends within it too", 5.04, 7, HOST, [2, 0, 2, 0]),
        ("new in Mexico, pack fails after the warranty", 9.0, 20, HOST, [1, 0, 0, 1]),
        ("new in Mexico, vehicle dies within the warranty", 30.0, 6, HOST, [1, 0, 1, 0]),
    ],
)
def test_each_case_of_disposal_counts_its_packs(what, law, dies, cell, found):
    setting = rules(lasting(law), home_survival=alive_until(dies), abroad_survival=alive_until(dies))
    assert packs(setting, cell) == found, what


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("steps", [1, 4])
def test_every_pack_that_appears_is_disposed_of(case, steps):
    rows = expected(CASES[case], steps)
    appeared = rows[:, PRODUCED] + rows[:, USED_PACKS]
    gone = rows[:, RETIRED_HOME] + rows[:, RECYCLED_HOST] + rows[:, LANDFILLED]
    np.testing.assert_allclose(appeared, gone, rtol=0, atol=1e-13)


@pytest.mark.parametrize(("steps", "bias"), [(1, 2e-3), (4, 1e-4), (12, 2e-5)])
def test_packs_produced_tend_to_the_closed_form(steps, bias):
    law = Law(6.0, 12.0)
    found = expected(rules(law), steps)[HOME, PRODUCED]
    assert abs(found - closed_form_produced(law, weibull(2.9, 17.0), 8.0)) < bias


def test_identical_regions_without_a_warranty_leave_no_difference():
    setting = rules(
        Law(5.0, 14.0), warranty=0.0, abroad_survival=weibull(2.9, 17.0), abroad_rate=rules(NEVER).home_rate
    )
    rows = expected(setting)
    for age in range(21):
        for column in (DISTANCE, PRODUCED, -1):
            assert rows[exported_at(age), column] == pytest.approx(rows[HOME, column], rel=1e-14)


@pytest.mark.parametrize("answers", [{}, {"repair": 0.4, "swap": 0.3}])
def test_export_ages_past_a_full_register_follow_the_same_law(answers):
    # Ages are followed side by side, 24 at a time: the last are of the next block. One law everywhere: nothing changes.
    setting = rules(
        Law(5.0, 14.0, 0.001), warranty=0.0, abroad_survival=weibull(2.9, 17.0), abroad_rate=rules(NEVER).home_rate,
        **answers,
    )  # fmt: skip
    lives = lives_of(setting, 2)._replace(n_ages=31)
    filled = room_for(lives, 33, False)
    expected_activity(lives, False, filled)
    rows = filled.activity[0]
    for age in range(31):
        told = rows[exported_at(age), [DISTANCE, PRODUCED, USED_PACKS, COLUMNS["years"]]]
        assert told == pytest.approx(rows[HOME, [DISTANCE, PRODUCED, USED_PACKS, COLUMNS["years"]]], rel=1e-12)


def test_both_arms_given_export_share_their_past_and_differ_abroad_only():
    setting = rules(
        Law(5.0, 14.0), warranty=0.0, abroad_survival=weibull(2.9, 17.0), abroad_rate=rules(NEVER).home_rate
    )
    given, cohort = expected(setting, given_export=True), expected(setting)
    assert given[exported_at(0), DISTANCE] == pytest.approx(cohort[exported_at(0), DISTANCE], rel=1e-14)
    assert given[exported_at(9), DISTANCE] > cohort[exported_at(9), DISTANCE]


def test_a_pack_past_the_end_of_life_leaves_when_its_cover_ends():
    setting = rules(Law(5.0, 1e6), home=lasting(3.0), home_survival=alive_until(20), warranty=8.0)
    assert expected(setting, 12)[HOME, COLUMNS["years"]] == pytest.approx(8.0, abs=0.05)


def test_an_export_age_that_no_vehicle_reaches_is_told_as_nothing():
    setting = rules(Law(9.2, 14.0), home_survival=alive_until(12))
    given, cohort = expected(setting, 12, given_export=True), expected(setting, 12)
    for age in range(21):
        told = np.delete(given[exported_at(age)], EXPORTED)
        assert np.isnan(told).all() == np.isnan(told).any() == (age > 12)
        assert given[exported_at(age), EXPORTED] == cohort[exported_at(age), EXPORTED]
    assert np.isfinite(given[[HOME, HOST]]).all()
    assert np.isfinite(cohort).all()


@pytest.mark.parametrize("evaluate", [expected, lambda *a, **k: sampled(*a, 1 << 16, **k)[0]])
def test_of_fewer_than_one_vehicle_in_a_thousand_nothing_is_told_but_their_share(evaluate):
    shares = {8: 0.0013, 9: 0.0007}
    setting = rules(Law(9.2, 1e6), home_survival=curve(lambda age: shares.get(age, float(age < 8))))
    given = evaluate(setting, given_export=True)
    assert [np.isnan(given[exported_at(age), COLUMNS["km"]]) for age in (7, 8, 9)] == [False, False, True]
    assert given[exported_at(9), EXPORTED] == pytest.approx(0.0007, rel=0.5)


def test_a_pack_past_the_end_of_life_leaves_when_it_crosses():
    setting = rules(Law(5.0, 1e6), home=lasting(3.0), abroad=lasting(3.0), home_survival=alive_until(20))
    assert expected(setting, 12)[exported_at(5), COLUMNS["years"]] == pytest.approx(5.0, abs=0.05)


def test_equation_one_as_printed_loses_vehicles_on_crossing():
    setting = rules(NEVER, junction="printed", home_survival=alive_until(80), abroad_survival=weibull(3.2, 22.0))
    kept = expected(setting)[exported_at(15), DISTANCE]
    given = expected(rules(NEVER, home_survival=alive_until(80), abroad_survival=weibull(3.2, 22.0)))
    lost = 1.0 - (kept - 15 * 15.0 + 0.3 * 105) / (given[exported_at(15), DISTANCE] - 15 * 15.0 + 0.3 * 105)
    assert lost == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("channels", [1, 12, 15, 16, 20, 40])
def test_a_table_may_have_any_number_of_impact_categories(channels):
    # Channel k brings k + 1 times what the first does: eighteen categories and two more are twenty.
    lives = lives_of(CASES["report"], 1)
    filled = room_for(lives, AGES + 2, False)
    expected_activity(lives, False, filled)
    found = energy(lives, filled, False, channels)[0][0]
    np.testing.assert_allclose(found[:, :channels], found[:, :1] * np.arange(1, channels + 1), rtol=1e-13)
    assert not found[:, channels:].any()


CAR_SURVIVAL = (
    "0.9900 0.9831 0.9731 0.9593 0.9413 0.9188 0.8918 0.8604 0.8252 0.7866 0.7170 0.6125 0.5094 0.4142 0.3308 "
    "0.2604 0.2028 0.1565 0.1200 0.0916 0.0696 0.0527 0.0399 0.0301 0.0227"
)
CAR_MILES = (
    "14231 13961 13669 13357 13028 12683 12325 11956 11578 11193 10804 10413 10022 9633 9249 8871 8502 8144 7799 7469 "
    "7157 6866 6596 6350 6131"
)


TRUCK_SURVIVAL = (
    "0.9741 0.9603 0.942 0.919 0.8913 0.859 0.8226 0.7827 0.7401 0.6956 0.6501 0.6042 0.5517 0.5009 0.4522 0.4062 "
    "0.3633 0.3236 0.2873 0.2542 0.2244 0.1975 0.1735 0.1522 0.1332 0.1165 0.1017 0.0887 0.0773 0.0673 0.0586 0.0509 "
    "0.0443 0.0385 0.0334 0.029"
)
TRUCK_MILES = (
    "16085 15782 15442 15069 14667 14239 13790 13323 12844 12356 11863 11369 10879 10396 9924 9468 9032 8619 8234 7881 "
    "7565 7288 7055 6871 6739 6663 6648 6648 6648 6648 6648 6648 6648 6648 6648 6648"
)


@pytest.mark.parametrize(
    ("survival", "driven", "published"),
    [(CAR_SURVIVAL, CAR_MILES, 152_137), (TRUCK_SURVIVAL, TRUCK_MILES, 179_954)],
    ids=["passenger cars", "light trucks"],
)
def test_without_ageing_the_distance_is_the_published_lifetime_mileage(survival, driven, published):
    # Lu (2006), NHTSA DOT HS 809 952; the source's age 1 is the first year.
    known = [float(x) for x in survival.split()]
    share = np.array(known + [0.0] * (91 - len(known)))
    miles = np.array([float(x) for x in driven.split()] + [0.0] * (90 - len(known)))
    rate = distance_in_service(miles[np.newaxis], share[np.newaxis, :-1], "registered")[0]
    setting = rules(NEVER, home_survival=list(share), home_rate=list(rate))
    assert expected(setting)[HOME, DISTANCE] == pytest.approx(published, rel=1e-4)


def one(values):
    return tuple(np.array([value]) for value in values)


@pytest.mark.parametrize("seed", range(8))
def test_the_kernel_equals_its_numpy_twin(seed):
    twin = runpy.run_path(str(Path(__file__).parent.parent / "benchmarks" / "numpy_twin.py"))
    draw = np.random.default_rng(seed).uniform
    home = (draw(2.0, 9.0), draw(6.0, 18.0), draw(0.0, 0.005))
    away = (home[0], home[1] * draw(0.7, 1.05), home[2])
    laws = {"home": Law(*home), "covered_abroad": Law(*away), "abroad": Law(*away)}
    setting = rules(Law(*home), warranty=float(seed * 2), multiplier=draw(0.7, 1.0), **laws)
    after = twin["after_export"](np.array([setting.abroad_survival]), np.array([setting.multiplier]), range(21))
    survival, fade = np.array([setting.home_survival]), np.array([setting.fade])
    rates = (np.array([setting.home_rate]), np.array([setting.abroad_rate]))
    told = twin["routes"](survival, after, (one(home), one(away)), seed * 2, rates, fade, range(21))
    rows = expected(setting)[:22]
    for column, values in zip((DISTANCE, -1, PRODUCED), told, strict=True):
        np.testing.assert_allclose(rows[:, column], values[0], rtol=1e-12)
