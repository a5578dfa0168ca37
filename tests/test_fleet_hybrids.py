"""Hybrids' packs in the fleet: replaced under warranty, swapped afterwards, retired."""

import numpy as np
import pytest
from test_fleet import draw
from test_fleet import evaluate as evaluate_fleet

from mcsim.studies.fleet.hybrids import REPLACED, RETIRED, SWAPPED, Law, first_packs, follow
from mcsim.study.load import load

N = 8


def evaluate(study, inputs, **options):
    return evaluate_fleet(study, inputs, hybrid_packs="on", **options)


@pytest.fixture(scope="module")
def study():
    return load("fleet")


@pytest.fixture(scope="module")
def inputs(study):
    return draw(study, n=N)


def law_of(shape, scale, swap, used, n=1):
    return Law(*(np.full((n, 1), value) for value in (shape, scale, swap, used)))


def test_packs_that_do_not_age_fail_at_a_constant_rate_whoever_answers():
    """Of an exponential law every year's failures are 1 - exp(-1 / scale), whatever was replaced before."""
    stays = np.ones((1, 30))
    per_year = 1.0 - np.exp(-1.0 / 12.0)
    replaced, swapped = follow(law_of(1.0, 12.0, 1.0, 5.0), first_packs(1), 0.0, stays, np.full((1, 1), 99.0), 2)
    np.testing.assert_allclose(replaced[0], per_year, rtol=1e-12)
    assert swapped.max() == 0.0
    replaced, swapped = follow(law_of(1.0, 12.0, 1.0, 5.0), first_packs(1), 0.0, stays, np.zeros((1, 1)), 2)
    np.testing.assert_allclose(swapped[0], per_year, rtol=1e-12)
    assert replaced.max() == 0.0


def test_packs_agree_with_hybrids_drawn_one_by_one():
    """In continuous time, vehicle by vehicle; those whose pack nobody answers are among the ones that leave."""
    rng, count, years, cover, swap, used = np.random.default_rng(4), 30_000, 28, 8.0, 0.4, 5.0
    shape, scale = 4.0, 15.5
    death = 20.0 * (-np.log(rng.random(count))) ** (1 / 2.5)
    given, left = np.zeros((2, years)), np.zeros(count)
    for vehicle in range(count):
        born, attained, now = 0.0, 0.0, 0.0
        while True:
            fails = born + scale * ((attained / scale) ** shape - np.log(rng.random())) ** (1 / shape)
            if fails >= death[vehicle]:
                now = death[vehicle]
                break
            now = fails
            if now < cover:
                given[0, min(int(now), years - 1)] += now < years
                born, attained = now, 0.0
            elif rng.random() < swap:
                given[1, min(int(now), years - 1)] += now < years
                born, attained = now - used, used
            else:
                break
        left[vehicle] = now
    # Survival as it is counted holds all ends, those by a failed pack too.
    ends = np.array([[(left > year + 1).mean() for year in range(years)]])
    law = law_of(shape, scale, swap, used)
    told = follow(law, first_packs(1), 0.0, ends, np.full((1, 1), cover), 2)[:, 0]
    for kind in range(2):
        drawn, error = given[kind].sum() / count, np.sqrt(given[kind].sum()) / count
        assert abs(told[kind].sum() - drawn) < 4 * error + 0.01 * drawn
    late = given[1] / count
    assert np.abs(told[1] - late).max() < 4 * np.sqrt(late.max() / count) + 0.04 * late.max()


def test_hybrids_packs_retire_with_their_vehicle_or_before(study, inputs):
    found = evaluate(study, inputs)
    gone = found["deregistrations"][..., 1]
    np.testing.assert_allclose(found[RETIRED], gone + found[REPLACED] + found[SWAPPED], rtol=1e-12)
    mass = gone * inputs["nimh_pack_mass"][:, None, None] / 1000.0
    np.testing.assert_allclose(found["retired_nimh_mass"], mass, rtol=1e-12)
    assert (found[REPLACED][:, :, 1] == 0.0).all()
    assert (found[REPLACED][:, 40, 0] > 0.0).all()
    assert (found[SWAPPED][:, 40] > 0.0).all()


def test_they_are_told_where_they_are_asked_for_and_move_nothing_else(study, inputs):
    off, on = evaluate_fleet(study, inputs), evaluate(study, inputs)
    assert set(on) - set(off) == {REPLACED, SWAPPED, RETIRED}
    for name, values in off.items():
        np.testing.assert_array_equal(values, on[name], err_msg=name)


def test_without_swaps_or_a_warranty_there_are_none(study, inputs):
    off = {**inputs, "swap_probability": np.zeros(N), "hev_warranty_years": np.zeros(N)}
    found = evaluate(study, off)
    assert found[REPLACED].max() == 0.0
    assert found[SWAPPED].max() == 0.0
    np.testing.assert_array_equal(found[RETIRED], found["deregistrations"][..., 1])
    # Nobody's electric car or its pack sees them.
    np.testing.assert_array_equal(found["retired_battery_mass"], evaluate(study, inputs)["retired_battery_mass"])


def test_a_cohort_of_hybrids_is_followed_by_hand(study):
    """What one sold hybrid leaves, times the hybrids sold in its year, summed."""
    one = draw(study, n=0)
    found = evaluate(study, one)
    sold, years = found["registrations"][0, :, 0, 1], 46
    shape, scale = one["hev_pack_shape"][0], one["hev_pack_scale"][0] / one["mx_climate_multiplier"][0]
    survival = np.exp(-(((np.arange(years) + 0.5) / one["mx_survival_scale"][0]) ** one["mx_survival_shape"][0]))
    law = law_of(shape, scale, one["swap_probability"][0], one["used_pack_age"][0])
    cover = np.full((1, 1), one["hev_warranty_years"][0])
    given = follow(law, first_packs(1), 0.0, survival[None], cover, 1)
    for year in (20, 45):
        for kind, name in enumerate((REPLACED, SWAPPED)):
            by_hand = sum(sold[start] * given[kind, 0, year - start] for start in range(year + 1))
            assert found[name][0, year, 0] == pytest.approx(by_hand, rel=1e-6)
