"""What differs between the vehicles of one draw and route: from counted outcomes to moments, quantiles and shares."""

import numpy as np

from mcsim.kernels._jit import inline_kernel, kernel
from mcsim.kernels.lives.sample import ROUNDS
from mcsim.kernels.lives.table import (
    ABROAD_PACK_DEAD,
    AFTER_LAST,
    COVERED,
    DEAD_ON_CROSSING,
    END,
    ENDS,
    FIRST,
    PACK_DEAD,
    QUARTER,
    STEP,
    VEHICLE_COVERED,
)
from mcsim.kernels.maths import exp

# Columns of the spread between the vehicles of a cell.
DISTANCE_SD = 0
DISTANCE_QUANTILES = 1
YEARS_SD = 6
PACK_DEAD_SHARE = 7
PACKS = 8
IMPACT_KM_MEAN = 12
IMPACT_KM_SD = 13
IMPACT_KM_QUANTILES = 14
IMPACT_LIFE = 19
DEATH_AGES = 20
DEATH_BINS = 46
SPREADS = DEATH_AGES + DEATH_BINS
# Impacts of one category per unit of what a life consists of.
UNIT_VEHICLE = 0
UNIT_PACK = 1
UNIT_KM = 2
UNIT_FUEL_HOME = 3
UNIT_FUEL_ABROAD = 4
UNIT_FUEL_LATE = 5
UNIT_END_HOME = 6
UNIT_END_ABROAD = 7
UNIT_RETIRED_HOME = 8
UNIT_RECYCLED_ABROAD = 9
UNIT_LANDFILLED = 10
UNITS = 11
_QUANTILES = 5


@kernel
def fill_accruals(rates, fuel_fade, late_age, electricity, unit, accruals):
    """Fill what a vehicle in service runs up by year of age, at home (0) and abroad (1).

    Parameters
    ----------
    rates : ndarray, shape (2, n_years)
        Distance per year in service [km/yr].
    fuel_fade, late_age : float
        See `mcsim.kernels.life.sweep.sweep_vehicle`.
    electricity : ndarray, shape (2, n_calendar)
        Impact of the electricity of a km with a new pack, by year since purchase, the last year held.
    unit : ndarray, shape (11,)
        Impacts per unit, columns ``UNIT_*``.
    accruals : ndarray, shape (3, 2, n_years + 1)
        Filled: distance until each age, impact of distance and fuel until each age; impact of electricity per year
        with a new pack.
    """
    held = electricity.shape[1] - 1
    for country in range(2):
        distance, impact = 0.0, 0.0
        for year in range(rates.shape[1]):
            accruals[0, country, year] = distance
            accruals[1, country, year] = impact
            driven = rates[country, year]
            fuel = unit[UNIT_FUEL_HOME]
            if country == 1:
                fuel = unit[UNIT_FUEL_LATE] if year >= late_age else unit[UNIT_FUEL_ABROAD]
            distance += driven
            impact += driven * (unit[UNIT_KM] + fuel * (1.0 + fuel_fade * (year + 0.5)))
            accruals[2, country, year] = driven * electricity[country, min(year, held)]
        accruals[0, country, rates.shape[1]] = distance
        accruals[1, country, rates.shape[1]] = impact
        accruals[2, country, rates.shape[1]] = 0.0


