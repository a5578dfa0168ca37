"""Study files: what they say, and how a bad one is refused."""

from pathlib import Path

import numpy as np
import pytest

from mcsim.study import Context, InputError
from mcsim.study.load import find_studies, load

MODEL = """
from mcsim.study import Model, Option, Output, Parameter, TableSpec

def model(tables):
    tables["factors"]

    def evaluate(inputs, context):
        factor = inputs["factors"][:, 0] if context.options["side"] == "left" else inputs["factors"][:, 1]
        return {"emission": inputs["distance"] * factor}

    return Model(
        "toy",
        (Parameter("distance", "km", "distance driven", valid=(0, 1e6)), ),
        (
            Option("side", "left", ("left", "right"), meaning="which factor"),
            Option("horizon", 10, low=1, high=90, integer=True),
        ),
        (Output("emission", "kg", "emission of the distance", rank=True),),
        evaluate,
        tables=(TableSpec("factors", ("side",), valid=(0, 10), group="factor"),),
    )
"""
TABLE = """side,value,low,high,unit,distribution,source
left,2,1,3,kg/km,uniform,assumption
right,5,,,kg/km,,assumption
"""
STUDY = """
[study]
title = "Toy"
model = "toy.py:model"
[options]
side = "left"
[inputs]
distance = { uniform = [1, 2], unit = "km", source = "assumption" }
[tables.factors]
file = "factors.csv"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "toy.py").write_text(MODEL)
    (tmp_path / "factors.csv").write_text(TABLE)
    (tmp_path / "toy.toml").write_text(STUDY)
    return tmp_path


def changed(folder: Path, old: str, new: str) -> Path:
    text = (folder / "toy.toml").read_text()
    assert old in text
    (folder / "toy.toml").write_text(text.replace(old, new))
    return folder / "toy.toml"


def test_a_study_has_the_models_inputs_and_its_tables_cells(folder):
    study = load(folder / "toy.toml")
    assert [item.name for item in study.inputs] == ["distance", "factors[left]", "factors[right]"]
    assert [item.name for item in study.uncertain] == ["distance", "factors[left]"]
    assert study.groups == {"distance": ("distance",), "factor": ("factors[left]",)}


def test_a_unit_is_converted_on_reading(folder):
    study = load(changed(folder, '[1, 2], unit = "km"', '[1000, 2000], unit = "m"'))
    assert study.inputs[0].distribution.support() == pytest.approx((1.0, 2.0))


def test_a_scenario_extends_a_study_and_changes_what_it_names(folder):
    (folder / "far.toml").write_text('[study]\nextends = "toy.toml"\ntitle = "Far"\n[inputs]\ndistance = 9\n')
    study = load(folder / "far.toml")
    assert (study.name, study.title) == ("far", "Far")
    assert study.inputs[0].distribution.median() == 9
    assert study.inputs[1].name == "factors[left]"


def test_a_plain_function_needs_no_model(folder):
    (folder / "plain.py").write_text("def area(width, height):\n    return width * height\n")
    (folder / "plain.toml").write_text(
        '[study]\nfunction = "plain.py:area"\n[inputs]\nwidth = 2\nheight = "uniform(1, 2)"\n'
        '[outputs]\narea = {unit = "km^2"}\n'
    )
    study = load(folder / "plain.toml")
    inputs = {"width": np.array([2.0]), "height": np.array([1.5])}
    assert study.model.evaluate(inputs, Context({}, 1, np.arange(1)))["area"] == 3.0


def test_setting_fixes_an_input_and_leaves_the_first_study_alone(folder):
    study = load(folder / "toy.toml")
    fixed = study.set(distance=1.5)
    assert (fixed.uncertain[0].name, study.uncertain[0].name) == ("factors[left]", "distance")


def test_setting_an_option_to_a_categorical_makes_it_an_uncertain_input(folder):
    study = load(folder / "toy.toml").set(side='categorical(["left", "right"], [0.5, 0.5])')
    assert "side" in [item.name for item in study.uncertain]


@pytest.mark.parametrize("name", ["factor", "factors", "factors[left]"])
def test_a_group_a_table_or_a_cell_can_be_held_at_its_centre(folder, name):
    study = load(folder / "toy.toml").set_items([(name, "centre")])
    assert [item.name for item in study.uncertain] == ["distance"]
    assert study.inputs[1].distribution.median() == 2


BAD_SETTINGS = [
    ("facter", "centre", r"facter: no such input, table or group; did you mean 'factor"),
    ("distence", "1", r"distence: no such input or option; did you mean 'distance'\?"),
    ("distance", "-1", r"distance: outside the valid range \(got -1\); between 0 and 1e\+06 km"),
    ("distance", "normal(1, 1)", r"reaches from -inf to inf\); between 0 and 1e\+06 km; truncated_normal"),
    ("distance", "uniform(2, 1)", r"distance: uniform: .*low < high \(got low=2, high=1\)"),
    ("distance", "far", r"distance: neither a number nor a distribution \(got 'far'\)"),
    ("side", "up", r"side: not a choice of this option \(got 'up'\); one of left, right"),
    ("horizon", "0", r"horizon: not a number in range \(got 0\); a number from 1 to 90"),
    ("horizon", "2.5", r"horizon: not a whole number \(got 2.5\)"),
    ("horizon", "soon", r"horizon: not a number in range \(got 'soon'\)"),
    ("side", 'categorical(["left", "up"], [0.5, 0.5])', r"side: not a choice of this option \(got 'up'\)"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD_SETTINGS)
def test_a_bad_setting_is_refused(folder, name, value, message):
    study = load(folder / "toy.toml")
    with pytest.raises(InputError, match=message):
        study.set_items([(name, value)])


BAD_FILES = [
    ("[inputs]", "[input]", r"toy.toml: input: unknown section; one of .*did you mean 'inputs'"),
    ("[study]", "[study", r"toy.toml: not TOML"),
    ("title", "titel", r"toy.toml: study.titel: unknown key; .*did you mean 'title'"),
    ("distance =", "distanc =", r"inputs.distanc: no such input of toy.*did you mean 'distance'"),
    ('side = "left"', 'sid = "left"', r"options.sid: no such option of toy; one of side, horizon; did you mean 'side'"),
    ('side = "left"', 'side = "up"', r"options.side: not a choice of this option \(got 'up'\)"),
    ("uniform = [1, 2]", "uniform = [2, 1]", r"toy.toml: inputs.distance: uniform: .*\(got low=2, high=1\)"),
    ("uniform = [1, 2]", "normal = [1, -2]", r"toy.toml: inputs.distance: normal: .*-2"),
    ("uniform = [1, 2]", "discrete = [[1, 2], [0.5, 0.6]]", r"toy.toml: inputs.distance: discrete: .*1"),
    ("uniform = [1, 2]", "unifrm = [1, 2]", r"toy.toml: inputs.distance.unifrm: unknown key; .*did you mean 'uniform'"),
    ('unit = "km"', 'unit = "kg"', r"inputs.distance.unit: does not convert \(got 'kg'\); 'km'"),
    ('unit = "km"', 'unit = "furlang"', r"inputs.distance.unit: does not convert \(got 'furlang'\); 'km'"),
    ("uniform = [1, 2]", "uniform = [-1, 2]", r"inputs.distance: outside the valid range .*from -1 to 2\); between 0"),
    ("uniform = [1, 2]", "uniform = [1, 2], value = 3", r"one distribution or one value \(got uniform, value\)"),
    ("toy.py:model", "tay.py:model", r"study.model: cannot be imported \(got 'tay.py:model'"),
    ("toy.py:model", "toy.py:modl", r"study.model: toy.py has no 'modl'; a name in it; did you mean 'model'"),
    ("factors.csv", "factor.csv", r"factor.csv: no such file; a CSV table"),
    ("[tables.factors]", "[tables.others]", r"toy.toml: tables.factors: missing; the model reads it"),
    ("distance = {", "# {", r"inputs.distance: missing; the model toy needs it"),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD_FILES)
def test_a_bad_study_file_is_refused_with_its_key(folder, old, new, message):
    path = changed(folder, old, new)
    with pytest.raises(InputError, match=message):
        load(path)


def test_every_refusal_is_one_line(folder):
    path = changed(folder, "uniform = [1, 2]", "uniform = [2, 1]")
    with pytest.raises(InputError) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_an_unknown_study_suggests_the_nearest():
    with pytest.raises(InputError, match=r"second-hand-evs: no such study; .*did you mean 'second-hand-ev'"):
        load("second-hand-evs")


def test_a_circle_of_extensions_is_refused(folder):
    (folder / "a.toml").write_text('[study]\nextends = "b.toml"\n')
    (folder / "b.toml").write_text('[study]\nextends = "a.toml"\n')
    with pytest.raises(InputError, match=r"study.extends: a circle"):
        load(folder / "a.toml")


class TestData:
    """--data: the user's own tables."""

    def test_a_table_of_the_same_file_name_replaces_the_shipped_one(self, folder, tmp_path):
        own = tmp_path / "own"
        own.mkdir()
        (own / "factors.csv").write_text(TABLE.replace("left,2,1,3,kg/km,uniform", "left,7000,,,g/km,"))
        assert load(folder / "toy.toml", own).tables["factors"].value[0] == pytest.approx(7.0)

    def test_a_folder_that_is_not_there_is_refused(self, folder):
        with pytest.raises(InputError, match=r"nowhere: --data: no such folder"):
            load(folder / "toy.toml", "nowhere")

    def test_a_file_that_is_no_table_is_refused(self, folder, tmp_path):
        own = tmp_path / "own"
        own.mkdir()
        (own / "factor.csv").write_text(TABLE)
        with pytest.raises(InputError, match=r"factor.csv: no table of this name; one of factors.csv; did you mean"):
            load(folder / "toy.toml", own)


@pytest.mark.parametrize("name", sorted(find_studies()))
def test_every_shipped_study_loads_and_names_its_sources(name):
    study = load(name)
    assert study.question
    unsourced = [item.name for item in study.inputs if item.source in ("", "default of the model")]
    assert unsourced == []
