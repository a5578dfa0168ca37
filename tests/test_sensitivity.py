from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_studies import known_study, study_of

from mcsim.distributions import Categorical, Dirichlet
from mcsim.ranking import plan as plans
from mcsim.ranking import saltelli, sobol, summed
from mcsim.ranking.factors import dependent_groups
from mcsim.ranking.planning import plan_of
from mcsim.ranking.sensitivity import sensitivity
from mcsim.studies.examples.functions import (
    known_borgonovo,
    known_bratley,
    known_g_star,
    known_ishigami,
    known_sobol_g,
    known_sobol_levitan,
    known_weighted_sum,
)
from mcsim.study import Dim, Input, InputError, Option, Output
from mcsim.study.load import load

UNIFORM = "uniform(0, 1)"
KNOWN = [known_ishigami, known_sobol_g, known_g_star, known_sobol_levitan, known_bratley, known_borgonovo]


def linear(inputs, context):
    return {"y": inputs["a"] + 2.0 * inputs["b"]}


def two_inputs(evaluate=linear, **options):
    return study_of(evaluate, {"a": UNIFORM, "b": UNIFORM}, **options)


def failing(rows):
    def evaluate(inputs, context):
        y = np.where(np.isin(context.draws, rows), np.nan, inputs["a"] + 2.0 * inputs["b"])
        return {"y": y}

    return two_inputs(evaluate)


def scores(ranking, measure, output="y"):
    return ranking.values(output, measure)


@pytest.mark.parametrize("make", KNOWN, ids=lambda make: make.__name__)
@pytest.mark.parametrize("measure", ["S1", "ST"])
def test_known_indices_are_found(make, measure):
    known = make()
    ranking = sensitivity(known_study(known), base=2048, seed=1, jobs=1)
    truth = known.first if measure == "S1" else known.total
    half = (scores(ranking, f"{measure}_high") - scores(ranking, f"{measure}_low")) / 2.0
    assert (np.abs(scores(ranking, measure) - truth) < 2.0 * half + 1e-9).all()


def test_second_order_of_ishigami_is_found():
    ranking = sensitivity(load("ishigami"), base=4096, second_order=True, jobs=1)
    table = ranking.pair_table("y").set_index("input")
    low, high = table.loc["x1 x x3", ["S2_low", "S2_high"]]
    assert low < 0.243684 < high


def test_second_order_not_asked_for_is_said():
    ranking = sensitivity(load("ishigami"), base=64, jobs=1)
    with pytest.raises(InputError, match="no second order was computed; ask for it"):
        ranking.pair_table("y")


