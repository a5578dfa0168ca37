"""Imports year by year: history as observed, then by supply, by demand, or up to a stock that is given."""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts.records import DEAD, DEMAND, EV, HEV, ICEV, SECOND_HAND, SUPPLY, TARGET, Array
from mcsim.kernels.cohorts.stock import push_ages, push_cohort
from mcsim.kernels.cohorts.trade import allocate, demand_rate, ev_share_of_pool, spread_ages, supply_share
from mcsim.kernels.maths import exp


class Wish(NamedTuple):
    """Imports wanted of one draw and year.

    Parameters
    ----------
    vehicles : float
        How many.
    selection, ev_age, ev_width : float
        Ratio on the EV share, and the ages at which EVs cross [yr].
    cut, substitution : float
        Share of combustion imports that policy keeps out, and the share of these that EVs replace.
    """

    vehicles: float
    selection: float
    ev_age: float
    ev_width: float
    cut: float
    substitution: float


class Entry(NamedTuple):
    """What becomes of one draw's imports of one year by age at entry.

    Parameters
    ----------
    passing : ndarray, shape (ages,)
        Share of running EVs that may be traded.
    left : ndarray, shape (ages, years)
        Share of combustion vehicles in use at the ends of years.
    ev_kept : ndarray, shape (ages,)
        Share of EVs that came with a working pack in use at the end of the year of entry.
    """

    passing: Array
    left: Array
    ev_kept: Array


@kernel
def choose_imports(year, wish, may_give, pool, gone, whole_pool, passing, space):
    """Fill who comes at each age; return (not found, EVs refused for their state of health).

    The EVs' share is that of the pool times the selection ratio. They come around their own age, combustion vehicles by
    the ages of the rules; what policy keeps out is not replaced, but for the share that EVs substitute.

    Parameters
    ----------
    year : int
        Year.
    wish : Wish
        What is wanted; combustion vehicles by the shares in `space.weight`.
    may_give : ndarray of bool, shape (ages,)
        Ages that may give.
    pool : ndarray, shape (powertrains + 1, years, ages)
        On offer.
    gone : ndarray, shape (powertrains + 1,)
        Deregistrations at home in this year.
    whole_pool : bool
        Whether the EV share is that of `gone`.
    passing : ndarray, shape (ages,)
        Share of EVs with a working pack that may be traded.
    space : ImportSpace
        Filled.
    """
    ages = may_give.size
    for age in range(ages):
        space.whole[age] = pool[ICEV, year, age] + pool[HEV, year, age]
        space.on_offer[age] = pool[EV, year, age] + pool[DEAD, year, age]
    share = ev_share_of_pool(space.weight, space.whole, space.on_offer)
    if whole_pool:
        # Where dead packs are traded in no year they are no part of the pool either.
        ev = gone[EV] + gone[DEAD] if np.any(pool[DEAD] > 0.0) else gone[EV]
        share = ev / (ev + gone[ICEV] + gone[HEV]) if ev > 0.0 else 0.0
    share = min(1.0, wish.selection * share)
    spread_ages(wish.ev_age, wish.ev_width, may_give, space.ev_weight)
    passed = 0.0
    for age in range(ages):
        offered = space.on_offer[age]
        allowed = passing[age]
        # The rule looks at working packs only; dead ones are on offer where no rule holds.
        if pool[DEAD, year, age] > 0.0:
            allowed = (pool[EV, year, age] * allowed + pool[DEAD, year, age]) / offered
        space.on_offer[age] = offered * allowed
        space.ev_weight[age] *= allowed
        passed += space.ev_weight[age]
    per_passed = 1.0 / passed if passed > 0.0 else 0.0
    for age in range(ages):
        space.ev_weight[age] *= per_passed
    combustion = wish.vehicles * (1.0 - share)
    ev = wish.vehicles * share + combustion * wish.cut * wish.substitution
    missing = allocate(combustion * (1.0 - wish.cut), space.weight, may_give, space.whole, space.icev)
    missing += allocate(ev * passed, space.ev_weight, may_give, space.on_offer, space.ev)
    return missing, ev * (1.0 - min(passed, 1.0))


@kernel
def working_share(year, age, pool, passing):
    """Return the share of the EVs traded at an age whose pack works."""
    working = pool[EV, year, age] * passing[age]
    total = working + pool[DEAD, year, age]
    return working / total if total > 0.0 else 1.0


