"""What is done in every year of every case, in the units of which a study knows what each causes.

Two matrices: of years by columns, a column for each kind of thing that is done (km by way and powertrain, vehicles
made, packs buried), and of kWh at the plug by country. The first case holds what is done as it is; every other what it
does less that, from the classes and packs that differ alone: a change is no difference of two large sums.
"""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import borrowing_kernel
from mcsim.kernels.cohorts.accounts import HOME, HOST_MARKET, IMPORTED, STAND_IN
from mcsim.kernels.cohorts.records import EV, HEV, ICEV, LANDFILL, POWERTRAINS, Array

_COUNT = len(POWERTRAINS)
# Ways of a vehicle: from the home market and driven there, from the host's, and crossed.
AT_HOME, AT_HOST, CROSSED = range(3)
WAYS = 3
AS_IS, NO_EVS, NO_IMPORTS = range(3)
# Kinds of exhaust: of combustion vehicles, and of those that hold a hybrid's engine.
_EXHAUSTS = 2
_KG_PER_TONNE, _KWH_PER_MWH = 1e3, 1e3


class Columns(NamedTuple):
    """First column of every block, and how many columns and chemistries there are.

    Parameters
    ----------
    driven, ended : int
        km, and vehicles that end, by way and powertrain.
    sold : int
        Vehicles made, by market and powertrain.
    nickel_made : int
        Hybrids' packs made, by market.
    burnt : int
        Litres, by country.
    exhaust : int
        Litres times their exhaust, by way, of combustion vehicles and of hybrids.
    made_home, made_host : int
        kWh of packs made by chemistry, and kg beyond what is scored, for either market.
    recycled_home, buried_home, recycled_host, buried_host : int
        kWh by chemistry; of what is buried also kg.
    width, chemistries : int
        Columns, and chemistries.
    """

    driven: int
    ended: int
    sold: int
    nickel_made: int
    burnt: int
    exhaust: int
    made_home: int
    made_host: int
    recycled_home: int
    buried_home: int
    recycled_host: int
    buried_host: int
    width: int
    chemistries: int


def columns_of(chemistries: int) -> Columns:
    """Return where the blocks stand for so many chemistries.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.done import columns_of
    >>> columns_of(2).width
    50
    """
    by_way, of_packs, more = WAYS * _COUNT, chemistries, chemistries + 1
    widths = (by_way, by_way, 2 * _COUNT, 2, 2, WAYS * _EXHAUSTS, more, more, of_packs, more, of_packs, more)
    starts = [sum(widths[:place]) for place in range(len(widths) + 1)]
    return Columns._make([*starts, chemistries])


class Traded(NamedTuple):
    """What of a draw's trade is not in the accounts.

    Parameters
    ----------
    home_sales, host_sales : ndarray, shape (n, years, powertrains)
        Vehicles sold new.
    trend : ndarray, shape (n, years)
        What a pack made in a year causes over one of the year that factors are of.
    fitted : ndarray, shape (n, cases, years)
        kWh of packs that are made for the host country.
    vectors : ndarray, shape (n, years, k)
        What a kWh of a model year is made of: by chemistry, kg, kg beyond what is scored.
    collected : ndarray, shape (n,)
        Share of packs that retire at home that is recycled.
    take_back : ndarray, shape (n, years, origins)
        Share of packs that is taken back, by origin of their vehicle.
    """

    home_sales: Array
    host_sales: Array
    trend: Array
    fitted: Array
    vectors: Array
    collected: Array
    take_back: Array


class Gone(NamedTuple):
    """Where packs that retire in the host country go, in one case, (n, years, origins, chemistries) MWh each.

    Parameters
    ----------
    contained, recovered, lost : ndarray
        All, those recycled there, and those buried or taken back.
    destination : ndarray, shape (n, years, origins, destinations)
        Mass [t].
    """

    contained: Array
    recovered: Array
    lost: Array
    destination: Array


class Done(NamedTuple):
    """What is filled.

    Parameters
    ----------
    amounts : ndarray, shape (n, cases, years, columns)
        The first case as it is, the others less that.
    power : ndarray, shape (n, cases, 2, years)
        kWh at the plug by country, alike.
    """

    amounts: Array
    power: Array


@borrowing_kernel
def add_series(factor, series, amounts, column):
    """Add a series of years times a factor to a column of a case, (years, columns)."""
    for year in range(series.size):
        amounts[year, column] += factor * series[year]


