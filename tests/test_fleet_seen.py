"""What others see of packs and imported EVs: closed forms, the plain twin, and what the laws' options do to them."""

import naive_fleet as naive
import numpy as np
import pytest

import mcsim
from mcsim.engine.evaluation import centre_values, evaluate_values
from mcsim.kernels.cohorts.records import NEW, SECOND_HAND
from mcsim.studies.fleet.seen import AGES, LEFT, LOSS, SINCE

WHOLE = [place for place, since in enumerate(SINCE) if since == int(since)]


def seen(options=None, **changed):
    study = mcsim.load("fleet").set(**changed)
    for name, word in (options or {}).items():
        study = study.set(**{name: word})
    found = evaluate_values(study, centre_values(study), np.zeros(1, np.int64), 1, 1, frozenset({LOSS, LEFT}))
    assert set(found.outputs) == {LOSS, LEFT}
    return {name: found.outputs[name][0] for name in (LOSS, LEFT)}


def test_before_the_knee_a_pack_loses_its_yearly_loss_in_either_design():
    found = seen(annual_degradation=0.03, knee_age=20, mx_climate_multiplier=1.1, mx_design_multiplier=0.5)[LOSS]
    np.testing.assert_allclose(found[SECOND_HAND], 0.03 * np.array(AGES), rtol=1e-9)
    np.testing.assert_allclose(found[NEW], 0.03 * 1.1 * 0.5 * np.array(AGES), rtol=1e-9)


def test_under_the_reports_law_there_is_one_design_and_one_climate():
    found = seen({"battery_law": "capacity_cdf"}, report_annual_degradation=0.025, mx_design_multiplier=0.5)[LOSS]
    np.testing.assert_array_equal(found[NEW], found[SECOND_HAND])
    np.testing.assert_allclose(found[NEW, :9], 0.025 * np.array(AGES[:9]), rtol=1e-9)


@pytest.mark.parametrize("clock", ["renewed", "conditional"])
def test_imported_evs_left_are_those_of_the_plain_twin(clock):
    """The law `weibull` gives the scales themselves: 12 years at home, 12 over the climate's factor abroad."""
    shape, scale, climate, hazard, age, life = 4.0, 12.0, 0.8, 0.01, 6, 0.9 * 1.3
    found = seen(
        {"battery_law": "weibull", "import_clock": clock},
        pack_life_shape=shape, pack_life_scale=scale, mx_climate_multiplier=climate, defect_hazard=hazard,
        ev_export_age=age, second_hand_life_multiplier=0.9, second_hand_ev_life_multiplier=1.3,
        mx_survival_shape=2.5, mx_survival_scale=25.0,
    )[LEFT]  # fmt: skip
    states = [{0: naive.weibull(half / 2, shape, scale)} for half in range(2 * age + 1)]
    law = shape, scale, scale, scale / climate, hazard, 0
    left, _, _ = naive.second_hand(age, states, law, clock == "renewed", (2.5, 25.0), life, 0, len(WHOLE))
    assert found[0] == 1.0
    np.testing.assert_allclose(found[WHOLE], left, rtol=1e-9)
