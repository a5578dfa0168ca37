"""Retired packs: number, energy, mass and materials by the model year of the pack, where they go, what is recovered.

All of it is linear in kWh: a kWh of a model year stands for a vector (energy, mass, materials), a year's retired packs
are sums of such vectors beside their number, and destinations are shares of these sums.
"""

from mcsim.kernels._jit import borrowing_kernel, part_of_kernel
from mcsim.kernels.cohorts.records import (
    ENERGY,
    FIRST_MATERIAL,
    LANDFILL,
    MASS,
    NEW,
    NUMBER,
    RECYCLING,
    REUSE,
    SECOND_HAND,
    SECOND_LIFE,
    TAKE_BACK,
)
from mcsim.kernels.cohorts.stock import row_of

# Rows of the working vectors of one year.
WORK = 8
RETIRED, COVERED, REPLACED, TAKEN, HELD, BACK, RECYCLED, LANDFILLED = range(WORK)
_GWH_PER_KWH = 1e-6
# kWh times kg/kWh is kg.
_TONNES_PER_KG = 1e-3


@borrowing_kernel
def fill_pack_vectors(mass, composition, vectors):
    """Fill what a kWh of the packs of every model year holds.

    Parameters
    ----------
    mass : ndarray, shape (years,)
        kg per kWh by model year.
    composition : ndarray, shape (years, materials)
        kg per kWh by model year.
    vectors : ndarray, shape (years, 3 + materials or more)
        Filled: 0 (packs are counted, not made of kWh), GWh, t, t of each material, then 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import fill_pack_vectors
    >>> vectors = np.empty((1, 4))
    >>> fill_pack_vectors(np.array([6.0]), np.array([[0.1]]), vectors)
    >>> vectors.round(6).tolist()
    [[0.0, 1e-06, 0.006, 0.0001]]
    """
    materials = composition.shape[1]
    for model_year in range(mass.size):
        vectors[model_year, NUMBER] = 0.0
        vectors[model_year, ENERGY] = _GWH_PER_KWH
        vectors[model_year, MASS] = _TONNES_PER_KG * mass[model_year]
        for material in range(materials):
            vectors[model_year, FIRST_MATERIAL + material] = _TONNES_PER_KG * composition[model_year, material]
        for place in range(FIRST_MATERIAL + materials, vectors.shape[1]):
            vectors[model_year, place] = 0.0


@borrowing_kernel
def add_packs(number, energy, vectors, out):
    """Fill the sum of packs over model years: their number, and what their kWh hold.

    Parameters
    ----------
    number : float
        Packs.
    energy : ndarray, shape (years,)
        Their capacity by model year [kWh].
    vectors : ndarray, shape (years, k)
        From `fill_pack_vectors`.
    out : ndarray, shape (k,)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import add_packs
    >>> out = np.empty(2)
    >>> add_packs(5.0, np.array([80.0, 90.0]), np.array([[0.0, 0.1], [0.0, 0.2]]), out)
    >>> out.round(9).tolist()
    [5.0, 26.0]
    """
    for place in range(out.size):
        out[place] = 0.0
    model_year, last = 0, energy.size - 1
    # Packs retire within few years of one another: those of the warranty are of the last model years alone.
    while model_year <= last and energy[model_year] == 0.0:
        model_year += 1
    # Four at a time, in the order of model years: the running sums wait for one another less often.
    while model_year + 3 <= last:
        first, second = energy[model_year], energy[model_year + 1]
        third, fourth = energy[model_year + 2], energy[model_year + 3]
        for place in range(out.size):
            early = out[place] + first * vectors[model_year, place] + second * vectors[model_year + 1, place]
            late = early + third * vectors[model_year + 2, place]
            out[place] = late + fourth * vectors[model_year + 3, place]
        model_year += 4
    while model_year <= last:
        kwh = energy[model_year]
        for place in range(out.size):
            out[place] += kwh * vectors[model_year, place]
        model_year += 1
    out[NUMBER] = number


