"""Imports year by year: history as observed, then by supply, by demand, or up to a stock that is given."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts.stock import push_ages, push_cohort
from mcsim.kernels.cohorts.trade import allocate, ev_share_of_pool, spread_ages
from mcsim.kernels.maths import exp, log

Array = NDArray[np.float64]

# Rows of the working space by age.
_COMBUSTION, _EV, _WEIGHT, _EV_WEIGHT, _ON_OFFER, _WHOLE = 0, 1, 2, 3, 4, 5
_ICEV, _HEV, _WORKING, _DEAD = 0, 1, 2, 3
# Rows of the yearly counts.
EXPORTED_EV, UNFILLED, OUTSIDE, REFUSED = 0, 1, 2, 3


class Entries(NamedTuple):
    """What one draw's imports meet and become.

    Parameters
    ----------
    pool : ndarray, shape (4, years, ages)
        From `mcsim.kernels.cohorts.us.fill_us`.
    us_gone : ndarray, shape (years, 4)
        From there.
    passing, entry_left, ev_left, ev_retired, dead : ndarray
        From `mcsim.kernels.cohorts.second_hand.fill_entries`, of one draw.
    space : ndarray, shape (6, ages)
        Working space.
    same_survival : bool
        Whether survival since entry is the same for all ages of entry.
    """

    pool: Array
    us_gone: Array
    passing: Array
    entry_left: Array
    ev_left: Array
    ev_retired: Array
    dead: Array
    space: Array
    same_survival: bool


class Stocks(NamedTuple):
    """What one draw's imports add to; the first five as in `mcsim.kernels.cohorts.new.fill_new_sales`."""

    registrations: Array
    gone: Array
    stock: Array
    ages: Array
    packs: Array
    counts: Array


@kernel
def choose_imports(year, wanted, weight, open_age, selection, ev_age, ev_width, cut, substitution, whole_pool, entries):
    """Fill who comes at each age when so many are wanted; return (not found, EVs refused for their state of health).

    The EVs' share is that of the pool times the selection ratio. They come around their own age, combustion vehicles by
    the ages of the rules; what policy keeps out is not replaced, but for the share that EVs substitute.
    """
    space, pool = entries.space, entries.pool
    ages = space.shape[1]
    for age in range(ages):
        space[_WHOLE, age] = pool[_ICEV, year, age] + pool[_HEV, year, age]
        space[_ON_OFFER, age] = pool[_WORKING, year, age] + pool[_DEAD, year, age]
    share = ev_share_of_pool(weight, space[_WHOLE], space[_ON_OFFER])
    if whole_pool:
        gone = entries.us_gone[year]
        ev = gone[2] + gone[3] if np.any(pool[_DEAD] > 0.0) else gone[2]
        share = ev / (ev + gone[0] + gone[1]) if ev > 0.0 else 0.0
    share = min(1.0, selection * share)
    spread_ages(ev_age, ev_width, open_age, space[_EV_WEIGHT])
    passing = 0.0
    for age in range(ages):
        offered = space[_ON_OFFER, age]
        allowed = entries.passing[age]
        if pool[_DEAD, year, age] > 0.0:
            allowed = (pool[_WORKING, year, age] * allowed + pool[_DEAD, year, age]) / offered
        space[_ON_OFFER, age] = offered * allowed
        space[_EV_WEIGHT, age] *= allowed
        passing += space[_EV_WEIGHT, age]
    per_passing = 1.0 / passing if passing > 0.0 else 0.0
    for age in range(ages):
        space[_EV_WEIGHT, age] *= per_passing
    combustion = wanted * (1.0 - share)
    ev = wanted * share + combustion * cut * substitution
    missing = allocate(combustion * (1.0 - cut), weight, open_age, space[_WHOLE], space[_COMBUSTION])
    missing += allocate(ev * passing, space[_EV_WEIGHT], open_age, space[_ON_OFFER], space[_EV])
    return missing, ev * (1.0 - min(passing, 1.0))


@kernel
def working_share(year, age, entries):
    """Return the share of the EVs traded at an age whose pack works."""
    working = entries.pool[_WORKING, year, age] * entries.passing[age]
    total = working + entries.pool[_DEAD, year, age]
    return working / total if total > 0.0 else 1.0


