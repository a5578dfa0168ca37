"""The figures that the shipped studies hold their runs against."""

import pytest

import mcsim
from mcsim.study.load import find_studies, load

VERDICTS = {"inside", "overlaps", "outside", "holds", "fails", "undefined", "unreached"}
OWN = (
    "fleet",
    "fleet-ncst",
    "second-hand-ev",
    "second-hand-ev-ncst",
    "second-hand-ev-field",
    "cell-onshoring",
    "battery-circularity",
)


@pytest.mark.parametrize("name", [*OWN, "export-check"])
def test_every_figure_is_judged_and_what_lies_elsewhere_has_its_reason(name):
    rows = mcsim.printed(mcsim.run(load(name), draws=60, seed=1, quiet=True))
    assert set(rows["verdict"]) <= VERDICTS
    elsewhere = rows["verdict"].isin(["outside", "fails", "undefined", "unreached"])
    assert rows.loc[elsewhere & (rows["why"] == ""), "figure"].tolist() == []
    assert (rows["verdict"] != "unreached").any()


def test_the_replication_of_the_fleet_gives_its_source_where_the_shipped_study_does_not():
    def verdicts(name):
        rows = mcsim.printed(mcsim.run(load(name), draws=200, seed=1, quiet=True))
        return rows.set_index("output")["verdict"]

    ours, theirs = verdicts("fleet"), verdicts("fleet-ncst")
    for cell in ("crossover_year", "ev_share_of_imports@2050", "second_hand_share_of_cumulative_retired_mass@2030"):
        assert (ours[cell] in ("outside", "undefined"), theirs[cell]) == (True, "inside")


def test_a_figure_with_unregistered_vehicles_is_compared_where_they_are_on():
    study = load("fleet").set(unregistered="on")
    rows = mcsim.printed(mcsim.run(study, draws=60, seed=1, quiet=True)).set_index("output")
    assert rows.loc["stock_total@2022", "verdict"] != "unreached"
    assert 30e6 < rows.loc["stock_total@2022", "p50"] < 50e6


def test_studies_on_another_model_hold_none_of_the_fleets_figures():
    names = {figure.name for figure in load("fleet").published}
    assert names & {figure.name for figure in load("battery-circularity-mexico").published} == set()
    assert names == {figure.name for figure in load("clean-grid").published}


def test_totals_of_the_fleet_are_sums():
    result = mcsim.run(load("fleet"), draws=5, seed=1, quiet=True)
    stock, imports = result.values("stock"), result.values("registrations")[:, :, 1].sum(axis=2).cumsum(axis=1)
    assert result.values("stock_total") == pytest.approx(stock.sum(axis=(2, 3)))
    assert result.values("cumulative_imports") == pytest.approx(imports)


def test_totals_of_circularity_are_sums():
    study = load("battery-circularity")
    result = mcsim.run(study, draws=5, seed=1, quiet=True)
    assert result.values("recovered_value_total") == pytest.approx(result.values("recovered_value").sum(axis=2))
    mass, energy = result.values("retired_mass"), result.values("cascade", stage="retired")
    assert ((mass / energy > 4e3) & (mass / energy < 1e4)).all()  # t/GWh: 4 to 10 kg/kWh


def test_every_shipped_study_with_figures_is_among_these():
    named = {name for name in find_studies() if load(name).published}
    extending = {"clean-grid", "icev-import-ban", "soh-minimum", "cell-onshoring-2032"}
    assert {*OWN, "export-check", *extending} <= named
