"""Results as xarray and ArviZ objects: dims, coordinates, units and long names on everything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mcsim.study import Dim, FloatArray, Input, InputError, IntArray, Output, Study
from mcsim.study.labels import ENGLISH, LANGUAGES, Labels
from mcsim.study.select import Cell

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


_OTHERS = tuple(code for code in LANGUAGES if code != ENGLISH)


class Draws(Protocol):
    """What a dataset is made of: of a `mcsim.result.result.Result` its study, its draws and where they come from."""

    @property
    def study(self) -> Study:
        """The study."""

    @property
    def draw(self) -> IntArray:
        """Numbers of the complete draws."""

    @property
    def inputs(self) -> Mapping[str, FloatArray]:
        """Uncertain inputs by name."""

    @property
    def kept(self) -> Mapping[str, NDArray[Any]]:
        """Packed draws of the kept outputs."""

    @property
    def seed(self) -> int:
        """Seed of the run."""

    @property
    def design(self) -> str:
        """Kind of the design."""


def groups_of(study: Study) -> tuple[str, str]:
    """Return ArviZ's names of the groups of a study's inputs and outputs."""
    inputs = "posterior" if study.posterior else "prior"
    return inputs, f"{inputs}_predictive"


def _names(labels: Labels, code: str, meaning: str) -> dict[str, str]:
    """Return the long name of a thing, and those that it has in other languages."""
    names = {"long_name": labels.name(code, meaning)}
    for language in _OTHERS:
        if labels.has(language, code):
            names[f"long_name_{language}"] = replace(labels, language=language).name(code)
    return names


def output_attributes(output: Output, labels: Labels) -> dict[str, str]:
    """Return the netCDF attributes of an output: units, long names, and units by label where they differ."""
    attributes = {"units": output.unit, **_names(labels, output.name, output.meaning)}
    if output.coord_units is not None:
        attributes["coord_units"] = json.dumps({output.coord_units_dim: dict(output.coord_units)})
    return attributes


def dim_attributes(dim: Dim, labels: Labels) -> dict[str, str]:
    """Return the netCDF attributes of a dim: its long names, and as ``labels`` those of its codes, as JSON."""
    attributes = _names(labels, dim.name, "")
    codes = [code for code in dim.coords if isinstance(code, str)]
    if not codes:
        return attributes
    attributes["labels"] = _words(labels, dim.name, codes)
    for language in _OTHERS:
        if all(labels.has(language, code, dim.name) for code in codes):
            attributes[f"labels_{language}"] = _words(replace(labels, language=language), dim.name, codes)
    return attributes


def _coordinate(dim: Dim, labels: Labels) -> tuple[str, list[Any], dict[str, str]]:
    return dim.name, list(dim.coords), dim_attributes(dim, labels)


def _words(labels: Labels, dim: str, codes: Sequence[str]) -> str:
    return json.dumps({code: labels.word(dim, code) for code in codes}, ensure_ascii=False)


def input_attributes(item: Input, labels: Labels) -> dict[str, str]:
    """Return the netCDF attributes of an input: units, long names, its distribution as written, its words."""
    attributes = {"units": item.unit, **_names(labels, item.name, item.meaning), "distribution": str(item.distribution)}
    if hasattr(item.distribution, "labels"):
        attributes["labels"] = json.dumps(list(item.distribution.labels))
    return attributes


def output_dataset(result: Draws) -> xr.Dataset:
    """Return the kept outputs (draw, *dims), NaN where an element has no meaning."""
    import xarray as xr

    variables = {}
    coords: dict[str, Any] = {"draw": result.draw}
    for output in result.study.outputs:
        if output.name in result.kept:
            dims = ("draw", *(dim.name for dim in output.dims))
            variables[output.name] = (
                dims,
                output.expand(result.kept[output.name]),
                output_attributes(output, result.study.labels),
            )
            coords.update({dim.name: _coordinate(dim, result.study.labels) for dim in output.dims})
    return xr.Dataset(
        variables, coords, {"study": result.study.name, "seed": str(result.seed), "design": result.design}
    )


def output_array(result: Draws, name: str) -> xr.DataArray:
    """Return the draws of one kept output (draw, *dims), NaN where an element has no meaning.

    Raises
    ------
    InputError
        Where the output is unknown, or kept as bands only.
    """
    import xarray as xr

    output = result.study.output(name)
    if name not in result.kept:
        raise InputError(f"{name}: stored as bands only; keep its draws with keep=({name!r},) or --keep {name}")
    coords: dict[str, Any] = {dim.name: _coordinate(dim, result.study.labels) for dim in output.dims}
    coords["draw"] = result.draw
    values = output.expand(result.kept[name])
    return xr.DataArray(
        values,
        coords,
        ("draw", *(dim.name for dim in output.dims)),
        name,
        output_attributes(output, result.study.labels),
    )


def draws_frame(result: Draws, outputs: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row per draw: uncertain inputs, and every element with a meaning of some kept outputs.

    Parameters
    ----------
    result : Result
        The run.
    outputs : sequence of str
        Kept outputs; those of the headline by default, or all where it names none.
    """
    import pandas as pd

    chosen = outputs or [name for name in result.study.headline if name in result.kept] or list(result.kept)
    columns: dict[str, Any] = dict(result.inputs)
    for name in chosen:
        output, values = result.study.output(name), output_array(result, name).to_numpy()
        for place in np.ndindex(output.shape):
            if output.mask[place]:
                labels = {dim.name: dim.coords[at] for dim, at in zip(output.dims, place, strict=True)}
                columns[str(Cell(output, labels))] = values[(slice(None), *place)]
    return pd.DataFrame(columns, index=pd.Index(result.draw, name="draw"))


def input_dataset(result: Draws) -> xr.Dataset:
    """Return the uncertain inputs (draw) with units, long names and their distributions as written."""
    import xarray as xr

    declared = {item.name: item for item in result.study.inputs}
    variables = {}
    for name, column in result.inputs.items():
        variables[name] = (("draw",), column, input_attributes(declared[name], result.study.labels))
    return xr.Dataset(variables, {"draw": result.draw})


def to_arviz(result: Draws) -> xr.DataTree:
    """Return the draws as ArviZ lays them out, one chain, in a DataTree, which its packages take as it is.

    Groups ``prior`` (inputs) and ``prior_predictive`` (kept outputs); of a run on a posterior ``posterior`` and
    ``posterior_predictive``.
    """
    import xarray as xr

    groups = dict(zip(groups_of(result.study), (input_dataset(result), output_dataset(result)), strict=True))
    return xr.DataTree.from_dict({name: dataset.expand_dims(chain=[0]) for name, dataset in groups.items()})