def test_same_bits_for_any_threads():
    one, two = (sensitivity(load("sobol-g"), base=256, jobs=jobs).table() for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_same_bits_for_any_block_size(monkeypatch):
    usual = sensitivity(load("sobol-g"), base=256, jobs=1).table()
    monkeypatch.setattr(saltelli, "_BLOCK_BYTES", 1000.0)
    monkeypatch.setattr(plans, "_CHUNK_VALUES", 20.0)
    pd.testing.assert_frame_equal(usual, sensitivity(load("sobol-g"), base=256, jobs=1).table(), check_exact=True)


def wide_study():
    ages = Output("wide", "1", "wide", (Dim("age", tuple(range(7))),), rank=True)
    other = Output("y", "1", "y", rank=True)

    def evaluate(inputs, context):
        a, b = inputs["a"], inputs["b"]
        return {"wide": a[:, None] + np.arange(7) * b[:, None] ** 2, "y": a * b}

    return two_inputs(evaluate, outputs=[ages, other])


def test_windows_over_the_elements_leave_the_bits_alone(monkeypatch):
    whole = sensitivity(wide_study(), base=64, jobs=1, second_order=True)
    monkeypatch.setattr(sobol, "_MOST_SUMS", 40_000.0)
    cut = sensitivity(wide_study(), base=64, jobs=1, second_order=True)
    assert len(sobol.windows(plan_of(wide_study(), 64, second=True))) > 2
    pd.testing.assert_frame_equal(whole.table(), cut.table(), check_exact=True)
    assert np.array_equal(whole.convergence[16]["wide"]["ST"], cut.convergence[16]["wide"]["ST"])


@pytest.mark.parametrize("jobs", [1, 2])
def test_sums_on_disk_give_the_same_bits_from_one_evaluation(monkeypatch, jobs):
    calls = []

    def counted(study):
        inner = study.model.evaluate
        evaluate = lambda inputs, context: calls.append(len(context.draws)) or inner(inputs, context)  # noqa: E731
        return replace(study, model=replace(study.model, evaluate=evaluate))

    whole = sensitivity(counted(wide_study()), base=256, jobs=jobs, second_order=True)
    once, calls[:] = sum(calls), []
    monkeypatch.setattr(saltelli, "_MOST_IN_MEMORY", 0.0)
    monkeypatch.setattr(summed, "SLAB", 3)
    spooled = sensitivity(counted(wide_study()), base=256, jobs=jobs, second_order=True)
    assert sum(calls) == once
    pd.testing.assert_frame_equal(whole.table(), spooled.table(), check_exact=True)
    assert np.array_equal(whole.convergence[16]["wide"]["ST"], spooled.convergence[16]["wide"]["ST"])
    assert np.array_equal(whole.second["wide"]["S2"], spooled.second["wide"]["S2"])


def test_a_table_written_in_pieces_is_the_same_file(monkeypatch, tmp_path):
    ranking = sensitivity(wide_study(), base=64, jobs=1, second_order=True)
    ranking.to_csv(tmp_path / "whole.csv")
    monkeypatch.setattr("mcsim.ranking.ranking.ROWS_AT_ONCE", 3)
    ranking.to_csv(tmp_path / "pieces.csv")
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert len(pd.read_csv(tmp_path / "whole.csv")) == 16


def test_stopping_rule_needs_all_elements_at_once(monkeypatch):
    monkeypatch.setattr(sobol, "_MOST_SUMS", 40_000.0)
    with pytest.raises(InputError, match=r"until: too many elements to go on with \(got 8\)"):
        sensitivity(wide_study(), base=64, jobs=1, until="ranking(y) resolved")
    monkeypatch.setattr(saltelli, "_MOST_IN_MEMORY", 0.0)
    with pytest.raises(InputError, match=r"until: too many elements to go on with \(got 8\)"):
        sensitivity(wide_study(), base=256, jobs=1, until="ranking(y) resolved")


def test_seed_zero_repeats_and_differs_from_one():
    first, again, other = (sensitivity(load("ishigami"), base=64, seed=seed, jobs=1) for seed in (0, 0, 1))
    assert np.array_equal(scores(first, "S1"), scores(again, "S1"))
    assert not np.array_equal(scores(first, "S1"), scores(other, "S1"))


def test_input_that_does_nothing_ranks_exactly_zero():
    study = study_of(linear, {"a": UNIFORM, "b": UNIFORM, "idle": UNIFORM})
    ranking = sensitivity(study, base=64, jobs=1)
    assert scores(ranking, "ST")[2] == 0.0
    assert ranking.table("y")["verdict"].iloc[-1] == "not influential"


def test_failed_row_is_left_out_whole():
    ranking = sensitivity(failing([5]), base=256, jobs=1)
    assert ranking.n == 255
    assert ranking.dropped.tolist() == [5]


def test_failed_row_leaves_the_indices_right():
    ranking = sensitivity(failing([5]), base=1024, jobs=1)
    assert abs(scores(ranking, "ST")[1] - 0.8) < 0.05


def test_failed_rows_are_warned_about():
    ranking = sensitivity(failing([5, 9]), base=256, jobs=1)
    assert "2 of 256 base rows failed" in ranking.warnings[0]


def test_too_many_failed_rows_are_refused():
    with pytest.raises(InputError, match=r"too many base rows failed \(got 20 of 256\); at most 0.05"):
        sensitivity(failing(range(20)), base=256, jobs=1)


def test_all_failed_rows_are_refused():
    with pytest.raises(InputError, match=r"every base row failed \(got 64 of 64\)"):
        sensitivity(failing(range(64)), base=64, jobs=1)


@pytest.mark.parametrize("base", [1000, 0, 3, -4])
def test_base_that_is_no_power_of_two_is_refused(base):
    with pytest.raises(InputError, match=r"base: not a power of two .*balanced only there"):
        sensitivity(two_inputs(), base=base, jobs=1)


def test_single_uncertain_input_is_refused():
    study = study_of(lambda inputs, context: {"y": inputs["a"]}, {"a": UNIFORM})
    with pytest.raises(InputError, match=r"at least two uncertain inputs \(got 1: a\)"):
        sensitivity(study, base=64)


def test_constant_output_is_undefined_and_said():
    ranking = sensitivity(two_inputs(lambda inputs, context: {"y": np.full(len(context.draws), 4.0)}), base=256, jobs=1)
    assert np.isnan(scores(ranking, "ST")).all()
    assert ranking.warnings == ("y: does not vary, so the indices are undefined there",)
    assert ranking.lines("y")[0] == "a: undefined, since the output does not vary"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "sobbol"}, r"method: unknown \(got 'sobbol'\); one of sobol, .*did you mean 'sobol'"),
        ({"groups": {"g": ["bb"]}}, "groups.g: bb: no such uncertain input or group; did you mean 'b'"),
        ({"groups": {"g": ["a"], "h": ["a", "b"]}}, "groups.h: a: in g already; one group per input"),
        ({"groups": "all"}, r"groups: unknown \(got 'all'\)"),
        ({"outputs": ["z"]}, "z: no such output; one of y"),
        ({"confidence": "boot"}, r"confidence: unknown \(got 'boot'\); one of replicates, bootstrap"),
        ({"level": 1.5}, r"level: not a share \(got 1.5\)"),
        ({"confidence": "replicates", "replicates": 12}, r"replicates: not a power of two .*\(got 12 of 64\)"),
        ({"until": "resolved"}, r"until: not a rule for a ranking \(got 'resolved'\)"),
        ({"until": "ranking(z) resolved"}, "until: z: not ranked; one of y"),
        ({"method": "morris", "second_order": True}, "morris: second_order: only sobol and salib-sobol have it"),
    ],
)
def test_wrong_request_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        sensitivity(two_inputs(), base=64, jobs=1, **options)


