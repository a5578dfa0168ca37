"""Which inputs go together: the rank correlations of a study file, always or while an option has a word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from mcsim.study.declared import Option
from mcsim.study.errors import InputError, one_of
from mcsim.study.inputs import Input

Pairs = tuple[tuple[str, str, float], ...]
FEWEST_OBSERVED = 10
PairsWhen = Mapping[str, Mapping[str, Pairs]]  # option -> word -> pairs


def dependence_of(
    raw: Mapping[str, Any], inputs: Sequence[Input], options: Sequence[Option], place: str
) -> tuple[Pairs, PairsWhen]:
    """Return the rank correlations in force while every option has its default, and those that options decide.

    Parameters
    ----------
    raw : mapping
        The section [dependence]: ``spearman``, a list of (input, input, correlation); ``when``, such lists by option
        and word; ``factors``, the loadings of inputs on common factors; ``observed``, a CSV with a column for each of
        some inputs, whose rank correlations are taken.
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
    pairs += _of_factors(raw.get("factors", {}), names, f"{place}.factors")
    if "observed" in raw:
        pairs += _of_data(Path(raw["observed"]), names, f"{place}.observed")
    _refuse_twice(pairs, place)
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


def _of_factors(raw: Mapping[str, Mapping[str, float]], names: Sequence[str], place: str) -> Pairs:
    """Return the rank correlations of inputs that load on common factors.

    The normal scores of two inputs correlate by the sum of the products of their loadings; the rank correlation of two
    normals that correlate by r is 6 / pi arcsin(r / 2) (Pearson 1907).
    """
    loads: dict[str, dict[str, float]] = {}
    for factor, loadings in raw.items():
        if len(loadings) < 2:
            raise InputError(f"{place}.{factor}: no two inputs have it in common (got {len(loadings)}); two or more")
        for name, loading in loadings.items():
            if name not in names:
                raise InputError(f"{place}.{factor}: {name}: no such input; {one_of(names, name)}")
            loads.setdefault(name, {})[factor] = float(loading)
    for name, own in loads.items():
        shared = sum(loading**2 for loading in own.values())
        if not shared < 1.0:
            raise InputError(
                f"{place}: {name}: nothing is left to itself (got squared loadings that sum to {shared:.4g}); below 1"
            )
    found = []
    for one, other in combinations(loads, 2):
        both = sum(loads[one].get(factor, 0.0) * loads[other].get(factor, 0.0) for factor in raw)
        if both != 0.0:
            found.append((one, other, 6.0 / math.pi * math.asin(both / 2.0)))
    return tuple(found)


def _of_data(path: Path, names: Sequence[str], place: str) -> Pairs:
    """Return the rank correlations of the columns of a table: one for each of some inputs, a row per observation."""
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{place}: cannot be read ({error}); a CSV with a column for each input") from None
    for name in table.columns:
        if name not in names:
            raise InputError(f"{place}: {path.name}: {name}: no such input; {one_of(names, str(name))}")
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise InputError(f"{place}: {path.name}: {name}: not numbers (got {table[name].iloc[0]!r}); numbers")
    known = table.dropna()
    if len(table.columns) < 2 or len(known) < FEWEST_OBSERVED:
        raise InputError(
            f"{place}: {path.name}: too little to correlate (got {len(table.columns)} columns, {len(known)} whole "
            f"rows); 2 columns and {FEWEST_OBSERVED} rows or more"
        )
    ranks, columns = known.rank().corr().to_numpy(), [str(name) for name in table.columns]
    pairs = combinations(range(len(columns)), 2)
    return tuple((columns[one], columns[other], float(ranks[one, other])) for one, other in pairs)


def _refuse_twice(pairs: Pairs, place: str) -> None:
    seen: set[frozenset[str]] = set()
    for first, second, _ in pairs:
        if frozenset((first, second)) in seen:
            raise InputError(f"{place}: {first}, {second}: said twice, by spearman, factors or observed; one of them")
        seen.add(frozenset((first, second)))


def exchanged(pairs: Pairs, by_word: Mapping[str, Pairs], before: object, after: object) -> Pairs:
    """Return the correlations in force once an option has changed its word.

    Examples
    --------
    >>> exchanged((("a", "b", 0.5), ("a", "c", 0.1)), {"strong": (("a", "b", 0.5),)}, "strong", "none")
    (('a', 'c', 0.1),)
    """
    gone = by_word.get(str(before), ())
    return (*(pair for pair in pairs if pair not in gone), *by_word.get(str(after), ()))
