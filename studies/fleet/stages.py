"""The fleet of n draws, stage by stage: laws, pack states, the US pool, entries, new sales, imports, retired packs.

Every stage is one kernel over a block of draws that stays in cache; stages hand each other arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.cohorts.imports import fill_imports
from mcsim.kernels.cohorts.materials import TOTALS, VECTORS, fill_retired
from mcsim.kernels.cohorts.new import fill_home, fill_new_sales
from mcsim.kernels.cohorts.packs import fill_laws
from mcsim.kernels.cohorts.records import (
    HALVES,
    QUARTERS,
    Contents,
    Flows,
    Laws,
    Retired,
    Rules,
    Trade,
    Vehicles,
)
from mcsim.kernels.cohorts.second_hand import fill_entries
from mcsim.kernels.cohorts.us import fill_us_fleets
from mcsim.study import FloatArray

# Draws of a block: about 0.3 MB of tables each.
BLOCK = 8
GROUPS = 5


def empty_flows(n: int, years: int) -> Flows:
    """Return room for the flows of n draws."""
    return Flows(
        registrations=np.empty((n, 6, years)),
        gone=np.empty((n, 6, years)),
        stock=np.empty((n, 6, years)),
        us_stock=np.empty((n, years, 3)),
        us_gone=np.empty((n, years, 4)),
        ages=np.empty((n, 1 + GROUPS, years)),
        counts=np.empty((n, 4, years)),
    )


def empty_retired(n: int, years: int, materials: int) -> Retired:
    """Return room for the retired packs of n draws."""
    by_material = [np.empty((n, years, 2, materials)) for _ in range(4)]
    return Retired(np.empty((n, years, 2, TOTALS)), *by_material)


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Tables of one block of draws, used again for every block."""

    law: FloatArray
    state: FloatArray
    running: FloatArray
    us_alive: FloatArray
    leavers: FloatArray
    pool: FloatArray
    alive: FloatArray
    left: FloatArray
    new: FloatArray
    entry_alive: FloatArray
    pack: FloatArray
    passing: FloatArray
    entry_left: FloatArray
    ev_left: FloatArray
    ev_retired: FloatArray
    dead: FloatArray
    packs: FloatArray
    by_year: FloatArray
    by_age: FloatArray
    vectors: FloatArray
    work: FloatArray
    queue: FloatArray
    nothing: FloatArray


def make_room(block: int, years: int, model_years: int, ages: int, materials: int, laws: Laws) -> Room:
    """Return room for a block, wide enough for the longest warranty, and for repairs where there are any."""
    cover = int(max(laws.us_cover.max(), laws.mx_cover.max()))
    repairs = bool(laws.us_repair.max() > 0 or laws.mx_repair.max() > 0)
    classes = HALVES if repairs else cover + 1
    shifts = years + ages if repairs else cover // 2 + 2
    return Room(
        law=np.empty((block, 6, QUARTERS)),
        state=np.empty((block, 2, HALVES, classes)),
        running=np.empty((block, 2, HALVES)),
        us_alive=np.empty((2, HALVES)),
        leavers=np.empty((2, 4, model_years)),
        pool=np.empty((block, 4, years, ages)),
        alive=np.empty((block, HALVES)),
        left=np.empty((block, 2, years)),
        new=np.empty((block, 3, years, shifts)),
        entry_alive=np.empty(2 * years + 1),
        pack=np.empty((5, classes + 2 * years + 2)),
        passing=np.empty((block, ages)),
        entry_left=np.zeros((block, ages, years)),
        ev_left=np.zeros((block, ages, years)),
        ev_retired=np.zeros((block, ages, years, shifts)),
        dead=np.zeros((block, ages, shifts)),
        packs=np.empty((block, 4, years, years)),
        by_year=np.empty(years),
        by_age=np.empty((6, ages)),
        vectors=np.empty((2, years, 3 + materials)),
        work=np.empty((2, VECTORS, 3 + materials)),
        queue=np.empty((2, years, 3 + materials)),
        nothing=np.zeros(materials),
    )


def entry_ages(trade: Trade) -> NDArray[np.bool_]:
    """Return the ages at which any draw may import in any year."""
    return np.asarray(
        trade.history_open.any(axis=0)
        | trade.open_age.any(axis=0)
        | (trade.history_weight > 0).any(axis=(0, 1))
        | ((trade.irregular_weight > 0).any(axis=0) & bool(trade.uplift.max() > 0)),
        np.bool_,
    )


