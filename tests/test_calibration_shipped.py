"""The shipped calibrations: the battery law on fleets in use, the fleet on its history; and their tables."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

import mcsim
from mcsim.engine.conditioned import condition
from mcsim.store.posterior import read_rows_of
from mcsim.studies.common.battery_law import AGES, evaluate
from mcsim.study import Context, InputError

ROOT = Path(__file__).resolve().parent.parent
TABLES = {
    "battery-law": ROOT / "studies" / "common" / "data" / "posterior_battery_law.csv",
    "fleet": ROOT / "studies" / "fleet" / "data" / "posterior_history.csv",
}


@pytest.fixture(scope="module")
def law():
    return {method: mcsim.calibrate(mcsim.load("battery-law"), method=method) for method in ("importance", "sampler")}


def test_weights_and_sampler_agree_on_the_battery_law(law):
    weighed, walked = (law[method].inputs.set_index("input") for method in ("importance", "sampler"))
    assert weighed.index.tolist() == walked.index.tolist()
    sd = (weighed["p97.5"] - weighed["p2.5"]) / 3.92
    assert ((weighed["p50"] - walked["p50"]).abs() / sd).max() < 0.15
    assert walked["width"].tolist() == pytest.approx(weighed["width"].tolist(), rel=0.1)
    assert walked["r_hat"].max() < 1.05
    assert law["importance"].sample.khat < 0.7


def test_field_evidence_narrows_the_rate_of_loss_and_one_source_is_surer_than_four(law):
    pooled = law["importance"].inputs.set_index("input").loc["annual_degradation", "width"]
    study = mcsim.load("battery-law")
    alone = mcsim.calibrate(study, group=["capacity_loss:TESLA3_LR_SURVEY", "replaced_share"])
    assert alone.inputs.set_index("input").loc["annual_degradation", "width"] < pooled < 0.9
    assert "between capacity_loss" in law["importance"].tree()["posterior"]
    assert "between capacity_loss" not in alone.tree()["posterior"]


def test_the_battery_law_is_that_of_packs_drawn_one_by_one():
    """A pack is gone where its loss has reached what the warranty allows, or by a defect; its rate is its own."""
    rate, knee, growth, allowed, shape, defects = 0.018, 11.0, 0.15, 0.3, 4.0, 0.004
    generator = np.random.default_rng(5)
    n = 400_000
    # Lives of shape k around the median's: life = median * (E / ln 2)^(1/k). A pack that lives x times as long loses,
    # at any age, what makes its loss reach the threshold then.
    values = {
        "annual_degradation": np.array([rate]),
        "knee_age": np.array([knee]),
        "knee_sharpness": np.array([growth]),
        "warranty_loss": np.array([allowed]),
        "pack_life_shape": np.array([shape]),
        "defect_hazard": np.array([defects]),
    }
    found = evaluate(values, Context({}, 1, np.zeros(1, np.int64), 1))
    ages = np.linspace(0, 40, 40_001)
    median_loss = rate * ages * np.exp(growth * np.maximum(ages - knee, 0.0))
    median_life = ages[np.searchsorted(median_loss, allowed)]
    life = median_life * (generator.exponential(size=n) / np.log(2)) ** (1 / shape)
    gone = np.minimum(life, generator.exponential(size=n) / defects)
    for age in (4.0, 8.0, 12.0):
        at = AGES.index(age)
        assert found["replaced_share"][0, at] == pytest.approx((gone <= age).mean(), abs=0.003)
    # Rates spread lognormally, and those that wore out are the fastest: the median of the others at 12 years.
    factor = np.exp(np.pi / (np.sqrt(6) * shape) * generator.standard_normal(n))
    at = AGES.index(12.0)
    worn = 1 - np.exp(-np.log(2) * (12.0 / median_life) ** shape)
    kept = np.sort(factor)[: int(n * (1 - worn))]
    expected = np.median(kept) * rate * 12.0 * np.exp(growth * (12.0 - knee))
    assert found["capacity_loss"][0, at] == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("name", TABLES)
def test_a_shipped_table_names_what_it_was_made_of(name):
    record = read_rows_of(TABLES[name]).record
    assert record["study"] == name
    assert re.fullmatch("[0-9a-f]{64}", record["fingerprint"])
    assert re.fullmatch("[0-9a-f]{64}", record["observations"])
    sources = {item.source for item in mcsim.load(name).calibration.observations}
    assert set(record["sources"]) == sources
    assert record["khat"] < 0.7
    assert record["ess"] > 400


@pytest.mark.parametrize("name", ["battery-law", "fleet", "battery-circularity", "second-hand-ev-field", "clean-grid"])
def test_the_studies_as_they_are_take_the_shipped_tables(name):
    """Where this fails, an input or an observed output has changed: docs/scripts/shipped_posteriors.py --write."""
    study = condition(mcsim.load(name), "shipped")
    assert all(rows.columns for rows in study.posterior)
    assert study.posterior[0].said == "shipped"


def test_observations_that_changed_make_another_posterior():
    record = read_rows_of(TABLES["fleet"]).record
    observations = mcsim.load("fleet").calibration.observations
    assert set(record["centre"]) == {item.name for item in observations}


def test_a_fleet_on_its_history_repeats_weighs_both_clocks_and_is_narrower():
    fleet = mcsim.load("fleet")
    keep = ("mean_fleet_age",)
    whole = mcsim.run(fleet, 2000, posterior="shipped", keep=keep)
    again = mcsim.run(fleet, 2000, posterior="shipped", keep=keep, jobs=1, chunk=512)
    assert all((whole.inputs[name] == again.inputs[name]).all() for name in whole.inputs)
    assert (whole.kept["mean_fleet_age"] == again.kept["mean_fleet_age"]).all()
    assert 0.8 < (whole.inputs["import_clock"] == 0).mean() < 1.0  # 0 is `renewed`
    prior = mcsim.run(fleet, 2000)

    def width(result):
        row = result.summary("mean_fleet_age", year=2030).iloc[0]
        return row["p97.5"] - row["p2.5"]

    assert width(whole) < 0.85 * width(prior)
    conditional = mcsim.run(fleet.set(import_clock="conditional"), 300, posterior="shipped")
    assert "import_clock" not in conditional.inputs


def test_a_fleet_of_another_past_does_not_take_the_posterior():
    with pytest.raises(InputError, match=r"another state of fleet: .*calibrate again"):
        mcsim.run(mcsim.load("fleet").set(unregistered="on"), 100, posterior="shipped")
    with pytest.raises(InputError, match=r"initial_stock: was set .*calibrate again"):
        mcsim.run(mcsim.load("fleet").set(initial_stock=16e6), 100, posterior="shipped")


def test_the_table_of_the_battery_law_in_the_documents_is_what_its_script_prints(law, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "scripts"))
    spec = importlib.util.spec_from_file_location("calibration_page", ROOT / "docs" / "scripts" / "calibration.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    from blocks import find_blocks

    shown = find_blocks((ROOT / "docs" / "calibration.md").read_text())["calibration law"]
    printed = page.inputs_table(law["importance"])

    def numbers(text):
        return [float(found) for found in re.findall(r"\d+\.?\d*", text)]

    assert numbers(printed) == pytest.approx(numbers(shown), rel=0.02)
