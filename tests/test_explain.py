"""Inverse questions: known boxes, closed forms, words, files and refusals."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from small_studies import study_of

import mcsim
from mcsim.command.main import main
from mcsim.ranking.box import box_of, told_of
from mcsim.ranking.cart import tree_of
from mcsim.ranking.conditions import Columns, all_hold
from mcsim.ranking.explained import lines, table
from mcsim.ranking.question import Share, parse_question
from mcsim.study import Dim, Layout, Output
from mcsim.study.units import conversion

TEN = {f"x{number}": "uniform(0, 1)" for number in range(1, 11)}


def columns(values, labels=None):
    width = values.shape[1]
    return Columns(tuple(f"x{n}" for n in range(1, width + 1)), ("",) * width, labels or ((),) * width, values)


def corner(inputs, context):
    return {"y": np.where((inputs["x3"] > 0.7) & (inputs["x8"] < 0.3), 1.0 + inputs["x1"], inputs["x1"] - 1.0)}


@pytest.fixture(scope="module")
def known():
    """The explanation of y > 0.5 where y > 0 in a corner of two of ten inputs."""
    return mcsim.explain(study_of(corner, TEN), "y > 0.5", draws=4000, seed=3)


def test_the_box_is_found_in_ten_inputs_and_holds_in_draws_kept_aside(known):
    first, second = sorted(known.box.conditions, key=lambda one: one.name)
    assert (first.name, second.name) == ("x3", "x8")
    assert first.low == pytest.approx(0.7, abs=0.01)
    assert second.high == pytest.approx(0.3, abs=0.01)
    assert math.isinf(first.high)
    assert math.isinf(second.low)
    for told in (known.box.fitted, known.box.aside):
        assert told.draws == 2000
        assert told.density.value > 0.95
        assert told.coverage.value > 0.95
        assert told.lift == pytest.approx(1 / 0.09, rel=0.2)
        assert told.mean_inside == pytest.approx(1.5, abs=0.1)


def test_the_probability_and_its_interval_are_those_of_the_draws(known):
    low, high = known.chance.interval
    assert low < 0.09 < high
    assert known.chance.value == known.hits / known.draws
    assert known.draws == 4000


def test_the_tree_of_a_corner_is_right_where_one_answer_is_not(known):
    assert known.tree.accuracy > 0.98
    assert known.tree.plain_accuracy == pytest.approx(0.91, abs=0.02)
    assert known.tree.skill > 0.85
    assert {branch.condition.name for branch in known.tree.branches} <= {"x3", "x8"}
    assert sum(leaf.draws for leaf in known.tree.leaves) == 2000
    assert sum(leaf.aside for leaf in known.tree.leaves) == 2000


def test_the_two_inputs_share_what_decides_whether_and_a_third_decides_how_far(known):
    shares = known.decides.table("event").set_index("input")["shapley"]
    # Of a product of two independent indicators with chances p = 0.3 each: both have one half by symmetry.
    assert shares["x3"] == pytest.approx(0.5, abs=0.1)
    assert shares["x8"] == pytest.approx(0.5, abs=0.1)
    assert known.within.table("event").iloc[0]["input"] == "x1"
    assert known.within.table("event").iloc[0]["shapley"] == pytest.approx(1.0, abs=0.05)


def test_shares_of_an_additive_normal_sum_follow_its_closed_form():
    study = study_of(
        lambda inputs, context: {"y": 2.0 * inputs["a"] + inputs["b"]}, dict.fromkeys("abc", "normal(0, 1)")
    )
    found = mcsim.explain(study, "y > 0", draws=4000, seed=1)
    # Orthant: P = 1/2, and Var E[1 | a] = asin(rho^2) / (2 pi) with rho^2 = 4 / 5; the rest of 1/4 by Shapley's halves.
    of_a, of_b = (math.asin(part) / (2.0 * math.pi) for part in (0.8, 0.2))
    rest = 0.25 - of_a - of_b
    shares = found.decides.table("event").set_index("input")["shapley"]
    low, high = found.chance.interval
    assert low < 0.5 < high
    assert shares["a"] == pytest.approx((of_a + rest / 2) / 0.25, abs=0.1)
    assert shares["b"] == pytest.approx((of_b + rest / 2) / 0.25, abs=0.1)
    assert abs(shares["c"]) < 0.05


@pytest.mark.parametrize(("hits", "draws"), [(0, 100), (3, 200), (50, 100), (100, 100)])
def test_intervals_are_clopper_and_pearson_as_scipy_has_them(hits, draws):
    from scipy.stats import binomtest

    expected = binomtest(hits, draws).proportion_ci(0.95, "exact")
    assert Share(hits, draws).interval == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_intervals_of_many_seeds_cover_the_truth():
    inside = 0
    for seed in range(200):
        draws = np.random.default_rng(seed).random(400) < 0.05
        low, high = Share(int(draws.sum()), 400).interval
        inside += low <= 0.05 <= high
    assert inside >= 186  # 95 % of 200 is 190, of which chance takes 4 once in ten times; exact intervals cover more


def test_noise_has_no_box_and_no_tree():
    boxes = trees = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        x, true = columns(random.random((1000, 30))), random.random(1000) < 0.2
        boxes += box_of(x, true) != ()
        trees += tree_of(x, true, x, true).branches != ()
    assert boxes <= 4  # one of 20 is allowed for; more than four come by chance once in 400 such tests
    assert trees <= 2


def test_a_box_among_hundreds_of_inputs_with_wrong_answers_is_found():
    random = np.random.default_rng(5)
    draws = random.random((1500, 300))
    truth = (draws[:, 0] > 0.7) & (draws[:, 1] < 0.3)
    true = truth ^ (random.random(1500) < 0.05)
    found = box_of(columns(draws), true)
    assert {condition.name for condition in found} == {"x1", "x2"}
    inside = all_hold(found, draws)
    assert (inside & truth).sum() / (inside | truth).sum() > 0.85


def test_an_interval_with_two_ends_and_a_set_of_words_are_found():
    random = np.random.default_rng(2)
    values = np.column_stack([random.random(3000), random.integers(0, 4, 3000), random.random(3000)])
    true = (np.abs(values[:, 0] - 0.5) < 0.2) & np.isin(values[:, 1], (1, 3))
    x = columns(values, ((), ("one", "two", "three", "four"), ()))
    middle, word = sorted(box_of(x, true), key=lambda condition: condition.name)
    assert (middle.low, middle.high) == pytest.approx((0.3, 0.7), abs=0.01)
    assert str(word) == "x2 is two or four"
    told = told_of((middle, word), x, true, values[:, 2], 0.95)
    assert told.density.value > 0.98
    tree = tree_of(x, true, x, true)
    assert str(tree.branches[0].condition) in ("x2 is one or three", "x2 is two or four")


def test_the_first_cut_is_that_of_all_cuts_tried_one_by_one():
    random = np.random.default_rng(4)
    draws = random.integers(0, 12, (400, 5)).astype(float)
    true = draws[:, 2] + draws[:, 4] + random.normal(0, 2, 400) > 14
    x = columns(draws)
    tree = tree_of(x, true, x, true, depth=1)

    def impurity(side):
        return len(side) * side.mean() * (1 - side.mean()) if len(side) else 0.0

    tried = {
        (f"x{place + 1}", cut): impurity(true[draws[:, place] <= cut]) + impurity(true[draws[:, place] > cut])
        for place in range(5)
        for cut in np.arange(11) + 0.5
        if 10 <= (draws[:, place] <= cut).sum() <= 390
    }
    best = min(tried, key=tried.__getitem__)
    assert (tree.branches[0].condition.name, tree.branches[0].condition.high) == best


def test_rare_events_are_told_with_a_remedy_and_nothing_more():
    study = study_of(lambda inputs, context: {"y": inputs["x1"]}, TEN)
    found = mcsim.explain(study, "y > 0.995", draws=2000)
    assert 0 < found.hits < 30
    assert found.box is None
    assert found.tree is None
    assert found.decides is None
    assert any("too few (below 30)" in note and "draws would do" in note for note in found.notes)
    low, high = found.chance.interval
    assert low < 0.005 < high


@pytest.mark.parametrize(
    ("text", "word", "bound"), [("y > 2", "in none of 500 draws: less likely than 0.735 %", 0), ("y <= 1", "in all", 1)]
)
def test_what_is_never_or_always_so_is_told(text, word, bound):
    found = mcsim.explain(study_of(lambda inputs, context: {"y": inputs["x1"]}, TEN), text, draws=500)
    assert word in repr(found)
    assert bound in found.chance.interval
    assert any("true in 500 draws" in note for note in found.notes)


def test_undefined_draws_are_left_out_and_told():
    outputs = (Output("y", "1", "y", rank=True, may_be_undefined=True),)
    study = study_of(lambda inputs, context: {"y": np.where(inputs["x2"] > 0.5, inputs["x1"], np.nan)}, TEN, outputs)
    found = mcsim.explain(study, "y < 0.25", draws=2000, seed=2)
    assert found.undefined + found.draws == 2000
    assert found.undefined == pytest.approx(1000, abs=100)
    low, high = found.chance.interval
    assert low < 0.25 < high
    assert [condition.name for condition in found.box.conditions] == ["x1"]
    assert f"undefined in {found.undefined:,} draws more" in repr(found)


def test_the_order_of_draws_changes_nothing(known):
    from dataclasses import replace

    result = mcsim.run(study_of(corner, TEN), 4000, seed=3)
    turn = np.random.default_rng(1).permutation(4000)
    inputs = {name: column[turn] for name, column in result.inputs.items()}
    kept = {"y": np.asarray(result.kept["y"])[turn]}
    turned = mcsim.explain(replace(result, draw=result.draw[turn], inputs=inputs, kept=kept), "y > 0.5")
    assert [str(one) for one in turned.box.conditions] == [str(one) for one in known.box.conditions]
    assert turned.box.aside == known.box.aside
    assert turned.tree == known.tree


def test_samples_that_repeat_one_another_are_worth_less_and_stay_on_one_side():
    import pandas as pd

    study = study_of(corner, TEN)
    once = pd.DataFrame(np.random.default_rng(1).random((1000, 10)), columns=list(TEN))
    design = mcsim.user_design(pd.concat([once] * 3, ignore_index=True), study)
    found = mcsim.explain(mcsim.run(study, design=design), "y > 0.5")
    assert found.chance.draws == pytest.approx(1000)
    assert found.chance.value == found.hits / 3000
    assert any("that of 1,000 draws" in note for note in found.notes)
    assert found.box.fitted.draws == 1500
    assert found.box.fitted.hits % 3 == 0


YEARS, KINDS = Dim("year", (2030, 2040)), Dim("kind", ("new", "used"))
MASS = Output("mass", "t/yr", "mass", (YEARS, KINDS))
HOLED = Output("hole", "kg", "hole", (YEARS,), layout=Layout(np.array([0, -1])))
BY_KIND = Output("amount", "", "amount", (KINDS,), coord_units={"new": "kg", "used": "kWh"}, coord_units_dim="kind")
LOOKUP = {"mass": MASS, "hole": HOLED, "amount": BY_KIND}.__getitem__


@pytest.mark.parametrize(
    ("text", "sense", "bound", "unit"),
    [
        ("mass@2040,used > 100 kt/yr", ">", 1e5, "t/yr"),
        ("mass@2040,used > 100 kt", ">", 1e5, "t/yr"),
        ("mass@used,year=2030<=1e3", "<=", 1000.0, "t/yr"),
        ("amount@used >= 2 MWh", ">=", 2000.0, "kWh"),
        ("amount@new < -.5", "<", -0.5, "kg"),
        ("hole@2030 < 20 g", "<", 0.02, "kg"),
    ],
)
def test_a_question_is_read_in_the_units_of_the_output(text, sense, bound, unit):
    asked = parse_question(text, LOOKUP)
    assert (asked.sense, asked.unit) == (sense, unit)
    assert asked.bound == pytest.approx(bound, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mass@2040,used", r"explain: no comparison with a number \(got 'mass@2040,used'\); such as"),
        ("mass@2040,used = 3", "no comparison with a number"),
        ("mass@2040,used > much", "no comparison with a number"),
        ("mass@2040,used > nan", "no comparison with a number"),
        ("mass@2040 > 3", r"explain: mass@2040: not one element \(got 2\); a label of each dim \(kind: new, used"),
        ("mass@2050,used > 3", "no dim has this label alone"),
        ("mass@2040,used > 3 km", r"explain: mass@2040,used: does not convert \(got 'km/yr'\); 't/yr'"),
        ("hole@2040 > 3", "explain: hole@2040: has no meaning there"),
        ("amount@new > 3 kWh", r"does not convert \(got 'kWh'\); 'kg'"),
    ],
)
def test_a_question_that_means_nothing_is_refused(text, message):
    with pytest.raises(mcsim.InputError, match=message):
        parse_question(text, LOOKUP)


def test_a_kt_is_a_thousand_tonnes_and_no_knot():
    assert conversion("kt", "t", "x") == 1000.0
    assert conversion("ktCO2e", "kg CO2-eq", "x") == 1e6


def test_what_python_cannot_answer_is_refused():
    outputs = (Output("y", "1", "y", keep=False), Output("z", "1", "z", may_be_undefined=True))
    study = study_of(lambda inputs, context: {"y": inputs["x1"], "z": np.nan * inputs["x1"]}, TEN, outputs)
    result = mcsim.run(study, 100)
    with pytest.raises(mcsim.InputError, match=r"explain: y: stored as bands only .* run again with --keep y"):
        mcsim.explain(result, "y > 0.5")
    with pytest.raises(mcsim.InputError, match="explain: z: undefined in all 100 draws"):
        mcsim.explain(result, "z > 0.5")
    with pytest.raises(mcsim.InputError, match=r"explain: draws: of a result that has its draws \(got 50\)"):
        mcsim.explain(result, "y > 0.5", draws=50)
    assert mcsim.explain(study, "y > 0.5", draws=100).draws == 100  # kept because it is asked for


def test_the_table_holds_what_the_words_say(known):
    found = table(known).set_index(["part", "item"])
    assert found.loc[("chance", "probability"), "value"] == known.chance.value
    assert found.loc[("box, kept aside", "density"), "value"] == known.box.aside.density.value
    assert found.loc[("box", "x3"), "value_low"] == next(c.low for c in known.box.conditions if c.name == "x3")
    assert found.loc[("decides whether", "x3"), "value"] > 0.3
    text = "\n".join(lines(known))
    assert f"where: {' and '.join(map(str, known.box.conditions))}" in text
    assert "kept aside" in text


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("explain") / "run"
    words = ["run", "ishigami", "--draws", "4000", "--no-sensitivity", "--quiet", "--out", str(place)]
    assert main(words) == 0
    return place


def test_a_run_directory_keeps_the_answer_with_its_hash(folder, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert main(["explain", str(copy), "y > 8", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["probability"]["true"] == 360
    assert told["box"]["conditions"][0]["input"] == "x1"
    record = json.loads((copy / "run.json").read_text())
    assert {"explain.csv", "explain.md"} <= set(record["files"])
    assert record["explain"]["question"] == "y > 8"
    mcsim.open(copy)  # every file is as run.json says
    (copy / "explain.md").write_text("changed")
    with pytest.raises(mcsim.InputError, match=r"explain.md: changed since the run"):
        mcsim.open(copy)


def test_a_study_run_for_the_question_answers_as_its_run_directory_does(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "ishigami", "y > 8", "--draws", "4000"]) == 0
    alone = capsys.readouterr().out
    assert main(["explain", "runs/ishigami-explain-1", "y > 8"]) == 0
    assert capsys.readouterr().out == alone
    assert main(["explain", str(folder), "y > 8"]) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == alone.splitlines()[:-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{folder}", "y > 8", "--seed", "2"], "{folder}: --seed: a run directory has its draws (got 2); a study, or"),
        (["{folder}", "z > 8"], "ishigami: z: no such output; one of y"),
        (["ishigami", "y > 8 kg"], "explain: y: does not convert (got 'kg'); '1'"),
        (["ishigami", "y = 8"], "explain: no comparison with a number (got 'y = 8'); such as"),
    ],
)
def test_a_wrong_question_is_told_in_one_line_and_nothing_is_run(folder, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["explain", *(word.format(folder=folder) for word in words)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(message.format(folder=folder))
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_page_shows_what_its_command_prints(tmp_path, monkeypatch, capsys):
    import shlex

    page = (Path(__file__).resolve().parent.parent / "docs" / "explain.md").read_text()
    block = page.split("<!-- printed -->")[1].split("<!-- end -->")[0].strip("\n").splitlines()
    command, *shown = [line.removeprefix("    ") for line in block]
    monkeypatch.chdir(tmp_path)
    assert main([*shlex.split(command)[1:]]) == 0
    assert capsys.readouterr().out.splitlines() == shown
