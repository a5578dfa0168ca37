"""The fleet of n draws, stage by stage: curves, pack states, home fleet, entries, new sales, imports, retired packs.

Every stage is one kernel over a block of draws that stays in cache; stages hand each other records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from mcsim.kernels.cohorts import room
from mcsim.kernels.cohorts.arrivals import add_arriving_packs
from mcsim.kernels.cohorts.flows import Counts, Flows, HomeFlows, HostFlows, Retired
from mcsim.kernels.cohorts.home import fill_home_fleets
from mcsim.kernels.cohorts.imports import fill_imports
from mcsim.kernels.cohorts.lived import Sampled, fill_lived
from mcsim.kernels.cohorts.materials import fill_retired
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
from mcsim.studies.fleet.memory import empty_packs, make_space, make_tables, pack_space, sizes
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


def empty_flows(n: int, years: int) -> Flows:
    """Return room for the flows of n draws; the host's and the counts are 0 so far."""
    series = n, len(ORIGINS), len(POWERTRAINS), years
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
            age_total=np.zeros((n, years)),
            age_groups=np.zeros((n, len(AGE_GROUPS), years)),
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

    Returns
    -------
    Flows, Packs
    """
    n, years = drawn.vehicles.host.sales.shape[:2]
    flows, packs = empty_flows(n, years), empty_packs(n if with_packs else 0, years)
    packs_of, host_of = rows_of(packs), rows_of(flows.host)
    for part, some, tables, space in filled_blocks(drawn, shared, rules, flows, beyond=after is not None):
        if sampled is not None:
            retiring = packs_of(part) if with_packs else tables.packs
            of_part = sampled._replace(draws=sampled.draws[part])
            fill_lived(some, shared.first_stock, rules, of_part, tables, host_of(part), retiring)
        elif with_packs:
            fill_packs(some, rules, tables, space, packs_of(part))
        if after is not None:
            after(part, some, tables, space)
    return flows, packs


def run_retired(packs: room.Packs, places: IntArray, contents: Contents) -> Retired:
    """Return what retires and where it goes, of draws whose packs stand at these places."""
    (n, years), materials = contents.mass.shape, contents.composition.shape[2]
    retired = empty_retired(n, years, materials)
    fill_retired(packs, places, contents, pack_space(years, materials), retired)
    return retired


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
    (n, years), materials = fleet.contents.mass.shape, fleet.contents.composition.shape[2]
    flows, retired = empty_flows(n, years), empty_retired(n, years, materials)
    fleet_of, retired_of = rows_of(fleet), rows_of(retired)
    for part, some, tables, space in filled_blocks(drawn, shared, rules, flows, materials):
        fill_packs(some, rules, tables, space, tables.packs)
        one = fleet_of(part)
        fill_retired(tables.packs, np.arange(part.stop - part.start), one.contents, space.packs, retired_of(part))
    return flows, retired


def filled_blocks(
    drawn: Drawn, shared: Shared, rules: Rules, flows: Flows, materials: int = 0, beyond: bool = False
) -> Iterator[tuple[slice, Drawn, room.Tables, Space]]:
    """Fill the flows block by block; yield which draws, what is drawn of them, their tables and the working space.

    `beyond` as in `sizes`.
    """
    n, size = len(drawn.capacity), sizes(drawn.vehicles, drawn.laws, shared.gates.ever, beyond)
    whole = min(BLOCK, n)
    unruled = bool((drawn.trade.checked < 1.0).any())
    tables, space = make_tables(whole, size, unruled), make_space(size, materials)
    drawn_of, flows_of = rows_of(drawn), rows_of(flows)
    for start in range(0, n, whole):
        part = slice(start, min(start + whole, n))
        block = tables if part.stop - start == whole else rows(tables, slice(0, part.stop - start))
        some = drawn_of(part)
        fill_block(some, shared, rules, block, space, flows_of(part), size.reach, unruled)
        yield part, some, block, space


def fill_block(
    drawn: Drawn,
    shared: Shared,
    rules: Rules,
    tables: room.Tables,
    space: Space,
    flows: Flows,
    reach: IntArray,
    unruled: bool,
) -> None:
    """Run the stages of a block of draws: fill their flows, and which EVs come when; `reach` as in `Sizes`."""
    curves, states, new, entries = tables.curves, tables.states, tables.new, tables.entries
    (home, host), laws, pool, exposure = drawn.vehicles, drawn.laws, tables.pool, rules.exposure
    fill_first_owners(host, laws, exposure, curves, space.owners, states, new)
    leavers = tables.leavers
    fill_home_fleets(home, shared.styles, rules, laws.pass_scale, states.home, leavers, space.home, flows.home, pool)
    fill_entries(host, laws, curves, states.home.share, rules, reach, space.entry, entries)
    free = tables.free
    if unruled:
        all_pass = curves._replace(passing=np.ones_like(curves.passing))
        fill_entries(host, laws, all_pass, states.home.share, rules, reach, space.entry, free)
    fill_new_sales(host, shared.first_stock, new, exposure, space.years, flows.host)
    fill_imports(drawn.trade, shared.gates, rules, pool, entries, free, tables.arrivals, flows, space.imports)


def fill_packs(drawn: Drawn, rules: Rules, tables: room.Tables, space: Space, packs: room.Packs) -> None:
    """Fill the packs that retire of a block of draws, whose flows are filled."""
    arrivals, capacity = tables.arrivals, drawn.capacity
    fill_new_packs(drawn.vehicles.host.sales, tables.new, capacity, space.per_vehicle, packs)
    add_arriving_packs(arrivals.held, tables.entries, rules.renewed, capacity, space.arrivals, packs.second_hand)
    if (drawn.trade.checked < 1.0).any():
        add_arriving_packs(arrivals.free, tables.free, rules.renewed, capacity, space.arrivals, packs.second_hand)
