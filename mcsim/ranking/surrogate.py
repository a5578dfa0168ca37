"""Sobol' indices of a surrogate fitted to few draws: polynomial chaos, refused where it does not hold in other draws.

For programs that take minutes: 200 runs rank what a Sobol' design would take thousands for, where the model is smooth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np

from mcsim.engine.cores import side_by_side
from mcsim.ranking.method import FITTED_SHARES, Analysis, GivenData, Measures
from mcsim.ranking.thinned import thinned, thinned_lines
from mcsim.study import FloatArray, InputError, IntArray, remarks
from mcsim.study.remarks import Remark

MOST_ERROR = 0.1  # of the variance, in draws left out: beyond it nothing is told
_DEGREE, _NORM, _PRODUCT = 12, 0.75, 3  # of polynomials at most: degree, hyperbolic norm, inputs in a product
_CANDIDATES, _TERMS, _PER_TERM = 1500, 150, 3  # looked at, and taken, at most; draws for each taken, at least
_PATIENCE = 20  # terms without gain, and the search ends
_FOLDS, MOST_DRAWS = 4, 1000  # of the draws, each left out of a fit of its own; draws looked at

Term = tuple[tuple[int, int], ...]  # (input, degree), and so on: a product


class Surrogate(NamedTuple):
    """A sum of products of polynomials, each of mean 0 and square 1.

    Parameters
    ----------
    terms : list of Term
        The products.
    weights : ndarray, shape (1 + terms,)
        A constant and their factors, for an output of variance 1.
    """

    terms: list[Term]
    weights: FloatArray


def chaos_indices(
    x: FloatArray,
    y: FloatArray,
    laws: FloatArray | None = None,
    factors: Sequence[Sequence[int]] | None = None,
    seed: int = 1,
    jobs: int = 1,
) -> Measures:
    """Return first- and total-order indices of inputs that are independent, from a polynomial chaos of few draws.

    Polynomials are orthonormal under the law of each input, whatever it is (arbitrary polynomial chaos); which
    products enter is decided one by one by what they explain of the rest (orthogonal matching pursuit), and how many by
    the error in each draw when it is left out. The error that is told comes from folds of the draws, each of which took
    no part in that choice: that of the draws that chose is several times too small. The variance of a sum of
    orthonormal functions is the sum of its squared weights, so that indices are sums of them.

    Source: Sudret (2008), "Global sensitivity analysis using polynomial chaos expansions", Reliab. Eng. Syst. Saf. 93,
    equations (28) to (36); Blatman and Sudret (2011), "Adaptive sparse polynomial chaos expansion based on least angle
    regression", J. Comput. Phys. 230, for the hyperbolic set and the corrected leave-one-out error; Oladyshkin and
    Nowak (2012), Reliab. Eng. Syst. Saf. 106, for polynomials of data.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    y : ndarray, shape (n, n_values)
        Outputs.
    laws : ndarray, shape (m, n_inputs), optional
        Many values of each input, for which no output is known; the draws themselves by default.
    factors : sequence of sequence of int, optional
        Columns that each factor is made of; every column is one by default.
    seed : int
        Of the folds.
    jobs : int
        Threads over the outputs.

    Returns
    -------
    dict
        ``S1``, ``ST`` and ``error`` (the same for every factor), each (n_factors, n_values); indices are NaN where the
        error is above `MOST_ERROR`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).random((100, 2))
    >>> found = chaos_indices(x, (x[:, 0] * x[:, 1])[:, None])
    >>> found["S1"][:, 0].round(2), found["ST"][:, 0].round(2), bool(found["error"][0, 0] < 1e-12)
    (array([0.41, 0.45]), array([0.55, 0.59]), True)
    """
    members = factors or [(place,) for place in range(x.shape[1])]
    found = {name: np.full((len(members), y.shape[1]), np.nan) for name in ("S1", "ST", "error")}
    for place, (fitted, error) in enumerate(expansion(x, y, laws, seed, jobs).fits):
        found["error"][:, place] = error
        if error <= MOST_ERROR:
            found["S1"][:, place], found["ST"][:, place] = shares(fitted, members)
    return found


class Expansion(NamedTuple):
    """Polynomial chaos of several outputs.

    Parameters
    ----------
    terms : list of Term
        Products looked at.
    functions : ndarray, shape (n, terms)
        Their values in the draws.
    fits : list of (Surrogate, float)
        Of each output, in units of its standard deviation, and the share of the variance missed in draws left out.
    """

    terms: list[Term]
    functions: FloatArray
    fits: list[tuple[Surrogate, float]]


def expansion(x: FloatArray, y: FloatArray, laws: FloatArray | None, seed: int, jobs: int) -> Expansion:
    """Return the polynomial chaos of outputs; arguments as in `chaos_indices`."""
    known = x if laws is None else laws
    alone = [polynomials(column, law) for column, law in zip(x.T, known.T, strict=True)]
    terms = candidates([part.shape[1] for part in alone])
    functions = np.column_stack([_product(alone, term) for term in terms])
    fold = folds(len(x), seed, _FOLDS)
    scaled = (y - y.mean(axis=0)) / y.std(axis=0)
    return Expansion(terms, functions, _all(functions, terms, scaled, fold, jobs))


def folds(n: int, seed: int, count: int) -> IntArray:
    """Return which of so many folds each draw is in, by chance, keyed by seed and draw."""
    from mcsim.kernels.streams import stream_of, uniforms_at

    chances = uniforms_at(seed, stream_of("surrogate/folds"), np.arange(n))
    return np.argsort(np.argsort(chances, kind="stable"), kind="stable") % count


def _all(
    functions: FloatArray, terms: Sequence[Term], scaled: FloatArray, fold: IntArray, jobs: int
) -> list[tuple[Surrogate, float]]:
    """Return each output's surrogate and its error in draws left out."""
    return side_by_side([partial(_one, functions, terms, column, fold) for column in scaled.T], jobs)


