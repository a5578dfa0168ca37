"""Vehicles of the host country drawn one by one: the sampling twin of the expectation in the files beside this one.

A cohort is what enters in one year with one powertrain, from one origin and at one age. Of the lives of its series it
has its share, at least one, and each stands for as many vehicles: what enters is exact, what becomes of it is drawn. A
life has the grid of the expectation (half-years, a pack fitted in the middle of one, half of the pairs that
would end in one half-year with the vehicle first), so that both agree in law. Its random numbers are functions of (key,
draw, cohort, life): no block, chunk or worker changes a bit, and studies that are compared share them.

Sales, the home fleet and who crosses are the expectation's.
"""

from typing import Any, NamedTuple

import numpy as np

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.cohorts.arrivals import add_dead_packs
from mcsim.kernels.cohorts.new import clear, first_scales
from mcsim.kernels.cohorts.packs import fill_starts, in_service, quarter_age, traded_share
from mcsim.kernels.cohorts.records import EV, HEV, ICEV, NEW, SECOND_HAND, Array, Whole
from mcsim.kernels.cohorts.second_hand import fill_entry_survival
from mcsim.kernels.cohorts.stock import row_of, year_of_half
from mcsim.kernels.streams import vehicle_uniforms

# Series of cohorts, each with lives of its own; the first stock, and EVs that no rule on state of health held back.
OLD, FREE = 6, 7
# Blocks of uniforms of one life: 0 for its end, the next for its packs, then which pack it came with, and repairs.
_CAME_WITH, _REPAIRS = 127, 127
_SERIES_SHIFT, _COHORT_SHIFT = np.uint64(48), np.uint64(32)


class Sampled(NamedTuple):
    """What is sampled: the stream's key (uint64), the draws' numbers (n,), and lives of a series."""

    key: Any
    draws: Whole
    lives: int


class Lot(NamedTuple):
    """Lives of one cohort: whose random numbers, how many, and the vehicles for which each stands."""

    key: Any
    draw: Any
    first: Any
    lives: Any
    weight: Any


class Book(NamedTuple):
    """Where the vehicles of one series are booked: stock, deregistrations, ages and age groups, by year."""

    stock: Array
    gone: Array
    total: Array
    groups: Array


class Law(NamedTuple):
    """What ends EVs of one draw in the host country: survival of packs by quarter-year, of vehicles by half-year."""

    alive: Array
    warranty: Array
    end: Array
    defects: Array
    cover: Any
    repair: Any
    exposure: Any


@inline_kernel
def _uniforms(lot, life, block):
    return vehicle_uniforms(lot.key, lot.draw, lot.first + np.uint64(life), np.uint64(block))


@kernel
def lot_of(sampled, i, series, cohort, inflow, total):
    """Return the lives of a cohort: its share of its series' lives, at least one."""
    lives = max(1, int(sampled.lives * inflow / total + 0.5))
    first = (np.uint64(series) << _SERIES_SHIFT) | (np.uint64(cohort) << _COHORT_SHIFT)
    return Lot(sampled.key, np.uint64(sampled.draws[i]), first, lives, inflow / lives)


