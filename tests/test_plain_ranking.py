"""How a plain run ranks: which method for which dependence, what is told, and that it comes back from disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_studies import study_of

from mcsim.command.main import main
from mcsim.engine.asked import Asked
from mcsim.engine.run import run, run_asked
from mcsim.engine.samples import user_design
from mcsim.ranking.method import Designed
from mcsim.ranking.methods import METHODS
from mcsim.ranking.plain import asked_of_run, effects_of_run, plain, rank_run, with_members
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.repeat import Request
from mcsim.ranking.sensitivity import sensitivity
from mcsim.report.page import write_report
from mcsim.report.shares import members_told, method_told
from mcsim.store import unrounded
from mcsim.store.directory import read
from mcsim.store.unrounded import UNROUNDED
from mcsim.studies.examples.functions import linear_gaussian_shapley
from mcsim.study import Dim, InputError, Output
from mcsim.study.load import load
from mcsim.study.rows import Rows

NORMAL = "normal(0, 1)"
PAIR = (("a", "b", 0.6),)


def linear(inputs, context):
    return {"y": inputs["a"] + inputs["b"] + 0.5 * inputs["c"]}


def three(dependence=()):
    return study_of(linear, dict.fromkeys("abc", NORMAL), dependence=dependence)


def samples(n=400, seed=1):
    import pandas as pd

    x = np.random.default_rng(seed).normal(size=(n, 3))
    x[:, 1] = 0.8 * x[:, 0] + 0.6 * x[:, 1]
    return pd.DataFrame(x, columns=list("abc"))


@pytest.fixture(scope="module")
def pair_run(tmp_path_factory):
    study, folder = three(PAIR), tmp_path_factory.mktemp("runs") / "pair"
    asked = Asked.of(draws=512, base=256, out=folder, jobs=1)
    result, how = run(study, 512, seed=1, out=folder), plain(study, "random", 512)
    return result, rank_run(result, asked, Request(how.method, how.groups)), folder


# Which method ---------------------------------------------------------------------------------------------------------


def test_independent_inputs_are_ranked_by_sobol_indices():
    how = plain(three(), "random", 500)
    assert (how.method, how.groups) == ("sobol", {})


def test_correlated_inputs_rank_as_one_group_of_sobol_indices():
    how = plain(three(PAIR), "random", 500)
    assert (how.method, how.groups) == ("sobol", {"a + b": ("a", "b")})


def test_correlations_that_join_all_inputs_leave_shapley_effects():
    how = plain(three((*PAIR, ("b", "c", 0.3))), "random", 500)
    assert (how.method, how.why) == ("shapley_data", "rank correlations join all inputs")


def test_samples_of_ones_own_are_ranked_by_their_own_draws():
    study = three()
    assert plain(study, user_design(samples(), study), 1).method == "shapley_data"
    few = plain(study, user_design(samples(10), study), 1)
    assert few.method == ""
    assert few.why.endswith("(got 10); 64 or more")


def test_nothing_to_rank_is_told():
    assert plain(study_of(lambda inputs, context: {"y": inputs["a"]}, {"a": NORMAL}), "random", 500).why == (
        "one factor (a), nothing beside it"
    )


# On a posterior -------------------------------------------------------------------------------------------------------

RECORD = {"method": "weights", "khat": 0.1, "ess": 500.0}


def conditioned(names="ab"):
    """Return the study on a posterior whose inputs nearly add up to 0."""
    x = np.random.default_rng(2).normal(size=(4000, 2))
    x[:, 1] = 0.3 * x[:, 1] - 0.9 * x[:, 0]
    rows = Rows("law", {name: x[:, "ab".index(name)] for name in names}, np.ones(4000), RECORD)
    return replace(three(), posterior=(rows,))


def test_run_on_a_posterior_is_ranked_by_its_own_draws():
    study = conditioned()
    how = plain(study, "random", 1000)
    assert how.method == "shapley_data"
    ranking = rank_run(run(study, 1000, seed=1), Asked.of(jobs=1), Request(how.method))
    # a + b varies by 0.1 ** 2 + 0.3 ** 2 alone, beside 1/4 of c.
    covariance = np.array([[1.0, -0.9, 0.0], [-0.9, 0.81 + 0.09, 0.0], [0.0, 0.0, 1.0]])
    truth = linear_gaussian_shapley(np.array([1.0, 1.0, 0.5]), covariance)
    np.testing.assert_allclose(ranking.values("y", "shapley"), truth, atol=0.03)
    assert not any(line.startswith("posterior law") for line in ranking.warnings)  # the run says so
    assert "since 2 inputs come from a posterior and depend on one another" in method_told(ranking)


@pytest.mark.parametrize("method", [name for name, item in METHODS.items() if isinstance(item, Designed)])
def test_design_is_refused_on_a_posterior_with_the_remedy(method):
    with pytest.raises(InputError, match=r"small: a, b: drawn together from a posterior, .*; method = shapley_data"):
        sensitivity(conditioned(), 64, method=method, jobs=1)


def test_posterior_of_one_input_is_independent_and_keeps_sobol_indices():
    study = conditioned("a")
    assert plain(study, "random", 500).method == "sobol"
    assert np.isfinite(sensitivity(study, 64, jobs=1).values("y", "ST")).all()


# Groups of correlated inputs ------------------------------------------------------------------------------------------


def test_members_of_a_group_share_it_by_shapley_effects(pair_run):
    _, ranking, _ = pair_run
    assert ranking.factors == ("a + b", "c")
    assert ranking.within.factors == ("a", "b")
    shares = ranking.within.values("y", "shapley")
    # a and b are alike; together they explain 2 (1 + rho) of 2 (1 + rho) + 1/4.
    rho = 2.0 * np.sin(np.pi * 0.6 / 6.0)
    np.testing.assert_allclose(shares, (1.0 + rho) / (2.0 * (1.0 + rho) + 0.25), atol=0.04)


def test_members_come_back_from_disk_and_stand_in_a_table(pair_run):
    import pandas as pd

    _, ranking, folder = pair_run
    again = Ranking.of(folder)
    assert again.table().equals(ranking.table())
    assert again.within.table().equals(ranking.within.table())
    assert pd.read_csv(folder / "sensitivity_within.csv")["input"].tolist() == ["a", "b"]


def rising(inputs, context):
    """Return three elements in which a weighs 0, 1 and 3."""
    a, b, c = (inputs[name][:, None] for name in "abc")
    return {"y": a * np.array([0.0, 1.0, 3.0]) + b + 0.5 * c}


def test_members_share_the_elements_that_ranking_figures_show(tmp_path):
    output = Output("y", "1", "", (Dim("cell", (1, 2, 3)),), rank=True)
    study = study_of(rising, dict.fromkeys("abc", NORMAL), [output], dependence=PAIR)
    figure = {"kind": "ranking", "output": "y", "where": {"cell": ["2", "3"]}, "panel": "cell"}
    result = run(replace(study, figures=(figure,)), 512, seed=1, out=tmp_path / "run")
    ranking = rank_run(
        result, Asked.of(draws=512, base=64, out=tmp_path / "run", jobs=1), Request("sobol", {"a + b": ("a", "b")})
    )
    rho = 2.0 * np.sin(np.pi * 0.6 / 6.0)
    found = ranking.within.values("y", "shapley")
    assert np.isnan(found[:, 0]).all()
    for place, weight in ((1, 1.0), (2, 3.0)):
        covariance = np.array([[1.0, rho, 0.0], [rho, 1.0, 0.0], [0.0, 0.0, 1.0]])
        truth = linear_gaussian_shapley(np.array([weight, 1.0, 0.5]), covariance)
        np.testing.assert_allclose(found[:, place], truth[:2], atol=0.03)
    # Only what was measured is a row, in memory, in the table and when it comes back.
    assert set(ranking.within.table("y")["cell"]) == {2, 3}
    again = Ranking.of(tmp_path / "run")
    assert again.within.table().equals(ranking.within.table())
    assert len((tmp_path / "run" / "sensitivity_within.csv").read_text().splitlines()) == 1 + 2 * 2
    assert np.isfinite(ranking.values("y", "ST")).all()


def test_report_tells_how_members_share_their_group(pair_run, tmp_path):
    result, ranking, _ = pair_run
    html = write_report(result, ranking, tmp_path).read_text()
    line = members_told(ranking, ranking.within.table("y"))[0]
    assert line.startswith(
        "a and b depend on one another and rank as one; of the variance, Shapley effects from the draws"
    )
    assert f"A{line[1:]}" in html
    assert "first order, S1" in html


def test_ranking_without_groups_stays_as_it_is(tmp_path):
    result = run(three(), 128, seed=1)
    ranking = sensitivity(three(), 64, jobs=1)
    assert with_members(ranking, result, tmp_path) is ranking
    assert effects_of_run(result, Request()) is None


@pytest.mark.parametrize("groups", [{"a + b": ("a", "b")}, False])
def test_members_of_a_group_are_found_before_their_ranking(groups, pair_run):
    result, ranking, _ = pair_run
    assert effects_of_run(result, Request("sobol", groups)).table().equals(ranking.within.table())


# Through the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def given(tmp_path):
    rng = np.random.default_rng(1)
    x = rng.uniform(-3.0, 3.0, (300, 3))
    x[:, 2] = np.clip(x[:, 0] + 0.3 * rng.normal(size=300), -3.1, 3.1)
    np.savetxt(tmp_path / "samples.csv", x, delimiter=",", header="x1,x2,x3", comments="")
    return tmp_path


def test_run_on_samples_ranks_by_them_and_says_so(given, capsys):
    out = given / "run"
    words = ["run", "ishigami", "--samples", str(given / "samples.csv"), "--quiet", "--out", str(out)]
    assert main(words) == 0
    ranking = Ranking.of(out)
    assert ranking.method == "shapley_data"
    np.testing.assert_allclose(ranking.values("y", "shapley").sum(), 1.0)
    html = (out / "report.html").read_text()
    assert "Ranked by Shapley effects from the draws of this run, since the draws are samples that were given" in html
    assert "Shapley effects: shares of the variance that add up to one" in (out / "report.md").read_text()
    assert ">Shapley effect</th>" in html
    assert main(["report", str(out)]) == 0
    assert (out / "report.html").read_text() == html


def test_shards_on_samples_merge_to_the_ranking_of_the_whole(given):
    words = ["run", "ishigami", "--samples", str(given / "samples.csv"), "--quiet"]
    assert main([*words, "--out", str(given / "whole")]) == 0
    for part in ("1", "2"):
        assert main([*words, "--shard", f"{part}/2", "--out", str(given / part)]) == 0
    assert main(["merge", str(given / "1"), str(given / "2"), "--out", str(given / "merged")]) == 0
    assert Ranking.of(given / "merged").table().equals(Ranking.of(given / "whole").table())


def test_stop_rule_of_verdicts_is_refused_where_there_are_none(given, capsys):
    words = ["run", "ishigami", "--samples", str(given / "samples.csv"), "--until", "ranking(y) resolved", "--quiet"]
    assert main([*words, "--out", str(given / "x")]) == 2
    told = capsys.readouterr().err
    assert "until: ranking(y) resolved: only Sobol' indices have it" in told
    assert not (given / "x").exists()


def test_designed_effects_are_told_as_such():
    told = method_told(sensitivity(load("ishigami"), 64, method="shapley", jobs=1))
    assert told.startswith("Ranked by Shapley effects from a design of their own: each input's fair share")


def test_picture_of_shapley_effects_is_drawn():
    axes = sensitivity(load("ishigami"), 64, method="shapley_data", jobs=1).plot("y")
    assert len(axes.patches) == 3


@pytest.mark.parametrize("name", ["second-hand-ev", "ishigami"])
def test_draws_that_are_ranked_wait_as_they_were_computed(name):
    study, asked = load(name), Asked.of()
    how = plain(study, "random", 2000)
    stored = asked_of_run(study, asked, asked, how).stored
    assert (stored.for_ranking, stored.exact) == (bool(how.groups), False)


# Rounded draws --------------------------------------------------------------------------------------------------------


def wide(inputs, context):
    a, b, c = (inputs[name][:, None] for name in "abc")
    return {"y": a + b * np.linspace(1.0, 2.0, 1200) + c}


def ranked_wide(folder, resume=False, draws=200):
    """Return the run of a study with an output that is stored in float32, and what ranks it."""
    output = Output("y", "1", "", (Dim("cell", tuple(range(1200))),), rank=True)
    study = study_of(wide, dict.fromkeys("abc", NORMAL), [output], dependence=PAIR)
    asked = Asked.of(draws=draws, base=64, out=folder, jobs=1, resume=resume or None)
    how = plain(study, "random", draws)
    result = run_asked(study, asked_of_run(study, asked, asked, how))
    return result, lambda: rank_run(result, asked, Request(how.method, how.groups))


def test_rounded_draws_are_ranked_as_they_were_computed(tmp_path):
    result, rank = ranked_wide(tmp_path / "run")
    assert result.rounded == ("y",)
    assert (tmp_path / "run" / UNROUNDED).is_file()
    found = rank()
    assert not (tmp_path / "run" / UNROUNDED).exists()
    _, in_memory = ranked_wide(None)
    expected = in_memory().within.values("y", "shapley")
    assert np.array_equal(found.within.values("y", "shapley"), expected)
    assert read(tmp_path / "run").rounded == ("y",)
    assert np.array_equal(Ranking.of(tmp_path / "run").within.values("y", "shapley"), expected)


def test_ranking_of_a_run_whose_unrounded_draws_are_gone_computes_them_again(tmp_path, capsys):
    ranked_wide(tmp_path / "run")
    (tmp_path / "run" / UNROUNDED).unlink()
    _, rank = ranked_wide(tmp_path / "run", resume=True)
    assert "stored in float32; all draws are computed again" in capsys.readouterr().err
    _, in_memory = ranked_wide(None)
    assert np.array_equal(rank().within.values("y", "shapley"), in_memory().within.values("y", "shapley"))
    # Nothing is missing then, and nothing is done again.
    _, rank = ranked_wide(tmp_path / "run", resume=True)
    rank()
    assert "again" not in capsys.readouterr().err
    assert not (tmp_path / "run" / UNROUNDED).exists()


def test_ranking_by_draws_reads_as_many_of_the_first_as_it_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(unrounded, "MOST", 150)
    _, rank = ranked_wide(tmp_path / "run")
    found = rank().within
    _, few = ranked_wide(None, draws=150)
    assert found.n == 150
    assert np.array_equal(found.values("y", "shapley"), few().within.values("y", "shapley"))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_that_is_ranked_goes_on_to_the_same_page(jobs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["run", "second-hand-ev", "--draws", "100", "--base", "64", "--jobs", jobs, "--quiet", "--out", "run"]
    assert main(words) == 0
    assert not Path("run", UNROUNDED).exists()
    page = Path("run/report.html").read_bytes()
    assert main([*words, "--resume"]) == 0
    assert Path("run/report.html").read_bytes() == page
    assert not Path("run", UNROUNDED).exists()
    capsys.readouterr()
