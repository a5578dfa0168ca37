"""A plain Python function as a model: how `Model.from_function` adapts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study.declared import Context, Evaluate, Output, Parameter
from mcsim.study.errors import InputError
from mcsim.study.types import FloatArray


def as_parameter(name: str, value: Any) -> Parameter:
    """Return the declared parameter for a unit, a `Parameter` or a `Distribution`."""
    if isinstance(value, Parameter):
        return value
    if isinstance(value, str):
        return Parameter(name, value, name)
    return Parameter(name, "", name, default=value)


def _named(result: Any, outputs: tuple[Output, ...]) -> Mapping[str, Any]:
    if isinstance(result, Mapping):
        return result
    if len(outputs) == 1:
        return {outputs[0].name: result}
    names = ", ".join(output.name for output in outputs)
    raise InputError(f"model: returned {type(result).__name__}; a mapping with the outputs {names}")


def vectorised(
    function: Callable[..., Any], parameters: tuple[Parameter, ...], outputs: tuple[Output, ...]
) -> Evaluate:
    """Return the evaluation of a function that takes arrays (n,)."""
    names = [parameter.name for parameter in parameters]

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, NDArray[Any]]:
        return _named(function(**{name: inputs[name] for name in names}), outputs)

    return evaluate


def one_by_one(
    function: Callable[..., Any], parameters: tuple[Parameter, ...], outputs: tuple[Output, ...]
) -> Evaluate:
    """Return the evaluation of a function that takes the floats of one draw."""
    names = [parameter.name for parameter in parameters]

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, NDArray[Any]]:
        columns = [inputs[name].tolist() for name in names]
        results = {output.name: np.full((len(context.draws), *output.packed_shape), np.nan) for output in outputs}
        for row, values in enumerate(zip(*columns, strict=True)):
            given = _named(function(**dict(zip(names, values, strict=True))), outputs)
            for output in outputs:
                results[output.name][row] = given[output.name]
        return results

    # The engine then cuts a run as finely as it likes: no row meets another.
    evaluate.row_by_row = True  # type: ignore[attr-defined]
    return evaluate
