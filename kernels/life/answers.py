"""What answers failures after a crossing: packs installed in the host country, many export ages side by side.

The renewal equation is that of `mcsim.kernels.life.home`, for the packs that crossed and those installed afterwards.

Source: Kendall and Parés Olguín (2024), NCST-UCD-RR-24-39, sections Vehicle Lifetime and Expert Elicitation.
"""

import numpy as np

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, inline_borrowing_kernel
from mcsim.kernels.life.crossings import add_row, cross
from mcsim.kernels.life.host import AT_NODES, BEGIN_WORN, END_WORN
from mcsim.kernels.life.records import (
    ABREAST,
    FIRST_PACK,
    NEW,
    NEW_PACK,
    PRODUCED,
    PRODUCED_DISCOUNTED,
    REPLACED,
    USED_PACKS,
)
from mcsim.kernels.life.rules import log_ratio, pack_share
from mcsim.kernels.maths import exp, fma

_NO_FLOW = 1e-18
_SMALLEST = 1e-300
# Added to hazards of which two are multiplied: their product stays above 0.
_TINY = 1e-100
_ABREAST = np.uint64(ABREAST)
_1, _2, _3, _4, _5, _6, _7 = (np.uint64(shift) for shift in range(1, 8))


@borrowing_kernel
def follow_answers(entries, sequel, packs, answer, discount, steps, taken, exports):
    """Answer the failures of each step by packs installed in it, in order of time.

    A pack that crossed is on its table from the crossing on, and so is one that is installed afterwards: one row of
    weights holds both, since of the ages of a row each has crossed by the step or has not. Two steps are taken at a
    time: what fails of two packs is then one division, the dearest part of all.
    """
    exports.failed[: sequel.reach + 2] = 0.0
    exports.weights[:, : sequel.reach + 10] = 0.0
    exports.first[:] = 0.0
    for entry in range(entries):
        kind, place = taken[entry, 0], taken[entry, 1]
        if place == 0:
            cross(entry, kind, place, sequel, packs, exports)
            _fail_first(entry, sequel, packs.exported, exports)
            continue
        weights = exports.weights[kind, place - 1]
        for lane in range(ABREAST):
            weights[lane] = exports.vehicles[entry, lane] * exports.factor[entry, lane]
            if exports.vehicles[entry, lane] > 0.0:
                _hold(entry, lane, NEW_PACK + kind, place - 1, sequel, packs, exports)
    for step in range(0, sequel.reach, 2):
        _start(step, answer, discount, steps, packs.fade, sequel, exports)
        _fail_from(step, step + 1, False, answer, packs.exported, sequel, exports)
        _start(step + 1, answer, discount, steps, packs.fade, sequel, exports)
        _fail_from(step, step + 2, True, answer, packs.exported, sequel, exports)
    for kind in range(2):
        pack = NEW_PACK + kind
        _add_installed(exports.weights[kind], packs.exported.shifted[pack], packs.exported.end[pack], sequel, exports)
    for lane in range(ABREAST):
        exports.activity[REPLACED, lane] = exports.first[lane] * (answer.repair + answer.swap)


@borrowing_kernel
def _hold(entry, lane, pack, start, sequel, packs, exports):
    """Put right what the table says of a pack while it is held at 1: in its first step, and where factor x table > 1.

    A pack held by the warranty it lost falls to its curve within a step: that hazard is not the table's.
    """
    table, risk, fade = packs.exported.survival[pack], packs.exported.risk[pack], packs.fade[pack]
    vehicles, factor = exports.vehicles[entry, lane], exports.factor[entry, lane]
    node = sequel.node[lane]
    j, here = node, 1.0
    while j < sequel.reach and here >= 1.0:
        k = j - start
        now, then, hazard = sequel.survival[j, lane], sequel.survival[j + 1, lane], sequel.hazard[j, lane]
        left = min(factor * table[k + 1], 1.0)
        failed = pack_share(vehicles * (now - then * left), log_ratio(1.0, left), hazard)
        told = vehicles * factor * (now * table[k] - then * table[k + 1])
        exports.failed[j + 1, lane] += failed - told * (risk[k] / (risk[k] + hazard + _SMALLEST))
        if j > node:
            over = vehicles - vehicles * factor * table[k]
            exports.begin[j, lane] += over
            exports.begin_worn[j, lane] += over * fade[k]
            exports.end_worn[j - 1, lane] += over * fade[k - 1]
        j, here = j + 1, left