def _one(functions: FloatArray, terms: Sequence[Term], y: FloatArray, fold: IntArray) -> tuple[Surrogate, float]:
    missed = 0.0
    where = {term: place for place, term in enumerate(terms)}
    for own in range(_FOLDS):
        aside = fold == own
        part = pursuit(functions[~aside], terms, y[~aside])
        columns = [where[term] for term in part.terms]
        missed += float(((y[aside] - part.weights[0] - functions[aside][:, columns] @ part.weights[1:]) ** 2).sum())
    return pursuit(functions, terms, y), missed / len(y)


def polynomials(column: FloatArray, law: FloatArray, degree: int = _DEGREE) -> FloatArray:
    """Return polynomials of an input in its draws, (n, q), orthonormal over its law and to the constant.

    Examples
    --------
    >>> law = np.array([0.0, 1.0])
    >>> polynomials(np.array([0.0, 0.0, 1.0]), law).round(12)
    array([[-1.],
           [-1.],
           [ 1.]])
    """
    distinct = min(len(np.unique(column)), len(np.unique(law)))
    if distinct < 2:
        return np.empty((len(column), 0))
    low, high = min(column.min(), law.min()), max(column.max(), law.max())
    # Of few draws a high degree is a guess at the ends: the degree grows as the square root of the draws.
    most = min(degree, distinct - 1, max(2, int(np.sqrt(len(column)) * 0.8)))
    raw, own = (
        np.polynomial.legendre.legvander(2.0 * (part - low) / (high - low) - 1.0, most) for part in (law, column)
    )
    upper = np.linalg.qr(raw / np.sqrt(len(law)), mode="r")
    upper *= np.sign(np.diag(upper))[:, None]
    return np.asarray(np.linalg.solve(upper.T, own.T).T[:, 1:])


def candidates(degrees: Sequence[int]) -> list[Term]:
    """Return products of few inputs, low degrees first, within the hyperbolic norm; as many as there is room for.

    Examples
    --------
    >>> candidates([2, 1])
    [((0, 1),), ((1, 1),), ((0, 2),), ((0, 1), (1, 1)), ((0, 2), (1, 1))]
    """
    inputs = [place for place, most in enumerate(degrees) if most > 0]
    sized: list[tuple[float, Term]] = []
    for size in range(1, _PRODUCT + 1):
        for columns in combinations(inputs, size):
            for each in _powers(size):
                if all(own <= degrees[column] for own, column in zip(each, columns, strict=True)):
                    norm = sum(own**_NORM for own in each) ** (1.0 / _NORM)
                    sized.append((norm, tuple(zip(columns, each, strict=True))))
    sized.sort(key=lambda pair: (round(pair[0], 9), len(pair[1]), pair[1]))
    return [term for _, term in sized[:_CANDIDATES]]


def _powers(size: int) -> list[tuple[int, ...]]:
    """Return all degrees of a product of so many inputs within the norm."""
    found: list[tuple[int, ...]] = [()]
    for _ in range(size):
        found = [(*before, own) for before in found for own in range(1, _DEGREE + 1)]
        found = [each for each in found if sum(own**_NORM for own in each) ** (1.0 / _NORM) <= _DEGREE + 1e-9]
    return found


def _product(alone: Sequence[FloatArray], term: Term) -> FloatArray:
    value = np.ones(len(alone[0]))
    for column, degree in term:
        value = value * alone[column][:, degree - 1]
    return value


