"""The one label selection: elements of an output by dim = label, and the one text form for a cell, OUTPUT@LABEL,LABEL.

A label is meant by its value or by its text: 2030, 2030.0, numpy's 2030 and "2030" are the same label.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study.declared import Dim, Output
from mcsim.study.errors import InputError, nearest
from mcsim.study.types import BoolArray, IntArray

Labels = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Cell:
    """Elements of one output, as ``OUTPUT@LABEL,LABEL`` names them: one where every dim has a label.

    Parameters
    ----------
    output : Output
        The output.
    labels : mapping
        Dim -> label of the dims that the text names.
    """

    output: Output
    labels: Mapping[str, str | int | float]

    @property
    def mask(self) -> BoolArray:
        """Elements that carry the labels and have a meaning, shape of the output's dims."""
        return selection(self.output, self.labels) & self.output.mask

    @property
    def packed(self) -> IntArray:
        """The same as rising positions in the packed axis, each once, shape (n,)."""
        return np.unique(packed_cells(self.output)[self.mask])

    @property
    def unit(self) -> str:
        """The unit of the first of them."""
        return self.output.unit_at(tuple(np.argwhere(self.mask)[0]))

    def __str__(self) -> str:
        return self.output.name + ("@" + ",".join(map(str, self.labels.values())) if self.labels else "")


def parse_cell(text: str, lookup: Callable[[str], Output], place: str = "") -> Cell:
    """Return the elements that a text such as ``impact@ev-suv,gwp`` or ``stock@year=2030`` names.

    Parameters
    ----------
    text : str
        An output's name, then after @ labels in any order, separated by commas: ``LABEL`` where only one of the dims
        not named otherwise has it, else ``DIM=LABEL``.
    lookup : callable
        Name -> output, raising `InputError` where there is none; such as `Study.output`.
    place : str
        What the line of an error begins with, such as ``until``.

    Returns
    -------
    Cell

    Raises
    ------
    InputError
        For an unknown output, dim or label, or a label that is none's alone.
    """
    lead = f"{place}: " if place else ""
    name, _, listed = text.partition("@")
    output = lookup(name.strip())
    dims = {dim.name: dim for dim in output.dims}
    parts = [part.strip() for part in listed.split(",") if part.strip()]
    labels: dict[str, str | int | float] = {}
    # Labels with their dim first: they leave fewer dims for a bare label to be unique among. A label with an equals
    # sign in it is none of these unless what stands before it is a dim.
    bare = [part for part in parts if not _named(part, dims)]
    for part in (part for part in parts if _named(part, dims)):
        dim, _, label = part.partition("=")
        if dim.strip() in labels:
            raise InputError(f"{lead}{output.name}@{part}: {dim.strip()} is there twice; one label for each dim")
        labels[dim.strip()] = coordinate(output, dims[dim.strip()], label.strip(), lead)
    for part in bare:
        free = [dim for dim in output.dims if dim.name not in labels]
        holders = [dim for dim in free if position(dim, part) is not None]
        if len(holders) != 1:
            raise InputError(_ambiguous(f"{lead}{output.name}@{part}", part, output, [dim.name for dim in holders]))
        labels[holders[0].name] = coordinate(output, holders[0], part, lead)
    return Cell(output, {dim.name: labels[dim.name] for dim in output.dims if dim.name in labels})


def _named(part: str, dims: Mapping[str, Dim]) -> bool:
    return "=" in part and part.partition("=")[0].strip() in dims


def _ambiguous(place: str, part: str, output: Output, holders: list[str]) -> str:
    dims = [dim.name for dim in output.dims]
    named = part.partition("=")[0].strip()
    if "=" in part:
        return f"{place}: {named}: no such dim; one of {', '.join(dims) or 'none'}{nearest(named, dims)}"
    there = f"a label of {' and '.join(holders)}" if holders else f"dims {', '.join(dims) or 'none'}"
    words = [str(label) for dim in output.dims for label in dim.coords]
    return f"{place}: no dim has this label alone ({there}); write dim=label{nearest(part, words)}"


