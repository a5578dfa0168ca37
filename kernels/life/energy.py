"""What electricity brings in a life: distance by year of age times what a km brings in that calendar year.

Lives say how far vehicles drive in each year of age (`Driven`), the grid what a kWh brings in each calendar year. The
map from one to the other is linear, so where only the grid has changed no life has to be lived again.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Lifetime Energy Delivered.
"""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import FloatArray, borrowing_kernel
from mcsim.kernels.life.records import COUNTRIES, EXPORTED, HOME, HOST, SMALLEST_SHARE, Cells, Filled, IntArray

# Rows of channels come in parts of so many, whole vector registers: a loop over a part has a known length and no rest.
LANES = 16
_LANES = np.uint64(LANES)
_1, _2, _3, _4, _5, _6, _7, _8 = (np.uint64(place) for place in range(1, 9))


def padded(channels: int) -> int:
    """Return the length of a row that holds so many channels.

    Examples
    --------
    >>> from mcsim.kernels.life.energy import padded
    >>> padded(12), padded(20)
    (16, 32)
    """
    return -(-channels // LANES) * LANES


class Plug(NamedTuple):
    """What a km brings: a kWh at the plug, and the kWh that a km takes with a new pack."""

    channels: FloatArray  # (n, 2, n_calendar, n_channels) by country and years since purchase; n_channels from `padded`
    energy_per_km: FloatArray  # (m, n_vehicles) [kWh/km]


class Rows(NamedTuple):
    """Which row each of m draws takes of what several may share."""

    lives: IntArray  # (m,)
    plug: IntArray  # (m,) of the channels


class Parts(NamedTuple):
    """Memory of one vehicle's channels, `LANES` at a time."""

    factors: FloatArray  # (2, n_calendar, LANES)
    host: FloatArray  # (n_ages, LANES) after the export at each age
    past: FloatArray  # (n_ages, LANES) before it
    total: FloatArray  # (LANES,) whole lives at home
    running: FloatArray  # (LANES,) life at home up to an age


def fill_energy(
    cells: Cells,
    filled: Filled,
    given_export: bool,
    plug: Plug,
    rows: Rows,
    energy: FloatArray,
    stay_energy: FloatArray,
) -> None:
    """Fill what electricity brings in every cell.

    Parameters
    ----------
    cells : Cells
        The vehicles.
    filled : Filled
        From `mcsim.kernels.life.expectation.expected_activity` or `mcsim.kernels.lives.draw.sampled_activity`.
    given_export : bool
        As there.
    plug : Plug
        What a km brings.
    rows : Rows
        Which rows the draws take.
    energy : ndarray, shape (m, n_cells, n_channels)
        Filled.
    stay_energy : ndarray, shape (m, n_vehicles, n_ages, n_channels)
        Filled with the vehicles that could cross, kept at home; no vehicles unless `given_export`.
    """
    n_ages, n_calendar = filled.driven.host.shape[2], plug.channels.shape[2]
    parts = Parts(
        np.empty((COUNTRIES, n_calendar, LANES)),
        np.empty((n_ages, LANES)),
        np.empty((n_ages, LANES)),
        np.empty(LANES),
        np.empty(LANES),
    )
    _fill_energy(cells, filled, given_export, plug, rows, parts, energy, stay_energy)


@borrowing_kernel
def _fill_energy(cells, filled, given_export, plug, rows, parts, energy, stay_energy):
    """Fill what `fill_energy` says, draw by draw."""
    n_ages = filled.driven.host.shape[2]
    for i in range(energy.shape[0]):
        row = rows.lives[i]
        for v in range(cells.first.size):
            for part in range(np.uint64(0), np.uint64(energy.shape[2]), _LANES):
                _fill_factors(plug.channels[rows.plug[i]], plug.energy_per_km[i, v], part, parts.factors)
                first = cells.first[v]
                if cells.sold_home[v]:
                    _sum_home(filled.driven.home[row, v], filled.driven.host[row, v], parts)
                    if given_export:
                        _sum_past(filled.driven.past[row, v], parts)
                        own = filled.activity[row, first : first + 1 + n_ages, EXPORTED]
                        _fill_given(own, filled.driven.home[row, v], part, parts, energy[i, first:], stay_energy[i, v])
                    else:
                        _fill_cohort(filled.driven.home[row, v], part, parts, energy[i, first:])
                    first += 1 + n_ages
                if cells.sold_host[v]:
                    _sum(filled.driven.new[row, v], parts.factors[HOST], parts.total)
                    for lane in range(_LANES):
                        energy[i, first, part + lane] = parts.total[lane]


@borrowing_kernel
def _fill_factors(channels, energy_per_km, part, factors):
    for country in range(COUNTRIES):
        for year in range(factors.shape[1]):
            for lane in range(_LANES):
                factors[country, year, lane] = channels[country, year, part + lane] * energy_per_km


@borrowing_kernel
def _bring(driven, first, last, factors, total):
    """Fill what the years [first, last) and those past the last one known bring.

    Eight sums side by side that no store interrupts: they become one vector register, each in the order of the years.
    """
    held = np.uint64(factors.shape[0] - 1)
    beyond, begin, end = driven[driven.size - 1], np.uint64(first), np.uint64(max(first, last))
    for k in range(np.uint64(0), _LANES, _8):
        a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for year in range(begin, end):
            distance = driven[year]
            a += distance * factors[year, k]
            b += distance * factors[year, k + _1]
            c += distance * factors[year, k + _2]
            d += distance * factors[year, k + _3]
            e += distance * factors[year, k + _4]
            f += distance * factors[year, k + _5]
            g += distance * factors[year, k + _6]
            h += distance * factors[year, k + _7]
        # These hold its value: one row for all of them.
        if beyond > 0.0:
            a += beyond * factors[held, k]
            b += beyond * factors[held, k + _1]
            c += beyond * factors[held, k + _2]
            d += beyond * factors[held, k + _3]
            e += beyond * factors[held, k + _4]
            f += beyond * factors[held, k + _5]
            g += beyond * factors[held, k + _6]
            h += beyond * factors[held, k + _7]
        total[k], total[k + _1], total[k + _2], total[k + _3] = a, b, c, d
        total[k + _4], total[k + _5], total[k + _6], total[k + _7] = e, f, g, h


@borrowing_kernel
def _sum(driven, factors, total):
    """Fill what whole lives in one country bring."""
    _bring(driven, 0, factors.shape[0] - 1, factors, total)


@borrowing_kernel
def _sum_home(home, host, parts):
    """Fill what whole lives at home bring, and what follows every export."""
    _sum(home, parts.factors[HOME], parts.total)
    for age in range(host.shape[0]):
        _bring(host[age], age, parts.factors.shape[1] - 1, parts.factors[HOST], parts.host[age])


@borrowing_kernel
def _sum_past(past, parts):
    """Fill what lies behind the vehicles that cross at each age."""
    for age in range(past.shape[0]):
        _bring(past[age], 0, min(parts.factors.shape[1] - 1, age), parts.factors[HOME], parts.past[age])


@borrowing_kernel
def _run_on(home, age, parts):
    """Carry life at home on by a year."""
    factors = parts.factors[HOME]
    known = min(age, factors.shape[0] - 1)
    for lane in range(_LANES):
        parts.running[lane] += home[age] * factors[known, lane]


@borrowing_kernel
def _fill_cohort(home, part, parts, energy):
    """Fill the cells of a vehicle over its whole cohort."""
    for lane in range(_LANES):
        energy[0, part + lane] = parts.total[lane]
    parts.running[:] = 0.0
    for age in range(parts.host.shape[0]):
        for lane in range(_LANES):
            energy[1 + age, part + lane] = parts.running[lane] + parts.host[age, lane]
        _run_on(home, age, parts)


@borrowing_kernel
def _fill_given(exported, home, part, parts, energy, stays):
    """Fill both arms of the vehicles that cross at each age, per vehicle that crosses: the same past, two futures."""
    for lane in range(_LANES):
        energy[0, part + lane] = parts.total[lane]
    parts.running[:] = 0.0
    for age in range(parts.host.shape[0]):
        share = exported[1 + age]
        told = share >= SMALLEST_SHARE
        for lane in range(_LANES):
            future = (parts.total[lane] - parts.running[lane]) / share
            past = parts.past[age, lane]
            stays[age, part + lane] = past + future if told else np.nan
            energy[1 + age, part + lane] = past + parts.host[age, lane] / share if told else np.nan
        _run_on(home, age, parts)
