"""Models in stages: the same bits as without, on any design, and a stage that tells too little is found."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

import mcsim
from mcsim.command.main import main
from mcsim.engine.design import make_design
from mcsim.engine.evaluation import evaluate_values
from mcsim.engine.points import design_columns, transform
from mcsim.engine.sets import Moved, Sets
from mcsim.engine.staged import check_stages, evaluate_sets, unequal
from mcsim.ranking.planning import plan_of
from mcsim.ranking.saltelli import _points
from mcsim.study import Context, InputError, Model, Option, Output, Parameter, Stage, Stages
from mcsim.study.build import study_of

COUNTED: dict[str, int] = {}


def counted(name, function):
    """Return a stage's function that counts the rows that it is called for."""

    def compute(inputs, found, context):
        COUNTED[name] = COUNTED.get(name, 0) + len(context.draws)
        return function(inputs, found, context)

    return compute


def random_model(seed, n_inputs=6, n_stages=5, varied=False):
    """Return a model of random stages over random inputs and results; every stage gives an output."""
    random = np.random.default_rng(seed)
    names = [f"x{place}" for place in range(n_inputs)]

    def compute(place, reads, after):
        def function(inputs, found, context):
            total = np.zeros(len(context.draws))
            for name in reads:
                total = np.sin(total * 1.7 + inputs[name] * (place + 1))
            for name in after:
                total = np.cos(total + found[f"{name}_matrix"] @ np.array([0.3, 0.7]))
            total += 0.001 * (context.draws % 7) + (context.options.get("word") == "b") * 0.25
            return {f"y{place}": total, f"s{place}_matrix": np.stack([total, total**2], axis=1)}

        return counted(f"s{place}", function)

    stages, used = [], set()
    for place in range(n_stages):
        reads = tuple(sorted(random.choice(names, random.integers(0, 4), replace=False)))
        after = tuple(stage.name for stage in stages if random.random() < 0.4)
        if place == n_stages - 1:
            reads = tuple(sorted(set(reads) | set(names) - used))
        used |= set(reads)
        stages.append(Stage(f"s{place}", compute(place, reads, after), reads, after, (f"y{place}",)))
    return Model(
        f"random{seed}",
        tuple(Parameter(name, "", name, default=mcsim.uniform(0, 1)) for name in names),
        (Option("word", "a", ("a", "b")),) if varied else (),
        tuple(Output(f"y{place}", "", f"y{place}", rank=True) for place in range(n_stages)),
        Stages(tuple(stages)),
    )


def plain(study):
    """Return the study with the same model as one function, which the engine cannot take apart."""
    evaluate = study.model.evaluate
    return replace(study, model=replace(study.model, evaluate=lambda inputs, context: evaluate(inputs, context)))


def same(ranking, other):
    for name, scores in ranking.scores.items():
        for measure, values in scores.items():
            assert np.array_equal(values, other.scores[name][measure], equal_nan=values.dtype.kind == "f"), measure


@pytest.mark.parametrize("seed", range(8))
def test_a_ranking_has_the_same_bits_with_and_without_stages(seed):
    study = study_of(random_model(seed))
    same(mcsim.sensitivity(study, base=64, seed=seed), mcsim.sensitivity(plain(study), base=64, seed=seed))


def test_a_base_of_many_calls_has_the_same_bits():
    # More rows of the seven sets than one call takes, and a rest.
    study = study_of(random_model(2, n_inputs=5))
    same(mcsim.sensitivity(study, base=8192), mcsim.sensitivity(plain(study), base=8192))


def test_second_order_pairs_groups_and_other_methods_have_the_same_bits():
    study = study_of(random_model(3))
    groups = {"both": ["x0", "x4"]}
    for settings in ({"second_order": True}, {"groups": groups}, {"method": "shapley"}, {"method": "morris"}):
        same(mcsim.sensitivity(study, base=32, **settings), mcsim.sensitivity(plain(study), base=32, **settings))


def test_an_uncertain_option_parts_the_rows_of_a_stage():
    study = study_of(random_model(5, varied=True), word=mcsim.categorical(["a", "b"]))
    assert "word" in design_columns(study)
    same(mcsim.sensitivity(study, base=64), mcsim.sensitivity(plain(study), base=64))


