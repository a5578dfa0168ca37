"""Distance driven by age, and the energy that an ageing pack adds to each kilometre.

Distances are tables by whole year of age: element y is what a vehicle drives between its ages y and y + 1. Parts of a
year count in proportion; years past the end of a table repeat its last one.
"""

import numpy as np

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.maths import power

# A pack that loses more than this share of efficiency is long gone; the bound keeps a division from changing sign.
_LEAST_EFFICIENCY = 0.01


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


@inline_kernel
def cumulative_distance(age: float, annual: FloatArray) -> float:
    """Return the distance driven up to an age.

    Parameters
    ----------
    age : float
        Age [yr].
    annual : ndarray, shape (k,)
        Distance in each year of age [km/yr].

    Returns
    -------
    float
        Distance [km].

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.mileage import cumulative_distance
    >>> annual = np.array([20_000.0, 10_000.0])
    >>> cumulative_distance(1.5, annual), cumulative_distance(4.0, annual)
    (25000.0, 50000.0)
    """
    years = max(age, 0.0)
    whole = min(int(years), annual.size - 1)
    total = 0.0
    for year in range(whole):
        total += annual[year]
    return total + annual[whole] * (years - whole)


@kernel
def fill_cumulative_distance(ages: FloatArray, annual: FloatArray, ratio: FloatArray, out: FloatArray) -> None:
    """Fill the distance driven up to each age, for every draw.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages [yr], rising.
    annual : ndarray, shape (n, k)
        Distance in each year of age [km/yr].
    ratio : ndarray, shape (n,)
        Distance relative to the table [-], such as that of electric to combustion cars.
    out : ndarray, shape (n, at least j)
        Filled [km]; columns past the last age repeat it.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.mileage import fill_cumulative_distance
    >>> out = np.empty((1, 4))
    >>> fill_cumulative_distance(np.array([0.0, 1.5, 4.0]), np.array([[20_000.0, 10_000.0]]), np.array([0.8]), out)
    >>> out.tolist()
    [[0.0, 20000.0, 40000.0, 40000.0]]
    """
    last = annual.shape[1] - 1
    for i in range(out.shape[0]):
        year = 0
        total = 0.0
        for j in range(ages.size):
            while year < last and ages[j] >= year + 1.0:
                total += annual[i, year]
                year += 1
            out[i, j] = ratio[i] * (total + annual[i, year] * (max(ages[j], 0.0) - year))
        out[i, ages.size :] = out[i, ages.size - 1]


@inline_kernel
def age_at_distance(distance: float, annual: FloatArray) -> float:
    """Return the age at which the accumulated distance reaches a threshold, for exports by odometer.

    Parameters
    ----------
    distance : float
        Threshold [km], already divided by a ratio to the table.
    annual : ndarray, shape (k,)
        Distance in each year of age [km/yr].

    Returns
    -------
    float
        Age [yr]; inf where the vehicle no longer moves before it gets there.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.mileage import age_at_distance
    >>> age_at_distance(25_000.0, np.array([20_000.0, 10_000.0]))
    1.5
    """
    last = annual.size - 1
    year = 0
    left = distance
    while year < last and left > annual[year]:
        left -= annual[year]
        year += 1
    if left <= 0.0:
        return float(year)
    return year + left / annual[year] if annual[year] > 0.0 else np.inf


@inline_kernel
def efficiency_factor(pack_age: float, first_efficiency: float, fade: float) -> float:
    """Return the energy per kilometre relative to a new pack, eta(0) / eta(pack age) with eta falling linearly.

    Source of the linear fall: Beckers et al. (2023), arXiv:2308.15828, 0.46 points in 3.5 years (0.0013 /yr). It is in
    points of efficiency, hence subtracted from `first_efficiency`.

    Parameters
    ----------
    pack_age : float
        Age of the pack, 0 when it is replaced [yr].
    first_efficiency : float
        Round-trip efficiency of a new pack [-], in (0, 1].
    fade : float
        Efficiency lost per year [1/yr].

    Returns
    -------
    float
        At least 1 for a fade that is not negative.

    Examples
    --------
    >>> from mcsim.kernels.laws.mileage import efficiency_factor
    >>> efficiency_factor(0.0, 0.95, 0.0013), round(efficiency_factor(10.0, 0.95, 0.0013), 6)
    (1.0, 1.013874)
    """
    return first_efficiency / max(first_efficiency - fade * pack_age, _LEAST_EFFICIENCY * first_efficiency)


@kernel
def fill_efficiency_factor(ages: FloatArray, first_efficiency: FloatArray, fade: FloatArray, out: FloatArray) -> None:
    """Fill the energy per kilometre relative to a new pack at each age of the pack, for every draw.

    Parameters
    ----------
    ages : ndarray, shape (j,)
        Ages of the pack [yr].
    first_efficiency, fade : ndarray, shape (n,)
        See `efficiency_factor`.
    out : ndarray, shape (n, at least j)
        Filled [-]; columns past the last age repeat it.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.mileage import fill_efficiency_factor
    >>> out = np.empty((1, 2))
    >>> fill_efficiency_factor(np.array([0.0, 10.0]), np.array([0.95]), np.array([0.0013]), out)
    >>> out.round(6).tolist()
    [[1.0, 1.013874]]
    """
    for i in range(out.shape[0]):
        for j in range(ages.size):
            out[i, j] = efficiency_factor(ages[j], first_efficiency[i], fade[i])
        out[i, ages.size :] = out[i, ages.size - 1]
