"""What an analysis evaluates: the plan, and its points through the model with all ranked outputs side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mcsim.study import FloatArray, IntArray, Output, Study

_CHUNK_VALUES = 4e6
BoolArray = NDArray[np.bool_]
Progress = Callable[[int, int], None]
Values = dict[str, FloatArray]


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
        Threads.
    leaf : int
        Base rows per leaf.
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

    Squares of numbers far from zero would cancel; where the centre fails, nothing is subtracted.
    """
    centre = np.full((1, len(plan.columns)), 0.5)
    values, failed = evaluate_outputs(plan, centre, np.zeros(1, np.int64), plan.seed)
    return np.zeros(plan.n_values) if failed[0] else values[0].copy()


def evaluate_outputs(plan: Plan, unit: FloatArray, numbers: IntArray, seed: int) -> tuple[FloatArray, BoolArray]:
    """Return the ranked outputs at points side by side (n, n_values), and which rows failed (n,)."""

    def points(study: Study) -> list[Values]:
        return [_transformed(plan, study, unit)]

    return _paired(plan, points, numbers, seed)


def evaluate_mixed(
    plan: Plan, unit_a: FloatArray, unit_b: FloatArray, numbers: IntArray, seed: int
) -> tuple[FloatArray, BoolArray]:
    """Return the outputs of a Saltelli design's rows: at A, at B, at each AB, and for the second order at each BA.

    Only A and B pass through the distributions: each mixed matrix takes its values from both.

    Returns
    -------
    tuple of two ndarrays
        Outputs (n_points, n, n_values), and which evaluations failed (n_points, n).
    """

    def points(study: Study) -> list[Values]:
        a, b = _transformed(plan, study, unit_a), _transformed(plan, study, unit_b)
        return [a, b, *_mixed(plan, a, b), *(_mixed(plan, b, a) if plan.second else ())]

    values, failed = _paired(plan, points, numbers, seed)
    return values.reshape(-1, len(numbers), plan.n_values), failed.reshape(-1, len(numbers))


def _mixed(plan: Plan, values: Values, other: Values) -> Iterator[Values]:
    for members in plan.factors.values():
        yield values | {name: other[name] for name in members if name in other}


def _transformed(plan: Plan, study: Study, unit: FloatArray) -> Values:
    from mcsim.engine.evaluation import transform

    place = _places(plan.study, plan.versus)
    own = tuple(_places(study, None))
    return transform(study, np.ascontiguousarray(unit[:, [place[name] for name in own]]), own)


def _paired(
    plan: Plan, points: Callable[[Study], list[Values]], numbers: IntArray, seed: int
) -> tuple[FloatArray, BoolArray]:
    values, failed = _evaluated(plan, plan.study, points(plan.study), numbers, seed)
    if plan.versus is not None:
        others, failed_too = _evaluated(plan, plan.versus, points(plan.versus), numbers, seed)
        values -= others
        failed |= failed_too
    return values, failed


def _evaluated(
    plan: Plan, study: Study, points: list[Values], numbers: IntArray, seed: int
) -> tuple[FloatArray, BoolArray]:
    """Evaluate sets of points, the same rows in each, in chunks on threads; each chunk fills its own rows."""
    n = len(numbers)
    values = np.empty((len(points) * n, plan.n_values))
    failed = np.zeros(len(points) * n, bool)
    wanted = frozenset(output.name for output in plan.outputs)
    total = sum(output.n_packed for output in study.outputs)
    chunk = int(min(max(_CHUNK_VALUES / total, 16.0), 1024.0))
    sets, step = max(1, chunk // n), min(n, chunk)
    begin, end = (0, plan.n_values) if plan.window is None else plan.window

    def fill(first: int, start: int) -> None:
        from mcsim.engine.evaluation import evaluate_values

        part, rows = points[first : first + sets], slice(start, min(start + step, n))
        joined = {name: np.concatenate([one[name][rows] for one in part]) for name in part[0]}
        found = evaluate_values(study, joined, np.tile(numbers[rows], len(part)), seed, plan.lives, wanted)
        where = slice(first * n + rows.start, (first + len(part) - 1) * n + rows.stop)
        failed[where] = ~found.complete
        left = 0
        for output in plan.outputs:
            right = left + output.n_packed
            flat = found.outputs[output.name].reshape(-1, right - left)
            low, high = max(left, begin), min(right, end)
            if low < high:
                values[where, low - begin : high - begin] = flat[:, low - left : high - left]
            left = right

    tasks = [(first, start) for first in range(0, len(points), sets) for start in range(0, n, step)]
    if plan.jobs == 1 or len(tasks) == 1:
        for task in tasks:
            fill(*task)
    else:
        from joblib import Parallel, delayed

        Parallel(n_jobs=plan.jobs, backend="threading")(delayed(fill)(*task) for task in tasks)
    return values, failed


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


def failed_lines(plan: Plan, n_failed: int, measure: FloatArray) -> tuple[str, ...]:
    """Return what the reader has to know: rows that failed, and outputs whose measure (n_factors, n_values) is NaN."""
    lines = []
    if n_failed:
        lines.append(
            f"{n_failed} of {plan.base} base rows failed and were left out with all their evaluations; "
            f"the indices rest on {plan.base - n_failed}"
        )
    left = 0
    for output in plan.outputs:
        constant = int(np.isnan(measure[0, left : left + output.n_packed]).sum())
        left += output.n_packed
        if constant:
            which = "does" if output.n_packed == 1 else f"{constant} of its {output.n_packed} elements do"
            lines.append(f"{output.name}: {which} not vary, so the indices are undefined there")
    return tuple(lines)
