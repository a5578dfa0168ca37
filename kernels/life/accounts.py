"""What a life amounts to: distance, years, fuel, energy and packs of a cell, from time in service and packs started.

Everything that an impact needs of a life is linear in the time in service by year of age, plain and weighted by the
fade of the pack, and in a few counts of packs: the integral over age of rate x (share in service) becomes a sum over
years. So whatever ran up before an export is a prefix sum at home, and all export ages share it.

Where packs retire follows from `mcsim.kernels.life.rules.fate`: every pack of a vehicle that never leaves home, and all
but the last of one that does, retire at home; the last of an exported vehicle and those installed afterwards are
landfilled; a vehicle new in the host country has those recycled that its warranty takes back.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), sections Vehicle Lifetime, Lifetime Energy Delivered.
"""

import numpy as np

from mcsim.kernels._jit import borrowing_kernel, inline_borrowing_kernel
from mcsim.kernels.life.home import time_in_service
from mcsim.kernels.life.records import (
    ACTIVITIES,
    AT_HOME,
    BEHIND_DISCOUNTED,
    BEHIND_PRODUCED,
    BEHIND_USED,
    DISTANCE,
    DISTANCE_HOST,
    EXPORTED,
    FUELLED_HOME,
    FUELLED_HOST,
    FUELLED_HOST_LATE,
    IN_HOST,
    LANDFILLED,
    LANES,
    NEW,
    PRODUCED,
    PRODUCED_DISCOUNTED,
    RECYCLED_HOST,
    REPLACED,
    REPLACING,
    RETIRED_HOME,
    SMALLEST_SHARE,
    START,
    USED,
    USED_PACKS,
    YEARS,
    Account,
    Service,
)
from mcsim.kernels.maths import exp

_LANES = np.uint64(LANES)


@inline_borrowing_kernel
def _add_energy(worn, country, first, last, total):
    """Add energy and what follows from it: years x km per year x (channels per km)."""
    rate, factors = country.rate, country.factors
    held = factors.shape[0] - 1
    # Years past the last one known hold its value: one row for all of them.
    beyond = 0.0
    for year in range(max(first, held), last):
        beyond += worn[year] * rate[year]
    # A part of a row of known length, and an index without a sign: the inner loop becomes a few vector instructions.
    for part in range(np.uint64(0), np.uint64(factors.shape[1]), _LANES):
        for year in range(first, min(last, held)):
            distance = worn[year] * rate[year]
            for lane in range(_LANES):
                total[part + lane] += distance * factors[year, part + lane]
        if beyond > 0.0:
            for lane in range(_LANES):
                total[part + lane] += beyond * factors[held, part + lane]


@inline_borrowing_kernel
def _add_use(plain, rate, use, first, last, in_host, activity):
    """Add years, distance and fuel-weighted distance of a span of ages spent in one country."""
    years, distance, fuelled, late = 0.0, 0.0, 0.0, 0.0
    for year in range(first, last):
        driven = plain[year] * rate[year]
        # Fuel per km grows with age: that of the middle of the year.
        burnt = driven * (1.0 + use.fuel_fade * (year + 0.5))
        years += plain[year]
        distance += driven
        fuelled += burnt
        late += burnt if year >= use.late_age else 0.0
    activity[YEARS] += years
    activity[DISTANCE] += distance
    if in_host:
        activity[DISTANCE_HOST] += distance
        activity[FUELLED_HOST] += fuelled
        activity[FUELLED_HOST_LATE] += late
    else:
        activity[FUELLED_HOME] += fuelled


@borrowing_kernel
def _add_span(service, use, first, last, in_host, account):
    """Add a span of ages spent in one country to an account."""
    country = use.host if in_host else use.home
    _add_use(service.plain, country.rate, use, first, last, in_host, account.activity)
    _add_energy(service.worn, country, first, last, account.energy)


@borrowing_kernel
def _count_packs(flow, steps, first, last, discount, activity):
    """Add the packs started in the steps [first, last): new ones, the same at the factors of their year, used ones.

    Parameters
    ----------
    flow : ndarray, shape (3, n + 2)
        From `mcsim.kernels.life.home.home_arm`.
    steps, first, last : int
        Steps per year; span of steps.
    discount : float
        Growth of the factors of pack production, log per year.
    activity : ndarray, shape (14,)
        Added to.
    """
    for j in range(first, last):
        started = flow[NEW, j + 1]
        activity[PRODUCED] += started
        if started > 0.0:
            activity[PRODUCED_DISCOUNTED] += started * exp((j + 0.5) / steps * discount)
        activity[USED_PACKS] += flow[USED, j + 1]
        activity[REPLACED] += flow[REPLACING, j + 1]


