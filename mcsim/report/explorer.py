"""The explorer: one page beside the report in which a reader picks what to see; drawn by Vega-Lite, without a network.

The page holds the numbers of summary.csv and sensitivity.csv, packed as the run holds them: of each output its distinct
cells, and which cell each element shows. What would make the page too large is left out, and told.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.kernels._folder import cache_folder
from mcsim.report.answers import first_large, input_words
from mcsim.report.check import read_picture
from mcsim.report.choose import figures_of
from mcsim.report.draw import write
from mcsim.report.kinds.stack import KIND as STACK
from mcsim.report.language import say
from mcsim.report.style import scale, unit_words
from mcsim.report.templating import render
from mcsim.study import Output, Study
from mcsim.study.declared import INDICATOR
from mcsim.study.select import packed_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mcsim.ranking.ranking import Ranking
    from mcsim.result.result import Result

PAGE = "explorer.html"
BANDS = {"low": 0, "low_half": 2, "median": 3, "high_half": 4, "high": 6}  # name -> row of the quantiles of a summary
LARGEST = 1_500_000  # bytes of numbers in a page; Vega's scripts take 0.9 MB more
DIGITS = 4  # of a number
FINE = DIGITS - 22  # power of ten from which on one that must be multiplied by has no exact number
TOP = 8  # inputs of an element
TEXTS = (
    "Show", "Lines by", "none", "link to this choice", "median", "half of the draws", "95 % of the draws", "mean",
    "undefined in {part} of the draws", "share of the variance", "Not ranked.", "No parts.",
)  # fmt: skip


def write_explorer(result: Result, ranking: Ranking | None, folder: Path) -> Path | None:
    """Write ``explorer.html`` beside the report and return it; None where the extra `explorer` is not installed.

    Parameters
    ----------
    result : Result
        The run.
    ranking : Ranking, optional
        What drives it.
    folder : Path
        The run directory.
    """
    path = folder / PAGE
    scripts = _scripts()
    if not scripts:
        path.unlink(missing_ok=True)  # of an earlier report: its numbers may be others
        return None
    content = data_of(result, ranking)
    html = render(
        "explorer.html",
        study=result.study,
        language=result.study.labels.language,
        scripts=scripts,
        data=json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("</", "<\\/"),
        left_out=content["left_out"],
    )
    write(path, html.encode("utf-8"))
    return path


@cache
def _scripts() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script; nothing without the extra.

    To bundle them takes more than a second: the script stays beside the compiled kernels, under its version and hash.
    """
    try:
        known = version("vl-convert-python")
    except PackageNotFoundError:
        return ""
    folder = cache_folder()
    path = None if folder is None else folder / f"vega-{known}.js"
    if path is not None and path.is_file():
        told, _, content = path.read_bytes().partition(b"\n")
        if told == _hash(content):
            return content.decode()
    import vl_convert

    bundled: Callable[..., str] = vl_convert.javascript_bundle  # its stubs ask for what has a default
    script = bundled().replace("</script", "<\\/script")
    if path is not None:
        with suppress(OSError):
            write(path, _hash(script.encode()) + b"\n" + script.encode())
    return script


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def data_of(result: Result, ranking: Ranking | None) -> dict[str, Any]:
    """Return what the page shows: outputs, dims, drivers, words.

    Returns
    -------
    dict
        texts, dims, outputs, drivers (by output), parts (stacked output -> its dim), inputs, left_out.
    """
    study = result.study
    factors = () if ranking is None else ranking.factors
    content: dict[str, Any] = {
        "texts": {text: say(text) for text in TEXTS},
        "dims": {},
        "outputs": [],
        "drivers": {},
        "parts": {},
        "inputs": told_apart(study, factors),
        "left_out": [],
        "start": _start(study),
    }
    stacked = {figure.output.name: figure["stack"] for figure in figures_of(study) if figure.kind is STACK}
    room = LARGEST
    for output in _ordered(study, set(stacked)):
        told = _output(result, output)
        drivers = None if ranking is None else _drivers(ranking, output)
        size = len(json.dumps((told, drivers)))
        if size > room:
            content["left_out"].append(study.labels.name(output.name, output.meaning))
            continue
        room -= size
        content["outputs"].append(told)
        if drivers is not None:
            content["drivers"][output.name] = drivers
        if output.name in stacked:
            content["parts"][output.name] = stacked[output.name]
        for dim in output.dims:
            words = [first_large(study.labels.word(dim.name, code)) for code in dim.coords]
            numbers = all(isinstance(code, int | float) for code in dim.coords)
            entry = {"label": first_large(study.labels.name(dim.name)), "numbers": numbers}
            known = content["dims"].setdefault(dim.name, entry | {"words": {}})
            known["words"] |= dict(zip(map(str, dim.coords), words, strict=True))
    return content


def told_apart(study: Study, names: Sequence[str]) -> list[str]:
    """Return the long names of inputs, with their codes behind them where several have the same."""
    words = [first_large(input_words(study, name)) for name in names]
    several = {word for word, count in Counter(words).items() if count > 1}
    return [f"{word} ({name})" if word in several else word for word, name in zip(words, names, strict=True)]


