"""Shapley effects from draws alone: closed forms, what must change nothing, and what is told."""

import math
from itertools import permutations

import numpy as np
import pytest
from small_studies import study_of

from mcsim.engine.run import run
from mcsim.kernels.statistics.walks import add_gains, add_steps, eliminate
from mcsim.ranking.basis import column_functions
from mcsim.ranking.fitted import GROUPS, Draws
from mcsim.ranking.games import _inverse, _left
from mcsim.ranking.givendata import given_data
from mcsim.ranking.method import Analysis
from mcsim.ranking.sensitivity import sensitivity
from mcsim.ranking.shapleydata import SHAPLEY_DATA, effects, orders_of
from mcsim.studies.examples.functions import known_ishigami, linear_gaussian_shapley
from mcsim.study import InputError, Output
from mcsim.study.load import load

NORMAL, UNIFORM = "normal(0, 1)", "uniform(0, 1)"
MATRIX = np.array([[1.0, 0.7, 0.0, 0.3], [0.7, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -0.5], [0.3, 0.0, -0.5, 1.0]])
SLOPES = np.array([1.0, 0.0, 2.0, 0.5])


def normals(n=2000, seed=1, matrix=MATRIX):
    return np.random.default_rng(seed).normal(size=(n, len(matrix))) @ np.linalg.cholesky(matrix).T


def named(count, **options):
    return Analysis(tuple(f"x{number}" for number in range(count)), **options)


def shares_of(x, y, **options):
    return effects(x, y.reshape(len(x), -1), named(x.shape[1], **options))


def holds(found, truth, slack=0.0):
    return (found["shapley_low"][:, 0] - slack <= truth) & (truth <= found["shapley_high"][:, 0] + slack)


def of_pair(n, seed):
    """Return draws of a and b, which depend on each other, and of six others; y, and the effects of a and b."""
    rho, mixed, others = 0.6, 0.8, np.linspace(0.2, 1.2, 6)
    matrix = np.eye(8)
    matrix[0, 1] = matrix[1, 0] = rho
    x = normals(n, seed, matrix)
    y = x[:, 0] + 0.5 * x[:, 1] + x[:, 2:] @ others + mixed * x[:, 0] * x[:, 2] + 0.3 * (x[:, 3] ** 2 - 1.0)

    def known(a, b, c):
        """Return what a, b and c explain, but for what c explains by itself."""
        both = 1.0 + 0.25 + rho
        line = {(0, 0): 0.0, (1, 0): (1.0 + 0.5 * rho) ** 2, (0, 1): (rho + 0.5) ** 2, (1, 1): both}[a, b]
        return line + (mixed**2 * max(a, b * rho**2) if c else 0.0)

    found = np.zeros(2)
    for order in permutations(range(3)):
        for place, player in enumerate(order):
            before = [int(order.index(other) < place) for other in range(3)]
            after = [one or int(other == player) for other, one in enumerate(before)]
            if player < 2:
                found[player] += (known(*after) - known(*before)) / 6.0
    total = 1.25 + rho + (others**2).sum() + mixed**2 + 2.0 * 0.09
    return x, y, found / total


# Closed forms ---------------------------------------------------------------------------------------------------------


def test_dependent_normal_inputs_have_the_effects_of_the_closed_form():
    x = normals()
    found = shares_of(x, x @ SLOPES)
    truth = linear_gaussian_shapley(SLOPES, MATRIX)
    assert (np.abs(found["shapley"][:, 0] - truth) < 0.02).all()
    assert holds(found, truth, 0.005).all()


def test_blocks_of_many_inputs_have_the_effects_of_the_closed_form():
    block = np.full((4, 4), 0.6) + 0.4 * np.eye(4)
    slopes = np.array([1.0, 2.0, 0.0, 0.5])
    x = np.hstack([normals(2000, seed, block) for seed in range(5)])
    found = shares_of(x, x @ np.tile(slopes, 5))
    truth = np.tile(linear_gaussian_shapley(slopes, block) / 5.0, 5)
    assert (np.abs(found["shapley"][:, 0] - truth) < 0.01).all()
    assert holds(found, truth).mean() > 0.8


def test_interactions_are_shared_evenly():
    known = known_ishigami()
    x = np.random.default_rng(3).uniform(-np.pi, np.pi, (3000, 3))
    found = shares_of(x, known.evaluate(x))
    truth = 0.5 * (known.first + known.total)
    assert found["explained"][0, 0] > 0.98
    assert (np.abs(found["shapley"][:, 0] - truth) < 0.03).all()
    assert holds(found, truth, 0.005).all()


