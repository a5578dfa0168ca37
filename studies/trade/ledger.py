"""What is done in every year in every case: the kernels' accounts of both fleets, in the blocks of `units`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mcsim.kernels.cohorts.accounts import (
    BY_COMBUSTION,
    BY_EV,
    CLASSES,
    HOME,
    IMPORTED,
    KEPT,
    NEW_HOST,
    REPLACEMENTS,
    STAND_IN,
    Accounts,
    Holding,
    HomePacks,
    StandIn,
    Unit,
    Units,
    Used,
    Ways,
)
from mcsim.kernels.cohorts.flows import Flows, Retired
from mcsim.kernels.cohorts.ledger import fill_ledger
from mcsim.kernels.cohorts.materials import fill_retired
from mcsim.kernels.cohorts.new import fill_new_packs
from mcsim.kernels.cohorts.records import (
    ENERGY,
    EV,
    HEV,
    ICEV,
    LANDFILL,
    MASS,
    NEW,
    NUMBER,
    POWERTRAINS,
    SECOND_HAND,
    STYLES,
    Fleet,
    Rules,
    Shared,
)
from mcsim.kernels.cohorts.room import Space, Tables
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.fleet.stages import empty_retired, rows, run_fleet
from mcsim.studies.second_hand_ev.packs import FACTOR_YEAR
from mcsim.studies.trade.units import BLOCKS
from mcsim.study import FloatArray, OptionValue

CASES = ("as-is", "no-second-hand-evs", "no-imports")
AS_IS, NO_EVS, NO_IMPORTS = range(len(CASES))
_KG_PER_TONNE, _KWH_PER_MWH, _KWH_PER_GWH = 1e3, 1e3, 1e6


class Run(NamedTuple):
    """What both fleets do, of n draws.

    Parameters
    ----------
    flows : Flows
        Vehicles.
    retired : tuple of Retired
        Packs that retire in the host country, by case; behind the materials stand MWh of the scored chemistries.
    accounts : Accounts
        What classes do.
    """

    flows: Flows
    retired: tuple[Retired, ...]
    accounts: Accounts


def stand_in(options: dict[str, OptionValue]) -> StandIn:
    """Return what comes in the place of second-hand EVs."""
    return StandIn(REPLACEMENTS.index(str(options["replacement"])), options["replacement_count"] == "distance")


def run(fleet: Fleet, shared: Shared, rules: Rules, holding: Holding, ways: Ways) -> Run:
    """Run both fleets with what they drive, and the packs that would retire in the other cases.

    Parameters
    ----------
    fleet, shared, rules : Fleet, Shared, Rules
        Of the fleet study.
    holding, ways : Holding, Ways
        What packs hold, and how vehicles drive.
    """
    n, years = fleet.vehicles.host.sales.shape[:2]
    chemistries = holding.vectors.shape[2] - 2
    # Chemistries go along as further materials: all of one that is recycled in the host country is "recovered".
    contents = fleet.contents
    extended = fleet._replace(
        contents=contents._replace(
            composition=np.ascontiguousarray(
                np.concatenate([contents.composition, holding.vectors[:, :, :-2]], axis=2)
            ),
            host_recovery=np.concatenate([contents.host_recovery, np.ones((n, chemistries))], axis=1),
            home_recovery=np.concatenate([contents.home_recovery, np.zeros((n, chemistries))], axis=1),
        )
    )
    accounts = empty_accounts(n, years, holding.vectors.shape[2])
    materials = extended.contents.composition.shape[2]
    no_imports = empty_retired(n, years, materials)
    # Only new EVs in the place of second-hand ones leave packs of their own.
    without = empty_retired(n, years, materials) if ways.stand_in.kind == BY_EV else no_imports
    units = make_units(fleet, shared)
    unruled = bool((fleet.trade.checked < 1.0).any())

    def after(part: slice, drawn: Fleet, tables: Tables, space: Space) -> None:
        filled, held = rows(accounts, part), rows(holding, part)
        driven = Ways(ways.exposure, ways.stand_in, rows(ways.driving, part), rows(ways.burning, part))
        fill_ledger(drawn.vehicles, shared, tables, unruled, held, driven, units, filled)
        # The packs of imports have been told: their room is free, and stays empty.
        sales, capacity, packs = drawn.vehicles.host.sales, drawn.contents.capacity, tables.packs
        fill_new_packs(sales, tables.new, capacity, space.per_vehicle, packs)
        places = np.arange(len(capacity))
        fill_retired(packs, places, drawn.contents, space.packs, rows(no_imports, part))
        if ways.stand_in.kind == BY_EV:
            more = sales.copy()
            more[:, :, EV] += filled.added
            fill_new_packs(more, tables.new, capacity, space.per_vehicle, packs)
            fill_retired(packs, places, drawn.contents, space.packs, rows(without, part))

    flows, retired = run_fleet(extended, shared, rules, after=after)
    return Run(flows, (retired, without, no_imports), accounts)


def empty_accounts(n: int, years: int, width: int) -> Accounts:
    """Return room for the accounts of n draws; `width` is that of the vectors of `Holding`."""
    return Accounts(
        Used(*(np.empty((n, CLASSES, years)) for _ in Used._fields)),
        HomePacks(*(np.empty((n, years, width)) for _ in HomePacks._fields)),
        np.empty((n, len(POWERTRAINS) + 1, years)),
        np.empty((n, years)),
    )


def make_units(fleet: Fleet, shared: Shared) -> Units:
    """Return working space for the lives of one draw's vehicles."""
    years, home_years = fleet.vehicles.host.sales.shape[1], fleet.vehicles.home.sales.shape[1]
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


