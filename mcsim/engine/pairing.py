"""Which Sobol' dimension stands opposite which in a Saltelli design, and whether two drawn matrices may be paired.

A total-order index rests on the differences between column j of A and column j of B, so what counts is how evenly that
pair fills its square. The usual layout, SALib's too, takes dimensions 1..D for A and D + 1..2 D for B, and there some
pairs nearly repeat each other: the first rows of their generator matrices agree, no scramble undoes that, and the index
of the input is wrong by half, in every scramble, until the sequence is long enough. Here A keeps dimensions 1..D, and
each of them gets the first free dimension behind them with which it fills the square evenly at every power of two from
16 points on: `mcsim.kernels.statistics.nets` says how that is known exactly without drawing a point. It takes some
0.01 s for 100 columns and 0.1 s for 1,000, once per process.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from mcsim.engine.directions import MOST_DIMS, direction_numbers
from mcsim.study import FloatArray, InputError, IntArray

# The limits hold up to 2**14 points; beyond, `pair_variances` and the docs say what the pairs are like.
CHECKED_BITS = 14
# Kinds of functions of one coordinate: the first binary digit that moves them, and the variance of each further digit
# relative to the one before. Smooth ones fall by 1/4; a kink or a wave in the middle does not see the first digit, two
# waves do not see the second; of jumps each digit counts half of the one before.
KINDS = {"slope": (1, 0.25), "jump": (1, 0.5), "wave": (2, 0.25), "two waves": (3, 0.25)}
# Largest variance of a mean product over scrambles relative to independent points, by the least log2 of the points. The
# first four are of column j of A and of B. The others are means over products of slopes: of column j of B with any
# other column, and of the pair with one or two other columns of A, where products of inputs gather their error. One
# dimension in some thirty keeps them all, so dimensions behind 2 D are needed; where those are used up, the limits are
# exceeded by up to a half.
LIMITS = {
    4: {"slope": 0.35, "jump": 0.9, "wave": 1.3},
    6: {"slope": 0.08, "jump": 0.5, "wave": 0.4, "two waves": 1.3, "third": 1.5, "fourth": 1.5}
    | {"others, slope": 2.5, "others, wave": 2.5},
}
_BOUNDED = (*KINDS, *(f"others, {kind}" for kind in KINDS), "third", "fourth")
_SPARE = 128
_CELLS = 4
_FALSE_ALARM = 1e-4  # of a whole design whose rows are independent


@lru_cache(maxsize=16)
def partners(n_columns: int) -> tuple[int, ...]:
    """Return the Sobol' dimension of each column of B, where A has dimensions 0..D-1.

    It is a function of the number of columns alone: a design still grows by more rows, and its shards agree.

    Parameters
    ----------
    n_columns : int
        Number D of columns of A.

    Raises
    ------
    InputError
        Where the sequence has fewer than 2 D dimensions.

    Examples
    --------
    >>> partners(5)
    (18, 75, 6, 9, 46)
    """
    from mcsim.kernels.statistics.nets import fit_partners

    if 2 * n_columns > MOST_DIMS:
        raise InputError(
            f"design: too many inputs for a Saltelli design (got {n_columns}); at most {MOST_DIMS // 2}, group them"
        )
    rows = generator_rows(min(2 * n_columns + _SPARE, MOST_DIMS), CHECKED_BITS)
    limits = np.full((len(_BOUNDED), CHECKED_BITS + 1), np.inf)
    for least, bounds in LIMITS.items():
        for kind, bound in bounds.items():
            limits[_BOUNDED.index(kind), least:] = bound
    found = np.empty(n_columns, np.int64)
    fit_partners(rows, _spectra(CHECKED_BITS), limits, found)
    return tuple(found.tolist())


@lru_cache(maxsize=32)
def allocation(n_columns: int, seed: int, replicate: int = 0) -> tuple[IntArray, IntArray]:
    """Return the Sobol' dimensions of the columns of A and of B in one scramble: the pairs of `partners`, in turns.

    Among many columns *of A* some two nearly repeat each other too, as long as there are few points: the first row of a
    generator matrix is one of 2**(m - 1) for 2**m points. No order of the dimensions undoes that, and two strong inputs
    that always meet there get the variance of the output wrong, more than random numbers would. So which input gets
    which pair of dimensions is drawn anew for each seed and scramble; the error is then no input's own, and intervals
    from scrambles know of it.

    Parameters
    ----------
    n_columns : int
        Number D of columns of A.
    seed, replicate : int
        Of the scramble.

    Examples
    --------
    >>> allocation(5, seed=1)  # 0 and 18, 1 and 75, 2 and 6, ... in turns
    (array([0, 4, 1, 3, 2]), array([18, 46, 75,  9,  6]))
    """
    from mcsim.kernels.streams import stream_of, uniforms

    turn = np.argsort(uniforms(seed, stream_of(f"saltelli/pairs/{replicate}"), 0, n_columns), kind="stable")
    return turn, np.array(partners(n_columns), np.int64)[turn]


def layout(n_columns: int) -> int:
    """Return a number that two designs of so many columns share where their dimensions are allocated alike."""
    return zlib.crc32(repr(("turns", partners(n_columns))).encode())


def _spectra(bits: int) -> FloatArray:
    """Return the share of the variance of each kind that hangs on each digit as its last, shape (n_kinds, bits + 1)."""
    digits = np.arange(bits + 1.0)
    return np.array([(1.0 - decay) * decay ** (digits - first) * (digits >= first) for first, decay in KINDS.values()])


def generator_rows(n_dims: int, bits: int) -> IntArray:
    """Return the generator matrices of Sobol' dimensions.

    Parameters
    ----------
    n_dims : int
        Number of dimensions.
    bits : int
        Rows and columns wanted; the time doubles with each.

    Returns
    -------
    ndarray of int64, shape (n_dims, bits)
        Row k as a number whose bit c is column c.

    Examples
    --------
    >>> generator_rows(2, 3)  # the unit matrix, and Pascal's triangle modulo 2
    array([[1, 2, 4],
           [7, 2, 4]])
    """
    numbers = direction_numbers(n_dims, bits, bits).astype(np.int64)
    rows = np.zeros((n_dims, bits), np.int64)
    for k in range(bits):
        rows[:, k] = (numbers >> bits - 1 - k & 1) @ (1 << np.arange(bits))
    return rows


def pair_variances(first: Sequence[int], second: Sequence[int], bits: int) -> dict[str, FloatArray]:
    """Return how evenly pairs of Sobol' dimensions fill their squares, exactly.

    Parameters
    ----------
    first, second : sequence of int
        Dimensions of each pair, from 0.
    bits : int
        Up to 2**bits points.

    Returns
    -------
    dict of str to ndarray, shape (n_pairs, bits)
        For each of `KINDS`, at 2, 4, 8, ... points: the variance over scrambles of the mean of a product of two centred
        functions of this kind, as a multiple of that of independent points.

    Examples
    --------
    >>> pair_variances([0, 0], [1, 48], 6)["slope"][:, -1].round(1)  # at 64 points: an even pair, and near copies
    array([ 0., 36.])
    """
    from mcsim.kernels.statistics import nets

    found = np.empty((len(first), bits, len(KINDS)))
    rows = generator_rows(1 + max(*first, *second), bits)
    nets.pair_variances(rows, np.array(first, np.int64), np.array(second, np.int64), _spectra(bits), found)
    return {kind: found[:, :, number] for number, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """How the columns of two matrices stand to one another; of independent columns all three are near 0.

    Parameters
    ----------
    distance : ndarray, shape (D,)
        Mean squared distance of A and B over its expectation, less 1 (of unit numbers: 6 mean((A - B)**2) - 1).
    distance_error : ndarray, shape (D,)
        Standard error of `distance` for independent rows: 1.183 / sqrt(n) for unit numbers.
    correlation : ndarray, shape (D,)
        Correlation of A and B, of ranks where values were given; its standard error is 1 / sqrt(n - 1).
    table : ndarray, shape (D,)
        Pearson's chi squared of A and B in quarters, with 9 degrees of freedom.
    n : int
        Number of rows.
    """

    distance: FloatArray
    distance_error: FloatArray
    correlation: FloatArray
    table: FloatArray
    n: int

    @property
    def excess(self) -> FloatArray:
        """The largest of the three relative to what chance allows, shape (D,): above 1 is no chance."""
        bound, table_bound = _chance(len(self.distance))
        with np.errstate(invalid="ignore", divide="ignore"):
            distance = np.abs(self.distance) / (bound * self.distance_error)
            correlation = np.abs(self.correlation) * math.sqrt(self.n - 1) / bound
            table = self.table / table_bound
        return np.asarray(np.nan_to_num(np.max([distance, correlation, table], axis=0)))


@lru_cache(maxsize=16)
def _chance(n_columns: int) -> tuple[float, float]:
    """Return how far chance takes a distance or correlation in standard errors, and a chi square, of n columns."""
    from scipy.special import chdtri

    tail = _FALSE_ALARM / (3.0 * max(1, n_columns))
    return NormalDist().inv_cdf(1.0 - tail / 2.0), float(chdtri((_CELLS - 1) ** 2, tail))


def compare_pairs(a: FloatArray, b: FloatArray, uniform: bool = False) -> Pairs:
    """Return how the columns of two matrices stand to one another.

    Parameters
    ----------
    a, b : ndarray, shape (n, D)
        The two matrices, row by row.
    uniform : bool
        They are points of the unit cube; other values are replaced by their ranks among both.

    Examples
    --------
    >>> a, b = np.random.default_rng(1).random((2, 256, 3))
    >>> bool((compare_pairs(a, b).excess < 1.0).all())
    True
    """
    if not uniform:
        from scipy.stats import rankdata

        both = np.asarray(rankdata(np.concatenate([a, b]), axis=0))
        a, b = np.split((both - 0.5) / len(both), 2)
    from mcsim.kernels.statistics.pairs import pair_sums

    n, table = len(a), np.zeros((a.shape[1], _CELLS, _CELLS), np.int64)
    sums = pair_sums(np.ascontiguousarray(a), np.ascontiguousarray(b), table)
    left, right, fourth_left, fourth_right, apart, product = sums[:6] / n
    second, fourth, shift = (left + right) / 2.0, (fourth_left + fourth_right) / 2.0, sums[6] ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        # Of independent x and y about one centre: E (x - y)**2 = 2 s, var (x - y)**2 = 2 (E x**4 + s**2).
        distance = apart / (2.0 * second) - 1.0
        error = np.sqrt(2.0 * (fourth + second**2) / n) / (2.0 * second)
        correlation = (product + shift) / np.sqrt((left - shift) * (right - shift))
    return Pairs(distance, error, correlation, _chi_squared(table), n)


def _chi_squared(table: IntArray) -> FloatArray:
    """Return chi squared of the table (D, cells, cells) of each column pair, whatever the sizes of its cells."""
    expected = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :] / table.sum(axis=(1, 2))[:, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nansum((table - expected) ** 2 / expected, axis=(1, 2)))


def check_saltelli(a: FloatArray, b: FloatArray, names: Sequence[str] = (), *, uniform: bool = False) -> Pairs:
    """Refuse two matrices of which a column of one follows the same column of the other.

    Sobol' indices take A and B for independent of each other. Independent random rows are refused once in 10,000
    designs, and scrambled sequences with even pairs never; what is refused puts the total index of the column wrong by
    more than plain random numbers would.

    Parameters
    ----------
    a, b : array_like, shape (n, D)
        The two matrices of a Saltelli design: values of any distribution.
    names : sequence of str
        Names of the columns, for the message.
    uniform : bool
        They are points of the unit cube, which spares their ranks.

    Returns
    -------
    Pairs
        What was found.

    Raises
    ------
    InputError
        Naming the columns and what to do.

    Examples
    --------
    >>> a, b = np.random.default_rng(1).random((2, 256, 3))
    >>> check_saltelli(a, b).correlation.round(2)
    array([-0.01,  0.08,  0.01])
    >>> b[:, 1] = 0.5 * a[:, 1] + 0.5 * b[:, 1]
    >>> check_saltelli(a, b, ["x", "y", "z"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mcsim.study.errors.InputError: samples: y: A and B are not independent there (got a correlation of 0.71 ...
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim != 2 or a.shape != b.shape or len(a) < 2:
        raise InputError(f"samples: A and B do not match (got {a.shape} and {b.shape}); both (rows, columns)")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError("samples: A or B has values that are no numbers (got nan or inf); leave such rows out of both")
    if names and len(names) != a.shape[1]:
        raise InputError(f"samples: names do not match the columns (got {len(names)} for {a.shape[1]}); one each")
    if uniform and (min(a.min(), b.min()) < 0.0 or max(a.max(), b.max()) > 1.0):
        raise InputError("samples: not points of the unit cube (got numbers outside 0 to 1); leave uniform out")
    found = compare_pairs(a, b, uniform)
    excess = found.excess
    bad = np.flatnonzero(excess > 1.0)
    if len(bad) == 0:
        return found
    worst = int(np.argmax(excess))
    label = [str(name) for name in names] or [f"column {number + 1}" for number in range(a.shape[1])]
    others = "" if len(bad) == 1 else f" and {len(bad) - 1} more columns"
    raise InputError(
        f"samples: {label[worst]}{others}: A and B are not independent there (got a correlation of "
        f"{found.correlation[worst]:.2f} and {1.0 + found.distance[worst]:.2f} of the mean squared distance, "
        f"{found.n} rows); draw B anew, or shuffle the rows of B, all columns together"
    )
