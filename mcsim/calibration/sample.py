"""Draws of a posterior, by either method: what both give, and the weights of prior draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.calibration.tail import smoothed_weights
from mcsim.study import FloatArray, IntArray

COLLAPSED = 0.7  # k-hat from which weights say nothing; Vehtari et al. (2024), "Pareto smoothed importance sampling"
CHAINS = 4  # blocks of prior draws, each weighed by itself: what they disagree in is Monte Carlo error


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Draws of a posterior.

    Parameters
    ----------
    method : str
        ``importance`` or ``sampler``.
    values : mapping of str to ndarray (chains, draws)
        Inputs that the observations speak of; codes for words.
    cells : ndarray, shape (chains, draws, k)
        Modelled cells of the observations.
    khat : float
        Pareto shape of the weights of the prior draws.
    ess : float
        Effective draws: 1 / sum w^2 of the weights, or the least over the inputs of a sampler's draws.
    evaluations : int
        Of the model, all told.
    """

    method: str
    values: Mapping[str, FloatArray]
    cells: FloatArray
    khat: float
    ess: float
    evaluations: int


def smoothed(log: FloatArray) -> tuple[FloatArray, float]:
    """Return weights (n,) of sum 1 from log weights, their tail smoothed, and the Pareto shape k-hat of that tail.

    Parameters
    ----------
    log : ndarray, shape (n,)
        Log likelihoods of prior draws; -inf has no weight.

    Examples
    --------
    >>> weights, khat = smoothed(np.log(np.arange(1.0, 101.0)))
    >>> bool(weights[99] > weights[0]), khat < 0.7
    (True, True)
    """
    weights = np.zeros(len(log))
    there = np.isfinite(log)
    if not there.any():
        return weights, float("inf")
    with np.errstate(all="ignore"):  # a tail of a draw or two has no shape, which is told as infinite
        found, khat = smoothed_weights(log[there])
        smooth = np.exp(found - found.max())
    if not (np.isfinite(smooth).all() and smooth.sum() > 0 and np.isfinite(khat)):
        smooth, khat = np.exp(log[there] - log[there].max()), float("inf")
    weights[there] = smooth / smooth.sum()
    alike = float(np.ptp(log[there])) == 0.0
    return weights, float("-inf") if alike else float(khat)


def effective(weights: FloatArray) -> float:
    """Return how many equally weighted draws tell as much: 1 / sum w^2 (Kish 1965).

    Examples
    --------
    >>> effective(np.array([0.5, 0.5])), effective(np.array([1.0, 0.0]))
    (2.0, 1.0)
    """
    total = float(weights.sum())
    return total**2 / float((weights**2).sum()) if total > 0 else 0.0


def resampled(weights: FloatArray, count: int, seed: int, name: str) -> IntArray:
    """Return `count` rows drawn by their weights, each as often as its weight says to within one (systematic).

    Examples
    --------
    >>> resampled(np.array([0.25, 0.75]), 4, 1, "x").tolist()
    [0, 1, 1, 1]
    """
    from mcsim.kernels.streams import stream_of, uniforms

    first = uniforms(seed, stream_of(f"resampled/{name}"), 0, 1)[0]
    reached = np.cumsum(weights / weights.sum())
    at = np.searchsorted(reached, (np.arange(count) + first) / count, side="right")
    return np.asarray(np.minimum(at, len(weights) - 1))


def weighed(
    values: Mapping[str, FloatArray], cells: FloatArray, log: FloatArray, count: int, seed: int
) -> tuple[Sample, FloatArray]:
    """Return draws of the posterior from weighed prior draws, and the weights (n,).

    Parameters
    ----------
    values : mapping of str to ndarray (n,)
        Prior draws of the inputs that the observations speak of.
    cells : ndarray, shape (n, k)
        Their modelled cells.
    log : ndarray, shape (n,)
        Their log likelihoods.
    count : int
        Draws wanted.
    seed : int
        Seed of the run.
    """
    weights, khat = smoothed(log)
    each = max(1, count // CHAINS)
    blocks = np.array_split(np.arange(len(log)), CHAINS)
    chosen = []
    for number, block in enumerate(blocks):
        mine = weights[block] if weights[block].sum() > 0 else np.ones(len(block))
        chosen.append(block[resampled(mine, each, seed, str(number))])
    at = np.stack(chosen)
    found = {name: column[at] for name, column in values.items()}
    return Sample("importance", found, cells[at], khat, effective(weights), len(log)), weights
