"""The model of a second-hand electric vehicle: five vehicles, three routes, every export age, ten impact categories.

One evaluation takes named inputs to curves (`curves`), lives (`mcsim.kernels.life.expectation` or
`mcsim.kernels.lives.lives`), impacts (`lca`, `assembly`) and outputs (`outputs`). All arms of a draw share its inputs,
so a change holds only what differs between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.laws.junction import SURVIVAL_JUNCTIONS
from mcsim.kernels.life.expectation import expected_activity
from mcsim.kernels.life.records import (
    ACTIVITIES,
    Ageing,
    Answer,
    Covers,
    Destination,
    Filled,
    Lives,
    Survivals,
    Uses,
    padded,
)
from mcsim.kernels.life.records import Cells as KernelCells
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev import inputs as declared_inputs
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev.changes import impact_outputs
from mcsim.studies.second_hand_ev.curves import (
    LITHIUM,
    MAXIMUM_AGE,
    NICKEL,
    NO_PACK,
    distance_abroad,
    distance_in_service,
    end_of_cover,
    pack_laws,
    survival_of_country,
)
from mcsim.studies.second_hand_ev.outputs import (
    ACTIVITY,
    ELECTRICITY,
    ENDPOINT_OUTPUT,
    EXPORT_AGES,
    INTENSITY,
    OTHER_CHANNELS,
    PLACED,
    REFERENCE_VEHICLE,
    SPREAD,
    Cells,
    Declared,
    activity_outputs,
    declare,
)
from mcsim.studies.second_hand_ev.places import TABLES as PLACE_TABLES
from mcsim.studies.second_hand_ev.places import Places, electricity_by_place, placed_outputs, prepare_places
from mcsim.studies.second_hand_ev.sampled import CATEGORY_BETWEEN_VEHICLES, sample_lives, unit_impacts
from mcsim.study import Context, FloatArray, InputError, IntArray, Model, OptionValue
from mcsim.study.tables import Table

OLD_CATALYST_AGE = 10.0
ACTIVITY_NAMES = frozenset(name for name, *_ in ACTIVITY)


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


PARAMETERS = (*declared_inputs.PARAMETERS, *lca.PARAMETERS)
OPTIONS = (*declared_inputs.OPTIONS, *lca.OPTIONS)
TABLES = (*lca.TABLES, *declared_inputs.TABLES, *PLACE_TABLES)
# Names that hold a country: `home` and `host` in Python, the study's labels outside.
TABLE_NAMES, OPTION_NAMES = ([item.name for item in items] for items in (TABLES, OPTIONS))
INPUT_NAMES = [*(parameter.name for parameter in PARAMETERS), *TABLE_NAMES]


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
        declare(cells, corridor),
        specifications.positions(vehicles, "suv_share"),
        has_pack * (1 - electric),
        survival,
        tables["home_distance"].positions(declared_inputs.BODIES, driven),
        host_rows,
        lca.endpoint_factors(tables["endpoints"]),
    )


def _check_survival(table: Table, rows: IntArray, what: str) -> None:
    from mcsim.kernels.laws.survival import check_survival_table

    try:
        check_survival_table(np.arange(len(rows)), table.value[rows], f"{table.origin}: {what}")
    except ValueError as error:
        raise InputError(str(error)) from None


def model(tables: Mapping[str, Table], *, home: str, host: str) -> Model:
    """Return the model of the vehicles that the tables describe.

    Parameters
    ----------
    tables : mapping
        The tables of `TABLES`, by the study's names.
    home, host : str
        Labels of the country where vehicles are sold and from which they are exported, and of the one that takes them.
    """
    corridor = Corridor(home, host)
    plan = prepare(tables, corridor)
    output_names = [output.name for output in plan.declared.outputs]

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, NDArray[Any]]:
        options, wanted = corridor.neutral(context.options, OPTION_NAMES), context.wanted
        if wanted is not None:
            wanted = frozenset(corridor.neutral(dict.fromkeys(wanted), output_names))
        named = replace(context, options=options, wanted=wanted)
        return corridor.labelled(evaluate_plan(plan, corridor.neutral(inputs, INPUT_NAMES), named))

    return Model(
        "second_hand_ev",
        corridor.declared(PARAMETERS),
        corridor.declared(OPTIONS),
        corridor.declared(plan.declared.outputs),
        evaluate,
        corridor.declared(TABLES),
        warn,
        lives=("evaluation", "lives"),
    )


def warn(options: Mapping[str, OptionValue]) -> list[str]:
    """Return what the user should know of this combination of options.

    Raises
    ------
    InputError
        Where the grid's steps are not 1, 4 or 12 a year.
    """
    lines = []
    if options["steps_per_year"] not in (1, 4, 12):
        raise InputError(f"steps_per_year: not a grid of this model (got {options['steps_per_year']}); 1, 4 or 12")
    if options["knee"] == "printed":
        lines.append("knee = printed: state of health jumps at the knee wherever knee_factor is not 1")
    if options["battery_law"] != "first_passage":
        lines.append(f"battery_law = {options['battery_law']}: end_of_life_loss and warranty_loss are inactive")
    return lines


def lives_of(
    plan: Plan, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], found: Mapping[str, FloatArray]
) -> Lives:
    """Return what both kernels of lives take."""
    steps, cells = int(options["steps_per_year"]), plan.cells
    n, n_vehicles = found["energy_per_km"].shape
    ages = np.arange(MAXIMUM_AGE * steps + 1) / steps
    stretch = np.ascontiguousarray(inputs["home_survival_stretch"])
    ones = np.ones(n)
    home, rate = [], []
    for body in range(len(declared_inputs.BODIES)):
        table = inputs["home_survival"][:, plan.survival[body]]
        home.append(survival_of_country("home", options["home_survival_form"], inputs, table, stretch, ages))
        schedule = inputs["home_distance"][:, plan.distance[body]] * inputs["home_distance_factor"][:, np.newaxis]
        rate.append(distance_in_service(schedule, _aligned(table, schedule.shape[1]), options["distance_basis"]))
    suv = inputs["vehicles"][:, plan.suv]
    survival = _between(home[0], home[1], suv)
    ratios = _between(
        inputs["ev_distance_ratio_car"][:, np.newaxis], inputs["ev_distance_ratio_suv"][:, np.newaxis], suv
    )
    home_rate = _between(rate[0], rate[1], suv) * np.where(cells.electric[:, np.newaxis] == 1, ratios, 1.0)
    table = inputs["host_survival"][:, plan.host_survival]
    form = options["host_survival_form"]
    abroad = survival_of_country("host", form, inputs, table, ones, ages)
    abroad_rate = distance_abroad(
        np.ascontiguousarray(abroad[:, ::steps]),
        np.ascontiguousarray(inputs["host_distance_exponent"]),
        np.ascontiguousarray(inputs["host_annual_distance"]),
    )
    n_categories = found["use_per_kwh"].shape[3]
    # Behind all others, so that what is told by place moves no other channel.
    placed = found.get("use_by_place", np.empty((1, 1, 1, 0)))
    behind, width = n_categories + OTHER_CHANNELS, placed.shape[3]
    channels = np.zeros((*found["use_per_kwh"].shape[:3], padded(behind + width)))
    channels[..., behind : behind + width] = placed
    channels[..., :n_categories] = found["use_per_kwh"]
    channels[..., n_categories + INTENSITY] = found["grid_intensity"]
    channels[..., n_categories + ELECTRICITY] = 1.0
    swap = np.zeros((n, 3))
    swap[:, NICKEL] = (1.0 - inputs["repair_probability"]) * inputs["swap_probability"]
    fade = np.repeat((inputs["efficiency_fade"] / inputs["first_efficiency"])[:, np.newaxis], 3, axis=1)
    chemistry = np.where(cells.packed == 1, np.where(plan.hybrid == 1, NICKEL, LITHIUM), NO_PACK)
    is_fuelled = (1 - cells.electric).astype(np.float64)
    given = np.ascontiguousarray
    destination = Destination(
        0 if form == "weibull" else 1,
        given(inputs["host_survival_shape"]),
        given(inputs["host_survival_scale"]),
        given(abroad[:, ::steps]),
        given(inputs["second_hand_life_multiplier"]),
        SURVIVAL_JUNCTIONS.index(str(options["survival_junction"])),
    )
    return Lives(
        steps,
        EXPORT_AGES,
        KernelCells(cells.offsets, np.arange(n_vehicles), chemistry, cells.at_home == 1, cells.abroad == 1),
        Survivals(survival, abroad, destination),
        Uses(
            home_rate,
            abroad_rate,
            given(found["energy_per_km"]),
            np.multiply.outer(found["fuel_fade"], is_fuelled),
            OLD_CATALYST_AGE,
            channels,
            np.log1p(-found["battery_trend"]),
        ),
        pack_laws(inputs, options),
        Covers(
            _covers(plan, inputs, options, home_rate),
            _covers(plan, inputs, options, abroad_rate[:, np.newaxis]),
            given(inputs["replacement_cover"]),
        ),
        Answer(given(inputs["repair_probability"]), swap),
        Ageing(given(inputs["used_pack_age"]), fade),
    )


def _aligned(table: FloatArray, length: int) -> FloatArray:
    """Return a survival table with as many ages as the distance schedule, its last value held."""
    return table[:, np.minimum(np.arange(length), table.shape[1] - 1)]


def _between(car: FloatArray, suv: FloatArray, share: FloatArray) -> FloatArray:
    """Return each vehicle's mean of the two bodies, shape (n, n_vehicles, n_ages)."""
    part = share[:, :, np.newaxis]
    return np.ascontiguousarray((1.0 - part) * car[:, np.newaxis] + part * suv[:, np.newaxis])


