"""Stages remembered from one scenario to the next: bits as without, and only what a lever touches is computed."""

from dataclasses import replace

import numpy as np
import pytest

import mcsim
from mcsim.distributions import uniform
from mcsim.engine.asked import Asked
from mcsim.engine.evaluation import evaluate_values
from mcsim.engine.points import design_columns, transform
from mcsim.engine.remembered import Memory
from mcsim.engine.run import run_asked
from mcsim.ranking.deltas import rank_delta
from mcsim.study import Input, Model, Output, Parameter, Stage, Stages, Study
from mcsim.study.outcomes import Outcome
from mcsim.study.overlay import laid_over, read_overlay
from mcsim.study.select import Cell


def counted(calls):
    """A study of three stages that counts the rows of each."""

    def stage(name, reads, after, compute, gives=(), compared=False):
        def counting(inputs, found, context):
            calls[name] = calls.get(name, 0) + len(context.draws)
            return compute(inputs, found)

        return Stage(name, counting, reads, after, gives, compared)

    stages = Stages(
        (
            stage("sign", ("x",), (), lambda inputs, _: {"sign": np.sign(inputs["x"])}, compared=True),
            stage("costly", ("y",), ("sign",), lambda inputs, found: {"c": found["sign"] * np.exp(inputs["y"])}),
            stage("last", ("z",), ("costly",), lambda inputs, found: {"out": found["c"] + inputs["z"]}, ("out",)),
        )
    )
    names = ("x", "y", "z")
    model = Model(
        "counted", tuple(Parameter(n, "1", n, (-9.0, 9.0)) for n in names), (), (Output("out", "1", "o"),), stages
    )
    inputs = (Input("x", "1", "x", uniform(0.5, 2), "s"), Input("y", "1", "y", uniform(0, 1), "s"))
    return Study("counted", "Counted", "?", "1", model, (*inputs, Input("z", "1", "z", uniform(0, 1), "s")), {})


def told(study, asked):
    return run_asked(study, asked).kept["out"]


def test_a_stage_whose_inputs_are_the_same_is_computed_once():
    calls = {}
    study, asked = counted(calls), Asked.of(draws=100, seed=3, jobs=1)
    memory = Memory(study)
    first = told(memory.lent(study), asked)
    memory.keep_no_more()
    # The last stage alone reads z; x moves, but not what is taken from it.
    for changed, again in (
        (study.set(z=5.0), ("last",)),
        (study.set(x=1.5), ()),
        (study.set(y=0.5), ("costly", "last")),
    ):
        before = dict(calls)
        found = told(memory.lent(changed), asked)
        rows = {name: calls[name] - before[name] for name in ("costly", "last")}
        # Two rows beside the run are evaluated twice, to see whether the model repeats itself.
        assert {name for name, count in rows.items() if count >= 100} == set(again)
        np.testing.assert_array_equal(found, told(changed, asked))
    np.testing.assert_array_equal(first, told(study, asked))


def test_another_seed_other_options_and_another_model_are_not_taken_for_the_same():
    calls = {}
    study = counted(calls)
    memory = Memory(study)
    told(memory.lent(study), Asked.of(draws=64, seed=1, jobs=1))
    memory.keep_no_more()
    before = memory.found
    told(memory.lent(study), Asked.of(draws=64, seed=2, jobs=1))
    assert memory.found == before
    other = counted({})
    assert memory.lent(other) is other


def test_no_more_is_kept_than_there_is_room_for():
    study = counted({})
    memory = Memory(study, most=10)
    first = told(memory.lent(study), Asked.of(draws=64, seed=1, jobs=1))
    memory.keep_no_more()
    assert memory.kept == 0
    np.testing.assert_array_equal(told(memory.lent(study), Asked.of(draws=64, seed=1, jobs=1)), first)


def test_what_is_remembered_while_it_is_first_computed_hides_no_noise():
    rng = np.random.default_rng()

    def noisy(inputs, found, context):
        return {"out": inputs["x"] + rng.random(len(context.draws))}

    stages = Stages((Stage("noisy", noisy, ("x",), (), ("out",)),))
    model = Model("noisy", (Parameter("x", "1", "x"),), (), (Output("out", "1", "o"),), stages)
    study = Study("noisy", "Noisy", "?", "1", model, (Input("x", "1", "x", uniform(0, 1), "s"),), {})
    notes = run_asked(Memory(study).lent(study), Asked.of(draws=64, jobs=1)).notes
    assert any("does not repeat itself" in note for note in notes)


def test_what_decides_a_difference_is_ranked_with_what_both_sides_share_computed_once():
    calls = {}
    first = counted(calls)
    other = first.set(z=5.0)
    outcomes = (Outcome(Cell(first.output("out"), {}), 1, "1"),)
    found = rank_delta(first, other, outcomes, Asked.of(base=64, jobs=1))
    together = dict(calls)
    calls.clear()
    # The same model twice, each a model of its own: nothing is shared.
    apart = rank_delta(first, replace(other, model=replace(first.model)), outcomes, Asked.of(base=64, jobs=1))
    np.testing.assert_array_equal(found.table("out")["ST"], apart.table("out")["ST"])
    assert together["costly"] < calls["costly"]
    assert together["costly"] <= 0.6 * calls["costly"]


@pytest.mark.parametrize("name", ["fleet", "trade"])
def test_shipped_levers_have_their_own_bits_over_what_the_baseline_left(name):
    study, draws = mcsim.load(name), 16
    outputs = frozenset(output.name for output in study.outputs if output.keep)

    def values(one):
        columns = design_columns(one)
        points = np.random.default_rng(5).random((draws, len(study.inputs)))
        place = {item.name: at for at, item in enumerate(study.inputs)}
        return transform(one, np.ascontiguousarray(points[:, [place[column] for column in columns]]), columns)

    def evaluated(one):
        return evaluate_values(one, values(one), np.arange(draws), 1, 1, outputs).outputs

    memory = Memory(study)
    evaluated(memory.lent(study))
    memory.keep_no_more()
    for lever in ("lever-clean-grid", "lever-take-back", "lever-tariff", "package-all"):
        laid = laid_over(study, read_overlay(lever))
        before = memory.found
        plain = evaluated(laid)
        for output, array in evaluated(memory.lent(laid)).items():
            np.testing.assert_array_equal(array, plain[output], err_msg=f"{lever} {output}")
        # Of the fleet, what moves who crosses moves all that follows, but for what the grid brings.
        assert memory.found > before or name == "fleet"
