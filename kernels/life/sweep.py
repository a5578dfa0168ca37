"""All routes of a vehicle in one draw: at home, exported at every whole age, and new in the host country.

The sweep over export ages is a prefix sum at home plus one short recursion in the host country per age; no array over
(cell, age) leaves the kernel.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), sections Vehicle Lifetime, Lifetime Energy Delivered.
"""

from mcsim.kernels._jit import part_of_kernel
from mcsim.kernels.life.accounts import account_age, account_export, account_home, account_host, start_of_life
from mcsim.kernels.life.home import home_arm, time_in_service
from mcsim.kernels.life.host import host_arm
from mcsim.kernels.life.records import EXPORTED, NEW, SMALLEST_SHARE, START, USED, HomeMemory, Ledger, State, Vehicle


@part_of_kernel
def sweep_vehicle(arm, packs, use, steps, memory, cells, stays, driven):
    """Fill the cells of one vehicle at home (element 0) and exported at the ages 0, 1, ... (elements 1, 2, ...).

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
    memory : Memory
        With the survival after each export filled.
    cells : ndarray, shape (1 + n_ages, 14)
        Filled.
    stays : ndarray, shape (n_ages, 14)
        Filled if the memory has a history: the vehicles that could cross at each age, kept at home.
    driven : Driven
        Of the vehicle, filled.
    """
    home, host, after = memory.home, memory.host, memory.after
    last, recur = arm.vehicle.last, arm.answer.repair + arm.answer.swap > 0.0
    home_arm(arm, steps, packs.fade, use.discount, home)
    # The sums of the arm at home are used up here: the exports take the same memory.
    time_in_service(arm.vehicle.survival, home.sums, steps, START, last, memory.home_service)
    ledger = Ledger(cells[0], memory.running, memory.crossed)
    account_home(last, use, memory.home_service, steps, home.flow, ledger.total, driven.home)
    start_of_life(ledger.running)
    for age in range(home.state.alive.shape[0]):
        vehicle = Vehicle(after.survival[age], after.hazard[age], after.last[age])
        state = State(home.state.alive[age], home.state.curve[age], home.state.taken, home.state.count)
        # Whoever is alive at home at the age crosses. Of next to nobody nothing is told: no need to follow them.
        ledger.host[EXPORTED] = _alive_at(state, age * steps)
        if home.history.shape[0] == 0 or ledger.host[EXPORTED] >= SMALLEST_SHARE:
            crossed = host_arm(vehicle, age, packs, arm.answer, steps, state, host)
            time_in_service(vehicle.survival, host.sums, steps, age * steps, crossed.last, memory.host_service)
            account_export(
                age, crossed, recur, use, memory.host_service, steps, host.flow, ledger.host, driven.host[age]
            )
        account_age(age, arm, use, memory.home_service, steps, home, ledger, cells, stays, driven.past)


@part_of_kernel
def _alive_at(state, node):
    """Return the vehicles alive at a node: no pack of theirs was installed after it."""
    new, used = 0.0, 0.0
    for entry in range(state.count[0]):
        kind, place = state.taken[entry, 0], state.taken[entry, 1]
        if place > node:
            break
        if kind == NEW:
            new += state.alive[NEW, place]
        else:
            used += state.alive[USED, place]
    return new + used


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
