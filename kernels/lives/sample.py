"""Lives of one route, sampled into integer counts of outcomes: one 32-bit word per pack, blocks of 1,024 lives.

The word of a life's first pack is one of the four of a Philox call that four lives share; later packs take a call
each. All are functions of (key, draw, life, number of the pack), so counts do not depend on blocks, chunks or threads,
and the arms of a life, which share its words, differ only by what differs between them.
"""

import numpy as np

from mcsim.kernels._jit import borrowing_kernel, inline_borrowing_kernel, inline_kernel, kernel
from mcsim.kernels.lives.table import FIRST, GUIDE, OUTCOMES_USED, SHIFT, build_row
from mcsim.kernels.streams import vehicle_words

BLOCK = 1024
# Lives are counted apart by packs before the last: none or one, two, more (`ROUNDS` rows of counts).
ROUNDS = 3
_CALLS = BLOCK // 4
_LONG_CHAIN = 128


@borrowing_kernel
def _fill_words(key, draw, block, words):
    """Fill the words of the first packs of a block."""
    first = np.uint64(block * _CALLS)
    zero = np.uint64(0)
    w0, w1 = words[:_CALLS], words[_CALLS : 2 * _CALLS]
    w2, w3 = words[2 * _CALLS : 3 * _CALLS], words[3 * _CALLS :]
    for call in range(_CALLS):
        a, b, c, d = vehicle_words(key, draw, first + np.uint64(call), zero)
        w0[call] = np.uint32(a)
        w1[call] = np.uint32(b)
        w2[call] = np.uint32(c)
        w3[call] = np.uint32(d)


@inline_kernel
def _later_word(key, draw, life, number):
    """Word of a life's pack of this number, from 1."""
    many = np.uint64(number // _LONG_CHAIN) << np.uint64(56)
    return vehicle_words(key, draw, life | many, np.uint64(1 + number % _LONG_CHAIN))[0]


@inline_borrowing_kernel
def _count_first(words, low, high, table, counts, pending, rows):
    """Count the outcomes of the first packs; return how many lives go on, listed with their next row."""
    bounds, following, guide = table.bounds, table.following, table.guide[table.rows[0, GUIDE] :]
    shift = np.uint64(table.rows[0, SHIFT])
    n = np.uint64(0)
    one = np.uint64(1)
    for t in range(low, high):
        word = np.uint64(words[t])
        g = np.uint64(guide[word >> shift])
        while word > np.uint64(bounds[g]):
            g += one
        counts[g] += 1
        after = following[g]
        # Written in any case and kept if the life goes on: a branch that cannot be foreseen costs more.
        pending[n] = t
        rows[n] = after
        n += np.uint64(after >= 0)
    return np.int64(n)


@kernel
def sample_route(route, first_life, n_lives, table, counts):
    """Add the outcomes of a run of lives to the counts.

    Parameters
    ----------
    route : Route
        The vehicle.
    first_life, n_lives : int
        Lives.
    table : Table
        Rows are built when a life first needs them.
    counts : ndarray of int64, shape (3, n)
        By packs before the last (none or one, two, more) and outcome; added to. Only the outcomes of built rows are
        ever read: those built here are set to zero first.
    """
    bounds, following, rows, guide = table.bounds, table.following, table.rows, table.guide
    key, draw = route.key, route.draw
    if rows[0, FIRST] < 0:
        _build(np.int64(0), route, table, counts)
    words = np.empty(BLOCK, np.uint32)
    pending, pending_rows = np.empty(BLOCK + 1, np.int32), np.empty(BLOCK + 1, np.int32)
    after_last = first_life + n_lives
    for block in range(first_life // BLOCK, (after_last + BLOCK - 1) // BLOCK):
        _fill_words(key, draw, block, words)
        low, high = max(first_life - block * BLOCK, 0), min(after_last - block * BLOCK, BLOCK)
        n = _count_first(words, low, high, table, counts[0], pending, pending_rows)
        number = 1
        # Those that go on, all together, pack by pack until the last of them has ended.
        while n > 0:
            base = np.uint64(block * BLOCK)
            for m in range(n):
                words[m] = np.uint32(_later_word(key, draw, base + np.uint64(pending[m]), number))
            counted = counts[min(number, ROUNDS) - 1]
            kept = 0
            for m in range(n):
                row = np.int64(pending_rows[m])
                if rows[row, FIRST] < 0:
                    _build(row, route, table, counts)
                word = np.uint64(words[m])
                g = np.uint64(guide[rows[row, GUIDE] + np.int64(word >> np.uint64(rows[row, SHIFT]))])
                while word > np.uint64(bounds[g]):
                    g += np.uint64(1)
                counted[g] += 1
                pending[kept] = pending[m]
                pending_rows[kept] = following[g]
                kept += 1 if following[g] >= 0 else 0
            n = kept
            number += 1


@borrowing_kernel
def _build(row, route, table, counts):
    """Build a row, with counts of zero for its outcomes."""
    before = table.used[OUTCOMES_USED]
    build_row(row, route, table)
    for g in range(before, table.used[OUTCOMES_USED]):
        for number in range(ROUNDS):
            counts[number, g] = 0
