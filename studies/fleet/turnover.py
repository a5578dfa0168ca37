"""Sales by model year and powertrain in both countries, survival, and the first Mexican stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.kernels.cohorts.records import Vehicles
from mcsim.kernels.laws.survival import check_survival_table
from mcsim.studies.fleet.series import (
    US_MODEL_YEARS,
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
US_EV_LAST, MX_EV_LAST = 2024, 2025
US_ANCHOR, MX_ANCHOR = 2025, 2025
HYBRID_SETTLES = 2035
EARLY = tuple(range(1990, 2005))
OLDEST = 1970

SPECS = (
    TableSpec("us_sales", ("year",), (0.0, np.inf), meaning="new light vehicles, United States, by model year"),
    TableSpec("us_pickup_share", ("year",), (0.0, 1.0), meaning="pickups among them"),
    TableSpec("us_survival", ("body", "age"), (0.0, 1.0), meaning="share in use by age"),
    TableSpec("us_ev_sales", ("kind", "year"), (0.0, np.inf), meaning="new EVs, United States"),
    TableSpec("us_hev_sales", ("year",), (0.0, np.inf), meaning="new hybrids, United States, interpolated"),
    TableSpec("mx_sales", ("year",), (0.0, np.inf), meaning="new light vehicles, Mexico"),
    TableSpec("mx_ev_sales", ("kind", "year"), (0.0, np.inf), meaning="new EVs, Mexico"),
    TableSpec("mx_hev_sales", ("year",), (0.0, np.inf), meaning="new hybrids, Mexico, interpolated"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Turnover:
    """Where the rows of the sales tables lie; built once per study."""

    us_sales: IntArray
    us_ev: tuple[IntArray, IntArray]
    us_hev: FloatArray
    mx_sales: IntArray
    mx_ev: tuple[IntArray, IntArray]
    mx_hev: FloatArray
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
    for body in ("car", "pickup"):
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
    us_ev, mx_ev = tables["us_ev_sales"], tables["mx_ev_sales"]
    us_years, mx_years = tuple(range(2010, US_EV_LAST + 1)), tuple(range(2011, MX_EV_LAST + 1))
    mx_last = max(int(key[0]) for key in tables["mx_sales"].index)
    early = yearly_rows(tables["mx_sales"], EARLY)
    return Turnover(
        us_sales=yearly_rows(tables["us_sales"], US_MODEL_YEARS),
        us_ev=(yearly_rows(us_ev, us_years, "bev"), yearly_rows(us_ev, us_years, "phev")),
        us_hev=interpolation(tables["us_hev_sales"], US_MODEL_YEARS, None),
        mx_sales=yearly_rows(tables["mx_sales"], tuple(range(YEARS[0], mx_last + 1))),
        mx_ev=(yearly_rows(mx_ev, mx_years, "bev"), yearly_rows(mx_ev, mx_years, "phev")),
        mx_hev=interpolation(tables["mx_hev_sales"], YEARS, None),
        pickup_share=tables["us_pickup_share"].value[yearly_rows(tables["us_pickup_share"], US_MODEL_YEARS)],
        survival=survival_curves(tables["us_survival"]),
        early_sales=tables["mx_sales"].value[early],
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


def us_sales(turnover: Turnover, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return US sales by model year and powertrain, (n, 70, 3) vehicles."""
    total = rows_of(inputs["us_sales"], turnover.us_sales)
    years = np.arange(US_MODEL_YEARS[0], US_MODEL_YEARS[-1] + 1)
    way = np.clip((years - 2025) / 25.0, 0.0, 1.0)
    total = total * (1.0 + (inputs["us_sales_2050_factor"][:, None] - 1.0) * way)
    observed = rows_of(inputs["us_ev_sales"], turnover.us_ev[0]) + rows_of(inputs["us_ev_sales"], turnover.us_ev[1])
    later = tuple(range(US_EV_LAST + 1, US_MODEL_YEARS[-1] + 1))
    share = logistic_share(
        later, inputs["us_ev_ceiling"], inputs["us_ev_midpoint"], inputs["us_ev_share_2025"], US_ANCHOR
    )
    ev = np.zeros_like(total)
    ev[:, 2010 - US_MODEL_YEARS[0] : 2010 - US_MODEL_YEARS[0] + observed.shape[1]] = observed
    ev[:, -len(later) :] = share * total[:, -len(later) :]
    hybrid = spread(inputs["us_hev_sales"], turnover.us_hev)
    return _split(total, ev, hybrid, 2024, inputs["us_hev_share_2035"], US_MODEL_YEARS[0])


def mx_sales(turnover: Turnover, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return Mexican sales by model year and powertrain, (n, 46, 3) vehicles."""
    observed = rows_of(inputs["mx_sales"], turnover.mx_sales)
    known = observed.shape[1]
    steps = np.arange(1, len(YEARS) - known + 1)
    growth = (1.0 + inputs["mx_sales_growth"][:, None]) ** steps
    total = np.concatenate([observed, inputs["mx_sales_level"][:, None] * growth], axis=1)
    plug_ins = rows_of(inputs["mx_ev_sales"], turnover.mx_ev[0]) + rows_of(inputs["mx_ev_sales"], turnover.mx_ev[1])
    later = tuple(range(MX_EV_LAST + 1, YEARS[-1] + 1))
    share = logistic_share(
        later, inputs["mx_ev_ceiling"], inputs["mx_ev_midpoint"], inputs["mx_ev_share_2025"], MX_ANCHOR
    )
    ev = np.zeros_like(total)
    ev[:, 2011 - YEARS[0] : 2011 - YEARS[0] + plug_ins.shape[1]] = plug_ins
    ev[:, -len(later) :] = share * total[:, -len(later) :]
    hybrid = spread(inputs["mx_hev_sales"], turnover.mx_hev)
    return _split(total, ev, hybrid, 2025, inputs["mx_hev_share_2035"], YEARS[0])


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
    cohorts = EARLY[-1] - OLDEST + 1
    return Vehicles(
        us_sales=us_sales(turnover, inputs),
        pickup_share=turnover.pickup_share,
        us_survival=turnover.survival,
        us_stretch=np.ascontiguousarray(inputs["us_survival_stretch"]),
        mx_sales=mx_sales(turnover, inputs),
        early_sales=turnover.early_sales,
        early_cohorts=cohorts,
        initial_stock=np.ascontiguousarray(inputs["initial_stock"]),
        mx_shape=np.ascontiguousarray(inputs["mx_survival_shape"]),
        mx_scale=np.ascontiguousarray(inputs["mx_survival_scale"]),
        life_multiplier=np.ascontiguousarray(inputs["second_hand_life_multiplier"]),
    )
