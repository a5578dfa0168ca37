"""How far off a statistic of a run is by chance alone: of means, quantiles and probabilities, for every design.

Independent draws tell it by themselves. How many of n draws lie below the p-quantile has a binomial law whatever the
law of the draws, so that two order statistics hold it with at least the probability asked for (Conover 1999, "Practical
nonparametric statistics", section 3.2); a probability has Clopper's and Pearson's interval; the standard error of a
quantile is that of the order statistic in its place, by the weights of the beta law (Maritz and Jarrett 1978, "A note
on estimating the variance of the sample median", J. American Statistical Association 73, 194-196; the weights of
Harrell and Davis 1982, Biometrika 69).

Points of a Latin hypercube or of a scrambled Sobol' sequence are not independent: they are mostly better, and nothing
within one of them says how much. Several of them, each scrambled by itself, are independent of one another, and the
spread of their statistics tells the error (Owen 1997, "Monte Carlo variance of scrambled net quadrature", SIAM J.
Numerical Analysis 34): `--design sobol:16`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcsim.result.bands import COLUMNS, PROBABILITIES, Bands, by_count, exact_bands, in_order, ordered_bands, slices
from mcsim.result.datasets import Draws
from mcsim.study import BoolArray, FloatArray, InputError, IntArray, Output
from mcsim.study.declared import INDICATOR
from mcsim.study.select import packed_cells, selection

if TYPE_CHECKING:
    import pandas as pd

MOST_ELEMENTS = 1000  # of an output whose errors a run directory tells; Python tells those of any
FEWEST_REPLICATES = 2
ROWS = 4096  # draws that are read at once
WINDOW_BYTES = 32 * 2**20  # of the draws of some cells, whose errors are told together
LEAST_WEIGHT = 1e-30  # of an order statistic: those below all together move no error by a last bit
LEVEL = 0.95
INDEPENDENT, REPLICATES = "independent draws", "replicates"
NUMBERS = {"estimate": "value", "mcse": "error", "mcse_low": "low", "mcse_high": "high"}  # column: of `Error`


@dataclass(frozen=True, slots=True, eq=False)
class Error:
    """A statistic of some elements with its Monte Carlo error.

    Parameters
    ----------
    value, error, low, high : ndarray, shape (cells,)
        The statistic, its standard error, and both ends of its interval, in the unit of the element; NaN where nothing
        is known, and at an end that so few draws do not bound.
    """

    value: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray


def binomial_interval(
    hits: FloatArray | float, draws: FloatArray | float, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return both ends of Clopper's and Pearson's interval, which covers with at least the level asked for.

    Source: Clopper and Pearson (1934), Biometrika 26, 404-413, in terms of quantiles of beta distributions.

    Examples
    --------
    >>> [round(float(end), 4) for end in binomial_interval(5.0, 50.0, 0.95)]
    [0.0333, 0.2181]
    """
    from scipy.special import betaincinv

    hits, draws = np.asarray(hits, np.float64), np.asarray(draws, np.float64)
    out, left = 0.5 * (1.0 - level), draws - hits
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-300), left + 1.0, out), 0.0)
        high = np.where(left > 0, betaincinv(hits + 1.0, np.maximum(left, 1e-300), 1.0 - out), 1.0)
    return low, high


def errors_of(
    values: NDArray[Any], group: IntArray | None, level: float, threshold: float | None = None, indicator: bool = False
) -> dict[str, Error]:
    """Return the mean, the quantiles and a probability of draws, each with its error.

    Parameters
    ----------
    values : ndarray, shape (n, cells)
        Draws, NaN where an element has no value.
    group : ndarray of int64, shape (n,), optional
        Number of the replicate of each draw; none of independent draws.
    level : float
        Confidence level.
    threshold : float, optional
        Of ``P(> threshold)``, the share of the draws that exceed it.
    indicator : bool
        Whether values are 0 or 1, so that their mean is a probability.

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(size=(4000, 1))
    >>> median = errors_of(draws, None, 0.95)["p50"]
    >>> bool(median.low[0] < 0.0 < median.high[0]), round(float(median.error[0]), 2)
    (True, 0.02)
    """
    flat = np.asarray(values, np.float64)
    if group is None:
        found = _of_independent(flat, level)
    else:
        pooled = _statistics(flat)
        each = [_statistics(flat[group == own]) for own in np.unique(group).tolist()]
        found = {
            name: _of_replicates(value, np.stack([one[name] for one in each]), level) for name, value in pooled.items()
        }
    there = ~np.isnan(flat)
    if indicator:
        found["mean"] = chance_of(flat > 0.0, there, group, level)
    if threshold is not None:
        with np.errstate(invalid="ignore"):
            found[f"P(> {threshold:g})"] = chance_of(flat > threshold, there, group, level)
    return found


