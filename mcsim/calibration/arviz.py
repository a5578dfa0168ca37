"""The one place that asks ArviZ: of its packages the light one of statistics on arrays (NumPy and SciPy alone)."""

from __future__ import annotations

from typing import Any

from mcsim.study import FloatArray


def _statistics() -> Any:
    from importlib import import_module

    return import_module("arviz_stats.base").array_stats


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
