"""Distance by age and what an ageing pack adds to it."""

import naive_kernels as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from mcsim.kernels.laws.mileage import (
    age_at_distance,
    cumulative_distance,
    efficiency_factor,
    fill_cumulative_distance,
    fill_distance_from_survival,
    fill_efficiency_factor,
)

ANNUAL = np.array([15_000.0, 14_000.0, 12_500.0, 9_000.0])


def test_distance_is_the_integral_of_the_yearly_steps():
    for age in (0.0, 0.4, 1.0, 2.75, 4.0, 7.5):
        area, _ = integrate.quad(
            lambda x: ANNUAL[min(int(x), 3)], 0, age, points=[1, 2, 3] if age > 0 else None, limit=200
        )
        assert cumulative_distance(age, ANNUAL) == pytest.approx(area, rel=1e-9)
        assert cumulative_distance(age, ANNUAL) == pytest.approx(naive.cumulative_distance(age, ANNUAL), rel=1e-14)


def test_the_fill_gives_the_scalar_distance_of_every_draw_and_pads_with_the_last():
    ages = np.linspace(0.0, 8.0, 33)
    annual, ratio = np.array([ANNUAL, 1.1 * ANNUAL]), np.array([0.8, 1.0])
    out = np.full((2, 36), np.nan)
    fill_cumulative_distance(ages, annual, ratio, out)
    expected = [[r * naive.cumulative_distance(age, row) for age in ages] for r, row in zip(ratio, annual, strict=True)]
    np.testing.assert_allclose(out[:, :33], expected, rtol=1e-13)
    assert np.all(out[:, 33:] == out[:, 32:33])


@given(st.floats(0.0, 90.0))
@settings(max_examples=100, deadline=None)
def test_the_age_of_a_distance_inverts_the_distance_of_an_age(age):
    assert age_at_distance(cumulative_distance(age, ANNUAL), ANNUAL) == pytest.approx(age, rel=1e-12, abs=1e-12)


def test_a_vehicle_that_stops_never_reaches_a_further_threshold():
    annual = np.array([10_000.0, 0.0])
    assert age_at_distance(10_000.0, annual) == 1.0
    assert age_at_distance(10_001.0, annual) == np.inf


@pytest.mark.parametrize("exponent", [0.6, 1.0, 1.2])
def test_the_mean_over_the_stationary_stock_is_the_given_one(exponent):
    ages = np.arange(91.0)
    survival = np.array([[naive.weibull_survival(age, shape, 28.0) for age in ages] for shape in (2.0, 4.0)])
    out = np.empty_like(survival)
    fill_distance_from_survival(survival, np.full(2, exponent), np.full(2, 13_000.0), out)
    np.testing.assert_allclose((out * survival).sum(axis=1) / survival.sum(axis=1), 13_000.0, rtol=1e-12)
    np.testing.assert_allclose(out / out[:, :1], survival**exponent, rtol=1e-11, atol=1e-200)


def test_the_efficiency_factor_is_the_ratio_of_efficiencies():
    ages, first, fade = np.array([0.0, 3.5, 20.0]), np.array([0.9, 0.95]), np.array([0.0013, 0.0025])
    out = np.full((2, 4), np.nan)
    fill_efficiency_factor(ages, first, fade, out)
    np.testing.assert_allclose(out[:, :3], first[:, None] / (first[:, None] - fade[:, None] * ages), rtol=1e-14)
    assert np.all(out[:, 3] == out[:, 2])


def test_an_absurd_fade_keeps_the_factor_positive_and_finite():
    assert efficiency_factor(90.0, 0.9, 0.05) == pytest.approx(100.0)
