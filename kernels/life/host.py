"""The exact expectation of the vehicles that cross at one age: what their packs do in the host country, uncovered.

A pack that crosses goes on with the loss that it has: in another climate, and to the loss that ends packs there. Let
H_level be the cumulative hazard at home of reaching that loss (all crossings of a pack share its quantile); from the
crossing t_X on it grows as in the host country. So a pack's cumulative hazard is ``max(H, H_level(t_X) + H_host(t) -
H_host(t_X))``, with H what it had at home, and its survival is the smaller of its survival at the crossing and (its
table) x (one number), the factor of `Crossing`. All packs of one kind share a table: the sums of
`mcsim.kernels.life.home.home_arm` over packs are convolutions of those factors with three rows of it.

Source: Kendall and Parés Olguín (2024), NCST-UCD-RR-24-39, sections Vehicle Lifetime and Expert Elicitation.
"""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_borrowing_kernel, part_of_kernel
from mcsim.kernels.life.home import clear_sums
from mcsim.kernels.life.records import (
    FIRST_PACK,
    MID_STEP,
    NEW,
    NEW_PACK,
    PACKS,
    REPLACING,
    USED_PACK,
    WITH_VEHICLE,
    Crossed,
)
from mcsim.kernels.life.rules import log_ratio, pack_share

_NEGLIGIBLE = 1e-16
_NO_FLOW = 1e-18
_SMALLEST = 1e-300
# Rows of `ExportedPacks.shifted`.
_AT_NODES, _BEGIN_WORN, _END_WORN = 0, 1, 2
# An index without a sign needs no test for counting from the end: loops over several shifted rows vectorise.
_1, _2, _3, _4, _5, _6, _7 = (np.uint64(shift) for shift in range(1, 8))


class Crossing(NamedTuple):
    """Vehicles that cross on one pack."""

    pack: int  # first, new or used
    start: int  # step of its installation
    vehicles: float  # that cross on it, per vehicle bought
    factor: float  # what its survival is over that of its table, given that it crosses


@inline_borrowing_kernel
def factor_after(kind, row, k, known, exported):
    """Return what a pack's survival after a crossing is over that of its table, k nodes after its installation.

    The table takes over at the level that packs at home have reached of the loss that ends them in the host country;
    given the survival `known` until then, that is level / (table x known).
    """
    past = exported.survival[row + kind, k] * known
    before = exported.level.survival[row, k] if kind == NEW else exported.used_level.survival[row, k]
    return before / past if past > _SMALLEST else 0.0


@inline_borrowing_kernel
def crossing_of(kind, place, node, packs, state):
    """Return the vehicles that cross on the pack installed in a place."""
    row = WITH_VEHICLE if place == 0 else MID_STEP
    start = place - row
    factor = factor_after(kind, row, node - start, state.curve[kind, place], packs.exported)
    return Crossing(row + kind, start, state.alive[kind, place], factor)


@borrowing_kernel
def fill_exported(host, fade, exported):
    """Fill what exports read of a chemistry, from its packs in the host country.

    Parameters
    ----------
    host : CountryPacks
        Of vehicles new there.
    fade : ndarray, shape (3, n + 2)
        Energy of a step relative to a new pack.
    exported : ExportedPacks
        Filled.
    """
    for pack in range(PACKS):
        table = host.uncovered if pack != USED_PACK else host.used
        row = 0 if pack == FIRST_PACK else 1
        for k in range(exported.survival.shape[1]):
            exported.survival[pack, k] = table.survival[row, k]
            exported.risk[pack, k] = table.risk[row, k]
        exported.end[pack] = fill_shifted(exported.survival[pack], fade[pack], row, exported.shifted[pack])