@kernel
def push_combustion(i, year, rules, pool, left, flows, space):
    """Add the chosen combustion vehicles: registrations, stock, deregistrations, ages.

    Where all ages have the same survival since entry (the clock starts again) they go as one cohort.

    Parameters
    ----------
    i, year, rules : int, int, Rules
        Draw, year, and the clock.
    pool : ndarray, shape (powertrains + 1, years, ages)
        Of the draw.
    left : ndarray, shape (ages, years)
        Share in use since entry.
    flows : HostFlows
        Added to.
    space : ImportSpace
        `icev` holds who was chosen; parted into `icev` and `hev`.
    """
    ages = space.icev.size
    total_icev, total_hev = 0.0, 0.0
    for age in range(ages):
        combustion = space.icev[age]
        hybrid = 0.0
        # Importers do not tell hybrids from other combustion vehicles: each age's mix is the pool's.
        if combustion > 0.0 and pool[HEV, year, age] > 0.0:
            hybrid = combustion * pool[HEV, year, age] / (pool[ICEV, year, age] + pool[HEV, year, age])
        space.icev[age] = combustion - hybrid
        space.hev[age] = hybrid
        total_icev += combustion - hybrid
        total_hev += hybrid
    stock, gone = flows.stock[i, SECOND_HAND], flows.gone[i, SECOND_HAND]
    flows.registrations[i, SECOND_HAND, ICEV, year] += total_icev
    flows.registrations[i, SECOND_HAND, HEV, year] += total_hev
    first = 0
    while first < ages:
        icev, hev = space.icev[first], space.hev[first]
        last = first + 1
        while last < ages and icev + hev > 0.0 and rules.renewed:
            icev += space.icev[last]
            hev += space.hev[last]
            last += 1
        if icev > 0.0:
            push_cohort(icev, left[first], year, stock[ICEV], gone[ICEV])
        if hev > 0.0:
            push_cohort(hev, left[first], year, stock[HEV], gone[HEV])
        first = last
    for age in range(ages):
        both = space.icev[age] + space.hev[age]
        if both > 0.0:
            push_ages(both, left[age], year, age, rules.exposure, flows.age_total[i], flows.age_groups[i])


@kernel
def push_evs(i, year, exposure, pool, entries, flows, capacity, packs, chosen):
    """Add the chosen EVs: registrations, stock, deregistrations, ages, packs; a dead pack retires on arrival.

    Parameters
    ----------
    i, year, exposure : int
        Draw, year, and half-years lived at the end of the year of entry.
    pool : ndarray, shape (powertrains + 1, years, ages)
        Of the draw.
    entries, flows : Entries, HostFlows
        What becomes of an import, and what is added to.
    capacity : ndarray, shape (years,)
        Capacity of the draw's packs by model year of their vehicle [kWh].
    packs : Retiring
        Second-hand packs; added to.
    chosen : ndarray, shape (ages,)
        EVs.
    """
    years, shifts = packs.number.shape[1], entries.dead.shape[2]
    stock, gone = flows.stock[i, SECOND_HAND, EV], flows.gone[i, SECOND_HAND, EV]
    for age in range(chosen.size):
        ev = chosen[age]
        if ev > 0.0:
            working = ev * working_share(year, age, pool, entries.passing[i])
            flows.registrations[i, SECOND_HAND, EV, year] += ev
            gone[year] += ev - working
            left = entries.ev_left[i, age]
            push_cohort(working, left, year, stock, gone)
            push_ages(working, left, year, age, exposure, flows.age_total[i], flows.age_groups[i])
            first = year - age
            # A vehicle or a pack of before the first year counts as the first year's.
            kwh = capacity[max(first, 0)]
            for later in range(year, years):
                number, energy = packs.number[i, later], packs.energy[i, later]
                retired = entries.retired[i, age, later - year]
                for shift in range(min(shifts, later - first + 1)):
                    place, leaving = max(first + shift, 0), working * retired[shift]
                    number[place] += leaving
                    energy[place] += kwh * leaving
            for shift in range(shifts):
                place, dead = max(min(first + shift, year), 0), (ev - working) * entries.dead[i, age, shift]
                packs.number[i, year, place] += dead
                packs.energy[i, year, place] += kwh * dead


@kernel
def unregistered_factor(uplift, at, observed, regular_weight, irregular_weight, left, stock):
    """Return how many unregistered imports per registered one raise the stock of year `at` by the wanted share.

    Stocks are linear in imports: with R in the stock of registered imports and U if as many came unregistered,
    (new + R) uplift = factor U.

    Parameters
    ----------
    uplift : float
        Share wanted.
    at : int
        Year.
    observed, regular_weight : ndarray, shape (h,) and (h, ages)
        Registered imports and their ages.
    irregular_weight : ndarray, shape (ages,)
        Ages of unregistered ones.
    left : ndarray, shape (ages, years)
        Share in use since entry.
    stock : ndarray, shape (origins, powertrains, years)
        Before any import of these years: vehicles sold new, and the first stock of either origin.
    """
    total = 0.0
    for origin in range(stock.shape[0]):
        for powertrain in range(stock.shape[1]):
            total += stock[origin, powertrain, at]
    irregular = 0.0
    for year in range(at + 1):
        for age in range(irregular_weight.size):
            staying = left[age, at - year] * observed[year]
            if regular_weight[year, age] > 0.0:
                total += regular_weight[year, age] * staying
            if irregular_weight[age] > 0.0:
                irregular += irregular_weight[age] * staying
    return uplift * total / irregular if irregular > 0.0 else 0.0


