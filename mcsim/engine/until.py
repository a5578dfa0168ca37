"""Stop rules: go on until an error is small enough, or until a ranking is settled.

One registry: a rule is one object that reads its text, looks at what is there and says how many rows to have next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mcsim.engine.backends import RunFailed
from mcsim.result.bands import Bands
from mcsim.study import InputError, Output
from mcsim.study.select import Cell, parse_cell

if TYPE_CHECKING:
    from mcsim.engine.session import Rule

MAXIMUM_DRAWS = 10_000_000
GROWTH = 8  # at most that many times more draws before looking again


@dataclass(frozen=True, slots=True, eq=False)
class SmallError:
    """A wanted Monte Carlo error of means: ``mcse(OUTPUT@LABEL,...) < 1%``, or a limit in the output's unit.

    Parameters
    ----------
    text : str
        As the user wrote it.
    cell : Cell
        Elements of an output, all of which have to meet the rule.
    limit : float
        In the output's unit, or as a share of the mean's size.
    relative : bool
        Whether it is a share.
    """

    acts_on: ClassVar[str] = "run"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"\s*mcse\(([^()]+)\)\s*<\s*([0-9.eE+-]+)\s*(%?)\s*")
    shape: ClassVar[str] = "mcse(OUTPUT@LABEL) < 1%"

    text: str
    cell: Cell
    limit: float
    relative: bool

    @classmethod
    def of(cls, found: re.Match[str], lookup: Callable[[str], Output]) -> SmallError:
        """Return the rule that a text means."""
        cell = parse_cell(found[1], lookup, "until")
        try:
            limit = float(found[2]) / (100 if found[3] else 1)
        except ValueError:
            limit = 0.0
        if len(cell.packed) == 0 or not limit > 0:
            raise InputError(
                f"until: nothing to reach (got {found[0]!r}); elements with a meaning and an error above 0"
            )
        return cls(found[0], cell, limit, bool(found[3]))

    def more(self, collector: Any) -> int | None:
        """Return how many draws to have next; the error falls with their square root.

        Raises
        ------
        RunFailed
            When it is not met with as many draws as there may be.
        """
        draws: int = collector.work.rows
        excess = self.excess(collector.bands(self.cell.output.name))
        if excess <= 1:
            return None
        if draws >= MAXIMUM_DRAWS:
            raise RunFailed(
                f"{collector.work.name}: until: {self.text} not reached with {draws:,} draws (error {excess:.3g} "
                "times the limit)"
            )
        wanted = draws * min(excess * excess * 1.05, GROWTH)
        return min(MAXIMUM_DRAWS, max(draws + 1, math.ceil(wanted / 1000) * 1000))

    def excess(self, bands: Bands) -> float:
        """Return the worst error as a multiple of the limit; at most 1 when the rule is met.

        Elements without a value in any draw are left out, and counted nowhere but in the summary.

        Raises
        ------
        InputError
            Where none has a value in any draw.
        """
        cells = self.cell.packed
        cells = cells[bands.n[cells] > 0] if bands.draws > 0 else cells
        if len(cells) == 0:
            raise InputError(f"until: {self.text}: undefined in all {bands.draws:,} draws; an output that has a value")
        error, mean = bands.mcse[cells], np.abs(bands.mean[cells])
        if np.isnan(error).any():
            return math.inf
        limit = self.limit * mean if self.relative else np.full_like(mean, self.limit)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(error == 0, 0.0, error / limit)
        return float(ratio.max(initial=0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """No open verdict in a ranking: ``ranking(OUTPUT@LABEL,...) resolved``.

    Parameters
    ----------
    text : str
        As the user wrote it.
    cell : Cell
        Elements of an output, all of whose verdicts have to stand.
    budget : int
        Most base rows; without an end in sight the ranking says so and stays as it is.
    """

    acts_on: ClassVar[str] = "ranking"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"\s*ranking\(([^()]+)\)\s+resolved\s*")
    shape: ClassVar[str] = "ranking(OUTPUT) resolved"

    text: str
    cell: Cell
    budget: int = MAXIMUM_DRAWS

    @classmethod
    def of(cls, found: re.Match[str], lookup: Callable[[str], Output]) -> Settled:
        """Return the rule that a text means."""
        return cls(found[0], parse_cell(found[1], lookup, "until"))

    def more(self, collector: Any) -> int | None:
        """Return twice the base rows while a verdict is open and the budget allows."""
        rows: int = 2 * collector.work.rows
        return None if rows > self.budget or collector.open_verdicts(self.cell) == 0 else rows


RULES = (SmallError, Settled)


def parse_rule(text: str, lookup: Callable[[str], Output], acts_on: str) -> Rule:
    """Return the stop rule that a text means.

    Parameters
    ----------
    text : str
        Such as ``mcse(retired_battery_mass@2050) < 1%``.
    lookup : callable
        Name -> output, raising `InputError` where there is none.
    acts_on : str
        ``run`` or ``ranking``: what is to go on.

    Raises
    ------
    InputError
        When the text is no rule for it, or names what is not there.
    """
    fit = [rule for rule in RULES if rule.acts_on == acts_on]
    for rule in fit:
        found = rule.pattern.fullmatch(text)
        if found is not None:
            return rule.of(found, lookup)
    shapes = " or ".join(f'"{rule.shape}"' for rule in fit)
    raise InputError(f"until: not a rule for a {acts_on} (got {text!r}); such as {shapes}")


def acts_on(text: str) -> str:
    """Return what a rule is for, ``run`` or ``ranking``; a text that is no rule is left to `parse_rule` of a run.

    Examples
    --------
    >>> acts_on("ranking(y) resolved"), acts_on("mcse(y) < 1%")
    ('ranking', 'run')
    """
    word = text.partition("(")[0].strip()
    return next((rule.acts_on for rule in RULES if rule.shape.startswith(f"{word}(")), "run")
