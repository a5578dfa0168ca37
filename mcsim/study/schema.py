"""What a file may hold, declared: a declaration reads a value, refuses what is wrong, tells documents and editors.

A declaration is a `Holds`: it reads a value at a `Place` (a file and a key) and returns it as the program takes it, or
raises `InputError`; it says in words what it takes, and as a JSON schema. `mcsim.study.sections` declares study files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mcsim.study.errors import InputError, one_of
from mcsim.study.values import flag, is_number, real, whole

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A key of a file.

    Examples
    --------
    >>> print(Place(Path("study.toml")) / "inputs" / "p")
    study.toml: inputs.p
    """

    file: Path
    key: str = ""

    def __truediv__(self, name: object) -> Place:
        return Place(self.file, f"{self.key}.{name}" if self.key else str(name))

    def __str__(self) -> str:
        return f"{self.file}: {self.key}" if self.key else str(self.file)

    def number(self, count: int) -> Place:
        """Return the place of an entry of a list, counted from 1."""
        return Place(self.file, f"{self.key}[{count}]")

    def refused(self, wrong: str, value: object, remedy: str) -> InputError:
        """Return the error for a value here."""
        return InputError(f"{self}: {wrong} (got {value!r}); {remedy}")


class Holds(Protocol):
    """What a key may hold."""

    @property
    def words(self) -> str:
        """What it takes, for errors and documents."""

    def read(self, value: Any, place: Place) -> Any:
        """Return the value as the program takes it, or raise `InputError`."""

    def json(self) -> Json:
        """Return it as a JSON schema."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `check` says what is wrong with one, or nothing."""

    words: str = "a text in quotes"
    check: Callable[[str], str] | None = None
    empty: bool = True

    def read(self, value: Any, place: Place) -> str:
        """Return the text."""
        if not isinstance(value, str):
            raise place.refused("not a text", value, self.words)
        if not value.strip() and not self.empty:
            raise place.refused("empty", value, self.words)
        wrong = self.check(value) if self.check is not None else ""
        if wrong:
            raise place.refused(wrong, value, self.words)
        return value

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {"type": "string"} if self.empty else {"type": "string", "minLength": 1}


NAME = Text("a name in quotes", empty=False)


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    known: tuple[str, ...]
    words: str

    def read(self, value: Any, place: Place) -> str:
        """Return the word."""
        if value not in self.known:
            raise place.refused("no such word", value, one_of(self.known, str(value)))
        return str(value)

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {"enum": list(self.known)}


@dataclass(frozen=True, slots=True)
class PathBeside:
    """A path, absolute or from the folder of the file that names it."""

    words: str = "a path from this file's folder"

    def read(self, value: Any, place: Place) -> str:
        """Return the path, absolute."""
        text = Text(self.words, empty=False).read(value, place)
        if not text.isprintable():
            raise place.refused("not a path", value, self.words)
        return str((place.file.parent / text).resolve())

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    words: str = "true or false"

    def read(self, value: Any, place: Place) -> bool:
        """Return the flag."""
        return flag(str(place), value)

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number, whole or not, within an open or closed range."""

    words: str = "a number"
    low: float = -math.inf
    high: float = math.inf
    inside: bool = False  # the ends themselves are out
    integer: bool = False

    def read(self, value: Any, place: Place) -> float | int:
        """Return the number, a whole one as int."""
        if self.inside and is_number(value) and value in (self.low, self.high):
            raise place.refused("not a number in range", value, self.words)
        if self.integer:
            return whole(str(place), value, int(self.low), int(min(self.high, 2**40)), "whole number", self.words)
        real(str(place), value, self.low, self.high, remedy=self.words)
        return value  # type: ignore[no-any-return]

    def json(self) -> Json:
        """Return it as a JSON schema."""
        found: Json = {"type": "integer" if self.integer else "number"}
        for name, end in (("minimum", self.low), ("maximum", self.high)):
            if math.isfinite(end):
                found[f"exclusive{name.title()}" if self.inside else name] = end
        return found


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose entries all hold the same."""

    entry: Holds
    words: str
    distinct: bool = False
    fewest: int = 0

    def read(self, value: Any, place: Place) -> list[Any]:
        """Return the list."""
        if not isinstance(value, list):
            raise place.refused("not a list", value, self.words)
        if len(value) < self.fewest:
            raise place.refused("too short", value, self.words)
        found = [self.entry.read(item, place.number(count)) for count, item in enumerate(value, start=1)]
        shown = [str(item) for item in found]
        twice = next((item for count, item in enumerate(shown) if item in shown[:count]), None)
        if self.distinct and twice is not None:
            raise place.refused("twice there", twice, self.words)
        return found

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {"type": "array", "items": self.entry.json(), "minItems": self.fewest, "uniqueItems": self.distinct}


