"""The fleet of n draws, stage by stage: curves, pack states, home fleet, entries, new sales, imports, retired packs.

Every stage is one kernel over a block of draws that stays in cache; stages hand each other records.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcsim.kernels.cohorts import room
from mcsim.kernels.cohorts.flows import Counts, Flows, HomeFlows, HostFlows, Retired
from mcsim.kernels.cohorts.home import fill_home_fleets
from mcsim.kernels.cohorts.imports import fill_imports
from mcsim.kernels.cohorts.materials import WORK, fill_retired
from mcsim.kernels.cohorts.new import fill_first_owners, fill_new_sales
from mcsim.kernels.cohorts.records import (
    DESTINATIONS,
    FIRST_MATERIAL,
    HALVES,
    ORIGINS,
    POWERTRAINS,
    QUARTERS,
    STYLES,
    Fleet,
    Laws,
    Rules,
    Shared,
)
from mcsim.kernels.cohorts.second_hand import fill_entries
from mcsim.studies.fleet.series import AGE_GROUPS

# Draws of a block: its tables (0.3 MB a draw) stay in the cache from stage to stage, its calls and slices cost little.
BLOCK = 16


def rows(record: Any, part: slice) -> Any:
    """Return a record, or a record of records, of some draws: views of the rows of every array.

    Examples
    --------
    >>> flows = HomeFlows(np.arange(4.0), np.arange(8.0).reshape(4, 2), np.arange(4.0))
    >>> rows(flows, slice(1, 2)).gone.tolist()
    [[2.0, 3.0]]
    """
    return type(record)._make(rows(field, part) if isinstance(field, tuple) else field[part] for field in record)


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


def pack_classes(laws: Laws, years: int, ages: int) -> tuple[int, int]:
    """Return the pack classes and the model years that the longest warranty needs, and repairs where there are any."""
    cover = int(max(laws.home.cover.max(), laws.host.cover.max()))
    if laws.home.repair.max() > 0 or laws.host.repair.max() > 0:
        return HALVES, years + ages
    return cover + 1, cover // 2 + 2


def make_tables(n: int, years: int, ages: int, laws: Laws, unruled: bool) -> room.Tables:
    """Return room for what the stages of n draws leave each other; `unruled` where some EVs meet no rule on health."""
    classes, shifts = pack_classes(laws, years, ages)

    def states() -> room.PackStates:
        return room.PackStates(np.empty((n, HALVES, classes)), np.empty((n, HALVES)))

    def curves() -> room.CountryCurves:
        return room.CountryCurves(np.empty((n, QUARTERS)), np.empty((n, QUARTERS)))

    def retiring() -> room.Retiring:
        return room.Retiring(np.empty((n, years, years)), np.empty((n, years, years)))

    def imports() -> room.Entries:
        return room.Entries(
            passing=np.empty((n, ages)),
            left=np.zeros((n, ages, years)),
            ev_left=np.zeros((n, ages, years)),
            retired=np.zeros((n, ages, years, shifts)),
            dead=np.zeros((n, ages, shifts)),
        )

    entries = imports()
    return room.Tables(
        curves=room.Curves(curves(), curves(), np.empty((n, QUARTERS)), np.empty((n, QUARTERS))),
        states=room.States(states(), states()),
        new=room.NewVehicles(
            alive=np.empty((n, HALVES)),
            left=np.empty((n, years)),
            ev_left=np.empty((n, years)),
            covered=np.empty((n, years, shifts)),
            later=np.empty((n, years, shifts)),
            replaced=np.empty((n, years, shifts)),
        ),
        pool=np.empty((n, len(POWERTRAINS) + 1, years, ages)),
        entries=entries,
        free=imports() if unruled else entries,
        packs=room.Packs(*(retiring() for _ in room.Packs._fields)),
    )


def make_space(fleet: Fleet, ages: int) -> room.Space:
    """Return working space for one draw after the other."""
    years, model_years = fleet.vehicles.host.sales.shape[1], fleet.vehicles.home.sales.shape[1]
    classes, _ = pack_classes(fleet.laws, years, ages)
    places = FIRST_MATERIAL + fleet.contents.composition.shape[2]
    origins = len(ORIGINS)
    leavers = room.Leavers(*(np.empty((len(STYLES), model_years)) for _ in room.Leavers._fields))
    traded = room.Traded(
        np.empty(classes),
        *(np.empty(classes + 2 * years + 2) for _ in ("running", "scaled", "start")),
    )
    by_age: list[Any] = [np.empty(ages) for _ in room.ImportSpace._fields]
    by_age[room.ImportSpace._fields.index("may_give")] = np.empty(ages, np.bool_)
    return room.Space(
        home=room.HomeSpace(np.empty((len(STYLES), HALVES)), np.empty(HALVES), leavers),
        entry=room.EntrySpace(np.empty(2 * years + 1), traded),
        imports=room.ImportSpace(*by_age),
        packs=room.PackSpace(
            vectors=np.empty((years, places)),
            queue=np.empty((origins, years, places)),
            work=np.empty((origins, WORK, places)),
        ),
        years=np.empty(years),
    )


def run_fleet(fleet: Fleet, shared: Shared, rules: Rules, with_packs: bool = True) -> tuple[Flows, Retired]:
    """Return the flows and the retired packs of all draws.

    Parameters
    ----------
    fleet, shared, rules
        See `mcsim.kernels.cohorts.records` and, of what it fills, `mcsim.kernels.cohorts.flows`.
    with_packs : bool
        Whether retired packs are wanted; without them what is returned of packs is not filled.

    Returns
    -------
    Flows, Retired
    """
    (n, years), ages = fleet.vehicles.host.sales.shape[:2], shared.gates.ever.size
    flows = empty_flows(n, years)
    retired = empty_retired(n, years, fleet.contents.composition.shape[2])
    size = min(BLOCK, n)
    unruled = bool((fleet.trade.checked < 1.0).any())
    tables, space = make_tables(size, years, ages, fleet.laws, unruled), make_space(fleet, ages)
    for start in range(0, n, size):
        part = slice(start, min(start + size, n))
        block = tables if part.stop - start == size else rows(tables, slice(0, part.stop - start))
        drawn = rows(fleet, part)
        fill_block(drawn, shared, rules, block, space, rows(flows, part), unruled)
        if with_packs:
            fill_retired(block.packs, drawn.contents, space.packs, rows(retired, part))
    return flows, retired


def fill_block(
    fleet: Fleet,
    shared: Shared,
    rules: Rules,
    tables: room.Tables,
    space: room.Space,
    flows: Flows,
    unruled: bool,
) -> None:
    """Run the stages of a block of draws: fill their flows, and when which packs retire."""
    curves, states, new, entries, packs = tables.curves, tables.states, tables.new, tables.entries, tables.packs
    (home, host), laws, pool, exposure = fleet.vehicles, fleet.laws, tables.pool, rules.exposure
    fill_first_owners(host, laws, exposure, curves, states, new)
    fill_home_fleets(home, shared.styles, rules, laws.pass_scale, states.home, space.home, flows.home, pool)
    fill_entries(host, laws, curves, states.home.share, rules, shared.gates.ever, space.entry, entries)
    free = tables.free
    if unruled:
        all_pass = curves._replace(passing=np.ones_like(curves.passing))
        fill_entries(host, laws, all_pass, states.home.share, rules, shared.gates.ever, space.entry, free)
    capacity = fleet.contents.capacity
    fill_new_sales(host, shared.first_stock, new, capacity, exposure, space.years, flows.host, packs)
    second_hand = packs.second_hand
    fill_imports(fleet.trade, shared.gates, rules, pool, entries, free, capacity, flows, second_hand, space.imports)
