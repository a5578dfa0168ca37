"""Life-cycle assessment: what a vehicle, its packs, a kWh at the plug and a litre of gasoline cause, per draw.

Ten ReCiPe 2016 (H) midpoint categories; functional units and lives are assembled in `vehicle`. Everything that depends
on the tables alone (rows, interpolation weights) is prepared once by `prepare`; `impacts` is then a function of the
draws.

Source: NCST-UCD-RR-24-39 (Kendall and Parés Olguín 2024), section Regionally Expanded Life Cycle Assessment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.distributions import Distribution, constant, loguniform, pert, triangular
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.common.labels import ROUTES
from mcsim.studies.second_hand_ev.cars import BOUNDARIES, Cars, car_impacts, prepare_cars
from mcsim.studies.second_hand_ev.grid import (
    FIRST_YEAR,
    KG_TO_G,
    LAST_YEAR,
    Grid,
    impact_at_plug,
    prepare_grid,
)
from mcsim.studies.second_hand_ev.packs import CREDIT_SOURCES, Packs, pack_impacts, prepare_packs
from mcsim.study import FloatArray, Option, OptionValue, Parameter, TableSpec
from mcsim.study.tables import Table

CATEGORIES: Mapping[str, tuple[str, str]] = {
    "gwp": ("global warming", "kg CO2e"),
    "tap": ("terrestrial acidification", "kg SO2e"),
    "tetp": ("terrestrial ecotoxicity", "kg 1,4-DCBe"),
    "eofp": ("photochemical ozone, ecosystems", "kg NOxe"),
    "hofp": ("photochemical ozone, human health", "kg NOxe"),
    "htpc": ("human toxicity, cancer", "kg 1,4-DCBe"),
    "htpnc": ("human toxicity, non-cancer", "kg 1,4-DCBe"),
    "irp": ("ionizing radiation", "kBq Co-60e"),
    "pmfp": ("fine particulate matter formation", "kg PM2.5e"),
    "odp": ("stratospheric ozone depletion", "kg CFC-11e"),
}
ENDPOINTS: Mapping[str, str] = {"human_health": "DALY", "ecosystems": "species yr"}


def _share(name: str, meaning: str, default: Distribution, group: str) -> Parameter:
    return Parameter(name, "share", meaning, (0.0, 1.0), group, default)


def _wear(name: str, meaning: str, low: float, value: float, high: float) -> Parameter:
    return Parameter(name, "kg/km", meaning, (0.0, 0.01), "use", triangular(low, value, high))


PARAMETERS: tuple[Parameter, ...] = (
    _share(
        "home_grid_position",
        "mix of {home} between low (0), central (0.5) and high clean (1)",
        pert(0, 0.5, 1),
        "grid mix",
    ),
    _share(
        "host_grid_position", "mix of {host} between low (0), central and high clean (1)", pert(0, 0.5, 1), "grid mix"
    ),
    _share(
        "home_loss_position", "grid loss in {home} between low (0), central and high (1)", pert(0, 0.5, 1), "grid mix"
    ),
    _share(
        "host_loss_position", "grid loss in {host} between low (0), central and high (1)", pert(0, 0.5, 1), "grid mix"
    ),
    _share(
        "host_fuel_oil_share", "oil generation in {host} on heavy fuel oil", triangular(0.5, 0.75, 0.9), "grid factors"
    ),
    _share(
        "metal_correlation",
        "correlation of battery production and recycling credit within a category; at 0 a score set alone counts fully",
        constant(0.8),
        "battery production",
    ),
    Parameter(
        "battery_trend",
        "1/yr",
        "yearly decline of battery production scores, from 2020",
        (0.0, 0.2),
        "battery production",
        triangular(0, 0.01, 0.025),
    ),
    Parameter(
        "substitution_ratio",
        "kg/kg",
        "virgin metal displaced per recovered metal",
        (0.0, 1.0),
        "recycling",
        triangular(0.7, 0.95, 1),
    ),
    _share(
        "home_hydro_share", "hydrometallurgy among recycling in {home}; the rest is smelted", constant(1), "recycling"
    ),
    _share("home_collection_share", "packs retired in {home} that reach recycling", constant(1), "recycling"),
    _share("leached_share", "metal leached from a landfilled pack in 100 years", loguniform(0.0005, 0.1), "recycling"),
    _share("shredder_residue_share", "residue per mass of car", triangular(0.15, 0.2, 0.27), "vehicle production"),
    Parameter(
        "catalyst_multiplier",
        "ratio",
        "exhaust of a car over 10 years old in {host} to a new one",
        (1.0, 20.0),
        "use",
        triangular(1, 2, 4),
    ),
    Parameter("fuel_fade", "1/yr", "yearly rise of gasoline per km", (0.0, 0.1), "use", triangular(0, 0.002, 0.005)),
    Parameter(
        "ev_maintenance_ratio",
        "ratio",
        "maintenance of an electric to a gasoline car",
        (0.0, 2.0),
        "use",
        triangular(0.4, 0.6, 0.8),
    ),
    Parameter(
        "ev_brake_wear_ratio",
        "ratio",
        "brake wear of an electric to a gasoline car",
        (0.0, 2.0),
        "use",
        triangular(0.2, 0.4, 0.7),
    ),
    _wear("tyre_wear", "tyre rubber lost", 5e-5, 8e-5, 1.2e-4),
    _wear("brake_wear", "brake lining lost by a gasoline car", 5e-6, 1e-5, 2e-5),
    _wear("road_wear", "road surface lost", 5e-6, 1.2e-5, 2.5e-5),
)
OPTIONS: tuple[Option, ...] = (
    Option("purchase_year", 2022, None, FIRST_YEAR, LAST_YEAR, "calendar year of age 0", integer=True),
    Option(
        "boundary",
        "full",
        BOUNDARIES,
        meaning="stages counted: all; without the vehicle's production and end of life; without maintenance either",
    ),
    Option("wear", "on", ("on", "off"), meaning="tyre, brake and road wear in the use stage"),
    Option("wear_mass", "scaled", ("scaled", "off"), meaning="whether wear grows with the mass of the vehicle"),
    Option("road_stage", "off", ("off", "on"), meaning="whether roads count, built and kept up for each km"),
    Option(
        "icev_operation",
        "fuel_and_tailpipe",
        ("fuel_and_tailpipe", "transport_dataset"),
        meaning="gasoline cars without a pack: what the options of this study count, or a whole transport data set "
        "(car, road, maintenance, wear and fuel) whatever `boundary`, `wear` and `road_stage` say",
    ),
    Option(
        "home_recycling_route",
        "hydro_share",
        ("hydro_share", *ROUTES),
        meaning="recycling in {home}: hydrometallurgy by its share (an input) and the rest smelted, or one route",
    ),
    Option("landfill_model", "leaching", ("leaching", "inert"), meaning="whether metals leach from landfilled packs"),
    Option("credit_source", CREDIT_SOURCES[0], CREDIT_SOURCES, meaning="scores of the virgin metals displaced"),
    Option(
        "recycling_credit",
        "substitution",
        ("substitution", "cut_off"),
        meaning="recovered metal displaces virgin metal, or leaves without a credit",
    ),
)


def _table(name: str, keys: str, group: str, meaning: str, low: float = 0.0, high: float = np.inf) -> TableSpec:
    return TableSpec(name, tuple(keys.split()), (low, high), group, meaning)


TABLES: tuple[TableSpec, ...] = (
    _table("vehicles", "vehicle quantity", "use", "specifications of the vehicles"),
    _table("pack_chemistry", "vehicle chemistry", "battery production", "share of each chemistry", high=1.0),
    _table("grid_mix", "region scenario year energy_source", "grid mix", "share of generation", high=1.0),
    _table("grid_losses", "region scenario year", "grid mix", "share lost between plant and plug", high=0.9),
    _table(
        "grid_sources", "region energy_source technology otherwise", "grid factors", "share of a technology", high=1.0
    ),
    _table("grid_factors", "technology category", "grid factors", "impact per kWh generated"),
    _table("grid_host_emissions", "origin technology flow", "grid factors", "emissions of plants of {host} per kWh"),
    _table("characterisation", "flow category", "characterisation", "impact per kg emitted"),
    _table("vehicle_factors", "item category", "vehicle production", "impact per kg or km of a car's items"),
    _table("road", "item category", "use", "impact of roads per km and kg of vehicle, and per km"),
    _table("gasoline", "quantity", "use", "properties of gasoline"),
    _table("gasoline_upstream", "category", "use", "impact of a litre from well to tank"),
    _table("tailpipe", "vehicle flow", "use", "emissions per litre burned"),
    _table("battery_factors", "chemistry category", "battery production", "impact of a pack per kWh"),
    _table("pack_mass", "chemistry", "battery production", "mass per kWh of the packs that production scores are of"),
    _table("metal_factor", "category", "battery production", "normal score shared by battery metals", -np.inf),
    _table("pack_materials", "chemistry material", "recycling", "metal in a pack per kWh"),
    _table("recycling_recovery", "route material", "recycling", "share recovered", high=1.0),
    _table("recycling_burdens", "route chemistry category", "recycling", "impact of recycling per kWh of pack"),
    _table("recycling_host_ratio", "category", "recycling", "smelting in {host} to smelting in {home}"),
    _table("credits", "scores material category", "recycling", "impact of virgin metal per kg"),
    _table("endpoints", "category endpoint", "characterisation", "damage per midpoint unit"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Everything of the assessment that depends on the tables alone.

    Parameters
    ----------
    vehicles, categories : tuple of str
        Labels of the axes V and K.
    grid, cars, packs : Grid, Cars, Packs
        Positions in the tables.
    """

    vehicles: tuple[str, ...]
    categories: tuple[str, ...]
    grid: Grid
    cars: Cars
    packs: Packs