@part_of_kernel
def split_packs(i, origin, year, policy, work, queue):
    """Split what retires or comes back in one year by destination, and put what is used again into its later years.

    Parameters
    ----------
    i, origin, year : int
        Draw, origin of the vehicles, year.
    policy : Policy
        Of n draws.
    work : ndarray, shape (WORK, k)
        Rows of retired and of covered packs are read, the others filled.
    queue : ndarray, shape (years, k)
        What comes back, by year; added to. What comes back after the last year stays out.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import HELD, LANDFILLED, RETIRED, TAKEN, WORK, split_packs
    >>> from mcsim.kernels.cohorts.records import SECOND_HAND, Policy
    >>> work, queue = np.zeros((WORK, 1)), np.zeros((4, 1))
    >>> work[RETIRED] = 8.0
    >>> collected, half, again = (np.array([[share]]) for share in (1.0, 0.5, 1.0))
    >>> back, none = np.array([[[0.0, 0.25]]]), np.array([[0.0]])
    >>> policy = Policy(collected, half, back, none, again, np.array([1.25]), np.array([1.0]), np.array([[9.0]]))
    >>> split_packs(0, SECOND_HAND, 0, policy, work, queue)
    >>> work[[LANDFILLED, TAKEN, HELD], 0].tolist(), queue[:, 0].tolist()
    ([3.0, 2.0, 3.0], [0.0, 2.25, 0.75, 0.0])
    """
    back = policy.take_back[i, year, origin]
    again = min(policy.reuse[i, year] + policy.second_life[i, year], 1.0)
    under_cover, later = policy.covered_collection[i, year], policy.collection[i, year]
    afterwards = policy.second_collection[i]
    duration = max(policy.second_years[i], 1.0)
    # Between whole years: parted between the two about it, so that the mean stay is the duration.
    first = year + int(duration)
    part = duration - int(duration)
    for place in range(work.shape[1]):
        out, covered, returning = work[RETIRED, place], work[COVERED, place], queue[year, place]
        taken = back * out
        collected = covered * under_cover + (out - covered) * later
        collected *= 1.0 - back
        held = collected * again
        recycled = collected - held + returning * afterwards
        work[TAKEN, place] = taken
        work[HELD, place] = held
        work[BACK, place] = returning
        work[RECYCLED, place] = recycled
        # What is left over, so that destinations sum to what retires and returns; rounding must not make it negative.
        work[LANDFILLED, place] = max(out - taken - held - recycled + returning, 0.0)
    if again > 0.0:
        put_into(first, 1.0 - part, work, queue)
        put_into(first + 1, part, work, queue)


@borrowing_kernel
def put_into(year, part, work, queue):
    """Add a part of what is used again in this year to what comes back in a later one."""
    if year < queue.shape[0]:
        for place in range(queue.shape[1]):
            queue[year, place] += work[HELD, place] * part


@borrowing_kernel
def limit_recycling(limit, work):
    """Send to landfill what the recycling capacity of the year does not take.

    Parameters
    ----------
    limit : float
        Capacity [t/yr], for both origins together.
    work : ndarray, shape (origins, WORK, k)
        Changed.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import LANDFILLED, RECYCLED, WORK, limit_recycling
    >>> from mcsim.kernels.cohorts.records import MASS
    >>> work = np.zeros((2, WORK, 4))
    >>> work[:, RECYCLED, MASS] = [6.0, 2.0]
    >>> limit_recycling(4.0, work)
    >>> work[:, RECYCLED, MASS].tolist(), work[:, LANDFILLED, MASS].tolist()
    ([3.0, 1.0], [3.0, 1.0])
    """
    wanted = work[NEW, RECYCLED, MASS] + work[SECOND_HAND, RECYCLED, MASS]
    if wanted <= limit:
        return
    # One share of both origins and all places: who is turned away is an average pack.
    refused = 1.0 - limit / wanted
    for origin in range(work.shape[0]):
        for place in range(work.shape[2]):
            moved = work[origin, RECYCLED, place] * refused
            work[origin, RECYCLED, place] -= moved
            work[origin, LANDFILLED, place] += moved


