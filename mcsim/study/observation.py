"""What was observed: a value with its range and source, for an element of an output that the study computes.

Observations narrow what a study says is uncertain (`mcsim.calibration`). A projection, a figure of the source or an
assumption is none: nothing is calibrated on what somebody computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any

from mcsim.study.declared import Output
from mcsim.study.errors import InputError
from mcsim.study.select import Cell, parse_cell
from mcsim.study.units import conversion

OBSERVED = "observed"
DISTRIBUTIONS = ("normal", "lognormal")
POOLINGS = ("random", "none")
DEFAULT_INTERVAL = 0.95
TOUCHES = 0.02  # of an observation's error: what moves a modelled cell less is not told from what does not move it


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """An observed value of one element of an output, or of the sum of several, in the output's unit.

    Parameters
    ----------
    cell : Cell
        Which elements.
    value : float
        The observed value: mean of a normal error, median of a lognormal one.
    spread : float
        Standard deviation of the error: in the output's unit, or of the logarithm for a lognormal error [-].
    distribution : str
        ``normal`` or ``lognormal``.
    source, group : str
        Who observed it; observations of a group that come from several sources are pooled.
    low, high : float
        Ends of the range as the source tells it, NaN where it tells none.
    interval : float
        The share of the error that the range holds.
    scope, note : str
        What it counts, and what else there is to say.

    Examples
    --------
    >>> from mcsim.study.declared import Dim, Output
    >>> stock = Output("stock", "vehicle", "stock", (Dim("year", (2021, 2022)),))
    >>> seen = {"output": "stock@2022", "value": 30.0, "low": 28.0, "high": 32.0, "source": "s", "kind": "observed"}
    >>> round(observation_of(seen, {"stock": stock}.__getitem__, "study.toml").spread, 3)
    1.02
    """

    cell: Cell
    value: float
    spread: float
    distribution: str
    source: str
    group: str
    low: float = math.nan
    high: float = math.nan
    interval: float = DEFAULT_INTERVAL
    scope: str = ""
    note: str = ""

    @property
    def lognormal(self) -> bool:
        """Whether the error is that of the logarithm."""
        return self.distribution == "lognormal"

    @property
    def name(self) -> str:
        """Its cell and its source, by which it is told from others."""
        return f"{self.cell} ({self.source})"

    def touched(self, before: float, after: float) -> bool:
        """Return whether a modelled cell moved so far that the observation can tell the two apart."""
        if math.isnan(before) or math.isnan(after) or (self.lognormal and min(before, after) <= 0):
            return not (before == after or (math.isnan(before) and math.isnan(after)))
        moved = math.log(after / before) if self.lognormal else after - before
        return abs(moved) >= TOUCHES * self.spread

    def range(self, share: float = DEFAULT_INTERVAL) -> tuple[float, float]:
        """Return the ends that hold a share of the error around the value."""
        reach = NormalDist().inv_cdf(0.5 + share / 2) * self.spread
        if self.lognormal:
            return self.value * math.exp(-reach), self.value * math.exp(reach)
        return self.value - reach, self.value + reach


@dataclass(frozen=True, slots=True)
class Pooling:
    """How the sources of a group of observations go together.

    Parameters
    ----------
    how : str
        ``random``: each source is off by an amount of its own, common to all that it says, and what is known of the
        spread of these amounts is integrated out; ``none``: sources err independently, each observation by itself.
    between : float, optional
        Scale of the half-normal prior of that spread, in the output's unit (of the logarithm for lognormal errors
        [-]); by default twice the median spread of the group's observations.
    """

    how: str = "random"
    between: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What a study file says of its calibration.

    Parameters
    ----------
    observations : tuple of Observation
        What was observed.
    poolings : mapping
        Group of observations -> Pooling; `Pooling` by default.
    options : mapping
        Option -> categorical distribution: words that a calibration weighs instead of choosing one.
    shipped : tuple of Path
        Tables of posterior draws that ``--posterior shipped`` reads.
    """

    observations: tuple[Observation, ...] = ()
    poolings: Mapping[str, Pooling] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    shipped: tuple[Path, ...] = ()


