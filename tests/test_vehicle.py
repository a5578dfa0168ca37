from pathlib import Path

import numpy as np
import pytest

from mcsim.studies.second_hand_ev.curves import distance_in_service
from mcsim.studies.second_hand_ev.vehicle import warn
from mcsim.study import Context, InputError
from mcsim.study.load import load

MILE = 1.609344
SMALLEST_SHARE = 1e-3  # of the vehicles bought: of fewer nothing is told


@pytest.fixture(scope="module")
def study():
    return load("second-hand-ev")


def inputs_of(study, uniforms, **fixed):
    """Inputs of a draw per row of uniforms (one column per input), or at the medians where `uniforms` is None."""
    scalars, tables = {}, {}
    for column, item in enumerate(study.inputs):
        if uniforms is None:
            values = np.array([item.distribution.median()])
        else:
            values = np.asarray(item.distribution.ppf(uniforms[:, column % uniforms.shape[1]]))
        if item.table is not None:
            tables.setdefault(item.table[0], {})[item.table[1]] = values
        else:
            scalars[item.name] = np.full_like(values, fixed.get(item.name, np.nan))
            if item.name not in fixed:
                scalars[item.name] = values
    for name, rows in tables.items():
        scalars[name] = np.ascontiguousarray(np.stack([rows[place] for place in range(len(rows))], axis=1))
    return scalars


def evaluate(study, inputs, *, lives=200, **options):
    n = len(inputs["trade_age"])
    return study.model.evaluate(inputs, Context({**study.options, **options}, 1, np.arange(n), lives))


def told(study, values, name):
    output = next(output for output in study.model.outputs if output.name == name)
    return output.expand(values[name])


def undefined(study, values):
    """Outputs with an undefined number, those aside that compare with a stay whose credit exceeds its burden."""
    shown = told(study, values, "impact_per_km").sum(axis=-2)
    credited = (shown[:, :, 0, 0] <= 0.0).any()
    relative = ("impact_change", "impact_change_at_trade", "impact_change_by_odometer")
    excused = {"crossover_age", "payback_distance", "payback_years", *(relative if credited else ())}
    # Of a metric that is 0 for the vehicle that stays there is no relative change.
    excused |= {"performance_change", "performance_change_by_odometer"}
    return [name for name in values if holes(study, values, name).any() and name not in excused]


def holes(study, values, name):
    """Elements without a number, those aside of export ages at which nobody crosses."""
    output = next(output for output in study.model.outputs if output.name == name)
    found = ~np.isfinite(output.expand(values[name])) & output.mask
    dims = [dim.name for dim in output.dims]
    gone = told(study, values, "share_exported")[:, :, 1] < SMALLEST_SHARE
    if dims[:3] == ["vehicle", "route", "export_age"]:
        exported = found[:, :, 1]
        exported &= ~gone.reshape(*gone.shape, *[1] * (exported.ndim - 3))
    elif name == "impact_change_by_odometer":
        ages = np.nan_to_num(told(study, values, "trade_age_at_odometer"))
        nobody = np.take_along_axis(gone, np.ceil(ages).astype(int), axis=2)
        found &= ~nobody[:, :, np.newaxis, :, np.newaxis]
    elif dims[1:2] == ["export_age"]:
        found &= ~gone.reshape(*gone.shape, *[1] * (found.ndim - 3))
    elif "export_age" in dims:
        crossing = ~gone[:, :, np.newaxis]
        found &= crossing.reshape(*crossing.shape, *[1] * (found.ndim - 4))
    return found


@pytest.fixture(scope="module")
def centre(study):
    return evaluate(study, inputs_of(study, None))


def test_every_output_comes_in_its_packed_shape(study, centre):
    for output in study.outputs:
        assert centre[output.name].shape == (1, *output.packed_shape), output.name


def test_no_output_but_the_crossover_is_undefined_at_the_centre_where_somebody_crosses(study, centre):
    assert undefined(study, centre) == []


