"""How unevenly something is shared among groups of people: curves, indices and elasticities, of all draws at once."""

from __future__ import annotations

import numpy as np

from mcsim.study import FloatArray


def lorenz(amount: FloatArray, people: FloatArray, order: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the concentration curve: cumulated shares of people, ranked, and of an amount; both start at 0.

    Parameters
    ----------
    amount : ndarray, shape (..., k)
        What is shared.
    people : ndarray, shape (k,)
        Among how many.
    order : ndarray, shape (..., k)
        What ranks the groups, the lowest first: amount per person for a Lorenz curve, income for a concentration
        curve. Of shape (k,) it ranks alike for all amounts.

    Returns
    -------
    tuple of two ndarrays, shape (..., k + 1)
        The former of shape (k + 1,) where one order ranks all amounts.
    """
    ranked = np.argsort(order, axis=-1, kind="stable")
    # An order that is one for all amounts is sorted once.
    sorted_amount = amount[..., ranked] if order.ndim == 1 else np.take_along_axis(amount, ranked, axis=-1)
    x = np.cumsum(people[ranked], axis=-1) / people.sum()
    y = _part(np.cumsum(sorted_amount, axis=-1), amount.sum(axis=-1, keepdims=True))
    return _from_zero(x), _from_zero(y)


def _part(values: FloatArray, total: FloatArray) -> FloatArray:
    """Divide, NaN where there is nothing to share."""
    values = np.asarray(values, np.float64)
    return np.divide(values, total, out=np.full_like(values, np.nan), where=total > 0.0)


def _from_zero(curve: FloatArray) -> FloatArray:
    return np.concatenate([np.zeros((*curve.shape[:-1], 1)), curve], axis=-1)


def concentration_index(amount: FloatArray, people: FloatArray, order: FloatArray) -> FloatArray:
    """Return 1 less twice the area under the concentration curve.

    Ranked by amount per person it is the Gini coefficient, in [0, 1]; ranked by income, in [-1, 1]: negative where the
    poorer states get more than their share (as Suits' index has it, with people in the place of income).

    Parameters
    ----------
    amount, people, order
        As in `lorenz`.

    Returns
    -------
    ndarray, shape (...)
        NaN where there is nothing to share.

    Examples
    --------
    >>> people = np.ones(4)
    >>> float(concentration_index(np.ones(4), people, np.arange(4.0)))
    0.0
    >>> round(float(concentration_index(np.array([0.0, 0.0, 0.0, 1.0]), people, np.arange(4.0))), 3)
    0.75
    """
    # Twice the area by the trapezoid, sum of dx_i (y_i + y_(i-1)), is linear in the amounts: group j, of share p_j of
    # the people, counts in y from its own step on, p_j + 2 (1 - x_j) in all. No curve need be drawn.
    ranked = np.argsort(order, axis=-1, kind="stable")
    share = people[ranked] / people.sum()
    counts = share + 2.0 * (1.0 - np.cumsum(share, axis=-1))
    if order.ndim == 1:
        # By the matrix product a draw alone would take another way than among others, with other last bits.
        twice = np.einsum("...i,i->...", amount[..., ranked], counts)
    else:
        twice = np.einsum("...i,...i->...", np.take_along_axis(amount, ranked, axis=-1), counts)
    return 1.0 - _part(twice, amount.sum(axis=-1))


def curve_at(x: FloatArray, y: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the heights of curves at shares of people, straight between their points.

    Parameters
    ----------
    x, y : ndarray, shape (k,) or (n, k), and (n, k)
        From `lorenz`.
    shares : ndarray, shape (m,)
        In [0, 1].

    Returns
    -------
    ndarray, shape (n, m)

    Examples
    --------
    >>> curve_at(np.array([0.0, 0.5, 1.0]), np.array([[0.0, 0.2, 1.0]]), np.array([0.25, 1.0])).tolist()
    [[0.1, 1.0]]
    """
    each = np.broadcast_to(x, y.shape)
    return np.array([np.interp(shares, abscissae, heights) for abscissae, heights in zip(each, y, strict=True)])


def elasticity(amount: FloatArray, people: FloatArray, quantity: FloatArray) -> FloatArray:
    """Return by how many per cent amount per person changes among groups where a quantity is one per cent higher.

    The slope of the logarithm of the one on that of the other, by least squares weighed by people; groups without any
    amount are left out. It describes who gets what, and explains nothing.

    Parameters
    ----------
    amount : ndarray, shape (..., k)
        What is shared.
    people, quantity : ndarray, shape (k,)
        Among how many, and what of each group; quantity above 0.

    Returns
    -------
    ndarray, shape (...)
        NaN where fewer than two groups, or groups of one quantity, have any.

    Examples
    --------
    >>> quantity = np.array([1.0, 2.0, 5.0])
    >>> round(float(elasticity(quantity**-0.5, np.ones(3), quantity)), 12)
    -0.5
    """
    there = amount > 0.0
    weight = np.where(there, people, 0.0)
    y = np.log(np.where(there, amount / people, 1.0))
    x = np.log(quantity)
    total = weight.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        off_x = x - (np.einsum("...i,i->...", weight, x) / total)[..., None]
        off_y = y - (np.einsum("...i,...i->...", weight, y) / total)[..., None]
        spread = (weight * off_x * off_x).sum(axis=-1)
        slope = (weight * off_x * off_y).sum(axis=-1) / spread
    # Of equal quantities rounding leaves a spread beside which the sum of squares is none.
    return np.asarray(np.where(spread > 1e-12 * total * (1.0 + x.max() ** 2), slope, np.nan))
