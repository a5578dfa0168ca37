"""Functions whose Sobol' indices are known exactly, for trying things out and for checking the toolkit.

Each formula is vectorised over points; `known` gives the exact indices with their source.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

G_COEFFICIENTS = (0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A function with exact Sobol' indices.

    Parameters
    ----------
    name : str
        What it is called.
    inputs : tuple of str
        The distribution of each input, as text.
    evaluate : callable
        Points (n, D) -> outputs (n,).
    first, total : ndarray, shape (D,)
        Exact first-order and total-order indices.
    source : str
        Where the function and its indices come from.
    """

    name: str
    inputs: tuple[str, ...]
    evaluate: Callable[[Array], Array]
    first: Array
    total: Array
    source: str


def ishigami(x1: Array, x2: Array, x3: Array) -> Array:
    """Return sin(x1) + 7 sin(x2)**2 + 0.1 x3**4 sin(x1), each x uniform between -pi and pi.

    Source: Ishigami and Homma (1990), "An importance quantification technique in uncertainty analysis for computer
    models", ISUMA '90; constants 7 and 0.1 as in Sobol' and Levitan (1999).

    Examples
    --------
    >>> import numpy as np
    >>> float(ishigami(np.float64(np.pi / 2), np.float64(0.0), np.float64(0.0)))
    1.0
    """
    return np.asarray(np.sin(x1) + 7.0 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1))


def sobol_g(x1: Array, x2: Array, x3: Array, x4: Array, x5: Array, x6: Array, x7: Array, x8: Array) -> Array:
    """Return the product of (|4 x - 2| + a) / (1 + a), a = 0, 1, 4.5, 9, 99, 99, 99, 99, each x uniform in (0, 1).

    Source: Saltelli and Sobol' (1995), "About the use of rank transformation in sensitivity analysis of model output",
    Reliability Engineering and System Safety 50, 225-239.
    """
    return _sobol_g(np.stack([x1, x2, x3, x4, x5, x6, x7, x8], axis=-1), np.array(G_COEFFICIENTS))


def _sobol_g(x: Array, a: Array) -> Array:
    return np.asarray(np.prod((np.abs(4.0 * x - 2.0) + a) / (1.0 + a), axis=-1))


def borehole(
    well_radius: Array,
    influence_radius: Array,
    upper_transmissivity: Array,
    upper_head: Array,
    lower_transmissivity: Array,
    lower_head: Array,
    borehole_length: Array,
    conductivity: Array,
) -> Array:
    """Return the water flow through a borehole between two aquifers [m3/yr].

    Source: Harper and Gupta (1983), "Sensitivity/uncertainty analysis of a borehole scenario comparing Latin hypercube
    sampling and deterministic sensitivity approaches", BMI/ONWI-516; radii, lengths and heads in m, transmissivities in
    m2/yr, conductivity in m/yr.
    """
    spread = np.log(influence_radius / well_radius)
    leak = 2.0 * borehole_length * upper_transmissivity / (spread * well_radius**2 * conductivity)
    flow = 2.0 * np.pi * upper_transmissivity * (upper_head - lower_head)
    return np.asarray(flow / (spread * (1.0 + leak + upper_transmissivity / lower_transmissivity)))


def product_indices(relative_variances: Array) -> tuple[Array, Array]:
    """Return the indices of a product of independent terms with these squared coefficients of variation.

    The variance of a product is the product of (1 + v) less 1, in units of the squared mean: Sobol' (2003), "Theorems
    and examples on high dimensional model representation", Reliability Engineering and System Safety 79, 187-193.

    Examples
    --------
    >>> import numpy as np
    >>> first, total = product_indices(np.array([1.0, 1.0]))
    >>> first.round(3), total.round(3)
    (array([0.333, 0.333]), array([0.667, 0.667]))
    """
    whole = np.prod(1.0 + relative_variances)
    variance = whole - 1.0
    return relative_variances / variance, relative_variances * whole / (1.0 + relative_variances) / variance


def known_ishigami(a: float = 7.0, b: float = 0.1) -> Known:
    """Return the Ishigami function with its indices."""
    one = 0.5 * (1.0 + b * math.pi**4 / 5.0) ** 2
    two = a**2 / 8.0
    both = b**2 * math.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    variance = one + two + both
    first = np.array([one, two, 0.0]) / variance
    total = np.array([one + both, two, both]) / variance
    bounds = f"uniform({-math.pi!r}, {math.pi!r})"
    return Known(
        "Ishigami", (bounds,) * 3, lambda x: ishigami(*x.T), first, total, "Sobol' and Levitan (1999), section 4"
    )


