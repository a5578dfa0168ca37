"""Where impacts fall: at home, in the host country, or elsewhere, by what causes them.

The shares, and what of each factor falls where; `falling` takes lives to places with them. What is burnt, worn,
dismantled or buried falls where the vehicle is; what is made falls where the table ``stage_place`` says: parts of a car
and packs by vehicle, gasoline on its way to the tank, what power plants burn, parts of an upkeep, recycling, and the
metal that recycling displaces. A category falls where it is emitted, not where it acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.studies.common.corridor import Corridor
from mcsim.studies.common.labels import ROUTES
from mcsim.studies.second_hand_ev.cars import PARTS, part_burdens, upstream_of_litre
from mcsim.studies.second_hand_ev.grid import parts_at_plug
from mcsim.studies.second_hand_ev.lca import Assessment
from mcsim.studies.second_hand_ev.outputs import PLACES
from mcsim.studies.second_hand_ev.packs import credit_of_packs, recycling_at_home
from mcsim.study import FloatArray, InputError, IntArray, OptionValue, TableSpec
from mcsim.study.tables import Table

ANY, ALL = "any", "all"  # a vehicle or country, and a category, that a row need not tell apart
COUNTRIES = ("home", "host")  # those of the places that are computed
SUM_TOLERANCE = 0.002  # of shares printed with four digits, each of which is a mean over parts
TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "stage_place", ("part", "of", "country", "category", "place"), (0.0, 1.0), "places", "share of a part by place"
    ),
    TableSpec(
        "power_upstream", ("energy_source", "category"), (0.0, 1.0), "places", "share of a kWh caused before the plant"
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Rows of the shares, the last axis over `PLACES`; each axis over categories holds a row for all where one is.

    Parameters
    ----------
    car : ndarray of int64, shape (1 + n_parts, n_vehicles, n_categories, 3)
        Glider and parts.
    pack : ndarray of int64, shape (n_vehicles, n_categories, 3)
        Packs; rows of the glider for a vehicle without one, which no impact meets.
    maintenance, gasoline : ndarray of int64, shape (2, n_categories, 3)
        By the country where a vehicle drives.
    power : ndarray of int64, shape (2, n_sources, n_categories, 3)
        What causes a kWh before the plant, by the country of the plant.
    upstream : ndarray of int64, shape (n_sources, n_categories)
        Rows of ``power_upstream``.
    recycling : ndarray of int64, shape (n_routes, n_categories, 3)
        At home, by route.
    smelting : ndarray of int64, shape (n_categories, 3)
        In the host country.
    credit : ndarray of int64, shape (n_materials, n_categories, 3)
        Where the metal displaced would have been made.
    """

    car: IntArray
    pack: IntArray
    maintenance: IntArray
    gasoline: IntArray
    power: IntArray
    upstream: IntArray
    recycling: IntArray
    smelting: IntArray
    credit: IntArray


def prepare_places(tables: Mapping[str, Table], assessment: Assessment, corridor: Corridor) -> Places:
    """Return where the shares stand, every cell checked to be there.

    Parameters
    ----------
    tables : mapping
        ``stage_place`` and ``power_upstream``, and of other tables the labels.
    assessment : Assessment
        Vehicles and categories.
    corridor : Corridor
        The two countries.

    Raises
    ------
    InputError
        Naming a missing cell, a place that is none, or shares of a part that do not sum to 1.
    """
    table, upstream = tables["stage_place"], tables["power_upstream"]
    places = tuple(place.format(home=corridor.home, host=corridor.host) for place in PLACES)
    strange = next((label for label in table.labels("place") if label not in places), None)
    if strange is not None:
        raise InputError(f"{table.origin}: place: no place of this corridor (got {strange!r}); {', '.join(places)}")
    table.check_sums("place", tolerance=SUM_TOLERANCE)
    known = {key: row for row, key in enumerate(table.index)}
    categories, vehicles = assessment.categories, assessment.vehicles
    regions = tuple(corridor.label(country) for country in COUNTRIES)

    def rows(part: str, of: str, country: str) -> list[list[int]]:
        """Rows of a part by category and place: the category's own, else the one for all."""
        found = []
        for category in categories:
            own = category if (part, of, country, category, places[0]) in known else ALL
            found.append([table.position(part, of, country, own, place) for place in places])
        return found

    def told(part: str, vehicle: str) -> bool:
        return any(key[:2] == (part, vehicle) for key in known)

    def car(vehicle: str) -> tuple[str, str]:
        """Return the glider's rows: the vehicle's own, or those of any (a user's own vehicle)."""
        return "glider", vehicle if told("glider", vehicle) else ANY

    def pack(vehicle: str) -> tuple[str, str]:
        return "pack", vehicle if told("pack", vehicle) else ANY

    energy = tables["vehicles"]
    packed = energy.value[energy.positions(vehicles, "pack_energy")] > 0.0
    sources = tables["grid_mix"].labels("energy_source")
    once = {key: row for row, key in enumerate(upstream.index)}
    return Places(
        np.array(
            [[rows(*(part, v) if told(part, v) else car(v), ANY) for v in vehicles] for part in ("glider", *PARTS)]
        ),
        np.array([rows(*pack(v) if has else car(v), ANY) for v, has in zip(vehicles, packed, strict=True)]),
        np.array([rows("maintenance", ANY, region) for region in regions]),
        np.array([rows("gasoline", ANY, region) for region in regions]),
        np.array([[rows("power", source, region) for source in sources] for region in regions]),
        np.array(
            [[upstream.position(source, k if (source, k) in once else ALL) for k in categories] for source in sources]
        ),
        np.array([rows("recycling", route, regions[0]) for route in ROUTES]),
        np.array(rows("recycling", "pyro", regions[1])),
        np.array([rows("credit", metal, ANY) for metal in tables["pack_materials"].labels("material")]),
    )


