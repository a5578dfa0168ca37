"""The home fleet: stock, deregistrations, and the pool from which second-hand vehicles come."""

import math

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, part_of_kernel
from mcsim.kernels.cohorts.records import CAR, DEAD, EV, HEV, ICEV, PICKUP
from mcsim.kernels.cohorts.room import Leavers
from mcsim.kernels.cohorts.stock import add_scaled, fill_table_halves


@borrowing_kernel
def fill_unit_leavers(alive, ev_alive, running, exposure, death, failure, combustion, in_use):
    """Fill, per vehicle sold, who leaves in each year of age and what is in use at its end, for one body style.

    Parameters
    ----------
    alive, ev_alive, running : ndarray, shape (halves,)
        Survival of combustion vehicles, of EVs as vehicles, and of EVs' right to a working pack, by half-year; the last
        as far as there are EVs as old.
    exposure : int
        Half-years lived at the end of the year of sale.
    death, failure, combustion, in_use : ndarray, shape (years,)
        Filled by age: EVs that die with a working pack, EVs whose pack fails, combustion vehicles that die, EVs in use.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.home import fill_unit_leavers
    >>> out = [np.empty(2) for _ in range(4)]
    >>> alive = np.array([1, 0.5, 0.25, 0.0])
    >>> fill_unit_leavers(alive, alive, np.array([1, 1, 0.5, 0.5]), 1, *out)
    >>> [column.tolist() for column in out]
    [[0.5, 0.3125], [0.0, 0.1875], [0.5, 0.5], [0.5, 0.0]]
    """
    half = 0
    for year in range(death.size):
        last = 2 * year + exposure
        combustion[year] = alive[half] - alive[last]
        if last >= running.size:
            death[year], failure[year], in_use[year] = 0.0, 0.0, 0.0
            half = last
            continue
        died = 0.0
        failed = 0.0
        # Death of the vehicle and failure of its pack within a half-year are crossed by the trapezoid: died + failed is
        # ev_alive * running at the start less that at the end, exactly.
        while half < last:
            died += 0.5 * (ev_alive[half] - ev_alive[half + 1]) * (running[half] + running[half + 1])
            failed += 0.5 * (running[half] - running[half + 1]) * (ev_alive[half] + ev_alive[half + 1])
            half += 1
        death[year] = died
        failure[year] = failed
        in_use[year] = ev_alive[last] * running[last]


@borrowing_kernel
def fill_unit_replacements(alive, share, exposure, replaced):
    """Fill, per vehicle sold, the packs replaced in each year of age in vehicles that stay in use, for one style.

    What `fill_states` fitted in a half-year stands on its diagonal; the vehicles alive in that half-year are the mean
    of those at its ends, as in `mcsim.kernels.cohorts.packs.fill_new_vehicles`, so that packs that leave with a vehicle
    and packs replaced sum to all that retire.

    Parameters
    ----------
    alive : ndarray, shape (halves,)
        Survival of vehicles by half-year.
    share : ndarray, shape (halves, classes)
        Right to a working pack by half-year and half-year of fitting.
    exposure : int
        Half-years lived at the end of the year of sale.
    replaced : ndarray, shape (years,)
        Filled by age.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.home import fill_unit_replacements
    >>> replaced = np.empty(1)
    >>> fill_unit_replacements(np.array([1.0, 0.5]), np.array([[1.0, 0.0], [0.75, 0.25]]), 1, replaced)
    >>> replaced.tolist()
    [0.1875]
    """
    half = 0
    for year in range(replaced.size):
        last = 2 * year + exposure
        fitted = 0.0
        while half < last:
            if half + 1 < min(share.shape[0], share.shape[1]):
                fitted += 0.5 * (alive[half] + alive[half + 1]) * share[half + 1, half + 1]
            half += 1
        replaced[year] = fitted


