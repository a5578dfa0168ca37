"""The command line as a person meets it: help, examples, groups of options, JSON, quiet, completion, an early end."""

import csv
import json
import os
import shlex
import subprocess
import sys

import click
import pytest
from click.shell_completion import BashComplete

from mcsim.command.main import main, mcsim
from mcsim.command.options import COMMANDS, EXAMPLES, OPTIONS, SECTIONS
from mcsim.study.load import find_studies

SMALL = ["--draws", "64", "--base", "16"]
MODEL = """
import mcsim

CALLS = []


def f(a, b):
    CALLS.append(1)
    if len(CALLS) > {calls}:
        raise KeyboardInterrupt
    return {{"y": a * b}}


def make(tables):
    return mcsim.Model.from_function(f, {{"a": "1", "b": "1"}}, {{"y": "kg"}}, name="product")
"""
STUDY = """
[study]
model = "model.py:make"
[inputs]
a = { uniform = [0, 1], source = "s" }
b = { uniform = [0, 1], source = "s" }
"""


def said(capsys, *words):
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_mcsim_alone_is_its_help_with_three_examples(capsys):
    code, out, err = said(capsys)
    assert (code, err) == (0, "")
    assert said(capsys, "--help")[1] == out
    assert len(EXAMPLES) == 3
    for line in EXAMPLES:
        assert f"  {line}\n" in out
        name, command, *words = shlex.split(line)
        assert name == "mcsim"
        mcsim.commands[command].make_context(command, list(words))  # every option is one of the command's
        named = [word for word in words if not word.startswith("--") and "=" not in word]
        assert set(named) <= set(find_studies())
    assert "..." not in out.partition("What there is")[2]  # what a command does is told whole


def test_every_command_stands_once_in_the_help_and_every_option_in_one_group(capsys):
    assert sorted(name for names in COMMANDS.values() for name in names) == sorted(mcsim.commands)
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted([*OPTIONS, "--help"])
    for name, command in mcsim.commands.items():
        _, out, _ = said(capsys, name, "--help")
        flags = [flag for item in command.params if isinstance(item, click.Option) for flag in item.opts]
        first = [line.split()[0] for line in out.partition(":\n")[2].splitlines() if line.startswith("  --")]
        assert sorted(first) == sorted(flag for flag in flags if flag not in ("-h", "--help")), name
        assert "  -h, --help" in out
        assert "Other options" not in out


def test_an_option_says_what_it_does_on_the_command_that_is_asked(capsys):
    told = {name: " ".join(said(capsys, name, "--help")[1].split()) for name in ("compare", "run", "calibrate")}
    assert "(default 256)" in told["compare"]
    assert "(default 1024)" in told["run"]
    assert "20,000" in told["calibrate"]
    assert "20,000" not in told["run"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("json")


def test_a_run_as_json_holds_the_numbers_of_its_files(capsys, folder):
    code, out, _ = said(capsys, "run", "ishigami", *SMALL, "--json", "--out", str(folder / "run"))
    told = json.loads(out)
    assert code == 0
    assert (told["study"], told["draws"], told["failed"], told["seed"]) == ("ishigami", 64, 0, 1)
    row = next(csv.DictReader((folder / "run" / "summary.csv").read_text().splitlines()))
    (number,) = told["headline"]
    assert (number["output"], number["labels"], number["unit"]) == ("y", {}, "1")
    for name in ("mean", "p2.5", "p50", "p97.5"):
        assert number[name] == float(row[name])
    ranked = list(csv.DictReader((folder / "run" / "sensitivity.csv").read_text().splitlines()))
    (drivers,) = told["ranking"]["drivers"]
    assert {line["input"]: line["ST"] for line in drivers["inputs"]} == {
        line["input"]: float(line["ST"]) for line in ranked
    }
    strengths = [line["ST"] for line in drivers["inputs"]]
    assert strengths == sorted(strengths, reverse=True)
    assert os.path.isfile(told["report"])


def test_a_ranking_a_comparison_and_a_part_as_json(capsys, folder):
    code, out, _ = said(capsys, "sensitivity", "ishigami", "--base", "16", "--json", "--out", str(folder / "ranking"))
    told = json.loads(out)
    assert code == 0
    assert {line["input"] for line in told["ranking"]["drivers"][0]["inputs"]} == {"x1", "x2", "x3"}
    words = ["compare", "ishigami", "sobol-g", "--draws", "64", "--base", "16", "--json", "--out", str(folder / "pair")]
    told = json.loads(said(capsys, *words)[1])
    assert told["studies"] == ["ishigami", "sobol-g"]
    assert os.path.isfile(told["report"])
    assert [row["lever"] for row in told["matrix"]] == ["sobol-g"]
    words = ["run", "ishigami", "--draws", "64", "--no-sensitivity", "--shard", "1/2", "--json"]
    told = json.loads(said(capsys, *words, "--out", str(folder / "part"))[1])
    assert told["study"] == "ishigami"


def test_a_check_as_json_tells_what_is_wrong_too(capsys):
    code, out, _ = said(capsys, "check", "ishigami", "--json")
    told = json.loads(out)
    assert (code, told["ok"], told["inputs"], told["errors"]) == (0, True, 3, [])
    assert told["languages"]["es"]["texts"] >= len(told["languages"]["es"]["without_words"])
    code, out, err = said(capsys, "check", "ishigami", "--set", "x1=far", "--json")
    told = json.loads(out)
    assert (code, told["ok"]) == (2, False)
    assert told["errors"] == [err.strip()]


def test_quiet_is_quiet(capsys, folder):
    for words in (
        ["run", "ishigami", *SMALL],
        ["sensitivity", "ishigami", "--base", "256"],
        ["compare", "ishigami", "ishigami", *SMALL],
        ["explain", "ishigami", "y > 8", "--draws", "64"],
    ):
        assert said(capsys, *words, "--quiet", "--out", str(folder / f"quiet-{words[0]}")) == (0, "", "")
    words = ["run", "ishigami", *SMALL, "--quiet", "--json"]
    assert json.loads(said(capsys, *words, "--out", str(folder / "both"))[1])["draws"] == 64


def test_a_number_of_draws_may_be_written_as_people_write_it(capsys, folder):
    words = ["run", "ishigami", "--draws", "1e2", "--no-sensitivity", "--json", "--out", str(folder / "many")]
    assert json.loads(said(capsys, *words)[1])["draws"] == 100


def completed(line):
    """Return what a shell offers for the last word of a line."""
    *words, incomplete = line.split(" ")
    offers = BashComplete(mcsim, {}, "mcsim", "_MCSIM_COMPLETE").get_completions(words, incomplete)
    return [offer.value for offer in offers]


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("se", ["sensitivity"]),
        ("run ishi", ["ishigami", "ishi"]),  # a study, and files that begin so
        ("run --no-s", ["--no-sensitivity"]),
        ("run ishigami --design l", ["lhs"]),
        ("run ishigami --set x", ["x1=", "x2=", "x3="]),
        ("run no-such-study --set x", []),
        ("sensitivity ishigami --method shapley_", ["shapley_data"]),
        ("report --lang ", ["en", "es"]),
    ],
)
def test_a_shell_completes_commands_studies_options_and_words(line, offers):
    assert completed(line) == offers


