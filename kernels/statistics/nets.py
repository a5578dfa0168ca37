"""How evenly two coordinates of a scrambled Sobol' sequence fill the square, exactly, for any power of two of points.

The first 2**m points of a digital sequence are the products (modulo 2) of a generator matrix of each coordinate with
the binary digits of 0..2**m-1. Write a(k) for row k of the first matrix and b(l) for row l of the second, cut to their
first m columns. A linear scramble (scipy's) adds to each row a random combination of the rows above it and flips each
digit of the coordinate for all points together.

A product of two functions of one coordinate each is a sum of terms (-1)**(digit k of x + digit l of y) and of terms
with further digits above k and l. The mean of such a term over the 2**m points is +1 or -1 where the rows that it
names add up to nothing modulo 2, and 0 elsewhere; the sign is a coin of the scramble. So the variance of the mean over
scrambles, relative to 2**m independent points, is 2**m times the probability that a random element of the block (k, l)
vanishes:

    E(k, l) / 2**(k + l - 2),  E(k, l) = N(k, l) - N(k - 1, l) - N(k, l - 1) + N(k - 1, l - 1)

where N(k, l) = 2**(k + l - rank) counts the pairs of equal combinations of a(1..k) and of b(1..l).

Generator matrices of Sobol' are upper triangular with ones on the diagonal. Multiply both by the inverse of the first:
it becomes the identity, and the rank of the stacked rows is k plus that of b'(1..l) without its first k columns. One
elimination from the right gives all of them: where row l is left with its rightmost one in column p(l), N(k, l) =
2**#{i <= l : p(i) <= k}.

Sources: Owen (1997), "Monte Carlo variance of scrambled net quadrature", SIAM J. Numer. Anal. 34(5), 1884-1910 (gains
of blocks); Matousek (1998), "On the L2-discrepancy for anchored boxes", J. Complexity 14(4), 527-556 (linear
scrambles); Sobol' (1967), USSR Comput. Math. Math. Phys. 7(4), 86-112 (the matrices).
"""

import numpy as np

from mcsim.kernels._jit import kernel

# Digits of a coordinate that are looked at in the company of all others, and the rows that a scramble may make of them.
_LOW_DIGITS = 3
_LOW_WORDS = 7
_MOST_FOR_PAIRS = 256
_HEAD = 6


@kernel
def invert_rows(rows, inverse):
    """Write the inverse of an upper triangular matrix modulo 2 with ones on its diagonal.

    Parameters
    ----------
    rows : ndarray of int64, shape (m,)
        Row k as a number whose bit c is column c.
    inverse : ndarray of int64, shape (m,)
        Filled, in the same form.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.nets import invert_rows
    >>> inverse = np.empty(2, np.int64)
    >>> invert_rows(np.array([0b11, 0b10]), inverse)
    >>> inverse
    array([3, 2])
    """
    one = np.int64(1)
    for k in range(rows.size - 1, -1, -1):
        inverse[k] = one << k
        for c in range(k + 1, rows.size):
            if (rows[k] >> c) & one:
                # Rows below are inverted already: row k is its own unit vector less the combination to its right.
                inverse[k] ^= inverse[c]


@kernel
def relative_rows(inverse, rows, relative):
    """Write the second coordinate's matrix as seen from the first: the product with the inverse of the first.

    Parameters
    ----------
    inverse : ndarray of int64, shape (m,)
        Inverse of the first coordinate's matrix, from `invert_rows`.
    rows : ndarray of int64, shape (m,)
        Rows of the second coordinate's matrix.
    relative : ndarray of int64, shape (m,)
        Filled. Cut to fewer columns it is the product of the cut matrices, since both are upper triangular.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.nets import relative_rows
    >>> relative = np.empty(2, np.int64)
    >>> relative_rows(np.array([3, 2]), np.array([3, 2]), relative)
    >>> relative
    array([1, 2])
    """
    one = np.int64(1)
    for row in range(rows.size):
        word = np.int64(0)
        for c in range(row, rows.size):
            if (rows[row] >> c) & one:
                word ^= inverse[c]
        relative[row] = word