def _defined(values: FloatArray) -> FloatArray:
    return np.asarray((~np.isnan(values)).sum(axis=0), np.float64)


def _statistics(values: FloatArray) -> dict[str, FloatArray]:
    bands = exact_bands(values)
    return {"mean": bands.mean, **dict(zip(COLUMNS, bands.quantiles, strict=True))}


def _of_replicates(value: FloatArray, each: FloatArray, level: float, draws: FloatArray | None = None) -> Error:
    """Return the error that the spread of independent replicates tells; `draws` of a probability."""
    from scipy.special import stdtrit

    count = (~np.isnan(each)).sum(axis=0)
    enough = count >= FEWEST_REPLICATES
    mean = np.where(enough, np.nansum(each, axis=0) / np.maximum(count, 1), np.nan)
    spread = np.sqrt(np.nansum((each - mean) ** 2, axis=0) / np.maximum(count - 1, 1))
    error = np.where(enough, spread / np.sqrt(np.maximum(count, 1)), np.nan)
    reach = stdtrit(np.maximum(count - 1, 1), 0.5 + level / 2.0) * error
    low, high = value - reach, value + reach
    if draws is not None:
        # Replicates that all say 0 (or 1) have no spread and do not make it certain.
        bound = binomial_interval(value * draws, draws, level)
        still = error == 0.0
        low, high = np.where(still, bound[0], np.maximum(low, 0.0)), np.where(still, bound[1], np.minimum(high, 1.0))
    return Error(value, error, low, high)


def chance_of(
    hits: BoolArray | FloatArray, there: BoolArray, group: IntArray | None, level: float, worth: float = 1.0
) -> Error:
    """Return how likely something is with its error: the share of the draws that are there in which it is so.

    Parameters
    ----------
    hits, there : ndarray, shape (n, cells)
        Whether it is so, or which share of a draw says so, and whether the draw says so or not at all. Shares of a
        draw spread less than whether it is so, and the interval holds more often than asked for.
    group : ndarray of int64, shape (n,), optional
        Number of the replicate of each draw; none of independent draws.
    level : float
        Confidence level.
    worth : float
        Of a draw, below 1 where draws repeat one another; of independent draws.

    Examples
    --------
    >>> so = np.arange(100)[:, None] < 20
    >>> found = chance_of(so, np.ones_like(so), None, 0.95)
    >>> found.value.tolist(), found.low.round(3).tolist(), found.high.round(3).tolist()
    ([0.2], [0.127], [0.292])
    """
    value, draws = _share(hits, there), there.sum(axis=0).astype(np.float64) * worth
    if group is not None:
        each = np.stack([_share(hits[group == own], there[group == own]) for own in np.unique(group).tolist()])
        return _of_replicates(value, each, level, draws)
    error = np.sqrt(value * (1.0 - value) / np.where(draws > 0, draws, np.nan))
    return Error(value, error, *binomial_interval(value * draws, draws, level))


def _share(hits: BoolArray | FloatArray, there: BoolArray) -> FloatArray:
    count = there.sum(axis=0)
    return np.asarray(np.where(there, hits, 0).sum(axis=0) / np.where(count > 0, count, np.nan), np.float64)


def _of_independent(values: FloatArray, level: float) -> dict[str, Error]:
    from scipy.special import stdtrit

    ordered = in_order(values)
    bands = Bands.joined([ordered_bands(ordered[part]) for part in slices(*ordered.shape)])
    reach = stdtrit(np.maximum(bands.n - 1.0, 1.0), 0.5 + level / 2.0) * bands.mcse
    found = {"mean": Error(bands.mean, bands.mcse, bands.mean - reach, bands.mean + reach)}
    known = {name: np.full((3, len(ordered)), np.nan) for name in COLUMNS}
    for rows, defined in by_count(ordered):
        if defined.shape[1] > 1:
            for name, share in zip(COLUMNS, PROBABILITIES, strict=True):
                known[name][0, rows] = _order_error(defined, share)
                known[name][1:, rows] = _order_interval(defined, share, level)
    return found | {name: Error(bands.quantiles[place], *known[name]) for place, name in enumerate(COLUMNS)}


