"""All routes of a vehicle in one draw: at home, exported at every whole age, and new in the destination.

The sweep over export ages is a prefix sum at home plus one short recursion abroad per age; no array over (cell, age)
leaves the kernel.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), sections Vehicle Lifetime, Lifetime Energy Delivered.
"""

import numpy as np

from mcsim.kernels._jit import kernel
from mcsim.kernels.life.abroad import abroad_arm
from mcsim.kernels.life.home import home_arm, time_in_service
from mcsim.kernels.life.sweep import (
    ACTIVITIES,
    CHANNELS,
    account_abroad,
    account_age,
    export_part,
    home_total,
    start_of_life,
)


@kernel
def sweep_vehicle(
    vehicle_home, vehicle_hazard, last_home, after, after_hazard, last_after, rates, fuel_fade, late_age, factors,
    discount, law, tables, risks, away, away_risks, ends, shifted, end_of_cover, cover, repair,
    swap, steps, n_steps, fade, flow, flow_abroad, curve, weights, sums, state, state_curve, link, past, history, plain,
    worn, activity, energy, stay_activity, stay_energy,
):  # fmt: skip
    """Fill the activity of one vehicle at home (element 0) and exported at the ages 0, 1, ... (elements 1, 2, ...).

    Parameters
    ----------
    vehicle_home, vehicle_hazard : ndarray, shape (n + 1,), (n,)
        Survival at home at the nodes; cumulative hazard of each step.
    last_home : int
        Node after which nothing is alive at home.
    after, after_hazard, last_after : ndarray, shape (n_ages, n + 1), (n_ages, n), (n_ages,)
        Survival after each export, from `fill_after_export`; hazards of its steps, read where failures are answered.
    rates : ndarray, shape (2, n_years)
        Distance of a vehicle in service by year of age [km/yr], at home and abroad.
    fuel_fade, late_age : float
        Growth of fuel use per year of age [1/yr]; age from which a catalyst abroad counts as aged [yr].
    factors : ndarray, shape (2, n_calendar, 16)
        What each km of a new pack's energy brings (energy, impacts, ...) by country and year since purchase, the last
        year held.
    discount : float
        Growth of the pack's production factors, log per year (negative).
    law : ndarray, shape (3,)
        Pack law (shape, scale, defects) while covered at home.
    tables, risks : ndarray, shape (3, 2, n + 2)
        Pack tables at home: covered, uncovered, used; hazards of their steps.
    away, away_risks, ends, shifted : ndarray
        Pack tables abroad, see `mcsim.kernels.life.abroad.abroad_arm`.
    end_of_cover, cover, repair, swap : float
        See `mcsim.kernels.life.home.home_arm`.
    steps, n_steps : int
        Steps per year, steps of a life.
    fade : ndarray, shape (3, n + 2)
        See `mcsim.kernels.life.home.home_arm`.
    flow, flow_abroad, curve, weights, sums, state, state_curve, link, past, history, plain, worn : ndarray
        Scratch. An empty `history` tells that both arms are over the whole cohort (option ``condition``).
    activity, energy : ndarray, shape (1 + n_ages, 14), (1 + n_ages, 16)
        Filled: columns named in this module; channels of `factors`.
    stay_activity, stay_energy : ndarray, shape (n_ages, 14), (n_ages, 16)
        Filled if `history` is not empty: the vehicles that could cross at each age, kept at home.
    """
    n_ages = state.shape[0]
    recur = repair + swap > 0.0
    counts = np.empty(4)
    home_arm(
        vehicle_home, vehicle_hazard, law, tables[0], tables[1], tables[2], risks, end_of_cover, cover, repair,
        swap, steps, last_home, fade, flow, curve, sums, state, state_curve, counts, link, discount, past, history,
    )  # fmt: skip
    years = (last_home + steps - 1) // steps
    time_in_service(vehicle_home, sums, steps, 0, last_home, plain[0, :years], worn[0, :years])
    total, total_energy = activity[0], energy[0]
    home_total(flow, plain[0], worn[0], rates[0], factors[0], fuel_fade, steps, years, last_home, discount, total,
               total_energy)  # fmt: skip
    running, running_energy = start_of_life()
    abroad, abroad_energy = np.empty(ACTIVITIES), np.empty(CHANNELS)
    for age in range(n_ages):
        last = abroad_arm(
            after[age], after_hazard[age], tables[1], away, ends, shifted, away_risks, repair, swap, steps, age,
            last_after[age], fade, state[age], state_curve[age], flow_abroad, sums, weights, curve, counts,
        )  # fmt: skip
        last_year = (last + steps - 1) // steps
        time_in_service(after[age], sums, steps, age * steps, last, plain[1, :last_year], worn[1, :last_year])
        export_part(age, last_year, counts, flow_abroad, steps, last, plain[1], worn[1], rates[1], factors[1],
                    fuel_fade, late_age, discount, recur, abroad, abroad_energy)  # fmt: skip
        account_age(
            age, state[age, 0, 0], flow, steps, years, last_home, plain[0], worn[0], rates[0], factors[0], fuel_fade,
            discount, history, total, total_energy, running, running_energy, abroad, abroad_energy, activity, energy,
            stay_activity, stay_energy,
        )  # fmt: skip


@kernel
def new_abroad(
    vehicle, vehicle_hazard, last, rate, fuel_fade, late_age, factors, discount, law, tables, risks, end_of_cover,
    cover, repair, swap, steps, fade, flow, curve, sums, state, state_curve, link, past, history, plain, worn, activity,
    energy,
):  # fmt: skip
    """Fill the activity of a vehicle bought new in the destination; parameters as in `sweep_vehicle`.

    `tables` holds the pack tables of the destination: covered, uncovered, used. Packs that retire under cover, with
    their vehicle or before it, are recycled; the others are landfilled.
    """
    counts = np.empty(2)
    home_arm(
        vehicle, vehicle_hazard, law, tables[0], tables[1], tables[2], risks, end_of_cover, cover, repair, swap, steps,
        last, fade, flow, curve, sums, state, state_curve, counts, link, discount, past, history,
    )  # fmt: skip
    account_abroad(vehicle, counts, flow, sums, rate, fuel_fade, late_age, factors, discount, steps, last, plain, worn,
                   activity, energy)  # fmt: skip
