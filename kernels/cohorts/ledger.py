"""What the vehicles of both countries drive, burn, charge and leave behind, year by year and by class.

A vehicle with the share S left at the ends of years is in use for

    half * (1 + S(0)) / 2 years in that of entry, (S(j - 1) + S(j)) / 2 in the j-th after it,

the trapezoid of its curve, where `half` is the part of the year of entry that it lives through (option `timing`). It
drives by its age: v(a) in the year of age a; a calendar year after that of entry holds `half` of one year of age and
the rest of the one before. Lives of one vehicle are worked out once for every age at entry; cohorts are so many of
them, and a year's account is a sum over cohorts.
"""

from mcsim.kernels._jit import borrowing_kernel, inline_borrowing_kernel, part_of_kernel
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
    Manner,
    Used,
)
from mcsim.kernels.cohorts.new import first_scales
from mcsim.kernels.cohorts.records import CAR, EV, ICEV, PICKUP, POWERTRAINS, SECOND_HAND
from mcsim.kernels.cohorts.stock import add_scaled

_COUNT = len(POWERTRAINS)
# Rows of `Units.home` and `Units.new`.
_STYLES = 2
_NEW_COMBUSTION, _NEW_EV = 0, 1


@part_of_kernel
def manner_of(i, rate, catalyst, ways):
    """Return how one draw's vehicles drive."""
    burning = ways.burning
    return Manner(rate, 0.5 * ways.exposure, burning.fuel_fade[i], burning.power_fade[i], catalyst, burning.late_age[i])


@borrowing_kernel
def fill_life(row, age, left, manner, unit):
    """Fill the life of one vehicle that enters at an age.

    Parameters
    ----------
    row, age : int
        Row to fill; whole years of age at entry.
    left : ndarray, shape (at least years,)
        Share in use at the ends of years, that of entry first.
    manner : Manner
        How it drives.
    unit : Unit
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.accounts import Manner, Unit
    >>> from mcsim.kernels.cohorts.ledger import fill_life
    >>> unit = Unit(*(np.empty((1, 2)) for _ in range(5)))
    >>> fill_life(0, 0, np.array([0.5, 0.0]), Manner(np.array([100.0, 50.0]), 1.0, 0.1, 0.0, 1.0, 10.0), unit)
    >>> unit.distance[0].tolist(), unit.burnt[0].round(1).tolist(), unit.ended[0].tolist()
    ([75.0, 12.5], [78.8, 14.4], [0.5, 0.5])
    """
    rate, half, last = manner.rate, manner.half, manner.rate.size - 1
    before = 1.0
    for since in range(unit.distance.shape[1]):
        after = left[since]
        in_use = 0.5 * (before + after)
        # Mean age within the year: of the part lived through, or of the whole year.
        mean_age = age + since + half - 0.5
        if since == 0:
            in_use *= half
            mean_age = age + 0.5 * half
            distance = in_use * rate[min(age, last)]
        else:
            distance = in_use * (half * rate[min(age + since, last)] + (1.0 - half) * rate[min(age + since - 1, last)])
        burnt = distance * (1.0 + manner.fuel_fade * mean_age)
        late = min(max(mean_age + 0.5 - manner.late_age, 0.0), 1.0)
        unit.distance[row, since] = distance
        unit.burnt[row, since] = burnt
        unit.worn[row, since] = burnt * (1.0 + (manner.late - 1.0) * late)
        unit.charged[row, since] = distance / (1.0 - manner.power_fade * mean_age)
        unit.ended[row, since] = before - after
        before = after


