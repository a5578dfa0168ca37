"""From counted outcomes of lives to what the expectation's accounts take: stints, packs, crossings.

A life is a chain of stints, one per pack: from the installation to the step in which the pack leaves or the vehicle
dies. `mcsim.kernels.lives.sample` counts them by outcome; here the counts become the sums that
`mcsim.kernels.life.home.home_arm` leaves, and the like after an export, so lives and expectation share every account
behind them. Counts hold the deaths of vehicles too, so the survival that multiplies these sums is 1.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Expert Elicitation.
"""

from mcsim.kernels._jit import borrowing_kernel
from mcsim.kernels.life.home import carry_history, clear_sums, start_home
from mcsim.kernels.life.pack import fill_curve
from mcsim.kernels.life.records import MID_STEP, NEW, REPLACING, START, USED, WITH_VEHICLE, Covered, Crossed
from mcsim.kernels.lives.table import (
    AFTER_LAST,
    COVERED,
    DEAD_ON_CROSSING,
    END,
    ENDS,
    FIRST,
    HOST_REPAIRED,
    HOST_SWAPPED,
    REPAIRED,
    STEP,
    SWAPPED,
    VEHICLE_COVERED,
)


@borrowing_kernel
def fill_home_curves(flow, arm, steps, memory):
    """Fill the survival of every pack that may be installed where the vehicle is new.

    Parameters
    ----------
    flow : ndarray, shape (3, n + 2)
        Expected installations from `mcsim.kernels.life.home.home_arm`: places without any are left out.
    arm : Arm
        The vehicle.
    steps : int
        Steps per year.
    memory : LivesMemory
        Curves and ends of cover are filled, each curve from the first node of its pack.
    """
    for place in range(memory.curves.shape[1]):
        for kind in range(2):
            if flow[kind, place] > 0.0:
                pack = fill_curve(kind, place, arm, steps, memory.curves[kind, place])
                memory.end[kind, place] = pack.end
                memory.at_end[kind, place] = pack.at_end


@borrowing_kernel
def tally_home(table, counts, per_kind, stints):
    """Fill the stints where the vehicle is new from the counts of a route that never crosses.

    Parameters
    ----------
    table, counts
        As in `mcsim.kernels.lives.sample.sample_route`.
    per_kind : int
        Rows per kind of pack.
    stints : ndarray of int64, shape (2, n_places, n, 6)
        Filled: by kind of pack, place of installation, last step and end.
    """
    outcomes, rows = table.outcomes, table.rows
    stints[:, :, :, :] = 0
    for row in range(rows.shape[0]):
        if rows[row, FIRST] < 0:
            continue
        kind, place = row // per_kind, row % per_kind
        for g in range(rows[row, FIRST], rows[row, AFTER_LAST]):
            count = counts[0, g] + counts[1, g] + counts[2, g]
            stints[kind, place, outcomes[g, STEP], outcomes[g, END]] += count


@borrowing_kernel
def tally_host(table, counts, per_kind, node, tally):
    """Fill the tally of a route that crosses; return the first packs replaced after the export.

    Parameters
    ----------
    table, counts
        As in `mcsim.kernels.lives.sample.sample_route`.
    per_kind, node : int
        Rows per kind of pack; node of the crossing.
    tally : Tally
        Filled.
    """
    following, outcomes, rows = table.following, table.outcomes, table.rows
    stints, installed = tally.stints, tally.installed
    stints[:, :, :] = 0
    installed[:, :] = 0
    tally.crossings[:, :] = 0
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
                tally.crossings[kind, place] += count
            if following[g] >= 0 and (end in (HOST_REPAIRED, HOST_SWAPPED)):
                installed[NEW if end == HOST_REPAIRED else USED, step + 1] += count
                replaced += count if place == 0 else 0
    return replaced


