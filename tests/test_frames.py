"""From the command to the user's function there are few frames of our own: a stack trace is short enough to read."""

import json
from pathlib import Path

import pytest

import mcsim
from mcsim.command.main import main

MOST = 12
OURS = str(Path(mcsim.__file__).parent)
MODEL = """
import json, os, pathlib, traceback

def y(a, b):
    frames = [frame.filename for frame in traceback.extract_stack()]
    with pathlib.Path(os.environ["STACKS"]).open("a") as file:
        file.write(json.dumps(frames) + "\\n")
    return a + b
"""
STUDY = """
[study]
title = "Stack"
question = "How deep?"
version = "1"
function = "stack_model.py:y"

[inputs]
a = { uniform = [0, 1], unit = "1", meaning = "a", source = "assumption" }
b = { uniform = [0, 1], unit = "1", meaning = "b", source = "assumption" }

[outputs]
y = { unit = "1", meaning = "y" }
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("command", ["run", "sensitivity", "prcc"])
def test_few_frames_from_the_command_to_the_users_function(command, jobs, tmp_path, monkeypatch, capsys):
    (tmp_path / "stack_model.py").write_text(MODEL)
    (tmp_path / "stack.toml").write_text(STUDY)
    stacks = tmp_path / "stacks"
    monkeypatch.setenv("STACKS", str(stacks))
    words = {
        "run": ["run", str(tmp_path / "stack.toml"), "--draws", "4096", "--no-sensitivity"],
        "sensitivity": ["sensitivity", str(tmp_path / "stack.toml"), "--base", "64"],
        "prcc": ["sensitivity", str(tmp_path / "stack.toml"), "--base", "64", "--method", "prcc"],
    }[command]
    code = main([*words, "--jobs", jobs, "--quiet", "--out", str(tmp_path / "out")])
    assert code == 0, capsys.readouterr().err
    counts = [sum(name.startswith(OURS) for name in json.loads(line)) for line in stacks.read_text().splitlines()]
    assert len(counts) > 1
    assert 0 < max(counts) <= MOST
