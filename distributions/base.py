"""What every distribution offers, and the few helpers that the families share."""

import json
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from itertools import pairwise
from math import inf, isfinite, isnan
from numbers import Real
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

INTERVAL = 3.92  # width of a central 95 % interval of a normal, in standard deviations


@runtime_checkable
class Distribution(Protocol):
    """An uncertain number: a valid, frozen object whose text form parses back to itself."""

    def ppf(self, u: ArrayLike) -> Array:
        """Return the values at the probabilities `u`, in the shape of `u`; the support's ends at 0 and 1."""
        ...

    def cdf(self, x: ArrayLike) -> Array:
        """Return the probabilities of values not above `x`, in the shape of `x`."""
        ...

    def mean(self) -> float:
        """Return the expected value."""
        ...

    def median(self) -> float:
        """Return the value at probability one half."""
        ...

    def support(self) -> tuple[float, float]:
        """Return the lowest and the highest value, infinite where there is none."""
        ...


def refusal(place: str, rule: str, got: str, remedy: str) -> ValueError:
    """Return the error of one line that every family raises: place, rule, value, remedy."""
    return ValueError(f"{place}: {rule} (got {got}); {remedy}")


def shown(value: object) -> str:
    """Return an argument as the text form writes it: shortest exact numbers, quoted words, lists in brackets."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # its escapes are Python's too, and keep it on one line
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return repr(value)


def text(family: str, *arguments: object) -> str:
    """Return the one-line text form, such as ``triangular(0.02, 0.025, 0.03)``."""
    return f"{family}({', '.join(shown(argument) for argument in arguments)})"


def plain(value: Any) -> Any:
    """Return the number that an array without dims holds, NumPy's or xarray's; anything else as it is."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def number(family: str, name: str, value: object, *, infinite: bool = False) -> float:
    """Return `value` as a float, refusing what is not a number (infinities too, unless `infinite`)."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise refusal(family, f"{name} must be a number", shown(value), "write a plain number, units stand apart")
    try:
        size = float(value)
    except OverflowError:  # a whole number beyond 1.8e308
        size = inf
    if isnan(size):
        raise refusal(family, f"{name} must be a number", "nan", "write a plain number, units stand apart")
    if not infinite and not isfinite(size):
        raise refusal(family, f"{name} must be finite", shown(size), "give the largest value that is meant")
    return size


def settle(instance: Any, family: str, infinite: Iterable[str] = ()) -> None:
    """Turn every field of a frozen dataclass into a float, once, while it is being constructed."""
    unbounded = frozenset(infinite)
    for name in _names(type(instance)):  # type: ignore[arg-type]
        value = getattr(instance, name)
        if type(value) is float and isfinite(value):  # tables hold thousands of these
            continue
        object.__setattr__(instance, name, number(family, name, value, infinite=name in unbounded))


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def require_positive(family: str, name: str, value: float) -> None:
    """Refuse a `value` that is zero or below."""
    if not value > 0.0:
        raise refusal(family, f"{name} must be above 0", f"{name}={shown(value)}", "use constant(...) for a sure value")


def require_order(family: str, **named: float) -> None:
    """Refuse numbers, given by name, that do not rise strictly."""
    values = list(named.values())
    if not all(a < b for a, b in pairwise(values)):
        got = ", ".join(f"{name}={shown(value)}" for name, value in named.items())
        raise refusal(family, f"must rise strictly: {' < '.join(named)}", got, "reorder or separate the values")


def as_unit(u: ArrayLike, place: str = "ppf") -> Array:
    """Return probabilities as a float array, refusing anything outside [0, 1] and NaN."""
    unit = np.asarray(u, dtype=np.float64)
    if unit.size and not (unit.min() >= 0.0 and unit.max() <= 1.0):
        worst = unit[~((unit >= 0.0) & (unit <= 1.0))].flat[0]
        raise refusal(place, "probabilities must lie in [0, 1]", shown(float(worst)), "pass points of the unit cube")
    return unit


def pin(x: ArrayLike, u: Array, low: float, high: float) -> Array:
    """Return `x` kept in [low, high] and exactly at the ends where `u` is 0 or 1, against rounding."""
    inside = np.clip(x, low, high)
    return np.where(u <= 0.0, low, np.where(u >= 1.0, high, inside))
