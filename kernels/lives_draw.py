"""Sampled lives of all vehicles of a study, draw by draw: the sampling twin of `mcsim.kernels.expectation`."""

import numpy as np

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.expectation import fill_chemistry, fill_hazard, last_alive, node_ages
from mcsim.kernels.life import home_arm, time_in_service
from mcsim.kernels.lives import (
    ENDS,
    PACK_BINS,
    abroad_from_counts,
    fill_home_curves,
    home_from_counts,
    sample_home,
)
from mcsim.kernels.sweep import (
    ACTIVITIES,
    CHANNELS,
    EXPORT_AGES,
    account_abroad,
    account_age,
    export_part,
    fill_after_export,
    home_total,
    start_of_life,
)

# Columns of the spread between the vehicles of a cell.
DISTANCE_SD = 0
DISTANCE_QUANTILES = 1
YEARS_SD = 6
PACK_DEAD_SHARE = 7
PACKS = 8
DEATH_AGES = PACKS + 4
DEATH_BINS = 46
SPREADS = DEATH_AGES + DEATH_BINS


@kernel
def fill_spread(deaths, packs, dead_packs, n_lives, steps, rates, export_age, levels, spread):
    """Fill the spread between the vehicles of a cell from its counts.

    Parameters
    ----------
    deaths : ndarray of int64, shape (4 n + 1,)
        Deaths by quarters of a step.
    packs : ndarray of int64, shape (8,)
        Lives by number of packs installed after the first.
    dead_packs, n_lives, steps : int
        Lives ended by a pack; all lives; steps per year.
    rates : ndarray, shape (2, n_years)
        Distance per year in service at home and abroad [km/yr].
    export_age : int
        Age from which the second rate holds [yr].
    levels : ndarray, shape (5,)
        Levels of the quantiles, rising.
    spread : ndarray, shape (58,)
        Filled: columns named in this module; ages at death in bins of a year, the last one open.
    """
    per_year = 4 * steps
    driven, total, square, years, years_square = 0.0, 0.0, 0.0, 0.0, 0.0
    passed, level = 0, 0
    spread[:] = 0.0
    for quarter in range(deaths.size):
        count = deaths[quarter]
        year = quarter // per_year
        if count > 0:
            age = quarter / per_year
            total += count * driven
            square += count * driven * driven
            years += count * age
            years_square += count * age * age
            spread[DEATH_AGES + min(year, DEATH_BINS - 1)] += count / n_lives
            passed += count
            while level < levels.size and passed >= levels[level] * n_lives:
                spread[DISTANCE_QUANTILES + level] = driven
                level += 1
        if year < rates.shape[1]:
            driven += (rates[0, year] if year < export_age else rates[1, year]) / per_year
    freedom = max(n_lives - 1, 1)
    spread[DISTANCE_SD] = np.sqrt(max(square - total * total / n_lives, 0.0) / freedom)
    spread[YEARS_SD] = np.sqrt(max(years_square - years * years / n_lives, 0.0) / freedom)
    spread[PACK_DEAD_SHARE] = dead_packs / n_lives
    for number in range(PACK_BINS):
        spread[PACKS + min(number, 3)] += packs[number] / n_lives


@inline_kernel
def _places_used(flow, n_steps):
    last = 0
    for place in range(n_steps + 1):
        if flow[0, place] > 0.0 or flow[1, place] > 0.0:
            last = place
    return last + 1


