"""Rows of a design through a model: unit cube -> values -> model inputs -> checked outputs, failed rows named.

The only place that calls ``model.evaluate``. A row that fails (infinity, NaN but where an output declares that
it may be undefined, exception) is told apart from its
neighbours by evaluating the rows of a chunk that raised one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.manners import in_place
from mcsim.engine.points import design_columns, transform
from mcsim.study import Context, FloatArray, Input, InputError, IntArray, OptionValue, Output, Study
from mcsim.study.failure import PartialFailure
from mcsim.study.functions import as_numbers

__all__ = [
    "Arrays",
    "Evaluation",
    "bytes_per_draw",
    "centre_or_zero",
    "centre_values",
    "design_columns",
    "evaluate_centre",
    "evaluate_points",
    "evaluate_values",
    "model_inputs",
    "transform",
]

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a model gave for some rows.

    Parameters
    ----------
    inputs : dict of ndarray (n,)
        Values of the uncertain inputs.
    outputs : dict of ndarray (n, *packed_shape)
        Packed outputs; rows that failed are NaN, as are elements without a value in an output that may be undefined.
    reasons : dict of int to str
        Row -> why it failed.
    """

    inputs: Arrays
    outputs: Arrays
    reasons: dict[int, str]

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Rows that did not fail, shape (n,)."""
        n_rows = len(next(iter(self.outputs.values())))
        keep = np.ones(n_rows, bool)
        keep[list(self.reasons)] = False
        return keep


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What of a study does not change from call to call."""

    columns: tuple[Input, ...]
    scalars: Mapping[str, float | None]  # model parameter -> constant, or None where it is uncertain
    rows: Mapping[str, FloatArray]  # table -> its constant cells, shape (n_rows,)
    cells: Mapping[str, tuple[tuple[str, int], ...]]  # table -> uncertain cells and their rows
    varied: tuple[Input, ...]  # options that are uncertain
    outputs: tuple[Output, ...]
    columns_of: Mapping[str, tuple[str, ...]]  # scalar, table or vector of the model -> its uncertain inputs
    whole: frozenset[str]  # tables all of whose cells are uncertain, in their order


@lru_cache(maxsize=16)
def _plan(study: Study) -> _Plan:
    options = {option.name for option in study.model.options}
    by_name = {item.name: item for item in study.inputs}
    scalars: dict[str, float | None] = {}
    for parameter in study.model.parameters:
        if parameter.labels is not None:
            continue
        item = by_name[parameter.name]
        scalars[item.name] = None if item.uncertain else item.distribution.median()
    rows = {name: np.array(table.value, np.float64) for name, table in study.tables.items()}
    cells: dict[str, list[tuple[str, int]]] = {name: [] for name in rows}
    for item in study.inputs:
        if item.table is None:
            continue
        if item.uncertain:
            cells[item.table[0]].append((item.name, item.table[1]))
        else:
            rows[item.table[0]][item.table[1]] = item.distribution.median()
    varied = tuple(item for item in study.uncertain if item.name in options)
    for output in study.model.outputs:
        if output.only_if is not None and output.only_if[0] in {item.name for item in varied}:
            raise InputError(
                f"{study.name}: {output.only_if[0]}: decides whether output {output.name} exists; fix it to one word"
            )
    frozen = {name: tuple(members) for name, members in cells.items()}
    columns_of: dict[str, tuple[str, ...]] = {}
    columns_of |= {name: (name,) if constant is None else () for name, constant in scalars.items()}
    columns_of |= {name: tuple(cell for cell, _ in members) for name, members in frozen.items()}
    columns_of |= {name: _shares(study, name) for name in study.vectors}
    whole = frozenset(name for name in rows if [at for _, at in frozen[name]] == list(range(len(rows[name]))))
    return _Plan(study.uncertain, scalars, rows, frozen, varied, study.outputs, columns_of, whole)


