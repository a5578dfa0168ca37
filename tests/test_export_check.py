"""Export check: the indicator by hand, the sentence, and the fleet's own flow behind it."""

import numpy as np
import pytest

from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, evaluate_points, model_inputs, transform
from mcsim.studies.export_check.model import OBSERVED_YEAR, check, statement
from mcsim.studies.fleet.model import model as fleet_model
from mcsim.studies.fleet.series import YEARS
from mcsim.study import Context, InputError
from mcsim.study.load import load

PLACE = tuple(YEARS).index(OBSERVED_YEAR)
N = 24


@pytest.fixture(scope="module")
def study():
    return load("export-check")


def points_of(study):
    return make_design("random", design_columns(study), N, 1).points(0, N)


@pytest.fixture(scope="module")
def outputs(study):
    result = evaluate_points(study, points_of(study), np.arange(N), 1, 0)
    assert not result.reasons
    return result.outputs


def checked(exports, observed, least):
    flow = np.zeros((len(exports), len(YEARS)))
    flow[:, PLACE] = exports
    inputs = {"observed_exports": np.array(observed, float), "least_share": np.array(least, float)}
    return check({"used_ev_exports": flow}, inputs, Context({}, 1, np.arange(len(exports))))


def test_mexico_may_take_all_that_was_observed_but_no_more():
    assert checked([27_999, 28_000, 28_001], [28_000] * 3, [0] * 3)["observed_inside_band"].tolist() == [1, 1, 0]


def test_a_least_share_bounds_mexico_from_below():
    assert checked([2_000, 3_000], [28_000] * 2, [0.1] * 2)["observed_inside_band"].tolist() == [0, 1]


def test_share_of_the_observed_count_is_a_ratio():
    assert checked([7_000], [28_000], [0])["host_share_of_observed"].tolist() == [0.25]


def test_exports_are_those_of_the_fleet(study, outputs):
    inputs = model_inputs(study, transform(study, points_of(study), design_columns(study)), N)
    fleet = fleet_model(study.tables, home="us", host="mx").evaluate(inputs, Context(study.options, 1, np.arange(N)))
    np.testing.assert_array_equal(outputs["used_ev_exports_to_mexico"], fleet["used_ev_exports"])


def test_no_used_evs_leave_before_there_are_any(outputs):
    assert outputs["used_ev_exports_to_mexico"][:, 0].max() < 1.0


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (28_000.0, "consistent"),
        (5_000.0, "inside the band: part of it exceeds what was observed"),
        (500.0, "outside: the whole band exceeds what was observed"),
    ],
)
def test_the_sentence_says_where_the_observed_number_lies(observed, words):
    assert statement(np.linspace(1_000.0, 9_000.0, 101), observed, "Mexico").endswith(words)


def test_a_share_above_one_is_refused(study):
    with pytest.raises(InputError, match=r"least_share: outside the valid range \(got 1\.5\); between 0 and 1 share"):
        study.set(least_share=1.5)
