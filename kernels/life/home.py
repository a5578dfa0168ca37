"""The exact expectation of a vehicle where it was new: warranty, repair and swap on a grid of whole steps.

The state of a living vehicle is the step in which its pack was installed. In a step the vehicle dies, or its pack
leaves, or nothing happens; an event lies mid-step. A pack that is replaced in a step drives the second half of it; its
own first hazard is charged to the step after.

With V the vehicle's survival, P that of a pack installed at time s, and r(s) the rate of installations, the vehicles
that run on packs of time s are r(s) V(t) / V(s) P(t - s). What a pack's failures answer feeds r at later times only, so
one pass over the places in order of time solves the renewal equation r = (failures of all earlier packs) x (answer).
Sums over packs are taken on the way, since all packs of one home share V: what time in service needs afterwards is
V(t) x sum over s of r(s) / V(s) P(t - s).

Source: Kendall and Parés Olguín (2024), NCST-UCD-RR-24-39, sections Vehicle Lifetime and Expert Elicitation.
"""

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_borrowing_kernel
from mcsim.kernels.life.pack import fill_curve
from mcsim.kernels.life.records import (
    BEHIND_DISCOUNTED,
    BEHIND_PRODUCED,
    BEHIND_USED,
    MID_STEP,
    NEW,
    REPLACING,
    START,
    USED,
    Covered,
)
from mcsim.kernels.life.rules import answered, events_of_step
from mcsim.kernels.maths import exp

_NEGLIGIBLE = 1e-16
_NO_FLOW = 1e-18


@borrowing_kernel
def home_arm(arm, steps, fade, discount, memory):
    """Run the recursion of a vehicle in the country where it was new, and leave its state at every whole age.

    Parameters
    ----------
    arm : Arm
        The vehicle.
    steps : int
        Steps per year.
    fade : ndarray, shape (3, n + 2)
        Energy of a step relative to a new pack, by pack; element 0 of packs installed mid-step is the rest of that
        step.
    discount : float
        Growth of the factors of pack production, log per year.
    memory : HomeMemory
        Filled.

    Returns
    -------
    Covered
        What the warranty saw.
    """
    start_home(memory)
    n_steps, survival = arm.vehicle.last, arm.vehicle.survival
    flow, curve, link, carried = memory.flow, memory.curve, memory.link, memory.history.shape[0] > 0
    left, retired = 0.0, 0.0
    for place in range(n_steps + 1):
        for kind in range(2):
            started = flow[kind, place]
            if started < _NO_FLOW:
                continue
            pack = fill_curve(kind, place, arm, steps, curve)
            start, worn = pack.start, fade[pack.row + kind]
            weight = started
            if pack.row == MID_STEP:
                # Started mid-step by V's mean of both nodes: over it, the vehicles that are alive at the next node.
                weight = started * 2.0 / (survival[start] + survival[start + 1])
                half = 0.25 * (started + weight * survival[start + 1]) / steps
                memory.sums.rest[start] += half
                memory.sums.rest_worn[start] += half * worn[0]
                # Vehicles that die in what is left of the step of installation: at its three quarters on average.
                if pack.end > start + 0.75:
                    retired += started - weight * survival[start + 1]
            _add_pack(weight, curve, place, n_steps, worn, start, memory.sums)
            _leave_state(kind, place, weight, arm.vehicle, steps, curve, memory.state)
            # Without repair and swap nothing follows a failure after the cover: no need to split the steps there.
            lasting = arm.answer.repair + arm.answer.swap > 0.0
            last_split = n_steps if lasting else min(int(pack.end) + 1, n_steps)
            if carried:
                # As far as `carry_history` reads it.
                _clear(link[NEW], place, min(n_steps, memory.past.shape[1]) + 2)
                _clear(link[USED], place, min(n_steps, memory.past.shape[1]) + 2)
            for j in range(place, last_split):
                if weight * survival[j] * curve[j] < _NO_FLOW:
                    break
                events = events_of_step(j, weight, pack, curve, arm)
                new, used = answered(events.covered, events.uncovered, arm.answer)
                flow[NEW, j + 1] += new
                flow[USED, j + 1] += used
                flow[REPLACING, j + 1] += new + used if place == 0 else 0.0
                left += events.covered
                retired += events.unhurt
                if carried:
                    link[NEW, j + 1] = new
                    link[USED, j + 1] = used
            if carried and place < memory.past.shape[1]:
                carry_history(started, kind, place, n_steps, steps, worn, discount, memory)
    return Covered(left, retired)


@borrowing_kernel
def start_home(memory):
    """Empty the memory of an arm: one pack starts with the vehicle."""
    memory.flow[:, :] = 0.0
    memory.flow[NEW, 0] = 1.0
    clear_sums(memory.sums, START, memory.curve.size)
    memory.state.alive[:, :, :] = 0.0
    memory.state.count[0] = 0
    if memory.history.shape[0] > 0:
        memory.past[:, :, :] = 0.0
        memory.past[NEW, 0, BEHIND_PRODUCED] = 1.0
        memory.past[NEW, 0, BEHIND_DISCOUNTED] = 1.0
        memory.history[:, :] = 0.0


@borrowing_kernel
def clear_sums(sums, first, after_last):
    """Set the sums over packs to 0 in the steps [first, after_last)."""
    _clear(sums.begin, first, after_last)
    _clear(sums.end, first, after_last)
    _clear(sums.begin_worn, first, after_last)
    _clear(sums.end_worn, first, after_last)
    _clear(sums.rest, first, after_last)
    _clear(sums.rest_worn, first, after_last)


