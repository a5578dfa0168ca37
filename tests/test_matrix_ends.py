"""Intervals of the probabilities in a comparison: how often they hold what an endless run would say."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mcsim.result.matrix import SEVERAL, SINGLE, TODAY, Matrix
from mcsim.result.robust import Packages
from mcsim.study.declared import Output
from mcsim.study.outcomes import Outcome
from mcsim.study.select import Cell

CELLS, LEVEL = 800, 0.95
LEAST = LEVEL - 3.0 * math.sqrt(LEVEL * (1.0 - LEVEL) / CELLS)  # of so many intervals, three standard errors below
BETTER, WORSE, BEST = range(3)


def matrix_of(values, kinds, **more):
    """Return the matrix of values (n_studies, n_outcomes, n_draws), of which less is better."""
    less = [Outcome(Cell(Output(f"y{at}", "t", "y"), {}), -1, "t") for at in range(values.shape[1])]
    return Matrix(tuple("abcdefgh"[: len(values)]), ("",) * len(values), kinds, tuple(less), values, **more)


def held(ends, truth):
    """Return the share of intervals (2, n) that hold the truth."""
    return float(((ends[0] <= truth) & (truth <= ends[1])).mean())


def law(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


@pytest.mark.parametrize(("shift", "draws"), [(0.3, 60), (1.8, 60), (0.05, 400)])
def test_the_interval_of_a_better_lever_holds_the_probability(shift, draws):
    values = np.random.default_rng(1).normal(size=(2, CELLS, draws))
    values[0], values[1] = 0.0, values[1] - shift
    found = matrix_of(values, (TODAY, SINGLE))
    assert held(found.ends[BETTER, :, 1], law(shift)) >= LEAST
    assert held(found.ends[WORSE, :, 1], law(-shift)) >= LEAST
    wide = np.diff(found.ends[BETTER, :, 1], axis=0)
    assert wide.mean() < 5.2 * math.sqrt(law(shift) * law(-shift) / draws) + 2.0 / draws  # no wider than need be


def test_the_interval_of_the_best_holds_the_probability_with_ties():
    values = np.random.default_rng(2).normal(size=(4, CELLS, 50))
    values[3] = values[2]  # two that are always equal share a draw
    found = matrix_of(values, (TODAY, *[SINGLE] * 3))
    assert found.p_best.sum(axis=0) == pytest.approx(np.ones(CELLS))
    assert held(found.ends[BEST, :, 1], 1.0 / 3.0) >= LEAST
    assert held(found.ends[BEST, :, 3], 1.0 / 6.0) >= LEAST


def test_replicates_tell_the_error_by_their_spread():
    generator, draw = np.random.default_rng(3), np.arange(320)
    common = generator.normal(size=(2, CELLS, 16))  # what the draws of a replicate share: they are not independent
    values = common[:, :, draw % 16] + generator.normal(size=(2, CELLS, 320))
    truth = 0.5
    apart = matrix_of(values, (TODAY, SINGLE), design="sobol:16", draw=draw)
    assert held(apart.ends[BETTER, :, 1], truth) >= LEAST - 0.01  # of Student's law for shares of 20 draws each
    naive = replace(apart, design="random")
    assert held(naive.ends[BETTER, :, 1], truth) < 0.7


def test_draws_that_tell_no_error_have_no_interval():
    values = np.random.default_rng(4).normal(size=(2, 3, 64))
    for more in ({"design": "lhs"}, {"design": "given"}, {"design": "sobol:16"}):
        found = matrix_of(values, (TODAY, SINGLE), **more).table()
        assert found[["p_better_low", "p_better_high", "p_best_low"]].isna().all(axis=None)
        assert found["p_better"].notna().all()


def test_a_table_has_both_ends_around_each_probability():
    found = matrix_of(np.random.default_rng(5).normal(size=(3, 4, 30)), (TODAY, SINGLE, SINGLE)).table()
    for name in ("p_better", "p_worse", "p_best"):
        assert (found[f"{name}_low"] < found[name]).all()
        assert (found[name] < found[f"{name}_high"]).all()


def test_a_draw_under_two_readings_is_worth_one():
    values = np.random.default_rng(6).normal(size=(3, CELLS, 40))
    one = matrix_of(values, (TODAY, SEVERAL, SEVERAL), draw=np.arange(40))
    alone = Packages(((), ("a",), ("b",)), ("x",), (one,))
    twice = Packages(((), ("a",), ("b",)), ("x", "y"), (one, one))
    np.testing.assert_allclose(twice.p_best_ends, alone.p_best_ends)
    assert held(twice.p_best_ends[:, 1], 1.0 / 3.0) >= LEAST
