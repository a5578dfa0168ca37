"""Every option of every command acts on it, or is refused with the commands on which it does."""

import hashlib
import json
import os
import shlex
import shutil

import pytest

from mcsim.command.main import main, mcsim
from mcsim.command.options import OPTIONS

MODEL = """
import os, threading
import numpy as np
from mcsim.study import Dim, Model, Option, Output, Parameter, TableSpec

HERE = os.path.dirname(os.path.abspath(__file__))


def factory(tables):
    parameters = tuple(Parameter(n, "km", n, group="pair" if n in "ab" else None) for n in "abc")

    def evaluate(inputs, context):
        a, b, c = (inputs[name] for name in "abc")
        with open(os.path.join(HERE, "calls.log"), "a") as log:
            main = threading.current_thread() is threading.main_thread()
            log.write(f"{len(a)} {main} {os.getpid() == int(os.environ['TOY_PID'])} {a[0]} {inputs['t'][0, 0]}\\n")
        y = a * context.lives + 1000 * inputs["t"][:, 0] * b * c
        many = a[:, None] * np.arange(1001.0)
        z = c - a + (context.options["way"] == "right")
        return {"y": np.where(context.draws == 5, np.nan, y), "z": z, "w": a + b, "v": many}

    outputs = (
        Output("y", "km", "y", rank=True), Output("z", "km", "z", rank=True), Output("w", "km", "w", keep=False),
        Output("v", "km", "v", (Dim("k", tuple(range(1001))),)),
    )
    ways = (Option("way", "left", ("left", "right")),)
    return Model("toy", parameters, ways, outputs, evaluate, (TableSpec("t", ("key",)),), lives=True)
"""
STUDY = """
[study]
model = "model.py:factory"
[inputs]
a = { uniform = [0, 1], source = "s" }
b = { uniform = [0, 1], source = "s" }
c = { uniform = [0, 1], source = "s" }
[tables]
t = { file = "tables/t.csv" }
[labels.names]
y = { label = "y", label_es = "ye" }
[[compare.outcomes]]
output = "z"
better = "less"
[[compare.outcomes]]
output = "y"
better = "more"
[[survey]]
name = "tests"
observes = ["a"]
n = 4
sd = 0.1
source = "s"
[[observation]]
output = "z"
kind = "observed"
value = 0.5
sd = 0.2
source = "s"
[[observation]]
output = "w"
kind = "observed"
value = 0.8
sd = 0.2
source = "s"
"""
OTHER = """
[study]
extends = "toy.toml"
[inputs]
a = { uniform = [0, 2], source = "s" }
"""
LEVER = """
[study]
extends = "toy.toml"
overlay = true
strength = "b"
[inputs]
b = { value = 0.5, source = "s" }
"""
SECOND = """
[study]
extends = "toy.toml"
overlay = true
strength = "c"
[inputs]
c = { value = 0.5, source = "s" }
"""
TABLE = "key,value,unit,source\none,2,km,s\n"
SAMPLES = "a,b,c\n0.1,0.2,0.3\n0.4,0.5,0.6\n0.7,0.8,0.9\n"
# Words that ask for an option; what stands before "|" goes with the plain call too.
WORDS = {
    "--set": "--set a=0.25",
    "--data": "--data {home}/own",
    "--json": "--json",
    "--draws": "--draws 65",
    "--design": "--design lhs",
    "--lives": "--lives 7",
    "--seed": "--seed 2",
    "--samples": "--samples {home}/samples.csv",
    "--until": '--until "mcse(z) < 0.02"',
    "--rare": "--rare",
    "--home": "--home cc",
    "--host": "--host cc",
    "--of": "--of fleet-jp-nz",
    "--reading": "--reading way=left,right",
    "--out": "--out {home}/elsewhere",
    "--resume": "--out {home}/done | --resume",
    "--keep": "--keep w",
    "--jobs": "--base 4096 --chunk 8 | --jobs 2",
    "--backend": "--chunk 8 --jobs 2 | --backend processes",
    "--scheduler": "--scheduler tcp://127.0.0.1:1",
    "--chunk": "--chunk 8",
    "--shard": "--shard 1/2",
    "--part": "--part",
    "--timeout": "--timeout 1e-9",
    "--max-failed": "--max-failed 0",
    "--quiet": "--quiet",
    "--no-sensitivity": "--no-sensitivity",
    "--base": "--base 32",
    "--levers": "--levers",
    "--ladder": "{home}/lever.toml | --ladder",
    "--posterior": "--posterior {home}/post",
    "--group": "--group z",
    "--method": "--method prcc",
    "--threshold": "--threshold 0.3",
    "--choices": "--method evppi --max-failed 1 --output impact_change | --choices vehicle",
    "--candidates": "--method morris --base 16 --max-failed 1 | --candidates 64",
    "--groups": "--groups",
    "--second-order": "--second-order",
    "--confidence": "--base 256 | --confidence bootstrap",
    "--output": "--output z",
    "--from": "--from {home}/done",
    "--pdf": "--pdf",
    "--png": "--png",
    "--exact": "--exact",
    "--lang": "--lang es",
    "--xlsx": "--xlsx",
}
ALSO = {
    ("sensitivity", "--until"): '--base 16 --max-failed 1 | --until "ranking(y) resolved"',
    ("sensitivity", "--chunk"): "--jobs 2 | --chunk 64",  # one task is done where it is asked
    ("sensitivity", "--jobs"): "--base 4096 | --jobs 2",
    ("compare", "--jobs"): "--chunk 8 | --jobs 2",
    ("calibrate", "--jobs"): "--draws 9000 | --jobs 2",
    ("explain", "--jobs"): "--draws 9000 | --jobs 2",
    ("combine", "--jobs"): "--draws 9000 | --jobs 2",
    ("plan", "--jobs"): "--draws 9000 | --jobs 2",
    ("calibrate", "--method"): "--method sampler",
    ("merge", "--out"): "--part | --out {home}/elsewhere",
    ("show", "--data"): "--json | --data {home}/own",
}
PLAIN = {
    "run": ["{study}", "--draws", "64", "--base", "64", "--jobs", "1"],
    "sensitivity": ["{study}", "--base", "64", "--jobs", "1"],
    "compare": ["{study}", "{home}/other.toml", "--draws", "64", "--base", "16", "--jobs", "1"],
    "calibrate": ["{study}", "--draws", "400", "--jobs", "1"],
    "explain": ["{study}", "z > 0.2", "--draws", "128", "--jobs", "1"],
    "combine": ["{study}", "{home}/lever.toml", "{home}/second.toml", "--draws", "64", "--jobs", "1"],
    "plan": ["{study}", "y", "--draws", "128", "--jobs", "1"],
    "evaluate": ["{study}"],
    "check": ["{study}"],
    "show": ["{study}"],
    "list": [],
    "bench": [],
    "new": ["corridor", "{home}/fresh", "--home", "aa", "--host", "bb"],
    "report": ["{home}/done"],
    "merge": ["{home}/part", "--out", "{home}/merged"],
}


