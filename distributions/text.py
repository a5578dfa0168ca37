"""The registry of families, and the way from text and TOML values to distributions."""

import ast
import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from math import inf
from typing import TypeVar

from mcsim.distributions.base import Distribution, refusal, shown
from mcsim.distributions.beta import beta
from mcsim.distributions.categorical import categorical
from mcsim.distributions.constant import constant
from mcsim.distributions.dependence import Dirichlet, dirichlet, dirichlet_shares
from mcsim.distributions.discrete import discrete
from mcsim.distributions.elicited import elicited
from mcsim.distributions.empirical import empirical, empirical_table
from mcsim.distributions.gamma import gamma
from mcsim.distributions.logistic import logistic
from mcsim.distributions.lognormal import lognormal, lognormal_gsd, lognormal_gsd2, lognormal_mean_cv
from mcsim.distributions.loguniform import loguniform
from mcsim.distributions.metalog import metalog
from mcsim.distributions.normal import normal, truncated_normal
from mcsim.distributions.pedigree import pedigree
from mcsim.distributions.pert import pert
from mcsim.distributions.triangular import triangular
from mcsim.distributions.uniform import uniform
from mcsim.distributions.weibull import weibull

# Every name that a study file may write, with the constructor that it calls.
FAMILIES: dict[str, Callable[..., Distribution]] = {
    "constant": constant,
    "uniform": uniform,
    "loguniform": loguniform,
    "triangular": triangular,
    "pert": pert,
    "normal": normal,
    "truncated_normal": truncated_normal,
    "lognormal": lognormal,
    "lognormal_mean_cv": lognormal_mean_cv,
    "lognormal_gsd": lognormal_gsd,
    "lognormal_gsd2": lognormal_gsd2,
    "beta": beta,
    "gamma": gamma,
    "weibull": weibull,
    "logistic": logistic,
    "discrete": discrete,
    "categorical": categorical,
    "empirical": empirical,
    "empirical_table": empirical_table,
    "elicited": elicited,
    "metalog": metalog,
    "pedigree": pedigree,
}

# The same for several shares of a whole at once: vectors, so they have their own shapes of `ppf` and `mean`.
SHARES: dict[str, Callable[..., Dirichlet]] = {"dirichlet": dirichlet, "dirichlet_shares": dirichlet_shares}

_Positional = tuple[object, ...]
_Keywords = Mapping[str, object]
_Made = TypeVar("_Made")

# Families whose first parameter is a list: a flat list of arguments is that list.
_LIST_FIRST = frozenset({"discrete", "categorical", "empirical"})


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
    return _call(_constructor(family), family, *_arguments(family, arguments))


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
    return _call(_shares_constructor(family), family, *_arguments(family, arguments))


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
    return _call(_constructor(family), family, positional, keywords)


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
    return _call(_shares_constructor(family), family, positional, keywords)


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


def _constructor(family: str) -> Callable[..., Distribution]:
    """Return the constructor of one uncertain number, refusing an unknown name and a vector of shares."""
    if family in FAMILIES:
        return FAMILIES[family]
    if family in SHARES:
        remedy = "use it for an input that declares labels, or beta(...) for one share"
        raise refusal(family, "several shares must not stand where one number is meant", family, remedy)
    raise _unknown(family, FAMILIES)


def _shares_constructor(family: str) -> Callable[..., Dirichlet]:
    """Return the constructor of a vector of shares, refusing any other name."""
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


def _arguments(family: str, arguments: object) -> tuple[_Positional, _Keywords]:
    """Return arguments as TOML gives them by position and by name."""
    if isinstance(arguments, Mapping):
        if family == "categorical" and not {"labels", "probabilities"} & arguments.keys():
            return (list(arguments), list(arguments.values())), {}
        return (), {str(name): value for name, value in arguments.items()}
    return (tuple(arguments), {}) if isinstance(arguments, (list, tuple)) else ((arguments,), {})


def _call(constructor: Callable[..., _Made], family: str, positional: _Positional, keywords: _Keywords) -> _Made:
    """Return what the family's constructor makes of the arguments, refusing those that do not fit its parameters."""
    if family in _LIST_FIRST and positional and not any(isinstance(item, (list, tuple)) for item in positional):
        positional = (list(positional),)
    signature = inspect.signature(constructor)
    try:
        bound = signature.bind(*positional, **keywords)
    except TypeError:
        raise _misfit(family, signature, positional, keywords) from None
    return constructor(*bound.args, **bound.kwargs)


def _misfit(family: str, signature: inspect.Signature, positional: _Positional, keywords: _Keywords) -> ValueError:
    """Return the error that names the family's parameters beside the arguments given."""
    parameters = [
        str(parameter.replace(annotation=inspect.Parameter.empty)) for parameter in signature.parameters.values()
    ]
    given = [shown(value) for value in positional] + [f"{name}={shown(value)}" for name, value in keywords.items()]
    remedy = f"write {family}({', '.join(parameters)})"
    return refusal(family, "arguments do not fit its parameters", ", ".join(given) or "none", remedy)
