"""The sampler's proposal: the posterior of straight lines is exact, and its moves leave it as it is."""

import numpy as np
from emcee import EnsembleSampler
from emcee.moves import MHMove

from mcsim.calibration.likelihood import Group, Likelihood, Source
from mcsim.calibration.straight import Normal, errors, fitted, proposal, straightened


class Seen:
    """As much of an observation as a likelihood reads."""

    def __init__(self, value, spread):
        self.value, self.spread, self.lognormal = value, spread, False


SEEN = (Seen(1.0, 0.5), Seen(-0.5, 0.2), Seen(0.3, 0.4))
SLOPES = np.array([[1.0, 0.0, 0.5], [0.3, 2.0, 0.0], [0.0, 0.0, 1.0], [0.1, 0.4, 0.0]])


def likelihood(taus=(0.0,)):
    precision = np.array([item.spread**-2.0 for item in SEEN])
    sources = (Source("a", np.array([0, 1]), precision[:2]), Source("b", np.array([2]), precision[2:]))
    return Likelihood(SEEN, (Group("g", np.arange(3), sources, np.array(taus)),))


def lines(scores):
    return 0.2 + scores @ SLOPES


def exact(covariance):
    """Return the posterior of lines under a standard normal prior, by joint normality."""
    gain = SLOPES @ np.linalg.inv(SLOPES.T @ SLOPES + covariance)
    mean = gain @ (np.array([item.value for item in SEEN]) - 0.2)
    return mean, np.eye(4) - gain @ SLOPES.T


def test_of_lines_the_posterior_is_exact():
    scores = np.random.RandomState(1).standard_normal((400, 4))
    for taus in ((0.0,), (0.1, 0.7)):
        mean, covariance = exact(errors(likelihood(taus)))
        for found in (
            fitted(likelihood(taus), scores, lines(scores)),
            straightened(likelihood(taus), scores, lines(scores), lines, 3),
        ):
            np.testing.assert_allclose(found.mean, mean, atol=1e-6)
            np.testing.assert_allclose(found.factor @ found.factor.T, covariance, atol=1e-6)


def test_a_source_that_is_off_shares_its_offset():
    found = errors(likelihood((0.3, 0.4)))
    square = 0.5 * (0.3**2 + 0.4**2)
    expected = np.diag([0.25, 0.04, 0.16]) + square * np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    np.testing.assert_allclose(found, expected)


def test_draws_that_failed_are_left_out():
    scores = np.random.RandomState(1).standard_normal((400, 4))
    cells = lines(scores)
    cells[::7, 1] = np.nan
    np.testing.assert_allclose(fitted(likelihood(), scores, cells).mean, exact(errors(likelihood()))[0], atol=1e-6)


def test_moves_find_a_target_that_differs_from_what_they_propose_from():
    """Target: N(0.5, 0.8^2) in each of 4 scores; proposed from N(0, 1) with a slant."""
    factor = np.linalg.cholesky(np.eye(4) + 0.2)
    moves = [MHMove(proposal(Normal(np.zeros(4), factor)))]
    ensemble = EnsembleSampler(
        40, 4, lambda at: -0.5 * (((at - 0.5) / 0.8) ** 2).sum(axis=1), moves=moves, vectorize=True
    )
    ensemble.random_state = np.random.RandomState(5).get_state()
    ensemble.run_mcmc(np.random.RandomState(6).standard_normal((40, 4)), 1500, skip_initial_state_check=True)
    chain = ensemble.get_chain(discard=100, flat=True)
    np.testing.assert_allclose(chain.mean(axis=0), 0.5, atol=0.03)
    np.testing.assert_allclose(chain.std(axis=0), 0.8, atol=0.03)
    assert 0.2 < ensemble.acceptance_fraction.mean() < 0.95