@kernel
def total_stock(stock, year):
    """Return the stock at the end of a year, all origins and powertrains."""
    total = 0.0
    for origin in range(stock.shape[0]):
        for powertrain in range(stock.shape[1]):
            total += stock[origin, powertrain, year]
    return total


@kernel
def kept_at_once(year, pool, entry, space):
    """Return how many of the chosen imports are in use at the end of the year."""
    kept = 0.0
    for age in range(space.icev.size):
        if space.icev[age] > 0.0:
            kept += space.icev[age] * entry.left[age, 0]
        if space.ev[age] > 0.0:
            kept += space.ev[age] * working_share(year, age, pool, entry.passing) * entry.ev_kept[age]
    return kept


@kernel
def fill_may_give(i, year, history, trade, may_give):
    """Fill the ages that may give in one year: the history's, then the rules', a later rule's once it holds for all."""
    for age in range(may_give.size):
        if year < history.shape[0]:
            may_give[age] = history[year, age]
        elif trade.late[i, year] < 1.0:
            may_give[age] = trade.open_age[i, age]
        else:
            may_give[age] = trade.late_open[i, age]


@kernel
def fill_weights(i, year, extra, history, trade, weight):
    """Fill the shares by age of one year's imports: the history's with unregistered ones, or later the rules'."""
    past, late = year < history.observed.shape[1], trade.late[i, year]
    for age in range(weight.size):
        weight[age] = history.weight[i, year, age] if past else trade.weight[i, age]
        if late > 0.0 and not past:
            weight[age] = (1.0 - late) * weight[age] + late * trade.late_weight[i, age]
        if past and extra > 0.0:
            weight[age] = (weight[age] + extra * history.irregular_weight[i, age]) / (1.0 + extra)


@kernel
def choose_enough(year, wish, gap, may_give, pool, gone, whole_pool, entry, space):
    """Choose one year's imports; where a gap of the stock is to be closed, as many as close it at the end of the year.

    Parameters
    ----------
    gap : float
        What the stock lacks, or below 0 where the wish itself is what is wanted.
    entry : Entry
        What becomes of imports.
    year, wish, may_give, pool, gone, whole_pool, space
        As in `choose_imports`.

    Returns
    -------
    float, float
        Vehicles not found, and EVs refused for their state of health.
    """
    missing, refused = 0.0, 0.0
    wanted = wish.vehicles
    # The share that stays depends a little on who comes; where the pool does not bind this converges at once.
    for _ in range(8):
        tried = Wish(wanted, wish.selection, wish.ev_age, wish.ev_width, wish.cut, wish.substitution)
        missing, refused = choose_imports(year, tried, may_give, pool, gone, whole_pool, entry.passing, space)
        if gap < 0.0:
            break
        kept = kept_at_once(year, pool, entry, space)
        if missing > 0.0 or kept <= 0.0 or abs(kept - gap) <= 1e-13 * gap:
            break
        wanted *= gap / kept
    return missing, refused


@kernel
def fill_border(i, checked, entries, free, space):
    """Fill which EVs pass, and how many of those that came stay a year, where a share of them is held to the rule.

    Parameters
    ----------
    i : int
        Draw.
    checked : float
        Share of EVs that meet the rule on state of health; the others cross as where there is none.
    entries, free : Entries
        What becomes of an import under the rule and without it.
    space : ImportSpace
        `passing` and `ev_kept` are filled.
    """
    for age in range(space.passing.size):
        space.passing[age] = entries.passing[i, age]
        space.ev_kept[age] = entries.ev_left[i, age, 0]
        if checked < 1.0:
            held, others = checked * entries.passing[i, age], (1.0 - checked) * free.passing[i, age]
            space.passing[age] = held + others
            if held + others > 0.0:
                kept = held * entries.ev_left[i, age, 0] + others * free.ev_left[i, age, 0]
                space.ev_kept[age] = kept / (held + others)


