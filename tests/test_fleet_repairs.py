"""Repairs of failed packs: mended lives against lives one by one, a start year by its mean, what prices decide."""

import numpy as np
import pytest

import mcsim
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, evaluate_values, transform
from mcsim.kernels.cohorts.curves import mend
from mcsim.kernels.cohorts.records import NEW, SECOND_HAND, TAKE_BACK
from mcsim.studies.fleet.failures import GUMBEL, _as_read
from mcsim.studies.fleet.policy import no_rule
from mcsim.study.overlay import laid_over, read_overlay

ALL = {"repair_both_start": 2005, "repair_both_ramp": 0, "repair_both_by_module": 0.0}


def evaluated(study, n=6):
    columns = design_columns(study)
    drawn = transform(study, make_design("random", columns, n, 3).points(0, n), columns)
    return evaluate_values(study, drawn, np.arange(n), 1, 0, None).outputs


def lever(name, **inputs):
    return evaluated(laid_over(mcsim.load("fleet"), read_overlay(name)).set(**inputs))


@pytest.fixture(scope="module")
def today():
    return evaluated(mcsim.load("fleet"))


@pytest.mark.parametrize(("share", "gained", "until"), [(0.3, 4, 9), (1.0, 7, 40), (0.6, 2, 0), (0.5, 30, 12)])
def test_mended_packs_are_those_that_reach_their_end_later_one_by_one(share, gained, until):
    lives = np.random.default_rng(2).integers(1, 25, 4000)
    quarters = np.arange(40)
    end = (lives[:, None] > quarters).mean(axis=0)
    mend(share, gained, until, end)
    later = np.where(lives <= until, lives + gained, lives)
    expected = (1 - share) * (lives[:, None] > quarters).mean(axis=0) + share * (later[:, None] > quarters).mean(axis=0)
    np.testing.assert_allclose(end, expected, rtol=1e-12, atol=1e-15)


def test_a_right_that_holds_in_all_years_is_that_probability():
    there = evaluated(mcsim.load("fleet").set(us_repair_probability=0.4, mx_repair_probability=0.4))
    found = lever("lever-repair-both", **ALL, repair_both_reached=0.4)
    for name in ("stock", "retired_battery_mass", "us_retired_packs"):
        np.testing.assert_allclose(found[name], there[name], rtol=1e-9)


def test_a_later_start_and_a_longer_ramp_do_less(today):
    def evs(**inputs):
        return lever("lever-repair-both", **ALL | inputs)["ev_share"][:, -1] - today["ev_share"][:, -1]

    always, later, slower = evs(), evs(repair_both_start=2035), evs(repair_both_start=2035, repair_both_ramp=10)
    last = evs(repair_both_start=2050)
    for more, less in ((always, later), (later, slower), (slower, last)):
        assert (more >= less).all()
    assert (always > last).any()
    # Of packs that fail without a warranty to 2050 a part fails in its last year.
    assert (last < 0.2 * always + 1e-12).all()


def test_nothing_is_mended_that_costs_more_than_it_is_worth():
    dear = lever("lever-repair-both", **ALL | {"repair_both_by_module": 1.0}, module_repair_cost=1e6)
    nothing = lever("lever-repair-both", repair_both_strength=0.0)
    np.testing.assert_allclose(dear["stock"], nothing["stock"], rtol=1e-12)
    cheap = lever("lever-repair-both", **ALL | {"repair_both_by_module": 1.0}, module_repair_cost=100.0)
    assert (cheap["ev_share"][:, -1] > nothing["ev_share"][:, -1]).any()
    # What is mended is no new pack: fewer retire than where as many are replaced.
    replaced = lever("lever-repair-both", **ALL)
    mass = "retired_battery_mass_total"
    assert (cheap[mass].sum(axis=1) <= replaced[mass].sum(axis=1) + 1e-9).all()


def test_packs_of_cars_sold_new_are_taken_back_as_far_as_the_lever_has_gone():
    inputs = {"take_back_start": 2030, "take_back_ramp": 4, "take_back_reached": 0.2, "take_back_new_reached": 0.5}
    found = lever("lever-take-back", **inputs)
    share = found["battery_destination"][:, :, :, TAKE_BACK] / np.maximum(found["retired_battery_mass"], 1e-300)
    gone = np.clip((np.arange(2005, 2051) - 2029) / 5, 0, 1)
    for origin, reached in ((NEW, 0.5), (SECOND_HAND, 0.2)):
        np.testing.assert_allclose(share[:, 20:, origin], np.tile(reached * gone[20:], (6, 1)), rtol=1e-9, atol=1e-15)


def test_a_limit_on_ages_that_does_not_bind_evs_leaves_them_but_for_the_fall():
    when = {"age_limit_start": 2030, "age_limit_ramp": 0, "age_limit_fall": 0.0, "age_limit_oldest": 6}
    free, bound = (lever("lever-age-limit", **when, age_limit_binds_evs=binds) for binds in (0, 1))
    assert (free["used_ev_exports"][:, 30:] != bound["used_ev_exports"][:, 30:]).any()
    np.testing.assert_array_equal(free["used_ev_exports"][:, :25], bound["used_ev_exports"][:, :25])


def test_an_error_of_the_reading_widens_the_ages_that_pass_about_the_same_median():
    n = 3
    inputs = {
        name: np.full(n, value)
        for name, value in {
            "pack_life_shape": 4.5, "annual_degradation": 0.02, "knee_age": 30.0, "knee_sharpness": 0.0,
            "pack_life_scale": 16.0, "host_climate_multiplier": 1.0, "host_design_multiplier": 1.0,
            "defect_hazard": 0.0,
        }.items()
    }  # fmt: skip
    rule = no_rule(n)._replace(minimum_health=np.full(n, 0.8), reading_error=np.array([0.0, 0.02, 0.04]))
    shape, scale = np.full(n, 4.5), np.full(n, 11.0)
    read, moved = _as_read(shape, scale, inputs, {"battery_law": "weibull"}, rule)
    assert (read[0], moved[0]) == (4.5, 11.0)
    np.testing.assert_allclose(moved * np.log(2) ** (1 / read), scale * np.log(2) ** (1 / shape), rtol=1e-12)
    # Loss 0.02 a year: an error of s is one of s / 0.02 years, here of 10.
    errors = np.log((0.2 + rule.reading_error) / (0.2 - rule.reading_error)) / 2
    np.testing.assert_allclose((GUMBEL / read) ** 2, (GUMBEL / 4.5) ** 2 + errors**2, rtol=1e-9)
