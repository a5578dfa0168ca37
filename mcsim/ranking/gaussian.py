"""Sobol' indices of a surrogate fitted to few draws: a Gaussian process, refused where it misses draws left out.

Beside polynomial chaos: where an output has kinks or bends that polynomials do not follow, a sum of bumps at the draws
may. Its indices are integrals of products of one-dimensional functions, so that nothing is drawn for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from mcsim.engine.cores import side_by_side
from mcsim.ranking.method import Analysis, Measures
from mcsim.ranking.surrogate import MOST_ERROR, method_of_fit
from mcsim.ranking.thinned import thinned
from mcsim.study import FloatArray, InputError, remarks

MOST_DRAWS, MOST_INPUTS = 400, 60  # looked at: a fit solves equations of as many unknowns as draws, many times
_NODES = 2048  # of the integral over an input
# Of lengths, in standard deviations of an input, and of what is no function of the inputs, in shares of the variance.
_LENGTHS, _NUGGETS = (0.05, 100.0), (1e-7, 1.0)
_STARTS = (1.0, 4.0)  # lengths from which the search begins
_STEPS = 60


class Process(NamedTuple):
    """A Gaussian process given draws.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Draws, each input in units of its standard deviation.
    lengths : ndarray, shape (n_inputs,)
        Over which an input has to move for the output to be another one.
    weights : ndarray, shape (n,)
        Of the bumps at the draws: their sum is the output but for its mean.
    left_out : float
        Mean square error in each draw of the process given all others.
    """

    x: FloatArray
    lengths: FloatArray
    weights: FloatArray
    left_out: float


def process_indices(
    x: FloatArray,
    y: FloatArray,
    laws: FloatArray | None = None,
    factors: Sequence[Sequence[int]] | None = None,
    jobs: int = 1,
) -> Measures:
    """Return first- and total-order indices of inputs that are independent, from a Gaussian process of few draws.

    The process has a constant mean and a product of Matern covariances of smoothness 5/2, a length for each input by
    maximum likelihood, together with a share of the variance that is no function of the inputs. Its mean is a constant
    plus a sum over the draws of products of one-dimensional functions; the variance of its expectation given some
    inputs is a sum over pairs of draws of products of one-dimensional integrals, taken over the law of each input.

    Source: Rasmussen and Williams (2006), "Gaussian processes for machine learning", equations (5.8), (5.9) and (4.17);
    Dubrule (1983), "Cross validation of kriging in a unique neighborhood", Math. Geology 15, for each draw left out;
    Oakley and O'Hagan (2004), "Probabilistic sensitivity analysis of complex models", J. R. Statist. Soc. B 66, section
    4, for the integrals.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    y : ndarray, shape (n, n_values)
        Outputs.
    laws : ndarray, shape (m, n_inputs), optional
        Many values of each input; the draws themselves by default.
    factors : sequence of sequence of int, optional
        Columns that each factor is made of; every column is one by default.
    jobs : int
        Threads over the outputs.

    Returns
    -------
    dict
        ``S1``, ``ST`` and ``error`` (the same for every factor), each (n_factors, n_values); indices are NaN where the
        error is above `MOST_ERROR` of the variance.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).random((100, 2))
    >>> found = process_indices(x, (x[:, 0] * x[:, 1])[:, None])
    >>> found["S1"][:, 0].round(2), bool(found["error"][0, 0] < 1e-4)
    (array([0.41, 0.45]), True)
    """
    known, members = x if laws is None else laws, factors or [(place,) for place in range(x.shape[1])]
    spread = known.std(axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)
    draws, nodes = x / spread, _nodes(known) / spread
    scaled = (y - y.mean(axis=0)) / y.std(axis=0)

    def one(column: FloatArray) -> FloatArray:
        process = fitted(draws, column)
        found = np.full((3, len(members)), np.nan)
        found[2] = process.left_out
        if process.left_out <= MOST_ERROR:
            found[:2] = shares(process, nodes, members)
        return found

    each = side_by_side([partial(one, column) for column in scaled.T], jobs)
    parts = np.array(each).reshape(y.shape[1], 3, len(members))
    return {name: parts[:, place].T for place, name in enumerate(("S1", "ST", "error"))}


def _nodes(law: FloatArray) -> FloatArray:
    """Return values of equal probability that stand for the law of each input (q, n_inputs)."""
    ordered = np.sort(law, axis=0)
    count = min(_NODES, len(law))
    return np.asarray(ordered[((np.arange(count) + 0.5) * len(law) / count).astype(np.int64)])


def matern(distance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the Matern correlation of smoothness 5/2 at distances in lengths, and by how much a longer one raises it.

    Returns
    -------
    tuple of two ndarrays
        The correlation, and the derivative of its logarithm by that of the length.

    Examples
    --------
    >>> [part.round(3).tolist() for part in matern(np.array([0.0, 1.0]))]
    [[1.0, 0.524], [0.0, 1.1]]
    """
    far = math.sqrt(5.0) * distance
    polynomial = 1.0 + far + far**2 / 3.0
    return polynomial * np.exp(-far), far**2 * (1.0 + far) / (3.0 * polynomial)