@kernel
def part_evs(i, checked, entries, space):
    """Part the chosen EVs into those that met the rule on state of health (`ev`) and the others (`ev_free`)."""
    for age in range(space.ev.size):
        total = space.passing[age]
        held = checked * entries.passing[i, age] / total if total > 0.0 else 0.0
        space.ev_free[age] = space.ev[age] * (1.0 - held)
        space.ev[age] *= held


@kernel
def fill_imports(trade, gates, rules, pool, entries, free, capacity, flows, packs, space):
    """Add every draw's imports to its new sales.

    In the history what the modelled pool does not hold, or the border refuses, comes all the same, as combustion
    vehicles, and is counted. Supply moves from the last observed share of what leaves the home fleet to its own:
    nothing jumps where history ends. Demand takes in its first year as many as came in the last observed one, then what
    the stock needs to follow motorisation towards saturation at the rate of that first step.

    Parameters
    ----------
    trade, gates, rules, entries, free : Trade, Gates, Rules, Entries, Entries
        Of n draws; `free` without a rule on state of health, read where not all EVs meet it.
    pool : ndarray, shape (n, powertrains + 1, years, ages)
        From `mcsim.kernels.cohorts.home.fill_home_fleets`.
    capacity : ndarray, shape (n, origins, years)
        As in `Contents`.
    flows : Flows
        The host's are added to.
    packs : Retiring
        Second-hand packs; added to.
    space : ImportSpace
        Working space.
    """
    history, demand, host, counts = trade.history, trade.demand, flows.host, flows.counts
    first = history.observed.shape[1]
    for i in range(history.uplift.size):
        stock, came, population = host.stock[i], host.registrations[i, SECOND_HAND], demand.population[i]
        entry = Entry(space.passing, entries.left[i], space.ev_kept)
        extra = 0.0
        if history.uplift[i] > 0.0:
            extra = unregistered_factor(
                history.uplift[i], gates.uplift_year, history.observed[i], history.weight[i],
                history.irregular_weight[i], entry.left, stock,
            )  # fmt: skip
        before, joined, rate, last_share = 0.0, 0.0, 0.0, trade.share[i]
        for year in range(population.size):
            past = year < first
            gone = flows.home.gone[i, year]
            leaving = gone[ICEV] + gone[HEV] + gone[EV] + gone[DEAD]
            gap = -1.0
            if past:
                wanted = history.observed[i, year] * (1.0 + extra)
                last_share = wanted / leaving if leaving > 0.0 else trade.share[i]
            elif rules.mode == SUPPLY:
                wanted = leaving * supply_share(last_share, trade.share[i], year - first + 1, gates.settles - first + 1)
            elif rules.mode == DEMAND and year == first:
                wanted = came[ICEV, year - 1] + came[HEV, year - 1] + came[EV, year - 1]
            else:
                # Motorisation M - (M - m_0) exp(-r t): its gap to saturation M closes at a constant rate.
                goal = demand.saturation[i] - (demand.saturation[i] - joined) * exp(-rate * (year - first))
                reach = demand.target[i, year] if rules.mode == TARGET else population[year] * goal
                gap = max(reach - total_stock(stock, year), 0.0)
                wanted = gap
            if not past:
                wanted *= trade.volume[i, year]
                gap *= trade.volume[i, year]
            wish = Wish(
                wanted, trade.selection[i, year], trade.ev_age[i], trade.ev_width[i], trade.combustion_cut[i, year],
                trade.substitution[i],
            )  # fmt: skip
            fill_may_give(i, year, gates.history, trade, space.may_give)
            may_give, checked = space.may_give, trade.checked[i, year]
            fill_weights(i, year, extra, history, trade, space.weight)
            fill_border(i, checked, entries, free, space)
            missing, refused = choose_enough(year, wish, gap, may_give, pool[i], gone, rules.whole_pool, entry, space)
            if past:
                # They did come: as combustion vehicles, from outside the modelled pool.
                for age in range(space.weight.size):
                    space.icev[age] += (missing + refused) * space.weight[age]
                counts.outside[i, year] = missing
            else:
                counts.unfilled[i, year] = missing
            counts.refused[i, year] = refused
            push_combustion(i, year, rules, pool[i], entry.left, host, space)
            kwh = capacity[i, SECOND_HAND]
            if checked < 1.0:
                part_evs(i, checked, entries, space)
                push_evs(i, year, rules.exposure, pool[i], free, host, kwh, packs, space.ev_free)
            push_evs(i, year, rules.exposure, pool[i], entries, host, kwh, packs, space.ev)
            if year == first - 1:
                before = total_stock(stock, year) / population[year]
            if year == first:
                joined = total_stock(stock, year) / population[year]
                rate = demand_rate(demand.saturation[i], before, joined)
