"""The box of few inputs in which something is true: peeled, every side then put where it separates best.

Peeling takes off, again and again, the twentieth of the draws at one end of one input whose loss raises the share of
true ones most (PRIM: Friedman and Fisher 1999, "Bump hunting in high-dimensional data", Statistics and Computing 9,
123-143; its use for scenarios: Bryant and Lempert 2010, "Thinking inside the box", Technological Forecasting and Social
Change 77, 34-49). Chosen is, of all boxes on that way, the one with the greatest J: the share of true draws inside
less the share of the others inside, which does not depend on how rare the truth is.

Among hundreds of inputs peeling takes off much by chance before it meets the few that matter. A second way adds
conditions one by one, each time the one that chance is least likely to give; of both ends the better one is kept.

Peeling stops in steps, so each input's interval is then set anew given the others: the interval with the greatest J is
that with the greatest sum of weights, 1 / (true draws) of a true one and -1 / (others) of another, which one pass over
the sorted values finds (Mampaey, Nijssen, Feelders and Knobbe 2012, "Efficient algorithms for finding richer subgroup
descriptions in numeric and nominal data", IEEE ICDM). An end that wins next to nothing is left open; an input whose
condition chance might have given, searched for among all intervals of all inputs as it was, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcsim.ranking.conditions import Columns, Condition, all_hold
from mcsim.ranking.question import Share
from mcsim.study import BoolArray, FloatArray, IntArray

PEELED = 0.05  # of the draws inside, at a time
FEWEST_INSIDE = 10  # true draws in a box
MOST_INPUTS = 4
LITTLE = 0.05  # of J, below which an end or an input is left out
CHANCE = 0.05  # probability of a condition by chance, over all inputs
SWEEPS = 20


@dataclass(frozen=True, slots=True)
class Told:
    """What a box is worth in some draws.

    Parameters
    ----------
    density : Share
        Of the draws inside, those where it is true.
    coverage : Share
        Of the draws where it is true, those inside.
    draws, hits : int
        How many there are, and where it is true.
    mean_inside, mean : float
        Of the output, in its unit: inside, and of all draws.
    """

    density: Share
    coverage: Share
    draws: int
    hits: int
    mean_inside: float
    mean: float

    @property
    def lift(self) -> float:
        """How many times as often it is true inside as in all draws."""
        return self.density.value * self.draws / self.hits if self.hits else float("nan")


def told_of(conditions: tuple[Condition, ...], x: Columns, true: BoolArray, y: FloatArray, level: float) -> Told:
    """Return what a box is worth in some draws."""
    inside = all_hold(conditions, x.values)
    both, hits = int((inside & true).sum()), int(true.sum())
    mean_inside = float(y[inside].mean()) if inside.any() else float("nan")
    density, coverage = Share(both, int(inside.sum()), level), Share(both, hits, level)
    return Told(density, coverage, len(true), hits, mean_inside, float(y.mean()))


def box_of(x: Columns, true: BoolArray) -> tuple[Condition, ...]:
    """Return the conditions on few inputs under which something is mostly true; none where chance explains all.

    Parameters
    ----------
    x : Columns
        Draws of the inputs.
    true : ndarray of bool, shape (n,)
        Whether it is true in a draw.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(1).random((2000, 3))
    >>> columns = Columns(("a", "b", "c"), ("", "", ""), ((), (), ()), draws)
    >>> sorted(str(condition) for condition in box_of(columns, (draws[:, 0] > 0.7) & (draws[:, 1] < 0.3)))
    ['a > 0.6998', 'b <= 0.3005']
    """
    hits = int(true.sum())
    if min(hits, len(true) - hits) < 1 or x.values.shape[1] == 0:
        return ()
    weights = np.where(true, 1.0 / hits, -1.0 / (len(true) - hits))
    inside, places = _peeled(x, true, weights)
    peeled = _settled(x, weights, tuple(_around(x, inside, place) for place in places))
    found = [_few(x, true, weights, start) for start in (peeled, _added(x, true, weights))]
    best = max(found, key=lambda conditions: _score(x, weights, conditions))
    # The one that is missed most stands first.
    missed = {one: _score(x, weights, tuple(other for other in best if other is not one)) for one in best}
    return tuple(sorted(best, key=lambda one: missed[one]))


def _score(x: Columns, weights: FloatArray, conditions: tuple[Condition, ...]) -> float:
    return float(weights[all_hold(conditions, x.values)].sum())


def _added(x: Columns, true: BoolArray, weights: FloatArray) -> tuple[Condition, ...]:
    """Return the conditions that are found one by one, each time that which chance gives least, given those before."""
    conditions: tuple[Condition, ...] = ()
    for _ in range(MOST_INPUTS):
        inside = all_hold(conditions, x.values)
        taken = {condition.place for condition in conditions}
        places = (place for place in range(len(x.names)) if place not in taken)
        more = [one for one in (_best(x, weights, place, inside) for place in places) if one is not None]
        if not more:
            break
        # Of the strongest several may have a chance of 0 in floating point: then the one that wins most.
        order = [(_by_chance(x, true, conditions, one), -_score(x, weights, (*conditions, one))) for one in more]
        least = min(range(len(more)), key=order.__getitem__)
        if order[least][0] > CHANCE / len(x.names):
            break
        conditions = _settled(x, weights, (*conditions, more[least]))
    return conditions


def _peeled(x: Columns, true: BoolArray, weights: FloatArray) -> tuple[IntArray, list[int]]:
    """Return the draws of the best box on the way of peeling, and the inputs that were peeled till there."""
    columns, origin = _expanded(x)
    inside = np.arange(len(true))
    best, best_score, best_places = inside, 0.0, list[int]()
    places: list[int] = []
    while int(true[inside].sum()) >= FEWEST_INSIDE:
        step = _peel(columns[inside], true[inside])
        if step is None:
            break
        keep, column = step
        inside = inside[keep]
        if origin[column] not in places:
            places.append(int(origin[column]))
        score = float(weights[inside].sum())
        if score > best_score:
            best, best_score, best_places = inside, score, list(places)
    return best, best_places


def _expanded(x: Columns) -> tuple[FloatArray, IntArray]:
    """Return columns with an order: of words, one of zeros and ones for each; and the input of each column."""
    parts, origin = [], list[int]()
    for place, labels in enumerate(x.labels):
        column = x.values[:, place]
        codes = range(len(labels)) if len(labels) > 2 else ()
        one_by_one = [column == code for code in codes] or [column]
        parts += one_by_one
        origin += [place] * len(one_by_one)
    return np.column_stack(parts).astype(np.float64), np.array(origin)


def _peel(columns: FloatArray, true: BoolArray) -> tuple[BoolArray, int] | None:
    """Return which draws stay after the best peel, and its column; None where nothing is won by any."""
    count, hits = len(true), int(true.sum())
    if hits == count:
        return None
    number = min(max(1, int(PEELED * count)), count - 1)
    best: tuple[float, BoolArray, int] | None = None
    for signed in (columns, -columns):
        bound = np.partition(signed, number, axis=0)[number]
        keep = signed >= bound
        # Where many draws have the least value, all of them go.
        tied = keep.all(axis=0)
        if tied.any():
            keep[:, tied] = signed[:, tied] > signed[:, tied].min(axis=0)
        kept = keep.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            # What the share of true ones gains per draw lost: words and ties lose more than a twentieth at a time.
            gain = ((true.astype(np.float64) @ keep) / kept - hits / count) / (count - kept)
        gain[(kept == 0) | (kept == count)] = -np.inf
        column = int(np.argmax(gain))
        if gain[column] > 0.0 and (best is None or gain[column] > best[0]):
            best = float(gain[column]), keep[:, column], column
    return None if best is None else best[1:]


def _around(x: Columns, inside: IntArray, place: int) -> Condition:
    """Return the narrowest condition on an input that holds in some draws."""
    column = x.values[inside, place]
    if x.labels[place]:
        return x.among(place, np.unique(column).astype(np.int64))
    return x.within(place, np.nextafter(column.min(), -np.inf), float(column.max()))


def _settled(x: Columns, weights: FloatArray, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return conditions each of which is the best given the others."""
    score = -np.inf
    for _ in range(SWEEPS):
        for condition in conditions:
            others = tuple(other for other in conditions if other.place != condition.place)
            chosen = _best(x, weights, condition.place, all_hold(others, x.values))
            conditions = tuple(
                new
                for new in (chosen if old.place == condition.place else old for old in conditions)
                if new is not None
            )
        now = _score(x, weights, conditions)
        if now <= score + 1e-12:
            break
        score = now
    return conditions


