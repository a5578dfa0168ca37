"""Calibration: posteriors against closed forms, and runs on them."""

import math

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal, norm

import mcsim
from mcsim.calibration.coverage import coverage
from mcsim.calibration.diagnostics import told
from mcsim.calibration.likelihood import likelihood_of, source_log
from mcsim.calibration.sample import effective, resampled, smoothed
from mcsim.calibration.tail import smoothed_weights
from mcsim.command.main import main
from mcsim.engine.backends import RunFailed
from mcsim.engine.folder import merge
from mcsim.ranking.givendata import given_data
from mcsim.store.directory import read
from mcsim.store.posterior import read_rows_of, write_rows
from mcsim.study import InputError, Output
from mcsim.study.observation import Pooling, observation_of

CODE = """
import numpy as np
from mcsim.study import Model, Option, Output, Parameter

def factory(tables):
    def evaluate(inputs, context):
        sign = -1.0 if context.options["sign"] == "minus" else 1.0
        seen = inputs["x"] + sign * inputs["w"]
        return {"seen": seen, "later": np.exp(inputs["x"]) + inputs["z"], "rate": np.exp(inputs["x"])}

    return Model(
        "toy",
        (Parameter("x", "km", "x"), Parameter("w", "km", "w"), Parameter("z", "km", "z")),
        (Option("sign", "plus", ("plus", "minus")),),
        (Output("seen", "km", "seen"), Output("later", "km", "later", rank=True), Output("rate", "km", "rate")),
        evaluate,
    )
"""
HEAD = """
[study]
name = "toy"
version = "1"
model = "model.py:factory"
[inputs]
x = { normal = [0.5, 1], source = "s" }
w = { normal = [0, 0.5], source = "s" }
z = { uniform = [0, 1], source = "s" }
"""
SEEN = """
[[observation]]
output = "seen"
kind = "observed"
value = 2.0
sd = 0.4
source = "count"
"""
WEIGHED = '[calibration]\noptions = { sign = { categorical = [["plus", "minus"], [0.5, 0.5]] } }\n'


def written(folder, text=SEEN, head=HEAD, name="toy.toml"):
    (folder / "model.py").write_text(CODE)
    (folder / name).write_text(head + text)
    return mcsim.load(folder / name)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return written(tmp_path_factory.mktemp("toy"), SEEN + WEIGHED)


