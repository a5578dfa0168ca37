"""Packs fitted by repair in imports since they came: a renewal by half-years, then when they retire, by whole years.

A pack fitted in half-year c since entry serves at half-year h with G(h - c), whatever the age of the vehicle and the
packs before: its law counts from its fitting, in the middle of c. So what fails is F, the packs with which vehicles
came, and of what was fitted before:

    failed(h) = F(h - 1) - F(h) + sum over c < h of fitted(c) (G(h - 1 - c) - G(h - c)),   fitted(h) = repair failed(h)

and every c adds one row to all later half-years. Of the packs fitted in year m, in the imports of the years e, there
are in use at the end of year y

    G(2 (y - m)) sum over e of late(e, m - e) S(y - e) + G(2 (y - m) + 1) sum over e of early(e, m - e) S(y - e)

with the survival S of vehicles since entry: the law G is the same for all ages at entry, so that the sums over imports
come first, and what is in use no more has retired.
"""

from mcsim.kernels._jit import apart_kernel, borrowing_kernel, part_of_kernel
from mcsim.kernels.cohorts.room import Fitted
from mcsim.kernels.cohorts.stock import add_scaled, row_of


@borrowing_kernel
def fill_renewal_law(law, served, loss):
    """Fill the survival G of a pack fitted in the middle of a half-year, and its loss, by half-years since.

    Parameters
    ----------
    law : PackLaw
        The host's, by quarter-year.
    served : ndarray, shape (2, years + 1)
        Filled, by the parity of the half-year.
    loss : ndarray, shape (halves,)
        Filled.
    """
    for half in range(loss.size + 1):
        # Fitted in this very half-year all are there by convention.
        share = 1.0 if half == 0 else law.end[2 * half + 1] * law.defects[2 * half + 1]
        served[half % 2, half // 2] = share
        if half > 0:
            loss[half - 1] = served[(half - 1) % 2, (half - 1) // 2] - share


@borrowing_kernel
def fill_first_failures(exposure, years, came, renewal):
    """Fill how many packs with which vehicles of one age came fail by half-year since entry; see `fill_repaired`."""
    running, failed = renewal.running, renewal.failed
    for year in range(years):
        last = 2 * year + exposure
        running[last] = came.ends[year + 1]
        if last > 0:
            running[last - 1] = came.between[year]
    running[0] = came.ends[0]
    for half in range(2 * (years - 1) + exposure):
        failed[half] = running[half] - running[half + 1]


@apart_kernel
def _add_failures(early, late, loss, failed):
    """Add the failures, from the next half-year on, of what was fitted in the last half-year and the one before it."""
    for half in range(failed.size):
        failed[half] = failed[half] + early * loss[half + 1] + late * loss[half]


@apart_kernel
def _add_serving(early, late, even, odd, in_use):
    """Add what serves of the packs fitted in one year at the end of it and of later ones, vehicles aside."""
    for later in range(in_use.size):
        in_use[later] += late * even[later] + early * odd[later]


@part_of_kernel
def fitted_of(place, age, years, fitted):
    """Return what is fitted in one import of a draw that enters at an age, in so many years."""
    return Fitted(
        fitted.early[place, age, :years], fitted.late[place, age, :years], fitted.entering[place, age, :years],
        fitted.living[place, age, :years], fitted.served[place],
    )  # fmt: skip


@borrowing_kernel
def fill_repaired(repair, exposure, alive, came, space, left, number, fitted):
    """Add packs fitted by repair to the share of imports in use and to the packs that retire, and fill when they are.

    Parameters
    ----------
    repair : float
        Probability that a failing pack is replaced.
    exposure : int
        Half-years lived at the end of the year of entry.
    alive : ndarray, shape (halves + 1,)
        Survival of vehicles by half-year since entry.
    came : CameSpace
        The packs with which they came, and survival at the ends of years.
    space : RenewalSpace
        Working space; `loss` is read.
    left, number : ndarray, shape (years,)
        Added to: share in use at the ends of years, and packs that retire.
    fitted : Fitted
        Of one import, (years,) each: filled, but for `served`, which is read.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.repaired import fill_renewal_law, fill_repaired
    >>> from mcsim.kernels.cohorts.room import Fitted
    >>> from mcsim.kernels.cohorts.second_hand import PackLaw
    >>> from mcsim.kernels.cohorts.space import CameSpace, RenewalSpace
    >>> law = PackLaw(np.ones(12), np.repeat([1.0, 0.5, 0.25], 4), 1.0)
    >>> space = RenewalSpace(np.empty(3), *(np.empty(2) for _ in range(2)), np.empty(1))
    >>> fitted = Fitted(*(np.empty(1) for _ in range(4)), np.empty((2, 2)))
    >>> fill_renewal_law(law, fitted.served, space.loss)
    >>> came = CameSpace(np.ones(2), np.array([1.0, 0.5]), np.array([0.5]), np.empty(2))
    >>> left, number = np.zeros(1), np.zeros(1)
    >>> fill_repaired(1.0, 2, np.ones(3), came, space, left, number, fitted)
    >>> left.tolist(), number.tolist(), fitted.early.tolist()
    ([0.5], [0.0], [0.5])
    """
    years, in_use = left.size, space.in_use
    fill_first_failures(exposure, years, came, space)
    failed, even, odd = space.failed[: 2 * (years - 1) + exposure], fitted.served[0], fitted.served[1]
    for year in range(years):
        in_use[year] = 0.0
        fitted.living[year] = came.alive[year + 1]
    for year in range(years):
        last, early, late, entering = 2 * year + exposure, 0.0, 0.0, 0.0
        # The half-years of the year: one or none in that of entry. Half of those whose vehicle dies in the half-year of
        # fitting had their new pack already.
        if last > 1:
            early = repair * failed[last - 2]
            failed[last - 1] += early * space.loss[0]
            entering = early * 0.5 * (alive[last - 2] + alive[last - 1])
        if last > 0:
            late = repair * failed[last - 1]
            entering += late * 0.5 * (alive[last - 1] + alive[last])
            _add_failures(early, late, space.loss, failed[last:])
        _add_serving(early, late, even, odd, in_use[year:years])
        fitted.early[year], fitted.late[year], fitted.entering[year] = early, late, entering
    before = 0.0
    for year in range(years):
        now = in_use[year] * fitted.living[year]
        left[year] += now
        # What was in use or is fitted, and is in use no more.
        number[year] += before + fitted.entering[year] - now
        before = now


@borrowing_kernel
def column_of(year, years):
    """Return where a year of fitting begins in a triangle of these by the years from each on, one after the other.

    Examples
    --------
    >>> from mcsim.kernels.cohorts.repaired import column_of
    >>> [column_of(year, 3) for year in (0, 1, 2, 3)]
    [0, 3, 5, 6]
    """
    return year * years - year * (year - 1) // 2


@apart_kernel
def _add_living(early, late, living, by_early, by_late):
    for later in range(by_late.size):
        by_early[later] += early * living[later]
        by_late[later] += late * living[later]


@borrowing_kernel
def add_fitted(entered, living, space):
    """Add what is fitted in the imports of one year, `space` holding how much, to what is in use by year of fitting.

    Parameters
    ----------
    entered : int
        Year of entry.
    living : ndarray, shape (years or more,)
        Survival of their vehicles at the ends of years.
    space : FittedSpace
        Added to.
    """
    years = space.made.size
    for since in range(years - entered):
        year = entered + since
        first, end = column_of(year, years), column_of(year + 1, years)
        by_early, by_late = space.by_early[first:end], space.by_late[first:end]
        _add_living(space.early[since], space.late[since], living[since:], by_early, by_late)
        space.made[year] += space.entering[since]


@apart_kernel
def _serve(even, odd, by_early, by_late):
    for later in range(by_late.size):
        by_late[later] = by_late[later] * even[later] + by_early[later] * odd[later]


@borrowing_kernel
def retire_fitted(first, served, space, energy):
    """Add the packs fitted since a year that are in use no more, (row of the year, year of fitting).

    Parameters
    ----------
    first : int
        Year before which none is.
    served : ndarray, shape (2, years + 1)
        As in `Fitted`.
    space : FittedSpace
        What is fitted; `by_late` is used up.
    energy : ndarray, shape (years * (years + 1) / 2,)
        Added to, as in `Retiring`.
    """
    years = space.made.size
    for fitted in range(first, years):
        start, end = column_of(fitted, years), column_of(fitted + 1, years)
        in_use = space.by_late[start:end]
        _serve(served[0], served[1], space.by_early[start:end], in_use)
        before, place = space.made[fitted], row_of(fitted) + fitted
        for later in range(in_use.size):
            energy[place] += before - in_use[later]
            before = in_use[later]
            # The next year's row is a cell longer.
            place += fitted + later + 1


@borrowing_kernel
def add_repaired_packs(row, place, coming, entries, renewed, capacity, space, energy):
    """Add the capacity of the packs fitted by repair in the imports of one draw that retire.

    Parameters
    ----------
    row, place : int
        Places of a draw's arrivals and of its tables.
    coming, entries : Coming, Entries
        Who came, and what becomes of one.
    renewed : bool
        Whether vehicles of all ages at entry have one survival since: they are summed first.
    capacity : ndarray, shape (years,)
        Of packs by model year of their vehicle [kWh].
    space : FittedSpace
        Working space.
    energy : ndarray, shape (years * (years + 1) / 2,)
        Of second-hand packs, as in `Retiring`; added to.
    """
    years, ages = coming.working.shape[1], coming.working.shape[2]
    fitted, first_year = entries.fitted, years
    for entered in range(years):
        since, living_of = years - entered, -1
        for age in range(ages):
            came = coming.working[row, entered, age]
            if came <= 0.0:
                continue
            if first_year == years:
                first_year = entered
                clear_fitted(entered, space)
            if living_of >= 0 and not renewed:
                add_fitted(entered, fitted.living[place, living_of], space)
            if living_of < 0 or not renewed:
                for year in range(since):
                    space.early[year], space.late[year], space.entering[year] = 0.0, 0.0, 0.0
            living_of = age
            # A pack holds what the vehicle's first did; one of before the first year counts as the first year's.
            kwh = came * capacity[max(entered - age, 0)]
            add_scaled(kwh, fitted.early[place, age], space.early[:since])
            add_scaled(kwh, fitted.late[place, age], space.late[:since])
            add_scaled(kwh, fitted.entering[place, age], space.entering[:since])
        if living_of >= 0:
            add_fitted(entered, fitted.living[place, living_of], space)
    retire_fitted(first_year, fitted.served[place], space, energy)


@borrowing_kernel
def clear_fitted(first, space):
    """Set what is fitted from a year on to 0."""
    years = space.made.size
    for year in range(first, years):
        space.made[year] = 0.0
    for place in range(column_of(first, years), space.by_late.size):
        space.by_early[place] = 0.0
        space.by_late[place] = 0.0
