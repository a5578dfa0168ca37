"""Retired packs: energy, mass and materials by the model year of the pack, where they go, what is recovered."""

from mcsim.kernels._jit import kernel

# Rows of the working series of one origin [GWh by model year].
RETIRED, RECYCLED, LANDFILLED, TAKEN, HELD, BACK = 0, 1, 2, 3, 4, 5
# Columns of the policy of a draw; see `mcsim.kernels.cohorts_records.Contents`.
COVERED_COLLECTION, COLLECTION, TAKE_BACK_SHARE, REUSE_SHARE, SECOND_LIFE_SHARE = 0, 1, 2, 3, 4
RETURN_YEARS, RETURN_COLLECTION, CAPACITY_LIMIT = 5, 6, 7
# Rows of the totals by origin: number, energy, mass; of those replaced under warranty; by destination; come back.
NUMBER, ENERGY, MASS, FIRST_REPLACED, FIRST_DESTINATION, RETURNED = 0, 1, 2, 3, 6, 11
TOTALS = 12
_KWH_PER_GWH = 1e6
# kWh times kg/kWh is kg: GWh times kg/kWh is 1000 t.
_TONNES = 1000.0


@kernel
def send_back(year, model_year, held, duration, queue):
    """Put energy into the years in which it comes back, a part of a year split between two.

    Parameters
    ----------
    year, model_year : int
        Year in which the packs go into another use, and their model year.
    held : float
        Energy.
    duration : float
        Years in that use; at least one.
    queue : ndarray, shape (years, years)
        Added to; what comes back after the last year stays out.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts_materials import send_back
    >>> queue = np.zeros((4, 4))
    >>> send_back(0, 0, 8.0, 1.25, queue)
    >>> queue[:, 0].tolist()
    [0.0, 6.0, 2.0, 0.0]
    """
    whole = int(max(duration, 1.0))
    part = max(duration, 1.0) - whole
    if year + whole < queue.shape[0]:
        queue[year + whole, model_year] += held * (1.0 - part)
    if year + whole + 1 < queue.shape[0]:
        queue[year + whole + 1, model_year] += held * part


@kernel
def split_year(year, origin, packs, capacity, mass, policy, series, queue, totals):
    """Split the packs of one origin that retire or come back in one year by destination.

    Parameters
    ----------
    year, origin : int
        Year, and 0 for new vehicles, 1 for second-hand ones.
    packs : ndarray, shape (4, years, years)
        From `mcsim.kernels.cohorts_new.fill_new_sales`, with the imports'.
    capacity, mass : ndarray, shape (years,)
        kWh per pack and kg per kWh by model year.
    policy : ndarray, shape (8,)
        Columns as named in this file.
    series : ndarray, shape (6, years)
        Filled up to this year.
    queue : ndarray, shape (years, years)
        Added to.
    totals : ndarray, shape (TOTALS,)
        Filled: numbers, energies [GWh] and masses [t] of what retires and of what the warranty replaced.
    """
    taken_back = policy[TAKE_BACK_SHARE] if origin == 1 else 0.0
    again = min(policy[REUSE_SHARE] + policy[SECOND_LIFE_SHARE], 1.0)
    for row in range(TOTALS):
        totals[row] = 0.0
    for model_year in range(year + 1):
        covered = packs[0, year, model_year] if origin == 0 else 0.0
        later = packs[1, year, model_year] if origin == 0 else packs[2, year, model_year]
        replaced = packs[3, year, model_year] if origin == 0 else 0.0
        per_pack = capacity[model_year] / _KWH_PER_GWH
        out = (covered + later) * per_pack
        taken = taken_back * out
        collected = (covered * policy[COVERED_COLLECTION] + later * policy[COLLECTION]) * (1.0 - taken_back) * per_pack
        returning = queue[year, model_year]
        held = collected * again
        recycled = collected - held + returning * policy[RETURN_COLLECTION]
        series[RETIRED, model_year] = out
        series[TAKEN, model_year] = taken
        series[HELD, model_year] = held
        series[BACK, model_year] = returning
        series[RECYCLED, model_year] = recycled
        series[LANDFILLED, model_year] = max(out - taken - held - recycled + returning, 0.0)
        totals[NUMBER] += covered + later
        totals[ENERGY] += out
        totals[MASS] += _TONNES * out * mass[model_year]
        totals[FIRST_REPLACED] += replaced
        totals[FIRST_REPLACED + 1] += replaced * per_pack
        totals[FIRST_REPLACED + 2] += _TONNES * replaced * per_pack * mass[model_year]
        if held > 0.0:
            send_back(year, model_year, held, policy[RETURN_YEARS], queue)