def _first_ages(trade: Trade, ages: int) -> Trade:
    """Return the trade with its tables by age cut to the first ages: nobody enters later."""
    return trade._replace(
        history_weight=np.ascontiguousarray(trade.history_weight[:, :, :ages]),
        history_open=np.ascontiguousarray(trade.history_open[:, :ages]),
        irregular_weight=np.ascontiguousarray(trade.irregular_weight[:, :ages]),
        weight=np.ascontiguousarray(trade.weight[:, :ages]),
        open_age=np.ascontiguousarray(trade.open_age[:, :ages]),
    )


def run_fleet(vehicles: Vehicles, laws: Laws, trade: Trade, contents: Contents, rules: Rules) -> tuple[Flows, Retired]:
    """Return the flows and the retired packs of all draws.

    Parameters
    ----------
    vehicles, laws, trade, contents, rules
        See `mcsim.kernels.cohorts.records`.

    Returns
    -------
    Flows, Retired
    """
    n, years = vehicles.us_stretch.size, vehicles.mx_sales.shape[1]
    flows = empty_flows(n, years)
    retired = empty_retired(n, years, contents.composition.shape[2])
    wanted = entry_ages(trade)
    ages = int(np.flatnonzero(wanted).max(initial=0)) + 1
    trade, wanted = _first_ages(trade, ages), wanted[:ages]
    model_years, materials = vehicles.us_sales.shape[1], contents.composition.shape[2]
    room = make_room(min(BLOCK, n), years, model_years, ages, materials, laws)
    for start in range(0, n, BLOCK):
        part = slice(start, min(start + BLOCK, n))
        _block(part, vehicles, laws, trade, contents, rules, wanted, room, flows, retired)
    return flows, retired


def _block(
    part: slice,
    vehicles: Vehicles,
    laws: Laws,
    trade: Trade,
    contents: Contents,
    rules: Rules,
    wanted: NDArray[np.bool_],
    room: Room,
    flows: Flows,
    retired: Retired,
) -> None:
    size = slice(0, part.stop - part.start)
    law, state, running, pool = room.law[size], room.state[size], room.running[size], room.pool[size]
    v, w, t = vehicles, Laws._make(column[part] for column in laws), trade
    no_rule = np.isinf(w.pass_scale)
    f = Flows._make(array[part] for array in flows)
    fill_laws(w.shape, w.us_warranty, w.us_end, w.mx_warranty, w.mx_end, w.pass_shape, w.pass_scale, w.defects, law)
    fill_home(
        law, w.us_cover, w.us_repair, w.mx_cover, w.mx_repair, v.mx_shape[part], v.mx_scale[part], rules.exposure,
        room.alive[size], state, running, room.left[size], room.new[size],
    )  # fmt: skip
    fill_us_fleets(
        v.us_sales[part], v.pickup_share, v.us_survival, v.us_stretch[part], running, no_rule & rules.dead_packs,
        rules.exposure, v.us_sales.shape[1] - v.mx_sales.shape[1], room.us_alive, room.leavers, f.us_stock, f.us_gone,
        pool,
    )  # fmt: skip
    entries = room.passing[size], room.entry_left[size], room.ev_left[size], room.ev_retired[size], room.dead[size]
    fill_entries(
        wanted, law, w.shape, w.us_end, w.mx_end, w.us_cover, w.mx_repair, state, rules.renewed, v.mx_shape[part],
        v.mx_scale[part], v.life_multiplier[part], rules.exposure, room.entry_alive, room.pack, *entries,
    )  # fmt: skip
    packs = room.packs[size]
    fill_new_sales(
        v.mx_sales[part], v.initial_stock[part], v.early_sales, v.early_cohorts, room.alive[size], room.left[size],
        room.new[size], rules.exposure, room.by_year, f.registrations, f.gone, f.stock, f.ages, packs,
    )  # fmt: skip
    fill_imports(
        t.observed[part], t.uplift[part], t.uplift_year, t.history_weight[part], t.history_open,
        t.irregular_weight[part], t.weight[part], t.open_age[part], t.share[part], t.selection[part], t.ev_age[part],
        t.ev_width[part], t.combustion_cut[part], t.substitution[part], t.population[part], t.saturation[part],
        t.target[part], rules.mode, rules.whole_pool, rules.renewed, rules.exposure, pool, f.us_gone, *entries,
        room.by_age, f.registrations, f.gone, f.stock, f.ages, packs, f.counts,
    )  # fmt: skip
    fill_retired(
        packs, contents.capacity[part], contents.mass[part], contents.composition[part], contents.home_recovery[part],
        contents.back_recovery[part], contents.policy[part], room.vectors, room.work, room.queue, room.nothing,
        retired.totals[part], retired.contained[part], retired.recovered[part], retired.lost[part], retired.held[part],
    )  # fmt: skip
