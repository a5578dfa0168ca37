"""A folder in which another corridor is filled in: the study file and every table, with nothing said of a country yet.

A study whose ``[study] arguments`` name a `home` and a `host` is data beside its model. Its own tables and inputs tell
what another corridor has to fill in; every source there is `UNFILLED`, which loading refuses by name.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcsim.study.declared import Option, Parameter, TableSpec
from mcsim.study.errors import InputError
from mcsim.study.imports import import_callable
from mcsim.study.load import load, resolve
from mcsim.study.model import Model
from mcsim.study.read import read_study_file
from mcsim.study.study import Study
from mcsim.study.tables import Table
from mcsim.study.unfilled import UNFILLED

COLUMNS = ("value", "low", "high", "unit", "distribution", "source", "note")
COUNTRIES = ("home", "host")


@dataclass(frozen=True, slots=True)
class Template:
    """What is written for a corridor.

    Parameters
    ----------
    study : str
        Name of the study.
    files : mapping
        Path in the folder -> text.
    unfilled : int
        Inputs and rows of tables whose source is asked for.
    """

    study: str
    files: Mapping[str, str]
    unfilled: int

    def write(self, folder: Path) -> Path:
        """Write the files into a new folder and return the path of the study file.

        Raises
        ------
        InputError
            When there is something of this name.
        """
        if folder.exists() or folder.is_symlink():
            raise InputError(f"{folder}: exists (got a folder of this name); the name of one that does not")
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder / f"{self.study}.toml"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A study of one corridor, and how its names become those of another."""

    study: Study
    head: Mapping[str, Any]
    labels: Mapping[str, str]

    def renamed(self, text: str) -> str:
        """Return a name or a key with the new labels in the place of the old, both at once."""
        words = "|".join(re.escape(label) for label in self.labels)
        return re.sub(rf"(?<![A-Za-z])({words})(?![A-Za-z])", lambda found: self.labels[found[0]], text)

    def table(self, table: Table) -> Table:
        """Return a table under its new name, with the new labels in its keys."""
        index = tuple(tuple(map(self.renamed, key)) for key in table.index)
        return replace(table, name=self.renamed(table.name), index=index)


def corridor_template(home: str, host: str, of: str = "fleet") -> Template:
    """Return what is to be filled in for a corridor.

    Parameters
    ----------
    home, host : str
        Labels of the country where vehicles are new and of the one to which they go second-hand.
    of : str
        The study whose model it is.

    Returns
    -------
    Template

    Raises
    ------
    InputError
        For a label that is no word, that is both countries', or that the model's names hold already; or a study that
        has no corridor.

    Examples
    --------
    >>> template = corridor_template("jp", "nz")
    >>> template.study, sorted(template.files)[:3]
    ('fleet-jp-nz', ['README.md', 'data/bev_capacity.csv', 'data/chemistry_share.csv'])
    """
    pattern = _pattern(home, host, of)
    tables = {table.name: table for table in map(pattern.table, pattern.study.tables.values())}
    head = pattern.head
    factory = import_callable(head["model"], Path(pattern.study.origin), "study.model")
    model: Model = factory(tables, home=home, host=host)
    name = f"{of}-{home}-{host}"
    files = {f"{name}.toml": _study_text(pattern, model, name, home, host), "README.md": _readme(model, name, of)}
    count = sum(parameter.default is None for parameter in model.parameters)
    for spec in model.tables:
        table = tables[spec.name]
        files[f"data/{spec.name}.csv"] = _given(table) if spec.anywhere else _blank(table)
        count += 0 if spec.anywhere else len(table.index)
    return Template(name, files, count)


def _pattern(home: str, host: str, of: str) -> _Pattern:
    path = resolve(of)
    head = read_study_file(path, resolve)[0]["study"]
    arguments = head.get("arguments", {})
    if set(arguments) != set(COUNTRIES) or ".py:" in head.get("model", ""):
        raise InputError(
            f"--of: {of}: no corridor (got {arguments or 'no home and host'}); a study whose [study] arguments are both"
        )
    study = load(path)
    for key, label in zip(COUNTRIES, (home, host), strict=True):
        if re.fullmatch(r"[a-z][a-z0-9_]*", label) is None:
            raise InputError(f"--{key}: not a word (got {label!r}); small letters, such as jp")
    if home == host:
        raise InputError(f"--host: the same as --home (got {host!r}); two labels")
    named = [item.name for item in study.inputs] + [output.name for output in study.outputs] + list(study.tables)
    taken = {word for name in named for word in re.split(r"[^A-Za-z]", name)} - set(arguments.values())
    for key, label in zip(COUNTRIES, (home, host), strict=True):
        if label in taken or label in COUNTRIES:
            raise InputError(f"--{key}: a word of the model's own names (got {label!r}); such as {label}land")
    return _Pattern(study, head, {arguments["home"]: home, arguments["host"]: host})


def _blank(table: Table) -> str:
    """Return the rows of a table with their units and nothing else."""
    rows = [[*key, "", "", "", unit, "", UNFILLED, ""] for key, unit in zip(table.index, table.units, strict=True)]
    return _csv([[*table.keys, *COLUMNS], *rows])


