"""Where it lands: the table of states, the allocation, the concentration index; and the hindcast beside it."""

import numpy as np
import pytest

from mcsim.studies.fleet import figures, hindcast
from mcsim.studies.fleet.priors import read_priors
from mcsim.studies.fleet.states import allocate, concentration_index, landing, lorenz, read_states
from mcsim.study import InputError

HEADER = "state,quantity,value,unit,source\n"


def with_income(tmp_path, **changes):
    states = read_states().names
    rows = [f"{name},income,{changes.get(name, 100 + place)},MXN,made up\n" for place, name in enumerate(states)]
    path = tmp_path / "mine.csv"
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return read_states(path)


def test_the_shipped_table_is_the_census():
    states = read_states()
    assert len(states.names) == 32
    assert states.columns["population"].sum() == 126_014_024
    assert "income" in states.missing


def test_allocation_keeps_the_national_flow():
    flow = np.array([10.0, 1e6])
    by_state = allocate(read_states(), flow, "second-hand")
    np.testing.assert_allclose(by_state.sum(axis=1), flow)


def test_shares_scatter_around_the_carrier():
    states = read_states()
    by_state = allocate(states, np.ones(4000), "new", concentration=300.0)
    expected = states.columns["population"] / states.columns["population"].sum()
    error = np.sqrt(expected * (1 - expected) / 301 / 4000)
    assert (np.abs(by_state.mean(axis=0) - expected) < 5 * error).all()


def test_equal_packs_per_person_have_no_concentration():
    people = np.array([5.0, 1.0, 3.0])
    assert concentration_index(2 * people, people, np.array([3.0, 1.0, 2.0])) == pytest.approx(0.0, abs=1e-15)


def test_packs_in_the_poorest_state_give_a_negative_index():
    people = np.ones(10)
    assert concentration_index(np.eye(10)[0], people, np.arange(10.0)) == pytest.approx(-0.9)


def test_gini_equals_its_mean_difference_form():
    amount = np.random.default_rng(1).random(30)
    pairs = np.abs(amount[:, None] - amount).sum() / (2 * 30**2 * amount.mean())
    assert concentration_index(amount, np.ones(30), amount) == pytest.approx(pairs)


def test_lorenz_curve_runs_from_nothing_to_everything():
    x, y = lorenz(np.array([1.0, 3.0]), np.ones(2), np.array([1.0, 3.0]))
    np.testing.assert_allclose(x, [0, 0.5, 1])
    np.testing.assert_allclose(y, [0, 0.25, 1])


def test_landing_reports_packs_per_thousand_people(tmp_path):
    states = with_income(tmp_path)
    found = landing(states, np.outer([1.0, 2.0], states.columns["population"]) / 1000)
    np.testing.assert_allclose(found["per_1000"], np.outer([1.0, 2.0], np.ones(32)))
    np.testing.assert_allclose(found["concentration"], 0.0, atol=1e-12)


def test_no_index_without_income():
    states = read_states()
    with pytest.raises(InputError, match="income: missing quantity"):
        landing(states, np.ones((1, 32)))


def test_a_quantity_for_some_states_only_is_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(HEADER + "Sonora,income,5,MXN,made up\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"income\]: missing cell \(got 1 of 32 states\)"):
        read_states(path)


def test_an_unknown_quantity_is_refused_with_the_closest(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(HEADER + "Sonora,incomes,5,MXN,made up\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"unknown quantity .*did you mean 'income'"):
        read_states(path)


def test_hindcast_prints_errors_and_writes_the_picture(tmp_path, capsys):
    assert hindcast.main(["--draws", "40", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "second_hand_share    2022  conditional" in printed
    assert (tmp_path / "hindcast.svg").stat().st_size > 1000
    assert len((tmp_path / "hindcast.csv").read_text().splitlines()) == 1 + 2 * 8


def test_hindcast_band_of_the_renewed_clock_meets_the_stock_and_the_peak_of_imports():
    priors = read_priors()
    rows = hindcast.hindcast(priors.model, priors.draw(300), priors.options)
    met = {(row.quantity, row.year): row.meets for row in rows if row.clock == "renewed"}
    assert met["stock", 2022]
    assert met["second_hand_share", 2014]


def test_calibration_ranks_by_misfit_with_history_alone():
    priors = read_priors()
    ranked = hindcast.calibration(priors.model, priors.draw(0), priors.options)
    misfits = [row[2] for row in ranked]
    assert misfits == sorted(misfits)
    assert ranked[0][2] < 1.0


def test_figures_are_written(tmp_path):
    assert figures.main(["--draws", "20", "--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batteries.svg", "stocks.svg"]
