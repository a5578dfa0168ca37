"""Battery circularity: mass balance, delays, triage, targets, refusals."""

import csv
from dataclasses import replace
from pathlib import Path

import naive_circularity as naive
import numpy as np
import pytest
from scipy import stats

import mcsim.studies.battery_circularity as package
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import (
    centre_values,
    design_columns,
    evaluate_points,
    evaluate_values,
    model_inputs,
    transform,
)
from mcsim.studies.battery_circularity.cascade import Shares, cascade, delayed, remaining_capacity
from mcsim.studies.battery_circularity.materials import chemistry_path, recovery_by_year
from mcsim.studies.battery_circularity.outlook import YEARS, health_at_retirement, shares_of
from mcsim.studies.battery_circularity.triage import AGES, Triage, retirement_weights
from mcsim.studies.common.labels import MATERIALS, ROUTES
from mcsim.studies.fleet.model import model as fleet_model
from mcsim.study import Context, InputError
from mcsim.study.load import load

DATA = Path(package.__file__).with_name("data")
WORLD = "battery-circularity"
FIELDS = tuple(Shares.__slots__)


@pytest.fixture(scope="module")
def study():
    return load(WORLD)


def points_of(study, n, seed=5):
    return make_design("random", design_columns(study), n, seed).points(0, n)


def drawn(study, n=200, seed=5):
    result = evaluate_points(study, points_of(study, n, seed), np.arange(n), seed, 0)
    assert not result.reasons
    return {output.name: output.expand(result.outputs[output.name]) for output in study.outputs}


@pytest.fixture(scope="module")
def outputs(study):
    return drawn(study)


def random_shares(n, seed=1):
    random = np.random.default_rng(seed)
    values = {name: random.uniform(0, 1, n) for name in FIELDS}
    values["reuse_years"] = random.uniform(0, 7, n)
    values["second_life_years"] = random.uniform(0, 15, n)
    return Shares(**values)


def test_no_kilogram_is_lost_whatever_the_delays():
    retired = np.random.default_rng(2).lognormal(size=(300, 46, 9))
    assert cascade(retired, random_shares(300)).imbalance < 1e-12


def test_mass_balance_of_the_shipped_study_is_exact(study):
    n = 100
    inputs = model_inputs(study, transform(study, points_of(study, n), design_columns(study)), n)
    shares = shares_of(inputs, health_at_retirement(inputs), "state_of_health")
    retired = np.exp(np.linspace(0, 9, 36))[None, :, None] * np.ones((n, 1, 1))
    assert cascade(retired, shares).imbalance < 1e-12


def test_cascade_equals_the_plain_python_twin():
    shares = random_shares(8, seed=4)
    retired = np.random.default_rng(3).lognormal(size=(8, 30, 1))
    flows = cascade(retired, shares)
    for draw in range(8):
        one = {name: float(getattr(shares, name)[draw]) for name in FIELDS}
        expected = naive.cascade(retired[draw, :, 0].tolist(), one)
        got = (flows.recycled, flows.disposed, flows.repurposed, flows.in_use)
        for array, values in zip(got, expected, strict=True):
            np.testing.assert_allclose(array[draw, :, 0], values, rtol=1e-11, atol=1e-12)


def test_a_stay_parts_between_two_years_with_its_mean():
    inflow = np.zeros((1, 20, 1))
    inflow[0, 2, 0] = 1.0
    outflow = delayed(inflow, np.array([7.3]))[0, :, 0]
    assert (outflow * (np.arange(20) - 2)).sum() == pytest.approx(7.3, rel=1e-14)


def test_capacity_in_service_fades_and_ends():
    service = remaining_capacity(
        np.array([[0.0, 10.0, 0.0, 0.0, 0.0]]), np.array([2.0]), np.array([0.75]), np.array([0.05])
    )
    np.testing.assert_allclose(service, [[0.0, 7.5, 7.0, 0.0, 0.0]], rtol=1e-14)


def test_stock_in_service_is_energy_in_use_when_nothing_fades():
    shares = random_shares(20)
    shares = Shares(**{name: getattr(shares, name) for name in FIELDS if name != "reuse"}, reuse=np.zeros(20))
    flows = cascade(np.random.default_rng(6).lognormal(size=(20, 30, 1)), shares)
    service = remaining_capacity(flows.repurposed[:, :, 0], shares.second_life_years, np.ones(20), np.zeros(20))
    np.testing.assert_allclose(service, flows.in_use[:, :, 0], rtol=1e-10, atol=1e-12)


def test_ages_at_retirement_are_weibull_about_the_median():
    median, shape = 13.0, 4.5
    weights = retirement_weights(np.array([median]), np.array([shape]))[0]
    law = stats.weibull_min(shape, scale=median / np.log(2) ** (1 / shape))
    edges = np.arange(len(AGES) + 1)
    np.testing.assert_allclose(weights[:-1], np.diff(law.cdf(edges))[:-1], rtol=1e-9, atol=1e-15)


