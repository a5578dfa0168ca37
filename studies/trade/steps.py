"""The stages of the trade, each with the inputs that it reads, so that it is computed again only where these change.

Fleets first: who drives what, and which packs retire when; a policy on packs, a price or a factor of the life cycle
changes none of it. What packs hold and where they go comes next, then what is done in every case, and last what it
causes. The vehicle study's factors, and those of the grids, depend on no fleet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from mcsim.kernels.cohorts.accounts import BY_EV, Accounts, Holding, HomePacks, Used, Ways
from mcsim.kernels.cohorts.done import columns_of
from mcsim.kernels.cohorts.flows import Amounts
from mcsim.kernels.cohorts.records import EV, SECOND_HAND, Contents
from mcsim.studies.fleet import batteries, charging
from mcsim.studies.fleet.levers import moved
from mcsim.studies.fleet.model import EXPOSURE, Parts, flow_records, rules, sold_energy
from mcsim.studies.fleet.policy import Grid
from mcsim.studies.fleet.results import Outputs, amount_outputs, pack_outputs, told, vehicle_outputs
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.fleet.stages import run_retired
from mcsim.studies.fleet.states import READS, States, share_inputs, total_outputs, totals
from mcsim.studies.fleet.steps import Floats, flow_reads, grid_reads, handed, held, lever_reads, pack_reads
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev import steps as vehicle
from mcsim.studies.second_hand_ev.grid import losses_of_years
from mcsim.studies.second_hand_ev.places import Places
from mcsim.studies.trade import fleets, results, units
from mcsim.studies.trade.declared import FLEET_TOLD, SCORED_MASS
from mcsim.studies.trade.ledger import (
    CASES,
    Fates,
    Sold,
    done_in,
    fates_of,
    masses,
    run,
    sold_of,
    stand_in,
    without_imports,
)
from mcsim.study import Context, FloatArray, IntArray, OptionValue, Stage
from mcsim.study.stages import Found, Results

Options = Mapping[str, OptionValue]
GWP = tuple(lca.CATEGORIES).index("gwp")
CHARGING = "ev_charging_emissions"
PACK_TOLD = (
    "retired_packs", "retired_battery_mass", "retired_battery_mass_total", "cumulative_retired_battery_mass",
    "second_hand_share_of_cumulative_retired_mass", "landfilled_battery_mass", "landfilled_share",
    "battery_destination", "material_contained", "material_recovered",
)  # fmt: skip
VEHICLE_TOLD = tuple(name for name in FLEET_TOLD if name not in (*PACK_TOLD, CHARGING))
DRIVES = (
    "home_survival", "home_distance", "home_distance_factor", "home_suv_share", "ev_distance_ratio_car",
    "ev_distance_ratio_suv", "host_survival_shape", "host_survival_scale", "host_distance_exponent",
    "host_annual_distance", "fuel_use", "exhaust_ratio", "hybrid_fuel_ratio", "phev_electric_share", "fuel_fade",
    "efficiency_fade", "first_efficiency", "catalyst_multiplier",
)  # fmt: skip
HOLDS = ("scored_chemistry", SCORED_MASS, "pack_mass", "pack_mass_factor")
MIXES = ("fleet_vehicle", "vehicle_size")
COLLECTED = "home_collection_share"
VALUED = ("material_contained", "material_recovered")


class Tables(NamedTuple):
    """Where the figures lie in a study's tables.

    Parameters
    ----------
    fleet : Parts
        Those of the fleet.
    assessment, places : Assessment, Places
        Of the vehicle study.
    mix : Mix
        Which vehicles of the one stand for those of the other.
    prices : ndarray of int64
        Rows of the prices of `MATERIALS`.
    states : States
        Where in the host country it lands.
    """

    fleet: Parts
    assessment: lca.Assessment
    places: Places
    mix: fleets.Mix
    prices: IntArray
    states: States


class OfVehicles(Mapping[str, FloatArray]):
    """Inputs under the vehicle study's names: both studies have a table ``pack_mass``, of other packs."""

    def __init__(self, inputs: Mapping[str, FloatArray]) -> None:
        self._inputs = Floats(inputs)

    def __getitem__(self, name: str) -> FloatArray:
        return self._inputs[SCORED_MASS if name == "pack_mass" else name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._inputs)

    def __len__(self) -> int:
        return len(self._inputs)


