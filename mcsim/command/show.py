"""What `list`, `show` and `evaluate` print: text for a person, JSON for a program."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study import Input, Output, Study
from mcsim.study.load import find_studies


def studies(as_json: bool) -> str:
    """Return the studies, one line each: name and title."""
    titles = {name: _title(path.read_text(encoding="utf-8"), name) for name, path in find_studies().items()}
    if as_json:
        return json.dumps([{"name": name, "title": title} for name, title in titles.items()], indent=2)
    width = max(map(len, titles), default=0)
    return "\n".join(f"{name:<{width}}  {title}" for name, title in titles.items())


def _title(text: str, name: str) -> str:
    return str(tomllib.loads(text).get("study", {}).get("title", name))


def study(study: Study, as_json: bool) -> str:
    """Return a study's inputs (with distribution, unit, group, source), outputs and options."""
    content = {
        "study": study.name,
        "title": study.title,
        "question": study.question,
        "version": study.version,
        "inputs": [_input(item, study) for item in study.inputs],
        "outputs": [_output(output) for output in study.outputs],
        "options": [
            {
                "name": option.name,
                "value": study.options[option.name],
                "default": option.default,
                "choices": list(option.choices) if option.choices is not None else [option.low, option.high],
                "meaning": option.meaning,
            }
            for option in study.model.options
        ],
    }
    return json.dumps(finite(content), indent=2) if as_json else _study_text(study)


def _input(item: Input, study: Study) -> dict[str, Any]:
    distribution = str(item.distribution) if item.vector is None else str(study.vectors[item.vector[0]])
    return {
        "name": item.name,
        "distribution": distribution,
        "unit": item.unit,
        "group": item.group,
        "source": item.source,
        "meaning": item.meaning,
    }


def _output(output: Output) -> dict[str, Any]:
    return {
        "name": output.name,
        "unit": output.unit or None,
        "dims": [dim.name for dim in output.dims],
        "coords": {dim.name: list(dim.coords) for dim in output.dims},
        "meaning": output.meaning,
        **({"may_be_undefined": True} if output.may_be_undefined else {}),
    } | ({"coord_units": dict(output.coord_units)} if output.coord_units is not None else {})


def _study_text(study: Study) -> str:
    lines = [study.title, study.question, "", f"Inputs ({len(study.inputs)}; cells of tables are summed up below)"]
    scalars = [item for item in study.inputs if item.table is None]
    lines += _aligned(
        [(item.name, _input(item, study)["distribution"], item.unit, item.group, item.source) for item in scalars]
    )
    if study.tables:
        folders = sorted({str(Path(table.origin).parent) for table in study.tables.values() if table.origin})
        lines += ["", f"Tables (in {', '.join(folders)}; --data FOLDER puts yours in their place)"]
        lines += _aligned(
            [
                (
                    table.name,
                    f"{len(table.index)} rows",
                    f"[{', '.join(table.keys)}]",
                    ", ".join(sorted(set(table.groups))),
                )
                for table in study.tables.values()
            ]
        )
    lines += ["", "Outputs"]
    lines += _aligned(
        [
            (
                output.name,
                output.unit or "(by label)",
                f"[{', '.join(dim.name for dim in output.dims)}]",
                output.meaning,
            )
            for output in study.outputs
        ]
    )
    lines += ["", "Options"]
    lines += _aligned(
        [
            (
                option.name,
                str(study.options[option.name]),
                " | ".join(option.choices) if option.choices is not None else f"{option.low:g} to {option.high:g}",
                option.meaning,
            )
            for option in study.model.options
        ]
    )
    return "\n".join(lines)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["  none"]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    widths = [min(width, 48) for width in widths]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def centre_values(study: Study) -> dict[str, float]:
    """Return the value of every input at the centre: medians, and means of shares."""
    values: dict[str, float] = {}
    for item in study.inputs:
        if item.vector is None:
            values[item.name] = float(item.distribution.median())
    for name, dirichlet in study.vectors.items():
        labels = next(p.labels for p in study.model.parameters if p.name == name) or ()
        for label, share in zip(labels, np.asarray(dirichlet.mean()), strict=True):
            values[f"{name}[{label}]"] = float(share)
    return values


def evaluation(study: Study, outputs: Mapping[str, NDArray[Any]], as_json: bool) -> str:
    """Return one deterministic evaluation; `outputs` are packed, one row each."""
    if not as_json:
        return _evaluation_text(study, outputs)
    shown = {
        output.name: {
            "unit": output.unit if output.coord_units is None else None,
            "dims": [dim.name for dim in output.dims],
            "coords": {dim.name: list(dim.coords) for dim in output.dims},
            "values": output.expand(outputs[output.name][0]).tolist(),
        }
        | ({"coord_units": dict(output.coord_units)} if output.coord_units is not None else {})
        for output in study.outputs
    }
    content = {
        "study": study.name,
        "inputs": centre_values(study),
        "options": dict(study.options),
        "outputs": shown,
    }
    return json.dumps(finite(content))


def _evaluation_text(study: Study, outputs: Mapping[str, NDArray[Any]]) -> str:
    lines = [f"{study.title}: one evaluation at the centre (--json prints every element)"]
    headline = [output for output in study.outputs if output.name in study.headline]
    for output in [*headline, *(output for output in study.outputs if output.name not in study.headline)]:
        values = output.expand(outputs[output.name][0])
        shown = values[np.isfinite(values)]
        shape = " x ".join(f"{dim.name} {len(dim)}" for dim in output.dims)
        if shown.size == 0:
            lines.append(f"{output.name}{f' [{shape}]' if shape else ''}: undefined")
            continue
        if values.ndim == 0:
            lines.append(f"{output.name} = {float(values):.6g} {output.unit}")
            continue
        lines.append(
            f"{output.name} [{shape}]: {shown.min():.4g} to {shown.max():.4g} {output.unit or '(units by label)'}"
        )
        if output.name in study.headline and output.n_packed <= 60:
            lines += _elements(output, values)
    return "\n".join(lines)


def _elements(output: Output, values: NDArray[Any]) -> list[str]:
    lines = []
    for place in np.ndindex(values.shape):
        if output.mask[place]:
            labels = {dim.name: dim.coords[position] for dim, position in zip(output.dims, place, strict=True)}
            words = ", ".join(str(label) for label in labels.values())
            defined = math.isfinite(values[place])
            lines.append(f"    {words}: {f'{values[place]:.4g} {output.unit_of(labels)}' if defined else 'undefined'}")
    return lines


FEW = 6  # keys without words that are named


def labels_line(study: Study, language: str, missing: list[str], count: int) -> str:
    """Return what a reader of a language would read in English all the same.

    Keys of the study file without words, of so many, and the remarks of mcsim itself that have none.
    """
    from mcsim.report.language import unspoken
    from mcsim.study.remarks import REMARKS

    own = unspoken(language)
    more = f" and {len(missing) - FEW} more" if len(missing) > FEW else ""
    keys = f"; none for {', '.join(missing[:FEW])}{more}" if missing else ""
    remarks = f"{len(REMARKS) - len(own)} of {len(REMARKS)} remarks{f'; none for {own[0]!r}' if own else ''}"
    return f"{study.name}: --lang {language}: words for {count - len(missing)} of {count} texts{keys}; for {remarks}"


def finite(content: Any) -> Any:
    """Return the content with every NaN and infinity as None, as JSON has neither."""
    if isinstance(content, dict):
        return {key: finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
