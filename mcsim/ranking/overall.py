"""What drives an output as a whole: indices over a series of years, over categories, or over all elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.study import FloatArray, InputError, Output, nearest
from mcsim.study.select import selection

if TYPE_CHECKING:
    import pandas as pd


_COLUMNS = 1024  # at a time
SHARES = ("ST", "S1", "shapley", "S", "structural", "correlative", "interactive")  # of the variance, by any method


def over(ranking: Any, name: str, dims: tuple[str, ...], labels: Mapping[str, object]) -> pd.DataFrame:
    """Return the shares of the variance of several elements together; see `Ranking.over`.

    The index of a vector is the sum of what an input explains of its elements over the sum of their variances, so that
    an element that varies more counts more: the mean of the elements' shares, weighed by their variances. Elements of
    different units have no common variance; each counts as one then.

    The errors of elements from the same rows go together, in which way is not kept. Their weighed mean has no larger
    error than the weighed mean of their errors, whatever goes with what: so wide is the interval, which holds the truth
    at least as often as those of the elements do.

    Source: Lamboni, Monod and Makowski (2011), "Multivariate sensitivity analysis to measure global contribution of
    input factors in dynamic models", Reliab. Eng. Syst. Saf. 96, equation (9); Gamboa, Janon, Klein and Lagnoux (2014),
    "Sensitivity analysis for multidimensional and functional outputs", Electronic J. Statistics 8, 575-603.
    """
    import pandas as pd

    output = ranking.output(name)
    together = _dims(ranking, output, dims)
    keys = [key for key in SHARES if key in ranking.scores[name]]
    if not keys or name not in ranking.variances:
        raise InputError(f"ranking: {name}: no shares of known variances by {ranking.method}; a ranking by sobol, say")
    variances = np.asarray(output.expand(ranking.variances[name][None])[0], float)
    weights = np.where(output.mask & selection(output, labels), np.nan_to_num(variances), 0.0)
    if output.coord_units_dim in together:
        weights = (weights > 0.0).astype(float)
    axes = tuple(place for place, dim in enumerate(output.dims) if dim.name in together)
    rest = [dim for dim in output.dims if dim.name not in together]
    sums = weights.sum(axis=axes)
    columns = {
        f"{key}{end}": _mean(ranking.values(name, f"{key}{end}"), weights, axes)
        for key in keys
        for end in ("", "_low", "_high")
        if f"{key}{end}" in ranking.scores[name]
    }
    frames = []
    for place in zip(*np.nonzero(sums), strict=True) if rest else [()] * bool(sums > 0.0):
        where = {dim.name: dim.coords[at] for dim, at in zip(rest, place, strict=True)}
        measures = {key: values[(slice(None), *place)] for key, values in columns.items()}
        frame = pd.DataFrame({"output": name, **where, "input": list(ranking.factors), **measures, "n": ranking.n})
        frames.append(frame.sort_values(keys[0], ascending=False, kind="stable"))
    if not frames:
        raise InputError(f"ranking: {name}: nothing varies there (got {dict(labels) or 'all elements'}); other labels")
    return pd.concat(frames, ignore_index=True).assign(method=ranking.method, over=", ".join(together))


def _dims(ranking: Any, output: Output, dims: tuple[str, ...]) -> tuple[str, ...]:
    known = [dim.name for dim in output.dims]
    for dim in dims:
        if dim not in known:
            listed = f"one of {', '.join(known)}" if known else "it has none"
            raise InputError(f"ranking: {output.name}: {dim}: no such dim; {listed}{nearest(dim, known)}")
    if not known:
        raise InputError(f"ranking: {output.name}: one element (got no dims); .table({output.name!r}) ranks it")
    return dims or tuple(known)


def _mean(values: FloatArray, weights: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Return the weighed mean over some dims of values (n_factors, *dims), of the elements that have one."""
    shifted = tuple(axis + 1 for axis in axes)
    known = np.where(np.isfinite(values), weights, 0.0)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.nan_to_num(values) * known).sum(axis=shifted) / known.sum(axis=shifted))


def variances_of(y: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the variance of each column of draws (n, V), among the draws that have it; 0 where none has.

    Examples
    --------
    >>> variances_of(np.array([[1.0, np.nan], [3.0, np.nan]]))
    array([1., 0.])
    """
    found = np.zeros(y.shape[1])
    for first in range(0, y.shape[1], _COLUMNS):
        part = y[:, first : first + _COLUMNS]
        known = np.isfinite(part)
        mass = known * (np.ones(len(y)) if weights is None else weights)[:, None]
        total = np.maximum(mass.sum(axis=0), 1e-300)
        mean = (mass * np.where(known, part, 0.0)).sum(axis=0) / total
        found[first : first + _COLUMNS] = (mass * np.where(known, part - mean, 0.0) ** 2).sum(axis=0) / total
    return found
