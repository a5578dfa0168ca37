"""The exact expectation of all vehicles of a study, draw by draw: fleets of curves in, activity of every cell out."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel
from mcsim.kernels.life.abroad import fill_shifted
from mcsim.kernels.life.home import fill_pack_table
from mcsim.kernels.life.routes import new_abroad, sweep_vehicle
from mcsim.kernels.life.sweep import ACTIVITIES, CHANNELS, EXPORT_AGES, fill_after_export
from mcsim.kernels.maths import log

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
_ALIVE = 1e-16


@kernel
def last_alive(survival):
    """Return the node after which nothing is alive."""
    last = survival.size - 1
    while last > 1 and survival[last - 1] < _ALIVE:
        last -= 1
    return last


@kernel
def fill_hazard(survival, hazard):
    """Fill the cumulative hazard of each step from the survival at the nodes."""
    for j in range(hazard.size):
        after = survival[j + 1]
        after = after if after > 1e-300 else 1e-300
        before = survival[j]
        before = before if before > 1e-300 else 1e-300
        hazard[j] = log(before / after)


@inline_kernel
def _fill_fade(fade, attained, steps, table):
    """Energy of a step relative to a new pack, eta(0) / eta(age of the pack at the middle of the step)."""
    for k in range(table.shape[1]):
        age = (k if k > 0 else 0.25) / steps
        table[0, k] = 1.0 / (1.0 - fade * (k + 0.5) / steps)
        table[1, k] = 1.0 / (1.0 - fade * age)
        table[2, k] = 1.0 / (1.0 - fade * (attained + age))


@kernel
def fill_chemistry(laws, swapped, attained, fade, steps, log_ages, ages, tables, risks, fades):
    """Fill what one chemistry's packs do in a draw.

    Parameters
    ----------
    laws : ndarray, shape (4, 3)
        Shape, scale, defects: covered and uncovered at home, covered and uncovered abroad.
    swapped : bool
        Whether used packs are installed.
    attained, fade : float
        Age of a used pack [yr]; loss of efficiency per year [1/yr].
    steps : int
        Steps per year.
    log_ages, ages : ndarray, shape (2, n + 2)
        From `node_ages`.
    tables, risks, fades : ndarray, shape (6, 2, n + 2), the same, (3, n + 2)
        Filled: covered, uncovered and used at home, the same abroad; energy relative to a new pack.
    """
    for which in range(4):
        place = which + which // 2
        law = laws[which]
        before = laws[max(which - 1, 0)]
        if which > 0 and law[0] == before[0] and law[1] == before[1] and law[2] == before[2]:
            _copy(tables[place - 1 if which != 2 else 1], tables[place])
            _copy(risks[place - 1 if which != 2 else 1], risks[place])
        else:
            fill_pack_table(law[0], law[1], law[2], 0.0, log_ages, ages, tables[place], risks[place])
        if swapped and which % 2 == 1:
            fill_pack_table(law[0], law[1], law[2], attained, log_ages, ages, tables[place + 1], risks[place + 1])
    _fill_fade(fade, attained, steps, fades)


@kernel
def _copy(source, target):
    for row in range(source.shape[0]):
        for k in range(source.shape[1]):
            target[row, k] = source[row, k]


@kernel
def fill_away(tables, risks, fades, away, away_risks, ends, shifted):
    """Fill what `mcsim.kernels.life.abroad.abroad_arm` reads of a chemistry: a first pack, a new one, a used one."""
    for which in range(3):
        for k in range(away.shape[1]):
            away[which, k] = tables[4 + which // 2, min(which, 1), k]
            away_risks[which, k] = risks[4 + which // 2, min(which, 1), k]
        ends[which] = fill_shifted(away[which], fades[which], min(which, 1), shifted[which])


@kernel
def node_ages(n, steps):
    """Return pack ages at the nodes of both layouts and their logarithms, shape (2, n) each [yr]."""
    ages, log_ages = np.empty((2, n)), np.empty((2, n))
    for k in range(n):
        ages[0, k] = k / steps
        ages[1, k] = max(k - 0.5, 0.0) / steps
        log_ages[0, k] = log(max(ages[0, k], 1e-300))
        log_ages[1, k] = log(max(ages[1, k], 1e-300))
    return ages, log_ages


@kernel
def fill_rates(home_rate, abroad_rate, channels, energy_per_km, rates, factors):
    """Fill distance per year at home and abroad, and what each km brings there."""
    for year in range(rates.shape[1]):
        rates[0, year] = home_rate[year]
        rates[1, year] = abroad_rate[year]
    for country in range(2):
        for year in range(channels.shape[1]):
            for channel in range(CHANNELS):
                factors[country, year, channel] = channels[country, year, channel] * energy_per_km


def expected_activity(
    steps: int,
    offsets: IntArray,
    bodies: IntArray,
    chemistries: IntArray,
    at_home: BoolArray,
    abroad: BoolArray,
    home_survival: FloatArray,
    destination_survival: FloatArray,
    kind: int,
    destination_law: FloatArray,
    destination_table: FloatArray,
    multiplier: FloatArray,
    junction: int,
    home_rate: FloatArray,
    abroad_rate: FloatArray,
    energy_per_km: FloatArray,
    fuel_fade: FloatArray,
    late_age: float,
    channels: FloatArray,
    discount: FloatArray,
    laws: FloatArray,
    end_of_cover: FloatArray,
    end_of_cover_abroad: FloatArray,
    cover: FloatArray,
    repair: FloatArray,
    swap: FloatArray,
    attained: FloatArray,
    efficiency_fade: FloatArray,
    given_export: bool,
    activity: FloatArray,
    energy: FloatArray,
    stay_activity: FloatArray,
    stay_energy: FloatArray,
) -> None:
    """Fill the expected activity of every cell (vehicle, route, export age) of every draw.

    Parameters
    ----------
    steps : int
        Steps per year.
    offsets, bodies, chemistries : ndarray of int, shape (n_vehicles,)
        First cell of each vehicle; its row in `home_survival`; its row in `laws`.
    at_home, abroad : ndarray of bool, shape (n_vehicles,)
        Whether it is bought at home (cells: home, then exported at 0, 1, ...), and whether new abroad (last cell).
    home_survival : ndarray, shape (n, n_bodies, nodes)
        Survival at home at the nodes of the grid.
    destination_survival : ndarray, shape (n, nodes)
        Survival in the destination at the nodes, for vehicles new there.
    kind, destination_law, destination_table, multiplier, junction
        Survival after an export, see `mcsim.kernels.life.sweep.fill_after_export`: shapes (), (n, 2), (n, k), (n,), ().
    home_rate, abroad_rate : ndarray, shape (n, n_vehicles, n_years), (n, n_years)
        Distance of a vehicle in service by year of age [km/yr].
    energy_per_km, fuel_fade : ndarray, shape (n, n_vehicles)
        At the plug with a new pack [kWh/km]; growth of fuel use per year of age [1/yr].
    late_age : float
        Age from which a catalyst abroad counts as aged [yr].
    channels : ndarray, shape (n, 2, n_calendar, 16)
        What a kWh at the plug brings by country and year since purchase.
    discount : ndarray, shape (n,)
        Growth of the pack's production factors, log per year.
    laws : ndarray, shape (n, n_chemistries, 4, 3)
        Shape, scale, defects: covered at home, uncovered at home, covered abroad, uncovered abroad.
    end_of_cover, end_of_cover_abroad : ndarray, shape (n, n_vehicles)
        Age of the vehicle at the end of its warranty [yr], bought at home and new abroad.
    cover, attained : ndarray, shape (n,)
        Cover of a replacing pack, age of a used pack at its installation [yr].
    repair, swap : ndarray, shape (n,), (n, n_chemistries)
        Chances that an uncovered failure is answered by a new, by a used pack.
    efficiency_fade : ndarray, shape (n, n_chemistries)
        Loss of round-trip efficiency of a pack per year, relative to new [1/yr].
    given_export : bool
        Whether both arms of an export are restricted to the vehicles that cross.
    activity, energy : ndarray, shape (n, n_cells, 14), (n, n_cells, 16)
        Filled.
    stay_activity, stay_energy : ndarray, shape (n, n_vehicles, 21, 14), (n, n_vehicles, 21, 16)
        Filled if `given_export` (may be empty otherwise): what would have happened at home.
    """
    fill_activity(
        steps, offsets, bodies, chemistries, at_home, abroad, home_survival, destination_survival, kind,
        destination_law, destination_table, multiplier, junction, home_rate, abroad_rate, energy_per_km, fuel_fade,
        late_age, channels, discount, laws, end_of_cover, end_of_cover_abroad, cover, repair, swap, attained,
        efficiency_fade, given_export, activity, energy, stay_activity, stay_energy,
        *_scratch(steps, destination_survival.shape[1], laws.shape[1], channels.shape[2], given_export),
    )  # fmt: skip


def _scratch(steps: int, n_nodes: int, n_chemistries: int, n_calendar: int, given_export: bool) -> tuple[Any, ...]:
    """Return the memory of one draw, in the order in which `fill_activity` takes it.

    Outside the kernel, since each shape of an array that a kernel makes is compiled.
    """
    n_steps, wide = n_nodes - 1, n_nodes + 1
    n_years, places = n_steps // steps, (EXPORT_AGES - 1) * steps + 1
    kept, kept_places = (EXPORT_AGES, places) if given_export else (0, 0)
    new = np.zeros
    return (
        *node_ages(wide, steps),
        np.ones((n_chemistries, 6, 2, wide)), new((n_chemistries, 6, 2, wide)),
        np.ones((n_chemistries, 3, wide)), new((n_chemistries, 3, wide)),
        np.ones((n_chemistries, 3), np.int64), new((n_chemistries, 3, 3, n_nodes + 9)),
        new((3, n_nodes + 9)), new((EXPORT_AGES, n_steps)), new((n_chemistries, 3, wide)),
        np.ones((EXPORT_AGES, n_nodes)), new(EXPORT_AGES, np.int64), new(n_steps),
        new((3, wide)), new((3, wide)), new(wide), new((6, wide)), new((2, wide)),
        new((EXPORT_AGES, 2, places)), new((EXPORT_AGES, 2, places)),
        new((2, kept_places, EXPORT_AGES + 2)), new((kept, EXPORT_AGES + 2)),
        new((2, 0, 0)), new((0, 0)), new((0, 2, 0)), new((2, n_years)), new((2, n_years)), new((2, n_years)),
        new((2, n_calendar, CHANNELS)), new((0, ACTIVITIES)), new((0, CHANNELS)),
    )  # fmt: skip


@kernel
def fill_activity(
    steps, offsets, bodies, chemistries, at_home, abroad, home_survival, destination_survival, kind, destination_law,
    destination_table, multiplier, junction, home_rate, abroad_rate, energy_per_km, fuel_fade, late_age, channels,
    discount, laws, end_of_cover, end_of_cover_abroad, cover, repair, swap, attained, efficiency_fade, given_export,
    activity, energy, stay_activity, stay_energy, ages, log_ages, tables, risks, away, away_risks, ends, shifted,
    weights, after_hazard, fades, after, last_after, hazard, flow, flow_abroad, curve, sums, link, state, state_curve,
    past, history, no_past, no_history, no_state, plain, worn, rates, factors, no_stay, no_stay_energy,
):  # fmt: skip
    """Fill what `expected_activity` says, draw by draw; the arrays after its own are scratch, from `_scratch`."""
    n, n_vehicles = energy_per_km.shape
    n_steps = destination_survival.shape[1] - 1
    n_chemistries = laws.shape[1]
    for i in range(n):
        answered = repair[i] > 0.0
        for c in range(n_chemistries):
            answered = answered or swap[i, c] > 0.0
            fill_chemistry(
                laws[i, c], swap[i, c] > 0.0, attained[i], efficiency_fade[i, c], steps, log_ages, ages, tables[c],
                risks[c], fades[c],
            )  # fmt: skip
            fill_away(tables[c], risks[c], fades[c], away[c], away_risks[c], ends[c], shifted[c])
        for age in range(EXPORT_AGES):
            last_after[age] = fill_after_export(
                age, steps, n_steps, kind, destination_law[i, 0], destination_law[i, 1], destination_table[i],
                multiplier[i], junction, after[age],
            )  # fmt: skip
            if answered:
                fill_hazard(after[age], after_hazard[age])
        for v in range(n_vehicles):
            c = chemistries[v]
            fill_rates(home_rate[i, v], abroad_rate[i], channels[i], energy_per_km[i, v], rates, factors)
            if at_home[v]:
                survival = home_survival[i, bodies[v]]
                fill_hazard(survival, hazard)
                stays = stay_activity[i, v] if given_export else no_stay
                stays_energy = stay_energy[i, v] if given_export else no_stay_energy
                first = offsets[v]
                sweep_vehicle(
                    survival, hazard, last_alive(survival), after, after_hazard, last_after, rates, fuel_fade[i, v],
                    late_age, factors, discount[i], laws[i, c, 0], tables[c, :3], risks[c, :3], away[c],
                    away_risks[c], ends[c], shifted[c], end_of_cover[i, v],
                    cover[i], repair[i], swap[i, c], steps, n_steps, fades[c], flow, flow_abroad, curve, weights, sums,
                    state, state_curve, link, past, history, plain, worn,
                    activity[i, first : first + 22], energy[i, first : first + 22], stays,
                    stays_energy,
                )  # fmt: skip
            if abroad[v]:
                survival = destination_survival[i]
                fill_hazard(survival, hazard)
                cell = offsets[v] + (22 if at_home[v] else 0)
                new_abroad(
                    survival, hazard, last_alive(survival), rates[1], fuel_fade[i, v], late_age, factors[1],
                    discount[i], laws[i, c, 2], tables[c, 3:], risks[c, 3:], end_of_cover_abroad[i, v], cover[i],
                    repair[i], swap[i, c], steps, fades[c], flow, curve, sums, no_state, no_state, link, no_past,
                    no_history,
                    plain[0], worn[0], activity[i, cell], energy[i, cell],
                )  # fmt: skip
