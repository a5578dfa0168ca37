"""Streaming statistics against NumPy, and their indifference to order, grouping and merging."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim.engine.streaming import BandStream
from mcsim.kernels.statistics.counts import LUMPS, Frame, count_values, no_counts
from mcsim.kernels.statistics.moments import block_moments, merge_moments
from mcsim.kernels.statistics.quantiles import fill_frame, moved_counts
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


def stream_of(rows: np.ndarray, held: int = 200, bins: int = 1024) -> BandStream:
    """Return a stream that counts from so many draws on, in so many bins."""
    stream = BandStream(rows.shape[1], BLOCK, lambda: rows[:BLOCK])
    stream.most_held, stream.bins = held, bins
    return stream


def streamed(rows: np.ndarray, edges, order=None, held: int = 200) -> BandStream:
    stream = stream_of(rows, held)
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


def lumpy(seed: int, n_draws: int) -> dict[str, np.ndarray]:
    """Return columns that are hard for bins: spread far below the value, lumps, gaps, tails, whole numbers."""
    generator = np.random.default_rng(seed)
    z, u = generator.normal(size=n_draws), generator.random(n_draws)
    return {
        "temperature": 300.0 + 0.05 * z,
        "year": 2035.3 + 0.2 * z,
        "large": 1e9 + 1e4 * z,
        "tiny": 1e-9 * z,
        "mostly zero": np.where(u < 0.6, 0.0, generator.random(n_draws) * 1e-6),
        "some at a value": np.where(u < 0.03, 1.5, z),
        "one far away": np.where(np.arange(n_draws) == 500, 1e12, z),
        "a twentieth far away": np.where(u < 0.05, 1e6 + z, z),
        "two heaps": np.where(u < 0.4, 0.01 * z, 100.0 + 0.01 * z),
        "years": 2025.0 + generator.integers(0, 26, n_draws),
        "rare": np.where(u < 0.001, 1e-6, 0.0),
        "even": u,
    }


@pytest.mark.parametrize(("n_draws", "bins"), [(700, 1024), (2000, 512), (20_000, 1024)])
def test_counted_quantiles_are_within_a_hundredth_of_the_spread(n_draws, bins):
    columns = lumpy(3, n_draws)
    rows = np.column_stack(list(columns.values()))
    stream = stream_of(rows, 0, bins)
    stream.add(0, n_draws, np.arange(n_draws), rows)
    exact = exact_bands(rows)
    error = np.abs(stream.bands().quantiles - exact.quantiles).max(axis=0)
    assert dict(zip(columns, error <= 0.01 * exact.sd, strict=True)) == dict.fromkeys(columns, True)


@pytest.mark.parametrize("column", ["mostly zero", "years", "rare"])
def test_quantiles_of_values_that_many_draws_share_are_exact(column):
    rows = lumpy(4, 5000)[column][:, np.newaxis]
    stream = stream_of(rows, 0)
    stream.add(0, 5000, np.arange(5000), rows)
    shared = np.array([(rows == value).sum() > 50 for value in exact_bands(rows).quantiles[:, 0]])
    assert shared.sum() >= 3
    assert np.array_equal(stream.bands().quantiles[shared], exact_bands(rows).quantiles[shared])


@pytest.mark.parametrize("n_draws", [1, 2, 5, 64, 200])
def test_few_draws_are_held_and_their_quantiles_exact(n_draws):
    rows = sample(2, n_draws)
    assert np.array_equal(streamed(rows, [0, n_draws]).bands().quantiles, exact_bands(rows).quantiles)


def test_quantiles_move_with_the_values_and_grow_with_them():
    rows = np.random.default_rng(9).normal(size=(3000, 1))
    found = [streamed(part, [0, 3000]).bands().quantiles for part in (rows, 2.0**-40 * rows, 2.0**20 * rows)]
    assert np.array_equal(found[1], 2.0**-40 * found[0])
    assert np.array_equal(found[2], 2.0**20 * found[0])


def test_a_first_block_without_values_leaves_quantiles_right():
    rows = np.random.default_rng(10).normal(5.0, 1.0, size=(5000, 1))
    rows[:BLOCK] = np.nan
    stream = BandStream(1, BLOCK, lambda: rows[:0], gaps=True)
    stream.most_held = 0
    stream.add(0, 5000, np.arange(5000), rows)
    assert np.abs(stream.bands().quantiles - exact_bands(rows).quantiles).max() < 0.02
    assert stream.bands().n[0] == 5000 - BLOCK


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
    first, second = streamed(rows, [0, cut]), stream_of(rows)
    second.add(cut, 1000, np.arange(cut, 1000), rows[cut:])
    second.merge(first)
    assert bits(second) == bits(streamed(rows, [0, 1000]))


@pytest.mark.parametrize("cuts", [(300, 700), (100, 200), (130, 870)])
def test_parts_of_which_some_are_held_and_some_counted_make_the_whole(cuts):
    rows = sample(6)
    edges = [0, *cuts, 1000]
    parts = []
    for low, high in pairwise(edges):
        parts.append(stream_of(rows, 400))
        parts[-1].add(low, high, np.arange(low, high), rows[low:high])
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        whole = stream_of(rows, 400)
        for place in order:
            copy = stream_of(rows, 400)
            copy.load_arrays(parts[place].to_arrays())
            whole.merge(copy)
        assert bits(whole) == bits(streamed(rows, [0, 1000], held=400))


def test_counts_from_another_frame_are_moved():
    rows = sample(7, 4000)
    frames = []
    for part in (rows[:BLOCK], rows[BLOCK : 2 * BLOCK]):
        frames.append(Frame(np.empty(7), np.empty(7), np.empty((7, LUMPS))))
        fill_frame(np.sort(np.ascontiguousarray(part.T), axis=1), frames[-1])
    counts = no_counts(7, 1024)
    count_values(rows, frames[0], counts, False)
    moved = moved_counts(counts, *frames)
    assert (moved.bins.sum(axis=1) + moved.tallies.sum(axis=1) == 4000).all()
    assert np.array_equal(moved.lowest, rows.min(axis=0))
    first, second = streamed(rows[:2048], [0, 2048]), stream_of(rows)
    second.counted = frames[1], no_counts(7, 1024)
    second.add(2048, 4000, np.arange(2048, 4000), rows[2048:])
    first.merge(second)
    exact = exact_bands(rows)
    assert (np.abs(first.bands().quantiles - exact.quantiles) <= 0.02 * exact.sd).all()


@pytest.mark.parametrize("slab", [1, 8 * 2**20])
def test_a_stream_comes_back_from_its_arrays(monkeypatch, slab):
    monkeypatch.setattr("mcsim.engine.streaming.SLAB_BYTES", slab)
    rows = sample(6)
    stream = streamed(rows, [0, 700])
    assert ("place-6" in stream.to_arrays()) == (slab == 1)  # an element each
    again = stream_of(rows)
    again.load_arrays(stream.to_arrays())
    for part in (stream, again):
        part.add(700, 1000, np.arange(700, 1000), rows[700:])
    assert bits(stream) == bits(again)


def test_draws_that_failed_leave_holes():
    rows = sample(7)
    good = np.setdiff1d(np.arange(1000), [0, 63, 64, 500, 999])
    stream = stream_of(rows)
    stream.add(0, 1000, good, rows[good])
    assert np.allclose(stream.bands().mean, rows[good].mean(axis=0), rtol=1e-13)
    assert stream.bands().n.tolist() == [995] * 7
    assert stream.bands().draws == 995


def test_blocks_of_failed_draws_count_nothing():
    stream = BandStream(2, BLOCK, lambda: np.empty((0, 2)))
    stream.add(0, BLOCK, np.empty(0, np.int64), np.empty((0, 2)))
    assert stream.bands().n.tolist() == [0, 0]
    assert np.isnan(stream.bands().mean).all()


@given(value=st.floats(-1e12, 1e12, allow_subnormal=False), exponent=st.integers(-30, 30))
@settings(max_examples=200, deadline=None)
def test_a_value_alone_is_its_own_quantile(value, exponent):
    frame = Frame(np.array([0.5]), np.array([2.0**exponent]), np.full((1, LUMPS), np.inf))
    counts = no_counts(1, 8)
    count_values(np.array([[value], [0.25]]), frame, counts, False)
    there = np.flatnonzero(counts.bins[0])
    assert counts.bins.sum() == 2
    assert counts.least[0, there[0]] == min(value, 0.25)
    assert counts.greatest[0, there[-1]] == max(value, 0.25)


def test_moments_merge_with_an_empty_set():
    mean, squares = np.zeros(1), np.zeros(1)
    other_mean, other_squares = np.empty(1), np.empty(1)
    none, two = np.array([0]), np.array([2])
    block_moments(np.array([[1.0], [2.0]]), other_mean, other_squares)
    merge_moments(none, mean, squares, two, other_mean, other_squares)
    merge_moments(two, mean, squares, none, np.array([9.0]), np.array([9.0]))
    assert (mean[0], squares[0]) == (1.5, 0.5)


def test_shards_that_lack_the_first_block_count_as_the_whole_does(tmp_path, monkeypatch):
    import mcsim
    from mcsim.engine.folder import merge

    monkeypatch.setattr("mcsim.engine.streaming.HELD_BYTES", 0)
    model = mcsim.Model.from_function(
        lambda p, q: {"r": 300.0 + 0.05 * p * q},
        {"p": mcsim.uniform(0, 1), "q": mcsim.normal(0, 1)},
        {"r": mcsim.Output("r", "K", "r", keep=False)},
    )
    study = mcsim.study_of(model)
    whole = mcsim.run(study, 6000).bands["r"]
    folders = [tmp_path / f"part-{number}" for number in (1, 2)]
    for number, folder in enumerate(folders, start=1):
        mcsim.run(study, 6000, shard=(number, 2), out=folder)
    merged = merge(folders, tmp_path / "whole", study).bands["r"]
    exact = mcsim.run(study, 6000, keep=["r"]).bands["r"]
    assert merged.quantiles.tobytes() == whole.quantiles.tobytes()
    assert merged.mean.tobytes() == whole.mean.tobytes()
    assert 0 < np.abs(whole.quantiles - exact.quantiles).max() < 0.01 * exact.sd[0]
