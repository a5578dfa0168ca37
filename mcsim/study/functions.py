"""A plain Python function as a model: how `Model.from_function` adapts it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.distributions import FAMILIES, Distribution, parse
from mcsim.distributions.base import plain
from mcsim.study.declared import Context, Evaluate, Output, Parameter
from mcsim.study.errors import InputError, nearest
from mcsim.study.types import FloatArray
from mcsim.study.values import is_number


def as_parameter(name: str, value: Any) -> Parameter:
    """Return the declared parameter for a unit, a `Parameter` or a `Distribution`, alone or with its unit.

    Raises
    ------
    InputError
        For anything else: a number says nothing of what is uncertain, nor of a unit.
    """
    if isinstance(value, Parameter):
        return value
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str) and "(" not in value[1]:
        return replace(as_parameter(name, value[0]), unit=value[1])
    if isinstance(value, str) and value.partition("(")[0].strip() in FAMILIES and "(" in value:
        return Parameter(name, "", name, default=_parsed(name, value))
    if isinstance(value, str):
        return Parameter(name, value, name)
    if isinstance(value, Distribution):
        return Parameter(name, "", name, default=value)
    sure = f", or mcsim.constant({plain(value)!r}) for a value that is sure" if is_number(value) else ""
    raise InputError(
        f"inputs: {name}: neither a unit nor a distribution (got {value!r}); mcsim.uniform(0, 1) and the like, with a "
        f'unit as (mcsim.uniform(0, 1), "km"), a unit alone where a study says what is uncertain{sure}'
    )


def _parsed(name: str, text: str) -> Distribution:
    try:
        return parse(text)
    except ValueError as error:
        raise InputError(f"inputs: {name}: {error}") from None


def name_of(function: Callable[..., Any]) -> str:
    """Return what a model is called after its function; one without a name of its own is a model.

    Examples
    --------
    >>> name_of(as_parameter), name_of(lambda x: x)
    ('as_parameter', 'model')
    """
    name = str(getattr(function, "__name__", "model"))
    return "model" if name == "<lambda>" else name


def named(what: str, given: Any) -> Mapping[str, Any]:
    """Return what names inputs or outputs, refusing what names nothing.

    Raises
    ------
    InputError
        For a list, a word or anything else that is no mapping.
    """
    if isinstance(given, Mapping):
        return given
    such = '{"distance": mcsim.uniform(0, 1)}' if what == "inputs" else '{"emission": "kg"}, a unit for each'
    raise InputError(f"{what}: not names with what is said of each (got {given!r}); such as {such}")


def check_arguments(function: Callable[..., Any], names: Iterable[str]) -> None:
    """Refuse inputs that a function does not take, and arguments of which nothing is said, before anything is run.

    Raises
    ------
    InputError
        Naming the first of them.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # compiled code without a signature shows at its first call what it takes
        return
    known = [name for name, item in parameters.items() if item.kind in (item.POSITIONAL_OR_KEYWORD, item.KEYWORD_ONLY)]
    names = list(names)
    open_ended = any(item.kind is item.VAR_KEYWORD for item in parameters.values())
    for name in names:
        if name not in known and not open_ended:
            told = ", ".join(known) or "none by name"
            hint = nearest(name, known) or "; the name of an argument"
            raise InputError(f"inputs: {name}: not taken by the function (got arguments {told}){hint}")
    for name in known:
        if name not in names and parameters[name].default is inspect.Parameter.empty:
            told = ", ".join(names) or "no input"
            raise InputError(
                f"inputs: {name}: taken by the function, but nothing is said of it (got {told}); a distribution or unit"
            )


def as_numbers(value: Any, output: Output, shape: tuple[int, ...], own: bool = False) -> FloatArray:
    """Return what a model gave for an output as an array of its own, which the model cannot change afterwards.

    A masked value is no value: NaN stands in its place.

    Parameters
    ----------
    value : array-like
        What the model gave.
    output : Output
        Whose value it is, for the message.
    shape : tuple of int
        What it has to have: nothing is broadcast.
    own : bool
        Whether the model does not have the array that it gave, so that none is made.

    Raises
    ------
    InputError
        When it has another shape, or is not numbers.

    Examples
    --------
    >>> as_numbers(np.ma.masked_greater([1.0, 2.0], 1.5), Output("z", "km", "z"), (2,))
    array([ 1., nan])
    """
    array = np.asanyarray(value)
    if array.shape != shape:
        raise InputError(f"model: output {output.name}: wrong shape (got {array.shape}); {shape}")
    if array.dtype.kind not in "fiub":
        raise InputError(f"model: output {output.name}: not numbers (got {array.dtype}); floats")
    if isinstance(array, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(array.astype(np.float64), np.nan))
    return np.array(array, np.float64, order="C", subok=False, copy=None if own else True)


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
                if output.name not in given:
                    raise InputError(f"model: output {output.name} missing (got {', '.join(given)}); every output")
                value = given[output.name]
                if type(value) is not float or output.dims:
                    value = as_numbers(value, output, output.packed_shape)
                results[output.name][row] = value
        return results

    # The engine then cuts a run as finely as it likes: no row meets another.
    evaluate.row_by_row = True  # type: ignore[attr-defined]
    return evaluate
