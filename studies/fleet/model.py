"""The fleet model: two countries' stock turnover, the trade between them, and the battery mass that follows.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Critical Battery Material Flow Analysis;
Parés Olguín, Iskakov and Kendall (2023), Transp. Res. D 125, 103934.

A study of one's own can stand on this model in two ways. `model(tables, home="us", host="mx")` gives the
`Model`; its ``evaluate`` takes inputs and a context and returns every output. `extend` gives a new model that evaluates
the fleet and adds to it:

    def model(tables, *, home, host):
        fleet = fleet_model(tables, home=home, host=host)
        return extend(fleet, "outlook", (my_output,), derive, parameters=(my_parameter,))

with a study file that says ``extends = "fleet"`` and names that factory. Another corridor is a study file with other
labels (``[study] arguments = { home = "us", host = "mx" }``) and tables of its own: no Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.cohorts.lived import Sampled
from mcsim.kernels.cohorts.records import EV, MODES, NEW, FirstStock, Fleet, Rules, Shared, Styles, Vehicles
from mcsim.kernels.streams import stream_key, stream_of
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet import batteries, charging, hybrids, seen, steps, turnover
from mcsim.studies.fleet.declared import EVALUATION, HYBRID_PACKS, OPTIONS, OUTPUTS, PACK_OUTPUTS, PARAMETERS
from mcsim.studies.fleet.failures import laws
from mcsim.studies.fleet.levers import moved
from mcsim.studies.fleet.policy import no_rule
from mcsim.studies.fleet.repairs import repaired, varies
from mcsim.studies.fleet.results import AMOUNTS, amount_outputs, pack_outputs, told, vehicle_outputs
from mcsim.studies.fleet.shares import Alike, Part, classes, each_its_own, rows_of
from mcsim.studies.fleet.stages import Drawn, run_amounts, run_flows, run_retired
from mcsim.studies.fleet.trade import EV_DEMAND, Border, read_border, trade
from mcsim.studies.fleet.trade import SPECS as TRADE_SPECS
from mcsim.study import Context, FloatArray, Model, Option, OptionValue, Output, Parameter, Stage, TableSpec
from mcsim.study.stages import Found, Results
from mcsim.study.tables import Table

# Every study has these; what may be left out stands in the model where a study has it.
SPECS: tuple[TableSpec, ...] = turnover.SPECS + TRADE_SPECS + batteries.SPECS + charging.SPECS
# What the fleet's Python calls inputs and tables.
NAMES = (*(parameter.name for parameter in PARAMETERS), *(spec.name for spec in SPECS), EV_DEMAND.name)
OUTPUT_NAMES = tuple(output.name for output in OUTPUTS)
ALL_OUTPUTS = (*OUTPUTS, *seen.OUTPUTS)
# Outputs that one more input decides, or that flows give though they are of packs.
CHARGING, NIMH, ON_OFFER, SOLD = (
    "ev_charging_emissions", "retired_nimh_mass", "second_life_on_offer", "new_battery_energy",
)  # fmt: skip
PACK_NAMES = frozenset(output.name for output in PACK_OUTPUTS) - {NIMH, SOLD, *hybrids.NAMES}
AMOUNT_NAMES = frozenset(AMOUNTS)
MATERIAL_NAMES = frozenset(name for name in PACK_NAMES if "material" in name)
LIVES_STREAM, DEFAULT_LIVES = "fleet/lives", 1000
# Half-years lived at the end of the year of entry.
AGES = frozenset({"mean_fleet_age", "fleet_age_distribution"})
EXPOSURE = {"end": 0, "mid": 1, "start": 2}

Derive = Callable[[Mapping[str, NDArray[np.float64]], Mapping[str, FloatArray], Context], Mapping[str, FloatArray]]


def rules(options: Mapping[str, OptionValue], mode: str | None = None) -> Rules:
    """Return the kernel's rules under these options.

    Parameters
    ----------
    options : mapping
        Option name -> value.
    mode : str, optional
        ``target`` to reach a stock that is given; the option `trade` by default.

    Returns
    -------
    Rules
    """
    return Rules(
        exposure=EXPOSURE[str(options["timing"])],
        renewed=options["import_clock"] == "renewed",
        mode=MODES.index(mode if mode is not None else str(options["trade"])),
        dead_packs=options["tradable"] == "all",
        whole_pool=options["pool_mix"] == "whole",
    )


class Parts(NamedTuple):
    """Where the figures lie in a study's tables."""

    sales: turnover.Turnover
    border: Border
    packs: batteries.PackTables
    loss: FloatArray


