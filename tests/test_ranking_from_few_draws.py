"""Methods that read draws alone, against closed forms and published estimators."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from small_studies import study_of

from mcsim.engine.run import run
from mcsim.ranking.decision import evppi_with_interval
from mcsim.ranking.givendata import given_data
from mcsim.ranking.hsic import MOST_DRAWS, independence_criterion
from mcsim.ranking.neighbours import rank_based
from mcsim.ranking.sensitivity import sensitivity
from mcsim.ranking.surrogate import MOST_ERROR, chaos_indices
from mcsim.ranking.transport import transport_indices
from mcsim.study import InputError
from mcsim.study.load import load

VARIANCE = 49 / 8 + math.pi**4 / 50 + math.pi**8 / 1800 + 0.5
FIRST = np.array([0.5 * (1 + math.pi**4 / 50) ** 2, 49 / 8, 0.0]) / VARIANCE
TOTAL = FIRST + np.array([1.0, 0.0, 1.0]) * math.pi**8 * (1 / 1800 - 1 / 5000) / VARIANCE


def ishigami(u):
    x = math.pi * (2.0 * u - 1.0)
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def points(seed, n, inputs):
    return np.random.default_rng(seed).random((n, inputs))


def test_rank_based_indices_have_no_bias_and_their_interval_covers():
    estimates, inside = [], 0
    for seed in range(200):
        x = points(seed, 1024, 3)
        found = rank_based(x, ishigami(x)[:, None])
        estimates.append(found["S1"][:, 0])
        inside = inside + ((found["S1_low"][:, 0] <= FIRST) & (found["S1_high"][:, 0] >= FIRST))
    error = np.std(estimates, axis=0, ddof=1) / math.sqrt(200)
    assert (np.abs(np.mean(estimates, axis=0) - FIRST) < 3.5 * error + 1.0 / 1024).all()
    assert (inside / 200 > 0.88).all()


def test_rank_based_indices_of_a_sobol_sequence_are_refused_and_its_own_draws_are_random():
    study = load("borehole")
    with pytest.raises(InputError, match=r"rank_based: draws next to one another .* \(got a Sobol' sequence, .*or lhs"):
        given_data(run(study, 256, design="sobol"), "rank_based")
    assert sensitivity(study, 256, method="rank_based").settings["design"] == "random"
    found = given_data(run(study, 1024, design="lhs"), "rank_based").scores["y"]
    assert (found["S1_low"][1:3] <= 0.0).all()  # the two inputs without effect
    assert (found["S1_high"][1:3] >= 0.0).all()


def test_rank_based_indices_take_equal_values_in_an_order_of_chance():
    # Two values of an input and an output that grows in the row: an order by row would read an effect into the second.
    x = np.column_stack([np.repeat([0.0, 1.0], 500), np.zeros(1000)])
    y = (3.0 * x[:, 0] + np.linspace(0.0, 1.0, 1000))[:, None]
    found = rank_based(x, y)
    assert found["S1"][0, 0] > 0.9
    assert abs(found["S1"][1, 0]) < 0.1


def test_transport_meets_the_closed_form_of_a_linear_model_of_normal_inputs():
    # Given x_i the output is normal with mean a_i x_i and variance s**2 - a_i**2: W2**2 is the square of the change of
    # its mean plus that of its standard deviation.
    slopes = np.array([3.0, 2.0, 0.0])
    normal = np.random.default_rng(1).normal(size=(8000, 4))
    y = normal[:, :3] @ slopes + normal[:, 3]
    whole = slopes @ slopes + 1.0
    exact = (slopes**2 + (math.sqrt(whole) - np.sqrt(whole - slopes**2)) ** 2) / (2.0 * whole)
    found = transport_indices(normal[:, :3], y[:, None])
    # Classes of an unbounded input lose a little, and chance adds what an input without effect reads.
    np.testing.assert_allclose(found["transport"][:, 0], exact, atol=0.02)
    assert found["transport"][2, 0] < found["transport_noise"][2, 0] < 0.012


def test_transport_sees_a_change_of_spread_that_moves_no_mean():
    x = points(3, 4000, 2)
    y = (np.where(x[:, 0] < 0.5, 1.0, 3.0) * np.random.default_rng(4).normal(size=4000))[:, None]
    assert abs(rank_based(x, y)["S1"][0, 0]) < 0.1
    found = transport_indices(x, y)
    # Normal halves of standard deviation 1 and 3 against their mixture: about (3 - 1)**2 / 4 over twice the variance 5.
    assert 0.05 < found["transport"][0, 0] < 0.15
    assert found["transport"][0, 0] > 4.0 * found["transport_noise"][0, 0]


def test_hsic_is_that_of_openturns():
    # OpenTURNS 1.27, HSICEstimatorGlobalSensitivity with HSICVStat and SquaredExponential of the sample's standard
    # deviations: getR2HSICIndices and getPValuesAsymptotic of these draws.
    x = np.random.default_rng(3).random((200, 4))
    y = (np.sin(6.0 * x[:, 0]) + 0.3 * x[:, 1] + 0.6 * x[:, 2] ** 2)[:, None]
    found = independence_criterion(x, y)
    np.testing.assert_allclose(found["hsic_r2"][:, 0], [0.738563, 0.0212427, 0.0277659, 0.0104177], rtol=1e-5)
    np.testing.assert_allclose(found["hsic_p"][:, 0], [1.57147e-52, 0.0679318, 0.0249307, 0.342199], rtol=1e-5)


def test_hsic_says_that_independence_is_as_rare_as_it_is():
    generator = np.random.default_rng(5)
    found = [independence_criterion(generator.random((60, 2)), generator.normal(size=(60, 3))) for _ in range(60)]
    chances = np.concatenate([one["hsic_p"].ravel() for one in found])
    assert abs((chances < 0.05).mean() - 0.05) < 3.0 * math.sqrt(0.05 * 0.95 / len(chances))


@pytest.mark.parametrize(("n", "most"), [(100, 0.015), (200, 0.002)])
def test_a_surrogate_of_few_draws_has_the_indices_of_ishigami(n, most):
    law = np.random.default_rng(0).permuted(np.repeat((np.arange(4096.0) + 0.5)[:, None] / 4096, 3, axis=1), axis=0)
    for seed in range(3):
        x = points(seed, n, 3)
        found = chaos_indices(x, ishigami(x)[:, None], law)
        np.testing.assert_allclose(found["S1"][:, 0], FIRST, atol=most)
        np.testing.assert_allclose(found["ST"][:, 0], TOTAL, atol=most)


def test_a_surrogate_tells_the_error_that_it_makes_in_draws_it_has_not_seen():
    kinks = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])
    x = points(1, 200, 8)
    y = np.prod((np.abs(4.0 * x - 2.0) + kinks) / (1.0 + kinks), axis=1)
    error = chaos_indices(x, y[:, None])["error"][0, 0]
    # Few draws of a function with kinks: some per cent are missed, and an error of the draws that chose would say .2 %.
    assert 0.01 < error < MOST_ERROR


def rough(inputs, context):
    return {"y": np.floor(97.0 * inputs["a"]) % 2.0 + 0.01 * inputs["b"]}


UNIFORM = dict.fromkeys(("a", "b"), "uniform(0, 1)")


def test_a_surrogate_that_does_not_hold_is_refused():
    result = run(study_of(rough, UNIFORM), 200)
    with pytest.raises(
        InputError, match=r"y: surrogate: misses .* of the variance in draws left out \(got .*\); at most"
    ):
        given_data(result, "surrogate")


def test_a_surrogate_of_inputs_that_depend_on_one_another_is_refused():
    study = study_of(rough, UNIFORM, dependence=[("a", "b", 0.5)])
    with pytest.raises(InputError, match=r"a, b: Sobol' indices need independent factors \(got rank correlation 0.5\)"):
        given_data(run(study, 200), "surrogate")


def test_methods_that_look_at_fewer_draws_say_so():
    def linear(inputs, context):
        return {"y": inputs["a"] + 2.0 * inputs["b"]}

    result = run(study_of(linear, UNIFORM), MOST_DRAWS + 1)
    for method in ("hsic", "surrogate"):
        assert any("looks at 1,000 of the 1,001 draws" in line for line in given_data(result, method).warnings)


def test_the_worth_of_learning_an_input_has_an_interval_that_covers_the_closed_form():
    # Acting gains -y, y = 2 a + b + c of normals: knowing a gains s phi(c / s) - c Phi(-c / s) with s = 2, by the unit
    # normal loss; on average nobody acts, as c > 0.
    level = 0.3
    exact = np.array([s * norm.pdf(level / s) - level * norm.sf(level / s) for s in (2.0, 1.0)])
    inside = 0
    for seed in range(40):
        x = np.random.default_rng(seed).normal(size=(2000, 3))
        found = evppi_with_interval(x, (2.0 * x[:, 0] + x[:, 1] + level)[:, None])
        inside = inside + ((found["evppi_low"][:2, 0] <= exact) & (exact <= found["evppi_high"][:2, 0]))
        assert found["evppi_missed"].max() == 0.0
    assert (inside >= 33).all()


def test_a_curve_that_does_not_hold_the_mean_is_told():
    def waves(inputs, context):
        return {"y": np.sin(40.0 * inputs["a"]) + 0.1 + 0.1 * inputs["b"]}

    ranking = given_data(run(study_of(waves, UNIFORM), 4000), "evppi")
    assert any("misses up to 9" in line and "read its worth as too low" in line for line in ranking.warnings)
