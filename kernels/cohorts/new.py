"""Vehicles new in the importing country, and the stock that was there before the first year."""

from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts.packs import fill_new_vehicles, fill_states
from mcsim.kernels.cohorts.stock import fill_weibull_steps, push_ages, push_cohort


@kernel
def fill_home(
    law, us_cover, us_repair, mx_cover, mx_repair, mx_shape, mx_scale, exposure, alive, state, running, left, new
):
    """Fill every draw's pack states in both countries and what a vehicle sold new in the importing one becomes.

    Parameters
    ----------
    law : ndarray, shape (n, 6, quarters)
        From `fill_laws`.
    us_cover, us_repair, mx_cover, mx_repair, mx_shape, mx_scale : ndarray, shape (n,)
        See `mcsim.kernels.cohorts.records`.
    exposure : int
        Half-years lived at the end of the year of sale.
    alive : ndarray, shape (n, halves)
        Filled: survival of vehicles by half-year.
    state, running : ndarray, shape (n, 2, halves, classes) and (n, 2, halves)
        Filled, as in `fill_states`; row 0 is the exporting country's.
    left : ndarray, shape (n, 2, years)
        Filled: share in use at the ends of years, of combustion vehicles and of EVs.
    new : ndarray, shape (n, 3, years, shifts)
        Filled: packs retired within the warranty's age, after it, and replaced under it (`fill_new_vehicles`).
    """
    for i in range(mx_shape.size):
        fill_states(law[i, 0], law[i, 1], law[i, 5], us_cover[i], us_repair[i], state[i, 0], running[i, 0])
        fill_states(law[i, 2], law[i, 3], law[i, 5], mx_cover[i], mx_repair[i], state[i, 1], running[i, 1])
        fill_weibull_steps(mx_shape[i], mx_scale[i], 0.5, alive[i])
        for year in range(left.shape[2]):
            left[i, 0, year] = alive[i, 2 * year + exposure]
        fill_new_vehicles(
            alive[i], state[i, 1], running[i, 1], mx_cover[i], mx_repair[i], exposure, left[i, 1],
            new[i, 0], new[i, 1], new[i, 2],
        )  # fmt: skip


@kernel
def push_first_stock(total, early_sales, cohorts, alive, exposure, space, stock, gone, ages):
    """Add the stock at the end of the year before the first: recent sales that survive, the rest older, by survival.

    Parameters
    ----------
    total : float
        Vehicles.
    early_sales : ndarray, shape (early,)
        Sales of the years before the first; scaled down where more of them survive than there are vehicles.
    cohorts : int
        Model years in the stock, those of `early_sales` among them.
    alive : ndarray, shape (halves,)
        Survival by half-year.
    exposure : int
        Half-years lived at the end of the year of sale.
    space : ndarray, shape (years,)
        Working space.
    stock, gone : ndarray, shape (years,)
        Added to.
    ages : ndarray, shape (1 + groups, years)
        Added to, as in `push_ages`.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.new import push_first_stock
    >>> stock, gone, ages = np.zeros(1), np.zeros(1), np.zeros((2, 1))
    >>> alive = np.array([1, 1, 1, 0.5, 0.5, 0.25])
    >>> push_first_stock(8.0, np.array([4.0]), 2, alive, 1, np.empty(1), stock, gone, ages)
    >>> stock.tolist(), gone.tolist()
    ([4.0], [4.0])
    """
    early = early_sales.size
    recent = 0.0
    rest = 0.0
    for age in range(cohorts):
        if age < early:
            recent += early_sales[early - 1 - age] * alive[2 * age + exposure]
        else:
            rest += alive[2 * age + exposure]
    scale = total / recent if recent > total or rest <= 0.0 else 1.0
    older = max(total - recent * scale, 0.0) / rest if rest > 0.0 else 0.0
    for age in range(cohorts):
        sold = scale * early_sales[early - 1 - age] if age < early else older
        first = 2 * age + exposure
        before = alive[first]
        if before <= 0.0 or sold <= 0.0:
            continue
        for year in range(space.size):
            space[year] = alive[first + 2 * (year + 1)] / before
        push_cohort(sold * before, space, 0, stock, gone)
        push_ages(sold * before, space, 0, age + 1, exposure, ages)


@kernel
def fill_new_sales(
    sales,
    initial_stock,
    early_sales,
    cohorts,
    alive,
    left,
    new,
    exposure,
    space,
    registrations,
    gone,
    stock,
    ages,
    packs,
):
    """Fill what the first stock and every year's new sales leave behind, for every draw; the rest starts at 0.

    Parameters
    ----------
    sales : ndarray, shape (n, years, 3)
        Combustion vehicles, hybrids, EVs.
    initial_stock : ndarray, shape (n,)
        See `push_first_stock`, as for `early_sales`, `cohorts`, `space`.
    early_sales, cohorts, exposure, space
        As there.
    alive, left, new
        From `fill_home`.
    registrations, gone, stock : ndarray, shape (n, 6, years)
        Filled: three rows new, three second-hand.
    ages : ndarray, shape (n, 1 + groups, years)
        Filled, as in `push_ages`.
    packs : ndarray, shape (n, 4, years, years)
        Filled by year and model year: packs retired within the warranty's age, after it, of second-hand vehicles, and
        replaced under warranty.
    """
    years, shifts = new.shape[2], new.shape[3]
    for i in range(initial_stock.size):
        for year in range(years):
            for series in range(6):
                registrations[i, series, year] = 0.0
                gone[i, series, year] = 0.0
                stock[i, series, year] = 0.0
            for row in range(ages.shape[1]):
                ages[i, row, year] = 0.0
            for kind in range(4):
                for model_year in range(years):
                    packs[i, kind, year, model_year] = 0.0
        push_first_stock(
            initial_stock[i], early_sales, cohorts, alive[i], exposure, space, stock[i, 0], gone[i, 0], ages[i]
        )
        for year in range(years):
            for powertrain in range(3):
                sold = sales[i, year, powertrain]
                curve = left[i, 1] if powertrain == 2 else left[i, 0]
                registrations[i, powertrain, year] = sold
                push_cohort(sold, curve, year, stock[i, powertrain], gone[i, powertrain])
            ev = sales[i, year, 2]
            push_ages(sales[i, year, 0] + sales[i, year, 1], left[i, 0], year, 0, exposure, ages[i])
            push_ages(ev, left[i, 1], year, 0, exposure, ages[i])
            if ev == 0.0:
                continue
            for later in range(year, years):
                for shift in range(min(shifts, later - year + 1)):
                    packs[i, 0, later, year + shift] += ev * new[i, 0, later - year, shift]
                    packs[i, 1, later, year + shift] += ev * new[i, 1, later - year, shift]
                    packs[i, 3, later, year + shift] += ev * new[i, 2, later - year, shift]
