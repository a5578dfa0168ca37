"""Partial rank correlation: the direction of each input's effect, the others taken out."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from mcsim.ranking.method import Analysis, GivenData, Mark, Measures, Telling
from mcsim.study import FloatArray


def ranked(values: FloatArray) -> FloatArray:
    """Return the ranks of each column, ties shared, shifted to mean 0."""
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=0)
    return np.asarray(ranks - ranks.mean(axis=0))


def partial_rank_correlation(x: FloatArray, y: FloatArray, level: float = 0.95) -> Measures:
    """Return each input's rank correlation with each output, the others' linear part in ranks taken out.

    Source: Marino, Hogue, Ray and Kirschner (2008), "A methodology for performing global uncertainty and sensitivity
    analysis in systems biology", Journal of Theoretical Biology 254, section 2.2; interval by Fisher's z.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    y : ndarray, shape (n, n_values)
        Outputs.
    level : float
        Confidence level.

    Returns
    -------
    dict
        ``prcc``, ``prcc_low``, ``prcc_high``, each (n_inputs, n_values).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).random((500, 2))
    >>> found = partial_rank_correlation(x, (x[:, 0] - x[:, 1])[:, None])
    >>> np.sign(found["prcc"][:, 0])
    array([ 1., -1.])
    """
    a, b = ranked(x), ranked(y)
    a, b = a / np.linalg.norm(a, axis=0), b / np.linalg.norm(b, axis=0)
    inverse = np.linalg.pinv(a.T @ a, hermitian=True)
    slope = inverse @ (a.T @ b)
    # What the inputs leave of an output; rounding can push an exact fit below zero.
    left = np.maximum(1.0 - np.einsum("iv,iv->v", a.T @ b, slope), 1e-15)
    correlation = slope / np.sqrt(left * np.diag(inverse)[:, None] + slope**2)
    correlation = np.clip(correlation, -1.0 + 1e-15, 1.0 - 1e-15)
    freedom = max(len(x) - x.shape[1] - 2, 1)
    half = NormalDist().inv_cdf(0.5 + level / 2.0) / np.sqrt(freedom)
    low, high = np.tanh(np.arctanh(correlation) - half), np.tanh(np.arctanh(correlation) + half)
    return {"prcc": correlation, "prcc_low": low, "prcc_high": high}


def _analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    return partial_rank_correlation(x, y, about.level)


_TELLING = Telling(
    (Mark("prcc", "PRCC", "partial rank correlation"),),
    "Partial rank correlation: how surely the output rises (above zero) or falls (below) with an input, the others "
    "taken out, with 95 % intervals. It says direction, not how much.",
    "Partial rank correlations with 95 % intervals",
    "partial rank correlation",
    of_variance=False,
    signed=True,
)
PRCC = GivenData(
    "prcc", "direction: rank correlation, the others taken out", "prcc", _analysis, by_rank=True, telling=_TELLING
)
