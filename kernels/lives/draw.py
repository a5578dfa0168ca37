"""Sampled lives of all vehicles of a study, draw by draw: the sampling twin of `mcsim.kernels.life.expectation`."""

import numpy as np

from mcsim.kernels._jit import FloatArray, borrowing_kernel, kernel, part_of_kernel
from mcsim.kernels.life.accounts import account_age, account_export, account_home, account_host, copy, start_of_life
from mcsim.kernels.life.expectation import arm_of, driven_of, fill_draw, memory_of_draw, packs_of, stays_of, use_of
from mcsim.kernels.life.home import home_arm, time_in_service
from mcsim.kernels.life.records import (
    AT_HOME,
    COUNTRIES,
    IN_HOST,
    NEW,
    START,
    USED,
    YES,
    Filled,
    Ledger,
    Lives,
    Vehicle,
)
from mcsim.kernels.life.sweep import without_exports
from mcsim.kernels.lives.counts import live_route
from mcsim.kernels.lives.lives import fill_home_curves, home_from_counts, host_from_counts, tally_home, tally_host
from mcsim.kernels.lives.records import Accruals, LivesMemory, Route, Sample, Sizes, Subject, Tally, Told
from mcsim.kernels.lives.sample import ROUNDS
from mcsim.kernels.lives.spread import fill_accruals, fill_spread
from mcsim.kernels.lives.table import ENDS, NEVER, new_table

# Leading bits of a word that the guides read, for the first pack and for later ones: a finer guide pays for its filling
# only from more lives than are counted one by one.
_GUIDE_BITS = (7, 4)


def sampled_activity(lives: Lives, given_export: bool, sample: Sample, filled: Filled, spread: FloatArray) -> None:
    """Fill the mean activity of every cell of every draw over sampled lives, and the spread between the vehicles.

    Parameters
    ----------
    lives, given_export, filled
        As in `mcsim.kernels.life.expectation.expected_activity`.
    sample : Sample
        What is sampled.
    spread : ndarray, shape (n, n_cells, 66)
        Filled, see `mcsim.kernels.lives.spread.fill_spread`.
    """
    _fill_sampled(lives, given_export, sample, filled, spread, memory_of_draw(lives, given_export))


@kernel
def _fill_sampled(lives, given_export, sample, filled, spread, memory):
    """Fill what `sampled_activity` says, draw by draw."""
    cells, n_steps = lives.cells, memory.hazard.size
    least = Sizes(np.int64(1), np.int64(1), np.int64(1))
    held = _new_memory(least, memory.after.last.size, n_steps, lives.steps)
    for i in range(filled.activity.shape[0]):
        fill_draw(lives, i, YES, memory)
        for v in range(cells.first.size):
            for in_host in (AT_HOME, IN_HOST):
                if not (cells.sold_host[v] if in_host else cells.sold_home[v]):
                    continue
                sizes = _expected_sizes(lives, i, v, in_host, memory)
                if not _fits(held, sizes):
                    held = _new_memory(sizes, memory.after.last.size, n_steps, lives.steps)
                _live(lives, i, v, in_host, given_export, sample, filled, spread, memory, held)


@kernel
def _new_memory(sizes, n_ages, n_steps, steps):
    """Return the memory of a vehicle's lives."""
    n_places, per_kind, n_rows = sizes.places, sizes.per_kind, sizes.rows
    table = new_table(n_rows, n_steps, *_GUIDE_BITS)
    n_years = n_steps // steps
    return LivesMemory(
        table,
        np.empty((ROUNDS, table.bounds.size), np.int64),
        np.zeros((2, n_places, n_steps + 2)),
        np.zeros((2, n_places)),
        np.ones((2, n_places)),
        np.zeros((2, n_places, n_steps, ENDS), np.int64),
        np.zeros((2, per_kind, n_steps + 1), np.int64),
        np.zeros((n_ages, 2, per_kind), np.int64),
        np.empty((2, n_steps + 2), np.int64),
        np.empty((ROUNDS, n_rows)),
        np.empty((ROUNDS, n_rows)),
        np.empty(4 * n_steps + 1, np.int64),
        Accruals(
            np.empty((COUNTRIES, n_years + 1)), np.empty((COUNTRIES, n_years + 1)), np.empty((COUNTRIES, n_years + 1))
        ),
        np.ones(n_steps + 1),
    )


@borrowing_kernel
def _expected_sizes(lives, i, v, in_host, memory):
    """Return the sizes that a vehicle's packs take: the expectation of its arm tells where packs may be installed.

    The expectation leaves the flows of packs in the memory, and `_live` begins with them.
    """
    packs = packs_of(memory.packs, lives.cells.chemistry[v])
    arm = arm_of(lives, i, v, in_host, packs, memory.hazard)
    home = without_exports(memory.home)
    home_arm(arm, lives.steps, packs.fade, lives.use.discount[i], home)
    places = np.int64(1)
    for place in range(arm.vehicle.last + 1):
        if home.flow[NEW, place] > 0.0 or home.flow[USED, place] > 0.0:
            places = place + 1
    # Packs may be installed in any step after an export where failures are answered there.
    per_kind = memory.home.curve.size if arm.answer.repair + arm.answer.swap > 0.0 else places
    return Sizes(places, per_kind, per_kind * (2 if arm.answer.swap > 0.0 else 1))


