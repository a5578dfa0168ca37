"""Differences between outputs of other units: converted, or refused."""

import numpy as np
import pytest

import mcsim
from mcsim.study import Dim, InputError, Output

INPUTS = {"p": mcsim.uniform(0, 1), "q": mcsim.uniform(0, 1)}
DIMS = (Dim("what", ("mass", "way")),)


def study(function, outputs):
    return mcsim.study_of(mcsim.Model.from_function(function, INPUTS, outputs))


def by_label(units, factors):
    """Return a study whose elements have units of their own."""
    output = Output("r", "", "r", DIMS, coord_units=units, coord_units_dim="what", rank=True)
    return study(lambda p, q: {"r": np.column_stack([(p + q) * factors[0], p * factors[1]])}, {"r": output})


KILOGRAMS = study(lambda p, q: {"r": p + q}, {"r": "kg"})
GRAMS = study(lambda p, q: {"r": (p + q) * 1000.0 + 5.0}, {"r": "g"})
KILOMETRES = study(lambda p, q: {"r": p + q}, {"r": "km"})


def test_a_comparison_is_in_the_units_of_the_second_run():
    delta = mcsim.compare(mcsim.run(KILOGRAMS, 200), mcsim.run(GRAMS, 200))
    assert delta.summary("r")["unit"].tolist() == ["g"]
    assert delta.kept["r"] == pytest.approx(np.full(200, 5.0), rel=1e-9)


def test_a_comparison_converts_label_by_label():
    first, second = by_label({"mass": "kg", "way": "m"}, (1.0, 1000.0)), by_label({"mass": "g", "way": "km"}, (1e3, 1))
    delta = mcsim.compare(mcsim.run(first, 100), mcsim.run(second, 100))
    assert delta.kept["r"] == pytest.approx(np.zeros((100, 2)), abs=1e-10)


def test_units_that_do_not_convert_are_refused():
    with pytest.raises(InputError, match=r"compare: .*: r: does not convert \(got 'kg'\); 'km'"):
        mcsim.compare(mcsim.run(KILOGRAMS, 10), mcsim.run(KILOMETRES, 10))
    with pytest.raises(InputError, match=r"r: does not convert \(got 'km'\); 'kg'"):
        mcsim.sensitivity(KILOGRAMS, 64, versus=KILOMETRES)


def test_a_ranking_of_a_difference_converts_the_other_study():
    other = study(lambda p, q: {"r": 1000.0 * q}, {"r": "g"})
    same = study(lambda p, q: {"r": q}, {"r": "kg"})
    found = [mcsim.sensitivity(KILOGRAMS, 256, versus=one).table("r")["ST"].to_numpy() for one in (other, same)]
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-12)
    assert found[0][0] == pytest.approx(1.0, abs=0.02)
