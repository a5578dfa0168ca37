"""Packs: capacity, chemistry and composition by model year, recovery by route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mcsim.kernels.cohorts.records import Contents, Policy
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.common.labels import CHEMISTRIES, MATERIALS, ROUTES
from mcsim.studies.fleet.levers import moved
from mcsim.studies.fleet.policy import PYRO, Recovery, from_abroad
from mcsim.studies.fleet.series import FEW_YEARS, YEARS, interpolation, refuse_negative, spread
from mcsim.study import FloatArray, IntArray, OptionValue, TableSpec
from mcsim.study.tables import Table

CELLS = tuple(name.lower() for name in CHEMISTRIES)  # as this study's tables write them
# Bare capacities are interpolated up to 2024 and reach their long-run values here.
CAPACITY_SETTLES = 2030
BEV_SHARE_LAST = {"home": 2024, "host": 2025}

SPECS = (
    TableSpec(
        "bev_capacity", ("country", "year"), (0.0, np.inf), None, "mean capacity of BEVs sold",
        f"of both countries {FEW_YEARS}",
    ),
    TableSpec(
        "chemistry_share", ("path", "year", "chemistry"), (0.0, 1.0), None, "chemistries of new packs by path",
        f"of every path, nmc, nca and lfp, {FEW_YEARS}; values of a year sum to 1",
    ),
    TableSpec("nmc_split", ("year", "cathode"), (0.0, 1.0), None, "kinds of NMC", FEW_YEARS, anywhere=True),
    TableSpec(
        "composition", ("chemistry", "material"), (0.0, np.inf), "battery composition", "materials of a pack",
        anywhere=True,
    ),
    TableSpec("pack_mass", ("chemistry",), (0.0, np.inf), None, "mass of a pack", anywhere=True),
    TableSpec("pack_mass_factor", ("year",), (1e-9, np.inf), None, "pack mass over that of 2022", FEW_YEARS),
    TableSpec(
        "recovery", ("route", "material"), (0.0, 1.0), "recycling recovery", "share recovered", anywhere=True
    ),
)  # fmt: skip


# What `capacity` reads, and what `makes` and `contents` read beside the chemistry.
CAPACITY_READS = {
    country: (
        "bev_capacity",
        "phev_capacity",
        *(f"{country}_{name}" for name in ("capacity_factor", "bev_capacity", "bev_share_2050")),
    )
    for country in BEV_SHARE_LAST
}
MASS_READS = ("pack_mass", "pack_mass_factor")
CONTENT_READS = (
    *MASS_READS, "composition", "recovery", "second_use_years", "second_use_collection",
)  # fmt: skip


def chemistry_reads(path: str) -> tuple[str, ...]:
    """Return what `cell_shares` reads on a chemistry path."""
    return ("chemistry_share", "nmc_split", "nmc_shift", *(("lfp_share_2050",) if path == "report" else ()))


@dataclass(frozen=True, slots=True, eq=False)
class PackTables:
    """Where the rows of the pack tables lie; built once per study."""

    capacity: dict[str, FloatArray]
    bev_share: dict[str, FloatArray]
    chemistry: dict[str, FloatArray]
    nmc: FloatArray
    composition: IntArray
    pack_mass: IntArray
    mass_factor: FloatArray
    recovery: IntArray


def read_packs(tables: Mapping[str, Table], corridor: Corridor) -> PackTables:
    """Return the places of the pack figures in their tables, checked.

    Parameters
    ----------
    tables : mapping
        The tables of `SPECS`, and the EV sales by kind.
    corridor : Corridor
        Whose labels stand in the column country.

    Returns
    -------
    PackTables

    Raises
    ------
    InputError
        When shares do not sum to 1, a figure is negative or a cell is missing.
    """
    for spec in SPECS:
        refuse_negative(tables[spec.name])
    tables["chemistry_share"].check_sums("chemistry")
    tables["nmc_split"].check_sums("cathode")
    shares = tables["chemistry_share"]
    return PackTables(
        capacity={
            country: interpolation(tables["bev_capacity"], YEARS, corridor.label(country), None)
            for country in BEV_SHARE_LAST
        },
        bev_share={country: _bev_share(tables[f"{country}_ev_sales"], country) for country in BEV_SHARE_LAST},
        chemistry={
            path: np.stack([interpolation(shares, YEARS, path, None, name) for name in ("nmc", "nca", "lfp")])
            for path in shares.labels("path")
        },
        nmc=np.stack([interpolation(tables["nmc_split"], YEARS, None, name) for name in CELLS[:3]]),
        composition=tables["composition"].positions(CELLS, MATERIALS),
        pack_mass=tables["pack_mass"].positions(CELLS),
        mass_factor=interpolation(tables["pack_mass_factor"], YEARS, None),
        recovery=tables["recovery"].positions(ROUTES, MATERIALS),
    )


def _bev_share(table: Table, country: str) -> FloatArray:
    """Observed share of BEVs among plug-ins by year up to the last observed one, from the central figures."""
    rows = dict(zip(table.index, table.value, strict=True))
    share = []
    for year in range(YEARS[0], BEV_SHARE_LAST[country] + 1):
        bev, phev = rows.get(("bev", str(year)), 0.0), rows.get(("phev", str(year)), 0.0)
        share.append(bev / (bev + phev) if bev + phev > 0 else 1.0)
    return np.array(share)


def capacity(packs: PackTables, inputs: Mapping[str, FloatArray], country: str) -> FloatArray:
    """Return the mean nominal capacity of the EVs that a country buys new, by model year, (n, 46) kWh.

    Parameters
    ----------
    packs : PackTables
        From `read_packs`.
    inputs : mapping
        As the model gets them.
    country : str
        ``home`` or ``host``.

    Returns
    -------
    ndarray, shape (n, 46)
        BEVs and PHEVs weighted by the BEV share.
    """
    years = np.asarray(YEARS)
    bev = spread(inputs["bev_capacity"], packs.capacity[country]) * inputs[f"{country}_capacity_factor"][:, None]
    way = np.clip((years - 2024) / (CAPACITY_SETTLES - 2024), 0.0, 1.0)
    bev = bev + (inputs[f"{country}_bev_capacity"][:, None] - bev) * way
    share = bev_share(packs, inputs, country)
    return np.asarray(share * bev + (1.0 - share) * inputs["phev_capacity"][:, None], np.float64)


def bev_share(packs: PackTables, inputs: Mapping[str, FloatArray], country: str) -> FloatArray:
    """Return the share of BEVs among the EVs that a country buys new, by model year, (n, 46); as in `capacity`."""
    known = packs.bev_share[country]
    last = BEV_SHARE_LAST[country]
    ahead = np.clip((np.asarray(YEARS)[known.size :] - last) / (YEARS[-1] - last), 0.0, 1.0)
    later = known[-1] + (inputs[f"{country}_bev_share_2050"][:, None] - known[-1]) * ahead
    return np.concatenate([np.broadcast_to(known, (later.shape[0], known.size)), later], axis=1)


def cell_shares(packs: PackTables, inputs: Mapping[str, FloatArray], path: str) -> FloatArray:
    """Return the shares of NMC 111, 622, 811, NCA and LFP by model year, (n, 46, 5), summing to 1.

    Parameters
    ----------
    packs : PackTables
        From `read_packs`.
    inputs : mapping
        As the model gets them; `lfp_share_2050` moves the end of the path ``report``, `nmc_shift` the kinds of NMC.
    path : str
        Chemistry path.

    Returns
    -------
    ndarray, shape (n, 46, 5)
    """
    values = inputs["chemistry_share"]
    nmc, nca, lfp = (spread(values, weights) for weights in packs.chemistry[path])
    if path == "report":
        end = np.maximum(lfp[:, -1:], 1e-12)
        moved = lfp * inputs["lfp_share_2050"][:, None] / end
        rest = (1.0 - moved) / np.maximum(1.0 - lfp, 1e-12)
        nmc, nca, lfp = nmc * rest, nca * rest, moved
    low, middle, high = (spread(inputs["nmc_split"], weights) for weights in packs.nmc)
    shift = np.clip(inputs["nmc_shift"][:, None], -high, middle)
    middle, high = middle - shift, high + shift
    return np.stack([nmc * low, nmc * middle, nmc * high, nca, lfp], axis=2)


def heavier(packs: PackTables, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the mass of a pack over that of one of 2022 of the same cells and capacity, by model year, (n, 46)."""
    return spread(inputs["pack_mass_factor"], packs.mass_factor)


