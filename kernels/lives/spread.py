"""What differs between the vehicles of one draw and route: from counted outcomes to moments, quantiles and shares."""

import numpy as np

from mcsim.kernels._jit import borrowing_kernel, inline_borrowing_kernel, kernel
from mcsim.kernels.life.records import COUNTRIES, HOME, HOST
from mcsim.kernels.life.rules import RECYCLED_IN_HOST, RETIRED_AT_HOME, fate
from mcsim.kernels.lives.records import SpreadMemory
from mcsim.kernels.lives.sample import ROUNDS
from mcsim.kernels.lives.table import (
    AFTER_LAST,
    COVERED,
    DEAD_ON_CROSSING,
    END,
    ENDS,
    FIRST,
    HOST_PACK_DEAD,
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
UNIT_FUEL_HOST = 4
UNIT_FUEL_LATE = 5
UNIT_END_HOME = 6
UNIT_END_HOST = 7
UNIT_RETIRED_HOME = 8
UNIT_RECYCLED_HOST = 9
UNIT_LANDFILLED = 10
UNITS = 11


@borrowing_kernel
def fill_accruals(use, per_kwh, energy_per_km, unit, accruals):
    """Fill what a vehicle in service runs up by year of age, by country.

    Parameters
    ----------
    use : Use
        Its driving.
    per_kwh : ndarray, shape (2, n_calendar)
        Impact of a kWh at the plug.
    energy_per_km : float
        Electricity at the plug with a new pack [kWh/km].
    unit : ndarray, shape (11,)
        Impacts per unit, columns ``UNIT_*``.
    accruals : Accruals
        Filled.
    """
    for country in range(COUNTRIES):
        rate = use.home if country == HOME else use.host
        distance, impact = 0.0, 0.0
        for year in range(rate.size):
            accruals.distance[country, year] = distance
            accruals.impact[country, year] = impact
            driven = rate[year]
            fuel = unit[UNIT_FUEL_HOME]
            if country == HOST:
                fuel = unit[UNIT_FUEL_LATE] if year >= use.late_age else unit[UNIT_FUEL_HOST]
            distance += driven
            impact += driven * (unit[UNIT_KM] + fuel * (1.0 + use.fuel_fade * (year + 0.5)))
            accruals.electricity[country, year] = driven * (per_kwh[country, min(year, use.held)] * energy_per_km)
        accruals.distance[country, rate.size] = distance
        accruals.impact[country, rate.size] = impact
        accruals.electricity[country, rate.size] = 0.0


@inline_borrowing_kernel
def _until(total, quarter, per_year):
    """Total at a quarter of a step, linear within a year."""
    year = min(quarter // per_year, total.size - 2)
    return total[year] + (total[year + 1] - total[year]) * (quarter - year * per_year) / per_year


@inline_borrowing_kernel
def _run_up(totals, quarter, crossing, per_year):
    """Total of a life that ends in a quarter and changes country in another."""
    if quarter <= crossing:
        return _until(totals[0], quarter, per_year)
    at_home = _until(totals[0], crossing, per_year)
    return at_home + _until(totals[1], quarter, per_year) - _until(totals[1], crossing, per_year)


@kernel
def fill_spread(table, counts, told, held, spread):
    """Fill the spread between the vehicles of a cell from the counts of its route.

    A life is what its last pack went through and what its packs before ran up. With one pack before, that follows from
    the place of the last one; with more, their mean over the lives counted there stands for it.

    Parameters
    ----------
    table, counts
        As in `mcsim.kernels.lives.sample.sample_route`.
    told : Told
        The vehicle, its route and what its life causes.
    held : LivesMemory
        Memory.
    spread : ndarray, shape (66,)
        Filled: columns named in this module; ages at death in bins of a year, the last one open. Impacts per km are
        over the lives that drive at all.
    """
    rows, n_rows = table.rows, held.arriving.shape[1]
    ended = 0
    for row in range(n_rows):
        ended += (rows[row, AFTER_LAST] - rows[row, FIRST]) * ROUNDS if rows[row, FIRST] >= 0 else 0
    memory = SpreadMemory(held.arriving, held.brought, held.deaths, np.empty(ended), np.empty(ended))
    spread[:] = 0.0
    memory.deaths[:] = 0
    memory.arriving[:, :] = 0.0
    memory.brought[:, :] = 0.0
    memory.arriving[0, 0] = told.n_lives
    memory.brought[0, 0] = told.n_lives * told.unit[UNIT_PACK]
    n = np.int64(0)
    # In the order of places: all lives that arrive at a row come from earlier ones.
    for place in range(told.per_kind):
        for row in range(place, n_rows, told.per_kind):
            if rows[row, FIRST] >= 0:
                n = _follow_row(row, table, counts, told, memory, spread, n)
    _fill_ages(memory.deaths, told, spread)
    _fill_impact(memory.values[:n], memory.weights[:n], told.levels, spread)


@borrowing_kernel
def _follow_row(row, table, counts, told, memory, spread, n):
    """Follow the packs of one row to their ends: hand on what they bring, or end their lives."""
    following, outcomes, rows = table.following, table.outcomes, table.rows
    per_kind, steps, node, unit, n_lives = told.per_kind, told.steps, told.node, told.unit, told.n_lives
    kind, place = row // per_kind, row % per_kind
    electricity, arriving, brought = told.accruals.electricity, memory.arriving, memory.brought
    worn = told.fade[kind + 1 if place > 0 else 0]
    start = place - 1 if place > 0 else 0
    per_year, crossing = 4 * steps, 4 * node
    country = HOST if start >= node else HOME
    used = 0.5 * worn[0] * electricity[country, start // steps] / steps if place > 0 else 0.0
    step = place
    for g in range(rows[row, FIRST], rows[row, AFTER_LAST]):
        total = counts[0, g] + counts[1, g] + counts[2, g]
        if total == 0:
            continue
        j, end, quarter = outcomes[g, STEP], outcomes[g, END], np.int64(outcomes[g, QUARTER])
        while step < j:
            used += worn[step - start] * electricity[HOST if step >= node else HOME, step // steps] / steps
            step += 1
        if j < place:
            # Dead in what is left of the step of installation, after half of it.
            stint = 0.5 * used
        elif end == DEAD_ON_CROSSING:
            stint = used
        else:
            stint = used + 0.5 * worn[j - start] * electricity[HOST if j >= node else HOME, j // steps] / steps
        stint += _disposal(end, told.born_host, unit)
        after = following[g]
        if after >= 0:
            if after < per_kind:
                stint += unit[UNIT_PACK] * exp((j + 0.5) / steps * told.discount)
            for number in range(ROUNDS):
                if counts[number, g] > 0:
                    then = 0 if place == 0 else min(number + 1, ROUNDS - 1)
                    before = brought[number, row] / arriving[number, row]
                    arriving[then, after] += counts[number, g]
                    brought[then, after] += counts[number, g] * (before + stint)
            continue
        memory.deaths[quarter] += total
        spread[PACK_DEAD_SHARE] += total / n_lives if end in (PACK_DEAD, HOST_PACK_DEAD) else 0.0
        in_host = told.born_host or end >= ENDS
        stint += unit[UNIT_VEHICLE] + unit[UNIT_END_HOST if in_host else UNIT_END_HOME]
        stint += _run_up(told.accruals.impact, quarter, crossing, per_year)
        distance = _run_up(told.accruals.distance, quarter, crossing, per_year)
        for number in range(ROUNDS):
            count = counts[number, g]
            if count == 0:
                continue
            spread[PACKS + (0 if place == 0 else number + 1)] += count / n_lives
            impact = stint + brought[number, row] / arriving[number, row]
            spread[IMPACT_LIFE] += impact * count / n_lives
            if distance > 0.0:
                memory.values[n] = impact / distance
                memory.weights[n] = count
                n += 1
    return n


@inline_borrowing_kernel
def _disposal(end, born_host, unit):
    """Impact of a pack's end."""
    covered = born_host and (end in (COVERED, VEHICLE_COVERED))
    what = fate(born_host or end >= ENDS, covered)
    if what == RETIRED_AT_HOME:
        return unit[UNIT_RETIRED_HOME]
    return unit[UNIT_RECYCLED_HOST if what == RECYCLED_IN_HOST else UNIT_LANDFILLED]


@borrowing_kernel
def _fill_ages(deaths, told, spread):
    """Fill the columns that follow from the age at death; distance rises with it, so its quantiles come in order."""
    per_year, crossing, n_lives, levels = 4 * told.steps, 4 * told.node, told.n_lives, told.levels
    driven = told.accruals.distance
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
