"""A survey that could be made: what it would measure, how many times, how far off, and at what price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mcsim.study.select import Cell


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """Measurements of an uncertain input, or of elements of an output, that nobody has made.

    Parameters
    ----------
    name, label : str
        How it is called.
    observes : str or tuple of Cell
        An uncertain input, or the elements, each measured.
    count : int
        Measurements of each.
    spread : float
        Standard deviation of one of them, what differs from vehicle to vehicle included.
    bias : float
        Standard deviation of an error that they share, however many they are.
    relative : bool
        Whether these are shares of the true value; else in the unit of what is observed.
    cost : float
        Price of the whole in USD; NaN where none is told.
    source, note : str
        Who says so, and what else there is to say.
    entry : mapping
        What the study file says, in all its languages.
    """

    name: str
    label: str
    observes: str | tuple[Cell, ...]
    count: int
    spread: float
    bias: float
    relative: bool
    cost: float
    source: str
    note: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict)

    @property
    def error(self) -> float:
        """Standard deviation of the mean of all measurements of one quantity.

        Examples
        --------
        >>> Survey("s", "s", "a", 100, 3.0, 0.4, False, float("nan"), "assumption").error
        0.5
        """
        return float(np.hypot(self.spread / np.sqrt(self.count), self.bias))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs whose draws it needs."""
        return () if isinstance(self.observes, str) else tuple(dict.fromkeys(c.output.name for c in self.observes))
