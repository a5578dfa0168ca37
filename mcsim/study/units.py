"""Units at the door: a factor from the user's unit to the model's, or a refusal.

Read are the spellings of the field: ``kgCO2e``, ``kg CO2-eq``, ``kg CO2 eq``, ``%`` of a share, ``kWh/100 km`` (per
100 km), ``USD`` and ``US$``. A ``ton`` may be three things and is refused where it would be converted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.study.errors import InputError
from mcsim.study.types import FloatArray

if TYPE_CHECKING:
    from mcsim.study.declared import Output

OPERATORS = "/*^()"
SUBSCRIPTS = str.maketrans("\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089", "0123456789")
# Spellings of the field -> as they are read, in order; a substance has a capital letter.
SPELLINGS = (
    (r"US\s?\$", "USD"),
    (r"%", " percent "),
    (r"\bmetric[ _]tons?\b", "t"),
    (r"(\S*[A-Z]\S*?)[\s_-]*(?:eq(?:uiv(?:alents?)?)?\.?|(?<=-)e)(?![A-Za-z0-9])", r"\1e"),
    (r"/\s*([0-9.]+)\s*([A-Za-z]+)", r"/(\1 \2)"),  # per 100 km, not per 100 and times km
)
JOINED = re.compile(r"(kg|mg|g|kt|Mt|Gt|t|kBq|Bq)([A-Z0-9].*)")  # kgCO2e
AMBIGUOUS = re.compile(r"(kilo|mega|giga|k|M|G)?tons?")


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
        When the units do not convert, or one may mean several.

    Examples
    --------
    >>> conversion("g CO2-eq/kWh", "kg CO2e/kWh", "factors.csv")
    0.001
    >>> conversion("%", "share", "shares.csv")
    0.01
    >>> conversion("kt/yr", "t/yr", "flows.csv")
    1000.0
    """
    if given == wanted:
        return 1.0
    refusal = f"{where}: does not convert (got {given!r}); {wanted!r}"
    (given_text, given_substances), (wanted_text, wanted_substances) = _split(given), _split(wanted)
    for text in (given_text, wanted_text):
        if any(AMBIGUOUS.fullmatch(word) for word in text.split()):
            raise InputError(
                f"{where}: a ton may be 1000, 907 or 1016 kg (got {given!r} for {wanted!r}); t, short_ton or long_ton"
            )
    if given_substances != wanted_substances:
        raise InputError(refusal)
    registry = _registry()
    try:
        # A unit that does not begin at 0 (degC) refuses the division.
        factor = (registry.Quantity(1.0) * registry(given_text) / registry(wanted_text)).to("").magnitude
    except Exception:
        raise InputError(refusal) from None
    return float(f"{factor:.15g}")  # 0.01, not 0.010000000000000002


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

    registry: Any = pint.UnitRegistry(on_redefinition="ignore")
    registry.define("kt = 1000 * metric_ton")  # to pint it is a knot
    registry.define("share = 1")
    registry.define("USD = [currency]")
    return registry


@lru_cache(maxsize=256)
def _split(unit: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    """Return what is a unit as text, and what is a substance with the number of divisions before it."""
    text = "1" if unit.strip() in ("", "-") else unit.translate(SUBSCRIPTS)
    for spelling, read in SPELLINGS:
        text = re.sub(spelling, read, text)
    words: list[str] = []
    substances: list[tuple[str, int]] = []
    for token in re.findall(r"[^\s/*^()]+|[/*^()]", text):
        joined = JOINED.fullmatch(token)
        first = not words and not substances
        # A number after a unit is the year of a price.
        counts = first or bool(words and words[-1] in "/*^(") if _is_number(token) else _known(token)
        if token in OPERATORS or counts:
            words.append(token)
        elif joined is not None:
            words.append(joined[1])
            substances.append((joined[2], words.count("/")))
        else:
            substances.append((token, words.count("/")))
    if not words or words[0] in "/*":
        words.insert(0, "1")
    if words[-1] in "/*":
        words.append("1")
    return " ".join(words), tuple(substances)


def _is_number(token: str) -> bool:
    return re.fullmatch(r"-?[0-9.]+", token) is not None


def _known(token: str) -> bool:
    try:
        _registry().parse_units(token)
    except Exception:
        return False
    return True
