"""What may become of a pack, as one sorted table: the step in which its stint ends and how, by a 32-bit word.

A life is a chain of stints, one per pack. A stint that begins in a given place has a law over (last step, end) that
follows from the same survivals and hazards as the expectation. Its outcomes stand in the order of time, so a word is
turned into an outcome by inversion: arms of a life that share their words share their past to the bit, and what is
left of a word at the border decides the future. A guide by the leading bits of the word makes the search one look-up.

Bounds are rounded to multiples of 2**-32, below which nothing is told.
"""

import numpy as np

from mcsim.kernels._jit import kernel
from mcsim.kernels.life.home import pack_share, split_at_cover, step_hazard

# How a stint ends: at home, then abroad. Typed numbers: numba compiles a function anew for each plain constant.
COVERED = np.int64(0)
REPAIRED = np.int64(1)
SWAPPED = np.int64(2)
PACK_DEAD = np.int64(3)
VEHICLE_COVERED = np.int64(4)
VEHICLE_DEAD = np.int64(5)
ENDS = 6
ABROAD_REPAIRED = np.int64(6)
ABROAD_SWAPPED = np.int64(7)
ABROAD_PACK_DEAD = np.int64(8)
ABROAD_VEHICLE_DEAD = np.int64(9)
DEAD_ON_CROSSING = np.int64(10)
NEVER = np.int64(1 << 30)
_NO_PACK = np.int64(-1)
_MID_STEP = np.int64(1)
# Columns of an outcome and of a row.
STEP = 0
END = 1
QUARTER = 2
FIRST = 0
AFTER_LAST = 1
GUIDE = 2
SHIFT = 3

_WORDS = 4294967296.0
_GONE = 1e-11


@kernel
def new_table(n_rows, n_steps, bits, other_bits):
    """Return an empty table: bounds, next rows, outcomes, rows, guide, and what of them is used.

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
    tuple of ndarray
        Largest word of each outcome; row of the pack that follows it, -1 for none; (step, end, quarter of a step) of
        each outcome; (first outcome, one after the last, start of its guide, bits not read) of each row, first -1
        until it is built; guide; outcomes used, guide used, bits, other bits.
    """
    most = n_rows * (4 * n_steps + 8)
    return (
        np.empty(most, np.uint32), np.empty(most, np.int32), np.empty((most, 3), np.int32),
        np.full((n_rows, 4), -1, np.int64), np.empty((1 << bits) + n_rows * (1 << other_bits), np.uint32),
        np.array([0, 0, bits, other_bits]),
    )  # fmt: skip


@kernel
def clear_table(table):
    """Forget all rows."""
    table[3][:, 0] = -1
    table[5][:2] = 0


@kernel
def _add(table, g, before, reached, step, end, quarter, following):
    """Add an outcome that takes the words from `before` to the share `reached`; return the next one and its start."""
    bound = min(reached, 1.0) * _WORDS
    if bound < before + 1.0:
        return g, before
    bound = np.floor(bound)
    table[0][g] = np.uint32(np.uint64(bound) - np.uint64(1))
    table[1][g] = following
    table[2][g, STEP] = step
    table[2][g, END] = end
    table[2][g, QUARTER] = quarter
    return g + 1, bound


@kernel
def _home_events(j, start, row, kind, vehicle, vehicle_hazard, curve, at_end, end, risks, disposed):
    """Events of a step at home per pack started: covered failures, open ones, vehicles that die covered."""
    before = vehicle[j] * curve[j]
    events = before - vehicle[j + 1] * curve[j + 1]
    k = j - start
    under_cover, unhurt = 0.0, 0.0
    if kind == 1:
        open_failures = pack_share(events, risks[2, 1, k], vehicle_hazard[j])
    elif j + 1 <= end:
        under_cover = pack_share(events, risks[0, row, k], vehicle_hazard[j])
        unhurt, open_failures = events - under_cover, 0.0
    elif j >= end:
        risk = step_hazard(curve[j], curve[j + 1], disposed[row, k], risks[1, row, k])
        open_failures = pack_share(events, risk, vehicle_hazard[j])
    else:
        under_cover, unhurt, open_failures = split_at_cover(
            before, events, end - j, vehicle[j], vehicle[j + 1], curve[j], curve[j + 1], at_end
        )
    return under_cover, open_failures, unhurt


