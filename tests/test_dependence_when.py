"""Inputs that go together while an option has a word: in the shipped vehicle study, in files, in rankings."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from small_studies import study_of

from mcsim.engine.design import make_design
from mcsim.engine.points import design_columns, transform
from mcsim.ranking.sensitivity import sensitivity
from mcsim.study import InputError
from mcsim.study.load import load

DISTANCE, SHAPE, SCALE = "mx_annual_distance", "mx_survival_shape", "mx_survival_scale"
UNIFORM = "uniform(0, 1)"
CHECKED = 20_000


@pytest.fixture(scope="module")
def vehicle():
    return load("second-hand-ev")


def drawn(study, n=CHECKED):
    columns = design_columns(study)
    return transform(study, make_design("random", columns, n, 3).points(0, n), columns)


@pytest.mark.parametrize(
    ("word", "distance", "shape"),
    [
        ("correlated", -0.5, -0.5),
        ("correlated_weakly", -0.3, -0.5),
        ("correlated_strongly", -0.7, -0.5),
        ("independent", 0.0, 0.0),
    ],
)
def test_distance_and_life_of_mexican_cars_go_together_as_the_option_says(vehicle, word, distance, shape):
    values = drawn(vehicle.set(reference_distance=word))
    within = 4.0 / np.sqrt(CHECKED)
    assert abs(spearmanr(values[DISTANCE], values[SCALE]).statistic - distance) < within
    assert abs(spearmanr(values[SHAPE], values[SCALE]).statistic - shape) < within
    assert abs(spearmanr(values[DISTANCE], values[SHAPE]).statistic) < within


def test_only_inputs_that_go_together_move_and_each_keeps_its_range(vehicle):
    free, tied = drawn(vehicle.set(reference_distance="independent"), 2000), drawn(vehicle, 2000)
    moved = {name for name, values in free.items() if not np.array_equal(values, tied[name])}
    assert moved <= {DISTANCE, SHAPE, SCALE}
    assert len(moved) >= 2
    for name in moved:
        np.testing.assert_allclose(np.quantile(tied[name], 0.5), np.quantile(free[name], 0.5), rtol=0.02)


def test_the_reference_drives_fewer_very_long_lives(vehicle):
    def spread(word):
        study = vehicle.set(reference_distance=word)
        n = 400
        values = drawn(study, n)
        # Mean life of a Weibull curve is about 0.89 of its scale.
        return np.log(values[DISTANCE] * values[SCALE]).std()

    assert spread("correlated_strongly") < spread("correlated") < spread("independent")


def test_a_word_set_and_set_back_leaves_the_study_as_it_was(vehicle):
    there_and_back = vehicle.set(reference_distance="independent").set(reference_distance="correlated")
    assert sorted(there_and_back.dependence) == sorted(vehicle.dependence) != []
    assert vehicle.set(reference_distance="independent").dependence == ()


def test_an_option_that_decides_it_cannot_be_uncertain(vehicle):
    with pytest.raises(InputError, match=r"reference_distance: decides which inputs go together, for all draws \(got"):
        vehicle.set(reference_distance='categorical(["correlated", "independent"], [0.5, 0.5])')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[dependence.when.reference_distanc]\ncorrelated = []", r"when.reference_distanc: no such option with words"),
        ("[dependence.when.steps_per_year]\ncorrelated = []", r"when.steps_per_year: no such option with words"),
        ("[dependence.when.wear]\nof = []", r"dependence.when.wear.of: no such word of the option; one of on, off"),
        ('[dependence.when.wear]\non = [["tyre_wear", "brake_war", 0.5]]', r"when.wear.on: brake_war: no such input"),
        ('[dependence.when.wear]\non = [["tyre_wear", "brake_wear"]]', r"dependence.when.wear.on\[1\]: not 3 values"),
        ("[dependence.when]\nwear = 1", r"dependence.when.wear: not a section \(got 1\); WORD = a list of pairs"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_with_its_place(tmp_path, text, message):
    path = tmp_path / "own.toml"
    path.write_text(f'[study]\nname = "own"\nextends = "second-hand-ev"\n{text}\n')
    with pytest.raises(InputError, match=message):
        load(path)


def linear(inputs, context):
    return {"y": sum(inputs.values())}


def test_a_ranking_takes_inputs_that_go_together_as_one_factor():
    study = study_of(linear, dict.fromkeys("abc", UNIFORM), dependence=(("a", "c", 0.5),))
    ranking = sensitivity(study, base=1024, jobs=1)
    assert ranking.factors == ("a + c", "b")
    shares = ranking.table("y").set_index("input")["ST"]
    # Of a Gaussian copula of uniform inputs the rank correlation is that of the values.
    assert shares["b"] == pytest.approx(1.0 / (3.0 + 2.0 * 0.5), abs=0.03)


def test_effects_of_shapley_split_what_goes_together():
    study = study_of(linear, dict.fromkeys("abc", UNIFORM), dependence=(("a", "c", 0.5),))
    assert sensitivity(study, base=256, method="shapley", jobs=1).factors == ("a", "b", "c")
