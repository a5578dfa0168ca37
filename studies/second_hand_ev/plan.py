"""What of the second-hand vehicle follows from its tables alone: which rows, cells and outputs there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.kernels.laws.survival import check_survival_table
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev import inputs as declared_inputs
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev.outputs import EXPORT_AGES, REFERENCE_VEHICLE, Cells, Declared, declare
from mcsim.studies.second_hand_ev.performance import with_performance
from mcsim.studies.second_hand_ev.places import TABLES as PLACE_TABLES
from mcsim.studies.second_hand_ev.places import Places, prepare_places
from mcsim.study import FloatArray, InputError, IntArray
from mcsim.study.tables import Table

TABLES = (*lca.TABLES, *declared_inputs.TABLES, *PLACE_TABLES)
# Names that hold a country: `home` and `host` in Python, the study's labels outside.
TABLE_NAMES = [table.name for table in TABLES]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Everything of the model that depends on its tables alone.

    Parameters
    ----------
    assessment : mcsim.studies.second_hand_ev.lca.Assessment
        Positions in the tables of the assessment.
    places : Places
        Positions of the shares by place.
    cells : Cells
        Vehicles and scenarios.
    declared : Declared
        Outputs.
    suv, hybrid : ndarray of int64, shape (n_vehicles,)
        Rows of the share of the sport utility body; 1 for a vehicle with a pack that burns gasoline.
    survival, distance : ndarray of int64, shape (2, n_ages)
        Rows of the schedules at home of car and sport utility.
    host_survival : ndarray of int64, shape (n_ages,)
        Rows of the host country's survival table.
    damage : ndarray, shape (n_categories, n_endpoints)
        Damage per unit of each category.
    """

    assessment: lca.Assessment
    places: Places
    cells: Cells
    declared: Declared
    suv: IntArray
    hybrid: IntArray
    survival: IntArray
    distance: IntArray
    host_survival: IntArray
    damage: FloatArray


def prepare(tables: Mapping[str, Table], corridor: Corridor) -> Plan:
    """Return the plan of a study's tables.

    Parameters
    ----------
    tables : mapping
        The tables of `TABLES` by the study's names.
    corridor : Corridor
        The two countries.

    Raises
    ------
    InputError
        Where a table lacks a cell, or a survival table is no survival curve.
    """
    tables = corridor.neutral(tables, TABLE_NAMES)
    assessment = lca.prepare(tables, corridor)
    specifications = tables["vehicles"]
    vehicles = assessment.vehicles

    def flag(quantity: str) -> IntArray:
        return (specifications.value[specifications.positions(vehicles, quantity)] > 0.0).astype(np.int64)

    sold = (corridor.label("sold_home"), corridor.label("sold_host"))
    at_home, abroad, electric, has_pack = (flag(q) for q in (*sold, "energy_per_km", "pack_energy"))
    lengths = at_home * (1 + EXPORT_AGES) + abroad
    cells = Cells(vehicles, at_home, abroad, electric, has_pack, np.cumsum(lengths) - lengths)
    if REFERENCE_VEHICLE not in vehicles or not abroad[vehicles.index(REFERENCE_VEHICLE)]:
        raise InputError(
            f"{specifications.origin}: {REFERENCE_VEHICLE}: not sold in {corridor.host} (got no such vehicle); the "
            "reference of impact changes"
        )
    ages = tuple(str(age) for age in range(len(tables["home_survival"].labels("age"))))
    driven = tuple(str(age) for age in range(len(tables["home_distance"].labels("age"))))
    host_ages = tuple(str(age) for age in range(len(tables["host_survival"].labels("age"))))
    survival = tables["home_survival"].positions(declared_inputs.BODIES, ages)
    for body, rows in zip(declared_inputs.BODIES, survival, strict=True):
        _check_survival(tables["home_survival"], rows, f"{corridor.label('home_survival')}, {body}")
    host_rows = tables["host_survival"].positions(host_ages)
    _check_survival(tables["host_survival"], host_rows, corridor.label("host_survival"))
    return Plan(
        assessment,
        prepare_places(tables, assessment, corridor),
        cells,
        with_performance(declare(cells, corridor), cells, corridor),
        specifications.positions(vehicles, "suv_share"),
        has_pack * (1 - electric),
        survival,
        tables["home_distance"].positions(declared_inputs.BODIES, driven),
        host_rows,
        lca.endpoint_factors(tables["endpoints"]),
    )


def _check_survival(table: Table, rows: IntArray, what: str) -> None:
    try:
        check_survival_table(np.arange(len(rows)), table.value[rows], f"{table.origin}: {what}")
    except ValueError as error:
        raise InputError(str(error)) from None