def test_dependent_inputs_are_refused_with_the_alternatives():
    study = two_inputs(dependence=(("a", "b", 0.8),))
    with pytest.raises(InputError, match=r"rank correlation 0.8\); group them .*or use Shapley effects"):
        sensitivity(study, base=64)


def test_dependent_inputs_in_one_group_are_ranked():
    def evaluate(inputs, context):
        return {"y": inputs["a"] + inputs["b"] + inputs["c"]}

    normal = "normal(0, 1)"
    study = study_of(evaluate, {"a": normal, "b": normal, "c": normal}, dependence=(("a", "b", 0.8),))
    ranking = sensitivity(study, base=2048, groups={"pair": ["a", "b"]}, jobs=1)
    correlation = 2.0 * np.sin(np.pi * 0.8 / 6.0)
    truth = (2.0 + 2.0 * correlation) / (3.0 + 2.0 * correlation)
    assert abs(ranking.table("y").set_index("input").loc["pair", "ST"] - truth) < 0.03


def test_dependent_inputs_are_grouped_by_chains():
    study = study_of(
        linear, dict.fromkeys("abcde", UNIFORM), dependence=(("a", "b", 0.5), ("c", "d", 0.2), ("d", "b", 0.1))
    )
    assert [set(members) for members in dependent_groups(study).values()] == [set("abcd")]


def test_study_without_dependence_needs_no_groups():
    assert dependent_groups(two_inputs()) == {}


def test_dependent_study_is_ranked_with_its_own_groups():
    study = study_of(linear, dict.fromkeys("abc", UNIFORM), dependence=(("a", "c", 0.5),))
    assert sensitivity(study, base=64, groups=dependent_groups(study), jobs=1).factors == ("a + c", "b")


def shares_study():
    alpha, means, spreads = (4.0, 2.0, 1.0), (1.0, 2.0, 4.0), (0.2, 0.5, 1.0)

    def evaluate(inputs, context):
        x = np.column_stack([inputs[f"x{i}"] for i in range(3)])
        return {"y": (inputs["w"] * x).sum(axis=1)}

    study = study_of(
        evaluate, {f"x{i}": f"normal({m}, {s})" for i, (m, s) in enumerate(zip(means, spreads, strict=True))}
    )
    from dataclasses import replace

    from mcsim.distributions import parse
    from mcsim.study import Parameter

    model = replace(
        study.model, parameters=(*study.model.parameters, Parameter("w", "1", "shares", labels=("a", "b", "c")))
    )
    columns = tuple(Input(f"w[{i}]", "1", "share", parse(UNIFORM), "w", vector=("w", i)) for i in range(2))
    return replace(study, model=model, inputs=(*study.inputs, *columns), vectors={"w": Dirichlet(alpha)})


