"""What one unit of everything that the fleets do causes, by where it falls: the vehicle study's factors, once for all.

The impacts of a year are linear in what is done in it: so many vehicles made, km driven, litres burnt, packs buried. A
block of units is one kind of these; the blocks stand behind one another on one axis, here and in
`mcsim.studies.trade.ledger`, and impacts are ledger times units. Electricity alone changes from year to year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mcsim.kernels.cohorts.accounts import HOME_MARKET, HOST_MARKET
from mcsim.kernels.cohorts.records import EV, HEV, ICEV, POWERTRAINS
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.second_hand_ev.cars import exhaust_of_litre
from mcsim.studies.second_hand_ev.grid import FIRST_YEAR, impact_at_plug
from mcsim.studies.second_hand_ev.lca import Assessment, impacts
from mcsim.studies.second_hand_ev.packs import (
    FACTOR_YEAR,
    credits_per_kwh,
    impacts_per_kwh,
    leaching_per_kwh,
    recycling_per_kwh,
)
from mcsim.studies.second_hand_ev.places import Places, electricity_by_place, factors_by_place, shares
from mcsim.study import FloatArray, IntArray, OptionValue

Inputs = Mapping[str, FloatArray]
Options = Mapping[str, OptionValue]
# Ways of a vehicle: from which market, driven where. The first axis of several blocks.
WAYS = ((HOME_MARKET, HOME_MARKET), (HOST_MARKET, HOST_MARKET), (HOME_MARKET, HOST_MARKET))
BLOCKS = (
    "driven",  # km, by way and powertrain
    "ended",  # vehicles that end, by way and powertrain
    "sold",  # vehicles made, by market and powertrain
    "nickel_made",  # hybrids' packs made, by market
    "burnt",  # litres, by country
    "exhaust",  # litres times their exhaust, by way and by combustion vehicle or hybrid
    "made_home",  # kWh of packs made by chemistry, and kg beyond what is scored: for the home market
    "made_host",  # the same for the host's
    "recycled_home",  # kWh recycled by chemistry
    "buried_home",  # kWh landfilled by chemistry, and kg
    "recycled_host",
    "buried_host",
)
FIRST_GRID_YEAR = FIRST_YEAR
WHOLE = 2


class Factors(NamedTuple):
    """Of n draws.

    Parameters
    ----------
    unit : ndarray, shape (n, J, 3, K)
        Impacts per unit at home, in the host country and elsewhere.
    power : ndarray, shape (n, 2, years, 3, K)
        Impacts per kWh at the plug, by country.
    energy_per_km : ndarray, shape (n, V)
        Electricity at the plug [kWh/km].
    """

    unit: FloatArray
    power: FloatArray
    energy_per_km: FloatArray


def factors(
    assessment: Assessment, places: Places, mix: FloatArray, size: FloatArray, inputs: Inputs, options: Options
) -> Factors:
    """Return the factors by place.

    Parameters
    ----------
    assessment, places : Assessment, Places
        Of the vehicle study.
    mix : ndarray, shape (n, 2, powertrains, V)
        Which of its vehicles stand for those of a market.
    size : ndarray, shape (n, 2, powertrains)
        Their mass over those'.
    inputs, options : mapping
        As the model gets them, under the vehicle study's names.
    """
    now = {**options, "purchase_year": FACTOR_YEAR}  # packs made later count by their own year
    found = impacts(assessment, inputs, now)
    parts = [*factors_by_place(places, assessment, inputs, now, found), found]
    views = [
        View(place, part, found, assessment, places, mix, size, inputs, now).blocks()
        for place, part in enumerate(parts)
    ]
    unit = np.stack([np.concatenate([blocks[name] for name in BLOCKS], axis=1) for blocks in views], axis=2)
    unit[:, :, WHOLE] -= unit[:, :, 0] + unit[:, :, 1]  # elsewhere is what is left
    return Factors(unit, _power(assessment, places, inputs, options), found["energy_per_km"])


def _power(assessment: Assessment, places: Places, inputs: Inputs, options: Options) -> FloatArray:
    """Return impacts per kWh at the plug by country, year and place; before the first year known as in it."""
    first = {**options, "purchase_year": FIRST_GRID_YEAR}
    placed = electricity_by_place(places, assessment, inputs, first)
    whole = impact_at_plug(assessment.grid, inputs, FIRST_GRID_YEAR)
    n_categories = whole.shape[3]
    home, host = placed[..., :n_categories], placed[..., n_categories:]
    power = np.stack([home, host, whole - home - host], axis=3)
    held = np.maximum(np.arange(YEARS[0], YEARS[-1] + 1) - FIRST_GRID_YEAR, 0)
    return np.ascontiguousarray(power[:, :, held])


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What of the factors falls at one place.

    Parameters
    ----------
    place : int
        At home (0), in the host country (1), or anywhere (`WHOLE`).
    part : mapping
        The vehicle study's factors that fall there; what is local is told by `whole`.
    whole : mapping
        The same anywhere.
    assessment, places, mix, size, inputs, options
        As in `factors`.
    """

    place: int
    part: Mapping[str, FloatArray]
    whole: Mapping[str, FloatArray]
    assessment: Assessment
    places: Places
    mix: FloatArray
    size: FloatArray
    inputs: Inputs
    options: Options

    def local(self, country: int, values: FloatArray) -> FloatArray:
        """Return what happens in a country as far as it falls here."""
        return values if self.place in (country, WHOLE) else np.zeros_like(values)

    def mean(self, market: int, powertrain: int, values: FloatArray) -> FloatArray:
        """Return the mean over the vehicles of a market and powertrain, (n, K), of values (n, V, K)."""
        return np.asarray((self.mix[:, market, powertrain, None] @ values)[:, 0])

    def scale(self, market: int, powertrain: int) -> FloatArray:
        """Return the mass of a market's vehicles over that of those that stand for them, (n, 1)."""
        return self.size[:, market, powertrain, None]

    def of(self, rows: IntArray) -> FloatArray | float:
        """Return the share that falls here of what has places of its own; 1 anywhere."""
        return 1.0 if self.place == WHOLE else shares(self.inputs, rows)[..., self.place]

    def blocks(self) -> dict[str, FloatArray]:
        """Return the units of every block, (n, width, K)."""
        rows = _driving_rows(self) | _making_rows(self)
        return {name: np.stack(each, axis=1) for name, each in rows.items()} | _pack_blocks(self)


