"""Counts of any number of lives in a time that does not grow with it: how many words lie below each bound.

The words of M lives are M independent uniform integers, and their counts below the bounds of a table are a
multinomial. It is drawn by halving: of the words in an interval, a binomial number of 1/2 lies in its lower half. Each
halving has its own random number, keyed by (draw, row, packs before, interval), so the same interval is split the same
way in every arm, and arms stay paired wherever as many lives arrive.

Source of the binomial: Hörmann (1993), "The generation of binomial random variates", Journal of Statistical
Computation and Simulation 46, algorithm BTRS; the probability by Loader (2000), "Fast and accurate computation of
binomial probabilities", in the deviance form, since differences of log factorials lose all digits at 1e12.
"""

import numpy as np

from mcsim.kernels._jit import borrowing_kernel, inline_kernel, kernel
from mcsim.kernels.lives.sample import ROUNDS, sample_route
from mcsim.kernels.lives.table import AFTER_LAST, FIRST, build_row, clear_table
from mcsim.kernels.maths import log
from mcsim.kernels.streams import unit52, vehicle_words

# More lives than these are counted by halving: it takes as long as 4,000 lives one by one (`benchmarks/lives.py`), but
# its arms share whole counts instead of single lives, so differences between them have up to 1.5 times the variance.
COUNTED = 1 << 13
_FEW = 128
_BITS = 32
# Columns of the stack of intervals: first word, bits of its size, lives in it, its first and last outcome.
_FROM, _SIZE, _LIVES, _LOW, _HIGH = range(5)
_COLUMNS = 5
_HALF = np.uint64(32)
_ONE = np.uint64(1)


@inline_kernel
def _stirling_rest(n):
    """Rest of Stirling's formula for log n!, to 1e-12 from n = 16 on."""
    square = 1.0 / (n * n)
    return (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - square / 1680.0) * square) * square) / n


@kernel
def half_log_probability(k, n):
    """Return the log-probability of k heads in n fair throws, relative to n / 2, accurate for any n.

    Parameters
    ----------
    k, n : float
        Heads and throws; n at least 128, k from 1 to n - 1.

    Returns
    -------
    float
        log P(k) - log P(n / 2), the latter by Stirling's formula with its rest.
    """
    part = (2.0 * k - n) / n
    if abs(part) < 0.1:
        # (1 + x) log(1 + x) + (1 - x) log(1 - x) as a series: it begins with the square of x.
        square = part * part
        total, power = 0.0, square
        for m in range(1, 9):
            total += power / (m * (2.0 * m - 1.0))
            power *= square
    else:
        total = (1.0 + part) * log(1.0 + part) + (1.0 - part) * log(1.0 - part)
    rest = 2.0 * _stirling_rest(0.5 * n) - _stirling_rest(k) - _stirling_rest(n - k)
    return rest - 0.5 * n * total - 0.5 * log(4.0 * (k / n) * ((n - k) / n))


