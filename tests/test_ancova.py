"""ANCOVA shares of inputs that depend on one another, against a closed form and OpenTURNS."""

import numpy as np
import pytest
from small_studies import study_of

import mcsim
from mcsim.engine.run import run
from mcsim.ranking.ancova import PARTS, covariances
from mcsim.ranking.givendata import given_data
from mcsim.study import InputError

NORMAL = "normal(0, 1)"
CORRELATION = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 1.0]])
# Printed by OpenTURNS 1.27 of the draws of `normals(3, 1000)` (polynomials to degree 3 fitted to 400 other points by
# FunctionalChaosAlgorithm under independent Normal(), then):
#   ancova = ot.ANCOVA(algo.getResult(), ot.Sample(x)); print(ancova.getUncorrelatedIndices(), ancova.getIndices())
OPENTURNS = {
    "products": ([0.120306, 0.476388, 0.119357], [0.206106, 0.401709, 0.0833372]),
}


def normals(seed, n):
    return np.random.default_rng(seed).normal(size=(n, 3)) @ np.linalg.cholesky(CORRELATION).T


def products(x):
    return x[:, 0] + 2.0 * x[:, 1] + x[:, 0] * x[:, 1] + x[:, 2] * x[:, 1] ** 2


def linear(inputs, context):
    return {"y": 2.0 * inputs["a"] + inputs["b"] - inputs["c"]}


def test_a_linear_model_of_normal_inputs_has_the_closed_form():
    slopes = np.array([2.0, 1.0, -1.0])
    exact = slopes * (CORRELATION @ slopes)
    variance = exact.sum()
    structural = slopes**2 / variance
    exact /= variance
    held = 0
    for seed in range(20):
        x = normals(seed, 500)
        found = covariances(x, (x @ slopes)[:, None], normals(99, 4000))
        inside = [
            (found[f"{part}_low"][:, 0] <= value) & (value <= found[f"{part}_high"][:, 0])
            for part, value in (("S", exact), ("structural", structural), ("correlative", exact - structural))
        ]
        held = held + np.array(inside)
        assert found["S"].sum() == pytest.approx(1.0, abs=1e-9)
        assert np.abs(found["interactive"]).max() < 1e-9
    assert (held >= 16).all()
    np.testing.assert_allclose(found["S"][:, 0], exact, atol=0.05)


def test_parts_are_those_of_openturns():
    x = normals(3, 1000)
    laws = np.repeat(mcsim.normal(0, 1).ppf((np.arange(16384.0) + 0.5) / 16384)[:, None], 3, axis=1)
    found = covariances(x, products(x)[:, None], laws)
    structural, whole = OPENTURNS["products"]
    np.testing.assert_allclose(found["structural"][:, 0], structural, atol=1e-3)
    np.testing.assert_allclose(found["S"][:, 0], whole, atol=1e-3)
    # Every product has two inputs here: each is counted twice.
    assert found["S"].sum() + found["interactive"].sum() / 2.0 == pytest.approx(1.0, abs=1e-6)


def test_ancova_of_a_study_whose_inputs_are_correlated():
    study = study_of(linear, dict.fromkeys("abc", NORMAL), dependence=(("a", "b", 0.5),))
    ranking = given_data(run(study, 1000), "ancova")
    scores = ranking.scores["y"]
    pearson = 2.0 * np.sin(np.pi * 0.5 / 6.0)
    variance = 6.0 + 4.0 * pearson
    np.testing.assert_allclose(scores["S"], np.array([4 + 2 * pearson, 1 + 2 * pearson, 1]) / variance, atol=0.04)
    np.testing.assert_allclose(scores["correlative"], np.array([2, 2, 0]) * pearson / variance, atol=0.04)
    assert set(PARTS) < set(scores)
    assert ranking.table("y")["input"].tolist() == ["a", "b", "c"]


def test_a_fit_that_does_not_hold_is_refused():
    def rough(inputs, context):
        return {"y": np.floor(97.0 * inputs["a"]) % 2.0 + 0.01 * inputs["b"]}

    with pytest.raises(InputError, match=r"y: ancova: misses .* of the variance in draws left out \(got .*\); at most"):
        given_data(run(study_of(rough, dict.fromkeys("ab", NORMAL)), 200), "ancova")
