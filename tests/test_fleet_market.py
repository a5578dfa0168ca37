"""The demand for used EVs: a trade that begins, dated prices, years that differ; each against its closed form."""

from pathlib import Path

import numpy as np
import pytest

import mcsim
from mcsim.engine.evaluation import centre_values, evaluate_values
from mcsim.studies import japan_new_zealand as package
from mcsim.studies.fleet.market import MARKET, covered
from mcsim.studies.fleet.series import YEARS
from mcsim.study import InputError
from mcsim.study.tables import table_from_rows

STUDY = Path(package.__path__[0]) / "fleet-jp-nz.toml"
NONE = {f"{lever.name}_strength": 0.0 for lever in MARKET} | {"ev_demand_spread": 0.0}


@pytest.fixture(scope="module")
def study():
    return mcsim.load(STUDY)


def selection(study, **changed):
    """Used EVs that cross by year; proportional to the ratio on their share while the pool holds them."""
    study = study.set(**NONE | {"ev_selection_ratio": 2.0} | changed)
    found = evaluate_values(study, centre_values(study), np.zeros(1, np.int64), 1, 1, frozenset({"used_ev_exports"}))
    return dict(zip(YEARS, found.outputs["used_ev_exports"][0], strict=True))


def test_a_date_covers_the_part_of_a_year_that_is_left_of_it():
    found = covered(np.array([2021.5, 2030.0]), np.array([2024.0, 2030.0]))
    assert found[0, 2021 - 2005 : 2025 - 2005].tolist() == [0.5, 1.0, 1.0, 0.0]
    assert found[1].sum() == 0.0


def test_a_rebate_multiplies_imports_by_the_price_to_its_elasticity(study):
    rebate = {"ev_rebate_start": 2021.5, "ev_rebate_end": 2024.0, "ev_rebate_change": -0.2, "ev_price_elasticity": -2.0}
    today, then = selection(study), selection(study, ev_rebate_strength=1.0, **rebate)
    full = 0.8**-2.0
    for year, factor in ((2020, 1.0), (2021, 0.5 * (1.0 + full)), (2022, full), (2023, full), (2024, 1.0)):
        assert then[year] == pytest.approx(factor * today[year], rel=1e-9), year
    half = selection(study, ev_rebate_strength=0.5, **rebate)
    assert half[2022] == pytest.approx(0.5 * (today[2022] + then[2022]), rel=1e-9)


def test_a_charge_goes_on_from_its_date(study):
    charge = {"ev_charge_start": 2024.25, "ev_charge_change": 0.25, "ev_price_elasticity": -2.0}
    today, then = selection(study), selection(study, ev_charge_strength=1.0, **charge)
    assert then[2023] == today[2023]
    assert then[2024] == pytest.approx((0.25 + 0.75 * 1.25**-2.0) * today[2024], rel=1e-9)
    assert then[2030] == pytest.approx(1.25**-2.0 * today[2030], rel=1e-9)


def test_a_trade_that_begins_reaches_its_share_year_by_year(study):
    today, then = selection(study), selection(study, ev_trade_strength=1.0, ev_trade_start=2014.0, ev_trade_ramp=4.0)
    for year, gone in ((2013, 0.0), (2014, 0.2), (2016, 0.6), (2018, 1.0), (2030, 1.0)):
        assert then[year] == pytest.approx(gone * today[year], rel=1e-9), year


def test_a_year_is_set_apart_by_its_score(study):
    today, then = selection(study), selection(study, **{"ev_demand_spread": 0.3, "ev_demand[2019]": 1.5})
    assert then[2019] == pytest.approx(np.exp(0.45) * today[2019], rel=1e-9)
    assert {year for year in YEARS if then[year] != today[year]} == {2019}


def test_a_year_that_the_model_does_not_reach_is_refused(study):
    rows = [{"year": "1999", "value": "0", "unit": "-", "source": "nobody"}]
    tables = study.tables | {"ev_demand": table_from_rows("ev_demand", rows, origin="ev_demand.csv")}
    from mcsim.studies.fleet.model import model

    with pytest.raises(InputError, match=r"ev_demand.csv: ev_demand\[1999\]: unknown year \(got 1999\); from 2005"):
        model(tables, home="jp", host="nz")


def test_without_the_table_no_year_is_set_apart():
    fleet = mcsim.load("fleet")
    assert "ev_demand" not in fleet.tables
    assert [item.name for item in fleet.inputs if item.name.startswith("ev_demand")] == ["ev_demand_spread"]