@borrowing_kernel
def add_lives(vehicles, row, since, start, unit, taken, account):
    """Add lives of vehicles to the account of their class, from a year since their entry on.

    Parameters
    ----------
    vehicles : float
        How many entered.
    row, since, start : int
        Row of the unit, years since entry, and the year in which these fall.
    unit : Unit
        Of one vehicle.
    taken : (float, float, float)
        Gasoline per km, exhaust per litre, and electricity per km of their model year.
    account : Used
        Of one draw and class, (years,) each; added to.
    """
    fuel, exhaust, power = taken
    add_scaled(vehicles, unit.distance[row, since:], account.distance[start:])
    add_scaled(vehicles, unit.ended[row, since:], account.ended[start:])
    if fuel > 0.0:
        add_scaled(vehicles * fuel, unit.burnt[row, since:], account.litres[start:])
        add_scaled(vehicles * fuel * exhaust, unit.worn[row, since:], account.exhaust[start:])
    if power > 0.0:
        add_scaled(vehicles * power, unit.charged[row, since:], account.power[start:])


@part_of_kernel
def class_of(i, fleet, powertrain, used):
    """Return the account of one draw and class."""
    place = fleet * _COUNT + powertrain
    return Used(
        used.distance[i, place], used.litres[i, place], used.exhaust[i, place], used.power[i, place],
        used.ended[i, place],
    )  # fmt: skip


@inline_borrowing_kernel
def taken_by(i, market, powertrain, model_year, burning):
    """Return gasoline per km, exhaust per litre and electricity per km of vehicles of a model year (a place)."""
    power = burning.power[i, market, model_year] if powertrain == EV else 0.0
    return burning.fuel[i, market, powertrain, model_year], burning.exhaust[i, market, model_year], power


@borrowing_kernel
def clear(i, accounts):
    """Set the accounts of one draw to 0."""
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


@borrowing_kernel
def fill_home_units(i, leavers, ways, unit):
    """Fill the lives of one draw's vehicles at home: of combustion vehicles and EVs, each car and pickup."""
    driving = ways.driving
    for style in range(_STYLES):
        fill_life(style, 0, leavers.left[i, style], manner_of(i, driving.home[i], 1.0, ways), unit)
        fill_life(_STYLES + style, 0, leavers.in_use[i, style], manner_of(i, driving.home_ev[i], 1.0, ways), unit)


