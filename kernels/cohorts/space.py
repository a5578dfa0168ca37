"""Records of working space of the fleet's stages, used again for every draw."""

from typing import NamedTuple

from mcsim.kernels.cohorts.records import Array, Gate


class HomeSpace(NamedTuple):
    """The home fleet.

    Parameters
    ----------
    alive, ev_alive : ndarray, shape (halves,)
        Survival of one style by half-year, and that of EVs.
    stock, gone : ndarray, shape (powertrains, years) and (powertrains + 1, years)
        As in `mcsim.kernels.cohorts.flows.HomeFlows`, years side by side.
    mixed : ndarray, shape (years,)
        What becomes of vehicles of both styles.
    """

    alive: Array
    ev_alive: Array
    stock: Array
    gone: Array
    mixed: Array


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


class OwnerSpace(NamedTuple):
    """One vehicle sold new.

    Parameters
    ----------
    hazards : ndarray, shape (quarters,)
        Power of the age of packs that laws of one shape share.
    states : StateSpace
        The classes of its packs.
    by_class : ndarray, shape (at least classes,)
        Packs of one year by class.
    """

    hazards: Array
    states: StateSpace
    by_class: Array


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


class SampledLaw(NamedTuple):
    """Survival of packs in the host country, every m-th quarter-year of age in a row by the first one, (m, k) each.

    Parameters
    ----------
    end, defects : ndarray
        To the end of life and against defects.
    """

    end: Array
    defects: Array


class CameSpace(NamedTuple):
    """Packs with which one import came, at entry and at the ends of years, and at the half-years before these.

    Parameters
    ----------
    alive : ndarray, shape (years + 1,)
        Survival of vehicles at entry and at the ends of years.
    ends, between : ndarray, shape (years + 1,) and (years,)
        Share running on any of these packs at entry and at the ends of years, and half a year before each end.
    of_year : ndarray, shape (years + 1,)
        As `ends`, of the packs of one model year.
    """

    alive: Array
    ends: Array
    between: Array
    of_year: Array


class RenewalSpace(NamedTuple):
    """Packs that are repaired in one import.

    Parameters
    ----------
    running : ndarray, shape (halves + 1,)
        Share running on the packs with which they came, at entry and at the end of each half-year since.
    failed : ndarray, shape (halves,)
        Packs that fail in each half-year since entry.
    loss : ndarray, shape (halves,)
        Share of packs lost in each half-year since their fitting.
    in_use : ndarray, shape (years,)
        Packs fitted since entry, in use at the ends of years.
    """

    running: Array
    failed: Array
    loss: Array
    in_use: Array


class EntrySpace(NamedTuple):
    """Of one import.

    Survival of an EV by half-year since entry, (2 years + 1,), and of another at the ends of years, (years + 1,), its
    packs, the host's laws by whole years, the packs with which it came, repairs.
    """

    alive: Array
    others: Array
    traded: Traded
    yearly: SampledLaw
    came: CameSpace
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
        Imports in use at the ends of years by the model year of the vehicle, the oldest of the first year first; of no
        year where ages are not asked for.
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


class FittedSpace(NamedTuple):
    """Packs fitted by repair in imports [kWh]; see `Fitted` in `mcsim.kernels.cohorts.room`.

    Parameters
    ----------
    early, late, entering : ndarray, shape (years,)
        Of the imports of one year, by year since entry.
    by_early, by_late : ndarray, shape (years * (years + 1) / 2,)
        `early` and `late` of all imports times the survival of their vehicles: by the year of fitting, and from it on
        by year.
    made : ndarray, shape (years,)
        Fitted, by year.
    """

    early: Array
    late: Array
    entering: Array
    by_early: Array
    by_late: Array
    made: Array


class ArrivalSpace(NamedTuple):
    """Packs retired by year and shift of one model year of vehicles, (years * shifts,), and those fitted by repair."""

    retired: Array
    fitted: FittedSpace


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


class Space(NamedTuple):
    """Working space, used again for every draw."""

    owners: OwnerSpace
    home: HomeSpace
    entry: EntrySpace
    imports: ImportSpace
    arrivals: ArrivalSpace
    years: Array
    per_vehicle: PerVehicle
