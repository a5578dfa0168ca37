"""What imports leave behind: stock and deregistrations year by year, then ages and retired packs of all years at once.

Ages and packs go by the model year of the vehicle: what imports of one model year add to a later year is summed over
their years of entry first, so that the long loops run over contiguous cells.
"""

from mcsim.kernels._jit import borrowing_kernel, part_of_kernel
from mcsim.kernels.cohorts.choice import working_share
from mcsim.kernels.cohorts.records import EV, HEV, ICEV, SECOND_HAND
from mcsim.kernels.cohorts.repaired import add_repaired_packs
from mcsim.kernels.cohorts.stock import add_scaled, push_ages, push_cohort, row_of, set_scaled


@part_of_kernel
def push_combustion(at, year, renewed, pool, left, host, coming, space):
    """Add the chosen combustion vehicles: registrations, stock, deregistrations, vehicles in use by model year.

    Where all ages have the same survival since entry (the clock starts again) they go as one cohort.

    Parameters
    ----------
    at, year, renewed : At, int, bool
        Draw, year, and whether the clock starts again.
    pool : ndarray, shape (powertrains + 1, years, ages)
        Of the draw.
    left : ndarray, shape (ages, years)
        Share in use since entry.
    host : HostFlows
        Added to.
    coming : Combustion
        Filled for the year.
    space : ImportSpace
        `icev` holds who was chosen; parted into `icev` and `hev`. `in_use` is added to.
    """
    ages = space.icev.size
    total_icev, total_hev = 0.0, 0.0
    for age in range(ages):
        combustion = space.icev[age]
        hybrid = 0.0
        # Importers do not tell hybrids from other combustion vehicles: each age's mix is the pool's.
        if combustion > 0.0 and pool[HEV, year, age] > 0.0:
            hybrid = combustion * pool[HEV, year, age] / (pool[ICEV, year, age] + pool[HEV, year, age])
        space.icev[age] = combustion - hybrid
        space.hev[age] = hybrid
        coming.icev[at.row, year, age] = combustion - hybrid
        coming.hev[at.row, year, age] = hybrid
        total_icev += combustion - hybrid
        total_hev += hybrid
    stock, gone = host.stock[at.draw, SECOND_HAND], host.gone[at.draw, SECOND_HAND]
    host.registrations[at.draw, SECOND_HAND, ICEV, year] += total_icev
    host.registrations[at.draw, SECOND_HAND, HEV, year] += total_hev
    first = 0
    while first < ages:
        icev, hev = space.icev[first], space.hev[first]
        last = first + 1
        while last < ages and icev + hev > 0.0 and renewed:
            icev += space.icev[last]
            hev += space.hev[last]
            last += 1
        if icev > 0.0:
            push_cohort(icev, left[first], year, stock[ICEV], gone[ICEV])
        if hev > 0.0:
            push_cohort(hev, left[first], year, stock[HEV], gone[HEV])
        first = last
    if space.in_use.shape[1] > 0:
        for age in range(ages):
            push_in_use(space.icev[age] + space.hev[age], left[age], year, space.in_use[year - age + ages - 1])


@part_of_kernel
def push_evs(at, year, pool, entries, host, coming, chosen, in_use):
    """Add the chosen EVs: registrations, stock, deregistrations, vehicles in use; a dead pack retires on arrival.

    Parameters
    ----------
    at, year : At, int
        Draw and year.
    pool : ndarray, shape (powertrains + 1, years, ages)
        Of the draw.
    entries, host : Entries, HostFlows
        What becomes of an import, and what is added to.
    coming : Coming
        Filled for the year.
    chosen : ndarray, shape (ages,)
        EVs.
    in_use : ndarray, shape (model years, years)
        Added to, as in `ImportSpace`.
    """
    stock, gone, ages = host.stock[at.draw, SECOND_HAND, EV], host.gone[at.draw, SECOND_HAND, EV], chosen.size
    for age in range(ages):
        ev = chosen[age]
        working = 0.0
        if ev > 0.0:
            working = ev * working_share(year, age, pool, entries.passing[at.table, age])
            host.registrations[at.draw, SECOND_HAND, EV, year] += ev
            gone[year] += ev - working
            left = entries.ev_left[at.table, age]
            push_cohort(working, left, year, stock, gone)
            push_in_use(working, left, year, in_use[year - age + ages - 1])
        coming.working[at.row, year, age] = working
        coming.dead[at.row, year, age] = ev - working


@borrowing_kernel
def push_in_use(inflow, left, start, in_use):
    """Add what is left of a cohort at the ends of the years from its entry on; nothing where ages are not asked for."""
    if inflow > 0.0 and in_use.size > 0:
        add_scaled(inflow, left, in_use[start:])