@borrowing_kernel
def clear(account):
    """Empty an account."""
    account.activity[:] = 0.0
    account.energy[:] = 0.0


@borrowing_kernel
def copy(source, target):
    """Fill an account with another."""
    for column in range(ACTIVITIES):
        target.activity[column] = source.activity[column]
    for channel in range(source.energy.size):
        target.energy[channel] = source.energy[channel]


@borrowing_kernel
def start_of_life(account):
    """Fill an account before anything has happened: one pack is produced."""
    clear(account)
    account.activity[PRODUCED] = 1.0
    account.activity[PRODUCED_DISCOUNTED] = 1.0


@borrowing_kernel
def account_export(age, crossed, recur, use, service, steps, flow, account):
    """Fill what happens after the export at a whole age, per vehicle bought.

    Parameters
    ----------
    age : int
        Age at export [yr].
    crossed : Crossed
        From `mcsim.kernels.life.host.host_arm`.
    recur : bool
        Whether packs are installed in the host country.
    use : Use
        Driving of the vehicle.
    service : Service
        Years in service in the host country.
    steps : int
        Steps per year.
    flow : ndarray, shape (3, n + 2)
        From `mcsim.kernels.life.host.host_arm`.
    account : Account
        Filled.
    """
    activity = account.activity
    clear(account)
    _add_span(service, use, age, (crossed.last + steps - 1) // steps, IN_HOST, account)
    if recur:
        _count_packs(flow, steps, age * steps, crossed.last, use.discount, activity)
    activity[REPLACED] = crossed.replaced
    activity[EXPORTED] = crossed.vehicles
    # Whoever crosses brings one pack; no warranty takes any of them back.
    activity[LANDFILLED] = crossed.vehicles + activity[PRODUCED] + activity[USED_PACKS]


@borrowing_kernel
def _account_given_export(age, share, memory, use, ledger, cell, stay):
    """Fill both arms of the vehicles that cross at an age, per vehicle that crosses: the same past, two futures.

    Parameters
    ----------
    age : int
        Age at export [yr].
    share : float
        Share of the vehicles bought that could cross.
    memory : HomeMemory
        What lies behind them, from `mcsim.kernels.life.home.home_arm`.
    use : Use
        Driving of the vehicle.
    ledger : Ledger
        Accounts per vehicle bought.
    cell, stay : Account
        Filled: exported, and kept at home.
    """
    clear(cell)
    worn = memory.behind
    for column in range(worn.size):
        worn[column] = memory.history[age, column] / share
    _add_span(Service(memory.ones, worn), use, START, age, AT_HOME, cell)
    activity = cell.activity
    activity[PRODUCED] = worn[BEHIND_PRODUCED]
    activity[PRODUCED_DISCOUNTED] = worn[BEHIND_DISCOUNTED]
    activity[USED_PACKS] = worn[BEHIND_USED]
    # Only vehicles that could cross are at home beyond the age, so their future is all that is left of whole lives.
    for column in range(ACTIVITIES):
        future = (ledger.total.activity[column] - ledger.running.activity[column]) / share
        stay.activity[column] = activity[column] + future
        activity[column] += ledger.host.activity[column] / share
    for channel in range(cell.energy.size):
        future = (ledger.total.energy[channel] - ledger.running.energy[channel]) / share
        stay.energy[channel] = cell.energy[channel] + future
        cell.energy[channel] += ledger.host.energy[channel] / share
    stay.activity[EXPORTED] = 0.0
    activity[EXPORTED] = share
    stay.activity[RETIRED_HOME] = stay.activity[PRODUCED] + stay.activity[USED_PACKS]
    stay.activity[LANDFILLED] = 0.0
    activity[RETIRED_HOME] = activity[PRODUCED] + activity[USED_PACKS] - activity[LANDFILLED]


@borrowing_kernel
def account_age(age, arm, use, service, steps, memory, ledger, cells, stays):
    """Fill the cell of one export age from the part in the host country and what ran up at home, and run a year on.

    Parameters
    ----------
    age : int
        Age at export [yr].
    arm : Arm
        The vehicle at home.
    use, service : Use, Service
        Driving of the vehicle; years in service at home.
    steps : int
        Steps per year.
    memory : HomeMemory
        From `mcsim.kernels.life.home.home_arm`. An empty history tells that both arms are over the whole cohort.
    ledger : Ledger
        Accounts per vehicle bought; the running one is carried on by a year.
    cells : Account
        All cells of the vehicle, (1 + n_ages, 14) and (1 + n_ages, n_channels): that of the age is filled; where
        accounts are of the vehicles that cross and next to nobody does, with NaN beside the share that crosses.
    stays : Account
        (n_ages, 14) and (n_ages, n_channels): filled with the vehicles that could cross, kept at home; empty where the
        history is.
    """
    cell = Account(cells.activity[1 + age], cells.energy[1 + age])
    running, host = ledger.running, ledger.host
    share = host.activity[EXPORTED]
    if memory.history.shape[0] == 0:
        # Over the cohort: those that are gone by the age count in both arms, with what ran up until they went.
        for column in range(ACTIVITIES):
            cell.activity[column] = running.activity[column] + host.activity[column]
        for channel in range(cell.energy.size):
            cell.energy[channel] = running.energy[channel] + host.energy[channel]
        cell.activity[RETIRED_HOME] = running.activity[PRODUCED] + running.activity[USED_PACKS] - share
    elif share >= SMALLEST_SHARE:
        stay = Account(stays.activity[age], stays.energy[age])
        _account_given_export(age, share, memory, use, ledger, cell, stay)
        first = 1.0 - memory.state.alive[age, NEW, 0] / share
        cell.activity[REPLACED] += first
        stay.activity[REPLACED] += first
    else:
        # Next to nobody crosses at this age: there is no such vehicle to tell anything of, but that.
        cell.activity[:] = np.nan
        cell.activity[EXPORTED] = share
        cell.energy[:] = np.nan
        stays.activity[age] = np.nan
        stays.energy[age] = np.nan
    last = arm.vehicle.last
    if age < (last + steps - 1) // steps:
        _add_span(service, use, age, age + 1, AT_HOME, running)
        _count_packs(memory.flow, steps, age * steps, min((age + 1) * steps, last), use.discount, running.activity)


@borrowing_kernel
def account_home(last, use, service, steps, flow, account):
    """Fill the account of whole lives at home, where all packs retire.

    Parameters
    ----------
    last : int
        Node after which nothing is alive.
    use, service : Use, Service
        Driving of the vehicle; years in service at home.
    steps : int
        Steps per year.
    flow : ndarray, shape (3, n + 2)
        From `mcsim.kernels.life.home.home_arm`.
    account : Account
        Filled.
    """
    start_of_life(account)
    activity = account.activity
    _add_span(service, use, START, (last + steps - 1) // steps, AT_HOME, account)
    _count_packs(flow, steps, START, last, use.discount, activity)
    activity[RETIRED_HOME] = activity[PRODUCED] + activity[USED_PACKS]


@borrowing_kernel
def account_host(vehicle, covered, use, steps, memory, service, account):
    """Fill the account of a vehicle new in the host country.

    Parameters
    ----------
    vehicle : Vehicle
        Its survival.
    covered : Covered
        From `mcsim.kernels.life.home.home_arm`.
    use : Use
        Its driving.
    steps : int
        Steps per year.
    memory : HomeMemory
        From `mcsim.kernels.life.home.home_arm`.
    service : Service
        Filled: years in service.
    account : Account
        Filled.
    """
    time_in_service(vehicle.survival, memory.sums, steps, START, vehicle.last, service)
    start_of_life(account)
    activity = account.activity
    _add_span(service, use, START, (vehicle.last + steps - 1) // steps, IN_HOST, account)
    _count_packs(memory.flow, steps, START, vehicle.last, use.discount, activity)
    # The warranty takes back packs that fail under it, and those whose vehicle dies under it.
    activity[RECYCLED_HOST] = covered.left + covered.retired
    activity[LANDFILLED] = activity[PRODUCED] + activity[USED_PACKS] - activity[RECYCLED_HOST]
