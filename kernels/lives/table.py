"""What may become of a pack, as one sorted table: the step in which its stint ends and how, by a 32-bit word.

A life is a chain of stints, one per pack. A stint that begins in a given place has a law over (last step, end) that
follows from the same survivals and hazards as the expectation. Its outcomes stand in the order of time, so a word is
turned into an outcome by inversion: arms of a life that share their words share their past to the bit, and what is
left of a word at the border decides the future. A guide by the leading bits of the word makes the search one look-up.

Bounds are rounded to multiples of 2**-32, below which nothing is told.
"""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import borrowing_kernel, inline_borrowing_kernel, kernel
from mcsim.kernels.life.host import factor_after
from mcsim.kernels.life.records import MID_STEP, WITH_VEHICLE
from mcsim.kernels.life.rules import Pack, events_of_step, pack_share, step_hazard
from mcsim.kernels.lives.records import Table

# How a stint ends: where the vehicle was new, then after an export.
# Typed numbers: numba compiles a function anew for each plain constant.
COVERED = np.int64(0)
REPAIRED = np.int64(1)
SWAPPED = np.int64(2)
PACK_DEAD = np.int64(3)
VEHICLE_COVERED = np.int64(4)
VEHICLE_DEAD = np.int64(5)
ENDS = 6
HOST_REPAIRED = np.int64(6)
HOST_SWAPPED = np.int64(7)
HOST_PACK_DEAD = np.int64(8)
HOST_VEHICLE_DEAD = np.int64(9)
DEAD_ON_CROSSING = np.int64(10)
NEVER = np.int64(1 << 30)
_NO_PACK = np.int64(-1)
# Columns of an outcome and of a row; what of a table is used.
STEP = 0
END = 1
QUARTER = 2
FIRST = 0
AFTER_LAST = 1
GUIDE = 2
SHIFT = 3
OUTCOMES_USED = 0
GUIDE_USED = 1

_WORDS = 4294967296.0
_GONE = 1e-11


class HostStint(NamedTuple):
    """A pack in the host country, from a node on."""

    pack: int  # first, new or used
    start: int  # step of installation
    first: int  # node from which it is followed
    scale: float  # share of the packs in hand over the vehicle's survival
    factor: float  # what its survival is over that of its table
    here: float  # its survival at the first node


@kernel
def new_table(n_rows, n_steps, bits, other_bits):
    """Return an empty table.

    Parameters
    ----------
    n_rows : int
        Packs that may be told apart, by kind and place of installation.
    n_steps : int
        Steps of a life.
    bits, other_bits : int
        Leading bits of a word that its guide reads, for the first pack and for the others.

    Returns
    -------
    Table
        Without rows. A stint has at most four outcomes in a step, and a few more at its begin and at the crossing.
    """
    most = n_rows * (4 * n_steps + 8)
    return Table(
        np.empty(most, np.uint32),
        np.empty(most, np.int32),
        np.empty((most, 3), np.int32),
        np.full((n_rows, 4), -1, np.int64),
        np.empty((1 << bits) + n_rows * (1 << other_bits), np.uint32),
        np.zeros(2, np.int64),
        bits,
        other_bits,
    )


@borrowing_kernel
def clear_table(table):
    """Forget all rows."""
    table.rows[:, FIRST] = -1
    table.used[:] = 0


@borrowing_kernel
def _add(table, g, before, reached, step, end, quarter, following):
    """Add an outcome that takes the words from `before` to the share `reached`; return the next one and its start.

    Outcomes are added in the order of time, so `reached` is the distribution function of the stint's end: inverting it
    by a uniform word draws the end.
    """
    bound = min(reached, 1.0) * _WORDS
    # An outcome of less than one word has none: its share goes to the next.
    if bound < before + 1.0:
        return g, before
    bound = np.floor(bound)
    table.bounds[g] = np.uint32(np.uint64(bound) - np.uint64(1))
    table.following[g] = following
    table.outcomes[g, STEP] = step
    table.outcomes[g, END] = end
    table.outcomes[g, QUARTER] = quarter
    return g + 1, bound