def _shares(study: Study, vector: str) -> tuple[str, ...]:
    return tuple(item.name for item in study.inputs if item.vector is not None and item.vector[0] == vector)


@lru_cache(maxsize=16)
def plan_of(study: Study, wanted: frozenset[str] | None = None) -> _Plan:
    """Return what of a study does not change from call to call, where only some outputs are wanted."""
    plan = _plan(study)
    if wanted is None:
        return plan
    return replace(plan, outputs=tuple(output for output in plan.outputs if output.name in wanted))


def model_inputs(
    study: Study,
    values: Mapping[str, FloatArray],
    n_rows: int,
    own: bool = False,
) -> dict[str, FloatArray]:
    """Return what the model reads: scalars (n,), tables (n, n_rows), shares (n, n_labels).

    A model that scales its arguments in place changes nobody's draws: it gets copies, but where `own` says that the
    values are nobody else's.
    """
    plan = _plan(study)
    given: dict[str, FloatArray] = {}
    for name, constant in plan.scalars.items():
        if constant is not None:
            given[name] = np.full(n_rows, constant)
        else:
            given[name] = values[name] if own else np.array(values[name])
    for name in plan.rows:
        given[name] = _table(plan, name, n_rows)
        for cell, position in plan.cells[name]:
            given[name][:, position] = values[cell]
    for name in study.vectors:
        shares = np.column_stack([values[share] for share in plan.columns_of[name]])
        given[name] = study.vectors[name].ppf(shares)
    return given


def model_input(study: Study, name: str, values: FloatArray) -> FloatArray:
    """Return one thing that the model reads, from its uncertain inputs side by side (n, n_inputs), nobody else's."""
    plan = _plan(study)
    if name in plan.scalars:
        constant = plan.scalars[name]
        return values[:, 0] if constant is None else np.full(len(values), constant)
    if name in study.vectors:
        return np.asarray(study.vectors[name].ppf(values))
    if name in plan.whole:
        return values
    table = _table(plan, name, len(values))
    table[:, [position for _, position in plan.cells[name]]] = values
    return table


def _table(plan: _Plan, name: str, n_rows: int) -> FloatArray:
    """Return a table (n, n_rows) whose uncertain cells wait for their values."""
    table = np.empty((n_rows, len(plan.rows[name])))
    table[:] = plan.rows[name]
    return table


def evaluate_points(study: Study, unit: FloatArray, draws: IntArray, seed: int, lives: int) -> Evaluation:
    """Return what the model gives at points of the unit cube.

    Parameters
    ----------
    study : Study
        Model and what is uncertain.
    unit : ndarray, shape (n, D)
        One column per uncertain input, in the order of `design_columns`.
    draws : ndarray of int64, shape (n,)
        Global numbers of the rows.
    seed, lives : int
        Passed to models that sample.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        When the model returns other outputs or shapes than it declares.
    """
    return evaluate_values(study, transform(study, unit, design_columns(study)), draws, seed, lives)


def evaluate_values(
    study: Study,
    values: Mapping[str, FloatArray],
    draws: IntArray,
    seed: int,
    lives: int,
    wanted: frozenset[str] | None = None,
) -> Evaluation:
    """Return what the model gives for values of the uncertain inputs; otherwise as `evaluate_points`.

    With `wanted`, names of outputs, the others are neither checked nor returned.
    """
    if wanted is None and study.left_out:
        wanted = frozenset(output.name for output in study.outputs)
    plan = plan_of(study, wanted)
    n_rows = len(draws)
    parts = list(by_options(study, plan, values, n_rows))
    if len(parts) == 1 and parts[0][0] is None:
        give = partial(model_inputs, study, values, n_rows)
        outputs, reasons = called(study, plan, give, Context(parts[0][1], seed, draws.copy(), lives, wanted))
        return Evaluation(dict(values), outputs, reasons)
    outputs = {output.name: np.full((n_rows, *output.packed_shape), np.nan) for output in plan.outputs}
    given = model_inputs(study, values, n_rows)
    reasons = {}
    for rows, options in parts:
        # Positions in an array make a copy of it: what a model does to its rows stays with them.
        give = partial(_rows_of, given, rows)
        found, why = called(study, plan, give, Context(options, seed, draws[rows], lives, wanted))
        for name, array in found.items():
            outputs[name][rows] = array
        reasons.update({int(np.arange(n_rows)[rows][row]): reason for row, reason in why.items()})
    return Evaluation(dict(values), outputs, dict(sorted(reasons.items())))


