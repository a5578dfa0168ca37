"""Sales by model year and powertrain in both countries, survival, and the host's first stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.kernels.cohorts.records import STYLES, HomeVehicles, HostVehicles, Vehicles
from mcsim.kernels.laws.survival import check_survival_table
from mcsim.studies.fleet.series import (
    FEW_YEARS,
    HOME_MODEL_YEARS,
    YEARS,
    interpolation,
    logistic_share,
    refuse_negative,
    rows_of,
    spread,
    yearly_rows,
)
from mcsim.study import FloatArray, InputError, IntArray, TableSpec
from mcsim.study.tables import Table

# Last year of observed sales by powertrain, and the year through which the logistic curves pass.
HOME_EV_LAST, HOST_EV_LAST = 2024, 2025
HOME_EV_FIRST, HOST_EV_FIRST = 2010, 2011
HOME_ANCHOR, HOST_ANCHOR = 2025, 2025
HYBRID_SETTLES = 2035
EARLY = tuple(range(1990, 2005))
# Model years of the first stock.
EARLY_COHORTS = EARLY[-1] - 1970 + 1

EVERY_MODEL_YEAR = f"every year from {HOME_MODEL_YEARS[0]} to {HOME_MODEL_YEARS[-1]}"
SPECS = (
    TableSpec(
        "home_sales", ("year",), (0.0, np.inf), None, "new light vehicles, {home}, by model year", EVERY_MODEL_YEAR
    ),
    TableSpec(
        "home_pickup_share", ("year",), (0.0, 1.0), None, "pickups among them",
        f"{EVERY_MODEL_YEAR}; 0 where one body style is enough",
    ),
    TableSpec(
        "home_survival", ("body", "age"), (0.0, 1.0), None, "share in use by age",
        "every age from 0 on, of car and pickup (one curve twice where one style is enough); other bodies and the last "
        "ages may be left out: the curve goes on with its last year's hazard",
    ),
    TableSpec(
        "home_ev_sales", ("kind", "year"), (0.0, np.inf), None, "new EVs, {home}",
        f"every year from {HOME_EV_FIRST} to {HOME_EV_LAST}, bev and phev",
    ),
    TableSpec("home_hev_sales", ("year",), (0.0, np.inf), None, "new hybrids, {home}", FEW_YEARS),
    TableSpec(
        "host_sales", ("year",), (0.0, np.inf), None, "new light vehicles, {host}",
        f"every year from {EARLY[0]} to the last one known; those before {YEARS[0]} set the ages of the first "
        "stock alone",
    ),
    TableSpec(
        "host_ev_sales", ("kind", "year"), (0.0, np.inf), None, "new EVs, {host}",
        f"every year from {HOST_EV_FIRST} to {HOST_EV_LAST}, bev and phev",
    ),
    TableSpec("host_hev_sales", ("year",), (0.0, np.inf), None, "new hybrids, {host}", FEW_YEARS),
)  # fmt: skip


# What `home_vehicles` and `host_sales` read, and what `vehicles` reads beside: the first stock, and survival.
_FIXED = ("home_pickup_share", "home_survival")
HOME_READS, HOST_READS = (
    (
        *(spec.name for spec in SPECS if spec.name.startswith(country) and spec.name not in _FIXED),
        *(f"{country}_{name}" for name in ("ev_ceiling", "ev_midpoint", "ev_share_2025", "hev_share_2035", *more)),
    )
    for country, more in (
        ("home", ("sales_2050_factor", "survival_stretch", "ev_survival_stretch")),
        ("host", ("sales_growth", "sales_level")),
    )
)
FIRST_READS = ("initial_stock", "initial_second_hand_share")
SURVIVAL_READS = (
    "host_survival_shape", "host_survival_scale", "second_hand_life_multiplier", "second_hand_ev_life_multiplier",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Turnover:
    """Where the rows of the sales tables lie; built once per study."""

    home_sales: IntArray
    home_ev: tuple[IntArray, IntArray]
    home_hev: FloatArray
    host_sales: IntArray
    host_ev: tuple[IntArray, IntArray]
    host_hev: FloatArray
    pickup_share: FloatArray
    survival: FloatArray
    early_sales: FloatArray


def survival_curves(table: Table) -> FloatArray:
    """Return the checked survival of cars and pickups by whole age, padded to the same length.

    Raises
    ------
    InputError
        When an age is missing or a curve is not proper.
    """
    curves = []
    for body in STYLES:
        ages = sorted(int(key[1]) for key in table.index if key[0] == body)
        rows = yearly_rows(table, tuple(range(max(ages, default=0) + 1)), body)
        curve = table.value[rows]
        try:
            check_survival_table(np.arange(curve.size), curve, f"{table.origin or table.name}: {body}")
        except ValueError as error:
            raise InputError(str(error)) from None
        curves.append(curve)
    longest = max(curve.size for curve in curves)
    return np.array([_extended(curve, longest) for curve in curves])


def _extended(curve: FloatArray, length: int) -> FloatArray:
    """Carry a curve on with its last year's hazard, as the survival kernel does."""
    ratio = curve[-1] / curve[-2] if curve[-2] > 0 else 0.0
    return np.concatenate([curve, curve[-1] * ratio ** np.arange(1, length - curve.size + 1)])


