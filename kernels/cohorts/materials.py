"""Retired packs: number, energy, mass and materials by the model year of the pack, where they go, what is recovered.

All of it is linear in packs: a pack of a model year stands for a vector (number, energy, mass, materials), a year's
retired packs are sums of such vectors, and destinations are shares of these sums.
"""

from mcsim.kernels._jit import kernel

# Places in the vector of a pack, and of a year's packs.
NUMBER, ENERGY, MASS, FIRST_MATERIAL = 0, 1, 2, 3
# Columns of the policy of a draw; see `mcsim.kernels.cohorts.records.Contents`.
COVERED_COLLECTION, COLLECTION, TAKE_BACK_SHARE, REUSE_SHARE, SECOND_LIFE_SHARE = 0, 1, 2, 3, 4
RETURN_YEARS, RETURN_COLLECTION, CAPACITY_LIMIT = 5, 6, 7
# Rows of the totals by origin: number, energy, mass; the same of those replaced under warranty; mass by destination
# (reuse, second life, recycling, landfill, take-back); mass that comes back from another use.
FIRST_REPLACED, FIRST_DESTINATION, RETURNED = 3, 6, 11
TOTALS = 12
# Rows of the working vectors of one year, by origin.
_RETIRED, _RECYCLED, _LANDFILLED, _TAKEN, _HELD, _BACK, _COVERED, _REPLACED = 0, 1, 2, 3, 4, 5, 6, 7
VECTORS = 8
_KWH_PER_GWH = 1e6
# kWh times kg/kWh is kg: GWh times kg/kWh is 1000 t.
_TONNES = 1000.0


@kernel
def fill_pack_vectors(capacity, mass, composition, vectors):
    """Fill what one pack of every model year holds.

    Parameters
    ----------
    capacity, mass : ndarray, shape (years,)
        kWh per pack and kg per kWh by model year.
    composition : ndarray, shape (years, materials)
        kg per kWh by model year.
    vectors : ndarray, shape (years, 3 + materials)
        Filled: 1, GWh, t, t of each material.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import fill_pack_vectors
    >>> vectors = np.empty((1, 4))
    >>> fill_pack_vectors(np.array([50.0]), np.array([6.0]), np.array([[0.1]]), vectors)
    >>> vectors.round(6).tolist()
    [[1.0, 5e-05, 0.3, 0.005]]
    """
    for model_year in range(capacity.size):
        energy = capacity[model_year] / _KWH_PER_GWH
        vectors[model_year, NUMBER] = 1.0
        vectors[model_year, ENERGY] = energy
        vectors[model_year, MASS] = _TONNES * energy * mass[model_year]
        for material in range(composition.shape[1]):
            vectors[model_year, FIRST_MATERIAL + material] = _TONNES * energy * composition[model_year, material]


@kernel
def add_packs(packs, last, vectors, out):
    """Fill the sum of the vectors of packs up to a model year.

    Parameters
    ----------
    packs : ndarray, shape (years,)
        Packs by model year.
    last : int
        Last model year.
    vectors : ndarray, shape (years, k)
        From `fill_pack_vectors`.
    out : ndarray, shape (k,)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import add_packs
    >>> out = np.empty(2)
    >>> add_packs(np.array([2.0, 3.0]), 1, np.array([[1.0, 0.1], [1.0, 0.2]]), out)
    >>> out.round(9).tolist()
    [5.0, 0.8]
    """
    for place in range(out.size):
        out[place] = 0.0
    for model_year in range(last + 1):
        number = packs[model_year]
        if number != 0.0:
            for place in range(out.size):
                out[place] += number * vectors[model_year, place]


@kernel
def split_packs(origin, policy, year, work, queue):
    """Split what retires or comes back in one year by destination, and put what is used again into its later years.

    Parameters
    ----------
    origin : int
        0 for new vehicles, 1 for second-hand ones.
    policy : ndarray, shape (8,)
        Columns as named in this file.
    year : int
        Year.
    work : ndarray, shape (VECTORS, k)
        Rows of retired and of covered packs are read, the others filled.
    queue : ndarray, shape (years, k)
        What comes back, by year; added to. What comes back after the last year stays out.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import VECTORS, split_packs
    >>> work, queue = np.zeros((VECTORS, 1)), np.zeros((4, 1))
    >>> work[0] = 8.0
    >>> split_packs(1, np.array([1.0, 0.5, 0.25, 0.0, 1.0, 1.25, 1.0, 9.0]), 0, work, queue)
    >>> work[1:6, 0].tolist(), queue[:, 0].tolist()
    ([0.0, 3.0, 2.0, 3.0, 0.0], [0.0, 2.25, 0.75, 0.0])
    """
    back = policy[TAKE_BACK_SHARE] if origin == 1 else 0.0
    again = min(policy[REUSE_SHARE] + policy[SECOND_LIFE_SHARE], 1.0)
    duration = max(policy[RETURN_YEARS], 1.0)
    first = year + int(duration)
    part = duration - int(duration)
    for place in range(work.shape[1]):
        out, covered, returning = work[_RETIRED, place], work[_COVERED, place], queue[year, place]
        taken = back * out
        collected = covered * policy[COVERED_COLLECTION] + (out - covered) * policy[COLLECTION]
        collected *= 1.0 - back
        held = collected * again
        recycled = collected - held + returning * policy[RETURN_COLLECTION]
        work[_TAKEN, place] = taken
        work[_HELD, place] = held
        work[_BACK, place] = returning
        work[_RECYCLED, place] = recycled
        work[_LANDFILLED, place] = max(out - taken - held - recycled + returning, 0.0)
        if held > 0.0:
            if first < queue.shape[0]:
                queue[first, place] += held * (1.0 - part)
            if first + 1 < queue.shape[0]:
                queue[first + 1, place] += held * part


