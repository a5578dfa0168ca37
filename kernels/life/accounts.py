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

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_borrowing_kernel, part_of_kernel
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
)
from mcsim.kernels.maths import exp

_ACTIVITIES = np.uint64(ACTIVITIES)


@borrowing_kernel
def fill_driven(worn, rate, held, first, last, row):
    """Fill the distance of the years [first, last) of age, weighted by the fade of the pack, as `Driven` has it.

    What a kWh at the plug brings changes with the calendar year, hence the years one by one; from the last year known
    on it does not, and one sum serves all years beyond.
    """
    shown = row.size - 1
    for year in range(min(first, shown)):
        row[year] = 0.0
    until = max(first, min(last, shown))
    _fill_product(worn[first:], rate[first:], row[first:until])
    for year in range(until, shown):
        row[year] = 0.0
    beyond = 0.0
    for year in range(max(first, held), last):
        beyond += worn[year] * rate[year]
    row[shown] = beyond


@apart_kernel
def _fill_product(years, rate, out):
    for k in range(out.size):
        out[k] = years[k] * rate[k]


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
def _add_span(service, use, first, last, in_host, activity):
    """Add a span of ages spent in one country to an activity."""
    _add_use(service.plain, use.host if in_host else use.home, use, first, last, in_host, activity)


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


@inline_borrowing_kernel
def _add_year(year, years, use, activity):
    """Add what is driven of a year of age at home, as `_add_use` does."""
    distance = years * use.home[year]
    activity[YEARS] += years
    activity[DISTANCE] += distance
    activity[FUELLED_HOME] += distance * (1.0 + use.fuel_fade * (year + 0.5))


@part_of_kernel
def copy(source, target):
    """Fill an activity with another."""
    for column in range(ACTIVITIES):
        target[column] = source[column]


@borrowing_kernel
def start_of_life(activity):
    """Fill an activity before anything has happened: one pack is produced."""
    activity[:] = 0.0
    activity[PRODUCED] = 1.0
    activity[PRODUCED_DISCOUNTED] = 1.0


@part_of_kernel
def account_export(age, crossed, recur, use, service, steps, flow, activity, driven):
    """Fill what happens after the export at a whole age, per vehicle bought.

    Parameters
    ----------
    age : int
        Age at export [yr].
    crossed : Crossed
        From `mcsim.kernels.lives.lives.host_from_counts`.
    recur : bool
        Whether packs are installed in the host country.
    use : Use
        Driving of the vehicle.
    service : Service
        Years in service in the host country.
    steps : int
        Steps per year.
    flow : ndarray, shape (3, n + 2)
        From `mcsim.kernels.lives.lives.host_from_counts`.
    activity : ndarray, shape (14,)
        Filled.
    driven : ndarray, shape (n_years,)
        Filled from the age on, a row of `Driven.host`.
    """
    last = (crossed.last + steps - 1) // steps
    activity[:] = 0.0
    _add_span(service, use, age, last, IN_HOST, activity)
    fill_driven(service.worn, use.host, use.held, age, last, driven)
    if recur:
        _count_packs(flow, steps, age * steps, crossed.last, use.discount, activity)
    activity[REPLACED] = crossed.replaced
    activity[EXPORTED] = crossed.vehicles
    # Whoever crosses brings one pack; no warranty takes any of them back.
    activity[LANDFILLED] = crossed.vehicles + activity[PRODUCED] + activity[USED_PACKS]


