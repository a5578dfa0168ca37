"""Records of arrays that the fleet's stages hand each other, and the names of the places on their short axes.

Vehicles are sold and grow old in `home`, and are traded to `host`. A record goes whole into a kernel. The first axis of
every array is the draw, but for `Shared`, which holds for all draws, and for working space.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Gate = NDArray[np.bool_]

# Half-years of age of the longest table: a vehicle of the oldest model year at the last year, and a little more.
HALVES = 164
# Quarter-years of pack age.
QUARTERS = 2 * HALVES + 16
# Whole ages at which a vehicle may cross the border.
ENTRY_AGES = 31

# Axis origin: sold new in the host country, or imported.
ORIGINS = ("new", "second-hand")
NEW, SECOND_HAND = range(len(ORIGINS))
# Axis powertrain; an EV is a BEV or a PHEV.
POWERTRAINS = ("icev", "hev", "ev")
ICEV, HEV, EV = range(len(POWERTRAINS))
# Deregistrations and the pool tell EVs with a working pack (place EV) from those whose pack has failed, after them.
DEAD = len(POWERTRAINS)
# Axis body style: curves of survival differ.
STYLES = ("car", "pickup")
CAR, PICKUP = range(len(STYLES))
# How many vehicles are wanted: a share of what leaves the home fleet, what the host lacks, or up to a stock given.
MODES = ("supply", "demand", "target")
SUPPLY, DEMAND, TARGET = range(len(MODES))
# Axis destination of retired packs.
DESTINATIONS = ("reuse", "second_life", "recycling", "landfill", "take_back")
REUSE, SECOND_LIFE, RECYCLING, LANDFILL, TAKE_BACK = range(len(DESTINATIONS))
# Places in the vector of a pack, and of a year's packs; materials follow.
NUMBER, ENERGY, MASS = range(3)
FIRST_MATERIAL = 3


class Rules(NamedTuple):
    """Choices that hold for all draws.

    Parameters
    ----------
    exposure : int
        Half-years lived at the end of the year of entry: 0 where vehicles enter at its end, 1 middle, 2 start.
    renewed : bool
        Whether an import's survival restarts at entry.
    mode : int
        Place in `MODES`.
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


class Styles(NamedTuple):
    """Body styles of the home fleet.

    Parameters
    ----------
    pickup_share : ndarray, shape (model years,)
        Share of pickups; the rest are cars, SUVs and vans.
    survival : ndarray, shape (styles, k)
        Survival by whole age.
    """

    pickup_share: Array
    survival: Array


class FirstStock(NamedTuple):
    """Age profile of the host's stock at the end of the year before the first.

    Parameters
    ----------
    sales : ndarray, shape (early,)
        Sales of the years just before the first.
    cohorts : int
        Model years in the stock, those of `sales` among them.
    """

    sales: Array
    cohorts: int


class Gates(NamedTuple):
    """Ages that may enter.

    Parameters
    ----------
    history : ndarray of bool, shape (h, ages)
        In each year of the history of trade.
    ever : ndarray of bool, shape (ages,)
        In any year of any draw.
    uplift_year, settles : int
        Years, counted from the first: in which the share of unregistered imports is known, and from which imports are
        their long-run share of what leaves the home fleet.
    """

    history: Gate
    ever: Gate
    uplift_year: int
    settles: int


class Shared(NamedTuple):
    """What all draws share."""

    styles: Styles
    first_stock: FirstStock
    gates: Gates


class HomeVehicles(NamedTuple):
    """Sales and survival at home.

    Parameters
    ----------
    sales : ndarray, shape (n, model years, powertrains)
        Vehicles sold new.
    stretch, ev_stretch : ndarray, shape (n,)
        Factor on the age axis of survival, and that of EVs over it.
    """

    sales: Array
    stretch: Array
    ev_stretch: Array


class HostVehicles(NamedTuple):
    """Sales, survival and the first stock of the host country.

    Parameters
    ----------
    sales : ndarray, shape (n, years, powertrains)
        Vehicles sold new.
    initial_stock : ndarray, shape (n,)
        Stock at the end of the year before the first.
    first_second_hand : ndarray, shape (n,)
        Share of second-hand vehicles in it.
    shape, scale, life_multiplier, ev_life_multiplier : ndarray, shape (n,)
        Weibull of survival [-], [yr], the multiplier on the remaining life of imports, and that of EVs among them over
        it.
    """

    sales: Array
    initial_stock: Array
    first_second_hand: Array
    shape: Array
    scale: Array
    life_multiplier: Array
    ev_life_multiplier: Array


class Vehicles(NamedTuple):
    """Of the two countries."""

    home: HomeVehicles
    host: HostVehicles


class CountryLaw(NamedTuple):
    """Lives of packs in one country's climate and under its rules, all of shape (n,).

    Parameters
    ----------
    warranty, end : ndarray
        Weibull scales: to the loss that a warranty replaces and to the end of life [yr].
    cover : ndarray of int64
        Warranty of vehicles sold new there [half-years].
    repair : ndarray
        Probability that a pack failing outside a warranty is replaced.
    mended : ndarray
        Share of the others that are mended when they reach the end of their life: it comes later.
    mended_for, mended_until : ndarray of int64
        By so much [quarter-years]; oldest age at which a pack is worth it [quarter-years].
    """

    warranty: Array
    end: Array
    cover: Whole
    repair: Array
    mended: Array
    mended_for: Whole
    mended_until: Whole


