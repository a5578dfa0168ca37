"""What a survey is worth before it is made: normal-linear closed forms, words, refusals."""

import json
import math
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from small_studies import study_of

import mcsim
from mcsim.command.main import main
from mcsim.ranking.surveyed import lines
from mcsim.study import InputError
from mcsim.study.select import parse_cell
from mcsim.study.survey import Survey


def linear(inputs, context):
    return {"y": 3.0 * inputs["a"] + inputs["b"] + 1.0}


STUDY = study_of(linear, {"a": "normal(0, 1)", "b": "normal(0, 2)"})
NAN = float("nan")


def planned(survey, draws=4000, threshold=None, study=STUDY):
    return mcsim.plan_surveys(mcsim.run(replace(study, surveys=(survey,)), draws, seed=2), "y", threshold=threshold)


@pytest.mark.parametrize(
    ("count", "spread", "bias"), [(1, 1.0, 0.0), (25, 1.0, 0.0), (25, 1.0, 0.5), (10_000, 0.5, 0.0)]
)
def test_a_survey_of_a_normal_input_narrows_and_gains_what_theory_says(count, spread, bias):
    # Of a prior variance 1 the mean after n measurements has variance 1 / (1 + error**2); of y that takes 9 of 13.
    survey = Survey("s", "s", "a", count, spread, bias, False, NAN, "assumption")
    error = spread**2 / count + bias**2
    after = 9.0 / (1.0 + error)
    threshold = 0.0
    plan = planned(survey, threshold=threshold)
    one = plan.worths[0]
    assert one.narrows == pytest.approx(1.0 - math.sqrt(1.0 - after / 13.0), abs=0.025)
    # One acts where less than 0 is expected; y has mean 1: E[max(-mean after, 0)] by the unit normal loss.
    scale = math.sqrt(after)
    exact = scale * norm.pdf(1.0 / scale) - norm.sf(1.0 / scale)
    assert one.evsi == pytest.approx(exact, abs=4.0 * one.evsi_error + 0.02)
    whole = math.sqrt(13.0)
    assert plan.perfect == pytest.approx(whole * norm.pdf(1 / whole) - norm.sf(1 / whole), rel=0.1)


def test_several_elements_measured_together_tell_more_than_one():
    def two(inputs, context):
        return {"y": inputs["a"] + inputs["b"], "seen": np.stack([inputs["a"], inputs["b"]], axis=1)}

    outputs = (
        mcsim.Output("y", "1", "y", rank=True),
        mcsim.Output("seen", "1", "seen", (mcsim.Dim("which", ("a", "b")),), keep=True),
    )
    study = study_of(two, {"a": "normal(0, 1)", "b": "normal(0, 1)"}, outputs)
    cells = [parse_cell(f"seen@{name}", study.output) for name in "ab"]
    both = Survey("both", "both", tuple(cells), 4, 1.0, 0.0, False, NAN, "assumption")
    one = Survey("one", "one", (cells[0],), 4, 1.0, 0.0, False, NAN, "assumption")
    plan = mcsim.plan_surveys(mcsim.run(replace(study, surveys=(one, both)), 4000), "y")
    # Each is known to variance 1/4 of 1: of y, 4/5 of 2 goes by both and of 1 by one.
    narrows = {worth.survey.name: worth.narrows for worth in plan.worths}
    assert narrows["both"] == pytest.approx(1.0 - math.sqrt(0.2), abs=0.04)
    assert narrows["one"] == pytest.approx(1.0 - math.sqrt(0.6), abs=0.03)
    assert [worth.survey.name for worth in plan.worths] == ["both", "one"]


def test_what_does_nothing_to_the_outcome_tells_nothing():
    study = study_of(linear, {"a": "normal(0, 1)", "b": "normal(0, 2)", "c": "uniform(0, 1)"})
    one = planned(Survey("s", "s", "c", 100, 0.1, 0.0, False, NAN, "assumption"), study=study).worths[0]
    assert one.narrows < 0.005


def test_the_price_decides_the_order_where_all_have_one():
    dear = Survey("dear", "dear", "a", 100, 1.0, 0.0, False, 1e6, "assumption")
    cheap = Survey("cheap", "cheap", "b", 100, 1.0, 0.0, False, 1e3, "assumption")
    plan = mcsim.plan_surveys(mcsim.run(replace(STUDY, surveys=(dear, cheap)), 1000), "y")
    assert [worth.survey.name for worth in plan.worths] == ["cheap", "dear"]
    assert plan.worths[0].narrows < plan.worths[1].narrows


def test_a_relative_error_is_a_share_of_the_value():
    study = study_of(lambda inputs, context: {"y": inputs["a"]}, {"a": "uniform(9, 11)", "b": "uniform(0, 1)"})
    relative = planned(Survey("s", "s", "a", 1, 0.05, 0.0, True, NAN, "assumption"), study=study).worths[0]
    absolute = planned(Survey("s", "s", "a", 1, 0.5, 0.0, False, NAN, "assumption"), study=study).worths[0]
    assert relative.narrows == pytest.approx(absolute.narrows, abs=0.02)


