"""The shipped study file read without the engine: tables, options, and plain draws of the inputs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcsim.distributions import Distribution, build
from mcsim.kernels.streams import stream_of, uniforms
from mcsim.studies.fleet.model import SPECS, model
from mcsim.study import Context, FloatArray, Model, OptionValue
from mcsim.study.tables import Table, read_rows, table_from_rows

NOT_FAMILIES = ("value", "unit", "group", "source", "note", "meaning", "labels")


@dataclass(frozen=True, slots=True, eq=False)
class Priors:
    """The fleet as shipped.

    Parameters
    ----------
    model : Model
        On the shipped tables.
    options : dict
        As the study file has them.
    distributions : dict
        Scalar input -> what is known of it.
    tables : dict
        Table name -> Table.
    """

    model: Model
    options: dict[str, OptionValue]
    distributions: dict[str, Distribution]
    tables: dict[str, Table]

    def draw(self, draws: int, seed: int = 1) -> dict[str, FloatArray]:
        """Return the inputs of so many independent draws; 0 gives the medians once.

        Parameters
        ----------
        draws, seed : int
            How many, and the seed; every input has its own stream of numbers.

        Returns
        -------
        dict
            Input name -> (n,), table name -> (n, n_rows).
        """

        def values(name: str, distribution: Distribution) -> FloatArray:
            units = np.full(1, 0.5) if draws == 0 else uniforms(seed, stream_of(name), 0, draws)
            return np.asarray(distribution.ppf(units), np.float64)

        scalars = {name: values(name, distribution) for name, distribution in self.distributions.items()}
        cells = {
            name: np.stack([values(item.name, item.distribution) for item in table.inputs()], axis=1)
            for name, table in self.tables.items()
        }
        return scalars | cells

    def evaluate(self, draws: int, seed: int = 1, **options: OptionValue) -> Mapping[str, NDArray[np.float64]]:
        """Return the outputs of so many draws, with some options set over the shipped ones."""
        inputs = self.draw(draws, seed)
        context = Context({**self.options, **options}, seed, np.arange(max(draws, 1)))
        return self.model.evaluate(inputs, context)


def read_priors() -> Priors:
    """Return the shipped fleet study.

    Returns
    -------
    Priors

    Examples
    --------
    >>> from mcsim.studies.fleet.priors import read_priors
    >>> read_priors().draw(0)["initial_stock"].round(-5).tolist()
    [16200000.0]
    """
    with resources.as_file(resources.files("mcsim.studies.fleet").joinpath("fleet.toml")) as path:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        tables = {
            spec.name: table_from_rows(
                spec.name, read_rows(Path(path.parent) / raw["tables"][spec.name]["file"]), spec=spec
            )
            for spec in SPECS
        }
    distributions = {}
    for name, entry in raw["inputs"].items():
        family = next((key for key in entry if key not in NOT_FAMILIES), None)
        distributions[name] = build("constant", [entry["value"]]) if family is None else build(family, entry[family])
    return Priors(model(tables), raw["options"], distributions, tables)
