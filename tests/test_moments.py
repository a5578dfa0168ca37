"""Streaming statistics against NumPy, and their indifference to order, grouping and merging."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim.engine.streaming import BandStream, bin_scales
from mcsim.kernels.statistics.moments import bin_edge, block_moments, count_values, merge_moments
from mcsim.result.bands import exact_bands

BLOCK = 64


def sample(seed: int, n_draws: int = 1000) -> np.ndarray:
    """Return columns of very different kinds: wide, narrow, through zero, heavy-tailed, constant, discrete."""
    generator = np.random.default_rng(seed)
    return np.column_stack(
        [
            generator.lognormal(0, 0.5, n_draws),
            1e6 + generator.normal(0, 1, n_draws),
            generator.normal(0, 1, n_draws),
            generator.lognormal(0, 3, n_draws),
            np.full(n_draws, 0.1),
            generator.integers(-2, 3, n_draws),
            -generator.gamma(0.5, 1.0, n_draws),
        ]
    )


def streamed(rows: np.ndarray, edges, order=None) -> BandStream:
    stream = BandStream(np.median(rows, axis=0), BLOCK)
    spans = list(pairwise(edges))
    for low, high in spans if order is None else [spans[place] for place in order]:
        stream.add(low, high, np.arange(low, high), rows[low:high])
    return stream


def bits(stream: BandStream) -> tuple:
    bands = stream.bands()
    return bands.draws, bands.n.tobytes(), bands.mean.tobytes(), bands.sd.tobytes(), bands.quantiles.tobytes()


def test_moments_agree_with_numpy():
    rows = sample(1)
    bands, exact = streamed(rows, [0, 1000]).bands(), exact_bands(rows)
    assert np.allclose(bands.mean, rows.mean(axis=0), rtol=1e-13, atol=1e-13)
    assert np.allclose(bands.sd, rows.std(axis=0, ddof=1), rtol=1e-9, atol=1e-14)
    assert bands.n.tolist() == exact.n.tolist() == [1000] * 7


@pytest.mark.parametrize("column", range(7))
def test_quantiles_are_within_a_bin_of_the_exact_ones(column):
    rows = sample(2, 5000)
    stream = streamed(rows, [0, 5000])
    found, exact = stream.bands().quantiles[:, column], exact_bands(rows).quantiles[:, column]
    scale, level = stream.scale[column], stream.windows[column, 1]
    # Below and above the exact quantile lie its neighbours among the draws, at most one bin away each.
    ordered = np.sort(rows[:, column])
    for probability, value, close in zip((0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975), found, exact, strict=True):
        rank = probability * 4999
        low, high = ordered[int(rank)], ordered[min(int(rank) + 1, 4999)]
        width = (np.abs(close) + scale) * (2.0 ** (level - 12)) * 1.01
        assert low - width <= value <= high + width


def test_a_constant_is_reported_as_itself():
    bands = streamed(sample(3), [0, 1000]).bands()
    assert bands.mean[4] == 0.1
    assert bands.sd[4] == 0.0
    assert (bands.quantiles[:, 4] == 0.1).all()


@given(cuts=st.lists(st.integers(1, 999), max_size=8, unique=True), shuffle=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_cuts_and_order_change_no_bit(cuts, shuffle):
    rows = sample(4)
    edges = [0, *sorted(cuts), 1000]
    order = list(range(len(edges) - 1))
    shuffle.shuffle(order)
    assert bits(streamed(rows, edges, order)) == bits(streamed(rows, [0, 1000]))


@pytest.mark.parametrize("cut", [1, 64, 500, 999])
def test_merged_streams_equal_the_whole(cut):
    rows = sample(5)
    first, second = streamed(rows[:1000], [0, cut]), BandStream(np.median(rows, axis=0), BLOCK)
    second.add(cut, 1000, np.arange(cut, 1000), rows[cut:])
    second.merge(first)
    assert bits(second) == bits(streamed(rows, [0, 1000]))


def test_a_stream_comes_back_from_its_arrays():
    rows = sample(6)
    stream = streamed(rows, [0, 700])
    again = BandStream(np.median(rows, axis=0), BLOCK)
    again.load_arrays(stream.to_arrays())
    for part in (stream, again):
        part.add(700, 1000, np.arange(700, 1000), rows[700:])
    assert bits(stream) == bits(again)


def test_draws_that_failed_leave_holes():
    rows = sample(7)
    good = np.setdiff1d(np.arange(1000), [0, 63, 64, 500, 999])
    stream = BandStream(np.median(rows, axis=0), BLOCK)
    stream.add(0, 1000, good, rows[good])
    assert np.allclose(stream.bands().mean, rows[good].mean(axis=0), rtol=1e-13)
    assert stream.bands().n.tolist() == [995] * 7
    assert stream.bands().draws == 995


def test_blocks_of_failed_draws_count_nothing():
    stream = BandStream(np.ones(2), BLOCK)
    stream.add(0, BLOCK, np.empty(0, np.int64), np.empty((0, 2)))
    assert stream.bands().n.tolist() == [0, 0]
    assert np.isnan(stream.bands().mean).all()


def test_float32_and_float64_rows_of_equal_values_agree():
    rows = sample(8).astype(np.float32)
    assert bits(streamed(rows, [0, 1000])) == bits(streamed(rows.astype(np.float64), [0, 1000]))


@given(value=st.floats(-1e12, 1e12, allow_subnormal=False), exponent=st.integers(-30, 30))
@settings(max_examples=200, deadline=None)
def test_a_value_lies_in_its_bin(value, exponent):
    scale = 2.0**exponent
    counts, windows = np.zeros((1, 8), np.int32), np.array([[0, -1, 0, 0]])
    ends = np.array([np.inf]), np.array([-np.inf])
    count_values(np.array([[value]]), np.array([scale]), counts, windows, *ends, False)
    key = int(windows[0, 2])
    slack = 1e-12 * (abs(value) + scale)
    assert bin_edge(key, scale) - slack <= value <= bin_edge(key + 1, scale) + slack


def test_moments_merge_with_an_empty_set():
    mean, squares = np.zeros(1), np.zeros(1)
    other_mean, other_squares = np.empty(1), np.empty(1)
    none, two = np.array([0]), np.array([2])
    block_moments(np.array([[1.0], [2.0]]), other_mean, other_squares)
    merge_moments(none, mean, squares, two, other_mean, other_squares)
    merge_moments(two, mean, squares, none, np.array([9.0]), np.array([9.0]))
    assert (mean[0], squares[0]) == (1.5, 0.5)


def test_scales_lie_below_the_centre():
    assert bin_scales(np.array([16.0, -31.0, 0.0])).tolist() == [1.0, 1.0, 1.0]
    assert bin_scales(np.zeros(2)).tolist() == [0.0625, 0.0625]
