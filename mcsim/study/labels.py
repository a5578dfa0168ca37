"""Long names beside codes: what a reader sees of outputs, inputs, options, dims and the labels of dims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcsim.study.errors import InputError, one_of
from mcsim.study.model import Model

Entry = str | Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Long names, as [labels] of a study file holds them.

    Parameters
    ----------
    names : mapping
        Output, input, group, table, option or dim -> its label, or ``{label, label_es}``.
    dims : mapping
        Dim -> code -> its label.
    """

    names: Mapping[str, Entry] = field(default_factory=dict)
    dims: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)

    def name(self, code: str, otherwise: str = "") -> str:
        """Return the long name of a thing; without one `otherwise`, or its code as words.

        Examples
        --------
        >>> labels = Labels({"trade_age": "age at export"}, {"category": {"gwp": "global warming"}})
        >>> labels.name("trade_age"), labels.name("knee_age"), labels.word("category", "gwp")
        ('age at export', 'knee age', 'global warming')
        """
        return _label(self.names.get(code), otherwise or code.replace("_", " "))

    def word(self, dim: str, code: object) -> str:
        """Return the long name of a label of a dim; without one its code as words."""
        return _label(self.dims.get(dim, {}).get(str(code)), str(code).replace("_", " "))


def _label(entry: Entry | None, otherwise: str) -> str:
    if entry is None:
        return otherwise
    return entry if isinstance(entry, str) else entry["label"]


def labels_of(entry: Mapping[str, Any], model: Model, inputs: Iterable[str], place: str) -> Labels:
    """Return the labels of a study file, checked against what its model declares.

    Parameters
    ----------
    entry : mapping
        As the schema reads it.
    model : Model
        Whose outputs, options and dims have labels.
    inputs : iterable of str
        Names of inputs, groups and tables.
    place : str
        What an error begins with.

    Raises
    ------
    InputError
        For a label of something that is not there, naming the nearest.
    """
    dims = {dim.name: {str(code) for code in dim.coords} for output in model.outputs for dim in output.dims}
    for output in model.outputs:
        for dim in output.dims:
            dims[dim.name] |= {str(code) for code in dim.coords}
    options = (option.name for option in model.options)
    known = {*inputs, *options, *(output.name for output in model.outputs), *dims}
    for name in entry.get("names", {}):
        if name not in known:
            raise InputError(f"{place}.names.{name}: nothing has this name; {one_of(sorted(known), name)}")
    for name, words in entry.get("dims", {}).items():
        if name not in dims:
            raise InputError(f"{place}.dims.{name}: no such dim; {one_of(dims, name)}")
        for word in words:
            if word not in dims[name]:
                raise InputError(f"{place}.dims.{name}.{word}: no such label; {one_of(sorted(dims[name]), word)}")
    return Labels(entry.get("names", {}), entry.get("dims", {}))