def read(tables: Mapping[str, Table], corridor: Corridor) -> Parts:
    """Return the places of the figures in the tables of `SPECS`, under these names; refusals as in `model`."""
    sales = turnover.read_turnover(tables)
    border = read_border(tables, sales.survival.shape[1] - 1)
    loss = charging.read_losses(tables["grid_losses"], corridor.host)
    return Parts(sales, border, batteries.read_packs(tables, corridor), loss)


def flow_records(
    parts: Parts,
    drawn: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    target: FloatArray | None = None,
    alike: Alike | None = None,
) -> tuple[Drawn, Shared]:
    """Return what the kernels of flows read of all draws, each part made once for draws that are alike in it.

    Parameters as in `records`; a target is of draws that have nothing in common.
    """
    known = each_its_own(len(drawn["warranty_years"])) if alike is None else alike
    reads = steps.part_reads(options, parts.border.ev_demand is not None)
    some = {name: Part(drawn, classes(getattr(known, name)), reads[name]) for name in Alike._fields}
    home, host, lives, border = (some[name] for name in ("home", "host", "lives", "border"))
    sales = turnover.host_vehicles(host.spread(turnover.host_sales(parts.sales, host)), drawn)
    vehicles = Vehicles(home.spread(turnover.home_vehicles(parts.sales, home)), sales)
    packs = laws(lives, options, moved(no_rule(len(lives.first)), lives))
    survival, of_lives = parts.sales.survival, lambda: rows_of(vehicles)(lives.first)
    imports, gates = trade(parts.border, border, options, moved(no_rule(len(border.first)), border), target)
    kwh = [
        some[part].spread(batteries.capacity(parts.packs, some[part], country))
        for part, country in (("new_capacity", "host"), ("used_capacity", "home"))
    ]
    flowing = Drawn(
        vehicles,
        lives.spread(repaired(packs, lives, of_lives, survival)),
        border.spread(imports),
        np.stack(kwh, axis=1),
    )
    styles = Styles(parts.sales.pickup_share, survival)
    return flowing, Shared(styles, FirstStock(parts.sales.early_sales, turnover.EARLY_COHORTS), gates)


def records(
    parts: Parts,
    drawn: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    target: FloatArray | None = None,
) -> tuple[Fleet, Shared]:
    """Return what the kernels read of all draws.

    Parameters
    ----------
    parts : Parts
        From `read`.
    drawn : mapping
        Inputs under the names of `NAMES`.
    options : mapping
        Option name -> value.
    target : ndarray, shape (n, years), optional
        As in `trade`.

    Returns
    -------
    Fleet, Shared
    """
    flowing, shared = flow_records(parts, drawn, options, target)
    contents = batteries.contents(parts.packs, drawn, options, flowing.capacity)
    return Fleet(flowing.vehicles, flowing.laws, flowing.trade, contents), shared


def lives_of(context: Context) -> Sampled | None:
    """Return which lives are drawn, None where the expectation is asked for."""
    if context.options["evaluation"] != "lives":
        return None
    key = stream_key(np.uint64(context.seed), np.uint64(stream_of(LIVES_STREAM)))
    lives = context.lives if context.lives > 0 else DEFAULT_LIVES
    return Sampled(key, np.ascontiguousarray(context.draws, np.int64), lives)


def sold_energy(vehicles: Vehicles, capacity: FloatArray) -> FloatArray:
    """Return the packs in EVs sold new in the host country, (n, years) GWh."""
    return np.asarray(vehicles.host.sales[:, :, EV] * capacity[:, NEW] * 1e-6)


