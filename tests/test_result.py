"""Results: tidy summaries, selections by label, xarray and ArviZ, pairs."""

import numpy as np
import pytest
from engine_studies import fails_sometimes, small
from scipy.stats import spearmanr

from mcsim.engine.run import run
from mcsim.result.bands import PROBABILITIES, exact_bands
from mcsim.result.pairs import compare
from mcsim.study import InputError


@pytest.fixture(scope="module")
def result():
    return run(small(), 1500)


def test_summary_has_the_promised_columns(result):
    columns = "output unit kind age mean sd p2.5 p5 p25 p50 p75 p95 p97.5 mcse_mean n undefined"
    assert " ".join(result.summary().columns) == columns


def test_summary_agrees_with_numpy(result):
    row = result.summary("z").iloc[0]
    z = result.values("z")
    assert row["mean"] == pytest.approx(z.mean(), rel=1e-13)
    assert row["sd"] == pytest.approx(z.std(ddof=1), rel=1e-13)
    assert row[["p2.5", "p5", "p25", "p50", "p75", "p95", "p97.5"]].tolist() == pytest.approx(
        np.quantile(z, PROBABILITIES).tolist(), rel=1e-13
    )
    assert row["mcse_mean"] == row["sd"] / np.sqrt(1500)


def test_masked_elements_have_no_row(result):
    table = result.summary("steps")
    assert len(table) == 10
    assert table[(table["kind"] == "c") & (table["age"] >= 2)].empty


def test_broadcast_elements_show_one_cell(result):
    table = result.summary("steps", age=0)
    assert table.set_index("kind").loc["a", "mean"] == table.set_index("kind").loc["b", "mean"]


def test_the_error_of_the_mean_is_blank_where_draws_are_not_independent():
    assert run(small(), 64, design="sobol").summary("z")["mcse_mean"].isna().all()


def test_selection_takes_one_label_or_several(result):
    assert result.summary("steps", kind="b", age=[1, 3])["age"].tolist() == [1, 3]
    assert result.values("steps", kind="b").shape == (1500, 4)


@pytest.mark.parametrize(
    ("output", "labels", "message"),
    [
        ("stpes", {}, "stpes: no such output.*did you mean 'steps'"),
        ("steps", {"knd": "a"}, "steps: knd: no such dim.*did you mean 'kind'"),
        ("steps", {"age": 9}, r"steps: age: no such label \(got 9\); one of 0, 1, 2, 3"),
    ],
)
def test_unknown_names_are_refused(result, output, labels, message):
    with pytest.raises(InputError, match=message):
        result.summary(output, **labels)


def test_draws_of_bands_only_are_refused_with_the_remedy(result):
    with pytest.raises(InputError, match=r"detail: stored as bands only; keep its draws with keep=\('detail',\)"):
        result.values("detail")


def test_streaming_bands_are_close_to_the_exact_ones(result):
    kept = run(small(), 1500, keep=("detail",)).bands["detail"]
    streamed = result.bands["detail"]
    assert np.allclose(streamed.mean, kept.mean, rtol=1e-12)
    assert np.allclose(streamed.sd, kept.sd, rtol=1e-10)
    assert (np.abs(streamed.quantiles - kept.quantiles) < 0.02 * kept.sd).all()


def test_dataset_has_dims_units_and_long_names(result):
    steps = result.dataset["steps"]
    assert steps.dims == ("draw", "kind", "age")
    assert steps.attrs == {"units": "km", "long_name": "steps"}
    assert bool(steps.sel(kind="c", age=3).isnull().all())


def test_arviz_takes_it(result):
    data = result.to_arviz()
    assert data.prior["x"].shape == (1, 1500)
    assert data.prior_predictive["steps"].shape == (1, 1500, 3, 4)


def test_exceedance_is_the_share_of_draws(result):
    assert result.exceedance("z", 0.5) == (result.values("z") > 0.5).mean()
    assert np.isnan(result.exceedance("steps", 0.0)[2, 3])


def test_rank_correlation_agrees_with_scipy(result):
    table = result.rank_correlation("z")
    assert table.loc["x", "z"] == pytest.approx(spearmanr(result.inputs["x"], result.values("z")).statistic, rel=1e-12)


def test_pairs_subtract_draw_by_draw(result):
    shifted = run(small().set(y=1.0), 1500)
    delta = compare(result, shifted)
    assert np.array_equal(delta.values("z"), shifted.values("z") - result.values("z"))
    assert delta.bands["z"].sd[0] < result.bands["z"].sd[0]


def test_pairs_leave_out_draws_that_failed_in_either():
    whole, holed = run(small(), 400), run(small(fails_sometimes), 400, max_failed=0.2)
    delta = compare(whole, holed)
    assert np.array_equal(delta.draw, holed.draw)
    assert np.array_equal(delta.values("z"), np.zeros(holed.complete))


@pytest.mark.parametrize("other", [{"seed": 2}, {"draws": 99}, {"design": "sobol"}])
def test_runs_that_do_not_pair_are_refused(result, other):
    with pytest.raises(InputError, match="compare: runs differ in"):
        compare(result, run(small(), **{"draws": 1500, **other}))


def test_bands_of_equal_values_are_that_value():
    bands = exact_bands(np.full((7, 2), 0.1))
    assert bands.mean.tolist() == [0.1, 0.1]
    assert bands.sd.tolist() == [0.0, 0.0]
    assert (bands.quantiles == 0.1).all()


def test_bands_of_one_draw_have_no_spread():
    bands = exact_bands(np.array([[3.0]]))
    assert bands.quantiles.tolist() == [[3.0]] * 7
    assert np.isnan(bands.sd).all()


def test_bands_leave_the_draws_in_their_order():
    values = np.array([3.0, 1.0, 2.0])
    exact_bands(values)
    assert values.tolist() == [3.0, 1.0, 2.0]


def test_row_of_one_element_is_that_of_the_summary(result):
    output = result.study.outputs[0]
    labels = {dim.name: dim.coords[-1] for dim in output.dims}
    assert result.row(output.name, **labels) == result.summary(output.name, **labels).to_dict("records")[0]
    with pytest.raises(InputError, match="no such output"):
        result.row("nothing")
