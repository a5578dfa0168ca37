"""A fit of outputs to draws: functions of the inputs, their moments by groups of draws, and how far the fit reaches.

Everything that is estimated here is a function of sums over draws, kept apart for groups of draws, so that what is
found without a group costs no new pass over the draws: the error that the fit makes in draws it has not seen, and what
each group adds to an estimate (the jackknife).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mcsim.ranking.basis import (
    DEGREES,
    SEARCHED,
    Function,
    Products,
    Strengths,
    chosen_functions,
    column_functions,
    columns_of,
    first_functions,
)
from mcsim.study import BoolArray, FloatArray, IntArray

GROUPS = 16  # of draws
MOST_FUNCTIONS = 256
DRAWS_PER_FUNCTION = 5.0  # at least
_SIZES = 7  # of the fit, of which each output takes the smallest that serves
_RIDGE = 1e-9  # of a function's square: one that others hold already gets no weight
_ROWS = 4096  # at a time
_HELD_BYTES = 192 * 2**20  # of functions of single columns
_BATCH_BYTES = 16 * 2**20  # of functions that are made at once
_COLUMNS = 64  # whose strength is looked at together


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws to fit to.

    Parameters
    ----------
    x : ndarray, shape (n, n_columns)
        Inputs.
    weights : ndarray, shape (n,)
        Of the draws, adding up to one.
    group : ndarray of int64, shape (n,)
        Which group each draw is in; equal draws are in one.
    shares : ndarray, shape (GROUPS, 2)
        Of each group: its weight, and the sum of the squares of the weights of different draws.
    held, searched : dict
        Functions of columns that were asked for, as many as have room: every block of outputs asks for them again.
        Those of single columns, and the first of neighbouring ones with the weights in them.
    """

    x: FloatArray
    weights: FloatArray
    group: IntArray
    shares: FloatArray
    held: dict[int, FloatArray] = field(default_factory=dict, repr=False)
    searched: dict[int, tuple[IntArray, FloatArray]] = field(default_factory=dict, repr=False)

    def strengths(self, y: FloatArray) -> FloatArray:
        """Return the share of the variance of outputs with mean 0 and square 1 that each function of a column explains.

        Returns
        -------
        ndarray, shape (n_columns, SEARCHED, V)
            Of the first functions of each column, 0 where it has fewer.
        """
        n_rows, n_columns = self.x.shape
        found = np.zeros((n_columns * SEARCHED, y.shape[1]))
        for first in range(0, n_columns, _COLUMNS):
            part = self.searched.get(first)
            if part is None:
                part = self._searched(range(first, min(first + _COLUMNS, n_columns)))
                if (len(self.searched) + 1) * _COLUMNS * SEARCHED * n_rows * 8 <= _HELD_BYTES:
                    self.searched[first] = part
            found[part[0]] = (part[1] @ y) ** 2
        return found.reshape(n_columns, SEARCHED, -1)

    def _searched(self, columns: range) -> tuple[IntArray, FloatArray]:
        """Return the first functions of some columns, one per row, times the weights, and where each belongs."""
        rows, places = list[FloatArray](), list[int]()
        step = max(1, _BATCH_BYTES // (8 * DEGREES * len(self.x)))
        for first in range(columns.start, columns.stop, step):
            part = range(first, min(first + step, columns.stop))
            values = self.x[:, part.start : part.stop]
            ordered = np.sort(values, axis=0)
            apart = (ordered[1:] > ordered[:-1]).all(axis=0)
            known = dict(zip(np.flatnonzero(apart).tolist(), self._apart(values[:, apart]), strict=True))
            for place, column in enumerate(part):
                own = known.get(place)
                if own is None:  # some draws have the same value of it
                    own = column_functions(self.x[:, column], self.weights, SEARCHED).T
                rows.append(own * self.weights)
                places += range(column * SEARCHED, column * SEARCHED + len(own))
        return np.array(places, np.int64), np.concatenate(rows)

    def _apart(self, values: FloatArray) -> list[FloatArray]:
        """Return the first functions of columns without equal values, one per row."""
        if values.shape[1] == 0:
            return []
        found, counts = first_functions(values, self.weights, SEARCHED)
        return [part[:count] for part, count in zip(found, counts.tolist(), strict=True)]

    def functions(self, column: int, most: int) -> FloatArray:
        """Return the first functions of a column."""
        found = self.held.get(column)
        if found is None:
            found = column_functions(self.x[:, column], self.weights)
            if (len(self.held) + 1) * DEGREES * self.x.shape[0] * 8 <= _HELD_BYTES:
                self.held[column] = found
        return found[:, :most]

    @property
    def effective(self) -> float:
        """As many independent draws of equal weight would know as much (Kish): 1 over the sum of squared weights."""
        return float(1.0 / self.shares[:, 1].sum())

    @staticmethod
    def of(x: FloatArray, weights: FloatArray | None = None) -> Draws:
        """Return draws in groups of neighbouring ones, as a chain gives draws that depend on their neighbours.

        Rows with the same inputs are one draw with their weights together: resampled draws know no more than weighted
        ones.

        Examples
        --------
        >>> import numpy as np
        >>> x = np.arange(8.0)[:, None]
        >>> Draws.of(np.repeat(x, 3, axis=0)).effective == Draws.of(x, np.full(8, 3.0)).effective == 8.0
        True
        """
        given = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
        given = given / given.sum()
        seen: dict[bytes, int] = {}
        where = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in np.ascontiguousarray(x)])
        mass = np.bincount(where, weights=given)
        group = np.minimum(((np.cumsum(mass) - 0.5 * mass) * GROUPS).astype(np.int64), GROUPS - 1)
        sums = [np.bincount(group, weights=part, minlength=GROUPS) for part in (mass, mass**2)]
        return Draws(x, given, group[where], np.stack(sums, axis=1).astype(np.float64))