@part_of_kernel
def _fits(held, sizes):
    """Tell whether a memory has the sizes."""
    fits = held.curves.shape[1] == sizes.places and held.host_stints.shape[1] == sizes.per_kind
    return fits and held.table.rows.shape[0] == sizes.rows


@borrowing_kernel
def _live(lives, i, v, in_host, given_export, sample, filled, spread, memory, held):
    """Live one vehicle of one draw where it is new, and after every export."""
    packs = packs_of(memory.packs, lives.cells.chemistry[v])
    arm = arm_of(lives, i, v, in_host, packs, memory.hazard)
    use, driven = use_of(lives.use, i, v), driven_of(filled, i, v, given_export)
    one = Subject(
        sample.key, np.uint64(sample.draws[i]), sample.n_lives, sample.levels, sample.unit[i, v], lives.steps,
    )  # fmt: skip
    fill_home_curves(memory.home.flow, arm, lives.steps, held)
    fill_accruals(use, sample.per_kwh[i], sample.energy_per_km[i, v], one.unit, held.accruals)
    first = lives.cells.first[v]
    after = first + 1 + memory.after.last.size
    if in_host:
        cell = after if lives.cells.sold_home[v] else first
        own = filled.activity[i, cell]
        _live_in_host(arm, packs, use, one, memory, held, own, spread[i, cell], driven.new)
    else:
        cells, stays = filled.activity[i, first:after], stays_of(filled, i, v, given_export)
        _live_at_home(arm, packs, use, one, memory, held, cells, stays, spread[i, first:after], driven)


@part_of_kernel
def _route(arm, packs, one, memory, held, age, node):
    """Return the route of a vehicle that is exported at an age, or never."""
    after = memory.after
    vehicle = Vehicle(after.survival[age], after.hazard[age], after.last[age])
    per_kind = held.host_stints.shape[1]
    return Route(
        one.key, one.draw, one.steps, per_kind, arm, held.curves, held.end, held.at_end, packs.exported, vehicle, node
    )  # fmt: skip


@part_of_kernel
def _told(packs, use, one, held, node, born_host):
    """Return what the spread of a cell follows from."""
    return Told(
        one.n_lives, one.steps, held.host_stints.shape[1], node, born_host, packs.fade, use.discount, one.unit,
        held.accruals, one.levels,
    )  # fmt: skip


@part_of_kernel
def _live_at_home(arm, packs, use, one, memory, held, cells, stays, spread, driven):
    """Fill the cells of a vehicle sold at home: kept there, and exported at every age; arguments as in `sweep_vehicle`.

    The lives of all routes share their words, so they share their past to the bit.
    """
    n_ages, last, steps = memory.after.last.size, arm.vehicle.last, one.steps
    recur = arm.answer.repair + arm.answer.swap > 0.0
    live_route(_route(arm, packs, one, memory, held, START, NEVER), one.n_lives, held.table, held.outcomes)
    tally_home(held.table, held.outcomes, held.host_stints.shape[1], held.stints)
    fill_spread(held.table, held.outcomes, _told(packs, use, one, held, NEVER, AT_HOME), held, spread[0])
    for age in range(n_ages):
        node, until = age * steps, memory.after.last[age]
        live_route(_route(arm, packs, one, memory, held, age, node), one.n_lives, held.table, held.outcomes)
        fill_spread(held.table, held.outcomes, _told(packs, use, one, held, node, AT_HOME), held, spread[1 + age])
        tally = Tally(held.host_stints, held.installed, held.crossings[age])
        replaced = tally_host(held.table, held.outcomes, held.host_stints.shape[1], node, tally)
        crossed = host_from_counts(tally, replaced, one, node, until, packs.fade, memory.host)
        time_in_service(held.ones, memory.host.sums, steps, node, until, memory.host_service)
        # Each cell keeps its part after the export until the counts at home, which need all crossings, are known.
        part, years = cells[1 + age], driven.host[age]
        account_export(age, crossed, recur, use, memory.host_service, steps, memory.host.flow, part, years)
    home_from_counts(held, one, last, packs.fade, use.discount, memory.home)
    time_in_service(held.ones, memory.home.sums, steps, START, last, memory.home_service)
    total, exported = cells[0], memory.crossed
    account_home(last, use, memory.home_service, steps, memory.home.flow, total, driven.home)
    start_of_life(memory.running)
    memory.behind[:] = 0.0
    for age in range(n_ages):
        copy(cells[1 + age], exported)
        ledger = Ledger(total, memory.running, exported, memory.behind)
        account_age(age, arm, use, memory.home_service, steps, memory.home, ledger, cells, stays, driven.past)


@part_of_kernel
def _live_in_host(arm, packs, use, one, memory, held, cell, spread, driven):
    """Fill the cell of a vehicle bought new in the host country: it never crosses, and all its driving is there."""
    live_route(_route(arm, packs, one, memory, held, START, NEVER), one.n_lives, held.table, held.outcomes)
    tally_home(held.table, held.outcomes, held.host_stints.shape[1], held.stints)
    fill_spread(held.table, held.outcomes, _told(packs, use, one, held, START, IN_HOST), held, spread)
    home = without_exports(memory.home)
    covered = home_from_counts(held, one, arm.vehicle.last, packs.fade, use.discount, home)
    counted = Vehicle(held.ones, arm.vehicle.hazard, arm.vehicle.last)
    account_host(counted, covered, use, one.steps, home, memory.home_service, cell, driven)