@borrowing_kernel
def fill_shifted(table, fade, first, shifted):
    """Fill a pack's survival as the sums take it: at the nodes, and at both ends of a step times its fade in that step.

    Parameters
    ----------
    table, fade : ndarray, shape (n + 2,)
        Survival at the nodes since installation; energy of a step relative to a new pack.
    first : int
        First node, since the begin of the step of installation, at which the pack is in service.
    shifted : ndarray, shape (3, n + 10)
        Filled: element 8 + k holds node k; 0 before the first node, so that eight packs can be added at a time.

    Returns
    -------
    int
        First node at which nothing of the table is left, or the last node.
    """
    n = table.size
    for row in range(3):
        for k in range(shifted.shape[1]):
            shifted[row, k] = 0.0
    for k in range(first, n):
        shifted[_AT_NODES, 8 + k] = table[k]
        shifted[_BEGIN_WORN, 8 + k] = table[k] * fade[k]
    for k in range(first, n - 1):
        shifted[_END_WORN, 8 + k] = table[k + 1] * fade[k]
    end = n - 1
    while end > 1 and table[end - 1] < _NEGLIGIBLE:
        end -= 1
    return end


@part_of_kernel
def host_arm(after, age, packs, answer, steps, state, memory):
    """Run the recursion of the vehicles that cross at a whole age: no cover, hazards of the new climate.

    A pack that is past the end of life's threshold, and was held by the warranty only, leaves in the first step.

    Parameters
    ----------
    after : Vehicle
        Survival after the crossing, at the nodes of age; its hazards are read where failures are answered.
    age : int
        Age at the export [yr].
    packs : Packs
        Packs of the vehicle's chemistry.
    answer : Answer
        Repair and swap.
    steps : int
        Steps per year.
    state : State
        Vehicles alive at this age by pack, shape (2, n_places), from `mcsim.kernels.life.home.home_arm`.
    memory : HostMemory
        Filled from the step of the crossing on.

    Returns
    -------
    Crossed
        What the export amounts to.
    """
    node, n_steps, sums, weights = age * steps, after.last, memory.sums, memory.weights
    vehicles, replaced = 0.0, 0.0
    recur = answer.repair + answer.swap > 0.0
    # Only what is read is cleared: where nothing is answered, sums end with the packs, long before the vehicles.
    reached, cleared = node, n_steps if recur else node
    clear_sums(sums, max(node - 1, 0), cleared + 1)
    for pack in range(PACKS):
        for j in range(n_steps + 9 if recur else node + 9):
            weights[pack, j] = 0.0
    for entry in range(state.count[0]):
        kind, place = state.taken[entry, 0], state.taken[entry, 1]
        if place > node:
            break
        if state.alive[kind, place] < _NO_FLOW:
            continue
        crossing = crossing_of(kind, place, node, packs, state)
        vehicles += crossing.vehicles
        reached = max(reached, _last_step(crossing, node, n_steps, packs.exported))
        if reached > cleared:
            clear_sums(sums, cleared + 1, reached + 1)
            cleared = reached
        _cross(crossing, node, n_steps, packs, memory)
    crossed = reached
    if recur:
        replaced = _follow_answers(after, packs, answer, steps, node, crossed, state, memory)
        reached = n_steps
    for pack in range(PACKS):
        if pack == USED_PACK and answer.swap <= 0.0:
            continue
        # Only the first pack's table begins at age 0 of the vehicle.
        until = n_steps if recur and pack != FIRST_PACK else (node if pack != FIRST_PACK else 1)
        _add_packs(pack, until, node, crossed, min(reached + 1, n_steps), packs.exported, memory)
    # What is in service at the end of a step begins the next one, the packs installed there aside (taken off already).
    for j in range(node, reached):
        sums.end[j] += sums.begin[j + 1]
    return Crossed(reached, vehicles, replaced)


@inline_borrowing_kernel
def _last_step(crossing, node, n_steps, exported):
    """Return the node after which nothing is left of packs that cross."""
    pack, start = crossing.pack, crossing.start
    last = min(n_steps, max(start + exported.end[pack], node + 1))
    while last < n_steps and crossing.factor * exported.survival[pack, last - start] >= _NEGLIGIBLE:
        last += 1
    return last


@part_of_kernel
def _cross(crossing, node, n_steps, packs, memory):
    """Add what the table does not say of packs that cross, and their weight.

    Their survival is min(1, factor x table): the sums take factor x table later, for all packs at once, and here what
    the minimum takes off.
    """
    table, fade, sums = packs.exported.survival, packs.fade, memory.sums
    pack, start, factor, weight = crossing.pack, crossing.start, crossing.factor, crossing.vehicles
    scaled = weight * factor
    memory.weights[pack, start] = scaled
    # Alive at the crossing, whatever the table says, and until it says less than that.
    sums.begin[node] += weight
    sums.begin_worn[node] += weight * fade[pack, node - start]
    j = node + 1
    while j < n_steps and factor * table[pack, j - start] > 1.0:
        over = weight - scaled * table[pack, j - start]
        sums.begin[j] += over
        sums.begin_worn[j] += over * fade[pack, j - start]
        sums.end_worn[j - 1] += over * fade[pack, j - 1 - start]
        j += 1