def selection(output: Output, labels: Labels) -> BoolArray:
    """Return which elements of an output have the labels given, shape of the dims, masked ones included.

    Parameters
    ----------
    output : Output
        The output.
    labels : mapping
        Dim -> label, or an iterable of labels.

    Raises
    ------
    InputError
        For an unknown dim or label, naming the closest.
    """
    chosen = np.ones(output.shape, bool)
    for name, wanted in labels.items():
        axis = _axis(output, name)
        dim = output.dims[axis]
        keep = np.zeros(len(dim), bool)
        for label in _listed(wanted):
            keep[_place(output, dim, label)] = True
        chosen &= keep.reshape([-1 if number == axis else 1 for number in range(chosen.ndim)])
    return chosen


def dropped(output: Output, full: NDArray[Any], labels: Labels) -> NDArray[Any]:
    """Return draws of an output at one label of each dim named, without these dims.

    Parameters
    ----------
    output : Output
        The output.
    full : ndarray, shape (n, *dims)
        Its draws, every element shown.
    labels : mapping
        Dim -> one label.

    Returns
    -------
    ndarray, shape (n, *other dims)

    Raises
    ------
    InputError
        For an unknown dim or label, or several labels.
    """
    places: list[int | slice] = [slice(None)] * (1 + len(output.dims))
    for name, wanted in labels.items():
        axis = _axis(output, name)
        several = _listed(wanted)
        if len(several) != 1:
            raise InputError(f"{output.name}: {name}: one label drops a dim (got {wanted!r}); one of them")
        places[1 + axis] = _place(output, output.dims[axis], several[0])
    return np.ascontiguousarray(full[tuple(places)])


def packed_cells(output: Output) -> IntArray:
    """Return the position in the packed axis of each element, shape of the dims; -1 where masked."""
    if output.layout is not None:
        return output.layout.index
    return np.arange(math.prod(output.shape), dtype=np.int64).reshape(output.shape)


def position(dim: Dim, label: object) -> int | None:
    """Return where a dim has a label, given by its value or its text; None where it has not.

    Examples
    --------
    >>> year = Dim("year", (2030, 2040))
    >>> [position(year, label) for label in (2040, 2040.0, "2040", "2050")]
    [1, 1, 1, None]
    """
    words = [str(coord) for coord in dim.coords]
    if str(label) in words:
        return words.index(str(label))
    try:
        number = float(label)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    same = [at for at, coord in enumerate(dim.coords) if isinstance(coord, int | float) and float(coord) == number]
    return same[0] if same else None


def coordinate(output: Output, dim: Dim, label: object, lead: str = "") -> str | int | float:
    """Return a label as the dim of an output has it.

    Raises
    ------
    InputError
        Where it has none such, naming the closest.
    """
    return dim.coords[_place(output, dim, label, lead)]


def _axis(output: Output, name: str) -> int:
    names = [dim.name for dim in output.dims]
    if name not in names:
        raise InputError(
            f"{output.name}: {name}: no such dim; one of {', '.join(names) or 'none'}{nearest(name, names)}"
        )
    return names.index(name)


def _place(output: Output, dim: Dim, label: object, lead: str = "") -> int:
    place = position(dim, label)
    if place is None:
        words = [str(coord) for coord in dim.coords]
        raise InputError(
            f"{lead}{output.name}: {dim.name}: no such label (got {label!r}); one of {', '.join(words)}"
            + nearest(str(label), words)
        )
    return place


def _listed(wanted: object) -> list[object]:
    """Return one label, or several, as a list."""
    if isinstance(wanted, Iterable) and not isinstance(wanted, str) and getattr(wanted, "ndim", 1) > 0:
        return list(wanted)
    return [wanted]