def test_no_output_but_the_crossover_is_undefined_of_a_whole_cohort(study):
    centre = evaluate(study, inputs_of(study, None), condition="cohort")
    assert [name for name, values in centre.items() if not np.isfinite(values).all()] == ["crossover_age"]


def test_scenarios_outside_the_assessment_are_masked(study, centre):
    distance = told(study, centre, "lifetime_distance")[0]
    missing = [
        (vehicle, route) for vehicle in range(5) for route in range(3) if np.isnan(distance[vehicle, route]).all()
    ]
    assert missing == [(1, 2), (2, 2), (3, 0), (3, 1), (4, 0), (4, 1)]


def test_stages_add_up_to_the_change(study):
    values = evaluate(study, inputs_of(study, None), condition="cohort")
    per_km = told(study, values, "impact_per_km")[0].sum(axis=-2)
    change = told(study, values, "impact_change")[0]
    found = per_km[0, 1, 9] / per_km[0, 0, 9] - 1.0
    np.testing.assert_allclose(change[0, 0, 9], found, rtol=1e-12)
    against_icev = per_km[0, 1, 9] / per_km[3, 2, 9] - 1.0
    np.testing.assert_allclose(change[0, 1, 9], against_icev, rtol=1e-12)


def test_endpoints_are_the_midpoints_of_all_stages_times_their_damage(study, centre):
    table = study.tables["endpoints"]
    categories = next(output for output in study.outputs if output.name == "impact_per_km").dims[-1].coords
    midpoints = dict(zip(categories, told(study, centre, "impact_per_km")[0][0, 1, 5].sum(axis=0), strict=True))
    damage = told(study, centre, "endpoint_per_km")[0][0, 1, 5]
    for place, endpoint in enumerate(("human_health", "ecosystems")):
        rows = [row for row, key in enumerate(table.index) if key[1] == endpoint]
        expected = sum(midpoints[table.index[row][0]] * table.value[row] for row in rows)
        assert damage[place] == pytest.approx(expected, rel=1e-12)
        assert expected > 0


def test_a_trade_between_two_ages_mixes_them(study):
    inputs = {age: inputs_of(study, None, trade_age=age) for age in (8.0, 8.3, 9.0)}
    changes = {age: evaluate(study, value)["impact_change_at_trade"][0] for age, value in inputs.items()}
    between = changes[8.3]
    assert (between >= np.minimum(changes[8.0], changes[9.0]) - 1e-12).all()
    assert (between <= np.maximum(changes[8.0], changes[9.0]) + 1e-12).all()


def test_global_warming_rises_against_staying_and_falls_against_the_gasoline_car(study, centre):
    change = told(study, centre, "impact_change")[0][0, :, [3, 5, 9], 0]
    assert (change[:, 0] > 0.0).all()
    assert (change[:, 1] < 0.0).all()


def test_a_car_without_a_pack_outlives_one_whose_pack_ends_it(study):
    inputs = inputs_of(study, None)
    endless = {
        name: inputs[name] * 0.0 + value for name, value in (("pack_life_shape", 1.0), ("pack_life_scale", 200.0))
    }
    usual, lasting = (evaluate(study, inputs | endless, battery_law=law) for law in ("capacity_cdf", "weibull"))
    gasoline = [told(study, values, "lifetime_years")[0, 3, 2, 0] for values in (usual, lasting)]
    electric = [told(study, values, "lifetime_years")[0, 4, 2, 0] for values in (usual, lasting)]
    assert gasoline[0] == gasoline[1] > electric[1] > electric[0]


def test_packs_produced_less_the_trend_do_not_depend_on_pack_size(study):
    base, larger = (
        evaluate(study, inputs)["packs_produced"]
        for inputs in (
            inputs_of(study, None),
            {**inputs_of(study, None), "pack_chemistry": inputs_of(study, None)["pack_chemistry"] * 1.2},
        )
    )
    np.testing.assert_array_equal(base, larger)


