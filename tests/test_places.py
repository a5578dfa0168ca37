"""Where impacts fall: places sum to the whole, what is local falls where the vehicle is, and only who asks gets it."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mcsim
from mcsim.command.main import main
from mcsim.report.choose import figures_of
from mcsim.studies import second_hand_ev as package
from mcsim.studies.second_hand_ev.vehicle import model
from mcsim.study import Context

DATA = Path(package.__file__).parent / "data"
LOCAL = ["use", "road", "vehicle_end_of_life", "landfill"]
PAIR = ("impact_difference_by_place", "impact_difference")
END = ("dismantling", "residue_landfill")
MADE = ["vehicle_production", "battery_production", "maintenance", "battery_recycling", "recycling_credit"]


@pytest.fixture(scope="module")
def study():
    return mcsim.load("second-hand-ev")


def drawn(study, n=3):
    rng = np.random.default_rng(11)
    scalars = {i.name: np.asarray(i.distribution.ppf(rng.random(n)), float) for i in study.inputs if i.table is None}
    return scalars | {name: np.tile(table.value, (n, 1)) for name, table in study.tables.items()}


def told(study, inputs, name, **options):
    n = len(inputs["trade_age"])
    found = study.model.evaluate(inputs, Context({**study.options, **options}, 1, np.arange(n), 50))
    return study.output(name).expand(found[name])


def labels(study, output, dim):
    return list(next(item for item in study.output(output).dims if item.name == dim).coords)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"condition": "cohort", "landfill_model": "inert"},
        {"evaluation": "lives"},
        {"icev_operation": "transport_dataset", "us_recycling_route": "direct"},
    ],
    ids=str,
)
@pytest.mark.parametrize("per", [("impact_by_place", "impact_per_km"), ("impact_by_place_per_life", "impact_per_life")])
def test_places_sum_to_stages(study, options, per):
    inputs = drawn(study)
    places, stages = (told(study, inputs, name, **options) for name in per)
    np.testing.assert_allclose(places.sum(axis=-2), stages.sum(axis=-2), rtol=1e-12)
    assert np.isfinite(places).any()


def test_what_is_local_falls_where_the_vehicle_is_and_what_is_made_elsewhere_falls_there(study):
    inputs = drawn(study)
    inputs["us_collection_share"][:] = 0.7
    table = study.tables["stage_place"]
    inputs["stage_place"][:] = [key[-1] == "elsewhere" for key in table.index]
    inputs["power_upstream"][:] = 0.0
    inputs["gasoline_upstream"][:] = 0.0
    stage, place = labels(study, "impact_per_life", "stage"), labels(study, "impact_by_place", "place")
    by_stage = told(study, inputs, "impact_per_life")
    by_place = told(study, inputs, "impact_by_place_per_life")
    local = by_stage[..., [stage.index(name) for name in LOCAL], :].sum(axis=-2)
    made = by_stage[..., [stage.index(name) for name in MADE], :].sum(axis=-2)
    np.testing.assert_allclose(by_place[..., place.index("elsewhere"), :], made, rtol=1e-9, atol=1e-9)
    route = labels(study, "impact_by_place", "route")
    for country in ("us", "mx"):
        at = route.index(country)
        np.testing.assert_allclose(by_place[:, :, at, :, place.index(country)], local[:, :, at], rtol=1e-9)
    # Exported at 5: driven in both, and the two countries share what is local.
    here, there = (by_place[:, 0, route.index("export"), 5, place.index(country)] for country in ("us", "mx"))
    np.testing.assert_allclose(here + there, local[:, 0, route.index("export"), 5], rtol=1e-9)
    assert (here[:, 0] > 0).all()
    assert (there[:, 0] > 0).all()


def test_what_causes_a_kwh_before_the_plant_falls_where_its_fuel_comes_from(study):
    inputs = drawn(study)
    share = told(study, inputs, "impact_by_place_per_life")
    inputs["power_upstream"][:] = 0.0
    plants = told(study, inputs, "impact_by_place_per_life")
    place, route = labels(study, "impact_by_place", "place"), labels(study, "impact_by_place", "route")
    suv_in_host = (slice(None), 0, route.index("mx"), 0)
    moved = share[suv_in_host][:, place.index("us"), 0] - plants[suv_in_host][:, place.index("us"), 0]
    assert (moved > 0).all()  # US gas burnt in Mexican plants
    np.testing.assert_allclose(share.sum(axis=-2), plants.sum(axis=-2), rtol=1e-12)


def test_a_run_computes_places_only_where_they_are_asked_for(study, tmp_path):
    plain = mcsim.run(study, draws=60, seed=3)  # in memory: nothing is rounded
    assert "impact_by_place" not in plain.bands
    assert "impact_by_place" not in plain.kept
    with pytest.raises(mcsim.InputError, match="--keep impact_by_place"):
        plain.study.output("impact_by_place")
    asked = mcsim.run(study, draws=60, seed=3, keep=["impact_by_place"], out=tmp_path / "asked", exact=True)
    assert "impact_by_place" in asked.kept
    assert "impact_by_place_per_life" not in asked.bands
    np.testing.assert_array_equal(plain.kept["impact_change"], asked.kept["impact_change"])
    again = mcsim.open(tmp_path / "asked")
    np.testing.assert_array_equal(again.kept["impact_by_place"], asked.kept["impact_by_place"])
    assert "impact_by_place_per_life" in again.study.left_out
    drawn_in = [{figure.output.name for figure in figures_of(result.study)} for result in (plain, again)]
    assert "impact_by_place" not in drawn_in[0]
    assert "impact_by_place" in drawn_in[1]


def test_until_asks_for_what_it_watches(study):
    rule = "mcse(impact_by_place@ev-suv,route=mx,8,elsewhere,gwp) < 20%"
    found = mcsim.run(study, draws=60, seed=3, design="random", until=rule)
    assert "impact_by_place" in found.bands


def test_shares_that_do_not_sum_to_one_are_refused(tmp_path, capsys):
    shutil.copy(DATA / "stage_place.csv", tmp_path)
    file = tmp_path / "stage_place.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("glider,ev-suv,any,all,us,0.5481,", "glider,ev-suv,any,all,us,0.6,", 1), encoding="utf-8"
    )
    assert main(["check", "second-hand-ev", "--data", str(tmp_path)]) == 2
    line = capsys.readouterr().err
    assert "stage_place[glider,ev-suv,any,all]: shares do not sum to 1 over place (got 1.0519)" in line


def test_a_place_that_is_none_is_refused(study):
    table = study.tables["stage_place"]
    renamed = tuple((*key[:-1], "canada" if key[-1] == "elsewhere" else key[-1]) for key in table.index)
    with pytest.raises(mcsim.InputError, match=r"no place of this corridor \(got 'canada'\); us, mx, elsewhere"):
        model({**study.tables, "stage_place": replace(table, index=renamed)}, home="us", host="mx")


@pytest.mark.parametrize("condition", ["exported", "cohort"])
def test_what_an_export_changes_sums_over_places_to_what_it_changes(study, condition):
    inputs = drawn(study)
    by_place, whole = (told(study, inputs, name, condition=condition) for name in PAIR)
    error = np.abs(by_place.sum(axis=-2) - whole)
    scale = np.nanmax(np.abs(whole), axis=(1, 2, 3), keepdims=True)
    assert np.nanmax(error / scale) < 1e-12
    np.testing.assert_array_equal(np.isnan(by_place[..., 0, :]), np.isnan(whole))


def test_a_change_by_place_is_the_difference_of_two_lives_there(study):
    # Over the whole cohort both arms are cells that are told: exported at 8, kept, and the gasoline car.
    inputs = drawn(study)
    lives = told(study, inputs, "impact_by_place", condition="cohort")
    changed = told(study, inputs, "impact_difference_by_place", condition="cohort")
    route, vehicle = labels(study, "impact_by_place", "route"), labels(study, "impact_by_place", "vehicle")
    exported, kept = lives[:, 0, route.index("export"), 8], lives[:, 0, route.index("us"), 0]
    gasoline = lives[:, vehicle.index("icev-compact"), route.index("mx"), 0]
    np.testing.assert_allclose(changed[:, 0, 0, 8], exported - kept, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(changed[:, 0, 1, 8], exported - gasoline, rtol=1e-9, atol=1e-12)


def test_the_street_share_is_exhaust_and_wear_in_cities_over_what_falls_there(study):
    # Of a gasoline car, new in Mexico, with nothing made there, no upkeep and no end the streets have it all.
    inputs = drawn(study)
    table = study.tables["stage_place"]
    inputs["stage_place"][:] = [key[-1] == "elsewhere" for key in table.index]
    inputs["vehicle_factors"][:, [key[0] in END for key in study.tables["vehicle_factors"].index]] = 0.0
    inputs["mx_urban_share"][:] = [0.25, 0.5, 1.0]
    share = told(study, inputs, "urban_street_share")
    vehicle, route = labels(study, "urban_street_share", "vehicle"), labels(study, "urban_street_share", "route")
    category = labels(study, "urban_street_share", "category")
    found = share[:, vehicle.index("icev-compact"), route.index("mx"), 0]
    told_of = ~np.isnan(found[0])
    assert [name for name, there in zip(category, told_of, strict=True) if there] == ["tap", "eofp", "hofp", "pmfp"]
    np.testing.assert_allclose(found[:, told_of], np.repeat([[0.25], [0.5], [1.0]], 4, axis=1), rtol=1e-9)


def test_no_dust_and_no_exhaust_leave_no_street_share(study):
    inputs = drawn(study)
    found = told(study, inputs, "urban_street_share", wear="off")
    vehicle, route = labels(study, "urban_street_share", "vehicle"), labels(study, "urban_street_share", "route")
    electric = found[:, vehicle.index("ev-suv"), route.index("export"), 5]
    assert (electric[~np.isnan(electric)] == 0).all()
    gasoline = found[:, vehicle.index("icev-compact"), route.index("mx"), 0]
    assert (gasoline[~np.isnan(gasoline)] > 0).all()
