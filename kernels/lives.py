"""Single vehicle lives, sampled on the grid of `mcsim.kernels.life`: the same law as the expectation, life by life.

A life is a chain of stints, one per pack: from the installation to the step in which the pack leaves or the vehicle
dies. What is sampled goes into integer counts (stints by pack and last step, deaths by time, packs per life), so
memory does not grow with the lives and counts merge in any order. All arms of a life share its random numbers: the
exported vehicle has the same past as the one that stays, and what is left of its uniform decides its future.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Expert Elicitation.
"""

import numpy as np

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.life import carry_history, covered_curve, pack_share, split_at_cover, step_hazard
from mcsim.kernels.streams import unit32, unit52, vehicle_words

# How a stint ends.
COVERED = 0
REPAIRED = 1
SWAPPED = 2
PACK_DEAD = 3
VEHICLE_COVERED = 4
VEHICLE_DEAD = 5
ENDS = 6
PACK_BINS = 8
_LONGEST_CHAIN = 120


@inline_kernel
def _uniforms(key, draw, life, block):
    w0, w1, w2, w3 = vehicle_words(key, draw, life, np.uint64(block))
    return unit52(w0, w1), unit32(w2), unit32(w3)


@kernel
def fill_home_curves(
    flow, law, warranted, disposed, used, end_of_cover, cover, steps, n_steps, curves, last_covered,
    survival_at_end, ends_of_cover,
):  # fmt: skip
    """Fill the survival of every pack that may be installed at home, new (0) and used (1).

    Parameters
    ----------
    flow : ndarray, shape (3, n + 2)
        Expected installations from `mcsim.kernels.life.home_arm`: places without any are left out.
    law, warranted, disposed, used, end_of_cover, cover, steps, n_steps
        As in `mcsim.kernels.life.home_arm`.
    curves : ndarray, shape (2, n_places, n + 2)
        Filled from the first node of each pack.
    last_covered, survival_at_end, ends_of_cover : ndarray, shape (2, n_places)
        Filled: see `mcsim.kernels.life.covered_curve`; end of the pack's cover [yr].
    """
    for place in range(curves.shape[1]):
        row = 0 if place == 0 else 1
        start = place - row
        if flow[0, place] > 0.0:
            end = end_of_cover
            if place > 0:
                end = max(end, (start + 0.5) / steps + cover)
            last, at_end = covered_curve(start, end, row, law, warranted, disposed, steps, n_steps, curves[0, place])
            last_covered[0, place] = last
            survival_at_end[0, place] = at_end
            ends_of_cover[0, place] = end
        if flow[1, place] > 0.0:
            ends_of_cover[1, place] = 0.0
            for j in range(place, n_steps + 1):
                curves[1, place, j] = used[1, j - start]


@inline_kernel
def _last_step(u, vehicle, curve, first, n_steps, scale):
    """First step after which fewer than a share u of the stint's start are left (vehicle x pack)."""
    j = first
    while j < n_steps - 1 and scale * vehicle[j + 1] * curve[j + 1] >= u:
        j += 1
    return j


@inline_kernel
def _end_at_home(c, j, start, row, kind, vehicle, vehicle_hazard, curve, at_end, end, risks, disposed, repair, swap):
    """Cause of the end of a stint in step j by the uniform c."""
    before = vehicle[j] * curve[j]
    events = before - vehicle[j + 1] * curve[j + 1]
    k = j - start
    if kind == 1:
        under_cover, unhurt = 0.0, 0.0
        open_failures = pack_share(events, risks[2, 1, k], vehicle_hazard[j])
    elif j + 1 <= end:
        under_cover = pack_share(events, risks[0, row, k], vehicle_hazard[j])
        unhurt, open_failures = events - under_cover, 0.0
    elif j >= end:
        risk = step_hazard(curve[j], curve[j + 1], disposed[row, k], risks[1, row, k])
        under_cover, unhurt = 0.0, 0.0
        open_failures = pack_share(events, risk, vehicle_hazard[j])
    else:
        under_cover, unhurt, open_failures = split_at_cover(
            before, events, end - j, vehicle[j], vehicle[j + 1], curve[j], curve[j + 1], at_end
        )
    x = c * events
    if x < under_cover:
        return COVERED
    x -= under_cover
    if x < open_failures:
        if x < open_failures * repair:
            return REPAIRED
        return SWAPPED if x < open_failures * (repair + swap) else PACK_DEAD
    return VEHICLE_COVERED if x - open_failures < unhurt else VEHICLE_DEAD


