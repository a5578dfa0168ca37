"""The exact expectation of one vehicle's life: warranty, export and disposal on a grid of whole steps.

The state of a living vehicle is the step in which its pack was installed. In a step the vehicle dies, or its pack
leaves, or nothing happens; the two risks share the step's events in proportion to their cumulative hazards, and an
event lies mid-step. A pack that is replaced in a step drives the second half of it; its own first hazard is charged to
the step after. Sums over packs are taken first, since all packs of one home share the vehicle's survival: what is
left is a small renewal contraction over (pack start, age).

Source: Kendall and Parés Olguín (2024), NCST-UCD-RR-24-39, sections Vehicle Lifetime and Expert Elicitation; the
branches are those of docs/vehicle-life. Symbols: V survival of the vehicle, P of the pack, W end of the warranty, X
age at export, h length of a step.

Layout of pack tables, shape (2, n + 2): row 0 holds survival at ages k h (a pack installed with the vehicle), row 1 at
ages (k - 1/2) h (installed mid-step), where k counts nodes since the start of the step of installation.
"""

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.maths import exp, log

_NEGLIGIBLE = 1e-16
_NO_FLOW = 1e-18
_SMALLEST = 1e-300
# Nothing survives such a cumulative hazard.
_CERTAIN = 700.0


@inline_kernel
def pack_hazard(age, shape, scale, defect):
    """Return the cumulative hazard of a pack: Weibull wear-out and a constant hazard of defects.

    Parameters
    ----------
    age : float
        Age of the pack [yr].
    shape, scale, defect : float
        Weibull shape [-], scale [yr], hazard of defects [1/yr].

    Returns
    -------
    float
        Cumulative hazard [-].

    Examples
    --------
    >>> from mcsim.kernels.life.home import pack_hazard
    >>> round(pack_hazard(10.0, 2.0, 10.0, 0.01), 12)
    1.1
    """
    if age <= 0.0:
        return 0.0
    return exp(shape * (log(age) - log(scale))) + defect * age


@kernel
def fill_pack_table(shape, scale, defect, attained, log_ages, ages, table, risk):
    """Fill the survival of a pack at the nodes of the grid, and its hazard in the step that begins there.

    Parameters
    ----------
    shape, scale, defect : float
        The law of `pack_hazard`.
    attained : float
        Age that a used pack has when it is installed [yr]; 0 for a new one.
    log_ages, ages : ndarray, shape (2, n)
        Ages of the two layouts [yr] and their logarithms.
    table, risk : ndarray, shape (2, n)
        Filled: survival since installation [-]; cumulative hazard of the step [-].
    """
    log_scale = log(scale)
    n = table.shape[1]
    past = pack_hazard(attained, shape, scale, defect)
    for row in range(2):
        if attained > 0.0:
            for k in range(n):
                table[row, k] = pack_hazard(attained + ages[row, k], shape, scale, defect) - past
        else:
            for k in range(n):
                table[row, k] = exp(shape * (log_ages[row, k] - log_scale)) + defect * ages[row, k]
        table[row, 0] = 0.0
    # No failure in what is left of the step of installation: one event per step.
    table[1, 1] = 0.0
    for row in range(2):
        for k in range(n - 1):
            risk[row, k] = min(table[row, k + 1], _CERTAIN) - min(table[row, k], _CERTAIN)
        risk[row, n - 1] = 0.0
        for k in range(n):
            table[row, k] = exp(-table[row, k])


@inline_kernel
def pack_share(events, pack_risk, vehicle_risk):
    """Return how many of a step's events are the pack's: the risks share them by their cumulative hazards.

    Parameters
    ----------
    events : float
        Events of the step.
    pack_risk, vehicle_risk : float
        Cumulative hazards in the step.

    Returns
    -------
    float
        Events of the pack.

    Examples
    --------
    >>> from mcsim.kernels.life.home import pack_share
    >>> round(pack_share(0.4, 0.3, 0.1), 12), pack_share(0.0, 0.0, 0.0)
    (0.3, 0.0)
    """
    total = pack_risk + vehicle_risk
    return events * pack_risk / total if total > 0.0 else 0.0


