"""Study files: TOML to `Study`, with errors that name the file, the key, the value and what would be right."""

from __future__ import annotations

import importlib.util
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from mcsim.study.answers import Brief, brief_of
from mcsim.study.calibrated import calibration_of
from mcsim.study.declared import Dim, Output, Parameter, TableSpec
from mcsim.study.dependent import dependence_of
from mcsim.study.entries import cell_input, option_value, scalar_input, vector_inputs
from mcsim.study.errors import InputError, nearest, one_of, suggests
from mcsim.study.imports import code_of, import_callable
from mcsim.study.inputs import Input, Inputs
from mcsim.study.labels import ENGLISH, LANGUAGES, Labels, labels_of
from mcsim.study.language import told_in
from mcsim.study.model import Model
from mcsim.study.outcomes import outcomes_of
from mcsim.study.program import code_of_program, model_from_program
from mcsim.study.published import published_of
from mcsim.study.read import read_study_file
from mcsim.study.replaced import in_units_of, replace_table
from mcsim.study.study import Study
from mcsim.study.surveyed import surveys_of
from mcsim.study.tables import Table, read_rows, table_from_rows
from mcsim.study.types import OptionValue
from mcsim.study.unfilled import refuse_unfilled_inputs

Rows = list[dict[str, str]]


def find_studies() -> dict[str, Path]:
    """Return every study shipped or installed: name -> study file.

    Packages register under the entry-point group ``mcsim.studies``; every TOML beside the package is a study.

    Examples
    --------
    >>> find_studies()["ishigami"].name
    'ishigami.toml'
    """
    found: dict[str, Path] = {}
    for point in entry_points(group="mcsim.studies"):
        spec = importlib.util.find_spec(point.value)
        for folder in spec.submodule_search_locations or () if spec is not None else ():
            for path in sorted(Path(folder).glob("*.toml")):
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


@suggests
def load(study: str | Path, data: str | Path | None = None) -> Study:
    """Return a study by its name or from its file.

    Parameters
    ----------
    study : str or Path
        A shipped or installed name, or the path of a TOML file.
    data : str or Path, optional
        Folder with CSV files that replace the study's tables of the same file name.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        One line: file, key, what is wrong, the value, what would be right.

    Examples
    --------
    >>> load("ishigami").uncertain[0].name
    'x1'
    """
    path = resolve(study)
    raw, files = read_study_file(path, resolve)
    if "observed" in raw.get("dependence", {}):
        files = (*files, str(raw["dependence"]["observed"]))
    tables_raw = raw.get("tables", {})
    folder = data if data is not None else raw.get("data", {}).get("folder")
    rows = {name: _rows(name, entry) for name, entry in tables_raw.items()}
    tables = _tables(tables_raw, rows, path)
    model = _model(raw, path, tables)
    tables = _apply_specs(tables_raw, rows, tables, model, path)
    user = Path(folder) if folder is not None else None
    if user is not None:
        tables = _override(tables, tables_raw, model, user)
        model = _model(raw, path, tables)
    return _assemble(raw, path, model, tables, (*files, *(table.origin for table in tables.values())), user)


def _rows(name: str, entry: Mapping[str, Any]) -> Rows:
    """Return the rows of a table, in the units of the table of an extended study whose place it takes."""
    rows = read_rows(Path(entry["file"]))
    if "replaces" not in entry:
        return rows
    replaced = table_from_rows(name, read_rows(Path(entry["replaces"])), origin=entry["replaces"])
    if not set(replaced.keys) <= set(rows[0]):
        return rows  # the model's own check of the key columns says what is missing
    return in_units_of(replaced, rows, replaced.keys, Path(entry["file"]))


def resolve(study: str | Path) -> Path:
    """Return the file of a study given by name or path.

    Raises
    ------
    InputError
        When there is neither, naming the closest shipped study.
    """
    path = Path(study)
    if path.suffix == ".toml":
        if not path.is_file():
            raise InputError(f"{study}: no such file; the path of a study file, or a name that `mcsim list` shows")
        return path.resolve()
    known = find_studies()
    if str(study) not in known:
        raise InputError(
            f"{study}: no such study; one of {', '.join(known)}, or a path ending in .toml{nearest(str(study), known)}"
        )
    return known[str(study)]


