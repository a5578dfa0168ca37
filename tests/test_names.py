"""Names that others import have a public place, and the page that says where is right."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest

import mcsim

PAGE = Path(__file__).resolve().parent.parent / "docs" / "names.md"
NAMES = sorted(set(re.findall(r"`(mcsim(?:\.\w+)+)`", PAGE.read_text())))


def found(name: str) -> object:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            thing = getattr(thing, part)
        return thing
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_page_is_there(name):
    assert found(name) is not None


def test_the_page_tells_every_public_name():
    public = {name for name in dir(mcsim) if not name.startswith("_")}
    families = set(importlib.import_module("mcsim.distributions").__all__)
    assert {f"mcsim.{name}" for name in public - families} - set(NAMES) == set()


@pytest.mark.parametrize("name", ["Dim", "Output", "Parameter", "Option", "Model", "TableSpec"])
def test_a_model_is_written_from_one_place(name):
    assert getattr(importlib.import_module("mcsim.study"), name) is getattr(mcsim, name)


def test_samples_of_ones_own_and_saltelli_points_are_public():
    import pandas as pd

    study = mcsim.load("ishigami")
    design = mcsim.user_design(pd.DataFrame({"x1": [0.1], "x2": [0.2], "x3": [0.3]}), study)
    a, b = mcsim.saltelli_points(("x", "y"), 8, 1, 0, 8)
    assert (design.draws, a.shape) == (1, (8, 2))
    assert not np.array_equal(a, b)


def model(inputs=("p", "q"), output="r", dims=()):
    return mcsim.Model.from_function(
        lambda **values: values, dict.fromkeys(inputs, "km"), {output: mcsim.Output(output, "km", "r", dims)}, name="m"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"inputs": ("draw", "q")},
            r"model m: draw: taken by draws\.nc and failed\.csv \(got input 'draw'\); another name",
        ),
        ({"inputs": ("reason", "q")}, "model m: reason: taken by draws"),
        ({"output": "draw"}, r"model m: draw: taken by draws\.nc \(got output 'draw'\); another name"),
        ({"output": "a/b"}, r"model m: 'a/b': not a name"),
        ({"output": " "}, r"model m: ' ': not a name"),
        ({"output": "a\nb"}, r"model m: 'a\\nb': not a name"),
        ({"dims": (mcsim.Dim("draw", (1, 2)),)}, r"model m: draw: taken by draws\.nc"),
        ({"dims": (mcsim.Dim("mean", (1, 2)),)}, "model m: mean: taken by the tables of a run"),
        ({"dims": (mcsim.Dim("n", (1, 2)),)}, "model m: n: taken by the tables of a run"),
    ],
)
def test_names_that_the_files_of_a_run_use_are_refused(changed, message):
    with pytest.raises(mcsim.InputError, match=message):
        model(**changed)


def test_a_dim_has_one_set_of_labels_in_a_model():
    outputs = {
        name: mcsim.Output(name, "km", name, (mcsim.Dim("year", labels),))
        for name, labels in (("r", (2030, 2040)), ("s", (2050, 2060)))
    }
    with pytest.raises(
        mcsim.InputError, match=r"model m: year: two sets of labels for one dim \(got 2030, 2040 and 2050"
    ):
        mcsim.Model.from_function(lambda p: p, {"p": "km"}, outputs, name="m")


@pytest.mark.parametrize("labels", [(2030, 2030), ("a", "a"), (1, "1")])
def test_a_label_stands_once(labels):
    with pytest.raises(mcsim.InputError, match=r"dim year: a label stands twice \(got '"):
        mcsim.Dim("year", labels)


def test_the_taken_names_are_those_that_the_files_write(tmp_path):
    """A study whose tables have no dims writes the columns that no dim may be named after."""
    from mcsim.command.main import main
    from mcsim.study.names import TAKEN

    assert main(["run", "ishigami", "--draws", "40", "--base", "16", "--quiet", "--out", str(tmp_path / "a")]) == 0
    words = ["sensitivity", "ishigami", "--base", "16", "--second-order", "--quiet", "--out", str(tmp_path / "b")]
    assert main(words) == 0
    written = {name for file in tmp_path.rglob("*.csv") for name in file.read_text().splitlines()[0].split(",")}
    assert written - set(TAKEN["dim"]) == set()
