"""What sources print against what a run gives: inside its band or not, holding in most draws or not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.result.bands import PROBABILITIES
from mcsim.study import FloatArray, Study
from mcsim.study.published import Form, Published
from mcsim.study.select import Cell, packed_cells

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.result.result import Result

# Columns of printed.csv: what is printed, ours beside it, and what follows.
COLUMNS = (
    *("figure", "kind", "source", "where", "output", "printed", "printed_low", "printed_high", "claim", "unit"),
    *("p50", "p2.5", "p97.5", "share", "undefined", "verdict", "why"),
)
WORDS = ("figure", "kind", "source", "where", "output", "claim", "unit", "verdict", "why")  # columns of texts
AGREES = ("inside", "holds")  # verdicts that need no reason
STEP = 4096  # rows of kept draws in memory at once
CLOSE = 1e-9  # conversions and sums of one number differ by roundings
LOW, MIDDLE, HIGH = (PROBABILITIES.index(share) for share in (0.025, 0.5, 0.975))


@dataclass(frozen=True, slots=True)
class Judged:
    """Ours beside a printed figure.

    Parameters
    ----------
    verdict : str
        ``inside``, ``overlaps`` or ``outside`` of a number; ``holds`` or ``fails`` of a claim; ``undefined``.
    low, middle, high : float
        Ends of the 95 % band and the median; of a sign those of the number of elements in which it holds.
    share : float
        Of the draws in which a claim holds; NaN where only bands are there.
    undefined : float
        Share of the draws without a value.
    """

    verdict: str
    low: float = np.nan
    middle: float = np.nan
    high: float = np.nan
    share: float = np.nan
    undefined: float = 0.0


def printed(result: Result) -> pd.DataFrame:
    """Return every figure of the study's [[published]] beside the band of a run.

    Parameters
    ----------
    result : Result
        The run.

    Returns
    -------
    DataFrame
        One row per figure, columns `COLUMNS`: numbers in the output's unit, ``share`` of the draws in which a claim
        (a sign, an ordering) holds, and the verdict. A number is ``inside`` where the 95 % band holds it, ``overlaps``
        where the band reaches only what its rounding leaves open, else ``outside``; a range is ``inside`` where it
        holds the median. A claim ``holds`` where it does in more than half of the draws, and where draws are not kept,
        of the medians. ``undefined``: more than half of the draws have no value. ``unreached``: nothing in the study
        as it is set speaks to the figure, ``why`` says why.

    Examples
    --------
    >>> import mcsim
    >>> table = mcsim.printed(mcsim.run(mcsim.load("battery-circularity"), draws=50, seed=1))
    >>> table.columns[:3].tolist()
    ['figure', 'kind', 'source']
    """
    import pandas as pd

    rows = [_row(figure, result) for figure in result.study.published]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(figure: Published, result: Result) -> dict[str, Any]:
    reason = out_of_reach(figure, result.study)
    judged = Judged("unreached") if reason else JUDGES[figure.form](figure, result)
    return {
        "figure": figure.name,
        "kind": figure.kind,
        "source": figure.source,
        "where": figure.where,
        "output": "" if figure.target is None else str(figure.target),
        "printed": _or_nan(figure.value),
        "printed_low": _or_nan(figure.low),
        "printed_high": _or_nan(figure.high),
        "claim": claim(figure),
        "unit": figure.unit,
        "p50": judged.middle,
        "p2.5": judged.low,
        "p97.5": judged.high,
        "share": judged.share,
        "undefined": judged.undefined,
        "verdict": judged.verdict,
        "why": reason or ("" if judged.verdict in AGREES else figure.why),
    }


def out_of_reach(figure: Published, study: Study) -> str:
    """Return why a study with its options as they are does not speak to a figure, or an empty text."""
    if figure.target is None:
        return figure.unreached
    missed = [
        f"{name} = {word}"
        for name, word in figure.options.items()
        if study.options[name] != word or any(item.name == name for item in study.inputs)
    ]
    if missed:
        return f"the figure is of the study under {', '.join(missed)}"
    there = {output.name for output in study.outputs}
    gone = isinstance(figure.target, Cell) and figure.target.output.name not in there
    return "not an output under these options" if gone else ""


def _or_nan(number: float | None) -> float:
    return np.nan if number is None else number


def claim(figure: Published) -> str:
    """Return in words what a sign or an ordering claims, an empty text for a number.

    Examples
    --------
    >>> from mcsim.study import Dim, Output
    >>> change = Cell(Output("change", "1", "change", (Dim("category", ("gwp", "tap")),)), {})
    >>> claim(Published("n", "sign", "p. 1", "s", "sign", change, words=("below",), cells="every"))
    'below 0 in every one of 2 cases'
    """
    if figure.form == "sign" and isinstance(figure.target, Cell):
        many = "every one" if figure.cells == "every" else "most"
        return f"{figure.words[0]} 0 in {many} of {int(figure.target.mask.sum())} cases"
    if figure.form == "ordering" and isinstance(figure.target, Cell):
        return f"largest: {', then '.join(figure.words)}"
    return "; ".join(figure.words)


def _band(figure: Published, result: Result) -> Judged:
    """Return the band of the one element, or of the input, that speaks to a number."""
    if isinstance(figure.target, Cell):
        bands, cell = result.bands[figure.target.output.name], int(figure.target.packed[0])
        low, middle, high = bands.quantiles[[LOW, MIDDLE, HIGH], cell]
        undefined = float(bands.undefined[cell])
        verdict = "undefined" if undefined > 0.5 or bands.draws == 0 else ""
        return Judged(verdict, float(low), float(middle), float(high), undefined=undefined)
    values = _input(str(figure.target), result)
    low, middle, high = np.quantile(values, (0.025, 0.5, 0.975))
    return Judged("", float(low), float(middle), float(high))


def _input(name: str, result: Result) -> FloatArray:
    if name in result.inputs:
        return result.inputs[name]
    return np.array([_fixed(name, result.study)])


def _fixed(name: str, study: Study) -> float:
    return float(next(item for item in study.inputs if item.name == name).distribution.median())


def _reach(figure: Published) -> tuple[float, float]:
    """Return the ends of what is printed, the value itself where no end is told; a range may be open."""
    open_low, open_high = (-np.inf, np.inf) if figure.value is None else (figure.value, figure.value)
    return (
        open_low if figure.low is None else figure.low,
        open_high if figure.high is None else figure.high,
    )


def _within(low: float, number: float, high: float) -> bool:
    """Return whether a number lies between two, roundings apart."""
    slack = CLOSE * max(abs(end) for end in (low, number, high) if np.isfinite(end))
    return low - slack <= number <= high + slack


def _amount(figure: Published, result: Result) -> Judged:
    """Judge a number: whether the band holds it, or reaches what its rounding leaves open."""
    band = _band(figure, result)
    if band.verdict:
        return band
    low, high = _reach(figure)
    if figure.value is not None and _within(band.low, figure.value, band.high):
        verdict = "inside"
    else:
        apart = not (_within(-np.inf, low, band.high) and _within(-np.inf, band.low, high))
        verdict = "outside" if apart else "overlaps"
    return Judged(verdict, band.low, band.middle, band.high, undefined=band.undefined)


def _range(figure: Published, result: Result) -> Judged:
    """Judge a range: whether it holds our median, or at least a part of our band."""
    band = _band(figure, result)
    if band.verdict:
        return band
    low, high = _reach(figure)
    verdict = "inside" if _within(low, band.middle, high) else _amount(figure, result).verdict
    return Judged(verdict, band.low, band.middle, band.high, undefined=band.undefined)


def _drawn(cell: Cell, result: Result) -> tuple[Iterator[FloatArray], bool]:
    """Return the draws of an output's elements, (n, *dims) with NaN where none, some at a time; or their medians."""
    output, bands = cell.output, result.bands[cell.output.name]
    index = packed_cells(output)
    wanted = np.where(cell.mask, index, -1)
    cells = np.unique(wanted[wanted >= 0])
    kept = output.name in result.kept
    parts = _columns(result, output.name, cells) if kept else iter([bands.quantiles[MIDDLE][np.newaxis, cells]])
    places = np.searchsorted(cells, np.maximum(wanted, cells[0]))
    return (np.where(wanted >= 0, values[:, places], np.nan) for values in parts), kept


