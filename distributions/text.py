"""The way from text and TOML values to distributions, by the families in the registry."""

import ast
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from math import inf
from typing import Any

from mcsim.distributions.base import Distribution, refusal, shown
from mcsim.distributions.dependence import Dirichlet
from mcsim.distributions.registry import FAMILIES, SHARES, Family

_Positional = tuple[object, ...]
_Keywords = Mapping[str, object]


def build(family: str, arguments: object) -> Distribution:
    """Return the distribution named `family` with arguments as TOML gives them.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    arguments : list, tuple, dict or scalar
        Positional arguments, named arguments, or the only argument. A flat list is also the one list of values that
        `discrete`, `categorical` and `empirical` begin with; `categorical` takes {word = probability, ...} too.

    Raises
    ------
    ValueError
        For an unknown family (the nearest is suggested), arguments that do not fit, or values that the family refuses.

    Examples
    --------
    >>> print(build("triangular", [0.02, 0.025, 0.03]))
    triangular(0.02, 0.025, 0.03)
    >>> print(build("uniform", {"low": 1, "high": 2}))
    uniform(1, 2)
    >>> print(build("categorical", {"linear": 0.7, "knee": 0.3}))
    categorical(["linear", "knee"], [0.7, 0.3])
    """
    known = _one_number(family)
    made: Distribution = _call(known, *_arguments(known, arguments))
    return made


def build_shares(family: str, arguments: object) -> Dirichlet:
    """Return the vector of shares named `family`, one of `SHARES`, with arguments as TOML gives them.

    Raises
    ------
    ValueError
        For an unknown family, arguments that do not fit, or values that the family refuses.

    Examples
    --------
    >>> print(build_shares("dirichlet", [2, 3, 5]))
    dirichlet(2, 3, 5)
    """
    known = _several_shares(family)
    made: Dirichlet = _call(known, *_arguments(known, arguments))
    return made


@lru_cache(maxsize=4096)  # a study's tables are read twice, before its model and after
def parse(text: str) -> Distribution:
    """Return the distribution that a line of text describes; a bare number is a constant.

    Arguments are literals only (numbers, `inf`, quoted words, lists), by position or by name: nothing is evaluated.

    Raises
    ------
    ValueError
        For text that is no call of a known family, arguments that do not fit, or values that the family refuses.

    Examples
    --------
    >>> print(parse("uniform(low=1, high=2)"), parse("8"))
    uniform(1, 2) constant(8)
    """
    family, positional, keywords = _read(text)
    made: Distribution = _call(_one_number(family), positional, keywords)
    return made


def parse_shares(text: str) -> Dirichlet:
    """Return the vector of shares that a line of text describes, such as ``dirichlet(2, 3, 5)``.

    Raises
    ------
    ValueError
        For text that is no call of a known family, arguments that do not fit, or values that the family refuses.

    Examples
    --------
    >>> print(parse_shares("dirichlet_shares([0.25, 0.75], concentration=40)"))
    dirichlet(10, 30)
    """
    family, positional, keywords = _read(text)
    made: Dirichlet = _call(_several_shares(family), positional, keywords)
    return made


def _read(text: str) -> tuple[str, _Positional, _Keywords]:
    """Return the family, the arguments by position and those by name of a line of text."""
    remedy = "write family(number, ...), such as triangular(0.02, 0.025, 0.03)"
    try:
        expression = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # also a null byte, or thousands of brackets
        raise refusal("distribution", "text does not read as family(arguments)", shown(text), remedy) from None
    if not isinstance(expression, ast.Call):
        value = _literal(expression, text)
        if isinstance(value, (int, float)):
            return "constant", (value,), {}
        raise refusal("distribution", "text does not read as family(arguments)", shown(text), remedy)
    if not isinstance(expression.func, ast.Name):
        raise refusal("distribution", "family must be a plain word", shown(text), remedy)
    keywords = {}
    for keyword in expression.keywords:
        if keyword.arg is None:
            raise refusal("distribution", "arguments must be written out", shown(text), remedy)
        keywords[keyword.arg] = _literal(keyword.value, text)
    return expression.func.id, tuple(_literal(node, text) for node in expression.args), keywords


def _literal(node: ast.expr, text: str) -> object:
    """Return the value of a literal: a number, `inf`, a quoted word or a list of these."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.Name(id="inf"):
            return inf
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant() | ast.Name() as operand):
            size = _literal(operand, text)
            if isinstance(size, (int, float)):
                return -size if isinstance(sign, ast.USub) else size
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item, text) for item in items]
        case _:
            pass
    got = ast.get_source_segment(text.strip(), node) or text
    remedy = 'write 0.5, -1e-3, inf, "word" or [1, 2]'
    raise refusal("distribution", "an argument must be a number, a quoted word or a list", got, remedy)


def _one_number(family: str) -> Family:
    """Return the family of one uncertain number, refusing an unknown name and a vector of shares."""
    if family in FAMILIES:
        return FAMILIES[family]
    if family in SHARES:
        remedy = "use it for an input that declares labels, or beta(...) for one share"
        raise refusal(family, "several shares must not stand where one number is meant", family, remedy)
    raise _unknown(family, FAMILIES)


def _several_shares(family: str) -> Family:
    """Return the family of a vector of shares, refusing any other name."""
    if family in SHARES:
        return SHARES[family]
    if family in FAMILIES:
        remedy = f"write one of {', '.join(SHARES)}"
        raise refusal(family, "one number must not stand where shares are meant", family, remedy)
    raise _unknown(family, SHARES)


def _unknown(family: str, known: Mapping[str, object]) -> ValueError:
    """Return the error for an unknown name, with the nearest known one."""
    nearest = get_close_matches(family, known, n=1, cutoff=0.5)
    remedy = f"did you mean {nearest[0]}?" if nearest else f"write one of {', '.join(known)}"
    return refusal("distribution", "unknown family", shown(family), remedy)


def _arguments(family: Family, arguments: object) -> tuple[_Positional, _Keywords]:
    """Return arguments as TOML gives them by position and by name."""
    if isinstance(arguments, Mapping):
        if family.keyed and not family.signature().parameters.keys() & arguments.keys():
            return (list(arguments), list(arguments.values())), {}
        return (), {str(name): value for name, value in arguments.items()}
    return (tuple(arguments), {}) if isinstance(arguments, (list, tuple)) else ((arguments,), {})


def _call(family: Family, positional: _Positional, keywords: _Keywords) -> Any:
    """Return what the family's constructor makes of the arguments, refusing those that do not fit its parameters."""
    if family.list_first and positional and not any(isinstance(item, (list, tuple)) for item in positional):
        positional = (list(positional),)
    try:
        bound = family.signature().bind(*positional, **keywords)
    except TypeError:
        raise _misfit(family, positional, keywords) from None
    return family.build(*bound.args, **bound.kwargs)


def _misfit(family: Family, positional: _Positional, keywords: _Keywords) -> ValueError:
    """Return the error that names the family's parameters beside the arguments given."""
    given = [shown(value) for value in positional] + [f"{name}={shown(value)}" for name, value in keywords.items()]
    remedy = f"write {family.usage()}"
    return refusal(family.name, "arguments do not fit its parameters", ", ".join(given) or "none", remedy)
