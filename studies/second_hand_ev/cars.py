"""The car without its pack: production, gasoline, wear, maintenance and end of life, by impact category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcsim.studies.common.corridor import Corridor
from mcsim.studies.second_hand_ev.grid import sparse_positions, sparse_values
from mcsim.study import BoolArray, FloatArray, InputError, IntArray, OptionValue
from mcsim.study.tables import Table

PARTS = ("engine", "motor", "electronics")
WEARING = ("tyre_wear", "brake_wear", "road_wear")
BOUNDARIES = ("full", "without_vehicle", "battery_and_use")
# Where a litre burns: at home, in the host country, there with an old catalyst.
BURNED = ("home", "host", "host_old")
ROAD = ("construction", "maintenance")
WORN_MASS = 1240.0  # kg, of the car that figures of wear per km are of
SULFUR_TO_DIOXIDE = 64.066 / 32.065  # molar masses, kg SO2 per kg S


@dataclass(frozen=True, slots=True, eq=False)
class Cars:
    """Positions of everything that cars need in their tables.

    Parameters
    ----------
    curb_mass, pack_mass, energy_per_km, litres_per_km : ndarray of int64, shape (n_vehicles,)
        Rows in the table of vehicles.
    part_mass : ndarray of int64, shape (n_parts, n_vehicles)
        Rows of the masses of engine, motor and power electronics.
    electric, gasoline, plain : ndarray, shape (n_vehicles,)
        1 for a vehicle that is charged at a plug; that burns gasoline; that burns it and has no pack.
    glider, dismantling, residue, maintenance : ndarray of int64, shape (n_categories,)
        Rows of the factors, per kg and per km.
    part, wear : ndarray of int64, shape (n_parts or 3, n_categories)
        Rows of the factors per kg.
    road : ndarray of int64, shape (2, n_categories)
        Rows of roads, per km and kg of vehicle, and per km.
    upstream : ndarray of int64, shape (n_categories,)
        Rows of gasoline from well to tank, per litre.
    fuel : mapping of str to int
        Rows of the properties of gasoline.
    exhaust : ndarray of int64, shape (n_vehicles, n_flows)
        Rows of what a litre emits; -1 for vehicles without an exhaust.
    exhaust_factor : ndarray of int64, shape (n_flows, n_categories)
        Rows of the characterisation factors of these flows; -1 where there is none.
    carbon, sulfur : ndarray of int64, shape (n_categories,)
        Rows of the characterisation factors of carbon dioxide and sulfur dioxide.
    """

    curb_mass: IntArray
    pack_mass: IntArray
    energy_per_km: IntArray
    litres_per_km: IntArray
    part_mass: IntArray
    electric: FloatArray
    gasoline: FloatArray
    plain: FloatArray
    glider: IntArray
    dismantling: IntArray
    residue: IntArray
    maintenance: IntArray
    part: IntArray
    wear: IntArray
    road: IntArray
    upstream: IntArray
    fuel: Mapping[str, int]
    exhaust: IntArray
    exhaust_factor: IntArray
    carbon: IntArray
    sulfur: IntArray


def prepare_cars(
    tables: Mapping[str, Table], vehicles: Sequence[str], categories: Sequence[str], corridor: Corridor
) -> Cars:
    """Return the positions of everything that cars need, every cell checked to be there.

    Parameters
    ----------
    tables : mapping
        ``vehicles``, ``vehicle_factors``, ``road``, ``gasoline``, ``gasoline_upstream``, ``tailpipe`` and
        ``characterisation``.
    vehicles, categories : sequence of str
        Labels wanted.
    corridor : Corridor
        The two countries.

    Raises
    ------
    InputError
        Naming a missing cell, or a vehicle that neither charges nor burns gasoline.
    """
    table, factors, exhaust = tables["vehicles"], tables["vehicle_factors"], tables["tailpipe"]
    energy, litres = table.positions(vehicles, "energy_per_km"), table.positions(vehicles, "litres_per_km")
    gasoline = _positive(table, litres)
    packed = _positive(table, table.positions(vehicles, "pack_energy"))
    electric = _positive(table, energy)
    for vehicle, burns, charges in zip(vehicles, gasoline, electric, strict=True):
        if not burns and not charges:
            raise InputError(
                f"{table.origin}: {vehicle}: neither energy_per_km nor litres_per_km is above 0 (got 0 and 0); "
                "one of them"
            )
    flows = exhaust.labels("flow")
    rows = np.full((len(vehicles), len(flows)), -1, np.int64)
    for place, vehicle in enumerate(vehicles):
        if gasoline[place]:
            rows[place] = exhaust.positions(vehicle, flows)
    characterisation = tables["characterisation"]
    return Cars(
        table.positions(vehicles, "curb_mass"),
        table.positions(vehicles, "pack_mass"),
        energy,
        litres,
        np.array([table.positions(vehicles, f"{part}_mass") for part in PARTS]),
        electric.astype(np.float64),
        gasoline.astype(np.float64),
        gasoline.astype(np.float64) * (1.0 - packed.astype(np.float64)),
        factors.positions("glider", categories),
        factors.positions("dismantling", categories),
        factors.positions("residue_landfill", categories),
        factors.positions("maintenance", categories),
        factors.positions(PARTS, categories),
        factors.positions(WEARING, categories),
        tables["road"].positions(ROAD, categories),
        tables["gasoline_upstream"].positions(categories),
        {
            quantity: tables["gasoline"].position(corridor.label(quantity))
            for quantity in ("density", "combustion_co2", "sulfur_home", "sulfur_host")
        },
        rows,
        sparse_positions(characterisation, flows, categories),
        sparse_positions(characterisation, ("co2",), categories)[0],
        sparse_positions(characterisation, ("so2",), categories)[0],
    )


def _positive(table: Table, rows: IntArray) -> BoolArray:
    return np.array([table.distributions[row].support()[1] > 0.0 for row in rows])


def car_impacts(
    cars: Cars, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> dict[str, FloatArray]:
    """Return the impacts of each vehicle without its packs.

    Parameters
    ----------
    cars : Cars
        Positions in the tables.
    inputs : mapping
        Cells of the tables (n, n_rows), and the scalars ``catalyst_multiplier``, ``ev_maintenance_ratio``,
        ``tyre_wear``, ``brake_wear``, ``road_wear``, ``ev_brake_wear_ratio``, ``shredder_residue_share`` (n,).
    options : mapping
        ``boundary``, ``wear``, ``wear_mass``, ``road_stage``, ``icev_operation``.

    Returns
    -------
    dict of str to ndarray
        ``vehicle_production``, ``vehicle_end_of_life`` (n, V, K) per vehicle; ``maintenance_per_km``, ``wear_per_km``,
        ``road_per_km`` (n, V, K) per km; ``use_per_litre`` (n, V, 3, K) per litre burned at home, in the host country,
        and there with an old catalyst; ``energy_per_km`` (n, V) kWh at the plug; ``litres_per_km`` (n, V).
    """
    table, factors = inputs["vehicles"], inputs["vehicle_factors"]
    bare_mass, part_mass, glider_mass = _masses(cars, table)
    production = glider_mass[:, :, np.newaxis] * factors[:, np.newaxis, cars.glider]
    production += np.einsum("npv,npk->nvk", part_mass, factors[:, cars.part])
    residue = inputs["shredder_residue_share"][:, np.newaxis] * factors[:, cars.residue]
    end = bare_mass[:, :, np.newaxis] * (factors[:, cars.dismantling] + residue)[:, np.newaxis]
    ratio = 1.0 + cars.electric * (inputs["ev_maintenance_ratio"][:, np.newaxis] - 1.0)
    maintenance = ratio[:, :, np.newaxis] * factors[:, np.newaxis, cars.maintenance]
    boundary, whole = BOUNDARIES.index(str(options["boundary"])), whole_data_set(cars, options)[:, np.newaxis]
    with_car, upkept = (whole if boundary >= outside else np.ones_like(whole) for outside in (1, 2))
    return {
        "vehicle_production": production * with_car,
        "vehicle_end_of_life": end * with_car,
        "maintenance_per_km": maintenance * upkept,
        "wear_per_km": _wear(cars, inputs, options),
        "road_per_km": _road(cars, inputs, options),
        "use_per_litre": _litre(cars, inputs),
        "energy_per_km": table[:, cars.energy_per_km],
        "litres_per_km": table[:, cars.litres_per_km],
    }


def _masses(cars: Cars, table: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mass without the pack (n, V), of the parts (n, n_parts, V), and what is left, the glider (n, V)."""
    bare, parts = table[:, cars.curb_mass] - table[:, cars.pack_mass], table[:, cars.part_mass]
    return bare, parts, bare - parts.sum(axis=1)