def test_two_studies_of_a_pair_each_share_their_own_stages():
    study = study_of(random_model(6))
    other = study.set(x1=0.25)
    same(mcsim.sensitivity(study, base=32, versus=other), mcsim.sensitivity(plain(study), base=32, versus=plain(other)))


def test_a_stage_is_computed_for_the_rows_that_it_can_tell_apart_and_no_other():
    names = [f"x{place}" for place in range(5)]
    first = counted("first", lambda inputs, found, context: {"a": inputs["x0"] * 2.0})
    second = counted("second", lambda inputs, found, context: {"y": found["a"] + inputs["x1"]})
    last = counted("last", lambda inputs, found, context: {"z": found["y"] * sum(inputs[name] for name in names)})
    model = Model(
        "counting",
        tuple(Parameter(name, "", name, default=mcsim.uniform(0, 1)) for name in names),
        (),
        (Output("y", "", "y", rank=True), Output("z", "", "z", rank=True)),
        Stages(
            (
                Stage("first", first, ("x0",)),
                Stage("second", second, ("x1",), ("first",), ("y",)),
                Stage("last", last, tuple(names), ("second",), ("z",)),
            )
        ),
    )
    study = study_of(model)
    points = make_design("random", tuple(names), 20, 1).points(0, 20)
    a, b = (transform(study, points[half], tuple(names)) for half in (slice(0, 10), slice(10, 20)))
    sets = Sets(study, [a, b, *({**a, name: b[name]} for name in names)])
    COUNTED.clear()
    evaluate_sets(study, sets, slice(2, 8), np.arange(6), 1, 0)
    # Six rows for each set of values that a stage can tell apart: of x0 alone there are those of A and of B.
    assert COUNTED == {"first": 6 * 2, "second": 6 * 4, "last": 6 * 7}
    COUNTED.clear()
    evaluate_sets(study, sets, slice(2, 8), np.arange(6), 1, 0, frozenset(("y",)))
    assert COUNTED == {"first": 6 * 2, "second": 6 * 4}


def test_sets_that_tell_only_what_they_move_are_those_that_carry_all_columns():
    names = ("x0", "x1", "x2", "x3")
    study = study_of(
        Model(
            "four",
            tuple(Parameter(name, "", name, default=mcsim.uniform(0, 1)) for name in names),
            (),
            (Output("y", "", "y", rank=True),),
            lambda inputs, context: {"y": inputs["x0"]},
        )
    )
    a, b = ({name: np.random.default_rng([side, int(name[1])]).random(7) for name in names} for side in (1, 2))
    # AB and BA of single inputs and of a pair, and the way from A to B one input after the other.
    moves = [(a, b, chosen) for chosen in (("x0",), ("x2",), ("x1", "x3"))]
    moves += [(b, a, chosen) for chosen in (("x1",), ("x0", "x2", "x3"))]
    moves += [(a, b, names[:count]) for count in range(5)]
    sparse = [a, b, *(Moved(one, {name: other[name] for name in chosen}) for one, other, chosen in moves)]
    whole = [dict(one) for one in sparse]
    for part in (slice(0, len(whole)), slice(1, 2), slice(3, 9)):
        told, full = Sets(study, sparse)[part], Sets(study, whole)[part]
        for chosen in ((), ("x0",), ("x1", "x2"), names):
            assert told.classes(chosen).tolist() == full.classes(chosen).tolist()
            ids = [tuple(id(one[name]) for name in chosen) for one in whole[part]]
            assert told.classes(chosen).tolist() == [list(dict.fromkeys(ids)).index(key) for key in ids]
        for rows in (slice(0, 7), slice(2, 5)):
            flat = told.flat(rows)
            for name in names:
                expected = np.concatenate([one[name][rows] for one in whole[part]])
                assert np.array_equal(flat[name], expected)
                assert np.array_equal(full.flat(rows)[name], expected)
                assert np.array_equal(told.column(name, rows), expected)


