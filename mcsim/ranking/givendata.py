"""Rankings from draws that exist already: no new evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mcsim.engine.design import make_design
from mcsim.engine.points import design_columns, values_of
from mcsim.ranking.choices import measured, parse_choices, without
from mcsim.ranking.factors import Groups, check_designed, check_independent, factors_of, outputs_of
from mcsim.ranking.method import Analysis, GivenData, Measures
from mcsim.ranking.methods import METHODS
from mcsim.ranking.overall import variances_of
from mcsim.ranking.plan import still_lines
from mcsim.ranking.ranking import Ranking
from mcsim.ranking.tails import Carried, carried_by, draw_lines
from mcsim.study import BoolArray, FloatArray, InputError, IntArray, Output, Study, nearest, remarks

if TYPE_CHECKING:
    from mcsim.result.result import Result

_LAWS = 2**14  # values of each input that stand for its law


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
    threshold: float | None = None,
    choices: str | None = None,
    groups: Groups = False,
    weights: FloatArray | None = None,
    wanted: Sequence[str] = (),
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
    threshold : float, optional
        Value of the outputs at which a decision turns, for ``evppi``.
    choices : str, optional
        Dim among whose labels somebody chooses, ``DIM:least`` or ``DIM:most``, for ``evppi``; measures are then of
        each element of the other dims.
    groups : bool, str or mapping
        Which inputs make a factor, as in `mcsim.sensitivity`; for ``shapley_data``. The others rank single inputs.
    weights : ndarray, shape (n,), optional
        Of the draws, for ``shapley_data``; equal by default.
    wanted : sequence of str
        Factors that are wanted alone and depend on no other one, for ``shapley_data``, which then takes what the others
        explain by themselves as known: an estimate of the same effects with less chance in it, and much quicker.

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
    factors = _factors(result, chosen, inputs, groups)
    check_draws(result.study, chosen, result.design, factors)
    fewest = chosen.fewest_for(len(factors))
    if result.complete < fewest:
        raise InputError(
            f"{result.study.name}: too few draws for {len(factors)} inputs (got {result.complete}); {fewest} or more"
        )
    names = tuple(name for members in factors.values() for name in members)
    x = np.column_stack([result.inputs[name] for name in names])
    for name in wanted:
        if name not in factors or not chosen.grouped:
            raise InputError(f"wanted: {name}: not a factor of {method}{nearest(name, factors)}")
    weights = _weights(chosen, weights, result.complete)
    laws = _laws(result, names) if chosen.lawful else None
    about = Analysis(names, level, resamples, seed, jobs, threshold, factors, weights, laws, tuple(wanted))
    scores, variances, notes, told = {}, {}, list(result.notes), []
    decided = None if choices is None else [one.name for one in deciding(result.study, chosen, outputs, choices)]
    for output in _outputs(result, outputs if decided is None else decided):
        y = result.exact(output.name, method).reshape(len(x), -1)
        if choices is None:
            measures, lines = _by_definedness(chosen, about, x, y, output)
            variances[output.name] = variances_of(y, weights).reshape(output.packed_shape)
        else:
            output, measures, lines = measured(output, y, choices, x, about)
            lines += chosen.remarks(output.name, measures)
        notes += lines
        told.append(output)
        shape = (len(about.measured), *output.packed_shape)
        scores[output.name] = {name: values.reshape(shape) for name, values in measures.items()}
    return Ranking(
        study=result.study.name,
        method=method,
        factors=about.measured,
        outputs=tuple(told),
        scores=scores,
        n=result.complete,
        order_by=chosen.order_by,
        warnings=tuple(notes),
        variances=variances,
        settings={
            **{"seed": seed, "level": level, "resamples": resamples, "design": result.design},
            **({} if threshold is None else {"threshold": threshold}),
            **({} if choices is None else {"choices": choices}),
        },
    )


def check_draws(
    study: Study, chosen: GivenData, design: str, factors: Mapping[str, tuple[str, ...]] | None = None
) -> None:
    """Refuse draws of which a method cannot speak, whatever they turn out to be.

    Parameters
    ----------
    study : Study
        What is ranked.
    chosen : GivenData
        The method.
    design : str
        Of the draws.
    factors : mapping, optional
        What is ranked; by default what a plain ranking would.

    Raises
    ------
    InputError
        Naming what depends on one another, or the design.
    """
    if chosen.independent:
        check_designed(study, chosen.name)
        check_independent(study, study.groups if factors is None else factors)
    if chosen.neighbours and design == "sobol":
        raise InputError(
            f"{study.name}: {chosen.name}: draws next to one another in an input have to be alike in it alone (got a "
            "Sobol' sequence, whose neighbours are alike in others too); draws of design random or lhs"
        )


def _laws(result: Result, names: tuple[str, ...]) -> FloatArray | None:
    """Return many values of the inputs, drawn as the study says; none where the rows were the user's own."""
    if result.design == "given":
        return None
    study, columns = result.study, design_columns(result.study)
    drawn = values_of(study, make_design("sobol", columns, _LAWS, result.seed), 0, _LAWS)
    return np.column_stack([drawn[name] for name in names])


def _inputs(result: Result, wanted: Sequence[str] | None) -> tuple[str, ...]:
    known = tuple(item.name for item in result.study.uncertain)
    for name in wanted or ():
        if name not in known:
            raise InputError(f"inputs: {name}: no such uncertain input{nearest(name, known)}")
    names = tuple(wanted) if wanted else known
    if len(names) < 2:
        raise InputError(f"{result.study.name}: a ranking needs at least two uncertain inputs (got {len(names)})")
    return names


