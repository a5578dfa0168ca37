"""What a life amounts to: distance, years, fuel, energy and packs of a cell, from time in service and packs started.

Everything that an impact needs of a life is linear in the time in service by year of age, plain and weighted by the
fade of the pack, and in a few counts of packs. The routes that call this are in `mcsim.kernels.life.routes`.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), sections Vehicle Lifetime, Lifetime Energy Delivered.
"""

import numpy as np

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.laws.junction import age_abroad
from mcsim.kernels.laws.survival import MAXIMUM_AGE, tabulated_survival, weibull_survival
from mcsim.kernels.life.home import time_in_service
from mcsim.kernels.maths import exp, log

EXPORT_AGES = 21
CHANNELS = 16

# Columns of the activity of a cell; per vehicle bought.
DISTANCE = 0
DISTANCE_ABROAD = 1
YEARS = 2
FUELLED_HOME = 3
FUELLED_ABROAD = 4
FUELLED_ABROAD_LATE = 5
PRODUCED = 6
PRODUCED_DISCOUNTED = 7
USED = 8
RETIRED_HOME = 9
RECYCLED_ABROAD = 10
LANDFILLED = 11
REPLACED = 12
EXPORTED = 13
ACTIVITIES = 14

_ALIVE = 1e-16
_NO_SHARE = 1e-12


@inline_kernel
def _years_after(export_age, age, kind, shape, scale, table, multiplier, junction):
    years = age_abroad(age, export_age, multiplier, junction)
    share = weibull_survival(years, shape, scale) if kind == 0 else tabulated_survival(years, table)
    return 0.0 if age >= MAXIMUM_AGE or years >= MAXIMUM_AGE else share


@kernel
def fill_after_export(export_age, steps, n_steps, kind, shape, scale, table, multiplier, junction, out):
    """Fill the survival of vehicles after an export at a whole age, from the node of the crossing on.

    Parameters
    ----------
    export_age, steps, n_steps : int
        Age at export [yr], steps per year, steps of a life.
    kind : int
        0 for a Weibull law (`shape`, `scale`), 1 for a table by whole year of age (`table`).
    shape, scale : float
        Weibull shape [-] and scale [yr] of the destination.
    table : ndarray, shape (k,)
        The destination's survival by whole year of age.
    multiplier : float
        Remaining life of imports relative to the destination's vehicles [-].
    junction : int
        Place of the option in `mcsim.kernels.laws.junction.SURVIVAL_JUNCTIONS`.
    out : ndarray, shape (n_steps + 1,)
        Filled from the crossing's node on; below 1 there only under ``printed``.

    Returns
    -------
    int
        Node after which nothing is alive.
    """
    node = export_age * steps
    at_export = 1.0
    if junction == 0:
        at_export = _years_after(export_age, float(export_age), kind, shape, scale, table, multiplier, junction)
    given = 1.0 / at_export if at_export > 0.0 else 0.0
    if kind == 0:
        log_scale = log(scale)
        start = 0.0 if junction == 2 else float(export_age)
        per_step = 1.0 / (steps * multiplier)
        for j in range(node, n_steps):
            years = start + (j - node) * per_step
            share = exp(-exp(shape * (log(years) - log_scale))) * given
            out[j] = share if years < MAXIMUM_AGE else 0.0
    else:
        for j in range(node, n_steps):
            age = j / steps
            out[j] = _years_after(export_age, age, kind, shape, scale, table, multiplier, junction) * given
    out[n_steps] = 0.0
    last = n_steps
    while last > node + 1 and out[last - 1] < _ALIVE:
        last -= 1
    return last


@inline_kernel
def _add_energy(worn, rate, factors, first, last, total):
    """Add energy and what follows from it: years x km per year x (channels per km)."""
    held = factors.shape[0] - 1
    for year in range(first, min(last, held)):
        distance = worn[year] * rate[year]
        for channel in range(CHANNELS):
            total[channel] += distance * factors[year, channel]
    # Years past the last one known hold its value: one row for all of them.
    beyond = 0.0
    for year in range(max(first, held), last):
        beyond += worn[year] * rate[year]
    if beyond > 0.0:
        for channel in range(CHANNELS):
            total[channel] += beyond * factors[held, channel]


