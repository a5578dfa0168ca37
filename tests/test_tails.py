"""Rankings of rare events, heavy tails and spreads near rounding: told, and no verdict on what they cannot say."""

import re

import numpy as np
import pytest

import mcsim
from mcsim.ranking.tails import Extremes, carried

INPUTS = {"p": mcsim.uniform(0, 1), "q": mcsim.uniform(0, 1)}


def study(function, inputs=None):
    return mcsim.study_of(mcsim.Model.from_function(function, inputs or INPUTS, {"r": "1"}))


def happens(p, q):
    """Return an event of probability 0.001 that p decides."""
    return {"r": (p > 0.999).astype(float)}


def test_a_rare_event_is_counted_and_its_verdicts_are_open():
    ranking = mcsim.sensitivity(study(happens), 1024)
    assert len(ranking.warnings) == 1
    assert ranking.warnings[0].startswith(
        "r: the event happens in 2 of 2,048 evaluations: too few to rank by, so that verdicts are unresolved"
    )
    assert set(ranking.table("r")["verdict"]) == {"unresolved"}
    assert not any("no effect" in line for line in ranking.lines("r"))


def test_an_event_that_seldom_fails_to_happen_is_as_rare():
    ranking = mcsim.sensitivity(study(lambda p, q: {"r": 1.0 - happens(p, q)["r"]}), 1024)
    assert ranking.warnings[0].startswith("r: the event happens in 2 of 2,048 evaluations")


def test_a_value_at_the_centre_that_is_rare_is_an_event():
    ranking = mcsim.sensitivity(study(lambda p, q: {"r": (abs(p - 0.5) < 0.0005) * 1.0}), 1024)
    assert ranking.warnings[0].startswith("r: the event happens in ")
    assert set(ranking.table("r")["verdict"]) == {"unresolved"}


def test_events_are_the_same_for_shards_leaves_and_windows(monkeypatch, tmp_path):
    whole = mcsim.sensitivity(study(happens), 1024, jobs=1)
    stored = mcsim.sensitivity(study(happens), 1024, jobs=2, out=tmp_path / "run")
    monkeypatch.setattr("mcsim.ranking.sobol._MOST_SUMS", 1.0)
    assert whole.warnings == stored.warnings == mcsim.sensitivity(study(happens), 1024).warnings


def test_a_heavy_tail_is_told_with_the_remedy():
    heavy = study(lambda p, q: {"r": np.exp(2.0 * p + q)}, {"p": mcsim.normal(0, 1), "q": mcsim.normal(0, 1)})
    rankings = [mcsim.sensitivity(heavy, 1024, seed=seed) for seed in range(10)]
    for ranking in rankings:
        assert len(ranking.warnings) == 1
        assert "% of the variance: a heavy tail" in ranking.warnings[0]
        assert "rank its logarithm, or more base rows" in ranking.warnings[0]
    # Verdicts stay those of the intervals, which decide for about half of the seeds; those on rare events never do.
    assert "influential" in {verdict for ranking in rankings for verdict in ranking.table("r")["verdict"]}


@pytest.mark.parametrize("base", [16, 64, 256, 1024])
@pytest.mark.parametrize(
    "function",
    [
        lambda p, q: {"r": p + q},
        lambda p, q: {"r": -np.log(p) + q},
        lambda p, q: {"r": (p > 0.5) * 1.0},
        lambda p, q: {"r": np.floor(9 * p) + np.floor(3 * q)},
    ],
)
def test_ordinary_outputs_get_no_warning(function, base):
    told = mcsim.sensitivity(study(function), base).warnings
    assert [line for line in told if "resampled rows" not in line] == []


@pytest.mark.parametrize("spread", [1e-11, 1e-12])
def test_a_small_spread_is_ranked_as_a_large_one_is(spread):
    table = mcsim.sensitivity(study(lambda p, q: {"r": 1.0 + spread * (2 * p + q - 1.5)}), 1024).table("r")
    assert table["ST"].tolist() == pytest.approx([0.8, 0.2], abs=0.01)


