"""What an analysis evaluates: the plan, and its points through the model with all ranked outputs side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mcsim.engine.evaluation import Evaluation, transform
from mcsim.engine.remembered import Memory
from mcsim.engine.sets import Sets, Values
from mcsim.engine.staged import evaluate_sets
from mcsim.ranking.undefined import may_be_undefined, pilot, rankable, undefined_lines
from mcsim.study import FloatArray, IntArray, Output, Stages, Study, remarks
from mcsim.study.remarks import Remark
from mcsim.study.units import output_factors

if TYPE_CHECKING:
    from mcsim.ranking.ranking import Ranking

_CHUNK_VALUES = 4e6
_CACHED_VALUES = 2.0**18
_STAGED_ROWS = 2048
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a Sobol' analysis evaluates and how its resamples are made.

    Parameters
    ----------
    study : Study
        What is ranked.
    factors : dict
        Factor -> members.
    outputs : tuple of Output
        Ranked outputs.
    base, seed : int
        Base rows, a power of two, and the seed.
    versus : Study, optional
        Rank the difference of the outputs to this study's, on the same points.
    second : bool
        Sample the second order too.
    resamples, replicates : int
        Bootstrap resamples, or independent scrambles (then no bootstrap); one of them is 0.
    lives : int
        Vehicle lives per evaluation, for models that sample.
    debias : bool
        Evaluate everything under two inner seeds.
    jobs : int
        Threads within a leaf, where there are fewer leaves than workers.
    leaf : int
        Base rows per leaf; of independent scrambles each leaf has rows of one.
    grain : int
        Base rows that are evaluated and added up as one piece; where it is not 0 a leaf is a power of two of them, and
        shards and tasks may be cut at each.
    spooled : bool
        Whether the sums are too many for memory: then they wait on disk, and leaves are computed one by one.
    candidates : int
        Trajectories of which the base rows are those that lie farthest apart; 0: as they are drawn.
    window : (int, int), optional
        The output elements that are reduced in this pass; all of them by default.
    """

    study: Study
    factors: dict[str, tuple[str, ...]]
    outputs: tuple[Output, ...]
    base: int
    seed: int
    versus: Study | None = None
    second: bool = False
    resamples: int = 100
    replicates: int = 0
    lives: int = 0
    debias: bool = False
    jobs: int = 1
    leaf: int = 0
    grain: int = 0
    spooled: bool = False
    candidates: int = 0
    window: tuple[int, int] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the design: the uncertain inputs of the study, then those that only the other study has."""
        return tuple(_places(self.study, self.versus))

    @property
    def places(self) -> list[list[int]]:
        """Columns of each factor."""
        place = _places(self.study, self.versus)
        return [[place[name] for name in members] for members in self.factors.values()]

    @property
    def n_values(self) -> int:
        """Distinct elements of all ranked outputs together, or those in the window."""
        if self.window is not None:
            return self.window[1] - self.window[0]
        return sum(output.n_packed for output in self.outputs)

    @property
    def n_weights(self) -> int:
        """Resamples, the unweighted one included."""
        return 1 + self.resamples + self.replicates

    @property
    def evaluations(self) -> int:
        """Model evaluations of one base row."""
        points = 2 + len(self.factors) * (2 if self.second else 1)
        return points * (2 if self.debias else 1) * (2 if self.versus is not None else 1)


@lru_cache(maxsize=16)
def _places(study: Study, versus: Study | None) -> dict[str, int]:
    """Return the columns of a design by name; a study with a thousand table cells asks all of them, hence once."""
    names = [item.name for item in study.uncertain]
    if versus is not None:
        known = set(names)
        names += [item.name for item in versus.uncertain if item.name not in known]
    return {name: place for place, name in enumerate(names)}


def reference_values(plan: Plan) -> FloatArray:
    """Return the outputs at the centre of all inputs, shape (n_values,): sums are of differences to them.

    Squares of numbers far from zero would cancel; where the centre fails or has no value, nothing is subtracted.
    """
    centre = np.full((1, len(plan.columns)), 0.5)
    points, first = (lambda study: [values_at(plan, study, centre)]), np.zeros(1, np.int64)
    values, failed = evaluated(plan, points, first, plan.seed, given=True)
    gaps_of(plan, values, failed, 1)
    return np.zeros(plan.n_values) if failed[0] else np.nan_to_num(values[0])


def values_at(plan: Plan, study: Study, unit: FloatArray) -> dict[str, FloatArray]:
    """Return the values of a study's uncertain inputs at points of the design's unit cube (n, n_columns)."""
    place = _places(plan.study, plan.versus)
    own = tuple(_places(study, None))
    return transform(study, np.ascontiguousarray(unit[:, [place[name] for name in own]]), own)


def evaluated(
    plan: Plan, points: Callable[[Study], Sequence[Values]], numbers: IntArray, seed: int, given: bool = False
) -> tuple[FloatArray, BoolArray]:
    """Return the ranked outputs at sets of points, the same rows in each; differences where there is another study.

    An element that is undefined in some draws is given as whether it has a value, see `mcsim.ranking.undefined`.

    Parameters
    ----------
    plan : Plan
        What is evaluated.
    points : callable
        Study -> sets of values of its uncertain inputs, each name (n,).
    numbers : ndarray of int64, shape (n,)
        Global numbers of the rows.
    seed : int
        Passed to models that sample.
    given : bool
        Leave NaN where an element is undefined.

    Returns
    -------
    tuple of two ndarrays
        Outputs side by side (n_sets * n, n_values), and which evaluations failed (n_sets * n,).
    """
    values, failed = np.empty((0, 0)), np.empty(0, bool)
    wanted = frozenset(output.name for output in plan.outputs)
    # What two scenarios of one model have in common is computed once; of one study there is nothing to remember.
    memory = None if plan.versus is None else Memory(plan.study)
    for study in (plan.study,) if plan.versus is None else (plan.study, plan.versus):
        calls = _Calls(plan, study, points(study), numbers)
        lent = study if memory is None else memory.lent(study)
        call = partial(calls.made, lent, seed=seed, lives=plan.lives, wanted=wanted)
        if plan.jobs == 1 or len(calls.places) == 1:
            for place, found in zip(calls.places, map(call, calls.places), strict=True):
                calls.put(place, found)
        else:
            with ThreadPoolExecutor(plan.jobs) as pool:
                for place, found in zip(calls.places, pool.map(call, calls.places), strict=True):
                    calls.put(place, found)
        if study is plan.study:
            values, failed = calls.outputs, calls.failed
            if memory is not None:
                memory.keep_no_more()
        else:
            factors = versus_factors(plan)
            values -= calls.outputs if factors is None else calls.outputs * factors
            failed |= calls.failed
    if given or not _declared(plan).any():
        return values, failed
    return rankable(values, failed, marked(plan))


def gaps_of(plan: Plan, values: FloatArray, failed: BoolArray, n_rows: int) -> BoolArray | None:
    """Turn elements that the pilot lacks somewhere into whether they have a value, and tell where others have none.

    Parameters
    ----------
    plan : Plan
        What was evaluated.
    values : ndarray of float, shape (n_sets * n_rows, n_values)
        What `evaluated` gave with NaN where an element is undefined; changed in place.
    failed : ndarray of bool, shape (n_sets * n_rows,)
        Which evaluations failed: their rows are no gaps.
    n_rows : int
        Rows of a set.

    Returns
    -------
    ndarray of bool, shape (n_rows, n_values), optional
        Rows in one of whose sets an element is undefined that the pilot saw defined everywhere; none of them mostly.
    """
    if not _declared(plan).any():
        return None
    there, by_definedness = ~np.isnan(values), marked(plan)
    values[:, by_definedness] = there[:, by_definedness]
    there[:, by_definedness] = True
    there[failed] = True  # these fail whole
    return None if there.all() else np.asarray(~there.reshape(-1, n_rows, plan.n_values).all(axis=0))


def _declared(plan: Plan) -> BoolArray:
    """Return which elements, or those in the window, may be undefined in a draw."""
    studies = (plan.study,) if plan.versus is None else (plan.study, plan.versus)
    window = slice(None) if plan.window is None else slice(*plan.window)
    return may_be_undefined(plan.outputs, studies)[window]


@lru_cache(maxsize=16)
def marked(plan: Plan) -> BoolArray:
    """Return which elements, or those in the window, are ranked by whether they have a value: the pilot lacks one."""
    if not _declared(plan).any():
        return np.zeros(plan.n_values, bool)
    unit, numbers = pilot(plan.columns, plan.seed)
    values, failed = evaluated(plan, lambda study: [values_at(plan, study, unit)], numbers, plan.seed, given=True)
    return np.asarray(np.isnan(values[~failed]).any(axis=0))


@lru_cache(maxsize=16)
def versus_factors(plan: Plan) -> FloatArray | None:
    """Return what turns the other study's elements, or those in the window, into this one's units; None where equal."""
    if plan.versus is None:
        return None
    where = f"{plan.study.name}, {plan.versus.name}"
    parts = [(output, output_factors(plan.versus.output(output.name), output, where)) for output in plan.outputs]
    if all(factors is None for _, factors in parts):
        return None
    whole = [np.ones(output.n_packed) if factors is None else factors.ravel() for output, factors in parts]
    window = slice(None) if plan.window is None else slice(*plan.window)
    return np.concatenate(whole)[window]


class _Calls:
    """The calls of the model that take sets of rows, each with rows of its own to fill.

    Their sizes depend on the study and the number of rows alone, so that a model whose bits depend on how many rows a
    call has gives the same bits whoever makes the call.
    """

    def __init__(self, plan: Plan, study: Study, sets: Sequence[Values], numbers: IntArray) -> None:
        self._sets, self._rows, self._outputs = Sets(study, sets), numbers, plan.outputs
        n, total = len(numbers), sum(output.n_packed for output in study.outputs)
        # Of few inputs and outputs a call costs more than its rows, as long as their columns stay in the cache.
        most = min(max(_CACHED_VALUES / (total + len(study.uncertain)), 1024.0), 4096.0)
        chunk = int(min(max(_CHUNK_VALUES / total, 16.0), most))
        self._together, step = max(1, chunk // n), min(n, chunk)
        if isinstance(study.model.evaluate, Stages):
            # Sets that are called together have stages in common: all of them, and few rows.
            self._together = min(len(sets), _STAGED_ROWS)
            step = max(1, min(n, _STAGED_ROWS // self._together))
        self.places = [
            (first, slice(start, min(start + step, n)))
            for first in range(0, len(sets), self._together)
            for start in range(0, n, step)
        ]
        self._window = (0, plan.n_values) if plan.window is None else plan.window
        self.outputs = np.empty((len(sets) * n, plan.n_values))
        self.failed = np.zeros(len(sets) * n, bool)

    def made(self, study: Study, place: tuple[int, slice], seed: int, lives: int, wanted: frozenset[str]) -> Evaluation:
        """Return what one call gives."""
        first, rows = place
        return evaluate_sets(study, self._part(first), rows, self._rows[rows], seed, lives, wanted)

    def _part(self, first: int) -> Sets:
        whole = first == 0 and len(self._sets) <= self._together
        return self._sets if whole else self._sets[first : first + self._together]

    def put(self, place: tuple[int, slice], found: Evaluation) -> None:
        """Put what a call gave where it belongs."""
        first, rows = place
        n, sets = len(self._rows), min(self._together, len(self._sets) - first)
        here = (slice(first, first + sets), rows)
        self.failed.reshape(-1, n)[here] = (~found.complete).reshape(sets, -1)
        outputs = self.outputs.reshape(len(self._sets), n, -1)
        begin, end = self._window
        left = 0
        for output in self._outputs:
            right = left + output.n_packed
            flat = found.outputs[output.name].reshape(-1, right - left)
            low, high = max(left, begin), min(right, end)
            if low < high:
                part = flat.reshape(sets, -1, right - left)[..., low - left : high - left]
                outputs[*here, low - begin : high - begin] = part
            left = right


def split(plan: Plan, measures: Mapping[str, FloatArray]) -> dict[str, dict[str, FloatArray]]:
    """Return the measures (n, n_values) output by output, each (n, *packed_shape)."""
    parts: dict[str, dict[str, FloatArray]] = {}
    left = 0
    for output in plan.outputs:
        right = left + output.n_packed
        parts[output.name] = {
            name: values[:, left:right].reshape(len(values), *output.packed_shape) for name, values in measures.items()
        }
        left = right
    return parts


def failed_lines(plan: Plan, n_failed: int, measure: FloatArray, varies: BoolArray | None = None) -> tuple[str, ...]:
    """Return what the reader has to know: rows that failed, and outputs whose measure (n_factors, n_values) is NaN.

    With `varies` (n_values), whether two evaluations differ at all, rounding is told from outputs that do not vary.
    """
    lines = []
    if n_failed:
        lines.append(remarks.FAILED(failed=n_failed, rows=plan.base, left=plan.base - n_failed))
    left = 0
    for output in plan.outputs:
        part = slice(left, left + output.n_packed)
        undefined = np.isnan(measure[0, part])
        rounding = np.zeros(output.n_packed, bool) if varies is None else undefined & varies[part]
        left += output.n_packed
        lines += still_lines(output, int((undefined & ~rounding).sum()), int(rounding.sum()), remarks.INDICES)
    return (*lines, *undefined_lines(plan.outputs, marked(replace(plan, window=None))))


def still_lines(output: Output, constant: int, rounding: int, what: Remark) -> list[str]:
    """Return what to tell of elements of an output that do not vary, or by rounding alone."""
    one = output.n_packed == 1
    told = [
        (constant, remarks.STILL if one else remarks.STILL_ELEMENTS),
        (rounding, remarks.ROUNDING if one else remarks.ROUNDING_ELEMENTS),
    ]
    return [
        remark(output=output.name, count=count, total=output.n_packed, what=what()) for count, remark in told if count
    ]


def with_noise(ranking: Ranking, plan: Plan) -> Ranking:
    """Return a ranking that says so where the model does not repeat itself, so that noise counts as an effect."""
    from mcsim.engine.repeats import MOST_ROWS, noise_line, unrepeated

    unit, numbers = pilot(plan.columns, plan.seed, MOST_ROWS)
    wanted = frozenset(output.name for output in plan.outputs)
    names: list[str] = []
    for study in (plan.study,) if plan.versus is None else (plan.study, plan.versus):
        names += unrepeated(study, values_at(plan, study, unit), numbers, plan.seed, plan.lives, wanted)
    if not names:
        return ranking
    line = noise_line(list(dict.fromkeys(names)), remarks.NOISE_RANKED)
    return replace(ranking, warnings=(*ranking.warnings, line))
