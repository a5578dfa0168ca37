import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from life_settings import CASES, COLUMNS, HOME, expected, exported_at, rules, sampled, weibull
from naive_life import Law

from mcsim.kernels.lives_spread import DEATH_AGES, DEATH_BINS, DISTANCE_QUANTILES, DISTANCE_SD, PACK_DEAD_SHARE, PACKS
from mcsim.kernels.sweep import DISTANCE, EXPORTED, LANDFILLED, PRODUCED, RECYCLED_ABROAD, RETIRED_HOME, USED, YEARS

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
    appeared = (rows[:, PRODUCED] + rows[:, USED]) * n_lives
    gone = (rows[:, RETIRED_HOME] + rows[:, RECYCLED_ABROAD] + rows[:, LANDFILLED]) * n_lives
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
