"""Every family against scipy, its properties, its text form, and every refusal read as the user reads it."""

import copy
import pickle
from math import exp, inf, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.special import betaincinv

from mcsim.distributions import (
    FAMILIES,
    Beta,
    Distribution,
    Gamma,
    Logistic,
    Lognormal,
    Loguniform,
    Metalog,
    Normal,
    Pert,
    Triangular,
    TruncatedNormal,
    Uniform,
    Weibull,
    categorical,
    constant,
    discrete,
    elicited,
    empirical,
    empirical_table,
    lognormal_gsd,
    lognormal_gsd2,
    lognormal_mean_cv,
    metalog,
    parse,
    pedigree,
)
from mcsim.distributions.beta_quantile import beta_quantile
from mcsim.distributions.pedigree import FACTORS

# Each continuous family with scipy's own.
WITH_SCIPY = [
    (Uniform(-2.0, 3.0), stats.uniform(-2.0, 5.0)),
    (Uniform(0.02, 0.03), stats.uniform(0.02, 0.01)),
    (Loguniform(0.01, 100.0), stats.loguniform(0.01, 100.0)),
    (Triangular(0.02, 0.025, 0.03), stats.triang(0.5, 0.02, 0.01)),
    (Triangular(1.0, 1.0, 4.0), stats.triang(0.0, 1.0, 3.0)),
    (Triangular(1.0, 4.0, 4.0), stats.triang(1.0, 1.0, 3.0)),
    (Triangular(-5.0, 1.0, 2.0), stats.triang(6.0 / 7.0, -5.0, 7.0)),
    (Pert(10.0, 12.0, 20.0), stats.beta(1.8, 4.2, 10.0, 10.0)),
    (Pert(0.0, 0.0, 1.0), stats.beta(1.0, 5.0)),
    (Normal(12.0, 1.5), stats.norm(12.0, 1.5)),
    (TruncatedNormal(0.0, 1.0, -1.0, 2.0), stats.truncnorm(-1.0, 2.0)),
    (TruncatedNormal(0.0, 2.0, 8.0, 12.0), stats.truncnorm(4.0, 6.0, 0.0, 2.0)),
    (TruncatedNormal(5.0, 2.0, -inf, 3.0), stats.truncnorm(-inf, -1.0, 5.0, 2.0)),
    (TruncatedNormal(5.0, 2.0, 0.0, inf), stats.truncnorm(-2.5, inf, 5.0, 2.0)),
    (Lognormal(70.0, 0.25), stats.lognorm(0.25, scale=70.0)),
    (Lognormal(0.001, 1.5), stats.lognorm(1.5, scale=0.001)),
    (Beta(2.0, 6.0), stats.beta(2.0, 6.0)),
    (Beta(0.5, 0.5, -1.0, 3.0), stats.beta(0.5, 0.5, -1.0, 4.0)),
    (Gamma(4.0, 2.5), stats.gamma(4.0, scale=2.5)),
    (Gamma(0.3, 1.0), stats.gamma(0.3)),
    (Weibull(3.5, 17.0), stats.weibull_min(3.5, scale=17.0)),
    (Weibull(0.7, 2.0), stats.weibull_min(0.7, scale=2.0)),
    (Logistic(10.0, 2.0), stats.logistic(10.0, 2.0)),
    (pedigree(3.0, 1.05, [2, 1, 3, 2, 4]), stats.lognorm(pedigree(3.0, 1.05, [2, 1, 3, 2, 4]).sigma(), scale=3.0)),
]
WITHOUT_SCIPY = [elicited(8.0, 10.0, 15.0, 5.0, 20.0), metalog(8.0, 10.0, 15.0, 5.0, 20.0), metalog(1, 2, 3, 0, 4)]
CONTINUOUS = [ours for ours, _ in WITH_SCIPY] + WITHOUT_SCIPY
LISTED = [
    constant(8),
    discrete([8, 5, 6], [0.25, 0.5, 0.25]),
    categorical(["linear", "two stage", 'a "knee"'], [0.2, 0.3, 0.5]),
    empirical([3, 1, 2, 2]),
    empirical([3, 1, 2], [1, 2, 5]),
]
# Every family of the registry by its own examples: a new one is covered without an entry here.
DECLARED = [parse(example) for family in FAMILIES.values() for example in family.examples]
ALL = list(dict.fromkeys(CONTINUOUS + LISTED + DECLARED))

