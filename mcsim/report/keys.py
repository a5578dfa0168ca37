"""The keys of [[report.figures]]: what each may hold, and the value that a figure reads from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcsim.study import Dim, InputError, Output
from mcsim.study.errors import one_of
from mcsim.study.sections import OTHERS
from mcsim.study.select import position

Read = Callable[[Any, Output, str, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Holds:
    """What a key may hold.

    Parameters
    ----------
    words : str
        Told in the documents, such as ``a dim``.
    read : callable
        ``read(value, output, place, figure)``: the value as the figure takes it, or `InputError` beginning with the
        place; `figure` is the whole entry.
    names_dim : bool
        The value is a dim of the output, whose labels the figure tells apart by this key.
    """

    words: str
    read: Read
    names_dim: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a figure kind.

    Parameters
    ----------
    name, meaning : str
        As the study file writes it, and what it is for.
    holds : Holds
        What it may hold.
    required : bool
        Whether a figure of the kind cannot be without it.
    """

    name: str
    meaning: str
    holds: Holds
    required: bool = False


def of_numbers(dim: Dim) -> bool:
    """Return whether a dim's labels are numbers, such as years."""
    return all(isinstance(label, int | float) for label in dim.coords)


def _text(value: Any, output: Output, place: str, figure: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{place}: not a text (got {value!r}); words in quotes")
    return value


def _number(value: Any, output: Output, place: str, figure: Mapping[str, Any]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InputError(f"{place}: not a number (got {value!r}); in the output's unit, {output.unit or 'none'}")
    return float(value)


def _whole(value: Any, output: Output, place: str, figure: Mapping[str, Any]) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{place}: not a whole number from 1 on (got {value!r}); such as 3")
    return value


def _dim(value: Any, output: Output, place: str, figure: Mapping[str, Any]) -> str:
    dims = [dim.name for dim in output.dims]
    if not isinstance(value, str):
        raise InputError(f"{place}: not the name of a dim (got {value!r}); {one_of(dims)}")
    if value not in dims:
        raise InputError(f"{place}: no such dim of {output.name} (got {value!r}); {one_of(dims, value)}")
    return value


def _dims(value: Any, output: Output, place: str, figure: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{place}: not a list of dims (got {value!r}); {one_of(dim.name for dim in output.dims)}")
    found = [_dim(name, output, place, figure) for name in value]
    for number, name in enumerate(found):
        if name in found[:number] or name == figure.get("x"):
            raise InputError(f"{place}: told apart already (got {name!r}); dims that are summed, each once")
    return found


def _dim_of_numbers(value: Any, output: Output, place: str, figure: Mapping[str, Any]) -> str:
    name = _dim(value, output, place, figure)
    numeric = [dim.name for dim in output.dims if of_numbers(dim)]
    if name not in numeric:
        raise InputError(f"{place}: labels that are no numbers (got {name!r}); {one_of(numeric)}")
    return name


def label_of(dim: Dim, value: object, place: str) -> str | int | float:
    """Return a label as its dim has it.

    Raises
    ------
    InputError
        Where the dim has none such.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError(f"{place}: not a label (got {value!r}); a word or a number, or a list of them")
    at = position(dim, value)
    if at is None:
        raise InputError(f"{place}: no such label (got {value!r}); {one_of(dim.coords, str(value))}")
    return dim.coords[at]


def _where(value: Any, output: Output, place: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    dims = {dim.name: dim for dim in output.dims}
    if not isinstance(value, dict):
        raise InputError(f"{place}: not labels by dim (got {value!r}); where = {{ dim = label }}, or a list of labels")
    found: dict[str, Any] = {}
    for name, wanted in value.items():
        if name not in dims:
            raise InputError(f"{place}.{name}: no such dim of {output.name}; {one_of(dims, name)}")
        if wanted == []:
            raise InputError(f"{place}.{name}: no label (got []); {one_of(dims[name].coords)}")
        inside = f"{place}.{name}"
        several = isinstance(wanted, list)
        found[name] = (
            [label_of(dims[name], item, inside) for item in wanted] if several else label_of(dims[name], wanted, inside)
        )
    return found


def _ends(value: Any, output: Output, place: str, figure: Mapping[str, Any]) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(f"{place}: not two labels (got {value!r}); [from, to]")
    along = {dim.name: dim for dim in output.dims}[figure["x"]]
    return [label_of(along, end, place) for end in value]


TEXT = Holds("a text", _text)
NUMBER = Holds("a number", _number)
WHOLE = Holds("a whole number", _whole)
DIM = Holds("a dim", _dim, names_dim=True)
DIMS = Holds("a list of dims", _dims)
DIM_OF_NUMBERS = Holds("a dim of numbers", _dim_of_numbers, names_dim=True)
LABELS_BY_DIM = Holds("labels by dim", _where)
ENDS = Holds("two labels of x", _ends)

WHERE = Key("where", "the elements shown: a label, or a list of labels, by dim; all by default", LABELS_BY_DIM)
TITLE = Key("title", "the title; the output's name where there is none", TEXT)
CAPTION = Key("caption", "the text below; what the marks mean where there is none", TEXT)
IN_OTHERS = tuple(
    Key(f"{key.name}_{code}", f"the {key.name} in {words}", TEXT)
    for key in (TITLE, CAPTION)
    for code, words in OTHERS.items()
)
COMMON = (WHERE, TITLE, CAPTION, *IN_OTHERS)
PANEL = Key("panel", "the dim that gets a panel for each label", DIM)
LINE = Key("line", "the dim that gets a colour for each label", DIM)
