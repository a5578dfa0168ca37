"""Where it lands: retired packs spread over the host's states, and how unevenly, by income.

Second-hand vehicles land by the shares of the table's imports, new ones by those of its new sales, both with
uncertainty; a table of one's own may hold other figures, in a study file that extends this one. Where it lacks these,
stock or population stand in: of population alone every state gets its share, which says nothing about inequality, and
the index against income is there only with income. All states have one policy, so that what they landfill differs by
whose packs they get.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.distributions import Dirichlet
from mcsim.kernels.cohorts.records import EV, LANDFILL, NEW, SECOND_HAND
from mcsim.studies.fleet.declared import FIRST_PACKS
from mcsim.studies.fleet.model import extend
from mcsim.studies.fleet.model import model as fleet_model
from mcsim.studies.fleet.results import told
from mcsim.studies.fleet.series import YEARS
from mcsim.study import Context, Dim, FloatArray, InputError, Model, Output, Parameter, TableSpec, nearest
from mcsim.study.tables import Table

QUANTITIES = ("population", "new_sales", "imports", "stock", "motorisation", "income", "remittances")
# Quantities whose shares may carry each flow, the best first.
CARRIERS = {"second-hand": ("imports", "stock", "population"), "new": ("new_sales", "stock", "population")}
# Sum of the Dirichlet's parameters: the larger, the closer are shares to the carrier's.
CONCENTRATION = 300.0
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


def lorenz(amount: FloatArray, people: FloatArray, order: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the concentration curve: cumulated shares of people, ranked, and of an amount; both start at 0.

    Parameters
    ----------
    amount : ndarray, shape (..., k)
        What is shared.
    people : ndarray, shape (k,)
        Among how many.
    order : ndarray, shape (..., k)
        What ranks the groups, the lowest first: amount per person for a Lorenz curve, income for a concentration
        curve. Of shape (k,) it ranks alike for all amounts.

    Returns
    -------
    tuple of two ndarrays, shape (..., k + 1)
        The former of shape (k + 1,) where one order ranks all amounts.
    """
    ranked = np.argsort(order, axis=-1, kind="stable")
    # An order that is one for all amounts is sorted once.
    sorted_amount = amount[..., ranked] if order.ndim == 1 else np.take_along_axis(amount, ranked, axis=-1)
    x = np.cumsum(people[ranked], axis=-1) / people.sum()
    y = np.cumsum(sorted_amount, axis=-1) / amount.sum(axis=-1, keepdims=True)
    return _from_zero(x), _from_zero(y)


def _from_zero(curve: FloatArray) -> FloatArray:
    return np.concatenate([np.zeros((*curve.shape[:-1], 1)), curve], axis=-1)


def concentration_index(amount: FloatArray, people: FloatArray, order: FloatArray) -> FloatArray:
    """Return 1 less twice the area under the concentration curve.

    Ranked by amount per person it is the Gini coefficient, in [0, 1]; ranked by income, in [-1, 1]: negative where the
    poorer states get more than their share (as Suits' index has it, with people in the place of income).

    Parameters
    ----------
    amount, people, order
        As in `lorenz`.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> people = np.ones(4)
    >>> float(concentration_index(np.ones(4), people, np.arange(4.0)))
    0.0
    >>> round(float(concentration_index(np.array([0.0, 0.0, 0.0, 1.0]), people, np.arange(4.0))), 3)
    0.75
    """
    # Twice the area by the trapezoid, sum of dx_i (y_i + y_(i-1)), is linear in the amounts: group j, of share p_j of
    # the people, counts in y from its own step on, p_j + 2 (1 - x_j) in all. No curve need be drawn.
    ranked = np.argsort(order, axis=-1, kind="stable")
    share = people[ranked] / people.sum()
    counts = share + 2.0 * (1.0 - np.cumsum(share, axis=-1))
    if order.ndim == 1:
        twice = amount[..., ranked] @ counts
    else:
        twice = np.einsum("...i,...i->...", np.take_along_axis(amount, ranked, axis=-1), counts)
    return np.asarray(1.0 - twice / amount.sum(axis=-1))


def allocate(states: States, packs: FloatArray, shares: Mapping[str, FloatArray]) -> FloatArray:
    """Return packs by state and year.

    Parameters
    ----------
    states : States
        From `read_states`.
    packs : ndarray, shape (n, years, origins)
        Of the whole country.
    shares : mapping
        Origin -> (n, states with weight), rows summing to 1.

    Returns
    -------
    ndarray, shape (n, years, states)
        Sums over the states to the packs of both origins.
    """
    weights = np.zeros((len(packs), packs.shape[2], len(states.names)))
    for origin, place in (("new", NEW), ("second-hand", SECOND_HAND)):
        weights[:, place, carrier(states, origin) > 0] = shares[origin]
    return np.asarray(packs @ weights)


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
        Output("state_landfilled_share", "share", "packs landfilled over packs retired or back from use", by_state),
        Output("state_gini", "1", "Gini coefficient of packs per person among the states", (year,)),
    )
    if "income" not in states.columns:
        return found
    index = Output("state_concentration", "1", "index against income; below 0 where poor states get more", (year,))
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
    inputs = {origin: share_input(states, origin) for origin in CARRIERS}

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
        return landing(states, packs) | told(more, context.wanted)

    return extend(
        fleet_model(tables, home=home, host=host),
        "fleet-states",
        outputs(states),
        derive,
        parameters=tuple(inputs.values()),
        tables=(SPEC,),
        reads=("retired_packs", "retired_battery_mass", "stock", "battery_destination"),
    )
