"""Long names beside codes: what a reader sees of outputs, inputs, options, dims and the labels of dims."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcsim.study.errors import InputError, one_of
from mcsim.study.model import Model

Entry = str | Mapping[str, str]
LANGUAGES = {"en": "English", "es": "español"}  # code -> its own name; another is a column of labels and a catalogue
ENGLISH = "en"
COLUMNS = ("dim", "code", "label", *(f"label_{code}" for code in LANGUAGES if code != ENGLISH))


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Long names, as [labels] of a study file holds them.

    Parameters
    ----------
    names : mapping
        Output, input, group, table, option or dim -> its label, or ``{label, label_es}``.
    dims : mapping
        Dim -> code -> its label.
    texts : mapping
        What the study file says in other languages of the study itself: ``title_es``, ``question_es``.
    language : str
        In which they are told; what has no label in it is told in English.
    """

    names: Mapping[str, Entry] = field(default_factory=dict)
    dims: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    language: str = ENGLISH

    def name(self, code: str, otherwise: str = "") -> str:
        """Return the long name of a thing; without one `otherwise`, or its code as words.

        Examples
        --------
        >>> labels = Labels({"trade_age": "age at export"}, {"category": {"gwp": "global warming"}})
        >>> labels.name("trade_age"), labels.name("knee_age"), labels.word("category", "gwp")
        ('age at export', 'knee age', 'global warming')
        """
        return _label(self.names.get(code), otherwise or code.replace("_", " "), self.language)

    def word(self, dim: str, code: object) -> str:
        """Return the long name of a label of a dim; without one its code as words."""
        return _label(self.dims.get(dim, {}).get(str(code)), str(code).replace("_", " "), self.language)

    def has(self, language: str, code: str, dim: str = "") -> bool:
        """Return whether a thing, or a label of a dim, has a long name in a language."""
        entry = (self.dims.get(dim, {}) if dim else self.names).get(code)
        return not isinstance(entry, str) and bool((entry or {}).get(f"label_{language}"))


def _label(entry: Entry | None, otherwise: str, language: str) -> str:
    if entry is None or isinstance(entry, str):
        return entry or otherwise
    return entry.get(f"label_{language}") or entry.get("label") or otherwise


def labels_of(entry: Mapping[str, Any], model: Model, inputs: Iterable[str], place: str) -> Labels:
    """Return the labels of a study file and of the tables that it names, checked against what its model declares.

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
    words = {option.name: set(option.choices) for option in model.options if option.choices is not None}
    names: dict[str, Entry] = {}
    told: dict[str, dict[str, Entry]] = {}
    for file in entry.get("files", ()):
        _read(Path(file), names, told)
    names |= entry.get("names", {})
    for dim, labels in entry.get("dims", {}).items():
        told[dim] = told.get(dim, {}) | labels
    for name in names:
        if name not in known:
            raise InputError(f"{place}.names.{name}: nothing has this name; {one_of(sorted(known), name)}")
    for name, labels in told.items():
        if name not in dims and name not in words:
            raise InputError(f"{place}.dims.{name}: no such dim; {one_of({*dims, *words}, name)}")
        there = dims.get(name, set()) | words.get(name, set())
        for word in labels:
            if word not in there:
                raise InputError(f"{place}.dims.{name}.{word}: no such label; {one_of(sorted(there), word)}")
    return Labels(names, told)


def _read(path: Path, names: dict[str, Entry], dims: dict[str, dict[str, Entry]]) -> None:
    """Add the labels of a table, a row each: dim (empty: of a thing), code, label and one column a language."""
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); labels as CSV in UTF-8") from None
    head = rows[0] if rows else []
    if list(head) != list(COLUMNS):
        raise InputError(f"{path}: the first line is not the columns of labels (got {head}); {','.join(COLUMNS)}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS) or not row[1]:
            raise InputError(f"{path}: line {number}: not {len(COLUMNS)} cells with a code (got {row}); {COLUMNS}")
        entry = {name: text for name, text in zip(COLUMNS[2:], row[2:], strict=True) if text}
        place = dims.setdefault(row[0], {}) if row[0] else names
        if row[1] in place:
            raise InputError(f"{path}: line {number}: stands twice (got {row[1]!r}); one row a code")
        place[row[1]] = entry
