"""The fleet computes what is asked; levers with a start, a ramp and a strength."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

import mcsim
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import design_columns, evaluate_values, transform
from mcsim.studies import fleet
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet.dated import DATED
from mcsim.study.overlay import laid_over, read_overlay


def drawn(study, n=6):
    """Values of the uncertain inputs of n draws."""
    columns = design_columns(study)
    return transform(study, make_design("random", columns, n, 3).points(0, n), columns)


def evaluated(study, wanted=None, n=6):
    return evaluate_values(study, drawn(study, n), np.arange(n), 1, 0, wanted).outputs


@pytest.mark.parametrize(
    "wanted",
    [
        {"stock", "mean_fleet_age"},
        {"crossover_year", "crossover_never"},
        {"landfilled_share", "ev_charging_emissions"},
    ],
)
def test_an_output_is_the_same_when_it_alone_is_asked(wanted):
    study = mcsim.load("fleet")
    whole, part = evaluated(study), evaluated(study, frozenset(wanted))
    assert set(part) == wanted
    for name in wanted:
        np.testing.assert_array_equal(part[name], whole[name])
    assert any(np.isfinite(part[name]).all() for name in wanted)


def test_the_model_leaves_out_what_nobody_asks():
    study = mcsim.load("fleet")
    from mcsim.engine.evaluation import model_inputs
    from mcsim.study import Context

    inputs = model_inputs(study, drawn(study, 2), 2)
    context = Context(study.options, 1, np.arange(2), 0, frozenset({"us_stock"}))
    assert set(study.model.evaluate(inputs, context)) == {"us_stock"}


NAMES = [path.stem for path in sorted(Path(fleet.__file__).parent.glob("lever-*.toml"))]
PACKAGES = [path.stem for path in sorted(Path(fleet.__file__).parent.glob("package-*.toml"))]
# What each lever raises (1) or lowers (-1) in the fleet of 2050, all else equal.
MOVES = {
    "lever-age-limit": ("cumulative_imports", -1),
    "lever-battery-passport": ("landfilled_battery_mass", 0),  # alone it finds no pack collected: nothing to sort
    "lever-capacity": ("landfilled_battery_mass", -1),
    "lever-charging": ("used_ev_exports", 1),
    "lever-clean-grid": ("ev_charging_emissions", -1),
    "lever-collection": ("landfilled_battery_mass", 0),  # no plant takes what it collects
    "lever-combustion-ban": ("used_ev_exports", 1),
    "lever-customs-records": ("landfilled_battery_mass", 0),  # nor has a producer a pack to fetch
    "lever-incentive": ("landfilled_battery_mass", 0),
    "package-home-route": ("landfilled_battery_mass", -1),
    "package-fetch": ("landfilled_battery_mass", -1),
    "package-all": ("landfilled_battery_mass", -1),
    "lever-repair-both": ("ev_share", 1),
    "lever-repair-us": ("us_retired_packs", 1),
    "lever-second-life": ("second_life_on_offer", 0),
    "lever-soh-export": ("used_ev_exports", -1),
    "lever-soh-import": ("used_ev_exports", -1),
    "lever-take-back": ("landfilled_battery_mass", -1),
    "lever-tariff": ("used_ev_exports", 1),
}


def file_of(folder, name, text):
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def over_fleet(name):
    """A lever over the fleet; by itself it lies over the trade (`tests/test_trade_levers.py`)."""
    return laid_over(mcsim.load("fleet"), read_overlay(name))


def changed(name, **inputs):
    """A lever over the fleet, some of its inputs fixed."""
    return over_fleet(name).set(**inputs)


def differing(a, b):
    return {name for name in a if not np.array_equal(a[name], b[name], equal_nan=True)}


@pytest.fixture(scope="module")
def today():
    return evaluated(mcsim.load("fleet"))


def prefix(name):
    return name.removeprefix("lever-").replace("-", "_")


@pytest.mark.parametrize("name", NAMES)
def test_at_strength_0_a_lever_changes_no_bit(name, today):
    study = changed(name, **{f"{prefix(name)}_strength": 0.0})
    assert differing(evaluated(study), today) == set()


@pytest.mark.parametrize("name", MOVES)
def test_a_lever_moves_what_it_is_for(name, today):
    found = evaluated(over_fleet(name))
    output, sign = MOVES[name]
    change = (found[output] - today[output])[:, -1]
    signs = np.sign(change.round(9))
    assert set(signs) <= {0, sign}  # a draw in which today is beyond what it reaches stays as it is
    assert (signs == sign).mean() > 0.5


def test_every_lever_has_its_study_and_says_what_it_moves():
    studies = {prefix(name) for name in NAMES}
    assert studies == {Corridor("us", "mx").label(lever.name) for lever in DATED}
    assert studies == {prefix(name) for name in MOVES if name.startswith("lever-")}


# A right to repair counts by its mean over the packs that fail: `tests/test_fleet_repairs.py`.
@pytest.mark.parametrize("name", [name for name in NAMES if "repair" not in name])
def test_before_its_start_a_lever_changes_nothing(name, today):
    study = changed(name, **{f"{prefix(name)}_start": 2040.0, f"{prefix(name)}_ramp": 0.0})
    found = evaluated(study)
    for output in ("stock", "retired_battery_mass", "landfilled_battery_mass", "ev_charging_emissions"):
        np.testing.assert_allclose(found[output][:, :35], today[output][:, :35], rtol=1e-12)


def test_a_lever_goes_its_way_year_by_year():
    study = changed("lever-collection", collection_start=2030, collection_ramp=4, collection_reached=0.5)
    study = study.set(recycling_capacity=1e9, covered_collection=0.0, collection_rate=0.0)
    found = evaluated(study)
    destination = found["battery_destination"]
    # New vehicles' packs within the cover are collected up to all of them: second-hand ones show the rate itself.
    share = destination[:, :, 1, 2] / np.maximum(found["retired_battery_mass"][:, :, 1], 1e-300)
    expected = np.clip((np.arange(2005, 2051) - 2029) / 5, 0, 1) * 0.5
    np.testing.assert_allclose(share[:, 20:], np.tile(expected[20:], (6, 1)), rtol=1e-12, atol=1e-15)


def test_half_of_a_rule_on_health_lets_half_of_the_refused_cross(today):
    names = {"soh_import_start": 2005, "soh_import_ramp": 0, "soh_import_evaded": 0.0}
    refused = [
        evaluated(changed("lever-soh-import", **names, soh_import_strength=strength))["used_ev_exports_refused"]
        for strength in (0.5, 1.0)
    ]
    # Without a rule too a few are: packs that a warranty still covers past the end of their life.
    mean = 0.5 * (refused[1] + today["used_ev_exports_refused"])
    np.testing.assert_allclose(refused[0][:, 30:], mean[:, 30:], rtol=1e-9)


def test_a_rule_that_all_meet_is_the_rule_without_a_date():
    names = {"soh_import_start": 2005, "soh_import_ramp": 0, "soh_import_evaded": 0.0, "soh_import_error": 0.0}
    study = mcsim.load("fleet").set(minimum_soh_import=0.8)
    found, there = evaluated(changed("lever-soh-import", **names)), evaluated(study)
    assert differing(found, there) == set()


@pytest.mark.parametrize("name", ["lever-take-back", "lever-clean-grid"])
def test_a_package_of_one_lever_is_the_lever(tmp_path, name):
    package = file_of(tmp_path, "one", f'[study]\nextends = "fleet"\noverlays = ["{name}"]\n')
    assert differing(evaluated(mcsim.load(package)), evaluated(over_fleet(name))) == set()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_holds_the_inputs_of_its_levers(name):
    path = Path(fleet.__file__).parent / f"{name}.toml"
    levers = tomllib.loads(path.read_text())["study"]["overlays"]
    package = {item.name: item.distribution for item in over_fleet(name).inputs}
    today = {item.name: item.distribution for item in mcsim.load("fleet").inputs}
    expected = dict(today)
    for lever in levers:
        expected |= {key: text for key, text in distributions(lever).items() if text != today[key]}
    assert len(levers) > 1
    assert package == expected


def distributions(name):
    return {item.name: item.distribution for item in over_fleet(name).inputs}


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        ('"lever-tariff", "lever-tariff"', r"study\.overlays: stands twice \(got 'lever-tariff'\); each once"),
        ('"lever-tarif"', r"study\.overlays: lever-tarif: no such study.*lever-tariff"),
        ('"ishigami"', r"study\.overlays: ishigami: no overlay"),
    ],
)
def test_a_package_refuses_what_is_no_lever(tmp_path, levers, message):
    package = file_of(tmp_path, "two", f'[study]\nextends = "fleet"\noverlays = [{levers}]\n')
    with pytest.raises(mcsim.InputError, match=message):
        mcsim.load(package)


def test_overlays_lie_over_a_study(tmp_path):
    package = file_of(tmp_path, "bare", '[study]\nmodel = "m.py:model"\noverlays = ["lever-tariff"]\n')
    with pytest.raises(mcsim.InputError, match=r"study\.overlays: lie over nothing"):
        mcsim.load(package)


def test_a_start_outside_the_horizon_is_refused():
    with pytest.raises(mcsim.InputError, match=r"tariff_start.*2060.*2050"):
        changed("lever-tariff", tariff_start=2060)


def test_a_rule_that_starts_in_other_years_leaves_no_trace_in_the_draws_after():
    # Blocks of draws share their tables: who crosses unchecked in one draw is nobody in the next that has its place.
    from mcsim.engine.evaluation import model_inputs
    from mcsim.study import Context

    study, n = over_fleet("lever-soh-export"), 40
    inputs = dict(model_inputs(study, drawn(study, n), n))
    inputs["soh_export_start"] = np.linspace(2026.0, 2049.0, n)[::-1].copy()
    inputs["soh_export_strength"] = np.where(np.arange(n) % 3 == 0, 0.0, 1.0)
    inputs["soh_export_evaded"] = np.full(n, 0.4)
    together = study.model.evaluate(inputs, Context(study.options, 1, np.arange(n)))
    for row in (17, 18, 39):
        one = {name: values[row : row + 1] for name, values in inputs.items()}
        alone = study.model.evaluate(one, Context(study.options, 1, np.arange(1)))
        for name in ("retired_packs", "registrations", "retired_battery_mass_total"):
            np.testing.assert_array_equal(together[name][row], alone[name][0])
