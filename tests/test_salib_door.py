"""SALib at the door: its problems in and out, its Sobol' analysis through our engine, equal to SALib by hand."""

import numpy as np
import pytest
from SALib import ProblemSpec
from SALib.analyze import sobol as analyse
from SALib.sample import sobol as sample
from SALib.util import scale_samples
from small_studies import study_of

import mcsim
from mcsim.command.main import main
from mcsim.ranking.indices import Rows, Sums, add_rows, indices

PI = float(np.pi)
ISHIGAMI = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-PI, PI]] * 3}
ALL = {
    "names": ["a", "b", "c", "d", "e", "f", "g"],
    "bounds": [[0, 2], [1, 10], [5, 0.5], [0, 1, 0.4, 0.3], [0.1, 0.2], [1, 3, 0.25], [1.5, 4]],
    "dists": ["unif", "logunif", "norm", "truncnorm", "lognorm", "triang", "weibull"],
    "groups": ["one", "one", "two", "two", "two", "three", "three"],
}


def ishigami(x):
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_a_problem_becomes_a_study_and_a_study_the_same_problem():
    study = mcsim.from_salib(ISHIGAMI, ishigami, units={"x1": "rad", "Y": "kg"}, title="Three angles")
    assert (study.name, study.title, study.inputs["x1"].unit, study.outputs[0].unit) == (
        "ishigami",
        "Three angles",
        "rad",
        "kg",
    )
    assert study.to_salib() == {**ISHIGAMI, "dists": ["unif"] * 3, "outputs": ["Y"]}
    again = mcsim.from_salib(study.to_salib(spec=True), ishigami)
    assert again.to_salib() == study.to_salib()
    assert isinstance(study.to_salib(spec=True), ProblemSpec)


def test_every_distribution_of_salib_draws_the_same_numbers_here():
    problem = {**ALL, "num_vars": 7}
    study = mcsim.from_salib(problem, lambda x: x.sum(axis=1))
    unit = np.random.default_rng(1).random((500, 7))
    theirs = scale_samples(unit.copy(), dict(problem))
    for place, item in enumerate(study.inputs):
        np.testing.assert_allclose(item.distribution.ppf(unit[:, place]), theirs[:, place], rtol=1e-12)
    told = study.to_salib()
    assert (told["names"], told["dists"], told["groups"]) == (ALL["names"], ALL["dists"], ALL["groups"])
    for given, found in zip(ALL["bounds"], told["bounds"], strict=True):
        np.testing.assert_allclose(found, given, rtol=1e-12)


def test_points_go_to_the_function_in_the_order_of_salib_and_several_outputs_come_back():
    problem = {"names": ["b", "a"], "bounds": [[0, 1], [10, 20]], "outputs": ["first", "second"]}
    study = mcsim.from_salib(problem, lambda x: np.column_stack([x[:, 0], x[:, 1]]))
    result = mcsim.run(study, draws=50, seed=1)
    np.testing.assert_array_equal(result["first"].values, result.inputs["b"])
    np.testing.assert_array_equal(result["second"].values, result.inputs["a"])


def test_a_spec_that_was_sampled_evaluated_and_analysed_comes_in_too():
    spec = ProblemSpec({"names": ["x1", "x2", "x3"], "bounds": [[-PI, PI]] * 3, "outputs": ["Y"]})
    spec.sample_sobol(16, calc_second_order=False, seed=1).evaluate(ishigami)
    assert mcsim.from_salib(spec, ishigami).to_salib()["bounds"] == ISHIGAMI["bounds"]


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ({"names": ["a"], "bound": [[0, 1]]}, "problem: bound: no key of SALib's; .*did you mean 'bounds'"),
        ({"names": ["a", "b"], "bounds": [[0, 1]]}, r"problem: bounds: not one for each name \(got 1 of 2\)"),
        ({"num_vars": 3, "names": ["a"], "bounds": [[0, 1]]}, r"problem: num_vars: .*\(got 3 of 1\)"),
        ({"names": ["a"], "bounds": [[1, 0]]}, "problem: a: uniform: must rise strictly"),
        ({"names": ["a"], "bounds": [[0, 1]], "dists": ["gauss"]}, "problem: a: no distribution of SALib's .*'gauss'"),
        (
            {"names": ["a"], "bounds": [[0, 1]], "dists": ["truncnorm"]},
            "problem: a: bounds of truncnorm: .*low, high, mean",
        ),
        (
            {"names": ["a"], "bounds": [[1, 2, 3]], "dists": ["weibull"]},
            "problem: a: bounds: a Weibull law with a location",
        ),
        ({"bounds": [[0, 1]]}, "problem: names: missing"),
        ([["a", 0, 1]], r"problem: not SALib's \(got list\)"),
    ],
    ids=str,
)
def test_a_problem_that_is_none_is_refused(problem, message):
    with pytest.raises(mcsim.InputError, match=message):
        mcsim.from_salib(problem, ishigami)