@kernel
def right_ends(relative, m, ends, basis):
    """Write p(1..m) of the module's head: where each row ends after elimination from the right.

    Parameters
    ----------
    relative : ndarray of int64
        From `relative_rows`.
    m : int
        Columns that count: 2**m points.
    ends : ndarray of int64, shape (at least m,)
        Filled: columns from 1.
    basis : ndarray of int64, shape (at least m + 1,)
        Working memory.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.nets import right_ends
    >>> ends, basis = np.empty(3, np.int64), np.empty(4, np.int64)
    >>> right_ends(np.array([1, 2, 4]), 3, ends, basis)  # a coordinate with itself
    >>> ends
    array([1, 2, 3])
    >>> right_ends(np.array([7, 2, 4]), 3, ends, basis)  # its first digit is another
    >>> ends
    array([3, 2, 1])
    """
    one = np.int64(1)
    kept = (one << m) - one
    basis[: m + 1] = 0
    for row in range(m):
        word = relative[row] & kept
        column = m
        while word != 0:
            while not (word >> (column - 1)) & one:
                column -= 1
            if basis[column] == 0:
                basis[column] = word
                ends[row] = column
                break
            word ^= basis[column]


@kernel
def block_variances(ends, m, spectra, counts, variances):
    """Write the variance of mean products over scrambles, relative to independent points: 0 is perfect, 1 no better.

    Parameters
    ----------
    ends : ndarray of int64
        From `right_ends`.
    m : int
        2**m points.
    spectra : ndarray, shape (n_kinds, at least m + 1)
        For kinds of functions, what share of the variance hangs on digit k as the last one; it adds up to 1 over all k,
        those behind m included, and entry 0 is unused. Both of a product are of one kind.
    counts : ndarray of float64, shape (2, at least m + 1)
        Working memory.
    variances : ndarray, shape (n_kinds,)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.nets import block_variances
    >>> spectra, found = 0.75 * 0.25 ** np.arange(-1.0, 6.0)[None], np.empty(1)  # of the coordinate itself
    >>> block_variances(np.array([1, 2, 3, 4, 5, 6]), 6, spectra, np.empty((2, 7)), found)  # with itself
    >>> found.round(1)
    array([37.2])
    >>> block_variances(np.array([6, 5, 4, 3, 2, 1]), 6, spectra, np.empty((2, 7)), found)  # the best there is
    >>> found.round(4)
    array([0.0079])
    """
    n_kinds = spectra.shape[0]
    now, before = counts[0], counts[1]
    now[: m + 1] = 1.0
    variances[:] = 0.0
    for row in range(m):
        for k in range(m + 1):  # of arrays as a whole numba compiles the text of an error too, for two seconds
            before[k] = now[k]
            now[k] *= 2.0 if k >= ends[row] else 1.0
        probability = 2.0**m * 0.5**row
        for k in range(1, m + 1):
            vanishing = now[k] - before[k] - now[k - 1] + before[k - 1]
            if vanishing != 0.0:
                for kind in range(n_kinds):
                    variances[kind] += spectra[kind, k] * spectra[kind, row + 1] * probability * vanishing
            probability *= 0.5
    for kind in range(n_kinds):
        inside = 0.0
        for k in range(1, m + 1):
            inside += spectra[kind, k]
        # Digits behind the m-th are combinations of all rows: any two of them are equal once in 2**m.
        variances[kind] += 1.0 - inside * inside


@kernel
def _low_words(rows, words):
    """Write the rows that the first three digits may have under a scramble: 1, 2 and 4 of them."""
    place = 0
    for digit in range(_LOW_DIGITS):
        for combination in range(1 << digit):
            words[place] = rows[digit]
            for above in range(digit):
                if (combination >> above) & 1:
                    words[place] ^= rows[above]
            place += 1


@kernel
def _add_words(words, weights, bits, table):
    """Add weights to the cells of words in a table that has, for every m, 2**m cells from place 2**m on."""
    one = np.int64(1)
    for m in range(1, bits + 1):
        for place in range(words.size):
            table[(one << m) + (words[place] & ((one << m) - one))] += weights[place]


