"""The exporting country's fleet: stock, deregistrations, and the pool from which second-hand vehicles come."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import kernel

Array = NDArray[np.float64]


class Pool(NamedTuple):
    """Deregistrations of one draw by year and age: combustion vehicles, hybrids, EVs running and EVs with a dead pack.

    Parameters
    ----------
    icev, hev, ev, dead : ndarray, shape (years, ages)
        Vehicles.
    """

    icev: Array
    hev: Array
    ev: Array
    dead: Array


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
    >>> from mcsim.kernels.cohorts_us import fill_unit_leavers
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
    pool : Pool
        Filled; vehicles older than its ages are in the totals only.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts_us import Pool, fill_us
    >>> alive = np.tile(np.array([1, 0.5, 0.25, 0.0]), (2, 1))
    >>> stock, gone, leavers = np.empty((2, 3)), np.empty((2, 4)), np.zeros((2, 4, 2))
    >>> leavers[:, 2] = [0.5, 0.5]
    >>> pool = Pool(*(np.empty((2, 2)) for _ in range(4)))
    >>> fill_us(np.array([[8.0, 0, 0], [4.0, 0, 0]]), np.zeros(2), alive, leavers, 1, 0, stock, gone, pool)
    >>> stock[:, 0].tolist(), gone[:, 0].tolist(), pool.icev.tolist()
    ([4.0, 2.0], [4.0, 6.0], [[4.0, 0.0], [2.0, 4.0]])
    """
    ages = pool.icev.shape[1]
    stock[:, :] = 0.0
    gone[:, :] = 0.0
    pool.icev[:, :] = 0.0
    pool.hev[:, :] = 0.0
    pool.ev[:, :] = 0.0
    pool.dead[:, :] = 0.0
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
                pool.icev[year, age] = icev * dying
                pool.hev[year, age] = hev * dying
            if ev > 0.0:
                died = ev * (car * leavers[0, 0, age] + pickup * leavers[1, 0, age])
                failed = ev * (car * leavers[0, 1, age] + pickup * leavers[1, 1, age])
                stock[year, 2] += ev * (car * leavers[0, 3, age] + pickup * leavers[1, 3, age])
                gone[year, 2] += died
                gone[year, 3] += failed
                if age < ages:
                    pool.ev[year, age] = died
                    pool.dead[year, age] = failed