def _covers(
    plan: Plan, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue], distance: FloatArray
) -> FloatArray:
    years = np.where(
        plan.hybrid == 1, inputs["hev_warranty_years"][:, np.newaxis], inputs["warranty_years"][:, np.newaxis]
    )
    if options["mileage_cap"] == "off":
        return np.ascontiguousarray(years)
    columns = [
        end_of_cover(years[:, v], inputs["warranty_distance"], distance[:, min(v, distance.shape[1] - 1)])
        for v in range(years.shape[1])
    ]
    return np.ascontiguousarray(np.stack(columns, axis=1))


def live(lives: Lives, n_cells: int, context: Context, unit: FloatArray) -> tuple[Filled, FloatArray]:
    """Return what all vehicles do, exactly expected or the mean of sampled lives; and the spread of sampled lives."""
    n, n_vehicles = lives.use.energy_per_km.shape
    n_channels = lives.use.channels.shape[3]
    given_export = context.options["condition"] == "exported"
    shown = n_vehicles if given_export else 0
    filled = Filled(
        np.empty((n, n_cells, ACTIVITIES)),
        np.empty((n, n_cells, n_channels)),
        np.zeros((n, shown, lives.n_ages, ACTIVITIES)),
        np.zeros((n, shown, lives.n_ages, n_channels)),
    )
    if context.options["evaluation"] == "expectation":
        expected_activity(lives, given_export, filled)
        return filled, np.empty((n, 0))
    return filled, sample_lives(lives, given_export, context, unit, filled)


