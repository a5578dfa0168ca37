"""Where it lands: retired packs spread over the host's states, and how unevenly, by income.

Second-hand vehicles land by the shares of the table's imports, new ones by those of its new sales, both with
uncertainty; a table of one's own may hold other figures, in a study file that extends this one. Where it lacks these,
stock or population stand in: of population alone every state gets its share, which says nothing about inequality, and
the index against income is there only with income. All states have one policy, so that what they landfill differs by
whose packs they get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.distributions import Dirichlet
from mcsim.kernels.cohorts.records import EV, LANDFILL, NEW, ORIGINS, SECOND_HAND
from mcsim.studies.fleet.declared import FIRST_PACKS
from mcsim.studies.fleet.model import extend
from mcsim.studies.fleet.model import model as fleet_model
from mcsim.studies.fleet.results import Outputs, told
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.fleet.unevenness import concentration_index, curve_at, elasticity, lorenz
from mcsim.study import Context, Dim, FloatArray, InputError, Model, Output, Parameter, TableSpec, nearest
from mcsim.study.tables import Table

QUANTITIES = ("population", "new_sales", "imports", "stock", "motorisation", "income", "remittances", "border_distance")
# Quantities whose shares may carry each flow, the best first.
CARRIERS = {"second-hand": ("imports", "stock", "population"), "new": ("new_sales", "stock", "population")}
# Sum of the Dirichlet's parameters: the larger, the closer are shares to the carrier's.
CONCENTRATION = 300.0
# What packs per person are held against: of income the states' share of people above the poverty line.
AGAINST = ("remittances", "border_distance", "income")
CURVES = ("amount", "income")  # what ranks the states, the lowest first
READS = ("retired_packs", "retired_battery_mass", "stock", "battery_destination")  # of the fleet's outputs
LATER = tuple(range(FIRST_PACKS, YEARS[-1] + 1))

SPEC = TableSpec("states", ("state", "quantity"), (0.0, np.inf), meaning="what is known of each state")


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The table of states.

    Parameters
    ----------
    names : tuple of str
        States.
    columns : dict
        Quantity -> central value of every state; only quantities that somebody supplied.
    """

    names: tuple[str, ...]
    columns: dict[str, FloatArray]


def read_states(table: Table) -> States:
    """Return the states of a table.

    Parameters
    ----------
    table : Table
        Keys state and quantity.

    Returns
    -------
    States

    Raises
    ------
    InputError
        When a quantity is unknown, or a state misses one that others have; population is needed.
    """
    values = dict(zip(table.index, (float(value) for value in table.value), strict=True))
    names = tuple(dict.fromkeys(state for state, _ in table.index))
    place = table.origin or table.name
    for state, quantity in table.index:
        if quantity not in QUANTITIES:
            raise InputError(
                f"{place}: states[{state},{quantity}]: unknown quantity (got {quantity!r}); one of "
                f"{', '.join(QUANTITIES)}{nearest(quantity, QUANTITIES)}"
            )
    columns = {}
    for quantity in QUANTITIES:
        have = [state for state in names if (state, quantity) in values]
        if have or quantity == "population":
            absent = next((state for state in names if state not in have), None)
            if absent is not None:
                # A name that lacks what others have may be another's, misspelt.
                raise InputError(
                    f"{place}: states[{absent},{quantity}]: missing cell (got {len(have)} of {len(names)} states); "
                    f"a row for every state{nearest(absent, have)}"
                )
            columns[quantity] = np.array([values[state, quantity] for state in names])
    return States(names, columns)


def carrier(states: States, origin: str) -> FloatArray:
    """Return the shares (states,) of the best quantity that the table has for a flow, ``new`` or ``second-hand``."""
    best = next(name for name in CARRIERS[origin] if name in states.columns)
    return np.asarray(states.columns[best] / states.columns[best].sum())


def share_input(states: States, origin: str) -> Parameter:
    """Return the input that says which share of a flow every state gets; a state without weight gets none."""
    shares = carrier(states, origin)
    some = shares > 0
    return Parameter(
        f"state_share_{origin.replace('-', '_')}",
        "share",
        f"share of the packs of {origin} vehicles by state",
        (0.0, 1.0),
        "states",
        Dirichlet(tuple(float(share) for share in CONCENTRATION * shares[some])),
        tuple(name for name, has in zip(states.names, some, strict=True) if has),
        source=f"{SPEC.name}, Dirichlet of concentration {CONCENTRATION:g}",
    )


def share_inputs(states: States) -> dict[str, Parameter]:
    """Return the inputs that say which share of each flow every state gets, by origin."""
    return {origin: share_input(states, origin) for origin in CARRIERS}


def by_origin(states: States, shares: Mapping[str, FloatArray]) -> FloatArray:
    """Return which share of the packs of each origin every state gets, (n, origins, states); rows sum to 1.

    Parameters
    ----------
    states : States
        From `read_states`.
    shares : mapping
        Origin -> (n, states with weight), rows summing to 1.
    """
    weights = np.zeros((len(shares["new"]), len(ORIGINS), len(states.names)))
    for origin, place in (("new", NEW), ("second-hand", SECOND_HAND)):
        weights[:, place, carrier(states, origin) > 0] = shares[origin]
    return weights


