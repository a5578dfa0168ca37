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
