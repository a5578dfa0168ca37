from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from life_settings import CASES, COLUMNS, HOME, UNIT_IMPACTS, counted, expected, exported_at, rules, sampled, weibull
from naive_life import Law
from scipy.special import gammaln
from scipy.stats import binom

from mcsim.kernels.life.records import (
    DISTANCE,
    EXPORTED,
    LANDFILLED,
    PRODUCED,
    PRODUCED_DISCOUNTED,
    RECYCLED_HOST,
    RETIRED_HOME,
    USED_PACKS,
    YEARS,
)
from mcsim.kernels.lives.counts import COUNTED, half_log_probability, half_of
from mcsim.kernels.lives.spread import (
    DEATH_AGES,
    DEATH_BINS,
    DISTANCE_QUANTILES,
    DISTANCE_SD,
    IMPACT_KM_MEAN,
    IMPACT_KM_QUANTILES,
    IMPACT_KM_SD,
    IMPACT_LIFE,
    PACK_DEAD_SHARE,
    PACKS,
    UNIT_KM,
    UNIT_LANDFILLED,
    UNIT_PACK,
    UNIT_RECYCLED_HOST,
    UNIT_RETIRED_HOME,
    UNIT_VEHICLE,
)

REPLICATES = 30


def standard_scores(setting, n_lives, *, steps=1):
    """Deviation of sampled means from the expectation, in standard errors over replicates; told cells only."""
    runs = np.array([sampled(setting, n_lives, draw, steps=steps)[0] for draw in range(REPLICATES)])
    exact = expected(setting, steps)
    told = exact[:, EXPORTED] > 0.02
    told[[HOME, 22]] = True
    error = runs.std(axis=0, ddof=1) / np.sqrt(REPLICATES)
    # A spread seen from a handful of rare events tells nothing: theirs is at least that of ten counted ones.
    n = n_lives * REPLICATES
    counted = [*COLUMNS.values()][2:]
    floor = np.full_like(exact, 10.0 / n * np.abs(exact[:, DISTANCE]).max())
    floor[:, counted] = np.sqrt(np.maximum(exact[:, counted], 10.0 / n) / n)
    return ((runs.mean(axis=0) - exact) / np.maximum(error, floor))[told]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("steps", [1, 4])
def test_sampled_lives_agree_with_the_expectation(case, steps):
    # 4.75 of Student's t with 29 degrees of freedom is as rare as 4 of a normal.
    assert np.abs(standard_scores(CASES[case], 2000, steps=steps)).max() < 4.75


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    shape=st.floats(1.5, 10.0),
    scale=st.floats(4.0, 20.0),
    earlier=st.floats(0.6, 1.0),
    warranty=st.floats(0.0, 15.0),
    repair=st.sampled_from([0.0, 0.5]),
    junction=st.sampled_from(["conditional", "printed", "renewed"]),
)
def test_they_agree_over_many_settings(shape, scale, earlier, warranty, repair, junction):
    setting = rules(
        Law(shape, scale),
        home=Law(shape, scale * earlier),
        abroad=Law(shape, scale * earlier**2),
        warranty=warranty,
        repair=repair,
        junction=junction,
    )
    assert np.abs(standard_scores(setting, 1000)).max() < 6.0


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("n_lives", [1, 7, 500])
def test_the_balance_of_packs_holds_for_every_life(case, n_lives):
    rows, _ = sampled(CASES[case], n_lives)
    appeared = (rows[:, PRODUCED] + rows[:, USED_PACKS]) * n_lives
    gone = (rows[:, RETIRED_HOME] + rows[:, RECYCLED_HOST] + rows[:, LANDFILLED]) * n_lives
    np.testing.assert_allclose(appeared, gone, rtol=0, atol=1e-9)
    np.testing.assert_allclose(gone, np.round(gone), rtol=0, atol=1e-9)


def test_arms_share_their_random_numbers_so_identical_regions_differ_by_nothing():
    law = Law(5.0, 14.0)
    setting = rules(law, warranty=0.0, abroad_survival=weibull(2.9, 17.0), abroad_rate=rules(law).home_rate)
    rows, _ = sampled(setting, 300)
    for age in range(21):
        assert rows[exported_at(age), DISTANCE] == pytest.approx(rows[HOME, DISTANCE], rel=1e-12)


def test_lives_are_a_function_of_seed_draw_and_life():
    first, again, other = (sampled(CASES["report"], 200, draw, seed)[0] for draw, seed in ((3, 1), (3, 1), (3, 2)))
    assert (first == again).all()
    assert (first != other).any()


