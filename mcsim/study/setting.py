"""Set an input or an option of a study: a number, a word, a distribution or its text."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mcsim.distributions import Constant, Distribution, parse
from mcsim.study.errors import InputError, nearest
from mcsim.study.model import Model, Option
from mcsim.study.study import Input, Study

CENTRE = "centre"  # the word that holds an input, a table or a group at its medians


def set_one(study: Study, name: str, value: Any) -> Study:
    """Return the study with one input or option set, the override recorded.

    Raises
    ------
    InputError
        When the name is unknown or the value is outside the valid range.
    """
    place = study.origin or study.name
    recorded = (*study.overrides, (name, str(value)))
    option = next((item for item in study.model.options if item.name == name), None)
    if value == CENTRE:
        return replace(_held(study, name, place), overrides=recorded)
    try:
        if option is not None:
            return replace(set_option(study, option, value), overrides=recorded)
        position = {item.name: number for number, item in enumerate(study.inputs)}.get(name)
        if position is None:
            known = [item.name for item in study.inputs] + [item.name for item in study.model.options]
            hint = nearest(name, known) or "; `mcsim show` lists them"
            raise InputError(f"{name}: no such input or option{hint}")
        item = study.inputs[position]
        if item.vector is not None:
            raise InputError(f"{name}: one share of a vector cannot be set alone; set the vector in a study file")
        changed = replace(item, distribution=_distribution(study, item, value), source="set by the user")
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    inputs = (*study.inputs[:position], changed, *study.inputs[position + 1 :])
    return replace(study, inputs=inputs, overrides=recorded)


def _distribution(study: Study, item: Input, value: Any) -> Distribution:
    distribution: Any = value
    if isinstance(value, str):
        distribution = _from_text(item, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        distribution = Constant(float(value))
    if not hasattr(distribution, "ppf"):
        raise InputError(
            f"{item.name}: neither a number nor a distribution (got {value!r}); such as normal(0.02, 0.003)"
        )
    check_range(study.model, item, distribution)
    return distribution  # type: ignore[no-any-return]


def _held(study: Study, name: str, place: str) -> Study:
    """Return the study with an input, or every cell of a table or group, fixed at its median."""
    members = {item.name for item in study.inputs if name in (item.name, item.group, (item.table or ("",))[0])}
    if not members:
        known = [*(item.name for item in study.inputs), *study.groups, *study.tables]
        raise InputError(
            f"{place}: {name}: no such input, table or group{nearest(name, known)}; `mcsim show` lists them"
        )
    vector = next((item.name for item in study.inputs if item.name in members and item.vector is not None), None)
    if vector is not None:
        raise InputError(
            f"{place}: {vector}: one share of a vector cannot be set alone; set the vector in a study file"
        )
    inputs = tuple(
        replace(item, distribution=Constant(item.distribution.median())) if item.name in members else item
        for item in study.inputs
    )
    return replace(study, inputs=inputs)


def _from_text(item: Input, text: str) -> Distribution:
    try:
        return Constant(float(text))
    except ValueError:
        if "(" not in text:
            remedy = "such as 0.02 or normal(0.02, 0.003)"
            raise InputError(f"{item.name}: neither a number nor a distribution (got {text!r}); {remedy}") from None
    try:
        return parse(text)
    except ValueError as error:
        raise InputError(f"{item.name}: {error}") from None


def check_range(model: Model, item: Input, distribution: Distribution) -> None:
    """Refuse a distribution that can leave the model's valid range.

    Raises
    ------
    InputError
        Naming the input, the support and the range.
    """
    valid = next((p.valid for p in model.parameters if p.name == item.name), (-math.inf, math.inf))
    if item.table is not None:
        valid = next((spec.valid for spec in model.tables if spec.name == item.table[0]), valid)
    low, high = distribution.support()
    if math.isnan(low) or math.isnan(high) or low < valid[0] or high > valid[1]:
        shown = f"{low:g}" if low == high else f"{distribution}, which reaches from {low:g} to {high:g}"
        raise InputError(
            f"{item.name}: outside the valid range (got {shown}); between {valid[0]:g} and {valid[1]:g} {item.unit}"
            + ("; truncated_normal(mean, sd, low, high) keeps a normal inside" if low == -math.inf else "")
        )


def set_option(study: Study, option: Option, value: Any) -> Study:
    """Return the study with an option fixed, or uncertain where the value is a categorical distribution over its words.

    Raises
    ------
    InputError
        When the value is not one that the option takes.
    """
    options = dict(study.options)
    kept = tuple(item for item in study.inputs if item.name != option.name)
    labels = getattr(value, "labels", None)
    if isinstance(value, str) and "(" in value:
        try:
            value = parse(value)
        except ValueError as error:
            raise InputError(f"{option.name}: {error}") from None
        labels = getattr(value, "labels", None)
    if labels is not None:
        if option.choices is None:
            raise InputError(f"{option.name}: takes a number (got {value}); an option of words can be categorical")
        for label in labels:
            option.check(label)
        item = Input(option.name, "", option.meaning, value, "model form", "set by the user", "model-form choice")
        return replace(study, inputs=(*kept, item), options=options)
    if isinstance(value, str) and option.choices is None:
        try:
            number = float(value)
        except ValueError:
            raise InputError(
                f"{option.name}: not a number in range (got {value!r}); a number from {option.low:g} to {option.high:g}"
            ) from None
        value = int(number) if number == int(number) else number
    options[option.name] = option.check(value)
    return replace(study, inputs=kept, options=options)
