"""Retired packs: energy, mass and materials by the model year of the pack, where they go, what is recovered."""

import numpy as np

from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts_records import LANDFILL, RECYCLING, REUSE, SECOND_LIFE, TAKE_BACK

# Series of one year and origin, each [GWh by model year]: retired, collected for recycling, landfilled, taken back, held.
_RETIRED, _RECYCLED, _LANDFILLED, _TAKEN, _HELD, _BACK = 0, 1, 2, 3, 4, 5
_KWH_PER_GWH = 1e6


@kernel
def settle_packs(i, packs, contents, retired, series, queue):
    """Fill what retires in every year of draw i, and where it goes.

    Parameters
    ----------
    i : int
        Draw.
    packs : Packs
        Packs by year and model year.
    contents, retired : Contents, Retired
        What packs hold; filled.
    series : ndarray, shape (2, 6, years)
        Working space.
    queue : ndarray, shape (2, years, years)
        Working space: energy that comes back from another use, by year and model year.
    """
    years = packs.covered.shape[0]
    queue[:, :, :] = 0.0
    for year in range(years):
        for origin in range(2):
            _split_year(i, year, origin, packs, contents, retired, series[origin], queue[origin])
        _limit_recycling(i, year, contents, retired, series)
        for origin in range(2):
            _book_materials(i, year, origin, contents, retired, series[origin])


@kernel
def _split_year(i, year, origin, packs, contents, retired, series, queue):
    """Split the packs of one origin that retire or come back in one year by destination."""
    back = contents.take_back[i] if origin == 1 else 0.0
    again = min(contents.reuse[i] + contents.second_life[i], 1.0)
    number, energy, mass = 0.0, 0.0, 0.0
    replaced_number, replaced_energy, replaced_mass = 0.0, 0.0, 0.0
    for model_year in range(year + 1):
        capacity = contents.capacity[i, origin, model_year] / _KWH_PER_GWH
        if origin == 0:
            covered, later = packs.covered[year, model_year], packs.later[year, model_year]
            replaced = packs.replaced[year, model_year]
        else:
            covered, later, replaced = 0.0, packs.second[year, model_year], 0.0
        out = (covered + later) * capacity
        taken = back * out
        collected = covered * contents.covered_collection[i] + later * contents.collection[i]
        collected *= capacity * (1.0 - back)
        returning = queue[year, model_year]
        held = collected * again
        recycled = collected - held + returning * contents.return_collection[i]
        series[_RETIRED, model_year] = out
        series[_TAKEN, model_year] = taken
        series[_HELD, model_year] = held
        series[_BACK, model_year] = returning
        series[_RECYCLED, model_year] = recycled
        series[_LANDFILLED, model_year] = out - taken - held - recycled + returning
        number += covered + later
        energy += out
        mass += out * contents.mass[i, model_year]
        replaced_number += replaced
        replaced_energy += replaced * capacity
        replaced_mass += replaced * capacity * contents.mass[i, model_year]
        if held > 0.0:
            _send_back(year, model_year, held, contents.return_years[i], queue)
    # kWh times kg/kWh is kg: GWh times kg/kWh is 1000 t.
    retired.packs[i, year, origin] = number
    retired.energy[i, year, origin] = energy
    retired.mass[i, year, origin] = 1000.0 * mass
    if origin == 0:
        retired.replaced[i, year, 0] = replaced_number
        retired.replaced[i, year, 1] = replaced_energy
        retired.replaced[i, year, 2] = 1000.0 * replaced_mass


@kernel
def _send_back(year, model_year, held, duration, queue):
    """Put energy into the years in which it comes back, a part of a year split between two."""
    whole = int(duration)
    part = duration - whole
    first = year + max(whole, 1)
    last = year + max(whole + 1, 1)
    if first < queue.shape[0]:
        queue[first, model_year] += held * (1.0 - part)
    if last < queue.shape[0]:
        queue[last, model_year] += held * part


@kernel
def _limit_recycling(i, year, contents, retired, series):
    """Send to landfill what the recycling capacity of the year does not take, and book masses by destination."""
    wanted = 0.0
    for origin in range(2):
        for model_year in range(year + 1):
            wanted += 1000.0 * series[origin, _RECYCLED, model_year] * contents.mass[i, model_year]
    limit = contents.capacity_limit[i]
    taken = limit / wanted if wanted > limit else 1.0
    for origin in range(2):
        total = np.zeros(6)
        for model_year in range(year + 1):
            recycled = series[origin, _RECYCLED, model_year]
            series[origin, _RECYCLED, model_year] = recycled * taken
            series[origin, _LANDFILLED, model_year] += recycled * (1.0 - taken)
            for kind in range(6):
                total[kind] += 1000.0 * series[origin, kind, model_year] * contents.mass[i, model_year]
        again = contents.reuse[i] + contents.second_life[i]
        reused = contents.reuse[i] / again if again > 0.0 else 0.0
        destination = retired.destination[i, year, origin]
        destination[REUSE] = total[_HELD] * reused
        destination[SECOND_LIFE] = total[_HELD] * (1.0 - reused)
        destination[RECYCLING] = total[_RECYCLED]
        destination[LANDFILL] = max(total[_LANDFILLED], 0.0)
        destination[TAKE_BACK] = total[_TAKEN]
        retired.returned[i, year, origin] = total[_BACK]


@kernel
def _book_materials(i, year, origin, contents, retired, series):
    """Book the materials of one origin and year: contained, recovered, lost, held in another use."""
    contained = retired.contained[i, year, origin]
    recovered = retired.recovered[i, year, origin]
    lost = retired.lost[i, year, origin]
    held = retired.held[i, year, origin]
    contained[:] = 0.0
    recovered[:] = 0.0
    lost[:] = 0.0
    materials = contained.size
    for material in range(materials):
        held[material] = retired.held[i, year - 1, origin, material] if year > 0 else 0.0
    for model_year in range(year + 1):
        out = series[_RETIRED, model_year]
        if out == 0.0 and series[_BACK, model_year] == 0.0:
            continue
        recycled, taken = series[_RECYCLED, model_year], series[_TAKEN, model_year]
        dumped = series[_LANDFILLED, model_year]
        change = series[_HELD, model_year] - series[_BACK, model_year]
        for material in range(materials):
            content = 1000.0 * contents.composition[i, model_year, material]
            home, back = contents.home_recovery[i, material], contents.back_recovery[i, material]
            contained[material] += content * out
            recovered[material] += content * (recycled * home + taken * back)
            lost[material] += content * (recycled * (1.0 - home) + taken * (1.0 - back) + dumped)
            held[material] += content * change