@kernel
def push_combustion(year, exposure, entries, stocks):
    """Add the chosen combustion vehicles: registrations, stock, deregistrations, ages.

    Where all ages have the same survival since entry (the clock starts again) they go as one cohort.
    """
    space, pool = entries.space, entries.pool
    ages = space.shape[1]
    total_icev, total_hev = 0.0, 0.0
    for age in range(ages):
        combustion = space[_COMBUSTION, age]
        hybrid = 0.0
        if combustion > 0.0 and pool[_HEV, year, age] > 0.0:
            hybrid = combustion * pool[_HEV, year, age] / (pool[_ICEV, year, age] + pool[_HEV, year, age])
        space[_COMBUSTION, age] = combustion - hybrid
        space[_WHOLE, age] = hybrid
        total_icev += combustion - hybrid
        total_hev += hybrid
    stocks.registrations[3, year] += total_icev
    stocks.registrations[4, year] += total_hev
    first = 0
    while first < ages:
        icev, hev = space[_COMBUSTION, first], space[_WHOLE, first]
        last = first + 1
        left = entries.entry_left[first]
        while last < ages and icev + hev > 0.0 and entries.same_survival:
            icev += space[_COMBUSTION, last]
            hev += space[_WHOLE, last]
            last += 1
        if icev > 0.0:
            push_cohort(icev, left, year, stocks.stock[3], stocks.gone[3])
        if hev > 0.0:
            push_cohort(hev, left, year, stocks.stock[4], stocks.gone[4])
        first = last
    for age in range(ages):
        both = space[_COMBUSTION, age] + space[_WHOLE, age]
        if both > 0.0:
            push_ages(both, entries.entry_left[age], year, age, exposure, stocks.ages)


@kernel
def push_imports(year, exposure, entries, stocks):
    """Add the chosen imports: registrations, stock, deregistrations, ages, packs; a dead pack retires on arrival."""
    space = entries.space
    years = stocks.stock.shape[1]
    shifts = entries.dead.shape[1]
    push_combustion(year, exposure, entries, stocks)
    for age in range(space.shape[1]):
        ev = space[_EV, age]
        if ev > 0.0:
            working = ev * working_share(year, age, entries)
            stocks.registrations[5, year] += ev
            stocks.counts[EXPORTED_EV, year] += ev
            stocks.gone[5, year] += ev - working
            push_cohort(working, entries.ev_left[age], year, stocks.stock[5], stocks.gone[5])
            push_ages(working, entries.ev_left[age], year, age, exposure, stocks.ages)
            first = year - age
            for later in range(year, years):
                row, retired = stocks.packs[2, later], entries.ev_retired[age, later - year]
                last = min(shifts, later - first + 1)
                # A pack of before the first year counts as the first year's.
                early = min(max(-first, 0), last)
                for shift in range(early):
                    row[0] += working * retired[shift]
                for shift in range(early, last):
                    row[first + shift] += working * retired[shift]
            for shift in range(shifts):
                model_year = max(min(year - age + shift, year), 0)
                stocks.packs[2, year, model_year] += (ev - working) * entries.dead[age, shift]


@kernel
def unregistered_factor(uplift, at, observed, regular_weight, irregular_weight, entries, stocks):
    """Return how many unregistered imports per registered one raise the stock of year `at` by the wanted share."""
    stock = 0.0
    for series in range(3):
        stock += stocks.stock[series, at]
    irregular = 0.0
    for year in range(at + 1):
        for age in range(irregular_weight.size):
            left = entries.entry_left[age, at - year] * observed[year]
            if regular_weight[year, age] > 0.0:
                stock += regular_weight[year, age] * left
            if irregular_weight[age] > 0.0:
                irregular += irregular_weight[age] * left
    return uplift * stock / irregular if irregular > 0.0 else 0.0


@kernel
def total_stock(stock, year):
    """Return the stock at the end of a year, all series."""
    total = 0.0
    for series in range(stock.shape[0]):
        total += stock[series, year]
    return total


@kernel
def kept_at_once(year, entries):
    """Return how many of the chosen imports are in use at the end of the year."""
    kept = 0.0
    for age in range(entries.space.shape[1]):
        if entries.space[_COMBUSTION, age] > 0.0:
            kept += entries.space[_COMBUSTION, age] * entries.entry_left[age, 0]
        if entries.space[_EV, age] > 0.0:
            kept += entries.space[_EV, age] * working_share(year, age, entries) * entries.ev_left[age, 0]
    return kept


