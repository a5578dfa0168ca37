"""What the vehicles of both countries drive, burn, charge and leave behind, year by year and by class.

A cohort of N vehicles with the share S left at the ends of years is in use for

    vehicle-years = N * (half * (1 + S(0)) / 2) in the year of entry, N * (S(j - 1) + S(j)) / 2 in the j-th year after,

the trapezoid of its curve, where `half` is the part of the year of entry that it lives through (option `timing`). It
drives by its age: v(a) in the year of age a; a calendar year after that of entry holds `half` of one year of age and
the rest of the one before.
"""

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.cohorts.accounts import (
    BY_COMBUSTION,
    BY_EV,
    BY_NOTHING,
    HOME,
    HOME_MARKET,
    HOST_MARKET,
    IMPORTED,
    KEPT,
    NEW_HOST,
    STAND_IN,
    Cohort,
    Manner,
    Used,
)
from mcsim.kernels.cohorts.new import first_scales
from mcsim.kernels.cohorts.records import CAR, EV, HEV, ICEV, NEW, PICKUP, POWERTRAINS, SECOND_HAND

_COUNT = len(POWERTRAINS)


@inline_kernel
def _half(ways):
    """Return the part of the year of entry that a vehicle lives through."""
    return 0.5 * ways.exposure


@inline_kernel
def _manner(i, market, powertrain, abroad, ways):
    driving, burning = ways.driving, ways.burning
    rate = driving.host[i] if abroad else (driving.home_ev[i] if powertrain == EV else driving.home[i])
    late = burning.catalyst[i] if abroad else 1.0
    return Manner(
        rate, burning.fuel[i, market, powertrain], burning.exhaust[i, market], burning.power[i, market],
        burning.fuel_fade[i], burning.power_fade[i], late, burning.late_age[i],
    )  # fmt: skip


@inline_kernel
def _driven(rate, age, since, half, in_use):
    """Return the distance of a calendar year, from the vehicle-years in it."""
    last = rate.size - 1
    now = rate[min(age + since, last)]
    if since == 0:
        return in_use * now
    return in_use * (half * now + (1.0 - half) * rate[min(age + since - 1, last)])


@kernel
def drive(cohort, half, left, manner, electric, used):
    """Add what a cohort does until the last year.

    Parameters
    ----------
    cohort : Cohort
        Who.
    half : float
        Part of the year of entry lived through.
    left : ndarray, shape (at least years - start,)
        Share in use at the ends of years.
    manner : Manner
        How they drive.
    electric : bool
        Whether they are charged.
    used : Used
        Of one class, (years,) each; added to.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.ledger import Cohort, Manner, Used, drive
    >>> used, one = Used(*(np.zeros(2) for _ in range(5))), np.ones(1)
    >>> manner = Manner(np.array([100.0, 50.0]), 0.1 * one, 2.0 * one, one, 0.0, 0.0, 1.0, 10.0)
    >>> drive(Cohort(4.0, 0, 0, 0), 1.0, np.array([0.5, 0.0]), manner, False, used)
    >>> used.distance.tolist(), used.exhaust.tolist(), used.ended.tolist()
    ([300.0, 50.0], [60.0, 10.0], [2.0, 2.0])
    """
    if cohort.vehicles == 0.0:
        return
    fuel, exhaust = manner.fuel[cohort.model_year], manner.exhaust[cohort.model_year]
    power = manner.power[cohort.model_year] if electric else 0.0
    before = 1.0
    for year in range(cohort.start, used.distance.size):
        since = year - cohort.start
        after = left[since]
        if before <= 0.0:
            break
        in_use = 0.5 * (before + after) * (half if since == 0 else 1.0)
        distance = cohort.vehicles * _driven(manner.rate, cohort.age, since, half, in_use)
        # Mean age within the year: of the part lived through, or of the whole year.
        age = cohort.age + 0.5 * half if since == 0 else cohort.age + since + half - 0.5
        used.distance[year] += distance
        used.ended[year] += cohort.vehicles * (before - after)
        if fuel > 0.0:
            litres = distance * fuel * (1.0 + manner.fuel_fade * age)
            late = min(max(age + 0.5 - manner.late_age, 0.0), 1.0)
            used.litres[year] += litres
            used.exhaust[year] += litres * exhaust * (1.0 + (manner.late - 1.0) * late)
        if electric:
            used.power[year] += distance * power / (1.0 - manner.power_fade * age)
        before = after


