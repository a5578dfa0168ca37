"""The one error of a user's wrong input, and the nearest known name for its line."""

from __future__ import annotations

import difflib
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
