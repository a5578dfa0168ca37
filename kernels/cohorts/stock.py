"""Cohort arithmetic: what is left of yearly inflows, and what leaves, by age; exact in its accounts.

Years outside, half-years inside. A flow entering in year y is counted at the ends of the years y, y + 1, ...; the
timing convention says how long it has been exposed at the first of them: `exposure` half-years (0: everything enters at
the end of its year, 1: in the middle, 2: at the start). Source of the arithmetic: the survivability convolution,
``stock(y, a) = sum over entry years of inflow * S(a) / S(a0)``.
"""

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_kernel
from mcsim.kernels.laws.survival import tabulated_survival
from mcsim.kernels.maths import exp, power

# Fewer than this share of a cohort is nobody: keeps tables short and free of denormals.
_NOBODY = 1e-30
# Lives end here [half-years].
_LAST_HALF = 180


@inline_kernel
def year_of_half(half, exposure):
    """Return the year after entry in which a half-year of age falls.

    Parameters
    ----------
    half : int
        k >= 1: the ages from (k - 1) / 2 to k / 2.
    exposure : int
        Half-years lived at the end of the year of entry: 0, 1 or 2.

    Returns
    -------
    int
        0 in the year of entry.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.stock import year_of_half
    >>> [year_of_half(half, 1) for half in (1, 2, 3, 4)]
    [0, 1, 1, 2]
    """
    # Year 0 holds the first `exposure` half-years of life, every later year two more: ceil((half - exposure) / 2).
    return (half - exposure + 1) // 2


@inline_kernel
def row_of(year):
    """Return where a year's row begins in a triangle of years by model years up to the year, row after row.

    Parameters
    ----------
    year : int
        Year, counted from the first.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.stock import row_of
    >>> [row_of(year) for year in (0, 1, 2, 3)]
    [0, 1, 3, 6]
    """
    return year * (year + 1) // 2


@borrowing_kernel
def fill_weibull_steps(shape, scale, step, out):
    """Fill a Weibull survival at ages 0, step, 2 step, ...

    Parameters
    ----------
    shape, scale : float
        Of the Weibull [-] and [yr]; positive.
    step : float
        Distance of the ages [yr].
    out : ndarray, shape (j,)
        Filled; 0 where fewer than 1e-30 are left.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.stock import fill_weibull_steps
    >>> out = np.empty(3)
    >>> fill_weibull_steps(1.0, 2.0, 1.0, out)
    >>> out.round(4).tolist()
    [1.0, 0.6065, 0.3679]
    """
    per_scale = step / scale
    for j in range(out.size):
        alive = exp(-power(j * per_scale, shape))
        out[j] = alive if alive > _NOBODY else 0.0
    out[0] = 1.0


@borrowing_kernel
def fill_hazard_steps(shape, step, out):
    """Fill the cumulated hazard of a Weibull of scale 1 at ages 0, step, 2 step, ...: that of all of one shape, scaled.

    Parameters
    ----------
    shape, step : float
        As in `fill_weibull_steps`.
    out : ndarray, shape (j,)
        Filled.
    """
    for j in range(out.size):
        out[j] = power(j * step, shape)
    out[0] = 0.0


@borrowing_kernel
def fill_survival_steps(shape, scale, hazards, out):
    """Fill a Weibull survival at the ages of hazards of scale 1, as far as it goes.

    Parameters
    ----------
    shape, scale : float
        As in `fill_weibull_steps`.
    hazards : ndarray, shape (at least j,)
        From `fill_hazard_steps`.
    out : ndarray, shape (j,)
        Filled; 0 where fewer than 1e-30 are left.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.stock import fill_hazard_steps, fill_survival_steps
    >>> hazards, out = np.empty(3), np.empty(3)
    >>> fill_hazard_steps(2.0, 1.0, hazards)
    >>> fill_survival_steps(2.0, 2.0, hazards, out)
    >>> out.round(4).tolist()
    [1.0, 0.7788, 0.3679]
    """
    factor = power(1.0 / scale, shape)
    for j in range(out.size):
        alive = exp(-factor * hazards[j])
        out[j] = alive if alive > _NOBODY else 0.0


@borrowing_kernel
def fill_table_halves(table, stretch, out):
    """Fill a tabulated survival, its age axis stretched, at every half-year.

    Parameters
    ----------
    table : ndarray, shape (k,)
        Share alive at whole ages.
    stretch : float
        f in S(a / f) [-].
    out : ndarray, shape (j,)
        Filled at ages 0, 0.5, 1, ...

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.stock import fill_table_halves
    >>> out = np.empty(4)
    >>> fill_table_halves(np.array([1.0, 0.5, 0.0]), 1.0, out)
    >>> out.tolist()
    [1.0, 0.75, 0.5, 0.25]
    """
    for j in range(out.size):
        alive = tabulated_survival(0.5 * j / stretch, table)
        out[j] = alive if alive > _NOBODY and j < _LAST_HALF else 0.0
    out[0] = 1.0


