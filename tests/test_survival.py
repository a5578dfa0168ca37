"""Survival curves."""

import naive_kernels as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mcsim.kernels.laws.survival import (
    check_survival_table,
    double_exponential_survival,
    fill_double_exponential_survival,
    fill_gompertz_survival,
    fill_logistic_survival,
    fill_tabulated_survival,
    fill_weibull_survival,
    gompertz_survival,
)

AGES = np.arange(0.0, 95.0, 0.25)
# Lu (2006), NHTSA DOT HS 809 952, cars: fitted A and B up to age 10 and after it.
NHTSA_CAR = (1.649, -0.121, 3.381, -0.286, 10.0)


def filled(fill, *parameters, ages=AGES, pad=3):
    out = np.full((len(parameters[0]), ages.size + pad), np.nan)
    fill(ages, *parameters, out)
    assert np.all(out[:, ages.size :] == 0.0)
    return out[:, : ages.size]


def draws(n, *ranges):
    generator = np.random.default_rng(5)
    return [generator.uniform(low, high, n) for low, high in ranges]


def is_proper(curves):
    return bool(
        np.all(curves[:, 0] == 1.0)
        and np.all(np.diff(curves, axis=1) <= 0.0)
        and np.all((curves >= 0.0) & (curves <= 1.0))
        and np.all(curves[:, AGES >= 90.0] == 0.0)
    )


def test_weibull_survival_equals_scipy():
    shape, scale = draws(50, (0.5, 6.0), (8.0, 40.0))
    expected = stats.weibull_min.sf(AGES[AGES < 90], shape[:, None], scale=scale[:, None])
    np.testing.assert_allclose(
        filled(fill_weibull_survival, shape, scale)[:, AGES < 90], expected, rtol=2e-12, atol=1e-300
    )


def test_logistic_survival_is_scipy_divided_by_its_start():
    median, scale = draws(50, (5.0, 30.0), (1.0, 6.0))
    law = stats.logistic(median[:, None], scale[:, None])
    expected = law.sf(AGES[AGES < 90]) / law.sf(0.0)
    np.testing.assert_allclose(filled(fill_logistic_survival, median, scale)[:, AGES < 90], expected, rtol=1e-13)


def test_gompertz_survival_equals_scipy():
    first, growth = draws(50, (0.001, 0.05), (0.01, 0.3))
    expected = stats.gompertz.sf(AGES[AGES < 60], (first / growth)[:, None], scale=1 / growth[:, None])
    actual = filled(fill_gompertz_survival, first, growth)[:, AGES < 60]
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-250)


def test_gompertz_without_growth_is_a_constant_hazard():
    assert gompertz_survival(10.0, 0.05, 0.0) == pytest.approx(np.exp(-0.5), rel=1e-15)


def test_the_scalar_twins_agree():
    shape, scale, median, spread, first, growth = draws(
        20, (1, 5), (10, 35), (8, 25), (2, 6), (0.001, 0.03), (0.02, 0.2)
    )
    pairs = [
        (fill_weibull_survival, naive.weibull_survival, shape, scale),
        (fill_logistic_survival, naive.logistic_survival, median, spread),
        (fill_gompertz_survival, naive.gompertz_survival, first, growth),
    ]
    for fill, twin, one, two in pairs:
        expected = [[twin(age, a, b) for age in AGES] for a, b in zip(one, two, strict=True)]
        np.testing.assert_allclose(filled(fill, one, two), expected, rtol=1e-11, atol=1e-290)


def test_the_double_exponential_gives_the_published_form_at_whole_ages():
    a, b, late_a, late_b, switch = NHTSA_CAR
    for age in range(1, 37):
        expected = 1 - np.exp(-np.exp(a + b * age if age <= switch else late_a + late_b * age))
        assert double_exponential_survival(float(age), *NHTSA_CAR) == pytest.approx(expected, rel=1e-12)


