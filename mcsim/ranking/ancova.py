"""Where the variance comes from when inputs depend on one another: an input's own doing, and what it shares (ANCOVA).

A fit to the draws, a sum of functions of single inputs and of products, splits the output: y = f0 + sum f_i + sum f_ij
and so on, each f of mean 0 under the inputs' own distributions as if these were independent. Among the draws, which
depend on one another as they do, the variance of y is the sum of the covariances of its parts with y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcsim.ranking.intervals import pseudo_values, student_estimate
from mcsim.ranking.method import Analysis, GivenData, Mark, Measures, Telling
from mcsim.ranking.surrogate import MOST_DRAWS, MOST_ERROR, Surrogate, expansion, folds, told_of_fit
from mcsim.ranking.thinned import thinned, thinned_lines
from mcsim.study import BoolArray, FloatArray, remarks

PARTS = ("S", "structural", "correlative", "interactive")
_GROUPS = 16  # of draws, for the interval


def covariances(
    x: FloatArray,
    y: FloatArray,
    laws: FloatArray | None = None,
    factors: Sequence[Sequence[int]] | None = None,
    seed: int = 1,
    jobs: int = 1,
    level: float = 0.95,
) -> Measures:
    """Return the shares of the variance that inputs which may depend on one another have alone and by what they share.

    Of an input (or a factor of several) i with the part f_i that is a function of it alone: ``structural``, Var(f_i)
    over Var(y), what it would do by itself; ``correlative``, Cov(f_i, y - f_i) over Var(y), what others that go with it
    add or, below zero, take off; ``S``, their sum. ``interactive`` is the share of the products in which it stands,
    Cov(sum f_u, y) over Var(y) for u of i and others. S of all inputs and the shares of all products, each counted
    once, add up to one.

    Source: Li, Rabitz, Yelvington, Oluwole, Bacon, Kolb and Schoendorf (2010), "Global sensitivity analysis for systems
    with independent and/or correlated inputs", J. Phys. Chem. A 114, 6022-6032, equations (17) to (20); Caniou (2012),
    "Global sensitivity analysis for nested and multiscale modelling", chapter 3, for polynomial chaos of the inputs as
    if independent, which is OpenTURNS' ANCOVA. Intervals: the jackknife over groups of draws, which fits the weights of
    the parts anew, and the share m of the variance that the fit misses, all of which may belong to one input:
    m sqrt(S (1 - S)).

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    y : ndarray, shape (n, n_values)
        Outputs.
    laws : ndarray, shape (m, n_inputs), optional
        Many values of each input; the draws themselves by default.
    factors : sequence of sequence of int, optional
        Columns that each factor is made of; every column is one by default.
    seed : int
        Of the folds and groups.
    jobs : int
        Threads over the outputs.
    level : float
        Confidence level.

    Returns
    -------
    dict
        ``S``, ``structural``, ``correlative`` and ``interactive``, of the first three the ends of their intervals, and
        ``error`` (the same for every factor), each (n_factors, n_values).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 500)
    >>> found = covariances(x, x.sum(axis=1, keepdims=True))
    >>> [round(float(found[name][0, 0]), 1) for name in ("S", "structural", "correlative")]  # 1/2, 1/3, 1/6
    [0.5, 0.3, 0.2]
    """
    members = factors or [(place,) for place in range(x.shape[1])]
    shape = (len(members), y.shape[1])
    names = [f"{name}{end}" for name in PARTS for end in (("",) if name == "interactive" else ("", "_low", "_high"))]
    found = {name: np.full(shape, np.nan) for name in (*names, "error")}
    if y.shape[1] == 0:
        return found
    chaos = expansion(x, y, laws, seed, jobs)
    where = {term: place for place, term in enumerate(chaos.terms)}
    group = folds(len(x), seed, _GROUPS)
    scaled = (y - y.mean(axis=0)) / y.std(axis=0)
    for place, (fitted, error) in enumerate(chaos.fits):
        found["error"][:, place] = error
        if error > MOST_ERROR:
            continue
        columns = np.column_stack([np.ones(len(x)), chaos.functions[:, [where[term] for term in fitted.terms]]])
        belongs = _belongs(fitted, members)
        value = _parts(columns, scaled[:, place], belongs)
        left_out = [_parts(columns[group != own], scaled[group != own, place], belongs) for own in range(_GROUPS)]
        estimate = student_estimate(value, pseudo_values(value, np.array(left_out)), level)
        odds = np.clip(value, 0.0, 1.0)
        half = np.hypot(estimate.half_width, error * np.sqrt(odds * (1.0 - odds)))
        for number, name in enumerate(PARTS):
            found[name][:, place] = value[number]
            if name != "interactive":
                found[f"{name}_low"][:, place] = value[number] - half[number]
                found[f"{name}_high"][:, place] = value[number] + half[number]
    return found


def _belongs(fitted: Surrogate, factors: Sequence[Sequence[int]]) -> BoolArray:
    """Return whether each term is of a factor alone, and whether of it and others, (2, n_terms, n_factors)."""
    of = [{column for column, _ in term} for term in fitted.terms]
    alone = [[columns <= set(own) for own in factors] for columns in of]
    beside = [[bool(columns & set(own)) and not columns <= set(own) for own in factors] for columns in of]
    return np.array([alone, beside], bool).reshape(2, len(of), len(factors))


def _parts(columns: FloatArray, y: FloatArray, belongs: BoolArray) -> FloatArray:
    """Return the `PARTS` (4, n_factors) of the least squares fit of terms (n, 1 + n_terms), a constant first, to y."""
    weights = np.linalg.lstsq(columns, y, rcond=None)[0]
    terms = columns[:, 1:] * weights[1:]
    terms -= terms.mean(axis=0)
    whole = terms.sum(axis=1)
    alone, beside = terms @ belongs[0], terms @ belongs[1]
    variance = float(whole @ whole)
    structural, both = (alone**2).sum(axis=0) / variance, alone.T @ whole / variance
    return np.array([both, structural, both - structural, beside.T @ whole / variance])


def _analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
    rows, factors = thinned(len(x), MOST_DRAWS, about, "ancova")
    return covariances(x[rows], y[rows], about.laws, factors, about.seed, about.jobs, about.level)


def _inspect(name: str, y: FloatArray, about: Analysis) -> list[str]:
    return thinned_lines(name, "ancova", len(y), MOST_DRAWS)


def _remarks(name: str, measures: Measures) -> list[str]:
    return told_of_fit(name, "ancova", remarks.SHARES_OF_FIT, measures["error"][0])


_TELLING = Telling(
    (
        Mark("S", "S", "together"),
        Mark("structural", "by itself", "by itself"),
        Mark("correlative", "by what goes with it", "by what goes with it"),
    ),
    "The share of an output's variance that goes with an input (S): what the input does by itself, and what others do "
    "that go with it, below zero where they work against each other; of a fit to the draws of this run, with 95 % "
    "intervals.",
)
ANCOVA = GivenData(
    "ancova",
    "for inputs that depend on one another: what each does by itself, and by what goes with it",
    "S",
    _analysis,
    fewest=64,
    grouped=True,
    lawful=True,
    inspect=_inspect,
    remarks=_remarks,
    telling=_TELLING,
)