@kernel
def build_row(number, per_kind, home, away, rules, table):
    """Build one row of a table: the stint of the packs of one kind that are installed in one place.

    Parameters
    ----------
    number, per_kind : int
        The row; rows per kind of pack: row = kind x rows per kind + place.
    home : tuple
        Survival of the vehicle at the nodes, its hazards by step, survival of the packs (2, places, nodes), their
        survival at the end of cover and its age [yr] (2, places), the uncovered pack table, and the pack's hazards.
    away : tuple
        The same abroad: survival of the vehicle and hazards, pack tables at home and abroad at the end of life's
        threshold, of a used pack abroad, and the hazards of the packs abroad.
    rules : tuple
        Repair, swap, steps per year, steps of a life at home, node of the crossing (`NEVER` for none), steps abroad.
    table : tuple
        From `new_table`; changed.
    """
    kind, place = number // per_kind, number % per_kind
    node = rules[4]
    g = table[5][0]
    table[3][number, FIRST] = g
    if place <= node:
        g, before = _home_stint(kind, place, per_kind, g, home, rules, table)
        if node <= rules[3]:
            g = _crossing_stint(kind, place, per_kind, g, before, home, away, rules, table)
    else:
        g = _abroad_stint(kind, place, per_kind, g, away, rules, table)
    if g == table[3][number, FIRST]:
        g, _ = _add(
            table, g, 0.0, 1.0, place, VEHICLE_DEAD if place <= node else ABROAD_VEHICLE_DEAD, 4 * place, _NO_PACK
        )
    table[0][g - 1] = np.uint32(0xFFFFFFFF)
    table[3][number, AFTER_LAST] = g
    table[5][0] = g
    _build_guide(number, table[5][2] if number == 0 else table[5][3], table)


@kernel
def _build_guide(number, bits, table):
    bounds, rows, guide, used = table[0], table[3], table[4], table[5]
    shift = 32 - bits
    g = rows[number, FIRST]
    rows[number, GUIDE] = used[1]
    rows[number, SHIFT] = shift
    for bucket in range(1 << bits):
        while bounds[g] < bucket << shift:
            g += 1
        guide[used[1] + bucket] = g
    used[1] += 1 << bits


@kernel
def _home_stint(kind, place, per_kind, g, home, rules, table):
    vehicle, vehicle_hazard, curves, survival_at_end, ends_of_cover, disposed, risks = home
    repair, swap, steps, last, node = rules[0], rules[1], rules[2], rules[3], rules[4]
    row = 0 if place == 0 else 1
    start = place - row
    curve, end = curves[kind, place], ends_of_cover[kind, place] * steps
    before, scale = 0.0, 1.0
    if row == 1:
        scale = 2.0 / (vehicle[start] + vehicle[start + 1])
        died = VEHICLE_COVERED if end > start + 0.75 else VEHICLE_DEAD
        g, before = _add(table, g, before, 1.0 - scale * vehicle[place], start, died, 4 * start + 3, _NO_PACK)
    for j in range(place, min(last, node)):
        share = scale * vehicle[j] * curve[j]
        if share < _GONE:
            break
        covered, open_failures, unhurt = _home_events(
            j, start, row, kind, vehicle, vehicle_hazard, curve, survival_at_end[kind, place], end, risks, disposed
        )
        reached = 1.0 - share
        goes_on = j + 1 < curves.shape[1]
        new, used = (j + 1, per_kind + j + 1) if goes_on else (_NO_PACK, _NO_PACK)
        quarter = 4 * j + 2
        reached += scale * covered
        g, before = _add(table, g, before, reached, j, COVERED, quarter, new)
        if open_failures > 0.0:
            g, before = _add(table, g, before, reached + scale * open_failures * repair, j, REPAIRED, quarter, new)
            g, before = _add(
                table, g, before, reached + scale * open_failures * (repair + swap), j, SWAPPED, quarter, used
            )
            reached += scale * open_failures
            g, before = _add(table, g, before, reached, j, PACK_DEAD, quarter, _NO_PACK)
        g, before = _add(table, g, before, reached + scale * unhurt, j, VEHICLE_COVERED, quarter, _NO_PACK)
        after = 1.0 - scale * vehicle[j + 1] * curve[j + 1]
        g, before = _add(table, g, before, after if j + 1 < last else 1.0, j, VEHICLE_DEAD, quarter, _NO_PACK)
    return g, before