def _rows_of(given: Mapping[str, FloatArray], rows: Any) -> dict[str, FloatArray]:
    return {name: array[rows] for name, array in given.items()}


def by_options(
    study: Study, plan: _Plan, values: Mapping[str, FloatArray], n_rows: int
) -> Iterator[tuple[Any, Mapping[str, OptionValue]]]:
    """Yield the rows of each combination of uncertain options, and the options there."""
    if not plan.varied:
        yield None, study.options
        return
    codes = np.column_stack([values[item.name] for item in plan.varied]).astype(np.int64)
    for combination in np.unique(codes, axis=0):
        words = {
            item.name: item.distribution.labels[code]  # type: ignore[attr-defined]
            for item, code in zip(plan.varied, combination.tolist(), strict=True)
        }
        yield np.flatnonzero((codes == combination).all(axis=1)), {**study.options, **words}


def called(
    study: Study,
    plan: _Plan,
    give: Callable[[], Mapping[str, FloatArray]],
    context: Context,
    other: Callable[[], Mapping[str, Any]] | None = None,
) -> tuple[Arrays, dict[int, str]]:
    """Return what the model gives for what `give` makes, anew at each try: a call that failed may have changed it.

    Where there is another way to all rows, it is taken first, and gives arrays of the caller's own.
    """
    n_rows = len(context.draws)
    try:
        with in_place():
            returned = study.model.evaluate(give(), context) if other is None else other()
        reasons: dict[int, str] = {}
    except InputError:
        raise
    except PartialFailure as failure:
        returned, reasons = failure.outputs, dict(failure.reasons)
    except (Exception, SystemExit) as error:  # a model that ends the process ends its draw
        if n_rows > 1:
            return _one_by_one(study, plan, give(), context)
        nothing = {output.name: np.full((1, *output.packed_shape), np.nan) for output in plan.outputs}
        return nothing, {0: _described(error)}
    own = other is not None
    outputs = {output.name: _checked(study, output, returned, n_rows, own) for output in plan.outputs}
    for output in plan.outputs:
        _find_failed(output, outputs[output.name], reasons)
    if reasons:
        failed = sorted(reasons)
        for name, array in outputs.items():
            outputs[name] = np.array(array, np.float64)
            outputs[name][failed] = np.nan
    return outputs, dict(sorted(reasons.items()))


def _described(error: BaseException) -> str:
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _one_by_one(
    study: Study, plan: _Plan, given: Mapping[str, FloatArray], context: Context
) -> tuple[Arrays, dict[int, str]]:
    outputs = {output.name: np.full((len(context.draws), *output.packed_shape), np.nan) for output in plan.outputs}
    reasons = {}
    for row in range(len(context.draws)):
        alone = replace(context, draws=context.draws[row : row + 1])
        found, why = called(study, plan, partial(_rows_of, given, slice(row, row + 1)), alone)
        for name, array in found.items():
            outputs[name][row] = array[0]
        if why:
            reasons[row] = why[0]
    return outputs, reasons


def _checked(study: Study, output: Output, returned: Mapping[str, Any], n_rows: int, own: bool) -> NDArray[Any]:
    if not isinstance(returned, Mapping) or output.name not in returned:
        got = ", ".join(returned) if isinstance(returned, Mapping) else type(returned).__name__
        raise InputError(f"{study.name}: model: output {output.name} missing (got {got}); every declared output")
    try:
        return as_numbers(returned[output.name], output, (n_rows, *output.packed_shape), own)
    except InputError as error:
        raise InputError(f"{study.name}: {error}") from None


