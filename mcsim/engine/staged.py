"""Sets of points through a model: stages that several points have in common are computed once.

Rows of two sets agree in a stage where all that it reads, itself and through the stages before it, is the same array in
both (`mcsim.engine.sets`). So nothing is compared by value, and a model without stages is called as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.evaluation import Arrays, Evaluation, by_options, called, model_input, model_inputs, plan_of
from mcsim.engine.sets import Sets
from mcsim.study import Context, FloatArray, InputError, IntArray, OptionValue, Study
from mcsim.study.stages import Results, Shared, Stage, Stages, compared_before, computed, results_of, together


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    """Results of a stage for distinct rows, and which of them each row of a call has."""

    results: Results
    place: IntArray


def evaluate_sets(
    study: Study,
    sets: Sets,
    rows: slice,
    numbers: IntArray,
    seed: int,
    lives: int,
    wanted: frozenset[str] | None = None,
) -> Evaluation:
    """Return what a model gives for some rows of all sets, set after set; otherwise as `evaluate_values`.

    Parameters
    ----------
    study : Study
        Model and what is uncertain.
    sets : Sets
        Values of the uncertain inputs.
    rows : slice
        Which rows.
    numbers : ndarray of int64
        Global numbers of these rows.
    seed, lives, wanted
        As in `evaluate_values`.

    Raises
    ------
    InputError
        As `evaluate_values`, and for a stage that reads what it does not declare.
    """
    draws = np.tile(numbers, len(sets))
    plan, n_rows = plan_of(study, wanted), len(draws)
    every = np.arange(n_rows)
    # Nothing is shared by one set, and its rows are taken as they are.
    in_stages = isinstance(study.model.evaluate, Stages) and len(sets) > 1
    varied = {item.name: sets.column(item.name, rows) for item in plan.varied}
    outputs = {output.name: np.empty((0, *output.packed_shape)) for output in plan.outputs}
    reasons: dict[int, str] = {}
    parts = list(by_options(study, plan, varied, n_rows))
    for chosen, options in parts:
        where = every if chosen is None else chosen
        context = Context(options, seed, draws[where], lives, wanted)

        give = partial(_whole, study, sets, rows, chosen)
        staged = partial(_by_stages, study, sets, rows, where, context) if in_stages else None
        found, why = called(study, plan, give, context, staged)
        if chosen is None:
            return Evaluation({}, found, why)
        for name, array in found.items():
            if len(outputs[name]) == 0:
                outputs[name] = np.full((n_rows, *array.shape[1:]), np.nan)
            outputs[name][where] = array
        reasons.update({int(where[row]): reason for row, reason in why.items()})
    return Evaluation({}, outputs, dict(sorted(reasons.items())))


def _whole(study: Study, sets: Sets, rows: slice, chosen: IntArray | None) -> dict[str, FloatArray]:
    """Return what the model reads at some rows of all sets, or those chosen of them, in arrays that it may change."""
    values, n_rows = sets.flat(rows), len(sets) * len(range(rows.start, rows.stop))
    if chosen is not None:
        values, n_rows = {name: column[chosen] for name, column in values.items()}, len(chosen)
    return model_inputs(study, values, n_rows, own=True)


def _by_stages(study: Study, sets: Sets, rows: slice, where: IntArray, context: Context) -> Arrays:
    """Return the outputs at some rows of all sets, counted set after set, each stage computed for distinct rows."""
    n = rows.stop - rows.start
    set_of, row_of = np.divmod(where, n)
    stages, compared = _stages_of(study, tuple(sorted(context.options.items())), context.wanted)
    classes = _classes(study, stages, sets)
    done: dict[str, _Done] = {}
    values_of: dict[str, IntArray] = {}
    outputs: Arrays = {}
    for stage in stages:
        keys = classes[stage.name][set_of] * n + row_of
        for name in compared[stage.name]:
            _, keys = np.unique(keys * len(where) + values_of[name], return_inverse=True)
        _, first, place = np.unique(keys, return_index=True, return_inverse=True)
        give = partial(_input, study, sets, rows, set_of[first], row_of[first])
        done[stage.name] = _Done(_computed(stage, done, first, give, context), place)
        outputs |= {name: _spread(done[stage.name], name) for name in stage.gives if name in done[stage.name].results}
        if stage.compared:
            values_of[stage.name] = _distinct(done[stage.name])
    return outputs


@lru_cache(maxsize=64)
def _stages_of(
    study: Study, options: tuple[tuple[str, OptionValue], ...], wanted: frozenset[str] | None
) -> tuple[tuple[Stage, ...], dict[str, tuple[str, ...]]]:
    """Return the stages of a model under some options, and those whose results decide which rows share each."""
    evaluate = study.model.evaluate
    if not isinstance(evaluate, Stages):
        raise TypeError("a model without stages")
    stages = evaluate.of(dict(options), wanted)
    return stages, compared_before(stages)


def _classes(study: Study, stages: tuple[Stage, ...], sets: Sets) -> dict[str, IntArray]:
    """Return which sets share each stage, found once for all sets that move the same inputs."""
    structure = sets.structure
    found = {} if structure is None else _known(study, stages, structure)
    if not found:
        found.update(together(stages, sets.classes))
    return found


@lru_cache(maxsize=16)
def _known(study: Study, stages: tuple[Stage, ...], structure: tuple[tuple[Any, ...], ...]) -> dict[str, IntArray]:
    """Return what is known of sets of a structure: nothing at first."""
    return {}


def _distinct(done: _Done) -> IntArray:
    """Return a number per row of a call that is the same where all results of a stage are, to the bit."""
    known: dict[bytes, int] = {}
    columns = [np.ascontiguousarray(values).reshape(len(values), -1) for values in done.results.values()]
    rows = (b"".join(column[row].tobytes() for column in columns) for row in range(len(columns[0])))
    return np.array([known.setdefault(row, len(known)) for row in rows])[done.place]


def _computed(stage: Stage, done: Mapping[str, _Done], first: IntArray, give: Any, context: Context) -> Results:
    results_of(stage, {name: one.results for name, one in done.items()})
    shared: dict[str, Shared] = {}
    for name in stage.after:
        rows = done[name].place[first]
        for result, values in done[name].results.items():
            shared[result] = values, None if _is_whole(rows, len(values)) else rows
    return computed(stage, give, shared, replace(context, draws=context.draws[first]))


def _input(study: Study, sets: Sets, rows: slice, set_of: IntArray, row_of: IntArray, name: str) -> FloatArray:
    return model_input(study, name, sets.at(plan_of(study).columns_of[name], rows, set_of, row_of))


def _is_whole(index: IntArray, n: int) -> bool:
    return len(index) == n and bool((index == np.arange(n)).all())


def _spread(done: _Done, name: str) -> NDArray[Any]:
    """Return a result for every row of a call, in an array that no stage has."""
    values = done.results[name]
    return np.array(values, subok=True) if _is_whole(done.place, len(values)) else values[done.place]


def unequal(study: Study, sets: Sets, numbers: IntArray, seed: int, lives: int) -> tuple[str, ...]:
    """Return the outputs that differ, in any bit, between all sets together by stages and each set by itself.

    Raises
    ------
    InputError
        For a stage that reads what it does not declare.
    """
    rows, n = slice(0, len(numbers)), len(numbers)
    shared = evaluate_sets(study, sets, rows, numbers, seed, lives).outputs
    differ: dict[str, None] = {}
    for place in range(len(sets)):
        alone = evaluate_sets(study, sets[place : place + 1], rows, numbers, seed, lives).outputs
        for name, values in alone.items():
            if not np.array_equal(shared[name][place * n : (place + 1) * n], values, equal_nan=True):
                differ[name] = None
    return tuple(differ)


def check_stages(study: Study, seed: int = 1, lives: int = 1) -> None:
    """Refuse a model whose stages do not tell all that they read: outputs differ where stages are shared.

    Each uncertain input is moved alone from one random row to another, as a ranking does.

    Raises
    ------
    InputError
        Naming the model and the outputs.
    """
    from mcsim.engine.design import make_design
    from mcsim.engine.points import design_columns, transform

    columns = design_columns(study)
    if not isinstance(study.model.evaluate, Stages) or not columns:
        return
    points = make_design("random", columns, 2, seed).points(0, 2)
    here = transform(study, np.ascontiguousarray(points[[0]]), columns)
    sets = [here]
    for members in study.groups.values():
        moved, places = points[[0]], [columns.index(name) for name in members]
        moved[:, places] = points[1, places]
        there = transform(study, moved, columns)
        # What did not move stays the same array, as in a ranking.
        sets.append({name: here[name] if here[name] == there[name] else there[name] for name in columns})
    differ = unequal(study, Sets(study, sets), np.zeros(1, np.int64), seed, lives)
    if differ:
        raise InputError(
            f"{study.name}: model {study.model.name}: {', '.join(differ)}: not the same by stages as without (got "
            f"{len(differ)} outputs); a stage that reads its arguments only, changes none of them in place, and gives "
            "rows that do not depend on others"
        )
