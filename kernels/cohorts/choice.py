"""Who of the pool comes in one year: by what is wanted, by what the border allows, by what each age holds."""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import borrowing_kernel, part_of_kernel
from mcsim.kernels.cohorts.records import DEAD, EV, HEV, ICEV, Array
from mcsim.kernels.cohorts.trade import allocate, ev_share_of_pool, spread_ages


class Wish(NamedTuple):
    """Imports wanted of one draw and year.

    Parameters
    ----------
    vehicles : float
        How many.
    whole_share : float
        EVs' share of the whole pool; NaN where that at the ages of import counts.
    selection : float
        Ratio on the EV share.
    cut, substitution : float
        Share of combustion imports that policy keeps out, and the share of these that EVs replace.
    """

    vehicles: float
    whole_share: float
    selection: float
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


@borrowing_kernel
def share_of_whole_pool(gone, dead_traded):
    """Return the EVs' share of all that leave the home fleet in a year; those with a dead pack where they are traded.

    Parameters
    ----------
    gone : ndarray, shape (powertrains + 1,)
        Deregistrations at home.
    dead_traded : bool
        Whether dead packs are on offer in any year: where in none they are no part of the pool either.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.choice import share_of_whole_pool
    >>> share_of_whole_pool(np.array([6.0, 0.0, 2.0, 8.0]), False)
    0.25
    """
    ev = gone[EV] + gone[DEAD] if dead_traded else gone[EV]
    return ev / (ev + gone[ICEV] + gone[HEV]) if ev > 0.0 else 0.0


@borrowing_kernel
def choose_imports(year, wish, may_give, pool, passing, space):
    """Fill who comes at each age; return (not found, EVs refused for their state of health).

    The EVs' share is that of the pool times the selection ratio. They come around their own age, combustion vehicles by
    the ages of the rules; what policy keeps out is not replaced, but for the share that EVs substitute.

    Parameters
    ----------
    year : int
        Year.
    wish : Wish
        What is wanted; combustion vehicles by the shares in `space.weight`, EVs by those in `space.ev_spread`.
    may_give : ndarray of bool, shape (ages,)
        Ages that may give combustion vehicles; those that may give EVs stand in `space.ev_may_give`.
    pool : ndarray, shape (powertrains + 1, years, ages)
        On offer.
    passing : ndarray, shape (ages,)
        Share of EVs with a working pack that may be traded.
    space : ImportSpace
        Filled.
    """
    ages = may_give.size
    icev, hev, ev_pool, dead = pool[ICEV, year], pool[HEV, year], pool[EV, year], pool[DEAD, year]
    for age in range(ages):
        space.whole[age] = icev[age] + hev[age]
        space.on_offer[age] = ev_pool[age] + dead[age]
    share = wish.whole_share
    if np.isnan(share):
        share = ev_share_of_pool(space.weight, space.whole, space.on_offer)
    share = min(1.0, wish.selection * share)
    passed = 0.0
    for age in range(ages):
        offered = space.on_offer[age]
        allowed = passing[age]
        # The rule looks at working packs only; dead ones are on offer where no rule holds.
        if dead[age] > 0.0:
            allowed = (ev_pool[age] * allowed + dead[age]) / offered
        space.on_offer[age] = offered * allowed
        space.ev_weight[age] = space.ev_spread[age] * allowed
        passed += space.ev_weight[age]
    per_passed = 1.0 / passed if passed > 0.0 else 0.0
    for age in range(ages):
        space.ev_weight[age] *= per_passed
    combustion = wish.vehicles * (1.0 - share)
    ev = wish.vehicles * share + combustion * wish.cut * wish.substitution
    missing = allocate(combustion * (1.0 - wish.cut), space.weight, may_give, space.whole, space.icev)
    missing += allocate(ev * passed, space.ev_weight, space.ev_may_give, space.on_offer, space.ev)
    return missing, ev * (1.0 - min(passed, 1.0))


@borrowing_kernel
def working_share(year, age, pool, passing):
    """Return the share of the EVs traded at an age whose pack works."""
    dead = pool[DEAD, year, age]
    working = pool[EV, year, age] * passing
    return working / (working + dead) if dead > 0.0 else 1.0


