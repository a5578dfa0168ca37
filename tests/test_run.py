"""Runs: the same bits however the work is cut, failing draws told apart, errors in one line."""

import numpy as np
import pytest
from engine_studies import (
    LAYOUT,
    fails_sometimes,
    forgets,
    matrix_product,
    named_form,
    product,
    sleeps,
    small,
    unlike,
    with_form,
    wrong_shape,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim.engine.evaluation import bytes_per_draw, design_columns, evaluate_centre, evaluate_points, transform
from mcsim.engine.run import RunFailed, run
from mcsim.engine.samples import user_design
from mcsim.engine.work import call_rows
from mcsim.result.pairs import compare
from mcsim.study import InputError, Model

DRAWS = 2500


@pytest.fixture(scope="module")
def reference():
    return run(small(), DRAWS, jobs=1)


@given(chunk=st.integers(1, 3000), jobs=st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_chunks_and_threads_change_no_bit(reference, chunk, jobs):
    assert unlike(reference, run(small(), DRAWS, jobs=jobs, chunk=max(chunk, 20))) == []


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_other_designs_do_not_depend_on_chunks_either(design):
    whole = run(small(), 700, design=design, jobs=1)
    assert unlike(whole, run(small(), 700, design=design, jobs=2, chunk=99)) == []


def test_a_model_whose_bits_depend_on_its_rows_meets_the_same_rows(tmp_path):
    study = small(matrix_product)
    whole = run(study, DRAWS, jobs=1, chunk=4 * call_rows(study))
    assert unlike(whole, run(study, DRAWS, jobs=2, chunk=call_rows(study))) == []
    run(study, 1300, out=tmp_path / "run")
    assert unlike(whole, run(study, DRAWS, out=tmp_path / "run", resume=True)) == []


def test_draws_are_the_models_own_values(reference):
    x, y = reference.inputs["x"], reference.inputs["y"]
    assert np.array_equal(reference.values("z"), x * y)
    assert np.array_equal(reference.values("steps", kind="b", age=1), x * 4.0 - y)


def test_another_seed_gives_other_draws_and_zero_is_a_seed(reference):
    zero = run(small(), 100, seed=0)
    assert not np.isin(zero.values("z"), reference.values("z")).any()
    assert unlike(zero, run(small(), 100, seed=0)) == []


def test_more_draws_keep_the_first_ones(reference):
    few = run(small(), 300)
    assert np.array_equal(few.values("z"), reference.values("z")[:300])


def test_failing_draws_are_told_apart_and_left_out():
    result = run(small(fails_sometimes), 1000, max_failed=0.1)
    inputs = run(small(), 1000).inputs["x"]
    failing = np.flatnonzero(((inputs > 0.5) & (inputs < 0.51)) | (inputs > 0.97))
    assert [failure.draw for failure in result.failures] == failing.tolist()
    assert np.array_equal(result.draw, np.setdiff1d(np.arange(1000), failing))
    assert result.bands["detail"].n.tolist() == [result.complete] * 3
    assert result.complete == 1000 - len(failing)
    assert np.isfinite(result.values("z")).all()
    reasons = {failure.reason for failure in result.failures}
    assert reasons == {"ArithmeticError: x in the gap", "z is nan"}
    assert all(failure.inputs["x"] == inputs[failure.draw] for failure in result.failures)


def test_a_result_of_fewer_draws_says_so_first():
    result = run(small(fails_sometimes), 1000, max_failed=0.1)
    failed = len(result.failures)
    assert (failed, result.complete) == (1000 - result.complete, 1000 - failed)
    assert result.headline == f"{result.complete:,} of 1,000 draws asked ({failed} failed)"
    part = run(small(fails_sometimes), 2048, max_failed=0.1, shard=(1, 2))
    failed = len(part.failures)
    assert part.headline == f"{1024 - failed} of 2,048 draws asked (1,024 missing, {failed} failed, shard 1/2 alone)"


def test_a_draw_that_fails_in_two_runs_is_counted_once():
    first = run(small(fails_sometimes), 1000, max_failed=0.1)
    for other in (first, run(small(), 1000)):
        delta = compare(first, other)
        assert [failure.draw for failure in delta.failures] == [failure.draw for failure in first.failures]
        assert delta.headline == first.headline


def test_failing_draws_do_not_depend_on_chunks():
    study = small(fails_sometimes)
    whole = run(study, 1000, max_failed=0.1, jobs=1)
    other = run(study, 1000, max_failed=0.1, jobs=2, chunk=57)
    assert unlike(whole, other) == []
    assert whole.failures == other.failures


def test_too_many_failures_stop_the_run():
    with pytest.raises(RunFailed, match=r"small: \d+ of 1,000 draws failed \(first: draw \d+: z is nan\); mend"):
        run(small(fails_sometimes), 1000, max_failed=0.01)


def test_a_large_outputs_failing_element_is_named():
    def evaluate(inputs, context):
        found = product(inputs, context)
        found["steps"][3, 5] = np.inf
        return found

    result = run(small(evaluate), 50, jobs=1)
    assert result.failures[0].reason == "steps[b, 2] is inf"


@pytest.mark.parametrize(
    ("evaluate", "message"),
    [
        (wrong_shape, r"small: model: output z: wrong shape \(got \(10, 2\)\); \(10,\)"),
        (forgets, r"small: model: output steps missing \(got z\)"),
    ],
)
def test_what_a_model_returns_is_checked(evaluate, message):
    with pytest.raises(InputError, match=message):
        run(small(evaluate), 10)


def test_a_chunk_that_hangs_is_named(tmp_path):
    with pytest.raises(RunFailed, match=r"small: the chunk of draws \d+ to \d+ took longer than 0\.5 s;.*--resume"):
        run(small(sleeps), 400, jobs=2, chunk=5, timeout=0.5, out=tmp_path / "run")


def test_an_uncertain_option_splits_the_rows():
    study = with_form(small(named_form))
    result = run(study, 4000)
    codes = result.inputs["form"]
    assert np.array_equal(result.values("z"), np.where(codes == 0, 1.0, -1.0) * result.inputs["x"])
    assert abs(codes.mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 4000)


def test_the_centre_keeps_the_studys_own_word():
    assert evaluate_centre(with_form(small(named_form)))["z"].tolist() == [0.5]


def test_rank_correlation_reaches_the_draws():
    from dataclasses import replace

    from scipy.stats import spearmanr

    study = replace(small(), dependence=(("x", "y", 0.8),))
    result = run(study, 5000)
    found = spearmanr(result.inputs["x"], result.inputs["y"]).statistic
    assert abs(found - 0.8) < 5 * (1 - 0.8**2) / np.sqrt(5000)
    assert unlike(result, run(study, 5000, jobs=2, chunk=301)) == []


def test_shares_sum_to_one_and_the_centre_is_the_mean():
    from dataclasses import replace

    from mcsim.distributions import uniform
    from mcsim.distributions.dependence import dirichlet
    from mcsim.study import Input, Parameter

    parameter = Parameter("mix", "share", "what it is made of", labels=("a", "b", "c"))
    base = small(lambda inputs, context: {**product(inputs, context), "detail": inputs["mix"]})
    model = replace(base.model, parameters=(*base.model.parameters, parameter))
    units = tuple(
        Input(f"mix[{label}]", "share", label, uniform(0, 1), "mix", vector=("mix", place))
        for place, label in enumerate("ab")
    )
    study = replace(base, model=model, inputs=(*base.inputs, *units), vectors={"mix": dirichlet(2, 3, 5)})
    result = run(study, 3000, keep=("all",))
    shares = result.values("detail")
    assert np.allclose(shares.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert np.abs(shares.mean(axis=0) - [0.2, 0.3, 0.5]).max() < 5 * np.sqrt(0.25 / 11 / 3000)
    assert np.allclose(evaluate_centre(study)["detail"], [[0.2, 0.3, 0.5]])


def test_given_samples_are_used_as_they_are(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"x": np.linspace(0.1, 0.9, 30), "y": np.linspace(0.8, 1.2, 30)})
    result = run(small(), design=user_design(frame, small()), chunk=7)
    assert np.array_equal(result.values("z"), frame["x"].to_numpy() * frame["y"].to_numpy())


def test_a_stop_rule_is_met_and_no_more(tmp_path):
    rule = "mcse(z) < 1%"
    result = run(small(), 500, until=rule, out=tmp_path / "run", jobs=2, chunk=200)
    error = result.bands["z"].mcse[0] / result.bands["z"].mean[0]
    assert error < 0.01
    assert result.complete < 1.2 * result.complete * (error / 0.01) ** 2 * 1.1 + 2000
    assert unlike(result, run(small(), result.complete)) == []


def test_a_stop_rule_picks_elements_by_label():
    result = run(small(), 500, until="mcse(steps@kind=b, age=3) < 0.05")
    assert result.bands["steps"].mcse[6] < 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"draws": 0}, "draws: not a whole number in range"),
        ({"jobs": 0}, r"jobs: not a number of workers \(got 0\)"),
        ({"backend": "thread"}, "backend: unknown.*did you mean 'threads'"),
        ({"scheduler": "tcp://x"}, "scheduler: only for Dask"),
        ({"keep": ("detial",)}, "keep: detial: no such output.*did you mean 'detail'"),
        ({"shard": (3, 2)}, r"shard: no such part \(got 3/2\)"),
        ({"shard": (1, 9), "draws": 8}, "shard: more parts than draws"),
        ({"lives": 0}, "lives: not a whole number in range"),
        ({"max_failed": 2}, "max_failed: not a share"),
        ({"until": "z small"}, "until: not a rule"),
        ({"until": "mcse(q) < 1%"}, "q: no such output"),
        ({"until": "mcse(steps@7) < 1%"}, "until: steps@7: no dim has this label alone"),
        ({"until": "mcse(z) < 0%"}, "until: nothing to reach"),
        ({"until": "mcse(z) < 1%", "design": "sobol"}, "until: needs independent draws"),
        ({"until": "mcse(z) < 1%", "shard": (1, 2)}, "until: a shard cannot know"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message):
        run(small(), **{"draws": 20, **arguments})