def read_turnover(tables: Mapping[str, Table]) -> Turnover:
    """Return the places of the sales in their tables, checked.

    Parameters
    ----------
    tables : mapping
        The tables of `SPECS`.

    Returns
    -------
    Turnover

    Raises
    ------
    InputError
        When a year is missing, a flow is negative or a survival curve is not proper.
    """
    for spec in SPECS:
        refuse_negative(tables[spec.name])
    home_ev, host_ev = tables["home_ev_sales"], tables["host_ev_sales"]
    home_years = tuple(range(HOME_EV_FIRST, HOME_EV_LAST + 1))
    host_years = tuple(range(HOST_EV_FIRST, HOST_EV_LAST + 1))
    host_last = max(int(key[0]) for key in tables["host_sales"].index)
    early = yearly_rows(tables["host_sales"], EARLY)
    return Turnover(
        home_sales=yearly_rows(tables["home_sales"], HOME_MODEL_YEARS),
        home_ev=(yearly_rows(home_ev, home_years, "bev"), yearly_rows(home_ev, home_years, "phev")),
        home_hev=interpolation(tables["home_hev_sales"], HOME_MODEL_YEARS, None),
        host_sales=yearly_rows(tables["host_sales"], tuple(range(YEARS[0], host_last + 1))),
        host_ev=(yearly_rows(host_ev, host_years, "bev"), yearly_rows(host_ev, host_years, "phev")),
        host_hev=interpolation(tables["host_hev_sales"], YEARS, None),
        pickup_share=tables["home_pickup_share"].value[yearly_rows(tables["home_pickup_share"], HOME_MODEL_YEARS)],
        survival=survival_curves(tables["home_survival"]),
        early_sales=tables["host_sales"].value[early],
    )


def _split(
    total: FloatArray, ev: FloatArray, hybrid: FloatArray, last: int, end_share: FloatArray, first_year: int
) -> FloatArray:
    """Return (n, years, 3): combustion vehicles, hybrids, EVs; hybrids move linearly to a share after their history."""
    years = np.arange(first_year, first_year + total.shape[1])
    at = int(np.searchsorted(years, last))
    way = np.clip((years[at:] - last) / (HYBRID_SETTLES - last), 0.0, 1.0)
    start = (hybrid[:, at] / np.maximum(total[:, at], 1.0))[:, None]
    share = start + (end_share[:, None] - start) * way
    hybrid = np.concatenate([hybrid[:, :at], share * total[:, at:]], axis=1)
    ev = np.minimum(ev, total)
    hybrid = np.minimum(hybrid, total - ev)
    return np.ascontiguousarray(np.stack([total - ev - hybrid, hybrid, ev], axis=2))


