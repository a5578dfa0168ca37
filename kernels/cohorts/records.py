"""Records of arrays that the fleet's stages read, so that nobody counts positions; and the sizes of their tables."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Half-years of age of the longest table: a vehicle of 1970 in 2050, and a little more.
HALVES = 164
# Quarter-years of pack age.
QUARTERS = 2 * HALVES + 16
# Whole ages at which a vehicle may cross the border.
ENTRY_AGES = 31


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
        Shape of all laws but the border's.
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
    policy : ndarray, shape (n, 8)
        Columns: share collected of packs retired within the warranty's age by new vehicles, and of all others; share of
        second-hand vehicles' packs taken back; shares of collected packs used again in a vehicle and in storage;
        duration of either [yr]; share collected afterwards; recycling capacity [t/yr].
    """

    capacity: Array
    mass: Array
    composition: Array
    home_recovery: Array
    back_recovery: Array
    policy: Array


class Flows(NamedTuple):
    """What comes out; n draws, six series: new (icev, hev, ev) and second-hand (icev, hev, ev).

    Parameters
    ----------
    registrations, gone, stock : ndarray, shape (n, 6, years)
        Vehicles.
    us_stock, us_gone : ndarray, shape (n, years, 3) and (n, years, 4)
        As in `mcsim.kernels.cohorts.us.fill_us`.
    ages : ndarray, shape (n, 1 + groups, years)
        Vehicles times age, and vehicles by five-year group.
    counts : ndarray, shape (n, 4, years)
        EVs that cross the border; imports wanted that the pool did not hold; observed imports that the modelled pool
        did not hold; EVs that the rule on state of health refused.
    """

    registrations: Array
    gone: Array
    stock: Array
    us_stock: Array
    us_gone: Array
    ages: Array
    counts: Array


class Retired(NamedTuple):
    """Retired packs of n draws by year and origin (new, second-hand).

    Parameters
    ----------
    totals : ndarray, shape (n, years, 2, 12)
        Rows as named in `mcsim.kernels.cohorts.materials`.
    contained, recovered, lost, held : ndarray, shape (n, years, 2, materials)
        In the packs that retire; recovered, lost, and still in another use at the end of the year [t].
    """

    totals: Array
    contained: Array
    recovered: Array
    lost: Array
    held: Array
