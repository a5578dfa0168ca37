"""The fleet of n draws, stage by stage: curves, pack states, home fleet, entries, new sales, imports, retired packs.

Every stage is one kernel over a block of draws that stays in cache; stages hand each other records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
    NEW,
    ORIGINS,
    POWERTRAINS,
    SECOND_HAND,
    SUPPLY,
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
from mcsim.studies.fleet.shares import Alike, Classes, Shares, each_its_own, rows_of, shares_of
from mcsim.study import IntArray

# Draws of a block: its tables (0.3 MB a draw) stay in the cache from stage to stage, its calls and slices cost little.
BLOCK = 16


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
    alike: Alike | None = None,
) -> tuple[Flows, room.Packs, room.Places]:
    """Return the flows of all draws, which packs retire when, and where those of each draw stand.

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
    alike : Alike, optional
        What draws have in common; nothing by default, and where lives are drawn or something is called after blocks.

    Returns
    -------
    Flows, Packs, Places
    """
    n, years = drawn.vehicles.host.sales.shape[:2]
    whole, aged = after is not None or sampled is not None, aged or sampled is not None
    # By demand, or up to a stock, imports fill what the stock lacks; unregistered ones are a share of it.
    apart = not aged and rules.mode == SUPPLY and not (drawn.trade.history.uplift > 0.0).any()
    shares = shares_of(each_its_own(n) if alike is None or whole else alike, apart)
    flows, packs = empty_flows(n, years, aged), empty_packs(n if with_packs else 0, years)
    size = sizes(drawn.vehicles, drawn.laws, drawn.trade, shared.gates.ever, whole)
    tables, space = (make_tables(min(BLOCK, n), size), make_space(size, aged))
    work = Work(drawn, shared, rules, size, tables, space, flows, packs if with_packs and sampled is None else None)
    packs_of, host_of, drawn_of = rows_of(packs), rows_of(flows.host), rows_of(drawn)
    for draws in filled_blocks(work, shares):
        if not whole:
            continue
        # Tables of their own: the draws of a block follow each other.
        part = slice(int(draws[0]), int(draws[-1]) + 1)
        if sampled is not None:
            retiring = packs_of(part) if with_packs else tables.packs
            of_part = sampled._replace(draws=sampled.draws[part])
            fill_lived(drawn_of(part), shared.first_stock, rules, of_part, tables, host_of(part), retiring)
        if after is not None:
            after(part, drawn_of(part), rows(tables, slice(0, len(draws))), space)
    spread(flows, shares)
    return flows, packs, room.Places(*(found.first[found.place] for found in (shares.new_packs, shares.used_packs)))


def run_retired(packs: room.Packs, places: room.Places, contents: Contents) -> Retired:
    """Return what retires and where it goes, of draws whose packs stand at these places."""
    (n, years), materials = contents.mass.shape, contents.composition.shape[2]
    retired = empty_retired(n, years, materials)
    fill_retired(packs, places, contents, pack_space(years, materials), retired)
    return retired


def run_amounts(packs: room.Packs, places: room.Places, mass: Array) -> Amounts:
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
    flows, packs, places = run_flows(drawn, shared, rules)
    return flows, run_retired(packs, places, fleet.contents)


class Work(NamedTuple):
    """What the stages of a run read and fill; `packs` are None where none are asked for, or lives are drawn."""

    drawn: Drawn
    shared: Shared
    rules: Rules
    size: Sizes
    tables: room.Tables
    space: Space
    flows: Flows
    packs: room.Packs | None


def filled_blocks(work: Work, shares: Shares) -> Iterator[IntArray]:
    """Fill the flows and the packs that retire, block by block; yield the draws whose tables and arrivals stand.

    Of the draws that share something one is filled, the first; `spread` gives flows to the others.
    """
    drawn, rules, tables, space, flows = work.drawn, work.rules, work.tables, work.space, work.flows
    table_of, sold, host = shares.tables.place, shares.sold, drawn.vehicles.host
    starts = np.arange(0, len(shares.tables.first), BLOCK)

    def blocks(found: Classes) -> Iterator[room.Members]:
        """Yield the classes that read the tables of each block."""
        for start, draws in zip(starts, found.split(table_of, starts), strict=True):
            yield room.Members(draws, table_of[draws] - start, np.arange(len(draws)))

    for start, sales, new, coming in zip(
        starts, blocks(sold), blocks(shares.new_packs), blocks(shares.came), strict=True
    ):
        fill_tables(shares.tables.first[start : start + BLOCK], work)
        fill_new_sales(sales, host, work.shared.first_stock, tables.new, rules.exposure, space.years, flows.host)
        if work.packs is not None:
            fill_new_packs(new, host.sales, tables.new, drawn.capacity, space.per_vehicle, work.packs)
        # Imports add to what was there before them.
        copy(flows.host, coming.draws, sold.first[sold.place[coming.draws]])
        for first in range(0, len(coming.draws), BLOCK):
            some = room.Members(*(values[first : first + BLOCK] for values in coming))
            fill_coming(some, work, shares, int(start))
            yield some.draws


def fill_tables(draws: IntArray, work: Work) -> None:
    """Fill what becomes of packs and vehicles, of a block of draws."""
    drawn, tables, space, rules, reach = work.drawn, work.tables, work.space, work.rules, work.size.reach
    host, laws, curves, states = drawn.vehicles.host, drawn.laws, tables.curves, tables.states
    fill_first_owners(draws, host, laws, rules.exposure, curves, space.owners, states, tables.new)
    fill_entries(draws, host, laws, curves, states.home.share, rules, reach, space.entry, tables.entries)
    if work.size.unruled:
        all_pass = curves._replace(passing=np.ones_like(curves.passing))
        fill_entries(draws, host, laws, all_pass, states.home.share, rules, reach, space.entry, tables.free)


def fill_coming(some: room.Members, work: Work, shares: Shares, start: int) -> None:
    """Fill the home fleets, the imports and the packs that these retire, of at most a block of draws.

    `start` is the first table of the block.
    """
    drawn, rules, tables, space, flows = work.drawn, work.rules, work.tables, work.space, work.flows
    homes, used, laws, vehicles = shares.homes, shares.used_packs, drawn.laws, drawn.vehicles
    # Draws come in the order of their home fleets.
    of_draws = homes.place[some.draws]
    new = np.concatenate([[True], of_draws[1:] != of_draws[:-1]])
    first, sources = homes.first[of_draws[new]], np.cumsum(new) - 1
    leaving = room.Members(first, shares.tables.place[first] - start, np.arange(len(first)))
    fill_home_fleets(
        leaving, vehicles.home, work.shared.styles, rules, laws.pass_scale, tables.states.home, tables.leavers,
        space.home, flows.home, tables.pool,
    )  # fmt: skip
    copy(flows.home, some.draws, first[sources])
    fill_imports(
        some._replace(sources=sources), drawn.trade, work.shared.gates, rules, tables.pool, tables.entries,
        tables.free, tables.arrivals, flows, space.imports,
    )  # fmt: skip
    if work.packs is None:
        return
    came = shares.came.place[some.draws[0]]
    draws = used.first[slice(*shares.used_ends[[came, came + len(some.draws)]])]
    retiring = room.Members(draws, shares.tables.place[draws] - start, shares.came.place[draws] - came)
    packs, arrivals, entries = work.packs.second_hand, tables.arrivals, tables.entries
    for values in packs:
        values[draws] = 0.0
    add_arriving_packs(retiring, arrivals.held, entries, rules.renewed, drawn.capacity, space.arrivals, packs)
    if (drawn.trade.checked[draws] < 1.0).any():
        add_arriving_packs(retiring, arrivals.free, tables.free, rules.renewed, drawn.capacity, space.arrivals, packs)


def copy(record: Iterable[Array], draws: IntArray, origins: IntArray) -> None:
    """Copy rows of every array of a record: to these draws from others, where they are others."""
    other = draws != origins
    if other.any():
        for values in record:
            values[draws[other]] = values[origins[other]]


def spread(flows: Flows, shares: Shares) -> None:
    """Give the flows of the draws that were filled to those that share them."""
    every, host = np.arange(len(shares.came.place)), flows.host
    homes, sold, came = (found.first[found.place] for found in (shares.homes, shares.sold, shares.came))
    series = host.registrations, host.gone, host.stock
    copy(flows.home, every, homes)
    copy([values[:, NEW] for values in series], every, sold)
    copy([values[:, SECOND_HAND] for values in series], every, came)
    # Ages are those of both origins: where they are told, imports of a class have its sales too.
    copy((host.age_total, host.age_groups, *flows.counts), every, came)