def test_product_of_dependent_inputs_shares_what_the_closed_form_says():
    """For exp(a.z) a set u explains exp(variance of the linear part that u explains) - 1."""
    slopes = 0.3 * np.array([1.0, 1.0, 0.5])
    matrix = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 1.0]])
    won = np.zeros(8)
    for subset in range(1, 8):
        u = [place for place in range(3) if subset >> place & 1]
        slope = (matrix @ slopes)[u]
        won[subset] = math.expm1(slope @ np.linalg.solve(matrix[np.ix_(u, u)], slope))
    truth = np.zeros(3)
    for place in range(3):
        for subset in range(8):
            if not subset >> place & 1:
                weight = 1.0 / (3 * math.comb(2, subset.bit_count()))
                truth[place] += weight * (won[subset | 1 << place] - won[subset]) / won[-1]
    z = normals(4000, 5, matrix)
    found = shares_of(np.exp(z), np.exp(z @ slopes))
    assert (np.abs(found["shapley"][:, 0] - truth) < 0.03).all()


def test_input_that_only_follows_another_gets_its_share_and_one_that_does_nothing_gets_none():
    matrix = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    x = normals(2000, 2, matrix)
    found = shares_of(x, x[:, 0] ** 3 + x[:, 0])
    assert found["shapley"][1, 0] > 0.3
    assert found["shapley_low"][2, 0] <= 0.0 <= found["shapley_high"][2, 0]
    assert abs(found["shapley"][2, 0]) < 0.005


def test_two_copies_of_an_input_share_its_effect():
    x = normals(500)[:, [0, 0, 2]]
    found = shares_of(x, x[:, 0] + 0.5 * x[:, 2])
    np.testing.assert_allclose(found["shapley"][:2, 0], found["shapley"][0, 0], rtol=1e-6)
    assert abs(found["shapley"][:2, 0].sum() - 0.8) < 0.05


# What must change nothing ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example():
    x = np.hstack([normals(600), np.random.default_rng(7).random((600, 3))])
    y = np.stack([x[:, 0] + x[:, 2] * x[:, 3], np.exp(x[:, 4]) + x[:, 1], (x[:, 5] > 0.5) + x[:, 0]], axis=1)
    return x, y, shares_of(x, y)


def test_effects_add_up_to_one(example):
    np.testing.assert_allclose(example[2]["shapley"].sum(axis=0), 1.0, rtol=1e-12)


def test_order_of_the_columns_changes_nothing(example):
    x, y, found = example
    moved = np.random.default_rng(0).permutation(7)
    again = effects(x[:, moved], y, Analysis(tuple(f"x{place}" for place in moved)))
    for name in found:
        np.testing.assert_allclose(again[name], found[name][moved], atol=1e-9)


def test_unit_and_zero_of_inputs_and_outputs_change_nothing(example):
    x, y, found = example
    again = shares_of(x * 1e6 - 3e5, 5.0 - 1e-3 * y)
    np.testing.assert_allclose(again["shapley"], found["shapley"], atol=1e-7)


def test_weights_are_rows_that_repeat(example):
    x, y, _ = example
    times = np.random.default_rng(5).integers(0, 4, len(x))
    weighted = shares_of(x, y, weights=times.astype(float))
    repeated = shares_of(np.repeat(x, times, axis=0), np.repeat(y, times, axis=0))
    for name in weighted:
        np.testing.assert_allclose(weighted[name], repeated[name], atol=1e-9)


def test_rows_that_all_repeat_know_no_more(example):
    x, y, found = example
    again = shares_of(np.repeat(x, 3, axis=0), np.repeat(y, 3, axis=0))
    np.testing.assert_allclose(again["shapley_high"], found["shapley_high"], atol=1e-9)


def test_workers_leave_no_trace_in_the_bits():
    x = normals(400)
    y = np.stack([x @ SLOPES + shift * x[:, 1] ** 2 for shift in np.linspace(0.0, 1.0, 300)], axis=1)
    one, two = shares_of(x, y), shares_of(x, y, jobs=2)
    assert all((one[name] == two[name]).all() for name in one)


def test_outputs_beside_an_output_change_it_within_its_interval(example):
    x, y, found = example
    alone = shares_of(x, y[:, 0])
    assert holds(alone, found["shapley"][:, 0]).all()


