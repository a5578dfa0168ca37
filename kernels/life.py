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
    >>> from mcsim.kernels.life import pack_hazard
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
    >>> from mcsim.kernels.life import pack_share
    >>> pack_share(0.4, 0.3, 0.1), pack_share(0.0, 0.0, 0.0)
    (0.30000000000000004, 0.0)
    """
    total = pack_risk + vehicle_risk
    return events * pack_risk / total if total > 0.0 else 0.0


@inline_kernel
def _log_ratio(before, after):
    """Cumulative hazard between two survivals, finite where nothing survives."""
    ratio = before / (after if after > _SMALLEST else _SMALLEST)
    return log(ratio) if ratio > 1.0 else 0.0


@inline_kernel
def step_hazard(before, after, on_table, risk):
    """Return the pack's hazard of a step: the table's where its survival is the table's, else from the survivals."""
    return risk if before == on_table else _log_ratio(before, after)


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
    under_cover = pack_share(early, _log_ratio(pack, left), _log_ratio(vehicle, survived))
    after_cover = pack_share(events - early, _log_ratio(left, pack_after), _log_ratio(survived, vehicle_after))
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


@inline_kernel
def _add_pack(weight, curve, first, n_steps, fade, start, sums):
    """Add one pack's survival to the sums over packs, plain and weighted by its fade."""
    q0, q1, b0, b1 = sums[0], sums[1], sums[2], sums[3]
    for j in range(first, n_steps):
        here = weight * curve[j]
        there = weight * curve[j + 1]
        worn = fade[j - start]
        q0[j] += here
        q1[j] += there
        b0[j] += here * worn
        b1[j] += there * worn