@borrowing_kernel
def push_all_ages(in_use, oldest, exposure, total, groups):
    """Add the vehicles in use of every model year to vehicle-years of age and to age groups, as in `push_ages`.

    Parameters
    ----------
    in_use : ndarray, shape (model years, years)
        By model year, the first one `oldest` years before the first year, and by year.
    oldest, exposure : int
        Highest age at entry [yr]; half-years lived at the end of the year of entry.
    total, groups : ndarray, shape (years,) and (groups, years)
        Added to.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.arrivals import push_all_ages
    >>> total, groups = np.zeros(2), np.zeros((2, 2))
    >>> push_all_ages(np.array([[2.0, 1.0]]), 4, 2, total, groups)
    >>> total.tolist(), groups.tolist()
    ([10.0, 6.0], [[2.0, 0.0], [0.0, 1.0]])
    """
    for row in range(in_use.shape[0]):
        first = row - oldest
        start = max(first, 0)
        push_ages(1.0, in_use[row, start:], start, start - first, exposure, total, groups)


@borrowing_kernel
def add_arriving_packs(members, coming, entries, renewed, capacity, space, packs):
    """Add the packs that imports retire, for every draw.

    Parameters
    ----------
    members : Members
        Draws of a block.
    coming, entries : Coming, Entries
        Who came in each of these, and what becomes of one by their tables.
    renewed : bool
        Whether the clock of survival starts again at entry.
    capacity : ndarray, shape (n, origins, years)
        As in `Contents`.
    space : ArrivalSpace
        Working space.
    packs : Retiring
        Second-hand packs; added to.
    """
    years, ages = coming.working.shape[1], coming.working.shape[2]
    shifts, retired = entries.retired.shape[3], space.retired
    for row in range(members.draws.size):
        i, place, source = members.draws[row], members.tables[row], members.sources[row]
        number, energy, working = packs.number[i], packs.energy[i], coming.working[source]
        for entered in range(years):
            for age in range(ages):
                if working[entered, age] > 0.0:
                    add_scaled(working[entered, age], entries.number[place, age], number[entered:])
        for first in range(1 - ages, years):
            # A vehicle or a pack of before the first year counts as the first year's.
            start = max(first, 0)
            entered = sum_model_year(first, working, entries.retired_cells[place], shifts, retired)
            spread_energy(capacity[i, SECOND_HAND, start], first, entered, shifts, retired, energy)
            add_dead_packs(i, first, coming.dead[source], entries.dead[place], capacity[i, SECOND_HAND, start], packs)
        if entries.fitted.early.shape[2] > 0:
            add_repaired_packs(source, place, coming, entries, renewed, capacity[i, SECOND_HAND], space.fitted, energy)


@borrowing_kernel
def sum_model_year(first, working, cells, shifts, retired):
    """Fill the packs that the imports of one model year retire; return the year in which the first of them came.

    Parameters
    ----------
    first, shifts : int
        Model year (counted from the first year), and shifts.
    working : ndarray, shape (years, ages)
        Who came.
    cells : ndarray, shape (ages, years * shifts)
        As in `Entries`, of one draw.
    retired : ndarray, shape (years * shifts,)
        Filled from that year on, by year and shift.

    Returns
    -------
    int
        The number of years where none came.
    """
    years, ages = working.shape
    first_entered = years
    for age in range(max(-first, 0), min(ages, years - first)):
        came = working[first + age, age]
        if came > 0.0:
            entered = (first + age) * shifts
            if first_entered < years:
                add_scaled(came, cells[age], retired[entered:])
            else:
                # The first who came: what they leave need not be added to 0.
                first_entered = first + age
                set_scaled(came, cells[age], retired[entered:])
    return first_entered


@borrowing_kernel
def spread_energy(kwh, first, entered, shifts, retired, energy):
    """Add the capacity of one model year's retiring packs to the model years of the packs.

    Parameters
    ----------
    kwh : float
        Capacity of a pack [kWh]: the vehicle's, for all that it ever has.
    first, entered, shifts : int
        Model year of the vehicles, year in which the first came, and shifts.
    retired : ndarray, shape (years * shifts,)
        From `sum_model_year`.
    energy : ndarray, shape (years * (years + 1) / 2,)
        Added to, as in `Retiring`.
    """
    years = retired.size // shifts
    for year in range(entered, years):
        row, cells = row_of(year), retired[year * shifts : (year + 1) * shifts]
        # No pack is fitted after the year in which it retires: cells beyond are 0.
        if first >= 0:
            add_scaled(kwh, cells, energy[row + first : row + min(first + shifts, year + 1)])
        else:
            for shift in range(min(shifts, year - first + 1)):
                energy[row + max(first + shift, 0)] += kwh * cells[shift]


@borrowing_kernel
def add_dead_packs(i, first, dead, shares, kwh, packs):
    """Add the packs of one model year's imports that came with a dead one, (years, ages): they retire on arrival."""
    years, ages, shifts = dead.shape[0], dead.shape[1], shares.shape[1]
    for age in range(max(-first, 0), min(ages, years - first)):
        year = first + age
        came = dead[year, age]
        if came > 0.0:
            for shift in range(shifts):
                retiring = came * shares[age, shift]
                packs.number[i, year] += retiring
                packs.energy[i, row_of(year) + max(min(first + shift, year), 0)] += kwh * retiring