@kernel
def sample_home(
    key, draw, first_life, n_lives, vehicle, vehicle_hazard, curves, survival_at_end, ends_of_cover, disposed, risks,
    repair, swap, steps, n_steps, export_survival, export_hazard, last_after, home_table, abroad_table, used_abroad,
    abroad_risks, stints, crossings, stints_abroad, installed_abroad, replaced_abroad, deaths, packs,
    dead_packs,
):  # fmt: skip
    """Sample lives at home and, for each of them, its exports at the ages 0, 1, ...; add to the counts.

    Parameters
    ----------
    key, draw, first_life, n_lives
        Stream key, global number of the draw, first life and how many.
    vehicle, vehicle_hazard, disposed, risks, repair, swap, steps, n_steps
        As in `mcsim.kernels.life.home_arm`.
    curves, survival_at_end, ends_of_cover : ndarray
        From `fill_home_curves`.
    export_survival, export_hazard, last_after : ndarray, shape (n_ages, n + 1), (n_ages, n), (n_ages,)
        Survival after each export; n_ages may be 0.
    home_table, abroad_table, used_abroad : ndarray, shape (2, n + 2)
        Pack tables at the end of life's threshold, new and used.
    abroad_risks : ndarray, shape (2, 2, n + 2)
        Hazards of the steps of a new and of a used pack abroad.
    stints : ndarray of int64, shape (2, n_places, n, 6)
        Stints at home by kind of pack, place of installation, last step and end.
    crossings : ndarray of int64, shape (n_ages, 2, n_places)
        Vehicles that cross, by pack.
    stints_abroad : ndarray of int64, shape (n_ages, 2, n + 2, n + 1)
        Stints abroad by kind, place and last step; those that die on crossing are in the last column.
    installed_abroad, replaced_abroad : ndarray of int64, shape (n_ages, 2, n + 2), (n_ages,)
        Packs installed abroad; first packs replaced there.
    deaths, packs, dead_packs : ndarray of int64, shape (1 + n_ages, 4 n + 1), (1 + n_ages, 8), (1 + n_ages,)
        Deaths by quarters of a step, packs per life (0 first column: one pack), lives ended by a pack; at home, then
        by export age.
    """
    n_ages = export_survival.shape[0]
    for life in range(first_life, first_life + n_lives):
        place, kind, block, count = 0, 0, 0, 0
        next_age = 0
        while True:
            u, c, _ = _uniforms(key, draw, np.uint64(life), block)
            block += 1
            row = 0 if place == 0 else 1
            start = place - row
            curve = curves[kind, place]
            scale = 1.0 if row == 0 else 2.0 / (vehicle[start] + vehicle[start + 1])
            entering = scale * vehicle[place]
            in_first = u > entering
            j = start if in_first else _last_step(u, vehicle, curve, place, n_steps, scale)
            while next_age < n_ages and next_age * steps <= j:
                node = next_age * steps
                left = u / (scale * vehicle[node] * curve[node])
                crossings[next_age, kind, place] += 1
                _sample_abroad(
                    key, draw, life, left, c, next_age, kind, place, count, curve[node], node, last_after[next_age],
                    export_survival[next_age], export_hazard[next_age], home_table, abroad_table, used_abroad,
                    abroad_risks, repair, swap, stints_abroad[next_age], installed_abroad[next_age],
                    replaced_abroad, deaths[1 + next_age], packs[1 + next_age], dead_packs, block,
                )  # fmt: skip
                next_age += 1
            if in_first:
                end = VEHICLE_COVERED if ends_of_cover[kind, place] * steps > start + 0.75 else VEHICLE_DEAD
                stints[kind, place, j, end] += 1
                quarter = 4 * j + 3
            else:
                end = _end_at_home(
                    c, j, start, row, kind, vehicle, vehicle_hazard, curve, survival_at_end[kind, place],
                    ends_of_cover[kind, place] * steps, risks, disposed, repair, swap,
                )  # fmt: skip
                stints[kind, place, j, end] += 1
                quarter = 4 * j + 2
            if end > SWAPPED or block >= _LONGEST_CHAIN or j + 1 >= curves.shape[1]:
                break
            kind = 1 if end == SWAPPED else 0
            place = j + 1
            count += 1
        deaths[0, quarter] += 1
        packs[0, min(count, PACK_BINS - 1)] += 1
        dead_packs[0] += 1 if end == PACK_DEAD else 0
        # Ages that it does not reach: the life at home is the life of that arm.
        for age in range(next_age, n_ages):
            deaths[1 + age, quarter] += 1
            packs[1 + age, min(count, PACK_BINS - 1)] += 1
            dead_packs[1 + age] += 1 if end == PACK_DEAD else 0