class Laws(NamedTuple):
    """Failure laws of packs, all of shape (n,).

    Parameters
    ----------
    shape : ndarray
        Weibull shape of all laws but the border's.
    home, host : CountryLaw
        The two countries', each of packs in vehicles sold new there.
    abroad : ndarray
        Weibull scale to the end of life, in the host country, of packs that came with an import [yr].
    pass_shape, pass_scale : ndarray
        To the loss that the rule on second-hand EVs allows; an infinite scale without a rule.
    defects : ndarray
        Constant hazard [1/yr].
    """

    shape: Array
    home: CountryLaw
    host: CountryLaw
    abroad: Array
    pass_shape: Array
    pass_scale: Array
    defects: Array


class History(NamedTuple):
    """Imports as observed over h years.

    Parameters
    ----------
    observed : ndarray, shape (n, h)
        Registered imports.
    weight : ndarray, shape (n, h, ages)
        Their shares by age.
    uplift : ndarray, shape (n,)
        Share by which unregistered imports raise the stock at the end of `Gates.uplift_year`; 0 without them.
    irregular_weight : ndarray, shape (n, ages)
        Shares of unregistered imports by age.
    """

    observed: Array
    weight: Array
    uplift: Array
    irregular_weight: Array


class Demand(NamedTuple):
    """What the host's stock has to reach after the history.

    Parameters
    ----------
    population, saturation : ndarray, shape (n, years) and (n,)
        People, and vehicles per person in the long run (mode `DEMAND`).
    target : ndarray, shape (n, years)
        Stock to reach where it is given (mode `TARGET`).
    """

    population: Array
    saturation: Array
    target: Array


class Trade(NamedTuple):
    """Imports of second-hand vehicles.

    Parameters
    ----------
    history : History
        What came.
    demand : Demand
        What is needed later.
    share : ndarray, shape (n,)
        Imports as a share of all deregistrations at home, in the long run (mode `SUPPLY`).
    weight : ndarray, shape (n, ages)
        Shares by age after the history.
    open_age : ndarray of bool, shape (n, ages)
        Ages that may give after the history.
    late_weight, late_open : ndarray, shape (n, ages)
        The same where a later rule on ages holds.
    late : ndarray, shape (n, years)
        Share of imports to which that later rule applies.
    late_evs : ndarray of bool, shape (n,)
        Whether it binds EVs.
    checked : ndarray, shape (n, years)
        Share of EVs that meet the rule on state of health; the others cross as where there is none.
    volume : ndarray, shape (n, years)
        Imports after the history over those wanted without policy.
    selection : ndarray, shape (n, years)
        Ratio on the EV share.
    ev_age, ev_width : ndarray, shape (n,)
        Ages at which EVs cross [yr].
    combustion_cut : ndarray, shape (n, years)
        Share of combustion imports that policy keeps out.
    substitution : ndarray, shape (n,)
        Share of these that EVs replace.
    """

    history: History
    demand: Demand
    share: Array
    weight: Array
    open_age: Gate
    late_weight: Array
    late_open: Gate
    late: Array
    late_evs: Gate
    checked: Array
    volume: Array
    selection: Array
    ev_age: Array
    ev_width: Array
    combustion_cut: Array
    substitution: Array


class Policy(NamedTuple):
    """Where retired packs go in the host country.

    Parameters
    ----------
    covered_collection, collection : ndarray, shape (n, years)
        Share collected of packs that new vehicles retire within the warranty's age, and of all others.
    take_back : ndarray, shape (n, years, origins)
        Share of packs that go back home, by origin of their vehicle.
    reuse, second_life : ndarray, shape (n, years)
        Shares of collected packs used again in a vehicle and in storage.
    second_years, second_collection : ndarray, shape (n,)
        Duration of either [yr]; share collected afterwards.
    capacity : ndarray, shape (n, years)
        Recycling capacity [t/yr].
    """

    covered_collection: Array
    collection: Array
    take_back: Array
    reuse: Array
    second_life: Array
    second_years: Array
    second_collection: Array
    capacity: Array


class Contents(NamedTuple):
    """What packs hold, and where they go; model years from the first year on.

    Parameters
    ----------
    capacity : ndarray, shape (n, origins, years)
        Nominal capacity of a pack by origin and model year of its vehicle [kWh].
    mass : ndarray, shape (n, years)
        Pack mass by model year [kg/kWh].
    composition : ndarray, shape (n, years, materials)
        Contained materials [kg/kWh].
    host_recovery, home_recovery : ndarray, shape (n, materials)
        Share recovered by recycling where the vehicle retires, and of packs taken back home [-].
    policy : Policy
        Where packs go.
    """

    capacity: Array
    mass: Array
    composition: Array
    host_recovery: Array
    home_recovery: Array
    policy: Policy


class Fleet(NamedTuple):
    """All that is drawn."""

    vehicles: Vehicles
    laws: Laws
    trade: Trade
    contents: Contents