@pytest.mark.parametrize(
    ("words", "calls", "told"),
    [
        (["run", "study.toml"], 3, "what is complete is kept, go on with the same command and --resume --out out\n"),
        (["compare", "study.toml", "study.toml"], 3, "--resume --out out\n"),
        (["explain", "study.toml", "y > 0.2"], 3, "--resume --out out\n"),
        (["check", "study.toml"], 0, "mcsim: interrupted; nothing is kept, the same command begins again\n"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_command_that_is_ended_says_how_it_goes_on(capsys, tmp_path, monkeypatch, words, calls, told):
    (tmp_path / "model.py").write_text(MODEL.format(calls=calls))
    (tmp_path / "study.toml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    rest = [] if words[0] == "check" else ["--draws", "64", "--out", "out", "--jobs", "1"]
    code, out, err = said(capsys, *words, *rest)
    assert (code, out) == (130, "")
    assert told in err.lstrip("\n")
    if rest:
        (tmp_path / "model.py").write_text(MODEL.format(calls=10**6))
        assert said(capsys, *words, *rest, "--resume")[0] in (0, 2)  # 2: the code of the model changed meanwhile


def test_an_end_between_the_phases_names_the_folder(capsys, tmp_path, monkeypatch):
    import mcsim.report.page as page

    def ended(*arguments, **extra):
        raise KeyboardInterrupt

    monkeypatch.setattr(page, "write_report", ended)
    code, out, err = said(capsys, "run", "ishigami", *SMALL, "--out", str(tmp_path / "run"))
    assert (code, out) == (130, "")
    kept = "what is complete is kept, go on with the same command and --resume --out"
    assert err.strip() == f"{tmp_path / 'run'}: interrupted; {kept} {tmp_path / 'run'}"
    monkeypatch.undo()
    assert said(capsys, "run", "ishigami", *SMALL, "--resume", "--quiet", "--out", str(tmp_path / "run"))[0] == 0
    monkeypatch.setattr(page, "write_report", ended)
    assert said(capsys, "report", str(tmp_path / "run"))[2].strip().endswith("interrupted; the same command goes on")


@pytest.mark.parametrize(("given", "taken"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_a_matrix_product_takes_one_core_unless_the_environment_says_otherwise(given, taken):
    told = (
        "import os, sys; from mcsim.command.main import main; assert 'numpy' not in sys.modules; main(['list']);"
        "print(os.environ['OPENBLAS_NUM_THREADS'], file=sys.stderr)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | given
    done = subprocess.run([sys.executable, "-c", told], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == taken


def test_the_package_is_the_program_where_its_script_is_not_on_the_path(tmp_path):
    def said(*words):
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=tmp_path, check=False)
        return done.returncode, done.stdout, done.stderr

    script = ["-c", "import sys; from mcsim.command.main import main; sys.exit(main())"]
    for words in (["run", "--help"], ["evaluate", "ishigmi"], ["evaluate", "ishigami", "--json"], ["--version"]):
        assert said("-m", "mcsim", *words) == said(*script, *words)
    assert said("-m", "mcsim", "run", "--help")[1].startswith("Usage: mcsim run")
