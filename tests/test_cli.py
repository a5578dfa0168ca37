"""The command line: what it prints, where it writes, and one line with exit code 2 for every bad input."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from mcsim.command.main import main

TINY = ["--draws", "64", "--base", "16"]
BANDS = ["--draws", "64", "--no-sensitivity"]


def said(capsys, *words):
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_list_names_every_study_on_a_line(capsys):
    code, out, _ = said(capsys, "list")
    assert code == 0
    assert "ishigami" in [line.split()[0] for line in out.splitlines()]


def test_list_as_json(capsys):
    _, out, _ = said(capsys, "list", "--json")
    assert {"ishigami", "sobol-g", "borehole"} <= {entry["name"] for entry in json.loads(out)}


def test_show_gives_distribution_unit_group_and_source(capsys):
    code, out, _ = said(capsys, "show", "ishigami", "--json")
    first = json.loads(out)["inputs"][0]
    assert code == 0
    assert {"name", "distribution", "unit", "group", "source"} <= set(first)


def test_evaluate_is_one_evaluation_at_the_centre(capsys):
    _, out, _ = said(capsys, "evaluate", "ishigami", "--json", "--set", "x1=1.5", "--set", "x2=0.5", "--set", "x3=2")
    content = json.loads(out)
    expected = np.sin(1.5) + 7 * np.sin(0.5) ** 2 + 0.1 * 2**4 * np.sin(1.5)
    assert set(content) == {"study", "inputs", "options", "outputs"}
    assert content["outputs"]["y"]["values"] == pytest.approx(expected)
    assert content["inputs"] == {"x1": 1.5, "x2": 0.5, "x3": 2.0}


def test_a_run_leaves_the_files_that_others_rely_on(capsys, tmp_path):
    out = tmp_path / "run"
    code, text, _ = said(capsys, "run", "ishigami", "--out", str(out), *TINY)
    assert code == 0
    assert str(out / "report.html") in text
    for name in ("run.json", "draws.nc", "summary.csv", "sensitivity.csv", "report.html"):
        assert (out / name).is_file(), name
    assert list((out / "figures").glob("*.svg"))
    assert list((out / "figures").glob("*.png")) == []


def test_the_default_folder_counts_up(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        said(capsys, "run", "ishigami", *BANDS)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["ishigami-1", "ishigami-2"]


def test_a_run_repeats_from_its_directory(capsys, tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    said(
        capsys,
        "run",
        "ishigami",
        "--out",
        str(first),
        "--seed",
        "0",
        "--set",
        "x1=uniform(0, 1)",
        *BANDS,
    )
    said(capsys, "run", "--from", str(first), "--out", str(second), "--no-sensitivity", "--quiet")
    assert (first / "summary.csv").read_bytes() == (second / "summary.csv").read_bytes()


def test_a_report_can_be_written_again(capsys, tmp_path):
    out = tmp_path / "run"
    said(capsys, "run", "ishigami", "--out", str(out), *TINY)
    before = (out / "report.html").read_bytes()
    (out / "report.html").unlink()
    code, _, _ = said(capsys, "report", str(out))
    assert code == 0
    assert (out / "report.html").read_bytes() == before


def test_compare_writes_paired_deltas(capsys, tmp_path):
    out = tmp_path / "delta"
    code, text, _ = said(capsys, "compare", "ishigami", "ishigami", "--out", str(out), "--draws", "1e2")
    assert code == 0
    assert "deltas.csv" in text
    assert (out / "deltas.csv").is_file()


BAD = [
    (["run", "no-such-study"], r"no-such-study: no such study; one of .*ishigami"),
    (["run", "missing.toml"], "missing.toml: no such file"),
    (["run"], "run: no study"),
    (["runn", "ishigami"], "No such command 'runn'"),
    (["run", "ishigami", "--drows", "5"], "No such option '--drows'"),
    (["run", "ishigami", "--draws", "five"], r"draws: not a whole number in range \(got 'five'\)"),
    (["run", "ishigami", "--draws", "0"], r"draws: .*\(got 0\)"),
    (["run", "ishigami", "--draws", "-3"], r"draws: .*\(got -3\)"),
    (["run", "ishigami", "--base", "1000"], r"base: .*\(got 1000\).*power of two|base: .*power of two.*\(got 1000\)"),
    (["run", "ishigami", "--design", "sobel"], r"design: .*\(got 'sobel'\).*sobol"),
    (["run", "ishigami", "--backend", "thread"], r"backend: .*\(got 'thread'\).*threads"),
    (["run", "ishigami", "--jobs", "0"], r"jobs: .*\(got 0\)"),
    (["run", "ishigami", "--set", "x1"], r"--set: not K=V \(got 'x1'\)"),
    (["run", "ishigami", "--set", "x11=1"], r"x11: no such input or option; did you mean 'x[123]'"),
    (["run", "ishigami", "--set", "x1=normal(0, -1)"], r"x1: normal: .*-1"),
    (["run", "ishigami", "--keep", "z"], r"z: no such output"),
    (["run", "ishigami", "--shard", "3/2"], r"shard: no such part \(got 3/2\)"),
    (["run", "ishigami", "--data", "nowhere"], r"nowhere: --data: no such folder"),
    (["evaluate", "ishigami", "--set", "x1=far"], r"x1: neither a number nor a distribution \(got 'far'\)"),
    (["sensitivity", "ishigami", "--method", "sobel"], r"method: .*\(got 'sobel'\).*sobol"),
    (["report", "nowhere"], r"nowhere: not a run directory"),
    (["compare", "ishigami"], "compare: one study"),
    (["merge", "nowhere", "--out", "x"], r"nowhere: not a run directory"),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_one_line_exit_code_2_and_nothing_written(capsys, tmp_path, monkeypatch, words, message):
    import re

    monkeypatch.chdir(tmp_path)
    code, out, err = said(capsys, *words)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err), err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_a_run_is_not_written_over(capsys, tmp_path):
    out = tmp_path / "run"
    said(capsys, "run", "ishigami", "--out", str(out), *BANDS)
    before = (out / "run.json").read_bytes()
    code, _, err = said(capsys, "run", "ishigami", "--out", str(out), *BANDS)
    assert code == 2
    assert "exists" in err
    assert (out / "run.json").read_bytes() == before


def test_seed_zero_is_a_seed_like_any_other(capsys, tmp_path):
    for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        said(capsys, "run", "ishigami", "--out", str(tmp_path / name), "--seed", seed, *BANDS)
    a, b, c = ((tmp_path / name / "summary.csv").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_one_job_and_two_jobs_give_the_same_bytes(capsys, tmp_path):
    for jobs in ("1", "2"):
        said(capsys, "run", "borehole", "--out", str(tmp_path / jobs), "--jobs", jobs, *TINY)
    for name in ("summary.csv", "sensitivity.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_help_needs_no_heavy_import():
    heavy = "('numpy', 'pandas', 'scipy', 'numba', 'matplotlib')"
    code = f"import sys, mcsim.command.main as c; c.main(['--help']); print([m for m in {heavy} if m in sys.modules])"
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.perf_counter() - start < 10  # a guard against a hang; the speed itself is measured in benchmarks/


def test_an_evaluation_imports_neither_rankings_nor_reports_nor_what_numba_compiles_with():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, mcsim.command.main as c; c.main(['evaluate', 'ishigami']); print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stdout.splitlines()[-1].split()
    heavy = ("pandas", "xarray", "matplotlib", "scipy.stats", "mcsim.ranking", "mcsim.report", "numba.np.arrayobj")
    assert [name for name in loaded if name.startswith(heavy)] == []


def test_a_report_written_again_imports_neither_numba_nor_matplotlib(capsys, tmp_path):
    said(capsys, "run", "ishigami", "--out", str(tmp_path / "a"), "--quiet", *TINY)
    code = f"import sys, mcsim.command.main as c; c.main(['report', {str(tmp_path / 'a')!r}]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert "mcsim.report.sheet" in loaded
    assert [name for name in loaded if name.startswith(("numba", "matplotlib", "xarray", "scipy.stats"))] == []


def test_merged_shards_are_the_unsharded_run_ranking_included(capsys, tmp_path):
    said(capsys, "run", "borehole", "--out", str(tmp_path / "whole"), "--draws", "600", "--base", "256", "--quiet")
    for number in ("1", "2", "3"):
        words = ["--draws", "600", "--base", "256", "--quiet", "--shard", f"{number}/3"]
        code, _, _ = said(capsys, "run", "borehole", "--out", str(tmp_path / number), *words)
        assert code == 0
    folders = [str(tmp_path / number) for number in ("3", "1", "2")]
    code, _, err = said(capsys, "merge", *folders, "--out", str(tmp_path / "merged"))
    assert (code, err) == (0, "")
    for name in ("summary.csv", "sensitivity.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "merged" / name).read_bytes()


def test_samples_of_ones_own_are_the_draws(capsys, tmp_path):
    (tmp_path / "samples.csv").write_text("x1,x2,x3\n0.1,0.2,0.3\n1,2,3\n-1,0.5,2\n")
    out = tmp_path / "run"
    words = ["--samples", str(tmp_path / "samples.csv"), "--no-sensitivity", "--quiet", "--out", str(out)]
    code, _, err = said(capsys, "run", "ishigami", *words)
    x1, x2, x3 = np.array([[0.1, 0.2, 0.3], [1, 2, 3], [-1, 0.5, 2]]).T
    expected = np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)
    assert (code, err) == (0, "")
    assert np.loadtxt(out / "summary.csv", delimiter=",", skiprows=1, usecols=2) == pytest.approx(expected.mean())