@pytest.mark.parametrize(("measure", "place"), [("S1", 0), ("ST", 1)])
def test_shares_as_one_group_have_the_exact_index(measure, place):
    ranking = sensitivity(shares_study(), base=4096, jobs=1)
    truth = known_weighted_sum()[place]
    found = scores(ranking, measure)[[3, 0, 1, 2]]
    error = (scores(ranking, f"{measure}_high") - scores(ranking, measure))[[3, 0, 1, 2]] / 1.96
    assert (np.abs(found - truth) < 4.0 * error).all()


def test_shares_torn_apart_are_refused():
    with pytest.raises(InputError, match=r"w: its shares add up to one .*keep them in one group"):
        sensitivity(shares_study(), base=64, groups="members")


def test_groups_true_ranks_by_group():
    study = study_of(linear, {"a": UNIFORM, "b": UNIFORM, "c": UNIFORM}, groups={"a": "pair", "c": "pair"})
    assert sensitivity(study, base=64, groups=True, jobs=1).factors == ("pair", "b")


def test_difference_of_two_studies_is_ranked_on_one_design():
    other = two_inputs(lambda inputs, context: {"y": inputs["a"] + 1.5 * inputs["b"] ** 2})
    direct = two_inputs(lambda inputs, context: {"y": 2.0 * inputs["b"] - 1.5 * inputs["b"] ** 2})
    paired = sensitivity(two_inputs(), base=256, versus=other, jobs=1)
    np.testing.assert_allclose(scores(paired, "S1"), scores(sensitivity(direct, base=256, jobs=1), "S1"), atol=1e-12)


def test_what_cancels_in_a_difference_has_no_effect_on_it():
    other = two_inputs(lambda inputs, context: {"y": inputs["a"] + 1.5 * inputs["b"] ** 2})
    paired = sensitivity(two_inputs(), base=256, versus=other, jobs=1)
    assert scores(paired, "ST")[0] < 1e-25


def test_difference_of_unlike_outputs_is_refused():
    wide = Output("y", "1", "y", (Dim("age", (1, 2)),), rank=True)
    other = two_inputs(lambda inputs, context: {"y": np.ones((len(context.draws), 2))}, outputs=[wide])
    with pytest.raises(InputError, match="y: its dims differ between the two"):
        sensitivity(two_inputs(), base=64, versus=other)


def test_uncertain_option_is_a_factor():
    def evaluate(inputs, context):
        return {"y": inputs["a"] + (3.0 if context.options["law"] == "steep" else 0.0) + 0.0 * inputs["b"]}

    study = two_inputs(evaluate, options=(Option("law", "flat", ("flat", "steep")),))
    ranking = sensitivity(study.set(law=Categorical(("flat", "steep"), (0.5, 0.5))), base=1024, jobs=1)
    truth = 2.25 / (2.25 + 1.0 / 12.0)
    assert abs(ranking.table("y").set_index("input").loc["law", "ST"] - truth) < 0.05


def test_until_goes_on_to_the_first_base_that_resolves():
    ranking = sensitivity(load("ishigami"), base=16, until="ranking(y) resolved", budget=4096, jobs=1)
    assert ranking.settings["resolved"]
    assert "unresolved" not in set(ranking.table("y")["verdict"])


def test_extended_run_equals_the_longer_run():
    ranking = sensitivity(load("ishigami"), base=16, until="ranking(y) resolved", budget=4096, jobs=1)
    direct = sensitivity(load("ishigami"), base=ranking.settings["base"], jobs=1)
    np.testing.assert_allclose(scores(ranking, "ST_low"), scores(direct, "ST_low"), rtol=1e-12)


def test_budget_that_ends_first_is_said():
    ranking = sensitivity(two_inputs(), base=16, threshold=0.8, until="ranking(y) resolved", budget=32, jobs=1)
    assert "verdicts still open after 32 base rows; raise the budget" in ranking.warnings[-1]


def test_convergence_ends_at_the_estimate():
    ranking = sensitivity(load("ishigami"), base=256, jobs=1)
    assert list(ranking.convergence) == [16, 32, 64, 128, 256]
    assert np.array_equal(ranking.convergence[256]["y"]["ST"], scores(ranking, "ST"))


def test_replicates_give_an_interval_that_holds_the_truth():
    known = known_bratley()
    ranking = sensitivity(known_study(known), base=4096, jobs=1)
    half = scores(ranking, "ST_high") - scores(ranking, "ST")
    assert (np.abs(scores(ranking, "ST") - known.total) < 2.0 * half).all()


