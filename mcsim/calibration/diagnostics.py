"""What is told of a posterior's draws: r-hat, effective draws, the observations left out one source at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mcsim.calibration import arviz
from mcsim.calibration.likelihood import Likelihood, offset, source_log
from mcsim.calibration.sample import Sample
from mcsim.study import FloatArray, Study

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.025, 0.5, 0.975)


def inputs_table(study: Study, sample: Sample, prior: Mapping[str, FloatArray]) -> pd.DataFrame:
    """Return a row per input that the observations speak of: prior and posterior, what is left of the width, r-hat.

    Parameters
    ----------
    study : Study
        Declares units; an option that is weighed has codes, and its words' weights in `words_table`.
    sample : Sample
        The posterior.
    prior : mapping of str to ndarray (n,)
        Prior draws of the same inputs.
    """
    import pandas as pd

    declared = {item.name: item for item in study.inputs}
    rows = []
    for name, draws in sample.values.items():
        before, after = np.quantile(prior[name], QUANTILES), np.quantile(draws, QUANTILES)
        width = before[2] - before[0]
        effective = arviz.effective_draws(draws)
        rows.append(
            {
                "input": name,
                "unit": declared[name].unit,
                **dict(zip(("prior_p2.5", "prior_p50", "prior_p97.5"), before.tolist(), strict=True)),
                **dict(zip(("p2.5", "p50", "p97.5"), after.tolist(), strict=True)),
                "width": (after[2] - after[0]) / width if width > 0 else np.nan,
                "r_hat": arviz.r_hat(draws),
                # Draws that were resampled repeat: their weights tell how many there are, their autocorrelation not.
                "ess": min(effective, sample.ess) if np.isfinite(sample.ess) else effective,
            }
        )
    return pd.DataFrame(rows)


def words_table(study: Study, sample: Sample) -> pd.DataFrame:
    """Return the probability of every word of an uncertain option, before and after."""
    import pandas as pd

    rows = []
    for item in study.inputs:
        labels = getattr(item.distribution, "labels", ())
        if item.name not in sample.values or not labels:
            continue
        codes = sample.values[item.name]
        before = np.diff([0.0, *item.distribution.cdf(np.arange(len(labels)))])
        for code, word in enumerate(labels):
            rows.append(
                {"option": item.name, "word": word, "prior": before[code], "posterior": float((codes == code).mean())}
            )
    return pd.DataFrame(rows, columns=["option", "word", "prior", "posterior"])


class Told(NamedTuple):
    """What the posterior says of the observations; arrays (chains, draws, ...)."""

    taus: FloatArray
    log: dict[str, FloatArray]  # group -> (chains, draws, sources)
    predicted: FloatArray  # (chains, draws, k): what the sources would say again


def told(likelihood: Likelihood, cells: FloatArray, seed: int, posterior: bool = True) -> Told:
    """Return spreads between sources, log likelihoods by source and replicated observations of draws.

    Parameters
    ----------
    likelihood : Likelihood
        What was observed.
    cells : ndarray, shape (chains, draws, k)
        Modelled cells.
    seed : int
        Of the random numbers, which are keyed.
    posterior : bool
        Offsets and spreads as the observations leave them; False as they were before.
    """
    from mcsim.kernels.streams import stream_of, uniforms

    shape = cells.shape[:2]
    flat = cells.reshape(-1, cells.shape[2])
    n = len(flat)

    def normal(what: str) -> FloatArray:
        from scipy.special import ndtri

        return np.asarray(ndtri(uniforms(seed, stream_of(f"calibration/{posterior}/{what}"), 0, n)))

    unit = np.column_stack(
        [uniforms(seed, stream_of(f"calibration/{posterior}/tau/{group.name}"), 0, n) for group in likelihood.groups]
    )
    taus = likelihood.taus(flat, unit) if posterior else _prior_taus(likelihood, unit)
    residuals = likelihood.residuals(flat)
    log, predicted = {}, likelihood.scaled(flat)
    for place, group in enumerate(likelihood.groups):
        tau = taus[:, place]
        by_source = [source_log(source, residuals, tau[:, np.newaxis])[:, 0] for source in group.sources]
        log[group.name] = np.stack(by_source, axis=1).reshape(*shape, -1)
        for source in group.sources:
            mean, sd = offset(source, residuals, tau) if posterior else (np.zeros(n), tau)
            shift = mean + sd * normal(f"offset/{group.name}/{source.name}")
            for column in source.columns.tolist():
                error = likelihood.spreads[column] * normal(f"error/{column}")
                predicted[:, column] += shift + error
    return Told(taus.reshape(*shape, -1), log, likelihood.unscaled(predicted).reshape(cells.shape))


def _prior_taus(likelihood: Likelihood, unit: FloatArray) -> FloatArray:
    return np.column_stack(
        [
            group.taus[np.minimum((unit[:, place] * len(group.taus)).astype(np.int64), len(group.taus) - 1)]
            for place, group in enumerate(likelihood.groups)
        ]
    )


def left_out(likelihood: Likelihood, log: Mapping[str, FloatArray]) -> pd.DataFrame:
    """Return a row per source: its log predictive density where it is left out, by PSIS-LOO, and its k-hat."""
    import pandas as pd

    rows = []
    for group in likelihood.groups:
        for place, source in enumerate(group.sources):
            draws = log[group.name][:, :, place]
            density, khat = arviz.left_out(draws)
            rows.append(
                {
                    "group": group.name,
                    "source": source.name,
                    "observations": len(source.columns),
                    "elpd_loo": density,
                    "khat": khat,
                }
            )
    return pd.DataFrame(rows)