def _find_failed(output: Output, array: NDArray[Any], reasons: dict[int, str]) -> None:
    """Add the rows with an infinity to the reasons, and those with a NaN that is no value of the output."""
    flat = array.reshape(len(array), -1)
    with np.errstate(all="ignore"):
        # A sum is finite only if all its terms are: one fast pass, and a slow one for suspects alone. Where NaN stands
        # for undefined it would make too many suspects.
        suspected = np.isinf(flat).any(axis=1) if output.may_be_undefined else ~np.isfinite(flat.sum(axis=1))
    for row in np.flatnonzero(suspected).tolist():
        bad = np.flatnonzero(np.isinf(flat[row]) if output.may_be_undefined else ~np.isfinite(flat[row]))
        if len(bad) > 0 and row not in reasons:
            place = _place(output, int(bad[0]))
            more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
            reasons[row] = f"{output.name}{place} is {flat[row, bad[0]]}{more}"


def _place(output: Output, cell: int) -> str:
    """Return the labels of the first element that shows a packed cell, such as ``[ev-suv, us, 3]``."""
    if not output.dims:
        return ""
    element = cell if output.layout is None else int(np.argmax(output.layout.index.ravel() == cell))
    where = np.unravel_index(element, output.shape)
    return "[" + ", ".join(str(dim.coords[at]) for dim, at in zip(output.dims, where, strict=True)) + "]"


def centre_values(study: Study) -> dict[str, FloatArray]:
    """Return one row with every uncertain input at its median, and every uncertain option at the study's own word."""
    values = {}
    for item in study.uncertain:
        words = getattr(item.distribution, "labels", ())
        word = study.options.get(item.name)
        centre = float(words.index(word)) if word in words else item.distribution.median()
        values[item.name] = np.array([centre])
    for order in study.ordered:
        # Medians need not stand in the order of the inputs.
        lowest = -np.inf
        for name in order.names:
            lowest = max(lowest, study.inputs[name].distribution.median())
            if name in values:
                values[name] = np.array([lowest])
    return values


def evaluate_centre(study: Study, lives: int = 1000, seed: int = 1) -> Arrays:
    """Return one deterministic evaluation: medians, mean shares, options as the study has them.

    Returns
    -------
    dict of ndarray, shape (1, *packed_shape)

    Raises
    ------
    InputError
        When an output fails there; one that may be undefined is NaN where it is.
    """
    plan = _plan(study)
    values = centre_values(study)
    given = model_inputs(study, values, 1)
    for name, dirichlet in study.vectors.items():
        given[name] = dirichlet.mean()[np.newaxis, :]
    _, options = next(by_options(study, plan, values, 1))
    context = Context(options, seed, np.zeros(1, np.int64), lives)
    outputs, reasons = called(study, plan, lambda: given, context)
    if reasons:
        raise InputError(f"{study.name}: the model fails at the centre (got {reasons[0]}); inputs where it is defined")
    return outputs


def bytes_per_draw(study: Study) -> int:
    """Return how many bytes the inputs and outputs of one draw take, as the model sees them."""
    # Those on request aside: what a run leaves out must not cut the calls of its model elsewhere.
    cells = sum(output.n_packed for output in study.declared if not output.on_request) + len(study.model.parameters)
    return 8 * (cells + sum(len(table.value) for table in study.tables.values()) + math.ceil(len(study.uncertain)))


@lru_cache(maxsize=4)
def centre_or_zero(study: Study) -> Mapping[str, NDArray[Any]]:
    """Return the outputs at the centre without the axis of draws, zeros where the model fails there."""
    plan = _plan(study)
    found = evaluate_values(study, centre_values(study), np.zeros(1, np.int64), 1, 1)
    return {
        output.name: np.nan_to_num(found.outputs[output.name][0], posinf=0.0, neginf=0.0) for output in plan.outputs
    }