def observations_of(
    raw: Sequence[Mapping[str, Any]], lookup: Callable[[str], Output], path: Path
) -> tuple[Observation, ...]:
    """Return the observations of a study file.

    Parameters
    ----------
    raw : sequence of mappings
        Its [[observation]] entries, their keys and types checked.
    lookup : callable
        Name -> output, raising `InputError` where there is none.
    path : Path
        The study file, for messages.

    Raises
    ------
    InputError
        Naming the file, the key, the value and what would be right.
    """
    return tuple(
        observation_of(entry, lookup, f"{path}: observation[{count}]") for count, entry in enumerate(raw, start=1)
    )


def observation_of(entry: Mapping[str, Any], lookup: Callable[[str], Output], place: str) -> Observation:
    """Return one observation; otherwise as `observations_of`."""
    if entry["kind"] != OBSERVED:
        raise InputError(
            f"{place}.kind: nothing is calibrated on what was not observed (got {entry['kind']!r}); "
            f'"{OBSERVED}", or [[published]] for a figure to be compared with'
        )
    cell = _cell(entry, lookup, place)
    factor = _factor(entry, cell, place)
    value, low, high, spread = (float(entry.get(key, math.nan)) * factor for key in ("value", "low", "high", "sd"))
    distribution, interval = str(entry.get("distribution", "normal")), float(entry.get("interval", DEFAULT_INTERVAL))
    if distribution not in DISTRIBUTIONS:
        raise InputError(f"{place}.distribution: unknown (got {distribution!r}); one of {', '.join(DISTRIBUTIONS)}")
    if math.isnan(spread):
        spread = _spread_of_range((value, low, high), interval, distribution, place)
    elif distribution == "lognormal":
        spread /= factor  # of the logarithm: it has no unit
    if not spread > 0:
        raise InputError(f"{place}.sd: no error at all (got {spread:g}); above 0")
    if distribution == "lognormal" and not value > 0:
        raise InputError(f"{place}.value: no logarithm (got {value:g}); above 0, or a normal error")
    group = str(entry.get("group", cell.output.name))
    texts = str(entry.get("scope", "")), str(entry.get("note", ""))
    return Observation(cell, value, spread, distribution, str(entry["source"]), group, low, high, interval, *texts)


def _cell(entry: Mapping[str, Any], lookup: Callable[[str], Output], place: str) -> Cell:
    try:
        cell = parse_cell(entry["output"], lookup)
    except InputError as error:
        raise InputError(f"{place}.output: {error}") from None
    elements = int(cell.mask.sum())
    if elements == 0:
        raise InputError(f"{place}.output: an element without a meaning (got {entry['output']!r}); one that has one")
    if elements > 1 and not entry.get("total", False):
        raise InputError(
            f"{place}.output: {elements} elements (got {entry['output']!r}); a label for each dim, "
            "or total = true where their sum was observed"
        )
    return cell


def _factor(entry: Mapping[str, Any], cell: Cell, place: str) -> float:
    """Return what turns the observation's unit into the output's."""
    import numpy as np

    units = {cell.output.unit_at(tuple(at)) for at in np.argwhere(cell.mask).tolist()}
    if len(units) > 1:
        raise InputError(f"{place}.output: elements of unlike units (got {', '.join(sorted(units))}); one of them")
    return conversion(entry["unit"], units.pop(), f"{place}.unit") if "unit" in entry else 1.0


def _spread_of_range(told: tuple[float, float, float], interval: float, distribution: str, place: str) -> float:
    """Return the standard deviation of the error that the ends of an interval mean."""
    value, low, high = told
    if math.isnan(low) or math.isnan(high):
        raise InputError(f"{place}: how far off it may be is not said; low and high, or sd")
    if not low < high:
        raise InputError(f"{place}.low: the range is reversed or empty (got {low:g} to {high:g}); low below high")
    if not low <= value <= high:
        raise InputError(f"{place}.value: outside its own range (got {value:g}); between {low:g} and {high:g}")
    reach = 2 * NormalDist().inv_cdf(0.5 + interval / 2)
    if distribution == "lognormal":
        if not low > 0:
            raise InputError(f"{place}.low: no logarithm (got {low:g}); above 0, or a normal error")
        return math.log(high / low) / reach
    return (high - low) / reach
