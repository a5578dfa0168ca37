"""Models that print, end the process or change the directory; runs that are ended or killed from outside."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcsim.command.main import main

STUDY = """[study]
function = "model.py:f"
[inputs]
p = { uniform = [0, 1], source = "s" }
q = { uniform = [0, 1], source = "s" }
[outputs]
r = { unit = "km" }
"""
LOUD = """import os
print("loaded")
def f(p, q):
    print("progress 10 %")
    os.write(1, b"from below\\n")
    return {"r": p + q}
"""
ENDING = """import sys
def f(p, q):
    if (p > 0.99).any():
        sys.exit("no convergence")
    return {"r": p + q}
"""
WANDERING = """import os
def f(p, q):
    os.chdir("elsewhere")
    return {"r": p + q}
"""
SLOW = """import time
def f(p, q):
    time.sleep(0.3)
    return {"r": p + q}
"""
MCSIM = [sys.executable, "-m", "mcsim.command.main"]


def written(folder, model):
    (folder / "study.toml").write_text(STUDY)
    (folder / "model.py").write_text(model)
    return folder


def called(folder, *words):
    return subprocess.run([*MCSIM, *words], cwd=folder, capture_output=True, text=True, timeout=120)


def test_what_a_model_prints_stays_out_of_the_json(tmp_path):
    done = called(written(tmp_path, LOUD), "evaluate", "study.toml", "--json")
    assert json.loads(done.stdout)["outputs"]["r"]["values"] == 1.0
    assert all(text in done.stderr for text in ("loaded", "progress 10 %", "from below"))


@pytest.mark.parametrize("backend", ["threads", "processes", "dask"])
def test_what_a_model_prints_stays_out_of_what_a_run_says(tmp_path, backend):
    words = ["--draws", "128", "--chunk", "64", "--jobs", "2", "--no-sensitivity", "--out", "run"]
    done = called(written(tmp_path, LOUD), "run", "study.toml", "--backend", backend, *words)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "study: 128 draws"
    assert not any(text in done.stdout for text in ("loaded", "progress", "below"))


def test_help_stays_on_the_standard_output(tmp_path):
    assert called(tmp_path, "run", "--help").stdout.startswith("Usage: mcsim run")
    assert called(tmp_path, "--version").stdout.startswith("mcsim, version")


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_draw_that_ends_the_process_is_a_failed_draw(tmp_path, backend, capsys):
    study = str(written(tmp_path, ENDING) / "study.toml")
    words = ["--draws", "500", "--jobs", "2", "--chunk", "128", "--no-sensitivity", "--quiet", "--out"]
    assert main(["run", study, "--backend", backend, *words, str(tmp_path / "run")]) == 0
    failed = (tmp_path / "run" / "failed.csv").read_text().splitlines()[1:]
    assert 0 < len(failed) < 25
    assert all(",SystemExit: no convergence," in line for line in failed)


def test_a_model_that_ends_the_process_when_it_is_made_is_refused(tmp_path, capsys):
    (tmp_path / "model.py").write_text("import sys\ndef make(tables):\n    sys.exit('no licence')\n")
    (tmp_path / "study.toml").write_text('[study]\nmodel = "model.py:make"\n')
    assert main(["check", str(tmp_path / "study.toml")]) == 2
    assert "study.model: stopped (got SystemExit: no licence)" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_model_that_changes_the_directory_moves_no_results(tmp_path, jobs, monkeypatch):
    monkeypatch.chdir(written(tmp_path, WANDERING))
    Path("elsewhere").mkdir()
    words = ["--draws", "256", "--chunk", "64", "--base", "16", "--quiet", "--jobs", jobs, "--out", "run"]
    assert main(["run", "study.toml", *words, "--max-failed", "1"]) == 0
    assert Path.cwd() == tmp_path
    assert list(Path("elsewhere").iterdir()) == []
    assert {"report.html", "sensitivity.csv"} <= {path.name for path in Path("run").iterdir()}


def begun(folder, *words):
    """Return a run of a slow model that has computed something, as a process."""
    command = [*MCSIM, "run", "study.toml", "--draws", "20000", "--chunk", "64", "--no-sensitivity", "--quiet"]
    process = subprocess.Popen([*command, "--out", "run", *words], cwd=folder, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list((folder / "run").glob("chunks/*-*.npz")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def test_a_run_that_is_asked_to_end_ends_as_by_the_keyboard(tmp_path):
    process = begun(written(tmp_path, SLOW), "--jobs", "1")
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "interrupted after" in said
    assert "--resume --out run" in said
    assert (tmp_path / "run" / "chunks" / "plan.json").is_file()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads the processes of Linux")
def test_the_workers_of_a_killed_run_end(tmp_path):
    process = begun(written(tmp_path, SLOW), "--jobs", "2", "--backend", "processes")
    workers = children(process.pid)
    assert len(workers) >= 2
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def children(parent):
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [number for number in numbers if stat(number)[1] == parent]


def stat(number):
    """Return the state of a process and its parent's number, of one that is gone Z and 0."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "Z", 0
    return fields[0], int(fields[1])


def alive(number):
    return stat(number)[0] not in ("Z", "X")
