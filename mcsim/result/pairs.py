"""Two results as a pair: the second less the first, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.result.bands import exact_bands
from mcsim.result.result import Result
from mcsim.study import FloatArray, InputError, Output, Study
from mcsim.study.declared import INDICATOR
from mcsim.study.units import output_factors

POINTS = "percentage points"  # unit of a difference of two indicators


def compare(first: Result, second: Result, outputs: Sequence[str] | None = None) -> Result:
    """Return second minus first, draw by draw: paired deltas under common random numbers.

    Draws that failed in either run are left out of both; a delta is undefined where either side is.

    Parameters
    ----------
    first, second : Result
        Runs with the same seed, design and draws; inputs of the same name then take the same points.
    outputs : sequence of str, optional
        Kept outputs to compare; by default all that both have with the same dims.

    Returns
    -------
    Result
        Outputs are the differences, in the units of the second run but for indicators, whose differences are in
        percentage points; inputs are the second run's.

    Raises
    ------
    InputError
        When the runs do not pair, or units of an output do not convert.
    """
    for name in ("seed", "design", "asked"):
        mine, theirs = getattr(first, name), getattr(second, name)
        if mine != theirs:
            raise InputError(f"compare: runs differ in {name} (got {mine} and {theirs}); run both with the same")
    draw, mine, theirs = np.intersect1d(first.draw, second.draw, assume_unique=True, return_indices=True)
    for name in outputs or ():
        a, b = first.study.output(name), second.study.output(name)
        if not _alike(a, b):
            raise InputError(f"compare: {name}: dims differ between the runs; an output with the same dims in both")
        for result in (first, second):
            if name not in result.kept:
                raise InputError(f"compare: {name}: stored as bands only; keep its draws with keep=({name!r},)")
    common = [name for name in first.kept if name in second.kept] if outputs is None else list(outputs)
    kept: dict[str, NDArray[Any]] = {}
    for name, factors in paired(first.study, second.study, common).items():
        before = first.exact(name, "compare")[mine]
        delta = second.exact(name, "compare")[theirs] - (before if factors is None else before * factors)
        kept[name] = 100.0 * delta if second.study.output(name).unit == INDICATOR else delta
    outputs_of_pair = tuple(
        replace(
            item,
            unit=POINTS if item.unit == INDICATOR else item.unit,
            may_be_undefined=item.may_be_undefined or first.study.output(item.name).may_be_undefined,
        )
        for item in second.study.outputs
        if item.name in kept
    )
    model = second.study.model.telling(outputs_of_pair)
    name = f"{second.study.name} minus {first.study.name}"
    # What the second study draws of outputs that the runs do not share has nothing to draw here.
    figures = tuple(figure for figure in second.study.figures if figure.get("output") in kept)
    study = replace(second.study, model=model, name=name, published=(), figures=figures)
    inputs = {name: column[theirs] for name, column in second.inputs.items()}
    # A draw that failed in both runs failed once.
    failures = {failure.draw: failure for failure in (*second.failures, *first.failures)}
    return Result(
        study,
        second.asked,
        draw,
        second.seed,
        second.lives,
        second.design,
        inputs,
        kept,
        {name: exact_bands(array) for name, array in kept.items()},
        tuple(failures[draw] for draw in sorted(failures)),
        record={"notes": list(dict.fromkeys((*first.notes, *second.notes)))},
    )


def paired(first: Study, second: Study, names: Sequence[str]) -> dict[str, FloatArray | None]:
    """Return which outputs of two studies pair, each with what turns the first study's units into the second's.

    Parameters
    ----------
    first, second : Study
        Two studies that both have the outputs.
    names : sequence of str
        Of outputs whose draws both keep; one whose dims differ does not pair.

    Raises
    ------
    InputError
        When none pairs, or units of one that does do not convert.
    """
    where = f"compare: {first.name} and {second.name}"
    outputs = ((name, first.output(name), second.output(name)) for name in names)
    found = {name: output_factors(a, b, where) for name, a, b in outputs if _alike(a, b)}
    if not found:
        raise InputError("compare: no kept output in common; studies that share outputs with the same dims")
    return found


def _alike(first: Output, second: Output) -> bool:
    return first.dims == second.dims and first.packed_shape == second.packed_shape