class Case(NamedTuple):
    """What is done in one case.

    Parameters
    ----------
    blocks : dict of str to ndarray, (n, years, width)
        Of `units.BLOCKS`.
    power : ndarray, shape (n, 2, years)
        kWh at the plug, by country.
    distance : ndarray, shape (n, 3, powertrains, years)
        km by way of `units.WAYS`.
    """

    blocks: dict[str, FloatArray]
    power: FloatArray
    distance: FloatArray


def by_way(values: FloatArray, case: int, by_combustion: bool) -> FloatArray:
    """Return what classes do by way and powertrain, (n, 3, powertrains, years), in a case.

    Parameters
    ----------
    values : ndarray, shape (n, classes, years)
        Of `Used`.
    case : int
        Place in `CASES`.
    by_combustion : bool
        Whether used cars stand in for second-hand EVs; new vehicles otherwise.
    """
    fleets = values.reshape(len(values), -1, len(POWERTRAINS), values.shape[2])
    new, imported = fleets[:, NEW_HOST] + fleets[:, KEPT], fleets[:, IMPORTED]
    if case == NO_EVS:
        stays = np.array([p != EV for p in range(len(POWERTRAINS))])[:, None]
        imported = np.where(stays, imported, 0.0)
        if by_combustion:
            imported = imported + fleets[:, STAND_IN]
        else:
            new = new + fleets[:, STAND_IN]
    elif case == NO_IMPORTS:
        imported = np.zeros_like(imported)
    return np.stack([fleets[:, HOME], new, imported], axis=1)


def crossing(accounts: Accounts, case: int) -> FloatArray:
    """Return the vehicles that cross by powertrain in a case, (n, powertrains, years)."""
    found = accounts.crossing[:, : len(POWERTRAINS)].copy()
    if case == NO_EVS:
        found[:, EV] = 0.0
        found[:, ICEV] += accounts.crossing[:, len(POWERTRAINS)]
    elif case == NO_IMPORTS:
        found[:] = 0.0
    return found


def case_of(run: Run, fleet: Fleet, holding: Holding, ways: Ways, inputs: dict[str, FloatArray], case: int) -> Case:
    """Return what is done in a case.

    Parameters
    ----------
    run, fleet, holding, ways
        As in `run`.
    inputs : mapping
        As the model gets them.
    case : int
        Place in `CASES`.
    """
    accounts, kind = run.accounts, ways.stand_in.kind
    used = accounts.used
    distance, ended, exhaust, litres, power = (
        by_way(values, case, kind == BY_COMBUSTION)
        for values in (used.distance, used.ended, used.exhaust, used.litres, used.power)
    )
    ended[:, 0] -= crossing(accounts, case)
    years = distance.shape[3]
    sales = np.stack([fleet.vehicles.home.sales[:, -years:], fleet.vehicles.host.sales], axis=1).copy()
    if case == NO_EVS:
        sales[:, 1, :, EV if kind == BY_EV else ICEV] += accounts.added
    # Packs made later cost less by the trend of production; before the year of the factors more.
    trend = (1.0 - inputs["battery_trend"][:, None]) ** (np.arange(years) + YEARS[0] - FACTOR_YEAR)
    blocks = {
        "driven": _flat(distance),
        "ended": _flat(ended),
        "sold": np.concatenate([sales[:, 0], sales[:, 1]], axis=2),
        "nickel_made": sales[:, :, :, HEV].transpose(0, 2, 1) * trend[:, :, None],
        "burnt": np.stack([litres[:, 0].sum(axis=1), litres[:, 1:].sum(axis=(1, 2))], axis=2),
        "exhaust": _flat(np.stack([exhaust[:, :, ICEV], exhaust[:, :, HEV] + exhaust[:, :, EV]], axis=2)),
    }
    blocks |= _packs(run, fleet, holding, trend, inputs, sales[:, 1, :, EV], case)
    return Case(blocks, np.stack([power[:, 0].sum(axis=1), power[:, 1:].sum(axis=(1, 2))], axis=1), distance)