def allocate(states: States, packs: FloatArray, shares: Mapping[str, FloatArray]) -> FloatArray:
    """Return packs by state and year.

    Parameters
    ----------
    states : States
        From `read_states`.
    packs : ndarray, shape (n, years, origins)
        Of the whole country.
    shares : mapping
        As in `by_origin`.

    Returns
    -------
    ndarray, shape (n, years, states)
        Sums over the states to the packs of both origins.
    """
    return np.asarray(packs @ by_origin(states, shares))


def landing(states: States, packs: FloatArray) -> dict[str, FloatArray]:
    """Return packs per 1,000 people by state, their Gini coefficient, and where there is income the index against it.

    Parameters
    ----------
    states : States
        From `read_states`.
    packs : ndarray, shape (n, years, states)
        From `allocate`.

    Returns
    -------
    dict
        Output name -> array.
    """
    people = states.columns["population"]
    per_person = packs / people
    found = {
        "state_retired_packs": packs,
        "state_packs_per_1000": 1000.0 * per_person,
        "state_gini": concentration_index(packs, people, per_person),
    }
    if "income" in states.columns:
        found["state_concentration"] = concentration_index(packs, people, states.columns["income"])
    return found


def share_landfilled(landfilled: FloatArray, leaving: FloatArray) -> FloatArray:
    """Return landfilled mass over all that retires or comes back from use, 0 where nothing does; any shape.

    Examples
    --------
    >>> share_landfilled(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist()
    [0.25, 0.0]
    """
    return np.divide(landfilled, leaving, out=np.zeros_like(landfilled), where=leaving > 0)


def total_outputs(states: States) -> tuple[Output, ...]:
    """Return the declared outputs of `totals`: of all packs since 2005, to 2050, no year told apart."""
    state, origin = Dim("state", states.names), Dim("origin", ORIGINS)
    against, curves = Dim("against", AGAINST), Dim("ranked_by", CURVES)
    people = Dim("people_share", tuple(share / 10 for share in range(11)))
    slope = "per cent of packs retired to 2050 per person, for one per cent of another quantity"
    return (
        Output("state_packs_total_per_1000", "pack", "EV packs retired to 2050 per 1,000 people", (state,)),
        Output(
            "state_second_hand_packs_total_per_1000", "pack",
            "second-hand EVs' packs retired to 2050 per 1,000 people", (state,), rank=True,
        ),
        Output("state_used_evs_per_1000", "vehicle", "second-hand EVs in use in 2050 per 1,000 people", (state,)),
        Output(
            "state_landfilled_share_total", "share", "packs landfilled to 2050 over packs retired or back from use",
            (state,),
        ),
        Output(
            "state_gini_by_origin", "1", "Gini coefficient of packs retired to 2050 per person", (origin,),
            may_be_undefined=True,
        ),
        Output(
            "state_lorenz", "share",
            "share of the packs retired to 2050 that goes to the states of the lowest packs per person, or income",
            (curves, people), may_be_undefined=True,
        ),
        Output(
            "state_concentration_by_origin", "1",
            "index of packs retired to 2050 against income; below 0 where poor states get more", (origin,),
            may_be_undefined=True, rank="income" in states.columns,
        ),
        Output("state_elasticity_by_origin", "1", slope, (origin, against), may_be_undefined=True),
        Output("state_elasticity", "1", f"{slope}, both origins", (against,), may_be_undefined=True),
    )  # fmt: skip


