"""The model of the trade: both fleets, what their vehicles cause and where, with the trade and without it.

One evaluation runs the fleet model's stages, drives its cohorts by the vehicle study's laws, and multiplies what is
done in every year with the vehicle study's factors by place. The cases share all of it: a change holds only what
differs. Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), its question on net benefits to the region.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsim.studies.common.corridor import Corridor
from mcsim.studies.common.labels import MATERIALS
from mcsim.studies.fleet.model import read
from mcsim.studies.fleet.model import warn as warn_of_fleet
from mcsim.studies.fleet.states import SPEC as STATES
from mcsim.studies.fleet.states import read_states, share_inputs, total_outputs
from mcsim.studies.second_hand_ev import lca
from mcsim.studies.second_hand_ev.places import prepare_places
from mcsim.studies.trade.declared import OPTIONS, PARAMETERS, PLACE_LABELS, SCORED_MASS, SPECS, outputs
from mcsim.studies.trade.fleets import read_mix
from mcsim.studies.trade.steps import Tables, stages_of
from mcsim.study import Model, OptionValue
from mcsim.study.tables import Table

NAMES = (*(parameter.name for parameter in PARAMETERS), *(spec.name for spec in SPECS))
OPTION_NAMES = tuple(option.name for option in OPTIONS)


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
    known = corridor.neutral(tables, NAMES)
    scored = {**known, "pack_mass": known[SCORED_MASS]}
    assessment = lca.prepare(scored, corridor)
    of_tables = Tables(
        read(known, corridor),
        assessment,
        prepare_places(scored, assessment, corridor),
        read_mix(known, assessment, corridor),
        known["metal_price"].positions(MATERIALS),
        states,
    )
    labels = tuple(label.format(home=home, host=host) for label in PLACE_LABELS)
    declared = (*outputs(labels), *total_outputs(states))
    output_names = tuple(output.name for output in declared)
    evaluate = corridor.staged(lambda options: stages_of(of_tables, options), OPTION_NAMES, output_names)
    return Model(
        "trade",
        (*corridor.declared(PARAMETERS), *share_inputs(states).values()),
        corridor.declared(OPTIONS),
        corridor.declared(declared),
        evaluate,
        (*corridor.declared(SPECS), STATES),
        warn,
    )


def warn(options: Mapping[str, OptionValue]) -> list[str]:
    """Return what the user should know about a combination of options."""
    lines = warn_of_fleet(options)
    if options["replacement"] in ("ev", "gasoline-new"):
        lines.append(
            f"replacement = {options['replacement']}: cars made in the last years count whole, their driving to 2050"
        )
    return lines