@inline_kernel
def _class(i, fleet, powertrain, used):
    """Return the account of one draw and class."""
    place = fleet * _COUNT + powertrain
    return Used(
        used.distance[i, place], used.litres[i, place], used.exhaust[i, place], used.power[i, place],
        used.ended[i, place],
    )  # fmt: skip


@kernel
def _clear(i, accounts):
    used, packs = accounts.used, accounts.packs
    for place in range(used.distance.shape[1]):
        for year in range(used.distance.shape[2]):
            used.distance[i, place, year] = 0.0
            used.litres[i, place, year] = 0.0
            used.exhaust[i, place, year] = 0.0
            used.power[i, place, year] = 0.0
            used.ended[i, place, year] = 0.0
    for year in range(packs.made.shape[1]):
        accounts.added[i, year] = 0.0
        for kind in range(accounts.crossing.shape[1]):
            accounts.crossing[i, kind, year] = 0.0
        for place in range(packs.made.shape[2]):
            packs.made[i, year, place] = 0.0
            packs.left[i, year, place] = 0.0
            packs.crossed[i, year, place] = 0.0


@inline_kernel
def _add_packs(kwh, vector, total):
    for place in range(total.size):
        total[place] += kwh * vector[place]


@kernel
def drive_home(i, sales, pickup_share, leavers, holding, ways, accounts):
    """Add the home fleet of one draw: what it drives, who leaves it, whether or not they cross, and its packs.

    Parameters
    ----------
    i : int
        Draw.
    sales : ndarray, shape (n, model years, powertrains)
        Vehicles sold at home.
    pickup_share : ndarray, shape (model years,)
        Share of pickups.
    leavers : Leavers
        Of n draws.
    holding, ways, accounts : Holding, Ways, Accounts
        Of n draws; vehicles of before the first year have no traction pack.
    """
    burning, half, capacity, vectors = ways.burning, _half(ways), holding.capacity, holding.vectors
    years = accounts.used.distance.shape[2]
    first = sales.shape[1] - years
    behind = burning.fuel.shape[3] - sales.shape[1]
    packs = accounts.packs
    for powertrain in range(_COUNT):
        electric = powertrain == EV
        manner = _manner(i, HOME_MARKET, powertrain, False, ways)
        used = _class(i, HOME, powertrain, accounts.used)
        for model_year in range(sales.shape[1]):
            sold = sales[i, model_year, powertrain]
            if sold <= 0.0:
                continue
            pickup = pickup_share[model_year]
            car = 1.0 - pickup
            fuel, exhaust = manner.fuel[behind + model_year], manner.exhaust[behind + model_year]
            power = manner.power[behind + model_year]
            stays = leavers.in_use[i] if electric else leavers.left[i]
            for year in range(max(model_year - first, 0), years):
                age = year + first - model_year
                after = car * stays[CAR, age] + pickup * stays[PICKUP, age]
                before = car * stays[CAR, age - 1] + pickup * stays[PICKUP, age - 1] if age > 0 else 1.0
                in_use = 0.5 * (before + after) * (half if age == 0 else 1.0)
                distance = sold * _driven(manner.rate, 0, age, half, in_use)
                mean_age = 0.5 * half if age == 0 else age + half - 0.5
                used.distance[year] += distance
                used.ended[year] += sold * (before - after)
                litres = distance * fuel * (1.0 + manner.fuel_fade * mean_age)
                used.litres[year] += litres
                used.exhaust[year] += litres * exhaust
                if electric:
                    used.power[year] += distance * power / (1.0 - manner.power_fade * mean_age)
                    fitted = sold * (car * leavers.replaced[i, CAR, age] + pickup * leavers.replaced[i, PICKUP, age])
                    kwh = capacity[i, SECOND_HAND, max(model_year - first, 0)]
                    vector = vectors[i, max(model_year - first, 0)]
                    _add_packs((sold * (before - after) + fitted) * kwh, vector, packs.left[i, year])
                    # Every pack of a vehicle has the capacity of the first, and is made as packs of its year are.
                    _add_packs(fitted * kwh, vectors[i, year], packs.made[i, year])
                    if age == 0:
                        _add_packs(sold * kwh, vectors[i, year], packs.made[i, year])


