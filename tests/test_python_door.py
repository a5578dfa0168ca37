"""Python as a newcomer meets it: what is mistyped names the nearest, what is a number counts as one."""

import copy
import pickle

import numpy as np
import pytest
import xarray as xr

import mcsim
from mcsim.distributions import Constant


def product(a, b):
    return {"y": a * b}


MODEL = mcsim.Model.from_function(product, {"a": mcsim.uniform(0, 1), "b": mcsim.normal(0, 1)}, {"y": "kg"})
STUDY = mcsim.study_of(MODEL)


@pytest.fixture(scope="module")
def result():
    return mcsim.run(STUDY, draws=64, seed=1)


@pytest.fixture(scope="module")
def ranking():
    return mcsim.sensitivity(STUDY, base=16)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mcsim.run(STUDY, drawz=100), r"^run\(\) got .*'drawz'; did you mean 'draws'\?$"),
        (lambda: mcsim.sensitivity(STUDY, bases=64), "did you mean 'base'"),
        (lambda: mcsim.compare(STUDY, STUDY, drawz=64), "did you mean 'draws'"),
        (lambda: mcsim.calibrate(STUDY, methd="sampler"), "did you mean 'method'"),
        (lambda: mcsim.explain(STUDY, "y > 0", sed=1), "did you mean 'seed'"),
        (lambda: mcsim.load("ishigami", dat="own"), "did you mean 'data'"),
        (lambda: mcsim.open("runs/x", studi=None), "did you mean 'study'"),
        (lambda: mcsim.from_salib({}, product, unit={}), "did you mean 'units'"),
        (lambda: mcsim.run(STUDY, zzz=1), r"'zzz'; one of study, draws, design"),
    ],
)
def test_a_mistyped_argument_names_the_nearest(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_mistyped_attribute_names_the_nearest_or_where_it_stands(result, ranking):
    for thing, name, told in (
        (result, "sumary", "did you mean 'summary'"),
        (result, "y", r"result\['y'\] holds the draws of the output"),
        (result, "a", r"result.inputs\['a'\] holds the draws of the input"),
        (ranking, "tabel", "did you mean 'table'"),
        (STUDY, "optons", "did you mean 'options'"),
        (STUDY, "a", r"study.inputs\['a'\]"),
        (MODEL, "evalute", "did you mean 'evaluate'"),
        (STUDY.inputs["a"], "distribtion", "did you mean 'distribution'"),
        (STUDY.outputs[0], "untis", "did you mean 'unit'"),
    ):
        with pytest.raises(AttributeError, match=told):
            getattr(thing, name)
        assert not hasattr(thing, "_no_such_thing")


def test_objects_that_suggest_are_copied_pickled_and_listed(result, ranking):
    for thing, name in ((result, "summary"), (ranking, "table"), (STUDY, "inputs")):
        assert (
            repr(copy.copy(thing))
            == repr(copy.deepcopy(thing))
            == repr(pickle.loads(pickle.dumps(thing)))
            == repr(thing)
        )
        assert name in dir(thing)


@pytest.mark.parametrize(
    "number", [0.5, np.float32(0.5), np.float64(0.5), np.array(0.5), xr.DataArray(0.5)], ids=lambda n: type(n).__name__
)
def test_a_number_of_numpy_or_of_an_array_without_dims_is_a_number(number):
    assert STUDY.set(a=number).inputs["a"].distribution == Constant(0.5)
    assert mcsim.uniform(0, number) == mcsim.uniform(0, 0.5)
    assert mcsim.study_of(MODEL, a=number).inputs["a"].distribution == Constant(0.5)


def test_draws_and_seeds_may_be_numpys_or_written_with_an_exponent():
    assert mcsim.run(STUDY, draws=np.int64(20), seed=np.int32(3)).seed == 3
    assert mcsim.run(STUDY, draws=1e2).asked == 100
    with pytest.raises(mcsim.InputError, match=r"draws: .*\(got True\)"):
        mcsim.run(STUDY, draws=True)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (3, r"mcsim.constant\(3\) for a value that is sure"),
        (np.float64(0.25), r"mcsim.constant\(0.25\)"),
        ((0, 1), r"mcsim.uniform\(0, 1\) and the like"),
        ([0, 1], r"mcsim.uniform\(0, 1\)"),
        (None, r"mcsim.uniform\(0, 1\)"),
        ("uniform(1, 0)", "inputs: a: uniform: must rise strictly"),
    ],
    ids=str,
)
def test_what_says_no_distribution_is_refused_at_once_with_the_remedy(said, remedy):
    with pytest.raises(mcsim.InputError, match=remedy):
        mcsim.Model.from_function(product, {"a": said, "b": mcsim.normal(0, 1)}, {"y": "kg"})