def prepare(tables: Mapping[str, Table], corridor: Corridor) -> Assessment:
    """Return the assessment of the vehicles of the table ``vehicles``, every cell that it needs checked to be there.

    Parameters
    ----------
    tables : mapping
        The tables of `TABLES` by name.
    corridor : Corridor
        The two countries.

    Raises
    ------
    InputError
        Naming a missing cell.
    """
    vehicles, categories = tables["vehicles"].labels("vehicle"), tuple(CATEGORIES)
    return Assessment(
        vehicles,
        categories,
        prepare_grid(tables, categories, corridor),
        prepare_cars(tables, vehicles, categories, corridor),
        prepare_packs(tables, vehicles, categories),
    )


def impacts(
    assessment: Assessment, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> dict[str, FloatArray]:
    """Return what every stage causes, per unit of what a life consists of.

    Parameters
    ----------
    assessment : Assessment
        From `prepare`.
    inputs : mapping
        (n,) per scalar of `PARAMETERS`, (n, n_rows) per table of `TABLES`.
    options : mapping
        Values of `OPTIONS`.

    Returns
    -------
    dict of str to ndarray
        n draws, V vehicles, K categories, Y calendar years from the purchase to 2050 (the last holds ever after):

        * ``use_per_kwh`` (n, 2, Y, K) per kWh at the plug, home and host; ``grid_intensity`` (n, 2, Y) g CO2e/kWh;
        * ``energy_per_km`` (n, V) kWh at the plug; ``litres_per_km`` (n, V) of a new car; ``fuel_fade`` (n,) 1/yr;
        * ``use_per_litre`` (n, V, 3, K) per litre burned at home, in the host country to age 10, there beyond;
        * ``wear_per_km``, ``maintenance_per_km``, ``road_per_km`` (n, V, K) per km;
        * ``vehicle_production`` (n, V, K), ``vehicle_end_of_life`` (n, V, 2, K) per vehicle, home and host;
        * ``battery_production`` (n, V, K) per pack made in the purchase year; ``battery_trend`` (n,) 1/yr;
        * ``recycling_home``, ``recycling_host``, ``credit_home``, ``credit_host``, ``landfill`` (n, V, K) per pack;
          credits are positive, to be subtracted.
    """
    at_plug = impact_at_plug(assessment.grid, inputs, int(options["purchase_year"]))
    found = with_regions(car_impacts(assessment.cars, inputs, options))
    found |= pack_impacts(assessment.packs, inputs, options)
    found["use_per_kwh"] = at_plug
    found["grid_intensity"] = at_plug[..., assessment.categories.index("gwp")] * KG_TO_G
    found["battery_trend"], found["fuel_fade"] = inputs["battery_trend"], inputs["fuel_fade"]
    return found


def with_regions(cars: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the impacts of cars with the end of life in both countries: it has no figures by region."""
    ends = np.repeat(cars["vehicle_end_of_life"][:, :, np.newaxis], 2, axis=2)
    return cars | {"vehicle_end_of_life": ends}


def endpoint_factors(table: Table) -> FloatArray:
    """Return the damage per unit of each category, 0 where a category does not reach an endpoint.

    Parameters
    ----------
    table : Table
        The table ``endpoints``.

    Returns
    -------
    ndarray, shape (n_categories, 2)
        Human health in DALY, ecosystems in species yr.
    """
    known = {key: float(table.value[row]) for row, key in enumerate(table.index)}
    return np.array([[known.get((category, endpoint), 0.0) for endpoint in ENDPOINTS] for category in CATEGORIES])
