"""The policy levers: what each draws, what it does to which record, how it is told.

The study says today's world in records; `moved` hands a record to every lever that acts on its kind. A lever of one's
own is one more entry of `LEVERS`: its parameters become inputs with their default, and its line stands in the docs.
Those of `TODAY` hold in every year; before the late 2020s hardly any pack retires. Those of `mcsim.studies.fleet.dated`
start in a year, and move what these leave; those of `mcsim.studies.fleet.market` move the demand for used EVs.
"""

from __future__ import annotations

import numpy as np

from mcsim.kernels.cohorts.records import Policy, Trade
from mcsim.studies.fleet.dated import DATED
from mcsim.studies.fleet.market import MARKET
from mcsim.studies.fleet.policy import (
    DIRECT,
    HYDRO,
    PYRO,
    BorderRule,
    Grid,
    Inputs,
    Lever,
    Record,
    Recovery,
    Repairs,
    every_year,
    from_abroad,
    policy_input,
)
from mcsim.studies.fleet.series import YEARS


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
    >>> grid, none = Grid(np.ones((1, len(YEARS)))), np.zeros(1)
    >>> moved(grid, {"clean_grid_strength": none, "host_grid_decline": none + 0.5}).intensity[0, 19:23].tolist()
    [1.0, 1.0, 0.5, 0.25]
    """
    for lever in LEVERS:
        act = lever.acts.get(type(record))
        record = record if act is None else act(record, inputs)
    return record


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
    return policy._replace(
        covered_collection=every_year(inputs["covered_collection"]), collection=every_year(inputs["collection_rate"])
    )


def _capacity(policy: Policy, inputs: Inputs) -> Policy:
    return policy._replace(capacity=every_year(inputs["recycling_capacity"]))


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
    return policy._replace(take_back=from_abroad(every_year(inputs["take_back_share"])))


def _repair(repairs: Repairs, inputs: Inputs) -> Repairs:
    return repairs._replace(
        home=every_year(inputs["home_repair_probability"]), host=every_year(inputs["host_repair_probability"])
    )


def _second_use(policy: Policy, inputs: Inputs) -> Policy:
    return policy._replace(second_life=every_year(inputs["second_life_share"]), reuse=every_year(inputs["reuse_share"]))


def _cleaner(grid: Grid, inputs: Inputs) -> Grid:
    after = np.maximum(np.asarray(YEARS) - 2025, 0)
    return Grid(grid.intensity * (1.0 - inputs["host_grid_decline"][:, None]) ** after)


TODAY = (
    Lever(
        "state_of_health",
        "a used EV below a state of health, by the stricter of two rules, does not cross; its pack retires at home",
        (
            policy_input("minimum_soh_export", "share", "lowest state of health of an EV that may leave {home}"),
            policy_input("minimum_soh_import", "share", "lowest state of health of an EV that may enter {host}"),
        ),
        {BorderRule: _health},
    ),
    Lever(
        "import_ages",
        "registered imports come at ages between two limits",
        (
            policy_input("import_age_minimum", "yr", "lowest age of a registered import", 5.0, (0.0, 30.0)),
            policy_input("import_age_maximum", "yr", "highest age of a registered import", 12.0, (0.0, 30.0)),
        ),
        {BorderRule: _ages},
    ),
    Lever(
        "combustion_imports",
        "a tariff or ban keeps combustion vehicles out from a year on; EVs replace a share of them",
        (
            policy_input(
                "combustion_import_cut", "share", "combustion imports (hybrids included) kept out by tariff or ban"
            ),
            policy_input("combustion_cut_year", "yr", "first year of that cut", 2030.0, (2005.0, 2051.0)),
            policy_input("combustion_substitution", "share", "share of these that second-hand EVs replace"),
        ),
        {Trade: _combustion},
    ),
    Lever(
        "collection",
        "packs that retire are collected; those of new vehicles within the warranty are told apart",
        (
            policy_input(
                "covered_collection",
                "share",
                "collected packs of new vehicles that retire within the warranty",
                1.0,
            ),
            policy_input("collection_rate", "share", "collected share of all other packs that retire in {host}"),
        ),
        {Policy: _collection},
    ),
    Lever(
        "recycling",
        "collected packs are recycled where vehicles retire, up to a capacity; a mix of routes sets what is recovered",
        (
            policy_input("recycling_capacity", "t/yr", "packs that recyclers in {host} can take", 0.0, (0.0, np.inf)),
            policy_input("host_hydro_share", "share", "hydrometallurgy in {host} recycling"),
            policy_input(
                "host_direct_share", "share", "direct recycling in {host} recycling; the rest is pyrometallurgy"
            ),
        ),
        {Policy: _capacity, Recovery: _host_routes},
    ),
    Lever(
        "producer_responsibility",
        "producers take exported packs back to where the vehicles were new and recycle them there",
        (
            policy_input(
                "home_hydro_share",
                "share",
                "hydrometallurgy in the recycling of packs taken back to {home}",
                1.0,
            ),
            policy_input("take_back_share", "share", "exported packs taken back to {home} by their producers"),
        ),
        {Policy: _take_back, Recovery: _home_routes},
    ),
    Lever(
        "repair",
        "a pack that fails outside a warranty is replaced with a probability, and its vehicle stays",
        (
            policy_input("host_repair_probability", "share", "failed packs replaced outside a warranty, {host}"),
            policy_input("home_repair_probability", "share", "failed packs replaced outside a warranty, {home}"),
            policy_input(
                "module_repair_years", "yr", "what a repair of modules adds to a pack's life", 4.0, (0.0, 30.0)
            ),
            policy_input("module_repair_cost", "USD", "price of a repair of modules", 3000.0, (1.0, 1e6)),
            policy_input(
                "repair_cost_limit", "share", "of a vehicle's value, up to which a repair is paid", 0.5, (0.0, 2.0)
            ),
            policy_input("used_ev_value_new", "USD", "value of an EV, new", 45_000.0, (1.0, 1e6)),
            policy_input("used_ev_value_loss", "1/yr", "rate at which an EV loses value", 0.177, (0.01, 1.0)),
        ),
        {Repairs: _repair},
    ),
    Lever(
        "second_use",
        "collected packs are used again, in storage or in a vehicle, before they are recycled",
        (
            policy_input("second_life_share", "share", "collected packs used again in storage"),
            policy_input("reuse_share", "share", "collected packs used again in a vehicle"),
        ),
        {Policy: _second_use},
    ),
    Lever(
        "grid",
        "emissions per kWh of the grid on which EVs charge fall at a yearly rate from 2025",
        (
            policy_input(
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
LEVERS = TODAY + DATED + MARKET
PARAMETERS = tuple(parameter for lever in LEVERS for parameter in lever.parameters)