@kernel
def drive_new(i, vehicles, first_stock, new, ways, accounts):
    """Add vehicles sold new in the host country, and its first stock, of one draw; arguments as in `fill_ledger`."""
    burning, half, exposure = ways.burning, _half(ways), ways.exposure
    years = accounts.used.distance.shape[2]
    first = burning.fuel.shape[3] - years
    cohorts, early, alive = first_stock.cohorts, first_stock.sales, new.alive[i]
    manner = _manner(i, HOST_MARKET, ICEV, True, ways)
    scale, older = first_scales(vehicles.initial_stock[i], early, cohorts, alive, exposure)
    second_hand = vehicles.first_second_hand[i]
    for age in range(cohorts):
        sold = scale * early[early.size - 1 - age] if age < early.size else older
        at = 2 * age + exposure
        if sold <= 0.0 or alive[at] <= 0.0:
            continue
        for origin in range(2):
            part = sold * (second_hand if origin == SECOND_HAND else 1.0 - second_hand)
            used = _class(i, KEPT if origin == SECOND_HAND else NEW_HOST, ICEV, accounts.used)
            # In use at the end of the year before the first: each of its years is a whole one, of age + 1 and on.
            for year in range(years):
                before, after = alive[at + 2 * year], alive[at + 2 * (year + 1)]
                distance = part * _driven(manner.rate, age, year + 1, half, 0.5 * (before + after))
                mean_age = age + year + 0.5 + half
                late = min(max(mean_age + 0.5 - manner.late_age, 0.0), 1.0)
                litres = distance * manner.fuel[first - 1 - age] * (1.0 + manner.fuel_fade * mean_age)
                used.distance[year] += distance
                used.ended[year] += part * (before - after)
                used.litres[year] += litres
                used.exhaust[year] += litres * manner.exhaust[first - 1 - age] * (1.0 + (manner.late - 1.0) * late)
    for powertrain in range(_COUNT):
        manner = _manner(i, HOST_MARKET, powertrain, True, ways)
        used = _class(i, NEW_HOST, powertrain, accounts.used)
        left = new.ev_left[i] if powertrain == EV else new.left[i]
        for year in range(years):
            cohort = Cohort(vehicles.sales[i, year, powertrain], year, 0, first + year)
            drive(cohort, half, left, manner, powertrain == EV, used)


@kernel
def _life_distance(left, rate, age, half):
    """Return the distance of one vehicle over its years in the host country."""
    total = 0.0
    before = 1.0
    for since in range(left.size):
        if before <= 0.0:
            break
        in_use = 0.5 * (before + left[since]) * (half if since == 0 else 1.0)
        total += _driven(rate, age, since, half, in_use)
        before = left[since]
    return total


@kernel
def _stand_in(i, evs, curve, left, new, ways, accounts):
    """Add what comes in the place of a cohort of second-hand EVs; `curve` is theirs, `left` that of used cars."""
    first = ways.burning.fuel.shape[3] - accounts.used.distance.shape[2]
    rate, half, stand_in, year, age = ways.driving.host[i], _half(ways), ways.stand_in, evs.start, evs.age
    if stand_in.kind == BY_COMBUSTION:
        own, powertrain, market, now, model_year = left, ICEV, HOME_MARKET, age, evs.model_year
    elif stand_in.kind == BY_EV:
        own, powertrain, market, now, model_year = new.ev_left[i], EV, HOST_MARKET, 0, first + year
    else:
        own, powertrain, market, now, model_year = new.left[i], ICEV, HOST_MARKET, 0, first + year
    count = evs.vehicles
    if stand_in.by_distance:
        # As many as drive, over their lives, what the EVs would have driven.
        wanted, each = _life_distance(curve, rate, age, half), _life_distance(own, rate, now, half)
        count *= wanted / each if each > 0.0 else 0.0
    manner = _manner(i, market, powertrain, True, ways)
    used = _class(i, STAND_IN, powertrain, accounts.used)
    drive(Cohort(count, year, now, model_year), half, own, manner, powertrain == EV, used)
    if stand_in.kind == BY_COMBUSTION:
        accounts.crossing[i, _COUNT, year] += count
    else:
        accounts.added[i, year] += count


