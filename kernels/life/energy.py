"""What electricity brings in a life: distance by year of age times what a km brings in that calendar year.

Lives say how far vehicles drive in each year of age (`Driven`), the grid what a kWh brings in each calendar year. The
map from one to the other is linear, so where only the grid has changed no life has to be lived again.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Lifetime Energy Delivered.
"""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import FloatArray, apart_kernel, borrowing_kernel, unrolling_kernel
from mcsim.kernels.life.records import EXPORTED, HOME, HOST, SMALLEST_SHARE, Cells, Filled, IntArray
from mcsim.kernels.maths import fma

# Rows of channels come in parts of so many, whole vector registers: a loop over a part has a known length and no rest.
LANES = 16
_LANES = np.uint64(LANES)
# Export ages that are summed at a time, so that each channel is read once for all; 21 ages are three such blocks.
_AGES = 7
_ROWS = np.uint64(_AGES)


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
    """Memory of one vehicle's channels per kWh a km, `LANES` at a time."""

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
        From `mcsim.kernels.life.expectation.expected_activity` or `mcsim.kernels.lives.draw.sampled_activity`; of seven
        export ages or more.
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
    n_ages = filled.driven.host.shape[2]
    each = (n_ages, LANES)
    parts = Parts(np.empty(each), np.empty(each), np.empty(LANES), np.empty(LANES))
    _fill_energy(cells, filled, given_export, plug, rows, parts, energy, stay_energy)


@unrolling_kernel
def _fill_energy(cells, filled, given_export, plug, rows, parts, energy, stay_energy):
    """Fill what `fill_energy` says, draw by draw."""
    n_ages = filled.driven.host.shape[2]
    for i in range(energy.shape[0]):
        row = rows.lives[i]
        for v in range(cells.first.size):
            per_km = plug.energy_per_km[i, v]
            for part in range(np.uint64(0), np.uint64(energy.shape[2]), _LANES):
                home_channels, host_channels = plug.channels[rows.plug[i], HOME], plug.channels[rows.plug[i], HOST]
                first = cells.first[v]
                if cells.sold_home[v]:
                    home = filled.driven.home[row, v]
                    _sum_row(home, home_channels, part, parts.total)
                    _sum_after(filled.driven.host[row, v], host_channels, part, parts.host)
                    if given_export:
                        _sum_before(filled.driven.past[row, v], home_channels, part, parts.past)
                        own = filled.activity[row, first : first + 1 + n_ages, EXPORTED]
                        _fill_given(own, home, home_channels, per_km, part, parts, energy[i, first:], stay_energy[i, v])
                    else:
                        _fill_cohort(home, home_channels, per_km, part, parts, energy[i, first:])
                    first += 1 + n_ages
                if cells.sold_host[v]:
                    _sum_row(filled.driven.new[row, v], host_channels, part, parts.total)
                    _put(parts.total, per_km, energy[i, first, part:])


@apart_kernel
def _put(total, per_km, out):
    for lane in range(_LANES):
        out[lane] = total[lane] * per_km


@apart_kernel
def _sum_row(driven, channels, part, total):
    """Fill what a life brings: the years one by one, in the last one known those beyond, for which its channels hold.

    In the order in which `_run_on` goes: what is left of whole lives at a late age is a small difference of both.
    """
    held = channels.shape[0] - 1
    for lane in range(_LANES):
        total[lane] = 0.0
    for year in range(held):
        for lane in range(_LANES):
            total[lane] += driven[year] * channels[year, part + lane]
    for lane in range(_LANES):
        total[lane] += driven[driven.size - 1] * channels[held, part + lane]


@borrowing_kernel
def _sum_after(driven, channels, part, totals):
    """Fill what follows the export at each age: nothing before the age."""
    for age in range(0, driven.shape[0], _AGES):
        begin = min(age, driven.shape[0] - _AGES)
        block = driven[begin : begin + _AGES]
        _sum_years(block, begin, channels.shape[0] - 1, channels, part, totals[begin:])


@borrowing_kernel
def _sum_before(driven, channels, part, totals):
    """Fill what lies behind the vehicles that cross at each age: nothing from the age on."""
    for age in range(0, driven.shape[0], _AGES):
        begin = min(age, driven.shape[0] - _AGES)
        block = driven[begin : begin + _AGES]
        _sum_years(block, 0, min(begin + _AGES, channels.shape[0] - 1), channels, part, totals[begin:])


@borrowing_kernel
def _sum_years(driven, first, last, channels, part, totals):
    """Fill what the years [first, last) and those past the last one known bring, for a block of ages."""
    held = channels.shape[0] - 1
    beyond, known = driven[:, driven.shape[1] - 1 :], channels[held:]
    _begin_rows(beyond, known, part, totals)
    for year in range(first, last - 1, 2):
        _add_two(driven[:, year:], channels[year:], part, totals)
    if first < last and (last - first) % 2 == 1:
        _add_one(driven[:, last - 1 :], channels[last - 1 :], part, totals)


@apart_kernel
def _begin_rows(driven, channels, part, totals):
    for row in range(_ROWS):
        for lane in range(_LANES):
            totals[row, lane] = driven[row, 0] * channels[0, part + lane]


@apart_kernel
def _add_one(driven, channels, part, totals):
    for row in range(_ROWS):
        for lane in range(_LANES):
            totals[row, lane] = fma(driven[row, 0], channels[0, part + lane], totals[row, lane])


@apart_kernel
def _add_two(driven, channels, part, totals):
    """Add two years, which halves how often the totals are read and written."""
    for row in range(_ROWS):
        for lane in range(_LANES):
            one = fma(driven[row, 0], channels[0, part + lane], totals[row, lane])
            totals[row, lane] = fma(driven[row, 1], channels[1, part + lane], one)


@apart_kernel
def _run_on(driven, channels, part, running):
    """Carry life at home on by a year."""
    for lane in range(_LANES):
        running[lane] += driven * channels[part + lane]


@borrowing_kernel
def _fill_cohort(home, channels, per_km, part, parts, energy):
    """Fill the cells of a vehicle over its whole cohort."""
    _put(parts.total, per_km, energy[0, part:])
    parts.running[:] = 0.0
    for age in range(parts.host.shape[0]):
        _join(parts.running, parts.host[age], per_km, energy[1 + age, part:])
        _run_on(home[age], channels[min(age, channels.shape[0] - 1)], part, parts.running)


@apart_kernel
def _join(running, host, per_km, out):
    for lane in range(_LANES):
        out[lane] = (running[lane] + host[lane]) * per_km


@borrowing_kernel
def _fill_given(exported, home, channels, per_km, part, parts, energy, stays):
    """Fill both arms of the vehicles that cross at each age, per vehicle that crosses: the same past, two futures."""
    _put(parts.total, per_km, energy[0, part:])
    parts.running[:] = 0.0
    for age in range(parts.host.shape[0]):
        share = exported[1 + age]
        if share >= SMALLEST_SHARE:
            future = (parts.total, parts.running, parts.host[age])
            _join_given(parts.past[age], future, per_km, 1.0 / share, energy[1 + age, part:], stays[age, part:])
        else:
            energy[1 + age, part : part + _LANES] = np.nan
            stays[age, part : part + _LANES] = np.nan
        _run_on(home[age], channels[min(age, channels.shape[0] - 1)], part, parts.running)


@apart_kernel
def _join_given(past, future, per_km, per_crossing, crossing, staying):
    total, running, host = future
    for lane in range(_LANES):
        staying[lane] = (past[lane] + (total[lane] - running[lane]) * per_crossing) * per_km
        crossing[lane] = (past[lane] + host[lane] * per_crossing) * per_km
