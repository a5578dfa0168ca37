"""Screening by dependence of any kind: the Hilbert-Schmidt independence criterion, with p-values."""

from __future__ import annotations

import numpy as np

from mcsim.ranking.method import Analysis, GivenData, Mark, Measures, Telling
from mcsim.ranking.thinned import chosen_rows, thinned_lines
from mcsim.study import FloatArray, remarks

MOST_DRAWS = 1000  # every pair of them is looked at
_LEVEL = 0.05


def independence_criterion(x: FloatArray, y: FloatArray) -> Measures:
    """Return how far each input and each output depend on one another in any way, and whether chance explains it.

    Means of products of similarities: of two draws in the input, and in the output. Normalised as a correlation is;
    0 where they are independent, and only there. Good for screening with few draws; it shares out no variance.

    Source: Gretton, Bousquet, Smola and Schoelkopf (2005), "Measuring statistical dependence with Hilbert-Schmidt
    norms", ALT, equation (9), V-statistic; Da Veiga (2015), "Global sensitivity analysis with dependence measures",
    J. Stat. Comput. Simul. 85 (R2-HSIC); p-value by the gamma law of Gretton, Fukumizu et al. (2008), "A kernel
    statistical test of independence", NIPS 20, equations (5) to (9). Similarity is Gaussian with the standard deviation
    as its scale.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    y : ndarray, shape (n, n_values)
        Outputs.

    Returns
    -------
    dict
        ``hsic_r2`` and ``hsic_p``, each (n_inputs, n_values).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).uniform(-1.0, 1.0, (300, 2))
    >>> found = independence_criterion(x, x[:, :1] ** 2)
    >>> found["hsic_p"][:, 0] < 0.05
    array([ True, False])
    """
    n, n_inputs = x.shape
    rows = [Similarity.of(column) for column in x.T]
    found = {name: np.empty((n_inputs, y.shape[1])) for name in ("hsic_r2", "hsic_p")}
    for place, column in enumerate(y.T):
        own = Similarity.of(column)
        for number, other in enumerate(rows):
            found["hsic_r2"][number, place] = np.vdot(own.centred, other.centred) / (own.norm * other.norm)
            found["hsic_p"][number, place] = _by_chance(own, other, n)
    return found


class Similarity:
    """Similarities of all pairs of draws in one quantity.

    Parameters
    ----------
    centred : ndarray, shape (n, n)
        Rows and columns with mean 0.
    mean : float
        Of the similarities of two different draws.
    norm : float
        Root of the sum of the squares of `centred`.
    """

    def __init__(self, centred: FloatArray, mean: float):
        self.centred, self.mean, self.norm = centred, mean, float(np.linalg.norm(centred))

    @staticmethod
    def of(values: FloatArray) -> Similarity:
        """Return the similarities of values, which are not all the same."""
        scaled = values / np.std(values, ddof=1)
        alike = np.exp(-0.5 * np.subtract.outer(scaled, scaled) ** 2)
        n = len(values)
        mean = float((alike.sum() - n) / (n * (n - 1)))
        alike -= alike.mean(axis=0)
        alike -= alike.mean(axis=1)[:, None]
        return Similarity(alike, mean)


def _by_chance(one: Similarity, other: Similarity, n: int) -> float:
    """Return how likely independence gives a criterion at least as large."""
    from scipy.special import gammaincc

    statistic = float(np.vdot(one.centred, other.centred)) / n
    mean = (1.0 + one.mean * other.mean - one.mean - other.mean) / n
    products = (one.centred * other.centred) ** 2
    variance = 2.0 * float(products.sum() - np.trace(products)) / (n * (n - 1))
    variance *= (n - 4) * (n - 5) / (n * (n - 1) * (n - 2) * (n - 3))
    # Mean and variance of the criterion, of which the statistic is n times as much.
    shape = mean**2 / variance
    return float(gammaincc(shape, statistic / (variance * n / mean)))


def _analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    rows = chosen_rows(len(x), MOST_DRAWS, about.seed, "hsic")
    return independence_criterion(x[rows], y[rows])


def _inspect(name: str, y: FloatArray, about: Analysis) -> list[str]:
    return thinned_lines(name, "hsic", len(y), MOST_DRAWS)


def _remarks(name: str, measures: Measures) -> list[str]:
    quiet = (measures["hsic_p"] >= _LEVEL).sum(axis=0)
    inputs, elements = measures["hsic_p"].shape
    if elements == 0:
        return []
    return [remarks.NO_DEPENDENCE(output=name, level=f"{_LEVEL:g}", count=int(quiet.min()), total=inputs)]


_TELLING = Telling(
    (Mark("hsic_r2", "dependence", "dependence"), Mark("hsic_p", "p-value", "p-value")),
    "Dependence of any kind between an input and the output (HSIC, as a correlation from 0 to 1), and how likely "
    "draws of an input without effect would show as much (p-value).",
    "Dependence of any kind, and how likely chance shows as much",
    "dependence, p-value",
    of_variance=False,
)
HSIC = GivenData(
    "hsic",
    "screening with few draws: dependence of any kind, with a p-value",
    "hsic_r2",
    _analysis,
    inspect=_inspect,
    remarks=_remarks,
    telling=_TELLING,
)