@inline_borrowing_kernel
def _clear(values, first, after_last):
    for j in range(first, after_last):
        values[j] = 0.0


@borrowing_kernel
def _leave_state(kind, place, weight, vehicle, steps, curve, state):
    """Leave how many vehicles are alive on a pack at each whole age: an export takes them from there."""
    if place >= state.alive.shape[2]:
        return
    entry = state.count[0]
    state.taken[entry, 0], state.taken[entry, 1] = kind, place
    state.count[0] = entry + 1
    for age in range((place + steps - 1) // steps, min(state.alive.shape[0], vehicle.last // steps + 1)):
        node = age * steps
        state.alive[age, kind, place] = weight * vehicle.survival[node] * curve[node]
        state.curve[age, kind, place] = curve[node]


@borrowing_kernel
def carry_history(started, kind, place, n_steps, steps, worn, discount, memory):
    """Carry what lies behind a pack's vehicles to the vehicles alive at whole ages and to the packs that follow it.

    The mean of what lies behind is the same for all vehicles of a pack at a time: it runs up as they drive, and is
    handed on in proportion to the vehicles that go over to the next pack or reach the age.
    """
    state, past, history, link = memory.state.alive, memory.past, memory.history, memory.link
    n_years = state.shape[0] - 1
    behind = memory.behind
    _fill_quotient(past[kind, place], started, behind)
    start = place - 1 if place > 0 else 0
    if place > 0 and start // steps < n_years:
        # Half of the step of installation is driven on this pack.
        behind[start // steps] += 0.5 * worn[0] / steps
    for j in range(place, min(n_steps, n_years * steps) + 1):
        year = j // steps
        if j % steps == 0:
            _add_row(state[year, kind, place], behind, history[year])
        if year >= n_years:
            break
        used_up = worn[j - start] / steps
        behind[year] += 0.5 * used_up
        # An event lies mid-step: those that go over now have driven half of it.
        for following in range(2):
            moved = link[following, j + 1]
            if moved > 0.0:
                _add_row(moved, behind, past[following, j + 1])
                if following == NEW:
                    past[NEW, j + 1, BEHIND_PRODUCED] += moved
                    past[NEW, j + 1, BEHIND_DISCOUNTED] += moved * exp((j + 0.5) / steps * discount)
                else:
                    past[USED, j + 1, BEHIND_USED] += moved
        behind[year] += 0.5 * used_up


@borrowing_kernel
def _add_pack(weight, curve, first, n_steps, worn, start, sums):
    """Add one pack's survival to the sums over packs, plain and weighted by its fade."""
    last = n_steps
    while last > first + 1 and curve[last - 1] < _NEGLIGIBLE:
        last -= 1
    _add_survival(weight, curve[first:last], worn[first - start :], sums.begin[first:], sums.begin_worn[first:])
    _add_survival(weight, curve[first + 1 : last + 1], worn[first - start :], sums.end[first:], sums.end_worn[first:])


@apart_kernel
def _add_survival(weight, curve, worn, plain_sum, worn_sum):
    for k in range(curve.size):
        alive = weight * curve[k]
        plain_sum[k] += alive
        worn_sum[k] += alive * worn[k]


@borrowing_kernel
def time_in_service(survival, sums, steps, first, n_steps, service):
    """Fill expected years in service by year of age, plain and weighted by the fade of the pack.

    The integral over a step is a trapezoid of V x (sum over packs); packs installed in the step add what they drive of
    it.

    Parameters
    ----------
    survival : ndarray, shape (n + 1,)
        Survival of the vehicle at the nodes.
    sums : Sums
        From `home_arm`.
    steps, first, n_steps : int
        Steps per year, first and last step.
    service : Service
        Filled from the year of `first` to that of `n_steps`; untouched before and after.
    """
    plain, worn, half_step = service.plain, service.worn, 0.5 / steps
    begin, end, begin_worn, end_worn = sums.begin, sums.end, sums.begin_worn, sums.end_worn
    rest, rest_worn = sums.rest, sums.rest_worn
    for year in range(first // steps, (n_steps + steps - 1) // steps):
        plain[year] = 0.0
        worn[year] = 0.0
    if steps == 1:
        # Most studies: no division, and no sum over the steps of a year.
        alive = survival[first : n_steps + 1]
        _fill_years(half_step, alive, begin[first:], end[first:], rest[first:], plain[first:n_steps])
        _fill_years(half_step, alive, begin_worn[first:], end_worn[first:], rest_worn[first:], worn[first:n_steps])
    else:
        for j in range(first, n_steps):
            year = j // steps
            plain[year] += half_step * (survival[j] * begin[j] + survival[j + 1] * end[j]) + rest[j]
            worn[year] += half_step * (survival[j] * begin_worn[j] + survival[j + 1] * end_worn[j]) + rest_worn[j]


@apart_kernel
def _fill_years(half_step, survival, begin, end, rest, years):
    for k in range(years.size):
        years[k] = half_step * (survival[k] * begin[k] + survival[k + 1] * end[k]) + rest[k]


@apart_kernel
def _fill_quotient(row, divisor, out):
    for k in range(out.size):
        out[k] = row[k] / divisor


@apart_kernel
def _add_row(factor, row, total):
    for k in range(row.size):
        total[k] += factor * row[k]
