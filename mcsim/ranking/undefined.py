"""How a design ranks elements that may be undefined: by their values, or by whether they have one.

A design's sums need a number in every evaluation. An element that is undefined in some of them has none, and leaving
these out would break the pairs of points that a method subtracts. Ranked is therefore what is always a number: whether
the element has a value (1) or not (0). Which elements these are is found once, from a pilot that the plan alone
decides, so that every part of a run agrees. An element that the pilot saw defined everywhere is ranked by its values;
a row that has none after all is left out of this element alone, and told. Of a thousand elements that are undefined
once in a thousand draws nearly every row lacks one, so that no row can fail for them. Methods that remember whole rows
(Shapley effects, tornado, SALib's) leave out the row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcsim.study import BoolArray, FloatArray, IntArray, Output, Study, remarks

PILOT = 256  # evaluations; an element undefined in 1 % of the draws is seen with 92 % probability, in 2 % with 99.4 %


def may_be_undefined(outputs: Sequence[Output], studies: Sequence[Study]) -> BoolArray:
    """Return which elements of outputs, side by side, are declared so in one of the studies; shape (n_values,)."""
    declared = [any(study.output(output.name).may_be_undefined for study in studies) for output in outputs]
    return np.repeat(np.array(declared, bool), [output.n_packed for output in outputs])


def pilot(columns: Sequence[str], seed: int, rows: int = PILOT) -> tuple[FloatArray, IntArray]:
    """Return the first points of the pilot in the unit cube, shape (n, n_columns), and the numbers of its rows (n,).

    Random and keyed by the names of the columns, so that no design's own points and no order of inputs matter.
    """
    from mcsim.kernels.streams import stream_of, uniforms_at

    numbers = np.arange(rows, dtype=np.int64)
    return np.column_stack([uniforms_at(seed, stream_of(f"{name}/pilot"), numbers) for name in columns]), numbers


def rankable(values: FloatArray, failed: BoolArray, marked: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Return outputs as numbers, in place, and the evaluations that failed.

    Parameters
    ----------
    values : ndarray, shape (n, n_values)
        Outputs, NaN where undefined; changed.
    failed : ndarray of bool, shape (n,)
        Evaluations that failed; changed.
    marked : ndarray of bool, shape (n_values,)
        Elements that are ranked by whether they have a value.

    Examples
    --------
    >>> values = np.array([[np.nan, 5.0], [7.0, np.nan]])
    >>> rankable(values, np.zeros(2, bool), np.array([True, False]))
    (array([[ 0.,  5.],
           [ 1., nan]]), array([False,  True]))
    """
    there = ~np.isnan(values)
    values[:, marked] = there[:, marked]
    failed |= ~there[:, ~marked].all(axis=1)
    return values, failed


def undefined_lines(outputs: Sequence[Output], marked: BoolArray) -> tuple[str, ...]:
    """Return what the reader has to know of outputs with elements that are ranked by whether they have a value."""
    lines = []
    left = 0
    for output in outputs:
        count = int(marked[left : left + output.n_packed].sum())
        left += output.n_packed
        if count:
            remark = remarks.BY_DEFINEDNESS if output.n_packed == 1 else remarks.BY_DEFINEDNESS_ELEMENTS
            lines.append(remark(output=output.name, count=count, total=output.n_packed))
    return tuple(lines)


def gap_lines(outputs: Sequence[Output], left_out: FloatArray, rows: int, most: float) -> tuple[str, ...]:
    """Return what the reader has to know of elements that are undefined in rows although the pilot saw them defined.

    Parameters
    ----------
    outputs : sequence of Output
        Whose elements these are, side by side.
    left_out : ndarray, shape (n_values,)
        Rows that are left out of each element.
    rows : int
        How many there are.
    most : float
        Share of them up to which an element is ranked.
    """
    lines, left = [], 0
    for output in outputs:
        part = left_out[left : left + output.n_packed]
        left += output.n_packed
        seldom, often = part[(part > 0) & (part <= most * rows)], part[part > most * rows]
        for found, one, many in (
            (seldom, remarks.GAPS, remarks.GAPS_ELEMENTS),
            (often, remarks.TOO_MANY_GAPS, remarks.TOO_MANY_GAPS_ELEMENTS),
        ):
            if len(found):
                remark = one if output.n_packed == 1 else many
                told = {"count": len(found), "total": output.n_packed, "rows": rows, "share": f"{100 * most:g}"}
                lines.append(remark(output=output.name, gaps=int(found.max()), **told))
    return tuple(lines)
