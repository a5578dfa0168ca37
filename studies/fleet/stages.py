"""The fleet of n draws, stage by stage: curves, pack states, home fleet, entries, new sales, imports, retired packs.

Every stage is one kernel over a block of draws that stays in cache; stages hand each other records.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from mcsim.kernels.cohorts import room
from mcsim.kernels.cohorts.arrivals import add_arriving_packs
from mcsim.kernels.cohorts.flows import Amounts, Counts, Flows, HomeFlows, HostFlows, Retired
from mcsim.kernels.cohorts.home import fill_home_fleets
from mcsim.kernels.cohorts.imports import fill_imports
from mcsim.kernels.cohorts.lived import Sampled, fill_lived
from mcsim.kernels.cohorts.materials import fill_amounts, fill_retired
from mcsim.kernels.cohorts.new import fill_first_owners, fill_new_packs, fill_new_sales
from mcsim.kernels.cohorts.records import (
    DESTINATIONS,
    FIRST_MATERIAL,
    ORIGINS,
    POWERTRAINS,
    Array,
    Contents,
    Fleet,
    Laws,
    Rules,
    Shared,
    Trade,
    Vehicles,
)
from mcsim.kernels.cohorts.second_hand import fill_entries
from mcsim.kernels.cohorts.space import Space
from mcsim.studies.fleet.memory import Sizes, empty_packs, make_space, make_tables, pack_space, sizes
from mcsim.studies.fleet.series import AGE_GROUPS
from mcsim.study import IntArray

# Draws of a block: its tables (0.3 MB a draw) stay in the cache from stage to stage, its calls and slices cost little.
BLOCK = 16


def rows_of(record: Any) -> Callable[[slice], Any]:
    """Return what gives some draws of a record, or of a record of records: views of the rows of every array.

    Examples
    --------
    >>> flows = HomeFlows(np.arange(4.0), np.arange(8.0).reshape(4, 2), np.arange(4.0))
    >>> rows_of(flows)(slice(1, 2)).gone.tolist()
    [[2.0, 3.0]]
    """
    # Once per record, since a block is a few draws and a record many arrays.
    takes = [rows_of(field) if isinstance(field, tuple) else field.__getitem__ for field in record]
    make = type(record)._make
    return lambda part: make([take(part) for take in takes])


def rows(record: Any, part: slice) -> Any:
    """Return some draws of a record, as `rows_of` does."""
    return rows_of(record)(part)


def empty_flows(n: int, years: int, aged: bool = True) -> Flows:
    """Return room for the flows of n draws; the host's and the counts are 0 so far; `aged` where ages are asked for."""
    series, told = (n, len(ORIGINS), len(POWERTRAINS), years), years if aged else 0
    return Flows(
        home=HomeFlows(
            np.empty((n, years, len(POWERTRAINS))),
            np.empty((n, years, len(POWERTRAINS) + 1)),
            np.empty((n, years)),
        ),
        host=HostFlows(
            registrations=np.zeros(series),
            gone=np.zeros(series),
            stock=np.zeros(series),
            age_total=np.zeros((n, told)),
            age_groups=np.zeros((n, len(AGE_GROUPS), told)),
        ),
        counts=Counts(*(np.zeros((n, years)) for _ in Counts._fields)),
    )


def empty_retired(n: int, years: int, materials: int) -> Retired:
    """Return room for the retired packs of n draws."""
    lead = n, years, len(ORIGINS)
    return Retired(
        amount=np.empty((*lead, FIRST_MATERIAL)),
        replaced=np.empty((*lead, FIRST_MATERIAL)),
        destination=np.empty((*lead, len(DESTINATIONS))),
        returned=np.empty(lead),
        contained=np.empty((*lead, materials)),
        recovered=np.empty((*lead, materials)),
        lost=np.empty((*lead, materials)),
        held=np.empty((*lead, materials)),
    )


class Drawn(NamedTuple):
    """What the flows are drawn from; `capacity` as in `Contents`."""

    vehicles: Vehicles
    laws: Laws
    trade: Trade
    capacity: Array


# What reads a block's tables before the next block fills them: which draws, what is drawn, tables, working space.
After = Callable[[slice, Drawn, room.Tables, Space], None]