def shares(inputs: Mapping[str, FloatArray], rows: IntArray) -> FloatArray:
    """Return the shares that fall at home and in the host country, of three that are drawn and brought to a sum of 1.

    Examples
    --------
    >>> shares({"stage_place": np.array([[0.5, 0.25, 0.5]])}, np.array([[0, 1, 2]]))
    array([[[0.4, 0.2]]])
    """
    drawn = inputs["stage_place"][:, rows]
    return np.asarray(drawn[..., : len(COUNTRIES)] / drawn.sum(axis=-1, keepdims=True))


def electricity_by_place(
    places: Places, assessment: Assessment, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> FloatArray:
    """Return what of a kWh at the plug falls at home and in the host country, (n, 2, n_years, 2 * n_categories).

    The plant stands in the country of the plug; what it burns, and what it is made of, comes from where it comes from.
    Losses between plant and plug raise both alike.
    """
    falls = power_by_place(places, inputs)
    year = int(options["purchase_year"])
    return parts_at_plug(assessment.grid, inputs, year, [falls[..., p] for p in range(len(COUNTRIES))])


def power_by_place(places: Places, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return what of a kWh from each source falls at home and in the host country, (n, 2, n_sources, K, 2)."""
    before = inputs["power_upstream"][:, places.upstream][:, np.newaxis]
    falls = before[..., np.newaxis] * shares(inputs, places.power)
    for country in range(len(COUNTRIES)):
        falls[:, country, :, :, country] += 1.0 - before[:, 0]
    return np.asarray(falls)


def factors_by_place(
    places: Places,
    assessment: Assessment,
    inputs: Mapping[str, FloatArray],
    options: Mapping[str, OptionValue],
    found: Mapping[str, FloatArray],
) -> list[dict[str, FloatArray]]:
    """Return the factors of `lca.impacts` that fall at home, and those that fall in the host country.

    What goes by distance and by packs buried is left out (0): a life's distance has to be told apart by country first,
    as `mcsim.studies.second_hand_ev.falling` does.
    """
    at_smelter, at_works = shares(inputs, places.smelting), shares(inputs, places.recycling)
    displaced = shares(inputs, places.credit)
    nothing = np.zeros_like(found["landfill"])
    each = cars_by_place(places, assessment, inputs, found)
    for p, factors in enumerate(each):
        credit_home, credit_host = credit_of_packs(assessment.packs, inputs, options, displaced[..., p])
        factors |= {
            "litres_per_km": found["litres_per_km"],
            "recycling_home": recycling_at_home(assessment.packs, inputs, options, at_works[..., p]),
            "recycling_host": found["recycling_host"] * at_smelter[:, np.newaxis, :, p],
            "credit_home": credit_home,
            "credit_host": credit_host,
        } | dict.fromkeys(("wear_per_km", "maintenance_per_km", "road_per_km", "landfill"), nothing)
    return each


def cars_by_place(
    places: Places, assessment: Assessment, inputs: Mapping[str, FloatArray], found: Mapping[str, FloatArray]
) -> list[dict[str, FloatArray]]:
    """Return what of vehicles and packs made, of a litre and of the end of vehicles falls at home, and in the host's.

    Parameters
    ----------
    places, assessment, inputs
        As in `factors_by_place`.
    found : mapping
        Of `lca.impacts`: ``vehicle_production``, ``battery_production``, ``use_per_litre``, ``vehicle_end_of_life``.
    """
    burdens = part_burdens(assessment.cars, inputs)
    made = np.einsum("npvk,npvkq->nvkq", burdens, shares(inputs, places.car))
    whole = burdens.sum(axis=1)[..., np.newaxis]
    of_car = np.divide(made, whole, out=np.zeros_like(made), where=whole > 0.0)
    of_pack, gasoline = shares(inputs, places.pack), shares(inputs, places.gasoline)
    upstream = upstream_of_litre(assessment.cars, inputs)
    burnt = found["use_per_litre"] - upstream[:, :, np.newaxis]
    each = []
    for p in range(len(COUNTRIES)):
        litre = upstream[:, :, np.newaxis] * gasoline[..., p][:, np.newaxis, (0, 1, 1)]
        stretch = slice(0, 1) if p == 0 else slice(1, None)  # of `cars.BURNED`, those of this country
        litre[:, :, stretch] += burnt[:, :, stretch]
        ends = np.zeros_like(found["vehicle_end_of_life"])
        ends[:, :, p] = found["vehicle_end_of_life"][:, :, p]
        each.append(
            {
                "vehicle_production": found["vehicle_production"] * of_car[..., p],
                "battery_production": found["battery_production"] * of_pack[..., p],
                "use_per_litre": litre,
                "vehicle_end_of_life": ends,
            }
        )
    return each