def part_burdens(cars: Cars, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the production of each vehicle's glider and `PARTS`, shape (n, 1 + n_parts, V, K)."""
    _, parts, glider = _masses(cars, inputs["vehicles"])
    mass = np.concatenate([glider[:, np.newaxis], parts], axis=1)
    rows = np.concatenate([cars.glider[np.newaxis], cars.part])
    return np.asarray(mass[..., np.newaxis] * inputs["vehicle_factors"][:, rows][:, :, np.newaxis])


def upstream_of_litre(cars: Cars, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return what of `use_per_litre` comes from well to tank, (n, V, K); 0 for a vehicle that burns none."""
    return np.asarray(inputs["gasoline_upstream"][:, np.newaxis, cars.upstream] * cars.gasoline[:, np.newaxis])


def whole_data_set(cars: Cars, options: Mapping[str, OptionValue]) -> FloatArray:
    """Return 1 for the cars that count by a whole transport data set: car, road, maintenance, wear and fuel."""
    return cars.plain * float(options["icev_operation"] == "transport_dataset")


def _road(cars: Cars, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]) -> FloatArray:
    """Road per km: building it by the mass that drives on it, and its upkeep."""
    built, kept = (inputs["road"][:, np.newaxis, rows] for rows in cars.road)
    road = inputs["vehicles"][:, cars.curb_mass, np.newaxis] * built + kept
    counted = 1.0 if options["road_stage"] == "on" else whole_data_set(cars, options)[:, np.newaxis]
    return np.asarray(road * counted)


def _wear(cars: Cars, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]) -> FloatArray:
    """Wear per km, by mass where `wear_mass` says so; a transport data set holds its own, whatever `wear` says."""
    worn = np.stack([np.multiply.outer(inputs[name], np.ones_like(cars.electric)) for name in WEARING], axis=1)
    worn[:, WEARING.index("brake_wear")] *= 1.0 + cars.electric * (inputs["ev_brake_wear_ratio"][:, np.newaxis] - 1.0)
    if options["wear_mass"] == "scaled":
        worn *= inputs["vehicles"][:, np.newaxis, cars.curb_mass] / WORN_MASS
    if options["wear"] == "off":
        worn *= whole_data_set(cars, options)
    return np.asarray(np.einsum("nwv,nwk->nvk", worn, inputs["vehicle_factors"][:, cars.wear]))


def exhaust_of_litre(cars: Cars, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return what of `use_per_litre` leaves a new car's exhaust behind its catalyst, (n, V, K)."""
    return np.asarray(
        np.einsum(
            "nvf,nfk->nvk",
            sparse_values(inputs["tailpipe"], cars.exhaust),
            sparse_values(inputs["characterisation"], cars.exhaust_factor),
        )
    )


def _litre(cars: Cars, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """One litre: well to tank, carbon and sulfur of the fuel, and the exhaust behind the catalyst."""
    fuel = {name: inputs["gasoline"][:, row, np.newaxis] for name, row in cars.fuel.items()}
    characterisation = inputs["characterisation"]
    carbon = fuel["combustion_co2"] * sparse_values(characterisation, cars.carbon)
    common = inputs["gasoline_upstream"][:, cars.upstream] + carbon
    dioxide = SULFUR_TO_DIOXIDE * fuel["density"] * sparse_values(characterisation, cars.sulfur)
    behind = exhaust_of_litre(cars, inputs)
    old = inputs["catalyst_multiplier"][:, np.newaxis, np.newaxis] * behind
    litre = np.empty((len(common), len(cars.gasoline), len(BURNED), common.shape[1]))
    for place, (sulfur, exhaust) in enumerate((("home", behind), ("host", behind), ("host", old))):
        litre[:, :, place] = exhaust + (common + dioxide * fuel[f"sulfur_{sulfur}"])[:, np.newaxis]
    litre *= cars.gasoline[:, np.newaxis, np.newaxis]
    return litre
