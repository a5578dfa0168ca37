"""What one unit of everything that the fleets do causes, by where it falls: the vehicle study's factors, once for all.

The impacts of a year are linear in what is done in it: so many vehicles made, km driven, litres burnt, packs buried. A
block of units is one kind of these; the blocks stand behind one another on one axis, as
`mcsim.kernels.cohorts.done.Columns` has them, and impacts are what is done times units. Electricity alone changes from
year to year, and stands apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.kernels.cohorts.accounts import HOME_MARKET, HOST_MARKET
from mcsim.kernels.cohorts.done import Columns, columns_of
from mcsim.kernels.cohorts.records import EV, HEV, ICEV, POWERTRAINS
from mcsim.studies.fleet.series import YEARS
from mcsim.studies.second_hand_ev.cars import car_impacts, exhaust_of_litre
from mcsim.studies.second_hand_ev.grid import FIRST_YEAR, parts_at_plug
from mcsim.studies.second_hand_ev.lca import Assessment, with_regions
from mcsim.studies.second_hand_ev.packs import (
    FACTOR_YEAR,
    credits_per_kwh,
    energy_of_packs,
    impacts_of_packs,
    impacts_per_kwh,
    leaching_per_kwh,
    recycling_per_kwh,
)
from mcsim.studies.second_hand_ev.places import Places, cars_by_place, power_by_place, shares
from mcsim.study import FloatArray, OptionValue

Inputs = Mapping[str, FloatArray]
Options = Mapping[str, OptionValue]
# Market and country of the ways of a vehicle, as `mcsim.kernels.cohorts.done` counts them.
MARKET_OF_WAY, COUNTRY_OF_WAY = (HOME_MARKET, HOST_MARKET, HOME_MARKET), (HOME_MARKET, HOST_MARKET, HOST_MARKET)
MARKETS = (HOME_MARKET, HOST_MARKET)
# The axis of places while it is filled: home, the host country, anywhere; at last anywhere else.
WHOLE = 2
_COUNT = len(POWERTRAINS)
_ENDS, _LITRE = "vehicle_end_of_life", "use_per_litre"
_PLACED = ("vehicle_production", "battery_production")
_LOCAL = ("wear_per_km", "road_per_km", "maintenance_per_km", "landfill")


def factors(
    assessment: Assessment, places: Places, mix: FloatArray, size: FloatArray, inputs: Inputs, options: Options
) -> FloatArray:
    """Return impacts per unit at home, in the host country and elsewhere, (n, columns, 3, K).

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
    per_kwh = impacts_per_kwh(assessment.packs, inputs, now)
    found = with_regions(car_impacts(assessment.cars, inputs, now))
    found |= impacts_of_packs(assessment.packs, inputs, now, per_kwh)
    known = Known(assessment, places, mix, size, inputs, now, per_kwh, means(assessment, places, mix, inputs, found))
    columns = columns_of(per_kwh["battery_production"].shape[1])
    unit = np.zeros((len(size), columns.width, WHOLE + 1, len(assessment.categories)))
    _fill_packs(known, columns, unit)
    _fill_driving(known, columns, unit)
    _fill_making(known, columns, unit)
    unit[:, :, WHOLE] -= unit[:, :, 0] + unit[:, :, 1]  # elsewhere is what is left
    return unit


def power(assessment: Assessment, places: Places, inputs: Inputs) -> FloatArray:
    """Return impacts per kWh at the plug, (n, 2, years, 3, K); before the first year known as in it."""
    falls = power_by_place(places, inputs)
    parts = [falls[..., HOME_MARKET], falls[..., HOST_MARKET], np.ones(falls.shape[:-1])]
    held = np.maximum(np.arange(YEARS[0], YEARS[-1] + 1) - FIRST_YEAR, 0)
    found = parts_at_plug(assessment.grid, inputs, FIRST_YEAR, parts)[:, :, held]
    placed = found.reshape(*found.shape[:3], WHOLE + 1, -1)
    placed[..., WHOLE, :] -= placed[..., HOME_MARKET, :] + placed[..., HOST_MARKET, :]
    return np.asarray(placed)