def test_a_mixed_point_of_a_design_carries_the_columns_of_its_factor_alone():
    dims = 40
    names = [f"x{number}" for number in range(dims)]
    inputs = {name: mcsim.uniform(0, 1) for name in names}
    study = study_of(Model.from_function(lambda **columns: sum(columns.values()), inputs=inputs, outputs={"y": ""}))
    plan = plan_of(study, 16, second=True)
    unit = np.random.default_rng(1).random((2, 3, dims))
    a, b, *mixed = _points(plan, unit[0], unit[1], study)
    assert len(mixed) == 2 * dims
    assert sum(len(one.moved) for one in mixed) == 2 * dims
    for number, one in enumerate(mixed[:dims]):
        assert [name for name in names if one[name] is b[name]] == [names[number]]
        assert all(one[name] is a[name] for name in names if name != names[number])


def test_what_follows_a_stage_that_is_compared_is_shared_where_its_values_are_the_same():
    names = ("x0", "x1", "x2")
    # Of the sum of two inputs only its whole part goes on: rows of different inputs agree in it or not.
    few = counted("few", lambda inputs, found, context: {"whole": np.floor(2.0 * (inputs["x0"] + inputs["x1"]))})
    costly = counted("costly", lambda inputs, found, context: {"y": np.exp(found["whole"]) + inputs["x2"]})
    last = counted("last", lambda inputs, found, context: {"z": found["y"] + found["whole"] * context.draws})
    stages = (
        Stage("few", few, names[:2], compared=True),
        Stage("costly", costly, names[2:], ("few",), ("y",)),
        Stage("last", last, (), ("costly", "few"), ("z",)),
    )
    outputs = (Output("y", "", "y", rank=True), Output("z", "", "z", rank=True))
    parameters = tuple(Parameter(name, "", name, default=mcsim.uniform(0, 1)) for name in names)
    study = study_of(Model("comparing", parameters, (), outputs, Stages(stages)))
    points = make_design("random", names, 20, 1).points(0, 20)
    a, b = (transform(study, points[half], names) for half in (slice(0, 10), slice(10, 20)))
    sets = Sets(study, [a, b, *({**a, name: b[name]} for name in names)])
    COUNTED.clear()
    evaluate_sets(study, sets, slice(0, 10), np.arange(10), 1, 0)
    whole = [np.floor(2.0 * (one["x0"] + one["x1"])) for one in (a, b, {**a, "x0": b["x0"]}, {**a, "x1": b["x1"]}, a)]
    third = [0, 1, 0, 0, 1]
    apart = {(row, whole[place][row], third[place]) for place in range(5) for row in range(10)}
    n = len(apart)
    assert {"few": 10 * 4, "costly": n, "last": n} == COUNTED
    assert n < 10 * 5
    assert unequal(study, sets, np.arange(10), 1, 0) == ()


def test_rows_that_fail_are_told_apart_as_without_stages():
    def fails(inputs, found, context):
        if (inputs["x"] > 0.9).any():
            raise ValueError("too large")
        return {"root": np.sqrt(inputs["x"] - 0.1)}

    model = Model(
        "failing",
        (Parameter("x", "", "x", default=mcsim.uniform(0, 1)), Parameter("y", "", "y", default=mcsim.uniform(0, 1))),
        (),
        (Output("z", "", "z", rank=True),),
        Stages(
            (
                Stage("root", fails, ("x",)),
                Stage("sum", lambda i, f, c: {"z": f["root"] + i["y"]}, ("y",), ("root",), ("z",)),
            )
        ),
    )
    study = study_of(model)
    values = [{"x": np.array([0.5, 0.95, 0.05, 0.3]), "y": np.arange(4.0)}]
    values.append({**values[0], "y": np.ones(4)})
    sets = Sets(study, values)
    with np.errstate(invalid="ignore"):
        found = evaluate_sets(study, sets, slice(0, 4), np.arange(4), 1, 0)
        whole = evaluate_values(plain(study), sets.flat(slice(0, 4)), np.tile(np.arange(4), 2), 1, 0)
    assert found.reasons == whole.reasons
    assert set(found.reasons) == {1, 2, 5, 6}
    assert np.array_equal(found.outputs["z"], whole.outputs["z"], equal_nan=True)


