"""Small studies for tests: a function of arrays, distributions as text, and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcsim.distributions import parse
from mcsim.studies.examples.functions import Known
from mcsim.study import Input, Model, Option, Output, Parameter, Study


def study_of(
    evaluate: Callable[..., Mapping[str, Any]],
    inputs: Mapping[str, str],
    outputs: Sequence[Output] = (Output("y", "1", "y", rank=True),),
    *,
    dependence: tuple[tuple[str, str, float], ...] = (),
    options: tuple[Option, ...] = (),
    groups: Mapping[str, str] | None = None,
    name: str = "small",
) -> Study:
    """Return a study whose model is ``evaluate(inputs, context) -> outputs``."""
    parameters = tuple(Parameter(key, "1", key) for key in inputs)
    model = Model(name, parameters, options, tuple(outputs), evaluate)
    own = groups or {}
    items = tuple(Input(key, "1", key, parse(text), own.get(key, key)) for key, text in inputs.items())
    chosen = {option.name: option.default for option in options}
    return Study(name, name, "", "1", model, items, chosen, dependence=dependence)


def known_study(known: Known) -> Study:
    """Return a study of a function with known indices; inputs x1, x2, ..."""
    import numpy as np

    names = [f"x{number}" for number in range(1, len(known.inputs) + 1)]

    def evaluate(inputs: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        return {"y": known.evaluate(np.column_stack([inputs[name] for name in names]))}

    return study_of(evaluate, dict(zip(names, known.inputs, strict=True)))
