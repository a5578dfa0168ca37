"""Distance driven by age: element y is what a vehicle drives between its ages y and y + 1."""

from mcsim.kernels._jit import FloatArray, kernel
from mcsim.kernels.maths import power


@kernel
def fill_distance_from_survival(
    survival: FloatArray, exponent: FloatArray, mean_distance: FloatArray, out: FloatArray
) -> None:
    """Fill yearly distances that fall with survival, v(a) = c * S(a)**q, with a given mean over the stationary stock.

    Source: NCST-UCD-RR-24-39, section Lifetime Energy Delivered (q = 1). The stock of constant sales holds S(a)
    vehicles of age a, hence c = mean * sum S / sum S**(1 + q) over whole ages.

    Parameters
    ----------
    survival : ndarray, shape (n, k)
        Survival at ages 0, 1, ..., k - 1 of each draw, down to the oldest vehicles of the stock.
    exponent : ndarray, shape (n,)
        q [-], positive.
    mean_distance : ndarray, shape (n,)
        Mean over the stock [km/yr].
    out : ndarray, shape (n, k)
        Filled: distance in each year of age [km/yr].

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.mileage import fill_distance_from_survival
    >>> out = np.empty((1, 2))
    >>> fill_distance_from_survival(np.array([[1.0, 0.5]]), np.ones(1), np.array([12_500.0]), out)
    >>> out.round(6).tolist()
    [[15000.0, 7500.0]]
    """
    for i in range(out.shape[0]):
        # First v / c = S**q. In a stationary stock of constant sales, S(a) vehicles of each age stand side by side: the
        # stock's mean is sum(S v) / sum(S), and c is whatever makes it the mean that is given.
        for j in range(out.shape[1]):
            out[i, j] = power(survival[i, j], exponent[i])
        vehicles = 0.0
        driven = 0.0
        for j in range(out.shape[1]):
            vehicles += survival[i, j]
            driven += survival[i, j] * out[i, j]
        scale = mean_distance[i] * vehicles / driven
        for j in range(out.shape[1]):
            out[i, j] *= scale