@borrowing_kernel
def home_from_counts(held, one, n_steps, fade, discount, memory):
    """Turn counted stints into what `mcsim.kernels.life.home.home_arm` leaves and returns.

    Parameters
    ----------
    held : LivesMemory
        With the stints and crossings counted.
    one : Subject
        The vehicle.
    n_steps : int
        Steps until nothing is alive.
    fade : ndarray, shape (3, n + 2)
        Energy of a step relative to a new pack.
    discount : float
        Growth of the factors of pack production, log per year.
    memory : HomeMemory
        Filled.
    """
    start_home(memory)
    stints, steps, alive_at = held.stints, one.steps, memory.state.alive
    flow, sums, link, carried = memory.flow, memory.sums, memory.link, memory.history.shape[0] > 0
    per = 1.0 / one.n_lives
    under_cover, unhurt = 0.0, 0.0
    for place in range(stints.shape[1]):
        row = WITH_VEHICLE if place == 0 else MID_STEP
        start = place - row
        for kind in range(2):
            alive = stints[kind, place].sum()
            if alive == 0:
                continue
            started = alive * per
            if place < alive_at.shape[2]:
                for age in range(alive_at.shape[0]):
                    alive_at[age, kind, place] = held.crossings[age, kind, place] * per
            worn = fade[row + kind]
            if row == MID_STEP:
                # Half a step each, less a quarter for those that die in it.
                lost = stints[kind, place, start].sum()
                half = (0.5 * alive - 0.25 * lost) * per / steps
                sums.rest[start] += half
                sums.rest_worn[start] += half * worn[0]
                alive -= lost
                unhurt += stints[kind, place, start, VEHICLE_COVERED] * per
            if carried:
                link[:, :] = 0.0
            for j in range(place, n_steps):
                here = stints[kind, place, j]
                left = alive - here.sum()
                sums.begin[j] += alive * per
                sums.end[j] += left * per
                sums.begin_worn[j] += alive * per * worn[j - start]
                sums.end_worn[j] += left * per * worn[j - start]
                new, used = (here[COVERED] + here[REPAIRED]) * per, here[SWAPPED] * per
                flow[NEW, j + 1] += new
                flow[USED, j + 1] += used
                flow[REPLACING, j + 1] += new + used if place == 0 else 0.0
                under_cover += here[COVERED] * per
                unhurt += here[VEHICLE_COVERED] * per
                if carried:
                    link[NEW, j + 1] = new
                    link[USED, j + 1] = used
                alive = left
            if carried and place < memory.past.shape[1]:
                carry_history(started, kind, place, n_steps, steps, worn, discount, memory)
    return Covered(under_cover, unhurt)


@borrowing_kernel
def host_from_counts(tally, replaced, one, node, n_steps, fade, memory):
    """Turn the counts of one export age into sums over packs, as `mcsim.kernels.life.home.home_arm` leaves them.

    Parameters
    ----------
    tally : Tally
        From `tally_host`.
    replaced : int
        First packs replaced after the export.
    one : Subject
        The vehicle.
    node, n_steps : int
        Node of the crossing, steps of a life.
    fade : ndarray, shape (3, n + 2)
        Energy of a step relative to a new pack.
    memory : HostMemory
        Filled.
    """
    per, steps, stints, installed = 1.0 / one.n_lives, one.steps, tally.stints, tally.installed
    sums, flow = memory.sums, memory.flow
    clear_sums(sums, START, sums.begin.size)
    flow[:, :] = 0.0
    at_once = stints.shape[2] - 1
    for place in range(stints.shape[1]):
        row = WITH_VEHICLE if place == 0 else MID_STEP
        start = place - row
        for kind in range(2):
            alive = stints[kind, place].sum()
            if alive == 0:
                continue
            alive -= stints[kind, place, at_once]
            worn = fade[row + kind]
            if place > node:
                flow[kind, place] = installed[kind, place] * per
                lost = stints[kind, place, start]
                half = (0.5 * alive - 0.25 * lost) * per / steps
                sums.rest[start] += half
                sums.rest_worn[start] += half * worn[0]
                alive -= lost
            for j in range(max(place, node), n_steps):
                left = alive - stints[kind, place, j]
                sums.begin[j] += alive * per
                sums.end[j] += left * per
                sums.begin_worn[j] += alive * per * worn[j - start]
                sums.end_worn[j] += left * per * worn[j - start]
                alive = left
                if alive == 0:
                    break
    return Crossed(n_steps, tally.crossings.sum() * per, replaced * per)
