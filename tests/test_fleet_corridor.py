"""Another corridor is data: other labels, other names of inputs and tables, no Python; the same numbers to the bit."""

import re
from pathlib import Path

import corridors
import numpy as np
import pytest

import mcsim
from mcsim.engine.evaluation import evaluate_centre
from mcsim.studies import fleet as package
from mcsim.studies.common.corridor import Corridor
from mcsim.study import Context, InputError

TOY = Corridor("north", "south")
FOLDER = Path(package.__file__).parent


def renamed(text):
    return corridors.renamed(text, TOY)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    return corridors.toy_study(
        FOLDER / "fleet.toml", folder, TOY, rows=lambda table: table in ("bev_capacity", "grid_losses")
    )


@pytest.fixture(scope="module")
def shipped():
    return mcsim.load("fleet")


def test_no_name_of_the_toy_corridor_has_a_shipped_label(toy):
    names = [item.name for item in toy.inputs] + [output.name for output in toy.outputs] + list(toy.tables)
    words = {word for name in names for word in re.split(r"[_\[\],]", name)}
    assert not words & {"us", "mx", "home", "host"}
    assert {"north", "south"} <= words


def test_the_toy_corridor_gives_the_same_numbers_at_the_centre(toy, shipped):
    ours, theirs = evaluate_centre(shipped), evaluate_centre(toy)
    assert {renamed(name) for name in ours} == set(theirs)
    for name, values in ours.items():
        np.testing.assert_array_equal(theirs[renamed(name)], values)


@pytest.mark.parametrize(
    "options", [{"trade": "demand"}, {"unregistered": "on"}, {"battery_law": "capacity_cdf", "tradable": "all"}]
)
def test_the_toy_corridor_gives_the_same_numbers_for_the_same_draws(toy, shipped, options):
    rng = np.random.default_rng(4)
    scalars = {item.name: item.distribution.ppf(rng.random(3)) for item in shipped.inputs if item.table is None}
    tables = {name: np.tile(table.value, (3, 1)) for name, table in shipped.tables.items()}
    inputs = {name: np.asarray(values, float) for name, values in (scalars | tables).items()}
    context = Context({**shipped.options, **options}, 1, np.arange(3))
    ours = shipped.model.evaluate(inputs, context)
    theirs = toy.model.evaluate({renamed(name): values for name, values in inputs.items()}, context)
    for name, values in ours.items():
        np.testing.assert_array_equal(theirs[renamed(name)], values)


def test_one_label_for_both_countries_is_refused(shipped):
    with pytest.raises(InputError, match="host: the same as home"):
        Corridor("us", "us")


def test_a_label_that_is_no_word_is_refused():
    with pytest.raises(InputError, match=r"home: not a word \(got 'north america'\)"):
        Corridor("north america", "mx")


@pytest.mark.parametrize("room", ["fleet", "export_check", "battery_circularity"])
def test_no_line_of_python_names_a_country(room):
    for path in sorted((FOLDER.parent / room).glob("*.py")):
        code = corridors.code_of(path)
        # The name of a shipped scenario is a promise to its users; a lever says which study moves it.
        assert not corridors.COUNTRY.search(code.replace('"recycling-mexico"', "")), path
