"""Whether a calibration can be believed: truths drawn from the prior, observed as the study says, found again."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mcsim.calibration.calibrate import weighing
from mcsim.calibration.cells import CellRows, gather, moved_by
from mcsim.calibration.likelihood import Likelihood, likelihood_of
from mcsim.calibration.sample import COLLAPSED, smoothed
from mcsim.engine.asked import DEFAULT_LIVES, Computed
from mcsim.engine.design import make_design
from mcsim.engine.points import design_columns, values_of
from mcsim.study import FloatArray, Study

TRUTHS = 987_654_321  # seed of the truths: none of a calibration's own
ERRORS = 2026  # and of what observers were off by


class Coverage(NamedTuple):
    """How often the truth was found.

    Parameters
    ----------
    inside : dict of str to float
        Input -> share of the truths within its posterior band.
    collapsed : int
        Truths on which the weights collapsed; these count for nothing in `inside`.
    """

    inside: dict[str, float]
    collapsed: int


def coverage(study: Study, repetitions: int = 200, draws: int = 20_000, level: float = 0.9, seed: int = 1) -> Coverage:
    """Return how often truths lie within the posterior bands of the inputs that observations speak of.

    Each truth is a draw of the prior. Every source is off as the likelihood says, its own offset and errors; from what
    they say the same prior draws are weighed as a calibration weighs them.

    Parameters
    ----------
    study : Study
        With observations, whose values are replaced.
    repetitions : int
        Truths.
    draws : int
        Prior draws.
    level : float
        Of the bands.
    seed : int
        Of the prior draws.

    Examples
    --------
    >>> import mcsim
    >>> found = coverage(mcsim.load("battery-law"), repetitions=20, draws=2000)
    >>> min(found.inside.values()) > 0.5
    True
    """
    study, how = weighing(study), Computed(quiet=True)
    observations = study.calibration.observations
    likelihood = likelihood_of(observations, dict(study.calibration.poolings))
    names = moved_by(study, likelihood, seed, DEFAULT_LIVES, how)
    designs = [make_design("random", design_columns(study), n, s) for n, s in ((draws, seed), (repetitions, TRUTHS))]
    cells, truths = (gather(CellRows(study, design, observations, DEFAULT_LIVES), how) for design in designs)
    prior, true = (values_of(study, design, 0, design.draws) for design in designs)
    seen, found = observed(likelihood, truths), dict.fromkeys(names, 0)
    collapsed = 0
    for row in range(repetitions):
        items = tuple(replace(item, value=float(seen[row, at])) for at, item in enumerate(observations))
        weights, khat = smoothed(replace(likelihood, observations=items).log(cells))
        if khat > COLLAPSED:
            collapsed += 1
            continue
        for name in names:
            # Where the truth stands among the weighed draws: half of its own weight counts as below.
            below = prior[name] < true[name][row]
            same = prior[name] == true[name][row]
            rank = float(weights[below].sum() + 0.5 * weights[same].sum())
            found[name] += abs(rank - 0.5) <= level / 2
    judged = max(1, repetitions - collapsed)
    return Coverage({name: count / judged for name, count in found.items()}, collapsed)


def observed(likelihood: Likelihood, cells: FloatArray) -> FloatArray:
    """Return what sources would say of modelled cells (n, k): each off by an offset of its own, and by errors."""
    generator = np.random.default_rng(ERRORS)
    scaled = likelihood.scaled(cells)
    for group in likelihood.groups:
        taus = generator.choice(group.taus, len(cells))
        for source in group.sources:
            offsets = taus * generator.standard_normal(len(cells))
            errors = generator.standard_normal((len(cells), len(source.columns)))
            scaled[:, source.columns] += offsets[:, np.newaxis] + errors * likelihood.spreads[source.columns]
    return likelihood.unscaled(scaled)
