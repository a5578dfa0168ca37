from copy import deepcopy

import numpy as np
import pytest
from SALib.analyze import sobol as salib_analyze
from SALib.sample import sobol as salib_sample
from SALib.test_functions import Ishigami, Sobol_G

from mcsim.kernels.statistics.sobol import add_values, poisson_counts
from mcsim.ranking.indices import Rows, Sums, add_rows, analyze, indices, padded
from mcsim.ranking.summed import Tree

ISHIGAMI = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
SOBOL_G = {"num_vars": 8, "names": [f"x{i}" for i in range(8)], "bounds": [[0.0, 1.0]] * 8}


def both(problem, function, base, second, resamples=50):
    """Return SALib's numbers and ours on one sample with one set of resamples."""
    outputs = function(salib_sample.sample(problem, base, calc_second_order=second, seed=3))
    theirs = salib_analyze.analyze(problem, outputs, calc_second_order=second, num_resamples=resamples, seed=5)
    chosen = np.random.default_rng(5).integers(base, size=(base, resamples))
    a, b, ab, ba = salib_analyze.separate_output_values(outputs, problem["num_vars"], base, second)
    rows = Rows(
        np.ascontiguousarray(a[:, None]),
        np.ascontiguousarray(b[:, None]),
        np.ascontiguousarray(ab.T[:, :, None]),
        np.ascontiguousarray(ba.T[:, :, None]) if second else None,
    )
    return theirs, analyze(rows, resamples=chosen)


def random_rows(n=256, factors=3, values=5, seed=0, second=False):
    draws = np.random.default_rng(seed).normal(size=(2 + 2 * factors, n, values))
    return Rows(draws[0], draws[1], draws[2 : 2 + factors], draws[2 + factors :] if second else None)


def summed(rows, weights, pieces=1, jobs=1):
    second = rows.f_ba is not None
    sums = Sums.zeros(len(weights), len(rows.f_ab), rows.f_a.shape[1], second)
    for part in np.array_split(np.arange(len(rows.f_a)), pieces):
        kept = slice(part[0], part[-1] + 1)
        piece = Rows(rows.f_a[kept], rows.f_b[kept], rows.f_ab[:, kept], rows.f_ba[:, kept] if second else None)
        add_rows(sums, np.ascontiguousarray(padded(weights)[:, kept]), piece, jobs=jobs)
    return sums


def arrays(sums):
    return [sums.weight, sums.base, sums.factor, sums.swapped, sums.pairs]


@pytest.mark.parametrize("measure", ["S1", "S1_conf", "ST", "ST_conf"])
def test_ishigami_equals_salib_to_rounding(measure):
    theirs, ours = both(ISHIGAMI, Ishigami.evaluate, 512, second=True)
    np.testing.assert_allclose(ours[measure][:, 0], theirs[measure], rtol=0, atol=1e-12)


@pytest.mark.parametrize("measure", ["S2", "S2_conf"])
def test_second_order_equals_salib_to_rounding(measure):
    theirs, ours = both(ISHIGAMI, Ishigami.evaluate, 512, second=True)
    np.testing.assert_allclose(ours[measure][:, 0], theirs[measure][np.triu_indices(3, 1)], rtol=0, atol=1e-12)


@pytest.mark.parametrize("measure", ["S1", "S1_conf", "ST", "ST_conf"])
def test_sobol_g_equals_salib_to_rounding(measure):
    theirs, ours = both(SOBOL_G, Sobol_G.evaluate, 256, second=False)
    np.testing.assert_allclose(ours[measure][:, 0], theirs[measure], rtol=0, atol=1e-12)


def test_output_far_from_zero_equals_salib():
    theirs, ours = both(ISHIGAMI, lambda x: 1e6 + Ishigami.evaluate(x), 256, second=False)
    np.testing.assert_allclose(ours["S1"][:, 0], theirs["S1"], rtol=0, atol=1e-8)


def test_many_outputs_at_once_equal_each_alone():
    rows = random_rows(values=300)
    together = analyze(rows, resamples=20)["ST_conf"]
    alone = analyze(
        Rows(*(np.ascontiguousarray(part[..., 140:141]) for part in (rows.f_a, rows.f_b, rows.f_ab))), resamples=20
    )
    np.testing.assert_allclose(together[:, 140:141], alone["ST_conf"], rtol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 64, 131])