def _order_error(ordered: FloatArray, share: float) -> FloatArray:
    """Return the standard error of a quantile: the standard deviation of the order statistic that stands there."""
    count = ordered.shape[1]
    first, weights = _weights(count, share)
    middle = ordered[:, [int(share * (count - 1))]]  # so that squares of large numbers do not cancel
    near = ordered[:, first : first + len(weights)] - middle
    mean, square = near @ weights, near**2 @ weights
    return np.asarray(np.sqrt(np.maximum(square - mean**2, 0.0)))


@lru_cache(maxsize=len(PROBABILITIES))  # the same for all elements that have as many values
def _weights(count: int, share: float) -> tuple[int, FloatArray]:
    """Return how likely each order statistic stands at a quantile of so many draws: the first that may, and theirs."""
    from scipy.special import betainc

    reached = betainc((count + 1) * share, (count + 1) * (1.0 - share), np.arange(count + 1) / count)
    weights = np.diff(reached)
    likely = np.flatnonzero(weights > LEAST_WEIGHT)
    return int(likely[0]), weights[likely[0] : likely[-1] + 1]


def _order_interval(ordered: FloatArray, share: float, level: float) -> tuple[FloatArray, FloatArray]:
    """Return two order statistics that hold a quantile with at least the level; NaN where so few draws have none."""
    count = ordered.shape[1]
    first, last = _places(count, share, level)
    nothing = np.full(len(ordered), np.nan)
    return ordered[:, first - 1] if first > 0 else nothing, ordered[:, last - 1] if last <= count else nothing


@lru_cache(maxsize=1024)
def _places(count: int, share: float, level: float) -> tuple[int, int]:
    """Return which order statistics, counted from 1, hold a quantile of so many draws: 0 or above them where none."""
    from scipy.special import bdtr

    out = 0.5 * (1.0 - level)
    below = bdtr(np.arange(count + 1), count, share)  # P(at most k of the draws lie below the quantile)
    first = int(np.searchsorted(below, out))  # P(fewer than first) <= out
    return first, int(np.searchsorted(below, 1.0 - out)) + 1  # P(last or more) <= out


def tells_errors(design: str) -> bool:
    """Return whether the draws of a design tell how far off they are: independent ones, and replicates.

    Examples
    --------
    >>> [tells_errors(design) for design in ("random", "lhs", "sobol:16", "given")]
    [True, False, True, False]
    """
    return design == "random" or ":" in design


def replicates_of(result: Draws) -> IntArray | None:
    """Return the number of the replicate of each draw of a result; none of independent draws."""
    return replicates(result.design, result.draw)


def replicates(design: str, draw: IntArray) -> IntArray | None:
    """Return the number of the replicate of each draw; none of independent draws.

    Raises
    ------
    InputError
        For a design that holds no replicates: nothing in it tells how far off it is.
    """
    family, _, count = design.partition(":")
    if family == "random":
        return None
    if not tells_errors(design):
        other = f"the design {family}:16, or random" if family != "given" else "the design random"
        raise InputError(f"errors: draws that are not independent tell none (got design {design}); {other}")
    return np.asarray(draw % int(count), np.int64)


def means_of_replicates(result: Draws, bands: Bands, output: str) -> Error:
    """Return the mean of each packed element of a kept output with the error that replicates tell."""
    group = replicates_of(result)
    assert group is not None  # independent draws tell it by their spread
    every = np.arange(len(bands.mean))
    return _joined([_means(values, group, bands.mean[cells]) for cells, values in _windows(result, output, every)])


def _means(values: FloatArray, group: IntArray, mean: FloatArray) -> Error:
    return _of_replicates(mean, np.stack([exact_bands(values[group == own]).mean for own in np.unique(group)]), LEVEL)


