"""Long names beside codes: what a reader sees of outputs, inputs, options, dims and the labels of dims."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcsim.study.errors import InputError, one_of
from mcsim.study.model import Model

Entry = str | Mapping[str, str]
Names = dict[str, Entry]
Words = dict[str, dict[str, Entry]]  # dim -> code -> its label
LANGUAGES = {"en": "English", "es": "español"}  # code -> its own name; another is a column of labels and a catalogue
ENGLISH = "en"
COLUMNS = ("dim", "code", "label", *(f"label_{code}" for code in LANGUAGES if code != ENGLISH))
TILE_COLUMNS = ("label", "row", "column", "short")
LONGEST = 5  # letters that a tile has room for
Tile = tuple[int, int, str]  # row and column from the upper left, from 0, and a few letters


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
    tiles : mapping
        Dim -> code -> its `Tile` on a map of tiles.
    language : str
        In which they are told; what has no label in it is told in English.
    """

    names: Mapping[str, Entry] = field(default_factory=dict)
    dims: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    tiles: Mapping[str, Mapping[str, Tile]] = field(default_factory=dict)
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
        for one in output.dims:
            dims[one.name] |= {str(code) for code in one.coords}
    options = (option.name for option in model.options)
    known = {*inputs, *options, *(output.name for output in model.outputs), *dims}
    words = {option.name: set(option.choices) for option in model.options if option.choices is not None}
    there = {dim: dims.get(dim, set()) | words.get(dim, set()) for dim in (*dims, *words)}
    names, told = _shared(entry.get("shared", ()), known, there)
    for file in entry.get("files", ()):
        own = _read(Path(file))
        names |= own[0]
        for dim, labels in own[1].items():
            told[dim] = told.get(dim, {}) | labels
    names |= entry.get("names", {})
    for dim, labels in entry.get("dims", {}).items():
        told[dim] = told.get(dim, {}) | labels
    for name in names:
        if name not in known:
            raise InputError(f"{place}.names.{name}: nothing has this name; {one_of(sorted(known), name)}")
    for name, labels in told.items():
        if name not in there:
            raise InputError(f"{place}.dims.{name}: no such dim; {one_of({*dims, *words}, name)}")
        for word in labels:
            if word not in there[name]:
                raise InputError(f"{place}.dims.{name}.{word}: no such label; {one_of(sorted(there[name]), word)}")
    return Labels(names, told, tiles=_tiles(entry.get("tiles", {}), dims, place))


def _shared(files: Iterable[str], known: set[str], there: Mapping[str, set[str]]) -> tuple[Names, Words]:
    """Return the labels of tables that serve several studies, of what this one has."""
    names: Names = {}
    told: Words = {}
    for file in files:
        found, dims = _read(Path(file))
        names |= {code: label for code, label in found.items() if code in known}
        for dim in dims.keys() & there.keys():
            told[dim] = told.get(dim, {}) | {code: label for code, label in dims[dim].items() if code in there[dim]}
    return names, told


def _tiles(entry: Mapping[str, str], dims: Mapping[str, set[str]], place: str) -> dict[str, dict[str, Tile]]:
    """Return where the labels of dims stand on their maps, every label once and no two on one tile."""
    found = {}
    for dim, file in entry.items():
        if dim not in dims:
            raise InputError(f"{place}.tiles.{dim}: no such dim; {one_of(dims, dim)}")
        tiles: dict[str, Tile] = {}
        for number, row in _rows(Path(file), TILE_COLUMNS, "tiles"):
            at = f"{file}: line {number}"
            if row[0] not in dims[dim]:
                raise InputError(f"{at}: label: no such {dim} (got {row[0]!r}); {one_of(sorted(dims[dim]), row[0])}")
            if row[0] in tiles:
                raise InputError(f"{at}: label: stands twice (got {row[0]!r}); one row a {dim}")
            tiles[row[0]] = _tile(row, tiles, at)
        absent = sorted(dims[dim] - set(tiles))
        if absent:
            raise InputError(f"{file}: label: no tile for {absent[0]!r} (got {len(tiles)} of {len(dims[dim])}); "
                             f"a row for every {dim}")  # fmt: skip
        found[dim] = tiles
    return found


def _tile(row: list[str], others: Mapping[str, Tile], at: str) -> Tile:
    for name, text in zip(TILE_COLUMNS[1:3], row[1:3], strict=True):
        if not text.strip().isdecimal():
            raise InputError(f"{at}: {name}: not a whole number from 0 on (got {text!r}); counted from the upper left")
    if not 0 < len(row[3].strip()) <= LONGEST:
        raise InputError(f"{at}: short: not 1 to {LONGEST} letters (got {row[3]!r}); what stands on the tile")
    tile = int(row[1]), int(row[2]), row[3].strip()
    taken = next((label for label, other in others.items() if other[:2] == tile[:2]), None)
    if taken is not None:
        raise InputError(f"{at}: the tile of {taken!r} (got row {row[1]}, column {row[2]}); another row or column")
    return tile


def _read(path: Path) -> tuple[Names, Words]:
    """Return the labels of a table, a row each: dim (empty: of a thing), code, label and one column a language."""
    names: Names = {}
    dims: Words = {}
    for number, row in _rows(path, COLUMNS, "labels"):
        if not row[1]:
            raise InputError(f"{path}: line {number}: no code (got {row}); {','.join(COLUMNS)}")
        entry = {name: text for name, text in zip(COLUMNS[2:], row[2:], strict=True) if text}
        place = dims.setdefault(row[0], {}) if row[0] else names
        if row[1] in place:
            raise InputError(f"{path}: line {number}: stands twice (got {row[1]!r}); one row a code")
        place[row[1]] = entry
    return names, dims


def _rows(path: Path, columns: Sequence[str], what: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of every line below the head of a table with these columns."""
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); {what} as CSV in UTF-8") from None
    head = rows[0] if rows else []
    if list(head) != list(columns):
        raise InputError(f"{path}: the first line is not the columns of {what} (got {head}); {','.join(columns)}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(columns):
            raise InputError(f"{path}: line {number}: not {len(columns)} cells (got {row}); {','.join(columns)}")
        yield number, row