def totals(states: States, fleet: Mapping[str, Callable[[], FloatArray]], shares: Mapping[str, FloatArray]) -> Outputs:
    """Return what gives the outputs of `total_outputs`.

    Parameters
    ----------
    states : States
        From `read_states`.
    fleet : mapping
        Name -> what gives the fleet's ``retired_packs``, ``stock`` and ``battery_destination``, (n, *dims).
    shares : mapping
        As in `by_origin`.
    """
    people = states.columns["population"]
    unknown = np.full(len(people), np.nan)  # what the table lacks leaves its outputs undefined
    quantities = {name: states.columns.get(name, unknown) for name in (*AGAINST, "income")}
    quantities["remittances"] = quantities["remittances"] / people

    @cache
    def weights() -> FloatArray:
        return by_origin(states, shares)

    @cache
    def packs() -> FloatArray:
        """Packs by origin and state, (n, origins, states)."""
        return np.asarray(fleet["retired_packs"]().sum(axis=1)[:, :, None] * weights())

    @cache
    def amount() -> FloatArray:
        return np.asarray(packs().sum(axis=1))

    def used() -> FloatArray:
        return np.asarray(fleet["stock"]()[:, -1, SECOND_HAND, EV][:, None] * weights()[:, SECOND_HAND])

    def landfilled() -> FloatArray:
        mass = fleet["battery_destination"]().sum(axis=1)[:, :, :, None] * weights()[:, :, None]
        return share_landfilled(mass[:, :, LANDFILL].sum(axis=1), mass.sum(axis=(1, 2)))

    def curves() -> FloatArray:
        shown = np.arange(11) / 10
        own = curve_at(*lorenz(amount(), people, amount() / people), shown)
        by_income = curve_at(*lorenz(amount(), people, quantities["income"]), shown)
        return np.stack([own, by_income if "income" in states.columns else np.full_like(own, np.nan)], axis=1)

    def slopes(of: FloatArray) -> FloatArray:
        return np.stack([elasticity(of, people, quantities[name]) for name in AGAINST], axis=-1)

    def by_income() -> FloatArray:
        found = concentration_index(packs(), people, quantities["income"])
        return found if "income" in states.columns else np.full_like(found, np.nan)

    return {
        "state_packs_total_per_1000": lambda: 1000.0 * amount() / people,
        "state_second_hand_packs_total_per_1000": lambda: 1000.0 * packs()[:, SECOND_HAND] / people,
        "state_used_evs_per_1000": lambda: 1000.0 * used() / people,
        "state_landfilled_share_total": landfilled,
        "state_gini_by_origin": lambda: concentration_index(packs(), people, packs() / people),
        "state_lorenz": curves,
        "state_concentration_by_origin": by_income,
        "state_elasticity_by_origin": lambda: slopes(packs()),
        "state_elasticity": lambda: slopes(amount()),
    }


def outputs(states: States) -> tuple[Output, ...]:
    """Return the declared outputs."""
    year, state = Dim("year", LATER), Dim("state", states.names)
    by_state = state, year
    found = (
        Output("state_retired_packs", "pack/yr", "EV packs that retire", (year, state), rank=True),
        Output("state_packs_per_1000", "pack/yr", "EV packs that retire per 1,000 people", (year, state)),
        Output("state_used_ev_stock", "vehicle", "second-hand EVs in use at the end of the year", by_state),
        Output("state_retired_battery_mass", "t/yr", "mass of EV packs that retire", by_state),
        Output("state_retired_packs_per_1000", "pack/yr", "EV packs that retire per 1,000 people", by_state),
        # Of whole vehicles drawn one by one none may have ended in a year or a state.
        Output(
            "state_landfilled_share",
            "share",
            "packs landfilled over packs retired or back from use",
            by_state,
            may_be_undefined=True,
        ),
        Output(
            "state_gini", "1", "Gini coefficient of packs per person among the states", (year,), may_be_undefined=True
        ),
        *total_outputs(states),
    )
    if "income" not in states.columns:
        return found
    index = Output(
        "state_concentration",
        "1",
        "index against income; below 0 where poor states get more",
        (year,),
        may_be_undefined=True,
    )
    return (*found, index)


def model(tables: Mapping[str, Table], *, home: str, host: str) -> Model:
    """Return the fleet model with its retired packs by state of the host.

    Parameters
    ----------
    tables : mapping
        The fleet's tables and `SPEC`.
    home, host : str
        As in the fleet.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        As in `read_states`, and as the fleet does.
    """
    states = read_states(tables[SPEC.name])
    inputs = share_inputs(states)

    def derive(
        fleet: Mapping[str, NDArray[Any]], drawn: Mapping[str, FloatArray], context: Context
    ) -> Mapping[str, FloatArray]:
        shares = {origin: drawn[item.name] for origin, item in inputs.items()}

        def by_state(flow: FloatArray) -> FloatArray:
            return allocate(states, flow[:, FIRST_PACKS - YEARS[0] :], shares)

        def used() -> FloatArray:
            stock = fleet["stock"][:, :, :, EV].copy()
            stock[:, :, NEW] = 0.0
            return by_state(stock).transpose(0, 2, 1)

        def landfilled() -> FloatArray:
            by_destination = fleet["battery_destination"]
            found = share_landfilled(by_state(by_destination[..., LANDFILL]), by_state(by_destination.sum(axis=3)))
            return found.transpose(0, 2, 1)

        packs = by_state(fleet["retired_packs"])
        more = {
            "state_used_ev_stock": used,
            "state_retired_battery_mass": lambda: by_state(fleet["retired_battery_mass"]).transpose(0, 2, 1),
            "state_retired_packs_per_1000": lambda: (1000.0 * packs / states.columns["population"]).transpose(0, 2, 1),
            "state_landfilled_share": landfilled,
        }
        more |= totals(states, {name: partial(fleet.__getitem__, name) for name in READS}, shares)
        return landing(states, packs) | told(more, context.wanted)

    return extend(
        fleet_model(tables, home=home, host=host),
        "fleet-states",
        outputs(states),
        derive,
        parameters=tuple(inputs.values()),
        tables=(SPEC,),
        reads=READS,
    )