def test_what_salib_cannot_say_is_refused_by_name():
    product = lambda inputs, context: {"y": inputs["a"] * inputs["b"]}  # noqa: E731
    gamma = study_of(product, {"a": "uniform(0, 1)", "b": "gamma(2, 3)"})
    with pytest.raises(
        mcsim.InputError, match=r"small: to_salib: b: SALib has no such distribution \(got gamma\(2, 3\)\)"
    ):
        gamma.to_salib()
    assert gamma.set(b=1.0).to_salib()["names"] == ["a"]  # what is sure is no variable
    with pytest.raises(mcsim.InputError, match="nothing is uncertain"):
        gamma.set(a=1.0, b=1.0).to_salib()
    edge = study_of(product, {"a": "triangular(0, 1, 1)", "b": "uniform(0, 1)"})
    with pytest.raises(mcsim.InputError, match="to_salib: a: SALib has no such distribution"):
        edge.to_salib()
    tied = study_of(product, {"a": "uniform(0, 1)", "b": "uniform(0, 1)"}, dependence=(("a", "b", 0.5),))
    with pytest.raises(mcsim.InputError, match="inputs that depend on one another"):
        tied.to_salib()
    with pytest.raises(mcsim.InputError, match=r"units: z: no such input or output; one of x1, x2, x3, Y"):
        mcsim.from_salib(ISHIGAMI, ishigami, units={"z": "kg"})
    wrong = mcsim.from_salib(ISHIGAMI, lambda x: x[:, :2])
    with pytest.raises(mcsim.InputError, match=r"function: wrong shape .*a column for each of Y"):
        mcsim.run(wrong, draws=10)


@pytest.mark.parametrize("second", [False, True], ids=["first and total", "second too"])
@pytest.mark.parametrize("groups", [None, ["g", "h", "g"]], ids=["inputs", "groups"])
def test_the_method_is_salib_called_by_hand(second, groups):
    problem = {**ISHIGAMI, **({"groups": groups} if groups else {})}
    study = mcsim.from_salib(problem, ishigami)
    found = mcsim.sensitivity(
        study, base=128, seed=6, method="salib-sobol", second_order=second, groups=bool(groups), jobs=2
    )
    x = sample.sample(dict(problem), 128, calc_second_order=second, seed=7)
    told = analyse.analyze(dict(problem), ishigami(x), calc_second_order=second, seed=7)
    assert found.factors == (("g", "h") if groups else ("x1", "x2", "x3"))
    for key in ("S1", "ST"):
        np.testing.assert_allclose(found.scores["Y"][key], told[key], atol=1e-12)
        np.testing.assert_allclose(found.scores["Y"][f"{key}_high"], told[key] + told[f"{key}_conf"], atol=1e-12)
    if second:
        places = np.triu_indices(len(found.factors), 1)
        np.testing.assert_allclose(found.second["Y"]["S2"], told["S2"][places], atol=1e-12)
        np.testing.assert_allclose(found.second["Y"]["S2_low"], (told["S2"] - told["S2_conf"])[places], atol=1e-12)


def test_our_estimators_give_the_same_on_the_same_design():
    base = 256
    study = mcsim.from_salib(ISHIGAMI, ishigami)
    found = mcsim.sensitivity(study, base=base, seed=1, method="salib-sobol", second_order=True)
    y = ishigami(sample.sample(dict(ISHIGAMI), base, calc_second_order=True, seed=2))
    a, b, ab, ba = analyse.separate_output_values(y, 3, base, True)
    mean = y.mean()  # sums are of differences to a value near the middle, as SALib's are to the mean
    rows = Rows(*(np.ascontiguousarray(part)[..., None] - mean for part in (a, b, ab.T, ba.T)))
    sums = Sums.zeros(1, 3, 1, True)
    add_rows(sums, np.ones((1, base)), rows)
    ours = indices(sums, 1)
    np.testing.assert_allclose(ours.first[0, :, 0], found.scores["Y"]["S1"], atol=1e-12)
    np.testing.assert_allclose(ours.total[0, :, 0], found.scores["Y"]["ST"], atol=1e-12)
    np.testing.assert_allclose(ours.second[0, :, 0], found.second["Y"]["S2"], atol=1e-12)


def test_an_output_that_does_not_vary_and_rows_that_fail_are_told():
    def evaluate(inputs, context):
        y = inputs["a"] + 2 * inputs["b"]
        return {"y": np.where(context.draws == 3, np.nan, y), "z": np.ones(len(y))}

    outputs = tuple(mcsim.Output(name, "1", name, rank=True) for name in "yz")
    study = study_of(evaluate, {"a": "uniform(0, 1)", "b": "uniform(0, 1)"}, outputs)
    found = mcsim.sensitivity(study, base=64, method="salib-sobol")
    assert found.n == 63
    assert found.dropped.tolist() == [3]
    assert np.isnan(found.scores["z"]["ST"]).all()
    assert any("z does not vary" in line or "z: does not vary" in line for line in found.warnings)
    np.testing.assert_allclose(found.scores["y"]["ST"], [0.2, 0.8], atol=0.05)


def test_the_command_ranks_by_it(capsys, tmp_path):
    words = ["sensitivity", "ishigami", "--method", "salib-sobol", "--base", "64", "--out", str(tmp_path / "r")]
    assert main(words) == 0
    assert "salib-sobol, n = 64" in capsys.readouterr().out
    assert main([*words[:-1], str(tmp_path / "s"), "--confidence", "bootstrap"]) == 2
    assert "salib-sobol: confidence: only Sobol' indices have it" in capsys.readouterr().err