def _factors(
    result: Result, chosen: GivenData, inputs: Sequence[str] | None, groups: Groups
) -> dict[str, tuple[str, ...]]:
    """Return factor -> columns: single inputs, or groups of them where the method takes those."""
    if not chosen.grouped:
        return {name: (name,) for name in _inputs(result, inputs)}
    factors = factors_of(result.study, groups)
    for name in inputs or ():
        if name not in factors:
            raise InputError(f"inputs: {name}: no such uncertain input or group{nearest(name, factors)}")
    if inputs and len(inputs) < 2:
        raise InputError(f"{result.study.name}: a ranking needs at least two uncertain inputs (got {len(inputs)})")
    return {name: factors[name] for name in inputs or factors}


def _weights(chosen: GivenData, weights: FloatArray | None, n_draws: int) -> FloatArray | None:
    """Return the weights of the draws, checked."""
    if weights is None:
        return None
    given = np.asarray(weights, dtype=float)
    if not chosen.grouped:
        raise InputError(f"weights: {chosen.name}: takes draws of equal weight; method = shapley_data, or resample")
    if given.shape != (n_draws,) or not (np.isfinite(given).all() and (given >= 0.0).all() and given.sum() > 0.0):
        raise InputError(f"weights: not a weight per draw (got shape {given.shape}); {n_draws} numbers from 0 up")
    return given


def _outputs(result: Result, wanted: Sequence[str] | None) -> tuple[Output, ...]:
    chosen = outputs_of(result.study, wanted)
    kept = tuple(output for output in chosen if output.name in result.kept)
    missing = [output.name for output in chosen if output.name not in result.kept]
    if missing and (wanted or not kept):
        raise InputError(f"outputs: {missing[0]}: its draws were not kept; run again with --keep {missing[0]}")
    return kept


def deciding(study: Study, chosen: GivenData, outputs: Sequence[str] | None, choices: str) -> tuple[Output, ...]:
    """Return the outputs of which a choice is made: the named ones, or those ranked that have the dim of the choices.

    Raises
    ------
    InputError
        Where a method decides nothing, or an output has no such dim.
    """
    if "choices" not in chosen.takes:
        raise InputError(f"choices: {chosen.name}: decides nothing (got {choices!r}); method = evppi")
    found, over = outputs_of(study, outputs), parse_choices(choices)[0]
    having = tuple(output for output in found if over in [dim.name for dim in output.dims])
    chosen_ones = having if outputs is None and having else found
    for output in chosen_ones:
        without(output, over)  # is refused where it has no such dim
    return chosen_ones


def _by_definedness(
    chosen: GivenData, about: Analysis, x: FloatArray, y: FloatArray, output: Output
) -> tuple[Measures, list[str]]:
    """Return the measures (n_inputs, n_values), and what the reader has to know.

    Elements that have a value in the same draws are taken together, and rest on these draws alone.
    """
    name, (n_draws, n_values) = output.name, y.shape
    n_factors, n_measured = len(about.factors), len(about.measured)
    measures: Measures = {}
    notes = chosen.inspect(name, y, about)
    constant = rounding = 0
    few = Carried.nothing(n_values, n_draws)
    for rows, cells in _patterns(y):
        known = int(rows.sum())
        enough = known >= chosen.fewest_for(n_factors)
        if known < n_draws:
            one, many = (
                (remarks.HAS_VALUE, remarks.HAS_VALUE_ELEMENTS)
                if enough
                else (remarks.HAS_VALUE_SELDOM, remarks.HAS_VALUE_SELDOM_ELEMENTS)
            )
            held = {"count": len(cells), "total": n_values, "known": f"{known:,}", "draws": f"{n_draws:,}"}
            notes.append((one if n_values == 1 else many)(output=name, **held))
        if not enough:
            continue
        part = y[:, cells] if known == n_draws else y[np.ix_(rows, cells)]
        spread = np.ptp(part, axis=0)
        varies = spread > 1e-13 * np.abs(part).max(axis=0, initial=0.0)
        constant += int((spread == 0.0).sum())
        rounding += int((~varies & (spread > 0.0)).sum())
        few.put(cells[varies], carried_by(part[:, varies]))
        among = about if about.weights is None else replace(about, weights=about.weights[rows])
        found = chosen.analysis(x if known == n_draws else x[rows], part[:, varies], among)
        for measure, values in found.items():
            whole = measures.setdefault(measure, np.full((n_measured, n_values), np.nan))
            whole[:, cells[varies]] = values
    if not measures:
        empty = chosen.analysis(x, y[:, :0], about)
        measures = {measure: np.full((n_measured, n_values), np.nan) for measure in empty}
    notes += chosen.remarks(name, measures) if measures else []
    notes += still_lines(output, constant, rounding, remarks.MEASURES)
    notes += draw_lines(output, few, chosen.by_rank)
    return measures, notes


def _patterns(y: FloatArray) -> Iterator[tuple[BoolArray, IntArray]]:
    """Yield sets of draws (n,), and the elements that have a value in just these, by where the first have none."""
    defined = ~np.isnan(y)
    packed = np.ascontiguousarray(np.packbits(defined, axis=0).T)
    places: dict[bytes, list[int]] = {}
    for cell, row in enumerate(packed):
        places.setdefault(row.tobytes(), []).append(cell)
    for _, cells in sorted(places.items()):
        yield defined[:, cells[0]], np.array(cells)


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