class Centred(NamedTuple):
    """Moments about the means.

    Parameters
    ----------
    gram, cross, square : ndarray, shape (P, P), (P, V), (V,)
        Of functions among themselves, of functions with outputs, of outputs with themselves.
    worth : float
        How many draws they are worth.
    """

    gram: FloatArray
    cross: FloatArray
    square: FloatArray
    worth: float


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums over the draws of each group, weighted.

    Parameters
    ----------
    gram, cross, square : ndarray, shape (GROUPS, P, P), (GROUPS, P, V), (GROUPS, V)
        Products of functions, of functions with outputs, of outputs with themselves.
    mean, middle : ndarray, shape (GROUPS, P), (GROUPS, V)
        Sums of functions and of outputs.
    shares : ndarray, shape (GROUPS, 2)
        As of the `Draws`.
    """

    gram: FloatArray
    cross: FloatArray
    square: FloatArray
    mean: FloatArray
    middle: FloatArray
    shares: FloatArray

    def without(self, group: int | None) -> Centred:
        """Return centred moments of all groups but one."""
        return self._less(self._sums(), group)

    def left_out(self) -> Iterator[Centred]:
        """Yield centred moments without each group in its turn."""
        sums = self._sums()
        for group in range(GROUPS):
            yield self._less(sums, group)

    def _parts(self) -> list[FloatArray]:
        return [self.gram, self.cross, self.square, self.mean, self.middle, self.shares]

    def _sums(self) -> list[FloatArray]:
        return [part.sum(axis=0) for part in self._parts()]

    def _less(self, sums: Sequence[FloatArray], group: int | None) -> Centred:
        gram, cross, square, mean, middle, shares = (
            whole if group is None else whole - part[group] for whole, part in zip(sums, self._parts(), strict=True)
        )
        gram = gram - np.outer(mean, mean) / shares[0]
        cross = cross - np.outer(mean, middle) / shares[0]
        return Centred(gram, cross, square - middle**2 / shares[0], float(shares[0] ** 2 / shares[1]))


def moments_of(draws: Draws, y: FloatArray, functions: Sequence[Function], alone: dict[int, FloatArray]) -> Moments:
    """Return the moments of functions and outputs, a block of draws at a time."""
    n_functions, n_values = len(functions), y.shape[1]
    found = Moments(
        np.zeros((GROUPS, n_functions, n_functions)),
        np.zeros((GROUPS, n_functions, n_values)),
        np.zeros((GROUPS, n_values)),
        np.zeros((GROUPS, n_functions)),
        np.zeros((GROUPS, n_values)),
        draws.shares,
    )
    products = Products(functions, alone)
    for group in range(GROUPS):
        members = np.flatnonzero(draws.group == group)
        for start in range(0, len(members), _ROWS):
            rows = members[start : start + _ROWS]
            values, part, weights = products.at(rows), y[rows], draws.weights[rows]
            weighted = (values * weights[:, None]).T
            found.gram[group] += weighted @ values
            found.cross[group] += weighted @ part
            found.mean[group] += weighted.sum(axis=1)
            found.square[group] += weights @ part**2
            found.middle[group] += weights @ part
    return found


def unseen_error(moments: Moments) -> FloatArray:
    """Return the share of the variance that the first 1, 2, ... functions leave in draws they were not fitted to.

    Each group is predicted from the others. With L L' = G of the others and q = L^-1 f, functions of rising number are
    orthonormal over the others, so that the fit of m functions is the sum of the first m terms z_l q_l, and the error
    in the group grows term by term: sum (y - z.q)**2 = y.y - 2 z.(q y) + z'(q q')z.

    Returns
    -------
    ndarray, shape (P + 1, V)
        From no function, whose error is about one, to all of them.
    """
    n_functions, n_values = moments.cross.shape[1:]
    error = np.zeros((n_functions + 1, n_values))
    from scipy.linalg.blas import dtrsm
    from scipy.linalg.lapack import dpotrf

    for group, (gram, cross, _, _) in enumerate(moments.left_out()):
        left = moments.shares[:, 0].sum() - moments.shares[group, 0]
        mean = (moments.mean.sum(axis=0) - moments.mean[group]) / left
        middle = (moments.middle.sum(axis=0) - moments.middle[group]) / left
        weight = moments.shares[group, 0]
        # The group's moments about the others' means, which are what is predicted without any function.
        own, total = moments.mean[group], moments.middle[group]
        half = np.outer(mean, own - 0.5 * weight * mean)
        held = moments.gram[group] - half - half.T
        with_y = moments.cross[group] - np.outer(mean, total) - np.outer(own - weight * mean, middle)
        square = moments.square[group] - 2.0 * middle * total + weight * middle**2
        gram[np.diag_indices(n_functions)] += _RIDGE * np.diag(gram) + 1e-300
        # Of symmetric tables the transpose is as good, and in the order that LAPACK works in without a copy.
        factor, failed = dpotrf(gram.T, lower=1, overwrite_a=1)
        if failed:
            raise np.linalg.LinAlgError("functions of the inputs hold one another")
        z = dtrsm(1.0, factor, cross, lower=1)
        # L^-1 (L^-1 held)' = (L^-1 held L^-T)', which is symmetric again.
        seen = dtrsm(1.0, factor, dtrsm(1.0, factor, held.T, lower=1, overwrite_b=1).T, lower=1)
        with_q = dtrsm(1.0, factor, with_y, lower=1)
        diagonal = np.diag(seen)[:, None].copy()
        below = np.tril(seen, -1) @ z
        grown = z * (2.0 * (below - with_q) + diagonal * z)
        error[0] += square
        error[1:] += np.cumsum(grown, axis=0)
        error[1:] += square
    return np.asarray(error / moments.without(None)[2])


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Outputs as sums of functions of the inputs.

    Parameters
    ----------
    functions : list of Function
        Those that promise most first.
    moments : Moments
        Of them and the outputs.
    sizes : ndarray of int64, shape (V,)
        How many of the functions each output takes.
    unexplained : ndarray, shape (V,)
        Share of the variance that the fit leaves in draws it was not fitted to.
    """

    functions: list[Function]
    moments: Moments
    sizes: IntArray
    unexplained: FloatArray


