"""Impact of a delivered kilowatt-hour by calendar year: mix of sources, factor of each, losses on the way.

One region at a time; the caller loops over regions. The mix moves with the year, the factors of the sources do not, and
years beyond the last one known hold its value.
"""

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel


@inline_kernel
def share_between(low: float, central: float, high: float, position: float) -> float:
    """Return the share of a source at a position between three projections, linear on either side of the central one.

    Parameters
    ----------
    low, central, high : float
        Shares of the three projections [-].
    position : float
        0 is `low`, 1/2 `central`, 1 `high`.

    Returns
    -------
    float
        Share [-].

    Examples
    --------
    >>> from mcsim.kernels.laws.grid import share_between
    >>> share_between(0.2, 0.4, 0.8, 0.5), round(share_between(0.2, 0.4, 0.8, 0.75), 12)
    (0.4, 0.6)
    """
    below = low + (central - low) * (2.0 * position)
    above = central + (high - central) * (2.0 * position - 1.0)
    return below if position < 0.5 else above


@kernel
def fill_mix_between(
    low: FloatArray, central: FloatArray, high: FloatArray, position: FloatArray, out: FloatArray
) -> None:
    """Fill the mix of every draw at its position between three projections, its shares adding up to 1.

    Parameters
    ----------
    low, central, high : ndarray, shape (y, s)
        Shares by year and source of the three projections [-].
    position : ndarray, shape (n,)
        Position of each draw in [0, 1], the same in all years.
    out : ndarray, shape (n, y, s)
        Filled [-]; a year whose shares are all 0 stays 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.grid import fill_mix_between
    >>> out = np.empty((1, 1, 2))
    >>> shares = [np.array([[0.6, 0.4]]), np.array([[0.4, 0.6]]), np.array([[0.1, 0.8]])]
    >>> fill_mix_between(*shares, np.array([1.0]), out)
    >>> out.round(6).tolist()
    [[[0.111111, 0.888889]]]
    """
    for i in range(out.shape[0]):
        for year in range(out.shape[1]):
            total = 0.0
            for source in range(out.shape[2]):
                share = share_between(low[year, source], central[year, source], high[year, source], position[i])
                # A table may hold a share of -1e-5 from rounding; a mix may not.
                share = max(share, 0.0)
                out[i, year, source] = share
                total += share
            for source in range(out.shape[2]):
                out[i, year, source] /= total if total > 0.0 else 1.0


@kernel
def fill_years(known_years: FloatArray, values: FloatArray, years: FloatArray, out: FloatArray) -> None:
    """Fill values for every year from those of known years: linear between, held before the first and after the last.

    Parameters
    ----------
    known_years : ndarray, shape (k,)
        Years with values, rising.
    values : ndarray, shape (n, k, m)
        Values of each draw in the known years.
    years : ndarray, shape (y,)
        Years asked for.
    out : ndarray, shape (n, y, m)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.grid import fill_years
    >>> out = np.empty((1, 4, 1))
    >>> values = np.array([[[0.4], [0.2]]])
    >>> fill_years(np.array([2020.0, 2030.0]), values, np.array([2010.0, 2020.0, 2025.0, 2060.0]), out)
    >>> out[0, :, 0].round(6).tolist()
    [0.4, 0.4, 0.3, 0.2]
    """
    last = known_years.size - 1
    for j in range(years.size):
        after = 0
        while after < last and known_years[after] < years[j]:
            after += 1
        before = max(after - 1, 0)
        gap = known_years[after] - known_years[before]
        weight = (years[j] - known_years[before]) / gap if gap > 0.0 else 0.0
        weight = min(max(weight, 0.0), 1.0)
        for i in range(out.shape[0]):
            for k in range(out.shape[2]):
                out[i, j, k] = values[i, before, k] + (values[i, after, k] - values[i, before, k]) * weight


@kernel
def fill_intensity(mix: FloatArray, factor: FloatArray, loss: FloatArray, out: FloatArray) -> None:
    """Fill the impact of a delivered kilowatt-hour, the sum over sources of mix * factor over (1 - loss).

    Parameters
    ----------
    mix : ndarray, shape (n, y, s)
        Share of each source in each year [-].
    factor : ndarray, shape (n, s, c)
        Impact of a kilowatt-hour of each source by category [unit of the category / kWh].
    loss : ndarray, shape (n, y)
        Share of the electricity lost between plant and plug [-], below 1.
    out : ndarray, shape (n, at least y, c)
        Filled [unit of the category / kWh]; years past the last one of the mix repeat it.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.laws.grid import fill_intensity
    >>> out = np.empty((1, 2, 1))
    >>> fill_intensity(np.array([[[0.5, 0.5]]]), np.array([[[1.0], [0.0]]]), np.array([[0.05]]), out)
    >>> out[0, :, 0].round(6).tolist()
    [0.526316, 0.526316]
    """
    last = mix.shape[1] - 1
    for i in range(out.shape[0]):
        for year in range(mix.shape[1]):
            delivered = 1.0 / (1.0 - loss[i, year])
            for category in range(out.shape[2]):
                out[i, year, category] = 0.0
            for source in range(mix.shape[2]):
                share = mix[i, year, source] * delivered
                for category in range(out.shape[2]):
                    out[i, year, category] += share * factor[i, source, category]
        for year in range(mix.shape[1], out.shape[1]):
            for category in range(out.shape[2]):
                out[i, year, category] = out[i, last, category]
