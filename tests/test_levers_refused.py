"""Levers, packages, places, cases and states that cannot be are refused in one line, with what would be right."""

import shutil
from pathlib import Path

import pytest

from mcsim.command.main import main
from mcsim.studies import fleet, second_hand_ev

LEVERS = Path(fleet.__file__).parent
PACKAGE = '[study]\nextends = "fleet"\noverlay = true\noverlays = [{}]\n'
REPLACED = {
    "stage_place.csv": (second_hand_ev, "glider,ev-suv,any,all,us,0.5481,", "glider,ev-suv,any,all,us,0.6,"),
    "states.csv": (fleet, "Chihuahua", "Chihuaha"),
}


def refused(capsys, *words):
    """Return the one line with which a command is refused."""
    assert main(list(words)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("side", ["first", "start-year", "none at all"])
def test_a_start_year_outside_the_horizon(capsys, side):
    year = {"first": "2004", "start-year": "2051", "none at all": "soon"}[side]
    line = refused(capsys, "check", "lever-tariff", "--set", f"tariff_start={year}")
    assert f"{year}" in line
    assert ("between 2005 and 2050 yr" in line) or side == "none at all"


def test_every_lever_with_a_start_year_refuses_one_outside_the_horizon(capsys):
    names = [path.stem for path in sorted(LEVERS.glob("lever-*.toml"))]
    for name in names:
        start = f"{name.removeprefix('lever-').replace('-', '_')}_start"
        if start not in (LEVERS / f"{name}.toml").read_text():
            continue
        line = refused(capsys, "check", name, "--set", f"{start}=2060")
        assert f"{start}: outside the valid range (got 2060); between 2005 and 2050 yr" in line


@pytest.mark.parametrize(
    ("levers", "told"),
    [
        ('"lever-tariff", "lever-tariff"', "study.overlays: stands twice (got 'lever-tariff'); each once"),
        ('"lever-tariff", "lever-tarif"', "study.overlays: lever-tarif: no such study; one of "),
    ],
)
@pytest.mark.parametrize("command", ["check", "compare"])
def test_a_package_with_a_lever_twice_or_unknown(tmp_path, capsys, command, levers, told):
    file = tmp_path / "mine.toml"
    file.write_text(PACKAGE.format(levers))
    line = refused(capsys, command, *(["fleet"] if command == "compare" else []), str(file))
    assert f"{file}: {told}" in line
    assert "twice" in told or line.endswith("did you mean 'lever-tariff'?")


def test_a_comparison_with_a_lever_twice_or_unknown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    line = refused(capsys, "compare", "fleet", "lever-tariff", "lever-tariff")
    assert line == "compare: lever-tariff: stands twice (got 2 times); each lever once"
    line = refused(capsys, "compare", "fleet", "lever-tariff", str(LEVERS / "lever-tariff.toml"))
    assert line == "compare: lever-tariff: stands twice (got 2 times); each lever once"
    assert refused(capsys, "compare", "fleet", "lever-tarif").endswith("did you mean 'lever-tariff'?")
    assert list(tmp_path.iterdir()) == []


def with_table(folder, name):
    """Return a folder whose table has what is wrong."""
    room, right, wrong = REPLACED[name]
    shutil.copy(Path(room.__file__).parent / "data" / name, folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert right in text
    (folder / name).write_text(text.replace(right, wrong), encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("study", ["trade", "second-hand-ev"])
def test_shares_of_places_that_do_not_sum_to_1(tmp_path, capsys, study):
    line = refused(capsys, "check", study, "--data", with_table(tmp_path, "stage_place.csv"))
    assert "stage_place[glider,ev-suv,any,all]: shares do not sum to 1 over place (got 1.0519); 1 within" in line


@pytest.mark.parametrize("study", ["trade", "fleet-states"])
def test_a_state_misspelt_throughout_is_refused_with_what_stands_in_its_place(tmp_path, capsys, study):
    line = refused(capsys, "check", study, "--data", with_table(tmp_path, "states.csv"))
    assert "states[Chihuahua,population]: missing cell; a row with this key; did 'Chihuaha' mean it?" in line


def test_a_counterfactual_without_its_option(tmp_path, capsys):
    line = refused(capsys, "check", "trade", "--set", "replacement=new-ev")
    assert line.endswith(
        "replacement: not a choice of this option (got 'new-ev'); one of combustion, ev, gasoline-new, none"
    )
    # Nor has another study that option, nor the trade another case.
    assert "replacement" in refused(capsys, "check", "fleet", "--set", "replacement=ev")
    file = tmp_path / "mine.toml"
    row = '[study]\nextends = "trade"\n[[report.rows]]\noutput = "cumulative_impact_change_total@gwp,{}"\n'
    file.write_text(row.format("no-second-hand-ev"))
    assert refused(capsys, "check", str(file)).endswith("did you mean 'no-second-hand-evs'?")
