"""study.json: what a study declares, so that its run is read and reported without any code of it.

Names, units, labels, layouts, distributions, sources and what the report shows are data, written down when a run
starts. A study made of them has everything but a model: asked to evaluate, it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mcsim.distributions import Distribution, parse, parse_shares
from mcsim.store.whole import read_json, reading, write_json
from mcsim.study import Dim, Input, InputError, Layout, Model, Option, Output, Study
from mcsim.study.answers import brief_of
from mcsim.study.dependent import Order
from mcsim.study.inputs import Inputs
from mcsim.study.labels import Labels
from mcsim.study.outcomes import outcomes_of
from mcsim.study.published import published_of
from mcsim.study.rows import Rows
from mcsim.study.tables import Table

STUDY = "study.json"
PROBABILITIES = np.linspace(0.0, 1.0, 401)  # at which a distribution that no text gives back is remembered
TEXTS = ("name", "title", "question", "version", "origin", "data")
NOTHING = np.empty(0)
LISTS = ("headline", "files")


class Remembered:
    """A distribution of the user's own class, as its text and its quantiles.

    Parameters
    ----------
    text : str
        How it was written.
    quantiles : sequence of float
        At `PROBABILITIES`.
    """

    def __init__(self, text: str, quantiles: ArrayLike) -> None:
        self._text, self.quantiles = text, np.asarray(quantiles, np.float64)

    def __str__(self) -> str:
        return self._text

    def ppf(self, u: ArrayLike) -> NDArray[np.float64]:
        """Return the values at probabilities, straight between those remembered."""
        return np.asarray(np.interp(np.asarray(u, np.float64), PROBABILITIES, self.quantiles))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the probabilities of values not above `x`."""
        return np.asarray(np.interp(np.asarray(x, np.float64), self.quantiles, PROBABILITIES))

    def mean(self) -> float:
        """Return the mean of the quantiles remembered."""
        return float(self.quantiles[1:-1].mean())

    def median(self) -> float:
        """Return the value at probability one half."""
        return float(self.ppf(0.5))

    def support(self) -> tuple[float, float]:
        """Return the lowest and the highest value."""
        return float(self.quantiles[0]), float(self.quantiles[-1])


def write_study(study: Study, folder: Path) -> None:
    """Write what a study declares into a run directory."""
    write_json(folder / STUDY, _declared(study))


@lru_cache(maxsize=1)
def _declared(study: Study) -> Mapping[str, Any]:
    """Return the declarations of a study, which its run writes when it begins and when it ends."""
    return declarations(study)


def told_whole(study: Study) -> bool:
    """Return whether the text of every distribution gives it back, so that inputs can be drawn by what is declared."""
    return not any("quantiles" in facts for facts in _declared(study)["inputs"])


def read_study(folder: Path) -> Study:
    """Return the study of a run directory as it was declared, without its model.

    Raises
    ------
    InputError
        Where study.json is missing or damaged.
    """
    remedy = f"`mcsim run --from {folder}` repeats the run, or pass the study along"
    content = read_json(folder / STUDY, remedy)
    with reading(folder / STUDY, remedy):
        return study_declared(content)


def declarations(study: Study) -> dict[str, Any]:
    """Return what a study declares, as JSON holds it."""
    model = study.model
    return {
        "format": 1,
        **{name: getattr(study, name) for name in TEXTS},
        **{name: list(getattr(study, name)) for name in LISTS},
        "overrides": [list(pair) for pair in study.overrides],
        "dependence": [list(pair) for pair in study.dependence],
        "ordered": [[order.method, *order.names] for order in study.ordered],
        "figures": [dict(figure) for figure in study.figures],
        "report": {key: value for key, value in study.brief.entry.items() if key != "figures"},
        "labels": {
            "names": dict(study.labels.names),
            "dims": {dim: dict(words) for dim, words in study.labels.dims.items()},
            "texts": dict(study.labels.texts),
            "tiles": {dim: dict(tiles) for dim, tiles in study.labels.tiles.items()},
        },
        "published": [dict(figure.entry) for figure in study.published],
        "outcomes": [dict(outcome.entry) for outcome in study.outcomes],
        "under": study.under,
        "model": model.name,
        "lives": model.lives,
        "warnings": list(model.warn(study.options)) if model.warn is not None else [],
        "options": [
            {"name": option.name, "value": study.options[option.name], "default": option.default}
            | {"choices": option.choices, "meaning": option.meaning}
            for option in model.options
        ],
        "inputs": [_input_facts(item) for item in study.inputs],
        "vectors": {name: str(vector) for name, vector in study.vectors.items()},
        "tables": [_table_facts(table) for table in study.tables.values()],
        "posterior": [
            {"name": rows.name, "inputs": list(rows.columns), "record": dict(rows.record), "said": rows.said}
            for rows in study.posterior
        ],
        "outputs": [
            output_facts(item) | ({} if item.layout is None else {"layout": _text_of(item.layout.index)})
            for item in model.outputs
        ],
    }