@inline_borrowing_kernel
def _start(step, answer, discount, steps, fade, sequel, exports):
    """Install the packs that answer the failures of a step."""
    if sequel.first <= step < sequel.reach:
        for kind in range(2):
            share = answer.repair if kind == NEW else answer.swap
            if share > 0.0:
                factor = exp((step + 0.5) / steps * discount) if kind == NEW else 0.0
                _install(kind, step, share, factor, fade[NEW_PACK + kind, 0], 0.25 / steps, sequel, exports)


@borrowing_kernel
def _fail_from(step, first, both, answer, exported, sequel, exports):
    """Tell ahead what fails of the packs of a step: in the next step, or of those of both beyond that."""
    for kind in range(2):
        pack = NEW_PACK + kind
        last = min(sequel.reach, first + exported.end[pack] if both else first + 1)
        weights, table, risk = exports.weights[kind, step], exported.survival[pack, 1:], exported.risk[pack, 1:]
        if first >= last or _none(exports.weights[kind, step : step + 2]):
            continue
        survival, hazard, failed = sequel.survival[first:], sequel.hazard[first:last], exports.failed[first + 1 :]
        if both:
            _fail_two(weights, exports.weights[kind, step + 1], table, risk, survival, hazard, failed)
        else:
            _fail(weights, table, risk, survival, hazard, failed)


@inline_borrowing_kernel
def _none(weights):
    most = 0.0
    for row in range(2):
        for lane in range(ABREAST):
            most = max(most, weights[row, lane])
    return most == 0.0


@borrowing_kernel
def _fail_first(entry, sequel, exported, exports):
    """Add what fails of first packs after their crossing, told ahead for all steps."""
    factor, first, end, most = exports.factor[entry], sequel.first, min(sequel.reach, exports.last[entry]), 0.0
    for lane in range(ABREAST):
        most = max(most, factor[lane])
    held = min(max(first, sequel.latest + 1), end)
    while held < end and most * exported.survival[FIRST_PACK, held] >= 1.0:
        held += 1
    if first < held:
        _fail_held(
            exports.vehicles[entry], factor, exported.survival[FIRST_PACK, first:], exported.risk[FIRST_PACK, first:],
            first, sequel.node, sequel.survival[first:], sequel.hazard[first:held], exports.failed[first + 1 :],
            exports.first,
        )  # fmt: skip
    if held < end:
        _fail_on_table(
            exports.vehicles[entry], factor, exported.survival[FIRST_PACK, held:], exported.risk[FIRST_PACK, held:],
            sequel.survival[held:], sequel.hazard[held:end], exports.failed[held + 1 :], exports.first,
        )  # fmt: skip


@apart_kernel
def _fail_held(vehicles, factor, table, risk, first, nodes, survival, hazard, failed, failures):
    """Add failures of packs that are held at 1 in some steps: until the crossing, and while their table says more."""
    for k in range(hazard.shape[0]):
        for lane in range(_ABREAST):
            before, after = factor[lane] * table[k], factor[lane] * table[k + 1]
            held = before >= 1.0 or first + k <= nodes[lane]
            before, after = 1.0 if held else before, after if after < 1.0 else 1.0
            of_pack = log_ratio(1.0, after) if held else risk[k]
            events = vehicles[lane] * (survival[k, lane] * before - survival[k + 1, lane] * after)
            gone = events * of_pack / (of_pack + hazard[k, lane] + _SMALLEST)
            failed[k, lane] += gone
            failures[lane] += gone if first + k >= nodes[lane] else 0.0


@apart_kernel
def _fail_on_table(vehicles, factor, table, risk, survival, hazard, failed, failures):
    """Add failures of packs beyond all that `_fail_held` tells apart."""
    for k in range(hazard.shape[0]):
        for lane in range(_ABREAST):
            events = survival[k, lane] * table[k] - survival[k + 1, lane] * table[k + 1]
            gone = vehicles[lane] * factor[lane] * events * (risk[k] / (risk[k] + hazard[k, lane] + _SMALLEST))
            failed[k, lane] += gone
            failures[lane] += gone


@inline_borrowing_kernel
def _install(kind, step, share, factor, fade, quarter, sequel, exports):
    """Install the packs of a kind that answer the failures of a step."""
    activity = exports.activity
    _start_packs(
        share, quarter, step, fade, sequel.node, exports.failed[step + 1], sequel.survival[step:],
        exports.weights[kind, step], exports.row, (exports.rest[step], exports.rest_worn[step], exports.late[step]),
    )  # fmt: skip
    add_row(exports.row, activity[PRODUCED if kind == NEW else USED_PACKS])
    if kind == NEW:
        for lane in range(ABREAST):
            activity[PRODUCED_DISCOUNTED, lane] += exports.row[lane] * factor