def test_rounding_is_told_from_an_output_that_does_not_vary():
    still = mcsim.sensitivity(study(lambda p, q: {"r": np.full(len(p), 0.1)}), 256)
    assert still.warnings == ("r: does not vary, so the indices are undefined there",)
    rounded = study(lambda p, q: {"r": 0.1 + 0.2 + (p + q) * 1e-16})
    for found, what in (
        (mcsim.sensitivity(rounded, 256), "indices"),
        (mcsim.sensitivity(rounded, 64, method="prcc"), "measures"),
    ):
        assert found.warnings == (
            f"r: varies by rounding alone (1e-13 of its size), so the {what} are undefined there",
        )


def test_given_draws_count_events_too():
    warnings = mcsim.sensitivity(study(happens), 4096, method="prcc").warnings
    assert len(warnings) == 1
    assert warnings[0].startswith("r: the event happens in 4 of 4,096 evaluations: too few to rank by; more base rows")


ON_DRAWS = ["prcc", "pawn", "delta", "rbd_fast", "hdmr", "evppi", "shapley_data"]
MANY = [f"x{number}" for number in range(10)]


@pytest.mark.parametrize("method", ON_DRAWS)
def test_every_method_on_draws_counts_events(method):
    said = {"threshold": 0.5} if method == "evppi" else {}
    told = mcsim.sensitivity(study(lambda p, q: {"r": (p > 0.995) * 1.0}), 1024, method=method, **said).warnings
    events = 4 if method == "evppi" else 5  # it draws points of its own, independent ones
    assert [
        line
        for line in told
        if line.startswith(f"r: the event happens in {events} of 1,024 evaluations: too few to rank by; more base rows")
    ]
    often = mcsim.sensitivity(study(lambda p, q: {"r": p + q - 1.0}), 1024, method=method).warnings
    assert not [line for line in often if "events" in line or "heavy tail" in line]


@pytest.mark.parametrize("method", ON_DRAWS)
def test_a_heavy_tail_is_told_wherever_measures_rest_on_it(method):
    drawn = {"p": mcsim.normal(0, 1), "q": mcsim.normal(0, 1)}
    heavy = study(lambda p, q: {"r": np.exp(4.0 * p + q) - 1.0}, drawn)
    told = [line for line in mcsim.sensitivity(heavy, 1024, method=method).warnings if "a heavy tail" in line]
    assert len(told) == (method not in ("prcc", "pawn"))


def test_trajectories_that_hold_all_effects_are_told():
    def together(**values):
        return {"r": np.all([value > 0.5 for value in values.values()], axis=0) * 1.0}

    rare = mcsim.sensitivity(study(together, {name: mcsim.uniform(0, 1) for name in MANY}), 512, method="morris")
    assert re.match(r"r: the event happens in \d+ of 512 evaluations: too few to rank by", rare.warnings[0])
    normal = {name: mcsim.normal(0, 1) for name in MANY}
    heavy = mcsim.sensitivity(study(lambda **values: {"r": np.exp(sum(values.values()))}, normal), 512, method="morris")
    assert "on which the mean effects rest; rank its logarithm" in heavy.warnings[0]
    for plain in (lambda **values: {"r": sum(values.values())}, lambda **values: {"r": 3.0 + np.sin(values["x0"])}):
        assert mcsim.sensitivity(study(plain, normal), 512, method="morris").warnings == ()


def test_extremes_merge_in_any_order():
    values = np.random.default_rng(1).normal(size=(100, 3)).round(1)
    parts = [Extremes.of(values[low:high]) for low, high in ((0, 7), (7, 60), (60, 60), (60, 100))]
    whole, merged = Extremes.of(values), parts[2].merged(parts[3]).merged(parts[0]).merged(parts[1])
    for name in ("least", "greatest", "away"):
        assert np.array_equal(getattr(whole, name), getattr(merged, name))
    found = carried(whole, values.sum(axis=0), (values**2).sum(axis=0), 100)
    deviation = (values - values.mean(axis=0)) ** 2
    assert found.share == pytest.approx(deviation.max(axis=0) / deviation.sum(axis=0))