def means(
    assessment: Assessment, places: Places, mix: FloatArray, inputs: Inputs, found: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """Return means over the vehicles that stand for those of a market, (n, 2, powertrains, K) each, by one product.

    Of what has places of its own with the place behind the name (0, 1, or 2 for anywhere), of a litre with the country
    where it is burnt behind that.
    """
    values = {name: found[name] for name in _LOCAL}
    values[_ENDS] = found[_ENDS][:, :, HOME_MARKET]
    values["exhaust"] = exhaust_of_litre(assessment.cars, inputs)
    for place, part in enumerate((*cars_by_place(places, assessment, inputs, found), found)):
        values |= {f"{name}{place}": part[name] for name in _PLACED}
        # `cars.BURNED` has home first, then the host with a good catalyst.
        values |= {f"{_LITRE}{place}{country}": part[_LITRE][:, :, country] for country in MARKETS}
    n, markets, kinds, vehicles = mix.shape
    carried = np.concatenate(list(values.values()), axis=2)
    mean = mix.reshape(n, markets * kinds, vehicles) @ carried
    mean = mean.reshape(n, markets, kinds, len(values), -1)
    return {name: mean[:, :, :, place] for place, name in enumerate(values)}


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What the blocks are made of.

    Parameters
    ----------
    assessment, places, mix, size, inputs, options
        As in `factors`.
    per_kwh : mapping
        `impacts_per_kwh` of the packs.
    mean : mapping
        From `means`.
    """

    assessment: Assessment
    places: Places
    mix: FloatArray
    size: FloatArray
    inputs: Inputs
    options: Options
    per_kwh: Mapping[str, FloatArray]
    mean: Mapping[str, FloatArray]


def _put(unit: FloatArray, column: int, values: FloatArray, *where: int) -> None:
    """Set what kinds cause, (n, kinds, K), from a column on, at these places."""
    for place in where:
        unit[:, column : column + values.shape[1], place] = values


def _fill_driving(known: Known, columns: Columns, unit: FloatArray) -> None:
    """Fill the units of driving, of the exhaust and of the end of vehicles."""
    mean, size = known.mean, known.size[..., None]
    kept_up = shares(known.inputs, known.places.maintenance)
    for way, (market, country) in enumerate(zip(MARKET_OF_WAY, COUNTRY_OF_WAY, strict=True)):
        worn = mean["wear_per_km"][:, market]
        # Wear per km of the vehicle study follows its vehicles' mass, or none.
        worn = worn * size[:, market] if known.options["wear_mass"] == "scaled" else worn
        on_road = worn + mean["road_per_km"][:, market] * size[:, market]
        upkeep = mean["maintenance_per_km"][:, market]
        column = columns.driven + way * _COUNT
        _put(unit, column, on_road, country)
        for place in MARKETS:
            unit[:, column : column + _COUNT, place] += upkeep * kept_up[:, country, None, :, place]
        _put(unit, column, on_road + upkeep, WHOLE)
        end = mean[_ENDS][:, market] * size[:, market]
        column = columns.ended + way * _COUNT
        _put(unit, column, end, country, WHOLE)
        unit[:, column + HEV] += _nickel_end(known, market, country, columns, unit)
        burnt = mean["exhaust"][:, market, (ICEV, HEV)]
        _put(unit, columns.exhaust + way * burnt.shape[1], burnt, country, WHOLE)


def _nickel_end(known: Known, market: int, country: int, columns: Columns, unit: FloatArray) -> FloatArray:
    """Return the end of a hybrid's pack by place, (n, 3, K): at home recycled as far as collected, else buried."""
    buried = np.zeros((len(unit), *unit.shape[2:]))
    buried[:, (country, WHOLE)] = known.mean["landfill"][:, market, HEV, None]
    if country == HOST_MARKET:
        return buried
    collected = known.inputs["home_collection_share"][:, None, None]
    energy = energy_of_packs(known.assessment.packs, known.inputs)
    kwh = (known.mix[:, market, HEV, None] @ energy)[:, 0]  # of each chemistry in a hybrid's pack
    per_kwh = unit[:, columns.recycled_home : columns.recycled_home + columns.chemistries]
    recycled = (kwh[:, None] @ per_kwh.reshape(len(unit), columns.chemistries, -1)).reshape(buried.shape)
    return np.asarray(collected * recycled + (1.0 - collected) * buried)


def _fill_making(known: Known, columns: Columns, unit: FloatArray) -> None:
    """Fill the units of vehicles and hybrids' packs made, and of gasoline without the exhaust of a new car."""
    made, packs = _PLACED
    for place in (*MARKETS, WHOLE):
        for market in MARKETS:
            vehicles = known.mean[f"{made}{place}"][:, market] * known.size[:, market, :, None]
            _put(unit, columns.sold + market * _COUNT, vehicles, place)
            unit[:, columns.nickel_made + market, place] = known.mean[f"{packs}{place}"][:, market, HEV]
            litre = known.mean[f"{_LITRE}{place}{market}"][:, market, ICEV]
            if place in (market, WHOLE):
                litre = litre - known.mean["exhaust"][:, market, ICEV]
            unit[:, columns.burnt + market, place] = litre


def _fill_packs(known: Known, columns: Columns, unit: FloatArray) -> None:
    """Fill the units of EV packs, per kWh by chemistry and per kg."""
    packs, inputs, options, places, whole = (
        known.assessment.packs, known.inputs, known.options, known.places, known.per_kwh,
    )  # fmt: skip
    per_kwh, per_kg = leaching_per_kwh(packs, inputs, options)
    buried = np.concatenate([per_kwh, per_kg[:, None]], axis=1)
    _put(unit, columns.buried_home, buried, HOME_MARKET, WHOLE)
    _put(unit, columns.buried_host, buried, HOST_MARKET, WHOLE)
    beyond = inputs["vehicle_factors"][:, packs.housing][:, None]
    made = np.concatenate([whole["battery_production"], beyond], axis=1)
    of_pack = shares(inputs, places.pack)  # n, V, K, 2
    evs = known.mix[:, :, EV]
    placed = (evs @ of_pack.reshape(*of_pack.shape[:2], -1)).reshape(len(unit), len(MARKETS), *of_pack.shape[2:])
    works, smelted = shares(inputs, places.recycling), shares(inputs, places.smelting)
    displaced = shares(inputs, places.credit)
    credits = credits_per_kwh(packs, inputs, options, [displaced[..., place] for place in MARKETS])
    for market, column in zip(MARKETS, (columns.made_home, columns.made_host), strict=True):
        _put(unit, column, made, WHOLE)
        for place in MARKETS:
            _put(unit, column, made * placed[:, market, None, :, place], place)
    _put(unit, columns.recycled_home, whole["recycling_home"] - whole["credit_home"], WHOLE)
    _put(unit, columns.recycled_host, whole["recycling_host"] - whole["credit_host"], WHOLE)
    for place, (credit_home, credit_host) in enumerate(credits):
        burden = recycling_per_kwh(packs, inputs, options, works[..., place])
        _put(unit, columns.recycled_home, burden - credit_home, place)
        _put(unit, columns.recycled_host, whole["recycling_host"] * smelted[:, None, :, place] - credit_host, place)