def _flat(values: FloatArray) -> FloatArray:
    """Turn (n, ways, kinds, years) into (n, years, ways x kinds)."""
    return np.ascontiguousarray(values.reshape(len(values), -1, values.shape[3]).transpose(0, 2, 1))


def fitted_energy(retired: Retired, flows: Flows, imported: bool, repaired: bool) -> FloatArray:
    """Return the capacity of packs fitted in the host country in the place of others, (n, years) kWh.

    Those under warranty are booked. Those of a repair follow from the balance of packs, which is exact in number:
    fitted = retired + in use at the end - in use before - registered; each is of the mean capacity of those retired.
    """
    kwh = retired.replaced[..., ENERGY].sum(axis=2) * _KWH_PER_GWH
    if not repaired:
        return np.asarray(kwh)
    number = retired.amount[..., NUMBER].copy()
    host, origins = flows.host, (NEW, SECOND_HAND) if imported else (NEW,)
    for origin in origins:
        stock = host.stock[:, origin, EV]
        before = np.concatenate([np.zeros((len(stock), 1)), stock[:, :-1]], axis=1)
        more = number[:, :, origin] + stock - before - host.registrations[:, origin, EV]
        more = np.maximum(more - retired.replaced[:, :, origin, NUMBER], 0.0)
        energy, packs = retired.amount[:, :, origin, ENERGY], number[:, :, origin]
        mean = np.divide(energy, packs, out=np.zeros_like(energy), where=packs > 0.0)
        kwh = kwh + more * mean * _KWH_PER_GWH
    return np.asarray(kwh)


def _packs(
    run: Run,
    fleet: Fleet,
    holding: Holding,
    trend: FloatArray,
    inputs: dict[str, FloatArray],
    sold: FloatArray,
    case: int,
) -> dict[str, FloatArray]:
    """Return the blocks about EV packs; `sold` are the EVs sold new in the host country, (n, years)."""
    retired, packs = run.retired[case], run.accounts.packs
    vectors, chemistries = holding.vectors, holding.vectors.shape[2] - 2
    made = [*range(chemistries), chemistries + 1]  # by chemistry, and kg beyond what is scored
    repaired = bool(fleet.laws.host.repair.any())
    fitted = fitted_energy(retired, run.flows, case == AS_IS, repaired)
    host = (sold * holding.capacity[:, NEW] + fitted)[:, :, None] * vectors
    left = packs.left - packs.crossed if case == AS_IS else packs.left
    collected = inputs["home_collection_share"][:, None, None]
    first = fleet.contents.composition.shape[2]
    taken = fleet.contents.policy.take_back[:, :, None] * retired.contained[:, :, SECOND_HAND, first:] * _KWH_PER_MWH
    lost = retired.lost[..., first:].sum(axis=2) * _KWH_PER_MWH
    buried_mass = retired.destination[..., LANDFILL].sum(axis=2, keepdims=True) * _KG_PER_TONNE
    return {
        "made_home": (packs.made * trend[:, :, None])[:, :, made],
        "made_host": (host * trend[:, :, None])[:, :, made],
        "recycled_home": collected * left[:, :, :chemistries] + taken,
        "buried_home": (1.0 - collected) * left[:, :, : chemistries + 1],
        "recycled_host": retired.recovered[..., first:].sum(axis=2) * _KWH_PER_MWH,
        "buried_host": np.concatenate([lost - taken, buried_mass], axis=2),
    }


def stacked(case: Case) -> FloatArray:
    """Return the blocks behind one another, (n, years, J)."""
    return np.concatenate([case.blocks[name] for name in BLOCKS], axis=2)


def masses(run: Run, case: int) -> tuple[FloatArray, FloatArray]:
    """Return the mass of EV packs that retire at home and in the host country in a case, (n, years) t each."""
    packs = run.accounts.packs
    left = packs.left[..., -2] - (packs.crossed[..., -2] if case == AS_IS else 0.0)
    return left / _KG_PER_TONNE, np.asarray(run.retired[case].amount[..., MASS].sum(axis=2))
