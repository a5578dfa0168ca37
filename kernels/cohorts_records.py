"""Records of arrays that the fleet kernels pass on, so that nobody counts positions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import kernel
from mcsim.kernels.cohorts_us import Pool

Array = NDArray[np.float64]

# Half-years of age of the longest table: a vehicle of 1970 in 2050, and a little more.
HALVES = 164
# Quarter-years of pack age.
QUARTERS = 2 * HALVES + 16
# Whole ages at which a vehicle may cross the border.
ENTRY_AGES = 31
MATERIALS = 8
# Where a retired pack goes.
REUSE, SECOND_LIFE, RECYCLING, LANDFILL, TAKE_BACK = 0, 1, 2, 3, 4


class Rules(NamedTuple):
    """Choices that hold for all draws.

    Parameters
    ----------
    exposure : int
        Half-years lived at the end of the year of entry: 0 end, 1 middle, 2 start.
    renewed : bool
        Whether an import's survival restarts at entry.
    mode : int
        0 supply, 1 demand, 2 a stock that is given.
    dead_packs : bool
        Whether EVs with a failed pack are traded too.
    whole_pool : bool
        Whether the EV share of imports is that of the whole pool rather than that of the pool at the ages of import.
    """

    exposure: int
    renewed: bool
    mode: int
    dead_packs: bool
    whole_pool: bool


class Vehicles(NamedTuple):
    """Sales, survival and the first stock; n draws.

    Parameters
    ----------
    us_sales : ndarray, shape (n, model years, 3)
        Combustion vehicles, hybrids, EVs.
    pickup_share : ndarray, shape (model years,)
        Share of pickups in the US.
    us_survival : ndarray, shape (2, k)
        Survival of cars and of pickups by whole age.
    us_stretch : ndarray, shape (n,)
        Factor on the age axis.
    mx_sales : ndarray, shape (n, years, 3)
        As `us_sales`.
    early_sales : ndarray, shape (early,)
        Mexican sales of the years just before the first, for the age profile of the first stock.
    early_cohorts : int
        Model years of the first stock, `early_sales` among them.
    initial_stock : ndarray, shape (n,)
        Stock at the end of the year before the first.
    mx_shape, mx_scale, life_multiplier : ndarray, shape (n,)
        Mexican Weibull [-], [yr], and the multiplier on the remaining life of imports.
    """

    us_sales: Array
    pickup_share: Array
    us_survival: Array
    us_stretch: Array
    mx_sales: Array
    early_sales: Array
    early_cohorts: int
    initial_stock: Array
    mx_shape: Array
    mx_scale: Array
    life_multiplier: Array


class Laws(NamedTuple):
    """Failure laws of packs, all of shape (n,): Weibull scales [yr] up to each loss, shapes [-], covers, repairs.

    Parameters
    ----------
    shape : ndarray
        Shape of all laws but `pass_scale`'s.
    us_warranty, us_end, mx_warranty, mx_end : ndarray
        Scales: to the loss that a warranty replaces and to the end of life, in either climate.
    pass_shape, pass_scale : ndarray
        To the loss that the rule on second-hand EVs allows; an infinite scale without a rule.
    defects : ndarray
        Constant hazard [1/yr].
    us_cover, mx_cover : ndarray of int64
        Warranty [half-years].
    us_repair, mx_repair : ndarray
        Probability that a pack failing outside a warranty is replaced.
    """

    shape: Array
    us_warranty: Array
    us_end: Array
    mx_warranty: Array
    mx_end: Array
    pass_shape: Array
    pass_scale: Array
    defects: Array
    us_cover: NDArray[np.int64]
    mx_cover: NDArray[np.int64]
    us_repair: Array
    mx_repair: Array


class Trade(NamedTuple):
    """Imports of second-hand vehicles; n draws, h years of history.

    Parameters
    ----------
    observed : ndarray, shape (n, h)
        Registered imports.
    uplift : ndarray, shape (n,)
        Share by which unregistered imports raise the stock at the end of year `uplift_year`; 0 without them.
    uplift_year : int
        Year of the history.
    history_weight : ndarray, shape (n, h, ages)
        Shares of registered imports by age.
    history_open : ndarray of bool, shape (h, ages)
        Ages that may give in the history.
    irregular_weight : ndarray, shape (n, ages)
        Shares of unregistered imports by age.
    weight : ndarray, shape (n, ages)
        Shares by age after the history.
    open_age : ndarray of bool, shape (n, ages)
        Ages that may give after the history.
    share : ndarray, shape (n,)
        Imports as a share of all US deregistrations (`supply`).
    selection, ev_age, ev_width : ndarray, shape (n,)
        Ratio on the EV share, and the ages at which EVs cross [yr].
    combustion_cut : ndarray, shape (n, years)
        Share of combustion imports that policy keeps out.
    substitution : ndarray, shape (n,)
        Share of these that EVs replace.
    population, saturation : ndarray, shape (n, years) and (n,)
        People, and vehicles per person in the long run (`demand`).
    target : ndarray, shape (n, years)
        Stock to reach where it is given; read in mode 2 only.
    """

    observed: Array
    uplift: Array
    uplift_year: int
    history_weight: Array
    history_open: NDArray[np.bool_]
    irregular_weight: Array
    weight: Array
    open_age: NDArray[np.bool_]
    share: Array
    selection: Array
    ev_age: Array
    ev_width: Array
    combustion_cut: Array
    substitution: Array
    population: Array
    saturation: Array
    target: Array


class Flows(NamedTuple):
    """What comes out; n draws, six series: new (icev, hev, ev) and second-hand (icev, hev, ev).

    Parameters
    ----------
    registrations, gone, stock : ndarray, shape (n, 6, years)
        Vehicles.
    us_stock, us_gone : ndarray, shape (n, years, 3) and (n, years, 4)
        As in `fill_us`.
    age_sum, age_group : ndarray, shape (n, years) and (n, groups, years)
        Vehicles times age, and vehicles by five-year group.
    exported_ev, unfilled, outside, refused : ndarray, shape (n, years)
        EVs that cross the border; imports wanted that the pool did not hold; observed imports that the modelled pool
        did not hold; EVs that the rule on state of health refused.
    """

    registrations: Array
    gone: Array
    stock: Array
    us_stock: Array
    us_gone: Array
    age_sum: Array
    age_group: Array
    exported_ev: Array
    unfilled: Array
    outside: Array
    refused: Array


class Contents(NamedTuple):
    """What packs hold, and where they go; n draws, model years from the first year on.

    Parameters
    ----------
    capacity : ndarray, shape (n, 2, years)
        Nominal capacity of a pack by origin of the vehicle and model year of the pack [kWh].
    mass : ndarray, shape (n, years)
        Pack mass by model year [kg/kWh].
    composition : ndarray, shape (n, years, materials)
        Contained materials [kg/kWh].
    home_recovery, back_recovery : ndarray, shape (n, materials)
        Share recovered by recycling where the vehicle retires, and where exported packs are taken back to [-].
    covered_collection, collection : ndarray, shape (n,)
        Share collected of packs retired within the warranty's age by new vehicles, and of all others [-].
    take_back : ndarray, shape (n,)
        Share of second-hand vehicles' packs taken back to the exporting country [-].
    reuse, second_life : ndarray, shape (n,)
        Shares of collected packs used again in a vehicle and in storage [-]; together at most 1.
    return_years : ndarray, shape (n,)
        Duration of either [yr].
    return_collection : ndarray, shape (n,)
        Share of these collected afterwards [-].
    capacity_limit : ndarray, shape (n,)
        Recycling capacity [t/yr].
    """

    capacity: Array
    mass: Array
    composition: Array
    home_recovery: Array
    back_recovery: Array
    covered_collection: Array
    collection: Array
    take_back: Array
    reuse: Array
    second_life: Array
    return_years: Array
    return_collection: Array
    capacity_limit: Array


class Retired(NamedTuple):
    """Retired packs of n draws by year and origin (new, second-hand).

    Parameters
    ----------
    packs, energy, mass : ndarray, shape (n, years, 2)
        Number, nominal energy [GWh], mass [t].
    replaced : ndarray, shape (n, years, 3)
        Of these, replaced under warranty: number, energy [GWh], mass [t].
    destination : ndarray, shape (n, years, 2, 5)
        Mass by first destination, and what comes back from another use by its last [t]: reuse, second life, recycling,
        landfill, take-back.
    returned : ndarray, shape (n, years, 2)
        Mass that comes back from another use [t].
    contained, recovered, lost, held : ndarray, shape (n, years, 2, materials)
        In the packs that retire; recovered, lost and still in another use at the end of the year [t]; cumulated,
        contained = recovered + lost + held.
    """

    packs: Array
    energy: Array
    mass: Array
    replaced: Array
    destination: Array
    returned: Array
    contained: Array
    recovered: Array
    lost: Array
    held: Array


class Packs(NamedTuple):
    """Packs of one draw by year and model year (both from the first year on), shape (years, years).

    Parameters
    ----------
    covered, later, second, replaced : ndarray
        New vehicles' within the warranty's age, after it; second-hand vehicles'; those that the warranty replaced.
    """

    covered: Array
    later: Array
    second: Array
    replaced: Array


class Space(NamedTuple):
    """Working space of one draw, made once per call."""

    alive: Array
    laws: Array
    defects: Array
    state: Array
    running: Array
    leavers: Array
    mx_alive: Array
    mx_state: Array
    mx_running: Array
    left: Array
    new: Array
    entry_alive: Array
    entry_left: Array
    ev_left: Array
    ev_retired: Array
    ready: NDArray[np.int64]
    share: Array
    older: Array
    pack: Array
    passing: Array
    dead_shift: Array
    ages: Array
    pool: Pool


@kernel
def make_space(years, model_years, classes, shifts):
    """Return the working space for so many years, model years, pack classes and pack model years after the vehicle's.

    Examples
    --------
    >>> from mcsim.kernels.cohorts_records import make_space
    >>> make_space(2, 3, 17, 9).ev_retired.shape
    (31, 2, 9)
    """
    pool = Pool(
        np.empty((years, ENTRY_AGES)),
        np.empty((years, ENTRY_AGES)),
        np.empty((years, ENTRY_AGES)),
        np.empty((years, ENTRY_AGES)),
    )
    return Space(
        np.empty((2, HALVES)),
        np.empty((5, QUARTERS)),
        np.empty(QUARTERS),
        np.empty((HALVES, classes)),
        np.empty(HALVES),
        np.empty((2, 4, model_years)),
        np.empty(HALVES),
        np.empty((HALVES, classes)),
        np.empty(HALVES),
        np.empty((2, years)),
        np.empty((3, years, shifts)),
        np.empty(HALVES),
        np.empty((ENTRY_AGES, years)),
        np.empty((ENTRY_AGES, years)),
        np.empty((ENTRY_AGES, years, shifts)),
        np.empty((2, ENTRY_AGES), np.int64),
        np.empty(classes),
        np.empty(classes),
        np.empty(4 * HALVES + classes),
        np.empty(ENTRY_AGES),
        np.empty((ENTRY_AGES, shifts)),
        np.empty((6, ENTRY_AGES)),
        pool,
    )
