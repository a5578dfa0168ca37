"""Observations: what a study file says was seen, and how its ranges are read."""

import math

import pytest

import mcsim
from mcsim.study import Dim, InputError, Output
from mcsim.study.observation import observation_of

FLOW = Output("flow", "t/yr", "flow", (Dim("year", (2020, 2021)), Dim("place", ("a", "b"))))
SEEN = {"output": "flow@2020,a", "kind": "observed", "value": 10.0, "low": 8.0, "high": 12.0, "source": "count"}


def seen(**changes):
    return observation_of({**SEEN, **changes}, {"flow": FLOW}.__getitem__, "study.toml: observation[1]")


@pytest.mark.parametrize(("interval", "reach"), [(0.95, 1.959964), (0.9, 1.644854), (0.5, 0.67449)])
def test_the_range_of_a_normal_error_holds_the_share_that_is_said(interval, reach):
    observation = seen(interval=interval)
    assert observation.spread == pytest.approx(2.0 / reach, rel=1e-5)
    assert observation.range(interval) == pytest.approx((8.0, 12.0))


def test_a_lognormal_error_is_read_on_the_logarithm():
    observation = seen(distribution="lognormal", low=5.0, high=20.0)
    assert observation.spread == pytest.approx(math.log(4.0) / (2 * 1.959964), rel=1e-5)
    assert observation.range() == pytest.approx((5.0, 20.0))


def test_units_are_converted_but_a_spread_of_logarithms_has_none():
    assert (seen(unit="kg/yr").value, seen(unit="kg/yr").low) == (0.01, 0.008)
    assert seen(unit="kg/yr", sd=2.0).spread == 0.002
    assert seen(unit="kg/yr", sd=0.2, distribution="lognormal").spread == pytest.approx(0.2, rel=1e-15)


def test_several_elements_are_meant_only_where_their_sum_was_observed():
    with pytest.raises(InputError, match=r"2 elements .*total = true"):
        seen(output="flow@2020")
    assert seen(output="flow@2020", total=True).cell.mask.sum() == 2


@pytest.mark.parametrize("kind", ["projection", "result", "input", "stated", "assumption"])
def test_nothing_is_calibrated_on_what_was_not_observed(kind):
    with pytest.raises(InputError, match=r"observation\[1\]\.kind: nothing is calibrated .*" + kind):
        seen(kind=kind)


def test_the_observations_of_an_extending_study_take_the_place_of_the_others(tmp_path):
    own = '[study]\nextends = "fleet"\n'
    (tmp_path / "same.toml").write_text(own)
    (tmp_path / "other.toml").write_text(
        own + '[[observation]]\noutput = "ev_share@2024"\nkind = "observed"\nvalue = 0.004\nsd = 0.001\nsource = "s"\n'
        '[calibration]\ngroups = { ev_share = { pooling = "none" } }\n'
    )
    fleet = mcsim.load("fleet").calibration
    assert len(mcsim.load(tmp_path / "same.toml").calibration.observations) == len(fleet.observations) > 5
    other = mcsim.load(tmp_path / "other.toml").calibration
    assert [item.name for item in other.observations] == ["ev_share@2024 (s)"]
    assert set(other.options) == set(fleet.options) == {"import_clock"}


def test_a_model_of_its_own_leaves_the_observations_of_other_outputs_behind():
    mexico = mcsim.load("battery-circularity-mexico")
    assert "fleet.toml" in " ".join(mexico.files)
    assert mexico.calibration.observations == ()