@inline_kernel
def _until(total, quarter, per_year):
    """Total at a quarter of a step, linear within a year."""
    year = min(quarter // per_year, total.size - 2)
    return total[year] + (total[year + 1] - total[year]) * (quarter - year * per_year) / per_year


@inline_kernel
def _run_up(totals, quarter, crossing, per_year):
    """Total of a life that ends in a quarter and changes country in another."""
    if quarter <= crossing:
        return _until(totals[0], quarter, per_year)
    at_home = _until(totals[0], crossing, per_year)
    return at_home + _until(totals[1], quarter, per_year) - _until(totals[1], crossing, per_year)


@kernel
def fill_spread(
    table, counts, per_kind, n_lives, steps, node, born_abroad, fades, discount, unit, accruals, levels, carried,
    deaths, spread,
):  # fmt: skip
    """Fill the spread between the vehicles of a cell from the counts of its route.

    A life is what its last pack went through and what its packs before ran up. With one pack before, that follows from
    the place of the last one; with more, their mean over the lives counted there stands for it.

    Parameters
    ----------
    table, counts, per_kind
        As in `mcsim.kernels.lives.sample.sample_route`.
    n_lives, steps, node : int
        Lives; steps per year; node of the crossing.
    born_abroad : bool
        Whether the vehicle is new in the destination: covered packs are then recycled there, the others landfilled.
    fades : ndarray, shape (3, n + 2)
        Energy relative to a new pack, as in `mcsim.kernels.life.home.home_arm`.
    discount : float
        Growth of the pack's production factors, log per year.
    unit, accruals : ndarray
        As in `fill_accruals`.
    levels : ndarray, shape (5,)
        Levels of the quantiles, rising.
    carried : ndarray, shape (2, 3, n_rows)
        Scratch: lives that arrive at a row, and the impacts that they bring.
    deaths : ndarray of int64, shape (4 n + 1,)
        Scratch.
    spread : ndarray, shape (66,)
        Filled: columns named in this module; ages at death in bins of a year, the last one open. Impacts per km are
        over the lives that drive at all.
    """
    rows = table[3]
    crossing = 4 * node
    ended = 0
    for row in range(carried.shape[2]):
        ended += (rows[row, AFTER_LAST] - rows[row, FIRST]) * ROUNDS if rows[row, FIRST] >= 0 else 0
    values, weights = np.empty(ended), np.empty(ended)
    spread[:] = 0.0
    deaths[:] = 0
    carried[:, :, :] = 0.0
    carried[0, 0, 0] = n_lives
    carried[1, 0, 0] = n_lives * unit[UNIT_PACK]
    n = np.int64(0)
    for place in range(per_kind):
        for row in range(place, carried.shape[2], per_kind):
            if rows[row, FIRST] >= 0:
                n = _follow_row(
                    row, place, row // per_kind, per_kind, table, counts, steps, node, crossing, born_abroad, fades,
                    discount, unit, accruals, carried, n_lives, deaths, spread, values, weights, n,
                )  # fmt: skip
    _fill_ages(deaths, n_lives, steps, crossing, accruals[0], levels, spread)
    _fill_impact(values[:n], weights[:n], levels, spread)


@kernel
def _follow_row(
    row, place, kind, per_kind, table, counts, steps, node, crossing, born_abroad, fades, discount, unit, accruals,
    carried, n_lives, deaths, spread, values, weights, n,
):  # fmt: skip
    """Follow the packs of one row to their ends: hand on what they bring, or end their lives."""
    following, outcomes, rows = table[1], table[2], table[3]
    worn = fades[kind + 1 if place > 0 else 0]
    start = place - 1 if place > 0 else 0
    per_year = 4 * steps
    country = 1 if start >= node else 0
    used = 0.5 * worn[0] * accruals[2, country, start // steps] / steps if place > 0 else 0.0
    step = place
    for g in range(rows[row, FIRST], rows[row, AFTER_LAST]):
        total = counts[0, g] + counts[1, g] + counts[2, g]
        if total == 0:
            continue
        j, end, quarter = outcomes[g, STEP], outcomes[g, END], np.int64(outcomes[g, QUARTER])
        while step < j:
            used += worn[step - start] * accruals[2, 1 if step >= node else 0, step // steps] / steps
            step += 1
        if j < place:
            stint = 0.5 * used
        elif end == DEAD_ON_CROSSING:
            stint = used
        else:
            stint = used + 0.5 * worn[j - start] * accruals[2, 1 if j >= node else 0, j // steps] / steps
        stint += _disposal(end, born_abroad, unit)
        after = following[g]
        if after >= 0:
            if after < per_kind:
                stint += unit[UNIT_PACK] * exp((j + 0.5) / steps * discount)
            for number in range(ROUNDS):
                if counts[number, g] > 0:
                    arriving = 0 if place == 0 else min(number + 1, ROUNDS - 1)
                    brought = carried[1, number, row] / carried[0, number, row]
                    carried[0, arriving, after] += counts[number, g]
                    carried[1, arriving, after] += counts[number, g] * (brought + stint)
            continue
        deaths[quarter] += total
        spread[PACK_DEAD_SHARE] += total / n_lives if end in (PACK_DEAD, ABROAD_PACK_DEAD) else 0.0
        away = born_abroad or end >= ENDS
        stint += unit[UNIT_VEHICLE] + unit[UNIT_END_ABROAD if away else UNIT_END_HOME]
        stint += _run_up(accruals[1], quarter, crossing, per_year)
        distance = _run_up(accruals[0], quarter, crossing, per_year)
        for number in range(ROUNDS):
            count = counts[number, g]
            if count == 0:
                continue
            spread[PACKS + (0 if place == 0 else number + 1)] += count / n_lives
            impact = stint + carried[1, number, row] / carried[0, number, row]
            spread[IMPACT_LIFE] += impact * count / n_lives
            if distance > 0.0:
                values[n] = impact / distance
                weights[n] = count
                n += 1
    return n


@inline_kernel
def _disposal(end, born_abroad, unit):
    """Impact of a pack's end."""
    if born_abroad:
        return unit[UNIT_RECYCLED_ABROAD if end in (COVERED, VEHICLE_COVERED) else UNIT_LANDFILLED]
    return unit[UNIT_RETIRED_HOME if end < ENDS else UNIT_LANDFILLED]


@kernel
def _fill_ages(deaths, n_lives, steps, crossing, driven, levels, spread):
    """Fill the columns that follow from the age at death."""
    per_year = 4 * steps
    total, square, years, years_square, passed, level = 0.0, 0.0, 0.0, 0.0, 0, 0
    for quarter in range(deaths.size):
        count = deaths[quarter]
        if count == 0:
            continue
        distance, age = _run_up(driven, quarter, crossing, per_year), quarter / per_year
        total += count * distance
        square += count * distance * distance
        years += count * age
        years_square += count * age * age
        spread[DEATH_AGES + min(quarter // per_year, DEATH_BINS - 1)] += count / n_lives
        passed += count
        while level < levels.size and passed >= levels[level] * n_lives:
            spread[DISTANCE_QUANTILES + level] = distance
            level += 1
    freedom = max(n_lives - 1, 1)
    spread[DISTANCE_SD] = np.sqrt(max(square - total * total / n_lives, 0.0) / freedom)
    spread[YEARS_SD] = np.sqrt(max(years_square - years * years / n_lives, 0.0) / freedom)


@kernel
def _fill_impact(values, weights, levels, spread):
    """Fill mean, standard deviation and quantiles of the impact per km between the vehicles."""
    total = weights.sum()
    if total == 0.0:
        return
    mean = (values * weights).sum() / total
    square, passed, level = 0.0, 0.0, 0
    for place in np.argsort(values):
        square += weights[place] * (values[place] - mean) ** 2
        passed += weights[place]
        while level < levels.size and passed >= levels[level] * total:
            spread[IMPACT_KM_QUANTILES + level] = values[place]
            level += 1
    spread[IMPACT_KM_MEAN] = mean
    spread[IMPACT_KM_SD] = np.sqrt(square / max(total - 1.0, 1.0))
