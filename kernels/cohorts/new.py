"""Vehicles sold new in the host country, and the stock that was there before the first year."""

from mcsim.kernels._jit import borrowing_kernel
from mcsim.kernels.cohorts.curves import fill_curves
from mcsim.kernels.cohorts.packs import fill_new_vehicles, fill_states
from mcsim.kernels.cohorts.records import EV, HEV, ICEV, NEW, SECOND_HAND
from mcsim.kernels.cohorts.stock import add_scaled, fill_weibull_steps, push_ages, push_cohort, row_of


@borrowing_kernel
def fill_first_owners(draws, vehicles, laws, exposure, curves, space, states, new):
    """Fill on which packs vehicles sold new run in both countries, and what becomes of one sold in the host country.

    Parameters
    ----------
    draws : ndarray of int64, shape (k,)
        Draws of which there are tables.
    vehicles, laws : HostVehicles, Laws
        Of all draws.
    exposure : int
        Half-years lived at the end of the year of sale.
    curves : Curves
        Filled.
    space : OwnerSpace
        Working space.
    states, new : States, NewVehicles
        Filled.
    """
    here, there = laws.host, laws.home
    for place in range(draws.size):
        i = draws[place]
        fill_curves(i, place, laws, space.hazards, curves)
        fill_states(
            curves.home.warranty[place], curves.home.end[place], curves.defects[place], there.cover[i], there.repair[i],
            space.states, states.home.share[place], states.home.running[place],
        )  # fmt: skip
        fill_states(
            curves.host.warranty[place], curves.host.end[place], curves.defects[place], here.cover[i], here.repair[i],
            space.states, states.host.share[place], states.host.running[place],
        )  # fmt: skip
        fill_weibull_steps(vehicles.shape[i], vehicles.scale[i], 0.5, new.alive[place])
        # At the end of its y-th year after that of sale a vehicle is 2 y half-years older than at the first.
        for year in range(new.left.shape[1]):
            new.left[place, year] = new.alive[place, 2 * year + exposure]
        fill_new_vehicles(
            new.alive[place], states.host.share[place], states.host.running[place], here.cover[i], exposure,
            space.by_class, new.ev_left[place], new.covered[place], new.later[place], new.replaced[place],
        )  # fmt: skip


@borrowing_kernel
def first_scales(total, early_sales, cohorts, alive, exposure):
    """Return the factor on recent sales, and the sales of each older year, that make up the first stock.

    Parameters
    ----------
    total, early_sales, cohorts, alive, exposure
        As in `push_first_stock`.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.new import first_scales
    >>> first_scales(8.0, np.array([4.0]), 2, np.array([1, 1, 1, 0.5, 0.5, 0.25]), 1)
    (1.0, 8.0)
    """
    early = early_sales.size
    recent = 0.0
    rest = 0.0
    for age in range(cohorts):
        if age < early:
            recent += early_sales[early - 1 - age] * alive[2 * age + exposure]
        else:
            rest += alive[2 * age + exposure]
    # What recent sales leave open is as many vehicles sold in each older year, so that the profile is S(age).
    scale = total / recent if recent > total or rest <= 0.0 else 1.0
    older = max(total - recent * scale, 0.0) / rest if rest > 0.0 else 0.0
    return scale, older


