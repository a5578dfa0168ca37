"""What electricity brings in a life: distance by year of age times what a km brings in that calendar year.

Lives say how far vehicles drive in each year of age (`Driven`), the grid what a kWh brings in each calendar year. The
map from one to the other is linear, so where only the grid has changed no life has to be lived again.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Lifetime Energy Delivered.
"""

from typing import NamedTuple

import numpy as np

from mcsim.kernels._jit import FloatArray, apart_kernel, borrowing_kernel, inline_borrowing_kernel
from mcsim.kernels.life.records import COUNTRIES, EXPORTED, HOME, HOST, SMALLEST_SHARE, Cells, Filled, IntArray
from mcsim.kernels.maths import fma

# Rows of channels come in parts of so many, whole vector registers: a loop over a part has a known length and no rest.
LANES = 16
_LANES = np.uint64(LANES)
# Years that are summed at a time.
_EIGHT = 8


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

    factors: FloatArray  # (2, n_calendar + 7, LANES), 0 past the calendar
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
        np.zeros((COUNTRIES, n_calendar - 1 + _EIGHT, LANES)),
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
                    _bring(filled.driven.new[row, v], 0, parts.factors[HOST], parts.total)
                    for lane in range(_LANES):
                        energy[i, first, part + lane] = parts.total[lane]


@borrowing_kernel
def _fill_factors(channels, energy_per_km, part, factors):
    for country in range(COUNTRIES):
        for year in range(channels.shape[1]):
            for lane in range(_LANES):
                factors[country, year, lane] = channels[country, year, part + lane] * energy_per_km


@borrowing_kernel
def _bring(driven, first, factors, total):
    """Fill what the years from the first on bring, and those past the last one known.

    Eight years at a time: their sum is formed in registers before it is added to memory, and a loop that long becomes
    vector instructions (a shorter one numba unrolls into single numbers).
    """
    held = factors.shape[0] - _EIGHT
    for lane in range(_LANES):
        total[lane] = 0.0
    begin = min(first, held)
    for year in range(begin - begin % _EIGHT, held + 1, _EIGHT):
        if first <= year and year + _EIGHT <= held:
            eight = (
                driven[year], driven[year + 1], driven[year + 2], driven[year + 3], driven[year + 4], driven[year + 5],
                driven[year + 6], driven[year + 7],
            )  # fmt: skip
        else:
            eight = (
                _driven_in(driven, year, first, held), _driven_in(driven, year + 1, first, held),
                _driven_in(driven, year + 2, first, held), _driven_in(driven, year + 3, first, held),
                _driven_in(driven, year + 4, first, held), _driven_in(driven, year + 5, first, held),
                _driven_in(driven, year + 6, first, held), _driven_in(driven, year + 7, first, held),
            )  # fmt: skip
        _add_years(eight, factors[year:], total)


@inline_borrowing_kernel
def _driven_in(driven, year, first, held):
    """Return the distance of a year of age; in the last one known, whose factors hold, that of all beyond."""
    if year == held:
        return driven[driven.size - 1]
    return driven[year] if first <= year < held else 0.0


@apart_kernel
def _add_years(eight, factors, total):
    d0, d1, d2, d3, d4, d5, d6, d7 = eight
    for lane in range(_LANES):
        a = fma(d1, factors[1, lane], d0 * factors[0, lane])
        b = fma(d3, factors[3, lane], d2 * factors[2, lane])
        c = fma(d5, factors[5, lane], d4 * factors[4, lane])
        d = fma(d7, factors[7, lane], d6 * factors[6, lane])
        total[lane] += (a + b) + (c + d)


@borrowing_kernel
def _sum_home(home, host, parts):
    """Fill what whole lives at home bring, and what follows every export."""
    factors = parts.factors[HOME]
    # In the order in which `_run_on` goes: what is left of whole lives at a late age is a small difference of both.
    held = factors.shape[0] - _EIGHT
    for lane in range(_LANES):
        parts.total[lane] = 0.0
    for year in range(held):
        for lane in range(_LANES):
            parts.total[lane] += home[year] * factors[year, lane]
    for lane in range(_LANES):
        parts.total[lane] += home[home.size - 1] * factors[held, lane]
    for age in range(host.shape[0]):
        _bring(host[age], age, parts.factors[HOST], parts.host[age])


@borrowing_kernel
def _sum_past(past, parts):
    """Fill what lies behind the vehicles that cross at each age."""
    for age in range(past.shape[0]):
        _bring(past[age], 0, parts.factors[HOME], parts.past[age])


@borrowing_kernel
def _run_on(home, age, parts):
    """Carry life at home on by a year."""
    factors = parts.factors[HOME]
    known = min(age, factors.shape[0] - _EIGHT)
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
        told, per_crossing = share >= SMALLEST_SHARE, 1.0 / share
        for lane in range(_LANES):
            future = (parts.total[lane] - parts.running[lane]) * per_crossing
            past = parts.past[age, lane]
            stays[age, part + lane] = past + future if told else np.nan
            energy[1 + age, part + lane] = past + parts.host[age, lane] * per_crossing if told else np.nan
        _run_on(home, age, parts)
