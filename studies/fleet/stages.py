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
from mcsim.kernels.cohorts.materials import WORK, fill_retired
from mcsim.kernels.cohorts.new import fill_first_owners, fill_new_packs, fill_new_sales
from mcsim.kernels.cohorts.records import (
    DESTINATIONS,
    EV,
    FIRST_MATERIAL,
    HALVES,
    ORIGINS,
    POWERTRAINS,
    STYLES,
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
from mcsim.studies.fleet.series import AGE_GROUPS
from mcsim.study import IntArray

# Draws of a block: its tables (0.3 MB a draw) stay in the cache from stage to stage, its calls and slices cost little.
BLOCK = 16
# Cells of one run of a loop of vector instructions.
_RUN = 16
# Quarter-years beyond the oldest age that are looked at.
_MORE = 16


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


class Sizes(NamedTuple):
    """How far the tables of the stages reach.

    Parameters
    ----------
    years, ages : int
        Years, and ages at entry.
    home_years : int
        Model years at home.
    home_halves, host_halves : int
        Half-years of age of the oldest EV in either country.
    home_classes, host_classes : int
        Half-years in which a pack can be fitted.
    home_shifts, host_shifts : int
        Model years of packs since that of their vehicle: fitted at home, and in vehicles sold new in the host country.
    repaired : bool
        Whether imports are repaired.
    """

    years: int
    ages: int
    home_years: int
    home_halves: int
    host_halves: int
    home_classes: int
    host_classes: int
    home_shifts: int
    host_shifts: int
    repaired: bool


def sizes(drawn: Drawn, ages: int) -> Sizes:
    """Return the sizes that these draws need: the longest warranty, repairs where there are any, the oldest EV."""
    laws, home_sales = drawn.laws, drawn.vehicles.home.sales
    years, home_years = drawn.vehicles.host.sales.shape[1], home_sales.shape[1]
    ever = np.flatnonzero((home_sales[:, :, EV] > 0.0).any(axis=0))
    oldest = home_years - int(ever[0]) if ever.size else 0
    # The last half-year ends with the exposure of the year of sale, up to two, and one more is looked at.
    home_halves, host_halves = 2 * max(oldest, ages) + 4, 2 * years + 4
    # A warranty fits packs up to its end, repairs as long as vehicles live: a class each half-year, a shift a year.
    shifts = int(max(laws.home.cover.max(), laws.host.cover.max())) // 2 + 2
    home_repair, host_repair = bool(laws.home.repair.max() > 0), bool(laws.host.repair.max() > 0)
    return Sizes(
        years=years,
        ages=ages,
        home_years=home_years,
        home_halves=home_halves,
        host_halves=host_halves,
        home_classes=home_halves if home_repair else int(laws.home.cover.max()) + 1,
        host_classes=host_halves if host_repair else int(laws.host.cover.max()) + 1,
        home_shifts=max(ages + 2, shifts) if home_repair else shifts,
        host_shifts=max(years, shifts) if host_repair else shifts,
        repaired=host_repair,
    )


def make_tables(n: int, size: Sizes, unruled: bool) -> room.Tables:
    """Return room for what the stages of n draws leave each other; `unruled` where some EVs meet no rule on health."""
    years, ages = size.years, size.ages
    home_quarters, host_quarters = 2 * size.home_halves + _MORE, 2 * size.host_halves + _MORE
    # An import is older than a vehicle of the host's own by its age at entry.
    longest = max(home_quarters, host_quarters + 4 * ages)

    def curve(quarters: int) -> Array:
        return np.empty((n, quarters))

    def states(halves: int, classes: int) -> room.PackStates:
        return room.PackStates(np.empty((n, halves, classes)), np.empty((n, halves)))

    def imports() -> room.Entries:
        shifts, triangle = size.home_shifts, years * (years + 1) // 2 if size.repaired else 0
        retired = np.zeros((n, ages, years, shifts))
        return room.Entries(
            passing=np.empty((n, ages)),
            left=np.zeros((n, ages, years)),
            ev_left=np.zeros((n, ages, years)),
            retired=retired,
            retired_cells=retired.reshape(n, ages, years * shifts),
            repaired=np.zeros((n, ages, triangle)),
            repaired_number=np.zeros((n, ages, years if size.repaired else 0)),
            dead=np.zeros((n, ages, shifts)),
        )

    def coming() -> room.Coming:
        return room.Coming(np.zeros((n, years, ages)), np.zeros((n, years, ages)))

    entries, held = imports(), coming()
    combustion = room.Combustion(np.zeros((n, years, ages)), np.zeros((n, years, ages)))
    leavers = room.Leavers(*(np.empty((n, len(STYLES), size.home_years)) for _ in room.Leavers._fields))
    return room.Tables(
        curves=room.Curves(
            room.CountryCurves(curve(home_quarters), curve(home_quarters)),
            room.CountryCurves(curve(host_quarters), curve(host_quarters)),
            curve(longest),
            curve(4 * ages + _MORE),
            curve(longest),
        ),
        states=room.States(states(size.home_halves, size.home_classes), states(size.host_halves, size.host_classes)),
        leavers=leavers,
        new=room.NewVehicles(
            alive=np.empty((n, HALVES)),
            left=np.empty((n, years)),
            ev_left=np.empty((n, years)),
            covered=np.empty((n, years, size.host_shifts)),
            later=np.empty((n, years, size.host_shifts)),
            replaced=np.empty((n, years, size.host_shifts)),
        ),
        pool=np.empty((n, len(POWERTRAINS) + 1, years, ages)),
        entries=entries,
        free=imports() if unruled else entries,
        arrivals=room.Arrivals(held, coming() if unruled else held, combustion),
        packs=empty_packs(n, years),
    )


def make_space(size: Sizes, materials: int) -> room.Space:
    """Return working space for one draw after the other."""
    years, ages = size.years, size.ages
    traded = room.Traded(np.empty(size.home_classes), np.empty(size.home_classes))
    yearly, halfly = (
        room.SampledLaw(*(np.empty((step, 4 // step * (ages + years + 2))) for _ in range(2))) for step in (4, 2)
    )
    home_cells = years * size.home_shifts
    halves = 2 * years
    by_half = [np.empty(halves) for _ in range(3)]
    renewal = room.RenewalSpace(
        by_half[0], by_half[1], by_half[2], np.empty((2, years + 1)), np.empty(years), np.empty(years)
    )
    at_ends = room.YearSpace(np.empty(years + 1), np.empty(years + 1), np.empty(years), np.empty(years))
    by_age: dict[str, Any] = {name: np.empty(ages) for name in room.ImportSpace._fields}
    by_age |= {name: np.empty(ages, np.bool_) for name in ("may_give", "ev_may_give")}
    by_age |= {"in_use": np.empty((years + ages - 1, years))}
    classes = max(size.home_halves, size.host_halves)
    return room.Space(
        states=room.StateSpace(*(np.empty(classes) for _ in room.StateSpace._fields)),
        home=room.HomeSpace(np.empty(HALVES), np.empty(HALVES)),
        entry=room.EntrySpace(np.empty(2 * years + 1), np.empty(years + 1), traded, yearly, halfly, at_ends, renewal),
        imports=room.ImportSpace(**by_age),
        arrivals=room.ArrivalSpace(*(np.empty(cells) for cells in (home_cells, home_cells, years * (years + 1) // 2))),
        packs=pack_space(years, materials),
        years=np.empty(years),
        per_vehicle=room.PerVehicle(*(np.empty(years) for _ in room.PerVehicle._fields)),
    )


def empty_packs(n: int, years: int) -> room.Packs:
    """Return room for the packs that retire in n draws."""
    triangle = years * (years + 1) // 2
    return room.Packs(*(room.Retiring(np.empty((n, years)), np.empty((n, triangle))) for _ in room.Packs._fields))


def pack_space(years: int, materials: int) -> room.PackSpace:
    """Return working space for the vectors of packs."""
    origins = len(ORIGINS)
    # Whole runs of the loop over places: what is left over of one costs as much as a run.
    width = -(-(FIRST_MATERIAL + materials) // _RUN) * _RUN
    return room.PackSpace(np.empty((years, width)), np.empty((origins, years, width)), np.empty((origins, WORK, width)))


# What reads a block's tables before the next block fills them: which draws, what is drawn, tables, working space.
After = Callable[[slice, Drawn, room.Tables, room.Space], None]


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
    for part, some, tables, space in filled_blocks(drawn, shared, rules, flows):
        if sampled is not None:
            retiring = packs_of(part) if with_packs else tables.packs
            of_part = sampled._replace(draws=sampled.draws[part])
            fill_lived(some, shared.first_stock, rules, of_part, tables, host_of(part), retiring)
        elif with_packs:
            fill_packs(some, tables, space, packs_of(part))
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
        fill_packs(some, tables, space, tables.packs)
        one = fleet_of(part)
        fill_retired(tables.packs, np.arange(part.stop - part.start), one.contents, space.packs, retired_of(part))
    return flows, retired


def filled_blocks(
    drawn: Drawn, shared: Shared, rules: Rules, flows: Flows, materials: int = 0
) -> Iterator[tuple[slice, Drawn, room.Tables, room.Space]]:
    """Fill the flows block by block; yield which draws, what is drawn of them, their tables and the working space."""
    n, size = len(drawn.capacity), sizes(drawn, shared.gates.ever.size)
    whole = min(BLOCK, n)
    unruled = bool((drawn.trade.checked < 1.0).any())
    tables, space = make_tables(whole, size, unruled), make_space(size, materials)
    drawn_of, flows_of = rows_of(drawn), rows_of(flows)
    for start in range(0, n, whole):
        part = slice(start, min(start + whole, n))
        block = tables if part.stop - start == whole else rows(tables, slice(0, part.stop - start))
        some = drawn_of(part)
        fill_block(some, shared, rules, block, space, flows_of(part), unruled)
        yield part, some, block, space


def fill_block(
    drawn: Drawn,
    shared: Shared,
    rules: Rules,
    tables: room.Tables,
    space: room.Space,
    flows: Flows,
    unruled: bool,
) -> None:
    """Run the stages of a block of draws: fill their flows, and which EVs come when."""
    curves, states, new, entries = tables.curves, tables.states, tables.new, tables.entries
    (home, host), laws, pool, exposure = drawn.vehicles, drawn.laws, tables.pool, rules.exposure
    fill_first_owners(host, laws, exposure, curves, space.states, states, new)
    leavers = tables.leavers
    fill_home_fleets(home, shared.styles, rules, laws.pass_scale, states.home, leavers, space.home, flows.home, pool)
    fill_entries(host, laws, curves, states.home.share, rules, shared.gates.ever, space.entry, entries)
    free = tables.free
    if unruled:
        all_pass = curves._replace(passing=np.ones_like(curves.passing))
        fill_entries(host, laws, all_pass, states.home.share, rules, shared.gates.ever, space.entry, free)
    fill_new_sales(host, shared.first_stock, new, exposure, space.years, flows.host)
    fill_imports(drawn.trade, shared.gates, rules, pool, entries, free, tables.arrivals, flows, space.imports)


def fill_packs(drawn: Drawn, tables: room.Tables, space: room.Space, packs: room.Packs) -> None:
    """Fill the packs that retire of a block of draws, whose flows are filled."""
    arrivals, capacity = tables.arrivals, drawn.capacity
    fill_new_packs(drawn.vehicles.host.sales, tables.new, capacity, space.per_vehicle, packs)
    add_arriving_packs(arrivals.held, tables.entries, capacity, space.arrivals, packs.second_hand)
    if (drawn.trade.checked < 1.0).any():
        add_arriving_packs(arrivals.free, tables.free, capacity, space.arrivals, packs.second_hand)
