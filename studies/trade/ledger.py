"""What is done in every year in every case: the kernels' accounts of both fleets, in the columns of `units`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mcsim.kernels.cohorts import room
from mcsim.kernels.cohorts.accounts import (
    BY_COMBUSTION,
    BY_EV,
    CLASSES,
    REPLACEMENTS,
    Accounts,
    Holding,
    HomePacks,
    StandIn,
    Unit,
    Units,
    Used,
    Ways,
)
from mcsim.kernels.cohorts.done import Done, Gone, Traded, columns_of, fill_done
from mcsim.kernels.cohorts.flows import Flows, Retired
from mcsim.kernels.cohorts.ledger import fill_ledger
from mcsim.kernels.cohorts.new import fill_new_packs
from mcsim.kernels.cohorts.records import (
    ENERGY,
    EV,
    MASS,
    NEW,
    NUMBER,
    POWERTRAINS,
    SECOND_HAND,
    STYLES,
    Rules,
    Shared,
    Vehicles,
)
from mcsim.kernels.cohorts.space import Space
from mcsim.studies.fleet.memory import empty_packs
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.fleet.stages import Drawn, rows, run_flows
from mcsim.studies.second_hand_ev.packs import FACTOR_YEAR
from mcsim.study import FloatArray, OptionValue

CASES = ("as-is", "no-second-hand-evs", "no-imports")
AS_IS, NO_EVS, NO_IMPORTS = range(len(CASES))
_KG_PER_TONNE, _KWH_PER_GWH = 1e3, 1e6


class Run(NamedTuple):
    """What both fleets do, of n draws.

    Parameters
    ----------
    flows : Flows
        Vehicles.
    packs : Packs
        Those that retire in the host country.
    places : Places
        Where those of each draw stand.
    added : Packs
        Those of new vehicles where new EVs come in the place of second-hand ones; of no draw otherwise.
    accounts : Accounts
        What classes do.
    """

    flows: Flows
    packs: room.Packs
    places: room.Places
    added: room.Packs
    accounts: Accounts


def stand_in(options: Mapping[str, OptionValue]) -> StandIn:
    """Return what comes in the place of second-hand EVs."""
    return StandIn(REPLACEMENTS.index(str(options["replacement"])), options["replacement_count"] == "distance")


def run(drawn: Drawn, shared: Shared, rules: Rules, holding: Holding, ways: Ways) -> Run:
    """Run both fleets with what they drive, and the packs that would retire in the other cases.

    Parameters
    ----------
    drawn, shared, rules : Drawn, Shared, Rules
        Of the fleet study.
    holding, ways : Holding, Ways
        What packs hold, and how vehicles drive.
    """
    n, years = drawn.vehicles.host.sales.shape[:2]
    accounts = empty_accounts(n, years, holding.vectors.shape[2])
    by_ev = ways.stand_in.kind == BY_EV
    added = without_imports(empty_packs(n if by_ev else 0, years))
    units = make_units(drawn.vehicles, shared)
    unruled = bool((drawn.trade.checked < 1.0).any())

    def after(part: slice, some: Drawn, tables: room.Tables, space: Space) -> None:
        filled, held = rows(accounts, part), rows(holding, part)
        driven = Ways(ways.exposure, ways.stand_in, rows(ways.driving, part), rows(ways.burning, part))
        fill_ledger(some.vehicles, shared, tables, unruled, held, driven, units, filled)
        if by_ev:
            more = some.vehicles.host.sales.copy()
            more[:, :, EV] += filled.added
            every = np.arange(len(more))
            members = room.Members(every, every, every)
            fill_new_packs(members, more, tables.new, some.capacity, space.per_vehicle, rows(added, part))

    flows, packs, places = run_flows(drawn, shared, rules, after=after)
    return Run(flows, packs, places, added, accounts)


def without_imports(packs: room.Packs) -> room.Packs:
    """Return retiring packs without those of imports."""
    return packs._replace(second_hand=room.Retiring(*(np.zeros_like(values) for values in packs.second_hand)))


def empty_accounts(n: int, years: int, width: int) -> Accounts:
    """Return room for the accounts of n draws; `width` is that of the vectors of `Holding`."""
    return Accounts(
        Used(*(np.empty((n, CLASSES, years)) for _ in Used._fields)),
        HomePacks(*(np.empty((n, years, width)) for _ in HomePacks._fields)),
        np.empty((n, len(POWERTRAINS) + 1, years)),
        np.empty((n, years)),
    )


def make_units(vehicles: Vehicles, shared: Shared) -> Units:
    """Return working space for the lives of one draw's vehicles."""
    years, home_years = vehicles.host.sales.shape[1], vehicles.home.sales.shape[1]
    ages, oldest = shared.gates.ever.size, years + shared.first_stock.cohorts

    def unit(lives: int, length: int) -> Unit:
        return Unit(*(np.empty((lives, length)) for _ in Unit._fields))

    return Units(
        home=unit(2 * len(STYLES), home_years),
        new=unit(2, oldest),
        combustion=unit(ages, years),
        held=unit(ages, years),
        free=unit(ages, years),
        left=np.empty(oldest),
    )


class Sold(NamedTuple):
    """What the balance of packs in the host country is taken from, of n draws.

    Parameters
    ----------
    home_sales, host_sales : ndarray, shape (n, years, powertrains)
        Vehicles sold new.
    capacity : ndarray, shape (n, origins, years)
        Capacity of a pack by origin and model year [kWh].
    stock, registrations : ndarray, shape (n, origins, years)
        EVs in the host country.
    repaired : ndarray, shape (n,)
        Whether packs are replaced there outside a warranty.
    """

    home_sales: FloatArray
    host_sales: FloatArray
    capacity: FloatArray
    stock: FloatArray
    registrations: FloatArray
    repaired: FloatArray