@apart_kernel
def _start_packs(share, quarter, step, fade, nodes, failed, survival, weights, started, told):
    """Fill the packs started in a step, and what they drive of it; an event lies mid-step."""
    rest, rest_worn, late = told
    for lane in range(_ABREAST):
        now = failed[lane] * share
        now = now if now >= _NO_FLOW and step >= nodes[lane] else 0.0
        # Started mid-step by V's mean of both nodes: over it, the vehicles that are alive at the next node.
        weight = now * 2.0 / (survival[0, lane] + survival[1, lane] + _SMALLEST)
        half = quarter * (now + weight * survival[1, lane])
        started[lane] = now
        weights[lane] += weight
        rest[lane] += half
        rest_worn[lane] += half * fade
        late[lane] += weight


@apart_kernel
def _fail(weights, table, risk, survival, hazard, failed):
    """Add what fails of the packs installed in a step, told ahead by each pack for all steps.

    It is weight x (what ends of V T in the step) x (the pack's share of the hazards), with V the vehicle's survival and
    T the pack's table.
    """
    for k in range(hazard.shape[0]):
        for lane in range(_ABREAST):
            events = survival[k, lane] * table[k] - survival[k + 1, lane] * table[k + 1]
            share = risk[k] / (risk[k] + hazard[k, lane] + _SMALLEST)
            failed[k, lane] = fma(weights[lane] * events, share, failed[k, lane])


@apart_kernel
def _fail_two(weights, weights_next, table, risk, survival, hazard, failed):
    """Add what fails of the packs of two steps, from the second step after the first of them on: as `_fail`.

    a / b + c / d = (a d + c b) / (b d).
    """
    for k in range(hazard.shape[0]):
        for lane in range(_ABREAST):
            now, then, of_vehicle = survival[k, lane], survival[k + 1, lane], hazard[k, lane] + _TINY
            early = now * table[k + 1] - then * table[k + 2]
            late = now * table[k] - then * table[k + 1]
            over, over_next = risk[k + 1] + of_vehicle, risk[k] + of_vehicle
            early = weights[lane] * risk[k + 1] * early * over_next
            failed[k, lane] += fma(weights_next[lane] * risk[k] * late, over, early) / (over * over_next)


@borrowing_kernel
def _add_installed(weights, shifted, end, sequel, exports):
    """Add the packs by step of installation to the sums over packs, those of eight steps at a time."""
    for s in range(0, sequel.reach, 8):
        begin, last = max(s, sequel.first) + 1, min(sequel.reach + 1, s + 9 + end)
        if begin < last:
            _add_eight(
                weights[s : s + 8], shifted[:, begin - s + 1 :], exports.begin[begin:last],
                exports.begin_worn[begin:last], exports.end_worn[begin:last],
            )  # fmt: skip


@apart_kernel
def _add_eight(weights, rows, begin, begin_worn, end_worn):
    """Add the packs of eight steps to three sums, the last of them one node after its step."""
    for place in range(np.uint64(begin.shape[0])):
        for lane in range(_ABREAST):
            w0, w1, w2, w3 = weights[0, lane], weights[1, lane], weights[2, lane], weights[3, lane]
            w4, w5, w6, w7 = weights[4, lane], weights[5, lane], weights[6, lane], weights[7, lane]
            eight = (w0, w1, w2, w3, w4, w5, w6, w7)
            begin[place, lane] += _weighted(eight, rows, AT_NODES, place)
            begin_worn[place, lane] += _weighted(eight, rows, BEGIN_WORN, place)
            end_worn[place, lane] += _weighted(eight, rows, END_WORN, place)


@inline_borrowing_kernel
def _weighted(eight, rows, row, place):
    w0, w1, w2, w3, w4, w5, w6, w7 = eight
    early = fma(w0, rows[row, place + _7], w1 * rows[row, place + _6])
    early = fma(w2, rows[row, place + _5], fma(w3, rows[row, place + _4], early))
    late = fma(w4, rows[row, place + _3], w5 * rows[row, place + _2])
    return early + fma(w6, rows[row, place + _1], fma(w7, rows[row, place], late))
