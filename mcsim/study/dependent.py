"""Which inputs go together: rank correlations, always or while an option has a word, and inputs that never cross."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from mcsim.distributions import Categorical, Constant, Ordered
from mcsim.study.declared import Option
from mcsim.study.errors import InputError, one_of
from mcsim.study.inputs import Input, Inputs

Pairs = tuple[tuple[str, str, float], ...]
FEWEST_OBSERVED = 10
PairsWhen = Mapping[str, Mapping[str, Pairs]]  # option -> word -> pairs
ORDERS = {"ordered": "sequential", "sorted": "sorted"}  # key of a file -> method of `mcsim.distributions.Ordered`


@dataclass(frozen=True, slots=True)
class Order:
    """Inputs of which none ever exceeds the next.

    Parameters
    ----------
    names : tuple of str
        The inputs, lowest first.
    method : str
        ``sequential`` or ``sorted``, as `mcsim.distributions.Ordered` has them.

    Examples
    --------
    >>> Order(("sale_age", "retirement_age")).pairs
    (('sale_age', 'retirement_age'),)
    """

    names: tuple[str, ...]
    method: str = "sequential"

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Inputs beside one another in the order: each follows from the one before it alone, unless all are sorted."""
        return tuple(pairwise(self.names) if self.method == "sequential" else combinations(self.names, 2))

    def law(self, inputs: Inputs) -> Ordered:
        """Return what the order makes of the distributions that the inputs have now, fixed ones included.

        Raises
        ------
        InputError
            Where these cannot stand in the order.
        """
        fixed = [name for name in self.names if isinstance(inputs[name].distribution, Constant)]
        if fixed and self.method == "sorted":
            raise InputError(
                f"{', '.join(self.names)}: cannot be sorted ({fixed[0]} is fixed); `ordered`, or let it vary"
            )
        try:
            return Ordered(tuple(inputs[name].distribution for name in self.names), self.method)
        except ValueError as error:
            raise InputError(f"{', '.join(self.names)}: {error}") from None


class Dependence(NamedTuple):
    """How the inputs of a study depend on one another.

    Parameters
    ----------
    pairs : tuple of (str, str, float)
        Rank correlations in force while every option has its default.
    when : mapping
        Option -> word -> rank correlations in force while it has that word.
    ordered : tuple of Order
        Inputs that stand in an order.
    """

    pairs: Pairs
    when: PairsWhen
    ordered: tuple[Order, ...]


def dependence_of(raw: Mapping[str, Any], inputs: Sequence[Input], options: Sequence[Option], place: str) -> Dependence:
    """Return how inputs depend on one another, as a study file says it.

    Parameters
    ----------
    raw : mapping
        The section [dependence]: ``spearman``, a list of (input, input, correlation); ``when``, such lists by option
        and word; ``factors``, the loadings of inputs on common factors; ``observed``, a CSV with a column for each of
        some inputs, whose rank correlations are taken; ``ordered`` and ``sorted``, lists of inputs, lowest first.
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
        pairs += _of_data(raw["observed"], names, f"{place}.observed")
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
    joined = {name for pair in pairs for name in pair[:2]}
    joined |= {name for by_word in when.values() for each in by_word.values() for pair in each for name in pair[:2]}
    return Dependence(pairs, when, _orders(raw, inputs, joined, place))


def _orders(raw: Mapping[str, Any], inputs: Sequence[Input], joined: set[str], place: str) -> tuple[Order, ...]:
    """Return the orders, in none of which stands an input that has no order, or depends on others in another way."""
    by_name, found, taken = {item.name: item for item in inputs}, list[Order](), dict[str, str]()
    for key, method in ORDERS.items():
        for number, names in enumerate(raw.get(key, ()), start=1):
            where = f"{place}.{key}[{number}]"
            for name in names:
                if name not in by_name:
                    raise InputError(f"{where}: {name}: no such input; {one_of(by_name, name)}")
                item = by_name[name]
                if item.vector is not None or isinstance(item.distribution, Categorical):
                    got = "a share of a whole" if item.vector is not None else str(item.distribution)
                    raise InputError(f"{where}: {name}: cannot be ordered (got {got}); inputs that are numbers")
                if name in taken:
                    raise InputError(f"{where}: {name}: stands in {taken[name]} already; one order for each input")
                if name in joined:
                    raise InputError(f"{where}: {name}: has rank correlations too; an order or correlations")
                taken[name] = f"{key}[{number}]"
            if len(set(names)) < 2:
                raise InputError(
                    f"{where}: too few inputs (got {', '.join(names) or 'none'}); two or more, lowest first"
                )
            found.append(Order(tuple(names), method))
            try:
                found[-1].law(Inputs(inputs))
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
    return tuple(found)


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


def _of_data(given: Any, names: Sequence[str], place: str) -> Pairs:
    """Return the rank correlations of the columns of a table: one for each of some inputs, a row per observation."""
    import pandas as pd

    try:
        table = pd.read_csv(given) if isinstance(given, str | Path) else pd.DataFrame(given)
    except (OSError, ValueError) as error:
        raise InputError(f"{place}: cannot be read ({error}); a CSV with a column for each input") from None
    if isinstance(given, str | Path):
        place = f"{place}: {Path(given).name}"
    for name in table.columns:
        if name not in names:
            raise InputError(f"{place}: {name}: no such input; {one_of(names, str(name))}")
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise InputError(f"{place}: {name}: not numbers (got {table[name].iloc[0]!r}); numbers")
    known = table.dropna()
    if len(table.columns) < 2 or len(known) < FEWEST_OBSERVED:
        raise InputError(
            f"{place}: too little to correlate (got {len(table.columns)} columns, {len(known)} whole "
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