def test_weighted_sums_equal_the_product_of_matrices(n):
    generator = np.random.default_rng(n)
    weights, values = generator.poisson(1.0, (8, n)).astype(float), generator.normal(size=(n, 150))
    sums = np.zeros((8, 150))
    add_values(weights, values, sums)
    np.testing.assert_allclose(sums, weights @ values, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("pieces", [2, 5, 17])
def test_sums_have_the_same_bits_for_any_chunks(pieces):
    rows, weights = random_rows(second=True), np.random.default_rng(1).poisson(1.0, (6, 256)).astype(float)
    whole, cut = summed(rows, weights), summed(rows, weights, pieces)
    assert all(np.array_equal(a, b) for a, b in zip(arrays(whole), arrays(cut), strict=True))


def test_sums_have_the_same_bits_for_any_threads():
    rows, weights = random_rows(), np.ones((4, 256))
    one, two = summed(rows, weights), summed(rows, weights, jobs=2)
    assert all(np.array_equal(a, b) for a, b in zip(arrays(one), arrays(two), strict=True))


def test_tree_of_leaves_has_the_same_bits_in_any_order():
    leaves = [summed(random_rows(16, seed=seed), np.ones((4, 16))) for seed in range(8)]
    orders = [range(8), [4, 5, 6, 7, 0, 1, 2, 3], [7, 0, 3, 2, 1, 6, 5, 4]]
    roots = []
    for order in orders:
        tree = Tree()
        for leaf in order:
            tree.add(0, leaf, {0: deepcopy(leaves[leaf])})
        roots.append(tree.whole()[0].factor)
    assert all(np.array_equal(root, roots[0]) for root in roots)


def test_tree_remembers_complete_prefixes_in_any_order():
    histories = []
    for order in (range(4), [3, 1, 2, 0]):
        tree = Tree()
        for leaf in order:
            tree.add(0, leaf, {0: summed(random_rows(16, seed=leaf), np.ones((4, 16)))})
        histories.append(tree.history)
    assert sorted(histories[0]) == sorted(histories[1]) == [1, 2, 4]
    assert all(np.array_equal(histories[0][n]["ST"], histories[1][n]["ST"]) for n in (1, 2, 4))


def test_tree_remembers_no_incomplete_prefix():
    tree = Tree()
    for leaf in range(3):
        tree.add(0, leaf, {0: summed(random_rows(16, seed=leaf), np.ones((4, 16)))})
    assert sorted(tree.history) == [1, 2]


def test_counts_depend_on_seed_row_and_resample_alone():
    whole = poisson_counts(7, np.arange(100), 9)
    assert np.array_equal(whole[:5, 40:60], poisson_counts(7, np.arange(40, 60), 5))


def test_counts_are_poisson_with_mean_one():
    counts = poisson_counts(0, np.arange(20_000), 4).ravel()
    expected = np.exp(-1.0) / np.array([1.0, 1.0, 2.0, 6.0])
    shares = np.array([(counts == k).mean() for k in range(4)])
    assert (np.abs(shares - expected) < 4.0 * np.sqrt(expected * (1 - expected) / counts.size)).all()


def test_seed_zero_is_a_seed_of_its_own():
    assert not np.array_equal(poisson_counts(0, np.arange(50), 4), poisson_counts(1, np.arange(50), 4))


def test_constant_output_has_undefined_indices():
    rows = random_rows(values=2)
    for part in (rows.f_a, rows.f_b, rows.f_ab):
        part[..., 0] = 3.0
    found = analyze(rows)
    assert np.isnan(found["ST"][:, 0]).all()
    assert np.isfinite(found["ST"][:, 1]).all()


def test_input_that_does_nothing_has_index_exactly_zero():
    rows = random_rows()
    rows.f_ab[1] = rows.f_a
    found = analyze(rows)
    assert np.array_equal(found["ST"][1], np.zeros(5))
    assert np.array_equal(found["S1"][1], np.zeros(5))


def test_single_factor_is_refused():
    with pytest.raises(ValueError, match=r"at least two factors \(got 1\)"):
        analyze(random_rows(factors=1))


def test_twin_outputs_remove_the_noise_from_the_variance():
    generator = np.random.default_rng(3)
    clean = random_rows(20_000, factors=2, values=1)
    noisy = [
        Rows(*(part + generator.normal(size=part.shape) for part in (clean.f_a, clean.f_b, clean.f_ab)))
        for _ in range(2)
    ]
    sums = Sums.zeros(1, 2, 1, False)
    add_rows(sums, padded(np.ones((1, 20_000))), noisy[0], noisy[1])
    found = indices(sums, 1)
    # A and AB are independent here, so ST is 1; with noise counted in it would be 1 too, but of twice the variance.
    assert abs(sums.base[2, 0, 0] / 20_000 - 1.0) < 4.0 * 2.0 / np.sqrt(20_000)
    assert abs(found.total[0, 0, 0] - 1.0) < 0.1
