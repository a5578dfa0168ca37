"""How inputs depend on one another: rank correlation, common factors, and shares of a whole (order: `ordered`).

Everything here maps independent columns of the unit cube to dependent ones without rejecting any point, so that a
design keeps its points and its reproducibility.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import floor, pi, sin

import numpy as np
from numpy.typing import ArrayLike

from mcsim.distributions.atoms import as_numbers, as_probabilities
from mcsim.distributions.base import Array, as_unit, number, refusal, require_positive, shown, text
from mcsim.distributions.beta_quantile import beta_quantile
from mcsim.distributions.registry import shares

# Normal scores of 0 and 1 are infinite and would make 0 * inf; the nearest doubles inside stand in for them.
LEAST_UNIT, LARGEST_UNIT = 2.0**-54, 1.0 - 2.0**-53

# Below this smallest eigenvalue a correlation matrix counts as singular: its Cholesky factor is rounding noise.
_LEAST_EIGENVALUE = 1e-10


def as_columns(units: ArrayLike, count: int, place: str) -> Array:
    """Return points of the unit cube as an array (n, count), refusing another shape and values outside [0, 1]."""
    columns = as_unit(units, place)
    if columns.ndim != 2 or columns.shape[1] != count:
        raise refusal(place, f"needs units of shape (n, {count})", str(columns.shape), "give one column for each")
    return columns


def normal_scores(units: Array) -> Array:
    """Return the standard normal quantiles of `units`, finite at 0 and 1 too."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(units, LEAST_UNIT, LARGEST_UNIT)), dtype=np.float64)


def unit_scores(scores: Array) -> Array:
    """Return the probabilities below standard normal `scores`."""
    from scipy.special import ndtr

    return np.asarray(ndtr(scores), dtype=np.float64)


def mix(scores: Array, weights: Array) -> Array:
    """Return scores (n, K) @ weights.T for weights (J, K), the same to the bit for any number of rows.

    A matrix product is not: the order of its sums depends on how many rows it is given.
    """
    mixed = np.zeros((scores.shape[0], weights.shape[0]))
    for row, column in zip(*np.nonzero(weights), strict=True):
        mixed[:, row] += weights[row, column] * scores[:, column]
    return mixed


