"""Intervals of indices: from resampled rows, as SALib gives them, or from independent scrambles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from mcsim.study import FloatArray

# The skewness of n numbers falls short of that of their law, which they do not reach into: by 1 + 13 / n for an
# exponential law (11 for a gamma law of shape 4, 16 for the square of a normal). Of fewer than 8 it is noise.
_SHORTFALL = 13.0
_FEWEST_FOR_SKEWNESS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A value with its interval, any shape.

    Parameters
    ----------
    value, low, high : ndarray
        The estimate and the two ends of its confidence interval.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def half_width(self) -> FloatArray:
        """Half the width of the interval."""
        return (self.high - self.low) / 2.0


def bootstrap_estimate(resampled: FloatArray, level: float) -> Estimate:
    """Return the first resample with the normal interval of the others' spread, as SALib gives it.

    Parameters
    ----------
    resampled : ndarray, shape (1 + n_resamples, ...)
        The estimate, then its bootstrap replicates.
    level : float
        Probability that the interval should hold the truth.

    Examples
    --------
    >>> round(float(bootstrap_estimate(np.array([0.5, 0.4, 0.6]), 0.95).half_width), 3)
    0.277
    """
    half = NormalDist().inv_cdf(0.5 + level / 2.0) * np.std(resampled[1:], axis=0, ddof=1)
    return Estimate(resampled[0], resampled[0] - half, resampled[0] + half)


def pseudo_values(value: FloatArray, left_out: FloatArray) -> FloatArray:
    """Return what each scramble adds to an estimate: n numbers whose mean is the estimate, but for its small bias.

    An index is a ratio of means, and that of the few rows of one scramble is biased; so an estimate from all rows but
    one scramble's is taken off that from all rows instead. Sources: Tukey (1958), "Bias and confidence in not-quite
    large samples", Ann. Math. Statist. 29, 614; Efron and Tibshirani (1993), "An introduction to the bootstrap",
    chapter 11.

    Parameters
    ----------
    value : ndarray
        The estimate from all rows.
    left_out : ndarray, shape (n, ...)
        The estimates without each scramble.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 6.0])
    >>> pseudo_values(x.mean(), (x.sum() - x) / 2.0)  # of a mean: the numbers themselves
    array([1., 2., 6.])
    """
    n = len(left_out)
    return np.asarray(n * value - (n - 1) * left_out)


def student_estimate(value: FloatArray, pseudo: FloatArray, level: float) -> Estimate:
    """Return an estimate with Student's t interval of its pseudo values.

    Parameters
    ----------
    value : ndarray
        The estimate from all rows.
    pseudo : ndarray, shape (n, ...)
        From `pseudo_values`.
    level : float
        Probability that the interval should hold the truth.

    Examples
    --------
    >>> found = student_estimate(np.array(3.0), np.array([1.0, 2.0, 6.0]), 0.95)
    >>> round(float(found.low), 2), round(float(found.high), 2)
    (-3.57, 9.57)
    """
    half = _quantile(len(pseudo), level) * _standard_error(pseudo)
    return Estimate(value, value - half, value + half)


def skewed_estimate(value: FloatArray, pseudo: FloatArray, level: float) -> Estimate:
    """Return an estimate with an interval that reaches further to the right, as far as its pseudo values do.

    A total-order index is a mean of squares, which products of inputs make very skew: where the few large ones are
    missing, the estimate is low and so is its standard error, and Student's t misses the truth in one case out of four
    instead of twenty. Hall's transformation takes the skewness off before the quantiles of t are read. With a the
    skewness over sqrt(n), f(T) = T + a T**2 / 3 + a**2 T**3 / 27 + a / 6 = ((1 + a T / 3)**3 - 1) / a + a / 6.
    Source: Hall (1992), "On the removal of skewness by transformation", J. R. Statist. Soc. B 54(1), 221-228.

    Parameters
    ----------
    value : ndarray
        The estimate from all rows.
    pseudo : ndarray, shape (n, ...)
        From `pseudo_values`; a skewness to the left is noise, and one of fewer than 8 numbers too.
    level : float
        Probability that the interval should hold the truth.

    Examples
    --------
    >>> found = skewed_estimate(np.array(3.0), np.array([1.0, 2.0, 1.0, 1.0, 2.0, 14.0, 1.0, 2.0]), 0.95)
    >>> round(float(found.low), 1), round(float(found.high), 1)
    (1.2, 10.1)
    """
    n = len(pseudo)
    if n < _FEWEST_FOR_SKEWNESS:
        return student_estimate(value, pseudo, level)
    quantile, error = _quantile(n, level), _standard_error(pseudo)
    third = np.mean((pseudo - pseudo.mean(axis=0)) ** 3, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        skewness = np.where(error > 0.0, third / (error * math.sqrt(n)) ** 3, 0.0)
    # A skewness of nothing would divide by it; one of a millionth moves nothing.
    a = np.maximum(skewness * (1.0 + _SHORTFALL / n) / math.sqrt(n), 1e-6)
    ends = [value - error * 3.0 / a * (np.cbrt(1.0 + a * (q - a / 6.0)) - 1.0) for q in (quantile, -quantile)]
    return Estimate(value, ends[0], ends[1])


def _quantile(n: int, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.5 + level / 2.0))


def _standard_error(pseudo: FloatArray) -> FloatArray:
    return np.asarray(np.std(pseudo, axis=0, ddof=1) / math.sqrt(len(pseudo)))