def pack_masses(packs: PackTables, inputs: Mapping[str, FloatArray], shares: FloatArray) -> FloatArray:
    """Return the mass of a pack by model year, (n, 46) kg/kWh, for the `cell_shares` of its cells."""
    mass = inputs["pack_mass"][:, packs.pack_mass]
    return np.ascontiguousarray((shares @ mass[:, :, None])[:, :, 0] * heavier(packs, inputs))


class Made(NamedTuple):
    """What packs are made of by model year: `cell_shares`, and the `pack_masses` of these."""

    cells: FloatArray
    mass: FloatArray


def makes(packs: PackTables, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]) -> Made:
    """Return what packs are made of under the option `chemistry_path`."""
    cells = cell_shares(packs, inputs, str(options["chemistry_path"]))
    return Made(cells, pack_masses(packs, inputs, cells))


def composition(packs: PackTables, inputs: Mapping[str, FloatArray], shares: FloatArray) -> FloatArray:
    """Return the materials of a pack by model year, (n, 46, materials) kg/kWh, for the `cell_shares` of its cells.

    An old pack is heavier per kWh at the same composition of its mass.
    """
    per_kwh = shares @ inputs["composition"][:, packs.composition]
    return np.ascontiguousarray(per_kwh * heavier(packs, inputs)[:, :, None])