def study_declared(content: Mapping[str, Any]) -> Study:
    """Return the study of declarations; its model refuses to be evaluated."""
    name = str(content["name"])

    def evaluate(inputs: Any, context: Any) -> NoReturn:
        raise InputError(f"{name}: read from a run directory, without its model; load the study to evaluate it")

    options = tuple(
        Option(item["name"], item["default"], _tuple(item["choices"]), meaning=item["meaning"])
        for item in content["options"]
    )
    outputs = tuple(output_of(facts) for facts in content["outputs"])
    warnings = [str(line) for line in content["warnings"]]
    lives = content["lives"] if isinstance(content["lives"], bool) else (content["lives"][0], content["lives"][1])
    model = Model(content["model"], (), options, outputs, evaluate, warn=lambda options: warnings, lives=lives)
    texts: dict[str, Any] = {key: content[key] for key in TEXTS} | {key: tuple(content[key]) for key in LISTS}
    inputs = Inputs(_input_of(facts) for facts in content["inputs"])
    return Study(
        **texts,
        model=model,
        inputs=inputs,
        options={item["name"]: item["value"] for item in content["options"]},
        tables={facts["name"]: _table_of(facts) for facts in content["tables"]},
        vectors={key: parse_shares(text) for key, text in content["vectors"].items()},
        dependence=tuple((first, second, number) for first, second, number in content["dependence"]),
        ordered=tuple(Order(tuple(names), method) for method, *names in content.get("ordered", ())),
        overrides=tuple((key, text) for key, text in content["overrides"]),
        figures=tuple(content["figures"]),
        brief=brief_of(content.get("report", {}), model, f"{name}: report"),
        labels=Labels(**content.get("labels", {})),
        published=published_of(content.get("published", ()), model, inputs),
        outcomes=outcomes_of({"outcomes": content.get("outcomes", ())}, model, f"{name}: compare"),
        under=content.get("under", ""),
        # Which inputs go together, not their values: these stand in draws.nc as far as they were drawn.
        posterior=tuple(
            Rows(facts["name"], dict.fromkeys(facts["inputs"], NOTHING), NOTHING, facts["record"], said=facts["said"])
            for facts in content["posterior"]
        ),
    )


def output_facts(output: Output) -> dict[str, Any]:
    """Return all that is said of an output, whatever fields it has, but for its layout, which is an array."""
    facts = {item.name: getattr(output, item.name) for item in fields(output) if item.name != "layout"}
    facts["dims"] = [[dim.name, list(dim.coords)] for dim in output.dims]
    facts["coord_units"] = None if output.coord_units is None else dict(output.coord_units)
    return facts


def output_of(facts: Mapping[str, Any], index: NDArray[Any] | None = None) -> Output:
    """Return the output that `output_facts` tells of, its layout from an array, or from the text beside the facts."""
    own: dict[str, Any] = {name: _tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    own["dims"] = tuple(Dim(name, tuple(coords)) for name, coords in facts["dims"])
    text = own.pop("layout", None)
    if text is not None:
        index = np.array(text.split(), np.int64).reshape([len(dim) for dim in own["dims"]])
    return Output(**own, layout=None if index is None else Layout(index))


def _tuple(value: Any) -> Any:
    return None if value is None else tuple(value)


def _text_of(index: NDArray[Any]) -> str:
    return " ".join(map(str, index.ravel().tolist()))


def _input_facts(item: Input) -> dict[str, Any]:
    facts = {field.name: getattr(item, field.name) for field in fields(item) if field.name != "distribution"}
    return facts | _distribution_facts(item.distribution)


def _distribution_facts(distribution: Distribution) -> dict[str, Any]:
    text = str(distribution)
    try:
        same = bool(parse(text) == distribution)
    except ValueError:  # of a class of the user's own
        same = False
    return {"distribution": text} if same else {"distribution": text, "quantiles": _quantiles(distribution)}


def _quantiles(distribution: Distribution) -> list[float]:
    """Return quantiles for a picture; at 0 and 1 those nearby where the ends are infinite."""
    values = np.asarray(distribution.ppf(PROBABILITIES), np.float64)
    ends = np.asarray(distribution.ppf([1e-6, 1.0 - 1e-6]), np.float64)
    values[[0, -1]] = np.where(np.isfinite(values[[0, -1]]), values[[0, -1]], ends)
    return [float(value) for value in values]


def _input_of(facts: Mapping[str, Any]) -> Input:
    own = {name: _tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    text, quantiles = own.pop("distribution"), own.pop("quantiles", None)
    return Input(**own, distribution=parse(text) if quantiles is None else Remembered(text, quantiles))


def _table_facts(table: Table) -> dict[str, Any]:
    facts = {item.name: getattr(table, item.name) for item in fields(table) if item.name != "distributions"}
    return facts | {"value": table.value.tolist()}


def _table_of(facts: Mapping[str, Any]) -> Table:
    own = {name: _tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    own["index"] = tuple(tuple(key) for key in facts["index"])
    return Table(**own | {"value": np.array(facts["value"], np.float64)}, distributions=())