@pytest.mark.parametrize("forgotten", ["x0", "x1"])
@pytest.mark.parametrize("how", ["item", "get", "in"])
def test_a_stage_that_reads_what_it_does_not_declare_is_refused_in_any_evaluation(forgotten, how):
    def compute(inputs, found, context):
        if how == "item":
            return {"y": inputs["x0"] + inputs["x1"]}
        if how == "get":
            return {"y": inputs.get("x0", 0.0) + inputs.get("x1", 0.0) * np.ones(len(context.draws))}
        return {"y": sum(inputs[name] for name in ("x0", "x1") if name in inputs)}

    reads = tuple(name for name in ("x0", "x1") if name != forgotten)
    study = study_of(one_stage(compute, reads))
    for ask in (lambda: mcsim.run(study, draws=4), lambda: mcsim.sensitivity(study, base=16)):
        with pytest.raises(InputError, match=f"stage all: reads input {forgotten}, which it does not declare"):
            ask()


def one_stage(compute, reads):
    parameters = tuple(Parameter(name, "", name, default=mcsim.uniform(0, 1)) for name in ("x0", "x1"))
    outputs = (Output("y", "", "y", rank=True),)
    return Model("one", parameters, (), outputs, Stages((Stage("all", compute, reads, (), ("y",)),)))


def test_a_stage_that_reads_the_results_of_another_unnamed_is_refused():
    parameters = (Parameter("x", "", "x", default=mcsim.uniform(0, 1)),)
    model = Model(
        "two",
        parameters,
        (),
        (Output("y", "", "y"),),
        Stages(
            (
                Stage("one", lambda inputs, found, context: {"a": inputs["x"]}, ("x",)),
                Stage("two", lambda inputs, found, context: {"y": found["a"]}, (), (), ("y",)),
            )
        ),
    )
    with pytest.raises(InputError, match="stage two: reads a, no result of the stages in after"):
        mcsim.run(study_of(model), draws=4)


def behind_the_back(kind):
    """Return a model with a stage that knows or does more than it tells."""
    seen = {}

    def before(inputs, found, context):
        seen["x1"] = inputs["x1"]
        return {}

    def first(inputs, found, context):
        return {"a": inputs["x0"] * 1.0}

    def second(inputs, found, context):
        if kind == "remembers":
            return {"c": found["a"] + np.resize(seen["x1"], len(context.draws))}
        if kind == "changes":
            found["a"][:] += 1.0
        if kind == "neighbours":
            return {"c": found["a"] + inputs["x1"].sum()}
        return {"c": found["a"] + inputs["x1"]}

    def third(inputs, found, context):
        return {"y": found["a"] * inputs["x1"] + found["c"]}

    stages = (
        Stage("before", before, ("x1",)),
        Stage("first", first, ("x0",)),
        Stage("second", second, () if kind == "remembers" else ("x1",), ("first",)),
        Stage("third", third, ("x1",), ("before", "first", "second"), ("y",)),
    )
    parameters = tuple(Parameter(name, "", name, default=mcsim.uniform(0, 1)) for name in ("x0", "x1"))
    return Model("sly", parameters, (), (Output("y", "", "y", rank=True),), Stages(stages))


@pytest.mark.parametrize("kind", ["remembers", "changes", "neighbours"])
def test_the_check_finds_what_no_declaration_can(kind):
    with pytest.raises(InputError, match="y: not the same by stages as without"):
        check_stages(study_of(behind_the_back(kind)))


def test_the_check_passes_an_honest_model_and_one_without_stages():
    check_stages(study_of(behind_the_back("honest")))
    check_stages(plain(study_of(behind_the_back("honest"))))


def test_declarations_that_name_what_is_not_there_are_refused():
    def nothing(inputs, found, context):
        return {}

    good = Stage("all", nothing, ("x0",), (), ("y",))
    for stages, told in (
        ((replace(good, reads=("x7",)),), "stage all: reads: x7: no such input or table"),
        ((replace(good, after=("later",)), Stage("later", nothing)), "stage all: after: later: no earlier stage"),
        ((replace(good, gives=("q",)),), "stage all: gives: q: no such output"),
        ((good, good), "stage all: declared twice"),
        ((good, replace(good, name="more")), "stage more: gives: y: given by stage all already"),
        ((replace(good, gives=()),), "output y: given by no stage"),
    ):
        model = one_stage(nothing, ())
        with pytest.raises(InputError, match=told):
            replace(model, evaluate=Stages(stages))


