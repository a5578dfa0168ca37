import numpy as np
import pytest
from scipy.stats import norm, qmc

from mcsim.ranking.sensitivity import sensitivity
from mcsim.studies.examples import functions
from mcsim.study.load import load

PUBLISHED = {
    "ishigami": ([0.313905, 0.442411, 0.0], [0.557589, 0.442411, 0.243684]),
    "sobol-g": ([0.716192, 0.179048, 0.023676, 0.007162], [0.787144, 0.242198, 0.034317, 0.010460]),
}


def oakley():
    generator = np.random.default_rng(7)
    a1, a2, a3 = generator.normal(size=(3, 5))
    return functions.known_oakley_ohagan(a1, a2, a3, 0.3 * generator.normal(size=(5, 5)))


MAKERS = [
    functions.known_ishigami,
    functions.known_sobol_g,
    functions.known_g_star,
    functions.known_sobol_levitan,
    functions.known_bratley,
    functions.known_borgonovo,
    oakley,
]


def brute_force(known, base=2**13):
    """Slow twin: pick and freeze on independent Sobol' points, plain means."""
    from mcsim.distributions import parse

    dims = len(known.inputs)
    unit = qmc.Sobol(2 * dims, scramble=True, rng=np.random.default_rng(1)).random(base)
    unit = np.clip(unit, 1e-12, 1 - 1e-12)
    values = np.column_stack([parse(text).ppf(unit[:, i]) for i, text in enumerate(known.inputs * 2)])
    a, b = values[:, :dims], values[:, dims:]
    f_a, f_b = known.evaluate(a), known.evaluate(b)
    centre, variance = f_b.mean(), f_a.var()
    first, total = np.empty(dims), np.empty(dims)
    for i in range(dims):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        f_ab = known.evaluate(mixed)
        first[i] = np.mean((f_b - centre) * (f_ab - f_a)) / variance
        total[i] = 0.5 * np.mean((f_a - f_ab) ** 2) / variance
    return first, total


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_exact_indices_agree_with_brute_force(make):
    known = make()
    first, total = brute_force(known)
    np.testing.assert_allclose(first, known.first, atol=0.03)
    np.testing.assert_allclose(total, known.total, atol=0.03)


@pytest.mark.parametrize("name", PUBLISHED)
def test_exact_indices_equal_the_published_ones(name):
    known = {"ishigami": functions.known_ishigami, "sobol-g": functions.known_sobol_g}[name]()
    first, total = PUBLISHED[name]
    np.testing.assert_allclose(known.first[: len(first)], first, atol=5e-7)
    np.testing.assert_allclose(known.total[: len(total)], total, atol=5e-7)


@pytest.mark.parametrize(
    ("name", "leading"),
    [("ishigami", ["x1", "x2", "x3"]), ("sobol-g", ["x1", "x2", "x3", "x4"]), ("borehole", ["well_radius"])],
)
def test_shipped_example_ranks_as_known(name, leading):
    table = sensitivity(load(name), base=1024, jobs=1).table("y")
    assert table["input"].tolist()[: len(leading)] == leading


def test_borehole_at_its_centre_is_the_formula():
    unit = norm.cdf(0.0)
    centre = {item.name: float(item.distribution.ppf(np.array([unit]))[0]) for item in load("borehole").uncertain}
    spread = np.log(centre["influence_radius"] / centre["well_radius"])
    leak = 2 * centre["borehole_length"] * centre["upper_transmissivity"]
    leak /= spread * centre["well_radius"] ** 2 * centre["conductivity"]
    ratio = centre["upper_transmissivity"] / centre["lower_transmissivity"]
    head = centre["upper_head"] - centre["lower_head"]
    truth = 2 * np.pi * centre["upper_transmissivity"] * head / (spread * (1 + leak + ratio))
    assert abs(float(functions.borehole(**centre)) / truth - 1.0) < 1e-12


def test_product_indices_of_a_single_term_are_one():
    first, total = functions.product_indices(np.array([0.7]))
    assert first.tolist() == total.tolist() == [1.0]


def test_weighted_sum_indices_agree_with_sampling():
    generator = np.random.default_rng(2)
    alpha, means, spreads = np.array([4.0, 2.0, 1.0]), np.array([1.0, 2.0, 4.0]), np.array([0.2, 0.5, 1.0])
    shares = generator.dirichlet(alpha, 200_000)
    given_shares = shares @ means
    variance = given_shares.var() + (shares**2 @ spreads**2).mean()
    first, total = functions.known_weighted_sum(alpha, means, spreads)
    assert abs(first[0] - given_shares.var() / variance) < 0.01
    assert abs(total[3] - spreads[2] ** 2 * (shares[:, 2] ** 2).mean() / variance) < 0.01


def test_linear_gaussian_shapley_of_independent_inputs_is_their_variance():
    effects = functions.linear_gaussian_shapley(np.array([1.0, 2.0]), np.eye(2))
    np.testing.assert_allclose(effects, [0.2, 0.8])
