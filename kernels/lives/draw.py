"""Sampled lives of all vehicles of a study, draw by draw: the sampling twin of `mcsim.kernels.life.expectation`."""

import numpy as np

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.life.expectation import fill_chemistry, fill_hazard, last_alive, node_ages
from mcsim.kernels.life.home import home_arm, time_in_service
from mcsim.kernels.life.sweep import (
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
from mcsim.kernels.lives.counts import live_route
from mcsim.kernels.lives.lives import abroad_from_counts, fill_home_curves, home_from_counts, tally_abroad, tally_home
from mcsim.kernels.lives.sample import ROUNDS
from mcsim.kernels.lives.spread import fill_accruals, fill_spread
from mcsim.kernels.lives.table import ENDS, NEVER, new_table

# From so many lives on a finer guide pays for its filling.
_MANY = 1 << 15


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
    key, draws, n_lives, levels, category, unit, activity, energy, stay_activity, stay_energy, spread,
):  # fmt: skip
    """Fill the mean activity of every cell of every draw over sampled lives, and the spread between the vehicles.

    Parameters up to `given_export`, and `activity` to `stay_energy`, are those of
    `mcsim.kernels.life.expectation.expected_activity`.

    Parameters
    ----------
    key : uint64
        Stream key of the lives, from `mcsim.kernels.streams.stream_key`.
    draws : ndarray of int64, shape (n,)
        Global numbers of the draws.
    n_lives : int
        Lives per draw and vehicle.
    levels : ndarray, shape (5,)
        Levels of the quantiles of distance and impact.
    category : int
        Channel of electricity whose impact per km is told between vehicles.
    unit : ndarray, shape (n, n_vehicles, 11)
        Impacts of that category, see `mcsim.kernels.lives.spread.fill_accruals`.
    spread : ndarray, shape (n, n_cells, 66)
        Filled, see `mcsim.kernels.lives.spread.fill_spread`.
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
    parts, parts_energy = np.empty((EXPORT_AGES, ACTIVITIES)), np.empty((EXPORT_AGES, CHANNELS))
    deaths, accruals = np.empty(4 * n_steps + 1, np.int64), np.empty((3, 2, n_years + 1))
    installed = np.empty((2, n_nodes + 1), np.int64)
    curves, at_end, ends, stints, stints_abroad, crossings = _scratch(np.int64(1), np.int64(1), n_steps)
    bits, other_bits = (12, 8) if n_lives >= _MANY else (7, 4)
    table = new_table(np.int64(1), n_steps, bits, other_bits)
    outcomes, carried = np.empty((ROUNDS, table[0].size), np.int64), np.empty((2, ROUNDS, 1))
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
                recur = repair[i] + swap[i, c] > 0.0
                per_kind = n_nodes + 1 if recur else n_places
                n_rows = per_kind * (2 if swap[i, c] > 0.0 else 1)
                if n_places != curves.shape[1] or per_kind != stints_abroad.shape[1]:
                    curves, at_end, ends, stints, stints_abroad, crossings = _scratch(n_places, per_kind, n_steps)
                if n_rows != table[3].shape[0]:
                    table = new_table(n_rows, n_steps, bits, other_bits)
                    outcomes, carried = np.empty((ROUNDS, table[0].size), np.int64), np.empty((2, ROUNDS, n_rows))
                fill_home_curves(flow, law, own[0], own[1], own[2], covers, cover[i], steps, last, curves, at_end,
                                 ends)  # fmt: skip
                home = (survival, hazard, curves, at_end, ends, own[1], own_risks)
                away = (after[0], after_hazard[0], tables[c, 1], tables[c, 4], tables[c, 5], risks[c, 4:])
                node, until = NEVER, np.int64(0)
                live_route(key, draw, n_lives, per_kind, home, away,
                             (repair[i], swap[i, c], steps, last, node, until), table, outcomes)  # fmt: skip
                tally_home(table, outcomes, per_kind, stints)
                fill_accruals(rates, fuel_fade[i, v], late_age, factors[:, :, category], unit[i, v], accruals)
                fill_spread(table, outcomes, per_kind, n_lives, steps, 0 if new_abroad else NEVER, new_abroad == 1,
                            fades[c], discount[i], unit[i, v], accruals, levels, carried, deaths,
                            spread[i, first])  # fmt: skip
                for age in range(n_ages):
                    node, until = age * steps, last_after[age]
                    away = (after[age], after_hazard[age], tables[c, 1], tables[c, 4], tables[c, 5], risks[c, 4:])
                    live_route(key, draw, n_lives, per_kind, home, away,
                                 (repair[i], swap[i, c], steps, last, node, until), table,
                                 outcomes)  # fmt: skip
                    replaced = tally_abroad(table, outcomes, per_kind, node, stints_abroad, installed, crossings[age])
                    fill_spread(table, outcomes, per_kind, n_lives, steps, node, new_abroad == 1, fades[c], discount[i],
                                unit[i, v], accruals, levels, carried, deaths, spread[i, first + 1 + age])  # fmt: skip
                    abroad_from_counts(
                        stints_abroad, crossings[age], installed, replaced, n_lives, steps, node, last_after[age],
                        fades[c], flow_abroad, sums, counts,
                    )  # fmt: skip
                    until = (last_after[age] + steps - 1) // steps
                    time_in_service(ones, sums, steps, node, last_after[age], plain[1, :until], worn[1, :until])
                    export_part(age, until, counts, flow_abroad, steps, last_after[age], plain[1], worn[1], rates[1],
                                factors[1], fuel_fade[i, v], late_age, discount[i], recur, parts[age],
                                parts_energy[age])  # fmt: skip
                far = not new_abroad and given_export
                home_from_counts(
                    stints, crossings, n_lives, steps, last, fades[c], flow, sums, counts, state[:n_ages], link,
                    discount[i], past if far else none, history if far else none[0],
                )  # fmt: skip
                if new_abroad:
                    account_abroad(
                        ones, counts, flow, sums, rates[1], fuel_fade[i, v], late_age, factors[1], discount[i], steps,
                        last, plain[0], worn[0], activity[i, first], energy[i, first],
                    )  # fmt: skip
                    continue
                years = (last + steps - 1) // steps
                time_in_service(ones, sums, steps, 0, last, plain[0, :years], worn[0, :years])
                total, total_energy = activity[i, first], energy[i, first]
                home_total(flow, plain[0], worn[0], rates[0], factors[0], fuel_fade[i, v], steps, years, last,
                           discount[i], total, total_energy)  # fmt: skip
                running, running_energy = start_of_life()
                stay = stay_activity[i, v] if given_export else parts
                stay_of = stay_energy[i, v] if given_export else parts_energy
                for age in range(EXPORT_AGES):
                    account_age(
                        age, state[age, 0, 0], flow, steps, years, last, plain[0], worn[0], rates[0], factors[0],
                        fuel_fade[i, v], discount[i], history if far else none[0], total, total_energy, running,
                        running_energy, parts[age], parts_energy[age], activity[i, first : first + 22],
                        energy[i, first : first + 22], stay, stay_of,
                    )  # fmt: skip


@kernel
def _scratch(n_places, n_rows, n_steps):
    """Return pack survival, survival at the end of cover and its age, stints at home and abroad, and crossings."""
    return (
        np.zeros((2, n_places, n_steps + 2)), np.ones((2, n_places)), np.zeros((2, n_places)),
        np.zeros((2, n_places, n_steps, ENDS), np.int64), np.zeros((2, n_rows, n_steps + 1), np.int64),
        np.zeros((EXPORT_AGES, 2, n_rows), np.int64),
    )  # fmt: skip
