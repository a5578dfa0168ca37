"""Values of the user's at the door: what counts as a number, a whole number, a flag or words; one refusal for each.

The command line, Python and files meet the same rules: a NumPy number is a number, a whole float is a whole number, a
bool is neither, and what is not finite is refused.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from mcsim.distributions.base import plain
from mcsim.study.errors import InputError


def is_number(value: object) -> bool:
    """Return whether a value is one finite number, NumPy's included; a bool is none.

    Examples
    --------
    >>> is_number(np.float32(0.5)), is_number(np.array(2)), is_number(True), is_number(math.nan)
    (True, True, False, False)
    """
    value = plain(value)
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def real(
    where: str, value: Any, low: float = -math.inf, high: float = math.inf, what: str = "number", remedy: str = ""
) -> float:
    """Return a number of the user's within its closed range.

    Parameters
    ----------
    where : str
        Place for the message: a key, or file and key.
    value : object
        What the user said.
    low, high : float
        Closed range.
    what, remedy : str
        Words for the message.

    Raises
    ------
    InputError
        Naming the place, the value and the range.
    """
    if not is_number(value) or not low <= float(value) <= high:
        raise InputError(f"{where}: not a {what} (got {value!r}); {remedy or f'a number from {low:g} to {high:g}'}")
    return float(value)


def whole(where: str, value: Any, low: int, high: int, what: str = "whole number in range", remedy: str = "") -> int:
    """Return a whole number of the user's within its closed range; 1e4 is one.

    Raises
    ------
    InputError
        Naming the place, the value and the range.

    Examples
    --------
    >>> whole("draws", 1e4, 1, 1_000_000)
    10000
    """
    if not is_number(value) or value != int(value) or not low <= int(value) <= high:
        raise InputError(f"{where}: not a {what} (got {value!r}); {remedy or f'from {low} to {high}'}")
    return int(value)


def flag(where: str, value: Any) -> bool:
    """Return a yes or no of the user's; a word such as "false" is neither.

    Raises
    ------
    InputError
        Naming the place and the value.
    """
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{where}: neither true nor false (got {value!r}); true or false")
    return bool(value)


def words(where: str, value: Any) -> tuple[str, ...]:
    """Return words of the user's; one word alone is one word, not its letters.

    Raises
    ------
    InputError
        Naming the place and the first value that is no word.
    """
    listed = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)
    for word in listed:
        if not isinstance(word, str):
            raise InputError(f"{where}: not a word (got {word!r}); a word or a list of words")
    return tuple(listed)


def number_or_text(text: str) -> float | int | str:
    """Return the number that a text means, or the text where it means none; what is right is the next door's to say.

    Examples
    --------
    >>> number_or_text("1e4"), number_or_text("18446744073709551615"), number_or_text("five")
    (10000.0, 18446744073709551615, 'five')
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
