"""The one error of a user's wrong input, and the nearest known name for its line."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Iterable


class InputError(ValueError):
    """The user's input is wrong; the message is the one line that the user reads (exit code 2)."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...` for the known name closest to a mistyped one, or an empty string.

    Examples
    --------
    >>> nearest("anual_degradation", ["annual_degradation", "knee_age"])
    "; did you mean 'annual_degradation'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


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
