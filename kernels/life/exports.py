"""The exact expectation of the vehicles that cross, many export ages side by side: no cover, the host's hazards.

What an export at an age leaves depends on the age in many small ways: who crosses, on which packs, and how fast lives
run out afterwards (the remaining life of imports has a multiplier, so that no two ages share a survival). No value of
one age serves another one, but all take the same steps. So a row of `ABREAST` ages fills whole vector registers, every
sum over packs is a sum of such rows, and an age that has not crossed yet at a node is left out when rows are accounted
for.

Method: `mcsim.kernels.life.host` derives what a crossing does to a pack; the renewal equation of packs installed
afterwards is that of `mcsim.kernels.life.home`.

Source: Kendall and Parés Olguín (2024), NCST-UCD-RR-24-39, sections Vehicle Lifetime and Expert Elicitation.
"""

import numpy as np

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, part_of_kernel
from mcsim.kernels.life.after import fill_until
from mcsim.kernels.life.answers import follow_answers
from mcsim.kernels.life.crossings import Sequel, add_row, cross
from mcsim.kernels.life.host import factor_after
from mcsim.kernels.life.records import (
    ABREAST,
    DISTANCE,
    DISTANCE_HOST,
    EXPORTED,
    FUELLED_HOST,
    FUELLED_HOST_LATE,
    LANDFILLED,
    MID_STEP,
    PRODUCED,
    USED_PACKS,
    WITH_VEHICLE,
    YEARS,
)

_NEGLIGIBLE = 1e-16
_NO_FLOW = 1e-18
_ABREAST = np.uint64(ABREAST)


@part_of_kernel
def follow_exports(block, packs, answer, use, steps, law, state, ahead, exports):
    """Fill what follows the exports of a block, per vehicle bought.

    A pack that is past the end of life's threshold, and was held by the warranty only, leaves in the first step.

    Parameters
    ----------
    block : int
        `ABREAST` export ages.
    packs : Packs
        Packs of the vehicle's chemistry.
    answer : Answer
        Repair and swap.
    use : Use
        Driving of the vehicle.
    steps : int
        Steps per year.
    law : Destination
        Survival in the host country.
    state : State
        Vehicles alive at home at whole ages, from `mcsim.kernels.life.home.home_arm`.
    ahead : Ahead
        From `mcsim.kernels.life.after.start_after`; filled as far as it is read.
    exports : Exports
        Filled.
    """
    n_steps, recur = ahead.survival.shape[1] - 1, answer.repair + answer.swap > 0.0
    first = block * ABREAST * steps
    latest = min(first + (ABREAST - 1) * steps, n_steps - 1)
    entries = _gather(block, latest, steps, packs.exported, state, exports)
    # Where nothing is answered, sums end with the packs, long before the vehicles.
    reach = ahead.last[block] if recur else latest + 1
    for entry in range(entries):
        kind, place = state.taken[entry, 0], state.taken[entry, 1]
        exports.last[entry] = _last_node(kind, place, latest, n_steps, packs.exported, exports.factor[entry])
        reach = max(reach, exports.last[entry])
    fill_until(block, reach, recur, steps, law, ahead)
    sequel = Sequel(first, latest, reach, ahead.node[block], ahead.survival[block], ahead.hazard[block])
    _clear(exports.begin, exports.begin_worn, exports.end_worn, exports.activity, exports.driven, first, reach + 2)
    _clear(exports.rest, exports.rest_worn, exports.late, exports.activity, exports.driven, first, reach + 2)
    if recur:
        follow_answers(entries, sequel, packs, answer, use.discount, steps, state.taken, exports)
    else:
        for entry in range(entries):
            cross(entry, state.taken[entry, 0], state.taken[entry, 1], sequel, packs, exports)
    _begin(entries, sequel, packs.fade, state.taken, exports)
    _account(sequel, use, steps, exports)


@borrowing_kernel
def _gather(block, latest, steps, exported, state, exports):
    """Fill the vehicles that cross by pack, and the factors of these; return how many packs there are.

    No pack crosses that is installed later: the places are in order, and nobody is alive on one before.
    """
    entries = 0
    for entry in range(state.count[0]):
        kind, place = state.taken[entry, 0], state.taken[entry, 1]
        if place > latest:
            break
        row = WITH_VEHICLE if place == 0 else MID_STEP
        for lane in range(ABREAST):
            age = block * ABREAST + lane
            vehicles, factor = 0.0, 0.0
            if age < state.alive.shape[0] and place <= age * steps and state.alive[age, kind, place] >= _NO_FLOW:
                vehicles = state.alive[age, kind, place]
                since = age * steps - (place - row)
                factor = factor_after(kind, row, since, state.curve[age, kind, place], exported)
            exports.vehicles[entry, lane] = vehicles
            exports.factor[entry, lane] = factor
        entries += 1
    return entries


