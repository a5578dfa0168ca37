"""The fleets' vehicles as those of the vehicle study: which stand for which, how large, what they burn and drive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcsim.kernels.cohorts.accounts import Burning, Driving
from mcsim.kernels.cohorts.records import POWERTRAINS
from mcsim.studies.common.corridor import Corridor
from mcsim.studies.fleet.batteries import CELLS, PackTables, bev_share, cell_shares, pack_masses
from mcsim.studies.fleet.series import YEARS, interpolation, refuse_negative, spread
from mcsim.studies.second_hand_ev.curves import MAXIMUM_AGE, distance_abroad, distance_in_service, survival_of_country
from mcsim.studies.second_hand_ev.inputs import BODIES
from mcsim.studies.second_hand_ev.lca import Assessment
from mcsim.studies.second_hand_ev.lived import OLD_CATALYST_AGE
from mcsim.studies.second_hand_ev.packs import Packs
from mcsim.study import FloatArray, IntArray, OptionValue, TableSpec
from mcsim.study.tables import Table

COUNTRIES = ("home", "host")  # the markets where vehicles are new, in the kernels' order
MODEL_YEARS = tuple(range(1970, YEARS[-1] + 1))
BURNING = tuple(name for name in POWERTRAINS if name != "ev")  # whose exhaust is told apart; plug-ins have hybrids'
SPECS: tuple[TableSpec, ...] = (
    TableSpec(
        "fleet_vehicle", ("country", "powertrain", "vehicle"), (0.0, 1.0), "vehicle mix",
        "vehicles of the vehicle study that stand for those sold new in a country; brought to a sum of 1",
    ),
    TableSpec(
        "vehicle_size", ("country", "powertrain"), (0.1, 10.0), "vehicle mix",
        "mass of a mean vehicle over that of those that stand for it",
    ),
    TableSpec("fuel_use", ("country", "year"), (0.0, 1.0), "use", "gasoline of new combustion vehicles, interpolated"),
    TableSpec(
        "exhaust_ratio", ("country", "year"), (0.0, 1000.0), "use",
        "exhaust per litre of new combustion vehicles over that of the vehicle study's, interpolated",
    ),
    TableSpec(
        "scored_chemistry", ("cell", "chemistry"), (0.0, 1.0), "battery production",
        "whose scores cells count with; brought to a sum of 1",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """Where the rows of the tables lie; -1 where there is none.

    Parameters
    ----------
    vehicle : ndarray of int64, shape (2, powertrains, V)
        Share of each vehicle among those sold in a country.
    size : ndarray of int64, shape (2, powertrains)
        Mass over that of the vehicles.
    fuel, exhaust : ndarray, shape (2, n_rows, model years)
        Weights of the rows.
    chemistry : ndarray of int64, shape (cells, C)
        Share of each scored chemistry.
    survival, distance : ndarray of int64, shape (2, n_ages)
        Rows of the schedules at home of car and sport utility.
    """

    vehicle: IntArray
    size: IntArray
    fuel: FloatArray
    exhaust: FloatArray
    chemistry: IntArray
    survival: IntArray
    distance: IntArray


def read_mix(tables: Mapping[str, Table], assessment: Assessment, corridor: Corridor) -> Mix:
    """Return where the figures lie, checked.

    Parameters
    ----------
    tables : mapping
        The tables of `SPECS`, survival and distance at home, and chemistries.
    assessment : Assessment
        Whose vehicles stand for others.
    corridor : Corridor
        The two countries.

    Raises
    ------
    InputError
        When a cell is missing, shares do not sum to 1, or a label is unknown.
    """
    for spec in SPECS:
        refuse_negative(tables[spec.name])
    tables["fleet_vehicle"].check_sums("vehicle")
    tables["scored_chemistry"].check_sums("chemistry")
    markets = tuple(corridor.label(country) for country in COUNTRIES)
    chemistries = tables["pack_chemistry"].labels("chemistry")
    known = {key: row for row, key in enumerate(tables["fleet_vehicle"].index)}
    scored = {key: row for row, key in enumerate(tables["scored_chemistry"].index)}
    for label in tables["fleet_vehicle"].labels("vehicle"):
        # Named as the missing vehicle of the table of vehicles.
        tables["vehicles"].position(label, "curb_mass")
    ages = {name: tuple(range(len(tables[name].labels("age")))) for name in ("home_survival", "home_distance")}
    at_least = min(sum(key[0] == body for key in tables["home_survival"].index) for body in BODIES)
    return Mix(
        np.array(
            [[[known.get((m, p, v), -1) for v in assessment.vehicles] for p in POWERTRAINS] for m in markets], np.int64
        ),
        tables["vehicle_size"].positions(markets, POWERTRAINS),
        np.array([interpolation(tables["fuel_use"], MODEL_YEARS, market, None) for market in markets]),
        np.array([interpolation(tables["exhaust_ratio"], MODEL_YEARS, market, None) for market in markets]),
        np.array([[scored.get((cell, chemistry), -1) for chemistry in chemistries] for cell in CELLS], np.int64),
        tables["home_survival"].positions(BODIES, ages["home_survival"][:at_least]),
        tables["home_distance"].positions(BODIES, ages["home_distance"]),
    )


def drawn_shares(values: FloatArray, rows: IntArray) -> FloatArray:
    """Return shares that are drawn one by one, brought to a sum of 1 over the last axis; 0 where there is no row.

    Examples
    --------
    >>> drawn_shares(np.array([[0.5, 0.75]]), np.array([0, -1, 1]))
    array([[0.4, 0. , 0.6]])
    """
    found = np.where(rows >= 0, values[:, np.maximum(rows, 0)], 0.0)
    total = found.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(found, total, out=np.zeros_like(found), where=total > 0.0))


def vehicle_shares(mix: Mix, inputs: Mapping[str, FloatArray]) -> FloatArray:
    """Return the shares of the vehicle study's vehicles among those sold new, (n, 2, powertrains, V)."""
    return drawn_shares(inputs["fleet_vehicle"], mix.vehicle)


