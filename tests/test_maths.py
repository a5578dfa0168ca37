"""Branch-free functions against NumPy in extended precision, and their ends."""

import numpy as np
import pytest

from mcsim.kernels._jit import kernel
from mcsim.kernels.maths import exp, expm1, log, power


@kernel
def each(which, x, out):
    for i in range(x.size):
        if which == 0:
            out[i] = exp(x[i])
        elif which == 1:
            out[i] = expm1(x[i])
        else:
            out[i] = log(x[i])


def last_places(which, exact, x):
    out = np.empty_like(x)
    each(which, x, out)
    reference = exact(x.astype(np.longdouble))
    return float(np.max(np.abs(out - reference) / np.spacing(np.abs(reference).astype(np.float64))))


# An extended type that is no wider than a float64 would test nothing.
WIDE = np.finfo(np.longdouble).nmant > 60


@pytest.mark.parametrize("span", [700.0, 30.0, 1.0, 1e-3, 1e-12])
def test_exponentials_are_right_to_two_last_places(span):
    assert WIDE
    x = np.random.default_rng(3).uniform(-span, span, 200_000)
    assert last_places(0, np.exp, x) < 2.0
    assert last_places(1, np.expm1, x) < 2.0


@pytest.mark.parametrize("span", [700.0, 1.0, 1e-3, 1e-12])
def test_logarithms_are_right_to_two_last_places(span):
    assert WIDE
    x = np.exp(np.random.default_rng(4).uniform(-span, span, 200_000))
    assert last_places(2, np.log, x[x != 1.0]) < 2.0


def test_the_ends_of_the_exponential():
    assert [exp(x) for x in (-np.inf, -709.0, 0.0, 709.9, np.inf)] == [0.0, 0.0, 1.0, np.inf, np.inf]
    assert np.isnan(exp(np.nan))


def test_the_ends_of_expm1():
    assert [expm1(x) for x in (-np.inf, 0.0, np.inf)] == [-1.0, 0.0, np.inf]
    assert np.isnan(expm1(np.nan))


def test_the_ends_of_the_logarithm():
    assert [log(x) for x in (0.0, 1.0, np.inf)] == [-np.inf, 0.0, np.inf]
    assert log(5e-324) == pytest.approx(-744.4400719213812, rel=1e-15)
    assert np.isnan(log(-1.0))
    assert np.isnan(log(np.nan))


def test_powers_equal_pythons():
    generator = np.random.default_rng(6)
    for base, exponent in zip(generator.uniform(0.05, 5, 500), generator.uniform(0.1, 12, 500), strict=True):
        assert power(base, exponent) == pytest.approx(base**exponent, rel=2e-14)
    assert power(0.0, 2.0) == 0.0
