"""Emissions of charging: what is generated for the electricity that EVs take at the plug."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsim.studies.common.years import known_years
from mcsim.studies.fleet.levers import moved
from mcsim.studies.fleet.policy import Grid
from mcsim.studies.fleet.series import YEARS, refuse_negative, spread
from mcsim.study import FloatArray, TableSpec
from mcsim.study.tables import Table

HISTORY, PATHS = "history", ("low", "central", "high")
SPECS = (
    TableSpec(
        "grid_losses", ("region", "scenario", "year"), (0.0, 0.99), None, "lost in transmission, distribution",
        "of {host}: of history and of the paths low, central and high some years, linear between those given; other "
        "regions may be left out",
    ),
)  # fmt: skip
_KG_PER_MEGATONNE = 1e9


def read_losses(table: Table, region: str) -> FloatArray:
    """Return the weights of a table of losses in one region's yearly series, for each path of its projection.

    Parameters
    ----------
    table : Table
        Keys region, scenario (``history`` and the three paths) and year.
    region : str
        Label of the region.

    Returns
    -------
    ndarray, shape (paths, n_rows, years)
        Observed years as observed; from the last of them linear to the path's first year ahead.

    Raises
    ------
    InputError
        When a scenario has no rows, or a figure is negative.
    """
    refuse_negative(table)
    observed = known_years(table, region, HISTORY, None)
    paths = []
    for path in PATHS:
        ahead = known_years(table, region, path, None)
        later = ahead.years > observed.years[-1]
        years = np.concatenate([observed.years, ahead.years[later]])
        rows = np.concatenate([observed.rows, ahead.rows[later]])
        weights = np.zeros((len(table.index), len(YEARS)))
        for place, row in enumerate(rows):
            weights[row] = np.interp(YEARS, years, np.eye(len(rows))[place])
        paths.append(weights)
    return np.stack(paths)


# What `charging_emissions` reads beside the levers on the grid.
READS = ("host_grid_intensity_2025", "host_annual_distance", "ev_energy_use", "grid_losses", "host_loss_position")


def losses(weights: FloatArray, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the share of generation that is lost before the plug, (n, years): between the paths at a position.

    Parameters
    ----------
    weights : ndarray
        From `read_losses`.
    inputs : mapping
        With ``grid_losses`` and ``host_loss_position``: 0 the low path, 0.5 the central one, 1 the high one.
    """
    low, central, high = (spread(inputs["grid_losses"], path) for path in weights)
    place = inputs["host_loss_position"][:, None]
    below = low + (central - low) * 2.0 * place
    above = central + (high - central) * (2.0 * place - 1.0)
    return np.asarray(np.where(place < 0.5, below, above), np.float64)


def charging_emissions(evs: FloatArray, weights: FloatArray, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return CO2e of the electricity for a stock of EVs, (n, years) Mt/yr.

    The grid's figure is per kWh generated, the vehicle's per kWh at the plug: what is lost between is generated too.

    Parameters
    ----------
    evs : ndarray, shape (n, years)
        In use.
    weights : ndarray
        From `read_losses`.
    inputs : mapping
        As the model gets them.
    """
    grid = moved(Grid(np.repeat(inputs["host_grid_intensity_2025"][:, None], len(YEARS), axis=1)), inputs)
    at_plug = inputs["host_annual_distance"] * inputs["ev_energy_use"]
    per_kwh = grid.intensity / (1.0 - losses(weights, inputs))
    return np.asarray(evs * at_plug[:, None] * per_kwh / _KG_PER_MEGATONNE, np.float64)