@part_of_kernel
def _add_packs(pack, until, node, crossed, end, exported, memory):
    """Add the packs of a table installed before the step `until`, of survival weight x table, to the sums over packs.

    Those that crossed at `node` are followed to `crossed`, the others until nothing of their table is left, none
    beyond the node `end`. Eight steps at a time: a sum is then read and written once for eight packs. There is one
    first pack only, and of most steps none crosses.
    """
    weights, shifted, sums = memory.weights[pack], exported.shifted[pack], memory.sums
    alive = 8 + exported.end[pack]
    if pack == FIRST_PACK:
        last = min(end, max(alive, crossed))
        _add_one(weights[0], shifted[_AT_NODES], node + 1, last, sums.begin)
        _add_one(weights[0], shifted[_BEGIN_WORN], node + 1, last, sums.begin_worn)
        _add_one(weights[0], shifted[_END_WORN], node, last, sums.end_worn)
        return
    for s in range(0, until, 8):
        if _none_of_eight(weights, s):
            continue
        last = min(end, max(s + alive, crossed if s < node or s == 0 else 0))
        begin = max(s, node)
        # At the nodes: the crossing's own node is added where packs cross, an installation's is no node of its pack.
        _add_eight(weights, s, shifted[_AT_NODES], begin + 1, last, sums.begin)
        _add_eight(weights, s, shifted[_BEGIN_WORN], begin + 1, last, sums.begin_worn)
        _add_eight(weights, s, shifted[_END_WORN], begin, last, sums.end_worn)


@inline_borrowing_kernel
def _none_of_eight(weights, s):
    """Return whether no pack is in service of those installed in the steps s to s + 7."""
    early = weights[s] + weights[s + 1] + weights[s + 2] + weights[s + 3]
    return early + (weights[s + 4] + weights[s + 5] + weights[s + 6] + weights[s + 7]) == 0.0


@inline_borrowing_kernel
def _add_one(weight, row, begin, last, total):
    """Add a pack of step 0 to one sum over the steps [begin, last)."""
    if begin < last:
        base, shift = np.uint64(begin), np.uint64(begin + 8)
        for place in range(np.uint64(last - begin)):
            total[base + place] += weight * row[shift + place]


@inline_borrowing_kernel
def _add_eight(weights, s, row, begin, last, total):
    """Add the packs of the steps s to s + 7 to one sum over the steps [begin, last)."""
    w0, w1, w2, w3 = weights[s], weights[s + 1], weights[s + 2], weights[s + 3]
    w4, w5, w6, w7 = weights[s + 4], weights[s + 5], weights[s + 6], weights[s + 7]
    if begin < last:
        base, shift = np.uint64(begin), np.uint64(begin - s + 1)
        for place in range(np.uint64(last - begin)):
            k = shift + place
            early = w0 * row[k + _7] + w1 * row[k + _6]
            early += w2 * row[k + _5] + w3 * row[k + _4]
            late = w4 * row[k + _3] + w5 * row[k + _2]
            late += w6 * row[k + _1] + w7 * row[k]
            total[base + place] += early + late


@inline_borrowing_kernel
def _tell_failures(pack, start, weight, first, last, after, exported, failed):
    """Add what fails of one pack in the steps [first, last) by its table: it was installed in the step `start`.

    It is weight x (what ends of V T(step - start) in the step) x (the pack's share of the hazards), with V the
    vehicle's survival at the step's nodes and T the pack's table. Told ahead by each pack, a step's failures are known
    when it comes: to sum them up then would make every step wait for the sum.
    """
    if first < last:
        k = first - start
        survival, risk = exported.survival[pack, k:], exported.risk[pack, k:]
        _add_failures(
            weight, survival, risk, after.survival[first:], after.hazard[first:], failed[first + 1 : last + 1]
        )


