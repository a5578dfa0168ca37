"""The model of the trade: both fleets, what their vehicles cause and where, with the trade and without it.

One evaluation runs the fleet model's stages, drives its cohorts by the vehicle study's laws, and multiplies what is
done in every year with the vehicle study's factors by place. The cases share all of it: a change holds only what
differs. Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), its question on net benefits to the region.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.cohorts.accounts import Ways
from mcsim.kernels.cohorts.flows import Retired
from mcsim.kernels.cohorts.records import Fleet
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.common.labels import MATERIALS
from mcsim.studies.fleet.levers import moved
from mcsim.studies.fleet.model import EXPOSURE, outputs_of, read, records, rules
from mcsim.studies.fleet.model import warn as warn_of_fleet
from mcsim.studies.fleet.policy import Grid
from mcsim.studies.fleet.results import told
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.fleet.states import READS, read_states, share_inputs, total_outputs, totals
from mcsim.studies.fleet.states import SPEC as STATES
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev.grid import losses_of_years
from mcsim.studies.second_hand_ev.places import prepare_places
from mcsim.studies.trade.declared import OPTIONS, PARAMETERS, PLACE_LABELS, SCORED_MASS, SPECS, outputs
from mcsim.studies.trade.fleets import burning, driving, holding, read_mix, vehicle_shares
from mcsim.studies.trade.ledger import CASES, case_of, run, stand_in
from mcsim.studies.trade.results import told_outputs
from mcsim.studies.trade.units import Factors, factors
from mcsim.study import Context, FloatArray, Model, OptionValue
from mcsim.study.tables import Table

NAMES = (*(parameter.name for parameter in PARAMETERS), *(spec.name for spec in SPECS))
OPTION_NAMES = tuple(option.name for option in OPTIONS)
GWP = tuple(lca.CATEGORIES).index("gwp")


def model(tables: Mapping[str, Table], *, home: str, host: str) -> Model:
    """Return the model of the trade between two countries.

    Parameters
    ----------
    tables : mapping
        The tables of `SPECS`, under the study's names.
    home, host : str
        Labels of the country where vehicles are new and of the one to which they go second-hand.

    Raises
    ------
    InputError
        As the fleet and the vehicle study do, and where a table of this study lacks a cell.
    """
    corridor = Corridor(home, host)
    corridor.need(tables, (*SPECS, STATES))
    states = read_states(tables[STATES.name])
    shares_of_states = share_inputs(states)
    known = corridor.neutral(tables, NAMES)
    parts = read(known, corridor)
    scored = {**known, "pack_mass": known[SCORED_MASS]}
    assessment = lca.prepare(scored, corridor)
    places, mix = prepare_places(scored, assessment, corridor), read_mix(known, assessment, corridor)
    prices = known["metal_price"].positions(MATERIALS)
    labels = tuple(label.format(home=home, host=host) for label in PLACE_LABELS)
    declared = (*outputs(labels), *total_outputs(states))
    output_names = [output.name for output in declared]

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> Mapping[str, NDArray[np.float64]]:
        drawn = {name: np.asarray(values, np.float64) for name, values in corridor.neutral(inputs, NAMES).items()}
        options = corridor.neutral(context.options, OPTION_NAMES)
        wanted = context.wanted
        if wanted is not None:
            wanted = frozenset(corridor.neutral(dict.fromkeys(wanted), output_names))
        fleet, shared = records(parts, drawn, options)
        of_vehicles = {**drawn, "pack_mass": drawn[SCORED_MASS]}
        shares = vehicle_shares(mix, drawn)
        size = drawn["vehicle_size"][:, mix.size]
        unit = factors(assessment, places, shares, size, of_vehicles, options)
        loss = losses_of_years(assessment.grid, drawn, YEARS)
        unit = unit._replace(power=_graded(unit, loss, drawn, options))
        mass = drawn[SCORED_MASS][:, assessment.packs.mass_per_kwh]
        held = holding(mix, parts.packs, fleet.contents, mass, drawn, options)
        ways = Ways(
            EXPOSURE[str(options["timing"])],
            stand_in(options),
            driving(mix, drawn, options),
            burning(mix, parts.packs, shares, unit.energy_per_km, drawn, options),
        )
        done = run(fleet, shared, rules(options), held, ways)
        cases = tuple(case_of(done, fleet, held, ways, drawn, case) for case in range(len(CASES)))
        priced = {"metal_price": drawn["metal_price"][:, prices]}
        own = told(told_outputs(done, cases, unit, loss, priced), wanted)
        names = frozenset(output_names) if wanted is None else wanted
        nation = outputs_of(parts, fleet, done.flows, _of_materials(done.retired[0], fleet), drawn)
        landed = {origin: inputs[item.name] for origin, item in shares_of_states.items()}
        of_states = totals(states, {name: nation[name] for name in READS}, landed)
        return corridor.labelled(own | told({**nation, **of_states}, names - own.keys()))

    return Model(
        "trade",
        (*corridor.declared(PARAMETERS), *shares_of_states.values()),
        corridor.declared(OPTIONS),
        corridor.declared(declared),
        evaluate,
        (*corridor.declared(SPECS), STATES),
        warn,
    )


def _of_materials(retired: Retired, fleet: Fleet) -> Retired:
    """Return retired packs without what stands behind their materials."""
    width = fleet.contents.composition.shape[2]
    named = ("contained", "recovered", "lost", "held")
    return retired._replace(**{name: getattr(retired, name)[..., :width] for name in named})


def _graded(
    factors: Factors, loss: FloatArray, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> FloatArray:
    """Return the impacts per kWh with the host country's grid as the options and the levers have it.

    Both move all categories alike: what a lever takes from CO2e it takes from the plants that cause the rest.
    """
    years = len(YEARS)
    if options["host_grid"] == "intensity":
        today = Grid(np.repeat(inputs["host_grid_intensity_2025"][:, None], years, axis=1))
        generated = factors.power[:, 1, :, :, GWP].sum(axis=2) * (1.0 - loss[:, 1])
        ratio = moved(today, inputs).intensity / generated
    else:
        one = Grid(np.ones((len(loss), years)))
        off = {**inputs, "clean_grid_strength": np.zeros(len(loss))}
        if not inputs["clean_grid_strength"].any():
            return factors.power
        ratio = moved(one, inputs).intensity / moved(one, off).intensity
    power = factors.power.copy()
    power[:, 1] *= ratio[:, :, None, None]
    return power


def warn(options: Mapping[str, OptionValue]) -> list[str]:
    """Return what the user should know about a combination of options."""
    lines = warn_of_fleet(options)
    if options["replacement"] in ("ev", "gasoline-new"):
        lines.append(
            f"replacement = {options['replacement']}: cars made in the last years count whole, their driving to 2050"
        )
    return lines