@inline_kernel
def log_ratio(before, after):
    """Cumulative hazard between two survivals, finite where nothing survives."""
    ratio = before / (after if after > _SMALLEST else _SMALLEST)
    return log(ratio) if ratio > 1.0 else 0.0


@inline_kernel
def step_hazard(before, after, on_table, risk):
    """Return the pack's hazard of a step: the table's where its survival is the table's, else from the survivals."""
    return risk if before == on_table else log_ratio(before, after)


@kernel
def covered_curve(start, end, row, law, warranted, disposed, steps, n_steps, curve):
    """Fill the survival of one pack at its home, where two thresholds rule before and after the end of its cover.

    Before the end of cover it leaves at the warranty's threshold, afterwards at the end of life's; a pack that is past
    the latter already leaves at once (cumulative hazard: the larger of the two).

    Parameters
    ----------
    start : int
        Step of installation (with row 1) or 0 (row 0).
    end : float
        Age of the vehicle at which the pack's cover ends [yr].
    row : int
        Row of the pack tables.
    law : ndarray, shape (3,)
        Shape, scale and defects while covered.
    warranted, disposed : ndarray, shape (2, n + 2)
        Pack tables of the two thresholds.
    steps, n_steps : int
        Steps per year; steps to fill.
    curve : ndarray, shape (n + 2,)
        Filled from the pack's first node to node `n_steps`.

    Returns
    -------
    (int, float)
        First step that does not lie wholly under cover; survival at the end of cover.
    """
    installed = (start + 0.5) / steps if row == 1 else 0.0
    first = start + row
    last = int(end * steps)
    last = min(max(last, first), n_steps)
    for j in range(first, last + 1):
        curve[j] = warranted[row, j - start]
    at_end = exp(-pack_hazard(end - installed, law[0], law[1], law[2]))
    for j in range(last + 1, n_steps + 1):
        value = disposed[row, j - start]
        curve[j] = value if value < at_end else at_end
    curve[first] = 1.0
    return last, at_end


