"""Rankings of outputs that may be undefined: by whether there is a value, or among the draws that have one."""

import numpy as np
import pandas as pd
import pytest
from small_studies import study_of

from mcsim.engine.run import run
from mcsim.engine.samples import user_design
from mcsim.ranking.decision import evppi, flip_points, probability_best
from mcsim.ranking.givendata import given_data
from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import Dim, Output

CASE = Dim("case", ("never", "often", "always"))
Y = Output("y", "1", "y", (CASE,), rank=True, may_be_undefined=True)
PLAIN = Output("plain", "1", "plain", rank=True)
INPUTS = {"a": "uniform(0, 1)", "b": "uniform(0, 1)", "c": "uniform(0, 1)"}


def gappy(inputs, context):
    a, b, c = inputs["a"], inputs["b"], inputs["c"]
    often = np.where(a < 0.3, np.nan, b + 0.1 * c)
    return {"y": np.stack([np.full_like(a, np.nan), often, b + 2 * c], axis=1), "plain": b + 2 * c}


def indicator(inputs, context):
    return {"y": (inputs["a"] >= 0.3).astype(float)}


@pytest.fixture(scope="module")
def study():
    return study_of(gappy, INPUTS, (Y, PLAIN))


@pytest.mark.parametrize(
    ("method", "measure"), [("sobol", "ST"), ("shapley", "shapley"), ("morris", "mu_star"), ("tornado", "swing")]
)
def test_a_design_ranks_whether_there_is_a_value(study, method, measure):
    found = sensitivity(study, base=64, method=method)
    twin = sensitivity(study_of(indicator, INPUTS), base=64, method=method)
    assert np.array_equal(found.scores["y"][measure][:, 1], twin.scores["y"][measure], equal_nan=True)
    assert not len(found.dropped)


def test_an_element_that_always_has_a_value_is_ranked_by_it(study):
    found = sensitivity(study, base=64)
    for measure, values in found.scores["plain"].items():
        assert np.array_equal(found.scores["y"][measure][:, 2], values, equal_nan=True)


def test_the_reader_is_told_which_elements_are_ranked_how(study):
    line = "y: 2 of its 3 elements are undefined in some draws; ranked there is whether there is a value"
    for method in ("sobol", "shapley", "morris", "tornado"):
        assert line in sensitivity(study, base=64, method=method).warnings


def test_a_row_that_the_pilot_did_not_foresee_is_left_out():
    def rarely(inputs, context):
        return {"y": np.where(inputs["a"] > 0.9985, np.nan, inputs["a"] + inputs["b"])}

    output = Output("y", "1", "y", rank=True, may_be_undefined=True)
    found = sensitivity(study_of(rarely, INPUTS, (output,)), base=1024)
    told = next(line for line in found.warnings if "base rows, which are left out" in line)
    assert 0 < int(told.split("undefined in ")[1].split()[0]) < 20
    assert len(found.dropped) == 0
    assert np.isfinite(found.scores["y"]["ST"]).all()
    assert found.scores["y"]["ST"][0] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("method", ["prcc", "delta", "evppi"])
def test_given_data_takes_the_draws_that_have_a_value(study, method):
    result = run(study, 400)
    rows = ~np.isnan(result.values("y", case="often"))
    turn = 1.0 if method == "evppi" else None
    found = given_data(result, method, ["y"], resamples=10, threshold=turn)

    def alone(inputs, context):
        return {"y": inputs["b"] + 0.1 * inputs["c"]}

    points = pd.DataFrame({name: result.inputs[name][rows] for name in INPUTS})
    twin_study = study_of(alone, INPUTS)
    part = run(twin_study, design=user_design(points, twin_study))
    twin = given_data(part, method, ["y"], resamples=10, threshold=turn)
    for measure, values in twin.scores["y"].items():
        assert np.array_equal(found.scores["y"][measure][:, 1], values), measure
        assert np.isnan(found.scores["y"][measure][:, 0]).all()
        assert np.isfinite(found.scores["y"][measure][:, 2]).all()
    assert f"y: 1 of its 3 elements have a value in {rows.sum()} of 400 draws, which their measures rest on" in (
        found.warnings
    )
    assert "y: 1 of its 3 elements have a value in 0 of 400 draws, so the measures are undefined there" in (
        found.warnings
    )


def test_a_choice_is_made_among_the_draws_in_which_every_label_has_a_value(study):
    result = run(study, 400)
    rows = ~np.isnan(result.values("y", case="often"))
    b, c = result.inputs["b"][rows], result.inputs["c"][rows]
    expected = float((b + 0.1 * c < b + 2 * c).mean())
    assert probability_best(result, "y", "case")["often"] == pytest.approx(expected, rel=1e-12)
    assert probability_best(result, "y", "case").index.tolist() == ["often", "always"]
    assert np.isfinite(evppi(result, "y", "case")["evppi"]).all()
    assert flip_points(result, "y", 0.8, case="often")["input"].tolist() == ["b"]