def offered(command):
    return sorted(name for item in mcsim.commands[command].params for name in item.opts if name.startswith("--"))


CASES = [(command, option) for command in mcsim.commands for option in offered(command)]
REFUSED = [(command, option) for command in mcsim.commands for option in OPTIONS if option not in offered(command)]


def test_every_option_and_command_is_walked():
    assert set(WORDS) == set(OPTIONS)
    assert set(PLAIN) == set(mcsim.commands)
    assert len(CASES) + len(REFUSED) == len(OPTIONS) * len(mcsim.commands)


@pytest.mark.parametrize(("command", "option"), REFUSED, ids=lambda word: word)
def test_an_option_of_other_commands_is_refused_by_name(capsys, tmp_path, monkeypatch, command, option):
    monkeypatch.chdir(tmp_path)
    code = main([command, *PLAIN[command], option])
    err = capsys.readouterr().err
    holders = [name for name in mcsim.commands if option in offered(name)]
    assert code == 2
    assert err.startswith(
        f"mcsim: {command}: {option}: does not act on this command (got {option}); an option of {', '.join(holders)}"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A folder with a toy study, a finished run, a shard, tables and samples."""
    home = tmp_path_factory.mktemp("template")
    for folder in ("tables", "own"):
        (home / folder).mkdir()
    (home / "model.py").write_text(MODEL)
    (home / "toy.toml").write_text(STUDY)
    (home / "other.toml").write_text(OTHER)
    (home / "lever.toml").write_text(LEVER)
    (home / "second.toml").write_text(SECOND)
    (home / "samples.csv").write_text(SAMPLES)
    (home / "tables" / "t.csv").write_text(TABLE)
    (home / "own" / "t.csv").write_text(TABLE.replace("2", "5"))
    os.environ["TOY_PID"] = str(os.getpid())  # worker processes inherit it
    words = ["run", str(home / "toy.toml"), "--no-sensitivity", "--quiet", "--draws", "64"]
    assert main([*words, "--seed", "5", "--out", str(home / "done")]) == 0
    assert main([*words, "--shard", "1/2", "--out", str(home / "part")]) == 0
    assert main(["calibrate", str(home / "toy.toml"), "--quiet", "--out", str(home / "post")]) == 0
    return home


@pytest.fixture(scope="module")
def known():
    """What plain calls left behind: they serve many tests."""
    return {}


@pytest.fixture
def observe(template, tmp_path, monkeypatch, capsys):
    """Return what a call leaves behind, all that varies from call to call apart."""
    import mcsim.command.bench
    import mcsim.engine.progress
    import mcsim.report.calibrated
    import mcsim.report.page

    def write_report(result, ranking, folder, png, language="en", *_):
        (folder / "report.html").write_text(result.headline)
        (folder / f"language-{language}.txt").touch()
        if png:
            (folder / "figures").mkdir(exist_ok=True)
            (folder / "figures" / "01-y.png").write_bytes(b"pixels")
        return folder / "report.html"

    monkeypatch.setattr(mcsim.report.page, "write_report", write_report)
    monkeypatch.setattr(mcsim.report.calibrated, "write_calibration", lambda posterior, folder: folder / "report.html")
    monkeypatch.setattr(mcsim.engine.progress, "SECONDS_BETWEEN_LINES", -1.0)
    monkeypatch.setattr(mcsim.command.bench, "studies", list)
    monkeypatch.setattr(mcsim.command.bench, "overheads", lambda: [{"what": "x", "here": 1.0, "unit": "s"}])
    capsys.readouterr()

    def call(number, command, text):
        home = tmp_path / str(number)
        shutil.copytree(template, home)
        (home / "calls.log").write_text("")
        monkeypatch.chdir(home)
        words = [word.format(home=home, study=home / "toy.toml") for word in [*PLAIN[command], *shlex.split(text)]]
        code = main([command, *words])
        out, err = (text.replace(str(home), "HOME") for text in capsys.readouterr())
        told = " per second" in err
        # What is compiled depends on who came first in this process, not on the call.
        lines = [line for line in err.splitlines() if " per second" not in line and "compiling kernels" not in line]
        calls = sorted({tuple(line.split()) for line in (home / "calls.log").read_text().splitlines()})
        return code, out, lines, told, calls, files(home)

    return call


def files(home):
    """Return the files of a folder, tables by their content, and what run.json says was kept."""
    found = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        if path.suffix == ".csv":
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif path.name == "run.json":
            found[name] = [json.loads(path.read_text()).get(key) for key in ("kept", "rounded")]
        elif path.is_file() and "__pycache__" not in name and path.name != "calls.log":
            found[name] = ""
    return found


@pytest.mark.parametrize("command", list(mcsim.commands))
def test_the_same_call_leaves_the_same(observe, command):
    assert observe(1, command, "") == observe(2, command, "")


@pytest.mark.parametrize(("command", "option"), CASES, ids=lambda word: word)
def test_an_option_that_is_offered_acts(observe, known, command, option):
    text = ALSO.get((command, option), WORDS[option])
    plain, bar, asked = text.rpartition("|")
    both = plain if bar else ""
    if (command, both) not in known:
        known[command, both] = observe(1, command, both)
    assert known[command, both] != observe(2, command, f"{both} {asked}")
