"""Numbers in words: the headline, the inputs, where a run comes from."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.report.answers import chance
from mcsim.report.choose import cells_of, numbers_of
from mcsim.report.language import say
from mcsim.report.style import in_unit, label, share, unit_words
from mcsim.result.pairs import POINTS
from mcsim.study import Input, Study
from mcsim.study.declared import INDICATOR
from mcsim.study.labels import Labels
from mcsim.study.select import Cell

if TYPE_CHECKING:
    from mcsim.result.result import Result
    from mcsim.study.tables import Table

MOST_HEADLINES = 36


def headlines(result: Result) -> list[dict[str, str]]:
    """Return one line per element of the headline: what, median, 50 % and 95 % bands, in words.

    The elements are those that the study's ``numbers`` name, or else those of its headline outputs that say most
    (`mcsim.report.choose.telling`); all stand in summary.csv.
    """
    lines = []
    for cell in headline_cells(result.study):
        row = result.row(cell.output.name, **cell.labels)
        labels = result.study.labels
        where = ", ".join(label_words(labels, dim, code) for dim, code in cell.labels.items())
        what = labels.name(cell.output.name, label(cell.output.name))
        lines.append({"what": what, "where": where, **_bands(row), "beside": beside(result, cell), "cell": str(cell)})
    return lines


def headline_cells(study: Study) -> list[Cell]:
    """Return the elements of `headlines`."""
    return [cell for figure in numbers_of(study) for cell in cells_of(figure, study)[:MOST_HEADLINES]]


def label_words(labels: Labels, dim: str, code: object) -> str:
    """Return the long name of a label; of a number that is no calendar year with what it counts.

    Examples
    --------
    >>> names = Labels({"export_age": "age at export, years"})
    >>> label_words(names, "export_age", 3), label_words(names, "year", 2030)
    ('age at export, years: 3', '2030')
    """
    bare = isinstance(code, int | float | np.number) and not 1000 <= float(code) < 3000
    return f"{labels.name(dim)}: {code}" if bare else labels.word(dim, code)


def usual(texts: Sequence[str]) -> str:
    """Return the text that most of several have, which is told of all once; nothing where no text is that of most.

    Examples
    --------
    >>> usual(["83 %", "83 %", "90 %"]), usual(["83 %", "90 %"]), usual(["83 %"])
    ('83 %', '', '')
    """
    most = max(texts, key=texts.count, default="")
    return most if most and len(texts) > 1 and texts.count(most) > len(texts) / 2 else ""


def by_output(lines: list[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    """Return headlines under their outputs; one that stands alone has no title and says both in one cell.

    What stands beside most of an output's elements stands in its title once.
    """
    groups = []
    for what, found in itertools.groupby(lines, key=lambda line: line["what"]):
        several = list(found)
        alone = len(several) == 1
        both = ", ".join(filter(None, (what, several[0]["where"])))
        told = usual([line["beside"] for line in several])
        rest = [line | {"beside": ""} if line["beside"] == told else line for line in several]
        head = f"{what} ({told})" if told else what
        groups.append(("", [several[0] | {"where": both}]) if alone else (head, rest))
    return groups


def beside(result: Result, cell: Cell) -> str:
    """Return what is told beside an element: that of another output with its labels; nothing where there is none."""
    other = beside_cell(result, cell)
    return "" if other is None else aside(result, other)


def aside(result: Result, cell: Cell) -> str:
    """Return an element as it is told beside another."""
    told = _bands(result.row(cell.output.name, **cell.labels))
    band = f" ({told['band']})" if told["band"] else ""
    return f"{result.study.labels.name(cell.output.name, label(cell.output.name))} {told['median']}{band}"


def beside_cell(result: Result, cell: Cell) -> Cell | None:
    """Return the element that is told beside one."""
    if cell.output.beside not in result.bands:
        return None
    other = result.study.output(cell.output.beside)
    return Cell(other, {dim.name: cell.labels[dim.name] for dim in other.dims if dim.name in cell.labels})


def _bands(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return the numbers of a row of the summary in words, their unit once, and in how many draws there is none."""
    unit = str(row["unit"])
    missing = float(row["undefined"])
    if missing == 1:
        return {"median": say("undefined in all draws"), "half": "", "band": "", "undefined": ""}
    told = say("undefined in {part} of the draws", part=share(missing)) if missing > 0 else ""
    if unit == POINTS:  # of -100, 0 and 100 the mean alone says something
        mean = say("{value}, mean of the draws", value=f"{row['mean']:+.3g} {unit_words(POINTS)}")
        return {"median": mean, "half": "", "band": "", "undefined": told}
    if unit == INDICATOR:
        return {
            "median": chance(float(row["mean"])),
            "half": "",
            "band": "",
            "undefined": told,
        }
    (middle, *ends), words = in_unit([row[key] for key in ("p50", "p25", "p75", "p2.5", "p97.5")], unit)
    half, band = (say("{low} to {high}", low=low, high=high) for low, high in (ends[:2], ends[2:]))
    return {"median": f"{middle} {words}".strip(), "half": half, "band": band, "undefined": told}