def driving(mix: Mix, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]) -> Driving:
    """Return the distance by year of age, of the laws that the vehicle study drives by.

    Parameters
    ----------
    mix : Mix
        From `read_mix`.
    inputs, options : mapping
        As the model gets them.
    """
    schedules = []
    for body in range(len(BODIES)):
        survival = inputs["home_survival"][:, mix.survival[body]]
        schedule = inputs["home_distance"][:, mix.distance[body]] * inputs["home_distance_factor"][:, None]
        held = survival[:, np.minimum(np.arange(schedule.shape[1]), survival.shape[1] - 1)]
        schedules.append(distance_in_service(schedule, held, options["distance_basis"]))
    suv = inputs["home_suv_share"][:, None]
    car, utility = (1.0 - suv) * schedules[0], suv * schedules[1]
    ages = np.arange(MAXIMUM_AGE + 1, dtype=float)
    ones = np.ones(len(suv))
    abroad = survival_of_country("host", "weibull", inputs, np.empty((0, 0)), ones, ages)
    exponent, mean = (np.ascontiguousarray(inputs[f"host_{name}"]) for name in ("distance_exponent", "annual_distance"))
    return Driving(
        home=np.ascontiguousarray(car + utility),
        home_ev=np.ascontiguousarray(
            car * inputs["ev_distance_ratio_car"][:, None] + utility * inputs["ev_distance_ratio_suv"][:, None]
        ),
        host=distance_abroad(abroad, exponent, mean),
    )


def burning(
    mix: Mix,
    packs: PackTables,
    consumption: FloatArray,
    inputs: Mapping[str, FloatArray],
) -> Burning:
    """Return what a km takes, by market and model year.

    A plug-in hybrid drives a share of its distance on electricity as an EV does, and the rest as a hybrid.

    Parameters
    ----------
    mix, packs : Mix, PackTables
        Places in the tables.
    consumption : ndarray, shape (n, 2)
        Electricity of a new EV of either market at the plug [kWh/km].
    inputs : mapping
        As the model gets them.
    """
    fuel = np.stack([spread(inputs["fuel_use"], weights) for weights in mix.fuel], axis=1)
    hybrid = fuel * inputs["hybrid_fuel_ratio"][:, None, None]
    before = np.zeros(len(MODEL_YEARS) - len(YEARS), np.int64)
    years = np.concatenate([before, np.arange(len(YEARS))])
    bev = np.stack([bev_share(packs, inputs, country)[:, years] for country in COUNTRIES], axis=1)
    charged = bev + (1.0 - bev) * inputs["phev_electric_share"][:, None, None]
    return Burning(
        fuel=np.ascontiguousarray(np.stack([fuel, hybrid, (1.0 - charged) * hybrid], axis=2)),
        exhaust=np.ascontiguousarray(
            np.stack([spread(inputs["exhaust_ratio"], weights) for weights in mix.exhaust], axis=1)
        ),
        power=np.ascontiguousarray(consumption[:, :, None] * charged),
        fuel_fade=np.ascontiguousarray(inputs["fuel_fade"]),
        power_fade=np.ascontiguousarray(inputs["efficiency_fade"] / inputs["first_efficiency"]),
        catalyst=np.ascontiguousarray(inputs["catalyst_multiplier"]),
        late_age=np.full(len(consumption), OLD_CATALYST_AGE),
    )


def holding(
    mix: Mix, packs: PackTables, scored: Packs, inputs: Mapping[str, FloatArray], options: Mapping[str, OptionValue]
) -> FloatArray:
    """Return what a kWh of packs holds by model year: kWh of each scored chemistry, kg, and kg beyond what is scored.

    Parameters
    ----------
    mix, packs, scored : Mix, PackTables, Packs
        Places in the tables: of both, of the fleet's packs, and of those that the scores per kWh are of.
    inputs, options : mapping
        As the model gets them.

    Returns
    -------
    ndarray, shape (n, years, chemistries + 2)
    """
    cells = cell_shares(packs, inputs, str(options["chemistry_path"]))
    shares = cells @ drawn_shares(inputs["scored_chemistry"], mix.chemistry)
    mass = pack_masses(packs, inputs, cells)
    beyond = mass - (shares @ inputs["scored_pack_mass"][:, scored.mass_per_kwh][:, :, None])[..., 0]
    return np.concatenate([shares, mass[..., None], beyond[..., None]], axis=2)
