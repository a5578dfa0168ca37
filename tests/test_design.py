"""Designs: points that depend on nothing but seed, column and row."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from engine_studies import small, with_form
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from mcsim.engine.design import make_design, morris_trajectories, saltelli_points
from mcsim.engine.pairing import allocation
from mcsim.engine.samples import user_design
from mcsim.study import InputError

COLUMNS = ("x", "y", "z")


@pytest.mark.parametrize("kind", ["random", "lhs", "sobol"])
@given(cuts=st.lists(st.integers(0, 100), max_size=4), seed=st.integers(0, 2**64 - 1))
@settings(max_examples=15, deadline=None)
def test_any_cut_gives_the_same_rows(kind, cuts, seed):
    design = make_design(kind, COLUMNS, 100, seed)
    edges = sorted({0, 100, *cuts})
    parts = [design.points(low, high) for low, high in pairwise(edges)]
    assert np.array_equal(design.points(0, 100), np.concatenate(parts))


@pytest.mark.parametrize("kind", ["random", "lhs", "sobol"])
def test_points_lie_strictly_inside_the_unit_cube(kind):
    points = make_design(kind, COLUMNS, 4096, 3).points(0, 4096)
    assert points.min() > 0
    assert points.max() < 1


@pytest.mark.parametrize("kind", ["random", "lhs"])
def test_another_input_changes_no_column(kind):
    alone = make_design(kind, ("y",), 50, 1).points(0, 50)
    among = make_design(kind, ("new", "y", "x"), 50, 1).points(0, 50)
    assert np.array_equal(alone[:, 0], among[:, 1])


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_more_draws_keep_the_first_ones(kind):
    few, many = make_design(kind, COLUMNS, 100, 1), make_design(kind, COLUMNS, 1000, 1)
    assert few.extends
    assert np.array_equal(few.points(0, 100), many.points(0, 100))


def test_latin_columns_have_one_point_per_stratum():
    points = make_design("lhs", COLUMNS, 97, 5).points(0, 97)
    strata = np.sort(np.floor(points * 97).astype(int), axis=0)
    assert np.array_equal(strata, np.repeat(np.arange(97)[:, np.newaxis], 3, axis=1))


def test_latin_columns_are_not_correlated_by_construction():
    points = make_design("lhs", COLUMNS, 4000, 5).points(0, 4000)
    assert np.abs(np.corrcoef(points.T)[np.triu_indices(3, 1)]).max() < 4 / np.sqrt(4000)


def test_sobol_points_are_scipys_half_a_step_on():
    points = make_design("sobol", COLUMNS, 64, 9).points(0, 64)
    engine = qmc.Sobol(3, scramble=True, bits=32, rng=np.random.default_rng([9, 0]))
    assert np.array_equal(points, engine.random(64) + 2.0**-33)


def test_seed_zero_is_a_seed_like_any_other():
    zero = make_design("random", COLUMNS, 10, 0).points(0, 10)
    assert np.array_equal(zero, make_design("random", COLUMNS, 10, 0).points(0, 10))
    assert not np.array_equal(zero, make_design("random", COLUMNS, 10, 1).points(0, 10))


def test_random_points_are_uniform():
    points = make_design("random", COLUMNS, 20_000, 1).points(0, 20_000)
    expected = np.sqrt(1 / 12 / 20_000)
    assert np.abs(points.mean(axis=0) - 0.5).max() < 5 * expected


def test_saltelli_matrices_are_dimensions_of_one_sequence():
    a, b = saltelli_points(COLUMNS, 64, 2, 0, 64)
    first, second = allocation(3, 2)
    names = tuple(f"u{dimension}" for dimension in range(1 + max(second)))
    whole = make_design("sobol", names, 64, 2).points(0, 64)
    assert np.array_equal(a, whole[:, first])
    assert np.array_equal(b, whole[:, second])


def test_saltelli_replicates_are_independent_scrambles():
    first, _ = saltelli_points(COLUMNS, 64, 2, 0, 64, replicate=0)
    second, _ = saltelli_points(COLUMNS, 64, 2, 0, 64, replicate=1)
    assert not np.isclose(first, second).any(axis=None)


def test_saltelli_rows_outside_the_design_are_refused():
    with pytest.raises(InputError, match=r"rows outside the design \(got 0 to 9\); within 0 and 8"):
        saltelli_points(COLUMNS, 8, 1, 0, 9)


def test_morris_paths_move_every_input_once():
    points, step = morris_trajectories(COLUMNS, 20, seed=1)
    moves = np.diff(points.reshape(20, 4, 3), axis=1)
    assert np.array_equal((moves != 0).sum(axis=2), np.ones((20, 3)))
    assert np.array_equal(np.abs(moves).sum(axis=1), np.full((20, 3), step))


def test_morris_levels_stay_off_the_ends():
    points, _ = morris_trajectories(COLUMNS, 50, seed=1)
    assert set(np.unique(points)) == {0.125, 0.375, 0.625, 0.875}


def test_odd_morris_levels_are_refused():
    with pytest.raises(InputError, match=r"levels: not an even number \(got 5\)"):
        morris_trajectories(COLUMNS, 5, 1, levels=5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sobl", COLUMNS, 10, 1), "unknown.*did you mean 'sobol'"),
        (("random", COLUMNS, 0, 1), r"draws: not a whole number in range \(got 0\); from 1"),
        (("random", COLUMNS, 1.5, 1), r"draws: not a whole number in range \(got 1\.5\)"),
        (("random", COLUMNS, 10, -1), r"seed: not a whole number in range \(got -1\); from 0"),
        (("random", COLUMNS, 10, 2**64), "seed: not a whole number in range"),
    ],
)
def test_what_cannot_be_a_design_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        make_design(*arguments)


def test_too_many_inputs_for_sobol_are_refused():
    design = make_design("sobol", tuple(map(str, range(30_000))), 4, 1)
    with pytest.raises(InputError, match="too many inputs for a Sobol' sequence"):
        design.points(0, 4)


def test_given_samples_come_back_as_they_are(tmp_path):
    frame = pd.DataFrame({"y": [1.0, 1.1], "x": [0.25, 0.75], "form": ["minus", "plus"]})
    frame.to_csv(tmp_path / "samples.csv", index=False)
    design = user_design(tmp_path / "samples.csv", with_form(small()))
    assert design.columns == ("x", "y", "form")
    assert design.values.tolist() == [[0.25, 1.0, 1.0], [0.75, 1.1, 0.0]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": [0.1], "yy": [1.0]}, "yy: no such uncertain input; did you mean 'y'"),
        ({"x": [0.1]}, "y: column missing"),
        ({"x": [np.nan], "y": [1.0]}, r"x: row 1: outside the valid range \(got nan\)"),
        ({"x": ["much"], "y": [1.0]}, "x: not numbers"),
        ({"x": [], "y": []}, "no rows"),
    ],
)
def test_samples_that_do_not_fit_are_refused(columns, message):
    with pytest.raises(InputError, match=message):
        user_design(pd.DataFrame(columns), small())


def test_a_missing_file_of_samples_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        user_design(tmp_path / "none.csv", small())


def test_an_unknown_word_in_samples_is_named():
    frame = pd.DataFrame({"x": [0.1], "y": [1.0], "form": ["times"]})
    with pytest.raises(InputError, match=r"form: not one of its words \(got 'times'\); plus, minus"):
        user_design(frame, with_form(small()))


@pytest.mark.parametrize("code", [-1, 0.5, 5])
def test_a_code_that_stands_for_no_word_is_refused_with_its_row(code):
    frame = pd.DataFrame({"x": [0.1, 0.2], "y": [1.0, 1.0], "form": [0, code]})
    with pytest.raises(InputError, match=rf"form: row 2: not one of its words \(got {code}\); plus, minus"):
        user_design(frame, with_form(small()))


def test_words_on_a_numeric_input_are_refused():
    with pytest.raises(InputError, match=r"x: takes a number, not words \(got categorical"):
        small().set(x='categorical(["a", "b"])')


def test_samples_separated_otherwise_are_named(tmp_path):
    (tmp_path / "s.csv").write_text("x;y\n0,1;1\n")
    with pytest.raises(InputError, match=r"columns separated by ';'; by commas"):
        user_design(tmp_path / "s.csv", small())


@pytest.mark.parametrize(("dims", "start", "stop"), [(1, 0, 1), (7, 0, 300), (160, 1000, 1040), (3, 65_530, 65_610)])
def test_any_rows_of_any_sobol_dimensions_are_scipys(dims, start, stop):
    names = tuple(f"u{dimension}" for dimension in range(dims))
    engine = qmc.Sobol(dims, scramble=True, bits=32, rng=np.random.default_rng([2**64 - 1, 0]))
    if start > 0:
        engine.fast_forward(start)
    rows = 1 << (stop - start - 1).bit_length()  # scipy warns of other numbers from the origin
    points = make_design("sobol", names, stop, 2**64 - 1).points(start, stop)
    assert np.array_equal(points, engine.random(rows)[: stop - start] + 2.0**-33)
