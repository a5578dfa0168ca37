"""The worth of learning an input to whoever chooses: closed forms of normal gains, coverage, words, refusals."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binom, norm
from small_studies import study_of

import mcsim
from mcsim.command.main import main
from mcsim.ranking.decision import evppi, evppi_with_interval
from mcsim.ranking.givendata import given_data
from mcsim.ranking.learning import worth_with_interval
from mcsim.study import InputError

KIND = mcsim.Dim("kind", ("none", "a", "b"))
YEAR = mcsim.Dim("year", (2030, 2040))
INPUTS = {"x": "normal(0, 1)", "y": "normal(0, 2)", "z": "uniform(0, 1)"}


def unit_loss(mean, scale):
    """Return E[max(m, 0)] of a normal m."""
    return scale * norm.pdf(mean / scale) + mean * norm.cdf(mean / scale)


def costs(inputs, context):
    """Cost nothing, x + y + 0.5, or in 2040 twice that; and b is always a cost of 9."""
    a = inputs["x"] + inputs["y"] + 0.5
    nothing, nine = np.zeros_like(a), np.full_like(a, 9.0)
    return {"cost": np.stack([np.stack([nothing, a, nine], 1), np.stack([nothing, 2.0 * a, nine], 1)], axis=1)}


STUDY = study_of(costs, INPUTS, (mcsim.Output("cost", "t", "cost", (YEAR, KIND), rank=True),))


def test_choices_of_normal_gains_are_worth_what_theory_says_in_each_element():
    result = mcsim.run(STUDY, 8000, seed=3)
    ranking = given_data(result, "evppi", choices="kind")
    assert [dim.name for dim in ranking.outputs[0].dims] == ["year"]
    for year, size in ((2030, 1.0), (2040, 2.0)):
        table = ranking.table("cost", year=year).set_index("input")
        for name, scale in (("x", 1.0), ("y", 2.0)):
            exact = unit_loss(-0.5 * size, scale * size)  # doing nothing is the least on average
            assert table.loc[name, "evppi_low"] <= exact <= table.loc[name, "evppi_high"], (year, name)
            assert table.loc[name, "evppi"] == pytest.approx(exact, rel=0.1)
        assert table.loc["z", "evppi"] < 0.02 * size
        whole = unit_loss(-0.5 * size, math.sqrt(5.0) * size)
        assert table.loc["y", "evppi"] / table.loc["y", "evppi_share"] == pytest.approx(whole, rel=0.1)
    assert (ranking.table("cost", year=2030)["evppi_missed"] < 0.02).all()


def test_the_most_is_chosen_where_more_is_better():
    result = mcsim.run(STUDY, 4000, seed=3)
    table = given_data(result, "evppi", choices="kind:most").table("cost", year=2030).set_index("input")
    assert table["evppi"].max() < 0.01  # 9 is hardly ever exceeded, whatever is learned


def test_a_threshold_is_a_choice_between_acting_and_not():
    x = np.random.default_rng(1).normal(size=(2000, 2))
    y = (x[:, 0] + 0.3)[:, None]
    one, other = evppi_with_interval(x, y), worth_with_interval(x, (0.0 - y)[:, None, :])
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])


def test_intervals_of_choices_cover():
    exact, inside, runs = unit_loss(-0.5, 1.0), 0, 36
    for seed in range(runs):
        x = np.random.default_rng(seed).normal(size=(1500, 2)) * [1.0, 2.0]
        gains = np.stack([-(x.sum(axis=1) + 0.5), np.full(1500, -9.0)], axis=1)[:, :, None]
        found = worth_with_interval(x, gains)
        inside += bool(found["evppi_low"][0, 0] <= exact <= found["evppi_high"][0, 0])
    assert inside >= binom.ppf(1e-3, runs, 0.93)


def test_the_table_of_python_has_the_same_numbers():
    result = mcsim.run(STUDY, 1000)
    frame = evppi(result, "cost", "kind", year=2030).set_index("input")
    table = given_data(result, "evppi", choices="kind").table("cost", year=2030).set_index("input")
    for mine, theirs in (("evppi", "evppi"), ("evppi_low", "evppi_low"), ("missed", "evppi_missed")):
        assert frame.loc["y", mine] == pytest.approx(table.loc["y", theirs])


def test_a_curve_that_does_not_hold_the_mean_is_told():
    def waves(inputs, context):
        wave = np.sign(np.sin(40.0 * inputs["z"]))
        return {"cost": np.stack([np.zeros_like(wave), wave], axis=1)}

    output = mcsim.Output("cost", "t", "cost", (mcsim.Dim("kind", ("none", "a")),), rank=True)
    ranking = given_data(mcsim.run(study_of(waves, INPUTS, (output,)), 4000), "evppi", choices="kind")
    assert any("read its worth as too low" in line for line in ranking.warnings)


def test_choices_without_values_are_left_out_and_one_alone_decides_nothing():
    def holes(inputs, context):
        x = inputs["x"]
        gone = np.full_like(x, np.nan)
        return {"cost": np.stack([np.stack([0.0 * x, x, gone], 1), np.stack([x, gone, gone], 1)], axis=1)}

    output = mcsim.Output("cost", "t", "cost", (YEAR, KIND), rank=True, may_be_undefined=True)
    ranking = given_data(mcsim.run(study_of(holes, INPUTS, (output,)), 1000), "evppi", choices="kind")
    assert ranking.table("cost", year=2030)["evppi"].max() == pytest.approx(norm.pdf(0), rel=0.15)
    assert ranking.table("cost", year=2040)["evppi"].isna().all()
    assert any("1 of its 2 decisions have one choice alone" in line for line in ranking.warnings)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ("kinds", r"choices: cost: no such dim \(got 'kinds'\); one of year, kind; did you mean 'kind'"),
        ("kind:worst", r"choices: which is better \(got 'kind:worst'\); DIM:least or DIM:most"),
        (":most", "choices: which is better"),
    ],
)
def test_what_is_no_decision_is_refused(choices, said):
    with pytest.raises(InputError, match=said):
        given_data(mcsim.run(STUDY, 100), "evppi", choices=choices)


def test_a_dim_of_one_label_is_no_decision():
    def one(inputs, context):
        return {"cost": inputs["x"][:, None]}

    output = mcsim.Output("cost", "t", "cost", (mcsim.Dim("kind", ("a",)),), rank=True)
    study = study_of(one, INPUTS, (output,))
    with pytest.raises(InputError, match=r"choices: cost: kind: one choice \(got 'a'\); two or more"):
        given_data(mcsim.run(study, 100), "evppi", choices="kind")
    with pytest.raises(InputError, match="two decisions"):
        mcsim.sensitivity(STUDY, 64, method="evppi", choices="kind", threshold=0.0)
    with pytest.raises(InputError, match="only evppi has it"):
        mcsim.sensitivity(STUDY, 64, method="sobol", choices="kind")


def test_the_command_ranks_choices_and_repeats_itself(tmp_path, capsys):
    out = tmp_path / "ranking"
    words = ["sensitivity", "cell-onshoring", "--method", "evppi", "--choices", "case", "--output", "cell_gwp"]
    assert main([*words, "--base", "512", "--out", str(out), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["sensitivity", "--from", str(out), "--out", str(tmp_path / "again"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["ranking"]["drivers"] == first["ranking"]["drivers"]
    assert main([*words, "--choices", "cases", "--base", "512", "--quiet"]) == 2
    assert "did you mean 'case'" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_too_few_values_leave_the_worth_undefined_and_say_so(share):
    def sometimes(inputs, context):
        return {"gain": np.where(inputs["z"] < share, inputs["x"], np.nan)}

    output = mcsim.Output("gain", "t", "gain", rank=True, may_be_undefined=True)
    ranking = given_data(mcsim.run(study_of(sometimes, INPUTS, (output,)), 40), "evppi")
    assert ranking.table("gain")["evppi"].isna().all()
    assert any("of 40 draws" in line for line in ranking.warnings)
