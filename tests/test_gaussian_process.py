"""A Gaussian process fitted to few draws, against functions with known indices, and what it refuses."""

import runpy
import time
from pathlib import Path

import numpy as np
import pytest
from small_studies import known_study, study_of

from mcsim.engine.run import run
from mcsim.ranking.gaussian import MOST_INPUTS, fitted, matern, process_indices
from mcsim.ranking.givendata import given_data
from mcsim.ranking.sensitivity import sensitivity
from mcsim.studies.examples.functions import known_ishigami, known_sobol_g
from mcsim.study import InputError
from mcsim.study.load import load

UNIFORM = dict.fromkeys("ab", "uniform(0, 1)")


@pytest.mark.parametrize(("known", "most"), [(known_ishigami(), 0.02), (known_sobol_g(), 0.03)])
def test_indices_from_200_runs_are_near_the_exact_ones(known, most):
    scores = given_data(run(known_study(known), 200), "gaussian_process").scores["y"]
    np.testing.assert_allclose(scores["S1"], known.first, atol=most)
    np.testing.assert_allclose(scores["ST"], known.total, atol=most)


def test_indices_of_the_borehole_are_those_of_a_sobol_design():
    study = load("borehole")
    scores = given_data(run(study, 200), "gaussian_process").scores["y"]
    exact = sensitivity(study, 8192).scores["y"]
    np.testing.assert_allclose(scores["S1"], exact["S1"], atol=0.01)
    np.testing.assert_allclose(scores["ST"], exact["ST"], atol=0.01)


@pytest.mark.parametrize(("name", "most"), [("flood", 0.02), ("wing weight", 0.002)])
def test_indices_of_engineering_functions_and_their_seconds(name, most):
    of = runpy.run_path(str(Path(__file__).parent.parent / "benchmarks" / "saltelli_functions.py"))
    dims, evaluate = of["NUMERIC"][name]
    x = np.random.default_rng(0).random((200, dims))
    laws = np.repeat((np.arange(4096.0)[:, None] + 0.5) / 4096, dims, axis=1)
    begun = time.process_time()
    found = process_indices(x, evaluate(x)[:, None], laws)
    assert time.process_time() - begun < 10.0
    np.testing.assert_allclose([found["S1"][:, 0], found["ST"][:, 0]], of["TRUTH"][name], atol=most)


def test_the_error_told_is_that_in_draws_which_it_has_not_seen():
    known = known_sobol_g()
    generator = np.random.default_rng(2)
    x, other = generator.random((200, 8)), generator.random((4000, 8))
    y, scale = known.evaluate(x), known.evaluate(x).std()
    spread = 1.0 / np.sqrt(12.0)
    process = fitted(x / spread, (y - y.mean()) / scale)
    bumps = np.ones((len(other), 200))
    for place, length in enumerate(process.lengths):
        bumps *= matern(np.abs(other[:, place][:, None] - x[:, place]) / spread / length)[0]
    # The constant is what the fit takes off, up to a shift of all draws alike.
    missed = np.var((known.evaluate(other) - y.mean()) / scale - bumps @ process.weights)
    assert process.left_out == pytest.approx(missed, rel=0.6)


def test_a_factor_of_two_inputs_has_what_both_explain():
    def product(inputs, context):
        return {"y": inputs["a"] * inputs["b"] + inputs["c"]}

    result = run(study_of(product, dict.fromkeys("abc", "uniform(0, 1)")), 150)
    scores = given_data(result, "gaussian_process", groups={"both": ["a", "b"]}).scores["y"]
    share = (7 / 144) / (7 / 144 + 1 / 12)  # var(a b) = 1/9 - 1/16
    assert scores["S1"] == pytest.approx([share, 1.0 - share], abs=0.01)
    assert scores["ST"] == pytest.approx(scores["S1"], abs=0.01)


def rough(inputs, context):
    return {"y": np.floor(97.0 * inputs["a"]) % 2.0 + 0.01 * inputs["b"]}


def test_what_it_does_not_hold_is_refused():
    with pytest.raises(
        InputError, match=r"y: gaussian_process: misses .* of the variance in draws left out \(got .*at mo"
    ):
        given_data(run(study_of(rough, UNIFORM), 200), "gaussian_process")
    tied = study_of(rough, UNIFORM, dependence=(("a", "b", 0.5),))
    with pytest.raises(InputError, match=r"a, b: Sobol' indices need independent factors"):
        given_data(run(tied, 200), "gaussian_process")
    names = [f"x{place}" for place in range(MOST_INPUTS + 1)]
    many = study_of(lambda inputs, context: {"y": inputs["x0"]}, dict.fromkeys(names, "uniform(0, 1)"))
    with pytest.raises(
        InputError, match=r"gaussian_process: too many inputs \(got 61\); at most 60, or method = surrog"
    ):
        given_data(run(many, 200), "gaussian_process")
