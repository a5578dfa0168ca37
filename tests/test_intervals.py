"""Intervals of indices: what they are of plain means, and how often they hold the truth."""

import numpy as np
import pytest
from scipy.stats import t as student

from mcsim.ranking.intervals import pseudo_values, skewed_estimate, student_estimate

N = 16


def held(estimate, draw, truth, repeats=20_000):
    x = draw(np.random.default_rng(1), (N, repeats))
    found = estimate(x.mean(axis=0), x, 0.95)
    return float(np.mean((found.low <= truth) & (truth <= found.high)))


def exponential(generator, shape):
    return generator.exponential(size=shape)


def squares(generator, shape):
    return generator.normal(size=shape) ** 2


def normal(generator, shape):
    return generator.normal(size=shape)


def products(generator, shape):
    return np.prod(generator.uniform(size=(6, *shape)) * 2.0, axis=0)


def test_pseudo_values_of_a_mean_are_the_numbers():
    x = np.random.default_rng(0).normal(size=(N, 3))
    left_out = (x.sum(axis=0) - x) / (N - 1)
    assert pseudo_values(x.mean(axis=0), left_out) == pytest.approx(x, rel=1e-12)


def test_student_interval_of_a_mean_is_the_textbook_one():
    x = np.random.default_rng(0).normal(size=N)
    low, high = student.interval(0.9, N - 1, x.mean(), x.std(ddof=1) / np.sqrt(N))
    found = student_estimate(x.mean(), x, 0.9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)


def test_both_hold_the_mean_of_normal_numbers():
    assert held(student_estimate, normal, 0.0) == pytest.approx(0.95, abs=0.006)
    assert held(skewed_estimate, normal, 0.0) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(("draw", "student_holds"), [(exponential, 0.915), (squares, 0.88), (products, 0.81)])
def test_skewed_interval_holds_where_students_does_not(draw, student_holds):
    assert held(student_estimate, draw, 1.0) < student_holds
    assert held(skewed_estimate, draw, 1.0) > max(0.92, student_holds + 0.03) - 0.02 * (draw is products)


def test_skewed_interval_of_even_numbers_is_students():
    x = np.array([-2.0, -1.0, -1.0, 0.0, 0.0, 1.0, 1.0, 2.0])
    skewed, plain = skewed_estimate(x.mean(), x, 0.95), student_estimate(x.mean(), x, 0.95)
    assert (skewed.low, skewed.high) == pytest.approx((plain.low, plain.high), abs=1e-5)


def test_skewed_interval_of_few_numbers_is_students():
    x = np.array([1.0, 1.0, 9.0, 2.0])
    skewed, plain = skewed_estimate(x.mean(), x, 0.95), student_estimate(x.mean(), x, 0.95)
    assert (skewed.low, skewed.high) == (plain.low, plain.high)


def test_numbers_that_do_not_vary_have_no_width_and_undefined_stays_so():
    x = np.stack([np.full(N, 0.25), np.full(N, np.nan)], axis=1)
    found = skewed_estimate(x.mean(axis=0), x, 0.95)
    assert (found.low[0], found.high[0]) == (0.25, 0.25)
    assert np.isnan([found.low[1], found.high[1]]).all()
