"""What a user's value means for one input or one option: a number, a word, a distribution or its text."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mcsim.distributions import Constant, Distribution, parse
from mcsim.study.declared import Option
from mcsim.study.errors import InputError
from mcsim.study.inputs import Input
from mcsim.study.model import Model
from mcsim.study.types import OptionValue
from mcsim.study.values import is_number, number_or_text

EXAMPLE = "such as 0.02 or normal(0.02, 0.003)"


def input_set(model: Model, item: Input, value: Any) -> Input:
    """Return an input with what the user says of it.

    Raises
    ------
    InputError
        When the value is neither a number nor a distribution, or leaves the model's valid range.
    """
    if item.vector is not None:
        raise InputError(f"{item.name}: one share of a vector cannot be set alone; set the vector in a study file")
    meant = _meant(item.name, value) if isinstance(value, str) else value
    distribution = Constant(float(meant)) if is_number(meant) else meant
    if not hasattr(distribution, "ppf"):
        raise InputError(f"{item.name}: neither a number nor a distribution (got {value!r}); {EXAMPLE}")
    check_range(model, item, distribution)
    return replace(item, distribution=distribution, source="set by the user")


def input_held(item: Input) -> Input:
    """Return an input fixed at its median.

    Raises
    ------
    InputError
        When it is one share of a vector.
    """
    if item.vector is not None:
        raise InputError(f"{item.name}: one share of a vector cannot be set alone; set the vector in a study file")
    return replace(item, distribution=Constant(item.distribution.median()))


def _meant(name: str, text: str) -> Any:
    """Return the number, the distribution or else the word that a text means."""
    if "(" not in text:
        return number_or_text(text)
    try:
        return parse(text)
    except ValueError as error:
        raise InputError(f"{name}: {error}") from None


def declared_range(model: Model, item: Input) -> tuple[float, float]:
    """Return the closed range that a model declares of an input, by its parameter or its table."""
    valid = next((p.valid for p in model.parameters if p.name == item.name), (-math.inf, math.inf))
    if item.table is not None:
        valid = next((spec.valid for spec in model.tables if spec.name == item.table[0]), valid)
    return valid


def valid_range(model: Model, item: Input) -> tuple[float, float]:
    """Return the closed range that a value may have: the declared one, a table's share within 0 and 1."""
    low, high = declared_range(model, item)
    return (max(low, 0.0), min(high, 1.0)) if item.table is not None and item.unit == "share" else (low, high)


def check_share(where: str, distribution: Distribution, unit: str) -> None:
    """Refuse a table's share outside 0 and 1: its median, and the ends that it has.

    A tail without an end, such as a gamma's of weights that the model scales to 1, is the model's range to say.

    Raises
    ------
    InputError
        Naming the place and the value.

    Examples
    --------
    >>> check_share("grid.csv: mix[gas]", Constant(40.0), "share")
    Traceback (most recent call last):
    ...
    mcsim.study.errors.InputError: grid.csv: mix[gas]: a share outside 0 and 1 (got 40); 0.4, or in % with unit = "%"
    """
    low, high = distribution.support()
    if unit != "share" or 0.0 <= low <= high <= 1.0:
        return
    for value in (low, high, distribution.median()):
        if math.isfinite(value) and not 0.0 <= value <= 1.0:
            remedy = f'{value / 100:g}, or in % with unit = "%"' if 1.0 < value <= 100.0 else "between 0 and 1"
            raise InputError(f"{where}: a share outside 0 and 1 (got {value:g}); {remedy}")


def check_range(model: Model, item: Input, distribution: Distribution) -> None:
    """Refuse a distribution that can leave the model's valid range.

    Raises
    ------
    InputError
        Naming the input, the support and the range.
    """
    if getattr(distribution, "labels", None) is not None:
        raise InputError(f"{item.name}: takes a number, not words (got {distribution}); discrete(...) has numbers")
    valid = declared_range(model, item)
    low, high = distribution.support()
    if math.isnan(low) or math.isnan(high) or low < valid[0] or high > valid[1]:
        shown = f"{low:g}" if low == high else f"{distribution}, which reaches from {low:g} to {high:g}"
        raise InputError(
            f"{item.name}: outside the valid range (got {shown}); between {valid[0]:g} and {valid[1]:g} {item.unit}"
            + ("; truncated_normal(mean, sd, low, high) keeps a normal inside" if low == -math.inf else "")
        )
    if item.table is not None:
        check_share(item.name, distribution, item.unit)


def option_set(option: Option, value: Any) -> OptionValue | Input:
    """Return the value of an option, or the uncertain input that it becomes by a categorical over its words.

    Raises
    ------
    InputError
        When the value is not one that the option takes.
    """
    meant = _meant(option.name, value) if isinstance(value, str) and (option.choices is None or "(" in value) else value
    labels = getattr(meant, "labels", None)
    if labels is None:
        return option.check(meant)
    if option.choices is None:
        raise InputError(f"{option.name}: takes a number (got {value}); an option of words can be categorical")
    for label in labels:
        option.check(label)
    return Input(option.name, "", option.meaning, meant, "model form", "set by the user", "model-form choice")
