"""One entry of a study file's [inputs] or [options]: TOML value to distribution, in the model's unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcsim.distributions import FAMILIES, SHARES, Constant, Distribution, Uniform, build, build_shares, parse
from mcsim.study.declared import Parameter
from mcsim.study.errors import InputError
from mcsim.study.inputs import Input
from mcsim.study.model import Model
from mcsim.study.setting import check_range
from mcsim.study.units import conversion

# `centre` is no key of a file: `mcsim.study.read` writes the name of the extended study there.
INPUT_KEYS = ("value", "centre", "unit", "group", "source", "note", "meaning", "labels")


def option_value(value: Any) -> Any:
    """Return what an entry of [options] means: a word, a number, or a categorical distribution over words."""
    if not isinstance(value, dict):
        return value
    family = next((key for key in value if key not in INPUT_KEYS), "")
    return _built(family, value[family]) if family else value.get("value")


def _built(family: str, arguments: Any) -> Distribution:
    try:
        return build(family, arguments)
    except ValueError as error:
        raise InputError(str(error)) from None


def scalar_input(model: Model, parameter: Parameter, entry: Any, path: Path) -> Input:
    """Return the input of a declared parameter with what the study file says of it, or with the model's default."""
    place = f"{path}: inputs.{parameter.name}"
    default: Any = parameter.default  # a scalar's: vectors of shares go through `vector_inputs`
    base = Input(
        parameter.name,
        parameter.unit,
        parameter.meaning,
        default if default is not None else Constant(0.0),
        parameter.group or parameter.name,
        parameter.source,
    )
    if parameter.default is None and (entry is None or _is_centre_alone(entry)):
        if entry is not None:
            raise InputError(
                f"{place}: {entry['centre']} says nothing of it (got 'centre'); a number or a distribution"
            )
        raise InputError(f"{place}: missing; the model {model.name} needs it ({parameter.meaning}, {parameter.unit})")
    return base if entry is None else _filled(model, base, entry, place)


def cell_input(model: Model, item: Input, entry: Any, path: Path) -> Input:
    """Return a table's cell with what the study file says of it."""
    return _filled(model, item, entry, f"{path}: inputs.{item.name}")


def _is_centre_alone(entry: Any) -> bool:
    """Return whether an entry holds an input at the centre of what the model or a table says of it."""
    return isinstance(entry, dict) and "centre" in entry and set(entry) <= set(INPUT_KEYS) - {"value"}


def _filled(model: Model, item: Input, entry: Any, place: str) -> Input:
    fields = entry if isinstance(entry, dict) else {"value": entry}
    try:
        distribution = item.distribution if _is_centre_alone(fields) else _entry_distribution(fields, item, place)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(place) else f"{place}: {text}") from None
    source = fields.get("source", item.source)
    if "centre" in fields:
        # A centre is a median (`mcsim evaluate`), whatever the family: a triangular's mode is another number.
        distribution = Constant(distribution.median())
        source = f"centre of {fields['centre']}; {source}".removesuffix("; ")
    item = replace(
        item,
        distribution=distribution,
        group=fields.get("group", item.group),
        source=source,
        note=fields.get("note", item.note),
    )
    try:
        check_range(model, item, distribution)
    except InputError as error:
        raise InputError(f"{place}: {str(error).removeprefix(item.name + ': ')}") from None
    return item


def _entry_distribution(fields: Mapping[str, Any], item: Input, place: str) -> Distribution:
    families = [key for key in fields if key not in INPUT_KEYS]
    if len(families) + ("value" in fields) != 1:
        got = ", ".join([*families, *(["value"] if "value" in fields else [])]) or "nothing"
        raise InputError(
            f"{place}: one distribution or one value (got {got}); such as triangular = [0.02, 0.025, 0.03]"
        )
    factor = conversion(fields["unit"], item.unit, f"{place}.unit") if "unit" in fields else 1.0
    if families:
        return _built(families[0], _converted(families[0], fields[families[0]], factor, place))
    value = fields["value"]
    if isinstance(value, str):
        if factor != 1.0:
            raise InputError(
                f"{place}.unit: a distribution written as text is not converted (got {fields['unit']!r}); {item.unit!r}"
            )
        try:
            return parse(value)
        except ValueError as error:
            raise InputError(str(error)) from None
    return Constant(float(value) * factor)


def _converted(family: str, arguments: Any, factor: float, place: str) -> Any:
    """Return a family's arguments in the model's unit; an unknown family is left for `build` to refuse."""
    if factor == 1.0 or family not in FAMILIES:
        return arguments
    try:
        return FAMILIES[family].converted(arguments, factor)
    except ValueError as error:
        raise InputError(f"{place}.unit: {error}") from None


def vector_inputs(parameter: Parameter, entry: Any, path: Path, vectors: dict[str, Any]) -> list[Input]:
    """Return the unit columns of a vector of shares, and record its Dirichlet distribution."""
    place = f"{path}: inputs.{parameter.name}"
    labels = parameter.labels or ()
    fields = entry if isinstance(entry, dict) else {}
    if "centre" in fields:
        raise InputError(f"{place}: shares cannot be held (got 'centre'); dirichlet = [...], as large as they are sure")
    if entry is None and parameter.default is not None:
        dirichlet: Any = parameter.default
    elif family := next((name for name in SHARES if name in fields), ""):
        given = fields.get("labels")
        if given is not None and tuple(map(str, given)) != labels:
            raise InputError(f"{place}.labels: not those of the model (got {given}); {list(labels)}")
        try:
            dirichlet = build_shares(family, fields[family])
        except ValueError as error:
            raise InputError(f"{place}: {error}") from None
    else:
        raise InputError(
            f"{place}: no shares (got {entry!r}); dirichlet = [...] with one number for each of {list(labels)}"
        )
    n_shares = len(dirichlet.mean())
    if n_shares != len(labels):
        raise InputError(f"{place}: {n_shares} numbers for {len(labels)} shares; one for each of {list(labels)}")
    vectors[parameter.name] = dirichlet
    group = fields.get("group", parameter.group or parameter.name)
    return [
        Input(
            f"{parameter.name}[{label}]",
            "share",
            f"{parameter.meaning}: {label}",
            Uniform(0.0, 1.0),
            group,
            fields.get("source", parameter.source),
            fields.get("note", f"unit column of {dirichlet}"),
            vector=(parameter.name, column),
        )
        for column, label in enumerate(labels[:-1])
    ]
