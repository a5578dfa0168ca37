"""Another corridor is data: other labels, other names of inputs and tables, no Python; the same numbers to the bit."""

import re
from pathlib import Path

import numpy as np
import pytest

import mcsim
from mcsim.engine.evaluation import evaluate_centre
from mcsim.studies import fleet as package
from mcsim.studies.common.corridor import Corridor
from mcsim.study import Context, InputError

SHIPPED, TOY = Corridor("us", "mx"), Corridor("north", "south")
FOLDER = Path(package.__file__).parent


def renamed(text):
    """Return a name or a text with the toy's labels in the place of the shipped ones."""
    for ours, theirs in ((SHIPPED.home, TOY.home), (SHIPPED.host, TOY.host)):
        text = re.sub(rf"(?<![A-Za-z]){ours}(?![A-Za-z])", theirs, text)
    return text


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    text = (FOLDER / "fleet.toml").read_text(encoding="utf-8")
    for file in set(re.findall(r'file = "([^"]+)"', text)):
        source = (FOLDER / file).resolve()
        name = renamed(source.name)
        lines = source.read_text(encoding="utf-8").splitlines()
        if source.stem in ("bev_capacity", "grid_losses"):
            lines = [renamed(line) for line in lines]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        text = text.replace(f'"{file}"', f'"{name}"')
    text = renamed(text).replace('name = "fleet"', 'name = "toy"')
    (folder / "toy.toml").write_text(text, encoding="utf-8")
    return mcsim.load(folder / "toy.toml")


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
    names = re.compile(r"\b(us|mx|mexic\w*|united states)\b|[\"'_](us|mx)_|_(us|mx)\b", re.IGNORECASE)
    for path in sorted((FOLDER.parent / room).glob("*.py")):
        code = re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text(encoding="utf-8"))
        # The name of a shipped scenario is a promise to its users; a lever says which study moves it.
        assert not names.search(code.replace('"recycling-mexico"', "")), path