@apart_kernel
def _add_failures(weight, survival, risk, vehicle, hazard, failed):
    for k in range(failed.size):
        share = risk[k] / (risk[k] + hazard[k] + _SMALLEST)
        events = vehicle[k] * survival[k] - vehicle[k + 1] * survival[k + 1]
        failed[k] += weight * events * share


@part_of_kernel
def _first_step(after, packs, node, state, flow):
    """Fill the failures in which a pack falls from what it was to what its table says; return those of first packs.

    A pack held at 1 by the warranty it lost falls to its curve within a step: that hazard is not the table's. What the
    table would say in such a step, which is added later for all packs, is taken off.
    """
    of_first = 0.0
    table, risk, n_steps = packs.exported.survival, packs.exported.risk, after.last
    for entry in range(state.count[0]):
        kind, place = state.taken[entry, 0], state.taken[entry, 1]
        if place > node:
            break
        if state.alive[kind, place] < _NO_FLOW:
            continue
        crossing = crossing_of(kind, place, node, packs, state)
        pack, start, weight, factor = crossing.pack, crossing.start, crossing.vehicles, crossing.factor
        j, here = node, 1.0
        while j < n_steps and here >= 1.0:
            left = min(factor * table[pack, j + 1 - start], 1.0)
            events = weight * (after.survival[j] - after.survival[j + 1] * left)
            failed = pack_share(events, log_ratio(1.0, left), after.hazard[j])
            if j > node:
                k = j - start
                share = risk[pack, k] / (risk[pack, k] + after.hazard[j] + _SMALLEST)
                told = after.survival[j] * table[pack, k] - after.survival[j + 1] * table[pack, k + 1]
                failed -= weight * factor * told * share
            flow[REPLACING, j + 1] += failed
            of_first += failed if place == 0 else 0.0
            j, here = j + 1, left
    return of_first


@part_of_kernel
def _follow_answers(after, packs, answer, steps, node, crossed, state, memory):
    """Answer the failures of each step by packs installed in it, in order of time; return the first packs replaced."""
    flow, weights, exported, n_steps = memory.flow, memory.weights, packs.exported, after.last
    for row in range(3):
        for j in range(node, n_steps + 2):
            flow[row, j] = 0.0
    of_first = _first_step(after, packs, node, state, flow)
    for entry in range(state.count[0]):
        kind, place = state.taken[entry, 0], state.taken[entry, 1]
        if place > node:
            break
        if place > 0 and state.alive[kind, place] >= _NO_FLOW:
            pack, start = NEW_PACK + kind, place - 1
            last = min(n_steps, max(start + exported.end[pack] + 1, crossed))
            weight = weights[pack, start]
            _tell_failures(pack, start, weight, node + 1, last, after, exported, flow[REPLACING])
    for step in range(node, n_steps):
        now, then, hazard = after.survival[step], after.survival[step + 1], after.hazard[step]
        failed = flow[REPLACING, step + 1]
        if step > node:
            risk, table = exported.risk[FIRST_PACK, step], exported.survival
            share = risk / (risk + hazard + _SMALLEST)
            gone = now * table[FIRST_PACK, step] - then * table[FIRST_PACK, step + 1]
            ended = weights[FIRST_PACK, 0] * gone * share
            of_first += ended
            failed += ended
        flow[REPLACING, step + 1] = failed
        for kind in range(2):
            started = failed * (answer.repair if kind == NEW else answer.swap)
            if started < _NO_FLOW:
                continue
            flow[kind, step + 1] = started
            weight = started * 2.0 / (now + then)
            half = 0.25 * (started + weight * then) / steps
            memory.sums.rest[step] += half
            memory.sums.rest_worn[step] += half * packs.fade[NEW_PACK + kind, 0]
            # It is not in service at the begin of the step that follows its own: taken off what is added there.
            memory.sums.end[step] -= weight
            pack = NEW_PACK + kind
            weights[pack, step] = weight
            last = min(n_steps, max(step + exported.end[pack] + 1, crossed))
            _tell_failures(pack, step, weight, step + 1, last, after, exported, flow[REPLACING])
    return of_first * (answer.repair + answer.swap)