@kernel
def home_arm(
    vehicle, vehicle_hazard, law, warranted, disposed, used, risks, end_of_cover, cover, repair, swap, steps, n_steps,
    fade, flow, curve, sums, state, state_curve, counts, link, discount, past, history,
):  # fmt: skip
    """Run the recursion of a vehicle in the country where it was new, and leave its state at every whole age.

    Parameters
    ----------
    vehicle, vehicle_hazard : ndarray, shape (n + 1,), (n,)
        Survival at the nodes; cumulative hazard of each step.
    law : ndarray, shape (3,)
        The pack's law while covered.
    warranted, disposed, used : ndarray, shape (2, n + 2)
        Pack tables: under cover, after it, and of a used pack.
    risks : ndarray, shape (3, 2, n + 2)
        Hazards of the steps of these tables.
    end_of_cover, cover : float
        Age at which the vehicle's warranty ends; cover of a new pack that replaces another [yr].
    repair, swap : float
        Chances that an uncovered failure is answered by a new, by a used pack.
    steps, n_steps : int
        Steps per year; steps until survival is negligible.
    fade : ndarray, shape (3, n + 2)
        Energy relative to a new pack in a step: row 0 pack of age 0 at node 0, row 1 installed mid-step (by steps since
        then, element 0 the rest of that step), row 2 the same of a used pack.
    flow : ndarray, shape (3, n + 2)
        Filled: packs started, new and used; element 0 the first pack, element i + 1 those of step i; row 2: those of
        them that replace a first pack.
    curve : ndarray, shape (n + 2,)
        Scratch.
    sums : ndarray, shape (6, n + 2)
        Scratch: packs over nodes (Q0, Q1), the same weighted by fade, and the half steps after installations.
    state, state_curve : ndarray, shape (n_ages, 2, (n_ages - 1) * steps + 1)
        Filled: vehicles alive at each whole age by pack; the pack's survival there.
    counts : ndarray, shape (2,)
        Filled: packs that left under cover; vehicles that died while their pack was covered.
    link : ndarray, shape (2, n + 2)
        Scratch.
    discount : float
        Growth of the pack's production factors, log per year.
    past, history : ndarray, shape (2, (n_ages - 1) * steps + 1, n_ages + 2), (n_ages, n_ages + 2)
        Scratch; filled: summed over the vehicles alive at each whole age, the years in service weighted by fade of each
        year of age, and in the last three columns packs produced, the same discounted, and used packs. Empty arrays
        where nobody asks for them.
    """
    flow[:, :] = 0.0
    sums[:, : n_steps + 1] = 0.0
    counts[:] = 0.0
    state[:, :, :] = 0.0
    flow[0, 0] = 1.0
    n_states = state.shape[0]
    carried = history.shape[0] > 0
    if carried:
        past[:, :, :] = 0.0
        past[0, 0, n_states - 1] = 1.0
        past[0, 0, n_states] = 1.0
        history[:, :] = 0.0
    for place in range(n_steps + 1):
        for kind in range(2):
            started = flow[kind, place]
            if started < _NO_FLOW:
                continue
            row = 0 if place == 0 else 1
            start = place - row
            first = place
            end = end_of_cover
            if place > 0 and kind == 0:
                end = max(end, (start + 0.5) / steps + cover)
            if kind == 0:
                _, at_end = covered_curve(start, end, row, law, warranted, disposed, steps, n_steps, curve)
            else:
                at_end = 1.0
                end = 0.0
                for j in range(first, n_steps + 1):
                    curve[j] = used[1, j - start]
            weight = started
            if row == 1:
                weight = started * 2.0 / (vehicle[start] + vehicle[start + 1])
                half = 0.25 * (started + weight * vehicle[start + 1]) / steps
                sums[4, start] += half
                sums[5, start] += half * fade[row + kind, 0]
                # Vehicles that die in what is left of the step of installation.
                if end * steps > start + 0.75:
                    counts[1] += started - weight * vehicle[start + 1]
            _add_pack(weight, curve, first, n_steps, fade[row + kind], start, sums)
            for age in range(n_states):
                node = age * steps
                if first <= node <= n_steps and place < state.shape[2]:
                    state[age, kind, place] = weight * vehicle[node] * curve[node]
                    state_curve[age, kind, place] = curve[node]
            last_split = n_steps if repair + swap > 0.0 else min(int(end * steps) + 1, n_steps)
            if carried:
                link[:, : n_steps + 2] = 0.0
            for j in range(first, last_split):
                before = weight * vehicle[j] * curve[j]
                if before < _NO_FLOW:
                    break
                events = before - weight * vehicle[j + 1] * curve[j + 1]
                k = j - start
                if kind == 1:
                    under_cover, unhurt = 0.0, 0.0
                    answered = pack_share(events, risks[2, 1, k], vehicle_hazard[j])
                elif j + 1 <= end * steps:
                    under_cover = pack_share(events, risks[0, row, k], vehicle_hazard[j])
                    unhurt, answered = events - under_cover, 0.0
                elif j >= end * steps:
                    risk = step_hazard(curve[j], curve[j + 1], disposed[row, k], risks[1, row, k])
                    under_cover, unhurt = 0.0, 0.0
                    answered = pack_share(events, risk, vehicle_hazard[j])
                else:
                    under_cover, unhurt, answered = split_at_cover(
                        before, events, end * steps - j, vehicle[j], vehicle[j + 1], curve[j], curve[j + 1], at_end
                    )
                replaced = under_cover + answered * repair
                flow[0, j + 1] += replaced
                flow[1, j + 1] += answered * swap
                flow[2, j + 1] += replaced + answered * swap if place == 0 else 0.0
                counts[0] += under_cover
                counts[1] += unhurt
                if carried:
                    link[0, j + 1] = replaced
                    link[1, j + 1] = answered * swap
            if carried and place < past.shape[1]:
                carry_history(
                    started, kind, place, steps, n_steps, fade[row + kind], link, discount, state, past, history
                )