@inline_kernel
def _add_use(plain, rate, fuel_fade, first, last, late_age, abroad, activity):
    """Add years, distance and fuel-weighted distance of a span of ages spent in one country."""
    years, distance, fuelled, late = 0.0, 0.0, 0.0, 0.0
    for year in range(first, last):
        driven = plain[year] * rate[year]
        burnt = driven * (1.0 + fuel_fade * (year + 0.5))
        years += plain[year]
        distance += driven
        fuelled += burnt
        late += burnt if year >= late_age else 0.0
    activity[YEARS] += years
    activity[DISTANCE] += distance
    if abroad:
        activity[DISTANCE_ABROAD] += distance
        activity[FUELLED_ABROAD] += fuelled
        activity[FUELLED_ABROAD_LATE] += late
    else:
        activity[FUELLED_HOME] += fuelled


@kernel
def count_packs(flow, steps, first, last, discount, activity):
    """Add the packs started in the steps [first, last): new ones, the same at the factors of their year, used ones.

    Parameters
    ----------
    flow : ndarray, shape (3, n + 2)
        From `mcsim.kernels.life.home.home_arm`.
    steps, first, last : int
        Steps per year; span of steps.
    discount : float
        Growth of the pack's production factors, log per year.
    activity : ndarray, shape (14,)
        Columns named in this module; added to.
    """
    for j in range(first, last):
        started = flow[0, j + 1]
        activity[PRODUCED] += started
        if started > 0.0:
            activity[PRODUCED_DISCOUNTED] += started * exp((j + 0.5) / steps * discount)
        activity[USED] += flow[1, j + 1]
        activity[REPLACED] += flow[2, j + 1]


@kernel
def export_part(age, arm, counts, flow, steps, n_steps, plain, worn, rate, factors, fuel_fade, late_age, discount,
                recur, activity, energy):  # fmt: skip
    """Fill what happens abroad to the vehicles that cross at a whole age, per vehicle bought.

    Parameters
    ----------
    age, arm : int
        Age at export [yr]; year after the last in service.
    counts, flow : ndarray
        From `mcsim.kernels.life.abroad.abroad_arm`.
    steps, n_steps : int
        Steps per year; step after the last.
    plain, worn : ndarray, shape (n_years,)
        Years in service abroad by year of age.
    rate : ndarray, shape (n_years,)
        Distance per year abroad [km/yr].
    factors : ndarray, shape (n_calendar, 16)
        Channels per km.
    fuel_fade, late_age, discount : float
        See `mcsim.kernels.life.routes.sweep_vehicle`.
    recur : bool
        Whether packs are installed abroad.
    activity, energy : ndarray, shape (14,), (16,)
        Filled.
    """
    activity[:] = 0.0
    energy[:] = 0.0
    _add_use(plain, rate, fuel_fade, age, arm, late_age, True, activity)
    _add_energy(worn, rate, factors, age, arm, energy)
    if recur:
        count_packs(flow, steps, age * steps, n_steps, discount, activity)
    activity[REPLACED] = counts[3]
    activity[EXPORTED] = counts[0]
    activity[LANDFILLED] = counts[0] + activity[PRODUCED] + activity[USED]


@kernel
def given_export_part(
    age, share, history, rate, fuel_fade, factors, abroad, abroad_energy, total, total_energy, running, running_energy,
    activity, energy, stay, stay_energy,
):  # fmt: skip
    """Fill both arms of the vehicles that cross at an age, per vehicle that crosses: the same past, two futures.

    Parameters
    ----------
    age : int
        Age at export [yr].
    share : float
        Share of the vehicles bought that could cross.
    history : ndarray, shape (n_ages + 2,)
        What lies behind them, from `mcsim.kernels.life.home.home_arm`.
    rate, factors : ndarray
        At home, as in `mcsim.kernels.life.routes.sweep_vehicle`.
    fuel_fade : float
        Growth of fuel use per year of age [1/yr].
    abroad, total, running : ndarray, shape (14,)
        Per vehicle bought: their part abroad, a whole life at home, and life at home up to this age.
    abroad_energy, total_energy, running_energy : ndarray, shape (16,)
        The same for the channels.
    activity, energy, stay, stay_energy : ndarray
        Filled.
    """
    n_ages = history.shape[0] - 2
    activity[:] = 0.0
    energy[:] = 0.0
    ones = np.ones(age)
    _add_use(ones, rate, fuel_fade, 0, age, 1e9, False, activity)
    worn = history / share
    _add_energy(worn, rate, factors, 0, age, energy)
    activity[PRODUCED] = worn[n_ages - 1]
    activity[PRODUCED_DISCOUNTED] = worn[n_ages]
    activity[USED] = worn[n_ages + 1]
    for column in range(ACTIVITIES):
        future = (total[column] - running[column]) / share
        stay[column] = activity[column] + future
        activity[column] += abroad[column] / share
    for channel in range(CHANNELS):
        stay_energy[channel] = energy[channel] + (total_energy[channel] - running_energy[channel]) / share
        energy[channel] += abroad_energy[channel] / share
    stay[EXPORTED] = 0.0
    activity[EXPORTED] = share
    stay[RETIRED_HOME] = stay[PRODUCED] + stay[USED]
    stay[LANDFILLED] = 0.0
    activity[RETIRED_HOME] = activity[PRODUCED] + activity[USED] - activity[LANDFILLED]


