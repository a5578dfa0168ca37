"""How far off means, quantiles and probabilities are by chance: coverage against known laws, for every design."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, binom, binomtest, norm
from small_studies import study_of

import mcsim
from mcsim.command.main import main
from mcsim.engine.design import make_design
from mcsim.result import errors
from mcsim.result.bands import COLUMNS, PROBABILITIES
from mcsim.result.errors import binomial_interval, errors_of
from mcsim.study import Dim, InputError, Output

SHARES = {"p2.5": 0.025, "p50": 0.5, "p97.5": 0.975}


def fewest(runs, level=0.95, chance=1e-4):
    """Return how few of so many intervals may hold the truth, but for chance."""
    return int(binom.ppf(chance, runs, level))


def test_intervals_of_independent_draws_hold_what_they_should():
    # 600 runs side by side: each column is a run of 400 draws of exp(z).
    draws = np.exp(np.random.default_rng(3).normal(size=(400, 600)))
    found = errors_of(draws, None, 0.95, threshold=4.0)
    truth = {name: np.exp(norm.ppf(share)) for name, share in SHARES.items()}
    truth |= {"mean": np.exp(0.5), "P(> 4)": norm.sf(np.log(4.0))}
    for name, value in truth.items():
        one = found[name]
        inside = ((one.low <= value) & (value <= one.high)).sum()
        least = 0.90 if name == "mean" else 0.95  # a mean of a skewed law by Student's t
        assert inside >= fewest(600, least), (name, inside)
        # The standard error is the spread over runs.
        assert one.error.mean() == pytest.approx(one.value.std(ddof=1), rel=0.12), name


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_intervals_of_replicates_hold_what_they_should_where_the_formula_of_independent_draws_does_not(kind):
    runs, inside, spread, told, wrong = 60, dict.fromkeys([*SHARES, "mean", "P(> 1)"], 0), [], [], []
    scale = np.sqrt(1.25)
    truth = {name: scale * norm.ppf(share) for name, share in SHARES.items()}
    truth |= {"mean": 0.0, "P(> 1)": norm.sf(1.0 / scale)}
    for seed in range(runs):
        unit = make_design(f"{kind}:16", ("a", "b"), 2048, seed).points(0, 2048)
        values = (norm.ppf(unit) @ [1.0, 0.5])[:, None]
        found = errors_of(values, np.arange(2048) % 16, 0.95, threshold=1.0)
        for name, value in truth.items():
            inside[name] += bool(found[name].low[0] <= value <= found[name].high[0])
        spread.append(found["mean"].value[0])
        told.append(found["mean"].error[0])
        wrong.append(errors_of(values, None, 0.95)["mean"].error[0])
    assert min(inside.values()) >= fewest(runs, 0.93), inside
    # Four standard errors of a standard deviation of so many runs.
    assert abs(np.std(spread) / np.sqrt(np.mean(np.square(told))) - 1.0) < 4.0 / np.sqrt(2.0 * runs)
    assert np.mean(wrong) > 5.0 * np.std(spread)


def test_few_draws_leave_an_end_open_and_ties_are_exact():
    found = errors_of(np.arange(20.0)[:, None], None, 0.95)
    assert np.isnan(found["p2.5"].low[0])
    assert found["p2.5"].high[0] >= 0.0
    assert np.isnan(found["p97.5"].high[0])
    still = errors_of(np.full((50, 1), 7.0), None, 0.95)["p50"]
    assert (still.error[0], still.low[0], still.high[0]) == (0.0, 7.0, 7.0)
    assert np.isnan(errors_of(np.array([[1.0]]), None, 0.95)["p50"].error[0])
    nothing = errors_of(np.full((5, 1), np.nan), None, 0.95, threshold=0.0)
    assert all(np.isnan(one.value[0]) and np.isnan(one.error[0]) for one in nothing.values())


def test_undefined_draws_are_left_out_of_every_statistic():
    draws = np.random.default_rng(1).normal(size=(300, 2))
    draws[::3, 1] = np.nan
    group = np.arange(300) % 10
    for own in (None, group):
        both = errors_of(draws, own, 0.9, threshold=0.3)
        there = ~np.isnan(draws[:, 1])
        alone = errors_of(draws[there, 1:], None if own is None else own[there], 0.9, threshold=0.3)
        for name, one in alone.items():
            for end in ("value", "error", "low", "high"):
                np.testing.assert_allclose(getattr(both[name], end)[1], getattr(one, end)[0], rtol=1e-12)


@pytest.mark.parametrize(("hits", "draws"), [(0, 40), (1, 40), (17, 40), (40, 40)])
def test_a_share_has_the_exact_interval(hits, draws):
    exact = binomtest(hits, draws).proportion_ci(0.9, "exact")
    np.testing.assert_allclose(binomial_interval(hits, draws, 0.9), (exact.low, exact.high), atol=1e-12)


def test_replicates_that_agree_that_something_never_happens_do_not_make_it_certain():
    found = errors_of(np.zeros((160, 1)), np.arange(160) % 16, 0.95, threshold=1.0)["P(> 1)"]
    assert found.low[0] == 0.0
    assert found.high[0] == pytest.approx(binomial_interval(0, 160, 0.95)[1])


@pytest.mark.parametrize("kind", ["lhs:8", "sobol:8"])
def test_each_replicate_is_a_design_of_its_own_and_rows_are_the_same_however_cut(kind):
    design = make_design(kind, ("a", "b", "c"), 256, 5)
    unit = design.points(0, 256)
    np.testing.assert_array_equal(
        np.concatenate([design.points(0, 37), design.points(37, 101), design.points(101, 256)]), unit
    )
    for own in range(8):
        # 32 rows: one in each of 32 strata of every column.
        strata = np.sort(np.floor(unit[own::8] * 32), axis=0)
        np.testing.assert_array_equal(strata, np.arange(32.0)[:, None] * np.ones(3))
    assert len(np.unique(unit[:, 0])) == 256
    plain = kind.partition(":")[0]
    assert make_design(f"{plain}:1", ("a",), 16, 5).kind == plain


def linear(inputs, context):
    return {"y": inputs["a"] + 0.5 * inputs["b"]}


@pytest.mark.parametrize("count", [2, 30, 2000, 100_000])
def test_the_error_of_a_quantile_takes_in_all_order_statistics_that_matter(count):
    draws = np.sort(np.random.default_rng(count).lognormal(0.0, 2.0, count))
    found = errors_of(draws[:, None], None, 0.95)
    for name, share in zip(COLUMNS, PROBABILITIES, strict=True):
        law = beta((count + 1) * share, (count + 1) * (1.0 - share))
        weights = np.diff(law.cdf(np.arange(count + 1) / count))
        mean = weights @ draws
        assert found[name].error[0] == pytest.approx(np.sqrt(weights @ (draws - mean) ** 2), rel=1e-12)


STUDY = study_of(linear, {"a": "normal(0, 1)", "b": "normal(0, 1)"})


@pytest.mark.parametrize("design", ["random", "lhs:4"])
def test_errors_of_a_few_cells_at_a_time_are_those_of_all(tmp_path, monkeypatch, design):
    cells = Output("y", "1", "y", (Dim("cell", tuple(range(7))),))
    study = mcsim.study_of(
        mcsim.Model.from_function(
            lambda x, z: x[:, None] ** np.arange(1.0, 8.0) + z[:, None],
            {"x": mcsim.uniform(0, 1), "z": mcsim.normal(0, 1)},
            {"y": cells},
        )
    )
    mcsim.run(study, draws=200, design=design, out=tmp_path / "all")
    asked = []

    def narrow(result, output, wanted, of=errors._cells):
        asked.append(len(wanted))
        return of(result, output, wanted)

    monkeypatch.setattr(errors, "WINDOW_BYTES", 2 * 8 * 200)
    monkeypatch.setattr(errors, "_cells", narrow)
    mcsim.run(study, draws=200, design=design, out=tmp_path / "few", chunk=64)
    assert max(asked) == 2
    for name in ("errors.csv", "summary.csv"):
        pd.testing.assert_frame_equal(
            pd.read_csv(tmp_path / "all" / name), pd.read_csv(tmp_path / "few" / name), check_exact=False, rtol=1e-12
        )


def test_a_run_of_replicates_tells_its_errors_in_its_folder_and_extends(tmp_path, capsys):
    out = tmp_path / "run"
    assert (
        main(["run", "ishigami", "--draws", "256", "--design", "sobol:8", "--out", str(out), "--no-sensitivity"]) == 0
    )
    table = pd.read_csv(out / "errors.csv")
    assert table["statistic"].tolist() == ["mean", "p2.5", "p5", "p25", "p50", "p75", "p95", "p97.5"]
    assert (table["mcse"] > 0.0).all()
    assert (table["method"] == "replicates").all()
    summary = pd.read_csv(out / "summary.csv")
    assert summary["mcse_mean"].item() == pytest.approx(table["mcse"][0])
    assert summary["p97.5"].item() == table["estimate"].iloc[-1]
    first = mcsim.open(out).values("y")
    assert (
        main(
            [
                "run",
                "ishigami",
                "--draws",
                "512",
                "--design",
                "sobol:8",
                "--out",
                str(out),
                "--no-sensitivity",
                "--resume",
            ]
        )
        == 0
    )
    np.testing.assert_array_equal(mcsim.open(out).values("y")[:256], first)
    assert main(["run", "--from", str(out), "--out", str(tmp_path / "again"), "--no-sensitivity"]) == 0
    np.testing.assert_array_equal(mcsim.open(tmp_path / "again").values("y"), mcsim.open(out).values("y"))
    capsys.readouterr()


def test_a_plain_latin_run_has_no_errors_and_says_what_would_tell_them(tmp_path):
    result = mcsim.run(STUDY, 100, design="lhs", out=tmp_path / "run")
    assert not (tmp_path / "run" / "errors.csv").exists()
    with pytest.raises(
        InputError, match=r"errors: draws that are not independent tell none \(got design lhs\); the design lhs:16"
    ):
        result.errors("y")


def test_who_beats_whom_has_an_interval():
    higher = STUDY.set(a=mcsim.normal(0.3, 1.0))
    for design in ("random", "sobol:16"):
        delta = mcsim.compare(STUDY, higher, draws=1024, design=design)
        one = delta.errors("y", threshold=0.0).set_index("statistic").loc["P(> 0)"]
        assert one["mcse_low"] <= 1.0 <= one["mcse_high"]  # paired: always higher by 0.3


def test_python_tells_elements_by_label_and_refuses_bands_alone():
    def by_year(inputs, context):
        return {"flow": np.stack([inputs["a"], inputs["a"] + inputs["b"]], axis=1)}

    outputs = (mcsim.Output("flow", "t", "flow", (mcsim.Dim("year", (2030, 2040)),), keep=True),)
    result = mcsim.run(study_of(by_year, {"a": "normal(0, 1)", "b": "normal(0, 1)"}, outputs), 100)
    table = result.errors("flow", year=2040, threshold=1.0)
    assert len(table) == 9
    assert table["unit"].tolist() == ["t"] * 8 + ["1"]
    row = result.row("flow", year=2040)
    assert table["mcse"][0] == pytest.approx(row["mcse_mean"])
    assert table["estimate"].iloc[-1] == result.exceedance("flow", 1.0, year=2040)
    with pytest.raises(InputError, match="no such"):
        result.errors("nothing")
    with pytest.raises(InputError, match="threshold: not a number"):
        result.errors("flow", threshold="much")


@pytest.mark.parametrize(
    ("design", "said"),
    [
        ("sobol:0", "no number of replicates"),
        ("lhs:many", "no number of replicates"),
        ("random:8", "random has no replicates"),
        ("soboll:8", "did you mean"),
        ("lhs:7", "do not divide among 7 replicates"),
    ],
)
def test_a_wrong_design_is_refused_in_one_line(design, said, capsys):
    assert main(["run", "ishigami", "--draws", "100", "--design", design]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
