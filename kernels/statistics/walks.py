"""What each step of many orders of inputs explains, from moments alone: a triangular factor for every order.

Functions of the inputs are fitted to outputs by least squares. With G their moments among themselves and c those with
an output, the fit on the first m functions explains c_m' G_m^-1 c_m. Of the upper factor U'U = G (Cholesky) the first m
rows are the factor of the first m functions, and the solution z of U'z = c adds z_m**2 with function m: one elimination
gives what every beginning of an order explains, of every output at once.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import kernel

Reals = NDArray[Any]
Integers = NDArray[Any]

HELD = 1e-8  # of a function's own square: what the earlier ones leave of it is rounding, so it tells nothing new


@kernel
def eliminate(work: Reals, left: Reals) -> None:
    """Turn [G | c] into [U | z] in place; a function that the earlier ones hold already gets a row of zeros.

    Four rows at a time pass over the rest of the table, which keeps the vector units busy; the order of the additions
    is fixed, so the bits are.

    Parameters
    ----------
    work : ndarray, shape (P, P + V)
        Moments of the functions (the upper triangle is read), then those with each output.
    left : ndarray, shape (P,)
        Below which a pivot is rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.walks import eliminate
    >>> work = np.array([[4.0, 2.0, 6.0], [2.0, 2.0, 5.0]])
    >>> eliminate(work, np.full(2, 1e-12))
    >>> work[:, 2]
    array([3., 2.])
    """
    n, width = work.shape
    for first in range(0, n, 4):
        last = min(first + 4, n)
        for k in range(first, last):
            row = work[k][k:]
            for m in range(first, k):
                factor, other = work[m, k], work[m][k:]
                for j in range(row.size):
                    row[j] -= factor * other[j]
            scale = 1.0 / row[0] ** 0.5 if row[0] > left[k] else 0.0
            for j in range(row.size):
                row[j] *= scale
        if last == first + 4:
            for i in range(last, n):
                f0, f1, f2, f3 = work[first, i], work[first + 1, i], work[first + 2, i], work[first + 3, i]
                row = work[i][i:width]
                r0, r1 = work[first][i:width], work[first + 1][i:width]
                r2, r3 = work[first + 2][i:width], work[first + 3][i:width]
                for j in range(row.size):
                    row[j] = row[j] - f0 * r0[j] - f1 * r1[j] - f2 * r2[j] - f3 * r3[j]


@kernel
def add_steps(gram: Reals, cross: Reals, order: Integers, step: Integers, explained: Reals, counts: Integers) -> None:
    """Add what each step of an order explains of each output, and how many functions it brings.

    Parameters
    ----------
    gram : ndarray, shape (P, P)
        Moments of the functions among themselves.
    cross : ndarray, shape (P, V)
        Moments of the functions with the outputs.
    order, step : ndarray of int64, shape (m,)
        The functions as they come, all or the first of them, and the step with which each comes.
    explained : ndarray, shape (n_steps, V)
        Added to.
    counts : ndarray of int64, shape (n_steps,)
        Added to: functions that the earlier ones did not hold already.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.walks import add_steps
    >>> explained, counts = np.zeros((2, 1)), np.zeros(2, np.int64)
    >>> order = np.array([1, 0])
    >>> add_steps(np.eye(2), np.array([[3.0], [1.0]]), order, np.array([0, 1]), explained, counts)
    >>> explained[:, 0], counts
    (array([1., 9.]), array([1, 1]))
    """
    n, n_values = order.size, cross.shape[1]
    work = np.empty((n, n + n_values))
    for i in range(n):
        own = order[i]
        for j in range(i, n):
            work[i, j] = gram[own, order[j]]
        for v in range(n_values):
            work[i, n + v] = cross[own, v]
    left = np.empty(n)
    for i in range(n):
        left[i] = work[i, i] * HELD
    eliminate(work, left)
    for i in range(n):
        if work[i, i] > 0.0:
            counts[step[i]] += 1
            z, sums = work[i][n:], explained[step[i]]
            for v in range(n_values):
                sums[v] += z[v] * z[v]


@kernel
def add_gains(
    gram: Reals,
    cross: Reals,
    inverse: Reals,
    slopes: Reals,
    square: Reals,
    effective: float,
    orders: Integers,
    members: Integers,
    gains: Reals,
) -> None:
    """Add the growth of the explained variance, freed of chance by degrees of freedom, at each factor's turn.

    Of the slopes b = G^-1 c, what is lost with functions R is b_R' K_R^-1 b_R with K = G^-1: the same elimination of
    [K | b], from the last turn backwards, gives what each step explains. So an order is eliminated in two halves from
    both of its ends, each an eighth of the whole's work.

    Parameters
    ----------
    gram, cross : ndarray, shape (P, P), (P, V)
        Moments of the functions among themselves and with the outputs.
    inverse, slopes : ndarray, shape (P, P), (P, V)
        K and b; empty where no inverse exists that could be trusted, and then orders are eliminated whole.
    square : ndarray, shape (V,)
        Variance of the outputs.
    effective : float
        How many draws the moments are worth.
    orders : ndarray of int64, shape (n, n_factors)
        Factors by their turn.
    members : ndarray of int64, shape (P, most)
        Factors of each function, which is known when the last of them is.
    gains : ndarray, shape (n_factors, V)
        Added to.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.walks import add_gains
    >>> unit, cross, members, gains = np.eye(2), np.array([[3.0], [1.0]]), np.array([[0], [1]]), np.zeros((2, 1))
    >>> add_gains(unit, cross, unit, cross, np.array([10.0]), 1e9, np.array([[1, 0]]), members, gains)
    >>> gains[:, 0].round(6)
    array([9., 1.])
    """
    n, n_values = cross.shape
    n_steps = orders.shape[1]
    turn, known, by_turn = np.empty(n_steps, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    explained, counts = np.empty((n_steps, n_values)), np.empty(n_steps, np.int64)
    for order in orders:
        for place in range(n_steps):
            turn[order[place]] = place
        ends = np.zeros(n_steps + 1, np.int64)
        for function in range(n):
            last = 0
            for member in members[function]:
                last = max(last, turn[member])
            known[function] = last
            ends[last + 1] += 1
        ends = np.cumsum(ends)
        free = ends.copy()
        for function in range(n):
            by_turn[free[known[function]]] = function
            free[known[function]] += 1
        front = n
        if inverse.size > 0:
            for end in ends:
                if max(end, n - end) < max(front, n - front):
                    front = end
        explained[:] = 0.0
        counts[:] = 0
        first, rest = by_turn[:front], by_turn[front:][::-1].copy()
        add_steps(gram, cross, first, known[first], explained, counts)
        if rest.size > 0:
            add_steps(inverse, slopes, rest, known[rest], explained, counts)
        freedom = max(effective - 1.0, 1.0)
        before, sums = square * (effective / freedom), np.zeros(n_values)
        for place in range(n_steps):
            freedom = max(freedom - counts[place], 1.0)
            scale, growth = effective / freedom, gains[order[place]]
            for v in range(n_values):
                sums[v] += explained[place, v]
                left = (square[v] - sums[v]) * scale
                growth[v] += before[v] - left
                before[v] = left