@borrowing_kernel
def add_classes(i, powertrain, used, by_used, columns, done):
    """Add what the classes of a powertrain do, of one draw; arguments as in `fill_done`."""
    amounts, power = done.amounts[i], done.power[i]
    kind = 0 if powertrain == ICEV else 1
    for fleet in range(STAND_IN + 1):
        place = fleet * _COUNT + powertrain
        if fleet == HOME:
            way = AT_HOME
        elif fleet == IMPORTED or (fleet == STAND_IN and by_used):
            way = CROSSED
        else:
            way = AT_HOST
        country = 0 if way == AT_HOME else 1
        column = way * _COUNT + powertrain
        for case in range(amounts.shape[0]):
            # What comes in the place of EVs is part of one case; imports leave, all or EVs alone.
            factor = 0.0
            if fleet == STAND_IN:
                factor = 1.0 if case == NO_EVS else 0.0
            elif case == AS_IS:
                factor = 1.0
            elif fleet == IMPORTED and (case == NO_IMPORTS or powertrain == EV):
                factor = -1.0
            if factor != 0.0:
                add_series(factor, used.distance[i, place], amounts[case], columns.driven + column)
                add_series(factor, used.ended[i, place], amounts[case], columns.ended + column)
                add_series(factor, used.litres[i, place], amounts[case], columns.burnt + country)
                add_series(factor, used.exhaust[i, place], amounts[case], columns.exhaust + way * _EXHAUSTS + kind)
                for year in range(power.shape[2]):
                    power[case, country, year] += factor * used.power[i, place, year]


@borrowing_kernel
def add_crossing(i, accounts, by_ev, columns, done):
    """Add who is not dismantled at home since they cross, and who is sold in the place of EVs, of one draw."""
    amounts, crossing = done.amounts[i], accounts.crossing[i]
    for powertrain in range(_COUNT):
        column = columns.ended + AT_HOME * _COUNT + powertrain
        add_series(-1.0, crossing[powertrain], amounts[AS_IS], column)
        add_series(1.0, crossing[powertrain], amounts[NO_IMPORTS], column)
        if powertrain == EV:
            add_series(1.0, crossing[powertrain], amounts[NO_EVS], column)
    add_series(-1.0, crossing[_COUNT], amounts[NO_EVS], columns.ended + AT_HOME * _COUNT + ICEV)
    sold = columns.sold + HOST_MARKET * _COUNT
    add_series(1.0, accounts.added[i], amounts[NO_EVS], sold + (EV if by_ev else ICEV))


@borrowing_kernel
def add_made(i, traded, packs, columns, done):
    """Add vehicles and packs that are made, of one draw; those of hybrids and at home are the same in every case."""
    amounts, chemistries = done.amounts[i], columns.chemistries
    now = amounts[AS_IS]
    for year in range(now.shape[0]):
        trend = traded.trend[i, year]
        for powertrain in range(_COUNT):
            now[year, columns.sold + powertrain] += traded.home_sales[i, year, powertrain]
            now[year, columns.sold + _COUNT + powertrain] += traded.host_sales[i, year, powertrain]
        now[year, columns.nickel_made] += traded.home_sales[i, year, HEV] * trend
        now[year, columns.nickel_made + 1] += traded.host_sales[i, year, HEV] * trend
        for place in range(chemistries + 1):
            # Behind the chemistries stand kg, and kg beyond what is scored: it is these that are made apart.
            of = place if place < chemistries else chemistries + 1
            now[year, columns.made_home + place] += packs.made[i, year, of] * trend
            each = traded.vectors[i, year, of] * trend
            fitted = traded.fitted[i, AS_IS, year]
            now[year, columns.made_host + place] += fitted * each
            for case in range(1, amounts.shape[0]):
                amounts[case, year, columns.made_host + place] += (traded.fitted[i, case, year] - fitted) * each


@borrowing_kernel
def add_left(i, traded, packs, columns, done):
    """Add packs that retire at home, of one draw: as it is without those that cross."""
    amounts, chemistries, collected = done.amounts[i], columns.chemistries, traded.collected[i]
    for year in range(amounts.shape[1]):
        for place in range(chemistries + 1):
            crossed = packs.crossed[i, year, place]
            for case in range(amounts.shape[0]):
                left = packs.left[i, year, place] - crossed if case == AS_IS else crossed
                if place < chemistries:
                    amounts[case, year, columns.recycled_home + place] += collected * left
                amounts[case, year, columns.buried_home + place] += (1.0 - collected) * left


@borrowing_kernel
def add_gone(i, sign, traded, gone, columns, amounts):
    """Add packs that retire in the host country in a case, times a sign, to the amounts of one draw's case."""
    chemistries, origins = columns.chemistries, gone.contained.shape[2]
    for year in range(amounts.shape[0]):
        for place in range(chemistries):
            recovered, lost, taken = 0.0, 0.0, 0.0
            for origin in range(origins):
                taken += traded.take_back[i, year, origin] * gone.contained[i, year, origin, place]
                recovered += gone.recovered[i, year, origin, place]
                lost += gone.lost[i, year, origin, place]
            amounts[year, columns.recycled_home + place] += sign * taken * _KWH_PER_MWH
            amounts[year, columns.recycled_host + place] += sign * recovered * _KWH_PER_MWH
            amounts[year, columns.buried_host + place] += sign * (lost - taken) * _KWH_PER_MWH
        buried = 0.0
        for origin in range(origins):
            buried += gone.destination[i, year, origin, LANDFILL]
        amounts[year, columns.buried_host + chemistries] += sign * buried * _KG_PER_TONNE