def test_share_above_a_threshold_is_the_normal_tail_of_every_age():
    random = np.random.default_rng(8)
    weights = random.dirichlet(np.ones(40), 1)
    health = np.linspace(0.99, 0.5, 40)[None, :]
    triage = Triage(weights, health, np.array([0.05]))
    sampled = random.normal(random.choice(health[0], p=weights[0], size=400_000), 0.05)
    passed = sampled > 0.7
    error = passed.std() / np.sqrt(passed.size)
    assert triage.share_above(np.array([0.7]))[0] == pytest.approx(passed.mean(), abs=4 * error)


def test_mean_above_a_threshold_is_that_of_a_truncated_normal():
    triage = Triage(np.ones((1, 1)), np.array([[0.74]]), np.array([0.06]))
    expected = stats.truncnorm((0.7 - 0.74) / 0.06, np.inf, 0.74, 0.06).mean()
    assert triage.mean_above(np.array([0.7]))[0] == pytest.approx(expected, rel=1e-10)


def test_a_higher_threshold_lets_fewer_packs_pass(study):
    low, high = (drawn(study.set(triage_threshold=value), 50)["triage_pass_share"] for value in (0.6, 0.85))
    assert (high <= low).all()
    assert (high < low).any()


def test_longer_second_lives_delay_material_but_keep_it(study):
    short, long = (drawn(study.set(second_life_years=value), 50) for value in (2.0, 12.0))
    lithium = MATERIALS.index("lithium")
    assert (long["recovered_material"][:, 20, lithium] < short["recovered_material"][:, 20, lithium]).all()
    kept = [out["cascade_total"][:, 3:6].sum(axis=1) for out in (short, long)]
    np.testing.assert_allclose(kept[0], kept[1], rtol=1e-12)


def test_what_retired_is_recycled_disposed_or_in_use(outputs):
    retired, recycled, disposed, in_use = (outputs["cascade_total"][:, place] for place in (0, 3, 4, 5))
    np.testing.assert_allclose(recycled + disposed + in_use, retired, rtol=1e-12)


def test_losses_fall_at_the_rate_of_the_route():
    recovery = recovery_by_year(np.array([[[0.9, 0.0]]]), np.array([[0.1]]), (2024, 2025, 2027))
    np.testing.assert_allclose(recovery[0, :, 0], [[0.9, 0.0], [0.9, 0.0], [0.919, 0.19]], rtol=1e-12)


def test_static_recovery_keeps_the_figures_of_the_table(study):
    recovery = drawn(study.set(recovery_path="static"), 20)["recovery"]
    assert (recovery == recovery[:, :1]).all()


@pytest.mark.parametrize(("year", "cobalt", "lithium"), [(2027, 0.90, 0.50), (2030, 0.90, 0.50), (2031, 0.95, 0.80)])
def test_targets_hold_from_their_year(outputs, year, cobalt, lithium):
    place = YEARS.index(year)
    for name, target in (("cobalt", cobalt), ("lithium", lithium)):
        material = MATERIALS.index(name)
        by_route = outputs["recovery"][:, place, :, material] >= target
        np.testing.assert_array_equal(outputs["route_target_met"][:, place, :, material], by_route)


def test_no_target_is_no_answer(outputs):
    assert np.isnan(outputs["target_met"][:, YEARS.index(2026)]).all()
    assert np.isnan(outputs["target_met"][:, :, MATERIALS.index("steel")]).all()
    assert not np.isnan(outputs["target_met"][:, YEARS.index(2050), MATERIALS.index("copper")]).any()


def test_smelting_leaves_lithium_below_every_target(outputs):
    met = outputs["route_target_met"][:, YEARS.index(2031) :, ROUTES.index("pyro"), MATERIALS.index("lithium")]
    assert not met.any()


def test_mix_of_routes_weighs_their_recoveries(study):
    n = 30
    inputs = model_inputs(study, transform(study, points_of(study, n), design_columns(study)), n)
    outputs = drawn(study, n)
    year, nickel = YEARS.index(2040), MATERIALS.index("nickel")
    mixed = (outputs["recovery"][:, year, :, nickel] * inputs["recycling_route"]).sum(axis=1)
    np.testing.assert_array_equal(outputs["target_met"][:, year, nickel], mixed >= 0.95)


def test_second_content_minimum_may_come_a_year_later(study, outputs):
    later = drawn(study.set(second_content_date="2036", retired_factor=5.0))
    sooner = drawn(study.set(second_content_date="2035", retired_factor=5.0))
    changed = (later["content_met"] != sooner["content_met"]) & ~np.isnan(later["content_met"])
    assert set(np.nonzero(changed)[1]) <= {YEARS.index(2035)}


