"""Sensitivity from draws that exist already: no new evaluation.

Moment-independent measures, first-order indices by Fourier series and by a surrogate (SALib's analyzers), partial rank
correlation for the sign, and the value of learning an input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.ranking.ranking import Ranking
from mcsim.study import FloatArray, InputError, Output, nearest

if TYPE_CHECKING:
    from mcsim.result.result import Result

Measures = dict[str, FloatArray]
ORDER_BY = {"prcc": "prcc", "delta": "delta", "pawn": "pawn_median", "rbd_fast": "S1", "hdmr": "ST", "evppi": "evppi"}
GIVEN_DATA = tuple(ORDER_BY)
_FEWEST_DRAWS = 32


def given_data(
    result: Result,
    method: str = "prcc",
    outputs: Sequence[str] | None = None,
    *,
    inputs: Sequence[str] | None = None,
    level: float = 0.95,
    resamples: int = 100,
    seed: int = 1,
    jobs: int = 1,
) -> Ranking:
    """Return sensitivity measures of the uncertain inputs from the draws of a run.

    Parameters
    ----------
    result : Result
        A run; random, Latin hypercube and Sobol' draws all serve.
    method : str
        ``prcc`` (partial rank correlation), ``delta`` (Borgonovo), ``pawn``, ``rbd_fast``, ``hdmr``, ``evppi``.
    outputs : sequence of str, optional
        Kept outputs; those that are ranked by default.
    inputs : sequence of str, optional
        Uncertain inputs; all by default.
    level : float
        Confidence level, where the method has an interval.
    resamples, seed : int
        Bootstrap of SALib's analyzers.
    jobs : int
        Threads over the elements of the outputs.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        For an unknown method, input or output, an output whose draws were not kept, or too few draws.
    """
    if method not in ORDER_BY:
        raise InputError(
            f"method: unknown for given data (got {method!r}); one of {', '.join(GIVEN_DATA)}"
            + nearest(method, GIVEN_DATA)
        )
    names = _inputs(result, inputs)
    chosen = _outputs(result, outputs)
    if result.complete < max(_FEWEST_DRAWS, 2 * len(names)):
        raise InputError(
            f"{result.study.name}: too few draws for {len(names)} inputs (got {result.complete}); "
            f"{max(_FEWEST_DRAWS, 2 * len(names))} or more"
        )
    x = np.column_stack([result.inputs[name] for name in names])
    analysis = _analysis(method, names, level, resamples, seed, jobs)
    scores, notes = {}, []
    for output in chosen:
        y = np.asarray(result.kept[output.name], dtype=float).reshape(len(x), -1)
        varies = np.ptp(y, axis=0) > 1e-12 * np.abs(y).max(axis=0, initial=0.0)
        if not varies.all():
            which = "does" if y.shape[1] == 1 else f"{int((~varies).sum())} of its {y.shape[1]} elements do"
            notes.append(f"{output.name}: {which} not vary, so the measures are undefined there")
        scores[output.name] = _shaped(analysis(x, y[:, varies]), varies, len(names), output)
    return Ranking(
        study=result.study.name,
        method=method,
        factors=names,
        outputs=chosen,
        scores=scores,
        n=result.complete,
        order_by=ORDER_BY[method],
        warnings=tuple(notes),
        settings={"seed": seed, "level": level, "resamples": resamples, "design": result.design},
    )


def _inputs(result: Result, wanted: Sequence[str] | None) -> tuple[str, ...]:
    known = tuple(item.name for item in result.study.uncertain)
    for name in wanted or ():
        if name not in known:
            raise InputError(f"inputs: {name}: no such uncertain input{nearest(name, known)}")
    names = tuple(wanted) if wanted else known
    if len(names) < 2:
        raise InputError(f"{result.study.name}: a ranking needs at least two uncertain inputs (got {len(names)})")
    return names


def _outputs(result: Result, wanted: Sequence[str] | None) -> tuple[Output, ...]:
    from mcsim.ranking.factors import outputs_of

    chosen = outputs_of(result.study, wanted)
    kept = tuple(output for output in chosen if output.name in result.kept)
    missing = [output.name for output in chosen if output.name not in result.kept]
    if missing and (wanted or not kept):
        raise InputError(f"outputs: {missing[0]}: its draws were not kept; run again with --keep {missing[0]}")
    return kept


def _shaped(found: Measures, varies: FloatArray, n_inputs: int, output: Output) -> Measures:
    shaped = {}
    for name, values in found.items():
        whole = np.full((n_inputs, len(varies)), np.nan)
        whole[:, varies] = values
        shaped[name] = whole.reshape(n_inputs, *output.packed_shape)
    return shaped


Analysis = Callable[[FloatArray, FloatArray], Measures]


def _analysis(method: str, names: tuple[str, ...], level: float, resamples: int, seed: int, jobs: int) -> Analysis:
    if method == "prcc":
        return lambda x, y: partial_rank_correlation(x, y, level)
    if method == "evppi":
        from mcsim.ranking.decision import evppi_of_sign

        return evppi_of_sign
    return lambda x, y: _by_element(method, names, x, y, level, resamples, seed, jobs)


def ranked(values: FloatArray) -> FloatArray:
    """Return the ranks of each column, ties shared, shifted to mean 0."""
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=0)
    return np.asarray(ranks - ranks.mean(axis=0))


def partial_rank_correlation(x: FloatArray, y: FloatArray, level: float = 0.95) -> Measures:
    """Return each input's rank correlation with each output, the others' linear part in ranks taken out.

    Source: Marino, Hogue, Ray and Kirschner (2008), "A methodology for performing global uncertainty and sensitivity
    analysis in systems biology", Journal of Theoretical Biology 254, section 2.2; interval by Fisher's z.

    Parameters
    ----------
    x : ndarray, shape (n, n_inputs)
        Inputs.
    y : ndarray, shape (n, n_values)
        Outputs.
    level : float
        Confidence level.

    Returns
    -------
    dict
        ``prcc``, ``prcc_low``, ``prcc_high``, each (n_inputs, n_values).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).random((500, 2))
    >>> found = partial_rank_correlation(x, (x[:, 0] - x[:, 1])[:, None])
    >>> np.sign(found["prcc"][:, 0])
    array([ 1., -1.])
    """
    a, b = ranked(x), ranked(y)
    a, b = a / np.linalg.norm(a, axis=0), b / np.linalg.norm(b, axis=0)
    inverse = np.linalg.pinv(a.T @ a, hermitian=True)
    slope = inverse @ (a.T @ b)
    # What the inputs leave of an output; rounding can push an exact fit below zero.
    left = np.maximum(1.0 - np.einsum("iv,iv->v", a.T @ b, slope), 1e-15)
    correlation = slope / np.sqrt(left * np.diag(inverse)[:, None] + slope**2)
    correlation = np.clip(correlation, -1.0 + 1e-15, 1.0 - 1e-15)
    freedom = max(len(x) - x.shape[1] - 2, 1)
    half = NormalDist().inv_cdf(0.5 + level / 2.0) / np.sqrt(freedom)
    low, high = np.tanh(np.arctanh(correlation) - half), np.tanh(np.arctanh(correlation) + half)
    return {"prcc": correlation, "prcc_low": low, "prcc_high": high}


def _by_element(
    method: str,
    names: tuple[str, ...],
    x: FloatArray,
    y: FloatArray,
    level: float,
    resamples: int,
    seed: int,
    jobs: int,
) -> Measures:
    analyze = _salib(method, names, x, level, resamples, seed)
    if jobs == 1 or y.shape[1] == 1:
        columns = [analyze(column) for column in y.T]
    else:
        from joblib import Parallel, delayed

        columns = Parallel(n_jobs=jobs, backend="threading")(delayed(analyze)(column) for column in y.T)
    measures = columns[0].keys() if columns else ()
    return {name: np.stack([column[name] for column in columns], axis=1) for name in measures}


def _salib(
    method: str, names: tuple[str, ...], x: FloatArray, level: float, resamples: int, seed: int
) -> Callable[[FloatArray], Measures]:
    """Return one of SALib's analyzers as a function of one output alone."""
    import warnings

    low, high = x.min(axis=0), x.max(axis=0)
    bounds = [[float(a), float(b) if b > a else float(a) + 1.0] for a, b in zip(low, high, strict=True)]
    problem = {"num_vars": len(names), "names": list(names), "bounds": bounds}

    def run(module: Any, y: FloatArray, **options: Any) -> Mapping[str, Any]:
        # Recorded as well as ignored: some analyzers put filters of their own in place.
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("ignore")
            found: Mapping[str, Any] = module.analyze(problem, x, y, **options)
        return found

    def interval(name: str, found: Mapping[str, Any], ours: str | None = None) -> Measures:
        value, half = np.asarray(found[name], float), np.asarray(found[f"{name}_conf"], float)
        label = name if ours is None else ours
        n = len(names)
        return {label: value[:n], f"{label}_low": (value - half)[:n], f"{label}_high": (value + half)[:n]}

    def delta(y: FloatArray) -> Measures:
        from SALib.analyze import delta as module

        found = run(module, y, num_resamples=resamples, conf_level=level, seed=_salib_seed(seed))
        key = "delta" if "delta" in found else "delta_balanced"
        return interval("S1", found) | interval(key, found, "delta")

    def pawn(y: FloatArray) -> Measures:
        from SALib.analyze import pawn as module

        found = run(module, y, S=10, seed=_salib_seed(seed))
        return {f"pawn_{name}": np.asarray(found[name], float) for name in ("minimum", "median", "maximum")}

    def rbd_fast(y: FloatArray) -> Measures:
        from SALib.analyze import rbd_fast as module

        return interval("S1", run(module, y, num_resamples=resamples, conf_level=level, seed=_salib_seed(seed)))

    def hdmr(y: FloatArray) -> Measures:
        from SALib.analyze import hdmr as module

        found = run(module, y, maxorder=2, R=len(y) // 2, K=20, alpha=level, seed=_salib_seed(seed))
        n = len(names)
        total, half = np.asarray(found["ST"], float)[:n], np.asarray(found["ST_conf"], float)[:n]
        first, spread = np.asarray(found["S"], float)[:n], np.asarray(found["S_conf"], float)[:n]
        measures = {"S1": first, "S1_low": first - spread, "S1_high": first + spread}
        return measures | {"ST": total, "ST_low": total - half, "ST_high": total + half}

    return {"delta": delta, "pawn": pawn, "rbd_fast": rbd_fast, "hdmr": hdmr}[method]


def _salib_seed(seed: int) -> int:
    # SALib takes 0 for "no seed" and NumPy's old generator takes 32 bits.
    return seed % (2**32 - 2) + 1


def with_sign(ranking: Ranking, result: Result) -> Ranking:
    """Return the ranking with the direction of each scalar input's effect, by partial rank correlation.

    Parameters
    ----------
    ranking : Ranking
        Any ranking whose outputs were kept in the run.
    result : Result
        A run of the same study.

    Returns
    -------
    Ranking
        With a measure ``sign_prcc``; blank for groups, which have no direction.
    """
    kept = [output.name for output in ranking.outputs if output.name in result.kept]
    if not kept:
        return ranking
    found = given_data(result, "prcc", kept)
    scores = {name: dict(measures) for name, measures in ranking.scores.items()}
    for output in ranking.outputs:
        signs = np.full((len(ranking.factors), *output.packed_shape), np.nan)
        for place, factor in enumerate(ranking.factors):
            if factor in found.factors and output.name in kept:
                signs[place] = found.scores[output.name]["prcc"][found.factors.index(factor)]
        scores[output.name]["sign_prcc"] = signs
    return replace(ranking, scores=scores)