@dataclass(frozen=True, slots=True, eq=False)
class GaussianCopula:
    """Dependence of named inputs whose normal scores are jointly normal; the marginals stay what they are.

    Parameters
    ----------
    names : tuple of str
        The dependent inputs, in column order.
    correlation : ndarray (K, K)
        Pearson correlation of the normal scores, symmetric, positive definite, with ones on the diagonal.
    """

    names: tuple[str, ...]
    correlation: Array

    def __post_init__(self) -> None:
        matrix = np.array(self.correlation, dtype=np.float64)
        count = len(self.names)
        if len(set(self.names)) < count:
            raise refusal("dependence", "inputs must differ", ", ".join(self.names), "name each input once")
        if matrix.shape != (count, count) or not np.array_equal(matrix, matrix.T) or np.any(np.diag(matrix) != 1.0):
            remedy = f"give a symmetric ({count}, {count}) matrix with ones on the diagonal"
            raise refusal("dependence", "correlation must be a correlation matrix", str(matrix.shape), remedy)
        if np.linalg.eigvalsh(matrix)[0] < _LEAST_EIGENVALUE:
            raise _contradiction(self.names, matrix)
        matrix.flags.writeable = False
        object.__setattr__(self, "correlation", matrix)

    def spearman(self) -> Array:
        """Return the rank correlations (K, K) of inputs with continuous distributions."""
        return np.asarray(6.0 / pi * np.arcsin(0.5 * self.correlation), dtype=np.float64)

    def factor(self) -> Array:
        """Return the lower Cholesky factor (K, K) of the correlation."""
        return np.asarray(np.linalg.cholesky(self.correlation), dtype=np.float64)

    def apply(self, units: ArrayLike) -> Array:
        """Return dependent units (n, K) from independent ones (n, K); the first column stays as it is.

        Each column depends on those before it: scores = independent scores times the Cholesky factor.
        """
        independent = as_columns(units, len(self.names), "dependence")
        dependent = unit_scores(mix(normal_scores(independent), self.factor()))
        dependent[:, 0] = independent[:, 0]
        return dependent

    def conditional(self, given: Sequence[str]) -> "ConditionalNormal":
        """Return the exact law of the other inputs' normal scores, given those of the inputs named.

        Mean = R_fg R_gg^-1 z_g and covariance = R_ff - R_fg R_gg^-1 R_gf: Anderson T. W. 2003, An Introduction to
        Multivariate Statistical Analysis, 3rd edition, theorem 2.5.1.
        """
        known = self._positions(given)
        free = [position for position in range(len(self.names)) if position not in known]
        if not free:
            raise refusal("dependence", "nothing is left to condition", ", ".join(given), "give fewer inputs")
        across = self.correlation[np.ix_(free, known)]
        weights = np.asarray(np.linalg.solve(self.correlation[np.ix_(known, known)], across.T).T, dtype=np.float64)
        covariance = self.correlation[np.ix_(free, free)] - weights @ across.T
        factor = np.asarray(np.linalg.cholesky(0.5 * (covariance + covariance.T)), dtype=np.float64)
        return ConditionalNormal(tuple(self.names[position] for position in free), tuple(given), weights, factor)

    def _positions(self, names: Sequence[str]) -> list[int]:
        for name in names:
            if name not in self.names:
                remedy = f"name some of {', '.join(self.names)}"
                raise refusal("dependence", "input is not in this dependence", shown(name), remedy)
        if len(set(names)) < len(names):
            raise refusal("dependence", "inputs must differ", ", ".join(names), "name each input once")
        return [self.names.index(name) for name in names]


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalNormal:
    """Law of some normal scores given others: mean = weights @ given, covariance = factor @ factor.T.

    Parameters
    ----------
    names, given : tuple of str
        The F free inputs and the G given ones, in column order.
    weights : ndarray (F, G)
        Regression of the free scores on the given ones.
    factor : ndarray (F, F)
        Lower Cholesky factor of the conditional covariance.
    """

    names: tuple[str, ...]
    given: tuple[str, ...]
    weights: Array
    factor: Array

    def mean(self, given_scores: ArrayLike) -> Array:
        """Return the conditional means (n, F) of the free normal scores for given ones (n, G)."""
        return mix(np.asarray(given_scores, dtype=np.float64), self.weights)

    def covariance(self) -> Array:
        """Return the conditional covariance (F, F), which no given value changes."""
        return np.asarray(self.factor @ self.factor.T, dtype=np.float64)

    def apply(self, given_units: ArrayLike, units: ArrayLike) -> Array:
        """Return the free inputs' units (n, F) from the given ones' (n, G) and from independent units (n, F)."""
        known = normal_scores(as_columns(given_units, len(self.given), "dependence"))
        fresh = normal_scores(as_columns(units, len(self.names), "dependence"))
        return unit_scores(self.mean(known) + mix(fresh, self.factor))


def gaussian_copula(pairs: Sequence[Sequence[object]], names: Sequence[str] | None = None) -> GaussianCopula:
    """Return the Gaussian copula with given Spearman rank correlations; pairs not given are uncorrelated.

    The Pearson correlation of the normal scores is 2 sin(pi rho / 6), exact for continuous distributions (Pearson K.
    1907, On Further Methods of Determining Correlation); a discrete input's own rank correlation comes out smaller.

    Parameters
    ----------
    pairs : sequence of (str, str, float)
        Two inputs and their rank correlation, strictly between -1 and 1.
    names : sequence of str, optional
        Column order; by default the order in which the pairs mention the inputs.

    Raises
    ------
    ValueError
        For pairs that are no pairs, repeat or contradict one another.

    Examples
    --------
    >>> gaussian_copula([("fade", "rate", 0.5)]).correlation.round(4)
    array([[1.    , 0.5176],
           [0.5176, 1.    ]])
    """
    stated: dict[tuple[str, str], float] = {}
    for pair in pairs:
        first, second, rank = _pair(pair)
        if (first, second) in stated or (second, first) in stated:
            raise refusal("dependence", "each pair must be given once", f"{first}, {second}", "keep one of them")
        stated[first, second] = rank
    mentioned = tuple(dict.fromkeys(name for pair in stated for name in pair))
    order = mentioned if names is None else tuple(names)
    missing = [name for name in mentioned if name not in order]
    if missing or not order:
        got = ", ".join(missing) or "none"
        raise refusal("dependence", "names must cover every pair", got, "add the missing names or drop their pairs")
    matrix = np.eye(len(order))
    for (first, second), rank in stated.items():
        row, column = order.index(first), order.index(second)
        matrix[row, column] = matrix[column, row] = 2.0 * sin(pi * rank / 6.0)
    return GaussianCopula(order, matrix)


