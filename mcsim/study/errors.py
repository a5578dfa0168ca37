"""The one error of a user's wrong input, and the nearest known name for its line."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Callable, Iterable
from functools import wraps
from types import FunctionType
from typing import NoReturn, ParamSpec, TypeVar, cast

Given = ParamSpec("Given")
Gives = TypeVar("Gives")


class InputError(ValueError):
    """The user's input is wrong; the message is the one line that the user reads (exit code 2).

    Examples
    --------
    >>> raise InputError("--draws: not a whole number (got 'five'); from 1 on")
    Traceback (most recent call last):
    mcsim.study.errors.InputError: --draws: not a whole number (got 'five'); from 1 on
    """


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...` for the known name closest to a mistyped one, or an empty string.

    Examples
    --------
    >>> nearest("anual_degradation", ["annual_degradation", "knee_age"])
    "; did you mean 'annual_degradation'?"
    """
    close = closest(name, known)
    return "" if close is None else f"; did you mean {close!r}?"


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to a mistyped one; None where none is close."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


MOST_SHOWN = 20  # names that an error lists


def one_of(known: Iterable[object], given: str = "") -> str:
    """Return ``one of ...`` for an error, cut where the list is long, with the name closest to what was given.

    Examples
    --------
    >>> one_of(["year", "part"], "yeer")
    "one of year, part; did you mean 'year'?"
    """
    names = [str(name) for name in known]
    if not names:
        return "it has none"
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return f"one of {', '.join(names[:MOST_SHOWN])}{more}" + (nearest(given, names) if given else "")


class Suggests:
    """An object that names the nearest of its attributes when asked for one that it has not."""

    __slots__ = ()

    def __getattr__(self, name: str) -> NoReturn:
        kind, own = type(self).__name__, dir(type(self))
        hint = "" if name.startswith("_") or name in own else self._elsewhere(name)
        known = [attribute for attribute in own if not attribute.startswith("_")]
        if not hint and not name.startswith("_") and name not in own:  # a slot not filled yet is nothing mistyped
            hint = nearest(name, known)
        # Named, but without its object: Python would add a second suggestion of its own.
        raise AttributeError(f"{kind!r} object has no attribute {name!r}{hint}", name=name)

    def _elsewhere(self, name: str) -> str:
        """Return where what is asked for stands, such as an output by its key; nothing where it does not."""
        return ""


def suggests(function: Callable[Given, Gives]) -> Callable[Given, Gives]:
    """Return a function that names the nearest of its arguments for a keyword that it has not.

    Examples
    --------
    >>> @suggests
    ... def run(draws=1):
    ...     return draws
    >>> run(drawz=2)
    Traceback (most recent call last):
    TypeError: run() got an unexpected keyword argument 'drawz'; did you mean 'draws'?
    """
    code = cast(FunctionType, function).__code__
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @wraps(function)
    def called(*args: Given.args, **given: Given.kwargs) -> Gives:
        for name in given:
            if name not in known:
                hint = nearest(name, known) or f"; one of {', '.join(known)}"
                raise TypeError(f"{function.__name__}() got an unexpected keyword argument {name!r}{hint}")
        return function(*args, **given)

    return called


OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode categories: control, direction, line ends


def printable(text: str) -> str:
    r"""Return a text for a terminal: what it would obey stands as its escape, line ends as they are.

    Examples
    --------
    >>> printable("a\x1b[31mb")
    'a\\u001b[31mb'
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(
        mark if mark == "\n" or unicodedata.category(mark) not in OBEYED else json.dumps(mark)[1:-1] for mark in text
    )
