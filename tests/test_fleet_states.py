"""Where packs land: the table of states, the allocation, the concentration index, the study."""

import numpy as np
import pytest

import mcsim
from mcsim.distributions import Dirichlet
from mcsim.engine.evaluation import evaluate_centre
from mcsim.kernels.cohorts.records import EV, SECOND_HAND
from mcsim.studies.fleet.states import allocate, landing, outputs, read_states, share_input, totals
from mcsim.studies.fleet.unevenness import concentration_index, elasticity, lorenz
from mcsim.study import InputError
from mcsim.study.tables import table_from_rows


@pytest.fixture(scope="module")
def study():
    return mcsim.load("fleet-states")


@pytest.fixture(scope="module")
def states(study):
    return read_states(study.tables["states"])


def rows_of(states, **more):
    """Rows of a table with the states' population, and quantities over it."""
    columns = {"population": states.columns["population"], **more}
    return [
        {
            "state": name,
            "quantity": quantity,
            "value": str(value),
            "unit": "people" if quantity == "population" else "-",
            "source": "made up",
        }
        for quantity, values in columns.items()
        for name, value in zip(states.names, values, strict=False)
    ]


def with_more(states, **more):
    return read_states(table_from_rows("states", rows_of(states, **more), origin="mine.csv"))


def test_the_shipped_table_is_the_census(states):
    assert len(states.names) == 32
    assert states.columns["population"].sum() == 126_014_024
    assert states.columns["imports"].sum() == pytest.approx(1.0, abs=1e-4)
    assert states.columns["stock"].sum() == 38_039_898


def test_allocation_keeps_the_national_flow(states):
    packs = np.array([[[10.0, 0.0]], [[1e6, 3.0]]])
    even = np.full((2, 32), 1 / 32)
    by_state = allocate(states, packs, {"new": even, "second-hand": even})
    np.testing.assert_allclose(by_state.sum(axis=2), packs.sum(axis=2))


def test_shares_scatter_around_the_carrier(states):
    prior = share_input(states, "new").default
    assert isinstance(prior, Dirichlet)
    drawn = prior.ppf(np.random.default_rng(1).random((4000, prior.columns())))
    expected = states.columns["new_sales"] / states.columns["new_sales"].sum()
    error = np.sqrt(expected * (1 - expected) / 301 / 4000)
    assert (np.abs(drawn.mean(axis=0) - expected) < 5 * error).all()


def test_imports_by_state_carry_the_packs_of_imports_alone(states):
    found = with_more(states, imports=[0, 0, *range(1, 31)])
    assert share_input(found, "second-hand").labels == states.names[2:]
    assert share_input(found, "new").labels == states.names


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


@pytest.mark.parametrize("one_order", [True, False])
def test_the_index_is_one_less_twice_the_area_under_the_curve(one_order):
    rng = np.random.default_rng(2)
    amount, people = rng.random((3, 4, 9)), rng.random(9)
    order = rng.random(9) if one_order else amount / people
    x, y = lorenz(amount, people, order)
    np.testing.assert_allclose(concentration_index(amount, people, order), 1.0 - 2.0 * np.trapezoid(y, x, axis=-1))


def test_lorenz_curve_runs_from_nothing_to_everything():
    x, y = lorenz(np.array([1.0, 3.0]), np.ones(2), np.array([1.0, 3.0]))
    np.testing.assert_allclose(x, [0, 0.5, 1])
    np.testing.assert_allclose(y, [0, 0.25, 1])


def test_landing_reports_packs_per_thousand_people(states):
    found = landing(with_more(states, income=range(100, 132)), (states.columns["population"] / 1000.0)[None, None])
    np.testing.assert_allclose(found["state_packs_per_1000"], 1.0)
    np.testing.assert_allclose(found["state_concentration"], 0.0, atol=1e-12)


def test_no_index_without_income(states):
    bare = with_more(states)
    assert "state_concentration" not in {output.name for output in outputs(bare)}
    assert "state_concentration" in {output.name for output in outputs(states)}


def test_used_evs_and_mass_by_state_are_those_of_the_fleet(study):
    fleet = evaluate_centre(mcsim.load("fleet"))
    found = evaluate_centre(study)
    used = fleet["stock"][0, 2013 - 2005 :, SECOND_HAND, EV]
    np.testing.assert_allclose(found["state_used_ev_stock"][0].sum(axis=0), used)
    mass = fleet["retired_battery_mass"][0, 2013 - 2005 :].sum(axis=1)
    np.testing.assert_allclose(found["state_retired_battery_mass"][0].sum(axis=0), mass)
    packs = found["state_retired_packs_per_1000"][0]
    np.testing.assert_allclose(packs.T, found["state_packs_per_1000"][0])
    national = fleet["landfilled_battery_mass"][0, -1] / fleet["battery_destination"][0, -1].sum()
    share = found["state_landfilled_share"][0, :, -1]
    assert share.min() < national < share.max()


def test_used_evs_land_along_the_border_by_the_table(study):
    found = evaluate_centre(study)["state_used_ev_stock"][0, :, -1]
    order = [study.outputs[0].dims[1].coords[place] for place in np.argsort(-found)[:4]]
    assert {"México", "Baja California"} <= set(order)


