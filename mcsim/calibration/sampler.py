"""A sampler where weights collapse: an ensemble of walkers (emcee) over standard normal scores of the unit cube.

The prior of a score is standard normal, whatever an input's distribution: the walkers have no walls, an option's words
are stretches of its score, and rank correlations stay as they are. Source of the moves: ter Braak (2006),
"A Markov Chain Monte Carlo version of the genetic algorithm Differential Evolution", Stat. Comput. 16(3), and Goodman
and Weare (2010), "Ensemble samplers with affine invariance", Comm. App. Math. Comp. Sci. 5(1). These lose their way
where many inputs are sampled; most moves are therefore those of `mcsim.calibration.straight`, whose length does not
depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from mcsim.calibration.cells import observed_cells
from mcsim.calibration.likelihood import Likelihood
from mcsim.calibration.sample import Sample, resampled, smoothed
from mcsim.calibration.straight import Normal, learned, proposal, straightened
from mcsim.engine.points import design_columns, transform
from mcsim.engine.work import call_rows
from mcsim.study import FloatArray, Study

FEWEST_WALKERS = 48
WARM_UP = 0.4  # share of the steps that is forgotten
EDGE = 1e-12  # a score's distance from the ends of the unit cube
BEGIN = 0.05  # what walkers that begin at one draw are moved apart, in standard deviations


class Cells:
    """Log posterior of scores (n, D), and the modelled cells that it came from.

    Parameters
    ----------
    study : Study
        What is evaluated.
    likelihood : Likelihood
        What is met.
    names : tuple of str
        Inputs that are sampled; all others stand at their medians.
    seed, lives : int
        For models that sample lives: every point is the same draw, so that chance is no difference between points.
    """

    def __init__(self, study: Study, likelihood: Likelihood, names: tuple[str, ...], seed: int, lives: int) -> None:
        self.study, self.likelihood, self.seed, self.lives = study, likelihood, seed, lives
        self._columns = design_columns(study)
        self._places = [self._columns.index(name) for name in names]
        self._rows = call_rows(study)
        self.evaluations = 0

    def values(self, scores: FloatArray) -> dict[str, FloatArray]:
        """Return the values of all inputs at scores."""
        unit = np.full((len(scores), len(self._columns)), 0.5)
        unit[:, self._places] = np.clip(ndtr(scores), EDGE, 1.0 - EDGE)
        return transform(self.study, unit, self._columns)

    def __call__(self, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log posterior (n,) and the cells (n, k), which an ensemble keeps beside it."""
        self.evaluations += len(scores)
        values, parts = self.values(scores), []
        for low in range(0, len(scores), self._rows):
            some = {name: column[low : low + self._rows] for name, column in values.items()}
            draws = np.zeros(len(scores[low : low + self._rows]), np.int64)
            cells, _ = observed_cells(self.study, self.likelihood.observations, some, draws, self.seed, self.lives)
            parts.append(cells)
        found = np.concatenate(parts)
        return self.likelihood.log(found) - 0.5 * (scores**2).sum(axis=1), found


def walked(
    cells: Cells, names: tuple[str, ...], start: tuple[FloatArray, FloatArray, FloatArray], evaluations: int, seed: int
) -> Sample:
    """Return draws of the posterior, a chain for each walker.

    Parameters
    ----------
    cells : Cells
        Log posterior.
    names : tuple of str
        Inputs that are sampled.
    start : (ndarray (n, D), ndarray (n, k), ndarray (n,))
        Prior draws in the unit cube, their cells and log likelihoods: walkers begin where these are likely.
    evaluations : int
        Of the model, at most.
    seed : int
        Seed of the run.
    """
    dims = len(names)
    # As few as the stretch move takes: a long chain tells more than a wide one.
    walkers = max(FEWEST_WALKERS, 2 * dims + 2)
    steps = max(50, evaluations // walkers)
    unit, seen, log = start
    weights, khat = smoothed(log)
    # Weights that collapse would put all walkers on one draw: a flatter likelihood spreads them.
    flat, power = weights, 1.0
    while (flat**2).sum() * 2 * walkers > 1.0 and power > 1e-6:
        power /= 2.0
        flat = smoothed(np.where(np.isfinite(log), power * log, -np.inf))[0]
    generator = np.random.RandomState(seed % 2**32)
    at = resampled(flat, walkers, seed, "walkers")
    scores = ndtri(np.clip(unit, EDGE, 1.0 - EDGE))
    first = scores[at] + BEGIN * generator.standard_normal((walkers, dims))
    around = straightened(cells.likelihood, scores, seen, lambda there: cells(there)[1], seed)
    # What the first steps found stands in for the straight lines in the later ones; the first are forgotten.
    learning = int(WARM_UP * steps)
    early = _ensemble(cells, around, walkers, generator.get_state())
    state = early.run_mcmc(first, learning, skip_initial_state_check=True)
    near = early.get_chain(discard=learning // 2, flat=True)
    late = _ensemble(cells, learned(near), walkers, early.random_state)
    late.run_mcmc(state, steps - learning, skip_initial_state_check=True)
    chain = np.swapaxes(late.get_chain(), 0, 1)
    found = np.swapaxes(late.get_blobs(), 0, 1)
    shape = chain.shape[:2]
    values = cells.values(chain.reshape(-1, dims))
    kept = {name: values[name].reshape(shape) for name in names}
    # emcee drops the axis of a single cell.
    modelled = np.asarray(found, np.float64).reshape(*shape, -1)
    return Sample("sampler", kept, modelled, khat, np.nan, cells.evaluations)


def _ensemble(cells: Cells, around: Normal, walkers: int, chance: Any) -> Any:
    """Return walkers whose moves are mostly proposed from a normal distribution."""
    import emcee

    moves = [
        (emcee.moves.MHMove(proposal(around)), 0.6),
        (emcee.moves.DEMove(), 0.25),
        (emcee.moves.DESnookerMove(), 0.05),
        (emcee.moves.StretchMove(), 0.1),
    ]
    ensemble = emcee.EnsembleSampler(walkers, len(around.mean), _blobbed(cells), moves=moves, vectorize=True)
    ensemble.random_state = chance
    return ensemble


def _blobbed(cells: Cells) -> Callable[[FloatArray], FloatArray]:
    """Return the log posterior with the cells behind it, a row per walker, as emcee takes blobs."""

    def log_posterior(scores: FloatArray) -> FloatArray:
        log, found = cells(scores)
        return np.column_stack([log, found])

    return log_posterior