def run_flows(
    drawn: Drawn,
    shared: Shared,
    rules: Rules,
    with_packs: bool = True,
    after: After | None = None,
    sampled: Sampled | None = None,
    aged: bool = True,
) -> tuple[Flows, room.Packs]:
    """Return the flows of all draws, and which packs retire when.

    Parameters
    ----------
    drawn, shared, rules
        See `mcsim.kernels.cohorts.records` and, of what is filled, `mcsim.kernels.cohorts.flows`.
    with_packs : bool
        Whether retiring packs are wanted; there are none of them else.
    after : callable, optional
        Called after every block of draws, while its tables stand.
    sampled : Sampled, optional
        Which lives are drawn instead of the expectation.
    aged : bool
        Whether ages of the stock are wanted; of the expectation there are none else.

    Returns
    -------
    Flows, Packs
    """
    n, years = drawn.vehicles.host.sales.shape[:2]
    flows = empty_flows(n, years, aged or sampled is not None)
    packs = empty_packs(n if with_packs else 0, years)
    packs_of, host_of, drawn_of = rows_of(packs), rows_of(flows.host), rows_of(drawn)
    whole = after is not None or sampled is not None
    for members, tables, space in filled_blocks(drawn, shared, rules, flows, whole):
        # Tables of their own: the draws of a block follow each other.
        part = slice(int(members.draws[0]), int(members.draws[-1]) + 1) if whole else slice(0)
        if sampled is not None:
            retiring = packs_of(part) if with_packs else tables.packs
            of_part = sampled._replace(draws=sampled.draws[part])
            fill_lived(drawn_of(part), shared.first_stock, rules, of_part, tables, host_of(part), retiring)
        elif with_packs:
            fill_packs(members, drawn, rules, tables, space, packs)
        if after is not None:
            after(part, drawn_of(part), rows(tables, slice(0, len(members.draws))), space)
    return flows, packs


def run_retired(packs: room.Packs, places: IntArray, contents: Contents) -> Retired:
    """Return what retires and where it goes, of draws whose packs stand at these places."""
    (n, years), materials = contents.mass.shape, contents.composition.shape[2]
    retired = empty_retired(n, years, materials)
    fill_retired(packs, places, contents, pack_space(years, materials), retired)
    return retired


def run_amounts(packs: room.Packs, places: IntArray, mass: Array) -> Amounts:
    """Return how much retires, of draws whose packs stand at these places; `mass` as in `Contents`."""
    amounts = Amounts(*(np.empty((*mass.shape, len(ORIGINS), FIRST_MATERIAL)) for _ in Amounts._fields))
    fill_amounts(packs, places, mass, amounts)
    return amounts


def run_fleet(fleet: Fleet, shared: Shared, rules: Rules) -> tuple[Flows, Retired]:
    """Return the flows and the retired packs of all draws, in one go.

    Parameters
    ----------
    fleet, shared, rules
        As in `run_flows`.

    Returns
    -------
    Flows, Retired
    """
    drawn = Drawn(fleet.vehicles, fleet.laws, fleet.trade, fleet.contents.capacity)
    flows, packs = run_flows(drawn, shared, rules)
    return flows, run_retired(packs, np.arange(len(drawn.capacity)), fleet.contents)


def owners_of(drawn: Drawn) -> tuple[IntArray, IntArray]:
    """Return the draws of which there are tables, and the place of each draw's table among them.

    Most points of a ranking differ from their base row in what is sold in the host country, in who crosses or in how
    large packs are, of which no table is made; what is compared is all that tables are made of, to the bit.
    """
    laws, (home, host), n = drawn.laws, drawn.vehicles, len(drawn.capacity)
    every = np.arange(n)
    if len(np.unique(laws.abroad)) == n:
        return every, every
    read = (laws, home, host.shape, host.scale, host.life_multiplier, host.ev_life_multiplier)
    columns = [np.ascontiguousarray(values).reshape(n, -1).view(np.uint8) for values in _arrays(read)]
    known: dict[bytes, int] = {}
    places = np.array([known.setdefault(row.tobytes(), len(known)) for row in np.concatenate(columns, axis=1)])
    return np.unique(places, return_index=True)[1], places