@kernel
def limit_recycling(limit, work):
    """Send to landfill what the recycling capacity of the year does not take.

    Parameters
    ----------
    limit : float
        Capacity [t/yr], for both origins together.
    work : ndarray, shape (2, VECTORS, k)
        By origin, changed.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.materials import VECTORS, limit_recycling
    >>> work = np.zeros((2, VECTORS, 4))
    >>> work[:, 1, 2] = [6.0, 2.0]
    >>> limit_recycling(4.0, work)
    >>> work[:, 1, 2].tolist(), work[:, 2, 2].tolist()
    ([3.0, 1.0], [3.0, 1.0])
    """
    wanted = work[0, _RECYCLED, MASS] + work[1, _RECYCLED, MASS]
    if wanted <= limit:
        return
    refused = 1.0 - limit / wanted
    for origin in range(2):
        for place in range(work.shape[2]):
            moved = work[origin, _RECYCLED, place] * refused
            work[origin, _RECYCLED, place] -= moved
            work[origin, _LANDFILLED, place] += moved


@kernel
def book(policy, home_recovery, back_recovery, work, before, totals, contained, recovered, lost, held):
    """Fill the totals and the materials of one origin and year.

    Parameters
    ----------
    policy : ndarray, shape (8,)
        Columns as named in this file.
    home_recovery, back_recovery : ndarray, shape (materials,)
        Share recovered where packs retire, and where they are taken back to.
    work : ndarray, shape (VECTORS, k)
        Of this origin and year.
    before : ndarray, shape (materials,)
        Held at the end of the year before [t].
    totals : ndarray, shape (TOTALS,)
        Filled; rows as named in this file.
    contained, recovered, lost, held : ndarray, shape (materials,)
        Filled [t].
    """
    again = policy[REUSE_SHARE] + policy[SECOND_LIFE_SHARE]
    reused = policy[REUSE_SHARE] / again if again > 0.0 else 0.0
    for row in range(3):
        totals[row] = work[_RETIRED, row]
        totals[FIRST_REPLACED + row] = work[_REPLACED, row]
    totals[FIRST_DESTINATION] = work[_HELD, MASS] * reused
    totals[FIRST_DESTINATION + 1] = work[_HELD, MASS] * (1.0 - reused)
    totals[FIRST_DESTINATION + 2] = work[_RECYCLED, MASS]
    totals[FIRST_DESTINATION + 3] = work[_LANDFILLED, MASS]
    totals[FIRST_DESTINATION + 4] = work[_TAKEN, MASS]
    totals[RETURNED] = work[_BACK, MASS]
    for material in range(contained.size):
        place = FIRST_MATERIAL + material
        recycled, taken = work[_RECYCLED, place], work[_TAKEN, place]
        gained = recycled * home_recovery[material] + taken * back_recovery[material]
        contained[material] = work[_RETIRED, place]
        recovered[material] = gained
        lost[material] = recycled + taken - gained + work[_LANDFILLED, place]
        held[material] = before[material] + work[_HELD, place] - work[_BACK, place]


@kernel
def fill_retired(
    packs, capacity, mass, composition, home_recovery, back_recovery, policy, vectors, work, queue, nothing,
    totals, contained, recovered, lost, held,
):  # fmt: skip
    """Fill what retires in every year of every draw, and where it goes.

    Parameters
    ----------
    packs : ndarray, shape (n, 4, years, years)
        From `mcsim.kernels.cohorts.new.fill_new_sales`, with the imports'.
    capacity : ndarray, shape (n, 2, years)
        kWh per pack by origin and model year.
    mass, composition, home_recovery, back_recovery, policy : ndarray, shape (n, ...)
        See `mcsim.kernels.cohorts.records.Contents`.
    vectors, work, queue : ndarray, shape (2, years, k), (2, VECTORS, k) and (2, years, k); k = 3 + materials
        Working space.
    nothing : ndarray, shape (materials,)
        Zeros.
    totals : ndarray, shape (n, years, 2, TOTALS)
        Filled; rows as named in this file.
    contained, recovered, lost, held : ndarray, shape (n, years, 2, materials)
        Filled [t]; summed over years, contained = recovered + lost + what is held at the end.
    """
    years = packs.shape[2]
    for i in range(packs.shape[0]):
        for origin in range(2):
            fill_pack_vectors(capacity[i, origin], mass[i], composition[i], vectors[origin])
            for year in range(years):
                for place in range(queue.shape[2]):
                    queue[origin, year, place] = 0.0
        for year in range(years):
            add_packs(packs[i, 0, year], year, vectors[0], work[0, _COVERED])
            add_packs(packs[i, 1, year], year, vectors[0], work[0, _RETIRED])
            add_packs(packs[i, 3, year], year, vectors[0], work[0, _REPLACED])
            add_packs(packs[i, 2, year], year, vectors[1], work[1, _RETIRED])
            for place in range(work.shape[2]):
                work[0, _RETIRED, place] += work[0, _COVERED, place]
                work[1, _COVERED, place] = 0.0
                work[1, _REPLACED, place] = 0.0
            for origin in range(2):
                split_packs(origin, policy[i], year, work[origin], queue[origin])
            limit_recycling(policy[i, CAPACITY_LIMIT], work)
            for origin in range(2):
                before = held[i, year - 1, origin] if year > 0 else nothing
                book(
                    policy[i], home_recovery[i], back_recovery[i], work[origin], before, totals[i, year, origin],
                    contained[i, year, origin], recovered[i, year, origin], lost[i, year, origin],
                    held[i, year, origin],
                )  # fmt: skip