def errors(
    result: Draws, output: str, threshold: float | None, level: float, labels: Mapping[str, object]
) -> pd.DataFrame:
    """Return the table of `Result.errors`."""
    import pandas as pd

    return pd.DataFrame(_columns(result, result.study.output(output), threshold, level, labels))


def _windows(result: Draws, output: str, wanted: IntArray) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield (cells, draws of these) until all wanted ones have come: few at a time where there are many draws."""
    width = max(1, WINDOW_BYTES // (8 * max(1, len(result.draw))))
    for start in range(0, max(1, len(wanted)), width):
        cells = wanted[start : start + width]
        yield cells, _cells(result, output, cells)


def _cells(result: Draws, output: str, wanted: IntArray) -> FloatArray:
    """Return some distinct cells of all draws, without the others in memory where draws lie on disk."""
    stream, count = getattr(result.kept, "stream", None), len(result.draw)
    if stream is None:
        return np.asarray(result.kept[output], np.float64).reshape(count, -1)[:, wanted]
    found = np.empty((count, len(wanted)))
    for row, part in stream(output, ROWS):
        found[row : row + len(part)] = part.reshape(len(part), -1)[:, wanted]
    return found


def _joined(parts: list[Error]) -> Error:
    """Return neighbouring elements, given in order, as one."""
    if len(parts) == 1:
        return parts[0]
    return Error(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Error)))


def _columns(
    result: Draws, output: Output, threshold: float | None, level: float, labels: Mapping[str, object]
) -> dict[str, Any]:
    """Return a row per element with a meaning and statistic, as columns."""
    if output.name not in result.kept:
        raise InputError(f"errors: {output.name}: stored as bands only; keep its draws with --keep {output.name}")
    elements = np.flatnonzero(output.mask & selection(output, labels))
    cells = packed_cells(output).ravel()[elements]
    wanted, at = np.unique(cells, return_inverse=True)
    group, tables, defined = replicates_of(result), list[dict[str, Error]](), list[FloatArray]()
    for _, values in _windows(result, output.name, wanted):
        tables.append(errors_of(values, group, level, threshold, output.unit == INDICATOR))
        defined.append(_defined(values))
    found = {name: _joined([table[name] for table in tables]) for name in tables[0]}
    where = np.unravel_index(elements, output.shape) if output.dims else ()
    places = list(zip(*where, strict=True)) if where else [()] * len(elements)
    names = list(found)
    columns: dict[str, Any] = {"output": np.full(len(elements) * len(names), output.name, object)}
    units = np.array([output.unit_at(tuple(int(one) for one in place)) for place in places], object)
    columns["unit"] = np.array(
        [("1" if name.startswith("P(") else unit) for unit in units.tolist() for name in names], object
    )
    for axis, dim in enumerate(output.dims):
        columns[dim.name] = np.repeat(np.array(dim.coords, dtype=object)[where[axis]], len(names))
    columns["statistic"] = np.tile(np.array(names, object), len(elements))
    for column, number in NUMBERS.items():
        columns[column] = np.stack([getattr(found[name], number)[at] for name in names], axis=1).ravel()
    columns["confidence"] = level
    columns["n"] = np.repeat(np.concatenate(defined)[at].astype(np.int64), len(names))
    columns["method"] = INDEPENDENT if group is None else REPLICATES
    return columns


def errors_parts(result: Draws) -> Iterator[dict[str, Any]]:
    """Yield the errors of one kept output after the other, as columns of the one table of all, where any is known.

    Of outputs with at most `MOST_ELEMENTS` elements; `Result.errors` tells those of any.
    """
    if not tells_errors(result.design):
        return
    told = [output for output in result.study.outputs if output.name in result.kept and output.mask.any()]
    told = [output for output in told if output.mask.sum() <= MOST_ELEMENTS]
    dims = list(dict.fromkeys(dim.name for output in told for dim in output.dims))
    for output in told:
        columns = _columns(result, output, None, LEVEL, {})
        count = len(columns["output"])
        columns |= {name: np.full(count, columns[name]) for name in ("confidence", "method")}
        empty = np.full(count, np.nan)
        yield {
            name: columns.get(name, empty)
            for name in ("output", "unit", *dims, "statistic", *NUMBERS, "confidence", "n", "method")
        }