@borrowing_kernel
def drive_home(i, sales, pickup_share, leavers, holding, ways, units, accounts):
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
    holding, ways, units, accounts : Holding, Ways, Units, Accounts
        Of n draws, but for the working space; vehicles of before the first year have no traction pack.
    """
    burning, unit = ways.burning, units.home
    years, model_years = accounts.used.distance.shape[2], sales.shape[1]
    first, behind = model_years - years, burning.fuel.shape[3] - model_years
    fill_home_units(i, leavers, ways, unit)
    for model_year in range(model_years):
        pickup = pickup_share[model_year]
        since, start = max(first - model_year, 0), max(model_year - first, 0)
        for powertrain in range(_COUNT):
            sold = sales[i, model_year, powertrain]
            if sold > 0.0:
                row = _STYLES if powertrain == EV else 0
                taken = taken_by(i, HOME_MARKET, powertrain, behind + model_year, burning)
                account = class_of(i, HOME, powertrain, accounts.used)
                add_lives(sold * (1.0 - pickup), row + CAR, since, start, unit, taken, account)
                add_lives(sold * pickup, row + PICKUP, since, start, unit, taken, account)
        evs = sales[i, model_year, EV]
        if evs > 0.0:
            hold_home(i, evs, pickup, since, start, leavers, holding, unit, accounts.packs)


@borrowing_kernel
def hold_home(i, evs, pickup, since, start, leavers, holding, unit, packs):
    """Add the packs of one model year's EVs at home; every pack has the capacity of its vehicle's first.

    Packs that leave hold what packs of the vehicle's year do, those made what packs of the year do in which they are.
    """
    vectors, kwh = holding.vectors[i], evs * holding.capacity[i, SECOND_HAND, start]
    if since == 0:
        add_scaled(kwh, vectors[start], packs.made[i, start])
    for year in range(start, packs.made.shape[1]):
        age = since + year - start
        fitted = (1.0 - pickup) * leavers.replaced[i, CAR, age] + pickup * leavers.replaced[i, PICKUP, age]
        gone = (1.0 - pickup) * unit.ended[_STYLES + CAR, age] + pickup * unit.ended[_STYLES + PICKUP, age]
        add_scaled(kwh * (gone + fitted), vectors[start], packs.left[i, year])
        if fitted > 0.0:
            add_scaled(kwh * fitted, vectors[year], packs.made[i, year])


@borrowing_kernel
def drive_new(i, vehicles, first_stock, new, ways, units, accounts):
    """Add vehicles sold new in the host country, and its first stock, of one draw; arguments as in `fill_ledger`."""
    burning, unit, used = ways.burning, units.new, accounts.used
    years, early, cohorts = used.distance.shape[2], first_stock.sales, first_stock.cohorts
    first = burning.fuel.shape[3] - years
    manner = manner_of(i, ways.driving.host[i], burning.catalyst[i], ways)
    # Long enough for the oldest of the first stock; of EVs the fleet tells the years up to the last.
    for year in range(units.left.size):
        units.left[year] = new.alive[i, 2 * year + ways.exposure]
    fill_life(_NEW_COMBUSTION, 0, units.left, manner, unit)
    for year in range(units.left.size):
        units.left[year] = new.ev_left[i, min(year, years - 1)]
    fill_life(_NEW_EV, 0, units.left, manner, unit)
    scale, older = first_scales(vehicles.initial_stock[i], early, cohorts, new.alive[i], ways.exposure)
    for age in range(min(cohorts, first)):
        sold = scale * early[early.size - 1 - age] if age < early.size else older
        taken = taken_by(i, HOST_MARKET, ICEV, first - 1 - age, burning)
        second_hand = vehicles.first_second_hand[i] * sold
        # In use at the end of the year before the first, that of their sale being `age` years earlier.
        add_lives(sold - second_hand, _NEW_COMBUSTION, age + 1, 0, unit, taken, class_of(i, NEW_HOST, ICEV, used))
        if second_hand > 0.0:
            add_lives(second_hand, _NEW_COMBUSTION, age + 1, 0, unit, taken, class_of(i, KEPT, ICEV, used))
    for powertrain in range(_COUNT):
        row = _NEW_EV if powertrain == EV else _NEW_COMBUSTION
        for year in range(years):
            sold = vehicles.sales[i, year, powertrain]
            if sold > 0.0:
                taken = taken_by(i, HOST_MARKET, powertrain, first + year, burning)
                add_lives(sold, row, 0, year, unit, taken, class_of(i, NEW_HOST, powertrain, used))


@borrowing_kernel
def life_distance(row, years, unit):
    """Return the distance of one vehicle over some years."""
    total = 0.0
    for since in range(years):
        total += unit.distance[row, since]
    return total


@borrowing_kernel
def stand_in(i, vehicles, distance, year, age, ways, units, accounts):
    """Add what comes in the place of second-hand EVs of one year and age that drive a distance each in their lives."""
    burning, kind, used = ways.burning, ways.stand_in.kind, accounts.used
    years = used.distance.shape[2]
    first = burning.fuel.shape[3] - years
    if kind == BY_COMBUSTION:
        own = life_distance(age, years, units.combustion)
    else:
        own = life_distance(_NEW_EV if kind == BY_EV else _NEW_COMBUSTION, years, units.new)
    count = vehicles
    if ways.stand_in.by_distance:
        # As many as drive, over their lives, what the EVs would have driven.
        count *= distance / own if own > 0.0 else 0.0
    if kind == BY_COMBUSTION:
        taken = taken_by(i, HOME_MARKET, ICEV, max(first + year - age, 0), burning)
        add_lives(count, age, 0, year, units.combustion, taken, class_of(i, STAND_IN, ICEV, used))
        accounts.crossing[i, _COUNT, year] += count
    elif kind == BY_EV:
        taken = taken_by(i, HOST_MARKET, EV, first + year, burning)
        add_lives(count, _NEW_EV, 0, year, units.new, taken, class_of(i, STAND_IN, EV, used))
        accounts.added[i, year] += count
    else:
        taken = taken_by(i, HOST_MARKET, ICEV, first + year, burning)
        add_lives(count, _NEW_COMBUSTION, 0, year, units.new, taken, class_of(i, STAND_IN, ICEV, used))
        accounts.added[i, year] += count


@borrowing_kernel
def import_evs(i, coming, unit, holding, ways, units, accounts):
    """Add the EVs that come, held to a rule on health or free of it, and what would come in their place."""
    years, ages = coming.working.shape[1], coming.working.shape[2]
    burning, capacity, used = ways.burning, holding.capacity[i, SECOND_HAND], accounts.used
    first = burning.fuel.shape[3] - years
    for age in range(ages):
        distance = life_distance(age, years, unit)
        for year in range(years):
            working, dead = coming.working[i, year, age], coming.dead[i, year, age]
            if working + dead <= 0.0:
                continue
            account, place = class_of(i, IMPORTED, EV, used), max(year - age, 0)
            account.ended[year] += dead
            accounts.crossing[i, EV, year] += working + dead
            add_scaled((working + dead) * capacity[place], holding.vectors[i, place], accounts.packs.crossed[i, year])
            if working > 0.0:
                taken = taken_by(i, HOME_MARKET, EV, max(first + year - age, 0), burning)
                add_lives(working, age, 0, year, unit, taken, account)
                if ways.stand_in.kind != BY_NOTHING:
                    stand_in(i, working, distance, year, age, ways, units, accounts)


@borrowing_kernel
def drive_imports(i, tables, holding, ways, units, accounts):
    """Add second-hand vehicles in the host country of one draw; arguments as in `fill_ledger`."""
    burning, combustion, used = ways.burning, tables.arrivals.combustion, accounts.used
    years, ages = combustion.icev.shape[1], combustion.icev.shape[2]
    first = burning.fuel.shape[3] - years
    manner = manner_of(i, ways.driving.host[i], burning.catalyst[i], ways)
    for age in range(ages):
        fill_life(age, age, tables.entries.left[i, age], manner, units.combustion)
        fill_life(age, age, tables.entries.ev_left[i, age], manner, units.held)
        fill_life(age, age, tables.free.ev_left[i, age], manner, units.free)
        for year in range(years):
            place = max(first + year - age, 0)
            for powertrain in range(EV):
                came = combustion.icev[i, year, age] if powertrain == ICEV else combustion.hev[i, year, age]
                if came > 0.0:
                    taken = taken_by(i, HOME_MARKET, powertrain, place, burning)
                    add_lives(came, age, 0, year, units.combustion, taken, class_of(i, IMPORTED, powertrain, used))
                    accounts.crossing[i, powertrain, year] += came
    import_evs(i, tables.arrivals.held, units.held, holding, ways, units, accounts)


@borrowing_kernel
def fill_ledger(vehicles, shared, tables, unruled, holding, ways, units, accounts):
    """Fill what both fleets do, for every draw of a block.

    Parameters
    ----------
    vehicles, shared : Vehicles, Shared
        Of n draws, and of all.
    tables : Tables
        As the fleet's stages left them.
    unruled : bool
        Whether some EVs are free of a rule on state of health.
    holding, ways : Holding, Ways
        What packs hold, and how vehicles drive.
    units : Units
        Working space.
    accounts : Accounts
        Filled.
    """
    for i in range(holding.capacity.shape[0]):
        clear(i, accounts)
        drive_home(i, vehicles.home.sales, shared.styles.pickup_share, tables.leavers, holding, ways, units, accounts)
        drive_new(i, vehicles.host, shared.first_stock, tables.new, ways, units, accounts)
        drive_imports(i, tables, holding, ways, units, accounts)
        if unruled:
            import_evs(i, tables.arrivals.free, units.free, holding, ways, units, accounts)
