"""The registry of families: what a study file may write, declared once, in the file of each family.

A constructor becomes a family by standing under `family` (one number) or `shares` (several shares of a whole) in any
file of this folder, which is found without being listed anywhere. Reading of text and TOML, conversion between units,
words of tables, help and the tests of all families read what is declared here.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from numbers import Real
from typing import Any, TypeVar

import numpy as np

from mcsim.distributions.base import Array, Distribution, refusal

# Lowest, central and highest figure of a row, and the range that its table allows.
Row = Callable[[float, float, float, tuple[float, float]], Distribution]
_Constructor = TypeVar("_Constructor", bound=Callable[..., Any])


@cache  # thousands of rows of tables name the same few families
def _signature(build: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(build)


@dataclass(frozen=True, slots=True)
class Family:
    """What is known of one name that a study file may write.

    Parameters
    ----------
    name : str
        The name, which is that of the constructor.
    build : callable
        The constructor.
    examples : tuple of str
        Text forms, which help shows and on which the tests of all families run.
    unit_arguments : tuple of str
        Parameters in the unit of the variable: what a conversion multiplies. Without any, none is possible.
    list_first : bool
        Whether the first parameter is a list, so that a flat list of arguments is that list.
    keyed : bool
        Whether a table of words and numbers stands for the first two parameters.
    from_row : callable, optional
        What the name means as a word in the column `distribution` of a table.
    """

    name: str
    build: Callable[..., Any]
    examples: tuple[str, ...]
    unit_arguments: tuple[str, ...] = ()
    list_first: bool = False
    keyed: bool = False
    from_row: Row | None = None

    def signature(self) -> inspect.Signature:
        """Return the parameters of the constructor."""
        return _signature(self.build)

    def usage(self) -> str:
        """Return how the family is written, such as ``triangular(low, mode, high)``."""
        parameters = self.signature().parameters.values()
        return f"{self.name}({', '.join(str(item.replace(annotation=item.empty)) for item in parameters)})"

    def meaning(self) -> str:
        """Return the first line of the constructor's docstring."""
        return (inspect.getdoc(self.build) or "").split("\n")[0]

    def converted(self, arguments: Any, factor: float) -> Any:
        """Return arguments as TOML gives them with those in the unit of the variable multiplied by a factor.

        Raises
        ------
        ValueError
            Where no argument is in the unit of the variable, or not all that shape it are.

        Examples
        --------
        >>> from mcsim.distributions import FAMILIES
        >>> FAMILIES["weibull"].converted([3.5, 17], 1000), FAMILIES["weibull"].converted({"scale": 2}, 10)
        ([3.5, 17000], {'scale': 20})
        """
        if not self.unit_arguments:
            remedy = "write it in the model's unit"
            raise refusal(self.name, "is not converted between units", f"a factor of {factor:g}", remedy)

        def scaled(parameter: str, value: Any) -> Any:
            # What is no number is left for the constructor to refuse.
            number = isinstance(value, Real) and not isinstance(value, bool)
            return value * factor if number and parameter in self.unit_arguments else value

        if isinstance(arguments, Mapping):
            return {name: scaled(name, value) for name, value in arguments.items()}
        values = list(arguments) if isinstance(arguments, (list, tuple)) else [arguments]
        # Arguments beyond the last parameter are left for the constructor to refuse.
        names = [*self.signature().parameters, *[""] * len(values)]
        return [scaled(name, value) for name, value in zip(names, values, strict=False)]


# Name -> family: of one number, and of several shares of a whole (vectors, with their own shapes of `ppf` and `mean`).
FAMILIES: dict[str, Family] = {}
SHARES: dict[str, Family] = {}


def family(*examples: str, **declared: Any) -> Callable[[_Constructor], _Constructor]:
    """Enter the constructor below as a family of one number; see `Family` for what may be declared.

    Examples
    --------
    >>> from mcsim.distributions import FAMILIES
    >>> FAMILIES["uniform"].unit_arguments, FAMILIES["uniform"].meaning()
    (('low', 'high'), 'Return the uniform distribution on [low, high].')
    """
    return _entered(FAMILIES, examples, declared)


def shares(*examples: str, **declared: Any) -> Callable[[_Constructor], _Constructor]:
    """Enter the constructor below as a family of several shares of a whole."""
    return _entered(SHARES, examples, declared)


def _entered(
    registry: dict[str, Family], examples: tuple[str, ...], declared: dict[str, Any]
) -> Callable[[_Constructor], _Constructor]:
    def enter(constructor: _Constructor) -> _Constructor:
        entry = Family(constructor.__name__, constructor, examples, **declared)
        for name in entry.unit_arguments:
            if name not in entry.signature().parameters:
                raise refusal(
                    entry.name, "no such parameter", name, f"one of {', '.join(entry.signature().parameters)}"
                )
        registry[entry.name] = entry
        return constructor

    return enter


def discover(package: str, folders: list[str]) -> None:
    """Import every file of the folders, so that all families are entered, and sort the registry by name."""
    for module in pkgutil.iter_modules(folders):
        if not module.name.startswith("_"):
            importlib.import_module(f"{package}.{module.name}")
    for registry in (FAMILIES, SHARES):
        ordered = sorted(registry.items())
        registry.clear()
        registry.update(ordered)


def stacks(kind: type) -> bool:
    """Tell whether many distributions of a class may be asked as one, which the class says by ``STACKS = True``.

    Its quantile function is then arithmetic over its fields, without a branch on their values.
    """
    return bool(getattr(kind, "STACKS", False))


def stacked(distributions: list[Any]) -> Any:
    """Return one distribution that answers for many of the same class, row by row.

    Parameters
    ----------
    distributions : list of Distribution
        Of one class that `stacks`.

    Returns
    -------
    object
        With fields of shape (k, 1): its `ppf` takes (k, n) and gives row i what distribution i gives, bit by bit.
    """
    if len(distributions) == 1:
        return distributions[0]
    kind = type(distributions[0])
    whole = object.__new__(kind)
    for field in fields(kind):
        column: Array = np.array([getattr(item, field.name) for item in distributions])
        object.__setattr__(whole, field.name, column[:, np.newaxis])
    return whole