@borrowing_kernel
def kept_at_once(year, pool, entry, space):
    """Return how many of the chosen imports are in use at the end of the year."""
    kept = 0.0
    for age in range(space.icev.size):
        if space.icev[age] > 0.0:
            kept += space.icev[age] * entry.left[age, 0]
        if space.ev[age] > 0.0:
            kept += space.ev[age] * working_share(year, age, pool, entry.passing[age]) * entry.ev_kept[age]
    return kept


@part_of_kernel
def choose_enough(year, wish, gap, may_give, pool, entry, space):
    """Choose one year's imports; where a gap of the stock is to be closed, as many as close it at the end of the year.

    Parameters
    ----------
    gap : float
        What the stock lacks, NaN where the wish itself is what is wanted.
    entry : Entry
        What becomes of imports.
    year, wish, may_give, pool, space
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
        tried = Wish(wanted, wish.whole_share, wish.selection, wish.cut, wish.substitution)
        missing, refused = choose_imports(year, tried, may_give, pool, entry.passing, space)
        if np.isnan(gap):
            break
        kept = kept_at_once(year, pool, entry, space)
        if missing > 0.0 or kept <= 0.0 or abs(kept - gap) <= 1e-13 * gap:
            break
        wanted *= gap / kept
    return missing, refused


@part_of_kernel
def fill_may_give(i, year, history, trade, space):
    """Fill the ages that may give in one year: the history's, then the rules', a later rule's once it holds for all.

    Where those of EVs are others than before, EVs are spread anew over them: around their own age.
    """
    of_evs, changed = space.ev_may_give, year == 0
    ages = trade.open_age[i] if trade.late[i, year] < 1.0 else trade.late_open[i]
    ev_ages = ages if trade.late_evs[i] else trade.open_age[i]
    if year < history.shape[0]:
        ages = history[year]
        ev_ages = history[year]
    for age in range(of_evs.size):
        changed = changed or of_evs[age] != ev_ages[age]
        of_evs[age] = ev_ages[age]
        space.may_give[age] = ages[age]
    if changed:
        spread_ages(trade.ev_age[i], trade.ev_width[i], of_evs, space.ev_spread)


@part_of_kernel
def fill_weights(i, year, extra, history, trade, weight):
    """Fill the shares by age of one year's imports: the history's with unregistered ones, or later the rules'."""
    past, late = year < history.observed.shape[1], trade.late[i, year]
    shares = history.weight[i, year] if past else trade.weight[i]
    for age in range(weight.size):
        weight[age] = shares[age]
    if late > 0.0 and not past:
        for age in range(weight.size):
            weight[age] = (1.0 - late) * weight[age] + late * trade.late_weight[i, age]
    if past and extra > 0.0:
        for age in range(weight.size):
            weight[age] = (weight[age] + extra * history.irregular_weight[i, age]) / (1.0 + extra)


@part_of_kernel
def fill_border(place, checked, entries, free, space):
    """Fill which EVs pass, and how many of those that came stay a year, where a share of them is held to the rule.

    Parameters
    ----------
    place : int
        Place of the draw's tables.
    checked : float
        Share of EVs that meet the rule on state of health; the others cross as where there is none.
    entries, free : Entries
        What becomes of an import under the rule and without it.
    space : ImportSpace
        `passing` and `ev_kept` are filled.
    """
    for age in range(space.passing.size):
        space.passing[age] = entries.passing[place, age]
        space.ev_kept[age] = entries.ev_left[place, age, 0]
        if checked < 1.0:
            held, others = checked * entries.passing[place, age], (1.0 - checked) * free.passing[place, age]
            space.passing[age] = held + others
            if held + others > 0.0:
                kept = held * entries.ev_left[place, age, 0] + others * free.ev_left[place, age, 0]
                space.ev_kept[age] = kept / (held + others)


@part_of_kernel
def part_evs(place, checked, entries, space):
    """Part the chosen EVs into those that met the rule on state of health (`ev`) and the others (`ev_free`)."""
    for age in range(space.ev.size):
        total = space.passing[age]
        held = checked * entries.passing[place, age] / total if total > 0.0 else 0.0
        space.ev_free[age] = space.ev[age] * (1.0 - held)
        space.ev[age] *= held
