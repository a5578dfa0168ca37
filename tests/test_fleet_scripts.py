"""The fleet's scripts beside the documents: the hindcast and the figures."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent / "docs" / "scripts"


def script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def hindcast():
    return script("fleet_hindcast")


def test_hindcast_prints_errors_and_writes_the_picture(hindcast, tmp_path, capsys):
    hindcast.main(["--draws", "40", "--out", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "second_hand_share    2022  conditional" in printed
    assert (tmp_path / "hindcast.svg").stat().st_size > 1000
    assert len((tmp_path / "hindcast.csv").read_text().splitlines()) == 1 + 2 * 8


def test_hindcast_band_of_the_renewed_clock_meets_the_stock_and_the_peak_of_imports(hindcast):
    rows = hindcast.compare(hindcast.simulate(300, 1))
    met = {(row.quantity, row.year): row.meets for row in rows if row.clock == "renewed"}
    assert met["stock", 2022]
    assert met["second_hand_share", 2014]


def test_calibration_ranks_by_misfit_with_history_alone(hindcast):
    misfits = [row[2] for row in hindcast.calibration()]
    assert misfits == sorted(misfits)
    assert misfits[0] < 1.0


def test_figures_are_written(tmp_path):
    script("fleet_figures").main(["--draws", "20", "--out", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batteries.svg", "stocks.svg"]