@kernel
def time_in_service(vehicle, sums, steps, first, n_steps, plain, worn):
    """Fill expected years in service by year of age, plain and weighted by the fade of the pack (trapezoid of a step).

    Parameters
    ----------
    vehicle : ndarray, shape (n + 1,)
        Survival of the vehicle at the nodes.
    sums : ndarray, shape (6, n + 2)
        Sums over packs, from `home_arm` or `abroad_arm`.
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


@kernel
def abroad_arm(
    vehicle, vehicle_hazard, home, abroad, used, risks, repair, swap, steps, age, n_steps, fade, state, state_curve,
    flow, curve, sums, counts,
):  # fmt: skip
    """Run the recursion of the vehicles that cross at a whole age: no cover, hazards of the new climate.

    A pack's cumulative hazard goes on from what it had at home, ``max(H, H_home(t_X) + H_abroad(t) - H_abroad(t_X))``:
    a pack that is past the end of life's threshold, and was held by the warranty only, leaves in the first step.

    Parameters
    ----------
    vehicle, vehicle_hazard : ndarray, shape (n + 1,), (n,)
        Survival after the crossing, at the nodes of age, and the hazards of the steps (read where packs are answered).
    home, abroad, used : ndarray, shape (2, n + 2)
        Pack tables at the end of life's threshold: at home, abroad, and of a used pack abroad.
    risks : ndarray, shape (2, 2, n + 2)
        Hazards of the steps of a new and of a used pack abroad.
    repair, swap : float
        Chances that a failure is answered by a new, by a used pack.
    steps, age, n_steps : int
        Steps per year, age at export [yr], steps until survival is negligible.
    fade : ndarray, shape (3, n + 2)
        As in `home_arm`.
    state, state_curve : ndarray, shape (2, n_places)
        State at this age, from `home_arm`.
    flow, curve, sums : ndarray
        Scratch, as in `home_arm`; `sums` is filled from the step of the crossing on.
    counts : ndarray, shape (4,)
        Filled: vehicles that cross; new and used packs started abroad; first packs replaced abroad.

    Returns
    -------
    int
        Step after the last in which a vehicle may live.
    """
    node = age * steps
    counts[:] = 0.0
    sums[:, node : n_steps + 1] = 0.0
    reached = node
    recur = repair + swap > 0.0
    if recur:
        flow[:, node : n_steps + 2] = 0.0
    for place in range(node + 1):
        for kind in range(2):
            crossing = state[kind, place]
            if crossing < _NO_FLOW:
                continue
            counts[0] += crossing
            row = 0 if place == 0 else 1
            start = place - row
            known = state_curve[kind, place]
            k = node - start
            past = abroad[row, k] if kind == 0 else used[1, k]
            factor = (home[row, k] if kind == 0 else known) / (past * known) if past * known > _SMALLEST else 0.0
            last = n_steps
            table = abroad[row] if kind == 0 else used[1]
            curve[node] = 1.0
            for j in range(node + 1, n_steps + 1):
                value = factor * table[j - start]
                curve[j] = value if value < 1.0 else 1.0
                if value < _NEGLIGIBLE:
                    last = j
                    break
            reached = max(reached, last)
            weight = crossing
            _add_pack(weight, curve, node, last, fade[row + kind], start, sums)
            if recur:
                # Survival of the vehicle is told from the crossing on: 1 there, less what equation (1) drops.
                answered = _pass_on(
                    weight, vehicle, vehicle_hazard, curve, risks[kind, row], start, node, last, repair, swap, flow
                )
                counts[3] += answered if place == 0 else 0.0
    if recur:
        reached = n_steps
        _repaired_abroad(
            vehicle,
            vehicle_hazard,
            abroad,
            used,
            risks,
            repair,
            swap,
            steps,
            node,
            n_steps,
            fade,
            flow,
            curve,
            sums,
            counts,
        )
    return reached


@kernel
def _pass_on(weight, vehicle, vehicle_hazard, curve, risk, start, first, n_steps, repair, swap, flow):
    """Turn the pack's events of each step into new and used packs; return how many."""
    answered = 0.0
    lead = first
    # A pack held at 1 by the warranty it lost falls to its curve within a step: that hazard is not the table's.
    while lead < n_steps and curve[lead] == 1.0:
        before, after = weight * vehicle[lead], weight * vehicle[lead + 1] * curve[lead + 1]
        of_pack = pack_share(before - after, _log_ratio(1.0, curve[lead + 1]), vehicle_hazard[lead])
        flow[0, lead + 1] += of_pack * repair
        flow[1, lead + 1] += of_pack * swap
        answered += of_pack
        lead += 1
    for j in range(lead, n_steps):
        of_pack = weight * (vehicle[j] * curve[j] - vehicle[j + 1] * curve[j + 1])
        of_pack *= risk[j - start] / (risk[j - start] + vehicle_hazard[j] + _SMALLEST)
        flow[0, j + 1] += of_pack * repair
        flow[1, j + 1] += of_pack * swap
        answered += of_pack
    return answered * (repair + swap)


@kernel
def _repaired_abroad(
    vehicle, vehicle_hazard, abroad, used, risks, repair, swap, steps, node, n_steps, fade, flow, curve, sums, counts
):
    """Follow the packs installed abroad, in order of installation."""
    for place in range(node + 1, n_steps + 1):
        for kind in range(2):
            started = flow[kind, place]
            if started < _NO_FLOW:
                continue
            counts[1 + kind] += started
            start = place - 1
            table = abroad[1] if kind == 0 else used[1]
            last = place
            while last < n_steps and table[last - start] >= _NEGLIGIBLE:
                last += 1
            for j in range(place, last + 1):
                curve[j] = table[j - start]
            weight = started * 2.0 / (vehicle[start] + vehicle[start + 1])
            half = 0.25 * (started + weight * vehicle[start + 1]) / steps
            sums[4, start] += half
            sums[5, start] += half * fade[1 + kind, 0]
            _add_pack(weight, curve, place, last, fade[1 + kind], start, sums)
            _pass_on(weight, vehicle, vehicle_hazard, curve, risks[kind, 1], start, place, last, repair, swap, flow)
