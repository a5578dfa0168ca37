"""Verdicts, not decimals: influential, not, unresolved or undefined, and in how many resamples a rank holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mcsim.ranking.intervals import Estimate
from mcsim.study import FloatArray

VERDICTS = ("not influential", "unresolved", "influential", "undefined")
NOT, UNRESOLVED, INFLUENTIAL, UNDEFINED = range(4)


def verdicts(total: Estimate, threshold: float) -> FloatArray:
    """Return a code per factor and element, for whether it moves the output by more than what matters.

    A factor is influential when its whole interval lies above the threshold, not influential when the whole interval
    lies below, unresolved when the interval holds the threshold, and undefined when the output is constant.

    Parameters
    ----------
    total : Estimate
        Total-order index, shape (n_factors, ...).
    threshold : float
        Share of the variance that matters.

    Returns
    -------
    ndarray, shape (n_factors, ...)
        Positions in `VERDICTS`, as floats.

    Examples
    --------
    >>> import numpy as np
    >>> total = Estimate(np.array([0.5, 0.06, 0.0]), np.array([0.4, 0.01, 0.0]), np.array([0.6, 0.11, 0.01]))
    >>> found = verdicts(total, 0.05)
    >>> [VERDICTS[int(code)] for code in found]
    ['influential', 'unresolved', 'not influential']
    """
    codes = np.full(total.value.shape, float(UNRESOLVED))
    codes[np.broadcast_to(total.low > threshold, codes.shape)] = INFLUENTIAL
    codes[np.broadcast_to(total.high < threshold, codes.shape)] = NOT
    codes[~np.isfinite(total.value)] = UNDEFINED
    return codes


_RANKED = 1 << 16  # numbers that are ordered at a time


def ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each factor along the last-but-one axis, 1 for the largest; earlier factors win ties.

    Examples
    --------
    >>> import numpy as np
    >>> ranks(np.array([[0.1], [0.7], [0.2]]))[:, 0]
    array([3., 1., 2.])
    """
    order = np.argsort(-values, axis=-2, kind="stable")
    found = np.empty(values.shape)
    places = np.arange(1.0, values.shape[-2] + 1.0)
    np.put_along_axis(found, order, places[:, np.newaxis], axis=-2)
    return found


def rank_shares(resampled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each factor's rank and the share of resamples in which it has that rank.

    Parameters
    ----------
    resampled : ndarray, shape (1 + n_resamples, n_factors, n_values)
        The estimate, then its resamples.

    Returns
    -------
    tuple of two ndarrays, shape (n_factors, n_values)
        Rank and that share, which is no probability that the rank is right; NaN where the output is constant, and the
        share where there are no resamples.
    """
    with np.errstate(invalid="ignore"):
        own = ranks(resampled[0])
        # Some resamples at a time: all at once would need as much memory again as the resamples themselves.
        step, hits = max(1, _RANKED // own.size), np.zeros(own.shape)
        for first in range(1, len(resampled), step):
            hits += (ranks(resampled[first : first + step]) == own).sum(axis=0)
    undefined, resamples = ~np.isfinite(resampled[0]), len(resampled) - 1
    share = hits / resamples if resamples > 0 else np.full(own.shape, np.nan)
    return np.where(undefined, np.nan, own), np.where(undefined, np.nan, share)


def sentence(row: Mapping[Any, Any], dims: list[str], order_by: str) -> str:
    """Return one row of a ranking as plain words.

    Examples
    --------
    >>> row = {"input": "x1", "ST": 0.5, "ST_low": 0.4, "ST_high": 0.6, "verdict": "influential"}
    >>> sentence(row, [], "ST")
    'x1: ST 0.50 (0.40 to 0.60), influential'
    """
    place = " ".join(f"{name}={row[name]}" for name in dims)
    lead = f"{place}: {row['input']}" if place else str(row["input"])
    value = float(row.get(order_by, math.nan))
    if not math.isfinite(value):
        return f"{lead}: undefined, since the output does not vary"
    low, high = row.get(f"{order_by}_low", math.nan), row.get(f"{order_by}_high", math.nan)
    if value == 0.0 and row.get("verdict") != VERDICTS[UNRESOLVED]:
        return f"{lead}: no effect"
    text = f"{lead}: {order_by} {value:.2f}"
    if math.isfinite(low):
        text += f" ({low:.2f} to {high:.2f})"
    elif f"{order_by}_low" in row and "verdict" in row:
        text += " (no interval)"
    text += ", not distinguishable from 0" if low <= 0.0 <= high else ""
    if "verdict" in row:
        text += f", {row['verdict']}"
    if order_by == "ST" and math.isfinite(row.get("S1_low", math.nan)):
        alone = "not distinguishable from 0" if row["S1_low"] <= 0.0 <= row["S1_high"] else f"{row['S1']:.2f}"
        text += f"; S1 {alone}"
    if math.isfinite(row.get("rank_share", math.nan)):
        text += f"; rank {row['rank']:.0f} in {100.0 * row['rank_share']:.0f} % of resamples"
    return text