def test_importance_weights_give_the_effects_of_the_law_they_make():
    """Independent normals seen through an observation of a sum: normal again, with the covariance of the textbook."""
    seen, spread = np.array([1.0, -0.5, 0.0, 0.8]), 0.5
    covariance = np.linalg.inv(np.eye(4) + np.outer(seen, seen) / spread**2)
    x = np.random.default_rng(11).normal(size=(6000, 4))
    weights = np.exp(-0.5 * ((x @ seen - 0.4) / spread) ** 2)
    found = shares_of(x, x @ SLOPES, weights=weights)
    truth = linear_gaussian_shapley(SLOPES, covariance)
    assert (np.abs(found["shapley"][:, 0] - truth) < 0.03).all()
    prior = linear_gaussian_shapley(SLOPES, np.eye(4))
    assert np.abs(truth - prior).max() > 0.05


# Intervals ------------------------------------------------------------------------------------------------------------


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    truth = linear_gaussian_shapley(SLOPES, MATRIX)
    hits = [holds(shares_of(x, x @ SLOPES), truth) for x in (normals(300, seed) for seed in range(60))]
    assert 0.88 < np.mean(hits) <= 0.995


def test_more_draws_narrow_the_interval():
    few, many = (shares_of(x, x @ SLOPES) for x in (normals(300), normals(4800)))
    width = [np.mean(found["shapley_high"] - found["shapley_low"]) for found in (few, many)]
    assert 2.0 < width[0] / width[1] < 8.0


# Parts ----------------------------------------------------------------------------------------------------------------


def test_elimination_equals_its_twin():
    generator = np.random.default_rng(1)
    features, outputs = generator.normal(size=(200, 13)), generator.normal(size=(200, 5))
    gram, cross = features.T @ features, features.T @ outputs
    order, step = generator.permutation(13), np.sort(generator.integers(0, 4, 13))
    explained, counts = np.zeros((4, 5)), np.zeros(4, np.int64)
    add_steps(gram, cross, order, step, explained, counts)
    for last in range(4):
        first = order[step <= last]
        whole = np.sum(cross[first] * np.linalg.solve(gram[np.ix_(first, first)], cross[first]), axis=0)
        np.testing.assert_allclose(explained[: last + 1].sum(axis=0), whole, rtol=1e-9)
    assert counts.tolist() == np.bincount(step, minlength=4).tolist()


def moments_to_walk_through(names=7, size=19, outputs=3):
    generator = np.random.default_rng(3)
    features = generator.normal(size=(300, size)) @ (np.eye(size) + 0.2 * generator.normal(size=(size, size)))
    y = features @ generator.normal(size=(size, outputs)) + generator.normal(size=(300, outputs))
    orders = np.stack([generator.permutation(names) for _ in range(9)])
    members = generator.integers(0, names, (size, 2))
    return features.T @ features, features.T @ y, (y**2).sum(axis=0), orders, members


def test_halves_from_both_ends_equal_orders_eliminated_whole():
    gram, cross, square, orders, members = moments_to_walk_through()
    inverse, nothing = np.linalg.inv(gram), np.empty((0, 0))
    halves, whole = np.zeros((7, 3)), np.zeros((7, 3))
    add_gains(gram, cross, inverse, inverse @ cross, square, 300.0, orders, members, halves)
    add_gains(gram, cross, nothing, nothing, square, 300.0, orders, members, whole)
    np.testing.assert_allclose(halves, whole, rtol=1e-10, atol=1e-10 * square.max())


def test_gains_are_what_least_squares_on_every_beginning_explains():
    gram, cross, square, orders, members = moments_to_walk_through()
    inverse, gains, expected = np.linalg.inv(gram), np.zeros((7, 3)), np.zeros((7, 3))
    add_gains(gram, cross, inverse, inverse @ cross, square, 300.0, orders, members, gains)
    for order in orders:
        before = square * 300.0 / 299.0
        for turn in range(7):
            there = np.isin(members, order[: turn + 1]).all(axis=1)
            solved = np.linalg.solve(gram[np.ix_(there, there)], cross[there])
            left = (square - (cross[there] * solved).sum(axis=0)) * 300.0 / (299.0 - there.sum())
            expected[order[turn]] += before - left
            before = left
    np.testing.assert_allclose(gains, expected, rtol=1e-10, atol=1e-10 * square.max())


def test_moments_that_have_no_inverse_to_trust_are_walked_through_whole():
    regular = np.eye(3) + 0.3
    np.testing.assert_allclose(_inverse(regular) @ regular, np.eye(3), atol=1e-14)
    for last in (1.0, 1.0 + 1e-9):
        assert _inverse(np.array([[1.0, 1.0], [1.0, last]])).size == 0


def test_functions_of_a_column_are_computed_once():
    draws = Draws.of(normals(100))
    first = draws.functions(2, 3)
    assert first.base is draws.functions(2, 9).base
    np.testing.assert_array_equal(first, column_functions(draws.x[:, 2], draws.weights)[:, :3])