def test_a_distribution_may_be_said_with_its_unit():
    model = mcsim.Model.from_function(
        product, {"a": (mcsim.uniform(0, 2), "km"), "b": ("normal(0, 1)", "h")}, {"y": "kg"}
    )
    assert [(p.unit, p.default) for p in model.parameters] == [("km", mcsim.uniform(0, 2)), ("h", mcsim.normal(0, 1))]
    assert mcsim.study_of(model).inputs["a"].unit == "km"
    with pytest.raises(mcsim.InputError, match="neither a unit nor a distribution"):
        mcsim.Model.from_function(product, {"a": (3, "km"), "b": "h"}, {"y": "kg"})


def test_a_distribution_may_be_said_as_its_text_and_a_unit_stays_a_unit():
    model = mcsim.Model.from_function(product, {"a": "uniform(0, 2)", "b": "g/(kWh)"}, {"y": "kg"})
    assert model.parameters[0].default == mcsim.uniform(0, 2)
    assert (model.parameters[1].unit, model.parameters[1].default) == ("g/(kWh)", None)


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ({"a": "1"}, {"y": "kg"}, r"inputs: b: taken by the function, but nothing is said of it \(got a\)"),
        ({"a": "1", "b": "1", "bb": "1"}, {"y": "kg"}, "inputs: bb: not taken by the function .*did you mean 'b'"),
        ({"a": "1", "b": "1"}, ["y"], r"outputs: not names with what is said of each \(got \['y'\]\)"),
        (["a", "b"], {"y": "kg"}, r"inputs: not names .*mcsim.uniform\(0, 1\)"),
    ],
)
def test_names_that_do_not_fit_the_function_are_refused_before_anything_runs(inputs, outputs, message):
    with pytest.raises(mcsim.InputError, match=message):
        mcsim.Model.from_function(product, inputs, outputs)


def test_a_function_of_any_names_or_with_defaults_is_taken():
    anything = mcsim.Model.from_function(lambda **x: sum(x.values()), {"a": "1", "b": "1"}, {"y": "kg"})
    assert anything.name == "model"  # a lambda has no name to call a study by
    half = mcsim.Model.from_function(lambda a, b=2.0: a * b, {"a": mcsim.uniform(0, 1)}, {"y": "kg"})
    assert mcsim.run(mcsim.study_of(half), draws=10).complete == 10


def test_one_name_for_one_thing():
    import inspect

    shared = ("seed", "jobs", "quiet", "out")
    for function in (mcsim.run, mcsim.sensitivity, mcsim.calibrate):
        assert [name for name in shared if name not in inspect.signature(function).parameters] == []
    for function in (mcsim.run, mcsim.sensitivity):
        assert {"max_failed", "backend", "scheduler", "resume", "chunk", "timeout"} <= set(
            inspect.signature(function).parameters
        )


def test_compare_takes_two_studies_or_two_results_and_says_so(result):
    assert mcsim.compare(result, result).complete == 64
    with pytest.raises(mcsim.InputError, match="a study and a result do not pair"):
        mcsim.compare(STUDY, result)
    with pytest.raises(mcsim.InputError, match="two at a time"):
        mcsim.compare(STUDY, STUDY, STUDY)
