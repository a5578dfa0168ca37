"""Whether a calibration can be believed: truths drawn from the prior, observed as the study says, found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcsim.calibration.calibrate import calibrate, weighing
from mcsim.calibration.cells import observed_cells
from mcsim.calibration.likelihood import likelihood_of
from mcsim.engine.asked import DEFAULT_LIVES
from mcsim.engine.design import make_design
from mcsim.engine.points import design_columns, values_of
from mcsim.study import Study

TRUTHS = 987_654_321  # seed of the truths: none of a calibration's own
ERRORS = 2026


def coverage(study: Study, name: str, repetitions: int, draws: int, level: float = 0.9) -> float:
    """Return the share of repetitions in which the truth lies within the posterior band of an input.

    Each repetition draws a truth from the prior, lets every source of every group be off as the likelihood says, makes
    the observations from it, and calibrates on them.

    Parameters
    ----------
    study : Study
        With observations, whose values are replaced.
    name : str
        Input whose band is looked at.
    repetitions : int
        Truths.
    draws : int
        Of each calibration.
    level : float
        Of the band.
    """
    study = weighing(study)
    truths = make_design("random", design_columns(study), repetitions, seed=TRUTHS)
    values = values_of(study, truths, 0, repetitions)
    calibration = study.calibration
    likelihood = likelihood_of(calibration.observations, dict(calibration.poolings))
    numbers = np.arange(repetitions, dtype=np.int64)
    cells, _ = observed_cells(study, calibration.observations, values, numbers, truths.seed, DEFAULT_LIVES)
    generator = np.random.default_rng(ERRORS)
    scaled = likelihood.scaled(cells)
    for group in likelihood.groups:
        for row in range(repetitions):
            tau = generator.choice(group.taus)
            for source in group.sources:
                off = tau * generator.standard_normal()
                errors = likelihood.spreads[source.columns] * generator.standard_normal(len(source.columns))
                scaled[row, source.columns] += off + errors
    seen = likelihood.unscaled(scaled)
    inside = 0
    ends = (0.5 - level / 2, 0.5 + level / 2)
    for row in range(repetitions):
        observed = tuple(replace(item, value=float(seen[row, at])) for at, item in enumerate(calibration.observations))
        one = replace(study, calibration=replace(calibration, observations=observed))
        posterior = calibrate(one, draws=draws, seed=row + 1, jobs=1)
        low, high = np.quantile(posterior.sample.values[name], ends)
        inside += bool(low <= values[name][row] <= high)
    return inside / repetitions