@borrowing_kernel
def build_row(number, route, table):
    """Build one row of a table: the stint of the packs of one kind that are installed in one place.

    Parameters
    ----------
    number : int
        The row.
    route : Route
        The vehicle.
    table : Table
        From `new_table`; changed.
    """
    kind, place = number // route.per_kind, number % route.per_kind
    node = route.node
    g = table.used[OUTCOMES_USED]
    table.rows[number, FIRST] = g
    if place <= node:
        g, before = _home_stint(kind, place, g, route, table)
        if node <= route.arm.vehicle.last:
            g = _crossing_stint(kind, place, g, before, route, table)
    else:
        g = _host_stint(kind, place, g, route, table)
    if g == table.rows[number, FIRST]:
        # Nothing of it is told within a word: a pack that no life meets.
        ends = VEHICLE_DEAD if place <= node else HOST_VEHICLE_DEAD
        g, _ = _add(table, g, 0.0, 1.0, place, ends, 4 * place, _NO_PACK)
    # What rounding left over goes to the last outcome.
    table.bounds[g - 1] = np.uint32(0xFFFFFFFF)
    table.rows[number, AFTER_LAST] = g
    table.used[OUTCOMES_USED] = g
    _build_guide(number, table.bits if number == 0 else table.other_bits, table)


@borrowing_kernel
def _build_guide(number, bits, table):
    """Fill, for all leading bits of a word, the first outcome that a word with them may have."""
    bounds, rows, guide = table.bounds, table.rows, table.guide
    shift = 32 - bits
    g = rows[number, FIRST]
    first = table.used[GUIDE_USED]
    rows[number, GUIDE] = first
    rows[number, SHIFT] = shift
    for bucket in range(1 << bits):
        while bounds[g] < bucket << shift:
            g += 1
        guide[first + bucket] = g
    table.used[GUIDE_USED] = first + (1 << bits)


@inline_borrowing_kernel
def _since(start, survival):
    """Return what turns survivals into shares of the packs started in a step: at its middle V is the mean of its ends.

    A pack installed in the middle of a step has that denominator in all that follows.
    """
    return 2.0 / (survival[start] + survival[start + 1])


@borrowing_kernel
def _home_stint(kind, place, g, route, table):
    """Add what becomes of a pack where its vehicle is new, up to the crossing; return next outcome and its start."""
    arm, survival = route.arm, route.arm.vehicle.survival
    row = WITH_VEHICLE if place == 0 else MID_STEP
    start = place - row
    curve = route.curves[kind, place]
    pack = Pack(kind, row, start, route.end[kind, place], route.at_end[kind, place])
    before, scale = 0.0, 1.0
    if row == MID_STEP:
        scale = _since(start, survival)
        # In what is left of the step of installation vehicles die only, at its three quarters on average.
        died = VEHICLE_COVERED if pack.end > start + 0.75 else VEHICLE_DEAD
        g, before = _add(table, g, before, 1.0 - scale * survival[place], start, died, 4 * start + 3, _NO_PACK)
    last = arm.vehicle.last
    for j in range(place, min(last, route.node)):
        share = scale * survival[j] * curve[j]
        if share < _GONE:
            break
        events = events_of_step(j, 1.0, pack, curve, arm)
        reached = 1.0 - share
        goes_on = j + 1 < route.curves.shape[1]
        new, used = (j + 1, route.per_kind + j + 1) if goes_on else (_NO_PACK, _NO_PACK)
        quarter = 4 * j + 2
        reached += scale * events.covered
        g, before = _add(table, g, before, reached, j, COVERED, quarter, new)
        if events.uncovered > 0.0:
            failed = scale * events.uncovered
            repair, either = arm.answer.repair, arm.answer.repair + arm.answer.swap
            g, before = _add(table, g, before, reached + failed * repair, j, REPAIRED, quarter, new)
            g, before = _add(table, g, before, reached + failed * either, j, SWAPPED, quarter, used)
            reached += failed
            g, before = _add(table, g, before, reached, j, PACK_DEAD, quarter, _NO_PACK)
        g, before = _add(table, g, before, reached + scale * events.unhurt, j, VEHICLE_COVERED, quarter, _NO_PACK)
        after = 1.0 - scale * survival[j + 1] * curve[j + 1]
        g, before = _add(table, g, before, after if j + 1 < last else 1.0, j, VEHICLE_DEAD, quarter, _NO_PACK)
    return g, before