def test_supply_share_is_recovered_material_over_demand(study):
    n = 20
    twice = drawn(study.set(demand_factor=2.0), n)["recycled_supply_share"]
    once = drawn(study.set(demand_factor=1.0), n)["recycled_supply_share"]
    np.testing.assert_allclose(once, 2 * twice, rtol=1e-12)


def test_value_is_price_times_what_is_recovered(study):
    free = {f"metal_price[{material}]": 0.0 for material in MATERIALS} | {"metal_price[nickel]": 20.0}
    outputs = drawn(study.set_items(free.items()), 20)
    tonnes = outputs["recovered_material"][:, :, MATERIALS.index("nickel")]
    np.testing.assert_allclose(outputs["recovered_value"].sum(axis=2), tonnes * 20.0 * 1e-3, rtol=1e-12)


def test_recovered_mass_never_passes_the_mass_recycled(outputs):
    assert outputs["mass_recovered_share"].max() < 1.0


def test_fixed_share_replaces_the_health_law(study):
    energy = [drawn(study.set(triage="share", annual_degradation=rate), 20)["cascade_total"] for rate in (0.005, 0.05)]
    np.testing.assert_allclose(energy[0][:, 0], energy[1][:, 0])
    assert np.abs(energy[0][:, 2] / energy[1][:, 2] - 1).max() < 0.2  # only reuse still follows the law


def test_a_recovery_above_one_is_refused(study, tmp_path):
    with Path(study.tables["route_recovery"].origin).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    changed = [[*row[:2], "1.1", "1.1", "1.1", *row[5:]] if row[:2] == ["hydro", "cobalt"] else row for row in rows]
    with (tmp_path / "route_recovery.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(changed)
    with pytest.raises(
        InputError, match=r"route_recovery\[hydro,cobalt\]: outside the valid range .*; between 0 and 1 share"
    ):
        load(WORLD, data=tmp_path)


@pytest.mark.parametrize("threshold", [0.0, 1.0, 1.2])
def test_a_triage_threshold_outside_zero_and_one_is_refused(study, threshold):
    with pytest.raises(InputError, match=r"triage_threshold: outside the valid range \(got .*\); between 0\.001 and"):
        study.set(triage_threshold=threshold)


def test_chemistry_shares_must_sum_to_one(study):
    table = study.tables["chemistry_path"]
    changed = replace(table, value=table.value * 1.1)
    with pytest.raises(InputError, match=r"chemistry_path\[2010\]: shares do not sum to 1 over chemistry \(got 1\.1\)"):
        chemistry_path(changed, (2020, 2021))


def test_every_input_names_its_source(study):
    assert [item.name for item in study.inputs if not item.source] == []


def test_a_series_of_the_users_own_replaces_the_worlds(study, tmp_path):
    with (DATA / "pack_series.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    place = rows[0].index("value")
    for row in rows:
        if row[0] == "retired_packs":
            row[place] = str(2 * float(row[place]))
    with (tmp_path / "pack_series.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    doubled = drawn(load(WORLD, data=tmp_path), 20)["cascade_total"]
    np.testing.assert_allclose(doubled, 2 * drawn(study, 20)["cascade_total"], rtol=1e-12)


def test_mexicos_packs_are_those_of_the_fleet():
    study = load("battery-circularity-mexico")
    n = 8
    inputs = model_inputs(study, transform(study, points_of(study, n), design_columns(study)), n)
    fleet = fleet_model(study.tables, home="us", host="mx").evaluate(inputs, Context(study.options, 5, np.arange(n)))
    outputs = drawn(study, n)
    np.testing.assert_allclose(
        outputs["cascade_total"][:, 0], fleet["retired_battery_energy"].sum(axis=(1, 2)), rtol=1e-9
    )


def test_mexicos_recycled_share_rises_with_the_packs_that_arrive():
    study = load("battery-circularity-mexico")
    few, many = (drawn(study.set(us_retirement_share_to_mx=share), 8) for share in (0.012, 0.05))
    assert (many["recycled_supply_share"][:, -1, :3] > few["recycled_supply_share"][:, -1, :3]).all()


def test_what_is_read_of_the_fleet_does_not_depend_on_what_is_asked():
    study = load("battery-circularity-mexico")
    values, draws = centre_values(study), np.zeros(1, np.int64)
    asked = frozenset({"second_life_energy"})
    part = evaluate_values(study, values, draws, 1, 1, asked).outputs
    whole = evaluate_values(study, values, draws, 1, 1).outputs
    assert set(part) == asked
    assert (part["second_life_energy"] == whole["second_life_energy"]).all()
    assert np.isfinite(part["second_life_energy"]).any()
