"""`"centre"` in a study file: an input held at the centre of the study that it extends."""

import re

import pytest

import mcsim
from mcsim.command.main import main
from mcsim.study import InputError

BASE = """
[study]
function = "model.py:area"
[inputs]
width = {{ triangular = [0, 1, 4], unit = "m", source = "a tape", note = "wet" }}
height = {height}
{more}
[outputs]
y = {{ unit = "m2" }}
"""
CHILD = '[study]\nextends = "base.toml"\n[inputs]\n'


@pytest.fixture
def studies(tmp_path):
    (tmp_path / "model.py").write_text("def area(width, height):\n    return width * height\n", encoding="utf-8")

    def write(child, height="2.0", more=""):
        (tmp_path / "base.toml").write_text(BASE.format(height=height, more=more), encoding="utf-8")
        (tmp_path / "child.toml").write_text(CHILD + child, encoding="utf-8")
        return tmp_path / "child.toml"

    return write


def held(study, name):
    return next(item for item in study.inputs if item.name == name)


@pytest.mark.parametrize("entry", ['"centre"', '{ value = "centre", note = "dry" }'])
def test_an_input_is_held_at_the_median_and_not_at_the_mode(studies, entry):
    item = held(mcsim.load(studies(f"width = {entry}\n")), "width")
    # Tri(0, 1, 4): F(x) = 1 - (4 - x)^2 / 12 above the mode.
    assert item.distribution.support() == pytest.approx((4 - 6**0.5, 4 - 6**0.5))
    assert not item.uncertain
    assert item.source == "centre of base; a tape"
    assert item.note == ("wet" if entry == '"centre"' else "dry")


@pytest.mark.parametrize(
    ("height", "centre"), [("2.0", 2.0), ('"uniform(1, 5)"', 3.0), ('{ uniform = [100, 500], unit = "cm" }', 300.0)]
)
def test_it_follows_whatever_the_extended_study_says(studies, height, centre):
    # A plain function's input has the unit of the file that declares it: 300 cm there.
    assert held(mcsim.load(studies('height = "centre"\n', height)), "height").distribution.median() == centre


def test_a_chain_of_studies_and_a_table_cell(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[study]\nextends = "battery-circularity-mexico"\n[inputs]\nus_bev_capacity = "centre"\n'
        'us_bev_share_2050 = { uniform = [0.5, 1.0] }\n"mx_sales[2023]" = "centre"\n',
        encoding="utf-8",
    )
    study, fleet = mcsim.load(path), mcsim.load("fleet")
    assert held(study, "us_bev_capacity").distribution.median() == held(fleet, "us_bev_capacity").distribution.median()
    assert held(study, "us_bev_share_2050").uncertain
    cell = held(study, "mx_sales[2023]")
    assert not cell.uncertain
    assert cell.distribution.median() == held(fleet, "mx_sales[2023]").distribution.median()


@pytest.mark.parametrize("name", ["battery-circularity-mexico", "export-check"])
def test_companions_of_the_fleet_copy_no_number_of_it(name):
    study, fleet = mcsim.load(name), {item.name: item for item in mcsim.load("fleet").inputs}
    found = [item for item in study.inputs if item.source.startswith("centre of fleet")]
    assert len(found) >= 30
    for item in found:
        assert item.distribution.median() == fleet[item.name].distribution.median()


@pytest.mark.parametrize(
    ("child", "said"),
    [
        (
            'depth = "centre"\n',
            "inputs: depth: not taken by the function (got arguments width, height); did you mean 'width'?",
        ),
        ('width = { value = "centre", unit = "cm" }\n', "inputs.width.unit: a centre has its own (got 'cm'); leave"),
        ('width = "center"\n', "inputs.width"),
    ],
)
def test_what_cannot_be_a_centre_is_refused(studies, child, said, capsys):
    path = studies(child)
    with pytest.raises(InputError, match=re.escape(said)):
        mcsim.load(path)
    assert main(["check", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_without_an_extended_study_there_is_no_centre(studies, tmp_path):
    studies("", height='"centre"')
    with pytest.raises(InputError, match=r"base.toml: inputs.height: no study is extended \(got 'centre'\); a number"):
        mcsim.load(tmp_path / "base.toml")


def test_shares_are_not_held(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[study]\nextends = "battery-circularity"\n[inputs]\nrecycling_route = "centre"\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"inputs.recycling_route: shares cannot be held"):
        mcsim.load(path)