def sold_of(drawn: Drawn, flows: Flows) -> Sold:
    """Return what a draw of the fleet sells and holds."""
    host, years = flows.host, flows.host.stock.shape[3]
    return Sold(
        np.ascontiguousarray(drawn.vehicles.home.sales[:, -years:]),
        drawn.vehicles.host.sales,
        drawn.capacity,
        np.ascontiguousarray(host.stock[:, :, EV]),
        np.ascontiguousarray(host.registrations[:, :, EV]),
        (drawn.laws.host.repair > 0.0).astype(np.float64),
    )


def fitted_energy(retired: Fates, sold: Sold, case: int) -> FloatArray:
    """Return the capacity of packs fitted in the host country in the place of others, (n, years) kWh.

    Those under warranty are booked. Those of a repair follow from the balance of packs, which is exact in number:
    fitted = retired + in use at the end - in use before - registered; each is of the mean capacity of those retired.
    """
    kwh = np.asarray(retired.replaced[..., ENERGY].sum(axis=2) * _KWH_PER_GWH)
    if not sold.repaired.any():
        return kwh
    for origin in (NEW, SECOND_HAND) if case == AS_IS else (NEW,):
        stock, number = sold.stock[:, origin], retired.amount[:, :, origin, NUMBER]
        before = np.concatenate([np.zeros((len(stock), 1)), stock[:, :-1]], axis=1)
        more = number + stock - before - sold.registrations[:, origin]
        more = np.maximum(more - retired.replaced[:, :, origin, NUMBER], 0.0) * sold.repaired[:, None]
        energy = retired.amount[:, :, origin, ENERGY]
        mean = np.divide(energy, number, out=np.zeros_like(energy), where=number > 0.0)
        kwh = kwh + more * mean * _KWH_PER_GWH
    return np.asarray(kwh)


class Fates(NamedTuple):
    """Packs that retire in the host country in one case, by year and origin.

    Parameters
    ----------
    amount, replaced, destination : ndarray
        As in `Retired`.
    contained, recovered, lost : ndarray, shape (n, years, origins, chemistries)
        Energy by scored chemistry: all, what is recycled there, and the rest [MWh].
    """

    amount: FloatArray
    replaced: FloatArray
    destination: FloatArray
    contained: FloatArray
    recovered: FloatArray
    lost: FloatArray


def fates_of(retired: Retired, materials: int) -> Fates:
    """Return the fates of packs whose chemistries stand behind so many materials, as further ones."""
    behind = (retired.contained, retired.recovered, retired.lost)
    chemistries = (np.ascontiguousarray(values[..., materials:]) for values in behind)
    return Fates._make([retired.amount, retired.replaced, retired.destination, *chemistries])


def done_in(
    accounts: Accounts,
    sold: Sold,
    retired: tuple[Fates, ...],
    vectors: FloatArray,
    take_back: FloatArray,
    inputs: Mapping[str, FloatArray],
    kind: int,
) -> Done:
    """Return what is done in every case.

    Parameters
    ----------
    accounts, sold : Accounts, Sold
        Of the classes; sales, and the balance of packs.
    retired : tuple of Fates
        Packs that retire in the host country, by case.
    vectors : ndarray
        Of `Holding`.
    take_back : ndarray, shape (n, years, origins)
        Share of packs that producers fetch, by origin of their vehicle.
    inputs : mapping
        As the model gets them.
    kind : int
        Place in `REPLACEMENTS`.
    """
    n, years, width = vectors.shape
    # Packs made later cost less by the trend of production; before the year of the factors more.
    trend = (1.0 - inputs["battery_trend"][:, None]) ** (np.arange(years) + YEARS[0] - FACTOR_YEAR)
    fitted = np.empty((n, len(CASES), years))
    for case, packs in enumerate(retired):
        evs = sold.host_sales[:, :, EV] + (accounts.added if case == NO_EVS and kind == BY_EV else 0.0)
        fitted[:, case] = evs * sold.capacity[:, NEW] + fitted_energy(packs, sold, case)
    traded = Traded(
        sold.home_sales, sold.host_sales, trend, fitted, vectors, inputs["home_collection_share"], take_back
    )
    columns = columns_of(width - 2)
    done = Done(np.empty((n, len(CASES), years, columns.width)), np.empty((n, len(CASES), 2, years)))
    now, without, no_imports = (Gone(one.contained, one.recovered, one.lost, one.destination) for one in retired)
    fill_done(accounts, traded, now, without, no_imports, kind == BY_COMBUSTION, kind == BY_EV, columns, done)
    return done


def masses(left: FloatArray, crossed: FloatArray, retired: tuple[Fates, ...]) -> tuple[FloatArray, FloatArray]:
    """Return the mass of EV packs that retire at home and in the host country, (n, years, cases) t each.

    Parameters
    ----------
    left, crossed : ndarray, shape (n, years)
        Of `HomePacks` [kg].
    retired : tuple of Fates
        By case.
    """
    home = np.stack([left - crossed if case == AS_IS else left for case in range(len(CASES))], axis=2)
    return home / _KG_PER_TONNE, np.stack([one.amount[..., MASS].sum(axis=2) for one in retired], axis=2)
