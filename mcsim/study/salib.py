"""SALib's way of writing what is uncertain, in and out: the problem dictionary, or its `ProblemSpec`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any

import numpy as np

from mcsim.distributions import (
    Distribution,
    Lognormal,
    Loguniform,
    Normal,
    Triangular,
    TruncatedNormal,
    Uniform,
    Weibull,
)
from mcsim.study.build import study_of
from mcsim.study.declared import Context, Output, Parameter
from mcsim.study.errors import InputError, nearest, suggests
from mcsim.study.functions import name_of
from mcsim.study.model import Model
from mcsim.study.study import Study
from mcsim.study.types import FloatArray
from mcsim.study.values import is_number, words

KEYS = ("num_vars", "names", "bounds", "dists", "groups", "outputs", "sample_scaled")
UNIFORM = "unif"


@dataclass(frozen=True, slots=True)
class Twin:
    """A family that both know.

    Parameters
    ----------
    family : type
        Ours.
    numbers : tuple of int
        How many numbers SALib's ``bounds`` may hold of it.
    told : str
        What these are, for a message.
    read : callable
        Numbers of SALib -> distribution.
    written : callable
        Distribution -> numbers of SALib.
    """

    family: type
    numbers: tuple[int, ...]
    told: str
    read: Callable[[Sequence[float]], Distribution]
    written: Callable[[Any], list[float]]


def _triangular(b: Sequence[float]) -> Distribution:
    low, high, peak = (0.0, *b) if len(b) == 2 else b  # of two numbers SALib takes the lower end for 0
    return Triangular(low, low + peak * (high - low), high)


def _peak(of: Triangular) -> list[float]:
    return [of.low, of.high, (of.mode - of.low) / (of.high - of.low)]


def _weibull(b: Sequence[float]) -> Distribution:
    if len(b) == 3 and b[2] != 0.0:
        raise InputError(f"bounds: a Weibull law with a location (got {b[2]:g}); add it in the function, 0 here")
    return Weibull(b[0], b[1])


TWINS: dict[str, Twin] = {
    UNIFORM: Twin(Uniform, (2,), "low, high", lambda b: Uniform(*b), lambda d: [d.low, d.high]),
    "logunif": Twin(Loguniform, (2,), "low, high", lambda b: Loguniform(*b), lambda d: [d.low, d.high]),
    "norm": Twin(Normal, (2,), "mean, sd", lambda b: Normal(*b), lambda d: [d.centre, d.sd]),
    "truncnorm": Twin(
        TruncatedNormal,
        (4,),
        "low, high, mean, sd",
        lambda b: TruncatedNormal(b[2], b[3], b[0], b[1]),
        lambda d: [d.low, d.high, d.centre, d.sd],
    ),
    "lognorm": Twin(
        Lognormal,
        (2,),
        "mean and sd of the logarithm",
        lambda b: Lognormal(exp(b[0]), b[1]),
        lambda d: [log(d.centre), d.sigma],
    ),
    "triang": Twin(Triangular, (3, 2), "low, high, place of the peak from 0 to 1", _triangular, _peak),
    "weibull": Twin(Weibull, (2, 3), "shape, scale", _weibull, lambda d: [d.shape, d.scale]),
}


@suggests
def from_salib(
    problem: Mapping[str, Any],
    function: Callable[[FloatArray], Any],
    *,
    units: Mapping[str, str] | None = None,
    name: str | None = None,
    title: str = "",
    question: str = "",
) -> Study:
    """Return the study of a SALib problem and the function that it is analysed for.

    Parameters
    ----------
    problem : mapping
        SALib's problem dictionary or `ProblemSpec`: names, bounds, and where they are given dists, groups, outputs.
    function : callable
        Takes points (n, num_vars) in SALib's order of columns, returns outputs (n,), or (n, n_outputs), as
        `ProblemSpec.evaluate` has it.
    units : mapping, optional
        Input or output -> unit; ``1`` where nothing is said, since SALib has no units.
    name, title, question : str
        As in `mcsim.study_of`; the function's name by default.

    Returns
    -------
    Study
        Groups of the problem are those of the inputs: ``sensitivity(study, groups=True)`` ranks them as SALib does.

    Raises
    ------
    InputError
        For a key that SALib does not know, lists of unlike length, or numbers that are no distribution.

    Examples
    --------
    >>> problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0, 1], [1, 0.2]], "dists": ["unif", "norm"]}
    >>> study = from_salib(problem, lambda x: x[:, 0] * x[:, 1], units={"Y": "kg"}, name="product")
    >>> study.inputs["b"].distribution, study.outputs[0].name, study.outputs[0].unit
    (Normal(centre=1.0, sd=0.2), 'Y', 'kg')
    """
    if not isinstance(problem, Mapping):
        raise InputError(f"problem: not SALib's (got {type(problem).__name__}); a dictionary with names and bounds")
    for key in problem:
        if key not in KEYS:
            raise InputError(f"problem: {key}: no key of SALib's; one of {', '.join(KEYS)}{nearest(str(key), KEYS)}")
    names = words("problem: names", problem.get("names", ()))
    if not names:
        raise InputError("problem: names: missing (got no name); the inputs in the order of the function's columns")
    _check_count("num_vars", problem.get("num_vars", len(names)), len(names))
    bounds = list(problem.get("bounds", ()))
    _check_count("bounds", len(bounds), len(names))
    dists = list(problem.get("dists") or [UNIFORM] * len(names))
    _check_count("dists", len(dists), len(names))
    groups = list(problem.get("groups") or names)
    _check_count("groups", len(groups), len(names))
    outputs = words("problem: outputs", problem.get("outputs") or ("Y",))
    units = dict(units or {})
    for key in units:
        if key not in (*names, *outputs):
            known = (*names, *outputs)
            raise InputError(f"units: {key}: no such input or output; one of {', '.join(known)}{nearest(key, known)}")
    parameters = tuple(
        Parameter(item, units.get(item, "1"), item, group=str(group), default=_read(item, dist, numbers))
        for item, dist, numbers, group in zip(names, dists, bounds, groups, strict=True)
    )
    declared = tuple(Output(item, units.get(item, "1"), item, rank=True) for item in outputs)
    label = name or name_of(function)
    model = Model(label, parameters, (), declared, _evaluation(function, names, declared))
    return study_of(model, title=title, question=question)


def _check_count(key: str, found: Any, wanted: int) -> None:
    if found != wanted:
        raise InputError(f"problem: {key}: not one for each name (got {found} of {wanted}); as many as names")


def _read(name: str, dist: Any, numbers: Any) -> Distribution:
    where = f"problem: {name}"
    if dist not in TWINS:
        raise InputError(f"{where}: no distribution of SALib's (got {dist!r}); one of {', '.join(TWINS)}")
    twin = TWINS[dist]
    given = list(numbers) if np.ndim(numbers) == 1 else []
    if len(given) not in twin.numbers or not all(is_number(value) for value in given):
        raise InputError(f"{where}: bounds of {dist}: (got {numbers!r}); {twin.told}")
    try:
        return twin.read([float(value) for value in given])
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None


def _evaluation(
    function: Callable[[FloatArray], Any], names: tuple[str, ...], outputs: tuple[Output, ...]
) -> Callable[[Mapping[str, FloatArray], Context], Mapping[str, Any]]:
    """Return the evaluation of a function of SALib's matrix of points."""

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, Any]:
        given = np.asarray(function(np.column_stack([inputs[name] for name in names])))
        values = given[:, None] if given.ndim == 1 else given
        wanted = (len(context.draws), len(outputs))
        if values.shape != wanted:
            told = ", ".join(output.name for output in outputs)
            raise InputError(f"function: wrong shape (got {given.shape}); {wanted}, a column for each of {told}")
        return {output.name: values[:, place] for place, output in enumerate(outputs)}

    return evaluate