def test_a_survey_sharper_than_the_draws_says_so():
    wide = study_of(linear, {"a": "normal(0, 1)", "b": "normal(0, 2)"})
    plan = planned(Survey("s", "s", "a", 1, 1e-4, 0.0, False, NAN, "assumption"), 200, study=wide)
    assert any("its worth is a guess; more draws" in note for note in plan.notes)


def test_an_input_that_is_held_tells_nothing_and_says_why():
    study = replace(mcsim.load("fleet").set(annual_degradation=0.02), surveys=mcsim.load("fleet").surveys[:2])
    plan = mcsim.plan_surveys(mcsim.run(study, 64), "retired_battery_mass@2050,second-hand")
    assert [one.survey.name for one in plan.worths] == ["vin-match"]
    assert "customs-health: annual_degradation is not uncertain here, so that it tells nothing" in plan.notes


SURVEY = """
[study]
extends = "fleet"
title = "Fleet"
[[survey]]
name = "s"
observes = ["{observes}"]
{size}
source = "assumption"
"""


@pytest.mark.parametrize(
    ("observes", "size", "message"),
    [
        ("annual_degradation", "sd = 0.1", r"survey\[1\]\.n: missing"),
        ("annual_degradation", "n = 0\nsd = 0.1", r"survey\[1\]\.n: .*\(got 0\)"),
        ("annual_degradation", "n = 5", r"survey\.s: sd and cv: how far off one measurement is \(got neither\); one"),
        ("annual_degradation", "n = 5\nsd = 1\ncv = 1", r"survey\.s: sd and cv: .*\(got both\)"),
        ("annual_degradatoin", "n = 5\nsd = 1", r"observes: no input or output .* did you mean 'annual_degradation'"),
        ("us_stock@2030", "n = 5\ncv = 0.1", r"observes: not one element \(got 'us_stock@2030'\); a label of each dim"),
        ("us_stock@2030,ev", "n = 5\nsd = 1\nunit = 'kg'", r"survey\.s\.unit: does not convert \(got 'kg'\)"),
    ],
)
def test_a_survey_that_says_too_little_is_refused(tmp_path, capsys, observes, size, message):
    path = tmp_path / "own.toml"
    path.write_text(SURVEY.format(observes=observes, size=size))
    with pytest.raises(InputError, match=message):
        mcsim.load(str(path))
    assert main(["plan", str(path), "retired_battery_mass@2050,second-hand"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_study_without_surveys_and_an_outcome_of_many_elements_are_refused(capsys):
    assert main(["plan", "ishigami", "y", "--draws", "64"]) == 2
    assert "no survey (got none); [[survey]] in the study file" in capsys.readouterr().err
    assert main(["plan", "fleet", "retired_battery_mass@2050", "--draws", "64"]) == 2
    assert "not one element" in capsys.readouterr().err


def test_the_command_tells_the_same_in_words_and_json(capsys):
    words = ["plan", "fleet", "retired_battery_mass@2050,second-hand", "--draws", "200", "--threshold", "20000"]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert len(record["surveys"]) == len(mcsim.load("fleet").surveys)
    first = record["surveys"][0]
    assert f"1. {first['label']}" in told
    assert f"takes {100 * first['narrows']:.3g} % off the standard deviation" in told
    assert first["narrows_per_1000_usd"] == pytest.approx(first["narrows"] / first["cost_usd"] * 1000)


@pytest.mark.parametrize("said", ["6 kt", "nan", "inf"])
def test_a_threshold_that_is_no_number_is_refused_before_anything_is_run(tmp_path, capsys, said):
    cell = "retired_battery_mass@2050,second-hand"
    assert main(["plan", "fleet", cell, "--threshold", said, "--out", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert f"threshold: not a number (got {said!r}" in err.replace("(got nan", "(got 'nan'").replace(
        "(got inf", "(got 'inf'"
    )
    assert "a number, in t/yr" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_threshold_that_no_draw_reaches_decides_nothing_and_says_so():
    survey = Survey("s", "s", "a", 25, 1.0, 0.0, False, NAN, "assumption")
    for bound, side in ((1e3, "below"), (-1e3, "above")):
        plan = planned(survey, 200, bound)
        assert plan.perfect == 0.0
        assert any(f"all 200 lie {side} {bound:g}" in note for note in plan.notes)
    assert not any("other side" in note for note in planned(survey, 200, 0.0).notes)


def test_a_plan_shows_itself():
    plan = planned(Survey("s", "s", "a", 25, 1.0, 0.0, False, NAN, "assumption"), 200)
    assert repr(plan) == "\n".join(lines(plan))
    assert plan.table["narrows"].tolist() == [plan.worths[0].narrows]


def test_the_page_shows_what_its_command_prints(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).resolve().parent.parent / "docs" / "plan.md").read_text()
    block = page.split("<!-- printed -->")[1].split("<!-- end -->")[0].strip("\n").splitlines()
    command, *shown = [line.removeprefix("    ") for line in block]
    assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out.splitlines() == shown