def _columns(result: Result, name: str, cells: Any) -> Iterator[FloatArray]:
    """Yield kept draws of packed elements, without holding the others."""
    stream: Callable[[str, int], Any] | None = getattr(result.kept, "stream", None)
    if stream is None:
        whole = result.kept[name]
        parts: Any = (whole[start : start + STEP] for start in range(0, max(1, len(whole)), STEP))
    else:
        parts = (rows for _, rows in stream(name, STEP))
    yield np.empty((0, len(cells)))
    for rows in parts:
        yield np.asarray(rows.reshape(len(rows), math.prod(rows.shape[1:]))[:, cells], np.float64)


def _claimed(holds: Any, defined: Any, kept: bool) -> Judged:
    """Return the verdict over draws in which a claim holds, of those in which it has a meaning."""
    count = int(defined.sum())
    undefined = 1.0 - count / max(len(defined), 1)
    if count == 0 or undefined > 0.5:
        return Judged("undefined", undefined=undefined)
    share = float(holds[defined].mean())
    return Judged("holds" if share > 0.5 else "fails", share=share if kept else np.nan, undefined=undefined)


def _sign(figure: Published, result: Result) -> Judged:
    """Judge a sign: in how many elements it holds, and whether in every one, or most, of those that have a value."""
    assert isinstance(figure.target, Cell)
    drawn, kept = _drawn(figure.target, result)
    counts, totals = [], []
    for values in drawn:
        flat = values.reshape(len(values), math.prod(values.shape[1:]))
        there = ~np.isnan(flat)
        right = (flat > 0 if figure.words == ("above",) else flat < 0) & there
        counts.append(right.sum(axis=1))
        totals.append(there.sum(axis=1))
    count, total = np.concatenate(counts), np.concatenate(totals)
    holds = count == total if figure.cells == "every" else 2 * count > total
    judged = _claimed(holds, total > 0, kept)
    if judged.verdict == "undefined":
        return judged
    low, middle, high = np.quantile(count[total > 0], (0.025, 0.5, 0.975)) if kept else (np.nan, count[0], np.nan)
    return Judged(judged.verdict, float(low), float(middle), float(high), judged.share, judged.undefined)


