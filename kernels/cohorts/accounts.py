"""Records of what both countries' vehicles drive, burn, charge and leave behind: of `mcsim.kernels.cohorts.ledger`.

A class is a fleet (vehicles of the home country, sold new in the host country, imported second-hand, of the first
stock) and a powertrain. The first axis of every array is the draw unless said.
"""

from typing import NamedTuple

from mcsim.kernels.cohorts.records import POWERTRAINS, Array

# Where vehicles are sold new, an axis of what differs between vehicles of two markets.
MARKETS = ("home", "host")
HOME_MARKET, HOST_MARKET = range(len(MARKETS))
# Fleets, an axis of classes with the powertrains: class = fleet * powertrains + powertrain. `kept` is the second-hand
# part of the first stock; `stand_in` what would come in the place of second-hand EVs.
FLEETS = ("home", "new", "second_hand", "kept", "stand_in")
HOME, NEW_HOST, IMPORTED, KEPT, STAND_IN = range(len(FLEETS))
CLASSES = len(FLEETS) * len(POWERTRAINS)
# What stands in for a second-hand EV that does not cross.
REPLACEMENTS = ("combustion", "ev", "gasoline-new", "none")
BY_COMBUSTION, BY_EV, BY_GASOLINE_NEW, BY_NOTHING = range(len(REPLACEMENTS))


class Driving(NamedTuple):
    """Distance by year of age, (n, ages) each [km/yr].

    Parameters
    ----------
    home, home_ev, host : ndarray
        Of combustion vehicles and of EVs at home, and of all vehicles in the host country.
    """

    home: Array
    home_ev: Array
    host: Array


class Burning(NamedTuple):
    """What a km takes, by the market where a vehicle was new and by its model year, the last of which is the last year.

    Parameters
    ----------
    fuel : ndarray, shape (n, markets, powertrains, model years)
        Gasoline of a new vehicle [L/km]; of an EV what its share of plug-in hybrids burns.
    exhaust : ndarray, shape (n, markets, model years)
        Exhaust per litre over that of the car that the factors are of [-].
    power : ndarray, shape (n, markets, model years)
        Electricity of a new EV at the plug [kWh/km].
    fuel_fade, power_fade : ndarray, shape (n,)
        Rise of gasoline, and loss of efficiency, per year of age [1/yr].
    catalyst : ndarray, shape (n,)
        Exhaust of a car beyond `late_age` in the host country over that of a younger one [-].
    late_age : ndarray, shape (n,)
        Age at which it begins [yr].
    """

    fuel: Array
    exhaust: Array
    power: Array
    fuel_fade: Array
    power_fade: Array
    catalyst: Array
    late_age: Array


class Used(NamedTuple):
    """What classes do by year, (n, classes, years) each.

    Parameters
    ----------
    distance, litres, exhaust : ndarray
        km, litres, and litres times their exhaust.
    power : ndarray
        kWh at the plug.
    ended : ndarray
        Vehicles that leave for good.
    """

    distance: Array
    litres: Array
    exhaust: Array
    power: Array
    ended: Array


class HomePacks(NamedTuple):
    """EV packs in the home country by year, (n, years, k) each, in what a pack of its model year holds.

    Parameters
    ----------
    made : ndarray
        With vehicles and in the place of others.
    left : ndarray
        Leave with their vehicle, before any crosses, or are replaced.
    crossed : ndarray
        Leave for the host country.
    """

    made: Array
    left: Array
    crossed: Array


class StandIn(NamedTuple):
    """What comes in the place of second-hand EVs: a place in `REPLACEMENTS`, and whether by distance or one for one."""

    kind: int
    by_distance: bool


class Ways(NamedTuple):
    """How all draws' vehicles drive.

    Parameters
    ----------
    exposure : int
        Half-years lived at the end of the year of entry.
    stand_in : StandIn
        What comes in the place of second-hand EVs.
    driving, burning : Driving, Burning
        What they drive, and what a km takes.
    """

    exposure: int
    stand_in: StandIn
    driving: Driving
    burning: Burning


class Holding(NamedTuple):
    """What packs hold.

    Parameters
    ----------
    capacity : ndarray, shape (n, origins, years)
        Capacity of a pack by origin and model year of its vehicle [kWh].
    vectors : ndarray, shape (n, years, k)
        What a kWh of a model year is made of.
    """

    capacity: Array
    vectors: Array


class Accounts(NamedTuple):
    """What is filled.

    Parameters
    ----------
    used : Used
        Of all classes.
    packs : HomePacks
        At home.
    crossing : ndarray, shape (n, 4, years)
        Vehicles that cross: by powertrain, and used cars that stand in for EVs.
    added : ndarray, shape (n, years)
        New vehicles that stand in for EVs.
    """

    used: Used
    packs: HomePacks
    crossing: Array
    added: Array


class Unit(NamedTuple):
    """One vehicle's life by year since entry, (rows, years) each; rows are of ages or kinds.

    Parameters
    ----------
    distance : ndarray
        km.
    burnt, worn : ndarray
        km weighted by the rise of gasoline with age, and by that and the age of the catalyst.
    charged : ndarray
        km weighted by the loss of efficiency.
    ended : ndarray
        Share that leaves.
    """

    distance: Array
    burnt: Array
    worn: Array
    charged: Array
    ended: Array


class Units(NamedTuple):
    """Working space: lives of one draw's vehicles.

    Parameters
    ----------
    home : Unit
        At home: combustion cars, combustion pickups, EV cars, EV pickups.
    new : Unit
        Sold new in the host country: combustion vehicles, EVs.
    combustion, held, free : Unit
        Imports by age at entry: combustion vehicles, EVs held to a rule on state of health, and free of it.
    left : ndarray, shape (years of `new`,)
        Share in use at the ends of years.
    """

    home: Unit
    new: Unit
    combustion: Unit
    held: Unit
    free: Unit
    left: Array


class Manner(NamedTuple):
    """How one draw's vehicles drive in one country; `late` is the exhaust of old catalysts over that of young ones."""

    rate: Array
    half: float
    fuel_fade: float
    power_fade: float
    late: float
    late_age: float
