"""Probabilities that plain draws do not reach, against closed forms."""

import json
import math

import numpy as np
import pytest
from scipy.stats import norm
from small_studies import study_of

import mcsim
from mcsim.command.main import main
from mcsim.ranking.explained import lines, record, table
from mcsim.ranking.question import parse_question
from mcsim.ranking.rare import rare_chance
from mcsim.ranking.subsets import subset_simulation
from mcsim.study import InputError


def missed(seeds):
    """Return how many misses of a 95 % interval chance brings in 999 of 1,000 cases."""
    from scipy.stats import binom

    return int(binom.ppf(0.999, seeds, 0.06))


@pytest.mark.parametrize("chance", [1e-3, 10**-4.5, 1e-6])
@pytest.mark.parametrize("sides", [1, 2])
def test_the_interval_covers_a_known_probability_and_the_mean_has_no_bias(chance, sides):
    bound = norm.isf(chance / sides)

    def margin(z):
        along = z.sum(axis=1) / math.sqrt(z.shape[1])
        return (np.abs(along) if sides == 2 else along) - bound

    found = [subset_simulation(margin, 4, seed) for seed in range(40)]
    outside = sum(not one.interval()[0] <= chance <= one.interval()[1] for one in found)
    assert outside <= missed(40)
    ratios = np.array([one.value for one in found]) / chance
    assert abs(ratios.mean() - 1.0) < 3.5 * ratios.std(ddof=1) / math.sqrt(40)


def test_the_same_seed_gives_the_same_bits():
    one, other = (subset_simulation(lambda z: z[:, 0] - 4.0, 3, 7) for _ in range(2))
    np.testing.assert_array_equal(one.estimates, other.estimates)


def total(inputs, context):
    return {"y": inputs["a"] + inputs["b"] + 0.001 * inputs["c"]}


NORMAL = {"a": "normal(0, 1)", "b": "normal(10, 2)", "c": "uniform(0, 1)"}


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_a_study_is_asked_in_its_own_units_and_with_its_dependence(correlation):
    pairs = (("a", "b", correlation),) if correlation else ()
    # Spearman's rank correlation r of a Gaussian copula is that of normals with 2 sin(pi r / 6).
    linear = 2.0 * math.sin(math.pi * correlation / 6.0)
    bound = 10.0005 + norm.isf(1e-5) * math.sqrt(1.0 + 4.0 + 4.0 * linear)
    found = mcsim.explain(study_of(total, NORMAL, dependence=pairs), f"y > {float(bound)!r}", draws=200, rare=True)
    assert found.rare.low < 1e-5 < found.rare.high
    names = [one.name for one in found.rare.shifts]
    assert sorted(names) == ["a", "b"]
    shift = found.rare.shifts[names.index("b")]
    assert shift.usual == pytest.approx((10.0 - 2.0 * 1.645, 10.0 + 2.0 * 1.645), abs=0.02)
    assert shift.there[0] > 11.0


def test_it_is_told_in_words_table_and_json():
    found = mcsim.explain(study_of(total, NORMAL), "y > 20", draws=200, rare=True)
    told = "\n".join(lines(found))
    assert f"rare: {found.rare.value:.3g} (95 %: {found.rare.low:.3g} to {found.rare.high:.3g})" in told
    assert "there b is " in told
    assert "or --rare" not in told
    row = table(found).query("part == 'rare'").iloc[0]
    assert (row["value"], row["value_low"], row["value_high"]) == (found.rare.value, found.rare.low, found.rare.high)
    assert record(found)["rare"]["value"] == found.rare.value


def test_an_output_that_has_few_values_says_that_nothing_is_beyond():
    def sign(inputs, context):
        return {"y": np.sign(inputs["a"])}

    found = mcsim.explain(study_of(sign, NORMAL), "y > 2", draws=200, rare=True)
    assert (found.rare.value, found.rare.low) == (0.0, 0.0)
    assert found.rare.plateau
    assert "rare: never met" in "\n".join(lines(found))