@inline_kernel
def _sample_abroad(
    key, draw, life, u, c, age, kind, place, count, known, node, last, vehicle, vehicle_hazard, home_table,
    abroad_table, used_abroad, risks, repair, swap, stints, installed, replaced, deaths, packs, dead_packs, block,
):  # fmt: skip
    """Follow a vehicle from its crossing to its end: u is uniform given that it crosses."""
    row = 0 if place == 0 else 1
    start = place - row
    table = abroad_table[row] if kind == 0 else used_abroad[1]
    past = table[node - start] * known
    origin = home_table[row, node - start] if kind == 0 else known
    factor = origin / past if past > 1e-300 else 0.0
    first_pack = place == 0
    if u > vehicle[node]:
        stints[kind, place, stints.shape[2] - 1] += 1
        deaths[4 * node] += 1
        packs[min(count, PACK_BINS - 1)] += 1
        return
    scale, first, crossing, in_first, by_pack = 1.0, node, True, False, False
    while True:
        j = first
        in_first = not crossing and u > scale * vehicle[first]
        if in_first:
            j = start
            by_pack = False
        else:
            here = 1.0 if crossing else table[first - start]
            value = min(1.0, factor * table[j + 1 - start])
            while j < last - 1 and scale * vehicle[j + 1] * value >= u:
                j += 1
                here = value
                value = min(1.0, factor * table[j + 1 - start])
            events = vehicle[j] * here - vehicle[j + 1] * value
            risk = step_hazard(here, value, factor * table[j - start], risks[kind, row, j - start])
            of_pack = pack_share(events, risk, vehicle_hazard[j])
            by_pack = c * events < of_pack
            x = c * events
        stints[kind, place, j] += 1
        if not by_pack or x >= of_pack * (repair + swap) or block >= _LONGEST_CHAIN or j + 2 > last:
            break
        kind = 0 if x < of_pack * repair else 1
        count += 1
        replaced[age] += 1 if first_pack else 0
        first_pack = False
        place = j + 1
        start, row, first, crossing, factor = j, 1, j + 1, False, 1.0
        installed[kind, place] += 1
        table = abroad_table[1] if kind == 0 else used_abroad[1]
        scale = 2.0 / (vehicle[start] + vehicle[start + 1])
        u, c, _ = _uniforms(key, draw, np.uint64(life), block)
        block += 1
    deaths[4 * j + (3 if in_first else 2)] += 1
    packs[min(count, PACK_BINS - 1)] += 1
    dead_packs[1 + age] += 1 if by_pack else 0


