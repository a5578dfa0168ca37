"""All routes of a vehicle in one draw: at home, exported at every whole age, and new in the host country.

The sweep over export ages is a prefix sum at home plus a recursion in the host country for many ages at a time; no
array over (cell, age) leaves the kernel.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), sections Vehicle Lifetime, Lifetime Energy Delivered.
"""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import FloatArray, apart_kernel, part_of_kernel
from mcsim.kernels.life.accounts import account_age, account_home, account_host, start_of_life
from mcsim.kernels.life.exports import follow_exports
from mcsim.kernels.life.home import home_arm, time_in_service
from mcsim.kernels.life.records import ABREAST, ACTIVITIES, START, Driven, HomeMemory, Ledger, State

_ACTIVITIES = np.uint64(ACTIVITIES)


class Told(NamedTuple):
    """What is filled of a vehicle sold at home."""

    cells: FloatArray  # (1 + n_ages, 14) at home, and exported at the ages 0, 1, ...
    stays: FloatArray  # (n_ages, 14) if the memory has a history: vehicles that could cross at each age, kept at home
    driven: Driven


@part_of_kernel
def sweep_vehicle(arm, packs, use, steps, law, memory, told):
    """Fill the cells of one vehicle at home and exported at the ages 0, 1, ...

    Parameters
    ----------
    arm : Arm
        The vehicle at home.
    packs : Packs
        Packs of its chemistry.
    use : Use
        Its driving.
    steps : int
        Steps per year.
    law : Destination
        Survival in the host country.
    memory : Memory
        With the survival after each export begun.
    told : Told
        Filled.
    """
    home, exports, driven = memory.home, memory.exports, told.driven
    last, n_ages = arm.vehicle.last, memory.home.state.alive.shape[0]
    home_arm(arm, steps, packs.fade, use.discount, home)
    time_in_service(arm.vehicle.survival, home.sums, steps, START, last, memory.home_service)
    ledger = Ledger(told.cells[0], memory.running, memory.crossed, memory.behind)
    account_home(last, use, memory.home_service, steps, home.flow, ledger.total, driven.home)
    start_of_life(ledger.running)
    ledger.past[:] = 0.0
    for block in range(memory.ahead.last.size):
        follow_exports(block, packs, arm.answer, use, steps, law, home.state, memory.ahead, exports)
        for lane in range(min(ABREAST, n_ages - block * ABREAST)):
            age = block * ABREAST + lane
            _take(exports.activity, exports.driven, lane, ledger.host, driven.host[age])
            account_age(age, arm, use, memory.home_service, steps, home, ledger, told.cells, told.stays, driven.past)


@apart_kernel
def _take(activity, driven, lane, host, row):
    """Take what is told of one export age out of its block."""
    for column in range(_ACTIVITIES):
        host[column] = activity[column, lane]
    for year in range(row.size):
        row[year] = driven[year, lane]


@part_of_kernel
def without_exports(memory):
    """Return the memory of an arm without any place for exports: nothing is left for them."""
    state = State(memory.state.alive[:0], memory.state.curve[:0], memory.state.taken, memory.state.count)
    return HomeMemory(
        memory.flow,
        memory.sums,
        memory.curve,
        memory.link,
        state,
        memory.past,
        memory.history[:0],
        memory.behind,
        memory.ones,
    )


@part_of_kernel
def sell_in_host(arm, packs, use, steps, memory, cell, driven):
    """Fill the cell of a vehicle bought new in the host country: parameters as in `sweep_vehicle`."""
    home = without_exports(memory.home)
    covered = home_arm(arm, steps, packs.fade, use.discount, home)
    account_host(arm.vehicle, covered, use, steps, home, memory.home_service, cell, driven)
