"""The exporting country's fleet: stock, deregistrations, and the pool from which second-hand vehicles come."""

from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts.stock import fill_table_halves

# Rows of the pool.
ICEV, HEV, EV, DEAD = 0, 1, 2, 3


@kernel
def fill_unit_leavers(alive, running, exposure, death, failure, combustion, in_use):
    """Fill, per vehicle sold, who leaves in each year of age and what is in use at its end, for one body style.

    Parameters
    ----------
    alive, running : ndarray, shape (halves,)
        Survival of vehicles, and of their right to a working pack, by half-year.
    exposure : int
        Half-years lived at the end of the year of sale.
    death, failure, combustion, in_use : ndarray, shape (years,)
        Filled by age: EVs that die with a working pack, EVs whose pack fails, combustion vehicles that die, EVs in use.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.us import fill_unit_leavers
    >>> out = [np.empty(2) for _ in range(4)]
    >>> fill_unit_leavers(np.array([1, 0.5, 0.25, 0.0]), np.array([1, 1, 0.5, 0.5]), 1, *out)
    >>> [column.tolist() for column in out]
    [[0.5, 0.3125], [0.0, 0.1875], [0.5, 0.5], [0.5, 0.0]]
    """
    half = 0
    for year in range(death.size):
        last = 2 * year + exposure
        combustion[year] = alive[half] - alive[last]
        died = 0.0
        failed = 0.0
        while half < last:
            died += 0.5 * (alive[half] - alive[half + 1]) * (running[half] + running[half + 1])
            failed += 0.5 * (running[half] - running[half + 1]) * (alive[half] + alive[half + 1])
            half += 1
        death[year] = died
        failure[year] = failed
        in_use[year] = alive[last] * running[last]


@kernel
def fill_us(sales, pickup_share, alive, leavers, exposure, first, stock, gone, pool):
    """Fill stock and deregistrations by year and powertrain, and the pool by year and age.

    Parameters
    ----------
    sales : ndarray, shape (model years, 3)
        Combustion vehicles, hybrids, EVs sold.
    pickup_share : ndarray, shape (model years,)
        Share of pickups [-]; the rest are cars, SUVs and vans.
    alive : ndarray, shape (2, halves)
        Survival of cars and of pickups by half-year.
    leavers : ndarray, shape (2, 4, model years)
        From `fill_unit_leavers`, for cars and for pickups.
    exposure : int
        Half-years lived at the end of the year of sale.
    first : int
        Model years before the first year counted.
    stock : ndarray, shape (years, 3)
        Filled.
    gone : ndarray, shape (years, 4)
        Filled: combustion vehicles, hybrids, EVs that died with a working pack, EVs whose pack failed.
    pool : ndarray, shape (4, years, ages)
        Filled as `gone` by year and age; vehicles older than its ages are in the totals only.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.us import fill_us
    >>> alive = np.tile(np.array([1, 0.5, 0.25, 0.0]), (2, 1))
    >>> stock, gone, leavers = np.empty((2, 3)), np.empty((2, 4)), np.zeros((2, 4, 2))
    >>> leavers[:, 2] = [0.5, 0.5]
    >>> pool = np.empty((4, 2, 2))
    >>> fill_us(np.array([[8.0, 0, 0], [4.0, 0, 0]]), np.zeros(2), alive, leavers, 1, 0, stock, gone, pool)
    >>> stock[:, 0].tolist(), gone[:, 0].tolist(), pool[0].tolist()
    ([4.0, 2.0], [4.0, 6.0], [[4.0, 0.0], [2.0, 4.0]])
    """
    ages = pool.shape[2]
    for year in range(stock.shape[0]):
        for kind in range(4):
            gone[year, kind] = 0.0
            stock[year, min(kind, 2)] = 0.0
            for age in range(ages):
                pool[kind, year, age] = 0.0
    for model_year in range(sales.shape[0]):
        pickup = pickup_share[model_year]
        car = 1.0 - pickup
        icev, hev, ev = sales[model_year, 0], sales[model_year, 1], sales[model_year, 2]
        for year in range(max(model_year - first, 0), stock.shape[0]):
            age = year + first - model_year
            left = car * alive[0, 2 * age + exposure] + pickup * alive[1, 2 * age + exposure]
            dying = car * leavers[0, 2, age] + pickup * leavers[1, 2, age]
            stock[year, 0] += icev * left
            stock[year, 1] += hev * left
            gone[year, 0] += icev * dying
            gone[year, 1] += hev * dying
            if age < ages:
                pool[ICEV, year, age] = icev * dying
                pool[HEV, year, age] = hev * dying
            if ev > 0.0:
                died = ev * (car * leavers[0, 0, age] + pickup * leavers[1, 0, age])
                failed = ev * (car * leavers[0, 1, age] + pickup * leavers[1, 1, age])
                stock[year, 2] += ev * (car * leavers[0, 3, age] + pickup * leavers[1, 3, age])
                gone[year, 2] += died
                gone[year, 3] += failed
                if age < ages:
                    pool[EV, year, age] = died
                    pool[DEAD, year, age] = failed


@kernel
def fill_us_fleets(
    sales, pickup_share, survival, stretch, running, dead_traded, exposure, first, alive, leavers, stock, gone, pool
):
    """Fill the exporting country's fleet of every draw.

    Parameters
    ----------
    sales : ndarray, shape (n, model years, 3)
        As in `fill_us`.
    pickup_share : ndarray, shape (model years,)
        As there.
    survival : ndarray, shape (2, k)
        Survival of cars and of pickups by whole age.
    stretch : ndarray, shape (n,)
        Factor on the age axis.
    running : ndarray, shape (n, 2, halves)
        Vehicles with a right to a working pack, by half-year; row 0 is the exporting country's.
    dead_traded : ndarray of bool, shape (n,)
        Whether vehicles with a dead pack are on offer; where not, their row of the pool is 0.
    exposure, first : int
        As in `fill_us`.
    alive, leavers : ndarray, shape (2, halves) and (2, 4, model years)
        Working space.
    stock, gone, pool : ndarray, shape (n, ...)
        Filled, as in `fill_us`.
    """
    for i in range(stretch.size):
        for style in range(2):
            fill_table_halves(survival[style], stretch[i], alive[style])
            column = leavers[style]
            fill_unit_leavers(alive[style], running[i, 0], exposure, column[0], column[1], column[2], column[3])
        fill_us(sales[i], pickup_share, alive, leavers, exposure, first, stock[i], gone[i], pool[i])
        if not dead_traded[i]:
            for year in range(pool.shape[2]):
                for age in range(pool.shape[3]):
                    pool[i, DEAD, year, age] = 0.0
