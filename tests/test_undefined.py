"""Undefined is a value: an element without a value in a draw is left out of bands and told, and fails nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from engine_studies import AGE, KIND, LAYOUT, small, unlike, with_form
from scipy.stats import spearmanr

from mcsim.command.main import main
from mcsim.engine.evaluation import evaluate_centre
from mcsim.engine.folder import merge
from mcsim.engine.run import RunFailed, run
from mcsim.engine.streaming import BandStream
from mcsim.engine.until import parse_rule
from mcsim.kernels.statistics.moments import block_moments, defined_moments
from mcsim.result.bands import PROBABILITIES, exact_bands
from mcsim.result.pairs import compare
from mcsim.store.directory import read
from mcsim.store.record import fingerprint
from mcsim.study import InputError, Model, Output
from mcsim.study.load import load

DRAWS = 2500
OUTPUTS = (
    Output("z", "km2", "defined in 70 % of the draws", rank=True, may_be_undefined=True),
    Output("steps", "km", "defined or not, by element", (KIND, AGE), LAYOUT, may_be_undefined=True),
    Output(
        "detail", "km", "bands alone: always, in 70 % and never defined", (KIND,), keep=False, may_be_undefined=True
    ),
    Output("plain", "km", "always defined"),
)


def gappy(inputs, context):
    x, y = inputs["x"], inputs["y"]
    z = np.where(x < 0.3, np.nan, x * y)
    thresholds = np.linspace(0.0, 1.0, 9)
    steps = np.where(x[:, np.newaxis] < thresholds, np.nan, x[:, np.newaxis] * (1.0 + thresholds) - y[:, np.newaxis])
    return {"z": z, "steps": steps, "detail": np.stack([x - y, z, np.full_like(x, np.nan)], axis=1), "plain": x}


def infinite(inputs, context):
    found = gappy(inputs, context)
    return {**found, "steps": np.where(inputs["x"][:, np.newaxis] > 0.99, -np.inf, found["steps"])}


def study(evaluate=gappy):
    return small(evaluate, outputs=OUTPUTS)


@pytest.fixture(scope="module")
def result():
    return run(study(), DRAWS, jobs=1)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return run(study(), DRAWS, out=tmp_path_factory.mktemp("undefined") / "run", jobs=2, chunk=300)


def test_a_draw_with_an_undefined_output_does_not_fail(stored):
    assert stored.complete == DRAWS
    assert not (stored.folder / "failed.csv").exists()
    assert np.array_equal(np.isnan(stored.values("z")), stored.inputs["x"] < 0.3)


def test_an_infinity_still_fails_its_draw():
    failed = run(study(infinite), 1000, max_failed_share=0.1).failures
    assert failed
    assert all(failure.inputs["x"] > 0.99 for failure in failed)
    assert failed[0].reason == "steps[a, 0] is -inf and 8 more"


def test_a_nan_fails_its_draw_where_no_output_says_that_it_may():
    strict = small(gappy, outputs=(replace(OUTPUTS[0], may_be_undefined=False), *OUTPUTS[1:]))
    with pytest.raises(RunFailed, match="z is nan"):
        run(strict, 200)


@pytest.mark.filterwarnings("ignore:Degrees of freedom:RuntimeWarning", "ignore:.*empty slice:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:All-NaN slice:RuntimeWarning")
@pytest.mark.parametrize("name", ["z", "steps"])
def test_bands_are_those_of_the_draws_that_have_a_value(result, name):
    values = result.kept[name].reshape(DRAWS, -1)
    band = result.bands[name]
    assert band.n.tolist() == np.isfinite(values).sum(axis=0).tolist()
    np.testing.assert_allclose(band.mean, np.nanmean(values, axis=0), rtol=1e-13)
    np.testing.assert_allclose(band.sd, np.nanstd(values, axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(band.quantiles, np.nanquantile(values, PROBABILITIES, axis=0), rtol=1e-12)


def test_bands_of_a_part_have_the_bits_of_that_part_alone(result):
    z = result.values("z")
    alone, among = exact_bands(z[~np.isnan(z)]), result.bands["z"]
    assert [alone.mean[0], alone.sd[0], *alone.quantiles[:, 0]] == [among.mean[0], among.sd[0], *among.quantiles[:, 0]]


def test_streamed_bands_equal_exact_ones(result):
    exact = run(study(), DRAWS, keep=("detail",), jobs=1).bands["detail"]
    streamed = result.bands["detail"]
    assert streamed.draws == exact.draws == DRAWS
    assert streamed.n.tolist() == exact.n.tolist()
    assert streamed.n[0] == DRAWS
    assert 0 < streamed.n[1] < DRAWS
    assert streamed.n[2] == 0
    np.testing.assert_allclose(streamed.mean, exact.mean, rtol=1e-12)
    np.testing.assert_allclose(streamed.sd, exact.sd, rtol=1e-10)
    assert (np.abs(streamed.quantiles - exact.quantiles)[:, :2] < 0.02 * exact.sd[:2]).all()
    for band in (streamed, exact):
        assert np.isnan([band.mean[2], band.sd[2], band.mcse[2], *band.quantiles[:, 2]]).all()


def test_an_element_that_is_always_defined_has_the_bits_that_it_has_without_the_others():
    rows = np.random.default_rng(1).normal(size=(700, 3))
    streams = [BandStream(3, 64, lambda: rows[:64], gaps) for gaps in (False, True)]
    for stream in streams:
        stream.most_held = 100
        stream.add(0, 700, np.arange(700), rows)
    holed = rows.copy()
    holed[::3, 1] = np.nan
    third = BandStream(3, 64, lambda: holed[:64], gaps=True)
    third.most_held = 100
    third.add(0, 700, np.arange(700), holed)
    strict, loose, gappy_one = (stream.bands() for stream in (*streams, third))
    for name in ("n", "mean", "sd", "quantiles"):
        assert getattr(strict, name).tobytes() == getattr(loose, name).tobytes()
        assert getattr(strict, name)[..., [0, 2]].tobytes() == getattr(gappy_one, name)[..., [0, 2]].tobytes()


def test_moments_without_gaps_have_the_bits_of_the_plain_ones():
    rows = np.random.default_rng(2).lognormal(size=(64, 300)).astype(np.float32)
    plain, count = np.empty((2, 300)), np.empty(300, np.int64)
    block_moments(rows, *plain)
    found = np.empty((2, 300))
    defined_moments(rows, count, *found)
    assert found.tobytes() == plain.tobytes()
    assert (count == 64).all()


@pytest.mark.parametrize(("jobs", "chunk"), [(1, 77), (2, 300), (2, 1024)])
def test_chunks_and_threads_change_no_bit(result, jobs, chunk):
    assert unlike(result, run(study(), DRAWS, jobs=jobs, chunk=chunk)) == []


def test_disk_resume_and_shards_change_no_bit(result, stored, tmp_path):
    assert unlike(result, stored) == []
    assert unlike(result, read(stored.folder, study())) == []
    run(study(), 1111, out=tmp_path / "more")
    assert unlike(result, run(study(), DRAWS, out=tmp_path / "more", resume=True)) == []
    for part in (1, 2, 3):
        run(study(), DRAWS, out=tmp_path / str(part), shard=(part, 3))
    assert unlike(result, merge([tmp_path / str(part) for part in (3, 1, 2)], tmp_path / "all", study())) == []


def test_the_summary_tells_the_share_of_draws_without_a_value(result):
    table = result.summary()
    share = float(np.isnan(result.values("z")).mean())
    assert 0.27 < share < 0.33
    row = table[table["output"] == "z"].iloc[0]
    assert row["n"] + round(row["undefined"] * DRAWS) == DRAWS
    assert row["undefined"] == pytest.approx(share, rel=1e-12)
    assert row["mcse_mean"] == row["sd"] / np.sqrt(row["n"])
    assert (table.loc[table["output"] == "plain", "undefined"] == 0.0).all()
    assert table.loc[table["output"] == "detail", "undefined"].tolist()[::2] == [0.0, 1.0]
    assert result.undefined("detail", kind="c") == 1.0
    assert np.isnan(result.undefined("steps")[2, 3])


def test_netcdf_has_nan(stored):
    with xr.open_dataset(stored.folder / "draws.nc", group="prior_predictive") as outputs:
        assert np.array_equal(np.isnan(outputs["z"])[0], stored.inputs["x"] < 0.3)


def test_evaluate_gives_null(tmp_path, capsys):
    (tmp_path / "late.py").write_text(
        "import math\ndef year(speed):\n    return {'year': math.nan if speed < 2 else 1 / speed, 'twice': 2 * speed}\n"
    )
    text = (
        '[study]\ntitle = "Late"\nquestion = "When?"\nversion = "1"\nfunction = "late.py:year"\nper_draw = true\n'
        '[outputs]\nyear = { unit = "yr", may_be_undefined = true }\ntwice = { unit = "1" }\n'
        "[inputs]\nspeed = { uniform = [1, 2.5] }\n"
    )
    (tmp_path / "late.toml").write_text(text)
    assert main(["evaluate", str(tmp_path / "late.toml"), "--json"]) == 0
    outputs = json.loads(capsys.readouterr().out)["outputs"]
    assert outputs["year"]["values"] is None
    assert outputs["twice"]["values"] == 3.5
    assert main(["evaluate", str(tmp_path / "late.toml")]) == 0
    assert "year: undefined" in capsys.readouterr().out
    found = run(load(tmp_path / "late.toml"), 300)
    assert found.summary("year")["undefined"].iloc[0] == pytest.approx(2.0 / 3.0, abs=0.1)
    assert not found.failures


def test_a_function_without_dims_may_give_nothing():
    model = Model.from_function(
        lambda x: np.where(x > 0.5, x, np.nan),
        inputs={"x": "1"},
        outputs={"y": Output("y", "1", "y", may_be_undefined=True)},
    )
    base = small()
    found = run(replace(base, model=model, inputs=base.inputs[:1], options={}), 400)
    assert found.values("y").shape == (400,)
    assert found.bands["y"].n[0] == (found.inputs["x"] > 0.5).sum()


def test_the_centre_may_be_undefined():
    late = small(lambda inputs, context: {"z": np.where(inputs["x"] < 0.6, np.nan, 1.0)}, outputs=OUTPUTS[:1])
    assert np.isnan(evaluate_centre(late)["z"][0])


def test_an_output_that_never_has_a_value():
    never = small(lambda inputs, context: {"z": np.full_like(inputs["x"], np.nan)}, outputs=OUTPUTS[:1])
    for found in (run(never, 100), run(small(never.model.evaluate, outputs=(replace(OUTPUTS[0], keep=False),)), 100)):
        row = found.summary("z").iloc[0]
        assert (row["n"], row["undefined"]) == (0, 1.0)
        assert row[["mean", "sd", "p2.5", "p50", "p97.5", "mcse_mean"]].isna().all()
    assert np.isnan(run(never, 100).exceedance("z", 0.0))
    assert run(never, 100).rank_correlation("z").isna().all().all()


def test_exceedance_is_the_share_of_the_draws_that_have_a_value(result):
    z = result.values("z")
    assert result.exceedance("z", 0.5) == (z > 0.5).sum() / (~np.isnan(z)).sum()


def test_rank_correlation_takes_the_draws_that_have_a_value(result):
    z, x = result.values("z"), result.inputs["x"]
    there = ~np.isnan(z)
    expected = spearmanr(x[there], z[there]).statistic
    assert result.rank_correlation("z").loc["x", "z"] == pytest.approx(expected, rel=1e-12)
    table = result.rank_correlation("steps")
    assert table[("a", 0)].notna().all()


def test_a_pair_is_defined_where_both_sides_are(result):
    other = run(study().set(y=1.0), DRAWS)
    plain = run(small(lambda i, c: {"z": i["x"]}, outputs=(replace(OUTPUTS[0], may_be_undefined=False),)), DRAWS)
    delta = compare(result, other)
    assert np.array_equal(np.isnan(delta.values("z")), result.inputs["x"] < 0.3)
    assert delta.bands["z"].n[0] == (result.inputs["x"] >= 0.3).sum()
    assert delta.summary("z")["undefined"].iloc[0] == result.summary("z")["undefined"].iloc[0]
    for pair in (compare(result, plain, ["z"]), compare(plain, result, ["z"])):
        assert pair.study.output("z").may_be_undefined
        assert pair.bands["z"].n[0] == delta.bands["z"].n[0]


def test_a_stop_rule_leaves_out_what_no_draw_has(result):
    rule = parse_rule("mcse(detail) < 1%", study().output, "run")
    band = result.bands["detail"]
    worst = max(band.mcse[:2] / (0.01 * np.abs(band.mean[:2])))
    assert rule.excess(band) == pytest.approx(worst)
    with pytest.raises(InputError, match=r"until: mcse\(detail@c\) < 1%: undefined in all 2,500 draws"):
        parse_rule("mcse(detail@c) < 1%", study().output, "run").excess(band)


def test_the_declaration_is_part_of_what_was_run():
    assert fingerprint(study()) != fingerprint(
        small(gappy, outputs=tuple(replace(item, may_be_undefined=False) for item in OUTPUTS))
    )


def test_an_option_may_decide_whether_an_output_may_be_undefined():
    outputs = (replace(OUTPUTS[0], may_be_undefined=("form", "minus")), *OUTPUTS[1:])
    plus = small(gappy, outputs=outputs)
    assert not plus.output("z").may_be_undefined
    with pytest.raises(RunFailed, match="z is nan"):
        run(plus, 200)
    minus = plus.set(form="minus")
    assert minus.output("z").may_be_undefined is True
    assert not run(minus, 200).failures
    assert with_form(plus).output("z").may_be_undefined is True


@pytest.mark.parametrize(
    "name",
    ["second-hand-ev", "fleet", "battery-circularity", "battery-circularity-mexico", "cell-onshoring", "export-check"],
)
def test_zeros_and_ones_of_the_shipped_studies_are_indicators(name):
    shipped = load(name)
    told = {output.name for output in shipped.model.outputs if output.meaning.startswith(("whether", "1 where"))}
    marked = {output.name for output in shipped.model.outputs if output.unit == "indicator"}
    assert marked == told
    values = run(shipped, 16, keep=("all",), quiet=True)
    for output in marked:
        found = values.kept[output]
        # Of nobody (an export age that next to nobody reaches) nothing is told.
        declared = next(each for each in shipped.model.outputs if each.name == output)
        assert not np.isnan(found).any() or declared.may_be_undefined
        assert np.isin(found[~np.isnan(found)], (0.0, 1.0)).all()