@kernel
def _word_weights(spectra):
    """Return the variance of each kind that hangs on each low word, shape (n_kinds, 7)."""
    weights = np.empty((spectra.shape[0], _LOW_WORDS))
    for digit in range(_LOW_DIGITS):
        for kind in range(spectra.shape[0]):
            weights[kind, (1 << digit) - 1 : (2 << digit) - 1] = spectra[kind, digit + 1] / (1 << digit)
    return weights


@kernel
def _tables(rows, n_firsts, weights):
    """Return the tables of all coordinates that are there, kind by kind, and of the first ones and their pairs.

    The former are filled up later. Pairs are those of two digits, and left out where they are so many that no few of
    them count.
    """
    n_kinds, bits = weights.shape[0], rows.shape[1]
    tables, words = np.zeros((n_kinds + 2, 1 << bits + 1)), np.empty((n_firsts, _LOW_WORDS), np.int64)
    for k in range(n_firsts):
        _low_words(rows[k], words[k])
        for kind in range(n_kinds):
            _add_words(words[k], weights[kind] / (2.0 * n_firsts), bits, tables[kind])
        _add_words(words[k], weights[0] / n_firsts, bits, tables[n_kinds])
    if n_firsts > _MOST_FOR_PAIRS:
        return tables
    both, products = np.empty(9, np.int64), np.empty(9)
    n_pairs = max(1, n_firsts * (n_firsts - 1) // 2)
    for k in range(n_firsts):
        for other in range(k):
            for place in range(9):
                both[place] = words[k, place // 3] ^ words[other, place % 3]
                products[place] = weights[0, place // 3] * weights[0, place % 3] / n_pairs
            _add_words(both, products, bits, tables[n_kinds + 1])
    return tables


@kernel
def _crowd_variances(first, second, weights, m, tables, variances):
    """Write mean variances, relative to random points, of products of a candidate and coordinates that are there.

    Kind by kind of the candidate with any one of them, and of the first kind of the candidate, the coordinate that it
    would face and one or two of the first coordinates. Digits behind the third count as random.
    """
    one = np.int64(1)
    start, kept, n_kinds = one << m, (one << m) - one, weights.shape[0]
    variances[:] = 0.0
    for right in range(_LOW_WORDS):
        for kind in range(n_kinds):
            variances[kind] += weights[kind, right] * tables[kind, start + (second[right] & kept)]
        for left in range(_LOW_WORDS):
            word = start + ((first[left] ^ second[right]) & kept)
            variances[n_kinds] += weights[0, left] * weights[0, right] * tables[n_kinds, word]
            variances[n_kinds + 1] += weights[0, left] * weights[0, right] * tables[n_kinds + 1, word]
    variances[:] *= 2.0**m
    for kind in range(n_kinds):
        variances[kind] += 1.0 - weights[kind].sum() ** 2
    known, two_digits = weights[0].sum(), weights[0, :3].sum()
    variances[n_kinds] += 1.0 - known**3
    variances[n_kinds + 1] += 1.0 - known**2 * two_digits**2


@kernel
def _worst(relative, first, second, weights, tables, spectra, limits, least, scratch):
    """Return the largest variance relative to its limit over all m, or the first above `least`."""
    ends, basis, counts, variances, crowd = scratch
    n_kinds, worst, start = spectra.shape[0], 0.0, limits.shape[1]
    for m in range(start - 1, 0, -1):
        for kind in range(n_kinds):
            start = m if limits[kind, m] < np.inf else start
    # Products with other coordinates take longest and come last.
    for m in range(start, limits.shape[1]):
        right_ends(relative, m, ends, basis)
        block_variances(ends, m, spectra, counts, variances)
        for kind in range(n_kinds):
            worst = max(worst, variances[kind] / limits[kind, m])
        if worst > least:
            return worst
    for m in range(start, limits.shape[1]):
        _crowd_variances(first, second, weights, m, tables, crowd)
        for kind in range(crowd.size):
            worst = max(worst, crowd[kind] / limits[n_kinds + kind, m])
        if worst > least:
            return worst
    return worst


@kernel
def fit_partners(rows, spectra, limits, partners):
    """Give each of the first coordinates the first free one behind them with which it fills the square evenly.

    Parameters
    ----------
    rows : ndarray of int64, shape (n_dims, m)
        Rows of the generator matrices, at least 3 of each.
    spectra : ndarray, shape (n_kinds, m + 1)
        As in `block_variances`.
    limits : ndarray, shape (2 * n_kinds + 2, m + 1)
        Largest variance of each kind at 2**0, 2**1, ... points; then, of means over many products, those of each kind
        of the partner with any other coordinate, and of the first kind of the pair with one and with two of the first
        coordinates.
    partners : ndarray of int64, shape (D,)
        Filled; where no free coordinate keeps the limits, the one that comes closest.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.nets import fit_partners
    >>> rows = np.array([[1, 2, 4], [7, 2, 4], [1, 2, 4], [7, 2, 4]])  # two pairs of copies
    >>> partners, limits = np.empty(2, np.int64), np.full((4, 4), np.inf)
    >>> limits[0, 3] = 1.0
    >>> fit_partners(rows, np.array([[0.0, 0.75, 0.1875, 0.046875]]), limits, partners)
    >>> partners
    array([3, 2])
    """
    n_dims, bits = rows.shape
    taken, head = np.zeros(n_dims, np.bool_), min(_HEAD, bits)
    inverse, relative = np.empty(bits, np.int64), np.empty(bits, np.int64)
    ends, basis, counts = np.empty(bits, np.int64), np.empty(bits + 1, np.int64), np.empty((2, bits + 1))
    scratch = (ends, basis, counts, np.empty(spectra.shape[0]), np.empty(spectra.shape[0] + 2))
    first, second = np.empty(_LOW_WORDS, np.int64), np.empty(_LOW_WORDS, np.int64)
    weights, whole = _word_weights(spectra), limits[:, : bits + 1]  # of one type with the head of the limits
    tables = _tables(rows, partners.size, weights)
    for j in range(partners.size):
        invert_rows(rows[j], inverse)
        _low_words(rows[j], first)
        least, best = 1.0, -1
        # Nearly always some candidate keeps the limits, and one that does not is told by its first rows.
        while best < 0:
            for candidate in range(partners.size, n_dims):
                if taken[candidate]:
                    continue
                _low_words(rows[candidate], second)
                relative_rows(inverse[:head], rows[candidate, :head], relative[:head])
                worst = _worst(relative, first, second, weights, tables, spectra, limits[:, : head + 1], least, scratch)
                if worst > least:
                    continue
                relative_rows(inverse, rows[candidate], relative)
                worst = _worst(relative, first, second, weights, tables, spectra, whole, least, scratch)
                if worst <= 1.0 or worst < least:
                    least, best = worst, candidate
                    if worst <= 1.0:
                        break
            least = np.inf
        taken[best] = True
        partners[j] = best
        _low_words(rows[best], second)
        for kind in range(spectra.shape[0]):
            _add_words(second, weights[kind] / (2.0 * partners.size), bits, tables[kind])


@kernel
def pair_variances(rows, first, second, spectra, variances):
    """Write the variances of `block_variances` of pairs of coordinates for 2**1, 2**2, ... points.

    Parameters
    ----------
    rows : ndarray of int64, shape (n_dims, m)
        Rows of the generator matrices.
    first, second : ndarray of int64, shape (n,)
        The coordinates of each pair.
    spectra : ndarray, shape (n_kinds, m + 1)
        As in `block_variances`.
    variances : ndarray, shape (n, m, n_kinds)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.statistics.nets import pair_variances
    >>> found, spectra = np.empty((1, 2, 1)), np.array([[0.0, 0.75, 0.1875]])
    >>> pair_variances(np.array([[1, 2], [3, 2]]), np.array([0]), np.array([1]), spectra, found)
    >>> found[0, :, 0].round(2)
    array([1.56, 0.72])
    """
    bits = rows.shape[1]
    inverse, relative, ends = np.empty(bits, np.int64), np.empty(bits, np.int64), np.empty(bits, np.int64)
    basis, counts = np.empty(bits + 1, np.int64), np.empty((2, bits + 1))
    for pair in range(first.size):
        invert_rows(rows[first[pair]], inverse)
        relative_rows(inverse, rows[second[pair]], relative)
        for m in range(1, bits + 1):
            right_ends(relative, m, ends, basis)
            block_variances(ends, m, spectra, counts, variances[pair, m - 1])
