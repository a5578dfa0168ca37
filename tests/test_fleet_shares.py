"""Draws of the fleet that agree in a part of what the flows read: they share its tables, with the same bits."""

import numpy as np
import pytest
from test_fleet import draw, records

from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet import stages
from mcsim.studies.fleet.shares import Alike, Part, classes
from mcsim.studies.fleet.steps import part_reads
from mcsim.study import InputError
from mcsim.study.load import load


@pytest.fixture(scope="module")
def study():
    return load("fleet")


@pytest.mark.parametrize("options", [{}, {"tradable": "all"}, {"trade": "demand"}])
@pytest.mark.parametrize("aged", [False, True])
def test_draws_that_share_tables_are_those_with_tables_of_their_own(study, options, aged):
    # Few values of each part of the flows, in any mix and order, of more draws than a block holds.
    n, rng = 3 * stages.BLOCK + 5, np.random.default_rng(2)
    inputs, moved = draw(study, n), rng.integers(0, 3, (len(Alike._fields), n))
    corridor, parts = Corridor("us", "mx"), part_reads(study.options | options)
    for numbers, names in zip(moved, parts.values(), strict=True):
        # Two capacities read what PHEVs hold, and lives of packs what a border allows: the last one decides for both.
        inputs |= {corridor.label(name): inputs[corridor.label(name)][numbers] for name in names}
    alike = Alike(*(alike_in(inputs, [corridor.label(name) for name in names]) for names in parts.values()))
    fleet, shared, rules = records(study, inputs, **options)
    drawn = stages.Drawn(fleet.vehicles, fleet.laws, fleet.trade, fleet.contents.capacity)
    (flows, packs, places), (alone, their_packs, theirs) = (
        stages.run_flows(drawn, shared, rules, aged=aged, alike=known) for known in (alike, None)
    )
    for found, expected in zip(flows, alone, strict=True):
        for values, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(values, wanted)
    for found, expected, here, there in zip(
        packs, their_packs, [*[places.new] * 3, places.used], [*[theirs.new] * 3, theirs.used], strict=True
    ):
        for values, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(values[here], wanted[there])
    assert len(np.unique(places.new)) < len(np.unique(theirs.new)) == n


def alike_in(inputs, names):
    """Return a number for each draw, the same for draws that are alike in all of these inputs."""
    columns = np.concatenate([np.asarray(inputs[name], float).reshape(len(inputs[name]), -1) for name in names], axis=1)
    return np.unique(columns, axis=0, return_inverse=True)[1]


def test_a_part_of_the_flows_reads_what_it_says(study):
    inputs = {"a": np.arange(3.0), "b": np.ones(3)}
    part = Part(inputs, classes(np.array([4, 7, 4])), ("a",))
    assert part["a"].tolist() == [0.0, 1.0]
    assert part.spread(part["a"]).tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(InputError, match="reads b, which it does not declare"):
        part["b"]
