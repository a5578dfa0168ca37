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
    floor = 2.0 * known.noise
    strength = np.maximum(known.whole, floor)
    promised: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = []
    for column in np.flatnonzero(known.used).tolist():
        alone = known.alone[column].tolist()
        # The first function of each stands before all others, whose share is below one.
        promised.append((alone[0] + 2.0, (column,), (0,)))
        for degree in range(1, DEGREES):
            own = alone[degree] if degree < SEARCHED else 0.0
            promised.append((max(own, float(strength[column]) * _DECAY ** (degree + 1)), (column,), (degree,)))
    order = [column for column in np.argsort(-strength, kind="stable").tolist() if known.used[column]]
    for size, among, degrees in ((2, _IN_PAIRS, _PAIR_DEGREES), (3, _IN_TRIPLES, _TRIPLE_DEGREES)):
        each = [own for own in product(range(degrees - size), repeat=size) if sum(own) + size <= degrees]
        for columns in combinations(sorted(order[:among]), size):
            both = float(np.prod(strength[list(columns)])) ** (1.0 / size) * 0.5 ** (size - 1)
            promised += [(both * _DECAY ** sum(own), columns, own) for own in each]
    promised.sort(key=lambda item: -item[0])
    return [tuple(zip(columns, each, strict=True)) for _, columns, each in promised[:budget]]


def columns_of(functions: Sequence[Function]) -> dict[int, int]:
    """Return how many functions of each column the products are made of."""
    needed: dict[int, int] = {}
    for function in functions:
        for column, degree in function:
            needed[column] = max(needed.get(column, 0), degree + 1)
    return needed


def values_of(functions: Sequence[Function], alone: dict[int, FloatArray], rows: slice | IntArray) -> FloatArray:
    """Return the functions at some draws, shape (n, n_functions)."""
    found = [alone[function[0][0]][rows, function[0][1]] for function in functions]
    for place, function in enumerate(functions):
        for column, degree in function[1:]:
            found[place] = found[place] * alone[column][rows, degree]
    return np.column_stack(found)