def test_unit_points_become_values_by_name():
    study = small()
    values = transform(study, np.array([[0.25, 0.5]]), design_columns(study))
    assert values["x"].tolist() == [0.25]
    assert values["y"].tolist() == [1.0]


def test_evaluation_gives_packed_cells():
    study = small()
    found = evaluate_points(study, np.full((3, 2), 0.5), np.arange(3), 1, 0)
    assert found.outputs["steps"].shape == (3, LAYOUT.n_cells)
    assert found.complete.all()


def test_calls_shrink_for_large_outputs():
    from engine_studies import OUTPUTS

    from mcsim.study import Dim, Output

    wide = Output("wide", "1", "many", (Dim("cell", tuple(range(20_000))),), keep=False)
    assert call_rows(small()) == 1024
    assert call_rows(small(outputs=(*OUTPUTS, wide))) == 128
    assert bytes_per_draw(small()) < 1000


def test_a_plain_function_of_one_draw_runs():
    model = Model.from_function(
        lambda x, y: x - y, inputs={"x": "km", "y": "km"}, outputs={"d": "km"}, per_draw=True, name="plain"
    )
    from dataclasses import replace

    study = replace(small(), model=model, options={})
    result = run(study, 50)
    assert np.array_equal(result.values("d"), result.inputs["x"] - result.inputs["y"])


