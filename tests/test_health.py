"""State of health, end of life and the fitted law."""

import math

import naive_kernels as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from mcsim.kernels.laws.health import (
    KNEES,
    age_at_loss,
    fill_age_at_loss,
    fill_state_of_health,
    knee_terms,
    wright_omega,
)
from mcsim.kernels.laws.weibull_fit import fill_capacity_cdf

# A few rows of the project's table of check values for equation (2) of NCST-UCD-RR-24-39: convention, Dr, k, lambda and
# state of health at ages 8 to 12, four decimals.
SOH_CHECK = [
    ("printed", 0.020, 8, 0.95, (0.8400, 0.2701, 0.0000, 0.0, 0.0)),
    ("printed", 0.025, 9, 1.20, (0.8000, 0.7750, 0.8877, 0.6641, 0.0040)),
    ("shifted", 0.020, 8, 1.00, (0.8400, 0.5107, 0.0000, 0.0, 0.0)),
    ("shifted", 0.025, 9, 1.10, (0.8000, 0.7750, 0.7237, 0.1739, 0.0)),
    ("shifted", 0.030, 10, 0.90, (0.7600, 0.7300, 0.1845, 0.0, 0.0)),
    ("rate", 0.020, 8, 1.30, (0.8400, 0.3395, 0.0000, 0.0, 0.0)),
    ("rate", 0.030, 10, 0.90, (0.7600, 0.7300, 0.7000, 0.1883, 0.0)),
]
# Likewise for the least-squares Weibull law: convention, Dr, k, lambda; shape, scale, RMSE, P(fail by 8 yr).
FIT_CHECK = [
    ("shifted", 0.020, 8, 1.0, 12.382, 9.206, 0.051011, 0.16117),
    ("shifted", 0.025, 9, 1.0, 9.2024, 9.8918, 0.068898, 0.13221),
    ("shifted", 0.030, 10, 1.0, 6.6381, 10.440, 0.094351, 0.15706),
    ("shifted", 0.030, 8, 1.3, 5.6749, 10.821, 0.087762, 0.16482),
    ("printed", 0.020, 8, 0.9, 26.572, 8.5219, 0.052349, 0.17015),
    ("printed", 0.025, 10, 1.3, 24.317, 13.453, 0.11066, 3.2409e-06),
]
AGES = np.arange(1.0, 21.0)
# Growth, start and shift of a knee at 9 yr.
KNEE_AT_NINE = (1.0, 9.0, 9.0)


def column(*numbers):
    return [np.full(1, float(number)) for number in numbers]


def fitted(degradation, exponent, knee_age, decay, sharpness, knee):
    out = np.full((3, degradation.size), np.nan)
    fill_capacity_cdf(degradation, exponent, knee_age, decay, sharpness, KNEES.index(knee), *out)
    return out


@pytest.mark.parametrize(("knee", "degradation", "knee_age", "decay", "expected"), SOH_CHECK)
def test_state_of_health_equals_the_check_values(knee, degradation, knee_age, decay, expected):
    out = np.empty((1, 5))
    parameters = column(degradation, 1, knee_age, decay, 1)
    fill_state_of_health(np.arange(8.0, 13.0), *parameters, KNEES.index(knee), 0.0, out)
    np.testing.assert_allclose(out[0], expected, atol=5.1e-5)


@pytest.mark.parametrize("knee", KNEES)
def test_state_of_health_equals_the_twin(knee):
    generator = np.random.default_rng(8)
    n, ages = 40, np.arange(0.0, 30.25, 0.25)
    ranges = ((0.005, 0.06), (0.6, 1.2), (3, 18), (0.7, 1.4), (0.05, 2))
    parameters = [generator.uniform(low, high, n) for low, high in ranges]
    out = np.full((n, ages.size + 2), np.nan)
    fill_state_of_health(ages, *parameters, KNEES.index(knee), 0.1, out)
    twin = [[1 - naive.capacity_loss(age, *row, knee) for age in ages] for row in zip(*parameters, strict=True)]
    np.testing.assert_allclose(out[:, : ages.size], np.clip(twin, 0.1, 1.0), rtol=1e-11)
    assert np.all(out[:, ages.size :] == 0.1)


def test_the_knee_options_agree_where_lambda_is_one():
    terms = {knee_terms(9.0, 1.0, 0.7, KNEES.index(knee)) for knee in ("shifted", "printed", "rate")}
    assert terms == {(0.7, 9.0, 9.0)}


def test_wright_omega_equals_scipy():
    x = np.concatenate([np.linspace(-700, 60, 5001), np.linspace(-12, 12, 5001), np.logspace(1, 300, 2001)])
    actual = np.array([wright_omega(value) for value in x])
    np.testing.assert_allclose(actual, special.wrightomega(x), rtol=1e-14)


def test_wright_omega_has_ends():
    assert [wright_omega(x) for x in (-np.inf, -1e9, np.inf)] == [0.0, 0.0, np.inf]
    assert np.isnan(wright_omega(np.nan))