def home_sales(turnover: Turnover, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return sales at home by model year and powertrain, (n, 70, 3) vehicles."""
    total = rows_of(inputs["home_sales"], turnover.home_sales)
    years = np.arange(HOME_MODEL_YEARS[0], HOME_MODEL_YEARS[-1] + 1)
    way = np.clip((years - 2025) / 25.0, 0.0, 1.0)
    total = total * (1.0 + (inputs["home_sales_2050_factor"][:, None] - 1.0) * way)
    observed = rows_of(inputs["home_ev_sales"], turnover.home_ev[0]) + rows_of(
        inputs["home_ev_sales"], turnover.home_ev[1]
    )
    later = tuple(range(HOME_EV_LAST + 1, HOME_MODEL_YEARS[-1] + 1))
    share = logistic_share(
        later, inputs["home_ev_ceiling"], inputs["home_ev_midpoint"], inputs["home_ev_share_2025"], HOME_ANCHOR
    )
    ev = np.zeros_like(total)
    first = HOME_EV_FIRST - HOME_MODEL_YEARS[0]
    ev[:, first : first + observed.shape[1]] = observed
    ev[:, -len(later) :] = share * total[:, -len(later) :]
    hybrid = spread(inputs["home_hev_sales"], turnover.home_hev)
    return _split(total, ev, hybrid, 2024, inputs["home_hev_share_2035"], HOME_MODEL_YEARS[0])


def host_sales(turnover: Turnover, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the host's sales by model year and powertrain, (n, 46, 3) vehicles."""
    observed = rows_of(inputs["host_sales"], turnover.host_sales)
    known = observed.shape[1]
    steps = np.arange(1, len(YEARS) - known + 1)
    growth = (1.0 + inputs["host_sales_growth"][:, None]) ** steps
    total = np.concatenate([observed, inputs["host_sales_level"][:, None] * growth], axis=1)
    plug_ins = rows_of(inputs["host_ev_sales"], turnover.host_ev[0]) + rows_of(
        inputs["host_ev_sales"], turnover.host_ev[1]
    )
    later = tuple(range(HOST_EV_LAST + 1, YEARS[-1] + 1))
    share = logistic_share(
        later, inputs["host_ev_ceiling"], inputs["host_ev_midpoint"], inputs["host_ev_share_2025"], HOST_ANCHOR
    )
    ev = np.zeros_like(total)
    first = HOST_EV_FIRST - YEARS[0]
    ev[:, first : first + plug_ins.shape[1]] = plug_ins
    ev[:, -len(later) :] = share * total[:, -len(later) :]
    hybrid = spread(inputs["host_hev_sales"], turnover.host_hev)
    return _split(total, ev, hybrid, 2025, inputs["host_hev_share_2035"], YEARS[0])


def home_vehicles(turnover: Turnover, inputs: Mapping[str, FloatArray]) -> HomeVehicles:
    """Return sales and survival at home; parameters as in `vehicles`."""
    return HomeVehicles(
        sales=home_sales(turnover, inputs),
        stretch=np.ascontiguousarray(inputs["home_survival_stretch"]),
        ev_stretch=np.ascontiguousarray(inputs["home_ev_survival_stretch"]),
    )


def host_vehicles(sales: FloatArray, inputs: Mapping[str, FloatArray]) -> HostVehicles:
    """Return survival and the first stock of the host country, beside its `host_sales`."""
    return HostVehicles(
        sales=sales,
        initial_stock=np.ascontiguousarray(inputs["initial_stock"]),
        first_second_hand=np.ascontiguousarray(inputs["initial_second_hand_share"]),
        shape=np.ascontiguousarray(inputs["host_survival_shape"]),
        scale=np.ascontiguousarray(inputs["host_survival_scale"]),
        life_multiplier=np.ascontiguousarray(inputs["second_hand_life_multiplier"]),
        ev_life_multiplier=np.ascontiguousarray(inputs["second_hand_ev_life_multiplier"]),
    )


def vehicles(turnover: Turnover, inputs: Mapping[str, FloatArray]) -> Vehicles:
    """Return what the kernels need of sales and survival.

    Parameters
    ----------
    turnover : Turnover
        From `read_turnover`.
    inputs : mapping
        Input name -> (n,), table name -> (n, n_rows).

    Returns
    -------
    Vehicles
    """
    return Vehicles(home_vehicles(turnover, inputs), host_vehicles(host_sales(turnover, inputs), inputs))