def _arrays(record: Any) -> Iterator[Any]:
    """Yield every array of a record of records."""
    for field in record:
        if isinstance(field, tuple):
            yield from _arrays(field)
        else:
            yield field


def filled_blocks(
    drawn: Drawn, shared: Shared, rules: Rules, flows: Flows, whole: bool = False
) -> Iterator[tuple[room.Members, room.Tables, Space]]:
    """Fill the flows block by block; yield the draws of each, their tables and the working space.

    Parameters
    ----------
    drawn, shared, rules, flows
        As in `run_flows`.
    whole : bool
        Whether the draws have tables of their own, one by one, and lives of imports reach beyond the last year.
    """
    n, size = len(drawn.capacity), sizes(drawn.vehicles, drawn.laws, drawn.trade, shared.gates.ever, whole)
    tables, space = make_tables(min(BLOCK, n), size), make_space(size, flows.host.age_total.size > 0)
    owners, places = (np.arange(n), np.arange(n)) if whole else owners_of(drawn)
    order = np.argsort(places, kind="stable")
    ends = np.searchsorted(places[order], np.arange(0, len(owners) + BLOCK, BLOCK))
    for block, (first, last) in enumerate(itertools.pairwise(ends)):
        start = block * BLOCK
        of_tables = owners[start : start + BLOCK]
        fill_tables(of_tables, drawn, shared, rules, tables, space, flows.home, size)
        for begin in range(first, last, BLOCK):
            draws = order[begin : min(begin + BLOCK, last)]
            members = room.Members(draws, places[draws] - start)
            if len(owners) < n:
                for values in flows.home:
                    values[draws] = values[of_tables[members.places]]
            fill_draws(members, drawn, shared, rules, tables, space, flows)
            yield members, tables, space


def fill_tables(
    draws: IntArray,
    drawn: Drawn,
    shared: Shared,
    rules: Rules,
    tables: room.Tables,
    space: Space,
    home_flows: HomeFlows,
    size: Sizes,
) -> None:
    """Fill the tables of a block of draws, and their flows at home."""
    curves, states, new, entries = tables.curves, tables.states, tables.new, tables.entries
    (home, host), laws, pool, leavers = drawn.vehicles, drawn.laws, tables.pool, tables.leavers
    fill_first_owners(draws, host, laws, rules.exposure, curves, space.owners, states, new)
    styles, pass_scale = shared.styles, laws.pass_scale
    fill_home_fleets(draws, home, styles, rules, pass_scale, states.home, leavers, space.home, home_flows, pool)
    fill_entries(draws, host, laws, curves, states.home.share, rules, size.reach, space.entry, entries)
    if size.unruled:
        all_pass = curves._replace(passing=np.ones_like(curves.passing))
        fill_entries(draws, host, laws, all_pass, states.home.share, rules, size.reach, space.entry, tables.free)


def fill_draws(
    members: room.Members,
    drawn: Drawn,
    shared: Shared,
    rules: Rules,
    tables: room.Tables,
    space: Space,
    flows: Flows,
) -> None:
    """Fill the flows of some draws whose tables stand, and which EVs come when."""
    host, pool, entries, free = drawn.vehicles.host, tables.pool, tables.entries, tables.free
    fill_new_sales(members, host, shared.first_stock, tables.new, rules.exposure, space.years, flows.host)
    fill_imports(members, drawn.trade, shared.gates, rules, pool, entries, free, tables.arrivals, flows, space.imports)


def fill_packs(
    members: room.Members, drawn: Drawn, rules: Rules, tables: room.Tables, space: Space, packs: room.Packs
) -> None:
    """Fill the packs that retire of some draws, whose flows are filled."""
    arrivals, capacity, renewed, second_hand = tables.arrivals, drawn.capacity, rules.renewed, packs.second_hand
    fill_new_packs(members, drawn.vehicles.host.sales, tables.new, capacity, space.per_vehicle, packs)
    add_arriving_packs(members, arrivals.held, tables.entries, renewed, capacity, space.arrivals, second_hand)
    if (drawn.trade.checked[members.draws] < 1.0).any():
        add_arriving_packs(members, arrivals.free, tables.free, renewed, capacity, space.arrivals, second_hand)