@given(
    st.floats(0.05, 0.6),
    st.floats(0.002, 0.2),
    st.floats(0.5, 2.0),
    st.floats(0.5, 25.0),
    st.floats(0.5, 2.0),
    st.floats(0.0, 5.0),
    st.sampled_from(KNEES),
)
@settings(max_examples=300, deadline=None)
def test_the_end_of_life_is_the_first_crossing(threshold, degradation, exponent, knee_age, decay, sharpness, knee):
    terms = knee_terms(knee_age, decay, sharpness, KNEES.index(knee))
    age = age_at_loss(threshold, degradation, exponent, *terms)

    def loss(years):
        return naive.capacity_loss(years, degradation, exponent, knee_age, decay, sharpness, knee)

    # Below the threshold all the way to just before, at or above it just after (the printed reading may jump there).
    assert max(loss(age * share) for share in np.linspace(0.0, 1 - 1e-9, 400)) < threshold * (1 + 1e-6)
    assert loss(age * (1 + 1e-9)) >= threshold * (1 - 1e-6)


def test_the_end_of_life_before_the_knee_is_a_power():
    assert age_at_loss(0.1, 0.05, 0.5, *KNEE_AT_NINE) == pytest.approx(4.0, rel=1e-13)
    assert age_at_loss(0.25, 0.05, 1.0, 0.0, 0.0, 0.0) == pytest.approx(5.0, rel=1e-13)


def test_the_end_of_life_equals_a_root_finder_over_wide_priors():
    generator = np.random.default_rng(9)
    n = 300
    ranges = ((0.15, 0.4), (0.005, 0.06), (0.7, 1.3), (3, 18), (1, 1), (0.05, 2))
    parameters = [generator.uniform(low, high, n) for low, high in ranges]
    ages = np.empty(n)
    fill_age_at_loss(*parameters, 0, ages)
    for age, (threshold, *row) in zip(ages, zip(*parameters, strict=True), strict=True):

        def gap(years, row=row, threshold=threshold):
            return naive.capacity_loss(years, *row, "shifted") - threshold

        root = optimize.brentq(gap, 1e-6, 200, xtol=1e-12, rtol=1e-14)
        assert age == pytest.approx(root, abs=1e-9)


def test_a_pack_that_loses_nothing_never_ends():
    assert age_at_loss(0.25, 0.0, 1.0, *KNEE_AT_NINE) == np.inf


@pytest.mark.parametrize(("knee", "degradation", "knee_age", "decay", "shape", "scale", "rmse", "failed"), FIT_CHECK)
def test_the_fitted_law_equals_the_check_values(knee, degradation, knee_age, decay, shape, scale, rmse, failed):
    law = fitted(*column(degradation, 1, knee_age, decay, 1), knee)[:, 0]
    # The check values' own fit stopped up to 1e-4 away from the optimum, which is flat.
    np.testing.assert_allclose(law, (shape, scale, rmse), rtol=1.5e-4)
    assert -np.expm1(-((8 / law[1]) ** law[0])) == pytest.approx(failed, rel=1e-3)


def best_of_many_starts(loss):
    """The least sum of squares that scipy finds from three starts, a good one and two poor ones."""

    def residuals(logs):
        with np.errstate(over="ignore"):
            return -np.expm1(-((AGES / np.exp(logs[1])) ** np.exp(logs[0]))) - loss

    reach = float(np.interp(0.63, np.maximum.accumulate(loss), AGES))
    starts = [(math.log(9), math.log(reach)), (math.log(3), math.log(15)), (0.5, 3.5)]
    return min(
        2 * optimize.least_squares(residuals, start, method="lm", xtol=1e-12, ftol=1e-12).cost for start in starts
    )


def test_the_fit_is_never_worse_than_scipy_from_many_starts():
    generator = np.random.default_rng(10)
    n = 1000
    columns = (
        np.exp(generator.uniform(np.log(0.005), np.log(0.06), n)),
        np.ones(n),
        generator.uniform(3, 18, n),
        np.where(np.arange(n) < 500, 1.0, generator.uniform(0.7, 1.4, n)),
        np.exp(generator.uniform(np.log(0.05), np.log(2), n)),
    )
    for number, knee in enumerate(KNEES):
        rows = np.arange(number, n, len(KNEES))
        part = [values[rows] for values in columns]
        squares = 20 * fitted(*part, knee)[2] ** 2
        for i in range(rows.size):
            row = [values[i] for values in part]
            loss = np.clip([naive.capacity_loss(age, *row, knee) for age in AGES], 0, 1)
            assert squares[i] <= best_of_many_starts(loss) * (1 + 1e-9) + 1e-14


def test_the_fit_stays_finite_at_the_extremes():
    grid = np.array(
        np.meshgrid([1e-4, 0.02, 0.3, 1.0], [0.4, 1.0, 2.0], [0.1, 8.0, 40.0], [0.5, 1.5], [0.0, 1.0, 10.0])
    )
    columns = [np.ascontiguousarray(values.ravel()) for values in grid]
    for knee in KNEES:
        shape, scale, rmse = fitted(*columns, knee)
        assert np.all(np.isfinite([shape, scale, rmse]))
        assert np.all((shape > 0) & (scale > 0) & (rmse < 0.5))


def test_a_pack_that_loses_nothing_never_fails_by_the_fitted_law():
    shape, scale, _ = fitted(*column(0, 1, 8, 1, 1), "shifted")[:, 0]
    assert (50.0 / scale) ** shape == 0.0
