"""SIGKILL at random moments corrupts nothing and loses no complete chunk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from engine_studies import slow, small, unlike

from mcsim.engine.run import run
from mcsim.store.directory import read


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed") / "run"
    script = Path(__file__).with_name("kill_runs.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder), "1"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_at_least_twenty_kills_hit_a_running_process(killed):
    assert killed[1]["kills"] >= 20


def test_no_complete_chunk_was_lost(killed):
    assert killed[1]["lost"] == 0


def test_the_run_ended_in_the_end(killed):
    assert killed[1]["ended"] == 0
    names = sorted(path.name for path in killed[0].iterdir())
    assert names == ["bands.npz", "draws.nc", "run.json", "state.npz", "study.json", "summary.csv"]


def test_the_result_equals_the_run_that_nobody_killed(killed):
    assert unlike(run(small(slow), 3000), read(killed[0], small(slow))) == []
