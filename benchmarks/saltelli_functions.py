"""Functions of points of the unit cube whose Sobol' indices are known, for the checks of the Saltelli design.

Indices of sums, products and polynomials are exact. Those of the engineering functions are averages over 32 scrambles
of 2**16 base rows (`python benchmarks/saltelli_design.py truth --full` prints them): total indices good to four digits,
first ones to 2e-5.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri
from scipy.stats import triang

from mcsim.studies.examples import functions

Array = npt.NDArray[np.float64]
BENT = [2, 4, 6]


@dataclass(frozen=True)
class Function:
    """A function of points of the unit cube, and its exact indices."""

    name: str
    dims: int
    evaluate: Callable[[Array], Array]
    first: Array
    total: Array


def scaled(evaluate: Callable[..., Array], *ranges: tuple[float, float]) -> Callable[[Array], Array]:
    low, high = np.array(ranges).T
    return lambda unit: evaluate(*(low + (high - low) * unit).T)


def additive(shares: tuple[float, ...]) -> Function:
    weights = np.sqrt(shares) / np.sqrt(np.sum(shares))
    return Function("additive normal", len(shares), lambda u: ndtri(u) @ weights, weights**2, weights**2)


def product(slopes: tuple[float, ...]) -> Function:
    slope = np.array(slopes)
    first, total = functions.product_indices(slope**2 / 3.0)
    return Function("product", len(slopes), lambda u: np.prod(1.0 + slope * (2.0 * u - 1.0), axis=-1), first, total)


def product_with_totals(totals: tuple[float, ...], main: float = 0.8) -> Function:
    """Return a product whose first input has this slope and whose others have these total indices."""
    ratio = 0.5  # variance of the whole over its mean square
    for _ in range(200):
        # ST = v / (1 + v) / ratio, where 1 / (1 - ratio) is the product of all 1 + v.
        small = np.array(totals) * ratio / (1.0 - np.array(totals) * ratio)
        ratio = 1.0 - 1.0 / ((1.0 + main**2 / 3.0) * float(np.prod(1.0 + small)))
    return product((main, *np.sqrt(3.0 * small)))


def exponential(scale: float = 0.01, dims: int = 20) -> Function:
    """Return exp of a weighted sum of 20 inputs, weights falling by sqrt(2): known as Moon-Herrera."""
    weights = scale * 2.0 ** (-0.5 * np.arange(dims))
    means, squares = np.expm1(weights) / weights, np.expm1(2.0 * weights) / (2.0 * weights)
    first, total = functions.product_indices(squares / means**2 - 1.0)
    return Function("Moon-Herrera", dims, lambda u: np.exp(u @ weights), first, total)


def known(name: str, found: functions.Known) -> Function:
    return Function(name, len(found.first), found.evaluate, found.first, found.total)


def morris(unit: Array) -> Array:
    """Morris (1991), section 4, with the alternating signs of later users in place of its random coefficients."""
    w = 2.0 * unit - 1.0
    w[:, BENT] = bent(unit[:, BENT])
    number = np.arange(1, 21)
    one = np.where(number <= 10, 20.0, (-1.0) ** number)
    sign = (-1.0) ** np.add.outer(number, number)
    two = np.where(np.maximum.outer(number, number) <= 6, -15.0, sign)
    y = w @ one + np.einsum("ni,ij,nj->n", w, np.triu(two, 1), w)
    power = [np.sum(w[:, :5] ** k, axis=1) for k in (1, 2, 3)]
    # Newton's identities: sums over i < j < l of products, from sums of powers.
    y += -10.0 * (power[0] ** 3 - 3.0 * power[0] * power[1] + 2.0 * power[2]) / 6.0
    return np.asarray(y + 5.0 * np.prod(w[:, :4], axis=1))


def bent(unit: Array) -> Array:
    return np.asarray(2.2 * unit / (unit + 0.1) - 1.0)


def morris_indices() -> tuple[Array, Array]:
    """Return exact indices: the function is linear in each w, so a set of inputs acts by their product alone."""
    coefficients: dict[tuple[int, ...], float] = {(i,): 20.0 if i < 10 else (-1.0) ** (i + 1) for i in range(20)}
    coefficients |= {(i, j): -15.0 if j < 6 else (-1.0) ** (i + j) for i, j in combinations(range(20), 2)}
    coefficients |= dict.fromkeys(combinations(range(5), 3), -10.0) | {(0, 1, 2, 3): 5.0}
    unit = (np.arange(10**6) + 0.5) / 10**6
    mean, variance = np.zeros(20), np.full(20, 1.0 / 3.0)
    mean[BENT], variance[BENT] = bent(unit).mean(), bent(unit).var()
    constants: dict[tuple[int, ...], float] = {}
    for inputs, value in coefficients.items():
        for size in range(1, len(inputs) + 1):
            for part in combinations(inputs, size):
                rest = [i for i in inputs if i not in part]
                constants[part] = constants.get(part, 0.0) + value * float(np.prod(mean[rest]))
    parts = {part: constant**2 * float(np.prod(variance[list(part)])) for part, constant in constants.items()}
    whole = sum(parts.values())
    first = np.array([parts[i,] for i in range(20)])
    total = np.array([sum(value for part, value in parts.items() if i in part) for i in range(20)])
    return first / whole, total / whole


def wing_weight(s, fuel, aspect, sweep, q, taper, thickness, load, gross, paint):  # type: ignore[no-untyped-def]
    """Forrester, Sobester and Keane (2008), "Engineering design via surrogate modelling", section 1.4."""
    cosine = np.cos(np.deg2rad(sweep))
    weight = 0.036 * s**0.758 * fuel**0.0035 * (aspect / cosine**2) ** 0.6 * q**0.006 * taper**0.04
    return weight * (100.0 * thickness / cosine) ** -0.3 * (load * gross) ** 0.49 + s * paint


def otl_circuit(b1, b2, f, c1, c2, beta):  # type: ignore[no-untyped-def]
    """Ben-Ari and Steinberg (2007), "Modeling data from computer experiments", Quality Engineering 19(4)."""
    base, gain = 12.0 * b2 / (b1 + b2), beta * (c2 + 9.0)
    return ((base + 0.74) * gain + 11.35 * f + 0.74 * f * gain / c1) / (gain + f)


def piston(mass, surface, volume, spring, pressure, ambient, filling):  # type: ignore[no-untyped-def]
    """Kenett and Zacks (1998), "Modern industrial statistics", section 12.1."""
    force = pressure * surface + 19.62 * mass - spring * volume / surface
    gas = pressure * volume / filling * ambient
    now = surface / (2.0 * spring) * (np.sqrt(force**2 + 4.0 * spring * gas) - force)
    return 2.0 * np.pi * np.sqrt(mass / (spring + surface**2 * gas / now**2))


def flood(unit: Array) -> Array:
    """Iooss and Lemaitre (2015), "A review on global sensitivity analysis methods", section 2: height of the water."""
    low, high = (np.exp(-np.exp(-(edge - 1013.0) / 558.0)) for edge in (500.0, 3000.0))
    flow = 1013.0 - 558.0 * np.log(-np.log(low + (high - low) * unit[:, 0]))
    below = ndtr((15.0 - 30.0) / 8.0)
    rough = 30.0 + 8.0 * ndtri(below + (1.0 - below) * unit[:, 1])
    centres, halves = np.array([50.0, 55.0, 55.5, 5000.0, 300.0]), np.array([1.0, 1.0, 0.5, 10.0, 5.0])
    down, up, bank, length, width = (centres - halves + 2.0 * halves * triang.ppf(unit[:, [2, 3, 5, 6, 7]], 0.5)).T
    height = (flow / (width * rough * np.sqrt((up - down) / length))) ** 0.6
    return np.asarray(down + height - (7.0 + 2.0 * unit[:, 4]) - bank)


WING = (
    (150, 200),
    (220, 300),
    (6, 10),
    (-10, 10),
    (16, 45),
    (0.5, 1),
    (0.08, 0.18),
    (2.5, 6),
    (1700, 2500),
    (0.025, 0.08),
)
OTL = ((50, 150), (25, 70), (0.5, 3), (1.2, 2.5), (0.25, 1.2), (50, 300))
PISTON = ((30, 60), (0.005, 0.02), (0.002, 0.01), (1000, 5000), (90_000, 110_000), (290, 296), (340, 360))
NUMERIC = {
    "wing weight": (10, scaled(wing_weight, *WING)),
    "OTL circuit": (6, scaled(otl_circuit, *OTL)),
    "piston": (7, scaled(piston, *PISTON)),
    "flood": (8, flood),
}
TRUTH = {
    "wing weight": (
        (0.12448, 2.8045e-06, 0.22023, 0.00048914, 8.8547e-05, 0.0018097, 0.14098, 0.41162, 0.084966, 0.0033386),
        (0.1279, 2.9294e-06, 0.226, 0.0005064, 9.1173e-05, 0.0018713, 0.14507, 0.41967, 0.087599, 0.0033619),
    ),
    "OTL circuit": (
        (0.49566, 0.4072, 0.070842, 0.01864, 3.7979e-08, 1.2649e-05),
        (0.50014, 0.41168, 0.074006, 0.021803, 5.1743e-08, 1.4941e-05),
    ),
    "piston": (
        (0.039104, 0.55715, 0.32107, 0.020606, 0.0012372, 3.3607e-06, 2.5839e-05),
        (0.050879, 0.59937, 0.35279, 0.066939, 0.0013473, 9.0172e-06, 7.0234e-05),
    ),
    "flood": (
        (0.34485, 0.13378, 0.18958, 0.003457, 0.28382, 0.035478, 3.3556e-07, 9.2677e-05),
        (0.35359, 0.14225, 0.18993, 0.0038062, 0.28382, 0.035477, 3.6331e-07, 0.00010093),
    ),
}


def all_functions() -> list[Function]:
    numeric = [
        Function(name, dims, evaluate, *(np.array(values) for values in TRUTH[name]))
        for name, (dims, evaluate) in NUMERIC.items()
    ]
    exact = [
        additive((0.5, 0.25, 0.1, 0.055, 0.045, 0.03, 0.01, 0.01)),
        known("Sobol' G", functions.known_sobol_g()),
        exponential(),
        product((0.9, 0.7, 0.5, 0.3, 0.2, 0.1)),
        known("Bratley", functions.known_bratley()),
        Function("Morris", 20, morris, *morris_indices()),
    ]
    return exact + numeric
