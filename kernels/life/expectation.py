"""The exact expectation of all vehicles of a study, draw by draw: fleets of curves in, activity of every cell out."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, kernel, part_of_kernel
from mcsim.kernels.life.after import fill_hazard, fill_rows, last_alive, start_after
from mcsim.kernels.life.host import fill_exported
from mcsim.kernels.life.pack import fill_packs
from mcsim.kernels.life.records import (
    ABREAST,
    ACTIVITIES,
    AT_HOME,
    BEHIND,
    IN_HOST,
    NO,
    PACKS,
    Ahead,
    Answer,
    Arm,
    CountryPacks,
    Cover,
    Destination,
    Driven,
    ExportedPacks,
    Exports,
    Filled,
    HomeMemory,
    HostMemory,
    Lives,
    Memory,
    Nodes,
    PackLaw,
    PackLaws,
    Packs,
    PackTable,
    Service,
    State,
    Sums,
    Use,
    Vehicle,
)
from mcsim.kernels.life.sweep import Told, sell_in_host, sweep_vehicle
from mcsim.kernels.maths import log

_SMALLEST = 1e-300


def expected_activity(lives: Lives, given_export: bool, filled: Filled) -> None:
    """Fill the expected activity of every cell (vehicle, route, export age) of every draw.

    Parameters
    ----------
    lives : Lives
        All that decides them.
    given_export : bool
        Whether both arms of an export are restricted to the vehicles that cross.
    filled : Filled
        From `room_for`, filled: the arrays of those that stay only if `given_export`.
    """
    _fill_activity(lives, given_export, filled, memory_of_draw(lives, given_export))


def room_for(lives: Lives, n_cells: int, given_export: bool) -> Filled:
    """Return what the kernels of lives fill, not filled yet.

    Parameters
    ----------
    lives : Lives
        All that decides them.
    n_cells : int
        Number of cells.
    given_export : bool
        As in `expected_activity`.
    """
    n, n_vehicles = lives.use.home_rate.shape[:2]
    shown = n_vehicles if given_export else 0
    n_years = max(lives.use.held, lives.n_ages - 1) + 1
    driven = Driven(
        np.empty((n, n_vehicles, n_years)),
        np.empty((n, n_vehicles, lives.n_ages, n_years)),
        np.empty((n, shown, lives.n_ages, n_years)),
        np.empty((n, n_vehicles, n_years)),
    )
    return Filled(np.empty((n, n_cells, ACTIVITIES)), np.zeros((n, shown, lives.n_ages, ACTIVITIES)), driven)


def memory_of_draw(lives: Lives, given_export: bool) -> Memory:
    """Return the memory of one draw.

    Outside the kernel, since each shape of an array that a kernel makes is compiled.
    """
    steps, n_ages, n_nodes = lives.steps, lives.n_ages, lives.survival.host.shape[1]
    n_steps, wide = n_nodes - 1, n_nodes + 1
    n_years, places = n_steps // steps, (n_ages - 1) * steps + 1
    n_chemistries = lives.ageing.fade.shape[1]
    kept, kept_places = (n_ages, places) if given_export else (0, 0)
    new = np.zeros

    def sums() -> Sums:
        return Sums(*(new(wide) for _ in Sums._fields))

    return Memory(
        Nodes(*node_ages(wide, steps)),
        empty_packs(n_chemistries, n_nodes),
        _ahead(n_ages, n_nodes),
        Vehicle(np.ones((n_ages, n_nodes)), new((n_ages, n_steps)), new(n_ages, np.int64)),
        _exports(2 * places, n_nodes, max(lives.use.held, n_ages - 1) + 1),
        new(n_steps),
        HomeMemory(
            new((PACKS, wide)),
            sums(),
            new(wide),
            new((2, wide)),
            State(new((n_ages, 2, places)), new((n_ages, 2, places)), new((2 * places, 2), np.int64), new(1, np.int64)),
            new((2, kept_places, n_ages - 1 + BEHIND)),
            new((kept, n_ages - 1 + BEHIND)),
            new(n_ages - 1 + BEHIND),
            np.ones(n_ages),
        ),
        HostMemory(new((PACKS, wide)), sums(), new((PACKS, n_nodes + 9))),
        Service(new(n_years), new(n_years)),
        Service(new(n_years), new(n_years)),
        *(new(ACTIVITIES) for _ in range(3)),
    )


def _ahead(n_ages: int, n_nodes: int) -> Ahead:
    blocks = -(-n_ages // ABREAST)
    each = (blocks, ABREAST)
    return Ahead(
        survival=np.ones((blocks, n_nodes, ABREAST)),
        hazard=np.zeros((blocks, n_nodes - 1, ABREAST)),
        node=np.zeros(each, np.int64),
        start=np.zeros(each),
        given=np.ones(each),
        last=np.zeros(blocks, np.int64),
        filled=np.zeros(blocks, np.int64),
        hazards=np.zeros(blocks, np.int64),
        dead=np.zeros(ABREAST),
    )


def _exports(n_entries: int, n_nodes: int, n_years: int) -> Exports:
    def new(*shape: int) -> npt.NDArray[np.float64]:
        return np.zeros((*shape, ABREAST))

    return Exports(
        vehicles=new(n_entries),
        factor=new(n_entries),
        last=np.zeros(n_entries, np.int64),
        begin=new(n_nodes + 1),
        begin_worn=new(n_nodes + 1),
        end_worn=new(n_nodes + 1),
        rest=new(n_nodes + 1),
        rest_worn=new(n_nodes + 1),
        late=new(n_nodes + 1),
        failed=new(n_nodes + 1),
        weights=new(2, n_nodes + 9),
        first=new(),
        row=new(),
        activity=new(ACTIVITIES),
        driven=new(n_years),
    )


def empty_packs(n_chemistries: int, n_nodes: int) -> Packs:
    """Return the memory of packs, with a leading axis of chemistries."""
    shape = (n_chemistries, 2, n_nodes + 1)

    def country() -> CountryPacks:
        return CountryPacks(*(PackTable(np.ones(shape), np.zeros(shape)) for _ in CountryPacks._fields))

    each = (n_chemistries, PACKS)
    exported: tuple[Any, ...] = (
        np.ones((*each, n_nodes + 1)),
        np.zeros((*each, n_nodes + 1)),
        np.ones(each, np.int64),
        np.zeros((*each, 3, n_nodes + 9)),
        *(PackTable(np.ones(shape), np.zeros(shape)) for _ in range(2)),
    )
    return Packs(country(), country(), ExportedPacks(*exported), np.ones((*each, n_nodes + 1)))


@kernel
def node_ages(n, steps):
    """Return pack ages at the nodes by row and their logarithms, shape (2, n) each [yr]."""
    ages, log_ages = np.empty((2, n)), np.empty((2, n))
    for k in range(n):
        ages[0, k] = k / steps
        ages[1, k] = max(k - 0.5, 0.0) / steps
        log_ages[0, k] = log(max(ages[0, k], _SMALLEST))
        log_ages[1, k] = log(max(ages[1, k], _SMALLEST))
    return ages, log_ages


@part_of_kernel
def _table_of(table, c):
    return PackTable(table.survival[c], table.risk[c])


@part_of_kernel
def _country_packs_of(packs, c):
    return CountryPacks(_table_of(packs.covered, c), _table_of(packs.uncovered, c), _table_of(packs.used, c))


@part_of_kernel
def packs_of(packs, c):
    """Return the packs of one chemistry."""
    exported = packs.exported
    return Packs(
        _country_packs_of(packs.home, c),
        _country_packs_of(packs.host, c),
        ExportedPacks(
            exported.survival[c],
            exported.risk[c],
            exported.end[c],
            exported.shifted[c],
            _table_of(exported.level, c),
            _table_of(exported.used_level, c),
        ),
        packs.fade[c],
    )


@part_of_kernel
def _law_of(law, i, c):
    return PackLaw(law.shape[i, c], law.scale[i, c], law.defect[i, c])


@part_of_kernel
def use_of(use, i, v):
    """Return the driving of a vehicle in a draw."""
    return Use(use.home_rate[i, v], use.host_rate[i], use.fuel_fade[i, v], use.late_age, use.held, use.discount[i])


@part_of_kernel
def driven_of(filled, i, v, given_export):
    """Return the rows of a vehicle in a draw; no past where nobody asks for it."""
    driven = filled.driven
    past = driven.past[i, v] if given_export else driven.host[i, v, :0]
    return Driven(driven.home[i, v], driven.host[i, v], past, driven.new[i, v])


@part_of_kernel
def arm_of(lives, i, v, in_host, packs, hazard):
    """Return a vehicle where it is new in a draw: at home, or in the host country; fills its hazards.

    Both arms are one record: a vehicle new in the host country lives by its curve, laws and warranty there.
    """
    c, cover = lives.cells.chemistry[v], lives.cover
    if in_host:
        survival, law, own, end = lives.survival.host[i], lives.laws.host_covered, packs.host, cover.host[i, v]
    else:
        survival, law, own = lives.survival.home[i, lives.cells.body[v]], lives.laws.home_covered, packs.home
        end = cover.home[i, v]
    fill_hazard(survival, hazard)
    return Arm(
        Vehicle(survival, hazard, last_alive(survival)),
        _law_of(law, i, c),
        own,
        Cover(end, cover.own[i]),
        Answer(lives.answer.repair[i], lives.answer.swap[i, c]),
    )


@part_of_kernel
def fill_draw(lives, i, rows, memory):
    """Fill what the vehicles of a draw share: its packs, and survival after every export in rows if `rows`."""
    laws, ageing, to = lives.laws, lives.ageing, lives.survival.destination
    for c in range(ageing.fade.shape[1]):
        swapped = lives.answer.swap[i, c] > 0.0
        packs = packs_of(memory.packs, c)
        each = PackLaws(
            _law_of(laws.home_covered, i, c),
            _law_of(laws.home, i, c),
            _law_of(laws.host_covered, i, c),
            _law_of(laws.host, i, c),
            _law_of(laws.crossing, i, c),
        )
        fill_packs(each, swapped, ageing.used_age[i], ageing.fade[i, c], lives.steps, memory.nodes, packs)
        fill_exported(packs.host, packs.fade, packs.exported)
    law = destination_of(to, i)
    start_after(lives.steps, law, memory.ahead)
    if rows:
        fill_rows(lives.steps, law, memory.ahead, memory.after)


@part_of_kernel
def destination_of(to, i):
    """Return survival in the host country in a draw."""
    return Destination(to.kind, to.shape[i], to.scale[i], to.table[i], to.multiplier[i], to.junction)


@borrowing_kernel
def _fill_activity(lives, given_export, filled, memory):
    """Fill what `expected_activity` says, draw by draw."""
    cells, n_ages = lives.cells, memory.after.last.size
    for i in range(filled.activity.shape[0]):
        fill_draw(lives, i, NO, memory)
        for v in range(cells.first.size):
            packs = packs_of(memory.packs, cells.chemistry[v])
            use = use_of(lives.use, i, v)
            first, driven = cells.first[v], driven_of(filled, i, v, given_export)
            if cells.sold_home[v]:
                arm = arm_of(lives, i, v, AT_HOME, packs, memory.hazard)
                after = first + 1 + n_ages
                own, stays = filled.activity[i, first:after], stays_of(filled, i, v, given_export)
                law = destination_of(lives.survival.destination, i)
                sweep_vehicle(arm, packs, use, lives.steps, law, memory, Told(own, stays, driven))
                first = after
            if cells.sold_host[v]:
                twin = _same_in_host(lives, i, v)
                if twin == v:
                    arm = arm_of(lives, i, v, IN_HOST, packs, memory.hazard)
                    sell_in_host(arm, packs, use, lives.steps, memory, filled.activity[i, first], driven.new)
                else:
                    known = cells.first[twin] + (1 + n_ages if cells.sold_home[twin] else 0)
                    _copy(filled.activity[i, known], filled.driven.new[i, twin], filled.activity[i, first], driven.new)


@borrowing_kernel
def _same_in_host(lives, i, v):
    """Return the first vehicle whose life in the host country, when new there, is that of a vehicle; often its own.

    Vehicles of a chemistry share the country's curve, driving and laws there: their warranty and fuel may differ.
    """
    cells, cover, fade = lives.cells, lives.cover.host, lives.use.fuel_fade
    for other in range(v):
        same = cells.sold_host[other] and cells.chemistry[other] == cells.chemistry[v]
        if same and cover[i, other] == cover[i, v] and fade[i, other] == fade[i, v]:
            return other
    return v


@apart_kernel
def _copy(activity, driven, own_activity, own_driven):
    for column in range(own_activity.size):
        own_activity[column] = activity[column]
    for year in range(own_driven.size):
        own_driven[year] = driven[year]


@part_of_kernel
def stays_of(filled, i, v, given_export):
    """Return the vehicles that could cross, kept at home; without rows where nobody asks for them."""
    return filled.stay_activity[i, v] if given_export else filled.activity[i, :0]
