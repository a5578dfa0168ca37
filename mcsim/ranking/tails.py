"""What few evaluations carry: rare events and heavy tails, of which intervals from a ranking's own rows cannot tell.

An output that is 1 in two of 2,048 evaluations and 0 in the others has a variance that rests on these two. Resamples
hold them once, twice or never, and their spread says nothing of how the indices would be with two other ones. The same
holds where one evaluation of a far tail carries much of the variance. Both are seen from the least and the greatest
value and from how many values differ from the one at the centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from mcsim.study import BoolArray, FloatArray, IntArray, Output, remarks
from mcsim.study.remarks import Remark

FEW_EVENTS = 30  # fewer say no more than that the event can happen
RARE = 0.1  # of the evaluations at most
HEAVY = 0.1  # of the variance, by one evaluation


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """What is remembered of evaluations besides sums; any order of merging gives the same.

    Parameters
    ----------
    least, greatest : ndarray, shape (n_values,)
        Of the differences to the output at the centre.
    away : ndarray of int64, shape (n_values,)
        Evaluations that differ from it.
    """

    least: FloatArray
    greatest: FloatArray
    away: IntArray

    @classmethod
    def of(cls, values: FloatArray) -> Extremes:
        """Return the extremes of evaluations (n, n_values), as differences to the output at the centre."""
        low, high = values.min(axis=0, initial=np.inf), values.max(axis=0, initial=-np.inf)
        return cls(low, high, np.count_nonzero(values, axis=0).astype(np.int64))

    def merged(self, other: Extremes) -> Extremes:
        """Return the extremes of these evaluations and others."""
        low, high = np.minimum(self.least, other.least), np.maximum(self.greatest, other.greatest)
        return Extremes(low, high, self.away + other.away)


EXTREMES = tuple(item.name for item in fields(Extremes))


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """How few evaluations carry the variance of each element.

    Parameters
    ----------
    events : ndarray of int64, shape (n_values,)
        Evaluations in which something rare happened; 0 where nothing rare is to be told.
    share : ndarray, shape (n_values,)
        Of the variance, by the one evaluation that is farthest from the mean.
    varies : ndarray of bool, shape (n_values,)
        Whether two evaluations differ at all.
    evaluations : int
        How many there are.
    """

    events: IntArray
    share: FloatArray
    varies: BoolArray
    evaluations: int

    @classmethod
    def nothing(cls, n_values: int, evaluations: int) -> Carried:
        """Return what holds of elements of which nothing is known yet."""
        return cls(np.zeros(n_values, np.int64), np.zeros(n_values), np.zeros(n_values, bool), evaluations)

    def put(self, cells: IntArray, part: Carried) -> None:
        """Put in what is known of some elements."""
        self.events[cells], self.share[cells], self.varies[cells] = part.events, part.share, part.varies

    @property
    def heavy(self) -> BoolArray:
        """Elements with a heavy tail: one evaluation carries more than the largest of so many ordinary ones does."""
        # The largest of n normal values is near sqrt(2 ln n) standard deviations; three times its share is not theirs.
        usual = 6.0 * np.log(max(self.evaluations, 2)) / max(self.evaluations, 2)
        return np.asarray((self.events == 0) & (self.share > max(HEAVY, usual)))


def carried(extremes: Extremes, total: FloatArray, squares: FloatArray, evaluations: int) -> Carried:
    """Return what few evaluations carry.

    Parameters
    ----------
    extremes : Extremes
        Of the evaluations.
    total, squares : ndarray, shape (n_values,)
        Sums of the differences to the centre and of their squares.
    evaluations : int
        How many there are.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.zeros((2048, 1))
    >>> values[[5, 900]] = 1.0
    >>> carried(Extremes.of(values), values.sum(axis=0), (values**2).sum(axis=0), 2048).events
    array([2])
    """
    n = max(evaluations, 1)
    mean = total / n
    spread = squares - n * mean**2
    with np.errstate(divide="ignore", invalid="ignore"):
        farthest = np.maximum(extremes.greatest - mean, mean - extremes.least)
        share = np.nan_to_num(np.where(spread > 0.0, farthest**2 / spread, 0.0), posinf=1.0)
        size = np.maximum(np.abs(extremes.least), np.abs(extremes.greatest))
        # Two values only, one of them that at the centre: then the centre's own may be the rare one.
        two = np.abs(squares - extremes.away * size**2) <= 1e-9 * squares
    away, there = extremes.away, evaluations - extremes.away
    few = min(FEW_EVENTS, RARE * evaluations)
    events = np.where((away > 0) & (away < few), away, np.where(two & (there > 0) & (there < few), there, 0))
    varies = np.asarray(extremes.greatest > extremes.least)
    return Carried(np.where(varies, events, 0).astype(np.int64), np.asarray(share), varies, evaluations)


def together(parts: Sequence[Carried]) -> Carried:
    """Return what is known of the elements of several windows, side by side."""
    events, share, varies = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("events", "share", "varies")
    )
    return Carried(events, share, varies, parts[0].evaluations)


def carried_by(values: FloatArray, usual: FloatArray | float | None = None) -> Carried:
    """Return what few of some draws (n, n_values) carry.

    Rare is what differs from the usual value, by default the median, where nearly all draws have it.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.exp(3.0 * np.random.default_rng(1).normal(size=(1000, 1)))  # one draw carries most
    >>> found = carried_by(values)
    >>> found.heavy, found.share.round(2)
    (array([ True]), array([0.97]))
    """
    shifted = values - (np.median(values, axis=0) if usual is None else usual)
    return carried(Extremes.of(shifted), shifted.sum(axis=0), (shifted**2).sum(axis=0), len(values))


def _event_lines(output: Output, events: IntArray, evaluations: int, undecided: bool) -> list[str]:
    """Return what to tell of an output whose elements had so many events, 0 where nothing rare is to tell."""
    rare = events[events > 0]
    if len(rare) == 0:
        return []
    if undecided:
        one, many = remarks.FEW_EVENTS_OPEN, remarks.FEW_EVENTS_OPEN_ELEMENTS
    else:
        one, many = remarks.FEW_EVENTS, remarks.FEW_EVENTS_ELEMENTS
    low, high = int(rare.min()), int(rare.max())
    found = {"events": str(low) if low == high else remarks.ENDS(low=low, high=high), "evaluations": f"{evaluations:,}"}
    remark = one if output.n_packed == 1 else many
    return [remark(output=output.name, count=f"{len(rare):,}", total=f"{output.n_packed:,}", **found)]


def draw_lines(output: Output, found: Carried, by_rank: bool) -> tuple[str, ...]:
    """Return what the reader has to know of an output whose measures rest on draws; ranks know of no heavy tail."""
    return tail_lines((output,), found, remedy=None if by_rank else remarks.MORE_DRAWS)


def tail_lines(
    outputs: Sequence[Output], found: Carried, undecided: bool = False, remedy: Remark | None = remarks.MORE_ROWS
) -> tuple[str, ...]:
    """Return what the reader has to know of outputs whose variance few evaluations carry.

    Parameters
    ----------
    outputs : sequence of Output
        Whose elements, side by side, were looked at.
    found : Carried
        What was found.
    undecided : bool
        Whether rare events leave verdicts open.
    remedy : Remark, optional
        What a heavy tail does, and what helps; none for a method that reads ranks alone.
    """
    lines = []
    left = 0
    for output in outputs:
        part = slice(left, left + output.n_packed)
        left += output.n_packed
        events, heavy = found.events[part], found.heavy[part]
        lines += _event_lines(output, events, found.evaluations, undecided)
        if remedy is not None and heavy.any():
            remark = remarks.HEAVY if output.n_packed == 1 else remarks.HEAVY_ELEMENTS
            most = f"{100.0 * float(found.share[part][heavy].max()):.0f}"
            among = {"count": f"{int(heavy.sum()):,}", "total": f"{output.n_packed:,}"}
            lines.append(remark(output=output.name, most=most, remedy=remedy(), **among))
    return tuple(lines)