GRID = np.concatenate(([1e-12, 1e-6], np.linspace(0.001, 0.999, 333), [1 - 1e-6, 1 - 1e-12]))
PROBABILITIES = st.floats(min_value=0.0, max_value=1.0)


@pytest.mark.parametrize(("ours", "theirs"), WITH_SCIPY, ids=[str(ours) for ours, _ in WITH_SCIPY])
def test_ppf_equals_scipy(ours, theirs):
    # scipy's truncated normal loses digits near probability 1 and keeps them in its survival function.
    expected = np.where(GRID < 0.5, theirs.ppf(GRID), theirs.isf(1.0 - GRID))
    np.testing.assert_allclose(ours.ppf(GRID), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("ours", "theirs"), WITH_SCIPY, ids=[str(ours) for ours, _ in WITH_SCIPY])
def test_cdf_equals_scipy_within_and_beyond_the_support(ours, theirs):
    points = theirs.ppf(np.linspace(0.001, 0.999, 101))
    points = np.concatenate((points, [points[0] - 1e3, points[-1] + 1e3]))
    np.testing.assert_allclose(ours.cdf(points), theirs.cdf(points), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(("ours", "theirs"), WITH_SCIPY, ids=[str(ours) for ours, _ in WITH_SCIPY])
def test_mean_median_and_support_equal_scipy(ours, theirs):
    expected = (theirs.mean(), theirs.median(), *theirs.support())
    assert (ours.mean(), ours.median(), *ours.support()) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_every_family_keeps_the_protocol(ours):
    assert isinstance(ours, Distribution)


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_ppf_at_zero_and_one_is_the_support(ours):
    assert tuple(ours.ppf([0.0, 1.0])) == ours.support()


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_ppf_keeps_the_shape(ours):
    assert ours.ppf(np.full((3, 4), 0.3)).shape == (3, 4)


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_ppf_of_one_half_is_the_median(ours):
    assert float(ours.ppf(0.5)) == pytest.approx(ours.median(), rel=1e-12)


@pytest.mark.parametrize("ours", ALL, ids=str)
@settings(deadline=None, max_examples=60)
@example(units=[0.0, 5e-324, 1e-187, 1e-100, 0.5, 1.0 - 2.0**-53, 1.0])
@given(units=st.lists(PROBABILITIES, min_size=2, max_size=20))
def test_ppf_rises_within_the_support(ours, units):
    values = ours.ppf(np.sort(units))
    low, high = ours.support()
    # Special functions round to a few ulp of their own scale, the spread of the distribution.
    slack = 1e-13 * float(ours.ppf(0.9) - ours.ppf(0.1))
    assert np.all(values[1:] >= values[:-1] - slack)
    assert np.all((values >= low) & (values <= high))


@pytest.mark.parametrize("ours", CONTINUOUS, ids=str)
@settings(deadline=None, max_examples=60)
@given(unit=st.floats(min_value=1e-9, max_value=1.0 - 1e-9))
def test_cdf_inverts_ppf_of_continuous_families(ours, unit):
    assert float(ours.cdf(ours.ppf(unit))) == pytest.approx(unit, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("ours", ALL, ids=str)
@settings(deadline=None, max_examples=30)
@given(unit=st.floats(min_value=1e-6, max_value=1.0 - 1e-6))
def test_ppf_is_the_lowest_value_whose_cdf_reaches_the_probability(ours, unit):
    value = float(ours.ppf(unit))
    assert float(ours.cdf(value)) >= unit * (1.0 - 1e-7) - 1e-8
    assert float(ours.cdf(np.nextafter(value, -inf))) <= unit * (1.0 + 1e-7) + 1e-8


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_mean_equals_the_integral_of_ppf(ours):
    values = ours.ppf((np.arange(400_000) + 0.5) / 400_000)
    spread = float(values.std())
    assert float(values.mean()) == pytest.approx(ours.mean(), abs=1e-3 * spread + 1e-12)


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_text_form_parses_back_to_an_equal_distribution(ours):
    assert parse(str(ours)) == ours


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_distributions_survive_pickling_for_other_processes(ours):
    assert pickle.loads(pickle.dumps(ours)) == copy.deepcopy(ours) == ours


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_equal_distributions_have_equal_hashes(ours):
    assert hash(parse(str(ours))) == hash(ours)


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_a_draw_is_the_same_to_the_bit_in_a_chunk_of_any_size(ours):
    units = np.random.default_rng(4).random(1003)
    expected = ours.ppf(units)
    for size in (1, 7, 64):
        chunks = [ours.ppf(units[start : start + size]) for start in range(0, units.size, size)]
        np.testing.assert_array_equal(np.concatenate(chunks), expected)


@pytest.mark.parametrize("alpha", [0.4999, 0.5, 0.8, 1.0, 2.6, 5.0, 40.0, 200.0, 201.0])
@pytest.mark.parametrize("beta", [0.02, 1.0, 3.4, 200.0])
def test_fast_beta_quantile_equals_scipy_for_shapes_on_both_sides_of_its_range(alpha, beta):
    units = np.concatenate((np.logspace(-60, -1, 600), np.linspace(0.1, 0.999, 400)))
    np.testing.assert_allclose(beta_quantile(alpha, beta, units), betaincinv(alpha, beta, units), rtol=5e-13)


# Other ways to state a lognormal --------------------------------------------------------------------------------------


def test_lognormal_by_mean_and_cv_has_them():
    theirs = stats.lognorm(lognormal_mean_cv(100, 0.3).sigma, scale=lognormal_mean_cv(100, 0.3).centre)
    assert (theirs.mean(), theirs.std() / theirs.mean()) == pytest.approx((100.0, 0.3), rel=1e-12)


def test_lognormal_by_gsd_has_the_log_of_gsd_as_sigma():
    assert lognormal_gsd(5, 1.2).sigma == pytest.approx(log(1.2))


def test_gsd2_is_the_square_of_gsd():
    assert lognormal_gsd2(5, 1.2**2).sigma == pytest.approx(lognormal_gsd(5, 1.2).sigma)


def test_gsd2_interval_spans_two_sigma_which_is_a_little_more_than_95_percent():
    d = lognormal_gsd2(100, 1.5)
    assert float(d.cdf(150.0) - d.cdf(100 / 1.5)) == pytest.approx(stats.norm.cdf(2) - stats.norm.cdf(-2))


def test_exact_95_percent_interval_is_narrower_than_gsd2():
    assert float(lognormal_gsd2(100, 1.5).ppf(0.975)) == pytest.approx(100 * exp(1.959964 * log(1.5) / 2), rel=1e-6)


# Pedigree -------------------------------------------------------------------------------------------------------------


def test_pedigree_sums_the_squared_logarithms_of_its_factors():
    expected = 0.5 * sqrt(log(1.05) ** 2 + log(1.05) ** 2 + log(1.1) ** 2 + log(1.01) ** 2 + log(1.5) ** 2)
    assert pedigree(1, 1.05, [2, 1, 3, 2, 4]).sigma() == pytest.approx(expected)


def test_pedigree_with_best_scores_is_the_basic_uncertainty_alone():
    assert pedigree(4, 1.5, [1, 1, 1, 1, 1]).lognormal() == lognormal_gsd2(4, 1.5)


def test_pedigree_takes_the_empirical_factors_by_name():
    assert pedigree(1, 1, [1, 1, 1, 1, 5], matrix="empirical").sigma() == pytest.approx(0.5 * log(2.8))


def test_ecoinvent_factors_agree_with_the_variances_of_the_version_3_guideline():
    # Variances of the underlying normal, rounded to one or two digits, as the guideline of 2013 gives them.
    variances = [
        (0, 0.0006, 0.002, 0.008, 0.04),
        (0, 0.0001, 0.0006, 0.002, 0.008),
        (0, 0.0002, 0.002, 0.008, 0.04),
        (0, 0.000025, 0.0001, 0.0006, 0.002),
        (0, 0.0006, 0.008, 0.04, 0.12),
    ]
    ours = (0.5 * np.log(FACTORS["ecoinvent"])) ** 2
    np.testing.assert_allclose(ours, variances, rtol=0.15)


def test_empirical_factors_agree_with_variances_listed_elsewhere():
    # The first three indicators as the Ocelot project's pedigree module lists them from the same article.
    variances = [
        (0, 0.047, 0.057, 0.069, 0.069),
        (0, 0.00022, 0.00038, 0.0015, 0.0015),
        (0, 0.00022, 0.0023, 0.0076, 0.016),
    ]
    ours = (0.5 * np.log(FACTORS["empirical"][:3])) ** 2
    np.testing.assert_allclose(ours, variances, rtol=0.03)


@pytest.mark.parametrize("matrix", FACTORS)
def test_pedigree_factors_never_fall_with_a_worse_score(matrix):
    assert np.all(np.diff(FACTORS[matrix], axis=1) >= 0.0)


# Elicited quantiles ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [elicited, metalog])
def test_elicited_curves_pass_through_the_stated_quantiles(family):
    values = family(8, 10, 15, 5, 20).ppf([0, 0.05, 0.5, 0.95, 1])
    np.testing.assert_allclose(values, [5, 8, 10, 15, 20], rtol=1e-12)


def test_metalog_of_a_symmetric_judgement_is_a_logit_logistic():
    d = metalog(1, 2, 3, 0, 4)
    scale = log(3) / log(19)  # the logit of 3 / 4 over the logit of 0.95
    theirs = 4.0 / (1.0 + np.exp(-scale * np.log(GRID / (1 - GRID))))
    np.testing.assert_allclose(d.ppf(GRID), theirs, rtol=1e-12)


def test_metalog_mean_equals_quadrature():
    d = metalog(6, 10, 19, 5, 20)
    integral = sum(
        quad(lambda u: float(d.ppf(u)), a, b, epsabs=1e-11)[0] for a, b in [(0, 0.01), (0.01, 0.99), (0.99, 1)]
    )
    assert d.mean() == pytest.approx(integral, rel=1e-8)


def test_metalog_cdf_is_exact_at_the_bounds_and_beyond():
    np.testing.assert_array_equal(metalog(8, 10, 15, 5, 20).cdf([4, 5, 20, 21]), [0, 0, 1, 1])


@pytest.mark.parametrize("p50", [5.2571, 17.6523])
def test_metalog_just_inside_the_feasible_medians_rises_everywhere(p50):
    assert np.all(np.diff(metalog(5.1, p50, 19, 5, 20).ppf(np.linspace(0, 1, 20001))) >= 0.0)


@pytest.mark.parametrize("p50", [5.2570, 17.6525])
def test_metalog_just_outside_the_feasible_medians_is_refused_with_the_remedy(p50):
    with pytest.raises(ValueError, match=r"keep p50 between 5\.25703 and 17\.6524, or use elicited"):
        Metalog(5.1, p50, 19, 5, 20)


def test_outside_the_feasible_medians_a_metalog_would_indeed_fall_somewhere():
    # Written out apart from the class: quantiles of the logit at the largest skew and 2 % beyond.
    u = np.linspace(0.001, 0.999, 9999)
    falls = [np.any(np.diff((1 + skew * (u - 0.5)) * np.log(u / (1 - u))) < 0) for skew in (1.667, 1.70)]
    assert falls == [False, True]


# Listed values --------------------------------------------------------------------------------------------------------


def test_discrete_ppf_equals_scipy():
    theirs = stats.rv_discrete(values=([5, 6, 8], [0.5, 0.25, 0.25]))
    units = np.linspace(0.001, 1, 1000)
    np.testing.assert_array_equal(discrete([8, 5, 6], [0.25, 0.5, 0.25]).ppf(units), theirs.ppf(units))


def test_discrete_cdf_equals_scipy():
    theirs = stats.rv_discrete(values=([5, 6, 8], [0.5, 0.25, 0.25]))
    points = [4, 5, 5.5, 6, 7.9, 8, 9]
    np.testing.assert_allclose(discrete([8, 5, 6], [0.25, 0.5, 0.25]).cdf(points), theirs.cdf(np.floor(points)))


def test_discrete_mean_and_median_equal_scipy():
    theirs = stats.rv_discrete(values=([5, 6, 8], [0.5, 0.25, 0.25]))
    ours = discrete([8, 5, 6], [0.25, 0.5, 0.25])
    assert (ours.mean(), ours.median()) == pytest.approx((theirs.mean(), theirs.median()))


def test_empirical_ppf_equals_numpy_quantile_with_weights():
    rng = np.random.default_rng(1)
    samples, weights, units = rng.normal(size=50), rng.random(50) + 0.1, rng.random(500)
    expected = np.quantile(samples, units, method="inverted_cdf", weights=weights)
    np.testing.assert_array_equal(empirical(samples.tolist(), weights.tolist()).ppf(units), expected)


def test_empirical_cdf_equals_scipy_ecdf():
    samples = np.random.default_rng(2).integers(0, 20, 60)
    points = np.linspace(-1, 21, 45)
    expected = stats.ecdf(samples).cdf.evaluate(points)
    np.testing.assert_allclose(empirical(samples.tolist()).cdf(points), expected)


def test_empirical_mean_equals_the_weighted_average():
    assert empirical([3, 1, 2], [1, 2, 5]).mean() == pytest.approx((3 + 2 + 10) / 8)


def test_empirical_table_reads_rows_of_value_and_weight():
    assert empirical_table([5, 12], [8, 30]) == empirical([5, 8], [12, 30])


def test_categorical_ppf_gives_the_code_of_each_word_by_its_probability():
    choice = categorical(["a", "b", "c"], [0.2, 0.3, 0.5])
    np.testing.assert_array_equal(choice.ppf([0.1, 0.2, 0.21, 0.5, 0.51, 1.0]), [0, 0, 1, 1, 2, 2])


def test_categorical_words_are_those_behind_the_codes():
    assert categorical(["a", "b", "c"]).words([2.0, 0.0]) == ["c", "a"]


def test_probabilities_left_out_are_equal():
    assert discrete([1, 2, 3, 4]) == discrete([1, 2, 3, 4], [0.25, 0.25, 0.25, 0.25])


# Probabilities ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ours", ALL, ids=str)
@pytest.mark.parametrize("unit", [-0.1, 1.1, float("nan")])
def test_ppf_refuses_what_is_no_probability(ours, unit):
    with pytest.raises(ValueError, match=r"probabilities must lie in \[0, 1\] \(got "):
        ours.ppf([0.5, unit])


def test_logistic_scale_is_not_its_standard_deviation():
    values = Logistic(0, 1).ppf((np.arange(200_000) + 0.5) / 200_000)
    assert float(values.std()) == pytest.approx(pi / sqrt(3), rel=1e-3)