def inputs(study: Study) -> list[tuple[str, list[dict[str, str]]]]:
    """Return the inputs under titles: uncertain scalars, tables, fixed scalars; a title without lines is left out.

    A vector of shares is one line: its distribution is one of all its shares.
    """
    scalars = [item for item in study.inputs if item.table is None and (item.vector is None or item.vector[1] == 0)]
    parts = [
        (say("Uncertain"), [_input(item, study) for item in scalars if item.uncertain]),
        (say("Tables"), [_table(table, study) for table in study.tables.values()]),
        (say("Fixed"), [_input(item, study) for item in scalars if not item.uncertain]),
    ]
    return [(title, lines) for title, lines in parts if lines]


def _table(table: Table, study: Study) -> dict[str, str]:
    uncertain = sum(item.uncertain for item in study.inputs if item.table is not None and item.table[0] == table.name)
    sources = sorted(set(table.sources))
    units = sorted(set(table.units) - {""})
    return {
        "name": f"{table.name}[{', '.join(table.keys)}]",
        "meaning": say("{count} rows, {part} of them uncertain", count=len(table.index), part=uncertain),
        "distribution": say("by row"),
        "unit": ", ".join(units[:4]) + _more(len(units) - 4),
        "group": ", ".join(study.labels.name(group, group) for group in sorted(set(table.groups))),
        "source": "; ".join(sources[:8]) + _more(len(sources) - 8),
        "curve": "",
    }


def lines_of(study: Study, factor: str) -> list[dict[str, str]]:
    """Return the inputs that a ranking calls one name as lines of `inputs`: one, joined ones, or those of a group."""
    lines = []
    for name in factor.split(" + "):
        items = [item for item in study.inputs if item.table is None and item.name == name]
        items = items or [item for item in study.inputs if item.group == name]
        scalars = [item for item in items if item.table is None and (item.vector is None or item.vector[1] == 0)]
        tables = dict.fromkeys(item.table[0] for item in items if item.table is not None)
        lines += [_input(item, study) for item in scalars]
        lines += [_table(study.tables[table], study) for table in tables]
    return lines


def _more(count: int) -> str:
    return say(" and {count} more", count=count) if count > 0 else ""


def _input(item: Input, study: Study) -> dict[str, str]:
    vector = None if item.vector is None else item.vector[0]
    shown = str(item.distribution if vector is None else study.vectors[vector])
    name, meaning = (item.name, item.meaning) if vector is None else (vector, item.meaning.rpartition(": ")[0])
    return {
        "name": name,
        "meaning": study.labels.name(name, meaning),
        "distribution": shown,
        "unit": item.unit,
        "group": "" if item.group == name else study.labels.name(item.group, item.group),
        "source": item.source + (f" ({item.note})" if item.note and vector is None else ""),
        "curve": curve(item) if item.uncertain and item.vector is None else "",
    }


def curve(item: Input, width: int = 90, height: int = 18) -> str:
    """Return an inline picture of the distribution: quantile density over its central 99 %."""
    shares = np.linspace(0.005, 0.995, 61)
    values = np.asarray(item.distribution.ppf(shares), float)
    steps = np.diff(values)
    if not np.isfinite(values).all() or values[-1] <= values[0]:
        return ""
    density = np.where(steps > 0, 1.0 / np.maximum(steps, 1e-300), 0.0)
    # Of a few values or words nearly all steps are 0, and so is the quantile: the one step then gives the height.
    density = np.minimum(density / (np.quantile(density, 0.95) or density.max()), 1.0)
    x = (0.5 * (values[1:] + values[:-1]) - values[0]) / (values[-1] - values[0]) * width
    words = say("density of {name}", name=item.name)
    points = " ".join(f"{a:.1f},{height - b * (height - 2):.1f}" for a, b in zip(x, density, strict=True))
    return (
        f'<svg class="curve" width="{width}" height="{height}" role="img" aria-label="{escape(words)}">'
        f'<polygon points="0,{height} {points} {width},{height}" fill="#0072B2" fill-opacity="0.35"/></svg>'
    )


def provenance(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the record of the run as lines: key, value; what is nested has a line per key, what was not asked none.

    A report is handed on: names of machines are left out, and of paths the file's name is told.
    """
    lines = []
    for key, value in _public(record).items():
        if value is None:
            continue
        if isinstance(value, Mapping) and any(isinstance(part, Mapping | list) for part in value.values()):
            lines += [(f"{label(key)}: {label(name)}", _shown(part)) for name, part in value.items() if part]
        else:
            lines.append((label(key), _shown(value)))
    return lines


def _public(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_public(key): _public(part) for key, part in value.items() if key not in PRIVATE}
    if isinstance(value, list | tuple):
        return [_public(part) for part in value]
    if not isinstance(value, str) or ("/" not in value and "\\" not in value):  # no path at all, as most texts
        return value
    if PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute():
        return PureWindowsPath(value).name
    return value


PRIVATE = ("host",)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        items = [f"{name} {item}" for name, item in value.items()]
    elif isinstance(value, list):
        items = [" = ".join(map(str, item)) if isinstance(item, list) else str(item) for item in value]
    else:
        return str(value)
    return ", ".join(items[:16]) + _more(len(items) - 16)
