"""Functions of the inputs for a fit to draws: a few of each input alone, and products of those that matter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from mcsim.study import BoolArray, FloatArray, IntArray

DEGREES = 9  # functions of one input at most
SEARCHED = 4  # of them, by which the strength of an input is first judged
_NEW = 0.05  # of a function's standard deviation has to be left by the earlier ones, or it is one of them again
# Products are tried of the strongest inputs alone: two of 24, three of 6.
_IN_PAIRS, _IN_TRIPLES, _PAIR_DEGREES, _TRIPLE_DEGREES = 24, 6, 8, 6
_DECAY = 0.5  # what a step in degree is expected to leave of a function's share

Function = tuple[tuple[int, int], ...]  # (column, which of its functions), and so on: a product


def column_functions(values: FloatArray, weights: FloatArray, most: int = DEGREES) -> FloatArray:
    """Return functions of one input with mean 0, square 1 and no correlation over the draws.

    The first is the input itself, so that what is linear in it is fitted exactly; then Legendre polynomials of its
    rank, which are bounded whatever the tails. Of m distinct values there are m - 1 functions.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The input in each draw.
    weights : ndarray, shape (n,)
        Weights that add up to one.
    most : int
        Functions at most.

    Returns
    -------
    ndarray, shape (n, q)

    Examples
    --------
    >>> import numpy as np
    >>> column_functions(np.array([0.0, 0.0, 2.0, 2.0]), np.full(4, 0.25))[:, 0]
    array([-1., -1.,  1.,  1.])
    """
    distinct, where = np.unique(values, return_inverse=True)
    mass = np.bincount(where, weights=weights)
    position = (2.0 * (np.cumsum(mass) - 0.5 * mass) / mass.sum() - 1.0)[where]
    # A few more than are wanted: some add too little to the earlier ones.
    raw = np.polynomial.legendre.legvander(position, min(DEGREES, most + 2))
    # The even one first: of the odd ones the input itself holds most.
    raw = np.column_stack([values - distinct[0], raw[:, 2:3], raw[:, 1:2], raw[:, 3:]])
    raw -= weights @ raw
    size = np.sqrt(weights @ raw**2)
    raw = raw[:, size > 0.0] / size[size > 0.0]
    moments = (raw * weights[:, None]).T @ raw
    rows: list[FloatArray] = []
    for own in range(raw.shape[1]):
        # Gram and Schmidt, in coefficients: what the functions so far leave of this one.
        left = np.zeros(raw.shape[1])
        left[own] = 1.0
        for row in rows:
            left -= (row @ moments[:, own]) * row
        square = left @ moments @ left
        if square > _NEW**2 and len(rows) < min(most, len(distinct) - 1):
            rows.append(left / np.sqrt(square))
    return np.asarray(raw @ np.array(rows).T) if rows else np.empty((len(values), 0))


def first_functions(values: FloatArray, weights: FloatArray, most: int) -> tuple[FloatArray, IntArray]:
    """Return `column_functions` of many inputs at once, as rows: a call for each would take longer than the numbers.

    Parameters
    ----------
    values : ndarray, shape (n, n_columns)
        Inputs of which no two draws have the same value.
    weights : ndarray, shape (n,)
        Weights that add up to one.
    most : int
        Functions at most.

    Returns
    -------
    functions : ndarray, shape (n_columns, most, n)
        Zero from the last of a column on.
    counts : ndarray of int64, shape (n_columns,)
        How many there are of each.

    Examples
    --------
    >>> import numpy as np
    >>> first_functions(np.array([[0.0], [1.0], [2.0], [5.0]]), np.full(4, 0.25), 1)[0].round(2).tolist()
    [[[-1.07, -0.53, 0.0, 1.6]]]
    """
    columns, n_columns = np.ascontiguousarray(values.T), values.shape[1]
    order = np.argsort(columns, axis=1)
    mass = weights[order]
    position = np.empty_like(columns)
    np.put_along_axis(position, order, 2.0 * (np.cumsum(mass, axis=1) - 0.5 * mass) / weights.sum() - 1.0, axis=1)
    raw = np.polynomial.legendre.legvander(position, min(DEGREES, most + 2))
    raw = np.concatenate([columns[:, None], np.moveaxis(raw, 2, 1)[:, [2, 1, *range(3, raw.shape[2])]]], axis=1)
    raw -= (raw @ weights)[:, :, None]
    raw /= np.sqrt(raw**2 @ weights)[:, :, None]
    moments = (raw * weights) @ raw.transpose(0, 2, 1)
    rows, counts = np.zeros((n_columns, most, raw.shape[1])), np.zeros(n_columns, np.int64)
    for own in range(raw.shape[1]):
        left = np.zeros((n_columns, raw.shape[1]))
        left[:, own] = 1.0
        for row in rows.transpose(1, 0, 2):
            left -= np.einsum("cr,cr->c", row, moments[:, :, own])[:, None] * row
        square = np.einsum("cr,crs,cs->c", left, moments, left)
        new = np.flatnonzero((square > _NEW**2) & (counts < min(most, len(values) - 1)))
        rows[new, counts[new]] = left[new] / np.sqrt(square[new])[:, None]
        counts[new] += 1
    return rows @ raw, counts


class Strengths(NamedTuple):
    """What is known of the inputs before products of their functions are chosen.

    Parameters
    ----------
    alone : ndarray, shape (n_columns, SEARCHED)
        Share of the variance, of the output that it serves best, of each function of a column.
    whole : ndarray, shape (n_columns,)
        The same of all functions with this column.
    used : ndarray of bool, shape (n_columns,)
        Columns that have functions at all.
    noise : float
        Share of the variance that a function without any effect takes by chance.
    """

    alone: FloatArray
    whole: FloatArray
    used: BoolArray
    noise: float


def chosen_functions(known: Strengths, budget: int) -> list[Function]:
    """Return functions of the inputs, those that promise most first.

    Which promise most is judged from the inputs' strength, not from each product's own fit: the best of thousands of
    products fits chance.

    Parameters
    ----------
    known : Strengths
        Of the inputs.
    budget : int
        Functions at most.

    Examples
    --------
    >>> import numpy as np
    >>> strong = np.array([[0.5, 0.2, 0.0, 0.0], [0.1, 0.0, 0.0, 0.0]])
    >>> known = Strengths(strong, strong.sum(axis=1), np.ones(2, bool), 0.001)
    >>> chosen_functions(known, 4)
    [((0, 0),), ((1, 0),), ((0, 1),), ((0, 0), (1, 0))]
    """
    strength = np.maximum(known.whole, 2.0 * known.noise)
    used = np.flatnonzero(known.used)
    alone = np.zeros((len(used), DEGREES))
    alone[:, :SEARCHED] = known.alone[used]
    # The first function of each stands before all others, whose share is below one.
    promised = [
        np.concatenate(
            [alone[:, :1] + 2.0, np.maximum(alone, strength[used, None] * _DECAY ** np.arange(1, DEGREES + 1))[:, 1:]],
            axis=1,
        )
    ]
    candidates = [_Candidates([(column,) for column in used.tolist()], [(degree,) for degree in range(DEGREES)])]
    order = [column for column in np.argsort(-strength, kind="stable").tolist() if known.used[column]]
    for size, among, degrees in ((2, _IN_PAIRS, _PAIR_DEGREES), (3, _IN_TRIPLES, _TRIPLE_DEGREES)):
        each = [own for own in product(range(degrees - size), repeat=size) if sum(own) + size <= degrees]
        columns = list(combinations(sorted(order[:among]), size))
        if columns:
            both = np.prod(strength[np.array(columns)], axis=1) ** (1.0 / size) * 0.5 ** (size - 1)
            promised.append(both[:, None] * _DECAY ** np.array([sum(own) for own in each], np.float64))
            candidates.append(_Candidates(columns, each))
    best = np.argsort(-np.concatenate([part.ravel() for part in promised]), kind="stable")[:budget]
    ends = np.cumsum([part.size for part in promised])
    found = []
    for place in best.tolist():
        kind = int(np.searchsorted(ends, place, side="right"))
        found.append(candidates[kind].function(place - int(ends[kind]) + promised[kind].size))
    return found


class _Candidates(NamedTuple):
    """Products of functions of some inputs: each set of inputs with each set of degrees."""

    columns: list[tuple[int, ...]]
    degrees: list[tuple[int, ...]]

    def function(self, place: int) -> Function:
        columns, degrees = divmod(place, len(self.degrees))
        return tuple(zip(self.columns[columns], self.degrees[degrees], strict=True))


def columns_of(functions: Sequence[Function]) -> dict[int, int]:
    """Return how many functions of each column the products are made of."""
    needed: dict[int, int] = {}
    for function in functions:
        for column, degree in function:
            needed[column] = max(needed.get(column, 0), degree + 1)
    return needed


class Products:
    """Products of functions of single columns, to be had at any draws.

    Parameters
    ----------
    functions : sequence of Function
        The products.
    alone : dict
        Functions of each column, shape (n, q).
    """

    def __init__(self, functions: Sequence[Function], alone: dict[int, FloatArray]) -> None:
        starts, width = dict[int, int](), 0
        for column, values in alone.items():
            starts[column], width = width, width + values.shape[1]
        places = [[starts[column] + degree for column, degree in function] for function in functions]
        self._alone = list(alone.values())
        self._first = [own[0] for own in places]
        self._others = []
        for turn in range(1, max(map(len, places), default=0)):
            longer = [place for place, own in enumerate(places) if len(own) > turn]
            self._others.append((longer, [places[place][turn] for place in longer]))

    def at(self, rows: IntArray) -> FloatArray:
        """Return the products at some draws, shape (len(rows), n_functions)."""
        table = np.concatenate([values[rows] for values in self._alone], axis=1)
        found = table[:, self._first]
        for longer, factors in self._others:
            found[:, longer] *= table[:, factors]
        return np.asarray(found)
