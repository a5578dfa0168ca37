"""State-of-health triage: which share of retired packs passes a threshold, and how much capacity those have left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from mcsim.kernels.laws.health import fill_state_of_health
from mcsim.study import FloatArray

AGES = np.arange(0.5, 40.5)  # middles of the years of age at which packs retire


def retirement_weights(median: FloatArray, shape: FloatArray) -> FloatArray:
    """Return the share of packs that retire in each year of age: Weibull about its median.

    Parameters
    ----------
    median : ndarray, shape (n,)
        Median age at retirement [yr].
    shape : ndarray, shape (n,)
        Weibull shape [-].

    Returns
    -------
    ndarray, shape (n, 40)
        Sums to 1: what lies beyond 40 years belongs to the last year.

    Examples
    --------
    >>> weights = retirement_weights(np.array([13.0]), np.array([4.0]))
    >>> round(float(weights[0, :13].sum()), 6), round(float(weights.sum()), 12)
    (0.5, 1.0)
    """
    edges = np.arange(len(AGES) + 1.0)
    survival = np.exp(-np.log(2.0) * (edges / median[:, None]) ** shape[:, None])
    survival[:, -1] = 0.0
    return np.asarray(survival[:, :-1] - survival[:, 1:])


def mean_health_by_age(degradation: FloatArray, knee_age: FloatArray, knee_sharpness: FloatArray) -> FloatArray:
    """Return the mean state of health at `AGES`, shape (n, 40): linear loss, exponential after the knee.

    Source: NCST-UCD-RR-24-39, equation (2), in the continuous reading (`mcsim.kernels.laws.health`).
    """
    one = np.ones_like(degradation)
    health = np.empty((len(degradation), len(AGES)))
    fill_state_of_health(AGES, degradation, one, knee_age, one, knee_sharpness, 0, 0.0, health)
    return health


@dataclass(frozen=True, slots=True, eq=False)
class Triage:
    """Packs at retirement: weights and mean state of health by age (n, ages), spread among packs (n,)."""

    weights: FloatArray
    health: FloatArray
    spread: FloatArray

    def share_above(self, threshold: FloatArray) -> FloatArray:
        """Return the share of packs with a state of health above a threshold (n,).

        Examples
        --------
        >>> one = np.ones((1, 1))
        >>> triage = Triage(one, 0.8 * one, np.array([0.05]))
        >>> triage.share_above(np.array([0.7])).round(4).tolist()
        [0.9772]
        """
        above = ndtr((self.health - threshold[:, None]) / self.spread[:, None])
        return np.asarray((self.weights * above).sum(axis=1))

    def mean_above(self, threshold: FloatArray) -> FloatArray:
        """Return the mean state of health of the packs above a threshold (n,); the threshold where there are none.

        Mean of a normal above a cut: ``mu + sigma phi(z) / Phi(z)`` with ``z = (mu - cut) / sigma``, by age.
        """
        z = (self.health - threshold[:, None]) / self.spread[:, None]
        above = self.weights * ndtr(z)
        density = self.weights * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
        capacity = (above * self.health + self.spread[:, None] * density).sum(axis=1)
        share = above.sum(axis=1)
        mean = np.divide(capacity, share, out=threshold.astype(float).copy(), where=share > 1e-12)
        return np.asarray(np.clip(mean, threshold, 1.0))
