"""The one place that asks ArviZ: of its packages the light one of statistics on arrays (NumPy and SciPy alone)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcsim.study import FloatArray


def _statistics() -> Any:
    from importlib import import_module

    return import_module("arviz_stats.base").array_stats


def smoothed_weights(log: FloatArray) -> tuple[FloatArray, float]:
    """Return Pareto smoothed log weights (n,) and the shape k-hat of their tail, from log weights (n,)."""
    # ArviZ takes log likelihoods of points left out, whose negative are the log weights.
    weights, khat = _statistics().psislw(-log)
    return np.asarray(weights, np.float64), float(khat)


def r_hat(draws: FloatArray) -> float:
    """Return the rank-normalised r-hat of draws (chains, draws)."""
    return float(_statistics().rhat(draws, chain_axis=0, draw_axis=1))


def effective_draws(draws: FloatArray) -> float:
    """Return the effective number of draws (chains, draws) for what lies in the bulk."""
    return float(_statistics().ess(draws, chain_axis=0, draw_axis=1))


def left_out(log: FloatArray) -> tuple[float, float]:
    """Return the log predictive density of a point left out and its k-hat, from its log likelihood (chains, draws)."""
    density, khat, _ = _statistics().loo(log, chain_axis=0, draw_axis=1)
    return float(density), float(khat)
