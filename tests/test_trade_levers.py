"""Every lever and package on the trade between two countries: alone, over it, and all of them by one command."""

import numpy as np
import pandas as pd
import pytest

import mcsim
from mcsim.command.main import main
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, evaluate_values, transform
from mcsim.engine.ladder import weakened
from mcsim.study.overlay import laid_over, overlays_for

DRAWS = 6
OVERLAYS = overlays_for(mcsim.load("trade"))
# Moves nothing by itself: no pack is sorted, nor fetched, nor held to a rule on health. What gives it work:
WORK = {
    "lever-battery-passport": {"second_life_share": 0.3, "collection_rate": 0.5},
    "lever-customs-records": {"take_back_share": 0.3},
}


def evaluated(study):
    columns = design_columns(study)
    drawn = transform(study, make_design("random", columns, DRAWS, 3).points(0, DRAWS), columns)
    return evaluate_values(study, drawn, np.arange(DRAWS), 1, 0, None).outputs


def differing(a, b):
    return {name for name in a if not np.array_equal(a[name], b[name], equal_nan=True)}


@pytest.fixture(scope="module")
def today():
    return evaluated(mcsim.load("trade"))


def test_they_are_sixteen_and_six_packages():
    assert sum(not overlay.members for overlay in OVERLAYS) == 16
    assert sum(bool(overlay.members) for overlay in OVERLAYS) == 6


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda overlay: overlay.name)
def test_on_the_trade_it_changes_no_bit_at_strength_0_and_moves_something_at_1(overlay, today):
    trade = mcsim.load("trade")
    laid = laid_over(trade, overlay)
    assert differing(evaluated(weakened(laid, overlay.strengths, 0.0)), today) == set()
    work = WORK.get(overlay.name)
    before = today if work is None else evaluated(trade.set(**work))
    after = evaluated(laid if work is None else laid.set(**work))
    assert differing(after, before)
    # What it moves in the fleets it moves in what they cause.
    assert "impact" in differing(after, before)


def test_by_itself_it_runs_on_the_trade():
    alone = mcsim.load("lever-take-back")
    assert alone.model.name == "trade"
    assert alone.headline == (
        "cumulative_retired_battery_mass",
        "landfilled_battery_mass",
        "used_ev_exports",
        "ev_share",
    )


def test_what_is_recovered_has_the_value_of_its_metals():
    laid = laid_over(mcsim.load("trade"), next(one for one in OVERLAYS if one.name == "package-home-route"))
    prices = {item.name: item.distribution.median() for item in laid.inputs if item.name.startswith("metal_price[")}
    study = laid.set(**prices)
    found = evaluated(study)
    materials = next(output for output in study.outputs if output.name == "recovered_value_total").dims[0].coords
    tonnes = found["material_recovered"].reshape(DRAWS, -1, len(materials)).sum(axis=1)
    expected = tonnes / 1e3 * np.array([prices[f"metal_price[{material}]"] for material in materials])
    np.testing.assert_allclose(found["recovered_value_total"], expected, rtol=1e-12)
    assert (expected > 0.0).any(axis=1).all()


def test_one_command_holds_all_of_them_against_what_the_trade_is_asked(tmp_path, capsys):
    out = tmp_path / "o"
    assert main(["compare", "trade", "--levers", "--no-sensitivity", "--draws", "16", "--out", str(out)]) == 0
    capsys.readouterr()
    matrix = pd.read_csv(out / "matrix.csv")
    assert set(matrix["lever"]) == {overlay.name for overlay in OVERLAYS}
    assert set(matrix["outcome"]) >= {
        "landfilled_battery_mass",
        "material_recovered@nickel",
        "recovered_value_total@nickel",
        "retired_battery_mass",
        "cumulative_impact@mx,gwp,as-is",
        "cumulative_impact@mx,pmfp,as-is",
        "cumulative_impact@mx,htpnc,as-is",
        "stock@2050,ev",
    }
