"""The second corridor is data, and what the model learned from it does what it says."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from test_docs_scripts import assert_same_digits

import mcsim
from mcsim.engine.evaluation import evaluate_centre
from mcsim.studies import japan_new_zealand as package
from mcsim.study import Context, InputError

FOLDER = Path(package.__path__[0])
STUDY = FOLDER / "fleet-jp-nz.toml"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def study():
    return mcsim.load(STUDY)


@pytest.fixture(scope="module")
def drawn(study):
    rng = np.random.default_rng(7)
    scalars = {item.name: item.distribution.ppf(rng.random(3)) for item in study.inputs if item.table is None}
    tables = {name: np.tile(table.value, (3, 1)) for name, table in study.tables.items()}
    return {name: np.asarray(values, float) for name, values in (scalars | tables).items()}


def evaluated(study, drawn, **changed):
    values = drawn | {name: np.full(3, float(value)) for name, value in changed.items()}
    context = Context(study.options, 1, np.arange(3))
    found = study.model.evaluate(values, context)
    return {output.name: output.expand(found[output.name]) for output in study.outputs if output.name in found}


def copied(folder):
    """Put the studies that share tables beside each other in a folder and return the corridor's file."""
    for room in ("japan_new_zealand", "fleet", "common"):
        shutil.copytree(FOLDER.parent / room, folder / room, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder / "japan_new_zealand" / STUDY.name


def test_the_corridor_is_data_alone():
    code = [path.name for path in FOLDER.rglob("*.py")]
    assert code == ["__init__.py"]
    assert len((FOLDER / "__init__.py").read_text().splitlines()) == 1


def test_a_car_that_leaves_for_a_cleaner_grid_warms_less():
    vehicle = mcsim.load(FOLDER / "vehicle-jp-nz.toml")
    assert [item.name for item in vehicle.inputs if item.source in ("", "default of the model")] == []
    found = evaluate_centre(vehicle)
    change = vehicle.output("impact_change_at_trade")
    values = change.expand(found["impact_change_at_trade"])[0]
    cars, references, categories = (list(dim.coords) for dim in change.dims)
    kept = values[:, references.index("stay-jp"), categories.index("gwp")]
    for car in ("ev-24kwh", "ev-30kwh", "ev-40kwh"):
        # A hybrid, which takes no electricity, gains by distance alone.
        assert kept[cars.index(car)] < kept[cars.index("hev-compact")] < 0.0
    mean = vehicle.output("mean_grid_intensity")
    grid = mean.expand(found["mean_grid_intensity"])[0]
    assert np.nanmin(grid) < 0.25 * np.nanmax(grid)


def test_the_vehicle_study_speaks_spanish_and_names_no_country_of_the_other_corridor():
    from mcsim.study.language import untold

    vehicle = mcsim.load(FOLDER / "vehicle-jp-nz.toml")
    assert list(untold(vehicle, "es")[0]) == []
    text = (FOLDER / "data" / "vehicle_labels.csv").read_text()
    assert not [word for word in ("Mexic", "Méxic", "United States", "EE. UU.") if word in text]


def test_every_row_of_its_tables_has_a_source(study):
    assert [item.name for item in study.inputs if item.source in ("", "default of the model")] == []
    assert len(study.calibration.observations) == 31


def test_vehicles_are_conserved(study, drawn):
    found = evaluated(study, drawn)
    stock, came, gone = (found[name] for name in ("stock", "registrations", "deregistrations"))
    assert stock.min() >= 0.0
    np.testing.assert_allclose(np.diff(stock, axis=1), (came - gone)[:, 1:], atol=1e-6)


def test_its_centre_is_alive(study):
    found = evaluate_centre(study)
    assert all(np.isfinite(np.asarray(found[name])).all() for name in ("used_ev_exports", "retired_battery_mass"))


def test_evs_that_leave_home_sooner_are_those_of_a_curve_stretched_as_much(study, drawn):
    apart = evaluated(study, drawn, jp_survival_stretch=1, jp_ev_survival_stretch=0.6)["jp_stock"]
    whole = evaluated(study, drawn, jp_survival_stretch=0.6, jp_ev_survival_stretch=1)["jp_stock"]
    plain = evaluated(study, drawn, jp_survival_stretch=1, jp_ev_survival_stretch=1)["jp_stock"]
    np.testing.assert_array_equal(apart[..., 2], whole[..., 2])
    np.testing.assert_array_equal(apart[..., :2], plain[..., :2])
    assert (apart[:, 20:, 2] < plain[:, 20:, 2]).all()


def test_a_first_stock_is_second_hand_in_the_share_told(study, drawn):
    none, half, whole = (evaluated(study, drawn, initial_second_hand_share=part)["stock"] for part in (0, 0.5, 1))
    np.testing.assert_allclose(none.sum(axis=2), whole.sum(axis=2), rtol=1e-12)
    np.testing.assert_allclose(half, 0.5 * (none + whole), rtol=1e-9, atol=1e-6)
    moved = whole[:, 0, 1, 0] - none[:, 0, 1, 0]
    assert ((moved > 0.85 * drawn["initial_stock"]) & (moved < drawn["initial_stock"])).all()


@pytest.mark.parametrize("table", ["jp_ev_sales", "nz_imports", "import_ages", "grid_losses"])
def test_a_table_that_is_missing_is_told(tmp_path, table):
    file = copied(tmp_path)
    (file.parent / "data" / f"{table}.csv").unlink()
    with pytest.raises(InputError, match=table):
        mcsim.load(file)


def test_a_year_that_is_missing_is_told(tmp_path):
    file = copied(tmp_path)
    imports = file.parent / "data" / "nz_imports.csv"
    lines = imports.read_text().splitlines(keepends=True)
    imports.write_text("".join(line for line in lines if not line.startswith("2011,")))
    with pytest.raises(InputError, match=r"nz_imports\[2011\]: missing year"):
        mcsim.load(file)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ('home = "jp", host = "jp"', "host: the same as home"),
        ('home = "jp", host = "new zealand"', "host: not a word"),
        ('home = "jp"', "host"),
        ('home = "jp", host = "au"', r"tables: au_sales: missing"),
    ],
)
def test_labels_that_make_no_corridor_are_refused(tmp_path, labels, told):
    file = copied(tmp_path)
    file.write_text(file.read_text().replace('home = "jp", host = "nz"', labels))
    with pytest.raises(InputError, match=told):
        mcsim.load(file)


def test_the_tables_of_the_page_are_what_their_script_prints(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "scripts"))
    from blocks import find_blocks
    from corridor import blocks

    page = find_blocks((ROOT / "docs" / "corridor.md").read_text())
    for name, text in blocks(2000).items():
        assert_same_digits(page[name], text)
    for name in ("blocks", "corridor"):
        sys.modules.pop(name, None)