def capacities(packs: PackTables, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the `capacity` of packs by origin and model year of their vehicle, (n, origins, years) kWh."""
    return np.stack([capacity(packs, inputs, "host"), capacity(packs, inputs, "home")], axis=1)


def contents(
    packs: PackTables,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    kwh: FloatArray,
    materials: bool = True,
    made: Made | None = None,
) -> Contents:
    """Return what packs hold by model year, and where they go.

    Parameters
    ----------
    packs : PackTables
        From `read_packs`.
    inputs, options : mapping
        As the model gets them.
    kwh : ndarray, shape (n, origins, years)
        From `capacities`.
    materials : bool
        Whether materials are wanted; without them there are none in it.
    made : Made, optional
        From `makes`, where it is known.

    Returns
    -------
    Contents
    """
    made = makes(packs, inputs, options) if made is None else made
    routes = inputs["recovery"][:, packs.recovery][:, :, : None if materials else 0]
    recovery = moved(Recovery(routes, routes[:, PYRO], routes[:, PYRO]), inputs)
    return Contents(
        capacity=kwh,
        mass=made.mass,
        composition=composition(packs, inputs, made.cells) if materials else np.empty((*made.mass.shape, 0)),
        host_recovery=np.ascontiguousarray(recovery.host),
        home_recovery=np.ascontiguousarray(recovery.home),
        policy=_destinations(inputs),
    )


def _destinations(inputs: Mapping[str, FloatArray]) -> Policy:
    """Return where retired packs go: to landfill, but for what policy moves."""
    none = np.zeros((inputs["second_use_years"].size, len(YEARS)))
    today = Policy(
        covered_collection=none,
        collection=none,
        take_back=from_abroad(none),
        reuse=none,
        second_life=none,
        second_years=inputs["second_use_years"],
        second_collection=inputs["second_use_collection"],
        capacity=np.full_like(none, np.inf),
    )
    return moved(today, inputs)