@borrowing_kernel
def _last_node(kind, place, latest, n_steps, exported, factor):
    """Return the node after which nothing is left of the packs of a place that cross."""
    most = 0.0
    for lane in range(ABREAST):
        most = max(most, factor[lane])
    row = WITH_VEHICLE if place == 0 else MID_STEP
    pack, start = row + kind, place - row
    last = min(n_steps, max(start + exported.end[pack], latest + 1))
    while last < n_steps and most * exported.survival[pack, last - start] >= _NEGLIGIBLE:
        last += 1
    return last


@apart_kernel
def _clear(one, two, three, activity, driven, first, after_last):
    """Set three sums to 0 in the rows [first, after_last), and what is accounted for."""
    for k in range(first, min(after_last, one.shape[0])):
        for lane in range(_ABREAST):
            one[k, lane] = 0.0
            two[k, lane] = 0.0
            three[k, lane] = 0.0
    for k in range(activity.shape[0]):
        for lane in range(_ABREAST):
            activity[k, lane] = 0.0
    for k in range(driven.shape[0]):
        for lane in range(_ABREAST):
            driven[k, lane] = 0.0


@borrowing_kernel
def _begin(entries, sequel, fade, taken, exports):
    """Put at each crossing's node what crosses: alive there, whatever the table says."""
    activity = exports.activity
    for lane in range(ABREAST):
        node, vehicles, worn = sequel.node[lane], 0.0, 0.0
        for entry in range(entries):
            kind, place = taken[entry, 0], taken[entry, 1]
            if place > node or node > sequel.latest:
                break
            row = WITH_VEHICLE if place == 0 else MID_STEP
            vehicles += exports.vehicles[entry, lane]
            worn += exports.vehicles[entry, lane] * fade[row + kind, node - place + row]
        activity[EXPORTED, lane] = vehicles
        if node <= sequel.latest:
            exports.begin[node, lane] = vehicles
            exports.begin_worn[node, lane] = worn


@borrowing_kernel
def _account(sequel, use, steps, exports):
    """Fill distance, years, fuel and packs from the sums over packs."""
    activity, driven, shown, half = exports.activity, exports.driven, exports.driven.shape[0] - 1, 0.5 / steps
    for j in range(sequel.first, sequel.reach):
        year = j if steps == 1 else j // steps
        rate, late = use.host[year], 1.0 if year >= use.late_age else 0.0
        # Fuel per km grows with age: that of the middle of the year.
        burnt = rate * (1.0 + use.fuel_fade * (year + 0.5))
        _drive(
            j, half, sequel.node, sequel.survival[j:], exports.begin[j:], exports.late[j], exports.rest[j],
            (rate, burnt, late), activity,
        )  # fmt: skip
        _drive_worn(
            j, half, sequel.node, sequel.survival[j:], exports.begin_worn[j], exports.end_worn[j],
            exports.rest_worn[j], rate, exports.row,
        )  # fmt: skip
        if year < shown:
            add_row(exports.row, driven[year])
        if year >= use.held:
            add_row(exports.row, driven[shown])
    for lane in range(_ABREAST):
        activity[DISTANCE_HOST, lane] = activity[DISTANCE, lane]
        # Whoever crosses brings one pack; no warranty takes any of them back.
        packs = activity[PRODUCED, lane] + activity[USED_PACKS, lane]
        activity[LANDFILLED, lane] = activity[EXPORTED, lane] + packs


@apart_kernel
def _drive(step, half, nodes, survival, begin, late, rest, rates, activity):
    """Add years, distance and fuel-weighted distance of a step, by those that have crossed at its begin."""
    rate, burnt, aged = rates
    for lane in range(_ABREAST):
        inner = survival[0, lane] * begin[0, lane] + survival[1, lane] * (begin[1, lane] - late[lane])
        years = half * inner + rest[lane]
        years = years if step >= nodes[lane] else 0.0
        activity[YEARS, lane] += years
        activity[DISTANCE, lane] += years * rate
        activity[FUELLED_HOST, lane] += years * burnt
        activity[FUELLED_HOST_LATE, lane] += years * burnt * aged


@apart_kernel
def _drive_worn(step, half, nodes, survival, begin, end, rest, rate, row):
    """Fill the distance of a step, weighted by the fade of the packs."""
    for lane in range(_ABREAST):
        worn = half * (survival[0, lane] * begin[lane] + survival[1, lane] * end[lane]) + rest[lane]
        row[lane] = worn * rate if step >= nodes[lane] else 0.0
