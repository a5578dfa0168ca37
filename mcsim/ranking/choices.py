"""The worth of learning an input to whoever chooses among the labels of a dim, for every element of the other dims."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcsim.ranking.learning import worth_with_interval
from mcsim.ranking.method import Analysis, Measures
from mcsim.study import BoolArray, FloatArray, InputError, Output, nearest, remarks

SIDES = {"least": True, "most": False}
MEASURES = ("evppi", "evppi_share", "evppi_low", "evppi_high", "evppi_missed")
MOST_ELEMENTS = 2000


def parse_choices(text: str) -> tuple[str, bool]:
    """Return the dim of ``DIM``, ``DIM:least`` or ``DIM:most``, and whether less is better.

    Examples
    --------
    >>> parse_choices("vehicle"), parse_choices("vehicle:most")
    (('vehicle', True), ('vehicle', False))
    """
    dim, colon, side = str(text).partition(":")
    if not dim or (colon and side not in SIDES):
        raise InputError(f"choices: which is better (got {text!r}); DIM:least or DIM:most, least by default")
    return dim, SIDES[side or "least"]


def gains_of(draws: FloatArray, lowest: bool) -> FloatArray:
    """Return what choices gain over the one that is best on average (n, n_choices - 1, 1), of their draws."""
    gains = -draws if lowest else draws
    best = int(gains.mean(axis=0).argmax())
    return np.asarray((np.delete(gains, best, axis=1) - gains[:, [best]])[:, :, None], np.float64)


def compared(draws: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Return which choices some draw has (k,), and the draws in which all of these have a value (n,)."""
    known = np.asarray(~np.isnan(draws).all(axis=0))
    return known, np.asarray(~np.isnan(draws[:, known]).any(axis=1))


def without(output: Output, over: str) -> Output:
    """Return an output that has an element for each decision: its dims but the one whose labels are the choices.

    Raises
    ------
    InputError
        Where it has no such dim, one label of it, or units that differ along it.
    """
    dims = [dim.name for dim in output.dims]
    if over not in dims:
        raise InputError(
            f"choices: {output.name}: no such dim (got {over!r}); one of {', '.join(dims) or 'none'}"
            f"{nearest(over, dims)}"
        )
    labels = output.dims[dims.index(over)].coords
    if len(labels) < 2:
        raise InputError(f"choices: {output.name}: {over}: one choice (got {labels[0]!r}); two or more")
    if output.coord_units_dim == over:
        raise InputError(f"choices: {output.name}: units differ along {over}, which cannot be held against one another")
    left = tuple(dim for dim in output.dims if dim.name != over)
    return replace(output, dims=left, layout=None, beside="")


def measured(
    output: Output, packed: FloatArray, choices: str, x: FloatArray, about: Analysis
) -> tuple[Output, Measures, list[str]]:
    """Return the output of the decisions, the measures (n_inputs, n_decisions) and what the reader has to know.

    Parameters
    ----------
    output : Output
        What the choices are held against one another by.
    packed : ndarray, shape (n, n_packed)
        Its draws.
    choices : str
        ``DIM``, ``DIM:least`` or ``DIM:most``.
    x : ndarray, shape (n, n_inputs)
        Draws of the inputs.
    about : Analysis
        Their names, and the confidence level.
    """
    over, lowest = parse_choices(choices)
    reduced = without(output, over)
    if reduced.n_packed > MOST_ELEMENTS:
        raise InputError(
            f"choices: {output.name}: too many decisions (got {reduced.n_packed}); --output of one with at most "
            f"{MOST_ELEMENTS}"
        )
    axis = [dim.name for dim in output.dims].index(over)
    full = np.asarray(output.expand(packed.reshape(len(packed), *output.packed_shape)))
    by_choice = np.moveaxis(full, axis + 1, -1).reshape(len(full), reduced.n_packed, -1)
    found: Measures = {name: np.full((len(about.measured), reduced.n_packed), np.nan) for name in MEASURES}
    single = few = 0
    for number in range(reduced.n_packed):
        draws = by_choice[:, number]
        known, rows = compared(draws)
        if known.sum() < 2:
            single += int(known.sum() == 1)
            continue
        if rows.sum() < 32:
            few += 1
            continue
        for name, values in worth_with_interval(x[rows], gains_of(draws[rows][:, known], lowest), about.level).items():
            found[name][:, number] = values[:, 0]
    if np.isnan(found["evppi"]).all():
        raise InputError(f"choices: {output.name}: {over}: in no element two choices that have values; another dim")
    told = [(single, remarks.ONE_CHOICE), (few, remarks.FEW_CHOICES)]
    side = remarks.LEAST if lowest else remarks.MOST
    lines = [remarks.WORTH_CHOICE(output=output.name, over=over, side=side())]
    lines += [remark(output=output.name, count=count, total=reduced.n_packed) for count, remark in told if count]
    return reduced, found, lines
