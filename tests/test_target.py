"""What inputs by themselves do to whether something is true: closed forms, false alarms, words."""

import numpy as np
import pytest
from scipy.stats import binom
from small_studies import study_of

import mcsim
from mcsim.ranking.conditions import Columns
from mcsim.ranking.explained import lines, record, table
from mcsim.ranking.target import CHANCE, signs_of

NAMES = ("a", "b", "c")


def signs(x, y, true, **keys):
    columns = Columns(NAMES, ("",) * 3, ((),) * 3, x)
    return {one.name: one for one in signs_of(columns, y, true, 1, keys.get("neighbours", True), 0.95)}


def test_the_index_of_the_indicator_of_a_normal_sum_is_a_third():
    # P(a + b > 0 | a) = Phi(a) is uniform: a variance of 1/12 out of 1/4.
    x = np.random.default_rng(2).normal(size=(6000, 3))
    y = x[:, 0] + x[:, 1]
    found = signs(x, y, y > 0.0)
    for name in "ab":
        assert found[name].alone_low < 1.0 / 3.0 < found[name].alone_high
        assert found[name].alone == pytest.approx(1.0 / 3.0, abs=0.06)
        assert max(found[name].whether, found[name].how_far) < 1e-3
    assert abs(found["c"].alone) < 0.06


def test_an_input_without_effect_raises_no_more_alarms_than_chance_and_a_rare_truth_loses_nothing():
    whether, how_far, runs = 0, 0, 60
    for seed in range(runs):
        x = np.random.default_rng(seed).normal(size=(1500, 3))
        y = x[:, 0] ** 2 + x[:, 1]
        found = signs(x, y, y > 5.0)
        whether += found["c"].whether < CHANCE
        how_far += found["c"].how_far < CHANCE
        assert found["a"].whether < 1e-3
    most = binom.ppf(0.999, runs, 1.3 * CHANCE)  # the gamma law is near the truth, not it
    assert max(whether, how_far) <= most


def test_what_cannot_be_told_is_nan_and_said_of_nothing():
    x = np.random.default_rng(2).normal(size=(100, 3))
    x[:, 2] = 7.0
    found = signs(x, x[:, 0], x[:, 0] > 2.5, neighbours=False)
    assert all(np.isnan([one.alone, one.whether, one.how_far]).all() for one in found.values())
    y = np.ones(100)
    found = signs(x, y, x[:, 0] > 0.0)
    assert np.isnan(found["a"].how_far)
    assert np.isnan(found["c"].whether)
    assert found["a"].whether < 1e-3


@pytest.mark.parametrize(("design", "alone"), [("random", True), ("sobol", False)])
def test_an_explanation_tells_it_in_words_table_and_json(design, alone):
    def total(inputs, context):
        return {"y": inputs["a"] + inputs["b"]}

    inputs = {"a": "normal(0, 1)", "b": "normal(0, 1)", "c": "normal(0, 1)"}
    found = mcsim.explain(mcsim.run(study_of(total, inputs), 1024, design=design), "y > 1")
    told = "\n".join(lines(found))
    assert ("alone (first-order Sobol' index): " in told) == alone
    assert "acts on whether (HSIC): " in told
    assert "no sign of 1 of 3 inputs" in told
    assert ("decides whether, alone" in set(table(found)["part"])) == alone
    assert {"whether, p of HSIC", "how far, p of HSIC"} <= set(table(found)["part"])
    assert [one["name"] for one in record(found)["signs"]] == ["a", "b", "c"]