def _given(table: Table) -> str:
    """Return a table as it stands, of things that are the same in every corridor."""
    return Path(table.origin).read_text(encoding="utf-8")


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _number(value: float) -> str:
    return f"{value:.15g}"


def _range(low: float, high: float, unit: str) -> str:
    ends = [f"{word} {_number(end)}" for word, end in (("from", low), ("to", high)) if math.isfinite(end)]
    return " ".join([*ends, unit]).strip() if ends else unit


def _study_text(pattern: _Pattern, model: Model, name: str, home: str, host: str) -> str:
    lines = [
        "[study]",
        f"name = {json.dumps(name)}",
        f"title = {json.dumps(f'{name}: {home.upper()} to {host.upper()}')}",
        f"question = {json.dumps('What does this corridor bring?')}",
        'version = "1"',
        f"model = {json.dumps(pattern.head['model'])}",
        f"arguments = {{ home = {json.dumps(home)}, host = {json.dumps(host)} }}",
        f"headline = {json.dumps([pattern.renamed(output) for output in pattern.study.headline])}",
        "",
        f"# An input is a value or a distribution with its source, which is {json.dumps(UNFILLED)} until you say it:",
        "#   { value = 0.1, ... }, { triangular = [low, likely, high], ... }, { uniform = [low, high], ... };",
        '#   "assumption" is a source. README.md tells the tables, docs/study-files.md everything else.',
        f"# Beside each stands what {pattern.study.name} says of it, of its own countries.",
        "",
        "[inputs]",
    ]
    known = {pattern.renamed(item.name): item for item in pattern.study.inputs}
    for parameter in model.parameters:
        item = known.get(parameter.name)
        theirs = f"{item.distribution}; {item.source}" if item is not None else ""
        lines += _input_lines(parameter, pattern.study.name, theirs)
    lines += ["", "[options]"]
    chosen = {pattern.renamed(option): value for option, value in pattern.study.options.items()}
    lines += [_option_line(option, chosen[option.name]) for option in model.options]
    for spec in model.tables:
        lines += ["", f"[tables.{spec.name}]", f'file = "data/{spec.name}.csv"']
    lines += [
        "",
        "# What was counted, one for each year (docs/study-files.md): the report draws it beside the bands, and",
        "# `mcsim calibrate` narrows the inputs by it.",
        "# [[observation]]",
        f'# output = "{next(output.name for output in model.outputs)}@LABEL"',
        '# kind = "observed"',
        "# value = 1.0",
        "# low = 0.9",
        "# high = 1.1",
        "# interval = 0.9",
        '# source = "..."',
    ]
    return "\n".join(lines) + "\n"


def _input_lines(parameter: Parameter, study: str, theirs: str) -> list[str]:
    told = " ".join(f"{parameter.meaning}; {_range(*parameter.valid, parameter.unit)}".split()).removesuffix("; ")
    entry = f"{{ unit = {json.dumps(parameter.unit)}, source = {json.dumps(UNFILLED)} }}"
    if parameter.labels is not None:
        entry = f"{{ labels = {json.dumps(list(parameter.labels))}, source = {json.dumps(UNFILLED)} }}"
    lines = [f"# {told}"]
    if theirs:
        lines.append(f"#   {study}: {' '.join(theirs.split())}")
    if parameter.default is not None:
        return [*lines, f"#   may be left out: {parameter.default}", f"# {parameter.name} = {entry}"]
    return [*lines, f"{parameter.name} = {entry}"]


def _option_line(option: Option, value: object) -> str:
    words = " | ".join(option.choices) if option.choices is not None else _range(option.low, option.high, "")
    told = json.dumps(value) if isinstance(value, str | bool) else _number(float(str(value)))
    return f"{option.name} = {told}  # {words}: {option.meaning}"


def _readme(model: Model, name: str, of: str) -> str:
    lines = [
        f"# {name}",
        "",
        f"`{name}.toml` is the study; its tables are in `data/`. Fill in values and sources, then",
        "",
        f"    mcsim check {name}.toml",
        "",
        f"names the next input or row whose source is still `{UNFILLED}`, and what else does not fit.",
        "",
        f"A table has its key columns, then {', '.join(f'`{column}`' for column in COLUMNS)}. `low`, `high` and",
        "`distribution` (fixed, triangular, pert, uniform, normal, lognormal, or a text such as `gamma(2, 0.5)`) may",
        f"be empty: the value is then certain. Rows that stand in a table already are those of `{of}`; the last column",
        "here tells which of them a corridor needs.",
        "",
        "| table | columns | figure | valid | rows |",
        "| --- | --- | --- | --- | --- |",
        *(_table_line(spec) for spec in model.tables),
    ]
    return "\n".join(lines) + "\n"


def _table_line(spec: TableSpec) -> str:
    rows = "filled: the same in every corridor" if spec.anywhere else spec.rows or "all"
    return f"| `{spec.name}` | {', '.join(spec.keys)} | {spec.meaning} | {_range(*spec.valid, '') or 'any'} | {rows} |"
