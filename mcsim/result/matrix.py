"""Runs on the same draws held against outcomes: what each changes, how often it helps, how often it is best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.result.errors import LEVEL, chance_of, replicates, tells_errors
from mcsim.result.pairs import POINTS
from mcsim.result.result import Result
from mcsim.study import BoolArray, FloatArray, InputError, IntArray
from mcsim.study.declared import INDICATOR
from mcsim.study.outcomes import Outcome
from mcsim.study.units import output_factors

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-12  # of the largest value of an outcome in a draw: what lies nearer is equal but for the order of sums
TODAY, SINGLE, SEVERAL = "baseline", "lever", "package"
COLUMNS = (
    *("lever", "kind", "outcome", "unit", "better", "baseline", "median", "p2.5", "p97.5"),
    *("p_better", "p_better_low", "p_better_high", "p_worse", "p_worse_low", "p_worse_high"),
    *("p_best", "p_best_low", "p_best_high", "regret_mean", "regret_p95", "n"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Outcomes of a baseline and of what is compared with it, draw by draw.

    Parameters
    ----------
    names, titles : tuple of str
        Of the studies; the first is the baseline.
    kinds : tuple of str
        `TODAY`, `SINGLE` or `SEVERAL` of each: levers compete with levers, packages with packages, both with today.
    outcomes : tuple of Outcome
        What they are held against.
    values : ndarray, shape (n_studies, n_outcomes, n_draws)
        In the outcomes' units; NaN where one has no value in a draw.
    design : str
        Of the draws, which says whether and how they tell how far off a share of them is.
    draw : ndarray of int64, shape (n_draws,), optional
        Their numbers, which a design of replicates needs.

    Examples
    --------
    >>> from mcsim.study.declared import Output
    >>> from mcsim.study.select import Cell
    >>> less = Outcome(Cell(Output("waste", "t", "waste"), {}), -1, "t")
    >>> values = np.array([[[4.0, 4.0]], [[3.0, 4.0]], [[2.0, 5.0]]])
    >>> two = Matrix(("now", "a", "b"), ("", "", ""), (TODAY, SINGLE, SINGLE), (less,), values)
    >>> two.p_better[1:, 0].tolist(), two.p_best[:, 0].tolist(), two.regret()[:, 0].tolist()
    ([0.5, 0.5], [0.25, 0.25, 0.5], [[2.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    kinds: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    values: FloatArray
    design: str = "random"
    draw: IntArray | None = None

    @property
    def deltas(self) -> FloatArray:
        """Each study less the baseline, draw by draw, shape of `values`."""
        return _once(self, _deltas)

    @property
    def better(self) -> FloatArray:
        """The same, above zero where it is better; NaN for an outcome of which nobody says which way is better."""
        return _once(self, _better)

    @property
    def p_better(self) -> FloatArray:
        """Share of the draws with a value in which a study is better than the baseline, (n_studies, n_outcomes)."""
        return _once(self, _p_better)

    @property
    def p_worse(self) -> FloatArray:
        """Share of them in which it is worse; what is left is without a difference."""
        return _once(self, _p_worse)

    @property
    def p_best(self) -> FloatArray:
        """Share of the draws in which a study is the best of its kind and the baseline, (n_studies, n_outcomes).

        Equals share a draw, so that the shares of the kind and the baseline sum to 1; the baseline's is among levers.
        """
        return _once(self, _p_best)

    @property
    def best(self) -> FloatArray:
        """The share of each draw that says that a study is the best of its kind, shape of `values`; NaN of no value."""
        return _once(self, _best)

    @property
    def ends(self) -> FloatArray:
        """Both ends of the 95 % intervals of `p_better`, `p_worse` and `p_best`, (3, 2, n_studies, n_outcomes).

        By `mcsim.result.errors.chance_of`: what another set of draws would say of the probability; NaN where the draws
        of a design tell no error.
        """
        return _once(self, _ends)

    def regret(self) -> FloatArray:
        """Return how much worse a study is than the best of its kind and the baseline, draw by draw, in units.

        Returns
        -------
        ndarray, shape (n_studies, n_outcomes, n_draws)
            From 0 up; the baseline's is towards levers, where there are any.
        """
        return _once(self, _regret)

    def bands(self) -> FloatArray:
        """Return 2.5 %, 50 % and 97.5 % of the deltas, (3, n_studies, n_outcomes); NaN where no draw has a value."""
        return _once(self, _bands)

    def table(self) -> pd.DataFrame:
        """Return the matrix as a tidy table, one row per study but the baseline and outcome."""
        import pandas as pd

        low, middle, high = self.bands()
        before = quantiles(self.values[0])[1]
        regret = self.regret()
        chances = zip((self.p_better, self.p_worse, self.p_best), self.ends, strict=True)
        shares = [array for value, ends in chances for array in (value, *ends)]
        n = (~np.isnan(self.deltas)).sum(axis=2)
        known = (~np.isnan(regret)).sum(axis=2)
        mean = np.nansum(regret, axis=2) / np.where(known > 0, known, np.nan)
        high_regret = quantile(regret, 0.95)
        rows = []
        for place in range(1, len(self.names)):
            for at, outcome in enumerate(self.outcomes):
                about = (self.names[place], self.kinds[place], outcome.name, unit_of(outcome), _word(outcome))
                numbers = (middle, low, high, *shares, mean, high_regret, n)
                rows.append([*about, before[at], *(array[place, at] for array in numbers)])
        return pd.DataFrame(rows, columns=list(COLUMNS))


@lru_cache(maxsize=16)
def _once(matrix: Matrix, what: Callable[[Matrix], FloatArray]) -> FloatArray:
    """Return what is made of a matrix, made once: a page asks for each number of it."""
    found = what(matrix)
    found.flags.writeable = False
    return found


def _rounding(matrix: Matrix) -> FloatArray:
    """Return what rounding may leave of equal outcomes, (n_outcomes, n_draws)."""
    return np.asarray(ROUNDING * np.nan_to_num(np.abs(matrix.values)).max(axis=0), np.float64)


def _unrounded(differences: FloatArray, matrix: Matrix) -> FloatArray:
    """Return differences of outcomes, nothing where no more than rounding is between them."""
    return np.where(np.abs(differences) <= _rounding(matrix), 0.0, differences)


def _deltas(matrix: Matrix) -> FloatArray:
    return _unrounded(matrix.values - matrix.values[:1], matrix)


def _better(matrix: Matrix) -> FloatArray:
    signs = np.array([outcome.better or np.nan for outcome in matrix.outcomes], np.float64)
    return np.asarray(matrix.deltas * signs[None, :, None], np.float64)


def _p_better(matrix: Matrix) -> FloatArray:
    return _share(matrix.better, 1)


def _p_worse(matrix: Matrix) -> FloatArray:
    return _share(matrix.better, -1)


def _bands(matrix: Matrix) -> FloatArray:
    return quantiles(matrix.deltas)


def _best(matrix: Matrix) -> FloatArray:
    """Return the share of each draw that says that a study is the best, shape of `values`; NaN where none can be."""
    found = np.full(matrix.values.shape, np.nan)
    for rows in _contests(matrix):
        gain = matrix.better[rows]
        known = ~np.isnan(gain).any(axis=0)
        best = (_unrounded(gain.max(axis=0) - gain, matrix) == 0.0) & known
        shares = np.where(known, best / np.maximum(best.sum(axis=0), 1), np.nan)
        first = np.isnan(found[rows]).all(axis=2, keepdims=True)  # the baseline's is among levers
        found[rows] = np.where(first, shares, found[rows])
    return found


def _p_best(matrix: Matrix) -> FloatArray:
    best = matrix.best
    count = (~np.isnan(best)).sum(axis=2)
    return np.asarray(np.nan_to_num(best).sum(axis=2) / np.where(count > 0, count, np.nan), np.float64)


def _ends(matrix: Matrix) -> FloatArray:
    known, best = ~np.isnan(matrix.better), matrix.best
    with np.errstate(invalid="ignore"):
        better, worse = matrix.better > 0, matrix.better < 0
    parts = [ends_of(better, known, matrix), ends_of(worse, known, matrix), ends_of(best, ~np.isnan(best), matrix)]
    return np.stack(parts)


def ends_of(hits: BoolArray | FloatArray, there: BoolArray, matrix: Matrix, worth: float = 1.0) -> FloatArray:
    """Return both ends of the 95 % interval of shares of the draws of a matrix, (2, n_studies, n_outcomes).

    Parameters
    ----------
    hits, there, worth
        As `mcsim.result.errors.chance_of` takes them, the draws last.
    matrix : Matrix
        Whose design says what draws tell of their error; nothing of a design that tells none.
    """
    shape = hits.shape[:2]
    if not tells_errors(matrix.design) or (matrix.draw is None and matrix.design != "random"):
        return np.full((2, *shape), np.nan)
    group = None if matrix.draw is None else replicates(matrix.design, matrix.draw)
    found = chance_of(hits.reshape(-1, hits.shape[2]).T, there.reshape(-1, hits.shape[2]).T, group, LEVEL, worth)
    return np.stack([found.low.reshape(shape), found.high.reshape(shape)])


def _regret(matrix: Matrix) -> FloatArray:
    found = np.full(matrix.values.shape, np.nan)
    for rows in _contests(matrix):
        gain = matrix.better[rows]
        missed = _unrounded(gain.max(axis=0) - gain, matrix)
        found[rows] = np.where(np.isnan(found[rows]), missed, found[rows])
    return found


def _contests(matrix: Matrix) -> list[list[int]]:
    """Return the studies that compete: the baseline with the levers, then with the packages."""
    today = [place for place, kind in enumerate(matrix.kinds) if kind == TODAY]
    groups = ([place for place, one in enumerate(matrix.kinds) if one == kind] for kind in (SINGLE, SEVERAL))
    return [[*today, *group] for group in groups if group]


def quantile(values: FloatArray, probability: float) -> FloatArray:
    """Return a quantile along the last axis over what has a value; NaN where nothing has."""
    found = np.full(values.shape[:-1], np.nan)
    some = ~np.isnan(values).all(axis=-1)
    if some.any():
        part = values[some]
        whole = not np.isnan(part).any()
        found[some] = (np.quantile if whole else np.nanquantile)(part, probability, axis=-1)
    return found


def quantiles(values: FloatArray) -> FloatArray:
    """Return 2.5 %, 50 % and 97.5 % along the last axis over what has a value; NaN where nothing has."""
    return np.stack([quantile(values, probability) for probability in (0.025, 0.5, 0.975)])


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The outcomes of one run.

    Parameters
    ----------
    name, title, kind : str
        As in `Matrix`.
    draw : ndarray of int64, shape (n,)
        Its complete draws, rising.
    values : ndarray, shape (n_outcomes, n)
        NaN where it has no such outcome.
    design : str
        Of the draws.
    """

    name: str
    title: str
    kind: str
    draw: IntArray
    values: FloatArray
    design: str = "random"