@kernel
def home_from_counts(
    stints, crossings, n_lives, steps, n_steps, fade, flow, sums, counts, state, link, discount, past, history
):
    """Turn counted stints into what `mcsim.kernels.life.home_arm` leaves, with a vehicle's survival of 1 everywhere.

    Parameters
    ----------
    stints, crossings : ndarray of int64
        From `sample_home`.
    n_lives : int
        Lives counted.
    steps, n_steps, fade, flow, sums, counts, state, link, discount, past, history
        As in `mcsim.kernels.life.home_arm`.
    """
    flow[:, :] = 0.0
    flow[0, 0] = 1.0
    sums[:, :] = 0.0
    counts[:] = 0.0
    state[:, :, :] = 0.0
    carried = history.shape[0] > 0
    per = 1.0 / n_lives
    if carried:
        past[:, :, :] = 0.0
        past[0, 0, state.shape[0] - 1] = 1.0
        past[0, 0, state.shape[0]] = 1.0
        history[:, :] = 0.0
    for place in range(stints.shape[1]):
        row = 0 if place == 0 else 1
        start = place - row
        for kind in range(2):
            alive = stints[kind, place].sum()
            if alive == 0:
                continue
            started = alive * per
            for age in range(state.shape[0]):
                if place < state.shape[2]:
                    state[age, kind, place] = crossings[age, kind, place] * per
            worn = fade[row + kind]
            if row == 1:
                lost = stints[kind, place, start].sum()
                half = (0.5 * alive - 0.25 * lost) * per / steps
                sums[4, start] += half
                sums[5, start] += half * worn[0]
                alive -= lost
                counts[1] += stints[kind, place, start, VEHICLE_COVERED] * per
            if carried:
                link[:, :] = 0.0
            for j in range(place, n_steps):
                here = stints[kind, place, j]
                left = alive - here.sum()
                sums[0, j] += alive * per
                sums[1, j] += left * per
                sums[2, j] += alive * per * worn[j - start]
                sums[3, j] += left * per * worn[j - start]
                new, used = (here[COVERED] + here[REPAIRED]) * per, here[SWAPPED] * per
                flow[0, j + 1] += new
                flow[1, j + 1] += used
                flow[2, j + 1] += new + used if place == 0 else 0.0
                counts[0] += here[COVERED] * per
                counts[1] += here[VEHICLE_COVERED] * per
                if carried:
                    link[0, j + 1] = new
                    link[1, j + 1] = used
                alive = left
            if carried and place < past.shape[1]:
                carry_history(started, kind, place, steps, n_steps, worn, link, discount, state, past, history)


@kernel
def abroad_from_counts(stints, crossings, installed, replaced, n_lives, steps, node, n_steps, fade, flow, sums, counts):
    """Turn the counts of one export age into what `mcsim.kernels.life.abroad_arm` leaves; survival of the vehicle is 1.

    Parameters
    ----------
    stints, crossings, installed : ndarray of int64, shape (2, n + 2, n + 1), (2, n_places), (2, n + 2)
        From `sample_home`, at this age.
    replaced : int
        First packs replaced abroad.
    n_lives, steps, node, n_steps : int
        Lives counted, steps per year, node of the crossing, steps of a life.
    fade, flow, sums, counts
        As in `mcsim.kernels.life.abroad_arm`.
    """
    per = 1.0 / n_lives
    sums[:, :] = 0.0
    flow[:, :] = 0.0
    counts[:] = 0.0
    counts[0] = crossings.sum() * per
    counts[3] = replaced * per
    at_once = stints.shape[2] - 1
    for place in range(stints.shape[1]):
        row = 0 if place == 0 else 1
        start = place - row
        for kind in range(2):
            crossed = place <= node
            alive = stints[kind, place].sum()
            if alive == 0:
                continue
            alive -= stints[kind, place, at_once]
            worn = fade[row + kind]
            if not crossed:
                flow[kind, place] = installed[kind, place] * per
                counts[1 + kind] += installed[kind, place] * per
                lost = stints[kind, place, start]
                half = (0.5 * alive - 0.25 * lost) * per / steps
                sums[4, start] += half
                sums[5, start] += half * worn[0]
                alive -= lost
            for j in range(max(place, node), n_steps):
                left = alive - stints[kind, place, j]
                sums[0, j] += alive * per
                sums[1, j] += left * per
                sums[2, j] += alive * per * worn[j - start]
                sums[3, j] += left * per * worn[j - start]
                alive = left
                if alive == 0:
                    break