@dataclass(frozen=True, slots=True)
class Row:
    """A list of fixed length, each place with what it holds."""

    entries: tuple[Holds, ...]
    words: str

    def read(self, value: Any, place: Place) -> list[Any]:
        """Return the list."""
        if not isinstance(value, list) or len(value) != len(self.entries):
            raise place.refused(f"not {len(self.entries)} values", value, self.words)
        return [
            holds.read(item, place.number(count))
            for count, (item, holds) in enumerate(zip(value, self.entries, strict=True), start=1)
        ]

    def json(self) -> Json:
        """Return it as a JSON schema."""
        length = len(self.entries)
        entries = [holds.json() for holds in self.entries]
        return {"type": "array", "prefixItems": entries, "minItems": length, "maxItems": length}


@dataclass(frozen=True, slots=True)
class Either:
    """One of several: the first whose type the value has."""

    number: Holds | None = None
    text: Holds | None = None
    flag: Holds | None = None
    list: Holds | None = None
    table: Holds | None = None
    words: str = ""

    def read(self, value: Any, place: Place) -> Any:
        """Return the value as the holder of its type reads it."""
        holds = next((holds for kind, holds in self._by_type() if holds is not None and kind(value)), None)
        if holds is None:
            kinds = zip(("flag", "number", "text", "list", "section"), self._by_type(), strict=True)
            named = next((kind for kind, (is_kind, _) in kinds if is_kind(value)), "date or time")
            raise place.refused(f"takes no {named}", value, self.words)
        return holds.read(value, place)

    def _by_type(self) -> tuple[tuple[Callable[[Any], bool], Holds | None], ...]:
        return (
            (lambda value: isinstance(value, bool), self.flag),
            (lambda value: isinstance(value, int | float) and not isinstance(value, bool), self.number),
            (lambda value: isinstance(value, str), self.text),
            (lambda value: isinstance(value, list), self.list),
            (lambda value: isinstance(value, Mapping), self.table),
        )

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {"anyOf": [holds.json() for _, holds in self._by_type() if holds is not None]}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section.

    Parameters
    ----------
    name : str
        As the file writes it.
    holds : Holds
        What it may hold.
    meaning : str
        What it is for, in a phrase.
    required : bool
        Whether the section cannot be without it.
    """

    name: str
    holds: Holds
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A table of known keys; any other is refused with the nearest.

    Parameters
    ----------
    keys : tuple of Key
        What it may hold.
    words : str
        How it is written, for errors.
    kind : str
        What its keys are called in errors.
    """

    keys: tuple[Key, ...]
    words: str = "a section with keys below it"
    kind: str = "key"

    def read(self, value: Any, place: Place) -> dict[str, Any]:
        """Return the table."""
        if not isinstance(value, Mapping):
            raise place.refused("not a section", value, self.words)
        known = {key.name: key for key in self.keys}
        for name in value:
            if name not in known:
                raise InputError(f"{place / name}: unknown {self.kind}; {one_of(known, name)}")
        for key in self.keys:
            if key.required and key.name not in value:
                raise InputError(f"{place / key.name}: missing; {key.meaning}: {key.holds.words}")
        return {name: known[name].holds.read(item, place / name) for name, item in value.items()}

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {
            "type": "object",
            "properties": {key.name: key.holds.json() | {"description": key.meaning} for key in self.keys},
            "required": [key.name for key in self.keys if key.required],
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class ByName:
    """A table whose keys are names of the user's or of the model's, and whose entries all hold the same."""

    entry: Holds
    words: str

    def read(self, value: Any, place: Place) -> dict[str, Any]:
        """Return the table."""
        if not isinstance(value, Mapping):
            raise place.refused("not a section", value, self.words)
        return {name: self.entry.read(item, place / name) for name, item in value.items()}

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {"type": "object", "additionalProperties": self.entry.json()}


@dataclass(frozen=True, slots=True)
class Anything:
    """Finite numbers, texts, and lists and tables of them: for whom it is meant says what is right."""

    words: str

    def read(self, value: Any, place: Place) -> Any:
        """Return the value."""
        if isinstance(value, Mapping):
            return {name: self.read(item, place / name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.read(item, place.number(count)) for count, item in enumerate(value, start=1)]
        if not isinstance(value, str | bool) and not is_number(value):
            raise place.refused("neither a finite number nor a text", value, self.words)
        return value

    def json(self) -> Json:
        """Return it as a JSON schema."""
        return {}
