"""The trade between two countries: the exact checks of its ledger, its cases, its places, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest

import mcsim
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, model_inputs, transform
from mcsim.kernels.cohorts.accounts import Manner, Unit
from mcsim.kernels.cohorts.ledger import fill_life
from mcsim.studies.fleet.series import YEARS
from mcsim.study import Context, InputError
from mcsim.study.load import load

DRAWS = 6
STUDY = Path(__file__).resolve().parent.parent / "studies" / "trade" / "trade.toml"


def drawn(study, n=DRAWS):
    columns = design_columns(study)
    return model_inputs(study, transform(study, make_design("random", columns, n, 1).points(0, n), columns), n)


@pytest.fixture(scope="module")
def study():
    return load(STUDY)


@pytest.fixture(scope="module")
def inputs(study):
    return drawn(study)


def told(study, inputs, **options):
    n = len(next(iter(inputs.values())))
    packed = study.model.evaluate(inputs, Context({**study.options, **options}, 1, np.arange(n)))
    return {output.name: output.expand(packed[output.name]) for output in study.outputs}


@pytest.fixture(scope="module")
def found(study, inputs):
    return told(study, inputs)


def test_places_sum_to_the_totals(found):
    np.testing.assert_allclose(found["impact"].sum(axis=2), found["impact_total"], rtol=1e-12)
    change = found["cumulative_impact_change"][..., 1:].sum(axis=1)
    np.testing.assert_allclose(change, found["cumulative_impact_change_total"][..., 1:], rtol=1e-9, atol=1e-12)


def test_a_change_is_the_case_less_as_is(found):
    impact, change = found["impact"], found["impact_change"]
    assert np.isnan(change[..., 0]).all()
    scale = np.abs(impact).max(axis=(1, 2, 4))[:, None, None, :, None]
    assert (np.abs(impact[..., 1:] - impact[..., :1] - change[..., 1:]) <= 1e-12 * scale).all()
    np.testing.assert_allclose(impact.sum(axis=1), found["cumulative_impact"], rtol=1e-12)


@pytest.mark.parametrize("replacement", ["combustion", "ev", "gasoline-new", "none"])
def test_without_second_hand_evs_their_case_is_as_is(study, inputs, replacement):
    none = {**inputs, "ev_selection_ratio": np.zeros(DRAWS)}
    found = told(study, none, replacement=replacement)
    assert (found["used_ev_exports"] == 0.0).all()
    np.testing.assert_array_equal(found["impact"][..., 1], found["impact"][..., 0])
    assert (found["impact_change"][..., 1] == 0.0).all()
    assert (found["us_battery_mass_kept"] == 0.0).all()
    assert np.isnan(found["impact_per_second_hand_ev"]).all()


def test_electricity_is_distance_times_use_over_what_is_not_lost(study, inputs):
    """All EVs of one energy per km, none a plug-in hybrid, none that fades."""
    even = {**inputs, "efficiency_fade": np.zeros(DRAWS), "phev_electric_share": np.ones(DRAWS)}
    found = told(study, even, ev_energy="fleet")
    km = found["vehicle_distance"][:, :, :2, 2]  # n, years, places, cases
    year = YEARS.index(2040)
    loss = 1.0 - km[:, year, :, 0] * even["ev_energy_use"][:, None] / found["ev_electricity"][:, year, :2, 0]
    assert ((loss > 0.02) & (loss < 0.2)).all()
    # The same share is lost in every case of a year, whatever is driven.
    again = 1.0 - km[:, year, :, 1] * even["ev_energy_use"][:, None] / found["ev_electricity"][:, year, :2, 1]
    np.testing.assert_allclose(again, loss, rtol=1e-9)


def test_packs_balance_over_both_countries(study, inputs, found):
    """What retires in all is the same with the trade and without it, but for packs that are still in use."""
    fleet = mcsim.load("fleet")
    named = {name: inputs[name] for name in drawn(fleet)}
    of_fleet = told(fleet, named)
    np.testing.assert_allclose(found["us_retired_packs"], of_fleet["us_retired_packs"], rtol=1e-12)
    sold = of_fleet["us_stock"][:, :, 2] + np.cumsum(found["us_retired_packs"] + found["used_ev_exports"], axis=1)
    assert (np.diff(sold, axis=1) >= -1e-6 * sold[:, -1:]).all()
    kept = found["us_retired_battery_mass"][..., 1] - found["us_retired_battery_mass"][..., 0]
    np.testing.assert_allclose(kept, found["us_battery_mass_kept"], rtol=1e-12)
    second_hand = found["retired_battery_mass"][:, :, 1]
    np.testing.assert_allclose(
        found["mx_retired_battery_mass"][..., 0] - found["mx_retired_battery_mass"][..., 2], second_hand, rtol=1e-9,
        atol=1e-6,
    )  # fmt: skip
    # A pack that crosses retires in the other country at most once, later, and as heavy.
    late = np.cumsum(kept, axis=1) - np.cumsum(second_hand, axis=1)
    assert (late >= -1e-6 * kept.sum(axis=1, keepdims=True)).all()


def test_values_are_masses_times_prices_and_recovery(study, inputs, found):
    """Over both origins, from the fleet's yearly masses and the tables alone."""
    fleet = mcsim.load("fleet")
    of_fleet = told(fleet, {name: inputs[name] for name in drawn(fleet)})
    prices = inputs["metal_price"]
    assert prices.shape[1] == len(of_fleet["material_contained"][0, 0, 0])
    for fate in ("contained", "recoverable", "recovered"):
        by_material = of_fleet[f"cumulative_material_{fate}_total"][:, -1]
        kt = found[f"material_{fate}_total"].sum(axis=1)
        np.testing.assert_allclose(kt * 1e3, by_material, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found[f"{fate}_value_total"], kt * prices, rtol=1e-9)
    np.testing.assert_allclose(found["contained_value_total"].sum(axis=1), found["battery_value_total"].sum(axis=1))