def test_function_that_others_hold_already_adds_nothing():
    features = np.random.default_rng(2).normal(size=(50, 3))
    features = np.column_stack([features, features[:, 0] - 2.0 * features[:, 2], features[:, 1]])
    work = np.column_stack([features.T @ features, features.T @ np.ones(50)])
    eliminate(work, np.full(5, 1e-6))
    assert (work[3:, -1] == 0.0).all()
    assert (np.diag(work)[:3] > 0.0).all()


@pytest.mark.parametrize("values", [np.arange(50.0), np.repeat([1.0, 2.0, 5.0], 20), np.exp(normals(200)[:, 0])])
def test_functions_of_an_input_are_orthonormal(values):
    weights = np.random.default_rng(1).random(len(values))
    weights /= weights.sum()
    functions = column_functions(values, weights)
    count = functions.shape[1]
    assert count == min(9, len(np.unique(values)) - 1) or count >= 8
    np.testing.assert_allclose((functions.T * weights) @ functions, np.eye(count), atol=1e-8)
    np.testing.assert_allclose(weights @ functions, 0.0, atol=1e-9)


def test_every_turn_comes_equally_often_and_every_pair_in_both_orders():
    orders = orders_of(tuple("abcdefgh"), 1).every
    turns = np.argsort(orders, axis=2).reshape(-1, 8)
    before = (turns[:, :, None] < turns[:, None, :]).mean(axis=0)
    np.testing.assert_allclose(before[~np.eye(8, dtype=bool)], 0.5, atol=1e-12)
    np.testing.assert_allclose(turns.mean(axis=0), 3.5, atol=1e-12)


def test_groups_of_draws_are_neighbours_and_equal_draws_stay_together():
    x = np.random.default_rng(0).random((64, 2))
    draws = Draws.of(np.concatenate([x, x[:4]]))
    assert (draws.group[64:] == draws.group[:4]).all()
    assert (np.diff(draws.group[:64]) >= 0).all()
    assert set(draws.group) == set(range(GROUPS))


# Through the door -----------------------------------------------------------------------------------------------------


def dependent_study():
    def evaluate(inputs, context):
        a, b, c, d = (inputs[name] for name in "abcd")
        return {"y": a + 0.5 * b + c * d, "none": np.full(len(a), 2.0), "chance": (7919.0 * a * b) % 1.0}

    outputs = tuple(Output(name, "1", name, rank=True) for name in ("y", "none", "chance"))
    inputs = {"a": NORMAL, "b": NORMAL, "c": UNIFORM, "d": UNIFORM}
    return study_of(evaluate, inputs, outputs, dependence=(("a", "b", 0.6),), groups={"c": "cd", "d": "cd"})


@pytest.fixture(scope="module")
def drawn():
    return run(dependent_study(), 1024, seed=1)


def test_groups_are_factors_of_their_own(drawn):
    whole = given_data(drawn, "shapley_data", ["y"]).values("y", "shapley")
    pairs = given_data(drawn, "shapley_data", ["y"], groups={"ab": ["a", "b"], "rest": ["c", "d"]})
    assert pairs.factors == ("ab", "rest")
    np.testing.assert_allclose(pairs.values("y", "shapley"), [whole[:2].sum(), whole[2:].sum()], atol=0.01)


def test_what_cannot_be_told_is_undefined_and_told(drawn):
    ranking = given_data(drawn, "shapley_data")
    assert np.isnan(ranking.values("none", "shapley")).all()
    assert np.isnan(ranking.values("chance", "shapley")).all()
    assert any("chance: a fit to the draws explains less than 10 %" in line for line in ranking.warnings)
    assert any(line.startswith("none:") for line in ranking.warnings)
    assert not any(line.startswith("y:") for line in ranking.warnings)


def test_fit_that_leaves_much_is_told_and_its_intervals_reach_further():
    x = normals(1000)
    y = (x @ SLOPES > 1.0).astype(float)
    study = study_of(lambda inputs, context: {"y": np.sign(inputs["a"] + inputs["b"])}, {"a": NORMAL, "b": NORMAL})
    lines = given_data(run(study, 512), "shapley_data").warnings
    assert any("share out what a fit to the draws explains" in line for line in lines)
    found, smooth = shares_of(x, y), shares_of(x, x @ SLOPES)
    assert found["shapley_high"][0, 0] - found["shapley"][0, 0] > 0.05
    assert smooth["shapley_high"][0, 0] - smooth["shapley"][0, 0] < 0.05


