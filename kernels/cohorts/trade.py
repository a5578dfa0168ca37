"""Who crosses the border: how many a year, spread over ages, never more than the pool holds at any age."""

from mcsim.kernels._jit import borrowing_kernel
from mcsim.kernels.maths import log


@borrowing_kernel
def allocate(wanted, weight, open_age, pool, taken):
    """Fill what is taken at each age, and return what no age could give.

    Every age gives its share of what is wanted, as far as the pool goes; what is unfilled moves to the nearest open age
    that has some left, the older of two equally near.

    Parameters
    ----------
    wanted : float
        Vehicles.
    weight : ndarray, shape (ages,)
        Shares by age, summing to 1, or all 0 where no age is open.
    open_age : ndarray of bool, shape (ages,)
        Ages that may give.
    pool : ndarray, shape (ages,)
        Vehicles on offer.
    taken : ndarray, shape (ages,)
        Filled.

    Returns
    -------
    float
        Vehicles not found.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.trade import allocate
    >>> taken = np.empty(3)
    >>> allocate(10.0, np.array([0.0, 1.0, 0.0]), np.array([False, True, True]), np.array([9.0, 6.0, 3.0]), taken)
    1.0
    >>> taken.tolist()
    [0.0, 6.0, 3.0]
    """
    ages = taken.size
    given = 0.0
    for age in range(ages):
        taken[age] = min(wanted * weight[age], pool[age]) if open_age[age] else 0.0
        given += weight[age]
    missing = 0.0
    exhausted = False
    for age in range(ages):
        want = wanted * weight[age]
        if want <= 0.0:
            continue
        short = want - min(want, pool[age]) if open_age[age] else want
        distance = ages if exhausted else 1
        while short > 0.0 and distance < ages:
            for other in (age + distance, age - distance):
                if 0 <= other < ages and open_age[other] and short > 0.0:
                    more = min(short, max(pool[other] - taken[other], 0.0))
                    taken[other] += more
                    short -= more
            distance += 1
        # Who searched all ages in vain leaves nothing to those who search after him.
        exhausted = exhausted or short > 0.0
        missing += short
    return missing if given > 0.0 else wanted


@borrowing_kernel
def spread_ages(centre, width, open_age, weight):
    """Fill shares by whole year of age around a centre: a triangle of half-width `width`, over the open ages.

    Where no open age is within reach, the nearest one takes all.

    Parameters
    ----------
    centre, width : float
        Years; the width is positive.
    open_age : ndarray of bool, shape (ages,)
        Ages that may give.
    weight : ndarray, shape (ages,)
        Filled, summing to 1; all 0 where no age is open.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.trade import spread_ages
    >>> weight = np.empty(4)
    >>> spread_ages(1.5, 2.0, np.array([True, True, True, False]), weight)
    >>> weight.round(3).tolist()
    [0.143, 0.429, 0.429, 0.0]
    """
    per_width = 1.0 / width
    total = 0.0
    nearest = -1
    for age in range(weight.size):
        weight[age] = max(0.0, 1.0 - abs(age - centre) * per_width) if open_age[age] else 0.0
        total += weight[age]
        if open_age[age] and (nearest < 0 or abs(age - centre) < abs(nearest - centre)):
            nearest = age
    if total > 0.0:
        scale = 1.0 / total
        for age in range(weight.size):
            weight[age] *= scale
    elif nearest >= 0:
        weight[nearest] = 1.0


@borrowing_kernel
def ev_share_of_pool(weight, pool_combustion, pool_ev):
    """Return the EVs' share of the pool at the ages of import, weighted by them.

    Parameters
    ----------
    weight : ndarray, shape (ages,)
        Shares of imports by age.
    pool_combustion, pool_ev : ndarray, shape (ages,)
        Vehicles on offer.

    Returns
    -------
    float
        Share in [0, 1]; 0 where the pool is empty.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.trade import ev_share_of_pool
    >>> ev_share_of_pool(np.array([0.0, 1.0]), np.array([1.0, 3.0]), np.array([0.0, 1.0]))
    0.25
    """
    share = 0.0
    weights = 0.0
    for age in range(weight.size):
        total = pool_combustion[age] + pool_ev[age]
        if weight[age] > 0.0 and total > 0.0:
            weights += weight[age]
            if pool_ev[age] > 0.0:
                share += weight[age] * pool_ev[age] / total
    return share / weights if weights > 0.0 else 0.0


@borrowing_kernel
def supply_share(last, share, steps, settles):
    """Return the share of what leaves the home fleet that crosses, on a line from the last observed one.

    Parameters
    ----------
    last, share : float
        Observed in the last year of history, and in the long run.
    steps, settles : int
        Years since the last of history, and years after which the long run begins.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.trade import supply_share
    >>> [round(supply_share(0.01, 0.05, steps, 4), 3) for steps in (0, 1, 4, 9)]
    [0.01, 0.02, 0.05, 0.05]
    """
    if steps >= settles:
        return share
    return last + (share - last) * steps / settles


@borrowing_kernel
def demand_rate(saturation, before, joined):
    """Return the yearly rate at which motorisation closes its gap to saturation, from its first step; 0 if it falls.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.trade import demand_rate
    >>> round(demand_rate(0.35, 0.25, 0.26), 4), demand_rate(0.35, 0.26, 0.25)
    (0.1054, 0.0)
    """
    closing = (saturation - before) / (saturation - joined)
    return log(closing) if closing > 1.0 else 0.0