@part_of_kernel
def book(i, year, origin, policy, host_recovery, home_recovery, work, retired):
    """Fill the amounts and the materials of one draw, year and origin.

    Parameters
    ----------
    i, year, origin : int
        Draw, year, origin of the vehicles.
    policy : Policy
        Of n draws.
    host_recovery, home_recovery : ndarray, shape (n, materials)
        As in `Contents`.
    work : ndarray, shape (WORK, k)
        Of this origin and year.
    retired : Retired
        Filled; years before must be.
    """
    again = policy.reuse[i, year] + policy.second_life[i, year]
    reused = policy.reuse[i, year] / again if again > 0.0 else 0.0
    for place in range(FIRST_MATERIAL):
        retired.amount[i, year, origin, place] = work[RETIRED, place]
        retired.replaced[i, year, origin, place] = work[REPLACED, place]
    destination = retired.destination[i, year, origin]
    destination[REUSE] = work[HELD, MASS] * reused
    destination[SECOND_LIFE] = work[HELD, MASS] * (1.0 - reused)
    destination[RECYCLING] = work[RECYCLED, MASS]
    destination[LANDFILL] = work[LANDFILLED, MASS]
    destination[TAKE_BACK] = work[TAKEN, MASS]
    retired.returned[i, year, origin] = work[BACK, MASS]
    for material in range(host_recovery.shape[1]):
        place = FIRST_MATERIAL + material
        recycled, taken = work[RECYCLED, place], work[TAKEN, place]
        gained = recycled * host_recovery[i, material] + taken * home_recovery[i, material]
        before = retired.held[i, year - 1, origin, material] if year > 0 else 0.0
        retired.contained[i, year, origin, material] = work[RETIRED, place]
        retired.recovered[i, year, origin, material] = gained
        retired.lost[i, year, origin, material] = recycled + taken - gained + work[LANDFILLED, place]
        retired.held[i, year, origin, material] = before + work[HELD, place] - work[BACK, place]


@part_of_kernel
def add_year(i, year, packs, vectors, out):
    """Fill the sum of one draw's packs that retire in a year, as in `add_packs`."""
    row = row_of(year)
    add_packs(packs.number[i, year], packs.energy[i, row : row + year + 1], vectors, out)


@borrowing_kernel
def fill_retired(packs, places, contents, space, retired):
    """Fill what retires in every year of every draw, and where it goes.

    Parameters
    ----------
    packs : Packs
        Of as many draws or more.
    places : Places
        Where every draw's packs stand among them.
    contents : Contents
        Of n draws.
    space : PackSpace
        Working space.
    retired : Retired
        Filled; summed over years, contained = recovered + lost + what is held at the end.
    """
    vectors, queue, work, policy = space.vectors, space.queue, space.work, contents.policy
    for i in range(contents.mass.shape[0]):
        fill_pack_vectors(contents.mass[i], contents.composition[i], vectors)
        for origin in range(queue.shape[0]):
            for year in range(queue.shape[1]):
                for place in range(queue.shape[2]):
                    queue[origin, year, place] = 0.0
        for year in range(queue.shape[1]):
            add_year(places.new[i], year, packs.covered, vectors, work[NEW, COVERED])
            add_year(places.new[i], year, packs.later, vectors, work[NEW, RETIRED])
            add_year(places.new[i], year, packs.replaced, vectors, work[NEW, REPLACED])
            add_year(places.used[i], year, packs.second_hand, vectors, work[SECOND_HAND, RETIRED])
            for place in range(queue.shape[2]):
                work[NEW, RETIRED, place] += work[NEW, COVERED, place]
                # No warranty covers an import.
                work[SECOND_HAND, COVERED, place] = 0.0
                work[SECOND_HAND, REPLACED, place] = 0.0
            for origin in range(queue.shape[0]):
                split_packs(i, origin, year, policy, work[origin], queue[origin])
            limit_recycling(policy.capacity[i, year], work)
            for origin in range(queue.shape[0]):
                book(i, year, origin, policy, contents.host_recovery, contents.home_recovery, work[origin], retired)