@kernel
def _crossing_stint(kind, place, per_kind, g, before, home, away, rules, table):
    """Add what becomes abroad of a pack that crosses with its vehicle."""
    vehicle, home_table, abroad_table, used_abroad = away[0], away[2], away[3], away[4]
    node = rules[4]
    row = 0 if place == 0 else 1
    start = place - row
    scale = 1.0
    if row == 1:
        scale = 2.0 / (home[0][start] + home[0][start + 1])
    known = home[2][kind, place, node]
    crossing = scale * home[0][node] * known
    if crossing < _GONE:
        return g
    packs = abroad_table[row] if kind == 0 else used_abroad[1]
    past = packs[node - start] * known
    origin = home_table[row, node - start] if kind == 0 else known
    factor = origin / past if past > 1e-300 else 0.0
    g, before = _add(table, g, before, 1.0 - crossing * vehicle[node], node, DEAD_ON_CROSSING, 4 * node, _NO_PACK)
    return _steps_abroad(kind, row, start, node, crossing, factor, 1.0, packs, per_kind, g, before, away, rules, table)


@kernel
def _abroad_stint(kind, place, per_kind, g, away, rules, table):
    """Add the stint of a pack that is installed abroad."""
    vehicle = away[0]
    start = place - 1
    packs = away[3][1] if kind == 0 else away[4][1]
    scale = 2.0 / (vehicle[start] + vehicle[start + 1])
    g, before = _add(table, g, 0.0, 1.0 - scale * vehicle[place], start, ABROAD_VEHICLE_DEAD, 4 * start + 3, _NO_PACK)
    return _steps_abroad(
        kind, _MID_STEP, start, place, scale, 1.0, packs[1], packs, per_kind, g, before, away, rules, table
    )


@kernel
def _steps_abroad(kind, row, start, first, scale, factor, here, packs, per_kind, g, before, away, rules, table):
    vehicle, vehicle_hazard, risks = away[0], away[1], away[5]
    repair, swap, last = rules[0], rules[1], rules[5]
    for j in range(first, last):
        share = scale * vehicle[j] * here
        if share < _GONE:
            break
        value = min(1.0, factor * packs[j + 1 - start])
        events = vehicle[j] * here - vehicle[j + 1] * value
        risk = step_hazard(here, value, factor * packs[j - start], risks[kind, row, j - start])
        failures = scale * pack_share(events, risk, vehicle_hazard[j])
        reached = 1.0 - share
        quarter = 4 * j + 2
        if j + 2 <= last and repair + swap > 0.0:
            g, before = _add(table, g, before, reached + failures * repair, j, ABROAD_REPAIRED, quarter, j + 1)
            g, before = _add(
                table, g, before, reached + failures * (repair + swap), j, ABROAD_SWAPPED, quarter, per_kind + j + 1
            )
        g, before = _add(table, g, before, reached + failures, j, ABROAD_PACK_DEAD, quarter, _NO_PACK)
        after = 1.0 - scale * vehicle[j + 1] * value
        g, before = _add(table, g, before, after if j + 1 < last else 1.0, j, ABROAD_VEHICLE_DEAD, quarter, _NO_PACK)
        here = value
    return g
