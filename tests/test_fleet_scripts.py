"""The fleet's scripts beside the documents: the hindcast and the figures."""

import importlib.util
import sys
from pathlib import Path

import pytest

import mcsim

SCRIPTS = Path(__file__).resolve().parent.parent / "docs" / "scripts"


def script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))  # as when it is run as a program
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def hindcast():
    return script("fleet_hindcast")


def test_hindcast_prints_errors_and_writes_the_picture(hindcast, tmp_path, capsys):
    hindcast.main(["--draws", "40", "--out", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "second_hand_share  2022  registered light vehicles                conditional" in printed
    assert (tmp_path / "hindcast.svg").stat().st_size > 1000
    assert len((tmp_path / "hindcast.csv").read_text().splitlines()) == 1 + 3 * 19 + 1


def test_plug_ins_are_flows_whose_sum_is_what_was_told_to_date(hindcast):
    # EMA: 37,920 to the end of 2023, 204,269 to that of 2025 = 37,920 + 69,713 + 96,636.
    seen = {(row.quantity, row.year): row for row in hindcast.read_observed()}
    assert seen["new_evs_to_date", 2025].value == seen["new_evs_to_date", 2023].value + 69_713 + 96_636
    table = mcsim.load("fleet").tables["mx_ev_sales"]
    sold = dict(zip(table.index, table.value, strict=True))
    assert sold["bev", "2025"] + sold["phev", "2025"] == 96_636
    assert sold["bev", "2023"] + sold["phev", "2023"] < 0.6 * 37_920
    rows = hindcast.compare(hindcast.simulate(100, 1))
    assert all(row.meets for row in rows if row.quantity == "new_evs_to_date")


def test_vehicles_keep_the_scope_of_their_count(hindcast):
    rows = hindcast.compare(hindcast.simulate(100, 1))
    irregular = next(row for row in rows if row.quantity == "irregular_stock")
    assert irregular.reading == "unregistered"
    assert irregular.high == float("inf")
    assert irregular.p5 > irregular.observed == 2_987_839
    scopes = {row.scope: row.observed for row in rows if (row.quantity, row.year) == ("us_stock", 2021)}
    assert scopes == {"vehicles in operation (S&P)": 283e6, "light-duty stock (EIA)": 260_088_654}


def test_hindcast_band_of_the_renewed_clock_meets_the_stock_and_the_peak_of_imports(hindcast):
    rows = hindcast.compare(hindcast.simulate(300, 1))
    met = {(row.quantity, row.scope, row.year): row.meets for row in rows if row.reading == "renewed"}
    assert met["stock", hindcast.REGISTERED, 2022]
    assert met["second_hand_share", hindcast.REGISTERED, 2014]


def test_calibration_ranks_by_misfit_with_history_alone(hindcast):
    misfits = [row[2] for row in hindcast.calibration()]
    assert misfits == sorted(misfits)
    assert misfits[0] < 1.0


def test_figures_are_written(tmp_path):
    script("fleet_figures").main(["--draws", "20", "--out", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batteries.svg", "stocks.svg"]


@pytest.fixture(scope="module")
def ncst():
    return script("fleet_ncst")


def test_the_replication_preset_is_the_best_of_the_open_choices(ncst):
    found = ncst.search()
    assert len(found) == 2 * 2 * 4 * 2 * 2 * 3 * 2 * 3
    best = found[0]
    preset = mcsim.load("fleet-ncst")
    held = {item.name: item.distribution.median() for item in preset.inputs}
    assert dict(best.setting) == {
        name: preset.options.get(name, held.get(name)) for name in (*ncst.OPTIONS, *ncst.INPUTS)
    }
    assert best.met == 7
    assert [one.setting["tradable"] for one in found if one.met == 7] == ["all"] * sum(one.met == 7 for one in found)


def test_the_replication_preset_prints_what_the_source_prints_but_for_the_age(ncst):
    centre = dict(ncst.undone())["fleet-ncst"]
    inside = [figure.low <= value <= figure.high for figure, value in zip(ncst.PRINTED, centre, strict=True)]
    assert inside == [figure.output != "mean_fleet_age" for figure in ncst.PRINTED]


def test_each_mending_moves_what_it_says(capsys):
    script("fleet_mendings").main(["--draws", "60"])
    rows = {line[:56].strip(): line[56:].split() for line in capsys.readouterr().out.splitlines()[1:]}
    shipped = rows["as shipped"]
    assert len(rows) == 9
    moved = {name: [one != two for one, two in zip(row, shipped, strict=True)] for name, row in rows.items()}
    # Columns: mass new, second-hand, second-hand share, charging, landfilled, no crossover; a median and a band each.
    assert moved["charging without losses of the grid"] == [False] * 6 + [True] * 2 + [False] * 3
    assert moved["recyclers for 1,000,000 t a year"] == [False] * 8 + [True] * 2 + [False]
    assert all(moved["packs leave in Mexico as in the US"][:4])
    assert moved["a crossover told of any mass"] == [False] * 10 + [True]


def test_tables_of_the_page_are_printed(capsys):
    script("fleet_tables").main(["--draws", "20"])
    printed = capsys.readouterr().out
    assert "retired mass, second-hand, kt/yr" in printed
    assert "battery_law = capacity_cdf, tradable = all" in printed