@borrowing_kernel
def fill_amounts(packs, places, mass, amounts):
    """Fill number, energy and mass of what retires in every year of every draw.

    Parameters
    ----------
    packs, places : Packs, Places
        As in `fill_retired`.
    mass : ndarray, shape (n, years)
        kg per kWh by model year.
    amounts : Amounts
        Filled.
    """
    for i in range(mass.shape[0]):
        amount, replaced = amounts.amount[i], amounts.replaced[i]
        for year in range(mass.shape[1]):
            for place in range(FIRST_MATERIAL):
                amount[year, NEW, place], amount[year, SECOND_HAND, place] = 0.0, 0.0
                # No warranty covers an import.
                replaced[year, NEW, place], replaced[year, SECOND_HAND, place] = 0.0, 0.0
            add_amounts(places.new[i], year, packs.covered, mass[i], amount[year, NEW])
            add_amounts(places.new[i], year, packs.later, mass[i], amount[year, NEW])
            add_amounts(places.new[i], year, packs.replaced, mass[i], replaced[year, NEW])
            add_amounts(places.used[i], year, packs.second_hand, mass[i], amount[year, SECOND_HAND])


@part_of_kernel
def add_amounts(i, year, packs, mass, out):
    """Add number, energy and mass of one draw's packs that retire in a year."""
    row = row_of(year)
    kwh, kg = sums_of(packs.energy[i, row : row + year + 1], mass)
    out[NUMBER] += packs.number[i, year]
    out[ENERGY] += _GWH_PER_KWH * kwh
    out[MASS] += _TONNES_PER_KG * kg


@borrowing_kernel
def sums_of(energy, mass):
    """Return the sum of packs' capacity over model years, and of their mass, four sums at a time.

    Parameters
    ----------
    energy : ndarray, shape (k,)
        By model year [kWh].
    mass : ndarray, shape (k or more,)
        By model year [kg/kWh].

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import sums_of
    >>> sums_of(np.array([10.0, 20.0]), np.array([6.0, 5.0]))
    (30.0, 160.0)
    """
    kwh0, kwh1, kwh2, kwh3 = 0.0, 0.0, 0.0, 0.0
    kg0, kg1, kg2, kg3 = 0.0, 0.0, 0.0, 0.0
    fours = energy.size - energy.size % 4
    for k in range(0, fours, 4):
        kwh0 += energy[k]
        kwh1 += energy[k + 1]
        kwh2 += energy[k + 2]
        kwh3 += energy[k + 3]
        kg0 += energy[k] * mass[k]
        kg1 += energy[k + 1] * mass[k + 1]
        kg2 += energy[k + 2] * mass[k + 2]
        kg3 += energy[k + 3] * mass[k + 3]
    for k in range(fours, energy.size):
        kwh0 += energy[k]
        kg0 += energy[k] * mass[k]
    return (kwh0 + kwh1) + (kwh2 + kwh3), (kg0 + kg1) + (kg2 + kg3)


@borrowing_kernel
def fill_by_route(contained, recovery, found):
    """Fill what each route of recycling would recover of all retired packs, for every draw.

    Parameters
    ----------
    contained : ndarray, shape (n, years, origins, materials)
        In the packs that retire [t].
    recovery : ndarray, shape (n, routes, materials)
        Share recovered [-].
    found : ndarray, shape (n, years, materials, routes)
        Filled [t].

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import fill_by_route
    >>> found = np.empty((1, 1, 1, 2))
    >>> fill_by_route(np.array([[[[2.0], [6.0]]]]), np.array([[[0.5], [1.0]]]), found)
    >>> found.tolist()
    [[[[4.0, 8.0]]]]
    """
    for i in range(found.shape[0]):
        for year in range(found.shape[1]):
            for material in range(found.shape[2]):
                total = 0.0
                for origin in range(contained.shape[2]):
                    total += contained[i, year, origin, material]
                for route in range(found.shape[3]):
                    found[i, year, material, route] = total * recovery[i, route, material]
