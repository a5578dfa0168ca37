"""Policy levers, one object each: name, what is drawn for it, what it does to which record, how it is told.

The study says today's world in records; `moved` hands a record to every lever that acts on its kind. A lever of one's
own is one more entry of `LEVERS`: its parameters become inputs with their default, and its line stands in the docs.
Levers on packs hold in every year: before the late 2020s hardly any pack retires, so their start changes little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from mcsim.distributions import constant
from mcsim.kernels.cohorts.records import Laws, Policy, Trade
from mcsim.studies.common.labels import ROUTES
from mcsim.studies.fleet.series import YEARS
from mcsim.study import FloatArray, Parameter

Inputs = Mapping[str, FloatArray]
GROUP = "policy"
SHARE = (0.0, 1.0)
PYRO, HYDRO, DIRECT = (ROUTES.index(route) for route in ("pyro", "hydro", "direct"))


class BorderRule(NamedTuple):
    """Who may cross, (n,) each.

    Parameters
    ----------
    minimum_health : ndarray
        Lowest state of health of an EV [share]; 0 without a rule.
    youngest, oldest : ndarray
        Ages of registered imports [yr].
    """

    minimum_health: FloatArray
    youngest: FloatArray
    oldest: FloatArray


def no_rule(n: int) -> BorderRule:
    """Return a border without rules, of n draws."""
    return BorderRule(np.zeros(n), np.zeros(n), np.full(n, np.inf))


class Recovery(NamedTuple):
    """What recycling recovers.

    Parameters
    ----------
    routes : ndarray, shape (n, routes, materials)
        Share recovered by each route, in the order of `ROUTES`.
    host, home : ndarray, shape (n, materials)
        By the mix of routes where vehicles retire, and where packs are taken back to.
    """

    routes: FloatArray
    host: FloatArray
    home: FloatArray


class Grid(NamedTuple):
    """CO2e per kWh generated in the host country, (n, years) [kg/kWh]."""

    intensity: FloatArray


Act = Callable[[Any, Inputs], Any]
Record = TypeVar("Record", BorderRule, Recovery, Grid, Laws, Policy, Trade)


@dataclass(frozen=True, slots=True)
class Lever:
    """A policy lever.

    Parameters
    ----------
    name : str
        One word.
    told : str
        What it does, for the reader.
    parameters : tuple of Parameter
        Its inputs, under the names of `home` and `host`; the default is the world without it.
    acts : mapping
        Kind of record -> ``act(record, inputs)``, which returns the record as the lever makes it.
    """

    name: str
    told: str
    parameters: tuple[Parameter, ...]
    acts: Mapping[type, Act]


def moved(record: Record, inputs: Inputs) -> Record:
    """Return a record as all levers on its kind make it.

    Parameters
    ----------
    record : NamedTuple
        Of n draws, without policy.
    inputs : mapping
        As the model gets them.

    Examples
    --------
    >>> import numpy as np
    >>> grid = Grid(np.ones((1, len(YEARS))))
    >>> moved(grid, {"host_grid_decline": np.array([0.5])}).intensity[0, 19:23].tolist()
    [1.0, 1.0, 0.5, 0.25]
    """
    for lever in LEVERS:
        act = lever.acts.get(type(record))
        record = record if act is None else act(record, inputs)
    return record


def _input(
    name: str,
    unit: str,
    meaning: str,
    default: float = 0.0,
    valid: tuple[float, float] = SHARE,
    group: str = GROUP,
) -> Parameter:
    return Parameter(name, unit, meaning, valid, group, constant(default))


def _health(rule: BorderRule, inputs: Inputs) -> BorderRule:
    # The stricter of the two rules at the border.
    return rule._replace(minimum_health=np.maximum(inputs["minimum_soh_export"], inputs["minimum_soh_import"]))


def _ages(rule: BorderRule, inputs: Inputs) -> BorderRule:
    return rule._replace(youngest=inputs["import_age_minimum"], oldest=inputs["import_age_maximum"])


def _combustion(trade: Trade, inputs: Inputs) -> Trade:
    from_then = np.asarray(YEARS) >= inputs["combustion_cut_year"][:, None]
    cut = np.asarray(from_then * inputs["combustion_import_cut"][:, None], np.float64)
    return trade._replace(combustion_cut=cut, substitution=np.ascontiguousarray(inputs["combustion_substitution"]))


def _collection(policy: Policy, inputs: Inputs) -> Policy:
    return policy._replace(covered_collection=inputs["covered_collection"], collection=inputs["collection_rate"])


def _capacity(policy: Policy, inputs: Inputs) -> Policy:
    return policy._replace(capacity=inputs["recycling_capacity"])


def _host_routes(recovery: Recovery, inputs: Inputs) -> Recovery:
    routes, hydro, direct = recovery.routes, inputs["host_hydro_share"], inputs["host_direct_share"]
    # Shares above 1 in sum are scaled down to it; what they leave is pyrometallurgy.
    total = np.maximum(hydro + direct, 1.0)
    hydro, direct = (hydro / total)[:, None], (direct / total)[:, None]
    mixed = (1.0 - hydro - direct) * routes[:, PYRO] + hydro * routes[:, HYDRO] + direct * routes[:, DIRECT]
    return recovery._replace(host=np.ascontiguousarray(mixed))


def _home_routes(recovery: Recovery, inputs: Inputs) -> Recovery:
    routes, hydro = recovery.routes, inputs["home_hydro_share"][:, None]
    return recovery._replace(home=np.ascontiguousarray((1.0 - hydro) * routes[:, PYRO] + hydro * routes[:, HYDRO]))


def _take_back(policy: Policy, inputs: Inputs) -> Policy:
    return policy._replace(take_back=inputs["take_back_share"])


def _repair(laws: Laws, inputs: Inputs) -> Laws:
    return laws._replace(
        home=laws.home._replace(repair=np.ascontiguousarray(inputs["home_repair_probability"])),
        host=laws.host._replace(repair=np.ascontiguousarray(inputs["host_repair_probability"])),
    )


def _second_use(policy: Policy, inputs: Inputs) -> Policy:
    return policy._replace(second_life=inputs["second_life_share"], reuse=inputs["reuse_share"])


def _cleaner(grid: Grid, inputs: Inputs) -> Grid:
    after = np.maximum(np.asarray(YEARS) - 2025, 0)
    return Grid(grid.intensity * (1.0 - inputs["host_grid_decline"][:, None]) ** after)


LEVERS = (
    Lever(
        "state_of_health",
        "a used EV below a state of health, by the stricter of two rules, does not cross; its pack retires at home",
        (
            _input("minimum_soh_export", "share", "lowest state of health of an EV that may leave the {home}"),
            _input("minimum_soh_import", "share", "lowest state of health of an EV that may enter {host}"),
        ),
        {BorderRule: _health},
    ),
    Lever(
        "import_ages",
        "registered imports come at ages between two limits",
        (
            _input("import_age_minimum", "yr", "lowest age of a registered import", 5.0, (0.0, 30.0)),
            _input("import_age_maximum", "yr", "highest age of a registered import", 12.0, (0.0, 30.0)),
        ),
        {BorderRule: _ages},
    ),
    Lever(
        "combustion_imports",
        "a tariff or ban keeps combustion vehicles out from a year on; EVs replace a share of them",
        (
            _input("combustion_import_cut", "share", "combustion imports (hybrids included) kept out by tariff or ban"),
            _input("combustion_cut_year", "yr", "first year of that cut", 2030.0, (2005.0, 2051.0)),
            _input("combustion_substitution", "share", "share of these that second-hand EVs replace"),
        ),
        {Trade: _combustion},
    ),
    Lever(
        "collection",
        "packs that retire are collected; those of new vehicles within the warranty are told apart",
        (
            _input(
                "covered_collection",
                "share",
                "collected packs of new vehicles that retire within the warranty",
                1.0,
            ),
            _input("collection_rate", "share", "collected share of all other packs that retire in {host}"),
        ),
        {Policy: _collection},
    ),
    Lever(
        "recycling",
        "collected packs are recycled where vehicles retire, up to a capacity; a mix of routes sets what is recovered",
        (
            _input("recycling_capacity", "t/yr", "packs that recyclers in {host} can take", 0.0, (0.0, np.inf)),
            _input("host_hydro_share", "share", "hydrometallurgy in {host} recycling"),
            _input("host_direct_share", "share", "direct recycling in {host} recycling; the rest is pyrometallurgy"),
        ),
        {Policy: _capacity, Recovery: _host_routes},
    ),
    Lever(
        "producer_responsibility",
        "producers take exported packs back to where the vehicles were new and recycle them there",
        (
            _input(
                "home_hydro_share",
                "share",
                "hydrometallurgy in the recycling of packs taken back to the {home}",
                1.0,
            ),
            _input("take_back_share", "share", "exported packs taken back to the {home} by their producers"),
        ),
        {Policy: _take_back, Recovery: _home_routes},
    ),
    Lever(
        "repair",
        "a pack that fails outside a warranty is replaced with a probability, and its vehicle stays",
        (
            _input("host_repair_probability", "share", "failed packs replaced outside a warranty, {host}"),
            _input("home_repair_probability", "share", "failed packs replaced outside a warranty, {home}"),
        ),
        {Laws: _repair},
    ),
    Lever(
        "second_use",
        "collected packs are used again, in storage or in a vehicle, before they are recycled",
        (
            _input("second_life_share", "share", "collected packs used again in storage"),
            _input("reuse_share", "share", "collected packs used again in a vehicle"),
        ),
        {Policy: _second_use},
    ),
    Lever(
        "grid",
        "emissions per kWh of the grid on which EVs charge fall at a yearly rate from 2025",
        (
            _input(
                "host_grid_decline",
                "1/yr",
                "yearly decline of emissions per kWh of the {host} grid",
                valid=(-0.05, 0.5),
                group="grid",
            ),
        ),
        {Grid: _cleaner},
    ),
)
PARAMETERS = tuple(parameter for lever in LEVERS for parameter in lever.parameters)