def test_a_failed_draw_is_not_one_in_which_it_is_true():
    def failing(inputs, context):
        return {"y": np.where(inputs["a"] > 3.0, np.nan, inputs["a"])}

    found = mcsim.explain(
        study_of(failing, {"a": "normal(0, 1)", "b": "uniform(0, 1)"}), "y > 2.5", draws=500, rare=True
    )
    exact = norm.sf(2.5) - norm.sf(3.0)
    assert found.rare.low < exact < found.rare.high


def test_a_study_that_samples_lives_is_refused():
    study = mcsim.load("second-hand-ev").set(evaluation="lives")
    question = parse_question("lifetime_years@ev-suv,us,5 > 100 yr", study.output)
    with pytest.raises(InputError, match=r"rare: it samples lives.*\(got lives\); its expectation instead"):
        rare_chance(study, question)


def test_a_run_directory_has_its_draws_and_is_refused(tmp_path, capsys):
    result = mcsim.run(mcsim.load("ishigami"), 100, out=tmp_path / "run")
    with pytest.raises(InputError, match=r"explain: rare: of a result that has its draws \(got True\); a study"):
        mcsim.explain(result, "y > 17", rare=True)
    assert main(["explain", str(tmp_path / "run"), "y > 17", "--rare"]) == 2
    assert "--rare" in capsys.readouterr().err


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_the_box_of_something_rare_is_the_known_one_and_its_worth_that_of_its_bounds(correlation):
    from scipy.stats import multivariate_normal

    pairs = (("a", "b", correlation),) if correlation else ()
    inputs = {"a": "normal(0, 1)", "b": "normal(10, 2)", "c": "uniform(0, 1)", "d": "normal(0, 1)"}

    def least(values, context):
        return {"y": np.minimum(values["a"], (values["b"] - 10.0) / 2.0) + 1e-6 * values["c"]}

    found = mcsim.explain(study_of(least, inputs, dependence=pairs), "y > 2.5", draws=200, rare=True)
    box = found.rare.box
    bounds = {one.name: one.low for one in box.conditions}
    assert set(bounds) == {"a", "b"}
    assert 2.2 < bounds["a"] <= 2.52
    assert 14.4 < bounds["b"] <= 15.04
    linear = 2.0 * math.sin(math.pi * correlation / 6.0)
    law = multivariate_normal([0, 0], [[1, linear], [linear, 1]])
    chance = law.cdf([-2.5, -2.5])
    cases = law.cdf([-bounds["a"], (10.0 - bounds["b"]) / 2.0])
    assert box.cases == pytest.approx(cases, rel=0.25)
    assert box.density[1] <= chance / cases * 1.25
    assert box.density[2] >= chance / cases * 0.8
    assert box.coverage[2] >= 0.95
    assert box.fitted > 0.9
    words = "\n".join(lines(found))
    assert "in the 10 simulations kept aside" in words
    assert {"rare, box", "rare, tree"} <= set(table(found)["part"])
    assert json.loads(json.dumps(record(found)))["rare"]["box"]["conditions"][0]["input"] in bounds


def test_a_box_of_something_rare_keeps_words_of_inputs_that_are_words():
    def worded(values, context):
        return {"y": values["a"] + 2.0 * (values["kind"] == 2)}

    study = study_of(worded, {"a": "normal(0, 1)", "kind": "categorical(['low', 'middle', 'high'], [0.4, 0.4, 0.2])"})
    found = mcsim.explain(study, "y > 5.2", draws=100, rare=True)
    assert any(one.words == ("high",) for one in found.rare.box.conditions)


def test_what_is_met_too_seldom_to_say_where_has_no_box():
    found = mcsim.explain(study_of(total, NORMAL), "y > 1e9", draws=100, rare=True)
    assert found.rare.box is None