@kernel
def demand_rate(saturation, before, joined):
    """Return the yearly rate at which motorisation closes its gap to saturation, from its first step; 0 if it falls.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.imports import demand_rate
    >>> round(demand_rate(0.35, 0.25, 0.26), 4), demand_rate(0.35, 0.26, 0.25)
    (0.1054, 0.0)
    """
    closing = (saturation - before) / (saturation - joined)
    return log(closing) if closing > 1.0 else 0.0


@kernel
def fill_imports(
    observed, uplift, uplift_year, history_weight, history_open, irregular_weight, weight, open_age, share, selection,
    ev_age, ev_width, combustion_cut, substitution, population, saturation, target, mode, whole_pool, renewed, exposure,
    pool, us_gone, passing, entry_left, ev_left, ev_retired, dead, space, registrations, gone, stock, ages, packs,
    counts,
):  # fmt: skip
    """Fill every draw's imports on top of its new sales; see `mcsim.kernels.cohorts.records.Trade` for what goes in.

    In the history what the modelled pool does not hold, or the border refuses, comes all the same, as combustion
    vehicles, and is counted.
    Demand takes in its first year as many as came in the last observed one, then what the stock needs to follow
    motorisation towards saturation at the rate of that first step.
    """
    first = observed.shape[1]
    regular = space[_WEIGHT]
    for i in range(uplift.size):
        entries = Entries(
            pool[i], us_gone[i], passing[i], entry_left[i], ev_left[i], ev_retired[i], dead[i], space, renewed
        )
        stocks = Stocks(registrations[i], gone[i], stock[i], ages[i], packs[i], counts[i])
        extra = 0.0
        if uplift[i] > 0.0:
            extra = unregistered_factor(
                uplift[i], uplift_year, observed[i], history_weight[i], irregular_weight[i], entries, stocks
            )
        before, joined, rate = 0.0, 0.0, 0.0
        for year in range(population.shape[1]):
            for row in range(4):
                counts[i, row, year] = 0.0
            past = year < first
            for age in range(regular.size):
                regular[age] = weight[i, age]
                if past:
                    regular[age] = history_weight[i, year, age]
                if past and extra > 0.0:
                    regular[age] = (regular[age] + extra * irregular_weight[i, age]) / (1.0 + extra)
            may_give = history_open[year] if past else open_age[i]
            gap = -1.0
            wanted = 0.0
            if past:
                wanted = observed[i, year] * (1.0 + extra)
            elif mode == 0:
                wanted = share[i] * (
                    us_gone[i, year, 0] + us_gone[i, year, 1] + us_gone[i, year, 2] + us_gone[i, year, 3]
                )
            elif mode == 1 and year == first:
                wanted = registrations[i, 3, year - 1] + registrations[i, 4, year - 1] + registrations[i, 5, year - 1]
            else:
                goal = saturation[i] - (saturation[i] - joined) * exp(-rate * (year - first))
                reach = target[i, year] if mode == 2 else population[i, year] * goal
                gap = max(reach - total_stock(stock[i], year), 0.0)
                wanted = gap
            missing, refused = 0.0, 0.0
            # The share that stays depends a little on who comes; where the pool does not bind this converges at once.
            for _ in range(8):
                missing, refused = choose_imports(
                    year, wanted, regular, may_give, selection[i], ev_age[i], ev_width[i], combustion_cut[i, year],
                    substitution[i], whole_pool, entries,
                )  # fmt: skip
                if gap < 0.0:
                    break
                kept = kept_at_once(year, entries)
                if missing > 0.0 or kept <= 0.0 or abs(kept - gap) <= 1e-13 * gap:
                    break
                wanted *= gap / kept
            if past:
                for age in range(regular.size):
                    space[_COMBUSTION, age] += (missing + refused) * regular[age]
            counts[i, OUTSIDE if past else UNFILLED, year] = missing
            counts[i, REFUSED, year] = refused
            push_imports(year, exposure, entries, stocks)
            if year == first - 1:
                before = total_stock(stock[i], year) / population[i, year]
            if year == first:
                joined = total_stock(stock[i], year) / population[i, year]
                rate = demand_rate(saturation[i], before, joined)