def to_salib(study: Study, spec: bool = False) -> dict[str, Any]:
    """Return SALib's problem of a study; see `Study.to_salib`."""
    if study.tied or study.posterior:
        what = "inputs that depend on one another" if study.tied else "a posterior"
        raise InputError(f"{study.name}: to_salib: {what}, of which SALib knows nothing; independent inputs")
    uncertain = study.uncertain
    if not uncertain:
        raise InputError(f"{study.name}: to_salib: nothing is uncertain (got constants alone); a distribution at least")
    found = [(item.name, *_written(study, item.name, item.distribution, item.vector)) for item in uncertain]
    problem: dict[str, Any] = {
        "num_vars": len(uncertain),
        "names": [name for name, _, _ in found],
        "bounds": [numbers for _, _, numbers in found],
        "dists": [dist for _, dist, _ in found],
        "outputs": [output.name for output in study.outputs if not output.dims],
    }
    group_of = {name: factor for factor, members in study.groups.items() for name in members}
    groups = [item.group or group_of[item.name] for item in uncertain]
    if groups != problem["names"]:
        problem["groups"] = groups
    if not problem["outputs"]:
        del problem["outputs"]
    if not spec:
        return problem
    from SALib import ProblemSpec

    made: dict[str, Any] = ProblemSpec(problem)
    return made


def _written(study: Study, name: str, distribution: Any, vector: object) -> tuple[str, list[float]]:
    where = f"{study.name}: to_salib: {name}"
    if vector is None:
        for dist, twin in TWINS.items():
            if type(distribution) is twin.family:
                numbers = twin.written(distribution)
                if dist == "triang" and not (numbers[2] < 1.0 and numbers[1] >= 0.0):
                    break  # SALib refuses a peak at the upper end, and an upper end below zero
                return dist, numbers
    raise InputError(
        f"{where}: SALib has no such distribution (got {distribution}); study.set({name}=...) with one of "
        f"{', '.join(twin.family.__name__.lower() for twin in TWINS.values())}, or rank it here"
    )