@kernel
def sampled_activity(
    steps, offsets, bodies, chemistries, at_home, abroad,
    home_survival, destination_survival, kind, destination_law, destination_table, multiplier, junction,
    home_rate, abroad_rate, energy_per_km, fuel_fade, late_age, channels, discount,
    laws, end_of_cover, end_of_cover_abroad, cover, repair, swap, attained, efficiency_fade, given_export,
    key, draws, n_lives, levels, activity, energy, stay_activity, stay_energy, spread,
):  # fmt: skip
    """Fill the mean activity of every cell of every draw over sampled lives, and the spread between the vehicles.

    Parameters up to `given_export`, and `activity` to `stay_energy`, are those of
    `mcsim.kernels.expectation.expected_activity`.

    Parameters
    ----------
    key : uint64
        Stream key of the lives, from `mcsim.kernels.streams.stream_key`.
    draws : ndarray of int64, shape (n,)
        Global numbers of the draws.
    n_lives : int
        Lives per draw and vehicle.
    levels : ndarray, shape (5,)
        Levels of the quantiles of distance.
    spread : ndarray, shape (n, n_cells, 58)
        Filled, see `fill_spread`.
    """
    n, n_vehicles = energy_per_km.shape
    n_nodes = destination_survival.shape[1]
    n_steps = n_nodes - 1
    n_years = n_steps // steps
    n_chemistries = laws.shape[1]
    wide = (EXPORT_AGES - 1) * steps + 1
    ages, log_ages = node_ages(n_nodes + 1, steps)
    tables, risks = np.ones((n_chemistries, 6, 2, n_nodes + 1)), np.zeros((n_chemistries, 6, 2, n_nodes + 1))
    fades = np.empty((n_chemistries, 3, n_nodes + 1))
    after, last_after = np.ones((EXPORT_AGES, n_nodes)), np.empty(EXPORT_AGES, np.int64)
    after_hazard, hazard = np.zeros((EXPORT_AGES, n_steps)), np.empty(n_steps)
    flow, flow_abroad = np.empty((3, n_nodes + 1)), np.empty((3, n_nodes + 1))
    curve, sums, link = np.empty(n_nodes + 1), np.zeros((6, n_nodes + 1)), np.empty((2, n_nodes + 1))
    state, state_curve = np.empty((EXPORT_AGES, 2, wide)), np.empty((EXPORT_AGES, 2, wide))
    kept = EXPORT_AGES if given_export else 0
    past, history = np.empty((2, wide if given_export else 0, EXPORT_AGES + 2)), np.empty((kept, EXPORT_AGES + 2))
    none = np.empty((2, 0, 0))
    plain, worn = np.zeros((2, n_years)), np.zeros((2, n_years))
    rates, factors = np.empty((2, n_years)), np.empty((2, channels.shape[2], CHANNELS))
    ones, counts = np.ones(n_nodes), np.empty(4)
    part, part_energy = np.empty(ACTIVITIES), np.empty(CHANNELS)
    for i in range(n):
        draw = np.uint64(draws[i])
        for c in range(n_chemistries):
            fill_chemistry(laws[i, c], swap[i, c] > 0.0, attained[i], efficiency_fade[i, c], steps, log_ages, ages,
                           tables[c], risks[c], fades[c])  # fmt: skip
        for age in range(EXPORT_AGES):
            last_after[age] = fill_after_export(
                age, steps, n_steps, kind, destination_law[i, 0], destination_law[i, 1], destination_table[i],
                multiplier[i], junction, after[age],
            )  # fmt: skip
            fill_hazard(after[age], after_hazard[age])
        for v in range(n_vehicles):
            c = chemistries[v]
            factors[:] = channels[i] * energy_per_km[i, v]
            for new_abroad in range(2):
                if not (abroad[v] if new_abroad else at_home[v]):
                    continue
                n_ages = 0 if new_abroad else EXPORT_AGES
                survival = destination_survival[i] if new_abroad else home_survival[i, bodies[v]]
                covers = end_of_cover_abroad[i, v] if new_abroad else end_of_cover[i, v]
                own = tables[c, 3:] if new_abroad else tables[c, :3]
                own_risks = risks[c, 3:] if new_abroad else risks[c, :3]
                law = laws[i, c, 2] if new_abroad else laws[i, c, 0]
                first = offsets[v] + (22 if new_abroad and at_home[v] else 0)
                rates[0] = home_rate[i, v]
                rates[1] = abroad_rate[i]
                last = last_alive(survival)
                fill_hazard(survival, hazard)
                home_arm(
                    survival, hazard, law, own[0], own[1], own[2], own_risks, covers, cover[i], repair[i], swap[i, c],
                    steps, last, fades[c], flow, curve, sums, state[:0], state_curve[:0], counts, link, discount[i],
                    none, none[0],
                )  # fmt: skip
                n_places = _places_used(flow, last)
                curves = np.zeros((2, n_places, n_nodes + 1))
                at_end, ends = np.ones((2, n_places)), np.zeros((2, n_places))
                covered_to = np.zeros((2, n_places))
                fill_home_curves(flow, law, own[0], own[1], own[2], covers, cover[i], steps, last, curves, covered_to,
                                 at_end, ends)  # fmt: skip
                recur = repair[i] + swap[i, c] > 0.0
                rows = n_nodes + 1 if recur else n_places
                stints = np.zeros((2, n_places, n_steps, ENDS), np.int64)
                crossings = np.zeros((n_ages, 2, rows), np.int64)
                stints_abroad = np.zeros((n_ages, 2, rows, n_nodes), np.int64)
                installed, replaced = np.zeros((n_ages, 2, n_nodes + 1), np.int64), np.zeros(n_ages, np.int64)
                deaths = np.zeros((1 + n_ages, 4 * n_steps + 1), np.int64)
                packs, dead = np.zeros((1 + n_ages, PACK_BINS), np.int64), np.zeros(1 + n_ages, np.int64)
                sample_home(
                    key, draw, 0, n_lives, survival, hazard, curves, at_end, ends, own[1], own_risks, repair[i],
                    swap[i, c], steps, last, after[:n_ages], after_hazard[:n_ages], last_after[:n_ages], tables[c, 1],
                    tables[c, 4], tables[c, 5], risks[c, 4:], stints, crossings, stints_abroad, installed, replaced,
                    deaths, packs, dead,
                )  # fmt: skip
                far = not new_abroad and given_export
                home_from_counts(
                    stints, crossings, n_lives, steps, last, fades[c], flow, sums, counts, state[:n_ages], link,
                    discount[i], past if far else none, history if far else none[0],
                )  # fmt: skip
                if new_abroad:
                    rates[0] = abroad_rate[i]
                    account_abroad(
                        ones, counts, flow, sums, rates[1], fuel_fade[i, v], late_age, factors[1], discount[i], steps,
                        last, plain[0], worn[0], activity[i, first], energy[i, first],
                    )  # fmt: skip
                    fill_spread(deaths[0], packs[0], dead[0], n_lives, steps, rates, 0, levels, spread[i, first])
                    continue
                years = (last + steps - 1) // steps
                time_in_service(ones, sums, steps, 0, last, plain[0, :years], worn[0, :years])
                total, total_energy = activity[i, first], energy[i, first]
                home_total(flow, plain[0], worn[0], rates[0], factors[0], fuel_fade[i, v], steps, years, last,
                           discount[i], total, total_energy)  # fmt: skip
                fill_spread(deaths[0], packs[0], dead[0], n_lives, steps, rates, n_years, levels, spread[i, first])
                running, running_energy = start_of_life()
                stay = stay_activity[i, v if given_export else 0 : v + 1 if given_export else 0]
                stay_of = stay_energy[i, v if given_export else 0 : v + 1 if given_export else 0]
                for age in range(EXPORT_AGES):
                    abroad_from_counts(
                        stints_abroad[age], crossings[age], installed[age], replaced[age], n_lives, steps, age * steps,
                        last_after[age], fades[c], flow_abroad, sums, counts,
                    )  # fmt: skip
                    until = (last_after[age] + steps - 1) // steps
                    time_in_service(ones, sums, steps, age * steps, last_after[age], plain[1, :until], worn[1, :until])
                    export_part(age, until, counts, flow_abroad, steps, last_after[age], plain[1], worn[1], rates[1],
                                factors[1], fuel_fade[i, v], late_age, discount[i], recur, part,
                                part_energy)  # fmt: skip
                    account_age(
                        age, state[age, 0, 0], flow, steps, years, last, plain[0], worn[0], rates[0], factors[0],
                        fuel_fade[i, v], discount[i], history if far else none[0], total, total_energy, running,
                        running_energy, part, part_energy, activity[i, first : first + 22],
                        energy[i, first : first + 22], stay[0] if given_export else part.reshape((1, ACTIVITIES)),
                        stay_of[0] if given_export else part_energy.reshape((1, CHANNELS)),
                    )  # fmt: skip
                    fill_spread(deaths[1 + age], packs[1 + age], dead[1 + age], n_lives, steps, rates, age, levels,
                                spread[i, first + 1 + age])  # fmt: skip