def stages_of(tables: Tables, options: Options) -> tuple[Stage, ...]:
    """Return the stages under some options; all names as Python has them."""
    chemistry = batteries.chemistry_reads(str(options["chemistry_path"]))
    scored = tuple(SCORED_MASS if name == "pack_mass" else name for name in vehicle.PACKS)
    every = (*vehicle.CARS, *scored, "stage_place", *MIXES, COLLECTED)
    grid = (*vehicle.GRID, *vehicle.PLACES, "host_grid_intensity_2025", *lever_reads(Grid))
    energy = ("vehicles", "fleet_vehicle") if options["ev_energy"] == "vehicles" else ("ev_energy_use",)
    flowing = (*flow_reads(options, tables.fleet.border.ev_demand is not None), *DRIVES)
    retiring = (*pack_reads(options), *HOLDS)
    impacts = ("done", "factors", "power")
    landed = tuple(item.name for item in share_inputs(tables.states).values())

    def stage(name: str, function: Any, reads: tuple[str, ...], after: tuple[str, ...] = (), *gives: str) -> Stage:
        def compute(inputs: Any, found: Found, context: Context) -> Results:
            return dict(function(tables, inputs, found, context))

        return Stage(name, compute, tuple(dict.fromkeys(reads)), after, gives, name == "consumption")

    return (
        stage("consumption", _consumption, energy),
        stage("holding", _holding, (*chemistry, *HOLDS)),
        stage("fleet", _fleet, flowing, ("consumption", "holding"), *VEHICLE_TOLD),
        stage("retired", _retired, retiring, ("fleet", "holding"), *PACK_TOLD),
        stage("done", _done, (COLLECTED, "battery_trend"), ("fleet", "retired", "holding")),
        stage("factors", _factors, every),
        stage("power", _power, grid),
        stage("yearly", _yearly, (), impacts, *results.YEARLY),
        stage("totals", _totals, (), (*impacts, "fleet"), *results.TOTALS),
        stage("driven", _driven, (), ("done", "power"), *results.DRIVEN),
        stage("masses", _masses, (), ("fleet", "retired"), *results.MASSES),
        stage("valued", _valued, ("metal_price",), ("retired",), *results.VALUED),
        stage("charging", _charging, grid_reads(), ("fleet",), CHARGING),
        stage(
            "states", _states, landed, ("fleet", "retired"), *(output.name for output in total_outputs(tables.states))
        ),
    )


