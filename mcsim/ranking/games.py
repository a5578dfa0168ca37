"""What is shared out: least squares on functions of factors, and what each step of an order of factors adds to it.

Where some factors alone are wanted, and depend on no other one, what is explained without them need not be walked
through. Y = O + M, with O what functions of the others alone explain and M what functions with a wanted factor add:
over the law of the inputs these are not correlated, whatever the others know of each other. So at a wanted factor's
turn the variance explained grows by what M's functions explain, whichever of O's are known by then. With O known from
the start a sample says the same with less chance in it, since what chance would give to a wanted factor of O it cannot
have; and the elimination is one of M's functions, some dozens, in the place of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mcsim.ranking.basis import Function
from mcsim.ranking.fitted import Centred
from mcsim.study import BoolArray, FloatArray, IntArray

_HELD = 1e6  # times what the others leave of a function, its square: above, an inverse would cost half of all digits


class Game(NamedTuple):
    """Moments of functions of which an order of factors lets in one after the other.

    Parameters
    ----------
    gram, cross, square : ndarray, shape (P, P), (P, V), (V,)
        Of functions among themselves, of functions with outputs, of outputs with themselves.
    inverse, slopes : ndarray, shape (P, P), (P, V)
        Of `gram`, and its product with `cross`; the first is empty where it could not be trusted.
    members : ndarray of int64, shape (P, most)
        Factors of each function.
    worth : float
        How many draws the moments are worth, less the functions that were known from the start.
    scale : float
        What they are worth altogether, over that.
    begun : ndarray, shape (V,)
        Variance explained from the start, freed of chance.
    """

    gram: FloatArray
    cross: FloatArray
    square: FloatArray
    inverse: FloatArray
    slopes: FloatArray
    members: IntArray
    worth: float
    scale: float
    begun: FloatArray

    def shares(self, orders: IntArray, of: Sequence[int]) -> FloatArray:
        """Return the mean growth of the explained variance at the turns of some factors, as shares of all explained.

        Parameters
        ----------
        orders : ndarray of int64, shape (n, n_factors)
            Factors by their turn.
        of : sequence of int
            The factors.

        Returns
        -------
        ndarray, shape (len(of), V)
        """
        from mcsim.kernels.statistics.walks import add_gains

        gains = np.zeros((orders.shape[1], self.cross.shape[1]))
        moments = self.gram, self.cross, self.inverse, self.slopes, self.square
        add_gains(*moments, self.worth, orders, self.members, gains)
        gains *= self.scale / len(orders)
        return np.asarray(gains[list(of)] / (self.begun + gains.sum(axis=0)))


def factors_of(functions: Sequence[Function], factor_of: IntArray) -> IntArray:
    """Return the factors of each function (P, most), the last again where there are fewer.

    Examples
    --------
    >>> factors_of([((0, 0),), ((0, 0), (2, 1))], np.array([5, 6, 7])).tolist()
    [[5, 5], [5, 7]]
    """
    most = max(len(function) for function in functions)
    columns = [[function[min(place, len(function) - 1)][0] for place in range(most)] for function in functions]
    return np.asarray(factor_of[np.array(columns)], np.int64)


def _whole(centred: Centred, members: IntArray) -> Game:
    """Return the game of all functions, none of which is known at the start."""
    gram, cross = np.ascontiguousarray(centred.gram), np.ascontiguousarray(centred.cross)
    inverse = _inverse(gram)
    slopes = inverse @ cross if len(inverse) > 0 else cross
    begun = np.zeros(cross.shape[1])
    return Game(gram, cross, np.array(centred.square), inverse, slopes, members, centred.worth, 1.0, begun)


class Games:
    """The games of the first functions of a fit, of any number, for some of its outputs.

    What the others alone explain is eliminated once: of the first functions that is the beginning of the same table.

    Parameters
    ----------
    centred : Centred
        Moments of all functions.
    members : ndarray of int64, shape (P, most)
        Factors of each function.
    wanted : sequence of int
        Factors that are wanted alone, functions of the others being known at the start; none for the game of all.
    """

    def __init__(self, centred: Centred, members: IntArray, wanted: Sequence[int]) -> None:
        self._centred, self._members = centred, members
        own = np.isin(members, wanted).any(axis=1) if len(wanted) > 0 else np.ones(len(members), bool)
        self._ours: BoolArray = np.asarray(own, np.bool_)
        ours, gram, cross = self._ours, centred.gram, centred.cross
        self._left = np.empty((0, 0))
        if ours.any() and not ours.all():
            self._left = _left(gram[np.ix_(~ours, ~ours)], np.hstack([gram[np.ix_(~ours, ours)], cross[~ours]]))

    def first(self, size: int, columns: IntArray) -> Game:
        """Return the game of the first functions, of some outputs."""
        gram, cross, square, total = self._centred
        ours, members = self._ours[:size], self._members[:size]
        known, square = int((~ours).sum()), square[columns]
        if known == 0 or not ours.any():
            return _whole(Centred(gram[:size, :size], cross[:size, columns], square, total), members)
        mine = self._left[:known, : size - known]
        theirs = self._left[:known, int(self._ours.sum()) + columns]
        place = np.flatnonzero(ours)
        among, with_y = gram[np.ix_(place, place)] - mine.T @ mine, cross[np.ix_(place, columns)] - mine.T @ theirs
        rest = Centred(among, with_y, square - np.einsum("pv,pv->v", theirs, theirs), total)
        # The kernel counts degrees of freedom from its worth less one, and frees of chance by worth over freedom.
        worth = max(total - known, 2.0)
        begun = square * (total / max(total - 1.0, 1.0)) - rest.square * (total / max(worth - 1.0, 1.0))
        return _whole(rest, members[ours])._replace(worth=worth, scale=total / worth, begun=begun)


def _left(gram: FloatArray, right: FloatArray) -> FloatArray:
    """Return U'^-1 of the right-hand side, with U'U = gram; a function that others hold already counts for nothing."""
    from scipy.linalg.blas import dtrsm
    from scipy.linalg.lapack import dpotrf

    from mcsim.kernels.statistics.walks import HELD, eliminate

    factor, failed = dpotrf(gram, lower=1)
    if not failed and (np.diag(factor) ** 2 > HELD * np.diag(gram)).all():
        return np.asarray(dtrsm(1.0, factor, right, lower=1))
    work = np.ascontiguousarray(np.hstack([gram, right]))
    eliminate(work, np.diag(gram) * HELD)
    return work[:, len(gram) :]


def _inverse(gram: FloatArray) -> FloatArray:
    """Return the inverse of the functions' moments; an empty one where some function is nearly held by the others.

    Of a function's square G_ii the others leave 1 / K_ii, K the inverse; in no order do the earlier ones leave less.
    """
    from scipy.linalg.lapack import dpotrf, dpotri

    factor, failed = dpotrf(gram, lower=1)
    if failed:
        return np.empty((0, 0))
    below = np.tril(dpotri(factor, lower=1)[0])
    inverse = below + np.tril(below, -1).T
    if not (np.diag(gram) * np.diag(inverse) < _HELD).all():
        return np.empty((0, 0))
    return np.ascontiguousarray(inverse)
