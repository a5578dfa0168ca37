import numpy as np
import pytest
from small_studies import study_of

from mcsim.ranking.sensitivity import sensitivity
from mcsim.ranking.shapley import permutations
from mcsim.studies.examples.functions import known_ishigami, linear_gaussian_shapley
from mcsim.study import InputError
from mcsim.study.load import load

UNIFORM = "uniform(0, 1)"
NORMAL = "normal(0, 1)"


def gaussian(coefficients, ranks, **options):
    """Return a study of a weighted sum of standard normal inputs with rank correlations between pairs."""
    names = [f"x{number}" for number in range(len(coefficients))]

    def evaluate(inputs, context):
        return {"y": sum(c * inputs[name] for c, name in zip(coefficients, names, strict=True))}

    pairs = tuple((names[i], names[j], rank) for (i, j), rank in ranks.items())
    return study_of(evaluate, dict.fromkeys(names, NORMAL), dependence=pairs, **options)


def correlation(dims, ranks):
    matrix = np.eye(dims)
    for (i, j), rank in ranks.items():
        matrix[i, j] = matrix[j, i] = 2.0 * np.sin(np.pi * rank / 6.0)
    return matrix


def effects(ranking):
    value, high = ranking.values("y", "shapley"), ranking.values("y", "shapley_high")
    return value, (high - value) / 1.96


def shapley(study, base=4096, **options):
    return sensitivity(study, base=base, method="shapley", jobs=1, **options)


def test_independent_effects_share_interactions_evenly():
    known = known_ishigami()
    # The interaction of x1 and x3 is split between them.
    truth = 0.5 * (known.first + known.total)
    value, error = effects(shapley(load("ishigami")))
    assert (np.abs(value - truth) < 4.0 * error).all()


@pytest.mark.parametrize("ranks", [{(0, 1): 0.8}, {(0, 1): 0.5, (1, 2): -0.6}, {(0, 2): 0.9, (0, 1): 0.3, (1, 2): 0.2}])
def test_dependent_effects_equal_the_closed_form(ranks):
    coefficients = np.array([1.0, 2.0, -1.0])
    truth = linear_gaussian_shapley(coefficients, correlation(3, ranks))
    value, error = effects(shapley(gaussian(coefficients, ranks)))
    assert (np.abs(value - truth) < 4.0 * error).all()


def test_input_that_only_follows_another_gets_its_share():
    value, _ = effects(shapley(gaussian((1.0, 0.0), {(0, 1): 0.9})))
    truth = linear_gaussian_shapley(np.array([1.0, 0.0]), correlation(2, {(0, 1): 0.9}))
    assert truth[1] > 0.3
    assert abs(value[1] - truth[1]) < 0.03


def test_effects_add_up_to_one():
    value, _ = effects(shapley(gaussian((1.0, 2.0, 3.0), {(0, 1): 0.5}), base=64))
    assert abs(value.sum() - 1.0) < 1e-12


def test_dependent_group_is_one_player():
    ranks = {(0, 1): 0.8}
    study = gaussian((1.0, 1.0, 1.0), ranks)
    value, error = effects(shapley(study, groups={"pair": ["x0", "x1"]}))
    matrix = correlation(3, ranks)
    truth = matrix[:2, :2].sum() / matrix.sum()
    assert abs(value[0] - truth) < 4.0 * error[0]


def test_input_that_does_nothing_has_no_effect():
    study = study_of(lambda inputs, context: {"y": inputs["a"] ** 2}, {"a": UNIFORM, "idle": UNIFORM})
    value, _ = effects(shapley(study, base=64))
    assert value.tolist() == [1.0, 0.0]


def test_constant_output_is_undefined():
    study = study_of(lambda inputs, context: {"y": np.full(len(context.draws), 7.0)}, {"a": UNIFORM, "b": UNIFORM})
    ranking = shapley(study, base=64)
    assert np.isnan(ranking.values("y", "shapley")).all()
    assert "does not vary" in ranking.warnings[0]


def test_failed_row_is_left_out():
    def evaluate(inputs, context):
        return {"y": np.where(context.draws == 3, np.nan, inputs["a"] + inputs["b"])}

    ranking = shapley(study_of(evaluate, {"a": UNIFORM, "b": UNIFORM}), base=64)
    assert ranking.dropped.tolist() == [3]


def test_orders_are_keyed_by_name():
    orders = permutations(1, ("a", "b", "c"), np.arange(50))
    swapped = permutations(1, ("c", "a", "b"), np.arange(50))
    names = [["abc"[i] for i in row] for row in orders]
    assert names == [["cab"[i] for i in row] for row in swapped]


def test_all_orders_are_equally_likely():
    orders = permutations(0, ("a", "b", "c"), np.arange(6000))
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert (np.abs(counts - 1000) < 4.0 * np.sqrt(6000 * (1 / 6) * (5 / 6))).all()


def test_second_order_is_refused():
    with pytest.raises(InputError, match="shapley: second_order: only sobol and salib-sobol have it; leave it out"):
        shapley(load("ishigami"), base=64, second_order=True)
