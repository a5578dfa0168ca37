"""`--from` repeats to the bit what a folder holds, and refuses where what it was made from has changed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mcsim
from mcsim.command.main import main
from mcsim.engine.run import run
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.sensitivity import sensitivity
from mcsim.store.directory import read

MODEL = "def f(a, b, c, d):\n    return {'y': a + 2 * b * c - d, 'w': a * a + 0.1 * c}\n"
STUDY = """
[study]
function = "law.py:f"
[inputs]
a = { uniform = [0, 1], source = "s", group = "one" }
b = { normal = [1, 0.1], source = "s", group = "one" }
c = { uniform = [1, 2], source = "s", group = "two" }
d = { uniform = [0, 3], source = "s", group = "two" }
[outputs]
y = { unit = "km", rank = true }
w = { unit = "km2", keep = false }
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    (tmp_path / "law.py").write_text(MODEL)
    (tmp_path / "law.toml").write_text(STUDY)
    (tmp_path / "more.toml").write_text(
        '[study]\nextends = "law.toml"\n[inputs]\nd = { uniform = [0, 1], source = "s" }\n'
    )
    rows = np.random.default_rng(3).uniform([0, 0.8, 1, 0], [1, 1.2, 2, 3], (90, 4))
    lines = ["a,b,c,d", *(",".join(map(repr, row)) for row in rows.tolist())]
    (tmp_path / "samples.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys, *words):
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def same_run(first, second):
    """Return whether two run directories hold the same bits."""
    one, other = read(first), read(second)
    same = [np.array_equal(one.draw, other.draw), set(one.kept) == set(other.kept)]
    same += [np.array_equal(one.inputs[name], other.inputs[name]) for name in one.inputs]
    same += [np.array_equal(one.kept[name], other.kept[name], equal_nan=True) for name in one.kept]
    same += [(first / "summary.csv").read_bytes() == (second / "summary.csv").read_bytes()]
    tables = [folder / "sensitivity.csv" for folder in (first, second)]
    same += [tables[0].is_file() == tables[1].is_file()]
    return all(same) and (not tables[0].is_file() or same_ranking(first, second))


def same_ranking(first, second):
    one, other = Ranking.of(first), Ranking.of(second)
    assert (one.settings, one.warnings, one.factors) == (other.settings, other.warnings, other.factors)
    return (first / "sensitivity.csv").read_bytes() == (second / "sensitivity.csv").read_bytes()


RUNS = {
    "plain": "--draws 70",
    "ranked": "--draws 64 --base 32",
    "seed 0": "--draws 64 --base 16 --seed 0",
    "latin": "--draws 50 --design lhs --no-sensitivity",
    "sobol": "--draws 50 --design sobol --no-sensitivity",
    "until": "--draws 50 --no-sensitivity|--until|mcse(y) < 3%",
    "ranking until": "--draws 50 --base 16|--until|ranking(y) resolved",
    "kept": "--draws 40 --keep all --no-sensitivity",
    "samples": "--samples samples.csv --base 16",
    "samples in a shard": "--samples samples.csv --shard 2/3 --no-sensitivity",
    "shard": "--draws 64 --base 16 --shard 1/2",
    "set": "--draws 40 --base 16 --set d=uniform(0,2) --set a=0.25",
}


@pytest.mark.parametrize("words", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("name", ["law.toml", "more.toml"])
def test_a_run_repeats_to_the_bit(words, name, study, capsys):
    plain, *rest = words.split("|")
    assert told(capsys, "run", name, *plain.split(), *rest, "--quiet", "--out", "a")[0] == 0
    code, _, err = told(capsys, "run", "--from", "a", "--quiet", "--out", "b")
    assert (code, err) == (0, "")
    sums = [study / folder / "ranking" / "part-0.npz" for folder in "ab"]
    assert (study / "a" / "ranking").is_dir() == ("--shard" in plain and "--base" in plain)
    assert sums[0].is_file() == sums[1].is_file()
    if sums[0].is_file():
        assert sums[0].read_bytes() == sums[1].read_bytes()
    assert same_run(study / "a", study / "b")


RANKINGS = {
    "sobol": "--base 32",
    "groups": "--base 32 --groups",
    "second order": "--base 32 --second-order",
    "replicates": "--base 64 --confidence replicates",
    "threshold": "--base 32 --threshold 0.2",
    "until": "--base 16|--until|ranking(y) resolved",
    "one output": "--base 32 --output w",
    "morris": "--base 16 --method morris",
    "prcc": "--base 64 --method prcc",
    "tornado": "--method tornado",
}


@pytest.mark.parametrize("words", RANKINGS.values(), ids=RANKINGS)
def test_a_ranking_repeats_to_the_bit(words, study, capsys):
    plain, *rest = words.split("|")
    assert told(capsys, "sensitivity", "more.toml", *plain.split(), *rest, "--quiet", "--out", "a")[0] == 0
    code, _, err = told(capsys, "sensitivity", "--from", "a", "--quiet", "--out", "b")
    assert (code, err) == (0, "")
    assert same_ranking(study / "a", study / "b")


def test_a_ranking_of_groups_in_a_run_directory_repeats(study, capsys):
    """What Python asked of a ranking beside a run holds, groups of one's own, their limits and another seed too."""
    loaded = mcsim.load("more.toml")
    run(loaded, 60, out=study / "a")
    groups = {"left": ["a", "c"]}
    words = {"groups": groups, "resamples": 40, "level": 0.9, "outputs": ["w"]}
    sensitivity(loaded, 32, seed=7, out=study / "a", **words)
    assert told(capsys, "run", "--from", "a", "--quiet", "--out", "b")[0] == 0
    assert "left" in Ranking.of(study / "b").factors
    assert same_run(study / "a", study / "b")


def test_a_difference_of_two_studies_repeats(study, capsys):
    sensitivity(mcsim.load("law.toml"), 32, out=study / "a", versus=mcsim.load("more.toml"))
    assert told(capsys, "sensitivity", "--from", "a", "--quiet", "--out", "b")[0] == 0
    assert same_ranking(study / "a", study / "b")


def test_a_comparison_repeats(study, capsys):
    words = ["--draws", "60", "--seed", "4", "--keep", "w", "--set", "a=0.5", "--quiet"]
    assert told(capsys, "compare", "law.toml", "more.toml", *words, "--out", "a")[0] == 0
    assert told(capsys, "compare", "--from", "a", "--quiet", "--out", "b")[0] == 0
    assert (study / "a" / "deltas.csv").read_bytes() == (study / "b" / "deltas.csv").read_bytes()
    code, _, err = told(capsys, "compare", "law.toml", "--from", "a", "--out", "c")
    assert (code, "the comparison as it was" in err) == (2, True)


def test_dependent_inputs_repeat_with_what_is_told_of_them(study, capsys):
    text = '[study]\nextends = "law.toml"\n[dependence]\nspearman = [["a", "c", 0.7]]\n'
    (study / "pair.toml").write_text(text)
    assert told(capsys, "run", "pair.toml", "--draws", "256", "--base", "16", "--quiet", "--out", "a")[0] == 0
    assert told(capsys, "run", "--from", "a", "--quiet", "--out", "b")[0] == 0
    assert same_run(study / "a", study / "b")
    inside = [Ranking.of(study / folder).within for folder in "ab"]
    assert all(part is not None for part in inside)
    for output, measures in inside[0].scores.items():
        for measure, values in measures.items():
            assert np.array_equal(values, inside[1].scores[output][measure], equal_nan=True)


def test_a_merged_run_repeats_in_one_piece(study, capsys):
    for number in (1, 2):
        words = ["--samples", "samples.csv", "--base", "16", "--shard", f"{number}/2", "--quiet"]
        assert told(capsys, "run", "more.toml", *words, "--out", f"part-{number}")[0] == 0
    assert told(capsys, "merge", "part-1", "part-2", "--out", "a")[0] == 0
    assert told(capsys, "run", "--from", "a", "--quiet", "--out", "b")[0] == 0
    assert same_run(study / "a", study / "b")


def test_an_extended_run_repeats_with_its_ranking(study, capsys):
    words = ["run", "more.toml", "--base", "16", "--quiet", "--out", "a"]
    assert told(capsys, *words, "--draws", "50")[0] == 0
    assert told(capsys, *words, "--draws", "90", "--resume", "--no-sensitivity")[0] == 2
    assert told(capsys, *words, "--draws", "90", "--resume")[0] == 0
    assert told(capsys, "run", "--from", "a", "--quiet", "--out", "b")[0] == 0
    assert same_run(study / "a", study / "b")
    assert len(read(study / "b").draw) == 90


def test_what_is_said_beside_from_holds(study, capsys):
    assert told(capsys, "run", "more.toml", "--draws", "50", "--base", "16", "--quiet", "--out", "a")[0] == 0
    words = ["--draws", "60", "--seed", "9", "--base", "32", "--set", "a=0.5", "--no-sensitivity", "--quiet"]
    assert told(capsys, "run", "--from", "a", *words, "--out", "b")[0] == 2
    words.remove("--no-sensitivity")
    assert told(capsys, "run", "--from", "a", *words, "--out", "b")[0] == 0
    assert told(capsys, "run", "more.toml", *words, "--out", "c")[0] == 0
    assert same_run(study / "b", study / "c")


CHANGES = {
    "law.toml": ("uniform = [1, 2]", "uniform = [1, 3]"),
    "more.toml": ("uniform = [0, 1]", "uniform = [0, 2]"),
    "law.py": ("a * a", "a * a * a"),
}


@pytest.mark.parametrize("file", CHANGES)
@pytest.mark.parametrize("what", ["run", "sensitivity", "compare"])
def test_what_changed_is_refused_by_its_file(file, what, study, capsys):
    words = {
        "run": "run more.toml --draws 20 --no-sensitivity",
        "sensitivity": "sensitivity more.toml --base 16",
        "compare": "compare more.toml law.toml --draws 20",
    }[what]
    assert told(capsys, *words.split(), "--quiet", "--out", "a")[0] == 0
    text = (study / file).read_text()
    (study / file).write_text(text.replace(*CHANGES[file]))
    code, _, err = told(capsys, what, "--from", "a", "--quiet", "--out", "b")
    assert code == 2
    assert "changed since this was made" in err
    assert str(study / file) in err
    assert not (study / "b").exists()
    (study / file).write_text(text)
    assert told(capsys, what, "--from", "a", "--quiet", "--out", "b")[0] == 0


def test_a_table_that_changed_is_refused(study, capsys):
    (study / "own").mkdir()
    shipped = next(path for path in mcsim.load("second-hand-ev").files if path.endswith("gasoline.csv"))
    table = study / "own" / "gasoline.csv"
    table.write_text(Path(shipped).read_text())
    words = ["run", "second-hand-ev", "--data", "own", "--draws", "8", "--no-sensitivity", "--quiet", "--out", "a"]
    assert told(capsys, *words)[0] == 0
    assert told(capsys, "run", "--from", "a", "--quiet", "--out", "b")[0] == 0
    assert same_run(study / "a", study / "b")
    frame = pd.read_csv(table, dtype=str, keep_default_na=False)
    frame.loc[0, "value"] = repr(float(frame.loc[0, "value"]) * 1.001)
    frame.to_csv(table, index=False)
    code, _, err = told(capsys, "run", "--from", "a", "--quiet", "--out", "c")
    assert (code, f"changed since this was made ({table})" in err) == (2, True)
    assert told(capsys, "run", "--from", "a", "--data", "own", "--quiet", "--out", "c")[0] == 0  # said, hence meant


def test_a_folder_without_what_is_to_be_repeated_is_refused(study, capsys):
    assert told(capsys, "run", "law.toml", "--draws", "20", "--no-sensitivity", "--quiet", "--out", "a")[0] == 0
    assert told(capsys, "sensitivity", "law.toml", "--base", "16", "--quiet", "--out", "b")[0] == 0
    code, _, err = told(capsys, "sensitivity", "--from", "a", "--quiet")
    assert (code, "no ranking (got a)" in err) == (2, True)
    code, _, err = told(capsys, "run", "--from", "b", "--quiet")
    assert (code, "no run (got b)" in err) == (2, True)
    assert not (study / "runs").exists()


def test_other_versions_than_those_of_the_run_are_told(study, capsys, monkeypatch):
    monkeypatch.setattr("mcsim.store.record.processor", lambda: "Abacus 9")
    assert told(capsys, "run", "law.toml", "--draws", "20", "--no-sensitivity", "--quiet", "--out", "a")[0] == 0
    monkeypatch.setattr("mcsim.store.record.processor", lambda: "Abacus 10")
    code, _, err = told(capsys, "run", "--from", "a", "--quiet", "--out", "b")
    assert code == 0
    assert err.startswith("a: parts were computed on unlike processors (Abacus 9; Abacus 10)")


def test_parts_on_unlike_processors_are_told_wherever_they_meet(study, capsys, monkeypatch):
    words = ["run", "law.toml", "--draws", "64", "--base", "16", "--quiet"]
    for number in (1, 2):
        monkeypatch.setattr("mcsim.store.record.processor", lambda number=number: f"Abacus {number}")
        assert told(capsys, *words, "--shard", f"{number}/2", "--out", f"part-{number}")[0] == 0
    assert told(capsys, "merge", "part-1", "part-2", "--out", "a")[0] == 0
    assert "unlike processors (Abacus 1; Abacus 2)" in read(study / "a").notes[0]
    assert "unlike processors (Abacus 1; Abacus 2)" in Ranking.of(study / "a").warnings[-1]
    monkeypatch.setattr("mcsim.store.record.processor", lambda: "Abacus 3")
    assert told(capsys, *words, "--out", "b")[0] == 0
    monkeypatch.setattr("mcsim.store.record.processor", lambda: "Abacus 4")
    longer = ["run", "law.toml", "--draws", "128", "--base", "16", "--quiet", "--resume", "--out", "b"]
    assert told(capsys, *longer)[0] == 0
    assert json.loads((study / "b" / "run.json").read_text())["made_with"]["processor"] == ["Abacus 3", "Abacus 4"]
    assert "unlike processors (Abacus 3; Abacus 4)" in read(study / "b").notes[0]
