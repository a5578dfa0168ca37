"""Distance by age."""

import naive_kernels as naive
import numpy as np
import pytest

from mcsim.kernels.laws.mileage import fill_distance_from_survival


@pytest.mark.parametrize("exponent", [0.6, 1.0, 1.2])
def test_the_mean_over_the_stationary_stock_is_the_given_one(exponent):
    ages = np.arange(91.0)
    survival = np.array([[naive.weibull_survival(age, shape, 28.0) for age in ages] for shape in (2.0, 4.0)])
    out = np.empty_like(survival)
    fill_distance_from_survival(survival, np.full(2, exponent), np.full(2, 13_000.0), out)
    np.testing.assert_allclose((out * survival).sum(axis=1) / survival.sum(axis=1), 13_000.0, rtol=1e-12)
    np.testing.assert_allclose(out / out[:, :1], survival**exponent, rtol=1e-11, atol=1e-200)