def test_the_spread_between_vehicles_is_that_of_their_lives():
    rows, spread = sampled(CASES["report"], 20_000)
    ages = spread[HOME, DEATH_AGES : DEATH_AGES + DEATH_BINS]
    assert ages.sum() == pytest.approx(1.0)
    assert (ages * (np.arange(ages.size) + 0.5)).sum() == pytest.approx(rows[HOME, YEARS], abs=0.01)
    quantiles = spread[HOME, DISTANCE_QUANTILES : DISTANCE_QUANTILES + 5]
    assert (np.diff(quantiles) > 0).all()
    assert quantiles[0] < rows[HOME, DISTANCE] < quantiles[-1]
    assert 0.1 < spread[HOME, DISTANCE_SD] / rows[HOME, DISTANCE] < 0.5
    assert spread[HOME, PACKS : PACKS + 4].sum() == pytest.approx(1.0)
    assert (spread[HOME, PACKS : PACKS + 4] * np.arange(1, 5)).sum() == pytest.approx(rows[HOME, PRODUCED])
    assert 0.5 < spread[HOME, PACK_DEAD_SHARE] < 1.0


def test_many_lives_are_counted_by_the_same_law():
    for case in CASES.values():
        assert np.abs(standard_scores(case, 2 * COUNTED)).max() < 4.75


def test_arms_stay_paired_when_many_lives_are_counted():
    law = Law(5.0, 14.0)
    setting = rules(law, warranty=0.0, abroad_survival=weibull(2.9, 17.0), abroad_rate=rules(law).home_rate)
    rows, _ = sampled(setting, 10 * COUNTED)
    for age in range(21):
        assert rows[exported_at(age), DISTANCE] == pytest.approx(rows[HOME, DISTANCE], rel=1e-9)


@pytest.mark.parametrize("n", [1, 5, 63, 64, 65, 127, 128, 129, 200, 1001, 10**7])
def test_heads_of_fair_throws_are_binomial(n):
    one = np.uint64(1)
    seen = np.array([half_of(n, one, one, np.uint64(label)) for label in range(5000)])
    law = binom(n, 0.5)
    at = np.unique(law.ppf(np.linspace(0.05, 0.95, 7)))
    exact = law.cdf(at)
    shares = (seen[:, np.newaxis] <= at).mean(axis=0)
    assert (np.abs(shares - exact) <= 4.0 * np.sqrt(exact * (1.0 - exact) / 5000)).all()


@pytest.mark.parametrize(("k", "n"), [(64, 128), (50, 129), (400, 1000), (499_000, 10**6)])
def test_the_probability_of_heads_is_exact(k, n):
    exact = binom(n, 0.5).logpmf(k)
    at_half = -n * np.log(2.0) + gammaln(n + 1) - 2.0 * gammaln(n / 2 + 1)
    assert half_log_probability(float(k), float(n)) == pytest.approx(exact - at_half, abs=1e-7)


def test_every_life_has_its_own_numbers_whatever_the_chunks():
    whole, parts = counted([(0, 5000)]), counted([(0, 700), (700, 1), (701, 2347), (3048, 1952)])
    assert whole[0].sum() > 5000
    assert (whole == parts).all()


@pytest.mark.parametrize("n_lives", [3000, 4 * COUNTED])
def test_draws_do_not_depend_on_their_company_or_on_threads(n_lives):
    case = CASES["repair, swap, own cover, renewed junction"]
    alone = [sampled(case, n_lives, draw) for draw in range(4)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda draw: sampled(case, n_lives, draw), range(4)))
    for (rows, spread), (other_rows, other_spread) in zip(alone, together, strict=True):
        assert (rows == other_rows).all()
        assert (spread == other_spread).all()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("n_lives", [1, 3000, 2 * COUNTED])
def test_impacts_of_the_lives_add_up_to_the_impact_of_their_mean(case, n_lives):
    rows, spread = sampled(CASES[case], n_lives)
    columns = {
        UNIT_PACK: PRODUCED_DISCOUNTED, UNIT_KM: DISTANCE, UNIT_RETIRED_HOME: RETIRED_HOME, UNIT_LANDFILLED: LANDFILLED,
        UNIT_RECYCLED_HOST: RECYCLED_HOST,
    }  # fmt: skip
    expected_impact = UNIT_IMPACTS[UNIT_VEHICLE] + rows[:, -1]
    for unit, column in columns.items():
        expected_impact = expected_impact + UNIT_IMPACTS[unit] * rows[:, column]
    np.testing.assert_allclose(spread[:, IMPACT_LIFE], expected_impact, rtol=1e-9)


def test_impact_per_km_differs_between_vehicles_by_how_far_they_go():
    _, spread = sampled(CASES["report"], 20_000)
    quantiles = spread[HOME, IMPACT_KM_QUANTILES : IMPACT_KM_QUANTILES + 5]
    assert (np.diff(quantiles) > 0).all()
    assert quantiles[0] < spread[HOME, IMPACT_KM_MEAN] < quantiles[-1]
    assert spread[HOME, IMPACT_KM_SD] > 0.0