def _best(x: Columns, weights: FloatArray, place: int, rows: BoolArray) -> Condition | None:
    """Return the condition on an input that gives the greatest sum of weights; None where it wins next to nothing."""
    levels, at = np.unique(x.values[rows, place], return_inverse=True)
    sums = np.bincount(at.ravel(), weights[rows], minlength=len(levels))
    whole = float(sums.sum())
    if x.labels[place]:
        chosen = levels[sums > 0.0]
        if len(chosen) == 0 or float(sums[sums > 0.0].sum()) < whole + LITTLE:
            return None
        return x.among(place, chosen.astype(np.int64))
    before = np.concatenate([[0.0], np.cumsum(sums)])
    # From the first level after `start` to the one before `end`: the greatest difference of two sums.
    start_of = np.minimum.accumulate(before[:-1])
    end = int(np.argmax(before[1:] - start_of)) + 1
    start = int(np.argmin(before[:end]))
    both, above, below = before[end] - before[start], whole - before.min(), before.max()
    if max(both, above, below) < whole + LITTLE:
        return None
    if max(above, below) >= both - LITTLE:  # one end is enough
        start, end = (int(np.argmin(before)), len(levels)) if above >= below else (0, int(np.argmax(before)))
    low = -np.inf if start == 0 else 0.5 * (levels[start - 1] + levels[start])
    high = np.inf if end == len(levels) else 0.5 * (levels[end - 1] + levels[end])
    return x.within(place, float(low), float(high))


