"""Another corridor is data: other labels, other names of inputs and tables, no Python; the same numbers to the bit."""

import re
from pathlib import Path

import corridors
import numpy as np
import pytest

import mcsim
from mcsim.studies import second_hand_ev as package
from mcsim.studies.common.corridor import Corridor
from mcsim.study import Context

TOY = Corridor("norland", "sudland")
FOLDER = Path(package.__file__).parent


def renamed(text):
    return corridors.renamed(text, TOY)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return corridors.toy_study(FOLDER / "second-hand-ev.toml", tmp_path_factory.mktemp("toy"), TOY)


@pytest.fixture(scope="module")
def shipped():
    return mcsim.load("second-hand-ev")


def test_no_name_of_the_toy_corridor_has_a_shipped_label(toy):
    names = [item.name for item in toy.inputs] + [output.name for output in toy.outputs]
    names += [
        *toy.tables,
        *toy.options,
        *(str(label) for output in toy.outputs for dim in output.dims for label in dim.coords),
    ]
    words = {word for name in names for word in re.split(r"[_\[\],-]", name)}
    assert not words & {"us", "mx", "home", "host"}
    assert {"norland", "sudland"} <= words


@pytest.mark.parametrize(
    "options", [{}, {"mx_survival_form": "tabulated", "condition": "cohort"}, {"evaluation": "lives"}], ids=str
)
def test_the_toy_corridor_gives_the_same_numbers_for_the_same_draws(toy, shipped, options):
    rng = np.random.default_rng(4)
    scalars = {item.name: item.distribution.ppf(rng.random(3)) for item in shipped.inputs if item.table is None}
    tables = {name: np.tile(table.value, (3, 1)) for name, table in shipped.tables.items()}
    inputs = {name: np.asarray(values, float) for name, values in (scalars | tables).items()}
    told = {**shipped.options, **options}
    ours = shipped.model.evaluate(inputs, Context(told, 1, np.arange(3), 200))
    renamed_options = {renamed(name): word for name, word in told.items()}
    theirs = toy.model.evaluate(
        {renamed(name): values for name, values in inputs.items()}, Context(renamed_options, 1, np.arange(3), 200)
    )
    assert {renamed(name) for name in ours} == set(theirs)
    for name, values in ours.items():
        np.testing.assert_array_equal(theirs[renamed(name)], values)


def test_only_what_is_asked_for_is_evaluated_under_the_labels_of_the_study(toy):
    inputs = {item.name: np.atleast_1d(item.distribution.median()) for item in toy.inputs if item.table is None}
    inputs |= {name: table.value[np.newaxis].copy() for name, table in toy.tables.items()}
    wanted = frozenset(["packs_recycled_norland"])
    found = toy.model.evaluate(inputs, Context(dict(toy.options), 1, np.arange(1), 0, wanted))
    assert wanted <= set(found)
    assert "impact_change" not in found


def test_no_line_of_python_names_a_country():
    for path in sorted(FOLDER.glob("*.py")):
        code = corridors.code_of(path)
        assert not corridors.COUNTRY.search(code), path
