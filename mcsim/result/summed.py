"""The summary of a run as columns: a row per element that has a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.result.bands import COLUMNS, Bands
from mcsim.result.datasets import Draws
from mcsim.result.errors import means_of_replicates, tells_errors
from mcsim.study import FloatArray, Output
from mcsim.study.select import packed_cells, selection

STATISTICS = ("mean", "sd", *COLUMNS, "mcse_mean", "n", "undefined")


def summary_columns(result: Draws, output: Output, band: Bands, labels: Mapping[str, object]) -> dict[str, Any]:
    """Return the columns of the summary of some elements of an output with these bands."""
    elements = np.flatnonzero(output.mask & selection(output, labels))
    where = np.unravel_index(elements, output.shape) if output.dims else ()
    cells = packed_cells(output).ravel()[elements]
    units = _units(output, where)
    columns: dict[str, Any] = {"output": np.full(len(elements), output.name, object)}
    columns["unit"] = np.full(len(elements), units, object) if isinstance(units, str) else units
    for axis, dim in enumerate(output.dims):
        columns[dim.name] = np.array(dim.coords, dtype=object)[where[axis]]
    columns["mean"], columns["sd"] = band.mean[cells], band.sd[cells]
    columns.update(zip(COLUMNS, band.quantiles[:, cells], strict=True))
    columns["mcse_mean"] = _error_of_mean(result, output, band)[cells]
    columns["n"], columns["undefined"] = band.n[cells], band.undefined[cells]
    return columns


def _error_of_mean(result: Draws, output: Output, band: Bands) -> FloatArray:
    """Return the standard error of the mean of each packed element, NaN where the draws tell none."""
    if result.design == "random":
        return band.mcse
    if not tells_errors(result.design) or output.name not in result.kept:
        return np.full(len(band.mean), np.nan)
    return means_of_replicates(result, band, output.name).error


def _units(output: Output, where: tuple[NDArray[Any], ...]) -> Any:
    if output.coord_units is None or output.coord_units_dim is None:
        return output.unit
    axis = [dim.name for dim in output.dims].index(output.coord_units_dim)
    units = [output.coord_units[str(label)] for label in output.dims[axis].coords]
    return np.array(units, dtype=object)[where[axis]]