@pytest.fixture(scope="module")
def calibrated(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("posterior") / "of toy"
    return mcsim.calibrate(toy, draws=8000, out=folder), folder


def closed_form():
    """Return mean and covariance of (x, w) given x + w + e = 2, e ~ N(0, 0.4^2), by Gaussian conditioning."""
    prior, row = np.diag([1.0, 0.25]), np.array([1.0, 1.0])
    gain = prior @ row / (row @ prior @ row + 0.16)
    return np.array([0.5, 0.0]) + gain * (2.0 - 0.5), prior - np.outer(gain, row @ prior)


@pytest.mark.parametrize(("method", "draws"), [("importance", 40_000), ("sampler", 12_000)])
def test_a_conjugate_posterior_is_its_closed_form(tmp_path, method, draws):
    posterior = mcsim.calibrate(written(tmp_path), method=method, draws=draws)
    assert posterior.inputs["input"].tolist() == ["x", "w"]  # z does not move what was seen
    mean, covariance = closed_form()
    found = np.column_stack([posterior.sample.values[name].ravel() for name in ("x", "w")])
    sd = np.sqrt(np.diag(covariance))
    assert np.abs(found.mean(axis=0) - mean) / sd == pytest.approx(0.0, abs=0.06)
    assert found.std(axis=0) == pytest.approx(sd, rel=0.06)
    correlation = covariance[0, 1] / sd.prod()
    assert np.corrcoef(found.T)[0, 1] == pytest.approx(correlation, abs=0.05)
    assert posterior.sample.khat < 0.7
    assert posterior.inputs["r_hat"].max() < 1.05


TWO = SEEN.replace("sd = 0.4", "sd = 1.0") + SEEN.replace("sd = 0.4", "sd = 1.0").replace("count", "other").replace(
    "value = 2.0", "value = 1.0"
)


def test_a_source_left_out_is_as_probable_as_the_others_say(tmp_path):
    apart = TWO + '[calibration.groups.seen]\npooling = "none"\n'
    posterior = mcsim.calibrate(written(tmp_path, apart), draws=40_000)

    def given(seen):  # x + w has the prior N(0.5, 1.25)
        variance = 1.0 / (1.0 / 1.25 + 1.0)
        return variance * (0.5 / 1.25 + seen), math.sqrt(variance + 1.0)

    expected = [norm.logpdf(2.0, *given(1.0)), norm.logpdf(1.0, *given(2.0))]
    assert posterior.loo["elpd_loo"].tolist() == pytest.approx(expected, abs=0.03)
    import arviz_stats

    loo = arviz_stats.loo(posterior.tree(), var_name="seen")
    assert float(getattr(loo, "elpd", 0.0)) == pytest.approx(sum(expected), abs=0.06)


def group_of(pooling=None, **changes):
    output = Output("rate", "km", "rate")
    seen = [("a", 1.0, 0.1), ("a", 1.3, 0.2), ("b", 2.0, 0.1), ("c", 1.6, 0.3)]
    observations = [
        observation_of(
            {"output": "rate", "kind": "observed", "value": value, "sd": sd, "source": source, **changes},
            {"rate": output}.__getitem__,
            "study.toml",
        )
        for source, value, sd in seen
    ]
    return likelihood_of(observations, {"rate": pooling or Pooling("random", 0.5)})


def test_sources_that_disagree_have_an_offset_each_whose_spread_is_integrated():
    likelihood, modelled = group_of(), 1.4
    found = likelihood.log(np.full((1, 4), modelled))[0]
    shared = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    errors = np.diag([0.1, 0.2, 0.1, 0.3]) ** 2
    values = np.array([1.0, 1.3, 2.0, 1.6]) - modelled

    def at(tau):
        return multivariate_normal(np.zeros(4), errors + tau**2 * shared).pdf(values)

    grid = np.linspace(0, 3, 3001)
    density = [at(tau) * 2 * norm.pdf(tau, 0, 0.5) for tau in grid]
    assert found == pytest.approx(math.log(np.trapezoid(density, grid)), abs=0.02)


def test_one_offset_against_its_double_integral():
    likelihood = group_of()
    source = likelihood.groups[0].sources[0]
    tau = 0.5

    def density(offset, unused):
        return norm.pdf(0.2, offset, 0.1) * norm.pdf(-0.1, offset, 0.2) * norm.pdf(offset, 0, tau)

    expected = dblquad(density, 0, 1, -4, 4)[0]
    found = source_log(source, np.array([[0.2, -0.1, 0.0, 0.0]]), np.array([tau]))[0, 0]
    assert found == pytest.approx(math.log(expected), abs=1e-7)


def test_independent_sources_are_a_product_of_densities():
    likelihood = group_of(Pooling("none"))
    expected = sum(norm.logpdf(v, 1.4, s) for v, s in [(1.0, 0.1), (1.3, 0.2), (2.0, 0.1), (1.6, 0.3)])
    assert likelihood.log(np.full((1, 4), 1.4))[0] == pytest.approx(expected, abs=1e-12)


def test_a_lognormal_error_is_normal_on_the_logarithm_and_what_cannot_be_has_no_chance():
    likelihood = group_of(Pooling("none"), distribution="lognormal")
    found = likelihood.log(np.array([[1.4] * 4, [-1.0] * 4, [np.nan] * 4]))
    expected = sum(norm.logpdf(math.log(v), math.log(1.4), s) for v, s in [(1, 0.1), (1.3, 0.2), (2, 0.1), (1.6, 0.3)])
    assert found[0] == pytest.approx(expected, abs=1e-12)
    assert found[1:].tolist() == [-math.inf, -math.inf]


def test_what_sources_would_say_again_follows_what_they_said():
    likelihood = group_of()
    cells = np.full((1, 4000, 4), 1.5)
    again = told(likelihood, cells, seed=1)
    assert again.predicted.mean(axis=(0, 1))[2] > 1.8  # b said 2.0 within 0.1: its offset stays with it
    before = told(likelihood, cells, seed=1, posterior=False)
    assert before.predicted.mean(axis=(0, 1)) == pytest.approx([1.5] * 4, abs=0.05)


def test_smoothed_weights_keep_the_order_of_the_likelihoods():
    log = np.random.default_rng(1).normal(size=2000)
    weights, khat = smoothed(log)
    assert (np.diff(weights[np.argsort(log)]) >= 0).all()
    assert weights.sum() == pytest.approx(1.0)
    assert khat < 0.7
    assert 1.0 < effective(weights) < 2000.0


@pytest.mark.parametrize(("count", "spread"), [(30, 0.5), (225, 1.0), (226, 0.01), (2000, 1.0), (2000, 6.0)])
def test_weights_are_smoothed_as_arviz_smooths_them(count, spread):
    from arviz_stats.base import array_stats

    log = spread * np.random.default_rng(count).normal(size=count)
    weights, khat = smoothed_weights(log)
    expected, shape = array_stats.psislw(-log)
    assert khat == pytest.approx(float(shape), abs=1e-12)
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("log", [np.zeros(3), np.zeros(400), np.arange(20.0)])
def test_weights_whose_tail_has_no_shape_stay_and_say_so(log):
    weights, khat = smoothed_weights(log)
    assert khat == np.inf
    np.testing.assert_allclose(np.exp(weights), np.exp(log) / np.exp(log).sum())
    assert smoothed(log)[0].sum() == pytest.approx(1.0)


def test_resampling_takes_each_draw_as_often_as_its_weight_says():
    weights = np.array([0.1, 0.2, 0.7])
    counts = np.bincount(resampled(weights, 1000, 3, "x"), minlength=3)
    assert np.abs(counts - 1000 * weights).max() <= 1


def test_coverage_on_simulated_truth(tmp_path):
    """Truths lie within 90 % bands nine times in ten, of pooled sources too; see benchmarks/calibration.py."""
    pooled = TWO + TWO.replace("count", "third").replace("other", "fourth")
    for text in (SEEN, pooled):
        found = coverage(written(tmp_path, text), repetitions=200, draws=8000)
        assert found.collapsed < 20
        assert found.inside["x"] == pytest.approx(0.9, abs=0.05)


def test_options_are_weighed_not_chosen(tmp_path):
    narrow = HEAD.replace("w = { normal = [0, 0.5]", "w = { normal = [1, 0.1]")
    posterior = mcsim.calibrate(written(tmp_path, SEEN + WEIGHED, narrow), draws=20_000)
    likely = [norm.pdf(2.0, 0.5 + sign, math.sqrt(1.0 + 0.01 + 0.16)) for sign in (1.0, -1.0)]
    assert posterior.words["prior"].tolist() == [0.5, 0.5]
    assert posterior.words["posterior"].tolist() == pytest.approx([p / sum(likely) for p in likely], abs=0.03)


def test_the_same_question_gets_the_same_bits(toy, calibrated):
    again = mcsim.calibrate(toy, draws=8000, jobs=1)
    assert again.rows.digest == calibrated[0].rows.digest


def test_a_posterior_takes_the_draws_of_a_run_with_the_same_seed(toy, calibrated):
    drawn = mcsim.run(toy, 8000).inputs["x"]
    assert set(calibrated[0].sample.values["x"].ravel()) <= set(drawn)


def draws_of(result):
    return {**result.inputs, **{name: result.kept[name] for name in result.kept}}


def same(first, second):
    return all((one == draws_of(second)[name]).all() for name, one in draws_of(first).items())


def test_a_run_on_a_posterior_repeats_to_the_bit(toy, calibrated, tmp_path):
    posterior, folder = calibrated
    whole = mcsim.run(toy, 3000, posterior=posterior)
    assert same(whole, mcsim.run(toy, 3000, posterior=folder, jobs=1, chunk=1024))
    shards = [tmp_path / str(part) for part in (1, 2)]
    for part, place in enumerate(shards, start=1):
        mcsim.run(toy, 3000, posterior=folder, shard=(part, 2), out=place)
    merged = merge(shards, tmp_path / "merged")
    assert same(whole, merged)
    assert same(whole, read(tmp_path / "merged"))
    short = mcsim.run(toy, 1000, posterior=folder, out=tmp_path / "grown")
    assert (short.inputs["x"] == whole.inputs["x"][:1000]).all()
    assert same(whole, mcsim.run(toy, 3000, posterior=folder, out=tmp_path / "grown", resume=True))


def test_a_run_on_a_posterior_has_its_joint_distribution(toy, calibrated):
    result = mcsim.run(toy, 20_000, posterior=calibrated[0])
    codes, x, w = (result.inputs[name] for name in ("sign", "x", "w"))
    mean, covariance = closed_form()
    for code, sign in ((0, 1.0), (1, -1.0)):
        rows = codes == code
        assert np.cov(x[rows], sign * w[rows])[0, 1] == pytest.approx(covariance[0, 1], abs=0.03)
        assert x[rows].mean() == pytest.approx(mean[0], abs=0.06)
    assert any("effective draws" in note for note in result.notes)


def test_the_run_directory_tells_the_posterior(toy, calibrated, tmp_path):
    result = mcsim.run(toy, 500, posterior=calibrated[1], out=tmp_path / "run")
    record = result.record["study"]["posterior"]
    assert record["said"] == str(calibrated[1])
    assert record["tables"][0]["sha256"] == result.study.posterior[0].digest
    tree = xr.open_datatree(tmp_path / "run" / "draws.nc", engine="h5netcdf")
    assert {"posterior", "posterior_predictive"} == set(tree.children)
    assert (tree["posterior/x"].values == result.inputs["x"]).all()


def test_the_command_calibrates_runs_and_repeats(toy, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["calibrate", toy.origin, "--draws", "4000", "--out", "post"]) == 0
    told = capsys.readouterr().out
    assert "k-hat" in told
    assert "sign = plus" in told
    assert (tmp_path / "post" / "report.html").is_file()
    assert main(["run", toy.origin, "--posterior", "post", "--draws", "600", "--out", "one", "--quiet"]) == 0
    assert main(["run", "--from", "one", "--out", "two", "--quiet", "--no-sensitivity"]) == 0
    assert same(read(tmp_path / "one"), read(tmp_path / "two"))
    table = (tmp_path / "one" / "sensitivity.csv").read_text()
    assert "shapley_data" in table
    assert main(["sensitivity", toy.origin, "--posterior", "post", "--method", "sobol", "--quiet"]) == 2
    assert "shapley_data" in capsys.readouterr().err


def test_rank_correlations_are_part_of_the_prior_that_is_weighed(tmp_path):
    tied = HEAD + '[dependence]\nspearman = [["x", "w", 0.8], ["w", "z", 0.3]]\n'
    study = written(tmp_path, SEEN, tied)
    posterior = mcsim.calibrate(study, draws=20_000)
    assert posterior.inputs["input"].tolist() == ["x", "w", "z"]  # z goes with w
    r = 2 * math.sin(math.pi * 0.8 / 6)  # of the Gaussian copula
    prior, row = np.array([[1.0, 0.5 * r], [0.5 * r, 0.25]]), np.array([1.0, 1.0])
    gain = prior @ row / (row @ prior @ row + 0.16)
    found = mcsim.run(study, 20_000, posterior=posterior)
    assert found.inputs["x"].mean() == pytest.approx(0.5 + 1.5 * gain[0], abs=0.04)
    covariance = prior - np.outer(gain, row @ prior)
    assert np.cov(found.inputs["x"], found.inputs["w"])[0, 1] == pytest.approx(covariance[0, 1], abs=0.02)


def test_a_ranking_on_a_posterior_shares_the_variance_out(toy, calibrated):
    result = mcsim.run(toy, 4000, posterior=calibrated[0])
    ranking = given_data(result, "shapley_data", ["later"])
    assert ranking.table("later")["shapley"].sum() == pytest.approx(1.0, abs=0.05)
    with pytest.raises(InputError, match="drawn together from a posterior"):
        mcsim.sensitivity(result.study)


def test_a_posterior_of_one_input_alone_is_independent_and_has_sobol_indices(tmp_path):
    alone = HEAD.replace("w = { normal = [0, 0.5], source", "w = { value = 0, source")
    study = written(tmp_path, head=alone)
    posterior = mcsim.calibrate(study, draws=20_000)
    result = mcsim.run(study, 4000, posterior=posterior)
    assert result.inputs["x"].std() == pytest.approx(math.sqrt(0.16 / 1.16), rel=0.05)
    table = mcsim.sensitivity(result.study, base=1024, outputs=["later"]).table("later").set_index("input")
    prior = mcsim.sensitivity(study, base=1024, outputs=["later"]).table("later").set_index("input")
    assert table["S1"].sum() == pytest.approx(1.0, abs=0.1)
    assert table.loc["z", "S1"] != prior.loc["z", "S1"]


def test_arviz_reads_the_folder(calibrated):
    tree = xr.open_datatree(calibrated[1] / "posterior.nc", engine="h5netcdf")
    assert set(tree.children) == {
        "posterior",
        "posterior_predictive",
        "prior",
        "prior_predictive",
        "observed_data",
        "log_likelihood",
    }
    assert tree["posterior/x"].dims == ("chain", "draw")
    assert tree["observed_data/seen"].values.tolist() == [2.0]
    assert (tree["posterior/x"].values == calibrated[0].sample.values["x"]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"group": ["sean"]}, "group: sean: no observation of it; one of seen, or GROUP:SOURCE; did you mean 'seen'"),
        ({"method": "gibbs"}, "method: unknown (got 'gibbs'); one of importance, sampler"),
        ({"draws": 0}, "draws"),
    ],
)
def test_what_is_asked_is_checked(toy, arguments, message):
    with pytest.raises(InputError) as caught:
        mcsim.calibrate(toy, **arguments)
    assert message in str(caught.value)