@borrowing_kernel
def fill_done(accounts, traded, now, without, no_imports, by_used, by_ev, columns, done):
    """Fill what is done in every draw.

    Parameters
    ----------
    accounts : Accounts
        Of the classes, and of packs at home.
    traded : Traded
        What is not in them.
    now, without, no_imports : Gone
        Of packs that retire in the host country: as it is, without second-hand EVs, without imports.
    by_used, by_ev : bool
        Whether used vehicles, or new EVs, come in the place of second-hand EVs.
    columns : Columns
        From `columns_of`.
    done : Done
        Filled.
    """
    for i in range(done.amounts.shape[0]):
        amounts = done.amounts[i]
        for case in range(amounts.shape[0]):
            for year in range(amounts.shape[1]):
                done.power[i, case, 0, year] = 0.0
                done.power[i, case, 1, year] = 0.0
                for column in range(amounts.shape[2]):
                    amounts[case, year, column] = 0.0
        for powertrain in range(_COUNT):
            add_classes(i, powertrain, accounts.used, by_used, columns, done)
        add_crossing(i, accounts, by_ev, columns, done)
        add_made(i, traded, accounts.packs, columns, done)
        add_left(i, traded, accounts.packs, columns, done)
        add_gone(i, 1.0, traded, now, columns, amounts[AS_IS])
        add_gone(i, 1.0, traded, without, columns, amounts[NO_EVS])
        add_gone(i, -1.0, traded, now, columns, amounts[NO_EVS])
        add_gone(i, 1.0, traded, no_imports, columns, amounts[NO_IMPORTS])
        add_gone(i, -1.0, traded, now, columns, amounts[NO_IMPORTS])


@borrowing_kernel
def fill_impacts(goods, power, per_kwh, scale, whole, change):
    """Fill impacts of every year, place, category and case, and what cases change.

    Parameters
    ----------
    goods : ndarray, shape (n, cases, years, places * categories)
        Impacts of all but electricity: the first case as it is, the others less that.
    power : ndarray, shape (n, cases, 2, years)
        kWh at the plug by country, alike.
    per_kwh : ndarray, shape (n, 2, years, places * categories)
        Impacts of a kWh.
    scale : ndarray, shape (places * categories,)
        What a total is told in.
    whole : ndarray, shape (n, years, places * categories, cases)
        Filled.
    change : ndarray, shape (n, years, places * categories, cases - 1)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.done import fill_impacts
    >>> whole, change = np.empty((1, 1, 1, 2)), np.empty((1, 1, 1, 1))
    >>> goods, power = np.array([[[[4.0]], [[-1.0]]]]), np.array([[[[1.0], [0.0]], [[0.0], [2.0]]]])
    >>> fill_impacts(goods, power, np.array([[[[3.0]], [[5.0]]]]), np.array([10.0]), whole, change)
    >>> whole.ravel().tolist(), change.ravel().tolist()
    ([70.0, 160.0], [90.0])
    """
    n, cases, years, cells = goods.shape
    for i in range(n):
        for year in range(years):
            for case in range(cases):
                home, host = power[i, case, 0, year], power[i, case, 1, year]
                for cell in range(cells):
                    told = goods[i, case, year, cell] + home * per_kwh[i, 0, year, cell]
                    told = (told + host * per_kwh[i, 1, year, cell]) * scale[cell]
                    if case == AS_IS:
                        whole[i, year, cell, 0] = told
                    else:
                        change[i, year, cell, case - 1] = told
                        whole[i, year, cell, case] = whole[i, year, cell, 0] + told


@borrowing_kernel
def fill_last_turns(change, case, first, found):
    """Fill the last year in which a running sum of a case's change turns its sign; NaN where it never does.

    Parameters
    ----------
    change : ndarray, shape (n, years, cells, cases)
        From `fill_impacts`.
    case : int
        Place on the last axis.
    first : int
        First year.
    found : ndarray, shape (n, cells)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.done import fill_last_turns
    >>> found = np.empty((1, 2))
    >>> change = np.array([[-1.0, 1.0], [3.0, 0.0], [0.0, -1.0]]).reshape(1, 3, 2, 1)
    >>> fill_last_turns(change, 0, 2005, found)
    >>> found.tolist()
    [[2006.0, nan]]
    """
    n, years, cells, _ = change.shape
    for i in range(n):
        for cell in range(cells):
            total, turned = 0.0, -1
            for year in range(years):
                after = total + change[i, year, cell, case]
                # A sum of exactly 0 is on neither side, as it is before anything crosses.
                if (after > 0.0 and total < 0.0) or (after < 0.0 and total > 0.0):
                    turned = year
                total = after
            found[i, cell] = first + turned if turned >= 0 else np.nan