def test_the_outputs_of_the_fleet_are_the_fleets(inputs, found):
    fleet = mcsim.load("fleet")
    of_fleet = told(fleet, {name: inputs[name] for name in drawn(fleet)})
    for name in sorted(set(of_fleet) & set(found)):
        np.testing.assert_allclose(found[name], of_fleet[name], rtol=1e-12, atol=1e-9, err_msg=name)


def test_a_life_is_the_trapezoid_of_its_curve():
    unit, left = Unit(*(np.empty((1, 3)) for _ in Unit._fields)), np.array([0.8, 0.5, 0.2])
    fill_life(0, 4, left, Manner(np.arange(10.0) * 1000.0, 0.5, 0.0, 0.0, 3.0, 5.0), unit)
    in_use = np.array([0.5 * 0.9, 0.65, 0.35])
    np.testing.assert_allclose(unit.distance[0], in_use * [4000.0, 4500.0, 5500.0])
    np.testing.assert_allclose(unit.ended[0], [0.2, 0.3, 0.3])
    # Half a year at age 4; then from 4.5 to 5.5, half beyond 5; then all beyond.
    np.testing.assert_allclose(unit.worn[0] / unit.distance[0], [1.0, 2.0, 3.0])


SCALES = {"gwp": 1e-9, "tetp": 1e-9, "htpc": 1e-9, "htpnc": 1e-9, "odp": 1e-3}


def only_new_cars(study, year, sold):
    """Inputs of a host fleet that is one cohort of vehicles sold new, of which none is left in 2050."""
    inputs, zero = drawn(study), np.zeros(DRAWS)
    for name in ("us_sales", "us_ev_sales", "us_hev_sales", "mx_sales", "mx_ev_sales", "mx_hev_sales", "mx_imports"):
        inputs[name] = np.zeros_like(inputs[name])
    inputs["mx_sales"][:, study.tables["mx_sales"].index.index((str(year),))] = sold
    for name in ("vehicle_size", "exhaust_ratio"):
        inputs[name] = np.ones_like(inputs[name])
    inputs |= {"initial_stock": zero, "mx_sales_level": np.full(DRAWS, 1e-12), "us_retirement_share_to_mx": zero}
    return inputs | {"mx_survival_scale": np.full(DRAWS, 8.0)}


def per_life(study, inputs, vehicle, year, **changed):
    """What one life of a vehicle sold new in the host country causes by place, in the vehicle study."""
    life = drawn(study)
    for name in life:
        if name in inputs and inputs[name].shape == life[name].shape:
            life[name] = inputs[name]
    life |= {"pack_mass": inputs["scored_pack_mass"], **changed}
    output = study.output("impact_by_place_per_life")
    options = {**study.options, "purchase_year": year, "battery_law": "weibull"}
    packed = study.model.evaluate(life, Context(options, 1, np.arange(DRAWS), wanted=frozenset({output.name})))
    vehicles, routes = output.dims[0].coords, output.dims[1].coords
    return output.expand(packed[output.name])[:, vehicles.index(vehicle), routes.index("mx"), 0]


def cells(study, table, **wanted):
    """Rows of a table with these labels."""
    keys = study.tables[table].keys
    return [
        row
        for row, key in enumerate(study.tables[table].index)
        if all(dict(zip(keys, key, strict=True))[name] == label for name, label in wanted.items())
    ]


def scale(study):
    return np.array([SCALES.get(name, 1e-6) for name in study.output("impact_total").dims[1].coords])


def test_a_fleet_of_one_cohort_of_combustion_cars_is_the_vehicle_study_times_its_vehicles(study):
    vehicles, sold = mcsim.load("second-hand-ev"), 1e6
    inputs = only_new_cars(study, 2010, sold)
    litres = inputs["vehicles"][:, cells(study, "vehicles", vehicle="icev-compact", quantity="litres_per_km")]
    inputs["fuel_use"] = np.repeat(litres, inputs["fuel_use"].shape[1], axis=1)
    found = told(study, inputs, timing="start")
    each = per_life(vehicles, inputs, "icev-compact", 2010)
    np.testing.assert_allclose(found["cumulative_impact"][..., 0], each * sold * scale(study), rtol=1e-9)


