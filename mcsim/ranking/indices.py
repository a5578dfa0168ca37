"""Sobol' indices with their confidence from mergeable sums over the base rows of a Saltelli design."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mcsim.ranking.intervals import bootstrap_estimate
from mcsim.study import BoolArray, FloatArray, InputError

# Relative to the largest magnitude of an output: a smaller spread is rounding, and indices of it would be noise.
_CONSTANT = 1e-13
LEFT_OUT = 5  # among the sums of A and B
Task = tuple[Callable[..., None], tuple[FloatArray, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The model at some base rows, every output element side by side.

    f_A, f_B and each f_AB are separate named arrays: no stride to agree upon, and a second order that was not sampled
    cannot be analysed by accident.

    Parameters
    ----------
    f_a, f_b : ndarray, shape (n, n_values)
        The model at the two independent matrices.
    f_ab : ndarray, shape (n_factors, n, n_values)
        The model at A with the columns of one factor from B.
    f_ba : ndarray, shape (n_factors, n, n_values), optional
        The model at B with the columns of one factor from A: only where the second order was asked for.
    gaps : ndarray of bool, shape (n, n_values), optional
        Rows that are left out of an element, which is 0 at all of their points.
    """

    f_a: FloatArray
    f_b: FloatArray
    f_ab: FloatArray
    f_ba: FloatArray | None = None
    gaps: BoolArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Weighted sums over base rows for every resample; the first resample has weight 1 everywhere.

    Parameters
    ----------
    weight : ndarray, shape (n_resamples,)
        Sum of the weights.
    base : ndarray, shape (6, n_resamples, n_values)
        Sums of A, B, A**2, B**2, A*B, and of the weights of the rows that are left out of an element.
    factor : ndarray, shape (n_factors, 3, n_resamples, n_values)
        Sums of d, d**2 and B*d with d = AB - A.
    swapped : ndarray, shape (n_factors, n_resamples, n_values)
        Sums of BA - B; no factors without the second order.
    pairs : ndarray, shape (n_pairs, n_resamples, n_values)
        Sums of BA_j * AB_k - A * B for j < k.
    """

    weight: FloatArray
    base: FloatArray
    factor: FloatArray
    swapped: FloatArray
    pairs: FloatArray

    @classmethod
    def zeros(cls, n_resamples: int, n_factors: int, n_values: int, second: bool) -> Sums:
        """Return empty sums; several resamples are padded to a multiple of 4."""
        n = n_resamples if n_resamples == 1 else n_resamples + -n_resamples % 4
        n_swapped = n_factors if second else 0
        return cls(
            np.zeros(n),
            np.zeros((6, n, n_values)),
            np.zeros((n_factors, 3, n, n_values)),
            np.zeros((n_swapped, n, n_values)),
            np.zeros((math.comb(n_swapped, 2), n, n_values)),
        )

    @property
    def n_bytes(self) -> int:
        """Memory of the sums."""
        return int(self.base.nbytes + self.factor.nbytes + self.swapped.nbytes + self.pairs.nbytes)

    def add(self, other: Sums) -> None:
        """Add the sums of other rows, in place: for large outputs new memory costs more than the additions."""
        for own, more in zip(self._arrays(), other._arrays(), strict=True):
            own += more

    def clear(self) -> None:
        """Set all sums to zero, in place."""
        for own in self._arrays():
            own[...] = 0.0

    def part(self, slab: slice) -> Sums:
        """Return the sums of some elements, which stay where they are."""
        base, factor, swapped, pairs = (array[..., slab] for array in self._arrays()[1:])
        return Sums(self.weight, base, factor, swapped, pairs)

    @property
    def weights(self) -> FloatArray:
        """Sum of the weights of the rows that each element rests on, shape (n_resamples, n_values)."""
        return np.asarray(self.weight[:, None] - self.base[LEFT_OUT])

    def _arrays(self) -> tuple[FloatArray, ...]:
        return self.weight, self.base, self.factor, self.swapped, self.pairs

    def combined(self, weights: FloatArray) -> Sums:
        """Return the sums under other resamples, each a weighted sum of these (n_new, n_resamples)."""
        return Sums(*(weights @ array for array in self._arrays()))


@dataclass(frozen=True, slots=True, eq=False)
class Indices:
    """Indices per resample, all output elements side by side.

    Parameters
    ----------
    first, total : ndarray, shape (n_resamples, n_factors, n_values)
        First-order and total-order index; NaN where the output is constant.
    second : ndarray, shape (n_resamples, n_pairs, n_values)
        Second-order index of each pair j < k; no pairs where not asked for.
    dummy : ndarray, shape (n_resamples, n_values)
        What the first-order estimator reads for an input that does nothing.
    """

    first: FloatArray
    total: FloatArray
    second: FloatArray
    dummy: FloatArray


def padded(weights: FloatArray) -> FloatArray:
    """Return the weights of several resamples with rows of zeros up to a multiple of 4."""
    extra = 0 if len(weights) == 1 else -len(weights) % 4
    return np.ascontiguousarray(np.concatenate([weights, np.zeros((extra, weights.shape[1]))]))


def add_rows(sums: Sums, weights: FloatArray, rows: Rows, twin: Rows | None = None, jobs: int = 1) -> None:
    """Add the products of some base rows to the sums, in place, factors side by side on threads.

    Parameters
    ----------
    sums : Sums
        Added to; every cell by one thread, row after row, so its bits do not depend on `jobs`.
    weights : ndarray, shape (n_resamples, n)
        Weights of the rows, as many as the sums have.
    rows : Rows
        The model at the rows.
    twin : Rows, optional
        The model at the same points under another inner seed; the products of the two are free of inner noise.
    jobs : int
        Number of threads.
    """
    from mcsim.kernels.statistics import sobol

    other = rows if twin is None else twin
    sums.weight[...] += weights.sum(axis=1)
    if rows.gaps is not None:
        sobol.add_values(weights, rows.gaps.astype(np.float64), sums.base[LEFT_OUT])
    tasks: list[Task] = [(sobol.add_base, (weights, rows.f_a, rows.f_b, other.f_a, other.f_b, sums.base))]
    for j, total in enumerate(sums.factor):
        points = (rows.f_a, rows.f_b, rows.f_ab[j], other.f_a, other.f_b, other.f_ab[j])
        tasks.append((sobol.add_factor, (weights, *points, total)))
    if rows.f_ba is not None:
        for j, total in enumerate(sums.swapped):
            tasks.append((sobol.add_difference, (weights, rows.f_b, rows.f_ba[j], total)))
        for pair, (j, k) in enumerate(combinations(range(len(rows.f_ab)), 2)):
            products = (weights, rows.f_a, rows.f_b, rows.f_ba[j], rows.f_ab[k], sums.pairs[pair])
            tasks.append((sobol.add_products, products))
    _run(tasks, jobs)


def _run(tasks: Sequence[Task], jobs: int) -> None:
    if jobs == 1:
        for kernel, arguments in tasks:
            kernel(*arguments)
        return
    from joblib import Parallel, delayed

    Parallel(n_jobs=jobs, backend="threading")(delayed(kernel)(*arguments) for kernel, arguments in tasks)


def indices(sums: Sums, n_resamples: int, magnitude: FloatArray | float = 0.0) -> Indices:
    """Return the indices of every resample.

    Parameters
    ----------
    sums : Sums
        Sums over all base rows.
    n_resamples : int
        Number of resamples that are not padding.
    magnitude : ndarray, shape (n_values,)
        Size of the outputs before they were shifted: a spread far below it is rounding.

    Returns
    -------
    Indices
        NaN where the output is constant.
    """
    from mcsim.kernels.statistics import sobol

    with np.errstate(divide="ignore", invalid="ignore"):
        kept = slice(0, n_resamples)
        weight = sums.weights[kept]
        means = sums.base[:LEFT_OUT, kept] / weight
        factor = sums.factor[:, :, kept] / weight
        swapped = sums.swapped[:, kept] / weight
        total = _variance(means, magnitude)
        # The mean over all evaluations of all rows, as SALib centres; the same for every resample.
        centre = _centre(means[:2, 0], factor[:, 0, 0], swapped[:, 0])
        first = sobol.first_order(factor[:, 0], factor[:, 2], centre, total)
        order = list(combinations(range(len(swapped)), 2))
        pairs = np.empty((len(order), n_resamples, means.shape[2]))
        for pair, (j, k) in enumerate(order):
            product = sums.pairs[pair, kept] / weight
            pairs[pair] = sobol.second_order(product, swapped[j], factor[k, 0], centre, total, first[j], first[k])
        dummy = (means[4] - means[0] * means[1]) / total
        totals = sobol.total_order(factor[:, 1], total)
    return Indices(first.swapaxes(0, 1), totals.swapaxes(0, 1), pairs.swapaxes(0, 1), dummy)


def total_indices(sums: Sums, weights: FloatArray, magnitude: FloatArray | float = 0.0) -> FloatArray:
    """Return the total-order index alone under other resamples, each a weighted sum of these (n_new, n_resamples).

    As ``indices(sums.combined(weights), ...).total``, to the bit.
    """
    from mcsim.kernels.statistics import sobol

    with np.errstate(divide="ignore", invalid="ignore"):
        base = weights @ sums.base
        weight = (weights @ sums.weight)[:, None] - base[LEFT_OUT]
        total = _variance(base[:LEFT_OUT] / weight, magnitude)
        return sobol.total_order((weights @ sums.factor[:, 1]) / weight, total).swapaxes(0, 1)


def _variance(means: FloatArray, magnitude: FloatArray | float) -> FloatArray:
    from mcsim.kernels.statistics import sobol

    total = sobol.variance(means[0], means[1], means[2], means[3])
    return np.where(total > (_CONSTANT * np.maximum(magnitude, np.abs(means[0]))) ** 2, total, np.nan)


def _centre(mean_ab: FloatArray, difference: FloatArray, swapped: FloatArray) -> FloatArray:
    n_factors = len(difference)
    evaluations = 2 + n_factors + len(swapped)
    sum_ab = n_factors * mean_ab[0] + difference.sum(axis=0)
    sum_ba = len(swapped) * mean_ab[1] + swapped.sum(axis=0)
    return np.asarray((mean_ab[0] + mean_ab[1] + sum_ab + sum_ba) / evaluations)


def analyze(
    rows: Rows,
    *,
    resamples: Iterable[Iterable[int]] | FloatArray | int = 100,
    level: float = 0.95,
    seed: int = 1,
    jobs: int = 1,
) -> dict[str, FloatArray]:
    """Return SALib's table of numbers for outputs that were computed elsewhere.

    Parameters
    ----------
    rows : Rows
        The model at the rows of a Saltelli design.
    resamples : int or array of int, shape (n, n_resamples)
        Number of bootstrap resamples, or the rows that each holds (SALib's `r`).
    level : float
        Confidence level.
    seed : int
        Seed of the resamples where their number was given.
    jobs : int
        Number of threads.

    Returns
    -------
    dict
        ``S1, S1_conf, ST, ST_conf`` (n_factors, n_values), and ``S2, S2_conf`` (n_pairs, n_values) with a second order.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.random.default_rng(0).random((2, 4096, 2))
    >>> model = lambda x: (x[:, 0] + 2.0 * x[:, 1])[:, None]
    >>> swapped = [np.column_stack([b[:, 0], a[:, 1]]), np.column_stack([a[:, 0], b[:, 1]])]
    >>> found = analyze(Rows(model(a), model(b), np.array([model(x) for x in swapped])))
    >>> found["ST"][:, 0].round(1)
    array([0.2, 0.8])
    """
    from mcsim.kernels.statistics import sobol

    n = len(rows.f_a)
    if isinstance(resamples, int):
        weights = sobol.poisson_counts(seed, np.arange(n), resamples)
    else:
        chosen = np.asarray(resamples)
        weights = np.stack([np.bincount(column, minlength=n) for column in chosen.T]).astype(float)
    weights = np.concatenate([np.ones((1, n)), weights])
    reference = rows.f_a[0]
    shifted = Rows(
        rows.f_a - reference,
        rows.f_b - reference,
        rows.f_ab - reference,
        None if rows.f_ba is None else rows.f_ba - reference,
    )
    sums = Sums.zeros(len(weights), len(rows.f_ab), rows.f_a.shape[1], rows.f_ba is not None)
    if sums.factor.shape[0] < 2:
        raise InputError(f"sensitivity: a ranking needs at least two factors (got {sums.factor.shape[0]}); add one")
    add_rows(sums, padded(weights), shifted, jobs=jobs)
    found = indices(sums, len(weights), np.abs(reference))
    names = {"S1": found.first, "ST": found.total} | ({} if rows.f_ba is None else {"S2": found.second})
    table: dict[str, FloatArray] = {}
    for name, values in names.items():
        estimate = bootstrap_estimate(values, level)
        table |= {name: estimate.value, f"{name}_conf": estimate.half_width}
    return table
