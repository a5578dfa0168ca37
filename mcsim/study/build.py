"""A study from a model built in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mcsim.distributions import Constant
from mcsim.study.dependent import dependence_of
from mcsim.study.errors import InputError
from mcsim.study.inputs import Input, Inputs
from mcsim.study.model import Model
from mcsim.study.schema import Place
from mcsim.study.sections import SPEARMAN
from mcsim.study.study import Study


def study_of(
    model: Model,
    name: str | None = None,
    title: str = "",
    question: str = "",
    *,
    dependence: Iterable[tuple[str, str, float]] = (),
    **values: Any,
) -> Study:
    """Return a study of a model whose inputs have default distributions, or are given here.

    Parameters
    ----------
    model : Model
        The model; its tables, if it reads any, come with a study file instead.
    name, title, question : str
        What the study is called and what it answers; the model's name by default.
    dependence : iterable of (str, str, float)
        Two inputs and their rank correlation (Spearman), as ``[dependence] spearman`` of a study file has them.
    **values
        Input or option -> number, word, `Distribution` or its text, as in `Study.set`.

    Raises
    ------
    InputError
        When the model reads tables, or an input has neither a default nor a value here.

    Examples
    --------
    >>> from mcsim.distributions import uniform
    >>> model = Model.from_function(lambda a, b: a * b, {"a": uniform(0, 1), "b": "km"}, {"area": "km"})
    >>> study_of(model, b=2).uncertain[0].name
    'a'
    """
    if model.tables or any(parameter.labels is not None for parameter in model.parameters):
        raise InputError(f"{model.name}: reads tables or vectors of shares; describe it in a study file (mcsim.load)")
    inputs = Inputs(_input(model, parameter, values) for parameter in model.parameters)
    options = {option.name: option.default for option in model.options}
    label = model.name if name is None else name
    rows = SPEARMAN.read([list(row) for row in dependence], Place(Path(label), "dependence"))
    pairs, _ = dependence_of({"spearman": rows}, list(inputs), model.options, f"{label}: dependence")
    study = Study(label, title or label, question, "0", model, inputs, options, dependence=pairs)
    return study.set_items(values.items())


def _input(model: Model, parameter: Any, values: Mapping[str, Any]) -> Input:
    if parameter.default is None and parameter.name not in values:
        raise InputError(f"{model.name}: {parameter.name}: no distribution; a default in the model or a value here")
    default = parameter.default if parameter.default is not None else Constant(0.0)
    group = parameter.group or parameter.name
    return Input(parameter.name, parameter.unit, parameter.meaning, default, group, parameter.source)
