"""An inverse question, ``OUTPUT@LABEL,... > VALUE UNIT``: is it true in a draw, and how likely is that."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcsim.result.errors import binomial_interval
from mcsim.study import BoolArray, FloatArray, InputError, Output
from mcsim.study.select import Cell, parse_cell
from mcsim.study.units import conversion

SHAPE = re.compile(r"(.+)(<=|>=|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(.*)", re.DOTALL)
EXAMPLE = '"OUTPUT@LABEL > 100 kt", with <, <=, > or >='


@dataclass(frozen=True, slots=True)
class Question:
    """A comparison of one element of an output with a number.

    Parameters
    ----------
    text : str
        As the user wrote it.
    cell : Cell
        The element.
    sense : str
        ``<``, ``<=``, ``>`` or ``>=``.
    bound : float
        The number, in the unit of the element.
    unit : str
        That unit.
    """

    text: str
    cell: Cell
    sense: str
    bound: float
    unit: str

    def holds(self, values: FloatArray) -> BoolArray:
        """Return whether it is true of values (n,) in the unit of the element; of NaN it is not."""
        compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[self.sense]
        with np.errstate(invalid="ignore"):
            return np.asarray(compare(values, self.bound), bool)


def parse_question(text: str, lookup: Callable[[str], Output]) -> Question:
    """Return the question that a text means.

    Parameters
    ----------
    text : str
        Such as ``retired_battery_mass@2050,second-hand > 100 kt``; a number without a unit is in that of the output.
    lookup : callable
        Name -> output, raising `InputError` where there is none; such as `Study.output`.

    Raises
    ------
    InputError
        Where it is no comparison, names several elements or none, or its unit does not convert.

    Examples
    --------
    >>> from mcsim.study import Output
    >>> asked = parse_question("distance > 2 km", {"distance": Output("distance", "m", "distance")}.__getitem__)
    >>> asked.sense, asked.bound, asked.unit
    ('>', 2000.0, 'm')
    """
    found = SHAPE.fullmatch(str(text).strip())
    if found is None:
        raise InputError(f"explain: no comparison with a number (got {text!r}); such as {EXAMPLE}")
    cell = parse_cell(found[1].strip(), lookup, "explain")
    output = cell.output
    elements = np.argwhere(cell.mask) if output.dims else np.zeros((int(cell.mask), 0), int)
    if len(elements) == 0:
        raise InputError(f"explain: {cell}: has no meaning there (got {text!r}); other labels")
    if len(cell.packed) > 1:
        open_dims = [dim for dim in output.dims if dim.name not in cell.labels]
        shown = "; ".join(f"{dim.name}: {', '.join(map(str, dim.coords[:4]))}, ..." for dim in open_dims)
        raise InputError(f"explain: {cell}: not one element (got {len(elements)}); a label of each dim ({shown})")
    unit, given = output.unit_at(tuple(elements[0])), found[4].strip()
    if given and "/" not in given and unit.endswith("/yr") and "year" in cell.labels:
        given += "/yr"  # what flows in a year that is named is an amount: 100 kt in 2050
    factor = conversion(given, unit, f"explain: {cell}") if given else 1.0
    return Question(str(text).strip(), cell, found[2], float(found[3]) * factor, unit)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of draws with its exact interval.

    Parameters
    ----------
    hits, draws : float
        Draws in which something is true, and all; with fractions where draws repeat one another.
    level : float
        Confidence level of the interval.
    """

    hits: float
    draws: float
    level: float = 0.95

    @property
    def value(self) -> float:
        """The share, NaN of no draws."""
        return self.hits / self.draws if self.draws > 0 else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends of Clopper's and Pearson's interval, which covers with at least the level asked for.

        Examples
        --------
        >>> [round(end, 4) for end in Share(5, 50).interval]
        [0.0333, 0.2181]
        >>> Share(0, 100).interval[0]
        0.0
        """
        if self.draws <= 0:
            return 0.0, 1.0
        low, high = binomial_interval(self.hits, self.draws, self.level)
        return float(low), float(high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{percent(self.value)} ({100 * self.level:g} %: {percent(low)} to {percent(high)})"


def percent(share: float) -> str:
    """Return a share in words, with as many digits as it can bear.

    Examples
    --------
    >>> percent(0.12345), percent(1.0), percent(0.99961)
    ('12.3 %', '100 %', '99.96 %')
    """
    if not np.isfinite(share):
        return "undefined"
    close = 0.995 <= share < 1.0  # 99.96 % is not 100 %
    return f"{100.0 * share:.4g} %" if close else f"{100.0 * share:.3g} %"


def unit_told(unit: str) -> str:
    """Return a unit as it stands behind a number; nothing of a number without one.

    Examples
    --------
    >>> unit_told("kt"), unit_told("1")
    (' kt', '')
    """
    return "" if unit in ("", "1", "-") else f" {unit}"