@kernel
def drive_imports(i, arrivals, new, holding, ways, accounts):
    """Add second-hand vehicles in the host country of one draw, and what would stand in for its EVs.

    Arguments as in `fill_ledger`; `arrivals` and `new` are of n draws.
    """
    years, ages = arrivals.crossed.icev.shape[1], arrivals.crossed.icev.shape[2]
    first, half, used = ways.burning.fuel.shape[3] - years, _half(ways), accounts.used
    crossed, ruled, free = arrivals.crossed, arrivals.ruled, arrivals.free
    by_icev = _manner(i, HOME_MARKET, ICEV, True, ways)
    by_hev = _manner(i, HOME_MARKET, HEV, True, ways)
    by_ev = _manner(i, HOME_MARKET, EV, True, ways)
    for year in range(years):
        for age in range(ages):
            model_year, place = max(first + year - age, 0), max(year - age, 0)
            icev, hev, dead = crossed.icev[i, year, age], crossed.hev[i, year, age], crossed.dead[i, year, age]
            evs = crossed.ev[i, year, age] + crossed.ev_free[i, year, age] + dead
            left = ruled.left[i, age]
            if icev > 0.0:
                drive(Cohort(icev, year, age, model_year), half, left, by_icev, False, _class(i, IMPORTED, ICEV, used))
            if hev > 0.0:
                drive(Cohort(hev, year, age, model_year), half, left, by_hev, False, _class(i, IMPORTED, HEV, used))
            accounts.crossing[i, ICEV, year] += icev
            accounts.crossing[i, HEV, year] += hev
            accounts.crossing[i, EV, year] += evs
            if evs <= 0.0:
                continue
            _class(i, IMPORTED, EV, used).ended[year] += dead
            kwh = evs * holding.capacity[i, SECOND_HAND, place]
            _add_packs(kwh, holding.vectors[i, place], accounts.packs.crossed[i, year])
            for kind in range(2):
                count = crossed.ev[i, year, age] if kind == 0 else crossed.ev_free[i, year, age]
                curve = ruled.ev_left[i, age] if kind == 0 else free.ev_left[i, age]
                cohort = Cohort(count, year, age, model_year)
                if count > 0.0:
                    drive(cohort, half, curve, by_ev, True, _class(i, IMPORTED, EV, used))
                    if ways.stand_in.kind != BY_NOTHING:
                        _stand_in(i, cohort, curve, left, new, ways, accounts)


@kernel
def fill_ledger(vehicles, shared, tables, holding, ways, accounts):
    """Fill what both fleets do, for every draw of a block.

    Parameters
    ----------
    vehicles, shared : Vehicles, Shared
        Of n draws, and of all.
    tables : Tables
        As the fleet's stages left them.
    holding, ways : Holding, Ways
        What packs hold, and how vehicles drive.
    accounts : Accounts
        Filled.
    """
    for i in range(holding.capacity.shape[0]):
        _clear(i, accounts)
        drive_home(i, vehicles.home.sales, shared.styles.pickup_share, tables.leavers, holding, ways, accounts)
        drive_new(i, vehicles.host, shared.first_stock, tables.new, ways, accounts)
        drive_imports(i, tables.arrivals, tables.new, holding, ways, accounts)


@inline_kernel
def _add_retiring(i, year, place, share, count, kwh, packs):
    packs.number[i, year, place] += count * share
    packs.energy[i, year, place] += kwh * share


@kernel
def stand_in_packs(added, new, capacity, packs, out):
    """Fill the packs that retire in the host country without second-hand EVs, with those of new EVs in their place.

    Parameters
    ----------
    added : ndarray, shape (n, years)
        New EVs that stand in; 0 where others do.
    new : NewVehicles
        What becomes of one.
    capacity : ndarray, shape (n, origins, years)
        As in `Contents`.
    packs : Packs
        As they are.
    out : Packs
        Filled; its `second_hand` is left alone.
    """
    years, shifts = new.covered.shape[1], new.covered.shape[2]
    for i in range(added.shape[0]):
        copy(i, packs.covered, out.covered)
        copy(i, packs.later, out.later)
        copy(i, packs.replaced, out.replaced)
        for sold in range(years):
            count = added[i, sold]
            if count <= 0.0:
                continue
            kwh = count * capacity[i, NEW, sold]
            for year in range(sold, years):
                for shift in range(min(shifts, year - sold + 1)):
                    place, since = sold + shift, year - sold
                    _add_retiring(i, year, place, new.covered[i, since, shift], count, kwh, out.covered)
                    _add_retiring(i, year, place, new.later[i, since, shift], count, kwh, out.later)
                    _add_retiring(i, year, place, new.replaced[i, since, shift], count, kwh, out.replaced)


@kernel
def copy(i, packs, out):
    """Copy the retiring packs of one draw."""
    for year in range(packs.number.shape[1]):
        for model_year in range(packs.number.shape[2]):
            out.number[i, year, model_year] = packs.number[i, year, model_year]
            out.energy[i, year, model_year] = packs.energy[i, year, model_year]
