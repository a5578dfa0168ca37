"""In which language a report speaks: its own texts by their English, from one catalogue a language."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from mcsim.study.labels import ENGLISH
from mcsim.study.remarks import NAMED, REMARKS, read

MET = "met"  # the part of a catalogue that says what must not stand side by side
_SPOKEN: ContextVar[str] = ContextVar("language", default=ENGLISH)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return English text -> text in a language; of English itself nothing."""
    if language == ENGLISH:
        return {}
    return {key: value for name, part in _read(language).items() if name != MET for key, value in part.items()}


@cache
def meetings(language: str) -> tuple[tuple[str, str], ...]:
    """Return what may meet where a slot is filled, and what is said in its place, in a language."""
    return () if language == ENGLISH else tuple(_read(language).get(MET, {}).items())


@cache
def _read(language: str) -> dict[str, dict[str, str]]:
    text = files("mcsim.report").joinpath("languages", f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def say(text: str, **slots: object) -> str:
    """Return a text in the language that is spoken, its slots filled; English where the catalogue has none.

    Examples
    --------
    >>> say("in {part} of the draws", part="43 %")
    'in 43 % of the draws'
    >>> with speaking("es"):
    ...     print(say("in {part} of the draws", part="43 %"))
    en el 43 % de las simulaciones
    """
    told = catalogue(_SPOKEN.get()).get(text, text)
    return met(told.format(**slots)) if slots else told


def retold(text: str, named: Callable[[str], str] = str, part: bool = False) -> str:
    """Return a remark, which was said in English, in the language that is spoken; what is none as it is.

    Parameters
    ----------
    text : str
        The remark.
    named : callable, optional
        Code of an output or input -> how it is called here, such as `Labels.name`; by its code by default.
    part : bool
        Whether it is a value of another remark.

    Examples
    --------
    >>> from mcsim.study.remarks import INDICES, STILL
    >>> note = STILL(output="mass", what=INDICES())
    >>> with speaking("es"):
    ...     print(retold(note, named={"mass": "masa"}.get))
    masa: no varía, de modo que ahí no hay índices
    >>> retold(note) == note
    True
    """
    found = read(text, part)
    if found is None:
        return text
    remark, values = found
    told = {slot: retold(value, named, part=True) for slot, value in values.items()}
    told |= {slot: _called(values[slot], told[slot], named) for slot in NAMED if slot in values}
    return say(remark.text, **told)


def _called(codes: str, told: str, named: Callable[[str], str]) -> str:
    """Return the long names of codes that stand in a row; what is no code as it was told."""
    if told != codes or " " in codes.replace(", ", ""):
        return told
    return ", ".join(named(code) for code in codes.split(", "))


def unspoken(language: str) -> list[str]:
    """Return the remarks for which a language has no words."""
    return [] if language == ENGLISH else [item.text for item in REMARKS if item.text not in catalogue(language)]


def met(text: str) -> str:
    """Return a text with what the language does not put side by side mended, as its catalogue's part `met` says.

    Examples
    --------
    >>> with speaking("es"):
    ...     print(met("en el más del 99 % de las simulaciones"))
    en más del 99 % de las simulaciones
    """
    for before, after in meetings(_SPOKEN.get()):
        text = text.replace(before, after)
    return text


def spoken() -> str:
    """Return the code of the language that is spoken."""
    return _SPOKEN.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language for a while."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)
