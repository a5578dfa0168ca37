"""Units at the door: a factor from the user's unit to the model's, or a refusal."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.study.errors import InputError
from mcsim.study.types import FloatArray

if TYPE_CHECKING:
    from mcsim.study.declared import Output


def conversion(given: str, wanted: str, where: str) -> float:
    """Return the factor that turns a number in one unit into the other.

    What follows a unit as its substance (``kg CO2e``) is no unit: it must be the same on both sides.

    Parameters
    ----------
    given, wanted : str
        Units as written.
    where : str
        Place for the message.

    Raises
    ------
    InputError
        When the units do not convert.

    Examples
    --------
    >>> conversion("g CO2e/kWh", "kg CO2e/kWh", "factors.csv")
    0.001
    """
    if given == wanted:
        return 1.0
    refusal = f"{where}: does not convert (got {given!r}); {wanted!r}"
    (given_text, given_substances), (wanted_text, wanted_substances) = _split(given), _split(wanted)
    if given_substances != wanted_substances:
        raise InputError(refusal)
    registry = _registry()
    try:
        factor = registry.Quantity(1.0, given_text).to(wanted_text).magnitude
        zero = registry.Quantity(0.0, given_text).to(wanted_text).magnitude
    except Exception:
        raise InputError(refusal) from None
    if zero != 0.0:
        raise InputError(refusal)
    return float(factor)


def output_factors(given: Output, wanted: Output, where: str) -> FloatArray | None:
    """Return what turns the elements of one output into the units of another with the same dims.

    Parameters
    ----------
    given, wanted : Output
        The two, of one name in two studies.
    where : str
        Place for the message.

    Returns
    -------
    ndarray, shape (*packed_shape), or None
        Factors of the packed elements; None where all units are the same.

    Raises
    ------
    InputError
        When a unit does not convert.

    Examples
    --------
    >>> from mcsim.study import Output
    >>> output_factors(Output("z", "g", "z"), Output("z", "kg", "z"), "compare")
    array(0.001)
    """
    units = [(given.unit_at(place), wanted.unit_at(place)) for place in np.ndindex(given.shape)]
    if all(mine == theirs for mine, theirs in units):
        return None
    factors = {pair: conversion(*pair, f"{where}: {given.name}") for pair in dict.fromkeys(units)}
    full = np.array([factors[pair] for pair in units]).reshape(given.shape)
    return full if given.layout is None else given.layout.pack(full)


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


@lru_cache(maxsize=256)
def _split(unit: str) -> tuple[str, tuple[str, ...]]:
    words, substances = [], []
    for token in re.findall(r"[^\s/*^()]+|[/*^()]", unit.replace("%", "percent")):
        if token in "/*^()" or _known(token):
            words.append(token)
        else:
            substances.append(token)
    return " ".join(words), tuple(substances)


def _known(token: str) -> bool:
    if re.fullmatch(r"[0-9.]+", token):
        return True
    try:
        _registry().parse_units(token)
    except Exception:
        return False
    return True