def test_a_fleet_of_one_cohort_of_evs_is_the_vehicle_study_times_its_vehicles(study):
    """Packs that never fail: those of cars that die under the warranty are recycled, the others landfilled."""
    vehicles, sold, one = mcsim.load("second-hand-ev"), 1e6, np.ones(DRAWS)
    inputs = only_new_cars(study, 2016, sold)
    inputs["mx_ev_sales"][:, cells(study, "mx_ev_sales", kind="bev", year="2016")] = sold
    inputs["fleet_vehicle"][:, cells(study, "fleet_vehicle", country="mx", powertrain="ev")] = 0.0
    inputs["fleet_vehicle"][:, cells(study, "fleet_vehicle", country="mx", vehicle="ev-compact-mx")] = 1.0
    energy, mass = (
        inputs["vehicles"][:, cells(study, "vehicles", vehicle="ev-compact-mx", quantity=quantity)]
        for quantity in ("pack_energy", "pack_mass")
    )
    inputs["bev_capacity"] = np.repeat(energy, inputs["bev_capacity"].shape[1], axis=1)
    inputs |= {"mx_bev_capacity": energy[:, 0], "phev_capacity": energy[:, 0], "mx_capacity_factor": one}
    inputs["chemistry_share"] = np.zeros_like(inputs["chemistry_share"])
    inputs["chemistry_share"][:, cells(study, "chemistry_share", path="report", chemistry="lfp")] = 1.0
    inputs["pack_mass"] = np.repeat(mass / energy, inputs["pack_mass"].shape[1], axis=1)
    inputs["pack_mass_factor"] = np.ones_like(inputs["pack_mass_factor"])
    inputs |= {"lfp_share_2050": one, "phev_electric_share": one, "defect_hazard": 0.0 * one}
    inputs |= {"pack_life_scale": 1e9 * one, "recycling_capacity": 1e12 * one}
    inputs |= {"covered_collection": one, "collection_rate": 0.0 * one}
    found = told(study, inputs, timing="start", battery_law="weibull")
    chemistry = np.zeros((DRAWS, len(vehicles.tables["pack_chemistry"].index)))
    chemistry[:, cells(vehicles, "pack_chemistry", chemistry="LFP")] = 1.0
    each = per_life(vehicles, inputs, "ev-compact-mx", 2016, pack_chemistry=chemistry)
    np.testing.assert_allclose(found["cumulative_impact"][..., 0], each * sold * scale(study), rtol=1e-9)


def test_a_replacement_of_nothing_leaves_less_driven(study, inputs, found):
    none = told(study, inputs, replacement="none")
    mexico = found["vehicle_distance"][:, -1, 1]
    assert (none["vehicle_distance"][:, -1, 1].sum(axis=1)[:, 1] < mexico.sum(axis=1)[:, 0]).all()
    np.testing.assert_array_equal(none["impact"][..., 0], found["impact"][..., 0])


def test_new_evs_in_their_place_are_made_and_retire(study, inputs, found):
    other = told(study, inputs, replacement="ev")
    made = other["cumulative_impact_change_total"][:, 0, 1] - found["cumulative_impact_change_total"][:, 0, 1]
    assert np.isfinite(made).all()
    assert (
        other["mx_retired_battery_mass"][..., 1].sum(axis=1) > other["mx_retired_battery_mass"][..., 2].sum(axis=1)
    ).all()


def test_one_for_one_is_fewer_cars_on_the_road_than_by_distance_or_more(study, inputs):
    single_ = told(study, inputs, replacement_count="vehicles")
    by_distance = told(study, inputs)
    km = [found["vehicle_distance"][:, :, 1].sum(axis=2)[..., 1].sum(axis=1) for found in (single_, by_distance)]
    assert (km[0] > km[1]).all()  # a used combustion car outlives a used EV's pack


def test_a_cleaner_grid_lowers_what_falls_where_it_is(study, inputs, found):
    cleaner = told(study, {**inputs, "clean_grid_strength": np.ones(DRAWS), "clean_grid_decline": np.full(DRAWS, 0.1)})
    gwp = cleaner["impact"][:, -1, 1, 0, 0], found["impact"][:, -1, 1, 0, 0]
    assert (gwp[0] < gwp[1]).all()
    np.testing.assert_array_equal(cleaner["impact"][:, :20], found["impact"][:, :20])


def test_shares_of_vehicles_that_do_not_sum_to_one_are_refused(tmp_path, study):
    text = (STUDY.parent / "data" / "fleet_vehicle.csv").read_text().replace("us,ev,ev-suv,0.65", "us,ev,ev-suv,0.60")
    (tmp_path / "fleet_vehicle.csv").write_text(text)
    with pytest.raises(InputError, match=r"fleet_vehicle.*shares do not sum to 1"):
        load(STUDY, tmp_path)
