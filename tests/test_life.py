import math
import random

import numpy as np
import pytest
from life_settings import ABROAD, CASES, COLUMNS, HOME, alive_until, expected, exported_at, rules, weibull
from naive_life import Law, closed_form_produced, simulate

from mcsim.kernels.sweep import DISTANCE, LANDFILLED, PRODUCED, RECYCLED_ABROAD, RETIRED_HOME, USED
from mcsim.studies.second_hand_ev.curves import distance_in_service

NEVER = Law(1.0, 1e12)
ARMS = (("us", None, HOME), ("us", 9, exported_at(9)), ("mx", None, ABROAD))
LIVES = 2000


def lasting(years):
    """A pack that fails at an age, almost surely."""
    return Law(2000.0, years)


def packs(setting, cell):
    row = expected(setting, 12)[cell]
    return [round(float(row[column]), 2) for column in (PRODUCED, RETIRED_HOME, RECYCLED_ABROAD, LANDFILLED)]


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
        ("new in Mexico, pack fails within the warranty", 5.04, 20, ABROAD, [2, 0, 1, 1]),
        ("new in Mexico, the second ends within it too", 5.04, 7, ABROAD, [2, 0, 2, 0]),
        ("new in Mexico, pack fails after the warranty", 9.0, 20, ABROAD, [1, 0, 0, 1]),
        ("new in Mexico, vehicle dies within the warranty", 30.0, 6, ABROAD, [1, 0, 1, 0]),
    ],
)
def test_each_case_of_disposal_counts_its_packs(what, law, dies, cell, found):
    setting = rules(lasting(law), home_survival=alive_until(dies), abroad_survival=alive_until(dies))
    assert packs(setting, cell) == found, what


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("steps", [1, 4])
def test_every_pack_that_appears_is_disposed_of(case, steps):
    rows = expected(CASES[case], steps)
    appeared = rows[:, PRODUCED] + rows[:, USED]
    gone = rows[:, RETIRED_HOME] + rows[:, RECYCLED_ABROAD] + rows[:, LANDFILLED]
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


def test_a_pack_past_the_end_of_life_leaves_when_it_crosses():
    setting = rules(Law(5.0, 1e6), home=lasting(3.0), abroad=lasting(3.0), home_survival=alive_until(20))
    assert expected(setting, 12)[exported_at(5), COLUMNS["years"]] == pytest.approx(5.0, abs=0.05)


def test_equation_one_as_printed_loses_vehicles_on_crossing():
    setting = rules(NEVER, junction="printed", home_survival=alive_until(80), abroad_survival=weibull(3.2, 22.0))
    kept = expected(setting)[exported_at(15), DISTANCE]
    given = expected(rules(NEVER, home_survival=alive_until(80), abroad_survival=weibull(3.2, 22.0)))
    lost = 1.0 - (kept - 15 * 15.0 + 0.3 * 105) / (given[exported_at(15), DISTANCE] - 15 * 15.0 + 0.3 * 105)
    assert lost == pytest.approx(0.25, abs=0.01)


CAR_SURVIVAL = (
    "0.9900 0.9831 0.9731 0.9593 0.9413 0.9188 0.8918 0.8604 0.8252 0.7866 0.7170 0.6125 0.5094 0.4142 0.3308 "
    "0.2604 0.2028 0.1565 0.1200 0.0916 0.0696 0.0527 0.0399 0.0301 0.0227"
)
CAR_MILES = (
    "14231 13961 13669 13357 13028 12683 12325 11956 11578 11193 10804 10413 10022 9633 9249 8871 8502 8144 7799 7469 "
    "7157 6866 6596 6350 6131"
)


def test_without_ageing_the_distance_is_the_published_lifetime_mileage():
    # Lu (2006), NHTSA DOT HS 809 952, passenger cars: 152,137 miles; the source's age 1 is the first year.
    share = np.array([float(x) for x in CAR_SURVIVAL.split()] + [0.0] * 66)
    miles = np.array([float(x) for x in CAR_MILES.split()] + [0.0] * 65)
    rate = distance_in_service(miles[np.newaxis], share[np.newaxis, :-1], "registered")[0]
    setting = rules(NEVER, home_survival=list(share), home_rate=list(rate))
    assert expected(setting)[HOME, DISTANCE] == pytest.approx(152_137, rel=1e-4)
