"""Intensity of delivered electricity by year."""

import naive_kernels as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim.kernels.laws.grid import fill_intensity, fill_mix_between, fill_years, share_between


def arrays(*shapes, seed=21):
    generator = np.random.default_rng(seed)
    return [generator.uniform(size=shape) for shape in shapes]


def test_intensity_equals_the_twin_and_an_einsum_over_all_draws():
    mix, factor, loss = arrays((5, 7, 9), (5, 9, 10), (5, 7))
    out = np.full((5, 7, 10), np.nan)
    fill_intensity(mix, factor, 0.2 * loss, out)
    expected = np.einsum("iys,isc->iyc", mix, factor) / (1 - 0.2 * loss)[:, :, None]
    np.testing.assert_allclose(out, expected, rtol=1e-13)
    np.testing.assert_allclose(out[2, 3], naive.intensity(mix[2, 3], factor[2], 0.2 * loss[2, 3]), rtol=1e-13)


def test_years_past_the_last_hold_its_value():
    mix, factor, loss = arrays((2, 3, 4), (2, 4, 5), (2, 3))
    out = np.full((2, 6, 5), np.nan)
    fill_intensity(mix, factor, 0.1 * loss, out)
    assert np.all(out[:, 3:] == out[:, 2:3])


def test_constant_cells_may_be_broadcast():
    mix, factor, loss = arrays((1, 3, 4), (6, 4, 5), (1, 3))
    out = np.empty((6, 3, 5))
    fill_intensity(np.broadcast_to(mix, (6, 3, 4)), factor, np.broadcast_to(0.1 * loss, (6, 3)), out)
    np.testing.assert_allclose(out, np.einsum("ys,isc->iyc", mix[0], factor) / (1 - 0.1 * loss[0])[:, None], rtol=1e-13)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_a_mix_between_projections_adds_up_to_one(positions):
    low, central, high = arrays((3, 6), (3, 6), (3, 6))
    out = np.empty((len(positions), 3, 6))
    fill_mix_between(low, central, high, np.array(positions), out)
    np.testing.assert_allclose(out.sum(axis=2), 1.0, rtol=1e-14)
    assert np.all(out >= 0.0)


def test_the_three_positions_give_the_three_projections():
    shares = [rows / rows.sum(axis=1, keepdims=True) for rows in arrays((3, 6), (3, 6), (3, 6))]
    out = np.empty((3, 3, 6))
    fill_mix_between(*shares, np.array([0.0, 0.5, 1.0]), out)
    np.testing.assert_allclose(out, shares, rtol=1e-14)


def test_a_share_moves_linearly_on_either_side_of_the_central_one():
    expected = np.interp(np.linspace(0, 1, 21), [0, 0.5, 1], [0.1, 0.4, 0.2])
    actual = [share_between(0.1, 0.4, 0.2, position) for position in np.linspace(0, 1, 21)]
    np.testing.assert_allclose(actual, expected, rtol=1e-14)


def test_a_year_without_shares_stays_empty_and_gives_no_nan():
    zero, out = np.zeros((1, 2)), np.full((1, 1, 2), np.nan)
    fill_mix_between(zero, zero, zero, np.array([0.3]), out)
    assert np.all(out == 0.0)


@pytest.mark.parametrize("known", [[2020.0, 2025.0, 2050.0], [2030.0]])
def test_years_between_known_ones_equal_numpys_interpolation(known):
    years = np.arange(2010.0, 2071.0, 0.5)
    (values,) = arrays((2, len(known), 3))
    out = np.full((2, years.size, 3), np.nan)
    fill_years(np.array(known), values, years, out)
    expected = np.array([[np.interp(years, known, draw[:, k]) for k in range(3)] for draw in values])
    np.testing.assert_allclose(out, expected.transpose(0, 2, 1), rtol=1e-13)