@apart_kernel
def _mix(pickup, cars, pickups, mixed):
    """Fill what becomes of the vehicles of one model year, of which a share is pickups, by year of age."""
    car = 1.0 - pickup
    for year in range(mixed.size):
        mixed[year] = car * cars[year] + pickup * pickups[year]


@borrowing_kernel
def _put_pool(sold, mixed, model_year, start, of_kind):
    """Put those who leave in the pool of one powertrain, (years, ages), of model years counted from the first year."""
    years, ages = of_kind.shape
    for year in range(start, min(years, model_year + ages)):
        of_kind[year, year - model_year] = sold * mixed[year - start]


@borrowing_kernel
def fill_home_fleet(sales, pickup_share, leavers, space, stock, gone, replaced, pool):
    """Fill stock and deregistrations by year and powertrain, and the pool by year and age.

    Parameters
    ----------
    sales : ndarray, shape (model years, powertrains)
        Vehicles sold.
    pickup_share : ndarray, shape (model years,)
        Share of pickups [-]; the rest are cars, SUVs and vans.
    leavers : Leavers
        Who stays and who leaves, of one draw.
    space : HomeSpace
        Working space.
    stock : ndarray, shape (years, powertrains)
        Filled; model years may begin before the first of these years.
    gone : ndarray, shape (years, powertrains + 1)
        Filled: EVs that died with a working pack stand at EV, those whose pack failed at DEAD.
    replaced : ndarray, shape (years,)
        Filled: packs replaced in EVs that stay.
    pool : ndarray, shape (powertrains + 1, years, ages)
        Filled as `gone` by year and age; vehicles older than its ages are in the totals only.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.home import fill_home_fleet
    >>> from mcsim.kernels.cohorts.room import Leavers
    >>> from mcsim.kernels.cohorts.space import HomeSpace
    >>> stock, gone, pool, replaced = np.empty((2, 3)), np.empty((2, 4)), np.empty((4, 2, 2)), np.empty(2)
    >>> left, none = np.array([[0.5, 0.0], [0.5, 0.0]]), np.zeros((2, 2))
    >>> leavers = Leavers(left, none, none, np.full((2, 2), 0.5), none, none)
    >>> space = HomeSpace(np.empty(4), np.empty(4), np.empty((3, 2)), np.empty((4, 2)), np.empty(2))
    >>> sales = np.array([[8.0, 0, 0], [4.0, 0, 0]])
    >>> fill_home_fleet(sales, np.zeros(2), leavers, space, stock, gone, replaced, pool)
    >>> stock[:, 0].tolist(), gone[:, 0].tolist(), pool[0].tolist()
    ([4.0, 2.0], [4.0, 6.0], [[4.0, 0.0], [2.0, 4.0]])
    """
    years, ages = pool.shape[1], pool.shape[2]
    for year in range(years):
        replaced[year] = 0.0
        for kind in range(pool.shape[0]):
            space.gone[kind, year] = 0.0
            space.stock[min(kind, EV), year] = 0.0
            for age in range(ages):
                pool[kind, year, age] = 0.0
    for model_year in range(sales.shape[0]):
        add_model_year(model_year, sales, pickup_share[model_year], leavers, space, replaced, pool)
    # Years lie side by side while model years are added.
    for year in range(years):
        for kind in range(stock.shape[1]):
            stock[year, kind] = space.stock[kind, year]
        for kind in range(gone.shape[1]):
            gone[year, kind] = space.gone[kind, year]


