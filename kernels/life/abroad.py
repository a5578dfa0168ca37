"""The exact expectation of the vehicles that cross at one age: what their packs do abroad, without a cover.

All new packs of one layout share a table, and so do all used ones: a pack's survival abroad is its table times one
number, and the sums of `mcsim.kernels.life.home.home_arm` over packs are convolutions of those numbers with three rows.

Source: Kendall and Parés Olguín (2024), NCST-UCD-RR-24-39, sections Vehicle Lifetime and Expert Elicitation.
"""

import numpy as np

from mcsim.kernels._jit import kernel
from mcsim.kernels.life.home import log_ratio, pack_share

_NEGLIGIBLE = 1e-16
_NO_FLOW = 1e-18
_SMALLEST = 1e-300
# An index without a sign needs no test for counting from the end: loops over several shifted rows vectorise.
_1, _2, _3, _4, _5, _6, _7 = (np.uint64(shift) for shift in range(1, 8))


@kernel
def fill_shifted(table, fade, first, shifted):
    """Fill a pack's survival as the sums take it: at the nodes, and at both ends of a step times its fade in that step.

    Parameters
    ----------
    table, fade : ndarray, shape (n + 2,)
        Survival at the nodes since installation; energy of a step relative to a new pack.
    first : int
        First node, since the begin of the step of installation, at which the pack is in service.
    shifted : ndarray, shape (3, n + 10)
        Filled: element 8 + k holds node k; 0 before the first node.

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
        shifted[0, 8 + k] = table[k]
        shifted[1, 8 + k] = table[k] * fade[k]
    for k in range(first, n - 1):
        shifted[2, 8 + k] = table[k + 1] * fade[k]
    end = n - 1
    while end > 1 and table[end - 1] < _NEGLIGIBLE:
        end -= 1
    return end


@kernel
def add_packs(weights, which, until, node, reached, n_steps, end, shifted, sums):
    """Add the packs installed before the step `until`, of survival weight x table, to the sums over packs.

    Those that crossed at `node` are followed to `reached`, the others until nothing of their table is left. Eight
    steps at a time: a sum is then read and written once for eight packs.
    """
    for s in range(0, until, 8):
        w0, w1, w2, w3 = weights[which, s], weights[which, s + 1], weights[which, s + 2], weights[which, s + 3]
        w4, w5, w6, w7 = weights[which, s + 4], weights[which, s + 5], weights[which, s + 6], weights[which, s + 7]
        last = min(n_steps, max(s + 8 + end, reached if s < node or s == 0 else 0))
        for row in range(3):
            target = 0 if row == 0 else row + 1
            begin = max(s, node) + (1 if row < 2 else 0)
            if begin < last:
                base, shift = np.uint64(begin), np.uint64(begin - s + 1)
                for place in range(np.uint64(last - begin)):
                    k = shift + place
                    early = w0 * shifted[which, row, k + _7] + w1 * shifted[which, row, k + _6]
                    early += w2 * shifted[which, row, k + _5] + w3 * shifted[which, row, k + _4]
                    late = w4 * shifted[which, row, k + _3] + w5 * shifted[which, row, k + _2]
                    late += w6 * shifted[which, row, k + _1] + w7 * shifted[which, row, k]
                    sums[target, base + place] += early + late


@kernel
def failures_at(step, newest, end, weights, which, tables, risks, vehicle, vehicle_after, vehicle_hazard, scratch):
    """Return the packs of one table that fail in a step, installed up to step `newest`, at most `end` steps before."""
    first = max(step - newest, 1)
    last = np.uint64(max(min(step, end) + 1 - first, 0))
    lag, now = np.uint64(first), np.uint64(step)
    for place in range(last):
        k = place + lag
        share = risks[which, k] / (risks[which, k] + vehicle_hazard + _SMALLEST)
        events = vehicle * tables[which, k] - vehicle_after * tables[which, k + _1]
        scratch[place] = weights[which, now - k] * events * share
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = last - last % _4
    for k in range(np.uint64(0), whole, _4):
        a += scratch[k]
        b += scratch[k + _1]
        c += scratch[k + _2]
        d += scratch[k + _3]
    for k in range(whole, last):
        a += scratch[k]
    return (a + b) + (c + d)


@kernel
def abroad_arm(
    vehicle, vehicle_hazard, home, tables, ends, shifted, risks, repair, swap, steps, age, n_steps, fade, state,
    state_curve, flow, sums, weights, scratch, counts,
):  # fmt: skip
    """Run the recursion of the vehicles that cross at a whole age: no cover, hazards of the new climate.

    A pack's cumulative hazard goes on from what it had at home, ``max(H, H_home(t_X) + H_abroad(t) - H_abroad(t_X))``:
    a pack that is past the end of life's threshold, and was held by the warranty only, leaves in the first step.

    Parameters
    ----------
    vehicle, vehicle_hazard : ndarray, shape (n + 1,), (n,)
        Survival after the crossing, at the nodes of age, and the hazards of the steps (read where packs are answered).
    home : ndarray, shape (2, n + 2)
        Pack tables at home, at the end of life's threshold.
    tables, risks : ndarray, shape (3, n + 2)
        Survival and hazards of the steps abroad: a first pack, one installed mid-step, a used one installed mid-step.
    ends, shifted : ndarray, shape (3,), (3, 3, n + 10)
        Of these tables, from `fill_shifted`.
    repair, swap : float
        Chances that a failure is answered by a new, by a used pack.
    steps, age, n_steps : int
        Steps per year, age at export [yr], steps until survival is negligible.
    fade : ndarray, shape (3, n + 2)
        As in `mcsim.kernels.life.home.home_arm`.
    state, state_curve : ndarray, shape (2, n_places)
        State at this age, from `mcsim.kernels.life.home.home_arm`.
    flow, sums : ndarray, shape (3, n + 2), (6, n + 2)
        Filled from the step of the crossing on: new and used packs started abroad, if failures are answered, and the
        failures; sums over packs as in `mcsim.kernels.life.home.home_arm`.
    weights, scratch : ndarray, shape (3, n + 10), (n + 2,)
        Scratch.
    weights, scratch : ndarray, shape (3, n + 10), (n + 2,)
        Scratch.
    counts : ndarray, shape (4,)
        Filled: vehicles that cross; new and used packs started abroad; first packs replaced abroad.

    Returns
    -------
    int
        Step after the last in which a vehicle may live.
    """
    node = age * steps
    counts[:] = 0.0
    reached = node
    recur = repair + swap > 0.0
    for row in range(6):
        for j in range(max(node - 1, 0), n_steps + 1):
            sums[row, j] = 0.0
    for kind in range(3):
        for j in range(n_steps + 9 if recur else node + 9):
            weights[kind, j] = 0.0
    for place in range(node + 1):
        for kind in range(2):
            if state[kind, place] < _NO_FLOW:
                continue
            counts[0] += state[kind, place]
            which = (0 if place == 0 else 1) + kind
            start = place - (0 if place == 0 else 1)
            before = home[which, node - start] if kind == 0 else state_curve[kind, place]
            reached = max(reached, _cross(
                state[kind, place], state_curve[kind, place], before, node, start, n_steps, which, tables, ends, fade,
                sums, weights,
            ))  # fmt: skip
    crossed = reached
    if recur:
        _follow_answers(vehicle, vehicle_hazard, home, tables, ends, risks, repair, swap, steps, node, crossed, n_steps,
                        fade, state, state_curve, flow, sums, weights, scratch, counts)  # fmt: skip
        reached = n_steps
    for which in range(3):
        if which == 2 and swap <= 0.0:
            continue
        # Only the first pack's table begins at age 0 of the vehicle.
        until = n_steps if recur and which > 0 else (node if which > 0 else 1)
        add_packs(weights, which, until, node, crossed, n_steps, ends[which], shifted, sums)
    # What is in service at the end of a step begins the next one, the packs installed there aside (taken off already).
    for j in range(node, reached):
        sums[1, j] += sums[0, j + 1]
    return reached


@kernel
def _cross(weight, known, before, node, start, n_steps, which, tables, ends, fade, sums, weights):
    """Add what the table does not say of packs that cross, and their weight; return the node after the last."""
    past = tables[which, node - start] * known
    factor = before / past if past > _SMALLEST else 0.0
    scaled = weight * factor
    weights[which, start] = scaled
    # Alive at the crossing, whatever the table says, and until it says less than that.
    sums[0, node] += weight
    sums[2, node] += weight * fade[which, node - start]
    j = node + 1
    while j < n_steps and factor * tables[which, j - start] > 1.0:
        over = weight - scaled * tables[which, j - start]
        sums[0, j] += over
        sums[2, j] += over * fade[which, j - start]
        sums[3, j - 1] += over * fade[which, j - 1 - start]
        j += 1
    last = min(n_steps, max(start + ends[which], j))
    while last < n_steps and factor * tables[which, last - start] >= _NEGLIGIBLE:
        last += 1
    return last


@kernel
def _first_step(vehicle, vehicle_hazard, home, tables, risks, node, n_steps, state, state_curve, flow):
    """Fill the failures in which a pack falls from what it was to what its table says; return those of first packs.

    A pack held at 1 by the warranty it lost falls to its curve within a step: that hazard is not the table's. What the
    table would say in such a step, which is added later for all packs, is taken off.
    """
    of_first = 0.0
    for place in range(node + 1):
        for kind in range(2):
            weight = state[kind, place]
            if weight < _NO_FLOW:
                continue
            which = (0 if place == 0 else 1) + kind
            start = place - (0 if place == 0 else 1)
            known = state_curve[kind, place]
            past = tables[which, node - start] * known
            before = home[which, node - start] if kind == 0 else known
            factor = before / past if past > _SMALLEST else 0.0
            j, here = node, 1.0
            while j < n_steps and here >= 1.0:
                left = min(factor * tables[which, j + 1 - start], 1.0)
                events = weight * (vehicle[j] - vehicle[j + 1] * left)
                failed = pack_share(events, log_ratio(1.0, left), vehicle_hazard[j])
                if j > node:
                    k = j - start
                    share = risks[which, k] / (risks[which, k] + vehicle_hazard[j] + _SMALLEST)
                    told = vehicle[j] * tables[which, k] - vehicle[j + 1] * tables[which, k + 1]
                    failed -= weight * factor * told * share
                flow[2, j + 1] += failed
                of_first += failed if place == 0 else 0.0
                j, here = j + 1, left
    return of_first


@kernel
def _follow_answers(
    vehicle, vehicle_hazard, home, tables, ends, risks, repair, swap, steps, node, crossed, n_steps, fade, state,
    state_curve, flow, sums, weights, scratch, counts,
):  # fmt: skip
    """Answer the failures of each step by packs installed in it, in order of time; parameters as in `abroad_arm`."""
    for row in range(3):
        for j in range(node, n_steps + 2):
            flow[row, j] = 0.0
    first_pack = _first_step(vehicle, vehicle_hazard, home, tables, risks, node, n_steps, state, state_curve, flow)
    latest = node
    while latest > 0 and weights[1, latest] == 0.0:
        latest -= 1
    for step in range(node, n_steps):
        now, after, hazard = vehicle[step], vehicle[step + 1], vehicle_hazard[step]
        failed = flow[2, step + 1]
        if step > node:
            share = risks[0, step] / (risks[0, step] + hazard + _SMALLEST)
            of_first = weights[0, 0] * (now * tables[0, step] - after * tables[0, step + 1]) * share
            first_pack += of_first
            failed += of_first
            for which in range(1, 3):
                newest = n_steps if which == 2 or repair > 0.0 else latest
                if which == 1 or swap > 0.0:
                    end = step if step < crossed else ends[which]
                    failed += failures_at(
                        step, newest, end, weights, which, tables, risks, now, after, hazard, scratch
                    )  # fmt: skip
        flow[2, step + 1] = failed
        for kind in range(2):
            started = failed * (repair if kind == 0 else swap)
            if started < _NO_FLOW:
                continue
            flow[kind, step + 1] = started
            counts[1 + kind] += started
            which = 1 + kind
            weight = started * 2.0 / (now + after)
            half = 0.25 * (started + weight * after) / steps
            sums[4, step] += half
            sums[5, step] += half * fade[which, 0]
            sums[1, step] -= weight
            weights[which, step] = weight
    counts[3] = first_pack * (repair + swap)
