"""Draws of a posterior in the layout of ArviZ, as an xarray DataTree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.result.datasets import input_attributes
from mcsim.study import FloatArray

if TYPE_CHECKING:
    import xarray as xr

    from mcsim.calibration.diagnostics import Told
    from mcsim.calibration.likelihood import Likelihood
    from mcsim.calibration.posterior import Posterior


def tree_of(posterior: Posterior) -> xr.DataTree:
    """Return the groups of a posterior; every group but observed_data has the dims chain and draw."""
    import xarray as xr

    from mcsim.calibration.posterior import PRIOR_DRAWS

    likelihood, some = posterior.likelihood, slice(0, PRIOR_DRAWS)
    prior = {name: column[np.newaxis, some] for name, column in posterior.prior.items()}
    cells = posterior.prior_cells[np.newaxis, some]
    groups = {
        "posterior": _inputs(posterior, posterior.sample.values, posterior.after.taus),
        "posterior_predictive": _predicted(likelihood, posterior.after, posterior.sample.cells),
        "prior": _inputs(posterior, prior, posterior.before.taus),
        "prior_predictive": _predicted(likelihood, posterior.before, cells),
        "log_likelihood": _log_likelihood(likelihood, posterior.after),
        "observed_data": _observed(likelihood),
    }
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = {
        "study": posterior.study.name,
        "seed": str(posterior.seed),
        "method": posterior.sample.method,
        "khat": posterior.sample.khat,
        "ess": posterior.sample.ess,
    }
    return tree


def _coords(chains: int, draws: int) -> dict[str, Any]:
    return {"chain": np.arange(chains), "draw": np.arange(draws)}


def _inputs(posterior: Posterior, values: Mapping[str, FloatArray], taus: FloatArray) -> xr.Dataset:
    """Return inputs, and the spread between the sources of every group that is pooled."""
    import xarray as xr

    declared = {item.name: item for item in posterior.study.inputs}
    variables: dict[str, Any] = {
        name.replace("/", "\u2215"): (
            ("chain", "draw"),
            draws,
            input_attributes(declared[name], posterior.study.labels),
        )
        for name, draws in values.items()
    }
    for place, group in enumerate(posterior.likelihood.groups):
        if group.pooled:
            about = {"long_name": f"spread between the sources of {group.name}"}
            variables[f"between {group.name}"] = (("chain", "draw"), taus[:, :, place], about)
    return xr.Dataset(variables, _coords(*taus.shape[:2]))


def _predicted(likelihood: Likelihood, told: Told, cells: FloatArray) -> xr.Dataset:
    """Return what sources would say again, and the modelled cells themselves."""
    import xarray as xr

    variables: dict[str, Any] = {}
    coords = _coords(*cells.shape[:2])
    for group in likelihood.groups:
        dim = f"{group.name}_observation"
        variables[group.name] = (("chain", "draw", dim), told.predicted[:, :, group.columns])
        about = {"long_name": "modelled, without the errors of sources"}
        variables[f"{group.name}_modelled"] = (("chain", "draw", dim), cells[:, :, group.columns], about)
        coords[dim] = _names(likelihood, group.columns.tolist())
    return xr.Dataset(variables, coords)


def _names(likelihood: Likelihood, columns: list[int]) -> list[str]:
    return [likelihood.observations[at].name for at in columns]


def _log_likelihood(likelihood: Likelihood, told: Told) -> xr.Dataset:
    import xarray as xr

    variables = {}
    first = next(iter(told.log.values()))
    coords = _coords(*first.shape[:2])
    for group in likelihood.groups:
        dim = f"{group.name}_source"
        variables[group.name] = (("chain", "draw", dim), told.log[group.name])
        coords[dim] = [source.name for source in group.sources]
    return xr.Dataset(variables, coords)


def _observed(likelihood: Likelihood) -> xr.Dataset:
    import xarray as xr

    variables: dict[str, Any] = {}
    coords: dict[str, Any] = {}
    for group in likelihood.groups:
        dim = f"{group.name}_observation"
        mine = [likelihood.observations[at] for at in group.columns.tolist()]
        about = {"units": mine[0].cell.output.unit, "long_name": mine[0].cell.output.meaning}
        variables[group.name] = ((dim,), [item.value for item in mine], about)
        coords[dim] = _names(likelihood, group.columns.tolist())
    return xr.Dataset(variables, coords)