@kernel
def start_of_life():
    """Return activity and energy before anything has happened: one pack is produced."""
    running = np.zeros(ACTIVITIES)
    running[PRODUCED] = 1.0
    running[PRODUCED_DISCOUNTED] = 1.0
    return running, np.zeros(CHANNELS)


@kernel
def account_age(
    age, with_first_pack, flow, steps, years, last_home, plain, worn, rate, factors, fuel_fade, discount, history,
    total, total_energy, running, running_energy, abroad, abroad_energy, activity, energy, stay_activity, stay_energy,
):  # fmt: skip
    """Fill the cell of one export age from the part abroad and what ran up at home, and let home run one year on.

    Parameters are those of `mcsim.kernels.life.routes.sweep_vehicle` and `given_export_part`; `with_first_pack` is the
    share of the vehicles bought that cross with their first pack.
    """
    cell, cell_energy = activity[1 + age], energy[1 + age]
    share = abroad[EXPORTED]
    if history.shape[0] == 0:
        for column in range(ACTIVITIES):
            cell[column] = running[column] + abroad[column]
        for channel in range(CHANNELS):
            cell_energy[channel] = running_energy[channel] + abroad_energy[channel]
        cell[RETIRED_HOME] = running[PRODUCED] + running[USED] - share
    elif share > _NO_SHARE:
        given_export_part(age, share, history[age], rate, fuel_fade, factors, abroad, abroad_energy, total,
                          total_energy, running, running_energy, cell, cell_energy, stay_activity[age],
                          stay_energy[age])  # fmt: skip
        first = 1.0 - with_first_pack / share
        cell[REPLACED] += first
        stay_activity[age, REPLACED] += first
    else:
        # Nobody crosses at this age: what held at the last age at which somebody does is shown.
        cell[:] = activity[age]
        cell_energy[:] = energy[age]
        stay_activity[age] = stay_activity[age - 1]
        stay_energy[age] = stay_energy[age - 1]
    if age < years:
        _add_use(plain, rate, fuel_fade, age, age + 1, 1e9, False, running)
        _add_energy(worn, rate, factors, age, age + 1, running_energy)
        count_packs(flow, steps, age * steps, min((age + 1) * steps, last_home), discount, running)


@kernel
def home_total(flow, plain, worn, rate, factors, fuel_fade, steps, years, last, discount, activity, energy):
    """Fill activity and energy of whole lives at home; parameters as in `mcsim.kernels.life.routes.sweep_vehicle`."""
    activity[:] = 0.0
    energy[:] = 0.0
    activity[PRODUCED] = 1.0
    activity[PRODUCED_DISCOUNTED] = 1.0
    _add_use(plain, rate, fuel_fade, 0, years, 1e9, False, activity)
    _add_energy(worn, rate, factors, 0, years, energy)
    count_packs(flow, steps, 0, last, discount, activity)
    activity[RETIRED_HOME] = activity[PRODUCED] + activity[USED]


@kernel
def account_abroad(
    vehicle,
    counts,
    flow,
    sums,
    rate,
    fuel_fade,
    late_age,
    factors,
    discount,
    steps,
    last,
    plain,
    worn,
    activity,
    energy,
):
    """Fill activity and energy of a vehicle new in the destination; parameters as in `home_total`."""
    years = (last + steps - 1) // steps
    time_in_service(vehicle, sums, steps, 0, last, plain[:years], worn[:years])
    activity[:] = 0.0
    energy[:] = 0.0
    activity[PRODUCED] = 1.0
    activity[PRODUCED_DISCOUNTED] = 1.0
    _add_use(plain, rate, fuel_fade, 0, years, late_age, True, activity)
    _add_energy(worn, rate, factors, 0, years, energy)
    count_packs(flow, steps, 0, last, discount, activity)
    activity[RECYCLED_ABROAD] = counts[0] + counts[1]
    activity[LANDFILLED] = activity[PRODUCED] + activity[USED] - activity[RECYCLED_ABROAD]