def test_weights_that_collapse_give_no_bands(tmp_path):
    sharp = SEEN.replace("sd = 0.4", "sd = 0.00002").replace("value = 2.0", "value = 4.0")
    study = written(tmp_path, sharp)
    with pytest.raises(RunFailed, match=r"collapse .*no bands"):
        mcsim.calibrate(study, draws=2000, method="importance")


def test_a_study_without_observations_or_without_an_input_that_moves_them_is_refused(tmp_path):
    with pytest.raises(InputError, match="no observations"):
        mcsim.calibrate(written(tmp_path, ""))
    with pytest.raises(InputError, match="no uncertain input moves"):
        mcsim.calibrate(written(tmp_path).set(x=1.0, w=0.0))


def test_a_posterior_of_another_study_version_or_state_is_refused(toy, calibrated, tmp_path):
    folder = calibrated[1]
    other = written(tmp_path, SEEN + WEIGHED, HEAD.replace('name = "toy"', 'name = "other"'), "other.toml")
    newer = written(tmp_path, SEEN + WEIGHED, HEAD.replace('version = "1"', 'version = "2"'))
    for study in (other, newer):
        with pytest.raises(InputError, match="a posterior of toy version 1"):
            mcsim.run(study, 100, posterior=folder)
    with pytest.raises(InputError, match=r"x: was set \(got constant\(3\), the posterior was"):
        mcsim.run(toy.set(x=3.0), 100, posterior=folder)
    (tmp_path / "model.py").write_text(CODE.replace("sign * inputs", "1.5 + sign * inputs"))
    changed = mcsim.load(written_text(tmp_path))
    with pytest.raises(InputError, match=r"another state of toy: seen \(count\) is 2 at the centre \(there 0.5\)"):
        mcsim.run(changed, 100, posterior=folder)
    tied = HEAD + '[dependence]\nspearman = [["x", "w", 0.5]]\n'
    with pytest.raises(InputError, match=r"other rank correlations than there \(got \[\['x', 'w', 0.5\]\]\)"):
        mcsim.run(written(tmp_path, SEEN + WEIGHED, tied), 100, posterior=folder)
    with pytest.raises(InputError, match="no posterior here"):
        mcsim.run(toy, 100, posterior=tmp_path / "nowhere")
    with pytest.raises(InputError, match="shipped: none for this study"):
        mcsim.run(toy, 100, posterior="shipped")


