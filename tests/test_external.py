"""Programs as models: input from a template, output parsed, standard error kept where one fails."""

import re
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from mcsim.engine.run import run
from mcsim.study import InputError
from mcsim.study.load import load

STUDY = """
[study]
name = "program"
title = "Program"
question = "?"
version = "1"
[program]
command = ["{python}", "model.py", "{{input}}", "{{output}}", "{{seed}}", "{{draw}}"]
{program}
[inputs]
x = {{ uniform = [0, 1], unit = "km", source = "test" }}
y = {{ value = 2.0, unit = "km", source = "test" }}
[outputs]
z = {{ unit = "km2" }}
{outputs}
"""


def study(folder, code: str, program: str = "", outputs: str = ""):
    (folder / "model.py").write_text("import json, sys\n" + textwrap.dedent(code))
    text = STUDY.format(python=sys.executable, program=program, outputs=outputs)
    (folder / "program.toml").write_text(text)
    return load(folder / "program.toml")


JSON_IN = "given = json.load(open(sys.argv[1]))\n"


def test_json_in_and_standard_output_back(tmp_path):
    result = run(study(tmp_path, JSON_IN + "print(json.dumps({'z': given['x'] * given['y']}))"), 6)
    assert np.array_equal(result.values("z"), result.inputs["x"] * 2.0)


def test_a_template_and_a_csv_with_a_column_of_its_own(tmp_path):
    (tmp_path / "case.txt.in").write_text("length {{ x }}\nwidth {{y}}\n")
    code = """
    x, y = (float(line.split()[1]) for line in open(sys.argv[1]))
    with open(sys.argv[2], "w") as out:
        out.write(f"z,profile\\n{x * y!r},{x!r}\\n,{y!r}\\n")
    """
    loaded = study(
        tmp_path,
        code,
        'template = "case.txt.in"\noutput = "out.csv"',
        'profile = { unit = "km", dims = { side = ["x", "y"] } }',
    )
    result = run(loaded, 5)
    assert np.array_equal(result.values("z"), result.inputs["x"] * 2.0)
    assert np.array_equal(result.values("profile", side="x"), result.inputs["x"])


def test_draw_and_seed_reach_the_program(tmp_path):
    result = run(study(tmp_path, "print(json.dumps({'z': 1000 * int(sys.argv[3]) + int(sys.argv[4])}))"), 4, seed=7)
    assert result.values("z").tolist() == [7000, 7001, 7002, 7003]


def test_a_failing_program_leaves_its_standard_error_and_the_run_goes_on(tmp_path):
    code = JSON_IN + "if sys.argv[4] == '2':\n    sys.exit('the tank is empty')\nprint(json.dumps({'z': 1.0}))"
    result = run(study(tmp_path, code), 5, max_failed=0.5, out=tmp_path / "run")
    assert [failure.draw for failure in result.failures] == [2]
    assert result.failures[0].reason == "program ended with 1: the tank is empty"
    assert "the tank is empty" in (tmp_path / "run" / "failed.csv").read_text()


@pytest.mark.parametrize(
    ("code", "program", "reason"),
    [
        ("import time\ntime.sleep(20)", "timeout = 0.3", r"program took longer than 0\.3 s"),
        ("print('no json')", "", "standard output cannot be parsed"),
        ("print('{}')", "", "standard output has no z"),
        ("print('{\"z\": [1, 2]}')", "", r"standard output: z has shape \(2,\), not \(\)"),
        ('print(\'{"z": "much"}\')', "", "standard output: z is not numbers"),
        ("pass", 'output = "out.json"', r"program wrote no out\.json"),
    ],
)
def test_what_went_wrong_is_told(tmp_path, code, program, reason):
    result = run(study(tmp_path, code, program), 1, max_failed=1.0)
    assert result.complete == 0
    assert re.match(reason, result.failures[0].reason)


def test_programs_run_side_by_side(tmp_path):
    # Each stays until it has seen four of them, or for a while: a program is tried alone before.
    code = f"""
    import os, pathlib, time
    running = pathlib.Path("{tmp_path}", "running")
    running.mkdir(exist_ok=True)
    own, until, most = running / str(os.getpid()), time.monotonic() + 3, 0
    own.touch()
    while most < 4 and time.monotonic() < until:
        most = max(most, len(list(running.iterdir())))
        time.sleep(0.01)
    own.unlink()
    print(json.dumps({{"z": most}}))
    """
    assert run(study(tmp_path, code, "parallel = 8"), 8).values("z").max() >= 4


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("timeot = 3", r"program\.timeot: unknown key.*did you mean 'timeout'"),
        ("timeout = -1", r"program\.timeout: not a number \(got -1\); seconds above 0"),
        ("parallel = 0", r"program\.parallel: not a whole number \(got 0\); 1 or more"),
        ('template = "none.in"', r"program\.template: cannot be read"),
    ],
)
def test_a_section_that_does_not_fit_is_refused(tmp_path, program, message):
    with pytest.raises(InputError, match=message):
        study(tmp_path, "", program)


def test_an_unknown_name_in_a_template_is_refused(tmp_path):
    (tmp_path / "case.in").write_text("{{ xx }}")
    with pytest.raises(InputError, match=r"\{\{xx\}\}: no such input; one of x, y"):
        study(tmp_path, "", 'template = "case.in"')


def test_what_a_program_started_ends_with_it_when_it_takes_too_long(tmp_path):
    (tmp_path / "w.sh").write_text(f"sh -c 'sleep 3; touch {tmp_path}/survived' &\nwait\n")
    path = tmp_path / "w.toml"
    path.write_text(
        '[program]\ncommand = ["sh", "w.sh"]\ntimeout = 0.5\n[inputs]\np = { uniform = [0, 1], source = "s" }\n'
        '[outputs]\nr = { unit = "km" }\n'
    )
    result = run(load(path), 2, max_failed=1.0, jobs=1)
    assert len(result.failures) == 2
    time.sleep(3.5)
    assert not (tmp_path / "survived").exists()


def test_ctrl_c_ends_the_programs_that_run(tmp_path):
    (tmp_path / "w.sh").write_text(f"touch {tmp_path}/began\nsleep 4\ntouch {tmp_path}/survived\n")
    path = tmp_path / "w.toml"
    path.write_text(
        '[program]\ncommand = ["sh", "w.sh"]\n[inputs]\np = { uniform = [0, 1], source = "s" }\n'
        '[outputs]\nr = { unit = "km" }\n'
    )
    words = [sys.executable, "-m", "mcsim.command.main", "run", str(path), "--draws", "40", "--jobs", "2"]
    process = subprocess.Popen([*words, "--no-sensitivity", "--quiet", "--out", str(tmp_path / "run")], cwd=tmp_path)
    while not (tmp_path / "began").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    time.sleep(4.5)
    assert not (tmp_path / "survived").exists()