@inline_kernel
def split_at_cover(before, events, part, vehicle, vehicle_after, pack, pack_after, at_end):
    """Return the events of a step whose `part` is covered: the pack's and the vehicle's before, the pack's after.

    It is two steps, one on either side of the end of cover.
    """
    survived = vehicle + (vehicle_after - vehicle) * part
    left = min(at_end, pack)
    early = before - before * (survived / vehicle) * (left / pack)
    under_cover = pack_share(early, log_ratio(pack, left), log_ratio(vehicle, survived))
    after_cover = pack_share(events - early, log_ratio(left, pack_after), log_ratio(survived, vehicle_after))
    return under_cover, early - under_cover, after_cover


@kernel
def carry_history(started, kind, place, steps, n_steps, fade, link, discount, state, past, history):
    """Carry what lies behind a pack's vehicles to the vehicles alive at whole ages and to the packs that follow it."""
    n_states = state.shape[0]
    width = history.shape[1]
    behind = past[kind, place] / started
    start = place - 1 if place > 0 else 0
    if place > 0 and start // steps < n_states - 1:
        behind[start // steps] += 0.5 * fade[0] / steps
    for j in range(place, min(n_steps, (n_states - 1) * steps) + 1):
        if j % steps == 0:
            for column in range(width):
                history[j // steps, column] += state[j // steps, kind, place] * behind[column]
        year = j // steps
        if year >= n_states - 1:
            break
        worn = fade[j - start] / steps
        behind[year] += 0.5 * worn
        for new in range(2):
            moved = link[new, j + 1]
            if moved > 0.0:
                for column in range(width):
                    past[new, j + 1, column] += moved * behind[column]
                if new == 0:
                    past[0, j + 1, n_states - 1] += moved
                    past[0, j + 1, n_states] += moved * exp((j + 0.5) / steps * discount)
                else:
                    past[1, j + 1, n_states + 1] += moved
        behind[year] += 0.5 * worn


@kernel
def _add_pack(weight, curve, first, n_steps, fade, start, sums):
    """Add one pack's survival to the sums over packs, plain and weighted by its fade.

    One loop per sum: with more arrays in a loop the compiler would have to check too many overlaps to vectorise it.
    """
    q0, q1, b0, b1 = sums[0], sums[1], sums[2], sums[3]
    last = n_steps
    while last > first + 1 and curve[last - 1] < _NEGLIGIBLE:
        last -= 1
    for j in range(first, last):
        q0[j] += weight * curve[j]
    for j in range(first, last):
        q1[j] += weight * curve[j + 1]
    for j in range(first, last):
        b0[j] += weight * curve[j] * fade[j - start]
    for j in range(first, last):
        b1[j] += weight * curve[j + 1] * fade[j - start]


@kernel
def time_in_service(vehicle, sums, steps, first, n_steps, plain, worn):
    """Fill expected years in service by year of age, plain and weighted by the fade of the pack (trapezoid of a step).

    Parameters
    ----------
    vehicle : ndarray, shape (n + 1,)
        Survival of the vehicle at the nodes.
    sums : ndarray, shape (6, n + 2)
        Sums over packs, from `home_arm` or `mcsim.kernels.life.abroad.abroad_arm`.
    steps, first, n_steps : int
        Steps per year, first and last step.
    plain, worn : ndarray, shape (n_years,)
        Filled from the year of `first` on; untouched before.
    """
    half_step = 0.5 / steps
    for year in range(first // steps, plain.shape[0]):
        plain[year] = 0.0
        worn[year] = 0.0
    if steps == 1:
        for j in range(first, n_steps):
            plain[j] = half_step * (vehicle[j] * sums[0, j] + vehicle[j + 1] * sums[1, j]) + sums[4, j]
            worn[j] = half_step * (vehicle[j] * sums[2, j] + vehicle[j + 1] * sums[3, j]) + sums[5, j]
    else:
        for j in range(first, n_steps):
            year = j // steps
            plain[year] += half_step * (vehicle[j] * sums[0, j] + vehicle[j + 1] * sums[1, j]) + sums[4, j]
            worn[year] += half_step * (vehicle[j] * sums[2, j] + vehicle[j + 1] * sums[3, j]) + sums[5, j]
