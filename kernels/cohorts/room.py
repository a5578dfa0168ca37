"""Records of what the fleet's stages leave each other within a block of draws; their working space: `space`."""

from typing import NamedTuple

from mcsim.kernels.cohorts.records import Array, Whole


class Members(NamedTuple):
    """Draws of a block, (k,) each: a draw for all those that agree in what a stage reads.

    Parameters
    ----------
    draws : ndarray of int64
        Their numbers.
    tables : ndarray of int64
        Places of their tables.
    sources : ndarray of int64
        Places of what the stage before has left: of home fleets' pools, or of arrivals.
    """

    draws: Whole
    tables: Whole
    sources: Whole


class At(NamedTuple):
    """One draw: its number, the place of its tables, and that of its arrivals among those of its block."""

    draw: int
    table: int
    row: int


class CountryCurves(NamedTuple):
    """Survival of packs in one country, (n, quarters) each: to the loss that a warranty replaces, and to the end."""

    warranty: Array
    end: Array


class Curves(NamedTuple):
    """Survival of packs by quarter-year of age, (n, quarters) each.

    Parameters
    ----------
    home, host : CountryCurves
        Against fade, of packs in vehicles sold new there.
    abroad : ndarray
        Up to the end of life in the host country, of packs that came with an import.
    passing : ndarray
        Up to the loss that the border allows; all 1 without a rule.
    defects : ndarray
        Against defects.
    """

    home: CountryCurves
    host: CountryCurves
    abroad: Array
    passing: Array
    defects: Array


class PackStates(NamedTuple):
    """On which pack a vehicle sold new runs, deaths of vehicles aside.

    Parameters
    ----------
    share : ndarray, shape (n, halves, classes)
        By half-year of age, and by the half-year in which the pack was fitted (0: the first pack).
    running : ndarray, shape (n, halves)
        Sum over the classes.
    """

    share: Array
    running: Array


class States(NamedTuple):
    """Of vehicles sold new in either country."""

    home: PackStates
    host: PackStates


class NewVehicles(NamedTuple):
    """What becomes of one vehicle sold new in the host country.

    Parameters
    ----------
    alive : ndarray, shape (n, halves)
        Survival by half-year.
    left, ev_left : ndarray, shape (n, years)
        Share in use at the ends of years, of combustion vehicles and of EVs.
    covered, later, replaced : ndarray, shape (n, years, shifts)
        Packs retired within the warranty's age and after it, and those of the former that the warranty replaced, by
        year since sale and by model year of the pack since that of the vehicle; those under warranty as far as it
        reaches.
    """

    alive: Array
    left: Array
    ev_left: Array
    covered: Array
    later: Array
    replaced: Array


class Fitted(NamedTuple):
    """Packs fitted by repair in one import, by year since entry; of no year where nothing is repaired.

    Parameters
    ----------
    early, late : ndarray, shape (n, ages, years)
        In the last half-year but one and in the last half-year of each year, per vehicle that lives.
    entering : ndarray, shape (n, ages, years)
        In both, per vehicle that came.
    living : ndarray, shape (n, ages, years)
        Survival of vehicles at the ends of years.
    served : ndarray, shape (n, 2, years + 1)
        Share of packs that serves at the ends of years since that of their fitting: of `late` and of `early`.
    """

    early: Array
    late: Array
    entering: Array
    living: Array
    served: Array


class Entries(NamedTuple):
    """What becomes of one import, by age at entry, for as many years as vehicles of that age are seen.

    Parameters
    ----------
    passing : ndarray, shape (n, ages)
        Share of running EVs that may be traded.
    left, ev_left : ndarray, shape (n, ages, years)
        Share in use at the ends of years, of combustion vehicles and of EVs that came with a working pack.
    number : ndarray, shape (n, ages, years)
        Packs of the latter that retire, by year since entry.
    retired : ndarray, shape (n, ages, years, shifts)
        Those with which they came, by model year of the pack since that of the vehicle too.
    retired_cells : ndarray, shape (n, ages, years * shifts)
        A view of the same memory, for loops over all of an age's cells.
    fitted : Fitted
        Those fitted by repair since entry.
    dead : ndarray, shape (n, ages, shifts)
        Model years of the packs of EVs that came with a dead one; shares.
    """

    passing: Array
    left: Array
    ev_left: Array
    number: Array
    retired: Array
    retired_cells: Array
    fitted: Fitted
    dead: Array


class Coming(NamedTuple):
    """EVs that come by year and age at entry, with a working pack and with a dead one, (n, years, ages) each."""

    working: Array
    dead: Array


class Combustion(NamedTuple):
    """Combustion vehicles and hybrids that come by year and age at entry, (n, years, ages) each."""

    icev: Array
    hev: Array


class Arrivals(NamedTuple):
    """Who comes.

    Parameters
    ----------
    held, free : Coming
        EVs held to a rule on state of health, and free of it (read where not all are held to one).
    combustion : Combustion
        All others.
    """

    held: Coming
    free: Coming
    combustion: Combustion


class Retiring(NamedTuple):
    """Packs that retire, by year.

    A pack fitted later is of its own year in what it is made of, and of its vehicle's in how much it holds: so capacity
    is no function of the model year, and stands beside the number.

    Parameters
    ----------
    number : ndarray, shape (n, years)
        Packs.
    energy : ndarray, shape (n, years * (years + 1) / 2)
        Their nominal capacity, by the model year of the pack too: one for the first year, two for the second [kWh].
    """

    number: Array
    energy: Array


class Packs(NamedTuple):
    """Packs that retire in the host country.

    Parameters
    ----------
    covered, later : Retiring
        Of vehicles sold new, within the warranty's age and after it.
    replaced : Retiring
        Those of `covered` that the warranty replaced.
    second_hand : Retiring
        Of imports.
    """

    covered: Retiring
    later: Retiring
    replaced: Retiring
    second_hand: Retiring


class Places(NamedTuple):
    """Where the packs of each draw stand, (n,) each: those of vehicles sold new, and those of imports."""

    new: Whole
    used: Whole


class Leavers(NamedTuple):
    """Per vehicle sold at home, by style and year of age, (n, styles, model years) each; of one draw without n.

    Parameters
    ----------
    left : ndarray
        Combustion vehicles in use at the end of the year.
    death, failure : ndarray
        EVs that die with a working pack, and EVs whose pack fails.
    combustion : ndarray
        Combustion vehicles that die.
    in_use : ndarray
        EVs in use at the end of the year.
    replaced : ndarray
        Packs replaced in EVs that stay.
    """

    left: Array
    death: Array
    failure: Array
    combustion: Array
    in_use: Array
    replaced: Array


class Tables(NamedTuple):
    """What the stages leave each other; the first axis of every array is the draw of a block.

    `free` is `entries` without a rule on state of health: the same arrays where the rule holds for all EVs or none.
    """

    curves: Curves
    states: States
    leavers: Leavers
    new: NewVehicles
    pool: Array
    entries: Entries
    free: Entries
    arrivals: Arrivals
    packs: Packs