@part_of_kernel
def _account_given_export(age, share, memory, use, ledger, cell, stay, past):
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
        Activities per vehicle bought.
    cell, stay : ndarray, shape (14,)
        Filled: exported, and kept at home.
    past : ndarray, shape (n_years,)
        Filled: a row of `Driven.past`.
    """
    worn, behind = memory.behind, ledger.past
    _fill_product_of(memory.history[age], 1.0 / share, worn)
    fill_driven(worn, use.home, use.held, START, age, past)
    behind[PRODUCED] = worn[BEHIND_PRODUCED]
    behind[PRODUCED_DISCOUNTED] = worn[BEHIND_DISCOUNTED]
    behind[USED_PACKS] = worn[BEHIND_USED]
    # Only vehicles that could cross are at home beyond the age, so their future is all that is left of whole lives.
    _add_futures(behind, ledger.total, ledger.running, ledger.host, 1.0 / share, cell, stay)
    stay[EXPORTED] = 0.0
    cell[EXPORTED] = share
    stay[RETIRED_HOME] = stay[PRODUCED] + stay[USED_PACKS]
    stay[LANDFILLED] = 0.0
    cell[RETIRED_HOME] = cell[PRODUCED] + cell[USED_PACKS] - cell[LANDFILLED]


@apart_kernel
def _fill_product_of(row, factor, out):
    for k in range(out.size):
        out[k] = row[k] * factor


@apart_kernel
def _add_futures(behind, total, running, host, per_crossing, cell, stay):
    for column in range(_ACTIVITIES):
        stay[column] = behind[column] + (total[column] - running[column]) * per_crossing
        cell[column] = behind[column] + host[column] * per_crossing


@apart_kernel
def _add_host(running, host, cell):
    for column in range(_ACTIVITIES):
        cell[column] = running[column] + host[column]


@part_of_kernel
def account_age(age, arm, use, service, steps, memory, ledger, cells, stays, past):
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
        Activities per vehicle bought; the running one is carried on by a year.
    cells : ndarray, shape (1 + n_ages, 14)
        All cells of the vehicle: that of the age is filled; where accounts are of the vehicles that cross and next to
        nobody does, with NaN beside the share that crosses.
    stays : ndarray, shape (n_ages, 14)
        Filled with the vehicles that could cross, kept at home; empty where the history is.
    past : ndarray, shape (n_ages, n_years)
        Filled: what they drove before; empty where the history is.
    """
    cell = cells[1 + age]
    running, host = ledger.running, ledger.host
    share = host[EXPORTED]
    if memory.history.shape[0] == 0:
        # Over the cohort: those that are gone by the age count in both arms, with what ran up until they went.
        _add_host(running, host, cell)
        cell[RETIRED_HOME] = running[PRODUCED] + running[USED_PACKS] - share
    elif share >= SMALLEST_SHARE:
        stay = stays[age]
        _account_given_export(age, share, memory, use, ledger, cell, stay, past[age])
        first = 1.0 - memory.state.alive[age, NEW, 0] / share
        cell[REPLACED] += first
        stay[REPLACED] += first
    else:
        # Next to nobody crosses at this age: there is no such vehicle to tell anything of, but that.
        cell[:] = np.nan
        cell[EXPORTED] = share
        stays[age] = np.nan
    last = arm.vehicle.last
    _add_year(age, 1.0, use, ledger.past)
    if age < (last + steps - 1) // steps:
        _add_year(age, service.plain[age], use, running)
        _count_packs(memory.flow, steps, age * steps, min((age + 1) * steps, last), use.discount, running)


@part_of_kernel
def account_home(last, use, service, steps, flow, activity, driven):
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
    activity : ndarray, shape (14,)
        Filled.
    driven : ndarray, shape (n_years,)
        Filled: a row of `Driven.home`.
    """
    start_of_life(activity)
    _add_span(service, use, START, (last + steps - 1) // steps, AT_HOME, activity)
    fill_driven(service.worn, use.home, use.held, START, (last + steps - 1) // steps, driven)
    _count_packs(flow, steps, START, last, use.discount, activity)
    activity[RETIRED_HOME] = activity[PRODUCED] + activity[USED_PACKS]


@part_of_kernel
def account_host(vehicle, covered, use, steps, memory, service, activity, driven):
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
    activity : ndarray, shape (14,)
        Filled.
    driven : ndarray, shape (n_years,)
        Filled: a row of `Driven.new`.
    """
    time_in_service(vehicle.survival, memory.sums, steps, START, vehicle.last, service)
    start_of_life(activity)
    _add_span(service, use, START, (vehicle.last + steps - 1) // steps, IN_HOST, activity)
    fill_driven(service.worn, use.host, use.held, START, (vehicle.last + steps - 1) // steps, driven)
    _count_packs(memory.flow, steps, START, vehicle.last, use.discount, activity)
    # The warranty takes back packs that fail under it, and those whose vehicle dies under it.
    activity[RECYCLED_HOST] = covered.left + covered.retired
    activity[LANDFILLED] = activity[PRODUCED] + activity[USED_PACKS] - activity[RECYCLED_HOST]
