"""In which language a report speaks: its own texts by their English, from one catalogue a language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from mcsim.study.labels import ENGLISH

_SPOKEN: ContextVar[str] = ContextVar("language", default=ENGLISH)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return English text -> text in a language; of English itself nothing."""
    if language == ENGLISH:
        return {}
    text = files("mcsim.report").joinpath("languages", f"{language}.toml").read_text(encoding="utf-8")
    return {key: value for part in tomllib.loads(text).values() for key, value in part.items()}


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
    return told.format(**slots) if slots else told


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