def fitted(x: FloatArray, y: FloatArray) -> Process:
    """Return the process of greatest likelihood given draws x (n, n_inputs), in standard deviations, and y (n,)."""
    from scipy.optimize import minimize

    apart = np.abs(x.T[:, :, None] - x.T[:, None, :])
    ends = [tuple(np.log(_LENGTHS))] * x.shape[1] + [tuple(np.log(_NUGGETS))]
    found = []
    for start in _STARTS:
        first = np.append(np.full(x.shape[1], math.log(start)), math.log(1e-4))
        with np.errstate(over="ignore", under="ignore"):
            search = minimize(
                _unlikely, first, (apart, y), method="L-BFGS-B", jac=True, bounds=ends, options={"maxiter": _STEPS}
            )
        found.append((float(search.fun), np.asarray(search.x, float)))
    best = min(found, key=lambda pair: pair[0])[1]
    inverse, _, weights = _solved(_correlation(apart, best)[0], y, best)
    ones = inverse.sum(axis=0)
    without = np.diag(inverse) - ones**2 / ones.sum()  # the mean is found anew without each draw
    return Process(x, np.exp(best[:-1]), weights, float(np.mean((weights / without) ** 2)))


def _correlation(apart: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the correlation of draws and the derivatives of its logarithm by those of the lengths."""
    whole, rises = np.ones(apart.shape[1:]), np.empty(apart.shape)
    for place, length in enumerate(np.exp(at[:-1])):
        alike, rises[place] = matern(apart[place] / length)
        whole *= alike
    return whole, rises


def _solved(alike: FloatArray, y: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the inverse of the correlation with its nugget, y less its mean by least squares, and their product."""
    from scipy.linalg import cho_factor, cho_solve

    whole = alike + np.exp(at[-1]) * np.eye(len(y))
    inverse = np.asarray(cho_solve(cho_factor(whole, lower=True), np.eye(len(y))))
    inverse = 0.5 * (inverse + inverse.T)
    centred = y - (inverse.sum(axis=0) @ y) / inverse.sum()
    return inverse, centred, inverse @ centred


def _unlikely(at: FloatArray, apart: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
    """Return minus the logarithm of the likelihood, variance and mean at their best, and its slopes."""
    alike, rises = _correlation(apart, at)
    try:
        inverse, centred, weights = _solved(alike, y, at)
    except np.linalg.LinAlgError:
        return 1e10, np.zeros(len(at))
    n, nugget = len(y), math.exp(at[-1])
    variance = float(centred @ weights) / n
    # d log det R = tr(R^-1 dR) and d (y' R^-1 y) = -w' dR w, with w = R^-1 y.
    pull = inverse - np.outer(weights, weights) / variance
    slopes = [0.5 * float(np.vdot(pull, alike * rise)) for rise in rises]
    slopes.append(0.5 * nugget * float(np.trace(pull)))
    size = -float(np.linalg.slogdet(inverse)[1])
    return 0.5 * n * math.log(variance) + 0.5 * size, np.array(slopes)


def shares(process: Process, nodes: FloatArray, factors: Sequence[Sequence[int]]) -> FloatArray:
    """Return first- and total-order indices of factors (2, n_factors) in the mean of a process.

    With A the mean over an input of its bump at each draw and B that of the product of two bumps, the variance of the
    expectation given the inputs u is w' (prod over u of B, over others of A A') w less the square of the mean.
    """
    x, lengths, weights = process.x, process.lengths, process.weights
    square, both = [], []  # of every input: A A', and B
    for place, length in enumerate(lengths):
        bumps = matern(np.abs(nodes[:, place][:, None] - x[:, place]) / length)[0]
        mean = bumps.mean(axis=0)
        square.append(np.outer(mean, mean))
        both.append(bumps.T @ bumps / len(nodes))

    def explained(known: set[int]) -> float:
        whole = np.ones((len(x), len(x)))
        for place in range(len(lengths)):
            whole *= both[place] if place in known else square[place]
        return float(weights @ whole @ weights)

    every = set(range(len(lengths)))
    nothing, all_of_it = explained(set()), explained(every)
    variance = all_of_it - nothing
    first = [explained(set(own)) - nothing for own in factors]
    total = [all_of_it - explained(every - set(own)) for own in factors]
    return np.array([first, total]) / variance


def _analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    if x.shape[1] > MOST_INPUTS:
        raise InputError(
            f"gaussian_process: too many inputs (got {x.shape[1]}); at most {MOST_INPUTS}, or method = surrogate"
        )
    rows, factors = thinned(len(x), MOST_DRAWS, about, "gaussian_process")
    return process_indices(x[rows], y[rows], about.laws, factors, about.jobs)


GAUSSIAN_PROCESS = method_of_fit(
    "gaussian_process",
    "as surrogate, by a Gaussian process with its leave-one-out error: for kinks that polynomials do not follow",
    remarks.GAUSSIAN,
    MOST_DRAWS,
    _analysis,
)