@kernel
def limit_recycling(year, mass, policy, series, totals):
    """Send to landfill what the recycling capacity of the year does not take, and fill masses by destination.

    Parameters
    ----------
    year : int
        Year.
    mass : ndarray, shape (years,)
        kg per kWh by model year.
    policy : ndarray, shape (8,)
        Columns as named in this file.
    series : ndarray, shape (2, 6, years)
        By origin, changed.
    totals : ndarray, shape (2, TOTALS)
        By origin; destinations [t] filled: reuse, second life, recycling, landfill, take-back; then what comes back.
    """
    wanted = 0.0
    for origin in range(2):
        for model_year in range(year + 1):
            wanted += _TONNES * series[origin, RECYCLED, model_year] * mass[model_year]
    accepted = policy[CAPACITY_LIMIT] / wanted if wanted > policy[CAPACITY_LIMIT] else 1.0
    again = policy[REUSE_SHARE] + policy[SECOND_LIFE_SHARE]
    reused = policy[REUSE_SHARE] / again if again > 0.0 else 0.0
    for origin in range(2):
        for model_year in range(year + 1):
            tonnes = _TONNES * mass[model_year]
            refused = series[origin, RECYCLED, model_year] * (1.0 - accepted)
            series[origin, RECYCLED, model_year] -= refused
            series[origin, LANDFILLED, model_year] += refused
            held = series[origin, HELD, model_year] * tonnes
            totals[origin, FIRST_DESTINATION] += held * reused
            totals[origin, FIRST_DESTINATION + 1] += held * (1.0 - reused)
            totals[origin, FIRST_DESTINATION + 2] += series[origin, RECYCLED, model_year] * tonnes
            totals[origin, FIRST_DESTINATION + 3] += series[origin, LANDFILLED, model_year] * tonnes
            totals[origin, FIRST_DESTINATION + 4] += series[origin, TAKEN, model_year] * tonnes
            totals[origin, RETURNED] += series[origin, BACK, model_year] * tonnes


@kernel
def add_contents(year, row, composition, series, out):
    """Fill the materials of one row of the series, t.

    Parameters
    ----------
    year : int
        Last model year.
    row : int
        Row of the series.
    composition : ndarray, shape (years, materials)
        kg per kWh by model year.
    series : ndarray, shape (6, years)
        GWh by model year.
    out : ndarray, shape (materials,)
        Filled.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts_materials import add_contents
    >>> out = np.empty(1)
    >>> add_contents(1, 0, np.array([[0.1], [0.2]]), np.ones((6, 2)), out)
    >>> out.round(9).tolist()
    [300.0]
    """
    for material in range(out.size):
        out[material] = 0.0
    for model_year in range(year + 1):
        energy = _TONNES * series[row, model_year]
        if energy != 0.0:
            for material in range(out.size):
                out[material] += composition[model_year, material] * energy


@kernel
def book_materials(
    year, composition, home_recovery, back_recovery, series, before, contents, contained, recovered, lost, held
):
    """Fill the materials of one origin and year: contained, recovered, lost, held in another use.

    Parameters
    ----------
    year : int
        Year.
    composition : ndarray, shape (years, materials)
        kg per kWh by model year.
    home_recovery, back_recovery : ndarray, shape (materials,)
        Share recovered where packs retire, and where they are taken back to.
    series : ndarray, shape (6, years)
        From `split_year` and `limit_recycling`.
    before : ndarray, shape (materials,)
        Held at the end of the year before [t].
    contents : ndarray, shape (6, materials)
        Working space: contents of each row of the series.
    contained, recovered, lost, held : ndarray, shape (materials,)
        Filled [t].
    """
    for row in range(6):
        add_contents(year, row, composition, series, contents[row])
    for material in range(contained.size):
        recycled, taken = contents[RECYCLED, material], contents[TAKEN, material]
        gained = recycled * home_recovery[material] + taken * back_recovery[material]
        contained[material] = contents[RETIRED, material]
        recovered[material] = gained
        lost[material] = recycled + taken - gained + contents[LANDFILLED, material]
        held[material] = before[material] + contents[HELD, material] - contents[BACK, material]


@kernel
def fill_retired(
    packs, capacity, mass, composition, home_recovery, back_recovery, policy, series, queue, contents,
    totals, contained, recovered, lost, held,
):  # fmt: skip
    """Fill what retires in every year of every draw, and where it goes.

    Parameters
    ----------
    packs : ndarray, shape (n, 4, years, years)
        From `mcsim.kernels.cohorts_new.fill_new_sales`, with the imports'.
    capacity : ndarray, shape (n, 2, years)
        kWh per pack by origin and model year.
    mass, composition, home_recovery, back_recovery : ndarray, shape (n, ...)
        As in `book_materials`.
    policy : ndarray, shape (n, 8)
        Columns as named in this file.
    series, queue, contents : ndarray, shape (2, 6, years), (2, years, years) and (6, materials)
        Working space.
    totals : ndarray, shape (n, years, 2, TOTALS)
        Filled; rows as named in this file.
    contained, recovered, lost, held : ndarray, shape (n, years, 2, materials)
        Filled [t]; summed over years, contained = recovered + lost + what is held at the end.
    """
    years = packs.shape[2]
    for i in range(packs.shape[0]):
        for year in range(years):
            for origin in range(2):
                for model_year in range(years):
                    queue[origin, year, model_year] = 0.0
        for year in range(years):
            for origin in range(2):
                split_year(
                    year, origin, packs[i], capacity[i, origin], mass[i], policy[i], series[origin], queue[origin],
                    totals[i, year, origin],
                )  # fmt: skip
            limit_recycling(year, mass[i], policy[i], series, totals[i, year])
            for origin in range(2):
                if year == 0:
                    for material in range(held.shape[3]):
                        held[i, 0, origin, material] = 0.0
                book_materials(
                    year, composition[i], home_recovery[i], back_recovery[i], series[origin],
                    held[i, max(year - 1, 0), origin], contents, contained[i, year, origin], recovered[i, year, origin],
                    lost[i, year, origin], held[i, year, origin],
                )  # fmt: skip