@borrowing_kernel
def _crossing_stint(kind, place, g, before, route, table):
    """Add what becomes in the host country of a pack that crosses with its vehicle; return the next outcome."""
    node, survival = route.node, route.arm.vehicle.survival
    row = WITH_VEHICLE if place == 0 else MID_STEP
    start = place - row
    scale = _since(start, survival) if row == MID_STEP else 1.0
    known = route.curves[kind, place, node]
    crossing = scale * survival[node] * known
    if crossing < _GONE:
        return g
    factor = factor_after(kind, row, node - start, known, route.exported)
    reached = 1.0 - crossing * route.after.survival[node]
    g, before = _add(table, g, before, reached, node, DEAD_ON_CROSSING, 4 * node, _NO_PACK)
    return _steps_in_host(HostStint(row + kind, start, node, crossing, factor, 1.0), g, before, route, table)


@borrowing_kernel
def _host_stint(kind, place, g, route, table):
    """Add the stint of a pack that is installed in the host country; return the next outcome."""
    start, survival = place - 1, route.after.survival
    scale = _since(start, survival)
    reached = 1.0 - scale * survival[place]
    g, before = _add(table, g, 0.0, reached, start, HOST_VEHICLE_DEAD, 4 * start + 3, _NO_PACK)
    stint = HostStint(MID_STEP + kind, start, place, scale, 1.0, route.exported.survival[MID_STEP + kind, 1])
    return _steps_in_host(stint, g, before, route, table)


@borrowing_kernel
def _steps_in_host(stint, g, before, route, table):
    """Add the ends of a pack in the host country, where its survival is min(1, factor x table)."""
    survival, hazard, last = route.after.survival, route.after.hazard, route.after.last
    packs, risks, answer = route.exported.survival[stint.pack], route.exported.risk[stint.pack], route.arm.answer
    start, scale, factor, here = stint.start, stint.scale, stint.factor, stint.here
    for j in range(stint.first, last):
        share = scale * survival[j] * here
        if share < _GONE:
            break
        value = min(1.0, factor * packs[j + 1 - start])
        events = survival[j] * here - survival[j + 1] * value
        risk = step_hazard(here, value, factor * packs[j - start], risks[j - start])
        failures = scale * pack_share(events, risk, hazard[j])
        reached = 1.0 - share
        quarter = 4 * j + 2
        # Nothing is covered after an export.
        if j + 2 <= last and answer.repair + answer.swap > 0.0:
            repaired, either = failures * answer.repair, failures * (answer.repair + answer.swap)
            g, before = _add(table, g, before, reached + repaired, j, HOST_REPAIRED, quarter, j + 1)
            g, before = _add(table, g, before, reached + either, j, HOST_SWAPPED, quarter, route.per_kind + j + 1)
        g, before = _add(table, g, before, reached + failures, j, HOST_PACK_DEAD, quarter, _NO_PACK)
        after = 1.0 - scale * survival[j + 1] * value
        g, before = _add(table, g, before, after if j + 1 < last else 1.0, j, HOST_VEHICLE_DEAD, quarter, _NO_PACK)
        here = value
    return g