def _pair(pair: object) -> tuple[str, str, float]:
    """Return two different names and a rank correlation, refusing anything else."""
    remedy = 'write ["first", "second", 0.5]'
    if isinstance(pair, (str, bytes)) or not isinstance(pair, Sequence) or len(pair) != 3:
        raise refusal("dependence", "each pair must be two inputs and a rank correlation", shown(pair), remedy)
    first, second, value = pair
    if not isinstance(first, str) or not isinstance(second, str) or first == second:
        raise refusal("dependence", "each pair must name two different inputs", shown(list(pair)), remedy)
    rank = number("dependence", "rank correlation", value)
    if not -1.0 < rank < 1.0:
        remedy = "for a perfect dependence let both follow one input"
        raise refusal(
            "dependence", "rank correlation must lie between -1 and 1", f"{first}, {second}: {rank:g}", remedy
        )
    return first, second, rank


def _contradiction(names: tuple[str, ...], matrix: Array) -> ValueError:
    """Return the error that names the pairs behind the smallest eigenvalue, and by how much to weaken them."""
    vector = np.abs(np.linalg.eigh(matrix)[1][:, 0])
    involved = [i for i in range(len(names)) if vector[i] > 0.05 * vector.max()]
    pairs = [(i, j) for i, j in combinations(involved, 2) if matrix[i, j] != 0.0]
    ranks = 6.0 / pi * np.arcsin(0.5 * np.clip(matrix, -1.0, 1.0))
    got = ", ".join(f"{names[i]}-{names[j]} {ranks[i, j]:.3g}" for i, j in pairs)
    weak, strong = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (weak + strong)
        trial = 2.0 * np.sin(pi / 6.0 * middle * ranks)
        np.fill_diagonal(trial, 1.0)
        positive = np.linalg.eigvalsh(trial)[0] >= _LEAST_EIGENVALUE
        weak, strong = (middle, strong) if positive else (weak, middle)
    remedy = f"multiply them by {floor(100.0 * weak) / 100.0:g} or less, or give the pairs left out (they count as 0)"
    return refusal("dependence", "rank correlations contradict one another", got, remedy)


def common_factor_copula(loadings: Mapping[str, ArrayLike]) -> GaussianCopula:
    """Return the copula of inputs that share common factors which are no inputs themselves.

    Normal score of an input = sum of loading * factor + what is its own, so that two inputs correlate by the sum of the
    products of their loadings; any loadings with squares that sum to less than 1 are free of contradiction.

    Parameters
    ----------
    loadings : mapping of str to float or sequence of float
        For each input its correlation with each factor, the factors in the same order for all.

    Examples
    --------
    >>> float(common_factor_copula({"fade": 0.8, "rate": 0.5}).correlation[0, 1])
    0.4
    """
    matrix = _loadings(list(loadings), [np.atleast_1d(row) for row in loadings.values()])
    correlation = matrix @ matrix.T
    np.fill_diagonal(correlation, 1.0)
    return GaussianCopula(tuple(loadings), 0.5 * (correlation + correlation.T))


def apply_common_factors(factor_units: ArrayLike, units: ArrayLike, loadings: ArrayLike) -> Array:
    """Return units (n, K) of inputs that share factors which are inputs themselves and can be ranked.

    Parameters
    ----------
    factor_units : array_like (n, F)
        Independent units of the common factors.
    units : array_like (n, K)
        Independent units of what is each input's own.
    loadings : array_like (K, F)
        Correlation of each input's normal score with each factor; the squares of a row sum to less than 1.
    """
    rows = np.asarray(loadings, dtype=np.float64)
    matrix = _loadings([f"row {row}" for row in range(rows.shape[0])], list(rows))
    shared = mix(normal_scores(as_columns(factor_units, matrix.shape[1], "common factors")), matrix)
    own = normal_scores(as_columns(units, matrix.shape[0], "common factors"))
    return unit_scores(shared + own * np.sqrt(1.0 - np.sum(matrix**2, axis=1)))


