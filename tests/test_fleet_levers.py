"""The fleet computes what is asked; levers with a start, a ramp and a strength."""

import numpy as np
import pytest

import mcsim
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, evaluate_values, transform


def drawn(study, n=6):
    """Values of the uncertain inputs of n draws."""
    columns = design_columns(study)
    return transform(study, make_design("random", columns, n, 3).points(0, n), columns)


def evaluated(study, wanted=None, n=6):
    return evaluate_values(study, drawn(study, n), np.arange(n), 1, 0, wanted).outputs


@pytest.mark.parametrize(
    "wanted",
    [
        {"stock", "mean_fleet_age"},
        {"crossover_year", "crossover_never"},
        {"landfilled_share", "ev_charging_emissions"},
    ],
)
def test_an_output_is_the_same_when_it_alone_is_asked(wanted):
    study = mcsim.load("fleet")
    whole, part = evaluated(study), evaluated(study, frozenset(wanted))
    assert set(part) == wanted
    for name in wanted:
        np.testing.assert_array_equal(part[name], whole[name])
    assert any(np.isfinite(part[name]).all() for name in wanted)


def test_the_model_leaves_out_what_nobody_asks():
    study = mcsim.load("fleet")
    from mcsim.engine.evaluation import model_inputs
    from mcsim.study import Context

    inputs = model_inputs(study, drawn(study, 2), 2)
    context = Context(study.options, 1, np.arange(2), 0, frozenset({"us_stock"}))
    assert set(study.model.evaluate(inputs, context)) == {"us_stock"}