def test_a_study_with_income_by_state_gives_the_index(states, tmp_path):
    lines = [",".join(row.values()) for row in rows_of(states, income=range(100, 132))]
    (tmp_path / "mine.csv").write_text("\n".join(["state,quantity,value,unit,source", *lines]), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(
        '[study]\nname = "mine"\ntitle = "t"\nquestion = "q"\nversion = "1"\nextends = "fleet-states"\n'
        '[tables.states]\nfile = "mine.csv"\n',
        encoding="utf-8",
    )
    found = evaluate_centre(mcsim.load(tmp_path / "mine.toml"))
    assert (np.abs(found["state_concentration"]) < 1.0).all()


def test_packs_by_state_are_those_of_the_fleet(study):
    result = mcsim.run(study, draws=5, seed=3)
    fleet = mcsim.run(mcsim.load("fleet"), draws=5, seed=3)
    national = fleet.values("retired_packs")[:, 2013 - 2005 :].sum(axis=2)
    np.testing.assert_allclose(
        result.values("state_retired_packs").sum(axis=2), national, rtol=1e-6
    )  # kept in single precision


def test_a_quantity_for_some_states_only_is_refused(states):
    with pytest.raises(InputError, match=r"income\]: missing cell \(got 1 of 32 states\)"):
        with_more(states, income=[5.0])


def test_an_unknown_quantity_is_refused_with_the_closest(states):
    with pytest.raises(InputError, match=r"unknown quantity .*did you mean 'income'"):
        with_more(states, incomes=[5.0])


def test_a_misspelt_state_is_refused_with_the_nearest(states):
    rows = rows_of(states, income=range(100, 132))
    rows[-32 + states.names.index("Chihuahua")]["state"] = "Chihuaha"
    with pytest.raises(InputError, match=r"states\[Chihuaha,population\]: missing cell .*did you mean 'Chihuahua'"):
        read_states(table_from_rows("states", rows, origin="mine.csv"))


def test_every_state_has_a_tile_of_its_own(study, states):
    tiles = study.labels.tiles["state"]
    assert set(tiles) == set(states.names)
    assert len({tile[:2] for tile in tiles.values()}) == 32


def test_elasticity_is_the_weighted_slope_of_logarithms():
    rng = np.random.default_rng(5)
    people, quantity = rng.uniform(1, 9, 12), rng.uniform(1, 50, 12)
    amount = people * 3.0 * quantity**-0.7 * np.exp(0.1 * rng.standard_normal((4, 12)))
    expected = [
        np.polyfit(np.log(quantity), np.log(row / people), 1, w=np.sqrt(people))[0] for row in amount
    ]  # polyfit weighs residuals, not their squares
    np.testing.assert_allclose(elasticity(amount, people, quantity), expected)
    amount[:, 3] = 0.0
    rest = np.arange(12) != 3
    np.testing.assert_allclose(
        elasticity(amount, people, quantity), elasticity(amount[:, rest], people[rest], quantity[rest])
    )


@pytest.mark.parametrize("amount", [[0.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
def test_elasticity_of_nobody_or_of_one_group_is_undefined(amount):
    assert np.isnan(elasticity(np.array(amount), np.ones(3), np.array([1.0, 2.0, 3.0])))
    assert np.isnan(elasticity(np.ones(3), np.ones(3), np.full(3, 0.1)))


def test_totals_by_state_are_those_of_the_country(states):
    rng = np.random.default_rng(6)
    fleet = {
        "retired_packs": rng.random((2, 46, 2)),
        "stock": rng.random((2, 46, 2, 3)),
        "battery_destination": rng.random((2, 46, 2, 4)),
    }
    shares = {origin: np.full((2, 32), 1 / 32) for origin in ("new", "second-hand")}
    found = {
        name: give() for name, give in totals(states, {k: lambda v=v: v for k, v in fleet.items()}, shares).items()
    }
    people = states.columns["population"]
    packs = fleet["retired_packs"].sum(axis=1)
    np.testing.assert_allclose((found["state_packs_total_per_1000"] * people).sum(axis=1) / 1e3, packs.sum(axis=1))
    second = (found["state_second_hand_packs_total_per_1000"] * people).sum(axis=1) / 1e3
    np.testing.assert_allclose(second, packs[:, SECOND_HAND])
    used = (found["state_used_evs_per_1000"] * people).sum(axis=1) / 1e3
    np.testing.assert_allclose(used, fleet["stock"][:, -1, SECOND_HAND, EV])
    curves = found["state_lorenz"]
    np.testing.assert_allclose(curves[:, :, [0, -1]], [[[0, 1]] * 2] * 2, atol=1e-12)
    assert (np.diff(curves[:, 0], n=2, axis=1) > -1e-12).all()  # a Lorenz curve bends upwards
    assert (np.diff(curves, axis=2) > 0).all()


def test_distance_to_the_border_is_least_on_it(states):
    distance = dict(zip(states.names, states.columns["border_distance"], strict=True))
    nearest = sorted(distance, key=distance.get)[:6]
    assert set(nearest) == {"Baja California", "Chihuahua", "Tamaulipas", "Nuevo León", "Sonora", "Coahuila"}


def test_second_hand_packs_land_nearer_the_border_than_new_ones(study):
    found = evaluate_centre(study)
    dims = [dim.coords for dim in study.output("state_elasticity_by_origin").dims]
    slope = found["state_elasticity_by_origin"][0][:, dims[1].index("border_distance")]
    assert slope[SECOND_HAND] < slope[1 - SECOND_HAND]
    assert slope[SECOND_HAND] < 0
