"""SALib's analyzers of draws that exist already: one element of an output after the other, side by side on threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import Any

import numpy as np

from mcsim.engine.cores import side_by_side
from mcsim.ranking.method import FIRST_SHARES, FITTED_SHARES, Analysis, GivenData, Mark, Measures, Telling
from mcsim.study import FloatArray, remarks

Analyze = Callable[..., Mapping[str, Any]]
Element = Callable[[Analyze, FloatArray, Analysis], Measures]
_GLOBAL_GENERATOR = Lock()


def _by_element(element: Element) -> Callable[[FloatArray, FloatArray, Analysis], Measures]:
    """Return an analysis of many outputs from one of a single output."""

    def analysis(x: FloatArray, y: FloatArray, about: Analysis) -> Measures:
        analyze = _analyzer(x, about)
        columns = side_by_side([partial(element, analyze, column, about) for column in y.T], about.jobs)
        measures = columns[0].keys() if columns else ()
        return {name: np.stack([column[name] for column in columns], axis=1) for name in measures}

    return analysis


def _analyzer(x: FloatArray, about: Analysis) -> Analyze:
    import warnings

    low, high = x.min(axis=0), x.max(axis=0)
    bounds = [[float(a), float(b) if b > a else float(a) + 1.0] for a, b in zip(low, high, strict=True)]
    problem = {"num_vars": len(about.inputs), "names": list(about.inputs), "bounds": bounds}

    def analyze(module: Any, y: FloatArray, **options: Any) -> Mapping[str, Any]:
        # Recorded as well as ignored: some analyzers put filters of their own in place.
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("ignore")
            found: Mapping[str, Any] = module.analyze(problem, x, y, seed=seed_of(about.seed), **options)
        return found

    return analyze


def seed_of(seed: int) -> int:
    """Return the seed as SALib takes it."""
    # SALib takes 0 for "no seed" and NumPy's old generator takes 32 bits.
    return seed % (2**32 - 2) + 1


def _interval(name: str, found: Mapping[str, Any], about: Analysis, key: str | None = None) -> Measures:
    n, theirs = len(about.inputs), key or name
    value, half = np.asarray(found[theirs], float)[:n], np.asarray(found[f"{theirs}_conf"], float)[:n]
    return {name: value, f"{name}_low": value - half, f"{name}_high": value + half}


def _delta(analyze: Analyze, y: FloatArray, about: Analysis) -> Measures:
    from SALib.analyze import delta

    try:
        found = analyze(delta, y, num_resamples=about.resamples, conf_level=about.level)
    except ValueError as error:
        # It fits a density to the outputs of each slice of an input, and there is none where they all are one value.
        if "Singular matrix" not in str(error):
            raise
        return {name: np.full(len(about.inputs), np.nan) for name in ("delta", "delta_low", "delta_high")}
    key = "delta" if "delta" in found else "delta_balanced"
    # Its S1 and S1_conf are left out: the estimate is biased, and the interval seldom holds the truth.
    return _interval("delta", found, about, key)


def _pawn(analyze: Analyze, y: FloatArray, about: Analysis) -> Measures:
    from SALib.analyze import pawn

    found = analyze(pawn, y, S=10)
    return {f"pawn_{name}": np.asarray(found[name], float) for name in ("minimum", "median", "maximum")}


def _rbd_fast(analyze: Analyze, y: FloatArray, about: Analysis) -> Measures:
    from SALib.analyze import rbd_fast

    return _interval("S1", analyze(rbd_fast, y, num_resamples=about.resamples, conf_level=about.level), about)


def _hdmr(analyze: Analyze, y: FloatArray, about: Analysis) -> Measures:
    from SALib.analyze import hdmr

    # SALib takes a seed here and draws from NumPy's global generator all the same: it is lent for the call.
    with _GLOBAL_GENERATOR:
        before = np.random.get_state()  # noqa: NPY002
        np.random.seed(seed_of(about.seed) % 2**32)  # noqa: NPY002
        try:
            found = analyze(hdmr, y, maxorder=2, R=len(y) // 2, K=20, alpha=about.level)
        finally:
            np.random.set_state(before)  # noqa: NPY002
    # Its S and S_conf are left out, as those of delta, and ST_conf too: its 95 % held the truth in 42 to 95 % of runs.
    return {"ST": np.asarray(found["ST"], float)[: len(about.inputs)]}


def _without_density(name: str, measures: Measures) -> list[str]:
    left = int(np.isnan(measures["delta"]).all(axis=0).sum())
    total = measures["delta"].shape[1]
    remark = remarks.NO_DENSITY if total == 1 else remarks.NO_DENSITY_ELEMENTS
    return [remark(output=name, count=left, total=total)] if left else []


_DELTA_TELLING = Telling(
    (Mark("delta", "delta", "delta"),),
    "How far the distribution of an output moves on average when an input becomes known, as the area between the two "
    "densities (delta): 0 where the input does nothing, 1 where it decides all. With 95 % intervals.",
    "Moved area of the output's density, with 95 % intervals",
    "delta",
    of_variance=False,
)
DELTA = GivenData(
    "delta",
    "effect on the whole distribution (Borgonovo; SALib's takes seconds to minutes per output element)",
    "delta",
    _by_element(_delta),
    remarks=_without_density,
    telling=_DELTA_TELLING,
)
_PAWN_TELLING = Telling(
    (Mark("pawn_median", "median", "median"), Mark("pawn_maximum", "largest", "largest")),
    "How far the distribution of an output moves when an input becomes known, as the largest distance of the two "
    "cumulative curves: median and largest over ten classes of the input.",
    "Distance of the output's cumulative curves",
    "distance of cumulative curves",
    of_variance=False,
)
PAWN = GivenData(
    "pawn",
    "effect on the whole distribution, by its cumulative form (SALib)",
    "pawn_median",
    _by_element(_pawn),
    by_rank=True,
    telling=_PAWN_TELLING,
)
RBD_FAST = GivenData(
    "rbd_fast", "first order without a special design (SALib)", "S1", _by_element(_rbd_fast), telling=FIRST_SHARES
)
HDMR = GivenData(
    "hdmr",
    "total order without a special design, by a surrogate (SALib)",
    "ST",
    _by_element(_hdmr),
    fewest=600,  # SALib takes half of the draws for each fit, and at least 300
    telling=FITTED_SHARES,
)
