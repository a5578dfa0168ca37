import numpy as np
import pytest

from mcsim.engine.run import run
from mcsim.studies.second_hand_ev.spread import SPLIT, split_variance, variance_split
from mcsim.study import InputError
from mcsim.study.load import load


def test_the_parts_are_those_of_normal_vehicles_around_uncertain_means():
    random = np.random.default_rng(1)
    vehicles = random.normal(random.normal(10.0, 3.0, (20_000, 1)), 4.0, (20_000, 50))
    parts = split_variance(vehicles.mean(axis=1), vehicles.std(axis=1, ddof=1), 50)
    # Standard errors of a variance over 20,000 draws, and over a million vehicles.
    assert parts.between_draws == pytest.approx(9.0, abs=4 * (9.0 + 16.0 / 50) * np.sqrt(2 / 20_000))
    assert parts.between_vehicles == pytest.approx(16.0, abs=4 * 16.0 * np.sqrt(2 / 980_000))
    assert parts.share_of_chance == pytest.approx(0.64, abs=0.01)


def test_known_means_leave_chance_alone():
    parts = split_variance(np.full((3, 2), 5.0), np.full((3, 2), 2.0), 100)
    assert (parts.share_of_chance == 1.0).all()


def test_where_nothing_varies_there_is_no_share():
    assert np.isnan(split_variance(np.ones(3), np.zeros(3), 100).share_of_chance)


def test_one_draw_is_refused():
    with pytest.raises(InputError, match=r"draws: too few for a variance \(got 1\); give at least 2"):
        split_variance(np.ones(1), np.ones(1), 100)


def test_another_quantity_is_refused():
    with pytest.raises(InputError, match=r"colour: no such quantity \(got 'colour'\); one of lifetime_distance"):
        variance_split(None, "colour")


@pytest.fixture(scope="module")
def result():
    study = load("second-hand-ev").set(evaluation="lives")
    return run(study, draws=24, seed=3, lives=500, keep=tuple(name for pair in SPLIT.values() for name in pair))


@pytest.mark.parametrize("quantity", SPLIT)
def test_both_parts_show_in_a_study(result, quantity):
    parts = variance_split(result, quantity, vehicle="ev-compact", route="export", export_age=5)
    assert 0.0 < parts.share_of_chance < 1.0