def stages_of(parts: Parts, options: Mapping[str, OptionValue]) -> tuple[Stage, ...]:
    """Return the steps of the fleet under some options."""
    following = options[HYBRID_PACKS.name] == "on"

    def flows(inputs: Mapping[str, FloatArray], found: Found, context: Context) -> Results:
        drawn = steps.Floats(inputs)
        alike, n = steps.alike_of(found), len(context.draws)
        if len(np.unique(alike.lives)) < n and varies(drawn, n):
            # They count by the mean over the packs that fail: lives of packs are those of what is sold, too.
            alike = alike._replace(lives=classes(alike.lives, alike.home, alike.host, alike.first).place)
        flowing, shared = flow_records(parts, drawn, context.options, None, alike)
        wanted = steps.names_of(
            context, ("evs", CHARGING), *(("hybrids_gone", name) for name in (NIMH, *hybrids.NAMES))
        )
        with_packs = wanted is None or not wanted.isdisjoint(PACK_NAMES)
        held: dict[str, FloatArray] = {}
        with_hybrids = following and (wanted is None or not wanted.isdisjoint(hybrids.NAMES))
        after = hybrids.keeper(len(flowing.capacity), held) if with_hybrids else None
        aged = wanted is None or not wanted.isdisjoint(AGES)
        rule, lives = rules(context.options), lives_of(context)
        filled, packs, places = run_flows(flowing, shared, rule, with_packs, after, lives, aged, alike)
        sold = sold_energy(flowing.vehicles, flowing.capacity)
        results = told({**vehicle_outputs(filled), SOLD: lambda: sold}, wanted) | held
        if with_packs:
            results |= steps.handed(packs, places) | {"capacity": flowing.capacity, "sold": sold}
        return results

    def amounts(inputs: Mapping[str, FloatArray], found: Found, context: Context) -> Results:
        made = batteries.makes(parts.packs, steps.Floats(inputs), context.options)
        retired = run_amounts(*steps.held(found), made.mass)
        wanted = steps.names_of(context, ("retired_energy", ON_OFFER))
        return told(amount_outputs(retired), wanted) | made._asdict()

    def packs(inputs: Mapping[str, FloatArray], found: Found, context: Context) -> Results:
        drawn, wanted = steps.Floats(inputs), context.wanted
        materials = wanted is None or not wanted.isdisjoint(MATERIAL_NAMES)
        made = batteries.Made(found["cells"], found["mass"])
        contents = batteries.contents(parts.packs, drawn, context.options, found["capacity"], materials, made)
        retired = run_retired(*steps.held(found), contents)
        routes = drawn["recovery"][:, parts.packs.recovery]
        return told(pack_outputs(retired, contents, routes, found["sold"]), wanted)

    def emissions(inputs: Mapping[str, FloatArray], found: Found, context: Context) -> Results:
        return {CHARGING: charging.charging_emissions(found["evs"], parts.loss, steps.Floats(inputs))}

    def nimh(inputs: Mapping[str, FloatArray], found: Found, context: Context) -> Results:
        return {NIMH: steps.nimh_mass(steps.Floats(inputs), found["hybrids_gone"])}

    def of_hybrids(inputs: Mapping[str, FloatArray], found: Found, context: Context) -> Results:
        held = {name: found[name] for name in hybrids.HELD}
        exposure = EXPOSURE[str(context.options["timing"])]
        return hybrids.hybrid_packs(steps.Floats(inputs), held, found["hybrids_gone"], exposure)

    def on_offer(inputs: Mapping[str, FloatArray], found: Found, context: Context) -> Results:
        return {ON_OFFER: steps.energy_on_offer(steps.Floats(inputs), found["retired_energy"])}

    years_apart = parts.border.ev_demand is not None
    alone = {CHARGING, NIMH, ON_OFFER, *hybrids.NAMES}
    vehicle_names = tuple(name for name in OUTPUT_NAMES if name not in PACK_NAMES | alone)
    return (
        *(steps.same(part, names) for part, names in steps.part_reads(options, years_apart).items()),
        Stage("flows", flows, steps.flow_reads(options, years_apart), steps.SAME, vehicle_names),
        Stage("amounts", amounts, steps.mass_reads(options), ("flows",), AMOUNTS),
        Stage(
            "packs",
            packs,
            steps.pack_reads(options),
            ("flows", "amounts"),
            tuple(sorted(PACK_NAMES - alone - AMOUNT_NAMES)),
        ),
        Stage("charging", emissions, steps.grid_reads(), ("flows",), (CHARGING,)),
        # Outputs of the model in any case, which exist only where they are asked for.
        Stage("hybrids", of_hybrids, hybrids.READS, ("flows",), hybrids.NAMES)
        if following
        else Stage("hybrids", lambda inputs, found, context: {}, (), (), hybrids.NAMES),
        Stage("nimh", nimh, ("nimh_pack_mass",), ("flows",), (NIMH,)),
        Stage("on_offer", on_offer, ("triage_share", "host_end_of_life_loss"), ("amounts",), (ON_OFFER,)),
        seen.stage(options),
    )