def _start(study: Study) -> dict[str, str]:
    """Return what the page shows first: the picture of page one, with its labels."""
    figure = read_picture(study) or next(iter(figures_of(study)), None)
    if figure is None or figure.output.name not in {output.name for output in study.outputs}:
        return {}
    one = {dim: str(label) for dim, label in figure.where.items() if not isinstance(label, list)}
    return {"output": figure.output.name, **one} | ({"lines": figure["line"]} if figure.get("line") else {})


def _ordered(study: Study, stacked: set[str]) -> Iterator[Output]:
    """Yield the outputs, what the study leads with first."""
    drawn = {figure.output.name for figure in figures_of(study)}

    def place(output: Output) -> tuple[int, int]:
        rank = 0 if output.name in study.headline else 1 if output.name in stacked else 2 if output.rank else 3
        return (rank if output.name in drawn or rank < 3 else 4), math.prod(output.shape)

    yield from sorted(study.outputs, key=place)


def _output(result: Result, output: Output) -> dict[str, Any]:
    """Return an output's distinct cells as the summary has them, in the unit that a reader reads."""
    band = result.bands[output.name]
    cells = packed_cells(output)
    units = _units(output, cells, band.n.size)
    sizes = np.nan_to_num(np.abs(band.quantiles[[0, 3, 6]]), nan=0.0, posinf=0.0).max(axis=0)
    largest = {unit: float(sizes[units == unit].max()) for unit in dict.fromkeys(units.tolist())}
    scales = {unit: scale(unit, largest[unit]) for unit in largest}
    divisor = np.array([scales[unit][0] for unit in units])
    chance = output.unit == INDICATOR
    if chance:
        divisor, scales = np.full(len(units), 0.01), {unit: (0.01, say("% of the draws")) for unit in largest}
    shown = list(largest)
    told = {
        "name": output.name,
        "label": first_large(result.study.labels.name(output.name, output.meaning)),
        "dims": [[dim.name, [str(code) for code in dim.coords]] for dim in output.dims],
        "units": [unit_words(scales[unit][1]) for unit in shown],
        "unit": 0 if len(shown) == 1 else [shown.index(unit) for unit in units],
        "chance": chance,
        "mean": _rounded(band.mean / divisor),
        "undefined": _rounded(band.undefined) if band.undefined.any() else 0,
        "at": None if output.layout is None else cells.ravel().tolist(),
    }
    return told | ({} if chance else {key: _rounded(band.quantiles[row] / divisor) for key, row in BANDS.items()})


def _units(output: Output, cells: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the unit of each distinct cell: one of all, or that of its label of the dim by which units differ."""
    if output.coord_units is None:
        return np.full(count, output.unit, dtype=object)
    units = np.full(count, "", dtype=object)
    axis = [dim.name for dim in output.dims].index(str(output.coord_units_dim))
    for at, code in enumerate(output.dims[axis].coords):
        shown = np.take(cells, at, axis=axis)
        units[shown[shown >= 0]] = output.coord_units[str(code)]
    return units


def _drivers(ranking: Ranking, output: Output) -> list[list[list[float | None]]] | None:
    """Return, for each distinct cell, its leading inputs: place, share in per cent, both ends; None where unranked."""
    key = ranking.order_by
    scores: Mapping[str, NDArray[Any]] = ranking.scores.get(output.name, {})
    if key not in scores or f"{key}_low" not in scores:
        return None
    shares, low, high = (np.asarray(scores[name], float) for name in (key, f"{key}_low", f"{key}_high"))
    shares, low, high = (part.reshape(len(part), -1) for part in (shares, low, high))
    order = np.argsort(-np.nan_to_num(shares, nan=-1.0), axis=0, kind="stable")[:TOP]
    numbers = [_rounded(100 * np.take_along_axis(part, order, axis=0).T) for part in (shares, low, high)]
    found: list[list[list[float | None]]] = [[] for _ in range(shares.shape[1])]
    for place, (name, *told) in enumerate(zip(order.T.ravel().tolist(), *numbers, strict=True)):
        if told[0] is not None:
            found[place // len(order)].append([name, *told])
    return found


def _rounded(values: NDArray[Any]) -> list[float | None]:
    """Return numbers with a few digits, and None for those that are undefined."""
    values = np.asarray(values, float).ravel()
    finite = np.isfinite(values)
    known = np.where(finite, values, 0.0)
    size = np.floor(np.log10(np.where(known != 0, np.abs(known), 1.0)))
    # Times or by a power of ten that is exact: the nearest number to its decimals, which are then as few as it has.
    up, down = 10.0 ** np.clip(DIGITS - 1 - size, 0, None), 10.0 ** np.clip(size - DIGITS + 1, 0, None)
    rounded = np.round(known * up / down) / up * down
    found: list[float | None] = rounded.tolist()
    for place in np.flatnonzero(rounded == np.rint(rounded)).tolist():
        found[place] = int(rounded[place])
    for place in np.flatnonzero((known != 0) & (size < FINE)).tolist():
        found[place] = float(f"{known[place]:.{DIGITS}g}")
    for place in np.flatnonzero(~finite).tolist():
        found[place] = None
    return found