def _loadings(names: list[str], rows: Sequence[ArrayLike]) -> Array:
    """Return the loadings (K, F), refusing ragged rows and rows that leave nothing to the input itself."""
    values = [
        as_numbers("common factors", f"the loadings of {name}", row) for name, row in zip(names, rows, strict=True)
    ]
    if len({len(row) for row in values}) != 1:
        got = ", ".join(f"{name}: {len(row)}" for name, row in zip(names, values, strict=True))
        raise refusal("common factors", "inputs must load on the same factors", got or "none", "write 0 for no loading")
    matrix = np.array(values)
    for name, communality in zip(names, np.sum(matrix**2, axis=1).tolist(), strict=True):
        if not communality < 1.0:
            remedy = "lower the loadings, which are correlations"
            raise refusal(
                "common factors", "squared loadings must sum to less than 1", f"{name}: {communality:g}", remedy
            )
    return matrix


@dataclass(frozen=True, slots=True)
class Dirichlet:
    """Shares of a whole: positive, with sum 1.

    Parameters
    ----------
    concentration : tuple of float
        One number above 0 for each of K >= 2 shares: their ratios are those of the mean shares, their sum says how
        surely (the larger the closer to the mean).
    """

    concentration: tuple[float, ...]

    def __post_init__(self) -> None:
        values = as_numbers("dirichlet", "concentration", self.concentration)
        if len(values) < 2:
            raise refusal("dirichlet", "needs at least two shares", shown(values), "write dirichlet(2, 3, 5)")
        for value in values:
            require_positive("dirichlet", "concentration", value)
        object.__setattr__(self, "concentration", values)

    def columns(self) -> int:
        """Return the number of unit columns that `ppf` takes, K - 1."""
        return len(self.concentration) - 1

    def ppf(self, units: ArrayLike) -> Array:
        """Return shares (n, K) from independent units (n, K - 1), by breaking a stick.

        Column k decides which part of what the shares before it left goes to share k, a beta variable: Connor R. J.,
        Mosimann J. E. 1969, J. American Statistical Association 64, 194-206. Rank the columns as one group, since
        which of them matters depends on the order of the shares.
        """
        points = as_columns(units, self.columns(), "dirichlet")
        shares = np.empty((points.shape[0], len(self.concentration)))
        left = np.ones(points.shape[0])
        for column in range(self.columns()):
            rest = sum(self.concentration[column + 1 :])
            shares[:, column] = left * beta_quantile(self.concentration[column], rest, points[:, column])
            left -= shares[:, column]
        shares[:, -1] = left
        return shares

    def mean(self) -> Array:
        """Return the mean shares (K,)."""
        return np.array(self.concentration) / sum(self.concentration)

    def __str__(self) -> str:
        return text("dirichlet", *self.concentration)


@shares("dirichlet(2, 3, 5)")
def dirichlet(*concentration: float) -> Dirichlet:
    """Return the Dirichlet distribution of two or more shares.

    Examples
    --------
    >>> print(dirichlet(2, 3, 5), dirichlet(2, 3, 5).mean())
    dirichlet(2, 3, 5) [0.2 0.3 0.5]
    """
    return Dirichlet(concentration)


@shares("dirichlet_shares([0.25, 0.75], 40)")
def dirichlet_shares(shares: Sequence[float], concentration: float) -> Dirichlet:
    """Return the Dirichlet distribution with mean shares, each of variance share (1 - share) / (concentration + 1).

    Examples
    --------
    >>> print(dirichlet_shares([0.25, 0.75], 40))
    dirichlet(10, 30)
    """
    total = number("dirichlet_shares", "concentration", concentration)
    means = as_numbers("dirichlet_shares", "shares", shares)
    return Dirichlet(tuple(total * mean for mean in as_probabilities("dirichlet_shares", means, len(means))))
