import numpy as np
import pytest
from small_studies import study_of

from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import InputError
from mcsim.study.load import load

UNIFORM = "uniform(0, 1)"


def scores(ranking, measure, output="y"):
    return ranking.values(output, measure)


def linear_study():
    return study_of(lambda inputs, context: {"y": inputs["a"] + 2.0 * inputs["b"]}, {"a": UNIFORM, "b": UNIFORM})


def fails_high(inputs, context):
    return {"y": np.where(inputs["b"] > 0.9, np.nan, inputs["a"])}


def test_morris_equals_salib_on_the_same_trajectories():
    from SALib.analyze import morris as salib

    from mcsim.ranking.factors import factors_of, outputs_of
    from mcsim.ranking.morris import trajectories
    from mcsim.ranking.plan import Plan

    study = load("borehole")
    ranking = sensitivity(study, base=64, method="morris", jobs=1)
    plan = Plan(study, factors_of(study), outputs_of(study, None), 64, 1)
    unit, _, _, step = trajectories(plan, 4, 0, 64)
    from mcsim.engine.evaluation import evaluate_points

    outputs = evaluate_points(study, unit, np.arange(len(unit)), 1, 0).outputs["y"]
    names = [item.name for item in study.uncertain]
    problem = {"num_vars": 8, "names": names, "bounds": [[0.0, 1.0]] * 8}
    # SALib divides by its own step of 2/3; ours keeps off the ends of the unit cube.
    theirs = salib.analyze(problem, unit, outputs, num_levels=4, seed=1)
    np.testing.assert_allclose(scores(ranking, "mu_star") * step, np.array(theirs["mu_star"]) * 2.0 / 3.0, rtol=1e-10)
    np.testing.assert_allclose(scores(ranking, "sigma") * step, np.array(theirs["sigma"]) * 2.0 / 3.0, rtol=1e-10)


def test_tornado_misses_what_interacts():
    tornado = sensitivity(load("ishigami"), base=64, method="tornado", jobs=1).table("y").set_index("input")
    assert tornado.loc["x3", "swing"] == 0.0


def test_tornado_of_a_linear_model_is_its_slopes():
    ranking = sensitivity(linear_study(), base=64, method="tornado", jobs=1)
    np.testing.assert_allclose(scores(ranking, "swing"), [0.9, 1.8], rtol=1e-12)


def test_tornado_names_the_input_where_the_model_fails():
    study = study_of(fails_high, {"a": UNIFORM, "b": UNIFORM})
    with pytest.raises(InputError, match="tornado: the model failed at b"):
        sensitivity(study, base=64, method="tornado", jobs=1)


def test_morris_of_a_linear_model_is_its_slopes():
    ranking = sensitivity(linear_study(), base=16, method="morris", jobs=1)
    np.testing.assert_allclose(scores(ranking, "mu"), [1.0, 2.0], rtol=1e-12)
    np.testing.assert_allclose(scores(ranking, "sigma"), 0.0, atol=1e-12)


def test_morris_sees_a_response_that_repeats():
    ranking = sensitivity(load("ishigami"), base=64, method="morris", jobs=1)
    assert (scores(ranking, "mu_star") > 1.0).all()


def test_morris_moves_a_group_as_one():
    ranking = sensitivity(linear_study().set(a="uniform(0, 1)"), base=16, method="morris", jobs=1)
    grouped = sensitivity(
        study_of(
            lambda inputs, context: {"y": inputs["a"] + 2.0 * inputs["b"] + inputs["c"]}, dict.fromkeys("abc", UNIFORM)
        ),
        base=16,
        method="morris",
        groups={"pair": ["a", "c"]},
        jobs=1,
    )
    assert np.isnan(scores(grouped, "mu")[0])
    assert scores(grouped, "mu_star")[0] <= 2.0 + 1e-12
    assert scores(ranking, "mu_star")[0] == pytest.approx(1.0)
