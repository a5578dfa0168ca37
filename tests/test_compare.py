"""Comparisons: overlays over the first study, the matrix against brute force, ladders, drivers, the page, bad input."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from compared_toy import BOTH, PULL, STUDY, called, put

import mcsim
from mcsim.command.main import main
from mcsim.engine.asked import Asked
from mcsim.engine.ladder import STEPS, ladder, outcomes_alone, weakened
from mcsim.ranking.deltas import rank_delta
from mcsim.result.matrix import SEVERAL, SINGLE, TODAY, Matrix, column_of, matrix
from mcsim.result.moved import delta_table, most_moved
from mcsim.study import InputError
from mcsim.study.declared import Output
from mcsim.study.outcomes import Outcome
from mcsim.study.overlay import laid_over, overlays_for, read_overlay
from mcsim.study.select import Cell


@pytest.fixture
def folder(tmp_path, monkeypatch):
    put(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def overlaid(name, first="toy.toml"):
    return laid_over(mcsim.load(first), read_overlay(f"{name}.toml"))


def matrix_of(names, draws=300):
    """Return the matrix of the toy and overlays on it."""
    first = mcsim.load("toy.toml")
    kinds = [TODAY, *(SEVERAL if name == "both" else SINGLE for name in names)]
    studies = [first, *(overlaid(name) for name in names)]
    results = [mcsim.run(study, draws, keep=("gain",)) for study in studies]
    columns = [column_of(result, first.outcomes, kind) for result, kind in zip(results, kinds, strict=True)]
    return matrix(columns, first.outcomes), results


def test_an_overlay_over_its_own_study_is_that_study_loaded(folder):
    for name in ("push", "pull", "both"):
        laid, alone = overlaid(name), mcsim.load(f"{name}.toml")
        assert [(i.name, i.distribution, i.source) for i in laid.inputs] == [
            (i.name, i.distribution, i.source) for i in alone.inputs
        ]
        assert (laid.name, laid.title) == (alone.name, alone.title)


def test_every_shipped_lever_lies_over_the_trade_as_it_is_loaded():
    trade = mcsim.load("trade")
    overlays = overlays_for(trade)
    assert {overlay.name for overlay in overlays_for(mcsim.load("fleet"))} == {overlay.name for overlay in overlays}
    assert {overlay.name for overlay in overlays} >= {"lever-take-back", "package-all"}
    for overlay in overlays:
        laid, alone = laid_over(trade, overlay), mcsim.load(overlay.name)
        facts = [[(i.name, str(i.distribution), i.source, i.group) for i in study.inputs] for study in (laid, alone)]
        assert facts[0] == facts[1]
        assert laid.options == alone.options
        assert set(overlay.strengths) <= set(overlay.inputs)
        assert bool(overlay.strengths)


def test_an_overlay_lies_over_the_first_study_whatever_that_is(folder, capsys):
    (folder / "more.toml").write_text('[study]\nextends = "toy.toml"\n[inputs]\na = { value = 9.0, source = "s" }\n')
    code, _, _ = called(capsys, "compare", "more.toml", "push.toml", "--draws", "50", "--out", "o", "--no-sensitivity")
    assert code == 0
    rows = pd.read_csv("o/matrix.csv").set_index("outcome")
    assert rows.loc["gain", "median"] == pytest.approx(9.0)  # a * push with the first study's a


def test_a_lever_at_strength_0_changes_nothing(folder):
    study = weakened(overlaid("push"), ("push",), 0.0)
    first, then = (mcsim.run(one, 64, keep=("gain",)) for one in (mcsim.load("toy.toml"), study))
    for name in first.kept:
        np.testing.assert_array_equal(first.kept[name], then.kept[name])


def test_a_package_of_one_lever_is_the_lever(folder):
    (folder / "one.toml").write_text(BOTH.replace(', "pull.toml"', ""))
    one, lever = (mcsim.run(overlaid(name), 64) for name in ("one", "push"))
    for name in lever.kept:
        np.testing.assert_array_equal(one.kept[name], lever.kept[name])


def test_the_matrix_is_that_of_plain_numpy(folder):
    found, results = matrix_of(["push", "pull", "both"])
    waste = np.stack([np.asarray(result.kept["waste"]).sum(axis=1) for result in results])
    gain = np.stack([np.asarray(result.kept["gain"]).ravel() for result in results])
    for at, (values, sign) in enumerate(((waste, -1), (gain, 1))):
        delta = values - values[0]
        np.testing.assert_array_equal(found.values[:, at], values)
        np.testing.assert_allclose(found.bands()[1][:, at], np.median(delta, axis=1), rtol=1e-12)
        np.testing.assert_allclose(found.p_better[:, at], (sign * delta > 0).mean(axis=1))
        np.testing.assert_allclose(found.p_worse[:, at], (sign * delta < 0).mean(axis=1))
    assert np.isnan(found.p_better[1:, 2]).all()  # of 2040 alone nobody said which way is better
    table = found.table()
    assert list(table.columns)[:2] == ["lever", "kind"]
    assert len(table) == 9


def test_best_and_regret_are_those_of_brute_force():
    generator = np.random.default_rng(1)
    outcomes = tuple(Outcome(Cell(Output(name, "t", name), {}), sign, "t") for name, sign in (("x", 1), ("y", -1)))
    values = generator.integers(0, 4, (6, 2, 200)).astype(float)  # with many ties
    values[2, 0, 7] = np.nan
    kinds = (TODAY, SINGLE, SINGLE, SINGLE, SEVERAL, SEVERAL)
    names = tuple("tabcde")
    found = Matrix(names, names, kinds, outcomes, values)
    regret = found.regret()
    for at, sign in enumerate((1, -1)):
        for rivals in ([0, 1, 2, 3], [0, 4, 5]):
            wins, count = dict.fromkeys(rivals, 0.0), 0
            for draw in range(200):
                here = {place: sign * values[place, at, draw] for place in rivals}
                if any(np.isnan(value) for value in here.values()):
                    assert np.isnan(regret[rivals[1:], at, draw]).all()
                    continue
                count += 1
                top = max(here.values())
                ties = [place for place, value in here.items() if value == top]
                for place in ties:
                    wins[place] += 1 / len(ties)
                for place in rivals[1:]:
                    assert regret[place, at, draw] == top - here[place]
            for place in rivals[1:]:
                assert found.p_best[place, at] == pytest.approx(wins[place] / count)
            if rivals[1] == 1:
                assert found.p_best[rivals, at].sum() == pytest.approx(1.0)


def test_steps_of_a_ladder_are_runs_at_that_strength(folder):
    first, lever = mcsim.load("toy.toml"), overlaid("push")
    found, _ = matrix_of(["push"], 64)
    steps = ladder(lever, ("push",), first.outcomes, Asked.of(draws=64), found.values)
    assert STEPS == (0.0, 0.25, 0.5, 0.75, 1.0)
    for step, strength in enumerate(STEPS):
        run = mcsim.run(lever.set(push=strength), 64, keep=("gain",))
        np.testing.assert_array_equal(steps[step, 0], np.asarray(run.kept["waste"]).sum(axis=1))
        np.testing.assert_array_equal(steps[step, 1], np.asarray(run.kept["gain"]).ravel())


def test_what_decides_a_difference_is_ranked(folder):
    first, lever = mcsim.load("toy.toml"), overlaid("pull")
    ranking = rank_delta(first, lever, first.outcomes, Asked.of(base=256))
    rows = ranking.table("gain").set_index("input")
    assert rows.loc["pull", "ST"] == pytest.approx(1.0, abs=0.1)  # the difference is pull, whatever a and b are
    assert rows.loc["a", "ST"] == pytest.approx(0.0, abs=1e-6)


def test_what_moves_most_is_told_though_nobody_asked(folder):
    _, (first, other) = matrix_of(["push"])
    moved = most_moved(first, mcsim.compare(first, other), told=("gain",))
    assert [str(one.cell) for one in moved] == ["waste@2040"]  # a fifth of up to 4 is more than a tenth of up to 2
    assert moved[0].median < 0


def test_the_share_below_zero_is_told_of_every_element(folder):
    _, (first, other) = matrix_of(["push"])
    table = delta_table(mcsim.compare(first, other)).set_index(["output", "year"])
    assert table.loc[("waste", 2030), "p_lower"].item() == 1.0
    assert table.loc["still", "p_lower"].item() == 0.0


def test_a_comparison_is_a_directory_of_its_own(folder, capsys):
    words = ("compare", "toy.toml", "push.toml", "both.toml", "--draws", "80", "--base", "64", "--ladder")
    code, out, _ = called(capsys, *words, "--out", "o")
    assert code == 0
    assert "Push" in out
    assert "Waste to 2040" in out
    assert "0 t (95 %: 0 to 0)" not in out
    for name in ("compare.html", "deltas.csv", "matrix.csv", "sensitivity.csv", "ladder.csv", "1-toy/run.json"):
        assert (folder / "o" / name).is_file()
    page = (folder / "o" / "compare.html").read_text()
    assert not re.findall(r'(?:src|href)="https?:', page)
    rows = re.findall(r'<th scope="row"[^>]*>Push', page)
    assert len(rows) == 3  # the answers, the matrix, and what is missed
    drivers = pd.read_csv("o/sensitivity.csv")
    assert set(drivers["study"]) == {"push", "both"}
    again = called(capsys, "compare", "--from", "o", "--out", "p")
    assert again[0] == 0
    for name in ("deltas.csv", "matrix.csv", "sensitivity.csv", "ladder.csv"):
        assert (folder / "o" / name).read_bytes() == (folder / "p" / name).read_bytes()


def test_all_levers_of_the_fleet_by_one_command(tmp_path, capsys):
    out = tmp_path / "o"
    code, _, _ = called(capsys, "compare", "fleet", "--levers", "--no-sensitivity", "--draws", "40", "--out", str(out))
    assert code == 0
    found = pd.read_csv(out / "matrix.csv")
    assert {overlay.name for overlay in overlays_for(mcsim.load("fleet"))} == set(found["lever"])
    assert not list(out.glob("*-fleet"))  # its runs are not kept
    code, _, _ = called(capsys, "compare", "--from", str(out), "--out", str(tmp_path / "p"))
    assert code == 0
    assert (tmp_path / "p" / "deltas.csv").read_bytes() == (out / "deltas.csv").read_bytes()
    pair = tmp_path / "pair"
    words = ("compare", "fleet", "lever-take-back", "--no-sensitivity", "--draws", "40", "--out", str(pair))
    assert called(capsys, *words)[0] == 0
    alone = pd.read_csv(pair / "matrix.csv").set_index("outcome")["median"]
    there = found[found["lever"] == "lever-take-back"].set_index("outcome")["median"]
    pd.testing.assert_series_equal(alone, there)


def test_what_a_lever_says_may_be_set_and_the_baseline_stays(folder, capsys):
    words = ("compare", "toy.toml", "push.toml", "--no-sensitivity", "--draws", "40")
    assert called(capsys, *words, "--set", "push=0.5", "--out", "o")[0] == 0
    assert called(capsys, *words, "--out", "p")[0] == 0
    half, whole = (pd.read_csv(f"{name}/matrix.csv")["median"] for name in "op")
    np.testing.assert_allclose(half, whole / 2, rtol=1e-12)


def test_shards_of_a_comparison_merge_into_the_whole(folder, capsys):
    words = ("compare", "toy.toml", "push.toml", "--no-sensitivity", "--draws", "64")
    for part in "12":
        assert called(capsys, *words, "--shard", f"{part}/2", "--out", part)[0] == 0
    assert main(["merge", "1", "2", "--out", "m"]) == 0
    assert called(capsys, *words, "--out", "w")[0] == 0
    for name in ("deltas.csv", "matrix.csv"):
        assert (folder / "m" / name).read_bytes() == (folder / "w" / name).read_bytes()


BAD = [
    (
        "x.toml",
        'extends = "toy.toml"\noverlay = true\n[inputs]\npusch = 1.0\n',
        r"x.toml: inputs\.pusch: toy has no such ",
    ),
    (
        "x.toml",
        'extends = "toy.toml"\noverlay = true\n[inputs]\npush = 11.0\n',
        r"x.toml: inputs\.push: outside .*got 11",
    ),
    ("x.toml", 'extends = "toy.toml"\noverlay = true\noverlays = ["push.toml", "push.toml"]\n', "stands twice"),
    (
        "x.toml",
        'extends = "toy.toml"\noverlay = true\noverlays = ["lever-tak-back"]\n',
        "did you mean 'lever-take-back'",
    ),
    ("x.toml", 'extends = "toy.toml"\noverlay = true\noverlays = ["toy.toml"]\n', "no overlay"),
    ("x.toml", 'extends = "toy.toml"\noverlay = true\nstrength = "pusch"\n[inputs]\npush = 1.0\n', "push"),
]


@pytest.mark.parametrize(("name", "text", "message"), BAD)
def test_a_wrong_lever_ends_in_one_line(folder, capsys, name, text, message):
    (folder / name).write_text(f"[study]\n{text}")
    code, _, err = called(capsys, "compare", "toy.toml", name, "--draws", "20", "--out", "o")
    assert code == 2
    assert err.count("\n") == 1
    assert re.search(message, err)
    assert not (folder / "o").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["compare", "fleet", "lever-take-back", "--set", "take_back_start=2060"],
            r"take_back_start: outside .*2060.*2050",
        ),
        (
            ["compare", "ishigami", "lever-take-back"],
            r"lever-take-back\.toml: inputs\.take_back_\w+: ishigami has no such",
        ),
        (["compare", "fleet", "lever-tak-back"], "did you mean 'lever-take-back'"),
        (["compare", "fleet", "--levers", "--shard", "1/2"], "--levers: with --shard"),
        (["compare", "ishigami", "--levers"], "got no lever"),
        (["compare", "ishigami", "cell-onshoring", "--draws", "20"], "no kept output in common"),
        (["compare", "fleet", "lever-take-back", "--base", "64", "--no-sensitivity"], "--base: with --no-sensitivity"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = called(capsys, *words)
    assert code == 2
    assert err.count("\n") == 1
    assert re.search(message, err)
    assert not list(tmp_path.iterdir())


def test_a_share_of_an_uncertain_strength_is_refused_before_anything_runs(folder, capsys):
    (folder / "x.toml").write_text(PULL.replace("overlay = true", 'overlay = true\nstrength = "pull"'))
    code, _, err = called(capsys, "compare", "toy.toml", "x.toml", "--ladder", "--draws", "20", "--out", "o")
    assert code == 2
    assert re.fullmatch(r"x: pull: uncertain \(got uniform\(0, 3\)\); a number, for steps on its way\n", err)
    assert not (folder / "o").exists()


WRONG = [
    ('output = "wast"', r"compare\.outcomes\[1\]\.output: no such output.*'waste'"),
    ('output = "waste"', r"several elements .*total = true"),
    ('output = "gain"\ntotal = true', r"one element is no sum"),
    ('output = "waste@2050"\n', r"waste"),
    ('output = "gain"\nbetter = "mor"', r"better: no such word"),
    ('output = "gain"\n[[compare.outcomes]]\noutput = "gain"', "stands twice"),
]


@pytest.mark.parametrize(("entry", "message"), WRONG)
def test_a_wrong_outcome_is_refused_at_load(folder, entry, message):
    head = STUDY.partition("[[compare.outcomes]]")[0]
    (folder / "wrong.toml").write_text(f"{head}[[compare.outcomes]]\n{entry}\n")
    with pytest.raises(InputError, match=message):
        mcsim.load("wrong.toml")


def test_outcomes_alone_are_those_of_the_whole_study(folder):
    study = mcsim.load("toy.toml")
    alone, whole = mcsim.run(outcomes_alone(study, study.outcomes), 32), mcsim.run(study, 32, keep=("gain",))
    np.testing.assert_array_equal(alone.kept["waste"], np.asarray(whole.kept["waste"]).sum(axis=1))
    np.testing.assert_array_equal(alone.kept["gain"], whole.kept["gain"])
    assert study.outcomes[0].unit == "t"  # of a sum over years of t/yr


def test_a_model_in_stages_is_compared_and_explained(tmp_path, capsys):
    fleet = mcsim.load("fleet")
    result = mcsim.run(fleet, 120)
    delta = mcsim.compare(result, result, ["ev_share"])
    assert [output.name for output in delta.study.outputs] == ["ev_share"]
    with pytest.raises(InputError, match="evaluate the study itself"):
        mcsim.run(delta.study, 4)
    words = ("explain", "fleet", "ev_share@2050 > 30 %", "--draws", "400", "--out", str(tmp_path / "e"))
    assert called(capsys, *words)[0] == 0


def test_the_record_tells_what_was_made(folder, capsys):
    assert called(capsys, "compare", "toy.toml", "push.toml", "--draws", "20", "--base", "16", "--out", "o")[0] == 0
    record = json.loads((folder / "o" / "compare.json").read_text())
    assert record["runs"] == ["1-toy", "2-push"]
    assert record["extent"] == {"alone": False, "base": 16, "ladder": False}
    assert record["sides"][1] == {"kind": "lever", "strengths": ["push"]}
