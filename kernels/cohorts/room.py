"""Records of what the fleet's stages leave each other within a block of draws, and of their working space."""

from typing import NamedTuple

from mcsim.kernels.cohorts.records import Array, Gate


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
        year since sale and by model year of the pack since that of the vehicle.
    """

    alive: Array
    left: Array
    ev_left: Array
    covered: Array
    later: Array
    replaced: Array


class Entries(NamedTuple):
    """What becomes of one import, by age at entry; `retired_cells` is `retired` with its last two axes as one.

    Parameters
    ----------
    passing : ndarray, shape (n, ages)
        Share of running EVs that may be traded.
    left, ev_left : ndarray, shape (n, ages, years)
        Share in use at the ends of years, of combustion vehicles and of EVs that came with a working pack.
    retired : ndarray, shape (n, ages, years, shifts)
        Packs of the latter that retire, by year since entry and by model year of the pack since that of the vehicle.
    retired_cells : ndarray, shape (n, ages, years * shifts)
        A view of the same memory, for loops over all of an age's cells.
    repaired : ndarray, shape (n, ages, years * (years + 1) / 2)
        Packs fitted by repair since entry that retire, by year since entry and, up to it, by the year of fitting; empty
        where nothing is repaired.
    repaired_number : ndarray, shape (n, ages, years)
        The same, of all years of fitting.
    dead : ndarray, shape (n, ages, shifts)
        Model years of the packs of EVs that came with a dead one; shares.
    """

    passing: Array
    left: Array
    ev_left: Array
    retired: Array
    retired_cells: Array
    repaired: Array
    repaired_number: Array
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


class HomeSpace(NamedTuple):
    """At home, of one style: survival by half-year, and that of EVs, (halves,) each."""

    alive: Array
    ev_alive: Array


class StateSpace(NamedTuple):
    """The classes of packs of one vehicle, (at least halves,) each.

    Parameters
    ----------
    warranty, end, defects : ndarray
        Survival of packs fitted in the middle of a half-year, the oldest first: one of k half-years less a quarter-year
        at the k-th place before the last.
    first, passed : ndarray
        What was fitted in each half-year, and the share of it that passed the end of the cover.
    """

    warranty: Array
    end: Array
    defects: Array
    first: Array
    passed: Array


class Traded(NamedTuple):
    """Packs of one traded EV by class: the half-year in which they were fitted at home.

    Parameters
    ----------
    share : ndarray, shape (classes,)
        Share of the classes among traded vehicles.
    start : ndarray, shape (at least classes,)
        The law at the age from which packs can fail.
    """

    share: Array
    start: Array


class RenewalSpace(NamedTuple):
    """Packs that are repaired.

    Parameters
    ----------
    failed, after : ndarray, shape (halves,)
        Packs that fail in each half-year since entry, and the share that runs on one class at its end.
    loss : ndarray, shape (halves,)
        Share of packs lost in each half-year since their fitting.
    served : ndarray, shape (2, years + 1)
        Share that serves, every second half-year in a row by the first one.
    in_use, total : ndarray, shape (years,)
        Packs fitted in one year, in use at its end and at those of later years; packs fitted in any year, in use.
    """

    failed: Array
    after: Array
    loss: Array
    served: Array
    in_use: Array
    total: Array


class SampledLaw(NamedTuple):
    """Survival of packs in the host country, every m-th quarter-year of age in a row by the first one, (m, k) each.

    Parameters
    ----------
    end, defects : ndarray
        To the end of life and against defects.
    """

    end: Array
    defects: Array


class YearSpace(NamedTuple):
    """One import at the ends of years.

    Parameters
    ----------
    alive, after : ndarray, shape (years + 1,)
        Survival of vehicles, and share running on a pack of one class; at entry first.
    running, lost : ndarray, shape (years,)
        Share running on any pack, and packs of one model year lost in the year.
    """

    alive: Array
    after: Array
    running: Array
    lost: Array


class EntrySpace(NamedTuple):
    """Of one import.

    Survival of an EV by half-year since entry, (2 years + 1,), and of another at the ends of years, (years + 1,), its
    packs, the same by whole years, repairs.
    """

    alive: Array
    others: Array
    traded: Traded
    yearly: SampledLaw
    halfly: SampledLaw
    years: YearSpace
    renewal: RenewalSpace


class ImportSpace(NamedTuple):
    """One year's imports by age, (ages,) each.

    Parameters
    ----------
    weight, ev_weight : ndarray
        Shares of combustion vehicles and of EVs wanted.
    ev_spread : ndarray
        Shares of EVs by age before the border turns any away.
    whole, on_offer : ndarray
        Combustion vehicles (hybrids among them) and EVs that the pool holds.
    icev, hev, ev, ev_free : ndarray
        Chosen; `icev` holds all combustion vehicles until hybrids are told apart, `ev` all EVs until those that no rule
        on state of health held back are.
    passing, ev_kept : ndarray
        Share of running EVs that may be traded, and of those traded in use at the end of the year of entry.
    may_give, ev_may_give : ndarray of bool
        Ages that may give combustion vehicles, and EVs.
    in_use : ndarray, shape (model years, years)
        Imports in use at the ends of years by the model year of the vehicle, the oldest of the first year first.
    """

    weight: Array
    ev_weight: Array
    ev_spread: Array
    whole: Array
    on_offer: Array
    icev: Array
    hev: Array
    ev: Array
    ev_free: Array
    passing: Array
    ev_kept: Array
    may_give: Gate
    ev_may_give: Gate
    in_use: Array


class ArrivalSpace(NamedTuple):
    """Packs retired by year and shift, (years * shifts,) each: of one model year of vehicles, and of all of them.

    `repaired` is those fitted since entry, of one year of entry, (years * (years + 1) / 2,).
    """

    retired: Array
    number: Array
    repaired: Array


class PackSpace(NamedTuple):
    """Vectors of number, energy, mass and materials, k places in all: more than there are where whole runs are faster.

    Parameters
    ----------
    vectors : ndarray, shape (years, k)
        What a kWh of the packs of each model year holds.
    queue : ndarray, shape (origins, years, k)
        What comes back from another use, by year.
    work : ndarray, shape (origins, rows, k)
        One year's packs; rows as named in `mcsim.kernels.cohorts.materials`.
    """

    vectors: Array
    queue: Array
    work: Array


class PerVehicle(NamedTuple):
    """Packs that one vehicle sold new retires by year since sale, of all model years, (years,) each; see `Packs`."""

    covered: Array
    later: Array
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


class Space(NamedTuple):
    """Working space, used again for every draw."""

    states: StateSpace
    home: HomeSpace
    entry: EntrySpace
    imports: ImportSpace
    arrivals: ArrivalSpace
    packs: PackSpace
    years: Array
    per_vehicle: PerVehicle