def known_sobol_g(a: Sequence[float] = G_COEFFICIENTS) -> Known:
    """Return Sobol's G function with its indices."""
    coefficients = np.array(a)
    first, total = product_indices(1.0 / (3.0 * (1.0 + coefficients) ** 2))
    inputs = ("uniform(0, 1)",) * len(a)
    return Known(
        "Sobol' G", inputs, lambda x: _sobol_g(x, coefficients), first, total, "Saltelli and Sobol' (1995), eq. 15"
    )


def known_g_star(a: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.8, 1.0, 2.0, 3.0, 4.0), alpha: float = 0.5) -> Known:
    """Return the G* function, G with an exponent and shifted inputs, with its indices.

    Source: Saltelli et al. (2010), "Variance based sensitivity analysis of model output", Computer Physics
    Communications 181, eqs. 33-35, test case 2.5.
    """
    coefficients = np.array(a)
    shift = np.linspace(0.1, 0.9, len(a))

    def evaluate(x: Array) -> Array:
        fraction = np.modf(x + shift)[0]
        bent = (1.0 + alpha) * np.abs(2.0 * fraction - 1.0) ** alpha
        return np.asarray(np.prod((bent + coefficients) / (1.0 + coefficients), axis=-1))

    first, total = product_indices(alpha**2 / ((1.0 + 2.0 * alpha) * (1.0 + coefficients) ** 2))
    return Known("G*", ("uniform(0, 1)",) * len(a), evaluate, first, total, "Saltelli et al. (2010), eqs. 33-35")


def known_sobol_levitan(b: Sequence[float] = (1.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.4, 0.4, 0.4, 0.4)) -> Known:
    """Return the exponential of a weighted sum of uniform inputs, less its mean, with its indices.

    Source: Sobol' and Levitan (1999), "On the use of variance reducing multipliers in Monte Carlo computations of a
    global sensitivity index", Computer Physics Communications 117, 52-61. The weights here are ours.
    """
    weights = np.array(b)
    means = np.expm1(weights) / weights
    squares = np.expm1(2.0 * weights) / (2.0 * weights)
    first, total = product_indices(squares / means**2 - 1.0)
    centre = float(np.prod(means))
    inputs = ("uniform(0, 1)",) * len(b)
    return Known(
        "Sobol'-Levitan", inputs, lambda x: np.exp(x @ weights) - centre, first, total, "Sobol' and Levitan (1999)"
    )


def known_bratley(dims: int = 8) -> Known:
    """Return the alternating sum of running products of uniform inputs, with its indices.

    Source: Bratley, Fox and Niederreiter (1992), "Implementation and tests of low-discrepancy sequences", ACM
    Transactions on Modeling and Computer Simulation 2, 195-213. The function is linear in each input, which gives the
    indices: with g_k the factor of x_k, V_k = E[g_k]**2 / 12 and VT_k = E[g_k**2] / 12.
    """
    sign = (-1.0) ** np.arange(1, dims + 1)
    i, j = np.meshgrid(np.arange(1, dims + 1), np.arange(1, dims + 1), indexing="ij")
    product = np.outer(sign, sign) * (1.0 / 3.0) ** np.minimum(i, j) * 0.5 ** np.abs(i - j)
    variance = product.sum() - (sign * 0.5 ** np.arange(1, dims + 1)).sum() ** 2
    first, total = np.empty(dims), np.empty(dims)
    for k in range(dims):
        first[k] = (sign[k:] * 0.5 ** np.arange(k, dims)).sum() ** 2 / 12.0
        # Without its own factor x_k, a running product has one factor fewer.
        total[k] = 3.0 * product[k:, k:].sum() / 12.0
    return Known(
        "Bratley",
        ("uniform(0, 1)",) * dims,
        lambda x: np.asarray((np.cumprod(x, axis=-1) * sign).sum(axis=-1)),
        first / variance,
        total / variance,
        "Bratley, Fox and Niederreiter (1992); indices derived from linearity in each input",
    )


def known_borgonovo(exponents: Sequence[float] = (1.0, 1.0, 1.0), sigmas: Sequence[float] = (0.3, 0.5, 0.2)) -> Known:
    """Return a product of powers of lognormal inputs, with its indices.

    Source: Borgonovo, Castaings and Tarantola (2011), "Moment independent importance measures: new results and
    analytical test cases", Risk Analysis 31, 404-428. The spreads here are ours.
    """
    powers, spreads = np.array(exponents), np.array(sigmas)
    first, total = product_indices(np.expm1((powers * spreads) ** 2))
    inputs = tuple(f"lognormal(1, {spread})" for spread in sigmas)
    return Known(
        "Borgonovo", inputs, lambda x: np.prod(x**powers, axis=-1), first, total, "Borgonovo et al. (2011), section 4"
    )