def _ordering(figure: Published, result: Result) -> Judged:
    """Judge an order: whether the labels told are the largest in that order, in every combination of other labels."""
    cell = figure.target
    assert isinstance(cell, Cell)
    drawn, kept = _drawn(cell, result)
    names = [dim.name for dim in cell.output.dims]
    axis = names.index(figure.dim)
    labels = [str(label) for label in cell.output.dims[axis].coords]
    told = [labels.index(word) for word in figure.words]
    others = [place for place in range(len(labels)) if place not in told]
    holds, defined = [], []
    for values in drawn:
        lined: FloatArray = np.moveaxis(values, 1 + axis, -1)
        lined = lined.reshape(len(values), math.prod(lined.shape[1:-1]), len(labels))
        # Combinations that the cell does not name, or in which a label told has no meaning, are NaN and say nothing.
        there = ~np.isnan(lined[:, :, told]).any(axis=2)
        rest = np.where(np.isnan(lined[:, :, others]), -np.inf, lined[:, :, others]).max(axis=2, initial=-np.inf)
        chain = np.concatenate([lined[:, :, told], rest[:, :, np.newaxis]], axis=2)
        right = np.all(chain[:, :, :-1] > chain[:, :, 1:], axis=2)
        holds.append(np.all(right | ~there, axis=1))
        defined.append(np.any(there, axis=1))
    return _claimed(np.concatenate(holds), np.concatenate(defined), kept)


JUDGES: dict[Form, Callable[[Published, Result], Judged]] = {
    "amount": _amount,
    "range": _range,
    "sign": _sign,
    "ordering": _ordering,
}