def _consumption(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    """Electricity of a new EV of either market [kWh/km]: a few numbers, so that a mass moves no fleet."""
    drawn = Floats(inputs)
    if context.options["ev_energy"] != "vehicles":
        return {"consumption": np.repeat(drawn["ev_energy_use"][:, None], len(units.MARKETS), axis=1)}
    per_km = drawn["vehicles"][:, tables.assessment.cars.energy_per_km]
    shares = fleets.vehicle_shares(tables.mix, drawn)[:, :, EV]
    # A product of matrices of one row is another sum of its terms.
    return {"consumption": (shares * per_km[:, None]).sum(axis=2)}


def _holding(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    packs = tables.assessment.packs
    return {"vectors": fleets.holding(tables.mix, tables.fleet.packs, packs, Floats(inputs), context.options)}


def _fleet(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    drawn, options = Floats(inputs), context.options
    flowing, shared = flow_records(tables.fleet, drawn, options)
    held_in = Holding(flowing.capacity, np.ascontiguousarray(found["vectors"]))
    ways = Ways(
        EXPOSURE[str(options["timing"])],
        stand_in(options),
        fleets.driving(tables.mix, drawn, options),
        fleets.burning(tables.mix, tables.fleet.packs, found["consumption"], drawn),
    )
    ran = run(flowing, shared, rules(options), held_in, ways)
    accounts, sold = ran.accounts, sold_of(flowing, ran.flows)
    # The balance of packs reads what EVs are registered and in use; `stock` is an output of another shape.
    more = {f"evs_{name}": values for name, values in sold._asdict().items()}
    more |= {f"used_{name}": values for name, values in accounts.used._asdict().items()}
    more |= {f"packs_{name}": values for name, values in accounts.packs._asdict().items()}
    more |= {"crossing": accounts.crossing, "added": accounts.added}
    if stand_in(options).kind == BY_EV:
        more |= {f"added_{name}": values for name, values in handed(ran.added, ran.places).items()}
    more["sold_energy"] = sold_energy(flowing.vehicles, flowing.capacity)
    outputs = vehicle_outputs(ran.flows)
    return _of(outputs, (*VEHICLE_TOLD, "evs"), context, ("evs", "stock")) | handed(ran.packs, ran.places) | more


def _of(outputs: Outputs, names: tuple[str, ...], context: Context, needed: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return those outputs of some names that are wanted, or that later stages read."""
    wanted = frozenset(names)
    if context.wanted is not None:
        wanted &= context.wanted | frozenset(needed)
    return told(outputs, wanted)


def _accounts(found: Found) -> Accounts:
    return Accounts(
        Used(*(found[f"used_{name}"] for name in Used._fields)),
        HomePacks(*(found[f"packs_{name}"] for name in HomePacks._fields)),
        found["crossing"],
        found["added"],
    )


def _retired(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    """Packs that retire in the host country, in every case; chemistries go along as further materials."""
    drawn, options = Floats(inputs), context.options
    contents = batteries.contents(tables.fleet.packs, drawn, options, found["evs_capacity"])
    extended = _with_chemistries(contents, found["vectors"][:, :, :-2])
    packs, places = held(found)
    now = run_retired(packs, places, extended)
    no_imports = without = run_retired(without_imports(packs), places, extended)
    if stand_in(options).kind == BY_EV:
        # Only new EVs in the place of second-hand ones leave packs of their own.
        without = run_retired(*held(found, "added_"), extended)
    width = contents.composition.shape[2]
    named = ("contained", "recovered", "lost", "held")
    of_materials = now._replace(**{name: getattr(now, name)[..., :width] for name in named})
    routes = drawn["recovery"][:, tables.fleet.packs.recovery]
    outputs = {
        **amount_outputs(Amounts(now.amount, now.replaced)),
        **pack_outputs(of_materials, contents, routes, found["sold_energy"]),
    }
    found_here: dict[str, FloatArray] = dict(_of(outputs, PACK_TOLD, context, (*READS, *VALUED)))
    for case, retired in zip(CASES, (now, without, no_imports), strict=True):
        fates = fates_of(retired, width)
        found_here |= {f"{case}_{name}": values for name, values in fates._asdict().items()}
    return found_here | {"take_back": contents.policy.take_back, "recovery_here": contents.host_recovery}


def _with_chemistries(contents: Contents, chemistries: FloatArray) -> Contents:
    """Return contents with the scored chemistries behind the materials: all of one that is recycled is recovered."""
    n, _, count = chemistries.shape
    return contents._replace(
        composition=np.ascontiguousarray(np.concatenate([contents.composition, chemistries], axis=2)),
        host_recovery=np.concatenate([contents.host_recovery, np.ones((n, count))], axis=1),
        home_recovery=np.concatenate([contents.home_recovery, np.zeros((n, count))], axis=1),
    )


def _cases(found: Found) -> tuple[Fates, ...]:
    return tuple(Fates(*(found[f"{case}_{name}"] for name in Fates._fields)) for case in CASES)


def _done(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    sold = Sold(*(found[f"evs_{name}"] for name in Sold._fields))
    kind = stand_in(context.options).kind
    done = done_in(
        _accounts(found), sold, _cases(found), found["vectors"], found["take_back"], Floats(inputs), kind
    )  # fmt: skip
    return done._asdict()


def _factors(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    drawn = OfVehicles(inputs)
    mix, size = fleets.vehicle_shares(tables.mix, drawn), drawn["vehicle_size"][:, tables.mix.size]
    return {"unit": units.factors(tables.assessment, tables.places, mix, size, drawn, context.options)}


def _power(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    drawn = Floats(inputs)
    loss = losses_of_years(tables.assessment.grid, drawn, YEARS)
    per_kwh = units.power(tables.assessment, tables.places, drawn)
    per_kwh[:, 1] *= _graded(per_kwh, loss, drawn, context.options)[:, :, None, None]
    return {"per_kwh": per_kwh, "loss": loss}


def _graded(per_kwh: FloatArray, loss: FloatArray, inputs: Mapping[str, FloatArray], options: Options) -> FloatArray:
    """Return the host country's grid as options and levers have it over that of the factors, (n, years).

    It moves all categories alike: what a lever takes from CO2e it takes from the plants that cause the rest.
    """
    years = loss.shape[2]
    if options["host_grid"] == "intensity":
        today = Grid(np.repeat(inputs["host_grid_intensity_2025"][:, None], years, axis=1))
        generated = per_kwh[:, 1, :, :, GWP].sum(axis=2) * (1.0 - loss[:, 1])
        return np.asarray(moved(today, inputs).intensity / generated)
    one = Grid(np.ones((len(loss), years)))
    off = {"clean_grid_strength": np.zeros(len(loss)), "host_grid_decline": inputs["host_grid_decline"]}
    off |= {name: inputs[name] for name in lever_reads(Grid) if name not in off}
    return np.asarray(moved(one, inputs).intensity / moved(one, off).intensity)


def _yearly(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    outputs = results.yearly(found["amounts"], found["power"], found["unit"], found["per_kwh"])
    return told(outputs, context.wanted)


def _totals(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    crossed = found["evs_registrations"][:, SECOND_HAND].sum(axis=1)
    outputs = results.totals(found["amounts"], found["power"], found["unit"], found["per_kwh"], crossed)
    return told(outputs, context.wanted)


def _driven(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    columns = columns_of(len(tables.mix.chemistry[0]))
    return told(results.driven(found["amounts"], found["power"], found["loss"], columns), context.wanted)


def _masses(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    # Behind the chemistries of a vector stand its kg.
    kg = slice(-2, -1)
    left, crossed = (found[f"packs_{name}"][..., kg][..., 0] for name in ("left", "crossed"))
    return told(results.pack_masses(*masses(left, crossed, _cases(found))), context.wanted)


def _valued(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    prices = Floats(inputs)["metal_price"][:, tables.prices]
    contained, recovered = (found[name] for name in VALUED)
    return told(results.valued(contained, recovered, found["recovery_here"], prices), context.wanted)


def _charging(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    return {CHARGING: charging.charging_emissions(found["evs"], tables.fleet.loss, Floats(inputs))}


def _states(tables: Tables, inputs: Any, found: Found, context: Context) -> Results:
    drawn = Floats(inputs)
    landed = {origin: drawn[item.name] for origin, item in share_inputs(tables.states).items()}
    nation = {name: partial(found.__getitem__, name) for name in READS}
    return told(totals(tables.states, nation, landed), context.wanted)