def test_results_without_rows_and_two_of_one_name_are_refused():
    study = study_of(one_stage(lambda inputs, found, context: {"y": 1.0}, ()))
    with pytest.raises(InputError, match="stage all: y: no array over the rows"):
        mcsim.run(study, draws=3)
    same_name = Stages(
        (
            Stage("one", lambda i, f, c: {"a": i["x0"]}, ("x0",)),
            Stage("two", lambda i, f, c: {"a": i["x1"]}, ("x1",)),
            Stage("all", lambda i, f, c: {"y": f["a"]}, (), ("one", "two"), ("y",)),
        )
    )
    study = study_of(replace(one_stage(lambda i, f, c: {}, ()), evaluate=same_name))
    with pytest.raises(InputError, match="stage all: a: a result of two stages"):
        mcsim.run(study, draws=3)


def test_what_a_stage_reads_may_follow_from_the_options():
    def stages(options):
        reads = ("x0",) if options["word"] == "a" else ("x0", "x1")
        return (Stage("all", lambda i, f, c: {"y": sum(i[name] for name in reads) * 1.0}, reads, (), ("y",)),)

    model = one_stage(lambda i, f, c: {}, ())
    model = replace(model, options=(Option("word", "a", ("a", "b")),), evaluate=Stages(stages))
    study = study_of(model)
    inputs = {"x0": np.ones(2), "x1": np.full(2, 4.0)}
    for word, value in (("a", 1.0), ("b", 5.0)):
        chosen = study.set(word=word)
        assert (evaluate_values(chosen, inputs, np.arange(2), 1, 0).outputs["y"] == value).all()
        check_stages(chosen)


def test_unequal_names_the_outputs():
    study = study_of(behind_the_back("neighbours"))
    x = np.array([0.25, 0.5])
    sets = Sets(study, [{"x0": x, "x1": x}, {"x0": x, "x1": 1.0 - x}])
    assert unequal(study, sets, np.arange(2), 1, 0) == ("y",)


MODULE = """
import mcsim

seen = {}


def first(inputs, found, context):
    seen["x"] = inputs["x"]
    return {"a": inputs["x"] * 1.0}


def second(inputs, found, context):
    return {"y": inputs["z"] + seen["x"].mean()}


def model(tables):
    return mcsim.Model(
        "sly",
        tuple(mcsim.Parameter(name, "", name, default=mcsim.uniform(0, 1)) for name in ("x", "z")),
        (),
        (mcsim.Output("y", "", "y", rank=True),),
        mcsim.Stages((
            mcsim.Stage("first", first, ("x",)),
            mcsim.Stage("second", second, ("z",), ("first",), ("y",)),
        )),
    )
"""


def test_the_command_check_tells_of_it_in_one_line(tmp_path, capsys):
    (tmp_path / "sly.py").write_text(MODULE)
    (tmp_path / "sly.toml").write_text('[study]\nname = "sly"\nmodel = "sly.py:model"\n')
    assert main(["check", str(tmp_path / "sly.toml")]) == 2
    told = capsys.readouterr().err.strip()
    assert "y: not the same by stages as without" in told
    assert "\n" not in told


def test_results_of_a_stage_are_gone_with_the_last_who_reads_them():
    # Commands look for garbage in circles seldom: what a stage hands on must not be in one.
    handed = []

    def first(inputs, found, context):
        handed.append(weakref.ref(values := np.ones(len(context.draws))))
        return {"large": values}

    stages = Stages((
        Stage("first", first),
        Stage("second", lambda inputs, found, context: {"y": found["large"] + 1.0}, (), ("first",), ("y",)),
    ))  # fmt: skip
    gc.disable()
    try:
        assert stages({}, Context({}, 1, np.arange(3)))["y"].tolist() == [2.0, 2.0, 2.0]
        assert handed[0]() is None
    finally:
        gc.enable()
