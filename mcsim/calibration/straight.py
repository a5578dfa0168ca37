"""Where the posterior lies if observed cells are straight lines in the scores: what a sampler proposes from.

With cells a + B x, scores x of a standard normal prior and errors of covariance R, the posterior of x is normal with
precision 1 + B' R^-1 B. Lines are fitted to the prior draws first, then where the last posterior was, until they hold
there; what a line misses counts as error. The result is a proposal only: what is accepted is decided by the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mcsim.calibration.likelihood import Likelihood
from mcsim.study import FloatArray

ROUNDS = 5
POINTS = 8  # new points of a round, per score
LEAST = 200
WIDER = 1.1  # a proposal narrower than its target loses the tails
STEPS = (0.3, 0.6, 1.0)  # of the moves, equally often; 1 forgets where it was


class Normal(NamedTuple):
    """A normal distribution of scores: mean (D,) and lower Cholesky factor of the covariance (D, D)."""

    mean: FloatArray
    factor: FloatArray

    def draws(self, n: int, generator: np.random.RandomState) -> FloatArray:
        """Return n draws, (n, D)."""
        return np.asarray(self.mean + generator.standard_normal((n, len(self.mean))) @ self.factor.T)

    def log(self, scores: FloatArray) -> FloatArray:
        """Return the log density (n,), but for a constant."""
        away = np.linalg.solve(self.factor, (scores - self.mean).T)
        return np.asarray(-0.5 * (away**2).sum(axis=0))


def straightened(
    likelihood: Likelihood, scores: FloatArray, cells: FloatArray, more: Callable[[FloatArray], FloatArray], seed: int
) -> Normal:
    """Return the posterior of straight lines through the cells.

    Parameters
    ----------
    likelihood : Likelihood
        What is met.
    scores, cells : ndarray, shape (n, D) and (n, k)
        Of prior draws.
    more : callable
        Scores -> cells, of the model.
    seed : int
        Seed of the run.
    """
    generator = np.random.RandomState(seed % 2**32)
    found = fitted(likelihood, scores, cells)
    for _ in range(ROUNDS):
        scores = found.draws(max(LEAST, POINTS * scores.shape[1]), generator)
        found = fitted(likelihood, scores, more(scores))
    return found


def fitted(likelihood: Likelihood, scores: FloatArray, cells: FloatArray) -> Normal:
    """Return the posterior of the straight lines that fit the cells (n, k) at some scores (n, D) best."""
    scaled = likelihood.scaled(cells)
    whole = np.isfinite(scaled).all(axis=1)
    x, y = scores[whole], scaled[whole]
    centre, middle = x.mean(axis=0), y.mean(axis=0)
    # A little of the prior's own weight keeps a fit to few points from running away.
    slopes = np.linalg.solve((x - centre).T @ (x - centre) + 1e-6 * np.eye(x.shape[1]), (x - centre).T @ (y - middle))
    missed = (y - middle - (x - centre) @ slopes).var(axis=0)
    precision = np.linalg.inv(errors(likelihood) + np.diag(missed))
    observed = likelihood.scaled(np.array([[item.value for item in likelihood.observations]]))[0]
    there = np.eye(x.shape[1]) + slopes @ precision @ slopes.T
    covariance = np.linalg.inv(there)
    mean = covariance @ slopes @ precision @ (observed - middle + centre @ slopes)
    factor = np.linalg.cholesky(0.5 * (covariance + covariance.T))
    return Normal(mean, np.asarray(factor, np.float64))


def learned(scores: FloatArray) -> Normal:
    """Return the normal distribution of scores (n, D) that a sampler has found, a little wider than they are."""
    covariance = np.cov(scores, rowvar=False).reshape(scores.shape[1], -1)
    factor = np.linalg.cholesky(WIDER**2 * covariance + 1e-9 * np.eye(len(covariance)))
    return Normal(scores.mean(axis=0), np.asarray(factor, np.float64))


def errors(likelihood: Likelihood) -> FloatArray:
    """Return the covariance (k, k) of the observations' errors, the offset that a source shares at its mean square."""
    found = np.diag(likelihood.spreads**2)
    for group in likelihood.groups:
        square = float((group.taus**2).mean())
        for source in group.sources:
            found[np.ix_(source.columns, source.columns)] += square
    return np.asarray(found, np.float64)


def proposal(around: Normal) -> Callable[[FloatArray, np.random.RandomState], tuple[FloatArray, FloatArray]]:
    """Return a move for `emcee.moves.MHMove` that leaves a normal distribution as it is.

    x' = m + sqrt(1 - s^2) (x - m) + s e with e ~ N(0, C): reversible with respect to N(m, C), so that a step is
    accepted by how the posterior differs from it, however many scores there are. Source: Cotter, Roberts, Stuart and
    White (2013), "MCMC Methods for Functions", Stat. Sci. 28(3), 424-446.
    """

    def move(at: FloatArray, generator: np.random.RandomState) -> tuple[FloatArray, FloatArray]:
        step = STEPS[generator.randint(len(STEPS))]
        noise = generator.standard_normal(at.shape) @ around.factor.T
        there = around.mean + np.sqrt(1.0 - step**2) * (at - around.mean) + step * noise
        return there, around.log(at) - around.log(there)

    return move