@borrowing_kernel
def push_first_stock(total, early_sales, cohorts, alive, exposure, space, stock, gone, age_total, age_groups):
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
    age_total, age_groups : ndarray, shape (years,) and (groups, years)
        Added to, as in `push_ages`.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.cohorts.new import push_first_stock
    >>> stock, gone, age_total, age_groups = np.zeros(1), np.zeros(1), np.zeros(1), np.zeros((1, 1))
    >>> alive = np.array([1, 1, 1, 0.5, 0.5, 0.25])
    >>> push_first_stock(8.0, np.array([4.0]), 2, alive, 1, np.empty(1), stock, gone, age_total, age_groups)
    >>> stock.tolist(), gone.tolist()
    ([4.0], [4.0])
    """
    early = early_sales.size
    scale, older = first_scales(total, early_sales, cohorts, alive, exposure)
    for age in range(cohorts):
        sold = scale * early_sales[early - 1 - age] if age < early else older
        first = 2 * age + exposure
        before = alive[first]
        if before <= 0.0 or sold <= 0.0:
            continue
        # Conditional on being there: S(age + t) / S(age), from which the cohort's future is that of new vehicles.
        for year in range(space.size):
            space[year] = alive[first + 2 * (year + 1)] / before
        push_cohort(sold * before, space, 0, stock, gone)
        push_ages(sold * before, space, 0, age + 1, exposure, age_total, age_groups)


@borrowing_kernel
def fill_new_sales(members, vehicles, first_stock, new, exposure, space, flows):
    """Add what the first stock and every year's new sales leave behind, for every draw.

    Parameters
    ----------
    members : Members
        Draws of a block.
    vehicles, first_stock, new : HostVehicles, FirstStock, NewVehicles
        Of all draws, of all, and of the block's tables.
    exposure : int
        Half-years lived at the end of the year of sale.
    space : ndarray, shape (years,)
        Working space.
    flows : HostFlows
        Added to.
    """
    early, cohorts = first_stock.sales, first_stock.cohorts
    for row in range(members.draws.size):
        i, place = members.draws[row], members.tables[row]
        total, groups = flows.age_total[i], flows.age_groups[i]
        stock, gone = flows.stock[i, NEW], flows.gone[i, NEW]
        stock_then = vehicles.initial_stock[i]
        push_first_stock(
            stock_then, early, cohorts, new.alive[place], exposure, space, stock[ICEV], gone[ICEV], total, groups
        )
        for year in range(space.size):
            # The first stock is alone in these flows so far; a share of it came second-hand, of the same ages.
            stock_part = vehicles.first_second_hand[i] * stock[ICEV, year]
            gone_part = vehicles.first_second_hand[i] * gone[ICEV, year]
            flows.stock[i, SECOND_HAND, ICEV, year] += stock_part
            flows.gone[i, SECOND_HAND, ICEV, year] += gone_part
            stock[ICEV, year] -= stock_part
            gone[ICEV, year] -= gone_part
        for year in range(space.size):
            sales = vehicles.sales[i, year]
            for powertrain in range(sales.size):
                curve = new.ev_left[place] if powertrain == EV else new.left[place]
                flows.registrations[i, NEW, powertrain, year] = sales[powertrain]
                push_cohort(sales[powertrain], curve, year, stock[powertrain], gone[powertrain])
            push_ages(sales[ICEV] + sales[HEV], new.left[place], year, 0, exposure, total, groups)
            push_ages(sales[EV], new.ev_left[place], year, 0, exposure, total, groups)


@borrowing_kernel
def fill_new_packs(members, sales, new, capacity, per_vehicle, packs):
    """Fill the packs that new vehicles retire, for every draw.

    Parameters
    ----------
    members : Members
        Draws of a block.
    sales : ndarray, shape (n, years, powertrains)
        Vehicles sold new.
    new : NewVehicles
        Of the block's tables.
    capacity : ndarray, shape (n, origins, years)
        Capacity of a pack by origin and model year of its vehicle [kWh].
    per_vehicle : PerVehicle
        Working space.
    packs : Packs
        Filled.
    """
    for row in range(members.draws.size):
        i, place = members.draws[row], members.tables[row]
        clear(i, packs.covered)
        clear(i, packs.later)
        clear(i, packs.replaced)
        sum_shifts(new.covered[place], per_vehicle.covered)
        sum_shifts(new.later[place], per_vehicle.later)
        sum_shifts(new.replaced[place], per_vehicle.replaced)
        for sold in range(sales.shape[1]):
            ev = sales[i, sold, EV]
            if ev == 0.0:
                continue
            # Every pack of a vehicle has the capacity of the first.
            kwh = ev * capacity[i, NEW, sold]
            push_packs(i, sold, ev, kwh, new.covered[place], per_vehicle.covered, packs.covered)
            push_packs(i, sold, ev, kwh, new.later[place], per_vehicle.later, packs.later)
            push_packs(i, sold, ev, kwh, new.replaced[place], per_vehicle.replaced, packs.replaced)


@borrowing_kernel
def sum_shifts(retired, total):
    """Fill the packs retired by year, (years,), from those by year and model year, (as many years or fewer, shifts)."""
    years, shifts = retired.shape
    fours = years - years % 4
    # Four years side by side: a sum by itself waits for every addition. No pack is of a later year than it retires in.
    for year in range(0, fours, 4):
        first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
        for shift in range(min(shifts, year + 4)):
            first += retired[year, shift]
            second += retired[year + 1, shift]
            third += retired[year + 2, shift]
            fourth += retired[year + 3, shift]
        total[year], total[year + 1], total[year + 2], total[year + 3] = first, second, third, fourth
    for year in range(fours, total.size):
        total[year] = 0.0
    for year in range(fours, years):
        for shift in range(shifts):
            total[year] += retired[year, shift]


@borrowing_kernel
def push_packs(i, sold, ev, kwh, retired, total, packs):
    """Add the packs that the vehicles sold in one year retire: packs(year, model year) of one draw.

    Parameters
    ----------
    i, sold : int
        Draw and year of sale.
    ev, kwh : float
        Vehicles, and their capacity [kWh].
    retired, total : ndarray, shape (as many years or fewer, shifts) and (years,)
        Packs per vehicle by year since sale and by model year since it, and their sum.
    packs : Retiring
        Added to.
    """
    years, shifts = packs.number.shape[1], retired.shape[1]
    for year in range(sold, min(years, sold + retired.shape[0])):
        # Within the cover or after it, hardly ever both in one year.
        if total[year - sold] > 0.0:
            packs.number[i, year] += ev * total[year - sold]
            # No pack is fitted after the year in which it retires: cells beyond are 0.
            row = row_of(year)
            add_scaled(kwh, retired[year - sold], packs.energy[i, row + sold : row + min(sold + shifts, year + 1)])


@borrowing_kernel
def clear(i, packs):
    """Set the retiring packs of one draw to 0."""
    for year in range(packs.number.shape[1]):
        packs.number[i, year] = 0.0
    for place in range(packs.energy.shape[1]):
        packs.energy[i, place] = 0.0
