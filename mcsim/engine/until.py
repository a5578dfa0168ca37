"""Stop rules: go on until the Monte Carlo error of a named output is small enough."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from mcsim.result.bands import Bands
from mcsim.result.select import parse_cell
from mcsim.study import InputError, Study

RULE = re.compile(r"^\s*mcse\(\s*([^@()]+?)\s*(?:@\s*([^()]*?)\s*)?\)\s*<\s*([0-9.eE+-]+)\s*(%?)\s*$")
MAXIMUM_DRAWS = 10_000_000
GROWTH = 8  # at most that many times more draws before looking again


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A wanted Monte Carlo error.

    Parameters
    ----------
    text : str
        As the user wrote it.
    output : str
        Output whose mean is meant.
    cells : ndarray of int64
        Its packed elements, all of which have to meet the rule.
    limit : float
        In the output's unit, or as a share of the mean's size.
    relative : bool
        Whether it is a share.
    """

    text: str
    output: str
    cells: np.ndarray[tuple[int], np.dtype[np.int64]]
    limit: float
    relative: bool

    def excess(self, bands: Bands) -> float:
        """Return the worst error as a multiple of the limit; at most 1 when the rule is met.

        Elements without a value in any draw are left out, and counted nowhere but in the summary.

        Raises
        ------
        InputError
            Where none has a value in any draw.
        """
        cells = self.cells[bands.n[self.cells] > 0] if bands.draws > 0 else self.cells
        if len(cells) == 0:
            raise InputError(f"until: {self.text}: undefined in all {bands.draws:,} draws; an output that has a value")
        error, mean = bands.mcse[cells], np.abs(bands.mean[cells])
        if np.isnan(error).any():
            return math.inf
        limit = self.limit * mean if self.relative else np.full_like(mean, self.limit)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(error == 0, 0.0, error / limit)
        return float(ratio.max(initial=0.0))

    def next_draws(self, draws: int, excess: float) -> int:
        """Return how many draws to have next: the error falls with their square root."""
        wanted = draws * min(excess * excess * 1.05, GROWTH)
        return min(MAXIMUM_DRAWS, max(draws + 1, math.ceil(wanted / 1000) * 1000))


def parse_rule(text: str, study: Study) -> Rule:
    """Return the rule that a text such as ``mcse(retired_battery_mass@2050) < 1%`` means.

    Labels after the @ pick elements, in the one text form for a cell.

    Raises
    ------
    InputError
        When the text is no rule, or names what is not there.
    """
    match = RULE.match(text)
    if match is None:
        raise InputError(f'until: not a rule (got {text!r}); such as "mcse(OUTPUT@LABEL) < 1%"')
    name, place, number, percent = match.groups()
    cells = parse_cell(f"{name}@{place or ''}", study.output, "until").packed
    try:
        limit = float(number) / (100 if percent else 1)
    except ValueError:
        limit = 0.0
    if len(cells) == 0 or not limit > 0:
        raise InputError(f"until: nothing to reach (got {text!r}); elements with a meaning and an error above 0")
    return Rule(text, name, cells, limit, bool(percent))
