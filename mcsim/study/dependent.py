"""Which inputs go together: the rank correlations of a study file, always or while an option has a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcsim.study.declared import Option
from mcsim.study.errors import InputError, one_of
from mcsim.study.inputs import Input

Pairs = tuple[tuple[str, str, float], ...]
PairsWhen = Mapping[str, Mapping[str, Pairs]]  # option -> word -> pairs


def dependence_of(
    raw: Mapping[str, Any], inputs: Sequence[Input], options: Sequence[Option], place: str
) -> tuple[Pairs, PairsWhen]:
    """Return the rank correlations in force while every option has its default, and those that options decide.

    Parameters
    ----------
    raw : mapping
        The section [dependence]: ``spearman``, a list of (input, input, correlation), and ``when``, such lists by
        option and word.
    inputs : sequence of Input
        Those of the study.
    options : sequence of Option
        Those of its model.
    place : str
        What an error begins with.

    Raises
    ------
    InputError
        For an unknown input, option or word, naming the closest.
    """
    names = [item.name for item in inputs]
    pairs = _pairs(raw.get("spearman", []), names, f"{place}.spearman")
    worded = {option.name: option for option in options if option.choices is not None}
    when: dict[str, dict[str, Pairs]] = {}
    for name, by_word in raw.get("when", {}).items():
        if name not in worded:
            raise InputError(f"{place}.when.{name}: no such option with words; {one_of(worded, name)}")
        for word in by_word:
            if word not in (choices := worded[name].choices or ()):
                raise InputError(f"{place}.when.{name}.{word}: no such word of the option; {one_of(choices, word)}")
        when[name] = {word: _pairs(each, names, f"{place}.when.{name}.{word}") for word, each in by_word.items()}
        pairs += when[name].get(str(worded[name].default), ())
    return pairs, when


def _pairs(raw: Sequence[tuple[str, str, float]], names: Sequence[str], place: str) -> Pairs:
    for name in (name for first, second, _ in raw for name in (first, second)):
        if name not in names:
            raise InputError(f"{place}: {name}: no such input; {one_of(names, name)}")
    return tuple((first, second, float(correlation)) for first, second, correlation in raw)


def exchanged(pairs: Pairs, by_word: Mapping[str, Pairs], before: object, after: object) -> Pairs:
    """Return the correlations in force once an option has changed its word.

    Examples
    --------
    >>> exchanged((("a", "b", 0.5), ("a", "c", 0.1)), {"strong": (("a", "b", 0.5),)}, "strong", "none")
    (('a', 'c', 0.1),)
    """
    gone = by_word.get(str(before), ())
    return (*(pair for pair in pairs if pair not in gone), *by_word.get(str(after), ()))