def evaluate_plan(plan: Plan, inputs: Mapping[str, FloatArray], context: Context) -> dict[str, NDArray[Any]]:
    """Return the outputs of the draws that are wanted, packed as their layouts say."""
    options = context.options
    wanted = context.wanted if context.wanted is not None else frozenset(item.name for item in plan.declared.outputs)
    found = lca.impacts(plan.assessment, inputs, options)
    if wanted & frozenset(PLACED):
        found["use_by_place"] = electricity_by_place(plan.places, plan.assessment, inputs, options)
    lives = lives_of(plan, inputs, options, found)
    sampled = options["evaluation"] == "lives"
    unit = unit_impacts(found, inputs["home_collection_share"], CATEGORY_BETWEEN_VEHICLES) if sampled else np.empty(0)
    lived, spread = live(lives, plan.cells.count, context, unit)
    values = activity_outputs(plan.declared, lived, inputs["home_collection_share"]) if wanted & ACTIVITY_NAMES else {}
    damaged = ENDPOINT_OUTPUT in wanted
    needed = wanted | {"impact_per_km"} if damaged else wanted
    values |= impact_outputs(plan.cells, lived, lives.use.home_rate, inputs, options, found, needed)
    if damaged:
        per_stage = values["impact_per_km"].reshape(len(context.draws), plan.cells.count, -1, len(plan.damage))
        values[ENDPOINT_OUTPUT] = (per_stage.sum(axis=2) @ plan.damage).reshape(len(context.draws), -1)
    if "use_by_place" in found:
        behind = len(plan.assessment.categories) + OTHER_CHANNELS
        values |= placed_outputs(plan.places, plan.assessment, plan.cells, lived, behind, inputs, options, found)
    if sampled:
        values |= {name: spread[:, plan.declared.shown[name]] for name, *_ in SPREAD}
    return values
