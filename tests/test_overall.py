"""Indices of several elements together, against the closed form of a vector output."""

import numpy as np
import pytest
from small_studies import study_of

import mcsim  # noqa: F401  (binds Result.report)
from mcsim.engine.run import run
from mcsim.ranking.givendata import given_data
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import Dim, InputError, Output

YEARS = (2030, 2040, 2050)
SLOPES = np.array([[1.0, 2.0, 3.0], [1.0, 0.0, 4.0], [0.5, 1.0, 0.0]])  # of a, b and a b, each year
KINDS = np.array([1.0, 10.0])
SERIES = Output("y", "kt", "y", (Dim("year", YEARS), Dim("kind", ("small", "large"))), rank=True)


def _values(a, b):
    return (np.stack([a, b, a * b], axis=1) @ SLOPES)[:, :, None] * KINDS


def series(inputs, context):
    return {"y": _values(inputs["a"], inputs["b"])}


STUDY = study_of(series, {"a": "normal(0, 1)", "b": "normal(0, 1)"}, [SERIES])
# Of standard normal inputs a, b and a b have variance 1 each and do not correlate.
PARTS = SLOPES**2
VARIANCE = PARTS.sum(axis=0)
FIRST, TOTAL = PARTS[:2] / VARIANCE, (PARTS[:2] + PARTS[2]) / VARIANCE
OVER_YEARS = PARTS[:2].sum(axis=1) / VARIANCE.sum()
OVER_YEARS_TOTAL = (PARTS[:2] + PARTS[2]).sum(axis=1) / VARIANCE.sum()


def by_input(table, key):
    return table.set_index("input").loc[["a", "b"], key].to_numpy()


def test_sobol_indices_of_a_series_are_those_of_the_closed_form():
    inside = 0
    for seed in range(10):
        table = sensitivity(STUDY, 512, seed=seed).over("y", "year")
        assert table["kind"].tolist() == ["small"] * 2 + ["large"] * 2
        assert table["over"].unique().tolist() == ["year"]
        small = table[table["kind"] == "small"]
        for key, exact in (("S1", OVER_YEARS), ("ST", OVER_YEARS_TOTAL)):
            inside += (by_input(small, f"{key}_low") <= exact) & (exact <= by_input(small, f"{key}_high"))
            assert by_input(small, key) == pytest.approx(exact, abs=0.12)
    assert (inside >= 18).all()


def test_elements_weigh_as_much_as_they_vary_and_labels_choose_them():
    ranking = sensitivity(STUDY, 4096)
    whole = ranking.over("y")
    # The large ones have a hundred times the variance: the same shares, so that nothing changes.
    np.testing.assert_allclose(by_input(whole, "S1"), OVER_YEARS, atol=0.02)
    late = ranking.over("y", "year", kind="small", year=[2040, 2050])
    assert by_input(late, "S1") == pytest.approx(PARTS[:2, 1:].sum(axis=1) / VARIANCE[1:].sum(), abs=0.03)
    one = ranking.over("y", "year", kind="small", year=2050)
    assert by_input(one, "ST") == pytest.approx(by_input(ranking.table("y", kind="small", year=2050), "ST"))
    assert one["input"].tolist() == ["b", "a"]


def test_elements_of_different_units_count_as_one_each():
    units = {"small": "kg", "large": "kg CO2 eq"}
    output = Output("y", "", "y", SERIES.dims, coord_units=units, coord_units_dim="kind", rank=True)

    def changing(inputs, context):
        values = _values(inputs["a"], inputs["b"])
        values[:, :, 1] = 1e6 * inputs["a"][:, None]
        return {"y": values}

    ranking = sensitivity(study_of(changing, {"a": "normal(0, 1)", "b": "normal(0, 1)"}, [output]), 4096)
    expected = (FIRST[0].sum() + 3.0) / 6.0
    assert by_input(ranking.over("y"), "S1")[0] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("method", ["rank_based", "shapley_data", "surrogate", "ancova"])
def test_methods_from_draws_have_them_too(method, tmp_path):
    ranking = given_data(run(STUDY, 2000), method)
    exact = OVER_YEARS + (PARTS[2].sum() / 2.0 / VARIANCE.sum() if method == "shapley_data" else 0.0)
    key = {"shapley_data": "shapley", "ancova": "S"}.get(method, "S1")
    table = ranking.over("y", "year", kind="large")
    assert by_input(table, key) == pytest.approx(exact, abs=0.06)
    ranking.save(tmp_path / "ranking.npz")
    assert Ranking.load(tmp_path / "ranking.npz").over("y", "year", kind="large").equals(table)


def test_a_report_tells_what_drives_all_years_together(tmp_path):
    ranking = sensitivity(STUDY, 256)
    text = run(STUDY, 64, quiet=True).report(tmp_path, ranking).read_text(encoding="utf-8")
    table = ranking.over("y", "year", kind="small")
    told = ", ".join(
        f"{row.input} {100 * row.ST:.1f} % ({100 * row.ST_low:.1f} to {100 * row.ST_high:.1f})"
        for row in table.itertuples(index=False)
    )
    assert f"Over all of year (2030 to 2050) together, each weighed by its variance: {told}." in text


def test_what_has_no_such_index_is_refused():
    ranking = sensitivity(STUDY, 64)
    with pytest.raises(InputError, match=r"y: yaer: no such dim; one of year, kind; did you mean 'year'"):
        ranking.over("y", "yaer")
    with pytest.raises(InputError, match=r"y: no shares of known variances by morris; a ranking by sobol, say"):
        sensitivity(STUDY, 8, method="morris").over("y")
    alone = study_of(lambda inputs, context: {"y": inputs["a"] + inputs["b"]}, dict.fromkeys("ab", "uniform(0, 1)"))
    with pytest.raises(InputError, match=r"y: one element \(got no dims\)"):
        sensitivity(alone, 64).over("y")