def known_oakley_ohagan(a1: Array, a2: Array, a3: Array, m: Array) -> Known:
    """Return a1.x + a2.sin(x) + a3.cos(x) + x.M.x for standard normal inputs, with its indices.

    Source: Oakley and O'Hagan (2004), "Probabilistic sensitivity analysis of complex models: a Bayesian approach",
    Journal of the Royal Statistical Society B 66, 751-769; their 15-input coefficients come with SALib. Normal moments
    give the indices: cov(x, sin x) = exp(-1/2), cov(x**2, cos x) = -exp(-1/2), and pairs interact through M alone.
    """
    diagonal = np.diag(m)
    root = math.exp(-0.5)
    own = a1**2 + 0.5 * a2**2 * (1.0 - math.exp(-2.0)) + 2.0 * a1 * a2 * root
    own += 0.5 * a3**2 * (1.0 - math.exp(-1.0)) ** 2 + 2.0 * diagonal**2 - 2.0 * a3 * diagonal * root
    pairs = (m + m.T - 2.0 * np.diag(diagonal)) ** 2
    variance = own.sum() + 0.5 * pairs.sum()
    return Known(
        "Oakley-O'Hagan",
        ("normal(0, 1)",) * len(a1),
        lambda x: np.asarray(x @ a1 + np.sin(x) @ a2 + np.cos(x) @ a3 + np.einsum("ni,ij,nj->n", x, m, x)),
        own / variance,
        (own + pairs.sum(axis=1)) / variance,
        "Oakley and O'Hagan (2004); indices from normal moments",
    )


def known_weighted_sum(
    alpha: Sequence[float] = (4.0, 2.0, 1.0),
    means: Sequence[float] = (1.0, 2.0, 4.0),
    spreads: Sequence[float] = (0.2, 0.5, 1.0),
) -> tuple[Array, Array]:
    """Return the indices of sum(w x), w Dirichlet as one group and each x independent: of the shares, then of each x.

    With independent shares and terms, V_w = mu' Cov(w) mu, V_i = s_i**2 E[w_i]**2 and VT_i = s_i**2 E[w_i**2].

    Examples
    --------
    >>> first, total = known_weighted_sum()
    >>> bool(0.0 < first.sum() < 1.0 < total.sum())
    True
    """
    shape, centre, spread = np.array(alpha), np.array(means), np.array(spreads)
    whole = shape.sum()
    share = shape / whole
    covariance = (np.diag(share) - np.outer(share, share)) / (whole + 1.0)
    squares = np.diag(covariance) + share**2
    shares = float(centre @ covariance @ centre)
    variance = shares + float(spread**2 @ squares)
    shares_total = variance - float(spread**2 @ share**2)
    first = np.concatenate([[shares], spread**2 * share**2])
    total = np.concatenate([[shares_total], spread**2 * squares])
    return first / variance, total / variance


def linear_gaussian_shapley(coefficients: Array, covariance: Array) -> Array:
    """Return the Shapley effects of beta.x for jointly normal inputs, from exact conditional variances.

    Source: Owen and Prieur (2017), "On Shapley value for measuring importance of dependent inputs", SIAM/ASA Journal on
    Uncertainty Quantification 5, section 4.2: a set u explains the variance beta' C[:, u] C[u, u]^-1 C[u, :] beta.

    Examples
    --------
    >>> import numpy as np
    >>> linear_gaussian_shapley(np.array([1.0, 1.0]), np.array([[1.0, 0.5], [0.5, 1.0]]))
    array([0.5, 0.5])
    """
    dims = len(coefficients)
    slope = covariance @ coefficients
    explained = np.zeros(1 << dims)
    for subset in range(1, 1 << dims):
        members = [i for i in range(dims) if subset >> i & 1]
        explained[subset] = slope[members] @ np.linalg.solve(covariance[np.ix_(members, members)], slope[members])
    effects = np.zeros(dims)
    for i in range(dims):
        for subset in range(1 << dims):
            if not subset >> i & 1:
                weight = 1.0 / (dims * math.comb(dims - 1, subset.bit_count()))
                effects[i] += weight * (explained[subset | 1 << i] - explained[subset])
    return np.asarray(effects / explained[-1])