@kernel
def first_at_most(law, level, last):
    """Return the first place from 1 on at which a survival is no more than a level; last + 1 where it never is.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.lived import first_at_most
    >>> law = np.array([1.0, 0.8, 0.5, 0.1])
    >>> first_at_most(law, 0.6, 3), first_at_most(law, 0.05, 3)
    (2, 4)
    """
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        if law[middle] <= level:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def book_life(book, weight, entered, age, leaves, exposure):
    """Book a life that is in use at the ends of the years [entered, leaves) and leaves in the last of these."""
    years, oldest = book.gone.size, book.groups.shape[0] - 1
    for year in range(entered, min(leaves, years)):
        book.stock[year] += weight
        book.total[year] += weight * (age + 0.5 * exposure + year - entered)
        book.groups[min((age + year - entered) // 5, oldest), year] += weight
    if leaves < years:
        book.gone[leaves] += weight


@kernel
def retire(i, packs, weight, kwh, year, made):
    """Add a pack that retires in a year, of a model year (one of before the first year counts as the first year's)."""
    packs.number[i, year] += weight
    packs.energy[i, row_of(year) + max(min(made, year), 0)] += kwh * weight


@kernel
def live_without_packs(lot, alive, entered, age, exposure, book):
    """Draw combustion vehicles and hybrids of one cohort: they leave by survival alone."""
    last = 2 * (book.gone.size - 1 - entered) + exposure
    for life in range(lot.lives):
        level, _ = _uniforms(lot, life, 0)
        death = first_at_most(alive, level, last)
        leaves = entered + year_of_half(death, exposure) if death <= last else book.gone.size
        book_life(book, lot.weight, entered, age, leaves, exposure)


@kernel
def _new_pack_fails(law, fitted, last, fade, defect):
    """Return the half-year in which a pack of a vehicle sold new fails, last + 1 where it serves so long."""
    for half in range(fitted + 1, last + 1):
        served = in_service(half, fitted, law.cover, law.warranty, law.end)
        if fade >= served or defect >= law.defects[quarter_age(half, fitted)]:
            return half
    return last + 1


@kernel
def live_new_evs(i, lot, law, kwh, sold, book, packs):
    """Draw EVs sold new in one year: packs are replaced under the warranty, by chance of repair after it."""
    years, cover = book.gone.size, law.cover
    last = 2 * (years - 1 - sold) + law.exposure
    for life in range(lot.lives):
        level, coin = _uniforms(lot, life, 0)
        death = first_at_most(law.alive, level, last)
        fitted, number, leaves = 0, 0, years
        while leaves == years:
            number += 1
            fade, defect = _uniforms(lot, life, number)
            fails = _new_pack_fails(law, fitted, min(death, last), fade, defect)
            vehicle_first = fails > death or (fails == death and coin < 0.5)
            half = death if vehicle_first else fails
            if half > last:
                break
            year, made = sold + year_of_half(half, law.exposure), sold + _year_fitted(fitted, law.exposure)
            retire(i, packs.covered if half <= cover else packs.later, lot.weight, kwh, year, made)
            if vehicle_first:
                leaves = year
            elif half <= cover or _uniforms(lot, life, _REPAIRS + number)[0] < law.repair:
                if half <= cover:
                    retire(i, packs.replaced, lot.weight, kwh, year, made)
                fitted = half
                if half == death:
                    # The new pack goes with its vehicle, in the half-year in which it was fitted.
                    retire(i, packs.covered if half <= cover else packs.later, lot.weight, kwh, year, year)
                    leaves = year
            else:
                leaves = year
        book_life(book, lot.weight, sold, 0, leaves, law.exposure)


@inline_kernel
def _year_fitted(half, exposure):
    return 0 if half == 0 else year_of_half(half, exposure)


@kernel
def _traded_pack_fails(law, entry, start, fitted, last, fade, defect):
    """Return the half-year since entry in which an import's pack fails: the one it came with, or one fitted there."""
    for half in range(fitted + 1, last + 1):
        quarter = 2 * (half - fitted) + 1
        served, intact = law.end[quarter], law.defects[quarter]
        if fitted == 0:
            # Known to be among the best `start` at the border; defects do not age.
            quarter = entry + 2 * half
            served = min(law.end[quarter], start) / start if start > 0.0 else 0.0
            intact = law.defects[quarter] / law.defects[entry]
        if fade >= served or defect >= intact:
            return half
    return last + 1


@kernel
def live_imports(i, lot, law, traded, kwh, entered, age, book, packs):
    """Draw EVs that came in one year at one age with a working pack; no warranty replaces it, by chance a repair."""
    years, home = book.gone.size, entered - age
    last, classes = 2 * (years - 1 - entered) + law.exposure, min(traded.share.size, 2 * age + 1)
    for life in range(lot.lives):
        level, coin = _uniforms(lot, life, 0)
        death = first_at_most(law.alive, level, last)
        pick, _ = _uniforms(lot, life, _CAME_WITH)
        held = 0
        while held < classes - 1 and pick >= traded.share[held]:
            pick -= traded.share[held]
            held += 1
        entry, made = quarter_age(2 * age, held), home + _year_fitted(held, law.exposure)
        fitted, number, leaves = 0, 0, years
        while leaves == years:
            number += 1
            fade, defect = _uniforms(lot, life, number)
            fails = _traded_pack_fails(law, entry, traded.start[held], fitted, min(death, last), fade, defect)
            vehicle_first = fails > death or (fails == death and coin < 0.5)
            half = death if vehicle_first else fails
            if half > last:
                break
            year = entered + year_of_half(half, law.exposure)
            retire(i, packs, lot.weight, kwh, year, made)
            if not vehicle_first and _uniforms(lot, life, _REPAIRS + number)[0] < law.repair:
                fitted, made = half, year
                if half == death:
                    retire(i, packs, lot.weight, kwh, year, made)
                    leaves = year
            else:
                leaves = year
        book_life(book, lot.weight, entered, age, leaves, law.exposure)


@kernel
def live_first_stock(i, sampled, vehicles, first_stock, alive, exposure, host):
    """Draw the stock at the end of the year before the first, of either origin; see `push_first_stock`."""
    total, early, years = vehicles.initial_stock[i], first_stock.sales.size, host.age_total.shape[1]
    scale, older = first_scales(total, first_stock.sales, first_stock.cohorts, alive, exposure)
    for age in range(first_stock.cohorts):
        first = 2 * age + exposure
        there = (scale * first_stock.sales[early - 1 - age] if age < early else older) * alive[first]
        if there <= 0.0:
            continue
        lot = lot_of(sampled, i, OLD, age, there, total)
        for life in range(lot.lives):
            level, origin = _uniforms(lot, life, 0)
            at = SECOND_HAND if origin < vehicles.first_second_hand[i] else NEW
            leaves = 0
            while leaves < years and alive[first + 2 * (leaves + 1)] > level * alive[first]:
                leaves += 1
            book_life(book_of(i, host, at, ICEV), lot.weight, 0, age + 1, leaves, exposure)


@kernel
def book_of(i, host, origin, powertrain):
    """Return where the vehicles of one series of one draw are booked."""
    stock, gone = host.stock[i, origin, powertrain], host.gone[i, origin, powertrain]
    return Book(stock, gone, host.age_total[i], host.age_groups[i])


@kernel
def live_sales(i, sampled, vehicles, law, capacity, host, packs):
    """Draw what is sold new in every year."""
    sales, years = vehicles.sales[i], vehicles.sales.shape[1]
    for powertrain in range(sales.shape[1]):
        total, book = sales[:, powertrain].sum(), book_of(i, host, NEW, powertrain)
        for sold in range(years):
            inflow = sales[sold, powertrain]
            if inflow <= 0.0:
                continue
            lot = lot_of(sampled, i, powertrain, sold, inflow, total)
            if powertrain == EV:
                live_new_evs(i, lot, law, capacity[i, NEW, sold], sold, book, packs)
            else:
                live_without_packs(lot, law.alive, sold, 0, law.exposure, book)


@kernel
def live_combustion(i, sampled, came, powertrain, alive, exposure, host):
    """Draw combustion imports or hybrids, of which so many (years, ages) came; `alive` by age and half-year."""
    total, book = came.sum(), book_of(i, host, SECOND_HAND, powertrain)
    for year in range(came.shape[0]):
        for age in range(came.shape[1]):
            if came[year, age] > 0.0:
                lot = lot_of(sampled, i, 3 + powertrain, year * came.shape[1] + age, came[year, age], total)
                live_without_packs(lot, alive[age], year, age, exposure, book)


@kernel
def live_traded(i, sampled, series, coming, law, alive, traded, capacity, book, packs):
    """Draw second-hand EVs of all ages; `alive` and `traded` have a leading axis of ages."""
    came, years, ages = coming.working[i], coming.working.shape[1], coming.working.shape[2]
    total = came.sum()
    for age in range(ages):
        own = Law(alive[age], law.warranty, law.end, law.defects, law.cover, law.repair, law.exposure)
        of_age = TradedAges(traded.share[age], traded.start[age])
        for year in range(years):
            if came[year, age] > 0.0:
                lot = lot_of(sampled, i, series, year * ages + age, came[year, age], total)
                kwh = capacity[i, SECOND_HAND, max(year - age, 0)]
                live_imports(i, lot, own, of_age, kwh, year, age, book, packs)
    for year in range(years):
        book.gone[year] += coming.dead[i, year].sum()


class TradedAges(NamedTuple):
    """Packs of traded EVs as `room.Traded` has them, by age at entry: (ages, classes) each."""

    share: Array
    start: Array


@kernel
def fill_traded(i, state, laws, curves, allowed, traded):
    """Fill with which packs EVs of every age come, where a pack passes up to the loss `allowed`."""
    cover, end, warranty = laws.home.cover[i], curves.home.end[i], curves.home.warranty[i]
    for age in range(traded.share.shape[0]):
        traded_share(age, state[i], cover, warranty, end, allowed, traded.share[age])
        fill_starts(age, warranty, end, allowed, cover, curves.host.end[i], traded.start[age])


@kernel
def fill_lived(drawn, first_stock, rules, sampled, tables, host, packs):
    """Fill stock, deregistrations, ages and retiring packs of n draws from lives that are drawn.

    Parameters
    ----------
    drawn : Drawn
        Of n draws, see `mcsim.studies.fleet.stages`.
    first_stock, rules : FirstStock, Rules
        Of all draws.
    sampled : Sampled
        What is sampled.
    tables : Tables
        Filled by the stages of the flows; who comes and what EVs run on is read.
    host : HostFlows
        Filled, but for registrations, which are the expectation's.
    packs : Packs
        Filled.
    """
    vehicles, laws, curves, came = drawn.vehicles.host, drawn.laws, tables.curves, tables.arrivals
    ages, classes, exposure = came.held.working.shape[2], tables.states.home.share.shape[2], rules.exposure
    alive = np.empty((ages, 2 * host.age_total.shape[1] + 1))
    traded = TradedAges(np.empty((ages, classes)), np.empty((ages, classes)))
    unruled = np.ones(curves.passing.shape[1])
    for i in range(laws.shape.size):
        host.stock[i], host.gone[i], host.age_total[i], host.age_groups[i] = 0.0, 0.0, 0.0, 0.0
        clear(i, packs.covered)
        clear(i, packs.later)
        clear(i, packs.replaced)
        clear(i, packs.second_hand)
        law = Law(
            tables.new.alive[i], curves.host.warranty[i], curves.host.end[i], curves.defects[i], laws.host.cover[i],
            laws.host.repair[i], exposure,
        )  # fmt: skip
        live_first_stock(i, sampled, vehicles, first_stock, law.alive, exposure, host)
        live_sales(i, sampled, vehicles, law, drawn.capacity, host, packs)
        for age in range(ages):
            fill_entry_survival(
                age, rules.renewed, vehicles.shape[i], vehicles.scale[i], vehicles.life_multiplier[i], alive[age]
            )
        live_combustion(i, sampled, came.combustion.icev[i], ICEV, alive, exposure, host)
        live_combustion(i, sampled, came.combustion.hev[i], HEV, alive, exposure, host)
        book = book_of(i, host, SECOND_HAND, EV)
        fill_traded(i, tables.states.home.share, laws, curves, curves.passing[i], traded)
        live_traded(i, sampled, 3 + EV, came.held, law, alive, traded, drawn.capacity, book, packs.second_hand)
        retire_dead(i, came.held.dead, tables.entries.dead, drawn.capacity, packs.second_hand)
        if drawn.trade.checked[i].min() < 1.0:
            fill_traded(i, tables.states.home.share, laws, curves, unruled, traded)
            live_traded(i, sampled, FREE, came.free, law, alive, traded, drawn.capacity, book, packs.second_hand)
            retire_dead(i, came.free.dead, tables.free.dead, drawn.capacity, packs.second_hand)


@kernel
def retire_dead(i, dead, shares, capacity, packs):
    """Add the packs of EVs that came with a dead one, on arrival."""
    years, ages = dead.shape[1], dead.shape[2]
    for first in range(1 - ages, years):
        add_dead_packs(i, first, dead[i], shares[i], capacity[i, SECOND_HAND, max(first, 0)], packs)