OPTIONS = [
    {"survival_junction": "printed"}, {"survival_junction": "renewed"}, {"condition": "cohort"}, {"knee": "printed"},
    {"knee": "rate"}, {"knee": "none"}, {"battery_law": "first_passage"}, {"battery_law": "weibull"},
    {"hev_battery_law": "weibull"}, {"us_survival_form": "weibull", "mx_survival_form": "logistic"},
    {"us_survival_form": "gompertz", "mx_survival_form": "tabulated"}, {"mileage_cap": "on"}, {"steps_per_year": 4},
    {"us_survival_form": "double_exponential", "mx_survival_form": "gompertz"}, {"distance_basis": "in_service"},
    {"us_survival_form": "logistic", "mx_survival_form": "double_exponential"}, {"export_trigger": "odometer"},
    {"functional_unit": "life"}, {"boundary": "battery_and_use"}, {"evaluation": "lives"},
    {"evaluation": "lives", "condition": "cohort"},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_no_reading_gives_an_undefined_number(study, options):
    draws = np.random.default_rng(5).random((6, len(study.inputs)))
    values = evaluate(study, inputs_of(study, draws), **options)
    assert undefined(study, values) == []


@pytest.mark.parametrize("name", ["second-hand-ev", "second-hand-ev-field"])
def test_no_number_is_undefined_at_the_edges_of_the_inputs(name):
    edges = load(name)
    corners = np.random.default_rng(6).choice([1e-6, 0.5, 1.0 - 1e-6], (30, len(edges.inputs)))
    values = evaluate(edges, inputs_of(edges, corners))
    assert undefined(edges, values) == []


@pytest.fixture(scope="module")
def crossing(study):
    """Return inputs with trade at the last export age at which somebody crosses, and what they give."""
    inputs = inputs_of(study, np.random.default_rng(9).random((60, len(study.inputs))))
    share = told(study, evaluate(study, inputs), "share_exported")[:, 0, 1]
    inputs["trade_age"] = 20.0 - (share < SMALLEST_SHARE).sum(axis=1)
    return inputs, evaluate(study, inputs)


def test_an_export_age_that_next_to_nobody_reaches_is_undefined_in_everything_but_its_share(study, crossing):
    inputs, values = crossing
    gone = np.arange(21) > inputs["trade_age"][:, np.newaxis]
    assert 0 < gone.sum() < gone.size
    assert np.isfinite(told(study, values, "share_exported")[:, 0, 1]).all()
    for name in ("lifetime_distance", "packs_landfilled", "impact_per_km", "impact_per_life"):
        exported = told(study, values, name)[:, 0, 1]
        assert np.isnan(exported[gone]).all(), name
        assert np.isfinite(exported[~gone]).all(), name
        assert np.isfinite(told(study, values, name)[:, 0, 0]).all()
    change = told(study, values, "impact_change")[:, 0].swapaxes(1, 2)
    assert np.isnan(change[gone]).all()
    assert np.isfinite(change[~gone]).all()
    assert undefined(study, values) == []


def test_a_trade_at_the_last_age_with_crossings_needs_no_later_one(study, crossing):
    inputs, values = crossing
    change, traded = told(study, values, "impact_change")[:, 0], told(study, values, "impact_change_at_trade")[:, 0]
    rows = np.arange(len(change))
    np.testing.assert_allclose(traded, change[rows, :, inputs["trade_age"].astype(int)], rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def both(study):
    """Return what sixteen draws give of whole cohorts, and of the vehicles that cross, per life."""
    inputs = inputs_of(study, np.random.default_rng(2).random((16, len(study.inputs))))
    return {word: evaluate(study, inputs, condition=word, functional_unit="life") for word in ("cohort", "exported")}


def test_what_an_export_adds_to_a_cohort_is_the_share_that_crosses_times_what_it_adds_to_one_of_these(study, both):
    whole, crossing = ({name: told(study, values, name) for name in values} for values in both.values())
    share = crossing["share_exported"][:, :3, 1, :, np.newaxis]
    np.testing.assert_allclose(whole["share_exported"], crossing["share_exported"], rtol=1e-12, atol=1e-15)
    cohort = whole["impact_per_life"][:, :3].sum(axis=4)
    export = crossing["impact_per_life"][:, :3, 1].sum(axis=3)
    added = export - export / (1.0 + crossing["impact_change"][:, :3, 0])
    expected = np.where(share < SMALLEST_SHARE, np.nan, cohort[:, :, 1] - cohort[:, :, 0])
    np.testing.assert_allclose(share * added, expected, rtol=1e-7, atol=1e-9 * np.nanmax(np.abs(expected)))


def test_the_share_at_the_trade_lies_between_those_of_the_ages_beside_it(study, both):
    share, ages = told(study, both["cohort"], "share_exported")[:, 0, 1], np.arange(21)
    inputs = inputs_of(study, np.random.default_rng(2).random((16, len(study.inputs))))
    expected = [np.interp(age, ages, row) for age, row in zip(inputs["trade_age"], share, strict=True)]
    np.testing.assert_allclose(told(study, both["exported"], "share_exported_at_trade")[:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("word", ["cohort", "exported"])
def test_a_change_that_never_turns_its_sign_has_no_crossover(study, both, word):
    change, age = (told(study, both[word], name)[:, :3] for name in ("impact_change", "crossover_age"))
    share = told(study, both[word], "share_exported")[:, :3, 1][:, :, np.newaxis, :, np.newaxis]
    steps = np.diff(np.where(share < SMALLEST_SHARE, np.nan, np.sign(change)), axis=3)
    turns = (np.isfinite(steps) & (steps != 0)).any(axis=3)
    assert np.array_equal(np.isfinite(age), turns)
    assert np.isnan(age).any()
    assert (age[turns] <= 20.0).all()


def test_sampled_lives_tell_the_same_study(study):
    inputs = inputs_of(study, None)
    repeated = {name: np.repeat(values, 20, axis=0) for name, values in inputs.items()}
    exact = evaluate(study, inputs, condition="cohort")
    runs = evaluate(study, repeated, lives=2000, evaluation="lives", condition="cohort")
    for name in ("lifetime_distance", "packs_produced", "impact_change_at_trade", "energy_per_km"):
        error = runs[name].std(axis=0, ddof=1) / np.sqrt(20) + 1e-9 + 1e-4 * np.abs(exact[name][0])
        assert (np.abs(runs[name].mean(axis=0) - exact[name][0]) / error).max() < 4.75, name


def test_the_shipped_schedules_give_their_published_lifetime_mileage(study):
    table, schedule = study.tables["us_survival"], study.tables["us_distance"]
    ages = [str(age) for age in range(40)]
    share = table.value[table.positions("car", ages)][np.newaxis]
    rate = distance_in_service(schedule.value[schedule.positions("car", ages)][np.newaxis], share, "registered")
    mean = 0.5 * (share[0] + np.append(share[0, 1:], share[0, -1]))
    assert (mean * rate[0, :40]).sum() / MILE == pytest.approx(192_559, rel=1e-5)


def test_a_grid_that_the_model_lacks_is_refused():
    options = {"steps_per_year": 5, "knee": "shifted", "battery_law": "first_passage"}
    with pytest.raises(InputError, match=r"steps_per_year: not a grid of this model \(got 5\); 1, 4 or 12"):
        warn(options)


def test_inactive_thresholds_are_told():
    options = {"steps_per_year": 1, "knee": "shifted", "battery_law": "capacity_cdf"}
    assert warn(options) == ["battery_law = capacity_cdf: end_of_life_loss and warranty_loss are inactive"]


def test_a_survival_table_that_rises_is_refused_with_its_row(tmp_path):
    origin = Path(load("second-hand-ev").tables["us_survival"].origin)
    lines = [
        ",".join(["car", "5", "0.999", "", "", *line.split(",")[5:]]) if line.startswith("car,5,") else line
        for line in origin.read_text(encoding="utf-8").splitlines()
    ]
    (tmp_path / "us_survival.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match="us_survival, car row 6: survival rises with age"):
        load("second-hand-ev", data=tmp_path)