class Tables(dict[str, Table]):
    """Tables by name, for a model's factory; one that the study file does not name is refused."""

    def __init__(self, tables: Mapping[str, Table], path: Path) -> None:
        super().__init__(tables)
        self.path = path

    def __missing__(self, name: str) -> Table:
        raise InputError(f"{self.path}: tables.{name}: missing; the model reads it{nearest(name, self)}")


def _tables(raw: Mapping[str, Any], rows: Mapping[str, Rows], path: Path) -> dict[str, Table]:
    tables = {
        name: table_from_rows(name, rows[name], group=entry.get("group"), origin=entry["file"])
        for name, entry in raw.items()
    }
    return Tables(tables, path)


def _apply_specs(
    raw: Mapping[str, Any], rows: Mapping[str, Rows], tables: dict[str, Table], model: Model, path: Path
) -> dict[str, Table]:
    """Return the tables checked against what the model needs of each."""
    checked = dict(tables)
    for spec in model.tables:
        if spec.name not in tables:
            raise InputError(f"{path}: tables.{spec.name}: missing; the model {model.name} reads it")
        entry = raw[spec.name]
        checked[spec.name] = table_from_rows(
            spec.name, rows[spec.name], spec=spec, group=entry.get("group"), origin=entry["file"]
        )
    return checked


def _override(tables: dict[str, Table], raw: Mapping[str, Any], model: Model, folder: Path) -> dict[str, Table]:
    if not folder.is_dir():
        raise InputError(f"{folder}: --data: no such folder; a folder with CSV files named as the study's tables")
    specs: dict[str, TableSpec] = {spec.name: spec for spec in model.tables}
    by_file = {Path(table.origin).name: name for name, table in tables.items()}
    given = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv")
    if not given:
        raise InputError(f"{folder}: --data: no CSV file; files named {', '.join(sorted(by_file))}")
    changed = dict(tables)
    for path in given:
        name = by_file.get(path.name)
        if name is None:
            raise InputError(
                f"{path}: no table of this name; one of {', '.join(sorted(by_file))}{nearest(path.name, by_file)}"
            )
        changed[name] = replace_table(tables[name], path, specs.get(name), raw[name].get("group"))
    return changed


def _model(raw: Mapping[str, Any], path: Path, tables: Mapping[str, Table]) -> Model:
    head = raw["study"]
    if raw.get("program"):
        return model_from_program(raw["program"], _declared(raw), _outputs(raw, path), path)
    if "function" in head:
        function = import_callable(head["function"], path, "study.function")
        declared = {parameter.name: parameter for parameter in _declared(raw)}
        outputs = {output.name: output for output in _outputs(raw, path)}
        per_draw = head.get("per_draw", False)
        try:
            return Model.from_function(function, declared, outputs, name=head["name"], per_draw=per_draw)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    if "model" not in head:
        raise InputError(
            f'{path}: study.model: missing; model = "package.module:factory", function = "file.py:name" or [program]'
        )
    arguments = head.get("arguments", {})
    factory = import_callable(head["model"], path, "study.model")
    try:
        inspect.signature(factory).bind(tables, **arguments)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: study.arguments: {error} (got {arguments}); what {head['model']} takes") from None
    try:
        model = factory(tables, **arguments)
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # the user's own code
        what = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise InputError(f"{path}: study.model: stopped (got {what}); mend {head['model']}") from error
    if not isinstance(model, Model):
        raise InputError(f"{path}: study.model: returned {type(model).__name__}; a mcsim.Model")
    return model