@kernel
def _ones(word):
    word = word - ((word >> _ONE) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def half_of(n, key, draw, label):
    """Return how many of n fair throws are heads: a binomial number, the same for the same label.

    Parameters
    ----------
    n : int
        Throws.
    key, draw, label : uint64
        What the number belongs to; 64 bits of label.

    Returns
    -------
    int
        Heads.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.lives.counts import half_of
    >>> one = np.uint64(1)
    >>> abs(half_of(10**12, one, one, one) - 5 * 10**11) < 5 * 10**6
    True
    """
    if n <= _FEW:
        w0, w1, w2, w3 = vehicle_words(key, draw, label, np.uint64(0))
        low, high = w0 | (w1 << _HALF), w2 | (w3 << _HALF)
        if n < 64:
            return _ones(low & ((_ONE << np.uint64(n)) - _ONE))
        rest = np.uint64(n - 64)
        kept = high if n == _FEW else high & ((_ONE << rest) - _ONE)
        return _ones(low) + _ones(kept)
    spread = np.sqrt(0.25 * n)
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.005
    centre = 0.5 * n + 0.5
    inner = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * spread
    attempt = 0
    while True:
        w0, w1, w2, w3 = vehicle_words(key, draw, label, np.uint64(attempt % 256))
        attempt += 1
        u, v = unit52(w0, w1) - 0.5, unit52(w2, w3)
        near = 0.5 - abs(u)
        k = np.floor((2.0 * a / near + b) * u + centre)
        if near >= 0.07 and v <= inner:
            return np.int64(k)
        # The ends, of probability below 2**-128, cannot be told apart from nothing.
        if k < 1.0 or k > n - 1.0:
            continue
        if log(v * alpha / (a / (near * near) + b)) <= half_log_probability(k, np.float64(n)):
            return np.int64(k)


@borrowing_kernel
def _below(row, number, n, route, table, counts, stack):
    """Add how many of n words each outcome of a row takes: intervals are halved until one outcome holds all of it."""
    bounds, key, draw = table.bounds, route.key, route.draw
    # Lives that arrive at a row with another number of packs before have throws of their own.
    row_label = np.uint64(ROUNDS * row + number)
    top = 0
    stack[0, _FROM], stack[0, _SIZE], stack[0, _LIVES] = 0, _BITS, n
    stack[0, _LOW], stack[0, _HIGH] = table.rows[row, FIRST], table.rows[row, AFTER_LAST] - 1
    while top >= 0:
        start, bits, lives = stack[top, _FROM], stack[top, _SIZE], stack[top, _LIVES]
        low, high = stack[top, _LOW], stack[top, _HIGH]
        top -= 1
        if lives == 0:
            continue
        if low == high:
            counts[low] += lives
            continue
        half = bits - 1
        middle = start + (np.int64(1) << half)
        # An interval is told by its first word and its size: one bit set above its leading bits.
        label = (row_label << np.uint64(33)) | np.uint64((np.int64(1) << (_BITS - bits)) | (start >> bits))
        left = half_of(lives, key, draw, label)
        # First outcome whose largest word is not below the middle's predecessor, and the one that holds the middle.
        i, j = low, high
        while i < j:
            at = (i + j) >> 1
            if np.int64(bounds[at]) < middle - 1:
                i = at + 1
            else:
                j = at
        holds_last = i
        holds_middle = i if np.int64(bounds[i]) >= middle else i + 1
        top += 1
        stack[top, _FROM], stack[top, _SIZE], stack[top, _LIVES] = start, half, left
        stack[top, _LOW], stack[top, _HIGH] = low, holds_last
        top += 1
        stack[top, _FROM], stack[top, _SIZE], stack[top, _LIVES] = middle, half, lives - left
        stack[top, _LOW], stack[top, _HIGH] = holds_middle, high


@kernel
def count_route(route, n_lives, table, counts):
    """Fill the counts of a route for any number of lives; the law is that of `mcsim.kernels.lives.sample.sample_route`.

    Rows are taken in the order of their places: all that arrive at a row come from earlier ones.

    Parameters
    ----------
    route, table, counts
        As there.
    n_lives : int
        Lives, below 2**62.
    """
    following, rows, per_kind = table.following, table.rows, route.per_kind
    arriving = np.zeros((ROUNDS, rows.shape[0]), np.int64)
    stack = np.empty((2 * _BITS + 2, _COLUMNS), np.int64)
    arriving[0, 0] = n_lives
    for place in range(per_kind):
        for row in range(place, rows.shape[0], per_kind):
            if arriving[0, row] + arriving[1, row] + arriving[2, row] == 0:
                continue
            build_row(row, route, table)
            for number in range(ROUNDS):
                counted = counts[number]
                for g in range(rows[row, FIRST], rows[row, AFTER_LAST]):
                    counted[g] = 0
                if arriving[number, row] == 0:
                    continue
                _below(row, number, arriving[number, row], route, table, counted, stack)
                then = 0 if place == 0 else min(number + 1, ROUNDS - 1)
                for g in range(rows[row, FIRST], rows[row, AFTER_LAST]):
                    if following[g] >= 0:
                        arriving[then, following[g]] += counted[g]


@borrowing_kernel
def live_route(route, n_lives, table, counts):
    """Fill the counts of a route: life by life up to `COUNTED` lives, by halving beyond; same law, same arguments."""
    clear_table(table)
    if n_lives > COUNTED:
        count_route(route, n_lives, table, counts)
    else:
        sample_route(route, 0, n_lives, table, counts)