def test_families_asked_as_one_give_the_same_bits():
    from mcsim.distributions import FAMILIES, parse
    from mcsim.distributions.registry import stacked, stacks

    texts = {
        "Lognormal": ["lognormal(2, 0.3)", "lognormal(70, 1)", "lognormal(0.001, 0.05)"],
        "Normal": ["normal(0, 1)", "normal(5, 0.1)"],
        "Triangular": ["triangular(0, 0, 1)", "triangular(0, 1, 1)", "triangular(-3, 2, 7)"],
        "Uniform": ["uniform(0, 1)", "uniform(-5, 20)"],
    }
    kinds = {type(parse(text)) for family in FAMILIES.values() for text in family.examples}
    assert set(texts) == {kind.__name__ for kind in kinds if stacks(kind)}
    for family, lines in texts.items():
        members = [parse(line) for line in lines]
        assert {type(member).__name__ for member in members} == {family}
        for n_rows in (1, 7, 128, 1000):
            units = np.random.default_rng(n_rows).random((len(members), n_rows))
            alone = np.array([member.ppf(row) for member, row in zip(members, units, strict=True)])
            assert np.array_equal(stacked(members).ppf(units), alone)


def test_models_of_one_row_are_cut_finely_and_others_in_whole_calls():
    from dataclasses import replace

    from mcsim.engine.work import chunk_rows

    plain = Model.from_function(lambda x: x, inputs={"x": "1"}, outputs={"z": "1"}, per_draw=True)
    study = replace(small(), model=plain, options={})
    assert chunk_rows(study, 100, 4, None) == 4
    assert chunk_rows(study, 1_000_000, 4, None) == 500
    assert chunk_rows(small(), 1_000_000, 2, None) == 4096
    assert chunk_rows(small(), 2000, 2, None) == 1024
    assert chunk_rows(small(), 2000, 2, 77) == 77
