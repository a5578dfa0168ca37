"""Inputs that stand in an order, from a study file and from Python: their law, how they are ranked, and refusals."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest

import mcsim
from mcsim.engine.asked import Asked
from mcsim.engine.evaluation import centre_values
from mcsim.ranking.plain import plain, rank_run
from mcsim.ranking.repeat import Request
from mcsim.store.directory import read
from mcsim.study import InputError, Model, Option, Output, Parameter

FILE = """
[study]
function = "model.py:total"
headline = ["y"]
[outputs]
y = {{ unit = "1", meaning = "y" }}
[inputs]
a = {{ uniform = [0, 1], source = "s" }}
b = {{ uniform = [0, 1.5], source = "s" }}
c = {{ normal = [2, 1], source = "s" }}
d = {{ uniform = [0, 1], source = "s" }}
[dependence]
{said}
"""
MODEL = "def total(a, b, c, d):\n    return {'y': a + 2 * b + c * d}\n"


@pytest.fixture
def load(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)

    def loaded(said):
        path = tmp_path / "own.toml"
        path.write_text(FILE.format(said=said))
        return mcsim.load(str(path))

    return loaded


def drawn(study, *names, draws=4096):
    result = mcsim.run(study, draws, design="sobol")
    return [result.inputs[name] for name in names]


def test_each_input_follows_its_own_law_cut_at_the_one_before(load):
    a, b, c = drawn(load('ordered = [["a", "b", "c"]]'), "a", "b", "c")
    assert (a <= b).all()
    assert (b <= c).all()
    assert kstest(a, "uniform").pvalue > 0.5  # the first keeps what is known of it
    # Of b given a: uniform between a and 1.5; its distribution function is the mean of that over a.
    below = [quad(lambda x, at=at: (at - x) / (1.5 - x), 0.0, min(at, 1.0))[0] for at in (0.3, 0.8, 1.2)]
    assert [np.mean(b <= at) for at in (0.3, 0.8, 1.2)] == pytest.approx(below, abs=0.003)


def test_sorted_inputs_of_one_distribution_are_its_order_statistics(load):
    a, d = drawn(load('sorted = [["a", "d"]]'), "a", "d")
    assert (a <= d).all()
    assert [a.mean(), d.mean()] == pytest.approx([1 / 3, 2 / 3], abs=1e-3)  # of two uniforms


def test_other_inputs_keep_their_draws(load):
    free, tied = load(""), load('ordered = [["a", "b"]]')
    for one, other in zip(drawn(free, "a", "c", "d"), drawn(tied, "a", "c", "d"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_order_holds_with_an_input_that_is_fixed_and_at_the_centre(load):
    study = load('ordered = [["a", "b", "c"]]').set(b=1.2)
    (c,) = drawn(study, "c")
    assert c.min() >= 1.2
    tight = load('ordered = [["d", "a"]]').set(a="triangular(0, 0.1, 1)")
    centre = centre_values(tight)
    assert centre["a"][0] == centre["d"][0] == 0.5  # the median of a alone is 0.34
    with pytest.raises(InputError, match=r"a, b: order: the highest values must rise too \(got uniform\(0, 1\) before"):
        mcsim.run(load('ordered = [["a", "b"]]').set(b=0.5), 64)


def test_from_python_as_from_a_file_and_back_from_disk(load, tmp_path):
    model = mcsim.Model.from_function(
        lambda a, b: a + b, {"a": mcsim.uniform(0, 1), "b": mcsim.uniform(0, 1.5)}, {"y": "1"}
    )
    study = mcsim.study_of(model, name="own", dependence={"ordered": [["a", "b"]]})
    result = mcsim.run(study, 64, out=tmp_path / "run")
    assert (result.inputs["a"] <= result.inputs["b"]).all()
    again = read(tmp_path / "run")
    assert again.study.ordered == study.ordered
    free = mcsim.study_of(model, name="own")
    with pytest.raises(InputError, match="run"):
        mcsim.run(free, 64, out=tmp_path / "run", resume=True)


def test_observations_from_python_give_their_rank_correlations():
    model = mcsim.Model.from_function(
        lambda a, b: a + b, {"a": mcsim.uniform(0, 1), "b": mcsim.lognormal(1, 0.5)}, {"y": "1"}
    )
    seen = {"a": np.arange(20.0), "b": np.arange(20.0) ** 3}
    seen["b"][[0, 19]] = seen["b"][[19, 0]]
    study = mcsim.study_of(model, dependence={"observed": seen})
    ranks = np.arange(20.0)
    ranks[[0, 19]] = ranks[[19, 0]]
    assert study.dependence == (("a", "b", pytest.approx(np.corrcoef(np.arange(20.0), ranks)[0, 1])),)


def test_members_of_an_order_are_one_factor_and_share_it_by_shapley_effects(load):
    study = load('ordered = [["a", "b"]]')
    result, how = mcsim.run(study, 1024, design="sobol"), plain(study, "sobol", 1024)
    ranking = rank_run(result, Asked.of(draws=1024, base=1024, jobs=1), Request(how.method, how.groups))
    assert ranking.factors == ("a + b", "c", "d")
    whole = dict(zip(ranking.factors, ranking.scores["y"]["ST"], strict=True))
    parts = ranking.within.scores["y"]["shapley"]
    assert ranking.within.factors == ("a", "b")
    assert parts.sum() == pytest.approx(whole["a + b"], abs=0.03)
    assert whole["a + b"] == pytest.approx(0.694 / 1.361, abs=0.03)  # var(a + 2 b) and var(c d) by hand
    with pytest.raises(InputError, match=r"a, b: Sobol' indices need independent factors \(got an order\); group them"):
        mcsim.sensitivity(study, 64, groups="members")
    with pytest.raises(InputError, match=r"a, b: method shapley draws .* \(got an order, .*method = shapley_data"):
        mcsim.sensitivity(study, 64, method="shapley")
    with pytest.raises(InputError, match="depend on one another"):
        study.to_salib()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('ordered = [["a", "bb"]]', r"dependence\.ordered\[1\]: bb: no such input; .*did you mean 'b'\?"),
        ('ordered = [["a"]]', r"dependence\.ordered\[1\]: too few inputs \(got a\); two or more, lowest first"),
        ('ordered = ["a", "b"]', r"dependence\.ordered\[1\]: not a list \(got 'a'\)"),
        ('ordered = [["b", "a"]]', r"ordered\[1\]: b, a: order: the highest values must rise too \(got uniform"),
        ('ordered = [["a", "b"]]\nsorted = [["d", "a"]]', r"sorted\[1\]: a: stands in ordered\[1\] already; one order"),
        ('ordered = [["a", "a"]]', r"ordered\[1\]: twice there \(got 'a'\)"),
        (
            'ordered = [["a", "b"]]\nspearman = [["b", "c", 0.5]]',
            r"ordered\[1\]: b: has rank correlations too; an order or correlations",
        ),
    ],
)
def test_what_makes_no_order_is_refused_in_one_line(load, said, message):
    with pytest.raises(InputError, match=message) as refused:
        load(said)
    assert "\n" not in str(refused.value)


def test_words_cannot_be_ordered():
    wear = Option("wear", "on", ("on", "off"))
    a = Parameter("a", "1", "a", default=mcsim.uniform(0, 1))
    model = Model("small", (a,), (wear,), (Output("y", "1", "y"),), lambda inputs, context: {"y": inputs["a"]})
    study = {"wear": "categorical(['on', 'off'], [0.5, 0.5])", "dependence": {"ordered": [["a", "wear"]]}}
    with pytest.raises(
        InputError, match=r"ordered\[1\]: wear: cannot be ordered \(got categorical.*inputs that are num"
    ):
        mcsim.study_of(model, **study)
