"""Imports year by year: history as observed, then by supply, by demand, or up to a stock that is given."""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import borrowing_kernel, part_of_kernel
from mcsim.kernels.cohorts.arrivals import push_all_ages, push_combustion, push_evs
from mcsim.kernels.cohorts.choice import (
    Entry,
    Wish,
    choose_enough,
    fill_border,
    fill_may_give,
    fill_weights,
    part_evs,
    share_of_whole_pool,
)
from mcsim.kernels.cohorts.records import DEAD, DEMAND, EV, HEV, ICEV, SECOND_HAND, SUPPLY, TARGET
from mcsim.kernels.cohorts.room import At
from mcsim.kernels.cohorts.trade import demand_rate, supply_share
from mcsim.kernels.maths import exp

# Unregistered imports per registered one at most. Where imports hardly outlive their year no number of them raises a
# stock, and the share wanted would take them by the 1e19; history has 1, and a hundred is more than any border passes.
MOST_UNREGISTERED = 100.0


class Motorisation(NamedTuple):
    """Vehicles per person at the end of the first year after the history, and the rate at which their gap closes."""

    joined: float
    rate: float


@borrowing_kernel
def unregistered_factor(uplift, at, observed, regular_weight, irregular_weight, left, stock):
    """Return how many unregistered imports per registered one raise the stock of year `at` by the wanted share.

    Stocks are linear in imports: with R in the stock of registered imports and U if as many came unregistered,
    (new + R) uplift = factor U. At most `MOST_UNREGISTERED`: the stock is then raised by less.

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
    total = total_stock(stock, at)
    irregular = 0.0
    for year in range(at + 1):
        for age in range(irregular_weight.size):
            staying = left[age, at - year] * observed[year]
            if regular_weight[year, age] > 0.0:
                total += regular_weight[year, age] * staying
            if irregular_weight[age] > 0.0:
                irregular += irregular_weight[age] * staying
    return min(uplift * total / irregular, MOST_UNREGISTERED) if irregular > 0.0 else 0.0


@borrowing_kernel
def total_stock(stock, year):
    """Return the stock at the end of a year, all origins and powertrains."""
    total = 0.0
    for origin in range(stock.shape[0]):
        for powertrain in range(stock.shape[1]):
            total += stock[origin, powertrain, year]
    return total


@borrowing_kernel
def any_dead(pool):
    """Tell whether EVs with a dead pack are on offer in any year."""
    for year in range(pool.shape[1]):
        for age in range(pool.shape[2]):
            if pool[DEAD, year, age] > 0.0:
                return True
    return False


@borrowing_kernel
def stock_gap(i, year, first, mode, demand, motorisation, stock):
    """Return what the stock lacks to what is given, or to where motorisation is on its way to saturation.

    Parameters
    ----------
    i, year, first, mode : int
        Draw, year, first year after the history, and place in `MODES`.
    demand, motorisation : Demand, Motorisation
        Where to, and from where.
    stock : ndarray, shape (origins, powertrains, years)
        Without this year's imports.
    """
    saturation = demand.saturation[i]
    # Motorisation M - (M - m_0) exp(-r t): its gap to saturation M closes at a constant rate.
    goal = saturation - (saturation - motorisation.joined) * exp(-motorisation.rate * (year - first))
    reach = demand.target[i, year] if mode == TARGET else demand.population[i, year] * goal
    return max(reach - total_stock(stock, year), 0.0)


@part_of_kernel
def push_imports(at, year, checked, renewed, pool, entries, free, host, coming, space):
    """Add the chosen imports of one year to the host's flows, those held to the rule on state of health apart.

    Parameters
    ----------
    at, year, checked, renewed : At, int, float, bool
        Draw, year, share of EVs held to the rule, and whether the clock starts again.
    pool, entries, free, host, coming, space
        As in `fill_imports`; `pool` of the draw.
    """
    push_combustion(at, year, renewed, pool, entries.left[at.table], host, coming.combustion, space)
    if checked < 1.0:
        part_evs(at.table, checked, entries, space)
        push_evs(at, year, pool, free, host, coming.free, space.ev_free, space.in_use)
    else:
        clear_year(at.row, year, coming.free)
    push_evs(at, year, pool, entries, host, coming.held, space.ev, space.in_use)


@borrowing_kernel
def clear_year(row, year, coming):
    """Set the EVs that come in one year to 0: the draw before in this place may have had some."""
    for age in range(coming.working.shape[2]):
        coming.working[row, year, age] = 0.0
        coming.dead[row, year, age] = 0.0


@borrowing_kernel
def fill_imports(members, trade, gates, rules, pool, entries, free, coming, flows, space):
    """Add every draw's imports to its new sales.

    In the history what the modelled pool does not hold, or the border refuses, comes all the same, as combustion
    vehicles: observed is observed. After it, supply sends a share of what leaves the home fleet (reached on a line from
    the last observed one); demand repeats the last year's combustion imports and EVs for one, then what
    the stock needs to follow motorisation towards saturation at the rate of that first step.

    Parameters
    ----------
    members : Members
        Draws of a block.
    trade, gates, rules, entries, free : Trade, Gates, Rules, Entries, Entries
        Of all draws, and of their tables; `free` without a rule on state of health, read where not all EVs meet it.
    pool : ndarray, shape (k, powertrains + 1, years, ages)
        From `mcsim.kernels.cohorts.home.fill_home_fleets`.
    coming : Arrivals
        Filled.
    flows : Flows
        The host's are added to.
    space : ImportSpace
        Working space.
    """
    host, oldest = flows.host, space.icev.size - 1
    for row in range(members.draws.size):
        # Of no year, where ages are not asked for.
        for first in range(space.in_use.shape[0]):
            for year in range(space.in_use.shape[1]):
                space.in_use[first, year] = 0.0
        at = At(members.draws[row], members.tables[row], row)
        leaving = pool[members.sources[row]]
        import_all_years(at, trade, gates, rules, leaving, entries, free, coming, flows, space)
        push_all_ages(space.in_use, oldest, rules.exposure, host.age_total[at.draw], host.age_groups[at.draw])


@part_of_kernel
def import_all_years(at, trade, gates, rules, pool, entries, free, coming, flows, space):
    """Add the imports of one draw, year by year; see `fill_imports`, `pool` being the draw's."""
    i, history, demand, host, counts = at.draw, trade.history, trade.demand, flows.host, flows.counts
    first, stock, population = history.observed.shape[1], host.stock[i], demand.population[i]
    came, dead_traded = host.registrations[i, SECOND_HAND], rules.whole_pool and any_dead(pool)
    entry = Entry(space.passing, entries.left[at.table], space.ev_kept)
    extra, checked, may_give = 0.0, 1.0, space.may_give
    if history.uplift[i] > 0.0:
        extra = unregistered_factor(
            history.uplift[i], gates.uplift_year, history.observed[i], history.weight[i], history.irregular_weight[i],
            entry.left, stock,
        )  # fmt: skip
    before, motorisation, last_share = 0.0, Motorisation(0.0, 0.0), trade.share[i]
    for year in range(population.size):
        past, gone, gap = year < first, flows.home.gone[i, year], np.nan
        leaving = gone[ICEV] + gone[HEV] + gone[EV] + gone[DEAD]
        if past:
            wanted = history.observed[i, year] * (1.0 + extra)
            last_share = wanted / leaving if leaving > 0.0 else trade.share[i]
        elif rules.mode == SUPPLY:
            wanted = leaving * supply_share(last_share, trade.share[i], year - first + 1, gates.settles - first + 1)
        elif rules.mode == DEMAND and year == first:
            wanted = came[ICEV, year - 1] + came[HEV, year - 1] + came[EV, year - 1]
        else:
            gap = stock_gap(i, year, first, rules.mode, demand, motorisation, stock)
            wanted = gap
        if not past:
            wanted *= trade.volume[i, year]
            gap *= trade.volume[i, year]
        wish = Wish(
            wanted, share_of_whole_pool(gone, dead_traded) if rules.whole_pool else np.nan, trade.selection[i, year],
            trade.combustion_cut[i, year], trade.substitution[i],
        )  # fmt: skip
        fill_may_give(i, year, gates.history, trade, space)
        fill_weights(i, year, extra, history, trade, space.weight)
        if year == 0 or trade.checked[i, year] != checked:
            checked = trade.checked[i, year]
            fill_border(at.table, checked, entries, free, space)
        missing, refused = choose_enough(year, wish, gap, may_give, pool, entry, space)
        counts.refused[i, year] = refused
        if past:
            # They did come: as combustion vehicles, from outside the modelled pool.
            for age in range(space.weight.size):
                space.icev[age] += (missing + refused) * space.weight[age]
            counts.outside[i, year] = missing
        else:
            counts.unfilled[i, year] = missing
        push_imports(at, year, checked, rules.renewed, pool, entries, free, host, coming, space)
        if year == first - 1:
            before = total_stock(stock, year) / population[year]
        if year == first:
            joined = total_stock(stock, year) / population[year]
            motorisation = Motorisation(joined, demand_rate(demand.saturation[i], before, joined))
