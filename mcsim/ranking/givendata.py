"""Rankings from draws that exist already: no new evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mcsim.ranking.method import Analysis, GivenData, Measures
from mcsim.ranking.methods import METHODS
from mcsim.ranking.ranking import Ranking
from mcsim.study import FloatArray, InputError, Output, nearest

if TYPE_CHECKING:
    from mcsim.result.result import Result

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
        Of those in `mcsim.ranking.methods` that need draws alone.
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
    known = [item.name for item in METHODS.values() if isinstance(item, GivenData)]
    chosen = METHODS.get(method)
    if not isinstance(chosen, GivenData):
        raise InputError(
            f"method: unknown for given data (got {method!r}); one of {', '.join(known)}{nearest(method, known)}"
        )
    names = _inputs(result, inputs)
    if result.complete < max(_FEWEST_DRAWS, 2 * len(names)):
        raise InputError(
            f"{result.study.name}: too few draws for {len(names)} inputs (got {result.complete}); "
            f"{max(_FEWEST_DRAWS, 2 * len(names))} or more"
        )
    x = np.column_stack([result.inputs[name] for name in names])
    about = Analysis(names, level, resamples, seed, jobs)
    scores, notes = {}, []
    ranked = _outputs(result, outputs)
    for output in ranked:
        y = np.asarray(result.kept[output.name], dtype=float).reshape(len(x), -1)
        varies = np.ptp(y, axis=0) > 1e-12 * np.abs(y).max(axis=0, initial=0.0)
        if not varies.all():
            which = "does" if y.shape[1] == 1 else f"{int((~varies).sum())} of its {y.shape[1]} elements do"
            notes.append(f"{output.name}: {which} not vary, so the measures are undefined there")
        scores[output.name] = _shaped(chosen.analysis(x, y[:, varies], about), varies, len(names), output)
    return Ranking(
        study=result.study.name,
        method=method,
        factors=names,
        outputs=ranked,
        scores=scores,
        n=result.complete,
        order_by=chosen.order_by,
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