def _driving_rows(view: View) -> dict[str, list[FloatArray]]:
    """Return the units of driving, of the exhaust and of the end of vehicles."""
    driven, ended, burnt = [], [], []
    exhaust = exhaust_of_litre(view.assessment.cars, view.inputs)
    for market, country in WAYS:
        kept_up = view.of(view.places.maintenance[country])
        for p in range(len(POWERTRAINS)):
            size = view.scale(market, p)
            worn = view.mean(market, p, view.whole["wear_per_km"])
            # Wear per km of the vehicle study follows its vehicles' mass, or none.
            worn = worn * size if view.options["wear_mass"] == "scaled" else worn
            road = view.mean(market, p, view.whole["road_per_km"]) * size
            upkeep = view.mean(market, p, view.whole["maintenance_per_km"]) * kept_up
            driven.append(view.local(country, worn + road) + upkeep)
            end = view.mean(market, p, view.part["vehicle_end_of_life"][:, :, country]) * size
            ended.append(end + _nickel_end(view, market, country) if p == HEV else end)
        burnt += [view.local(country, view.mean(market, p, exhaust)) for p in (ICEV, HEV)]
    return {"driven": driven, "ended": ended, "exhaust": burnt}


def _nickel_end(view: View, market: int, country: int) -> FloatArray:
    """Return the end of a hybrid's pack: recycled at home as far as collected, landfilled in the host country."""
    buried = view.local(country, view.mean(market, HEV, view.whole["landfill"]))
    if country == HOST_MARKET:
        return buried
    collected = view.inputs["home_collection_share"][:, None]
    recycled = view.mean(market, HEV, view.part["recycling_home"] - view.part["credit_home"])
    return np.asarray(collected * recycled + (1.0 - collected) * buried)


def _making_rows(view: View) -> dict[str, list[FloatArray]]:
    """Return the units of vehicles and hybrids' packs made, and of gasoline without the exhaust of a new car."""
    sold, nickel, burnt = [], [], []
    exhaust = exhaust_of_litre(view.assessment.cars, view.inputs)
    for market in (HOME_MARKET, HOST_MARKET):
        made = view.part["vehicle_production"]
        sold += [view.mean(market, p, made) * view.scale(market, p) for p in range(len(POWERTRAINS))]
        nickel.append(view.mean(market, HEV, view.part["battery_production"]))
        # Of a litre burnt in a country: `cars.BURNED` has home first, then the host with a good catalyst.
        litre = view.mean(market, ICEV, view.part["use_per_litre"][:, :, market])
        burnt.append(litre - view.local(market, view.mean(market, ICEV, exhaust)))
    return {"sold": sold, "nickel_made": nickel, "burnt": burnt}


def _pack_blocks(view: View) -> dict[str, FloatArray]:
    """Return the units of EV packs, per kWh by chemistry and per kg."""
    packs, inputs, options, places = view.assessment.packs, view.inputs, view.options, view.places
    whole = impacts_per_kwh(packs, inputs, options)
    per_kwh, per_kg = leaching_per_kwh(packs, inputs, options)
    buried = np.concatenate([per_kwh, per_kg[:, None]], axis=1)
    beyond = inputs["vehicle_factors"][:, packs.housing][:, None]
    made = np.concatenate([whole["battery_production"], beyond], axis=1)
    if view.place == WHOLE:
        shared = [made, made]
        home = whole["recycling_home"] - whole["credit_home"]
        host = whole["recycling_host"] - whole["credit_host"]
    else:
        of_pack = shares(inputs, places.pack)[..., view.place]
        shared = [made * view.mean(market, EV, of_pack)[:, None] for market in (HOME_MARKET, HOST_MARKET)]
        works = shares(inputs, places.recycling)[..., view.place]
        displaced = shares(inputs, places.credit)[..., view.place]
        credit_home, credit_host = credits_per_kwh(packs, inputs, options, displaced)
        home = recycling_per_kwh(packs, inputs, options, works) - credit_home
        host = whole["recycling_host"] * shares(inputs, places.smelting)[:, None, :, view.place] - credit_host
    return {
        "made_home": shared[HOME_MARKET],
        "made_host": shared[HOST_MARKET],
        "recycled_home": home,
        "buried_home": view.local(HOME_MARKET, buried),
        "recycled_host": host,
        "buried_host": view.local(HOST_MARKET, buried),
    }