def _few(x: Columns, true: BoolArray, weights: FloatArray, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return the conditions without those that chance might have given, and the few that win most."""
    allowed = CHANCE / x.values.shape[1]
    while conditions:
        without = [tuple(other for other in conditions if other is not one) for one in conditions]
        chances = [_by_chance(x, true, fewer, one) for fewer, one in zip(without, conditions, strict=True)]
        if max(chances) > allowed:
            conditions = without[int(np.argmax(chances))]
        elif len(conditions) > MOST_INPUTS:
            left = [_score(x, weights, fewer) for fewer in without]
            conditions = without[int(np.argmax(left))]
        else:
            break
        conditions = _settled(x, weights, conditions)
    return conditions


def _by_chance(x: Columns, true: BoolArray, fewer: tuple[Condition, ...], condition: Condition) -> float:
    """Return how likely chance alone gives a condition as good, given the others.

    The condition is the best of all intervals, or of all sets of words, so that of one test of many must be asked. The
    greatest difference, over all intervals, between the shares of the true draws and of the others in it is Kuiper's
    statistic of their two samples, whose law is known (Stephens 1970, J. Royal Statistical Society B 32, 115-122); no
    set of words has a greater chi-squared than the table of all words.
    """
    inside = all_hold(fewer, x.values)
    _, at = np.unique(x.values[inside, condition.place], return_inverse=True)
    hit = true[inside]
    hits, others = int(hit.sum()), int((~hit).sum())
    if min(hits, others) == 0:
        return 1.0
    of_true = np.bincount(at.ravel()[hit], minlength=int(at.max()) + 1) / hits
    of_others = np.bincount(at.ravel()[~hit], minlength=int(at.max()) + 1) / others
    if condition.words:
        from scipy.special import chdtrc

        # Of a table with two columns: sum over words of (p1 - p0)^2 / (p1 / n0 + p0 / n1).
        statistic = ((of_true - of_others) ** 2 / (of_true / others + of_others / hits)).sum()
        return float(chdtrc(max(1, len(of_true) - 1), statistic))
    difference = np.cumsum(of_true - of_others)
    root = np.sqrt(hits * others / (hits + others))
    size = (root + 0.155 + 0.24 / root) * (max(difference.max(), 0.0) - min(difference.min(), 0.0))
    squares = (np.arange(1, 101) * size) ** 2
    return float(np.clip(2.0 * ((4.0 * squares - 1.0) * np.exp(-2.0 * squares)).sum(), 0.0, 1.0)) if size > 0.4 else 1.0