def _code(raw: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the files of the model's code and their SHA-256."""
    if raw.get("program"):
        return code_of_program(raw["program"], path)
    return code_of(str(raw["study"].get("function", raw["study"].get("model", ""))), path)


def _declared(raw: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """Return the parameters that a study file with a plain function or a program declares by its inputs."""
    return tuple(
        Parameter(name, entry.get("unit", ""), entry.get("meaning", name), group=entry.get("group"))
        if isinstance(entry, dict)
        else Parameter(name, "", name)
        for name, entry in raw.get("inputs", {}).items()
    )


def _outputs(raw: Mapping[str, Any], path: Path) -> tuple[Output, ...]:
    if not raw.get("outputs"):
        raise InputError(f'{path}: outputs: missing; [outputs] with one line per output, such as y = {{ unit = "km" }}')
    return tuple(
        Output(
            name,
            entry.get("unit", ""),
            entry.get("meaning", name),
            tuple(Dim(dim, tuple(coords)) for dim, coords in entry.get("dims", {}).items()),
            keep=entry.get("keep", True),
            rank=entry.get("rank", True),
            may_be_undefined=entry.get("may_be_undefined", False),
        )
        for name, entry in raw["outputs"].items()
    )


def _named(inputs: Sequence[Input], tables: Mapping[str, Table]) -> set[str]:
    """Return what of the inputs can have a long name: scalars, shares drawn together, groups and tables."""
    together = {item.vector[0] for item in inputs if item.vector is not None}
    return {*tables, *together, *(item.group for item in inputs), *(item.name for item in inputs)}


def _labels(raw: Mapping[str, Any], model: Model, named: set[str], path: Path) -> Labels:
    """Return the long names, with what the study itself is called in other languages."""
    found = labels_of(raw.get("labels", {}), model, named, f"{path}: labels")
    return replace(found, texts=own_texts(raw["study"]))


def own_texts(head: Mapping[str, Any]) -> dict[str, str]:
    """Return what a study is called in other languages, of [study] of its file."""
    return {key: text for key, text in head.items() if key.rpartition("_")[0] in ("title", "question")}


def _brief(entry: Mapping[str, Any], model: Model, place: str) -> Brief:
    """Return what page one says, its sentences in every language read."""
    brief = brief_of(entry, model, place)
    for language in (code for code in LANGUAGES if code != ENGLISH):
        try:
            brief_of(told_in(entry, language), model, place)
        except InputError as error:
            raise InputError(re.sub(r"\.(text|title|undefined): ", rf".\1_{language}: ", str(error), count=1)) from None
    return brief


def _assemble(
    raw: Mapping[str, Any],
    path: Path,
    model: Model,
    tables: Mapping[str, Table],
    files: tuple[str, ...],
    data: Path | None,
) -> Study:
    head = raw["study"]
    entries = dict(raw.get("inputs", {}))
    options = {option.name: option for option in model.options}
    chosen: dict[str, OptionValue] = {option.name: option.default for option in model.options}
    inputs: list[Input] = []
    vectors: dict[str, Any] = {}
    cells = {item.name: item for table in tables.values() for item in table.inputs()}
    declared = {parameter.name for parameter in model.parameters}
    for name in entries:
        if name not in declared and name not in cells:
            known = [*declared, *cells]
            raise InputError(
                f"{path}: inputs.{name}: no such input of {model.name}; `mcsim show` lists them{nearest(name, known)}"
            )
    refuse_unfilled_inputs(entries, f"{path}: inputs")
    for parameter in model.parameters:
        if parameter.labels is not None:
            inputs.extend(vector_inputs(parameter, entries.get(parameter.name), path, vectors))
        else:
            inputs.append(scalar_input(model, parameter, entries.get(parameter.name), path))
    for name, item in cells.items():
        inputs.append(item if name not in entries else cell_input(model, item, entries[name], path))
    depend = dependence_of(raw.get("dependence", {}), inputs, model.options, f"{path}: dependence")
    study = Study(
        name=head["name"],
        title=head.get("title", head["name"]),
        question=head.get("question", ""),
        version=str(head.get("version", "0")),
        model=model,
        inputs=Inputs(inputs),
        options=chosen,
        tables=tables,
        vectors=vectors,
        dependence=depend.pairs,
        dependence_when=depend.when,
        ordered=depend.ordered,
        headline=tuple(head.get("headline", ())),
        origin=str(path),
        files=files,
        data="" if data is None else str(data.resolve()),
        code=_code(raw, path),
        figures=tuple(raw.get("report", {}).get("figures", ())),
        brief=_brief(raw.get("report", {}), model, f"{path}: report"),
        labels=_labels(raw, model, _named(inputs, tables), path),
        published=published_of(raw.get("published", ()), model, inputs),
        outcomes=outcomes_of(raw.get("compare", {}), model, f"{path}: compare"),
    )
    for name, value in raw.get("options", {}).items():
        if name not in options:
            words = ", ".join(options)
            raise InputError(
                f"{path}: options.{name}: no such option of {model.name}; one of {words}{nearest(name, options)}"
            )
        try:
            study = study.set_option(options[name], option_value(value))
        except InputError as error:
            raise InputError(f"{path}: options.{error}") from None
    study = replace(study, calibration=calibration_of(raw, study, path))
    study = replace(study, surveys=surveys_of(raw.get("survey", ()), study, path))
    known = [output.name for output in study.outputs]
    for name in study.headline:
        if name not in known:
            raise InputError(f"{path}: study.headline: {name}: no such output; {one_of(known, name)}")
    return study