@apart_kernel
def add_scaled(factor, source, target):
    """Add a multiple of a row to another one, as far as that goes.

    Loops that count from 0 use vector instructions; one that counts from elsewhere asks at every step whether its index
    is negative, which Python allows.

    Parameters
    ----------
    factor : float
        Factor.
    source : ndarray, shape (at least k,)
        Row.
    target : ndarray, shape (k,)
        Added to.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.stock import add_scaled
    >>> target = np.ones(2)
    >>> add_scaled(2.0, np.array([1.0, 2.0, 3.0]), target)
    >>> target.tolist()
    [3.0, 5.0]
    """
    for place in range(target.size):
        target[place] += factor * source[place]


@apart_kernel
def set_scaled(factor, source, target):
    """Set a row to a multiple of another one, as far as that goes; otherwise as `add_scaled`."""
    for place in range(target.size):
        target[place] = factor * source[place]


@apart_kernel
def push_cohort(inflow, left, start, stock, gone):
    """Add a cohort's whole future to the yearly stock and to the yearly outflow.

    Parameters
    ----------
    inflow : float
        Vehicles that enter.
    left : ndarray, shape (at least years - start,)
        Share left at the end of the year of entry and of each year after.
    start : int
        Year of entry.
    stock, gone : ndarray, shape (years,)
        Added to.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.stock import push_cohort
    >>> stock, gone = np.zeros(3), np.zeros(3)
    >>> push_cohort(8.0, np.array([1.0, 0.5, 0.25]), 1, stock, gone)
    >>> stock.tolist(), gone.tolist()
    ([0.0, 8.0, 4.0], [0.0, 0.0, 4.0])
    """
    if inflow == 0.0:
        return
    # What leaves in a year is the difference of what is left, so that stock(y) - stock(y - 1) = inflow - gone exactly.
    gone[start] += inflow * (1.0 - left[0])
    add_scaled(inflow, left, stock[start:])
    later = gone[start + 1 :]
    for year in range(later.size):
        later[year] += inflow * (left[year] - left[year + 1])


@borrowing_kernel
def fill_stock(inflow, left, stock, gone):
    """Fill the stock and the outflow of a series of yearly inflows, for every draw.

    Parameters
    ----------
    inflow : ndarray, shape (n, years)
        Vehicles that enter, by year.
    left : ndarray, shape (n, years)
        Share left at the end of the year of entry and of each year after.
    stock, gone : ndarray, shape (n, years)
        Filled; stock(y) - stock(y - 1) = inflow(y) - gone(y).

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.stock import fill_stock
    >>> stock, gone = np.empty((1, 3)), np.empty((1, 3))
    >>> fill_stock(np.full((1, 3), 4.0), np.array([[1.0, 0.5, 0.0]]), stock, gone)
    >>> stock.tolist(), gone.tolist()
    ([[4.0, 6.0, 6.0]], [[0.0, 2.0, 4.0]])
    """
    for i in range(inflow.shape[0]):
        for year in range(inflow.shape[1]):
            stock[i, year] = 0.0
            gone[i, year] = 0.0
        for year in range(inflow.shape[1]):
            push_cohort(inflow[i, year], left[i], year, stock[i], gone[i])


@borrowing_kernel
def push_ages(inflow, left, start, age, exposure, total, groups):
    """Add a cohort's vehicle-years of age and its place in five-year age groups.

    Parameters
    ----------
    inflow : float
        Vehicles that enter.
    left : ndarray, shape (at least years - start,)
        Share left at the ends of years.
    start, age : int
        Year of entry, and age then [yr].
    exposure : int
        Half-years lived at the end of the year of entry.
    total : ndarray, shape (years,)
        Added to: vehicles times age [yr].
    groups : ndarray, shape (groups, years)
        Added to: vehicles by age 0-4, 5-9, ...; the last group is open.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.stock import push_ages
    >>> total, groups = np.zeros(2), np.zeros((2, 2))
    >>> push_ages(2.0, np.array([1.0, 0.5]), 0, 4, 2, total, groups)
    >>> total.tolist(), groups.tolist()
    ([10.0, 6.0], [[2.0, 0.0], [0.0, 1.0]])
    """
    if inflow == 0.0:
        return
    last = groups.shape[0] - 1
    years = total.size
    first_age = age + 0.5 * exposure
    later = total[start:]
    for year in range(later.size):
        later[year] += inflow * left[year] * (first_age + year)
    # A cohort stays five years in a group: whole runs of years instead of a division per year.
    year = start
    while year < years:
        group = min((age + year - start) // 5, last)
        end = years if group == last else min(years, start + 5 * (group + 1) - age)
        add_scaled(inflow, left[year - start :], groups[group, year:end])
        year = end
