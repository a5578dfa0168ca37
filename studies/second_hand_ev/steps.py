"""The stages of the second-hand vehicle, each with the inputs that it reads.

Lives are the costly part, and only ageing, survival and driving change them. What electricity brings is a linear map of
them by calendar year, impacts are one of both, and a change compares two impacts.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.life.energy import Plug, Rows, fill_energy, padded
from mcsim.kernels.life.expectation import expected_activity, room_for
from mcsim.kernels.life.records import HOME, Driven, Filled
from mcsim.studies.common.corridor import Named
from mcsim.studies.second_hand_ev import inputs as declared_inputs
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev.assembly import Factors, Lived
from mcsim.studies.second_hand_ev.cars import car_impacts
from mcsim.studies.second_hand_ev.changes import (
    COMPARED,
    DETAILED,
    TOTAL_PER_KM,
    ages_at_odometer,
    cell_impacts,
    changes,
    ends_abroad,
    impacts_of_cells,
    sides,
    trade_ages,
)
from mcsim.studies.second_hand_ev.comparison import Side
from mcsim.studies.second_hand_ev.falling import Arm, difference_by_place, per_km, per_life_by_place, street_share
from mcsim.studies.second_hand_ev.grid import KG_TO_G, at_plug_and_lost
from mcsim.studies.second_hand_ev.lca import CATEGORIES
from mcsim.studies.second_hand_ev.lived import bodies, kernel_cells, lives_of
from mcsim.studies.second_hand_ev.outputs import (
    ACTIVITY,
    ELECTRICITY,
    ENDPOINT_OUTPUT,
    EXPORT_AGES,
    GENERATED,
    HOME_WARMING,
    INTENSITY,
    OTHER_CHANNELS,
    PLACE_DIFFERENCE,
    PLACED,
    REFERENCE_VEHICLE,
    SPREAD,
    STREET_SHARE,
    activity_outputs,
)
from mcsim.studies.second_hand_ev.packs import pack_impacts
from mcsim.studies.second_hand_ev.performance import (
    AMOUNTS,
    AT_ODOMETERS,
    BY_AGE,
    BY_ODOMETER,
    ODOMETERS,
    PAYBACK,
    Cell,
    at_ages,
    change_of,
    fill_amounts,
    impact_at_ages,
    payback,
)
from mcsim.studies.second_hand_ev.places import electricity_by_place
from mcsim.studies.second_hand_ev.plan import Plan
from mcsim.studies.second_hand_ev.sampled import sample_lives
from mcsim.study import Context, FloatArray, Stage
from mcsim.study.stages import Options

Arrays = dict[str, NDArray[Any]]
NOTHING = np.empty(0)
COLLECTED = "home_collection_share"
TRADED, URBAN = ("trade_age", "trade_odometer"), declared_inputs.URBAN

GRID = (
    *("home_grid_position", "host_grid_position", "home_loss_position", "host_loss_position", "host_fuel_oil_share"),
    *("grid_mix", "grid_losses", "grid_sources", "grid_factors", "grid_host_emissions", "characterisation"),
)
CARS = (
    *("catalyst_multiplier", "ev_maintenance_ratio", "tyre_wear", "brake_wear", "road_wear", "ev_brake_wear_ratio"),
    *("shredder_residue_share", "vehicles", "vehicle_factors", "road", "gasoline", "gasoline_upstream", "tailpipe"),
    "characterisation",
)
PACKS = (
    *("metal_correlation", "battery_trend", "substitution_ratio", "home_hydro_share", "leached_share", "vehicles"),
    *("pack_chemistry", "battery_factors", "pack_mass", "metal_factor", "pack_materials", "recycling_recovery"),
    *("recycling_burdens", "recycling_host_ratio", "credits", "vehicle_factors", "characterisation"),
)
LIVES = (
    *(parameter.name for parameter in declared_inputs.PARAMETERS if parameter.name not in (*TRADED, URBAN)),
    *("battery_trend", "fuel_fade"),
    *(table.name for table in declared_inputs.TABLES),
)
PLACES = ("stage_place", "power_upstream")


def stages_of(plan: Plan, options: Options) -> tuple[Stage, ...]:
    """Return the stages under some options; all names as Python has them."""
    sampled = options["evaluation"] == "lives"
    given_export = options["condition"] == "exported"
    factors = ("cars", "packs")
    spread = tuple(name for name, *_ in SPREAD)
    trade = TRADED[:1] if options["export_trigger"] == "age" else TRADED[1:]

    def stage(name: str, function: Any, reads: tuple[str, ...], after: tuple[str, ...] = (), *gives: str) -> Stage:
        return Stage(name, partial(function, plan), tuple(dict.fromkeys(reads)), after, gives)

    lives = stage("lives", _lives, LIVES, ("bodies",))
    if sampled:
        lives = stage("lives", _sampled, (*LIVES, COLLECTED), ("bodies", "grid", *factors), *spread)
    stages = [
        # Of the table of vehicles lives read this only: they are not lived again where masses and energies move.
        Stage("bodies", partial(_bodies, plan), ("vehicles",), compared=True),
        stage("grid", _grid, GRID),
        stage("cars", _cars, CARS),
        stage("packs", _packs, PACKS),
        lives,
        stage("energy", _energy, ("vehicles",), ("grid", "lives")),
        stage("activity", _activity, (COLLECTED,), ("lives", "energy"), *(name for name, *_ in ACTIVITY)),
        stage("impacts", _impacts, (COLLECTED,), ("lives", "energy", *factors), *sorted(DETAILED)),
        stage("endpoints", _endpoints, (), ("impacts",), ENDPOINT_OUTPUT),
    ]
    before: tuple[str, ...] = ("lives", "impacts")
    if given_export:
        stages.append(stage("stays", _stays, (COLLECTED,), ("lives", "energy", *factors)))
        before = (*before, "stays")
    every = (*GRID, *CARS, *PACKS, *PLACES, COLLECTED)
    stages += [
        stage("performance", _performance, (COLLECTED,), ("lives", "energy"), BY_AGE),
        stage("odometers", _odometers, (COLLECTED,), tuple(dict.fromkeys((*before, "energy"))), *AT_ODOMETERS),
        stage("payback", _payback, (), ("lives", "energy", *factors), *PAYBACK),
        stage("changes", _changes, trade, before, *sorted(COMPARED)),
        stage("power by place", _power_by_place, (*GRID, *PLACES)),
        stage("energy by place", _energy_by_place, ("vehicles",), ("power by place", "lives")),
        stage("places", _places, every, ("lives", "energy", *factors, "energy by place"), *PLACED),
        stage(
            "street", _street, (*CARS, COLLECTED, URBAN), ("lives", "energy", "cars", "packs", "places"), STREET_SHARE
        ),
    ]
    before = ("lives", "places")
    if given_export:
        before = ("lives", "energy", *factors, "energy by place", "places")
    stages.append(stage("difference by place", _difference_by_place, every, before, PLACE_DIFFERENCE))
    if not sampled:
        # Outputs of the model in any case, which exist only under the other evaluation.
        stages.append(Stage("spread", _nothing, (), (), spread))
    return tuple(stages)


def _nothing(inputs: Named, found: Named, context: Context) -> Arrays:
    return {}


def _grid(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    at_plug, lost = at_plug_and_lost(plan.assessment.grid, inputs, int(context.options["purchase_year"]))
    intensity = at_plug[..., plan.assessment.categories.index("gwp")] * KG_TO_G
    return {"use_per_kwh": at_plug, "grid_intensity": intensity, "generated_per_kwh": 1.0 / (1.0 - lost)}


def _cars(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    return dict(lca.with_regions(car_impacts(plan.assessment.cars, inputs, context.options)))


def _packs(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    return dict(pack_impacts(plan.assessment.packs, inputs, context.options))


def _bodies(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    return {"suv_share": bodies(plan, inputs)}


def _lives(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    lives = lives_of(plan, found["suv_share"], inputs, context.options)
    given_export = context.options["condition"] == "exported"
    filled = room_for(lives, plan.cells.count, given_export)
    expected_activity(lives, given_export, filled)
    return _told(filled, lives.use.home_rate)


def _sampled(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    lives = lives_of(plan, found["suv_share"], inputs, context.options)
    given_export = context.options["condition"] == "exported"
    filled = room_for(lives, plan.cells.count, given_export)
    spread = sample_lives(lives, given_export, context, found, inputs[COLLECTED], filled)
    shown = {name: spread[:, plan.declared.shown[name]] for name, *_ in SPREAD}
    return _told(filled, lives.use.home_rate) | shown


def _told(filled: Filled, home_rate: FloatArray) -> Arrays:
    driven = {f"driven_{name}": values for name, values in filled.driven._asdict().items()}
    return {"activity": filled.activity, "stay_activity": filled.stay_activity, "home_rate": home_rate} | driven


def _energy(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    use, rows = found.whole("use_per_kwh")
    intensity, _ = found.whole("grid_intensity")
    n_categories = use.shape[3]
    channels = np.zeros((*use.shape[:3], padded(n_categories + OTHER_CHANNELS)))
    channels[..., :n_categories] = use
    channels[..., n_categories + INTENSITY] = intensity
    channels[..., n_categories + ELECTRICITY] = 1.0
    channels[..., n_categories + GENERATED] = found.whole("generated_per_kwh")[0]
    warming = plan.assessment.categories.index("gwp")
    channels[:, HOME, :, n_categories + HOME_WARMING] = use[:, HOME, :, warming]
    energy, stay_energy = _plugged(plan, inputs, found, context, channels, rows)
    return {"energy": energy, "stay_energy": stay_energy}


def _plugged(
    plan: Plan, inputs: Named, found: Named, context: Context, channels: FloatArray, rows: Any
) -> tuple[FloatArray, FloatArray]:
    """Return what electricity brings in all cells, and in those of the vehicles that stay."""
    activity, lives = found.whole("activity")
    driven = Driven(*(found.whole(f"driven_{name}")[0] for name in Driven._fields))
    filled = Filled(activity, found.whole("stay_activity")[0], driven)
    n, width, shown = len(lives), channels.shape[3], filled.stay_activity.shape[1]
    energy = np.empty((n, plan.cells.count, width))
    stay_energy = np.empty((n, shown, EXPORT_AGES, width))
    plug = Plug(channels, np.ascontiguousarray(inputs["vehicles"][:, plan.assessment.cars.energy_per_km]))
    fill_energy(kernel_cells(plan), filled, shown > 0, plug, Rows(lives, rows), energy, stay_energy)
    return energy, stay_energy


def _activity(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    return dict(activity_outputs(plan.declared, found["activity"], found["energy"], inputs[COLLECTED]))


def _lived(found: Named) -> Lived:
    activity, lives = found.whole("activity")
    energy, rows = found.whole("energy")
    return Lived(activity, energy, lives, rows)


def _factors(found: Named) -> Arrays:
    return {name: found[name] for name in Factors._fields}


def _wanted(context: Context, names: frozenset[str]) -> frozenset[str]:
    return names if context.wanted is None else names & context.wanted


def _impacts(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    wanted = _wanted(context, DETAILED)
    if _wanted(context, frozenset((ENDPOINT_OUTPUT,))):
        wanted |= {TOTAL_PER_KM}
    given_export = context.options["condition"] == "exported"
    return impacts_of_cells(plan.cells, _lived(found), given_export, inputs[COLLECTED], _factors(found), wanted)


def _endpoints(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    return {ENDPOINT_OUTPUT: (found[TOTAL_PER_KM] @ plan.damage).reshape(len(context.draws), -1)}


def _stays(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    """Impacts of the vehicles that could cross, kept at home."""
    activity, lives = found.whole("stay_activity")
    energy, rows = found.whole("stay_energy")
    n_vehicles = activity.shape[1]
    exported = np.isin(np.arange(n_vehicles), plan.cells.exported)
    vehicles = np.repeat(np.where(exported, np.arange(n_vehicles), -1), EXPORT_AGES)
    stayed, brought = (values.reshape(len(values), len(vehicles), -1) for values in (activity, energy))
    lived, nowhere = Lived(stayed, brought, lives, rows), np.zeros(len(vehicles))
    return {"stay_total": cell_impacts(lived, vehicles, nowhere, inputs[COLLECTED], _factors(found)).total}


def _compared(plan: Plan, found: Named, context: Context) -> tuple[Side, Side]:
    """Impacts of the exports, and of the vehicles that stay."""
    stays = None
    if context.options["condition"] == "exported":
        stayed, _ = found.whole("stay_activity")
        stays = found["stay_total"], stayed.reshape(len(stayed), stayed.shape[1] * EXPORT_AGES, -1)
    return sides(plan.cells, found["total"], found.whole("activity"), stays)


def _changes(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    options = context.options
    exported, staying = _compared(plan, found, context)
    ages = trade_ages(plan.cells, inputs, options, found)
    return changes(
        plan.cells, exported, staying, ages, options["functional_unit"] == "life", _wanted(context, COMPARED)
    )


def _done(plan: Plan, inputs: Named, found: Named, context: Context) -> tuple[FloatArray, FloatArray]:
    """Amounts of the exports at the ages 0, 1, ..., and of the vehicles that stay."""
    cells, n_exported = plan.cells, len(plan.cells.exported)
    crossed, lives = found.whole("activity")
    brought, rows = found.whole("energy")
    lived = stayed = Cell(crossed, brought, lives, rows)
    crossing, staying = (
        cells.index()[cells.exported, 1],
        np.repeat(cells.index()[cells.exported, 0, :1], EXPORT_AGES, 1),
    )
    if context.options["condition"] == "exported":
        # Every vehicle and age is a cell of its own.
        kept, power = (found.whole(name)[0] for name in ("stay_activity", "stay_energy"))
        done, brings = (values.reshape(len(values), -1, values.shape[-1]) for values in (kept, power))
        stayed = Cell(done, brings, lives, rows)
        staying = cells.exported[:, np.newaxis] * EXPORT_AGES + np.arange(EXPORT_AGES)
    amounts = np.empty((2, len(context.draws), n_exported, EXPORT_AGES, AMOUNTS))
    for side, (cell, places) in enumerate(((lived, crossing), (stayed, staying))):
        collected = np.ascontiguousarray(inputs[COLLECTED])
        fill_amounts(cell, np.ascontiguousarray(places), collected, len(CATEGORIES), amounts[side])
    return amounts[0], amounts[1]


def _performance(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    change = change_of(*_done(plan, inputs, found, context))
    return {BY_AGE: change.reshape(len(change), -1)[:, plan.declared.shown[BY_AGE]]}


def _odometers(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    n, cells, home_rate = len(context.draws), plan.cells, found["home_rate"]
    ages = np.stack([ages_at_odometer(cells, np.full(n, float(km)), home_rate) for km in ODOMETERS], axis=2)
    exported, stays = (at_ages(done, ages) for done in _done(plan, inputs, found, context))
    change = change_of(exported, stays).reshape(n, -1)[:, plan.declared.shown[BY_ODOMETER]]
    other = int(cells.index()[cells.vehicles.index(REFERENCE_VEHICLE), 2, 0])
    per_life = context.options["functional_unit"] == "life"
    impact = impact_at_ages(*_compared(plan, found, context), other, ages, per_life)
    return dict(zip(AT_ODOMETERS, (change, impact.reshape(n, -1), ages.reshape(n, -1)), strict=True))


def _payback(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    given_export = context.options["condition"] == "exported"
    told = payback(plan.cells, found["activity"], found["energy"], _factors(found), given_export)
    return {name: values[:, plan.declared.shown[name]] for name, values in zip(PAYBACK, told, strict=True)}


def _power_by_place(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    by_place = electricity_by_place(plan.places, plan.assessment, inputs, context.options)
    channels = np.zeros((*by_place.shape[:3], padded(by_place.shape[3])))
    channels[..., : by_place.shape[3]] = by_place
    return {"use_by_place": channels}


def _energy_by_place(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    channels, rows = found.whole("use_by_place")
    energy, stay_energy = _plugged(plan, inputs, found, context, channels, rows)
    return {"energy_by_place": energy, "stay_energy_by_place": stay_energy}


def _arm(plan: Plan, found: Named, context: Context) -> Arm:
    ends = ends_abroad(plan.cells, context.options["condition"] == "exported")
    return Arm(_lived(found), found["energy_by_place"], plan.cells.vehicle_of, ends)


def _places(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    arm = _arm(plan, found, context)
    falls = per_life_by_place(plan.places, plan.assessment, arm, inputs, context.options, _factors(found))
    by_place = per_km(arm, falls)
    flat = (values.reshape(len(values), -1) for values in (by_place, falls))
    return dict(zip(PLACED, flat, strict=True)) | {"falls": falls, "falls_per_km": by_place}


def _street(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    arm = Arm(_lived(found), NOTHING, plan.cells.vehicle_of, np.ones(plan.cells.count))
    share = street_share(plan.assessment, arm, found["falls"], inputs, _factors(found))
    kept = share[:, plan.declared.shown[STREET_SHARE]]
    return {STREET_SHARE: kept.reshape(len(kept), -1)}


def _difference_by_place(plan: Plan, inputs: Named, found: Named, context: Context) -> Arrays:
    cells, by_place = plan.cells, found["falls_per_km"]
    index = cells.index()
    exported = by_place[:, index[cells.exported, 1]]
    other = by_place[:, index[cells.vehicles.index(REFERENCE_VEHICLE), 2, 0]]
    if context.options["condition"] != "exported":
        return {PLACE_DIFFERENCE: difference_by_place(exported, by_place[:, index[cells.exported, 0, :1]], other)}
    activity, lives = found.whole("stay_activity")
    energy, rows = found.whole("stay_energy")
    placed = found["stay_energy_by_place"]
    # Of the vehicles that could cross, those that are sold at home; every age is a cell of its own.
    shown = cells.exported
    stayed, brought, power = (
        np.ascontiguousarray(values[:, shown]).reshape(len(values), len(shown) * EXPORT_AGES, -1)
        for values in (activity, energy, placed)
    )
    vehicles = np.repeat(shown, EXPORT_AGES)
    arm = Arm(Lived(stayed, brought, lives, rows), power, vehicles, np.zeros(len(vehicles)))
    falls = per_life_by_place(plan.places, plan.assessment, arm, inputs, context.options, _factors(found))
    return {PLACE_DIFFERENCE: difference_by_place(exported, per_km(arm, falls).reshape(exported.shape), other)}
