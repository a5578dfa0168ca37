"""From counted outcomes of lives to what the expectation's accounts take: stints at home and abroad, packs, crossings.

A life is a chain of stints, one per pack: from the installation to the step in which the pack leaves or the vehicle
dies. `mcsim.kernels.lives.sample` counts them by outcome; here the counts become the sums that
`mcsim.kernels.life.home.home_arm` and `abroad_arm` leave, so lives and expectation share every account behind them.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Expert Elicitation.
"""

from mcsim.kernels._jit import kernel
from mcsim.kernels.life.home import carry_history, covered_curve
from mcsim.kernels.lives.table import (
    ABROAD_REPAIRED,
    ABROAD_SWAPPED,
    AFTER_LAST,
    COVERED,
    DEAD_ON_CROSSING,
    END,
    ENDS,
    FIRST,
    REPAIRED,
    STEP,
    SWAPPED,
    VEHICLE_COVERED,
)


@kernel
def fill_home_curves(
    flow, law, warranted, disposed, used, end_of_cover, cover, steps, n_steps, curves,
    survival_at_end, ends_of_cover,
):  # fmt: skip
    """Fill the survival of every pack that may be installed at home, new (0) and used (1).

    Parameters
    ----------
    flow : ndarray, shape (3, n + 2)
        Expected installations from `mcsim.kernels.life.home.home_arm`: places without any are left out.
    law, warranted, disposed, used, end_of_cover, cover, steps, n_steps
        As in `mcsim.kernels.life.home.home_arm`.
    curves : ndarray, shape (2, n_places, n + 2)
        Filled from the first node of each pack.
    survival_at_end, ends_of_cover : ndarray, shape (2, n_places)
        Filled: see `mcsim.kernels.life.home.covered_curve`; end of the pack's cover [yr].
    """
    for place in range(curves.shape[1]):
        row = 0 if place == 0 else 1
        start = place - row
        if flow[0, place] > 0.0:
            end = end_of_cover
            if place > 0:
                end = max(end, (start + 0.5) / steps + cover)
            _, at_end = covered_curve(start, end, row, law, warranted, disposed, steps, n_steps, curves[0, place])
            survival_at_end[0, place] = at_end
            ends_of_cover[0, place] = end
        if flow[1, place] > 0.0:
            ends_of_cover[1, place] = 0.0
            for j in range(place, n_steps + 1):
                curves[1, place, j] = used[1, j - start]


@kernel
def tally_home(table, counts, per_kind, stints):
    """Fill the stints at home from the counts of a route that never crosses.

    Parameters
    ----------
    table, counts, per_kind
        As in `mcsim.kernels.lives.sample.sample_route`.
    stints : ndarray of int64, shape (2, n_places, n, 6)
        Filled: by kind of pack, place of installation, last step and end.
    """
    outcomes, rows = table[2], table[3]
    stints[:, :, :, :] = 0
    for row in range(rows.shape[0]):
        if rows[row, FIRST] < 0:
            continue
        kind, place = row // per_kind, row % per_kind
        for g in range(rows[row, FIRST], rows[row, AFTER_LAST]):
            count = counts[0, g] + counts[1, g] + counts[2, g]
            stints[kind, place, outcomes[g, STEP], outcomes[g, END]] += count


@kernel
def tally_abroad(table, counts, per_kind, node, stints, installed, crossings):
    """Fill the stints abroad, packs installed there and crossings of a route; return the first packs replaced there.

    Parameters
    ----------
    table, counts, per_kind
        As in `mcsim.kernels.lives.sample.sample_route`.
    node : int
        Node of the crossing.
    stints : ndarray of int64, shape (2, n_rows, n + 1)
        Filled: by kind, place and last step; those that die on crossing are in the last column.
    installed : ndarray of int64, shape (2, n + 2)
        Filled: packs installed abroad, new and used.
    crossings : ndarray of int64, shape (2, n_rows)
        Filled: vehicles that cross, by pack.

    Returns
    -------
    int
        First packs replaced abroad.
    """
    following, outcomes, rows = table[1], table[2], table[3]
    stints[:, :, :] = 0
    installed[:, :] = 0
    crossings[:, :] = 0
    replaced = 0
    at_once = stints.shape[2] - 1
    for row in range(rows.shape[0]):
        if rows[row, FIRST] < 0:
            continue
        kind, place = row // per_kind, row % per_kind
        for g in range(rows[row, FIRST], rows[row, AFTER_LAST]):
            end, step = outcomes[g, END], outcomes[g, STEP]
            if end < ENDS:
                continue
            count = counts[0, g] + counts[1, g] + counts[2, g]
            stints[kind, place, at_once if end == DEAD_ON_CROSSING else step] += count
            if place <= node:
                crossings[kind, place] += count
            if following[g] >= 0 and (end in (ABROAD_REPAIRED, ABROAD_SWAPPED)):
                installed[0 if end == ABROAD_REPAIRED else 1, step + 1] += count
                replaced += count if place == 0 else 0
    return replaced


@kernel
def home_from_counts(
    stints, crossings, n_lives, steps, n_steps, fade, flow, sums, counts, state, link, discount, past, history
):
    """Turn counted stints into what `mcsim.kernels.life.home.home_arm` leaves; survival of the vehicle is 1.

    Parameters
    ----------
    stints, crossings : ndarray of int64
        From `tally_home` and, by export age, `tally_abroad`.
    n_lives : int
        Lives counted.
    steps, n_steps, fade, flow, sums, counts, state, link, discount, past, history
        As in `mcsim.kernels.life.home.home_arm`.
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
    """Turn the counts of one export age into what `mcsim.kernels.life.abroad.abroad_arm` leaves; no vehicle dies.

    Parameters
    ----------
    stints, crossings, installed : ndarray of int64, shape (2, n + 2, n + 1), (2, n_places), (2, n + 2)
        From `tally_abroad`.
    replaced : int
        First packs replaced abroad.
    n_lives, steps, node, n_steps : int
        Lives counted, steps per year, node of the crossing, steps of a life.
    fade, flow, sums, counts
        As in `mcsim.kernels.life.home.abroad_arm`.
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
