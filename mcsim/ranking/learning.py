"""What learning an input is worth to whoever chooses: the gain of choosing by its value, with an interval and a check.

A choice is made of several, each with a gain that depends on what is true. Who learns an input chooses by the means of
the gains given that input, who learns nothing by their means: the difference is the worth of learning it (expected
value of partial perfect information). Gains enter as differences to those of one choice, which changes nothing.
"""

from __future__ import annotations

import numpy as np

from mcsim.ranking.intervals import pseudo_values, student_estimate
from mcsim.ranking.neighbours import rank_based
from mcsim.study import FloatArray

_DEGREE = 5
_GROUPS = 16  # of draws, for the interval


def regression(x: FloatArray, y: FloatArray, at: FloatArray | None = None) -> FloatArray:
    """Return the mean of each output given one input, by a polynomial in the input's rank.

    Source: Strong, Oakley and Brennan (2014), "Estimating multiparameter partial expected value of perfect information
    from a probabilistic sensitivity analysis sample: a nonparametric regression approach", Medical Decision Making 34,
    section "Regression"; their spline is here a Legendre polynomial of degree 5 in the rank, which needs no tuning.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Draws of the input.
    y : ndarray, shape (n, n_values)
        Draws of the outputs.
    at : ndarray, shape (m,), optional
        Values of the input at which the mean is wanted; its draws by default.

    Returns
    -------
    ndarray, shape (n or m, n_values)
        Fitted means.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0.0, 1.0, 101)
    >>> regression(x, x[:, None], np.array([0.25]))[0].round(6)
    array([0.25])
    """
    from scipy.stats import rankdata

    position = 2.0 * (rankdata(x) - 0.5) / len(x) - 1.0
    degree = min(_DEGREE, len(np.unique(x)) - 1)
    basis = np.polynomial.legendre.legvander(position, degree)
    coefficients = np.linalg.lstsq(basis, y, rcond=None)[0]
    if at is not None:
        order = np.argsort(x, kind="stable")
        basis = np.polynomial.legendre.legvander(np.interp(at, x[order], position[order]), degree)
    return np.asarray(basis @ coefficients)


def worth_of_learning(x: FloatArray, gains: FloatArray) -> dict[str, FloatArray]:
    """Return what learning each input perfectly is worth to whoever chooses.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    gains : ndarray, shape (n, n_others, n_values)
        What each of the other choices gains over the first one.

    Returns
    -------
    dict
        ``evppi`` (n_inputs, n_values) in the unit of the gains, and ``evppi_share`` of that of learning all.
    """
    count, others, values = gains.shape
    now = np.maximum(gains.mean(axis=0).max(axis=0), 0.0)
    perfect = np.maximum(gains.max(axis=1), 0.0).mean(axis=0) - now
    flat = gains.reshape(count, others * values)
    fitted = (regression(column, flat).reshape(gains.shape).max(axis=1) for column in x.T)
    worth = np.maximum(np.stack([np.maximum(best, 0.0).mean(axis=0) - now for best in fitted]), 0.0)
    share = np.divide(worth, perfect, out=np.zeros_like(worth), where=perfect > 0.0)
    return {"evppi": worth, "evppi_share": share}


def worth_with_interval(x: FloatArray, gains: FloatArray, level: float = 0.95) -> dict[str, FloatArray]:
    """Return what learning each input is worth, with an interval, and whether the regression behind it fits.

    The interval is that of a jackknife over groups of draws. Whether a polynomial in the rank of an input holds the
    mean of a gain is checked against what no curve is asked of: the first-order index from neighbours in rank.

    Parameters
    ----------
    x, gains : ndarray, shape (n, n_inputs) and (n, n_others, n_values)
        As of `worth_of_learning`.
    level : float
        Confidence level.

    Returns
    -------
    dict
        As `worth_of_learning`, with ``evppi_low`` and ``evppi_high``, and ``evppi_missed``: the share of the variance
        of a gain that the input explains for sure and the polynomial does not; 0 where it fits.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).uniform(-1.0, 1.0, (4000, 2))
    >>> found = worth_with_interval(x, -(x[:, :1] + 0.5)[:, None, :])
    >>> bool(found["evppi_low"][0, 0] < 1.0 / 16.0 < found["evppi_high"][0, 0])
    True
    """
    found = worth_of_learning(x, gains)
    group = np.arange(len(x)) * _GROUPS // len(x)
    without = np.stack([worth_of_learning(x[group != own], gains[group != own])["evppi"] for own in range(_GROUPS)])
    interval = student_estimate(found["evppi"], pseudo_values(found["evppi"], without), level)
    # Learning is never worth less than nothing.
    found |= {"evppi_low": np.maximum(interval.low, 0.0), "evppi_high": interval.high}
    return found | {"evppi_missed": _missed(x, gains)}


def _missed(x: FloatArray, gains: FloatArray) -> FloatArray:
    count, others, values = gains.shape
    flat = gains.reshape(count, others * values)
    variance = flat.var(axis=0)
    varies = variance > 0.0
    missed = np.zeros((x.shape[1], others * values))
    if varies.any():
        part = flat[:, varies]
        held = np.stack([regression(column, part).var(axis=0) / variance[varies] for column in x.T])
        missed[:, varies] = np.maximum(rank_based(x, part, 0.99)["S1_low"] - held, 0.0)
    return np.asarray(missed.reshape(x.shape[1], others, values).max(axis=1), np.float64)