@borrowing_kernel
def add_model_year(model_year, sales, pickup, leavers, space, replaced, pool):
    """Add what becomes of the vehicles of one model year; arguments as in `fill_home_fleet`, but for their pickups."""
    years = replaced.size
    first = model_year - sales.shape[0] + years
    start = max(first, 0)
    age, mixed, stock, gone = start - first, space.mixed[: years - start], space.stock, space.gone
    icev, hev, ev = sales[model_year, ICEV], sales[model_year, HEV], sales[model_year, EV]
    _mix(pickup, leavers.left[CAR, age:], leavers.left[PICKUP, age:], mixed)
    add_scaled(icev, mixed, stock[ICEV, start:])
    add_scaled(hev, mixed, stock[HEV, start:])
    _mix(pickup, leavers.combustion[CAR, age:], leavers.combustion[PICKUP, age:], mixed)
    add_scaled(icev, mixed, gone[ICEV, start:])
    add_scaled(hev, mixed, gone[HEV, start:])
    _put_pool(icev, mixed, first, start, pool[ICEV])
    _put_pool(hev, mixed, first, start, pool[HEV])
    if ev > 0.0:
        _mix(pickup, leavers.in_use[CAR, age:], leavers.in_use[PICKUP, age:], mixed)
        add_scaled(ev, mixed, stock[EV, start:])
        _mix(pickup, leavers.replaced[CAR, age:], leavers.replaced[PICKUP, age:], mixed)
        add_scaled(ev, mixed, replaced[start:])
        _mix(pickup, leavers.death[CAR, age:], leavers.death[PICKUP, age:], mixed)
        add_scaled(ev, mixed, gone[EV, start:])
        _put_pool(ev, mixed, first, start, pool[EV])
        _mix(pickup, leavers.failure[CAR, age:], leavers.failure[PICKUP, age:], mixed)
        add_scaled(ev, mixed, gone[DEAD, start:])
        _put_pool(ev, mixed, first, start, pool[DEAD])


@part_of_kernel
def leavers_of(i, leavers):
    """Return who stays and who leaves of one draw."""
    return Leavers(
        leavers.left[i], leavers.death[i], leavers.failure[i], leavers.combustion[i], leavers.in_use[i],
        leavers.replaced[i],
    )  # fmt: skip


@borrowing_kernel
def fill_home_fleets(members, vehicles, styles, rules, pass_scale, states, leavers, space, flows, pool):
    """Fill the home fleet of every draw.

    Parameters
    ----------
    members : Members
        Draws of a block.
    vehicles, styles, rules : HomeVehicles, Styles, Rules
        Of all draws.
    pass_scale : ndarray, shape (n,)
        As in `Laws`; finite where a rule on state of health holds.
    states : PackStates
        Vehicles with a right to a working pack, by half-year.
    leavers : Leavers
        Filled.
    space : HomeSpace
        Working space.
    flows : HomeFlows
        Filled.
    pool : ndarray, shape (k, powertrains + 1, years, ages)
        Filled, as in `fill_home_fleet`.
    """
    exposure = rules.exposure
    for place in range(members.draws.size):
        i, table = members.draws[place], members.tables[place]
        for style in range(leavers.left.shape[1]):
            alive = space.alive
            fill_table_halves(styles.survival[style], vehicles.stretch[i], alive)
            ev_alive = alive
            if vehicles.ev_stretch[i] != 1.0:
                # EVs keep the shape of the curve and leave sooner or later than other vehicles.
                ev_alive = space.ev_alive
                fill_table_halves(styles.survival[style], vehicles.stretch[i] * vehicles.ev_stretch[i], ev_alive)
            for year in range(leavers.left.shape[2]):
                leavers.left[place, style, year] = alive[2 * year + exposure]
            fill_unit_leavers(
                alive, ev_alive, states.running[table], exposure, leavers.death[place, style],
                leavers.failure[place, style], leavers.combustion[place, style], leavers.in_use[place, style],
            )  # fmt: skip
            fill_unit_replacements(ev_alive, states.share[table], exposure, leavers.replaced[place, style])
        sales, share = vehicles.sales[i], styles.pickup_share
        unit = leavers_of(place, leavers)
        fill_home_fleet(sales, share, unit, space, flows.stock[i], flows.gone[i], flows.replaced[i], pool[place])
        # A rule on state of health refuses every dead pack; without one the option says whether they are on offer.
        if not rules.dead_packs or pass_scale[i] < math.inf:
            for year in range(pool.shape[2]):
                for age in range(pool.shape[3]):
                    pool[place, DEAD, year, age] = 0.0