def test_the_double_exponential_starts_at_one_and_is_linear_within_a_year():
    ends = [double_exponential_survival(age, *NHTSA_CAR) for age in (10.0, 10.5, 11.0)]
    assert double_exponential_survival(0.0, *NHTSA_CAR) == 1.0
    assert ends[1] == pytest.approx((ends[0] + ends[2]) / 2, rel=1e-14)


def test_the_double_exponential_does_not_rise_where_its_parts_meet():
    one = np.ones(1)
    # A later part that starts far above the earlier one.
    curve = filled(fill_double_exponential_survival, one, -0.2 * one, 6.0 * one, -0.3 * one, 10.0, one)
    assert is_proper(curve)


def test_a_table_is_linear_between_ages_and_goes_on_with_its_last_hazard():
    tables = np.array([[1.0, 0.95, 0.8, 0.5], [1.0, 0.9, 0.3, 0.0]])
    curves = filled(fill_tabulated_survival, tables, np.ones(2))
    expected = [[naive.tabulated_survival(age, table) if age < 90 else 0.0 for age in AGES] for table in tables]
    np.testing.assert_allclose(curves, expected, rtol=1e-12, atol=1e-300)
    assert curves[0, 16] == pytest.approx(0.5 * 0.5 / 0.8)


def test_a_stretch_reads_the_table_at_age_over_stretch():
    table, stretch = np.array([[1.0, 0.95, 0.8, 0.5]] * 3), np.array([1.0, 1.25, 1.4])
    curves = filled(fill_tabulated_survival, table, stretch)
    np.testing.assert_allclose(
        curves[1, AGES < 90], [naive.tabulated_survival(age / 1.25, table[0]) for age in AGES[AGES < 90]], rtol=1e-12
    )


@given(
    st.floats(0.1, 60.0),
    st.floats(0.5, 300.0),
    st.floats(0.0, 50.0),
    st.floats(0.01, 20.0),
    st.floats(0.0, 5.0),
    st.floats(-0.5, 5.0),
    st.floats(0.2, 5.0),
)
@settings(max_examples=100, deadline=None)
def test_every_curve_is_proper_at_the_extremes(shape, scale, median, spread, first, growth, stretch):
    def one(x):
        return np.array([x])

    assert is_proper(filled(fill_weibull_survival, one(shape), one(scale)))
    assert is_proper(filled(fill_logistic_survival, one(median), one(spread)))
    assert is_proper(filled(fill_gompertz_survival, one(first), one(growth)))
    parts = [one(x) for x in NHTSA_CAR[:4]]
    assert is_proper(filled(fill_double_exponential_survival, *parts, 10.0, one(stretch)))
    assert is_proper(filled(fill_tabulated_survival, np.array([[1.0, 0.7, 0.7]]), one(stretch)))


@pytest.mark.parametrize(
    ("ages", "survival", "message"),
    [
        ([0, 1], [0.99, 0.9], r"row 1: survival at age 0 is not 1 \(got 0.99\)"),
        ([0, 1, 2], [1, 0.9, 0.91], r"row 3: survival rises with age \(got 0.91 after 0.9\)"),
        ([0, 1, 3], [1, 0.9, 0.8], r"row 3: age out of order \(got 3\)"),
        ([0, 1], [1, -0.1], r"row 2: survival is no share \(got -0.1\)"),
        ([0, 1], [1, float("nan")], r"row 2: survival is no share \(got nan\)"),
        ([0], [1], r"too short \(got 1 shares for 1 ages\)"),
    ],
)
def test_a_table_that_is_no_survival_curve_is_refused_with_its_row(ages, survival, message):
    with pytest.raises(ValueError, match=message):
        check_survival_table(ages, survival, place="us_survival.csv")


def test_a_proper_table_passes_unchanged():
    assert check_survival_table([0, 1, 2], [1, 1, 0]).tolist() == [1.0, 1.0, 0.0]