def test_output_that_too_few_draws_have_is_undefined_and_told():
    def evaluate(inputs, context):
        return {"year": np.where(inputs["a"] > 2.0, inputs["b"], np.nan)}

    output = Output("year", "yr", "year", rank=True, may_be_undefined=True)
    ranking = given_data(run(study_of(evaluate, {"a": NORMAL, "b": NORMAL}, (output,)), 400), "shapley_data")
    assert np.isnan(ranking.values("year", "shapley")).all()
    assert len(ranking.table("year")) == 2
    assert "so the measures are undefined there" in ranking.warnings[0]


def test_effects_below_zero_are_told_where_their_whole_interval_is():
    value = np.array([[-0.02, -0.02], [1.02, 1.02]])
    measures = {"shapley": value, "shapley_high": value + np.array([0.01, 0.03]), "explained": np.ones((2, 2))}
    (line,) = SHAPLEY_DATA.remarks("y", measures)
    assert line.startswith("y: some Shapley effects lie below zero with their whole interval in 1 of its 2 elements")


def test_weights_are_checked_and_other_methods_have_none(drawn):
    with pytest.raises(
        InputError, match=r"weights: not a weight per draw \(got shape \(3,\)\); 1024 numbers from 0 up"
    ):
        given_data(drawn, "shapley_data", weights=np.ones(3))
    with pytest.raises(InputError, match="weights: prcc: takes draws of equal weight; method = shapley_data"):
        given_data(drawn, "prcc", weights=np.ones(1024))


def test_draws_that_are_worth_too_few_give_no_effects(drawn):
    weights = np.zeros(1024)
    weights[:40] = 1.0
    ranking = given_data(drawn, "shapley_data", ["y"], weights=weights)
    assert np.isnan(ranking.values("y", "shapley")).all()
    assert any("less than 10 % of the variance, so the Shapley effects are undefined" in x for x in ranking.warnings)


def test_too_few_draws_are_refused():
    with pytest.raises(InputError, match=r"base: too few draws for shapley_data \(got 32\); 64 or more"):
        sensitivity(load("ishigami"), base=32, method="shapley_data", jobs=1)


def test_effects_of_draws_agree_with_those_of_a_design():
    study = dependent_study()
    designed = sensitivity(study, 2048, method="shapley", outputs=["y"], groups="members", jobs=1)
    drawn = sensitivity(study, 2048, method="shapley_data", outputs=["y"], groups="members", jobs=1)
    np.testing.assert_allclose(drawn.values("y", "shapley"), designed.values("y", "shapley"), atol=0.05)


# Some factors alone ---------------------------------------------------------------------------------------------------


def test_dependent_factors_alone_have_their_effects_with_less_chance_than_among_all():
    alone, among, inside = [], [], []
    for seed in range(20):
        x, y, truth = of_pair(600, seed)
        found = shares_of(x, y, wanted=("x0", "x1"))
        alone.append(found["shapley"][:, 0] - truth)
        among.append(shares_of(x, y)["shapley"][:2, 0] - truth)
        inside.append(holds(found, truth))
    error = np.std(alone, axis=0) / math.sqrt(20)
    assert (np.abs(np.mean(alone, axis=0)) < 4.0 * error).all()
    assert np.square(alone).mean() < 0.9 * np.square(among).mean()
    assert np.mean(inside) >= 0.85


def test_others_that_hold_one_another_do_no_harm():
    x, y, truth = of_pair(1000, 3)
    twice = np.column_stack([x, x[:, 3]])
    found = shares_of(twice, y, wanted=("x0", "x1"))
    assert holds(found, truth).all()


def test_what_some_functions_leave_is_the_same_by_both_eliminations():
    x = np.random.default_rng(0).normal(size=(50, 6))
    gram, right = x.T @ x, x.T @ np.random.default_rng(1).normal(size=(50, 3))
    held = np.block([[gram, gram[:, :1]], [gram[:1], gram[:1, :1]]])
    left = _left(gram, right)
    again = _left(held, np.vstack([right, right[:1]]))
    np.testing.assert_allclose(left.T @ left, right.T @ np.linalg.solve(gram, right), rtol=1e-10)
    np.testing.assert_allclose(again.T @ again, left.T @ left, rtol=1e-10)


def test_wanted_factor_that_is_none_is_refused():
    result = run(study_of(lambda inputs, context: {"y": inputs["a"]}, {"a": UNIFORM, "b": UNIFORM}), 100, seed=1)
    with pytest.raises(InputError, match=r"wanted: z: not a factor of shapley_data"):
        given_data(result, "shapley_data", ["y"], wanted=("z",))
    with pytest.raises(InputError, match=r"wanted: a: not a factor of prcc"):
        given_data(result, "prcc", ["y"], wanted=("a",))