def pursuit(functions: FloatArray, terms: Sequence[Term], y: FloatArray) -> Surrogate:
    """Return the sum of functions that misses least in draws left out.

    Parameters
    ----------
    functions : ndarray, shape (n, candidates)
        Values of the terms.
    terms : sequence of Term
        What they are.
    y : ndarray, shape (n,)
        An output of variance about 1.
    """
    n = len(y)
    most = max(1, min(len(terms), n // _PER_TERM, _TERMS))
    basis = np.empty((n, most + 1))
    basis[:, 0] = 1.0 / np.sqrt(n)
    left, held = y - y.mean(), np.full(n, 1.0 / n)
    rest = functions - functions.mean(axis=0)
    # What the terms taken so far leave of each candidate, kept at length 1: the next one explains most of what is left.
    taken: list[int] = []
    least, best = float("inf"), 0
    size = np.linalg.norm(rest, axis=0)
    whole = size.copy()
    for count in range(most):
        able = size > 1e-6 * whole
        gain = np.where(able, np.abs(left @ rest) / np.where(able, size, 1.0), -1.0)
        gain[taken] = -1.0
        chosen = int(np.argmax(gain))
        if gain[chosen] <= 0.0:
            break
        own = rest[:, chosen] / size[chosen]
        own -= basis[:, : count + 1] @ (basis[:, : count + 1].T @ own)
        own /= np.linalg.norm(own)
        basis[:, count + 1] = own
        taken.append(chosen)
        left = left - (own @ left) * own
        rest = rest - np.outer(own, own @ rest)
        size = np.linalg.norm(rest, axis=0)
        held = held + own**2
        error = _left_out(left, held, len(taken) + 1)
        if error < least:
            least, best = error, len(taken)
        elif len(taken) - best >= _PATIENCE:
            break
        if error < 1e-20:
            break
    columns = np.column_stack([np.ones(n), functions[:, taken[:best]]])
    return Surrogate(
        [terms[place] for place in taken[:best]], np.asarray(np.linalg.lstsq(columns, y, rcond=None)[0], float)
    )


def _left_out(left: FloatArray, held: FloatArray, n_terms: int) -> float:
    """Return the mean square error in each draw of the fit to the others, corrected for the choice of few terms.

    What a fit of least squares misses in a draw that it has not seen is its residual over 1 - h, h the draw's own
    weight in its fitted value. The factor is that of Chapelle, Vapnik and Bengio (2002), here with orthonormal terms.
    """
    n = len(left)
    if n_terms >= n - 1:
        return float("inf")
    apart = float(np.mean((left / np.maximum(1.0 - held, 1e-9)) ** 2))
    return apart * n / (n - n_terms) * (1.0 + n_terms / n)


def shares(fitted: Surrogate, factors: Sequence[Sequence[int]]) -> tuple[FloatArray, FloatArray]:
    """Return first- and total-order indices of factors in a surrogate, each (n_factors,)."""
    squares = fitted.weights[1:] ** 2
    of = [{column for column, _ in term} for term in fitted.terms]
    first = [sum(square for columns, square in zip(of, squares, strict=True) if columns <= set(own)) for own in factors]
    total = [sum(square for columns, square in zip(of, squares, strict=True) if columns & set(own)) for own in factors]
    return np.array(first) / squares.sum(), np.array(total) / squares.sum()


def _analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    rows, factors = thinned(len(x), MOST_DRAWS, about, "surrogate")
    return chaos_indices(x[rows], y[rows], about.laws, factors, about.seed, about.jobs)


def told_of_fit(name: str, method: str, what: Remark, errors: FloatArray) -> list[str]:
    """Return how far a fit holds, of the share of the variance (V,) that it misses in draws left out.

    Raises
    ------
    InputError
        Where it holds for no element.
    """
    known = errors[np.isfinite(errors)]
    if len(known) == 0:
        return []
    ends = [f"{100 * end:.2g}" for end in (known.min(), known.max())]
    missed = f"{ends[0]} %" if ends[0] == ends[1] else remarks.ENDS(low=ends[0], high=f"{ends[1]} %")
    if (known > MOST_ERROR).all():
        raise InputError(
            f"{name}: {method}: misses {missed} of the variance in draws left out (got {known.min():.3g}); at most "
            f"{MOST_ERROR:g}: more draws, or another method"
        )
    lines = [remarks.MISSES(output=name, what=what(), missed=missed)]
    poor = int((known > MOST_ERROR).sum())
    if poor > 0:
        lines.append(remarks.MISSES_MORE(output=name, count=poor, total=len(errors), most=f"{MOST_ERROR:g}"))
    return lines


def _thinned(method: str, most: int, name: str, y: FloatArray, about: Analysis) -> list[str]:
    return thinned_lines(name, method, len(y), most)


def _told(method: str, what: Remark, name: str, measures: Measures) -> list[str]:
    return told_of_fit(name, method, what, measures["error"][0])


def method_of_fit(
    name: str, tells: str, what: Remark, most: int, analysis: Callable[[FloatArray, FloatArray, Analysis], Measures]
) -> GivenData:
    """Return a method whose indices are those of a fit to at most so many draws, told by `what` and by its error."""
    return GivenData(
        name,
        tells,
        "ST",
        analysis,
        grouped=True,
        independent=True,
        lawful=True,
        inspect=partial(_thinned, name, most),
        remarks=partial(_told, name, what),
        telling=FITTED_SHARES,
    )


SURROGATE = method_of_fit(
    "surrogate",
    "first and total order from some 200 runs of a slow smooth model, by polynomial chaos with its error",
    remarks.CHAOS,
    MOST_DRAWS,
    _analysis,
)
