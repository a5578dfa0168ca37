"""What a comparison holds its studies against: elements of outputs, or sums of several, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study.declared import Context, Output
from mcsim.study.errors import InputError, one_of
from mcsim.study.model import Model
from mcsim.study.select import Cell, packed_cells, parse_cell
from mcsim.study.stages import Options, Results, Stage, Stages
from mcsim.study.types import FloatArray

DIRECTIONS = {"more": 1, "less": -1, "": 0}


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One number of every draw, by which studies are compared.

    Parameters
    ----------
    cell : Cell
        The elements whose sum it is; one where they are not several.
    better : int
        1 where more is better, -1 where less is, 0 where nobody says.
    unit : str
        Of the number.
    label : str
        What it is called; empty where the labels of the output and of its dims say it.
    entry : mapping
        As [[compare.outcomes]] holds it.
    """

    cell: Cell
    better: int = 0
    unit: str = ""
    label: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its cell as text."""
        return str(self.cell)

    def of(self, packed: NDArray[Any]) -> FloatArray:
        """Return the number of every draw from packed draws of its output, (n, *packed_shape) -> (n,)."""
        places = packed_cells(self.cell.output)[self.cell.mask]
        return np.asarray(packed.reshape(len(packed), -1)[:, places].sum(axis=1), np.float64)


def outcomes_of(entry: Mapping[str, Any], model: Model, place: str) -> tuple[Outcome, ...]:
    """Return the outcomes of [compare], checked against the outputs of a model.

    Parameters
    ----------
    entry : mapping
        As the schema reads it.
    model : Model
        What gives the outputs.
    place : str
        What an error begins with, such as ``study.toml: compare``.

    Raises
    ------
    InputError
        For an unknown output or label with the nearest, several elements without ``total``, and outcomes of one name.
    """
    found: list[Outcome] = []
    known = {output.name: output for output in model.outputs}
    for number, asked in enumerate(entry.get("outcomes", ()), start=1):
        at = f"{place}.outcomes[{number}]"
        outcome = _outcome(asked, known, at)
        if any(outcome.name == other.name for other in found):
            raise InputError(f"{at}.output: stands twice (got {asked['output']!r}); each once")
        found.append(outcome)
    return tuple(found)


def _outcome(asked: Mapping[str, Any], known: Mapping[str, Output], at: str) -> Outcome:
    def lookup(name: str) -> Output:
        if name not in known:
            raise InputError(f"{at}.output: no such output (got {name!r}); {one_of(known, name)}")
        return known[name]

    cell = parse_cell(asked["output"], lookup, f"{at}.output")
    output = cell.output
    summed = [dim for dim in output.dims if dim.name not in cell.labels]
    total = asked.get("total", False)
    if summed and not total:
        known_labels = one_of(summed[0].coords)
        raise InputError(
            f"{at}.output: several elements (got {asked['output']!r}); total = true for their sum, or a label of "
            f"{summed[0].name} too: {known_labels}"
        )
    if total and not summed:
        raise InputError(f"{at}.total: one element is no sum (got {asked['output']!r}); leave total out")
    if not cell.mask.any():
        raise InputError(f"{at}.output: an element without a meaning (got {asked['output']!r}); other labels")
    unit = output.unit
    if output.coord_units is not None and output.coord_units_dim is not None:
        if output.coord_units_dim not in cell.labels:
            raise InputError(
                f"{at}.output: a sum over other units (got {asked['output']!r}); one of {output.coord_units_dim}"
            )
        unit = output.coord_units[str(cell.labels[output.coord_units_dim])]
    if any(dim.name == "year" for dim in summed):
        unit = unit.removesuffix("/yr")  # a sum over the years of what happens in each
    better = DIRECTIONS[asked.get("better", "")]
    return Outcome(cell, better, asked.get("unit", unit), asked.get("label", ""), dict(asked))


def told_apart(outcomes: Sequence[Outcome]) -> tuple[Output, ...]:
    """Return an output of one element for each outcome, under the outcome's name."""
    return tuple(
        Output(
            outcome.name,
            outcome.unit,
            outcome.label or outcome.cell.output.meaning,
            rank=True,
            may_be_undefined=outcome.cell.output.may_be_undefined,
        )
        for outcome in outcomes
    )


def narrowed(model: Model, outcomes: Sequence[Outcome]) -> Model:
    """Return a model that gives the outcomes alone, computed from those outputs that they need.

    Parameters
    ----------
    model : Model
        What gives the outputs.
    outcomes : sequence of Outcome
        Of its outputs.
    """
    return _narrowed(model, tuple(outcomes))


@lru_cache(maxsize=64)
def _narrowed(model: Model, outcomes: tuple[Outcome, ...]) -> Model:
    """Return one model for all studies of a model, so that it is seen that they have their stages in common."""
    wanted = frozenset(outcome.cell.output.name for outcome in outcomes)
    if isinstance(model.evaluate, Stages):
        stages = partial(_narrowed_stages, model.evaluate, outcomes, wanted)
        return replace(model, outputs=told_apart(outcomes), evaluate=Stages(stages))

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, NDArray[Any]]:
        found = model.evaluate(inputs, replace(context, wanted=wanted))
        return {outcome.name: outcome.of(np.asarray(found[outcome.cell.output.name])) for outcome in outcomes}

    evaluate.row_by_row = getattr(model.evaluate, "row_by_row", False)  # type: ignore[attr-defined]
    evaluate.at_once = getattr(model.evaluate, "at_once", 1)  # type: ignore[attr-defined]
    return replace(model, outputs=told_apart(outcomes), evaluate=evaluate)


def _narrowed_stages(
    stages: Stages, outcomes: tuple[Outcome, ...], wanted: frozenset[str], options: Options
) -> tuple[Stage, ...]:
    """Return the stages from which outcomes follow, and behind each that gives some of their outputs the outcomes."""

    def before(stage: Stage) -> Stage:
        def compute(inputs: Any, found: Any, context: Context) -> Results:
            return stage.compute(inputs, found, replace(context, wanted=wanted))

        return replace(stage, compute=compute, gives=())

    def after(stage: Stage, mine: tuple[Outcome, ...]) -> Stage:
        def compute(inputs: Any, found: Any, context: Context) -> Results:
            return {outcome.name: outcome.of(np.asarray(found[outcome.cell.output.name])) for outcome in mine}

        names = tuple(outcome.name for outcome in mine)
        return Stage(f"outcomes of {stage.name}", compute, (), (stage.name,), names)

    needed = stages.of(options, wanted)
    told = [(stage, tuple(one for one in outcomes if one.cell.output.name in stage.gives)) for stage in needed]
    return (*map(before, needed), *(after(stage, mine) for stage, mine in told if mine))