def model(tables: Mapping[str, Table], *, home: str, host: str) -> Model:
    """Return the fleet model on a study's tables.

    Parameters
    ----------
    tables : mapping
        The tables of `SPECS`, under the study's names.
    home, host : str
        Labels of the country where vehicles are new and of the one to which they go second-hand, for names of inputs,
        tables and outputs.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        When a table or a year is missing, a flow is negative, shares do not sum to 1, or an import age has no survival.
    """
    corridor = Corridor(home, host)
    corridor.need(tables, SPECS)
    parts = read(corridor.neutral(tables, NAMES), corridor)
    specs = (*SPECS, EV_DEMAND) if parts.border.ev_demand is not None else SPECS

    option_names, names = ([item.name for item in items] for items in (OPTIONS, ALL_OUTPUTS))
    evaluate = corridor.staged(lambda options: stages_of(parts, options), option_names, names)
    return Model(
        "fleet",
        corridor.declared(PARAMETERS),
        OPTIONS,
        corridor.declared(ALL_OUTPUTS),
        evaluate,
        corridor.declared(specs),
        warn,
        lives=(EVALUATION.name, "lives"),
    )


def warn(options: Mapping[str, OptionValue]) -> list[str]:
    """Return what the user should know about a combination of options."""
    lines = []
    if options["battery_law"] == "capacity_cdf" and options["tradable"] == "all":
        lines.append("tradable = all under the report's law trades mostly dead packs; see docs/fleet.md")
    if options["trade"] == "demand" and options["unregistered"] == "on":
        lines.append("trade = demand reaches its stock with unregistered vehicles in it")
    return lines


def extend(
    base: Model,
    name: str,
    outputs: tuple[Output, ...],
    derive: Derive,
    *,
    parameters: tuple[Parameter, ...] = (),
    options: tuple[Option, ...] = (),
    tables: tuple[TableSpec, ...] = (),
    keep: tuple[str, ...] = (),
    reads: tuple[str, ...] | None = None,
) -> Model:
    """Return a model that evaluates another and derives outputs from its outputs.

    Parameters
    ----------
    base : Model
        The fleet.
    name : str
        Name of the new model.
    outputs : tuple of Output
        What `derive` gives.
    derive : callable
        ``derive(base_outputs, inputs, context) -> {output: (n, *packed_shape)}``.
    parameters, options, tables : tuple
        What `derive` reads beside the base's.
    keep : tuple of str
        Names of the base's outputs that the new model gives too.
    reads : tuple of str, optional
        Names of the base's outputs that `derive` reads; all of them by default. Only these and `keep` are computed.

    Returns
    -------
    Model
    """

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, NDArray[np.float64]]:
        wanted = None if reads is None else frozenset(reads + keep)
        found = base.evaluate(inputs, replace(context, wanted=wanted))
        return {key: found[key] for key in keep} | dict(derive(found, inputs, context))

    kept = tuple(output for output in base.outputs if output.name in keep)
    return Model(
        name,
        base.parameters + parameters,
        base.options + options,
        kept + outputs,
        evaluate,
        base.tables + tables,
        base.warn,
        base.lives,
    )
