"""Conditions on single inputs, in the study's words: what boxes and trees are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mcsim.ranking.question import unit_told
from mcsim.study import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from mcsim.result.result import Result


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Draws of inputs with what they are called.

    Parameters
    ----------
    names, units : tuple of str
        Of the inputs.
    labels : tuple of tuple of str
        The words of an input whose values are their codes; empty of numbers.
    values : ndarray, shape (n, n_inputs)
        Draws.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    values: FloatArray

    @classmethod
    def of(cls, result: Result) -> Columns:
        """Return the draws of the uncertain inputs of a run."""
        items = result.study.uncertain
        values = [np.asarray(result.inputs[item.name], np.float64) for item in items]
        return cls(
            tuple(item.name for item in items),
            tuple(item.unit for item in items),
            tuple(tuple(getattr(item.distribution, "labels", ())) for item in items),
            np.column_stack(values) if values else np.empty((result.complete, 0)),
        )

    def rows(self, chosen: BoolArray | IntArray) -> Columns:
        """Return some of the draws."""
        return Columns(self.names, self.units, self.labels, self.values[chosen])

    def named(self, names: Sequence[str]) -> Columns:
        """Return some of the inputs."""
        at = [self.names.index(name) for name in names]
        units, labels = ([one[place] for place in at] for one in (self.units, self.labels))
        return Columns(tuple(names), tuple(map(str, units)), tuple(map(tuple, labels)), self.values[:, at])

    def within(self, place: int, low: float, high: float) -> Condition:
        """Return the condition that an input lies in an interval."""
        return Condition(self.names[place], place, self.units[place], low, high)

    def among(self, place: int, codes: IntArray) -> Condition:
        """Return the condition that an input is one of some words."""
        words = tuple(self.labels[place][int(code)] for code in codes)
        return Condition(self.names[place], place, "", words=words, codes=tuple(int(code) for code in codes))


@dataclass(frozen=True, slots=True)
class Condition:
    """That an input lies in an interval, or is one of some words.

    Parameters
    ----------
    name : str
        The input.
    place : int
        Its column.
    unit : str
        Of its values.
    low, high : float
        Ends of the interval, the lower one outside and the upper one inside; infinite where there is none.
    words, codes : tuple
        The words, where it has such, and their codes.
    """

    name: str
    place: int
    unit: str
    low: float = -math.inf
    high: float = math.inf
    words: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()

    def holds(self, values: FloatArray) -> BoolArray:
        """Return in which of some draws (n, n_inputs) it holds."""
        return self.holds_of(values[:, self.place])

    def holds_of(self, column: FloatArray) -> BoolArray:
        """Return in which of some draws (n,) of its input it holds."""
        if self.codes:
            return np.isin(column, self.codes)
        return np.asarray((column > self.low) & (column <= self.high))

    def __str__(self) -> str:
        """Return the condition in words.

        Examples
        --------
        >>> print(Condition("mass", 0, "kg", low=0.25), Condition("mass", 0, "kg", 1.0, 2.5), sep="; ")
        mass > 0.25 kg; 1 < mass <= 2.5 kg
        >>> print(Condition("knee", 0, "", words=("none", "shifted"), codes=(0, 2)))
        knee is none or shifted
        """
        if self.words:
            return f"{self.name} is {' or '.join(self.words)}"
        unit = unit_told(self.unit)
        if math.isinf(self.low):
            return f"{self.name} <= {self.high:.4g}{unit}"
        if math.isinf(self.high):
            return f"{self.name} > {self.low:.4g}{unit}"
        return f"{self.low:.4g} < {self.name} <= {self.high:.4g}{unit}"

    @property
    def record(self) -> dict[str, object]:
        """The condition as JSON holds it, without the ends that it has not."""
        facts: dict[str, object] = {"input": self.name, "unit": self.unit, "text": str(self)}
        if self.words:
            return facts | {"words": list(self.words)}
        ends = {"above": self.low, "at_most": self.high}
        return facts | {name: end for name, end in ends.items() if math.isfinite(end)}


def all_hold(conditions: tuple[Condition, ...], values: FloatArray) -> BoolArray:
    """Return in which of some draws (n, n_inputs) all conditions hold."""
    inside = np.ones(len(values), bool)
    for condition in conditions:
        inside &= condition.holds(values)
    return inside


def together(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return conditions, those on one input as one.

    Examples
    --------
    >>> mass = [Condition("mass", 0, "kg", low=0.25), Condition("mass", 0, "kg", 1.0, 2.5)]
    >>> print(*together([*mass, Condition("age", 1, "yr", high=3.0)]), sep="; ")
    1 < mass <= 2.5 kg; age <= 3 yr
    """
    found: dict[int, Condition] = {}
    for one in conditions:
        before = found.get(one.place)
        if before is None:
            found[one.place] = one
        elif one.words:
            both = [word in before.words for word in one.words]
            words = tuple(word for word, kept in zip(one.words, both, strict=True) if kept)
            codes = tuple(code for code, kept in zip(one.codes, both, strict=True) if kept)
            found[one.place] = replace(one, words=words, codes=codes)
        else:
            found[one.place] = replace(one, low=max(one.low, before.low), high=min(one.high, before.high))
    return tuple(found.values())


def in_words(conditions: Sequence[Condition]) -> str:
    """Return conditions in words, those on one input as one."""
    return " and ".join(map(str, together(conditions)))
