"""Packs fitted by repair in imports since they came: a renewal by half-years, then when they retire, by whole years.

A pack fitted in half-year c since entry serves at half-year h with G(h - c), whatever the age of the vehicle and the
packs before: its law counts from its fitting, in the middle of c. So what fails is F, the packs with which vehicles
came, and of what was fitted before:

    failed(h) = F(h - 1) - F(h) + sum over c < h of fitted(c) (G(h - 1 - c) - G(h - c)),   fitted(h) = repair failed(h)

and every c adds one row to all later half-years.
"""

from mcsim.kernels._jit import apart_kernel, borrowing_kernel
from mcsim.kernels.cohorts.packs import NOBODY, quarter_age
from mcsim.kernels.cohorts.stock import add_scaled, row_of, set_scaled


@borrowing_kernel
def fill_renewal_law(law, space):
    """Fill the survival G of a pack fitted in the middle of a half-year, and its loss, by half-years since.

    Parameters
    ----------
    law : PackLaw
        The host's, by quarter-year.
    space : RenewalSpace
        `loss` and `served` are filled; the latter by the parity of the half-year.
    """
    served = space.served
    for half in range(space.loss.size + 1):
        # Fitted in this very half-year all are there by convention.
        share = 1.0 if half == 0 else law.end[2 * half + 1] * law.defects[2 * half + 1]
        served[half % 2, half // 2] = share
        if half > 0:
            space.loss[half - 1] = served[(half - 1) % 2, (half - 1) // 2] - share


@borrowing_kernel
def fill_first_failures(age, traded, halfly, space):
    """Fill how many packs with which vehicles of one age came fail by half-year since entry; see `fill_repaired`."""
    failed, after = space.failed, space.after
    for half in range(failed.size):
        failed[half] = 0.0
    for fitted in range(min(traded.share.size, 2 * age + 1)):
        share, start = traded.share[fitted], traded.start[fitted]
        if share <= NOBODY:
            continue
        entry = quarter_age(2 * age, fitted)
        quarter, place = entry % 2, entry // 2
        scaled = share / (start * halfly.defects[quarter, place]) if start > 0.0 else 0.0
        end, defects = halfly.end[quarter, place + 1 :], halfly.defects[quarter, place + 1 :]
        _serve_first(scaled, start, end, defects, after)
        after[0] = min(after[0], share)
        failed[0] += share - after[0]
        _add_losses(after, failed[1:])


@apart_kernel
def _serve_first(scaled, start, end, defects, after):
    for half in range(after.size):
        after[half] = scaled * min(end[half], start) * defects[half]


@apart_kernel
def _add_losses(left, lost):
    for step in range(lost.size):
        lost[step] += left[step] - left[step + 1]


@apart_kernel
def _add_failures(early, late, loss, failed):
    """Add the failures, from the next half-year on, of what was fitted in the last half-year and the one before it."""
    for half in range(failed.size):
        failed[half] = failed[half] + early * loss[half + 1] + late * loss[half]


@apart_kernel
def _serve(late, early, even, odd, living, in_use, total):
    """Fill the packs fitted in one year that are in use at the end of it and of later ones, and add them."""
    for later in range(total.size):
        serving = (late * even[later] + early * odd[later]) * living[later]
        in_use[later] = serving
        total[later] += serving


@borrowing_kernel
def fill_repaired(age, repair, exposure, alive, traded, halfly, space, left, repaired, number):
    """Add packs fitted by repair to the share of imports in use, and fill when they retire.

    Parameters
    ----------
    age : int
        Age at entry [yr].
    repair : float
        Probability that a failing pack is replaced.
    exposure : int
        Half-years lived at the end of the year of entry.
    alive : ndarray, shape (halves + 1,)
        Survival of vehicles by half-year since entry.
    traded, halfly : Traded, SampledLaw
        The packs with which they came, and the host's laws by half-years.
    space : RenewalSpace
        Working space; `loss` and `served` are read.
    left : ndarray, shape (years,)
        Added to: share in use at the ends of years.
    repaired : ndarray, shape (years * (years + 1) / 2,)
        Filled: packs by year since entry and, up to it, by the year in which they were fitted.
    number : ndarray, shape (years,)
        Filled: the same, of all years of fitting.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.repaired import fill_renewal_law, fill_repaired
    >>> from mcsim.kernels.cohorts.room import RenewalSpace, SampledLaw, Traded
    >>> from mcsim.kernels.cohorts.second_hand import PackLaw
    >>> law = PackLaw(np.ones(12), np.repeat([1.0, 0.5, 0.25], 4), 1.0)
    >>> space = RenewalSpace(*(np.empty(2) for _ in range(3)), np.empty((2, 2)), np.empty(1), np.empty(1))
    >>> fill_renewal_law(law, space)
    >>> halfly = SampledLaw(law.end.reshape(6, 2).T, law.defects.reshape(6, 2).T)
    >>> traded = Traded(np.ones(1), np.ones(1))
    >>> left, repaired, number = np.zeros(1), np.empty(1), np.empty(1)
    >>> fill_repaired(0, 1.0, 2, np.ones(3), traded, halfly, space, left, repaired, number)
    >>> left.tolist(), repaired.tolist()
    ([0.5], [0.0])
    """
    fill_first_failures(age, traded, halfly, space)
    years, failed, in_use, total = left.size, space.failed, space.in_use, space.total
    even, odd, loss = space.served[0], space.served[1], space.loss
    # The failures of the packs with which they came are told: their memory holds who lives at the ends of years.
    living = space.after
    for year in range(years):
        total[year] = 0.0
        number[year] = 0.0
        living[year] = alive[2 * year + exposure]
    for year in range(years):
        last, early, late, entering = 2 * year + exposure, 0.0, 0.0, 0.0
        # The half-years of the year: one or none in that of entry. Half of those whose vehicle dies in the half-year of
        # fitting had their new pack already.
        if last > 1:
            early = repair * failed[last - 2]
            failed[last - 1] += early * loss[0]
            entering = early * 0.5 * (alive[last - 2] + alive[last - 1])
        if last > 0:
            late = repair * failed[last - 1]
            entering += late * 0.5 * (alive[last - 1] + alive[last])
            _add_failures(early, late, loss, failed[last:])
        _serve(late, early, even, odd, living[year:], in_use, total[year:])
        put_year(year, entering, in_use, repaired, number)
    for year in range(years):
        left[year] += total[year]


@borrowing_kernel
def put_year(fitted, entering, in_use, repaired, number):
    """Put the packs fitted in one year where they belong: what is in use no more has retired.

    Parameters
    ----------
    fitted : int
        Year since entry.
    entering : float
        Packs fitted.
    in_use : ndarray, shape (years,)
        Of these, in use at the end of that year and of later ones.
    repaired, number
        As in `fill_repaired`; the latter is added to.
    """
    retired, column = number[fitted:], repaired[row_of(fitted) + fitted :]
    retired[0] += entering - in_use[0]
    _add_losses(in_use, retired[1:])
    before, place = entering, 0
    for later in range(retired.size):
        column[place] = before - in_use[later]
        before = in_use[later]
        # The next row is a cell longer.
        place += fitted + later + 1


@borrowing_kernel
def add_repaired_packs(i, coming, entries, capacity, retired, packs):
    """Add the packs fitted by repair in the imports of one draw, by their year of entry.

    Parameters
    ----------
    i : int
        Draw.
    coming, entries : Coming, Entries
        Of n draws: who came, and what becomes of one.
    capacity : ndarray, shape (years,)
        Of packs by model year of their vehicle [kWh].
    retired : ndarray, shape (years * (years + 1) / 2,)
        Working space.
    packs : Retiring
        Second-hand packs; added to.
    """
    years, ages = coming.working.shape[1], coming.working.shape[2]
    for entered in range(years):
        cells, any_came = row_of(years - entered), False
        for age in range(ages):
            came = coming.working[i, entered, age]
            if came > 0.0:
                add_scaled(came, entries.repaired_number[i, age], packs.number[i, entered:])
                # A pack holds what the vehicle's first did; one of before the first year counts as the first year's.
                kwh = came * capacity[max(entered - age, 0)]
                if any_came:
                    add_scaled(kwh, entries.repaired[i, age], retired[:cells])
                else:
                    set_scaled(kwh, entries.repaired[i, age], retired[:cells])
                any_came = True
        if any_came:
            for year in range(years - entered):
                row, place = row_of(year), row_of(entered + year) + entered
                add_scaled(1.0, retired[row : row + year + 1], packs.energy[i, place : place + year + 1])