@pytest.mark.parametrize(
    ("base", "said", "confidence"),
    [
        (128, {}, "bootstrap"),
        (256, {}, "replicates"),
        (128, {"replicates": 8}, "replicates"),
        (1024, {"confidence": "bootstrap"}, "bootstrap"),
        (64, {"confidence": "replicates"}, "replicates"),
    ],
)
def test_scrambles_give_the_intervals_where_each_has_rows_enough(base, said, confidence):
    ranking = sensitivity(load("ishigami"), base=base, jobs=1, **said)
    assert ranking.settings["confidence"] == confidence
    told = [line for line in ranking.warnings if line.startswith(f"base {base}: intervals from resampled rows")]
    assert len(told) == (confidence == "bootstrap" and base < 256)


@pytest.mark.parametrize("method", ["shapley", "morris", "tornado", "prcc"])
def test_a_method_without_scrambles_is_asked_for_none(method):
    with pytest.raises(InputError, match=f"{method}: confidence: only Sobol' indices have it"):
        sensitivity(load("ishigami"), base=256, method=method, confidence="bootstrap")
    assert not any("resampled rows" in line for line in sensitivity(load("ishigami"), base=64, method=method).warnings)


def test_without_intervals_are_the_estimates_of_the_bootstrap_and_no_verdict():
    study = load("ishigami")
    found = {
        name: sensitivity(study, base=2048, confidence=name, second_order=True, seed=3, jobs=1)
        for name in ("none", "bootstrap")
    }
    # One scramble of all rows both: only the order of additions differs.
    for measure in ("S1", "ST"):
        np.testing.assert_allclose(*(ranking.values("y", measure) for ranking in found.values()), rtol=1e-12)
    floors = [ranking.values("y", "S1_floor") for ranking in found.values()]
    assert (floors[0] < floors[1]).all()  # what an idle input reads, without the interval of that
    second = [ranking.second["y"]["S2"] for ranking in found.values()]
    np.testing.assert_allclose(second[0], second[1], rtol=1e-10, atol=1e-12)
    none = found["none"]
    for end in ("S1_low", "ST_high", "rank_share"):
        assert np.isnan(none.values("y", end)).all()
    assert set(none.table("y")["verdict"]) == {"unresolved"}
    assert none.values("y", "rank").tolist() == [1.0, 2.0, 3.0]
    assert none.lines("y")[0].endswith("(no interval), unresolved")


def test_rankings_without_intervals_have_the_same_bits_however_they_are_cut(tmp_path):
    study, words = known_study(known_bratley()), {"base": 16384, "confidence": "none", "seed": 5}
    one = sensitivity(study, **words, jobs=1)
    for other in (
        sensitivity(study, **words, jobs=2),
        sensitivity(study, **words, jobs=2, chunk=8192, out=tmp_path / "kept"),
    ):
        assert np.array_equal(scores(one, "ST"), scores(other, "ST"))
        assert np.array_equal(scores(one, "S1"), scores(other, "S1"))


def test_a_rule_on_verdicts_is_refused_without_intervals():
    with pytest.raises(InputError, match="until: verdicts need intervals"):
        sensitivity(load("ishigami"), base=64, confidence="none", until="ranking(y) resolved")


def test_replicates_are_narrower_than_the_bootstrap_on_a_smooth_function():
    widths = [
        (scores(ranking, "ST_high") - scores(ranking, "ST_low"))[0]
        for confidence in ("replicates", "bootstrap")
        for ranking in [sensitivity(known_study(known_bratley()), base=4096, confidence=confidence, jobs=1)]
    ]
    assert widths[0] < widths[1]


def noisy(inputs, context):
    keys = (context.draws.astype(np.uint64) * np.uint64(2654435761) + np.uint64(context.seed % 1_000_003)).tolist()
    noise = np.array([np.random.default_rng(key).normal() for key in keys])
    return {"y": inputs["a"] + 2.0 * inputs["b"] + noise}


def test_debiased_indices_are_those_without_the_noise():
    ranking = sensitivity(two_inputs(noisy), base=2048, debias=True, jobs=1)
    error = (scores(ranking, "ST_high") - scores(ranking, "ST")) / 1.96
    assert (np.abs(scores(ranking, "ST") - [0.2, 0.8]) < 4.0 * error).all()


def test_without_debiasing_noise_counts_as_variance():
    ranking = sensitivity(two_inputs(noisy), base=1024, jobs=1)
    assert scores(ranking, "ST").sum() < 0.6