def written_text(folder):
    (folder / "toy.toml").write_text(HEAD + SEEN + WEIGHED)
    return folder / "toy.toml"


def test_what_the_observations_do_not_speak_of_may_be_set_and_an_option_too(toy, calibrated):
    later = mcsim.run(toy.set(z=0.25), 1000, posterior=calibrated[0])
    assert (later.values("later") == np.exp(later.inputs["x"]) + 0.25).all()
    minus = mcsim.run(toy.set(sign="minus"), 4000, posterior=calibrated[0])
    assert "sign" not in minus.inputs
    assert np.corrcoef(minus.inputs["x"], minus.inputs["w"])[0, 1] > 0.3  # x - w is what was seen


def test_a_table_of_rows_is_read_as_it_was_written(calibrated, tmp_path):
    rows = calibrated[0].rows
    write_rows(rows, tmp_path / "rows.csv")
    again = read_rows_of(tmp_path / "rows.csv")
    assert again.digest == rows.digest
    assert again.record["priors"]["x"] == "normal(0.5, 1)"
    text = (tmp_path / "rows.csv").read_text()
    for old, new in (("weight", "weigth"), ("# priors", "# prior"), ("# study", "# studio")):
        (tmp_path / "rows.csv").write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match="cannot be read as a posterior"):
            read_rows_of(tmp_path / "rows.csv")
