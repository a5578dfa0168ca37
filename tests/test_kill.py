"""SIGKILL and SIGTERM at random moments corrupt nothing, lose no complete chunk, and leave nothing that lies.

The long form of the last test: ``python tests/kills.py FOLDER SEED KILLS``.
"""

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
    assert names == ["bands.npz", "draws.nc", "errors.csv", "run.json", "state.npz", "study.json", "summary.csv"]


def test_the_result_equals_the_run_that_nobody_killed(killed):
    assert unlike(run(small(slow), 3000), read(killed[0], small(slow))) == []


WRONG = ("lost", "false", "unlike", "left over", "wrong exit")


def test_whole_commands_go_on_to_the_same_bits(tmp_path):
    """A run, its extension, a ranking, a comparison and a merge, each killed and gone on with."""
    script, names = Path(__file__).with_name("kills.py"), ["run", "extend", "sensitivity", "compare", "merge"]
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "5", "2", *names],
        cwd=script.parent,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told.pop("tracebacks") == 0
    wrong = {name: [what for what in WRONG if row[what]] for name, row in told.items()}
    assert wrong == {name: [] for name in names}
    assert [row["kill"] + row["term"] for row in told.values()] == [2] * len(names)