def fit(draws: Draws, y: FloatArray, single: BoolArray) -> Fit:
    """Return the fit of outputs to draws, as large as serves in draws that were not fitted to.

    Parameters
    ----------
    draws : Draws
        Inputs.
    y : ndarray, shape (n, V)
        Outputs, none of them constant.
    single : ndarray of bool, shape (n_columns,)
        Columns that are a factor by themselves; a member of a group has functions where it shows an effect.
    """
    y = y - draws.weights @ y
    y = y / np.sqrt(draws.weights @ y**2)
    noise = 1.0 / draws.effective
    alone = draws.strengths(y)
    best = np.maximum(alone.max(axis=2) - noise, 0.0)
    # The strongest of m functions without effect takes about 2 log(m) times what one of them takes by chance.
    used = single | (best[:, 0] > 2.0 * np.log(2.0 + len(best)) * noise)
    most = int(min(draws.effective / DRAWS_PER_FUNCTION, MOST_FUNCTIONS))
    most = max(most, min(int(used.sum()), int(draws.effective / 2.0)), 1)
    known = Strengths(best, (alone - noise).clip(min=0.0).sum(axis=1).max(axis=1), used, noise)
    # Of these one size alone is tried where all columns have a function; how well it serves nobody asks then.
    found = _fitted(draws, y, known, max(most // 2, int(used.sum())), judged=False)
    return _fitted(draws, y, known._replace(whole=_strength(found, known)), most)


def _fitted(draws: Draws, y: FloatArray, known: Strengths, budget: int, judged: bool = True) -> Fit:
    functions = chosen_functions(known, budget)
    alone = {column: draws.functions(column, min(count, DEGREES)) for column, count in columns_of(functions).items()}
    # Of few distinct values there are few functions.
    functions = [part for part in functions if all(degree < alone[column].shape[1] for column, degree in part)]
    moments = moments_of(draws, y, functions, alone)
    first = min(int(known.used.sum()), len(functions))
    sizes = np.unique(np.geomspace(first, len(functions), _SIZES).round().astype(np.int64))
    if len(sizes) == 1 and not judged:
        return Fit(functions, moments, np.repeat(sizes, y.shape[1]), np.full(y.shape[1], np.nan))
    error = unseen_error(moments)
    # The smallest that is about as good as the best: functions that add nothing cost time and certainty.
    served = error[sizes] <= 1.02 * error[sizes].min(axis=0) + 1e-3
    chosen = sizes[np.argmax(served, axis=0)]
    return Fit(functions, moments, chosen, error[chosen, np.arange(y.shape[1])])


def _strength(found: Fit, known: Strengths) -> FloatArray:
    """Return each column's share of the variance, of the output that it serves best, products included."""
    gram, cross, square, _ = found.moments.without(None)
    ridge = np.diag(_RIDGE * np.diag(gram) + 1e-300)
    explained = np.linalg.solve(np.linalg.cholesky(gram + ridge), cross) ** 2 / square
    explained *= np.arange(len(gram))[:, None] < found.sizes
    whole = np.zeros((len(known.alone), cross.shape[1]))
    for function, share in zip(found.functions, explained, strict=True):
        for column, _ in function:
            whole[column] += np.maximum(share - known.noise, 0.0)
    return np.asarray(whole.max(axis=1))