def column_of(result: Result, outcomes: Sequence[Outcome], kind: str) -> Column:
    """Return the outcomes of a run in the outcomes' own units; those that it has not are NaN.

    Raises
    ------
    InputError
        When an outcome's draws were not kept, or its unit does not convert.
    """
    values = np.full((len(outcomes), result.complete), np.nan)
    known = {output.name: output for output in result.study.outputs}
    for at, outcome in enumerate(outcomes):
        theirs = outcome.cell.output
        output = known.get(theirs.name)
        if output is None or output.dims != theirs.dims or output.packed_shape != theirs.packed_shape:
            continue
        if theirs.name not in result.kept:
            raise InputError(f"compare: {theirs.name}: stored as bands only; keep its draws with --keep {theirs.name}")
        packed: Any = result.exact(theirs.name, "compare")
        factors = output_factors(output, theirs, f"compare: {result.study.name}")
        values[at] = outcome.of(packed if factors is None else packed * factors)
        if outcome.unit == INDICATOR:
            values[at] *= 100.0
    return Column(result.study.name, result.study.title, kind, result.draw, values, result.design)


def matrix(columns: Sequence[Column], outcomes: Sequence[Outcome]) -> Matrix:
    """Return the outcomes of runs on the same draws as a matrix, over the draws that none of them lacks.

    Parameters
    ----------
    columns : sequence of Column
        The baseline first.
    outcomes : sequence of Outcome
        Of the baseline's outputs.
    """
    draws = columns[0].draw
    for other in columns[1:]:
        draws = np.intersect1d(draws, other.draw, assume_unique=True)
    values = np.stack([column.values[:, np.searchsorted(column.draw, draws)] for column in columns])
    names, titles, kinds = zip(*((column.name, column.title, column.kind) for column in columns), strict=True)
    return Matrix(names, titles, kinds, tuple(outcomes), values, columns[0].design, draws)


def _share(gain: FloatArray, side: int) -> FloatArray:
    count = (~np.isnan(gain)).sum(axis=2)
    with np.errstate(invalid="ignore"):
        return np.asarray((side * gain > 0).sum(axis=2) / np.where(count > 0, count, np.nan), np.float64)


def unit_of(outcome: Outcome) -> str:
    """Return the unit of an outcome in a matrix: percentage points where it is 0 or 1 in a draw."""
    return POINTS if outcome.unit == INDICATOR else outcome.unit


def _word(outcome: Outcome) -> str:
    return {1: "more", -1: "less", 0: ""}[outcome.better]
