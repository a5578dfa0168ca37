"""A study from a model built in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcsim.distributions import Constant
from mcsim.study.dependent import ORDERS, dependence_of
from mcsim.study.errors import InputError
from mcsim.study.inputs import Input, Inputs
from mcsim.study.joined import DEPENDENCE, SPEARMAN
from mcsim.study.model import Model
from mcsim.study.schema import Place
from mcsim.study.study import Study


def study_of(
    model: Model,
    name: str | None = None,
    title: str = "",
    question: str = "",
    *,
    dependence: Iterable[tuple[str, str, float]] | Mapping[str, Any] = (),
    **values: Any,
) -> Study:
    """Return a study of a model whose inputs have default distributions, or are given here.

    Parameters
    ----------
    model : Model
        The model; its tables, if it reads any, come with a study file instead.
    name, title, question : str
        What the study is called and what it answers; the model's name by default.
    dependence : iterable of (str, str, float), or mapping
        Two inputs and their rank correlation (Spearman), for a Gaussian copula under which each keeps its own
        distribution; or what ``[dependence]`` of a study file holds: ``spearman``, ``factors``, ``ordered``, ``sorted``
        and ``observed``, the last also a DataFrame or a mapping of columns.
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
    >>> study_of(model, b=uniform(0, 2), dependence={"ordered": [["a", "b"]]}).ordered[0].names
    ('a', 'b')
    """
    if model.tables or any(parameter.labels is not None for parameter in model.parameters):
        raise InputError(f"{model.name}: reads tables or vectors of shares; describe it in a study file (mcsim.load)")
    inputs = Inputs(_input(model, parameter, values) for parameter in model.parameters)
    options = {option.name: option.default for option in model.options}
    label = model.name if name is None else name
    study = Study(label, title or label, question, "0", model, inputs, options)
    place = Place(Path(label), "dependence")
    final = study.set_items(
        values.items()
    ).inputs  # what stands in an order is judged by what is known of it in the end
    depend = dependence_of(_said(dependence, place), final, model.options, str(place))
    study = replace(study, dependence=depend.pairs, dependence_when=depend.when, ordered=depend.ordered)
    return study.set_items(values.items())


def _said(dependence: Iterable[tuple[str, str, float]] | Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Return what is said of dependence as a study file would hold it, columns of observations as they are."""
    if not isinstance(dependence, Mapping):
        return {"spearman": SPEARMAN.read([list(row) for row in dependence], place)}
    plain = {key: value for key, value in dependence.items() if key != "observed"}
    for key in ("spearman", *ORDERS):
        if key in plain and not isinstance(plain[key], str):
            plain[key] = [list(row) if not isinstance(row, str) else row for row in plain[key]]
    said = DEPENDENCE.read(plain, place)
    return said | ({"observed": dependence["observed"]} if "observed" in dependence else {})


def _input(model: Model, parameter: Any, values: Mapping[str, Any]) -> Input:
    if parameter.default is None and parameter.name not in values:
        raise InputError(f"{model.name}: {parameter.name}: no distribution; a default in the model or a value here")
    default = parameter.default if parameter.default is not None else Constant(0.0)
    group = parameter.group or parameter.name
    return Input(parameter.name, parameter.unit, parameter.meaning, default, group, parameter.source)
