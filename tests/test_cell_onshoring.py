"""Cell onshoring: equations 1 and 2 by hand, a plain-Python twin, identities, refusals."""

import csv
import shutil
from pathlib import Path

import naive_onshoring as naive
import numpy as np
import pytest

import mcsim.studies.cell_onshoring as package
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, evaluate_points, model_inputs, transform
from mcsim.studies.cell_onshoring.transport import (
    CASES,
    LEGS,
    MINERALS,
    MODES,
    shipped_per_contained,
    transport_emission,
)
from mcsim.study import InputError
from mcsim.study.load import load

DATA = Path(package.__file__).with_name("data")
N = 200


@pytest.fixture(scope="module")
def study():
    return load("cell-onshoring")


def drawn(study, n=N, seed=3):
    points = make_design("random", design_columns(study), n, seed).points(0, n)
    result = evaluate_points(study, points, np.arange(n), seed, 0)
    assert not result.reasons
    return result.outputs


@pytest.fixture(scope="module")
def outputs(study):
    return drawn(study)


def with_changed(tmp_path, name, change):
    """Return a folder with one of the study's tables, changed by a function of its rows."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(change(rows))
    return tmp_path


def set_cell(rows, key, value):
    place = rows[0].index("value")
    return [[*row[:place], value, *row[place + 1 :]] if tuple(row[: len(key)]) == key else row for row in rows]


def test_equation_1_sums_weight_times_contained_fraction():
    # 120 t of hydroxide at 30 %, 40 t of concentrate at 7 %, 10 t of sulfate at 21 %: 36 + 2.8 + 2.1 t
    weight, fraction = np.array([120e3, 40e3, 10e3]), np.array([0.30, 0.07, 0.21])
    assert naive.contained_mass(weight, fraction) == pytest.approx(40_900.0, rel=1e-14)


def test_equation_2_is_the_hand_calculation():
    # 40.9 t over 13,500 km by sea, 3,000 km by truck, 950 km by rail, factors in kg per t km:
    # 40.9 (97.2 + 390 + 33.25) = 40.9 x 520.45
    distance, factor = np.array([13_500.0, 3_000.0, 950.0]), np.array([0.0072, 0.13, 0.035])
    emission = transport_emission(np.array([40_900.0]), distance, factor).sum()
    assert emission == pytest.approx(21_286.405, rel=1e-12)


def test_weight_shipped_turns_equation_1_round():
    shares, fraction = np.array([[0.6, 0.4]]), np.array([[0.30, 0.07]])
    weight = 5.0 * shipped_per_contained(shares, fraction, gross=True)
    assert naive.contained_mass(weight, fraction)[0] == pytest.approx(5.0, rel=1e-14)


@pytest.mark.parametrize("chemistry", ["NMC811", "NMC622", "LFP"])
@pytest.mark.parametrize("mass", ["gross", "contained"])
def test_equals_the_plain_python_twin(study, chemistry, mass):
    study = study.set(chemistry=chemistry, transported_mass=mass, mix_cathode=0.7, mix_anode=0.2)
    columns = design_columns(study)
    points = make_design("random", columns, 3, 11).points(0, 3)
    got = evaluate_points(study, points, np.arange(3), 11, 0).outputs
    inputs = model_inputs(study, transform(study, points, columns), 3)
    for draw in range(3):
        tables = {name: naive.cells(table, inputs[name][draw]) for name, table in study.tables.items()}
        scalars = {name: float(value[draw]) for name, value in inputs.items() if value.ndim == 1}
        shares = dict(zip(naive.MASSES, inputs["mass_share"][draw], strict=True))
        used = naive.masses(
            shares,
            tables["chemistry_ratio"][chemistry, "cathode_ratio"],
            scalars["coating_yield"],
            scalars["cell_yield"],
        )
        components, hotspot = naive.gwp(tables, scalars, _origins(study, inputs, scalars, draw), used, chemistry)
        assert got["cell_gwp"][draw].ravel().tolist() == pytest.approx(list(components.values()), rel=1e-12)
        assert got["cathode_hotspot"][draw].ravel().tolist() == pytest.approx(list(hotspot.values()), rel=1e-12)
        detail = _blended(naive.transport(tables, used, chemistry, mass == "gross"), scalars)
        assert got["transport_detail"][draw].ravel().tolist() == pytest.approx(detail, rel=1e-12, abs=1e-15)


def _origins(study, inputs, scalars, draw):
    base = {
        stage: dict(zip(labels, inputs[f"origin_{stage}"][draw], strict=True))
        for stage, labels in {
            parameter.name.removeprefix("origin_"): parameter.labels
            for parameter in study.model.parameters
            if parameter.name.startswith("origin_")
        }.items()
    }
    base["cell"] = {"US": 1.0}
    countries = study.tables["grid"].labels("country")
    found = {("base", stage): shares for stage, shares in base.items()}
    for stage, shares in base.items():
        mix = scalars[f"mix_{stage}"]
        found["onshored", stage] = {
            country: (1 - mix) * shares.get(country, 0.0) + mix * (country == "US") for country in countries
        }
    return found


def _blended(found, scalars):
    flat = []
    for case in CASES:
        for mineral in MINERALS:
            for leg in LEGS:
                mix = scalars["mix_cathode" if leg == "cathode_cell" else "mix_minerals"]
                for mode in MODES:
                    base = found.get(("base", mineral, leg, mode), 0.0)
                    onshored = found.get(("onshored", mineral, leg, mode), 0.0)
                    flat.append(base if case == "base" else (1 - mix) * base + mix * onshored)
    return flat


def test_contributions_of_the_cathode_sum_to_the_cathode(outputs):
    np.testing.assert_allclose(outputs["cathode_hotspot"].sum(axis=2), outputs["cell_gwp"][:, :, 0], rtol=1e-14)


def test_legs_and_modes_sum_to_the_transport_of_each_mineral(outputs):
    np.testing.assert_allclose(outputs["transport_detail"].sum(axis=(3, 4)), outputs["transport_gwp"], rtol=1e-13)


def test_nothing_onshored_changes_nothing(study):
    none = {f"mix_{stage}": 0.0 for stage in ("cathode", "anode", "electrolyte", "separator", "cell", "minerals")}
    outputs = drawn(study.set(**none), 50)
    assert not outputs["onshoring_change"].any()
    assert not outputs["transport_change"].any()


def test_one_grid_and_one_fuel_everywhere_leaves_no_change(study):
    countries = study.tables["grid"].labels("country")
    same = {f"grid[{country}]": 0.5 for country in countries}
    same |= {f"heat_factor[{country}]": 0.07 for country in countries}
    outputs = drawn(study.set_items(same.items()), 50)
    np.testing.assert_allclose(outputs["onshoring_change"], 0.0, atol=1e-12)


def test_resources_and_waste_do_not_move_with_the_place(outputs):
    assert np.abs(outputs["cathode_change"][:, 2:]).max() == 0.0


def test_a_partial_mix_lies_between_the_cases(study, outputs):
    half = drawn(study.set(mix_cathode=0.5))
    expected = 0.5 * outputs["component_change"][:, 0]
    np.testing.assert_allclose(half["component_change"][:, 0], expected, rtol=1e-9, atol=1e-12)


def test_moving_grids_start_from_the_static_ones(study, outputs):
    moving = drawn(study.set(grids="moving", production_year=2022))
    np.testing.assert_array_equal(moving["cell_gwp"], outputs["cell_gwp"])


def test_declining_grids_lower_electricity_only(study, outputs):
    later = drawn(study.set(grids="moving", production_year=2032))
    assert (later["cathode_hotspot"][:, :, 0] < outputs["cathode_hotspot"][:, :, 0]).all()
    np.testing.assert_array_equal(later["cathode_hotspot"][:, :, 1:], outputs["cathode_hotspot"][:, :, 1:])


def test_an_lfp_cell_moves_lithium_only(study):
    outputs = drawn(study.set(chemistry="LFP"), 20)
    assert (outputs["transport_gwp"][:, :, 0] > 0).all()
    assert not outputs["transport_gwp"][:, :, 1:].any()


def test_cobalt_transport_falls_as_its_goods_hold_more_cobalt(study):
    dilute = drawn(study.set_items([("contained_fraction[cobalt_hydroxide]", 0.03)]), 20)["transport_gwp"][:, 0, 1]
    rich = drawn(study.set_items([("contained_fraction[cobalt_hydroxide]", 0.60)]), 20)["transport_gwp"][:, 0, 1]
    assert (dilute > 2 * rich).all()


def test_capacity_built_in_full_covers_demand_in_2032(study):
    outputs = drawn(study.set(capacity_completion=1.0, capacity_utilisation=1.0, demand_factor=1.0), 4)
    assert outputs["self_sufficiency"][0].tolist() == [
        0,
        0,
        1,
        1,
        1,
        1,
        1,
        1,
        1,
    ]  # 2025: 376.6 of 380 GWh; 2026: 527.9 of 520
    assert outputs["capacity_over_demand"][0, -1] == pytest.approx(1564 / 1225)


def test_self_sufficiency_is_one_where_the_ratio_reaches_one(study):
    outputs = drawn(study.set(demand_factor="uniform(0.4, 0.8)"), 400)
    np.testing.assert_array_equal(outputs["self_sufficiency"], outputs["capacity_over_demand"] >= 1)
    assert 0 < outputs["self_sufficiency"][:, -1].mean() < 1


def test_base_origins_have_the_means_of_the_table(study):
    n = 4000
    points = make_design("sobol", design_columns(study), n, 1).points(0, n)
    shares = model_inputs(study, transform(study, points, design_columns(study)), n)["origin_cathode"]
    error = np.sqrt(0.42 * 0.58 / 61 / n)
    assert shares.mean(axis=0)[0] == pytest.approx(0.42, abs=5 * error)


def test_partial_study_makes_the_mixes_uncertain():
    uncertain = {item.name for item in load("cell-onshoring-partial").uncertain}
    assert {"mix_cathode", "mix_anode", "mix_electrolyte", "mix_separator", "mix_minerals"} <= uncertain


def test_every_input_names_its_source(study):
    assert [item.name for item in study.inputs if not item.source] == []


def test_the_share_of_electricity_in_the_change_of_the_cathode(outputs, study):
    change = outputs["cathode_change"]
    ours = outputs["cathode_change_electricity_share"]
    np.testing.assert_allclose(ours * outputs["component_change"][:, 0], change[:, 0], rtol=1e-12)
    nowhere = {f"mix_{stage}": 0 for stage in ("cathode", "anode", "electrolyte", "separator", "minerals", "cell")}
    assert np.isnan(drawn(study.set(**nowhere), 5)["cathode_change_electricity_share"]).all()


def test_the_relative_change_of_transport(outputs):
    base, onshored = outputs["transport_total"].T
    np.testing.assert_allclose(outputs["transport_change_relative"], (onshored - base) / base, rtol=1e-10)


def test_shares_of_origin_must_sum_to_one(tmp_path):
    folder = with_changed(tmp_path, "origin", lambda rows: set_cell(rows, ("base", "cathode", "CN"), "0.5"))
    with pytest.raises(
        InputError, match=r"origin\[base,cathode\]: shares do not sum to 1 over country \(got 1\.08\); 1 within"
    ):
        load("cell-onshoring", data=folder)


def test_shares_of_a_mineral_must_sum_to_one(tmp_path):
    key = ("base", "nickel", "PH-CN", "nickel_laterite_ore")
    folder = with_changed(
        tmp_path,
        "route_share",
        lambda rows: [[*row[:4], "0.25", *row[5:]] if tuple(row[:4]) == key else row for row in rows],
    )
    with pytest.raises(
        InputError, match=r"route_share\[base,nickel\]: shares do not sum to 1 over route, good \(got 0\.96\)"
    ):
        load("cell-onshoring", data=folder)


@pytest.mark.parametrize("table", ["grid", "grid_decline", "heat_factor", "transport_factor", "leg_distance"])
def test_the_order_of_a_tables_rows_does_not_matter(study, tmp_path, table):
    turned = load("cell-onshoring", data=with_changed(tmp_path, table, lambda rows: [rows[0], *rows[:0:-1]]))
    before = drawn(study.set(grids="moving", production_year=2030), 20)
    after = drawn(turned.set(grids="moving", production_year=2030), 20)
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, rtol=1e-12, atol=1e-15)


def test_a_country_is_added_by_tables_alone(study, tmp_path):
    def with_one_more(rows):
        place = rows[0].index("country")
        return [*rows, ["MX" if column == place else cell for column, cell in enumerate(rows[-1])]]

    def moved(rows):
        here = next(row for row in rows if row[:3] == ["onshored", "anode", "US"])
        return [*set_cell(rows, ("onshored", "anode", "US"), "0"), [*here[:2], "MX", *here[3:]]]

    for table in ("grid", "grid_decline", "heat_factor"):
        with_changed(tmp_path, table, with_one_more)
    elsewhere = load("cell-onshoring", data=with_changed(tmp_path, "origin", moved))
    clean = elsewhere.set_items([("grid[MX]", 0.01), ("heat_factor[MX]", 0.01)])
    before, after = (drawn(each, 20)["cell_gwp"] for each in (study, clean))
    anode = elsewhere.model.outputs[0].dims[1].coords.index("anode")
    assert np.all(after[:, 1, anode] < before[:, 1, anode])
    np.testing.assert_array_equal(after[:, 0], before[:, 0])


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        (
            "origin",
            ["base", "cathode", "CH", "0", "share", "mine", "", ""],
            r"unknown country \(got 'CH'\); one of CN, JP, KR, US, other",
        ),
        (
            "leg_distance",
            ["base", "cathode_cell", "barge", "10", "5", "15", "km", "triangular", "mine", "", ""],
            r"unknown mode \(got 'barge'\); one of ship_bulk, ship_container, truck, rail",
        ),
        (
            "route_distance",
            ["base", "cobolt", "DRC-CN", "truck", "10", "5", "15", "km", "triangular", "mine", "", ""],
            r"unknown mineral \(got 'cobolt'\); one of lithium, cobalt, nickel, manganese; did you mean 'cobalt'",
        ),
        (
            "route_share",
            ["base", "cobalt", "FI-JP", "cobalt_metal", "0", "0", "0", "share", "fixed", "mine", "", ""],
            r"unknown good \(got 'cobalt_metal'\)",
        ),
    ],
)
def test_unknown_names_are_refused(tmp_path, table, row, message):
    folder = with_changed(tmp_path, table, lambda rows: [*rows, row])
    with pytest.raises(InputError, match=message):
        load("cell-onshoring", data=folder)


def test_a_contained_fraction_above_one_is_refused(study):
    with pytest.raises(InputError, match=r"cobalt_hydroxide\]: outside the valid range \(got 1\.2\)"):
        study.set_items([("contained_fraction[cobalt_hydroxide]", 1.2)])


def test_a_mix_above_one_is_refused(study):
    with pytest.raises(InputError, match=r"mix_cathode: outside the valid range \(got 1\.5\); between 0 and 1 share"):
        study.set(mix_cathode=1.5)


def test_parts_of_a_burden_must_leave_room_for_resources(tmp_path):
    def widened(rows):
        return [[*row[:4], "0.9", *row[5:]] if row[:2] == ["anode", "electricity"] else row for row in rows]

    with pytest.raises(InputError, match=r"burden_split\[anode\]: parts reach 1\.26 together; below 1"):
        load("cell-onshoring", data=with_changed(tmp_path, "burden_split", widened))


def test_a_missing_table_is_named(tmp_path):
    shutil.copytree(DATA, tmp_path / "data")
    text = (DATA.parent / "cell-onshoring.toml").read_text(encoding="utf-8")
    cut = text.replace('[tables.salt]\nfile = "data/salt.csv"\n', "")
    (tmp_path / "mine.toml").write_text(cut, encoding="utf-8")
    with pytest.raises(InputError, match=r"tables\.salt: missing; a table of chemistry, mineral, material"):
        load(tmp_path / "mine.toml")
