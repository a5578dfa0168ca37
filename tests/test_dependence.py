"""Dependence: achieved rank correlations, exact conditionals, order without rejection, shares that sum to 1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import qmc

from mcsim.distributions import (
    Dirichlet,
    GaussianCopula,
    Ordered,
    apply_common_factors,
    common_factor_copula,
    constant,
    dirichlet,
    dirichlet_shares,
    discrete,
    gaussian_copula,
    lognormal,
    normal,
    parse_shares,
    triangular,
    uniform,
    weibull,
)

PAIRS = [("fade", "rate", 0.6), ("rate", "mass", -0.4), ("fade", "mass", 0.1)]
N = 2**15
# Half the standard error of a correlation from as many random points; scrambled Sobol' points do better than that.
WITHIN = 0.5 / np.sqrt(N)


def points(columns, seed=1):
    """Return a scrambled Sobol' sample, whose errors are far below Monte Carlo's."""
    return qmc.Sobol(columns, rng=np.random.default_rng(seed)).random(N)


# Gaussian copula ------------------------------------------------------------------------------------------------------


def test_copula_achieves_the_rank_correlations_asked_for():
    achieved = stats.spearmanr(gaussian_copula(PAIRS).apply(points(3))).statistic
    np.testing.assert_allclose(achieved, [[1, 0.6, 0.1], [0.6, 1, -0.4], [0.1, -0.4, 1]], atol=WITHIN)


def test_copula_achieves_the_rank_correlations_for_any_continuous_distributions():
    units = gaussian_copula([("a", "b", 0.7)]).apply(points(2))
    values = lognormal(1, 2).ppf(units[:, 0]), triangular(0, 0, 1).ppf(units[:, 1])
    assert stats.spearmanr(*values).statistic == pytest.approx(0.7, abs=WITHIN)


@pytest.mark.parametrize("column", range(3))
def test_copula_keeps_every_marginal_uniform(column):
    units = gaussian_copula(PAIRS).apply(points(3))
    assert stats.kstest(units[:, column], "uniform").statistic < 2.0 / np.sqrt(N)


def test_copula_leaves_the_first_column_as_it_is():
    np.testing.assert_array_equal(gaussian_copula(PAIRS).apply(points(3))[:, 0], points(3)[:, 0])


def test_copula_states_its_own_rank_correlations():
    np.testing.assert_allclose(gaussian_copula(PAIRS).spearman()[0], [1, 0.6, 0.1], rtol=1e-12)


def test_copula_without_correlation_changes_nothing():
    copula = GaussianCopula(("a", "b"), np.eye(2))
    np.testing.assert_allclose(copula.apply(points(2)), points(2), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_dependent_units_are_the_same_to_the_bit_in_a_chunk_of_any_size(size):
    names = "abcdefgh"
    copula = common_factor_copula({name: [0.1 * place + 0.1] for place, name in enumerate(names)})
    units = np.random.default_rng(3).random((203, len(names)))
    chunks = [copula.apply(units[start : start + size]) for start in range(0, len(units), size)]
    np.testing.assert_array_equal(np.concatenate(chunks), copula.apply(units))


def test_copula_is_defined_at_the_corners_of_the_cube():
    corners = [[0, 1, 0], [1, 0, 1], [0, 0, 0], [1, 1, 1]]
    units = gaussian_copula(PAIRS).apply(corners)
    assert np.all((units >= 0.0) & (units <= 1.0))


def test_copula_takes_columns_in_the_order_of_the_names_given():
    assert gaussian_copula(PAIRS, names=["mass", "fade", "other", "rate"]).spearman()[0, 3] == pytest.approx(-0.4)


def test_copula_does_not_change_the_matrix_it_was_given():
    matrix = np.array([[1.0, 0.5], [0.5, 1.0]])
    GaussianCopula(("a", "b"), matrix)
    matrix[0, 1] = 0.0  # still writeable
    assert matrix[0, 1] == 0.0


# Conditional normal ---------------------------------------------------------------------------------------------------


def test_conditional_of_two_inputs_is_the_textbook_regression():
    r = GaussianCopula(("a", "b"), np.array([[1.0, 0.6], [0.6, 1.0]])).conditional(["a"])
    assert (r.mean([[2.0]])[0, 0], r.covariance()[0, 0]) == pytest.approx((1.2, 1 - 0.36))


def test_conditional_equals_the_inverse_of_the_precision_matrix():
    copula = gaussian_copula(PAIRS)
    precision = np.linalg.inv(copula.correlation)
    law = copula.conditional(["mass"])
    np.testing.assert_allclose(law.covariance(), np.linalg.inv(precision[:2, :2]), rtol=1e-12)
    np.testing.assert_allclose(law.weights, -np.linalg.inv(precision[:2, :2]) @ precision[:2, 2:], rtol=1e-12)


def test_conditional_names_what_is_free_in_column_order():
    assert gaussian_copula(PAIRS).conditional(["rate"]).names == ("fade", "mass")


def test_conditional_on_nothing_is_the_copula_itself():
    copula = gaussian_copula(PAIRS)
    np.testing.assert_allclose(copula.conditional([]).covariance(), copula.correlation, rtol=1e-12)


def test_drawing_conditionally_on_one_input_gives_back_the_joint_law():
    copula, units = gaussian_copula(PAIRS), points(3)
    law = copula.conditional(["mass"])
    free = law.apply(units[:, :1], units[:, 1:])
    joint = np.column_stack((free, units[:, :1]))
    np.testing.assert_allclose(stats.spearmanr(joint).statistic, copula.spearman(), atol=WITHIN)


# Common factors -------------------------------------------------------------------------------------------------------


def test_common_factor_copula_correlates_by_products_of_loadings():
    copula = common_factor_copula({"a": [0.8, 0.1], "b": [0.5, 0.0], "c": [0.0, 0.9]})
    np.testing.assert_allclose(copula.correlation, [[1, 0.4, 0.09], [0.4, 1, 0], [0.09, 0, 1]], rtol=1e-12)


def test_common_factors_as_inputs_give_the_same_law_as_their_copula():
    loadings = {"a": [0.8], "b": [0.5], "c": [-0.3]}
    units = points(4)
    dependent = apply_common_factors(units[:, :1], units[:, 1:], list(loadings.values()))
    np.testing.assert_allclose(
        stats.spearmanr(dependent).statistic, common_factor_copula(loadings).spearman(), atol=WITHIN
    )


def test_input_correlates_with_its_factor_by_its_loading():
    units = points(2)
    dependent = apply_common_factors(units[:, :1], units[:, 1:], [[0.8]])
    scores = stats.norm.ppf(np.column_stack((units[:, :1], dependent)))
    assert np.corrcoef(scores.T)[0, 1] == pytest.approx(0.8, abs=WITHIN)


# Order ----------------------------------------------------------------------------------------------------------------

RISING = [
    (uniform(0, 10), uniform(0, 12), uniform(5, 12)),
    (weibull(3, 8), weibull(3, 12)),
    (normal(0, 1), normal(-3, 1), normal(0, 2)),
    (discrete([1, 2, 3]), discrete([2, 3, 4])),
    (uniform(0, 3), discrete([1, 2, 3])),
    (constant(2), uniform(0, 5)),
]
UNIT = st.floats(min_value=0.0, max_value=1.0)


@pytest.mark.parametrize("method", ["sequential", "sorted"])
@pytest.mark.parametrize("distributions", RISING, ids=str)
@settings(deadline=None, max_examples=60)
@given(units=st.lists(UNIT, min_size=3, max_size=3))
def test_ordered_values_never_fall_and_are_never_nan(distributions, method, units):
    values = Ordered(distributions, method).ppf([units[: len(distributions)]])
    assert np.all(values[:, 1:] >= values[:, :-1])


def test_sequential_order_keeps_the_first_distribution():
    values = Ordered((weibull(3, 8), weibull(3, 12))).ppf(points(2))
    np.testing.assert_array_equal(values[:, 0], weibull(3, 8).ppf(points(2)[:, 0]))


def test_sequential_order_draws_the_next_from_its_own_distribution_cut_at_the_previous():
    values = Ordered((constant(1.0), normal(0, 1))).ppf(points(2))
    assert stats.kstest(values[:, 1], stats.truncnorm(1.0, np.inf).cdf).statistic < 2.0 / np.sqrt(N)


def test_sequential_order_rises_with_each_inputs_own_unit():
    units = np.column_stack((np.full(101, 0.4), np.linspace(0, 1, 101)))
    assert np.all(np.diff(Ordered((uniform(0, 10), uniform(0, 12))).ppf(units)[:, 1]) > 0.0)


def test_order_that_always_holds_changes_nothing():
    values = Ordered((uniform(0, 1), uniform(2, 3))).ppf(points(2))
    np.testing.assert_allclose(values[:, 1], uniform(2, 3).ppf(points(2)[:, 1]), rtol=1e-12)


def test_sequential_order_of_listed_values_keeps_equal_ones_possible():
    values = Ordered((constant(2), discrete([1, 2, 3]))).ppf(points(2))
    assert np.mean(values[:, 1] == 2.0) == pytest.approx(0.5, abs=1e-3)


def test_sequential_order_of_listed_values_gives_listed_values_only():
    values = Ordered((uniform(0, 3), discrete([1, 2, 3]))).ppf([[0.5, 0.0], [0.4, 0.0], [1.0, 1.0]])
    np.testing.assert_array_equal(values[:, 1], [2.0, 2.0, 3.0])


def test_sorted_equal_distributions_follow_the_order_statistics():
    values = Ordered((uniform(0, 1),) * 3, "sorted").ppf(points(3))
    assert stats.kstest(values[:, 1], stats.beta(2, 2).cdf).statistic < 2.0 / np.sqrt(N)


# Dirichlet ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", range(4))
def test_dirichlet_marginals_are_scipys_beta(share):
    values = dirichlet(0.5, 2, 3, 5).ppf(points(3))
    theirs = stats.beta((0.5, 2, 3, 5)[share], 10.5 - (0.5, 2, 3, 5)[share])
    assert stats.kstest(values[:, share], theirs.cdf).statistic < 2.0 / np.sqrt(N)


def test_dirichlet_covariance_equals_scipy():
    values = dirichlet(0.5, 2, 3, 5).ppf(points(3))
    np.testing.assert_allclose(np.cov(values.T), stats.dirichlet((0.5, 2, 3, 5)).cov(), atol=1e-4)


def test_dirichlet_mean_equals_scipy():
    np.testing.assert_allclose(dirichlet(0.5, 2, 3, 5).mean(), stats.dirichlet.mean((0.5, 2, 3, 5)))


@settings(deadline=None, max_examples=60)
@given(units=st.lists(UNIT, min_size=3, max_size=3))
def test_dirichlet_shares_are_positive_and_sum_to_one(units):
    shares = dirichlet(0.5, 2, 3, 5).ppf([units])
    assert np.all(shares >= 0.0)
    assert float(shares.sum()) == pytest.approx(1.0, abs=1e-14)


def test_dirichlet_text_parses_back():
    assert parse_shares(str(dirichlet(0.5, 2, 3))) == Dirichlet((0.5, 2.0, 3.0))


def test_dirichlet_by_shares_has_the_variance_stated():
    variance = np.var(dirichlet_shares([0.2, 0.8], 24).ppf(points(1))[:, 0])
    assert variance == pytest.approx(0.2 * 0.8 / 25, rel=1e-3)


# Refusals -------------------------------------------------------------------------------------------------------------


def test_contradicting_correlations_are_named_with_how_far_to_weaken_them():
    pairs = [("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9), ("d", "e", 0.5)]
    message = r"^dependence: rank .* \(got a-b 0\.9, a-c -0\.9, b-c 0\.9\); multiply them by 0\.53 or less"
    with pytest.raises(ValueError, match=message):
        gaussian_copula(pairs)


def test_correlations_weakened_as_far_as_the_message_says_are_accepted():
    pairs = [("a", "b", 0.9 * 0.53), ("b", "c", 0.9 * 0.53), ("a", "c", -0.9 * 0.53)]
    assert gaussian_copula(pairs).spearman()[0, 2] == pytest.approx(-0.9 * 0.53)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", "b")], r'two inputs and a rank correlation \(got \["a", "b"\]\); write \["first", "second", 0\.5\]'),
        (["abc"], r'two inputs and a rank correlation \(got "abc"\)'),
        ([("a", "a", 0.5)], r"must name two different inputs"),
        ([("a", 1, 0.5)], r"must name two different inputs"),
        ([("a", "b", 1.0)], r"must lie between -1 and 1 \(got a, b: 1\); for a perfect dependence let both follow"),
        ([("a", "b", "x")], r'rank correlation must be a number \(got "x"\)'),
        ([("a", "b", 0.1), ("b", "a", 0.2)], r"each pair must be given once \(got b, a\)"),
        ([], r"names must cover every pair \(got none\)"),
    ],
)
def test_refused_pairs_are_shown_with_the_remedy(pairs, message):
    with pytest.raises(ValueError, match=message):
        gaussian_copula(pairs)


def test_names_that_miss_a_pair_are_refused():
    with pytest.raises(ValueError, match=r"names must cover every pair \(got b\); add the missing names"):
        gaussian_copula([("a", "b", 0.5)], names=["a"])


@pytest.mark.parametrize(
    "matrix",
    [np.eye(3), np.array([[1.0, 0.5], [0.4, 1.0]]), np.array([[2.0, 0.5], [0.5, 1.0]]), np.full((2, 2), np.nan)],
    ids=["shape", "asymmetric", "diagonal", "nan"],
)
def test_what_is_no_correlation_matrix_is_refused(matrix):
    with pytest.raises(ValueError, match=r"must be a correlation matrix .* symmetric \(2, 2\) matrix"):
        GaussianCopula(("a", "b"), matrix)


def test_copula_refuses_a_repeated_name():
    with pytest.raises(ValueError, match=r"inputs must differ \(got a, a\); name each input once"):
        GaussianCopula(("a", "a"), np.eye(2))


def test_conditional_refuses_an_unknown_input():
    with pytest.raises(ValueError, match=r'not in this dependence \(got "x"\); name some of fade, rate, mass'):
        gaussian_copula(PAIRS).conditional(["x"])


def test_conditional_refuses_to_be_given_everything():
    with pytest.raises(ValueError, match=r"nothing is left to condition \(got fade, rate, mass\); give fewer inputs"):
        gaussian_copula(PAIRS).conditional(["fade", "rate", "mass"])


def test_copula_refuses_another_number_of_columns():
    with pytest.raises(ValueError, match=r"needs units of shape \(n, 3\) \(got \(4, 2\)\)"):
        gaussian_copula(PAIRS).apply(np.full((4, 2), 0.5))


def test_loadings_that_leave_nothing_to_the_input_are_refused():
    with pytest.raises(ValueError, match=r"squared loadings must sum to less than 1 \(got b: 1\.28\); lower"):
        common_factor_copula({"a": [0.1, 0.2], "b": [0.8, 0.8]})


def test_loadings_on_different_factors_are_refused():
    with pytest.raises(ValueError, match=r"must load on the same factors \(got a: 1, b: 2\); write 0 for no loading"):
        common_factor_copula({"a": [0.1], "b": [0.8, 0.8]})


def test_order_that_could_not_hold_is_refused():
    with pytest.raises(ValueError, match=r"must rise too \(got uniform\(0, 5\) before uniform\(0, 4\)\); lower"):
        Ordered((uniform(0, 5), uniform(0, 4)))


def test_order_of_one_input_is_refused():
    with pytest.raises(ValueError, match=r"^order: needs at least two inputs \(got 1\)"):
        Ordered((uniform(0, 5),))


def test_unknown_order_method_is_refused():
    with pytest.raises(ValueError, match=r'method must be a known one \(got "best"\); choose sequential or sorted'):
        Ordered((uniform(0, 5), uniform(0, 6)), "best")


def test_dirichlet_refuses_another_number_of_columns():
    with pytest.raises(ValueError, match=r"^dirichlet: needs units of shape \(n, 2\) \(got \(4, 3\)\)"):
        dirichlet(1, 2, 3).ppf(np.full((4, 3), 0.5))
